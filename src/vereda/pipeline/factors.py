"""The factors of production that a case holds, as parameters: from the register, the store, and what was given by hand.

A published number is fetched from where it stands in the store; a fault is told with the file and line of its entry.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from vereda.errors import BadDesign, BadPeriod, BadRequest
from vereda.measurement.parameters import Missing, Parameter, ParameterSet, as_known, parameter_set
from vereda.measurement.quantities import QUANTITIES, UNITS
from vereda.measurement.ranged import Ranged, exactly, rounded
from vereda.pipeline.desk import Desk
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure
from vereda.terms.period import known_on, period
from vereda.terms.production import Assessment, Factor, Gap, Printed

#: quantities read beside the chain: what each is, and its unit
COMPANIONS = {
    "seizure_purity": ("pure over as seized", "1"),
    "counted_twice": ("part of the seizures that two services report", "1"),
    "losses": ("cocaine lost or never made, pure", "t"),
    "chemical_per_cocaine": ("chemical for a kilogram of cocaine", "kg/kg"),
    "chemical_imported": ("chemical that lawfully came in during the year", "t"),
    "chemical_seized": ("chemical seized during the year", "t"),
    "replanted": ("part of the eradicated area that is planted again", "1"),
}
AREAS = {"harvest": "census_area", "alkaloid": "sampled_area"}
GIVEN = re.compile(
    r"(?P<name>[a-z_]+)(?:@(?P<place>[A-Z]{2,3}(?:-[A-Z0-9]+)?))?(?::(?P<year>\d{4}))?=(?P<rest>.*)"
)
NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
VALUE = re.compile(rf"\s*({NUMBER})(?:\.\.({NUMBER}))?(?:\.\.({NUMBER}))?\s*([A-Za-z%/][\w/%]*)?\s*")


@dataclass(frozen=True, slots=True)
class Held:
    """Every factor of a case. entry, behind: by locator, the entry and the figures its number comes from.

    chain: parameters of a chain; beside: those of COMPANIONS, with the same fields.
    """

    chain: tuple[Parameter, ...]
    beside: tuple[Parameter, ...]
    entry: Mapping[str, Factor]
    behind: Mapping[str, tuple[Figure, ...]]


def held(register: Register, desk: Desk) -> Held:
    """The factors of the register with their numbers from the desk; BadDesign with everything that is wrong.

    `desk` must know everything that is held, whatever day is asked about: parameters know themselves when they were
    printed. What is printed after the day to which the case was reviewed is a fault.
    """
    faults: list[str] = []
    made: list[Parameter] = []
    entry: dict[str, Factor] = {}
    behind: dict[str, tuple[Figure, ...]] = {}
    for factor in register.factors:
        at = register.files[f"factor/{factor.id}"]
        entry[at] = factor
        try:
            parameter, behind[at] = _parameter(factor, desk, at)
            made.append(parameter)
        except BadDesign as error:
            faults.append(f"{at}: {factor.id}: {error}")
    reviewed = date.fromisoformat(register.case.as_of)
    faults += [f for p in made if p.name in COMPANIONS for f in _beside_faults(p, reviewed)]
    faults += [f for name, at in _named(register) if (f := _unknown(name, at))]
    faults += list(_short_lives(register))
    if faults:
        raise BadDesign(f"{len(faults)} fault(s) in the factors of the case:\n  " + "\n  ".join(faults))
    chain = tuple(p for p in made if p.name in QUANTITIES)
    _check(register, chain, reviewed)
    return Held(chain, tuple(p for p in made if p.name in COMPANIONS), entry, behind)


def _check(register: Register, chain: Sequence[Parameter], reviewed: date) -> None:
    """Every set as a whole: shares that sum to one, intervals, units, factors from the future."""
    for assessment in register.assessments:
        mine = [p for p in chain if p.quantity.chain == assessment.chain]
        places = {p.region for p in mine} - {assessment.place, *assessment.regions}
        regions = (*assessment.regions, *sorted(places & _others(register, assessment)))
        parameter_set(mine, assessment.chain, regions or (assessment.place,), assessment.place, reviewed)
    chains = {a.chain for a in register.assessments}
    if lost := [p for p in chain if p.quantity.chain not in chains]:
        lines = "\n  ".join(
            f"{p.locator}: {p.label}: no assessment has the {p.quantity.chain} chain." for p in lost
        )
        raise BadDesign(f"Factors that nobody uses:\n  {lines}")


def _others(register: Register, assessment: Assessment) -> set[str]:
    """Places of other assessments of the same chain."""
    others = [a for a in register.assessments if a.chain == assessment.chain]
    return {place for a in others for place in (a.place, *a.regions)}


def _named(register: Register) -> Iterator[tuple[str, str]]:
    """Every quantity that an entry other than a factor names, and where."""
    for a in register.assessments:
        yield from ((name, register.files[f"assessment/{a.id}"]) for name in a.life)
    for s in register.spreads:
        yield from ((name, register.files[f"spread/{s.id}"]) for name in s.onto)
    for g in register.gaps:
        yield from ((name, register.files[f"gap/{g.id}"]) for name in g.quantities)


def _short_lives(register: Register) -> Iterator[str]:
    """Lives that are no number of years."""
    for a in register.assessments:
        for name, years in a.life.items():
            if years < 0:
                at = register.files[f"assessment/{a.id}"]
                yield f"{at}: life of {name}: {years} years; a factor is good for none or for more, not for fewer."


def _unknown(name: str, at: str) -> str:
    known = (*QUANTITIES, *COMPANIONS)
    if name in known:
        return ""
    near = get_close_matches(name, known, n=3) or known
    return f"{at}: {name!r} is no quantity of production. Nearest: {', '.join(near)}."


def _parameter(factor: Factor, desk: Desk, at: str) -> tuple[Parameter, tuple[Figure, ...]]:
    if complaint := _unknown(factor.quantity, at):
        raise BadDesign(complaint.partition(": ")[2])
    ways = [way for way in (factor.observed, factor.ratio, factor.value) if way is not None]
    if len(ways) != 1:
        raise BadDesign("give `observed`, `ratio` or `value`, one of them and no more")
    if factor.observed:
        number, figure = _observed(factor.observed, desk)
        behind: tuple[Figure, ...] = (figure,)
    elif factor.ratio:
        (above, of), (below, over) = (_observed(r, desk) for r in (factor.ratio.of, factor.ratio.over))
        if of.unit != over.unit:
            raise BadDesign(f"a ratio of {of.unit} over {over.unit} is no pure number; state it in one unit")
        number, behind = above / below, (of, over)
    else:
        number, behind = _stated(factor), ()
    return _made(factor, number, behind, at), behind


def _made(factor: Factor, number: Ranged, behind: Sequence[Figure], at: str) -> Parameter:
    vintages = [f.vintage for f in behind] or [factor.vintage or ""]
    try:
        vintage = max(vintages, key=known_on)
    except BadPeriod:
        raise BadDesign("a stated value needs its `vintage`: the day, month or year it was printed") from None
    return Parameter(
        factor.quantity, factor.place, factor.year, number.value, number.low, number.high, factor.distribution,
        factor.unit, factor.surveyed, vintage, ", ".join(factor.cites), at,
    )  # fmt: skip


def _observed(ref: Printed, desk: Desk) -> tuple[Ranged, Figure]:
    found = [f for f in desk.refer(ref) if f.value is not None]
    if len(found) != 1:
        names = ", ".join(f.trace for f in found) or "none"
        raise BadDesign(
            f"{ref.series} of {ref.place} in {ref.period} by {ref.estimator} in {ref.source} must be one observation; "
            f"held: {names}"
        )
    figure = found[0]
    value = float(figure.value or 0.0)
    if figure.low is not None and figure.high is not None:
        return Ranged(value, figure.low, figure.high), figure
    return rounded(value, ref.rounded_to) if ref.rounded_to else exactly(value), figure


def _stated(factor: Factor) -> Ranged:
    """The ends as stated, also where they are reversed: `parameter_set` says so by file and line."""
    value = factor.value or 0.0
    low, high = (value if end is None else end for end in (factor.low, factor.high))
    if low <= value <= high:
        return Ranged(value, low, high)
    raise BadDesign(
        f"the interval {low:g} to {high:g} is reversed: low is the smaller one"
        if low > high
        else f"the value {value:g} lies outside its own interval {low:g} to {high:g}"
    )


def _beside_faults(p: Parameter, reviewed: date) -> Iterator[str]:
    head = f"{p.locator}: {p.label}"
    unit = COMPANIONS[p.name][1]
    if UNITS.get(p.unit, (p.unit, 1.0))[0] != unit:
        yield f"{head}: is measured in {unit}, and {p.unit!r} is something else."
    elif p.low < 0 or (unit == "1" and p.high * UNITS[p.unit][1] > 1):
        yield f"{head}: {p.low:g} to {p.high:g} {p.unit}: {'a share lies between 0 and 1' if unit == '1' else 'an amount is not negative'}."
    if known_on(p.vintage) > reviewed:
        yield f"{head}: published in {p.vintage}, after {reviewed}: from the future."


# ---- one chain in one year ----------------------------------------------------------------------------------


def areas(
    assessment: Assessment, desk: Desk, places: Sequence[str], years: Sequence[int]
) -> dict[Parameter, Figure]:
    """The area of every place and year that the estimator had published by the desk's day, as parameters."""
    found = {}
    for place in places:
        for year in years:
            figure = first(desk, assessment.area.series, place, year, assessment.area.estimator)
            if figure is not None and figure.value is not None:
                found[area_parameter(assessment, figure, year)] = figure
    return found


def area_parameter(assessment: Assessment, figure: Figure, year: int) -> Parameter:
    """A published area; its publisher prints no error of it unless the figure has ends."""
    value = float(figure.value or 0.0)
    ends = (figure.low, figure.high)
    low, high = (value if e is None else e for e in ends) if None not in ends else (value, value)
    return Parameter(
        AREAS[assessment.chain], figure.place, year, value, low, high, "fixed" if low == high else "uniform", figure.unit,
        year, figure.vintage, figure.source, figure.trace,
    )  # fmt: skip


def first(desk: Desk, series: str, place: str, year: int, estimator: str | None) -> Figure | None:
    """The figure of one estimator to show first for a whole year; None where it published none."""
    figures = editions(desk, series, place, year, estimator)
    return figures[0] if figures else None


def editions(desk: Desk, series: str, place: str, year: int, estimator: str | None) -> tuple[Figure, ...]:
    """Every figure of one estimator for a whole year that has a value, the one to show first leading."""
    found = desk.candidates(series, place, str(year))
    return tuple(f for f in found if f.value is not None and estimator in (None, f.estimator))


def known(parameters: Sequence[Parameter], chain: str, day: date) -> tuple[Parameter, ...]:
    """The parameters of a chain that were printed by a day."""
    return as_known([p for p in parameters if p.quantity.chain == chain], day)


def purity_step(held: Held, assessment: Assessment, day: date) -> Parameter | None:
    """The step of purity of this chain, where one was known by the day."""
    found = [p for p in known(held.chain, assessment.chain, day) if p.name == "purity_step"]
    return max(found, key=lambda p: (p.year, known_on(p.vintage)), default=None)


def stated_pure(step: Parameter | None, year: int, figure: Figure) -> bool:
    """Whether an edition of a year is stated as pure: it came with the step of purity or after it."""
    return step is not None and year >= step.year and known_on(figure.vintage) >= known_on(step.vintage)


def years_with_area(assessment: Assessment, desk: Desk) -> tuple[int, ...]:
    """Years for which the estimator published an area by the desk's day."""
    area = assessment.area
    spans = [period(text) for text in desk.periods(area.series, assessment.place)]
    years = sorted({span.year for span in spans if span.is_year})
    return tuple(y for y in years if first(desk, area.series, assessment.place, y, area.estimator))


def gap_of(register: Register, quantity: str) -> Gap | None:
    """Where a missing quantity is printed, if the case says so."""
    return next((gap for gap in register.gaps if quantity in gap.quantities), None)


def merged(missing: Sequence[Missing]) -> dict[str, tuple[tuple[str, ...], tuple[int, ...]]]:
    """Missing parameters by quantity: places and years."""
    found: dict[str, tuple[set[str], set[int]]] = {}
    for m in missing:
        places, years = found.setdefault(m.name, (set(), set()))
        places.add(m.region)
        years.update(m.years)
    return {name: (tuple(sorted(p)), tuple(sorted(y))) for name, (p, y) in found.items()}


# ---- given by hand --------------------------------------------------------------------------------------------


def given(words: Sequence[str], assessment: Assessment, year: int, as_of: str) -> tuple[Parameter, ...]:
    """What --set gives: NAME=VALUE, NAME=LOW..HIGH or NAME=LOW..MODE..HIGH, with @PLACE, :YEAR and a unit where wanted."""
    return tuple(_given(word, assessment, year, as_of) for word in words)


def _given(word: str, assessment: Assessment, year: int, as_of: str) -> Parameter:
    found = GIVEN.fullmatch(word.strip())
    number = VALUE.fullmatch(found["rest"]) if found else None
    if not found or not number:
        raise BadRequest(
            f"--set takes NAME=VALUE, NAME=LOW..HIGH or NAME=LOW..MODE..HIGH, not {word!r}. "
            "Examples: --set hcl_per_ha=7.2, --set hcl_per_ha=6.5..8, --set 'fresh_leaf_yield@CO=5.8 t/ha/yr'."
        )
    name = found["name"]
    mine = [q.name for q in QUANTITIES.values() if q.chain == assessment.chain]
    if name not in (*mine, *COMPANIONS):
        near = get_close_matches(name, (*mine, *COMPANIONS), n=3) or (*mine, *COMPANIONS)
        why = f"belongs to the {QUANTITIES[name].chain} chain" if name in QUANTITIES else "is no parameter"
        raise BadRequest(f"--set {word}: {name!r} {why}. Nearest for this estimator: {', '.join(near)}.")
    place = found["place"] or assessment.place
    if place not in (assessment.place, *assessment.regions):
        there = ", ".join((assessment.place, *assessment.regions))
        raise BadRequest(f"--set {word}: {place!r} is no region of this assessment. There are: {there}.")
    p = _number(name, place, int(found["year"] or year), number, word, as_of)
    faults = list(_beside_faults(p, date.max)) if name in COMPANIONS else _chain_faults(p, assessment)
    if faults:
        raise BadRequest(f"--set {word}: {faults[0].removeprefix(f'{p.locator}: {p.label}: ')}")
    return p


def _number(name: str, place: str, year: int, found: re.Match[str], word: str, as_of: str) -> Parameter:
    parts = [float(part) for part in found.groups()[:3] if part is not None]
    low, high = parts[0], parts[-1]
    middle = parts[1] if len(parts) == 3 else (low + high) / 2
    shape = "fixed" if low == high else "triangular" if len(parts) == 3 else "uniform"
    unit = found[4] or (QUANTITIES[name].unit if name in QUANTITIES else COMPANIONS[name][1])
    return Parameter(name, place, year, middle, low, high, shape, unit, None, as_of, "", f"--set {word}")  # type: ignore[arg-type]


def _chain_faults(p: Parameter, assessment: Assessment) -> list[str]:
    """What is wrong with one parameter by itself; whether shares sum to one is asked of the whole set."""
    try:
        parameter_set([replace(p, vintage="9999")], assessment.chain, (p.region,), p.region, date.max)
    except BadDesign as error:
        said = [line.strip() for line in str(error).splitlines()[1:]]
        return [line for line in said if "sum to" not in line]
    return []


def with_given(parameters: Sequence[Parameter], hands: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """The parameters with what was given in the place of what it names, and nothing else changed."""
    taken = {(h.name, h.region): h.year for h in hands}

    def stays(p: Parameter) -> bool:
        year = taken.get((p.name, p.region))
        return year is None or (p.quantity.yearly and p.year != year)

    return (*(p for p in parameters if stays(p)), *hands)


def chain_set(
    assessment: Assessment, parameters: Sequence[Parameter], regional: bool, as_of: date
) -> ParameterSet:
    """The checked set of one chain, over its regions or over the place as a whole."""
    places = assessment.regions if regional else (assessment.place,)
    mine = [p for p in parameters if p.region in (*places, assessment.place)]
    return parameter_set(mine, assessment.chain, places, assessment.place, as_of)
