"""Neighbours, distances and rings."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation.exposure import (
    EARTH_KM,
    adjacency,
    by_km,
    by_steps,
    nearest,
    neighbours_exposed,
    reach,
    ring,
    rings,
    within,
)

INF = np.inf
PAIRS = (
    Path(__file__).resolve().parents[3] / "shared/data/colombia/dane-mgn-2018-geometry/queen_adjacency.csv"
)
# a - b - c - d - e in a row, f alone
LINE = adjacency(list("abcdef"), [("a", "b"), ("c", "b"), ("c", "d"), ("d", "e"), ("a", "b")])


def haversine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The other formula for the same distance."""
    (x, y), (u, v) = np.radians(a).T, np.radians(b).T
    inner = np.sin((v - y) / 2) ** 2 + np.cos(y) * np.cos(v) * np.sin((u - x) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(inner))


def test_touching_goes_both_ways_and_once() -> None:
    dense = LINE.toarray()
    assert dense.dtype == bool
    assert_array_equal(dense, dense.T)
    assert dense.sum() == 8
    assert not dense[5].any()


def test_an_unknown_code_is_refused_not_dropped() -> None:
    with pytest.raises(BadDesign, match=r"1 codes are no place of the panel: x(.|\n)*own neighbour: a"):
        adjacency(["a", "b"], [("a", "x"), ("a", "a")])
    with pytest.raises(BadDesign, match="come twice"):
        adjacency(["a", "a"], [])


def test_a_ring_starts_with_the_first_exposure_in_reach() -> None:
    first = np.array([INF, INF, 2014, INF, 2010, INF])
    assert_array_equal(ring(LINE, first), [INF, 2014, INF, 2010, INF, INF])
    assert_array_equal(ring(LINE, first, order=2), [2014, 2014, 2010, 2010, 2014, INF])


def test_own_exposure_does_not_come_back_through_a_neighbour() -> None:
    assert_array_equal(ring(LINE, np.array([2010, INF, INF, INF, INF, 2010]), 4)[[0, 5]], [INF, INF])


def test_rings_by_hand() -> None:
    """c in 2014 and e in 2010: d stands beside both; b one step from c; a two; f is an island."""
    found = rings(LINE, np.array([INF, INF, 2014, INF, 2010, INF]), buffer=2)
    assert_array_equal(found.steps, [2, 1, 0, 1, 0, 3])
    assert_array_equal(found.since, [2014, 2014, 2014, 2010, 2010, INF])
    assert_array_equal(found.touched, [False, False, True, False, False, False])  # c stood near e since 2010
    assert not rings(LINE, found.own, buffer=1).touched.any()


@given(
    edges=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14),
    years=st.lists(st.sampled_from([2010.0, 2012.0, INF, INF, INF]), min_size=9, max_size=9),
    buffer=st.integers(1, 4),
)
def test_rings_are_shortest_paths(edges: list[tuple[int, int]], years: list[float], buffer: int) -> None:
    """Against Floyd and Warshall over the whole table; classes do not overlap and leave nobody out."""
    names, first = list("abcdefghi"), np.array(years)
    graph = adjacency(names, [(names[i], names[j]) for i, j in edges if i != j])
    apart = np.where(graph.toarray(), 1.0, INF)
    np.fill_diagonal(apart, 0)
    for k, i, j in product(range(9), repeat=3):
        apart[i, j] = min(apart[i, j], apart[i, k] + apart[k, j])
    found = rings(graph, first, buffer)
    steps = apart[:, np.isfinite(first)].min(axis=1, initial=INF)
    assert_array_equal(found.steps, np.minimum(steps, buffer + 1))
    other = (apart <= buffer) & ~np.eye(9, dtype=bool)
    assert_array_equal(found.near, np.where(other, first, INF).min(axis=1))
    assert_array_equal(reach(graph, buffer).toarray(), other)
    pairs = by_steps(graph, buffer)
    assert_array_equal(pairs.distance, apart[pairs.i, pairs.j])
    assert len(pairs.i) == other.sum() / 2


def test_neighbours_exposed_counts_and_shares() -> None:
    first, years = np.array([2011, INF, 2012, INF, INF, INF]), np.array([2010.0, 2011, 2012])
    assert_array_equal(neighbours_exposed(LINE, first, years)[1], [0, 1, 2])
    assert_array_equal(neighbours_exposed(LINE, first, years, share=True)[1], [0, 0.5, 1])
    assert_array_equal(neighbours_exposed(LINE, first, years, share=True)[5], [0, 0, 0])


def test_distances_agree_with_the_haversine() -> None:
    """Every pair within the limit and no other, across the date line and the pole too."""
    rng = np.random.default_rng(5)
    spots = np.column_stack([rng.uniform(-180, 180, 300), np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))])
    spots[:4] = [[179.9, 10], [-179.9, 10], [0, 89.9], [180, 89.9]]
    i, j = np.triu_indices(300, 1)
    km = haversine(spots[i], spots[j])
    near = km <= 1500
    found = by_km(spots, 1500)
    assert_array_equal(np.column_stack([found.i, found.j]), np.column_stack([i, j])[near])
    assert_allclose(found.distance, km[near], rtol=1e-9)
    assert_array_equal(within(spots, 1500).nonzero()[0], np.sort(np.r_[i[near], j[near]]))


def test_a_degree_at_the_equator() -> None:
    assert by_km(np.array([[0.0, 0], [1, 0]]), 200).distance == pytest.approx(EARTH_KM * np.pi / 180)
    assert len(by_km(np.array([[0.0, 0], [1, 0]]), 111).i) == 0  # 111.195 km


def test_nearest_agrees_with_the_whole_table() -> None:
    rng = np.random.default_rng(6)
    spots = rng.uniform(-60, 60, (80, 2))
    table = np.array([haversine(np.tile(s, (80, 1)), spots) for s in spots])
    np.fill_diagonal(table, INF)
    graph = nearest(spots, 5)
    assert_array_equal(np.diff(graph.indptr), 5)
    for place in range(80):
        assert set(graph.indices[graph.indptr[place] : graph.indptr[place + 1]]) == set(
            np.argsort(table[place])[:5]
        )


def test_places_on_one_spot_are_neighbours_of_each_other_not_of_themselves() -> None:
    graph = nearest(np.zeros((6, 2)), 2)
    assert not graph.diagonal().any()
    assert_array_equal(np.diff(graph.indptr), 2)
    assert within(np.zeros((3, 2)), 1).sum() == 6


@pytest.mark.parametrize(
    "call",
    [
        lambda: nearest(np.zeros((3, 2)), 3),
        lambda: nearest(np.array([[0.0, 95], [0, 0]]), 1),
        lambda: within(np.array([[0.0, np.nan], [0, 0]]), 5),
        lambda: within(np.zeros((3, 2)), 0),
        lambda: ring(LINE, np.full(6, INF), 0),
        lambda: rings(LINE, np.full(6, INF), 0),
        lambda: rings(LINE, np.full(5, INF), 1),
        lambda: ring(LINE, np.full(6, np.nan)),
    ],
)
def test_bad_input(call) -> None:
    with pytest.raises(BadDesign):
        call()


def test_nobody_exposed_leaves_all_far() -> None:
    assert_array_equal(rings(LINE, np.full(6, INF), 1).steps, 2)


@pytest.mark.shared
def test_the_map_of_municipalities() -> None:
    """SOURCE.md beside the file: 3,285 pairs; Sardinata has 9 neighbours, Cáceres 6, Tumaco 4."""
    if not PAIRS.exists():
        pytest.skip("queen_adjacency.csv lies with the publishers' files.")
    pairs = [tuple(line.split(",")[:2]) for line in PAIRS.read_text().splitlines()[1:]]
    codes = sorted({code for pair in pairs for code in pair})
    graph = adjacency(codes, pairs)
    assert graph.nnz == 2 * 3285
    first = np.where(np.isin(codes, ["54720", "05120", "52835"]), 2021, INF)
    found = rings(graph, first, 2)
    assert_array_equal(np.bincount(found.steps)[:2], [3, 9 + 6 + 4])
