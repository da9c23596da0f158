"""Plain loops over arrays: interpreted where the work is small, compiled where it is large, from one source.

Importing the compiler takes half a second, compiling a solver five, once on every machine. What takes the interpreter less
than that is done by it. Both give the same bits: loops run in one fixed order, and a square root is `math.sqrt`, which
is exact to the last bit everywhere.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

WORTH = 400_000  # steps of the innermost loop; the interpreter takes about a microsecond each

Loops = Callable[..., Any]
_known: set[Loops] = set()
_one_at_a_time = Lock()


class Kernel:
    """A function of plain loops, and the functions it calls, directly or not (`parts`)."""

    def __init__(self, loops: Loops, *parts: Loops) -> None:
        self.loops, self.parts = loops, parts
        self._compiled: Loops | None = None
        self._asked = 0.0

    def of(self, work: float) -> Loops:
        """What to call for so much work (steps of the innermost loop). Small calls add up; compiled once, it stays."""
        self._asked += work
        if self._compiled is None and self._asked <= WORTH:
            return self.interpreted
        return self.compiled()

    def interpreted(self, *arguments: Any) -> Any:
        """As the interpreter has it; numbers that overflow or divide by zero become infinite, as compiled."""
        with np.errstate(all="ignore"):
            return self.loops(*arguments)

    def compiled(self) -> Loops:
        """By numba, kept on disk beside the source."""
        with _one_at_a_time:
            if self._compiled is None:
                from numba import njit
                from numba.extending import register_jitable

                for part in self.parts:
                    if part not in _known:  # a second registration would make calls ambiguous
                        _known.add(part)
                        register_jitable(error_model="numpy")(part)
                self._compiled = njit(self.loops, cache=True, nogil=True, error_model="numpy")
        return self._compiled
