"""The worked case: from the publishers' files to a cited area, or a plain word on which file is missing."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

pytest.importorskip("odc.stac", reason="needs the extra: pip install 'vereda[imagery]'")
import imagery_land as land
import numpy as np

from vereda.cli import main

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "cases" / "mato-grosso"
FILES = ROOT.parent / "shared" / "data" / "raster" / "dtwsat_mt"


def call(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def test_missing_files_are_named_with_where_to_get_them(tmp_path: Path) -> None:
    found = call("classify", "case", CASE, "--data", tmp_path, "--out", tmp_path / "out")
    assert found.exit_code == 1
    assert "ndvi.tif" in found.output
    assert "github.com/vwmaus/dtwSat" in found.output
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A case on the made-up land: every pixel of a part of it is labelled."""
    folder = tmp_path_factory.mktemp("made-up")
    land.tif(folder / "ndvi.tif", land.cube(noise=0.1))
    (folder / "dates").write_text("\n".join(land.DATES), encoding="utf-8")
    rows = ["longitude,latitude,label,from,to"]
    from rasterio.warp import transform

    row, column = np.meshgrid(np.arange(0, land.SIDE, 2), np.arange(0, land.SIDE, 2), indexing="ij")
    x, y = land.LEFT + (column + 0.5) * land.SIZE, land.TOP - (row + 0.5) * land.SIZE
    lon, lat = transform("EPSG:32618", "EPSG:4326", x.ravel().tolist(), y.ravel().tolist())
    label = np.array(land.CLASSES)[land.classes()[row, column].ravel()]
    rows += [f"{a},{b},{c},2020-09-01,2021-09-01" for a, b, c in zip(lon, lat, label, strict=True)]
    (folder / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    told = yaml.safe_load((CASE / "land-cover.yml").read_text(encoding="utf-8"))
    told |= {
        "files": {"bands": {"ndvi": "ndvi.tif"}, "dates": "dates", "labels": "labels.csv"}, "valid": [-1, 2], "steps": 11,
        "season": {"from": "2020-09-01", "to": "2021-09-01"}, "train": 0.1, "points": 120, "model": "svm", "draws": 15,
    }  # fmt: skip
    (folder / "land-cover.yml").write_text(yaml.safe_dump(told), encoding="utf-8")
    return folder, tmp_path_factory.mktemp("out")


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_case_gives_areas_that_add_up_and_intervals_that_hold(
    made_up: tuple[Path, Path], lang: str
) -> None:
    folder, out = made_up
    found = call("classify", "case", folder, "--data", folder, "--out", out, "--lang", lang)
    assert found.exit_code == 0, found.output
    told = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert sum(a["area"] for a in told["areas"]) == pytest.approx(told["land"]["area"])
    assert sum(a["truth"] for a in told["areas"]) == pytest.approx(told["land"]["area"])
    assert all(a["low"] <= a["truth"] <= a["high"] for a in told["areas"])
    assert min(c["covers"] for c in told["coverage"].values()) > 0.85
    assert told["sample"]
    assert told["labels"]
    assert told["scenes"]
    page = (out / "page.md").read_text(encoding="utf-8")
    assert told["title"][lang] in page
    for name in ("shares.svg", "areas.svg"):
        assert (out / name).read_text(encoding="utf-8").startswith("<svg")
    for text in (found.output, page, json.dumps(told)):
        assert "longitude" not in text
        assert "EPSG" not in text


@pytest.mark.shared
def test_the_case_of_mato_grosso(tmp_path: Path) -> None:
    if not FILES.exists():
        pytest.skip("The files of dtwSat are not here; the case says where to get them.")
    found = call("classify", "case", CASE, "--data", FILES, "--out", tmp_path / "out", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    assert told["land"]["pixels"] == 215
    area = {a["class"]: a for a in told["areas"]}
    assert area["Forest"]["truth"] == pytest.approx(18 * 5.3665, abs=0.01)
    assert all(a["low"] <= a["truth"] <= a["high"] for a in told["areas"])


def test_a_fault_of_a_case_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "land-cover.yml").write_text("title: {en: a, es: b}\nwhat: 3\n", encoding="utf-8")
    found = call("classify", "case", tmp_path, "--data", tmp_path, "--out", tmp_path / "out")
    assert found.exit_code == 1
    assert "points is missing" in found.output
    assert "what is not known" in found.output
