"""Intervals for a share of the land that hold where hits are few, beside Wald's.

A stratum without a hit has p = 0 and, by Wald, no error at all: in a large stratum that is where coverage is lost. The
others give such a stratum the width that its number of points allows.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy import stats

from vereda.errors import BadRequest
from vereda.measurement.area.sample import Array, Counts

Kind = Literal["beta", "jeffreys", "wilson", "bootstrap", "wald"]
KINDS: tuple[Kind, ...] = ("beta", "jeffreys", "wilson", "bootstrap", "wald")
NEUTRAL, JEFFREYS = 1 / 3, 1 / 2
DRAWS = 1 << 14
ORDERS = 32  # ways in which the strata are put beside each other: with one, ends wander by half a percent from seed to seed
FEW = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """low, high: shares of the land. kind: how they were found."""

    low: float
    high: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Few:
    """A stratum with few hits (or few misses) of a class. hides: share of all the land that it may still hold of the
    class beyond its estimate, by the upper Wilson limit; for misses, may hold less."""

    stratum: str
    hits: int
    n: int
    side: Literal["hits", "misses"]
    hides: float


def limits(kind: Kind, weight: Array, hits: Counts, n: Counts, level: float, seed: int = 0) -> Limits:
    """Interval of sum over h of W_h p_h from hits (H,) of n (H,); level 0.95 leaves 2.5 % on each side."""
    if kind not in KINDS:
        raise BadRequest(f"No interval {kind!r}. There are: {', '.join(KINDS)}.")
    if not 0 < level < 1:
        raise BadRequest(f"A level of {level:g}: it lies between 0 and 1, as 0.95 does.")
    if kind == "wald":
        return wald(weight, hits, n, level)
    if kind == "wilson":
        return wilson(weight, hits, n, level)
    if kind == "bootstrap":
        return bootstrap(weight, hits, n, level, seed)
    return (beta if kind == "beta" else jeffreys)(weight, hits, n, level, seed)


def wald(weight: Array, hits: Counts, n: Counts, level: float) -> Limits:
    """Estimate plus and minus z standard errors; it may reach below zero, which shows that it does not hold."""
    p = hits / n
    half = z(level) * sqrt(float((weight**2 * p * (1 - p) / (n - 1)).sum()))
    middle = float(weight @ p)
    return Limits(middle - half, middle + half, "wald")


def wilson(weight: Array, hits: Counts, n: Counts, level: float) -> Limits:
    """Wilson's (1927) limits of each stratum, put together by their distances from p.

    L = sum W p - sqrt(sum W^2 (p - l)^2), and U likewise: Zou, Huang & Zhang (2009), Computational Statistics & Data
    Analysis 53, 1080-1085, for a linear function of binomial shares.
    """
    p = hits / n
    low, high = wilson_limits(hits, n, level)
    middle = float(weight @ p)
    below, above = ((weight**2 * (p - low) ** 2).sum(), (weight**2 * (high - p) ** 2).sum())
    return Limits(max(0.0, middle - sqrt(below)), min(1.0, middle + sqrt(above)), "wilson")


def wilson_limits(hits: Counts, n: Counts, level: float) -> tuple[Array, Array]:
    """Wilson's (1927) limits of each binomial share, (H,) each."""
    c = z(level)
    middle = (hits + c**2 / 2) / (n + c**2)
    half = c * np.sqrt(hits * (n - hits) / n + c**2 / 4) / (n + c**2)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def beta(weight: Array, hits: Counts, n: Counts, level: float, seed: int = 0) -> Limits:
    """Quantiles of sum W_h B_h, B_h ~ Beta(hits + a, misses + a), independent, a = `neutral`."""
    return _quantiles("beta", posterior(weight, hits, n, neutral(weight, n), seed, orders=ORDERS), level)


def jeffreys(weight: Array, hits: Counts, n: Counts, level: float, seed: int = 0) -> Limits:
    """The same with Jeffreys' half in each stratum (Brown, Cai & DasGupta 2001, Statistical Science 16, 101-133): good
    for one share; in a sum, empty strata lift the lower limit above the truth. Shown to compare."""
    return _quantiles("jeffreys", posterior(weight, hits, n, JEFFREYS, seed, orders=ORDERS), level)


def neutral(weight: Array, n: Counts) -> float:
    """Kerman's (2011, Electronic Journal of Statistics 5, 1450-1470) neutral third, shared out among strata.

    With a third, the median stays with the estimate, so that a large stratum without hits does not lift the lower
    limit. But twenty empty strata would each bring a third of a hit that nobody saw, and lift it together. So all
    bring what a third brings in the stratum where a point weighs most: a = max(W / n) / sum(W / n) / 3. Where points
    weigh alike in all strata, this is the third of the sample taken as one. The sharing is ours; its coverage is in
    docs/validity.md.
    """
    each = weight / n
    return float(NEUTRAL * each.max() / each.sum())


def _quantiles(kind: Kind, parts: Array, level: float) -> Limits:
    low, high = np.quantile(parts.sum(axis=0), [(1 - level) / 2, (1 + level) / 2])
    return Limits(float(low), float(high), kind)


def posterior(
    weight: Array, hits: Counts, n: Counts, prior: float, seed: int, draws: int = DRAWS, orders: int = 1
) -> Array:
    """(H, orders * draws): W_h B_h, each row its quantiles at the middles of equal slices, in `orders` orders of its own."""
    rng = np.random.default_rng(seed)
    at = (np.arange(draws) + 0.5) / draws
    rows = []
    for w, x, m in zip(weight.tolist(), hits.tolist(), n.tolist(), strict=True):
        share = w * stats.beta.ppf(at, x + prior, m - x + prior)
        rows.append(np.concatenate([share[rng.permutation(draws)] for _ in range(orders)]))
    return np.array(rows)


def bootstrap(weight: Array, hits: Counts, n: Counts, level: float, seed: int, draws: int = DRAWS) -> Limits:
    """Percentiles of the estimate over samples redrawn within strata, n_h - 1 points each (Rao & Wu 1988, JASA 83,
    231-241, with m = n - 1). A stratum without hits never has one here either: it mends skewness, not absence."""
    rng = np.random.default_rng(seed)
    again = rng.binomial(n - 1, hits / n, size=(draws, len(n))) / (n - 1)
    low, high = np.quantile(again @ weight, [(1 - level) / 2, (1 + level) / 2])
    return Limits(float(low), float(high), "bootstrap")


def few(names: tuple[str, ...], weight: Array, hits: Counts, n: Counts, level: float) -> tuple[Few, ...]:
    """Strata with no more than two hits, or than two misses, of a class, heaviest first."""
    low, high = wilson_limits(hits, n, level)
    told: list[Few] = []
    for h, name in enumerate(names):
        x, m = int(hits[h]), int(n[h])
        if x <= FEW:
            told.append(Few(name, x, m, "hits", float(weight[h] * (high[h] - x / m))))
        elif m - x <= FEW:
            told.append(Few(name, x, m, "misses", float(weight[h] * (x / m - low[h]))))
    return tuple(sorted(told, key=lambda f: -f.hides))


def z(level: float) -> float:
    """Standard errors in half an interval: 1.96 at 0.95."""
    return float(stats.norm.ppf((1 + level) / 2))
