"""Strata, allocation and draws: published sizes, optimality, seeds; agreement of interpreters."""

import csv
from io import StringIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.errors import BadDesign, BadRequest
from vereda.measurement.area import agreement, allocation
from vereda.measurement.area.drawing import FORM, Grid, draw, forms, key
from vereda.measurement.area.strata import strata_map

WEIGHT, RATE = np.array([0.001875, 0.03, 0.968125]), np.array([0.8, 0.015, 0.0000516])
RULES = st.sampled_from(allocation.RULES)


@pytest.mark.published("Olofsson et al. (2014), section 5.1: 641 points for a standard error of 0.01")
def test_points_for_overall_accuracy() -> None:
    found = allocation.for_overall(
        np.array([0.02, 0.015, 0.32, 0.645]), np.array([0.7, 0.6, 0.9, 0.95]), 0.01
    )
    assert round(found) == 641


@pytest.mark.published(
    "AcATaMa's example of Tinigua: standard error 0.0135, expected 0.9, 0.8, 0.9: 502 points"
)
def test_points_of_the_tinigua_session() -> None:
    pixels = np.array([1_611_984, 63_375, 711_441])
    found = allocation.for_overall(pixels / pixels.sum(), np.array([0.9, 0.8, 0.9]), 0.0135)
    assert found == pytest.approx(502, abs=1)


@settings(max_examples=60, deadline=None)
@given(
    size=st.lists(st.floats(0.001, 1), min_size=2, max_size=6),
    rate=st.lists(st.floats(0.0001, 0.9999), min_size=6, max_size=6),
    total=st.integers(200, 5000),
    rule=RULES,
)
def test_points_sum_and_no_stratum_is_below_the_minimum(size, rate, total, rule) -> None:
    weight = np.array(size) / sum(size)
    n = allocation.allocate(weight, np.array(rate[: len(size)]), total, rule, 30)
    assert n.sum() == total
    assert n.min() >= 30


def test_neyman_has_the_least_variance() -> None:
    best = allocation.allocate(WEIGHT, RATE, 1000, "neyman", 2)
    least = allocation.plan(WEIGHT, RATE, best).se
    for rule in ("proportional", "power", "equal"):
        assert allocation.plan(WEIGHT, RATE, allocation.allocate(WEIGHT, RATE, 1000, rule, 2)).se > least
    for up in range(3):
        for down in range(3):
            step = np.zeros(3, dtype=int)
            step[up] += 10
            step[down] -= 10
            assert allocation.plan(WEIGHT, RATE, best + step).se >= least * (1 - 1e-4)


def test_the_precision_asked_for_is_reached_with_the_fewest_points() -> None:
    n = allocation.needed(WEIGHT, RATE, 0.3, "neyman", 30)
    fewer = allocation.allocate(WEIGHT, RATE, int(n.sum()) - 1, "neyman", 30)
    assert allocation.plan(WEIGHT, RATE, n).relative <= 0.3 < allocation.plan(WEIGHT, RATE, fewer).relative


def test_a_plan_says_where_nothing_will_be_seen() -> None:
    found = allocation.plan(WEIGHT, RATE, np.array([66, 321, 613]))
    assert found.share == pytest.approx(0.002, rel=1e-3)
    assert found.no_hit[2] == pytest.approx((1 - RATE[2]) ** 613)
    assert found.part.sum() == pytest.approx(1)


def test_a_small_stratum_is_seen_whole_and_the_rest_goes_elsewhere() -> None:
    units = np.array([20.0, 10_000.0])
    n = allocation.allocate(np.array([0.5, 0.5]), np.array([0.5, 0.1]), 500, "neyman", 30, units=units)
    assert n.tolist() == [20, 480]


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (lambda: allocation.allocate(WEIGHT, RATE, 80, "neyman", 30), BadDesign, "that needs 90"),
        (lambda: allocation.allocate(WEIGHT, RATE, 800, "best", 30), BadRequest, "No rule 'best'"),  # type: ignore[arg-type]
        (lambda: allocation.allocate(WEIGHT, RATE * 2, 800, "neyman", 30), BadDesign, "between 0 and 1"),
        (lambda: allocation.allocate(WEIGHT, np.zeros(3), 800, "neyman", 30), BadDesign, "nothing to allocate by"),
        (lambda: allocation.plan(WEIGHT, np.zeros(3), np.array([9, 9, 9])), BadDesign, "expected nowhere"),
        (lambda: allocation.needed(WEIGHT, RATE, 10, "neyman", 30), BadRequest, "as 0.1 for 10 %"),
        (lambda: allocation.needed(WEIGHT, RATE, 0.0005, "neyman", 30), BadDesign, "more than 10,000,000 points"),
    ],
)  # fmt: skip
def test_refused_allocations(call, kind, says: str) -> None:
    with pytest.raises(kind, match=says):
        call()


# Strata of a map ----------------------------------------------------------------------------------------------


def small_map() -> np.ndarray:
    target = np.zeros((40, 50), dtype=bool)
    target[10:14, 10:16] = True
    target[30, 40] = True
    return target


def test_strata_share_out_the_land() -> None:
    inside = np.ones((40, 50), dtype=bool)
    inside[:, 0] = False
    found = strata_map(small_map(), inside, 60, (30, 30), 0.09)
    assert found.names == ("mapped", "buffer", "rest")
    assert found.strata.area[0] == pytest.approx(25 * 0.09)
    assert found.strata.total == pytest.approx(inside.sum() * 0.09)
    assert (found.labels[~inside] == -1).all()
    assert found.labels[10, 8] == 1  # two pixels, 60 m
    assert found.labels[10, 7] == 2


def test_last_years_map_makes_strata_of_what_came_and_went() -> None:
    before = np.zeros((40, 50), dtype=bool)
    before[12:16, 10:16] = True
    found = strata_map(small_map(), np.ones((40, 50), dtype=bool), 30, (30, 30), 0.09, "ha", before)
    assert found.names == ("kept", "new", "gone", "buffer", "rest")
    assert found.strata.units is not None
    assert found.strata.units[:3].tolist() == [12, 13, 12]


def test_a_buffer_of_zero_makes_no_stratum() -> None:
    found = strata_map(small_map(), np.ones((40, 50), dtype=bool), 0, (30, 30), 0.09)
    assert found.names == ("mapped", "rest")


@pytest.mark.parametrize(
    ("change", "says"),
    [({"target": np.zeros((40, 50), dtype=bool)}, "nowhere on the map"), ({"inside": np.ones((4, 5), dtype=bool)}, "different numbers"),
     ({"buffer": -1}, "zero or more")],
)  # fmt: skip
def test_refused_maps(change, says: str) -> None:
    asked = {
        "target": small_map(),
        "inside": np.ones((40, 50), dtype=bool),
        "buffer": 30,
        "pixel": (30, 30),
        "pixel_area": 0.09,
    }
    with pytest.raises(BadDesign, match=says):
        strata_map(**(asked | change))


# Draws and forms ----------------------------------------------------------------------------------------------


def test_a_draw_is_by_seed_within_strata_and_without_repeats() -> None:
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 60, (30, 30), 0.09)
    n = np.array([5, 20, 30])
    one, same, other = draw(made, n, 7), draw(made, n, 7), draw(made, n, 8)
    assert (one.row == same.row).all()
    assert (one.column == same.column).all()
    assert not (one.row == other.row).all()
    assert (made.labels[one.row, one.column] == one.stratum).all()
    assert len({*zip(one.row.tolist(), one.column.tolist(), strict=True)}) == 55


def test_more_points_contain_the_fewer() -> None:
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 60, (30, 30), 0.09)
    few, many = draw(made, np.array([5, 20, 30]), 7), draw(made, np.array([9, 25, 80]), 7)
    places = [{*zip(p.row.tolist(), p.column.tolist(), strict=True)} for p in (few, many)]
    assert places[0] < places[1]


def test_every_pixel_of_a_stratum_is_as_likely() -> None:
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 0, (30, 30), 0.09)
    drawn = np.zeros((40, 50))
    for seed in range(2000):
        p = draw(made, np.array([5, 2]), seed)
        drawn[p.row[p.stratum == 0], p.column[p.stratum == 0]] += 1
    counts = drawn[made.labels == 0]
    assert ((counts - 400) ** 2 / 400).sum() < 60  # chi-square, 24 degrees of freedom, p = 0.0001


def test_a_stratum_with_too_few_pixels_is_refused() -> None:
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 0, (30, 30), 0.09)
    with pytest.raises(BadDesign, match="'mapped' has 25 pixels; 26 points"):
        draw(made, np.array([26, 2]), 1)


def test_forms_are_blind_and_each_has_an_order_of_its_own() -> None:
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 60, (30, 30), 0.09)
    points = draw(made, np.array([5, 20, 30]), 7)
    given = forms(points, Grid(500_000, 200_000, 30, -30), ["ana", "luis"], 7)
    rows = {name: list(csv.DictReader(StringIO(text))) for name, text in given.items()}
    assert tuple(rows["ana"][0]) == FORM
    assert {r["point"] for r in rows["ana"]} == {r["point"] for r in rows["luis"]} == set(map(str, points.id))
    assert [r["point"] for r in rows["ana"]] != [r["point"] for r in rows["luis"]]
    for text in given.values():
        assert not any(name in text for name in made.names)
    told = {r["point"]: r["stratum"] for r in csv.DictReader(StringIO(key(points, made)))}
    assert [told[str(i)] for i in points.id] == [made.names[h] for h in points.stratum]
    first = next(r for r in rows["ana"] if r["point"] == str(points.id[0]))
    assert float(first["x"]) == pytest.approx(500_000 + 30 * (points.column[0] + 0.5))
    assert float(first["y"]) == pytest.approx(200_000 - 30 * (points.row[0] + 0.5))


def test_a_number_tells_the_pixel_and_not_the_stratum() -> None:
    """Numbers that ran by stratum would tell an interpreter what the map says; those of pixels stay when points are added."""
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 60, (30, 30), 0.09)
    few, many = draw(made, np.array([5, 20, 30]), 7), draw(made, np.array([9, 25, 80]), 7)
    assert (few.id == few.row * 50 + few.column + 1).all()
    assert set(few.id.tolist()) < set(many.id.tolist())
    assert (np.diff(few.stratum) < 0).any()


def test_interpreters_need_names_of_their_own() -> None:
    made = strata_map(small_map(), np.ones((40, 50), dtype=bool), 0, (30, 30), 0.09)
    with pytest.raises(BadDesign, match="name of their own"):
        forms(draw(made, np.array([2, 2]), 1), Grid(0, 0, 1, -1), ["ana", "ana"], 1)


# Agreement ----------------------------------------------------------------------------------------------------

FIRST = list("AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB")
SECOND = list("AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD")
THIRD = list("AAAAACABBCABBBBBABBBBCCCCCDBBADDDDDDDDCB")


def test_cohens_kappa_as_statsmodels_has_it() -> None:
    """statsmodels 0.15.0, cohens_kappa, computed once on these labels: value, error and interval."""
    found = agreement.cohen(FIRST, SECOND, ("ana", "luis"))
    assert found.value == pytest.approx(0.49324324324324326, abs=1e-15)
    assert found.se == pytest.approx(0.10163763260427433, abs=1e-15)
    assert (found.low, found.high) == pytest.approx((0.2940371438649516, 0.6924493426215349), abs=1e-12)


def _raters(table: list[list[int]]) -> list[list[str]]:
    return [[c for c, k in zip("abcde", row, strict=True) for _ in range(k)] for row in table]


TEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


@pytest.mark.published(
    "the worked example of Fleiss' kappa in Wikipedia: ten subjects, fourteen raters, 0.210"
)
def test_fleiss_kappa() -> None:
    found = agreement.fleiss(_raters(TEN), tuple(f"r{i}" for i in range(14)))
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert (found.observed, found.chance) == pytest.approx((0.378, 0.213), abs=5e-4)


def test_fleiss_kappa_of_three_and_its_error() -> None:
    """The value as statsmodels 0.15.0 has it; the jackknife's error against a bootstrap of the points."""
    labels = [list(row) for row in zip(FIRST, SECOND, THIRD, strict=True)]
    found = agreement.fleiss(labels, ("ana", "luis", "eva"))
    assert found.value == pytest.approx(0.6601850103832358, abs=1e-12)
    rng = np.random.default_rng(1)
    again = [
        agreement.fleiss([labels[i] for i in rng.integers(0, 40, 40)], ("a", "b", "c")).value
        for _ in range(400)
    ]
    assert found.se == pytest.approx(np.std(again), rel=0.2)


def test_one_who_agrees_with_everyone_and_one_who_sees_one_class() -> None:
    assert agreement.cohen(FIRST, FIRST, ("a", "b")).value == 1
    with pytest.raises(BadDesign, match="a and b saw one class only"):
        agreement.cohen(["x"] * 5, ["x"] * 5, ("a", "b"))
    with pytest.raises(BadDesign, match="one class only"):
        agreement.fleiss([["x", "x", "x"]] * 4, ("a", "b", "c"))


def test_together_needs_more_than_half() -> None:
    assert agreement.together([["a", "a", "b"], ["a", "b"], ["a", "b", "c"], ["b"]]) == ["a", "", "", "b"]
