"""The loops behind draws: compiled, without the interpreter's lock, one block of draws in cache at a time.

Rows are parameters or years, columns are draws, so that every inner loop runs along draws. Tested against
`production` (formulas) and scipy (points, quantiles of the normal distribution).
"""

from collections.abc import Callable
from math import erfc, exp, sqrt
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int32]
F = TypeVar("F", bound=Callable[..., object])
FIXED, UNIFORM, TRIANGULAR, NORMAL, LOGNORMAL = range(5)
ROOT2 = 1.4142135623730951
CELLS, TAIL = 64, 5  # of the unit; how many at each end lie outside the middle of the normal distribution
MIDDLE = 0.5 - TAIL / CELLS  # from 0.5: 0.42, where AS 241 has 0.425; either formula is right between the two


def _compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


def _any_order(function: F) -> F:
    """The same, where the order of a sum does not matter."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"})(function))


def _fused(function: F) -> F:
    """The same, where a product and a sum may be one operation, rounded once: not less exact, and less work."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(function))


@_compiled
def tonnes(
    x: Array, before: Index, now: Index, ratio: Index, added: Index, rate: Index, factors: Index, shares: Index,
    made: Index, scale: float, out: Array, at: int,
) -> float:  # fmt: skip
    """out (T, at + D or more), from `at` on: the sum over regions of area times rate, as `plan` states it; x (P, D).

    The sum of all that was written, which is no number where one of them is none.
    """
    draws, whole = x.shape[1], 0.0
    rates = np.empty((factors.shape[0], draws))
    for m in range(factors.shape[0]):
        if factors.shape[1] == 3 and shares.shape[1] == 3 and made[m].min() >= 0:
            _rate_of_three(x, factors[m], shares[m], made[m], scale, rates[m])
        else:
            _rate(x, factors[m], shares[m], made[m], scale, rates[m])
    for t in range(now.shape[1]):
        total = out[t, at : at + draws]
        total[:] = 0.0
        for r in range(now.shape[0]):
            a, b, c = x[before[r, t]], x[now[r, t]], rates[rate[r, t]]
            if ratio[r, t] >= 0:
                k = x[ratio[r, t]]
                for d in range(draws):
                    total[d] += 0.5 * (a[d] + b[d]) * k[d] * c[d]
            elif added[r, t] >= 0:
                e = x[added[r, t]]
                for d in range(draws):
                    total[d] += (0.5 * (a[d] + b[d]) + e[d]) * c[d]
            else:
                for d in range(draws):
                    total[d] += 0.5 * (a[d] + b[d]) * c[d]
        whole += _added(total)
    return whole


@_any_order
def _added(row: Array) -> float:
    """A sum that is looked at only for whether it is a number."""
    total = 0.0
    for d in range(row.size):
        total += row[d]
    return total


@_compiled
def _rate(x: Array, factors: Index, shares: Index, made: Index, scale: float, out: Array) -> None:
    """out (D,): the product of the factors, times base from a tonne over all routes."""
    out[:] = scale
    for i in factors:
        f = x[i]
        for d in range(out.size):
            out[d] *= f[d]
    if shares.size:
        top, bottom = np.zeros(out.size), np.zeros(out.size)
        for k in range(shares.size):
            s, m = x[shares[k]], x[max(made[k], 0)]
            for d in range(out.size):
                bottom[d] += s[d]
            if made[k] >= 0:
                for d in range(out.size):
                    top[d] += s[d] * m[d]
        for d in range(out.size):
            out[d] *= top[d] / bottom[d]


@_compiled
def _rate_of_three(x: Array, factors: Index, shares: Index, made: Index, scale: float, out: Array) -> None:
    """The same for three factors and three routes, all taken, in one pass; the same operations in the same order."""
    f, g, h = x[factors[0]], x[factors[1]], x[factors[2]]
    s, t, u = x[shares[0]], x[shares[1]], x[shares[2]]
    k, m, n = x[made[0]], x[made[1]], x[made[2]]
    for d in range(out.size):
        out[d] = (
            scale * f[d] * g[d] * h[d] * ((s[d] * k[d] + t[d] * m[d] + u[d] * n[d]) / (s[d] + t[d] + u[d]))
        )


@_compiled
def values(
    pattern: Index, order: Index, state: Index, bits: int, kind: Index, a: Array, b: Array, c: Array, e: Array, out: Array
) -> None:  # fmt: skip
    """`points` and `quantiles` at once, row by row: a row of points stays in the innermost cache until it is values.

    order (P, B): the draws of the first block by the cell of the unit they lie in, CELLS of them, each with as many draws.
    In a later block the same draws share a cell, another one; so those in the tails of a normal are known beforehand.
    """
    step, draws = 2.0**-bits, out.shape[1]
    spare, where = np.empty(draws), np.empty(draws + 1, dtype=np.int32)
    listed = order.shape[1] == draws
    for p in range(out.shape[0]):
        _points(pattern[p], state[p], step, out[p])
        if listed and kind[p] >= NORMAL and c[p] < 1e-30 and e[p] == 1.0:
            found = _listed(order[p], state[p] >> (bits - 6), where)
            _normal(out[p], a[p], b[p], spare, where, found)
            if kind[p] == LOGNORMAL:
                _exponential(out[p])
        else:
            _quantile(out[p], kind[p], a[p], b[p], c[p], e[p], spare, where)


@_compiled
def run(
    pattern: Index, order: Index, directions: Index, bits: int, kind: Index, a: Array, b: Array, c: Array, e: Array,
    before: Index, now: Index, ratio: Index, added: Index, rate: Index, factors: Index, shares: Index, made: Index,
    scale: float, first: int, blocks: int, x: Array, out: Array,
) -> float:  # fmt: skip
    """`values` and `tonnes` of several blocks, one after the other in x (P, B), which a core's own cache holds."""
    state, whole = np.empty(pattern.shape[0], dtype=np.int32), 0.0
    for block in range(first, first + blocks):
        start = block * pattern.shape[1]
        gray = start ^ (start >> 1)
        state[:] = 0
        for level in range(directions.shape[1]):
            if gray >> level & 1:
                for p in range(state.size):
                    state[p] ^= directions[p, level]
        values(pattern, order, state, bits, kind, a, b, c, e, x)
        whole += tonnes(x, before, now, ratio, added, rate, factors, shares, made, scale, out, start)
    return whole


@_compiled
def _listed(order: Index, shift: int, where: Index) -> int:
    """The draws of the cells at both ends, and how many they are."""
    each, found = order.size // CELLS, 0
    for k in range(2 * TAIL):
        cell = k if k < TAIL else CELLS - 1 - (k - TAIL)
        start = (cell ^ shift) * each
        for i in range(each):
            where[found + i] = order[start + i]
        found += each
    return found


@_compiled
def points(pattern: Index, state: Index, step: float, out: Array) -> None:
    """out (P, B): midpoints of the cells that a block of digital points falls into; pattern (P, B), state (P,)."""
    for p in range(out.shape[0]):
        _points(pattern[p], state[p], step, out[p])


@_compiled
def _points(row: Index, start: int, step: float, to: Array) -> None:
    for d in range(to.size):
        to[d] = (float(row[d] ^ start) + 0.5) * step


@_compiled
def quantiles(u: Array, kind: Index, a: Array, b: Array, c: Array, e: Array) -> None:
    """u (P, B), uniform, becomes values of each row's distribution, in place; a, b, c, e as `marginals` states them."""
    spare, where = np.empty(u.shape[1]), np.empty(u.shape[1] + 1, dtype=np.int32)
    for p in range(u.shape[0]):
        _quantile(u[p], kind[p], a[p], b[p], c[p], e[p], spare, where)


@_compiled
def _quantile(
    row: Array, kind: int, a: float, b: float, c: float, e: float, spare: Array, where: Index
) -> None:  # fmt: skip
    """One row in place; spare, where: room."""
    if kind == FIXED:
        row[:] = a
    elif kind == UNIFORM:
        width = b - a
        for d in range(row.size):
            row[d] = a + row[d] * width
    elif kind == TRIANGULAR:
        _triangular(row, a, b, c)
    else:
        if c > 0.0 or e < 1.0:
            for d in range(row.size):
                row[d] = c + row[d] * e
        _normal(row, a, b, spare, where, _outside(row, where))
        if kind == LOGNORMAL:
            _exponential(row)


@_compiled
def _exponential(row: Array) -> None:
    for d in range(row.size):
        row[d] = exp(row[d])


@_fused
def _triangular(row: Array, low: float, high: float, mode: float) -> None:
    """In place: u to a triangular value."""
    width = high - low
    rising, falling, turn = width * (mode - low), width * (high - mode), (mode - low) / width
    for d in range(row.size):
        u = row[d]
        up = u < turn  # chosen before the root, so that the compiler takes one and not two
        part, slope = u if up else 1.0 - u, rising if up else falling
        end, sign = low if up else high, 1.0 if up else -1.0
        row[d] = end + sign * sqrt(part * slope)


@_compiled
def correlate(u: Array, rows: Index, lower: Array) -> None:
    """In place: rows of independent uniform u become correlated ones by a Gaussian copula; lower (k, k) Cholesky."""
    k, draws = rows.size, u.shape[1]
    z = np.empty((k, draws))
    for i in range(k):
        normal_quantile(u[rows[i]], z[i])
    for i in range(k):
        row = u[rows[i]]
        row[:] = 0.0
        for j in range(i + 1):
            w = lower[i, j]
            if w != 0.0:
                for d in range(draws):
                    row[d] += w * z[j, d]
        for d in range(draws):
            row[d] = min(max(0.5 * erfc(-row[d] / ROOT2), 1e-17), 1 - 1.2e-16)


@_compiled
def normal_quantile(u: Array, out: Array) -> None:
    """out: the standard normal quantile of u in (0, 1), to 1e-15. Wichura (1988), Applied Statistics 37, AS 241."""
    out[:] = u
    where = np.empty(u.size + 1, dtype=np.int32)
    _normal(out, 0.0, 1.0, np.empty(u.size), where, _outside(out, where))


@_compiled
def _normal(row: Array, mean: float, sd: float, outside: Array, where: Index, found: int) -> None:
    """In place: u in (0, 1) to a normal value. where: the `found` draws outside the middle. outside (n,): room."""
    for i in range(found):
        outside[i] = row[where[i]]
    _middle(row, mean, sd)
    for i in range(found):
        spare = outside[i]
        outside[i] = min(spare, 1.0 - spare)
        where[i] = where[i] if spare < 0.5 else ~where[i]
    _tails(outside[:found])
    for i in range(found):
        d = where[i]
        if d >= 0:
            row[d] = mean - sd * outside[i]
        else:
            row[~d] = mean + sd * outside[i]


@_fused
def _middle(row: Array, mean: float, sd: float) -> None:
    """In place: right for the middle 84 %, done for all: without branches it runs several draws at once."""
    for d in range(row.size):
        q = row[d] - 0.5
        r = 0.180625 - q * q
        top = ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
                  + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
               + 1.3314166789178437745e2) * r + 3.3871328727963666080e0  # fmt: skip
        low = ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                  + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
               + 4.2313330701600911252e1) * r + 1.0  # fmt: skip
        row[d] = mean + sd * (q * top / low)


@_compiled
def _outside(row: Array, where: Index) -> int:
    """How many draws lie outside the middle 84 %, and where; where (n + 1,)."""
    found = 0
    for d in range(row.size):
        where[found] = d
        found += abs(row[d] - 0.5) > MIDDLE
    return found


@_fused
def _tails(u: Array) -> None:
    """In place: u below 0.075 becomes the distance of its quantile from 0."""
    _logarithm(u)
    for d in range(u.size):
        r = sqrt(-u[d]) - 1.6
        top = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
                  + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
               + 4.63033784615654529590e0) * r + 1.42343711074968357734e0  # fmt: skip
        low = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                  + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
               + 2.05319162663775882187e0) * r + 1.0  # fmt: skip
        u[d] = top / low if r <= 3.4 else _farther(r - 3.4)


@_fused
def _farther(r: float) -> float:
    """The same, for u below 1.4e-11."""
    top = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
              + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
           + 5.46378491116411436990e0) * r + 6.65790464350110377720e0  # fmt: skip
    low = ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
              + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
           + 5.99832206555887937690e-1) * r + 1.0  # fmt: skip
    return top / low


@_fused
def _logarithm(x: Array) -> None:
    """In place: the natural logarithm of positive normal numbers, several at once; 2 artanh of a small fraction."""
    bits = x.view(np.int64)
    for d in range(x.size):
        shifted = bits[d] - 0x3FE6A09E667F3BCD  # of the square root of a half
        power = shifted >> 52
        bits[d] -= power << 52  # x is now between the roots of 1/2 and 2
        s = (x[d] - 1.0) / (x[d] + 1.0)
        w = s * s
        series = 2 / 19 + w * (2 / 21)
        series = 2 / 15 + w * (2 / 17 + w * series)
        series = 2 / 11 + w * (2 / 13 + w * series)
        series = 2 / 7 + w * (2 / 9 + w * series)
        series = 2 / 3 + w * (2 / 5 + w * series)
        x[d] = float(power) * 0.6931471805599453 + (2.0 * s + s * w * series)


@_compiled
def select(row: Array, at: Array, out: Array) -> None:
    """out: the values of `row` at positions `at` (fractions between neighbours) in ascending order; exact.

    A histogram finds the few bins that hold those positions; only their members are sorted.
    """
    n, bins = row.size, 1 << 12
    low, high = row[0], row[0]
    for d in range(n):
        low, high = min(low, row[d]), max(high, row[d])
    if not high > low or not high - low < np.inf:
        out[:] = low
        return
    count = np.zeros(bins + 1, dtype=np.int64)
    per = (bins - 1) / (high - low)
    for d in range(n):
        count[int((row[d] - low) * per) + 1] += 1
    for i in range(bins):
        count[i + 1] += count[i]  # now: how many lie in bins before i
    for k in range(at.size):
        first = min(int(at[k]), n - 1)
        last = min(first + 1, n - 1)
        start, end = _bin(count, first), _bin(count, last)
        held = np.empty(count[end + 1] - count[start])
        found = 0
        for d in range(n):
            i = int((row[d] - low) * per)
            if start <= i <= end:
                held[found] = row[d]
                found += 1
        held.sort()
        a, b = held[first - count[start]], held[last - count[start]]
        part = at[k] - first
        out[k] = a + (b - a) * part if part < 0.5 else b - (b - a) * (1 - part)


@_compiled
def _bin(before: NDArray[np.int64], position: int) -> int:
    """The bin that holds a position in ascending order."""
    low, high = 0, before.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if before[middle] <= position:
            low = middle
        else:
            high = middle
    return low
