"""A printed whole against the sum of its parts: nothing left over, something left over, something placed nowhere."""

from collections.abc import Callable, Iterable

import pyarrow as pa
import pytest
from sources_case import held

from vereda import sources
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.place import Gazetteer, Place
from vereda.terms.source import Remainder

Describe = Callable[..., sources.SourceDescription]
LAND = Gazetteer.of(
    [Place("XA", "Land", "country"), Place("XA-1", "North", "department", "XA"),
     *(Place(f"XA-1{n}", str(n), "municipality", "XA-1") for n in range(3)),
     Place("XA-100", "North, municipality not stated", "unassigned", "XA-1"), Place("XX", "Abroad", "unassigned")]
)  # fmt: skip
Row = tuple[str, str, float | None]


def table(rows: Iterable[Row], unit: str = "ha", estimator: str = "office") -> pa.Table:
    said = [
        {"series": "coca_area", "place": place, "period": when, "estimator": estimator, "source": "made-up", "vintage": "2024",
         "value": value, "unit": unit, "status": "measured", "row": line, "col": when}
        for line, (place, when, value) in enumerate(rows, 2)
    ]  # fmt: skip
    return pa.Table.from_pylist(said, schema=OBSERVATIONS)


PARTS: list[Row] = [("XA-10", "2020", 60.0), ("XA-11", "2020", 25.5), ("XA-12", "2020", None)]


def rest(described: Describe, parts: pa.Table, whole: pa.Table | None = None) -> tuple[Remainder, ...]:
    mine = described().model_copy(update={"dataset": "parts"})
    other = described().model_copy(update={"dataset": "whole"})
    return sources.remainders([(mine, parts), *([(other, whole)] if whole is not None else [])], LAND)


def test_what_is_left_over(described: Describe) -> None:
    (found,) = rest(described, table(PARTS), table([("XA", "2020", 100.0)]))
    assert (found.dataset, found.whole_of, found.places) == ("parts", "whole", 2)
    assert (found.whole, found.parts, found.unplaced, found.left) == (100.0, 85.5, 0.0, 14.5)


def test_what_is_placed_nowhere_is_not_left_over(described: Describe) -> None:
    (found,) = rest(
        described,
        table([*PARTS, ("XA-100", "2020", 4.5), ("XX", "2020", 70.0)]),
        table([("XA", "2020", 90.0)]),
    )
    assert (found.unplaced, found.left) == (4.5, 0.0)  # abroad lies in no country: in neither


def test_without_a_printed_whole_only_what_is_placed_nowhere_is_told(described: Describe) -> None:
    (found,) = rest(described, table([*PARTS, ("XA-100", "2020", 4.5)]))
    assert (found.whole, found.left, found.unplaced) == (None, None, 4.5)
    assert rest(described, table(PARTS)) == ()


@pytest.mark.parametrize(
    "whole",
    [
        table([("XA", "2021", 100.0)]),  # another year
        table([("XA", "2020", 0.1)], unit="t"),  # another unit
        table([("XA", "2020", 100.0)], estimator="another office"),  # another estimator: a rival, no whole
        table([("XA", "2020", 100.0), ("XA", "2020", 90.0)]),  # two figures: which is the whole?
    ],
)
def test_what_is_not_set_side_by_side(whole: pa.Table, described: Describe) -> None:
    assert rest(described, table(PARTS), whole) == ()


def test_shares_have_no_sum(described: Describe) -> None:
    assert rest(described, table(PARTS, "%"), table([("XA", "2020", 100.0)], "%")) == ()


def test_the_real_wholes(colombia: Gazetteer) -> None:
    """Quirks 4 and 11: coca of 2001 and 2009, and theft of 2008, do not add up to what is printed; the rest does."""
    names = ("odc-simci-coca", "simci-national-totals", "ponal-crime-departments", "ponal-crime-national")
    tables = [(sources.describe(name), held(name).observations) for name in names]
    found = {(r.series, r.period): r for r in sources.remainders(tables, colombia)}  # type: ignore[arg-type]
    assert {y: round(100 * found["coca_area", y].left / found["coca_area", y].whole, 2) for y in ("2001", "2009")} == {
        "2001": 5.45, "2009": 6.99}  # type: ignore[operator]  # fmt: skip
    rest = [r for (s, y), r in found.items() if s == "coca_area" and y not in ("2001", "2009")]
    assert len(rest) == 21
    assert all(abs(r.left or 0) / (r.whole or 1) < 2e-4 for r in rest)
    assert (found["thefts", "2008"].whole, found["thefts", "2008"].left) == (86921, 64185)
    crimes = [r for (s, y), r in found.items() if s != "coca_area" and (s, y) != ("thefts", "2008")]
    assert {r.left for r in crimes} == {0.0}
