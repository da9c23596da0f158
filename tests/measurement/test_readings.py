"""Published figures read together: R1-R4, R6, R7 of PRODUCTION.md, and the properties behind them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vereda.errors import BadDesign
from vereda.measurement import companions as c
from vereda.measurement.change import decompose, frozen, reading
from vereda.measurement.consistency import (
    Consistency,
    apparent_yield,
    area_from_hydrochloride,
    area_from_leaf,
    factor_per_tonne,
    joint_area,
)
from vereda.measurement.marginals import marginals
from vereda.measurement.parameters import Parameter, parameter_set
from vereda.measurement.plan import harvest_plan
from vereda.measurement.ranged import Ranged, between, exactly, rest, rounded
from vereda.measurement.uncertainty import draw
from vereda.measurement.vintages import Published, foresight, revisions

# Sums of municipalities, 31 December, ha: the census as of February 2026.
AREA = {2016: 146_141.6, 2017: 171_496.0, 2018: 169_018.2, 2019: 154_476.6, 2020: 142_784.7, 2021: 204_258.5,
        2022: 230_028.8, 2023: 252_572.9}  # fmt: skip
PURE = {2017: 1058.0, 2018: 1120.0, 2019: 1137.0, 2021: 1400.0, 2023: 2664.0}  # t, pure
SEIZED = {2005: 173.265, 2010: 133.0, 2015: 219.0, 2019: 434.0, 2021: 669.3, 2023: 746.3, 2024: 884.0}


def mean(year: int) -> float:
    return (AREA[year - 1] + AREA[year]) / 2


def both(leaf: float, y: float, amount: float, z: float) -> Consistency:
    return joint_area({
        "leaf": area_from_leaf(exactly(leaf), rounded(y, 0.1)),
        "hydrochloride": area_from_hydrochloride(rounded(amount, 1), rounded(z, 0.1)),
    })  # fmt: skip


def ends(r: Ranged | None, digits: int = 0) -> tuple[float, float]:
    assert r is not None
    return round(r.low, digits), round(r.high, digits)


@pytest.mark.published("PRODUCTION.md R1: productive area implied by rounded figures")
def test_r1_leaf_and_hydrochloride_imply_one_area() -> None:
    of_2017, of_2018 = both(930_900, 5.6, 1058, 6.3), both(977_400, 5.7, 1120, 6.5)
    assert ends(of_2017.implied["leaf"]) == (164_761, 167_730)
    assert ends(of_2017.implied["hydrochloride"]) == (166_535, 169_360)
    assert ends(of_2017.joint) == (166_535, 167_730)
    assert ends(of_2018.implied["leaf"]) == (169_983, 172_991)
    assert ends(of_2018.implied["hydrochloride"]) == (170_916, 173_721)
    assert ends(of_2018.joint) == (170_916, 172_991)
    assert of_2017.gap == 0


@pytest.mark.published("PRODUCTION.md R2: productive over mean area")
def test_r2_productive_over_mean_area() -> None:
    assert ends(both(930_900, 5.6, 1058, 6.3).over(mean(2017)), 3) == (1.049, 1.056)
    assert ends(both(977_400, 5.7, 1120, 6.5).over(mean(2018)), 3) == (1.004, 1.016)
    printed = {
        2017: 158_819,
        2018: 170_257,
        2019: 161_747,
        2020: 148_631,
        2021: 173_522,
        2022: 217_144,
        2023: 241_301,
    }
    assert {t: mean(t) for t in printed} == pytest.approx(printed, abs=0.6)


@pytest.mark.published("PRODUCTION.md R3: apparent yield and the change from 2021 to 2023")
def test_r3_area_and_factor_of_the_change() -> None:
    z = {t: apparent_yield(PURE[t], (AREA[t - 1], AREA[t])) for t in (2021, 2023)}
    assert (round(z[2021], 2), round(z[2023], 2)) == (8.07, 11.04)
    parts = decompose({"area": mean(2021), "factor": z[2021]}, {"area": mean(2023), "factor": z[2023]})
    assert_allclose(parts.ratio, [1.391, 1.368], atol=5e-4)
    assert parts.ratio.prod() == pytest.approx(1.903, abs=5e-4)
    for shares in (parts.shapley_share, parts.logarithmic_share):
        assert [round(100 * s) for s in shares] == [51, 49]
    assert parts.change / 1000 == pytest.approx(1264)


@pytest.mark.published("PRODUCTION.md R4: yields frozen at 7.9 kg/ha for 2023 give 1,906 to 2,015 t")
def test_r4_outside_the_frozen_factor_interval() -> None:
    """The upper end is 1.057 times the mean area: 1,137 t / 6.65 kg/ha / 161,747 ha, of 2019."""
    most = 1137 / 6.65 * 1000 / mean(2019)
    area = between(mean(2023), mean(2023) * round(most, 3))
    found = frozen(area, exactly(7.9), PURE[2023])
    assert ends(found.expected) == (1906, 2015)
    assert (found.flag, round(found.beyond)) == ("outside", 649)
    assert frozen(area, exactly(7.9), 2000.0).flag == "inside"
    assert frozen(area, exactly(7.9), 1900.0).beyond == pytest.approx(-6.3, abs=0.05)


POTENTIAL = [(2005, 640, 27.1), (2010, 350, 38.0), (2015, 646, 33.9), (2019, 1137, 38.2), (2021, 1400, 47.8),
             (2023, 2664, 28.0), (2024, 3001, 29.5),  # census estimator; 2024 leaked
             (2015, 420, 52.1), (2015, 520, 42.1), (2021, 972, 68.9)]  # sample estimator, by vintage  # fmt: skip


@pytest.mark.published("PRODUCTION.md R6: seizures over potential")
@pytest.mark.parametrize(("year", "potential", "percent"), POTENTIAL)
def test_r6_seizures_over_potential(year: int, potential: float, percent: float) -> None:
    found = c.seizure_ratio(exactly(SEIZED[year]), exactly(potential), *c.without_correction())
    assert round(100 * found.as_seized, 1) == percent
    assert found.ratio.value == pytest.approx(found.as_seized)


@pytest.mark.published("PRODUCTION.md R6: 505 / 1,010 t in 2020; purity 0.7 to 0.9 in 2021")
def test_r6_purity_moves_the_ratio() -> None:
    assert c.seizure_ratio(exactly(505), exactly(1010), *c.without_correction()).as_seized == 0.5
    found = c.seizure_ratio(exactly(669.3), exactly(1400), between(0.7, 0.9), exactly(0))
    assert ends(Ranged(*(100 * x for x in (found.ratio.value, found.ratio.low, found.ratio.high))), 1) == (
        33.5,
        43.0,
    )


@pytest.mark.published("PRODUCTION.md R7: the pledge to halve, under every baseline and edition")
def test_r7_the_pledge() -> None:
    area = c.pledge([("sample", 209_000), ("census", 171_496)], 0.5, [("census 2023", AREA[2023])])
    assert [r.target for r in area.readings] == [104_500, 85_748]
    by_census = area.readings[1]
    assert (round(100 * by_census.change, 1), round(by_census.missed_by)) == (47.3, 166_825)
    assert area.verdict == "missed on every reading"
    made = c.pledge([("pure", 1058), ("first release", 1379)], 0.5, [("2023", 2664)])
    assert [r.target for r in made.readings] == [529, 689.5]
    assert round(100 * made.readings[0].change, 1) == 151.8
    assert c.pledge([("low", 100), ("high", 300)], 0.5, [("x", 120)]).verdict == "depends on the reading"
    assert c.pledge([("low", 100)], 0.5, [("x", 50)]).verdict == "met on every reading"


def test_figures_that_share_no_area_are_reported_apart() -> None:
    found = joint_area(
        {"leaf": between(100, 110), "hydrochloride": between(115, 120), "other": between(90, 200)}
    )
    assert found.joint is None
    assert (found.gap, found.apart) == (5, ("leaf", "hydrochloride"))
    assert found.over(100) is None
    with pytest.raises(BadDesign, match="above zero"):
        found.over(0)
    with pytest.raises(BadDesign, match="Nothing implies"):
        joint_area({})


@pytest.mark.published("PRODUCTION.md, section 2: g = 1,058 / 930,900 = 1.1365 kg/t in 2017")
def test_the_factor_of_a_tonne_lies_in_what_yields_imply() -> None:
    implied = factor_per_tonne(rounded(6.3, 0.1), rounded(5.6, 0.1))
    assert implied.low < 1058 / 930.9 < implied.high


factors = st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=5)


@settings(deadline=None)  # the first example may compile
@given(factors, st.integers(1, 3))
def test_parts_sum_to_the_change(pairs: list[tuple[float, float]], regions: int) -> None:
    scale = np.arange(1.0, regions + 1)
    before = {f"f{i}": a * scale for i, (a, _) in enumerate(pairs)}
    after = {f"f{i}": b * scale[::-1] for i, (_, b) in enumerate(pairs)}
    found = decompose(before, after)
    size = max(np.prod(list(before.values()), axis=0).sum(), np.prod(list(after.values()), axis=0).sum())
    assert found.shapley.sum() == pytest.approx(float(found.change), abs=1e-12 * size)
    assert found.logarithmic.sum() == pytest.approx(float(found.change), abs=1e-7 * size)


@settings(deadline=None)  # the first example may compile
@given(factors)
def test_what_did_not_change_has_no_part(pairs: list[tuple[float, float]]) -> None:
    before = {f"f{i}": a for i, (a, _) in enumerate(pairs)} | {"still": 3.0}
    after = {f"f{i}": b for i, (_, b) in enumerate(pairs)} | {"still": 3.0}
    found = decompose(before, after)
    assert found.shapley[-1] == 0
    assert found.logarithmic[-1] == 0


@settings(deadline=None)  # the first example may compile
@given(factors, st.randoms())
def test_the_order_of_factors_does_not_matter(pairs: list[tuple[float, float]], random: Any) -> None:
    names = [f"f{i}" for i in range(len(pairs))]
    mixed = random.sample(names, len(names))
    before, after = (
        dict(zip(names, (a for a, _ in pairs), strict=True)),
        dict(zip(names, (b for _, b in pairs), strict=True)),
    )
    one = dict(zip(names, decompose(before, after).shapley, strict=True))
    two = dict(zip(mixed, decompose({n: before[n] for n in mixed}, after).shapley, strict=True))
    assert_allclose([two[n] for n in names], [one[n] for n in names], rtol=1e-9, atol=1e-9)


def test_a_revision_is_a_part_of_its_own() -> None:
    """1,379 t at the old purity in 2017 against 1,120 t pure in 2018: the method takes away more than the fall."""
    old = 1379 / mean(2017) * 1000
    found = decompose({"area": mean(2017), "factor": old, "method": 1.0},
                      {"area": mean(2018), "factor": 1120 / mean(2018) * 1000 * 1379 / 1058, "method": 1058 / 1379})  # fmt: skip
    part = dict(zip(found.factor, found.shapley / 1000, strict=True))
    assert found.change / 1000 == pytest.approx(-259)
    assert part["method"] < -259
    assert part["area"] > 0


def test_decomposition_over_draws() -> None:
    rng = np.random.default_rng(1)
    before, after = (
        {"area": rng.random((2, 7)) + 1, "yield": rng.random((2, 7)) + 1},
        {"area": np.ones((2, 7)), "yield": np.ones((2, 7))},
    )
    found = decompose(before, after)
    assert found.shapley.shape == (2, 7)
    assert_allclose(found.shapley.sum(axis=0), found.change)


@pytest.mark.parametrize(
    ("before", "after"), [({"a": 1.0}, {"b": 1.0}), ({"a": 0.0}, {"a": 1.0}), ({}, {}), ({"a": np.ones(2)}, {"a": np.ones(3)})]
)  # fmt: skip
def test_decompositions_that_cannot_be(before: dict[str, Any], after: dict[str, Any]) -> None:
    with pytest.raises(BadDesign, match="factor"):
        decompose(before, after)


def test_what_a_changed_factor_may_be_called(make: Callable[..., Parameter]) -> None:
    old = make("hcl_per_ha", "CO", 2020, 7.9, "kg/ha", survey_year=2019)
    new = make("hcl_per_ha", "CO", 2023, 11.0, "kg/ha", survey_year=2023)
    assert reading("hcl_per_ha", old, new, (2021, 2023)) == "re-measurement"
    assert reading("hcl_per_ha", old, replace(old, year=2021), (2020, 2021)) == "same"
    assert reading("hcl_per_ha", replace(old, survey_year=2021), new, (2021, 2023)) == "growth"
    assert reading("hcl_per_ha", replace(old, survey_year=None), new, (2021, 2023)) == "re-measurement"
    assert reading("hcl_per_ha", old, new, (2021, 2023), method=True) == "method"
    with pytest.raises(BadDesign, match="both ends"):
        reading("fresh_leaf_yield", old, new, (2021, 2023))


@pytest.mark.published("PRODUCTION.md, section 3: first release against later vintage")
def test_first_release_and_revision() -> None:
    printed = {2010: (300, 270), 2011: (195, 190), 2012: (175, 170), 2013: (190, 185), 2015: (420, 520), 2016: (710, 772),
               2017: (921, 900)}  # fmt: skip
    figures = [
        Published(y, v, f"{y + 1 + 2 * i}-06", "S") for y, pair in printed.items() for i, v in enumerate(pair)
    ]
    found = revisions(figures, date(2025, 1, 1))
    percents = {r.year: round(r.percent) for r in found}
    assert (min(percents.values()), max(percents.values())) == (-10, 24)
    early = {r.year: len(r.editions) for r in revisions(figures, date(2016, 12, 31))}
    assert early == {2010: 2, 2011: 2, 2012: 2, 2013: 2, 2015: 1}
    with pytest.raises(BadDesign, match="two values in the edition"):
        revisions(
            [Published(2023, 2664, "2024-10", "A"), Published(2023, 2644, "2024-10", "B")], date(2025, 1, 1)
        )


def test_an_interval_made_before_knows_nothing_later(make: Callable[..., Parameter]) -> None:
    """Published yields carried forward, with AP / mean area in [1.00, 1.06]: how often did that hold what came?"""
    areas = [make("census_area", "CO", t, a, "ha", 0.0, vintage=f"{t + 1}-06") for t, a in AREA.items()]
    out = {2018: "2019-08", 2019: "2020-06", 2021: "2022-10", 2023: "2024-10"}
    areas = [replace(p, vintage=out.get(p.year, p.vintage)) for p in areas]
    printed = {2017: (6.3, "2019-08"), 2018: (6.5, "2019-08"), 2019: (6.7, "2020-07"), 2020: (7.9, "2021-06")}
    yields = [make("hcl_per_ha", "CO", t, z, "kg/ha", 0.05 / z, vintage=v) for t, (z, v) in printed.items()]
    ratio = make("productive_ratio", "CO", 2017, 1.03, "1", 0.03 / 1.03, vintage="2019-08")
    figures = [Published(t, PURE[t], v, "S") for t, v in out.items()]
    seen: list[tuple[int, str]] = []

    def interval(known: tuple[Parameter, ...], year: int, day: date) -> Ranged:
        seen.extend((year, p.vintage) for p in known if p.name != "census_area")
        plan = harvest_plan(parameter_set(known, "harvest", ("CO",), "CO", day), (year,), "hectare", "ratio")
        low, middle, high = draw(plan, marginals(plan.columns), 2**12, seed=1).interval()[0]
        return Ranged(middle, low, high)

    found = foresight(figures, [*areas, *yields, ratio], interval, with_it=("census_area",))
    assert all(vintage < out[year] for year, vintage in seen)
    assert [f.inside for f in found.years] == [None, False, True, False]
    assert "hcl_per_ha of CO, 2018" in found.years[0].why
    assert (found.hits, found.judged) == (1, 3)
    assert found.rate is not None
    assert ends(found.rate, 2) == (0.01, 0.91)
    assert foresight(figures[:1], areas, interval).rate is None


def test_base_is_kept_apart_and_converted() -> None:
    found = c.base_ratio(exactly(98.2), exactly(2664), between(0.7, 0.9), between(0.85, 0.95), exactly(0))
    assert found.ratio.value == pytest.approx(98.2 * 0.8 * 0.9 / 2664)
    assert found.ratio.high < found.as_seized


def test_more_seized_than_could_be_made_is_said() -> None:
    found = c.available(exactly(400), between(350, 450), between(0.9, 1.0), between(0, 20))
    assert found.left.low == pytest.approx(400 - 450 - 20)
    assert found.sign == "reaches below zero"
    assert c.available(exactly(300), exactly(500), exactly(1), exactly(0)).sign == "negative"
    assert c.available(exactly(1400), between(600, 669.3), between(0.7, 0.9), exactly(0)).sign == "positive"
    assert c.seizure_ratio(exactly(500), exactly(300), exactly(1), exactly(0)).above


@pytest.mark.published("PRODUCTION.md, section 6: 1,400 t need 140 t of permanganate at 0.1 kg/kg")
def test_precursor_balance() -> None:
    found = c.precursor(exactly(1400), exactly(0.1), between(200, 400), None)
    assert found.need.value == pytest.approx(140)
    assert found.lawful_part is not None
    assert ends(found.lawful_part, 2) == (0.35, 0.70)
    assert c.precursor(exactly(1400), exactly(0.1), None, exactly(3)).lawful_part is None


@pytest.mark.published("PRODUCTION.md, section 6: replanting 35-40 % (police), 0.6 % voluntary (UNODC)")
def test_net_eradication_under_both_rates() -> None:
    found = c.net_eradication(
        exactly(100_000), {"forced": Ranged(0.375, 0.35, 0.4), "voluntary": exactly(0.006)}
    )
    assert ends(found["forced"]) == (60_000, 65_000)
    assert found["voluntary"].value == pytest.approx(99_400)
    with pytest.raises(BadDesign, match="No rate"):
        c.net_eradication(exactly(1), {})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Ranged(1, 2, 0), lambda: Ranged(float("nan"), 0, 1), lambda: between(-1, 1) * exactly(2),
        lambda: exactly(1) / between(0, 1), lambda: rest(exactly(1.5)),
        lambda: c.seizure_ratio(exactly(1), exactly(1), exactly(1.2), exactly(0)),
        lambda: c.pledge([], 0.5, [("x", 1.0)]), lambda: c.pledge([("a", 1.0)], 1.5, [("x", 1.0)]),
    ],
)  # fmt: skip
def test_what_is_no_interval_or_share_is_refused(wrong: Callable[[], Any]) -> None:
    with pytest.raises(BadDesign):
        wrong()


spans = st.tuples(st.floats(0.1, 1e3), st.floats(0.1, 1e3), st.floats(0, 1)).map(
    lambda t: Ranged(min(t[:2]) + t[2] * (max(t[:2]) - min(t[:2])), min(t[:2]), max(t[:2]))
    if min(t[:2]) <= min(t[:2]) + t[2] * (max(t[:2]) - min(t[:2])) <= max(t[:2]) else exactly(t[0])
)  # fmt: skip


@settings(deadline=None)  # the first example may compile
@given(spans, spans, st.floats(0, 1), st.floats(0, 1))
def test_the_ends_hold_every_point_between(a: Ranged, b: Ranged, s: float, t: float) -> None:
    x, y = a.low + s * (a.high - a.low), b.low + t * (b.high - b.low)
    for found, value in ((a + b, x + y), (a - b, x - y), (a * b, x * y), (a / b, x / y)):
        slack = 1e-9 * (abs(value) + 1)
        assert found.low - slack <= value <= found.high + slack
    assume(a.overlaps(b))
    assert joint_area({"a": a, "b": b}).gap == 0
