"""Readers of crime, money, demining and organised violence: published values, and the traps of each file."""

import csv
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sources_case import EXTRACTS, observations, publishers, value

from vereda import sources
from vereda.errors import BadNumber, BadSource
from vereda.sources.description import Expect, NumberFormat
from vereda.sources.tabular import number
from vereda.terms.place import Gazetteer

KIDNAPPED = observations("mindefensa-kidnapping")
NATION = observations("ponal-crime-national")
DEPARTMENTS = observations("ponal-crime-departments")
GREENBOOK = observations("us-greenbook-accounts")
TABLES = observations("us-cbj-accounts")
UCDP = observations("ucdp-events")
Describe = Callable[..., sources.SourceDescription]


def total(table: pa.Table, series: str, period: str) -> float:
    mine = table.filter((pc.field("series") == series) & (pc.field("period") == period))
    return float(pc.sum(mine["value"]).as_py() or 0.0)


def small(dataset: str) -> sources.SourceDescription:
    return sources.describe(dataset).model_copy(update={"expect": Expect()})


# ---- kidnapping and crime ------------------------------------------------------------------------------


@pytest.mark.published("Ministerio de Defensa, Estadística desagregada, SECUESTRO.xlsx, January 2026")
@pytest.mark.parametrize(("year", "people"), [("2003", 2121), ("2016", 207), ("2024", 313), ("2025", 698)])
def test_people_kidnapped(year: str, people: int) -> None:
    assert total(KIDNAPPED, "kidnapped", year) == people
    parts = total(KIDNAPPED, "kidnapped.extortive", year) + total(KIDNAPPED, "kidnapped.simple", year)
    assert parts == people


def test_every_person_of_the_workbook_is_counted_once() -> None:
    whole = KIDNAPPED.filter(pc.field("series") == "kidnapped")
    assert pc.sum(whole["value"]).as_py() == 10560
    events = [int(note.removeprefix("rows added: ")) for note in whole["note"].to_pylist()]
    assert sum(events) == 9919
    assert {*whole["sheet"].to_pylist()} == {"Sheet 1"}
    assert {*whole["col"].to_pylist()} == {"G (CANTIDAD)"}


def test_people_whose_municipality_is_not_stated_are_kept_apart(colombia: Gazetteer) -> None:
    """Quirk 7: 41000, 50000, 70000 and 95000 are departments, not municipalities."""
    apart = [
        r for r in KIDNAPPED.to_pylist()
        if r["series"] == "kidnapped" and colombia.get(r["place"]).level == "unassigned"
    ]  # fmt: skip
    assert {r["place"] for r in apart} == {"CO-41000", "CO-50000", "CO-70000", "CO-95000"}
    assert sum(r["value"] for r in apart) == 6
    assert {r["period"] for r in apart} == {"2003"}


def test_the_ministry_and_the_police_count_the_same_people_but_for_a_revision() -> None:
    differ = {
        year: (total(KIDNAPPED, "kidnapped", str(year)), total(NATION, "kidnapped", str(year)))
        for year in range(2003, 2026)
    }
    assert {year for year, (ours, theirs) in differ.items() if ours != theirs} == {2025}
    assert differ[2025] == (698, 701)


def test_a_year_cut_by_the_interface_is_caught_by_the_national_series(colombia: Gazetteer) -> None:
    """Quirk 11: theft of 2008 lost 74 % to the default limit of rows, and looks like a table like any other."""
    assert total(DEPARTMENTS, "thefts", "2008") == 22736
    assert total(NATION, "thefts", "2008") == 86921
    described = sources.describe("ponal-crime-departments")
    gaps = [c for c in sources.check(described, DEPARTMENTS, colombia) if c.state == "known gap"]
    assert [(c.name, c.found, c.expected) for c in gaps] == [("thefts 2008: sum over places", 22736, 86921)]
    cut = DEPARTMENTS.filter((pc.field("series") == "thefts") & (pc.field("period") == "2008"))
    assert {*cut["status"].to_pylist()} == {"incomplete"}
    undeclared = described.model_copy(update={"known_gaps": {}})
    failed = [c for c in sources.check(undeclared, DEPARTMENTS, colombia) if c.state == "failed"]
    assert [c.name for c in failed] == ["thefts 2008: sum over places"]


def test_sums_of_mixed_units_are_not_read() -> None:
    """Quirk 13: `cantidad` of the drug seizures adds grams, gallons and pills."""
    assert {*NATION["series"].to_pylist()} == {"kidnapped", "threats", "terrorism", "thefts"}
    assert (
        "estupefacientes (adds up seizures in mixed units" in sources.describe("ponal-crime-national").absence
    )


@pytest.mark.shared
def test_departments_add_up_to_the_nation_in_every_year_but_the_one_that_was_cut() -> None:
    for series in ("kidnapped", "threats", "terrorism", "thefts"):
        for year in {*NATION.filter(pc.field("series") == series)["period"].to_pylist()} - {"2008"}:
            assert total(DEPARTMENTS, series, year) == total(NATION, series, year)


@pytest.mark.parametrize(
    ("year", "deaths"), [("1990", 23865), ("1991", 27803), ("1998", 22673), ("2002", 28363)]
)
def test_homicides_before_the_police_register(year: str, deaths: int) -> None:
    table = observations("homicides-1990-2002")
    assert total(table, "homicides_1990_2002", year) == deaths


def test_another_register_is_another_series() -> None:
    """Quirk 24: two definitions of one word are never joined."""
    assert "homicides" not in sources.describe("homicides-1990-2002").series
    assert "massacres" not in sources.describe("cnmh-conflict-cases").series


@pytest.mark.published("UCDP GED, release of 2019, best estimates")
@pytest.mark.parametrize(
    ("year", "deaths"), [("2002", 3427), ("2005", 1702), ("2010", 442), ("2016", 38), ("2018", 149)]
)
def test_deaths_in_organised_violence(year: str, deaths: int) -> None:
    assert total(UCDP, "ucdp_deaths", year) == deaths
    assert (
        sum(total(UCDP, f"ucdp_deaths.{kind}", year) for kind in ("state", "non-state", "civilians"))
        == deaths
    )


def test_events_known_by_department_only_are_in_no_municipality(colombia: Gazetteer) -> None:
    """Quirk 27: one event in five has no municipality, so what municipalities have is a lower bound."""
    whole = UCDP.filter(pc.field("series") == "ucdp_deaths").to_pylist()
    count = {"municipality": 0, "unassigned": 0}
    for row in whole:
        count[colombia.get(row["place"]).level] += int(row["note"].removeprefix("rows added: "))
    assert count == {"municipality": 3716, "unassigned": 916}
    assert colombia.get("CO-00000").parent == "CO"  # in the country's sum alone


# ---- money ----------------------------------------------------------------------------------------------


@pytest.mark.published("ForeignAssistance.gov, obligations to Colombia")
@pytest.mark.parametrize(
    ("year", "millions"),
    [("FY1999", 325.5), ("FY2000", 1168.6), ("FY2008", 715.4), ("FY2012", 697.1), ("FY2015", 839.6)],
)
def test_obligations_by_account_add_up(year: str, millions: float) -> None:
    whole = value(GREENBOOK, "CO", year, "us_assistance.obligated")
    assert whole == pytest.approx(millions * 1e6, abs=5e4)
    parts = [
        r["value"] for r in GREENBOOK.to_pylist()
        if r["period"] == year and r["series"].startswith("us_assistance.obligated.") and not r["series"].endswith("2020")
    ]  # fmt: skip
    assert sum(parts) == pytest.approx(whole, abs=0.5)


@pytest.mark.parametrize(
    ("account", "millions"),
    [("narcotics-control", 336.3), ("esf", 223.8), ("dod-counter-drug", 58.7), ("fmf", 40.0)],
)
def test_accounts_of_2012(account: str, millions: float) -> None:
    found = value(GREENBOOK, "CO", "FY2012", f"us_assistance.obligated.{account}")
    assert found == pytest.approx(millions * 1e6, abs=5e4)


def test_money_taken_back_is_negative_and_the_deflator_is_named() -> None:
    assert value(GREENBOOK, "CO", "FY2005", "us_assistance.obligated.esf") == -535982
    units = {r["unit"] for r in GREENBOOK.to_pylist() if r["series"].endswith("constant-2020")}
    assert units == {"USD of 2020"}


def test_the_transition_quarter_taken_for_a_number_is_no_year() -> None:
    """The copy prints 1976.9 for 1976tq."""
    assert value(GREENBOOK, "CO", "1976-07/1976-09", "us_assistance.obligated") == 13701000
    assert value(GREENBOOK, "CO", "FY1976", "us_assistance.obligated") == pytest.approx(49.2e6, abs=5e4)


@pytest.mark.published("Congressional Budget Justification, country and account summaries")
@pytest.mark.parametrize(
    ("year", "thousands"), [("FY2008", 547861), ("FY2012", 384288), ("FY2016", 288726), ("FY2017", 391253)]
)
def test_budget_tables(year: str, thousands: int) -> None:
    assert value(TABLES, "CO", year, "us_budget_tables.total") == thousands * 1000


def test_the_accounts_of_the_budget_tables_add_up_in_every_year() -> None:
    for year in range(2008, 2018):
        whole = value(TABLES, "CO", f"FY{year}", "us_budget_tables.total")
        parts = sum(
            r["value"] for r in TABLES.to_pylist()
            if r["period"] == f"FY{year}" and r["series"] != "us_budget_tables.total"
        )  # fmt: skip
        assert parts == whole


def test_two_official_series_of_one_year_stay_two() -> None:
    """Quirk of the money: 384.3 million by account, 697.1 million obligated, both of fiscal year 2012."""
    planned = value(TABLES, "CO", "FY2012", "us_budget_tables.total")
    obligated = value(GREENBOOK, "CO", "FY2012", "us_assistance.obligated")
    assert planned is not None
    assert obligated is not None
    assert obligated - planned == pytest.approx(312.8e6, abs=1e5)
    assert not {*TABLES["series"].to_pylist()} & {*GREENBOOK["series"].to_pylist()}


# ---- demining, lights and lists --------------------------------------------------------------------------


def test_demining_adds_up_to_the_list_of_activities() -> None:
    table = observations("demining-activities")
    sums = {
        s: pc.sum(table.filter(pc.field("series") == s)["value"]).as_py()
        for s in set(table["series"].to_pylist())
    }
    assert (sums["demined_area"], sums["devices_destroyed"]) == (6008612, 6862)
    one = table.filter(pc.field("series") == "demined_area")
    assert sum(int(note.removeprefix("rows added: ")) for note in one["note"].to_pylist()) == 3129


def test_demining_in_antioquia_is_there_although_its_codes_lost_their_zeros() -> None:
    """Quirk 5 on real bytes: 5697 for 05697; without the zeros Antioquia and Atlántico vanish."""
    codes = {*observations("demining-activities")["place"].to_pylist()}
    assert sum(code.startswith("CO-05") for code in codes) == 37
    (extract,) = (EXTRACTS / "demining-activities").glob("*")
    rows = list(csv.reader(extract.read_text(encoding="utf-8-sig").splitlines()))
    assert any(row[3] == "5697" for row in rows)


def test_without_a_reason_the_lost_zeros_of_demining_stop_the_reader(colombia: Gazetteer) -> None:
    (extract,) = (EXTRACTS / "demining-activities").glob("*")
    described = small("demining-activities")
    strict = described.model_copy(update={"place": described.place.model_copy(update={"lost_zeros": None})})
    with pytest.raises(BadSource, match="codes lost leading zeros"):
        sources.read(strict, extract, colombia)


def test_a_name_only_this_publisher_uses_holds_for_its_code_alone(colombia: Gazetteer) -> None:
    """Quirk 9: SANTUARIO (05697) is El Santuario in Antioquia; Santuario itself is in Risaralda."""
    (extract,) = (EXTRACTS / "demining-activities").glob("*")
    described = small("demining-activities")
    assert "CO-05697" in sources.read(described, extract, colombia)["place"].to_pylist()
    fewer = {code: names for code, names in described.place.known_as.items() if code != "CO-05697"}
    strict = described.model_copy(update={"place": described.place.model_copy(update={"known_as": fewer})})
    with pytest.raises(BadSource, match=r"CO-05697 is El Santuario, and the file calls it SANTUARIO"):
        sources.read(strict, extract, colombia)


def test_lights_nobody_measured_are_not_dark(colombia: Gazetteer) -> None:
    table, described = observations("viirs-night-lights"), sources.describe("viirs-night-lights")
    assert "CO-52835" not in table["place"].to_pylist()
    assert sources.fill(described, table, colombia, [2020]).num_rows == 0
    means = {year: total(table, "night_lights", year) / 698 for year in ("2022", "2023")}
    assert means["2022"] == pytest.approx(0.61, abs=0.005)
    assert means["2023"] == pytest.approx(0.75, abs=0.005)
    assert "Not growth" in described.known_gaps["2023"]


def test_a_small_number_written_by_a_program_is_read_where_declared() -> None:
    plain, program = NumberFormat(), NumberFormat(exponent=True)
    text = pa.array(["2e-05", "0.5", "1E+3"])
    assert number(text, plain)[1].to_pylist() == [True, False, True]
    assert number(text, program)[0].to_pylist() == [2e-05, 0.5, 1000]


def test_a_decimal_point_lost_in_a_script_is_out_of_bounds(colombia: Gazetteer, tmp_path: Path) -> None:
    """Quirk 15: another copy of the index prints 18434956 for 0.18434956."""
    (extract,) = (EXTRACTS / "uariv-victimisation-risk").glob("*")
    path = tmp_path / extract.name
    path.write_text(extract.read_text(encoding="utf-8").replace(",0.", ","), encoding="utf-8")
    with pytest.raises(BadSource, match="outside the bounds of victimisation_risk"):
        sources.read(small("uariv-victimisation-risk"), path, colombia)


def test_areas_that_are_not_measured_are_not_zero(colombia: Gazetteer) -> None:
    """Quirk 25: the 20 non-municipalised areas are missing in the products of the DNP."""
    (extract,) = (EXTRACTS / "dnp-municipal-performance").glob("*")
    described = small("dnp-municipal-performance")
    table = sources.read(described, extract, colombia)
    filled = sources.fill(described, table, colombia, [2021])
    area = filled.filter(pc.field("place") == "CO-91263").to_pylist()
    assert {(r["value"], r["status"]) for r in area} == {(None, "not_collected")}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("dataset", "series", "period", "printed"),
    [
        ("cnmh-conflict-cases", "cnmh_massacres", "2001", 405),
        ("cnmh-conflict-cases", "cnmh_massacres.victims", "2001", 2407),
        ("pdet-initiatives", "pdet_initiatives", "2019", 31232),
        ("unodc-programme-municipalities", "programme_2017_member", "2017", 50),
        ("migracion-venezuelan-population", "venezuelan_population", "2022-10", 2894536),
    ],
)
def test_sums_of_tables_built_locally(
    dataset: str, series: str, period: str, printed: float, colombia: Gazetteer
) -> None:
    table = sources.read(sources.describe(dataset), publishers(dataset), colombia)
    assert total(table, series, period) == printed
    failed = [c for c in sources.check(sources.describe(dataset), table, colombia) if c.state == "failed"]
    assert not failed


@pytest.mark.shared
@pytest.mark.parametrize(
    ("dataset", "series", "place", "period", "printed"),
    [
        ("terridata-poverty", "multidimensional_poverty", "CO-52835", "2005", 84.5),
        ("terridata-poverty", "multidimensional_poverty", "CO-52835", "2018", 53.7),
        ("terridata-poverty", "multidimensional_poverty", "CO-05120", "2018", 66.4),
        ("terridata-poverty", "multidimensional_poverty", "CO-54720", "2018", 53.8),
        ("dnp-municipal-performance", "municipal_performance", "CO-52835", "2021", 45.0),
        ("dnp-municipal-performance", "municipal_performance", "CO-54720", "2021", 53.5),
        ("migracion-venezuelan-population", "venezuelan_population", "CO-91263", "2022-10", 1297),
        ("uariv-victimisation-risk", "victimisation_risk", "CO-05001", "2022", 0.1708078),
    ],
)
def test_values_of_tables_built_locally(
    dataset: str, series: str, place: str, period: str, printed: float, colombia: Gazetteer
) -> None:
    table = sources.read(sources.describe(dataset), publishers(dataset), colombia)
    assert value(table, place, period, series) == pytest.approx(printed, abs=0.05)


@pytest.mark.shared
def test_poverty_of_2005_is_the_same_by_two_routes(colombia: Gazetteer) -> None:
    """TerriData and the CEDE panel; both are DANE's census."""
    ours = sources.read(sources.describe("terridata-poverty"), publishers("terridata-poverty"), colombia)
    cede = sources.read(
        sources.describe("cede-municipal-constants"), publishers("cede-municipal-constants"), colombia
    )

    def index(table: pa.Table) -> dict[str, float]:
        mine = table.filter(
            (pc.field("series") == "multidimensional_poverty") & (pc.field("period") == "2005")
        )
        return dict(zip(mine["place"].to_pylist(), mine["value"].to_pylist(), strict=True))

    first, second = index(ours), index(cede)
    both = first.keys() & second.keys()
    assert len(both) == 1097
    assert max(abs(first[code] - second[code]) for code in both) < 0.1


# ---- what a description may declare -----------------------------------------------------------------------


def test_rows_left_out_keep_the_lines_of_the_others(
    described: Describe, csv_file: Callable[[str], Path]
) -> None:
    """Quirk 7: foreign rows are left out by name, with the reason, and every other row keeps its line."""
    said = described(
        layout="long", period="{column: year}", values="{ha: {series: coca_area}}",
        leave_out="{where: {ECUADOR: another country, SIN ESTABLECER: no place}}",
    )  # fmt: skip
    text = "code,where,year,ha\nX,ECUADOR,2019,1\n52835,NARINO,2019,2\n,SIN ESTABLECER,2019,3\n05120,ANTIOQUIA,2020,{}\n"
    rows = sources.read(said, csv_file(text.format(4))).to_pylist()
    assert [(r["place"], r["row"], r["value"]) for r in rows] == [("CO-52835", 3, 2), ("CO-05120", 5, 4)]
    assert "Rows left out: ECUADOR (another country); SIN ESTABLECER (no place)." in said.absence
    with pytest.raises(BadNumber, match=r"file.csv:5: column 'ha'"):
        sources.read(said, csv_file(text.format("x")))


def test_thousands_are_multiplied_where_declared(
    described: Describe, csv_file: Callable[[str], Path]
) -> None:
    said = described(layout="long", period="{column: year}", values="{ha: {series: coca_area, times: 1000}}")
    assert sources.read(said, csv_file("code,year,ha\n52835,2019,1.5\n"))["value"].to_pylist() == [1500]


def test_a_sum_with_a_missing_addend_is_missing(described: Describe, csv_file: Callable[[str], Path]) -> None:
    said = described(
        layout="events", period="{column: year}", values="{ha: {series: coca_area}}", low="low",
    )  # fmt: skip
    rows = sources.read(
        said, csv_file("code,year,ha,low\n52835,2019,0.1,0.1\n52835,2019,0.2,\n05120,2019,1,1\n")
    ).to_pylist()
    assert [
        (r["place"], r["value"], r["low"], r["note"]) for r in sorted(rows, key=lambda r: r["place"])
    ] == [
        ("CO-05120", 1.0, 1.0, "rows added: 1"),
        ("CO-52835", 0.3, None, "rows added: 2"),
    ]
