"""Conformal intervals for one exposed place: Chernozhukov, Wuethrich & Zhu (2021)."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import ttest_1samp

from vereda.errors import BadDesign
from vereda.evaluation.conformal import (
    ConformalInterval,
    interval_constant,
    interval_each,
    interval_mean,
    mean_proxy,
    p_value,
    synthetic_proxy,
    t_test,
)
from vereda.evaluation.simplex import nearest

YEARS, AFTER = 24, 4
PRE = np.arange(YEARS) < YEARS - AFTER


def place(seed: int = 0, rho: float = 0.0, effect: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outcome (T,) of an exposed place and of six donors: shared shocks, AR(1) errors of unit variance."""
    rng = np.random.default_rng(seed)
    e = rng.normal(size=(7, YEARS))
    for t in range(1, YEARS):
        e[:, t] = rho * e[:, t - 1] + np.sqrt(1 - rho**2) * e[:, t]
    y = e + 3 * rng.normal(size=YEARS)
    y[0] += effect * ~PRE
    return y[0], y[1:]


# The p-value


def test_moving_blocks_are_counted_as_in_the_paper() -> None:
    y, donors = place()
    null = y - 0.7 * ~PRE
    gap = null - donors.mean(axis=0)
    size = np.abs(gap - gap.mean())
    blocks = [sum(size[(start + k) % YEARS] for k in range(AFTER)) for start in range(YEARS)]
    expected = np.mean(np.array(blocks) >= blocks[YEARS - AFTER] - 1e-12)
    assert p_value(y, PRE, mean_proxy(donors), 0.7) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("q", "power"), [(1, lambda u: u.sum()), (2, lambda u: (u**2).sum()), (np.inf, np.max)]
)
def test_permutations_are_all_subsets_when_few(q: float, power) -> None:
    y, donors = place()
    y, donors, pre = y[-10:], donors[:, -10:], PRE[-10:]
    gap = y - donors.mean(axis=0)
    size = np.abs(gap - gap.mean())
    every = [power(size[list(rows)]) for rows in combinations(range(10), AFTER)]
    expected = np.mean(np.array(every) >= power(size[~pre]) - 1e-12)
    assert p_value(y, pre, mean_proxy(donors), scheme="iid", q=q) == pytest.approx(expected)
    drawn = p_value(y, pre, mean_proxy(donors), scheme="iid", q=q, draws=209, seed=3)
    assert drawn == pytest.approx(expected, abs=0.15)
    assert drawn == p_value(y, pre, mean_proxy(donors), scheme="iid", q=q, draws=209, seed=3)


@pytest.mark.parity
@pytest.mark.parametrize("effect", [-1.5, 0.0, 0.4, 3.0])
def test_p_values_are_those_of_diff_diff(effect: float) -> None:
    peer = pytest.importorskip("diff_diff.conformal")
    y, donors = place(4, rho=0.5, effect=1)
    theirs = peer._single_null_pvalue(
        y, donors.T, ~PRE, np.full(AFTER, effect), peer._moving_block_perms(YEARS), 1
    )
    assert p_value(y, PRE, synthetic_proxy(donors), effect) == pytest.approx(theirs["p_value"])


def test_a_path_of_effects_can_be_the_null() -> None:
    y, donors = place()
    path = np.array([1.0, 5.0, -3.0, 20.0])
    shocked = y.copy()
    shocked[~PRE] += path
    proxy = mean_proxy(donors)
    assert p_value(shocked, PRE, proxy, path) == p_value(y, PRE, proxy)
    assert p_value(shocked, PRE, proxy) <= 2 / YEARS


def test_permutations_reject_the_truth_at_their_size() -> None:
    """Exchangeable residuals: P(p <= a) <= a, and not far below."""
    p = []
    for seed in range(600):
        y, donors = place(seed)
        p.append(p_value(y, PRE, mean_proxy(donors), scheme="iid", draws=199))
    for level in (0.05, 0.1, 0.3):
        assert np.mean(np.array(p) <= level) == pytest.approx(
            level, abs=3.5 * np.sqrt(level * (1 - level) / 600)
        )


# Intervals


def test_intervals_cover_and_would_not_if_fitted_before_exposure_only() -> None:
    """90 % intervals, AR(1) errors of 0.3; a proxy that peeks at which years are after is caught by the same count."""
    times = 400
    honest = peeking = 0
    for seed in range(times):
        y, donors = place(seed, rho=0.3, effect=2)

        def before_only(series: np.ndarray, average: np.ndarray, donors: np.ndarray = donors) -> np.ndarray:
            x = average @ np.vstack([np.ones(YEARS), donors]).T
            return x @ np.linalg.lstsq(x[PRE], series[PRE], rcond=None)[0]

        honest += p_value(y, PRE, synthetic_proxy(donors), 2) > 0.1
        peeking += p_value(y, PRE, before_only, 2) > 0.1
    slack = 3 * np.sqrt(0.9 * 0.1 / times)
    assert 0.9 - slack - 0.02 < honest / times  # moving blocks of dependent residuals are approximate
    assert peeking / times < 0.9 - slack - 0.02


@pytest.mark.parametrize("proxy_of", [mean_proxy, synthetic_proxy])
@pytest.mark.parametrize("interval", [interval_constant, interval_mean])
def test_ends_are_where_the_test_turns(proxy_of, interval) -> None:
    y, donors = place(2, effect=4)
    level = 0.8 if interval is interval_mean else 0.9
    found = interval(y, PRE, proxy_of(donors), level)
    assert found.low < found.estimate < found.high
    assert found.low > 0  # four standard deviations
    assert found.p_zero <= 1 - level
    if interval is interval_constant:
        step = 1e-4 * (found.high - found.low)
        for inside, outside in ((found.low, found.low - step), (found.high, found.high + step)):
            assert (
                p_value(y, PRE, proxy_of(donors), inside) > 0.1 >= p_value(y, PRE, proxy_of(donors), outside)
            )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-100, 100), unit=st.floats(1e-3, 1e3))
def test_an_added_effect_moves_the_interval_by_itself(seed: int, shift: float, unit: float) -> None:
    y, donors = place(seed)
    here = interval_constant(y, PRE, mean_proxy(donors))
    there = interval_constant(unit * (y + shift * ~PRE), PRE, mean_proxy(unit * donors))
    scale = unit * (here.high - here.low) if np.isfinite(here.low) else 1.0
    assert_allclose(
        [there.low, there.high], [unit * (here.low + shift), unit * (here.high + shift)], atol=1e-4 * scale
    )


def test_blocks_are_the_latest_and_as_long_as_the_years_after() -> None:
    """The mean effect of a path equals the constant effect on block means; the two oldest of 22 years are left out."""
    rows = []

    def proxy(series: np.ndarray, average: np.ndarray) -> np.ndarray:
        rows.append(average)
        return np.full(series.size, series.mean())

    y, _ = place(1)
    found = interval_mean(y[:22], PRE[2:], proxy, 0.8)
    average = rows[0]
    assert average.shape == (5, 22)
    assert (average[:, :2] == 0).all()
    assert_allclose(average.sum(axis=1), 1)
    assert_allclose(average[-1], np.where(PRE[2:], 0, 0.25))
    assert found.smallest_p == 1 / 5


def test_where_the_test_cannot_reject_the_interval_is_infinite() -> None:
    y, donors = place()
    found = interval_mean(y, PRE, mean_proxy(donors), 0.9)  # six blocks: p is at least 1/6
    assert (found.low, found.high, found.smallest_p) == (-np.inf, np.inf, 1 / 6)


def test_where_no_effect_of_this_form_fits_the_interval_is_empty() -> None:
    """Effects that alternate by a hundred standard deviations are no constant effect."""
    y, donors = place()
    y[~PRE] += [100.0, -100.0, 100.0, -100.0]
    found = interval_constant(y, PRE, mean_proxy(donors))
    assert np.isnan([found.low, found.high]).all()
    assert found.p_zero <= 0.1


def test_pieces_far_from_the_estimate_are_not_missed() -> None:
    """Prop 99 in small: a place outside the hull of its donors keeps large effects; each end is where p turns."""
    rng = np.random.default_rng(5)
    donors = 100 + np.cumsum(rng.normal(size=(6, YEARS)), axis=1)
    y = donors.mean(axis=0) - 2 * np.maximum(np.arange(YEARS) - 19, 0)
    proxy = synthetic_proxy(donors)
    found = interval_constant(y, PRE, proxy)
    grid = np.linspace(-60, 60, 1201)
    kept = grid[[p_value(y, PRE, proxy, e) > 0.1 for e in grid]]
    assert found.low == pytest.approx(kept[0], abs=0.1001)
    assert found.high == pytest.approx(kept[-1], abs=0.1001)


def test_every_year_has_its_own_interval() -> None:
    y, donors = place(3)
    path = np.array([0.0, 10.0, 0.0, -20.0])
    y[~PRE] += path
    each = interval_each(y, PRE, synthetic_proxy(donors))
    assert [e.what for e in each] == ["year 20", "year 21", "year 22", "year 23"]
    for found, effect in zip(each, path, strict=True):
        assert isinstance(found, ConformalInterval)
        assert found.low < effect < found.high
        assert found.smallest_p == 1 / 21
    alone = np.append(PRE[:20], False)
    same = interval_constant(np.append(y[:20], y[23]), alone, synthetic_proxy(donors[:, [*range(20), 23]]))
    assert_allclose([each[3].low, each[3].high], [same.low, same.high], rtol=1e-9)


def test_more_donors_than_years_fit_anything_and_say_so() -> None:
    rng = np.random.default_rng(0)
    y, donors = rng.normal(size=8), 5 * rng.normal(size=(200, 8))
    found = interval_constant(y, np.arange(8) < 6, synthetic_proxy(donors), 0.8)
    assert found.p_zero == 1  # all residuals are rounding errors, and their order is no evidence
    assert found.high - found.low > np.ptp(y)


def test_a_proxy_that_fits_every_year_is_refused() -> None:
    y, _ = place()
    with pytest.raises(BadDesign, match="follows the years after exposure"):
        interval_constant(y, PRE, lambda series, average: series.copy())


# The t-test


def test_t_test_is_the_debiased_estimate() -> None:
    """T0 = 20, three folds: r = min(6, 4) = 4, blocks 8-11, 12-15 and 16-19; spread as a one-sample t-test, scaled."""
    y, donors = place(effect=3)

    def fit(learn: np.ndarray) -> np.ndarray:
        weights, _ = nearest(y[learn], donors[:, learn].T)
        return weights @ donors

    tau = []
    for start in (8, 12, 16):
        block = np.arange(start, start + 4)
        learn = PRE.copy()
        learn[block] = False
        gap = y - fit(learn)
        tau.append(gap[~PRE].mean() - gap[block].mean())
    found = t_test(y, PRE, fit, folds=3, level=0.9)
    plain = ttest_1samp(tau, 0)
    assert found.estimate == pytest.approx(np.mean(tau))
    assert found.t == pytest.approx(plain.statistic / np.sqrt(1 + 3 * 4 / 4))
    wide = plain.confidence_interval(0.9)
    half = (wide.high - wide.low) / 2 * np.sqrt(1 + 3 * 4 / 4)
    assert_allclose([found.low, found.high], [found.estimate - half, found.estimate + half])


def test_t_test_covers() -> None:
    hits, times = 0, 400
    for seed in range(times):
        y, donors = place(seed, effect=2)
        found = t_test(
            y, PRE, lambda learn, d=donors, y=y: d.mean(axis=0) + (y - d.mean(axis=0))[learn].mean()
        )
        hits += found.low <= 2 <= found.high
    assert hits / times == pytest.approx(0.9, abs=3.5 * np.sqrt(0.9 * 0.1 / times))


# Bad input


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": np.full(YEARS, np.nan)}, "no outcome in 24 years"),
        ({"y": np.zeros((2, YEARS))}, "one value and one truth value"),
        ({"pre": ~PRE}, "then false to the end"),
        ({"pre": np.ones(YEARS, dtype=bool)}, "some of each"),
        ({"pre": np.zeros(YEARS, dtype=bool)}, "some of each"),
        ({"pre": PRE.astype(int)}, "truth value"),
        ({"pre": np.arange(YEARS) < 1}, "one year or block before"),
        ({"effect": [1.0, 2.0]}, "one for each of the 4"),
        ({"effect": np.nan}, "effect"),
        ({"scheme": "bootstrap"}, "scheme"),
        ({"q": 0}, "q above 0"),
        ({"draws": 0}, "draws"),
        ({"proxy": lambda series, average: series[:3]}, "proxy gave"),
        ({"proxy": lambda series, average: series * np.nan}, "proxy gave"),
    ],
)
def test_bad_input_is_refused(change: dict, says: str) -> None:
    y, donors = place()
    with pytest.raises(BadDesign, match=says):
        p_value(**{"y": y, "pre": PRE, "proxy": mean_proxy(donors)} | change)


def test_designs_too_short_are_refused() -> None:
    y, donors = place()
    long_after = np.arange(YEARS) < 8
    with pytest.raises(BadDesign, match="no block as long"):
        interval_mean(y, long_after, mean_proxy(donors))
    with pytest.raises(BadDesign, match="level"):
        interval_constant(y, PRE, mean_proxy(donors), level=1)
    for folds in (1, 21):
        with pytest.raises(BadDesign, match="folds"):
            t_test(y, PRE, lambda learn: np.zeros(YEARS), folds=folds)
    with pytest.raises(BadDesign, match="agree exactly"):
        t_test(np.zeros(YEARS), PRE, lambda learn: np.zeros(YEARS))
    with pytest.raises(BadDesign, match="finite counterfactual"):
        t_test(y, PRE, lambda learn: np.zeros(3))
