"""How fast effects are estimated, beside the packages that answer the same question in the same run.

Nothing here passes or fails by the clock; answers are compared, because fast and wrong is not fast. Peers are the
extra `parity`, which `make bench` installs; those that are missing are left out and named.
VEREDA_BENCH_SCALE=0.05 makes everything twenty times smaller, to try it out.
"""

import importlib
import importlib.util
import io
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from vereda.evaluation import aggregate, event_study, imputation, inference, synthetic_control, synthetic_did
from vereda.evaluation.did import att_gt
from vereda.evaluation.panel import Panel, panel

SCALE = float(os.environ.get("VEREDA_BENCH_SCALE", "1"))
ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "cases" / "us-colombia"
VEREDA = (sys.executable, "-c", "from vereda.cli import main; main()")
PLACES, YEARS, BEFORE = max(int(1_122 * SCALE), 120), 24, 16  # municipalities; 2001-2024; to match on
DONORS = PLACES * 4 // 5  # 897 of 1,122: neither exposed nor neighbours of those that are
DRAWS = 1_000
LONG = max(int(5_000_000 * SCALE), 24_000)  # rows of the event study
GROWTH = [max(int(n * min(1, 4 * SCALE)), 300) for n in (1_122, 33_000, 1_100_000)]
LIMIT_GB, LIMIT_S = 12, 300  # of memory and time, for one step of growth
ESTIMATORS = ("did", "twfe", "sunab", "imputation", "scm", "ascm", "sdid", "mc", "ife")
BY_STATE = {"scm", "ascm", "sdid", "mc", "ife"}  # on Proposition 99; the others on mpdta


# ---- races: the same answer by us and by others -----------------------------------------------------------------


@dataclass(frozen=True)
class Peer:
    """Another way to the same answer. difference: between ours and theirs, relative; at most `tolerance`.

    ours: our way to just what this peer computes, where that is not the whole task.
    """

    name: str
    run: Callable[[], Any]
    difference: Callable[[Any, Any], float]
    tolerance: float
    rounds: int = 3
    ours: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Race:
    """A task, our way to do it, and the peers."""

    title: str
    aim: str
    ours: Callable[[], Any]
    peers: tuple[Peer, ...]


@dataclass(frozen=True)
class Lap:
    """Medians of seconds of one peer and of us, in turns, and how far the answers are apart."""

    peer: str
    ours: float
    theirs: float
    difference: float
    tolerance: float

    def __str__(self) -> str:
        ratio = self.theirs / self.ours
        return f"{self.peer:<46}{self.theirs:>10.4f}{self.ours:>10.4f}{ratio:>9.0f}x{self.difference:>12.1e}"


def lap(race: Race, peer: Peer) -> Lap:
    """Ours five times for each time of theirs, so that both meet the same machine."""
    ours, theirs = peer.ours or race.ours, []
    answer, seconds = ours(), []
    for _ in range(peer.rounds):
        found, took = timed(lambda: quiet(peer.run))
        theirs.append(took)
        seconds += [timed(ours)[1] for _ in range(5)]
    return Lap(peer.name, median(seconds), median(theirs), peer.difference(answer, found), peer.tolerance)


def timed(task: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = task()
    return found, time.perf_counter() - started


def quiet(task: Callable[[], Any]) -> Any:
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return task()


def present(*peers: Peer) -> tuple[Peer, ...]:
    """Those that are installed; a peer's name begins with that of its module."""
    return tuple(p for p in peers if importlib.util.find_spec(re.split("[ ,]", p.name)[0].replace("-", "_")))


def apart(ours: Any, theirs: Any) -> float:
    """Largest difference, over the largest of their values."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return float(np.abs(a - b).max() / np.abs(b).max())


def fixture(name: str) -> Panel:
    """A panel of the tests: mpdta or prop99, from the packages that ship them."""
    spec = importlib.util.spec_from_file_location("panels", ROOT / "tests" / "evaluation" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Panel = getattr(module, name).__wrapped__()
    return found


def peer_module(name: str) -> Any:
    return importlib.import_module(name)


# ---- placebos of synthetic control ------------------------------------------------------------------------------


@cache
def outcomes() -> np.ndarray:
    """(PLACES, YEARS): a level, three factors and noise, all of the same order."""
    rng = np.random.default_rng(7)
    level, loading = 2 * rng.normal(size=(PLACES, 1)), rng.normal(size=(PLACES, 3))
    return np.asarray(level + loading @ rng.normal(size=(3, YEARS)) + rng.normal(size=(PLACES, YEARS)))


PRE = np.arange(YEARS) < BEFORE


def every_place() -> synthetic_control.Placebos:
    """All places in turn, each from the donors."""
    return synthetic_control.placebos(outcomes(), PRE, np.arange(PLACES) >= PLACES - DONORS)


def among(count: int, others_only: bool) -> synthetic_control.Placebos:
    """The last `count` places in turn from each other; others_only: the first of them gives to none."""
    donors = np.ones(count, dtype=bool)
    donors[0] = not others_only
    return synthetic_control.placebos(outcomes()[-count:], PRE, donors)


def nnls_loop() -> np.ndarray:
    """Gaps by the solver everybody has, exactly: w >= 0 nearest to 0 in (B - a 1')w and to 1 in 1'w, then scaled."""
    from scipy.optimize import nnls

    y, gap = outcomes(), np.empty((PLACES, YEARS))
    for i in range(PLACES):
        pool = np.arange(PLACES) >= PLACES - DONORS
        pool[i] = False
        lifted = np.vstack([y[pool][:, PRE].T - y[i, PRE][:, None], np.ones(pool.sum())])
        w = nnls(lifted, np.append(np.zeros(BEFORE), 1.0))[0]
        gap[i] = y[i] - (w / w.sum()) @ y[pool]
    return gap


@cache
def donors_frame(count: int) -> Any:
    """The last `count` places as a long table, the first of them exposed from year 17 on."""
    import pandas as pd

    table = {"place": np.repeat(np.arange(count), YEARS), "year": np.tile(np.arange(2001, 2025), count)}
    frame = pd.DataFrame(table | {"y": outcomes()[-count:].ravel()})
    frame["on"] = ((frame["place"] == 0) & (frame["year"] >= 2001 + BEFORE)).astype(int)
    return frame


def diff_diff_in_space() -> np.ndarray:
    before = list(range(2001, 2001 + BEFORE))
    peer = peer_module("diff_diff").SyntheticControl(
        v_method="custom", custom_v=np.ones(BEFORE), standardize="none"
    )
    fitted = peer.fit(
        donors_frame(DONORS), outcome="y", treatment="on", unit="place", time="year", pre_period_outcomes=before,
        post_periods=list(range(2001 + BEFORE, 2025)),
    )  # fmt: skip
    table = fitted.in_space_placebo().set_index("unit")
    return np.array([table.loc[i, "rmspe_ratio"] for i in range(DONORS)])


SOME = min(201, DONORS)  # mlsynth takes minutes for all


def mlsynth_in_space() -> list[float]:
    asked = {"df": donors_frame(SOME), "outcome": "y", "treat": "on", "unitid": "place", "time": "year"}
    asked |= {"display_graphs": False, "backend": "outcome-only", "inference": "placebo"}
    found = peer_module("mlsynth").VanillaSC(asked).fit()
    return [found.effects.att, found.inference.p_value]


def mlsynth_like(found: synthetic_control.Placebos) -> list[float]:
    ratio = found.ratio
    return [float(found.att[0]), float((ratio >= ratio[0]).mean())]


def by_gap(ours: synthetic_control.Placebos, gap: np.ndarray) -> float:
    """Fit before exposure of all places; every gap of those whose weights are the only best ones."""
    fit = np.sqrt((gap[:, PRE] ** 2).mean(axis=1))
    return max(apart(ours.rmspe[:, 0], fit), apart(ours.gap[ours.unique], gap[ours.unique]))


def placebo_race() -> Race:
    return Race(
        f"{PLACES:,} synthetic controls from {DONORS} donors, {BEFORE} years before, every optimum proved",
        "< 0.05 s, >= 50x the best exact peer",
        every_place,
        present(
            Peer("scipy nnls in a loop, no proof", nnls_loop, by_gap, 1e-9),
            Peer(
                f"diff-diff in_space_placebo, {DONORS} from each other",
                diff_diff_in_space,
                lambda ours, theirs: apart(ours.ratio[ours.unique], theirs[ours.unique]),
                1e-9,
                rounds=1,
                ours=lambda: among(DONORS, others_only=False),
            ),
            Peer(
                f"mlsynth VanillaSC placebo, {SOME} only",
                mlsynth_in_space,
                lambda ours, theirs: apart(mlsynth_like(ours), theirs),
                1e-6,
                rounds=1,
                ours=lambda: among(SOME, others_only=True),
            ),
        ),
    )


# ---- synthetic difference-in-differences ------------------------------------------------------------------------


@cache
def california() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    one = fixture("prop99")
    return one.outcome("packs"), np.array(one.places) == "California", one.years < 1989


REPEATS = 200


def sdid(path: str) -> list[float]:
    """Effect, and its standard error from 200 placebos."""
    fitted = synthetic_did.fit(*california(), path=path)
    return [fitted.att, float(synthetic_did.placebo(fitted, REPEATS, 1).se or np.nan)]


def diff_diff_sdid() -> list[float]:
    import pandas as pd

    y, exposed, _ = california()
    table = {"place": np.repeat(np.arange(39), 31), "year": np.tile(np.arange(1970, 2001), 39)}
    frame = pd.DataFrame(table | {"y": y.ravel(), "ever": np.repeat(exposed, 31).astype(int)})
    peer = peer_module("diff_diff").SyntheticDiD(variance_method="placebo", n_bootstrap=REPEATS, seed=1)
    found = peer.fit(frame, "y", "ever", "place", "year", post_periods=list(range(1989, 2001)))
    return [found.att, found.se]


def synthdid_sdid() -> list[float]:
    y, exposed, before = california()
    found = peer_module("synthdid").synthdid_estimate(
        np.vstack([y[~exposed], y[exposed]]), 38, int(before.sum())
    )
    return [float(found), float(found.se(method="placebo", replications=REPEATS, random_state=1))]


def sdid_race() -> Race:
    """Peers stop where the R package stops; so does our path="R", which must agree. The exact optimum is what is timed."""

    def as_r(exact: list[float], theirs: list[float]) -> float:
        assert exact[0] == pytest.approx(
            -15.605398, abs=5e-7
        )  # METHODS: the optimum of the published problem
        return apart(sdid("R"), theirs)

    return Race(
        "Synthetic difference-in-differences, Proposition 99, 200 placebos, exact",
        "< 10 ms, >= 50x",
        lambda: sdid("exact"),
        present(
            Peer("diff-diff SyntheticDiD", diff_diff_sdid, as_r, 1e-6),
            Peer("synthdid (synthdid-py)", synthdid_sdid, as_r, 1e-6, rounds=1),
            Peer("diff-diff, against our R path", diff_diff_sdid, apart, 1e-6, ours=lambda: sdid("R")),
        ),
    )


# ---- cohorts and years ------------------------------------------------------------------------------------------


@cache
def cohorts(many: int, covariates: int = 3, places: int = PLACES) -> Panel:
    """`many` outcomes; three cohorts of a tenth of the places each; covariates that move outcomes and exposure."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(places, 3))
    chance = 0.1 * np.exp(0.3 * x[:, 0])
    lot = rng.random(places)
    first = np.select([lot < chance, lot < 2 * chance, lot < 3 * chance], [2008.0, 2014, 2018], np.inf)
    years = np.arange(2001.0, 2025)
    trend = 0.02 * x[:, :1] * (years - 2001) + 0.2 * (first[:, None] <= years)
    y = {f"y{j}": rng.normal(size=(places, YEARS)) + trend for j in range(many)}
    names = [f"p{i}" for i in range(places)]
    return panel(names, years, y, first, {f"x{k}": x[:, k] for k in range(covariates)})


def joint(one: Panel, draws: int = DRAWS) -> inference.Drawn:
    """Doubly robust, all four aggregations, joint draws, one band over everything, Romano-Wolf over everything."""
    effects = att_gt(one)
    ways = {"simple": aggregate.simple, "dynamic": aggregate.dynamic}
    ways |= {"group": aggregate.group, "calendar": aggregate.calendar}
    family = aggregate.together({name: how(effects) for name, how in ways.items()})
    drawn = inference.bootstrap(family, one.cluster, inference.signs(len(one.places), draws, seed=1))
    inference.uniform_band(drawn, over="everything")
    inference.romano_wolf(drawn.t, drawn.draws)
    return drawn


def by_event(found: inference.Drawn) -> np.ndarray:
    """(event times, m) effects by event time."""
    rows = [i for i, name in enumerate(found.label) if name.startswith("dynamic: e=")]
    return found.value[rows]


@cache
def cohorts_frame(many: int, covariates: int, outcome: int) -> Any:
    import pandas as pd

    one = cohorts(many, covariates)
    first = np.where(np.isinf(one.first), 0, one.first).astype(int)
    table = {"place": np.repeat(np.arange(PLACES), YEARS), "year": np.tile(one.years.astype(int), PLACES)}
    table |= {"y": one.y[:, :, outcome].ravel(), "g": np.repeat(first, YEARS)}
    return pd.DataFrame(table | {f"x{k}": np.repeat(one.covariates[:, k], YEARS) for k in range(covariates)})


def diff_diff_cohorts(many: int, covariates: int) -> np.ndarray:
    """One outcome after the other: it has no joint draws."""
    found = []
    for j in range(many):
        peer = peer_module("diff_diff").CallawaySantAnna(
            estimation_method="dr", n_bootstrap=DRAWS, seed=1, control_group="never_treated", pscore_trim=1e-9
        )
        fitted = peer.fit(
            cohorts_frame(many, covariates, j), outcome="y", unit="place", time="year", first_treat="g",
            covariates=[f"x{k}" for k in range(covariates)] or None, aggregate="all",
        )  # fmt: skip
        effects = fitted.event_study_effects
        found.append([effects[e]["effect"] for e in sorted(effects)])
    return np.array(found).T


def csdid_cohorts(many: int, covariates: int) -> np.ndarray:
    found, formula = [], "y ~ " + (" + ".join(f"x{k}" for k in range(covariates)) or "1")
    for j in range(many):
        asked = peer_module("csdid.att_gt").ATTgt(
            yname="y", tname="year", idname="place", gname="g", data=cohorts_frame(many, covariates, j),
            xformla=formula, control_group=["nevertreated"], biters=DRAWS,
        )  # fmt: skip
        fitted = asked.fit(est_method="dr", base_period="varying", bstrap=True)
        for how in ("simple", "group", "calendar"):
            fitted.aggte(typec=how, bstrap=True, cband=True)
        dynamic = fitted.aggte(typec="dynamic", bstrap=True, cband=True).atte
        found.append(np.asarray(dynamic["att_egt"], dtype=float))
    return np.array(found).T


def cohort_race(title: str, aim: str, many: int, covariates: int, rounds: int) -> Race:
    """csdid must agree. diff-diff divides the controls' residuals by the number of exposed places, not by the weights'
    sum as R DRDID, csdid and we do (Sant'Anna & Zhao 2020): the same in the limit, a thousandth apart here."""

    def difference(ours: inference.Drawn, theirs: np.ndarray) -> float:
        return apart(by_event(ours), theirs)

    times, near = (f", {many} times" if many > 1 else ""), (1e-2 if covariates else 1e-9)
    peers = present(
        Peer(f"diff-diff{times}", lambda: diff_diff_cohorts(many, covariates), difference, near, rounds),
        Peer(f"csdid{times}", lambda: csdid_cohorts(many, covariates), difference, 1e-9, rounds),
    )
    return Race(title, aim, lambda: joint(cohorts(many, covariates)), peers)


def robust_race() -> Race:
    title = f"Doubly robust, {PLACES:,} x {YEARS}, 3 covariates, {DRAWS:,} draws, all aggregations"
    return cohort_race(title, ">= 10x diff-diff", 1, 3, rounds=3)


def plain_race() -> Race:
    title = f"The same without covariates, {PLACES:,} x {YEARS}, {DRAWS:,} draws, all aggregations"
    return cohort_race(title, "none: drawing is all there is to do", 1, 0, rounds=3)


def many_race() -> Race:
    title = f"20 outcomes x 3 covariates x {DRAWS:,} joint draws, all aggregations, one family"
    return cohort_race(title, "< 0.15 s, >= 25x", 20, 3, rounds=1)


RACES = {
    "placebos": placebo_race,
    "sdid": sdid_race,
    "robust": robust_race,
    "plain": plain_race,
    "many": many_race,
}


# ---- in a process of its own: time and peak memory --------------------------------------------------------------


def apart_from_here(*task: object, limit: int = LIMIT_S, **environment: str) -> dict[str, Any]:
    """A task of this file in a new process; "failed" says what it ran out of, time or memory."""
    command = [sys.executable, __file__, *map(str, task)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | environment, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done in {limit} s"}
    if done.returncode:
        if done.returncode == -9 or "MemoryError" in done.stderr:
            return {"failed": f"does not fit in {LIMIT_GB} GB"}
        raise RuntimeError(f"{task}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def memory(name: str) -> float:
    """VmRSS or VmHWM (its peak) of this process, MB; unlike ru_maxrss, not inherited from who started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def measured(task: Callable[[], Any], rounds: int) -> dict[str, Any]:
    """Median seconds of a task, what the process held before it, and the most it held, MB."""
    forget_peak()
    held = memory("VmRSS")
    laps = [timed(task) for _ in range(rounds)]
    return {"seconds": median(took for _, took in laps), "held": held, "peak": memory("VmHWM"), "load": os.getloadavg()[0]}  # fmt: skip


def long_table(rows: int, order: str) -> dict[str, np.ndarray]:
    """rows / 24 places, a quarter of them never exposed; by place and year, or in any order."""
    rng, count = np.random.default_rng(7), rows // YEARS
    level, first = rng.normal(size=count), rng.choice([2008.0, 2014, 2018, np.inf], size=count)
    table = {"place": np.repeat(np.arange(count), YEARS), "year": np.tile(np.arange(2001, 2025), count)}
    table |= {"first": np.repeat(first, YEARS), "y": np.repeat(level, YEARS)}
    table["y"] += rng.normal(size=count * YEARS)
    if order == "shuffled":
        mixed = rng.permutation(count * YEARS)
        table = {name: column[mixed] for name, column in table.items()}
    return table


def long_ours(rows: int, order: str) -> dict[str, Any]:
    table = long_table(rows, order)
    small = {name: column[: YEARS * 1_000] for name, column in long_table(YEARS * 1_000, "sorted").items()}

    def once(t: dict[str, np.ndarray]) -> event_study.LongEventStudy:
        return event_study.twfe_long(t["place"], t["year"], t["y"], t["first"])

    once(small)  # loads the kernels
    found = measured(lambda: once(table), 5)
    study = once(table)
    keys = [int(k) for k in study.event_time]
    return found | {"value": dict(zip(keys, study.value, strict=True)), "se": dict(zip(keys, study.se(), strict=True))}  # fmt: skip


def long_pyfixest(rows: int, order: str) -> dict[str, Any]:
    import pandas as pd

    def frame(count: int) -> Any:
        table = long_table(count, order)
        ever = np.isfinite(table["first"])
        since = np.where(ever, table["year"] - np.where(ever, table["first"], 0), -1).astype(int)
        return pd.DataFrame({name: table[name] for name in ("place", "year", "y")} | {"since": since})

    pf = peer_module("pyfixest")

    def once(data: Any) -> Any:
        formula = "y ~ i(since, ref=-1) | place + year"
        return pf.feols(formula, data, vcov={"CRV1": "place"}, ssc=pf.ssc(k_fixef="nonnested"))

    once(frame(24_000))
    table, kept = frame(rows), []
    found = measured(lambda: kept.append(once(table)), 1)
    names = [int(float(re.search(r"::(-?[\d.]+)", n)[1])) for n in kept[0].coef().index]  # type: ignore[index]
    value, se = kept[0].coef().to_numpy(), kept[0].se().to_numpy()
    return found | {"value": dict(zip(names, value, strict=True)), "se": dict(zip(names, se, strict=True))}


def long_rows_for_pyfixest() -> int:
    """All rows where 16 GB are free, a fifth otherwise: it needs 7 to 12 GB for five million."""
    free = int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20  # type: ignore[index]
    return LONG if free > 16 or LONG < 2_000_000 else LONG // 5


def long_apart(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    keys = sorted(theirs["value"], key=int)
    assert set(keys) == set(ours["value"])
    return max(apart([ours[w][k] for k in keys], [theirs[w][k] for k in keys]) for w in ("value", "se"))


def grown(task: str, places: int) -> dict[str, Any]:
    """One step of growth: a task over `places` places and 24 years, within LIMIT_GB."""
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_GB << 30, LIMIT_GB << 30))
    one = cohorts(1, 3 if task == "did, 3 covariates" else 0, places)
    small = cohorts(1, 3 if task == "did, 3 covariates" else 0, 300)
    sample = np.linspace(0, places - 1, min(places, {True: places, False: 20}[places < 10_000])).astype(int)

    def bootstrap(p: Panel) -> Any:
        family = aggregate.dynamic(att_gt(p))
        drawn = inference.bootstrap(family, p.cluster, inference.signs(len(p.places), DRAWS, seed=1))
        return inference.uniform_band(drawn)

    def placebos(p: Panel, rows: np.ndarray) -> Any:
        return synthetic_control.placebos(p.y[:, :, 0], PRE, np.isinf(p.first), rows)

    tasks: dict[str, Callable[[Panel], Any]] = {
        "did": lambda p: aggregate.dynamic(att_gt(p)),
        "did, 3 covariates": lambda p: aggregate.dynamic(att_gt(p)),
        f"did and {DRAWS:,} draws": bootstrap,
        "imputation": imputation.impute,
        "twfe": event_study.twfe,
        "synthetic control, a place": lambda p: placebos(p, sample if p is one else np.arange(20)),
    }
    tasks[task](small)  # loads the kernels
    found = measured(lambda: tasks[task](one), 3 if places < 100_000 else 1)
    if task.endswith("a place"):
        found["seconds"] /= len(sample)
    return found | {"outcome": one.y.nbytes / 2**20}


GROWING = ("did", "did, 3 covariates", f"did and {DRAWS:,} draws", "imputation", "twfe", "synthetic control, a place")  # fmt: skip


# ---- the case, and the first estimate ---------------------------------------------------------------------------


def plans() -> dict[str, Any]:
    """Every plan whose data the case holds: all specifications and placebos; seconds by plan."""
    from vereda.pipeline import path
    from vereda.pipeline.evaluating import evaluate
    from vereda.pipeline.panels import Values
    from vereda.store import Store

    study, told = path.Study(CASE), {}
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        path._ingest(study, store)
        desk = path._desk(study, store, study.register.case.as_of)
        values = Values(desk, desk.municipalities())
        for plan in study.register.plans:
            (found, _), took = timed(
                lambda plan=plan: evaluate(plan, desk, values, study.neighbours, time.perf_counter)
            )
            if not found.waiting:
                told[plan.id] = {"seconds": took, "estimates": sum(len(o.effects) for o in found.outcomes)}
    return {"plans": told, "peak": memory("VmHWM"), "load": os.getloadavg()[0]}


def whole_case(folder: Path, compiled: bool) -> dict[str, float]:
    """`vereda run` into an empty workspace, and once more; with compiled kernels at hand or none."""
    environment = {} if compiled else {"NUMBA_CACHE_DIR": str(folder / "numba")}
    run = [*VEREDA, "run", str(CASE), "--build", str(folder / "build")]

    def seconds() -> tuple[float, str]:
        done, took = timed(
            lambda: subprocess.run(
                run, capture_output=True, text=True, check=True, env=os.environ | environment
            )
        )
        return took, done.stdout

    (cold, _), (again, said) = seconds(), seconds()
    if "Nothing changed" not in said:  # somebody edits the code while we measure
        again, said = seconds()
    assert "Nothing changed" in said
    return {"cold": cold, "unchanged": again, "load": os.getloadavg()[0]}


def first_estimate(folder: Path, estimator: str) -> dict[str, float]:
    """`vereda estimate` with nothing compiled, then as it is from then on; median of three."""
    states = estimator in BY_STATE
    one = fixture("prop99" if states else "mpdta")
    file = folder / "panel.csv"
    if not file.exists():
        rows = ["place,year,y,since"]
        for i, place in enumerate(one.places):
            since = "" if np.isinf(one.first[i]) else f"{one.first[i]:.0f}"
            rows += [f"{place},{t:.0f},{v!r},{since}" for t, v in zip(one.years, map(float, one.y[i, :, 0]), strict=True)]  # fmt: skip
        file.write_text("\n".join(rows) + "\n")
    command = [*VEREDA, "estimate", str(file), "--place", "place", "--year", "year"]
    command += ["--outcome", "y", "--exposed-from", "since", "--estimator", estimator, "--json"]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "numba")}

    def seconds() -> tuple[float, float]:
        done, took = timed(
            lambda: subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        )
        return took, json.loads(done.stdout)["att"]

    cold, att = seconds()
    warm = [seconds() for _ in range(3)]
    assert {value for _, value in warm} == {att}  # compiled now or before: the same number
    return {"cold": cold, "warm": median(took for took, _ in warm), "load": os.getloadavg()[0]}


# ---- as tests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RACES)
def test_race(benchmark: Any, name: str) -> None:
    race = RACES[name]()
    benchmark.group = race.title
    benchmark(race.ours)
    laps = [lap(race, peer) for peer in race.peers]
    print(f"\n  {race.title} (aim: {race.aim}; load {os.getloadavg()[0]:.1f})")
    print("\n".join(f"    {one}" for one in laps))
    assert all(one.difference <= one.tolerance for one in laps)


@pytest.mark.benchmark(group="event study of five million rows")
@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_long_event_study(benchmark: Any, order: str) -> None:
    ours = benchmark.pedantic(apart_from_here, ["long_ours", LONG, order], rounds=1)
    print(f"\n  {LONG:,} rows, {order}: {ours['seconds']:.3f} s, peak {ours['peak']:.0f} MB, of which {ours['held']:.0f} the table")  # fmt: skip
    assert np.isfinite(list(ours["value"].values())).all()


@pytest.mark.benchmark(group="event study of five million rows")
def test_long_event_study_beside_pyfixest(benchmark: Any) -> None:
    pytest.importorskip("pyfixest")
    rows = long_rows_for_pyfixest()
    theirs = benchmark.pedantic(apart_from_here, ["long_pyfixest", rows, "sorted"], rounds=1)
    ours = apart_from_here("long_ours", rows, "sorted")
    print(f"\n  {rows:,} rows: pyfixest {theirs['seconds']:.1f} s, {theirs['peak']:.0f} MB; ours {ours['seconds']:.3f} s, {ours['peak']:.0f} MB; {theirs['seconds'] / ours['seconds']:.0f}x")  # fmt: skip
    assert long_apart(ours, theirs) < 1e-8


@pytest.mark.benchmark(group="the case")
def test_plans(benchmark: Any) -> None:
    found = benchmark.pedantic(apart_from_here, ["plans"], rounds=1)
    print("\n ", found)
    assert found["plans"]


@pytest.mark.benchmark(group="the case")
@pytest.mark.parametrize("compiled", [True, False])
def test_whole_case(benchmark: Any, tmp_path: Path, compiled: bool) -> None:
    print("\n ", benchmark.pedantic(whole_case, [tmp_path, compiled], rounds=1))


@pytest.mark.benchmark(group="first estimate")
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_first_estimate(benchmark: Any, tmp_path: Path, estimator: str) -> None:
    print(f"\n  {estimator}: {benchmark.pedantic(first_estimate, [tmp_path, estimator], rounds=1)}")


@pytest.mark.benchmark(group="growth")
@pytest.mark.parametrize("places", GROWTH)
@pytest.mark.parametrize("task", GROWING)
def test_growth(benchmark: Any, task: str, places: int) -> None:
    print(f"\n  {task}, {places:,} places: {benchmark.pedantic(apart_from_here, ['grown', task, places], rounds=1)}")  # fmt: skip


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    task = {"long_ours": long_ours, "long_pyfixest": long_pyfixest, "grown": grown, "plans": plans}[name]
    print(json.dumps(quiet(lambda: task(*(int(a) if a.isdigit() else a for a in arguments)))))  # type: ignore[operator]
