"""Check everything and write the page: `python benchmarks/validity --date 2026-11-22`; see the Makefile.

VEREDA_VALIDITY_SCALE=0.1 draws a tenth of the panels, for a quick look; `--out` says where that goes.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: the work is shared between processes

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))

import area  # noqa: E402
import graded  # noqa: E402
import intervals  # noqa: E402
import numpy as np  # noqa: E402
import placebos  # noqa: E402
import production  # noqa: E402
from page import page  # noqa: E402
from rates import Row, Task, timed  # noqa: E402


def of_tests(path: str) -> Any:
    """A test file as a module: its list of values is the list of the page."""
    spec = spec_from_file_location(Path(path).stem, ROOT / "tests" / path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def told_values(module: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Every reference value, computed; and the panels that are not at hand."""
    import pytest

    told, skipped = [], {}
    for value in module.VALUES:
        try:
            ours = value.ours()
        except pytest.skip.Exception as reason:
            skipped[value.panel] = f"{value.panel}: {reason}"
            continue
        off = ours - float(value.printed)
        agrees = abs(off) <= value.within
        digits = next((d for d in range(value.decimals, 0, -1) if abs(off) <= 0.55 * 10.0**-d), 0)
        told.append(
            {k: getattr(value, k) for k in ("panel", "what", "printed", "where", "decimals")}
            | {"ours": ours, "difference": off, "agrees": agrees, "digits": digits}
            | {"instead": "" if agrees else value.instead or "**DOES NOT AGREE**"}
        )
    return told, list(skipped.values())


def told_pairs(module: Any) -> list[dict[str, Any]]:
    """Every estimand from every package that is installed."""
    told = []
    for pair in module.PAIRS:
        with redirect_stdout(StringIO()):  # csdid prints what it finds
            difference = pair.difference
        numbers = int(np.size(pair.ours()))
        told.append(
            {"estimand": pair.estimand, "package": pair.package, "numbers": numbers, "difference": difference}
        )
    return told


def simulated(tasks: list[Task], workers: int) -> tuple[list[Any], float]:
    """Results in the order of the tasks, and the seconds of processor time they took."""
    found: dict[int, list[Any]] = {}
    begun, spent = time.perf_counter(), 0.0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(timed, task): k for k, task in enumerate(tasks)}
        for done in as_completed(waiting):
            k = waiting[done]
            found[k], seconds = done.result()
            spent += seconds
            print(
                f"{time.perf_counter() - begun:6.0f} s  {len(found)}/{len(tasks)}  {tasks[k].name} ({seconds:.0f} s)",
                flush=True,
            )
    return [row for k in sorted(found) for row in found[k]], spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", required=True, help="the day that is printed on the page")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "validity.md")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    begun = time.perf_counter()
    references, parity = of_tests("published/test_reference_values.py"), of_tests("evaluation/test_parity.py")
    values, skipped = told_values(references)
    pairs = told_pairs(parity)
    print(
        f"{len(values)} reference values, {len(pairs)} comparisons: {time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    found, spent = simulated([*intervals.TASKS, *graded.TASKS, *placebos.TASKS], asked.workers)
    rows = [row for row in found if isinstance(row, Row)]
    grades = [row for row in found if isinstance(row, graded.Graded)]
    sections = [area.lines(), production.section()]
    seconds = time.perf_counter() - begun
    asked.out.write_text(
        page(
            asked.date, (seconds, spent), values, pairs, rows, grades, references.NOT_HERE, parity.ELSEWHERE, skipped
        )
        + "".join("\n" + "\n".join(lines) + "\n" for lines in sections),
        encoding="utf-8",
    )  # fmt: skip
    wrong = [v for v in values if not v["agrees"] and "DOES NOT" in v["instead"]]
    wrong += [p for p in pairs if p["difference"] >= parity.TOLERANCE]
    print(
        f"{asked.out}: {seconds:.0f} s, {len(wrong)} numbers do not agree, {sum(r.fails for r in rows)} rows mislead"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
