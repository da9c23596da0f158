"""Models, ways of leaving out, faults of labelled series, prediction: on a made-up land whose truth is known."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("sklearn", reason="needs the extra: pip install 'vereda[imagery]'")
import imagery_land as land

from vereda.cli import main
from vereda.errors import BadDesign
from vereda.imagery import classify, masking, quality, validation
from vereda.imagery.features import Recipe
from vereda.imagery.layout import Layout
from vereda.imagery.samples import Samples, samples
from vereda.measurement.area import assisted
from vereda.pipeline import training_files


def call(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return training_files.labelled(
        land.table(tmp_path_factory.mktemp("known") / "s.csv", per_place=3), None, ()
    )


@pytest.mark.parametrize("kind", classify.KINDS)
def test_every_model_finds_the_land_and_says_how_sure_it_is(known: Samples, kind: str) -> None:
    pytest.importorskip("lightgbm")
    made = classify.fit(classify.learnt(known), kind, Recipe(), seed=3)
    x = land.cube().transpose(1, 2, 0).reshape(-1, len(land.DATES), 1).astype("f4")
    proba = made.predict_proba(x, Layout(("ndvi",), tuple(land.DATES)))
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)
    truth = np.array(land.CLASSES)[land.classes().ravel()]
    assert (np.array(made.classes)[proba.argmax(axis=1)] == truth).mean() > 0.97
    meta = made.meta()
    assert meta.classes == ("early", "forest", "late")
    assert meta.footprint == known.footprint
    assert meta.season.bands == ("ndvi",)


def test_the_footprint_does_not_depend_on_the_order_and_changes_with_a_value(known: Samples) -> None:
    turned = known.take(np.arange(len(known.label))[::-1])
    assert turned.footprint == known.footprint
    values = known.values.copy()
    values[0, 0, 0] += 0.001
    other = Samples(values, known.label, known.x, known.y, known.dates, known.bands)
    assert other.footprint != known.footprint


def test_land_unlike_the_training_is_marked(known: Samples) -> None:
    made = classify.fit(classify.learnt(known), "random-forest", Recipe())
    given = Layout(("ndvi",), tuple(land.DATES))
    water = np.full((5, len(land.DATES), 1), -0.2, dtype="f4")
    crop = np.array([land.curve("early")] * 5, dtype="f4")[..., None]
    assert not made.envelope.inside(made.features(water, given)).any()
    assert made.envelope.inside(made.features(crop, given)).all()


def test_a_group_is_never_on_both_sides(known: Samples) -> None:
    for way in ("place", "block", "year"):
        group = validation.groups(known, way, 0.9)
        assert group is not None
        fold = validation.deal(known.label, group, 5, seed=4)
        assert all(len(np.unique(fold[group == g])) == 1 for g in np.unique(group))
    dealt = validation.deal(known.label, None, 5, seed=4)
    for c in known.classes:
        assert np.ptp(np.bincount(dealt[known.label == c], minlength=5)) <= 1


def test_labels_by_chance_are_told_by_chance_when_places_are_left_out_and_seem_known_when_not() -> None:
    """Series of a place are alike, and labels belong to places by lot: only leaving out places sees it."""
    rng = np.random.default_rng(0)
    place = np.repeat(np.arange(40), 6)
    values = rng.normal(size=(40, 1, 8, 1))[place, 0] + rng.normal(0, 0.05, (240, 8, 1))
    label = np.array(["a", "b"])[np.arange(40) % 2][place]
    dates = np.datetime64("2020-01-01") + np.tile(np.arange(8) * 16, (240, 1))
    made = samples(values, label, place.astype(float), np.zeros(240), dates, ("v",), "made-up")
    found = validation.validate(made, "random-forest", Recipe(), 1.0, ways=("random", "place"))
    random, by_place = found["random"], found["place"]
    assert not isinstance(random, str)
    assert not isinstance(by_place, str)
    assert random.overall[0] > 0.95
    assert by_place.overall[0] < 0.75


def test_faults_of_a_table_are_found(known: Samples) -> None:
    label, values = known.label.copy(), known.values.copy()
    label[0] = "late" if label[0] != "late" else "early"  # a slip, beside the same place and year or not
    values[3] = values[10]
    made = Samples(values, label, known.x, known.y, known.dates, known.bands)
    scores = validation.validate(made, "random-forest", Recipe(), 0.9, ways=("place",))
    by_place, block = scores["place"], validation.groups(made, "block", 0.9)
    assert not isinstance(by_place, str)
    assert block is not None
    found = quality.quality(made, block, by_place.proba)
    assert found.places == 20
    assert found.most_at_a_place == 3
    assert 1 in [row for row, _ in found.suspects]
    assert set(found.twins) == ({4, 11} if label[3] != label[10] else set())


def test_a_class_of_one_year_is_named_and_its_score_is_said_to_be_none(tmp_path: Path) -> None:
    path = land.table(tmp_path / "s.csv", per_place=3)
    head, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    starts = {r[0]: r[4][:4] for r in reversed(rows)}
    kept = [r for r in rows if r[3] != "late" or starts[r[0]] == "2018"]
    path.write_text("\n".join(",".join(r) for r in [head, *kept]) + "\n", encoding="utf-8")
    told = json.loads(call("classify", "validate", path, "--block", 0.9, "--model", "svm", "--json").output)
    late = sum(c["series"] for c in told["scores"]["year"]["classes"] if c["class"] == "late")
    assert told["quality"]["one_year"] == {"late": 2018}
    assert told["scores"]["year"]["unseen"] == late > 0
    assert told["label"] == "model selection, not map accuracy"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_validate_labels_every_score_as_model_selection(tmp_path: Path, lang: str) -> None:
    found = call(
        "classify",
        "validate",
        land.table(tmp_path / "s.csv"),
        "--block",
        0.9,
        "--model",
        "svm",
        "--lang",
        lang,
    )
    assert found.exit_code == 0, found.output
    assert ("Model selection, not map accuracy" if lang == "en" else "no exactitud del mapa") in found.output


def test_a_rule_leaves_out_and_says_what_of_the_samples_it_leaves_out(known: Samples) -> None:
    rule = masking.rule("ndvi:min>0.6")
    lost = masking.omitted(rule, known)
    assert lost["forest"][0] == lost["forest"][1]
    assert lost["early"][0] == 0
    x = np.full((2, 4, 1), np.nan, dtype="f4")
    x[0] = 0.9
    assert rule.leaves_out(x, ("ndvi",)).tolist() == [True, False]


# Commands --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cube and a model."""
    pytest.importorskip("zarr")
    pytest.importorskip("rioxarray")
    folder = tmp_path_factory.mktemp("work")
    values = land.cube()
    values[:, 0, :5] = -0.3  # no data in the file: -3000
    land.files(folder, values)
    land.table(folder / "s.csv")
    made = call("scenes", "build", folder / "files.csv", "--scale", 0.0001, "--valid", "-0.2,1.1", "--out", folder / "cube.zarr",
                "--store-scale", 0.0001)  # fmt: skip
    assert made.exit_code == 0, made.output
    fitted = call("classify", "fit", folder / "s.csv", "--out", folder / "m.npz")
    assert fitted.exit_code == 0, fitted.output
    return folder


def test_predict_counts_every_pixel_once_and_keeps_unseen_land_apart(work: Path, tmp_path: Path) -> None:
    found = call(
        "classify",
        "predict",
        work / "cube.zarr",
        "--model",
        work / "m.npz",
        "--out",
        tmp_path / "p",
        "--json",
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    by = {s["stratum"]: s for s in told["strata"]}
    assert sum(s["pixels"] for s in told["strata"]) == told["pixels"] == land.SIDE**2
    assert by["unseen_land"]["pixels"] == 5
    assert by["early"]["area"] == pytest.approx(by["early"]["pixels"] * 1.0)  # 100 m pixels are hectares
    mapped = by["early"]["pixels"] + by.get("unlike", {"pixels": 0})["pixels"] + 5
    assert by["early"]["pixels"] <= 12 * land.SIDE <= mapped + 40
    assert sum(by["early"]["probability"].values()) == pytest.approx(1, abs=1e-5)
    assert len(told["scenes"]) == len(land.DATES)
    assert told["footprint"]


def test_no_output_holds_a_coordinate(work: Path, tmp_path: Path) -> None:
    found = call(
        "classify",
        "predict",
        work / "cube.zarr",
        "--model",
        work / "m.npz",
        "--out",
        tmp_path / "p",
        "--json",
    )
    assert found.exit_code == 0, found.output
    texts = [found.output, *(f.read_text(encoding="utf-8") for f in (tmp_path / "p").iterdir())]
    for text in texts:
        numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]
        for low, high in ((land.LEFT, land.LEFT + 4000), (land.TOP - 4000, land.TOP), (-75.1, -74.9)):
            assert not [n for n in numbers if low <= n <= high]
        for word in ("longitude", "latitude", '"transform"', '"crs"', "EPSG", "UTM"):
            assert word not in text
    with np.load(work / "m.npz") as file:
        assert set(file.files) == {"told", "values", "label", "place", "days"}
        assert np.issubdtype(file["place"].dtype, np.integer)


def test_masked_land_is_a_stratum_of_its_own_and_the_two_runs_agree_elsewhere(
    work: Path, tmp_path: Path
) -> None:
    one, two = (
        json.loads(call("classify", "predict", work / "cube.zarr", "--model", work / "m.npz", "--out", tmp_path / name, "--json", *more).output)
        for name, more in (("a", ()), ("b", ("--mask", "ndvi:min>0.6")))
    )  # fmt: skip
    a, b = ({s["stratum"]: s["pixels"] for s in told["strata"]} for told in (one, two))
    assert b["masked"] > 500
    assert a["early"] == b["early"]
    assert two["omitted"]["forest"][0] == two["omitted"]["forest"][1]


def test_probabilities_at_points_of_a_survey_help_the_estimate(work: Path, tmp_path: Path) -> None:
    """From the map to the points to the area: the numbers of difference() on what the model says, and worth something."""
    rasterio = pytest.importorskip("rasterio")
    predicted = ("classify", "predict", work / "cube.zarr", "--model", work / "m.npz", "--json")
    survey = tmp_path / "survey.tif"
    told = json.loads(call(*predicted, "--survey", survey, "--out", tmp_path / "a").output)
    with rasterio.open(survey) as file:
        stratum = file.read(1).ravel()
    names = [*told["classes"], "unlike", "masked", "unseen_land"]
    rng, points = np.random.default_rng(3), []
    truth = np.array(land.CLASSES)[land.classes()].ravel()
    wrong = rng.random(truth.size) < 0.1  # land is not as tidy as the curves
    truth = np.where(wrong, rng.permutation(truth), truth)
    for h in np.unique(stratum):
        pixels = np.flatnonzero(stratum == h)
        points += [(p + 1, names[h], truth[p]) for p in rng.permutation(pixels)[:60]]
    sample = tmp_path / "points.csv"
    sample.write_text(
        "point,stratum,reference\n" + "".join(f"{a},{b},{c}\n" for a, b, c in points), encoding="utf-8"
    )
    again = call(*predicted, "--points", sample, "--out", tmp_path / "b")
    assert again.exit_code == 0, again.output
    given, strata = tmp_path / "b" / "probabilities.csv", tmp_path / "b" / "strata.csv"
    estimate = ("area", "estimate", sample, "--strata", strata)
    found = json.loads(call(*estimate, "--probabilities", given, "--json").output)
    assert [r["class"] for r in found["helped"]] == sorted(land.CLASSES)
    rows = {int(r[0]): r[1:] for r in csv.reader(given.read_text(encoding="utf-8").splitlines()[1:])}
    head = given.read_text(encoding="utf-8").splitlines()[0].split(",")[1:]
    table = list(csv.DictReader(strata.read_text(encoding="utf-8").splitlines()))
    weight = np.array([float(r["area"]) for r in table])
    order = {r["stratum"]: h for h, r in enumerate(table)}
    for one in found["helped"]:
        k = head.index(f"p_{one['class']}")
        f = np.array([float(rows[p][k] or 0) for p, _, _ in points])
        y = np.array([float(c == one["class"]) for _, _, c in points])
        mean = np.array([float(r[f"mean_{one['class']}"] or 0) for r in table])
        direct = assisted.difference(y, f, mean, weight, np.array([order[h] for _, h, _ in points]))
        assert one["area"] == pytest.approx(direct.mean * weight.sum())
        assert one["se"] == pytest.approx(direct.se * weight.sum())
        alone = next(r for r in found["areas"] if r["class"] == one["class"])
        assert one["se"] <= alone["se"] * 1.01
    people = call(*estimate, "--probabilities", given, "--lang", "es")
    assert "Con las probabilidades del mapa" in people.output
    # Points drawn elsewhere have other strata here, which is said.
    assert json.loads(again.output)["points"]["elsewhere"] == 0
    moved = tmp_path / "moved.csv"
    moved.write_text(
        "point,stratum,reference\n" + "".join(f"{(a + 777) % 1600 + 1},{b},{c}\n" for a, b, c in points),
        encoding="utf-8",
    )
    predicted_here = call(*predicted[:-1], "--points", moved, "--out", tmp_path / "d", "--lang", "es").output
    assert "están en otro estrato" in " ".join(predicted_here.split())
    assert (
        "otro estrato"
        not in call(*predicted[:-1], "--points", sample, "--out", tmp_path / "e", "--lang", "es").output
    )
    # What does not fit is refused by name.
    short = tmp_path / "short.csv"
    short.write_text("\n".join(given.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    assert "says nothing of 1 of" in call(*estimate, "--probabilities", short).output
    odd = tmp_path / "odd.csv"
    odd.write_text(given.read_text(encoding="utf-8").replace(",0.", ",7.", 1), encoding="utf-8")
    assert "between 0 and 1" in call(*estimate, "--probabilities", odd).output
    beyond = tmp_path / "beyond.csv"
    beyond.write_text("point\n99999\n", encoding="utf-8")
    assert "is not on" in call(*predicted, "--points", beyond, "--out", tmp_path / "c").output
    assert "--strata FILE" in call("area", "estimate", sample, "--probabilities", given).output


def test_a_cell_below_the_least_size_is_refused(work: Path, tmp_path: Path) -> None:
    found = call(
        "classify",
        "predict",
        work / "cube.zarr",
        "--model",
        work / "m.npz",
        "--out",
        tmp_path / "p",
        "--cell",
        200,
    )
    assert found.exit_code == 1
    assert "1000 m is the least" in found.output
    assert not (tmp_path / "p").exists()


def test_a_model_opened_again_predicts_the_same(work: Path) -> None:
    made, then = training_files.model_of(work / "m.npz")
    fresh = classify.fit(
        classify.learnt(training_files.labelled(work / "s.csv", None, ())), "random-forest", Recipe()
    )
    x = land.cube(seed=9).transpose(1, 2, 0).reshape(-1, len(land.DATES), 1).astype("f4")
    given = Layout(("ndvi",), tuple(land.DATES))
    np.testing.assert_array_equal(made.predict_proba(x, given), fresh.predict_proba(x, given))
    assert then == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: [rows[0], *(r for r in rows[1:] if r[3] == "forest")], "of one class"),
        (lambda rows: rows[:-1], "every series\\s+needs the same steps|Every series"),
        (lambda rows: [rows[0], [*rows[1][:5], "-1.7e308"], *rows[2:]], "beyond 1e30"),
        (lambda rows: [rows[0], [*rows[1][:5], "high"], *rows[2:]], "no number"),
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], "not in order"),
        (lambda rows: [rows[0], [*rows[1][:4], "13/9/2020", rows[1][5]], *rows[2:]], "2018-01-31"),
        (lambda rows: [["sample_id", "longitude", "latitude", "kind", "date", "ndvi"], *rows[1:]], "no column for label"),
    ],
)  # fmt: skip
def test_labelled_series_that_would_mislead_are_refused(tmp_path: Path, change: object, says: str) -> None:
    path = land.table(tmp_path / "s.csv")
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(",".join(r) for r in change(rows)) + "\n", encoding="utf-8")  # type: ignore[operator]
    found = call("classify", "fit", path, "--out", tmp_path / "m.npz")
    assert found.exit_code == 1
    assert re.search(says, found.output), found.output
    assert "Traceback" not in found.output
    assert not (tmp_path / "m.npz").exists()


def test_labels_outside_the_cube_are_refused(work: Path, tmp_path: Path) -> None:
    head = "longitude,latitude,label,start_date,end_date\n"
    outside = tmp_path / "outside.csv"
    outside.write_text(
        head + "-74.99,0.17,early,2020-09-01,2021-09-01\n-60,5,late,2020-09-01,2021-09-01\n", encoding="utf-8"
    )
    found = call("classify", "fit", outside, "--cube", work / "cube.zarr", "--out", tmp_path / "m.npz")
    assert found.exit_code == 1
    assert "1 of 2 labelled places lie outside the cube" in found.output
    assert "line 3" in found.output


def test_a_model_cut_short_is_refused(work: Path, tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes((work / "m.npz").read_bytes()[:900])
    found = call(
        "classify", "predict", work / "cube.zarr", "--model", tmp_path / "m.npz", "--out", tmp_path / "p"
    )
    assert found.exit_code == 1
    assert "no model of vereda, or is cut short" in found.output
    assert not (tmp_path / "p").exists()


def test_gaps_longer_than_allowed_in_every_series_of_a_class_are_refused(known: Samples) -> None:
    values = known.values.copy()
    values[known.label == "late", 2:9] = np.nan
    holed = Samples(values, known.label, known.x, known.y, known.dates, known.bands)
    with pytest.raises(BadDesign, match="late"):
        classify.fit(classify.learnt(holed), "random-forest", Recipe(gap=2))
