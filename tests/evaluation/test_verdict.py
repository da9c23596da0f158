"""The rules of the grade, one by one, and on panels whose truth is known."""

import numpy as np
import pytest

from vereda.errors import BadDesign
from vereda.evaluation import assessment, verdict
from vereda.evaluation.estimate import estimate
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.results import Check


def made(
    drift: float = 0.0, effect: float = 0.0, exposed: int = 60, seed: int = 1, apart: float = 0.0
) -> Panel:
    """200 places, 14 years, exposure in year 8: noise around a place's own level, a drift of the exposed, an effect."""
    rng = np.random.default_rng(seed)
    years = np.arange(2010.0, 2024)
    first = np.where(np.arange(200) < exposed, 2018.0, np.inf)
    y = rng.normal(50, 5, (200, 1)) + rng.normal(0, 1, (200, 14)) + np.linspace(0, 3, 14)
    y[:exposed] += apart + drift * np.arange(14) + effect * (years >= 2018)
    return panel([f"P{i:03}" for i in range(200)], years, {"y": y}, first)


def graded(one: Panel) -> tuple[verdict.Verdict, float, tuple[Check, ...]]:
    found = estimate(one, "y", "did")
    beside = assessment.many(one, found.att, found.p, 1)
    apart = found.p is not None and found.p < verdict.LEVEL
    checks = verdict.only_of_effects(beside.checks, apart)
    return verdict.grade(checks), found.att, checks


def test_a_clean_and_large_effect_is_credible() -> None:
    found, att, _ = graded(made(effect=5.0))
    assert found.grade == "credible"
    assert att == pytest.approx(5.0, abs=0.5)


def test_no_effect_is_a_credible_finding_too() -> None:
    found, att, checks = graded(made())
    assert found.grade == "credible"
    assert abs(att) < 0.5
    assert {c.name for c in checks} >= {"controls", "years", "pre_trend", "selection"}


def test_a_trend_that_was_there_before_is_not_identified() -> None:
    found, att, _ = graded(made(drift=0.5))
    assert att > 1.0  # it looks like an effect
    assert found.grade == "not_identified"
    assert "pre_trend" in found.because


def test_exposed_places_chosen_for_their_level_are_fragile() -> None:
    found, _, _ = graded(made(effect=5.0, apart=20.0))
    assert (found.grade, found.because) == ("fragile", ("selection",))


def test_few_places_are_judged_by_all_others_in_their_role() -> None:
    one = made(exposed=3, effect=8.0)
    found = assessment.few(one, None, draws=60, seed=1)
    assert found.p is not None
    assert found.p < 0.01
    assert found.size is not None
    assert sum(found.weights.values()) == pytest.approx(1.0, abs=1e-4)
    # the synthetic counterpart runs where the exposed would have been
    assert (found.observed - found.expected)[8:].mean() == pytest.approx(8.0, abs=1.5)
    assert set(found.placebos) == set(one.places)


def test_few_places_without_effect_are_not_told_apart() -> None:
    p = [assessment.few(made(exposed=3, seed=s), None, draws=50, seed=1).p for s in range(8)]
    assert sum(1 for x in p if x is not None and x < 0.05) <= 2


def test_an_exact_fit_before_exposure_is_ranked_by_the_gap_after() -> None:
    """Three years and two hundred donors: the root mean squared gap before is zero, and no ratio exists."""
    one = made(exposed=3)
    short = Panel(
        one.places, one.years[5:], one.outcomes, one.y[:, 5:], one.first, one.covariates, one.covariate_names,
        one.cluster, one.stratum,
    )  # fmt: skip
    found = assessment.few(short, None, draws=50, seed=1)
    assert found.p is not None
    assert 0 < found.p <= 1


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (verdict.controls(10), "passed"),
        (verdict.controls(9), "failed"),
        (verdict.years(2), "failed"),
        (verdict.fit(24.0, 100.0), "passed"),
        (verdict.fit(26.0, 100.0), "failed"),
        (verdict.fit(1.0, 0.0), "failed"),
        (verdict.pre_trend(0.049), "failed"),
        (verdict.overlap(0.09), "passed"),
        (verdict.overlap(0.38), "failed"),
        (verdict.selection(np.arange(400.0), np.arange(400.0) + 10), "passed"),
        (verdict.selection(np.arange(400.0), np.arange(400.0) + 200), "failed"),
        # a third of a standard deviation: five places drawn by lot are that far apart, four hundred are not
        (verdict.selection(np.linspace(0, 400, 5), np.arange(400.0) + 40), "informational"),
        (verdict.selection(np.arange(400.0), np.arange(400.0) + 40), "failed"),
        (verdict.breakdown(0.99), "failed"),
        (verdict.calibrated_size(0.11), "failed"),
        (verdict.leave_one_out(10.0, [9.0, 4.0]), "failed"),
        (verdict.leave_one_out(-10.0, [-9.0, -6.0]), "passed"),
        (verdict.leave_one_out(-10.0, [2.0]), "failed"),
        (verdict.specification_spread(3.0, [2.0, -1.0]), "failed"),
        (verdict.specification_spread(3.0, [2.0, 3.0], [0.1]), "passed"),
        (verdict.specification_spread(3.0, [0.5]), "failed"),  # the same sign, a sixth of the size
        (verdict.specification_spread(3.0, [3.0]), "informational"),  # a copy is no other specification
        (verdict.unique_weights(-42.0, -54.0, -14.0), "failed"),
        (verdict.unique_weights(-42.0, -54.0, -30.0), "passed"),
        (verdict.specification_spread(3.0, []), "informational"),
        (verdict.multiplicity(0.04, 0.06), "failed"),
    ],
)
def test_each_rule(check: Check, state: str) -> None:
    assert check.state == state


def test_what_breaks_the_comparison_counts_before_what_weakens_it() -> None:
    checks = [Check("selection", "failed", ""), Check("fit", "failed", ""), Check("breakdown", "failed", "")]
    assert verdict.grade(checks) == verdict.Verdict("not_identified", ("fit",))
    assert verdict.grade(checks[::2]) == verdict.Verdict("fragile", ("selection", "breakdown"))
    assert verdict.grade([Check("placebo_rank", "informational", "")]) == verdict.Verdict("credible", ())


def test_weights_that_fit_as_well_give_a_range() -> None:
    """Four years and two hundred donors: many mixtures fit exactly, and each of them gives another effect."""
    one = made(exposed=2, effect=3.0)
    short = Panel(
        one.places, one.years[4:], one.outcomes, one.y[:, 4:], one.first, one.covariates, one.covariate_names,
        one.cluster, one.stratum,
    )  # fmt: skip
    found = {c.name: c for c in assessment.few(short, None, draws=50, seed=1).checks}
    ends = found["unique_weights"].values
    assert ends["low"] < 3.0 < ends["high"]
    assert ends["high"] - ends["low"] > 0.5


def test_rules_about_an_effect_do_not_count_where_there_is_none() -> None:
    checks = verdict.only_of_effects([Check("breakdown", "failed", ""), Check("fit", "failed", "")], False)
    assert [c.state for c in checks] == ["informational", "failed"]


def test_joint_p_values_are_never_below_those_of_one_outcome() -> None:
    rng = np.random.default_rng(3)
    base = made(effect=1.0)
    y = np.concatenate([base.y, base.y + rng.normal(0, 2, base.y.shape)], axis=2)
    both = Panel(
        base.places, base.years, ("a", "b"), y, base.first, base.covariates, (), base.cluster, base.stratum
    )
    joint = assessment.joint_p(both, 499, 1)
    alone = [estimate(both, name, "did", draws=499, seed=1).p for name in ("a", "b")]
    assert all(j >= a - 1e-9 for j, a in zip(joint, alone, strict=True) if a is not None)


def test_joint_placebo_p_counts_every_outcome() -> None:
    rng = np.random.default_rng(5)
    places = [f"P{i}" for i in range(100)]
    tables = [dict(zip(places, rng.exponential(size=100), strict=True)) for _ in range(3)]
    tables[0] |= {"P0": 30.0, "P1": 30.0, "P2": 30.0}
    joint = assessment.joint_placebo_p(tables, ["P0", "P1", "P2"], 2_000, 1)
    assert joint[0] < 0.01
    assert (joint[1:] >= joint[0]).all()


def test_joint_placebo_p_plays_each_exposed_place_in_its_stratum() -> None:
    """Places of the exposed ones' stratum are all as large: within it they are no exception, among all they are."""
    places = [f"P{i:02d}" for i in range(60)]
    small = np.random.default_rng(6).exponential(size=60)
    value = np.where(np.arange(60) < 20, 30.0 + small, small)
    tables = [dict(zip(places, value, strict=True)) for _ in range(2)]
    stratum = {p: "south" if i < 20 else "north" for i, p in enumerate(places)}
    among_all = assessment.joint_placebo_p(tables, ["P00", "P01"], 1_000, 1)
    within = assessment.joint_placebo_p(tables, ["P00", "P01"], 1_000, 1, stratum)
    assert (among_all < 0.15).all()
    assert (within > 0.2).all()
    with pytest.raises(BadDesign, match="wider strata"):
        assessment.joint_placebo_p(
            tables, ["P00", "P01"], 10, 1, stratum | dict.fromkeys(places[2:], "north")
        )
