"""Worksheets: what is stored in a cell is read, and what cannot be trusted is refused by name."""

import io
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest
import workbook_made as made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_case import publishers

from vereda import sources
from vereda.errors import BadNumber, BadPeriod, BadSource, UnknownColumn, VeredaError
from vereda.sources import workbook, workbook_refused
from vereda.terms.place import Gazetteer

Describe = Callable[..., sources.SourceDescription]
HEADER = ["FECHA_HECHO", "COD_MUNI", "CANTIDAD "]
EVENTS = [
    HEADER,
    [date(2019, 1, 1), "05120", 1.0],
    [date(2019, 6, 1), "05120", 2.0],
    [date(2020, 1, 1), "52835", 1.0],
]


@pytest.fixture
def said(described: Describe) -> Callable[..., sources.SourceDescription]:
    """The layout of the Ministry's workbooks."""

    def write(**more: str) -> sources.SourceDescription:
        base = {
            "file": '"*.xlsx"',
            "table": "workbook",
            "sheet": "Hoja 1",
            "layout": "events",
            "place": "{column: COD_MUNI, prefix: CO-, width: 5}",
            "period": "{column: FECHA_HECHO, dates: [iso]}",
            "series": "{kidnapped: {unit: persons, least: 0}}",
            "values": "{CANTIDAD: {series: kidnapped}}",
        }
        return described(**{**base, **more})

    return write


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "SECUESTRO.xlsx"
        path.write_bytes(content)
        return path

    return write


Said = Callable[..., sources.SourceDescription]
Written = Callable[[bytes], Path]


def rows(said: sources.SourceDescription, path: Path) -> list[tuple[str, str, float]]:
    return [(r["place"], r["period"], r["value"]) for r in sources.read(said, path).to_pylist()]


def test_events_are_added_up_and_say_how_many(said: Said, written: Written) -> None:
    """The header ends in a blank, as the Ministry's does; the blank is no part of the name."""
    path = written(made.book({"Hoja 1": made.sheet(EVENTS)}))
    table = sources.read(said(), path).to_pylist()
    first = table[0]
    assert rows(said(), path) == [("CO-05120", "2019", 3), ("CO-52835", "2020", 1)]
    assert (first["sheet"], first["row"], first["col"]) == ("Hoja 1", 2, "C (CANTIDAD)")
    assert first["note"] == "rows added: 2"


def test_a_sheet_is_taken_by_name(said: Said, written: Written) -> None:
    other = made.sheet([["nothing to see"]])
    path = written(made.book({"Nota": other, "Hoja 1": made.sheet(EVENTS)}))
    assert len(rows(said(), path)) == 2
    with pytest.raises(BadSource, match=r"no sheet 'Hoja 2'. It has: 'Nota', 'Hoja 1'"):
        sources.read(said(sheet="Hoja 2"), path)


@pytest.mark.parametrize(
    ("forms", "cell"), [("[dmy]", "31/12/2019"), ("[serial]", 43830.0), ("[iso]", date(2019, 12, 31))]
)
def test_a_date_is_a_date_a_text_or_a_number(
    said: Said, written: Written, forms: str, cell: made.Cell
) -> None:
    path = written(made.book({"Hoja 1": made.sheet([HEADER, [cell, "05120", 1.0]])}))
    described = said(period=f"{{column: FECHA_HECHO, dates: {forms}}}")
    assert rows(described, path) == [("CO-05120", "2019", 1)]
    monthly = said(period=f"{{column: FECHA_HECHO, dates: {forms}, every: month}}")
    assert rows(monthly, path) == [("CO-05120", "2019-12", 1)]


@pytest.mark.parametrize("cell", ["31/12/2019", 43830.0, "31-dic-19", "", 2019.0])
def test_a_date_in_another_form_than_declared_is_refused(
    said: Said, written: Written, cell: made.Cell
) -> None:
    path = written(made.book({"Hoja 1": made.sheet([HEADER, [cell, "05120", 1.0]])}))
    with pytest.raises(BadPeriod, match=r":2: column 'FECHA_HECHO'.*is no date written like 2003-01-31"):
        sources.read(said(), path)


def test_no_day_of_the_calendar(said: Said, written: Written) -> None:
    path = written(made.book({"Hoja 1": made.sheet([HEADER, ["30/02/2019", "05120", 1.0]])}))
    with pytest.raises(BadPeriod, match="names no day of the calendar"):
        sources.read(said(period="{column: FECHA_HECHO, dates: [dmy]}"), path)


def test_day_and_month_first_cannot_both_be_declared(said: Said) -> None:
    with pytest.raises(BadSource, match="03/04/2020 would be two days"):
        said(period="{column: FECHA_HECHO, dates: [dmy, mdy]}")


def test_a_code_kept_as_a_number_lost_its_zero(said: Said, written: Written) -> None:
    """Quirk 5: Antioquia (05) and Atlántico (08) vanish from a file whose codes are numbers."""
    path = written(made.book({"Hoja 1": made.sheet([HEADER, [date(2019, 1, 1), 5120.0, 1.0]])}))
    with pytest.raises(BadSource, match="codes lost leading zeros: 5120 -> 05120"):
        sources.read(said(), path)
    back = "{column: COD_MUNI, prefix: CO-, width: 5, lost_zeros: the sheet holds codes as numbers}"
    assert rows(said(place=back), path) == [("CO-05120", "2019", 1)]


def test_a_number_is_no_text_of_another_locale(said: Said, written: Written) -> None:
    """4.603 typed as a number is 4.603 whatever the locale of its column; typed as text it is 4,603 in a Spanish one."""
    spanish = said(numbers='{default: {decimal: ",", thousands: "."}}')
    number = written(made.book({"Hoja 1": made.sheet([HEADER, [date(2019, 1, 1), "05120", 4.603]])}))
    assert rows(spanish, number) == [("CO-05120", "2019", 4.603)]
    text = written(made.book({"Hoja 1": made.sheet([HEADER, [date(2019, 1, 1), "05120", "4.603"]])}))
    assert rows(spanish, text) == [("CO-05120", "2019", 4603)]


def test_a_header_of_two_rows_with_merged_groups(said: Said, written: Written) -> None:
    above = [["Código", "Hectáreas", None, "Nota"], [None, 2019.0, 2020.0, None]]
    cells = made.sheet(
        [["Erradicación"], *above, ["05120", 10.0, 20.5, "x"]], merged=["A2:A3", "B2:C2", "D2:D3"]
    )
    described = said(
        layout="wide",
        header_line="2",
        header_rows="2",
        place="{column: Código, prefix: CO-, width: 5}",
        period='{columns: "Hectáreas / {}"}',
        series="{coca_area: {unit: ha}}",
        values="",
        ignore="{Nota: not read}",
    )
    path = written(made.book({"Hoja 1": cells}))
    assert rows(described, path) == [("CO-05120", "2019", 10), ("CO-05120", "2020", 20.5)]
    found = sources.read(described, path).to_pylist()[1]
    assert (found["row"], found["col"]) == (4, "C (Hectáreas / 2020)")


@pytest.mark.parametrize("code", ["CODMPIO", "CodMpio"])
def test_the_drug_observatorys_workbooks_have_one_column_a_year(
    said: Said, written: Written, code: str
) -> None:
    head = ["CODDEPTO", "DEPARTAMENTO", code, "MUNICIPIO", 2019.0, 2020.0]
    cells = made.sheet(
        [
            head,
            [5.0, "ANTIOQUIA", "05120", "CÁCERES", None, 12.0],
            [52.0, "NARIÑO", "52835", "TUMACO", 3.5, 0.0],
        ]
    )
    described = said(
        layout="wide",
        place=f"{{column: {code}, prefix: CO-, width: 5, name: MUNICIPIO}}",
        period='{columns: "{}"}',
        series="{aerial_spraying_area: {unit: ha}}",
        values="",
        numbers='{default: {decimal: ".", empty: absent}}',
        ignore="{CODDEPTO: the code says it, DEPARTAMENTO: the code says it}",
    )
    path = written(made.book({"Hoja 1": cells}))
    assert [r for r in rows(described, path) if r[2]] == [("CO-52835", "2019", 3.5), ("CO-05120", "2020", 12)]


def test_cells_merged_below_the_header_are_refused(said: Said, written: Written) -> None:
    path = written(made.book({"Hoja 1": made.sheet(EVENTS, merged=["B2:B3"])}))
    with pytest.raises(BadSource, match="cells B2:B3 are merged below the header"):
        sources.read(said(), path)


def test_a_column_without_a_header_is_refused_if_it_holds_anything(said: Said, written: Written) -> None:
    wider = [[*row, None, "7" if i == 2 else None] for i, row in enumerate(EVENTS)]
    path = written(made.book({"Hoja 1": made.sheet(wider)}))
    with pytest.raises(UnknownColumn, match=r"cell E3 is '7' and its column has no header"):
        sources.read(said(), path)


def test_empty_rows_at_the_end_are_none_and_one_between_is_news(said: Said, written: Written) -> None:
    blank = [None, None, ""]
    path = written(made.book({"Hoja 1": made.sheet([*EVENTS, blank, blank])}))
    assert len(rows(said(expect="{rows: 3}"), path)) == 2
    path = written(made.book({"Hoja 1": made.sheet([*EVENTS, blank, EVENTS[1]])}))
    with pytest.raises(VeredaError, match=r":5: "):
        sources.read(said(), path)


def test_rows_are_counted_from_the_sheet_and_not_from_the_block(
    said: Said, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROWS", 2)
    many = [HEADER, *([date(2019, 1, 1), "05120", 1.0] for _ in range(5)), [date(2019, 1, 1), "05120", "dos"]]
    path = written(made.book({"Hoja 1": made.sheet(many)}))
    with pytest.raises(BadNumber, match=r":7: column 'CANTIDAD': 'dos'"):
        sources.read(said(), path)


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("<f>1+1</f>", "C5 (formula)"),
        ("<f>1+1</f><v></v>", "C5 (formula)"),
        ("<f>1/0</f><v>#DIV/0!</v>", "C5 (error)"),
    ],
)
def test_a_formula_nobody_worked_out_is_no_empty_cell(
    said: Said, written: Written, cell: str, at: str
) -> None:
    kind = ' t="e"' if "error" in at else ""
    row = f'<row r="5"><c r="C5"{kind}>{cell}</c></row>'
    path = written(made.book({"Hoja 1": made.sheet(EVENTS, more=row)}))
    with pytest.raises(BadSource) as caught:
        sources.read(said(), path)
    assert f"no value is stored in {at}" in str(caught.value)


def test_a_formula_with_its_value_is_read(said: Said, written: Written) -> None:
    row = (
        '<row r="5"><c r="A5" s="1"><v>43830</v></c><c r="B5" t="str"><f>"0"&amp;5120</f><v>05120</v></c>'
        '<c r="C5"><f>1+1</f><v>2</v></c></row>'
    )
    path = written(made.book({"Hoja 1": made.sheet(EVENTS, more=row)}))
    assert rows(said(), path)[0] == ("CO-05120", "2019", 5)


def test_macros_are_refused(said: Said, written: Written) -> None:
    path = written(made.book({"Hoja 1": made.sheet(EVENTS)}, {"xl/vbaProject.bin": b"Sub Auto_Open()"}))
    with pytest.raises(BadSource, match="carries a program"):
        sources.read(said(), path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            workbook_refused._COMPOUND + "EncryptedPackage".encode("utf-16-le"),
            "is encrypted and asks for a password",
        ),
        (workbook_refused._COMPOUND + b"Workbook", "of before 2007"),
        (b"<html>403 Forbidden</html>", "is not a workbook"),
        (b"", "is not a workbook"),
    ],
)
def test_what_is_no_plain_workbook_is_named(said: Said, written: Written, content: bytes, words: str) -> None:
    with pytest.raises(BadSource, match=words):
        sources.read(said(), written(content))


def test_a_workbook_cut_short_is_refused(said: Said, written: Written) -> None:
    whole = made.book({"Hoja 1": made.sheet(EVENTS)})
    for cut in range(30, len(whole), 97):
        with pytest.raises(VeredaError):
            sources.read(said(), written(whole[:cut]))


def test_a_zip_bomb_is_refused(said: Said, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_refused, "UNPACKED", 1 << 20)
    path = written(made.book({"Hoja 1": made.sheet(EVENTS)}, {"xl/media/a.xml": bytes(1 << 21)}))
    assert path.stat().st_size < 1 << 14
    with pytest.raises(BadSource, match="unpacks to more than 1 MB"):
        sources.read(said(), path)


def test_a_bomb_that_lies_about_its_size_is_refused(
    said: Said, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_refused, "UNPACKED", 1 << 20)
    whole = bytearray(made.book({"Hoja 1": made.sheet(EVENTS)}, {"xl/media/a.xml": bytes(1 << 21)}))
    honest, small = struct.pack("<I", 1 << 21), struct.pack("<I", 10)
    assert whole.count(honest) == 2
    lying = bytes(whole).replace(honest, small)
    with zipfile.ZipFile(io.BytesIO(lying)) as archive:
        assert archive.getinfo("xl/media/a.xml").file_size == 10
    with pytest.raises(BadSource, match="unpacks to more than 1 MB"):
        sources.read(said(), written(lying))


def test_one_stray_cell_does_not_make_a_sheet_of_a_billion(said: Said, written: Written) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = written(made.book({"Hoja 1": made.sheet(EVENTS, more=far)}))
    with pytest.raises(BadSource, match="spans A1:XFD1048576"):
        sources.read(said(), path)


def test_entities_are_refused(said: Said, written: Written) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    path = written(made.book({"Hoja 1": made.sheet(EVENTS)}, {"xl/sharedStrings.xml": laughs}))
    with pytest.raises(BadSource, match="declares a document type"):
        sources.read(said(), path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(at=st.integers(0, 4000), by=st.binary(min_size=1, max_size=6))
def test_bytes_changed_anywhere_give_a_table_or_a_plain_refusal(
    said: Said, written: Written, at: int, by: bytes
) -> None:
    whole = bytearray(made.book({"Hoja 1": made.sheet(EVENTS)}))
    at %= len(whole)
    whole[at : at + len(by)] = by
    with suppress(VeredaError):
        assert sources.read(said(), written(bytes(whole))).num_rows


@given(number=st.floats(-1e14, 1e14).filter(lambda x: x == 0 or abs(x) > 1e-9))
def test_a_number_of_a_cell_is_written_as_it_is(number: float) -> None:
    written = workbook.text(number)
    assert float(written) == number
    assert "e" not in written


def test_the_workbook_of_the_ministry_has_the_letters_of_its_columns() -> None:
    assert [workbook_refused.letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert workbook_refused._number("AAA") == 703


@pytest.mark.shared
def test_kidnapping_walks_back_to_a_cell_of_the_workbook(colombia: Gazetteer) -> None:
    path = publishers("mindefensa-kidnapping")
    table = sources.read(sources.describe("mindefensa-kidnapping"), path, colombia)
    cells = workbook.open_sheet(sources.describe("mindefensa-kidnapping"), path)
    printed = dict(enumerate(cells.rows, start=cells.first))
    assert cells.header[6] == "CANTIDAD"
    for row in table.filter(pc.field("series") == "kidnapped.simple").slice(0, 400).to_pylist():
        first = printed[row["row"]]
        assert (first[0].year, f"CO-{first[3]}") == (int(row["period"]), row["place"])
        assert row["note"] != "rows added: 1" or first[6] == row["value"]
