"""Parameters that are wrong are refused by file and line; what was printed later is never seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.errors import BadDesign
from vereda.measurement.ages import factor_ages
from vereda.measurement.parameters import Parameter, ParameterSet, as_known, parameter_set
from vereda.measurement.quantities import UNITS, multiple
from vereda.terms.period import known_on

TODAY = date(2025, 1, 1)
GOOD = Parameter(
    "fresh_leaf_yield", "XX", 2019, 5.8, 5.75, 5.85, "uniform", "t/ha/yr", 2019, "2020-07", "AGRO", "p.csv:7"
)
WRONG = {
    "negative": ({"low": -1.0}, "below zero"),
    "reversed": ({"low": 5.85, "high": 5.75}, "reversed"),
    "outside": ({"value": 9.0}, "outside its own interval"),
    "not a number": ({"value": float("nan")}, "must be numbers"),
    "endless": ({"high": float("inf")}, "must be numbers"),
    "unit": ({"unit": "kg/t"}, r"cannot be turned.*kg/ha/yr"),
    "region": ({"region": "YY"}, "none of the regions"),
    "quantity": ({"name": "magic"}, "no such quantity"),
    "from the future": ({"vintage": "2025-03"}, r"from the future"),
    "survey after print": ({"survey_year": 2021}, "after the edition"),
    "year after print": ({"year": 2022}, "stated for 2022"),
    "vintage": ({"vintage": "soon"}, "not a period"),
    "distribution": ({"distribution": "beta"}, "no distribution"),
    "fixed with an interval": ({"distribution": "fixed"}, "give an interval"),
    "an interval of nothing": ({"low": 5.8, "high": 5.8}, "give an interval"),
    "lopsided": ({"distribution": "normal", "value": 5.84}, "use triangular"),
    "lopsided logarithm": ({"distribution": "lognormal", "low": 1.0, "high": 9.0, "value": 8.0}, "triangular"),
    "lognormal from zero": ({"distribution": "lognormal", "low": 0.0}, "starts above zero"),
    "coverage": ({"distribution": "normal", "coverage": 1.0}, "no probability"),
    "share": ({"name": "base_purity", "unit": "%", "value": 80.0, "low": 70.0, "high": 120.0}, "above one"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_by_file_and_line(case: str) -> None:
    change, message = WRONG[case]
    with pytest.raises(BadDesign, match=message) as error:
        parameter_set([replace(GOOD, **change)], "harvest", ("XX",), "XX", TODAY)
    assert "p.csv:7" in str(error.value)


def test_all_faults_are_told_at_once() -> None:
    bad = [replace(GOOD, low=-1.0, unit="kg/t"), replace(GOOD, region="YY", locator="p.csv:9")]
    with pytest.raises(BadDesign, match=r"3 fault\(s\)") as error:
        parameter_set(bad, "harvest", ("XX",), "XX", TODAY)
    assert "p.csv:9" in str(error.value)


def test_shares_must_sum_to_one(country: list[Parameter]) -> None:
    off = [replace(p, value=0.3, low=0.2, high=0.35) if p.name == "share_paste" else p for p in country]
    with pytest.raises(BadDesign, match=r"routes of XX-A in 2018 sum to 0\.9, not to one"):
        parameter_set(off, "harvest", ("XX-A", "XX-B"), "XX", TODAY)


def test_the_same_edition_twice() -> None:
    with pytest.raises(BadDesign, match=r"p\.csv:8.*given already in p\.csv:7"):
        parameter_set([GOOD, replace(GOOD, locator="p.csv:8")], "harvest", ("XX",), "XX", TODAY)


def test_regions_given_twice_or_not_at_all() -> None:
    for regions in ((), ("XX", "XX")):
        with pytest.raises(BadDesign, match="counted twice"):
            parameter_set([GOOD], "harvest", regions, "XX", TODAY)


def test_carried_forward_and_newest_edition() -> None:
    revised = replace(GOOD, value=5.84, vintage="2021-06", locator="p.csv:8")
    older = replace(GOOD, year=2017, survey_year=2017, value=5.76, vintage="2018-09", locator="p.csv:6")
    late = replace(
        older, value=5.77, vintage="2024-06", locator="p.csv:5"
    )  # an old year, revised after all others
    assert (
        parameter_set([late, GOOD], "harvest", ("XX",), "XX", TODAY).find("fresh_leaf_yield", "XX", 2021)
        == GOOD
    )
    held = parameter_set([older, GOOD, revised], "harvest", ("XX",), "XX", TODAY)
    assert held.find("fresh_leaf_yield", "XX", 2018) == older
    assert held.find("fresh_leaf_yield", "XX", 2023) == revised
    assert held.find("fresh_leaf_yield", "XX", 2016) is None
    early = parameter_set(
        as_known([older, GOOD, revised], date(2020, 12, 31)), "harvest", ("XX",), "XX", date(2020, 12, 31)
    )
    assert early.find("fresh_leaf_yield", "XX", 2023) == GOOD


editions = st.builds(
    lambda year, month, value: replace(GOOD, year=2010, survey_year=None, vintage=f"{year}-{month:02}", value=value, low=1.0, high=9.0),
    st.integers(2011, 2024), st.integers(1, 12), st.floats(1, 9),
)  # fmt: skip


@settings(deadline=None)  # the first example may compile
@given(
    st.lists(editions, max_size=12, unique_by=lambda p: p.vintage),
    st.dates(date(2010, 1, 1), date(2025, 12, 31)),
)
def test_a_day_never_sees_what_was_published_later(given_: list[Parameter], day: date) -> None:
    known = as_known(given_, day)
    held = parameter_set(known, "harvest", ("XX",), "XX", day)
    found = held.find("fresh_leaf_yield", "XX", 2030)
    assert all(known_on(p.vintage) <= day for p in held.parameters)
    assert (found is None) == (not known)
    later = [p for p in given_ if p not in known]
    if later:
        with pytest.raises(BadDesign, match="from the future"):
            parameter_set(given_, "harvest", ("XX",), "XX", day)


def test_ages_are_told_and_old_factors_warned_of(held: ParameterSet, make: Callable[..., Any]) -> None:
    ages = factor_ages(held, ("fresh_leaf_yield", "base_purity"), 2021, {"fresh_leaf_yield": 2})
    told = {a.parameter.label: (a.age, bool(a.warning)) for a in ages}
    assert told == {
        "fresh_leaf_yield@XX-A:2020": (1, False),
        "fresh_leaf_yield@XX-B:2018": (3, True),
        "base_purity@XX:2018": (None, True),
    }
    assert "declared good for 2" in next(a.warning for a in ages if a.age == 3)
    back = replace(GOOD, year=2018)
    taken = parameter_set([back], "harvest", ("XX",), "XX", TODAY)
    assert "surveyed later" in factor_ages(taken, ("fresh_leaf_yield",), 2018, {})[0].warning
    with pytest.raises(BadDesign, match="No such quantities: yeild"):
        factor_ages(held, ("yeild",), 2021, {})


def test_every_unit_is_of_its_kind() -> None:
    assert multiple("fresh_leaf_yield", "kg/ha/yr") == pytest.approx(1e-3)
    assert multiple("hcl_per_ha", "kg/ha") == 1
    assert multiple("base_from_leaf", "%") == pytest.approx(10)
    assert all(times > 0 for _, times in UNITS.values())
    with pytest.raises(BadDesign, match="no quantity"):
        multiple("magic", "ha")
