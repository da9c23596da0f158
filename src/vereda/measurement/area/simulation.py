"""Does a design's interval cover what it says? Samples drawn from a land whose truth is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vereda.measurement.area.intervals import JEFFREYS, Kind, neutral, posterior, wilson_limits, z
from vereda.measurement.area.sample import Array, Counts

INNER = 4096


@dataclass(frozen=True, slots=True)
class Coverage:
    """kind: of interval. covers: share of samples whose interval holds the truth; above: its lower limit lies above
    the truth; below: its upper limit lies below. half_width: mean half-width over the truth."""

    kind: Kind
    covers: float
    above: float
    below: float
    half_width: float
    draws: int


@dataclass(frozen=True, slots=True)
class Trial:
    """truth: share of the land. bias, rmse: of the estimate, over the truth. no_hit (H,): share of samples without any."""

    truth: float
    bias: float
    rmse: float
    no_hit: Array
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class Land:
    """A rare class on a map: weight (H,) and rate (H,) of its strata. rate: share of each that is of the class."""

    names: tuple[str, ...]
    weight: Array
    rate: Array


def land(prevalence: float, user: float, omitted: float, buffer: float, holds: float) -> Land:
    """prevalence: share of the land in the class; user: user's accuracy of the map; omitted: part of the class that
    the map misses; buffer: share of the land in the buffer, 0 for none; holds: part of the omissions that lie in it."""
    mapped = prevalence * (1 - omitted) / user
    if buffer == 0:
        rest = 1 - mapped
        return Land(
            ("mapped", "rest"), np.array([mapped, rest]), np.array([user, prevalence * omitted / rest])
        )
    rest = 1 - mapped - buffer
    missed = prevalence * omitted * np.array([holds, 1 - holds])
    return Land(
        ("mapped", "buffer", "rest"),
        np.array([mapped, buffer, rest]),
        np.array([user, missed[0] / buffer, missed[1] / rest]),
    )


def trial(
    weight: Array, rate: Array, n: Counts, kinds: Sequence[Kind], draws: int, seed: int, level: float = 0.95
) -> Trial:
    """Draw `draws` stratified samples of n (H,) points and see how often each kind of interval holds the truth."""
    rng = np.random.default_rng(seed)
    hits = rng.binomial(n, rate, size=(draws, len(n)))
    estimate, truth = (hits / n) @ weight, float(weight @ rate)
    told = []
    for kind in kinds:
        low, high = _limits(kind, weight, hits, n, level, seed)
        above, below = float((low > truth).mean()), float((high < truth).mean())
        told.append(
            Coverage(kind, 1 - above - below, above, below, float((high - low).mean()) / 2 / truth, draws)
        )
    error = estimate / truth - 1
    return Trial(
        truth, float(error.mean()), float(np.sqrt((error**2).mean())), (hits == 0).mean(axis=0), tuple(told)
    )


def _limits(
    kind: Kind, weight: Array, hits: Counts, n: Counts, level: float, seed: int
) -> tuple[Array, Array]:
    """Lower and upper limits of many samples at once, (draws,) each; what `intervals.limits` gives one by one."""
    p = hits / n
    middle = p @ weight
    if kind == "wald":
        half = z(level) * np.sqrt((p * (1 - p) / (n - 1)) @ weight**2)
        return middle - half, middle + half
    if kind == "wilson":
        low, high = wilson_limits(hits, n, level)
        down, up = np.sqrt((p - low) ** 2 @ weight**2), np.sqrt((high - p) ** 2 @ weight**2)
        return np.maximum(middle - down, 0), np.minimum(middle + up, 1)
    tables, back = np.unique(hits, axis=0, return_inverse=True)
    spread = _redrawn(weight, tables, n, seed) if kind == "bootstrap" else (
        _posteriors(weight, tables, n, neutral(weight, n) if kind == "beta" else JEFFREYS, seed)
    )  # fmt: skip
    at = [int((1 - level) / 2 * INNER), int((1 + level) / 2 * INNER) - 1]
    found = np.array([np.partition(spread(row), at)[at] for row in range(len(tables))])
    return found[back.ravel(), 0], found[back.ravel(), 1]


def _posteriors(weight: Array, tables: Counts, n: Counts, prior: float, seed: int) -> Callable[[int], Array]:
    """For each distinct sample the draws of sum W B; each stratum's quantiles are computed once for each count."""
    known = []
    for h in range(len(n)):
        counts, back = np.unique(tables[:, h], return_inverse=True)
        rows = [
            posterior(weight[h : h + 1], np.array([x]), n[h : h + 1], prior, seed + h, INNER)[0]
            for x in counts
        ]
        known.append((rows, back.ravel()))
    return lambda row: np.asarray(np.sum([rows[back[row]] for rows, back in known], axis=0))


def _redrawn(weight: Array, tables: Counts, n: Counts, seed: int) -> Callable[[int], Array]:
    rng = np.random.default_rng(seed)
    return lambda row: np.asarray(
        (rng.binomial(n - 1, tables[row] / n, size=(INNER, len(n))) / (n - 1)) @ weight
    )
