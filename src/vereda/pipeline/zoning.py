"""`vereda classify zones`: how much of a class lies in each zone, from a map and a survey; a table that a case can keep."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.imagery import classify, layout, masking, predict, zones
from vereda.measurement.area import drawing, intervals
from vereda.measurement.area.by_zone import ByZone, by_zone
from vereda.measurement.area.suppression import suppress
from vereda.pipeline import area_files, classifying, training_files
from vereda.pipeline.classifying import HECTARE, METRES, window
from vereda.pipeline.folders import find_case
from vereda.pipeline.imagery_words import Language
from vereda.pipeline.measuring_area import plain
from vereda.pipeline.path import _desk, _ingest
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import reconciled
from vereda.pipeline.zones_shown import shown
from vereda.sources.drawn import features
from vereda.store import Store, cubes, write_files

Box = tuple[float, float, float, float]
Flags = NDArray[np.bool_]
LEAST, POINTS = 100.0, 5  # hectares and points below which a zone is not shown
MANY = 300  # small figures of all classes above which totals are given up: what protects them takes too long to find
HEAD = ("zone", "parent", "period", "hectares", "low", "high", "points", "status", "note")


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda classify zones` was asked; names as its options."""

    file: Path
    fitted: Path
    zones: str
    points: Path
    cls: str
    definition: str
    period: str
    out: Path
    reference: str = "reference"
    code: str | None = None
    prefix: str = ""
    parent: str | None = None
    layer: str | None = None
    least: float = LEAST
    least_points: int = POINTS
    level: float = 0.95
    mask: str | None = None
    first: str | None = None
    last: str | None = None
    dataset: str | None = None
    beside: str | None = None
    case: str = "us-colombia"
    build: Path = Path("build")
    lang: Language = "en"


def run(asked: Asked) -> Reply:
    """Areas by zone with their intervals, small ones left out and those that would give them away."""
    if asked.least <= 0 or asked.least_points < 2:
        raise BadRequest(
            "A zone is not shown below some hectares and below two points: --least above 0, --least-points 2 or more."
        )
    if not asked.definition.strip():
        raise BadRequest("Say what was counted with --definition, for example 'standing on 31 December'.")
    made, _ = training_files.model_of(asked.fitted)
    if asked.cls not in made.classes:
        raise BadRequest(f"The model knows no class {asked.cls!r}. It knows: {', '.join(made.classes)}.")
    cube = cubes.opened(asked.file)
    drawn = zones_of(asked, cube)
    at = classifying._points(asked.points, cube, len(made.classes))
    sums = _summed(made, cube, drawn, asked, at)
    table = area_files.rows(asked.points)
    names = predict.names(made.classes)
    _same_map(table, names, at)
    zone = zones.which(drawn, *_centres(cube, at.row, at.column))
    found = {
        cls: _estimated(table, asked, cls, names, at.proba[:, k], zone, sums, k)
        for k, cls in enumerate(made.classes)
    }
    rows, total, hidden = _published(found, sums, asked)
    told = _told(asked, made, cube, drawn, table, rows, total, hidden, zone)
    written = {"areas.csv": drawing.table(HEAD, [[r[h] for h in HEAD] for r in rows])}
    if asked.dataset:
        written["source.yml"] = description(told, asked, cube)
    write_files(asked.out, written)
    if asked.beside:
        told["beside"] = published_beside(asked, [r["zone"] for r in rows if r["status"] == "measured"])
    told |= {"files": sorted(written), "folder": str(asked.out)}
    return Reply(tuple(shown(told, asked.lang)), plain(told))


def zones_of(asked: Asked, cube: cubes.Cube) -> zones.Zones:
    """A file of polygons, `h3:RESOLUTION`, or `1km` (any number of km)."""
    told = cube.told
    if abs(told["transform"][1]) < METRES:
        raise BadDesign(
            f"{cube.path} is in degrees, and its pixels have no area. Build it with --crs in metres."
        )
    if found := re.fullmatch(r"h3:(\d+)", asked.zones):
        return zones.hexagons(int(found[1]), told["crs"], _box(told, (0, told["rows"], 0, told["columns"])))
    if found := re.fullmatch(r"(\d+(?:\.\d+)?)km", asked.zones):
        return zones.squares(1000 * float(found[1]), _box(told, (0, told["rows"], 0, told["columns"])))
    path = Path(asked.zones)
    if not path.is_file():
        raise BadRequest(
            f"{asked.zones} is no file of polygons. Name one (GeoJSON, TopoJSON, GeoParquet), or h3:6, or 1km."
        )
    if asked.code is None:
        raise BadRequest("Say which property of the polygons is their code with --code.")
    try:
        held = features(path, asked.layer)
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise BadDesign(f"{path} is no file of polygons that can be read ({str(fault)[:120]}).") from None
    return zones.polygons(held, asked.code, told["crs"], asked.prefix, asked.parent)


def _box(told: Mapping[str, Any], edges: tuple[int, int, int, int]) -> Box:
    """Left, lower, right and upper edge of rows top to bottom and columns left to right of a cube."""
    top, bottom, left, right = edges
    x, width, _, y, _, height = told["transform"]
    return x + left * width, y + bottom * height, x + right * width, y + top * height


def _centres(
    cube: cubes.Cube, row: NDArray[np.int64], column: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, width, _, y, _, height = cube.told["transform"]
    return x + (column + 0.5) * width, y + (row + 0.5) * height


def _summed(
    made: classify.Model, cube: cubes.Cube, drawn: zones.Zones, asked: Asked, at: "classifying._At"
) -> zones.Sums:
    """Sums by zone. One block in memory at a time; points are asked on the way."""
    given, steps = window(cube, classifying.Asked(file=asked.file, first=asked.first, last=asked.last))
    layout.agree(made.learnt.season, given, str(cube.path))
    rule = masking.rule(asked.mask) if asked.mask else None
    pixel = abs(cube.told["transform"][1] * cube.told["transform"][5]) / HECTARE
    sums = zones.empty(drawn, pixel, len(predict.names(made.classes)), len(made.classes))
    for block in cube.blocks():
        edges = cubes.edges(cube.told, block)
        found = predict.predict(made, cube.read(block)[list(steps)], given, rule)
        sums.add(found.stratum, found.proba, _box(cube.told, edges))
        at.add(found, edges[0], edges[2])
    return sums


def _same_map(table: area_files.Rows, names: Sequence[str], at: "classifying._At") -> None:
    """BadDesign unless the points were drawn on this map: the stratum of each is the map's at its pixel.

    One in a hundred may differ: a model fitted again on another machine turns a pixel here and there.
    """
    other = at.elsewhere(names)
    if len(other) > 0.01 * len(at.id):
        line, row = table.rows[other[0]]
        raise BadDesign(
            f"{table.path}, line {line}: point {row['point']} was drawn in stratum {at.stratum[other[0]]}, and this map has "
            f"{names[at.mapped[other[0]]]} there; {len(other)} of {len(at.id)} points are so. Points belong to the map they were drawn on: "
            "give the model, the cube and the dates of that map, and the numbers of points as the design wrote them."
        )


def _estimated(
    table: area_files.Rows, asked: Asked, cls: str, names: Sequence[str], p: NDArray[np.float64],
    zone: NDArray[np.int64], sums: zones.Sums, k: int,
) -> ByZone:  # fmt: skip
    stratum = table.column("stratum")
    strange = sorted(set(stratum) - set(names))
    if strange:
        raise BadDesign(
            f"{table.path}: the points were drawn in strata that are none of the map ({', '.join(strange)}). By zone, a survey is "
            f"needed whose strata are the map's: {', '.join(names)}."
        )
    order = {name: i for i, name in enumerate(names)}
    land = sums.mapped.sum(axis=1, keepdims=True)
    share = np.divide(sums.mapped, land, out=np.zeros_like(sums.mapped), where=land > 0)
    share[land[:, 0] == 0, -1] = 1.0  # not on the cube: nothing is said of it below
    mean = np.divide(sums.sure[:, k], land[:, 0], out=np.zeros(len(land)), where=land[:, 0] > 0)
    y = np.array([float(label == cls) for label in table.column(asked.reference)])
    try:
        return by_zone(y, np.nan_to_num(p), np.array([order[s] for s in stratum]), zone, share, mean, names)
    except BadDesign as fault:
        raise BadDesign(f"{table.path}: {fault}") from None


def _published(
    every: Mapping[str, ByZone], sums: zones.Sums, asked: Asked
) -> tuple[list[dict[str, Any]], float | None, int]:
    """A row a zone; the total of all that have an estimate, None where it would give one away; and how many are not shown."""
    found = every[asked.cls]
    ha, z = sums.zones.hectares, intervals.z(asked.level)
    whole = sums.inside >= zones.WHOLE
    said = whole & (found.points > 0)
    area = np.clip(found.share, 0, 1) * ha
    low, high = (np.clip(found.share + sign * z * found.se, 0, 1) * ha for sign in (-1, 1))
    at = np.flatnonzero(said)
    closed: Flags = np.zeros(len(ha), dtype=bool)
    total: float | None = None
    if len(at):
        hidden, with_totals = _closed(every, sums, at, asked)
        closed[at] = hidden[list(every).index(asked.cls)]
        total = float(area[at].sum()) if with_totals else None
    rows = []
    for i, name in enumerate(sums.zones.name):
        row: dict[str, Any] = {"zone": name, "parent": sums.zones.parent[i], "period": asked.period}
        if said[i] and not closed[i]:
            row |= {
                "hectares": round(float(area[i])),
                "low": round(float(low[i])),
                "high": round(float(high[i])),
                "points": int(found.points[i]),
            }
            row |= {
                "status": "measured",
                "note": f"{100 * found.borrowed[i]:.0f} % of its land in strata without a point in it",
            }
        else:
            why = (
                "partly outside the cube"
                if not whole[i]
                else "no point"
                if not found.points[i]
                else "not shown"
            )
            row |= {"hectares": "", "low": "", "high": "", "points": "", "status": why, "note": ""}
        rows.append(row)
    return rows, total, int(closed.sum())


def _closed(
    every: Mapping[str, ByZone], sums: zones.Sums, at: NDArray[np.int64], asked: Asked
) -> tuple[Flags, bool]:
    """(classes, zones at): what is not shown of any class, and whether totals can be printed.

    Decided for all classes of the map together, whichever is asked for: they fill the land of a zone, so that a class closed by
    itself would be land minus the others. Whoever runs the command once a class gets tables that are safe beside each other.
    """
    ha = sums.zones.hectares[at]
    value = np.array([np.clip(one.share[at], 0, 1) * ha for one in every.values()])
    rest = np.maximum(0.0, ha - value.sum(axis=0))  # land of no class of the map: in no table
    k, n = value.shape
    cells = np.arange((k + 1) * n).reshape(k + 1, n)
    most, unprinted = np.tile(ha, k + 1), (cells >= k * n).ravel()
    parents = [
        np.flatnonzero(np.array(sums.zones.parent)[at] == name)
        for name in sorted({sums.zones.parent[c] for c in at} - {""})
    ]
    of_zone = cells.T.tolist()
    totals = [
        cells[i, which].tolist() for i in range(k) for which in (np.arange(n), *parents) if len(which) > 1
    ]
    points = next(iter(every.values())).points[at]
    whole, behind = np.append(value, rest[None], axis=0).ravel(), np.tile(points, k + 1)
    limits = asked.least, asked.least_points, asked.least
    few = int(((value > 0) & (value < asked.least) | (points < asked.least_points)).sum())
    if few <= MANY:
        try:
            made = suppress(whole, behind, [*totals, *of_zone], *limits, most, unprinted)
            return np.isnan(made.value).reshape(k + 1, n)[:k], True
        except BadDesign:
            pass  # no total can be printed; each zone by itself
    closed = np.ones((k, n), dtype=bool)  # all of a zone, where whatever is closed is given away
    for j, own in enumerate(of_zone):
        with contextlib.suppress(BadDesign):
            made = suppress(whole[own], behind[own], [list(range(k + 1))], *limits, most[own], unprinted[own])
            closed[:, j] = np.isnan(made.value)[:k]
    return closed, False


def _told(
    asked: Asked, made: classify.Model, cube: cubes.Cube, drawn: zones.Zones, table: area_files.Rows,
    rows: Sequence[Mapping[str, Any]], total: float | None, hidden: int, zone: NDArray[np.int64],
) -> dict[str, Any]:  # fmt: skip
    label = "".join(
        f"{p},{s},{r}\n"
        for p, s, r in zip(*(table.column(c) for c in ("point", "stratum", asked.reference)), strict=True)
    )
    told = {
        "class": asked.cls, "definition": asked.definition, "period": asked.period, "zones": asked.zones, "rows": list(rows),
        "total": None if total is None else round(total), "not_shown": hidden, "least": asked.least,
        "least_points": asked.least_points, "level": asked.level, "outside": int((zone < 0).sum()), "points": len(zone),
        "design": f"{len(zone)} points, stratified by the map; difference estimator by zone, Wald's interval of {asked.level:.0%}",
        "sample": sha256(label.encode()).hexdigest(), "model": made.meta().hash, "cube": cubes.digest(cube),
        "scenes": dict(cube.told["scenes"]), "zone_count": len(drawn.name), "dataset": asked.dataset, "version": __version__,
    }  # fmt: skip
    return told


def published_beside(asked: Asked, names: Sequence[str]) -> dict[str, Any]:
    """What a case holds of a published series for the same zones and period, with its own definition. For reference: it is
    neither added to these figures nor taken from them."""
    study = reconciled(find_case(asked.case))
    series = asked.beside or ""
    with Store.open(asked.build / study.register.case.id) as store:
        _ingest(study, store)
        desk = _desk(study, store, study.register.case.as_of)
        desk.known(series)
        held = [
            f
            for name in names
            if name in study.gazetteer
            for f in desk.candidates(series, name, asked.period)
            if f.value is not None
        ]
    said = {
        f.source: study.cards[f.source].definitions.get(series, "") for f in held if f.source in study.cards
    }
    return {
        "series": series, "definitions": {source: text for source, text in said.items() if text},
        "figures": [
            {"zone": f.place, "value": f.value, "unit": f.unit, "estimator": f.estimator, "vintage": f.vintage, "source": f.source, "trace": f.trace}
            for f in held
        ],
    }  # fmt: skip


def description(told: Mapping[str, Any], asked: Asked, cube: cubes.Cube) -> str:
    """source.yml of the table, for `vereda keep`: what it is made of stands in it, down to the scenes."""
    if not re.fullmatch(r"\d{4}", asked.period):
        raise BadRequest(f"To be kept by a case, --period is a year, and {asked.period!r} is none.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", asked.dataset or ""):
        raise BadRequest(f"--dataset {asked.dataset!r}: small letters, digits and hyphens.")
    series = "surveyed." + re.sub(r"[^a-z0-9]+", "-", asked.cls.lower()).strip("-")
    shown_rows = [r for r in told["rows"] if r["status"] == "measured"]
    said = {
        "title": f"{asked.cls} by zone, {asked.period}: estimated from a map of satellite scenes and a survey of points",
        "publisher": f"whoever ran vereda classify zones {__version__}",
        "address": "docs/methods/zones.md",
        "licence": "that of the scenes and of the survey",
        "terms": "not stated",
        "obtained": f"made by vereda classify zones {__version__}; {told['design']}",
        "file": "areas.csv",
        "vintage": asked.period,
        "estimator": "vereda-zones",
        "place": {"column": "zone"},
        "period": {"column": "period"},
        "series": {series: {"unit": "ha", "name": f"{asked.cls}, {asked.definition}", "least": 0}},
        "values": {"hectares": {"series": series}},
        "low": "low",
        "high": "high",
        "note": "note",
        "leave_out": {"status": {
            "not shown": f"under {asked.least:g} ha or {asked.least_points} points, or beside one that is",
            "no point": "no point of the survey fell there",
            "partly outside the cube": "the cube has not all of it",
        }},
        "ignore": {"parent": "the list of places says it", "points": "how many points of the survey fell there"},
        "covers": {"places": f"{len(shown_rows)} of {told['zone_count']} zones of {Path(asked.zones).name}", "years": asked.period},
        "absent": {"means": "missing", "why": "a zone that is not listed is not shown, has no point, or lies partly outside the cube"},
        "made_from": {
            "definition": f"{asked.cls}, {asked.definition}",
            "sample": f"{told['points']} points, sha256 {told['sample']}", "model": told["model"], "cube": told["cube"],
            "scenes": ", ".join(sorted(told["scenes"])),
        },
    }  # fmt: skip
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)
