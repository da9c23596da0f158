"""What a change of published production is made of: area, yield, conversion, method; and what each may be called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import isfinite

from vereda.errors import BadRequest
from vereda.measurement.change import Decomposition, decompose, reading
from vereda.measurement.parameters import Parameter
from vereda.measurement.ranged import Ranged, exactly
from vereda.pipeline import factors
from vereda.pipeline.desk import Desk
from vereda.pipeline.factors import Held
from vereda.pipeline.production_compared import against, surveys
from vereda.pipeline.production_words import FACTORS, Ways, message
from vereda.pipeline.published import editions, revised, years
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.period import known_on
from vereda.terms.potential import Explained, FrozenAnswer, Part, Survey
from vereda.terms.production import Assessment

#: factor -> unit it is shown in, and how many of that its own is: kilograms are what is printed of a hectare
SHOWN = {"area": ("ha", 1.0), "leaf": ("t/ha/yr", 1.0), "conversion": ("kg/t", 1e3), "yield": ("kg/ha/yr", 1e3),
         "method": ("ratio", 1.0)}  # fmt: skip
END = re.compile(r"(\d{4})(?:@(\d{4}(?:-\d{2}){0,2}))?")


@dataclass(frozen=True, slots=True)
class End:
    """One end of a change: a published figure, the areas behind it, leaf where it was published, its purity."""

    year: int
    published: Figure
    areas: tuple[Figure, ...]
    leaf: Figure | None
    pure: bool

    @property
    def mean(self) -> float:
        """Mean area of the two Decembers, or the area where the chain has one, ha."""
        return sum(f.value or 0.0 for f in self.areas) / len(self.areas)

    @property
    def behind(self) -> tuple[Figure, ...]:
        """The figures it is made from."""
        return (self.published, *self.areas, *((self.leaf,) if self.leaf else ()))


def explain(
    register: Register, desk: Desk, held: Held, a: Assessment, before: str, after: str
) -> tuple[Explained, dict[str, Step]]:
    """The change between two years, or editions (2017@2018-09), of what an estimator published."""
    one, two = (_end(register, desk, held, a, text) for text in (before, after))
    if one.published.trace == two.published.trace:
        raise BadRequest(
            f"{before} and {after} are the same figure. Name two years, or two editions: 2017@2018-09 2017@2019-08."
        )
    book = Ways(a.place, f"{before}-{after}", a.id)
    step = factors.purity_step(held, a, date.fromisoformat(desk.as_of))
    parts = tuple(_parts(book, one, two, step))
    work = tuple(
        w for w in surveys(register, a.id, date.fromisoformat(desk.as_of)) if one.year < w.year <= two.year
    )
    both = (one.published, two.published)
    first, last = (f.value or 0.0 for f in both)
    change = book.figure("change", last - first, "t", "after less before", both)
    ratio = book.figure("ratio", last / first, "ratio", "after over before", both)
    told = Explained(
        a.id, a.name, a.place, desk.as_of, *both, change, ratio, parts, tuple(_says(one, two, change, parts, work)),
        work, _frozen(book, held, a, desk, one, two), tuple(r for r in revised(desk, a, book, date.fromisoformat(desk.as_of))
                                                            if r.year in (one.year, two.year)),
    )  # fmt: skip
    return told, book.steps


def _end(register: Register, desk: Desk, held: Held, a: Assessment, text: str) -> End:
    found = END.fullmatch(text)
    if not found:
        raise BadRequest(f"{text!r} is no year. Write 2021, or one of its editions: 2017@2018-09.")
    year = int(found[1])
    all_of_it = editions(a, desk, year)
    if not all_of_it:
        held_years = ", ".join(map(str, years(a, desk))) or "none"
        raise BadRequest(
            f"No production of {year} published by {a.published.estimator} is held as of {desk.as_of}. Years held: {held_years}."
        )
    wanted = [f for f in all_of_it if found[2] in (None, f.vintage)]
    if not wanted:
        names = ", ".join(f.vintage for f in all_of_it)
        raise BadRequest(f"{year} has no edition of {found[2]}. Editions held: {names}.")
    span = (year - 1, year) if a.chain == "harvest" else (year,)
    areas = [factors.first(desk, a.area.series, a.place, y, a.area.estimator) for y in span]
    if None in areas:
        lacking = ", ".join(str(y) for y, f in zip(span, areas, strict=True) if f is None)
        at = register.files[f"assessment/{a.id}"]
        raise BadRequest(
            f"No area of {lacking} by {a.area.estimator} is held: see {at}. Without it nothing can be divided."
        )
    figure = wanted[-1]
    leaf = factors.first(desk, a.leaf.series, a.place, year, a.leaf.estimator) if a.leaf else None
    if leaf is not None and known_on(leaf.vintage) < known_on(figure.vintage):
        leaf = None  # leaf of an earlier edition does not go with a production that was estimated anew
    step = factors.purity_step(held, a, date.fromisoformat(desk.as_of))
    pure = factors.stated_pure(step, year, figure)
    return End(year, figure, tuple(f for f in areas if f), leaf, pure)


def _parts(book: Ways, one: End, two: End, step: Parameter | None) -> Iterator[Part]:
    """Factors at both ends, in the order of the chain, and each one's part of the change."""
    leafy = one.leaf is not None and two.leaf is not None
    before, after = (_factors(end, step, one.pure != two.pure, leafy) for end in (one, two))
    told = decompose(before, after)
    for i, name in enumerate(told.factor):
        figures = tuple(
            book.figure(
                f"{name}.{when}", factors_of[name] * SHOWN[name][1], SHOWN[name][0], FACTORS[name], end.behind
            )
            for when, factors_of, end in (("before", before, one), ("after", after, two))
        )
        called = _reading(name, before[name], after[name], one, two)
        yield _part(book, name, i, told, figures[0], figures[1], called)


def _factors(end: End, step: Parameter | None, crossed: bool, leafy: bool) -> dict[str, float]:
    """The factors whose product is the published figure, t: ha, t/ha/yr, t/t; purity apart where it was crossed."""
    value, mean = end.published.value or 0.0, end.mean
    method = step.value if crossed and step is not None and end.pure else 1.0
    found = {"area": mean}
    if leafy and end.leaf is not None:
        leaf = end.leaf.value or 0.0
        found |= {"leaf": leaf / mean, "conversion": value / method / leaf}
    else:
        found |= {"yield": value / method / mean}
    return found | ({"method": method} if crossed else {})


def _reading(name: str, before: float, after: float, one: End, two: End) -> str:
    """area, or what `change.reading` lets a factor be called: no field work is known behind an implied factor."""
    if name == "area":
        return "area" if before != after else "same"

    def implied(value: float, end: End) -> Parameter:
        return Parameter(
            "purity_step" if name == "method" else "hcl_per_ha", end.published.place, end.year, value, value, value,
            "fixed", "", None, end.published.vintage, end.published.source, "",
        )  # fmt: skip

    ends = implied(before, one), implied(after, two)
    return reading(ends[0].name, *ends, (one.year, two.year), method=name == "method")


def _part(
    book: Ways, name: str, i: int, told: Decomposition, before: Figure, after: Figure, called: str
) -> Part:
    inputs = (before, after)
    how = "mean over all orders in which the factors could have changed (Shapley)"
    log = "logarithmic mean of both totals times the logarithm of the ratio (LMDI)"
    ratio, shapley, share, logs, log_share = (
        float(x[i])
        for x in (told.ratio, told.shapley, told.shapley_share, told.logarithmic, told.logarithmic_share)
    )
    return Part(
        name, FACTORS[name], before, after,
        book.figure(f"{name}.ratio", ratio, "ratio", "after over before", inputs),
        book.figure(f"{name}.shapley", shapley, "t", how, inputs),
        book.figure(f"{name}.shapley_share", _percent(share), "%", how, inputs),
        book.figure(f"{name}.logarithmic", logs, "t", log, inputs),
        book.figure(f"{name}.logarithmic_share", _percent(log_share), "%", log, inputs), called,
    )  # fmt: skip


def _percent(share: float) -> float | None:
    """A share in percent; None of a change that is nothing, which has no parts to share."""
    return 100 * share if isfinite(share) else None


def _says(
    one: End, two: End, change: Figure, parts: tuple[Part, ...], work: tuple[Survey, ...]
) -> Iterator[Message]:
    yield message("potential")
    yield message("change", before=one.published, after=two.published, change=change)
    for part in parts:
        if part.reading != "same":
            yield message(part.reading, part=part.shapley, share=part.shapley_share)
    went = [w for w in work if w.went]
    if not went:
        yield message("no_field_work")


def _frozen(book: Ways, held: Held, a: Assessment, desk: Desk, one: End, two: End) -> FrozenAnswer | None:
    """What the newest factor printed by the first year would give on the area of the second."""
    if a.chain != "harvest" or one.year >= two.year:
        return None
    known = factors.known(held.chain, a.chain, date.fromisoformat(desk.as_of))
    rate = [p for p in known if p.name == "hcl_per_ha" and p.region == a.place and p.year <= one.year]
    ratio = [p for p in known if p.name == "productive_ratio" and p.region == a.place and p.year <= two.year]
    if not rate or not ratio:
        return None
    newest = max(rate, key=lambda p: (p.year, known_on(p.vintage)))
    wide = max(ratio, key=lambda p: (p.year, known_on(p.vintage)))
    area = exactly(two.mean) * Ranged(wide.value, wide.low, wide.high)
    return against(book, area, [newest], two.published, ())
