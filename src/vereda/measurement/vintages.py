"""Figures as first published and as revised; and how often an interval known before a publication held it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scipy.stats import binomtest

from vereda.errors import BadDesign
from vereda.measurement.parameters import Parameter, as_known
from vereda.measurement.ranged import Ranged
from vereda.terms.period import known_on


@dataclass(frozen=True, slots=True)
class Published:
    """One printed value of a year; unit as the reader states it, the same throughout. vintage as in a Parameter."""

    year: int
    value: float
    vintage: str
    source: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A year as first published and as it stands. editions: all values, oldest first; percent: newest over first."""

    year: int
    first: Published
    newest: Published
    editions: tuple[Published, ...]

    @property
    def percent(self) -> float:
        """How far the newest edition lies from the first, % of the first."""
        return 100 * (self.newest.value / self.first.value - 1)


@dataclass(frozen=True, slots=True)
class Foresight:
    """What was known of a year before its figure came out. expected: None where `why` says so; inside: None then."""

    published: Published
    known: date
    expected: Ranged | None
    why: str = ""

    @property
    def inside(self) -> bool | None:
        """Whether the interval held the published value."""
        return (
            None if self.expected is None else self.expected.low <= self.published.value <= self.expected.high
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often intervals known before held what came. hits of `judged` years; rate with a 95 % interval (exact binomial).

    years: every published year, also those without an interval.
    """

    years: tuple[Foresight, ...]
    hits: int
    judged: int
    rate: Ranged | None


def revisions(figures: Iterable[Published], as_of: date) -> tuple[Revision, ...]:
    """Each year's editions that were out by that day, by year. Two values of one edition are a fault."""
    known = [f for f in figures if known_on(f.vintage) <= as_of]
    seen: dict[tuple[int, str], Published] = {}
    for f in known:
        other = seen.setdefault((f.year, f.vintage), f)
        if other.value != f.value:
            raise BadDesign(
                f"{f.year} has two values in the edition of {f.vintage}: {other.value:g} ({other.source}) and "
                f"{f.value:g} ({f.source}). Choose one; a misprint stays with its source."
            )
    years = sorted({f.year for f in known})
    return tuple(_revision([f for f in seen.values() if f.year == year]) for year in years)


def foresight(
    figures: Sequence[Published], parameters: Sequence[Parameter],
    interval: Callable[[tuple[Parameter, ...], int, date], Ranged], with_it: tuple[str, ...] = (),
) -> Coverage:  # fmt: skip
    """For every figure the interval from parameters published before it, and how often that held it.

    interval(known, year, day): made by the caller from nothing else; BadDesign where too little was known, which is
    counted apart. with_it: quantities printed in the same edition that may be used, such as the area; state them.
    """
    found = tuple(_foresight(f, parameters, interval, with_it) for f in figures)
    judged = [f.inside for f in found if f.inside is not None]
    return Coverage(found, sum(judged), len(judged), _rate(sum(judged), len(judged)))


def _revision(editions: list[Published]) -> Revision:
    editions.sort(key=lambda f: known_on(f.vintage))
    return Revision(editions[0].year, editions[0], editions[-1], tuple(editions))


def _foresight(
    figure: Published, parameters: Sequence[Parameter],
    interval: Callable[[tuple[Parameter, ...], int, date], Ranged], with_it: tuple[str, ...],
) -> Foresight:  # fmt: skip
    out = known_on(figure.vintage)
    before = out - timedelta(days=1)
    known = set(as_known(parameters, before)) | {p for p in as_known(parameters, out) if p.name in with_it}
    day = out if with_it else before
    try:
        expected = interval(tuple(p for p in parameters if p in known), figure.year, day)
    except BadDesign as error:
        return Foresight(figure, day, None, str(error))
    return Foresight(figure, day, expected)


def _rate(hits: int, judged: int) -> Ranged | None:
    if not judged:
        return None
    ends = binomtest(hits, judged).proportion_ci(0.95, method="exact")
    return Ranged(hits / judged, float(ends.low), float(ends.high))
