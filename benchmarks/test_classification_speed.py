"""Series into strata, end to end: a cube on disk and this engine, beside a loop of rasterio, NumPy and LightGBM, in one run."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("zarr")
pytest.importorskip("rasterio")
lightgbm = pytest.importorskip("lightgbm")

from vereda.imagery import classify, predict  # noqa: E402
from vereda.imagery.features import Recipe  # noqa: E402
from vereda.imagery.layout import Layout, season  # noqa: E402
from vereda.store import cubes  # noqa: E402

DATES, BANDS, SIDE, CLASSES = 23, ("red", "nir", "ndvi", "evi"), 512, 4
DAYS = np.datetime64("2020-01-01") + 16 * np.arange(DATES)


def curves(rng: np.random.Generator, n: int, label: np.ndarray) -> np.ndarray:
    """(n, t, b): made-up seasons, one an its own peak and depth for each class and band."""
    t = np.linspace(0, 2 * np.pi, DATES)[None, :, None]
    phase, depth = np.arange(CLASSES)[label], 0.1 + 0.05 * np.arange(len(BANDS))
    return (
        0.4 + depth * np.sin(t + phase[:, None, None]) + rng.normal(0, 0.1, (n, DATES, len(BANDS)))
    ).astype("f4")


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same numbers as a zarr cube and as a deflated GeoTIFF, and a model of 425 trees."""
    import rasterio

    folder, rng = tmp_path_factory.mktemp("land"), np.random.default_rng(0)
    label = np.repeat(np.arange(CLASSES), 300)
    x = curves(rng, len(label), label)
    names = np.array([f"class {c}" for c in label])
    known = classify.Learnt(
        x, names, np.arange(len(label)), DAYS, season(BANDS, np.tile(DAYS, (len(label), 1))), "made-up"
    )
    made = classify.fit(known, "lightgbm", Recipe("percentiles"))
    told = {
        "crs": "EPSG:32618", "transform": [0.0, 10.0, 0.0, 0.0, 0.0, -10.0], "rows": SIDE, "columns": SIDE, "side": 256, "bands": list(BANDS),
        "dates": DAYS.astype(str).tolist(), "scale": 1e-4, "scenes": {},
    }  # fmt: skip
    building = cubes.building(folder / "cube.zarr", told)
    whole = np.empty((DATES * len(BANDS), SIDE, SIDE), dtype="int16")
    for block in building.left():
        top, bottom, left, right = cubes.edges(told, block)
        here = rng.integers(0, CLASSES, (bottom - top) * (right - left))
        values = (
            curves(rng, len(here), here)
            .transpose(1, 2, 0)
            .reshape(DATES, len(BANDS), bottom - top, right - left)
        )
        building.write(block, values)
        whole[:, top:bottom, left:right] = np.round(values / 1e-4).reshape(-1, bottom - top, right - left)
    building.finish()
    with rasterio.open(
        folder / "cube.tif", "w", driver="GTiff", width=SIDE, height=SIDE, count=len(whole), dtype="int16", tiled=True, blockxsize=256,
        blockysize=256, compress="deflate", interleave="band", transform=rasterio.Affine(10, 0, 0, 0, -10, 0), crs="EPSG:32618",
    ) as file:  # fmt: skip
        file.write(whole)
    return {"folder": folder, "model": made}


def ours(land: dict[str, Any], envelope: bool) -> np.ndarray:
    cube, model = cubes.opened(land["folder"] / "cube.zarr"), land["model"]
    given, out = Layout(BANDS, tuple(cube.told["dates"])), np.empty((SIDE, SIDE), dtype="int8")
    for block in cube.blocks():
        top, bottom, left, right = cubes.edges(cube.told, block)
        values = cube.read(block)
        if envelope:
            out[top:bottom, left:right] = predict.predict(model, values, given).stratum
            continue
        series = np.ascontiguousarray(values.reshape(DATES, len(BANDS), -1).transpose(2, 0, 1))
        out[top:bottom, left:right] = (
            model.predict_proba(series, given).argmax(axis=1).reshape(bottom - top, right - left)
        )
    return out


def plain_loop(land: dict[str, Any]) -> np.ndarray:
    """What one writes in an afternoon: windows of a GeoTIFF, percentiles by NumPy, LightGBM."""
    import rasterio
    from rasterio.windows import Window

    booster, out = land["model"].estimator.booster_, np.empty((SIDE, SIDE), dtype="int8")
    with rasterio.open(land["folder"] / "cube.tif") as file:
        for top in range(0, SIDE, 256):
            for left in range(0, SIDE, 256):
                raw = file.read(window=Window(left, top, 256, 256)).astype("f4") * np.float32(1e-4)
                series = raw.reshape(DATES, len(BANDS), -1)
                made = (
                    np.quantile(series, [0.1, 0.25, 0.5, 0.75, 0.9], axis=0)
                    .transpose(2, 1, 0)
                    .reshape(256 * 256, -1)
                )
                out[top : top + 256, left : left + 256] = (
                    booster.predict(made, num_threads=1).argmax(axis=1).reshape(256, 256)
                )
    return out


def test_cube_to_classes(land: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, not asserted: seconds depend on the machine. The classes must agree."""
    ours(land, True)  # compiled
    told = []
    found = {}
    for name, run in (("rasterio + NumPy + LightGBM", lambda: plain_loop(land)), ("vereda, classes", lambda: ours(land, False)),
                      ("vereda, with what is unlike the training", lambda: ours(land, True))):  # fmt: skip
        cpu, wall = time.process_time(), time.perf_counter()
        found[name] = run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        told.append(f"{name}: {SIDE**2 / 1e3 / cpu:.0f} kpx per CPU-second, {SIDE**2 / 1e3 / wall:.0f} kpx/s")
    with capsys.disabled():
        print("\n" + "\n".join(told))
    one, other = found["rasterio + NumPy + LightGBM"], found["vereda, classes"]
    assert (one == other).mean() > 0.999
    assert Path(land["folder"]).exists()
