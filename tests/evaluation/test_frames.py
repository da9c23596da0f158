"""A long table becomes a panel, or a message that says where to look."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.frames import Columns, effects_frame, framed
from vereda.evaluation.panel import panel
from vereda.evaluation.results import Effect, Estimate

YEARS = range(2001, 2005)


def rows(**columns: list) -> dict[str, list]:
    """Three places over four years; A exposed from 2003, B and C never."""
    table = {
        "place": [p for p in "ABC" for _ in YEARS],
        "year": [y for _ in "ABC" for y in YEARS],
        "y": [float(i) for i in range(12)],
        "from": [2003] * 4 + [0] * 8,
    }
    return table | columns


def read(table: dict[str, list], gaps: str = "refuse", counted_from: int = 0, **columns: object):
    asked = {"place": "place", "year": "year", "outcome": ("y",)} | columns
    if "exposed" not in asked:
        asked |= {"exposed_from": "from"}
    return framed(pa.table(table), Columns(**asked), gaps, counted_from=counted_from)


def changed(name: str, at: dict[int, object], table: dict[str, list] | None = None) -> dict[str, list]:
    table = dict(table or rows())
    table[name] = [at.get(i, v) for i, v in enumerate(table[name])]
    return table


def without(*gone: int) -> dict[str, list]:
    return {name: [v for i, v in enumerate(column) if i not in gone] for name, column in rows().items()}


def test_cells_land_where_place_and_year_say() -> None:
    panel = read(rows()).panel
    assert panel.places == ("A", "B", "C")
    assert panel.y[1, 2, 0] == 6.0  # B in 2003
    assert panel.first.tolist() == [2003.0, np.inf, np.inf]


@given(st.permutations(list(range(12))))
def test_the_order_of_rows_is_no_matter(order: list[int]) -> None:
    shuffled = {name: [column[i] for i in order] for name, column in rows().items()}
    assert read(shuffled).panel.hash == read(rows()).panel.hash


def test_every_library_gives_the_same_panel() -> None:
    import pandas as pd
    import polars as pl

    columns = Columns("place", "year", ("y",), "from")
    table = rows()
    given_as = [pa.table(table), pd.DataFrame(table), pl.DataFrame(table), pl.LazyFrame(table)]
    assert len({framed(frame, columns).panel.hash for frame in given_as}) == 1


def test_a_duckdb_relation_is_read() -> None:
    duckdb = pytest.importorskip("duckdb")
    source = pa.table(rows())
    relation = duckdb.connect().from_arrow(source)
    assert framed(relation, Columns("place", "year", ("y",), "from")).panel.hash == read(rows()).panel.hash


@pytest.mark.parametrize("never", [0, None, float("inf"), float("nan")])
def test_zero_empty_and_inf_are_never(never: object) -> None:
    table = rows(**{"from": [2003.0] * 4 + [never] * 8})
    assert read(table).panel.first.tolist() == [2003.0, np.inf, np.inf]


def test_codes_are_text_and_whole_numbers_have_no_decimals() -> None:
    assert read(rows(place=[float(p) for p in (9, 10, 11) for _ in YEARS])).panel.places == ("10", "11", "9")
    assert read(rows(place=[p for p in ("05120", "5120", "7") for _ in YEARS])).panel.places[0] == "05120"


def test_exposure_by_row_becomes_a_first_year() -> None:
    table = rows(d=[0, 0, 1, 1, 0, 0, 0, 1] + [0] * 4)
    assert read(table, exposed="d").panel.first.tolist() == [2003.0, 2004.0, np.inf]
    assert read(rows(d=[bool(v) for v in table["d"]]), exposed="d").panel.first[0] == 2003.0


FAULTS = {
    "a place twice in a year": (changed("year", {1: 2001}), {}, ["A in 2001: rows 0 and 1"]),
    "no row": (without(5), {}, ["B: 2002 (no row)", "gaps drop"]),
    "an empty outcome": (changed("y", {5: None}), {}, ["B: 2002 (empty in row 5)"]),
    "an outcome that is nan": (changed("y", {5: float("nan")}), {}, ["B: 2002 (empty in row 5)"]),
    "an infinite outcome": (changed("y", {5: float("-inf")}), {}, ["infinite for B in 2002 (row 5)"]),
    "text among numbers": (
        rows(y=[*map(str, range(7)), "n.d.", *map(str, range(4))]), {}, ["y: 'n.d.' in row 7 is no number"],
    ),
    "numbers as text": (rows(y=[str(i) for i in range(12)]), {}, ["numbers written as text"]),
    "a year that no row has": (
        {k: [v for v, y in zip(c, rows()["year"], strict=True) if y != 2002] for k, c in rows().items()},
        {}, ["No row has year 2002"],
    ),
    "negative years": (rows(year=[-2, -1, 0, 1] * 3), {}, ["below 1 in rows 0, 1, 2, 4, 5", "add the same number"]),
    "a year with decimals": (rows(year=[2001.5, 2002.0, 2003.0, 2004.0] * 3), {}, ["no whole number in rows 0, 4, 8"]),
    "no year": (changed("year", {3: None}), {}, ["no whole number in row 3"]),
    "dates for years": (rows(year=[20010101, 20020101, 20030101, 20040101] * 3), {}, ["Number the periods 1, 2, 3"]),
    "one year": ({k: v[::4] for k, v in rows().items()}, {}, ["two years or more"]),
    "no place": (changed("place", {2: None}), {}, ["no place in row 2"]),
    "an empty place": (changed("place", {2: ""}), {}, ["no place in row 2"]),
    "exposed-from that changes": (
        changed("from", {3: 2004}), {}, ["A has 2003 in row 0 and 2004 in row 3"],
    ),
    "exposed-from lost on the way": (changed("from", {3: 0}), {}, ["A has 2003 in row 0 and never in row 3"]),
    "exposed-from between years": (changed("from", dict.fromkeys(range(4), 2003.5)), {}, ["no year in rows 0, 1, 2, 3"]),
    "a negative exposed-from": (changed("from", {9: -1}), {}, ["no year in row 9"]),
    "0 and 1 as exposed-from": (rows(**{"from": [0, 0, 1, 1] + [0] * 8}), {}, ["name it as exposed"]),
    "exposure that switches off": (
        rows(d=[0, 1, 1, 0] + [0] * 8), {"exposed": "d"}, ["switches off: A in 2004 (row 3)"],
    ),
    "exposure that is neither": (rows(d=[0, 1, 2, 2] + [0] * 8), {"exposed": "d"}, ["neither 0 nor 1 in rows 2, 3"]),
    "exposure that is empty": (rows(d=[0, None, 1, 1] + [0] * 8), {"exposed": "d"}, ["neither 0 nor 1 in row 1"]),
    "nobody exposed": (rows(**{"from": [0] * 12}), {}, ["No place is exposed in any year"]),
    "exposed after the last year": (rows(**{"from": [2009] * 4 + [0] * 8}), {}, ["No place is exposed in any year"]),
    "exposed from the start": (rows(**{"from": [2001] * 4 + [0] * 8}), {}, ["there is no year to compare"]),
    "everyone at once": (rows(**{"from": [2003] * 12}), {}, ["All 3 places are exposed at once", "no controls"]),
    "a cluster that changes": (
        rows(c=["n"] * 3 + ["s"] + ["n"] * 8), {"cluster": "c"}, ["c changes within a place: A has 'n' in row 0 and 's' in row 3"],
    ),
    "an empty cluster": (rows(c=["n"] * 11 + [None]), {"cluster": "c"}, ["c: empty in row 11"]),
    "a covariate without values": (
        rows(x=[1.0] * 4 + [None] * 4 + [2.0] * 4), {"covariates": ("x",)}, ["x: missing in every year for B"],
    ),
    "a covariate empty when it counts": (
        rows(x=[1.0, 2, 3, 4, 5, None, 7, 8, 9, 10, 11, 12]), {"covariates": ("x",)}, ["x: missing in 2002 for B"],
    ),
    "a constant covariate": (rows(x=[3.0] * 12), {"covariates": ("x",)}, ["x: 3 in every place"]),
    "a huge outcome": (changed("y", {5: -1e160}), {}, ["y: beyond 1e+100 in size for B in 2002 (row 5)"]),
    "a huge covariate": (rows(x=[2e100] + [1.0] * 11), {"covariates": ("x",)}, ["x: beyond 1e+100 in size for A in 2001"]),
    "an infinite covariate": (rows(x=[float("inf")] + [1.0] * 11), {"covariates": ("x",)}, ["x: infinite for A in 2001"]),
    "an empty table": ({k: v[:0] for k, v in rows().items()}, {}, ["no rows"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_rows(name: str) -> None:
    table, columns, said = FAULTS[name]
    with pytest.raises(BadDesign) as raised:
        read(table, **columns)
    for words in said:
        assert words in str(raised.value)


def test_rows_are_counted_as_in_the_file() -> None:
    with pytest.raises(BadDesign, match="A in 2001: rows 2 and 3"):
        read(changed("year", {1: 2001}), counted_from=2)
    with pytest.raises(BadDesign, match=r"'x' in row 3 is no number"):
        read(rows(y=["1", "x", *"abcdefghij"]), counted_from=2)


def test_all_faults_of_the_columns_are_said_at_once() -> None:
    table = changed("from", {3: 2004}, changed("y", {5: float("inf")}))
    with pytest.raises(BadDesign) as raised:
        read(table)
    assert "infinite for B in 2002" in str(raised.value)
    assert "A has 2003 in row 0 and 2004 in row 3" in str(raised.value)


def test_when_exposure_began_must_be_known() -> None:
    table = {k: [v for i, v in enumerate(c) if i != 1] for k, c in rows(d=[0, 0, 1, 1] + [0] * 8).items()}
    with pytest.raises(BadDesign, match="A in 2003 is exposed, and there is no row for the year before"):
        read(table, exposed="d")


def test_gaps_are_kept_or_places_left_out_only_when_asked() -> None:
    kept = read(without(5), gaps="keep")
    assert np.isnan(kept.panel.y[1, 1, 0])
    assert kept.checks[0].values == {"gaps": 1.0, "places": 1.0}
    dropped = read(without(5), gaps="drop")
    assert dropped.panel.places == ("A", "C")
    assert "1 of 3 places have gaps and are left out: B" in dropped.checks[0].detail


def test_leaving_out_must_not_empty_a_cohort() -> None:
    with pytest.raises(BadDesign, match="leaves nobody in cohort 2003"):
        read(without(1), gaps="drop")
    with pytest.raises(BadDesign, match="leaves nobody in cohort never exposed"):
        read(without(5, 9), gaps="drop")


def test_a_covariate_that_changes_has_its_value_from_before_anyone_is_exposed() -> None:
    found = read(rows(x=[float(i) for i in range(12)]), covariates=("x",))
    assert found.panel.covariates[:, 0].tolist() == [1.0, 5.0, 9.0]  # of 2002
    assert "its value of 2002" in found.checks[0].detail
    early = framed(
        pa.table(rows(x=[float(i) for i in range(12)])),
        Columns("place", "year", ("y",), "from", covariates=("x",)), anticipation=1,
    )  # fmt: skip
    assert early.panel.covariates[:, 0].tolist() == [0.0, 4.0, 8.0]


def test_a_covariate_that_does_not_change_needs_one_row() -> None:
    found = read(rows(x=[1.0, None, None, None] + [None, 2.0] * 2 + [3.0] * 4), covariates=("x",))
    assert found.panel.covariates[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert found.checks == ()


def test_columns_that_are_not_there_come_with_near_names() -> None:
    with pytest.raises(BadRequest, match=r"No column 'Yaer' \(nearest: year\)"):
        framed(pa.table(rows()), Columns("place", "Yaer", ("y",), "from"))
    with pytest.raises(BadRequest, match="Say when exposure begins"):
        framed(pa.table(rows()), Columns("place", "year", ("y",)))
    with pytest.raises(BadRequest, match="Named for two things at once: y"):
        framed(pa.table(rows()), Columns("place", "year", ("y",), "from", covariates=("y",)))
    with pytest.raises(BadRequest, match="A list is not a table"):
        framed([1, 2], Columns("place", "year", ("y",), "from"))


def test_a_pandas_column_of_mixed_kinds_is_named_by_row() -> None:
    import pandas as pd

    table = pd.DataFrame(rows(y=[1.0, 2.0, "gone", *map(float, range(9))]))
    with pytest.raises(BadDesign, match="y: 'gone' in row 2 is no number"):
        framed(table, Columns("place", "year", ("y",), "from"))
    with pytest.raises(BadDesign, match="Two columns of the table have the same name"):
        framed(pd.DataFrame([[1, 2]], columns=["a", "a"]), Columns("place", "year", ("y",), "from"))


def test_effects_come_back_in_the_library_they_came_from() -> None:
    import pandas as pd
    import polars as pl

    effects = (Effect("e=-1", 0.1, 0.2, -0.3, 0.5), Effect("e=0", 1.0))
    one = Estimate("did", "y", 1.0, None, None, None, None, effects, {}, None, (), {}, "", 0, 0.0)
    for like, kind in ((pd.DataFrame(), pd.DataFrame), (pl.LazyFrame(), pl.DataFrame), (None, pa.Table)):
        assert isinstance(effects_frame([one], like), kind)
    table = effects_frame([one]).to_pydict()
    assert table["effect"] == ["att", "e=-1", "e=0"]
    assert table["at"] == [None, -1.0, 0.0]
    assert table["low"] == [None, -0.3, None]


def test_a_panel_of_arrays_refuses_huge_covariates() -> None:
    x, first = np.array([1, 1e101]), np.array([2003.0, np.inf])
    with pytest.raises(BadDesign, match="covariate x: one finite number, at most"):
        panel(["A", "B"], np.arange(2001.0, 2004), {"y": np.ones((2, 3))}, first, {"x": x})
