"""Numbers of the first case against what is printed elsewhere."""

import pytest

from vereda.pipeline import questions
from vereda.pipeline.desk import Desk
from vereda.pipeline.tracing import Tracer
from vereda.terms.answer import CommitmentAnswer, Edition, Reading


def value(desk: Desk, series: str, place: str, year: str) -> float | None:
    figure = desk.best(series, place, year)
    return None if figure is None else figure.value


def commitment(edition: Edition, ident: str) -> CommitmentAnswer:
    return next(c for c in edition.agreed.commitments if c.entry.id == ident)


def reading(answer: CommitmentAnswer, baseline: float) -> Reading:
    return next(
        r for r in answer.readings if r.baseline and r.baseline.value == pytest.approx(baseline, abs=0.05)
    )


@pytest.mark.published("SIMCI municipal table, edition of 2026-02")
@pytest.mark.parametrize(
    ("place", "year", "area"),
    [
        ("CO-52835", "2013", 6612), ("CO-52835", "2016", 23148.0), ("CO-52835", "2020", 8832.9), ("CO-52835", "2023", 22999.6),
        ("CO-05120", "2013", 143), ("CO-05120", "2016", 1131.3), ("CO-05120", "2020", 1273.9), ("CO-05120", "2023", 2116.2),
        ("CO-54720", "2013", 837), ("CO-54720", "2016", 3847.4), ("CO-54720", "2019", 6516.0), ("CO-54720", "2020", 4603), ("CO-54720", "2023", 4299.8),
        ("CO-54", "2020", 40083.8), ("CO-52", "2020", 30751.6), ("CO-52", "2022", 59746.8), ("CO-86", "2022", 48034.4),
    ],
)  # fmt: skip
def test_coca_area(desk: Desk, place: str, year: str, area: float) -> None:
    assert value(desk, "coca_area", place, year) == pytest.approx(area, abs=0.051)


@pytest.mark.published("UNODC/SIMCI national totals; sums of the municipal table")
def test_national_coca_area_is_the_sum_where_it_is_complete(desk: Desk) -> None:
    for year, area in {"2017": 171496.0, "2020": 142784.7, "2022": 230028.8, "2023": 252572.9}.items():
        assert value(desk, "coca_area", "CO", year) == pytest.approx(area, abs=0.05)
    # In the two years in which the municipal table is incomplete, the published total goes first.
    assert value(desk, "coca_area", "CO", "2001") == 144807
    assert value(desk, "coca_area", "CO", "2009") == 73139
    incomplete = desk.sum("coca_area", "CO", "2009")
    assert incomplete is not None
    assert incomplete.value == pytest.approx(68027.0, abs=0.05)


@pytest.mark.published("National Police, as republished; DANE for population")
def test_homicides_and_rates(desk: Desk) -> None:
    known = {("CO-52835", "2017"): 203, ("CO-52835", "2023"): 90, ("CO-52835", "2025"): 40, ("CO-05120", "2019"): 80,
             ("CO-05120", "2023"): 18, ("CO-54720", "2016"): 18, ("CO-54720", "2023"): 8, ("CO", "2012"): 15833,
             ("CO", "2017"): 11957, ("CO", "2022"): 13536, ("CO", "2025"): 14038}  # fmt: skip
    for (place, year), deaths in known.items():
        assert value(desk, "homicides", place, year) == deaths
    assert value(desk, "population", "CO", "2018") == 48258494
    assert value(desk, "population", "CO", "2023") == 52215503
    assert value(desk, "homicide_rate", "CO-52835", "2023") == pytest.approx(1e5 * 90 / 265599)
    # Amazonas is not covered by the police register: no rate, not a rate of zero.
    assert value(desk, "homicide_rate", "CO-91460", "2019") is None


@pytest.mark.published("reference values R8: concentration between departments")
def test_concentration(tracer: Tracer) -> None:
    for year, index in {
        "2001": 0.1544,
        "2009": 0.1105,
        "2013": 0.1458,
        "2019": 0.1773,
        "2023": 0.1623,
    }.items():
        assert tracer(f"coca_hhi@CO:{year}").value == pytest.approx(index, abs=5e-5)
    assert tracer("coca_share@CO-86:2001").value == pytest.approx(30.0, abs=0.05)
    assert tracer("coca_share@CO-86:2009").value == pytest.approx(7.8, abs=0.05)
    assert tracer("coca_share@CO-52:2001").value == pytest.approx(5.4, abs=0.05)
    assert tracer("coca_share@CO-52:2009").value == pytest.approx(24.1, abs=0.05)
    assert tracer("coca_top10@CO:2023").value == pytest.approx(44.9, abs=0.05)
    for year, places in {"2016": 183, "2020": 172, "2023": 181}.items():
        assert tracer(f"coca_places@CO:{year}").value == places


@pytest.mark.published("reference values R9: gross rises and falls")
def test_gross_rises_and_falls(desk: Desk, tracer: Tracer) -> None:
    first = questions.flow(desk, tracer, "2001", "2009")
    assert first.falls.value == pytest.approx(87562, abs=0.5)
    assert first.rises.value == pytest.approx(18670, abs=0.5)
    assert first.net.value == pytest.approx(-68892, abs=0.5)
    assert first.offset.value == pytest.approx(0.213, abs=5e-4)
    for span, (rises, falls) in {("2013", "2019"): (110624, 4336), ("2019", "2023"): (98210, 114)}.items():
        found = questions.flow(desk, tracer, *span)
        assert found.rises.value == pytest.approx(rises, abs=0.5)
        assert found.falls.value == pytest.approx(falls, abs=0.5)


@pytest.mark.published("reference values R7: the pledge of 2018")
def test_the_pledge_under_every_baseline(edition: Edition) -> None:
    area = commitment(edition, "C02")
    assert area.state == "missed_on_every_baseline"
    one = reading(area, 171496.0)
    assert one.target is not None and one.target.value == pytest.approx(85748, abs=0.05)  # noqa: PT018
    assert one.change is not None and one.change.value == pytest.approx(47.3, abs=0.05)  # noqa: PT018
    assert one.gap is not None and one.gap.value == pytest.approx(166825, abs=0.5)  # noqa: PT018
    us = commitment(edition, "C01")
    assert us.state == "cannot_be_judged"
    assert reading(us, 209000).target.value == 104500  # type: ignore[union-attr]
    cocaine = commitment(edition, "C04")
    assert cocaine.state == "missed_on_every_baseline"
    assert reading(cocaine, 1058).target.value == 529  # type: ignore[union-attr]
    assert reading(cocaine, 1058).change.value == pytest.approx(151.8, abs=0.05)  # type: ignore[union-attr]
    assert reading(cocaine, 1379).target.value == 689.5  # type: ignore[union-attr]


def test_output_targets(edition: Edition) -> None:
    states = {c.entry.id: c.state for c in edition.agreed.commitments}
    assert states["C12"] == "missed"
    assert states["C13"] == "met"
    assert states["C14"] == "met"
    assert states["C15"] == "missed"
    assert commitment(edition, "C05").arithmetic is not None
    assert states["C10"] == "not_published"


def test_the_output_was_met_in_the_year_the_us_outcome_moved_away(edition: Edition) -> None:
    """2020: target reached, United States area at its record, UNODC area down. Both are shown."""
    beside = commitment(edition, "C14").beside
    us = [f for f in beside if f.estimator == "us-cnc-ondcp"]
    unodc = [f for f in beside if f.estimator == "unodc-simci"]
    assert us
    assert unodc
    assert next(f.value for f in us if f.period == "2020") == 245000


@pytest.mark.published("ForeignAssistance.gov, obligations, millions of current dollars")
def test_money_is_typed_by_stage(edition: Edition) -> None:
    stages = {f.stage: {g.period: g.value for g in f.figures} for f in edition.done.funding}
    assert set(stages) >= {"requested", "appropriated", "obligated", "disbursed"}
    for year, millions in {
        "FY1999": 325.5,
        "FY2000": 1168.6,
        "FY2008": 715.4,
        "FY2015": 840.0,
        "FY2022": 620.7,
    }.items():
        assert stages["obligated"][year] / 1e6 == pytest.approx(millions, abs=0.05)
