"""What is known of small samples: against Welch, Bell & McCaffrey by brute force, Hotelling, and simulated truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from vereda.evaluation import aggregate, imputation, inference, simulate, small_sample, spatial
from vereda.evaluation.did import att_gt
from vereda.evaluation.event_study import sun_abraham
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.results import Estimates

YEARS = np.arange(2010.0, 2022)


def two_sides(few: int, many: int, seed: int) -> tuple[Array, Array, Array]:
    """Two samples, the sides they are on, and the influence of each value on the difference of means."""
    rng = np.random.default_rng(seed)
    first = np.r_[np.full(few, 2015.0), np.full(many, np.inf)]
    values = rng.normal(size=few + many) * np.where(np.isinf(first), 1.0, 2.5)
    exposed = first == 2015
    off = values - np.where(exposed, values[exposed].mean(), values[~exposed].mean())
    influence = (few + many) * off * np.where(exposed, 1 / few, -1 / many)
    return values, first, influence[:, None, None]


@pytest.mark.parametrize(("few", "many"), [(5, 40), (12, 9), (2, 300)])
def test_a_difference_of_two_means_is_welchs(few: int, many: int) -> None:
    values, first, influence = two_sides(few, many, few)
    difference = values[:few].mean() - values[few:].mean()
    own = np.arange(few + many)
    both = small_sample.sides(first, own)
    found = Estimates(("difference",), np.array([[difference]]), influence)
    known = inference.errors(found, own, both)
    welch = stats.ttest_ind(values[:few], values[few:], equal_var=False)
    assert_allclose(known.degrees[0, 0], welch.df, rtol=1e-10)
    assert_allclose(known.p(found.value)[0, 0], welch.pvalue, rtol=1e-8)
    ends = welch.confidence_interval()
    assert_allclose(
        [difference - known.half()[0, 0], difference + known.half()[0, 0]], [ends.low, ends.high], rtol=1e-8
    )


def by_brute_force(first: Array, cluster: Codes, variance: dict[float, float]) -> tuple[float, float]:
    """E(V) / truth and 2 E(V)^2 / Var(V) of the sum of squared cluster sums, from the whole matrix of places.

    Places vary by themselves with the variance of their side; each side is taken off its own mean.
    """
    n = len(first)
    centre = np.eye(n)
    for g in np.unique(first):
        mine = (first == g).astype(float)
        centre -= np.outer(mine, mine) / mine.sum()
    sums = (cluster[None, :] == np.unique(cluster)[:, None]).astype(float)
    scale = np.diag([variance[g] for g in first])
    spread = sums @ centre @ scale @ centre @ sums.T
    return float(np.trace(spread) / np.trace(scale)), float(np.trace(spread) ** 2 / np.sum(spread**2))


def test_clusters_are_as_bell_and_mccaffrey_have_them() -> None:
    """One side: bias and degrees by the whole matrix; several sides: the degrees, with the widening by side."""
    rng = np.random.default_rng(3)
    cluster = rng.integers(0, 7, 60)
    one = np.full(60, np.inf)
    short, free = by_brute_force(one, cluster, {np.inf: 1.0})
    both = small_sample.sides(one, cluster)
    assert_allclose(1 / both.lost, [short], rtol=1e-12)
    flat = np.tile([1.0, -1.0], 30)[:, None]  # places that vary alike
    assert_allclose(small_sample.degrees(flat, both), [free], rtol=1e-10)


def test_sides_in_shared_clusters_by_the_whole_matrix() -> None:
    rng = np.random.default_rng(4)
    cluster, first = rng.integers(0, 9, 80), np.repeat([2014.0, 2016.0, np.inf], [12, 20, 48])
    both = small_sample.sides(first, cluster)
    variance = {2014.0: 5.0, 2016.0: 2.0, np.inf: 0.5}
    # as widened: the matrix of each side scaled by what its sums of squares fall short
    scaled = {g: v * both.lost[i] for i, (g, v) in enumerate(sorted(variance.items()))}
    _, free = by_brute_force(first, cluster, scaled)
    influence = np.zeros(80)
    for g, v in variance.items():
        mine = np.flatnonzero(first == g)
        influence[mine] = np.sqrt(v * (len(mine) - 1) / len(mine)) * np.where(np.arange(len(mine)) % 2, 1, -1)
    assert_allclose(small_sample.degrees(influence[:, None], both), [free], rtol=1e-10)


def test_a_cohort_of_one_varies_as_the_largest_cohort_does() -> None:
    """Nine exposed places alike, two of them cohorts of their own: the sum of their squares is right on average."""
    first = np.r_[[2012.0, 2013.0], np.full(5, 2015.0), np.full(2, 2016.0), np.full(30, np.inf)]
    own = np.arange(len(first))
    both, apart = small_sample.sides(first, own), small_sample.sides(first, own, first)
    rng = np.random.default_rng(8)
    draws = rng.normal(size=(len(first), 4_000))
    for g in np.unique(first):
        draws[first == g] -= draws[first == g].mean(axis=0)
    exposed = np.isfinite(first)
    squares = (small_sample.widened(draws, both)[exposed] ** 2).sum(axis=0)
    assert_allclose(squares.mean(), exposed.sum(), rtol=0.03)
    assert (small_sample.widened(draws, apart)[exposed] ** 2).sum(axis=0).mean() < 7.3  # two show nothing
    assert both.group[0] == both.group[1] == both.group[2] != both.group[7]
    alone = np.where(first == 2015, 1.0, 0.0) * np.where(np.arange(len(first)) % 2, 1, -1)
    assert_allclose(small_sample.degrees(alone[:, None], both), [4.0], rtol=1e-12)
    kin = np.where(first < 2014, 1.0, 2.0)  # of another kin: nothing to take their variance from
    assert len(small_sample.sides(first, own, kin).size) == 5


def test_cohorts_of_one_among_larger_ones_do_not_mislead() -> None:
    """500 panels: twenty places and one that is a cohort by itself; a 5 % test rejects within 2 to 9 %."""
    for make in (lambda one: imputation.impute(one).study.overall, lambda one: sun_abraham(one).overall):
        hit = []
        for seed in range(5):
            one = simulate.panel_of(
                300, YEARS, {2014: 1, 2016: 20}, errors="ar1", replications=100, seed=seed
            ).panel
            found = make(one)
            known = inference.errors(found, one.cluster, small_sample.of(one))
            hit.append(known.p(found.value)[0] < 0.05)
        assert 0.02 <= np.mean(hit) <= 0.09


def test_a_joint_test_of_one_sample_is_hotellings() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(15, 3)) @ rng.normal(size=(3, 3)) + 0.4
    mean = x.mean(axis=0)
    both = small_sample.sides(np.full(15, np.inf), np.arange(15))
    found = small_sample.all_zero(mean, x - mean, np.arange(15), both, np.zeros(3, dtype=np.int64))
    t2 = 15 * mean @ np.linalg.solve(np.cov(x.T), mean)
    assert found.kind == "F"
    assert_allclose(found.statistic, t2 * (15 - 3) / (3 * 14), rtol=1e-10)
    assert_allclose(found.p, stats.f.sf(found.statistic, 3, 12), rtol=1e-10)
    assert_allclose(found.denominator, 12, rtol=1e-10)


def test_where_the_covariance_cannot_be_seen_each_is_tested_alone() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(6, 4))
    mean = x.mean(axis=0)
    both = small_sample.sides(np.full(6, np.inf), np.arange(6))
    found = small_sample.all_zero(mean, x - mean, np.arange(6), both, np.zeros(4, dtype=np.int64))
    alone = stats.ttest_1samp(x, 0).pvalue
    assert found.kind == "Bonferroni"
    assert_allclose(found.p, min(1.0, 4 * alone.min()), rtol=1e-8)


def test_the_normal_scale_keeps_how_unlikely_a_number_is() -> None:
    t, free = np.array([-3.0, 0.0, 1.2, 40.0]), np.array([4.0, 4.0, 1e9, 7.5])
    normal = small_sample.as_normal(t, free)
    assert_allclose(stats.norm.sf(np.abs(normal)), stats.t.sf(np.abs(t), free), rtol=1e-9)
    assert_allclose(small_sample.as_student(normal, free), np.abs(t), rtol=1e-6, atol=1e-12)
    assert_allclose(normal[2], 1.2, rtol=1e-6)


@pytest.mark.parametrize(("exposed", "by"), [(5, "place"), (20, "place"), (20, "block")])
def test_true_nulls_are_rejected_as_often_as_stated(exposed: int, by: str) -> None:
    """500 panels: a 5 % test rejects within 2 to 9 %, where the limit of many rejects 7 to 90 % of them."""
    alone, before, limit = [], [], []
    for seed in range(5):
        drawn = simulate.panel_of(400, YEARS, {2016: exposed}, errors="ar1", replications=100, seed=seed)
        one, cells = drawn.panel, att_gt(drawn.panel)
        cluster = one.cluster if by == "place" else spatial.blocks(drawn.coordinates, 60)
        overall = aggregate.simple(cells)
        known = inference.errors(overall, cluster, small_sample.sides(one.first, cluster))
        alone.append(known.p(overall.value)[0] < 0.05)
        tested = [c.values for c in inference.pre_trend(cells, cluster)]
        before.append(np.array([v["p"] < 0.05 for v in tested]))
        limit.append(np.array([v["wald_p"] < 0.05 for v in tested]))
    assert 0.02 <= np.mean(alone) <= 0.09
    assert 0.02 <= np.mean(before) <= 0.09
    assert np.mean(limit) > 0.12


@pytest.mark.parametrize("exposed", [5, 12, 60])
def test_the_trend_said_to_be_missed_half_of_the_time_is(exposed: int) -> None:
    """The test in use rejects the slope claimed in about half of 200 panels: F where it can be, Bonferroni for five."""
    passed = []
    for seed in range(2):
        drawn = simulate.panel_of(300, YEARS, {2016: exposed}, errors="ar1", replications=100, seed=50 + seed)
        one, cells = drawn.panel, att_gt(drawn.panel)
        both, before = small_sample.sides(one.first, one.cluster), cells.year < cells.cohort
        line = np.ones(int(before.sum()))  # a straight trend, in steps from year to year
        block = np.zeros(len(line), dtype=np.int64)
        for j in range(100):
            influence = cells.influence[:, before, j]
            slope = small_sample.missed_half(line, influence, one.cluster, both)
            moved = cells.att[before, j] + slope * line
            passed.append(small_sample.all_zero(moved, influence, one.cluster, both, block).p >= 0.05)
    assert 0.3 <= np.mean(passed) <= 0.7


def test_signs_give_way_to_normal_draws_where_they_are_too_few() -> None:
    """Five signs take 32 values: their 95 % quantile is that of a step, not of a curve."""
    _, first, influence = two_sides(5, 300, 9)
    influence[:5], influence[5:] = 1.0, influence[5:] / 1e4
    found = Estimates(("a",), np.array([[0.4]]), influence)
    own = np.arange(305)
    signs = inference.signs(305, 9_999, 1)
    steps = inference.uniform_band(inference.bootstrap(found, own, signs)).critical[0]
    smooth = inference.uniform_band(inference.bootstrap(found, own, signs, small_sample.sides(first, own)))
    assert smooth.critical[0] == pytest.approx(1.96, abs=0.05)
    assert steps == pytest.approx(np.sqrt(5), abs=0.01)
    wide = inference.errors(found, own, small_sample.sides(first, own)).half(smooth.critical)
    assert_allclose(smooth.high - smooth.value, wide)
