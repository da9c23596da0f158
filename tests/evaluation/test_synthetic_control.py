"""Synthetic control on outcomes: Proposition 99 as published, every place as a placebo, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation import synthetic_control as sc
from vereda.evaluation.panel import Panel


@pytest.fixture(scope="module")
def smoking(prop99: Panel):
    """Outcome, row of California, donors, years before."""
    y = prop99.outcome("packs")
    row = prop99.places.index("California")
    return y, row, np.arange(len(y)) != row, prop99.years < 1989


def random_panel(n: int = 60, years: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, 3)) @ rng.normal(size=(3, years)).cumsum(axis=1) + rng.normal(size=(n, years))
    return y, rng.random(n) < 0.8, np.arange(years) < 12


@pytest.mark.published("exact optimum, outcome only (StatsPAI = mlsynth = scipy)")
def test_proposition_99(smoking) -> None:
    y, row, donors, pre = smoking
    fit = sc.fit(y, row, donors, pre)
    assert fit.att == pytest.approx(-19.513630, abs=5e-7)
    assert fit.certificate.gap <= 1e-12
    assert fit.certificate.unique is True


@pytest.mark.published("Synth for R, outcome only, as compiled from its output: squared gaps before, weights")
def test_proposition_99_beats_the_search_of_synth(prop99: Panel, smoking) -> None:
    """Synth stops short of the optimum: its weights agree to about half a hundredth, its fit is no better."""
    y, row, donors, pre = smoking
    fit = sc.fit(y, row, donors, pre)
    assert 52.0 < (fit.gap[pre] ** 2).sum() <= 52.136289
    weight = {prop99.places[i]: w for i, w in zip(fit.donors, fit.weights, strict=True)}
    synth = {"Utah": 0.396, "Montana": 0.229, "Nevada": 0.204, "Connecticut": 0.109}
    synth |= {"New Hampshire": 0.046, "Colorado": 0.015}
    assert {place for place, w in weight.items() if w > 0} == set(synth)
    for place, published in synth.items():
        assert weight[place] == pytest.approx(published, abs=5e-3)


@pytest.mark.published("rank of California by RMSPE ratio")
def test_proposition_99_is_third_of_thirty_nine(smoking) -> None:
    y, row, donors, pre = smoking
    all_states = sc.placebos(y, pre, donors)
    assert np.mean(all_states.ratio >= all_states.ratio[row]) == 3 / 39
    assert (all_states.certificate_gap <= 1e-8).all()


@pytest.mark.parity
def test_proposition_99_agrees_with_mlsynth(smoking) -> None:
    pytest.importorskip("mlsynth")
    from mlsynth.utils.bilevel.ridge_augment import simplex_qp

    y, row, donors, pre = smoking
    theirs = simplex_qp(y[donors][:, pre].T, y[row, pre])
    assert_allclose(sc.fit(y, row, donors, pre).weights, theirs, atol=1e-7)


# Every place in turn


@pytest.mark.parametrize("buffer", [False, True])
def test_placebos_are_the_fits_one_by_one(buffer: bool) -> None:
    y, donors, pre = random_panel()
    near = np.random.default_rng(3).random((60, 60)) < 0.1
    found = sc.placebos(y, pre, donors, forbidden=near if buffer else None)
    for i in range(60):
        mine = donors & ~near[i] if buffer else donors
        one = sc.fit(y, i, mine, pre)
        assert_allclose(found.gap[i], one.gap, atol=1e-9)
        assert_allclose(found.rmspe[i], one.rmspe, atol=1e-9)
        used = found.donor[i] >= 0
        assert i not in found.donor[i]
        assert mine[found.donor[i, used]].all()
        assert found.weight[i].sum() == pytest.approx(1)
    assert_allclose(found.att, found.gap[:, ~pre].mean(axis=1))


def test_a_buffer_may_be_sparse_or_dense() -> None:
    y, donors, pre = random_panel()
    near = np.random.default_rng(3).random((60, 60)) < 0.1
    dense, sparse = (sc.placebos(y, pre, donors, forbidden=f) for f in (near, csr_array(near.astype(float))))
    assert np.array_equal(dense.gap, sparse.gap)


def test_only_the_places_asked_for_in_their_order() -> None:
    y, donors, pre = random_panel()
    all_places, some = sc.placebos(y, pre, donors), sc.placebos(y, pre, donors, places=np.array([7, 3]))
    assert some.places.tolist() == [7, 3]
    assert_allclose(some.gap, all_places.gap[[7, 3]], atol=1e-12)
    assert some.certificate(0).unique is True


def test_a_known_effect_is_found() -> None:
    """Two factors and little noise: the exposed place follows its donors until 5 is added."""
    rng = np.random.default_rng(1)
    share = rng.dirichlet(np.ones(40), size=1)[0]
    donors = 10 + rng.normal(size=(40, 2)) @ rng.normal(size=(2, 30)).cumsum(axis=1)
    y = np.vstack([share @ donors, donors]) + 0.01 * rng.normal(size=(41, 30))
    pre = np.arange(30) < 20
    y[0, ~pre] += 5
    assert sc.fit(y, 0, np.arange(41) > 0, pre).att == pytest.approx(5, abs=0.05)


@given(st.integers(0, 2**31), st.floats(-100, 100), st.floats(0.01, 100))
@settings(max_examples=40, deadline=None)
def test_a_common_shock_and_another_unit(seed: int, shock: float, unit: float) -> None:
    """What hits every place alike cancels in the gap; the gap has the unit of the outcome."""
    y, donors, pre = random_panel(20, 15, seed)
    donors[:5] = True
    common = shock * np.sin(np.arange(15))
    before, after = (sc.fit(v, 9, donors, pre).gap for v in (y, unit * (y + common)))
    assert_allclose(after, unit * before, atol=1e-7 * unit * (1 + abs(shock)))


def test_the_mean_of_a_cohort_is_fitted_as_one_series() -> None:
    y, donors, pre = random_panel()
    donors[:3] = True  # an exposed place is never its own donor, even when the mask says so
    together = sc.fit(y, [0, 1, 2], donors, pre)
    mean = np.vstack([y[:3].mean(axis=0), y[3:]])
    alone = sc.fit(mean, 0, np.append(False, donors[3:]), pre)
    assert_allclose(together.gap, alone.gap, atol=1e-10)
    assert not np.isin([0, 1, 2], together.donors).any()


def test_ratio_of_exact_fits() -> None:
    y = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 9], [5, 1, 2, 2], [0, 0, 0, 0]])
    found = sc.placebos(y, np.array([True, True, True, False]), np.array([False, True, False, True, True]))
    assert found.ratio[0] == 1  # a copy before and after
    assert found.ratio[2] == np.inf  # a copy before, and then no longer
    assert found.ratio[1] > 0


# Gaps, and what is refused


def test_a_donor_with_a_gap_takes_no_part_and_is_named() -> None:
    y, donors, pre = random_panel()
    donors[:4] = True
    y[1, 2] = y[3, -1] = np.nan
    fit = sc.fit(y, 0, donors, pre)
    assert not np.isin([1, 3], fit.donors).any()
    assert_allclose(fit.gap, sc.fit(np.delete(y, [1, 3], 0), 0, np.delete(donors, [1, 3]), pre).gap)
    found = sc.placebos(y, pre, donors)
    assert found.left_out.tolist() == [1, 3]
    assert len(found.places) == 58
    assert not np.isin(found.donor, [1, 3]).any()
    check = sc.donors_with_gaps(y, donors, np.arange(2000.0, 2020), [f"P{i}" for i in range(60)])
    assert check.state == "informational"
    assert "P1 (2002), P3 (2019)" in check.detail
    assert check.values["left_out"] == 2


def test_an_exposed_place_with_a_gap_is_refused_by_name() -> None:
    y, donors, pre = random_panel()
    y[5, 3] = np.nan
    names = [f"Place {i}" for i in range(60)]
    with pytest.raises(BadDesign, match=r"Place 5 \(1 years\)"):
        sc.fit(y, 5, donors, pre, names)
    with pytest.raises(BadDesign, match=r"Place 5 \(1 years\)"):
        sc.placebos(y, pre, donors, places=np.array([4, 5]), names=names)


def test_a_buffer_that_leaves_no_donor_is_refused() -> None:
    y, donors, pre = random_panel()
    near = np.zeros((60, 60), dtype=bool)
    near[8] = True
    with pytest.raises(BadDesign, match=r"1 places are left without a donor, first row 8"):
        sc.placebos(y, pre, donors, forbidden=near)
    only = np.arange(60) == 8
    with pytest.raises(BadDesign, match="first row 8"):  # the one donor cannot be its own
        sc.placebos(y, pre, only)


def arguments(**changed: object) -> dict[str, object]:
    y, donors, pre = random_panel()
    return {"y": y, "exposed": 0, "donors": donors, "pre": pre} | changed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pre": np.ones(20, dtype=bool)}, "20 of 20 years are before exposure"),
        ({"pre": np.zeros(20, dtype=bool)}, "0 of 20 years are before exposure"),
        ({"pre": np.ones(7, dtype=bool)}, "Shapes do not fit"),
        ({"donors": np.zeros(60, dtype=bool)}, "none of the 0 donors"),
        ({"donors": np.arange(60)}, "are masks"),
        ({"donors": np.arange(60) == 0}, "No donor is left"),
        ({"exposed": 60}, "rows 0 to 59"),
        ({"exposed": [1, 1]}, "each once"),
        ({"exposed": []}, "at least one"),
        ({"exposed": 0.5}, "row numbers"),
        ({"y": np.full((60, 20), np.inf)}, "infinite"),
        ({"y": np.full((60, 20), np.nan)}, "has a value in every year"),
    ],
)
def test_bad_input(changed: dict[str, object], said: str) -> None:
    with pytest.raises(BadDesign, match=said):
        sc.fit(**arguments(**changed))


def test_a_buffer_of_another_size_is_refused() -> None:
    y, donors, pre = random_panel()
    with pytest.raises(BadDesign, match="60 x 60"):
        sc.placebos(y, pre, donors, forbidden=np.zeros((3, 3), dtype=bool))


@pytest.mark.parametrize("before", [1, 2, 30])
def test_few_years_and_more_years_than_donors(before: int) -> None:
    rng = np.random.default_rng(1)
    y, pre = rng.normal(size=(12, before + 3)), np.arange(before + 3) < before
    found = sc.placebos(y, pre, np.ones(12, dtype=bool))
    assert np.isfinite(found.gap).all()
    assert (found.certificate_gap <= 1e-8).all()
