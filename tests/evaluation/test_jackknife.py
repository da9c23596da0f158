import numpy as np
import pytest
from numpy.testing import assert_allclose

from vereda.errors import BadDesign
from vereda.evaluation import jackknife as again


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    x = np.random.default_rng(0).normal(size=30)
    found = again.jackknife(lambda stay: x[stay].mean(), np.arange(30) < 5)
    assert found.se == pytest.approx(x.std(ddof=1) / np.sqrt(30))
    assert found.draws.shape == (30,)


def test_groups_are_left_out_whole() -> None:
    x, groups = np.random.default_rng(1).normal(size=12), np.repeat([7, 2, 5], 4)
    found = again.jackknife(lambda stay: x[stay].mean(), np.tile([True, False], 6), groups)
    means = np.array([x[groups != g].mean() for g in (2, 5, 7)])
    assert_allclose(found.draws, means)
    assert found.se == pytest.approx(np.sqrt(2 / 3 * ((means - means.mean()) ** 2).sum()))


@pytest.mark.parametrize(
    ("exposed", "groups", "needed", "why"),
    [
        ([True, False, False], None, 1, "one place is exposed"),
        ([True, True, False, False], [0, 0, 1, 2], 1, "in one group"),
        ([True, True, False], None, 1, "fewer than 1 donors"),
        ([True, True, False, False], None, 2, "fewer than 2 donors"),
        ([True, True, False, False], [0, 0, 0, 0], 1, "nothing"),
    ],
)
def test_a_jackknife_that_is_not_defined_says_why(
    exposed: list[bool], groups: list[int] | None, needed: int, why: str
) -> None:
    codes = None if groups is None else np.array(groups)
    found = again.jackknife(lambda stay: float(stay.sum()), np.array(exposed), codes, needed)
    assert found.se is None
    assert why in found.why


def test_placebos_never_use_the_exposed_and_play_as_many() -> None:
    exposed = np.isin(np.arange(10), (2, 6))
    seen = []

    def estimate(rows: np.ndarray, plays: np.ndarray) -> float:
        seen.append((rows, plays))
        return float(rows[plays].sum())

    found = again.placebo(estimate, exposed, np.random.default_rng(3), 40)
    assert all(sorted(rows) == [0, 1, 3, 4, 5, 7, 8, 9] and plays.sum() == 2 for rows, plays in seen)
    assert len({tuple(sorted(rows[plays])) for rows, plays in seen}) > 10
    assert found.se == pytest.approx(np.std(found.draws, ddof=1) * np.sqrt(39 / 40))


def test_permutations_are_those_of_the_generator() -> None:
    rng = np.random.default_rng(1)
    assert_allclose(again.permuted(5, 3, np.random.default_rng(1)), [rng.permutation(5) for _ in range(3)])


def test_bootstrap_draws_hold_both_kinds() -> None:
    exposed = np.arange(6) < 2
    rows = again.resampled(exposed, 200, np.random.default_rng(0), needed=2)
    count = exposed[rows].sum(axis=1)
    assert count.min() >= 1
    assert count.max() <= 4
    x = np.random.default_rng(5).normal(size=200)
    found = again.bootstrap(lambda rows: x[rows].mean(), np.arange(200) < 100, np.random.default_rng(2), 400)
    assert found.se == pytest.approx(x.std() / np.sqrt(200), rel=0.15)


def test_what_cannot_be_drawn_says_so() -> None:
    few = again.placebo(lambda rows, plays: 0.0, np.arange(4) < 2, np.random.default_rng(0), 5)
    assert few.se is None
    assert "2 donors" in few.why
    assert again.bootstrap(lambda rows: 0.0, np.arange(4) < 1, np.random.default_rng(0)).se is None
    with pytest.raises(BadDesign, match="0 of 3 draws"):
        again.resampled(np.ones(4, dtype=bool), 3, np.random.default_rng(0))


def test_an_estimate_that_does_not_exist_is_not_averaged_away() -> None:
    with pytest.raises(BadDesign, match="5 of 6"):
        again.jackknife(lambda stay: np.nan if stay[3] else 1.0, np.arange(6) < 2)
    with pytest.raises(BadDesign, match="1 of 6"):
        again.spread("placebo", np.array([1.0, np.nan, 2, 3, 4, 5]))
