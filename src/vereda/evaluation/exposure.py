"""Who stands near an exposed place: neighbours, distances, and rings that do not overlap.

A graph is a csr matrix (n, n) of true or false; row i marks the neighbours of place i. A place without neighbours
(an island) is reached by nobody: it is exposed itself, or far.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation.panel import NEVER, Array, Codes

EARTH_KM = 6371.0088  # mean radius of the earth (IUGG)


@dataclass(frozen=True, slots=True)
class Rings:
    """Where each of n places stands, seen from the places that are ever exposed; every place is in one class only.

    steps (n,): 0 exposed; 1..buffer the fewest steps to an exposed place; buffer + 1 far, or out of reach.
    own (n,): first exposed year, inf for never. near (n,): first year in which another place within `buffer` steps
    was exposed, inf for never.
    """

    steps: Codes
    own: Array
    near: Array
    buffer: int

    @property
    def since(self) -> Array:
        """(n,) when a place stopped being clean: its own year if exposed, else `near`; inf for far places.

        A place two steps from an exposure of 2010 and one step from another of 2014 is in ring 1 since 2010.
        """
        return np.where(self.steps == 0, self.own, self.near)

    @property
    def touched(self) -> NDArray[np.bool_]:
        """(n,) exposed places that stood beside an exposed place before their own year."""
        before: NDArray[np.bool_] = (self.steps == 0) & (self.near < self.own)
        return before


@dataclass(frozen=True, slots=True)
class Distances:
    """Every pair of places not further apart than `limit`, once: i < j, distance in kilometres or in steps."""

    i: Codes
    j: Codes
    distance: Array
    places: int
    limit: float


def adjacency(places: Sequence[str], pairs: Iterable[tuple[str, str]]) -> csr_array:
    """The graph of places that touch, from pairs of codes in either order; a pair listed twice counts once.

    Pairs with a code that is not in `places` are refused, not dropped: the ring of a place depends on all of its
    neighbours. Work out rings over every place of the map, then keep those of the panel.
    """
    index = {code: number for number, code in enumerate(places)}
    listed = list(pairs)
    unknown = sorted({code for pair in listed for code in pair} - index.keys())
    alone = sorted({a for a, b in listed if a == b})
    if unknown or alone or len(index) < len(places):
        raise BadDesign(
            "The pairs of neighbours cannot be used:"
            + (
                f"\n  {len(unknown)} codes are no place of the panel: {', '.join(unknown[:5])}"
                if unknown
                else ""
            )
            + (f"\n  places listed as their own neighbour: {', '.join(alone[:5])}" if alone else "")
            + ("\n  places that come twice" if len(index) < len(places) else "")
            + "\nBuild the graph over every place of the map, then keep rows and columns of those you study."
        )
    ends = np.array([(index[a], index[b]) for a, b in listed], dtype=np.int64).reshape(-1, 2)
    return _graph(np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]], len(places))


def nearest(coordinates: Array, k: int) -> csr_array:
    """Each place's k nearest places by great-circle distance; coordinates (n, 2): longitude, latitude in degrees.

    Not symmetric: i may be among the nearest of j and not the reverse. Where several places are equally far, which
    of them is kept is arbitrary, but the same on every run.
    """
    points = _on_sphere(coordinates)
    n = len(points)
    if not 1 <= k < n:
        raise BadDesign(f"{k} nearest of {n} places: ask for at least 1 and at most {n - 1}.")
    found = _tree(points).query(points, k + 1)[1].astype(np.int64)
    itself = found == np.arange(n)[:, None]
    itself[~itself.any(axis=1), k] = (
        True  # more than k others on the very same spot: the place itself was not found
    )
    return _graph(np.repeat(np.arange(n), k), found[~itself], n)


def within(coordinates: Array, km: float) -> csr_array:
    """Places not further than `km` from each other by great-circle distance; coordinates as in `nearest`."""
    pairs = by_km(coordinates, km)
    return _graph(np.r_[pairs.i, pairs.j], np.r_[pairs.j, pairs.i], pairs.places)


def by_km(coordinates: Array, limit: float) -> Distances:
    """Great-circle distances in kilometres of all pairs up to `limit`; coordinates as in `nearest`."""
    if not 0 < limit < np.inf:
        raise BadDesign(f"A distance of {limit} km reaches no or every place: give a positive finite one.")
    points = _on_sphere(coordinates)
    chord = 2 * np.sin(min(limit / EARTH_KM, np.pi) / 2) * (1 + 1e-9) + 1e-12  # the edge is settled below
    pairs = _tree(points).query_pairs(chord, output_type="ndarray").astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    apart = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    km = 2 * EARTH_KM * np.arcsin(np.minimum(apart / 2, 1.0))
    keep = km <= limit * (1 + 1e-12)
    return Distances(pairs[keep, 0], pairs[keep, 1], km[keep], len(points), float(limit))


def by_steps(graph: csr_array, limit: int) -> Distances:
    """Steps between all pairs up to `limit` steps apart, in either direction of a graph that is not symmetric."""
    both = (graph + graph.T).tocsr()
    i, j, steps = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    known = np.empty(0, np.int64)
    for step in range(1, _count(limit, "steps") + 1):
        near = reach(both, step).tocoo()
        upper = near.row < near.col
        pair = near.row[upper].astype(np.int64) * graph.shape[0] + near.col[upper]
        new = np.setdiff1d(pair, known, assume_unique=True)
        known = np.union1d(known, new)
        i.append(new // graph.shape[0])
        j.append(new % graph.shape[0])
        steps.append(np.full(len(new), float(step)))
    return Distances(
        np.concatenate(i), np.concatenate(j), np.concatenate(steps), graph.shape[0], float(limit)
    )


def reach(graph: csr_array, order: int) -> csr_array:
    """The graph of all other places within `order` steps."""
    near = graph.astype(bool)
    for _ in range(_count(order, "steps") - 1):
        near = near + near @ graph.astype(bool)
    pairs = near.tocoo()
    other = (
        pairs.row != pairs.col
    ) & pairs.data  # two steps may lead back home; home is not its own neighbour
    return _graph(pairs.row[other], pairs.col[other], graph.shape[0])


def ring(graph: csr_array, first: Array, order: int = 1) -> Array:
    """(n,) first year in which another place within `order` steps was exposed, own exposure apart; inf for never."""
    first = _years(first, graph)
    near = reach(graph, order)
    year = np.full(len(first), NEVER)
    some = np.flatnonzero(np.diff(near.indptr))
    if some.size:
        year[some] = np.minimum.reduceat(first[near.indices], near.indptr[some])
    return year


def rings(graph: csr_array, first: Array, buffer: int) -> Rings:
    """Exposed, ring 1, ... ring `buffer`, far: each place in the class of the nearest place that is ever exposed."""
    first = _years(first, graph)
    step = np.where(np.isfinite(first), 0, _count(buffer, "steps of buffer") + 1).astype(np.int64)
    neighbours = graph.astype(np.int64)
    for order in range(1, buffer + 1):
        beside = neighbours @ (step == order - 1).astype(np.int64) > 0
        step[beside & (step > order)] = order
    return Rings(step, first, ring(graph, first, buffer), buffer)


def neighbours_exposed(graph: csr_array, first: Array, years: Array, share: bool = False) -> Array:
    """(n, T) how many neighbours of each place were exposed by each year, or which share of them.

    A place without neighbours has none exposed, and a share of zero.
    """
    first = _years(first, graph)
    marks = graph.astype(bool).astype(float)
    exposed = np.asarray(marks @ (first[:, None] <= np.asarray(years)[None, :]).astype(float))
    return exposed / np.maximum(marks.sum(axis=1), 1)[:, None] if share else exposed


def _graph(rows: NDArray[Any], columns: NDArray[Any], n: int) -> csr_array:
    graph = csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(n, n))
    graph.sum_duplicates()
    graph.sort_indices()
    return graph


def _on_sphere(coordinates: Array) -> Array:
    degrees = np.asarray(coordinates, dtype=float)
    if degrees.ndim != 2 or degrees.shape[1] != 2 or not np.isfinite(degrees).all():
        raise BadDesign("Coordinates are one longitude and one latitude a place, in degrees, none missing.")
    if (np.abs(degrees[:, 0]) > 180).any() or (np.abs(degrees[:, 1]) > 90).any():
        raise BadDesign("Coordinates are longitude, then latitude, in degrees; some lie outside 180 and 90.")
    lon, lat = np.radians(degrees).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _tree(points: Array) -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(points)


def _years(first: Array, graph: csr_array) -> Array:
    first = np.asarray(first, dtype=float)
    if first.shape != (graph.shape[0],) or graph.shape[0] != graph.shape[1] or np.isnan(first).any():
        raise BadDesign(
            f"A graph of shape {graph.shape} needs one first exposed year for each of its places (inf for never); "
            f"there are {first.shape}, of which {int(np.isnan(first).sum())} are missing."
        )
    return first


def _count(steps: int, what: str) -> int:
    if int(steps) != steps or steps < 1:
        raise BadDesign(f"{steps} {what}: a whole number from 1 is needed.")
    return int(steps)
