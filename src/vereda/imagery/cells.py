"""Shares of classes in cells of a least size: no output shows a smaller piece of land."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadRequest

LEAST = 1000.0  # metres: the side of the smallest cell that is shown
HALF = 0.5  # of its pixels a cell must have


@dataclass(slots=True)
class Cells:
    """count (rows, columns, h): pixels by cell and stratum; per: pixels along the side of a cell."""

    per: int
    count: NDArray[np.int64]
    side: float = field(default=0.0)

    def add(self, stratum: NDArray[np.int8], top: int, left: int) -> None:
        """Count a block whose first pixel is at (top, left)."""
        rows = (top + np.arange(stratum.shape[0])) // self.per
        columns = (left + np.arange(stratum.shape[1])) // self.per
        r, c = np.broadcast_arrays(rows[:, None], columns[None, :])
        np.add.at(self.count, (r, c, stratum), 1)

    @property
    def share(self) -> NDArray[np.float64]:
        """(rows, columns, h) of the pixels of a cell; nan where less than half of the cell is land we have."""
        whole = self.count.sum(axis=2, keepdims=True)
        with np.errstate(invalid="ignore"):
            return np.where(whole >= HALF * self.per**2, self.count / whole, np.nan)


def cells(rows: int, columns: int, pixel: float, strata: int, side: float) -> Cells:
    """Empty cells of at least `side` metres, a whole number of pixels each. BadRequest below the least."""
    if side < LEAST:
        raise BadRequest(
            f"Cells of {side:g} m are too small to be shown: {LEAST:g} m is the least, so that no parcel can be made out."
        )
    per = max(1, int(np.ceil(side / pixel - 1e-9)))
    return Cells(per, np.zeros((-(-rows // per), -(-columns // per), strata), dtype=np.int64), per * pixel)
