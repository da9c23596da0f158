"""Places that play the exposed, for every estimator that has no error of its own for a few of them; and net effects on rates."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation import aggregate, augmented, did, permutation, placebos, spillover
from vereda.evaluation.estimate import estimate
from vereda.evaluation.exposure import adjacency
from vereda.evaluation.panel import Panel, panel

YEARS = np.arange(2010.0, 2020)


def world(seed: int = 0, n: int = 60, exposed: int = 3, spread: float = 1.0) -> Panel:
    """Places whose level and noise differ; the first ones, exposed in 2016, are like the others; nothing happened."""
    rng = np.random.default_rng(seed)
    y = 10 + rng.normal(size=(n, 1)) + spread * rng.normal(size=(n, 10)) * rng.uniform(0.5, 2, (n, 1))
    first = np.where(np.arange(n) < exposed, 2016.0, np.inf)
    return panel([f"p{i:02}" for i in range(n)], YEARS, {"y": y}, first)


@pytest.mark.parametrize("estimator", ["scm", "ascm", "sdid", "mc", "ife"])
@pytest.mark.parametrize("exposed", [1, 3])
def test_every_p_of_a_few_places_has_its_size_beside_it(estimator: str, exposed: int) -> None:
    wish = "all" if exposed == 1 or estimator in {"scm", "ascm"} else 39
    ranked = {"statistic": "own_spread"} if estimator in {"scm", "ascm"} else {}
    found = estimate(world(exposed=exposed), "y", estimator, placebos=wish, size_draws=50, seed=3, **ranked)
    assert found.se is None
    assert found.p_kind == "permutation"
    assert found.size is not None
    told = next(c for c in found.checks if c.name == "calibrated_size")
    assert told.values["draws"] == 50
    assert told.values["rate"] == found.size
    assert told.values["low"] <= found.size <= told.values["high"]
    assert told.values["attainable"] <= 0.05


@pytest.mark.parametrize("estimator", ["sdid", "ife"])
def test_the_size_of_sets_shows_a_test_that_errs(estimator: str) -> None:
    """The noisiest places, chosen for being high, look extreme beside quiet ones: an honest size says so."""
    rng = np.random.default_rng(5)
    noise = np.where(np.arange(60) < 3, 8.0, 0.3)[:, None] * rng.normal(size=(60, 10))
    one = world(5)
    level = np.where(np.arange(60) < 12, np.arange(60)[::-1], 0.0)[:, None]
    loud = replace(one, y=(level + noise * (1 + level / 10))[:, :, None])
    even = replace(one, y=(10 + rng.normal(size=(60, 1)) + rng.normal(size=(60, 10)))[:, :, None])
    calm, high = (
        estimate(p, "y", estimator, placebos=39, size_draws=60, seed=1).size or 0.0 for p in (even, loud)
    )
    assert calm <= 0.15
    assert high >= calm + 0.15


def test_without_draws_there_is_no_size_and_a_budget_too_small_is_said() -> None:
    asked = {"placebos": "all", "statistic": "own_spread"}
    assert estimate(world(), "y", "scm", size_draws=0, **asked).size is None
    few = estimate(world(), "y", "scm", size_draws=20, **asked)
    assert few.size is None
    assert any("not calibrated" in c.detail for c in few.checks if c.name == "calibrated_size")
    small = placebos.by_sets(_asked(), lambda asked, draws: (1.0, np.zeros(draws)), 39, budget=100)
    assert small[1] is None
    assert "25 panels" in small[2][-1].detail


def _asked():
    from vereda.evaluation.asked import Asked

    return Asked(world(), {"size_draws": 200}, 0)


def test_p_by_sets_counts_ties_and_both_signs() -> None:
    draws = np.array([-3.0, 1.0, 2.0, -2.0])
    p, _, told = placebos.by_sets(
        replace(_asked(), options={"size_draws": 0}), lambda asked, count: (2.0, draws[:count]), 4, 0
    )
    assert p == 4 / 5  # -3, 2 and -2 are at least as large, and the effect itself
    assert told[0].values == {"rank": 4.0, "compared": 4.0, "statistic": 2.0}


def test_the_same_sets_and_the_same_size_for_the_same_seed() -> None:
    one, again = (estimate(world(2), "y", "sdid", placebos=39, size_draws=50, seed=9) for _ in range(2))
    assert (one.p, one.size) == (again.p, again.size)
    assert estimate(world(2), "y", "sdid", placebos=39, size_draws=50, seed=10).size is not None


@pytest.mark.parametrize("estimator", ["sdid", "mc"])
def test_sets_come_from_the_strata_of_the_exposed(estimator: str) -> None:
    one = world(4, exposed=2)
    strata = replace(one, stratum=(np.arange(60) % 2).astype(np.int64))
    found = estimate(strata, "y", estimator, placebos=19, size_draws=50, seed=1)
    assert found.p is not None
    assert found.size is not None


def test_gaps_side_by_side_are_those_of_one_ridge_after_another() -> None:
    one = world(1, spread=3.0)
    y, pre, donors = one.y[:, :, 0], YEARS < 2016, np.isinf(one.first)
    near = np.random.default_rng(2).random((60, 60)) < 0.05
    near = near | near.T
    both = augmented.ridge_gaps(y, pre, donors, np.arange(60), near)
    for row in range(60):
        allowed = donors & ~near[row]
        allowed[row] = False
        assert_allclose(both[row], augmented.ridge(y, row, allowed, pre).fit.gap, atol=1e-9)


def test_a_rank_from_statistics_is_that_of_the_test_from_gaps() -> None:
    gap = np.random.default_rng(0).normal(size=(50, 8))
    pre, rows = np.arange(8) < 5, np.array([3, 7])
    whole = permutation.placebo_test(gap, pre, rows, statistic="mean", seed=4)
    ranked = permutation.rank_of(whole.statistic, rows, seed=4)
    assert (ranked.rank, ranked.p, ranked.compared) == (whole.rank, whole.p, whole.compared)
    signed = permutation.rank_of(whole.statistic, rows, sides="greater", seed=4)
    assert signed.observed == pytest.approx(gap[rows][:, 5:].mean())


def test_over_own_spread_leaves_out_a_place_that_never_changed() -> None:
    y = np.vstack([np.full(6, 2.0), np.arange(6.0) ** 2])
    scaled = permutation.over_own_spread(np.ones((2, 6)), y, np.arange(6) < 4)
    assert np.isnan(scaled[0]).all()
    assert_allclose(scaled[1], 1 / np.std([1.0, 3.0, 5.0], ddof=1))


# ---- net effects on rates ------------------------------------------------------------------------------------


def line(seed: int = 0) -> tuple[Panel, csr_array, np.ndarray]:
    """300 places on a line; every tenth exposed in 2016, its two neighbours a ring. Places differ in their people."""
    rng = np.random.default_rng(seed)
    n = 300
    names = [f"p{i:03}" for i in range(n)]
    exposed = np.arange(n) % 10 == 5
    people = rng.uniform(1, 100, n) * 1000
    effect = np.where(exposed, -people / 1000, 0.0)  # the more people, the larger the fall
    effect = effect + np.where(np.roll(exposed, 1) | np.roll(exposed, -1), 5.0, 0.0)
    y = rng.normal(size=(n, 1)) + 0.01 * rng.normal(size=(n, 10)) + effect[:, None] * (YEARS >= 2016)
    graph = adjacency(names, list(pairwise(names)))
    return panel(names, YEARS, {"y": y}, np.where(exposed, 2016.0, np.inf)), graph, people


def test_the_net_effect_on_a_rate_is_the_mean_over_people() -> None:
    one, graph, people = line()
    truth = np.where(np.arange(300) % 10 == 5, -people / 1000, 5.0)
    within = np.isin(np.arange(300) % 10, (4, 5, 6))
    found = spillover.over_people(one, graph, 1, people)
    assert found.value == pytest.approx(np.average(truth[within], weights=people[within]), abs=0.02)
    assert found.low < found.value < found.high
    plain = spillover.decomposition(one, graph, 1, lambda part: aggregate.simple(did.att_gt(part)))
    direct, displaced = plain.effects.value[0, 0], plain.effects.value[1, 0]
    assert found.value != pytest.approx((direct + 2 * displaced) / 3, rel=0.05)  # places are not people


def test_with_as_many_people_everywhere_it_is_the_net_effect_of_a_place() -> None:
    one, graph, people = line(1)
    found = spillover.over_people(one, graph, 1, np.full_like(people, 7.0))
    plain = spillover.decomposition(one, graph, 1, lambda part: aggregate.simple(did.att_gt(part)))
    net = plain.effects.value[plain.effects.label.index("net"), 0]
    touched = plain.places[0] + plain.places[1]
    assert found.value == pytest.approx(net / touched, rel=1e-10)
    se = plain.se[plain.effects.label.index("net"), 0] / touched
    assert found.se == pytest.approx(se, rel=1e-10)


def test_people_over_several_first_years_are_refused() -> None:
    one, graph, people = line()
    first = one.first.copy()
    first[5] = 2014.0
    with pytest.raises(BadDesign, match="same year"):
        spillover.over_people(replace(one, first=first), graph, 1, people)
