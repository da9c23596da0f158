"""Nobody who subtracts learns more of a few people than their own range says."""

from hypothesis import example, given
from hypothesis import strategies as st

from vereda.terms.few import FEWEST, band, beside, few, whole

COUNTS = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 60)), min_size=1, max_size=12)


def printed(counts: list[int], rule: bool = True) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """What stands on the page: least and most of each part, and of the whole."""
    named = {str(i): float(n) for i, n in enumerate(counts)}
    shown = [band(n) if few(n) else (n, n) for n in named.values()]
    total = (float(sum(counts)),) * 2
    if rule and (other := beside(named)):
        shown[int(other[0])] = other[1]
    if rule and (ends := whole(named)):
        total = ends
    return shown, total  # type: ignore[return-value]


def left(i: int, shown: list[tuple[float, float]], total: tuple[float, float]) -> tuple[float, float]:
    """What is possible for part i, after all other ranges are taken off the whole."""
    low = total[0] - sum(high for j, (_, high) in enumerate(shown) if j != i)
    high = total[1] - sum(low for j, (low, _) in enumerate(shown) if j != i)
    return max(shown[i][0], low), min(shown[i][1], high)


@given(COUNTS)
@example([1, 0, 0])  # alone
@example([1, 1, 1, 0])  # the total says it of each
@example([4, 4, 9])
@example([1, 5])
def test_subtracting_leaves_the_whole_range(counts: list[int]) -> None:
    shown, total = printed(counts)
    for i, n in enumerate(counts):
        assert shown[i][0] <= n <= shown[i][1]
        if few(n):
            assert left(i, shown, total) == band(n)
    assert total[0] <= sum(counts) <= total[1]


def test_without_the_rule_the_attack_succeeds() -> None:
    """So the test above can fail."""
    for counts in ([2, 7, 30], [1, 1, 40], [4, 4, 4, 5], [3, 0]):
        shown, total = printed(counts, rule=False)
        assert left(0, shown, total) == (counts[0], counts[0])


def test_what_is_no_few() -> None:
    assert not few(0)
    assert not few(FEWEST)
    assert band(3) == (1, 4)
    assert band(0.5) == (0, 4)
    assert beside({"a": 0.0, "b": 9.0}) is None
    assert beside({"a": 2.0, "b": 3.0, "c": 9.0}) is None  # five together: each may be 1 to 4
    assert beside({"a": 2.0, "b": 9.0, "c": 6.0}) == ("c", (4.0, 7.0))
    assert whole({"a": 2.0, "b": 0.0}) == (1, 4)
    assert whole({}) is None
