"""Ways of leaving out on real labelled series, written into docs/methods/classification.md between its marks.

Run with the publishers' files: python benchmarks/classification.py --data FOLDER --out docs/methods/classification.md
FOLDER holds sits/, dtwsat_mt/ and tempcnn_formosat/, as `vereda classify` and the page say.
"""

import argparse
import csv
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from vereda.imagery import classify, validation
from vereda.imagery.features import Recipe, features
from vereda.imagery.samples import Samples, samples
from vereda.pipeline import building_scenes, training_files

BEGIN, END = "<!-- accuracy: written by benchmarks/classification.py -->", "<!-- end of accuracy -->"
BANDS = ("ndvi", "evi", "red", "nir", "blue", "mir")
SAME, SAME_END = "<!-- protocols: written by benchmarks/classification.py -->", "<!-- end of protocols -->"
Split = Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]
NAMES = {"random-forest": "Random Forest", "svm": "SVM", "lightgbm": "LightGBM"}


def sets(data: Path, work: Path) -> Iterator[tuple[str, Samples, float, tuple[str, ...], int]]:
    """Name, series, side of a block, ways of leaving out, seeds."""
    every = validation.WAYS
    yield (
        "MODIS Mato Grosso",
        training_files.labelled(data / "sits" / "samples_modis_ndvi.parquet", None, ()),
        1.0,
        every,
        3,
    )
    yield (
        "MODIS Cerrado, two classes",
        training_files.labelled(data / "sits" / "cerrado_2classes.parquet", None, ()),
        1.0,
        every,
        3,
    )
    yield "dtwSat Mato Grosso", _dtwsat(data / "dtwsat_mt", work), 0.01, every, 3
    yield "FORMOSAT-2", _formosat(data / "tempcnn_formosat"), 1.0, ("random", "place"), 1


def protocols(data: Path, draws: int = 20) -> str:
    """Splits that the packages' own scripts use, so that the same thing is compared; Random Forest, many draws."""
    lines = ["| split | reported | here, mean (range of 20 draws) |", "|---|---|---|"]
    modis = training_files.labelled(data / "sits" / "samples_modis_ndvi.parquet", None, ())
    cerrado = training_files.labelled(data / "sits" / "cerrado_2classes.parquet", None, ())
    with tempfile.TemporaryDirectory() as work:
        mt = _dtwsat(data / "dtwsat_mt", Path(work))
    for name, reported, known, split in (
        (
            "sits, Cerrado: 200 a class to train and 200 to test, drawn apart, so that they overlap",
            "kappa above 0.90 (a test's floor)",
            cerrado,
            _apart(200),
        ),
        ("sits, MODIS Mato Grosso: the same with 50", "kappa above 0.70 (a test's floor)", modis, _apart(50)),
        ("sits, MODIS Mato Grosso: two folds", "kappa above 0.70 (a test's floor)", modis, _share(0.5)),
        (
            "dtwSat: a tenth of each class to train, the rest to test",
            "TWDTW 0.958 ± 0.020 overall (README)",
            mt,
            _share(0.1),
        ),
    ):
        x = features(known.values, known.dates[0], Recipe()).values
        overall, kappa = [], []
        for seed in range(draws):
            train, test = split(known.label, np.random.default_rng(seed))
            said = classify.trained("random-forest", x[train], known.label[train], seed).predict(x[test])
            matrix = np.zeros((len(known.classes),) * 2)
            np.add.at(
                matrix,
                (np.searchsorted(known.classes, known.label[test]), np.searchsorted(known.classes, said)),
                1,
            )
            overall.append(np.trace(matrix) / matrix.sum())
            kappa.append(validation._kappa(matrix))
        lines.append(f"| {name} | {reported} | overall {_span(overall)}, kappa {_span(kappa)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def _span(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def _apart(n: int) -> Split:
    def split(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        by = [np.flatnonzero(label == c) for c in np.unique(label)]
        one, other = (
            np.concatenate([rng.choice(rows, min(n, len(rows)), replace=False) for rows in by])
            for _ in range(2)
        )
        return one, other

    return split


def _share(part: float) -> Split:
    def split(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        train = np.concatenate(
            [
                rng.permutation(rows)[: round(part * len(rows))]
                for rows in (np.flatnonzero(label == c) for c in np.unique(label))
            ]
        )
        return train, np.setdiff1d(np.arange(len(label)), train)

    return split


def _dtwsat(data: Path, work: Path) -> Samples:
    rows = ["file,band,date,layer"]
    for band in BANDS:
        for i, day in enumerate((data / "timeline").read_text(encoding="utf-8").split(), 1):
            rows.append(f"{(data / band).resolve()}.tif,{band},{day},{i}")
    (work / "files.csv").write_text("\n".join(rows), encoding="utf-8")
    building_scenes.build(
        building_scenes.Asked(source=str(work / "files.csv"), out=work / "mt.zarr", valid="-0.3,1.5")
    )
    return training_files.labelled(data / "samples.csv", work / "mt.zarr", (), 22)


def _formosat(data: Path) -> Samples:
    """149 gap-filled steps of three bands; the files give no dates, so steps are numbered; a polygon is a place."""
    label, place, values = [], [], []
    for name in ("train_dataset.csv", "test_dataset.csv"):
        for row in csv.reader((data / name).read_text(encoding="utf-8").splitlines()):
            label.append(f"class {int(row[0]):02d}")
            place.append(float(row[1]))
            values.append(np.array(row[2:], dtype=float).reshape(149, 3))
    dates = np.datetime64("2000-01-01") + np.tile(np.arange(149), (len(label), 1))
    return samples(
        np.stack(values),
        label,
        np.array(place),
        np.zeros(len(label)),
        dates,
        ("nir", "red", "green"),
        str(data),
    )


def table(data: Path) -> str:
    lines = [
        "| series | model | at random | places | blocks | years | places, macro F1 | kappa at random |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as work:
        for name, known, side, ways, seeds in sets(data, Path(work)):
            places = len(np.unique(known.place))
            for kind in classify.KINDS:
                found = validation.validate(known, kind, Recipe(), side, seeds=range(seeds), ways=ways)
                cells = [_cell(found.get(way)) for way in validation.WAYS]
                by_place, random = found["place"], found["random"]
                assert not isinstance(by_place, str)
                assert not isinstance(random, str)
                head = (
                    f"{name}: {len(known.label):,} series, {places} places, {len(known.classes)} classes"
                    if kind == classify.KINDS[0]
                    else ""
                )
                lines.append(
                    f"| {head} | {NAMES[kind]} | {' | '.join(cells)} | {by_place.macro_f1.mean():.3f} | {random.kappa.mean():.3f} |"
                )
                print(lines[-1], flush=True)
    return "\n".join(lines)


def _cell(score: validation.Score | str | None) -> str:
    if score is None or isinstance(score, str):
        return "-"
    spread = "" if len(score.overall) == 1 else f" ({score.overall.min():.3f}-{score.overall.max():.3f})"
    unseen = f"; {score.unseen:.0f} not learnt" if score.unseen else ""
    return f"{score.overall.mean():.3f}{spread}{unseen}"


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--data", type=Path, required=True)
    parse.add_argument("--out", type=Path)
    parse.add_argument("--only", choices=["table", "protocols"])
    asked = parse.parse_args()
    for name, make, begin, end in (("protocols", protocols, SAME, SAME_END), ("table", table, BEGIN, END)):
        if asked.only in (None, name):
            made = make(asked.data)
            if asked.out:
                text = asked.out.read_text(encoding="utf-8")
                before, after = text.split(begin)[0], text.split(end)[1]
                asked.out.write_text(f"{before}{begin}\n{made}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
