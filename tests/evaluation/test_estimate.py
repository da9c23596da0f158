"""One dispatch for every estimator: the numbers of each, options that are refused, errors that are withheld."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import Asked, at, players
from vereda.evaluation.behind import Behind, behind
from vereda.evaluation.estimate import METHODS, Option, asked_options, estimate, estimate_all, refuse_unused
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.plot import chart, rows, sentence

MPDTA = "mpdta, R did 2.5.1 = csdid = differences = moderndid"


def drawn(first: list[float], places: int = 40, years: int = 12, effect: float = 0.0, seed: int = 1) -> Panel:
    """Places with levels, a common path and noise; `first` for the first of them, never for the rest."""
    rng = np.random.default_rng(seed)
    when = np.arange(2001.0, 2001 + years)
    begun = np.r_[first, np.full(places - len(first), np.inf)]
    y = rng.normal(size=(places, 1)) + rng.normal(size=years) + 0.5 * rng.normal(size=(places, years))
    y += effect * (when >= begun[:, None])
    x = rng.normal(size=places)
    return panel([f"p{i:02d}" for i in range(places)], when, {"y": y}, begun, {"x": x})


@pytest.mark.published(MPDTA)
@pytest.mark.parametrize(
    ("options", "att", "se"),
    [
        ({}, -0.03995128, 0.01203401),
        ({"aggregate": "dynamic"}, -0.07723982, 0.01996499),
        ({"aggregate": "group"}, -0.03101828, 0.01244606),
        ({"aggregate": "calendar"}, -0.04170043, 0.01597185),
        ({"control": "not-yet"}, -0.03976363, 0.01205243),
        ({"covariates": ("lpop",)}, -0.04175177, 0.01150284),
        ({"covariates": ("lpop",), "control": "not-yet", "aggregate": "group"}, -0.03226404, 0.01198341),
    ],
)
def test_did(mpdta: Panel, options: dict[str, object], att: float, se: float) -> None:
    found = estimate(mpdta, "lemp", "did", **options)
    assert found.att == pytest.approx(att, abs=1e-8)
    assert found.se == pytest.approx(se, abs=1e-8)
    assert found.p_kind == "asymptotic"
    [small] = [c.values for c in found.checks if c.name == "small_sample"]
    assert 15 < small["degrees"] < 500  # twenty places in the smallest of the three cohorts
    half = stats.t.ppf(0.975, small["degrees"]) * small["wider"] * se
    assert (found.low, found.high) == (
        pytest.approx(att - half, abs=1e-7),
        pytest.approx(att + half, abs=1e-7),
    )
    assert found.p == pytest.approx(
        2 * stats.t.sf(abs(att) / se / small["wider"], small["degrees"]), rel=1e-4
    )


@pytest.mark.published("did documentation, articles/did-basics: event study of mpdta")
def test_effects_by_event_time(mpdta: Panel) -> None:
    found = estimate(mpdta, "lemp", "did")
    assert [e.label for e in found.effects] == [f"e={k}" for k in range(-3, 4)]
    printed = [0.0305, -0.0006, -0.0245, -0.0199, -0.0510, -0.1373, -0.1008]
    assert [e.value for e in found.effects] == pytest.approx(printed, abs=5e-5)
    [trend] = [c for c in found.checks if c.name == "pre_trend"]
    assert trend.values["wald_p"] == pytest.approx(0.16812, abs=5e-6)


@pytest.mark.published(MPDTA)
@pytest.mark.parametrize(
    ("estimator", "att", "se"),
    [
        ("twfe", -0.03654894, 0.01326516),
        ("imputation", -0.04770992, 0.01322249),
        ("sunab", -0.03995128, None),
    ],
)
def test_regressions(mpdta: Panel, estimator: str, att: float, se: float | None) -> None:
    found = estimate(mpdta, "lemp", estimator)
    assert found.att == pytest.approx(att, abs=1e-8)
    assert se is None or found.se == pytest.approx(se, abs=1e-8)


@pytest.mark.published("Prop 99, synthdid R 0.0.9 and exact optima")
@pytest.mark.parametrize(
    ("estimator", "options", "att", "within"),
    [
        ("scm", {}, -19.513630, 1e-6),
        ("sdid", {}, -15.605398, 1e-6),
        ("sdid", {"path": "R"}, -15.603828, 1e-6),
        ("sdid", {"variant": "did"}, -27.349111, 1e-6),
        ("mc", {}, -19.980463, 0.1),  # folds of another random generator than R's
    ],
)
def test_prop99(prop99: Panel, estimator: str, options: dict[str, str], att: float, within: float) -> None:
    found = estimate(prop99, "packs", estimator, **options)
    assert found.att == pytest.approx(att, abs=within)
    assert found.se is None
    assert "1 exposed place" in found.why_no_se


@pytest.mark.published("outcome-only synthetic control of Prop 99, p = 3/39")
def test_placebos_bring_a_p_value_and_its_size(prop99: Panel) -> None:
    found = estimate(prop99, "packs", "scm", placebos="all")
    assert found.p == pytest.approx(3 / 39)
    assert found.p_kind == "permutation"
    assert found.size is not None
    assert 0 <= found.size < 0.15
    assert found.certificate is not None
    assert found.certificate.gap <= 1e-8
    assert sum(found.weights.values()) == pytest.approx(1)
    assert list(found.weights)[:2] == ["Utah", "Montana"]


def test_placebos_of_an_augmented_synthetic_control() -> None:
    found = estimate(
        drawn([2006.0], places=21, years=8, effect=8.0), "y", "ascm", placebos="all", statistic="mean"
    )
    assert found.att == pytest.approx(8, abs=1.5)
    assert found.p == pytest.approx(1 / 21)
    assert found.size is not None


def test_fewer_placebos_are_drawn_with_the_seed(prop99: Panel) -> None:
    one, again, other = (estimate(prop99, "packs", "scm", placebos=20, seed=s) for s in (1, 1, 2))
    assert one.p == again.p
    assert one.size == again.size
    assert one.p in {k / 21 for k in range(1, 22)}
    ranks = [next(c for c in found.checks if c.name == "placebo_rank") for found in (one, other)]
    assert all(check.values["compared"] == 20 for check in ranks)


RUNS = {
    "did": {}, "twfe": {}, "sunab": {}, "imputation": {}, "scm": {"placebos": 30}, "ascm": {},
    "sdid": {"placebos": 30}, "mc": {"placebos": 20, "size_draws": 0}, "ife": {"placebos": 20, "size_draws": 0},
}  # fmt: skip


@pytest.mark.parametrize("estimator", METHODS)
def test_every_estimator_finds_a_known_effect(estimator: str) -> None:
    found = estimate(drawn([2009.0] * 8, effect=5.0), "y", estimator, seed=3, **RUNS[estimator])
    assert found.att == pytest.approx(5, abs=0.6)
    assert estimator == "ascm" or (found.p is not None and found.p < 0.06)
    after = [e.value for e in found.effects if (at(e.label) or 0) >= 0]
    assert after
    assert after == pytest.approx([5.0] * len(after), abs=1.2)
    again = estimate(drawn([2009.0] * 8, effect=5.0), "y", estimator, seed=3, **RUNS[estimator])
    assert again == found  # to the last bit, but for the clock, of which there is none


@settings(max_examples=10, deadline=None)
@given(st.floats(-50, 50), st.floats(0.01, 100))
def test_moving_and_scaling_the_outcome(shift: float, scale: float) -> None:
    """The effect is in the unit of the outcome, and its level does not matter."""
    before = drawn([2008.0] * 6 + [2010.0] * 6)
    after = replace(before, y=scale * before.y + shift)
    for estimator in ("did", "twfe", "sunab", "imputation", "sdid"):
        one, two = estimate(before, "y", estimator), estimate(after, "y", estimator)
        assert two.att == pytest.approx(scale * one.att, rel=1e-6, abs=1e-7 * scale)
        assert two.se == pytest.approx(scale * one.se, rel=1e-5)  # type: ignore[operator]


@pytest.mark.parametrize("estimator", ["did", "twfe", "sunab", "imputation", "mc", "ife"])
@pytest.mark.parametrize("places", [1, 3])
def test_one_to_three_exposed_places_have_no_standard_error(estimator: str, places: int) -> None:
    found = estimate(drawn([2008.0] * places), "y", estimator)
    assert (found.se, found.low, found.high, found.p) == (None,) * 4
    assert f"{places} exposed places" in found.why_no_se
    assert all(e.se is None for e in found.effects)


@pytest.mark.parametrize("estimator", ["did", "sunab", "imputation"])
def test_a_cohort_for_each_place_hides_all_variation_between_them(estimator: str) -> None:
    """Eight cohorts of one place: the usual formula treats each as known exactly."""
    found = estimate(drawn([2003.0 + i for i in range(8)]), "y", estimator)
    assert found.se is None
    assert "8 exposed places (or clusters) in 8 cohorts" in found.why_no_se


def test_clusters_count_and_not_places() -> None:
    one = drawn([2008.0] * 6)
    together = replace(one, cluster=np.r_[np.zeros(6), np.arange(1, 35)].astype(np.int64))
    assert estimate(one, "y", "did").se is not None
    assert estimate(together, "y", "did").se is None


@pytest.mark.parametrize(
    ("label", "places", "cohorts"),
    [
        ("att", 9, 2),
        ("e=0", 9, 2),
        ("e=3", 4, 1),
        ("e=-7", 9, 2),
        ("e=-9", 5, 1),
        ("g=2009", 4, 1),
        ("t=2010", 4, 1),
    ],
)
def test_places_behind_a_number(label: str, places: int, cohorts: int) -> None:
    one = drawn([2009.0] * 4 + [2011.0] * 5)
    count = behind(one).of(label)
    assert (count.places, count.cohorts, count.controls) == (places, cohorts, 31)


REGRESSED = ("did", "twfe", "sunab", "imputation")


@pytest.mark.parametrize("estimator", ["did", "sunab", "imputation"])
def test_cohorts_of_one_place_may_hold_little_of_a_number_that_has_an_error(estimator: str) -> None:
    """Cohorts are large enough on average both times; in the second, five places alone hold half of the variance."""
    some = drawn([2007.0] + [2009.0] * 25, places=60)
    assert estimate(some, "y", estimator).se is not None
    found = estimate(
        drawn([2005.0, 2006.0, 2007.0, 2008.0, 2009.0] + [2010.0] * 25, places=60), "y", estimator
    )
    assert found.se is None
    assert found.p is None
    assert "single place" in found.why_no_se


@pytest.mark.parametrize("estimator", [*REGRESSED, "mc", "ife"])
@pytest.mark.parametrize("controls", [2, 3])
def test_one_to_three_controls_allow_no_standard_error_and_no_test(estimator: str, controls: int) -> None:
    found = estimate(drawn([2008.0] * 10, places=10 + controls), "y", estimator)
    assert (found.se, found.low, found.high, found.p) == (None,) * 4
    assert f"{controls} controls" in found.why_no_se
    assert all(e.se is None for e in found.effects)
    assert [c.state for c in found.checks if c.name == "pre_trend"] in ([], ["informational"])


@pytest.mark.parametrize("estimator", [*REGRESSED, "sdid", "mc", "ife"])
def test_four_controls_are_enough(estimator: str) -> None:
    found = estimate(drawn([2008.0] * 10, places=14), "y", estimator)
    assert found.se is not None


@pytest.mark.parametrize("estimator", [*REGRESSED, "mc", "ife"])
def test_controls_in_three_clusters_are_three(estimator: str) -> None:
    one = drawn([2008.0] * 10)
    together = replace(one, cluster=np.r_[np.arange(10), 10 + np.arange(30) % 3].astype(np.int64))
    found = estimate(together, "y", estimator)
    assert found.se is None
    assert "3 controls (places, or clusters)" in found.why_no_se


def test_sdid_counts_the_donors_it_may_use() -> None:
    found = estimate(drawn([2008.0] * 6), "y", "sdid", donors=np.arange(40) >= 37)
    assert found.se is None
    assert "3 controls" in found.why_no_se


@pytest.mark.parametrize("estimator", REGRESSED)
@pytest.mark.parametrize("places", [1, 3])
def test_leads_on_few_exposed_places_are_not_tested(estimator: str, places: int) -> None:
    [check] = [c for c in estimate(drawn([2008.0] * places), "y", estimator).checks if c.name == "pre_trend"]
    assert check.state == "informational"
    assert not check.values


def test_leads_of_one_cohort_that_is_too_small_are_left_out_of_the_test() -> None:
    """Leads from -8 on are seen only in the later cohort, of two places."""
    found = estimate(drawn([2008.0] * 8 + [2011.0] * 2), "y", "sunab")
    [check] = [c for c in found.checks if c.name == "pre_trend"]
    bare = [e.label for e in found.effects if e.se is None and (at(e.label) or 0) < -1]
    assert bare == ["e=-10", "e=-9", "e=-8"]
    assert check.values["df"] == 6
    assert "3 on too few places are not in it" in check.detail


def test_not_yet_controls_are_counted_year_by_year() -> None:
    """Nobody is never exposed: the last cohort only serves as control, and thins out the years before."""
    begun = [2004.0] * 6 + [2007.0] * 6 + [2010.0] * 3
    one = drawn(begun, places=15)
    waiting = behind(one, "not-yet")
    assert waiting.cohort.tolist() == [2004, 2007]
    assert waiting.years[-1] == 2009
    assert [waiting.of(f"t={t}").controls for t in (2004, 2006, 2007, 2009)] == [9, 9, 3, 3]
    assert waiting.of("e=-1").controls == 3  # 2003 against both others, 2006 against the three
    found = estimate(one, "y", "did", control="not-yet", aggregate="calendar")
    with_se = {e.label: e.se is not None for e in found.effects}
    assert with_se == {"t=2004": True, "t=2005": True, "t=2006": True} | {
        f"t={t}": False for t in (2007, 2008, 2009)
    }
    assert "3 controls" in found.why_no_se


def test_a_control_counts_where_it_has_a_value() -> None:
    one = drawn([2008.0] * 6, places=12)
    y = one.y.copy()
    y[6:9, 10] = np.nan
    rests = behind(replace(one, y=y))
    assert isinstance(rests, Behind)
    assert (rests.of("e=2").controls, rests.of("e=3").controls, rests.of("att").controls) == (6, 3, 3)


def test_ends_of_a_study_are_counted_over_all_their_years() -> None:
    rests = behind(drawn([2006.0] * 4 + [2009.0] * 5), "unexposed")
    assert (rests.of("e<=-6").places, rests.of("e>=4").places) == (5, 4)
    assert rests.of("e>=3").controls == 31
    assert (
        rests.of("e<=-4").controls == 36 - 1
    )  # the later cohort against the earlier and those never exposed


@pytest.mark.parametrize("estimator", METHODS)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_an_outcome_that_never_changes_is_refused_in_these_words(estimator: str, level: float) -> None:
    one = drawn([2008.0] * 6)
    still = 5.0 + level * np.arange(40.0)[:, None, None] + np.zeros_like(one.y)
    with pytest.raises(BadDesign, match="y never changes"):
        estimate(replace(one, y=still), "y", estimator)


def test_twfe_takes_no_place_exposed_from_the_first_year_on_as_a_control() -> None:
    one = drawn([2008.0] * 6)
    early = replace(one, first=np.where(np.arange(len(one.first)) > 30, one.years[0], one.first))
    with pytest.raises(BadDesign, match="exposed from the first year on"):
        estimate(early, "y", "twfe")


@pytest.mark.parametrize("estimator", REGRESSED)
def test_places_that_move_alike_to_the_last_digit_have_no_standard_error(estimator: str) -> None:
    one = drawn([2008.0] * 6)
    alike = np.arange(40.0)[:, None, None] + np.arange(12.0)[None, :, None] ** 2
    found = estimate(replace(one, y=alike), "y", estimator)
    assert found.att == pytest.approx(0, abs=1e-9)
    assert (found.se, found.p) == (None, None)
    assert found.why_no_se
    assert all(c.state == "informational" for c in found.checks)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("estimator", METHODS)
def test_values_of_any_size_that_is_let_in(estimator: str) -> None:
    one = drawn([2008.0] * 6)
    found = estimate(replace(one, y=1e99 * one.y / np.abs(one.y).max()), "y", estimator)
    assert np.isfinite(found.att)
    assert found.se is None or np.isfinite(found.se)


def test_draws_make_intervals_that_hold_together(mpdta: Panel) -> None:
    one, two = (estimate(mpdta, "lemp", "did", draws=d) for d in (0, 999))
    assert two.p_kind == "multiplier bootstrap"
    assert two.se == one.se
    for narrow, wide in zip(one.effects, two.effects, strict=True):
        assert wide.high - wide.low > narrow.high - narrow.low  # type: ignore[operator]
    assert estimate(mpdta, "lemp", "did", draws=999).low == two.low
    assert estimate(mpdta, "lemp", "did", draws=999, seed=1).low != two.low


def test_places_exposed_from_the_start_are_left_out_by_name() -> None:
    found = estimate(drawn([2001.0] * 2 + [2008.0] * 6), "y", "did")
    [check] = [c for c in found.checks if c.name == "left_out"]
    assert "p00, p01" in check.detail
    for estimator in ("sunab", "imputation", "sdid", "mc"):
        with pytest.raises(BadDesign, match="exposed"):
            estimate(drawn([2001.0] * 2 + [2008.0] * 6), "y", estimator)


BAD_OPTIONS = [
    ("did", {"placebos": "all"}, "did does not use placebos"),
    ("scm", {"control": "never"}, "scm does not use control"),
    ("twfe", {"draws": 10}, "twfe does not use draws"),
    ("scm", {"penalty": 1}, "there is no penalty"),
    ("did", {"control": "all"}, "control='all': one of never, not-yet"),
    ("did", {"draws": -1}, "draws=-1: one of a whole number from 0"),
    ("did", {"draws": True}, "draws=True"),
    ("scm", {"placebos": 3}, "placebos=3: one of all, a whole number from 19"),
    ("sdid", {"covariates": ("x",)}, "sdid makes no use of covariates"),
    ("did", {"covariates": ("z",)}, "No covariate z. There are: x"),
    ("ols", {}, "'ols' is no estimator here"),
]


@pytest.mark.parametrize(("estimator", "options", "said"), BAD_OPTIONS)
def test_an_option_that_is_not_used_is_refused(estimator: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(BadRequest) as raised:
        estimate(drawn([2008.0] * 6), "y", estimator, **options)
    assert said in str(raised.value)


def test_other_requests_that_cannot_be_met() -> None:
    one = drawn([2008.0] * 6)
    with pytest.raises(BadRequest, match="No outcome 'z'"):
        estimate(one, "z", "did")
    with pytest.raises(BadRequest, match="did makes no use of donors"):
        estimate(one, "y", "did", donors=np.ones(40, dtype=bool))
    with pytest.raises(BadRequest, match="All sets of 6 places are too many"):
        estimate(one, "y", "sdid", placebos="all")
    with pytest.raises(BadRequest, match="cannot be bootstrapped"):
        estimate(drawn([2008.0]), "y", "sdid", draws=50)
    with pytest.raises(BadDesign, match="begin in the same year; here they begin in 2008, 2010"):
        estimate(drawn([2008.0, 2010.0]), "y", "scm")
    with pytest.raises(BadRequest, match="cluster: did, twfe"):
        refuse_unused("scm", {"cluster": "state"})


EVERYONE_AT_ONCE = drawn([2008.0] * 40)
ONE_PRE_YEAR = drawn([2002.0] * 6)


@pytest.mark.parametrize("estimator", METHODS)
def test_no_controls_is_an_error_everywhere(estimator: str) -> None:
    with pytest.raises(BadDesign):
        estimate(EVERYONE_AT_ONCE, "y", estimator)


@pytest.mark.parametrize("estimator", ["ascm", "sdid"])
def test_one_year_before_is_too_few_for_weights_of_years(estimator: str) -> None:
    with pytest.raises(BadDesign, match=r"before exposure"):
        estimate(ONE_PRE_YEAR, "y", estimator)


def test_one_year_before_is_enough_for_did_which_says_so() -> None:
    found = estimate(ONE_PRE_YEAR, "y", "did")
    [check] = [c for c in found.checks if c.name == "pre_trend"]
    assert check.state == "informational"


@pytest.mark.parametrize("estimator", ["did", "twfe", "sunab", "imputation", "scm", "sdid", "mc", "ife"])
def test_gaps_are_worked_around_or_refused_and_never_hidden(estimator: str) -> None:
    one = drawn([2008.0] * 6)
    y = one.y.copy()
    y[20, 6] = np.nan  # a control, in the year before exposure
    found = estimate(replace(one, y=y), "y", estimator)
    full = estimate(one, "y", estimator)
    assert found.att == pytest.approx(full.att, abs=0.3)
    assert found.att != full.att
    if estimator in ("scm", "sdid"):
        assert any("lack a year and take no part: p20" in c.detail for c in found.checks)


@pytest.mark.parametrize("estimator", ["did", "scm", "ascm", "sdid"])
def test_more_donors_than_years_is_no_obstacle(estimator: str) -> None:
    found = estimate(drawn([2006.0] * 1, places=300, years=8), "y", estimator)
    assert np.isfinite(found.att)
    if found.certificate is not None:
        assert found.certificate.gap <= 1e-8


def test_covariates_that_repeat_each_other_or_separate_are_named() -> None:
    one = drawn([2008.0] * 6)
    twice = replace(one, covariates=np.repeat(one.covariates, 2, axis=1), covariate_names=("x", "again"))
    with pytest.raises(BadDesign, match="again is a combination"):
        estimate(twice, "y", "did", covariates=("x", "again"))
    apart = replace(one, covariates=np.where(one.first < 3000, 10.0, one.covariates[:, 0])[:, None])
    with pytest.raises(BadDesign, match="nothing to compare"):
        estimate(apart, "y", "did", covariates=("x",))


def test_donors_and_buffers() -> None:
    one = drawn([2008.0])
    donors = np.arange(40) >= 20
    found = estimate(one, "y", "scm", donors=donors)
    assert all(int(name[1:]) >= 20 for name in found.weights)
    barred = np.zeros((40, 40), dtype=bool)
    barred[0, 20:30] = True
    found = estimate(one, "y", "scm", donors=donors, forbidden=barred)
    assert all(int(name[1:]) >= 30 for name in found.weights)
    with pytest.raises(BadDesign, match="No donors"):
        estimate(one, "y", "scm", donors=np.zeros(40, dtype=bool))


def test_strata_limit_the_placebos() -> None:
    one = replace(drawn([2008.0]), stratum=np.r_[np.zeros(25), np.ones(15)].astype(np.int64))
    found = estimate(one, "y", "scm", placebos="all")
    [rank] = [c for c in found.checks if c.name == "placebo_rank"]
    assert rank.values["compared"] == 24


@pytest.mark.parametrize("estimator", ["sdid", "mc", "ife"])
def test_several_places_are_played_by_places_of_their_strata(estimator: str) -> None:
    one = replace(drawn([2008.0] * 3, effect=4.0), stratum=np.arange(40) % 3)
    found = estimate(one, "y", estimator, placebos=59, seed=2, size_draws=0)
    assert found.p == pytest.approx(1 / 60)
    with pytest.raises(BadDesign, match="The stratum of p00 has 0 places"):
        estimate(replace(one, stratum=np.r_[0, 1, 2, np.full(37, 2)]), "y", estimator, placebos=59)


def test_players_stay_in_the_stratum_of_whom_they_play() -> None:
    one = replace(drawn([2008.0, 2006.0, 2008.0]), stratum=np.arange(40) % 3)
    rows = players(Asked(one, {}, 5), np.arange(40) < 30, 200)
    assert rows.shape == (200, 3)
    assert (rows % 3 == [0, 1, 2]).all()
    assert rows.min() >= 3
    assert rows.max() < 30
    assert len(np.unique(rows[:, 0])) > 5


def test_predictors_choose_the_weights_of_a_synthetic_control() -> None:
    found = estimate(drawn([2008.0], places=15), "y", "scm", covariates=("x",))
    [check] = [c for c in found.checks if c.name == "predictors"]
    assert check.values["loss"] >= check.values["bound"] * (1 - 1e-9)
    assert sum(found.weights.values()) == pytest.approx(1)


def test_several_outcomes_share_hash_and_draws(mpdta: Panel) -> None:
    both = replace(mpdta, outcomes=("a", "b"), y=np.concatenate([mpdta.y, 2 * mpdta.y], axis=2))
    one, two = estimate_all(both, "did", draws=199)
    assert (one.outcome, two.outcome) == ("a", "b")
    assert one.data == two.data == both.hash
    assert two.p == one.p
    assert two.att == pytest.approx(2 * one.att)


def test_the_clock_is_an_argument(mpdta: Panel) -> None:
    ticks = iter((10.0, 12.5))
    assert estimate(mpdta, "lemp", "did", clock=lambda: next(ticks)).seconds == 2.5


def test_an_option_reads_words_and_numbers() -> None:
    option = Option(None, ("all",), least=19)
    assert [option.read("placebos", v) for v in (None, "all", 19, np.int64(20))] == [None, "all", 19, 20]
    assert asked_options("did", {"control": None})["control"] == "never"


@pytest.mark.parametrize(
    ("label", "number"),
    [("e=-3", -3), ("e<=-3", -3), ("e>=4", 4), ("g=2004", 2004), ("att", None), ("g=1 t=2", None)],
)
def test_the_number_in_a_label(label: str, number: float | None) -> None:
    assert at(label) == number


def test_a_chart_draws_every_effect_with_its_interval(mpdta: Panel) -> None:
    found = estimate(mpdta, "lemp", "did")
    drawn_chart = chart([found]).to_dict()
    layers = drawn_chart["vconcat"][0]["layer"]
    points = next(layer for layer in layers if layer["mark"]["type"] == "point")
    values = points["data"]["values"] if "values" in points.get("data", {}) else None
    values = values or next(iter(drawn_chart["datasets"].values()))
    assert len(rows(found)) == 7
    assert {r["when"] for r in rows(found)} == {"before", "after"}
    assert json.dumps(drawn_chart)
    assert "95 % interval -0.06404 to -0.01586" in sentence(found)


def test_a_gap_path_is_a_line_and_a_lone_number_a_point(prop99: Panel, mpdta: Panel) -> None:
    marks = [
        layer["mark"]["type"]
        for layer in chart([estimate(prop99, "packs", "scm")]).to_dict()["vconcat"][0]["layer"]
    ]
    assert "line" in marks
    bare = replace(estimate(mpdta, "lemp", "did"), effects=())
    assert rows(bare) == [{"at": 0.0, "value": bare.att, "low": bare.low, "high": bare.high, "when": "after"}]
    with pytest.raises(BadRequest):
        chart([])


def lopsided(exposed: int, controls: int) -> Panel:
    rng = np.random.default_rng(4)
    n = exposed + controls
    first = np.r_[np.full(exposed, 2005.0), np.full(controls, np.inf)]
    return panel([f"P{i}" for i in range(n)], np.arange(2000.0, 2010), {"y": rng.normal(size=(n, 10))}, first)


@pytest.mark.parametrize("estimator", ["did", "twfe", "sunab", "imputation"])
@pytest.mark.parametrize(("exposed", "controls"), [(10, 1), (10, 3), (1, 30), (3, 30)])
def test_a_handful_on_either_side_gets_no_error_and_no_joint_test(
    estimator: str, exposed: int, controls: int
) -> None:
    found = estimate(lopsided(exposed, controls), "y", estimator)
    assert found.se is None
    assert found.p is None
    assert found.why_no_se
    assert all(e.se is None for e in found.effects)
    assert all(c.state == "informational" for c in found.checks if c.name == "pre_trend")


def test_values_whose_square_is_no_number_are_refused() -> None:
    with pytest.raises(BadDesign, match=r"beyond 1e\+100, such as of P1"):
        panel(
            ["P0", "P1"],
            np.array([1.0, 2.0]),
            {"y": np.array([[1.0, 2.0], [1e160, 2.0]])},
            np.array([2.0, np.inf]),
        )


@pytest.mark.parametrize("years", [[2008.0] * 8, [2007.0] * 6 + [2009.0] * 6])
def test_sdid_leaves_out_clusters_and_says_its_degrees(years: list[float]) -> None:
    one = drawn(years, places=60)
    clustered = replace(one, cluster=np.arange(60, dtype=np.int64) % 12)
    plain, found = estimate(one, "y", "sdid"), estimate(clustered, "y", "sdid")
    assert found.att == plain.att
    assert found.se is not None
    assert found.se != plain.se
    assert (found.specification["clusters"], plain.specification["clusters"]) == (12, 60)
    told = next(c for c in found.checks if c.name == "small_sample")
    assert 1 <= told.values["degrees"] < 12
    with pytest.raises(BadRequest, match="draws places and not clusters"):
        estimate(clustered, "y", "sdid", draws=50)


@pytest.mark.parametrize("estimator", REGRESSED)
def test_every_effect_says_how_few_numbers_its_interval_is_made_of(estimator: str) -> None:
    found = estimate(drawn([2008.0] * 6), "y", estimator)
    known = [e for e in found.effects if e.low is not None]
    assert known
    for effect in known:
        assert effect.se is not None
        assert effect.degrees is not None
        assert effect.wider is not None
        half = (effect.high - effect.low) / 2  # type: ignore[operator]
        assert half == pytest.approx(stats.t.ppf(0.975, effect.degrees) * effect.wider * effect.se, rel=1e-6)


def covered(x: list[float] | np.ndarray, first: list[float] | None = None) -> Panel:
    """Forty places with one covariate of their own, eight of them exposed."""
    one = drawn(first or [2008.0] * 8)
    x = np.asarray(x, dtype=float)
    names = tuple(f"x{k}" for k in range(1 if x.ndim == 1 else x.shape[1]))
    return replace(one, covariates=x.reshape(40, -1), covariate_names=names)


@pytest.mark.parametrize("estimator", [*REGRESSED, "scm"])
def test_a_covariate_that_the_others_make_up_is_refused_by_name(estimator: str) -> None:
    x = np.random.default_rng(2).normal(size=40)
    one = covered(np.column_stack([x, 2 * x + 1]))
    with pytest.raises(BadDesign, match="x1 is a combination of x0 and a constant"):
        estimate(one, "y", estimator, covariates=["x0", "x1"])


@pytest.mark.parametrize("estimator", ["twfe", "sunab", "imputation"])
def test_regressions_refuse_covariates_that_are_the_exposure_and_tell_of_those_that_nearly_are(
    estimator: str,
) -> None:
    exposed, noise = np.arange(40) < 8, np.random.default_rng(2).normal(size=40)
    with pytest.raises(BadDesign, match="exposed places from the rest exactly"):
        estimate(covered(3.0 * exposed + 1), "y", estimator, covariates=["x0"])
    apart = estimate(covered(10.0 * exposed + 0.1 * noise), "y", estimator, covariates=["x0"])
    told = {c.name: c for c in apart.checks}["overlap"]
    assert (told.state, "straight line" in told.detail) == ("failed", True)
    alike = estimate(covered(noise), "y", estimator, covariates=["x0"])
    assert {c.name: c.state for c in alike.checks}["overlap"] == "informational"


@pytest.mark.parametrize("estimator", ["twfe", "sunab", "imputation", "ascm", "sdid", "mc", "ife"])
def test_places_exposed_all_along_are_named(estimator: str) -> None:
    with pytest.raises(BadDesign, match=r"from the first year on \(p00, p01\).*Leave them out"):
        estimate(drawn([2001.0] * 2 + [2008.0] * 8), "y", estimator)


@pytest.mark.parametrize("estimator", ["mc", "ife"])
def test_years_in_which_all_are_exposed_and_places_without_a_value_before_are_named(estimator: str) -> None:
    with pytest.raises(BadDesign, match="exposed in 2008, 2009, 2010, 2011, 2012"):
        estimate(drawn([2006.0] * 20 + [2008.0] * 20), "y", estimator)
    one = drawn([2008.0] * 8)
    y = one.y.copy()
    y[3, :7] = np.nan
    with pytest.raises(BadDesign, match="No value without exposure in p03"):
        estimate(replace(one, y=y), "y", estimator)


def test_gaps_of_exposed_places_are_named_by_sdid() -> None:
    one = drawn([2008.0] * 8)
    y = one.y.copy()
    y[3, 2] = np.nan
    with pytest.raises(BadDesign, match="gaps: p03"):
        estimate(replace(one, y=y), "y", "sdid")


@pytest.mark.parametrize("estimator", REGRESSED)
def test_one_year_before_exposure_leaves_no_trend_to_test(estimator: str) -> None:
    found = estimate(drawn([2002.0] * 8), "y", estimator)
    assert found.se is not None
    (told,) = (c for c in found.checks if c.name == "pre_trend")
    assert told.state == "informational"
    assert "no year before" in told.detail or "no cell before" in told.detail
