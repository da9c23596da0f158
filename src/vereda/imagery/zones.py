"""Sums of a map over zones: municipalities, hexagons of H3 or squares of 1 km, each pixel by the share of it inside.

Zones of every kind are polygons on the grid of the cube, so one way of adding up serves them all (exactextract). A
square kilometre is the least: no sum tells of a smaller piece of land.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.imagery.cells import LEAST
from vereda.imagery.extra import package

Array = NDArray[np.float64]
FINEST = 7  # of H3: a hexagon of 5.16 km2 in the mean; 8 would be 0.74
DEGREES = "EPSG:4326"
WHOLE = 0.99  # of a zone must lie on the cube to be said of the zone
Feature = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Zones:
    """name (z,) and, if known, parent (z,) of each zone; polygons on the coordinates of the cube; hectares (z,) of each."""

    name: tuple[str, ...]
    parent: tuple[str, ...]
    shape: tuple[Feature, ...]
    hectares: Array


@dataclass(slots=True)
class Sums:
    """Hectares by zone. mapped (z, h) of each stratum; sure (z, k): of pixels times the probability of each class, where
    the model was asked; zones lie on the cube as far as the row sums of `mapped` go."""

    zones: Zones
    pixel: float
    mapped: Array
    sure: Array

    def add(
        self, stratum: NDArray[np.int8], proba: NDArray[np.float32], box: tuple[float, float, float, float]
    ) -> None:
        """A block: stratum (rows, columns), proba (rows, columns, k) with nan where the model was not asked; box: its left,
        lower, right and upper edge."""
        held = np.where(np.isnan(proba), 0.0, proba).reshape(-1, proba.shape[2]).astype(float)
        flat = stratum.ravel().astype(np.int64)
        for zone, cell, share in covered(self.zones, stratum.shape, box):
            ha = share * self.pixel
            self.mapped[zone] += np.bincount(flat[cell], weights=ha, minlength=self.mapped.shape[1])
            self.sure[zone] += ha @ held[cell]

    @property
    def inside(self) -> Array:
        """(z,) share of each zone that lies on the cube."""
        return np.asarray(self.mapped.sum(axis=1) / self.zones.hectares)


def empty(zones: Zones, pixel: float, strata: int, classes: int) -> Sums:
    """Nothing added yet. pixel: hectares of one."""
    z = len(zones.name)
    return Sums(zones, pixel, np.zeros((z, strata)), np.zeros((z, classes)))


def covered(
    zones: Zones, shape: tuple[int, ...], box: tuple[float, float, float, float]
) -> Iterable[tuple[int, NDArray[np.int64], Array]]:
    """For each zone that meets a block: its number, the pixels of the block in it, the share of each inside (exactextract)."""
    near = [i for i, s in enumerate(zones.shape) if _meets(s["bbox"], box)]
    if not near:
        return
    raster = package("exactextract.raster").NumPyRasterSource(np.zeros(shape[:2]), *box)
    wanted = [{"type": "Feature", "properties": {"zone": i}, "geometry": zones.shape[i]} for i in near]
    features = package("exactextract.feature").JSONFeatureSource(wanted)
    for found in package("exactextract").exact_extract(
        raster, features, ["cell_id", "coverage"], include_cols=["zone"]
    ):
        told = found["properties"]
        if len(told["cell_id"]):
            yield int(told["zone"]), told["cell_id"], np.asarray(told["coverage"], dtype=float)


def which(zones: Zones, x: Array, y: Array) -> NDArray[np.int64]:
    """(n,) the zone that each point lies in, on the coordinates of the cube; -1 for none."""
    shapely = package("shapely")
    tree = shapely.STRtree([shapely.geometry.shape(s) for s in zones.shape])
    point, zone = tree.query(shapely.points(x, y), predicate="intersects")
    found = np.full(len(x), -1, dtype=np.int64)
    found[point[::-1]] = zone[::-1]  # on a border, the first zone
    return found


# Kinds of zones --------------------------------------------------------------------------------------------------


def polygons(
    features: Sequence[Feature], code: str, crs: str, prefix: str = "", parent: str | None = None
) -> Zones:
    """Zones of GeoJSON features in degrees. code, parent: properties with the code of each and of what it lies in."""
    try:
        names = [f"{prefix}{f['properties'][code]}" for f in features]
        parents = ["" if parent is None else f"{prefix}{f['properties'][parent]}" for f in features]
    except KeyError as fault:
        had = ", ".join(features[0]["properties"]) if features else "nothing"
        raise BadRequest(f"The polygons have no property {fault}. They have: {had}.") from None
    if not names or len(set(names)) < len(names):
        raise BadDesign(
            f"{len(names)} polygons have {len(set(names))} codes. Each zone needs a code of its own."
        )
    return _zones(names, parents, [_moved(f["geometry"], crs) for f in features])


def hexagons(resolution: int, crs: str, box: tuple[float, float, float, float]) -> Zones:
    """Cells of H3 that lie whole on a cube, by its edges on its own coordinates."""
    if not 0 <= resolution <= FINEST:
        raise BadRequest(
            f"Hexagons of resolution {resolution} are no zones: 0 to {FINEST}, so that none is smaller than 1 km2."
        )
    h3 = package("h3")
    left, low, right, high = _degrees(box, crs)
    around = h3.LatLngPoly([(low, left), (low, right), (high, right), (high, left)])
    names = sorted(h3.h3shape_to_cells(around, resolution))
    shapes = [
        {
            "type": "Polygon",
            "coordinates": [[(x, y) for y, x in (*h3.cell_to_boundary(n), h3.cell_to_boundary(n)[0])]],
        }
        for n in names
    ]
    moved = [_moved(shape, crs) for shape in shapes]
    whole = [(n, s) for n, s in zip(names, moved, strict=True) if _within(s["bbox"], box)]
    if not whole:
        raise BadRequest(
            f"No hexagon of resolution {resolution} lies whole on the cube. Take a finer one, up to {FINEST}."
        )
    return _zones([n for n, _ in whole], [""] * len(whole), [s for _, s in whole])


def squares(side: float, box: tuple[float, float, float, float]) -> Zones:
    """Squares of `side` metres from the north-west corner of a cube on, named by row and column; what is left over at the
    edges is in none."""
    if side < LEAST:
        raise BadRequest(f"Squares of {side:g} m are too small to be shown: {LEAST:g} m is the least.")
    left, low, right, high = box
    down, across = int((high - low) / side + 1e-9), int((right - left) / side + 1e-9)
    if not down or not across:
        raise BadRequest(f"The cube is smaller than one square of {side:g} m.")
    names, shapes = [], []
    for r in range(down):
        for c in range(across):
            x, y = left + c * side, high - r * side
            names.append(f"r{r + 1:04d}c{c + 1:04d}")
            ring = [(x, y), (x + side, y), (x + side, y - side), (x, y - side), (x, y)]
            shapes.append({"type": "Polygon", "coordinates": [ring], "bbox": (x, y - side, x + side, y)})
    return _zones(names, [""] * len(names), shapes)


def _zones(names: Sequence[str], parents: Sequence[str], shapes: Sequence[Feature]) -> Zones:
    shapely = package("shapely")
    made = [shapely.geometry.shape(s) for s in shapes]
    broken = [n for n, s in zip(names, made, strict=True) if not s.is_valid or s.is_empty]
    if broken:
        raise BadDesign(
            f"{len(broken)} polygons cross themselves or are empty, {broken[0]} among them. Mend the file."
        )
    hectares = np.array([s.area / 10_000 for s in made])
    small = [n for n, ha in zip(names, hectares, strict=True) if ha < 0.999 * LEAST**2 / 10_000]
    if small:
        raise BadRequest(
            f"{len(small)} zones are smaller than {LEAST**2 / 1e6:g} km2, {small[0]} among them: too small to be shown, so that no "
            "parcel can be made out. Merge them with their neighbours."
        )
    return Zones(tuple(names), tuple(parents), tuple(shapes), hectares)


def _moved(geometry: Feature, crs: str) -> Feature:
    """From degrees to the coordinates of a cube, with its box."""
    moved = package("rasterio.warp").transform_geom(DEGREES, crs, geometry)
    return {**moved, "bbox": package("shapely").geometry.shape(moved).bounds}


def _degrees(box: tuple[float, float, float, float], crs: str) -> tuple[float, ...]:
    found: tuple[float, ...] = package("rasterio.warp").transform_bounds(crs, DEGREES, *box)
    return found


def _meets(one: Sequence[float], box: Sequence[float]) -> bool:
    return one[0] < box[2] and one[2] > box[0] and one[1] < box[3] and one[3] > box[1]


def _within(one: Sequence[float], box: Sequence[float]) -> bool:
    return one[0] >= box[0] and one[2] <= box[2] and one[1] >= box[1] and one[3] <= box[3]
