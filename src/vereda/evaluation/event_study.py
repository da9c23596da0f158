"""Event studies by least squares with place and year effects: two-way fixed effects, and Sun & Abraham's weights.

Every regressor here is a function of cohort and year (times one number of the place), so no matrix of rows x
columns is ever built: place effects are eliminated exactly, place by place, which leaves a small system in the
years and the coefficients (the Schur complement). Places without gaps enter it through their cohort alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Codes, Panel
from vereda.evaluation.results import Estimates
from vereda.evaluation.threads import one_blas_thread, side_by_side

Mask = NDArray[np.bool_]
COLLINEAR = 1e-10  # an eigenvalue of the scaled system below this is a direction the data say nothing about
CHUNKS = 4  # of places or rows; fixed, so that sums come in the same order on any machine


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Effects by years since first exposure, for m outcomes, in the unit of each outcome.

    events: p event times; event_time (p,), where the ends of a binned study stand for themselves and beyond.
    overall: one number (1, m): the static coefficient of `twfe`, the mean over exposed cells of the others.
    places (p, m): exposed places with a value at that event time. observations (m,): values used.
    parameters, overall_parameters (m,): coefficients estimated beside place effects, for `crv1`.
    """

    events: Estimates
    event_time: Codes
    overall: Estimates
    places: Codes
    observations: Codes
    parameters: Codes
    overall_parameters: Codes


@dataclass(frozen=True, slots=True)
class LongEventStudy:
    """One outcome from a long table: coefficients (p,) and their covariance (p, p) without small-sample factor."""

    label: tuple[str, ...]
    event_time: Codes
    value: Array
    covariance: Array
    observations: int
    parameters: int
    places: int
    clusters: int

    def se(self, small_sample: bool = True) -> Array:
        """Standard errors (p,); with the factor of `crv1` unless told otherwise."""
        factor = crv1(self.observations, self.parameters, self.clusters) if small_sample else 1.0
        return np.sqrt(factor * np.diag(self.covariance))


@dataclass(frozen=True, slots=True)
class Joint:
    """Test that several coefficients are all zero: F statistic (m,), degrees of freedom, p (m,)."""

    statistic: Array
    numerator: int
    denominator: int
    p: Array


@dataclass(frozen=True, slots=True)
class Design:
    """A regression on place effects, year effects and P coefficients, each carried by cells of cohort x year.

    start (C,): position of each cohort's first exposed year, T for never. cohort (n,): which cohort a place is of.
    until (C,): the cells of a cohort from this position on are not used. column (C, T): the coefficient that a cell
    carries, -1 for none. x (n, q): numbers of the place, the first one 1; the first `by_year` of them have an effect
    of their own in each year, and column `carrier` multiplies the P coefficients.
    """

    start: Codes
    cohort: Codes
    until: Codes
    column: Codes
    label: tuple[str, ...]
    x: Array
    by_year: int = 1
    carrier: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients (P,), the influence (n, P) of each place, and what the small-sample factor needs."""

    value: Array
    influence: Array
    observations: int
    parameters: int


@dataclass(frozen=True, slots=True)
class Moments:
    """What the places of each cohort say about the years.

    gram[g, k, l] = sum over places of x_k x_l (diag(w) - w w' / sum(w)), w marking the years with a value: what is
    left of the years when place effects are eliminated, (C, q, q, T, T). right (C, q, T): sum of x_k times outcomes
    less their mean. seen (C, T): values in each cell. places, values: those that inform, of places with two or more.
    """

    gram: Array
    right: Array
    seen: Array
    places: int
    values: int


# -- what a person calls ------------------------------------------------------------------------------------------


def twfe(
    panel: Panel,
    leads: int | None = None,
    lags: int | None = None,
    *,
    reference: int = -1,
    covariates_by_year: bool = False,
    controls: Mapping[str, Array] | None = None,
) -> EventStudy:
    """Least squares with place and year effects: exposed or not (`overall`), and by years since exposure (`events`).

    y_it = a_i + b_t + sum over k of beta_k 1{t - first_i = k} + e_it, without k = reference. `leads` and `lags` bin
    the ends: k <= -leads is one coefficient, k >= lags another; without them every event time has its own.
    Never-exposed places, and places first exposed after the last year, have no event time. controls: (n, T) each,
    changing over time. covariates_by_year: each covariate of the panel has a coefficient in each year.
    Missing outcomes are left out exactly, cell by cell; a place with fewer than two values informs nothing.

    With effects that differ between cohorts the coefficients mix event times, with weights that can be negative
    (Sun & Abraham 2021; Goodman-Bacon 2021; both Journal of Econometrics 225(2)): it is here because readers ask for
    it. Places exposed from the first year on stay in, and serve as such a comparison.

    Raises BadDesign where a coefficient cannot be told from place and year effects, or an outcome has no value at
    an event time.
    """
    x, by_year = _carriers(panel, covariates_by_year)
    return least_squares(panel, x, by_year, 0, leads, lags, reference, _stacked(controls, panel))


def least_squares(
    panel: Panel,
    x: Array,
    by_year: int,
    carrier: int,
    leads: int | None,
    lags: int | None,
    reference: int,
    controls: Mapping[str, Array],
) -> EventStudy:
    """The event study of `twfe` with column `carrier` of x (n, q) multiplying exposure; see `Design`."""
    start, cohort = cohorts(panel.first, panel.years)
    span = len(panel.years)
    column, label, times = _event_columns(start, span, leads, lags, reference)
    whole = np.full(len(start), span)
    events = Design(start, cohort, whole, column, label, x, by_year, carrier)
    static = Design(start, cohort, whole, _static_column(start, span), ("exposed",), x, by_year, carrier)
    with one_blas_thread():
        by_event, by_state = _fits(panel, events, controls), _fits(panel, static, controls)
    return EventStudy(
        _estimates(events.label, by_event),
        times,
        _estimates(static.label, by_state),
        _places_behind(panel.y, events),
        np.array([f.observations for f in by_event]),
        np.array([f.parameters for f in by_event]),
        np.array([f.parameters for f in by_state]),
    )


def sun_abraham(
    panel: Panel,
    leads: int | None = None,
    lags: int | None = None,
    *,
    reference: int = -1,
    control: str = "never",
    share_error: bool = False,
    covariates_by_year: bool = False,
    controls: Mapping[str, Array] | None = None,
) -> EventStudy:
    """Interaction-weighted event study: one coefficient for each cohort and event time, then averaged over cohorts.

    Sun & Abraham (2021), Journal of Econometrics 225(2), 175-199, section 4. The weight of a cohort at an event
    time is its share of the values observed there; `overall` averages all exposed cells the same way. `leads` and
    `lags` only choose what is reported: every event time is estimated. control: "never" compares with places never
    exposed, or first exposed after the last year; "last" with the cohort exposed last, without the years from its
    first on. The shares are taken as fixed, as fixest and pyfixest do; share_error adds their sampling error. A
    cohort with no value at an event time has no weight there.

    Raises BadDesign for places exposed from the first year on (they have no year before), for a cohort without any
    value in its reference year, and where there is no one to compare with.
    """
    start, cohort = cohorts(panel.first, panel.years)
    span, until = len(panel.years), len(panel.years)
    if control == "last":
        until = _last(start, span)
        start = np.where(start >= until, span, start)
    elif control != "never":
        raise BadDesign(f"control is {control!r}; it is 'never' or 'last'.")
    _comparable(panel, start, cohort, control)
    x, by_year = _carriers(panel, covariates_by_year)
    cells = [(g, t) for g, s in enumerate(start) if s < span for t in range(until) if t - s != reference]
    column = np.full((len(start), span), -1)
    column[tuple(np.array(cells).T)] = np.arange(len(cells))
    label = tuple(f"{panel.years[start[g]]:.0f}@{t - start[g]}" for g, t in cells)
    design = Design(start, cohort, np.full(len(start), until), column, label, x, by_year)
    times = _reported(start, until, leads, lags, reference)
    extra = _stacked(controls, panel)
    with one_blas_thread():
        per_outcome = [
            _weighted(panel, j, design, times, reference, share_error, extra)
            for j in range(len(panel.outcomes))
        ]
    return EventStudy(
        _estimates(tuple(str(k) for k in times), [f[0] for f in per_outcome]),
        times,
        _estimates(("att",), [f[1] for f in per_outcome]),
        np.column_stack([f[2] for f in per_outcome]),
        np.array([f[0].observations for f in per_outcome]),
        np.array([f[0].parameters for f in per_outcome]),
        np.array([f[1].parameters for f in per_outcome]),
    )


def twfe_long(
    place: NDArray[Any],
    year: NDArray[Any],
    y: Array,
    first: Array,
    cluster: NDArray[Any] | None = None,
    *,
    leads: int | None = None,
    lags: int | None = None,
    reference: int = -1,
    events: bool = True,
) -> LongEventStudy:
    """The same regression as `twfe`, from N rows of a long table in any order; made for millions of rows.

    place (N,): whole numbers without wide gaps are used as they are, anything else is numbered first (slower).
    year (N,): whole numbers. y (N,): nan is a gap. first (N,): first exposed year, inf for never. cluster (N,):
    any labels, one per place; without it every place is its own. events=False gives the static coefficient.
    Memory beside the arguments: one number for each place and year, and little else.

    Raises BadDesign for a place and year that has two values (a row without a value is a gap, wherever it stands),
    infinite values, a `first` or `cluster` that is missing or changes within a place, a table so sparse that places x
    years is 50 times its rows, and where `twfe` does.
    """
    place, count = _numbered(place, "place")
    year, y = _whole(year, "year"), np.ascontiguousarray(y, dtype=float)
    if not len(place) == len(year) == len(y) == len(first) or len(y) == 0:
        raise BadDesign("place, year, y and first must have the same number of rows, and at least one.")
    origin, span = int(year.min()), int(year.max() - year.min()) + 1
    if span < 2 or span > 4000:
        raise BadDesign(f"The years run over {span}; this needs two at least, and four thousand at the most.")
    if count * span > 50 * len(y) + 10_000_000:
        raise BadDesign(
            f"{count} places x {span} years are far more cells than the {len(y)} rows. Number the places without gaps, "
            "or leave out the years that few places have."
        )
    cube, rows = _cube(place, year, y, count, origin, span)
    begins = _of_place(place, np.ascontiguousarray(first, dtype=float), count, "first exposed year")
    begins[np.isnan(begins)] = np.inf  # numbers that no row has; their place has no value either
    start, cohort = cohorts(begins, np.arange(origin, origin + span, dtype=float))
    if events:
        column, label, times = _event_columns(start, span, leads, lags, reference)
    else:
        column, label, times = _static_column(start, span), ("exposed",), np.zeros(1, dtype=np.int64)
    design = Design(start, cohort, np.full(len(start), span), column, label, np.ones((count, 1)))
    own = cluster is None or np.array_equal(cluster, place)  # each place its own: less to add up
    groups = None if own else _cluster_of(place, np.asarray(cluster), count)
    with one_blas_thread():
        return _solve_cube(cube, rows, design, times, groups)


def first_exposed(exposure: Mask, years: Array) -> Array:
    """The first exposed year (n,) of each place, inf for never, from exposure (n, T) that is yes or no.

    Raises BadDesign when exposure switches off: these estimators hold for exposure that stays.
    """
    if exposure.dtype != np.bool_ or exposure.ndim != 2 or exposure.shape[1] != len(years):
        raise BadDesign(
            f"exposure must be true or false, (places, {len(years)} years); it is {exposure.shape}."
        )
    off = (exposure[:, :-1] & ~exposure[:, 1:]).any(axis=1)
    if off.any():
        where = ", ".join(str(k) for k in np.flatnonzero(off)[:5])
        raise BadDesign(
            f"Exposure switches off in {int(off.sum())} places (positions {where}). These "
            "estimators need exposure that stays. Ask about the first year of exposure instead (and say so), or use "
            "the amount as a dose."
        )
    at = np.asarray(years, dtype=float)[exposure.argmax(axis=1)]
    return np.where(exposure.any(axis=1), at, np.inf)


def crv1(observations: int, parameters: int, clusters: int) -> float:
    """Small-sample factor of the clustered variance, as in fixest, pyfixest and Stata's reghdfe.

    (N - 1) / (N - k) * G / (G - 1); k leaves out place effects, which are nested in the clusters.
    """
    if clusters < 2 or observations <= parameters:
        raise BadDesign(
            f"{clusters} clusters and {observations} values for {parameters} parameters: no clustered error exists."
        )
    return (observations - 1) / (observations - parameters) * clusters / (clusters - 1)


def standard_errors(estimates: Estimates, cluster: Codes, factor: float = 1.0) -> Array:
    """Clustered standard errors (p, m) from the influence; `factor` multiplies the variance."""
    summed = by_cluster(estimates.influence, cluster)
    errors: Array = np.sqrt(factor * (summed**2).sum(axis=0)) / len(estimates.influence)
    return errors


def by_cluster(influence: Array, cluster: Codes) -> Array:
    """Sums of influence (n, ...) within clusters, (G, ...)."""
    if np.array_equal(cluster, np.arange(len(cluster))):
        return influence
    code = np.unique(cluster, return_inverse=True)[1]
    summed = np.zeros((int(code.max()) + 1, *influence.shape[1:]))
    np.add.at(summed, code, influence)
    return summed


def all_zero(estimates: Estimates, which: Mask, cluster: Codes) -> Joint:
    """Test that the chosen coefficients are all zero, F(q, G - 1) with the clustered covariance; which (p,).

    With the leads of an event study this is the test of parallel trends before exposure. Raises BadDesign when
    nothing is chosen, or the clusters are too few for that many coefficients.
    """
    q, n = int(which.sum()), len(estimates.influence)
    summed = by_cluster(estimates.influence[:, which], cluster)
    if q == 0 or len(summed) <= q:
        raise BadDesign(f"{q} coefficients cannot be tested together with {len(summed)} clusters.")
    statistic = np.empty(estimates.value.shape[1])
    for j in range(len(statistic)):
        covariance, value = summed[:, :, j].T @ summed[:, :, j] / n**2, estimates.value[which, j]
        if np.linalg.matrix_rank(covariance, hermitian=True) < q:
            raise BadDesign(
                f"The covariance of the {q} coefficients is singular: too few clusters carry them. Test fewer."
            )
        statistic[j] = value @ np.linalg.solve(covariance, value) / q
    from scipy.special import fdtrc

    return Joint(statistic, q, len(summed) - 1, np.asarray(fdtrc(q, len(summed) - 1, statistic)))


# -- cohorts and columns ------------------------------------------------------------------------------------------


def cohorts(first: Array, years: Array) -> tuple[Codes, Codes]:
    """start (C,): positions of the first exposed years, T for never; cohort (n,): which of them a place has.

    A place first exposed after the last year is never exposed here. Raises BadDesign when no place is exposed.
    """
    exposed = np.isfinite(first)
    if (first == -np.inf).any() or (first[exposed] != np.floor(first[exposed])).any():
        raise BadDesign("The first exposed year must be a whole number, or inf for never.")
    if (first < years[0] - 1000).any():
        raise BadDesign(
            f"First exposed year {first.min():.0f} is more than a thousand years before the panel. Never is inf, not 0."
        )
    position = np.full(len(first), len(years), dtype=np.int64)
    position[exposed] = np.minimum(first[exposed] - years[0], len(years)).astype(np.int64)
    if (position == len(years)).all():
        raise BadDesign(f"No place is exposed by {years[-1]:.0f}: there is nothing to evaluate.")
    low = int(position.min())
    present = np.flatnonzero(np.bincount(position - low))  # by counting: no sort of a million places
    number = np.zeros(len(years) - low + 1, dtype=np.int64)
    number[present] = np.arange(len(present))
    return present + low, number[position - low]


def _event_columns(
    start: Codes, span: int, leads: int | None, lags: int | None, reference: int
) -> tuple[Codes, tuple[str, ...], Codes]:
    if reference >= 0:
        raise BadDesign(
            f"The reference event time is {reference}; it must come before exposure (-1 or earlier)."
        )
    if (leads is not None and leads < -reference) or (lags is not None and lags < 0):
        raise BadDesign(f"leads must be at least {-reference} and lags at least 0; got {leads} and {lags}.")
    since = np.arange(span) - start[:, None]
    exposed = np.broadcast_to((start < span)[:, None], since.shape)
    low = int(since[exposed].min()) if leads is None else -leads
    high = int(since[exposed].max()) if lags is None else lags
    since = np.clip(since, low, high)
    times = np.array([k for k in np.unique(since[exposed]) if k != reference], dtype=np.int64)
    if len(times) == 0:
        raise BadDesign("Every exposed cell is the reference: no event time is left to estimate.")
    number = np.full(high - low + 1, -1)
    number[times - low] = np.arange(len(times))
    ends = {low: "<=" if leads is not None else "", high: ">=" if lags is not None else ""}
    label = tuple(ends.get(int(k), "") + str(k) for k in times)
    column: Codes = np.where(exposed, number[since - low], -1)
    return column, label, times


def _static_column(start: Codes, span: int) -> Codes:
    column: Codes = np.where(np.arange(span) >= start[:, None], 0, -1)
    return column


def _last(start: Codes, span: int) -> int:
    last = int(start[start < span].max())
    if (start == span).any():
        raise BadDesign("Some places are never exposed: compare with them (control='never').")
    if last < 2:
        raise BadDesign(
            "All places are exposed at once, or too early: no years remain to compare the cohorts in."
        )
    return last


def _comparable(panel: Panel, start: Codes, cohort: Codes, control: str) -> None:
    span = len(panel.years)
    if (always := start[cohort] <= 0).any():
        names = ", ".join(np.array(panel.places)[always][:5])
        raise BadDesign(
            f"{int(always.sum())} places are exposed from the first year on ({names}): there is no year before to "
            "compare with. Leave them out (panel.only), or begin the panel earlier."
        )
    if not (start == span).any() or (start == span).all():
        raise BadDesign(
            "No place is never exposed, so there is no one to compare with"
            + ("." if control == "last" else "; control='last' compares with the cohort exposed last.")
        )


def _reported(start: Codes, until: int, leads: int | None, lags: int | None, reference: int) -> Codes:
    if reference >= 0:
        raise BadDesign(
            f"The reference event time is {reference}; it must come before exposure (-1 or earlier)."
        )
    begun = start[start < until]
    low = -int(begun.max()) if leads is None else -leads
    high = until - 1 - int(begun.min()) if lags is None else lags
    present = np.unique(np.arange(until) - begun[:, None])
    times: Codes = present[(present >= low) & (present <= high) & (present != reference)].astype(np.int64)
    if len(times) == 0:
        raise BadDesign(f"No event time lies within {leads} leads and {lags} lags of the exposed cohorts.")
    return times


def _carriers(panel: Panel, covariates_by_year: bool) -> tuple[Array, int]:
    ones = np.ones((len(panel.places), 1))
    if not covariates_by_year:
        return ones, 1
    if panel.covariates.shape[1] == 0:
        raise BadDesign("covariates_by_year is asked for, and the panel has no covariates.")
    x = np.hstack([ones, standardised(panel.covariates, panel.covariate_names)])
    return x, x.shape[1]


def standardised(covariates: Array, names: tuple[str, ...]) -> Array:
    """Mean zero and spread one, which changes no fit and keeps the system well scaled."""
    centred = covariates - covariates.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    flat = spread <= 1e-12 * np.abs(covariates).max(axis=0, initial=0.0)
    if flat.any():
        raise BadDesign(
            f"Constant covariates: {', '.join(n for n, f in zip(names, flat, strict=True) if f)}. Leave them out."
        )
    scaled: Array = centred / spread
    return scaled


def _stacked(controls: Mapping[str, Array] | None, panel: Panel) -> Mapping[str, Array]:
    shape = panel.y.shape[:2]
    for name, values in (controls or {}).items():
        if np.shape(values) != shape or np.isinf(values).any():
            raise BadDesign(f"control {name}: {shape} finite values are needed, one for each place and year.")
    return controls or {}


def _places_behind(y: Array, design: Design) -> Codes:
    """(P, m): places with a value in a cell that carries the coefficient."""
    column = design.column[design.cohort]
    counted = np.zeros((len(design.label), y.shape[2]), dtype=np.int64)
    for j in range(y.shape[2]):
        place, year = np.nonzero((column >= 0) & np.isfinite(y[:, :, j]))
        seen = np.zeros((len(y), len(design.label)), dtype=bool)
        seen[place, column[place, year]] = True
        counted[:, j] = seen.sum(axis=0)
    return counted


# -- one regression -----------------------------------------------------------------------------------------------


def _fits(panel: Panel, design: Design, controls: Mapping[str, Array]) -> list[Fit]:
    """One fit for each outcome."""
    return [
        fit(np.ascontiguousarray(panel.y[:, :, j]), design, controls, panel.outcomes[j])
        for j in range(len(panel.outcomes))
    ]


def fit(y: Array, design: Design, controls: Mapping[str, Array] | None = None, name: str = "") -> Fit:
    """Least squares of y (n, T), nan for gaps, on the design; influence as in `Estimates`.

    influence_i = n * (S^-1 z_i' e_i), where S is the system after place effects are eliminated.
    """
    found = moments(y, design)
    _has_values(found.seen, design, name)
    system, side = assembled(found, design)
    used = _used(y, design)
    v = _within(controls or {}, used, name)
    centred = np.where(used, y - _mean(y, used), 0.0)
    if v.shape[2]:
        system, side = _with_controls(system, side, v, centred, design, used)
    inverse, null = generalised_inverse(system)
    _identified(null, design, controls or {}, name)
    solution = inverse @ side
    parameters = len(side) - null.shape[1] + 1  # and the level that place and year effects share
    effect, shared, slopes = _parts(solution[:, None], design)
    fitted = np.einsum("nk,ktp->nt", design.x[:, : design.by_year], shared)
    fitted += design.x[:, [design.carrier]] * np.append(effect[:, 0], 0.0)[design.column[design.cohort]]
    fitted += v @ slopes[:, 0]
    residual = np.where(used, centred - fitted + _mean(fitted, used), 0.0)
    p = len(design.label)
    influence = len(y) * _scores(residual, inverse[:, :p], v, design)
    return Fit(solution[:p], influence, found.values, parameters)


def _used(y: Array, design: Design) -> Mask:
    before: Mask = np.arange(y.shape[1]) < design.until[design.cohort][:, None]
    used: Mask = before & np.isfinite(y)
    return used


def _mean(values: Array, used: Mask) -> Array:
    """Mean over the used years of each place (n, 1); zero where there is none."""
    total: Array = np.where(used, values, 0.0).sum(axis=1, keepdims=True)
    mean: Array = total / np.maximum(used.sum(axis=1, keepdims=True), 1)
    return mean


def _parts(columns: Array, design: Design) -> tuple[Array, Array, Array]:
    """Split (Q, r) into effects (P, r), effects by year (by_year, T, r) and slopes of controls (v, r)."""
    p, span = len(design.label), design.column.shape[1]
    end = p + design.by_year * span
    return columns[:p], columns[p:end].reshape(design.by_year, span, -1), columns[end:]


def _scores(residual: Array, inverse: Array, v: Array, design: Design) -> Array:
    """Inverse times the scores of each place, (n, P): sums over years of residual x regressor."""
    effect, shared, slopes = _parts(inverse, design)
    padded = np.vstack([effect, np.zeros((1, effect.shape[1]))])  # column -1 carries nothing
    out: Array = np.einsum("ntv,nt->nv", v, residual) @ slopes
    for k in range(design.by_year):
        out += (design.x[:, [k]] * residual) @ shared[k]
    for g in range(len(design.start)):
        of_cohort = design.cohort == g
        out[of_cohort] += design.x[of_cohort, design.carrier, None] * (
            residual[of_cohort] @ padded[design.column[g]]
        )
    return out


def moments(y: Array, design: Design) -> Moments:
    """One pass over the places, y (n, T) with nan for gaps."""
    edges = _edges(len(y), CHUNKS if y.size > 1e6 else 1)
    q, (c, span) = design.x.shape[1], design.column.shape

    def part(k: int) -> tuple[Array, ...]:
        some = slice(edges[k], edges[k + 1])
        out = (
            np.zeros((c, q, q, span, span)),
            np.zeros((c, q, span)),
            np.zeros((c, span)),
            np.zeros((c, q, q)),
        )
        informs = np.zeros(2)
        _moments(y[some], design.cohort[some], design.until, design.x[some], *out, informs)
        return *out, informs

    parts = side_by_side(part, range(len(edges) - 1))
    gram, right, seen, whole, informs = (np.sum([p[k] for p in parts], axis=0) for k in range(5))
    for g, until in enumerate(design.until):
        centring = np.eye(until) - 1.0 / max(until, 1)
        gram[g, :, :, :until, :until] += whole[g][:, :, None, None] * centring
    return Moments(gram, right, seen, int(informs[0]), int(informs[1]))


def _edges(size: int, parts: int) -> Codes:
    return np.linspace(0, size, parts + 1).astype(np.int64)


def assembled(found: Moments, design: Design) -> tuple[Array, Array]:
    """The system (Q, Q) and its right side (Q,) in the P coefficients, then the effects by year."""
    gram, right, p, k, c = found.gram, found.right, len(design.label), design.by_year, design.carrier
    span = design.column.shape[1]
    system, side = np.zeros((p + k * span,) * 2), np.zeros(p + k * span)
    years = gram[:, :k, :k].sum(axis=0)
    system[p:, p:] = years.transpose(0, 2, 1, 3).reshape(k * span, k * span)
    side[p:] = right[:, :k].sum(axis=0).ravel()
    for g in range(len(design.start)):
        at = np.flatnonzero(design.column[g] >= 0)
        to = design.column[g, at]
        np.add.at(system, (to[:, None], to[None, :]), gram[g, c, c][np.ix_(at, at)])
        np.add.at(side, to, right[g, c, at])
        np.add.at(system[:p, p:], to, gram[g, c, :k][:, at].transpose(1, 0, 2).reshape(len(at), k * span))
    system[p:, :p] = system[:p, p:].T
    return system, side


def _with_controls(
    system: Array, side: Array, v: Array, centred: Array, design: Design, used: Mask
) -> tuple[Array, Array]:
    """Add rows and columns for controls v (n, T, v), already less their place means."""
    p, q = len(design.label), len(side)
    cross = np.zeros((q, v.shape[2]))
    for k in range(design.by_year):
        cross[p + k * v.shape[1] : p + (k + 1) * v.shape[1]] = np.einsum("n,ntv->tv", design.x[:, k], v)
    place, year = np.nonzero((design.column[design.cohort] >= 0) & used)
    to = design.column[design.cohort[place], year]
    np.add.at(cross, to, design.x[place, [design.carrier]][:, None] * v[place, year])
    flat = v.reshape(-1, v.shape[2])
    return np.block([[system, cross], [cross.T, flat.T @ flat]]), np.append(side, flat.T @ centred.ravel())


def _within(controls: Mapping[str, Array], used: Mask, name: str) -> Array:
    """Controls (n, T, v) less their place means over the used cells, zero elsewhere."""
    out = np.zeros((*used.shape, len(controls)))
    for k, (control, values) in enumerate(controls.items()):
        if (missing := used & np.isnan(values)).any():
            raise BadDesign(
                f"control {control}: {int(missing.sum())} values are missing where outcome {name} is observed. "
                "Fill them, or leave those cells out of the outcome as well."
            )
        out[:, :, k] = np.where(used, values - _mean(values, used), 0.0)
    return out


def generalised_inverse(system: Array) -> tuple[Array, Array]:
    """An inverse of a positive semidefinite system where it has one, and the directions (Q, d) where it has none.

    Scaled to unit diagonal first, so that what counts as zero does not depend on units.
    """
    size = np.diag(system)
    scale = np.where(size > 0, 1.0 / np.sqrt(np.where(size > 0, size, 1.0)), 0.0)
    values, vectors = np.linalg.eigh(system * scale[:, None] * scale)
    kept = values > COLLINEAR
    half = scale[:, None] * vectors[:, kept] / np.sqrt(values[kept])
    null = np.where(size > 0, scale, 1.0)[:, None] * vectors[:, ~kept]
    return half @ half.T, null / np.maximum(np.abs(null).max(axis=0, initial=0.0), 1e-300)


def _has_values(seen: Array, design: Design, name: str) -> None:
    empty = [label for k, label in enumerate(design.label) if seen[design.column == k].sum() == 0]
    if empty:
        raise BadDesign(
            f"outcome {name}: no value at event time {', '.join(empty)}. Ask for fewer leads or lags, or evaluate this "
            "outcome by itself over the years it has."
        )


def _identified(null: Array, design: Design, controls: Mapping[str, Array], name: str) -> None:
    p, end = len(design.label), len(null) - len(controls)
    stuck = np.abs(null).max(axis=1, initial=0.0) > 1e-6
    words = [f"coefficient {label}" for label, s in zip(design.label, stuck[:p], strict=True) if s]
    words += [f"control {label}" for label, s in zip(controls, stuck[end:], strict=True) if s]
    if words:
        raise BadDesign(
            f"outcome {name}: {', '.join(words[:12])} cannot be told from place and year effects. Causes seen: all "
            "places exposed at once; no never-exposed places and every lead and lag kept (bin them: leads=, lags=); "
            "no value in the reference year; a control that does not change within places."
        )


def _estimates(label: tuple[str, ...], per_outcome: list[Fit]) -> Estimates:
    return Estimates(
        label,
        np.stack([f.value for f in per_outcome], axis=-1),
        np.stack([f.influence for f in per_outcome], axis=-1),
    )


# -- Sun & Abraham: weights over cohorts --------------------------------------------------------------------------


def _weighted(
    panel: Panel,
    j: int,
    design: Design,
    times: Codes,
    reference: int,
    share_error: bool,
    controls: Mapping[str, Array],
) -> tuple[Fit, Fit, Codes]:
    """Event times and their overall mean for one outcome, and the exposed places behind each event time."""
    y = np.ascontiguousarray(panel.y[:, :, j])
    used, span = _used(y, design), len(panel.years)
    count = np.zeros(design.column.shape)
    np.add.at(count, design.cohort, used.astype(float))
    _has_reference(panel, count, design, reference, panel.outcomes[j])
    kept = np.flatnonzero(
        [count[tuple(np.argwhere(design.column == k)[0])] > 0 for k in range(len(design.label))]
    )
    design = _only(design, kept)
    all_cells = fit(y, design, controls, panel.outcomes[j])
    since = np.where((design.start < span)[:, None], np.arange(span) - design.start[:, None], -span - 1)
    asked = [(since == k) & (design.column >= 0) for k in times]
    if empty := [str(k) for k, cells in zip(times, asked, strict=True) if not cells.any()]:
        raise BadDesign(
            f"outcome {panel.outcomes[j]}: no value at event time {', '.join(empty)}. Ask for fewer leads or lags."
        )
    asked.append((since >= 0) & (design.column >= 0))
    if not asked[-1].any():
        raise BadDesign(f"outcome {panel.outcomes[j]}: no value after exposure.")
    values, influences = [], []
    for cells in asked:
        share = np.zeros(len(design.label))
        share[design.column[cells]] = count[cells] / count[cells].sum()
        values.append(share @ all_cells.value)
        moved = all_cells.influence @ share
        if share_error:
            beyond = np.where(cells, np.append(all_cells.value, 0.0)[design.column] - values[-1], 0.0)
            moved += len(y) / count[cells].sum() * (beyond[design.cohort] * used).sum(axis=1)
        influences.append(moved)
    behind = np.array([count[cells].sum() for cells in asked[:-1]], dtype=np.int64)
    value, influence = np.array(values), np.column_stack(influences)
    used_up = all_cells.observations, all_cells.parameters
    return Fit(value[:-1], influence[:, :-1], *used_up), Fit(value[-1:], influence[:, -1:], *used_up), behind


def _only(design: Design, kept: Codes) -> Design:
    """The design without the cells no one has a value in."""
    number = np.full(len(design.label) + 1, -1)
    number[kept] = np.arange(len(kept))
    label = tuple(design.label[k] for k in kept)
    column = number[design.column]
    return Design(design.start, design.cohort, design.until, column, label, design.x, design.by_year)


def _has_reference(panel: Panel, count: Array, design: Design, reference: int, name: str) -> None:
    span = len(panel.years)
    wanted = np.where(design.start < span, design.start + reference, -1)
    for g, t in enumerate(wanted):
        if design.start[g] < span and (t < 0 or count[g, t] == 0):
            raise BadDesign(
                f"outcome {name}: the cohort first exposed in {panel.years[design.start[g]]:.0f} has no value "
                f"{-reference} year(s) before, the reference. Leave the cohort out, or take an earlier reference."
            )


# -- long tables --------------------------------------------------------------------------------------------------


def _solve_cube(cube: Array, rows: int, design: Design, times: Codes, groups: Codes | None) -> LongEventStudy:
    """Coefficients and clustered covariance from the cube (n, T), which is overwritten by residuals."""
    found = moments(cube, design)
    if (twice := rows - int(found.seen.sum())) > 0:
        raise BadDesign(
            f"{twice} rows repeat a place and year that another row has. Each place and year may come once."
        )
    _has_values(found.seen, design, "y")
    system, side = assembled(found, design)
    inverse, null = generalised_inverse(system)
    _identified(null, design, {}, "y")
    clusters = found.places if groups is None else len(np.unique(groups[np.isfinite(cube).sum(axis=1) > 1]))
    solution, p = inverse @ side, len(design.label)
    fitted = solution[p:] + np.append(solution[:p], 0.0)[design.column]
    meat = _meat(cube, fitted, design, groups)
    return LongEventStudy(
        design.label,
        times,
        solution[:p],
        inverse[:p] @ meat @ inverse[:, :p],
        found.values,
        len(side) - null.shape[1] + 1,
        found.places,
        clusters,
    )


def _meat(cube: Array, fitted: Array, design: Design, groups: Codes | None) -> Array:
    """Sum over clusters of score x score', (Q, Q): from residual products by cohort, or from sums by cluster."""
    p, (c, span) = len(design.label), design.column.shape
    edges = _edges(len(cube), CHUNKS)

    def part(k: int) -> Array:
        some = slice(edges[k], edges[k + 1])
        products = np.zeros((c, span, span) if groups is None else (0, span, span))
        _residuals(cube[some], design.cohort[some], fitted, products)
        return products

    products = np.sum(side_by_side(part, range(CHUNKS)), axis=0)
    if groups is None:
        return _by_regressor(products, design)
    scores = np.zeros((int(groups.max()) + 1, p + span))
    _cluster_scores(cube, design.cohort, groups, design.column, p, scores)
    product: Array = scores.T @ scores
    return product


def _by_regressor(products: Array, design: Design) -> Array:
    """Products of residuals by cohort and pair of years (C, T, T), summed over what each year carries (Q, Q)."""
    p, span = len(design.label), design.column.shape[1]
    total = np.zeros((p + span, p + span))
    for column, product in zip(design.column, products, strict=True):
        carries = np.hstack([np.zeros((span, p)), np.eye(span)])
        at = np.flatnonzero(column >= 0)
        carries[at, column[at]] = 1.0
        total += carries.T @ product @ carries
    return total


def _cube(place: Codes, year: Codes, y: Array, count: int, origin: int, span: int) -> tuple[Array, int]:
    """Rows into places x years, and how many rows have a value; refuses infinite values."""
    cube = np.full((count, span), np.nan)
    edges = _edges(len(y), CHUNKS)

    def part(k: int) -> tuple[int, int]:
        some = slice(edges[k], edges[k + 1])
        values, infinite = _scatter(place[some], year[some], y[some], origin, cube)
        return values, infinite

    found = side_by_side(part, range(CHUNKS))
    if infinite := sum(f[1] for f in found):
        raise BadDesign(f"{infinite} values of the outcome are infinite.")
    return cube, sum(f[0] for f in found)


def _of_place(place: Codes, values: Array, count: int, what: str) -> Array:
    """One number per place (count,), nan where it has no row; BadDesign where a place has two."""
    edges = _edges(len(values), CHUNKS)

    def part(k: int) -> tuple[Array, int]:
        out = np.full(count, np.nan)
        return out, int(_attribute(place[edges[k] : edges[k + 1]], values[edges[k] : edges[k + 1]], out))

    parts = side_by_side(part, range(CHUNKS))
    out, wrong = parts[0][0], sum(p[1] for p in parts)
    for other, _ in parts[1:]:
        wrong += int(((out != other) & ~np.isnan(out) & ~np.isnan(other)).sum())
        out = np.where(np.isnan(out), other, out)
    if wrong:
        raise BadDesign(f"The {what} is missing in {wrong} rows, or is not the same in all rows of a place.")
    return out


def _cluster_of(place: Codes, cluster: NDArray[Any], count: int) -> Codes:
    if len(cluster) != len(place):
        raise BadDesign(f"cluster has {len(cluster)} rows, and place {len(place)}.")
    code, _ = _numbered(cluster, "cluster")
    found = _of_place(place, code.astype(float), count, "cluster")
    return np.where(np.isnan(found), 0, found).astype(np.int64)  # a number without rows has no score to add


def _numbered(labels: NDArray[Any], what: str) -> tuple[Codes, int]:
    """Numbers from 0, and how many: by subtraction where whole numbers lie close together, else by sorting."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) == 0:
        raise BadDesign(f"{what} must be one value a row, and at least one row.")
    if np.issubdtype(labels.dtype, np.integer):
        low, high = int(labels.min()), int(labels.max())
        if high - low <= len(labels) // 2 + 1000:
            codes = labels.astype(np.int64, copy=False)
            return np.ascontiguousarray(codes if low == 0 else codes - low), high - low + 1
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise BadDesign(f"{what} is missing in {int(np.isnan(labels).sum())} rows.")
    names, code = np.unique(labels, return_inverse=True)
    return code.astype(np.int64), len(names)


def _whole(values: NDArray[Any], what: str) -> Codes:
    values = np.asarray(values)
    if not np.issubdtype(values.dtype, np.integer) and (
        values.dtype.kind != "f" or not np.isfinite(values).all() or (values != np.floor(values)).any()
    ):
        raise BadDesign(f"{what} must be a whole number in every row.")
    return np.ascontiguousarray(values.astype(np.int64, copy=False))


# -- compiled -----------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _moments(y, cohort, until, x, gram, right, seen, whole, informs):  # type: ignore[no-untyped-def]
    """Add the places to `Moments`; those with a value in every year of their cohort only to whole (C, q, q)."""
    n, span = y.shape
    q = x.shape[1]
    at = np.empty(span, np.int64)
    for i in range(n):
        g, values, total = cohort[i], 0, 0.0
        for t in range(until[g]):
            v = y[i, t]
            if v == v:
                at[values] = t
                values += 1
                total += v
                seen[g, t] += 1.0
        if values < 2:
            continue
        informs[0] += 1.0
        informs[1] += values
        mean = total / values
        for k in range(q):
            for s in range(values):
                right[g, k, at[s]] += x[i, k] * (y[i, at[s]] - mean)
            for m in range(q):
                xx = x[i, k] * x[i, m]
                if values == until[g]:
                    whole[g, k, m] += xx
                    continue
                for s in range(values):
                    gram[g, k, m, at[s], at[s]] += xx
                    for r in range(values):
                        gram[g, k, m, at[s], at[r]] -= xx / values


@njit(cache=True, nogil=True)
def _residuals(y, cohort, fitted, products):  # type: ignore[no-untyped-def]
    """y becomes residuals, zero in gaps; their products by pair of years are added to products (C, T, T)."""
    n, span = y.shape
    e = np.empty(span)
    for i in range(n):
        g, values, total = cohort[i], 0, 0.0
        for t in range(span):
            e[t] = y[i, t] - fitted[g, t]
            if e[t] == e[t]:
                values += 1
                total += e[t]
        mean = total / max(values, 1)
        for t in range(span):
            e[t] = e[t] - mean if e[t] == e[t] else 0.0
            y[i, t] = e[t]
        if len(products) > 0:
            for s in range(span):
                es = e[s]
                for t in range(span):
                    products[g, s, t] += es * e[t]


@njit(cache=True, nogil=True)
def _cluster_scores(residual, cohort, group, column, p, scores):  # type: ignore[no-untyped-def]
    n, span = residual.shape
    for i in range(n):
        g, c = cohort[i], group[i]
        for t in range(span):
            scores[c, p + t] += residual[i, t]
            if column[g, t] >= 0:
                scores[c, column[g, t]] += residual[i, t]


@njit(cache=True, nogil=True)
def _scatter(place, year, y, origin, cube):  # type: ignore[no-untyped-def]
    values, infinite = 0, 0
    for r in range(len(y)):
        v = y[r]
        if v == v:
            values += 1
            if np.isinf(v):
                infinite += 1
            cube[place[r], year[r] - origin] = v
    return values, infinite


@njit(cache=True, nogil=True)
def _attribute(place, values, out):  # type: ignore[no-untyped-def]
    wrong = 0
    for r in range(len(values)):
        v, i = values[r], place[r]
        if v != v:
            wrong += 1
        elif out[i] != out[i]:
            out[i] = v
        elif out[i] != v:
            wrong += 1
    return wrong
