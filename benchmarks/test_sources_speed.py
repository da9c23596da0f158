"""How fast described files of the real layouts are read, and how much memory that takes.

Two synthetic files: 146,000 operations of eradication as the portal gives them, added up by municipality and year; and a
grid of 1.1 million cells of one square kilometre with 23 years of coca, its columns named as unevenly as the real ones.
Nothing here passes or fails by the clock; sums and counts are checked, because fast and wrong is not fast.
VEREDA_BENCH_SCALE=0.01 makes everything a hundred times smaller, to try it out.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from vereda import sources
from vereda.sources.description import Expect, load
from vereda.sources.reading import stream
from vereda.terms.place import Gazetteer, Place

SCALE = float(os.environ.get("VEREDA_BENCH_SCALE", "1"))
OPERATIONS, CELLS = max(int(146_000 * SCALE), 1000), max(int(1_100_000 * SCALE), 1000)
MUNICIPALITIES, YEARS = 489, range(2001, 2024)
ODD = {2004: "areacoca2004", 2022: "coca2022_", 2023: "areacoca2023"}
GRID = f"""
title: Density of coca in a grid of a kilometre
publisher: this benchmark
address: https://example.org
licence: none stated
terms: open
obtained: generated with seed 7
file: grid.csv
vintage: 2026-02
layout: wide
estimator: nobody
place: {{column: celda, prefix: XX-}}
period: {{columns: "areacoca_{{}}", named_otherwise: {json.dumps({str(k): v for k, v in ODD.items()})}}}
series: {{coca_area: {{unit: ha, least: 0, most: 100}}}}
numbers: {{default: {{decimal: ".", empty: absent}}}}
ignore: {{the_geom: the cell itself}}
covers: {{places: cells of a square kilometre, years: 2001-2023, level: cell}}
absent: {{means: zero, why: the grid holds every cell in which coca was ever found}}
"""


def eradication_file(folder: Path) -> Path:
    """Operations by day and municipality, with the columns that are asked of the portal; one in fifty clears poppy."""
    rng = np.random.default_rng(7)
    which = rng.integers(0, MUNICIPALITIES, OPERATIONS)
    days = np.datetime64("2007-01-01") + rng.integers(0, 7000, OPERATIONS)
    columns = {
        "fecha_hecho": pa.array(np.char.add(np.datetime_as_string(days), "T00:00:00.000")),
        "cod_depto": pa.array([f"{10 + w // 100:02d}" for w in which]),
        "departamento": pa.array([f"DEPARTMENT {w // 100}" for w in which]),
        "cod_muni": pa.array([f"{10 + w // 100:02d}{w % 100 + 1:03d}" for w in which]),
        "municipio": pa.array([f"PLACE {w}" for w in which]),
        "cantidad": pa.array([f"{h / 100:.2f}" for h in rng.integers(1, 3000, OPERATIONS)]),
        "tipo_de_cultivo": pa.array(np.where(rng.random(OPERATIONS) < 0.02, "AMAPOLA", "COCA")),
        "unidad": pa.repeat("HECTAREA", OPERATIONS),
    }
    pacsv.write_csv(pa.table(columns), folder / "eradication.csv")
    return folder / "eradication.csv"


def municipalities() -> Gazetteer:
    """Places with the codes and names of that file."""
    codes = [(f"CO-{10 + w // 100:02d}{w % 100 + 1:03d}", w) for w in range(MUNICIPALITIES)]
    above = [Place(f"CO-{10 + d:02d}", f"Department {d}", "department", "CO") for d in range(5)]
    inside = [Place(code, f"Place {w}", "municipality", code[:5]) for code, w in codes]
    return Gazetteer.of([Place("CO", "All", "country"), *above, *inside])


def grid_file(folder: Path) -> Path:
    """CELLS squares with their outline and 23 years; three of four years of a cell are empty."""
    rng = np.random.default_rng(7)
    (folder / "source.yml").write_text(GRID, encoding="utf-8")
    file = folder / "grid.csv"
    writer = None
    for start in range(0, CELLS, 100_000):
        n = min(100_000, CELLS - start)
        x = pc.cast(pa.array(-79 + np.arange(start, start + n) % 1300 * 0.009), pa.string())
        outline = pc.binary_join_element_wise(
            "MULTIPOLYGON (((", x, " 1.1, ", x, " 1.2, ", x, " 1.3, ", x, " 1.1)))", ""
        )
        columns: dict[str, Any] = {
            "celda": pa.array([f"{c:07d}" for c in range(start, start + n)]),
            "the_geom": outline,
        }
        for year in YEARS:
            some = pa.array(rng.random(n) < 0.25)
            columns[ODD.get(year, f"areacoca_{year}")] = pc.if_else(
                some, pa.array(rng.integers(0, 9000, n) / 100), None
            )
        table = pa.table(columns)
        writer = writer or pacsv.CSVWriter(file, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    return file


def read(what: str, file: Path) -> dict[str, float]:
    """Read one of the files in this process: seconds, peak memory, rows of the file, cells and their sum."""
    before = _peak_mb()
    started = time.perf_counter()
    if what == "eradication":
        d = sources.describe("mindefensa-eradication").model_copy(update={"expect": Expect()})
        batches: Any = sources.read(d, file, municipalities(), "2026-08").to_batches()
    else:
        batches = stream(load(file.with_name("source.yml")), file)
    cells, total = 0, 0.0
    for batch in batches:
        cells += batch.num_rows
        total += pc.sum(batch["value"]).as_py() or 0.0
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "peak_mb": _peak_mb(), "before_mb": before, "cells": cells, "sum": total}


def _peak_mb() -> float:
    """The most memory this program held since it started; of the process, where the system does not say."""
    status = Path("/proc/self/status")  # what the system counts for a process begins with who started it
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_apart(what: str, file: Path) -> dict[str, float]:
    """`read` in a process of its own, so that the peak is its own."""
    command = [sys.executable, __file__, what, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def by_duckdb(what: str, file: Path) -> tuple[int, float]:
    """How many cells there are and what they add up to, by another program."""
    with duckdb.connect() as connection:
        if what == "eradication":
            asked = f"""SELECT count(*), sum(h) FROM (SELECT sum(cantidad) AS h
                FROM read_csv('{file}', all_varchar = false) WHERE tipo_de_cultivo = 'COCA'
                GROUP BY cod_muni, year(fecha_hecho::TIMESTAMP))"""
        else:
            asked = f"""SELECT count(v), sum(v) FROM (UNPIVOT (SELECT * EXCLUDE (celda, the_geom) FROM
                read_csv('{file}')) ON COLUMNS(*) INTO NAME y VALUE v)"""
        [(cells, total)] = connection.execute(asked).fetchall()
    return int(cells), float(total)


@pytest.mark.benchmark(group="files of the real layouts")
@pytest.mark.parametrize("what", ["eradication", "grid"])
def test_reading(benchmark: Any, tmp_path: Path, what: str) -> None:
    """Described reading with every check, in a process of its own."""
    file = eradication_file(tmp_path) if what == "eradication" else grid_file(tmp_path)
    rows = OPERATIONS if what == "eradication" else CELLS
    found: list[dict[str, float]] = []
    benchmark.pedantic(lambda: found.append(read_apart(what, file)), rounds=3, iterations=1)
    cells, total = by_duckdb(what, file)
    for one in found:
        assert one["cells"] == cells
        assert one["sum"] == pytest.approx(total, rel=1e-9)
    seconds = median(one["seconds"] for one in found)
    print(
        f"\n  {what}: {rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, in {seconds:.2f} s: {rows / seconds:,.0f} rows a "
        f"second, {cells / seconds:,.0f} observations a second; peak {max(o['peak_mb'] for o in found):.0f} MB, of which "
        f"{found[0]['before_mb']:.0f} MB before reading"
    )


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1], Path(sys.argv[2]))))
