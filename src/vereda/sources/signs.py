"""Signs that a table may not be what it seems. Each rule is stated; what it finds is for whoever looks, and no verdict."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vereda.sources.description import SourceDescription
from vereda.sources.revision import LIST_KEYS, compare, compare_lists
from vereda.terms.period import period
from vereda.terms.place import Gazetteer
from vereda.terms.source import Seen, Sign
from vereda.terms.unit import adds_up

TENFOLD = 10.0  # a jump: one figure ten times the other
LARGEST = 0.9  # and the larger of the two among the largest tenth of its series
TWOFOLD = 2.0  # a break: the sum, or the number of places, more than doubles or falls to less than half
FEW_PLACES = 10  # fewer places make no level that could break
ROUND = 1000  # portals cut at a thousand rows, or at a multiple of it
SHOWN = 5
_WHO = ("series", "estimator", "source", "vintage")  # figures of one maker: only these are set side by side

Rule = Callable[[SourceDescription, pa.Table, Gazetteer], Sign]


def inspect(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> tuple[Sign, ...]:
    """Every rule asked of a table."""
    return tuple(rule(d, table, gazetteer) for rule in RULES.values())


def bounds(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Sign:
    """Figures outside the least and the most that the description holds possible."""
    if d.kind != "observations":
        return _not_asked("bounds", "the table holds no figures")
    seen: list[Seen] = []
    events = d.layout == "events"  # a sum of events may pass what holds for each of them
    for name, said in d.series.items():
        mine = table.filter(pc.equal(table["series"], name))
        low = pc.less(mine["value"], said.least if said.least is not None else -np.inf)
        high = pc.greater(mine["value"], said.most if said.most is not None and not events else np.inf)
        seen += _seen(mine.filter(pc.fill_null(pc.or_(low, high), False)))
    without = sum(said.least is None or said.most is None for said in d.series.values())
    note = "the most was asked of each event when the file was read" if events else ""
    return _sign("bounds", seen, "some of its series have no bounds" if without else note)


def codes(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Sign:
    """Places with a figure that is not zero in a year in which their code was not valid, or that nobody knows."""
    if d.kind != "observations":
        return _not_asked("codes", "the table holds no figures")
    figures = table.filter(pc.fill_null(pc.not_equal(table["value"], 0.0), False))
    pairs = figures.group_by(["place", "period"], use_threads=False).aggregate([]).to_pylist()
    wrong = {(p["place"], p["period"]) for p in pairs if not _valid(d, p["place"], p["period"], gazetteer)}
    places = pa.array([f"{place} {when}" for place, when in wrong], pa.string())
    both = pc.binary_join_element_wise(figures["place"], figures["period"], " ")
    return _sign("codes", _seen(figures.filter(pc.is_in(both, value_set=places))))


def names(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Sign:
    """Codes of the file that do not go with their names: those the description corrects; in a list of places, two codes of one name."""
    if d.kind == "places":
        twice = table.group_by(["parent", "name", "level"], use_threads=False).aggregate(
            [("code", "count"), ("code", "max")]
        )
        twice = twice.filter(pc.greater(twice["code_count"], 1))
        return _sign("names", [Seen(place=code) for code in twice["code_max"].to_pylist()])
    if d.place.name is None:
        return _not_asked("names", "the file prints no names, or none that the description compares")
    corrected = [Seen(place=f"{d.place.prefix}{right.to}") for right in d.place.corrections.values()]
    return _sign("names", corrected, "names were compared with the gazetteer when the file was read")


def jumps(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Sign:
    """A figure ten times that of the year before or a tenth of it, among the largest tenth of its series.

    Both above zero, in years that the description does not call incomplete or preliminary.
    """
    if d.kind != "observations":
        return _not_asked("jumps", "the table holds no figures")
    found: list[Seen] = []
    for years in _by(_yearly(_whole(table)), ("series",)):
        large = float(np.quantile(years["value"].to_numpy(), LARGEST))
        before, after, at = _pairs(years, (*_WHO, "place"))
        most, least = np.maximum(before, after), np.minimum(before, after)
        hit = (least > 0) & (most >= TENFOLD * least) & (most >= large)
        found += _seen(years.take(pa.array(at[hit])), before[hit])
    return _sign("jumps", found)


def breaks(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Sign:
    """The sum over places, or the number of places with a figure, more than doubles or halves in a year.

    Years that the description calls incomplete or preliminary are left out.
    """
    if d.kind != "observations":
        return _not_asked("breaks", "the table holds no figures")
    found: list[Seen] = []
    asked = False
    for mine in _by(_yearly(_whole(table)), _WHO):
        years = mine.group_by([*_WHO, "period", "year"], use_threads=False).aggregate(
            [("value", "sum"), ("place", "count")]
        )
        if pc.max(years["place_count"]).as_py() < FEW_PLACES:
            continue
        asked = True
        unit = mine["unit"][0].as_py()
        places = _level(years, "place_count", "places")
        found += _twofold(places, places)
        found += _twofold(_level(years, "value_sum", unit), places) if adds_up(unit) else []
    if not asked:
        return _not_asked("breaks", "fewer than ten places in every year")
    return _sign("breaks", found)


def truncation(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Sign:
    """A number of rows that a portal cuts at, or a newest year with fewer than half the rows of the year before."""
    rows = d.expect.rows or table.num_rows
    found = [Seen(value=float(rows), unit="rows")] if rows and rows % ROUND == 0 else []
    if d.kind == "observations" and table.num_rows:
        found += _thin(table)
    return _sign("truncation", found)


def revisions(d: SourceDescription, editions: Sequence[pa.Table]) -> Sign:
    """Cells of the newest edition that are not as in the one before it, or are not in both."""
    if len(editions) < 2:
        return _not_asked("revisions", "one edition is held")
    if d.kind != "observations":
        changed = compare_lists(editions[-2], editions[-1], LIST_KEYS[d.kind])["entry"].to_pylist()
        return _sign("revisions", [Seen(place=entry) for entry in changed])
    cells = compare(editions[-2], editions[-1]).cells
    cells = cells.filter(pc.is_in(cells["what"], value_set=pa.array(["appeared", "gone", "changed"])))
    seen = [
        Seen(
            c["series"], c["place"], c["period"], c["after"], c["before"], c["unit_after"] or c["unit_before"]
        )
        for c in cells.to_pylist()
    ]
    return _sign("revisions", seen)


def span(table: pa.Table) -> str:
    """First and last year of a table of observations; empty where there is none."""
    if "period" not in table.column_names or not table.num_rows:
        return ""
    spans = [period(text) for text in pc.unique(table["period"]).to_pylist()]
    first, last = (
        min(s.start.year if s.text[:2] != "FY" else s.year for s in spans),
        max(s.year for s in spans),
    )
    return str(first) if first == last else f"{first}-{last}"


RULES: dict[str, Rule] = {
    "bounds": bounds, "codes": codes, "names": names, "jumps": jumps, "breaks": breaks, "truncation": truncation,
}  # fmt: skip


def _level(years: pa.Table, measure: str, unit: str) -> pa.Table:
    """One measure of the years as a series of its own."""
    columns = {name: years[name] for name in (*_WHO, "period", "year")}
    columns |= {"value": pc.cast(years[measure], pa.float64())}
    n = years.num_rows
    return pa.table({**columns, "unit": pa.repeat(unit, n), "place": pa.repeat("", n)})


def _twofold(level: pa.Table, places: pa.Table) -> list[Seen]:
    """Where the level doubles or halves, one of the two years having ten places."""
    before, after, at = _pairs(level, _WHO)
    enough = np.maximum(*_pairs(places, _WHO)[:2]) >= FEW_PLACES
    hit = enough & (np.maximum(before, after) > TWOFOLD * np.minimum(before, after))
    return _seen(level.take(pa.array(at[hit])), before[hit])


def _whole(table: pa.Table) -> pa.Table:
    """Without the years of which the description says that they are not whole."""
    return table.filter(
        pc.invert(pc.is_in(table["status"], value_set=pa.array(["incomplete", "preliminary"])))
    )


def _thin(table: pa.Table) -> Iterator[Seen]:
    """The last page is cut: the newest year has fewer than half the rows of the year before, and is not called incomplete."""
    years = _yearly(table.filter(pc.not_equal(table["status"], "incomplete")), whole=False)
    for mine in _by(years, ("series",)):
        rows = (
            mine.group_by(["year"])
            .aggregate([("place", "count")])
            .sort_by([("year", "ascending")])
            .to_pylist()
        )
        if len(rows) > 1 and FEW_PLACES <= rows[-2]["place_count"] > 2 * rows[-1]["place_count"]:
            last, before = rows[-1], rows[-2]
            yield Seen(mine["series"][0].as_py(), "", str(last["year"]), float(last["place_count"]),
                       float(before["place_count"]), "rows")  # fmt: skip


def _valid(d: SourceDescription, code: str, when: str, gazetteer: Gazetteer) -> bool:
    if code in d.places:
        return True
    place = gazetteer.places.get(code)
    if place is None:
        return False
    span = period(when)
    return (place.since is None or span.end.year >= place.since) and (
        place.until is None or span.start.year <= place.until
    )


def _yearly(table: pa.Table, whole: bool = True) -> pa.Table:
    """Rows of whole years (or of any period) with a value, and the year of each."""
    said = table["period"].combine_chunks().dictionary_encode()
    spans = [period(text) for text in said.dictionary.to_pylist()]
    year = pa.array([s.year if s.is_year or not whole else None for s in spans], pa.int32()).take(
        said.indices
    )
    table = table.append_column("year", year)
    return table.filter(pc.and_(pc.is_valid(table["year"]), pc.is_valid(table["value"])))


def _by(table: pa.Table, names: tuple[str, ...]) -> Iterator[pa.Table]:
    """The table in parts, one for each combination of these columns."""
    for row in table.group_by([*names], use_threads=False).aggregate([]).to_pylist():
        hit = pc.equal(table[names[0]], row[names[0]])
        for name in names[1:]:
            hit = pc.and_(hit, pc.equal(table[name], row[name]))
        yield table.filter(hit)


def _pairs(
    table: pa.Table, who: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Figures of two years that follow each other, of the same series, maker and place; rows of the later of them."""
    group = pc.binary_join_element_wise(*(table[name] for name in who), "\x1f").combine_chunks()
    group = group.dictionary_encode().indices.to_numpy()
    year, value = table["year"].to_numpy(), table["value"].to_numpy()
    order = np.lexsort((year, group))
    follows = (np.diff(group[order]) == 0) & (np.diff(year[order]) == 1)
    later = order[1:][follows]
    return value[order[:-1][follows]], value[later], later


def _seen(rows: pa.Table, before: NDArray[np.float64] | None = None) -> list[Seen]:
    was = [None] * rows.num_rows if before is None else before.tolist()
    return [
        Seen(row["series"], row["place"], row["period"], row["value"], earlier, row["unit"])
        for row, earlier in zip(rows.to_pylist(), was, strict=True)
    ]


def _sign(rule: str, seen: list[Seen], note: str = "") -> Sign:
    largest = sorted(seen, key=lambda s: -max(abs(s.value or 0.0), abs(s.before or 0.0)))
    return Sign(rule, "found" if seen else "nothing", len(seen), tuple(largest[:SHOWN]), note)


def _not_asked(rule: str, why: str) -> Sign:
    return Sign(rule, "not asked", note=why)
