"""A cube's blocks into strata: which class, which land the model does not know, which was not seen."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vereda.imagery.classify import Model
from vereda.imagery.layout import Layout
from vereda.imagery.masking import Rule

Values = NDArray[np.float32]
Labels = NDArray[np.int8]
UNLIKE, MASKED, UNSEEN = "unlike", "masked", "unseen_land"


@dataclass(frozen=True, slots=True)
class Block:
    """stratum (rows, columns): number in `names`; proba (rows, columns, k), nan where the model was not asked."""

    stratum: Labels
    proba: Values


@dataclass(slots=True)
class Tally:
    """pixels (h,) and sum of probabilities (h, k) by stratum, added up block by block; known (h,): pixels with any."""

    classes: tuple[str, ...]
    pixels: NDArray[np.int64] = field(init=False)
    known: NDArray[np.int64] = field(init=False)
    total: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        h = len(names(self.classes))
        self.pixels, self.known = np.zeros(h, dtype=np.int64), np.zeros(h, dtype=np.int64)
        self.total = np.zeros((h, len(self.classes)))

    def add(self, made: Block) -> None:
        """Count a block."""
        flat, proba = made.stratum.ravel(), made.proba.reshape(-1, len(self.classes))
        asked = np.isfinite(proba).all(axis=1)
        h = len(self.pixels)
        self.pixels += np.bincount(flat, minlength=h)
        self.known += np.bincount(flat[asked], minlength=h)
        for k in range(len(self.classes)):
            self.total[:, k] += np.bincount(flat[asked], weights=proba[asked, k], minlength=h)


def names(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Strata of a prediction: a class each, and three more."""
    return (*classes, UNLIKE, MASKED, UNSEEN)


def predict(model: Model, x: Values, given: Layout, mask: Rule | None = None) -> Block:
    """Of one block x (t, b, rows, columns) of a cube whose layout was agreed with the model."""
    t, b, rows, columns = x.shape
    series = np.ascontiguousarray(x.reshape(t, b, -1).transpose(2, 0, 1))
    k = len(model.classes)
    stratum = np.full(rows * columns, k + 2, dtype=np.int8)
    proba = np.full((rows * columns, k), np.nan, dtype=np.float32)
    out = mask.leaves_out(series, given.bands) if mask else np.zeros(rows * columns, dtype=bool)
    stratum[out] = k + 1
    asked = np.flatnonzero(~out)
    if len(asked):
        read = model.features(series if len(asked) == len(series) else series[asked], given)
        whole = np.isfinite(read).all(axis=1)
        if not whole.all():
            read, asked = read[whole], asked[whole]
        told = model.of_features(read)
        best = told.argmax(axis=1).astype(np.int8)
        best[~model.envelope.inside(read)] = k
        stratum[asked], proba[asked] = best, told
    return Block(stratum.reshape(rows, columns), proba.reshape(rows, columns, k))
