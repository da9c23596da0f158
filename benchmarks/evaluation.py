"""The tables of docs/benchmarks.md, Evaluation, without pytest: `python benchmarks/evaluation.py [PART...]`.

Parts: races long case first growth; all of them when none is named. VEREDA_BENCH_SCALE as in test_evaluation_speed.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import test_evaluation_speed as speed


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def races() -> None:
    """Tasks that other packages do as well, in turns."""
    for make in speed.RACES.values():
        race = make()
        print(f"\n{race.title}\n  aim: {race.aim}; {load()}")
        print(f"  {'peer':<46}{'theirs s':>10}{'ours s':>10}{'ratio':>10}{'difference':>12}")
        for peer in race.peers:
            print(f"  {speed.lap(race, peer)}", flush=True)


def long() -> None:
    """The event study of five million rows, and pyfixest on as many as the machine holds."""
    print(f"\nEvent study by two-way fixed effects, {speed.LONG:,} rows; {load()}")
    for order in ("sorted", "shuffled"):
        ours = speed.apart_from_here("long_ours", speed.LONG, order)
        print(f"  {order:<10}{ours['seconds']:>8.3f} s{ours['peak']:>8.0f} MB at the peak, the table {ours['held']:.0f} MB")  # fmt: skip
    rows = speed.long_rows_for_pyfixest()
    ours, theirs = (speed.apart_from_here(task, rows, "sorted") for task in ("long_ours", "long_pyfixest"))
    if "failed" in theirs:
        print(f"  pyfixest: {theirs['failed']}")
        return
    print(
        f"  pyfixest, {rows:,} rows: {theirs['seconds']:.1f} s, {theirs['peak']:.0f} MB; ours {ours['seconds']:.3f} s, "
        f"{ours['peak']:.0f} MB; {theirs['seconds'] / ours['seconds']:.0f}x; difference "
        f"{speed.long_apart(ours, theirs):.1e}; {load()}"
    )


def case() -> None:
    """The plans of the case, and the whole of it."""
    found = speed.apart_from_here("plans")
    print(f"\nPlans of the case; {load()}")
    for name, plan in found["plans"].items():
        print(f"  {name:<34}{plan['seconds']:>8.1f} s{plan['estimates']:>8} estimates")
    for compiled in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            took = speed.whole_case(Path(folder), compiled)
        said = "kernels compiled before" if compiled else "nothing compiled"
        print(
            f"  vereda run, {said:<26}{took['cold']:>8.1f} s, unchanged {took['unchanged']:.2f} s; {load()}"
        )


def first() -> None:
    """`vereda estimate` for the first time, and from then on."""
    print(f"\nvereda estimate, seconds{'':<8}{'first':>8}{'then':>8}")
    for estimator in speed.ESTIMATORS:
        with tempfile.TemporaryDirectory() as folder:
            took = speed.first_estimate(Path(folder), estimator)
        print(f"  {estimator:<30}{took['cold']:>8.2f}{took['warm']:>8.2f}   {load()}", flush=True)


def growth() -> None:
    """Time and peak memory from a country to a continent."""
    print(
        f"\nGrowth: milliseconds, peak MB (the process, with its {speed.YEARS} years of one outcome); {load()}"
    )
    for task in speed.GROWING:
        for places in speed.GROWTH:
            found = speed.apart_from_here("grown", task, places)
            told = found.get("failed") or f"{1e3 * found['seconds']:>12.2f} ms{found['peak']:>8.0f} MB"
            print(f"  {task:<28}{places:>11,}  {told}", flush=True)


PARTS: dict[str, Callable[[], Any]] = {p.__name__: p for p in (races, long, case, first, growth)}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
