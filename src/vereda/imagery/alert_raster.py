"""A file of alerts as pixels, window by window (rasterio)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from vereda.errors import BadRequest, BadSource
from vereda.imagery import alerts
from vereda.imagery.extra import package

WINDOW = 4096  # pixels


@dataclass(frozen=True, slots=True)
class Raster:
    """A file with one band of codes, or two of confidence and day."""

    path: Path
    bands: int
    grid: alerts.Grid

    def read(self, feed: alerts.Feed, until: date) -> Iterator[alerts.Alerts]:
        """One window in memory at a time. BadSource for codes that are none, or a file that is cut short."""
        rasterio = package("rasterio")
        with rasterio.open(self.path) as file:
            for top in range(0, file.height, WINDOW):
                for left in range(0, file.width, WINDOW):
                    across, down = min(WINDOW, file.width - left), min(WINDOW, file.height - top)
                    at = package("rasterio.windows").Window(left, top, across, down)
                    yield self._decoded(self._read(file, at), feed, until, (top, left))

    def _read(self, file: Any, at: Any) -> Any:
        try:
            found = file.read(window=at)
        except package("rasterio").errors.RasterioIOError as fault:
            raise _unreadable(self.path, fault) from None
        for band, nothing in zip(found, file.nodatavals, strict=True):
            if nothing is not None:
                band[band == nothing] = 0
        return found

    def _decoded(self, found: Any, feed: alerts.Feed, until: date, at: tuple[int, int]) -> alerts.Alerts:
        if self.bands == 1:
            return alerts.of_codes(found[0], feed, until, str(self.path), at)
        return alerts.of_bands(found[0], found[1], feed, until, str(self.path), at)


def opened(path: Path, side: float) -> Raster:
    """Its grid of cells; refused where codes or their place on earth cannot be known."""
    rasterio = package("rasterio")
    if not path.is_file():
        raise BadRequest(f"There is no file {path}.")
    try:
        with rasterio.open(path) as file:
            _fit(path, file)
            return Raster(path, file.count, _grid(path, file, side))
    except rasterio.errors.RasterioIOError as fault:
        raise _unreadable(path, fault) from None


def _fit(path: Path, file: Any) -> None:
    if file.count not in (1, 2):
        raise BadSource(f"{path} has {file.count} bands. Alerts have one (codes) or two (confidence, YYDOY).")
    if any(not np.issubdtype(np.dtype(d), np.integer) for d in file.dtypes):
        raise BadSource(f"{path} holds decimals ({file.dtypes[0]}); codes of alerts are whole numbers.")
    if file.crs is None:
        raise BadSource(
            f"{path} has no coordinate system (CRS): the size of its pixels is not known. Assign the publisher's."
        )
    if file.transform.b or file.transform.d or file.transform.e >= 0:
        raise BadSource(f"{path} is rotated or upside down. Bring it to rows from north to south first.")


def _grid(path: Path, file: Any, side: float) -> alerts.Grid:
    at = file.transform
    if file.crs.is_geographic:
        return alerts.degree_grid(file.height, file.width, at.f, at.a, -at.e, side)
    if file.crs.linear_units_factor[1] != 1:
        raise BadSource(f"{path} is in {file.crs.linear_units}. Bring it to degrees or metres first.")
    return alerts.metric_grid(file.height, file.width, at.a, -at.e, side)


def _unreadable(path: Path, fault: Exception) -> BadSource:
    said = str(fault).split("\n")[0][:200]
    return BadSource(
        f"{path} cannot be read: it is cut short, damaged or of a kind that is not known ({said})."
    )
