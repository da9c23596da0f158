"""The sources that the evaluation plans stand on: crops, displacement, forest, eradication, covariates."""

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sources_case import EXTRACTS, observations, publishers, value

from vereda import sources
from vereda.errors import BadSource, UnknownColumn
from vereda.sources.description import Expect
from vereda.terms.place import Gazetteer

CROPS = observations("upra-eva-crops")
EVA_EXTRACT = EXTRACTS / "upra-eva-crops" / "eva_municipality_crop_2007_2023.parquet"


def total(table: pa.Table, series: str, period: str) -> float:
    mine = table.filter((pc.field("series") == series) & (pc.field("period") == period))
    return float(pc.sum(mine["value"]).as_py() or 0.0)


def read(dataset: str, path: Path, colombia: Gazetteer) -> pa.Table:
    small = sources.describe(dataset).model_copy(update={"expect": Expect()})
    return sources.read(small, path, colombia)


@pytest.mark.parametrize(
    ("series", "year", "hectares"),
    [
        ("cacao_area", "2007", 141083),
        ("cacao_area", "2023", 256324.71),
        ("coffee_area", "2023", 842631.94),
        ("oil_palm_area", "2023", 673859.35),
        ("plantain_area", "2023", 486875.72),
        ("cacao_production", "2007", 57481),
        ("cacao_production", "2023", 140108.70),
        ("coffee_production", "2023", 685397.09),
    ],
)
def test_crops_of_the_country(series: str, year: str, hectares: float) -> None:
    assert total(CROPS, series, year) == pytest.approx(hectares, abs=0.005)


@pytest.mark.parametrize(
    ("place", "series", "year", "hectares"),
    [
        ("CO-05120", "cacao_area", "2018", 2044),  # Cáceres, whose code was 5120 until 2018
        ("CO-05120", "legal_crop_area", "2018", 2923),
        ("CO-52835", "oil_palm_area", "2023", 26277),
        ("CO-54720", "cacao_area", "2023", 2076.5),
    ],
)
def test_crops_in_three_municipalities(place: str, series: str, year: str, hectares: float) -> None:
    assert value(CROPS, place, year, series) == pytest.approx(hectares, abs=0.005)


def test_the_lost_zeros_of_antioquia_and_atlantico_are_back() -> None:
    codes = CROPS.filter(pc.field("period") == "2018")["place"].unique().to_pylist()
    assert sum(code.startswith("CO-05") for code in codes) > 100
    assert any(code.startswith("CO-08") for code in codes)


def test_the_year_of_the_survey_of_half_a_year_is_not_read() -> None:
    assert min(CROPS["period"].to_pylist()) == "2007"


def test_the_four_crops_are_parts_of_the_whole() -> None:
    whole = CROPS.filter(pc.field("series") == "legal_crop_area")
    parts = CROPS.filter(
        pc.is_in(
            pc.field("series"), pa.array([f"{c}_area" for c in ("cacao", "coffee", "oil_palm", "plantain")])
        )
    )
    sums = parts.group_by(["place", "period"]).aggregate([("value", "sum")])
    both = sums.join(whole.select(["place", "period", "value"]), ["place", "period"])
    assert both["value"].null_count == 0
    assert pc.all(pc.less_equal(both["value_sum"], pc.add(both["value"], 0.005))).as_py()


def test_tonnes_of_unlike_crops_are_not_added() -> None:
    assert "legal_crop_production" not in set(CROPS["series"].to_pylist())


def test_a_crop_walks_back_to_the_rows_that_were_added(colombia: Gazetteer) -> None:
    table = read("upra-eva-crops", EVA_EXTRACT, colombia)
    printed = pq.read_table(EVA_EXTRACT).to_pylist()
    for row in table.filter(pc.field("series") == "cacao_area").to_pylist():
        first = printed[row["row"] - 1]
        assert first["cultivo"] == "Cacao"
        assert f"CO-{first['divipola_raw'].zfill(5)}" == row["place"]
        if row["note"] == "rows added: 1":
            assert first["area_sembrada"] == row["value"]


def test_halves_of_a_year_and_short_cycle_crops_are_not_added(colombia: Gazetteer) -> None:
    """In the extract: achiote in 05665 by half-year, and rice, maize and cassava everywhere."""
    rows = pq.read_table(EVA_EXTRACT).to_pylist()
    lasting = {"PERMANENTE", "Permanente"}
    ended = {"FORESTALES", "FLORES Y FOLLAJES", "HONGOS"}
    kept = [
        r
        for r in rows
        if r["ciclo_del_cultivo"] in lasting
        and r["periodo"] == str(r["year"])
        and r["grupo_cultivo"] not in ended
    ]
    assert len(kept) < len([r for r in rows if r["ciclo_del_cultivo"] in lasting]) < len(rows)
    table = read("upra-eva-crops", EVA_EXTRACT, colombia)
    whole = pc.sum(table.filter(pc.field("series") == "legal_crop_area")["value"]).as_py()
    assert whole == pytest.approx(sum(r["area_sembrada"] for r in kept), abs=0.05)


def test_a_survey_file_of_another_layout_is_refused(tmp_path: Path, colombia: Gazetteer) -> None:
    rows = pq.read_table(EVA_EXTRACT)
    described = sources.describe("upra-eva-crops").model_copy(update={"expect": Expect()})
    fewer = tmp_path / "fewer.parquet"
    pq.write_table(rows.drop_columns(["rendimiento"]), fewer)
    with pytest.raises(UnknownColumn, match="not those described"):
        sources.read(described, fewer, colombia)
    strange = tmp_path / "strange.parquet"
    at = rows.column_names.index("ciclo_del_cultivo")
    other = pa.array(["Perenne"] * rows.num_rows)
    pq.write_table(rows.set_column(at, "ciclo_del_cultivo", other), strange)
    with pytest.raises(BadSource, match="the cycle 'Perenne' is not described"):
        sources.read(described, strange, colombia)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(EVA_EXTRACT.read_bytes()[:-100])
    with pytest.raises(BadSource, match="cut, damaged or of another format"):
        sources.read(described, cut, colombia)


def test_a_zero_lost_after_2018_is_not_put_back(tmp_path: Path, colombia: Gazetteer) -> None:
    """Only the older of the publisher's files lost its zeros; a new loss is news."""
    rows = pq.read_table(EVA_EXTRACT)
    short = pc.replace_substring_regex(pc.cast(rows["divipola_raw"], pa.string()), "^0", "")
    path = tmp_path / "short.parquet"
    pq.write_table(rows.set_column(0, "divipola_raw", short), path)
    with pytest.raises(BadSource, match="codes lost leading zeros: 5120 -> 05120"):
        read("upra-eva-crops", path, colombia)


def test_a_case_brings_no_program(
    described: Callable[..., sources.SourceDescription], csv_file: Callable[[str], Path]
) -> None:
    says = described(
        read_by="read.py", layout="long", period="{column: year}", values="{ha: {series: coca_area}}"
    )
    with pytest.raises(BadSource, match="A case brings descriptions, not programs"):
        sources.read(says, csv_file("code,year,ha\n52835,2020,1\n"))


@pytest.mark.published("UARIV, Registro Único de Víctimas, cut of August 2023")
def test_displacement_of_the_country() -> None:
    table = observations("uariv-displacement-national")
    assert value(table, "CO", "2002", "displaced_persons") == 838276
    assert value(table, "CO", "2022", "displaced_persons") == 290527
    assert value(table, "CO", "2022", "displaced_persons_mass") == 64528


@pytest.mark.shared
@pytest.mark.parametrize(("year", "percent"), [("2002", 2.3), ("2008", 2.3), ("2013", 1.9), ("2022", 2.7)])
def test_municipal_rates_add_up_to_the_national_counts(
    year: str, percent: float, colombia: Gazetteer
) -> None:
    """Within three per cent: the rates were divided by a slightly smaller population of 2024 than DANE's."""
    rates = read("uariv-displacement", publishers("uariv-displacement"), colombia)
    people = observations("dane-population").filter(
        (pc.field("series") == "population") & (pc.field("period") == "2024")
    )
    mine = rates.filter(pc.field("period") == year).select(["place", "value"])
    both = mine.join(people.select(["place", "value"]).rename_columns(["place", "people"]), "place")
    victims = pc.sum(pc.multiply(both["value"], both["people"])).as_py() / 1000
    counted = value(observations("uariv-displacement-national"), "CO", year, "displaced_persons")
    assert counted is not None
    assert 100 * (victims / counted - 1) == pytest.approx(percent, abs=0.05)


@pytest.mark.shared
def test_the_highest_rate_is_bojaya_in_2002(colombia: Gazetteer) -> None:
    rates = read("uariv-displacement", publishers("uariv-displacement"), colombia)
    top = rates.sort_by([("value", "descending")]).slice(0, 1).to_pylist()[0]
    assert (top["place"], top["period"], round(top["value"])) == ("CO-27099", "2002", 1504)


def test_forest_north_of_the_missing_tile_is_missing_and_not_zero(colombia: Gazetteer) -> None:
    (path,) = (EXTRACTS / "municipal-forest-loss-gfc").glob("*")
    described = sources.describe("municipal-forest-loss-gfc")
    table = read("municipal-forest-loss-gfc", path, colombia)
    assert value(table, "CO-52835", "2023") == 200
    assert value(table, "CO-20001", "2023") is None  # Valledupar: the southern part alone was counted
    filled = sources.fill(described, table, colombia, [2022])
    assert value(filled, "CO-52835", "2022") == 0
    assert value(filled, "CO-47001", "2022") is None  # Santa Marta
    assert filled["value"].null_count == 84


def test_area_is_known_where_forest_is_not(colombia: Gazetteer) -> None:
    (path,) = (EXTRACTS / "municipal-forest-baseline-gfc").glob("*")
    table = read("municipal-forest-baseline-gfc", path, colombia)
    assert value(table, "CO-20001", "2000", "forest_area") is None
    assert value(table, "CO-20001", "2000", "municipal_area") == 4000.25


@pytest.mark.shared
def test_no_municipality_has_more_forest_than_land(colombia: Gazetteer) -> None:
    table = read("municipal-forest-baseline-gfc", publishers("municipal-forest-baseline-gfc"), colombia)
    forest = table.filter((pc.field("series") == "forest_area") & pc.is_valid(pc.field("value")))
    area = table.filter(pc.field("series") == "municipal_area")
    both = forest.select(["place", "value"]).join(
        area.select(["place", "value"]).rename_columns(["place", "area"]), "place"
    )
    assert both.num_rows == 1038
    assert pc.max(pc.divide(both["value"], both["area"])).as_py() == pytest.approx(0.994, abs=0.0005)


def test_the_altitude_of_silvia_is_not_believed(colombia: Gazetteer) -> None:
    (path,) = (EXTRACTS / "cede-municipal-constants").glob("*")
    table = read("cede-municipal-constants", path, colombia)
    assert value(table, "CO-19743", "2005", "altitude") is None
    assert value(table, "CO-19743", "2005", "multidimensional_poverty") == 80.5
    assert table.filter(pc.field("place") == "CO-94888")["series"].to_pylist().count("soil_suitability") == 0


@pytest.mark.shared
@pytest.mark.parametrize(("place", "percent"), [("CO-52835", 84.5), ("CO-05120", 88.7), ("CO-54720", 83.1)])
def test_poverty_of_2005(place: str, percent: float, colombia: Gazetteer) -> None:
    table = read("cede-municipal-constants", publishers("cede-municipal-constants"), colombia)
    assert value(table, place, "2005", "multidimensional_poverty") == pytest.approx(percent, abs=0.05)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("series", "year", "hectares"),
    [
        ("aerial_spraying_area", "2003", 16198.6),
        ("aerial_spraying_area", "2005", 28563.2),
        ("manual_eradication_area", "2019", 25282.8),
    ],
)
def test_eradication_in_tumaco(series: str, year: str, hectares: float, colombia: Gazetteer) -> None:
    table = read("cede-eradication", publishers("cede-eradication"), colombia)
    assert value(table, "CO-52835", year, series) == pytest.approx(hectares, abs=0.05)


@pytest.mark.shared
def test_each_method_has_its_own_years_in_an_extract(colombia: Gazetteer) -> None:
    """Of a few rows as the panel has them: a year outside a method's own says nothing of a place that is not listed."""
    whole = sources.describe("cede-eradication")
    described = whole.model_copy(
        update={"expect": whole.expect.model_copy(update={"rows": None, "totals": {}})}
    )
    table = sources.read(described, EXTRACTS / "cede-eradication" / described.file, colombia)
    filled = sources.fill(described, table, colombia, [1995, 2001, 2018])
    absent = {(r["series"], r["period"]): r["value"] for r in filled.to_pylist() if r["place"] == "CO-88564"}
    assert absent == {
        ("aerial_spraying_area", "1995"): 0, ("aerial_spraying_area", "2001"): 0, ("aerial_spraying_area", "2018"): None,
        ("manual_eradication_area", "1995"): None, ("manual_eradication_area", "2001"): None, ("manual_eradication_area", "2018"): 0,
    }  # fmt: skip


def test_each_method_has_its_own_years(colombia: Gazetteer) -> None:
    """No spraying in 2001 is zero; no manual eradication in 2001 says nothing: that record is thin before 2005."""
    described = sources.describe("cede-eradication")
    table = sources.read(described, publishers("cede-eradication"), colombia)
    filled = sources.fill(described, table, colombia, [1995, 2001, 2012, 2018])
    bogota = {
        (r["series"][:6], r["period"]): r["value"] for r in filled.to_pylist() if r["place"] == "CO-11001"
    }
    assert bogota == {
        ("aerial", "1995"): 0,
        ("aerial", "2001"): 0,
        ("aerial", "2012"): 0,
        ("aerial", "2018"): None,  # the panel's spraying ends in 2015
        ("manual", "1995"): None,  # and its manual eradication begins in 1998
        ("manual", "2001"): None,
        ("manual", "2012"): 0,
        ("manual", "2018"): 0,
    }
    thin = table.filter(pc.field("status") == "incomplete")
    assert set(thin["series"].to_pylist()) == {"manual_eradication_area"}
    assert set(thin["period"].to_pylist()) == {str(year) for year in range(1998, 2005)}


def test_a_series_outside_its_years_does_not_reconcile(
    described: Callable[..., sources.SourceDescription], csv_file: Callable[[str], Path]
) -> None:
    says = described(
        layout="long",
        period="{column: year}",
        series="{coca_area: {unit: ha, years: 2019-2019}}",
        values="{ha: {series: coca_area}}",
    )
    table = sources.read(says, csv_file("code,year,ha\n52835,2020,1\n"))
    failed = [c for c in sources.check(says, table) if c.state == "failed"]
    assert [c.name for c in failed] == ["years of coca_area"]
    assert "2020" in failed[0].note


@pytest.mark.published("README of ViPAA 1.3: total number of observations 80,121")
def test_mentions_of_armed_actors() -> None:
    table = observations("vipaa-armed-actors")
    assert pc.sum(table["value"]).as_py() == 80121
    assert len(table["place"].unique()) == 915


@pytest.mark.parametrize(
    ("year", "events", "victims"), [("2022", 93, 340), ("2023", 100, 333), ("2024", 87, 302)]
)
def test_massacres(year: str, events: int, victims: int) -> None:
    table = observations("mindefensa-massacres")
    assert total(table, "massacres", year) == events
    assert total(table, "massacre_victims", year) == victims


def test_many_places_without_figures_are_counted_and_not_listed() -> None:
    said = sources.describe("municipal-forest-loss-gfc").absence
    assert "Not collected in 85 places that the description names." in said
    assert not re.search(r"CO-\d", said)
