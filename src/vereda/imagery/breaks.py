"""Breaks in near real time: a season fitted to a stable history, then CUSUM and EWMA of what comes after it.

Page (1954), Biometrika 41, 100-115 (CUSUM); Roberts (1959), Technometrics 1(3), 239-250 (EWMA); `runlength` has their
limits. A look that was not clear is skipped: it neither raises an alarm nor puts one off. A pixel whose history is
short, unstable or without any spread is not watched, and never alarms.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isnan, sqrt
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.imagery import runlength
from vereda.imagery.features import YEAR
from vereda.imagery.layout import Days

Values = NDArray[np.float32]
Array = NDArray[np.float64]
Steps = NDArray[np.int32]
F = TypeVar("F", bound=Callable[..., Any])

WATCHED, SHORT, UNSTABLE, CONSTANT, UNSEEN = range(5)
STATES = ("watched", "short", "unstable", "constant", "unseen")
BRIDGE = 1.3581  # 95 % point of the greatest distance of a Brownian bridge from zero (Kolmogorov)
LOOKS = 3  # clear looks in the history, for each coefficient of the season
ROUNDS = 4  # of simulation until the memory of histories is had back
WIDEST, HALVES = (
    8.0,
    14,
)  # limits are raised up to so many times, found to a 2 ** HALVES part of that in logarithms
MOST_MEMORY = 0.8  # beyond it, most histories wander and are not watched


@dataclass(frozen=True, slots=True)
class Chart:
    """h: limit of CUSUM, in standard deviations of a look; width: of EWMA, in its own. slack: k of CUSUM; weight: of the
    newest look in EWMA; waves: of a season, in a year."""

    h: float
    width: float
    waves: int = 2
    slack: float = 0.5
    weight: float = 0.1


def chart(looks: float, waves: int = 2, slack: float = 0.5, weight: float = 0.1) -> Chart:
    """With one false alarm in `looks` looks by each detector, if the season were known and looks independent."""
    if not 0 < weight <= 1 or not 0 < slack <= 2 or not 0 <= waves <= 4:
        raise BadRequest(
            "The weight of EWMA lies above 0 and up to 1, the slack of CUSUM above 0 and up to 2 standard deviations, "
            "and a season has 0 to 4 waves."
        )
    return Chart(
        runlength.cusum_limit(slack, looks), runlength.ewma_limit(weight, looks), waves, slack, weight
    )


@dataclass(frozen=True, slots=True)
class Watch:
    """Of n pixels. state (n,): WATCHED and so on. For `cusum` and `ewma` (n, 3): step of the alarm or -1; clear looks of
    the monitoring period up to it; 1 rise, -1 fall, 0 none. since (n,): step at which CUSUM left zero before its alarm.
    looks (n, 2): clear looks of history and monitoring. lag1 (n,): autocorrelation of the history's residuals, one
    clear look to the next, nan where not watched. Steps count from the first of the monitoring period."""

    state: NDArray[np.int8]
    cusum: Steps
    ewma: Steps
    since: Steps
    looks: Steps
    lag1: Array

    @property
    def watched(self) -> NDArray[np.bool_]:
        """(n,)"""
        return np.asarray(self.state == WATCHED)


def watch(history: Values, monitor: Values, days: Days, made: Chart) -> Watch:
    """history (n, t0) and monitor (n, t1), one value a look, nan where nothing clear was seen; days (t0 + t1,) in order."""
    (n, before), after = history.shape, monitor.shape[1]
    if not before or not after or len(days) != before + after:
        raise BadDesign("A history and a monitoring period need one date or more each.")
    if (np.diff(days).astype(int) <= 0).any():
        raise BadDesign("Dates have to rise, and the monitoring period comes after the history.")
    season = seasons((days - days[0]).astype(float), made.waves)
    found = Watch(
        np.zeros(n, dtype=np.int8), np.full((n, 3), -1, dtype=np.int32), np.full((n, 3), -1, dtype=np.int32),
        np.full(n, -1, dtype=np.int32), np.zeros((n, 2), dtype=np.int32), np.full(n, np.nan),
    )  # fmt: skip
    edge = made.width * sqrt(made.weight / (2 - made.weight))
    _watch(
        np.ascontiguousarray(history), np.ascontiguousarray(monitor), season, LOOKS * season.shape[1], BRIDGE, made.slack,
        made.h, made.weight, edge, found.state, found.cusum, found.ewma, found.since, found.looks, found.lag1,
    )  # fmt: skip
    return found


def seasons(day: Array, waves: int) -> Array:
    """(t, 2 waves + 1): mean, cosines and sines of a year, as `features.harmonics` fits them."""
    turn = 2 * np.pi * day / YEAR
    columns = [np.ones_like(turn)]
    for k in range(1, waves + 1):
        columns += [np.cos(k * turn), np.sin(k * turn)]
    return np.ascontiguousarray(np.column_stack(columns))


def noise(seen: NDArray[np.bool_], lag1: float, seed: int) -> Values:
    """(n, t) looks at land where nothing changes: normal, unit variance, autocorrelation `lag1` from one clear look to the
    next, nan where `seen` (n, t) has no clear look. For the false alarms of a design with its gaps."""
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal(seen.shape)
    made = np.full(seen.shape, np.nan, dtype=np.float32)
    last = rng.standard_normal(len(seen))
    for j in range(seen.shape[1]):
        at = seen[:, j]
        last[at] = lag1 * last[at] + sqrt(1 - lag1 * lag1) * drawn[at, j]
        made[at, j] = last[at]
    return made


@dataclass(frozen=True, slots=True)
class Simulated:
    """False alarms for each look that was watched, by CUSUM and by EWMA; middle autocorrelation of the histories."""

    cusum: float
    ewma: float
    lag1: float


def simulated(
    made: Chart, seen: NDArray[np.bool_], before: int, days: Days, lag1: float, seed: int
) -> Simulated:
    """Land where nothing changes, with the dates and gaps `seen` (n, t) of the real one; the first `before` are history."""
    x = noise(seen, lag1, seed)
    found = watch(x[:, :before], x[:, before:], days, made)
    if not found.watched.any():
        return Simulated(np.nan, np.nan, np.nan)
    return Simulated(
        _per_look(found, found.cusum),
        _per_look(found, found.ewma),
        float(np.median(found.lag1[found.watched])),
    )


def looks_watched(found: Watch, alarm: Steps) -> int:
    """Clear looks until each pixel's alarm, or the end, summed over those that are watched."""
    until = np.where(alarm[:, 0] >= 0, alarm[:, 1], found.looks[:, 1])
    return int(until[found.watched].sum())


def _per_look(found: Watch, alarm: Steps) -> float:
    return float((alarm[found.watched, 0] >= 0).sum() / looks_watched(found, alarm))


def memory(lag1: float, made: Chart, seen: NDArray[np.bool_], before: int, days: Days, seed: int) -> float:
    """The autocorrelation whose simulated histories show the middle `lag1` that real ones do: what is measured there is too
    low, since a season was fitted and histories that wander are not watched."""
    found = 0.0
    for turn in range(ROUNDS):
        quiet = simulated(made, seen, before, days, found, seed + turn)
        found = (
            float(np.clip(found + lag1 - quiet.lag1, 0.0, MOST_MEMORY)) if np.isfinite(quiet.lag1) else found
        )
    return found


def calibrated(
    made: Chart, looks: float, seen: NDArray[np.bool_], before: int, days: Days, lag1: float, seed: int
) -> Chart:
    """The same with limits so wide that simulated land of this history, with its gaps and memory, has one false alarm in
    `looks` looks, or as wide as WIDEST: a season known from few looks, and looks that remember, raise more than the run
    lengths say. By bisection on one draw of land."""
    x = noise(seen, lag1, seed)
    low, high = np.full(2, 1 / WIDEST), np.full(2, WIDEST)
    for _ in range(HALVES):
        times = np.sqrt(low * high)
        found = watch(x[:, :before], x[:, before:], days, _wider(made, times))
        if not found.watched.any():
            return made
        often = np.array([_per_look(found, found.cusum), _per_look(found, found.ewma)]) * looks > 1
        low, high = np.where(often, times, low), np.where(often, high, times)
    return _wider(made, high)


def _wider(made: Chart, times: Array) -> Chart:
    return replace(made, h=made.h * float(times[0]), width=made.width * float(times[1]))


# Loops -----------------------------------------------------------------------------------------------------------


def _compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def _watch(
    history: Values, monitor: Values, season: Array, least: int, bridge: float, k: float, h: float, weight: float,
    edge: float, state: NDArray[np.int8], cusum: Steps, ewma: Steps, since: Steps, looks: Steps, lag1: Array,
) -> None:  # fmt: skip
    n, before = history.shape
    p = season.shape[1]
    factor, coefficient = np.empty((p, p)), np.empty(p)
    residual, at = np.empty(before), np.empty(max(before, monitor.shape[1]), dtype=np.int32)
    z, left, one = np.empty(monitor.shape[1]), np.empty(p), np.empty(1)
    for i in range(n):
        cusum[i, 2] = ewma[i, 2] = 0
        m0 = _clear(history[i], at)
        looks[i, 0], looks[i, 1] = m0, 0
        for j in range(monitor.shape[1]):
            looks[i, 1] += not isnan(monitor[i, j])
        if m0 < least or not _fit(history[i], season, at, m0, factor, coefficient):
            state[i] = SHORT
            continue
        spread = _residuals(history[i], season, at, m0, coefficient, residual)
        if spread <= 1e-6 * (1e-6 + abs(coefficient[0])):
            state[i] = CONSTANT
            continue
        if _farthest(residual, m0) > bridge * spread * sqrt(m0):
            state[i] = UNSTABLE
            continue
        lag1[i] = _lag1(residual, m0)
        if looks[i, 1] == 0:
            state[i] = UNSEEN
            continue
        m1 = _clear(monitor[i], at)
        for j in range(m1):
            row = season[before + at[j]]
            z[j] = (monitor[i, at[j]] - _dot(row, coefficient)) / (
                spread * sqrt(1 + _leverage(row, factor, left))
            )
        _cusum(z, at, m1, k, h, cusum[i], one)
        since[i] = int(one[0])
        _ewma(z, at, m1, weight, edge, ewma[i])


@_compiled
def _clear(x: Values, at: Steps) -> int:
    """Steps with a clear look into `at`; how many."""
    m = 0
    for j in range(x.size):
        if not isnan(x[j]):
            at[m] = j
            m += 1
    return m


@_compiled
def _fit(x: Values, season: Array, at: Steps, m: int, factor: Array, coefficient: Array) -> bool:
    """Least squares by Cholesky's factor of the normal equations; False where looks do not cover the season."""
    p = season.shape[1]
    for a in range(p):
        coefficient[a] = 0.0
        for j in range(m):
            coefficient[a] += season[at[j], a] * x[at[j]]
        for b in range(a + 1):
            total = 0.0
            for j in range(m):
                total += season[at[j], a] * season[at[j], b]
            for c in range(b):
                total -= factor[a, c] * factor[b, c]
            if a == b:
                if total < 1e-2 * m / (1.0 if a == 0 else 2.0):  # 1 % of what even looks would leave
                    return False
                factor[a, a] = sqrt(total)
            else:
                factor[a, b] = total / factor[b, b]
    for a in range(p):
        for c in range(a):
            coefficient[a] -= factor[a, c] * coefficient[c]
        coefficient[a] /= factor[a, a]
    for a in range(p - 1, -1, -1):
        for c in range(a + 1, p):
            coefficient[a] -= factor[c, a] * coefficient[c]
        coefficient[a] /= factor[a, a]
    return True


@_compiled
def _residuals(x: Values, season: Array, at: Steps, m: int, coefficient: Array, residual: Array) -> float:
    """Into `residual`; their standard deviation with m - p degrees of freedom."""
    total = 0.0
    for j in range(m):
        residual[j] = x[at[j]] - _dot(season[at[j]], coefficient)
        total += residual[j] * residual[j]
    return sqrt(total / (m - season.shape[1]))


@_compiled
def _dot(one: Array, other: Array) -> float:
    total = 0.0
    for a in range(one.size):
        total += one[a] * other[a]
    return total


@_compiled
def _leverage(row: Array, factor: Array, left: Array) -> float:
    """How much the error of the fit adds to the variance of a new look, in units of that of a look."""
    total = 0.0
    for a in range(row.size):
        left[a] = row[a]
        for c in range(a):
            left[a] -= factor[a, c] * left[c]
        left[a] /= factor[a, a]
        total += left[a] * left[a]
    return total


@_compiled
def _farthest(residual: Array, m: int) -> float:
    """Greatest distance of the summed residuals from zero (Ploberger & Kraemer 1992, Econometrica 60(2), 271-285)."""
    total, far = 0.0, 0.0
    for j in range(m):
        total += residual[j]
        far = max(far, abs(total))
    return far


@_compiled
def _lag1(residual: Array, m: int) -> float:
    whole, pairs = 0.0, 0.0
    for j in range(m):
        whole += residual[j] * residual[j]
        if j:
            pairs += residual[j] * residual[j - 1]
    return pairs / whole


@_compiled
def _cusum(z: Array, at: Steps, m: int, k: float, h: float, out: Steps, since: Array) -> None:
    up, down, from_up, from_down = 0.0, 0.0, 0, 0
    since[0] = -1.0
    for j in range(m):
        if up == 0.0:
            from_up = at[j]
        if down == 0.0:
            from_down = at[j]
        up, down = max(0.0, up + z[j] - k), max(0.0, down - z[j] - k)
        if up > h or down > h:
            out[0], out[1], out[2] = at[j], j + 1, 1 if up > h else -1
            since[0] = from_up if up > h else from_down
            return


@_compiled
def _ewma(z: Array, at: Steps, m: int, weight: float, edge: float, out: Steps) -> None:
    level = 0.0
    for j in range(m):
        level += weight * (z[j] - level)
        if abs(level) > edge:
            out[0], out[1], out[2] = at[j], j + 1, 1 if level > 0 else -1
            return
