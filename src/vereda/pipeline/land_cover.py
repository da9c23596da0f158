"""`vereda classify case`: a worked case, from the publishers' files to a cited area with its interval.

Part of the labelled pixels train a model; the others of one season are the land. The model maps them, points are drawn
by lot in strata of that map, the labels of those points are looked up, and the area is estimated. Since all labels
of that land are published, the truth is known: intervals are put to the test over many other draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from vereda import __version__
from vereda.errors import BadCase, BadDesign, Fault, WaitingForData
from vereda.imagery import classify, layout, predict
from vereda.imagery.extra import package
from vereda.imagery.features import Recipe
from vereda.imagery.samples import Samples
from vereda.measurement.area import allocation, assisted, drawing, intervals, sample, stratified
from vereda.measurement.area.strata import StrataMap
from vereda.pipeline import building_scenes, classifying, training_files
from vereda.pipeline.imagery_words import Language, Voice
from vereda.pipeline.land_cover_shown import documents, shown
from vereda.pipeline.measuring_area import plain
from vereda.pipeline.reply import Reply
from vereda.store import cubes, write_files

Numbers = NDArray[np.int64]
NEEDS = ("title", "publisher", "citation", "licence", "get", "files", "valid", "steps", "season", "train", "points", "least",
         "block", "model", "seed", "draws")  # fmt: skip
LEVEL, OTHERS = 0.95, "other"


@dataclass(frozen=True, slots=True)
class _Land:
    """The land of the exercise: one labelled pixel each. stratum (n,) number in names; truth (n,) number in classes;
    proba (n, k); pixel_area in ha."""

    names: tuple[str, ...]
    stratum: Numbers
    truth: Numbers
    proba: NDArray[np.float64]
    classes: tuple[str, ...]
    pixel_area: float

    @property
    def units(self) -> Numbers:
        """(h,) pixels of each stratum."""
        return np.bincount(self.stratum, minlength=len(self.names)).astype(np.int64)


def work(folder: Path, data: Path, out: Path, lang: Language = "en") -> Reply:
    """Run a worked case and write its results and pictures."""
    case = _read(folder)
    bands = {band: data / name for band, name in case["files"]["bands"].items()}
    dates, labels = data / case["files"]["dates"], data / case["files"]["labels"]
    _must_be_there([*bands.values(), dates, labels], case)
    package("rioxarray")  # before anything is written
    cube = _cube(case, bands, dates, out)
    known = training_files.labelled(labels, cube.path, (), case["steps"])
    train, land_rows = _split(known, case)
    model = classify.fit(classify.learnt(known.take(train)), case["model"], Recipe(), case["seed"])
    land = _land(model, cube, known.take(land_rows), case)
    told = _told(case, cube, known, train, land, model, lang)
    asked = classifying.Asked(
        file=cube.path, first=str(case["season"]["from"]), last=str(case["season"]["to"]), model=case["model"],
        side=case["block"], seed=case["seed"],
    )  # fmt: skip
    whole, share = classifying.of_cube(model, cube, None, asked)
    told["map"] = {k: whole[k] for k in ("strata", "dates", "pixels", "pixel_area", "cell")}
    told["validation"] = classifying.validation_told(known.take(train), replace(asked, file=labels))
    told |= {"files": sha256(b"".join(p.read_bytes() for p in [*bands.values(), dates, labels])).hexdigest()}
    clean = plain(told)
    say = Voice(lang)
    written = documents(clean, share, say)
    write_files(out, written)
    return Reply(tuple(shown(clean, say, sorted(written), str(out))), clean)


def _read(folder: Path) -> dict[str, Any]:
    file = folder / "land-cover.yml" if folder.is_dir() else folder
    if not file.is_file():
        raise BadCase([Fault(str(file), 1, "there is no such file", "name a folder with a land-cover.yml")])
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise BadCase([Fault(str(file), 1, f"no YAML: {fault}", "mend it")]) from None
    given = set(found) if isinstance(found, dict) else set()
    faults = [Fault(str(file), 1, f"{n} is missing", "say it") for n in NEEDS if n not in given]
    faults += [Fault(str(file), 1, f"{n} is not known", "leave it out") for n in sorted(given - set(NEEDS))]
    if faults:
        raise BadCase(faults)
    told: dict[str, Any] = found
    return told


def _must_be_there(paths: list[Path], case: Mapping[str, Any]) -> None:
    missing = [str(p) for p in paths if not p.is_file()]
    if missing:
        raise WaitingForData(
            f"{len(missing)} files of {case['publisher']} are not here: {', '.join(missing)}. They are not ours to give. Get them "
            f"from {case['get']}, and name their folder with --data."
        )


def _cube(case: Mapping[str, Any], bands: Mapping[str, Path], dates: Path, out: Path) -> cubes.Cube:
    """The cube of the case; built once, and again where its files are others."""
    days = dates.read_text(encoding="utf-8").split()
    lines = ["file,band,date,layer"]
    lines += [
        f"{path.resolve()},{band},{day},{i}" for band, path in bands.items() for i, day in enumerate(days, 1)
    ]
    write_files(out, {"files.csv": "\n".join(lines) + "\n"})
    low, high = case["valid"]
    target = out / "cube.zarr"
    asked = building_scenes.Asked(source=str(out / "files.csv"), out=target, valid=f"{low},{high}")
    if not target.exists():
        building_scenes.build(asked)
    made = cubes.opened(target)
    now = {path.name: sha256(path.read_bytes()).hexdigest() for path in bands.values()}
    if dict(made.told["scenes"]) != now:
        raise BadDesign(
            f"{target} was built from other files than those of --data. Remove it, or name another --out."
        )
    return made


def _split(known: Samples, case: Mapping[str, Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Series that train, and series that are the land: places by lot, one season of the other places."""
    places = np.unique(known.place)
    lot = np.random.default_rng(case["seed"]).permutation(places)[: round(case["train"] * len(places))]
    train = np.isin(known.place, lot)
    first = known.dates[:, 0]
    season = (first >= np.datetime64(str(case["season"]["from"]))) & (
        first < np.datetime64(str(case["season"]["to"]))
    )
    return train, ~train & season


def _land(model: classify.Model, cube: cubes.Cube, there: Samples, case: Mapping[str, Any]) -> _Land:
    given = layout.Layout(there.bands, tuple(there.dates[0].astype(str).tolist()))
    layout.agree(model.learnt.season, given, str(cube.path))
    x = there.values.transpose(1, 2, 0)[:, :, :, None]
    made = predict.predict(model, x, given)
    names = predict.names(model.classes)
    found = made.stratum.ravel().astype(np.int64)
    counts = np.bincount(found, minlength=len(names))
    thin = np.flatnonzero((counts > 0) & (counts < case["least"]))
    found[np.isin(found, thin)] = len(names)
    used, stratum = np.unique(found, return_inverse=True)
    if np.isnan(made.proba).any():
        raise BadDesign("A labelled pixel has gaps too long to be mapped; the exercise needs all of them.")
    classes = tuple(sorted({*there.classes, *model.classes}))
    proba = np.zeros((len(there.label), len(classes)))
    proba[:, np.searchsorted(classes, model.classes)] = made.proba.reshape(len(there.label), -1)
    _, width, _, _, _, height = cube.told["transform"]
    return _Land(
        tuple([*names, OTHERS][i] for i in used), stratum.ravel().astype(np.int64), np.searchsorted(classes, there.label).astype(np.int64),
        proba, classes, abs(width * height) / classifying.HECTARE,
    )  # fmt: skip


def _drawn(land: _Land, points: int, seed: int) -> tuple[Numbers, Numbers]:
    """Rows of the land drawn by lot, and points by stratum; each share is taken for a half, so that none is invented."""
    units = land.units.astype(float)
    n = allocation.allocate(units / units.sum(), np.full(len(units), 0.5), points, "neyman", 5, 0.5, units)
    strata = StrataMap(land.stratum[None, :].astype(np.int8), land.names, land.pixel_area, "ha")
    return drawing.draw(strata, n, seed).column, n


def _estimated(land: _Land, rows: Numbers) -> list[dict[str, Any]]:
    """Area by class: from the points alone, with the map's probabilities, and by counting pixels."""
    units = land.units.astype(float)
    strata = sample.strata_of(land.names, units * land.pixel_area, "ha", units)
    total = strata.total
    told = []
    for k, name in enumerate(land.classes):
        y = (land.truth[rows] == k).astype(float)
        made = sample.from_points(
            strata, [land.names[s] for s in land.stratum[rows]], ["yes" if v else "no" for v in y]
        )
        hits = np.array([int(y[land.stratum[rows] == h].sum()) for h in range(len(units))])
        ends = _limits(tuple(strata.weight.tolist()), tuple(hits.tolist()), tuple(made.n.tolist()))
        area = float(strata.weight @ (hits / made.n))
        low = ends.low if hits.any() else 0.0  # where none was seen, none is not excluded
        se = stratified.areas(made).se[made.classes.index("yes")] if "yes" in made.classes else 0.0
        f = land.proba[:, k]
        mean = np.array([f[land.stratum == h].mean() for h in range(len(units))])
        helped = assisted.difference(y, f[rows], mean, strata.weight, land.stratum[rows], 1.0)
        told.append({
            "class": name, "area": area * total, "se": se * total, "low": low * total, "high": ends.high * total,
            "helped": helped.mean * total, "helped_se": helped.se * total,
            "few": bool(intervals.few(tuple(map(str, range(len(units)))), strata.weight, hits, made.n, 0.95)),
            "counted": float((land.proba.argmax(axis=1) == k).sum() * land.pixel_area),
            "truth": float((land.truth == k).sum() * land.pixel_area),
        })  # fmt: skip
    return told


@cache
def _limits(weight: tuple[float, ...], hits: tuple[int, ...], n: tuple[int, ...]) -> intervals.Limits:
    """Kept: other draws meet the same counts again."""
    return intervals.limits("beta", np.array(weight), np.array(hits), np.array(n), LEVEL)


def _covered(land: _Land, points: int, seed: int, draws: int) -> dict[str, dict[str, float]]:
    """Over many other draws by the same design: how often the interval holds the truth, and the error of three ways."""
    runs = [_estimated(land, _drawn(land, points, seed + 1 + i)[0]) for i in range(draws)]
    told = {}
    for k, name in enumerate(land.classes):
        rows = [run[k] for run in runs]
        truth = rows[0]["truth"]
        told[name] = {
            "covers": float(np.mean([r["low"] <= truth <= r["high"] for r in rows])),
            "rmse": float(np.sqrt(np.mean([(r["area"] - truth) ** 2 for r in rows]))),
            "helped_rmse": float(np.sqrt(np.mean([(r["helped"] - truth) ** 2 for r in rows]))),
            "counted_off": rows[0]["counted"] - truth,
        }
    return told


def _told(
    case: Mapping[str, Any], cube: cubes.Cube, known: Samples, train: NDArray[np.bool_], land: _Land, model: classify.Model,
    lang: Language,
) -> dict[str, Any]:  # fmt: skip
    rows, n = _drawn(land, case["points"], case["seed"])
    drawn = sha256(np.sort(rows).tobytes()).hexdigest()
    return {
        "title": case["title"], "publisher": case["publisher"], "citation": case["citation"], "licence": case["licence"],
        "season": {k: str(v) for k, v in case["season"].items()}, "unit": "ha", "level": LEVEL, "interval": "beta",
        "design": "stratified", "definition": "label of its publisher", "points": len(rows), "seed": case["seed"],
        "train": {"series": int(train.sum()), "places": len(np.unique(known.place[train]))},
        "land": {"pixels": len(land.truth), "area": len(land.truth) * land.pixel_area},
        "strata": [{"stratum": s, "pixels": int(u), "points": int(k)} for s, u, k in zip(land.names, land.units, n, strict=True)],
        "areas": _estimated(land, rows), "draws": case["draws"], "coverage": _covered(land, case["points"], case["seed"], case["draws"]),
        "model": classifying.model_told(model), "cube": cubes.digest(cube), "scenes": dict(cube.told["scenes"]),
        "sample": drawn, "labels": known.footprint, "version": __version__,
    }  # fmt: skip
