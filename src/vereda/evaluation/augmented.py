"""Synthetic control where the fit before exposure is poor.

Ben-Michael, Feller & Rothstein (2021), The augmented synthetic control method, Journal of the American Statistical
Association 116(536), 1789-1803: what the weights leave unmatched is corrected by a ridge regression of the outcome on
the years before, which moves weights off the simplex, as little as the penalty allows. `staggered` is their (2022)
partially pooled fit, from `scm_staggered`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation import simplex
from vereda.evaluation.panel import Array, Codes, Mask
from vereda.evaluation.results import SyntheticFit
from vereda.evaluation.scm_staggered import StaggeredFit, staggered
from vereda.evaluation.synthetic_control import barred, checked, complete
from vereda.evaluation.synthetic_control import fit as simple
from vereda.evaluation.threads import one_blas_thread

__all__ = ["RidgeFit", "StaggeredFit", "ridge", "ridge_gaps", "staggered"]

GRID = np.logspace(0, -8, 21)  # penalties tried, over the largest eigenvalue of the donors' cross products
SIDE_BY_SIDE = 100  # places; with fewer, threads wait for each other longer than they compute


@dataclass(frozen=True, slots=True)
class RidgeFit:
    """The augmented fit beside the plain one it starts from.

    fit: weights sum to one and may be negative; its certificate is that of the plain fit, the correction being closed
    form. penalties, error, error_se (L,): cross-validation, in squared units of the outcome; empty if none was done.
    """

    fit: SyntheticFit
    plain: SyntheticFit
    penalty: float
    penalties: Array
    error: Array
    error_se: Array


def ridge(
    y: Array,
    exposed: int | Sequence[int],
    donors: Mask,
    pre: Mask,
    penalty: float | None = None,
    one_se: bool = True,
    names: Sequence[str] | None = None,
) -> RidgeFit:
    """Ridge-augmented synthetic control of one exposed place, or of the mean of several.

    y (n, T), donors (n,), pre (T,) as in `synthetic_control.fit`. penalty: lambda, in squared units of the outcome;
    chosen by leaving out one year before exposure at a time when not given: the largest within one standard error of
    the least error (one_se), or the least. Raises BadDesign, NotCertified.
    """
    plain = simple(y, exposed, donors, pre, names)
    y, pre = np.asarray(y, dtype=float), plain.pre
    pool = y[plain.donors]
    b, a = _centred(pool[:, pre].T, plain, pool)
    value, vector = np.linalg.eigh(b @ b.T)
    if value[-1] <= 1e-14 * float((pool**2).sum()):
        raise BadDesign(
            "The donors do not differ in any year before exposure: there is nothing to regress on. "
            "Use the plain synthetic control."
        )
    penalties = error = error_se = np.empty(0)
    if penalty is None:
        penalties = value[-1] * GRID
        error, error_se = _left_out_errors(a, b, value, vector, penalties)
        least = int(error.argmin())
        good = error <= error[least] + (error_se[least] if one_se else 0.0)
        penalty = float(penalties[good].max())
    elif not (np.isfinite(penalty) and penalty > 0):
        raise BadDesign(f"The penalty is a positive number; it came as {penalty}.")
    left = a - b @ plain.weights
    weights = plain.weights + b.T @ (vector @ ((vector.T @ left) / (value + penalty)))
    gap = plain.gap + (plain.weights - weights) @ pool
    return RidgeFit(
        replace(plain, weights=weights, gap=gap), plain, float(penalty), penalties, error, error_se
    )


def ridge_gaps(y: Array, pre: Mask, donors: Mask, rows: Codes, forbidden: Any = None) -> Array:
    """(P, T) gaps of `ridge` for each of the rows in turn, from the same donors; none ever gives to itself.

    What a permutation test needs of hundreds of places: the weights of all places are solved side by side, year left
    out by year left out, and the regressions are done at once from the donors' cross products. Arguments as in
    `synthetic_control.placebos`.
    """
    y, donors, pre = checked(y, donors, pre)
    index = np.flatnonzero(donors & complete(y))
    bars, before = barred(rows, index, len(y), forbidden), np.flatnonzero(pre)
    if len(before) < 3:
        raise BadDesign(f"{len(before)} years before exposure are too few to choose a penalty.")
    pool, workers = y[index], 1 if len(rows) < SIDE_BY_SIDE else None

    def gaps(years: Codes) -> Array:
        found = simplex.nearest_many(y[rows][:, years], pool[:, years].T, pool, bars, workers, settle=False)
        fitted = simplex.all_certified(found, lambda i: f"Synthetic control of row {rows[i]}").fitted
        return np.asarray(y[rows] - fitted)

    with one_blas_thread():
        plain = gaps(before)
        left = np.stack([gaps(np.delete(before, s))[:, pre] for s in range(len(before))], axis=1)
        square, onward = _products(pool, pre, bars, len(rows))
    value, vector = np.linalg.eigh(square)
    penalties = value[:, -1:] * GRID
    scale = 1 / (value[:, None] + penalties[..., None])  # (P, L, T0)
    projected = (left @ vector) * vector
    turned = (
        np.swapaxes(scale @ np.swapaxes(projected, 1, 2) / (scale @ np.swapaxes(vector**2, 1, 2)), 1, 2) ** 2
    )
    error, error_se = turned.mean(axis=1), turned.std(axis=1, ddof=1) / np.sqrt(len(before))
    least = error.argmin(axis=1)[:, None]
    good = error <= np.take_along_axis(error + error_se, least, 1)
    penalty = np.where(good, penalties, 0.0).max(axis=1)
    along = np.einsum("pij,pi->pj", vector, plain[:, pre]) / (value + penalty[:, None])
    moved = np.einsum("pij,pj->pi", vector, along)
    return np.asarray(plain - np.einsum("pi,pit->pt", moved, onward))


def _products(pool: Array, pre: Mask, bars: tuple[Codes, Codes], count: int) -> tuple[Array, Array]:
    """Of the donors' years before, around the mean of each place's own donors: B B' (P, T0, T0), B times pool (P, T0, T)."""
    centre = pool.mean(axis=0)
    around, before = pool - centre, (pool - centre)[:, pre]
    whole, total = before.T @ around, around.sum(axis=0)
    cross = np.empty((count, before.shape[1], pool.shape[1]))
    for i in range(count):
        out = np.unique(bars[1][bars[0][i] : bars[0][i + 1]])
        rest = total - around[out].sum(axis=0)
        cross[i] = whole - before[out].T @ around[out] - np.outer(rest[pre], rest) / (len(pool) - len(out))
    return cross[:, :, pre], cross


def _centred(before: Array, plain: SyntheticFit, pool: Array) -> tuple[Array, Array]:
    """Donors (T0, J) and exposed place (T0,) in the years before, around the mean of the donors in each."""
    centre = before.mean(axis=1)
    return before - centre[:, None], (plain.gap + plain.weights @ pool)[plain.pre] - centre


def _left_out_errors(
    a: Array, b: Array, value: Array, vector: Array, penalties: Array
) -> tuple[Array, Array]:
    """(L,) mean squared error in the year left out, and its standard error, for each penalty.

    With K = B B' + lambda and the simplex weights of the other years, the error in year s is (K^-1 m)_s / (K^-1)_ss,
    m being what those weights leave in all years: one eigendecomposition serves every year and penalty.
    """
    years = len(a)
    if years < 3:
        raise BadDesign(
            f"{years} year(s) before exposure are too few to choose a penalty by leaving one out: three are needed. Use scm "
            "or did (`augmented.ridge` takes a penalty)."
        )
    left = np.empty((years, years))
    for s in range(years):
        kept = np.arange(years) != s
        left[s] = a - b @ simplex.nearest(a[kept], b[kept], "Synthetic control without one year")[0]
    scale = 1 / (value + penalties[:, None])
    projected = (left @ vector) * vector  # (s, eigenvector): row s meets the s-th year
    unit = np.ldexp(
        1.0, np.frexp(np.abs(left).max())[1]
    )  # a power of two: no digit changes, no square overflows
    squared = ((scale @ (projected / unit).T) / (scale @ (vector**2).T)) ** 2
    return squared.mean(axis=1) * unit**2, squared.std(axis=1, ddof=1) * unit**2 / np.sqrt(years)
