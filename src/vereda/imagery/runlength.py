"""How many looks until an alarm: average run lengths of CUSUM and EWMA charts, and the limits that give one.

Looks are independent and normal with unit variance, `shift` standard deviations off; charts are two-sided and start
at zero. An average run length without a shift of 500 is one false alarm in 500 looks.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vereda.errors import BadRequest

Array = NDArray[np.float64]
NODES = 80  # of the quadrature: 6 digits for the charts of the published tables
LONGEST = 1e7  # looks: beyond it the linear system says nothing


def cusum(k: float, h: float, shift: float = 0.0) -> float:
    """Of S = max(0, S + z - k), alarm above h, for rises and falls together.

    Page's integral equation on Gauss-Legendre nodes (Goel & Wu 1971, Technometrics 13(2), 221-230); both sides by
    1/L = 1/L+ + 1/L- (Kemp 1961, JRSS B 23, 149-153).
    """
    return 1 / (1 / _one_sided(k, h, shift) + 1 / _one_sided(k, h, -shift))


def ewma(weight: float, width: float, shift: float = 0.0) -> float:
    """Of E = weight z + (1 - weight) E, alarm beyond width times its standard deviation after long.

    Crowder's integral equation on Gauss-Legendre nodes (1987, Technometrics 29(4), 401-407).
    """
    h = width * np.sqrt(weight / (2 - weight))
    y, w = _nodes(-h, h, weight)
    step = _density((y[None, :] - (1 - weight) * y[:, None]) / weight - shift) * w / weight
    at = np.linalg.solve(np.eye(len(y)) - step, np.ones(len(y)))
    first = _density(y / weight - shift) * w / weight
    return float(1 + first @ at)


def siegmund(k: float, h: float, shift: float = 0.0) -> float:
    """The same as `cusum` by a formula, a few per cent off (Siegmund 1985, Sequential Analysis, section 2.6)."""

    def side(mean: float) -> float:
        d, b = mean - k, h + 1.166
        return b * b if abs(d) < 1e-9 else float((np.exp(-2 * d * b) + 2 * d * b - 1) / (2 * d * d))

    return 1 / (1 / side(shift) + 1 / side(-shift))


@lru_cache(maxsize=256)
def cusum_limit(k: float, looks: float) -> float:
    """The h whose average run length without a shift is `looks`."""
    return _limit(lambda h: cusum(k, h), looks, 12.0 / max(k, 0.25))


@lru_cache(maxsize=256)
def ewma_limit(weight: float, looks: float) -> float:
    """The width whose average run length without a shift is `looks`."""
    return _limit(lambda width: ewma(weight, width), looks, 6.0)


def _limit(length: Callable[[float], float], looks: float, high: float) -> float:
    """By bisection: run lengths grow with the limit."""
    low = 0.05
    if not length(low) < looks < LONGEST:
        raise BadRequest(
            f"One false alarm in {looks:g} looks cannot be had: it takes from {length(low):.3g} to {LONGEST:g} looks. "
            "Ask for another rate with --false-alarms."
        )
    for _ in range(50):
        middle = (low + high) / 2
        if length(middle) < looks:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _one_sided(k: float, h: float, shift: float) -> float:
    y, w = _nodes(0.0, h, 1.0)
    step = _density(y[None, :] + k - y[:, None] - shift) * w
    back = ndtr(k - y - shift)  # to zero
    matrix = np.eye(len(y) + 1)
    matrix[0, 0] -= ndtr(k - shift)
    matrix[0, 1:] -= _density(y + k - shift) * w
    matrix[1:, 0] -= back
    matrix[1:, 1:] -= step
    return float(np.linalg.solve(matrix, np.ones(len(y) + 1))[0])


def _nodes(low: float, high: float, width: float) -> tuple[Array, Array]:
    """Nodes and weights; more of them where the density is narrow beside the interval."""
    x, w = _legendre(NODES * max(1, int(np.ceil(12 * (high - low) / width / NODES))))
    return (high - low) / 2 * x + (high + low) / 2, (high - low) / 2 * w


@lru_cache(maxsize=32)
def _legendre(count: int) -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(count)
    return x, w


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-z * z / 2) / np.sqrt(2 * np.pi))
