"""What goes in comes out; what is wrong stays out, whole, and says which row."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from store_case import batch, plain, row, values

from vereda.errors import BadNumber, BadPeriod, BadRequest, BadSource, BadStore, DuplicateKey, UnknownColumn
from vereda.store import READ, TALLIES, Appended, Store
from vereda.store.encoding import CHUNK, chunks
from vereda.terms.observation import OBSERVATIONS


def test_a_batch_comes_back_as_it_went_in(tmp_path: Path) -> None:
    full = row(
        low=9.0, high=11.0, confidence="low", sheet="S1", row=12, col="2022", page="p. 3", note="a note"
    )
    rows = [full, row(place="CO-05120", value=None, status="not_published", note="")]
    with Store.open(tmp_path) as store:
        assert store.append(batch(rows)) == Appended(2, True)
        found = store.read(["coca_area"])
    assert found.schema.equals(READ)
    assert found.select(OBSERVATIONS.names).to_pylist() == [rows[1], rows[0]]  # ordered by key
    assert set(found.column("dataset").to_pylist()) == {"odc-simci-coca"}
    assert len(found.column("file_sha256")[0].as_py()) == 64


def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    given = batch([row()])
    with Store.open(tmp_path) as store:
        assert store.append(given) == Appended(1, True)
        assert store.append(given) == Appended(0, False)
    with Store.open(tmp_path) as store:
        assert store.append(given) == Appended(0, False)
        assert store.read(["coca_area"]).num_rows == 1
        assert store.vintages() == (given.vintage,)
        assert store.batch(given.vintage.content) == given.vintage
        assert store.batch("another") is None
        assert store.series() == {"coca_area": "ha"}


def test_a_stream_is_read_in_small_pieces(tmp_path: Path) -> None:
    table = batch([row(place=f"CO-{i:05}") for i in range(1000)]).observations
    reader = pa.RecordBatchReader.from_batches(OBSERVATIONS, iter(table.to_batches(max_chunksize=7)))
    with Store.open(tmp_path) as store:
        store.append(replace(batch([row()] * 1000), observations=reader))
        assert plain(store.read(["coca_area"])) == plain(table)


def test_chunks_keep_order_and_rows_however_the_giver_cut_them() -> None:
    table = pa.concat_tables([batch([row(row=i)]).observations for i in range(5)])
    wide = pa.concat_tables([table] * 200)
    assert [c.num_rows for c in chunks(wide)] == [1000]
    assert CHUNK % 122_880 == 0  # whole row groups of DuckDB
    assert pa.Table.from_batches(list(chunks(wide))).column("row").to_pylist() == [0, 1, 2, 3, 4] * 200


def test_columns_may_be_dictionaries_and_in_any_order(tmp_path: Path) -> None:
    table = batch([row(place="CO-1"), row(place="CO-2")]).observations
    coded = table.set_column(1, "place", table.column("place").dictionary_encode()).select(
        table.column_names[::-1]
    )
    with Store.open(tmp_path) as store:
        store.append(replace(batch([row()] * 2), observations=coded))
        assert plain(store.read(["coca_area"])) == plain(table)


FAULTS: dict[str, tuple[dict[str, Any], type[BadSource], str]] = {
    "nan": ({"value": float("nan")}, BadNumber, "finite"),
    "infinite": ({"high": float("inf")}, BadNumber, "high is not a finite number"),
    "status": ({"status": "guessed"}, BadSource, "'guessed'"),
    "confidence": ({"confidence": "some"}, BadSource, "'some'"),
    "no value": ({"value": None}, BadSource, "no value, yet its status is measured"),
    "a value not collected": ({"status": "not_collected"}, BadSource, "a value, yet"),
    "low": ({"low": 11.0}, BadNumber, "low above value"),
    "high": ({"high": 9.0}, BadNumber, "value above high"),
    "low above high": (
        {"value": None, "status": "not_published", "low": 2.0, "high": 1.0},
        BadNumber,
        "low above high",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_row_is_refused_by_name_and_nothing_is_stored(tmp_path: Path, name: str) -> None:
    given, error, words = FAULTS[name]
    rows = [row(place="CO-05120"), row(sheet="S1", row=7, col="2022", **given)]
    with Store.open(tmp_path) as store:
        with pytest.raises(error, match=words) as caught:
            store.append(batch(rows))
        assert "CO-52835" in str(caught.value)
        assert "sheet S1, row 7, column 2022" in str(caught.value)
        assert store.read(["coca_area"]).num_rows == 0
        assert store.vintages() == ()
        assert store.series() == {}
        store.append(batch([row()]))  # and the store still works


def test_a_row_without_locator_is_named_by_its_number(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, pytest.raises(BadNumber, match="row 2 of the batch"):
        store.append(batch([row(place="CO-1"), row(value=float("nan"))]))


def test_all_kinds_of_fault_are_said_at_once(tmp_path: Path) -> None:
    rows = [row(value=float("nan")), row(place="CO-1", status="guessed"), row(place="CO-2", status="guessed")]
    with Store.open(tmp_path) as store, pytest.raises(BadSource, match=r"finite[\s\S]*guessed[\s\S]*2 row"):
        store.append(batch(rows))


def test_a_missing_text_is_refused(tmp_path: Path) -> None:
    table = batch([row()]).observations
    loose = pa.schema([pa.field(f.name, f.type) for f in OBSERVATIONS])
    columns = [pa.nulls(1, pa.string()) if n == "place" else table.column(n) for n in loose.names]
    given = replace(batch([row()]), observations=pa.table(columns, schema=loose))
    with Store.open(tmp_path) as store, pytest.raises(BadSource, match="no place"):
        store.append(given)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    given = replace(batch([row()]), observations=pa.table({"series": ["x"], "hectares": [1.0]}))
    with Store.open(tmp_path) as store, pytest.raises(UnknownColumn, match="hectares"):
        store.append(given)


def test_a_period_or_vintage_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with pytest.raises(BadPeriod, match=r"CO-52835 1976tq.*is not a period"):
            store.append(batch([row(period="1976tq")]))
        with pytest.raises(BadPeriod, match="does not say when it was published"):
            store.append(batch([row(vintage="latest")]))
        assert store.vintages() == ()


def test_a_second_unit_of_a_series_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row()]))
        with pytest.raises(BadSource, match=r"CO-05120.*unit 'km2', but coca_area is stored in 'ha'"):
            store.append(batch([row(place="CO-05120", unit="km2", vintage="2024")]))
        with pytest.raises(BadSource, match="unit"):
            store.append(batch([row(series="new"), row(series="new", unit="km2", place="CO-1")]))
        assert store.series() == {"coca_area": "ha"}


def test_rows_lost_on_the_way_are_noticed(tmp_path: Path) -> None:
    given = batch([row()])
    given = replace(given, vintage=replace(given.vintage, rows=2))
    with Store.open(tmp_path) as store, pytest.raises(BadSource, match="2 rows were announced and 1 came"):
        store.append(given)


@pytest.mark.parametrize("apart", [0, 1, 70, 5000])
def test_a_key_twice_in_a_batch_names_both_rows(tmp_path: Path, apart: int) -> None:
    between = [row(period=str(1000 + i)) for i in range(apart)]
    rows = [row(sheet="S", row=4), *between, row(sheet="S", row=9, value=11.0)]
    with Store.open(tmp_path) as store:
        with pytest.raises(DuplicateKey, match=r"row 4 = 10.0; .*row 9 = 11.0") as caught:
            store.append(batch([r for r in rows if r["row"] or r["period"] != "2022"]))
        assert "coca_area CO-52835 2022 unodc-simci odc-simci-coca 2023-09" in str(caught.value)
        assert store.read(["coca_area"]).num_rows == 0


def test_an_equal_value_from_another_batch_is_shown_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row(), row(place="CO-1")]))
        assert store.append(batch([row(), row(place="CO-2")], dataset="copy")) == Appended(1, True)
        assert store.read(["coca_area"]).num_rows == 3
        assert sum(store.tallies(["coca_area"]).column("values").to_pylist()) == 3


def test_another_value_for_a_held_key_is_refused_with_both(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row(page="p. 1"), row(place="CO-1")]))
        with pytest.raises(
            BadSource, match=r"page p. 2\] is 12.5, but 10.0 is stored.*page p. 1.*new vintage"
        ):
            store.append(batch([row(value=12.5, page="p. 2"), row(place="CO-1", value=3.0)], dataset="copy"))
        assert values(store.read(["coca_area"])) == [10.0, 10.0]


def test_a_rebuilt_vintage_replaces_the_old_build_whole(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row(), row(place="CO-1")]))
        store.append(batch([row(value=3.0, vintage="2024")], name="2024"))
        assert store.append(batch([row(value=12.0)]), replace=True) == Appended(1, True)
        assert values(store.read(["coca_area"])) == [12.0, 3.0]
        assert len(store.vintages()) == 2


def test_a_refused_rebuild_leaves_the_old_build(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row()]))
        with pytest.raises(BadNumber):
            store.append(batch([row(value=float("nan"))]), replace=True)
        assert values(store.read(["coca_area"])) == [10.0]


def test_a_rebuild_may_correct_the_unit(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row()]))
        store.append(batch([row(unit="km2")]), replace=True)
        assert store.series() == {"coca_area": "km2"}


def test_what_two_batches_hold_survives_the_replacement_of_one(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row()]))
        store.append(batch([row()], dataset="copy"))
        store.append(batch([row(place="CO-1")]), replace=True)
        assert store.read(["coca_area"]).column("place").to_pylist() == ["CO-1", "CO-52835"]
        assert store.append(batch([row()], dataset="third")).rows == 0


def test_as_of_leaves_out_what_was_not_yet_public(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append(batch([row(vintage="2017", value=1.0), row(vintage="2018-06", value=2.0)]))
        store.append(batch([row(vintage="2018-06-25", value=3.0)]))

        def on(day: date) -> tuple[list[float | None], list[float]]:
            tallies = store.tallies(["coca_area"], as_of=day).column("total").to_pylist()
            return values(store.read(["coca_area"], as_of=day)), sorted(tallies)

        assert on(date(2017, 12, 30)) == ([], [])
        assert on(date(2017, 12, 31)) == ([1.0], [1.0])
        assert on(date(2018, 6, 25)) == ([1.0, 3.0], [1.0, 3.0])
        assert on(date(2018, 6, 30)) == ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])


def test_the_day_stated_with_a_batch_counts_for_its_own_vintage(tmp_path: Path) -> None:
    rows = [row(vintage="2018", value=1.0), row(vintage="2017", value=2.0)]
    with Store.open(tmp_path) as store:
        store.append(batch(rows, name="2018", known_on=date(2018, 3, 1)))
        assert values(store.read(["coca_area"], as_of=date(2018, 3, 1))) == [2.0, 1.0]
        assert values(store.read(["coca_area"], as_of=date(2018, 2, 28))) == [2.0]


def test_every_edition_is_added_up_by_itself(tmp_path: Path) -> None:
    rows = [row(place=f"CO-{i}", period=y, value=float(i)) for i in range(5) for y in ("2021", "2022")]
    newer = [row(place="CO-4", period="2022", value=40.0, vintage="2025")]
    hidden = [row(place="CO-9", period="2022", value=None, status="not_collected")]
    with Store.open(tmp_path) as store:
        store.append(batch(rows + newer + hidden))
        found = store.tallies(["coca_area"])
        assert found.schema.equals(TALLIES)
        told = [(t["period"], t["vintage"], t["status"], t["total"], t["values"]) for t in found.to_pylist()]
        assert told == [
            ("2021", "2023-09", "measured", 10.0, 5),
            ("2022", "2023-09", "measured", 10.0, 5),
            ("2022", "2023-09", "not_collected", None, 0),
            ("2022", "2025", "measured", 40.0, 1),
        ]
        three = store.tallies(["coca_area"], places=["CO-3"])
        assert three.column("total").to_pylist() == [3.0, 3.0]
        assert store.rows("coca_area") == 12
        assert store.rows("nothing") == 0


@pytest.mark.parametrize("step", [1, 2, 3])
def test_places_asked_for_in_runs_and_one_by_one_are_all_found(tmp_path: Path, step: int) -> None:
    """Runs of ids are compared at their ends; thousands of single ones go as a list."""
    with Store.open(tmp_path) as store:
        store.append(batch([row(place=f"CO-{i:05}", value=float(i)) for i in range(4000)]))
        asked = range(0, 4000, step)
        found = store.tallies(["coca_area"], places=[f"CO-{i:05}" for i in asked])
        assert found.column("total").to_pylist() == [float(sum(asked))]
        assert found.column("values").to_pylist() == [len(asked)]


def test_questions_are_narrowed_by_place_and_period(tmp_path: Path) -> None:
    rows = [row(place=f"CO-{i:05}", period=y, value=1.0) for i in range(2000) for y in ("2021", "2022")]
    with Store.open(tmp_path) as store:
        store.append(batch(rows))
        assert store.read(["coca_area"], periods=["2021"]).num_rows == 2000
        assert store.read(["coca_area"], places=["CO-00007", "nowhere"]).num_rows == 2
        assert store.read(["coca_area"], places=[f"CO-{i:05}" for i in range(1500)]).num_rows == 3000
        assert store.read(["coca_area"], places=[]).num_rows == 0
        assert store.read(["nothing"]).num_rows == 0
        with pytest.raises(BadRequest, match=r"\['coca_area'\]"):
            store.read("coca_area")


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with Store.open(tmp_path, read_only=True) as store:
        with pytest.raises(BadStore, match="read only"):
            store.append(batch([row()]))
        with pytest.raises(BadStore, match="read only"):
            store.keep(b"x")
