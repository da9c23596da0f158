"""Imputation after Borusyak, Jaravel & Spiess: published values, other packages, brute force, laws, and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation.event_study import standard_errors
from vereda.evaluation.imputation import impute, pre_trend
from vereda.evaluation.panel import Panel, panel

YEARS = np.arange(2001.0, 2009.0)


def staggered(seed: int = 5, n: int = 100, outcomes: int = 1, gaps: float = 0.0) -> Panel:
    """Cohorts 2003, 2005, 2006, one after the end, and never; 25 clusters; a covariate that matters over time.

    2001 and 2002 have no gaps, so that every place has a value before exposure.
    """
    rng = np.random.default_rng(seed)
    first = rng.choice([2003, 2005, 2006, 2011, np.inf], size=n, p=[0.15, 0.2, 0.2, 0.05, 0.4])
    x = rng.normal(3.0, 2.0, size=n)
    y = {}
    for j in range(outcomes):
        values = (
            50
            + rng.normal(size=(n, 1)) * 9
            + rng.normal(size=(n, 8)).cumsum(axis=1)
            + 2.0 * (first[:, None] <= YEARS)
        )
        missing = (rng.random((n, 8)) < gaps) & (YEARS > 2002)
        y[f"y{j}"] = np.where(missing, np.nan, values + x[:, None] * np.sin(YEARS))
    return panel([f"p{i}" for i in range(n)], YEARS, y, first, {"a": x}, cluster=list(rng.integers(0, 25, n)))


def by_hand(
    data: Panel, horizon: int | None, covariate: bool = False, leave_one_out: bool = False
) -> tuple[float, float]:
    """Mean effect and its error from dense matrices: theorem 2, and the variance of equations 7 and 8."""
    n, span = data.y.shape[:2]
    place, year = np.divmod(np.arange(n * span), span)
    z = np.hstack([np.eye(n)[place], np.eye(span)[year]])
    if covariate:
        z = np.hstack([z, np.eye(span)[year] * data.covariates[place]])
    y, since = data.y[:, :, 0].ravel(), data.years[year] - data.first[place]
    seen, exposed = np.isfinite(y), since >= 0
    before, after = seen & ~exposed, seen & exposed
    weight = np.where(after & ((since == horizon) if horizon is not None else True), 1.0, 0.0)
    weight /= weight.sum()
    beta = np.linalg.lstsq(z[before], y[before], rcond=None)[0]
    left = np.where(seen, np.nan_to_num(y) - z @ beta, 0.0)
    inverse = np.linalg.pinv(z[before].T @ z[before], rcond=1e-12, hermitian=True)
    v = np.where(before, -z @ inverse @ (z[after].T @ weight[after]), weight)
    group = data.cluster[place]
    residual = left.copy()
    for g in np.unique(data.first):
        for t in data.years:
            cell = after & (data.first[place] == g) & (data.years[year] == t)
            of_group = [cell & (group == c) for c in np.unique(group[cell])]
            for c in of_group:
                behind = [o for o in of_group if o is not c or not leave_one_out]
                bottom = sum(v[o].sum() ** 2 for o in behind)
                residual[c] -= sum(v[o].sum() * (v[o] @ left[o]) for o in behind) / bottom if bottom else 0.0
    sums = [(v * residual)[group == c].sum() for c in np.unique(group)]
    return float(weight @ left), float(np.sqrt(np.sum(np.square(sums))))


def long(data: Panel):  # type: ignore[no-untyped-def]
    pd = pytest.importorskip("pandas")
    n, span = data.y.shape[:2]
    first = np.where(data.first > data.years[-1], 0, data.first).astype(int)
    table = {"id": np.repeat(np.arange(n), span), "year": np.tile(data.years.astype(int), n)}
    table |= {
        "y": data.y[:, :, 0].ravel(),
        "first": np.repeat(first, span),
        "cl": np.repeat(data.cluster, span),
    }
    return pd.DataFrame(table).dropna(subset=["y"])


# ---- published values and independent packages


@pytest.mark.published("imputation on mpdta, three packages")
def test_minimum_wage(mpdta: Panel) -> None:
    found = impute(mpdta).study.overall
    assert found.value[0, 0] == pytest.approx(-0.04770992, abs=5e-9)
    assert standard_errors(found, mpdta.cluster)[0, 0] == pytest.approx(0.01322249, abs=5e-9)


@pytest.mark.parity
@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("leave_one_out", [False, True])
def test_agrees_with_diff_diff(gaps: float, leave_one_out: bool) -> None:
    peer = pytest.importorskip("diff_diff").ImputationDiD(leave_one_out=leave_one_out)
    data = replace(
        staggered(gaps=gaps), cluster=np.arange(100)
    )  # with larger clusters it does not follow equation 8
    theirs = peer.fit(long(data), outcome="y", unit="id", time="year", first_treat="first")
    study = impute(data, leave_one_out=leave_one_out).study
    assert study.overall.value[0, 0] == pytest.approx(theirs.overall_att, rel=1e-6)
    assert standard_errors(study.overall, data.cluster)[0, 0] == pytest.approx(theirs.overall_se, rel=1e-6)
    table = theirs.aggregate("event_study").to_dataframe()
    table = table[~table["is_reference"]]
    assert_array_equal(table["event_time"], study.event_time)
    assert_allclose(study.events.value[:, 0], table["att"], rtol=1e-6)
    assert_allclose(standard_errors(study.events, data.cluster)[:, 0], table["se"], rtol=1e-6)


@pytest.mark.parity
@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_leads_are_those_of_pyfixest_on_unexposed_cells(gaps: float) -> None:
    pf = pytest.importorskip("pyfixest")
    data = staggered(gaps=gaps)
    table = long(data)
    table = table[(table["first"] == 0) | (table["year"] < table["first"])].copy()
    for k in (-2, -1):
        table[f"lead{-k}"] = ((table["first"] > 0) & (table["year"] - table["first"] == k)).astype(float)
    bare = pf.ssc(k_adj=False, G_adj=False)
    theirs = pf.feols("y ~ lead2 + lead1 | id + year", table, vcov={"CRV1": "cl"}, ssc=bare, fixef_tol=1e-12)
    found = pre_trend(data, 2)
    assert_array_equal(found.event_time, [-2, -1])
    assert_allclose(found.leads.value[:, 0], theirs.coef(), rtol=1e-6)
    assert_allclose(standard_errors(found.leads, data.cluster)[:, 0], theirs.se(), rtol=1e-6)
    wald = theirs.coef() @ np.linalg.inv(theirs._vcov) @ theirs.coef()
    assert found.test.statistic[0] == pytest.approx(wald / 2, rel=1e-6)
    assert (found.test.numerator, found.test.denominator) == (2, 24)


# ---- brute force


@pytest.mark.parametrize("covariate", [False, True])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_the_estimate_and_its_error_are_those_of_dense_matrices(gaps: float, covariate: bool) -> None:
    data = staggered(gaps=gaps, outcomes=2)
    found = impute(data, covariates_by_year=covariate)
    study, errors = found.study, standard_errors(found.study.events, data.cluster)
    value, se = by_hand(data, None, covariate)
    assert study.overall.value[0, 0] == pytest.approx(value, rel=1e-8)
    assert standard_errors(study.overall, data.cluster)[0, 0] == pytest.approx(se, rel=1e-8)
    assert study.events.label == ("0", "1", "2", "3", "4", "5")
    for k in range(6):
        value, se = by_hand(data, k, covariate)
        assert study.events.value[k, 0] == pytest.approx(value, rel=1e-8)
        assert errors[k, 0] == pytest.approx(se, rel=1e-8)
    alone = impute(replace(data, outcomes=("y1",), y=data.y[:, :, 1:]), covariates_by_year=covariate).study
    assert_allclose(study.events.influence[:, :, 1], alone.events.influence[:, :, 0], atol=1e-9)


def test_effects_of_cells_average_to_the_estimate() -> None:
    data = staggered(gaps=0.1)
    found = impute(data)
    since = data.years - data.first[:, None]
    assert np.nanmean(found.effect) == pytest.approx(found.study.overall.value[0, 0])
    assert np.nanmean(found.effect[since == 2]) == pytest.approx(found.study.events.value[2, 0])
    assert_array_equal(np.isnan(found.effect[:, :, 0]), np.isnan(data.y[:, :, 0]) | (since < 0))
    assert found.study.places[0, 0] == np.isfinite(found.effect[since == 0]).sum()


def test_anticipation_moves_the_line_between_exposed_and_not() -> None:
    data = staggered(gaps=0.1)
    one = impute(data, horizons=[0, 1], anticipation=1).study
    earlier = impute(replace(data, first=data.first - 1), horizons=[1, 2]).study
    assert_allclose(one.events.value, earlier.events.value, rtol=1e-10)
    assert_allclose(one.overall.influence, earlier.overall.influence, rtol=1e-8, atol=1e-9)
    # 2011 - 1 lies after the end as well; its places are never exposed in both
    assert pre_trend(data, 1, anticipation=1).event_time.tolist() == [-2]


# ---- laws and a known truth


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), gaps=st.sampled_from([0.0, 0.15]))
def test_levels_and_shocks_common_to_all_do_not_matter(seed: int, gaps: float) -> None:
    data = staggered(seed, 60, gaps=gaps)
    rng = np.random.default_rng(seed)
    moved = replace(data, y=data.y + rng.normal(size=(60, 1, 1)) * 30 + rng.normal(size=(1, 8, 1)) * 30)
    before, after = impute(data).study, impute(moved).study
    assert_allclose(after.events.value, before.events.value, atol=1e-8)
    assert_allclose(after.overall.influence, before.overall.influence, atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_exposed_cells_do_not_touch_the_test_of_trends(seed: int) -> None:
    """The paper's point: the pre-test uses no exposed cell."""
    data = staggered(seed, 80, gaps=0.1)
    noise = (
        np.random.default_rng(seed).normal(size=data.y.shape)
        * (data.years >= data.first[:, None])[:, :, None]
    )
    assert_allclose(
        pre_trend(replace(data, y=data.y + noise * 100), 1).leads.value, pre_trend(data, 1).leads.value
    )


def test_effects_that_differ_by_cohort_and_time_are_recovered_exactly_without_noise() -> None:
    data = staggered(gaps=0.1)
    since = data.years - data.first[:, None]
    truth = np.where(since >= 0, 3 + since * np.where(data.first == 2003, 2.0, -1.0)[:, None], 0.0)
    flat = np.arange(100)[:, None] * 0.5 + np.sin(YEARS) * 7
    y = np.where(np.isnan(data.y[:, :, 0]), np.nan, flat + truth)[:, :, None]
    found = impute(replace(data, y=y))
    exposed = np.isfinite(found.effect[:, :, 0])
    assert_allclose(found.effect[exposed, 0], truth[exposed], atol=1e-9)
    assert_allclose(found.study.events.influence, 0, atol=1e-8)


def test_errors_cover_in_a_simulation() -> None:
    """95 % intervals over 400 draws of independent places: 92-98 % (two in a thousand fall outside by chance)."""
    rng = np.random.default_rng(11)
    first = np.repeat([2004.0, 2006.0, np.inf], [40, 40, 80])
    inside = 0
    for _ in range(400):
        y = rng.normal(size=(160, 8)).cumsum(axis=1) + 1.0 * (first[:, None] <= YEARS)
        data = panel([str(i) for i in range(160)], YEARS, {"y": y}, first)
        found = impute(data).study.overall
        inside += abs(found.value[0, 0] - 1.0) < 1.96 * standard_errors(found, data.cluster)[0, 0]
    assert 0.92 < inside / 400 < 0.98


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_leaving_a_cluster_out_of_its_own_mean(gaps: float) -> None:
    data = replace(staggered(gaps=gaps), cluster=np.arange(100) % 9)  # several places of a cohort in each
    study = impute(data, leave_one_out=True).study
    assert_array_equal(study.events.value, impute(data).study.events.value)
    errors = standard_errors(study.events, data.cluster)[:, 0]
    assert_allclose(errors, [by_hand(data, k, leave_one_out=True)[1] for k in range(6)], rtol=1e-8)
    overall = standard_errors(study.overall, data.cluster)[0, 0]
    assert overall == pytest.approx(by_hand(data, None, leave_one_out=True)[1], rel=1e-8)


# ---- gaps and designs that cannot answer


def small(first: list[float], years: int = 6) -> Panel:
    y = np.random.default_rng(0).normal(size=(len(first), years))
    return panel(
        [f"p{i}" for i in range(len(first))], np.arange(2001.0, 2001 + years), {"y": y}, np.array(first)
    )


def test_a_place_always_exposed_is_named_or_left_out_and_counted() -> None:
    data = small([2001, 1990, 2003, 2004, np.inf, np.inf])
    with pytest.raises(
        BadDesign, match="12 exposed cells are not identified: no value before exposure in p0, p1"
    ):
        impute(data)
    found = impute(data, leave_out=True)
    assert found.left_out.tolist() == [12]
    without = impute(data.only(np.arange(6) > 1))
    assert_allclose(found.study.overall.value, without.study.overall.value, rtol=1e-10)
    errors = (
        standard_errors(found.study.overall, data.cluster),
        standard_errors(without.study.overall, np.arange(4)),
    )
    assert_allclose(*errors, rtol=1e-10)


def test_a_year_in_which_everyone_is_exposed_is_named_and_earlier_horizons_still_work() -> None:
    data = small([2003, 2003, 2003, 2005, 2005, 2005])
    with pytest.raises(BadDesign, match="no unexposed place in 2005, 2006"):
        impute(data)
    with pytest.raises(BadDesign, match="no unexposed place in 2005"):
        impute(data, horizons=[0])  # 2005 is horizon 0 of the second cohort
    found = impute(data, horizons=[0, 1], leave_out=True)
    assert found.left_out.tolist() == [6]
    y = data.y[:, :, 0]
    change = y[:, 2] - y[:, :2].mean(axis=1)
    by_means = change[:3].mean() - change[3:].mean()
    # 2003: imputed from 2001-2002 of all, and 2003-2004 of the second cohort
    assert np.nanmean(found.effect[:3, 2]) == pytest.approx(by_means)


def test_places_that_nothing_links_to_the_others() -> None:
    data = small([2004, 2004, np.inf, np.inf, np.inf, np.inf])
    y = data.y.copy()
    y[:2, 1:3] = np.nan  # the exposed have 2001 and 2004 on
    y[2:, 0] = np.nan  # the others 2002 on: no year before exposure in common
    with pytest.raises(BadDesign, match="nothing links p0, p1 to the other places"):
        impute(replace(data, y=y))


def test_a_gap_before_exposure_of_one_outcome_is_named() -> None:
    data = staggered(outcomes=2)
    y = data.y.copy()
    at = int(np.flatnonzero(data.first == 2003)[0])
    y[at, :2, 1] = np.nan
    with pytest.raises(
        BadDesign, match=f"outcome y1: 6 exposed cells are not identified: no value before exposure in p{at}"
    ):
        impute(replace(data, y=y))
    assert impute(replace(data, y=y), leave_out=True).left_out.tolist() == [0, 6]


def test_horizons_and_leads_that_are_not_there() -> None:
    data = staggered()
    with pytest.raises(BadDesign, match="no exposed cell with a value at horizon 6"):
        impute(data, horizons=[0, 6])
    with pytest.raises(BadDesign, match="horizons start at -anticipation"):
        impute(data, horizons=[-1])
    with pytest.raises(BadDesign, match="horizons start at"):
        impute(data, horizons=[])
    with pytest.raises(BadDesign, match="anticipation is 0 or more"):
        impute(data, anticipation=-1)
    with pytest.raises(BadDesign, match="leads must be at least 1"):
        pre_trend(data, 0)
    with pytest.raises(BadDesign, match="no value at event time -9"):
        pre_trend(data, 9)
    with pytest.raises(BadDesign, match="event time -2, event time -1 cannot be told"):
        pre_trend(
            small([2003, 2003, np.inf, np.inf]), 2
        )  # both years before are leads: nothing to compare with
    with pytest.raises(BadDesign, match="cannot be tested together with 1 clusters"):
        pre_trend(replace(data, cluster=np.zeros(100, dtype=np.int64)), 1)
    with pytest.raises(BadDesign, match="No place is exposed"):
        impute(small([np.inf, 2040]))


def test_a_cohort_of_one_cluster_cannot_leave_it_out() -> None:
    data = small([2003, 2004, 2004, np.inf, np.inf])
    assert standard_errors(impute(data).study.overall, data.cluster)[0, 0] > 0
    with pytest.raises(BadDesign, match="single cluster"):
        impute(data, leave_one_out=True)


def test_values_and_parameters_of_the_fit_are_counted() -> None:
    data = staggered()
    study = impute(data).study
    unexposed = (data.first[:, None] > YEARS).sum()
    assert (study.observations.tolist(), study.parameters.tolist()) == ([unexposed], [8])
