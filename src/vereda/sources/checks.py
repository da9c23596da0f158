"""What a table of observations must add up to, and what an absent place means."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vereda.errors import NotReconciled
from vereda.sources import signs
from vereda.sources.description import Absent, SourceDescription, Totals, years_of
from vereda.terms.observation import KEY, OBSERVATIONS
from vereda.terms.period import period
from vereda.terms.place import Gazetteer
from vereda.terms.source import Check

BY_DECLARATION = "absent = 0 by declaration"


def check(
    description: SourceDescription, table: pa.Table, gazetteer: Gazetteer | None = None
) -> tuple[Check, ...]:
    """Compare a table with the published totals and with what must hold of every table of this dataset."""
    found = [_keys(description, table)] if description.kind == "observations" else []
    if gazetteer is not None and "place" in table.column_names:
        found.append(_places(description, table, gazetteer))
    found += [_years(table, name, said.years) for name, said in description.series.items() if said.years]
    for column, wanted in description.expect.distinct.items():
        count = pc.count_distinct(table[column]).as_py()
        name = f"different values of {column}"
        found.append(Check(name, "passed" if count == wanted else "failed", count, wanted, 0))
    for series, totals in description.expect.totals.items():
        found += _totals(description, table, series, totals)
    found += [
        _declared(description, table, gazetteer or Gazetteer(), rule) for rule in description.expect.failing
    ]
    return tuple(found)


def refuse_failed(description: SourceDescription, checks: Iterable[Check]) -> None:
    """Raise NotReconciled if any check failed, naming every one."""
    failed = [c for c in checks if c.state == "failed"]
    if failed:
        lines = "\n".join(
            f"  {c.name}: found {_say(c.found)}, expected {_say(c.expected)} {c.unit}".rstrip()
            + (f" ({c.note})" if c.note else "")
            for c in failed
        )
        raise NotReconciled(
            f"{description.dataset} does not agree with what was published; nothing was kept:\n{lines}\n"
            "If the publisher revised the series, state the new totals with where they are printed."
        )


def fill(
    description: SourceDescription, table: pa.Table, gazetteer: Gazetteer, years: Sequence[int]
) -> pa.Table:
    """What the absent cells of a table mean, as rows: zero or null by the description, never measured twice.

    Places valid in each year; the series, estimator, source and vintage are those of the table.
    Nothing is made up where the description says that absence means nothing ("missing").
    """
    if table.num_rows == 0:
        return OBSERVATIONS.empty_table()
    wanted = [
        (code, str(year))
        for code, place in sorted(gazetteer.places.items())
        if place.level == description.covers.level
        for year in years
        if (place.since is None or year >= place.since) and (place.until is None or year <= place.until)
    ]
    grid = pa.table({"place": [code for code, _ in wanted], "period": [year for _, year in wanted]})
    editions = table.select(["series", "unit", "estimator", "source", "vintage"])
    kinds = editions.group_by(editions.column_names).aggregate([]).to_pylist()
    speaking = [kind for kind in kinds if description.absent_for(kind["series"]).means != "missing"]
    if not speaking:
        return OBSERVATIONS.empty_table()
    rows = [_absent_rows(description, table, grid, kind) for kind in speaking]
    return pa.concat_tables(rows).sort_by([(k, "ascending") for k in KEY])


def _absent_rows(d: SourceDescription, table: pa.Table, grid: pa.Table, kind: dict[str, str]) -> pa.Table:
    series = table.filter(pc.equal(table["series"], kind["series"])).select(["place", "period"])
    absent = grid.join(series, keys=["place", "period"], join_type="left anti")
    absent_for = d.absent_for(kind["series"])
    rows = []
    for place, when in zip(absent["place"].to_pylist(), absent["period"].to_pylist(), strict=True):
        value, status, note = _meaning(d, absent_for, place, when)
        rows.append({**kind, "place": place, "period": when, "value": value, "status": status, "note": note})
    return pa.Table.from_pylist(rows, schema=OBSERVATIONS)


def _meaning(d: SourceDescription, absent: Absent, place: str, when: str) -> tuple[float | None, str, str]:
    if place in absent.but:
        return None, "not_collected", absent.but[place]
    if when in absent.not_collected:
        return None, "not_collected", absent.not_collected[when]
    if when in absent.not_in:
        return None, "incomplete", "absent in a year known to be incomplete"
    if absent.means == "not_collected":
        return None, "not_collected", absent.why
    return 0.0, d.statuses.get(when, d.status), BY_DECLARATION


def _keys(d: SourceDescription, table: pa.Table) -> Check:
    different = table.group_by(list(KEY)).aggregate([]).num_rows
    return Check(
        "every key once",
        "passed" if different == table.num_rows else "failed",
        different,
        table.num_rows,
        0,
        note=f"{d.dataset}: {', '.join(KEY)}",
    )


def _years(table: pa.Table, series: str, years: str) -> Check:
    first, last = years_of(years)
    held = pc.unique(table.filter(pc.equal(table["series"], series))["period"]).to_pylist()
    outside = sorted(p for p in held if not first <= period(p).year <= last)
    note = f"outside {years}: {', '.join(outside[:10])}" if outside else ""
    return Check(f"years of {series}", "failed" if outside else "passed", len(outside), 0, 0, note=note)


def _declared(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer, rule: str) -> Check:
    """A sign that the description declares a failure."""
    sign = signs.RULES[rule](d, table, gazetteer)
    where = "; ".join(f"{s.series} {s.place} {s.period}".strip() for s in sign.seen)
    state = "failed" if sign.state == "found" else "passed"
    return Check(f"no sign of {rule}", state, sign.many, 0, 0, note=f"found in {where}" if where else "")  # type: ignore[arg-type]


def _places(d: SourceDescription, table: pa.Table, gazetteer: Gazetteer) -> Check:
    codes = pc.unique(table["place"]).to_pylist()
    strange = sorted(c for c in codes if c not in gazetteer and c not in d.places)
    note = f"unknown: {', '.join(strange[:10])}" if strange else ""
    return Check("places in the gazetteer", "failed" if strange else "passed", len(strange), 0, 0, note=note)


def _totals(d: SourceDescription, table: pa.Table, series: str, totals: Totals) -> list[Check]:
    mine = table.filter(pc.equal(table["series"], series))
    sums = mine.group_by(["period"]).aggregate([("value", "sum")])
    found = dict(zip(sums["period"].to_pylist(), sums["value_sum"].to_pylist(), strict=True))
    held = {period(p).year for p in found}
    checks = []
    for when, expected in totals.values.items():
        if when not in found and held and not min(held) <= period(when).year <= max(held):
            continue  # a control total of an edition that ends earlier or begins later
        checks.append(_total(d, series, when, found.get(when), expected, totals))
    return checks


def _total(
    d: SourceDescription, series: str, when: str, found: float | None, expected: float, totals: Totals
) -> Check:
    within = max(totals.within, totals.within_share * expected)
    note = totals.printed
    if found is not None and abs(found - expected) <= within:
        state, gap = "passed", ""
    elif (
        when in d.known_gaps and found is not None and abs(found - totals.gaps.get(when, expected)) <= within
    ):
        state, gap = "known gap", d.known_gaps[when]
    else:
        state, gap = "failed", _cause(d, when, found, expected)
    unit = d.series[series].unit
    note = f"{gap} Printed in {note}." if gap else f"Printed in {note}."
    return Check(f"{series} {when}: sum over places", state, found, expected, within, unit, note)  # type: ignore[arg-type]


def _cause(d: SourceDescription, when: str, found: float | None, expected: float) -> str:
    if found is None:
        return "The period is not in the table."
    off = 100 * (found / expected - 1) if expected else 0.0
    if abs(off) < 1:
        return f"{off:+.3f} %: rows are missing, counted twice, or revised."
    column = next((c for c, p in d.year_columns().items() if p == when), "")
    where = f"column {column!r}" if column else "the column of values"
    return (
        f"{off:+.1f} %: {where} was probably read in the wrong locale "
        "(1.273,9 as 1.2739, or 4.603 ha for 4,603 ha); decimal and thousands marks are stated "
        "by column under `numbers`."
    )


def _say(number: float | None) -> str:
    return "nothing" if number is None else f"{number:,.1f}"
