"""Potential production of one year: factors in use, the chain step by step, how sure, and what was published.

Nothing is filled in. Where the parameters of one form of the chain are missing the next form is tried, in the order of
the case; where none can be computed the answer is what is missing and what was published.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from vereda.errors import BadRequest
from vereda.measurement.marginals import marginals
from vereda.measurement.parameters import Parameter, converted
from vereda.measurement.plan import FROM, SHARES, Plan
from vereda.measurement.production import Array
from vereda.measurement.quantities import QUANTITIES
from vereda.measurement.sensitivity import resurvey, shares
from vereda.measurement.stages import ALKALOID, HARVEST, NEEDS, STAGES, STATED, Staged, staged
from vereda.measurement.uncertainty import draw
from vereda.pipeline import factors
from vereda.pipeline import published as publications
from vereda.pipeline.beside import companions
from vereda.pipeline.explaining import explain
from vereda.pipeline.production_bench import (
    Bench,
    Way,
    chosen,
    comparable,
    elsewhere_step,
    missing_answer,
    used,
)
from vereda.pipeline.production_compared import apparent, consistency, frozen_factors, rivals, surveys
from vereda.pipeline.production_words import Ways, message
from vereda.terms.entry import Text
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.period import known_on
from vereda.terms.potential import (
    ElsewhereAnswer,
    Explained,
    Flag,
    FormAnswer,
    FrozenAnswer,
    MissingAnswer,
    Potential,
    ReadingAnswer,
    ShareAnswer,
    StageAnswer,
    Used,
)
from vereda.terms.production import Spread

DRAWS, SEED = 2**16, 1
REGION = "everything measured there"
BASE = 2**12  # pairs of samples behind a share: errors below half a percentage point


def produce(b: Bench) -> tuple[Potential, dict[str, Step]]:
    """The whole answer, and the way back of every number in it."""
    a, year = b.assessment, b.asked.year
    book = Ways(a.place, str(year), a.id)
    ways = tuple(b.ways())
    way = chosen(b, ways)
    published = factors.editions(b.desk, a.published.series, a.place, year, a.published.estimator)
    inputs: tuple[Used, ...] = ()
    readings: tuple[ReadingAnswer, ...] = ()
    stages: tuple[StageAnswer, ...] = ()
    ice: FrozenAnswer | None = None
    if way is not None:
        steps = staged(way.plan(year), way.set)
        inputs = tuple(used(b, book, p) for p in steps.plan.columns)
        drawn = draw(steps, marginals(steps.plan.columns), b.asked.draws, b.asked.seed).interval()
        stages = _stages(b, book, way, steps, drawn, inputs)
        readings = tuple(_readings(b, book, way, drawn[-1], published, inputs))
        ice = frozen_factors(b, book, way, [f for f in published[:1] if comparable(b, f)], inputs)
    potentials = (*published, *(r.figure for r in readings[:1]))
    answer = Potential(
        b.asked, a.name, a.method, a.caveats, way is not None, way.form if way else "", bool(way and way.regional),
        tuple(_says(b, book, way, published, ice)), published, readings, ice, stages, inputs, _others(b, book, ways, way),
        _missing(b, ways, way), surveys(b.register, a.id, b.day), apparent(b, book, published), consistency(b, book, published),
        rivals(b), publications.revised(b.desk, a, book, b.day), companions(b, book, potentials), _elsewhere(b, book), _since(b, book, published),
    )  # fmt: skip
    return answer, book.steps


# ---- the chain ------------------------------------------------------------------------------------------------


def _stages(
    b: Bench, book: Ways, way: Way, steps: Staged, drawn: Array, inputs: Sequence[Used]
) -> tuple[StageAnswer, ...]:
    by = dict(zip(steps.names, drawn, strict=True))
    order: tuple[str, ...] = ALKALOID if steps.names == ALKALOID else HARVEST
    if STATED in steps.names:
        order = (*(name for name in order if name in steps.names[:-1]), STATED, steps.names[-1])
    told = []
    for name in order:
        meaning, formula, unit = STAGES[name]
        behind = tuple(u.figure for u in inputs)
        low, middle, high = (float(x) for x in by[name]) if name in by else (None, None, None)
        how = f"{formula}; {b.asked.draws} draws, seed {b.asked.seed}"
        figure = book.figure(f"stage.{name}", middle, unit, how, behind, low, high)
        lacking = () if name in by else _lacking(b, way, name)
        told.append(StageAnswer(name, meaning, formula, figure, lacking))
    return tuple(told)


def _lacking(b: Bench, way: Way, stage: str) -> tuple[str, ...]:
    """Quantities of a stage that some region of the way lacks."""
    wanted = ("fresh_leaf_yield", *SHARES, *FROM) if stage == "base" else NEEDS.get(stage, ())
    return tuple(n for n in wanted if not all(way.set.find(n, r, b.asked.year) for r in way.set.regions))


def _readings(
    b: Bench, book: Ways, way: Way, printed: Array, published: Sequence[Figure], inputs: Sequence[Used]
) -> Iterator[ReadingAnswer]:
    yield _reading(b, book, "printed", None, way.plan(b.asked.year), printed, published, inputs)
    for spread, plan in wider(b, way):
        drawn = interval(b, plan)
        yield _reading(b, book, spread.id, spread.note, plan, drawn, published, inputs)


def interval(b: Bench, plan: Plan) -> Array:
    """(3,) 5, 50 and 95 % of the draws of a plan, t."""
    found: Array = draw(plan, marginals(plan.columns), b.asked.draws, b.asked.seed).interval()[0]
    return found


def wider(b: Bench, way: Way) -> Iterator[tuple[Spread, Plan]]:
    """The plan under each printed interval that the case carries over to its yields."""
    for spread in b.register.spreads:
        wide = _widened(b, spread, way.plan(b.asked.year))
        if wide is not None:
            yield spread, wide


def _widened(b: Bench, spread: Spread, plan: Plan) -> Plan | None:
    """The plan with the relative interval of a printed figure on its yields; None where it touches none of them."""
    found = [
        f for f in b.desk.refer(spread.spread_of) if f.low is not None and f.high is not None and f.value
    ]
    touched = [p for p in plan.columns if p.name in spread.onto and p in b.parameters and p not in b.hands]
    if not found or not touched or int(found[0].period) > b.asked.year or known_on(found[0].vintage) > b.day:
        return None
    value, low, high = found[0].value or 1.0, found[0].low or 0.0, found[0].high or 0.0

    def wide(p: Parameter) -> Parameter:
        if p not in touched:
            return p
        return replace(
            p, low=p.value * low / value, high=p.value * high / value, distribution=spread.distribution
        )

    return replace(plan, columns=tuple(wide(p) for p in plan.columns))


def _reading(
    b: Bench, book: Ways, name: str, note: Text | None, plan: Plan, drawn: Array, published: Sequence[Figure],
    inputs: Sequence[Used],
) -> ReadingAnswer:  # fmt: skip
    low, middle, high = (float(x) for x in drawn)
    behind = tuple(u.figure for u in inputs)
    how = f"5, 50 and 95 % of {b.asked.draws} draws, seed {b.asked.seed}"
    figure = book.figure(f"hydrochloride.{name}", middle, "t", how, behind, low, high)
    flag: Flag = "not_published"
    if published and not comparable(b, published[0]):
        flag = "other_purity"
    elif published:
        flag = "inside" if low <= (published[0].value or 0.0) <= high else "outside"
    surveys_of = tuple(_shares(b, book, name, plan, figure, "region")) if len(plan.regions) > 1 else ()
    return ReadingAnswer(
        name, note, figure, flag, tuple(_shares(b, book, name, plan, figure, "survey")), surveys_of
    )


def _shares(
    b: Bench, book: Ways, name: str, plan: Plan, result: Figure, by: Literal["survey", "region"]
) -> Iterator[ShareAnswer]:
    """Each quantity of each region by itself, or everything that is measured in a region together."""
    groups = plan.groups(by)
    if not groups:
        return
    margins = marginals(plan.columns)
    told = shares(plan, margins, groups, BASE, b.asked.seed)
    worth = resurvey(plan, margins, groups, b.asked.seed).narrowing
    for i in np.argsort(-told.total[:, 0], kind="stable"):
        group = told.group[i] if by == "survey" else f"@{told.group[i]}"
        quantity, _, place = group.partition("@")
        meaning = QUANTITIES[quantity].meaning if quantity else REGION
        values = {"first": told.first[i, 0], "total": told.total[i, 0], "narrowing": worth[i, 0]}
        how = {
            "first": f"first-order share of the variance, {BASE} base samples",
            "total": f"total share of the variance, {BASE} base samples",
            "narrowing": "expected narrowing of the 5-95 % interval if it were known exactly: an upper bound",
        }
        three = {
            key: book.figure(
                f"{key}.{name}.{group.replace('@', '.')}", 100 * float(v), "%", how[key], (result,)
            )
            for key, v in values.items()
        }
        yield ShareAnswer(group, quantity, meaning, place, three["first"], three["total"], three["narrowing"])


def _others(b: Bench, book: Ways, ways: Sequence[Way], used_way: Way | None) -> tuple[FormAnswer, ...]:
    """The other forms: median and interval of the first way that can be computed, or what the whole place lacks."""
    told = []
    for form in b.assessment.forms:
        if used_way is not None and form == used_way.form:
            continue
        mine = [way for way in ways if way.form == form]
        can = next((way for way in mine if not way.missing), None)
        ends = [float(x) for x in interval(b, can.plan(b.asked.year))] if can else [None, None, None]
        low, middle, high = ends
        figure = book.figure(f"form.{form}", middle, "t", f"the form {form} of the chain", (), low, high)
        sets = [] if can else [{m.name for m in way.missing} for way in mine if not way.regional]
        always = set.intersection(*sets) if sets else set()
        rest = [s - always for s in sets]
        either = (
            set.union(*rest) if sets and all(rest) else set()
        )  # one way that lacks no more needs none of them
        told.append(
            FormAnswer(form, bool(can and can.regional), figure, tuple(sorted(always)), tuple(sorted(either)))
        )
    return tuple(told)


def _missing(b: Bench, ways: Sequence[Way], chosen: Way | None) -> tuple[MissingAnswer, ...]:
    """What the whole chain lacks, by region where it has regions; and what the forms lack that could not be used."""
    whole = [way for way in ways if way.form == b.assessment.forms[0]]
    lacking = [m for way in whole for m in way.missing]
    if chosen is None:
        lacking += [m for way in ways for m in way.missing]
    areas = set(factors.AREAS.values())
    return tuple(
        missing_answer(b, name, (QUANTITIES[name].meaning, QUANTITIES[name].unit), places, years)
        for name, (places, years) in sorted(factors.merged(lacking).items(), key=lambda kv: kv[0] in areas)
    )


def _says(
    b: Bench, book: Ways, way: Way | None, published: Sequence[Figure], ice: FrozenAnswer | None
) -> Iterator[Message]:
    year = str(b.asked.year)
    yield message("potential")
    if way is None:
        yield message("not_computed", year=year)
    else:
        if b.assessment.regions:
            yield message("regional" if way.regional else "national")
        yield from _apart(b, book, way)
        yield message("interval_given" if any(h.name in QUANTITIES for h in b.hands) else "interval")
    if b.asked.given:
        yield message("given", given=", ".join(b.asked.given))
    if not published:
        yield message("not_published", year=year)
    elif way is not None and not comparable(b, published[0]):
        yield message("other_purity", year=year)
    elif ice is not None:
        yield message(
            "inside" if ice.flag == "inside" else "outside", published=published[0], expected=ice.expected
        )
    if published and published[0].status == "leaked":
        yield message("leaked", year=year)


def _apart(b: Bench, book: Ways, way: Way) -> Iterator[Message]:
    """Areas of regions that do not add up to the area published for the whole place."""
    if not way.regional:
        return
    for whole, published in b.areas.items():
        parts = [way.set.find(whole.name, r, whole.year) for r in way.set.regions]
        total = sum(converted(p)[0] for p in parts if p)
        if whole.region == b.assessment.place and round(total) != round(converted(whole)[0]):
            how = "areas of the regions, added up"
            behind = tuple(b.areas[p] for p in parts if p in b.areas)
            added = book.figure(f"regions.{whole.year}", total, "ha", how, behind)
            yield message("apart", total=added, published=published)


def _since(b: Bench, book: Ways, published: Sequence[Figure]) -> Explained | None:
    """The change from the year published before; None where there is none, or no area of it."""
    a, year = b.assessment, b.asked.year
    before = [y for y in publications.years(a, b.desk) if y < year]
    if not published or not before:
        return None
    try:
        told, steps = explain(b.register, b.desk, b.held, a, str(before[-1]), str(year))
    except BadRequest:
        return None
    book.steps |= steps
    return told


def _elsewhere(b: Bench, book: Ways) -> tuple[ElsewhereAnswer, ...]:
    """Ranges printed for other places and times, where the chain they speak of lacks its parameters."""
    if b.assessment.chain != "alkaloid":
        return ()
    told = []
    for e in b.register.elsewhere:
        figure = Figure(e.value, e.unit, f"elsewhere@{e.id}", e.low, e.high, "stated", source=e.cites[0])
        book.steps[figure.trace] = elsewhere_step(b.register, e, figure)
        told.append(ElsewhereAnswer(e.about, figure, e.cites))
    return tuple(told)
