"""Which pixels are unlike all that a model was trained on: there it guesses.

The dissimilarity of Meyer & Pebesma (2021), Methods in Ecology and Evolution 12, 1620-1633: the distance to the nearest
training series, over the mean distance between training series, in standardised features. Its threshold is the
upper whisker (third quartile and one and a half times the range between quartiles) of what training series have to
the nearest one of another place. Features weigh alike; the paper weighs them by importance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

Array = NDArray[np.float64]
Values = NDArray[np.float32]
MOST = 2000  # training series whose distances are averaged


@dataclass(frozen=True, slots=True)
class Envelope:
    """centre, scale (f,) of the features; typical: mean distance between training series; threshold of dissimilarity."""

    tree: Any
    centre: Array
    scale: Array
    typical: float
    threshold: float

    def dissimilarity(self, x: Values) -> Array:
        """(n,) of features x (n, f); nan where a feature is."""
        whole = np.isfinite(x).all(axis=1)
        found = np.full(len(x), np.nan)
        found[whole] = self.tree.query((x[whole] - self.centre) / self.scale)[0] / self.typical
        return found

    def inside(self, x: Values) -> NDArray[np.bool_]:
        """(n,) whether a model trained on these knows anything like it."""
        return np.asarray(self.dissimilarity(x) <= self.threshold)


def envelope(x: Values, place: NDArray[np.int64], seed: int = 0) -> Envelope:
    """Of training features x (n, f), complete, and the place of each."""
    centre, spread = x.mean(axis=0, dtype=float), x.std(axis=0, dtype=float)
    scale = np.where(spread > 0, spread, 1.0)
    z = (x - centre) / scale
    some = z if len(z) <= MOST else z[np.random.default_rng(seed).choice(len(z), MOST, replace=False)]
    typical = float(pdist(some).mean()) or 1.0
    tree = cKDTree(z)
    nearest = _nearest_elsewhere(tree, z, place) / typical
    low, high = np.quantile(nearest, [0.25, 0.75])
    return Envelope(tree, centre, scale, typical, float(high + 1.5 * (high - low)))


def _nearest_elsewhere(tree: Any, z: Array, place: NDArray[np.int64]) -> Array:
    """(n,) distance to the nearest series of another place; of any other, where all are of one."""
    if len(np.unique(place)) == 1:
        return np.asarray(tree.query(z, k=2)[0][:, 1])
    k = min(len(z), int(np.bincount(np.unique(place, return_inverse=True)[1]).max()) + 1)
    far, who = tree.query(z, k=k)
    other = place[who] != place[:, None]
    return np.asarray(far[np.arange(len(z)), other.argmax(axis=1)])
