"""The evaluation plans of the case, run on what the repository holds and on what a reader may bring."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vereda import pipeline
from vereda.errors import BadCase, BadRequest
from vereda.evaluation import verdict
from vereda.evaluation.results import Check, Effect
from vereda.pipeline.desk import Desk
from vereda.pipeline.effect_beside import points as by_year
from vereda.pipeline.effect_beside import worth
from vereda.pipeline.evaluating import evaluate
from vereda.pipeline.panels import Values, design, sample
from vereda.pipeline.telling import said
from vereda.pipeline.tracing import Tracer
from vereda.store import Store
from vereda.terms.answer import Edition
from vereda.terms.figure import Figure, Step
from vereda.terms.finding import Finding

CASE = Path(__file__).resolve().parents[2] / "cases" / "us-colombia"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "colombia"


def of(edition: Edition, plan: str) -> Finding:
    return next(f for f in edition.findings if f.plan.id == plan)


def test_plans_without_their_data_wait_and_name_the_source(edition: Edition) -> None:
    spraying, manual = of(edition, "end-of-spraying-2015"), of(edition, "manual-eradication-2017")
    assert spraying.grade == manual.grade == "waiting_for_data"
    assert "cede-eradication" in spraying.waiting
    assert manual.waiting == ("cede-eradication",)
    assert spraying.outcomes == manual.outcomes == ()


def test_three_municipalities_get_permutation_and_no_standard_error(edition: Edition) -> None:
    found = of(edition, "priority-municipalities-2021")
    assert set(found.exposed) == {"CO-52835", "CO-05120", "CO-54720"}
    assert len(found.ring) > 10
    assert not set(found.ring) & set(found.exposed)
    assert [o.outcome for o in found.outcomes] == [
        "coca_area",
        "homicide_rate",
        "extortion_rate",
        "legal_crop_area",
    ]
    for outcome in found.outcomes:
        main = outcome.effects[0]
        assert main.estimator == "scm"
        assert main.p_kind == "permutation"
        assert main.size is not None
        assert main.p_joint is not None
        assert all(e.se is None and e.why_no_se for e in outcome.effects)
        assert main.gap is not None
        assert main.gap <= 1e-8
        assert not set(outcome.weights) & {*found.exposed, *found.ring}  # no neighbour is a donor
        assert {e.estimator for e in outcome.effects} == {"scm", "sdid", "ascm"}


def test_selection_on_the_outcome_surfaces(edition: Edition) -> None:
    """PDET municipalities were chosen for their coca: no honest reading calls this comparison clean."""
    found = of(edition, "pdet-2017")
    coca = found.outcomes[0]
    assert coca.outcome == "coca_area"
    assert coca.grade == "not_identified"
    states = {c.name: c.state for c in coca.checks}
    assert states["selection"] == "failed"
    assert states["overlap"] == "failed"  # a third of PDET places were almost bound to be chosen
    assert found.grade == "not_identified"
    assert len(found.exposed) == 170


def test_every_number_of_a_finding_has_a_way_back(edition: Edition, tracer: Tracer) -> None:
    for finding in edition.findings:
        for outcome in finding.outcomes:
            for figure in (*(e.effect for e in outcome.effects), *outcome.displaced):
                step = tracer.whole(figure.trace)
                assert step.value == figure.value
                if figure.value is not None and figure.trace.startswith("effect@"):
                    panel = step.inputs[0]
                    assert panel.kind == "panel"
                    assert "sha256" in panel.note
                    assert panel.inputs  # down to the editions its cells are from


def every(step: Step) -> Iterator[Step]:
    yield step
    for child in step.inputs:
        yield from every(child)


def test_an_effect_leads_to_every_input(edition: Edition, tracer: Tracer) -> None:
    """Every series in every year and place, who is exposed and who says so, who touches whom, each key tracing on."""
    main = of(edition, "priority-municipalities-2021").outcomes[1].effects[0]
    tree = tracer.whole(main.effect.trace)
    found = list(every(tree))
    listed = {step.name for step in found if step.kind == "year"}
    assert listed >= {f"{s} · {y}" for s in ("homicides", "population") for y in range(2010, 2024)}
    assert listed >= {f"coca_area · {y}" for y in range(2010, 2021)}  # only places with coca
    panel = tree.inputs[0]
    assert panel.note == f"sha256 {main.data}"
    places = {step.kind: step for step in panel.inputs}
    assert places["exposed"].locator == "CO-05120, CO-52835, CO-54720"
    compared = places["compared"].locator.split(", ")
    assert f"{len(compared) + 3} places in the panel" in panel.locator
    assert f"{(len(compared) + 3) * 14} cells in all" in panel.locator
    scope = next(step for step in found if step.kind == "scope")
    assert scope.name == "priority-municipalities 2021-09"
    assert any(step.kind == "claim" and step.locator.startswith("http") for step in every(scope))
    keys = {step.key for step in found if step.key}
    assert len(keys) > 35
    for key in keys | {f"homicide_rate@{compared[0]}:2015", f"population@{compared[-1]}:2010"}:
        assert tracer(key).inputs, key
    for year in (step for step in found if step.kind == "year"):
        assert tracer(year.key).value == year.value


def test_the_trace_of_status_names_members_covariates_and_neighbours(
    study: pipeline.Study, desk: Desk
) -> None:
    plan = next(p for p in study.register.plans if p.id == "pdet-2017")
    border = Step("vintage", "a list of neighbours")
    values = Values(desk, desk.municipalities())
    told, steps = evaluate(plan, desk, values, study.neighbours, lambda: 0.0, lambda words: None, (border,))
    step = steps[told.outcomes[0].effects[0].effect.trace]
    names = {s.name for s in every(step)}
    assert {"population · 2010-2014", "homicide_rate · 2010-2014"} <= names
    assert any(name.startswith("pdet_member") for name in names)
    assert border in list(every(step))
    displaced = steps[told.outcomes[1].displaced[-1].trace]
    assert displaced.name.startswith("net over people")
    assert any("counted by residents" in s.locator for s in displaced.inputs)


def test_rates_are_added_over_people_and_logarithms_never(edition: Edition) -> None:
    found = of(edition, "pdet-2017")
    assert [f.note for f in found.outcomes[0].displaced][-1] == "net per exposed place"
    rate = found.outcomes[1]
    assert [f.note for f in rate.displaced] == ["direct", "displaced", "net over people"]
    low, high = sorted(f.value for f in rate.displaced[:2])
    assert rate.displaced[-1].low < rate.displaced[-1].value < rate.displaced[-1].high
    assert rate.not_added is None
    assert low < high


def test_every_p_of_few_places_has_its_size_and_the_number_of_panels(edition: Edition) -> None:
    found = of(edition, "priority-municipalities-2021")
    for outcome in found.outcomes:
        for effect in outcome.effects:
            assert effect.p is not None
            assert effect.p_kind == "permutation"
            assert effect.size is not None
            assert effect.size_draws == (200 if effect is outcome.effects[0] else effect.size_draws) >= 25


def test_the_exposed_together_have_the_rank_of_the_check(edition: Edition) -> None:
    for outcome in of(edition, "priority-municipalities-2021").outcomes:
        rank = next(c.detail.values for c in outcome.checks if c.name == "placebo_rank")
        assert outcome.together is not None
        assert (outcome.together.rank, outcome.together.sets) == (rank["rank"], rank["sets"])
        assert list(outcome.together.spread) == sorted(outcome.together.spread)
        own = [outcome.placebos[p] for p in ("CO-52835", "CO-05120", "CO-54720")]
        assert outcome.together.statistic == pytest.approx(np.mean(own))


def test_a_test_that_can_never_reject_cannot_tell() -> None:
    rank = Check("placebo_rank", "informational", "", {"rank": 1.0, "sets": 12.0})
    size = Check("calibrated_size", "passed", "rejects {size}", {"size": 0.0})
    _, told = worth([rank, size])
    assert told.state == "failed"
    assert told.values["sets"] == 11
    assert told.values["p_least"] == pytest.approx(1 / 12)
    answer = said(told, Figure(1.0, "ha", "effect@p:o~scm"), {})
    assert answer.detail.text.startswith("cannot tell")
    assert verdict.grade([told]).grade == "fragile"
    _, many = worth([replace(rank, values={"rank": 1.0, "sets": 400.0}), size])
    assert many.state == "passed"
    assert said(many, Figure(1.0, "ha", "effect@p:o~scm"), {}).detail.text.startswith(
        "the test rejected none"
    )


def test_editions_are_told_by_their_year(study: pipeline.Study, desk: Desk) -> None:
    """Displacement is held for four years: an effect stands at its distance from exposure, under its calendar year."""
    plan = next(p for p in study.register.plans if p.id == "pdet-2017")
    values = Values(desk, desk.municipalities())
    taken = sample(design(plan, values, study.neighbours), plan.outcomes[0], "level", values, 1)
    taken = replace(taken, labels=(2002, 2008, 2013, 2022))
    event = [Effect(f"e={e}", float(e)) for e in (-3, -2, -1, 0)]
    points = list(by_year(event, taken, 2015))
    assert [(p.at, p.label) for p in points] == [(-13, "2002"), (-7, "2008"), (-2, "2013"), (7, "2022")]


def test_the_same_plan_twice_gives_the_same_numbers(
    study: pipeline.Study, desk: Desk, edition: Edition
) -> None:
    plan = next(p for p in study.register.plans if p.id == "pdet-2017")
    again, _ = evaluate(plan, desk, Values(desk, desk.municipalities()), study.neighbours, lambda: 0.0)
    first = of(edition, "pdet-2017")
    assert [e.effect for o in again.outcomes for e in o.effects] == [
        e.effect for o in first.outcomes for e in o.effects
    ]
    assert [o.sentence for o in again.outcomes] == [o.sentence for o in first.outcomes]


def test_a_year_known_to_be_incomplete_is_no_value(study: pipeline.Study, desk: Desk) -> None:
    values = Values(desk, desk.municipalities())
    assert 2009 in values.years("coca_area", "2008-2010")
    assert np.isnan(values.year("coca_area", "2009")).all()
    assert np.isfinite(values.year("coca_area", "2010")).sum() > 1_000


def test_the_buffer_takes_neighbours_out_of_the_comparison(study: pipeline.Study, desk: Desk) -> None:
    plan = next(p for p in study.register.plans if p.id == "priority-municipalities-2021")
    values = Values(desk, desk.municipalities())
    laid = design(plan, values, study.neighbours)
    wide, narrow = (sample(laid, plan.outcomes[0], "level", values, b).panel.places for b in (0, 1))
    touching = {b for a, b in study.neighbours if a in {"CO-52835", "CO-05120", "CO-54720"}}
    touching |= {a for a, b in study.neighbours if b in {"CO-52835", "CO-05120", "CO-54720"}}
    assert set(wide) - set(narrow) == touching & set(wide)


def test_an_unknown_plan_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="pdet-2017"):
        pipeline.evaluate(CASE, tmp_path, "pdet")


@pytest.mark.parametrize(
    ("said", "meant"),
    [("scope: pdet,", "scope: pdett,"), ("series: extortion_rate}", "series: extortions_rate}")],
)
def test_a_plan_of_an_unknown_scope_or_series_is_a_fault_with_its_line(
    tmp_path: Path, said: str, meant: str
) -> None:
    folder = tmp_path / "us-colombia"
    shutil.copytree(CASE, folder)
    file = folder / "evaluations.yml"
    file.write_text(file.read_text().replace(said, meant, 1))
    with pytest.raises(BadCase, match=r"evaluations.yml:\d+: plan [a-z0-9-]+: .*(pdett|extortions_rate)"):
        pipeline.Study(folder)


@pytest.mark.shared
def test_the_end_of_spraying_with_the_files_at_hand(tmp_path: Path) -> None:
    """Whoever holds the three files gets the evaluation, and the repository still does not hold them."""
    files = {
        ("cede-eradication", "2022"): "eradication-municipal/eradication_municipality_year_method.csv",
        ("uariv-displacement", "2023-08"): "uariv-displacement/displacement_rate_municipality_4_years.csv.gz",
        (
            "municipal-forest-loss-gfc",
            "2024",
        ): "municipal-forest-loss-gfc/forest_loss_municipality_year.csv.gz",
    }
    if not SHARED.exists():
        pytest.skip("The publishers' files are not beside the project.")
    folder = tmp_path / "us-colombia"
    shutil.copytree(CASE, folder)
    for (dataset, vintage), file in files.items():
        pipeline.keep(folder, dataset, SHARED / file, vintage)
    study = pipeline.Study(folder)
    with Store.open(tmp_path / "workspace") as store:
        pipeline._ingest(study, store)
        desk = pipeline._desk(study, store, study.register.case.as_of)
        plans = [p for p in study.register.plans if p.id == "end-of-spraying-2015"]
        (found,), _ = pipeline._evaluated(study, desk, plans, lambda words: None)
    assert found.waiting == ()
    assert {o.outcome for o in found.outcomes} == {
        "coca_area",
        "homicide_rate",
        "displacement_rate",
        "forest_loss",
    }
    assert (
        found.grade == "not_identified"
    )  # almost every place with coca had been sprayed, or touches one that was
    assert any(c.name == "controls" and c.state == "failed" for c in found.outcomes[0].checks)
    assert found.outcomes[0].displaced  # neighbours are a cohort of their own
