"""A table of ratios without pytest: `PYTHONPATH=src python benchmarks/run.py [rounds]`."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import test_store_speed as speed

from vereda.store import Store, write_outputs


def seconds(task: Callable[[], object], rounds: int) -> float:
    """Median time of a task."""
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        task()
        found.append(time.perf_counter() - started)
    return median(found)


def taking_in(folder: Path, rounds: int) -> None:
    """The same file by DuckDB and by us, in turns."""
    file = speed.wide_file(folder)
    theirs, longer = [], []
    ours: dict[str, list[dict[str, float]]] = {"described": [], "unpivoted": []}
    for turn in range(rounds):
        theirs.append(speed.to_parquet(file))
        longer.append(speed.long_parquet(file))
        for how, found in ours.items():
            found.append(speed.ingest_apart(how, file, folder / f"{how}{turn}"))
            speed._check(file, found[-1])
    wide, long = median(theirs), median(longer)
    print(
        f"{speed.PLACES * speed.YEARS:,} cells{'':<22}{'seconds':>9}{'/ wide':>9}{'/ long':>9}{'peak MB':>9}"
    )
    print(f"{'DuckDB CSV to wide Parquet':<38}{wide:>9.2f}{1:>9.2f}{wide / long:>9.2f}")
    print(f"{'DuckDB CSV to long Parquet':<38}{long:>9.2f}{long / wide:>9.2f}{1:>9.2f}")
    for how, found in ours.items():
        took, peak = median(f["seconds"] for f in found), max(f["peak_mb"] for f in found)
        label = "source.yml reader, checks, store" if how == "described" else "DuckDB unpivot, checks, store"
        print(f"{label:<38}{took:>9.2f}{took / wide:>9.2f}{took / long:>9.2f}{peak:>9.0f}")


def answering(folder: Path, rounds: int) -> None:
    """`changed` for one indicator over fifty (then seventy) million observations."""
    speed.fill(folder)
    with Store.open(folder, read_only=True) as store:
        changed = speed.changed_once(store)
        print(f"\n{'changed, over fifty million observations':<60}{'ms, median':>12}")
        took = seconds(lambda: changed("large_3"), rounds * 5)
        print(f"{'one indicator, the sum of 100,000 places in 100 years':<60}{took * 1e3:>12.1f}")
        took = seconds(lambda: changed("large_3", "XX-000050"), rounds * 5)
        print(f"{'one indicator at one place':<60}{took * 1e3:>12.1f}")
    speed.fill_mixed(folder)
    speed.revise(folder)
    with Store.open(folder, read_only=True) as store:
        changed = speed.changed_once(store)
        took = seconds(lambda: changed("small_7"), rounds * 5)
        print(f"{'one of 50 indicators stored row by row':<60}{took * 1e3:>12.1f}")
        took = seconds(lambda: changed("large_0"), rounds)
        print(f"{'one indicator of which every row has an older rival':<60}{took * 1e3:>12.1f}")


def publishing(folder: Path, rounds: int) -> None:
    """Three thousand pages of seven kilobytes."""
    pages = {f"place/{i:04}/index.html": "x" * 7_000 for i in range(3_000)}
    took = seconds(lambda: write_outputs(folder / "site", pages), rounds)
    print(f"\n{'3,000 pages, 21 MB, written and exchanged':<60}{took * 1e3:>12.1f}")


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for part in (taking_in, answering, publishing):
        with tempfile.TemporaryDirectory() as place:
            part(Path(place), rounds)
