"""AcATaMa's sessions and Collect Earth Online's tables: read, written, refused. Invented points in their layout."""

import csv
from io import StringIO

import numpy as np
import pytest
import yaml

from vereda.errors import BadDesign
from vereda.measurement.area import acatama, collect_earth
from vereda.measurement.area.drawing import Points

SESSION = """
general: {config_file_version: 250700}
sampling_design:
  stratified_random_sampling:
    stratified_random_sampling_table:
      'On': [true, true, false, true]
      num_samples: ['313', '50', '0', '139']
      pixel_count: [1611984, 63375, 0, 711441]
      ui: ['0.9', '0.8', '0.01', '0.9']
      values_and_colors_table: {Pixel Value: [1, 2, 3, 5]}
labeling_buttons:
  1: {color: '#006400', name: Stable Forest, thematic_class: '1'}
  2: {color: '#ff0000', name: Deforestation, thematic_class: '2'}
samples:
  0: {label_id: 1, sample_id: 371}
  1: {label_id: 2, sample_id: 145}
samples_order: [371, 145, 7]
analysis: {estimator: Stratified estimator}
"""
OLD = """!!python/object/apply:collections.OrderedDict
- - - general
    - {config_file_version: 191121}
  - - dialog_size
    - !!python/tuple
      - 1627
      - 803
  - - classification_buttons
    - 1: {color: '#f69053', name: orange, thematic_class: '36'}
  - - points
    - 0: {classif_id: 1, shape_id: 2}
  - - points_order
    - - 2
      - 1
"""


def test_a_session_of_today() -> None:
    found = acatama.read(SESSION, "ana.yml")
    assert found.labels == {371: "Stable Forest", 145: "Deforestation"}
    assert found.missing == (7,)
    assert found.map_value == {"Stable Forest": "1", "Deforestation": "2"}
    assert [(s.value, s.pixels, s.points, s.user) for s in found.strata] == [
        ("1", 1_611_984, 313, 0.9), ("2", 63_375, 50, 0.8), ("5", 711_441, 139, 0.9),
    ]  # fmt: skip
    assert found.estimator == "Stratified estimator"


def test_a_session_of_2019_with_pythons_own_tags() -> None:
    found = acatama.read(OLD, "old.yml")
    assert found.labels == {2: "orange"}
    assert found.missing == (1,)


def test_no_other_python_is_run() -> None:
    with pytest.raises(BadDesign, match="no YAML that AcATaMa writes"):
        acatama.read("a: !!python/object/apply:os.system ['true']", "bad.yml")


def test_what_is_written_can_be_read_and_has_every_section_that_acatama_opens() -> None:
    text = acatama.write(
        ("mapped", "rest"), np.array([100, 9_900]), np.array([30, 70]), np.array([0.8, 0.001]), ("coca", "other"),
        "points.csv", list(range(100, 0, -1)), 5,
    )  # fmt: skip
    found = acatama.read(text, "new.yml")
    assert found.labels == {}
    assert found.missing == tuple(range(100, 0, -1))
    assert [(s.pixels, s.points) for s in found.strata] == [(100, 30), (9_900, 70)]
    whole = yaml.safe_load(text)
    design = whole["sampling_design"]
    assert {
        "simple_random_sampling",
        "stratified_random_sampling",
        "systematic_sampling",
        "tab_activated",
    } == set(design)
    needed = {
        "post_stratification",
        "post_stratification_map_path",
        "min_distance",
        "random_seed_by_user",
        "num_neighbors",
    }
    assert needed <= set(design["simple_random_sampling"])
    assert {"sampling_random_method", "overall_std_error", "stratification_map_band"} <= set(
        design["stratified_random_sampling"]
    )
    assert {
        "dialog_size",
        "grid_view_widgets",
        "current_sample_idx",
        "fit_to_sample",
        "is_completed",
        "view_widgets_config",
    } <= set(whole)
    assert whole["labeling_buttons"][1]["name"] == "coca"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("general: {}", "holds no labelled points"),
        ("- 1", "is no session of AcATaMa"),
        ("a: [", "line 2: this is no YAML"),
        (SESSION.replace("label_id: 2", "label_id: 9"), "point 145 has label 9"),
        (SESSION.replace("Deforestation", "Stable Forest"), "two buttons are called 'Stable Forest'"),
    ],
)
def test_refused_sessions(text: str, says: str) -> None:
    with pytest.raises(BadDesign, match=says):
        acatama.read(text + "\n", "ana.yml")


# Collect Earth Online -----------------------------------------------------------------------------------------

HEAD = "plotid,sampleid,sample_internal_id,lon,lat,email,flagged,collection_time,analysis_duration,pl_strata,Land cover"
ROWS = (
    "1,1,11,-72.1,8.1,ana@example.org,false,2026-01-01 10:00,12 secs,x,crop",
    "2,1,12,-72.2,8.2,ana@example.org,false,2026-01-01 10:01,12 secs,x,forest",
    "1,1,13,-72.1,8.1,luis@example.org,false,2026-01-02 10:00,12 secs,x,forest",
    "2,1,14,-72.2,8.2,luis@example.org,true,2026-01-02 10:01,12 secs,x,",
)


def text(*rows: str, head: str = HEAD) -> str:
    return "\ufeff" + "\n".join((head, *rows)) + "\n"


def test_samples_by_interpreter_without_their_addresses() -> None:
    found = collect_earth.read(text(*ROWS), "ceo.csv")
    assert found.question == "Land cover"
    assert found.labels == {"interpreter 1": {"1": "crop", "2": "forest"}, "interpreter 2": {"1": "forest"}}
    assert found.flagged == ("2",)
    assert "example.org" not in repr(found)


def test_the_older_names_of_columns() -> None:
    old = HEAD.replace("plotid", "plot_id").replace("sampleid", "sample_id")
    assert collect_earth.read(text(*ROWS, head=old), "ceo.csv").labels["interpreter 1"]["1"] == "crop"


@pytest.mark.parametrize(
    ("given", "question", "says"),
    [
        (text(*ROWS, head=HEAD.replace("plotid", "plot")), None, "it needs plotid and email"),
        (text(*ROWS), "Crop?", "no question 'Crop\\?'. Name one of: Land cover"),
        (text(*(f"{r},1" for r in ROWS), head=HEAD + ",Sure?"), None, "more than one question"),
        (text(ROWS[0].replace(",crop", ",")), None, "line 2: plot 1 has no answer"),
        (text(ROWS[0], ROWS[0].replace("crop", "forest")), None, "line 3: plot 1 has two answers"),
    ],
)
def test_refused_tables(given: str, question: str | None, says: str) -> None:
    with pytest.raises(BadDesign, match=says):
        collect_earth.read(given, "ceo.csv", question)


def test_plots_go_in_without_their_stratum() -> None:
    points = Points(np.array([1, 2]), np.array([0, 1]), np.array([0, 0]), np.array([0, 1]))
    rows = list(
        csv.DictReader(StringIO(collect_earth.plots(points, np.array([-72.1, -72.2]), np.array([8.1, 8.2]))))
    )
    assert list(rows[0]) == ["LON", "LAT", "PLOTID"]
    assert float(rows[1]["LON"]) == -72.2
    with pytest.raises(BadDesign, match="these coordinates are metres"):
        collect_earth.plots(points, np.array([500_000.0, 0]), np.array([8.1, 8.2]))
