"""Laws that hold for any batches."""

import tempfile
from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from store_case import batch, plain, row, values

from vereda.store import Store
from vereda.terms.period import known_on

KEYS = st.fixed_dictionaries(
    {
        "series": st.sampled_from(["coca_area", "homicides"]),
        "place": st.sampled_from(["CO", "CO-05", "CO-05120", "CO-ñ", ""]),
        "period": st.sampled_from(["2021", "2022", "FY2022", "2014-Q1", "2025-01/2025-08-10"]),
        "estimator": st.sampled_from(["us", "unodc"]),
        "source": st.sampled_from(["a", "b"]),
        "vintage": st.sampled_from(["2022", "2023-09", "2023-09-30"]),
    }
)
VALUES = st.one_of(
    st.fixed_dictionaries({"value": st.floats(allow_nan=False, allow_infinity=False)}),
    st.just({"value": None, "status": "not_published"}),
)
REST = st.fixed_dictionaries(
    {
        "confidence": st.sampled_from([None, "high", "medium", "low"]),
        "sheet": st.none() | st.text(max_size=3),
        "row": st.none() | st.integers(1, 2**31 - 1),
        "note": st.none() | st.text(max_size=5),
    }
)
ROWS = st.lists(
    st.tuples(KEYS, VALUES, REST).map(lambda parts: row(**parts[0], **parts[1], **parts[2])),
    max_size=40,
    unique_by=lambda r: tuple(list(r.values())[:6]),
)


def stored(batches: Sequence[Sequence[dict[str, Any]]]) -> tuple[list[Any], list[Any], list[Any]]:
    """What is read after these batches: all rows as a multiset, the current values, and the totals."""
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        for number, rows in enumerate(batches):
            assert store.append(batch(rows, f"content {sorted(map(repr, rows))}", dataset=f"d{number}")).new
        asked = ["coca_area", "homicides"]
        return plain(store.read(asked)), values(store.current(asked)), store.current(asked).to_pylist()


@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_what_is_appended_is_what_is_read(rows: list[dict[str, Any]]) -> None:
    assert stored([rows])[0] == sorted((tuple(r.values()) for r in rows), key=repr)


@settings(max_examples=20, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 40), min_size=2, max_size=2).map(sorted), data=st.data())
def test_the_order_of_batches_does_not_matter(
    rows: list[dict[str, Any]], cuts: list[int], data: st.DataObject
) -> None:
    """Batches may share rows: the middle one repeats some of the first."""
    first, second, third = rows[: cuts[0]], rows[cuts[0] // 2 : cuts[1]], rows[cuts[1] :]
    parts = {repr(sorted(map(repr, part))): part for part in (first, second, third)}
    shuffled = data.draw(st.permutations(list(parts.values())))
    one, other = stored(list(parts.values())), stored(shuffled)
    assert one[:2] == other[:2]
    assert one[0] == sorted((tuple(r.values()) for r in rows), key=repr)


@settings(max_examples=20, deadline=None)
@given(rows=ROWS)
def test_current_shows_one_of_the_rivals_and_never_a_new_number(rows: list[dict[str, Any]]) -> None:
    current = stored([rows])[2]
    keys = [(r["series"], r["place"], r["period"], r["estimator"]) for r in current]
    assert len(keys) == len(set(keys))
    assert set(keys) == {(r["series"], r["place"], r["period"], r["estimator"]) for r in rows}
    printed = {repr(r) for r in rows}
    assert all(repr({name: r[name] for name in list(row())}) in printed for r in current)


GRADES = ["high", "medium", "low", None]


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, day=st.sampled_from([None, date(2023, 9, 29), date(2022, 12, 31), date(2020, 1, 1)]))
def test_current_follows_the_rule_row_by_row(rows: list[dict[str, Any]], day: date | None) -> None:
    """Newest known vintage, then the grade, then the name: the same as sorting the rows in Python."""
    known = [r for r in rows if day is None or known_on(r["vintage"]) <= day]
    ranked = sorted(known, key=lambda r: (r["source"], r["vintage"]))
    ranked = sorted(ranked, key=lambda r: GRADES.index(r["confidence"]))
    ranked = sorted(ranked, key=lambda r: known_on(r["vintage"]), reverse=True)
    best: dict[tuple[str, ...], dict[str, Any]] = {}
    for r in ranked:
        best.setdefault((r["series"], r["place"], r["period"], r["estimator"]), r)
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        store.append(batch(rows))
        found = store.current(["coca_area", "homicides"], as_of=day)
        assert plain(found) == sorted((tuple(r.values()) for r in best.values()), key=repr)


@settings(max_examples=25, deadline=None)
@given(
    held=st.lists(
        st.tuples(st.integers(0, 3), st.integers(1900, 2099)), unique=True, min_size=1, max_size=120
    ),
    years=st.lists(st.integers(2015, 2019), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_a_newer_vintage_hides_exactly_what_it_repeats(
    held: list[tuple[int, int]], years: list[int], data: st.DataObject
) -> None:
    """Several vintages of many periods, each holding some of the cells."""
    newest: dict[tuple[int, int], int] = {}
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        for year in data.draw(st.permutations(years)):
            cells = data.draw(st.lists(st.sampled_from(held), unique=True))
            newest |= {cell: max(year, newest.get(cell, 0)) for cell in cells}
            given_rows = [
                row(place=f"CO-{p}", period=str(t), vintage=str(year), value=float(year)) for p, t in cells
            ]
            store.append(batch(given_rows, f"content {year}", name=str(year)))
        found = store.current(["coca_area"]).to_pylist()
    assert {(int(r["place"][3:]), int(r["period"])): int(r["value"]) for r in found} == newest
    assert len(found) == len(newest)
