"""A year's production against what was published of it: frozen factors, areas implied, other estimators, field work."""

from collections.abc import Sequence
from datetime import date

from vereda.measurement.change import frozen
from vereda.measurement.consistency import apparent_yield, area_from_hydrochloride, area_from_leaf, joint_area
from vereda.measurement.parameters import Parameter, converted
from vereda.measurement.plan import FACTORS as FORM_FACTORS
from vereda.measurement.ranged import Ranged, exactly, rounded
from vereda.pipeline import factors
from vereda.pipeline.production_bench import Bench, Way, used
from vereda.pipeline.production_words import Ways
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure
from vereda.terms.period import known_on
from vereda.terms.potential import ConsistencyAnswer, FrozenAnswer, Rival, Survey, Used


def frozen_factors(
    b: Bench, book: Ways, way: Way, published: Sequence[Figure], inputs: Sequence[Used]
) -> FrozenAnswer | None:
    """The factors in use, end to end, on this area; None by region, or where nothing was published."""
    if way.regional or not published or way.form == "routes":
        return None
    area = productive(way, b.assessment.place, b.asked.year)
    factor = [way.set.find(n, b.assessment.place, b.asked.year) for n in FORM_FACTORS[way.form]]
    return against(book, area, [p for p in factor if p], published[0], inputs)


def productive(way: Way, place: str, year: int) -> Ranged:
    """Productive area from the ends of its parts, ha."""

    def one(name: str, when: int) -> Ranged:
        p = way.set.find(name, place, when)
        return Ranged(*converted(p)) if p else exactly(0.0)

    if way.form == "alkaloid":
        return one("sampled_area", year)
    mean = (one("census_area", year - 1) + one("census_area", year)) / exactly(2.0)
    if way.area == "ratio":
        return mean * one("productive_ratio", year)
    return mean + one("added_area", year) if way.area == "added" else mean


def against(
    book: Ways, area: Ranged, factor: Sequence[Parameter], published: Figure, inputs: Sequence[Used]
) -> FrozenAnswer:
    """A published figure against the factors in use: at their printed values, and within their rounding."""
    printed, wide = exactly(1.0), exactly(1.0)
    for p in factor:
        value, low, high = converted(p)
        printed, wide = printed * exactly(value), wide * Ranged(value, low, high)
    kilograms = 1000.0 if factor[0].quantity.chain == "alkaloid" else 1.0  # t/ha times kg/t are kg/ha
    printed, wide = printed * exactly(kilograms), wide * exactly(kilograms)
    value = published.value or 0.0
    strict, told = frozen(area, printed, value), frozen(area, wide, value)
    behind = tuple(u.figure for u in inputs)
    rate = book.figure(
        "frozen.factor", wide.value, "kg/ha/yr", "factors in use, multiplied", behind, wide.low, wide.high
    )

    def tonnes(what: str, r: Ranged, how: str) -> Figure:
        return book.figure(f"frozen.{what}", r.value, "t", how, (*behind, rate), r.low, r.high)

    expected = tonnes("expected", told.expected, "area times factor, from end to end, with its rounding")
    exact = tonnes("as_printed", strict.expected, "area times factor as printed, from end to end")
    beyond = book.figure(
        "frozen.beyond", told.beyond, "t", "published less the nearer end", (published, expected)
    )
    past = book.figure(
        "frozen.beyond_as_printed", strict.beyond, "t", "published less the nearer end", (published, exact)
    )
    return FrozenAnswer(rate, exact, expected, published, told.flag, beyond, past)


def apparent(b: Bench, book: Ways, published: Sequence[Figure]) -> Figure:
    """What the published total says of a hectare by itself."""
    how = "published production over the mean area of the two Decembers"
    figures = [f for p, f in b.areas.items() if p.region == b.assessment.place]
    values = [f.value or 0.0 for f in figures]
    if b.assessment.chain == "alkaloid":
        how, values = "published production over the area of the year", [*values, *values]
    if not published or len(values) != 2:
        return book.figure("apparent_yield", None, "kg/ha/yr", how, status="not_published")
    value = apparent_yield(published[0].value or 0.0, values)
    return book.figure("apparent_yield", value, "kg/ha/yr", how, (published[0], *figures))


def consistency(b: Bench, book: Ways, published: Sequence[Figure]) -> ConsistencyAnswer | None:
    """Productive area that the leaf and the production published for this year imply, with their own yields."""
    a, year = b.assessment, b.asked.year
    own = {p.name: p for p in b.parameters if p.year == year and p.region == a.place and p not in b.hands}
    leaf = factors.first(b.desk, a.leaf.series, a.place, year, a.leaf.estimator) if a.leaf else None
    implied: dict[str, tuple[Ranged, tuple[Figure, ...]]] = {}
    for name, figure, rate, rule, ref in (
        ("leaf", leaf, own.get("fresh_leaf_yield"), area_from_leaf, a.leaf),
        ("hydrochloride", published[0] if published else None, own.get("hcl_per_ha"), area_from_hydrochloride, a.published),
    ):  # fmt: skip
        if figure is not None and rate is not None and ref is not None:
            value = figure.value or 0.0
            amount = rounded(value, ref.rounded_to) if ref.rounded_to else exactly(value)
            behind = (figure, used(b, book, rate).figure)
            implied[name] = (rule(amount, Ranged(*converted(rate))), behind)
    return _joint(b, book, implied) if implied else None


def _joint(b: Bench, book: Ways, implied: dict[str, tuple[Ranged, tuple[Figure, ...]]]) -> ConsistencyAnswer:
    found = joint_area({name: area for name, (area, _) in implied.items()})
    parts = tuple(
        book.figure(f"implied.{name}", r.value, "ha", f"area that {name} implies", behind, r.low, r.high)
        for name, (r, behind) in implied.items()
    )
    joint = _ranged(book, "implied.joint", found.joint, "ha", "what the implied areas have in common", parts)
    both = tuple(f for p, f in b.areas.items() if p.region == b.assessment.place)
    over = found.over(sum(f.value or 0.0 for f in both) / 2) if len(both) == 2 else None
    ratio = _ranged(
        book, "implied.ratio", over, "ratio", "joint area over the mean of two Decembers", (joint, *both)
    )
    gap = book.figure("implied.gap", found.gap, "ha", "missing for the implied areas to meet", parts)
    return ConsistencyAnswer(parts, joint, ratio, gap)


def _ranged(
    book: Ways, what: str, r: Ranged | None, unit: str, how: str, inputs: tuple[Figure, ...]
) -> Figure:
    if r is None:
        return book.figure(what, None, unit, how, inputs)
    return book.figure(what, r.value, unit, how, inputs, r.low, r.high)


def rivals(b: Bench) -> tuple[Rival, ...]:
    """What other estimators published of the same year, every edition."""
    told = []
    for other in b.register.assessments:
        ref = other.published
        if other.id != b.assessment.id and other.place == b.assessment.place:
            found = factors.editions(b.desk, ref.series, other.place, b.asked.year, ref.estimator)
            told += [Rival(other.id, other.name, f) for f in found]
    return tuple(told)


def surveys(register: Register, assessment: str, day: date) -> tuple[Survey, ...]:
    """Field work behind an estimator's factors that was reported by a day: by the first document cited for it."""
    dates = {d.id: d.date for d in register.documents}

    def known(cites: Sequence[str]) -> bool:
        told = [known_on(dates[c]) for c in cites if dates.get(c)]
        return not told or min(told) <= day

    return tuple(
        Survey(w.field_year, w.where, w.went, register.files[f"field_work/{w.id}"], w.cites)
        for w in sorted(register.field_work, key=lambda w: w.field_year)
        if w.assessment == assessment and known(w.cites)
    )
