"""Scenes and files as arrays, one block of a grid at a time, clear pixels only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadRequest, BadSource
from vereda.imagery.catalogue import Item, Sensor, day_of
from vereda.imagery.extra import package
from vereda.imagery.layout import Layout

Values = NDArray[np.float32]
BEYOND = 1e30  # no reflectance or index: a missing value that was not declared


@dataclass(frozen=True, slots=True)
class Grid:
    """crs as WKT; transform: x of the left edge, width, 0, y of the upper edge, 0, height (negative), as GDAL has it."""

    crs: str
    transform: tuple[float, float, float, float, float, float]
    rows: int
    columns: int

    @property
    def pixel_area(self) -> float:
        """In squares of the unit of the CRS."""
        return abs(self.transform[1] * self.transform[5])


@dataclass(frozen=True, slots=True)
class Window:
    """Rows and columns from, and up to but not including."""

    top: int
    bottom: int
    left: int
    right: int


# A table of files ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layer:
    """One band of one date: a layer (from 1) of a file; variable of a NetCDF."""

    file: Path
    band: str
    date: str
    layer: int
    variable: str | None


@dataclass(frozen=True, slots=True)
class Files:
    """Layers that share one grid. low, high: what a number may be after scale; outside: refuse, or empty
    for no data."""

    layers: Mapping[tuple[str, str], Layer]  # date, band
    layout: Layout
    grid: Grid
    scale: float
    nodata: float | None
    low: float
    high: float
    outside: str

    @property
    def scenes(self) -> list[str]:
        """Names of the files."""
        return sorted({layer.file.name for layer in self.layers.values()})

    def block(self, at: Window) -> Values:
        """(t, b, rows, columns), nan where nothing was seen."""
        shape = len(self.layout.dates), len(self.layout.bands), at.bottom - at.top, at.right - at.left
        out = np.empty(shape, dtype=np.float32)
        by_file: dict[tuple[Path, str | None], list[Layer]] = {}
        for layer in self.layers.values():
            by_file.setdefault((layer.file, layer.variable), []).append(layer)
        for (file, variable), layers in by_file.items():
            for layer, values in zip(layers, self._read(file, variable, layers, at), strict=True):
                out[self.layout.dates.index(layer.date), self.layout.bands.index(layer.band)] = values
        return out

    def _read(
        self, file: Path, variable: str | None, layers: Sequence[Layer], at: Window
    ) -> NDArray[np.float64]:
        """(layers, rows, columns) after scale, nan for no data."""
        with _opened(file, variable) as found:
            beyond = max(layer.layer for layer in layers)
            if beyond > found.rio.count:
                raise BadSource(f"{file} has {found.rio.count} layers; the table asks for layer {beyond}.")
            which = [layer.layer - 1 for layer in layers]
            some = found.isel(y=slice(at.top, at.bottom), x=slice(at.left, at.right))
            some = some.isel({some.dims[0]: which})  # "band", or "time" in a NetCDF
            try:
                values = some.values.astype(np.float64)
            except Exception as fault:  # GDAL's own errors have no common ancestor across its drivers
                raise _cut_short(file, fault) from None
            declared = found.rio.nodata
            scale, offset = self._declared(file, found, which)
        for nothing in (declared, self.nodata):
            if nothing is not None and np.isfinite(nothing):
                values[np.isclose(values, float(nothing), rtol=1e-6, atol=0)] = np.nan
        values = values * scale + offset
        return self._plausible(layers, values, declared)

    def _declared(
        self, file: Path, found: Any, which: Sequence[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scale and offset of layers (layers, 1, 1): what the file declares, else what was asked for. Refused where the two differ."""
        own = [
            np.broadcast_to(np.asarray(found.attrs.get(name, usual), dtype=np.float64), found.shape[:1])[
                list(which)
            ]
            for name, usual in (("scale_factor", 1.0), ("add_offset", 0.0))
        ]
        scale, offset = (v[:, None, None] for v in own)
        if (scale == 1).all() and (offset == 0).all():
            return np.full_like(scale, self.scale), offset
        if self.scale != 1 and not (np.allclose(scale, self.scale) and (offset == 0).all()):
            raise BadSource(
                f"{file} declares that its numbers are times {scale.ravel()[0]:g} plus {offset.ravel()[0]:g}, and --scale says "
                f"{self.scale:g}. Leave --scale out to take the file's own, or mend what the file declares."
            )
        return scale, offset

    def _plausible(
        self, layers: Sequence[Layer], values: NDArray[np.float64], declared: float | None
    ) -> NDArray[np.float64]:
        """Numbers outside the valid range refused; or, if so asked, taken for no data."""
        with np.errstate(invalid="ignore"):
            wrong = (values < self.low) | (values > self.high)
        beyond = np.abs(np.where(wrong, values, 0)) > BEYOND
        if not wrong.any() or (self.outside == "empty" and not beyond.any()):
            return np.where(wrong, np.nan, values)
        layer = layers[int(np.argmax(wrong.any(axis=(1, 2))))]
        raise BadSource(
            f"{layer.file}, {layer.band} of {layer.date}: {int(wrong.sum())} pixels of the file hold numbers such as "
            f"{values[wrong][0] / self.scale:g}, outside {self.low:g} to {self.high:g} after scale. The file declares "
            f"{'no nodata' if declared is None else f'nodata {declared:g}'}. If that number means no data, say so with --nodata, or "
            "take all beyond the range for no data with --outside empty; if the range is wrong, mend --valid or --scale."
        )


def of_layers(
    layers: Sequence[Layer],
    scale: float,
    nodata: float | None,
    valid: tuple[float, float] | None,
    outside: str,
) -> Files:
    """Files of a table, refused where they do not share one grid or a date lacks a band."""
    by: dict[tuple[str, str], Layer] = {}
    for layer in layers:
        if (layer.date, layer.band) in by:
            raise BadSource(
                f"{layer.band} of {layer.date} is there twice: {by[layer.date, layer.band].file} and {layer.file}."
            )
        by[layer.date, layer.band] = layer
    dates, bands = sorted({d for d, _ in by}), list(dict.fromkeys(layer.band for layer in layers))
    missing = [(d, b) for d in dates for b in bands if (d, b) not in by]
    if missing:
        raise BadSource(
            f"{missing[0][1]} of {missing[0][0]} is missing ({len(missing)} such). Every date needs every band."
        )
    grids = {}
    for file in dict.fromkeys((layer.file, layer.variable) for layer in layers):
        grids[file] = _grid(*file)
        first = next(iter(grids.values()))
        if not _same_grid(first, grids[file]):
            raise BadSource(
                f"{file[0]} is not on the grid of {next(iter(grids))[0]}: {_told(grids[file])}, not {_told(first)}. Bring "
                "them to one grid first, or describe them in a STAC catalogue, which is reprojected."
            )
    low, high = valid if valid is not None else (-BEYOND, BEYOND)
    return Files(
        by, Layout(tuple(bands), tuple(dates)), next(iter(grids.values())), scale, nodata, low, high, outside
    )


def _grid(file: Path, variable: str | None) -> Grid:
    with _opened(file, variable) as found:
        at = found.rio.transform()
        if found.rio.crs is None:
            raise BadSource(
                f"{file} has no coordinate system (CRS): where its pixels lie is not known. Assign the publisher's, for "
                "example with gdal_edit.py -a_srs."
            )
        if at.b or at.d:
            raise BadSource(f"{file} is rotated. Bring it to rows from north to south first.")
        if (at.a, at.c, at.e, at.f) in ((1.0, 0.0, 1.0, 0.0), (1.0, 0.0, -1.0, 0.0)):
            raise BadSource(
                f"{file} has a coordinate system and does not say where its pixels lie (no geotransform). Write it with one: "
                "of a NetCDF made by xarray, with rio.write_transform(); of a GeoTIFF, with gdal_edit.py -a_ullr."
            )
        if at.e > 0:
            raise BadSource(
                f"{file} has its rows from south to north. Bring it to rows from north to south first."
            )
        return Grid(
            found.rio.crs.to_wkt(), (at.c, at.a, 0.0, at.f, 0.0, at.e), found.rio.height, found.rio.width
        )


def _opened(file: Path, variable: str | None) -> Any:
    rioxarray = package("rioxarray")
    if not file.is_file():
        raise BadRequest(f"There is no file {file}.")
    try:
        with catch_warnings():
            simplefilter("ignore")
            found = (
                rioxarray.open_rasterio(file, variable=variable, decode_times=False)
                if variable
                else rioxarray.open_rasterio(file, decode_times=False)
            )
    except Exception as fault:
        raise _cut_short(file, fault) from None
    if isinstance(found, list):
        raise BadSource(f"{file} holds grids of several sizes: name a variable in the column `variable`.")
    if hasattr(found, "data_vars"):  # of a NetCDF, also where one variable was asked for
        held = sorted(map(str, found.data_vars))
        if variable is not None and variable not in held:
            every = getattr(rioxarray.open_rasterio(file, decode_times=False), "data_vars", ())
            raise BadSource(
                f"{file} has no variable {variable}; it has {', '.join(sorted(map(str, every)))}."
            )
        if variable is None and len(held) > 1:
            raise BadSource(
                f"{file} holds the variables {', '.join(held)}: name one in the column `variable`."
            )
        found = found[variable or held[0]]
    return found


def _same_grid(one: Grid, other: Grid) -> bool:
    size = abs(one.transform[1])
    return (one.rows, one.columns) == (other.rows, other.columns) and bool(
        np.allclose(one.transform, other.transform, rtol=0, atol=size * 1e-3)
    ) and package("rasterio").crs.CRS.from_wkt(one.crs) == package("rasterio").crs.CRS.from_wkt(other.crs)  # fmt: skip


def _told(grid: Grid) -> str:
    return f"{grid.rows} rows by {grid.columns} columns of {abs(grid.transform[1]):g}"


def _cut_short(file: Path | str, fault: Exception) -> BadSource:
    said = str(fault).split("\n")[0][:200]
    return BadSource(
        f"{file} cannot be read: it is cut short, damaged or of a kind that is not known ({said})."
    )


# Scenes of a catalogue -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scenes:
    """Items of a catalogue by step; each step is the median of what was clear in it."""

    items: tuple[tuple[Item, ...], ...]
    sensor: Sensor
    layout: Layout
    grid: Grid

    @property
    def scenes(self) -> list[str]:
        """Ids of the items."""
        return sorted({item.id for step in self.items for item in step})

    def block(self, at: Window) -> Values:
        """(t, b, rows, columns), nan where nothing clear was seen."""
        shape = len(self.layout.bands), at.bottom - at.top, at.right - at.left
        out = np.full((len(self.layout.dates), *shape), np.nan, dtype=np.float32)
        box = _geobox(self.grid, at)
        for i, step in enumerate(self.items):
            seen = [self._scene(item, box) for item in step]
            if seen:
                with catch_warnings():
                    simplefilter("ignore", RuntimeWarning)  # a pixel that no scene saw stays without a value
                    out[i] = np.nanmedian(np.stack(seen), axis=0)
        return out

    def _scene(self, item: Item, box: Any) -> Values:
        there = list(item.assets)
        assets = [self.sensor.asset(band, there, item.id) for band in self.layout.bands]
        quality = self.sensor.asset("quality", there, item.id) if self.sensor.quality else None
        wanted = [*assets, *([quality] if quality else [])]
        how = {"*": "bilinear"} | ({quality: "nearest"} if quality else {})
        nodata = {} if self.sensor.nodata is None else {"nodata": self.sensor.nodata}
        kind = {
            "*": {
                "assets": {"*": {"data_type": "float32", **nodata}}
                | ({quality: {"data_type": "uint16"}} if quality else {})
            }
        }
        try:
            found = package("odc.stac").load(
                [item], bands=wanted, geobox=box, resampling=how, stac_cfg=kind, fail_on_error=True
            )
            read = {name: np.asarray(found[name].values[0]) for name in wanted}
        except BadSource:
            raise
        except Exception as fault:
            raise _cut_short(f"The scene {item.id}", fault) from None
        values = np.stack([read[name].astype(np.float32) for name in assets])
        if self.sensor.nodata is not None:
            values[values == self.sensor.nodata] = np.nan
        values = values * np.float32(self.sensor.scale) + np.float32(self.sensor.shift(item.properties))
        if quality:
            values[:, ~self.sensor.clear(read[quality])] = np.nan
        return np.asarray(values, dtype=np.float32)


def of_items(
    items: Sequence[Item], known: Sensor, bands: Sequence[str], steps: Sequence[tuple[date, date]], grid: Grid
) -> Scenes:
    """Scenes sorted into steps. BadSource where a step has none."""
    wrong = [band for band in bands if band not in known.bands]
    if wrong:
        raise BadRequest(f"{known.name} has no band {wrong[0]!r}. It has: {', '.join(known.bands)}.")
    ordered = sorted(items, key=lambda item: (day_of(item), item.id))
    held = tuple(tuple(i for i in ordered if first <= day_of(i) <= last) for first, last in steps)
    empty = [str(first) for (first, _), step in zip(steps, held, strict=True) if not step]
    if empty:
        raise BadSource(
            f"No scene in the steps that begin on {', '.join(empty[:6])}{' ...' if len(empty) > 6 else ''}. Take longer steps "
            "(--every), or another time."
        )
    return Scenes(held, known, Layout(tuple(bands), tuple(str(first) for first, _ in steps)), grid)


def footprint(items: Sequence[Item], known: Sensor, bands: Sequence[str]) -> tuple[str, tuple[float, float]]:
    """CRS and pixel size that local scenes share; refused where they differ. See `each_has_crs`."""
    found = each_has_crs(items, known, bands)
    if len(found) != 1:
        told = "; ".join(list(found.values())[:3])
        raise BadSource(
            f"Scenes have {len(found)} different grids: {told}. Say the grid of the cube with --crs and --resolution."
        )
    wkt, width, height = next(iter(found))
    return wkt, (width, height)


def each_has_crs(
    items: Sequence[Item], known: Sensor, bands: Sequence[str]
) -> dict[tuple[str, float, float], str]:
    """CRS and pixel size -> a scene that has them. BadSource for a local file without CRS, or that cannot be read."""
    rasterio = package("rasterio")
    found: dict[tuple[str, float, float], str] = {}
    for item in items:
        for band in [*bands, *(["quality"] if known.quality else [])]:
            href = item.assets[known.asset(band, list(item.assets), item.id)].href
            if "://" in href:
                continue
            if not Path(href).is_file():
                raise BadSource(f"The scene {item.id} names a file that is not there: {href}.")
            try:
                with catch_warnings():
                    simplefilter("ignore")
                    with rasterio.open(href) as file:
                        crs, size = file.crs, (abs(file.transform.a), abs(file.transform.e))
            except rasterio.errors.RasterioIOError as fault:
                raise _cut_short(href, fault) from None
            if crs is None:
                raise BadSource(
                    f"{href} has no coordinate system (CRS): where its pixels lie is not known. Assign the publisher's."
                )
            found.setdefault((crs.to_wkt(), *size), f"{item.id} ({size[0]:g} by {size[1]:g})")
    return found


def grid_of(crs: str, resolution: tuple[float, float], bbox: Sequence[float]) -> Grid:
    """The grid that covers a box of longitudes and latitudes (west, south, east, north), edges on whole pixels."""
    rasterio = package("rasterio")
    warp = package("rasterio.warp")
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadRequest(f"--bbox {west},{south},{east},{north}: write west,south,east,north in degrees.")
    try:
        made = rasterio.crs.CRS.from_user_input(crs)
    except rasterio.errors.CRSError:
        raise BadRequest(f"--crs {crs!r} is no coordinate system. Write for example EPSG:32618.") from None
    if not made.is_projected:
        raise BadRequest(
            f"--crs {crs} is in degrees, and pixels of it have no area. Take one in metres, as EPSG:32618."
        )
    left, low, right, top = warp.transform_bounds("EPSG:4326", made, west, south, east, north)
    width, height = resolution
    x, y = np.floor(left / width) * width, np.ceil(top / height) * height
    columns, rows = int(np.ceil((right - x) / width)), int(np.ceil((y - low) / height))
    return Grid(made.to_wkt(), (float(x), width, 0.0, float(y), 0.0, -height), rows, columns)


def _geobox(grid: Grid, at: Window) -> Any:
    affine, geo = package("affine").Affine, package("odc.geo.geobox")
    x, width, _, y, _, height = grid.transform
    corner = affine(width, 0, x + at.left * width, 0, height, y + at.top * height)
    return geo.GeoBox((at.bottom - at.top, at.right - at.left), corner, grid.crs)
