"""Parquet files: numbers without a digit more or less, empty cells that stay empty, and a row to walk back to."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_case import EXTRACTS, publishers

from vereda import sources
from vereda.errors import BadNumber, BadSource, UnknownColumn
from vereda.sources import parquet
from vereda.sources.description import Expect, NumberFormat
from vereda.terms.place import Gazetteer

Describe = Callable[..., sources.SourceDescription]
SAID = {
    "table": "parquet", "layout": "long", "period": "{column: year}", "values": "{area: {series: coca_area}}",
    "numbers": "{default: {empty: absent, exponent: true}}", "absent": "{means: missing, why: a survey}",
    "covers": "{places: some, years: 2001-2002}",
}  # fmt: skip


def made(folder: Path, **columns: object) -> Path:
    path = folder / "file.parquet"
    pq.write_table(pa.table({"code": ["05120", "52835"], "year": [2001, 2002], **columns}), path)
    return path


def test_a_value_walks_back_to_its_row_and_column(colombia: Gazetteer) -> None:
    (extract,) = (EXTRACTS / "cede-context-panel").glob("*")
    described = sources.describe("cede-context-panel").model_copy(update={"expect": Expect()})
    table = sources.read(described, extract, colombia)
    there = pq.read_table(extract).to_pylist()
    assert table.num_rows > 50
    for row in table.to_pylist():
        line = there[row["row"] - 1]
        assert line[row["col"]] == row["value"]
        assert (f"CO-{line['cod_mpio']}", str(line["year"])) == (row["place"], row["period"])
    missing = sum(line["g_terreno"] is None for line in there)
    assert missing
    assert table.filter(pc.field("series") == "land_gini").num_rows == len(there) - missing


def test_null_and_nan_are_empty_cells(described: Describe, tmp_path: Path, colombia: Gazetteer) -> None:
    said = described(**SAID)
    for hole in (None, float("nan")):
        table = sources.read(said, made(tmp_path, area=pa.array([1.5, hole], pa.float64())), colombia)
        assert [(r["place"], r["value"]) for r in table.to_pylist()] == [("CO-05120", 1.5)]
    with pytest.raises(BadNumber, match=r"'area': ''"):
        sources.read(
            described(**{**SAID, "numbers": ""}),
            made(tmp_path, area=pa.array([1.5, None], pa.float64())),
            colombia,
        )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_is_lost(value: float) -> None:
    text = parquet._text(Path("f"), "a", pa.array([value], pa.float64()), ".")
    read, wrong = sources.tabular.number(text, NumberFormat(exponent=True))
    if value == 0 or 1e-99 < abs(value) < 1e99:
        assert read.to_pylist() == [value]
    else:  # an exponent of three digits is not guessed at
        assert read.to_pylist() == [value] or wrong.to_pylist() == [True]


def test_other_kinds_of_columns(described: Describe, tmp_path: Path, colombia: Gazetteer) -> None:
    words = pa.array(["a", "b"]).dictionary_encode()
    day = pa.array([dt.date(2001, 2, 3), None])
    said = described(**SAID, ignore="{words: not read, day: not read}")
    path = made(tmp_path, area=pa.array([7, 8], pa.int64()), words=words, day=day)
    assert sources.read(said, path, colombia)["value"].to_pylist() == [7, 8]
    nested = made(tmp_path, area=pa.array([[1], [2]]))
    with pytest.raises(BadSource, match=r"column 'area' holds list<.*no text and no number"):
        sources.read(described(**SAID), nested, colombia)


def test_a_column_more_or_less_and_a_damaged_file_are_refused(
    described: Describe, tmp_path: Path, colombia: Gazetteer
) -> None:
    said = described(**SAID)
    with pytest.raises(UnknownColumn, match="new: 'more'"):
        sources.read(said, made(tmp_path, area=[1.0, 2.0], more=[1, 2]), colombia)
    path = made(tmp_path, area=[1.0, 2.0])
    whole = path.read_bytes()
    for content in (b"", b"PAR1", whole[:-5], whole[:40] + b"\xff" * 20 + whole[60:]):
        path.write_bytes(content)
        with pytest.raises(BadSource, match=r"file\.parquet"):
            sources.read(said, path, colombia)
    for word in (b"area", b"05120"):  # a name, and a cell
        path.write_bytes(whole.replace(word, b"\xd6" + word[1:]))
        with pytest.raises(BadSource, match=r"file\.parquet cannot be read"):
            sources.read(said, path, colombia)
    with pytest.raises(BadSource, match="not in"):
        parquet.header(tmp_path / "none.parquet")


@pytest.mark.shared
def test_two_releases_of_the_panel_agree_as_their_compilers_say(colombia: Gazetteer) -> None:
    """Infant mortality is the same in every cell that both have; water in 98.7 % of cells."""
    old = pq.read_table(publishers("cede-context-panel")).to_pylist()
    table = sources.bring(
        sources.describe("cede-services-panel"), publishers("cede-services-panel"), colombia
    )[0]
    new = {(r["place"], r["period"], r["series"]): r["value"] for r in table.to_pylist()}
    for column, series, share in (("TMI", "infant_mortality", 1.0), ("tacued", "water_coverage", 0.987)):
        pairs = [
            (r[column], new[f"CO-{r['cod_mpio']}", str(r["year"]), series])
            for r in old
            if r[column] is not None and (f"CO-{r['cod_mpio']}", str(r["year"]), series) in new
        ]
        assert len(pairs) > 8000
        same = sum(abs(a - b) < 1e-4 for a, b in pairs) / len(pairs)
        assert round(same, 3) == pytest.approx(share, abs=0.001)
