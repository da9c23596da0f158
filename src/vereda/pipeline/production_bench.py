"""What one answer about production is made from: the factors known on a day, what was given, the ways through the chain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from vereda.errors import BadRequest
from vereda.measurement.parameters import Missing, Parameter, ParameterSet, converted
from vereda.measurement.plan import FACTORS as FORM_FACTORS
from vereda.measurement.plan import (
    FROM,
    SHARES,
    Plan,
    alkaloid_needs,
    alkaloid_plan,
    harvest_needs,
    harvest_plan,
)
from vereda.measurement.quantities import QUANTITIES
from vereda.pipeline import factors
from vereda.pipeline.desk import Desk
from vereda.pipeline.factors import Held
from vereda.pipeline.production_words import WARNINGS, Ways
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.potential import Asked, MissingAnswer, Used
from vereda.terms.production import Assessment, Elsewhere


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a chain: by region or as a whole, its form and its area, and what it lacks."""

    regional: bool
    form: Any
    area: Any
    set: ParameterSet
    missing: tuple[Missing, ...]

    def plan(self, year: int) -> Plan:
        """The model of it."""
        if self.form == "alkaloid":
            return alkaloid_plan(self.set, (year,))
        return harvest_plan(self.set, (year,), self.form, self.area)

    @property
    def uses(self) -> frozenset[str]:
        """The quantities that move its result."""
        extra = {"added": ("added_area",), "ratio": ("productive_ratio",)}.get(self.area, ())
        routed = (*SHARES, *FROM) if self.form == "routes" else ()
        area = factors.AREAS["alkaloid" if self.form == "alkaloid" else "harvest"]
        return frozenset((area, *extra, *FORM_FACTORS[self.form], *routed))


@dataclass(frozen=True, slots=True)
class Bench:
    """What one answer is made from: register, the desk of its day, the factors known then, and what was given."""

    register: Register
    desk: Desk
    held: Held
    assessment: Assessment
    asked: Asked
    hands: tuple[Parameter, ...]
    areas: dict[Parameter, Figure]
    parameters: tuple[Parameter, ...]

    @property
    def day(self) -> date:
        """The day asked about."""
        return date.fromisoformat(self.desk.as_of)

    def ways(self) -> Iterator[Way]:
        """Every way through the chain, in the order of the case; by region first."""
        a, year = self.assessment, self.asked.year
        for regional in (True, False) if a.regions else (False,):
            held = factors.chain_set(a, self.parameters, regional, self.day)
            for form in a.forms:
                if form == "alkaloid":
                    yield Way(regional, form, "mean", held, alkaloid_needs(held, (year,)))
                    continue
                for area in a.areas:
                    yield Way(regional, form, area, held, harvest_needs(held, (year,), form, area))


def assessment_of(register: Register, name: str | None) -> Assessment:
    """The estimator asked for; the first of the case where none is named."""
    if not register.assessments:
        raise BadRequest(
            "This case assesses no production: it has no production.yml that says who does, and how."
        )
    found = [a for a in register.assessments if name in (None, a.id)]
    if not found:
        ids = ", ".join(a.id for a in register.assessments)
        raise BadRequest(f"{name!r} assesses no production in this case. There are: {ids}.")
    return found[0]


def bench(register: Register, desk: Desk, held: Held, asked: Asked, assessment: Assessment) -> Bench:
    """Everything known of one year on the desk's day; BadRequest where that year has no area."""
    day = date.fromisoformat(desk.as_of)
    hands = factors.given(asked.given, assessment, asked.year, desk.as_of)
    span = (asked.year - 1, asked.year) if assessment.chain == "harvest" else (asked.year,)
    area = factors.areas(assessment, desk, (assessment.place, *assessment.regions), span)
    known = factors.known(held.chain, assessment.chain, day)
    chain_hands = [h for h in hands if h.name in QUANTITIES]
    mine = factors.with_given((*known, *area), chain_hands)
    if not any(
        p.year == asked.year and p.region == assessment.place
        for p in mine
        if p.name in factors.AREAS.values()
    ):
        _no_area(register, desk, assessment, asked.year)
    return Bench(register, desk, held, assessment, asked, hands, area, mine)


def _no_area(register: Register, desk: Desk, assessment: Assessment, year: int) -> None:
    years = factors.years_with_area(assessment, desk)
    at = register.files[f"assessment/{assessment.id}"]
    span = f"{years[0]} to {years[-1]}: {', '.join(map(str, years))}" if years else "none"
    raise BadRequest(
        f"No area of {year} by {assessment.area.estimator} is held as of {desk.as_of}, and without area there is no "
        f"production. Years with area: {span}. The series is named in {at}."
    )


def latest_year(
    register: Register, desk: Desk, held: Held, assessment: Assessment, given: Sequence[str]
) -> int:
    """The latest year that can be computed; where none can, the latest with a published figure or an area."""
    years = factors.years_with_area(assessment, desk)
    for year in reversed(years):
        asked = Asked(assessment.place, year, assessment.id, desk.as_of, 0, 0, tuple(given))
        if any(not way.missing for way in bench(register, desk, held, asked, assessment).ways()):
            return year
    ref = assessment.published
    told = [y for y in years if factors.first(desk, ref.series, assessment.place, y, ref.estimator)]
    if not years:
        _no_area(register, desk, assessment, date.fromisoformat(desk.as_of).year)
    return (told or list(years))[-1]


def chosen(b: Bench, ways: Sequence[Way]) -> Way | None:
    """The first way with all its parameters that uses everything that was given by hand."""
    hands = {h.name for h in b.hands if h.name in QUANTITIES}
    can = [way for way in ways if not way.missing]
    for way in can:
        if hands <= way.uses and _reaches(b, way):
            return way
    if not hands or not can:
        return None
    used = "; ".join(f"{way.form}: {', '.join(sorted(way.uses))}" for way in can)
    raise BadRequest(
        f"--set names {', '.join(h.label for h in b.hands)}, and no way of computing {b.asked.year} uses all of that. "
        f"Ways that can be computed, and what moves each: {used}."
    )


def comparable(b: Bench, published: Figure) -> bool:
    """Whether a published figure is stated as pure, like what is computed; always where no step of purity is known."""
    step = factors.purity_step(b.held, b.assessment, b.day)
    return step is None or factors.stated_pure(step, b.asked.year, published)


def _reaches(b: Bench, way: Way) -> bool:
    """Whether what was given for a region is among the regions that are summed."""
    places = {*way.set.regions, *(() if way.regional else (b.assessment.place,))}
    return all(h.region in places or not h.quantity.regional for h in b.hands if h.name in QUANTITIES)


def spread(low: float, high: float) -> tuple[float | None, float | None]:
    """The ends of an interval; none where there is no width."""
    return (None, None) if low == high else (low, high)


def used(b: Bench, book: Ways, p: Parameter) -> Used:
    """A parameter as it is told: in the unit of its quantity, with its way back and what to mind."""
    value, low, high = converted(p)
    q, year = p.quantity, b.asked.year
    carried = 0 if q.yearly else year - p.year
    if p in b.areas:
        figure = b.areas[p]
        return Used(p.name, q.meaning, figure, p.distribution, "published", p.year, 0, figure.trace, (figure.source,), None, None)  # fmt: skip
    entry = b.held.entry.get(p.locator)
    key = f"parameter@{entry.id}" if entry else f"given@{p.locator.removeprefix('--set ').replace(' ', '')}"
    behind = b.held.behind.get(p.locator, ())
    status = "computed" if len(behind) == 2 else "measured" if behind else "stated"
    figure = Figure(
        value, q.unit, key, *spread(low, high), status, p.region, str(p.year), behind[0].estimator if behind else "",
        p.vintage, entry.cites[0] if entry else "",
    )  # fmt: skip
    book.steps[key] = parameter_step(b.register, b.held, p, figure)
    warning = _warning(b.assessment, p, year) if entry else None
    return Used(
        p.name, q.meaning, figure, p.distribution, entry.basis if entry else "given", p.survey_year, carried, p.locator,
        entry.cites if entry else (), entry.note if entry else None, warning,
    )  # fmt: skip


def parameter_step(register: Register, held: Held, p: Parameter, figure: Figure) -> Step:
    """The way back of a factor: its entry, the observations its number comes from, or the documents it was read from."""
    behind, entry = held.behind.get(p.locator, ()), held.entry.get(p.locator)
    steps = tuple(Step("observation", f.trace, "", f.trace, f.value, f.unit) for f in behind)
    if not behind and entry:
        steps = _documents(register, entry.cites)
    note = entry.note.en if entry and entry.note else ""
    name = f"{p.name} · {p.region} · {p.year}"
    return Step("parameter", name, p.locator, figure.trace, figure.value, figure.unit, note, steps)


def missing_answer(
    b: Bench, name: str, said: tuple[str, str], places: tuple[str, ...], years: tuple[int, ...]
) -> MissingAnswer:
    """A missing quantity, its meaning and unit, with where it is printed if the case says so."""
    gap = factors.gap_of(b.register, name)
    at = b.register.files[f"gap/{gap.id}"] if gap else ""
    printed, cites = (gap.printed, gap.cites) if gap else (None, ())
    return MissingAnswer(name, *said, places, years, printed, cites, at)


def elsewhere_step(register: Register, entry: Elsewhere, figure: Figure) -> Step:
    """The way back of a range printed for another place or time."""
    at, cited = register.files[f"elsewhere/{entry.id}"], _documents(register, entry.cites)
    return Step("parameter", entry.about.en, at, figure.trace, figure.value, figure.unit, inputs=cited)


def _documents(register: Register, cites: Sequence[str]) -> tuple[Step, ...]:
    known = {d.id: d for d in register.documents}
    cited = [known[c] for c in cites if c in known]
    return tuple(Step("claim", f"{d.publisher}: {d.title} ({d.date})", d.address, note=d.kind) for d in cited)


def _warning(a: Assessment, p: Parameter, year: int) -> Message | None:
    """What a reader should know of a factor's age; nothing where there is nothing to know."""
    life, carried = a.life.get(p.name), year - p.year
    if p.survey_year is not None:
        age = year - p.survey_year
        return (
            Message(WARNINGS["surveyed_long_ago"], {"years": age, "life": life})
            if life is not None and age > life
            else None
        )
    if life is None:  # no field work is meant: told only when it is used for another year than its own
        return Message(WARNINGS["carried"], {"years": carried}) if carried and not p.quantity.yearly else None
    if carried > life:
        return Message(WARNINGS["carried_too_long"], {"years": carried, "life": life})
    return Message(WARNINGS["carried"], {"years": carried}) if carried else Message(WARNINGS["no_field_work"])
