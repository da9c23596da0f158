"""Points in the unit cube, in blocks that can be made in any order: the same seed gives the same points to the bit.

Quasi-random by default: Sobol's sequence, scrambled as scipy does (linear matrix and digital shift, Matousek 1998,
Journal of Complexity 14, 527-556). scipy makes the first points; block b of a digital sequence is its first block with
each coordinate's bits crossed (xor) by one number of b, so any block costs one pass. We take the middle of the cell
(2^-30 wide) whose lower end scipy gives, so that no coordinate is 0. Plain random numbers have a stream for each block.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from vereda.errors import BadDesign
from vereda.measurement import kernel

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Method = Literal["sobol", "random"]
BITS = 30
CACHE = 2**19  # numbers: four megabytes
MOST = 2**24  # points; far fewer than 2^BITS, and what a day's work needs


@dataclass(frozen=True, slots=True)
class Points:
    """n points of `dimensions` coordinates, in blocks of `size` (a power of two).

    pattern (P, size): the first block's bits; directions (P, levels): the numbers that cross them for later blocks.
    order (P, size): the draws of the first block by the cell they lie in, for `kernel.values`; empty for small blocks.
    """

    seed: int
    n: int
    dimensions: int
    size: int
    method: Method
    pattern: Index
    directions: Index
    order: Index

    @property
    def blocks(self) -> int:
        """How many blocks there are; the last one may be cut."""
        return -(-self.n // self.size)

    def block(self, b: int, room: Array | None = None) -> Array:
        """(P, size or what is left) coordinates in (0, 1) of block b, in `room` (P, size) where it is given."""
        u = np.empty((self.dimensions, self.size)) if room is None else room
        if self.method == "random":
            np.random.default_rng([self.seed, b]).random(out=u)
            np.maximum(u, 2.0**-54, out=u)
        else:
            kernel.points(self.pattern, self.state(b), 2.0**-BITS, u)
        left = self.n - b * self.size
        return u if left >= self.size else np.ascontiguousarray(u[:, :left])

    def state(self, b: int) -> Index:
        """(P,) the number that turns the bits of the first block into those of block b."""
        start = b * self.size
        gray = start ^ (start >> 1)
        crossed = [level for level in range(self.directions.shape[1]) if gray >> level & 1]
        state: Index = np.bitwise_xor.reduce(self.directions[:, crossed], axis=1)
        return state


def points(dimensions: int, n: int, seed: int, method: Method = "sobol", size: int | None = None) -> Points:
    """n points from a seed. A power of two keeps Sobol's points balanced; any n is allowed.

    size: of a block, a power of two; what a core's cache holds unless told.
    """
    if method not in ("sobol", "random"):
        raise BadDesign(f"Draws by {method!r} are not known: sobol (quasi-random) or random.")
    if not 1 <= n <= MOST:
        raise BadDesign(f"{n} draws: between 1 and {MOST:,} can be made.")
    if not 1 <= dimensions <= qmc.Sobol.MAXDIM:
        raise BadDesign(
            f"{dimensions} dimensions: Sobol's sequence has 1 to {qmc.Sobol.MAXDIM}, and shares need two for each "
            "parameter. Give at least one parameter an interval, or gather them."
        )
    if seed < 0:
        raise BadDesign(f"The seed {seed} is negative; any whole number from 0 on will do.")
    size = size or fitting(dimensions)
    size = size if method == "random" else min(size, max(2, 1 << (n - 1).bit_length()))
    none = np.empty((0, 0), dtype=np.int32)
    pattern, directions = _sobol(dimensions, n, seed, size) if method == "sobol" else (none, none)
    cells = (pattern >> BITS - 6).astype(
        np.uint8
    )  # as many draws in each: a block of Sobol's points is balanced
    order = np.argsort(cells, axis=1, kind="stable").astype(np.int32) if size >= kernel.CELLS else none
    return Points(seed, n, dimensions, size, method, pattern, directions, order)


def fitting(dimensions: int) -> int:
    """Points in a block of at most four megabytes: a power of two between 256 and 4096."""
    return 1 << min(max((CACHE // dimensions).bit_length() - 1, 8), 12)


def _sobol(dimensions: int, n: int, seed: int, size: int) -> tuple[Index, Index]:
    """The first block, and the direction numbers, read off pairs of neighbouring points of scipy's sequence."""
    engine = qmc.Sobol(dimensions, scramble=True, bits=BITS, rng=seed)
    first = _bits(engine.random(size))
    levels = max((n - 1).bit_length(), 1)
    if (whole := _scrambled(engine, first, levels)) is not None:
        return first, whole
    directions = np.zeros((dimensions, levels), dtype=np.int32)
    for level in range(levels):
        at = 1 << level  # between points at - 1 and at, exactly the bit `level` of Gray's code changes
        if at < size:
            directions[:, level] = first[:, at] ^ first[:, at - 1]
        else:
            directions[:, level] = _step(engine, at, first[:, 0], directions[:, :level])
    return np.ascontiguousarray(first), directions


def _scrambled(engine: qmc.Sobol, first: Index, levels: int) -> Index | None:
    """The direction numbers that scipy keeps, if it keeps them where it did and they are those of its own points.

    None otherwise; they are then read off points far ahead, which takes longer.
    """
    kept = getattr(engine, "_sv", None)
    if not isinstance(kept, np.ndarray) or kept.ndim != 2 or kept.shape[1] < levels:
        return None
    found = kept[:, :levels].astype(np.int32)
    for level in range(min(levels, first.shape[1].bit_length() - 1)):
        at = 1 << level
        if not np.array_equal(found[:, level], first[:, at] ^ first[:, at - 1]):
            return None
    return np.ascontiguousarray(found)


def _step(engine: qmc.Sobol, at: int, start: Index, known: Index) -> Index:
    """Direction `level` from point 2^level, whose Gray code has that bit and the one below."""
    engine.fast_forward(at - engine.num_generated)
    return _bits(engine.random(1))[:, 0] ^ start ^ known[:, -1]


def _bits(points: Array) -> Index:
    return np.ascontiguousarray((points * 2.0**BITS).astype(np.int32).T)
