"""Ridge-augmented and partially pooled synthetic control: against other packages, other solvers, and known truths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from vereda.errors import BadDesign
from vereda.evaluation import augmented
from vereda.evaluation import synthetic_control as sc
from vereda.evaluation.panel import Panel


@pytest.fixture(scope="module")
def smoking(prop99: Panel):
    y = prop99.outcome("packs")
    row = prop99.places.index("California")
    return y, row, np.arange(len(y)) != row, prop99.years < 1989


def one(seed: int = 0, n: int = 30, before: int = 12, after: int = 4):
    rng = np.random.default_rng(seed)
    years = before + after
    y = rng.normal(size=(n, 3)) @ rng.normal(size=(3, years)).cumsum(axis=1) + 0.3 * rng.normal(
        size=(n, years)
    )
    return y, 0, np.arange(n) > 0, np.arange(years) < before


# Ridge


@pytest.mark.parity
def test_ridge_agrees_with_mlsynth_on_proposition_99(smoking) -> None:
    """Weights at the penalty chosen, and the whole curve of cross-validation, by refitting each fold."""
    pytest.importorskip("mlsynth")
    from mlsynth.utils.bilevel.ridge_augment import ridge_augment_weights

    y, row, donors, pre = smoking
    ours = augmented.ridge(y, row, donors, pre)
    theirs = ridge_augment_weights(y[row, pre], y[donors][:, pre].T)
    assert ours.penalty == pytest.approx(theirs.lambda_, rel=1e-10)
    assert_allclose(ours.penalties, theirs.cv["lambdas"], rtol=1e-10)
    assert_allclose(ours.error, theirs.cv["errors_mean"], rtol=1e-8)
    assert_allclose(ours.fit.weights, theirs.W, atol=1e-10)
    assert ours.fit.att == pytest.approx(-15.952567, abs=5e-7)


@pytest.mark.shared
@pytest.mark.parity
def test_ridge_agrees_with_mlsynth_on_the_basque_country(basque) -> None:
    pytest.importorskip("mlsynth")
    from mlsynth.utils.bilevel.ridge_augment import ridge_augment_weights

    names, place = np.unique(basque["regionname"], return_inverse=True)
    y = np.empty((len(names), 43))
    y[place, basque["year"].astype(int) - 1955] = basque["gdpcap"]
    row, pre = list(names).index("Basque Country (Pais Vasco)"), np.arange(43) < 15
    donors = ~np.isin(names, ["Basque Country (Pais Vasco)", "Spain (Espana)"])
    ours = augmented.ridge(y, row, donors, pre)
    theirs = ridge_augment_weights(y[row, pre], y[donors][:, pre].T)
    assert ours.penalty == pytest.approx(theirs.lambda_, rel=1e-10)
    assert_allclose(ours.fit.weights, theirs.W, atol=1e-6)


@given(st.integers(0, 2**31), st.floats(1e-3, 1e3))
@settings(max_examples=40, deadline=None)
def test_ridge_weights_are_the_formula_of_the_paper(seed: int, penalty: float) -> None:
    """w + (a - B w)' (B B' + lambda)^-1 B, around the mean of the donors."""
    y, row, donors, pre = one(seed)
    f = augmented.ridge(y, row, donors, pre, penalty)
    centre = y[1:, pre].mean(axis=0)
    b, a = (y[1:, pre] - centre).T, y[0, pre] - centre
    plain = sc.fit(y, row, donors, pre)
    expected = plain.weights + (a - b @ plain.weights) @ np.linalg.inv(b @ b.T + penalty * np.eye(12)) @ b
    assert_allclose(f.fit.weights, expected, atol=1e-8)
    assert f.fit.weights.sum() == pytest.approx(1)
    assert_allclose(f.fit.gap, y[0] - f.fit.weights @ y[1:], atol=1e-9)
    assert_allclose(f.plain.gap, plain.gap)
    assert f.fit.rmspe[0] <= plain.rmspe[0] * (1 + 1e-12)  # the correction never fits worse


def test_left_out_errors_are_those_of_refitting() -> None:
    y, row, donors, pre = one()
    f = augmented.ridge(y, row, donors, pre)
    centre = y[1:, pre].mean(axis=0)
    b, a = (y[1:, pre] - centre).T, y[0, pre] - centre
    squared = np.empty((12, len(f.penalties)))
    for s in range(12):
        kept = np.arange(12) != s
        now = np.append(kept, np.zeros(4, dtype=bool))  # the year left out is not matched on
        w = sc.fit(y, row, donors, now).weights
        for k, penalty in enumerate(f.penalties):
            gram = b[kept] @ b[kept].T + penalty * np.eye(11)
            v = w + (a - b @ w)[kept] @ np.linalg.solve(gram, b[kept])
            squared[s, k] = (a[s] - b[s] @ v) ** 2
    assert_allclose(f.error, squared.mean(axis=0), rtol=1e-5)
    assert_allclose(f.error_se, squared.std(axis=0, ddof=1) / np.sqrt(12), rtol=1e-5)
    least = augmented.ridge(y, row, donors, pre, one_se=False)
    assert least.penalty == f.penalties[f.error.argmin()]
    assert f.penalty >= least.penalty
    assert f.error[list(f.penalties).index(f.penalty)] <= f.error.min() + f.error_se[f.error.argmin()]


def test_a_huge_penalty_changes_nothing_and_a_tiny_one_fits_exactly() -> None:
    y, row, donors, pre = one()
    y[0] += 10  # outside of what any mix of donors reaches
    plain = sc.fit(y, row, donors, pre)
    assert_allclose(augmented.ridge(y, row, donors, pre, 1e14).fit.weights, plain.weights, atol=1e-9)
    tight = augmented.ridge(y, row, donors, pre, 1e-9).fit
    assert tight.rmspe[0] < 1e-6 * plain.rmspe[0]
    assert tight.weights.min() < 0


def test_ridge_finds_an_effect_that_the_plain_fit_cannot() -> None:
    """The exposed place lies outside the hull: the plain gap carries the misfit, the augmented one does not."""
    rng = np.random.default_rng(3)
    loading = rng.uniform(0, 1, size=(40, 2))
    loading[0] = [1.4, 1.3]
    y = loading @ (2 + rng.normal(size=(2, 30)).cumsum(axis=1)) + 0.02 * rng.normal(size=(40, 30))
    pre = np.arange(30) < 22
    y[0, ~pre] += 2
    f = augmented.ridge(y, 0, np.arange(40) > 0, pre)
    assert abs(f.plain.att - 2) > 0.5
    assert f.fit.att == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("penalty", "change", "said"),
    [
        (0.0, None, "a positive number"),
        (np.nan, None, "a positive number"),
        (None, lambda y, pre: pre.__setitem__(slice(2, None), False), "too few to choose a penalty"),
        (None, lambda y, pre: y.__setitem__(slice(1, None), 3.0), "do not differ"),
    ],
)
def test_ridge_refuses(penalty, change, said: str) -> None:
    y, row, donors, pre = one()
    if change:
        change(y, pre)
    with pytest.raises(BadDesign, match=said):
        augmented.ridge(y, row, donors, pre, penalty)


def test_ridge_with_two_years_and_a_given_penalty() -> None:
    y, row, donors, pre = one()
    pre[2:] = False
    assert np.isfinite(augmented.ridge(y, row, donors, pre, 1.0).fit.att)


# Several cohorts


def cohorts(
    seed: int = 0, n: int = 40, years: int = 20, first: tuple[int, ...] = (10, 13, 16), each: int = 3
):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, 3)) @ rng.normal(size=(3, years)).cumsum(axis=1)
    y += 0.5 * rng.normal(size=(n, years)) + 3 * rng.normal(size=(n, 1))
    start = np.full(n, np.inf)
    for k, year in enumerate(first):
        start[k * each : (k + 1) * each] = year
    return y, np.arange(float(years)), start


@pytest.mark.parity
@pytest.mark.parametrize("by_place", [False, True])
@pytest.mark.parametrize("demean", [False, True])
@pytest.mark.parametrize("nu", [None, 0.3, 0.9])
def test_staggered_agrees_with_mlsynth(by_place: bool, demean: bool, nu: float | None) -> None:
    """The port of augsynth::multisynth that reproduces its vignette; an interior-point solver behind it."""
    pytest.importorskip("mlsynth")
    pytest.importorskip("cvxpy")
    from mlsynth.utils.ppscm_helpers.engine import run_multisynth

    y, years, first = cohorts(each=2)
    y[:6] += 2 * years  # out of the donors' reach: a cohort that can be matched exactly has many optima
    ours = augmented.staggered(y, years, first, nu, demean=demean, by_place=by_place)
    assert ours.certificate.unique
    theirs = run_multisynth(y, first, 16, 4, 16, time_cohort=not by_place, nu=nu, fixedeff=demean)
    assert ours.nu == pytest.approx(theirs["nu_used"], rel=1e-6)
    assert ours.att == pytest.approx(theirs["att"], abs=1e-7)
    assert_allclose(ours.average, theirs["per_time"], atol=1e-6)
    assert_allclose(ours.imbalance, (theirs["global_l2"], theirs["ind_l2"]), rtol=1e-6)
    assert_allclose(ours.effect, theirs["tau_rel"], atol=1e-6)


def test_an_exactly_matched_cohort_is_flagged_as_having_many_optima() -> None:
    """Ten years, thirty donors: the cohort lies inside of them, and its effect depends on which weights are taken."""
    y, years, first = cohorts(each=2)
    assert augmented.staggered(y, years, first, nu=0.3, demean=False).certificate.unique is False


def test_staggered_agrees_with_sequential_quadratic_programming() -> None:
    """The objective as written, given to a general solver."""
    y, years, first = cohorts(n=18)
    f = augmented.staggered(y, years, first, nu=0.6, demean=False)
    blocks = [np.flatnonzero(first == g) for g in (10.0, 13, 16)]
    able = [np.flatnonzero(first > g + 4) for g in (10.0, 13, 16)]
    at = np.cumsum([0] + [len(a) for a in able])

    def imbalance(w: np.ndarray) -> np.ndarray:
        out = np.zeros((3, 16))
        for k, (rows, pool, g) in enumerate(zip(blocks, able, (10, 13, 16), strict=True)):
            out[k, 16 - g :] = 3 * (y[rows, :g].mean(axis=0) - w[at[k] : at[k + 1]] @ y[pool, :g])
        return out

    def objective(w: np.ndarray) -> float:
        m, (pool, alone) = imbalance(w), f.separate
        together = 0.6 * (m.sum(axis=0) ** 2).sum() / (16 * 9 * pool**2)
        return together + 0.4 * ((m**2).sum(axis=1) / np.array([10, 13, 16])).sum() / (3 * alone**2)

    ours = np.concatenate([f.weights[k, pool] for k, pool in enumerate(able)])
    parts = [slice(at[k], at[k + 1]) for k in range(3)]
    other = minimize(
        objective,
        np.concatenate([np.full(len(a), 1 / len(a)) for a in able]),
        bounds=[(0, 1)] * at[-1],
        constraints=[{"type": "eq", "fun": lambda w, s=s: w[s].sum() - 1} for s in parts],
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 2000},
    )
    assert objective(ours) <= other.fun + 1e-9
    assert_allclose(imbalance(ours), imbalance(other.x), atol=2e-3)
    assert f.certificate.gap <= 1e-8


@given(st.integers(0, 2**31), st.sampled_from([None, 0.0, 0.5, 0.95]), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_staggered_weights_are_weights(seed: int, nu: float | None, demean: bool, by_place: bool) -> None:
    y, years, first = cohorts(seed, n=30, first=(8, 12), each=3)
    f = augmented.staggered(y, years, first, nu, demean=demean, by_place=by_place)
    assert f.weights.min() >= 0
    assert_allclose(f.weights.sum(axis=1), 1)
    for g, w in zip(f.first, f.weights, strict=True):
        assert (first[w > 0] > g + 8).all()  # never exposed before the effect has been read
    assert f.imbalance[0] <= f.separate[0] * (1 + 1e-9)  # pooling helps the average
    assert f.imbalance[1] >= f.separate[1] * (1 - 1e-9)  # and costs the groups
    assert 0 <= f.nu < 1
    assert_allclose(f.average, f.places @ f.effect / f.places.sum(), atol=1e-12)


def test_nu_zero_is_each_cohort_alone() -> None:
    y, years, first = cohorts()
    f = augmented.staggered(y, years, first, nu=0, demean=False)
    for k, g in enumerate((10, 13, 16)):
        rows, donors = np.flatnonzero(first == g), first > g + 4
        alone = sc.fit(y, rows, donors, years < g)
        assert_allclose(f.weights[k, alone.donors], alone.weights, atol=1e-10)
        assert_allclose(f.gap[k], alone.gap, atol=1e-10)
        assert_allclose(f.effect[k], alone.gap[g : g + 4], atol=1e-10)


def test_more_pooling_trades_the_groups_for_the_average() -> None:
    y, years, first = cohorts()
    fits = [augmented.staggered(y, years, first, nu) for nu in (0.0, 0.3, 0.6, 0.9, 0.99)]
    together, apart = np.array([f.imbalance for f in fits]).T
    assert (np.diff(together) < 0).all()
    assert (np.diff(apart) > 0).all()


def test_a_known_effect_of_several_cohorts_is_found() -> None:
    y, years, first = cohorts(seed=4, n=120, years=30, first=(18, 20, 22, 24), each=5)
    for g in (18, 20, 22, 24):
        y[first == g, g:] += 3 + 0.5 * np.arange(30 - g)  # grows with time since exposure
    f = augmented.staggered(y, years, first)
    assert_allclose(f.average, 3 + 0.5 * np.arange(6), atol=0.75)
    assert f.att == pytest.approx(4.25, abs=0.4)


def test_fixed_effects_of_places_cancel_when_demeaned() -> None:
    y, years, first = cohorts()
    moved = y + 100 * np.random.default_rng(1).normal(size=(40, 1)) + 7 * np.sin(years)
    before, after = (augmented.staggered(v, years, first).effect for v in (y, moved))
    assert_allclose(after, before, atol=1e-6)


def test_only_the_last_years_are_balanced_when_asked() -> None:
    y, years, first = cohorts()
    f = augmented.staggered(y, years, first, nu=0.5, lags=3, demean=False)
    shaken = y.copy()
    shaken[:, :7] += np.random.default_rng(1).normal(size=(40, 7))
    again = augmented.staggered(shaken, years, first, nu=0.5, lags=3, demean=False)
    assert_allclose(again.effect, f.effect, atol=1e-8)


def test_longer_horizons_leave_late_groups_out_of_the_average() -> None:
    y, years, first = cohorts()
    f = augmented.staggered(y, years, first, leads=10)
    assert np.isnan(f.effect[2, 4:]).all()
    assert_allclose(f.average[9], f.effect[0, 9])
    assert (f.weights[:, np.isfinite(first)] == 0).all()  # ten years on, only the never exposed are left


def test_groups_already_matched_are_left_as_they_are() -> None:
    y, years, first = cohorts()
    for rows, twin in ((slice(0, 3), 20), (slice(3, 6), 21), (slice(6, 9), 22)):
        y[rows] = y[twin]
    f = augmented.staggered(y, years, first, nu=0.5)
    assert_allclose(f.gap, 0, atol=1e-9)


def test_a_row_with_a_gap_takes_no_part() -> None:
    y, years, first = cohorts()
    y[30, 2] = np.nan
    f = augmented.staggered(y, years, first)
    assert f.left_out.tolist() == [30]
    assert (f.weights[:, 30] == 0).all()
    y[0, 2] = np.nan
    with pytest.raises(BadDesign, match="1 exposed places lack values: row 0"):
        augmented.staggered(y, years, first)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nu": 1.0}, r"nu lies in \[0, 1\)"),
        ({"nu": -0.1}, r"nu lies in \[0, 1\)"),
        ({"nu": np.nan}, r"nu lies in \[0, 1\)"),
        ({"first": np.full(40, np.inf)}, "No place is exposed"),
        ({"first": np.full(40, 12.0)}, "no donor that stays unexposed"),
        ({"first": np.append(1.0, np.full(39, np.inf))}, "two years before exposure"),
        ({"first": np.append(0.0, np.full(39, np.inf)), "demean": False}, "a year before exposure"),
        ({"first": np.full(40, np.nan)}, "first exposures are years or inf"),
        ({"leads": 0}, "leads lies between 1 and the 10"),
        ({"leads": 11}, "leads lies between 1 and the 10"),
        ({"lags": 0}, "lags is at least 1"),
        ({"years": np.arange(7.0)}, "Shapes do not fit"),
        ({"donors": np.zeros(40, dtype=bool)}, "no donor that stays unexposed"),
    ],
)
def test_staggered_refuses(change: dict[str, object], said: str) -> None:
    y, years, first = cohorts()
    with pytest.raises(BadDesign, match=said):
        augmented.staggered(**({"y": y, "years": years, "first": first} | change))


def test_one_year_before_is_enough_without_demeaning() -> None:
    y, years, first = cohorts(first=(1, 13), each=2)
    assert np.isfinite(augmented.staggered(y, years, first, demean=False).att)
