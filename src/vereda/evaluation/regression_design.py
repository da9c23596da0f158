"""What a regression on place and year effects estimates: coefficients carried by cells of cohort and year."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Codes, Panel


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


def event_columns(
    start: Codes, span: int, leads: int | None, lags: int | None, reference: int
) -> tuple[Codes, tuple[str, ...], Codes]:
    """Column (C, T) of each event time but the reference, the labels (P,) and the times; binned ends have < or >."""
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


def static_column(start: Codes, span: int) -> Codes:
    """Column (C, T) of exposed or not: 0 from the first exposed year on, -1 before."""
    column: Codes = np.where(np.arange(span) >= start[:, None], 0, -1)
    return column


def carriers(panel: Panel, covariates_by_year: bool) -> tuple[Array, int]:
    """x (n, q) of `Design`, and how many of its columns have an effect in each year: 1, or 1 and the covariates."""
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


def checked_controls(controls: Mapping[str, Array] | None, panel: Panel) -> Mapping[str, Array]:
    """The controls by name; BadDesign unless each is (n, T) without infinite values."""
    shape = panel.y.shape[:2]
    for name, values in (controls or {}).items():
        if np.shape(values) != shape or np.isinf(values).any():
            raise BadDesign(f"control {name}: {shape} finite values are needed, one for each place and year.")
    return controls or {}


def places_behind(y: Array, design: Design) -> Codes:
    """(P, m): places with a value in a cell that carries the coefficient."""
    column = design.column[design.cohort]
    counted = np.zeros((len(design.label), y.shape[2]), dtype=np.int64)
    for j in range(y.shape[2]):
        place, year = np.nonzero((column >= 0) & np.isfinite(y[:, :, j]))
        seen = np.zeros((len(y), len(design.label)), dtype=bool)
        seen[place, column[place, year]] = True
        counted[:, j] = seen.sum(axis=0)
    return counted
