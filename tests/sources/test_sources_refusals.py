"""A wrong file stops at the door, and the message says where it is wrong and what to do."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sources_case import EXTRACTS, VINTAGES, observations, publishers

from vereda import sources
from vereda.errors import (
    BadNumber,
    BadPeriod,
    BadRequest,
    BadSource,
    DuplicateKey,
    NotReconciled,
    UnknownColumn,
    UnknownPlace,
    VeredaError,
)
from vereda.sources import tabular
from vereda.sources.description import Expect, NumberFormat
from vereda.terms.place import Gazetteer

Describe = Callable[..., sources.SourceDescription]
Write = Callable[[str | bytes], Path]

COCA = EXTRACTS / "odc-simci-coca" / "acs4-3wgp_2001-2023_as_published.csv"


def naive(described: sources.SourceDescription) -> sources.SourceDescription:
    """The coca table as a hurried reader takes it: every column English."""
    return described.model_copy(update={"numbers": {"default": described.numbers["default"]}})


def test_the_naive_reading_of_2020_is_refused_at_its_first_cell(colombia: Gazetteer) -> None:
    described = naive(sources.describe("odc-simci-coca")).model_copy(update={"expect": Expect()})
    with pytest.raises(
        BadNumber, match=r"acs4.*csv:\d+: column '2020'.*'1\.273,9'.*locale of this column"
    ) as refusal:
        sources.read(described, COCA, colombia)
    assert "Decide by column" in str(refusal.value)


@pytest.mark.shared
def test_the_naive_sum_of_2020_is_refused_by_the_published_total(colombia: Gazetteer) -> None:
    """Both marks taken for English: 234,721.5 ha, 64 % above the published total."""
    described = sources.describe("odc-simci-coca")
    path = publishers("odc-simci-coca")
    right = sources.read(described, path, colombia)
    assert pc.sum(right.filter(pc.field("period") == "2020")["value"]).as_py() == pytest.approx(142784.7)
    with path.open(encoding="utf-8") as handle:
        cells = {f"CO-{r['CODMPIO']}": r["2020"].replace(",", "") for r in csv.DictReader(handle)}
    rows = right.to_pylist()
    for row in rows:
        if row["period"] == "2020":
            row["value"] = float(cells[row["place"]])
    wrong = pa.Table.from_pylist(rows, schema=right.schema)
    checks = sources.check(described, wrong, colombia)
    (failed,) = [c for c in checks if c.state == "failed"]
    assert failed.found == pytest.approx(234721.5, abs=0.05)
    with pytest.raises(NotReconciled, match=r"coca_area 2020.*wrong locale.*`numbers`"):
        sources.refuse_failed(described, checks)


def test_a_cell_that_fits_both_locales_is_caught_by_the_total(described: Describe, csv_file: Write) -> None:
    """4.603 is a number in both readings; only the published total knows that it is 4 603."""
    expect = "{totals: {coca_area: {printed: a report, values: {2019: 4603, 2020: 4603}}}}"
    english = described(numbers='{default: {decimal: ".", thousands: ","}}', expect=expect)
    path = csv_file('code,2019,2020\n54720,"4,603","4.603"\n')
    with pytest.raises(
        NotReconciled, match=r"2020.*-99\.9 %: column '2020' was probably read in the wrong locale"
    ):
        sources.bring(english, path)
    spanish = described(
        numbers='{default: {decimal: ".", thousands: ","}, 2020: {decimal: ",", thousands: "."}}',
        expect=expect,
    )
    table, checks = sources.bring(spanish, path)
    assert table["value"].to_pylist() == [4603, 4603]
    assert {c.state for c in checks} == {"passed"}


def test_lost_leading_zeros(described: Describe, csv_file: Write, colombia: Gazetteer) -> None:
    with pytest.raises(
        BadSource, match=r"file\.csv:3: column 'code': codes lost leading zeros: 5120 -> 05120, 5001"
    ):
        sources.read(described(), csv_file("code,2019,2020\n52835,1,2\n5120,1,2\n5001,3,4\n"), colombia)


def test_an_unknown_code(described: Describe, csv_file: Write, colombia: Gazetteer) -> None:
    with pytest.raises(
        UnknownPlace, match=r"file\.csv:2: column 'code': 'CO-52836' is not a place.*CO-52835"
    ):
        sources.read(described(), csv_file("code,2019,2020\n52836,1,2\n"), colombia)


def test_a_renamed_place(described: Describe, csv_file: Write, colombia: Gazetteer) -> None:
    named = described(place="{column: code, prefix: CO-, width: 5, name: name}")
    text = "code,name,2019,2020\n52835,{},1,2\n"
    assert sources.read(named, csv_file(text.format("Tumaco")), colombia).num_rows == 2
    with pytest.raises(
        BadSource, match=r"CO-52835 is San Andrés de Tumaco, and the file calls it Perla del Pacífico"
    ):
        sources.read(named, csv_file(text.format("Perla del Pacífico")), colombia)


def test_a_declared_correction_is_followed(described: Describe, csv_file: Write, colombia: Gazetteer) -> None:
    right = '{"41013": {to: "41020", reason: misprint of Algeciras}}'
    place = f"{{column: code, prefix: CO-, width: 5, corrections: {right}}}"
    table = sources.read(described(place=place), csv_file("code,2019,2020\n41013,1,2\n"), colombia)
    assert set(table["place"].to_pylist()) == {"CO-41020"}


@pytest.mark.shared
def test_the_list_with_five_wrong_codes_names_all_five(described: Describe, colombia: Gazetteer) -> None:
    path = publishers("pdet").with_name("pdet_list_as_found_with_5_code_errors.csv")
    pdet = described(
        layout="long",
        place="{column: divipola_code, prefix: CO-, width: 5, name: municipio, parent: departamento}",
        period='{fixed: "2017"}',
        series="{pdet_member: {unit: member}}",
        each_row="{series: pdet_member}",
        ignore="{region_pdet: not used, subregion_pdet: not reliable}",
        covers='{places: all, years: "2017"}',
        expect="{final_newline: false}",
    )
    with pytest.raises(BadSource) as refusal:
        sources.read(pdet, path, colombia)
    message = str(refusal.value)
    assert "5 code(s) do not agree" in message
    for name, right in {
        "Buenos Aires (Cauca)": "CO-19110",
        "Murindó (Chocó)": "CO-05475",
        "Vigía del Fuerte (Chocó)": "CO-05873",
        "Algeciras (Huila)": "CO-41020",
        "Puerto Libertador (Córdoba)": "CO-23580",
    }.items():
        assert f"{name} (that name is {right})" in message


def test_a_list_of_the_same_shape_with_wrong_codes_names_each(
    described: Describe, csv_file: Write, colombia: Gazetteer
) -> None:
    """Names of one place beside the code of another, and one code twice, as in the list above."""
    rows = [
        ("Buenos Aires", "Cauca", "19100"), ("Murindó", "Chocó", "27475"), ("Vigía del Fuerte", "Chocó", "27873"),
        ("Algeciras", "Huila", "41026"), ("Puerto Libertador", "Córdoba", "23574"), ("Tumaco", "Nariño", "52835"),
        ("Puerto Escondido", "Córdoba", "23574"),
    ]  # fmt: skip
    text = "municipio,departamento,divipola_code\n" + "".join(f"{n},{d},{c}\n" for n, d, c in rows)
    pdet = described(
        layout="long",
        place="{column: divipola_code, prefix: CO-, width: 5, name: municipio, parent: departamento}",
        period='{fixed: "2017"}',
        series="{pdet_member: {unit: member}}",
        each_row="{series: pdet_member}",
        covers='{places: all, years: "2017"}',
    )
    with pytest.raises(BadSource) as refusal:
        sources.read(pdet, csv_file(text), colombia)
    message = str(refusal.value)
    for name in ("Buenos Aires", "Murindó", "Vigía del Fuerte", "Algeciras", "Puerto Libertador"):
        assert name in message
    assert "Tumaco" not in message


@pytest.mark.parametrize("key", ["obtained", "publisher", "address", "vintage", "file"])
def test_a_description_that_does_not_say_where_its_file_is_from_is_refused(
    described: Describe, tmp_path: Path, key: str
) -> None:
    """Invented figures have no publisher and no file: what cannot be traced to one is not read."""
    described()
    told = next(tmp_path.rglob("source.yml"))
    kept = [line for line in told.read_text(encoding="utf-8").splitlines() if not line.startswith(f"{key}:")]
    told.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(VeredaError, match=key):
        sources.describe("made-up", told.parents[1])


def test_a_duplicate_key(described: Describe, csv_file: Write) -> None:
    with pytest.raises(
        DuplicateKey, match=r"file\.csv: lines 2 and 4 both claim CO-52835 \(office made-up 2024\)"
    ):
        sources.read(described(), csv_file("code,2019,2020\n52835,1,2\n05120,1,2\n52835,1,2\n"))


def test_a_missing_and_a_new_column_are_said_together(described: Describe, csv_file: Write) -> None:
    with pytest.raises(UnknownColumn, match=r"file\.csv:1.*missing: '2020'; new: '2021', 'NOTE'"):
        sources.read(described(), csv_file("code,2019,2021,NOTE\n52835,1,2,x\n"))


def test_a_ragged_last_line(described: Describe, csv_file: Write) -> None:
    with pytest.raises(BadSource, match=r"file\.csv:3: this line has 2 cells and the header 3"):
        sources.read(described(), csv_file("code,2019,2020\n52835,1,2\n05120,1\n"))


def test_a_last_line_that_does_not_end(described: Describe, csv_file: Write) -> None:
    with pytest.raises(BadSource, match=r"the last line does not end.*final_newline: false"):
        sources.read(described(), csv_file("code,2019,2020\n52835,1,2\n05120,1,2"))


def test_fewer_rows_than_declared(described: Describe, csv_file: Write) -> None:
    with pytest.raises(BadSource, match=r"has 1 rows and 2 are described"):
        sources.read(described(expect="{rows: 2}"), csv_file("code,2019,2020\n52835,1,2\n"))


def test_a_cut_archive(described: Describe, tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(b"code,2019,2020\n" + b"52835,1,2\n" * 1000)[:-20])
    with pytest.raises(BadSource, match=r"the archive is cut or damaged"):
        sources.read(described(), path)


def test_another_unit(described: Describe, csv_file: Write) -> None:
    said = described(
        layout="long",
        period="{column: year}",
        values="{cantidad: {series: coca_area}}",
        unit_column="{column: unidad, codes: {HECTAREA: ha, KILOGRAMO: kg}}",
    )
    with pytest.raises(
        BadSource, match=r"file\.csv:3: column 'unidad': the unit is 'kg' and coca_area is described in 'ha'"
    ):
        sources.read(
            said, csv_file("code,year,unidad,cantidad\n52835,2019,HECTAREA,1\n05120,2019,KILOGRAMO,1\n")
        )
    with pytest.raises(BadSource, match=r"'LITRO' is not among the texts described"):
        sources.read(said, csv_file("code,year,unidad,cantidad\n52835,2019,LITRO,1\n"))


def test_a_byte_that_is_not_utf8(described: Describe, csv_file: Write) -> None:
    head = b"code,2019,2020\n"
    with pytest.raises(BadSource, match=rf"byte {len(head) + 1} is not UTF-8.*latin-1"):
        sources.read(described(), csv_file(head + b"C\xe1ceres,1,2\n"))
    latin = described(encoding="latin-1", place="{column: code}")
    assert sources.read(latin, csv_file(head + b"C\xe1ceres,1,2\n"))["place"][0].as_py() == "Cáceres"


def test_an_empty_file_and_one_with_only_a_header(described: Describe, csv_file: Write) -> None:
    with pytest.raises(BadSource, match=r"file\.csv is empty"):
        sources.read(described(), csv_file(""))
    with pytest.raises(BadSource, match=r"has 0 rows and at least 1"):
        sources.read(described(), csv_file("code,2019,2020\n"))


def test_a_period_outside_coverage(described: Describe, csv_file: Write) -> None:
    said = described(layout="long", period="{column: year}", values="{ha: {series: coca_area}}")
    with pytest.raises(
        BadPeriod, match=r"file\.csv:3: column 'year': 2021 is outside the years described \(2019-2020\)"
    ):
        sources.read(said, csv_file("code,year,ha\n52835,2019,1\n52835,2021,1\n"))
    with pytest.raises(BadPeriod, match=r"'2.020' is not a period"):
        sources.read(said, csv_file("code,year,ha\n52835,2.020,1\n"))


def test_a_value_out_of_bounds(described: Describe, csv_file: Write) -> None:
    said = described(series="{coca_area: {unit: ha, least: 0, most: 50000}}")
    with pytest.raises(BadSource, match=r"file\.csv:2: column '2020': 60000 ha is outside the bounds"):
        sources.read(said, csv_file("code,2019,2020\n52835,1,60000\n"))


def test_an_empty_cell_needs_a_meaning(described: Describe, csv_file: Write) -> None:
    path = csv_file("code,2019,2020\n52835,1,\n")
    with pytest.raises(BadNumber, match=r"'' is not a number.*empty: absent"):
        sources.read(described(), path)
    assert sources.read(described(numbers="{default: {empty: absent}}"), path).num_rows == 1
    assert sources.read(described(numbers="{default: {empty: zero}}"), path)["value"].to_pylist() == [1, 0]


def test_a_description_with_faults_names_each_with_its_line(described: Describe) -> None:
    with pytest.raises(BadSource, match=r"made_up/source\.yml:\d+: 'colour' is not a key"):
        described(colour="blue")
    with pytest.raises(BadSource, match=r"source\.yml:1: 'title' is missing"):
        described(title="")
    with pytest.raises(BadSource, match=r"is stated twice"):
        described(licence="one\nlicence: two")
    with pytest.raises(BadSource, match=r"source\.yml:\d+: not YAML"):
        described(place="{column: [")
    with pytest.raises(BadSource, match=r"cannot be the same mark"):
        described(numbers='{default: {decimal: ",", thousands: ","}}')
    with pytest.raises(BadSource, match=r"status 'guessed' is none of"):
        described(status="guessed")


def test_codes_in_a_description_stay_text(described: Describe) -> None:
    said = described(place="{column: code, codes: {NO: CO-05120, 05120: CO-05120}}")
    assert set(said.place.codes) == {"NO", "05120"}


def test_an_unknown_dataset_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadRequest, match=r"odc-simci-coca"):
        sources.describe("odc-simci-cocoa")


def test_a_damaged_vintage_is_refused(tmp_path: Path) -> None:
    parquet = next((VINTAGES / "pdet").glob("*.parquet"))
    sidecar = tmp_path / "v.yml"
    sidecar.write_bytes(parquet.with_suffix(".yml").read_bytes())
    content = parquet.read_bytes()
    copy = tmp_path / "v.parquet"
    for damaged in (content[:-10], content[:500] + b"x" + content[501:], b""):
        copy.write_bytes(damaged)
        with pytest.raises(BadSource, match=r"damaged or cut short"):
            sources.read_vintage(copy, sidecar)
    copy.unlink()
    with pytest.raises(BadSource, match=r"Restore it"):
        sources.read_vintage(copy, sidecar)


def test_a_vintage_that_is_not_the_file_says_which_cell(tmp_path: Path, colombia: Gazetteer) -> None:
    described = sources.describe("pdet").model_copy(update={"expect": Expect()})
    (path,) = (EXTRACTS / "pdet").glob("*.csv")
    parquet, text = sources.vintage(described, sources.read(described, path, colombia), path, "2026-11-22")
    (tmp_path / "v.parquet").write_bytes(parquet)
    (tmp_path / "v.yml").write_text(text, encoding="utf-8")
    batch = sources.read_vintage(tmp_path / "v.parquet", tmp_path / "v.yml")
    assert sources.verify(described, path, batch, colombia).agrees
    other = tmp_path / path.name
    other.write_text(path.read_text(encoding="utf-8").replace("Catatumbo", "Catatumba"), encoding="utf-8")
    report = sources.verify(described, other, batch, colombia)
    assert not report.agrees
    assert not report.same_bytes
    assert len(report.differences) == 1
    assert "'Catatumba' in the file, 'Catatumbo' held" in report.differences[0]


def test_polygons_are_counted_and_known(colombia: Gazetteer, tmp_path: Path) -> None:
    described = sources.describe("dane-mgn-geometry")
    (path,) = (EXTRACTS / "dane-mgn-geometry").glob("*")
    with pytest.raises(BadSource, match=r"2 polygons with 2 codes and 1122 are described"):
        sources.geometry(described, path, colombia)
    assert described.geometry is not None
    two = described.model_copy(update={"geometry": described.geometry.model_copy(update={"features": 2})})
    assert sources.geometry(two, path, colombia).startswith("{")
    cut = tmp_path / "cut.geojson"
    cut.write_text(path.read_text()[:100])
    with pytest.raises(BadSource, match=r"not the file of polygons described"):
        sources.geometry(two, cut, colombia)


@pytest.mark.shared
def test_the_polygons_of_2018_carry_known_codes(colombia: Gazetteer) -> None:
    path = publishers("dane-mgn-geometry")
    assert '"52835"' in sources.geometry(sources.describe("dane-mgn-geometry"), path, colombia)


@pytest.mark.shared
def test_a_dataset_that_is_not_held_is_read_from_its_holders_file(colombia: Gazetteer) -> None:
    table, checks = sources.bring(
        sources.describe("cede-eradication"), publishers("cede-eradication"), colombia
    )
    mine = table.filter((pc.field("place") == "CO-52835") & (pc.field("period") == "2019"))
    assert mine.filter(pc.field("series") == "manual_eradication_area")["value"].to_pylist() == [
        pytest.approx(25282.8, abs=0.05)
    ]
    assert sum(c.state == "passed" for c in checks) >= 11


def test_formats_say_themselves() -> None:
    assert tabular.say(NumberFormat(decimal=",", thousands=".")) == "like '1.273,9'"


def test_absence_is_filled_only_by_declaration(colombia: Gazetteer) -> None:
    described, table = sources.describe("ponal-homicides"), observations("ponal-homicides")
    filled = sources.fill(described, table, colombia, [2023, 2026])
    assert table.num_rows == described.expect.rows  # the vintage itself keeps only what was printed
    by_place = {(r["place"], r["period"]): r for r in filled.to_pylist()}
    assert by_place["CO-94888", "2023"]["status"] == "not_collected"
    assert by_place["CO-94888", "2023"]["value"] is None
    zero = next(r for r in by_place.values() if r["value"] == 0 and r["period"] == "2023")
    assert zero["note"] == "absent = 0 by declaration"
    assert {r["status"] for r in by_place.values() if r["period"] == "2026" and r["value"] == 0} == {
        "incomplete"
    }
    printed = table.filter(pc.is_in(table["period"], pa.array(["2023", "2026"]))).num_rows
    assert filled.num_rows + printed == 1121 + 1122  # Mapiripana is gone, Nuevo Belén de Bajirá is of 2024


def test_absence_in_an_incomplete_year_says_nothing(colombia: Gazetteer) -> None:
    filled = sources.fill(
        sources.describe("odc-simci-coca"), observations("odc-simci-coca"), colombia, [2009, 2010]
    )
    status = {(r["period"], r["status"], r["value"]) for r in filled.to_pylist()}
    assert status == {("2009", "incomplete", None), ("2010", "measured", 0.0)}


def test_what_is_missing_is_not_made_up(colombia: Gazetteer) -> None:
    described = sources.describe("dane-population")
    assert sources.fill(described, observations("dane-population"), colombia, [2023]).num_rows == 0


def test_an_empty_line_and_an_empty_code(described: Describe, csv_file: Write) -> None:
    with pytest.raises(BadSource, match=r"file\.csv:3: column 'code'.*the cell is empty"):
        sources.read(described(), csv_file("code,2019,2020\n52835,1,2\n\n"))
    with pytest.raises(BadSource, match=r"file\.csv:2: column 'code'.*CO-528355 \(not 5 characters long\)"):
        sources.read(described(), csv_file("code,2019,2020\n528355,1,2\n"))


def test_a_ragged_line_far_into_the_file(
    described: Describe, csv_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "BLOCK", 4096)
    path = csv_file("code,2019,2020\n" + "".join(f"{i:05d},1,2\n" for i in range(3000)) + "09999,1\n")
    with pytest.raises(BadSource, match=r"file\.csv:3002: this line has 2 cells"):
        sources.read(described(), path)


def test_a_file_that_is_not_there(described: Describe, tmp_path: Path) -> None:
    for name in ("gone.csv", "gone.zip", "gone.csv.gz"):
        with pytest.raises(BadSource, match=r"gone.* is not in"):
            sources.read(described(), tmp_path / name)
