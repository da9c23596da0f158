"""How fast potential production is drawn and its variance divided.

Beside SALib driving the same NumPy model, and beside the time that memory alone takes to read every drawn value once and
to write every result once, on all cores. `PYTHONPATH=src python benchmarks/test_production_speed.py` prints ratios,
taken in turns; nothing passes or fails by the clock. VEREDA_BENCH_SCALE=0.01 makes it a hundred times smaller.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit
from scipy.special import ndtri
from scipy.stats import qmc

from vereda.measurement import production
from vereda.measurement.marginals import Marginals, marginals
from vereda.measurement.parameters import Parameter, parameter_set
from vereda.measurement.plan import Plan, harvest_plan
from vereda.measurement.sensitivity import shares
from vereda.measurement.uncertainty import draw

SCALE = float(os.environ.get("VEREDA_BENCH_SCALE", "1"))
DRAWS = int(2**20 * SCALE)
BASE = max(1 << (int(2**16 * SCALE).bit_length() - 1), 64)
YEARS = range(2001, 2025)
REGIONS = tuple(f"XX-{i}" for i in range(4))


def _one(
    name: str, region: str, year: int, value: float, kind: str, unit: str, spread: float = 0.1
) -> Parameter:
    low, high = value * (1 - spread), value * (1 + spread)
    return Parameter(
        name, region, year, value, low, high, kind, unit, year, "2025", "INVENTED", f"bench:{year}"
    )  # type: ignore[arg-type]


def invented(regions: tuple[str, ...], years: range, survey: int = 4) -> list[Parameter]:
    """Every area of every region and year uncertain; yields and routes surveyed in each region every fourth year."""
    found = [
        _one("base_purity", "XX", years[0], 0.8, "uniform", "1"),
        _one("hcl_per_base", "XX", years[0], 0.9, "uniform", "1"),
    ]
    for r in regions:
        for t in (years[0] - 1, *years):
            found.append(_one("census_area", r, t, 4e4, "normal", "ha", 0.05))
            found.append(_one("added_area", r, t, 1e3, "uniform", "ha", 0.3))
        for t in years[::survey]:
            found.append(_one("fresh_leaf_yield", r, t, 5.5, "normal", "t/ha/yr"))
            for k, part in (("leaf", 0.5), ("paste", 0.4), ("base", 0.1)):
                found.append(_one(f"share_{k}", r, t, part, "triangular", "1"))
                found.append(_one(f"base_from_{k}", r, t, 1.5, "triangular", "kg/t"))
    return found  # fmt: skip


def planned(regions: tuple[str, ...], years: range, fewer: range | None = None) -> tuple[Plan, Marginals]:
    held = parameter_set(invented(regions, years), "harvest", regions, "XX", date(2026, 1, 1))
    plan = harvest_plan(held, list(fewer or years), "routes", "added")
    return plan, marginals(plan.columns)


@njit(nogil=True, fastmath=True)
def _read(x: Any) -> float:
    total = 0.0
    for d in range(x.size):
        total += x[d]
    return total


def floor(columns: int, results: int, draws: int) -> Callable[[], None]:
    """Read (columns, draws) doubles once and write (results, draws) once, over all cores, from and to touched memory."""
    x, y = np.ones((columns, draws)).ravel(), np.ones((results, draws)).ravel()
    cores = os.cpu_count() or 1
    parts = list(zip(np.array_split(x, cores), np.array_split(y, cores), strict=True))

    def once() -> None:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(lambda part: (_read(part[0]), part[1].fill(1.0)), parts))

    once()
    return once


def salib(plan: Plan, base: int, resamples: int) -> Callable[[], Any]:
    """SALib's sample and estimators around a NumPy model of one year, and the distributions by SciPy."""
    sample, analyze = pytest.importorskip("SALib.sample.sobol"), pytest.importorskip("SALib.analyze.sobol")
    p = len(plan.columns)
    problem = {"num_vars": p, "names": [c.label for c in plan.columns], "bounds": [[0.0, 1.0]] * p}

    def once() -> Any:
        u = sample.sample(problem, base, calc_second_order=False, seed=1)
        y = numpy_model(plan, by_scipy(plan, u.T))[0]
        return analyze.analyze(problem, y, calc_second_order=False, num_resamples=resamples, seed=1)

    return once


def by_scipy(plan: Plan, u: np.ndarray) -> np.ndarray:
    """Values of the columns from uniform numbers, by NumPy and SciPy."""
    x = np.empty(u.shape)
    for i, c in enumerate(plan.columns):
        if c.distribution == "uniform":
            x[i] = c.low + u[i] * (c.high - c.low)
        elif c.distribution == "normal":
            x[i] = c.value + (c.high - c.low) / (2 * ndtri(0.975)) * ndtri(u[i])
        else:
            turn = (c.value - c.low) / (c.high - c.low)
            up = c.low + np.sqrt(u[i] * (c.high - c.low) * (c.value - c.low))
            x[i] = np.where(
                u[i] < turn, up, c.high - np.sqrt((1 - u[i]) * (c.high - c.low) * (c.high - c.value))
            )
    return x


def numpy_model(plan: Plan, x: np.ndarray) -> np.ndarray:
    """The formulas of `production` over region, year and draw."""
    land = production.productive_area(production.mean_area(x[plan.before], x[plan.now]), x[plan.added])
    factors, s, c = (x[a] for a in (plan.factors.T, plan.shares.T, plan.made.T))
    rate = factors.prod(axis=0) * (s * c).sum(axis=0) / s.sum(axis=0) * plan.scale
    return production.national(land * rate[plan.rate])


def by_numpy(plan: Plan, draws: int, chunk: int = 4096) -> np.ndarray:
    """The same draws with scipy's points and NumPy, in blocks that fit in cache."""
    engine, out = qmc.Sobol(len(plan.columns), scramble=True, rng=1), np.empty((len(plan.years), draws))
    for at in range(0, draws, chunk):
        u = engine.random(min(chunk, draws - at)).T + 2.0**-31
        out[:, at : at + chunk] = numpy_model(plan, by_scipy(plan, u))
    return out


@pytest.mark.benchmark(group="a million draws of 24 years and four regions")
def test_draws(benchmark: Any) -> None:
    plan, inputs = planned(REGIONS, YEARS)
    found = benchmark.pedantic(lambda: draw(plan, inputs, DRAWS, 1), rounds=3, warmup_rounds=1)
    small = slice(0, 4096)
    np.testing.assert_allclose(
        found.values[:, small], by_numpy(plan, 4096)[:, small], rtol=1e-6
    )  # fast and right


@pytest.mark.benchmark(group="a million draws of 24 years and four regions")
def test_floor(benchmark: Any) -> None:
    plan, _ = planned(REGIONS, YEARS)
    benchmark.pedantic(floor(len(plan.columns), len(plan.years), DRAWS), rounds=5)


@pytest.mark.benchmark(group="5, 50 and 95 % of a million draws of 24 years")
def test_quantiles(benchmark: Any) -> None:
    plan, inputs = planned(REGIONS, YEARS)
    made = draw(plan, inputs, DRAWS, 1)
    found = benchmark.pedantic(made.interval, rounds=3, warmup_rounds=1)
    np.testing.assert_allclose(found, np.quantile(made.values, (0.05, 0.5, 0.95), axis=1).T, rtol=1e-12)


@pytest.mark.benchmark(group="shares of one year, one region")
def test_shares(benchmark: Any) -> None:
    plan, inputs = planned(REGIONS[:1], YEARS, YEARS[-1:])
    groups = {c.label: (i,) for i, c in enumerate(plan.columns)}
    found = benchmark.pedantic(lambda: shares(plan, inputs, groups, BASE, 1), rounds=3, warmup_rounds=1)
    theirs = salib(plan, BASE, 2)()
    np.testing.assert_allclose(found.first[:, 0], theirs["S1"], atol=0.02 / SCALE**0.5)
    np.testing.assert_allclose(found.total[:, 0], theirs["ST"], atol=0.02 / SCALE**0.5)


@pytest.mark.benchmark(group="shares of one year, one region")
def test_shares_by_salib(benchmark: Any) -> None:
    plan, _ = planned(REGIONS[:1], YEARS, YEARS[-1:])
    benchmark.pedantic(salib(plan, BASE, 100), rounds=1)


def _apart(task: str) -> dict[str, float]:
    """Seconds and peak memory (MB) of a task in a process of its own, compiled beforehand."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_production_speed as s; s.{task}()"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def measured_draws() -> None:
    plan, inputs = planned(REGIONS, YEARS)
    draw(plan, inputs, 4096, 1).interval()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    draw(plan, inputs, DRAWS, 1).interval()
    took = time.perf_counter() - started
    print(
        json.dumps(
            {
                "seconds": took,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "before": before,
            }
        )
    )


def alone(plan: Plan, inputs: Marginals) -> Callable[[], None]:
    """The sum over regions by itself: every value read from memory, in blocks, over all cores."""
    size = 4096
    x = [
        inputs.values(np.random.default_rng(b).random((len(plan.columns), size)))
        for b in range(DRAWS // size)
    ]

    def once() -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(plan, x))

    return once


def in_turns(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Least seconds by the wall and on all cores together, round by round: others may use the machine, too."""
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            wall, cores = time.perf_counter(), time.process_time()
            task()
            took[name].append((time.perf_counter() - wall, time.process_time() - cores))
    return {name: (min(w for w, _ in times), min(c for _, c in times)) for name, times in took.items()}


def _line(name: str, took: tuple[float, float], beside: tuple[float, float], what: str) -> None:
    (w, c), (bw, bc) = took, beside
    print(f"  {name:<40}{w:>8.3f} s{w / bw:>8.1f}{c:>9.3f} s of cores{c / bc:>8.1f} times {what}")


def told(rounds: int) -> None:
    apart = _apart("measured_draws")  # first: a process inherits the peak of the one that started it
    plan, inputs = planned(REGIONS, YEARS)
    p, t = len(plan.columns), len(plan.years)
    draw(plan, inputs, 4096, 1).interval()
    made = draw(plan, inputs, DRAWS, 1)
    groups = plan.groups("survey")
    took = in_turns({
        "floor": floor(p, t, DRAWS),
        "draws": lambda: draw(plan, inputs, DRAWS, 1),
        "the model alone, on values in memory": alone(plan, inputs),
        "5, 50, 95 %": made.interval,
        "shares, all years": lambda: shares(plan, inputs, groups, BASE, 1),
    }, rounds)  # fmt: skip
    print(
        f"{DRAWS:,} draws, {p} parameters, {len(REGIONS)} regions, {t} years; {BASE:,} base samples, {len(groups)} groups"
    )
    for name, seconds in took.items():
        _line(name, seconds, took["floor"], "the floor")
    numpy = in_turns({"numpy": lambda: by_numpy(plan, DRAWS)}, 1)["numpy"]
    _line("draws by scipy's points and NumPy", numpy, took["draws"], "draws")
    print(
        f"  peak memory of draws and quantiles{'':<6}{apart['peak']:>9.0f} MB, of which {apart['before']:.0f} before them"
    )
    for label, regions in (("one region", REGIONS[:1]), ("four regions", REGIONS)):
        beside_salib(label, regions, rounds)


def beside_salib(label: str, regions: tuple[str, ...], rounds: int) -> None:
    plan, inputs = planned(regions, YEARS, YEARS[-1:])
    groups = {c.label: (i,) for i, c in enumerate(plan.columns)}
    shares(plan, inputs, groups, 64, 1)
    took = in_turns({
        "ours": lambda: shares(plan, inputs, groups, BASE, 1),
        "SALib": salib(plan, BASE, 2),
        "SALib with its 100 resamples": salib(plan, BASE, 100),
    }, max(rounds // 5, 1))  # fmt: skip
    print(f"shares of one year, {label}, {len(groups)} parameters, {BASE:,} base samples")
    for name, seconds in took.items():
        _line(name, seconds, took["ours"], "ours")


if __name__ == "__main__":
    told(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
