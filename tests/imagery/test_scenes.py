"""Scenes and files into a cube: clear looks, steps, one grid, interruptions, and what is refused with nothing half-written."""

import json
import warnings
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("odc.stac", reason="needs the extra: pip install 'vereda[imagery]'")
import imagery_land as land

from vereda.cli import main
from vereda.errors import BadSource
from vereda.imagery import catalogue
from vereda.pipeline import building_scenes
from vereda.store import cubes

DAYS = ["2018-01-03", "2018-01-10", "2018-01-20", "2018-02-05", "2018-02-10"]
ASK = (
    "--sensor",
    "landsat-8-c1-l1",
    "--bands",
    "red,nir",
    "--from",
    "2018-01-01",
    "--to",
    "2018-03-01",
    "--every",
    30,
)


def call(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def refused(found: Result, says: str, cube: Path) -> None:
    """Said in plain words, and no cube is there."""
    assert found.exit_code == 1, found.output
    assert says in " ".join(found.output.split()), found.output
    assert "Traceback" not in found.output
    assert not cube.exists()


def test_each_step_is_the_median_of_its_clear_looks(tmp_path: Path) -> None:
    at = land.catalogue(tmp_path / "stac", DAYS)
    found = call("scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    assert told["dates"] == ["2018-01-01", "2018-01-31"]
    assert len(told["scenes"]) == 5
    cube = cubes.opened(tmp_path / "c.zarr").read((0, 0))
    seen = cube[:, :, 20:30, 12:30]
    assert np.unique(seen[0, 0]).tolist() == [1001.0]  # 1000, 1001, 1002
    assert np.unique(seen[1, 1]).tolist() == [3003.5]  # 3003, 3004
    cloudy = np.isnan(cube).any(axis=(0, 1))
    assert 0.2 < cloudy.mean() < 0.45  # the northern quarter, and the edge beyond the scenes
    assert cloudy[:9].all()


def test_bits_of_the_quality_band_are_those_of_the_description() -> None:
    known = catalogue.sensor("landsat-8-c1-l1")
    assert known.clear(np.array([2720, 2720 | 16, 1, 2720 | (3 << 7), 2720 | (3 << 11)])).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert catalogue.sensor("sentinel-2-l2a").clear(np.array([4, 5, 8, 9, 3, 0])).tolist() == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_an_offset_that_depends_on_the_processing_is_never_guessed() -> None:
    known = catalogue.sensor("sentinel-2-l2a")
    assert known.shift({"s2:processing_baseline": "03.01"}) == 0.0
    assert known.shift({"s2:processing_baseline": "05.09"}) == -0.1
    assert known.shift({"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}) == 0.0
    with pytest.raises(BadSource, match="processing_baseline"):
        known.shift({})


def test_an_all_cloud_step_is_refused_and_kept_on_request_without_reading_again(tmp_path: Path) -> None:
    at = land.catalogue(tmp_path / "stac", DAYS, cloudy={"2018-02-05", "2018-02-10"})
    refused(
        call("scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr"),
        "Not one clear pixel on 2018-01-31",
        tmp_path / "c.zarr",
    )
    kept = call("scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr", "--gaps", "keep", "--json")
    assert kept.exit_code == 0, kept.output
    assert json.loads(kept.output)["resumed"] == 1
    assert json.loads(kept.output)["clear"][1] == 0


def test_mixed_resolutions_need_a_grid_that_is_said(tmp_path: Path) -> None:
    at = land.catalogue(tmp_path / "stac", DAYS, sizes=(100.0, 200.0))
    refused(
        call("scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr"),
        "2 different grids",
        tmp_path / "c.zarr",
    )
    said = call(
        "scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr", "--crs", "EPSG:32618", "--resolution", 100
    )
    assert said.exit_code == 0, said.output


def test_scenes_in_another_projection_are_brought_to_the_grid(tmp_path: Path) -> None:
    at = land.catalogue(tmp_path / "stac", DAYS)
    made = call(
        "scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr", "--crs", "EPSG:3857", "--resolution", 200
    )
    assert made.exit_code == 0, made.output
    cube = cubes.opened(tmp_path / "c.zarr").read((0, 0))
    assert 15 < cube.shape[2] < 30
    assert np.nanmedian(cube[0, 0]) == pytest.approx(1001, abs=0.01)


@pytest.mark.parametrize(
    ("how", "says"), [("crs", "has no coordinate system"), ("cut", "cannot be read"), ("gone", "not there")]
)
def test_a_bad_scene_is_named_and_nothing_is_written(tmp_path: Path, how: str, says: str) -> None:
    at = land.catalogue(tmp_path / "stac", DAYS)
    file = tmp_path / "stac" / "scene-2018-01-10-1" / "B5.tif"
    if how == "crs":
        land.tif(file, np.ones((land.SIDE, land.SIDE), dtype="uint16"), crs=None)
    elif how == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    else:
        file.unlink()
    before = sorted(tmp_path.iterdir())
    refused(call("scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr"), says, tmp_path / "c.zarr")
    assert sorted(tmp_path.iterdir()) == before


def test_a_step_without_a_scene_is_refused(tmp_path: Path) -> None:
    at = land.catalogue(tmp_path / "stac", DAYS[:3])
    refused(
        call("scenes", "build", at, *ASK, "--out", tmp_path / "c.zarr"),
        "No scene in the steps that begin on 2018-01-31",
        tmp_path / "c.zarr",
    )


def test_a_remote_search_is_paged_signed_and_asks_for_what_was_said() -> None:
    asked: list[str] = []

    def item(name: str) -> dict[str, Any]:
        return {"type": "Feature", "stac_version": "1.0.0", "id": name, "geometry": None, "bbox": None, "links": [],
                "properties": {"datetime": "2020-01-01T00:00:00Z"}, "assets": {"red": {"href": "https://example.org/red.tif"}}}  # fmt: skip

    def get(url: str) -> Any:
        asked.append(url)
        if "token" in url:
            return {"token": "sig=1"}
        more = [{"rel": "next", "href": "https://example.org/search?page=2"}] if "page" not in url else []
        return {"features": [item(f"s{len(asked)}")], "links": more}

    found = catalogue.search(
        get,
        "https://example.org",
        "c",
        (-75, 0, -74, 1),
        date(2020, 1, 1),
        date(2020, 2, 1),
        "https://example.org/token/{collection}",
    )
    assert [i.assets["red"].href for i in found] == ["https://example.org/red.tif?sig=1"] * 2
    assert asked[0] == "https://example.org/token/c"
    assert "bbox=-75%2C0%2C-74%2C1" in asked[1]
    assert "2020-01-01T00%3A00%3A00Z%2F2020-02-01" in asked[1]


def test_a_catalogue_over_loopback_keeps_numbers_and_texts_apart(tmp_path: Path) -> None:
    """The whole way: search through the door, scenes read, a cube; and no tokens in what is kept."""
    at = land.catalogue(tmp_path / "stac", DAYS)
    items = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(at.parent.glob("*/scene-*.json"))]
    for item in items:
        item["properties"]["s2:processing_baseline"] = "04.00"
        item["assets"] = {
            k: a | {"href": str(at.parent / item["id"] / f"{k}.tif")} for k, a in item["assets"].items()
        }
    body = json.dumps({"type": "FeatureCollection", "features": items, "links": []}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/geo+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        found = catalogue.search(
            building_scenes._door, url, "c", (-75, 0, -74, 1), date(2018, 1, 1), date(2018, 3, 1)
        )
    finally:
        server.shutdown()
        server.server_close()
    assert found[0].bbox[0] == -75.0
    assert found[0].properties["s2:processing_baseline"] == "04.00"
    asked = building_scenes.Asked(
        source="https://example.org", out=tmp_path / "c.zarr", collection="c", sensor="landsat-8-c1-l1", bands=("red", "nir"), first="2018-01-01",
        last="2018-03-01", every=30, bbox="-75,0.146,-74.966,0.18", crs="EPSG:32618", resolution=100.0,
    )  # fmt: skip
    made = building_scenes.build(
        asked, lambda _: {"features": [i.to_dict(include_self_link=False) for i in found], "links": []}
    )
    assert len(made.json["scenes"]) == 5


NEW_YORK = Path(__file__).resolve().parents[3] / "shared" / "data" / "raster" / "l8ny18"


@pytest.mark.shared
def test_real_scenes_of_three_paths_are_masked_and_put_together(tmp_path: Path) -> None:
    """19 Landsat 8 scenes of 2018 around New York (gdalcubes, USGS), overview resolution, grids of 19 sizes."""
    if not NEW_YORK.exists():
        pytest.skip("The scenes of gdalcubes (inst/L8NY18) are not here.")
    import pystac
    import rasterio
    from rasterio.warp import transform_bounds

    made = pystac.Catalog(id="l8ny18", description="gdalcubes, inst/L8NY18")
    for scene in sorted(f for f in NEW_YORK.iterdir() if f.is_dir()):
        found = {f.stem.split("_")[-1]: f for f in scene.glob("*.TIF")}
        with rasterio.open(found["B4"]) as file:
            box = transform_bounds(file.crs, "EPSG:4326", *file.bounds)
        west, south, east, north = box
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        day = scene.name.split("_")[3]
        item = pystac.Item(
            id=scene.name, geometry={"type": "Polygon", "coordinates": [ring]}, bbox=list(box), properties={},
            datetime=datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC),
        )  # fmt: skip
        for band, file in found.items():
            item.add_asset(band, pystac.Asset(href=str(file)))
        made.add_item(item)
    made.normalize_hrefs(str(tmp_path / "stac"))
    made.save(pystac.CatalogType.SELF_CONTAINED)
    ask = ("scenes", "build", tmp_path / "stac", "--sensor", "landsat-8-c1-l1", "--bands", "red,nir", "--from", "2018-01-01",
           "--to", "2018-12-31", "--every", 91, "--out", tmp_path / "c.zarr")  # fmt: skip
    refused(call(*ask), "different grids", tmp_path / "c.zarr")
    built = call(*ask, "--crs", "EPSG:32618", "--resolution", 3000, "--json")
    assert built.exit_code == 0, built.output
    told = json.loads(built.output)
    assert len(told["scenes"]) == 19
    assert len(told["dates"]) == 4
    cube = cubes.opened(tmp_path / "c.zarr").read((0, 0))
    red, nir = cube[:, 0], cube[:, 1]
    ndvi = (nir - red) / (nir + red)
    summer, winter = np.nanmedian(ndvi[2]), np.nanmedian(ndvi[0])
    assert summer > winter + 0.1  # leaves
    assert np.isnan(cube).any()
    assert min(told["clear"]) > 0.1


# Files -----------------------------------------------------------------------------------------------------------


def test_files_keep_their_values_to_the_last_digit_of_the_scale(tmp_path: Path) -> None:
    values = land.cube()
    made = call(
        "scenes",
        "build",
        land.files(tmp_path, values),
        "--scale",
        0.0001,
        "--store-scale",
        0.0001,
        "--out",
        tmp_path / "c.zarr",
    )
    assert made.exit_code == 0, made.output
    cube = cubes.opened(tmp_path / "c.zarr")
    np.testing.assert_allclose(cube.read((0, 0))[:, 0], values, atol=5.1e-5)
    assert set(cube.told["scenes"]) == {f"ndvi-{d}.tif" for d in land.DATES}
    for lang, word in (("en", "dates"), ("es", "fechas")):
        assert word in call("scenes", "info", tmp_path / "c.zarr", "--lang", lang).output


def test_a_nodata_of_minus_1e308_is_no_value_whether_it_was_declared_or_not(tmp_path: Path) -> None:
    for declared in (-1.7e308, None):
        folder = tmp_path / str(declared)
        table = land.files(folder)
        values = land.cube()[0]
        values[3, 4] = -1.7e308
        land.tif(folder / f"ndvi-{land.DATES[0]}.tif", values, nodata=declared)
        made = call("scenes", "build", table, "--out", folder / "c.zarr")
        if declared is None:
            refused(made, "holds -1.7e+308" if "holds" in made.output else "-1.7e+308", folder / "c.zarr")
            again = call("scenes", "build", table, "--out", folder / "c.zarr", "--nodata", -1.7e308)
            assert again.exit_code == 0, again.output
        else:
            assert made.exit_code == 0, made.output
        assert np.isnan(cubes.opened(folder / "c.zarr").read((0, 0))[0, 0, 3, 4])


def test_numbers_outside_the_valid_range_are_refused_or_left_empty_as_asked(tmp_path: Path) -> None:
    values = land.cube()
    values[2, 5, 6] = -0.3102  # a fill value of -3000 that a lossy format smeared
    table = land.files(tmp_path, values)
    ask = ("scenes", "build", table, "--scale", 0.0001, "--valid", "-0.2,1.2", "--out", tmp_path / "c.zarr")
    refused(call(*ask), "1 pixels of the file hold numbers such as -3102", tmp_path / "c.zarr")
    assert call(*ask, "--outside", "empty").exit_code == 0
    assert np.isnan(cubes.opened(tmp_path / "c.zarr").read((0, 0))[2, 0, 5, 6])


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("crs", "has no coordinate system"),
        ("grid", "is not on the grid of"),
        ("cut", "cannot be read"),
        ("gone", "There is no file"),
        ("band", "evi of"),
        ("twice", "is there twice"),
        ("date", "is no date"),
        ("column", "has a column 'sensor'"),
        ("layer", "has 1 layers; the table asks for layer 2"),
    ],
)
def test_bad_files_are_named_and_nothing_is_written(tmp_path: Path, how: str, says: str) -> None:
    table = land.files(tmp_path)
    file, text = tmp_path / f"ndvi-{land.DATES[3]}.tif", table.read_text(encoding="utf-8")
    ones = np.ones((land.SIDE, land.SIDE), dtype="int16")
    if how == "crs":
        land.tif(file, ones, crs=None)
    elif how == "grid":
        land.tif(file, ones, size=200.0)
    elif how == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif how == "gone":
        file.unlink()
    new = {
        "band": text + f"{file.name},evi,{land.DATES[0]}\n", "twice": text + f"{file.name},ndvi,{land.DATES[0]}\n",
        "date": text.replace(land.DATES[0] + "\n", "14/9/20\n"), "column": text.replace("file,band,date", "file,band,sensor"),
        "layer": text.replace("date\n", "date,layer\n").replace("\nndvi", ",2\nndvi").replace("layer,2", "layer").rstrip() + ",2\n",
    }.get(how, text)  # fmt: skip
    table.write_text(new, encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    refused(call("scenes", "build", table, "--out", tmp_path / "c.zarr"), says, tmp_path / "c.zarr")
    assert sorted(tmp_path.iterdir()) == before


def test_a_killed_build_goes_on_where_it_was_and_gives_the_same_cube(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cubes, "SIDE", 16)
    table = land.files(tmp_path)
    assert call("scenes", "build", table, "--scale", 0.0001, "--out", tmp_path / "whole.zarr").exit_code == 0
    write, done = cubes.Building.write, []

    def killed(self: cubes.Building, block: tuple[int, int], values: Any) -> None:
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(block)
        write(self, block, values)

    monkeypatch.setattr(cubes.Building, "write", killed)
    asked = building_scenes.Asked(source=str(table), out=tmp_path / "c.zarr", scale=0.0001)
    with pytest.raises(KeyboardInterrupt):
        building_scenes.build(asked)
    assert not (tmp_path / "c.zarr").exists()
    assert "interrupted" in call("scenes", "info", tmp_path / "c.zarr").output
    with (tmp_path / ".c.zarr.part" / "blocks.jsonl").open("a", encoding="utf-8") as file:
        file.write("[1, 1, 2")  # the power went while this line was written
    monkeypatch.setattr(cubes.Building, "write", write)
    again = building_scenes.build(asked)
    assert again.json["resumed"] == 4
    one, other = cubes.opened(tmp_path / "whole.zarr"), cubes.opened(tmp_path / "c.zarr")
    assert len(one.blocks()) == 9
    for block in one.blocks():
        np.testing.assert_array_equal(one.read(block), other.read(block))


def test_a_cube_with_a_missing_or_damaged_block_is_refused_not_read_as_empty(tmp_path: Path) -> None:
    table = land.files(tmp_path)
    land.table(tmp_path / "s.csv")
    assert call("scenes", "build", table, "--scale", 0.0001, "--out", tmp_path / "c.zarr").exit_code == 0
    assert (
        call("classify", "fit", tmp_path / "s.csv", "--model", "svm", "--out", tmp_path / "m.npz").exit_code
        == 0
    )
    chunk = tmp_path / "c.zarr" / "values" / "c" / "0" / "0" / "0" / "0"
    ask = (
        "classify",
        "predict",
        tmp_path / "c.zarr",
        "--model",
        tmp_path / "m.npz",
        "--out",
        tmp_path / "p",
        "--survey",
        tmp_path / "m.tif",
    )
    chunk.write_bytes(chunk.read_bytes()[:100])
    refused(call(*ask), "is damaged", tmp_path / "p")
    chunk.unlink()
    refused(call(*ask), "is missing", tmp_path / "p")
    layout = tmp_path / "c.zarr" / "cube.json"
    layout.write_bytes(layout.read_bytes()[:100])
    refused(call(*ask), "cube.json is damaged", tmp_path / "p")
    assert not (tmp_path / "m.tif").exists()
    assert not list(tmp_path.glob(".m.tif*"))


# NetCDF ----------------------------------------------------------------------------------------------------------


def netcdf(folder: Path) -> dict[tuple[str, str], np.ndarray]:
    """Two files of two variables on one grid, and a table of them; what each holds."""
    xarray, rng = pytest.importorskip("xarray"), np.random.default_rng(0)
    pytest.importorskip("rioxarray")
    held, rows = {}, ["file,band,date,variable"]
    for day in ("2020-01-01", "2020-01-17"):
        told = {v: (("y", "x"), rng.integers(1, 9000, (40, 50)).astype("i2")) for v in ("ndvi", "evi")}
        at = {"y": 600_000 - 30 * (np.arange(40) + 0.5), "x": 300_000 + 30 * (np.arange(50) + 0.5)}
        made = xarray.Dataset(told, coords=at).rio.write_crs("EPSG:32618")
        made.rio.write_coordinate_system().rio.write_transform().to_netcdf(
            folder / f"{day}.nc", engine="scipy"
        )
        for name, (_, values) in told.items():
            held[day, name] = values
            rows.append(f"{day}.nc,{name},{day},{name}")
    (folder / "f.csv").write_text("\n".join(rows) + "\n")
    return held


def test_variables_of_a_netcdf_are_bands(tmp_path: Path) -> None:
    held = netcdf(tmp_path)
    found = call(
        "scenes", "build", tmp_path / "f.csv", "--scale", 0.0001, "--out", tmp_path / "c.zarr", "--json"
    )
    assert found.exit_code == 0, found.output
    cube = cubes.opened(tmp_path / "c.zarr")
    assert (cube.told["bands"], cube.told["transform"][0], cube.told["transform"][1]) == (
        ["ndvi", "evi"],
        300_000,
        30,
    )
    read = cube.read((0, 0))
    for (day, name), values in held.items():
        mine = read[cube.told["dates"].index(day), cube.told["bands"].index(name)]
        np.testing.assert_allclose(mine[:40, :50], values * 1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((",ndvi\n", ",nope\n"), "has no variable nope; it has evi, ndvi."),
        ((",ndvi\n", ",\n"), "holds the variables evi, ndvi: name one in the column `variable`."),
    ],
)
def test_a_variable_that_is_not_named_or_not_there(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    netcdf(tmp_path)
    table = tmp_path / "f.csv"
    table.write_text(table.read_text().replace(*change))
    refused(call("scenes", "build", table, "--out", tmp_path / "c.zarr"), says, tmp_path / "c.zarr")


def grid_of_days(folder: Path, days: int, **packed: float) -> np.ndarray:
    """A NetCDF of days, rows and columns; what it holds, (days, 40, 50)."""
    xarray, rng = pytest.importorskip("xarray"), np.random.default_rng(1)
    pytest.importorskip("rioxarray")
    values = rng.integers(1000, 9000, (days, 40, 50)) * 1e-4
    at = {"y": 600_000 - 30 * (np.arange(40) + 0.5), "x": 300_000 + 30 * (np.arange(50) + 0.5)}
    when = np.array(["2020-01-01", "2020-01-17", "2020-02-02"][:days], dtype="datetime64[ns]")
    made = xarray.Dataset({"ndvi": (("time", "y", "x"), values)}, coords={**at, "time": when})
    made = made.rio.write_crs("EPSG:32618").rio.write_coordinate_system().rio.write_transform()
    if packed:
        made["ndvi"].encoding.update({"dtype": "i2", "_FillValue": np.int16(-9999), **packed})
    made.to_netcdf(folder / "s.nc", engine="scipy")
    rows = [f"s.nc,ndvi,{str(day)[:10]},{n + 1}" for n, day in enumerate(when)]
    (folder / "s.csv").write_text("\n".join(["file,band,date,layer", *rows]) + "\n")
    return values


def test_the_days_of_a_netcdf_are_its_layers(tmp_path: Path) -> None:
    values = grid_of_days(tmp_path, 3)
    found = call("scenes", "build", tmp_path / "s.csv", "--out", tmp_path / "c.zarr")
    assert found.exit_code == 0, found.output
    np.testing.assert_allclose(
        cubes.opened(tmp_path / "c.zarr").read((0, 0))[:, 0, :40, :50], values, atol=1e-6
    )


def test_scale_and_offset_that_a_file_declares_are_its_own(tmp_path: Path) -> None:
    values = grid_of_days(tmp_path, 1, scale_factor=1e-4, add_offset=0.05)
    table = tmp_path / "s.csv"
    found = call("scenes", "build", table, "--valid", "0,1", "--out", tmp_path / "c.zarr")
    assert found.exit_code == 0, found.output
    np.testing.assert_allclose(
        cubes.opened(tmp_path / "c.zarr").read((0, 0))[:, 0, :40, :50], values, atol=1e-6
    )
    again = call("scenes", "build", table, "--scale", 0.001, "--out", tmp_path / "d.zarr")
    refused(again, "times 0.0001 plus 0.05, and --scale says 0.001", tmp_path / "d.zarr")


def test_a_file_that_does_not_say_where_it_lies_is_refused(tmp_path: Path) -> None:
    """GDAL takes rows and columns for metres then, and turns a NetCDF upside down."""
    rasterio = pytest.importorskip("rasterio")
    kept = {"driver": "GTiff", "width": 50, "height": 40, "count": 1, "dtype": "float32", "crs": "EPSG:32618"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(tmp_path / "n.tif", "w", **kept) as file:
            file.write(np.full((1, 40, 50), 0.5, dtype="float32"))
    (tmp_path / "n.csv").write_text("file,band,date\nn.tif,ndvi,2020-01-01\n")
    asked = call("scenes", "build", tmp_path / "n.csv", "--out", tmp_path / "c.zarr")
    refused(asked, "does not say where its pixels lie", tmp_path / "c.zarr")
    upward = rasterio.Affine(30, 0, 300_000, 0, 30, 600_000)
    with rasterio.open(tmp_path / "n.tif", "w", transform=upward, **kept) as file:
        file.write(np.full((1, 40, 50), 0.5, dtype="float32"))
    again = call("scenes", "build", tmp_path / "n.csv", "--out", tmp_path / "c.zarr")
    refused(again, "rows from south to north", tmp_path / "c.zarr")


def test_the_hash_of_a_cube_holds_its_numbers_and_its_ranges_are_told(tmp_path: Path) -> None:
    """Two cubes described alike differ in their hash where one number does."""
    told = {
        "bands": ["ndvi"],
        "dates": ["2020-01-01"],
        "rows": 4,
        "columns": 5,
        "side": 256,
        "scale": None,
        "scenes": {},
    }
    values = np.linspace(0.1, 0.9, 20, dtype=np.float32).reshape(1, 1, 4, 5)
    made = []
    for name, add in (("a", 0.0), ("b", 0.0), ("c", 0.01)):
        building = cubes.building(tmp_path / f"{name}.zarr", told)
        building.write((0, 0), values + np.float32(add))
        made.append(building.finish())
    one, same, other = (cubes.digest(cube) for cube in made)
    assert one == same != other
    assert cubes.ranges(made[0])["ndvi"] == pytest.approx((0.1, 0.9))
