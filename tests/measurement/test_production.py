"""The formulas, and the plan and kernel that run them fast."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from vereda.errors import BadDesign
from vereda.measurement import production as p
from vereda.measurement.marginals import marginals
from vereda.measurement.parameters import Parameter, ParameterSet, parameter_set
from vereda.measurement.plan import Plan, alkaloid_plan, harvest_plan
from vereda.measurement.uncertainty import draw, middle

YEARS = (2019, 2020, 2021)
FORMS = [(f, a) for f in ("routes", "leaf", "hectare") for a in ("added", "ratio", "mean")]
amounts = arrays(np.float64, (2, 3), elements=st.floats(0.1, 1e4))


@settings(deadline=None)  # the first example may compile
@given(amounts, amounts, st.floats(1.001, 3), st.integers(0, 5))
def test_more_of_any_factor_is_more_cocaine(before: p.Array, now: p.Array, times: float, which: int) -> None:
    shares = np.array([0.5, 0.3, 0.2])[:, None, None] * np.ones((3, 2, 3))
    parts = [before, now, np.full((2, 3), 5.0), np.full((3, 2, 3), 1.5), np.array(0.8), np.array(0.9)]

    def total(x: list[p.Array]) -> p.Array:
        return p.harvest_chain(x[0], x[1], np.zeros(1), x[2], shares, x[3], x[4], x[5]).hydrochloride

    more = [x * times if i == which else x for i, x in enumerate(parts)]
    assert (total(more) > total(parts)).all()


@settings(deadline=None)  # the first example may compile
@given(amounts, amounts, st.floats(0.5, 9), st.floats(0.1, 3))
def test_the_order_of_adding_up_does_not_matter(before: p.Array, now: p.Array, y: float, g: float) -> None:
    """Regions that share their factors may be summed first, as areas, or last, as cocaine."""
    late = p.national(p.from_leaf(p.fresh_leaf(p.mean_area(before, now), np.array(y)), np.array(g)))
    early = p.from_leaf(
        p.fresh_leaf(p.mean_area(p.national(before), p.national(now)), np.array(y)), np.array(g)
    )
    assert_allclose(late, early, rtol=1e-12)
    assert_allclose(p.national(before[::-1]), p.national(before), rtol=1e-12)


@settings(deadline=None)  # the first example may compile
@given(amounts, st.floats(0.5, 9), st.floats(0.1, 3))
def test_both_aggregate_forms_agree(area: p.Array, y: float, g: float) -> None:
    by_leaf = p.from_leaf(p.fresh_leaf(area, np.array(y)), np.array(g))
    assert_allclose(by_leaf, p.from_area(area, np.array(y * g)), rtol=1e-12)


def test_the_harvest_chain_by_hand() -> None:
    """100 and 200 ha, 10 added, 5 t/ha, half leaf at 1.4 and half paste at 1.6 kg/t, purity 0.8, 0.9 kg/kg."""
    one = np.ones(1)
    chain = p.harvest_chain(100 * one, 200 * one, 10 * one, 5 * one, np.array([[0.5], [0.5]]), np.array([[1.4], [1.6]]),
                            0.8 * one, 0.9 * one)  # fmt: skip
    assert chain.productive_area == pytest.approx([160])
    assert chain.leaf == pytest.approx([800])
    assert chain.sold[:, 0] == pytest.approx([400, 400])
    assert chain.base == pytest.approx([1200])
    assert chain.hydrochloride == pytest.approx([0.864])


def test_the_alkaloid_chain_by_hand() -> None:
    chain = p.alkaloid_chain(*(np.array([x]) for x in (1000.0, 2.0, 0.006, 0.75)))
    assert (chain.dry_leaf[0], chain.alkaloid[0], chain.hydrochloride[0]) == pytest.approx((2000, 12, 9))


@pytest.mark.parametrize(("form", "area"), FORMS)
def test_the_plan_computes_the_formulas(held: ParameterSet, form: str, area: str) -> None:
    plan = harvest_plan(held, YEARS, form, area, re_express=True)  # type: ignore[arg-type]
    x = marginals(plan.columns).values(np.random.default_rng(3).random((len(plan.columns), 50)))
    value = dict(zip(plan.columns, x, strict=True))

    def table(name: str, lag: int = 0) -> p.Array:
        return np.array([[value[_found(held, name, r, t - lag)] for t in YEARS] for r in held.regions])

    land = p.mean_area(table("census_area", 1), table("census_area"))
    if area == "added":
        land = p.productive_area(land, table("added_area"))
    elif area == "ratio":
        land = p.productive_area_by_ratio(land, table("productive_ratio"))
    if form == "hectare":
        made = p.from_area(land, table("hcl_per_ha"))
    elif form == "leaf":
        made = p.from_leaf(p.fresh_leaf(land, table("fresh_leaf_yield")), table("hcl_per_leaf"))
    else:
        shares = np.stack([table(f"share_{k}") for k in ("leaf", "paste", "base")])
        per_tonne = np.stack([table(f"base_from_{k}") for k in ("leaf", "paste", "base")])
        sold = p.routes(p.fresh_leaf(land, table("fresh_leaf_yield")), shares / shares.sum(axis=0))
        made = p.hydrochloride(p.base(sold, per_tonne), table("base_purity"), table("hcl_per_base"))
    assert_allclose(plan(x), p.national(p.re_expressed(made, table("purity_step"))), rtol=1e-12)


def _found(held: ParameterSet, name: str, region: str, year: int) -> Parameter:
    found = held.find(name, region, year)
    assert found is not None
    return found


def test_regions_of_a_plan_add_up(held: ParameterSet) -> None:
    plan = harvest_plan(held, YEARS, "routes", "added")
    x = np.full((len(plan.columns), 1), 0.5)
    apart = sum(plan.of(r)(x) for r in plan.regions)
    assert_allclose(apart, plan(x), rtol=1e-12)
    with pytest.raises(BadDesign, match="none of the regions"):
        plan.of("XX-C")


def test_a_survey_carried_forward_is_one_column(held: ParameterSet) -> None:
    plan = harvest_plan(held, YEARS, "leaf", "mean")
    yields = [c.label for c in plan.columns if c.name == "fresh_leaf_yield"]
    assert sorted(yields) == [
        "fresh_leaf_yield@XX-A:2018",
        "fresh_leaf_yield@XX-A:2020",
        "fresh_leaf_yield@XX-B:2018",
    ]


def test_units_do_not_change_the_answer(country: list[Parameter]) -> None:
    """The same yields in kg, areas in square kilometres, shares in percent."""
    as_unit = {"fresh_leaf_yield": ("kg/ha/yr", 1000.0), "census_area": ("km2", 0.01), "share_leaf": ("%", 100.0),
               "base_from_leaf": ("kg/kg", 0.001), "base_purity": ("%", 100.0), "hcl_per_base": ("ratio", 1.0)}  # fmt: skip

    def turned(q: Parameter) -> Parameter:
        unit, times = as_unit.get(q.name, (q.unit, 1.0))
        return replace(q, unit=unit, value=q.value * times, low=q.low * times, high=q.high * times)

    answers = []
    for parameters in (country, [turned(q) for q in country]):
        held = parameter_set(parameters, "harvest", ("XX-A", "XX-B"), "XX", date(2025, 1, 1))
        plan = harvest_plan(held, YEARS, "routes", "added")
        answers.append(draw(plan, marginals(plan.columns), 256, seed=5).values)
    assert_allclose(answers[0], answers[1], rtol=1e-12)


def test_the_two_chains_never_mix(held: ParameterSet, make: Callable[..., Parameter]) -> None:
    with pytest.raises(BadDesign, match="never mixed"):
        alkaloid_plan(held, YEARS)
    wrong = [make("sampled_area", "XX", 2020, 200_000.0, "ha")]
    with pytest.raises(BadDesign, match=r"parameters\.csv:2020.*alkaloid chain"):
        parameter_set(wrong, "harvest", ("XX",), "XX", date(2025, 1, 1))


def test_the_alkaloid_plan_computes_its_formula(make: Callable[..., Parameter]) -> None:
    given_ = [make("sampled_area", "XX", 2020, 1000.0, "ha", 0), make("dry_leaf_yield", "XX", 2015, 2.0, "t/ha/yr", 0),
              make("alkaloid_content", "XX", 2015, 0.6, "%", 0),
              make("laboratory_efficiency", "XX", 2015, 75.0, "%", 0)]  # fmt: skip
    plan = alkaloid_plan(parameter_set(given_, "alkaloid", ("XX",), "XX", date(2025, 1, 1)), (2020,))
    assert middle(plan, marginals(plan.columns)) == pytest.approx([9.0])


def test_what_is_missing_is_listed_with_where_it_is_printed(country: list[Parameter]) -> None:
    fewer = [q for q in country if q.name not in ("base_purity", "base_from_paste")]
    printed = {"base_purity": "annual report 2014, annex 3"}
    held = parameter_set(fewer, "harvest", ("XX-A", "XX-B"), "XX", date(2025, 1, 1), printed)
    with pytest.raises(BadDesign, match="4 parameter") as error:
        harvest_plan(held, YEARS, "routes", "added")
    assert "base_purity of XX-A, 2019-2021 (1): printed in annual report 2014, annex 3" in str(error.value)
    assert "base_from_paste of XX-B, 2019-2021 (kg/t): where it is printed is not known" in str(error.value)


def test_a_year_without_area_is_refused(held: ParameterSet) -> None:
    with pytest.raises(BadDesign, match="census_area of XX-A, 2017"):
        harvest_plan(held, (2018,), "hectare", "mean")
    with pytest.raises(BadDesign, match="census_area of XX-B, 2022"):
        harvest_plan(held, (2022,), "hectare", "mean")


def test_a_national_factor_never_stands_in_for_a_regional_one(
    country: list[Parameter], make: Callable[..., Parameter]
) -> None:
    fewer = [q for q in country if q.name != "hcl_per_ha"] + [make("hcl_per_ha", "XX", 2018, 6.5, "kg/ha")]
    held = parameter_set(fewer, "harvest", ("XX-A", "XX-B"), "XX", date(2025, 1, 1))
    with pytest.raises(BadDesign, match="hcl_per_ha of XX-A"):
        harvest_plan(held, YEARS, "hectare", "mean")


def test_nobody_selling_base_needs_no_base_factor(country: list[Parameter]) -> None:
    gone = {"share_leaf": 0.52, "share_paste": 0.48, "share_base": 0.0}
    fewer = [
        replace(q, value=gone[q.name], low=gone[q.name], high=gone[q.name], distribution="fixed") if q.name in gone else q
        for q in country if q.name != "base_from_base"
    ]  # fmt: skip
    held = parameter_set(fewer, "harvest", ("XX-A", "XX-B"), "XX", date(2025, 1, 1))
    plan = harvest_plan(held, (2020,), "routes", "mean")
    land = p.mean_area(*(np.array([1000 * (i + 1) + 10.0 * t for i in (0, 1)]) for t in (2019, 2020)))
    per_tonne = 0.52 * 1.5 + 0.48 * 1.7
    expected = (land * np.array([5.6, 6.0]) * per_tonne * 0.8 * 0.9).sum() / 1000
    assert middle(plan, marginals(plan.columns)) == pytest.approx([expected])


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(BadDesign, match="miss a sum of one"):
        p.routes(np.ones(1), np.array([[0.5], [0.4]]))


def test_pure_cocaine_does_not_weigh_more_than_the_product() -> None:
    with pytest.raises(BadDesign, match="not above 1"):
        p.re_expressed(np.ones(1), np.array([1.1]))


@pytest.mark.published(
    "UNODC 2019 as quoted by Addiction; 2018 as quoted by Valora Analitik: 1,379 t became 1,058 t"
)
def test_the_purity_step_of_2017() -> None:
    step = np.array(1058 / 1379)
    assert float(step) == pytest.approx(0.767, abs=5e-4)
    assert float(p.re_expressed(np.array(1379.0), step)) == pytest.approx(1058)


def test_a_form_that_is_not_known(held: ParameterSet) -> None:
    with pytest.raises(BadDesign, match="not known"):
        harvest_plan(held, YEARS, "guess", "mean")  # type: ignore[arg-type]
    assert isinstance(harvest_plan(held, YEARS, "leaf", "mean"), Plan)
