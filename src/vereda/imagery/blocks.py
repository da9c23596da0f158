"""Blocks of a cube, worked on one after another, side by side, or by the workers of a dask.distributed scheduler.

What comes back is in the order of the blocks, and a block knows nothing of the others, so that who works on it changes
no bit. No more blocks are under way than AHEAD for each worker: memory does not grow with the scene. A block whose
worker died is given to another.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from vereda.errors import BadRequest, NeedsExtra

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")
AHEAD = 2  # blocks of each worker that are under way or wait to be fetched
LOCAL = "local"
#: Workers give no freed block back to the system, to be handed the same pages again at the next one (a tenth of their
#: time, measured), and do not look into themselves a hundred times a second.
_OF_WORKERS = {
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 1 << 30, "MALLOC_MMAP_THRESHOLD_": 1 << 30, "OMP_NUM_THREADS": 1},
    "distributed.worker.profile.enabled": False,
}  # fmt: skip


def in_order(
    work: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item], workers: int = 1
) -> Generator[Result, None, None]:
    """work(shared, item) for each, in order, by `workers` threads; the loops of this room leave the interpreter's lock."""
    if workers < 1:
        raise BadRequest("One worker or more is needed.")
    if workers == 1:
        yield from (work(shared, item) for item in items)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from _ahead(lambda item: pool.submit(work, shared, item), items, workers)


def on_workers(
    work: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item], client: Any
) -> Generator[Result, None, None]:
    """The same by the workers of a client of dask.distributed. shared travels to each once; work is a module's function.

    BadRequest where they are gone, or one block took several of them down.
    """
    distributed = _distributed()
    workers = sum(client.nthreads().values())
    if not workers:
        raise BadRequest("The cluster has no worker. Start one, or leave out --cluster.")
    there = client.scatter(shared, broadcast=True, hash=False)
    try:
        yield from _ahead(lambda item: client.submit(work, there, item, pure=False), items, workers)
    except (
        distributed.KilledWorker,
        distributed.client.FuturesCancelledError,
        distributed.client.FutureCancelledError,
    ) as fault:
        raise BadRequest(
            f"Workers of the cluster were lost, and the work with them ({type(fault).__name__}). Nothing was written. See that "
            "they have memory for two blocks each, and run the command again."
        ) from None


def _ahead(submit: Callable[[Item], Any], items: Iterable[Item], workers: int) -> Generator[Any, None, None]:
    """Results of futures in order of the items, no more than AHEAD a worker under way."""
    left = iter(items)
    going = deque(submit(item) for item in islice(left, AHEAD * workers))
    try:
        while going:
            done = going.popleft().result()
            going.extend(submit(item) for item in islice(left, 1))
            yield done
    finally:
        for future in going:
            future.cancel()


@contextmanager
def cluster(address: str, workers: int) -> Iterator[Any]:
    """A client of the scheduler at `address`; of `workers` processes of this machine, for as long, where it is LOCAL."""
    distributed = _distributed()
    if address == LOCAL:
        with (
            import_module("dask.config").set(_OF_WORKERS),
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
                silence_logs=50,
            ) as here,
            distributed.Client(here) as client,
        ):  # fmt: skip
            yield client
        return
    try:
        client = distributed.Client(address, timeout=20)
    except (OSError, ValueError) as fault:
        raise BadRequest(f"No scheduler of dask.distributed answers at {address} ({fault}).") from None
    with client:
        yield client


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ModuleNotFoundError as fault:
        raise NeedsExtra(fault.name or "distributed", "cluster") from None
