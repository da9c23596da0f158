"""The nearest point of a simplex: against two independent solvers, its own conditions, and data made to break it."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize, nnls

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation import simplex
from vereda.evaluation.certificate import TOLERANCE

KINDS = ("plain", "whole", "copies", "inside", "far", "near copies", "level", "constant", "skewed", "sparse")


def problem(kind: str, d: int, donors: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Target (d,) and donors (d, J) of a kind that has broken a solver somewhere."""
    rng = np.random.default_rng(seed)
    b, a = rng.normal(size=(d, donors)), rng.normal(size=d)
    if kind == "whole":
        b, a = b.round(), a.round()
    if kind in ("copies", "near copies"):
        b = b[:, rng.integers(0, donors, donors)]
    if kind == "near copies":
        b = b + 10.0 ** -rng.integers(3, 14) * rng.normal(size=b.shape)
    if kind == "inside":
        a = b @ rng.dirichlet(np.ones(donors))
    if kind == "far":
        b, a = b * np.exp(4 * rng.normal(size=donors)), a / 1000
    if kind == "level":
        b, a = 1e6 + b / 1000, 1e6 + a / 1000
    if kind == "constant":
        b, a = np.ones((d, 1)) * rng.normal(size=donors), np.full(d, rng.normal())
    if kind == "skewed":
        walk = np.exp(0.1 * rng.normal(size=(d, donors + 1)).cumsum(axis=0) + 3 * rng.normal(size=donors + 1))
        b, a = walk[:, 1:], walk[:, 0]
    if kind == "sparse":
        b, a = np.maximum(0, (3 * b).round() - 3), np.maximum(0, (3 * a).round() - 3)
    return a, b


problems = st.builds(
    problem, st.sampled_from(KINDS), st.integers(1, 24), st.integers(1, 50), st.integers(0, 2**31)
)


def distance(a: np.ndarray, b: np.ndarray, w: np.ndarray) -> float:
    return float((((b - a[:, None]) @ w) ** 2).sum())


@settings(max_examples=300, deadline=None)
@given(problems)
def test_every_optimum_holds_its_certificate(drawn) -> None:
    a, b = drawn
    w, certificate = simplex.nearest(a, b)
    assert w.min() >= 0
    assert w.sum() == pytest.approx(1, abs=1e-12)
    assert certificate.gap <= TOLERANCE
    assert np.count_nonzero(w) <= len(a) + 1


@settings(max_examples=200, deadline=None)
@given(problems)
def test_no_donor_promises_more_than_those_in_use(drawn) -> None:
    """The conditions of Karush, Kuhn and Tucker, worked out in fractions from the weights alone."""
    a, b = drawn
    w, _ = simplex.nearest(a, b)
    away = [[Fraction(float(v)) - Fraction(float(t)) for v in row] for row, t in zip(b, a, strict=True)]
    share = [Fraction(float(v)) for v in w]
    x = [sum(s * v for s, v in zip(share, row, strict=True)) for row in away]
    promise = np.array(
        [float(sum(p * row[j] for p, row in zip(x, away, strict=True))) for j in range(len(w))]
    )
    square, far = float(sum(v * v for v in x)), ((b - a[:, None]) ** 2).sum(axis=0)
    seen = 1e-14 * (far.max() ** 0.5 + np.abs(b).max())  # what 16 digits leave of the residual
    rounding = (1e-11 * square**0.5 + seen) * (far**0.5 + square**0.5) + 1e-300
    assert (promise - square >= -rounding).all()
    assert (np.abs(promise - square)[w > 0] <= rounding[w > 0]).all()


@settings(max_examples=200, deadline=None)
@given(problems)
def test_agrees_with_non_negative_least_squares(drawn) -> None:
    """With a row that asks the sum to be one, least squares over u >= 0 has its optimum along the same ray."""
    a, b = drawn
    away = b - a[:, None]
    far = (away**2).sum(axis=0)
    if far.max() == 0:
        return
    away, far = away / far.max() ** 0.5, far / far.max()
    lift = far.min() ** 0.5 or 1.0
    u = nnls(np.vstack([np.full(b.shape[1], lift), away]), np.append(lift, np.zeros(len(a))), maxiter=10_000)[
        0
    ]
    w, _ = simplex.nearest(a, b)
    scale = max(far.min(), simplex.NEGLIGIBLE**2)
    assert ((away @ w) ** 2).sum() <= ((away @ (u / u.sum())) ** 2).sum() + 1e-9 * scale


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_sequential_quadratic_programming(seed: int) -> None:
    a, b = problem("plain", 12, 8, seed)
    w, certificate = simplex.nearest(a, b)
    other = minimize(
        lambda v: distance(a, b, v),
        np.full(8, 1 / 8),
        jac=lambda v: 2 * b.T @ (b @ v - a),
        bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda v: v.sum() - 1, "jac": lambda v: np.ones(8)},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    assert certificate.unique
    assert_allclose(w, other.x, atol=1e-6)


@given(problems, st.floats(-1e3, 1e3), st.sampled_from([1e-90, 2.0**-30, 1e7, 1e90]))
@settings(max_examples=50, deadline=None)
def test_neither_level_nor_unit_matters(drawn, level: float, unit: float) -> None:
    a, b = drawn
    w, _ = simplex.nearest(a, b)
    moved, _ = simplex.nearest((a + level) * unit, (b + level) * unit)
    rounding = 1e-11 * (np.abs(b).max() + np.abs(a).max() + abs(level)) ** 2
    assert distance(a, b, moved) == pytest.approx(distance(a, b, w), rel=1e-7, abs=rounding)


# Whether it is the only optimum


def test_a_copy_of_a_donor_in_use_is_another_optimum() -> None:
    a, b = problem("plain", 8, 5, 1)
    w, certificate = simplex.nearest(a, b)
    assert certificate.unique
    copied = np.column_stack([b, b[:, w.argmax()]])
    assert simplex.nearest(a, copied)[1].unique is False
    unused = np.column_stack([b, b[:, w.argmin()]])
    assert w.min() == 0
    assert simplex.nearest(a, unused)[1].unique is True


def test_an_inside_target_with_spare_donors_has_many_optima() -> None:
    a, b = problem("inside", 3, 30, 1)
    w, certificate = simplex.nearest(a, b)
    assert distance(a, b, w) < 1e-20
    assert certificate.unique is False


def test_an_inside_target_of_a_simplex_has_one() -> None:
    """Four corners in eight dimensions: every point inside is a mix of them in one way only."""
    rng = np.random.default_rng(1)
    b = rng.normal(size=(8, 4))
    share = np.array([0.4, 0.3, 0.2, 0.1])
    w, certificate = simplex.nearest(b @ share, b)
    assert_allclose(w, share, atol=1e-12)
    assert certificate.unique is True


def test_a_mix_of_donors_that_sticks_out_both_ways_is_another_optimum() -> None:
    """The target lies on the segment of donors 0 and 1, and of 2 and 3: none is a copy, yet weight can move."""
    b = np.array([[-1.0, 1, 0, 0], [0, 0, -1, 1], [0, 0, 0, 0]])
    assert simplex.nearest(np.zeros(3), b)[1].unique is False
    assert simplex.nearest(np.zeros(3), b[:, :3])[1].unique is True
    raised = b + np.array([0, 0, 2.0])[:, None]  # the same, seen from outside
    assert simplex.nearest(np.zeros(3), raised)[1].unique is False
    assert simplex.nearest(np.zeros(3), raised[:, :3])[1].unique is True


@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(2, 9))
@example(21393152, 3, 9)  # a corral with a weight that was only rounding
@settings(max_examples=80, deadline=None)
def test_uniqueness_agrees_with_a_linear_programme(seed: int, d: int, donors: int) -> None:
    """The farthest any weight can go while the fit stays where it is, by another route."""
    from scipy.optimize import linprog

    rng = np.random.default_rng(seed)
    b, a = rng.integers(-2, 3, size=(d, donors)).astype(float), rng.integers(-2, 3, size=d).astype(float)
    w, certificate = simplex.nearest(a, b)
    equal = np.vstack([b, np.ones(donors)])
    reach = [
        linprog(sign * unit, A_eq=equal, b_eq=equal @ w, bounds=(0, 1)).fun
        for unit in np.eye(donors)
        for sign in (1, -1)
    ]
    low, high = np.array(reach).reshape(-1, 2).T
    assert certificate.unique == bool((-high - low).max() < 1e-6)


# Edges


def test_one_donor_takes_all() -> None:
    w, certificate = simplex.nearest(np.array([1.0, 2]), np.array([[5.0], [9]]))
    assert w.tolist() == [1.0]
    assert certificate.unique is True


def test_one_year() -> None:
    w, certificate = simplex.nearest(np.array([0.5]), np.array([[0.0, 1, 4]]))
    assert w @ [0, 1, 4] == pytest.approx(0.5)
    assert certificate.unique is False
    w, certificate = simplex.nearest(np.array([9.0]), np.array([[0.0, 1, 4]]))
    assert w.tolist() == [0, 0, 1]
    assert certificate.unique is True


def test_all_the_same() -> None:
    w, certificate = simplex.nearest(np.zeros(4), np.zeros((4, 6)))
    assert w.sum() == 1
    assert certificate.gap == 0
    assert certificate.unique is False


def test_a_weight_of_a_millionth_on_a_donor_a_million_times_farther_is_proven() -> None:
    """Sixteen digits cannot show this gap; fractions can."""
    hard = 0
    for seed in range(300):
        a, b = problem("far", 28, 45, seed)
        w, certificate = simplex.nearest(a, b)
        away = b - a[:, None]
        x = away @ w
        plain = 2 * (x @ x - (x @ away).min()) / (away**2).sum(axis=0).min()
        hard += plain > TOLERANCE
        assert certificate.gap <= TOLERANCE
    assert hard > 0  # otherwise this shows nothing


def test_barred_donors_get_nothing_and_targets_keep_their_order() -> None:
    rng = np.random.default_rng(1)
    b, targets = rng.normal(size=(6, 20)), rng.normal(size=(90, 6))
    start = np.arange(0, 3 * 91, 3)
    column = rng.integers(0, 20, start[-1])
    found = simplex.nearest_many(targets, b, b.T, (start, column))
    for i in range(90):
        out = column[start[i] : start[i + 1]]
        kept = np.setdiff1d(np.arange(20), out)
        w, _ = simplex.nearest(targets[i], b[:, kept])
        used = found.column[i] >= 0
        assert not np.isin(found.column[i, used], out).any()
        assert_allclose(found.fitted[i], b[:, kept] @ w, atol=1e-10)


def test_the_same_numbers_whatever_the_number_of_threads() -> None:
    rng = np.random.default_rng(1)
    b, targets = rng.normal(size=(6, 40)), rng.normal(size=(200, 6))
    one, two = (simplex.nearest_many(targets, b, b.T, workers=k) for k in (1, 2))
    assert np.array_equal(one.weight, two.weight)
    assert np.array_equal(one.fitted, two.fitted)


@pytest.mark.parametrize(
    ("target", "points", "said"),
    [
        (np.array([np.nan, 1]), np.ones((2, 3)), "missing or infinite"),
        (np.array([1.0, 1]), np.full((2, 3), np.inf), "missing or infinite"),
        (np.array([1.0, 1]), np.empty((2, 0)), "No donor"),
        (np.array([1.0]), np.ones((2, 3)), "over the same"),
        (np.empty(0), np.empty((0, 3)), "over the same"),
    ],
)
def test_what_cannot_be_fitted_is_refused(target: np.ndarray, points: np.ndarray, said: str) -> None:
    with pytest.raises(BadDesign, match=said):
        simplex.nearest(target, points)


def test_a_target_whose_donors_are_all_barred_is_refused() -> None:
    with pytest.raises(BadDesign, match="Target 1: every donor is barred"):
        simplex.nearest_many(
            np.zeros((2, 1)), np.ones((1, 2)), None, (np.array([0, 1, 3]), np.array([0, 0, 1]))
        )


def test_what_has_no_proof_is_not_reported() -> None:
    found = simplex.nearest_many(np.zeros((2, 1)), np.ones((1, 2)))
    found.gap[1] = 1e-3
    with pytest.raises(NotCertified, match=r"1 of 2 weight vectors have no proof\. Place 1: "):
        simplex.all_certified(found, lambda i: f"Place {i}")
    found.gap[1] = np.nan
    with pytest.raises(NotCertified):
        simplex.all_certified(found, lambda i: f"Place {i}")
