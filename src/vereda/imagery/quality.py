"""Faults of a table of labelled series that flatter a classifier or mislead it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.imagery.samples import Samples

Values = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Quality:
    """series, places: how many. conflicts: rows (from 1) of one place and year with several labels; twins: rows whose
    values are the same as another's with another label; suspects: rows whose label looks wrong, with the class that
    the others say; one_year: class -> the only year it is seen in; one_block: classes seen in one block alone."""

    series: int
    places: int
    most_at_a_place: int
    conflicts: tuple[int, ...]
    twins: tuple[int, ...]
    suspects: tuple[tuple[int, str], ...]
    one_year: dict[str, int]
    one_block: tuple[str, ...]


def quality(samples: Samples, block: Numbers, proba: Values) -> Quality:
    """block (n,): number of the spatial block; proba (n, k): held-out probabilities, with places left out together."""
    years = {c: np.unique(samples.year[samples.label == c]) for c in samples.classes}
    blocks = {c: np.unique(block[samples.label == c]) for c in samples.classes}
    many_years, many_blocks = len(np.unique(samples.year)) > 1, len(np.unique(block)) > 1
    seen = np.unique(samples.place, return_counts=True)[1]
    return Quality(
        len(samples.label), len(seen), int(seen.max()),
        _several(np.column_stack([samples.place, samples.year]), samples.label),
        _several(samples.values.reshape(len(samples.label), -1), samples.label),
        suspects(samples, proba),
        {c: int(y[0]) for c, y in years.items() if len(y) == 1 and many_years},
        tuple(c for c, b in blocks.items() if len(b) == 1 and many_blocks),
    )  # fmt: skip


def suspects(samples: Samples, proba: Values) -> tuple[tuple[int, str], ...]:
    """Rows that another class claims with more than its usual confidence, and their own label does not.

    Confident learning, Northcutt, Jiang & Chuang (2021), Journal of Artificial Intelligence Research 70, 1373-1411: the
    usual confidence of a class is the mean probability of it over the series that are labelled so.
    """
    classes = samples.classes
    own = np.searchsorted(classes, samples.label)
    usual = np.array([proba[own == k, k].mean() for k in range(len(classes))])
    claims = np.where(proba >= usual, proba, -1.0)
    said = claims.argmax(axis=1)
    wrong = (claims.max(axis=1) >= 0) & (said != own)
    return tuple((int(i) + 1, classes[said[i]]) for i in np.flatnonzero(wrong))


def _several(key: NDArray[np.generic], label: NDArray[np.str_]) -> tuple[int, ...]:
    """Rows whose key is shared with a row of another label."""
    same = np.unique(key, axis=0, return_inverse=True)[1].ravel()
    _, code = np.unique(label, return_inverse=True)
    low, high = np.full(same.max() + 1, code.max() + 1), np.full(same.max() + 1, -1)
    np.minimum.at(low, same, code)
    np.maximum.at(high, same, code)
    return tuple((np.flatnonzero(low[same] != high[same]) + 1).tolist())
