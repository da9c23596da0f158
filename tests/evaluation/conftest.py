"""Panels with published results: read from the packages that ship them, or from the publishers' files beside us."""

import csv
import gzip
import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest

from vereda.evaluation.panel import Panel, panel

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "benchmarks"


def _inside(package: str, file: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package} is not installed; it ships {Path(file).name}.")
    return Path(spec.submodule_search_locations[0]) / file


@pytest.fixture(scope="session")
def mpdta() -> Panel:
    """Teen employment in 500 US counties, 2003-2007 (Callaway & Sant'Anna 2021); outcome lemp, covariate lpop."""
    with gzip.open(_inside("moderndid", "core/datasets/mpdta_long.pkl.gz")) as file:
        table = pickle.load(file)
    county, years = np.unique(table["countyreal"]), np.unique(table["year"]).astype(float)
    table = table.sort_values(["countyreal", "year"])

    def wide(name: str) -> np.ndarray:
        return table[name].to_numpy(dtype=float).reshape(len(county), len(years))

    first = wide("first.treat")[:, 0]
    return panel(
        [str(int(c)) for c in county],
        years,
        {"lemp": wide("lemp")},
        np.where(first == 0, np.inf, first),
        {"lpop": wide("lpop")[:, 0]},
    )


@pytest.fixture(scope="session")
def prop99() -> Panel:
    """Cigarette sales in 39 US states, 1970-2000; California exposed from 1989 (Abadie et al. 2010)."""
    with _inside("synthdid", "data/california_prop99.csv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    states, years = sorted({r["State"] for r in rows}), sorted({float(r["Year"]) for r in rows})
    y = np.full((len(states), len(years)), np.nan)
    for r in rows:
        y[states.index(r["State"]), years.index(float(r["Year"]))] = float(r["PacksPerCapita"])
    first = np.array([1989.0 if s == "California" else np.inf for s in states])
    return panel(states, np.array(years), {"packs": y}, first)


@pytest.fixture(scope="session")
def basque() -> dict[str, np.ndarray]:
    """Columns of the Basque Country table (Abadie & Gardeazabal 2003), where the file is at hand."""
    file = SHARED / "basque" / "basque.csv"
    if not file.exists():
        pytest.skip(
            "basque.csv is in no package; it is read where the publishers' files lie beside the project."
        )
    with file.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    columns = {
        name: np.array([float(r[name] or "nan") for r in rows]) for name in rows[0] if name != "regionname"
    }
    return columns | {"regionname": np.array([r["regionname"] for r in rows])}
