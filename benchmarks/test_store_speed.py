"""How fast the store takes in a wide file and answers, beside DuckDB writing the same file to Parquet.

Nothing here passes or fails by the clock; answers are checked, because fast and wrong is not fast.
VEREDA_BENCH_SCALE=0.01 makes everything a hundred times smaller, to try it out.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from vereda.pipeline.desk import Desk
from vereda.pipeline.questions import indicator
from vereda.sources.description import load
from vereda.sources.reading import stream
from vereda.store import Store
from vereda.terms.answer import IndicatorAnswer
from vereda.terms.cooperation import Case, Register, Text
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.place import Gazetteer, Place
from vereda.terms.source import Batch, Vintage

SCALE = float(os.environ.get("VEREDA_BENCH_SCALE", "1"))
PLACES, YEARS = max(int(100_000 * SCALE), 100), 100
INDICATORS = 5  # of PLACES x YEARS observations each: 50 million
MONITORED = 50  # narrow indicators of a fiftieth of the places, their rows mixed: another store

DESCRIPTION = """
title: A hundred years of squares
publisher: this benchmark
address: https://example.org
licence: none stated
terms: open
obtained: generated with seed 7
file: wide.csv
vintage: 2026-02
layout: wide
estimator: nobody
place: {column: code, prefix: XX-, width: 6}
period: {columns: "{}"}
series:
  coca_area: {unit: ha, name: Hectares}
numbers:
  default: {decimal: ".", thousands: ","}
covers: {places: squares, years: 1925-2024}
absent: {means: not_collected, why: generated}
"""


# ---- what is measured ---------------------------------------------------------------------------------


def wide_file(folder: Path) -> Path:
    """PLACES x YEARS cells, one line a place, one decimal."""
    rng = np.random.default_rng(7)
    codes = pa.array([f"{i:06d}" for i in range(PLACES)])
    years = {str(1925 + y): pa.array(rng.integers(0, 100_000, PLACES) / 10) for y in range(YEARS)}
    file = folder / "wide.csv"
    pacsv.write_csv(pa.table({"code": codes, **years}), file)
    (folder / "source.yml").write_text(DESCRIPTION, encoding="utf-8")
    return file


def to_parquet(file: Path) -> float:
    """Seconds DuckDB takes to read the file and write it, as wide as it is, to Parquet."""
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        target = file.with_suffix(".parquet")
        connection.execute(
            f"COPY (FROM read_csv('{file}', header = true)) TO '{target}' (FORMAT parquet)"
        ).fetchall()
    return time.perf_counter() - started


def long_parquet(file: Path) -> float:
    """The same, one row a cell: the shape in which the store keeps it, with nothing checked."""
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        target = file.with_suffix(".long.parquet")
        wide = f"FROM read_csv('{file}', header = true)"
        long = f"UNPIVOT ({wide}) ON COLUMNS(* EXCLUDE code) INTO NAME period VALUE value"
        connection.execute(f"COPY ({long}) TO '{target}' (FORMAT parquet)").fetchall()
    return time.perf_counter() - started


def unpivoted(file: Path) -> pa.RecordBatchReader:
    """The file as observations by DuckDB alone: the store's own share of the time."""
    connection = duckdb.connect(config={"threads": 2})
    nothing = {
        f.name: f"NULL::{'DOUBLE' if pa.types.is_floating(f.type) else 'VARCHAR'}" for f in OBSERVATIONS
    }
    said = {
        "series": "'coca_area'",
        "place": "'XX-' || code",
        "period": "period",
        "estimator": "'nobody'",
        "source": "'src'",
        "vintage": "'2026-02'",
        "value": "value",
        "unit": "'ha'",
        "status": "'measured'",
        "row": "NULL::INTEGER",
        "col": "period",
    }
    columns = ", ".join(f"{text} AS {name}" for name, text in (nothing | said).items())
    long = f"""UNPIVOT (FROM read_csv('{file}', header = true, types = {{'code': 'VARCHAR'}}))
        ON COLUMNS(* EXCLUDE code) INTO NAME period VALUE value"""
    return connection.sql(f"SELECT {columns} FROM ({long})").to_arrow_reader(200_000)


def ingest(how: str, file: Path, folder: Path) -> dict[str, float]:
    """Read and store the file in this process: seconds, peak memory in MB, sum and count as stored."""
    started = time.perf_counter()
    reader = stream(load(file.with_name("source.yml")), file) if how == "described" else unpivoted(file)
    with Store.open(folder) as store:
        store.append(Batch(vintage("wide", "2026-02"), reader))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with Store.open(folder, read_only=True) as store:
        tallies = store.tallies(["coca_area"])
    total, rows = (float(np.sum(tallies.column(name).to_numpy())) for name in ("total", "values"))
    size = (folder / "store.duckdb").stat().st_size / 1e6
    return {"seconds": seconds, "peak_mb": peak, "sum": total, "count": rows, "file_mb": size}


def ingest_apart(how: str, file: Path, folder: Path) -> dict[str, float]:
    """`ingest` in a process of its own, so that the peak is its own."""
    command = [sys.executable, __file__, how, str(file), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def vintage(dataset: str, name: str) -> Vintage:
    return Vintage(dataset, name, "wide.csv", "0" * 64, 1, "2026-02-01", "1", 0, f"{dataset} {name}")


def _rows(numbers: Any, series: list[str], years: int, edition: str) -> pa.RecordBatch:
    """Observations by number: series within place within year, or one series place by place."""
    many = len(series)
    place, year = (numbers // many) // years, (numbers // many) % years

    def among(which: Any, texts: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(which.astype(np.int32)), pa.array(texts))

    low = int(place[0])
    periods = among(year, [str(1925 + y) for y in range(years)])
    same = {"estimator": "e", "source": "s", "vintage": edition, "unit": "ha", "status": "measured"}
    columns: dict[str, Any] = {f.name: pa.nulls(len(numbers), f.type) for f in OBSERVATIONS}
    columns |= {name: among(np.zeros(len(numbers)), [text]) for name, text in same.items()}
    columns |= {
        "series": among(numbers % many, series),
        "place": among(place - low, [f"XX-{p:06d}" for p in range(low, int(place[-1]) + 1)]),
        "period": periods,
        "col": periods,
        "value": pa.array((numbers % 1000) * 0.5),
        "row": pa.array((place + 2).astype(np.int32)),
    }
    return pa.RecordBatch.from_pydict(columns)


def made_up(series: list[str], places: int, edition: str = "2026-02") -> pa.RecordBatchReader:
    """len(series) x places x YEARS observations, a piece at a time."""
    total, piece = len(series) * places * YEARS, 200_000

    def pieces() -> Iterator[pa.RecordBatch]:
        for start in range(0, total, piece):
            yield _rows(np.arange(start, min(total, start + piece)), series, YEARS, edition)

    return pa.RecordBatchReader.from_batches(_rows(np.arange(1), series, YEARS, edition).schema, pieces())


def fill(folder: Path) -> None:
    """50 million observations: five large indicators, one a batch."""
    with Store.open(folder) as store:
        for name in (f"large_{i}" for i in range(INDICATORS)):
            store.append(Batch(vintage(name, "2026-02"), made_up([name], PLACES)))


def fill_mixed(folder: Path) -> None:
    """Another 10 million: fifty small indicators whose rows lie mixed in one file."""
    with Store.open(folder) as store:
        names = [f"small_{i}" for i in range(MONITORED)]
        store.append(Batch(vintage("small", "2026-02"), made_up(names, PLACES // MONITORED)))


def revise(folder: Path) -> None:
    """A second vintage of one large indicator, so that every row of it has a rival."""
    with Store.open(folder) as store:
        store.append(Batch(vintage("large_0", "2026-08"), made_up(["large_0"], PLACES, "2026-08")))


def changed_once(store: Store) -> Callable[..., IndicatorAnswer]:
    """The question `vereda changed INDICATOR --place PLACE` on a desk that has answered nothing yet."""
    country = Place("XX", "All", "country")
    squares = (Place(f"XX-{i:06d}", f"Square {i}", "municipality", "XX") for i in range(PLACES))
    gazetteer = Gazetteer.of([country, *squares])
    nobody = Case.model_construct(breaks=(), estimators={"e": Text(en="e", es="e")}, country="XX", series={})
    register = Register.model_construct(case=nobody)
    inside = Desk(register, gazetteer, store, {}, {}, "2026-11-22", {})._municipalities_of

    def once(name: str, place: str = "XX") -> IndicatorAnswer:
        desk = Desk(register, gazetteer, store, {}, {}, "2026-11-22", {})
        desk.__dict__["_municipalities_of"] = inside  # which place lies where is known once a process
        return indicator(desk, name, place)

    return once


def expected(name: str) -> list[float]:
    """The sum of an indicator in each year, by numpy, from how `_rows` makes the values."""
    many, which = (MONITORED, int(name[6:])) if name.startswith("small") else (1, 0)
    places = PLACES // MONITORED if many > 1 else PLACES
    numbers = np.arange(places * YEARS) * many + which
    value, year = (numbers % 1000) * 0.5, numbers // many % YEARS
    return [float(v) for v in np.bincount(year, weights=value)]


# ---- as tests -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wide_file(tmp_path_factory.mktemp("wide"))


@pytest.fixture(scope="module")
def fifty_million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fifty")
    fill(folder)
    fill_mixed(folder)
    return folder


def _check(file: Path, found: dict[str, float]) -> None:
    """Sum and count as stored equal those of the Parquet file that DuckDB wrote."""
    with duckdb.connect() as connection:
        long = f"UNPIVOT (FROM '{file.with_suffix('.parquet')}') ON COLUMNS(* EXCLUDE code)"
        [(total, rows)] = connection.execute(f"SELECT sum(value), count(value) FROM ({long})").fetchall()
    assert found["count"] == rows == PLACES * YEARS
    assert found["sum"] == pytest.approx(total, rel=1e-12)


@pytest.mark.benchmark(group="ten million cells: read, check, store")
@pytest.mark.parametrize("how", ["described", "unpivoted"])
def test_ten_million_cells(benchmark: Any, wide: Path, tmp_path: Path, how: str) -> None:
    """Reading and storing, and DuckDB writing the same file to Parquet, in turns; ratios of medians."""
    ours, theirs, longer = [], [], []

    def once() -> None:
        theirs.append(to_parquet(wide))
        longer.append(long_parquet(wide))
        ours.append(ingest_apart(how, wide, tmp_path / f"store{len(ours)}"))
        _check(wide, ours[-1])

    benchmark.pedantic(once, rounds=3, iterations=1)
    seconds = median(o["seconds"] for o in ours)
    print(
        f"\n  {how}: {seconds:.2f} s; DuckDB to wide Parquet {median(theirs):.2f} s, ratio "
        f"{seconds / median(theirs):.2f}; to long Parquet {median(longer):.2f} s, ratio "
        f"{seconds / median(longer):.2f}; peak {max(o['peak_mb'] for o in ours):.0f} MB; "
        f"file {ours[-1]['file_mb']:.0f} MB"
    )


@pytest.mark.benchmark(group="one indicator of fifty million observations")
@pytest.mark.parametrize("name", ["large_3", "small_7"])
def test_changed(benchmark: Any, fifty_million: Path, name: str) -> None:
    """`changed` for one indicator: ten million values added up to a hundred years; or 200,000 stored mixed with others."""
    with Store.open(fifty_million, read_only=True) as store:
        told = benchmark(changed_once(store), name)
    assert [f.value for f in told.current] == expected(name)


@pytest.mark.benchmark(group="one indicator of fifty million observations")
def test_changed_at_one_place(benchmark: Any, fifty_million: Path) -> None:
    with Store.open(fifty_million, read_only=True) as store:
        told = benchmark(changed_once(store), "large_1", f"XX-{PLACES // 2:06d}")
    assert len(told.current) == YEARS


@pytest.mark.benchmark(group="one indicator of fifty million observations")
def test_changed_where_every_row_has_a_rival(benchmark: Any, fifty_million: Path) -> None:
    """Two vintages of ten million rows each; the newer is shown first. Runs last: it adds to the store."""
    revise(fifty_million)
    with Store.open(fifty_million, read_only=True) as store:
        told = benchmark.pedantic(changed_once(store), ["large_0"], rounds=5)
    assert {f.vintage for f in told.current} == {"2026-08"}
    assert [f.value for f in told.current] == expected("large_0")


if __name__ == "__main__":
    print(json.dumps(ingest(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
