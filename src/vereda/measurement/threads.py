"""Blocks of draws side by side: compiled loops let go of the interpreter's lock. Results come in the order of the blocks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from os import cpu_count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Result = TypeVar("Result")


def over_blocks(
    work: Callable[[int, Array], Result], blocks: int, room: tuple[int, ...] = (0,), workers: int | None = None
) -> list[Result]:  # fmt: skip
    """`work` on 0, 1, ..., blocks - 1, each with an array of shape `room` that its thread keeps, filled with leftovers.

    Memory asked for block by block would cost more than computing. The results do not depend on the number of workers.
    """
    found: dict[int, Result] = {}
    following = count()  # `next` on it is one step of the interpreter: two threads never get the same block

    def take(_: int) -> None:
        mine = np.empty(room)
        while (b := next(following)) < blocks:
            found[b] = work(b, mine)

    workers = min(workers or cpu_count() or 1, blocks)
    if workers <= 1:
        take(0)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(take, range(workers)))  # reading the results raises what a worker raised
    return [found[b] for b in range(blocks)]
