"""Figures that were printed elsewhere, against the committed vintages. Runs anywhere."""

import csv

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sources_case import observations, publishers, value

from vereda import sources
from vereda.terms.place import Gazetteer

COCA = observations("odc-simci-coca")
HOMICIDES = observations("ponal-homicides")
EXTORTION = observations("ponal-extortion")
POPULATION = observations("dane-population")
FIGURES = observations("published-figures")
AID = observations("us-foreign-assistance")


def total(table: pa.Table, period: str, series: str = "") -> float:
    mine = table.filter(pc.field("period") == period)
    if series:
        mine = mine.filter(pc.field("series") == series)
    return float(pc.sum(mine["value"]).as_py())


@pytest.mark.parametrize(
    ("place", "year", "hectares"),
    [
        ("CO-52835", "2013", 6612),
        ("CO-52835", "2016", 23148.0),
        ("CO-52835", "2020", 8832.9),
        ("CO-52835", "2023", 22999.6),
        ("CO-05120", "2013", 143),
        ("CO-05120", "2016", 1131.3),
        ("CO-05120", "2020", 1273.9),
        ("CO-05120", "2023", 2116.2),
        ("CO-54720", "2013", 837),
        ("CO-54720", "2016", 3847.4),
        ("CO-54720", "2019", 6516.0),
        ("CO-54720", "2020", 4603),  # printed 4.603, a thousand in the Spanish column
        ("CO-54720", "2023", 4299.8),
    ],
)
def test_coca_in_three_municipalities(place: str, year: str, hectares: float) -> None:
    assert value(COCA, place, year) == pytest.approx(hectares, abs=0.05)


@pytest.mark.parametrize(("year", "count"), [("2016", 183), ("2020", 172), ("2023", 181)])
def test_municipalities_with_coca(year: str, count: int) -> None:
    assert COCA.filter((pc.field("period") == year) & (pc.field("value") > 0)).num_rows == count


@pytest.mark.parametrize(
    ("department", "year", "hectares"),
    [
        ("CO-54", "2020", 40083.8),
        ("CO-52", "2020", 30751.6),
        ("CO-52", "2022", 59746.8),
        ("CO-86", "2022", 48034.4),
    ],
)
@pytest.mark.published("UNODC/SIMCI, by department")
def test_coca_by_department(department: str, year: str, hectares: float, colombia: Gazetteer) -> None:
    inside = pa.array(colombia.municipalities(department))
    mine = COCA.filter(pc.is_in(COCA["place"], inside)).filter(pc.field("period") == year)
    assert pc.sum(mine["value"]).as_py() == pytest.approx(hectares, abs=0.05)


@pytest.mark.published("UNODC/SIMCI, Monitoreo 2024, historical series")
def test_coca_2020_is_read_in_the_locale_of_its_column() -> None:
    assert total(COCA, "2020") == pytest.approx(142784.7, abs=0.05)


def test_two_years_of_coca_are_known_to_be_incomplete(colombia: Gazetteer) -> None:
    incomplete = COCA.filter(pc.field("status") == "incomplete")
    assert set(incomplete["period"].to_pylist()) == {"2001", "2009"}
    gaps = [
        c for c in sources.check(sources.describe("odc-simci-coca"), COCA, colombia) if c.state == "known gap"
    ]
    assert [round(100 * (c.found / c.expected - 1), 2) for c in gaps if c.found and c.expected] == [
        -5.45,
        -6.99,
    ]


def test_a_coca_cell_walks_back_to_its_line() -> None:
    row = COCA.filter((pc.field("place") == "CO-54720") & (pc.field("period") == "2020")).to_pylist()[0]
    lines = publishers("odc-simci-coca").read_text(encoding="utf-8").splitlines()
    assert '"54720"' in lines[row["row"] - 1]
    assert '"4.603"' in lines[row["row"] - 1]
    assert row["col"] == "2020"


def test_national_totals_keep_the_vintage_in_which_they_were_printed() -> None:
    totals = observations("simci-national-totals")
    assert set(totals["vintage"].to_pylist()) == {"2016-07", "2026-06"}
    assert value(totals, "CO", "2024") == 261386
    assert value(totals, "CO", "2009") == 73139


@pytest.mark.parametrize(
    ("place", "year", "deaths"),
    [
        ("CO-52835", "2017", 203),
        ("CO-52835", "2023", 90),
        ("CO-52835", "2025", 40),
        ("CO-05120", "2019", 80),
        ("CO-05120", "2023", 18),
        ("CO-54720", "2016", 18),
        ("CO-54720", "2023", 8),
    ],
)
def test_homicides(place: str, year: str, deaths: int) -> None:
    assert value(HOMICIDES, place, year) == deaths


@pytest.mark.parametrize(
    ("year", "deaths"), [("2012", 15833), ("2017", 11957), ("2022", 13536), ("2025", 14038)]
)
def test_homicides_of_the_country(year: str, deaths: int) -> None:
    assert total(HOMICIDES, year) == deaths


def test_crime_adds_up_to_what_an_unrelated_project_reports() -> None:
    assert pc.sum(HOMICIDES["value"]).as_py() == 343680
    assert pc.sum(EXTORTION["value"]).as_py() == 130150
    assert set(HOMICIDES.filter(pc.field("status") == "incomplete")["period"].to_pylist()) == {"2026"}


def test_cases_without_a_municipality_are_kept_apart(colombia: Gazetteer) -> None:
    rest = [r for r in EXTORTION.to_pylist() if colombia.get(r["place"]).level == "unassigned"]
    assert sum(r["value"] for r in rest) == 5
    assert "CO-08000" not in colombia.municipalities("CO")


@pytest.mark.parametrize(
    ("place", "all_of_it", "rural"),
    [("CO-52835", 265599, 175870), ("CO-05120", 30925, 23574), ("CO-54720", 28749, 17418)],
)
def test_population_of_2023(place: str, all_of_it: int, rural: int) -> None:
    assert value(POPULATION, place, "2023", "population") == all_of_it
    assert value(POPULATION, place, "2023", "population_rural") == rural


@pytest.mark.published("DANE, projections based on the census of 2018")
def test_population_of_the_country() -> None:
    assert total(POPULATION, "2018", "population") == 48258494
    assert total(POPULATION, "2023", "population") == 52215503


def test_nobody_before_creation_is_no_denominator() -> None:
    none = POPULATION.filter(pc.field("status") == "not_collected")
    assert none["value"].null_count == none.num_rows == 3 * 1007
    assert value(POPULATION, "CO-94663", "2020", "population") is None
    assert value(POPULATION, "CO-94663", "2019", "population") is not None


@pytest.mark.parametrize(
    ("year", "millions"),
    [("FY1999", 325.5), ("FY2000", 1168.6), ("FY2008", 715.4), ("FY2015", 840.0), ("FY2022", 620.7)],
)
def test_obligations_to_colombia(year: str, millions: float) -> None:
    assert value(AID, "CO", year, "us_assistance.obligated") == pytest.approx(millions * 1e6, abs=5e4)


def test_the_transition_quarter_is_no_fiscal_year() -> None:
    assert value(AID, "CO", "1976-07/1976-09", "us_assistance.obligated") == 13701000
    assert value(AID, "CO", "FY1976", "us_assistance.obligated") is not None


def test_members_of_pdet() -> None:
    pdet = observations("pdet")
    assert pdet.num_rows == 170
    subregion = {r["place"]: r["note"] for r in pdet.to_pylist()}
    assert subregion["CO-52835"] == "Pacífico y Frontera Nariñense"
    sizes = sorted((list(subregion.values()).count(s) for s in set(subregion.values())), reverse=True)
    assert sizes == [24, 17, 15, 15, 14, 13, 12, 11, 9, 8, 8, 7, 5, 4, 4, 4]


@pytest.mark.parametrize(("year", "percent"), [("2016", 94.5), ("2020", 94.9), ("2023", 93.7)])
def test_share_of_coca_in_pdet(year: str, percent: float) -> None:
    members = pc.is_in(COCA["place"], observations("pdet")["place"].combine_chunks())
    assert 100 * total(COCA.filter(members), year) / total(COCA, year) == pytest.approx(percent, abs=0.05)


def test_published_figures_are_all_there() -> None:
    assert FIGURES.num_rows == 350
    count = {name: FIGURES["status"].to_pylist().count(name) for name in ("leaked", "computed", "rounded")}
    assert count == {"leaked": 1, "computed": 4, "rounded": 33}
    row = FIGURES.filter(pc.field("period") == "2018-06").to_pylist()[0]
    assert (row["series"], row["value"], row["row"]) == ("pnis_voluntary_eradication", 23770, 185)
    wide = FIGURES.filter(pc.field("series") == "global_cocaine_manufacture").to_pylist()[0]
    assert (wide["low"], wide["value"], wide["high"], wide["place"]) == (788, 924, 1060, "XX-WORLD")


def test_cells_held_back_stay_absent() -> None:
    """Three cells of UNODC-SIMCI are left out on purpose; no row without a number stands in for them."""
    assert FIGURES["value"].null_count == 0


def test_neighbours() -> None:
    pairs = observations("dane-adjacency")
    assert pairs.num_rows == 3285
    ends = pairs["a"].to_pylist() + pairs["b"].to_pylist()
    assert (ends.count("CO-54720"), ends.count("CO-05120"), ends.count("CO-52835")) == (9, 6, 4)


@pytest.mark.shared
def test_departments_agree_with_the_check_file(colombia: Gazetteer) -> None:
    """The compilers summed the same table by department and year: 552 sums."""
    path = publishers("published-figures").with_name("coca_area_department.csv")
    parent = {code: colombia.get(code).parent for code in set(COCA["place"].to_pylist())}
    sums: dict[tuple[str, str], float] = {}
    for row in COCA.to_pylist():
        key = (parent[row["place"]] or "", row["period"])
        sums[key] = sums.get(key, 0.0) + row["value"]
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 552
    for row in rows:
        found = sums[f"CO-{row['divipola_department']}", row["year"]]
        assert found == pytest.approx(float(row["coca_area_ha"]), abs=0.051)


@pytest.mark.shared
def test_priority_municipalities_agree_with_the_check_file() -> None:
    path = publishers("published-figures").with_name("coca_area_priority_municipalities.csv")
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 115
    for row in rows:
        found = value(COCA, f"CO-{row['divipola_municipality']}", row["year"])
        assert found == pytest.approx(float(row["coca_area_ha"]), abs=0.051)


def test_constant_dollars_have_one_factor_a_year_and_it_is_one_in_the_base_year() -> None:
    """The file states no base: obligations and disbursements are in dollars of 2021, planned amounts in dollars of 2019."""
    held = {(r["series"], r["period"]): r["value"] for r in AID.to_pylist()}

    def factor(stage: str, year: str) -> float:
        return float(held[f"us_assistance.{stage}", year] / held[f"us_assistance.{stage}.constant", year])

    for stage in ("obligated", "disbursed"):
        assert factor(stage, "FY2021") == pytest.approx(1, abs=1e-6)
        assert (round(factor(stage, "FY2020"), 3), round(factor(stage, "FY2023"), 3)) == (0.970, 1.062)
    assert factor("appropriated", "FY2019") == pytest.approx(1, abs=1e-6)
    assert factor("appropriated", "FY2021") != pytest.approx(1, abs=0.01)
