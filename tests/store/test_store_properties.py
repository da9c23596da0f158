"""Laws that hold for any batches."""

import tempfile
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from store_case import batch, plain, row, values

from vereda.store import Store

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
