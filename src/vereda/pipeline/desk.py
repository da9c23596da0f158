"""Everything a case knows on one day: which figure answers for a series, place and period.

Rival estimates and vintages lie side by side. One of them is shown first, by a rule that is the same everywhere
(`_first`): complete before incomplete, the case's preferred estimator, a sum of places before a printed total,
the newest vintage, the better graded source. Nothing is averaged. Rows are fetched from the store when they are
asked for; sums are made there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from math import isnan
from types import MappingProxyType
from typing import Any

import numpy as np

import vereda.indicators  # noqa: F401  fills the registry
from vereda.errors import BadRequest
from vereda.pipeline.few import Few
from vereda.pipeline.held import GRADES, Division, Key, Row, Sum, Tally, as_rows, tally
from vereda.sources.description import Absent
from vereda.store import Store
from vereda.terms.cooperation import ObservationRef, Register
from vereda.terms.figure import Denominator, Figure
from vereda.terms.indicator import REGISTRY, Indicator
from vereda.terms.period import known_on, period
from vereda.terms.place import Gazetteer, Place
from vereda.terms.source import SourceCard, Vintage
from vereda.terms.unit import adds_up

UNPLACED = "unassigned"  # level of what is known by department or country and in no municipality
AT_ONCE = 100_000  # a series of no more rows is fetched whole: quicker than place by place


class Desk:
    """The observations of a case as they stood on `as_of`, by series, place and period."""

    def __init__(
        self,
        register: Register,
        gazetteer: Gazetteer,
        store: Store,
        cards: Mapping[str, SourceCard],
        vintages: Mapping[tuple[str, str], Vintage],
        as_of: str,
        absences: Mapping[str, Absent],
        adds: Mapping[str, bool] = MappingProxyType({}),
    ) -> None:
        """`vintages`: by dataset and sha256 of the publisher's file. `absences`: what a missing row means, for each series whose municipal table leaves zeros out. `adds`: whether a series has a sum over places, where its unit does not decide."""
        self.register, self.gazetteer, self.cards, self.as_of = register, gazetteer, cards, as_of
        self.vintages, self.absences, self._adds = vintages, absences, adds
        self._store, self._day = store, date.fromisoformat(as_of)
        self._breaks = {(b.series, b.estimator, b.since) for b in register.case.breaks}
        self._preferred = {name: i for i, name in enumerate(register.case.estimators)}
        self._whole: dict[str, bool] = {}
        self._held: dict[tuple[str, str], dict[str, list[Row]]] = {}
        self._tallied: dict[tuple[str, str], dict[str, list[Tally]]] = {}
        self._found: dict[tuple[str, str, str], tuple[Figure, ...]] = {}
        self._counted: dict[tuple[str, int], int] = {}
        self._few = Few(self)
        self._divided: dict[str, Division | None] = {}

    # ---- what is held -----------------------------------------------------------------------------------

    @cached_property
    def _everything(self) -> frozenset[str]:
        return frozenset(self._store.series())

    def series(self) -> tuple[str, ...]:
        """Every series of which an observation is held."""
        return tuple(sorted(self._everything))

    def _rows(self, series: str, place: str) -> Mapping[str, list[Row]]:
        """Every rival row of a place, by period."""
        if series not in self._everything:
            return {}
        if series not in self._whole:
            self._whole[series] = self._store.rows(series) <= AT_ONCE
            if self._whole[series]:
                self._fetch(series, None)
        if not self._whole[series] and (series, place) not in self._held:
            self._fetch(series, place)
        return self._held.get((series, place), {})

    def _fetch(self, series: str, place: str | None) -> None:
        table = self._store.read([series], places=None if place is None else [place], as_of=self._day)
        if place is not None:
            self._held[series, place] = {}
        for row in as_rows(table):
            self._held.setdefault((series, row.place), {}).setdefault(row.period, []).append(row)

    def _tallies(self, series: str, place: str) -> Mapping[str, list[Tally]]:
        """What each edition has for the municipalities of a place, by period; nothing for a municipality."""
        key = (series, place)
        if key not in self._tallied:
            inside = (*self._municipalities_of.get(place, ()), *self._unplaced_in.get(place, ()))
            known = inside and series in self._everything
            self._tallied[key] = self._add(series, inside) if known else {}
        return self._tallied[key]

    def _add(self, series: str, places: Iterable[str]) -> dict[str, list[Tally]]:
        parts: dict[str, dict[tuple[str, ...], list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for part in self._store.tallies([series], places=tuple(places), as_of=self._day).to_pylist():
            parts[part["period"]][part["estimator"], part["source"], part["vintage"]].append(part)
        return {when: [tally(apart) for apart in by_edition.values()] for when, by_edition in parts.items()}

    @cached_property
    def _municipality(self) -> Mapping[str, Place]:
        return {c: p for c, p in self.gazetteer.places.items() if p.level in self.gazetteer.finest}

    @cached_property
    def _municipalities_of(self) -> Mapping[str, tuple[str, ...]]:
        """Every municipality inside each larger place, in code order."""
        return self._inside(self._municipality)

    @cached_property
    def _unplaced_in(self) -> Mapping[str, tuple[str, ...]]:
        """What a publisher places in a department or country and in none of its municipalities: in their sums."""
        return self._inside(code for code, p in self.gazetteer.places.items() if p.level == UNPLACED)

    def _inside(self, codes: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for code in sorted(codes):
            parent = self.gazetteer.places[code].parent
            while parent:
                found[parent].append(code)
                parent = self.gazetteer.places[parent].parent if parent in self.gazetteer else None
        return {place: tuple(inside) for place, inside in found.items()}

    def periods(self, series: str, place: str) -> tuple[str, ...]:
        """Periods for which the place, or a municipality inside it, has an observation; oldest first."""
        found = {*self._rows(series, place), *self._sums(series, place)}
        if place in self._municipality and series in self.absences:
            found |= {*self._table(series, place)}
        return _in_time(found)

    def periods_inside(self, series: str, place: str) -> tuple[str, ...]:
        """Periods for which any municipality of the place has an observation, whether or not they have a sum."""
        return _in_time({*self._rows(series, place), *self._tallies(series, place)})

    def _table(self, series: str, place: str) -> Mapping[str, list[Tally]]:
        """The editions of the municipal table that a municipality would stand in: its whole country's."""
        top = place
        while (parent := self.gazetteer.places[top].parent) and parent in self.gazetteer:
            top = parent
        return self._tallies(series, top)

    def rows(self, series: str, place: str, when: str) -> tuple[Row, ...]:
        """Every rival observation, as printed."""
        return tuple(self._rows(series, place).get(when, ()))

    def sum(self, series: str, place: str, when: str) -> Sum | None:
        """The total over the municipalities of `place`; None where none of them has a value, or where they have no sum.

        One estimator, one edition: a total of parts from several is nobody's estimate.
        """
        tallies = self._sums(series, place).get(when)
        if not tallies:
            return None
        lead = max(tallies, key=self._first)
        if not lead.values:
            return None
        rule = self.absences.get(series)
        outside = sum(self._is_inside(code, place) for code in (rule.but if rule else ()))
        return Sum(place, lead.total, lead, outside, self._partial(series, place, when, lead))

    def _partial(self, series: str, place: str, when: str, lead: Tally) -> int:
        """How many municipalities there were, where fewer have a value and no row means that nothing is known."""
        there = 0 if series in self.absences else self._there(place, period(when).year)
        return there if lead.values < there else 0

    def _there(self, place: str, year: int) -> int:
        """How many municipalities a place had in a year."""
        if (place, year) not in self._counted:
            spots = (self._municipality[code] for code in self._municipalities_of.get(place, ()))
            valid = (s for s in spots if (s.since or year) <= year <= (s.until or year))
            self._counted[place, year] = sum(1 for _ in valid)
        return self._counted[place, year]

    def _sums(self, series: str, place: str) -> Mapping[str, list[Tally]]:
        """The tallies of what has a sum: a share, a rate or a score of many places added up is a number of nothing."""
        tallies = self._tallies(series, place)
        found = {when: [t for t in these if self.adds_up(series, t.unit)] for when, these in tallies.items()}
        return {when: these for when, these in found.items() if these}

    def without_sum(self, series: str, place: str) -> str | None:
        """The unit of a series that places inside this one have, and that has no sum; None where it has one."""
        units = {t.unit for these in self._tallies(series, place).values() for t in these}
        return next((unit for unit in sorted(units) if not self.adds_up(series, unit)), None)

    def adds_up(self, series: str, unit: str) -> bool:
        """Whether a series has a sum over places: as its description says, else by its unit."""
        return self._adds.get(series, adds_up(unit))

    def _is_inside(self, code: str, place: str) -> bool:
        above = self.gazetteer.places[code].parent if code in self.gazetteer else None
        return above is not None and (above == place or self._is_inside(above, place))

    def addends(self, series: str, when: str, total: Sum) -> tuple[Row, ...]:
        """The rows behind a sum, in order of place."""
        places = (self._municipalities_of, self._unplaced_in)
        inside, lead = [code for one in places for code in one.get(total.place, ())], total.tally
        if self._rows(series, total.place) is not None and self._whole[series]:
            rows = [row for code in inside for row in self._rows(series, code).get(when, ())]
        else:
            rows = list(as_rows(self._store.read([series], places=inside, periods=[when], as_of=self._day)))
        return tuple(row for row in rows if row.value is not None and row[3:6] == lead[:3])

    # ---- figures ------------------------------------------------------------------------------------------

    def candidates(self, series: str, place: str, when: str) -> tuple[Figure, ...]:
        """Every figure that answers: printed rivals and the sum of places, the one to show first leading."""
        return tuple(self._few.shown(figure) for figure in self._answers(series, place, when))

    def _answers(self, series: str, place: str, when: str) -> tuple[Figure, ...]:
        key = (series, place, when)
        if key not in self._found:
            self._found[key] = self._gather(series, place, when)
        return self._found[key]

    def _gather(self, series: str, place: str, when: str) -> tuple[Figure, ...]:
        found = [(self._first(row), self.figure(row)) for row in self.rows(series, place, when)]
        total = self.sum(series, place, when)
        if total is not None:
            rank = self._first(total.tally)
            found.append(((rank[0], rank[1], 1, *rank[3:]), self._sum_figure(series, when, total)))
        if not found and (zero := self._declared(series, place, when)):
            return (zero,)
        return tuple(figure for _, figure in sorted(found, key=lambda pair: pair[0], reverse=True))

    def _first(self, one: Row | Tally) -> tuple[Any, ...]:
        return (
            one.complete,
            -self._preferred.get(one.estimator, len(self._preferred)),
            0,  # a sum of places says 1 here
            known_on(one.vintage),
            GRADES[one.confidence],
            one.source,
        )

    def cell(self, row: Row) -> Figure:
        """An observation as a figure that may be printed, with its full key."""
        return self._few.shown(self.figure(row))

    def figure(self, row: Row) -> Figure:
        """An observation as a figure with its full key, its number however few people it counts."""
        key = Key(row.series, row.place, row.period, row.estimator, row.vintage, row.source)
        return Figure(
            row.value, row.unit, str(key), row.low, row.high, row.status, row.place, row.period, row.estimator,
            row.vintage, row.source, row.note or "", (row.series, row.estimator, row.period) in self._breaks,
        )  # fmt: skip

    def _sum_figure(self, series: str, when: str, total: Sum) -> Figure:
        lead = total.tally
        key = Key(series, total.place, when, lead.estimator, lead.vintage, lead.source)
        return Figure(
            total.value, lead.unit, str(key), None, None, total.status, total.place, when, lead.estimator,
            lead.vintage, lead.source, f"not all places: {lead.values}/{total.partial}" if total.partial else "",
            breaks=(series, lead.estimator, when) in self._breaks,
        )  # fmt: skip

    def _declared(self, series: str, place: str, when: str) -> Figure | None:
        """A zero, or a gap, that the dataset's description declares for places it leaves out."""
        if place not in self._municipality or series not in self.absences:
            return None
        if (like := self.table(series, place, when)) is None:
            return None
        rule, spot, year = self.absences[series], self._municipality[place], period(when).year
        value: float | None = None
        if place in rule.but:
            status, note = "not_collected", rule.but[place]
        elif when in rule.not_collected:
            status, note = "not_collected", rule.not_collected[when]
        elif when in rule.not_in:
            status, note = "incomplete", "absent from a table known to be incomplete in this year"
        elif (spot.since and year < spot.since) or (spot.until and year > spot.until):
            status, note = "not_collected", "the place did not exist in that year"
        else:
            value, status, note = (
                0.0,
                like.status,
                "absent from the publisher's table: zero by its declaration",
            )
        key = Key(series, place, when, like.estimator, like.vintage, like.source)
        return Figure(
            value,
            like.unit,
            str(key),
            None,
            None,
            status,
            place,
            when,
            like.estimator,
            like.vintage,
            like.source,
            note,
        )

    def best(self, name: str, place: str, when: str) -> Figure | None:
        """The figure to show first for a series or a computed indicator; None where nothing is held."""
        found = self.exact(name, place, when)
        return None if found is None else self._few.shown(found)

    def exact(self, name: str, place: str, when: str) -> Figure | None:
        """The same with its number however few people it counts: for sums and estimates, never to be printed."""
        rule = REGISTRY.get(name)
        if rule is not None and rule.over == "place" and rule.needs != (name,):
            return self._computed(rule, place, when)
        found = self._answers(name, place, when)
        return found[0] if found else None

    def _computed(self, rule: Indicator, place: str, when: str) -> Figure | None:
        inputs = [self.exact(need, place, when) for need in rule.needs]
        if any(figure is None for figure in inputs):
            return None
        held = [figure for figure in inputs if figure is not None]
        lead = held[0]
        values = [np.array([np.nan if f.value is None else f.value]) for f in held]
        # A count of part of a year over a year's population is no yearly rate.
        partial = any(f.status == "incomplete" for f in held)
        value = float("nan") if partial else float(rule.formula(*values)[0])
        status = next(
            (f.status for f in held if f.status in {"incomplete", "preliminary", "not_collected"}), "computed"
        )
        below = next((f for need, f in zip(rule.needs, held, strict=True) if need == rule.per), None)
        return Figure(
            None if isnan(value) else value, rule.unit, str(Key(rule.id, place, when)),
            status="not_measured" if isnan(value) and status == "computed" else status,
            place=place, period=when, estimator=lead.estimator, vintage=lead.vintage, source=lead.source,
            note="; ".join(dict.fromkeys(f.note for f in held if f.note)), breaks=any(f.breaks for f in held),
            denominator=None if below is None else self._denominator(rule.per, below),
        )  # fmt: skip

    def _denominator(self, series: str, figure: Figure) -> Denominator:
        card = self.cards.get(figure.source)
        census = card.census.get(figure.vintage) if card else None
        return Denominator(series, figure.trace, figure.vintage, figure.source, census)

    def current(self, name: str, place: str) -> tuple[Figure, ...]:
        """One figure a period for a series or computed indicator, oldest first, one estimator throughout."""
        rule = REGISTRY.get(name)
        needs = rule.needs if rule is not None and rule.over == "place" else (name,)
        spans = [set(self.periods(need, place)) for need in needs]
        when = sorted(set.intersection(*spans), key=lambda text: (period(text).start, period(text).end))
        figures = [f for f in (self.best(name, place, text) for text in when) if f is not None]
        if not figures:
            return ()
        rank = len(self._preferred)
        lead = min((f.estimator for f in figures), key=lambda e: self._preferred.get(e, rank))
        return _one_denominator([f for f in figures if f.estimator == lead])

    def all(self, name: str, place: str) -> tuple[Figure, ...]:
        """Every figure held for a series at a place, oldest period first."""
        return tuple(f for when in self.periods(name, place) for f in self.candidates(name, place, when))

    def refer(self, ref: ObservationRef) -> tuple[Figure, ...]:
        """The figures a register entry points at, oldest period first; what it leaves out may be anything.

        Without a vintage, the first figure of each period and estimator stands for the period.
        """
        periods = (ref.period,) if ref.period else self.periods(ref.series, ref.place)
        found: list[Figure] = []
        for when in periods:
            fits = [
                f
                for f in self.candidates(ref.series, ref.place, when)
                if (ref.estimator in (None, f.estimator))
                and (ref.vintage in (None, f.vintage))
                and (ref.source in (None, f.source))
            ]
            if ref.vintage is None and ref.source is None:
                fits = list({f.estimator: f for f in reversed(fits)}.values())[::-1]
            found.extend(fits)
        return tuple(found)

    def table(self, series: str, place: str, when: str) -> Tally | None:
        """The edition that speaks first for all municipalities in a period; None where there is none."""
        tallies = self._table(series, place).get(when)
        return max(tallies, key=self._first) if tallies else None

    def municipalities(self, place: str = "") -> tuple[str, ...]:
        """Codes of all municipalities of a place, or what its finest places are called, in code order: the case's country's."""
        return self._municipalities_of.get(place or self.register.case.country, ())

    def values(
        self, series: str, places: Iterable[str], when: str, estimator: str = ""
    ) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The first figures of many places in one period, nan where there is none; shape (places,).

        estimator: what another says is nan.
        """
        figures = [self.exact(series, place, when) for place in places]
        mine = [f if f is None or estimator in ("", f.estimator) else None for f in figures]
        return np.array([np.nan if f is None or f.value is None else f.value for f in mine])

    def broken(self, series: str, estimator: str, when: str) -> bool:
        """Whether the case declares that the estimator's figures of before are not comparable from this period on."""
        return (series, estimator, when) in self._breaks

    def division(self, series: str) -> Division | None:
        """The parts of the country under the estimator the case prefers of those who have them; None where nobody does.

        One estimator throughout: a share of one who counts fewer places is no share of another's country.
        """
        if series not in self._divided:
            self._divided[series] = self._divide(series)
        return self._divided[series]

    def _divide(self, series: str) -> Division | None:
        country = self.register.case.country
        places = tuple(c for c in self.gazetteer.parts(country) if self.periods(series, c))
        summed: dict[str, list[str]] = defaultdict(list)
        for when in self.periods(series, country):
            if (total := self.sum(series, country, when)) is not None:
                summed[total.tally.estimator].append(when)
        printed: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for place in places:
            for when, rows in self._rows(series, place).items():
                for row in rows:
                    if row.value is not None and period(when).is_year:
                        printed[row.estimator][place].add(when)
        last = len(self._preferred)
        lead = min({*summed, *printed}, key=lambda e: (self._preferred.get(e, last), e), default=None)
        if lead is None:
            return None
        if lead in summed:
            return Division(lead, places, tuple(summed[lead]), True)
        every = set.intersection(*printed[lead].values())
        return Division(lead, tuple(printed[lead]), tuple(sorted(every)), False)

    def is_finest(self, place: str) -> bool:
        """Whether it is a municipality, or what the case's finest places are called."""
        return place in self._municipality

    def place_name(self, code: str) -> str:
        """The name to print for a place code."""
        return self.gazetteer.places[code].name if code in self.gazetteer else code

    def known(self, name: str) -> None:
        """BadRequest, with the nearest names, if `name` is neither an indicator nor a series held."""
        names = sorted({*REGISTRY, *self.series(), *self.register.case.series})
        if name not in names:
            near = get_close_matches(name, names, n=5, cutoff=0.5) or names[:8]
            raise BadRequest(
                f"{name!r} is neither an indicator nor a series held. Nearest of {len(names)}: {', '.join(near)}."
            )


def _one_denominator(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """A series of rates, with a break wherever the edition they are divided by is another than before."""
    made: list[Figure] = []
    for figure in figures:
        below, before = figure.denominator, made[-1].denominator if made else None
        other = below and before and (below.source, below.vintage) != (before.source, before.vintage)
        made.append(replace(figure, breaks=True) if other else figure)
    return tuple(made)


def _in_time(periods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(periods, key=lambda text: (period(text).start, period(text).end)))
