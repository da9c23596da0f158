"""How good is the map: overall, user's and producer's accuracy from the same sample.

One form holds for strata that are the map classes (Olofsson et al. 2014, Remote Sensing of Environment 148, equations
1-3 and 5-7) and for strata that are not (Stehman 2014, International Journal of Remote Sensing 35, 4923-4939), as
when last year's strata meet this year's map, or when a buffer splits a class.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.area.intervals import neutral
from vereda.measurement.area.sample import Array, Sample
from vereda.measurement.area.stratified import left

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """overall (1); user, producer (K,) with standard errors, nan for a class that is never mapped or never seen.

    matrix (K, K): estimated share of the land by map class (row) and reference class (column).
    """

    classes: tuple[str, ...]
    overall: float
    overall_se: float
    user: Array
    user_se: Array
    producer: Array
    producer_se: Array
    matrix: Array


@dataclass(frozen=True, slots=True)
class Ends:
    """low, high (K, 2): of user's and producer's accuracy, in that order; nan where there is none."""

    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class _Ratio:
    value: float
    se: float


def accuracy(sample: Sample) -> Accuracy:
    """Every accuracy as a ratio R = Y / X of stratified means of indicators."""
    if sample.map_classes == ("",):
        raise BadDesign(
            "Accuracy compares a map with the reference, and no map class is given. Add the map class of each point "
            "or stratum; areas need none."
        )
    counts, classes = _square(sample)
    k = len(classes)
    same = np.eye(k, dtype=bool)
    everything = np.ones((k, k), dtype=bool)
    overall = _ratio(sample, counts, same, everything)
    rows = [np.arange(k)[:, None] == c for c in range(k)]
    columns = [np.arange(k)[None, :] == c for c in range(k)]
    user = [_ratio(sample, counts, same & r, r & everything) for r in rows]
    producer = [_ratio(sample, counts, same & c, c & everything) for c in columns]
    matrix = np.tensordot(sample.strata.weight / sample.n, counts.astype(float), axes=1)
    return Accuracy(
        classes, overall.value, overall.se,
        np.array([u.value for u in user]), np.array([u.se for u in user]),
        np.array([p.value for p in producer]), np.array([p.se for p in producer]), matrix,
    )  # fmt: skip


def ends(sample: Sample, level: float, seed: int, draws: int = 1 << 13) -> Ends:
    """Intervals of user's and producer's accuracy that hold where points are few: quantiles of the ratio.

    In each stratum the shares that are right, wrong in one way and neither are Dirichlet with `intervals.neutral` in
    each; what a stratum cannot hold, as hits of a class that is not mapped there, has no share.
    """
    counts, classes = _square(sample)
    low, high = (np.full((len(classes), 2), np.nan) for _ in range(2))
    there = counts.sum(axis=2) > 0  # (H, M): map classes of each stratum
    for c in range(len(classes)):
        right = counts[:, c, c]
        mapped, seen = counts[:, c, :].sum(axis=1), counts[:, :, c].sum(axis=1)
        can_map, can_miss = there[:, c], there.sum(axis=1) > there[:, c]
        sides = ((mapped - right, can_map), (seen - right, can_miss))
        for side, (wrong, can) in enumerate(sides):
            if (mapped, seen)[side].sum() == 0:
                continue
            found = _drawn(sample, right, wrong, can_map, can, seed + c, draws)
            low[c, side], high[c, side] = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Ends(low, high)


def _drawn(
    sample: Sample, right: Array, wrong: Array, can_right: Mask, can_wrong: Mask, seed: int, draws: int
) -> Array:
    """(draws,) of sum W right / sum W (right + wrong)."""
    rng, w, n = np.random.default_rng(seed), sample.strata.weight, sample.n
    prior = neutral(w[can_right | can_wrong], n[can_right | can_wrong])
    parts = [(right, can_right), (wrong, can_wrong), (n - right - wrong, np.ones(len(n), dtype=bool))]
    made = [
        np.where(can, rng.gamma(np.where(can, x + prior, 1.0), size=(draws, len(n))), 0.0) for x, can in parts
    ]
    whole = made[0] + made[1] + made[2]
    hit, miss = (made[0] / whole) @ w, (made[1] / whole) @ w
    return np.asarray(hit / (hit + miss))


def _square(sample: Sample) -> tuple[Array, tuple[str, ...]]:
    """Counts (H, K, K) with the same classes for map and reference: what is only mapped or only seen counts too."""
    extra = tuple(m for m in sample.map_classes if m not in sample.classes)
    classes = (*sample.classes, *extra)
    full = np.zeros((len(sample.strata.names), len(classes), len(classes)))
    rows = [classes.index(m) for m in sample.map_classes]
    full[:, rows, : len(sample.classes)] = sample.counts
    return full, classes


def _ratio(sample: Sample, counts: Array, y: np.ndarray, x: np.ndarray) -> _Ratio:
    """R = sum W_h mean_h(y) / sum W_h mean_h(x); V = X^-2 sum W_h^2 (1 - n_h / N_h) s_h^2(y - R x) / n_h."""
    w, n = sample.strata.weight, sample.n
    top, bottom = (w / n) @ (counts * y).sum(axis=(1, 2)), (w / n) @ (counts * x).sum(axis=(1, 2))
    if bottom == 0:
        return _Ratio(float("nan"), float("nan"))
    r = float(top / bottom)
    residual = y - r * x
    mean = (counts * residual).sum(axis=(1, 2)) / n
    s2 = ((counts * residual**2).sum(axis=(1, 2)) - n * mean**2) / (n - 1)
    variance = (w**2 * left(sample) * np.maximum(s2, 0) / n).sum() / bottom**2
    return _Ratio(r, float(np.sqrt(variance)))
