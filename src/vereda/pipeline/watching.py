"""`vereda scenes breaks`: a stable history of a cube, what broke after it, by cell and week, and how much of it may be false."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.imagery import alerts, breaks, runlength
from vereda.imagery.cells import LEAST
from vereda.imagery.features import INDICES, YEAR, index
from vereda.measurement.area import drawing
from vereda.pipeline.change_shown import broken, counted
from vereda.pipeline.change_words import Voice
from vereda.pipeline.imagery_words import Language
from vereda.pipeline.measuring_area import plain
from vereda.pipeline.reply import Reply
from vereda.store import cubes, write_files

METRES = 0.5  # a pixel smaller than this is in degrees
SAMPLE, OF_BLOCK = 4000, 500  # pixels whose gaps are simulated, in all and of one block
DRAWN = 8_000  # pixels of simulated land
TRIED = 0.75  # of the dates of the history: the rest tries the limits on real land
KINDS = ("cusum fall", "cusum rise", "ewma fall", "ewma rise")
SHIFTS = (1.0, 2.0, 3.0)  # standard deviations


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda scenes breaks` was asked; names as its options."""

    cube: Path
    band: str
    history: str
    monitor: str
    out: Path
    false_alarms: float = 0.05
    waves: int = 2
    slack: float = 0.5
    weight: float = 0.1
    cell: float = LEAST
    seed: int = 0
    lang: Language = "en"


@dataclass(frozen=True, slots=True)
class Scene:
    """A cube with its steps: history, then monitoring; days of them together."""

    cube: cubes.Cube
    band: str
    steps: tuple[int, ...]
    before: int
    days: NDArray[np.datetime64]

    @property
    def years(self) -> float:
        """How long is watched: dates after the history, at their usual distance."""
        return (len(self.days) - self.before) * self.distance / YEAR

    @property
    def distance(self) -> float:
        """Days from one date to the next, the middle one."""
        return float(np.median(np.diff(self.days).astype(float)))

    def series(self, block: tuple[int, int]) -> NDArray[np.float32]:
        """(n, t) of one block, rows after rows."""
        values = self.cube.read(block)[list(self.steps)]
        bands = list(self.cube.told["bands"])
        if self.band in bands:
            chosen = values[:, bands.index(self.band)]
        else:
            chosen = index(self.band, bands, values.transpose(2, 3, 0, 1)).transpose(2, 0, 1)
        return np.ascontiguousarray(chosen.reshape(len(self.steps), -1).T)


def run(asked: Asked) -> Reply:
    """Breaks by cell and week into breaks.csv, and what has to be said of them."""
    if not 0 < asked.false_alarms < 10:
        raise BadRequest("--false-alarms is how many a pixel may raise in a year: above 0, as 0.05.")
    if asked.cell < LEAST:
        raise BadRequest(f"Cells of {asked.cell:g} m are too small to be shown: {LEAST:g} m is the least.")
    scene, say = _scene(asked), Voice(asked.lang)
    told = of_scene(scene, _grid(scene.cube, asked.cell), asked)
    rows = [[r.week, r.cell, *r.kind.split(), *counted(r, say)] for r in told.pop("rows")]
    head = ("week", "cell", "detector", "direction", "pixels", "hectares")
    write_files(asked.out, {"breaks.csv": drawing.table(head, rows)})
    told |= {"file": str(asked.out / "breaks.csv"), "rows": len(rows)}
    return Reply(tuple(broken(told, say)), plain(told))


def of_scene(scene: Scene, grid: alerts.Grid, asked: Asked) -> dict[str, Any]:
    """The same as JSON; `rows` are of breaks.csv. One block in memory at a time."""
    seen, lag1, states = _sampled(scene, asked)
    if not len(seen):
        named = ", ".join(f"{n} {breaks.STATES[s]}" for s, n in enumerate(states) if n)
        raise BadDesign(
            f"Not one pixel of {scene.cube.path} can be watched: {named}. A history needs {_least(asked.waves)} clear looks or "
            "more in all parts of the year, without a break of its own. Take another history, or fewer --waves."
        )
    many = np.tile(seen, (-(-DRAWN // len(seen)), 1))
    looks_year = float(seen[:, scene.before :].sum(axis=1).mean() / scene.years)
    looks = looks_year / asked.false_alarms
    table = breaks.chart(looks, asked.waves, asked.slack, asked.weight)
    quiet = breaks.simulated(table, many, scene.before, scene.days, 0.0, asked.seed)
    memory = breaks.memory(lag1, table, many, scene.before, scene.days, asked.seed)
    held = breaks.simulated(table, many, scene.before, scene.days, memory, asked.seed)
    made = breaks.calibrated(table, looks, many, scene.before, scene.days, memory, asked.seed)
    check = breaks.simulated(made, many, scene.before, scene.days, memory, asked.seed + 1000)
    tally = _watched(scene, grid, made)
    day, simulated = YEAR / looks_year, float(many[:, scene.before :].sum())
    return {
        "cube": cubes.digest(scene.cube), "band": asked.band, "version": __version__, "seed": asked.seed,
        "history": [str(scene.days[0]), str(scene.days[scene.before - 1])],
        "monitor": [str(scene.days[scene.before]), str(scene.days[-1])],
        "states": dict(zip(breaks.STATES, tally.states.tolist(), strict=True)),
        "looks_a_year": looks_year, "looks_in_history": float(seen[:, : scene.before].sum(axis=1).mean()), "days_a_look": day,
        "false_alarms": asked.false_alarms, "looks_a_false_alarm": looks, "tried_from": str(scene.days[int(TRIED * scene.before)]), "slack": made.slack, "weight": made.weight,
        "waves": made.waves, "lag1": lag1, "lag1_of_noise": quiet.lag1, "memory": memory,
        "detectors": {
            name: {
                "limit": limit, "limit_of_tables": of_tables, "falls": tally.weeks.pixels(2 * i), "rises": tally.weeks.pixels(2 * i + 1),
                "more_than_expected": [bool(n > _most(rate * tally.looks[i] / 2, rate * simulated)) for n in tally.alarms[i]],
                "expected_false": rate * tally.looks[i], "false_alarms_simulated": rate * looks_year,
                "false_alarms_by_tables": rate_of_tables * looks_year, "false_alarms_tried": tally.tried(i, looks_year),
                "looks_until_found": list(later), "days_until_found": [n * day for n in later],
            }
            for i, (name, limit, of_tables, rate, rate_of_tables, later) in enumerate((
                ("cusum", made.h, table.h, check.cusum, held.cusum, [runlength.cusum(made.slack, made.h, s) for s in SHIFTS]),
                ("ewma", made.width, table.width, check.ewma, held.ewma, [runlength.ewma(made.weight, made.width, s) for s in SHIFTS]),
            ))
        },
        "lag_days": tally.lag(), "cell": grid.side, "few": alerts.FEW, "rows": tally.weeks.rows(KINDS),
    }  # fmt: skip


def _most(expected: float, drawn: float) -> float:
    """So many by chance in 39 of 40 draws, if pixels were independent, where the rate itself is known from `drawn` alarms."""
    return float(expected + 2 * np.sqrt(expected + expected**2 / max(drawn, 1.0)))


@dataclass(slots=True)
class Tally:
    """Over blocks. states: pixels; alarms (2, 2): of CUSUM and EWMA, falls and rises; looks: clear looks watched until then;
    late: days from CUSUM's leaving zero to its alarm; trial (2, 2): alarms and looks of both, within the history."""

    weeks: alerts.Weeks
    states: NDArray[np.int64]
    alarms: NDArray[np.int64]
    looks: NDArray[np.int64]
    late: list[NDArray[np.int64]] = field(default_factory=list)
    trial: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 2), dtype=np.int64))

    def tried(self, i: int, looks_year: float) -> float | None:
        """Alarms of a pixel and year in the last part of the history, fitted to what came before."""
        alarms, looks = self.trial[i].tolist()
        return alarms / looks * looks_year if looks else None

    def lag(self) -> dict[str, float] | None:
        """Middle and ninth tenth; None for fewer than FEW alarms."""
        late = np.concatenate([*self.late, np.empty(0, dtype=np.int64)])
        if len(late) < alerts.FEW:
            return None
        return {"half": float(np.median(late)), "nine_tenths": float(np.quantile(late, 0.9))}


def _watched(scene: Scene, grid: alerts.Grid, made: breaks.Chart) -> Tally:
    none = np.zeros(len(breaks.STATES), dtype=np.int64)
    tally = Tally(alerts.Weeks(grid, len(KINDS)), none, np.zeros((2, 2), dtype=np.int64), none[:2].copy())
    after = scene.days[scene.before :]
    cut = int(TRIED * scene.before)
    for block in scene.cube.blocks():
        x = scene.series(block)
        found = breaks.watch(x[:, : scene.before], x[:, scene.before :], scene.days, made)
        earlier = breaks.watch(x[:, :cut], x[:, cut : scene.before], scene.days[: scene.before], made)
        top, _, left, right = cubes.edges(scene.cube.told, block)
        tally.states += np.bincount(found.state, minlength=len(breaks.STATES))
        for i, alarm in enumerate((found.cusum, found.ewma)):
            at = np.flatnonzero(found.watched & (alarm[:, 0] >= 0))
            row, column = np.divmod(at, right - left)
            tally.weeks.add(row + top, column + left, after[alarm[at, 0]], 2 * i + (alarm[at, 2] > 0))
            tally.alarms[i] += np.bincount((alarm[at, 2] > 0).astype(int), minlength=2)
            tally.looks[i] += breaks.looks_watched(found, alarm)
        for i, alarm in enumerate((earlier.cusum, earlier.ewma)):
            tally.trial[i] += (alarm[earlier.watched, 0] >= 0).sum(), breaks.looks_watched(earlier, alarm)
        alarmed = found.watched & (found.cusum[:, 0] >= 0)
        late = after[found.cusum[alarmed, 0]] - after[found.since[alarmed]]
        tally.late.append(late.astype(np.int64))
    return tally


def _sampled(scene: Scene, asked: Asked) -> tuple[NDArray[np.bool_], float, NDArray[np.int64]]:
    """Gaps (m, t) of pixels that can be watched, the middle autocorrelation of their histories, and how many pixels were
    in which state: blocks from all over the cube, until there are enough."""
    blocks = scene.cube.blocks()
    order = [b for start in range(8) for b in blocks[start::8]]
    rough = breaks.Chart(5.0, 3.0, asked.waves, asked.slack, asked.weight)
    gaps, lag1, states = [], [], np.zeros(len(breaks.STATES), dtype=np.int64)
    for block in order:
        x = scene.series(block)
        found = breaks.watch(x[:, : scene.before], x[:, scene.before :], scene.days, rough)
        states += np.bincount(found.state, minlength=len(breaks.STATES))
        at = np.flatnonzero(found.watched)
        some = at[:: max(1, -(-len(at) // OF_BLOCK))]
        gaps.append(np.isfinite(x[some]))
        lag1.append(found.lag1[at])
        if sum(map(len, gaps)) >= SAMPLE:
            break
    known = np.concatenate(lag1)
    return np.concatenate(gaps), float(np.median(known)) if len(known) else np.nan, states


# Options ---------------------------------------------------------------------------------------------------------


def _scene(asked: Asked) -> Scene:
    cube = cubes.opened(asked.cube)
    bands, dates = list(cube.told["bands"]), list(cube.told["dates"])
    if asked.band not in bands and asked.band not in INDICES:
        raise BadRequest(
            f"{cube.path} has no band {asked.band!r}. It has: {', '.join(bands)}; or an index: {', '.join(INDICES)}."
        )
    if asked.band not in bands:
        index(asked.band, bands, np.zeros((1, 1, len(bands)), dtype=np.float32))  # says which bands it lacks
    (h0, h1), (m0, m1) = _span(asked.history, "--history"), _span(asked.monitor, "--monitor")
    if not h1 < m0:
        raise BadRequest(
            f"The history ends on {h1} and monitoring begins on {m0}: the history has to end before."
        )
    history = [i for i, d in enumerate(dates) if h0 <= d <= h1]
    monitor = [i for i, d in enumerate(dates) if m0 <= d <= m1]
    if not monitor:
        raise BadRequest(
            f"{cube.path} has no date in the monitoring period {m0} to {m1}; it has {dates[0]} to {dates[-1]}."
        )
    if len(history) < _least(asked.waves):
        raise BadDesign(
            f"{cube.path} has {len(history)} dates in the history {h0} to {h1}; a season of {asked.waves} waves needs "
            f"{_least(asked.waves)} clear looks or more. Take a longer history, or fewer --waves."
        )
    days = np.array([dates[i] for i in history + monitor], dtype="datetime64[D]")
    return Scene(cube, asked.band, tuple(history + monitor), len(history), days)


def _least(waves: int) -> int:
    return breaks.LOOKS * (2 * waves + 1)


def _span(text: str, option: str) -> tuple[str, str]:
    try:
        first, last = (date.fromisoformat(part).isoformat() for part in text.split(".."))
    except ValueError:
        raise BadRequest(f"{option} {text!r}: write two days, as 2016-01-01..2019-12-31.") from None
    if first > last:
        raise BadRequest(f"{option} {text!r} ends before it begins.")
    return first, last


def _grid(cube: cubes.Cube, side: float) -> alerts.Grid:
    _, width, _, _, _, height = cube.told["transform"]
    if abs(width) < METRES:
        raise BadDesign(
            f"{cube.path} is in degrees, and its pixels have no area. Build it with --crs in metres."
        )
    return alerts.metric_grid(cube.told["rows"], cube.told["columns"], abs(width), abs(height), side)
