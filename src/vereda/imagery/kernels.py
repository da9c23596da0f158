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
PIXELS, TRIED = 256, 16  # of a block; series between two looks at who still asks
DOUBTFUL = 2


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
    rows = np.empty((t, PIXELS), dtype=np.float32)
    for begin in range(0, n, PIXELS):
        p = min(PIXELS, n - begin)
        for k in range(b):
            for i in range(p):
                for j in range(t):
                    rows[j, i] = x[begin + i, j, k]
            _sorted(rows, p)
            for q in range(at.size):
                place = at[q] * (t - 1)
                first = int(place)
                part = place - first
                low, high = rows[first], rows[min(first + 1, t - 1)]
                for i in range(p):
                    least = np.float64(low[i])
                    out[begin + i, k * at.size + q] = least + part * (np.float64(high[i]) - least)


@_compiled
def _sorted(rows: Values, p: int) -> None:
    """In place: rows (t, p) in order along t, for p pixels at once: the same pairs are compared whatever they hold.

    Batcher (1968), AFIPS Spring Joint Computer Conference, 307-314: odd-even merging.
    """
    t, run = rows.shape[0], 1
    while run < t:
        gap = run
        while gap > 0:
            for j in range(gap % run, t - gap, 2 * gap):
                for m in range(j, min(j + gap, t - gap)):
                    if m // (2 * run) == (m + gap) // (2 * run):
                        one, other = rows[m], rows[m + gap]
                        for i in range(p):
                            a, b = one[i], other[i]
                            one[i] = a if a < b else b
                            other[i] = b if a < b else a
            gap //= 2
        run *= 2


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


@_compiled
def near(
    x: Values, centre: Array, scale: Array, tried: Values, sure: float, never: float, told: NDArray[np.int8]
) -> None:
    """told (n,): 1 where a row of tried (m, f) lies within `sure` of the standardised x (n, f), 0 where none does within
    `never`, DOUBTFUL between; 0 where x is nan. Squares of distances, in single precision, not farther than needed."""
    n, f = x.shape
    z, best, now = (
        np.empty((f, PIXELS), dtype=np.float32),
        np.empty(PIXELS, dtype=np.float32),
        np.empty(PIXELS, dtype=np.float32),
    )
    who = np.empty(PIXELS, dtype=np.int64)
    for begin in range(0, n, PIXELS):
        p = min(PIXELS, n - begin)
        for k in range(f):
            for i in range(p):
                z[k, i] = (x[begin + i, k] - centre[k]) / scale[k]
        for i in range(p):
            who[i], best[i] = begin + i, np.inf
        for first in range(0, tried.shape[0], TRIED):
            for j in range(first, min(first + TRIED, tried.shape[0])):
                _nearer(z, tried[j], now, best, p)
            kept = 0
            for i in range(p):
                if best[i] <= sure:
                    told[who[i]] = 1
                    continue
                if kept < i:
                    who[kept], best[kept] = who[i], best[i]
                    for k in range(f):
                        z[k, kept] = z[k, i]
                kept += 1
            p = kept
            if p == 0:
                break
        for i in range(p):
            told[who[i]] = 0 if best[i] > never else DOUBTFUL


@_compiled
def _nearer(z: Values, w: Values, now: Values, best: Values, p: int) -> None:
    """best (p,): the lesser of it and the square of the distance from z (f, p) to w (f,)."""
    now[:p] = np.float32(0)
    k, f = 0, w.size
    while k + 4 <= f:
        a, b, c, d = z[k], z[k + 1], z[k + 2], z[k + 3]
        wa, wb, wc, wd = w[k], w[k + 1], w[k + 2], w[k + 3]
        for i in range(p):
            da, db, dc, dd = a[i] - wa, b[i] - wb, c[i] - wc, d[i] - wd
            now[i] += (da * da + db * db) + (dc * dc + dd * dd)
        k += 4
    while k < f:
        a, wa = z[k], w[k]
        for i in range(p):
            da = a[i] - wa
            now[i] += da * da
        k += 1
    for i in range(p):
        best[i] = min(best[i], now[i])
