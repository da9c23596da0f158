"""Imputation: what exposed places would have been, from the cells that were not exposed.

Borusyak, Jaravel & Spiess (2024), Revisiting Event-Study Designs: Robust and Efficient Estimation, Review of
Economic Studies 91(6), 3253-3285. Place and year effects are fitted on cells before exposure only; the effect of a
cell is its outcome less what they predict; effects are averaged as asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.event_study import EventStudy
from vereda.evaluation.influence import Joint, all_zero
from vereda.evaluation.panel import Array, Codes, Mask, Panel
from vereda.evaluation.regression import fit
from vereda.evaluation.regression_design import Design, cohorts, standardised
from vereda.evaluation.regression_moments import assembled, generalised_inverse, moments
from vereda.evaluation.results import Estimates
from vereda.evaluation.threads import one_blas_thread


@dataclass(frozen=True, slots=True)
class Imputed:
    """Effects by years since exposure, and what lies behind them, for m outcomes.

    study: as in `EventStudy`; `overall` is the mean over all exposed cells asked for, `observations` and the
    parameters are those of the fit on unexposed cells. effect (n, T, m): outcome less what was imputed, nan where
    the cell is not exposed, has no value or is not identified. left_out (m,): exposed cells with a value that no
    unexposed cell speaks for, which were left out because `leave_out` said so.
    """

    study: EventStudy
    effect: Array
    left_out: Codes


@dataclass(frozen=True, slots=True)
class PreTrend:
    """Leads fitted on unexposed cells alone, against all earlier years, and the test that they are all zero."""

    leads: Estimates
    event_time: Codes
    test: Joint


def impute(
    panel: Panel,
    horizons: Sequence[int] | None = None,
    *,
    anticipation: int = 0,
    covariates_by_year: bool = False,
    leave_out: bool = False,
    leave_one_out: bool = False,
) -> Imputed:
    """Mean effect overall and by years since exposure (`horizons`, or all there are), with conservative errors.

    y_it(0) = a_i + b_t (+ x_i'c_t with covariates_by_year) on cells with t < first_i - anticipation (theorem 2 of the
    paper). Influence is n * sum over t of v_it e_it, where v are the weights that make the estimate linear in y and
    e the residual: of the fit where unexposed; of the effect less an auxiliary mean over its cohort and year where
    exposed, weighted as in the paper's equation 8 with the panel's clusters as its i. Effects that differ inside a
    cohort and year make the error too large, never too small. But the mean of few clusters follows their errors, and
    a cohort that is a single cluster adds nothing at all: few exposed places need permutation instead.
    leave_one_out takes that mean without the cluster itself (the paper's appendix A.9), which is safer with small
    cohorts, and raises BadDesign where a cohort and year have a single cluster.

    Gaps are left out exactly. An exposed cell that no unexposed cell speaks for (a place always exposed, a year in
    which everyone is, a place without a value before) raises BadDesign, by name; leave_out=True takes such cells out
    of the averages and counts them. Horizons that were not asked for are not needed. Places first exposed after the
    last year are never exposed here.
    """
    if anticipation < 0 or (horizons is not None and (len(horizons) == 0 or min(horizons) < -anticipation)):
        raise BadDesign(f"anticipation is 0 or more, and horizons start at -anticipation; got {horizons}.")
    design = _unexposed(panel, anticipation, covariates_by_year)
    with one_blas_thread():
        done = [
            _one(panel, j, design, horizons, leave_out, leave_one_out) for j in range(len(panel.outcomes))
        ]
    times = np.array(sorted(set(done[0].times)), dtype=np.int64)
    if any(set(d.times) != set(times) for d in done):
        raise BadDesign(
            "The outcomes have values at different horizons. Name the horizons, or ask one by one."
        )
    value = np.stack([d.value for d in done], axis=-1)
    influence = np.stack([d.influence for d in done], axis=-1)
    observations, parameters = (
        np.array([d.observations for d in done]),
        np.array([d.parameters for d in done]),
    )
    study = EventStudy(
        Estimates(tuple(str(k) for k in times), value[1:], influence[:, 1:]),
        times,
        Estimates(("att",), value[:1], influence[:, :1]),
        np.column_stack([d.behind for d in done]),
        observations,
        parameters,
        parameters,
    )
    return Imputed(
        study,
        np.stack([d.effect for d in done], axis=-1),
        np.array([d.left_out for d in done], dtype=np.int64),
    )


def pre_trend(
    panel: Panel, leads: int = 3, *, anticipation: int = 0, covariates_by_year: bool = False
) -> PreTrend:
    """Were places drifting before exposure? Leads -1 ... -leads on unexposed cells, F test that all are zero.

    The paper's test 1 (section 4.4): unlike the leads of a usual event study, it uses no exposed cell, so that passing
    it does not bend the estimates. The reference is every year before the leads, so that it needs places with more
    than `leads` years before exposure; BadDesign otherwise, and where a lead has no value.
    """
    if leads < 1:
        raise BadDesign(f"leads must be at least 1; got {leads}.")
    base = _unexposed(panel, anticipation, covariates_by_year)
    span = len(panel.years)
    since = np.arange(span) - (base.start - anticipation)[:, None]
    wanted = (since < 0) & (since >= -leads) & (base.start < span)[:, None]
    times = np.arange(-leads, 0)
    column = np.where(wanted, since + leads, -1)
    label = tuple(str(k - anticipation) for k in times)
    design = Design(base.start, base.cohort, base.until, column, label, base.x, base.by_year)
    with one_blas_thread():
        fits = [
            fit(np.ascontiguousarray(panel.y[:, :, j]), design, None, name)
            for j, name in enumerate(panel.outcomes)
        ]
    found = Estimates(
        label, np.stack([f.value for f in fits], axis=-1), np.stack([f.influence for f in fits], axis=-1)
    )
    return PreTrend(found, times - anticipation, all_zero(found, np.ones(leads, dtype=bool), panel.cluster))


@dataclass(frozen=True, slots=True)
class _Outcome:
    times: tuple[int, ...]
    value: Array  # (1 + p,): overall, then by horizon
    influence: Array  # (n, 1 + p)
    behind: Codes  # (p,)
    effect: Array  # (n, T)
    left_out: int
    observations: int
    parameters: int


def _unexposed(panel: Panel, anticipation: int, covariates_by_year: bool) -> Design:
    """Place and year effects on the cells before exposure; no coefficient of its own."""
    start, cohort = cohorts(panel.first, panel.years)
    span = len(panel.years)
    until = np.where(start < span, np.clip(start - anticipation, 0, span), span)
    x = np.ones((len(panel.places), 1))
    if covariates_by_year:
        if panel.covariates.shape[1] == 0:
            raise BadDesign("covariates_by_year is asked for, and the panel has no covariates.")
        x = np.hstack([x, standardised(panel.covariates, panel.covariate_names)])
    return Design(start, cohort, until, np.full((len(start), span), -1), (), x, x.shape[1])


def _one(
    panel: Panel, j: int, design: Design, horizons: Sequence[int] | None, leave_out: bool, leave_one_out: bool
) -> _Outcome:
    y, name, span = np.ascontiguousarray(panel.y[:, :, j]), panel.outcomes[j], len(panel.years)
    since = np.arange(span) - design.start[design.cohort][:, None]
    exposed = (np.arange(span) >= design.until[design.cohort][:, None]) & np.isfinite(y)
    unexposed = (np.arange(span) < design.until[design.cohort][:, None]) & np.isfinite(y)
    if horizons is not None:
        exposed &= np.isin(since, np.asarray(horizons))
    found = moments(y, design)
    system, side = assembled(found, design)
    inverse, null = generalised_inverse(system)
    unknown = exposed & ~_spoken_for(null, unexposed, design)
    if unknown.any() and not leave_out:
        raise BadDesign(_unknown(panel, unknown, unexposed, name))
    exposed &= ~unknown
    times = tuple(int(k) for k in np.unique(since[exposed]))
    if horizons is not None and (missing := sorted(set(horizons) - set(times))):
        raise BadDesign(
            f"outcome {name}: no exposed cell with a value at horizon {', '.join(map(str, missing))}."
        )
    if not times:
        raise BadDesign(f"outcome {name}: no exposed cell has a value that unexposed cells speak for.")
    shared = (inverse @ side).reshape(design.by_year, span)
    left = y - design.x @ shared
    before = np.where(unexposed, left, 0.0).sum(axis=1) / np.maximum(unexposed.sum(axis=1), 1)
    left = left - before[:, None]
    rows = [exposed] + [exposed & (since == k) for k in times]
    value = np.array([left[cells].mean() for cells in rows])
    excess = _less_auxiliary(left, exposed, design, panel.cluster, leave_one_out)
    influence = _influence(left, excess, rows, unexposed, inverse, design)
    return _Outcome(
        times,
        value,
        influence,
        np.array([cells.any(axis=1).sum() for cells in rows[1:]]),
        np.where(exposed, left, np.nan),
        int(unknown.sum()),
        found.values,
        len(side) - null.shape[1] + 1,
    )


def _spoken_for(null: Array, unexposed: Mask, design: Design) -> Mask:
    """Cells (n, T) whose place and year effects the unexposed cells determine together."""
    span = unexposed.shape[1]
    loads = np.einsum("nk,ktd->ntd", design.x, null.reshape(design.by_year, span, -1))
    seen = unexposed.sum(axis=1)
    own = np.einsum("nt,ntd->nd", unexposed, loads) / np.maximum(seen, 1)[:, None]
    known: Mask = (np.abs(loads - own[:, None, :]).max(axis=2, initial=0.0) < 1e-6) & (seen > 0)[:, None]
    return known


def _influence(
    left: Array, excess: Array, rows: list[Mask], unexposed: Mask, inverse: Array, design: Design
) -> Array:
    """n * sum over years of weight x residual, (n, 1 + p).

    On unexposed cells the weights are minus those of place effects, which residuals are orthogonal to, and minus
    z'(S^-1 q), with q what the average asks of the years: its exposed cells less the means before exposure of the
    places they are in.
    """
    n = len(left)
    residual = np.where(unexposed, left, 0.0)
    scores = np.concatenate([design.x[:, [k]] * residual for k in range(design.by_year)], axis=1)
    share = unexposed / np.maximum(unexposed.sum(axis=1), 1)[:, None]
    out, asked = np.empty((n, len(rows))), np.empty((len(inverse), len(rows)))
    for r, cells in enumerate(rows):
        weight = cells / cells.sum()
        q = design.x.T @ weight - (design.x * weight.sum(axis=1, keepdims=True)).T @ share
        out[:, r], asked[:, r] = np.einsum("nt,nt->n", weight, excess), q.ravel()
    out -= scores @ (inverse @ asked)
    out *= n
    return out


def _less_auxiliary(left: Array, exposed: Mask, design: Design, cluster: Codes, leave_one_out: bool) -> Array:
    """Effects less the auxiliary mean of their cohort and year, zero elsewhere.

    Each cell of a cohort and year has the same weight in every average here, so that the paper's weighted mean is
    that of cluster sums: sum of count x sum of effects, over sum of count^2. Without the cluster itself, what a
    cluster is away from that mean grows by 1 / (1 - count^2 / sum of count^2).
    """
    cells = len(design.start)
    code = np.unique(cluster, return_inverse=True)[1] * cells + design.cohort
    pair, number = np.unique(code, return_inverse=True)
    counts = _summed(exposed.astype(float), number, len(pair))
    sums = _summed(np.where(exposed, left, 0.0), number, len(pair))
    top, bottom = _summed(counts * sums, pair % cells, cells), _summed(counts**2, pair % cells, cells)
    mean = top / np.maximum(bottom, 1.0)
    away: Array = np.where(exposed, left - mean[design.cohort], 0.0)
    if leave_one_out:
        alone = counts**2 / np.maximum(bottom, 1.0)[pair % cells]
        if (alone == 1).any():
            raise BadDesign(
                "leave_one_out: a cohort and year have a single cluster, whose effect nothing else can stand for. "
                "Use permutation for it, or leave the cohort out."
            )
        away = away / (1.0 - alone)[number]
    return away


def _summed(rows: Array, number: Codes, count: int) -> Array:
    """Rows (n, T) added up by their number, (count, T)."""
    return np.stack([np.bincount(number, column, count) for column in rows.T], axis=1)


def _unknown(panel: Panel, unknown: Mask, unexposed: Mask, name: str) -> str:
    nothing: Mask = np.any(unknown, axis=1) & ~np.any(unexposed, axis=1)
    years: Mask = np.any(unknown, axis=0) & ~np.any(unexposed, axis=0)
    causes = []
    if nothing.any():
        causes.append(f"no value before exposure in {_names(np.array(panel.places), nothing)}")
    if years.any():
        causes.append(f"no unexposed place in {_names(panel.years.astype(int).astype(str), years)}")
    if not causes:
        causes.append(
            f"nothing links {_names(np.array(panel.places), np.asarray(unknown.any(axis=1)))} to the other places"
        )
    return (
        f"outcome {name}: {int(unknown.sum())} exposed cells are not identified: {'; '.join(causes)}. Leave "
        "those places or years out (`impute(leave_out=True)` averages over the others)."
    )


def _names(labels: NDArray[Any], which: Mask) -> str:
    return ", ".join(labels[which][:5]) + (f" and {int(which.sum()) - 5} more" if which.sum() > 5 else "")
