import numpy as np
import pytest

from vereda.indicators.violence import extortion_rate, homicide_rate, kidnapping_rate


def test_no_deaths_is_a_rate_of_zero_and_no_population_is_no_rate() -> None:
    rate = homicide_rate(np.array([0.0, 5.0, 2.0]), np.array([1000.0, 0.0, np.nan]))
    assert rate[0] == 0
    assert np.isnan(rate[1:]).all()


def test_worked_example() -> None:
    assert homicide_rate(np.array([18.0]), np.array([30_925.0]))[0] == pytest.approx(58.2, abs=0.05)
    assert extortion_rate(np.array([1.0]), np.array([100_000.0]))[0] == 1


def test_kidnapping_worked_example() -> None:
    assert kidnapping_rate(np.array([3.0]), np.array([265_599.0]))[0] == pytest.approx(1.13, abs=0.005)
    none = kidnapping_rate(np.array([0.0, 1.0]), np.array([1000.0, 0.0]))
    assert none[0] == 0
    assert np.isnan(none[1])
