"""The target a promise sets, how far a value is from it, and which value stands for which day."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from vereda.cooperation.sentences import say
from vereda.terms.cooperation import Commitment, Target
from vereda.terms.figure import Figure, Message
from vereda.terms.period import Period, period

_CLOSE = 1e-9  # relative; two numbers closer than this are one number


def target_value(target: Target, baseline: float | None) -> tuple[float, float] | None:
    """Lowest and highest value that fulfil the rule (equal for a single value); None if it gives none."""
    if target.rule == "between" and target.low is not None and target.high is not None:
        return target.low, target.high
    if target.value is None or target.rule in {"between", "none"}:
        return None
    if target.rule == "level":
        return target.value, target.value
    if baseline is None:
        return None
    value = target.value * baseline if target.rule == "times" else baseline - target.value
    return value, value


def target_figure(
    entry: Commitment, n: int, estimator: str, baseline: Figure | None, bounds: tuple[float, float] | None
) -> Figure | None:
    """The target of the n-th reading, as a figure; None where the rule gives none."""
    if bounds is None:
        return None
    due = due_day(entry)
    return replace(
        target_words(entry, bounds, n),
        status="computed" if entry.target.rule in {"times", "minus"} else "stated",
        place=baseline.place if baseline else next(iter(entry.places), ""),
        period=str(due.year) if due else "",
        estimator=estimator,
    )


def target_words(entry: Commitment, bounds: tuple[float, float], n: int = 1) -> Figure:
    """A target as printed: one value, or the lower of two with both as its interval."""
    low, high = (None, None) if bounds[0] == bounds[1] else bounds
    return Figure(bounds[0], entry.target.unit, f"target@{entry.id}:{n}", low=low, high=high, status="stated")


def change_of(entry: Commitment, n: int, baseline: Figure | None, actual: Figure | None) -> Figure | None:
    """Percent of the baseline by which the value differs from it."""
    if baseline is None or actual is None or not baseline.value or actual.value is None:
        return None
    percent = 100 * (actual.value / baseline.value - 1)
    return _derived(percent, "%", f"change@{entry.id}:{n}", actual)


def gap_of(
    entry: Commitment, n: int, bounds: tuple[float, float] | None, actual: Figure | None
) -> Figure | None:
    """How far the value is from the target, in its unit; zero inside a span."""
    if bounds is None or actual is None or actual.value is None:
        return None
    nearest = min(max(actual.value, bounds[0]), bounds[1])
    return _derived(actual.value - nearest, entry.target.unit, f"gap@{entry.id}:{n}", actual)


def _derived(value: float, unit: str, trace: str, of: Figure) -> Figure:
    return Figure(
        value, unit, trace, status="computed", place=of.place, period=of.period, estimator=of.estimator
    )


def meets(entry: Commitment, actual: Figure, bounds: tuple[float, float]) -> bool:
    """Whether the value fulfils the target; equal counts."""
    value, (low, high) = actual.value, bounds
    if value is None:
        return False
    enough = value >= low or same(value, low)
    little = value <= high or same(value, high)
    if entry.target.rule == "between":
        return {"at_least": enough, "at_most": little}.get(entry.better or "", enough and little)
    return little if entry.better == "at_most" else enough


def same(one: float | None, other: float) -> bool:
    """Whether two numbers are one number but for rounding in the machine."""
    return one is not None and math.isclose(one, other, rel_tol=_CLOSE)


def arithmetic(entry: Commitment) -> Message | None:
    """What to say when the stated parts of a target do not add up to it; None when they do."""
    stated = entry.target.value
    total = math.fsum(part.value for part in entry.parts)
    if not entry.parts or stated is None or math.isclose(total, stated, rel_tol=_CLOSE):
        return None
    unit = entry.target.unit
    return say(
        "parts",
        sum=Figure(total, unit, f"sum@{entry.id}", status="computed"),
        stated=Figure(stated, unit, f"stated@{entry.id}", status="stated"),
    )


def due_day(entry: Commitment) -> Period | None:
    """The due period; None where none is stated, or where the promise returns every year."""
    return None if entry.due in (None, "yearly") else period(entry.due or "")


def newest(figures: Sequence[Figure], whole: bool = False) -> Figure | None:
    """The newest value; `whole`: of whole years, where there is one."""
    values = [figure for figure in figures if figure.value is not None]
    years = [figure for figure in values if is_year(figure, order(figure)[0].year)] if whole else []
    return max(years or values, key=order, default=None)


def in_due_year(entry: Commitment, figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Figures of the due year, the first of each estimator."""
    due = due_day(entry)
    found: dict[str, Figure] = {}
    for figure in figures:
        if due and figure.value is not None and is_year(figure, due.year):
            found.setdefault(figure.estimator, figure)
    return tuple(found.values())


def is_year(figure: Figure, year: int) -> bool:
    """Whether the figure stands for the whole of that year."""
    span = period(figure.period)
    return span.start == date(year, 1, 1) and span.end == date(year, 12, 31)


def order(figure: Figure) -> tuple[date, date]:
    """Last and first day: what orders figures in time."""
    span = period(figure.period)
    return span.end, span.start
