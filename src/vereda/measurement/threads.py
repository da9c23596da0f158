"""Blocks of draws side by side: compiled loops let go of the interpreter's lock. The order of results is that of the blocks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import TypeVar

Result = TypeVar("Result")


def over_blocks(work: Callable[[int], Result], blocks: int, workers: int | None = None) -> list[Result]:
    """`work` on 0, 1, ..., blocks - 1. The results do not depend on the number of workers."""
    workers = min(workers or cpu_count() or 1, blocks)
    if workers <= 1:
        return [work(b) for b in range(blocks)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, range(blocks)))
