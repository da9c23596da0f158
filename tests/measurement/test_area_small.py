"""Fay-Herriot: the milk data with all its published values, known truth, and refusals."""

import csv
from pathlib import Path

import numpy as np
import pytest

from vereda.errors import BadDesign
from vereda.measurement.area.small_area import fay_herriot, pooled_variance

DATA = Path(__file__).parents[1] / "data" / "area" / "milk.csv"


@pytest.fixture(scope="module")
def milk() -> dict[str, np.ndarray]:
    with DATA.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    found = {name: np.array([float(r[name]) for r in rows]) for name in rows[0]}
    major = found["major_area"]
    found["x"] = np.column_stack([np.ones(43), *((major == k).astype(float) for k in (2, 3, 4))])
    return found


@pytest.mark.published(
    "Molina & Marhuenda (2015), R Journal 7, 81-98, and R sae, by way of the tests of samplics"
)
@pytest.mark.parametrize("method", ["reml", "ml", "moment"])
def test_milk(milk: dict[str, np.ndarray], method) -> None:
    """43 areas: 86 printed values for each method. Theirs stop at a tolerance of 1e-4, so the last digit may differ."""
    found = fay_herriot(milk["yi"], milk["sd"] ** 2, milk["x"], method)
    assert found.estimate == pytest.approx(milk[f"eblup_{method}"], abs=2e-6)
    assert found.mse == pytest.approx(milk[f"mse_{method}"], abs=5e-7)


@pytest.mark.published("the same: fixed effects and their standard errors, seven digits")
def test_milk_coefficients(milk: dict[str, np.ndarray]) -> None:
    found = fay_herriot(milk["yi"], milk["sd"] ** 2, milk["x"])
    assert found.beta == pytest.approx([0.9681890, 0.1327801, 0.2269462, -0.2413011], abs=3e-7)
    assert found.beta_se == pytest.approx([0.06936208, 0.10300072, 0.09232981, 0.08161707], abs=3e-7)


def test_a_place_without_points_has_the_models_word_and_a_larger_error(milk: dict[str, np.ndarray]) -> None:
    y, variance = milk["yi"].copy(), milk["sd"] ** 2
    y[4] = variance[4] = np.nan
    found = fay_herriot(y, variance, milk["x"])
    assert found.synthetic.tolist() == [i == 4 for i in range(43)]
    assert found.estimate[4] == pytest.approx(milk["x"][4] @ found.beta)
    assert found.mse[4] > found.model_variance
    assert found.gamma[4] == 0


def test_a_sure_place_keeps_its_own_word_and_an_unsure_one_takes_the_models() -> None:
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(40), rng.normal(size=40)])
    y = x @ np.array([3.0, 1.0]) + rng.normal(size=40)
    psi = np.full(40, 0.2)
    psi[0], psi[1] = 1e-8, 1e4
    found = fay_herriot(y, psi, x)
    assert found.estimate[0] == pytest.approx(y[0], abs=1e-5)
    assert found.estimate[1] == pytest.approx(x[1] @ found.beta, abs=1e-2)
    assert found.mse[0] < 1e-6


def test_the_printed_error_is_the_one_that_is_made() -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(50), rng.normal(size=50)])
    psi = np.geomspace(0.3, 3, 50)
    printed, made = [], []
    for _ in range(150):
        truth = x @ np.array([5.0, 2.0]) + rng.normal(size=50)
        found = fay_herriot(truth + np.sqrt(psi) * rng.normal(size=50), psi, x)
        printed.append(found.mse.mean())
        made.append(((found.estimate - truth) ** 2).mean())
    assert np.mean(printed) == pytest.approx(np.mean(made), rel=0.08)


def test_pooled_variance_is_there_where_no_hit_is() -> None:
    found = pooled_variance(np.array([0, 3, 1, 0]), np.array([20, 40, 20, 0]))
    assert found[:3] == pytest.approx([0.05 * 0.95 / 20, 0.05 * 0.95 / 40, 0.05 * 0.95 / 20])
    assert np.isnan(found[3])


ONES = np.ones((5, 1))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fay_herriot(np.ones(5), np.array([1, 1, 0, 1, 1.0]), ONES), "Place number 2 has a sampling variance of zero"),
        (lambda: fay_herriot(np.ones(4), np.ones(5), ONES), "one row of x"),
        (lambda: fay_herriot(np.ones(5), np.ones(5), np.full((5, 1), np.nan)), "x is missing"),
        (lambda: fay_herriot(np.array([1, np.nan, 1, 1, 1]), np.ones(5), ONES), "without variance"),
        (lambda: fay_herriot(np.ones(5), np.ones(5), np.ones((5, 2))), "cannot carry a model"),
        (lambda: fay_herriot(np.ones(5), np.ones(5), ONES, "eb"), "No method 'eb'"),  # type: ignore[arg-type]
        (lambda: pooled_variance(np.zeros(2, dtype=int), np.array([5, 5])), "no variance to pool"),
    ],
)  # fmt: skip
def test_refusals(call, says: str) -> None:
    with pytest.raises(BadDesign, match=says):
        call()
