"""Alerts decoded as their makers write them, summed to cells and weeks; what is wrong is refused; no coordinate comes out."""

import csv
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.cli import main
from vereda.errors import BadRequest, BadSource
from vereda.imagery import alerts
from vereda.pipeline.change_words import WORDS, Voice

LATER = date(2025, 1, 1)
INTEGRATED, RADD = alerts.FEEDS["integrated"], alerts.FEEDS["radd"]
NORTH, WEST = 2.0, -76.0  # of the made-up file
DEGREE = re.compile(
    r"-?7[5-6]\.\d|\b1\.9\d{4}|latitude|longitude|latitud|longitud|EPSG|POINT|Polygon", re.IGNORECASE
)


def call(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def refused(found: Result, says: str, out: Path) -> None:
    assert found.exit_code == 1, found.output
    assert says in " ".join(found.output.split()), found.output
    assert "Traceback" not in found.output
    assert not (out / "alerts.csv").exists()


def tif(path: Path, *bands: np.ndarray, crs: str | None = "EPSG:4326", size: float = 0.0001) -> Path:
    rasterio = pytest.importorskip("rasterio", reason="needs the extra: pip install 'vereda[imagery]'")
    with rasterio.open(
        path, "w", driver="GTiff", width=bands[0].shape[1], height=bands[0].shape[0], count=len(bands), dtype=str(bands[0].dtype),
        crs=crs, transform=rasterio.Affine(size, 0, WEST, 0, -size, NORTH),
    ) as file:  # fmt: skip
        file.write(np.stack(bands))
    return path


def codes(seed: int = 0) -> np.ndarray:
    """250 by 300 pixels of 0.0001 degrees: two by three cells, some alerts of early 2024."""
    rng = np.random.default_rng(seed)
    made = np.zeros((250, 300), dtype="uint16")
    at = rng.random(made.shape) < 0.01
    made[at] = 10_000 * rng.integers(2, 5, at.sum()) + 3288 + rng.integers(0, 30, at.sum())  # from 2024-01-01
    return made


# Codes -----------------------------------------------------------------------------------------------------------


def test_codes_say_what_their_publisher_says_they_say() -> None:
    """The examples in the description of the integrated alerts of Global Forest Watch."""
    found = alerts.of_codes(np.array([[20001, 30055, 21847, 41847, 0]]), INTEGRATED, LATER, "f")
    assert found.day.astype(str).tolist() == ["2015-01-01", "2015-02-24", "2020-01-21", "2020-01-21"]
    assert [alerts.CONFIDENCE[k] for k in found.confidence] == ["low", "high", "low", "highest"]
    assert found.column.tolist() == [0, 1, 2, 3]


def test_two_bands_say_what_their_publisher_says_they_say() -> None:
    """22121 is day 121 of 2022, in the description of RADD."""
    found = alerts.of_bands(np.array([[2, 0, 3]]), np.array([[22121, 0, 20366]]), RADD, LATER, "f")
    assert found.day.astype(str).tolist() == ["2022-05-01", "2020-12-31"]
    assert found.confidence.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("code", "feed", "says"),
    [
        (50001, "integrated", "are no code of GFW integrated alerts"),
        (10001, "integrated", "are no code of GFW integrated alerts"),
        (43300, "radd", "are no code of RADD: confidence 2 to 3"),
        (7, "integrated", "are no code"),
        (20000, "integrated", "before 2015-01-01"),
        (21000, "radd", "before 2019-01-01"),
        (29999, "integrated", "after 2025-01-01"),
        (-3, "integrated", "are no code"),
    ],
)
def test_what_is_no_code_is_refused_with_how_many_and_where(code: int, feed: str, says: str) -> None:
    land = np.zeros((6, 7), dtype="int32")
    land[2, 3] = land[2, 5] = land[4, 3] = code
    with pytest.raises(BadSource, match=says) as fault:
        alerts.of_codes(land, alerts.FEEDS[feed], LATER, "f.tif", (100, 10))
    assert "3 pixels in 2 rows and 2 columns" in str(fault.value)
    assert "row 103, column 14" in str(fault.value)


@pytest.mark.parametrize(
    ("alert", "day"), [(2, 0), (0, 22121), (4, 22121), (2, 22366), (2, 22000), (3, 2022121)]
)
def test_two_bands_that_do_not_agree_are_refused(alert: int, day: int) -> None:
    with pytest.raises(BadSource, match="are no code of RADD"):
        alerts.of_bands(np.array([[alert]]), np.array([[day]]), RADD, LATER, "f")


@given(st.integers(2, 4), st.integers(1, 3600))
@settings(max_examples=50, deadline=None)
def test_a_code_goes_there_and_back(digit: int, days: int) -> None:
    found = alerts.of_codes(np.array([[10_000 * digit + days]]), INTEGRATED, date(2030, 1, 1), "f")
    assert (found.day[0] - np.datetime64("2014-12-31")).astype(int) == days
    assert found.confidence[0] == digit - 2


# Cells and weeks -------------------------------------------------------------------------------------------------


def test_areas_and_degrees_are_those_of_the_ellipsoid() -> None:
    """WGS 84: 510 065 622 km2; a degree is 110.574 km at the equator, 111.694 km at the pole, of longitude 111.3195 km."""
    whole = alerts.area(np.array([-90.0]), np.array([90.0]), 360.0)[0]
    assert whole / 1e6 == pytest.approx(510_065_622, abs=1)
    assert alerts.meridian(np.array([0.0, 90.0])) / 1e3 == pytest.approx([110.574, 111.694], abs=5e-4)
    assert alerts.parallel(np.array([0.0]))[0] / 1e3 == pytest.approx(111.3195, abs=5e-5)


@given(st.floats(-55, 55), st.sampled_from([0.0001, 0.00025, 0.003]), st.floats(1000, 5000))
@settings(max_examples=60, deadline=None)
def test_no_cell_is_smaller_than_asked_wherever_it_lies(top: float, pixel: float, side: float) -> None:
    rows = columns = int(0.4 / pixel)
    grid = alerts.degree_grid(rows, columns, top, pixel, pixel, side)
    assert grid.side >= side
    edge = np.array([top, top - rows * pixel])
    assert (grid.down * pixel * alerts.meridian(edge) >= side * (1 - 1e-9)).all()
    assert (grid.across * pixel * alerts.parallel(edge) >= side * (1 - 1e-9)).all()
    row, column = grid.cell(np.arange(rows), np.arange(columns))
    assert np.bincount(row).min() >= grid.down
    assert np.bincount(column).min() >= grid.across


def test_land_smaller_than_a_cell_is_refused() -> None:
    with pytest.raises(BadRequest, match="less than one cell"):
        alerts.metric_grid(30, 300, 30.0, 30.0, 1000.0)
    with pytest.raises(BadRequest, match="beyond 60 degrees"):
        alerts.degree_grid(1000, 1000, 65.0, 0.001, 0.001, 1000.0)


def test_weeks_are_those_of_iso() -> None:
    for day in ("2015-01-01", "2020-12-31", "2021-01-03", "2021-01-04", "2024-12-30", "1969-12-29"):
        week = int((np.datetime64(day) - alerts.MONDAY).astype(int) // 7)
        year, number, _ = date.fromisoformat(day).isocalendar()
        assert alerts.week_name(week) == f"{year}-W{number:02d}"


@given(
    st.lists(
        st.tuples(st.integers(0, 89), st.integers(0, 89), st.integers(0, 20), st.integers(0, 2)), max_size=60
    )
)
@settings(max_examples=60, deadline=None)
def test_few_pixels_are_not_counted_out_and_cannot_be_had_by_subtraction(
    some: list[tuple[int, int, int, int]],
) -> None:
    weeks = alerts.Weeks(alerts.metric_grid(90, 90, 33.4, 33.4, 1000.0), 3)
    for r, c, d, k in some:  # one at a time: blocks add up
        weeks.add(np.array([r]), np.array([c]), np.array([np.datetime64("2024-01-01") + d]), np.array([k]))
    rows = weeks.rows(alerts.CONFIDENCE)
    true = Counter((alerts.week_name(0) and d // 7, r // 30, c // 30, k) for r, c, d, k in some)
    assert len(rows) == len(true)
    for kind, name in enumerate(alerts.CONFIDENCE):
        mine = [r for r in rows if r.kind == name]
        shown = [r.pixels for r in mine if r.pixels is not None]
        assert all(n >= alerts.FEW for n in shown)
        total = weeks.pixels(kind)
        masked = len(mine) - len(shown)
        if total is not None and masked:
            rest = total - sum(shown)  # somebody who knows the total, and that no cell is empty
            assert masked > 1
            assert rest not in (masked, 2 * masked) or not shown
        if total is None:
            assert not shown
        if not masked:
            assert sum(shown) == total


# The command -----------------------------------------------------------------------------------------------------


def test_a_raster_is_summed_pixel_by_pixel_each_confidence_apart(tmp_path: Path) -> None:
    land = codes()
    found = call(
        "alerts",
        tif(tmp_path / "a.tif", land),
        "--feed",
        "integrated",
        "--as-of",
        LATER,
        "--out",
        tmp_path / "o",
        "--json",
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    for k, c in enumerate(told["classes"]):
        assert c["pixels"] == int((land // 10_000 == k + 2).sum())
        assert c["hectares"] == pytest.approx(c["pixels"] * 0.012302, rel=2e-3)  # 11.06 m by 11.13 m
    rows = list(csv.DictReader((tmp_path / "o" / "alerts.csv").open(encoding="utf-8")))
    assert {r["confidence"] for r in rows} == set(alerts.CONFIDENCE)
    assert {r["cell"] for r in rows} == {f"r{r:04d}c{c:04d}" for r in (1, 2) for c in (1, 2, 3)}
    true: Counter[tuple[str, str, str]] = Counter()
    for r, c in zip(*np.nonzero(land), strict=True):
        year, week, _ = (np.datetime64("2014-12-31") + int(land[r, c] % 10_000)).astype(object).isocalendar()
        cell = f"r{min(r // 91, 1) + 1:04d}c{min(c // 90, 2) + 1:04d}"
        true[f"{year}-W{week:02d}", cell, alerts.CONFIDENCE[land[r, c] // 10_000 - 2]] += 1
    for row in rows:
        n = true.pop((row["week"], row["cell"], row["confidence"]))
        assert row["pixels"] in ("not shown", str(n) if n >= 3 else "")
        assert (row["hectares"] == "") == (row["pixels"] == "not shown")
    assert not true
    for c in told["classes"]:
        mine = [r["pixels"] for r in rows if r["confidence"] == c["confidence"]]
        assert mine.count("not shown") == c["masked"] != 1


def test_hectares_are_those_of_the_latitude() -> None:
    grid = alerts.degree_grid(300, 300, 2.0, 0.0001, 0.0001, 1000.0)
    assert grid.hectares[0] == pytest.approx(
        0.0001**2 * 110.57 * 111.32 * np.cos(np.radians(2)) * 100, rel=3e-4
    )


def point(row: int, column: int) -> str:
    return f"{NORTH - (row + 0.5) * 0.0001:.5f},{WEST + (column + 0.5) * 0.0001:.5f}"


def table(path: Path, land: np.ndarray, words: tuple[str, ...] = ("nominal", "high", "highest")) -> Path:
    """The same alerts as the data API gives them."""
    rows = ["latitude,longitude,gfw_integrated_alerts__date,gfw_integrated_alerts__confidence"]
    for r, c in zip(*np.nonzero(land), strict=True):
        day = np.datetime64("2014-12-31") + int(land[r, c] % 10_000)
        rows.append(f"{point(r, c)},{day},{words[land[r, c] // 10_000 - 2]}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_table_gives_the_same_as_the_raster_it_was_made_from(tmp_path: Path) -> None:
    land = codes(1)
    one = call(
        "alerts",
        tif(tmp_path / "a.tif", land),
        "--feed",
        "integrated",
        "--as-of",
        LATER,
        "--out",
        tmp_path / "1",
        "--json",
    )
    other = call(
        "alerts", table(tmp_path / "a.csv", land), "--as-of", LATER, "--out", tmp_path / "2", "--json"
    )
    assert other.exit_code == 0, other.output
    a, b = json.loads(one.output), json.loads(other.output)
    for c, d in zip(a["classes"], b["classes"], strict=True):
        assert c["pixels"] == d["pixels"]
        assert c["hectares"] == pytest.approx(d["hectares"], rel=1e-6)


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("kind", ["tif", "csv"])
def test_no_coordinate_comes_out(tmp_path: Path, lang: str, kind: str) -> None:
    land = codes(2)
    file = tif(tmp_path / "a.tif", land) if kind == "tif" else table(tmp_path / "a.csv", land)
    ask = ("alerts", file, "--feed", "integrated", "--as-of", LATER, "--lang", lang)
    for more in ((), ("--json",)):
        found = call(*ask, "--out", tmp_path / lang, *more)
        assert found.exit_code == 0, found.output
        told = found.output.replace(str(tmp_path), "") + (tmp_path / lang / "alerts.csv").read_text(
            encoding="utf-8"
        )
        assert not DEGREE.search(told), DEGREE.search(told)
    assert len(list((tmp_path / lang).iterdir())) == 1


def test_days_outside_the_span_are_left_out(tmp_path: Path) -> None:
    land = codes()
    file = tif(tmp_path / "a.tif", land)
    ask = ("alerts", file, "--feed", "integrated", "--as-of", LATER, "--out", tmp_path / "o", "--json")
    told = json.loads(call(*ask, "--from", "2024-01-08", "--to", "2024-01-14").output)
    day = land % 10_000 - 3288
    for k, c in enumerate(told["classes"]):
        assert c["pixels"] == int(((land // 10_000 == k + 2) & (day >= 7) & (day < 14)).sum())
    assert {r["week"] for r in csv.DictReader((tmp_path / "o" / "alerts.csv").open(encoding="utf-8"))} == {
        "2024-W02"
    }
    empty = call(*ask, "--from", "2024-12-01")
    assert json.loads(empty.output)["classes"] == []
    assert "no alert in this file" in call(*ask[:-1], "--from", "2024-12-01").output


def test_two_bands_of_radd(tmp_path: Path) -> None:
    alert, day = np.zeros((250, 300), "int32"), np.zeros((250, 300), "int32")
    alert[10:13, 10:13], day[10:13, 10:13] = 3, 24010
    found = call(
        "alerts",
        tif(tmp_path / "a.tif", alert, day),
        "--feed",
        "radd",
        "--as-of",
        LATER,
        "--out",
        tmp_path / "o",
    )
    assert found.exit_code == 0, found.output
    assert "2 %" in found.output
    assert (
        (tmp_path / "o" / "alerts.csv")
        .read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("2024-W02,r0001c0001,high,9,0.11")
    )


def test_files_that_are_no_alerts_are_refused(tmp_path: Path) -> None:
    land, out = codes(), tmp_path / "o"
    more = ("--feed", "integrated", "--as-of", LATER, "--out", out)
    refused(call("alerts", tmp_path / "none.tif", *more), "There is no file", out)
    refused(call("alerts", tif(tmp_path / "a.tif", land), *more[2:]), "Say whose alerts", out)
    refused(call("alerts", tif(tmp_path / "b.tif", land, crs=None), *more), "no coordinate system", out)
    refused(call("alerts", tif(tmp_path / "c.tif", land, land, land), *more), "has 3 bands", out)
    refused(call("alerts", tif(tmp_path / "d.tif", land.astype("float32")), *more), "holds decimals", out)
    refused(call("alerts", tmp_path / "a.tif", *more, "--cell", 500), "too small to be shown", out)
    refused(call("alerts", tmp_path / "a.tif", *more, "--from", "yesterday"), "is no date", out)
    refused(
        call("alerts", tmp_path / "a.tif", *more[:2], "--as-of", "2024-01-10", "--out", out),
        "a day after 2024-01-10",
        out,
    )
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 3])
    refused(call("alerts", tmp_path / "cut.tif", *more), "cannot be read", out)


@pytest.mark.parametrize(
    ("mend", "says"),
    [
        (lambda s: s.replace("nominal", "medium"), "has no confidence 'medium'"),
        (lambda s: s.replace("gfw_integrated_alerts__date", "day"), "has the alerts of 0 feeds"),
        (lambda s: s + s.splitlines()[1] + "\n", "there more than once"),
        (lambda s: s + "1.987605,-75.98765,2024-01-05,high\n", "not the centre of a pixel"),
        (lambda s: s + f"{point(249, 299)},2014-05-05,high\n", "lies outside 2015-01-01"),
        (lambda s: s + f"{point(249, 299)},2026-05-05,high\n", "lies outside 2015-01-01"),
        (lambda s: s + f"{point(249, 299)},05/05/2024,high\n", "is no date"),
    ],
)  # fmt: skip
def test_tables_that_are_wrong_are_refused(tmp_path: Path, mend, says: str) -> None:  # type: ignore[no-untyped-def]
    file = table(tmp_path / "a.csv", codes())
    file.write_text(mend(file.read_text(encoding="utf-8")), encoding="utf-8")
    refused(call("alerts", file, "--as-of", LATER, "--out", tmp_path / "o"), says, tmp_path / "o")


def test_both_languages_fill_the_same_blanks() -> None:
    from string import Formatter

    for word, pair in WORDS.items():
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in pair]
        assert all(pair), word
        assert names[0] == names[1], word
    assert Voice("es")("fewer", few=3) == "menos de 3"
