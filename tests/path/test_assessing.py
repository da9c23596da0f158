"""What the page about production is told: every year, every change, and a grid, each with the way back of the commands."""

from itertools import chain
from math import isfinite

import pytest

from vereda.pipeline import production_reply
from vereda.pipeline.assessing import assessed, what_if
from vereda.pipeline.desk import Desk
from vereda.pipeline.factors import Held
from vereda.pipeline.production_bench import assessment_of
from vereda.pipeline.study import Study
from vereda.publication.ledger import figures
from vereda.store import Store
from vereda.terms.assessed import Assessed
from vereda.terms.figure import Step
from vereda.terms.period import known_on

Told = tuple[dict[str, Assessed], dict[str, Step]]


@pytest.fixture(scope="module")
def table(study: Study, workspace: Store) -> tuple[Desk, Held]:
    return production_reply.desks(study, workspace, study.register.case.as_of)


@pytest.fixture(scope="module")
def told(study: Study, table: tuple[Desk, Held]) -> Told:
    found, steps = assessed(study.register, *table)
    return {a.id: a for a in found}, steps


def test_the_latest_year_is_one_that_its_owner_published(told: Told) -> None:
    """2024 is computed too, but what is known of it was leaked."""
    unodc, us = told[0]["unodc"], told[0]["us"]
    assert (unodc.lead.asked.year, us.lead.asked.year) == (2023, 2021)
    assert unodc.years[-1].year == 2024
    assert [f.status for f in unodc.years[-1].editions] == ["leaked"]
    assert not us.lead.computed
    assert [f.value for f in us.areas] == [234000.0]


def test_each_year_is_judged_by_its_newest_edition(told: Told) -> None:
    years = {y.year: y for y in told[0]["unodc"].years}
    assert {y: years[y].flag for y in (2016, 2017, 2019, 2021, 2022, 2023, 2024)} == {
        2016: "not_computed", 2017: "inside", 2019: "inside", 2021: "inside", 2022: "not_published", 2023: "outside", 2024: "outside",
    }  # fmt: skip
    assert [f.value for f in years[2017].editions] == [1379.0, 1058.0]
    assert years[2023].expected.high < 2664


@pytest.mark.published("PRODUCTION.md, R6: seizures over potential, UNODC and ONDCP denominators")
def test_seizures_over_every_edition_of_the_potential(told: Told) -> None:
    def over(name: str, year: int) -> list[float]:
        found = next(y for y in told[0][name].years if y.year == year)
        return [round(r.as_seized.value or 0.0, 1) for r in found.over]

    assert [over("unodc", y)[0] for y in (2005, 2010, 2015, 2019, 2021, 2023, 2024)] == [
        27.1,
        38.0,
        33.9,
        38.2,
        47.8,
        28.0,
        29.5,
    ]
    assert sorted(over("us", 2015)) == [42.1, 52.1]
    assert over("us", 2020) == [50.0]
    assert over("us", 2021) == [68.9]


@pytest.mark.published("PRODUCTION.md, R3: 2,664 over 1,400 is area 1.391 times factor 1.368")
def test_every_pair_of_years_published_one_after_the_other_is_explained(told: Told) -> None:
    changes = {(c.before.period, c.after.period): c for c in told[0]["unodc"].changes}
    assert len(changes) == len(told[0]["unodc"].changes)
    parts = {p.factor: p for p in changes["2021", "2023"].parts}
    assert (round(parts["area"].ratio.value, 3), round(parts["yield"].ratio.value, 3)) == (1.391, 1.368)
    assert parts["yield"].reading == "re-measurement"
    assert {p.reading for p in changes["2016", "2017"].parts} >= {"method", "area"}
    for change in chain(told[0]["unodc"].changes, told[0]["us"].changes):
        assert sum(p.shapley.value for p in change.parts) == pytest.approx(change.change.value, abs=1e-6)


def test_a_change_of_nothing_has_no_shares(told: Told) -> None:
    """640 t in 2004 and in 2005: parts of nothing are no number, and none is printed."""
    same = next(c for c in told[0]["unodc"].changes if c.after.period == "2005")
    assert same.change.value == 0
    assert [(p.shapley_share.value, p.logarithmic_share.value) for p in same.parts] == [(None, None)] * 2
    assert all(p.shapley.value for p in same.parts)


def test_a_cell_of_the_grid_is_the_product(told: Told) -> None:
    grid = told[0]["unodc"].what_if
    assert grid is not None
    ratio = grid.ratio
    for area, row in zip(grid.rows, grid.cells, strict=True):
        for rate, cell in zip(grid.columns[:-1], row[:-1], strict=True):
            assert cell.value == pytest.approx(area.value * ratio.value * rate.value / 1e3)
            assert (cell.low, cell.high) == pytest.approx((area.value * ratio.low * rate.low / 1e3, area.value * ratio.high * rate.high / 1e3))  # fmt: skip
    base = {a.period: row for a, row in zip(grid.rows, grid.cells, strict=True)}["2023"]
    assert base[-1].value == pytest.approx(2664)
    assert base[-1].low is None
    computed = told[0]["unodc"].lead.readings[0].figure.value
    assert base[-2].value == pytest.approx(computed, rel=1e-3)  # the middle of the draws


@pytest.mark.published(
    "PRODUCTION.md, R3: mean areas 173,522 ha of 2021 and 241,301 ha of 2023; R2: those of 2017 to 2022"
)
def test_rows_of_the_grid_are_mean_areas(told: Told) -> None:
    rows = {f.period: round(f.value) for f in told[0]["unodc"].what_if.rows}
    known = {
        "2017": 158819,
        "2018": 170257,
        "2019": 161747,
        "2020": 148631,
        "2021": 173522,
        "2022": 217144,
        "2023": 241301,
    }
    assert {year: rows[year] for year in known} == known
    assert min(rows.values()) < 50_000


def test_a_number_of_the_page_is_that_of_the_command(study: Study, workspace: Store, told: Told) -> None:
    """The same key, asked at the desk, opens the same number."""
    day = study.register.case.as_of
    wanted = (
        "production@CO:2023~unodc~what_if.2021.2020", "production@CO:2023~unodc~what_if.implied", "production@CO:2019~unodc~hydrochloride.printed",
        "production@CO:2021-2023~unodc~area.shapley", "production@CO:2020~us~seized_over.0.as_seized", "parameter@leaf-yield-2019",
    )  # fmt: skip
    for key in wanted:
        found = production_reply.ways(study, workspace, day, key)
        assert found[key].value == told[1][key].value, key


def test_every_number_has_a_step_or_is_a_cell(told: Told) -> None:
    behind = {f.trace for a in told[0].values() for f in a.behind}
    for figure in figures(tuple(told[0].values())):
        if figure.value is not None:
            assert isfinite(figure.value), figure.trace
            computed = figure.trace.partition("@")[0] in {"production", "parameter", "elsewhere"}
            assert (figure.trace in told[1]) == computed, figure.trace
    for step in told[1].values():
        for child in step.inputs:
            assert not child.key or child.key in told[1] or child.key in behind, (step.key, child.key)


def test_nothing_later_than_the_day_is_told(study: Study, workspace: Store) -> None:
    day = "2019-12-31"
    found, _ = assessed(study.register, *production_reply.desks(study, workspace, day))
    vintages = {f.vintage for f in figures(found) if f.vintage}
    assert vintages
    assert all(known_on(v).isoformat() <= day for v in vintages)
    unodc = next(a for a in found if a.id == "unodc")
    assert unodc.lead.asked.year == 2018


def test_a_chain_without_a_printed_factor_has_no_grid(
    study: Study, table: tuple[Desk, Held], told: Told
) -> None:
    assert told[0]["us"].what_if is None
    assert what_if(study.register, *table, assessment_of(study.register, "us"), 2021) is None
    assert (
        what_if(study.register, *table, assessment_of(study.register, "unodc"), 2020) is None
    )  # nothing was published of it
