"""Every indicator by hand: figures as they are printed in the sources, and what the formula makes of them."""

import numpy as np
import pytest

import vereda.indicators  # noqa: F401
from vereda import sources
from vereda.sources.description import LIVE
from vereda.terms.indicator import REGISTRY, Array

Example = tuple[tuple[list[float], ...], list[float]]

#: indicator: (what goes in, what comes out). Where what goes in comes out, the indicator is a publisher's own measure.
EXAMPLES: dict[str, Example] = {
    "coca_area": (([8832.9, 1273.9, 4603.0],), [8832.9, 1273.9, 4603.0]),  # Tumaco, Cáceres, Sardinata 2020
    "coca_share": (([60.0, 30.0, 10.0],), [60.0, 30.0, 10.0]),
    "coca_hhi": (([50.0, 50.0],), [0.5]),
    "coca_top10": (([10.0] * 10 + [50.0],), [140 / 1.5]),
    "coca_places": (([0.0, 0.1, 5.0],), [2.0]),
    "potential_cocaine_hcl": (([2664.0],), [2664.0]),  # 2023
    "homicides": (([90.0, 18.0, 8.0],), [90.0, 18.0, 8.0]),  # Tumaco, Cáceres, Sardinata 2023
    "homicide_rate": (([90.0], [265_599.0]), [33.886]),  # Tumaco 2023
    "extortion": (([9.0],), [9.0]),
    "extortion_rate": (([9.0], [30_925.0]), [29.103]),
    "kidnapped": (([207.0],), [207.0]),  # Colombia 2016
    "kidnapping_rate": (([3.0], [265_599.0]), [1.1295]),
    "manual_eradication": (([130_147.3],), [130_147.3]),  # Colombia 2020
    "manual_eradication_area": (([25_282.8, 2_184.1],), [25_282.8, 2_184.1]),  # Tumaco, Cáceres 2019
    "aerial_spraying_area": (([28_563.2, 3_883.6],), [28_563.2, 3_883.6]),  # Tumaco, Cáceres 2005
    "cocaine_seized": (([746.3],), [746.3]),  # Colombia 2023
    "cocaine_seized_by_place": (([80.0125, 48.7],), [80.0125, 48.7]),
    "coca_base_seized_by_place": (([1.25, 0.4],), [1.25, 0.4]),
    "coca_base_paste_seized": (([98.233],), [98.233]),  # Colombia 2023
    "drug_labs_destroyed": (([5_329.0],), [5_329.0]),  # Colombia 2024
    "drug_infrastructure_destroyed": (([12.0],), [12.0]),
    "laboratories_dismantled": (([7.0],), [7.0]),
    "displaced_persons": (([290_527.0],), [290_527.0]),  # Colombia 2022
    "forced_displacement_rate": (([108_156.0, 5.0], [50_407_647.0, 0.0]), [214.563, np.nan]),  # Colombia 2020
    "legal_crop_area": (([3_412_725.0],), [3_412_725.0]),  # Colombia 2023
    "cacao_area": (([256_325.0],), [256_325.0]),  # Colombia 2023
    "coffee_area": (([842_632.0],), [842_632.0]),  # Colombia 2023
    "cacao_production": (([140_108.7],), [140_108.7]),  # Colombia 2023
    "coffee_production": (([685_397.1],), [685_397.1]),  # Colombia 2023
    "us_assistance.disbursed.constant": (([674.4e6],), [674.4e6]),  # 700.8 current of 2022 over 1.0391
    "us_assistance.appropriated": (([384.3e6],), [384.3e6]),
    "us_assistance.obligated": (([1_168.6e6],), [1_168.6e6]),  # fiscal year 2000
    "us_assistance.disbursed": (([700.8e6],), [700.8e6]),  # fiscal year 2022
    "us_assistance.obligated.constant-2020": (
        ([812_554_300.0],),
        [812_554_300.0],
    ),  # fiscal year 2020: current and constant are the same
}


def test_every_indicator_has_one() -> None:
    """Rises and falls between two years have theirs in the tests of coca."""
    assert {*EXAMPLES} == {name for name, rule in REGISTRY.items() if rule.role != "flows"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_worked_example(name: str) -> None:
    given, expected = EXAMPLES[name]
    inputs: list[Array] = [np.array(values) for values in given]
    found = np.atleast_1d(REGISTRY[name].formula(*inputs))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name, rule in REGISTRY.items() if rule.needs == (name,)])
def test_a_publishers_measure_keeps_its_unit(name: str) -> None:
    """An indicator that is a series is in the unit of every description that brings the series."""
    described = [sources.describe(d) for d in (*sources.datasets(), *sources.datasets(LIVE))]
    units = {d.series[name].unit for d in described if d.kind == "observations" and name in d.series}
    assert units == {REGISTRY[name].unit}
