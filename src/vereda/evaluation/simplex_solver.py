# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Wolfe's active set in plain loops: what `simplex` solves for one target after another.

Plain loops over one donor at a time; the corral is kept as Q R of its points lifted by one coordinate.
"""

from math import sqrt

import numpy as np

from vereda.evaluation.kernels import Kernel

EPS = 2.220446049250313e-16
PASSES = 10  # times that every donor is looked at for one target, about
NOTHING = 1e-12  # a weight that is only rounding
NEGLIGIBLE = 1e-11  # this near, beside the farthest donor, is an exact fit: below it only rounding is seen


def _distances(points, target, barred, first, last, far):
    """Fill far with the squared distance of every column from the target; infinite for those that take no part."""
    d, count = points.shape
    for j in range(count):
        far[j] = 0.0
    for t in range(d):
        here = target[t]
        for j in range(count):
            far[j] += (points[t, j] - here) * (points[t, j] - here)
    for k in range(first, last):
        far[barred[k]] = np.inf
    best, widest = 0, 0.0
    for j in range(count):
        if far[j] < far[best]:
            best = j
        if widest < far[j] < np.inf:
            widest = far[j]
    return best, widest


def _lowest(x, points, target, far, price):
    """Fill price with x'(b_j - a) and return the column where it is lowest among those that take part."""
    d, count = points.shape
    level = 0.0
    for t in range(d):
        level += x[t] * target[t]
    for j in range(count):
        price[j] = -level
    for t in range(0, d - 3, 4):  # four at a time: a quarter of the trips through price
        x0, x1, x2, x3 = x[t], x[t + 1], x[t + 2], x[t + 3]
        for j in range(count):
            price[j] += (x0 * points[t, j] + x1 * points[t + 1, j]) + (
                x2 * points[t + 2, j] + x3 * points[t + 3, j]
            )
    for t in range(d - d % 4, d):
        for j in range(count):
            price[j] += x[t] * points[t, j]
    best, least = -1, np.inf
    for j in range(count):
        if price[j] < least and far[j] < np.inf:
            best, least = j, price[j]
    return best


def _outside(points, target, column, lift, q, m, inside, lifted):
    """Fill lifted with the part of a donor's lifted point that is outside the span of q, inside with the rest.

    Returns the length of that part over the length of the whole.
    """
    size = lifted.shape[0]
    lifted[0], whole, left = lift, lift * lift, 0.0
    for t in range(1, size):
        lifted[t] = points[t - 1, column] - target[t - 1]
        whole += lifted[t] * lifted[t]
    for i in range(m):
        inside[i] = 0.0
    for _ in range(2):  # once more, because rounding leaves something behind
        for i in range(m):
            part = 0.0
            for t in range(size):
                part += q[i, t] * lifted[t]
            inside[i] += part
            for t in range(size):
                lifted[t] -= part * q[i, t]
    for t in range(size):
        left += lifted[t] * lifted[t]
    inside[m] = sqrt(left)
    return inside[m] / sqrt(whole)


def _take_out(q, r, m, out):
    """Q R of m columns becomes Q R of the m - 1 without one of them."""
    for j in range(out, m - 1):
        for i in range(j + 2):
            r[i, j] = r[i, j + 1]
    for k in range(out, m - 1):
        long = sqrt(r[k, k] * r[k, k] + r[k + 1, k] * r[k + 1, k])
        c, s = r[k, k] / long, r[k + 1, k] / long
        for j in range(k, m - 1):
            upper, lower = r[k, j], r[k + 1, j]
            r[k, j] = c * upper + s * lower
            r[k + 1, j] = c * lower - s * upper
        for t in range(q.shape[1]):
            upper, lower = q[k, t], q[k + 1, t]
            q[k, t] = c * upper + s * lower
            q[k + 1, t] = c * lower - s * upper


def _solved(r, m, right, both):
    """Solve R u = right, or R'R u = right, in place; return the sum of u."""
    if both:
        for i in range(m):
            for j in range(i):
                right[i] -= r[j, i] * right[j]
            right[i] /= r[i, i]
    total = 0.0
    for i in range(m - 1, -1, -1):
        for j in range(i + 1, m):
            right[i] -= r[i, j] * right[j]
        right[i] /= r[i, i]
        total += right[i]
    return total


def _residual(points, target, corral, weight, m, x):
    """x = sum of weight (b_j - a), term by term so that small weights on far donors lose nothing; its square."""
    square = 0.0
    for t in range(x.shape[0]):
        x[t] = 0.0
        for i in range(m):
            x[t] += weight[i] * (points[t, corral[i]] - target[t])
        square += x[t] * x[t]
    return square


def _polish(points, target, corral, weight, m, r, x, slope, even):
    """One step of refinement on a corral that is settled: its gradient is taken from the data, not from Q R."""
    for i in range(m):
        slope[i], even[i] = 0.0, 1.0
        for t in range(x.shape[0]):
            slope[i] += x[t] * (points[t, corral[i]] - target[t])
    by = _solved(r, m, slope, True) / _solved(r, m, even, True)
    least, total = 1.0, 0.0
    for i in range(m):
        even[i] = weight[i] + by * even[i] - slope[i]
        least, total = min(least, even[i]), total + even[i]
    if least > 0.0:
        for i in range(m):
            weight[i] = even[i] / total


def _wolfe(points, target, far, entering, widest, corral, weight, q, x, price):
    """Fill corral, weight, q, x and price for the nearest point; return how many, |x|^2, gap, lift, iterations."""
    d, count = points.shape
    most = corral.shape[0]
    r, lifted, inside = np.zeros((most, most)), np.empty(d + 1), np.empty(most + 1)
    best, even = np.empty(most), np.empty(most)
    lift = sqrt(max(far[entering], 1e-12 * widest)) if widest > 0.0 else 1.0
    scale = max(far[entering], NEGLIGIBLE * NEGLIGIBLE * widest)
    before, square, gap = np.inf, np.inf, np.inf
    m, iterations, polished = 0, 0, 0
    while True:
        # the donor goes in, unless it lies in the plane of the corral as far as can be seen
        if m < most and _outside(points, target, entering, lift, q, m, inside, lifted) > 1e-13:
            for i in range(m + 1):
                r[i, m] = inside[i]
            for t in range(d + 1):
                q[m, t] = lifted[t] / inside[m]
            corral[m], weight[m] = entering, 0.0 if m else 1.0
            m += 1
        while (
            True
        ):  # go to the nearest point of the corral's plane; where a weight would turn negative, out it goes
            for i in range(m):
                best[i] = q[i, 0]
            total = _solved(r, m, best, False)
            step, out = 1.0, -1
            for i in range(m):
                best[i] /= total
                if best[i] <= 0.0 and weight[i] <= step * (weight[i] - best[i]):
                    step, out = weight[i] / (weight[i] - best[i]) if weight[i] > 0.0 else 0.0, i
            for i in range(m):
                weight[i] += step * (best[i] - weight[i])
            if out < 0:
                break
            _take_out(q, r, m, out)
            m -= 1
            for i in range(out, m):
                corral[i], weight[i] = corral[i + 1], weight[i + 1]
        settled = False
        while True:
            if settled:
                _polish(points, target, corral, weight, m, r, x, best, even)
                polished += 1
            iterations += 1
            square = _residual(points, target, corral, weight, m, x)
            entering = _lowest(x, points, target, far, price)
            low = max(0.0, price[entering])
            gap = 0.0 if square == 0.0 else np.inf  # infinite too when something is not a number
            if square > 0.0:
                gap = max(0.0, square - low * low / square) / scale
            noise = 4.0 * EPS * sqrt(square) * (sqrt(far[entering]) + sqrt(square))
            settled = square - price[entering] <= noise or square >= before
            for i in range(m):
                settled = settled or corral[i] == entering
            if not settled or gap <= 1e-13 or polished > 2:
                break
        before = square
        if settled or iterations > 100 * (d + 2) + 2 * count:
            return m, square, gap, lift, iterations


def _others(points, target, far, price, corral, weight, m, square, q, lift, widest):
    """How many donors outside the corral touch the optimal face; -1 if one of them lies in the corral's own plane.

    Two, to have it looked at closely, where a weight of the corral is only rounding.
    """
    for i in range(m):
        if weight[i] <= NOTHING:
            return 2
    exact = square <= NEGLIGIBLE * NEGLIGIBLE * widest
    lifted, inside, found = np.empty(points.shape[0] + 1), np.empty(m + 1), 0
    for j in range(points.shape[1]):
        room = 1e-9 * sqrt(square) * (sqrt(far[j]) + sqrt(square))
        touches = far[j] < np.inf and (exact or price[j] - square <= room)
        for i in range(m):
            touches = touches and corral[i] != j
        if touches:
            found += 1
            if _outside(points, target, j, lift, q, m, inside, lifted) <= 1e-9:
                return -1
    return found


def _solve_range(
    points, targets, carried, start, barred, first, last,
    column, weights, fitted, gap, infeasibility, iterations, others,
):  # fmt: skip
    """Targets first to last: weights, what they make of `carried`, and their certificates, into the arrays given."""
    d, count = points.shape
    most = column.shape[1]
    far, price, x = np.empty(count), np.empty(count), np.empty(d)
    corral, weight, q = np.empty(most, np.int64), np.empty(most), np.empty((most, d + 1))
    for i in range(first, last):
        target = targets[i]
        near, widest = _distances(points, target, barred, start[i], start[i + 1], far)
        m, square, gap[i], lift, iterations[i] = _wolfe(
            points, target, far, near, widest, corral, weight, q, x, price
        )
        others[i] = _others(points, target, far, price, corral, weight, m, square, q, lift, widest)
        total, least = 0.0, 0.0
        for k in range(m):
            column[i, k], weights[i, k] = corral[k], weight[k]
            total, least = total + weight[k], min(least, weight[k])
        infeasibility[i] = max(abs(total - 1.0), -least)
        for t in range(carried.shape[1]):
            fitted[i, t] = 0.0
            for k in range(m):
                fitted[i, t] += weight[k] * carried[corral[k], t]


solve_range = Kernel(
    _solve_range, _distances, _lowest, _outside, _take_out, _solved, _residual, _polish, _wolfe, _others
)
