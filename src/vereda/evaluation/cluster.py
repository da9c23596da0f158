"""More machines than one: chunks of places or of replications, worked on by a dask.distributed client's workers.

Install the extra `cluster`, start scheduler and workers as your site does, and pass the client; without one the same
chunks run here, side by side. Chunks are of a fixed size, seeded by their number and put together in their order, so
who works on them changes no bit of the result. That holds for workers with the same versions of numpy, scipy and
numba on processors of one kind: matrix products of another kind of processor may differ in the last digit.

    from dask.distributed import Client
    cluster.placebos(y, pre, donors, client=Client("tcp://scheduler:8786"))
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation import inference, synthetic_control
from vereda.evaluation.inference import Drawn, Signs
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.results import Estimates
from vereda.evaluation.synthetic_control import Mask, Placebos
from vereda.evaluation.threads import one_blas_thread, side_by_side

Shared = TypeVar("Shared")
Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
PLACES = (
    256  # of a chunk, at least: ten milliseconds with a thousand donors, ten times what handing over costs
)
DRAWS = 4 * inference.ROWS  # a whole number of its blocks, so that products are cut where they are cut here
REPLICATIONS = 50


class Client(Protocol):
    """What is used of dask.distributed.Client."""

    def scatter(self, data: list[Any], *, broadcast: bool, hash: bool) -> list[Any]:
        """Send data to every worker once."""

    def map(self, func: Callable[..., Any], *iterables: Any, pure: bool) -> list[Any]:
        """Futures of func over the iterables."""

    def gather(self, futures: list[Any]) -> list[Any]:
        """Their results, in order; raises what a worker raised."""


def mapped(
    work: Callable[[Shared, Chunk], Result],
    shared: Shared,
    chunks: Sequence[Chunk],
    client: Client | None = None,
) -> list[Result]:
    """work(shared, chunk) for every chunk, in the order of the chunks; shared travels to each worker once."""
    if client is None:
        return side_by_side(lambda chunk: work(shared, chunk), chunks)
    there = client.scatter([shared], broadcast=True, hash=False)[0]
    futures = client.map(_alone, [work] * len(chunks), [there] * len(chunks), list(chunks), pure=False)
    return client.gather(futures)


def _alone(work: Callable[[Shared, Chunk], Result], shared: Shared, chunk: Chunk) -> Result:
    """On a worker, which has as many threads as its site gave it."""
    with one_blas_thread():
        return work(shared, chunk)


def placebos(
    y: Array,
    pre: Mask,
    donors: Mask,
    places: Codes | None = None,
    forbidden: Any = None,
    names: Sequence[str] | None = None,
    client: Client | None = None,
) -> Placebos:
    """`synthetic_control.placebos`, to the bit, in chunks of PLACES places or more; arguments and errors are its own."""
    y, donors, pre = synthetic_control.checked(y, donors, pre)
    whole = np.flatnonzero(synthetic_control.complete(y))
    rows = whole if places is None else synthetic_control.exposed_rows(y, places, names)
    # No place is left over for a chunk of its own: numpy adds up a single row in another order.
    chunks = np.array_split(rows, max(1, len(rows) // PLACES))
    parts = mapped(_placebos, (y, pre, donors, forbidden, names), chunks, client)
    each = [f.name for f in fields(Placebos) if f.name not in ("pre", "left_out")]  # the same for every chunk
    return replace(parts[0], **{name: np.concatenate([getattr(p, name) for p in parts]) for name in each})


def _placebos(shared: tuple[Array, Mask, Mask, Any, Sequence[str] | None], rows: Codes) -> Placebos:
    y, pre, donors, forbidden, names = shared
    return synthetic_control.placebos(y, pre, donors, rows, forbidden, names, workers=1)


def bootstrap(estimates: Estimates, cluster: Codes, signs: Signs, client: Client | None = None) -> Drawn:
    """`inference.bootstrap` without `sides`, to the bit, in chunks of DRAWS draws.

    Draws from the normal limit (above `inference.MANY` clusters) are made here: they cost one small product.
    """
    if signs.bits is None:
        return inference.bootstrap(estimates, cluster, signs)
    cuts = [slice(at, at + DRAWS) for at in range(0, signs.draws, DRAWS)]
    chunks = [replace(signs, draws=len(signs.bits[cut]), bits=signs.bits[cut]) for cut in cuts]
    parts = mapped(_bootstrap, (estimates, cluster), chunks, client)
    return replace(parts[0], draws=np.concatenate([part.draws for part in parts]))


def _bootstrap(shared: tuple[Estimates, Codes], signs: Signs) -> Drawn:
    return inference.bootstrap(*shared, signs)


def replicated(
    work: Callable[[Shared, np.random.Generator, int], Array],
    shared: Shared,
    draws: int,
    seed: int,
    client: Client | None = None,
) -> Array:
    """(draws, ...) replications of anything that is drawn: permutations, simulated panels, samples of places.

    work(shared, generator, count) makes `count` of them, (count, ...). Each chunk of REPLICATIONS has a generator of
    its own, the child of that number of `seed` (numpy's SeedSequence), so that more draws begin with those of fewer
    as far as whole chunks go. Raises BadDesign for no draws, or a work that returns another number of them.
    """
    if draws < 1:
        raise BadDesign(f"{draws} draws: one at least.")
    counts = [min(REPLICATIONS, draws - at) for at in range(0, draws, REPLICATIONS)]
    seeds = np.random.SeedSequence(seed).spawn(len(counts))
    chunks = list(zip(seeds, counts, strict=True))
    parts = mapped(_replicated, (work, shared), chunks, client)
    made = [len(part) for part in parts]
    if made != counts:
        raise BadDesign(f"Chunks of {counts[:5]} replications were asked for; the work made {made[:5]}.")
    return np.concatenate(parts)


def _replicated(
    shared: tuple[Callable[[Any, np.random.Generator, int], Array], Any],
    chunk: tuple[np.random.SeedSequence, int],
) -> Array:
    work, what = shared
    seed, count = chunk
    return work(what, np.random.default_rng(seed), count)
