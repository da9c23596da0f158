"""Points, distributions, draws: against scipy, and to the bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.special import ndtri

from vereda.errors import BadDesign
from vereda.measurement import kernel
from vereda.measurement.marginals import marginals, uniform
from vereda.measurement.parameters import Parameter, ParameterSet
from vereda.measurement.plan import harvest_plan
from vereda.measurement.points import BITS, points
from vereda.measurement.threads import over_blocks
from vereda.measurement.uncertainty import WORTH, draw, quantiles

YEARS = (2019, 2020, 2021)


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("n", [1, 2, 3, 255, 256, 1000, 5000])
@pytest.mark.parametrize("dimensions", [1, 7, 40])
def test_the_points_are_those_of_scipy(n: int, dimensions: int) -> None:
    made = points(dimensions, n, seed=11, size=256)
    ours = np.concatenate([made.block(b) for b in range(made.blocks)], axis=1)
    theirs = stats.qmc.Sobol(dimensions, scramble=True, bits=30, rng=11).random(n).T
    assert_array_equal(ours, theirs + 2.0**-31)


def test_quantiles_of_the_normal_distribution_are_those_of_scipy() -> None:
    u = np.concatenate(
        [np.linspace(1e-6, 1 - 1e-6, 100_001), 10.0 ** -np.linspace(1, 17, 5_000), [1 - 2.0**-53]]
    )
    out = np.empty_like(u)
    kernel.normal_quantile(u, out)
    assert_allclose(out, ndtri(u), rtol=2e-14, atol=1e-15)


@settings(deadline=None)  # the first example may compile
@given(st.integers(1, 400), st.integers(0, 10**6), st.sampled_from([1.0, 1e-12, 1e9]), st.booleans())
def test_quantiles_are_those_of_numpy(n: int, seed: int, scale: float, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    values = scale * (rng.integers(0, 5, (2, n)).astype(float) if ties else rng.lognormal(size=(2, n)))
    levels = (0.0, 0.05, 0.5, 0.95, 1.0)
    assert_allclose(quantiles(values, levels), np.quantile(values, levels, axis=1).T, rtol=1e-14)


def _one(
    distribution: str, value: float, low: float, high: float, name: str = "base_purity", **more: Any
) -> Parameter:
    unit = "1" if name == "base_purity" else "t/ha/yr"
    return Parameter(name, "XX", 2019, value, low, high, distribution, unit, None, "2020", "S", "p:1", **more)  # type: ignore[arg-type]


u = np.linspace(0.001, 0.999, 999)


def test_every_distribution_is_that_of_scipy() -> None:
    z = ndtri(0.975)
    sd = 0.1 / z
    cases = [
        (_one("fixed", 0.8, 0.8, 0.8), np.full_like(u, 0.8)),
        (_one("uniform", 0.8, 0.7, 0.9), stats.uniform(0.7, 0.2).ppf(u)),
        (_one("triangular", 0.85, 0.7, 0.9), stats.triang(0.75, 0.7, 0.2).ppf(u)),
        (_one("triangular", 0.9, 0.7, 0.9), stats.triang(1, 0.7, 0.2).ppf(u)),
        (_one("normal", 0.85, 0.75, 0.95), stats.truncnorm(-0.85 / sd, 0.15 / sd, 0.85, sd).ppf(u)),
        (
            _one("lognormal", 6.0, 3.0, 12.0, "fresh_leaf_yield"),
            stats.lognorm(np.log(2) / z, scale=6.0).ppf(u),
        ),
        (
            _one("normal", 6.0, 5.0, 7.0, "fresh_leaf_yield", coverage=0.9),
            stats.norm(6, 1 / ndtri(0.95)).ppf(u),
        ),
    ]
    x = marginals([p for p, _ in cases]).values(np.tile(u, (len(cases), 1)))
    assert_allclose(x, [q for _, q in cases], rtol=1e-9)


def test_shares_are_cut_at_one_and_amounts_at_zero() -> None:
    five = _one("normal", 5.0, 0.0, 10.0, "fresh_leaf_yield", coverage=0.3)
    x = marginals([five, _one("normal", 0.75, 0.5, 1.0, coverage=0.5)]).values(np.tile(u, (2, 1)))
    assert x[0].min() > 0
    assert x[1].max() < 1


def test_what_moves_together_does() -> None:
    """The rank correlation of a Gaussian copula with rho is 6 / pi asin(rho / 2)."""
    columns = [
        _one("uniform", 0.8, 0.7, 0.9),
        _one("triangular", 0.8, 0.7, 0.9),
        _one("lognormal", 6.0, 3.0, 12.0, "fresh_leaf_yield"),
    ]
    together = marginals(columns, {(0, 2): 0.7, (0, 1): -0.3})
    x = draw(lambda x: x.copy(), together, 2**16, seed=2).values
    rank = stats.spearmanr(x.T).statistic
    assert rank[0, 2] == pytest.approx(6 / np.pi * np.arcsin(0.35), abs=2e-3)
    assert rank[0, 1] == pytest.approx(6 / np.pi * np.arcsin(-0.15), abs=2e-3)
    assert rank[1, 2] == pytest.approx(0, abs=2e-3)
    alone = draw(lambda x: x.copy(), marginals(columns), 2**16, seed=2)
    assert_allclose(quantiles(x), alone.interval(), rtol=2e-3)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({(0, 1): 0.9, (1, 2): 0.9, (0, 2): -0.9}, "cannot all hold"),
        ({(0, 1): 1.2}, "within -1|in -1 to 1"),
        ({(0, 0): 0.5}, "each pair once"),
        ({(0, 1): 0.5, (1, 0): 0.5}, "each pair once"),
        ({(0, 7): 0.5}, "there are 4"),
        ({(0, 3): 0.5}, "fixed cannot move"),
    ],
)
def test_correlations_that_cannot_be(pairs: dict[tuple[int, int], float], message: str) -> None:
    columns = [_one("uniform", 0.8, 0.7, 0.9)] * 3 + [_one("fixed", 0.8, 0.8, 0.8)]
    with pytest.raises(BadDesign, match=message):
        marginals(columns, pairs)


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_draws_are_the_same_to_the_bit(held: ParameterSet, method: Any) -> None:
    plan = harvest_plan(held, YEARS, "routes", "added")
    inputs = marginals(plan.columns, {(0, 1): 0.5})
    one, two = (draw(plan, inputs, 10_000, seed=9, method=method).values for _ in range(2))
    assert_array_equal(one, two)
    assert_array_equal(one[:, :5000], draw(plan, inputs, 5000, seed=9, method=method).values)
    assert not np.array_equal(one, draw(plan, inputs, 10_000, seed=10, method=method).values)


@pytest.mark.filterwarnings("ignore:The balance properties")
def test_a_plan_drawn_in_one_loop_gives_the_bits_of_its_parts(
    held: ParameterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points, distributions and model at once are the same numbers as one after the other, also in the last, cut block."""
    monkeypatch.setattr("vereda.measurement.uncertainty.WORTH", 1)
    plan = harvest_plan(held, YEARS, "routes", "added")
    inputs = marginals(plan.columns)
    at_once = draw(plan, inputs, 10_000, seed=9).values
    assert_array_equal(at_once, draw(lambda x: plan(x), inputs, 10_000, seed=9).values)
    assert_array_equal(at_once[:, :300], draw(plan, inputs, 300, seed=9).values)


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("size", [32, 64, 512])
def test_a_block_of_values_is_that_of_its_points(size: int) -> None:
    """Which draws lie in the tails of a normal is known from the points; the numbers are those of looking for them."""
    columns = [
        _one("normal", 0.5, 0.4, 0.6),
        _one("normal", 0.95, 0.9, 1.0),  # cut at one
        _one("lognormal", 6.0, 3.0, 12.0, "fresh_leaf_yield"),
        _one("triangular", 0.8, 0.7, 0.9),
        _one("uniform", 0.8, 0.7, 0.9),
        _one("fixed", 0.8, 0.8, 0.8),
    ]
    inputs, made, room = marginals(columns), points(6, 4096, seed=5, size=size), np.empty((6, size))
    for b in (0, 1, 7, made.blocks - 1):
        kernel.values(made.pattern, made.order, made.state(b), BITS, *inputs.tables, room)
        assert_array_equal(room, inputs.values(made.block(b)))


@pytest.mark.filterwarnings("ignore:The balance properties")
def test_the_points_are_the_same_where_scipy_hides_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The direction numbers are read off points far ahead where they cannot be had at once."""
    here = points(5, 100_000, seed=3, size=256)
    monkeypatch.setattr("vereda.measurement.points._scrambled", lambda *_: None)
    there = points(5, 100_000, seed=3, size=256)
    assert_array_equal(here.directions, there.directions)


def test_draws_of_a_plan_that_are_no_numbers_are_refused(held: ParameterSet) -> None:
    plan = harvest_plan(held, YEARS, "routes", "added")
    for n in (5000, WORTH):  # in parts; in one loop
        with pytest.raises(BadDesign, match="not numbers"):
            draw(replace(plan, scale=np.inf), marginals(plan.columns), n, seed=1)


def test_results_do_not_depend_on_the_number_of_workers() -> None:
    def work(b: int, room: np.ndarray) -> int:
        return b * b

    assert (
        over_blocks(work, 100, workers=1) == over_blocks(work, 100, workers=7) == [b * b for b in range(100)]
    )


def test_both_methods_agree_and_quasi_random_is_closer() -> None:
    def total(x: np.ndarray) -> np.ndarray:
        return x.sum(axis=0, keepdims=True)

    inputs = uniform([0.0] * 6, [1.0] * 6)
    miss = {m: abs(draw(total, inputs, 2**14, 3, m).values.mean() - 3) for m in ("sobol", "random")}
    assert miss["random"] < 0.03
    assert miss["sobol"] < miss["random"] / 10


def test_draws_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(BadDesign, match="not numbers"), np.errstate(all="ignore"):
        draw(lambda x: np.log(x - 0.5), uniform([0.0], [1.0]), 64, seed=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"n": 0}, "draws"), ({"n": 2**30}, "draws"), ({"seed": -1}, "negative"), ({"method": "magic"}, "not known"), ({"dimensions": 0}, "dimensions")],
)  # fmt: skip
def test_points_that_cannot_be_made(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadDesign, match=message):
        points(**{"dimensions": 2, "n": 8, "seed": 1, **change})


def test_levels_are_probabilities() -> None:
    with pytest.raises(BadDesign, match=r"5 % is 0\.05"):
        quantiles(np.ones((1, 3)), (5.0,))


@pytest.mark.published(
    "PRODUCTION.md, section 4: illustrative Monte Carlo of 2019 (a code test, not an estimate)"
)
@pytest.mark.parametrize("method", ["sobol", "random"])
def test_the_illustrative_interval_of_2019(method: Any) -> None:
    """December area x [0.93, 1.07] x [1.00, 1.06], y [5.3, 6.3], g [1.08, 1.21], purity [0.90, 1.00]."""
    inputs = uniform([0.93, 1.00, 5.3, 1.08, 0.90], [1.07, 1.06, 6.3, 1.21, 1.00])
    found = draw(
        lambda x: 154_476.6 / 1000 * x.prod(axis=0, keepdims=True), inputs, 2**20, 1, method
    ).interval()
    assert found[0].round() == pytest.approx([876, 1001, 1141])
