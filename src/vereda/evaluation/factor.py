"""Counterfactuals from factors: matrix completion, interactive fixed effects, generalised synthetic control.

What would have been, without exposure, is place effects + year effects + a matrix of low rank, learned from the cells
that are observed and not exposed. Athey, Bayati, Doudchenko, Imbens & Khosravi (2021), JASA 116(536), 1716-1730,
equation 4.3; Bai (2009), Econometrica 77(4), 1229-1279; Xu (2017), Political Analysis 25(1), 57-76.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation.certificate import TOLERANCE, Certificate, certified
from vereda.evaluation.factor_solver import LowRank, nuclear, ranked
from vereda.evaluation.jackknife import Mask
from vereda.evaluation.panel import Array
from vereda.evaluation.threads import one_blas_thread
from vereda.evaluation.two_way import TwoWay

METHODS = ("completion", "controls", "all")
ROUGH = (
    1e-5  # relative gap that is good enough to compare penalties; the one chosen is solved to TOLERANCE / 10
)
TIED = (
    1e-4  # errors this close, relatively, are the same: below a certain penalty the exposed cells stop moving
)
SPAN = 1e-3  # smallest penalty of the path over the largest, as in MCPanel
MOST_RANK = 5


@dataclass(frozen=True, slots=True)
class Completion:
    """The effect on the exposed cells, and what was expected in every cell without exposure.

    att, in the unit of the outcome: mean gap of exposed cells that are observed. exposed (n, T) cells.
    counterfactual (n, T), complete; gap (n, T) observed less counterfactual, nan where nothing is observed: the path
    of every place, of which only exposed cells are out of sample. effect (T,): mean gap of exposed cells by year,
    nan in years without. method: completion, or factors from controls or from all places. tuning: the penalty
    lambda of equation 4.3, or the number of factors; candidates (k,) and errors (k,): mean squared prediction error
    of each, empty where none were compared. rank of low_rank (n, T); place (n,), year (T,): effects.
    """

    att: float
    exposed: Mask
    counterfactual: Array
    gap: Array
    effect: Array
    method: str
    tuning: float
    candidates: Array
    errors: Array
    low_rank: Array
    place: Array
    year: Array
    rank: int
    certificate: Certificate


def matrix_completion(
    y: ArrayLike,
    exposed: ArrayLike,
    lambdas: Sequence[float] | None = None,
    count: int = 100,
    folds: int = 5,
    train: float = 0.8,
    seed: int = 1,
) -> Completion:
    """Complete the matrix with the least nuclear norm that fits (Athey et al. 2021, equation 4.3).

    y (n, T), nan for a gap, which is learned around; exposed (n, T) cells. Place and year effects are not penalised.
    lambdas: penalties to compare, one to take it as given; without any, `count` from the smallest that leaves no
    low-rank part down to a thousandth of it. Compared on `folds` random splits that learn from a share `train` of
    the cells, as in MCPanel, `seed` choosing them; the smallest mean squared error wins, the largest penalty within
    a ten-thousandth of it if tied.
    lambda multiplies |L|_* beside the *mean* squared error: singular values shrink by lambda * cells / 2. Zero is
    refused: it leaves the exposed cells undetermined. NotCertified if the duality gap stays above 1e-8.
    """
    values, cells, seen = _design(y, exposed)
    with one_blas_thread():
        whole = TwoWay(seen)
        top = 2 * float(np.linalg.norm(whole.residual(np.where(seen, values, 0.0)), 2)) / seen.sum()
        grid = _penalties(lambdas, top, count)
        errors = _compared(values, seen, grid, folds, train, seed) if grid.size > 1 else np.empty(0)
        best = float(grid[np.flatnonzero(errors <= errors.min() * (1 + TIED))[0] if grid.size > 1 else 0])
        fit = nuclear(values, seen[None], np.array([best * seen.sum() / 2]), tolerance=TOLERANCE / 10)
    proof = Certificate("proximal steps with momentum", max(float(fit.gap[0]), 0.0), 0.0, fit.steps, None)
    return _completion(
        values, cells, fit, "completion", best, grid, errors, certified(proof, "matrix completion")
    )


def interactive(
    y: ArrayLike,
    exposed: ArrayLike,
    ranks: Sequence[int] | None = None,
    factors_from: str = "controls",
    folds: int = 5,
    train: float = 0.8,
    seed: int = 1,
) -> Completion:
    """Interactive fixed effects beside place and year effects, the number of factors by cross-validation.

    y (n, T), nan for a gap; exposed (n, T) cells. ranks: numbers of factors to compare, one to take it as given;
    without any, 0 to 5 or what the shortest record allows.
    factors_from="controls": generalised synthetic control (Xu 2017). Factors and year effects from never-exposed
    places; loadings of exposed places by least squares on their unexposed cells; each of those cells is left out in
    turn to choose the number (Xu's Algorithm 1). "all": factors from every unexposed cell (Bai 2009, appendix B, by
    expectation-maximisation), the number chosen on random splits as in `matrix_completion`.
    The problem is not convex where cells are missing: the certificate says that the solution is stationary to 1e-8.
    """
    values, cells, seen = _design(y, exposed)
    if factors_from not in ("controls", "all"):
        raise BadDesign(f"factors_from is controls or all, not {factors_from!r}.")
    never: Mask = np.asarray(~cells.any(axis=1))
    candidates = _ranks(ranks, values, seen, never, factors_from)
    with one_blas_thread():
        if factors_from == "controls":
            tried = [_generalised(values, seen, never, int(r)) for r in candidates]
            errors = np.array([error for _, error in tried]) if candidates.size > 1 else np.empty(0)
            best = int(np.argmin(errors)) if candidates.size > 1 else 0
            fit = tried[best][0]
        else:
            errors = _compared_ranks(values, seen, candidates, folds, train, seed)
            best = int(np.argmin(errors)) if candidates.size > 1 else 0
            fit = ranked(values, seen[None], int(candidates[best]))
    proof = Certificate("expectation-maximisation, stationary point", float(fit.gap[0]), 0.0, fit.steps, None)
    certified(proof, f"interactive fixed effects with {int(candidates[best])} factors")
    tuning = float(candidates[best])
    return _completion(values, cells, fit, factors_from, tuning, candidates.astype(float), errors, proof)


def _generalised(y: Array, seen: Mask, never: Mask, rank: int) -> tuple[LowRank, float]:
    """Factors from the never-exposed, loadings of the others; and the error of leaving out each of their cells."""
    control = ranked(y[never], seen[never][None], rank)
    vectors = np.linalg.svd(control.low_rank[0], full_matrices=False)[2][:rank]
    basis = np.column_stack(
        [np.ones(y.shape[1]), vectors.T]
    )  # (T, 1 + r): a place's own level, and the factors
    low_rank, place = np.zeros(y.shape), np.zeros(len(y))
    low_rank[never], place[never] = control.low_rank[0], control.place[0]
    squares, count = 0.0, 0
    for i in np.flatnonzero(~never):
        known = seen[i]
        left, triangle = np.linalg.qr(basis[known])
        target = y[i, known] - control.year[0, known]
        if np.linalg.matrix_rank(triangle, tol=1e-9 * np.abs(triangle).max()) < rank + 1:
            raise BadDesign(
                f"Place number {i}: over its {int(known.sum())} unexposed years the {rank} factors move together, so "
                "its loadings are not determined. Ask for fewer factors with ranks=."
            )
        loading = np.linalg.solve(triangle, left.T @ target)
        leverage = np.minimum((left**2).sum(axis=1), 1 - 1e-12)
        squares += float((((target - basis[known] @ loading) / (1 - leverage)) ** 2).sum())
        count += int(known.sum())
        place[i], low_rank[i] = loading[0], basis[:, 1:] @ loading[1:]
    fit = LowRank(low_rank[None], place[None], control.year, control.gap, control.steps)
    return fit, squares / count


def _compared(y: Array, seen: Mask, grid: Array, folds: int, train: float, seed: int) -> Array:
    """Mean squared error on cells held out, for each penalty, largest first; all folds step together, each penalty from the last."""
    learn = _splits(seen, folds, train, seed)
    cells, held = learn.sum(axis=(1, 2)), seen & ~learn
    errors, start = np.empty(grid.size), None
    for k, penalty in enumerate(grid):
        fit = nuclear(y, learn, penalty * cells / 2, start, tolerance=ROUGH)
        _reached(fit, ROUGH, f"cross-validation at lambda {penalty:.3g}")
        start, errors[k] = fit.low_rank, _held_error(y, fit, held)
    return errors


def _compared_ranks(y: Array, seen: Mask, ranks: Array, folds: int, train: float, seed: int) -> Array:
    if ranks.size < 2:
        return np.empty(0)
    learn = _splits(seen, folds, train, seed)
    errors = np.empty(ranks.size)
    for k, rank in enumerate(ranks):
        fit = ranked(y, learn, int(rank), tolerance=ROUGH)
        _reached(fit, ROUGH, f"cross-validation with {int(rank)} factors")
        errors[k] = _held_error(y, fit, seen & ~learn)
    return errors


def _held_error(y: Array, fit: LowRank, held: Mask) -> float:
    """Mean over folds of the mean squared error on the cells each held out."""
    squares = np.where(held, (np.where(held, y, 0.0) - fit.whole) ** 2, 0.0)
    return float((squares.sum(axis=(1, 2)) / held.sum(axis=(1, 2))).mean())


def _reached(fit: LowRank, tolerance: float, what: str) -> None:
    if not (fit.gap <= tolerance).all():
        raise NotCertified(
            f"{what}: a gap of {fit.gap.max():.1e} is left after {fit.steps} steps, {tolerance:.0e} is needed. "
            "Nothing is reported. Compare fewer or larger penalties, or fewer factors."
        )


def _splits(seen: Mask, folds: int, train: float, seed: int) -> Mask:
    """Random cells to learn from (folds, n, T); a place or year that would lose all its cells keeps one."""
    if folds < 2 or not 0 < train < 1:
        raise BadDesign(
            f"Cross-validation needs two folds or more and a share between 0 and 1: {folds}, {train}."
        )
    rng = np.random.default_rng(seed)
    learn = seen & (rng.random((folds, *seen.shape)) < train)
    for axis in (2, 1):
        lost = np.argwhere(~learn.any(axis=axis))
        for fold, line in lost:
            options = np.flatnonzero(seen[line] if axis == 2 else seen[:, line])
            pick = rng.choice(options)
            learn[(fold, line, pick) if axis == 2 else (fold, pick, line)] = True
    if not (seen & ~learn).any(axis=(1, 2)).all():
        raise BadDesign(
            "A fold holds out no cell: the panel is too small to cross-validate. Give one lambda or rank."
        )
    return np.asarray(learn)


def _penalties(lambdas: Sequence[float] | None, top: float, count: int) -> Array:
    if lambdas is None:
        if count < 2 or top <= 0:
            return np.array([max(top, 1.0)])  # effects fit exactly: nothing is left for any penalty to choose
        return np.asarray(top * np.geomspace(1.0, SPAN, count))
    grid = np.asarray(lambdas, dtype=float)
    if grid.ndim != 1 or not grid.size or not np.isfinite(grid).all() or (grid <= 0).any():
        raise BadDesign(
            "Every lambda must be a number above zero: at zero the exposed cells are not determined."
        )
    return np.unique(grid)[::-1]


def _ranks(ranks: Sequence[int] | None, y: Array, seen: Mask, never: Mask, factors_from: str) -> Array:
    """The numbers of factors to compare; each must leave a cell over in every place and year it is fitted to."""
    shape = (int(never.sum()), y.shape[1]) if factors_from == "controls" else y.shape
    if factors_from == "controls" and never.sum() < 2:
        raise BadDesign(
            f"{int(never.sum())} places are never exposed; factors from controls need two or more. "
            "Use factors_from='all'."
        )
    shortest = int(seen.sum(axis=1).min())
    most = min(shortest - 2, *(side - 1 for side in shape))
    if ranks is None:
        if most < 0:
            raise BadDesign(
                f"The shortest record has {shortest} unexposed years; two are needed for no factor at all."
            )
        return np.arange(min(MOST_RANK, most) + 1)
    asked = np.asarray(ranks)
    if (
        asked.ndim != 1
        or not asked.size
        or asked.dtype.kind not in "iu"
        or (asked < 0).any()
        or (asked > most).any()
    ):
        raise BadDesign(
            f"Ranks must be whole numbers from 0 to {most}: the shortest record has {shortest} unexposed years, of "
            f"which a place's level and one left out take two, and the matrix is {shape[0]} x {shape[1]}."
        )
    return np.sort(asked)


def _design(y: ArrayLike, exposed: ArrayLike) -> tuple[Array, Mask, Mask]:
    """Outcomes, exposed cells, and the cells to learn from: observed and not exposed."""
    values, cells = np.asarray(y, dtype=float), np.asarray(exposed)
    if values.ndim != 2 or cells.shape != values.shape:
        raise BadDesign(f"y and exposed must both be (n, T): {values.shape}, {cells.shape}.")
    if cells.dtype != bool and not np.isin(cells, (0, 1)).all():
        raise BadDesign("Exposed is true or false for every cell, nothing else.")
    if np.isinf(values).any():
        raise BadDesign(f"{int(np.isinf(values).sum())} outcomes are infinite.")
    cells = cells.astype(bool)
    if not (cells & ~np.isnan(values)).any():
        raise BadDesign("No exposed cell is observed, so there is no effect to estimate.")
    return values, cells, ~cells & ~np.isnan(values)


def _completion(
    y: Array,
    cells: Mask,
    fit: LowRank,
    method: str,
    tuning: float,
    candidates: Array,
    errors: Array,
    proof: Certificate,
) -> Completion:
    counterfactual = fit.whole[0]
    gap = y - counterfactual
    counted = cells & ~np.isnan(y)
    number = counted.sum(axis=0)
    totals = np.where(counted, gap, 0.0).sum(axis=0)
    effect = np.divide(totals, number, out=np.full(number.size, np.nan), where=number > 0)
    values = np.linalg.svd(fit.low_rank[0], compute_uv=False)
    return Completion(
        float(gap[counted].mean()),
        cells,
        counterfactual,
        gap,
        effect,
        method,
        tuning,
        candidates,
        errors,
        fit.low_rank[0],
        fit.place[0],
        fit.year[0],
        int((values > 1e-9 * max(values[0], 1e-300)).sum()),
        proof,
    )
