"""What is read beside potential production: seizures, what is left, a chemical, replanting, the pledge.

Each is computed for every published edition of the potential, and for the computed one where there is one. A range that
nobody published is assumed by the case and says so; what has no range at all is left out of the formula and said.
"""

from collections.abc import Sequence
from dataclasses import replace

from vereda.measurement import companions as c
from vereda.measurement.parameters import Parameter
from vereda.measurement.quantities import UNITS
from vereda.measurement.ranged import Ranged, exactly
from vereda.pipeline import factors
from vereda.pipeline.production_bench import Bench, missing_answer, parameter_step, spread
from vereda.pipeline.production_words import ASSUMES, DEFINITIONS, Ways
from vereda.terms.cooperation import Commitment, ObservationRef
from vereda.terms.entry import Text
from vereda.terms.figure import Figure, Message
from vereda.terms.period import known_on, period
from vereda.terms.potential import (
    AvailableAnswer,
    ChemicalBalance,
    Companions,
    MissingAnswer,
    NetAnswer,
    PledgeAnswer,
    PledgeRow,
    RatioAnswer,
)
from vereda.terms.production import Beside


def companions(b: Bench, book: Ways, potentials: Sequence[Figure]) -> Companions:
    """Everything that stands beside the potential of a year."""
    told = b.register.beside[0] if b.register.beside else None
    seized = _of_year(b, told.seized if told else None)
    base = _of_year(b, told.base_seized if told else None)
    purity, twice, losses, chemical = (
        _known(b, n) for n in ("seizure_purity", "counted_twice", "losses", "chemical_per_cocaine")
    )
    assumed = [ASSUMES["domestic"]] if seized.value is not None else []
    assumed += [ASSUMES["double_counting"]] if seized.value is not None and twice is None else []
    assumed += [ASSUMES["losses"]] if seized.value is not None and losses is None else []
    assumed += [ASSUMES["base"]] if base.value is not None else []
    lawful, caught = (_of_that_year(b, n) for n in ("chemical_imported", "chemical_seized"))
    assumed += [ASSUMES["balance"]] if chemical is not None and lawful is None else []
    need = tuple(_need(book, i, h, chemical) for i, h in enumerate(potentials))
    over = tuple(_supplied(book, i, n, lawful) for i, n in enumerate(need)) if lawful and chemical else ()
    balance = ChemicalBalance(_shown(b, book, lawful), _shown(b, book, caught), over)
    parts = (_ranged(purity), _ranged(twice, exactly(0.0)))
    return Companions(
        seized, _shown(b, book, purity), tuple(_ratio(book, i, seized, h, *parts) for i, h in enumerate(potentials)),
        base, tuple(_base(book, i, base, h) for i, h in enumerate(potentials)),
        tuple(_left(book, i, seized, h, parts[0], _ranged(losses, exactly(0.0))) for i, h in enumerate(potentials)),
        _shown(b, book, chemical), _note(b, chemical), need, *_net(b, book, told), _pledges(b, book, told),
        dict(DEFINITIONS), tuple(Message(text) for text in assumed), balance if chemical else None, _lacking(b),
    )  # fmt: skip


def _lacking(b: Bench) -> tuple[MissingAnswer, ...]:
    """Quantities that the companions of this year would take and that are not held, in the order of their list."""
    asked = {"chemical_imported": _of_that_year, "chemical_seized": _of_that_year, "replanted": _any_rate}
    names = [n for n in factors.COMPANIONS if asked.get(n, _known)(b, n) is None] if b.register.beside else []
    here, now = (b.assessment.place,), (b.asked.year,)
    return tuple(missing_answer(b, n, factors.COMPANIONS[n], here, now) for n in names)


def _of_year(b: Bench, ref: ObservationRef | None) -> Figure:
    """The figure of a series for the year; without a value where none is held."""
    found = _editions(b, ref)
    if found:
        return found[0]
    series = ref.series if ref else ""
    return Figure(
        None, "", f"{series}@{b.assessment.place}:{b.asked.year}", status="not_held", period=str(b.asked.year)
    )


def _editions(b: Bench, ref: ObservationRef | None) -> tuple[Figure, ...]:
    return factors.editions(b.desk, ref.series, ref.place, b.asked.year, ref.estimator) if ref else ()


def _known(b: Bench, name: str) -> Parameter | None:
    """A parameter beside the chain: given by hand, else the newest that was known and not of a later year."""
    hands = [p for p in b.hands if p.name == name]
    if hands:
        return hands[-1]
    held = [
        p for p in b.held.beside if p.name == name and known_on(p.vintage) <= b.day and p.year <= b.asked.year
    ]
    return max(held, key=lambda p: (p.year, known_on(p.vintage)), default=None)


def _of_that_year(b: Bench, name: str) -> Parameter | None:
    """An amount of one year; that of another year does not stand in for it."""
    found = _known(b, name)
    return found if found is not None and found.year == b.asked.year else None


def _any_rate(b: Bench, name: str) -> Parameter | None:
    """A rate that is used for any year: one that was known by the day will do."""
    found = (p for p in (*b.held.beside, *b.hands) if p.name == name and known_on(p.vintage) <= b.day)
    return next(found, None)


def _ranged(p: Parameter | None, otherwise: Ranged | None = None) -> Ranged:
    if p is None:
        return otherwise or exactly(1.0)
    times = UNITS.get(p.unit, ("", 1.0))[1]
    return Ranged(p.value * times, p.low * times, p.high * times)


def _shown(b: Bench, book: Ways, p: Parameter | None) -> Figure:
    """A parameter as a figure with its way back."""
    if p is None:
        return Figure(None, "", "", status="not_held")
    r, unit = _ranged(p), factors.COMPANIONS[p.name][1]
    entry = b.held.entry.get(p.locator)
    key = f"parameter@{entry.id}" if entry else f"given@{p.locator.removeprefix('--set ').replace(' ', '')}"
    status = ("assumed" if entry.basis == "assumed" else "stated") if entry else "given"
    unit = "ratio" if unit == "1" else unit
    source = entry.cites[0] if entry else ""
    figure = Figure(
        r.value, unit, key, *spread(r.low, r.high), status, p.region, str(p.year), "", p.vintage, source
    )
    book.steps[key] = parameter_step(b.register, b.held, p, figure)
    return figure


def _note(b: Bench, p: Parameter | None) -> Text | None:
    entry = b.held.entry.get(p.locator) if p else None
    return entry.note if entry else None


def potential(h: Figure) -> Ranged:
    """A published or computed potential with its interval."""
    value = h.value or 0.0
    return Ranged(value, value if h.low is None else h.low, value if h.high is None else h.high)


def _ratio(book: Ways, i: int, seized: Figure, h: Figure, purity: Ranged, twice: Ranged) -> RatioAnswer:
    how = DEFINITIONS["seized_over"]
    if seized.value is None:
        none = book.figure(f"seized_over.{i}", None, "%", how, (h,), status="not_held")
        return RatioAnswer(h, none, none, False)
    found = c.seizure_ratio(exactly(seized.value), potential(h), purity, twice)
    plain = book.figure(
        f"seized_over.{i}.as_seized", 100 * found.as_seized, "%", "S / H, as usually quoted", (seized, h)
    )
    return RatioAnswer(
        h, plain, _percent(book, f"seized_over.{i}", found.ratio, how, (seized, h)), found.above
    )


def _percent(book: Ways, what: str, r: Ranged, how: str, inputs: tuple[Figure, ...]) -> Figure:
    return book.figure(what, 100 * r.value, "%", how, inputs, 100 * r.low, 100 * r.high)


def _base(book: Ways, i: int, base: Figure, h: Figure) -> RatioAnswer:
    """Base over potential, of unlike things: it cannot be converted until its purity and its yield are held."""
    how = DEFINITIONS["base_over"]
    none = book.figure(
        f"base_over.{i}", None, "%", how, (h,), status="not_held" if base.value is None else "not_computed"
    )
    if base.value is None or not h.value:
        return RatioAnswer(h, none, none, False)
    plain = book.figure(
        f"base_over.{i}.as_seized", 100 * base.value / h.value, "%", "B / H, of unlike things", (base, h)
    )
    return RatioAnswer(h, plain, none, False)


def _left(book: Ways, i: int, seized: Figure, h: Figure, purity: Ranged, losses: Ranged) -> AvailableAnswer:
    how = DEFINITIONS["available"]
    if seized.value is None:
        return AvailableAnswer(h, book.figure(f"available.{i}", None, "t", how, (h,), status="not_held"), "")
    found = c.available(potential(h), exactly(seized.value), purity, losses)
    r = found.left
    left = book.figure(f"available.{i}", r.value, "t", how, (h, seized), r.low, r.high)
    return AvailableAnswer(h, left, found.sign.replace(" ", "_"))


def _need(book: Ways, i: int, h: Figure, chemical: Parameter | None) -> Figure:
    how = DEFINITIONS["need"]
    if chemical is None:
        return book.figure(f"need.{i}", None, "t", how, (h,), status="not_held")
    need = c.precursor(potential(h), _ranged(chemical), None, None).need
    return book.figure(f"need.{i}", need.value, "t", how, (h,), need.low, need.high)


def _supplied(book: Ways, i: int, need: Figure, lawful: Parameter) -> Figure:
    """What a potential would need of a chemical over what lawfully came in, %."""
    part = potential(need) / _ranged(lawful)
    return _percent(book, f"supplied.{i}", part, DEFINITIONS["supplied"], (need,))


def _net(b: Bench, book: Ways, told: Beside | None) -> tuple[tuple[Figure, ...], tuple[NetAnswer, ...]]:
    """Every edition of the eradicated area, and what is left of the first under each published rate."""
    gross = _editions(b, told.eradicated if told else None)
    rates = {
        p.locator: p
        for p in (*b.held.beside, *b.hands)
        if p.name == "replanted" and known_on(p.vintage) <= b.day
    }
    if not gross or not rates:
        return gross, ()
    value = exactly(gross[0].value or 0.0)
    net = c.net_eradication(value, {at: _ranged(p) for at, p in rates.items()})
    answers = []
    for i, (at, p) in enumerate(rates.items()):
        rate = _shown(b, book, p)
        figure = book.figure(
            f"net.{i}", net[at].value, "ha", DEFINITIONS["net"], (gross[0], rate), net[at].low, net[at].high
        )
        answers.append(NetAnswer(rate, _note(b, p), figure))
    return gross, tuple(answers)


# ---- the pledge -----------------------------------------------------------------------------------------------


def _pledges(b: Bench, book: Ways, told: Beside | None) -> tuple[PledgeAnswer, ...]:
    """Pledges on this estimator's figures that had been made by the day."""
    mine = {b.assessment.area.estimator, b.assessment.published.estimator}
    return tuple(
        _pledge(b, book, entry)
        for entry in b.register.commitments
        if told and entry.promise in told.pledges and entry.target.rule == "times" and entry.baselines
        and period(entry.made_on).start <= b.day and {ref.estimator for ref in entry.baselines} <= mine
    )  # fmt: skip


def _pledge(b: Bench, book: Ways, entry: Commitment) -> PledgeAnswer:
    ref = entry.baselines[0]
    due = period(entry.due).year if entry.due else 0
    baselines = [f for r in entry.baselines for f in b.desk.refer(r) if f.value is not None]
    actuals = factors.editions(b.desk, ref.series, ref.place, due, ref.estimator)
    share = entry.target.value or 0.0
    rows = [_row(book, entry.id, i, share, base, actual) for i, (base, actual) in enumerate(
        (base, actual) for base in baselines for actual in actuals)]  # fmt: skip
    verdict = "not_measured"
    if not actuals:
        key = f"{ref.series}@{ref.place}:{due}"
        none = Figure(None, "", key, status="not_held", place=ref.place, period=str(due))
        rows = [_target(book, entry.id, i, share, base, none) for i, base in enumerate(baselines)]
    elif rows:
        verdict = c.pledge(
            [(f.trace, f.value or 0.0) for f in baselines], 1 - share, [(f.trace, f.value or 0.0) for f in actuals]
        ).verdict.replace(" ", "_")  # fmt: skip
    return PledgeAnswer(entry.promise, entry.id, entry.gist, str(due), verdict, tuple(rows))


def _target(book: Ways, entry: str, i: int, share: float, base: Figure, none: Figure) -> PledgeRow:
    """What a baseline pledges, where the value of the due year is not held."""
    value = c.target(base.value or 0.0, 1 - share)
    told = book.figure(f"pledge.{entry}.{i}.target", value, base.unit, "baseline x (1 - cut)", (base,))
    return PledgeRow(base, replace(told, period=base.period), none, none, none, None)


def _row(book: Ways, entry: str, i: int, share: float, base: Figure, actual: Figure) -> PledgeRow:
    reading = c.pledge([("", base.value or 0.0)], 1 - share, [("", actual.value or 0.0)]).readings[0]
    head = f"pledge.{entry}.{i}"
    target = book.figure(f"{head}.target", reading.target, base.unit, "baseline x (1 - cut)", (base,))
    change = book.figure(
        f"{head}.change", 100 * reading.change, "%", "100 x (actual / baseline - 1)", (base, actual)
    )
    missed = book.figure(
        f"{head}.missed_by", reading.missed_by, base.unit, "actual - target", (actual, target)
    )
    return PledgeRow(base, replace(target, period=base.period), actual, change, missed, reading.met)
