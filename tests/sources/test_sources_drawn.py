"""Polygons in three formats: the same land, whichever file draws it."""

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_case import publishers

from vereda import sources
from vereda.errors import BadSource
from vereda.sources import drawn
from vereda.sources.polygons import area_km2

#: Two squares side by side, one of them with a hole, and an island: arcs shared, run backwards and on their own.
SQUARES = {
    "type": "Topology",
    "transform": {"scale": [0.5, 0.25], "translate": [-75.0, 1.0]},
    "objects": {
        "land": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "arcs": [[0, 1], [3]], "properties": {"code": "05001"}},
            {"type": "MultiPolygon", "arcs": [[[-1, 2]], [[4]]], "properties": {"code": "05002"}},
        ]},
        "nothing": {"type": "GeometryCollection", "geometries": []},
    },
    "arcs": [
        [[4, 0], [0, 8]],  # the border between the two, northward
        [[4, 8], [-4, 0], [0, -8], [4, 0]],  # the rest of the west
        [[4, 0], [4, 0], [0, 8], [-4, 0]],  # the rest of the east, from the border's foot
        [[1, 2], [1, 0], [0, 2], [-1, 0], [0, -2]],  # a hole
        [[20, 0], [2, 0], [0, 4], [-2, 0], [0, -4]],  # an island
    ],
}  # fmt: skip


def written(folder: Path, content: Any) -> Path:
    path = folder / "land.topojson.gz"
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


def binary(geometry: Any, mark: str = "<") -> bytes:
    """Well-known binary, as its standard draws it."""
    head = b"\x01" if mark == "<" else b"\x00"
    if geometry["type"] == "MultiPolygon":
        parts = [binary({"type": "Polygon", "coordinates": c}, mark) for c in geometry["coordinates"]]
        return head + struct.pack(mark + "II", 6, len(parts)) + b"".join(parts)
    rings = [
        struct.pack(f"{mark}I", len(r)) + b"".join(struct.pack(mark + "2d", *p) for p in r)
        for r in geometry["coordinates"]
    ]
    return head + struct.pack(mark + "II", 3, len(rings)) + b"".join(rings)


def geoparquet(path: Path, found: list[drawn.Feature], crs: Any = None, encoding: str = "WKB") -> Path:
    said: dict[str, Any] = {"encoding": encoding, "geometry_types": []}
    if crs:
        said["crs"] = crs
    table = pa.table(
        {
            "code": [f["properties"]["code"] for f in found],
            "geometry": pa.array([binary(f["geometry"]) for f in found], pa.binary()),
        }
    )
    about = json.dumps({"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": said}})
    pq.write_table(table.replace_schema_metadata({"geo": about}), path)
    return path


def test_arcs_are_stitched_to_rings(tmp_path: Path) -> None:
    west, east = drawn.features(written(tmp_path, SQUARES), "land")
    assert west["properties"] == {"code": "05001"}
    outer, hole = west["geometry"]["coordinates"]
    assert outer == [(-73, 1), (-73, 3), (-75, 3), (-75, 1), (-73, 1)]
    assert hole == [(-74.5, 1.5), (-74, 1.5), (-74, 2), (-74.5, 2), (-74.5, 1.5)]
    (part,), (island,) = east["geometry"]["coordinates"]
    assert part == [(-73, 3), (-73, 1), (-71, 1), (-71, 3), (-73, 3)]
    assert island[0] == island[-1] == (-65, 1)


def test_arcs_without_a_grid_are_points(tmp_path: Path) -> None:
    plain = {
        "type": "Topology",
        "arcs": [[[0, 0], [1, 0], [1, 1], [0, 0]]],
        "objects": {"a": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0]]}]}},
    }
    (one,) = drawn.features(written(tmp_path, plain))
    assert one["geometry"]["coordinates"] == [[(0, 0), (1, 0), (1, 1), (0, 0)]]


@given(
    st.lists(
        st.lists(
            st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=6), min_size=1, max_size=3
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from("<>"),
)
def test_well_known_binary_comes_back(parts: list[list[list[tuple[float, float]]]], mark: str) -> None:
    one = {"type": "Polygon", "coordinates": parts[0]}
    many = {"type": "MultiPolygon", "coordinates": parts}
    assert drawn.wkb(binary(one, mark)) == one
    assert drawn.wkb(binary(many, mark)) == many


def test_well_known_binary_as_another_program_writes_it() -> None:
    shapely = pytest.importorskip("shapely")
    one = shapely.geometry.box(0, 0, 1, 2)
    assert drawn.wkb(one.wkb)["coordinates"] == [list(one.exterior.coords)]


def test_the_same_land_from_three_formats(tmp_path: Path) -> None:
    found = drawn.features(written(tmp_path, SQUARES), "land")
    plain = tmp_path / "land.geojson"
    plain.write_text(json.dumps({"type": "FeatureCollection", "features": found}))
    table = drawn.features(geoparquet(tmp_path / "land.parquet", found))
    for one, two, three in zip(found, drawn.features(plain), table, strict=True):
        areas = {round(area_km2(f["geometry"]), 9) for f in (one, two, three)}
        assert len(areas) == 1
        assert one["properties"] == two["properties"] == three["properties"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"objects": {"a": {}, "b": {}}}, "it has the layers a, b: name one as geometry.layer"),
        ({"arcs": []}, "IndexError"),
        ({"type": "Moon"}, "KeyError"),
        ({"transform": {"scale": [1]}}, "KeyError: 'translate'"),
        (
            {"objects": {"land": {"geometries": [{"type": "LineString", "arcs": [0]}]}}},
            "LineString is no polygon",
        ),
    ],
)
def test_a_topology_that_is_none_is_refused(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = written(tmp_path, {**SQUARES, "objects": {"land": SQUARES["objects"]["land"]}, **change})  # type: ignore[index]
    with pytest.raises(BadSource, match=words):
        sources.geometry(sources.describe("dane-mgn-departments"), path)


def test_a_table_on_another_system_or_cut_is_refused(tmp_path: Path) -> None:
    d = sources.describe("dane-mgn-departments")
    found = drawn.features(written(tmp_path, SQUARES), "land")
    for path, words in (
        (geoparquet(tmp_path / "m.parquet", found, {"id": {"code": 3116}}), "not degrees on WGS 84"),
        (geoparquet(tmp_path / "e.parquet", found, encoding="point"), "encoded as point, and WKB is read"),
    ):
        with pytest.raises(BadSource, match=words):
            sources.geometry(d, path)
    whole = geoparquet(tmp_path / "c.parquet", found).read_bytes()
    (tmp_path / "c.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadSource, match="not the file of polygons described"):
        sources.geometry(d, tmp_path / "c.parquet")
    for cut in range(len(binary(found[1]["geometry"]))):
        with pytest.raises((ValueError, struct.error, LookupError)):
            drawn.wkb(binary(found[1]["geometry"])[:cut])


@pytest.mark.shared
def test_the_municipalities_of_2018_from_topojson_and_geoparquet() -> None:
    """The same 1,122 polygons in both, within 2.4 % of the official areas (2.0 % in the plane of EPSG:3116, as the compilers
    state); 33 departments cover the same land."""
    folder = publishers("dane-mgn-geometry").parent
    arcs = drawn.features(folder / "colombia_2018.topojson.gz", "MGN_MPIO_POLITICO")
    rows = {f["properties"]["divipola"]: f for f in drawn.features(folder / "municipalities.parquet")}
    assert len(arcs) == len(rows) == 1122
    total = 0.0
    for one in arcs:
        said = one["properties"]
        area = area_km2(one["geometry"])
        assert area == pytest.approx(said["MPIO_NAREA"], rel=0.024)
        assert area_km2(rows[said["MPIO_CCNCT"]]["geometry"]) == pytest.approx(area, rel=1e-12)
        total += area
    land = drawn.features(folder / "colombia_2018.topojson.gz", "MGN_DPTO_POLITICO")
    assert len(land) == 33
    assert sum(area_km2(f["geometry"]) for f in land) == pytest.approx(total, rel=1e-6)
    simplified = drawn.features(publishers("dane-mgn-departments"))
    assert sum(area_km2(f["geometry"]) for f in simplified) == pytest.approx(total, rel=0.005)
