"""Sun & Abraham's weights: the coefficients of cohorts and event times, averaged over cohorts."""

from collections.abc import Mapping

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Codes, Panel
from vereda.evaluation.regression import Fit, fit, used_cells
from vereda.evaluation.regression_design import Design


def last_exposed(start: Codes, span: int) -> int:
    """Position of the first exposed year of the cohort exposed last; BadDesign where it cannot be compared with."""
    last = int(start[start < span].max())
    if (start == span).any():
        raise BadDesign("Some places are never exposed: compare with them (control='never').")
    if last < 2:
        raise BadDesign(
            "All places are exposed at once, or too early: no years remain to compare the cohorts in."
        )
    return last


def comparable(panel: Panel, start: Codes, cohort: Codes, control: str) -> None:
    """BadDesign where a place has no year before exposure, or there is no one to compare with."""
    span = len(panel.years)
    if (always := start[cohort] <= 0).any():
        names = ", ".join(np.array(panel.places)[always][:5])
        raise BadDesign(
            f"{int(always.sum())} places are exposed from the first year on ({names}): there is no year before to "
            "compare with. Leave them out, or begin the panel earlier."
        )
    if not (start == span).any() or (start == span).all():
        raise BadDesign(
            "No place is never exposed, so there is no one to compare with"
            + ("." if control == "last" else "; control='last' compares with the cohort exposed last.")
        )


def reported(start: Codes, until: int, leads: int | None, lags: int | None, reference: int) -> Codes:
    """The event times (p,) that are asked for and that some cohort has."""
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


def weighted(
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
    used, span = used_cells(y, design), len(panel.years)
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
