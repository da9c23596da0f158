"""Seeded samples from strata, and the forms that interpreters fill in without knowing the map."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Counts
from vereda.measurement.area.strata import StrataMap

FORM = ("point", "x", "y", "class", "sure", "image_date", "remark")


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the corner of the first pixel is and how far the next one: x0, y0, dx, dy (dy below zero: north is up)."""

    x0: float
    y0: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Points:
    """n points in order of their ids: id (n,), the number of the pixel on the map from 1, which stays when a sample is
    extended and does not tell the stratum; stratum (n,) number; row and column (n,) of the pixel."""

    id: NDArray[np.int64]
    stratum: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    def at(self, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y (n,) of the middles of the pixels."""
        x, y = grid.x0 + (self.column + 0.5) * grid.dx, grid.y0 + (self.row + 0.5) * grid.dy
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


def draw(strata: StrataMap, n: Counts, seed: int) -> Points:
    """n_h pixels of each stratum by lot, without replacement.

    The same seed gives the same points, and more points with that seed contain the fewer: a sample can be extended
    without losing what was interpreted.
    """
    rows: list[NDArray[np.int64]] = []
    for h, wanted in enumerate(n.tolist()):
        pixels = np.flatnonzero(strata.labels == h)
        if wanted > len(pixels):
            raise BadDesign(
                f"Stratum {strata.names[h]!r} has {len(pixels)} pixels; {wanted} points were asked for."
            )
        lot = np.random.default_rng([seed, h]).permutation(len(pixels))[:wanted]
        row, column = np.unravel_index(pixels[lot], strata.labels.shape)
        rows.append(np.column_stack([np.full(wanted, h), row, column]))
    stratum, row, column = np.concatenate(rows).T
    number = row * strata.labels.shape[1] + column + 1
    order = np.argsort(number)
    return Points(number[order], stratum[order], row[order], column[order])


def forms(points: Points, grid: Grid, interpreters: Sequence[str], seed: int) -> dict[str, str]:
    """A blank CSV form for each interpreter: every point, in an order of their own, without stratum or map class.

    Who knows what the map says tends to agree with it, so a form never tells.
    """
    if len(set(interpreters)) < len(interpreters) or not interpreters:
        raise BadDesign("Each interpreter needs a name of their own.")
    x, y = points.at(grid)
    made = {}
    for number, name in enumerate(interpreters):
        order = np.random.default_rng([seed, 1_000 + number]).permutation(len(points.id))
        made[name] = table(
            FORM, [(int(points.id[i]), _plain(x[i]), _plain(y[i]), "", "", "", "") for i in order]
        )
    return made


def key(points: Points, strata: StrataMap) -> str:
    """The CSV that ties a point to its stratum; it stays with whoever runs the survey until the forms are back."""
    return table(
        ("point", "stratum"),
        [(int(i), strata.names[h]) for i, h in zip(points.id.tolist(), points.stratum.tolist(), strict=True)],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV with a header."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _plain(value: float) -> str:
    return f"{value:.7f}".rstrip("0").rstrip(".")
