"""Cells that must not be published, and those that would give them away.

A cell below the threshold is left out. If its row or column total is printed, it can be had by subtraction; so more
cells are left out until nobody who knows every printed number can pin a suppressed one down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Array

Mask = NDArray[np.bool_]
FINE = 1e-9
FEW = 24


@dataclass(frozen=True, slots=True)
class Published:
    """value (m,) with nan where suppressed; primary, secondary (m,): below the threshold; left out to protect those."""

    value: Array
    primary: Mask
    secondary: Mask


@dataclass(frozen=True, slots=True)
class Attack:
    """What somebody who knows all printed cells and totals, and that no value is below zero or above its most, can say of
    each cell: low, high (m,); equal to the value where it is printed."""

    low: Array
    high: Array


def suppress(
    value: Array,
    points: NDArray[np.int64],
    totals: Sequence[Sequence[int]],
    threshold: float,
    least_points: int,
    width: float,
    most: Array | None = None,
    unprinted: Mask | None = None,
) -> Published:
    """Leave out what is small and what gives it away.

    value (m,) >= 0, points (m,) behind each; totals: cells whose sum is printed, each a list of numbers of cells. A
    cell is primary where 0 < value < threshold or where it rests on fewer than least_points points: a zero with enough points is
    news, not a danger. width: how far low and high of `attack` must lie apart, in the unit, for every suppressed
    cell; at least the threshold is sensible. most (m,): what everybody knows a cell cannot exceed, as the land of a place; then a
    cell need not be hidden by more than that. unprinted (m,): cells that no table shows and nobody protects, the rest of a
    total. Secondary cells are the smallest in a total that protect. Where a total
    has no more cells to leave out, BadDesign says so: then the total goes.
    """
    if not (np.isfinite(value).all() and (value >= 0).all()):
        raise BadDesign("Suppression needs every value, zero or more, to see what gives what away.")
    beside = np.zeros(len(value), dtype=bool) if unprinted is None else unprinted
    cap = np.full(len(value), np.inf) if most is None else np.maximum(most, value)
    need = np.where(beside, 0.0, np.minimum(width, cap) - FINE * max(1.0, width))
    primary: Mask = (((value > 0) & (value < threshold)) | (points < least_points)) & ~beside
    hidden = primary | beside
    while bare := _bare(value, hidden, totals, need, cap):
        hidden[[_next(value, hidden, totals, cell) for cell in bare]] = True
    more = sorted(np.flatnonzero(hidden & ~primary & ~beside), key=lambda c: -value[c])
    for cell in (
        more if len(more) <= FEW else ()
    ):  # was each of them needed? With many, that takes too long to ask
        hidden[cell] = False
        hidden[cell] = bool(_bare(value, hidden, totals, need, cap))
    return Published(np.where(hidden, np.nan, value), primary, hidden & ~primary & ~beside)


def attack(shown: Array, sums: Mapping[tuple[int, ...], float], most: Array | None = None) -> Attack:
    """The tightest bounds on every cell: two linear programmes each (HiGHS), given the printed cells and totals, and most (m,),
    above which no cell is."""
    cap = np.full(len(shown), np.inf) if most is None else most
    hidden = np.flatnonzero(np.isnan(shown))
    low, high = shown.copy(), shown.copy()
    if not len(hidden):
        return Attack(low, high)
    place = {int(cell): k for k, cell in enumerate(hidden)}
    open_ = {cells: total for cells, total in sums.items() if any(c in place for c in cells)}
    rows = np.zeros((len(open_), len(hidden)))
    rest = np.zeros(len(open_))
    for i, (cells, total) in enumerate(open_.items()):
        rest[i] = total - sum(shown[c] for c in cells if c not in place)
        for c in cells:
            if c in place:
                rows[i, place[c]] += 1
    for cell, k in place.items():
        low[cell], high[cell] = (
            _bound(rows, rest, cap[hidden], k, 1.0),
            -_bound(rows, rest, cap[hidden], k, -1.0),
        )
    return Attack(low, high)


def _bound(rows: Array, rest: Array, cap: Array, k: int, sign: float) -> float:
    aim = np.zeros(rows.shape[1])
    aim[k] = sign
    if not rows[:, k].any():
        return 0.0 if sign > 0 else -float(cap[k])
    limits = [(0.0, None if np.isinf(c) else float(c)) for c in cap]
    found = linprog(aim, A_eq=rows, b_eq=rest, bounds=limits, method="highs")
    if found.fun is None:
        return -np.inf  # no end to it, as far as the printed numbers tell
    return float(found.fun)


def _bare(value: Array, hidden: Mask, totals: Sequence[Sequence[int]], need: Array, cap: Array) -> list[int]:
    """Suppressed cells that are known better than their need: of a total that hides too little the smallest, else by attack."""
    for cells in totals:
        inside = [c for c in cells if hidden[c]]
        asked = [c for c in inside if need[c] > 0]
        if asked and (len(inside) == 1 or value[inside].sum() < need[asked].max()):
            return [min(asked, key=lambda c: float(value[c]))]
    if not (hidden & (need > 0)).any():
        return []
    sums = {tuple(cells): float(value[list(cells)].sum()) for cells in totals}
    seen = attack(np.where(hidden, np.nan, value), sums, cap)
    room = np.where(hidden & (need > 0), seen.high - seen.low - need, np.inf)
    return [int(c) for c in np.argsort(room) if room[c] < 0]


def _next(value: Array, hidden: Mask, totals: Sequence[Sequence[int]], bare: int) -> int:
    """The smallest printed cell above zero, from the total that hides least of those that hold the bare one; if they
    are all hidden, from totals of what shares one with it."""
    reach = {bare}
    while True:
        near = [cells for cells in totals if reach & set(cells)]
        by_need = sorted(
            near, key=lambda cells: (sum(float(value[c]) for c in cells if hidden[c]), len(cells))
        )
        for cells in by_need:
            printed = [c for c in cells if not hidden[c]]
            if printed:
                return min(printed, key=lambda c: (value[c] <= 0, float(value[c])))
        held = {c for cells in near for c in cells}
        if held <= reach:
            raise BadDesign(
                "A total has too few cells to protect a small one: whatever is left out, subtraction finds it. Leave the "
                "total out as well, or merge places."
            )
        reach |= held
