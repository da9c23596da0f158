"""Weights on the simplex in plain loops: what synthetic difference-in-differences solves, hundreds of times.

Every problem here is   min  1/2 |sum_j w_j p_j - b|^2 + 1/2 eta |w|^2   over w >= 0, sum w = 1,
with n points p_j (rows) in m dimensions. Three routes: Newton on the dual where the ridge is real (place weights),
an active set of points where it is not (year weights, plain synthetic control), and the Frank-Wolfe steps of the
R package synthdid, which stop before the optimum.
Plain loops, because array expressions take numba seconds to compile; every sum runs in one fixed order.
"""

import numpy as np

from vereda.evaluation.kernels import Kernel
from vereda.evaluation.panel import Array, Codes

ENOUGH = 1e-26  # of the scale: once its support is right, a Newton point is exact but for rounding
STALL = 1e-15  # of the scale: the gap of an active set cannot be resolved below this
DUAL_FROM = 1e-11  # of the largest squared length of a point: with less ridge the dual is ill-conditioned
PASSES = 40  # times that every point is looked at for one weight vector, about
R_STEPS = 10_100  # at most, of the R package
STEPS = 400  # Newton steps, or points that enter a support of ordinary size; far above what is ever used


def _dot(x: Array, y: Array) -> float:
    total = 0.0
    for k in range(x.size):
        total += x[k] * y[k]
    return total


def _combine(x: Array, w: Array, rows: int, out: Array) -> None:
    """out = sum_j w_j x_j over the first rows."""
    for k in range(out.size):
        out[k] = 0.0
    for j in range(rows):
        if w[j] != 0.0:
            for k in range(out.size):
                out[k] += w[j] * x[j, k]


def _solve(h: Array, d: Array, size: int, least: float) -> bool:
    """d <- h^-1 d on the leading block of h, whose upper half is overwritten; False when a pivot is below least."""
    for k in range(size):
        if not h[k, k] > least:
            return False
        for i in range(k + 1, size):
            factor = h[k, i] / h[k, k]
            for j in range(i, size):
                h[i, j] -= factor * h[k, j]
            d[i] -= factor * d[k]
    for k in range(size - 1, -1, -1):
        for j in range(k + 1, size):
            d[k] -= h[k, j] * d[j]
        d[k] /= h[k, k]
    return True


def _dual(p: Array, across: Array, b: Array, eta: float, r: Array, w: Array, slope: Array) -> float:
    """The concave dual at r (m,), its gradient `slope` and the feasible w that r stands for.

    w = max(0, p r + mu) / eta with the mu that makes it sum to one, found from above in finitely many steps
    (Michelot 1986). The duality gap between w and r is 1/2 |slope|^2, exactly.
    """
    n = w.size
    _combine(across, r, r.size, w)
    mu, count = -np.inf, -1
    while True:
        total, inside = 0.0, 0
        for j in range(n):
            if count < 0 or w[j] + mu > 0.0:
                total += w[j]
                inside += 1
        if inside == count or inside == 0:
            break
        mu, count = (eta - total) / inside, inside
    square = 0.0
    for j in range(n):
        w[j] = max(0.0, w[j] + mu) / eta
        square += w[j] * w[j]
    _combine(p, w, n, slope)
    value = mu - 0.5 * eta * square
    for k in range(r.size):
        slope[k] = b[k] - r[k] - slope[k]
        value += r[k] * (b[k] - 0.5 * r[k])
    return value


def _newton(p: Array, across: Array, b: Array, eta: float, w: Array, scale: float, report: Array) -> None:
    """Semismooth Newton on the dual, from the residual of the w given; w stays feasible throughout."""
    m, n = b.size, w.size
    here, ahead, slope, steeper, d = np.empty(m), np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    moments, h, total = np.zeros((m, m)), np.empty((m, m)), np.zeros(m)
    held, trial, inside = np.zeros(n), np.empty(n), 0
    _combine(p, w, n, here)
    for k in range(m):
        here[k] = b[k] - here[k]
    value = _dual(p, across, b, eta, here, w, slope)
    gap = 0.5 * _dot(slope, slope)
    step = 0
    while step < STEPS and gap > ENOUGH * scale:
        step += 1
        for j in range(n):  # second moments of the support: only points that came or went
            change = (1.0 if w[j] > 0.0 else 0.0) - held[j]
            if change != 0.0:
                held[j] += change
                inside += int(change)
                for i in range(m):
                    total[i] += change * p[j, i]
                    for k in range(i, m):
                        moments[i, k] += change * p[j, i] * p[j, k]
        for i in range(m):
            d[i] = slope[i]
            for k in range(i, m):
                h[i, k] = (moments[i, k] - total[i] * total[k] / inside) / eta
            h[i, i] += 1.0
        if not _solve(h, d, m, 0.0):
            break
        rise, length, moved = _dot(slope, d), 1.0, False
        while length > 1e-10 and not moved:  # below it no step can be told from standing still
            for k in range(m):
                ahead[k] = here[k] + length * d[k]
            higher = _dual(p, across, b, eta, ahead, trial, steeper)
            closer = 0.5 * _dot(steeper, steeper)
            moved = higher >= value + 1e-4 * length * rise or closer < 0.25 * gap
            length *= 0.5
        if not moved:
            break
        for k in range(m):
            here[k], slope[k] = ahead[k], steeper[k]
        for j in range(n):
            w[j] = trial[j]
        value, gap = higher, closer
    report[1] += step


def _corral(p: Array, across: Array, eta: float, w: Array, scale: float, report: Array) -> None:
    """Wolfe's (1976) point of least norm, b being zero: points enter one by one, and leave when they would turn negative."""
    n, m = p.shape
    room = min(n, 4 * m + 250)
    q, h = (
        np.empty((room + 1, n)),
        np.empty((room, room)),
    )  # q: products of each held point with all; last row: of x
    support, x, y = np.empty(room, dtype=np.int64), np.zeros(room), np.empty(room)
    entering, least = 0, np.inf
    for j in range(n):
        norm = _dot(p[j], p[j])
        if norm < least:
            entering, least = j, norm
    size, gap, value, step, going = 0, np.inf, np.inf, 0, True
    while going and step < STEPS + 4 * n:
        step += 1
        _combine(across, p[entering], m, q[size])
        q[size, entering] += eta
        support[size], x[size] = entering, 1.0 if size == 0 else 0.0
        size += 1
        length = 0.0
        while length < 1.0:
            lift = 0.0  # adding the same to all products moves no point of least norm on the affine hull
            for i in range(size):
                lift = max(lift, q[i, support[i]])
            lift = lift if lift > 0.0 else 1.0
            for i in range(size):
                y[i] = 1.0
                for j in range(i, size):
                    h[i, j] = q[i, support[j]] + lift
            if not _solve(
                h, y, size, 1e-13 * lift
            ):  # the newcomer lies in the hull of the others, to rounding
                size -= 1
                break
            total, length = 0.0, 1.0
            for i in range(size):
                total += y[i]
            for i in range(size):
                y[i] /= total
                if y[i] <= 0.0 and x[i] > y[i]:
                    length = min(length, x[i] / (x[i] - y[i]))
            kept = 0
            for i in range(size):
                x[i] += length * (y[i] - x[i])
                if length == 1.0 or x[i] > 1e-15:
                    support[kept], x[kept] = support[i], x[i]
                    if kept < i:
                        for j in range(n):
                            q[kept, j] = q[i, j]
                    kept += 1
            size = kept
        _combine(q, x, size, q[room])
        before, value, entering = value, 0.0, 0
        for i in range(size):
            value += x[i] * q[room, support[i]]
        going = value < before and size < room
        if value < before:  # otherwise the newcomer brought rounding: what was before stands
            for j in range(n):
                w[j] = 0.0
                if q[room, j] < q[room, entering]:
                    entering = j
            for i in range(size):
                w[support[i]] = x[i]
                going = going and support[i] != entering
            gap = value - q[room, entering]
            going = going and gap > STALL * scale
    report[1] += step


def _scale(p: Array, b: Array, eta: float, across: Array) -> float:
    """What gaps are relative to: the objective at equal weights, which no optimum exceeds. Also fills p transposed.

    Where equal weights happen to fit, a millionth of the mean objective of single points stands for it.
    """
    n, m = p.shape
    equal, single = 0.5 * eta / n, 0.5 * eta
    for k in range(m):
        middle = 0.0
        for j in range(n):
            across[k, j] = p[j, k]
            middle += p[j, k] / n
            single += 0.5 * (p[j, k] - b[k]) * (p[j, k] - b[k]) / n
        equal += 0.5 * (middle - b[k]) * (middle - b[k])
    scale: float = max(equal, 1e-6 * single)
    return scale


def _gap(p: Array, across: Array, b: Array, eta: float, w: Array) -> float:
    """Scale w to sum to one, then: its objective less a lower bound of the optimum, whatever found it (Jaggi 2013)."""
    n, total, along, least = w.size, 0.0, 0.0, np.inf
    error, slope = np.empty(b.size), np.empty(n)
    for j in range(n):
        total += w[j]
    for j in range(n):
        w[j] /= total
    _combine(p, w, n, error)
    for k in range(b.size):
        error[k] -= b[k]
    _combine(across, error, b.size, slope)
    for j in range(n):
        along += w[j] * (slope[j] + eta * w[j])
        least = min(least, slope[j] + eta * w[j])
    return along - least


def _simplex(p: Array, b: Array, eta: float, w: Array, report: Array) -> None:
    """The optimum, into w; report (3,): relative gap, steps, route (0 Newton, 1 points).

    b is subtracted from p and itself, in place: weights sum to one, so that only differences matter, and levels of
    a million do not drown them.
    """
    n, m = p.shape
    longest = 0.0
    for j in range(n):
        for k in range(m):
            p[j, k] -= b[k]
        longest = max(longest, _dot(p[j], p[j]))
        w[j] = 1.0 / n
    for k in range(m):
        b[k] = 0.0
    across = np.empty((m, n))
    scale = _scale(p, b, eta, across)
    report[0], report[1], report[2] = 0.0, 0.0, 1.0
    if scale > 0.0:  # otherwise all points are the target, and equal weights as good as any
        if eta >= DUAL_FROM * longest:
            _newton(p, across, b, eta, w, scale, report)
            report[2] = 0.0
        report[0] = _gap(p, across, b, eta, w) / scale
        if eta < DUAL_FROM * longest or not report[0] <= 1e-9:
            _corral(p, across, eta, w, scale, report)
            report[0], report[2] = _gap(p, across, b, eta, w) / scale, 1.0


def _level(x: Array) -> None:
    """Each row less its own mean: the intercept, profiled out."""
    for i in range(x.shape[0]):
        mean = 0.0
        for k in range(x.shape[1]):
            mean += x[i, k]
        for k in range(x.shape[1]):
            x[i, k] -= mean / x.shape[1]


def _blocks(
    collapsed: Array, index: Codes, donors: Codes, variant: int, zeta: Array,
    omega: Array, lam: Array, tau: Array, report: Array,
) -> None:  # fmt: skip
    """One exact estimate for every row of index (B, N): places by number, the first `donors` (B,) of them the donors.

    collapsed (n, P + 1): the pre-years of each place, then its mean after. variant: 0 synthetic
    difference-in-differences, 1 synthetic control, 2 difference-in-differences. zeta (2,): of places, of years.
    Filled: omega (B, most donors), lam (B, P), tau (B,), report (B, 2, 3) of both problems as in `_simplex`.
    """
    span = collapsed.shape[1] - 1
    for draw in range(index.shape[0]):
        n, rows, w, v = donors[draw], index[draw], omega[draw, : donors[draw]], lam[draw]
        p, years, exposed = np.empty((n + 1, span)), np.empty((span + 1, n)), np.zeros(span + 1)
        for k in range(span + 1):
            for j in range(n):
                years[k, j] = collapsed[rows[j], k]
            for j in range(n, rows.size):
                exposed[k] += collapsed[rows[j], k] / (rows.size - n)
        for k in range(span):
            v[k] = 0.0 if variant == 1 else 1.0 / span
            p[n, k] = exposed[k]
            for j in range(n):
                p[j, k], w[j] = years[k, j], 1.0 / n
        for side in range(2 - variant):  # one call of the solver: inlined twice, it compiles twice
            points, last, weights = (years, span, v) if side else (p, n, w)
            if variant == 0:
                _level(points)
            ridge = zeta[side] * zeta[side] * points.shape[1]
            _simplex(points[:last], points[last], ridge, weights, report[draw, side])
        tau[draw] = 0.0
        for k in range(span + 1):
            gap = exposed[k]
            for j in range(n):
                gap -= w[j] * collapsed[rows[j], k]
            tau[draw] += gap if k == span else -v[k] * gap


def _frank_wolfe(p: Array, b: Array, eta: float, drop: float, w: Array, report: Array) -> None:
    """`sc.weight.fw` of R synthdid 0.0.9 from w: 100 steps, weights below a quarter of the largest removed, 10 000 more.

    Each phase ends when a step lowers the mean squared error by no more than `drop`. The gradient is carried along
    with the table of products, so that a step costs n and not n m. report (3,): relative gap of where it stopped,
    steps, route 2.
    """
    n, m = p.shape
    across, h, slope, c = np.empty((m, n)), np.empty((n, n)), np.empty(n), np.empty(n)
    scale = _scale(p, b, eta, across)  # h[i]: the gradient at the vertex i
    report[0], report[1], report[2] = 0.0, 0.0, 2.0
    for i in range(n):
        c[i] = _dot(p[i], b)
    for i in range(n):
        _combine(across, p[i], m, h[i])
        h[i, i] += eta
        for j in range(n):
            h[i, j] -= c[j]
    for phase in range(2):
        if phase == 1:
            most, total = 0.0, 0.0
            for j in range(n):
                most = max(most, w[j])
            for j in range(n):
                w[j] = w[j] if w[j] > most / 4.0 else 0.0
                total += w[j]
            for j in range(n):
                w[j] /= total
        _combine(h, w, n, slope)
        level, along, step = _dot(w, slope), _dot(w, c), 0
        while step < (10000 if phase else 100):
            step += 1
            i = 0
            for j in range(1, n):
                if slope[j] < slope[i]:
                    i = j
            fall, curve = level - slope[i], h[i, i] - c[i] - 2.0 * slope[i] + level + along
            s = min(1.0, max(0.0, fall / curve)) if curve > 0.0 else 0.0
            level = (
                (1.0 - s) * (1.0 - s) * level
                + (1.0 - s) * s * (2.0 * slope[i] + c[i] - along)
                + s * s * h[i, i]
            )
            along = (1.0 - s) * along + s * c[i]
            for j in range(n):
                slope[j] = (1.0 - s) * slope[j] + s * h[i, j]
                w[j] *= 1.0 - s
            w[i] += s
            if step > 1 and not s * (2.0 * fall - s * curve) > drop * m:
                break
        report[1] += step
    if scale > 0.0:
        report[0] = _gap(p, across, b, eta, w) / scale


blocks = Kernel(_blocks, _dot, _combine, _solve, _dual, _newton, _corral, _scale, _gap, _simplex, _level)
frank_wolfe = Kernel(_frank_wolfe, _dot, _combine, _scale, _gap)
