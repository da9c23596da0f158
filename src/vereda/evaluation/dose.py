"""Effects of how much: hectares eradicated per hectare, not only whether.

Callaway, Goodman-Bacon & Sant'Anna (2024), Difference-in-Differences with a Continuous Treatment,
arXiv:2107.02637. ATT(d) is the effect of dose d on places that had it; its slope is the average causal response, ACRT(d), which
compares places of different doses and so needs strong parallel trends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.event_study import EventStudy, least_squares
from vereda.evaluation.panel import Array, Codes, Mask, Panel
from vereda.evaluation.regression_design import cohorts, standardised
from vereda.evaluation.results import Estimates
from vereda.evaluation.threads import one_blas_thread

QUANTILES = np.arange(
    0.05, 0.951, 0.05
)  # of the positive doses, where the curve is read unless told otherwise


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """Effect by dose and its slope, for m outcomes.

    grid (d,): doses. att (d, m): in the unit of the outcome. acrt (d, m): per unit of dose. overall (2, m): means of
    ATT and ACRT over the doses that exposed places had. knots: of the spline, inside the range of doses.
    places (c,), cohort (c,): exposed places behind it, by the first exposed year.
    """

    grid: Array
    att: Estimates
    acrt: Estimates
    overall: Estimates
    knots: Array
    cohort: Array
    places: Codes


@dataclass(frozen=True, slots=True)
class DoseBins:
    """Mean effect on the places of each bin, (b, m); edges (b + 1,), places (b,) and their mean dose (b,)."""

    effects: Estimates
    edges: Array
    places: Codes
    mean_dose: Array


@dataclass(frozen=True, slots=True)
class _Cell:
    """Changes of one cohort to one year, for one outcome, on places with both values."""

    weight: float  # of the year among those averaged, within the cohort
    exposed: Codes
    change: Array
    controls: Codes
    control_change: Array


def dose_response(
    panel: Panel,
    dose: Array,
    *,
    grid: Array | None = None,
    degree: int = 3,
    knots: int = 0,
    control: str = "never",
    horizons: Sequence[int] | None = None,
) -> DoseResponse:
    """ATT(d) and ACRT(d) by a B-spline in the dose (n,) of exposed places, less the change of places without dose.

    For cohort g and year t, regress y_t - y_(g-1) on the spline among exposed places: ATT(d | g, t) is its value at d
    less the mean change of the controls, ACRT(d | g, t) its derivative. Years are averaged within a cohort, cohorts
    by their share of the exposed places, at every d (the convention of the authors' contdid). Knots lie at equally
    spaced quantiles of the positive doses; degree 3 with none is a cubic polynomial. control: "never" (dose zero) or
    "not-yet" (also those exposed later). horizons: years since exposure to average, all from 0 on unless named;
    negative ones (below -1) give the same curve before exposure, which should be flat at zero.

    Influence carries the sampling of the spline, of the controls, of the doses and of the cohorts' shares. In each
    year only places with a value then and in the year before exposure enter. Raises BadDesign when dose and `first`
    contradict each other, no place is without dose, a dose of the grid lies outside what was seen, or a cohort has
    too few different doses for the spline.
    """
    start, cohort, dose = _checked(panel, dose, control)
    exposed = (start < len(panel.years))[cohort]
    if degree < 1 or knots < 0:
        raise BadDesign(f"The spline needs degree 1 or more and 0 or more knots; got {degree} and {knots}.")
    spline = _knots(dose[exposed], degree, knots)
    inside = spline[degree + 1 : len(spline) - degree - 1]
    grid = np.unique(np.quantile(dose[exposed], QUANTILES)) if grid is None else np.asarray(grid, dtype=float)
    if grid.ndim != 1 or len(grid) == 0 or not ((grid >= spline[0]) & (grid <= spline[-1])).all():
        raise BadDesign(f"The grid must lie within the doses seen, {spline[0]:g} to {spline[-1]:g}.")
    basis, slope = _basis(spline, degree, dose), _basis(spline, degree, dose, 1)
    size = basis.shape[1]
    averaged = _averaged(start, cohort, len(panel.years), horizons)
    with one_blas_thread():
        done = [
            _pooled(_curve(panel, j, start, cohort, averaged, control, basis, slope), start, cohort, averaged)
            for j in range(len(panel.outcomes))
        ]
    value, influence = np.stack([d[0] for d in done], axis=-1), np.stack([d[1] for d in done], axis=-1)
    level = np.hstack([_basis(spline, degree, grid), -np.ones((len(grid), 1))])
    change = np.hstack([_basis(spline, degree, grid, 1), np.zeros((len(grid), 1))])
    label = tuple(f"{d:.6g}" for d in grid)
    used = np.array([len(averaged[g]) > 0 for g in range(len(start))])
    return DoseResponse(
        grid,
        _mapped(label, level, value[: size + 1], influence[:, : size + 1]),
        _mapped(label, change, value[: size + 1], influence[:, : size + 1]),
        Estimates(("att", "acrt"), value[size + 1 :], influence[:, size + 1 :]),
        inside,
        panel.years[0] + start[used].astype(float),
        np.bincount(cohort, minlength=len(start))[used],
    )


def binned_dose(
    panel: Panel,
    dose: Array,
    bins: int | Array = 4,
    *,
    control: str = "never",
    horizons: Sequence[int] | None = None,
) -> DoseBins:
    """Mean effect on places by bin of dose: no shape assumed, fewer places behind each number.

    bins: how many, cut at quantiles of the positive doses, or their edges (b + 1,), which must hold every positive
    dose; a bin holds its lower edge, the last one both. A place's effect is the mean over `horizons` of its change
    since the year before exposure less that of the controls. Other arguments and errors as `dose_response`.
    """
    start, cohort, dose = _checked(panel, dose, control)
    exposed = (start < len(panel.years))[cohort]
    edges = _edges(dose[exposed], bins)
    number = np.clip(np.searchsorted(edges, dose, side="right") - 1, 0, len(edges) - 2)
    averaged = _averaged(start, cohort, len(panel.years), horizons)
    label = tuple(f"[{a:.6g}, {b:.6g}{')' if b < edges[-1] else ']'}" for a, b in pairwise(edges))
    some = exposed & np.array([len(a) > 0 for a in averaged])[cohort]
    members = [some & (number == k) for k in range(len(label))]
    if empty := [label[k] for k, m in enumerate(members) if not m.any()]:
        raise BadDesign(f"No exposed place has a dose in {', '.join(empty)}. Use fewer bins or other edges.")
    with one_blas_thread():
        done = [
            [_bin(panel, j, start, cohort, averaged, control, m) for m in members]
            for j in range(len(panel.outcomes))
        ]
    effects = Estimates(
        label,
        np.array([[d[0] for d in row] for row in done]).T,
        np.stack([np.column_stack([d[1] for d in row]) for row in done], axis=-1),
    )
    return DoseBins(
        effects,
        edges,
        np.array([m.sum() for m in members]),
        np.array([dose[m].mean() for m in members]),
    )


def linear_dose(
    panel: Panel,
    dose: Array,
    leads: int | None = None,
    lags: int | None = None,
    *,
    reference: int = -1,
    covariates_by_year: bool = False,
) -> EventStudy:
    """Least squares with place and year effects, dose x event time: effects per unit of dose (`events`), and dose x
    exposed (`overall`).

    What most papers run. It is the effect per unit only if the response is a straight line through zero; otherwise
    a mixture of slopes and levels whose weights follow the spread of doses, not their number (the paper's section on
    two-way fixed effects), so it is reported beside `dose_response`, not in its place. Arguments, gaps and errors as `event_study.twfe`.
    """
    _, _, dose = _checked(panel, dose, "never")
    x = np.column_stack([np.ones(len(dose)), dose])
    if not covariates_by_year:
        return least_squares(panel, x, 1, 1, leads, lags, reference, {})
    if panel.covariates.shape[1] == 0:
        raise BadDesign("covariates_by_year is asked for, and the panel has no covariates.")
    x = np.column_stack([x[:, :1], standardised(panel.covariates, panel.covariate_names), dose])
    return least_squares(panel, x, x.shape[1] - 1, x.shape[1] - 1, leads, lags, reference, {})


def _checked(panel: Panel, dose: Array, control: str) -> tuple[Codes, Codes, Array]:
    dose = np.asarray(dose, dtype=float)
    if dose.shape != panel.first.shape or not np.isfinite(dose).all() or (dose < 0).any():
        raise BadDesign(f"dose: one number of zero or more for each of the {len(panel.first)} places.")
    if control not in ("never", "not-yet"):
        raise BadDesign(f"control is {control!r}; it is 'never' or 'not-yet'.")
    wrong = (dose > 0) != np.isfinite(panel.first)
    if wrong.any():
        names = ", ".join(np.array(panel.places)[wrong][:5])
        raise BadDesign(
            f"dose and first exposed year contradict each other in {int(wrong.sum())} places ({names}): a place has a "
            "positive dose exactly when it has a first exposed year."
        )
    start, cohort = cohorts(panel.first, panel.years)
    if (start <= 0).any():
        names = ", ".join(np.array(panel.places)[(start <= 0)[cohort]][:5])
        raise BadDesign(
            f"Places are exposed from the first year on, with no year before: {names}. Leave them out."
        )
    if control == "never" and not (start == len(panel.years)).any():
        raise BadDesign(
            "Every place has a dose: without places at zero ATT(d) has no level, only differences between doses. "
            "With staggered exposure control='not-yet' may serve."
        )
    return start, cohort, dose


def _averaged(start: Codes, cohort: Codes, span: int, horizons: Sequence[int] | None) -> list[list[int]]:
    """For each cohort the years (positions) to average; empty for the never exposed."""
    if horizons is not None and (len(horizons) == 0 or -1 in horizons):
        raise BadDesign(
            "horizons must name years since exposure, and not -1, which is the year compared with."
        )
    years = [
        [t for t in range(span) if s < span and (t >= s if horizons is None else t - s in horizons)]
        for s in start
    ]
    if not any(years):
        raise BadDesign(f"No exposed cohort reaches the horizons {horizons}.")
    return years


def _cell(
    panel: Panel, j: int, start: Codes, cohort: Codes, g: int, t: int, control: str, weight: float
) -> _Cell:
    """Changes since the year before exposure, of cohort g and of its controls."""
    base, span = int(start[g]) - 1, len(panel.years)
    change = panel.y[:, t, j] - panel.y[:, base, j]
    clean = start == span if control == "never" else (start > max(t, base)) & (start != start[g])
    exposed = np.flatnonzero((cohort == g) & np.isfinite(change))
    controls = np.flatnonzero(clean[cohort] & np.isfinite(change))
    if len(exposed) == 0 or len(controls) < 2:
        raise BadDesign(
            f"outcome {panel.outcomes[j]}: in {panel.years[t]:.0f} the cohort of {panel.years[0] + start[g]:.0f} has "
            f"{len(exposed)} places and {len(controls)} controls with values then and in the year before exposure. "
            "Leave out the cohort, or choose horizons that both have."
        )
    return _Cell(weight, exposed, change[exposed], controls, change[controls])


def _curve(
    panel: Panel,
    j: int,
    start: Codes,
    cohort: Codes,
    averaged: list[list[int]],
    control: str,
    basis: Array,
    slope: Array,
) -> list[tuple[Array, Array]]:
    """For each cohort (spline, control mean, ATT, ACRT) averaged over its years, and their influence (n, K + 3)."""
    out = []
    for g, years in enumerate(averaged):
        value, influence = np.zeros(basis.shape[1] + 3), np.zeros((len(basis), basis.shape[1] + 3))
        for t in years:
            cell = _cell(panel, j, start, cohort, g, t, control, 1.0 / len(years))
            of_cell, moved = _spline_fit(cell, basis, slope, panel.years[0] + start[g])
            value += cell.weight * of_cell
            influence[cell.exposed] += cell.weight * moved
            away = cell.weight * (cell.control_change - cell.control_change.mean()) / len(cell.controls)
            influence[cell.controls, -3] += away
            influence[cell.controls, -2] -= away
        out.append((value, len(basis) * influence))
    return out


def _spline_fit(cell: _Cell, basis: Array, slope: Array, year: float) -> tuple[Array, Array]:
    """(K + 3,) spline, control mean, ATT and ACRT of one cell, and what each exposed place moves them by."""
    b, s, count = basis[cell.exposed], slope[cell.exposed], len(cell.exposed)
    left, singular, right = np.linalg.svd(b, full_matrices=False)
    if count <= b.shape[1] or singular[-1] < 1e-8 * singular[0]:
        raise BadDesign(
            f"The {count} places of the cohort of {year:.0f} have too few different doses, or none in a stretch of "
            f"the curve, for a spline with {b.shape[1]} terms. Use a lower degree, fewer knots, or bins."
        )
    inverse = (right.T / singular) @ left.T  # (K, count)
    coefficient = inverse @ cell.change
    residual = cell.change - b @ coefficient
    att, acrt = cell.change.mean(), s @ coefficient
    moved = np.zeros((count, b.shape[1] + 3))
    moved[:, :-3] = (inverse * residual).T
    moved[:, -2] = (cell.change - att) / count
    moved[:, -1] = (acrt - acrt.mean()) / count + moved[:, :-3] @ s.mean(axis=0)
    level = cell.control_change.mean()
    return np.concatenate([coefficient, [level, att - level, acrt.mean()]]), moved


def _pooled(
    per_cohort: list[tuple[Array, Array]], start: Codes, cohort: Codes, averaged: list[list[int]]
) -> tuple[Array, Array]:
    """Mean over cohorts by their share of the exposed places, with the error of the shares."""
    some = np.array([len(years) > 0 for years in averaged])
    counts = np.where(some, np.bincount(cohort, minlength=len(start)), 0)
    share = counts / counts.sum()
    values = np.stack([v for v, _ in per_cohort])
    value = share @ values
    influence = np.tensordot(share, np.stack([i for _, i in per_cohort]), axes=1)
    influence += len(cohort) / counts.sum() * np.where(some[cohort, None], values[cohort] - value, 0.0)
    return value, influence


def _bin(
    panel: Panel, j: int, start: Codes, cohort: Codes, averaged: list[list[int]], control: str, member: Mask
) -> tuple[float, Array]:
    """Mean effect on the places of one bin and its influence (n,)."""
    counts = np.bincount(cohort[member], minlength=len(start))
    n, effect, influence = len(cohort), np.zeros(len(start)), np.zeros(len(cohort))
    for g in np.flatnonzero(counts):
        share = counts[g] / counts.sum()
        for t in averaged[g]:
            cell = _cell(panel, j, start, cohort, int(g), t, control, 1.0 / len(averaged[g]))
            change = cell.change[member[cell.exposed]]
            if len(change) == 0:
                raise BadDesign(
                    f"outcome {panel.outcomes[j]}: a bin of doses has no place with a value in {panel.years[t]:.0f} "
                    f"in the cohort of {panel.years[0] + start[g]:.0f}. Use fewer bins or other horizons."
                )
            effect[g] += cell.weight * (change.mean() - cell.control_change.mean())
            of_bin = cell.exposed[member[cell.exposed]]
            influence[of_bin] += n * share * cell.weight * (change - change.mean()) / len(change)
            level = cell.control_change - cell.control_change.mean()
            influence[cell.controls] -= n * share * cell.weight * level / len(cell.controls)
    value = float(counts @ effect / counts.sum())
    influence += n / counts.sum() * np.where(member, effect[cohort] - value, 0.0)
    return value, influence


def _knots(doses: Array, degree: int, inner: int) -> Array:
    """Knots with the ends repeated, so that the spline is free at both."""
    low, high = doses.min(), doses.max()
    inside = np.quantile(doses, np.linspace(0, 1, inner + 2)[1:-1])
    if low == high or (np.diff(np.concatenate([[low], inside, [high]])) <= 0).any():
        raise BadDesign(
            f"Exposed places have doses from {low:g} to {high:g}, too few different ones for {inner} knots. Use fewer, "
            "or bins; with a single dose there is only an effect, no response."
        )
    return np.concatenate([np.full(degree + 1, low), inside, np.full(degree + 1, high)])


def _basis(knots: Array, degree: int, doses: Array, derivative: int = 0) -> Array:
    """Spline terms (n, K) or their derivatives; doses outside the knots (zero) are clipped, and not used."""
    from scipy.interpolate import BSpline  # here, because it is slow to load

    terms = BSpline(knots, np.eye(len(knots) - degree - 1), degree)
    at = np.clip(doses, knots[0], knots[-1])
    return np.asarray(terms.derivative(derivative)(at) if derivative else terms(at))


def _edges(doses: Array, bins: int | Array) -> Array:
    if np.ndim(bins) == 0:
        count = int(bins)
        if count < 1:
            raise BadDesign(f"bins is {count}; at least one is needed.")
        edges = np.quantile(doses, np.linspace(0, 1, count + 1))
    else:
        edges = np.asarray(bins, dtype=float)
    if len(edges) < 2 or (np.diff(edges) <= 0).any() or doses.min() < edges[0] or doses.max() > edges[-1]:
        raise BadDesign(
            f"Edges of the bins must increase and hold all positive doses, {doses.min():g} to {doses.max():g}; they "
            f"are {', '.join(f'{e:g}' for e in edges)}. Many equal doses need fewer bins, or edges of your own."
        )
    return edges


def _mapped(label: tuple[str, ...], rows: Array, value: Array, influence: Array) -> Estimates:
    return Estimates(label, rows @ value, np.einsum("dk,nkm->ndm", rows, influence))
