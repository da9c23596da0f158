"""Figures in a row: one a year, one line an estimator, broken where a year is missing."""

from collections import defaultdict
from collections.abc import Sequence

from vereda.errors import BadPeriod
from vereda.terms.answer import IndicatorAnswer
from vereda.terms.figure import Figure
from vereda.terms.period import period


def yearly(figures: Sequence[Figure]) -> list[Figure]:
    """One figure a calendar year with a value or a range in its place, the newest vintage; spans and parts of years are left out."""
    found: dict[int, Figure] = {}
    for figure in figures:
        try:
            span = period(figure.period)
        except BadPeriod:
            continue
        if (figure.value is None and figure.low is None) or (span.end - span.start).days not in (364, 365):
            continue
        held = found.get(span.year)
        if held is None or (figure.status != "leaked" and figure.vintage >= held.vintage):
            found[span.year] = figure
    return [found[year] for year in sorted(found)]


def year(figure: Figure) -> int:
    """The calendar year of a figure."""
    return period(figure.period).year


def at(figure: Figure) -> tuple[float, float]:
    """Where a figure stands on a chart; a range by its middle, where its label goes."""
    middle = ((figure.low or 0.0) + (figure.high or 0.0)) / 2 if figure.value is None else figure.value
    return float(year(figure)), float(middle)


def lines_of(answer: IndicatorAnswer) -> dict[str, list[Figure]]:
    """A line for each estimator: the one shown first leads, rivals follow, one vintage a year."""
    lead = answer.current[-1].estimator if answer.current else ""
    more = [f for f in answer.rivals.get(lead, ()) if f.status not in {"incomplete", "leaked"}]
    found = {lead: yearly([*more, *answer.current])} if answer.current else {}
    if found:
        shown = {year(f): f for f in yearly(answer.current)}
        found[lead] = sorted([*shown.values(), *(f for f in found[lead] if year(f) not in shown)], key=year)
    for name, figures in answer.rivals.items():
        line = yearly(figures)
        while line and line[-1].status == "incomplete":  # a year still running would read as a fall
            line = line[:-1]
        if name != lead and line:
            found[name] = line
    return {name: line for name, line in found.items() if line}


def runs(line: Sequence[Figure]) -> list[list[Figure]]:
    """Stretches without a missing year, a range or a break of method: a gap in the data is a gap in the line."""
    runs: list[list[Figure]] = []
    for figure in line:
        if figure.value is None:
            continue
        if runs and year(figure) - year(runs[-1][-1]) == 1 and not figure.breaks:
            runs[-1].append(figure)
        else:
            runs.append([figure])
    return runs


def yearly_all(figures: tuple[Figure, ...]) -> list[Figure]:
    """One figure a year for each estimator."""
    by: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        by[figure.estimator].append(figure)
    return [f for held in by.values() for f in yearly(held)]
