"""Sensitivity to trends that were not parallel: Rambachan & Roth (2023)."""

import gzip
import importlib.util
import pickle
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog, minimize
from scipy.stats import foldnorm

from vereda.errors import BadDesign
from vereda.evaluation import honest_clf, honest_flci
from vereda.evaluation.honest import original_interval, relative_magnitudes, smoothness
from vereda.evaluation.honest_study import Study, checked


@pytest.fixture(scope="module")
def medicaid() -> tuple[np.ndarray, np.ndarray]:
    """Insurance coverage in 43 US states, 2008-2015, 22 of which expanded Medicaid in 2014: two-way fixed effects.

    The event study of the README of the R package HonestDiD: `feols(dins ~ i(year, D, ref = 2013) | stfips + year)`,
    clustered by state, with the degrees of freedom that fixest takes off.
    """
    package = importlib.util.find_spec("moderndid")
    if package is None or package.origin is None:
        pytest.skip("moderndid is not installed; it ships ehec_data.")
    with gzip.open(Path(package.origin).parent / "core/datasets/ehec_data.pkl.gz") as file:
        table = pickle.load(file)
    table = table[(table["year"] < 2016) & ~table["yexp2"].isin([2015])].sort_values(["stfips", "year"])
    years = np.unique(table["year"])
    y = table["dins"].to_numpy(dtype=float).reshape(-1, years.size)
    exposed = (table["yexp2"].to_numpy() == 2014).reshape(y.shape)[:, 0]
    n, span = y.shape
    columns = np.flatnonzero(years != 2013)
    x = np.zeros((n, span, columns.size))
    for j, t in enumerate(columns):
        x[exposed, t, j] = 1
    for axis in (1, 0):
        y, x = y - y.mean(axis=axis, keepdims=True), x - x.mean(axis=axis, keepdims=True)
    bread = np.linalg.inv(np.einsum("itk,itl->kl", x, x))
    beta = bread @ np.einsum("itk,it->k", x, y)
    score = np.einsum("itk,it->ik", x, y - x @ beta)
    used = columns.size + span  # state effects are nested in the clusters
    correction = n / (n - 1) * (n * span - 1) / (n * span - used)
    return beta, correction * bread @ score.T @ score @ bread


def study(pre: int, post: int, seed: int, effect: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(pre + post, pre + post))
    sigma = (root @ root.T / (pre + post) + 0.3 * np.eye(pre + post)) * 0.01
    return rng.multivariate_normal(np.repeat([0, effect], [pre, post]), sigma), sigma


# Published values


@pytest.mark.published("README of the R package HonestDiD: Medicaid, relative magnitudes, first year")
def test_relative_magnitudes_of_the_medicaid_expansion(medicaid) -> None:
    """R prints the outermost accepted points of a grid of 1,000 over 40 standard errors: up to one step inside ours."""
    robust = relative_magnitudes(*medicaid, pre=5, m=[0.5, 1, 1.5, 2])
    step = 40 * robust.se / 999
    inside_low = np.array([0.0240, 0.0170, 0.00824, -0.000916]) - robust.low
    inside_high = robust.high - np.array([0.0672, 0.0720, 0.0797, 0.0881])
    for inside in (inside_low, inside_high):
        assert (inside > -5e-5).all()
        assert (inside < step + 5e-5).all()
    assert 1.5 < robust.breakdown < 2


@pytest.mark.published("README of the R package HonestDiD: Medicaid, smoothness, first year")
def test_smoothness_of_the_medicaid_expansion(medicaid) -> None:
    """R simulates the folded normal quantile from a million draws: its fourth decimal is not exact."""
    robust = smoothness(*medicaid, pre=5, m=np.arange(6) / 100)
    assert_allclose(robust.low, [0.0259, 0.0132, 0.00286, -0.00714, -0.0171, -0.0271], atol=1e-4)
    assert_allclose(robust.high, [0.0607, 0.0787, 0.0907, 0.101, 0.111, 0.121], atol=3e-4)
    assert 0.02 < robust.breakdown < 0.03


# Independent packages


@pytest.mark.parity
@pytest.mark.parametrize(("pre", "post", "seed"), [(2, 2, 0), (5, 3, 1), (6, 6, 2), (1, 4, 3), (6, 1, 4)])
def test_flci_is_that_of_diff_diff_or_shorter(pre: int, post: int, seed: int) -> None:
    peer = pytest.importorskip("diff_diff.honest_did")
    beta, sigma = study(pre, post, seed)
    l_vec = np.ones(post) / post
    for m in (0.0, 0.02, 0.1):
        ours = smoothness(beta, sigma, pre, [m], l_vec)
        low, high = peer._compute_optimal_flci(beta[:pre], beta[pre:], sigma, l_vec, pre, post, m, 0.05)
        length, theirs = ours.high[0] - ours.low[0], high - low
        assert length <= theirs * (1 + 1e-7)  # theirs keeps its constraints to that
        assert length == pytest.approx(theirs, rel=1e-6)
        # the centre of a nearly shortest interval is determined to the square root of that only
        assert_allclose([ours.low[0], ours.high[0]], [low, high], atol=1e-4 * theirs)


@pytest.mark.parity
@pytest.mark.parametrize("sigma", [1e-12 * np.eye(9), np.eye(9) + 1])
@pytest.mark.parametrize("pre", [5, 8])
def test_flci_of_regular_errors_where_weights_start_together(pre: int, sigma: np.ndarray) -> None:
    peer = pytest.importorskip("diff_diff.honest_did")
    beta, l_vec, unit = np.sqrt(np.diag(sigma)), np.eye(9 - pre)[0], np.sqrt(sigma[0, 0])
    m = np.array([0, 0.1, 1, 10]) * unit
    ours = smoothness(beta, sigma, pre, m, l_vec)
    for k in range(4):
        low, high = peer._compute_optimal_flci(
            beta[:pre] / unit, beta[pre:] / unit, sigma / unit**2, l_vec, pre, 9 - pre, m[k] / unit, 0.05
        )
        length = (ours.high[k] - ours.low[k]) / unit
        assert length <= (high - low) * (1 + 1e-7)  # theirs keeps its constraints to that
        assert length == pytest.approx(high - low, rel=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("l_vec", [[1.0, 0.0], [0.5, 0.5], [-1.0, 2.0]])
def test_conditional_test_is_that_of_moderndid(l_vec: list[float]) -> None:
    """Without the first stage, which moderndid simulates: acceptance of every theta, step by step and sign by sign.

    moderndid 0.2.0 counts steps from zero and leaves out the oldest (k = 0 here), which the R package has.
    """
    peer = pytest.importorskip("moderndid.didhonest.delta.rm.rm", exc_type=ImportError)
    pre, weights, m = 3, np.array(l_vec), 0.7
    beta, sigma = study(pre, 2, 5)
    s = checked(beta, sigma, pre, weights, 0.95)
    theta = s.estimate + s.se * np.linspace(-6, 6, 61)
    for k, sign in product(range(1, pre), (1.0, -1.0)):
        answer = peer._compute_conditional_cs_rm_fixed_s(
            s=k - pre, max_positive=sign > 0, m_bar=m, betahat=beta, sigma=sigma, num_pre_periods=pre,
            num_post_periods=2, l_vec=weights, alpha=0.05, hybrid_flag="ARP", hybrid_kappa=0.005,
            post_period_moments_only=True, grid_points=61, grid_lb=theta[0], grid_ub=theta[-1], seed=0,
        )  # fmt: skip
        g, h = honest_clf.vertices_of(s, m, k, sign)
        accepted = honest_clf._accepts(g @ beta - np.outer(theta, h), g @ sigma @ g.T, np.inf, 0.05)
        assert (accepted == (np.asarray(answer["accept"]) > 0)).all()
        assert 0 < accepted.sum() < 61


# What the shortcuts rest on


@pytest.mark.parametrize(("pre", "post"), [(3, 1), (1, 2), (3, 4), (2, 7)])
def test_vertices_give_the_value_of_the_linear_programme(pre: int, post: int) -> None:
    """min eta with A beta - A_post tau <= sd eta, l'tau = theta, solved by HiGHS, for random beta."""
    beta, sigma = study(pre, post, 7)
    rng = np.random.default_rng(1)
    weights = rng.normal(size=post)
    s = checked(beta, sigma, pre, weights, 0.95)
    steps = honest_clf._steps(s)
    for m, k, sign in product((0.0, 0.4, 2.0), range(pre), (1.0, -1.0)):
        v = sign * steps[k]
        rows = np.vstack([steps[pre:] - m * v, -steps[pre:] - m * v])
        if post == 1:
            rows = np.vstack([rows, steps[:pre] - v, -steps[:pre] - v])
            rows = rows[np.abs(rows).max(axis=1) > 0]
        sd = np.sqrt(np.diag(rows @ sigma @ rows.T))
        g, h = honest_clf.vertices_of(s, m, k, sign)
        for theta in (-0.3, 0.8):
            b = rng.normal(size=pre + post)
            answer = linprog(
                np.eye(post + 1)[0],
                A_ub=-np.hstack([sd[:, None], rows[:, pre:]]),
                b_ub=-rows @ b,
                A_eq=np.concatenate([[0], weights])[None],
                b_eq=[theta],
                bounds=(None, None),
            )
            assert (g @ b - theta * h).max() == pytest.approx(answer.fun, abs=1e-8)


@pytest.mark.parametrize("m", [0.0, 0.5, 2.0])
def test_first_stage_rejects_at_its_size(m: float) -> None:
    """The cut is the 1 - kappa quantile of the largest vertex: counted in 400,000 plain draws."""
    beta, sigma = study(4, 3, 2)
    s = checked(beta, sigma, 4, np.ones(3) / 3, 0.95)
    g, _ = honest_clf.vertices_of(s, m, 2, 1.0)
    normal, uniform = honest_clf.draws_of(s, 0)
    cut = honest_clf._least_favourable(g @ normal, g @ sigma @ g.T, uniform, 0.005)
    plain = np.random.default_rng(0).multivariate_normal(np.zeros(7), sigma, size=400_000)
    assert ((plain @ g.T).max(axis=1) > cut).mean() == pytest.approx(0.005, abs=4 * np.sqrt(0.005 / 4e5))


@pytest.mark.parametrize(("pre", "post", "m"), [(2, 1, 0.3), (4, 3, 0.02), (7, 4, 0.05), (9, 2, 0.001)])
def test_no_linear_estimator_has_a_shorter_interval(pre: int, post: int, m: float) -> None:
    """Worst bias of any weights by linear programming, length by scipy: a general minimiser finds nothing shorter."""
    beta, sigma = study(pre, post, 11)
    l_vec = np.linspace(1, 2, post)
    ours = smoothness(beta, sigma, pre, [m], l_vec)
    time = np.concatenate([np.arange(-pre, 0), np.arange(1, post + 1)])
    second = np.diff(np.insert(np.eye(pre + post), pre, 0, axis=0), n=2, axis=0)

    def length(v: np.ndarray) -> float:
        weights = np.concatenate([v, l_vec])
        bias = -linprog(
            -weights, A_ub=np.vstack([second, -second]), b_ub=np.full(2 * len(second), m), bounds=(None, None)
        ).fun
        sd = np.sqrt(weights @ sigma @ weights)
        return float(2 * sd * foldnorm.ppf(0.95, bias / sd))

    def off_the_line(v: np.ndarray) -> float:
        return float(np.concatenate([v, l_vec]) @ time)

    s = checked(beta, sigma, pre, l_vec, 0.95)
    line = honest_flci.Line.of(s)
    rng = np.random.default_rng(0)
    found = ours.high[0] - ours.low[0]
    best = line.weights(np.zeros(pre - 1))[:pre]
    assert off_the_line(best) == pytest.approx(0, abs=1e-9)
    shortest = np.inf
    for _ in range(40):
        trial = line.weights(rng.normal(size=pre - 1) * rng.choice([0.01, 0.1, 0.5]))[:pre]
        shortest = min(shortest, length(trial))
    assert found <= shortest * (1 + 1e-9)
    if pre == 2:  # one free weight: the minimum itself
        answer = minimize(lambda c: length(line.weights(c)[:2]), np.zeros(1), method="Nelder-Mead", tol=1e-10)
        assert found == pytest.approx(answer.fun, rel=1e-6)


# Laws


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), unit=st.floats(1e-4, 1e4), sign=st.sampled_from([1, -1]))
def test_the_unit_of_the_outcome_does_not_matter(seed: int, unit: float, sign: int) -> None:
    beta, sigma = study(3, 2, seed)
    scale = sign * unit
    plain, scaled = (
        relative_magnitudes(b, s, 3, [1.0]) for b, s in ((beta, sigma), (scale * beta, unit**2 * sigma))
    )
    ends = scale * np.array([plain.low[0], plain.high[0]])
    assert_allclose([scaled.low[0], scaled.high[0]], np.sort(ends), rtol=1e-5, atol=1e-5 * unit * plain.se)
    assert scaled.breakdown == pytest.approx(plain.breakdown, rel=1e-3, abs=1e-9)
    plain, scaled = (
        smoothness(b, s, 3, [m])
        for b, s, m in ((beta, sigma, 0.1), (scale * beta, unit**2 * sigma, 0.1 * unit))
    )
    ends = scale * np.array([plain.low[0], plain.high[0]])
    assert_allclose([scaled.low[0], scaled.high[0]], np.sort(ends), rtol=1e-9, atol=1e-9 * unit)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_wider_bounds_give_longer_intervals(seed: int) -> None:
    beta, sigma = study(4, 3, seed)
    grid = [0, 0.2, 0.5, 1, 2]
    for robust in (relative_magnitudes(beta, sigma, 4, grid), smoothness(beta, sigma, 4, grid)):
        assert (np.diff(robust.high - robust.low) > 0).all()


def test_no_step_after_exposure_is_parallel_trends() -> None:
    beta, sigma = study(4, 3, 0)
    for l_vec in (None, [1 / 3] * 3, [0, 1, -1]):
        robust = relative_magnitudes(beta, sigma, 4, [0.0], l_vec)
        assert_allclose([robust.low[0], robust.high[0]], robust.original, rtol=0, atol=1e-5 * robust.se)
        assert robust.original == original_interval(beta, sigma, 4, l_vec)


@pytest.mark.parametrize("post", [1, 3])
def test_zero_enters_at_the_breakdown(post: int) -> None:
    beta, sigma = study(4, post, 3, effect=0.6)
    for method in (relative_magnitudes, smoothness):
        at = method(beta, sigma, 4, [0.0]).breakdown
        assert at > 0
        around = method(beta, sigma, 4, [0.999 * at, 1.001 * at])
        assert around.low[0] > 0 > around.low[1]


def test_nothing_breaks_what_does_not_stand() -> None:
    beta, sigma = study(4, 2, 0, effect=0.0)
    assert relative_magnitudes(beta, sigma, 4).breakdown == 0
    assert smoothness(beta, sigma, 4, [0.0, 1.0]).breakdown == 0


def test_one_year_on_either_side_has_a_closed_form() -> None:
    """tau + beta_pre is what a straight line leaves; its bias is M."""
    beta, sigma = np.array([0.2, 1.0]), np.array([[0.04, 0.01], [0.01, 0.09]])
    robust = smoothness(beta, sigma, 1, [0.5])
    sd = np.sqrt(0.04 + 0.09 + 2 * 0.01)
    half = sd * foldnorm.ppf(0.95, 0.5 / sd)
    assert_allclose([robust.low[0], robust.high[0]], [1.2 - half, 1.2 + half], rtol=1e-9)


# Coverage


def test_intervals_cover_when_trends_do_their_worst() -> None:
    """400 studies with the largest step after exposure that the bound allows: 95 % intervals must cover."""
    pre, m, times = 3, 1.0, 400
    _, sigma = study(pre, 2, 9)
    steps_before = np.array([0.05, -0.30, 0.10])
    delta = np.concatenate([-np.cumsum(steps_before[::-1])[::-1], [0.3, 0.6]])
    rng = np.random.default_rng(0)
    robust = usual = 0
    for b in rng.multivariate_normal(delta, sigma, size=times):
        s = Study(b, sigma, pre, np.array([0.0, 1.0]))
        low, high = honest_clf.hull(s, m, 0.05, honest_clf.draws_of(s, 0))
        robust += low <= 0 <= high
        low, high = original_interval(b, sigma, pre, [0.0, 1.0])
        usual += low <= 0 <= high
    assert robust / times > 0.95 - 3 * np.sqrt(0.95 * 0.05 / times)
    assert usual / times < 0.6  # so that the line above can fail


def test_fixed_length_covers_when_trends_do_their_worst() -> None:
    """A kink of M in every year, towards the bias of the estimator; and not where the bound is broken threefold."""
    pre, m, times = 3, 0.05, 600
    _, sigma = study(pre, 2, 9)
    s = Study(np.zeros(5), sigma, pre, np.array([0.5, 0.5]))
    line = honest_flci.Line.of(s)
    knots = honest_flci.path_of(line)
    kinks = np.array([[1.0, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]])
    time = np.arange(-3, 3)
    rng = np.random.default_rng(0)

    def coverage(scale: float) -> float:
        worst = 1.0
        for sign in kinks:
            bends = {0: sign[0], -1: sign[1], -2: sign[2], 1: sign[0]}
            delta = sum(
                scale * m * k * (np.maximum(time - j, 0) if j >= 0 else np.maximum(j - time, 0))
                for j, k in bends.items()
            )
            delta = np.delete(delta, 3)
            hit = 0
            for b in rng.multivariate_normal(delta, sigma, size=times):
                low, high = honest_flci.shortest(Study(b, sigma, pre, s.l_vec), line, knots, m, 0.05)
                hit += low <= 0 <= high
            worst = min(worst, hit / times)
        return worst

    assert coverage(1.0) > 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / times)
    assert coverage(6.0) < 0.9


# Bad input


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pre": 0}, "at least one coefficient on either side"),
        ({"pre": 5}, "at least one coefficient on either side"),
        ({"l_vec": [0.0, 0.0]}, "not all zero"),
        ({"l_vec": [1.0]}, "one weight for each"),
        ({"sigma": np.ones((5, 5))}, "singular"),
        ({"sigma": np.zeros((5, 5))}, "singular"),
        ({"sigma": np.triu(np.ones((5, 5)))}, "symmetric"),
        ({"sigma": np.eye(4)}, "5 x 5"),
        ({"beta": [0, 0, np.nan, 1, 1]}, "finite"),
        ({"level": 1.0}, "level"),
        ({"m": [-0.1]}, "none negative"),
        ({"m": [np.inf]}, "none negative"),
    ],
)
def test_a_study_that_cannot_be_examined_is_refused(change: dict, says: str) -> None:
    arguments = {"beta": [0.1, 0.0, -0.1, 1.0, 1.0], "sigma": 0.01 * np.eye(5), "pre": 3, "m": [1.0]} | change
    for method in (relative_magnitudes, smoothness):
        with pytest.raises(BadDesign, match=says):
            method(**arguments)


def test_pre_trends_that_are_exactly_zero_are_refused() -> None:
    with pytest.raises(BadDesign, match="exactly zero"):
        relative_magnitudes([0.0, 0.0, 1.0], np.eye(3), 2)
