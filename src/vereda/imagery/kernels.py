"""Loops over pixels, compiled, without the interpreter's lock. Tested against NumPy and scipy.

Shapes: x (n, t, b) pixels, steps, bands in float32, nan where nothing clear was seen. A pixel is always many, so
these loops are always compiled (decision 9 is about loops that may be small).
"""

from collections.abc import Callable
from math import isnan
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Values = NDArray[np.float32]
Array = NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., Any])


def _compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def fill(x: Values, day: Array) -> NDArray[np.int64]:
    """In place: gaps by straight lines between the nearest clear steps in days, and the nearest one at the ends.

    Returns (n,) the longest run of steps without one, over bands; t where a band has none at all (left nan).
    """
    n, t, b = x.shape
    longest = np.zeros(n, dtype=np.int64)
    for i in range(n):
        for k in range(b):
            last, run = -1, 0
            for j in range(t):
                if isnan(x[i, j, k]):
                    run += 1
                    continue
                if run:
                    for m in range(last + 1, j):
                        if last < 0:
                            x[i, m, k] = x[i, j, k]
                        else:
                            part = (day[m] - day[last]) / (day[j] - day[last])
                            x[i, m, k] = x[i, last, k] + part * (x[i, j, k] - x[i, last, k])
                    longest[i] = max(longest[i], run)
                last, run = j, 0
            if run:
                longest[i] = max(longest[i], run)
                if last >= 0:
                    for m in range(last + 1, t):
                        x[i, m, k] = x[i, last, k]
    return longest


@_compiled
def smooth(x: Values, weight: float) -> None:
    """In place: Whittaker's smoother with second differences, (I + weight D'D) z = x by a banded factorisation.

    Eilers (2003), Analytical Chemistry 75(14), 3631-3636. Even steps, no gaps; weight 0 leaves x as it is.
    """
    n, t, b = x.shape
    if t < 3 or weight == 0:
        return
    d, c, e = np.empty(t), np.empty(t), np.empty(t)  # factors, the same for all pixels
    for j in range(t):
        main = 1 + weight * (1.0 if j in (0, t - 1) else 5.0 if j in (1, t - 2) else 6.0)
        if t == 3:
            main = 1 + weight * (4.0 if j == 1 else 1.0)
        one = weight * (-2.0 if j in (0, t - 2) else -4.0) if j < t - 1 else 0.0
        two = weight if j < t - 2 else 0.0
        c1 = c[j - 1] * d[j - 1] if j > 0 else 0.0
        d[j] = main - (c1 * c[j - 1] if j > 0 else 0.0) - (e[j - 2] * e[j - 2] * d[j - 2] if j > 1 else 0.0)
        c[j] = (one - (d[j - 1] * c[j - 1] * e[j - 1] if j > 0 else 0.0)) / d[j]
        e[j] = two / d[j]
    z = np.empty(t)
    for i in range(n):
        for k in range(b):
            for j in range(t):
                z[j] = x[i, j, k]
                if j > 0:
                    z[j] -= c[j - 1] * z[j - 1]
                if j > 1:
                    z[j] -= e[j - 2] * z[j - 2]
            for j in range(t - 1, -1, -1):
                z[j] /= d[j]
            for j in range(t - 2, -1, -1):
                z[j] -= c[j] * z[j + 1]
                if j < t - 2:
                    z[j] -= e[j] * z[j + 2]
            for j in range(t):
                x[i, j, k] = z[j]


@_compiled
def percentiles(x: Values, at: Array, out: Values) -> None:
    """out (n, b * q): percentiles `at` (q,) in 0..1 over steps of each band, straight lines between neighbours."""
    n, t, b = x.shape
    row = np.empty(t)
    for i in range(n):
        for k in range(b):
            for j in range(t):
                row[j] = x[i, j, k]
            row.sort()
            for q in range(at.size):
                place = at[q] * (t - 1)
                first = int(place)
                part = place - first
                last = min(first + 1, t - 1)
                out[i, k * at.size + q] = row[first] + part * (row[last] - row[first])


@_compiled
def combine(x: Values, matrix: Array, out: Values) -> None:
    """out (n, b * f): each band's series times matrix (f, t); harmonics by least squares are one."""
    n, t, b = x.shape
    f = matrix.shape[0]
    for i in range(n):
        for k in range(b):
            for m in range(f):
                total = 0.0
                for j in range(t):
                    total += matrix[m, j] * x[i, j, k]
                out[i, k * f + m] = total
