"""Oddities of real files that had no test of their own, on bytes of the same shape as the publishers'.

The others of the checklist are tested where the thing they break is tested.
"""

import gzip
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from sources_case import EXTRACTS, value

from vereda import sources
from vereda.errors import BadNumber, BadPeriod, BadSource, NotReconciled
from vereda.sources import signs
from vereda.sources.description import Expect
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.place import Gazetteer

Describe = Callable[..., sources.SourceDescription]
Write = Callable[[str], Path]
LONG = {"layout": "long", "period": "{column: year}", "values": "{value: {series: coca_area}}"}


def extract(dataset: str) -> tuple[sources.SourceDescription, Path, str]:
    """A description without the totals of the whole file, the extract's path and its text."""
    (path,) = (EXTRACTS / dataset).glob("*")
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    described = sources.describe(dataset).model_copy(update={"expect": Expect()})
    return described, path, text.decode("utf-8")


# ---- 6: two widths of a code in one column ---------------------------------------------------------------------


def test_codes_of_seven_and_eight_digits_in_one_column(described: Describe, csv_file: Write) -> None:
    """The police print five digits and `000`; a program took them for numbers and Antioquia has seven digits."""
    d = described(**LONG, place="{column: code, width: 8}")
    assert sources.read(d, csv_file("code,year,value\n91001000,2019,1\n05001000,2019,2\n")).num_rows == 2
    with pytest.raises(
        BadSource, match=r"file.csv:3: column 'code': codes lost leading zeros: 5001000 -> 05001000"
    ):
        sources.read(d, csv_file("code,year,value\n91001000,2019,1\n5001000,2019,2\n"))


# ---- 12: a unit column that repeats the quantity, an implausible dataset, two titles of one content -------------


def test_a_unit_column_that_repeats_the_quantity(described: Describe, csv_file: Write) -> None:
    d = described(**LONG, unit_column="{column: unidad, codes: {HECTAREA: ha}}")
    assert sources.read(d, csv_file("code,year,value,unidad\n91001,2019,12.5,HECTAREA\n")).num_rows == 1
    with pytest.raises(
        BadSource, match=r"file.csv:2: column 'unidad': '12.5' is not among the texts described"
    ):
        sources.read(d, csv_file("code,year,value,unidad\n91001,2019,12.5,12.5\n"))


def test_a_dataset_that_grew_ninefold_in_a_year_is_a_break(described: Describe, csv_file: Write) -> None:
    d = described(**LONG)
    rows = [
        f"{91000 + n},{year},{10 if year == '2019' else 101.8}"
        for n in range(20)
        for year in ("2019", "2020")
    ]
    table = sources.read(d, csv_file("code,year,value\n" + "\n".join(rows) + "\n"))
    (seen,) = signs.breaks(d, table, Gazetteer()).seen
    assert (seen.before, seen.value) == (200.0, pytest.approx(2036.0))


def test_two_titles_with_one_content_are_found_out(described: Describe, csv_file: Write) -> None:
    """Theft from shops and theft from homes were the same file under two names."""
    rows = "\n".join(f"{91000 + n},2019,{3 * n + 1}" for n in range(5))
    path = csv_file(f"code,year,value\n{rows}\n")
    tables = [
        sources.read(
            described(
                **{**LONG, "values": f"{{value: {{series: {name}}}}}"}, series=f"{{{name}: {{unit: cases}}}}"
            ),
            path,
        )
        for name in ("thefts_shops", "thefts_homes")
    ]
    revision = sources.compare(*tables)
    assert [n.values["after"] for n in sources.notices(revision) if n.kind == "renamed"] == ["thefts_homes"]


# ---- 15: marks of thousands in coordinates ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "fault"),
    [
        ("-75,581,775", BadNumber),
        ("-75.581,775", BadNumber),
        ("-75581775", BadSource),
        ("18434956", BadSource),
    ],
)
def test_a_longitude_with_marks_of_thousands(printed: str, fault: type[Exception], tmp_path: Path) -> None:
    described, path, text = extract("dane-divipola")
    wrong = tmp_path / path.name
    wrong.write_text(text.replace("-75.581775", f'"{printed}"'), encoding="utf-8")
    assert "-75.581775" in text
    with pytest.raises(fault, match="lon"):
        sources.read(described, wrong)


# ---- 17: money ----------------------------------------------------------------------------------------------------


def test_amounts_of_money_in_spanish(described: Describe, csv_file: Write) -> None:
    """1.460.674,00 is a million and a half: read where it is declared, refused where it is not."""
    money = {**LONG, "values": "{value: {series: aid}}", "series": "{aid: {unit: USD, least: 0}}"}
    path = csv_file('code,year,value\n91001,2019,"1.460.674,00"\n')
    spanish = described(**money, numbers='{default: {decimal: ",", thousands: "."}}')
    assert value(sources.read(spanish, path), "CO-91001", "2019") == 1460674.0
    with pytest.raises(BadNumber, match=r"1\.460\.674,00"):
        sources.read(described(**money), path)


def test_stages_of_money_are_never_one_series() -> None:
    """Five US transaction types are five stages of the same money: five series, none of them their sum, no text let through."""
    d = sources.describe("us-foreign-assistance")
    assert d.series_from is not None
    assert len({*d.series_from.codes.values()}) == len(d.series_from.codes) == 5
    assert {*d.series} == {
        f"{name}{tail}" for name in d.series_from.codes.values() for tail in ("", ".constant")
    }
    path = EXTRACTS / "us-foreign-assistance"
    (file,) = path.glob("*")
    with pytest.raises(BadSource, match="is not among the texts described"):
        sources.read(
            d.model_copy(
                update={"series_from": d.series_from.model_copy(update={"codes": {"Obligations": "x"}})}
            ),
            file,
        )


# ---- 18: a register has a day on which it was cut ---------------------------------------------------------------


def test_the_year_of_the_cut_of_a_register_is_not_read(tmp_path: Path) -> None:
    """The register of victims was cut in August 2023: that year is part of a year, and the series ends before it."""
    described, path, text = extract("uariv-displacement-national")
    assert (described.name_of_vintage, described.covers.span[1]) == ("2023-08", 2022)
    last = text.strip().splitlines()[-1]
    wrong = tmp_path / path.name
    wrong.write_text(text.rstrip("\n") + "\n" + last.replace("2022", "2023", 1) + "\n", encoding="utf-8")
    with pytest.raises(BadPeriod, match="2023 is outside the years described"):
        sources.read(described, wrong)


# ---- 20: code and name change places between files of one publisher -----------------------------------------------


def test_columns_of_code_and_name_that_changed_places(
    described: Describe, csv_file: Write, colombia: Gazetteer
) -> None:
    """1985-2004 has the code under DPMP and the name under MPIO, 2005-2035 the other way round."""
    d = described(**LONG, place="{column: MPIO, prefix: CO-, width: 5, name: DPMP}")
    newer = sources.read(d, csv_file("MPIO,DPMP,year,value\n05120,Cáceres,2019,30925\n"), colombia)
    assert value(newer, "CO-05120", "2019") == 30925
    with pytest.raises(BadSource, match=r"file.csv:2: column 'MPIO'.*Cáceres"):
        sources.read(d, csv_file("MPIO,DPMP,year,value\nCáceres,05120,2019,30925\n"), colombia)


# ---- 22: years and areas as a program writes them ---------------------------------------------------------------


@pytest.mark.parametrize("year", ["1325376000000000000", "2.020", "2020.0", "8° 22'"])
def test_a_year_that_is_no_year(year: str, described: Describe, csv_file: Write) -> None:
    with pytest.raises(BadPeriod, match=r"file.csv:3: column 'year'"):
        sources.read(described(**LONG), csv_file(f'code,year,value\n91001,2019,1\n91263,"{year}",2\n'))


def test_an_area_with_a_decimal_comma_is_read_as_declared_only(described: Describe, csv_file: Write) -> None:
    path = csv_file('code,year,value\n91001,2020,"0,126512"\n')
    spanish = sources.read(described(**LONG, numbers='{default: {decimal: ","}}'), path)
    assert value(spanish, "CO-91001", "2020") == 0.126512
    with pytest.raises(BadNumber, match="0,126512"):
        sources.read(described(**LONG), path)


def test_three_hundred_and_thirty_taken_for_thousands(described: Describe, csv_file: Write) -> None:
    """330 people of Aguada became 330,000: only a published total sees it."""
    total = "{totals: {coca_area: {printed: a census, values: {2019: 1330}}}}"
    path = csv_file("code,year,value\n91001,2019,330\n91263,2019,1000\n")
    sources.bring(described(**LONG, expect=total), path)
    wrong = described(**{**LONG, "values": "{value: {series: coca_area, times: 1000}}"}, expect=total)
    with pytest.raises(NotReconciled, match="coca_area 2019"):
        sources.bring(wrong, path)


# ---- 24: one word, two definitions ------------------------------------------------------------------------------


def test_one_word_with_two_definitions_is_two_series() -> None:
    """Massacre (two publishers, two definitions) and homicide (two registers) never share a series."""
    owners: dict[str, set[str]] = defaultdict(set)
    for dataset in sources.datasets():
        for series in sources.describe(dataset).series:
            owners[series].add(dataset)
    massacres = {name: who for name, who in owners.items() if "massacre" in name}
    assert {dataset for who in massacres.values() for dataset in who} == {
        "cnmh-conflict-cases",
        "mindefensa-massacres",
    }
    assert all(len(who) == 1 for who in massacres.values())
    assert owners["homicides"].isdisjoint({"homicides-1990-2002", "ucdp-events"})
    assert owners["forest_loss"] == {"municipal-forest-loss-gfc"}
    other = {name: who for name, who in owners.items() if name.startswith("deforest")}
    assert {dataset for who in other.values() for dataset in who} == {"deforestation-choco"}, (
        "another measure of forest lost needs another name and a reason"
    )
    assert "forest_loss" not in other


def test_a_series_that_two_sources_share_has_one_unit() -> None:
    units: dict[str, set[str]] = defaultdict(set)
    for dataset in sources.datasets():
        for name, series in sources.describe(dataset).series.items():
            units[name].add(series.unit)
    assert {name: said for name, said in units.items() if len(said) > 1} == {}


# ---- 27: a point can lie about the place -------------------------------------------------------------------------


def test_an_event_counts_where_its_point_lies_and_nowhere_where_it_has_none(
    tmp_path: Path, colombia: Gazetteer
) -> None:
    """One located event in five has another municipality in words: the point is declared to decide, the words to be ignored."""
    described, path, text = extract("ucdp-events")
    assert "82 %" in described.ignore["adm_2"]
    head, *_ = text.splitlines()
    columns = head.split(",")
    base = dict.fromkeys(columns, "1") | {
        "year": "2005",
        "type_of_violence": "1",
        "adm_1": "Nariño department",
        "best": "3",
    }
    rows = [
        base | {"id": "1", "cod_mpio_from_point": "52835", "adm_2": "Cali municipality"},
        base | {"id": "2", "cod_mpio_from_point": "", "adm_2": "Cali municipality"},
    ]
    lines = [head, *(",".join(row[name] for name in columns) for row in rows)]
    written = tmp_path / path.name
    content = ("\n".join(lines) + "\n").encode()
    written.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    table = sources.read(described, written, colombia)
    assert table.schema.equals(OBSERVATIONS)
    assert value(table, "CO-52835", "2005", "ucdp_deaths") == 3
    assert value(table, "CO-52000", "2005", "ucdp_deaths") == 3  # of the department, in no municipality
    assert colombia.get("CO-52000").level == "unassigned"
    assert "CO-76001" not in table["place"].to_pylist()
