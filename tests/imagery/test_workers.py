"""The same bytes from one thread, from three, and from two worker processes, one of which is killed on the way."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("sklearn", reason="needs the extra: pip install 'vereda[imagery]'")
pytest.importorskip("zarr", reason="needs the extra: pip install 'vereda[imagery]'")
pytest.importorskip("rasterio", reason="needs the extra: pip install 'vereda[imagery]'")
import imagery_land as land

from vereda.cli import main
from vereda.errors import BadRequest
from vereda.imagery import blocks
from vereda.pipeline import classifying
from vereda.store import cubes


def call(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cube of twenty-five blocks, edges cut, some land unseen; and a model."""
    folder = tmp_path_factory.mktemp("work")
    told = {
        "crs": "EPSG:32618", "transform": [land.LEFT, 100.0, 0.0, land.TOP, 0.0, -100.0], "rows": land.SIDE, "columns": land.SIDE, "side": 9,
        "bands": ["ndvi"], "dates": land.DATES, "scale": 1e-4, "scenes": {},
    }  # fmt: skip
    values, building = land.cube(noise=0.08), cubes.building(folder / "cube.zarr", told)
    values[:, 20, 3:30] = np.nan
    for block in building.left():
        top, bottom, left, right = cubes.edges(told, block)
        building.write(block, values[:, None, top:bottom, left:right].astype("f4"))
    building.finish()
    land.table(folder / "s.csv")
    assert call("classify", "fit", folder / "s.csv", "--out", folder / "m.npz").exit_code == 0
    return folder


def predicted(work: Path, out: Path, *more: object) -> dict[str, bytes]:
    """What predict writes, by name, the map of a survey with it."""
    found = call(
        "classify",
        "predict",
        work / "cube.zarr",
        "--model",
        work / "m.npz",
        "--out",
        out / "p",
        "--survey",
        out / "s.tif",
        *more,
    )
    assert found.exit_code == 0, found.output
    return {f.name: f.read_bytes() for f in (*(out / "p").iterdir(), out / "s.tif")}


@pytest.mark.parametrize("workers", [2, 3])
def test_threads_change_no_byte(work: Path, tmp_path: Path, workers: int) -> None:
    assert predicted(work, tmp_path / "a") == predicted(work, tmp_path / "b", "--workers", workers)


@pytest.fixture(scope="module")
def two() -> Iterator[Any]:
    """Two worker processes on this machine; ended with the tests of this file."""
    distributed = pytest.importorskip(
        "distributed", reason="dask.distributed is not installed: pip install 'vereda[cluster]'."
    )
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, silence_logs=50) as here,
        distributed.Client(here),
    ):  # fmt: skip
        yield here


def test_two_processes_change_no_byte(work: Path, tmp_path: Path, two: Any) -> None:
    assert predicted(work, tmp_path / "a") == predicted(
        work, tmp_path / "b", "--cluster", two.scheduler_address
    )


def test_a_killed_worker_changes_no_byte(
    work: Path, tmp_path: Path, two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL to one of two when the fifth block has come back and the next are under way; its blocks go to the other."""
    alone = predicted(work, tmp_path / "a")
    victim = next(iter(two.workers.values())).pid
    seen, grid = [], classifying.cells.Cells.add

    def add(self: Any, stratum: np.ndarray, top: int, left: int) -> None:
        seen.append(top)
        if len(seen) == 5:
            os.kill(victim, signal.SIGKILL)
        grid(self, stratum, top, left)

    monkeypatch.setattr(classifying.cells.Cells, "add", add)
    assert predicted(work, tmp_path / "b", "--cluster", two.scheduler_address) == alone
    assert len(seen) == 25
    assert victim not in {nanny.pid for nanny in two.workers.values()}


def test_results_come_in_order_and_few_are_under_way() -> None:
    going, most, lock = [0], [0], threading.Lock()

    def slow(shared: int, item: int) -> int:
        with lock:
            going[0] += 1
            most[0] = max(most[0], going[0])
        time.sleep(0.001 * (item % 3))
        with lock:
            going[0] -= 1
        return shared * item

    drawn: list[int] = []

    def items() -> Iterator[int]:
        for i in range(40):
            drawn.append(i)
            yield i

    found = []
    for n, result in enumerate(blocks.in_order(slow, 2, items(), workers=3)):
        found.append(result)
        assert len(drawn) <= n + 2 + blocks.AHEAD * 3
    assert found == [2 * i for i in range(40)]
    assert most[0] <= 3


@pytest.mark.parametrize("workers", [1, 3])
def test_a_fault_in_a_block_ends_the_run_and_leaves_nothing(work: Path, tmp_path: Path, workers: int) -> None:
    import shutil

    shutil.copytree(work / "cube.zarr", tmp_path / "cube.zarr")
    (tmp_path / "cube.zarr" / "values" / "c" / "0" / "0" / "2" / "2").unlink()
    found = call("classify", "predict", tmp_path / "cube.zarr", "--model", work / "m.npz", "--out", tmp_path / "p", "--survey", tmp_path / "s.tif",
                 "--workers", workers)  # fmt: skip
    assert found.exit_code == 1
    assert "block 2, 2 is missing" in found.output
    assert sorted(f.name for f in tmp_path.iterdir()) == ["cube.zarr"]


def test_no_worker_is_refused() -> None:
    with pytest.raises(BadRequest, match="One worker"):
        list(blocks.in_order(lambda a, b: a, 0, [1], workers=0))


def test_a_scheduler_that_is_not_there_is_named(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip(
        "distributed", reason="dask.distributed is not installed: pip install 'vereda[cluster]'."
    )

    def nobody(*_: object, **__: object) -> None:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", nobody)
    found = call(
        "classify",
        "predict",
        work / "cube.zarr",
        "--model",
        work / "m.npz",
        "--out",
        tmp_path / "p",
        "--cluster",
        "tcp://nowhere:1",
    )
    assert found.exit_code == 1
    assert "tcp://nowhere:1" in found.output


def test_a_block_that_takes_workers_down_is_told_in_words(two: Any) -> None:
    distributed = pytest.importorskip("distributed")
    two.scheduler.allowed_failures = 0
    with (
        distributed.Client(two.scheduler_address) as client,
        pytest.raises(BadRequest, match="Workers of the cluster were lost"),
    ):
        list(blocks.on_workers(_die, 0, [0], client))


def _die(shared: int, item: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
