"""Event studies by least squares with place and year effects: two-way fixed effects, and Sun & Abraham's weights.

`regression_design` says which cells carry a coefficient, `regression_moments` makes the small system, `regression`
solves it, `cohort_weights` averages over cohorts, `influence` has the errors and `long_table` the same from rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.cohort_weights import comparable, last_exposed, reported, weighted
from vereda.evaluation.influence import Joint, all_zero, crv1, standard_errors
from vereda.evaluation.long_table import LongEventStudy, twfe_long
from vereda.evaluation.panel import Array, Codes, Mask, Panel
from vereda.evaluation.regression import estimates_of, fits
from vereda.evaluation.regression_design import (
    Design,
    carriers,
    checked_controls,
    cohorts,
    event_columns,
    places_behind,
    static_column,
)
from vereda.evaluation.results import Estimates
from vereda.evaluation.threads import one_blas_thread

__all__ = [
    "EventStudy",
    "Joint",
    "LongEventStudy",
    "all_zero",
    "crv1",
    "first_exposed",
    "standard_errors",
    "sun_abraham",
    "twfe",
    "twfe_long",
]


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
    x, by_year = carriers(panel, covariates_by_year)
    return least_squares(panel, x, by_year, 0, leads, lags, reference, checked_controls(controls, panel))


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
    column, label, times = event_columns(start, span, leads, lags, reference)
    whole = np.full(len(start), span)
    events = Design(start, cohort, whole, column, label, x, by_year, carrier)
    static = Design(start, cohort, whole, static_column(start, span), ("exposed",), x, by_year, carrier)
    with one_blas_thread():
        by_event, by_state = fits(panel, events, controls), fits(panel, static, controls)
    return EventStudy(
        estimates_of(events.label, by_event),
        times,
        estimates_of(static.label, by_state),
        places_behind(panel.y, events),
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
        until = last_exposed(start, span)
        start = np.where(start >= until, span, start)
    elif control != "never":
        raise BadDesign(f"control is {control!r}; it is 'never' or 'last'.")
    comparable(panel, start, cohort, control)
    x, by_year = carriers(panel, covariates_by_year)
    cells = [(g, t) for g, s in enumerate(start) if s < span for t in range(until) if t - s != reference]
    column = np.full((len(start), span), -1)
    column[tuple(np.array(cells).T)] = np.arange(len(cells))
    label = tuple(f"{panel.years[start[g]]:.0f}@{t - start[g]}" for g, t in cells)
    design = Design(start, cohort, np.full(len(start), until), column, label, x, by_year)
    times = reported(start, until, leads, lags, reference)
    extra = checked_controls(controls, panel)
    with one_blas_thread():
        per_outcome = [
            weighted(panel, j, design, times, reference, share_error, extra)
            for j in range(len(panel.outcomes))
        ]
    return EventStudy(
        estimates_of(tuple(str(k) for k in times), [f[0] for f in per_outcome]),
        times,
        estimates_of(("att",), [f[1] for f in per_outcome]),
        np.column_stack([f[2] for f in per_outcome]),
        np.array([f[0].observations for f in per_outcome]),
        np.array([f[0].parameters for f in per_outcome]),
        np.array([f[1].parameters for f in per_outcome]),
    )


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
