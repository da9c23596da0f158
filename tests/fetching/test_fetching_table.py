"""Laws of what arrives: cells survive, sums are exact, names are safe, pauses are as asked."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from fetching_case import Waited
from hypothesis import given
from hypothesis import strategies as st

from vereda.errors import NotFetched
from vereda.fetching.patience import Patience
from vereda.fetching.plain import day, name_of
from vereda.fetching.table import Tally, as_csv, must_agree

texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\0"), max_size=12)
numbers = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False)


@given(rows=st.lists(st.fixed_dictionaries({"a": texts, "b": texts | st.none()}), max_size=8))
def test_every_cell_is_read_back_as_it_was_printed(rows: list[dict[str, str | None]]) -> None:
    written = b"".join(as_csv(["a", "b"], rows)).decode()
    read = [*csv.reader(io.StringIO(written, newline=""))][1:]
    assert read == [[row["a"], row["b"] or ""] for row in rows]


@given(cells=st.lists(numbers, max_size=30))
def test_a_sum_is_exact_in_any_order(cells: list[Decimal]) -> None:
    ours, back = Tally(0, {"x": "0"}), Tally(0, {"x": "0"})
    for cell in cells:
        ours.add({"x": str(cell)}, "")
    for cell in reversed(cells):
        back.add({"x": str(cell)}, "")
    assert Decimal(ours.sums["x"]) == Decimal(back.sums["x"]) == sum(cells, Decimal(0))
    assert must_agree(Tally(len(cells), {"x": ours.sums["x"]}), back, "")


@given(cells=st.lists(numbers, min_size=1, max_size=10), off=numbers.filter(lambda x: abs(x) > 10))
def test_a_sum_that_is_off_never_passes(cells: list[Decimal], off: Decimal) -> None:
    theirs, ours = Tally(0, {"x": str(sum(cells) + off)}), Tally(0, {"x": str(sum(cells))})
    with pytest.raises(NotFetched):
        must_agree(theirs, ours, "")


def test_a_text_that_is_no_number_is_not_summed() -> None:
    with pytest.raises(NotFetched, match=r"1\.460,00"):
        Tally(0, {"x": "0"}).add({"x": "1.460,00"}, "https://example.org")


@given(path=st.text(st.characters(blacklist_categories=("Cs",)), max_size=30))
def test_a_name_stays_in_its_folder(path: str) -> None:
    name = name_of(f"https://example.org/{path}", "csv")
    assert name
    assert "/" not in name
    assert not name.startswith(".")
    assert len(name) <= 125


def test_pauses_double_up_to_a_limit_and_heed_the_server() -> None:
    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    patience = Patience(today=lambda: at)
    assert patience.retry_after("120") == 120
    assert patience.retry_after("Sun, 22 Nov 2026 10:01:30 GMT") == 90
    assert patience.retry_after("Sun, 22 Nov 2026 09:00:00 GMT") == 0
    assert patience.retry_after("soon") is None
    assert patience.retry_after("") is None
    assert Waited().patience.most == 60


def test_the_day_of_a_header() -> None:
    assert day("Fri, 20 Nov 2026 10:00:00 GMT") == "2026-11-20"
    assert day("yesterday") == day("") == ""
