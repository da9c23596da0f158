"""Every number has a way back, and the way ends at a publisher's file."""

from datetime import date

import pytest

from vereda.errors import BadRequest, NoTrace, UnknownPlace
from vereda.pipeline import Study, _desk
from vereda.pipeline.desk import Desk
from vereda.pipeline.tracing import Tracer
from vereda.store import Store
from vereda.terms.answer import Edition
from vereda.terms.figure import Step


def ends(step: Step) -> list[Step]:
    return [step] if not step.inputs else [end for child in step.inputs for end in ends(child)]


def test_a_cell(tracer: Tracer) -> None:
    step = tracer("coca_area@CO-52835:2022")
    assert step.kind == "observation"
    assert step.value == 20719.9
    assert "row" in step.locator
    assert "column 2022" in step.locator
    assert [s.kind for s in ends(step)] == ["publisher"]


def test_a_sum_has_every_addend_and_they_add_up(tracer: Tracer) -> None:
    step = tracer("coca_area@CO:2023")
    addends = [s for s in step.inputs if s.kind == "observation"]
    assert len(addends) == 319
    assert sum(s.value or 0 for s in addends) == pytest.approx(step.value)
    assert all("column 2023" in s.locator for s in addends)


def test_a_rate_opens_to_its_two_cells(tracer: Tracer) -> None:
    step = tracer.whole("homicide_rate@CO-52835:2023")
    deaths, people = step.inputs
    assert (deaths.value, people.value) == (90, 265599)
    assert step.value == pytest.approx(1e5 * 90 / 265599)


def test_a_declared_zero_says_so(tracer: Tracer) -> None:
    step = tracer("coca_area@CO-11001:2020")
    assert step.value == 0
    assert "declared" in step.locator


def test_a_rival_can_be_named(tracer: Tracer) -> None:
    step = tracer("coca_area@CO:2017~us-cnc-ondcp")
    assert step.value == 209000
    assert any(s.kind == "claim" for s in step.inputs)


def test_every_figure_of_the_edition_has_a_trace_that_says_the_same_number(
    edition: Edition, tracer: Tracer
) -> None:
    figures = [
        f
        for answer in edition.changed.indicators
        for f in (*answer.current, *(g for r in answer.rivals.values() for g in r))
    ]
    figures += [f for out in edition.done.outputs for f in (*out.figures, *out.targets, *out.outcomes)]
    figures += [f for money in edition.done.funding for f in money.figures] + list(edition.done.training)
    for c in edition.agreed.commitments:
        figures += [*c.latest, *c.beside]
        figures += [f for r in c.readings for f in (r.baseline, r.target, r.actual, r.change, r.gap) if f]
    conc = edition.changed.concentration
    assert conc is not None
    figures += [*conc.hhi, *conc.top, *(f for s in conc.shares.values() for f in s)]
    figures += [f for flow in conc.flows for f in (flow.rises, flow.falls, flow.net, flow.offset)]
    figures += [f for year in edition.changed.maps[-1:] for f in year.figures]
    assert len(figures) > 2000
    for figure in figures:
        if figure.value is None and figure.status == "not_held":
            continue
        step = tracer(figure.trace)
        assert step.value == pytest.approx(figure.value), figure.trace


def test_what_has_no_way_back_is_refused(tracer: Tracer) -> None:
    for key in ("coca_area@CO:1950", "nonsense@CO:2020", "coca_area", "verdict@C99"):
        with pytest.raises((NoTrace, BadRequest)):
            tracer(key)
    with pytest.raises(UnknownPlace, match="leading zeros"):
        tracer("coca_area@CO-5120:2020")


def test_as_of_answers_as_the_data_stood(study: Study, workspace: Store) -> None:
    """In December 2018 the production of 2017 was 1,379 t and no 2023 figure existed."""
    then = _desk(study, workspace, "2018-12-31")
    assert then.best("potential_cocaine_hcl", "CO", "2017").value == 1379  # type: ignore[union-attr]
    assert then.best("coca_area", "CO", "2023") is None
    now = _desk(study, workspace, "2026-11-22")
    assert now.best("potential_cocaine_hcl", "CO", "2017").value == 1058  # type: ignore[union-attr]
    assert {f.value for f in now.candidates("potential_cocaine_hcl", "CO", "2017")} >= {1379, 1058, 921, 900}


def test_nothing_known_after_the_day_is_shown(study: Study, workspace: Store) -> None:
    from vereda.terms.period import known_on

    then = _desk(study, workspace, "2012-12-31")
    for series in then.series():
        for figure in then.all(series, "CO"):
            assert known_on(figure.vintage) <= date(2012, 12, 31)


def test_rivals_lie_side_by_side(desk: Desk) -> None:
    figures = desk.candidates("coca_area", "CO", "2010")
    assert {f.value for f in figures} >= {61812, 62000, 116000, 100000}
    assert len({f.trace for f in figures}) == len(figures)
