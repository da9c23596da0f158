"""Parameters for tests: a small country of two regions with invented numbers, and makers of more."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from vereda.measurement.parameters import Parameter, ParameterSet, parameter_set

TODAY = date(2025, 1, 1)
REGIONS, WHOLE = ("XX-A", "XX-B"), "XX"


def parameter(
    name: str, region: str, year: int, value: float, unit: str, spread: float = 0.1, **more: Any
) -> Parameter:
    """`value` give or take `spread` of it, uniform; fixed where there is no spread."""
    ends = {"low": value * (1 - spread), "high": value * (1 + spread)}
    given = {"distribution": "uniform" if spread and value else "fixed", "survey_year": None, "vintage": str(year + 1),
             "source": "INVENTED", "locator": f"parameters.csv:{year}", **ends, **more}  # fmt: skip
    return Parameter(name, region, year, value, unit=unit, **given)


def small_country(spread: float = 0.1) -> list[Parameter]:
    """Two regions, areas of 2018-2021, one survey of yields in each region and a second one in XX-A."""
    found = []
    for i, region in enumerate(REGIONS):
        for year in range(2018, 2022):
            found.append(parameter("census_area", region, year, 1000.0 * (i + 1) + 10 * year, "ha", spread))
            found.append(parameter("added_area", region, year, 50.0 * (i + 1), "ha", spread))
        found.append(parameter("productive_ratio", region, 2018, 1.03 + i / 100, "1", spread))
        found.append(
            parameter("fresh_leaf_yield", region, 2018, 5.0 + i, "t/ha/yr", spread, survey_year=2018)
        )
        found.append(parameter("hcl_per_leaf", region, 2018, 1.1 + i / 10, "kg/t", spread))
        found.append(parameter("hcl_per_ha", region, 2018, 6.0 + i, "kg/ha", spread))
        for route, share, made in (("leaf", 0.5, 1.5), ("paste", 0.4, 1.7), ("base", 0.1, 1.6)):
            found.append(parameter(f"share_{route}", region, 2018, share, "1", spread))
            found.append(parameter(f"base_from_{route}", region, 2018, made, "kg/t", spread))
    found.append(parameter("fresh_leaf_yield", "XX-A", 2020, 5.6, "t/ha/yr", spread, survey_year=2020))
    found.append(parameter("base_purity", WHOLE, 2018, 0.8, "1", spread))
    found.append(parameter("hcl_per_base", WHOLE, 2018, 0.9, "kg/kg", spread))
    found.append(parameter("purity_step", WHOLE, 2018, 0.77, "1", spread))
    return found


@pytest.fixture
def country() -> list[Parameter]:
    return small_country()


@pytest.fixture
def held(country: list[Parameter]) -> ParameterSet:
    return parameter_set(country, "harvest", REGIONS, WHOLE, TODAY)


@pytest.fixture
def make() -> Callable[..., Parameter]:
    return parameter
