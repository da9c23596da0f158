"""Public alerts of forest disturbance, decoded, by cell of at least 1 km and week; no alert alone, no coordinates.

Layouts: one number a pixel, its first digit the confidence, then the days since 2014-12-31 (the three feeds of Global
Forest Watch and their integration); two bands, the confidence and the day as YYDOY (RADD as its makers publish it);
or a table with a row a pixel (what the data API of Global Forest Watch gives).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadRequest, BadSource

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
ZERO = np.datetime64("2014-12-31")
MONDAY = np.datetime64("1970-01-05")
FEW = 3  # pixels: fewer are not counted out
CONFIDENCE = ("low", "high", "highest")  # 2, 3, 4 in the first digit
OFF = 0.05  # of a pixel that a point may lie off its centre
HALF_AXIS, FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS 84
MOST_NORTH = 60.0  # degrees: farther from the equator, a cell of whole pixels says little


@dataclass(frozen=True, slots=True)
class Feed:
    """first: day of its first alerts. side: of its pixels in degrees, in tables. column: how its columns begin there.
    false, found: what is published on false and found alerts, and where; empty: nothing we know of."""

    title: str
    first: str
    classes: int
    side: float
    column: str
    false: tuple[tuple[str, str], ...] = ()
    found: tuple[str, ...] = ()
    source: str = ""


#: Which digits and days a feed has: metadata of the data API of Global Forest Watch; pixel sides: its tables.
FEEDS: Mapping[str, Feed] = {
    "integrated": Feed(
        "GFW integrated alerts", "2015-01-01", 3, 0.0001, "gfw_integrated_alerts", (("highest", "none_seen"),), ("integrated_found",),
        "Reiche et al. 2024, Environmental Research Letters 19(5), abstract",
    ),
    "radd": Feed(
        "RADD", "2019-01-01", 2, 0.0001, "wur_radd_alerts", (("high", "radd_false"),), ("radd_missed",),
        "RADD, description of the dataset in the Earth Engine catalogue; Reiche et al. 2021, Environmental Research Letters 16, 024005",
    ),
    "glad-l": Feed("GLAD-L", "2015-01-01", 2, 0.00025, "umd_glad_landsat_alerts"),
    "glad-s2": Feed("GLAD-S2", "2019-01-01", 2, 0.0001, "umd_glad_sentinel2_alerts"),
}  # fmt: skip
#: What tables call 2, 3 and 4.
CALLED = {"low": 0, "nominal": 0, "high": 1, "highest": 2}


# Codes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alerts:
    """a alerts: row and column of the pixel, day, and confidence as a place in CONFIDENCE."""

    row: Whole
    column: Whole
    day: NDArray[np.datetime64]
    confidence: Whole


def of_codes(
    code: NDArray[np.integer[Any]], feed: Feed, until: date, where: str, at: tuple[int, int] = (0, 0)
) -> Alerts:
    """code (rows, columns), 0 where no alert is; `at` is where it begins in the file. BadSource for codes that are none."""
    row, column = np.nonzero(code)
    value = code[row, column].astype(np.int64)
    row, column = row + at[0], column + at[1]
    digit, days = value // 10_000, value % 10_000
    day = ZERO + days.astype("timedelta64[D]")
    _refuse(digit, day, (digit < 2) | (digit > feed.classes + 1), value, row, column, feed, until, where)
    return Alerts(row, column, day, digit - 2)


def of_bands(
    alert: NDArray[np.integer[Any]],
    yydoy: NDArray[np.integer[Any]],
    feed: Feed,
    until: date,
    where: str,
    at: tuple[int, int] = (0, 0),
) -> Alerts:
    """alert (rows, columns) 2 or 3, yydoy the day as 22121 (day 121 of 2022); 0 in both where no alert is."""
    row, column = np.nonzero((alert != 0) | (yydoy != 0))
    digit, value = alert[row, column].astype(np.int64), yydoy[row, column].astype(np.int64)
    row, column = row + at[0], column + at[1]
    year, number = value // 1000, value % 1000
    first = (year + 30).astype("datetime64[Y]").astype("datetime64[D]")  # 1970 and 30 is 2000
    day = first + (number - 1).astype("timedelta64[D]")
    length = ((year + 31).astype("datetime64[Y]").astype("datetime64[D]") - first).astype(np.int64)
    wrong = (digit < 2) | (digit > feed.classes + 1) | (number < 1) | (number > length) | (year > 99)
    _refuse(digit, day, wrong, value, row, column, feed, until, where)
    return Alerts(row, column, day, digit - 2)


def _refuse(
    digit: Whole, day: NDArray[np.datetime64], wrong: NDArray[np.bool_], value: Whole, row: Whole, column: Whole,
    feed: Feed, until: date, where: str,
) -> None:  # fmt: skip
    """BadSource where a code is no code, or its day is before the feed began or after `until`."""
    late, early = day > np.datetime64(until), day < np.datetime64(feed.first)
    for bad, what in (
        (wrong, f"are no code of {feed.title}: confidence 2 to {feed.classes + 1}, and then a day"),
        (early & ~wrong, f"have a day before {feed.first}, when {feed.title} began"),
        (late & ~wrong, f"have a day after {until}"),
    ):
        if bad.any():
            i = int(np.argmax(bad))
            raise BadSource(
                f"{where}: {int(bad.sum())} pixels in {len(np.unique(row[bad]))} rows and {len(np.unique(column[bad]))} columns "
                f"{what}. The first, {int(digit[i])} and {int(value[i])}, is in row {int(row[i]) + 1}, column {int(column[i]) + 1}. "
                "Say whose alerts these are with --feed, and up to which day with --as-of; nothing was summed."
            )


def of_points(
    latitude: Array,
    longitude: Array,
    day: NDArray[np.datetime64],
    confidence: Whole,
    side: float,
    where: str,
    line: Sequence[int],
) -> tuple[Alerts, float, int, int]:
    """A row a pixel, by its centre in degrees; with the latitude where rows begin, and how many rows and columns there are,
    whole degrees around all points. line: of the file, of each row. BadSource where points are no centres, or are there twice."""
    top, left = np.ceil(latitude.max()), np.floor(longitude.min())
    down, across = (top - latitude) / side - 0.5, (longitude - left) / side - 0.5
    off = np.maximum(np.abs(down - np.round(down)), np.abs(across - np.round(across))) > OFF
    if off.any():
        raise BadSource(
            f"{where}: {int(off.sum())} points are not the centre of a pixel of {side:g} degrees, first in line "
            f"{line[int(np.argmax(off))]}. Say the side of a pixel with --pixel."
        )
    row, column = np.round(down).astype(np.int64), np.round(across).astype(np.int64)
    rows = round((top - np.floor(latitude.min())) / side)
    columns = round((np.ceil(longitude.max()) - left) / side)
    _, first, counts = np.unique(row * columns + column, return_index=True, return_counts=True)
    if (counts > 1).any():
        raise BadSource(
            f"{where}: {int((counts > 1).sum())} pixels are there more than once, one of them in line "
            f"{line[int(first[np.argmax(counts > 1)])]}. One row a pixel: leave out what was downloaded twice."
        )
    return Alerts(row, column, day, confidence), float(top), max(rows, 1), max(columns, 1)


# Cells and weeks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of whole pixels, `down` by `across` of them; the last of a row or column takes what is left over, so that none
    is smaller. hectares (rows,): area of a pixel of each row. side: the least side of a cell, metres."""

    down: int
    across: int
    rows: int
    columns: int
    hectares: Array
    side: float

    def cell(self, row: Whole, column: Whole) -> tuple[Whole, Whole]:
        """Which cell a pixel is in."""
        last = self.rows // self.down - 1, self.columns // self.across - 1
        return np.minimum(row // self.down, last[0]), np.minimum(column // self.across, last[1])


def metric_grid(rows: int, columns: int, width: float, height: float, side: float) -> Grid:
    """Pixels of `width` by `height` metres."""
    down, across = _whole(side / height), _whole(side / width)
    return _grid(
        down,
        across,
        rows,
        columns,
        np.full(rows, width * height / 10_000),
        min(down * height, across * width),
    )


def degree_grid(rows: int, columns: int, top: float, width: float, height: float, side: float) -> Grid:
    """Pixels of `width` by `height` degrees, from the latitude `top` down; cells are 1 km wide where the grid is narrowest."""
    edge: Array = top - height * np.arange(rows + 1, dtype=np.float64)
    if np.abs(edge).max() > MOST_NORTH:
        raise BadRequest(
            f"The grid reaches beyond {MOST_NORTH:g} degrees of latitude, where these alerts are not made."
        )
    tall, wide = meridian(edge).min() * height, parallel(edge).min() * width
    down, across = _whole(side / tall), _whole(side / wide)
    hectares = area(edge[1:], edge[:-1], width) / 10_000
    return _grid(down, across, rows, columns, hectares, min(down * tall, across * wide))


def _grid(down: int, across: int, rows: int, columns: int, hectares: Array, side: float) -> Grid:
    if rows < down or columns < across:
        raise BadRequest(
            f"The land is {rows} by {columns} pixels, and a cell takes {down} by {across}: less than one cell is not shown, "
            "so that no parcel can be made out."
        )
    return Grid(down, across, rows, columns, hectares, side)


def _whole(pixels: float) -> int:
    return max(1, int(np.ceil(pixels - 1e-9)))


@dataclass(frozen=True, slots=True)
class Row:
    """Pixels and hectares of a class in a cell and week; None where they are not counted out."""

    week: str
    cell: str
    kind: str
    pixels: int | None
    hectares: float | None


@dataclass(slots=True)
class Weeks:
    """Pixels and hectares by week, cell and class, added block by block."""

    grid: Grid
    classes: int
    found: dict[tuple[int, int, int, int], list[float]] = field(default_factory=dict)

    def add(self, row: Whole, column: Whole, day: NDArray[np.datetime64], kind: Whole) -> None:
        """Pixels by row and column of the grid, day and class."""
        if not len(row):
            return
        down, across = self.grid.cell(row, column)
        week = (day - MONDAY).astype(np.int64) // 7
        shape = int(down.max()) + 1, int(across.max()) + 1, self.classes
        first = int(week.min())
        one = (((week - first) * shape[0] + down) * shape[1] + across) * shape[2] + kind
        keys, at = np.unique(one, return_inverse=True)
        pixels, hectares = np.bincount(at), np.bincount(at, weights=self.grid.hectares[row])
        parts = (
            keys // (shape[0] * shape[1] * shape[2]) + first,
            *np.unravel_index(keys % (shape[0] * shape[1] * shape[2]), shape),
        )
        for w, d, a, k, n, ha in zip(*(p.tolist() for p in (*parts, pixels, hectares)), strict=True):
            total = self.found.setdefault((w, d, a, k), [0, 0.0])
            total[0] += n
            total[1] += ha

    def rows(self, names: tuple[str, ...]) -> list[Row]:
        """In order of week, cell and class. A cell with fewer than FEW pixels of a class in a week is not counted out; nor are
        the next smallest of its class, until a total less the others tells none of them."""
        hidden = self._hidden()
        return [
            Row(week_name(k[0]), f"r{k[1] + 1:04d}c{k[2] + 1:04d}", names[k[3]], *((None, None) if k in hidden else (int(n), round(ha, 4))))
            for k, (n, ha) in sorted(self.found.items())
        ]  # fmt: skip

    def _hidden(self) -> set[tuple[int, int, int, int]]:
        few = {k for k, (n, _) in self.found.items() if n < FEW}
        for kind in range(self.classes):
            mine = sorted((n, k) for k, (n, _) in self.found.items() if k[3] == kind)
            closed = sum(k in few for _, k in mine)
            while 0 < closed < len(mine) and _told([n for n, _ in mine[:closed]]):
                few.add(mine[closed][1])
                closed += 1
        return few

    def pixels(self, kind: int) -> int | None:
        """Of a class in all cells and weeks; None for one or two."""
        total = int(sum(n for k, (n, _) in self.found.items() if k[3] == kind))
        return None if 0 < total < FEW else total


def _told(pixels: list[float]) -> bool:
    """Whether the sum of these gives one of them away: it is alone, or they are all as few, or as many, as they can be."""
    return len(pixels) == 1 or sum(pixels) in (len(pixels), len(pixels) * (FEW - 1))


def week_name(week: int) -> str:
    """2024-W07, as ISO 8601 counts weeks."""
    day: date = (MONDAY + np.timedelta64(7 * week, "D")).astype(object)
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


# The ellipsoid ---------------------------------------------------------------------------------------------------


def meridian(latitude: Array) -> Array:
    """Metres of a degree of latitude (Snyder 1987, Map Projections, USGS PP 1395, page 25)."""
    e2, sine = FLATTENING * (2 - FLATTENING), np.sin(np.radians(latitude))
    return np.asarray(np.pi / 180 * HALF_AXIS * (1 - e2) / (1 - e2 * sine**2) ** 1.5)


def parallel(latitude: Array) -> Array:
    """Metres of a degree of longitude (same page)."""
    e2, phi = FLATTENING * (2 - FLATTENING), np.radians(latitude)
    return np.asarray(np.pi / 180 * HALF_AXIS * np.cos(phi) / np.sqrt(1 - e2 * np.sin(phi) ** 2))


def area(south: Array, north: Array, width: float) -> Array:
    """Square metres between two latitudes and `width` degrees of longitude (Snyder 1987, equation 3-12)."""
    return np.asarray(np.radians(width) * HALF_AXIS**2 / 2 * (_q(north) - _q(south)))


def _q(latitude: Array) -> Array:
    e2 = FLATTENING * (2 - FLATTENING)
    e, sine = np.sqrt(e2), np.sin(np.radians(latitude))
    return np.asarray(
        (1 - e2) * (sine / (1 - e2 * sine**2) - np.log((1 - e * sine) / (1 + e * sine)) / (2 * e))
    )
