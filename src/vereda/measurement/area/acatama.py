"""AcATaMa's session file (YAML): what its interpreters labelled, and a session they can open.

AcATaMa is the QGIS plugin of the Colombian forest monitoring system (IDEAM, SMByC). The layout is that of its
core/config.py, versions 22.09 to 26: labels by number of a button, points by number in the sampling layer. The file
does not say where a point is nor in which stratum: that stands in the sampling layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Array, Counts

VERSION = 250_700
COLOURS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#e6ab02", "#a6761d", "#666666")


@dataclass(frozen=True, slots=True)
class Session:
    """labels: point -> name of the class its button stands for. missing: points without a label.

    strata: pixels, points and expected user's accuracy by value of the stratification map, where the session has its
    table. estimator: the words that AcATaMa uses.
    """

    labels: Mapping[int, str]
    missing: tuple[int, ...]
    map_value: Mapping[str, str]
    strata: tuple["Stratum", ...]
    estimator: str


@dataclass(frozen=True, slots=True)
class Stratum:
    """One row of AcATaMa's table of a stratified sample that is switched on."""

    value: str
    pixels: int
    points: int
    user: float | None


class _Loader(yaml.SafeLoader):
    """Safe: plain YAML, and the two tags of Python that sessions before 2025 were written with, as lists and pairs."""


def _pairs(loader: yaml.SafeLoader, node: yaml.Node) -> dict[Any, Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise yaml.constructor.ConstructorError(None, None, "no list of pairs", node.start_mark)
    given = loader.construct_sequence(node, deep=True)
    return dict(given[0]) if given else {}


def _tuple(loader: yaml.SafeLoader, node: yaml.Node) -> list[Any]:
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else []


_Loader.add_constructor("tag:yaml.org,2002:python/object/apply:collections.OrderedDict", _pairs)
_Loader.add_constructor("tag:yaml.org,2002:python/tuple", _tuple)


def read(text: str, name: str) -> Session:
    """A session from the text of its file; name: of the file, for what is said about it."""
    whole = _parsed(text, name)
    buttons = whole.get("labeling_buttons", whole.get("classification_buttons"))
    samples = whole.get("samples", whole.get("points"))
    if not isinstance(buttons, dict) or not isinstance(samples, dict):
        raise BadDesign(
            f"{name} holds no labelled points (labeling_buttons and samples). In AcATaMa, label the points and save the "
            "session again; a session saved before the response design has none."
        )
    classes = {number: str(b["name"]) for number, b in buttons.items()}
    twice = {c for c in classes.values() if list(classes.values()).count(c) > 1}
    if twice:
        raise BadDesign(f"{name}: two buttons are called {sorted(twice)[0]!r}. Give each class one button.")
    labels = dict(_label(entry, classes, name) for entry in samples.values())
    order = whole.get("samples_order", whole.get("points_order", list(labels)))
    value = {str(b["name"]): str(b.get("thematic_class") or "") for b in buttons.values()}
    analysis = whole.get("analysis") or {}
    return Session(
        labels, tuple(i for i in order if i not in labels), value, _strata(whole), str(analysis.get("estimator", ""))
    )  # fmt: skip


def write(
    strata: Sequence[str],
    pixels: Counts,
    points: Counts,
    user: Array,
    classes: Sequence[str],
    layer: str,
    order: Sequence[int],
    seed: int,
) -> str:
    """A session with the design's table, a button for each class and no labels yet.

    Strata are numbered from 1, as values of the stratification map. layer: path of the points' file, which needs their
    numbers. order: those numbers as they are to be seen.
    """
    if not classes:
        raise BadDesign("AcATaMa needs at least one class for its buttons.")
    rows = len(strata)
    colour = [COLOURS[i % len(COLOURS)] for i in range(rows)]
    rgb = {
        part: [int(c[k : k + 2], 16) for c in colour] for part, k in (("Red", 1), ("Green", 3), ("Blue", 5))
    }
    table = {
        "On": [True] * rows, "column_count": 5, "header": ["Pix Val", "Color", "Num Samples", "Ui", "On"],
        "num_samples": [str(int(n)) for n in points], "pixel_count": [int(n) for n in pixels], "row_count": rows,
        "ui": [f"{float(u):g}" for u in user],
        "values_and_colors_table": {"Pixel Value": list(range(1, rows + 1)), **rgb, "Alpha": [255] * rows},
    }  # fmt: skip
    session = {
        "general": {"config_file_version": VERSION},
        "thematic_map": {"path": None, "band": -1, "nodata": ""},
        "sampling_design": {
            "tab_activated": 1,
            "simple_random_sampling": _simple(),
            "stratified_random_sampling": _stratified(table, seed),
            "systematic_sampling": _systematic(),
        },
        "sampling_layer": layer,
        "dialog_size": [1600, 900], "grid_view_widgets": {"columns": 2, "rows": 2}, "current_sample_idx": 0,
        "fit_to_sample": 120.0, "is_completed": False, "view_widgets_config": {},
        "labeling_buttons": {
            i: {"color": COLOURS[(i - 1) % len(COLOURS)], "name": c, "thematic_class": ""} for i, c in enumerate(classes, 1)
        },
        "samples": {}, "samples_order": [int(i) for i in order],
        "analysis": {"estimator": "Stratified estimator"},
    }  # fmt: skip
    return yaml.safe_dump(session, sort_keys=False, allow_unicode=True, default_flow_style=False)


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        whole = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise BadDesign(
            f"{name}{line}: this is no YAML that AcATaMa writes. Save the session again and name that file."
        ) from None
    if not isinstance(whole, dict):
        raise BadDesign(
            f"{name} is no session of AcATaMa: it holds no sections. Name the .yml or .yaml it saved."
        )
    return whole


def _label(entry: Any, classes: Mapping[int, str], name: str) -> tuple[int, str]:
    point = entry.get("sample_id", entry.get("shape_id"))
    button = entry.get("label_id", entry.get("classif_id"))
    if button not in classes:
        raise BadDesign(
            f"{name}: point {point} has label {button}, and no button has that number. Label it again."
        )
    return int(point), classes[button]


def _strata(whole: Mapping[str, Any]) -> tuple[Stratum, ...]:
    design = (whole.get("sampling_design") or {}).get("stratified_random_sampling") or {}
    table = design.get("stratified_random_sampling_table")
    if not table:
        return ()
    values = (table.get("values_and_colors_table") or {}).get("Pixel Value") or range(
        1, len(table["pixel_count"]) + 1
    )
    user = table.get("ui") or [None] * len(table["pixel_count"])
    rows = zip(values, table["pixel_count"], table["num_samples"], user, table["On"], strict=True)
    return tuple(
        Stratum(str(v), int(pixels), int(n), None if u is None else float(u))
        for v, pixels, n, u, on in rows
        if on
    )


def _random(**more: Any) -> dict[str, Any]:
    return more | {
        "with_neighbors_aggregation": False, "num_neighbors": "8", "min_neighbors_with_the_same_class": "1",
        "random_sampling_options": False, "automatic_random_seed": True, "with_random_seed_by_user": False,
        "random_seed_by_user": "",
    }  # fmt: skip


def _after() -> dict[str, Any]:
    return {
        "post_stratification": False, "post_stratification_map_path": None, "post_stratification_map_band": -1,
        "post_stratification_map_nodata": "", "classes_selected_for_sampling": None,
    }  # fmt: skip


def _simple() -> dict[str, Any]:
    return _random(num_samples=0, min_distance=0.0, **_after())


def _systematic() -> dict[str, Any]:
    return _random(points_spacing=0.0, initial_inset=0.0, max_xy_offset=0.0, **_after())


def _stratified(table: Mapping[str, Any], seed: int) -> dict[str, Any]:
    return _random(
        stratification_map_path=None, stratification_map_band=-1, stratification_map_nodata="",
        sampling_random_method="Fixed values by the user", overall_std_error=0.01,
        stratified_random_sampling_table=dict(table), min_distance=0.0,
    ) | {"automatic_random_seed": False, "with_random_seed_by_user": True, "random_seed_by_user": str(seed)}  # fmt: skip
