"""Strata from a map: where the class is mapped, where it changed, a buffer around it that may hold what was missed.

Most of a rare crop that a map misses lies close to what it finds. A buffer puts that land into a small stratum where
points find it; in the large rest a miss would weigh hundreds of times more than a hit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Strata

Mask = NDArray[np.bool_]
Labels = NDArray[np.int8]
OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class StrataMap:
    """labels (rows, columns): number of the stratum of each pixel in `names`, -1 outside. pixel_area in `unit`."""

    labels: Labels
    names: tuple[str, ...]
    pixel_area: float
    unit: str

    @property
    def strata(self) -> Strata:
        """Area and number of pixels of each."""
        units = np.bincount(self.labels[self.labels >= 0], minlength=len(self.names)).astype(float)
        return Strata(self.names, units * self.pixel_area, self.unit, units)


def strata_map(
    target: Mask,
    inside: Mask,
    buffer: float,
    pixel: tuple[float, float],
    pixel_area: float,
    unit: str = "ha",
    last_year: Mask | None = None,
) -> StrataMap:
    """Strata of a map of one class.

    target, inside, last_year: (rows, columns), the class this year, land that counts, the class last year. buffer and
    pixel (height, width) in the same unit of length; a pixel is in the buffer where its middle is that near to the
    middle of one of the class. Names, in order of what they are for: mapped (or kept and new where last year is
    given), gone, buffer, rest. A stratum without pixels is left out.
    """
    if target.shape != inside.shape or (last_year is not None and last_year.shape != target.shape):
        raise BadDesign("The maps have different numbers of rows and columns. Bring them to one grid first.")
    if buffer < 0 or min(pixel) <= 0 or pixel_area <= 0:
        raise BadDesign(
            "A buffer is zero or more, the size of a pixel above zero, in the same unit of length."
        )
    now = target & inside
    if not now.any():
        raise BadDesign("The class is nowhere on the map, so there is nothing to draw strata from.")
    before = now if last_year is None else last_year & inside
    ever = now | before
    near = ndimage.distance_transform_edt(~ever, sampling=pixel) <= buffer
    parts = [("mapped", now)] if last_year is None else [("kept", now & before), ("new", now & ~before)]
    parts += [("gone", before & ~now), ("buffer", near & inside & ~ever), ("rest", inside & ~near & ~ever)]
    held = [(name, mask) for name, mask in parts if mask.any()]
    labels = np.full(target.shape, OUTSIDE, dtype=np.int8)
    for number, (_, mask) in enumerate(held):
        labels[mask] = number
    return StrataMap(labels, tuple(name for name, _ in held), pixel_area, unit)
