"""Polygons held against what is printed of the places they draw: the official area, and the seat that must lie inside."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.sources.description import GeometryFile, SourceDescription
from vereda.terms.place import Gazetteer
from vereda.terms.source import Seen, Sign

RULES = ("areas", "seats")
_SHOWN = 5
#: Major half-axis in km and first eccentricity of the ellipsoid of GRS 80 (Moritz 2000, Journal of Geodesy 74, 128-133).
_A, _E = 6378.137, 0.0818191910428158

Ring = Sequence[Sequence[float]]


def polygon_signs(d: SourceDescription, text: str, gazetteer: Gazetteer) -> tuple[Sign, ...]:
    """Both rules asked of the GeoJSON text of a description of polygons."""
    stated = d.geometry
    if stated is None:
        return ()
    features: list[Mapping[str, Any]] = json.loads(text)["features"]
    return areas(stated, features), seats(stated, features, gazetteer)


def areas(stated: GeometryFile, features: Iterable[Mapping[str, Any]]) -> Sign:
    """Polygons whose area is further from the printed one than the description allows; `before` is the printed one."""
    if stated.area is None:
        return Sign("areas", "not asked", note="the file prints no official areas")
    seen = [
        Seen("", stated.prefix + said[stated.code], "", round(found, 1), float(said[stated.area]), "km2")
        for said, found in ((f["properties"], area_km2(f["geometry"])) for f in features)
        if not said[stated.area] or abs(found / said[stated.area] - 1) > stated.area_within
    ]
    return _sign("areas", sorted(seen, key=lambda s: -abs((s.value or 0) - (s.before or 0))))


def seats(stated: GeometryFile, features: Iterable[Mapping[str, Any]], gazetteer: Gazetteer) -> Sign:
    """Places whose seat, as the list of places has it, lies outside their own polygon."""
    places = (
        (gazetteer.places.get(stated.prefix + f["properties"][stated.code]), f["geometry"]) for f in features
    )
    located = [(p, g) for p, g in places if p is not None and p.lon is not None and p.lat is not None]
    if not located:
        return Sign("seats", "not asked", note="no list of places with coordinates is held")
    out = [Seen(place=p.code) for p, g in located if not holds(g, p.lon or 0.0, p.lat or 0.0)]
    return _sign("seats", out)


def area_km2(geometry: Mapping[str, Any]) -> float:
    """Area in km2 of a GeoJSON polygon or multipolygon in degrees, WGS 84, on the ellipsoid; holes are taken off.

    By authalic latitude (Snyder 1987, Map Projections, USGS Professional Paper 1395, p. 16): in the plane of longitude
    and its sine, areas are true. Edges are straight there, and between points of a boundary that is no matter.
    """
    return sum(
        abs(_ring(rings[0])) - sum(abs(_ring(hole)) for hole in rings[1:]) for rings in _polygons(geometry)
    )


def holds(geometry: Mapping[str, Any], lon: float, lat: float) -> bool:
    """Whether a point lies in a polygon and in no hole of it: an odd number of edges stands east of it."""
    return any(sum(_crossed(ring, lon, lat) for ring in rings) % 2 == 1 for rings in _polygons(geometry))


def _polygons(geometry: Mapping[str, Any]) -> Sequence[Sequence[Ring]]:
    coordinates = geometry["coordinates"]
    found: Sequence[Sequence[Ring]] = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return found


def _ring(ring: Ring) -> float:
    """Signed area of one ring in km2: the shoelace formula in the cylindrical equal-area plane."""
    points = np.asarray(ring, dtype=float)[:, :2]
    x, y = np.radians(points[:, 0]), _authalic(np.radians(points[:, 1]))
    return float(_A**2 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def _authalic(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height in the equal-area plane, in squares of the major half-axis: Snyder's q / 2 (his equation 3-12)."""
    s = np.sin(latitude)
    es = _E * s
    height: NDArray[np.float64] = (1 - _E**2) * (s / (1 - es**2) + np.arctanh(es) / _E) / 2
    return height


def _crossed(ring: Ring, lon: float, lat: float) -> int:
    """How many edges of a ring a ray to the east of the point crosses."""
    points = np.asarray(ring, dtype=float)[:, :2]
    (x1, y1), (x2, y2) = points[:-1].T, points[1:].T
    spans = (y1 > lat) != (y2 > lat)
    at = x1[spans] + (lat - y1[spans]) * (x2[spans] - x1[spans]) / (y2[spans] - y1[spans])
    return int(np.count_nonzero(at > lon))


def _sign(rule: str, seen: Sequence[Seen]) -> Sign:
    return Sign(rule, "found" if seen else "nothing", len(seen), tuple(seen[:_SHOWN]))
