"""A map of pixels for a survey: written window by window, whole or not there."""

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadRequest, NeedsExtra
from vereda.store.trouble import in_plain_words

OUTSIDE = 255
Part = tuple[tuple[int, int, int, int], NDArray[np.int8]]


def write_map(path: Path, told: Mapping[str, Any], parts: Iterator[Part]) -> None:
    """A GeoTIFF of stratum numbers on the grid of a cube. It shows single pixels: survey material, not for publication."""
    if path.suffix.lower() not in (".tif", ".tiff"):
        raise BadRequest(f"{path}: the map of a survey is a GeoTIFF, name it .tif.")
    if path.exists():
        raise BadRequest(f"{path} is there already. Remove it, or give the map another name.")
    try:
        rasterio: Any = import_module("rasterio")
    except ModuleNotFoundError as fault:
        raise NeedsExtra(fault.name or "rasterio", "imagery") from None
    new = path.with_name(f".{path.name}.part")
    x, width, _, y, _, height = told["transform"]
    with in_plain_words(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with rasterio.open(
                new, "w", driver="GTiff", width=told["columns"], height=told["rows"], count=1, dtype="uint8", nodata=OUTSIDE,
                crs=told["crs"], transform=rasterio.Affine(width, 0, x, 0, height, y), tiled=True, compress="deflate",
            ) as file:  # fmt: skip
                for (top, bottom, left, right), stratum in parts:
                    at = rasterio.windows.Window(left, top, right - left, bottom - top)
                    file.write(stratum.astype(np.uint8), 1, window=at)
            os.replace(new, path)  # noqa: PTH105  (one system call)
        finally:
            new.unlink(missing_ok=True)
