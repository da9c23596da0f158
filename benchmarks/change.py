"""Breaks on land whose truth is known, beside the package nrt where it is installed; written into docs/methods/change.md.

Run: python benchmarks/change.py --out docs/methods/change.md. Without nrt its rows stay as they are in the page: say
--nrt PYTHON, an interpreter that has nrt, numba and scipy (nrt is no dependency of this project). --data FOLDER holds
dtwsat_mt/, as for benchmarks/classification.py; without it the table of real land stays as it is.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vereda.imagery import breaks

BEGIN, END = "<!-- breaks: written by benchmarks/change.py -->", "<!-- end of breaks -->"
REAL, REAL_END = "<!-- real land: written by benchmarks/change.py -->", "<!-- end of real land -->"
DAYS = np.datetime64("2014-01-01") + np.arange(0, 8 * 365, 16)
BEFORE = int(np.searchsorted(DAYS, np.datetime64("2019-01-01")))
CHANGE = np.datetime64("2020-06-15")
SIDE, RATE, CLOUDS = 100, 0.05, 0.35
SHIFTS = (1.0, 2.0, 3.0, 10.0)
YEARS = (DAYS[-1] - DAYS[BEFORE]).astype(int) / 365.25
#: Found (n,) step of the alarm after the history or -1, and which pixels were watched.
Alarms = tuple[NDArray[np.int64], NDArray[np.bool_]]


def land(shift: float, memory: float, seed: int) -> np.ndarray:
    """(n, t): a season, clouds, noise; in the second half of the pixels a fall of `shift` standard deviations."""
    n = SIDE * SIDE
    seen = np.random.default_rng(seed).random((n, len(DAYS))) > CLOUDS
    wave = np.cos(2 * np.pi * (DAYS - DAYS[0]).astype(float) / 365.25)
    x = 0.8 + 0.05 * wave + 0.03 * breaks.noise(seen, memory, seed + 1)
    x[n // 2 :, DAYS >= CHANGE] -= 0.03 * shift
    return x.astype("f4")


def ours(which: str, raised: bool) -> Callable[[np.ndarray, float], Alarms]:
    """Limits of the tables, or raised by simulation as the command does."""

    def run(x: np.ndarray, memory: float) -> Alarms:
        seen = np.isfinite(x[:4000])
        looks = seen[:, BEFORE:].sum(axis=1).mean() / YEARS / RATE
        made = breaks.chart(looks)
        if raised:
            rough = breaks.watch(x[:, :BEFORE], x[:, BEFORE:], DAYS, made)
            lag1 = breaks.memory(float(np.nanmedian(rough.lag1)), made, seen, BEFORE, DAYS, 1)
            made = breaks.calibrated(made, looks, seen, BEFORE, DAYS, lag1, 2)
        found = breaks.watch(x[:, :BEFORE], x[:, BEFORE:], DAYS, made)
        return getattr(found, which)[:, 0].astype(np.int64), found.watched

    return run


def theirs(which: str, **settings: object) -> Callable[[np.ndarray, float], Alarms]:
    """nrt, a date at a time, as its pages show."""

    def run(x: np.ndarray, memory: float) -> Alarms:
        import nrt.monitor.cusum
        import nrt.monitor.ewma
        import xarray as xr

        stack = x.T.reshape(len(DAYS), SIDE, SIDE).astype("f8")
        history = xr.DataArray(
            stack[:BEFORE], dims=("time", "y", "x"),
            coords={"time": DAYS[:BEFORE].astype("datetime64[ns]"), "y": np.arange(SIDE), "x": np.arange(SIDE)},
        )  # fmt: skip
        made = nrt.monitor.ewma.EWMA(**settings) if which == "ewma" else nrt.monitor.cusum.CuSum(**settings)
        made.fit(dataarray=history)
        watched = (np.asarray(made.mask) == 1).ravel()
        for day, layer in zip(DAYS[BEFORE:], stack[BEFORE:], strict=True):
            made.monitor(array=layer, date=datetime.combine(day.astype(object), datetime.min.time()))
        at = np.asarray(made.detection_date).ravel().astype(np.int64)
        step = np.searchsorted(DAYS[BEFORE:].astype(np.int64), at)
        return np.where((np.asarray(made.mask).ravel() == 3) & (at > 0), step, -1), watched

    return run


METHODS: dict[str, Callable[[np.ndarray, float], Alarms]] = {
    "vereda CUSUM, limit of the tables": ours("cusum", raised=False),
    "vereda CUSUM, raised": ours("cusum", raised=True),
    "vereda EWMA, limit of the tables": ours("ewma", raised=False),
    "vereda EWMA, raised": ours("ewma", raised=True),
}
NRT: dict[str, Callable[[np.ndarray, float], Alarms]] = {
    "nrt EWMA, as it comes": theirs("ewma"),
    "nrt EWMA, weight 0.1, width 2.6, no trend": theirs("ewma", trend=False, lambda_=0.1, sensitivity=2.61),
    "nrt CuSum, as it comes": theirs("cusum"),
    "nrt CuSum, no trend": theirs("cusum", trend=False),
}


def measured(run: Callable[[np.ndarray, float], Alarms], memory: float) -> str:
    """A row: watched, false alarms a pixel-year of pixels that never change; found within a year and middle lag by shift."""
    cells = []
    for i, shift in enumerate(SHIFTS):
        x = land(shift, memory, 10 * i)
        step, watched = run(x, memory)
        alarm = np.where(step >= 0, (DAYS[BEFORE:][step] - DAYS[BEFORE]).astype(int) / 365.25, np.inf)
        same = watched & (np.arange(len(x)) < len(x) // 2)
        if not i:
            rate = (step[same] >= 0).sum() / np.minimum(alarm[same], YEARS).sum()
            cells += [f"{watched.mean():.3f}", f"{rate:.3f}"]
        late = (alarm * 365.25 - (CHANGE - DAYS[BEFORE]).astype(int))[
            watched & ~(np.arange(len(x)) < len(x) // 2)
        ]
        late = late[late >= 0]  # those that had alarmed before cannot be found any more
        within = late <= 365
        cells.append(
            f"{within.mean():.3f}, {np.median(late[within]):.0f} d"
            if within.any()
            else f"{within.mean():.3f}"
        )
    return " | ".join(cells)


def rows(methods: dict[str, Callable[[np.ndarray, float], Alarms]]) -> list[str]:
    """Markdown, one a method and kind of noise."""
    made = []
    for name, run in methods.items():
        for memory in (0.0, 0.3):
            made.append(f"| {name} | {memory:g} | {measured(run, memory)} |")
            print(made[-1], flush=True)
    return made


def speed(run: Callable[[np.ndarray, float], Alarms]) -> float:
    """Microseconds a pixel, the second time, history and monitoring."""
    x = land(0.0, 0.0, 99)
    run(x, 0.0)
    begin = time.process_time()
    run(x, 0.0)
    return (time.process_time() - begin) / len(x) * 1e6


def table(beside: list[str]) -> str:
    """The table with the rows of nrt, measured now or kept."""
    names = " | ".join(f"fall of {s:g} sd" for s in SHIFTS)
    head = [
        f"| method | memory | watched | false alarms a pixel-year | {names} |",
        "|---|---|---|---|" + "---|" * len(SHIFTS),
    ]
    return "\n".join([*head, *rows(METHODS), *beside])


# Real land -------------------------------------------------------------------------------------------------------

HISTORY, MONITOR = "2007-09-14..2010-12-31", "2011-01-01..2013-12-31"


def real(data: Path) -> str:
    """Table of the MODIS cube of dtwSat by the command, and of its labelled pixels by kind of land."""
    from vereda.pipeline import building_scenes, watching

    lines = [
        "| land | band | watched | autocorrelation seen, taken | by limits of the tables | limits raised to | tried on the history | falls, rises | a pixel-year |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = [
            f"{(data / band).resolve()}.tif,{band},{day},{i}"
            for band in ("ndvi", "evi")
            for i, day in enumerate((data / "timeline").read_text(encoding="utf-8").split(), 1)
        ]
        (work / "files.csv").write_text("\n".join(["file,band,date,layer", *rows]), encoding="utf-8")
        cube = work / "mt.zarr"
        building_scenes.build(
            building_scenes.Asked(source=str(work / "files.csv"), out=cube, valid="-0.3,1.5")
        )
        for band in ("ndvi", "evi"):
            told = watching.run(watching.Asked(cube, band, HISTORY, MONITOR, work / "out")).json
            lines.append(_of_command(band, told))
        for label in ("Forest", "crops"):
            for band in (0, 1):
                lines.append(_of_label(data, cube, label, band))
    return "\n".join(lines)


def _of_command(band: str, told: dict) -> str:
    both = told["detectors"].values()

    def pair(name: str, places: int) -> str:
        return ", ".join(f"{d[name]:.{places}f}" for d in both)

    counts = "; ".join(
        f"{d['falls']}, {d['rises']} (false, expected: {d['expected_false']:.0f})" for d in both
    )
    return (
        f"| all | {band} | {told['states']['watched']} | {told['lag1']:.2f}, {told['memory']:.2f} | {pair('false_alarms_by_tables', 2)} | "
        f"{pair('limit', 1)} | {pair('false_alarms_tried', 3)} | {counts} | - |"
    )


def _of_label(data: Path, cube: Path, label: str, band: int) -> str:
    """Pixels with a label in every year they have one; limits of their own, raised as the command does."""
    from vereda.store import cubes

    made = cubes.opened(cube)
    days = np.array(made.told["dates"], dtype="datetime64[D]")
    before = int(np.searchsorted(days, np.datetime64("2011-01-01")))
    row, column = _labelled(data, label)
    x = np.ascontiguousarray(made.read((0, 0))[:, band, row, column].T)
    seen = np.tile(np.isfinite(x), (-(-4000 // len(x)), 1))
    looks = 365.25 / 16 / RATE
    table = breaks.chart(looks)
    rough = breaks.watch(x[:, :before], x[:, before:], days, table)
    lag1 = float(np.nanmedian(rough.lag1))
    memory = breaks.memory(lag1, table, seen, before, days, 0)
    plain = breaks.simulated(table, seen, before, days, memory, 0)
    chart = breaks.calibrated(table, looks, seen, before, days, memory, 0)
    found = breaks.watch(x[:, :before], x[:, before:], days, chart)
    counts, rates = [], []
    for alarm in (found.cusum, found.ewma):
        way = alarm[found.watched & (alarm[:, 0] >= 0), 2]
        counts.append(f"{(way < 0).sum()}, {(way > 0).sum()}")
        rates.append(f"{len(way) / (breaks.looks_watched(found, alarm) * 16 / 365.25):.2f}")
    return (
        f"| {label.lower()} | {('ndvi', 'evi')[band]} | {found.watched.sum()} of {len(x)} | {lag1:.2f}, {memory:.2f} | "
        f"{plain.cusum * 365.25 / 16:.2f}, {plain.ewma * 365.25 / 16:.2f} | {chart.h:.1f}, {chart.width:.1f} | - | {'; '.join(counts)} | {', '.join(rates)} |"
    )


def _labelled(data: Path, label: str) -> tuple[np.ndarray, np.ndarray]:
    import rasterio
    from rasterio.warp import transform

    with (data / "samples.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with rasterio.open(data / "ndvi.tif") as file:
        at = transform(
            "EPSG:4326",
            file.crs,
            [float(r["longitude"]) for r in rows],
            [float(r["latitude"]) for r in rows],
        )
        places = [file.index(x, y) for x, y in zip(*at, strict=True)]
    forest = {p for p, r in zip(places, rows, strict=True) if r["label"] == "Forest"}
    other = {p for p, r in zip(places, rows, strict=True) if r["label"] != "Forest"}
    chosen = sorted(forest - other if label == "Forest" else other - forest)
    return np.array([p[0] for p in chosen]), np.array([p[1] for p in chosen])


def main() -> None:
    """Write the table between the marks of the page."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--out", type=Path)
    ask.add_argument("--nrt", metavar="PYTHON")
    ask.add_argument("--data", type=Path)
    ask.add_argument("--only-nrt", action="store_true")
    asked = ask.parse_args()
    if asked.only_nrt:
        rows(NRT)
        print(f"# nrt EWMA {speed(NRT['nrt EWMA, as it comes']):.1f} us a pixel", file=sys.stderr)
        return
    page = asked.out.read_text(encoding="utf-8")
    if asked.data:
        first, rest = page.split(REAL)
        page = f"{first}{REAL}\n{real(asked.data / 'dtwsat_mt')}\n{REAL_END}{rest.split(REAL_END)[1]}"
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    kept = [line for line in old.splitlines() if line.startswith("| nrt")]
    if asked.nrt:
        found = subprocess.run(
            [asked.nrt, __file__, "--only-nrt"], capture_output=True, text=True, check=True
        )
        kept = [line for line in found.stdout.splitlines() if line.startswith("| nrt")]
        print(found.stderr.splitlines()[-1])
    made = table(kept)
    asked.out.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")
    print(f"vereda EWMA {speed(ours('ewma', raised=False)):.1f} us a pixel (both detectors)")


if __name__ == "__main__":
    main()
