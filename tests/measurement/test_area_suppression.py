"""Suppression: what is printed must not give away what is not. The attack is the test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.errors import BadDesign
from vereda.measurement.area.suppression import attack, suppress

PLENTY = 10_000


def grid(rows: int, columns: int) -> list[list[int]]:
    """Row totals, column totals and the grand total of a table stored row by row."""
    at = np.arange(rows * columns).reshape(rows, columns)
    return [*at.tolist(), *at.T.tolist(), at.ravel().tolist()]


def sums(value: np.ndarray, totals: list[list[int]]) -> dict[tuple[int, ...], float]:
    return {tuple(cells): float(value[cells].sum()) for cells in totals}


def test_a_small_cell_alone_in_its_total_is_found_by_subtraction_and_so_takes_another_with_it() -> None:
    value, totals = np.array([3.0, 50.0, 80.0]), [[0, 1, 2]]
    naive = np.where(value < 10, np.nan, value)
    found = attack(naive, sums(value, totals))
    assert (found.low[0], found.high[0]) == pytest.approx((3, 3))  # what must not happen
    safe = suppress(value, np.full(3, PLENTY), totals, 10, 1, 10)
    assert safe.primary.tolist() == [True, False, False]
    assert safe.secondary.tolist() == [False, True, False]  # the smallest that protects
    found = attack(safe.value, sums(value, totals))
    assert (found.low[0], found.high[0]) == pytest.approx((0, 53))


@settings(max_examples=25, deadline=None)
@given(
    value=st.lists(st.floats(0, 100).map(lambda x: round(x, 1)), min_size=12, max_size=12),
    points=st.lists(st.integers(0, 40), min_size=12, max_size=12),
)
def test_no_suppressed_cell_of_a_table_can_be_pinned_down(value: list[float], points: list[int]) -> None:
    """Municipality by class with all margins: linear programmes and plain algebra both fail to find any."""
    v, n, totals = np.array(value), np.array(points), grid(4, 3)
    try:
        safe = suppress(v, n, totals, 10, 5, 10)
    except BadDesign:
        return  # said plainly that the totals have to go; the next test shows that it is not said too soon
    hidden = np.isnan(safe.value)
    assert hidden[(v > 0) & (v < 10)].all()
    assert hidden[n < 5].all()
    printed = sums(v, totals)
    found = attack(safe.value, printed)
    assert (found.high[hidden] - found.low[hidden] >= 10 - 1e-6).all()
    assert ((found.low <= v + 1e-6) & (v - 1e-6 <= found.high)).all()
    cells = np.flatnonzero(hidden)
    system = np.array([[float(c in total) for c in cells] for total in printed])
    for k in range(len(cells)):  # no linear combination of what is printed is one hidden cell
        alone = np.eye(len(cells))[k]
        rank = np.linalg.matrix_rank(system)
        assert np.linalg.matrix_rank(np.vstack([system, alone])) == rank + 1


def test_enough_of_a_table_can_always_be_protected_where_cells_are_large() -> None:
    value = np.full(12, 60.0)
    value[4] = 2.0
    safe = suppress(value, np.full(12, PLENTY), grid(4, 3), 10, 1, 10)
    assert safe.primary.sum() == 1
    assert 3 <= safe.secondary.sum() <= 4  # a rectangle is the least that protects against both margins
    assert np.isfinite(safe.value).sum() >= 7


def test_totals_of_departments_within_a_nation() -> None:
    """Nested totals: the cell hides in its department, and the department in nothing, for it is printed."""
    value = np.array([4.0, 70, 90, 30, 40])
    totals = [[0, 1, 2], [3, 4], [0, 1, 2, 3, 4]]
    safe = suppress(value, np.full(5, PLENTY), totals, 10, 1, 10)
    assert np.isnan(safe.value).tolist() == [True, True, False, False, False]


def test_few_points_are_a_reason_of_their_own_and_a_well_seen_zero_is_none() -> None:
    value = np.array([0.0, 500, 600, 700])
    safe = suppress(value, np.array([400, 3, 400, 400]), [[0, 1, 2, 3]], 10, 5, 10)
    assert safe.primary.tolist() == [False, True, False, False]
    assert safe.value[0] == 0


def test_nothing_small_nothing_hidden() -> None:
    value = np.array([20.0, 30.0])
    assert suppress(value, np.full(2, PLENTY), [[0, 1]], 10, 1, 10).value.tolist() == [20, 30]


def test_a_total_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(BadDesign, match="Leave the total out"):
        suppress(np.array([3.0, 4.0]), np.full(2, PLENTY), [[0, 1]], 10, 1, 10)
    with pytest.raises(BadDesign, match="needs every value"):
        suppress(np.array([3.0, np.nan]), np.full(2, PLENTY), [[0, 1]], 10, 1, 10)


def test_cells_in_no_total_are_free() -> None:
    safe = suppress(np.array([3.0, 40.0]), np.full(2, PLENTY), [], 10, 1, 10)
    assert np.isnan(safe.value).tolist() == [True, False]


@settings(max_examples=25, deadline=None)
@given(
    share=st.lists(st.floats(0, 1).map(lambda x: round(x, 2)), min_size=8, max_size=8),
    land=st.lists(st.integers(5, 60), min_size=8, max_size=8),
)
def test_the_land_of_a_place_is_known_to_everybody(share: list[float], land: list[int]) -> None:
    """A closed cell cannot hold more than its land: with that in hand, it is still known only to within the width."""
    most = np.array(land, dtype=float)
    v = np.array(share) * most
    totals = [[0, 1, 2, 3], [4, 5, 6, 7], list(range(8))]
    try:
        safe = suppress(v, np.full(8, PLENTY), totals, 10, 1, 10, most)
    except BadDesign:
        return
    hidden = np.isnan(safe.value)
    found = attack(safe.value, sums(v, totals), most)
    assert (found.high[hidden] - found.low[hidden] >= np.minimum(10, most[hidden]) - 1e-6).all()
    assert ((found.low <= v + 1e-6) & (v - 1e-6 <= found.high)).all()


def test_nearly_full_places_are_given_away_by_their_total() -> None:
    value, most = np.array([100.0, 95, 60, 100, 100]), np.full(5, 100.0)
    blind = suppress(value, np.full(5, PLENTY), [[0, 1, 2, 3, 4]], 100, 1, 100)
    known = attack(blind.value, sums(value, [[0, 1, 2, 3, 4]]), most)
    assert (known.low[1], known.high[1]) == pytest.approx((55, 100))  # what must not happen
    with pytest.raises(BadDesign, match="Leave the total out"):
        suppress(value, np.full(5, PLENTY), [[0, 1, 2, 3, 4]], 100, 1, 100, most)
