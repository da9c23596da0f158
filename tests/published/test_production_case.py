"""Production through the case's own data: the reference values R1-R4, R6 and R7 of the production notes, to their digits.

R5 is here and, for the naive sum of 2020 that must raise, in tests/sources/test_sources_refusals; R8 and R9 (concentration,
gross rises and falls) are in test_us_colombia.
"""

from collections.abc import Callable

import pytest

from vereda.pipeline import production_reply
from vereda.pipeline.desk import Desk
from vereda.pipeline.explaining import explain
from vereda.pipeline.factors import Held
from vereda.pipeline.production_bench import assessment_of
from vereda.pipeline.study import Study
from vereda.store import Store
from vereda.terms.figure import Figure
from vereda.terms.potential import Potential

DRAWS = 2**12
Ask = Callable[..., Potential]


@pytest.fixture(scope="module")
def table(study: Study, workspace: Store) -> tuple[Desk, Held]:
    return production_reply.desks(study, workspace, study.register.case.as_of)


@pytest.fixture(scope="module")
def ask(study: Study, table: tuple[Desk, Held]) -> Ask:
    held: dict[tuple[int, str], Potential] = {}

    def one(year: int, estimator: str = "unodc") -> Potential:
        if (year, estimator) not in held:
            held[year, estimator] = production_reply.answer(study.register, *table, year, estimator, DRAWS)[0]
        return held[year, estimator]

    return one


def ends(figure: Figure, digits: int = 0) -> tuple[float, float]:
    assert figure.low is not None
    assert figure.high is not None
    return round(figure.low, digits), round(figure.high, digits)


def value(figure: Figure, digits: int = 0) -> float:
    assert figure.value is not None
    return round(figure.value, digits)


@pytest.mark.published(
    "R1: productive area implied by leaf over its yield and by hydrochloride over its yield"
)
@pytest.mark.parametrize(
    ("year", "leaf", "hydrochloride", "joint"),
    [
        (2017, (164_761, 167_730), (166_535, 169_360), (166_535, 167_730)),
        (2018, (169_983, 172_991), (170_916, 173_721), (170_916, 172_991)),
    ],
)
def test_r1_implied_area(
    ask: Ask, year: int, leaf: tuple[int, int], hydrochloride: tuple[int, int], joint: tuple[int, int]
) -> None:
    told = ask(year).consistency
    assert told is not None
    by = {figure.trace.rpartition("~")[2]: ends(figure) for figure in told.implied}
    assert by == {"implied.leaf": leaf, "implied.hydrochloride": hydrochloride}
    assert ends(told.joint) == joint
    assert told.gap.value == 0


@pytest.mark.published("R2: productive over mean area; mean areas of seven years")
def test_r2_productive_over_mean_area(ask: Ask) -> None:
    ratios = {}
    for year in (2017, 2018):
        told = ask(year).consistency
        assert told is not None
        ratios[year] = ends(told.ratio, 3)
    assert ratios == {2017: (1.049, 1.056), 2018: (1.004, 1.016)}
    printed = {
        2017: 158_819,
        2018: 170_257,
        2019: 161_747,
        2020: 148_631,
        2021: 173_522,
        2022: 217_144,
        2023: 241_301,
    }
    means = {year: ask(year).stages[0].figure.value for year in printed}
    assert means == pytest.approx(printed, abs=0.6)


def test_the_case_states_the_ratio_that_published_figures_imply(ask: Ask, table: tuple[Desk, Held]) -> None:
    """The interval of the case is typed; this is what holds it to the figures it is said to come from."""
    highs = {p.vintage: p.high for p in table[1].chain if p.name == "productive_ratio"}
    of_2017 = ask(2017).consistency
    assert of_2017 is not None
    assert highs["2019-08"] == ends(of_2017.ratio, 3)[1]
    mean = ask(2019).stages[0].figure.value
    assert mean is not None
    assert highs["2020-07"] == pytest.approx(1137 / 6.65 * 1000 / mean, abs=5e-4)
    assert {p.low for p in table[1].chain if p.name == "productive_ratio"} == {1.0}


@pytest.mark.published(
    "R3: apparent yields of 2021 and 2023; area 1.391 and factor 1.368 of 1.903; 51 and 49 %"
)
def test_r3_the_change_from_2021_to_2023(study: Study, table: tuple[Desk, Held], ask: Ask) -> None:
    assert [value(ask(year).apparent, 2) for year in (2021, 2023)] == [8.07, 11.04]
    told, _ = explain(study.register, *table, assessment_of(study.register, "unodc"), "2021", "2023")
    parts = {part.factor: part for part in told.parts}
    assert [value(parts[name].ratio, 3) for name in ("area", "yield")] == [1.391, 1.368]
    assert value(told.ratio, 3) == 1.903
    assert [value(parts[name].shapley_share) for name in ("area", "yield")] == [51, 49]
    assert [value(parts[name].logarithmic_share) for name in ("area", "yield")] == [51, 49]
    assert parts["yield"].reading == "re-measurement"


@pytest.mark.published("R4: factors of 7.9 kg/ha give 1,906-2,015 t for 2023; 2,664 t is outside")
def test_r4_outside_the_frozen_factor_interval(ask: Ask) -> None:
    told = ask(2023).frozen
    assert told is not None
    assert ends(told.as_printed) == (1906, 2015)
    assert (told.flag, value(told.beyond_as_printed)) == ("outside", 649)
    low, high = ends(told.expected)
    assert low < 1906
    assert 2015 < high < 2664
    assert all(reading.flag == "outside" for reading in ask(2023).readings)


TOTALS = {2004: 80_000, 2005: 86_000, 2007: 99_000, 2008: 81_000, 2009: 68_025, 2010: 62_000, 2011: 64_000, 2013: 48_000,
          2014: 69_132, 2015: 96_000, 2016: 146_000, 2017: 171_000, 2018: 169_000, 2019: 154_000, 2020: 143_000,
          2021: 204_000, 2022: 230_000, 2023: 253_000}  # fmt: skip


@pytest.mark.published(
    "R5: published national totals, 18 of 18 years within rounding of the sum of municipalities"
)
def test_r5_national_totals(table: tuple[Desk, Held]) -> None:
    apart = {}
    for year, printed in TOTALS.items():
        found = table[0].sum("coca_area", "CO", str(year))
        assert found is not None
        apart[year] = abs((found.value or 0.0) - printed)
    assert len(apart) == 18
    assert max(apart.values()) < 500, "rounded to a thousand, or closer"
    assert apart[2009] == pytest.approx(2.0, abs=0.05)
    assert apart[2020] == pytest.approx(215.3, abs=0.05), (
        "read as Spanish prints it; 234,721.5 would be the naive sum"
    )


QUOTED = [(2005, "unodc", 640, 27.1), (2010, "unodc", 350, 38.0), (2015, "unodc", 646, 33.9), (2019, "unodc", 1137, 38.2),
          (2021, "unodc", 1400, 47.8), (2023, "unodc", 2664, 28.0), (2024, "unodc", 3001, 29.5), (2015, "us", 420, 52.1),
          (2015, "us", 520, 42.1), (2020, "us", 1010, 50.0), (2021, "us", 972, 68.9)]  # fmt: skip


@pytest.mark.published("R6: seizures over potential, by year, estimator and edition")
@pytest.mark.parametrize(("year", "estimator", "potential", "percent"), QUOTED)
def test_r6_seizures_over_potential(
    ask: Ask, year: int, estimator: str, potential: float, percent: float
) -> None:
    over = {o.potential.value: o for o in ask(year, estimator).companions.over}
    assert value(over[potential].as_seized, 1) == percent


@pytest.mark.published("R6: purity of 0.7 to 0.9 turns 47.8 % of 2021 into 33.5-43.0 %")
def test_r6_purity(ask: Ask) -> None:
    over = ask(2021).companions.over[0]
    assert ends(over.ratio, 1) == (33.5, 43.0)
    assert ask(2021).companions.purity.status == "assumed"


@pytest.mark.published("R7: the pledge to halve, area and production, by baseline and edition")
def test_r7_the_pledge(ask: Ask) -> None:
    pledges = {p.commitment: p for p in ask(2023).companions.pledges}
    area = next(r for r in pledges["C02"].readings if round(r.baseline.value or 0) == 171_496)
    assert (value(area.target), value(area.change, 1), value(area.missed_by)) == (85_748, 47.3, 166_825)
    made = {r.baseline.value: r for r in pledges["C04"].readings if r.actual.value == 2664}
    assert value(made[1058.0].target) == 529
    assert value(made[1058.0].change, 1) == 151.8
    assert value(made[1379.0].target, 1) == 689.5
    assert {p.verdict for p in pledges.values()} == {"missed_on_every_reading"}
    came = {r.actual.value for r in pledges["C02"].readings}
    assert {252_573, 253_000} <= {round(v) for v in came if v}, "every edition of what came is read"
    us = {p.commitment: p for p in ask(2021, "us").companions.pledges}
    assert {p.verdict for p in us.values()} == {"not_measured"}
    targets = {r.baseline.value: r.target.value for r in us["C01"].readings}
    assert targets[209_000.0] == 104_500
    assert {r.met for r in us["C01"].readings} == {None}


@pytest.mark.published("Production notes, section 2: factors of 2015 to 2018 computed from published amounts")
def test_factors_computed_from_published_amounts(table: tuple[Desk, Held]) -> None:
    found = {(p.name, p.year): p.value for p in table[1].chain}
    names = {2015: "stated_per_leaf", 2016: "stated_per_leaf", 2017: "hcl_per_leaf", 2018: "hcl_per_leaf"}
    per_leaf = {year: round(1000 * found[name, year], 4) for year, name in names.items()}
    assert per_leaf == pytest.approx({2015: 1.423, 2016: 1.429, 2017: 1.1365, 2018: 1.1459}, abs=5e-4)
    assert per_leaf[2017] == 1.1365
    assert per_leaf[2018] == 1.1459
    assert round(found["purity_step", 2017], 3) == 0.767
    assert round(per_leaf[2017] / found["purity_step", 2017], 3) == 1.481


@pytest.mark.published("Production notes, section 3: first release against later vintage, -10 % to +24 %")
def test_revisions(ask: Ask) -> None:
    told = {r.year: (r.editions[0].value, r.editions[-1].value) for r in ask(2021, "us").revisions}
    assert told == {2010: (300, 270), 2011: (195, 190), 2012: (175, 170), 2013: (190, 185), 2015: (420, 520), 2016: (710, 772),
                    2017: (921, 900)}  # fmt: skip
    percents = [value(r.percent) for r in ask(2021, "us").revisions]
    assert (min(percents), max(percents)) == (-10, 24)


def test_every_year_with_factors_in_print_is_reproduced(ask: Ask) -> None:
    """2017 to 2019 and 2021: the published figure lies within the rounding of its own factors, end to end."""
    flags = {}
    for year in (2017, 2018, 2019, 2021, 2023, 2024):
        told = ask(year).frozen
        assert told is not None
        flags[year] = told.flag
    assert flags == {y: "inside" if y <= 2021 else "outside" for y in flags}
