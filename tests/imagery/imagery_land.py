"""A small made-up land: two crops, forest and water over a season, as scenes, as files and as labelled series."""

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

FIRST = date(2020, 9, 13)
DATES = [str(FIRST + timedelta(days=32 * i)) for i in range(11)]
SIDE, SIZE = 40, 100.0  # pixels, metres
CLASSES = ("early", "late", "forest")
SHAPE = {
    "type": "Polygon",
    "coordinates": [[[-75, 0.146], [-74.966, 0.146], [-74.966, 0.18], [-75, 0.18], [-75, 0.146]]],
}
LEFT, TOP = 500_000.0, 20_000.0  # UTM 18 north


def curve(cls: str, year: int = 2020) -> np.ndarray:
    """NDVI of a class through the season."""
    t = np.arange(len(DATES))
    if cls == "forest":
        return np.full(len(t), 0.85)
    peak = 3.0 if cls == "early" else 7.0
    return 0.25 + 0.6 * np.exp(-((t - peak) ** 2) / 3)


def classes() -> np.ndarray:
    """(rows, columns): a field in the west, another in the middle, forest in the east."""
    land = np.full((SIDE, SIDE), 2)
    land[:, :12], land[:, 12:26] = 0, 1
    return land


def cube(noise: float = 0.03, seed: int = 0) -> np.ndarray:
    """(t, rows, columns) NDVI."""
    rng = np.random.default_rng(seed)
    curves = np.array([curve(c) for c in CLASSES])
    return curves[classes()].transpose(2, 0, 1) + rng.normal(0, noise, (len(DATES), SIDE, SIDE))


def tif(
    path: Path,
    values: np.ndarray,
    crs: str | None = "EPSG:32618",
    nodata: float | None = None,
    size: float = SIZE,
) -> None:
    import rasterio

    path.parent.mkdir(parents=True, exist_ok=True)
    layers = values if values.ndim == 3 else values[None]
    with rasterio.open(
        path, "w", driver="GTiff", width=layers.shape[2], height=layers.shape[1], count=len(layers), dtype=str(values.dtype),
        crs=crs, nodata=nodata, transform=rasterio.Affine(size, 0, LEFT, 0, -size, TOP),
    ) as file:  # fmt: skip
        file.write(layers)


def files(folder: Path, values: np.ndarray | None = None) -> Path:
    """One GeoTIFF a date, and the table that describes them."""
    values = cube() if values is None else values
    rows = ["file,band,date"]
    for d, layer in zip(DATES, values, strict=True):
        tif(folder / f"ndvi-{d}.tif", np.round(layer * 10_000).astype("int16"), nodata=-3000)
        rows.append(f"ndvi-{d}.tif,ndvi,{d}")
    (folder / "files.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "files.csv"


def table(
    path: Path, per_place: int = 2, places: int = 20, years: tuple[int, ...] = (2018, 2019, 2020)
) -> Path:
    """Labelled series, several of each place."""
    rng = np.random.default_rng(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["sample_id", "longitude", "latitude", "label", "date", "ndvi"])
        i = 0
        for place in range(places):
            for k in range(per_place):
                cls, year = CLASSES[place % 3], years[(place + k) % len(years)]
                begin = date(year, 9, 13)
                for step, v in enumerate(curve(cls) + rng.normal(0, 0.04, len(DATES))):
                    day = begin + timedelta(days=32 * step)
                    write.writerow(
                        [
                            i,
                            -75 + place // 5 * 0.9 + place * 0.01,
                            0.1 + place * 0.01,
                            cls,
                            day,
                            round(float(v), 4),
                        ]
                    )
                i += 1
    return path


def catalogue(
    folder: Path, dates: list[str], cloudy: set[str] = frozenset(), sizes: tuple[float, ...] = (SIZE,)
) -> Path:
    """A STAC catalogue of Landsat 8 Collection 1 scenes: red and nir as numbers, clouds as bit 4 of BQA."""
    import pystac

    made = pystac.Catalog(id="made-up", description="A made-up land")
    for n, d in enumerate(dates):
        size = sizes[n % len(sizes)]
        side = int(SIDE * SIZE / size)
        red, nir = (
            np.full((side, side), 1000 + n, dtype="uint16"),
            np.full((side, side), 3000 + n, dtype="uint16"),
        )
        quality = np.full((side, side), 2720, dtype="uint16")
        quality[: side // 4] |= 1 << 4
        if d in cloudy:
            quality[:] |= 1 << 4
        red[0, 0] = 0
        item = pystac.Item(
            id=f"scene-{d}-{n}", geometry=SHAPE, bbox=[-75.0, 0.146, -74.966, 0.18], datetime=datetime.fromisoformat(f"{d}T15:00:00+00:00"), properties={},
        )  # fmt: skip
        for name, values in (("B4", red), ("B5", nir), ("BQA", quality)):
            tif(folder / item.id / f"{name}.tif", values, size=size)
            item.add_asset(name, pystac.Asset(href=str(folder / item.id / f"{name}.tif")))
        made.add_item(item)
    made.normalize_hrefs(str(folder))
    made.save(pystac.CatalogType.SELF_CONTAINED)
    json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    return folder / "catalog.json"
