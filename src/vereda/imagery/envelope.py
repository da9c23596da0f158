"""Which pixels are unlike all that a model was trained on: there it guesses.

The dissimilarity of Meyer & Pebesma (2021), Methods in Ecology and Evolution 12, 1620-1633: the distance to the nearest
training series, over the mean distance between training series, in standardised features. Its threshold is the
upper whisker (third quartile and one and a half times the range between quartiles) of what training series have to
the nearest one of another place. Features weigh alike; the paper weighs them by importance.

Whether a pixel is inside needs no nearest series, only one that is near enough. Series are tried in single precision,
those in the thick of the others first; where rounding could decide, the distance itself is asked for.
"""

from dataclasses import dataclass
from math import sqrt
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
    """centre, scale (f,) of the features; typical: mean distance between training series; threshold of dissimilarity.

    tried (n, f): standardised training series in the order in which they are tried. slack: what single precision may
    err in a distance next to the threshold.
    """

    tree: Any
    centre: Array
    scale: Array
    typical: float
    threshold: float
    tried: Values
    slack: float

    def dissimilarity(self, x: Values) -> Array:
        """(n,) of features x (n, f); nan where a feature is."""
        whole = np.isfinite(x).all(axis=1)
        found = np.full(len(x), np.nan)
        found[whole] = self.tree.query((x[whole] - self.centre) / self.scale)[0] / self.typical
        return found

    def inside(self, x: Values) -> NDArray[np.bool_]:
        """(n,) whether a model trained on these knows anything like it."""
        from vereda.imagery import kernels  # compiled when first needed

        reach = self.threshold * self.typical
        sure = (reach - self.slack) ** 2 if reach > self.slack else -1.0
        never = (reach + self.slack) ** 2
        told = np.empty(len(x), dtype=np.int8)
        kernels.near(
            np.ascontiguousarray(x),
            self.centre,
            self.scale,
            self.tried,
            sure,
            never,
            told,
        )
        found, doubtful = told == 1, np.flatnonzero(told == kernels.DOUBTFUL)
        found[doubtful] = self.dissimilarity(x[doubtful]) <= self.threshold
        return np.asarray(found)


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
    threshold = float(high + 1.5 * (high - low))
    reach = threshold * typical
    crowd = cKDTree(some).query_ball_point(z, reach, return_length=True)
    tried = np.ascontiguousarray(z[np.argsort(-crowd, kind="stable")], dtype=np.float32)
    return Envelope(tree, centre, scale, typical, threshold, tried, _slack(z, reach))


def _slack(z: Array, reach: float) -> float:
    """What a distance next to `reach` may be off when features and their squares are rounded to single precision.

    A feature of size s is off by s u, and of such a pixel none is farther out than the training's largest and `reach`;
    the sum of f squares is off by no more than f + 2 roundings. Twice that, so that it is a bound without care.
    """
    u, f, largest = float(np.finfo(np.float32).eps), int(z.shape[1]), float(np.abs(z).max(initial=0))
    return 2 * u * (sqrt(f) * (2 * largest + 2 * reach) + (f + 2) * reach)


def _nearest_elsewhere(tree: Any, z: Array, place: NDArray[np.int64]) -> Array:
    """(n,) distance to the nearest series of another place; of any other, where all are of one."""
    if len(np.unique(place)) == 1:
        return np.asarray(tree.query(z, k=2)[0][:, 1])
    k = min(len(z), int(np.bincount(np.unique(place, return_inverse=True)[1]).max()) + 1)
    far, who = tree.query(z, k=k)
    other = place[who] != place[:, None]
    return np.asarray(far[np.arange(len(z)), other.argmax(axis=1)])
