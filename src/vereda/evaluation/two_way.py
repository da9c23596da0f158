"""Place and year effects by least squares on the cells that are seen, exactly, gaps or not."""

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array


class TwoWay:
    """Fits y_it = a_i + d_t on seen cells: places eliminated, a T x T system left for the years, factored once.

    seen (..., n, T): leading axes are panels of their own (folds), handled together. Every place and year needs a
    seen cell, and seen cells must hang together: otherwise effects of one group cannot be told from the other's.
    """

    def __init__(self, seen: NDArray[np.bool_]) -> None:
        self.seen = np.asarray(seen, dtype=float)
        self.cells = self.seen.sum(axis=-1)  # (..., n)
        years = self.seen.sum(axis=-2)  # (..., T)
        if (self.cells == 0).any() or (years == 0).any():
            _refuse_empty(self.cells, years)
        span = self.seen.shape[-1]
        shares = self.seen / self.cells[..., None]
        laplacian = years[..., None] * np.eye(span) - np.swapaxes(shares, -1, -2) @ self.seen
        value, vector = np.linalg.eigh(laplacian)
        if span > 1 and (value[..., 1] <= 1e-10 * value[..., -1]).any():
            raise BadDesign(
                "The observed cells that are not exposed fall into groups that share no place and no year, so that "
                "place and year effects cannot be told apart. Leave out the smaller group, or use fewer folds."
            )
        self.inverse = (vector[..., 1:] / value[..., None, 1:]) @ np.swapaxes(vector[..., 1:], -1, -2)
        self.shares = shares

    def effects(self, y: Array) -> tuple[Array, Array]:
        """a (..., n) and d (..., T), the year effects summing to zero; values of unseen cells are not used."""
        y = np.where(self.seen > 0, y, 0.0)
        means = y.sum(axis=-1) / self.cells
        excess = y.sum(axis=-2) - (means[..., None] * self.seen).sum(axis=-2)
        year = (self.inverse @ excess[..., None])[..., 0]
        place = means - (self.shares @ year[..., None])[..., 0]
        return place, year

    def residual(self, y: Array) -> Array:
        """What the effects leave of y on seen cells; zero elsewhere."""
        place, year = self.effects(y)
        left: Array = np.where(self.seen > 0, y - place[..., None] - year[..., None, :], 0.0)
        return left


def _refuse_empty(cells: Array, years: Array) -> None:
    places = sorted(set(np.argwhere(cells == 0)[:, -1].tolist()))[:5]
    columns = sorted(set(np.argwhere(years == 0)[:, -1].tolist()))[:5]
    raise BadDesign(
        f"No cell to learn from (observed and not exposed): places {places}, years {columns}, by number, the first "
        "five of each. Leave out those places; a year in which every place is exposed has no counterfactual."
    )
