"""Everything a case knows on one day, laid out: which figure answers for a series, place and period.

Rival estimates and vintages lie side by side. One of them is shown first, by a rule that is the same everywhere
(`_first`): complete before incomplete, the case's preferred estimator, a sum of places before a printed total,
the newest vintage, the better graded source. Nothing is averaged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import fsum, isnan
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

import vereda.indicators  # noqa: F401  fills the registry
from vereda.errors import BadRequest, NoTrace
from vereda.sources.description import Absent
from vereda.terms.cooperation import ObservationRef, Register
from vereda.terms.figure import Figure
from vereda.terms.indicator import REGISTRY, Indicator
from vereda.terms.period import known_on, period
from vereda.terms.place import Gazetteer
from vereda.terms.source import SourceCard, Vintage

GRADES = {"high": 3, "medium": 2, "low": 1, None: 0}


class Row(NamedTuple):
    """One observation as the store gives it, with the dataset and the publisher's file it came from."""

    series: str
    place: str
    period: str
    estimator: str
    source: str
    vintage: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    status: str
    confidence: str | None
    sheet: str | None
    row: int | None
    col: str | None
    page: str | None
    note: str | None
    dataset: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The total of a series over the municipalities of a place, and the rows that were added."""

    place: str
    value: float
    addends: tuple[Row, ...]
    uncollected: int  # municipalities the publisher does not cover; they are in no total


@dataclass(frozen=True, slots=True)
class Key:
    """A trace key taken apart: INDICATOR@PLACE:PERIOD~ESTIMATOR~VINTAGE~SOURCE, the last three optional."""

    indicator: str
    place: str
    period: str
    estimator: str = ""
    vintage: str = ""
    source: str = ""

    @classmethod
    def read(cls, text: str) -> "Key":
        """Take a key apart; NoTrace if it is not one."""
        head, *rest = text.split("~")
        name, at, where = head.partition("@")
        place, colon, when = where.partition(":")
        if not (name and at and place and colon and when) or len(rest) > 3:
            raise NoTrace(
                f"{text!r} is not a trace key. Write INDICATOR@PLACE:PERIOD, for example coca_area@CO-52835:2022; "
                "add ~ESTIMATOR~VINTAGE~SOURCE to name one of several rival figures."
            )
        return cls(name, place, when, *rest)

    def __str__(self) -> str:
        tail = [self.estimator, self.vintage, self.source]
        while tail and not tail[-1]:
            tail.pop()
        return "~".join([f"{self.indicator}@{self.place}:{self.period}", *tail])


class Desk:
    """The observations of a case as they stood on `as_of`, by series, place and period."""

    def __init__(
        self,
        register: Register,
        gazetteer: Gazetteer,
        table: pa.Table,
        cards: Mapping[str, SourceCard],
        vintages: Mapping[tuple[str, str], Vintage],
        as_of: str,
        absences: Mapping[str, Absent],
    ) -> None:
        """`vintages`: by dataset and sha256 of the publisher's file. `absences`: what a missing row means, for each series whose municipal table leaves zeros out."""
        self.register, self.gazetteer, self.cards, self.as_of = register, gazetteer, cards, as_of
        self.vintages = vintages
        self.absences = absences
        self._breaks = {(b.series, b.estimator, b.since) for b in register.case.breaks}
        self._preferred = {name: i for i, name in enumerate(register.case.estimators)}
        self._municipality = {c: p for c, p in gazetteer.places.items() if p.level == "municipality"}
        self._inside = {c: self._ancestors(c) for c in self._municipality}
        self._rows: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        self._local: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self._periods: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._sums: dict[tuple[str, str, str], Sum | None] = {}
        self._lead: dict[tuple[str, str], Row] = {}
        self._found: dict[tuple[str, str, str], tuple[Figure, ...]] = {}
        names = [name for name in Row._fields if name in table.column_names]
        columns = [table.column(name).to_pylist() for name in names]
        for values in zip(*columns, strict=True):
            self._place(Row(*values))

    def _place(self, row: Row) -> None:
        self._rows[row.series, row.place, row.period].append(row)
        self._periods[row.series, row.place].add(row.period)
        if row.place in self._municipality:
            self._local[row.series, row.period].append(row)
            for above in self._inside[row.place]:
                self._periods[row.series, above].add(row.period)

    def _ancestors(self, code: str) -> tuple[str, ...]:
        found: list[str] = []
        parent = self.gazetteer.places[code].parent
        while parent:
            found.append(parent)
            parent = self.gazetteer.places[parent].parent if parent in self.gazetteer else None
        return tuple(found)

    # ---- what is held -----------------------------------------------------------------------------------

    def series(self) -> tuple[str, ...]:
        """Every series with at least one observation on this day."""
        return tuple(sorted({series for series, _ in self._periods}))

    def periods(self, series: str, place: str) -> tuple[str, ...]:
        """Periods for which the place, or a municipality inside it, has an observation; oldest first."""
        found = set(self._periods.get((series, place), ()))
        if place in self._municipality and series in self.absences:
            found |= {p for s, p in self._local if s == series}
        return tuple(sorted(found, key=lambda text: (period(text).start, period(text).end)))

    def rows(self, series: str, place: str, when: str) -> tuple[Row, ...]:
        """Every rival observation, as printed."""
        return tuple(self._rows.get((series, place, when), ()))

    def sum(self, series: str, place: str, when: str) -> Sum | None:
        """The total over the municipalities of `place`; None where none of them has a value."""
        key = (series, place, when)
        if key not in self._sums:
            self._sums[key] = self._add(series, place, when)
        return self._sums[key]

    def _add(self, series: str, place: str, when: str) -> Sum | None:
        if place in self._municipality:
            return None
        inside = [r for r in self._local.get((series, when), ()) if place in self._inside[r.place]]
        if not inside:
            return None
        # One estimator, one edition: a total of parts from several is nobody's estimate.
        lead = max(inside, key=self._first)
        same = [
            r
            for r in inside
            if (r.estimator, r.source, r.vintage) == (lead.estimator, lead.source, lead.vintage)
        ]
        addends = tuple(sorted((r for r in same if r.value is not None), key=lambda r: r.place))
        if not addends:
            return None
        rule = self.absences.get(series)
        outside = sum(place in self._inside.get(code, ()) for code in (rule.but if rule else ()))
        return Sum(place, fsum(row.value or 0.0 for row in addends), addends, outside)

    # ---- figures ------------------------------------------------------------------------------------------

    def candidates(self, series: str, place: str, when: str) -> tuple[Figure, ...]:
        """Every figure that answers: printed rivals and the sum of places, the one to show first leading."""
        key = (series, place, when)
        if key not in self._found:
            self._found[key] = self._gather(series, place, when)
        return self._found[key]

    def _gather(self, series: str, place: str, when: str) -> tuple[Figure, ...]:
        found = [(self._first(row), self.figure(row)) for row in self.rows(series, place, when)]
        total = self.sum(series, place, when)
        if total is not None:
            lead = total.addends[0]
            rank = self._first(lead)
            found.append(((rank[0], rank[1], 1, *rank[3:]), self._sum_figure(series, when, total)))
        if not found and (zero := self._declared(series, place, when)):
            return (zero,)
        return tuple(figure for _, figure in sorted(found, key=lambda pair: pair[0], reverse=True))

    def _first(self, row: Row) -> tuple[Any, ...]:
        return (
            row.status != "incomplete" and row.value is not None,
            -self._preferred.get(row.estimator, len(self._preferred)),
            0,  # a sum of places says 1 here
            known_on(row.vintage),
            GRADES.get(row.confidence, 0),
            row.source,
        )

    def figure(self, row: Row) -> Figure:
        """An observation as a figure with its full key."""
        key = Key(row.series, row.place, row.period, row.estimator, row.vintage, row.source)
        return Figure(
            row.value, row.unit, str(key), row.low, row.high, row.status, row.place, row.period, row.estimator,
            row.vintage, row.source, row.note or "", (row.series, row.estimator, row.period) in self._breaks,
        )  # fmt: skip

    def _sum_figure(self, series: str, when: str, total: Sum) -> Figure:
        lead = total.addends[0]
        incomplete = any(row.status == "incomplete" for row in total.addends)
        preliminary = any(row.status == "preliminary" for row in total.addends)
        status = "incomplete" if incomplete else "preliminary" if preliminary else "computed"
        key = Key(series, total.place, when, lead.estimator, lead.vintage, lead.source)
        return Figure(
            total.value, lead.unit, str(key), None, None, status, total.place, when, lead.estimator,
            lead.vintage, lead.source, breaks=(series, lead.estimator, when) in self._breaks,
        )  # fmt: skip

    def _declared(self, series: str, place: str, when: str) -> Figure | None:
        """A zero, or a gap, that the dataset's description declares for places it leaves out."""
        local = self._local.get((series, when))
        if place not in self._municipality or series not in self.absences or not local:
            return None
        rule, spot, year = self.absences[series], self._municipality[place], period(when).year
        like = self.table(series, when)
        value: float | None = None
        if place in rule.but:
            status, note = "not_collected", rule.but[place]
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
        rule = REGISTRY.get(name)
        if rule is not None and rule.over == "place" and rule.needs != (name,):
            return self._computed(rule, place, when)
        found = self.candidates(name, place, when)
        return found[0] if found else None

    def _computed(self, rule: Indicator, place: str, when: str) -> Figure | None:
        inputs = [self.best(need, place, when) for need in rule.needs]
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
        return Figure(
            None if isnan(value) else value, rule.unit, str(Key(rule.id, place, when)),
            status="not_measured" if isnan(value) and status == "computed" else status,
            place=place, period=when, estimator=lead.estimator, vintage=lead.vintage, source=lead.source,
            note="; ".join(dict.fromkeys(f.note for f in held if f.note)), breaks=any(f.breaks for f in held),
        )  # fmt: skip

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
        return tuple(f for f in figures if f.estimator == lead)

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

    def table(self, series: str, when: str) -> Row:
        """A row of the edition that speaks first for all municipalities in a period."""
        key = (series, when)
        if key not in self._lead:
            self._lead[key] = max(self._local[key], key=self._first)
        return self._lead[key]

    def municipalities(self) -> tuple[str, ...]:
        """Codes of all municipalities, in code order."""
        return tuple(sorted(self._municipality))

    def values(self, series: str, places: Iterable[str], when: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The first figures of many places in one period, nan where there is none; shape (places,)."""
        figures = (self.best(series, place, when) for place in places)
        return np.array([np.nan if f is None or f.value is None else f.value for f in figures])

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
