"""Files of polygons as GeoJSON features: GeoJSON, TopoJSON and GeoParquet, told apart by their first bytes.

GeoJSON: RFC 7946. TopoJSON 1.0: arcs are shared between polygons, written once, as steps on a grid of whole numbers.
GeoParquet 1.0: a Parquet table whose column of geometry is well-known binary (OGC 06-103r4, section 8).
"""

import gzip
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Feature = Mapping[str, Any]
Point = tuple[float, ...]
DEGREES = ("CRS84", "4326")  # longitude before latitude, WGS 84


def features(path: Path, layer: str | None = None) -> list[Feature]:
    """Polygons with their properties; `layer` names the object of a TopoJSON file that has several.

    ValueError, KeyError, TypeError, OSError or an error of Arrow where the file is none of the three or is damaged.
    """
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if raw[:4] == b"PAR1":
        return _of_table(pq.read_table(pa.BufferReader(raw)))
    held = json.loads(raw.decode("utf-8"))
    if held["type"] == "Topology":
        return _of_topology(held, layer)
    found: list[Feature] = held["features"]
    return found


# TopoJSON --------------------------------------------------------------------------------------------------------


def _of_topology(held: Mapping[str, Any], layer: str | None) -> list[Feature]:
    names = list(held["objects"])
    if layer is None and len(names) > 1:
        raise ValueError(f"it has the layers {', '.join(names)}: name one as geometry.layer")
    arcs = [_steps(arc, held.get("transform")) for arc in held["arcs"]]
    drawn = held["objects"][layer or names[0]]["geometries"]
    return [{"type": "Feature", "properties": one.get("properties", {}), "geometry": _stitched(one, arcs)} for one in drawn]  # fmt: skip


def _steps(arc: Sequence[Sequence[float]], transform: Mapping[str, Any] | None) -> list[Point]:
    """Points of an arc: of a quantised one each is the sum of the steps so far, scaled and moved."""
    if transform is None:
        return [tuple(point) for point in arc]
    (kx, ky), (x0, y0) = transform["scale"], transform["translate"]
    x, y = accumulate(point[0] for point in arc), accumulate(point[1] for point in arc)
    return [(kx * a + x0, ky * b + y0) for a, b in zip(x, y, strict=True)]


def _stitched(one: Mapping[str, Any], arcs: Sequence[Sequence[Point]]) -> dict[str, Any]:
    """A ring is arcs end to end; one with a negative number, -1 - i, runs backwards. Where two meet, the point stands once."""

    def ring(numbers: Iterable[int]) -> list[Point]:
        points: list[Point] = []
        for i in numbers:
            arc = arcs[i] if i >= 0 else arcs[~i][::-1]
            points += arc[1:] if points else arc
        return points

    if one["type"] == "Polygon":
        return {"type": "Polygon", "coordinates": [ring(r) for r in one["arcs"]]}
    if one["type"] == "MultiPolygon":
        return {"type": "MultiPolygon", "coordinates": [[ring(r) for r in part] for part in one["arcs"]]}
    raise ValueError(f"{one['type']} is no polygon")


# GeoParquet ------------------------------------------------------------------------------------------------------


def _of_table(table: pa.Table) -> list[Feature]:
    about = json.loads((table.schema.metadata or {})[b"geo"])
    column = about["primary_column"]
    said = about["columns"][column]
    if said["encoding"] != "WKB":
        raise ValueError(f"its geometry is encoded as {said['encoding']}, and WKB is read")
    if said.get("crs") is not None and str(said["crs"]["id"]["code"]) not in DEGREES:
        raise ValueError("its coordinates are not degrees on WGS 84")
    rows = table.drop_columns([column]).to_pylist()
    drawn = table[column].to_pylist()
    return [
        {"type": "Feature", "properties": row, "geometry": wkb(shape)}
        for row, shape in zip(rows, drawn, strict=True)
    ]


def wkb(content: bytes) -> dict[str, Any]:
    """A polygon or multipolygon of well-known binary, in two dimensions; ValueError for another, or for bytes left over."""
    shape, end = _shape(content, 0)
    if end != len(content):
        raise ValueError(f"{len(content) - end} bytes are left over after a polygon")
    return shape


def _shape(content: bytes, at: int) -> tuple[dict[str, Any], int]:
    order = {0: ">", 1: "<"}[content[at]]
    kind = struct.unpack_from(order + "I", content, at + 1)[0]
    if kind == 3:
        rings, at = _many(content, at + 5, order, lambda c, i: _ring(c, i, order))
        return {"type": "Polygon", "coordinates": rings}, at
    if kind == 6:
        parts, at = _many(content, at + 5, order, _shape)
        if any(part["type"] != "Polygon" for part in parts):
            raise ValueError("a part of a multipolygon is no polygon")
        return {"type": "MultiPolygon", "coordinates": [part["coordinates"] for part in parts]}, at
    raise ValueError(f"type {kind} of well-known binary is no polygon in two dimensions")


def _ring(content: bytes, at: int, order: str) -> tuple[list[Point], int]:
    (count,) = struct.unpack_from(order + "I", content, at)
    end = at + 4 + 16 * count
    if end > len(content):
        raise ValueError("a ring is cut short")
    return list(struct.iter_unpack(order + "2d", content[at + 4 : end])), end


def _many(
    content: bytes, at: int, order: str, read: Callable[[bytes, int], tuple[Any, int]]
) -> tuple[list[Any], int]:
    (count,) = struct.unpack_from(order + "I", content, at)
    found, at = [], at + 4
    for _ in range(count):
        one, at = read(content, at)
        found.append(one)
    return found, at
