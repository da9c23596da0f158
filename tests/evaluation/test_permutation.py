"""Placebo ranks, and how often they reject what is true."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vereda.errors import BadDesign
from vereda.evaluation import synthetic_control
from vereda.evaluation.null_model import null_model
from vereda.evaluation.permutation import CalibratedSize, calibrated_size, placebo_test

PRE = np.array([True] * 5 + [False] * 3)


def noise(places: int, seed: int = 0, pre: np.ndarray = PRE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(places, pre.size))


def did(panel: np.ndarray, pre: np.ndarray) -> np.ndarray:
    """Gaps of every place from the mean of all others, level before exposure taken out."""
    others = (panel.sum(axis=0) - panel) / (len(panel) - 1)
    gap = panel - others
    return gap - gap[:, pre].mean(axis=1, keepdims=True)


def world(
    places: int, years: int, rho: float, spread: float, rng: np.random.Generator, factors: int = 0
) -> np.ndarray:
    """Place effects with standard deviation `spread`, AR(1) errors of unit variance, factors of unit loadings."""
    e = rng.normal(size=(places, years))
    for t in range(1, years):
        e[:, t] = rho * e[:, t - 1] + np.sqrt(1 - rho**2) * e[:, t]
    common = rng.normal(size=(places, factors)) @ rng.normal(size=(factors, years))
    return e + spread * rng.normal(size=(places, 1)) + rng.normal(size=years) + common


# The rank


@pytest.mark.published(
    "Abadie et al. (2010) data, outcome only: rank 3 of 39 in StatsPAI, mlsynth and scipy alike"
)
def test_california_has_the_third_largest_ratio_of_39(prop99) -> None:
    y, pre = prop99.outcome("packs"), prop99.years < 1989
    california = prop99.places.index("California")
    donors = np.arange(39) != california
    gap = synthetic_control.placebos(y, pre, donors).gap
    test = placebo_test(gap, pre, california)
    assert (test.rank, test.compared, test.exhaustive) == (3, 38, True)
    assert test.p == pytest.approx(3 / 39)
    assert test.observed == pytest.approx(test.statistic[california])


@pytest.mark.parametrize("statistic", ["rmspe_ratio", "studentised", "mean"])
@pytest.mark.parametrize("sides", ["two", "greater", "less"])
def test_p_values_over_all_places_are_the_uniform_grid(statistic: str, sides: str) -> None:
    """The size is exact: were each place exposed in turn, every rank would come up once."""
    gap = noise(20)
    tests = [placebo_test(gap, PRE, i, statistic=statistic, sides=sides) for i in range(20)]
    p, grid = np.sort([test.p for test in tests]), np.arange(1, 21) / 20
    apart = int(
        (tests[0].statistic != 0).sum()
    )  # one-sided ratios without any gap of that sign are ties at zero
    assert_allclose(p[:apart], grid[:apart])
    assert (p[apart:] == 1).all()
    assert apart >= 15


def test_pairs_are_compared_with_all_pairs() -> None:
    gap = noise(9)
    test = placebo_test(gap, PRE, [2, 5], statistic="mean")
    means = gap[:, ~PRE].mean(axis=1)
    every = np.abs([means[list(pair)].mean() for pair in combinations(range(9), 2)])
    observed = abs(means[[2, 5]].mean())
    assert test.compared == 35
    assert test.p == pytest.approx((every >= observed - 1e-12).sum() / 36)


def test_drawn_sets_agree_with_all_sets() -> None:
    gap = noise(16)
    gap[:3, ~PRE] += 0.5
    every = placebo_test(gap, PRE, [0, 1, 2], statistic="mean", sets=10_000)
    drawn = placebo_test(gap, PRE, [0, 1, 2], statistic="mean", sets=500)
    assert every.exhaustive
    assert every.compared == 559
    assert not drawn.exhaustive
    assert drawn.compared == 500
    assert drawn.p == pytest.approx(every.p, abs=4 * np.sqrt(every.p * (1 - every.p) / 500))
    assert placebo_test(gap, PRE, [0, 1, 2], statistic="mean", sets=500).p == drawn.p
    assert placebo_test(gap, PRE, [0, 1, 2], statistic="mean", sets=500, seed=1).p != drawn.p


@pytest.mark.parametrize("size", [2, 3, 8])
def test_drawn_sets_hold_no_place_twice_and_favour_none(size: int) -> None:
    from vereda.evaluation.permutation import _draw

    rows = _draw(np.random.default_rng(0), 20, size, 4000)
    assert all(len(set(row)) == size for row in rows.tolist())
    counts = np.bincount(rows.ravel(), minlength=20)
    assert np.abs(counts - 200 * size).max() < 5 * np.sqrt(200 * size)


def test_places_are_exchanged_inside_their_stratum_only() -> None:
    gap, stratum = noise(12), np.repeat(["coast", "plain"], 6)
    gap[6:] *= 100
    alone = placebo_test(gap[:6], PRE, 2, statistic="mean")
    assert placebo_test(gap, PRE, 2, stratum, "mean").p == alone.p
    two = placebo_test(gap, PRE, [2, 8], stratum, "mean")
    assert two.compared == 35


def test_one_side_counts_effects_of_that_sign() -> None:
    gap = noise(20)
    gap[0, ~PRE] = -50
    for statistic in ("rmspe_ratio", "studentised", "mean"):
        assert placebo_test(gap, PRE, 0, statistic=statistic, sides="less").rank == 1
        assert placebo_test(gap, PRE, 0, statistic=statistic, sides="greater").rank == 20
        assert placebo_test(gap, PRE, 0, statistic=statistic).rank == 1


def test_statistics_are_what_they_say() -> None:
    gap = noise(6)
    before, after = gap[:, PRE], gap[:, ~PRE]
    ratio = np.sqrt((after**2).mean(axis=1) / (before**2).mean(axis=1))
    assert_allclose(placebo_test(gap, PRE, 0).statistic, ratio)
    change = after.mean(axis=1) - before.mean(axis=1)
    t = change / (before.std(axis=1, ddof=1) * np.sqrt(1 / 5 + 1 / 3))
    assert_allclose(placebo_test(gap, PRE, 0, statistic="studentised").statistic, t)
    assert_allclose(placebo_test(gap, PRE, 0, statistic="mean").statistic, after.mean(axis=1))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), unit=st.floats(1e-6, 1e6), order=st.permutations(range(10)))
def test_neither_units_nor_order_matter(seed: int, unit: float, order: list[int]) -> None:
    gap = noise(10, seed)
    for statistic in ("rmspe_ratio", "studentised", "mean"):
        here = placebo_test(gap, PRE, 4, statistic=statistic)
        there = placebo_test(unit * gap[order], PRE, order.index(4), statistic=statistic)
        assert here.p == there.p


def test_ties_count_against_the_effect() -> None:
    gap = np.tile(noise(1), (5, 1))
    assert placebo_test(gap, PRE, 0).p == 1


# What is left out, and said


def test_who_is_left_out_and_why() -> None:
    gap = noise(10)
    gap[3, 6] = np.nan
    gap[4] = 0
    gap[5, PRE] = 0
    gap[6, PRE] *= 1e3
    test = placebo_test(gap, PRE, 0, fit_limit=20)
    assert dict(test.left_out).keys() == {3, 4, 6}
    assert "no value" in dict(test.left_out)[3]
    assert "before and after" in dict(test.left_out)[4]
    assert "20 times" in dict(test.left_out)[6]
    assert test.compared == 6
    assert test.statistic[5] == np.inf  # fitted exactly before, not after: as extreme as can be
    assert np.isnan(test.statistic[[3, 4, 6]]).all()
    assert test.smallest_p == pytest.approx(1 / 7)


def test_rounding_is_no_fit() -> None:
    gap = noise(10)
    gap[5, PRE] *= 1e-14
    assert placebo_test(gap, PRE, 0).statistic[5] == np.inf
    with pytest.raises(BadDesign, match="no meaning"):
        placebo_test(gap, PRE, 5)
    assert placebo_test(gap, PRE, 5, statistic="mean").p > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"exposed": 10}, "rows between"),
        ({"exposed": [1, 1]}, "none twice"),
        ({"exposed": []}, "at least one"),
        ({"exposed": [0.5]}, "row numbers"),
        ({"pre": np.ones(8, dtype=bool)}, "one year before and one after"),
        ({"pre": np.zeros(8, dtype=bool)}, "one year before and one after"),
        ({"pre": PRE.astype(float)}, "truth value"),
        ({"pre": PRE[:-1]}, "truth value"),
        ({"stratum": [0, 1]}, "one label for each"),
        ({"stratum": np.arange(10)}, "nothing to compare"),
        ({"statistic": "median"}, "statistic is one of"),
        ({"sides": "both"}, "sides one of"),
        ({"statistic": "studentised", "pre": np.array([True] + [False] * 7)}, "two years"),
        ({"exposed": 9}, "cannot be ranked"),
        ({"exposed": np.arange(9)}, None),
    ],
)
def test_bad_input_is_refused(change: dict, says: str | None) -> None:
    gap = noise(10)
    gap[9, 0] = np.nan
    arguments = {"gap": gap, "pre": PRE, "exposed": 0} | change
    with pytest.raises(BadDesign, match=says):
        placebo_test(**arguments)


# The calibrated size


def selected(
    y: np.ndarray, pre: np.ndarray, selection: str, statistic: str = "mean", draws: int = 300, **more: object
) -> CalibratedSize:
    top = int(y[:, pre].mean(axis=1).argmax())
    donors = np.arange(len(y)) != top
    return calibrated_size(
        lambda panel: did(panel, pre), y, pre, donors, top, selection=selection, statistic=statistic,
        draws=draws, **more,
    )  # fmt: skip


def test_selection_on_the_outcome_makes_a_short_panel_reject_the_truth() -> None:
    """Four years before exposure and the highest place chosen: the nominal 5 % is several times that."""
    pre = np.arange(8) < 4
    y = world(200, 8, 0.0, 0.5, np.random.default_rng(0))
    chosen, lot = selected(y, pre, "level"), selected(y, pre, "none", draws=1000)
    assert chosen.low > 0.10
    assert lot.rate == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 1000))
    assert lot.attainable == pytest.approx(0.05)
    assert chosen.adjusted(0.05) > 0.1
    assert chosen.adjusted(1.0) == 1


def test_a_longer_history_mends_it() -> None:
    y = world(200, 24, 0.0, 0.5, np.random.default_rng(0))
    assert selected(y, np.arange(24) < 16, "level").high < 0.13


@pytest.mark.parametrize(("rho", "spread", "years", "before"), [(0.8, 0.2, 24, 16), (0.9, 1.0, 8, 4)])
def test_the_calibrated_size_is_the_true_size(rho: float, spread: float, years: int, before: int) -> None:
    """Panels drawn from the truth, the highest place exposed to nothing: the share rejected, against what we say."""
    pre, rng = np.arange(years) < before, np.random.default_rng(1)
    hits = []
    for _ in range(600):
        y = world(150, years, rho, spread, rng)
        top = int(y[:, pre].mean(axis=1).argmax())
        hits.append(placebo_test(did(y, pre), pre, top, statistic="mean").p <= 0.05)
    said = [
        selected(world(150, years, rho, spread, rng), pre, "level", draws=150, seed=k).rate for k in range(8)
    ]
    error = np.hypot(np.std(hits) / np.sqrt(600), np.std(said, ddof=1) / np.sqrt(8))
    assert np.mean(said) == pytest.approx(np.mean(hits), abs=3.5 * error)
    assert error < 0.03


@pytest.mark.parametrize(
    ("rho", "spread", "years", "factors"),
    [(0.0, 0.5, 24, 0), (0.8, 0.2, 8, 0), (0.5, 1.0, 24, 2), (0.8, 1.0, 24, 1)],
)
def test_the_null_is_recovered(rho: float, spread: float, years: int, factors: int) -> None:
    null = null_model(world(400, years, rho, spread, np.random.default_rng(3), factors))
    assert null.persistence == pytest.approx(rho, abs=0.06)
    assert null.sd.mean() == pytest.approx(1, abs=0.1)
    assert null.loading[:, 0].std() / np.sqrt(years) == pytest.approx(spread, abs=0.15)
    assert len(null.basis) - 1 >= factors
    assert_allclose(null.basis @ null.basis.T, np.eye(len(null.basis)), atol=1e-9)


def test_noise_has_no_factors() -> None:
    kept = [
        len(null_model(world(150, 24, rho, 0.5, np.random.default_rng(s))).basis) - 1
        for s in range(5)
        for rho in (0, 0.8)
    ]
    assert sum(kept) <= 2


def test_sizes_of_errors_that_differ_are_kept_and_equal_ones_pulled_together() -> None:
    rng = np.random.default_rng(0)
    plain = rng.normal(size=(300, 12))
    assert null_model(plain, 0).sd.std() < 0.08
    scale = np.exp(rng.normal(size=300))
    assert np.corrcoef(np.log(null_model(scale[:, None] * plain, 0).sd), np.log(scale))[0, 1] > 0.95
    still = np.vstack([plain, np.full((5, 12), 3.0)])
    assert (null_model(still - still.mean(axis=0), 0).sd >= 0).all()


def test_the_chosen_sit_in_the_rows_of_the_exposed() -> None:
    """Ranks 1 and 3 from the top of one stratum, 2 from the bottom of the other, in every simulated panel."""
    pre, rng = np.arange(8) < 4, np.random.default_rng(0)
    y = world(60, 8, 0.3, 1.0, rng)
    stratum = np.repeat([0, 1], 30)
    level = y[:, pre].mean(axis=1)
    order = [np.argsort(level[:30]), 30 + np.argsort(level[30:])]
    exposed = np.array([order[0][-1], order[0][-3], order[1][1]])
    donors = ~np.isin(np.arange(60), exposed)
    seen = []

    def fit(panel: np.ndarray) -> np.ndarray:
        scores = panel[:, pre].mean(axis=1)
        ranks = [np.argsort(np.argsort(scores[s])) for s in (slice(0, 30), slice(30, 60))]
        seen.append([ranks[0][exposed[0]], ranks[0][exposed[1]], ranks[1][exposed[2] - 30]])
        return did(panel, pre)

    size = calibrated_size(fit, y, pre, donors, exposed, stratum, draws=20, statistic="mean", sets=200)
    assert seen == [[29, 27, 1]] * 20
    again = calibrated_size(fit, y, pre, donors, exposed, stratum, draws=20, statistic="mean", sets=200)
    assert (size.p == again.p).all()
    assert (size.selection, size.p.size, size.refused) == ("level", 20, 0)


def test_panels_that_cannot_be_ranked_are_drawn_again_and_counted() -> None:
    pre, y = np.arange(8) < 4, world(40, 8, 0.0, 0.5, np.random.default_rng(0))
    donors = np.arange(40) > 0
    calls = iter(range(10**6))

    def fit(panel: np.ndarray) -> np.ndarray:
        gap = did(panel, pre)
        if next(calls) % 3 == 0:
            gap[0, pre] = 0
        return gap

    size = calibrated_size(fit, y, pre, donors, 0, draws=20)
    assert (size.p.size, size.refused) == (20, 10)
    with pytest.raises(BadDesign, match="size of this test cannot be found"):
        calibrated_size(lambda panel: np.where(pre, 0.0, panel), y, pre, donors, 0, draws=20)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"donors": np.ones(40, dtype=bool)}, "false for the exposed"),
        ({"donors": np.arange(40) < 5, "exposed": 20}, "eight never-exposed"),
        ({"selection": "fate"}, "selection 'fate'"),
        ({"level": 0.0}, "level"),
        ({"draws": 0}, "draws"),
        ({"fit": lambda panel: panel[:3]}, "fit gave gaps of shape"),
        ({"factors": -1}, "factors"),
        ({"selection": lambda panel: panel}, "one finite number"),
    ],
)
def test_a_size_that_cannot_be_found_is_refused(change: dict, says: str) -> None:
    pre = np.arange(8) < 4
    arguments = {
        "fit": lambda panel: did(panel, pre),
        "y": world(40, 8, 0.0, 0.5, np.random.default_rng(0)),
        "pre": pre,
        "donors": np.arange(40) > 0,
        "exposed": 0,
        "draws": 5,
    } | change
    with pytest.raises(BadDesign, match=says):
        calibrated_size(**arguments)


def test_gaps_in_the_outcome_are_refused() -> None:
    pre, y = np.arange(8) < 4, world(40, 8, 0.0, 0.5, np.random.default_rng(0))
    arguments = {"fit": lambda panel: did(panel, pre), "pre": pre, "donors": np.arange(40) > 0, "exposed": 0}
    y[7, 2] = np.nan
    with pytest.raises(BadDesign, match="have gaps"):
        calibrated_size(y=y, **arguments)
    y[7, 2], y[0, 1] = 0, np.nan
    with pytest.raises(BadDesign, match="selection='none'"):
        calibrated_size(y=y, **arguments)
    assert calibrated_size(y=y, selection="none", draws=5, **arguments).p.size == 5
