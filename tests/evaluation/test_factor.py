import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation import factor, factor_inference
from vereda.evaluation.certificate import TOLERANCE
from vereda.evaluation.factor import interactive, matrix_completion
from vereda.evaluation.factor_solver import nuclear, ranked
from vereda.evaluation.panel import Panel
from vereda.evaluation.synthetic_did import fit
from vereda.evaluation.two_way import TwoWay


def california(prop99: Panel) -> tuple[np.ndarray, np.ndarray]:
    return prop99.y[:, :, 0], prop99.years >= prop99.first[:, None]


def drawn(seed: int, n: int = 30, span: int = 14, rank: int = 2, noise: float = 0.0, effect: float = 0.0):
    """Place and year effects, factors, five places exposed in the last four years and loading more on the first."""
    rng = np.random.default_rng(seed)
    cells = np.zeros((n, span), dtype=bool)
    cells[:5, -4:] = True
    loading = rng.normal(size=(n, rank)) + cells.any(axis=1)[:, None]
    y = (
        rng.normal(size=(n, 1))
        + rng.normal(size=span)
        + loading @ rng.normal(size=(rank, span)).cumsum(axis=1)
    )
    return y + noise * rng.normal(size=y.shape) + effect * cells, cells


# Place and year effects


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_effects_are_those_of_the_regression_on_dummies(gaps: float) -> None:
    rng = np.random.default_rng(0)
    y, seen = rng.normal(size=(9, 7)), rng.random((9, 7)) >= gaps
    dummies = np.hstack([np.kron(np.eye(9), np.ones((7, 1))), np.kron(np.ones((9, 1)), np.eye(7))])
    fitted = dummies @ np.linalg.lstsq(dummies[seen.ravel()], y[seen], rcond=None)[0]
    place, year = TwoWay(seen).effects(y)
    assert_allclose(place[:, None] + year, fitted.reshape(9, 7), atol=1e-10)
    assert year.sum() == pytest.approx(0.0, abs=1e-12)


def test_cells_that_do_not_hang_together_are_refused() -> None:
    seen = np.kron(np.eye(2, dtype=bool), np.ones((3, 3), dtype=bool))
    with pytest.raises(BadDesign, match="share no place and no year"):
        TwoWay(seen)


# Matrix completion


@pytest.mark.published(
    "MCPanel R mcnnm_cv on Prop 99, 100 lambdas and 5 folds, pinned in mlsynth: -19.980463"
)
def test_matrix_completion_of_proposition_99(prop99: Panel) -> None:
    """R's folds, and the lambda they chose, are not printed. Our path passes through its estimate, at a penalty whose
    cross-validated error is within 3 % of the smallest; the folds of any seed move the estimate more than that."""
    y, cells = california(prop99)
    path = matrix_completion(y, cells)
    share = path.errors / path.errors.min()
    near = [matrix_completion(y, cells, [lam]).att for lam in path.candidates[share < 1.03]]
    assert min(near) < -19.980463 < max(near)
    assert path.att == pytest.approx(-19.98, abs=0.1)
    assert path.certificate.gap <= TOLERANCE


@pytest.mark.parity
@pytest.mark.parametrize("theta", [100.0, 30.0, 10.0])
def test_mlsynth_completes_the_same_matrix(prop99: Panel, theta: float) -> None:
    completion = pytest.importorskip("mlsynth.utils.mcnnm_helpers.completion")
    y, cells = california(prop99)
    ours = matrix_completion(y, cells, [2 * theta / (~cells).sum()])
    # its inner loop over effects stops at changes of 1e-7, so it cannot come nearer than this
    theirs = completion.mcnnm_fit(y, (~cells).astype(float), theta, max_iter=4000, tol=1e-10)["completed"]
    assert_allclose(ours.counterfactual, theirs, atol=1e-4)
    assert ours.att == pytest.approx((y - theirs)[cells].mean(), rel=2e-6)


def test_the_largest_penalty_leaves_difference_in_differences(prop99: Panel) -> None:
    y, cells = california(prop99)
    did = fit(y, cells.any(axis=1), ~cells.any(axis=0), "did").att
    path = matrix_completion(y, cells, count=3)
    whole = matrix_completion(y, cells, [path.candidates[0] * (1 + 1e-9)])
    assert whole.rank == 0
    assert whole.att == pytest.approx(did, abs=1e-9)
    assert matrix_completion(y, cells, [path.candidates[0] * 0.99]).rank > 0


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    share=st.floats(0.02, 0.9),
    gaps=st.sampled_from([0.0, 0.2]),
    wide=st.booleans(),
)
def test_the_completion_meets_the_conditions_of_an_optimum(
    seed: int, share: float, gaps: float, wide: bool
) -> None:
    """The residual is a subgradient of theta |L|_*: norm at most theta, and theta times the polar factor along L."""
    rng = np.random.default_rng(seed)
    y, cells = drawn(seed, noise=0.5)
    seen = ~cells & (rng.random(y.shape) >= gaps)
    y, seen = (y.T.copy(), seen.T.copy()) if wide else (y, seen)
    effects = TwoWay(seen)
    theta = share * np.linalg.norm(effects.residual(y), 2)
    low = nuclear(y, seen[None], np.array([theta])).low_rank[0]
    residual = effects.residual(y - low)
    assert np.linalg.norm(residual, 2) <= theta * (1 + 1e-3)
    assert (residual * low).sum() == pytest.approx(theta * np.linalg.norm(low, "nuc"), rel=1e-5)
    assert_allclose(residual.sum(axis=0), 0, atol=1e-9 * theta)
    assert_allclose(residual.sum(axis=1), 0, atol=1e-9 * theta)


def test_the_duality_gap_bounds_the_distance_to_the_optimum() -> None:
    y, cells = drawn(1, noise=0.5)

    def objective(fit) -> float:
        low = fit.low_rank[0]
        return 0.5 * (TwoWay(~cells).residual(y - low) ** 2).sum() + 2.0 * np.linalg.norm(low, "nuc")

    best = objective(nuclear(y, ~cells[None], np.array([2.0]), tolerance=1e-13))
    for steps in (1, 5, 15):
        early = nuclear(y, ~cells[None], np.array([2.0]), tolerance=0.0, most=steps)
        assert objective(early) * (1 - early.gap[0]) <= best * (1 + 1e-12)
        assert early.gap[0] > 1e-9


def test_folds_stepped_together_are_the_folds_alone() -> None:
    y, cells = drawn(2, noise=0.3)
    rng = np.random.default_rng(0)
    seen = ~cells & (rng.random((3, *y.shape)) < 0.85)
    together = nuclear(y, seen, np.full(3, 2.0), tolerance=1e-12)
    for fold in range(3):
        alone = nuclear(y, seen[fold : fold + 1], np.array([2.0]), tolerance=1e-12)
        assert_allclose(together.whole[fold], alone.whole[0], atol=1e-4)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), unit=st.floats(0.01, 100), level=st.floats(-100, 100))
def test_levels_of_places_and_years_and_the_unit_do_not_matter(seed: int, unit: float, level: float) -> None:
    y, cells = drawn(seed, noise=0.3)
    rng = np.random.default_rng(seed)
    shift = level * (rng.normal(size=(len(y), 1)) + rng.normal(size=y.shape[1]))
    before = matrix_completion(y, cells, [0.01])
    after = matrix_completion(unit * (y + shift), cells, [0.01 * unit])
    assert after.att == pytest.approx(unit * before.att, abs=1e-3 * unit)


def test_gaps_are_learned_around() -> None:
    """Hiding a cell or never having observed it is the same; a gap among exposed cells leaves the mean."""
    y, cells = drawn(3, noise=0.3, effect=2.0)
    holes = y.copy()
    holes[20, 3] = holes[1, -1] = np.nan
    found = matrix_completion(holes, cells, [0.02])
    assert np.isnan(found.gap[20, 3])
    assert np.isfinite(found.counterfactual).all()
    observed = cells & ~np.isnan(holes)
    assert found.att == pytest.approx((holes - found.counterfactual)[observed].mean())
    assert found.effect[-1] == pytest.approx(found.gap[[0, 2, 3, 4], -1].mean())
    assert np.isnan(found.effect[:-4]).all()


def test_penalties_may_come_in_any_order_and_the_seed_decides_the_folds() -> None:
    y, cells = drawn(4, noise=0.3)
    grid = [0.01, 0.1, 0.03, 0.003]
    one, other = matrix_completion(y, cells, grid), matrix_completion(y, cells, grid[::-1])
    assert one.candidates.tolist() == [0.1, 0.03, 0.01, 0.003]
    assert one.att == other.att
    assert np.array_equal(one.errors, other.errors)
    assert not np.array_equal(one.errors, matrix_completion(y, cells, grid, seed=2).errors)


def test_a_penalty_below_which_nothing_moves_is_not_preferred() -> None:
    y, cells = drawn(5, noise=0.3)
    path = matrix_completion(y, cells, count=40)
    assert path.errors[path.candidates == path.tuning] <= path.errors.min() * (1 + factor.TIED)
    assert (path.errors[path.candidates > path.tuning] > path.errors.min() * (1 + factor.TIED)).all()


def test_effects_alone_leave_nothing_to_complete() -> None:
    cells = np.zeros((8, 9), dtype=bool)
    cells[0, 6:] = True
    y = np.add.outer(np.arange(8.0), np.arange(9.0)) + 3.0 * cells
    assert matrix_completion(y, cells, [0.1]).att == pytest.approx(3.0)
    assert interactive(y, cells, [0]).att == pytest.approx(3.0)


def test_a_completion_without_its_certificate_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    y, cells = drawn(6, noise=0.3)
    monkeypatch.setattr(factor, "nuclear", lambda *a, **k: nuclear(*a, **{**k, "most": 2}))
    with pytest.raises(NotCertified, match="matrix completion"):
        matrix_completion(y, cells, [0.001])
    with pytest.raises(NotCertified, match="cross-validation"):
        matrix_completion(y, cells, [0.001, 0.0011])


# Interactive fixed effects


@pytest.mark.parametrize("factors_from", ["controls", "all"])
@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_factors_without_noise_give_the_effect_exactly(factors_from: str, gaps: float) -> None:
    y, cells = drawn(7, effect=2.0)
    y[~cells & (np.random.default_rng(1).random(y.shape) < gaps)] = np.nan
    found = interactive(y, cells, [2], factors_from=factors_from)
    assert found.att == pytest.approx(2.0, abs=1e-5)
    assert found.rank == 2
    assert found.certificate.gap <= TOLERANCE


@pytest.mark.parametrize("factors_from", ["controls", "all"])
def test_the_number_of_factors_is_found(factors_from: str) -> None:
    y, cells = drawn(8, n=60, span=24, rank=2, noise=0.2, effect=2.0)
    found = interactive(y, cells, range(5), factors_from=factors_from)
    assert found.tuning == 2
    assert found.att == pytest.approx(2.0, abs=0.3)


def test_generalised_synthetic_control_step_by_step(prop99: Panel) -> None:
    """Xu (2017) written out: demeaned controls, their leading factors, one regression, one year left out in turn."""
    y, cells = california(prop99)
    found = interactive(y, cells, range(4))
    treated = cells.any(axis=1)
    controls, place, pre = y[~treated], y[treated][0], ~cells.any(axis=0)
    year = controls.mean(axis=0) - controls.mean()
    within = controls - controls.mean(axis=1, keepdims=True) - year
    errors, effects = [], []
    for rank in range(4):
        basis = np.column_stack([np.ones(len(year)), np.linalg.svd(within)[2][:rank].T])
        target = place - year
        left_out = []
        for s in np.flatnonzero(pre):
            others = pre & (np.arange(len(year)) != s)
            left_out.append(
                target[s] - basis[s] @ np.linalg.lstsq(basis[others], target[others], rcond=None)[0]
            )
        errors.append(np.mean(np.square(left_out)))
        loading = np.linalg.lstsq(basis[pre], target[pre], rcond=None)[0]
        effects.append((target - basis @ loading)[~pre].mean())
    assert_allclose(found.errors, errors, rtol=1e-8)
    assert found.tuning == int(np.argmin(errors))
    assert found.att == pytest.approx(effects[int(found.tuning)], rel=1e-8)


@pytest.mark.parametrize("rank", [1, 2])
def test_momentum_arrives_where_plain_steps_do(rank: int) -> None:
    y, cells = drawn(9, noise=0.5)
    effects, low = TwoWay(~cells), np.zeros_like(y)
    for _ in range(3000):
        u, s, v = np.linalg.svd(low + effects.residual(y - low), full_matrices=False)
        low = (u[:, :rank] * s[:rank]) @ v[:rank]
    found = ranked(y, ~cells[None], rank).low_rank[0]
    assert (effects.residual(y - found) ** 2).sum() == pytest.approx(
        (effects.residual(y - low) ** 2).sum(), rel=1e-8
    )


def test_no_factor_is_the_imputation_by_two_way_effects() -> None:
    y, cells = drawn(10, noise=0.5)
    cells[7, 6:] = True  # another cohort
    expected = TwoWay(~cells)
    place, year = expected.effects(y)
    both = (y - place[:, None] - year)[cells].mean()
    assert interactive(y, cells, [0], factors_from="all").att == pytest.approx(both)


# Inference


def test_jackknife_leaves_out_groups_with_the_penalty_held() -> None:
    y, cells = drawn(11, noise=0.3)
    found = matrix_completion(y, cells, [0.02])
    groups = np.arange(30) % 6
    spread = factor_inference.jackknife(y, found, groups)
    again = matrix_completion(y[groups != 3], cells[groups != 3], [0.02])
    assert spread.draws[3] == pytest.approx(again.att)
    assert spread.se == pytest.approx(np.sqrt(5 / 6 * ((spread.draws - spread.draws.mean()) ** 2).sum()))


def test_one_exposed_place_has_no_jackknife(prop99: Panel) -> None:
    y, cells = california(prop99)
    spread = factor_inference.jackknife(y, interactive(y, cells, [1]))
    assert spread.se is None
    assert "one place is exposed" in spread.why


@pytest.mark.parametrize("method", ["completion", "controls", "all"])
def test_placebos_find_no_effect_where_there_is_none(method: str) -> None:
    y, cells = drawn(12, noise=0.3, effect=2.0)
    if method == "completion":
        found = matrix_completion(y, cells, [0.02])
    else:
        found = interactive(y, cells, [2], factors_from=method)
    spread = factor_inference.placebo(y, found, 20, 1)
    assert abs(spread.draws).max() < 1.5
    assert spread.se == pytest.approx(spread.draws.std())


def test_gaps_for_permutation_are_out_of_sample_for_everyone() -> None:
    y, cells = drawn(13, noise=0.3)
    found = matrix_completion(y, cells, [0.005])
    gaps = factor_inference.gaps_as_if_exposed(y, found)
    hidden = cells.copy()
    hidden[20, -4:] = True
    assert_allclose(gaps[20], matrix_completion(y, hidden, [0.005]).gap[20])
    assert_allclose(gaps[:5], found.gap[:5])
    assert (gaps[5:, -4:] ** 2).mean() > 2 * (found.gap[5:, -4:] ** 2).mean()
    cells[0, -5] = True
    with pytest.raises(BadDesign, match="pattern"):
        factor_inference.gaps_as_if_exposed(y, matrix_completion(y, cells, [0.005]))


# Bad input


@pytest.mark.parametrize("estimate", [matrix_completion, interactive])
@pytest.mark.parametrize(
    ("y", "exposed", "message"),
    [
        (np.ones((5, 4)), np.zeros((5, 4), bool), "no effect"),
        (np.ones((5, 4)), np.ones((5, 3), bool), r"\(n, T\)"),
        (np.ones((5, 4)), np.full((5, 4), 0.5), "true or false"),
        (np.full((5, 4), np.inf), np.eye(5, 4) > 0, "infinite"),
        (np.ones((5, 4)), np.tile([False, False, False, True], (5, 1)), r"years \[3\]|never exposed"),
        (np.ones((5, 4)), np.arange(5)[:, None] * np.ones(4) < 1, r"places \[0\]|0 unexposed years"),
    ],
)
def test_bad_input_says_what_is_wrong(estimate, y: np.ndarray, exposed: np.ndarray, message: str) -> None:
    with pytest.raises(BadDesign, match=message):
        estimate(y, exposed)


@pytest.mark.parametrize("lambdas", [[0.0], [-1.0, 1.0], [np.nan], []])
def test_penalties_must_be_above_zero(lambdas: list[float]) -> None:
    with pytest.raises(BadDesign, match="above zero"):
        matrix_completion(*drawn(0), lambdas)


@pytest.mark.parametrize("ranks", [[-1], [9], [], [1.5], [0, 12]])
def test_ranks_must_leave_a_cell_over(ranks: list[int]) -> None:
    with pytest.raises(BadDesign, match="from 0 to 8: the shortest record has 10"):
        interactive(*drawn(0), ranks)


def test_other_bad_arguments() -> None:
    y, cells = drawn(0, noise=0.3)
    with pytest.raises(BadDesign, match="factors_from"):
        interactive(y, cells, [1], factors_from="donors")
    with pytest.raises(BadDesign, match="two folds"):
        matrix_completion(y, cells, folds=1)
    cells[:, -1] = True
    cells[29, -1] = False
    with pytest.raises(BadDesign, match="1 places are never exposed"):
        interactive(y, cells, [1])


def test_factors_that_move_together_over_the_unexposed_years_are_refused() -> None:
    """Both factors of the donors are flat before the exposure: nothing tells the loadings of the exposed."""
    rng = np.random.default_rng(0)
    factors = np.vstack([np.r_[np.zeros(6), 1, 0, 2, 1], np.r_[np.zeros(6), 0, 1, 1, 2]])
    y = rng.normal(size=(12, 2)) @ factors
    cells = np.zeros(y.shape, dtype=bool)
    cells[0, 6:] = True
    with pytest.raises(BadDesign, match="Ask for fewer factors"):
        interactive(y, cells, [2])
