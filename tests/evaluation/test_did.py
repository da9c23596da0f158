"""ATT(g, t) and its aggregations: independent packages, laws, a known truth, and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from vereda.errors import BadDesign
from vereda.evaluation import aggregate
from vereda.evaluation.did import att_gt, overlap
from vereda.evaluation.inference import pre_trend, standard_error
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.results import CohortEffects

YEARS = np.arange(2001.0, 2008.0)


def staggered(seed: int = 3, n: int = 300, outcomes: int = 1, never: float = np.inf) -> Panel:
    """Cohorts 2003, 2004, 2006 and some exposed in 2001 (always), 2008 (after the end) and never; clusters of 40."""
    rng = np.random.default_rng(seed)
    first = rng.choice([2001, 2003, 2004, 2006, 2008, never], size=n, p=[0.03, 0.2, 0.2, 0.2, 0.07, 0.3])
    x = rng.normal(size=(n, 2)) + (first == 2004)[:, None] * 0.4
    trend = x[:, [0]] * np.arange(7) * 0.2 + (first[:, None] <= YEARS) * 0.3
    y = {f"y{j}": rng.normal(size=(n, 7)) + trend for j in range(outcomes)}
    names = [str(i) for i in range(n)]
    return panel(names, YEARS, y, first, {"a": x[:, 0], "b": x[:, 1]}, cluster=list(rng.integers(0, 40, n)))


def bare(data: Panel) -> Panel:
    return replace(data, covariates=np.empty((len(data.places), 0)), covariate_names=())


def every_se(effects: CohortEffects, cluster: np.ndarray) -> np.ndarray:
    return standard_error(aggregate.cells(effects), cluster)


# ---- independent packages


def long(data: Panel):  # type: ignore[no-untyped-def]
    """The panel as the peers want it: one row for each place and year."""
    pd = pytest.importorskip("pandas")
    n, span = data.y.shape[:2]
    first = np.where(np.isinf(data.first), 0, data.first).astype(int)
    table = {"u": np.repeat(np.arange(n), span), "t": np.tile(data.years.astype(int), n)}
    table |= {"y": data.y[:, :, 0].ravel(), "g": np.repeat(first, span), "cl": np.repeat(data.cluster, span)}
    table |= {k: np.repeat(data.covariates[:, j], span) for j, k in enumerate(data.covariate_names)}
    return pd.DataFrame(table)


def by_csdid(data: Panel, control: str, method: str, anticipation: int, base: str, **more):  # type: ignore[no-untyped-def]
    module = pytest.importorskip("csdid.att_gt")
    formula = "y ~ " + (" + ".join(data.covariate_names) or "1")
    asked = module.ATTgt(
        yname="y", tname="t", idname="u", gname="g", data=long(data), xformla=formula, anticipation=anticipation,
        control_group=["notyettreated" if control == "not-yet" else "nevertreated"], **more,
    )  # fmt: skip
    return asked.fit(est_method=method, base_period=base, bstrap=False)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
@pytest.mark.parametrize(
    ("control", "anticipation", "base", "never"),
    [
        ("never", 0, "varying", np.inf),
        ("never", 1, "universal", np.inf),
        ("not-yet", 0, "varying", np.inf),
        ("not-yet", 1, "varying", np.inf),
        ("not-yet", 0, "universal", 2007.0),  # nobody never exposed: the last cohort only serves as control
        ("not-yet", 1, "varying", 2007.0),
    ],
)
def test_as_csdid(method: str, control: str, anticipation: int, base: str, never: float) -> None:
    data = staggered(never=never)
    if never == 2007:
        data = data.only(data.first != 2008)
    theirs = by_csdid(data, control, method, anticipation, base).results
    ours = att_gt(data, control, method, anticipation, base)
    assert_array_equal(ours.cohort, np.asarray(theirs["group"], dtype=float))
    assert_array_equal(ours.year, np.asarray(theirs["year"], dtype=float))
    assert_allclose(ours.att[:, 0], np.asarray(theirs["att"], dtype=float), rtol=1e-8, atol=1e-10)
    se = every_se(ours, np.arange(len(data.places)))[:, 0]  # csdid too has none for a base year
    assert_allclose(se, np.asarray(theirs["se"], dtype=float), rtol=1e-8)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "asked", "theirs_asked"),
    [
        ("simple", {}, {}),
        ("dynamic", {}, {}),
        ("dynamic", {"balance": 2}, {"balance_e": 2}),
        ("dynamic", {"last": 1}, {"max_e": 1}),
        ("group", {}, {}),
        ("calendar", {}, {}),
    ],
)
def test_aggregations_and_clusters_as_csdid(
    kind: str, asked: dict[str, int], theirs_asked: dict[str, int]
) -> None:
    data = staggered(5)
    model = by_csdid(data, "not-yet", "dr", 0, "varying", clustervar="cl")
    theirs = model.aggte(typec=kind, bstrap=False, cband=False, clustervars=["cl"], **theirs_asked).atte
    ours = getattr(aggregate, kind)(att_gt(data, "not-yet"), **asked)
    se = standard_error(ours, data.cluster)
    assert ours.value[0, 0] == pytest.approx(float(theirs["overall_att"]), rel=1e-8)
    assert se[0, 0] == pytest.approx(float(np.ravel(theirs["overall_se"])[0]), rel=1e-8)
    if kind != "simple":
        assert_allclose(ours.value[1:, 0], np.asarray(theirs["att_egt"], dtype=float), rtol=1e-8)
        assert_allclose(se[1:, 0], np.ravel(np.asarray(theirs["se_egt"], dtype=float)), rtol=1e-8)


def gappy() -> Panel:
    data = staggered(4)
    y = data.y.copy()
    y[np.random.default_rng(0).random(y.shape) < 0.1] = np.nan
    return replace(data, y=y).only((data.first != 2001) & (data.first != 2008))


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
def test_gaps_as_diff_diff() -> None:
    """A cell uses the places observed in both of its years; diff-diff has the same rule."""
    peer = pytest.importorskip("diff_diff")
    data = gappy()
    asked = {"outcome": "y", "unit": "u", "time": "t", "first_treat": "g", "covariates": ["a", "b"]}
    theirs = peer.CallawaySantAnna(estimation_method="reg").fit(long(data).dropna(), **asked)
    ours = att_gt(data, method="reg")
    se = every_se(ours, np.arange(len(data.places)))
    for i, (g, t) in enumerate(zip(ours.cohort, ours.year, strict=True)):
        cell = theirs.group_time_effects[g, t]
        assert ours.att[i, 0] == pytest.approx(cell["effect"], rel=1e-9)
        assert se[i, 0] == pytest.approx(cell["se"], rel=1e-9)
        assert ours.places[i] == cell["n_treated"]


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["dr", "ipw"])
def test_a_cell_with_gaps_as_drdid_on_the_places_observed_twice(method: str) -> None:
    """diff-diff stops its logit early (six digits), so the port of DRDID inside csdid is asked cell by cell."""
    peer = pytest.importorskip("csdid.attgt_fnc.drdid_trim")
    theirs = {"dr": peer.drdid_panel, "ipw": peer.std_ipw_did_panel}[method]
    data = gappy()
    ours, y = att_gt(data, "not-yet", method), data.y[:, :, 0]
    for i, (g, t) in enumerate(zip(ours.cohort, ours.year, strict=True)):
        now, before = y[:, int(t - 2001)], y[:, int(min(t, g) - 2002)]
        exposed = data.first == g
        rows = ~np.isnan(now + before) & (exposed | (data.first > t))
        att, influence = theirs(now[rows], before[rows], exposed[rows] * 1, covariates=data.covariates[rows])
        assert ours.att[i, 0] == pytest.approx(att, rel=1e-8)
        assert_allclose(ours.influence[rows, i, 0], influence * len(y) / rows.sum(), rtol=1e-6, atol=1e-8)
        assert not ours.influence[~rows, i, 0].any()


# ---- laws


@settings(max_examples=30, deadline=None)
@given(
    shock=st.lists(st.floats(-1e3, 1e3), min_size=7, max_size=7),
    level=st.integers(0, 1_000),
    control=st.sampled_from(["never", "not-yet"]),
    method=st.sampled_from(["dr", "reg", "ipw"]),
)
def test_shocks_common_to_all_and_levels_of_places_cancel(
    shock: list[float], level: int, control: str, method: str
) -> None:
    data = staggered(6, 120)
    constant = np.random.default_rng(level).normal(size=(120, 1, 1)) * 100
    moved = replace(data, y=data.y + np.array(shock)[:, None] + constant)
    before, after = att_gt(data, control, method), att_gt(moved, control, method)
    assert_allclose(after.att, before.att, atol=1e-8)
    assert_allclose(after.influence, before.influence, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    scale=st.floats(1e-3, 1e6),
    shift=st.floats(-1e4, 1e4),
    mix=st.floats(-2, 2),
    method=st.sampled_from(["dr", "ipw"]),
)
def test_units_of_the_covariates_do_not_matter(scale: float, shift: float, mix: float, method: str) -> None:
    data = staggered(7, 150)
    a, b = data.covariates.T
    recoded = replace(data, covariates=np.column_stack([shift + scale * a, b + mix * a]))
    before, after = att_gt(data, method=method), att_gt(recoded, method=method)
    assert_allclose(after.att, before.att, atol=1e-7)
    assert_allclose(after.influence, before.influence, atol=1e-4)


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
def test_influence_has_mean_zero_and_is_that_of_each_place(method: str) -> None:
    data = staggered(8)
    effects = att_gt(data, "not-yet", method)
    assert_allclose(effects.influence.mean(axis=0), 0, atol=1e-10)
    assert not effects.influence[data.first == 2001].any()
    order = np.random.default_rng(1).permutation(len(data.places))
    shuffled = replace(data, y=data.y[order], first=data.first[order], covariates=data.covariates[order])
    again = att_gt(shuffled, "not-yet", method)
    assert_allclose(again.att, effects.att, atol=1e-10)
    assert_allclose(again.influence, effects.influence[order], atol=1e-8)


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
def test_influence_is_what_the_estimate_loses_without_a_place(method: str) -> None:
    """Nuisance terms included: the influence agrees with the jackknife, which knows no formula."""
    data = staggered(9, 400)
    effects = att_gt(data, method=method)
    n = len(data.places)
    some = np.flatnonzero(np.isfinite(data.first) & (data.first > 2001))[:20].tolist()
    some += np.flatnonzero(np.isinf(data.first))[:20].tolist()
    left = np.array([att_gt(data.only(np.arange(n) != i), method=method).att[:, 0] for i in some])
    jackknife = (n - 1) * (effects.att[:, 0] - left)
    assert_allclose(jackknife, effects.influence[some, :, 0], atol=0.15 * np.abs(effects.influence).max())
    assert np.corrcoef(jackknife.ravel(), effects.influence[some, :, 0].ravel())[0, 1] > 0.995


def test_many_outcomes_at_once_are_each_by_itself_and_gaps_of_one_leave_the_others_alone() -> None:
    data = staggered(10, outcomes=3)
    y = data.y.copy()
    y[5:40, 2:4, 1] = np.nan
    data = replace(data, y=y)
    joint = att_gt(data, "not-yet")
    for j, name in enumerate(data.outcomes):
        alone = att_gt(replace(data, y=data.y[:, :, [j]], outcomes=(name,)), "not-yet")
        assert_allclose(joint.att[:, [j]], alone.att, atol=1e-12)
        assert_allclose(joint.influence[:, :, [j]], alone.influence, atol=1e-9)
    complete = att_gt(staggered(10, outcomes=3), "not-yet")
    assert_allclose(joint.att[:, [0, 2]], complete.att[:, [0, 2]], atol=1e-12)
    assert (joint.places <= complete.places).all()
    assert (joint.places < complete.places).any()


def test_without_covariates_the_methods_are_one_and_are_differences_of_means() -> None:
    data = bare(staggered(11))
    found = [att_gt(data, method=m) for m in ("dr", "ipw", "reg")]
    assert_array_equal(found[0].att, found[1].att)
    assert_array_equal(found[0].influence, found[2].influence)
    y, first = data.y[:, :, 0], np.where(data.first > 2007, np.inf, data.first)
    for g, t, att in zip(found[0].cohort, found[0].year, found[0].att[:, 0], strict=True):
        change = y[:, int(t - 2001)] - y[:, int(min(t, g) - 2002)]
        assert att == pytest.approx(change[first == g].mean() - change[np.isinf(first)].mean(), abs=1e-12)


@pytest.mark.parametrize("anticipation", [0, 1, 2])
def test_not_yet_exposed_controls_do_not_anticipate_either(anticipation: int) -> None:
    data = bare(staggered(23))
    effects = att_gt(data, "not-yet", anticipation=anticipation)
    y, first = data.y[:, :, 0], data.first
    for g, t, att in zip(effects.cohort, effects.year, effects.att[:, 0], strict=True):
        change = y[:, int(t - 2001)] - y[:, int(min(t, g - anticipation) - 2002)]
        control = (first > t + anticipation) & (first != g)
        assert att == pytest.approx(change[first == g].mean() - change[control].mean(), abs=1e-12)


def test_aggregations_weigh_as_they_say() -> None:
    effects = att_gt(staggered(12))
    after, att, size = effects.year >= effects.cohort, effects.att[:, 0], effects.places
    assert aggregate.simple(effects).value[0, 0] == pytest.approx(np.average(att[after], weights=size[after]))
    e = effects.year - effects.cohort
    dynamic = aggregate.dynamic(effects)
    assert dynamic.value[dynamic.label.index("e=1"), 0] == pytest.approx(
        np.average(att[e == 1], weights=size[e == 1])
    )
    positive = [i for i, label in enumerate(dynamic.label) if label[:2] == "e=" and "-" not in label]
    assert dynamic.value[0, 0] == pytest.approx(dynamic.value[positive, 0].mean())
    balanced = aggregate.dynamic(effects, balance=2)
    assert balanced.label == ("overall", "e=-2", "e=-1", "e=0", "e=1", "e=2")
    stays = np.isin(effects.cohort, [2003, 2004])  # 2006 is seen for two years only
    assert balanced.value[balanced.label.index("e=0"), 0] == pytest.approx(
        np.average(att[stays & (e == 0)], weights=size[stays & (e == 0)])
    )
    assert aggregate.dynamic(effects, last=1).label[-1] == "e=1"
    cohorts = aggregate.group(effects)
    mean = att[after & (effects.cohort == 2004)].mean()
    assert cohorts.value[cohorts.label.index("g=2004"), 0] == pytest.approx(mean)


# ---- a known truth


def world(seed: int, n: int) -> Panel:
    """Effect e + 1 after e years; trends follow a covariate that also decides who is exposed, and when."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    exposed = rng.random(n) < 1 / (1 + np.exp(-(x - 0.5)))
    first = np.where(exposed, np.where(rng.random(n) < 0.5, 2003.0, 2005.0), np.inf)
    effect = np.where(first[:, None] <= YEARS, YEARS - first[:, None] + 1, 0.0)
    y = rng.normal(size=(n, 1)) + np.arange(7) * (0.3 + 0.5 * x[:, None]) + effect + rng.normal(size=(n, 7))
    return panel([str(i) for i in range(n)], YEARS, {"y": y}, first, {"x": x})


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
def test_a_known_effect_is_found_where_the_covariate_is_needed(method: str) -> None:
    data = world(1, 20_000)
    effects = att_gt(data, "not-yet", method)
    truth = np.where(effects.year >= effects.cohort, effects.year - effects.cohort + 1, 0.0)
    z = (effects.att[:, 0] - truth) / every_se(effects, data.cluster)[:, 0]
    assert np.abs(z).max() < 4
    naive = att_gt(bare(data))
    assert np.abs(naive.att[:, 0] - truth).max() > 1  # without it the trends are not parallel
    assert pre_trend(naive, data.cluster)[0].state == "failed"


def test_intervals_cover() -> None:
    """95 % intervals of the overall event-study effect; 400 worlds, so between 92 and 98 % within three errors."""
    inside = []
    for seed in range(400):
        data = world(1000 + seed, 250)
        found = aggregate.dynamic(att_gt(data, method="reg"))
        truth = np.array([[float(label[2:]) + 1 if "-" not in label else 0.0] for label in found.label[1:]])
        overall = truth[truth > 0].mean()
        inside.append(abs(found.value[0, 0] - overall) <= 1.96 * standard_error(found, data.cluster)[0, 0])
    assert 0.915 <= np.mean(inside) <= 0.985


# ---- rules


def test_places_always_exposed_are_left_out_visibly_or_refused() -> None:
    data = staggered(13)
    effects = att_gt(data)
    always = data.first == 2001
    assert_array_equal(np.isnan(effects.first), always)
    assert_array_equal(effects.first[data.first == 2008], np.inf)  # after the last year: never, here
    without = att_gt(data.only(~always))
    assert_allclose(without.att, effects.att, atol=1e-12)
    n, kept = len(always), int((~always).sum())
    assert_allclose(every_se(without, np.arange(kept)), every_se(effects, np.arange(n)), rtol=1e-10)
    with pytest.raises(BadDesign, match=r"have no year before"):
        att_gt(data, always="refuse")
    assert np.isnan(att_gt(data, anticipation=2).first[data.first == 2003]).all()


def test_a_universal_base_is_zero_in_its_year_and_agrees_after_exposure() -> None:
    data = staggered(14)
    universal, varying = att_gt(data, base="universal"), att_gt(data)
    reference = universal.year == universal.cohort - 1
    assert not universal.att[reference].any()
    assert not universal.influence[:, reference].any()
    assert np.isnan(every_se(universal, data.cluster)[reference]).all()
    assert_allclose(
        universal.att[universal.year >= universal.cohort],
        varying.att[varying.year >= varying.cohort],
        atol=1e-12,
    )


def test_without_never_exposed_the_last_cohort_only_serves_as_control() -> None:
    data = staggered(15, never=2007.0)
    data = data.only(data.first != 2008)
    with pytest.raises(BadDesign, match="not-yet"):
        att_gt(data)
    effects = att_gt(data, "not-yet")
    assert set(effects.cohort) == {2003, 2004, 2006}
    assert effects.year.max() == 2006
    assert att_gt(data, "not-yet", anticipation=1).year.max() == 2005


def test_fewer_than_four_controls_leave_the_effect_without_a_standard_error() -> None:
    data = bare(staggered(16))
    keep = np.isfinite(data.first) & (data.first < 2008)
    keep[np.flatnonzero(np.isinf(data.first))[:3]] = True
    effects = att_gt(data.only(keep))
    assert np.isfinite(effects.att).all()
    assert np.isnan(effects.influence).all()
    assert np.isnan(standard_error(aggregate.simple(effects), data.cluster[keep])).all()


def test_overlap_tells_the_largest_probability_and_the_trimmed() -> None:
    assert overlap(bare(staggered(17))) == ()
    checks = overlap(staggered(17), "not-yet")
    assert [c.state for c in checks] == ["informational"] * 3
    assert all(0 < c.values["largest"] < 0.999 and c.values["trimmed"] == 0 for c in checks)
    assert all(0 <= c.values["alone"] <= 1 for c in checks)


def test_overlap_counts_the_exposed_that_have_no_control_like_them() -> None:
    """Against a logit maximised by scipy."""
    rng = np.random.default_rng(8)
    x = np.r_[rng.normal(3, 1, size=40), rng.normal(size=200)]
    exposed = np.arange(240) < 40
    first = np.where(exposed, 2005.0, np.inf)
    one = panel(
        [f"p{i}" for i in range(240)],
        np.arange(2001.0, 2009),
        {"y": rng.normal(size=(240, 8))},
        first,
        {"x": x},
    )
    sign = np.where(exposed, 1, -1)
    a, b = minimize(lambda ab: np.logaddexp(0, -sign * (ab[0] + ab[1] * x)).sum(), np.zeros(2)).x
    probability = 1 / (1 + np.exp(-a - b * x))
    (check,) = overlap(one)
    assert 0.1 < check.values["alone"] < 0.9
    assert check.values["alone"] == pytest.approx((probability[exposed] > 0.9).mean())
    assert check.values["largest"] == pytest.approx(probability.max(), abs=1e-4)


# ---- bad input


def test_options_are_named_all_at_once() -> None:
    with pytest.raises(BadDesign, match=r"(?s)control='all'.*method='ols'.*base='first'.*anticipation=-1"):
        att_gt(staggered(), "all", "ols", -1, "first")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: replace(p, first=np.full(len(p.first), np.inf)), "No place is first exposed"),
        (lambda p: replace(p, first=np.full(len(p.first), 2004.0)), "never exposed"),
        (lambda p: replace(p, first=np.where(p.first == 2004, 2004.5, p.first)), "no year of the panel"),
        (lambda p: replace(p, covariates=p.covariates * [1, 0] + [0, 7]), "b is constant"),
        (lambda p: replace(p, covariates=p.covariates[:, [0, 0]] * [1, 2] + [0, 3]), "b is a combination"),
        (lambda p: replace(p, covariates=(p.first == 2004)[:, None] * [1.0, 0] + p.covariates * [0, 1]), "a is constant"),
        (lambda p: replace(p, covariates=p.covariates * [0.01, 1] + np.where(p.first == 2004, 9.0, 0)[:, None]), "Cohort 2004"),
        (lambda p: p.only(np.isfinite(p.first) & (p.first < 2008) | (np.cumsum(np.isinf(p.first)) <= 2)), "too few controls"),
    ],
)  # fmt: skip
def test_designs_that_cannot_answer_raise(change, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadDesign, match=says):
        att_gt(change(staggered(18)))


def test_all_exposed_at_once_raises_with_not_yet_as_well() -> None:
    data = staggered(19)
    with pytest.raises(BadDesign, match="exposed at once"):
        att_gt(replace(data, first=np.full(len(data.first), 2004.0)), "not-yet")


def test_separation_is_no_matter_to_regression() -> None:
    data = staggered(20)
    apart = replace(data, covariates=data.covariates + np.where(data.first == 2004, 9.0, 0)[:, None])
    with pytest.raises(BadDesign, match=r"Cohort 2004 .*method='reg'"):
        att_gt(apart, method="ipw")
    assert np.isfinite(att_gt(apart, method="reg").att).all()


def test_a_cohort_emptied_by_gaps_is_named_with_outcome_and_year() -> None:
    data = staggered(21, outcomes=2)
    y = data.y.copy()
    y[data.first == 2004, 5, 1] = np.nan
    with pytest.raises(BadDesign, match=r"Cohort 2004 .*no exposed place for y1 in 2006"):
        att_gt(replace(data, y=y))
    y = data.y.copy()
    y[data.first > 2007, 5, 0] = np.nan
    with pytest.raises(BadDesign, match=r"(?s)Cohort 2003 .*no control for y0 in 2006.*Cohort 2004"):
        att_gt(replace(data, y=y))


def test_one_year_before_is_enough_and_none_is_not() -> None:
    data = bare(staggered(22))
    short = replace(data, y=data.y[:, 2:4], years=YEARS[2:4])  # 2003, 2004
    effects = att_gt(short)
    assert (list(effects.cohort), list(effects.year)) == ([2004], [2004])
    with pytest.raises(BadDesign, match="No cohort"):
        aggregate.dynamic(effects, balance=3)
    with pytest.raises(BadDesign, match="first exposed after the first year"):
        att_gt(replace(short, first=np.where(np.isinf(data.first), np.inf, 2003.0)))
