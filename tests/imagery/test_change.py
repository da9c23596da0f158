"""`vereda scenes breaks` on a made-up land whose truth is known: what is found, what is promised, what is refused."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("zarr", reason="needs the extra: pip install 'vereda[imagery]'")

from vereda.cli import main
from vereda.imagery import breaks
from vereda.store import cubes

DAYS = np.datetime64("2013-01-01") + np.arange(0, 9 * 365, 16)
ROWS = COLUMNS = 80
SIZE = 30.0
FIELD = (slice(10, 30), slice(40, 60))  # of 400 pixels, in the cells r1c2 (34 pixels a cell)
CLEARED = np.datetime64("2021-03-01")


def land(cleared: bool, memory: float = 0.0, size: float = SIZE) -> dict[str, Any]:
    """NDVI with a season, clouds and noise; a field cleared in March 2021."""
    seen = np.random.default_rng(5).random((ROWS * COLUMNS, len(DAYS))) > 0.3
    wave = np.cos(2 * np.pi * (DAYS - DAYS[0]).astype(float) / 365.25)
    x = 0.8 + 0.05 * wave + 0.03 * breaks.noise(seen, memory, 6)
    x = x.astype("f4").reshape(ROWS, COLUMNS, len(DAYS))
    if cleared:
        x[(*FIELD, np.flatnonzero(DAYS >= CLEARED))] -= np.float32(0.4)  # type: ignore[index]
    told = {
        "crs": "made up", "transform": [500_000.0, size, 0.0, 20_000.0, 0.0, -size], "rows": ROWS, "columns": COLUMNS, "side": 64,
        "bands": ["ndvi"], "dates": DAYS.astype(str).tolist(), "scale": None, "composite": "as_read", "scenes": {},
    }  # fmt: skip
    return {"x": x.transpose(2, 0, 1)[:, None], "told": told}


def cube(path: Path, made: dict[str, Any]) -> Path:
    building = cubes.building(path, made["told"])
    for block in building.left():
        top, bottom, left, right = cubes.edges(made["told"], block)
        building.write(block, np.ascontiguousarray(made["x"][:, :, top:bottom, left:right]))
    building.finish()
    return path


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cube(tmp_path_factory.mktemp("land") / "c.zarr", land(cleared=True))


HISTORY = ("--history", "2013-01-01..2019-12-31")
MONITOR = ("--monitor", "2020-01-01..2021-12-31")


def call(*args: object) -> Result:
    return CliRunner().invoke(main, ["scenes", "breaks", *(str(a) for a in args)])


def asked(path: Path, out: Path, *more: object) -> dict[str, Any]:
    found = call(path, "--band", "ndvi", *HISTORY, *MONITOR, "--out", out, "--json", *more)
    assert found.exit_code == 0, found.output
    told: dict[str, Any] = json.loads(found.output)
    return told


def test_a_field_that_was_cleared_is_found_in_its_cell_and_weeks(cleared: Path, tmp_path: Path) -> None:
    told = asked(cleared, tmp_path)
    assert told["states"]["watched"] > 0.9 * ROWS * COLUMNS
    rows = list(csv.DictReader((tmp_path / "breaks.csv").open(encoding="utf-8")))
    weeks = {f"2021-W{w:02d}" for w in range(9, 20)}
    for name in ("cusum", "ewma"):
        one = told["detectors"][name]
        false = one["expected_false"]
        assert one["falls"] - one["rises"] == pytest.approx(400, abs=60)
        assert one["rises"] == pytest.approx(false / 2, rel=0.25)
        assert one["more_than_expected"][0]
        mine = [
            r
            for r in rows
            if r["detector"] == name and r["direction"] == "fall" and r["pixels"] != "not shown"
        ]
        here = sum(int(r["pixels"]) for r in mine if r["cell"] == "r0001c0002" and r["week"] in weeks)
        assert here > 330
        assert all(float(r["hectares"]) == pytest.approx(0.09 * int(r["pixels"])) for r in mine)
    assert {r["cell"] for r in rows} == {f"r{r:04d}c{c:04d}" for r in (1, 2) for c in (1, 2)}
    assert told["cell"] == 1020


def test_land_that_does_not_change_alarms_as_often_as_was_promised_and_is_said_to_show_nothing(
    tmp_path: Path,
) -> None:
    told = asked(cube(tmp_path / "c.zarr", land(cleared=False)), tmp_path / "o")
    years = told["states"]["watched"] * 46 * 16 / 365.25
    for one in told["detectors"].values():
        assert one["falls"] + one["rises"] == pytest.approx(one["expected_false"], rel=0.15)
        assert (one["falls"] + one["rises"]) / years < 0.05
        assert one["false_alarms_simulated"] == pytest.approx(0.05, abs=0.008)
        assert one["false_alarms_by_tables"] > 0.055  # a season known from some hundred looks
        assert one["limit"] > one["limit_of_tables"]
    text = call(tmp_path / "c.zarr", "--band", "ndvi", *HISTORY, *MONITOR, "--out", tmp_path / "o").output
    assert "They are no evidence of change." in " ".join(text.split())


def test_limits_are_tried_on_the_history_and_a_promise_that_does_not_hold_is_said(tmp_path: Path) -> None:
    told = asked(cube(tmp_path / "c.zarr", land(cleared=False)), tmp_path / "o")
    assert told["tried_from"] == str(DAYS[int(0.75 * np.searchsorted(DAYS, np.datetime64("2020-01-01")))])
    for one in told["detectors"].values():
        assert one["false_alarms_tried"] == pytest.approx(
            0.055, abs=0.015
        )  # a shorter history: somewhat more
    made = land(cleared=False)
    drift = np.datetime64("2019-01-01") <= DAYS
    made["x"][drift] -= np.float32(0.04)  # haze over all land in the last year of the history
    told = asked(cube(tmp_path / "d.zarr", made), tmp_path / "o")
    assert all(one["false_alarms_tried"] > 0.3 for one in told["detectors"].values())
    text = call(tmp_path / "d.zarr", "--band", "ndvi", *HISTORY, *MONITOR, "--out", tmp_path / "o").output
    assert "more than twice what was asked for" in " ".join(text.split())


def test_memory_is_measured_said_and_paid_for(tmp_path: Path) -> None:
    told = asked(cube(tmp_path / "c.zarr", land(cleared=False, memory=0.3)), tmp_path / "o")
    assert told["memory"] == pytest.approx(0.3, abs=0.05)
    assert told["lag1_of_noise"] < 0
    for one in told["detectors"].values():
        assert one["falls"] + one["rises"] == pytest.approx(one["expected_false"], rel=0.2)
        assert one["false_alarms_by_tables"] > 0.1
    text = call(
        tmp_path / "c.zarr", "--band", "ndvi", *HISTORY, *MONITOR, "--out", tmp_path / "o", "--lang", "es"
    ).output
    assert "tienen memoria" in text


def test_no_coordinate_comes_out(cleared: Path, tmp_path: Path) -> None:
    for more in (("--lang", "en", "--json"), ("--lang", "es")):
        found = call(cleared, "--band", "ndvi", *HISTORY, *MONITOR, "--out", tmp_path, *more)
        assert found.exit_code == 0, found.output
        table = (tmp_path / "breaks.csv").read_text(encoding="utf-8")
        told = found.output.replace(str(tmp_path), "") + table
        assert not re.search(r"500[ ,.]?000|20[ ,.]?000\b|EPSG|transform|latitud|longitud", told)
        assert ("no se muestra" if "es" in more else "not shown") in table
    assert [p.name for p in tmp_path.iterdir()] == ["breaks.csv"]


def test_the_same_ask_gives_the_same_answer(cleared: Path, tmp_path: Path) -> None:
    one, other = asked(cleared, tmp_path), asked(cleared, tmp_path)
    assert one == other


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (("--band", "swir9", *HISTORY, *MONITOR), "has no band 'swir9'"),
        (("--band", "nbr", *HISTORY, *MONITOR), "needs the bands nir, swir2"),
        (("--band", "ndvi", *HISTORY, "--monitor", "2019-06-01..2021-12-31"), "the history has to end before"),
        (("--band", "ndvi", *HISTORY, "--monitor", "2031-01-01..2031-12-31"), "has no date in the monitoring period"),
        (("--band", "ndvi", "--history", "2019-06-01..2019-12-31", *MONITOR), "needs 15 clear looks or more"),
        (("--band", "ndvi", "--history", "2019", *MONITOR), "write two days"),
        (("--band", "ndvi", "--history", "2019-12-31..2013-01-01", *MONITOR), "ends before it begins"),
        (("--band", "ndvi", *HISTORY, *MONITOR, "--cell", 500), "too small to be shown"),
        (("--band", "ndvi", *HISTORY, *MONITOR, "--false-alarms", 0), "above 0"),
        (("--band", "ndvi", *HISTORY, *MONITOR, "--false-alarms", 1e-9), "cannot be had"),
        (("--band", "ndvi", *HISTORY, *MONITOR, "--weight", 0), "The weight of EWMA"),
        (("--band", "ndvi", *HISTORY, *MONITOR, "--waves", -1), "a season has 0 to 4 waves"),
    ],
)  # fmt: skip
def test_asks_that_cannot_be_answered_are_refused(
    cleared: Path, tmp_path: Path, ask: tuple[object, ...], says: str
) -> None:
    found = call(cleared, *ask, "--out", tmp_path / "o")
    assert found.exit_code == 1, found.output
    assert says in " ".join(found.output.split()), found.output
    assert "Traceback" not in found.output
    assert not (tmp_path / "o").exists()


def test_a_cube_of_which_no_pixel_can_be_watched_says_why(tmp_path: Path) -> None:
    made = land(cleared=False)
    made["x"][:] = np.float32(0.5)
    found = call(
        cube(tmp_path / "c.zarr", made), "--band", "ndvi", *HISTORY, *MONITOR, "--out", tmp_path / "o"
    )
    assert found.exit_code == 1
    assert "Not one pixel" in found.output
    assert "6400 constant" in found.output
    degrees = cube(tmp_path / "d.zarr", land(cleared=False, size=0.0003))
    found = call(degrees, "--band", "ndvi", *HISTORY, *MONITOR, "--out", tmp_path / "o")
    assert "is in degrees" in found.output
