"""Series into strata, end to end: a cube on disk and this engine, beside a loop of rasterio, NumPy and a classifier's own package, in one run.

Printed, not asserted: seconds depend on the machine. What both sides say is compared in every run.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

pytest.importorskip("zarr")
pytest.importorskip("rasterio")
lightgbm = pytest.importorskip("lightgbm")

from vereda.imagery import blocks, classify  # noqa: E402
from vereda.imagery.features import Recipe  # noqa: E402
from vereda.imagery.layout import Layout, season  # noqa: E402
from vereda.pipeline import classifying, training_files  # noqa: E402
from vereda.store import cubes  # noqa: E402

DATES, BANDS, SIDE, CLASSES = 23, ("red", "nir", "ndvi", "evi"), 512, 4
LARGE = 2048  # side of the land for memory and for workers
RUNS = 5
COUNTRY = 11.4e9  # pixels of 10 m of a country of 1.14 million square kilometres
AT = [0.1, 0.25, 0.5, 0.75, 0.9]
DAYS = np.datetime64("2020-01-01") + 16 * np.arange(DATES)


def curves(rng: np.random.Generator, n: int, label: np.ndarray) -> np.ndarray:
    """(n, t, b): made-up seasons, one an its own peak and depth for each class and band."""
    t = np.linspace(0, 2 * np.pi, DATES)[None, :, None]
    phase, depth = np.arange(CLASSES)[label], 0.1 + 0.05 * np.arange(len(BANDS))
    return (
        0.4 + depth * np.sin(t + phase[:, None, None]) + rng.normal(0, 0.1, (n, DATES, len(BANDS)))
    ).astype("f4")


def known() -> classify.Learnt:
    label = np.repeat(np.arange(CLASSES), 300)
    x = curves(np.random.default_rng(0), len(label), label)
    names = np.array([f"class {c}" for c in label])
    days = season(BANDS, np.tile(DAYS, (len(label), 1)))
    return classify.Learnt(x, names, np.arange(len(label)), DAYS, days, "made-up")


def cube_of(path: Path, side: int) -> np.ndarray:
    """A zarr cube of made-up land, and its whole numbers (t * b, rows, columns)."""
    rng = np.random.default_rng(1)
    told = {
        "crs": "EPSG:32618", "transform": [0.0, 10.0, 0.0, 0.0, 0.0, -10.0], "rows": side, "columns": side, "side": 256, "bands": list(BANDS),
        "dates": DAYS.astype(str).tolist(), "scale": 1e-4, "scenes": {},
    }  # fmt: skip
    building = cubes.building(path, told)
    whole = np.empty((DATES * len(BANDS), side, side), dtype="int16")
    for block in building.left():
        top, bottom, left, right = cubes.edges(told, block)
        here = rng.integers(0, CLASSES, (bottom - top) * (right - left))
        shape = (DATES, len(BANDS), bottom - top, right - left)
        values = curves(rng, len(here), here).transpose(1, 2, 0).reshape(shape)
        building.write(block, values)
        whole[:, top:bottom, left:right] = np.round(values / 1e-4).reshape(-1, *shape[2:])
    building.finish()
    return whole


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same numbers as a zarr cube and as a deflated GeoTIFF, and a larger cube."""
    import rasterio

    folder = tmp_path_factory.mktemp("land")
    whole = cube_of(folder / f"{SIDE}.zarr", SIDE)
    with rasterio.open(
        folder / "cube.tif", "w", driver="GTiff", width=SIDE, height=SIDE, count=len(whole), dtype="int16", tiled=True, blockxsize=256,
        blockysize=256, compress="deflate", interleave="band", transform=rasterio.Affine(10, 0, 0, 0, -10, 0), crs="EPSG:32618",
    ) as file:  # fmt: skip
        file.write(whole)
    cube_of(folder / f"{LARGE}.zarr", LARGE)
    return folder


Found = tuple[np.ndarray, np.ndarray]


def ours(path: Path, model: classify.Model, workers: int, client: Any = None) -> Found:
    """Strata (rows, columns) and probabilities (rows, columns, k), blocks by threads or by workers of a client."""
    cube = cubes.opened(path)
    told = cube.told
    work = classifying._Work(model, cube, Layout(BANDS, tuple(told["dates"])), range(DATES), None)
    every = cube.blocks()
    stratum = np.empty((told["rows"], told["columns"]), dtype="int8")
    proba = np.empty((*stratum.shape, len(model.classes)), dtype="f4")
    parts = (
        blocks.on_workers(classifying._found, work, every, client)
        if client
        else blocks.in_order(classifying._found, work, every, workers)
    )
    for block, found in zip(every, parts, strict=True):
        top, bottom, left, right = cubes.edges(told, block)
        stratum[top:bottom, left:right], proba[top:bottom, left:right] = found.stratum, found.proba
    return stratum, proba


def plain_loop(path: Path, model: classify.Model) -> Found:
    """What one writes in an afternoon: windows of a GeoTIFF, features by NumPy, the package's prediction, one thread."""
    import rasterio
    from rasterio.windows import Window

    stratum, proba = np.empty((SIDE, SIDE), dtype="int8"), np.empty((SIDE, SIDE, CLASSES), dtype="f4")
    with rasterio.open(path) as file:
        for top in range(0, SIDE, 256):
            for left in range(0, SIDE, 256):
                raw = file.read(window=Window(left, top, 256, 256)).astype("f4") * np.float32(1e-4)
                series = raw.reshape(DATES, len(BANDS), -1)
                if model.recipe.kind == "percentiles":
                    made = np.quantile(series, AT, axis=0).transpose(2, 1, 0).reshape(256 * 256, -1)
                else:
                    made = series.transpose(2, 0, 1).reshape(256 * 256, -1)
                told = (
                    model.estimator.booster_.predict(made, num_threads=1)
                    if model.kind == "lightgbm"
                    else model.estimator.predict_proba(made)
                )
                stratum[top : top + 256, left : left + 256] = told.argmax(axis=1).reshape(256, 256)
                proba[top : top + 256, left : left + 256] = told.reshape(256, 256, -1)
    return stratum, proba


def spent(
    run: Callable[[], Found], runs: int, more: Callable[[], float] = lambda: 0.0
) -> tuple[Found, float, float]:
    """What was found; seconds of processors (of this process, and of `more`) and of the wall, medians."""
    cpu, wall = [], []
    for _ in range(runs):
        before, began = time.process_time() + more(), time.perf_counter()
        found = run()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() + more() - before)
    return found, median(cpu), median(wall)


def line(name: str, pixels: int, cpu: float, wall: float) -> str:
    return f"{name}: {pixels / 1e3 / cpu:.0f} kpx per CPU-second, {pixels / 1e3 / wall:.0f} kpx/s"


@pytest.mark.parametrize(
    ("kind", "recipe", "runs"), [("lightgbm", "percentiles", 3), ("random-forest", "raw", 1)]
)
def test_cube_to_strata(
    land: Path, kind: str, recipe: str, runs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the plain loop: the same classes but where NumPy rounds percentiles otherwise; the same probabilities there."""
    model, cube = classify.fit(known(), kind, Recipe(recipe)), land / f"{SIDE}.zarr"
    ours(cube, model, 1)  # compiled
    theirs, cpu_then, wall = spent(lambda: plain_loop(land / "cube.tif", model), runs)
    told = [f"\n{kind}, {recipe}", line("rasterio, NumPy and the package", SIDE**2, cpu_then, wall)]
    for workers in (1, 2):
        found, cpu, wall = spent(lambda workers=workers: ours(cube, model, workers), RUNS)
        told.append(
            line(f"vereda, {workers} thread(s), with what is unlike the training", SIDE**2, cpu, wall)
            + f", {cpu_then / cpu:.1f} times"
        )
        seconds = cpu / SIDE**2 * COUNTRY
        told.append(f"  a country of {COUNTRY:.3g} pixels: {seconds / 3600:.1f} hours of one core")
        like = found[0] < len(model.classes)
        same = found[1].argmax(axis=2) == theirs[0]
        near = np.isclose(found[1], theirs[1], rtol=1e-5, atol=1e-7).all(axis=2)
        told.append(
            f"  classes the same for {same.mean():.5%}, probabilities for {near.mean():.5%}; unlike the training {1 - like.mean():.2%}"
        )
        assert (found[0] == found[1].argmax(axis=2))[like].all()
        assert same.mean() > 0.9999
        assert near.mean() > 0.999
    with capsys.disabled():
        print("\n".join(told))


def test_threads_and_processes(land: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One thread, two, and two worker processes of dask.distributed: the same bits; what handing over costs."""
    pytest.importorskip("distributed")
    model, cube = classify.fit(known(), "lightgbm", Recipe("percentiles")), land / f"{LARGE}.zarr"
    ours(land / f"{SIDE}.zarr", model, 1)
    one, cpu_one, wall = spent(lambda: ours(cube, model, 1), 3)
    told = ["", line("vereda, one thread", LARGE**2, cpu_one, wall)]
    two, cpu, wall = spent(lambda: ours(cube, model, 2), 3)
    told.append(line("vereda, two threads", LARGE**2, cpu, wall))
    with blocks.cluster(blocks.LOCAL, 2) as client:
        ours(land / f"{SIDE}.zarr", model, 1, client)  # compiled there

        def there() -> float:
            return float(sum(client.run(time.process_time).values()))

        far, cpu_far, wall = spent(lambda: ours(cube, model, 1, client), 3, there)
    told.append(line("vereda, two processes of dask.distributed", LARGE**2, cpu_far, wall))
    told.append(
        f"  pixels per CPU-second, against one thread: {cpu_one / cpu_far - 1:+.1%}; against two: {cpu / cpu_far - 1:+.1%}"
    )
    for other in (two, far):
        assert one[0].tobytes() == other[0].tobytes()
        assert one[1].tobytes() == other[1].tobytes()
    with capsys.disabled():
        print("\n".join(told))


def test_memory_does_not_grow_with_the_land(land: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Peak of a process of its own that writes strata by `vereda classify predict`, two threads, sixteen times the land."""
    model = classify.fit(known(), "lightgbm", Recipe("percentiles"))
    (land / "m.npz").write_bytes(training_files.model_bytes(model))
    told = [""]
    for side in (SIDE, LARGE):
        child = [
            sys.executable,
            __file__,
            str(land / f"{side}.zarr"),
            str(land / "m.npz"),
            str(land / f"out-{side}"),
        ]
        found = json.loads(
            subprocess.run(
                child, check=True, capture_output=True, text=True, env=os.environ
            ).stdout.splitlines()[-1]
        )
        told.append(
            f"{side} x {side}: {found['before']:.0f} MB before the first block, {found['peak']:.0f} MB at most"
        )
    with capsys.disabled():
        print("\n".join(told))


def _child(cube: str, model: str, out: str) -> None:
    made, _ = training_files.model_of(Path(model))
    asked = classifying.Asked(Path(cube), fitted=Path(model), out=Path(out), workers=2)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is that of fitting: count anew
    before = _peak()
    classifying.of_cube(made, cubes.opened(asked.file), None, asked)
    print(json.dumps({"before": before, "peak": _peak()}))


def _peak() -> float:
    """The most memory this process has held since it was last asked to forget, MB."""
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    _child(*sys.argv[1:])
