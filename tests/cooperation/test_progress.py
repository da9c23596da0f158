"""Verdicts with published values, and what must hold whatever the values are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vereda.cooperation import (
    MESSAGES,
    answer,
    arithmetic,
    find,
    judge,
    promise,
    promises,
    read,
    steps,
    target_value,
    verdict,
)
from vereda.terms.answer import CommitmentAnswer
from vereda.terms.cooperation import Commitment, ObservationRef, Register, Target
from vereda.terms.figure import Figure, Step

REAL = Path(__file__).parents[2] / "cases" / "us-colombia"
TODAY = date(2026, 11, 22)
UN, US = "unodc-simci", "us-cnc-ondcp"


def fig(value: float | None, period: str, estimator: str = UN, unit: str = "ha", **more: Any) -> Figure:
    key = f"coca_area@CO:{period}~{estimator}"
    return Figure(value, unit, key, period=period, estimator=estimator, place="CO", **more)


def ref(period: str | None = None, estimator: str = UN) -> dict[str, Any]:
    return {"series": "coca_area", "place": "CO", "period": period, "estimator": estimator}


def pledge(**changed: Any) -> Commitment:
    given: dict[str, Any] = {
        "id": "K1",
        "promise": "halve",
        "parties": ["US"],
        "strength": "commits",
        "gist": {"en": "halve", "es": "reducir"},
        "made_on": "2018-03-01",
        "due": "2023-12-31",
        "target": {"rule": "times", "value": 0.5, "unit": "ha"},
        "better": "at_most",
        "baselines": [ref("2017")],
        "judged_on": [ref()],
        "cites": [],
    }
    return Commitment.model_validate(given | changed)


def level(value: float, due: str, **changed: Any) -> Commitment:
    target = {"rule": "level", "value": value, "unit": "ha"}
    return pledge(**({"target": target, "due": due, "better": "at_least", "baselines": []} | changed))


def said(found: CommitmentAnswer) -> set[str]:
    texts = {text: key for key, text in MESSAGES.items()}
    return {texts[message.text] for message in found.why}


@pytest.fixture(scope="module")
def real() -> Register:
    return read(REAL)


@pytest.mark.parametrize(
    ("target", "baseline", "expected"),
    [
        ({"rule": "times", "value": 0.5}, 171_496.0, 85_748),
        ({"rule": "times", "value": 0.5}, 209_000.0, 104_500),
        ({"rule": "times", "value": 0.5}, 1_058.0, 529),
        ({"rule": "times", "value": 0.5}, 1_379.0, 689.5),
        ({"rule": "minus", "value": 90_000}, 230_028.8, 140_028.8),
        ({"rule": "level", "value": 70_000}, None, 70_000),
    ],
)
@pytest.mark.published("PRODUCTION.md R7; the pledge of March 2018 and the drug policy of 2023")
def test_targets(target: dict[str, Any], baseline: float | None, expected: float) -> None:
    low, high = target_value(Target(unit="ha", **target), baseline) or (0, 0)
    assert low == high == pytest.approx(expected)


def test_targets_that_give_no_value() -> None:
    assert target_value(Target(rule="times", value=0.5, unit="ha"), None) is None
    assert target_value(Target(rule="none", unit="ha"), 1.0) is None
    assert target_value(Target(rule="between", low=6, high=8, unit="ha"), None) == (6, 8)


@pytest.mark.published("PRODUCTION.md R7: +47.3 %, missed by 166,825 ha")
def test_the_area_pledge_by_the_census() -> None:
    entry = pledge(baselines=[ref("2017"), ref("2016")])
    found = judge(
        entry, [[fig(171_496, "2017")], [fig(146_000, "2016")]], {UN: [fig(252_572.9, "2023")]}, TODAY
    )
    assert found.state == "missed_on_every_baseline"
    first = found.readings[0]
    assert first.target
    assert first.target.value == 85_748
    assert first.change
    assert first.change.value == pytest.approx(47.3, abs=0.05)
    assert first.gap
    assert first.gap.value == pytest.approx(166_825, abs=0.5)
    assert (first.target.trace, first.change.trace, first.gap.trace) == (
        "target@K1:1",
        "change@K1:1",
        "gap@K1:1",
    )
    assert found.trace == "verdict@K1"


@pytest.mark.published("PRODUCTION.md R7: production +151.8 %")
def test_the_production_pledge_by_the_census() -> None:
    found = judge(pledge(), [[fig(1_058, "2017", unit="t")]], {UN: [fig(2_664, "2023", unit="t")]}, TODAY)
    assert found.state == "missed"  # one candidate only
    assert found.readings[0].change
    assert found.readings[0].change.value == pytest.approx(151.8, abs=0.05)


def test_no_value_of_the_due_year() -> None:
    entry = pledge(baselines=[ref("2017", US)], judged_on=[ref(estimator=US)])
    found = judge(entry, [[fig(209_000, "2017", US)]], {US: [fig(234_000, "2021", US)]}, TODAY)
    assert found.state == "cannot_be_judged"
    assert said(found) == {"no_year"}
    assert found.why[0].values["year"] == "2023"
    assert found.readings[0].target
    assert found.readings[0].target.value == 104_500
    assert found.readings[0].gap is None
    assert found.latest[0].value == 234_000


def test_estimators_are_never_compared() -> None:
    """A baseline of one estimator beside a value of another gives no verdict."""
    entry = pledge(baselines=[ref("2017", US)], judged_on=[ref()])
    found = judge(entry, [[fig(209_000, "2017", US)]], {UN: [fig(1.0, "2023")]}, TODAY)
    assert found.state == "cannot_be_judged"
    assert {reading.actual.estimator for reading in found.readings if reading.actual and reading.gap} == set()
    assert all(
        r.baseline is None or r.actual is None or r.baseline.estimator == r.actual.estimator
        for r in found.readings
    )


def test_a_baseline_that_is_not_held() -> None:
    for held in ([], [fig(None, "2017", status="not_held")]):
        found = judge(pledge(), [held], {UN: [fig(3.0, "2023")]}, TODAY)
        assert found.state == "cannot_be_judged"
        assert "no_baseline" in said(found)


def test_not_yet_due_shows_the_distance() -> None:
    entry = pledge(
        due="2026-12-31", target={"rule": "minus", "value": 90_000, "unit": "ha"}, baselines=[ref("2022")]
    )
    found = judge(
        entry, [[fig(230_028.8, "2022")]], {UN: [fig(261_000, "2024"), fig(253_000, "2023")]}, TODAY
    )
    assert found.state == "not_yet_due"
    assert said(found) == {"not_due", "distance"}
    assert found.readings[0].gap
    assert found.readings[0].gap.value == pytest.approx(120_971.2)


@pytest.mark.parametrize(
    ("as_of", "state"), [(date(2023, 12, 30), "not_yet_due"), (date(2023, 12, 31), "missed")]
)
def test_the_due_day_itself_counts_as_due(as_of: date, state: str) -> None:
    assert judge(pledge(), [[fig(10, "2017")]], {UN: [fig(9, "2023")]}, as_of).state == state


@pytest.mark.parametrize(
    ("value", "stated", "status", "state"),
    [
        (59_977, 70_000, "measured", "missed"),
        (94_670, 80_000, "measured", "met"),
        (130_000, 130_000, "rounded", "met"),
    ],
)
@pytest.mark.published("COOPERATION.md section 3: C12, C13, C14")
def test_eradication_targets(value: float, stated: float, status: str, state: str) -> None:
    found = judge(level(stated, "2020-12-31"), [], {UN: [fig(value, "2020", status=status)]}, TODAY)
    assert found.state == state
    assert ("rounded" in said(found)) == (status == "rounded")


@pytest.mark.published("COOPERATION.md section 3: C15, 23,770 in mid-2018 and 35,317 in April 2019")
def test_a_measure_that_only_grows() -> None:
    entry = level(50_000, "2018-05", cumulative=True)
    values = [fig(35_317, "2019-04"), fig(16_754, "2018-01-31"), fig(23_770, "2018-06")]
    found = judge(entry, [], {UN: values}, TODAY)
    assert found.state == "missed"
    assert found.readings[0].actual
    assert found.readings[0].actual.value == 23_770
    assert said(found) == {"still_short"}
    assert judge(entry, [], {UN: [fig(50_001, "2018-04")]}, TODAY).state == "met"
    late = judge(entry, [], {UN: [fig(10, "2018-04"), fig(60_000, "2019-04")]}, TODAY)
    assert (late.state, said(late)) == ("cannot_be_judged", {"reached_late"})
    before = judge(entry, [], {UN: [fig(10, "2018-04")]}, TODAY)
    assert (before.state, said(before)) == ("cannot_be_judged", {"no_year"})


def test_readings_that_disagree() -> None:
    entry = pledge(baselines=[ref("2017"), ref("2016")])
    found = judge(entry, [[fig(100, "2017")], [fig(10, "2016")]], {UN: [fig(40, "2023")]}, TODAY)
    assert found.state == "cannot_be_judged"
    assert said(found) == {"disagree", "met_from", "missed_from"}


def test_what_is_not_measured_not_published_not_dated() -> None:
    assert judge(level(12, "2020", judged_on=[]), [], {}, TODAY).state == "not_measured"
    release = judge(level(1, "yearly", judged_on=[], release_duty=True), [], {}, TODAY)
    assert (release.state, said(release)) == ("not_published", {"not_published"})
    undated = judge(level(120, "2020").model_copy(update={"due": None}), [], {UN: [fig(5, "2024-07")]}, TODAY)
    assert (undated.state, said(undated)) == ("cannot_be_judged", {"no_due", "distance"})
    assert undated.readings[0].gap
    assert undated.readings[0].gap.value == -115
    none = judge(level(1, "2020", target={"rule": "none", "unit": "ha"}), [], {UN: [fig(5, "2020")]}, TODAY)
    assert (none.state, said(none)) == ("cannot_be_judged", {"no_target"})


@pytest.mark.parametrize(("value", "state"), [(5, "missed"), (6, "met"), (8, "met"), (9, "missed")])
def test_a_target_between_two_values(value: float, state: str) -> None:
    entry = level(0, "2020", target={"rule": "between", "low": 6, "high": 8, "unit": "ha"}, better=None)
    assert judge(entry, [], {UN: [fig(value, "2020")]}, TODAY).state == state


def test_part_of_a_year_does_not_stand_for_the_year() -> None:
    found = judge(level(10, "2025-12-31"), [], {UN: [fig(5, "2025-01/2025-09")]}, TODAY)
    assert (found.state, said(found)) == ("cannot_be_judged", {"no_year"})


def test_the_outcome_of_the_due_year_stands_beside() -> None:
    beside = [fig(245_000, "2020", US), fig(142_784.7, "2020"), fig(204_000, "2021")]
    found = judge(level(1, "2020-12-31"), [], {UN: [fig(5, "2020")]}, TODAY, beside)
    assert [figure.value for figure in found.beside] == [245_000, 142_784.7]


@pytest.mark.published("Drug policy 2023: 69,000 and 23,000 make 92,000, not 90,000")
def test_parts_must_add_up(real: Register) -> None:
    entries = {entry.id: entry for entry in real.commitments}
    message = arithmetic(entries["C05"])
    assert message is not None
    assert isinstance(message.values["sum"], Figure)
    assert message.values["sum"].value == 92_000
    even = entries["C05"].model_copy(update={"parts": entries["C05"].parts[:1]})
    assert (
        arithmetic(even.model_copy(update={"target": Target(rule="minus", value=69_000, unit="ha")})) is None
    )
    assert arithmetic(entries["C12"]) is None


HELD: dict[tuple[str, str], Sequence[Figure]] = {
    ("coca_area", UN): [
        fig(171_496, "2017", source="odc-simci-coca", vintage="2026-02"),
        fig(171_000, "2017", vintage="2018-09", source="VALORA_2018", status="rounded"),
        fig(146_000, "2016", vintage="2017-07", source="SCMP_2017", status="rounded"),
        fig(230_028.8, "2022", source="odc-simci-coca", vintage="2026-02"),
        fig(252_572.9, "2023", source="odc-simci-coca", vintage="2026-02"),
        fig(253_000, "2023", vintage="2024-10", source="INDIAB_2024", status="rounded"),
        fig(261_000, "2024", vintage="2025-11", source="RIO_2025"),
    ],
    ("coca_area", US): [
        fig(188_000, "2016", US, vintage="2018-03"),
        fig(209_000, "2017", US, vintage="2018-06"),
        fig(234_000, "2021", US, vintage="2022-07"),
    ],
}


def store(asked: ObservationRef) -> Sequence[Figure]:
    return [
        figure
        for figure in HELD.get((asked.series, asked.estimator or ""), ())
        if asked.period in (None, figure.period)
        and asked.vintage in (None, figure.vintage)
        and asked.source in (None, figure.source)
    ]


def test_the_promise_of_2018_over_both_estimators(real: Register) -> None:
    found = [answer(entry, real, store, TODAY) for entry in real.commitments]
    area = promises(found)[0]
    assert area.id == "halve-coca-area"
    assert [c.state for c in area.commitments] == ["cannot_be_judged", "missed_on_every_baseline"]
    assert area.state == "missed_on_every_baseline"
    names = {(m.text, m.values.get("estimator")) for m in area.why}
    assert (MESSAGES["not_judged_on"], US) in names
    assert (MESSAGES["judged_on"], UN) in names
    targets = [reading.target.value for reading in area.commitments[1].readings if reading.target]
    assert targets == [85_748, 85_500, 73_000]
    assert (
        area.commitments[1].readings[0].actual == HELD["coca_area", UN][4]
    )  # the census before the rounded total
    assert area.commitments[1].latest[0].value == 261_000


def test_every_commitment_of_the_real_case_is_judged(real: Register) -> None:
    states = {entry.id: answer(entry, real, store, TODAY).state for entry in real.commitments}
    assert states["C05"] == states["C06"] == "not_yet_due"
    assert states["C07"] == states["C08"] == states["C16"] == states["C17"] == "not_measured"
    assert states["C09"] == states["C11"] == "cannot_be_judged"
    assert states["C10"] == "not_published"


def test_promises_that_disagree_are_not_decided() -> None:
    one = judge(pledge(), [[fig(100, "2017")]], {UN: [fig(40, "2023")]}, TODAY)
    other = judge(pledge(id="K2"), [[fig(100, "2017")]], {UN: [fig(60, "2023")]}, TODAY)
    assert promise([one]).state == "met"
    assert promise([other]).state == "missed"
    assert promise([one, other]).state == "cannot_be_judged"
    assert promise([other, other]).state == "missed_on_every_baseline"


def test_the_way_back_of_a_verdict(real: Register) -> None:
    entry = next(entry for entry in real.commitments if entry.id == "C02")
    found = answer(entry, real, store, TODAY)
    root = steps(found, real)
    assert (root.kind, root.key, root.note) == ("verdict", "verdict@C02", "missed_on_every_baseline")
    assert root.locator.startswith("commitments.yml:")
    gap, target = find(root, "gap@C02:1"), find(root, "target@C02:1")
    assert gap
    assert target
    assert target.value == 85_748
    assert gap.value == pytest.approx(166_824.9)
    assert {step.kind for step in target.inputs} == {"observation", "claim"}
    claim = next(step for step in target.inputs if step.kind == "claim")
    assert claim.inputs[0].kind == "publisher"
    for reading in found.readings:
        for figure in (reading.target, reading.change, reading.gap):
            assert figure
            assert find(root, figure.trace)


def test_the_way_back_of_a_sum_that_does_not_add_up(real: Register) -> None:
    entry = next(entry for entry in real.commitments if entry.id == "C05")
    root = steps(answer(entry, real, store, TODAY), real)
    total = find(root, "sum@C05")
    assert total
    assert total.value == 92_000 == sum(step.value or 0 for step in total.inputs)
    assert find(root, "stated@C05")


def test_the_way_back_goes_on_where_the_pipeline_leads() -> None:
    inputs = (pledge(), [[fig(10, "2017")]], {UN: [fig(9, "2023")]}, TODAY)
    root = verdict(*inputs, walk=lambda figure: Step("file", figure.trace))
    ends = list(find(root, "gap@K1:1").inputs)  # type: ignore[union-attr]
    assert ends[0].kind == "file"


values = st.floats(1, 1e6, allow_nan=False)


def _scaled(figures: Sequence[Figure], by: float) -> list[Figure]:
    return [replace(figure, value=(figure.value or 0) * by) for figure in figures]


@given(bases=st.lists(values, min_size=1, max_size=4), actual=values, by=st.floats(1e-3, 1e3))
def test_a_change_of_unit_changes_no_verdict(bases: list[float], actual: float, by: float) -> None:
    entry = pledge(baselines=[ref("2017")] * len(bases))
    one = [[fig(value, "2017")] for value in bases]
    held = [fig(actual, "2023")]
    before = judge(entry, one, {UN: held}, TODAY)
    after = judge(entry, [_scaled(f, by) for f in one], {UN: _scaled(held, by)}, TODAY)
    assert before.state == after.state
    assert [r.state for r in before.readings] == [r.state for r in after.readings]


@given(bases=st.lists(values, min_size=1, max_size=5), actual=values, data=st.data())
def test_the_order_of_baselines_does_not_matter(
    bases: list[float], actual: float, data: st.DataObject
) -> None:
    entry = pledge(baselines=[ref("2017")] * len(bases))
    other = data.draw(st.permutations(bases))
    found = [
        judge(entry, [[fig(v, "2017")] for v in x], {UN: [fig(actual, "2023")]}, TODAY)
        for x in (bases, other)
    ]
    assert found[0].state == found[1].state
    assert sorted(r.state for r in found[0].readings) == sorted(r.state for r in found[1].readings)


@given(base=values, actual=values)
def test_more_of_a_harm_never_turns_missed_into_met(base: float, actual: float) -> None:
    worse = judge(pledge(), [[fig(base, "2017")]], {UN: [fig(actual * 2, "2023")]}, TODAY)
    here = judge(pledge(), [[fig(base, "2017")]], {UN: [fig(actual, "2023")]}, TODAY)
    assert here.state == "met" or worse.state == "missed"
