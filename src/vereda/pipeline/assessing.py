"""Production for a page: every estimator, every year it can be told of, every change, and a grid of what if.

Each number comes from the answer that `vereda production` gives to the same question, so its key opens the same way back.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from vereda.errors import BadRequest
from vereda.measurement.parameters import Parameter
from vereda.measurement.ranged import Ranged, exactly
from vereda.pipeline import factors
from vereda.pipeline.desk import Desk
from vereda.pipeline.explaining import explain
from vereda.pipeline.factors import Held
from vereda.pipeline.producing import DRAWS, SEED, produce
from vereda.pipeline.production_bench import Bench, bench, used
from vereda.pipeline.production_words import Ways
from vereda.pipeline.published import editions
from vereda.pipeline.published import years as years_published
from vereda.terms.assessed import Assessed, WhatIf, YearAnswer
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure, Step
from vereda.terms.period import known_on
from vereda.terms.potential import Asked, Explained, Potential
from vereda.terms.production import Assessment

Steps = dict[str, Step]


def assessed(register: Register, desk: Desk, held: Held) -> tuple[tuple[Assessed, ...], Steps]:
    """Every estimator of the case that is known of anything, and the way back of every number."""
    told: list[Assessed] = []
    steps: Steps = {}
    for assessment in register.assessments:
        found = _assessed(register, desk, held, assessment)
        if found is not None:
            told.append(found[0])
            steps |= found[1]
    return tuple(told), steps


def _assessed(register: Register, desk: Desk, held: Held, a: Assessment) -> tuple[Assessed, Steps] | None:
    steps: Steps = {}
    answers: dict[int, Potential] = {}
    for year in factors.years_with_area(a, desk):
        potential, ways = produce(seat(register, desk, held, a, year))
        if potential.computed or potential.published:
            answers[year] = potential
            steps |= ways
    if not answers:
        return None
    lead = answers[_lead(answers)]
    changes = []
    for explained, ways in _changes(register, desk, held, a):
        changes.append(explained)
        steps |= ways
    grid = what_if(register, desk, held, a, lead.asked.year)
    if grid is not None:
        steps |= grid[1]
    eradicated = [p for p in answers.values() if p.companions.net]
    beside = eradicated[-1].companions if eradicated else lead.companions
    told = Assessed(
        a.id, a.place, lead, _areas(a, desk, lead.asked.year),
        tuple(_year(a, desk, year, p) for year, p in answers.items()), tuple(changes), beside.eradicated, beside.net,
        grid[0] if grid else None, tuple(_behind(steps)),
    )  # fmt: skip
    return told, steps


def seat(register: Register, desk: Desk, held: Held, a: Assessment, year: int) -> Bench:
    """The bench of a year with the draws and the seed of the house."""
    asked = Asked(a.place, year, a.id, desk.as_of, DRAWS, SEED, ())
    return bench(register, desk, held, asked, a)


def _lead(answers: dict[int, Potential]) -> int:
    """The latest year that is computed and was published by its owner; else that was published; else any."""

    def rank(year: int) -> tuple[bool, bool, int]:
        told = [f for f in answers[year].published if f.status != "leaked"]
        return bool(told), answers[year].computed, year

    return max(answers, key=rank)


def _areas(a: Assessment, desk: Desk, year: int) -> tuple[Figure, ...]:
    span = (year - 1, year) if a.chain == "harvest" else (year,)
    found = (factors.first(desk, a.area.series, a.place, y, a.area.estimator) for y in span)
    return tuple(f for f in found if f is not None)


def _year(a: Assessment, desk: Desk, year: int, p: Potential) -> YearAnswer:
    expected = p.frozen.expected if p.frozen else Figure(None, "t", "", status="not_computed")
    flag = p.frozen.flag if p.frozen else p.readings[0].flag if p.readings else "not_computed"
    told = editions(a, desk, year)
    many = range(
        len(p.published)
    )  # the computed potential, last among them, is told with the latest year alone
    over = tuple(p.companions.over[i] for i in many if p.companions.seized.value is not None)
    left = tuple(p.companions.available[i] for i in many if p.companions.seized.value is not None)
    return YearAnswer(year, told, tuple(r.figure for r in p.readings), expected, flag, p.companions.seized, over, left,
                      p.consistency)  # fmt: skip


def _changes(register: Register, desk: Desk, held: Held, a: Assessment) -> Iterator[tuple[Explained, Steps]]:
    """Between years published one after the other; a pair without its areas is left out."""
    for before, after in pairwise(years_published(a, desk)):
        try:
            yield explain(register, desk, held, a, str(before), str(after))
        except BadRequest:
            continue


def _behind(steps: Steps) -> Iterator[Figure]:
    """Every published cell that a step names as its input."""
    cells = (child for step in steps.values() for child in step.inputs)
    found = {child.key: child for child in cells if child.kind == "observation" and child.key not in steps}
    for key, child in found.items():
        yield Figure(child.value, child.unit, key)


# ---- what if --------------------------------------------------------------------------------------------------


def what_if(
    register: Register, desk: Desk, held: Held, a: Assessment, year: int
) -> tuple[WhatIf, Steps] | None:
    """Areas that were counted, times factors that were printed; None where the chain has no such factor."""
    b = seat(register, desk, held, a, year)
    book = Ways(a.place, str(year), a.id)
    mine = [p for p in b.parameters if p.region == a.place]
    ratio = max(
        (p for p in mine if p.name == "productive_ratio" and p.year <= year), key=_newest, default=None
    )
    rates = {p.year: p for p in sorted((p for p in mine if p.name == "hcl_per_ha"), key=_newest)}
    told = factors.first(desk, a.published.series, a.place, year, a.published.estimator)
    areas = dict(_means(b, book, min(rates, default=year)))
    if ratio is None or not rates or told is None or year not in areas:
        return None
    wide = used(b, book, ratio).figure
    columns = [used(b, book, rates[y]).figure for y in sorted(rates)]
    columns.append(_implied(book, areas[year], wide, told))
    cells = tuple(tuple(_cell(book, area, wide, rate) for rate in columns) for area in areas.values())
    companions = produce(b)[0].companions
    grid = WhatIf(
        year, tuple(areas.values()), tuple(columns), wide, cells, told, companions.seized, companions.purity
    )
    return grid, book.steps


def _newest(p: Parameter) -> tuple[int, object]:
    return p.year, known_on(p.vintage)


def _means(b: Bench, book: Ways, since: int) -> Iterator[tuple[int, Figure]]:
    """The mean area of every year since the first printed factor, and the smallest on record before them."""
    a, found = b.assessment, {}
    for year in factors.years_with_area(a, b.desk):
        both = _areas(a, b.desk, year)
        if len(both) == 2:
            found[year] = (sum(f.value or 0.0 for f in both) / 2, both)
    least = min(found, key=lambda y: found[y][0], default=since)
    for year in sorted({*(y for y in found if y >= since), *([least] if found else [])}):
        value, both = found[year]
        figure = book.figure(f"what_if.area.{year}", value, "ha", "(A[t-1] + A[t]) / 2", both)
        yield year, replace(figure, period=str(year))


def _implied(book: Ways, area: Figure, ratio: Figure, told: Figure) -> Figure:
    value = 1e3 * (told.value or 0.0) / ((area.value or 1.0) * (ratio.value or 1.0))
    how = "1000 x published / (mean area x ratio)"
    return book.figure("what_if.implied", value, "kg/ha/yr", how, (told, area, ratio))


def _cell(book: Ways, area: Figure, ratio: Figure, rate: Figure) -> Figure:
    """What an area would give at a factor; an implied factor already holds the ratio, so its cell has no interval."""
    implied = rate.trace.endswith("what_if.implied")
    middle = exactly(area.value or 0.0) * exactly(ratio.value or 0.0) * exactly(rate.value or 0.0)
    ends = middle if implied else exactly(area.value or 0.0) * _ranged(ratio) * _ranged(rate)
    what = f"what_if.{area.period}.{'implied' if implied else rate.period}"
    how = "mean area x ratio x factor / 1000, from end to end"
    low, high = ends.low / 1e3, ends.high / 1e3
    return book.figure(what, middle.value / 1e3, "t", how, (area, ratio, rate), low, high)


def _ranged(f: Figure) -> Ranged:
    value = f.value or 0.0
    return Ranged(value, value if f.low is None else f.low, value if f.high is None else f.high)
