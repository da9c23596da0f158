"""The profiler: what a file decides is proposed with its evidence, and what it does not decide is left open."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import workbook_made as made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_case import publishers

from vereda.errors import BadRequest, BadSource, UnknownColumn, VeredaError
from vereda.sources import workbook_refused
from vereda.sources.description import NumberFormat
from vereda.sources.profiling import Profile, opening, profile, sniffing
from vereda.sources.profiling.headers import unit
from vereda.sources.profiling.locales import figures
from vereda.sources.tabular import written_as
from vereda.terms.place import Gazetteer, Place

Write = Callable[[str | bytes], Path]
PLACES = [
    Place("XA", "Country", "country"),
    Place("XA-05", "North", "department", "XA"),
    Place("XA-08", "South", "department", "XA"),
    Place("XA-05001", "Hill", "municipality", "XA-05"),
    Place("XA-05002", "Field", "municipality", "XA-05"),
    Place("XA-08001", "Hill", "municipality", "XA-08"),
    Place("XA-08002", "River", "municipality", "XA-08", aliases=("Rio",)),
]
MADE_UP = Gazetteer.of(PLACES)
CODES = ["05001", "05002", "08001", "08002"]


def cells(*texts: str) -> dict[str, int]:
    return {text: texts.count(text) for text in texts}


def long(
    values: list[str], header: str = "code,year,area_ha", codes: list[str] = CODES, mark: str = ","
) -> str:
    lines = [mark.join(header.split(","))]
    lines += [
        mark.join([codes[i % len(codes)], str(2015 + i // len(codes)), value])
        for i, value in enumerate(values)
    ]
    return "\n".join(lines) + "\n"


def role(found: Profile, name: str) -> str:
    return next(column.role for column in found.columns if column.name == name)


def test_the_column_decides_and_its_doubtful_cells_are_listed(colombia: Gazetteer) -> None:
    """Coca 2020 alone is written in the Spanish way; seven cells would do in both, and none decides for itself."""
    found = profile(publishers("odc-simci-coca"), colombia)
    marks = {c.name: c.figures.decimal.value for c in found.of("year") if c.figures}
    assert marks == {str(year): "," if year == 2020 else "." for year in range(2001, 2024)}
    of_2020 = next(c.figures for c in found.of("year") if c.name == "2020")
    assert of_2020 is not None
    doubtful = next(one for one in of_2020.decimal.because if one.what == "ambiguous")
    assert doubtful.values["count"] == 7
    assert "4.603" in str(doubtful.values["cells"])
    assert found.place.above == {"CODDEPTO": "CODMPIO"}


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands"),
    [
        (("1.5", "1,234.5"), ".", ","),
        (("1,5", "1.234,5"), ",", "."),
        (("1,5", "1 234,5"), ",", " "),
        (("0.123", "4.603"), ".", ""),  # no thousand begins with a zero
        (("4.603", "12"), None, ""),
        (("1.234.567", "4.603"), ",", "."),
        (("1.5", "2,5"), None, ""),
        (("1", "20"), ".", ""),
        (("2e-05", "1"), ".", ""),
    ],
)
def test_a_locale_is_decided_by_cells_that_allow_one(
    texts: tuple[str, ...], decimal: str | None, thousands: str
) -> None:
    found = figures("x", cells(*texts))
    assert found is not None
    assert (found.decimal.value, found.thousands) == (decimal, thousands)


@given(
    values=st.lists(st.floats(0, 1e7).map(lambda v: round(v, 3)), min_size=1, max_size=30),
    written=st.sampled_from(
        [
            NumberFormat(),
            NumberFormat(decimal=",", thousands="."),
            NumberFormat(thousands=","),
            NumberFormat(decimal=","),
        ]
    ),
    digits=st.integers(0, 3),
)
def test_no_column_is_ever_read_in_the_other_locale(
    values: list[float], written: NumberFormat, digits: int
) -> None:
    """Whatever is printed, the locale proposed is the one it was printed in, or none, or it reads every cell alike."""
    texts = [written_as(value, written, digits) for value in values]
    found = figures("x", cells(*texts))
    assert found is not None
    proposed = found.decimal.value
    marked = any("." in text or "," in text for text in texts)
    assert proposed in (None, written.decimal) or not marked


def test_what_stands_for_no_figure_is_listed_and_not_decided() -> None:
    found = figures("x", cells("1.5", "2.5", "- 0", "-", "n.d.", "n.d.", "", "", "", "9999", "9999"))
    assert found is not None
    assert found.zero == ("- 0",)
    assert dict(found.odd) == {"-": 1, "n.d.": 2}
    assert dict(found.sentinels) == {"9999": 2}
    assert found.empty == 3


def test_a_number_that_could_be_one_is_no_sentinel() -> None:
    found = figures("x", cells("9999", "9999", "9000", "12000"))
    assert found is not None
    assert not found.sentinels


def test_words_are_no_figures() -> None:
    assert figures("x", cells("North", "South", "12")) is None


def test_lost_zeros_are_seen_and_left_to_a_reason(csv_file: Write) -> None:
    found = profile(csv_file(long(["1.5"] * 8, codes=["5001", "5002", "8001", "8002"])), MADE_UP)
    assert not found.place.said["lost_zeros"].decided
    assert found.place.said["width"].value == 5
    assert not found.place.lines_unjoined


def test_a_code_of_no_place_is_listed(csv_file: Write) -> None:
    found = profile(csv_file(long(["1.5"] * 20, codes=[*CODES, "08999"])), MADE_UP)
    assert dict(found.place.lines_unjoined) == {"08999": 4}


def test_a_name_is_looked_for_inside_its_department_only(csv_file: Write) -> None:
    text = "dept,town,year,n\nNorth,Hill,2019,1\nSouth,River,2019,2\nNorth,Field,2019,3\n"
    found = profile(csv_file(text), MADE_UP)
    assert found.place.texts == {"Hill": "XA-05001", "River": "XA-08002", "Field": "XA-05002"}
    assert not found.place.confirm


def test_one_name_in_two_departments_is_never_chosen_between(csv_file: Write) -> None:
    both = "dept,town,year,n\nNorth,Hill,2019,1\nSouth,Hill,2019,2\nNorth,Field,2019,3\nSouth,River,2019,1\n"
    assert profile(csv_file(both), MADE_UP).place.texts["Hill"] is None
    alone = "town,year,n\nHill,2019,1\nField,2019,3\nRiver,2019,1\n"
    found = profile(csv_file(alone), MADE_UP)
    assert found.place.texts["Hill"] is None
    assert found.place.confirm  # the others were looked for in the whole gazetteer


def test_events_of_a_rate_are_left_to_a_person(csv_file: Write) -> None:
    rows = "".join(f"{CODES[i % 4]},2019-01-0{1 + i % 2},{i + 0.5}\n" for i in range(8))
    assert not profile(csv_file(f"code,date,tasa\n{rows}"), MADE_UP).layout.layout.decided
    assert profile(csv_file(f"code,date,cases\n{rows}"), MADE_UP).layout.layout.value == "events"


def test_a_department_that_tells_two_towns_apart_is_not_said_to_repeat(csv_file: Write) -> None:
    both = "dept,town,year,n\nNorth,Hill,2019,1\nSouth,Hill,2019,2\nNorth,Field,2019,3\nSouth,River,2019,1\n"
    assert role(profile(csv_file(both), MADE_UP), "dept") == "open"


def test_names_beside_codes_are_compared(csv_file: Write) -> None:
    text = "code,name,dept,year,n\n05001,Hill,North,2019,1\n05002,Fields,North,2019,2\n08001,Hill,South,2019,3\n08002,Rio,South,2019,4\n"
    found = profile(csv_file(text), MADE_UP)
    assert found.place.said["name"].value == "name"
    assert found.place.said["parent"].value == "dept"
    assert dict(found.place.known_as) == {"XA-05002": ("Fields",)}


@pytest.mark.parametrize(
    ("days", "forms"),
    [
        (["2019-01-31"], ["iso"]),
        (["31/01/2019", "01/02/2019"], ["dmy"]),
        (["01/31/2019"], ["mdy"]),
        (["03/04/2019"], None),
    ],
)
def test_a_day_is_read_in_one_order_or_in_none(
    csv_file: Write, days: list[str], forms: list[str] | None
) -> None:
    rows = "".join(f"{CODES[i % 4]},{days[i % len(days)]},{i + 5}\n" for i in range(8))
    found = profile(csv_file(f"code,fecha,n\n{rows}"), MADE_UP)
    assert found.period.said["dates"].value == forms
    assert found.layout.layout.value == "events"


def test_of_two_columns_of_names_the_inner_is_the_place(csv_file: Write, colombia: Gazetteer) -> None:
    """Two municipalities are called San Pedro and two Manaure: fewer names of municipalities than of departments."""
    rows = [
        "Antioquia,San Pedro",
        "Sucre,San Pedro",
        "Cesar,Manaure",
        "La Guajira,Manaure",
        "Nariño,Los Andes",
    ]
    text = "depto,muni,year,n\n" + "".join(f"{row},2019,{7 * i + 1}\n" for i, row in enumerate(rows))
    place = profile(csv_file(text), colombia).place
    assert place.column == "muni"
    assert place.texts["Los Andes"] == "CO-52418"
    assert place.texts["San Pedro"] is None  # two places bear the name; none is chosen


def test_days_written_in_several_ways_are_all_named(csv_file: Write) -> None:
    """The example is a cell that leaves day and month open, not one that any list of forms reads."""
    days = ["2019-01-02", "03/04/2020", "43831"]
    rows = "".join(f"{CODES[i % 4]},{days[i % 3]},{i + 5}\n" for i in range(8))
    said = profile(csv_file(f"code,fecha,n\n{rows}"), MADE_UP).period.said["dates"]
    assert said.value is None
    assert [n.values for n in said.because] == [{"example": "03/04/2020"}, {"forms": "iso, serial"}]


def test_what_is_measured_on_a_day_is_not_said_to_add_up(csv_file: Write) -> None:
    rows = "".join(f"{CODES[i % 4]},2019-{1 + i // 4:02}-28,{i + 5}\n" for i in range(16))
    assert not profile(csv_file(f"code,date,people\n{rows}"), MADE_UP).layout.layout.decided


def test_small_counts_are_no_codes(csv_file: Write) -> None:
    """5 and 8 are codes of departments with a zero lost; in a column of cases they are cases."""
    text = "year,cases\n2019,5\n2020,8\n2021,5\n"
    assert not profile(csv_file(text), MADE_UP).place.said["column"].decided
    assert profile(csv_file(text.replace("cases", "cod_dpto")), MADE_UP).place.column == "cod_dpto"


def test_a_column_of_a_wide_table_that_adds_up_the_years_is_said(csv_file: Write) -> None:
    rows = "".join(f"{c},{a},{a + 3},{2 * a},{4 * a + 3}\n" for c, a in zip(CODES, (3, 8, 1, 5), strict=True))
    found = profile(csv_file(f"code,2019,2020,2021,TOTAL\n{rows}"), MADE_UP)
    assert [n.values["column"] for n in found.seen] == ["TOTAL"]


def test_a_column_without_a_name_is_one_to_leave_aside(csv_file: Write) -> None:
    found = profile(
        csv_file(",code,year,n\n" + "".join(f"{i},{c},2019,{7 * i}\n" for i, c in enumerate(CODES))), MADE_UP
    )
    assert role(found, "") == "row_number"


def test_years_with_a_stray_mark_are_named(csv_file: Write) -> None:
    rows = "".join(f"{CODES[i % 4]},2.0{20 + i // 4},{i}\n" for i in range(8))
    found = profile(csv_file(f"code,AÑO,n\n{rows}"), MADE_UP)
    assert found.period.codes == {"2.020": "2020", "2.021": "2021"}


def test_two_columns_of_years_are_a_persons_to_choose(csv_file: Write) -> None:
    found = profile(csv_file("code,start_year,end_year,n\n05001,2019,2020,1\n05002,2019,2021,2\n"), MADE_UP)
    assert not found.period.said["column"].decided
    assert not found.layout.layout.decided


def test_rows_that_share_place_and_year_leave_the_layout_open(csv_file: Write) -> None:
    found = profile(csv_file("code,year,n\n" + "05001,2019,1\n05002,2019,2\n05001,2019,3\n"), MADE_UP)
    assert not found.layout.layout.decided


def test_a_text_that_tells_rows_apart_names_the_series(csv_file: Write) -> None:
    rows = "".join(
        f"{code},2019,{kind},{i + 3}\n" for i, code in enumerate(CODES) for kind in ("air", "hand")
    )
    found = profile(csv_file(f"code,year,method,area_ha\n{rows}"), MADE_UP)
    assert found.layout.series_from is not None
    assert (found.layout.layout.value, found.layout.series_from.value) == ("long", "method")


def test_a_column_that_adds_up_others_is_said(csv_file: Write) -> None:
    rows = "".join(f"{CODES[i % 4]},{2000 + i // 4},{3 * i + 7},{i + 2},{2 * i + 5}\n" for i in range(24))
    found = profile(csv_file(f"code,year,total,urban,rural\n{rows}"), MADE_UP)
    assert [(n.what, n.values["column"]) for n in found.seen] == [("sum_of_columns", "total")]


def test_a_row_that_adds_up_the_rest_is_said(csv_file: Write) -> None:
    rows = "".join(f"{c},{a},{b},{d}\n" for c, a, b, d in
                   [("05001", 3, 8, 1), ("05002", 4, 1, 7), ("08001", 5, 2, 2), ("08002", 9, 4, 1), ("TOTAL", 21, 15, 11)])  # fmt: skip
    found = profile(csv_file(f"code,2019,2020,2021\n{rows}"), MADE_UP)
    assert [(n.what, n.values["text"]) for n in found.seen] == [("sum_of_texts", "TOTAL")]


def test_a_quotient_and_a_share_are_never_summed(csv_file: Write) -> None:
    rows = "".join(
        f"{CODES[i % 4]},{2000 + i // 4},{i + 2},{7 * i + 30},{(i + 2) / (7 * i + 30) * 100:.6f}\n"
        for i in range(24)
    )
    found = profile(csv_file(f"code,year,cases,people,tasa\n{rows}"), MADE_UP)
    assert [(n.what, n.values["column"], n.values["times"]) for n in found.seen] == [
        ("quotient", "tasa", 100.0)
    ]
    assert [c.name for c in found.columns if c.never_summed] == ["tasa"]


@pytest.mark.parametrize(
    ("header", "said"),
    [("area_ha", "ha"), ("Hectáreas", "ha"), ("AREA (km2)", "km2"), ("obligations_usd", "USD"), ("usd_thousands", None),
     ("constant_2020_usd", None), ("roads_km_per_100km2", None), ("PESO_KG", "kg"), ("hay", None), ("diff_pct", "%")],
)  # fmt: skip
def test_a_unit_is_what_a_header_says_outright(header: str, said: str | None) -> None:
    assert unit(header) == said


def test_per_cent_that_is_a_share_of_one_has_no_unit_yet(csv_file: Write) -> None:
    found = profile(csv_file(long(["0.25", "0.5", "0.75", "1"], "code,year,pct")), MADE_UP)
    assert [c.unit.value for c in found.of("value")] == [None]


@pytest.mark.parametrize(("mark", "decimal"), [(";", ","), ("\t", ","), ("|", ",")])
def test_the_delimiter_parts_header_and_lines_alike(csv_file: Write, mark: str, decimal: str) -> None:
    found = profile(csv_file(long(["1,5", "2,5", "3,5", "4,5"], mark=mark)), MADE_UP)
    assert found.opened.said["delimiter"].value == mark


def test_an_eight_bit_encoding_is_named_with_its_letters(csv_file: Write) -> None:
    text = "code,year,n,quién\n05001,2019,1,Nariño\n05002,2019,2,Boyacá\n"
    found = profile(csv_file(text.encode("latin-1")), MADE_UP)
    assert found.opened.said["encoding"].value == "latin-1"
    found = profile(csv_file(text.replace("á", "á”").encode("cp1252")), MADE_UP)
    assert found.opened.said["encoding"].value == "cp1252"


def test_lines_above_the_header_are_counted(csv_file: Write) -> None:
    body = long(["1.5", "2.5", "3.5", "4.5"])
    found = profile(csv_file(f"Office of figures,,\nTable 4,,\n{body}"), MADE_UP)
    assert found.opened.said["header_line"].value == 3


def test_a_header_that_ends_in_a_space_stays_as_it_is(csv_file: Write) -> None:
    found = profile(csv_file(long(["1.5"] * 4, "code,year,CANTIDAD ")), MADE_UP)
    assert role(found, "CANTIDAD ") == "value"


def test_a_sample_says_so_and_decides_less(csv_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "ROWS", 8)
    monkeypatch.setattr(opening, "STEP", 4)
    found = profile(csv_file(long(["1.5"] * 40)), MADE_UP)
    assert (found.opened.rows, found.opened.text.num_rows, found.opened.whole) == (40, 16, False)
    assert not found.layout.layout.decided
    assert found.opened.at.to_pylist()[-1] == 38  # line of row 36, the header being line 1


# workbooks, JSON, XML


def test_a_workbook_with_a_title_and_a_merged_header(tmp_path: Path) -> None:
    rows = [
        ["Table 4", None, None],
        ["code", "year", "area"],
        [None, None, "ha"],
        ["05001", 2019.0, 1.5],
        ["05002", 2019.0, 2.5],
    ]
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        made.book({"Notes": made.sheet([]), "Data": made.sheet(rows, merged=["A2:A3", "B2:B3"])})
    )
    found = profile(path, MADE_UP)
    said = {key: p.value for key, p in found.opened.said.items()}
    assert said == {"table": "workbook", "sheet": "Data", "header_line": 2, "header_rows": 2}
    assert [c.name for c in found.columns] == ["code", "year", "area / ha"]


def test_two_sheets_are_a_persons_to_choose(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [["code", "year", "n"], ["05001", 2019.0, 1.0], ["05002", 2019.0, 2.0]]
    path.write_bytes(made.book({"One": made.sheet(rows), "Two": made.sheet(rows)}))
    with pytest.raises(BadRequest, match="2 sheets with cells: 'One', 'Two'"):
        profile(path, MADE_UP)
    assert profile(path, MADE_UP, "Two").opened.said["sheet"].value == "Two"


RECORDS = [{"code": code, "year": 2019, "n": 1.50} for code in CODES]


def test_json_figures_stay_as_printed(csv_file: Write) -> None:
    text = '{"result": {"records": [{"code": "05001", "year": 2019, "n": 1.50}, {"code": "05002", "year": 2019, "n": null}]}}'
    found = profile(csv_file(text), MADE_UP)
    assert found.opened.said["rows_at"].value == "result.records"
    assert found.opened.text["n"].to_pylist() == ["1.50", ""]


def test_xml_rows_are_found_below_the_root(csv_file: Write) -> None:
    rows = "".join(
        f'<row id="{i}"><code>{c}</code><year>2019</year><n>{i}</n></row>' for i, c in enumerate(CODES)
    )
    found = profile(csv_file(f"<response><row>{rows}</row></response>"), MADE_UP)
    assert found.opened.said["rows_at"].value == "row/row"
    assert role(found, "@id") == "row_number"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PAR1....", "cannot be read as a Parquet file"),
        (b"\x00\x01\x02\x03" * 100, "holds bytes that no text has"),
        (workbook_refused._COMPOUND + "EncryptedPackage".encode("utf-16-le"), "asks for a password"),
        (workbook_refused._COMPOUND + b"Workbook", "of before 2007"),
        (b"PK\x03\x04 cut", "cut or damaged"),
        (b"<!DOCTYPE html><html>403</html>", "is a web page"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a><r><code>05001</code></r></a>', "declares a document type"),
        (b"<a><r><code>1</code></r>", "is not XML from line"),
        (b'[{"code": "05001", "n": {"deep": 1}}]', "holds a list or a record of its own"),
        (b'[{"code": "05001", "code": "05002"}]', "says 'code' twice"),
        (b'[{"code": "05001"}', "is not JSON from here on"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a": 1}', "holds no list of records"),
        (b"one column\nof text\n", "no mark"),
        (b"code,year\r05001,2019\r", "no table of text"),
        (b"[{}]", "without a single key"),
        (b"1,2,3\n4,5,6\n7,8,9\n", "is no header"),
        (b"code,year,code\n05001,2019,1\n", "is no header"),
        (b"code,year,n\n05001,2019\n05002,2019,1\n05002,2019,1\n05002,2019,1\n05002,2019,1\n", "has 2 cells"),
        (b"code,year,n\n", "0 rows"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(csv_file: Write, content: bytes, words: str) -> None:
    with pytest.raises(BadSource, match=words):
        profile(csv_file(content), MADE_UP)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (made.book({"A": made.sheet([["code", "n"], ["05001", 1.0]])}, {"xl/vbaProject.bin": b"Sub"}), "carries a program"),
        (made.book({"A": made.sheet([["code", "n"]], more='<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>1+1</f></c></row>')}),
         "no value is stored in B2"),
        (made.book({"A": made.sheet([["code", "n"], ["05001", 1.0], ["05002", 2.0], ["05002", 2.0]], merged=["A3:A4"])}),
         "merged below the header"),
    ],
)  # fmt: skip
def test_a_workbook_that_cannot_be_trusted_is_refused_as_by_the_reader(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(BadSource, match=words):
        profile(path, MADE_UP)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniffing, "UNPACKED", 1 << 20)
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as handle:
        for _ in range(40):
            handle.write(b"05001,2019,1\n" * (1 << 20 >> 3))
    with pytest.raises(BadSource, match="a bomb, or the wrong file"):
        profile(path, MADE_UP)


def test_an_archive_of_two_files_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", long(["1.5"] * 4))
        archive.writestr("b.csv", long(["2.5"] * 4))
    with pytest.raises(BadRequest, match="Name one of them: --part"):
        profile(path, MADE_UP)
    assert profile(path, MADE_UP, "b.csv").opened.said["member"].value == "b.csv"


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(BadRequest, match="is not a file"):
        profile(Path("nowhere.csv"), MADE_UP)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="05018,;.\n\"'- aé\t", max_size=200).map(str.encode),
        st.lists(st.dictionaries(st.sampled_from(["code", "year", "n"]), st.text(max_size=4))).map(
            lambda rows: json.dumps(rows).encode()
        ),
    )
)
def test_no_bytes_hang_it_or_end_in_a_traceback(csv_file: Write, content: bytes) -> None:
    with suppress(VeredaError):
        profile(csv_file(content), MADE_UP)


@given(st.integers(1, 4000))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_workbook_cut_anywhere_is_refused(tmp_path: Path, kept: int) -> None:
    whole = made.book(
        {"A": made.sheet([["code", "year", "n"], ["05001", 2019.0, 1.0], ["05002", 2019.0, 2.0]])}
    )
    path = tmp_path / "a.xlsx"
    path.write_bytes(io.BytesIO(whole).getvalue()[: min(kept, len(whole) - 1)])
    with pytest.raises((BadSource, UnknownColumn)):
        profile(path, MADE_UP)
