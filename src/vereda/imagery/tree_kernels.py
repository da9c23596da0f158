"""Loops over trees, compiled, without the interpreter's lock; trees outside, pixels inside, a block of pixels in cache.

Arguments are those of `vereda.imagery.trees`. Tested against the packages that fitted the trees, bit by bit.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., Any])
PIXELS = 1024  # of a block: its numbers, and the sums, stay in the nearest caches
_ALL = np.uint32(0xFFFFFFFF)
_BRUIJN = np.uint32(0x077CB531)
_TOP = np.uint32(27)


def _compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def number(x: NDArray[Any], begin: int, start: Whole, cut: Array, out: NDArray[Any]) -> None:
    """out (f, p): how many thresholds of a feature are below its value, of p pixels of x (n, f) from `begin`.

    A search that halves without a branch: the same number of steps for every pixel, so pixels go side by side.
    """
    f, p = out.shape
    place = np.empty(p, dtype=np.int64)
    for k in range(f):
        low, length = start[k], start[k + 1] - start[k]
        place[:] = low
        while length > 0:
            half = length - length // 2  # the greater half, so that the last step looks at one
            if length == 1:
                for i in range(p):
                    place[i] += 1 if cut[place[i]] < x[begin + i, k] else 0
                break
            for i in range(p):
                place[i] += half if cut[place[i] + half - 1] < x[begin + i, k] else 0
            length -= half
        for i in range(p):
            out[k, i] = place[i] - low


@_compiled
def by_masks(
    x: NDArray[Any],
    start: Whole,
    cut: Array,
    first: Whole,
    feature: Whole,
    rank: NDArray[Any],
    mask: NDArray[np.uint32],
    value: Array,
    column: Whole,
    out: Array,
) -> None:
    """out (n, k): leaves that failed tests rule out are struck off; the first one left is the tree's answer."""
    n, k = out.shape
    f = start.size - 1
    numbers = np.empty((f, PIXELS), dtype=rank.dtype)
    left = np.empty(PIXELS, dtype=np.uint32)
    sums = np.empty((k, PIXELS))
    for begin in range(0, n, PIXELS):
        p = min(PIXELS, n - begin)
        number(x, begin, start, cut, numbers[:, :p])
        sums[:] = 0.0
        for t in range(first.size - 1):
            _strike(numbers, feature, rank, mask, first[t], first[t + 1], left, p)
            leaf, total = value[t], sums[column[t]]
            for i in range(p):
                bit = left[i] & (~left[i] + np.uint32(1))
                total[i] += leaf[np.uint32(bit * _BRUIJN) >> _TOP]
        for i in range(p):
            for c in range(k):
                out[begin + i, c] = sums[c, i]


@_compiled
def _strike(
    numbers: NDArray[Any],
    feature: Whole,
    rank: NDArray[Any],
    mask: NDArray[np.uint32],
    begin: int,
    end: int,
    left: NDArray[np.uint32],
    p: int,
) -> None:
    """left (p,): bits of the leaves that no failed test of nodes begin..end has ruled out. Four nodes at a time."""
    left[:p] = _ALL
    j = begin
    while j + 4 <= end:
        a, b, c, d = (
            numbers[feature[j]],
            numbers[feature[j + 1]],
            numbers[feature[j + 2]],
            numbers[feature[j + 3]],
        )
        ra, rb, rc, rd = rank[j], rank[j + 1], rank[j + 2], rank[j + 3]
        ma, mb, mc, md = mask[j], mask[j + 1], mask[j + 2], mask[j + 3]
        for i in range(p):
            one = (ma if a[i] > ra else _ALL) & (mb if b[i] > rb else _ALL)
            two = (mc if c[i] > rc else _ALL) & (md if d[i] > rd else _ALL)
            left[i] &= one & two
        j += 4
    while j < end:
        a, ra, ma = numbers[feature[j]], rank[j], mask[j]
        for i in range(p):
            left[i] &= ma if a[i] > ra else _ALL
        j += 1


@_compiled
def by_walks(
    x: NDArray[Any],
    start: Whole,
    cut: Array,
    first: Whole,
    depth: Whole,
    node: Whole,
    value: Array,
    out: Array,
) -> None:
    """out (n, c): from the root, one level of a tree at a time for all pixels of a block; who is at a leaf stays."""
    n, k = out.shape
    f = start.size - 1
    numbers = np.empty((f, PIXELS), dtype=np.uint16)
    flat = numbers.reshape(-1)
    at = np.empty(PIXELS, dtype=np.int64)
    for begin in range(0, n, PIXELS):
        p = min(PIXELS, n - begin)
        number(x, begin, start, cut, numbers[:, :p])
        out[begin : begin + p] = 0.0
        for t in range(first.size):
            at[:p] = first[t]
            for _ in range(depth[t]):
                for i in range(p):
                    here = node[at[i]]
                    at[i] = (here >> 32) + (flat[((here >> 16) & 0xFFFF) * PIXELS + i] > (here & 0xFFFF))
            for i in range(p):
                for c in range(k):
                    out[begin + i, c] += value[at[i], c]
