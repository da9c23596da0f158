"""`vereda area design` and `simulate`: from strata, or a map, to points, forms and what to expect of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.measurement.area import acatama, allocation, collect_earth, drawing, simulation
from vereda.measurement.area.intervals import KINDS
from vereda.measurement.area.sample import Array, Counts, Strata
from vereda.measurement.area.strata import OUTSIDE, StrataMap, strata_map
from vereda.pipeline import area_files as files
from vereda.pipeline.area_shown import designed, simulated
from vereda.pipeline.area_words import Language, Voice
from vereda.pipeline.measuring_area import plain
from vereda.pipeline.reply import Reply
from vereda.store.documents import write_files

HECTARE = 10_000.0  # m2


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda area design` and `simulate` were asked; names as their options."""

    file: Path | None = None
    map: Path | None = None
    target: str | None = None
    last_year: Path | None = None
    buffer: float | None = None
    pixel: float | None = None
    expected: str | None = None
    points: int | None = None
    half_width: float | None = None
    budget: float | None = None
    cost: float | None = None
    more: Sequence[int] = (500,)
    rule: str = "neyman"
    power: float = 0.5
    minimum: int = 30
    total: float | None = None
    unit: str = "ha"
    out: Path | None = None
    interpreters: Sequence[str] = ()
    classes: Sequence[str] = ()
    draws: int = 4000
    level: float = 0.95
    seed: int = 0
    lang: Language = "en"


@dataclass(frozen=True, slots=True)
class _Frame:
    strata: Strata
    expected: Array
    points: Counts | None
    map: StrataMap | None
    grid: drawing.Grid | None
    data: str


def design(asked: Asked) -> Reply:
    """Points by stratum, what to expect of them, what more would buy; with a map and a folder, points and forms."""
    frame = _frame(asked)
    n = _allocated(frame, asked)
    w, share = frame.strata.weight, frame.expected
    found = allocation.plan(w, share, n)
    written = _written(frame, n, asked)
    told = {
        "unit": frame.strata.unit, "total": frame.strata.total, "rule": asked.rule, "minimum": asked.minimum,
        "points": int(n.sum()), "area": found.share * frame.strata.total, "se": found.se * frame.strata.total,
        "half_width": allocation.HALF * found.se * frame.strata.total, "relative": found.relative,
        "strata": _strata(frame, found),
        "cost": None if asked.cost is None else int(n.sum()) * asked.cost,
        "left": None if asked.cost is None or asked.budget is None else asked.budget - int(n.sum()) * asked.cost,
        "worth": [_worth(frame, int(n.sum()), more, asked) for more in asked.more if _there(frame, int(n.sum()) + more)],
        "files": sorted(written), "folder": str(asked.out) if asked.out else None,
        "data": frame.data, "seed": asked.seed, "version": __version__,
    }  # fmt: skip
    if written and asked.out is not None:
        write_files(asked.out, written)
    clean = plain(told)
    return Reply(tuple(designed(clean, Voice(asked.lang))), clean)


def simulate(asked: Asked) -> Reply:
    """Coverage of every interval under a design, in a land where the class is exactly as frequent as expected."""
    if asked.draws < 100:
        raise BadRequest(f"{asked.draws} draws tell nothing about coverage: take 1,000 or more.")
    frame = _frame(asked)
    given = (
        frame.points is not None
        and asked.points is None
        and asked.half_width is None
        and asked.budget is None
    )
    n = frame.points if given and frame.points is not None else _allocated(frame, asked)
    found = simulation.trial(
        frame.strata.weight, frame.expected, n, KINDS, asked.draws, asked.seed, asked.level
    )
    told = {
        "unit": frame.strata.unit, "total": frame.strata.total, "points": int(n.sum()),
        "rule": "given" if given else asked.rule, "draws": asked.draws, "level": asked.level,
        "truth": found.truth * frame.strata.total, "share": found.truth, "bias": found.bias, "rmse": found.rmse,
        "strata": [
            {"stratum": s, "area": a, "expected": e, "points": k, "no_hit": z}
            for s, a, e, k, z in zip(
                frame.strata.names, frame.strata.area.tolist(), frame.expected.tolist(), n.tolist(), found.no_hit.tolist(),
                strict=True,
            )
        ],
        "coverage": [
            {"interval": c.kind, "covers": c.covers, "above": c.above, "below": c.below, "half_width": c.half_width}
            for c in found.coverage
        ],
        "data": frame.data, "seed": asked.seed, "version": __version__,
    }  # fmt: skip
    clean = plain(told)
    return Reply(tuple(simulated(clean, Voice(asked.lang))), clean)


# Strata -------------------------------------------------------------------------------------------------------


def _frame(asked: Asked) -> _Frame:
    if asked.file is None and asked.map is None:
        raise BadRequest(
            "Give a table of strata (stratum, area, expected), or a map with --map; or both, where the table is the strata.csv "
            "of vereda classify predict and the map its --survey."
        )
    if asked.file is not None and asked.map is not None:
        return _of_prediction(asked.file, asked.map, asked)
    return _of_table(asked.file, asked) if asked.file is not None else _of_map(asked)


def _of_table(path: Path, asked: Asked) -> _Frame:
    table = files.rows(path)
    strata = files.strata(table, asked.total, asked.unit)
    if asked.expected:
        share = files.expected(asked.expected, strata.names)
    else:
        share = table.numbers(files.EXPECTED)
        for (line, row), value in zip(table.rows, share.tolist(), strict=True):
            if not 0 <= value <= 1:
                raise BadDesign(
                    f"{path}, line {line}: expected is {row[files.EXPECTED]}. It is the share of the stratum that is of the class, "
                    "between 0 and 1; 2 % is 0.02."
                )
    points = table.numbers(files.POINTS).astype(np.int64) if files.POINTS in table.head else None
    if points is not None and points.min() < 2:
        raise BadDesign(
            f"{path}: stratum {strata.names[int(points.argmin())]} has fewer than two points, and so no variance."
        )
    return _Frame(strata, share, points, None, None, table.sha256)


def _of_prediction(path: Path, map_: Path, asked: Asked) -> _Frame:
    """Every class of a prediction a stratum, as areas by zone need it: strata.csv in the order of the map's numbers."""
    if asked.target is not None or asked.buffer is not None or asked.last_year is not None:
        raise BadRequest(
            "With both a table and a map the strata are the table's: leave out --target, --buffer and --last-year, or the table."
        )
    table = files.rows(path)
    names, pixels = table.column("stratum"), table.numbers("pixels")
    values, inside, grid = files.read_map(map_, asked.pixel)
    held, counts = np.unique(values[inside], return_counts=True)
    if len(held) != len(names) or (counts != pixels).any():
        raise BadDesign(
            f"{path} and {map_} are not of one prediction: the table has {', '.join(f'{int(n)}' for n in pixels)} pixels by stratum, "
            f"the map {', '.join(map(str, counts.tolist()))}. Give the two files that vereda classify predict wrote together."
        )
    labels = np.full(values.shape, OUTSIDE, dtype=np.int8)
    labels[inside] = np.searchsorted(held, values[inside])
    made = StrataMap(labels, tuple(names), abs(grid.dx * grid.dy) / HECTARE, "ha")
    share = files.expected(asked.expected, made.names) if asked.expected else table.numbers(files.EXPECTED)
    digest = sha256(path.read_bytes() + map_.read_bytes()).hexdigest()
    return _Frame(made.strata, share, None, made, grid, digest)


def _of_map(asked: Asked) -> _Frame:
    assert asked.map is not None
    if asked.target is None or asked.buffer is None or asked.expected is None:
        raise BadRequest(
            "A map needs --target (the value of the class), --buffer (metres, 0 for none) and --expected (shares by stratum)."
        )
    now, inside, grid = files.read_map(asked.map, asked.pixel)
    target = _is(now, asked.target, asked.map)
    before = None
    if asked.last_year is not None:
        values, there, other = files.read_map(asked.last_year, asked.pixel)
        if values.shape != now.shape or other != grid:
            raise BadDesign(
                f"{asked.last_year} is not on the grid of {asked.map}. Bring them to one grid first."
            )
        before, inside = _is(values, asked.target, asked.last_year), inside & there
    size = (abs(grid.dy), abs(grid.dx))
    area = size[0] * size[1] / HECTARE
    made = strata_map(target, inside, asked.buffer, size, area, "ha", before)
    digest = sha256(b"".join(p.read_bytes() for p in (asked.map, asked.last_year) if p)).hexdigest()
    return _Frame(made.strata, files.expected(asked.expected, made.names), None, made, grid, digest)


def _is(values: np.ndarray, target: str, path: Path) -> np.ndarray:
    try:
        return np.asarray(values == float(target))
    except ValueError:
        raise BadRequest(
            f"--target {target!r} is no number; classes of {path} are numbers. A map of vereda classify predict numbers them "
            "from 0 in the order of its strata.csv."
        ) from None


# Points -------------------------------------------------------------------------------------------------------


def _allocated(frame: _Frame, asked: Asked) -> Counts:
    ways = [w for w in (asked.points, asked.half_width, asked.budget) if w is not None]
    if len(ways) != 1:
        raise BadRequest(
            "Say how many points in one way: --points N, --half-width 0.1, or --budget with --cost."
        )
    w, p, rule = frame.strata.weight, frame.expected, asked.rule
    if asked.half_width is not None:
        return allocation.needed(w, p, asked.half_width, rule, asked.minimum, asked.power, frame.strata.units)  # type: ignore[arg-type]
    total = asked.points if asked.points is not None else _affordable(asked)
    return _allocate(frame, total, asked)


def _allocate(frame: _Frame, total: int, asked: Asked) -> Counts:
    return allocation.allocate(
        frame.strata.weight, frame.expected, total, asked.rule, asked.minimum, asked.power, frame.strata.units  # type: ignore[arg-type]
    )  # fmt: skip


def _affordable(asked: Asked) -> int:
    if asked.cost is None or asked.budget is None or asked.cost <= 0:
        raise BadRequest("A budget needs --cost, of one point seen by all interpreters, above zero.")
    return int(asked.budget // asked.cost)


def _strata(frame: _Frame, found: allocation.Plan) -> list[dict[str, Any]]:
    columns = (
        frame.strata.names, frame.strata.area.tolist(), frame.strata.weight.tolist(), found.expected.tolist(), found.n.tolist(),
        found.no_hit.tolist(), found.part.tolist(),
    )  # fmt: skip
    names = ("stratum", "area", "weight", "expected", "points", "no_hit", "part")
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _there(frame: _Frame, total: int) -> bool:
    """Whether the map has so many pixels."""
    return frame.strata.units is None or total <= frame.strata.units.sum()


def _worth(frame: _Frame, now: int, more: int, asked: Asked) -> dict[str, Any]:
    found = allocation.plan(frame.strata.weight, frame.expected, _allocate(frame, now + more, asked))
    return {
        "more": more,
        "half_width": allocation.HALF * found.se * frame.strata.total,
        "relative": found.relative,
    }


def _written(frame: _Frame, n: Counts, asked: Asked) -> dict[str, str]:
    """Files of the survey by name; a table of strata alone where there is no map to draw points from."""
    if asked.out is None:
        if asked.interpreters or asked.classes:
            raise BadRequest(
                "--interpreters and --classes are about files: say where they go with --out FOLDER."
            )
        return {}
    strata = frame.strata
    rows = zip(
        strata.names, np.round(strata.area, 6).tolist(), frame.expected.tolist(), n.tolist(), strict=True
    )
    made = {"strata.csv": drawing.table(("stratum", "area", "expected", "points"), list(rows))}
    if frame.map is None or frame.grid is None:
        if asked.interpreters:
            raise BadRequest(
                "Forms need points, and points need a map: give --map instead of a table of strata."
            )
        return made
    points = drawing.draw(frame.map, n, asked.seed)
    x, y = points.at(frame.grid)
    made["key.csv"] = drawing.key(points, frame.map)
    places = zip(points.id.tolist(), x.tolist(), y.tolist(), strict=True)
    made["points.csv"] = drawing.table(("sample_id", "x", "y"), list(places))
    if asked.interpreters:
        for name, form in drawing.forms(points, frame.grid, asked.interpreters, asked.seed).items():
            made[f"form-{name}.csv"] = form
    if asked.classes and strata.units is not None:
        order = np.random.default_rng([asked.seed, 999]).permutation(points.id).tolist()
        made["acatama.yml"] = acatama.write(
            strata.names,
            strata.units.astype(np.int64),
            n,
            frame.expected,
            asked.classes,
            "points.csv",
            order,
            asked.seed,
        )
    if (np.abs(x) <= 180).all() and (np.abs(y) <= 90).all():
        made["collect-earth.csv"] = collect_earth.plots(points, x, y)
    return made
