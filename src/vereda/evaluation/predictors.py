"""Synthetic control with predictors, and the search for how much each of them should count.

Abadie & Gardeazabal (2003), American Economic Review 93(1), 113-132; Abadie, Diamond & Hainmueller (2010). Two nested
problems: for importances v of the k predictors the weights are

    w(v) = argmin sum_k v_k (x_exposed,k - sum_j w_j x_jk)^2   over w >= 0, sum w = 1

and v minimises the mean squared gap of the outcome in the years of the window. The inner problem is solved exactly
(`simplex`); the outer one has many local optima, and packages have published some of them (Becker & Kloessner 2018,
Econometrics and Statistics 5, 1-19). So the search starts in many places, follows the exact gradient, and reports
every optimum it ended in. `bound` is what no choice of v can beat: the outcome-only fit on the same years. When the
loss reaches it, the optimum is proven to be global; otherwise it is the best that was found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation import simplex
from vereda.evaluation.certificate import Certificate
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.results import SyntheticFit
from vereda.evaluation.synthetic_control import Mask, checked, complete, exposed_rows
from vereda.evaluation.threads import one_blas_thread

SAME_LOSS = 1e-6  # relative: optima this near the best are as good as the best
SAME_WEIGHTS = 1e-3  # weight vectors nowhere farther apart than this are the same
DEEPEST = -8.0  # log10 of the smallest importance, the largest being 1: as in Becker & Kloessner
Slope = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where one search ended. v (k,) sums to one; weights (J,); loss and att as in `PredictorFit`."""

    loss: float
    v: Array
    weights: Array
    att: float


@dataclass(frozen=True, slots=True)
class PredictorFit:
    """The best synthetic counterpart that was found, and every other the search ended in.

    v (k,): importance of each predictor in units of its standard deviation, sum one. loss: mean squared gap over the
    window. bound: no weights at all do better. found: distinct end points by their weights, best first. v_range
    (k, 2): least and most each importance can be while the weights stay optimal. left_out: rows of donors that lack a
    year or a predictor.
    """

    fit: SyntheticFit
    v: Array
    loss: float
    bound: float
    found: tuple[Optimum, ...]
    v_range: Array
    left_out: Codes

    @property
    def optima(self) -> tuple[Optimum, ...]:
        """All that are as good as the best: their loss is within 1e-6 of it, relatively."""
        return tuple(o for o in self.found if o.loss <= self.loss * (1 + SAME_LOSS) + 1e-300)

    @property
    def unique(self) -> bool:
        """Whether one weight vector alone was found at the best loss, and v leaves it no freedom."""
        return len(self.optima) == 1 and bool(self.fit.certificate.unique)

    @property
    def v_identified(self) -> bool:
        """Whether the weights pin down every importance to a hundredth."""
        return bool((self.v_range[:, 1] - self.v_range[:, 0] <= 1e-2).all())

    @property
    def proven(self) -> bool:
        """Whether no v can do better."""
        return self.loss <= self.bound * (1 + SAME_LOSS) + 1e-300


def fit(
    x: Array,
    y: Array,
    exposed: int,
    donors: Mask,
    pre: Mask,
    window: Mask | None = None,
    v: Array | None = None,
    seed: int = 0,
    draws: int = 2000,
    starts: int = 60,
    names: Sequence[str] | None = None,
) -> PredictorFit:
    """Synthetic control of one exposed place on predictors x (n, k), for the outcome y (n, T).

    pre (T,): years before exposure. window (T,): the years before exposure whose gaps choose v; all of them when not
    given. v (k,): fixed importances, and no search. Each predictor is divided by its standard deviation over the
    exposed place and the donors. The search draws `draws` random v (log-uniform over 1e-8 to 1), adds equal
    importance, each predictor alone and the v a linear programme proposes for the bound, and descends from the best
    `starts`. A donor that lacks a year or a predictor takes no part and is listed; an exposed place that does raises,
    as do predictors that are the same everywhere. Raises BadDesign, NotCertified.
    """
    y, donors, pre = checked(y, donors, pre)
    x = np.asarray(x, dtype=float)
    window = pre if window is None else np.asarray(window, dtype=bool)
    row = int(exposed_rows(y, exposed, names)[0])
    index = _donors(x, y, row, donors, pre, window)
    away = _away(x, row, index)
    lost, out = y[index] - y[row], np.flatnonzero(donors & ~np.isin(np.arange(len(y)), [*index, row]))
    measured = np.ascontiguousarray(lost[:, window].T)
    ideal, _ = simplex.nearest(np.zeros(len(measured)), measured, "The bound of the search")
    bound = float(np.mean((measured @ ideal) ** 2))
    if v is None:
        with one_blas_thread():
            ends = _search(away, measured, ideal, np.random.default_rng(seed), draws, starts)
    else:
        ends = [np.log10(_given(v, len(away)))]
    found = _distinct(ends, away, measured, lost[:, ~pre])
    best = found[0]
    weights, certificate = _weights(best.v, away)
    reported = SyntheticFit(index, weights, -weights @ lost, pre, certificate)
    return PredictorFit(reported, best.v, best.loss, bound, found, _range(best.v, away, weights), out)


def _donors(x: Array, y: Array, row: int, donors: Mask, pre: Mask, window: Mask) -> Codes:
    """Rows of the donors that have every year and every predictor."""
    if x.ndim != 2 or len(x) != len(y) or not x.shape[1]:
        raise BadDesign(f"Predictors are one row for each of the {len(y)} places; they came as {x.shape}.")
    if window.shape != pre.shape or not window.any() or (window & ~pre).any():
        raise BadDesign("The window that chooses v holds years before exposure, at least one.")
    if not np.isfinite(x[row]).all():
        raise BadDesign(
            f"The exposed place lacks predictors {np.flatnonzero(~np.isfinite(x[row])).tolist()}."
        )
    pool = donors & complete(y) & np.isfinite(x).all(axis=1)
    pool[row] = False
    if not pool.any():
        raise BadDesign(
            "No donor has every year and every predictor: leave out the predictors that are rarely known."
        )
    return np.flatnonzero(pool)


def _away(x: Array, row: int, index: Codes) -> Array:
    """(k, J) donors minus exposed, each predictor in its standard deviations."""
    spread = x[np.append(index, row)].std(axis=0, ddof=1)
    level = np.abs(x[np.append(index, row)]).max(axis=0)
    flat = np.flatnonzero(spread <= 1e-12 * level)
    if len(flat):
        raise BadDesign(f"Predictors {flat.tolist()} are the same in every place: leave them out.")
    away: Array = ((x[index] - x[row]) / spread).T
    return away


def _given(v: Array, k: int) -> Array:
    v = np.asarray(v, dtype=float)
    if v.shape != (k,) or not np.isfinite(v).all() or (v < 0).any() or not v.any():
        raise BadDesign(
            f"v holds one importance for each of the {k} predictors: none negative, not all nought."
        )
    shares: Array = np.maximum(v / v.max(), 1e-300)
    return shares


def _weights(v: Array, away: Array) -> tuple[Array, Certificate]:
    """The weights at v, proven."""
    factors = np.sqrt(v / v.max())
    return simplex.nearest(np.zeros(len(away)), away * factors[:, None], "Synthetic control on predictors")


def _search(
    away: Array, measured: Array, ideal: Array, rng: np.random.Generator, draws: int, starts: int
) -> list[Array]:
    """log10 of v at the end of every descent."""
    from scipy.optimize import minimize

    k = len(away)
    if k == 1:
        return [np.zeros(1)]
    slope = _slope(away, measured)
    single = np.full((k, k), DEEPEST) - DEEPEST * np.eye(k)
    random = rng.uniform(DEEPEST, 0.0, size=(draws, k))
    tried = np.vstack([np.zeros(k), _proposed(away, ideal), single, random])
    loss = np.array([slope(theta)[0] for theta in tried])
    first = np.concatenate([[0, 1], 2 + np.argsort(loss[2:], kind="stable")[:starts]])
    ends = []
    for theta in tried[first]:
        end = minimize(
            slope,
            theta,
            jac=True,
            method="L-BFGS-B",
            bounds=[(DEEPEST, 0.0)] * k,
            options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-13},
        )
        ends.append(np.asarray(end.x))
    return ends


def _slope(away: Array, measured: Array) -> Slope:
    """The loss at log10 v, and its gradient.

    On a corral S the weights solve P'VP w + mu = 0, 1'w = 1 with P the columns of S. With q solving the same system
    for the gradient of the loss in w, the loss moves with v_k by -(P q)_k (P w)_k.
    """
    solve = simplex.under(away)

    def slope(theta: Array) -> tuple[float, Array]:
        v = 10.0 ** (theta - theta.max())
        corral, w = solve(np.sqrt(v))
        p, z = away[:, corral], measured[:, corral]
        gap = z @ w
        loss = float(gap @ gap) / len(gap)
        if len(corral) == 1:
            return loss, np.zeros(len(v))
        back = np.linalg.pinv(np.sqrt(v)[:, None] * (p[:, 1:] - p[:, :1]))
        q = back @ (back.T @ ((z[:, 1:] - z[:, :1]).T @ gap)) * (2 / len(gap))
        return loss, -((p[:, 1:] - p[:, :1]) @ q) * (p @ w) * v * np.log(10.0)

    return slope


def _promise(away: Array, weights: Array) -> Array:
    """(J, k): times v, how much worse than the weights each donor is as a direction to go; scaled to one.

    Weights are optimal at v when no donor promises anything: sum_k v_k r_k (x_jk - r_k) >= 0 for every donor j, and
    = 0 for those in use, with r the predictor gaps under the weights. This is linear in v.
    """
    r = away @ weights
    promise: Array = (r[:, None] * (away - r[:, None])).T
    return promise / (np.abs(promise).max() or 1.0)


def _proposed(away: Array, ideal: Array) -> Array:
    """log10 of the v under which the weights of the bound come nearest to being optimal: the least violation."""
    from scipy.optimize import linprog

    k = len(away)
    promise = _promise(away, ideal)
    rows = np.vstack([-promise, promise[ideal > 0]])
    answer = linprog(
        np.append(np.zeros(k), 1.0),
        A_ub=np.column_stack([rows, -np.ones(len(rows))]),
        b_ub=np.zeros(len(rows)),
        A_eq=np.append(np.ones(k), 0.0)[None],
        b_eq=[1.0],
        bounds=[(10.0**DEEPEST, 1.0)] * k + [(0.0, None)],
    )
    v = np.ones(k) if answer.x is None else np.maximum(answer.x[:k], 0.0)
    start: Array = np.log10(np.maximum(v / v.max(), 10.0**DEEPEST))
    return start


def _range(v: Array, away: Array, weights: Array) -> Array:
    """(k, 2) least and most of each importance among those that sum to one and keep the weights optimal."""
    from scipy.optimize import linprog

    promise = _promise(away, weights)
    rows = np.vstack([-promise, promise[weights > 0]])
    slack = np.maximum(rows @ v, 0.0) + 1e-9  # v itself must pass, rounding and all
    ends = [
        linprog(sign * unit, A_ub=rows, b_ub=slack, A_eq=np.ones((1, len(v))), b_eq=[1.0], bounds=(0.0, 1.0))
        for unit in np.eye(len(v))
        for sign in (1.0, -1.0)
    ]
    reach = np.array([np.nan if end.fun is None else abs(end.fun) for end in ends]).reshape(-1, 2)
    return np.column_stack([np.fmin(reach[:, 0], v), np.fmax(reach[:, 1], v)])


def _distinct(ends: Sequence[Array], away: Array, measured: Array, after: Array) -> tuple[Optimum, ...]:
    """End points that differ in their weights, best first."""
    seen = []
    for theta in ends:
        v = 10.0 ** (theta - theta.max())
        weights, _ = _weights(v, away)
        loss = float(np.mean((measured @ weights) ** 2))
        seen.append(Optimum(loss, v / v.sum(), weights, float(-(weights @ after).mean())))
    found: list[Optimum] = []
    for o in sorted(seen, key=lambda o: o.loss):
        if all(np.abs(o.weights - f.weights).max() > SAME_WEIGHTS for f in found):
            found.append(o)
    return tuple(found)
