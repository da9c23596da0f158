"""How far a clustered error can be trusted where exposed places, or the clusters they lie in, are few.

The usual error is right when both sides are many. With five exposed places among a thousand it is made of five
numbers: too small by (5 - 1) / 5, and as uncertain as a variance with four degrees of freedom. Both are known under a
working model in which places of one cohort (and those never exposed) vary alike and by themselves:

Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples, Survey
Methodology 28(2), 169-181; Imbens & Kolesár (2016), Robust standard errors in small samples, Review of Economics and
Statistics 98(4), 701-712; for joint tests Pustejovsky & Tipton (2018), Small-sample methods for cluster-robust
variance estimation, Journal of Business & Economic Statistics 36(4), 672-683, section 3. Here they are written for
influence, so that one rule serves every estimator that has one; the variance across clusters is the usual one, only its
bias and its degrees of freedom come from the model.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.evaluation.influence import clustered
from vereda.evaluation.panel import Array, Codes, Panel

UNSEEN = 1e-9  # of a sum of squares that are whole numbers
SPARE = 4  # degrees that must be left for the covariance of a joint test beside those it tests


@dataclass(frozen=True, slots=True)
class Sides:
    """The sides of a comparison: cohorts, and the places never exposed, spread over clusters.

    group (n,): number of the side from 0, -1 for a place on none. size (G,): places. free (G,): places less cohorts.
    lost (G,): by how much the sum of squares over clusters falls short, n_g / sum over clusters of
    (n_gc - n_gc^2 / n_g). overlap (G, G): sum over pairs of clusters of the products of what places of both sides have
    in common, in units of their variances.
    """

    group: Codes
    size: Array
    free: Array
    lost: Array
    overlap: Array


def sides(first: Array, cluster: Codes, kin: Array | Codes | None = None) -> Sides:
    """first (n,): first exposed year, inf for never, nan for a place left out. cluster (n,).

    A cohort of one place, or of one cluster, shows nothing of how it varies. It is taken to vary as the largest cohort
    that shows it, and makes one side with that; so the error of a number that sums up cohorts is not too small. kin
    (n,): only cohorts of the same kin are put together; `first` itself where each number is about one cohort.
    """
    names, cohort = np.unique(first, return_inverse=True)
    cohort = np.where(np.isnan(first), -1, cohort)
    count = int(np.isfinite(names).sum() + np.isinf(names).any())
    used = cohort >= 0
    size = np.bincount(cohort[used], minlength=count).astype(float)
    pairs, where = np.unique(np.column_stack([cohort, cluster])[used], axis=0, return_inverse=True)
    inside = np.bincount(where.ravel()).astype(float)  # places of a cohort in a cluster
    seen = size - np.bincount(pairs[:, 0], inside**2, count) / size
    of_kin = np.zeros(count)
    if kin is not None:
        of_kin[cohort[used]] = kin[used]
    joined = _joined(size, seen, of_kin, np.isfinite(names[:count]))
    side = np.unique(joined, return_inverse=True)[1]
    into = (side == np.arange(side.max(initial=-1) + 1)[:, None]).astype(float)  # (sides, cohorts)
    seen, whole, free = into @ seen, into @ size, into @ (size - 1)
    lost = np.where(seen > UNSEEN, whole / np.where(seen > UNSEEN, seen, 1.0), 1.0)
    overlap = into @ _overlap(pairs, inside, size) @ into.T * np.outer(lost, lost)
    return Sides(np.where(used, side[cohort], -1), whole, np.maximum(free, 1.0), lost, overlap)


def _joined(size: Array, seen: Array, kin: Array, exposed: NDArray[np.bool_]) -> Codes:
    """The cohort whose side each cohort is on: its own, or where nothing of it is seen, the largest of its kin."""
    out = np.arange(len(size))
    for g in np.flatnonzero(exposed & (seen <= UNSEEN)):
        shown = np.flatnonzero(exposed & (seen > UNSEEN) & (kin == kin[g]))
        if len(shown):
            out[g] = shown[np.argmax(size[shown])]
    return out


def of(panel: Panel, each: bool = False) -> Sides:
    """The sides of a panel: those exposed after its last year are controls, those exposed all along are on none.

    each: for numbers that are about one cohort each.
    """
    first = np.where(panel.first > panel.years[-1], np.inf, panel.first)
    first = np.where(first <= panel.years[0], np.nan, first)
    return sides(first, panel.cluster, first if each else None)


def _overlap(pairs: Codes, inside: Array, size: Array) -> Array:
    """sum over c, c' of (n_gc [c = c'] - n_gc n_gc' / n_g) (n_hc [c = c'] - n_hc n_hc' / n_h), for all g and h."""
    from scipy.sparse import csr_array

    count = len(size)
    column = np.unique(pairs[:, 1], return_inverse=True)[1]
    table = csr_array((inside, (pairs[:, 0], column)), shape=(count, int(column.max(initial=0)) + 1))
    both: Array = (table @ table.T).todense()
    third: Array = (table @ (table * table).T).todense()  # n_gc n_hc^2
    apart: Array = both - third / size - third.T / size[:, None] + both**2 / np.outer(size, size)
    return apart


def widened(influence: Array, sides: Sides) -> Array:
    """Influence (n, ...) whose squares, summed over clusters, are right on average under the working model."""
    scale = np.where(sides.group >= 0, np.sqrt(sides.lost)[sides.group], 1.0)
    return np.asarray(influence * scale.reshape(-1, *[1] * (influence.ndim - 1)))


def degrees(influence: Array, sides: Sides) -> Array:
    """Satterthwaite's degrees of freedom (...) of the variance of each estimate; influence (n, ...), not widened.

    nan where the influence is. Without clusters, and with two sides, they are Welch's.
    """
    scaled = np.ldexp(
        influence, -np.frexp(np.abs(influence).max(axis=0, initial=0.0))[1]
    )  # squares that cannot overflow
    spread = _by_side(scaled**2, sides) / sides.free.reshape(-1, *[1] * (influence.ndim - 1))
    total = np.tensordot(sides.size, spread, axes=1)
    of = np.einsum("gh,g...,h...->...", sides.overlap, spread, spread)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(of > 0, total**2 / of, np.nan))


def _by_side(values: Array, sides: Sides) -> Array:
    """Sums over the places of each side, (G, ...)."""
    out = np.zeros((len(sides.size), *values.shape[1:]))
    for g in range(len(out)):
        out[g] = values[sides.group == g].sum(axis=0)
    return out


def as_normal(t: Array, degrees: Array) -> Array:
    """The normal quantile as unlikely as t under Student's t: one scale for statistics of different certainty."""
    from scipy.special import ndtri, stdtr

    tail = stdtr(degrees, -np.abs(t))
    return np.asarray(-np.sign(t) * ndtri(np.maximum(tail, 1e-300)))


def as_student(normal: Array | float, degrees: Array) -> Array:
    """The way back: Student's quantile as unlikely as a normal one."""
    from scipy.special import ndtr, stdtrit

    return np.asarray(-stdtrit(degrees, ndtr(-np.abs(normal))))


@dataclass(frozen=True, slots=True)
class AllZero:
    """Joint test of K effects: statistic ~ F(numerator, denominator), or the smallest of K p-values times K.

    wald: b' V^-1 b with the usual V, and its p under the chi-squared limit, as R did prints them; nan where V cannot be
    inverted.
    """

    kind: str  # "F" or "Bonferroni"
    statistic: float
    numerator: int
    denominator: float
    p: float
    wald: float
    wald_p: float


def all_zero(value: Array, influence: Array, cluster: Codes, sides: Sides, block: Codes) -> AllZero:
    """Test that K effects are all zero; value (K,), influence (n, K), block (K,): the cohort of each.

    F: Hotelling's statistic, W (v - K + 1) / (v K) ~ F(K, v - K + 1), with W from the widened variance and v from
    matching its total variance to a Wishart matrix (Pustejovsky & Tipton, equations 12 and 13). It needs a covariance
    that can be seen: at least four degrees more than effects in every cohort. Otherwise Bonferroni: each effect by
    Student's t, K times the smallest p; valid under any dependence, and weak.
    """
    from scipy.special import chdtrc, fdtrc, stdtr

    k, n = len(value), len(influence)
    wald = _wald(value, influence, cluster, n)
    own = degrees(influence, sides)
    wide = widened(influence, sides)
    v = _joint_degrees(influence, sides) if _room(own, block) and np.isfinite(wald) else 0.0
    if v - k + 1 >= 1:
        statistic = _wald(value, wide, cluster, n) * (v - k + 1) / (v * k)
        p = float(fdtrc(k, v - k + 1, statistic))
        return AllZero("F", statistic, k, v - k + 1, p, wald, float(chdtrc(k, wald)))
    se = np.sqrt((clustered(wide, cluster) ** 2).sum(axis=0)) / n
    each = 2 * stdtr(own, -np.abs(value / se))
    least = int(np.argmin(each))
    p = min(1.0, k * float(each[least]))
    return AllZero(
        "Bonferroni", float(value[least] / se[least]), k, float(own[least]), p, wald, float(chdtrc(k, wald))
    )


def _room(own: Array, block: Codes) -> bool:
    """Whether a covariance of the effects of every cohort can be seen; own (K,): degrees of each by itself."""
    return all(own[block == b].min() >= (block == b).sum() + SPARE for b in np.unique(block))


def missed_half(line: Array, influence: Array, cluster: Codes, sides: Sides) -> float:
    """The slope b for which effects b x line (K,) would pass `all_zero` at 5 % half of the time (Roth 2022).

    By the noncentral distribution of the test in use: F(K, v - K + 1) with noncentrality b^2 line' V^-1 line, or, where
    each effect is tested by itself, the first of them to be seen half of the time.
    """
    from scipy.optimize import brentq
    from scipy.special import fdtri, stdtrit
    from scipy.stats import ncf

    k, n = len(line), len(influence)
    own, wide = degrees(influence, sides), widened(influence, sides)
    unit = _wald(line, wide, cluster, n)
    v = (
        _joint_degrees(influence, sides)
        if _room(own, np.zeros(k, dtype=np.int64)) and np.isfinite(unit)
        else 0.0
    )
    if v - k + 1 >= 1:
        cut = float(fdtri(k, v - k + 1, 0.95))
        needed = brentq(lambda nc: float(ncf.sf(cut, k, v - k + 1, nc)) - 0.5, 1e-6, 1e4)
        return float(np.sqrt(needed / unit))
    se = np.sqrt((clustered(wide, cluster) ** 2).sum(axis=0)) / n
    return float((-stdtrit(own, 0.025 / k) * se / np.abs(line)).min())


def _wald(value: Array, influence: Array, cluster: Codes, n: int) -> float:
    """b' V^-1 b; nan where V is singular but for rounding."""
    sums = clustered(influence, cluster)
    covariance = sums.T @ sums / n**2
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.cond(correlation) > 1e12:
        return float("nan")
    return float(value / scale @ np.linalg.solve(correlation, value / scale))


def _joint_degrees(influence: Array, sides: Sides) -> float:
    """v of the Wishart matrix with the mean and the total variance of the covariance, under the working model."""
    k = influence.shape[1]
    spread = (
        np.stack(
            [influence[sides.group == g].T @ influence[sides.group == g] for g in range(len(sides.size))]
        )
        / sides.free[:, None, None]
    )
    total = np.tensordot(sides.size, spread, axes=1)
    scale = np.sqrt(np.diag(total))
    root, axes = np.linalg.eigh(total / np.outer(scale, scale))
    whiten = axes / np.sqrt(root) / scale[:, None]
    part = np.einsum("ki,gkl,lj->gij", whiten, spread, whiten)
    trace = np.einsum("gii->g", part)
    of = trace @ sides.overlap @ trace + np.einsum("gh,gij,hji->", sides.overlap, part, part)
    return float(k * (k + 1) / of)
