"""From pixels to zones: every pixel counted once, small zones that no subtraction finds, and a way back to the scenes."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import imagery_land as land
import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from vereda import pipeline
from vereda.cli import main
from vereda.errors import BadDesign, BadRequest
from vereda.imagery import zones
from vereda.measurement.area.suppression import attack

pytest.importorskip("exactextract")
BOX = (land.LEFT, land.TOP - 4000, land.LEFT + 4000, land.TOP)
UTM = "EPSG:32618"


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(w) for w in words])


def degrees(x: float, y: float) -> tuple[float, float]:
    from rasterio.warp import transform

    (lon,), (lat,) = transform(UTM, "EPSG:4326", [x], [y])
    return lon, lat


def box(name: str, west: float, south: float, east: float, north: float, of: str = "A") -> dict[str, Any]:
    """A feature by metres from the corner of the made-up land."""
    ring = [degrees(land.LEFT + x, land.TOP - 4000 + y) for x, y in
            ((west, south), (east, south), (east, north), (west, north), (west, south))]  # fmt: skip
    return {
        "type": "Feature",
        "properties": {"code": name, "of": of},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


# Sums ------------------------------------------------------------------------------------------------------------


def test_every_pixel_is_in_its_zones_by_the_share_that_lies_there() -> None:
    drawn = zones.polygons([box("w", 0, 0, 1530, 4000), box("e", 1530, 0, 4000, 4000)], "code", UTM)
    sums = zones.empty(drawn, 1.0, 2, 1)
    stratum = np.zeros((40, 40), dtype=np.int8)
    stratum[:, 20:] = 1
    proba = np.where(stratum == 1, 0.25, np.nan).astype("f4")[..., None]
    for top in (0, 16):  # blocks of unlike size
        rows = slice(top, 16 if top == 0 else 40)
        left, _, right, high = BOX
        sums.add(stratum[rows], proba[rows], (left, high - 100 * rows.stop, right, high - 100 * rows.start))
    np.testing.assert_allclose(sums.mapped, [[15.3 * 40, 0], [4.7 * 40, 20 * 40]], rtol=1e-5)
    np.testing.assert_allclose(sums.sure, [[0], [0.25 * 800]], rtol=1e-5)
    np.testing.assert_allclose(sums.inside, 1, rtol=1e-5)


def test_zones_as_another_package_cuts_them() -> None:
    """Shares of pixels in a slanting polygon, against shapely's cuts of each pixel."""
    shapely = pytest.importorskip("shapely")
    corners = [(210, 330), (3770, 190), (3100, 3600), (640, 2900), (210, 330)]
    ring = [degrees(land.LEFT + x, land.TOP - 4000 + y) for x, y in corners]
    drawn = zones.polygons(
        [{"properties": {"code": "a"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}], "code", UTM
    )
    ((_, cell, share),) = zones.covered(drawn, (40, 40), BOX)
    shape = shapely.geometry.shape(drawn.shape[0])
    mine = np.zeros(1600)
    mine[cell] = share
    for i in range(0, 1600, 7):
        x, y = land.LEFT + i % 40 * 100, land.TOP - i // 40 * 100
        theirs = shape.intersection(shapely.geometry.box(x, y - 100, x + 100, y)).area / 1e4
        assert mine[i] == pytest.approx(theirs, abs=1e-6)


def test_hexagons_and_squares_lie_whole_on_the_cube() -> None:
    big = (BOX[0], BOX[1] - 20_000, BOX[2] + 20_000, BOX[3])
    cells = zones.hexagons(7, UTM, big)
    assert len(cells.name) > 50
    assert all(400 < ha < 620 for ha in cells.hectares)  # 5.16 km2 in the mean of the earth
    tiles = zones.squares(1000, BOX)
    assert len(tiles.name) == 16
    assert tiles.name[0] == "r0001c0001"
    np.testing.assert_allclose(tiles.hectares, 100)
    x, y = np.array([BOX[0] + 1500.0, BOX[0] - 5]), np.array([BOX[3] - 500.0, BOX[3]])
    assert zones.which(tiles, x, y).tolist() == [1, -1]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: zones.hexagons(8, UTM, BOX), "0 to 7"),
        (lambda: zones.hexagons(3, UTM, BOX), "Take a finer one"),
        (lambda: zones.squares(500, BOX), "1000 m is the least"),
        (lambda: zones.squares(9000, BOX), "smaller than one square"),
        (lambda: zones.polygons([box("a", 0, 0, 900, 900)], "code", UTM), "smaller than 1 km2, a among them"),
        (
            lambda: zones.polygons([box("a", 0, 0, 2000, 2000)], "name", UTM),
            "no property 'name'. They have: code, of",
        ),
        (lambda: zones.polygons([box("a", 0, 0, 2000, 2000)] * 2, "code", UTM), "2 polygons have 1 codes"),
        (lambda: zones.polygons([], "code", UTM), "0 polygons"),
    ],
)
def test_zones_that_are_none_are_refused(make: Any, words: str) -> None:
    with pytest.raises((BadRequest, BadDesign), match=re.escape(words)):
        make()


# The command -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cube, a model, a survey in the strata of its map, and municipalities."""
    pytest.importorskip("zarr")
    rasterio = pytest.importorskip("rasterio")
    folder = tmp_path_factory.mktemp("zones")
    land.files(folder)
    land.table(folder / "s.csv")
    assert call("scenes", "build", folder / "files.csv", "--scale", 0.0001, "--valid", "-0.2,1.1", "--out",
                folder / "cube.zarr", "--store-scale", 0.0001).exit_code == 0  # fmt: skip
    assert call("classify", "fit", folder / "s.csv", "--out", folder / "m.npz").exit_code == 0
    told = json.loads(call("classify", "predict", folder / "cube.zarr", "--model", folder / "m.npz", "--survey",
                           folder / "survey.tif", "--out", folder / "p", "--json").output)  # fmt: skip
    with rasterio.open(folder / "survey.tif") as file:
        stratum = file.read(1).ravel()
    names = [*told["classes"], "unlike", "masked", "unseen_land"]
    rng = np.random.default_rng(3)
    truth = np.array(land.CLASSES)[land.classes()].ravel()
    truth = np.where(rng.random(truth.size) < 0.1, rng.permutation(truth), truth)
    lines = [
        f"{p + 1},{names[h]},{truth[p]}"
        for h in np.unique(stratum)
        for p in rng.permutation(np.flatnonzero(stratum == h))[:80]
    ]
    (folder / "seen.csv").write_text("point,stratum,reference\n" + "\n".join(lines) + "\n", encoding="utf-8")
    np.save(folder / "truth.npy", truth)
    edges = [0, 1000, 2000, 3000, 4000]
    made = [
        box(f"{i}{j}", edges[i], edges[j], edges[i + 1], edges[j + 1], "west" if i < 2 else "east")
        for i in range(4) for j in range(4)
    ]  # fmt: skip
    made.append(box("99", 3500, 0, 7000, 4000, "east"))  # for the most part not on the cube
    (folder / "zones.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8"
    )
    return folder


def asked(work: Path, out: Path, *more: object) -> tuple[object, ...]:
    return (
        "classify", "zones", work / "cube.zarr", "--model", work / "m.npz", "--points", work / "seen.csv", "--class", "early",
        "--definition", "standing on 1 February", "--period", "2020", "--out", out, *more,
    )  # fmt: skip


POLYGONS = ("--code", "code", "--prefix", "XX-", "--parent", "of")


def test_zones_hold_the_truth_and_nothing_small_is_shown(work: Path, tmp_path: Path) -> None:
    found = call(
        *asked(work, tmp_path, "--zones", work / "zones.geojson", *POLYGONS, "--least", "20", "--json")
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    truth = (np.load(work / "truth.npy") == "early").reshape(40, 40)
    rows = {r["zone"]: r for r in csv.DictReader((tmp_path / "areas.csv").open(encoding="utf-8"))}
    assert len(rows) == 17
    assert rows["XX-99"]["status"] == "partly outside the cube"
    measured = {k: r for k, r in rows.items() if r["status"] == "measured"}
    assert len(measured) >= 4
    missed = 0
    for name, row in measured.items():
        i, j = int(name[3]), int(name[4])
        there = truth[40 - 10 * (j + 1) : 40 - 10 * j, 10 * i : 10 * (i + 1)].sum()
        missed += not float(row["low"]) - 1 <= there <= float(row["high"]) + 1
        assert float(row["hectares"]) >= 20 or row["hectares"] == "0"  # none found is news, not a danger
        assert int(row["points"]) >= 5
    assert missed <= 2  # of ten intervals of 95 %: three or more would be one draw in ninety
    assert told["not_shown"] == sum(r["status"] == "not shown" for r in rows.values())
    assert {"hectares", "low", "high", "points"} & {
        k for r in rows.values() if r["status"] != "measured" for k, v in r.items() if v
    } == set()


@pytest.mark.parametrize("least", [10, 20, 40])
def test_nobody_finds_a_closed_zone_by_subtraction(work: Path, tmp_path: Path, least: int) -> None:
    """Whoever knows every printed zone and total can tell a closed one only to within the least that is shown."""
    found = call(
        *asked(work, tmp_path, "--zones", work / "zones.geojson", *POLYGONS, "--least", least, "--json")
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    rows = [r for r in told["rows"] if r["status"] in ("measured", "not shown")]
    shown = np.array([float(r["hectares"]) if r["status"] == "measured" else np.nan for r in rows])
    closed = np.isnan(shown)
    assert closed.any()
    if told["total"] is None:
        return
    seen = attack(shown, {tuple(range(len(rows))): told["total"]})
    assert (seen.high - seen.low)[closed].min() >= least - 0.5 * len(rows)  # printed whole hectares
    assert closed.sum() != 1


@pytest.mark.parametrize("least", [10, 20, 40])
def test_nobody_finds_a_closed_zone_by_its_other_classes(work: Path, tmp_path: Path, least: int) -> None:
    """One run a class, as anybody may: the land of a zone less its other classes is a subtraction as well."""
    zoned, total = {}, {}
    for cls in land.CLASSES:
        call_ = [
            cls if a == "early" else a for a in asked(work, tmp_path / cls, "--zones", work / "zones.geojson")
        ]
        found = call(*call_, *POLYGONS, "--least", least, "--json")
        assert found.exit_code == 0, found.output
        told = json.loads(found.output)
        zoned[cls] = [r for r in told["rows"] if r["status"] in ("measured", "not shown")]
        total[cls] = told["total"]
    shown = np.array(
        [
            [float(r["hectares"]) if r["status"] == "measured" else np.nan for r in rows]
            for rows in zoned.values()
        ]
    )
    closed = np.isnan(shown)
    assert closed.any()
    assert not (closed.sum(axis=0) == 1).any()
    k, n = shown.shape
    cells = np.arange(k * n).reshape(k, n)
    known = {
        tuple(cells[:, j].tolist()): max(100.0, float(np.nansum(shown[:, j]))) for j in range(n)
    }  # 1 km2 each
    known |= {tuple(cells[i].tolist()): total[cls] for i, cls in enumerate(zoned) if total[cls] is not None}
    loose = {cells: ha for cells, ha in known.items() if np.isnan(shown.ravel()[list(cells)]).any()}
    seen = attack(shown.ravel(), loose, np.full(k * n, 100.0))
    room = (seen.high - seen.low)[closed.ravel()]
    assert room[np.isfinite(room)].min() >= least - 0.5 * k * n


def test_no_output_holds_a_coordinate(work: Path, tmp_path: Path) -> None:
    found = call(*asked(work, tmp_path, "--zones", "1km", "--json"))
    assert found.exit_code == 0, found.output
    people = call(*asked(work, tmp_path, "--zones", "1km", "--lang", "es"))
    assert "no se muestran" in people.output
    for text in (found.output, people.output, (tmp_path / "areas.csv").read_text(encoding="utf-8")):
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d+|\b\d{5,6}\b", text.replace(str(tmp_path), ""))]
        assert not [
            n for n in numbers if BOX[0] <= n <= BOX[2] or BOX[1] <= n <= BOX[3] or -75.1 <= n <= -74.9
        ]
        assert "EPSG" not in text


def test_a_case_keeps_them_and_the_way_back_ends_at_the_scenes(work: Path, tmp_path: Path) -> None:
    case = pipeline.init("made-up", tmp_path / "cases")
    known = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
    held = sorted(code for code in _places(case))
    made = [box(code, 2000 * i, 0, 2000 * i + 2000, 4000) for i, code in enumerate(held[:2])]
    (tmp_path / "two.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8"
    )
    found = call(*asked(work, tmp_path / "o", "--zones", tmp_path / "two.geojson", "--code", "code", "--dataset", "early-crop",
                        "--least", "1", "--json"))  # fmt: skip
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    folder = case / "sources" / "early_crop"
    folder.mkdir(parents=True)
    (folder / "source.yml").write_text(
        (tmp_path / "o" / "source.yml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    known.setdefault("optional_datasets", []).append("early-crop")
    (case / "case.yml").write_text(
        yaml.safe_dump(known, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    kept = call("keep", "early-crop", tmp_path / "o" / "areas.csv", "--vintage", "2020", "--case", case)
    assert kept.exit_code == 0, kept.output
    row = next(r for r in told["rows"] if r["status"] == "measured")
    trace = call(
        "trace", f"surveyed.early@{row['zone']}:2020", "--case", case, "--build", tmp_path / "b", "--json"
    )
    assert trace.exit_code == 0, trace.output
    step = json.loads(trace.output)
    assert step["value"] == row["hectares"]
    whole = json.dumps(step)
    for wanted in (
        *told["scenes"],
        told["sample"],
        told["model"],
        told["cube"],
        "row ",
        "early, standing on 1 February",
    ):
        assert wanted in whole
    beside = call(*asked(work, tmp_path / "o2", "--zones", tmp_path / "two.geojson", "--code", "code", "--least", "1", "--case", case,
                         "--build", tmp_path / "b", "--beside", "surveyed.early", "--json"))  # fmt: skip
    assert beside.exit_code == 0, beside.output
    (one, *_) = json.loads(beside.output)["beside"]["figures"]
    assert (one["value"], one["source"]) == (row["hectares"], "early-crop")
    assert one["trace"].startswith(f"surveyed.early@{row['zone']}:2020")
    assert json.loads(beside.output)["beside"]["definitions"] == {
        "early-crop": "early, standing on 1 February"
    }
    changed = call("changed", "--place", row["zone"], "--case", case, "--build", tmp_path / "b", "--json")
    assert changed.exit_code == 0, changed.output


def _places(case: Path) -> list[str]:
    from vereda.pipeline.study import Study

    gazetteer = Study(case).gazetteer
    return [code for code, p in gazetteer.places.items() if p.level in gazetteer.finest]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--zones", "nowhere.geojson"), "is no file of polygons"),
        (("--zones", "h3:9"), "0 to 7"),
        (("--zones", "0.5km"), "1000 m is the least"),
        (
            ("--zones", "1km", "--class", "coca"),
            "The model knows no class 'coca'. It knows: early, forest, late",
        ),
        (("--zones", "1km", "--definition", " "), "Say what was counted"),
        (("--zones", "1km", "--least-points", "1"), "two points"),
        (("--zones", "1km", "--reference", "seen"), "no column 'seen'"),
        (("--zones", "1km", "--dataset", "Early Crop"), "small letters"),
        (("--zones", "1km", "--dataset", "early", "--period", "summer"), "'summer' is none"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    more: tuple[str, ...], words: str, work: Path, tmp_path: Path
) -> None:
    found = call(*asked(work, tmp_path / "o", *more))
    assert found.exit_code == 1
    assert words in " ".join(found.output.split())
    assert "Traceback" not in found.output
    assert not (tmp_path / "o").exists()


def test_from_a_map_to_points_in_its_strata_to_zones(work: Path, tmp_path: Path) -> None:
    """The commands alone: predict writes strata and map, design draws in them, zones takes what was seen."""
    drawn = call("area", "design", work / "p" / "strata.csv", "--map", work / "survey.tif", "--points", 400, "--rule", "proportional",
                 "--expected", ",".join(f"{s}=0.5" for s in strata(work)), "--out", tmp_path / "d")  # fmt: skip
    assert drawn.exit_code == 0, drawn.output
    truth = np.load(work / "truth.npy")
    key = (tmp_path / "d" / "key.csv").read_text(encoding="utf-8").splitlines()[1:]
    seen = [f"{n},{s},{truth[int(n) - 1]}" for n, s in (line.split(",") for line in key)]
    (tmp_path / "seen.csv").write_text("\n".join(["point,stratum,reference", *seen]) + "\n", encoding="utf-8")
    words = [str(a) for a in asked(work, tmp_path / "o", "--zones", work / "zones.geojson", *POLYGONS)]
    words[words.index(str(work / "seen.csv"))] = str(tmp_path / "seen.csv")
    found = call(*words)
    assert found.exit_code == 0, found.output
    assert (tmp_path / "o" / "areas.csv").exists()


def strata(work: Path) -> list[str]:
    lines = (work / "p" / "strata.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [line.partition(",")[0] for line in lines]


def test_strata_of_another_prediction_are_refused(work: Path, tmp_path: Path) -> None:
    table = (work / "p" / "strata.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "strata.csv").write_text("\n".join(table[:-1]) + "\n", encoding="utf-8")
    found = call(
        "area",
        "design",
        tmp_path / "strata.csv",
        "--map",
        work / "survey.tif",
        "--points",
        400,
        "--out",
        tmp_path / "d",
    )
    assert found.exit_code == 1
    assert "are not of one prediction" in " ".join(found.output.split())
    assert not (tmp_path / "d").exists()


def test_points_numbered_otherwise_are_refused(work: Path, tmp_path: Path) -> None:
    """Numbers that begin at 0 put every point on its neighbour; so does the map of another model."""
    lines = (work / "seen.csv").read_text(encoding="utf-8").splitlines()
    moved = [
        f"{(int(n) + 700) % 1600 + 1},{rest}" for n, _, rest in (line.partition(",") for line in lines[1:])
    ]
    other = tmp_path / "seen.csv"
    other.write_text("\n".join([lines[0], *moved]) + "\n", encoding="utf-8")
    words = [str(a) for a in asked(work, tmp_path / "o", "--zones", work / "zones.geojson", *POLYGONS)]
    words[words.index(str(work / "seen.csv"))] = str(other)
    found = call(*words)
    assert found.exit_code == 1
    assert "Points belong to the map they were drawn on" in " ".join(found.output.split())
    assert not (tmp_path / "o").exists()


def test_a_survey_drawn_in_other_strata_is_refused(work: Path, tmp_path: Path) -> None:
    text = (work / "seen.csv").read_text(encoding="utf-8").replace(",forest,", ",buffer,")
    (tmp_path / "seen.csv").write_text(text, encoding="utf-8")
    found = call(*asked(work, tmp_path / "o", "--zones", "1km", "--points", tmp_path / "seen.csv"))
    assert "strata that are none of the map (buffer)" in " ".join(found.output.split())
