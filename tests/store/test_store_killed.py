"""Processes that die or meet: the last good state is found each time."""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from store_case import batch, row, values

from vereda.errors import BadStore
from vereda.store import Store, load_state, save_state, write_outputs

_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["vereda.store", "store_case"])
ROWS = 3_000


def start(task: Callable[..., None], *given: Any) -> BaseProcess:
    process = _FORK.Process(target=task, args=given, daemon=True)
    process.start()
    return process


def kill(process: BaseProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def rows_of(number: int) -> list[dict[str, Any]]:
    return [row(place=f"CO-{i}", period=str(1000 + number), value=float(number)) for i in range(ROWS)]


def write_forever(folder: Path) -> None:
    """Batch after batch, each a period; every third is then replaced by a build with another value."""
    with Store.open(folder) as store:
        number = len({v.name for v in store.vintages()})
        while True:
            store.append(batch(rows_of(number), dataset="d", name=str(number)))
            if number % 3 == 0:
                built = [{**r, "value": -1.0} for r in rows_of(number)]
                store.append(batch(built, dataset="d", name=str(number)), replace=True)
            store.keep(os.urandom(200_000))
            number += 1


def test_a_killed_writer_leaves_whole_batches(tmp_path: Path) -> None:
    chance = random.Random(7)
    batches = [0]
    # Thirty kills, and more on a busy machine, until the writer has come far enough to be worth killing.
    while len(batches) <= 30 or (batches[-1] <= 10 and len(batches) < 150):
        writer = start(write_forever, tmp_path)
        time.sleep(chance.uniform(0.0, 0.45) * (1 + len(batches) / 15))  # longer where little was done so far
        kill(writer)
        with Store.open(tmp_path, wait=5) as store:
            names = [int(v.name) for v in store.vintages()]
            assert sorted(names) == list(range(len(names)))  # none lost, none twice, in the order written
            found = store.tallies(["coca_area"]).to_pylist()
            assert [t["period"] for t in found] == [str(1000 + n) for n in range(len(names))]
            for number, total in enumerate(found):
                assert total["values"] == ROWS
                assert total["total"] in {number * ROWS} | ({-ROWS} if number % 3 == 0 else set())
            batches.append(len(names))
        for kept in (p for p in (tmp_path / "snapshots").rglob("*") if p.is_file()):
            assert kept.stat().st_size == 200_000
    assert batches == sorted(batches)
    assert batches[-1] > 10  # the writer did write between the kills


def publish_forever(folder: Path) -> None:
    number = 0
    while True:
        number += 1
        write_outputs(folder, {f"p{i}/index.html": str(number) for i in range(60)} | {"all.txt": str(number)})


def test_a_killed_publish_leaves_the_last_good_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_outputs(site, {f"p{i}/index.html": "0" for i in range(60)} | {"all.txt": "0"})
    chance = random.Random(7)
    seen: set[str] = set()
    kills = 0
    while kills < 25 or (len(seen) <= 3 and kills < 150):
        kills += 1
        publisher = start(publish_forever, site)
        time.sleep(chance.uniform(0.0, 0.25) * (1 + kills / 15))  # longer where little was done so far
        kill(publisher)
        edition = (site / "all.txt").read_text()
        assert {p.read_text() for p in site.rglob("index.html")} == {edition}
        assert len(list(site.rglob("index.html"))) == 60
        seen.add(edition)
    assert len(seen) > 3
    write_outputs(site, {"all.txt": "end"})
    assert {p.name for p in tmp_path.iterdir()} == {"site", ".site.lock"}  # nothing is left lying about


def save_forever(file: Path) -> None:
    number = 0
    while True:
        number += 1
        save_state(file, {"number": number, "padding": "x" * 100_000})


def test_a_killed_run_leaves_a_whole_state(tmp_path: Path) -> None:
    for wait in (0.1, 0.15, 0.2):
        process = start(save_forever, tmp_path / "state.json")
        for _ in range(200):  # a busy machine may take a while to start
            if (tmp_path / "state.json").exists():
                break
            time.sleep(0.05)
        time.sleep(wait)
        kill(process)
    assert len(load_state(tmp_path / "state.json")["padding"]) == 100_000


def append_some(folder: Path, name: str) -> None:
    for number in range(8):
        with Store.open(folder) as store:
            given = [row(place=name, period=str(1000 + number))]
            store.append(batch(given, dataset=name, name=str(number)))


def test_two_writers_take_turns(tmp_path: Path) -> None:
    writers = [start(append_some, tmp_path, name) for name in ("CO-1", "CO-2")]
    for writer in writers:
        writer.join(20)
        assert writer.exitcode == 0
    with Store.open(tmp_path) as store:
        assert len(values(store.read(["coca_area"]))) == 16


def hold(folder: Path, ready: Any, read_only: bool) -> None:
    with Store.open(folder, read_only=read_only):
        ready.set()
        time.sleep(60)


@pytest.mark.parametrize("holder_reads", [True, False])
@pytest.mark.parametrize("we_read", [True, False])
def test_who_waits_in_vain_is_told_which_process_it_was(
    tmp_path: Path, holder_reads: bool, we_read: bool
) -> None:
    Store.open(tmp_path).close()
    ready = _FORK.Event()
    holder = start(hold, tmp_path, ready, holder_reads)
    try:
        assert ready.wait(10)
        if holder_reads and we_read:  # readers do not disturb each other
            Store.open(tmp_path, read_only=True, wait=0).close()
        else:
            with pytest.raises(BadStore, match=f"in use by process {holder.pid}"):
                Store.open(tmp_path, read_only=we_read, wait=0.1)
    finally:
        kill(holder)
    Store.open(tmp_path, read_only=we_read, wait=1).close()  # the lock of the dead holds nobody


def test_a_reader_waits_for_the_writer_to_finish(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.append(batch([row()]))
    threading.Timer(0.3, store.close).start()
    with Store.open(tmp_path, read_only=True, wait=10) as reader:
        assert values(reader.read(["coca_area"])) == [10.0]
