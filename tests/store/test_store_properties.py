"""Laws that hold for any batches."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from math import fsum, isfinite
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from store_case import batch, plain, row

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


def stored(batches: Sequence[Sequence[dict[str, Any]]]) -> tuple[list[Any], list[Any]]:
    """What is read after these batches: all rows as a multiset, and the sums of each edition."""
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        for number, rows in enumerate(batches):
            assert store.append(batch(rows, f"content {sorted(map(repr, rows))}", dataset=f"d{number}")).new
        asked = ["coca_area", "homicides"]
        sums: Counter[tuple[str, ...]] = Counter()
        for t in store.tallies(asked).to_pylist():
            sums[t["series"], t["period"], t["estimator"], t["source"], t["vintage"], t["status"]] += t[
                "values"
            ]
        return plain(store.read(asked)), sorted(sums.items())


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
    assert one == other
    assert one[0] == sorted((tuple(r.values()) for r in rows), key=repr)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, day=st.sampled_from([None, date(2023, 9, 29), date(2022, 12, 31), date(2020, 1, 1)]))
def test_tallies_are_the_sums_of_what_was_known(rows: list[dict[str, Any]], day: date | None) -> None:
    """By edition, period, status and grade: the same as adding the rows in Python."""
    apart = ["series", "period", "estimator", "source", "vintage", "status", "confidence"]
    sums: dict[tuple[Any, ...], list[float]] = {}
    for r in rows:
        if day is None or known_on(r["vintage"]) <= day:
            added = sums.setdefault(tuple(r[name] for name in apart), [])
            added += [] if r["value"] is None else [r["value"]]
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        store.append(batch(rows))
        found = store.tallies(["coca_area", "homicides"], as_of=day).to_pylist()
    assert {tuple(t[name] for name in apart): t["values"] for t in found} == {
        k: len(v) for k, v in sums.items()
    }
    for t in found:
        added = sums[tuple(t[name] for name in apart)]
        size = sum(map(abs, added))
        if not added:
            assert t["total"] is None
        elif isfinite(size):
            assert abs(t["total"] - fsum(added)) <= 1e-12 * size
