"""Intervals for one exposed place from its own years: residuals under the null, moved around in time.

Chernozhukov, Wuethrich & Zhu (2021), An Exact and Robust Conformal Inference Method for Counterfactual and Synthetic
Controls, Journal of the American Statistical Association 116(536), 1849-1864. Take a hypothetical effect away from
the outcome, fit the counterfactual to *all* years of what is left, and see whether the residuals after exposure are
larger than residuals in other stretches of time. No other place has to be exchangeable with the exposed one; its
residuals have to be stationary.

A proxy is how the counterfactual is fitted. It receives `series` (R,), the outcome under the null, and `average`
(R, T), the weights that made series out of the T years (rows of the identity, or block means), so that it can treat
its donors alike; it returns the fitted values (R,) and must not know which rows lie after exposure.
`t_test` is the other paper of the same authors, Debiasing and t-tests for synthetic control inference on average
causal effects, arXiv 1812.10820: cross-fitting over blocks before exposure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Codes

Mask = NDArray[np.bool_]
Proxy = Callable[[Array, Array], Array]
SCHEMES = ("moving_block", "iid")
EXACT_FIT = 1e-9  # a residual this small beside the spread of the series is none
TIE = 1e-10  # statistics this close, relatively, are ties, and a tie counts for the null
LOOKS = 81  # values of the effect at which an interval is first looked at, near the estimate


@dataclass(frozen=True, slots=True)
class ConformalInterval:
    """The effects that are not rejected at 1 - level, in the unit of the outcome.

    low, high: the ends of all of them; infinite where the test cannot reject, as when the smallest p-value it can give
    (smallest_p) exceeds 1 - level; nan where every effect is rejected, so that none of this form fits the residuals.
    connected: no effect in between was rejected where it was looked; otherwise the interval is the hull of pieces.
    p_zero: p-value of no effect. estimate: the effect whose null leaves residuals of mean zero after exposure; it need
    not lie inside. what: `constant` in all years after exposure, `mean` over them, or the effect of one `year`.
    """

    what: str
    low: float
    high: float
    level: float
    p_zero: float
    estimate: float
    smallest_p: float
    connected: bool
    scheme: str


def mean_proxy(donors: Array) -> Proxy:
    """Difference in differences: the mean of the donors (J, T), shifted to the level of the series."""
    middle = np.asarray(donors, dtype=float).mean(axis=0)

    def proxy(series: Array, average: Array) -> Array:
        expected = average @ middle
        return np.asarray(expected + (series - expected).mean())

    return proxy


def synthetic_proxy(donors: Array) -> Proxy:
    """Synthetic control: weights on the donors (J, T), not negative, of sum one, nearest to the series in all rows."""
    from vereda.evaluation.simplex import nearest

    table = np.asarray(donors, dtype=float).T

    def proxy(series: Array, average: Array) -> Array:
        points = average @ table
        weights, _ = nearest(series, points, "Synthetic control under the null")
        return np.asarray(points @ weights)

    return proxy


def p_value(
    y: Array,
    pre: ArrayLike,
    proxy: Proxy,
    effect: ArrayLike = 0.0,
    scheme: str = "moving_block",
    q: float = 1.0,
    draws: int = 5_000,
    seed: int = 0,
) -> float:
    """p-value of the sharp null that the effect after exposure was exactly `effect`, a number or one a year (T1,).

    y (T,): outcome of the exposed place. pre (T,): true before exposure, then false to the end. scheme: `moving_block`
    shifts residuals cyclically (T shifts, p >= 1 / T; stationary, weakly dependent residuals) or `iid` draws
    permutations (exchangeable residuals; all subsets when at most `draws`). q: statistic (sum after exposure of |residual|^q)^(1/q). Raises BadDesign.
    """
    problem = _problem(y, pre, proxy, np.eye(np.size(y)), scheme, q, draws, seed)
    if np.shape(effect) not in ((), (problem.after.size,)) or not np.isfinite(effect).all():
        raise BadDesign(
            f"effect: a number, or one for each of the {problem.after.size} years after exposure."
        )
    return _p(problem, np.asarray(effect, dtype=float))


def interval_constant(
    y: Array,
    pre: ArrayLike,
    proxy: Proxy,
    level: float = 0.9,
    scheme: str = "moving_block",
    q: float = 1.0,
    draws: int = 5_000,
    seed: int = 0,
) -> ConformalInterval:
    """Interval of an effect that is the same in every year after exposure. Arguments as in `p_value`."""
    problem = _problem(y, pre, proxy, np.eye(np.size(y)), scheme, q, draws, seed)
    return _inverted(problem, level, "constant")


def interval_mean(
    y: Array,
    pre: ArrayLike,
    proxy: Proxy,
    level: float = 0.9,
    scheme: str = "moving_block",
    draws: int = 5_000,
    seed: int = 0,
) -> ConformalInterval:
    """Interval of the mean effect, whatever its path: years are averaged in blocks as long as the years after.

    Only the T0 // T1 latest whole blocks before exposure take part; with fewer than 1 / (1 - level) blocks in all,
    nothing can be rejected and the interval is infinite.
    """
    before = _years(y, pre)
    length = int((~before).sum())
    blocks = int(before.sum()) // length
    if blocks < 1:
        raise BadDesign(
            f"{before.sum()} years before exposure hold no block as long as the {length} after it. "
            "Use interval_constant(), or interval_each()."
        )
    average = np.zeros((blocks + 1, before.size))
    for b in range(blocks + 1):
        average[b, before.size - (blocks + 1 - b) * length :][:length] = 1 / length
    return _inverted(_problem(y, pre, proxy, average, scheme, 1.0, draws, seed), level, "mean")


def interval_each(
    y: Array,
    pre: ArrayLike,
    proxy: Proxy,
    level: float = 0.9,
    scheme: str = "moving_block",
    draws: int = 5_000,
    seed: int = 0,
) -> tuple[ConformalInterval, ...]:
    """An interval for every year after exposure on its own, from that year and those before: not uniform over years."""
    before = _years(y, pre)
    rows, every = np.flatnonzero(before), np.eye(before.size)
    return tuple(
        _inverted(
            _problem(y, pre, proxy, every[[*rows, t]], scheme, 1.0, draws, seed), level, f"year {int(t)}"
        )
        for t in np.flatnonzero(~before)
    )


# The test


@dataclass(frozen=True, slots=True)
class _Problem:
    series: Array  # (R,)
    average: Array  # (R, T)
    after: Codes  # rows after exposure
    moved: Codes  # (permutations, after.size) rows that land after exposure
    proxy: Proxy
    q: float
    scheme: str

    @property
    def smallest_p(self) -> float:
        return 1 / len(self.moved)


def _years(y: Array, pre: ArrayLike) -> Mask:
    y, before = np.asarray(y, dtype=float), np.asarray(pre)
    if y.ndim != 1 or before.dtype != bool or before.shape != y.shape:
        raise BadDesign(
            f"y {y.shape} and pre {before.shape}: one value and one truth value a year are needed."
        )
    if before.all() or not before.any() or (np.diff(before.astype(int)) > 0).any():
        raise BadDesign("pre: true for the years before exposure, then false to the end, and some of each.")
    if not np.isfinite(y).all():
        raise BadDesign(
            f"The exposed place has no outcome in {int((~np.isfinite(y)).sum())} years. Residuals cannot be moved over "
            "a gap: shorten the panel, or leave these years out of it everywhere."
        )
    return before.astype(bool)


def _problem(
    y: Array, pre: ArrayLike, proxy: Proxy, average: Array, scheme: str, q: float, draws: int, seed: int
) -> _Problem:
    before = _years(y, pre)
    if scheme not in SCHEMES or not q > 0 or draws < 1:
        raise BadDesign(f"scheme is one of {SCHEMES}, q above 0, draws at least 1.")
    rows = len(average)
    after = np.flatnonzero(average[:, before].sum(axis=1) == 0)
    if rows - after.size < 2:
        raise BadDesign(
            "Residuals of one year or block before exposure cannot be compared with. Use more years before exposure."
        )
    moved = _moved(rows, after, scheme, draws, seed)
    return _Problem(average @ np.asarray(y, dtype=float), average, after, moved, proxy, q, scheme)


def _moved(rows: int, after: Codes, scheme: str, draws: int, seed: int) -> Codes:
    """(permutations, after.size) rows whose residuals land after exposure; the first is how they are.

    Only which residuals land there matters, so that permutations come down to subsets: all, when at most `draws`.
    """
    if scheme == "moving_block":
        return np.asarray((after[None, :] + np.arange(rows)[:, None]) % rows)
    if comb(rows, after.size) <= draws:
        every = list(combinations(range(rows), after.size))
        return np.array(every[::-1])  # the last subset is the rows after exposure
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(rows)[: after.size] for _ in range(draws)]
    return np.array([after, *drawn])


def _residual(problem: _Problem, effect: Array) -> Array:
    null = problem.series.copy()
    null[problem.after] -= effect
    fitted = np.asarray(problem.proxy(null, problem.average), dtype=float)
    if fitted.shape != null.shape or not np.isfinite(fitted).all():
        raise BadDesign(
            f"The proxy gave values of shape {fitted.shape} for a series of {null.size}, or some that are not finite. "
            "Donors with gaps must be left out of it."
        )
    return np.asarray(null - fitted)


def _p(problem: _Problem, effect: Array) -> float:
    size = np.abs(_residual(problem, effect))
    size[size <= EXACT_FIT * np.ptp(problem.series)] = 0.0  # the order of rounding errors is no evidence
    powered = size if np.isinf(problem.q) else size**problem.q
    statistic = (
        powered[problem.moved].max(axis=1) if np.isinf(problem.q) else powered[problem.moved].sum(axis=1)
    )
    return float((statistic >= statistic[0] * (1 - TIE)).mean())


def _inverted(problem: _Problem, level: float, what: str) -> ConformalInterval:
    """The effects with p above 1 - level: looked for closely around the estimate and by doubling up to a million
    residuals away from it, each end then by halving."""
    if not 0 < level < 1:
        raise BadDesign(f"level {level}: between 0 and 1.")
    centre, scale = _centre(problem)
    zero = _p(problem, np.array(0.0))

    def result(low: float, high: float, connected: bool) -> ConformalInterval:
        return ConformalInterval(
            what, low, high, level, zero, centre, problem.smallest_p, connected, problem.scheme
        )

    def kept(effect: float) -> bool:
        return _p(problem, np.array(effect)) > 1 - level + 1e-12

    if problem.smallest_p > 1 - level + 1e-12:
        return result(-np.inf, np.inf, True)
    far = centre + scale * np.concatenate([-(2.0 ** np.arange(20, 0, -1)), 2.0 ** np.arange(1, 21)])
    looks = np.sort(np.concatenate([far, np.linspace(centre - 2 * scale, centre + 2 * scale, LOOKS)[1:-1]]))
    inside = np.array([kept(e) for e in looks])
    if not inside.any():
        return result(np.nan, np.nan, False)
    first, last = np.flatnonzero(inside)[[0, -1]]
    low = _halved(kept, looks[first - 1], looks[first]) if first else -np.inf
    high = _halved(kept, looks[last + 1], looks[last]) if last + 1 < looks.size else np.inf
    return result(low, high, bool(inside[first : last + 1].all()))


def _centre(problem: _Problem) -> tuple[float, float]:
    """The effect with mean residual zero after exposure, and the size of residuals under it."""
    from scipy.optimize import brentq

    def tilt(effect: float) -> float:
        return float(_residual(problem, np.array(effect))[problem.after].mean())

    spread = float(np.ptp(problem.series)) or 1.0
    start = float(tilt(0.0))
    for width in spread * 2.0 ** np.arange(12):
        if tilt(start - width) > 0 > tilt(start + width):
            effect = float(brentq(tilt, start - width, start + width, xtol=1e-9 * spread))
            size = float(np.abs(_residual(problem, np.array(effect))).max())
            return effect, max(size, 1e-3 * spread)
    raise BadDesign(
        "The proxy follows the years after exposure whatever effect is taken away: it has as many free parameters as "
        "there are years. Use fewer donors or a simpler proxy."
    )


def _halved(kept: Callable[[float], bool], outside: float, inside: float) -> float:
    """The kept effect next to the rejected one, to a ten-millionth of the stretch between looks."""
    for _ in range(24):
        middle = (outside + inside) / 2
        outside, inside = (outside, middle) if kept(middle) else (middle, inside)
    return float(inside)


# The t-test


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """Mean effect after exposure with its t-test on `folds` - 1 degrees of freedom; all in the unit of the outcome."""

    estimate: float
    se: float
    t: float
    p: float
    low: float
    high: float
    level: float
    folds: int


def t_test(
    y: Array, pre: ArrayLike, fit: Callable[[Mask], Array], folds: int = 3, level: float = 0.9
) -> CrossFitted:
    """Debiased mean effect and its t-interval: each block before exposure is predicted from weights that never saw it.

    fit: from the years it may learn from (T,), all before exposure, to the counterfactual in every year (T,). With
    r = min(T0 // folds, T1) years a block, tau_k = mean gap after - mean gap in block k, and

        tau = mean_k tau_k,   se = sqrt(1 + folds r / T1) sd(tau_k) / sqrt(folds),   (tau - truth) / se ~ t(folds - 1).

    It rests on long stretches on either side of exposure, not on exchangeability; the authors use three folds.
    """
    from scipy.special import stdtr, stdtrit

    before = _years(y, pre)
    early, late = int(before.sum()), int((~before).sum())
    length = min(early // folds, late) if folds >= 2 else 0
    if length < 1 or not 0 < level < 1:
        raise BadDesign(
            f"{folds} folds need at least two, and one year each of the {early} before exposure; level {level} must lie "
            "between 0 and 1."
        )
    if early - length < 1:
        raise BadDesign("No year is left to learn from when a fold is held out. Use fewer folds.")
    tau = np.array([_held_out(y, before, fit, early - (folds - k) * length, length) for k in range(folds)])
    estimate = float(tau.mean())
    se = float(np.sqrt(1 + folds * length / late) * tau.std(ddof=1) / np.sqrt(folds))
    if se == 0:
        raise BadDesign("The folds agree exactly, so there is no error to test against. Check the fit.")
    reach = float(stdtrit(folds - 1, 0.5 + level / 2)) * se
    p = 2 * float(stdtr(folds - 1, -abs(estimate / se)))
    return CrossFitted(estimate, se, estimate / se, p, estimate - reach, estimate + reach, level, folds)


def _held_out(y: Array, before: Mask, fit: Callable[[Mask], Array], start: int, length: int) -> float:
    block = np.zeros(before.size, dtype=bool)
    block[start : start + length] = True
    counterfactual = np.asarray(fit(before & ~block), dtype=float)
    if counterfactual.shape != before.shape or not np.isfinite(counterfactual).all():
        raise BadDesign(
            f"fit gave shape {counterfactual.shape}; a finite counterfactual for every year is needed."
        )
    gap = np.asarray(y, dtype=float) - counterfactual
    return float(gap[~before].mean() - gap[block].mean())
