"""Parameters of production: each with its interval, where and when it was measured, and where it is printed.

No parameter has a default. What is missing is listed, with where it is printed; what is wrong is named by file and line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from vereda.errors import BadDesign, BadPeriod
from vereda.measurement.quantities import QUANTITIES, ROUTES, Chain, Quantity, multiple
from vereda.terms.period import known_on

Distribution = Literal["fixed", "uniform", "triangular", "normal", "lognormal"]
DISTRIBUTIONS = ("fixed", "uniform", "triangular", "normal", "lognormal")
ROUNDING = 0.005  # shares printed in percent need not sum to one more closely than this, each


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value with its interval and its way back.

    year: of the state, or the first for which the factor was used. value, low, high: in `unit`. distribution: uniform
    and triangular lie within [low, high] (the mode is `value`); normal and lognormal have `coverage` of their
    probability within it, as a printed confidence interval does, and are cut where the quantity ends (0; shares at 1).
    survey_year: of the field work, None where none is known. vintage: the edition that printed it. locator: file and line.
    """

    name: str
    region: str
    year: int
    value: float
    low: float
    high: float
    distribution: Distribution
    unit: str
    survey_year: int | None
    vintage: str
    source: str
    locator: str
    coverage: float = 0.95

    @property
    def quantity(self) -> Quantity:
        """What it measures."""
        return QUANTITIES[self.name]

    @property
    def label(self) -> str:
        """Short name: fresh_leaf_yield@CO:2019."""
        return f"{self.name}@{self.region}:{self.year}"


@dataclass(frozen=True, slots=True)
class Missing:
    """A parameter that a chain needs and nobody gave; printed: where it can be found, "" where that is not known."""

    name: str
    region: str
    years: tuple[int, ...]
    unit: str
    printed: str

    def __str__(self) -> str:
        span = str(self.years[0]) if len(self.years) == 1 else f"{self.years[0]}-{self.years[-1]}"
        where = f"printed in {self.printed}" if self.printed else "where it is printed is not known"
        return f"{self.name} of {self.region}, {span} ({self.unit}): {where}"


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Checked parameters of one chain. `parameter_set` makes it.

    regions: the parts that are summed. whole: the place they make up; its own code where nothing is divided.
    as_of: nothing in it was published later. printed: name -> where missing values of it are printed.
    """

    chain: Chain
    regions: tuple[str, ...]
    whole: str
    as_of: date
    parameters: tuple[Parameter, ...]
    printed: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str, region: str, year: int) -> Parameter | None:
        """The value that was in use: of that year itself, or a factor carried forward; the newest edition of it."""
        wanted = QUANTITIES[name]
        held = self._of(name, region) or ([] if wanted.regional else self._of(name, self.whole))
        held = [p for p in held if p.year == year or (not wanted.yearly and p.year < year)]
        return max(held, key=lambda p: (p.year, known_on(p.vintage)), default=None)

    def need(self, names: Sequence[str], years: Sequence[int]) -> tuple[Missing, ...]:
        """What is missing for these quantities in every region and year, gathered by quantity and region."""
        gaps = ((n, r, [t for t in years if not self.find(n, r, t)]) for n in names for r in self.regions)
        found = ((QUANTITIES[n], r, lacking) for n, r, lacking in gaps if lacking)
        return tuple(
            Missing(q.name, r, tuple(at), q.unit, self.printed.get(q.name, "")) for q, r, at in found
        )

    def _of(self, name: str, region: str) -> list[Parameter]:
        return [p for p in self.parameters if p.name == name and p.region == region]


def as_known(parameters: Iterable[Parameter], as_of: date) -> tuple[Parameter, ...]:
    """Those published by that day. A vintage named by year or month counts from its last day."""
    return tuple(p for p in parameters if known_on(p.vintage) <= as_of)


def parameter_set(
    parameters: Sequence[Parameter], chain: Chain, regions: Sequence[str], whole: str, as_of: date,
    printed: Mapping[str, str] | None = None,
) -> ParameterSet:  # fmt: skip
    """Check every parameter; BadDesign with all that is wrong, by file and line.

    Parameters published after `as_of` are faults here; `as_known` leaves them out beforehand.
    """
    places = {*regions, whole}
    faults = [
        f"{p.locator}: {p.label}: {fault}" for p in parameters for fault in _faults(p, chain, places, as_of)
    ]
    if len(set(regions)) < len(regions) or not regions:
        faults.append(
            "regions: none given, or one of them twice; every hectare would be missed or counted twice."
        )
    if not faults:
        faults += _twice(parameters)
        faults += _shares(ParameterSet(chain, tuple(regions), whole, as_of, tuple(parameters)))
    _raise(faults)
    return ParameterSet(chain, tuple(regions), whole, as_of, tuple(parameters), dict(printed or {}))


def _raise(faults: Sequence[str]) -> None:
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise BadDesign(
            f"{len(faults)} fault(s) in the parameters of production; nothing was computed:\n{lines}"
        )


def _faults(p: Parameter, chain: Chain, places: set[str], as_of: date) -> Iterator[str]:
    if p.name not in QUANTITIES:
        yield f"no such quantity. There are: {', '.join(QUANTITIES)}."
        return
    if p.quantity.chain != chain:
        yield f"belongs to the {p.quantity.chain} chain. The two are never mixed: make another set."
    if p.region not in places:
        yield f"{p.region!r} is none of the regions of this set: {', '.join(sorted(places))}."
    for fault in (_unit, _interval, _spread):
        yield from fault(p)
    yield from _times(p, as_of)


def _unit(p: Parameter) -> Iterator[str]:
    try:
        times = multiple(p.name, p.unit)
    except BadDesign as error:
        yield str(error)
        return
    if p.quantity.share and p.high * times > 1:
        yield f"a share cannot be above one; this reaches {p.high:g} {p.unit}."


def _interval(p: Parameter) -> Iterator[str]:
    if not all(abs(x) < float("inf") for x in (p.value, p.low, p.high)):
        yield "value, low and high must be numbers; a value that is not known is a missing parameter: leave it out."
    elif p.low < 0:
        yield f"the interval {p.low:g} to {p.high:g} reaches below zero; this quantity cannot."
    elif p.low > p.high:
        yield f"the interval {p.low:g} to {p.high:g} is reversed: low is the smaller one."
    elif not p.low <= p.value <= p.high:
        yield f"the value {p.value:g} lies outside its own interval {p.low:g} to {p.high:g}."


def _spread(p: Parameter) -> Iterator[str]:
    if p.distribution not in DISTRIBUTIONS:
        yield f"{p.distribution!r} is no distribution. There are: {', '.join(DISTRIBUTIONS)}."
    elif (p.distribution == "fixed") != (p.low == p.high):
        yield "'fixed' goes with low = high = value and only with it: give an interval, or say that there is none."
    elif p.distribution == "lognormal" and p.low <= 0:
        yield "a lognormal interval starts above zero."
    elif not 0 < p.coverage < 1:
        yield f"a coverage of {p.coverage:g} is no probability between 0 and 1."
    elif p.distribution in ("normal", "lognormal") and (off := _lopsided(p)) > 0.1:
        yield f"the value is {off:.0%} of the width off the middle of its {p.distribution} interval: use triangular."


def _lopsided(p: Parameter) -> float:
    if p.distribution == "normal":
        return abs(p.value - (p.low + p.high) / 2) / (p.high - p.low) if p.high > p.low else 0.0
    middle, width = (p.low * p.high) ** 0.5, p.high / p.low
    return abs(p.value / middle - 1) / (width - 1) if width > 1 else 0.0


def _times(p: Parameter, as_of: date) -> Iterator[str]:
    try:
        known = known_on(p.vintage)
    except BadPeriod as error:
        yield str(error)
        return
    if known > as_of:
        yield f"published in {p.vintage}, after {as_of}: from the future. `as_known` leaves such parameters out."
    if p.survey_year is not None and p.survey_year > known.year:
        yield f"surveyed in {p.survey_year}, after the edition of {p.vintage} that printed it."
    if p.year > known.year:
        yield f"stated for {p.year}, after the edition of {p.vintage} that printed it."


def _twice(parameters: Sequence[Parameter]) -> Iterator[str]:
    first: dict[tuple[str, str, int, str], Parameter] = {}
    for p in parameters:
        other = first.setdefault((p.name, p.region, p.year, p.vintage), p)
        if other is not p:
            yield f"{p.locator}: {p.label}: given already in {other.locator}, same year and edition. Keep one."


def _shares(held: ParameterSet) -> Iterator[str]:
    """Where any route is given, the routes in use in that region and year sum to one."""
    names = tuple(f"share_{k}" for k in ROUTES)
    for region, year in sorted({(p.region, p.year) for p in held.parameters if p.name in names}):
        used = [p for n in names if (p := held.find(n, region, year))]
        total = sum(p.value * multiple(p.name, p.unit) for p in used)
        if abs(total - 1) > ROUNDING * len(used):
            where = ", ".join(sorted({p.locator for p in used}))
            yield f"{where}: the routes of {region} in {year} sum to {total:.4g}, not to one."


def converted(p: Parameter) -> tuple[float, float, float]:
    """Value, low and high in the unit of the quantity itself."""
    times = multiple(p.name, p.unit)
    return p.value * times, p.low * times, p.high * times
