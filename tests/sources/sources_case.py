"""The committed vintages, the extracts, and the publishers' files where they are present."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from vereda import sources
from vereda.terms.source import Batch

ROOT = Path(__file__).resolve().parents[2]
VINTAGES = ROOT / "cases" / "us-colombia" / "vintages"
EXTRACTS = ROOT / "tests" / "data" / "sources"
SHARED = ROOT.parent / "shared" / "data"

FILES = {
    "odc-simci-coca": "colombia/odc-simci-coca/acs4-3wgp_2001-2023_as_published.csv",
    "simci-national-totals": "colombia/odc-simci-coca/national_totals_published.csv",
    "dane-divipola": "colombia/dane-divipola/divipola_2024.csv",
    "pdet": "colombia/pdet/pdet_170_municipalities.csv",
    "ponal-homicides": "colombia/ponal-siedco-crime/homicidios_municipality_year.csv.gz",
    "ponal-extortion": "colombia/ponal-siedco-crime/extorsion_municipality_year.csv.gz",
    "dane-population": "colombia/dane-population/official_municipality_year_area_1985_2035_census2018.csv.gz",
    "dane-adjacency": "colombia/dane-mgn-2018-geometry/queen_adjacency.csv",
    "published-figures": "facts/facts.csv",
    "us-foreign-assistance": "colombia/us-foreign-assistance/colombia_by_transaction_type_fiscal_year.csv",
    "cede-eradication": "colombia/eradication-municipal/eradication_municipality_year_method.csv",
    "upra-eva-crops": "colombia/upra-eva-crops/eva_municipality_crop_2007_2023.parquet",
    "uariv-displacement": "colombia/uariv-displacement/displacement_rate_municipality_4_years.csv.gz",
    "uariv-displacement-national": "colombia/uariv-displacement/national_series_2000_2022.csv",
    "municipal-forest-loss-gfc": "colombia/municipal-forest-loss-gfc/forest_loss_municipality_year.csv.gz",
    "municipal-forest-baseline-gfc": "colombia/municipal-forest-loss-gfc/baseline_2000_and_area.csv",
    "cede-municipal-constants": "colombia/cede-context-panel/municipality_constants.csv.gz",
    "osm-road-density": "colombia/road-density/road_density_municipality.csv",
    "mindefensa-massacres": "colombia/mindefensa-massacres/massacres_municipality_year.csv",
    "vipaa-armed-actors": "colombia/vipaa-armed-actors/municipality_year_actor.csv.gz",
    "mindefensa-kidnapping": "colombia/mindefensa-secuestro/SECUESTRO.xlsx",
    "cede-conflict-panel": "colombia/cede-conflict-panel/panel_conflicto_y_violencia_1993_2017.dta.gz",
    "ponal-crime-departments": "colombia/ponal-siedco-crime/department_year_by_category.csv.gz",
    "ponal-crime-national": "colombia/ponal-siedco-crime/national_year_by_category.csv",
    "homicides-1990-2002": "colombia/homicide-1990-2002/homicides_municipality_year_1990_2002.csv.gz",
    "us-greenbook-accounts": "colombia/us-greenbook-accounts/colombia_accounts_fy1946_2020.csv",
    "us-cbj-accounts": "colombia/us-cbj-country-accounts/selected_countries_accounts_fy2008_2017.csv",
    "unodc-programme-municipalities": "colombia/unodc-danet-2017/programme_municipalities_50.csv",
    "unodc-alternative-development": "colombia/unodc-danet-2017/alternative_development_30_municipalities.csv",
    "demining-activities": "colombia/demining-activities-2019/desminado_v1.csv",
    "cnmh-conflict-cases": "colombia/cnmh-conflict-cases/cases_municipality_year.csv.gz",
    "pdet-initiatives": "colombia/pdet-initiatives-services/pdet_initiatives.csv",
    "viirs-night-lights": "colombia/viirs-nightlights/municipality_year_698_2016_2024.csv.gz",
    "migracion-venezuelan-population": "colombia/migracion-venezuelan-population/venezuelan_population_municipality_2021_2022.csv",
    "dnp-municipal-performance": "colombia/dnp-mdm-2021/mdm_2021_indicators.csv",
    "terridata-poverty": "colombia/terridata-municipal/poverty_indicators.csv.gz",
    "uariv-victimisation-risk": "colombia/uariv-irv-2022/irv_2022.csv",
    "ucdp-events": "colombia/ucdp-ged-colombia/ged_colombia_1989_2018.csv.gz",
    "aiddata-aims-projects": "colombia/aiddata-colombia-aims/projects.csv.gz",
    "aiddata-aims-iati": "colombia/aiddata-colombia-aims/iati_2.03_ColombiaAIMS_GeocodedResearchRelease.xml.gz",
    "dane-municipal-value-added": "colombia/dane-municipal-value-added/value_added_municipality_year_2011_2021.csv.gz",
    "siraj-travel-time": "colombia/siraj-2018-travel-time/travel_time_gcp_municipality.csv",
    "dane-mgn-geometry": "colombia/dane-mgn-2018-geometry/municipalities_simplified.geojson.gz",
    "dane-mgn-departments": "colombia/dane-mgn-2018-geometry/departments_simplified.geojson.gz",
    "cede-context-panel": "colombia/cede-context-panel/municipality_year_1993_2015.parquet",
    "cede-services-panel": "colombia/cede-context-panel/health_services_municipality_year_1998_2016_release2022.parquet",
    "imaginas-social-indicators": "colombia/ninezya-municipal-indicators/indicators_municipality_year.parquet",
    "terridata-ethnic-population": "colombia/terridata-municipal/ethnic_population.csv.gz",
    "deforestation-choco": "colombia/codechoco-deforestation-polygons/municipality_year_cause.csv",
    "viirs-rural-night-lights": "colombia/viirs-nightlights/rural_part_municipality_year_698_2016_2024.csv.gz",
    "ponal-homicides-monthly": "colombia/ponal-siedco-crime/homicide_month_national.csv",
    "dane-population-census-2005": "colombia/dane-population/municipality_year_1993_2014_census2005_urban_rural.csv.gz",
    "unodc-laboratories": "colombia/unodc-danet-2017/laboratories_by_municipality.csv",
    "aiddata-aims-transactions": "colombia/aiddata-colombia-aims/transactions.csv.gz",
    "pdet-public-money": "colombia/pdet-initiatives-services/services_finance_municipality_year_2011_2022.csv.gz",
}


def held(dataset: str) -> Batch:
    """The newest committed vintage of a dataset."""
    parquet = max((VINTAGES / dataset).glob("*.parquet"))
    return sources.read_vintage(parquet, parquet.with_suffix(".yml"))


def observations(dataset: str) -> pa.Table:
    """The table of the newest committed vintage."""
    table = held(dataset).observations
    assert isinstance(table, pa.Table)
    return table


def value(table: pa.Table, place: str, period: str, series: str = "") -> float | None:
    """The one value at a place and period."""
    found = table.filter((pc.field("place") == place) & (pc.field("period") == period))
    if series:
        found = found.filter(pc.field("series") == series)
    assert found.num_rows == 1, f"{found.num_rows} values at {place} in {period}"
    number: float | None = found["value"][0].as_py()
    return number


def publishers(dataset: str) -> Path:
    """The publisher's whole file; the test skips in plain words where it is not held."""
    path = SHARED / FILES[dataset]
    if not path.exists():
        pytest.skip(
            f"the publisher's file {path.name} is not beside the repository; the vintage is tested instead"
        )
    return path
