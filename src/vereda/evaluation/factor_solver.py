"""A low-rank matrix plus place and year effects, fitted to the cells that are seen.

    min over L, a, d   1/2 sum over seen (y_it - L_it - a_i - d_t)^2  +  theta |L|_*      (nuclear norm), or
                       the same sum with rank L <= r                                      (hard rank).

Place and year effects are solved exactly for any L, so that what is left is a function of L with gradient minus the
residual and curvature at most one: proximal steps of length one (soft-impute, Mazumder, Hastie & Tibshirani 2010),
with momentum that starts again when it overshoots. Leading axes are problems of their own, stepped together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.evaluation.panel import Array
from vereda.evaluation.two_way import TwoWay

EVERY = 5  # steps between certificates, which cost about as much as a step
Shrink = Callable[[Array], Array]  # squared singular values (..., k) to factors between 0 and 1


@dataclass(frozen=True, slots=True)
class LowRank:
    """F fits: low_rank (F, n, T), place (F, n), year (F, T), and how far from optimal each is, gap (F,)."""

    low_rank: Array
    place: Array
    year: Array
    gap: Array
    steps: int

    @property
    def whole(self) -> Array:
        """(F, n, T): the expectation without exposure, in every cell."""
        return self.low_rank + self.place[..., None] + self.year[..., None, :]


def nuclear(
    y: Array,
    seen: NDArray[np.bool_],
    theta: Array,
    start: Array | None = None,
    tolerance: float = 1e-9,
    most: int = 5000,
) -> LowRank:
    """Penalise the nuclear norm. y (n, T), seen (F, n, T), theta (F,); gap: duality gap over the objective.

    The dual point is the residual, scaled to spectral norm theta: zero on unseen cells, and zero in the mean over
    every place and year because the effects are exact, it is feasible for any L.
    """
    theta = np.asarray(theta, dtype=float)

    def soft(squares: Array) -> Array:
        values = np.sqrt(np.maximum(squares, 0.0))
        with np.errstate(over="ignore"):  # a huge penalty over nothing: infinite, and nothing is left
            return np.asarray(np.maximum(0.0, 1.0 - theta[:, None] / np.maximum(values, 1e-300)))

    def gap(low_rank: Array, residual: Array, size: Array) -> Array:
        spectral = np.sqrt(_squares(residual)[..., -1])
        inner, square = (residual * low_rank).sum(axis=(-1, -2)), (residual**2).sum(axis=(-1, -2))
        scale = np.minimum(1.0, theta / np.maximum(spectral, 1e-300))
        primal = 0.5 * square + theta * size
        dual = scale * (inner + square) - 0.5 * scale**2 * square
        return np.asarray((primal - dual) / np.maximum(primal, 1e-300))

    return _descend(y, seen, soft, gap, start, tolerance, most)


def ranked(
    y: Array,
    seen: NDArray[np.bool_],
    rank: int,
    start: Array | None = None,
    tolerance: float = 1e-9,
    most: int = 20000,
) -> LowRank:
    """Fix the rank. gap: how far one more step would move L, over the size of the outcomes less their effects.

    Not convex: zero says that the point is stationary, not that it is the best one. Without unseen cells it is.
    """
    total = np.sqrt((TwoWay(seen).residual(y) ** 2).sum(axis=(-1, -2)))

    def hard(squares: Array) -> Array:
        factors = np.zeros_like(squares)
        if rank:
            factors[..., -rank:] = 1.0
        return factors

    def gap(low_rank: Array, residual: Array, _: Array) -> Array:
        moved = np.sqrt(((_shrunk(low_rank + residual, hard)[0] - low_rank) ** 2).sum(axis=(-1, -2)))
        return np.asarray(moved / np.maximum(total, 1e-300))

    return _descend(y, seen, hard, gap, start, tolerance, most)


def _descend(
    y: Array,
    seen: NDArray[np.bool_],
    shrink: Shrink,
    gap_at: Callable[[Array, Array, Array], Array],
    start: Array | None,
    tolerance: float,
    most: int,
) -> LowRank:
    effects = TwoWay(seen)
    y = np.broadcast_to(np.where(np.isnan(y), 0.0, y), seen.shape)
    now = np.zeros(seen.shape) if start is None else np.broadcast_to(start, seen.shape).copy()
    ahead, pace, gap = now, np.ones(len(seen)), np.full(len(seen), np.inf)
    steps = 0
    while steps < most and not (gap <= tolerance).all():
        before = now
        now, size = _shrunk(ahead + effects.residual(y - ahead), shrink)
        overshot = ((ahead - now) * (now - before)).sum(axis=(-1, -2)) > 0
        pace = np.where(overshot, 1.0, pace)
        faster = (1.0 + np.sqrt(1.0 + 4.0 * pace**2)) / 2.0
        ahead = now + ((pace - 1.0) / faster)[:, None, None] * (now - before)
        pace = faster
        steps += 1
        if steps % EVERY == 0 or steps == 1:
            gap = gap_at(now, effects.residual(y - now), size)
    place, year = effects.effects(y - now)
    return LowRank(now, place, year, gap, steps)


def _squares(x: Array) -> Array:
    """Squared singular values, increasing, from the products over the longer side."""
    return np.asarray(np.maximum(np.linalg.eigvalsh(_gram(x)), 0.0))


def _gram(x: Array) -> Array:
    turned = np.swapaxes(x, -1, -2)
    return np.asarray(turned @ x if x.shape[-1] <= x.shape[-2] else x @ turned)


def _shrunk(x: Array, shrink: Shrink) -> tuple[Array, Array]:
    """x (F, n, T) with its singular values multiplied by factors of their squares, and their sum (F,) after it.

    Only the vectors of the shorter side are needed. The sum is taken here because the values that vanish are zero
    here, and not the square root of rounding.
    """
    squares, vectors = np.linalg.eigh(_gram(x))
    factors = shrink(squares)
    kept = (vectors * factors[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    size = (np.sqrt(np.maximum(squares, 0.0)) * factors).sum(axis=-1)
    return np.asarray(x @ kept if x.shape[-1] <= x.shape[-2] else kept @ x), np.asarray(size)
