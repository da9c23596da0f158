"""The whole as printed against the sum of its parts: what is left over, and what the publisher places nowhere."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from vereda.sources.description import SourceDescription
from vereda.terms.period import period
from vereda.terms.place import Gazetteer
from vereda.terms.source import Remainder
from vereda.terms.unit import adds_up

Held = Iterable[tuple[SourceDescription, pa.Table]]


class _Line(NamedTuple):
    """What two tables must have in common before their figures are set side by side."""

    series: str
    estimator: str
    unit: str


class _Sums(NamedTuple):
    parts: float = 0.0
    unplaced: float = 0.0
    places: int = 0


def remainders(held: Held, gazetteer: Gazetteer) -> tuple[Remainder, ...]:
    """For every table of places and every whole that its publisher, or another of the same estimator, prints.

    The parts are the places of the level that the description covers; what it places in none of them is `unplaced`. A
    whole that nobody prints leaves that alone to be told.
    """
    held = [(d, table) for d, table in held if d.kind == "observations"]
    wholes = _wholes(held, gazetteer)
    found: list[Remainder] = []
    for d, table in held:
        for (line, when, top), sums in _sums(d, table, gazetteer).items():
            printed: dict[str, float | None] = {**wholes.get((line, when, top), {})}
            printed.pop(d.dataset, None)  # what a table says of its own sum is no second opinion
            if sums.unplaced and not printed:
                printed = {"": None}
            if sums.places > 1:
                found += [_remainder(d, line, when, top, sums, who, value) for who, value in printed.items()]
    return tuple(sorted(found, key=lambda r: (r.dataset, r.series, r.whole_of, period(r.period).start)))


def _remainder(
    d: SourceDescription, line: _Line, when: str, top: str, sums: _Sums, who: str, whole: float | None
) -> Remainder:
    left = None if whole is None else round(whole - sums.parts - sums.unplaced, 6)
    return Remainder(
        d.dataset, line.series, top, when, line.unit, d.covers.level, sums.places, round(sums.parts, 6),
        round(sums.unplaced, 6), who, whole, left,
    )  # fmt: skip


def _wholes(held: Held, gazetteer: Gazetteer) -> Mapping[tuple[_Line, str, str], dict[str, float]]:
    """Every printed figure of a place that lies in no other: a country's own."""
    found: dict[tuple[_Line, str, str], dict[str, float]] = defaultdict(dict)
    for d, table in held:
        tops = [code for code in pc.unique(table["place"]).to_pylist() if _top(gazetteer, code) == code]
        mine = table.filter(pc.is_in(table["place"], value_set=pa.array(tops, pa.string())))
        twice: set[tuple[_Line, str, str]] = set()
        for row, line in _rows(mine):
            key = line, row["period"], row["place"]
            if d.dataset in found[key]:
                twice.add(key)  # rivals in one table: whose whole it is cannot be said
            found[key][d.dataset] = row["value"]
        for key in twice:
            del found[key][d.dataset]
    return found


def _sums(
    d: SourceDescription, table: pa.Table, gazetteer: Gazetteer
) -> Mapping[tuple[_Line, str, str], _Sums]:
    tops = {code: _top(gazetteer, code) for code in pc.unique(table["place"]).to_pylist()}
    levels = {code: gazetteer.places[code].level for code in tops if code in gazetteer}
    kept = [code for code, top in tops.items() if top and top != code]
    found: dict[tuple[_Line, str, str], _Sums] = {}
    for row, line in _rows(table.filter(pc.is_in(table["place"], value_set=pa.array(kept, pa.string())))):
        key = line, row["period"], tops[row["place"]] or ""
        parts, unplaced, places = found.get(key, _Sums())
        if levels[row["place"]] == d.covers.level:
            found[key] = _Sums(parts + row["value"], unplaced, places + 1)
        elif levels[row["place"]] == "unassigned":
            found[key] = _Sums(parts, unplaced + row["value"], places)
    return found


def _rows(table: pa.Table) -> Iterator[tuple[dict[str, Any], _Line]]:
    """Rows with a figure that adds up over places."""
    names = ["series", "estimator", "unit", "place", "period", "value"]
    for row in table.filter(pc.is_valid(table["value"])).select(names).to_pylist():
        if adds_up(row["unit"]):
            yield row, _Line(row["series"], row["estimator"], row["unit"])


def _top(gazetteer: Gazetteer, code: str) -> str:
    """The place in which a place lies that lies in no other; empty for one that is in no country."""
    while code in gazetteer and (parent := gazetteer.places[code].parent):
        code = parent
    return code if code in gazetteer and gazetteer.places[code].level == "country" else ""
