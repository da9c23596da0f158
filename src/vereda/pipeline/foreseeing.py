"""How often did what was printed before a publication hold what it said? Each figure against the interval of the eve."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from vereda.errors import BadDesign, BadRequest
from vereda.measurement.parameters import Parameter
from vereda.measurement.ranged import Ranged
from vereda.measurement.vintages import Coverage, Published, foresight
from vereda.pipeline.desk import Desk
from vereda.pipeline.factors import AREAS, Held
from vereda.pipeline.producing import SEED, interval, wider
from vereda.pipeline.production_bench import Bench, Way, bench, chosen
from vereda.pipeline.published import as_published
from vereda.terms.cooperation import Register
from vereda.terms.potential import Asked
from vereda.terms.production import Assessment

DRAWS = 2**14
DeskOf = Callable[[str], Desk]  # a day -> what was known on it


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One reading of the uncertainty, and how often its interval of the eve held what came."""

    reading: str
    coverage: Coverage


def foresee(register: Register, desk_of: DeskOf, held: Held, a: Assessment) -> tuple[Foreseen, ...]:
    """Every edition that an estimator published, against factors printed before its day.

    The area of the year comes out with the production, or a little before, so that of the same edition is used. A figure
    that its owner did not publish is no publication and is left out.
    """
    figures = as_published(a, desk_of(register.case.as_of))
    told = [p for p, figure in figures.items() if figure.status != "leaked"]
    names = ("printed", *(spread.id for spread in register.spreads))
    return tuple(Foreseen(name, _coverage(register, desk_of, held, a, told, name)) for name in names)


def _coverage(
    register: Register, desk_of: DeskOf, held: Held, a: Assessment, told: list[Published], reading: str
) -> Coverage:
    mine = [p for p in held.chain if p.quantity.chain == a.chain]

    def of_the_eve(known: tuple[Parameter, ...], year: int, day: date) -> Ranged:
        asked = Asked(a.place, year, a.id, day.isoformat(), DRAWS, SEED, ())
        try:
            b = bench(register, desk_of(day.isoformat()), replace(held, chain=known), asked, a)
        except BadRequest as error:
            raise BadDesign(str(error)) from None
        return _interval(b, _way(b), reading)

    return foresight(told, mine, of_the_eve, with_it=(AREAS[a.chain],))


def _way(b: Bench) -> Way:
    ways = tuple(b.ways())
    way = chosen(b, ways)
    if way is None:
        least = min(reversed(ways), key=lambda w: len(w.missing))  # of the areas, the one that is inferred
        raise BadDesign("not printed yet: " + ", ".join(sorted({m.name for m in least.missing})))
    return way


def _interval(b: Bench, way: Way, reading: str) -> Ranged:
    plans = {"printed": way.plan(b.asked.year)} | {spread.id: plan for spread, plan in wider(b, way)}
    if reading not in plans:
        raise BadDesign("not printed yet: the interval")
    low, middle, high = (float(x) for x in interval(b, plans[reading]))
    return Ranged(middle, low, high)
