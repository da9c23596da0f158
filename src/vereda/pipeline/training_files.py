"""Files that `vereda classify` reads and makes: labelled series, labelled places with a cube, models."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest, BadStore
from vereda.imagery import classify, features, layout
from vereda.imagery.extra import package
from vereda.imagery.reading import Grid
from vereda.imagery.samples import Samples, samples
from vereda.pipeline import area_files
from vereda.store import cubes

Values = NDArray[np.float32]
Columns = Mapping[str, Sequence[str]]
_ID, _LABEL, _DATE = ("sample_id", "id", "sample"), ("label", "class"), ("date",)
_X, _Y = ("longitude", "lon", "x"), ("latitude", "lat", "y")
_FROM, _TO = ("start_date", "from"), ("end_date", "to")
FORMAT = 1


def labelled(path: Path, cube: Path | None, bands: Sequence[str], most: int | None = None) -> Samples:
    """Labelled series: a long table (a row a date), or a table of labelled places whose series are in a cube."""
    table = _columns(path)
    if any(name in table for name in _DATE):
        if cube is not None:
            raise BadRequest(f"{path} has series of its own (a column `date`): leave out --cube.")
        return _long(table, path, bands)
    if most is not None and most < 1:
        raise BadRequest("--steps is one or more.")
    if cube is None:
        raise BadRequest(
            f"{path} has places and labels but no series: name the cube they are in with --cube. A table of series has the "
            "columns sample_id, longitude, latitude, label, date and one for each band."
        )
    return at_places(table, path, cubes.opened(cube), bands, most)


def _long(table: Columns, path: Path, bands: Sequence[str]) -> Samples:
    names = {what: _one_of(table, options, path) for what, options in _needs().items()}
    found = list(bands) or [c for c in table if c not in names.values()]
    missing = [b for b in found if b not in table]
    if missing or not found:
        raise BadRequest(f"{path} has no band {', '.join(missing) or 'at all'}. It has: {', '.join(table)}.")
    ids = np.asarray(table[names["id"]])
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    if len(starts) != len(set(ids.tolist())):
        raise BadDesign(
            f"{path}: the rows of a series do not stand together. Sort them by {names['id']} and date."
        )
    lengths = np.diff(np.r_[starts, len(ids)])
    if len(set(lengths.tolist())) > 1:
        odd = int(np.argmax(lengths != np.bincount(lengths).argmax()))
        raise BadDesign(
            f"{path}: series {ids[starts[odd]]} has {lengths[odd]} dates, most have {np.bincount(lengths).argmax()}. Every series "
            "needs the same steps; an empty cell is a look that was not clear."
        )
    shape = len(starts), int(lengths[0])
    days = _days(table[names["date"]], path).reshape(shape)
    values = np.stack([_numbers(table[b], path, b).reshape(shape) for b in found], axis=-1)
    x, y = (_numbers(table[names[k]], path, names[k])[starts] for k in ("x", "y"))
    label = [table[names["label"]][i] for i in starts.tolist()]
    return samples(values, label, x, y, days, found, str(path))


def at_places(
    table: Columns, path: Path, cube: cubes.Cube, bands: Sequence[str], most: int | None = None
) -> Samples:
    """Series of a cube at labelled places, each between its own dates (to, not including), `most` at the most.

    BadDesign outside the cube, or where places do not have the same number of steps.
    """
    names = {
        k: _one_of(table, o, path)
        for k, o in (("x", _X), ("y", _Y), ("label", _LABEL), ("from", _FROM), ("to", _TO))
    }
    x, y = (_numbers(table[names[k]], path, names[k]) for k in ("x", "y"))
    row, column = pixels(cube, x, y)
    told = cube.told
    out = (row < 0) | (row >= told["rows"]) | (column < 0) | (column >= told["columns"])
    if out.any():
        raise BadDesign(
            f"{path}: {int(out.sum())} of {len(x)} labelled places lie outside the cube {cube.path}, the first on line "
            f"{int(np.argmax(out)) + 2}. Longitude and latitude are in degrees; are both of one area, and not swapped?"
        )
    chosen = [_band(cube, b) for b in bands] if bands else list(range(len(told["bands"])))
    dates = np.array(told["dates"], dtype="datetime64[D]")
    first, last = _days(table[names["from"]], path), _days(table[names["to"]], path)
    steps = [np.flatnonzero((dates >= a) & (dates < b))[:most] for a, b in zip(first, last, strict=True)]
    counts = np.array([len(s) for s in steps])
    if counts.min() != counts.max() or counts.max() == 0:
        odd = int(np.argmax(counts != np.bincount(counts).argmax())) if counts.max() else 0
        raise BadDesign(
            f"{path}, line {odd + 2}: the cube has {counts[odd]} dates from {first[odd]} to {last[odd]}, and "
            f"{np.bincount(counts).argmax()} for most places. Every series needs the same steps: part of the time lies "
            "outside the cube. Leave those places out, or take the first steps of each alone with --steps."
        )
    series = _series(cube, row, column)
    values = np.stack([series[i][np.ix_(s, np.array(chosen))] for i, s in enumerate(steps)])
    found = [told["bands"][k] for k in chosen]
    return samples(
        values, list(table[names["label"]]), x, y, np.stack([dates[s] for s in steps]), found, str(path)
    )


def pixels(
    cube: cubes.Cube, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of the pixel that holds each place."""
    grid = grid_of(cube)
    x, y = (
        np.asarray(v)
        for v in package("rasterio.warp").transform("EPSG:4326", grid.crs, lon.tolist(), lat.tolist())
    )
    left, width, _, top, _, height = grid.transform
    return np.floor((y - top) / height).astype(np.int64), np.floor((x - left) / width).astype(np.int64)


def grid_of(cube: cubes.Cube) -> Grid:
    """Where a cube lies."""
    return Grid(cube.told["crs"], tuple(cube.told["transform"]), cube.told["rows"], cube.told["columns"])


def _series(cube: cubes.Cube, row: NDArray[np.int64], column: NDArray[np.int64]) -> list[Values]:
    """(t, b) of each pixel, block by block."""
    side, found = int(cube.told["side"]), {}
    block = np.column_stack([row // side, column // side])
    for r, c in np.unique(block, axis=0).tolist():
        values = cube.read((r, c))
        for i in np.flatnonzero((block == (r, c)).all(axis=1)).tolist():
            found[i] = values[:, :, row[i] - r * side, column[i] - c * side]
    return [found[i] for i in range(len(row))]


def _band(cube: cubes.Cube, name: str) -> int:
    if name not in cube.told["bands"]:
        raise BadRequest(f"{cube.path} has no band {name!r}. It has: {', '.join(cube.told['bands'])}.")
    return int(cube.told["bands"].index(name))


# Tables ----------------------------------------------------------------------------------------------------------


def _columns(path: Path) -> dict[str, list[str]]:
    """Every cell as text; numbers of a Parquet file as Python writes them."""
    if path.suffix.lower() != ".parquet":
        table = area_files.rows(path)
        return {name.strip('"'): [row[name] for _, row in table.rows] for name in table.head}
    if not path.is_file():
        raise BadRequest(f"There is no file {path}.")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as fault:
        raise BadDesign(f"{path} is no Parquet file, or is cut short: {fault}.") from None
    return {n: ["" if v is None else str(v) for v in found[n].to_pylist()] for n in found.column_names}


def _needs() -> dict[str, tuple[str, ...]]:
    return {"id": _ID, "x": _X, "y": _Y, "label": _LABEL, "date": _DATE}


def _one_of(table: Columns, names: Sequence[str], path: Path) -> str:
    there = [name for name in names if name in table]
    if len(there) != 1:
        said = "no column" if not there else "several columns"
        raise BadRequest(
            f"{path} has {said} for {names[0]} ({', '.join(names)}). It has: {', '.join(table)}."
        )
    return there[0]


def _numbers(cells: Sequence[str], path: Path, name: str) -> NDArray[np.float64]:
    found = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        if cell in ("", "nan", "NaN"):
            continue
        try:
            found[i] = float(cell)
        except ValueError:
            raise BadDesign(
                f"{path}, row {i + 1}: {name} is {cell!r}, which is no number. Leave it empty if there is none."
            ) from None
    return found


def _days(cells: Sequence[str], path: Path) -> NDArray[np.datetime64]:
    try:
        return np.array([date.fromisoformat(cell[:10]) for cell in cells], dtype="datetime64[D]")
    except ValueError as fault:
        raise BadDesign(f"{path}: {fault}. Write dates as 2018-01-31.") from None


# Models ----------------------------------------------------------------------------------------------------------


def model_bytes(model: classify.Model) -> bytes:
    """A model as a file: numbers and settings, no code and no place."""
    told = {
        "format": FORMAT, "kind": model.kind, "recipe": asdict(model.recipe), "seed": model.seed,
        "season": asdict(model.learnt.season), "footprint": model.learnt.footprint, "packages": list(model.meta().packages),
    }  # fmt: skip
    out = io.BytesIO()
    np.savez_compressed(
        out, told=np.frombuffer(json.dumps(told).encode(), dtype=np.uint8), values=model.learnt.values,
        label=model.learnt.label, place=model.learnt.place, days=model.learnt.days.astype(np.int64),
    )  # fmt: skip
    return out.getvalue()


def model_of(path: Path) -> tuple[classify.Model, list[str]]:
    """A model fitted again from its file, and the packages it was written with where they are others now."""
    if not path.is_file():
        raise BadRequest(f"There is no model {path}. Fit one with: vereda classify fit")
    try:
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(file["told"].tobytes())
            arrays = {name: file[name] for name in ("values", "label", "place", "days")}
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as fault:
        raise BadStore(f"{path} is no model of vereda, or is cut short ({fault}).") from None
    if told["format"] != FORMAT:
        raise BadStore(f"{path} was written by another release of vereda. Fit the model again.")
    season = layout.Season(
        tuple(told["season"]["bands"]), tuple(tuple(d) for d in told["season"]["day"]), tuple(tuple(d) for d in told["season"]["after"])
    )  # fmt: skip
    known = classify.Learnt(
        arrays["values"], arrays["label"], arrays["place"], arrays["days"].astype("datetime64[D]"), season, told["footprint"]
    )  # fmt: skip
    recipe = features.Recipe(**told["recipe"] | {"at": tuple(told["recipe"]["at"])})
    made = classify.fit(known, told["kind"], recipe, told["seed"])
    then = told["packages"]
    return made, [] if then == list(made.meta().packages) else then
