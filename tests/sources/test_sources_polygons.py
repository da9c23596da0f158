"""Quirk 14: polygons that look valid can be wrong. Their areas against the official ones, their seats inside."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_case import EXTRACTS, publishers

from vereda import sources
from vereda.errors import BadSource
from vereda.sources.polygons import area_km2, areas, holds, seats
from vereda.terms.place import Gazetteer, Place

LAND = Gazetteer.of([Place("CO-05001", "In", "municipality", lon=0.5, lat=0.5)])


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def drawn(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings}


def feature(geometry: dict[str, Any], official: float | None = None) -> dict[str, Any]:
    return {"properties": {"divipola": "05001", "area_km2_official": official}, "geometry": geometry}


@pytest.fixture(scope="module")
def stated() -> Any:
    return sources.describe("dane-mgn-geometry").geometry


@pytest.fixture(scope="module")
def polygons() -> tuple[sources.SourceDescription, str]:
    (path,) = (EXTRACTS / "dane-mgn-geometry").glob("*")
    d = sources.describe("dane-mgn-geometry")
    assert d.geometry is not None
    return d.model_copy(update={"geometry": d.geometry.model_copy(update={"features": 2})}), path.read_text()


@pytest.mark.published(
    "Moritz 2000, Journal of Geodesy 74: radius of the sphere of the surface of GRS 80, 6 371 007.1810 m"
)
def test_the_surface_of_the_earth() -> None:
    earth = area_km2(drawn(box(-180, -90, 180, 90)))
    assert earth == pytest.approx(4 * np.pi * 6371.0071810**2, rel=1e-9)


def test_areas_as_another_program_measures_them() -> None:
    """Edges are geodesics there and straight in the equal-area plane here: on a tenth of a degree it is no matter."""
    geod = pytest.importorskip("pyproj").Geod(ellps="GRS80")
    for south in (-4.2, 1.8, 8.3, 12.5):
        ring = box(-75.1, south, -75.0, south + 0.1)
        theirs, _ = geod.polygon_area_perimeter(*np.transpose(ring))
        assert area_km2(drawn(ring)) == pytest.approx(abs(theirs) / 1e6, rel=1e-6)


degrees = st.floats(-60, 60).map(lambda x: round(x, 3))


@given(west=degrees, south=degrees, wide=st.floats(0.01, 5), high=st.floats(0.01, 5), cut=st.floats(0.1, 0.9))
def test_parts_add_up_to_the_whole(west: float, south: float, wide: float, high: float, cut: float) -> None:
    east, north, middle = west + wide, south + high, west + cut * wide
    whole = area_km2(drawn(box(west, south, east, north)))
    parts = [area_km2(drawn(box(*w))) for w in ((west, south, middle, north), (middle, south, east, north))]
    assert sum(parts) == pytest.approx(whole, rel=1e-9)
    assert area_km2(drawn(box(west, south, east, north)[::-1])) == pytest.approx(whole)
    assert area_km2({"type": "MultiPolygon", "coordinates": [[box(west, south, middle, north)],
                     [box(middle, south, east, north)]]}) == pytest.approx(whole, rel=1e-9)  # fmt: skip


def test_a_hole_is_taken_off_and_holds_nothing() -> None:
    around, hole = box(0, 0, 1, 1), box(0.4, 0.4, 0.6, 0.6)
    assert area_km2(drawn(around, hole)) == pytest.approx(area_km2(drawn(around)) - area_km2(drawn(hole)))
    assert holds(drawn(around, hole), 0.2, 0.5)
    assert not holds(drawn(around, hole), 0.5, 0.5)
    assert not holds(drawn(around), 1.2, 0.5)


def test_a_seat_outside_its_polygon(stated: Any) -> None:
    assert seats(stated, [feature(drawn(box(0, 0, 1, 1)))], LAND).state == "nothing"
    found = seats(stated, [feature(drawn(box(0.6, 0, 1, 1)))], LAND)
    assert [s.place for s in found.seen] == ["CO-05001"]
    assert seats(stated, [feature(drawn(box(0, 0, 1, 1)))], Gazetteer()).state == "not asked"


def test_an_area_that_is_not_the_official_one(stated: Any) -> None:
    right = area_km2(drawn(box(0, 0, 1, 1)))
    assert areas(stated, [feature(drawn(box(0, 0, 1, 1)), right * 1.05)]).state == "nothing"
    (seen,) = areas(stated, [feature(drawn(box(0, 0, 1, 1)), right * 12.8)]).seen
    assert (seen.value, seen.unit) == (round(right, 1), "km2")
    assert areas(stated.model_copy(update={"area": None}), []).state == "not asked"


def test_a_damaged_polygon_refuses_the_file(
    polygons: tuple[sources.SourceDescription, str], tmp_path: Path
) -> None:
    """As in a copy of these polygons on the web: Tumaco with 283 km2 instead of 3,612, and no fault to be seen."""
    d, text = polygons
    sources.geometry(d, _written(tmp_path, text))
    content = json.loads(text)
    ring = content["features"][0]["geometry"]["coordinates"][0]
    ring[:] = [*ring[: len(ring) // 2], ring[0]]
    with pytest.raises(
        BadSource,
        match=r"1 polygon\(s\) are not what they are printed to be \(areas\): CO-\d{5} .* km2, printed",
    ):
        sources.geometry(d, _written(tmp_path, json.dumps(content)))


def test_a_polygon_that_is_none(polygons: tuple[sources.SourceDescription, str], tmp_path: Path) -> None:
    d, text = polygons
    content = json.loads(text)
    content["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [["here"]]}
    with pytest.raises(BadSource, match="a polygon is not as GeoJSON has it"):
        sources.geometry(d, _written(tmp_path, json.dumps(content)))


def _written(folder: Path, text: str) -> Path:
    path = folder / "polygons.geojson"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.shared
def test_the_polygons_of_2018(colombia: Gazetteer) -> None:
    """All areas within a tenth of the official ones; simplified by a hundredth of a degree, three seats fall outside."""
    d = sources.describe("dane-mgn-geometry")
    text = sources.geometry(d, publishers("dane-mgn-geometry"), colombia)
    found = {sign.rule: sign for sign in sources.polygon_signs(d, text, colombia)}
    assert (found["areas"].state, found["seats"].many) == ("nothing", 3)
