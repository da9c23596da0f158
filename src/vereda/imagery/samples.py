"""Labelled series: what a classifier is trained on, with place and year for its validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.imagery.layout import Days, Season, season

Values = NDArray[np.float32]
Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
LEAST = 5  # labelled series of a class below which no five folds can hold one each
BEYOND = 1e30  # no reflectance or index
FINE = 1e-6  # degrees or a fraction of a metre: two samples this close are of one place


@dataclass(frozen=True, slots=True)
class Samples:
    """values (n, t, b), nan where nothing clear was seen; label (n,); x, y (n,) place; dates (n, t); bands (b,).

    x and y serve to group and are never printed.
    """

    values: Values
    label: NDArray[np.str_]
    x: Array
    y: Array
    dates: Days
    bands: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of their names."""
        return tuple(sorted({str(c) for c in self.label}))

    @property
    def place(self) -> Numbers:
        """(n,) number of the place of each."""
        keys = np.round(np.column_stack([self.x, self.y]) / FINE).astype(np.int64)
        return np.unique(keys, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    @property
    def year(self) -> Numbers:
        """(n,) year in which each series begins."""
        return self.dates[:, 0].astype("datetime64[Y]").astype(np.int64) + 1970

    @property
    def season(self) -> Season:
        """Bands and days that a cube must have."""
        return season(self.bands, self.dates)

    @property
    def footprint(self) -> str:
        """SHA-256 of what was trained on: labels, places, dates and values, in an order of their own."""
        rows = [
            sha256(
                "|".join((str(c), f"{x:.6f}", f"{y:.6f}", *d.astype(str).tolist())).encode()
                + np.ascontiguousarray(v, dtype="<f4").tobytes()
            ).hexdigest()
            for c, x, y, d, v in zip(self.label, self.x, self.y, self.dates, self.values, strict=True)
        ]
        return sha256("".join(sorted(rows)).encode()).hexdigest()

    def take(self, rows: NDArray[np.bool_] | Numbers) -> "Samples":
        """Some of them."""
        return Samples(
            self.values[rows], self.label[rows], self.x[rows], self.y[rows], self.dates[rows], self.bands
        )


def samples(
    values: Array | Values,
    label: Sequence[str],
    x: Array,
    y: Array,
    dates: Days,
    bands: Sequence[str],
    what: str,
) -> Samples:
    """Labelled series, refused where a classifier would learn nothing from them or something else. `what`: their file."""
    beyond = (np.abs(values) > BEYOND).any(axis=(1, 2))
    if beyond.any():
        raise BadDesign(
            f"{what}: series {int(np.argmax(beyond)) + 1} holds a number beyond 1e30, which is a missing value that was not "
            "declared. Leave the cell empty."
        )
    made = Samples(
        values.astype(np.float32), np.array(label, dtype=np.str_), x, y, dates.astype("datetime64[D]"), tuple(bands)
    )  # fmt: skip
    counts = {c: int((made.label == c).sum()) for c in made.classes}
    if len(counts) < 2:
        raise BadDesign(
            f"{what}: all {len(made.label)} series are of one class, {next(iter(counts), '-')!r}. A classifier learns "
            "differences: add series of what is not of it."
        )
    thin = [f"{c} ({n})" for c, n in counts.items() if n < LEAST]
    if thin:
        raise BadDesign(
            f"{what}: too few series of {', '.join(thin)}. Each class needs at least {LEAST}; add some, or merge it."
        )
    blank = np.asarray(np.isnan(made.values).all(axis=1)).any(axis=-1)
    if blank.any():
        raise BadDesign(
            f"{what}: series {int(np.argmax(blank)) + 1} has a band without a single value ({int(blank.sum())} such series)."
        )
    if np.any(np.diff(made.dates, axis=1) <= np.timedelta64(0, "D")):
        raise BadDesign(
            f"{what}: the dates of a series are not in order, or one is there twice. Sort them, and keep one of each."
        )
    return made
