"""What an event study still says when trends were not quite parallel.

Rambachan & Roth (2023), A More Credible Approach to Parallel Trends, Review of Economic Studies 90(5), 2555-2591.
The estimates are beta = tau + delta: effect (zero before exposure) plus the difference in trends. Two bounds on delta:

    relative magnitudes  |delta[t+1] - delta[t]| <= M max over s < 0 of |delta[s+1] - delta[s]|,   t >= 0
    smoothness           |(delta[t+1] - delta[t]) - (delta[t] - delta[t-1])| <= M,                 every t

Relative magnitudes get the conditional / least-favourable hybrid interval (C-LF) of Andrews, Roth & Pakes (2023,
Review of Economic Studies 90(6), 2763-2791), smoothness the shortest fixed-length interval (FLCI). Neither needs a
solver here. In first differences the linear programme of the C-LF test has as many vertices as there are years after
exposure, plus two, and they can be written down; the weights of the FLCI lie on a path that is straight between knots.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vereda.evaluation import honest_clf, honest_flci
from vereda.evaluation.honest_study import Study, checked, normal_quantile
from vereda.evaluation.panel import Array


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Robust intervals for theta = l'tau over a grid of M, and the M at which the conclusion breaks.

    interval: which one, `C-LF` or `FLCI`. m, low, high (k,). estimate, se and original (low, high): l'beta, valid
    under parallel trends alone. breakdown: every M below it gives an interval that excludes zero, and the next does
    not; 0 when the interval for M = 0 already includes zero.
    """

    restriction: str
    interval: str
    level: float
    m: Array
    low: Array
    high: Array
    estimate: float
    se: float
    original: tuple[float, float]
    breakdown: float


def original_interval(
    beta: ArrayLike, sigma: ArrayLike, pre: int, l_vec: ArrayLike | None = None, level: float = 0.95
) -> tuple[float, float]:
    """The usual interval of l'beta, right when trends are exactly parallel. Arguments as in `relative_magnitudes`."""
    return _original(checked(beta, sigma, pre, l_vec, level), level)


def relative_magnitudes(
    beta: ArrayLike,
    sigma: ArrayLike,
    pre: int,
    m: ArrayLike = (0.0, 0.5, 1.0, 1.5, 2.0),
    l_vec: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Sensitivity:
    """C-LF intervals when a step in the difference of trends after exposure is at most M times the largest before.

    beta (k,): event-study coefficients of consecutive years, relative to one reference year that is left out.
    sigma (k, k): their covariance. pre: how many come before the reference. l_vec (k - pre,): theta = l'tau; without
    it, the first year after exposure. seed: of the directions behind the least-favourable critical value. As in the
    authors' package the moments are those that involve years after exposure, or all when there is one such year.
    Raises BadDesign for no coefficient before exposure, steps that are all exactly zero, or a singular sigma.
    """
    study = checked(beta, sigma, pre, l_vec, level, m)
    reach, draws = honest_clf.reach(study), honest_clf.draws_of(study, seed)
    grid = np.atleast_1d(np.asarray(m, dtype=float))

    def interval(bound: float) -> tuple[float, float]:
        return honest_clf.hull(study, bound, 1 - level, draws)

    pairs = np.array([interval(bound) for bound in grid])
    breakdown = _first_inclusion(interval, abs(study.estimate) / reach)  # there the identified set has zero
    return _table(study, "relative magnitudes", "C-LF", level, grid, pairs, breakdown)


def smoothness(
    beta: ArrayLike,
    sigma: ArrayLike,
    pre: int,
    m: ArrayLike,
    l_vec: ArrayLike | None = None,
    level: float = 0.95,
) -> Sensitivity:
    """Shortest fixed-length intervals when the slope of the difference in trends changes by at most M a year.

    m is in the unit of the outcome per year squared: M = 0 extrapolates a straight line. Other arguments, and errors,
    as in `relative_magnitudes`. Raises NotCertified where the weights are not proven to be the shortest interval's.
    """
    study = checked(beta, sigma, pre, l_vec, level, m)
    line = honest_flci.Line.of(study)
    knots = honest_flci.path_of(line)
    grid = np.atleast_1d(np.asarray(m, dtype=float))

    def interval(bound: float) -> tuple[float, float]:
        return honest_flci.shortest(study, line, knots, bound, 1 - level)

    pairs = np.array([interval(bound) for bound in grid])
    farthest = max(abs(float(line.weights(c) @ study.beta)) for c in knots)
    breakdown = _first_inclusion(
        interval, farthest / line.bias
    )  # every interval is longer than M times this bias
    return _table(study, "smoothness", "FLCI", level, grid, pairs, breakdown)


def _table(
    study: Study, what: str, how: str, level: float, grid: Array, pairs: Array, breakdown: float
) -> Sensitivity:
    low, high = pairs.T
    usual = _original(study, level)
    return Sensitivity(what, how, level, grid, low, high, study.estimate, study.se, usual, breakdown)


def _original(study: Study, level: float) -> tuple[float, float]:
    half = normal_quantile(0.5 + level / 2) * study.se
    return study.estimate - half, study.estimate + half


def _first_inclusion(interval: Callable[[float], tuple[float, float]], upper: float) -> float:
    """The M at which zero first enters `interval(M)`; looked for from 0 to `upper`, where it is inside."""

    def excludes(m: float) -> bool:
        low, high = interval(m)
        return bool(low > 0 or high < 0)

    if not excludes(0.0):
        return 0.0
    inside = next((m for m in np.linspace(0, upper, 17)[1:] if not excludes(m)), upper * 1.01)
    low, high = max(inside - upper / 16, 0.0), inside
    while high - low > 1e-5 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if excludes(middle) else (low, middle)
    return float(low)
