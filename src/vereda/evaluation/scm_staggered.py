"""Synthetic control where places are exposed in different years: partially pooled.

Ben-Michael, Feller & Rothstein (2022), Synthetic controls with staggered adoption, Journal of the Royal Statistical
Society B 84(2), 351-381: one weight vector for each cohort, balancing each cohort and their average.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation import simplex
from vereda.evaluation.certificate import Certificate, certified
from vereda.evaluation.panel import Array, Codes, Mask
from vereda.evaluation.synthetic_control import complete, exposed_rows
from vereda.evaluation.threads import one_blas_thread

MATCHED = 1e-8  # imbalances this small beside the farthest donor are none
MOST_POOLED = (
    0.999  # the heuristic asks for 1 when one group alone has an imbalance; then weights are not determined
)


@dataclass(frozen=True, slots=True)
class StaggeredFit:
    """Partially pooled synthetic control of G groups: cohorts, or places one by one.

    first (G,): year of exposure; places (G,): how many. weights (G, n): over the places of the panel. gap (G, T):
    mean of the group minus its synthetic control, net of the means before where demeaned. event_time (H,): 0 in the
    year of exposure. effect (G, H): nan where the panel has ended. average (H,): over groups by number of places.
    nu: weight on the average. imbalance: root mean squared gap before, (of the average, of the groups), on the scale
    of sums over places, as augsynth reports it; separate: the same at nu = 0. left_out: rows never used, for gaps.
    """

    first: Array
    places: Codes
    weights: Array
    gap: Array
    event_time: Codes
    effect: Array
    average: Array
    nu: float
    imbalance: tuple[float, float]
    separate: tuple[float, float]
    certificate: Certificate
    left_out: Codes

    @property
    def att(self) -> float:
        """Mean of the averages over event time."""
        return float(np.nanmean(self.average))


@dataclass(frozen=True, slots=True)
class _Group:
    """One block: rows exposed, rows of donors, years before, and both sides over the lags that are balanced."""

    rows: Codes
    pool: Codes
    before: int
    target: Array
    points: Array


def staggered(
    y: Array,
    years: Array,
    first: Array,
    nu: float | None = None,
    leads: int | None = None,
    lags: int | None = None,
    demean: bool = True,
    by_place: bool = False,
    donors: Mask | None = None,
    names: Sequence[str] | None = None,
) -> StaggeredFit:
    """Partially pooled synthetic control of places exposed in different years.

    With x_g the mean of the n_g places of group g before exposure and X_g its donors,

        min over simplex weights w_g of
            nu |sum_g n_g (x_g - X_g w_g)|^2 / (L G^2 q_pool^2)
            + (1 - nu) sum_g |n_g (x_g - X_g w_g)|^2 / (L_g G q_sep^2)

    aligned by years to exposure, q_pool and q_sep being the imbalances at nu = 0.

    y (n, T), years (T,), first (n,) first exposed year, inf = never. nu in [0, 1): 0 fits each group alone; by
    default the paper's ratio of the norm of the average imbalance to the average norm, at most 0.999. leads: years of effect, by
    default those the last cohort has. lags: years before that are balanced, by default all. demean: subtract each
    place's mean before (the paper's intercept shift). by_place: a group for each place instead of each cohort.
    donors (n,): rows that may serve; those exposed within leads years after the group never do. Rows with a gap take
    no part; an exposed one raises, as do an exposed place with no year before (two if demeaned), a group without
    donors, and nu = 1, whose weights are not determined.
    """
    y, years, first = (np.asarray(v, dtype=float) for v in (y, years, first))
    _fit_together(y, years, first, nu)
    start = np.searchsorted(years, first)  # years before exposure; T for those never exposed in the panel
    exposed = exposed_rows(y, np.flatnonzero(start < y.shape[1]), names)
    last, most = int(start[exposed].max()), y.shape[1] - int(start[exposed].min())
    leads = y.shape[1] - last if leads is None else leads
    if not 1 <= leads <= most or (lags is not None and lags < 1):
        raise BadDesign(f"leads lies between 1 and the {most} years of the first group, lags is at least 1.")
    able = complete(y) & (np.ones(len(y), dtype=bool) if donors is None else np.asarray(donors, dtype=bool))
    later = np.where(np.isfinite(first) & (start < y.shape[1]), start, np.iinfo(np.int64).max)
    members = [exposed[[k]] for k in range(len(exposed))] if by_place else _cohorts(exposed, start)
    groups = [
        _group(y, rows, int(start[rows[0]]), able & (later > start[rows[0]] + leads), lags, demean)
        for rows in members
    ]
    with one_blas_thread():
        found, chosen, imbalance, separate, certificate = _pooled(groups, lags or last, nu)
    weights = np.zeros((len(groups), len(y)))
    gap = np.empty((len(groups), y.shape[1]))
    for k, (g, w) in enumerate(zip(groups, found, strict=True)):
        weights[k, g.pool] = w
        gap[k] = y[g.rows].mean(axis=0) - w @ y[g.pool]
        gap[k] -= gap[k, : g.before].mean() if demean else 0.0
    effect = np.full((len(groups), leads), np.nan)
    for k, g in enumerate(groups):
        effect[k, : y.shape[1] - g.before] = gap[k, g.before : g.before + leads]
    places = np.array([len(g.rows) for g in groups])
    seen = ~np.isnan(effect) * places[:, None]
    average = np.nansum(effect * places[:, None], axis=0) / seen.sum(axis=0)
    return StaggeredFit(
        first[[g.rows[0] for g in groups]], places, weights, gap, np.arange(leads), effect, average, chosen,
        imbalance, separate, certificate, np.flatnonzero(~complete(y)),
    )  # fmt: skip


def _fit_together(y: Array, years: Array, first: Array, nu: float | None) -> None:
    if y.ndim != 2 or years.shape != y.shape[1:] or first.shape != y.shape[:1]:
        raise BadDesign(
            f"Shapes do not fit: outcome {y.shape}, years {years.shape}, first exposure {first.shape}."
        )
    if np.isinf(y).any() or np.isnan(first).any() or (np.diff(years) <= 0).any():
        raise BadDesign(
            "Outcomes are finite or missing, first exposures are years or inf, and years increase."
        )
    if not (first <= years[-1]).any():
        raise BadDesign("No place is exposed within the years of the panel.")
    if nu is not None and not 0 <= nu < 1:
        raise BadDesign(
            f"nu lies in [0, 1); it came as {nu}. At 1 only the average is balanced and the weights of a group are "
            "not determined: 0.99 pools as much as can be told apart."
        )


def _cohorts(exposed: Codes, start: Codes) -> list[Codes]:
    return [exposed[start[exposed] == s] for s in np.unique(start[exposed])]


def _group(y: Array, rows: Codes, before: int, able: Mask, lags: int | None, demean: bool) -> _Group:
    """One block over its last `lags` years before exposure."""
    able = able.copy()
    able[rows] = False
    if before < (2 if demean else 1):
        raise BadDesign(
            f"{len(rows)} places are exposed in year {before + 1} of the panel: "
            f"{'two years' if demean else 'a year'} before exposure are needed{' to demean' if demean else ''}. "
            "Leave them out, or begin the panel earlier."
        )
    if not able.any():
        raise BadDesign(
            f"The places exposed after {before} years have no donor that stays unexposed long enough."
        )
    pool = np.flatnonzero(able)
    past = y[:, :before] - (y[:, :before].mean(axis=1, keepdims=True) if demean else 0.0)
    past = past[:, -(lags or before) :]
    return _Group(rows, pool, before, past[rows].mean(axis=0), np.ascontiguousarray(past[pool].T))


def _imbalances(groups: Sequence[_Group], found: Sequence[Array], lags: int) -> Array:
    """(G, L) exposed minus synthetic, summed over places, the year before exposure last, nought where there is none."""
    out = np.zeros((len(groups), lags))
    for k, (g, w) in enumerate(zip(groups, found, strict=True)):
        out[k, lags - len(g.target) :] = len(g.rows) * (g.target - g.points @ w)
    return out


def _norms(m: Array, balanced: Array) -> tuple[float, float]:
    """Root mean squared imbalance of the average and of the groups."""
    pool = np.sqrt((m.mean(axis=0) ** 2).mean())
    return float(pool), float(np.sqrt(((m**2).sum(axis=1) / balanced).mean()))


def _pooled(
    groups: Sequence[_Group], lags: int, nu: float | None
) -> tuple[list[Array], float, tuple[float, float], tuple[float, float], Certificate]:
    """Weights of every group, nu, imbalances now and at nu = 0, and the proof."""
    lags = min(lags, max(len(g.target) for g in groups))
    balanced = np.array([len(g.target) for g in groups], dtype=float)
    alone = [simplex.nearest(g.target, g.points, "Synthetic control of one group") for g in groups]
    found, proofs = [w for w, _ in alone], [c for _, c in alone]
    m = _imbalances(groups, found, lags)
    separate = _norms(m, balanced)
    norm = float(np.sqrt((m**2).sum(axis=1)).mean())
    reach = max(float(np.abs(g.points - g.target[:, None]).max()) * len(g.rows) for g in groups)
    matched = min(separate) <= MATCHED * reach  # nothing left to balance, or to trade
    if nu is None:
        nu = 0.0 if matched else min(MOST_POOLED, float(np.sqrt((m.mean(axis=0) ** 2).sum()) / norm))
    if nu == 0.0 or matched or len(groups) == 1:
        whole = Certificate(
            simplex.SOLVER,
            max(c.gap for c in proofs),
            max(c.infeasibility for c in proofs),
            sum(c.iterations for c in proofs),
            all(c.unique for c in proofs),
        )
        return found, nu, separate, separate, whole
    alpha = nu / (separate[0] ** 2 * len(groups) ** 2 * lags)
    beta = (1 - nu) / (separate[1] ** 2 * len(groups) * balanced)
    found, certificate = _newton(groups, lags, alpha, beta)
    return found, nu, _norms(_imbalances(groups, found, lags), balanced), separate, certificate


def _newton(
    groups: Sequence[_Group], lags: int, alpha: float, beta: Array
) -> tuple[list[Array], Certificate]:
    """Weights for: alpha |sum of imbalances|^2 + sum of beta |imbalance|^2.

    Only the sum ties the groups together. With a price u (L,) on it they come apart, each a simplex problem whose
    target is moved by u / (2 beta n): the dual is concave and piecewise quadratic in L unknowns, and semismooth Newton
    climbs it in a few steps. Where it oversteps, because a fold lies between, its curvature is drawn towards the most
    there can be anywhere, under which no step can. The certificate is the gap of the whole, from the weights alone.
    """
    most = np.full(lags, 1 / (2 * alpha))
    for g, each in zip(groups, beta, strict=True):
        most[lags - len(g.target) :] += 1 / (2 * each)
    base, rise, caution, steps = np.zeros(lags), 0.0, 0.0, 0
    move: Array = np.zeros(lags)
    slope, curve = np.zeros(lags), np.diag(most)
    best: tuple[list[Array], float, bool] = ([], np.inf, False)
    while steps < 500:
        steps += 1
        found, unique, ahead, bend = _dual(groups, base + move, alpha, beta)
        gap = _whole_gap(groups, found, lags, alpha, beta)
        settled = gap <= 1e-14 or best[1] <= min(gap, 1e-10)
        best = (found, gap, unique) if gap < best[1] else best
        if settled:
            break
        if ahead @ move >= -1e-9 * rise:
            base, slope, curve = base + move, ahead, bend
            caution = caution / 10 if caution > 1e-4 else 0.0
        else:
            caution = min(1.0, max(1e-4, 4 * caution))
        drawn = (1 - caution) * curve + caution * np.diag(most)
        move = np.asarray(np.linalg.solve(drawn, slope), dtype=float)
        rise = float(slope @ move)
    found, gap, unique = best
    off = max(max(abs(float(w.sum()) - 1.0), -float(w.min())) for w in found)
    certificate = Certificate("dual semismooth Newton", gap, off, steps, unique)
    return found, certified(certificate, "Partially pooled synthetic control")


def _dual(
    groups: Sequence[_Group], u: Array, alpha: float, beta: Array
) -> tuple[list[Array], bool, Array, Array]:
    """At price u: weights, whether they are unique, the slope of the dual, and minus its curvature."""
    lags = len(u)
    slope, curve = -u / (2 * alpha), np.eye(lags) / (2 * alpha)
    found, unique = [], True
    for g, each in zip(groups, beta, strict=True):
        part = slice(lags - len(g.target), lags)
        moved = g.target + u[part] / (2 * each * len(g.rows))
        w, proof = simplex.nearest(moved, g.points, "Synthetic control of one group")
        m = len(g.rows) * (g.target - g.points @ w)
        slope[part] += m
        curve[part, part] += _plane(g.points[:, w > 0]) / (2 * each)
        found.append(w)
        unique = unique and bool(proof.unique)
    return found, unique, slope, curve


def _plane(corral: Array) -> Array:
    """Projection on the directions in which a corral spans."""
    if corral.shape[1] == 1:
        return np.zeros((len(corral), len(corral)))
    q = np.linalg.qr(corral[:, 1:] - corral[:, :1])[0]
    onto: Array = q @ q.T
    return onto


def _whole_gap(
    groups: Sequence[_Group], found: Sequence[Array], lags: int, alpha: float, beta: Array
) -> float:
    """What the objective could still fall, at most: the objective is about one at the separate fits."""
    m = _imbalances(groups, found, lags)
    total, gap = m.sum(axis=0), 0.0
    for g, w, own, each in zip(groups, found, m, beta, strict=True):
        part = slice(lags - len(g.target), lags)
        slope = -2 * len(g.rows) * ((alpha * total + each * own)[part] @ g.points)
        gap += float(slope @ w - slope.min())
    return max(gap, 0.0)
