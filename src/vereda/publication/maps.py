"""Maps: a circle at each seat, its area the figure; none found, and no data, are marks of their own.

Drawn as plain SVG: eleven hundred marks a year need no grammar, and one drawing serves both languages and both widths
(the page sets the size of the type). Where the edition has geometry, the polygons lie under the circles.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from math import cos, radians, sqrt
from typing import Any

from vereda.terms.answer import MapYear
from vereda.terms.figure import Figure
from vereda.terms.place import Gazetteer

WIDTH = 640
LARGEST = 26.0  # radius of the largest circle, in units of the drawing


@dataclass(frozen=True, slots=True)
class Field:
    """The window of all maps of an edition: one projection, one scale of circles, so years can be compared."""

    west: float
    south: float
    east: float
    north: float
    largest: float

    @classmethod
    def of(cls, maps: Sequence[MapYear], gazetteer: Gazetteer) -> "Field | None":
        """The window that holds every seat that ever had a value; far islands without one are left out."""
        values = [f for year in maps for f in year.figures if f.value]
        held = {f.place for f in values} or {f.place for year in maps for f in year.figures}
        seats = [
            (p.lon, p.lat)
            for c in held
            if (p := gazetteer.places.get(c)) and p.lon is not None and p.lat is not None
        ]
        if not seats:
            return None
        lon, lat = sorted(s[0] for s in seats), sorted(s[1] for s in seats)
        largest = max((f.value or 0.0 for f in values), default=1.0)
        return cls(lon[0] - 1.6, lat[0] - 0.8, lon[-1] + 0.8, lat[-1] + 0.9, largest)

    @property
    def height(self) -> int:
        """Height of the drawing that keeps degrees square at the middle latitude."""
        return round(WIDTH * (self.north - self.south) / ((self.east - self.west) * self._shrink))

    @property
    def _shrink(self) -> float:
        return cos(radians((self.south + self.north) / 2))

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a coordinate lies on the drawing."""
        x = WIDTH * (lon - self.west) / (self.east - self.west)
        return round(x, 1), round(self.height * (self.north - lat) / (self.north - self.south), 1)

    def inside(self, lon: float, lat: float) -> bool:
        """Whether a seat lies in the window."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    def radius(self, value: float) -> float:
        """Radius of a circle whose area is in proportion to the value."""
        return round(max(1.1, LARGEST * sqrt(value / self.largest)), 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many places carry each mark."""

    found: int
    zero: int
    none: int


def marks(year: MapYear) -> Counts:
    """Places with a value above zero, with zero, and without a value."""
    zero = sum(f.value == 0 for f in year.figures)
    none = sum(f.value is None for f in year.figures)
    return Counts(len(year.figures) - zero - none, zero, none)


def draw_map(
    year: MapYear,
    field: Field,
    gazetteer: Gazetteer,
    label: str,
    numbers: Mapping[str, str],
    named: Collection[str] = (),
    ground: str = "",
) -> str:
    """The map of one year. numbers: figure's trace -> the number as text; named: places that carry their name.

    ground: address of the drawing of the outlines, "" where there is none.
    """
    under = f'<image href="{ground}" width="{WIDTH}" height="{field.height}"/>' if ground else ""
    zero, none, circles, names = [], [], [], []
    for figure in sorted(year.figures, key=lambda f: -(f.value or 0.0)):
        place = gazetteer.places.get(figure.place)
        if place is None or place.lon is None or place.lat is None or not field.inside(place.lon, place.lat):
            continue
        x, y = field.point(place.lon, place.lat)
        if figure.value is None:
            none.append(f"M{x - 1.8:.1f} {y - 1.8:.1f}l3.6 3.6m0-3.6l-3.6 3.6")
        elif figure.value == 0:
            zero.append(f"M{x} {y}h0")
        else:
            title = f"<title>{escape(place.name)}: {numbers.get(figure.trace, '')}</title>"
            chosen = ' class="pri"' if figure.place in named else ""
            circles.append(
                f'<circle{chosen} cx="{x}" cy="{y}" r="{field.radius(figure.value)}">{title}</circle>'
            )
        if figure.place in named:
            names.append(_name(figure, place.name, x, y, field))
    return (
        f'<svg class="map" role="img" aria-label="{escape(label, quote=True)}" viewBox="0 0 {WIDTH} {field.height}">'
        f"{under}{graticule(field)}"
        f'<path class="zero" d="{"".join(zero)}"/><path class="none" d="{"".join(none)}"/>'
        f'<g class="bub">{"".join(circles)}</g>{"".join(names)}</svg>'
    )


def _name(figure: Figure, name: str, x: float, y: float, field: Field) -> str:
    gap = field.radius(figure.value or 0.0) + 4
    short = name.split(" de ")[-1] if len(name) > 18 else name
    left = x > WIDTH * 0.62
    return f'<text class="lab" x="{x - gap if left else x + gap:.1f}" y="{y + 4:.1f}" text-anchor="{"end" if left else "start"}">{escape(short)}</text>'


@lru_cache
def graticule(field: Field) -> str:
    """Parallels and meridians with their degrees."""
    parts = []
    for degree in range(-60, 61, 2):
        if field.south < degree < field.north:
            y = field.point(field.west, degree)[1]
            side = "N" if degree > 0 else "S" if degree < 0 else ""
            parts.append(
                f'<path class="grat" d="M0 {y}h{WIDTH}"/><text class="tick" x="2" y="{y - 4}">{abs(degree)}°{side}</text>'
            )
    for degree in range(-180, 181, 2):
        if field.west + 0.4 < degree < field.east - 0.4:
            x = field.point(degree, field.south)[0]
            side = "W" if degree < 0 else "E" if degree > 0 else ""
            text = f'<text class="tick" x="{x + 3}" y="{field.height - 4}">{abs(degree)}°{side}</text>'
            parts.append(f'<path class="grat" d="M{x} 0v{field.height}"/>{text}')
    return "".join(parts)


def polygons(geometry: str | None, field: Field) -> str:
    """The ground under the circles, a drawing of its own for all years; "" where the edition has no geometry."""
    if not geometry:
        return ""
    outlines = []
    for feature in json.loads(geometry)["features"]:
        shape: dict[str, Any] = feature["geometry"] or {"type": "", "coordinates": []}
        many = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        outlines += [_ring(ring, field) for polygon in many for ring in polygon[:1]]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {field.height}">'
        "<style>path{fill:#f3f0ea;stroke:#cfcabf;stroke-width:.5}"
        "@media(prefers-color-scheme:dark){path{fill:#201f1c;stroke:#45433d}}</style>"
        f'<path d="{"".join(outlines)}"/></svg>'
    )


def _ring(ring: Sequence[Sequence[float]], field: Field) -> str:
    """An outline in whole units of the drawing; corners closer than that are one."""
    corners: list[tuple[int, int]] = []
    for lon, lat, *_ in ring:
        x, y = field.point(lon, lat)
        corner = (round(x), round(y))
        if not corners or corner != corners[-1]:
            corners.append(corner)
    if len(corners) < 4:
        return ""
    steps = [f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(corners)]
    return f"M{corners[0][0]} {corners[0][1]}l{' '.join(steps)}z"


def legend(field: Field) -> list[tuple[float, float]]:
    """Round values and their radii for the legend, largest first."""
    size = 10.0 ** (len(str(int(field.largest))) - 1)
    return [(value, field.radius(value)) for value in (size, size / 10) if value <= field.largest]
