"""Two-way fixed effects and Sun & Abraham: published values, other packages, brute force, laws, and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation.event_study import (
    all_zero,
    crv1,
    first_exposed,
    standard_errors,
    sun_abraham,
    twfe,
    twfe_long,
)
from vereda.evaluation.panel import Panel, panel

YEARS = np.arange(2001.0, 2009.0)


def staggered(
    seed: int = 5, n: int = 120, outcomes: int = 1, gaps: float = 0.0, never: float = np.inf
) -> Panel:
    """Cohorts 2003, 2004, 2006, one after the end, and never; 30 clusters; two covariates that matter over time."""
    rng = np.random.default_rng(seed)
    first = rng.choice([2003, 2004, 2006, 2011, never], size=n, p=[0.15, 0.2, 0.2, 0.05, 0.4])
    x = rng.normal(3.0, 2.0, size=(n, 2))
    since = np.clip(YEARS - first[:, None], -1, None) + 1
    y = {}
    for j in range(outcomes):
        values = 50 + rng.normal(size=(n, 1)) * 9 + rng.normal(size=(n, 8)).cumsum(axis=1) + 0.7 * since
        values = values + x[:, [0]] * np.sin(YEARS)
        y[f"y{j}"] = np.where(rng.random((n, 8)) < gaps, np.nan, values)
    names = [str(i) for i in range(n)]
    return panel(names, YEARS, y, first, {"a": x[:, 0], "b": x[:, 1]}, cluster=list(rng.integers(0, 30, n)))


def dummies(
    data: Panel, columns: np.ndarray, cluster: np.ndarray, j: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and clustered errors by a dense matrix of dummies; columns (n, T, p) come first."""
    n, span, p = columns.shape
    place, year = np.divmod(np.arange(n * span), span)
    z = np.hstack([columns.reshape(-1, p), np.eye(n)[place], np.eye(span)[year]])
    y = data.y[:, :, j].ravel()
    seen = np.isfinite(y)
    z, y, group = z[seen], y[seen], cluster[place[seen]]
    beta = np.linalg.lstsq(z, y, rcond=None)[0]
    scores = z * (y - z @ beta)[:, None]
    sums = np.stack([scores[group == c].sum(axis=0) for c in np.unique(group)])
    bread = np.linalg.pinv(z.T @ z, rcond=1e-12, hermitian=True)
    return beta[:p], np.sqrt(np.diag(bread @ (sums.T @ sums) @ bread))[:p]


def since(data: Panel) -> np.ndarray:
    """Years since exposure (n, T), nan for places not exposed by the end."""
    out = data.years - data.first[:, None]
    return np.where((data.first > data.years[-1])[:, None], np.nan, out)


def indicators(data: Panel, times: np.ndarray) -> np.ndarray:
    return np.stack([(since(data) == k).astype(float) for k in times], axis=-1)


def long(data: Panel) -> dict[str, np.ndarray]:
    n, span = data.y.shape[:2]
    return {
        "id": np.repeat(np.arange(n), span),
        "year": np.tile(data.years.astype(int), n),
        "y": data.y[:, :, 0].ravel(),
        "first": np.repeat(data.first, span),
        "cl": np.repeat(data.cluster, span),
    }


# ---- published values


@pytest.mark.published("two-way fixed effects on mpdta, clustered by county")
def test_minimum_wage_static_coefficient(mpdta: Panel) -> None:
    study = twfe(mpdta)
    factor = crv1(int(study.observations[0]), int(study.overall_parameters[0]), 500)
    assert study.overall.value[0, 0] == pytest.approx(-0.03654894, abs=5e-9)
    assert standard_errors(study.overall, mpdta.cluster, factor)[0, 0] == pytest.approx(0.01326516, abs=5e-9)


@pytest.mark.published(
    "R did 2.5.1, docs/articles/did-basics: event time, equal to Sun & Abraham without gaps"
)
def test_minimum_wage_sun_abraham(mpdta: Panel) -> None:
    study = sun_abraham(mpdta, lags=3)
    after = dict(zip(study.event_time.tolist(), study.events.value[:, 0], strict=True))
    assert [round(after[k], 4) for k in range(4)] == [-0.0199, -0.0510, -0.1373, -0.1008]
    assert study.overall.value[0, 0] == pytest.approx(-0.03995128, abs=5e-9)  # the simple mean
    with_shares = sun_abraham(mpdta, share_error=True).overall
    assert standard_errors(with_shares, mpdta.cluster)[0, 0] == pytest.approx(0.01203401, abs=5e-9)


# ---- independent packages


@pytest.mark.parity
@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_twfe_agrees_with_pyfixest(gaps: float) -> None:
    pf, pd = pytest.importorskip("pyfixest"), pytest.importorskip("pandas")
    data = staggered(gaps=gaps)
    table = pd.DataFrame(long(data)).dropna(subset=["y"])
    known = np.where(table["first"] > 2008, -1, table["year"] - table["first"])  # never: in the reference
    table["since"], table["on"] = known, (table["year"] >= table["first"]).astype(float)
    bare = pf.ssc(k_adj=False, G_adj=False)
    study = twfe(data)
    for formula, found in (
        ("y ~ i(since, ref=-1) | id + year", study.events),
        ("y ~ on | id + year", study.overall),
    ):
        theirs = pf.feols(formula, table, vcov={"CRV1": "cl"}, ssc=bare, fixef_tol=1e-12)
        assert_allclose(found.value[:, 0], theirs.coef(), rtol=1e-6)
        assert_allclose(standard_errors(found, data.cluster)[:, 0], theirs.se(), rtol=1e-6)
    # all place effects counted as parameters: pyfixest's own count of nested ones differs from run to run (0.60)
    theirs = pf.feols(
        "y ~ i(since, ref=-1) | id + year", table, vcov={"CRV1": "cl"}, ssc=pf.ssc(k_fixef="full")
    )
    factor = crv1(len(table), int(study.parameters[0]) + len(data.places) - 1, 30)
    assert int(study.observations[0]) == len(table)
    assert_allclose(standard_errors(study.events, data.cluster, factor)[:, 0], theirs.se(), rtol=1e-6)


@pytest.mark.parity
def test_sun_abraham_agrees_with_pyfixest_and_diff_diff(mpdta: Panel) -> None:
    pd = pytest.importorskip("pandas")
    estimation = pytest.importorskip("pyfixest.did.estimation")
    table = pd.DataFrame(long(mpdta))
    table["first"] = np.where(np.isinf(table["first"]), 0, table["first"]).astype(int)
    study = sun_abraham(mpdta)
    bare = standard_errors(study.events, mpdta.cluster)[:, 0]
    theirs = estimation.event_study(table, "y", "id", "year", "first", estimator="saturated", cluster="id")
    summed = theirs.aggregate().astype(float)
    assert_allclose(study.events.value[:, 0], summed["Estimate"], rtol=1e-6)
    ratio = summed["Std. Error"].to_numpy() / bare
    assert_allclose(ratio, ratio[0], rtol=1e-6)  # one factor for all
    other = pytest.importorskip("diff_diff").SunAbraham()
    found = other.fit(table, outcome="y", unit="id", time="year", first_treat="first").event_study_effects
    factor = crv1(2500, int(study.parameters[0]), 500)
    assert_allclose(study.events.value[:, 0], [found[k]["effect"] for k in study.event_time], rtol=1e-6)
    ours = standard_errors(study.events, mpdta.cluster, factor)[:, 0]
    assert_allclose(ours, [found[k]["se"] for k in study.event_time], rtol=1e-6)


# ---- brute force


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_twfe_is_the_regression_on_dummies(gaps: float) -> None:
    data = staggered(outcomes=2, gaps=gaps)
    study = twfe(data)
    assert_array_equal(study.event_time, [-5, -4, -3, -2, 0, 1, 2, 3, 4, 5])
    errors = standard_errors(study.events, data.cluster)
    for j in range(2):
        value, se = dummies(data, indicators(data, study.event_time), data.cluster, j)
        assert_allclose(study.events.value[:, j], value, rtol=1e-8, atol=1e-9)
        assert_allclose(errors[:, j], se, rtol=1e-8)
    seen = (since(data)[:, :, None] == study.event_time) & np.isfinite(data.y[:, :, [0]])
    assert_array_equal(study.places[:, 0], seen.any(axis=1).sum(axis=0))


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_covariates_and_controls_are_columns_of_the_regression(gaps: float) -> None:
    data = staggered(gaps=gaps)
    roads = np.random.default_rng(8).normal(size=(120, 8)) + 0.1 * np.nan_to_num(data.y[:, :, 0])
    study = twfe(data, covariates_by_year=True, controls={"roads": roads})
    by_year = data.covariates[:, None, :, None] * np.eye(8)[None, 1:, None, :].transpose(0, 3, 2, 1)
    columns = [indicators(data, study.event_time), by_year.reshape(120, 8, -1), roads[:, :, None]]
    value, se = dummies(data, np.concatenate(columns, axis=2), data.cluster)
    p = len(study.event_time)
    assert_allclose(study.events.value[:, 0], value[:p], rtol=1e-7, atol=1e-9)
    assert_allclose(standard_errors(study.events, data.cluster)[:, 0], se[:p], rtol=1e-7)


def test_bins_gather_the_ends() -> None:
    data = staggered(gaps=0.1)
    study = twfe(data, leads=2, lags=3)
    assert study.events.label == ("<=-2", "0", "1", "2", ">=3")
    clipped = np.clip(since(data), -2, 3)
    value, se = dummies(data, np.stack([clipped == k for k in study.event_time], axis=-1) * 1.0, data.cluster)
    assert_allclose(study.events.value[:, 0], value, rtol=1e-8)
    assert_allclose(standard_errors(study.events, data.cluster)[:, 0], se, rtol=1e-8)


@pytest.mark.parametrize("control", ["never", "last"])
def test_sun_abraham_weights_the_saturated_regression_by_what_is_observed(control: str) -> None:
    data = staggered(gaps=0.2)
    if control == "last":
        data = data.only(data.first <= 2008)  # 2003, 2004 and, to compare with, 2006
    end = 2006 if control == "last" else 2009
    y = np.where(data.years[:, None] < end, data.y, np.nan)
    study = sun_abraham(data, control=control)
    groups = [g for g in (2003, 2004, 2006) if g < end]
    cells = [(g, t) for g in groups for t in data.years if t < end and t - g != -1]
    columns = np.stack([(data.first == g)[:, None] & (data.years == t) for g, t in cells], axis=-1) * 1.0
    value, _ = dummies(replace(data, y=y), columns, data.cluster)
    count = (columns * np.isfinite(y)).sum(axis=(0, 1))
    for k, found in zip(study.event_time, study.events.value[:, 0], strict=True):
        here = np.array([t - g == k for g, t in cells])
        assert found == pytest.approx((value[here] * count[here]).sum() / count[here].sum(), rel=1e-8)
    after = np.array([t >= g for g, t in cells])
    assert study.overall.value[0, 0] == pytest.approx(
        value[after] @ count[after] / count[after].sum(), rel=1e-8
    )


def test_influence_is_what_leaving_a_place_out_changes() -> None:
    data = staggered(n=300, gaps=0.1)
    found = sun_abraham(data, share_error=True)
    for i in (3, 77, 200):
        without = sun_abraham(data.only(np.arange(300) != i))
        change = 299 * (found.events.value - without.events.value)
        error = np.abs(change - found.events.influence[i]).max()
        assert error < 0.08 * np.abs(found.events.influence).max()


def test_a_large_level_costs_no_digits() -> None:
    data = staggered()
    moved = twfe(replace(data, y=data.y + 1e6))
    assert_allclose(moved.events.value, twfe(data).events.value, atol=1e-7)


# ---- laws and a known truth


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), gaps=st.sampled_from([0.0, 0.1]), scale=st.floats(0.01, 100))
def test_levels_and_shocks_common_to_all_do_not_matter(seed: int, gaps: float, scale: float) -> None:
    """Nothing changes with the level of a place or of a year; effects change with the unit of the outcome."""
    data = staggered(seed, 80, gaps=gaps)
    rng = np.random.default_rng(seed)
    moved = data.y * scale + rng.normal(size=(80, 1, 1)) * 10 + rng.normal(size=(1, 8, 1)) * 10
    for estimator in (twfe, sun_abraham):
        before, after = estimator(data), estimator(replace(data, y=moved))
        assert_allclose(after.events.value, before.events.value * scale, atol=1e-7 * scale + 1e-8)
        assert_allclose(after.overall.influence, before.overall.influence * scale, atol=1e-5 * scale + 1e-6)


def test_influence_sums_to_zero_and_order_of_places_does_not_matter() -> None:
    data = staggered(gaps=0.1)
    study = twfe(data)
    assert_allclose(study.events.influence.sum(axis=0), 0, atol=1e-8)
    turn = np.random.default_rng(3).permutation(120)
    mixed = replace(data, y=data.y[turn], first=data.first[turn], cluster=data.cluster[turn])
    assert_allclose(twfe(mixed).events.value, study.events.value, rtol=1e-9, atol=1e-11)
    assert_allclose(twfe(mixed).events.influence, study.events.influence[turn], atol=1e-9)


def test_effects_that_differ_by_cohort_are_recovered_by_sun_abraham_alone() -> None:
    rng = np.random.default_rng(1)
    first = np.repeat([2003.0, 2006.0, np.inf], [400, 400, 200])
    size = np.where(first == 2003, 4.0, 1.0)[:, None] * np.clip(YEARS - first[:, None] + 1, 0, None)
    y = rng.normal(size=(1000, 1)) + YEARS * 0.3 + size + rng.normal(size=(1000, 8)) * 0.1
    data = panel([str(i) for i in range(1000)], YEARS, {"y": y}, first)
    study = sun_abraham(data)
    truth = [
        2.5,
        5.0,
        7.5,
        16.0,
        20.0,
        24.0,
    ]  # means of 4 (k + 1) and k + 1 while both are seen, then the first
    assert_allclose(study.events.value[study.event_time >= 0, 0], truth, atol=0.05)
    assert_allclose(study.events.value[study.event_time < 0, 0], 0, atol=0.05)
    assert (
        np.abs(twfe(data).events.value[twfe(data).event_time < 0, 0]).max() > 0.5
    )  # leads that are not there


def test_the_test_of_leads_is_an_f_test() -> None:
    data = staggered(n=200)
    study = twfe(data)
    which = study.event_time < -1
    test = all_zero(study.events, which, data.cluster)
    influence = study.events.influence[:, which, 0]
    sums = np.stack([influence[data.cluster == c].sum(axis=0) for c in range(30)])
    value = study.events.value[which, 0]
    f = value @ np.linalg.inv(sums.T @ sums / 200**2) @ value / 4
    assert (test.numerator, test.denominator) == (4, 29)
    assert test.statistic[0] == pytest.approx(f)
    assert 0 < test.p[0] < 1


# ---- long tables


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_long_tables_give_the_same_as_the_cube(gaps: float, clustered: bool) -> None:
    data = staggered(gaps=gaps)
    rows = long(data)
    kept = np.random.default_rng(0).permutation(np.flatnonzero(np.isfinite(rows["y"])))
    place, year, y, first, cluster = (rows[k][kept] for k in ("id", "year", "y", "first", "cl"))
    group = data.cluster if clustered else np.arange(120)
    study = twfe(data, leads=3, lags=2)
    for name in (place, place * 1000 + 5, np.array([f"CO-{k:05d}" for k in place])):
        found = twfe_long(name, year, y, first, cluster if clustered else None, leads=3, lags=2)
        assert found.label == study.events.label
        assert_allclose(found.value, study.events.value[:, 0], rtol=1e-9, atol=1e-10)
        assert_allclose(found.se(small_sample=False), standard_errors(study.events, group)[:, 0], rtol=1e-9)
        assert (found.observations, found.parameters) == (study.observations[0], study.parameters[0])
        assert found.clusters == len(np.unique(group))
    static = twfe_long(place, year, y, first, events=False)
    assert_allclose(static.value, study.overall.value[:, 0], rtol=1e-9)


def test_a_long_table_in_several_chunks_is_the_same_to_the_bit_in_any_order() -> None:
    rng = np.random.default_rng(2)
    first = np.repeat(rng.choice([2004.0, 2006.0, np.inf], 150_000), 8)
    place, year, y = (
        np.repeat(np.arange(150_000), 8),
        np.tile(np.arange(2001, 2009), 150_000),
        rng.normal(size=1_200_000),
    )
    one = twfe_long(place, year, y, first)
    turn = rng.permutation(len(y))
    two = twfe_long(place[turn], year[turn], y[turn], first[turn])
    assert_array_equal(one.value, two.value)
    assert_array_equal(one.covariance, two.covariance)
    cells = y.reshape(-1, 8)
    data = panel([str(i) for i in range(2000)], YEARS, {"y": cells[:2000]}, first[::8][:2000])
    study = twfe(data)
    small = twfe_long(place[:16000], year[:16000], y[:16000], first[:16000])
    assert_allclose(small.se(False), standard_errors(study.events, data.cluster)[:, 0], rtol=1e-9)


def test_a_place_with_one_value_informs_nothing() -> None:
    data = staggered()
    y = data.y.copy()
    y[4, 1:] = np.nan
    study, without = twfe(replace(data, y=y)), twfe(data.only(np.arange(120) != 4))
    assert_allclose(study.events.value, without.events.value, rtol=1e-10)
    assert study.observations == without.observations
    assert_array_equal(study.events.influence[4], 0)


# ---- bad input


def small(first: list[float], years: int = 6) -> Panel:
    y = np.random.default_rng(0).normal(size=(len(first), years))
    return panel(
        [f"p{i}" for i in range(len(first))], np.arange(2001.0, 2001 + years), {"y": y}, np.array(first)
    )


@pytest.mark.parametrize("estimator", [twfe, sun_abraham])
def test_no_one_exposed(estimator) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadDesign, match="No place is exposed by 2006"):
        estimator(small([np.inf, np.inf, 2007, 2050]))


def test_designs_that_cannot_answer() -> None:
    with pytest.raises(BadDesign, match="cannot be told from place and year effects"):
        twfe(small([2003] * 5))
    with pytest.raises(BadDesign, match="every lead and lag kept"):
        twfe(small([2003, 2003, 2005, 2005]))  # a line in time fits any of them
    with pytest.raises(BadDesign, match="no one to compare with"):
        sun_abraham(small([2003, 2003, 2005, 2005]))
    with pytest.raises(BadDesign, match=r"exposed from the first year on \(p0\)"):
        sun_abraham(small([2001, 2003, 2005, np.inf, np.inf]))
    with pytest.raises(BadDesign, match="compare with them"):
        sun_abraham(small([2003, 2005, np.inf]), control="last")
    with pytest.raises(BadDesign, match="exposed at once, or too early"):
        sun_abraham(small([2002] * 5), control="last")
    with pytest.raises(BadDesign, match="'never' or 'last'"):
        sun_abraham(small([2003, 2005, np.inf]), control="all")


def test_years_that_cannot_be_used() -> None:
    with pytest.raises(BadDesign, match="whole number"):
        twfe(small([2003.5, np.inf]))
    with pytest.raises(BadDesign, match="whole number"):
        twfe(small([-np.inf, 2003, np.inf]))
    with pytest.raises(BadDesign, match="Never is inf, not 0"):
        twfe(small([2003, 0, np.inf]))
    with pytest.raises(BadDesign, match="must come before exposure"):
        twfe(small([2003, np.inf]), reference=0)
    with pytest.raises(BadDesign, match="leads must be at least 1"):
        twfe(small([2003, np.inf]), leads=0)
    with pytest.raises(BadDesign, match="lags at least 0"):
        twfe(small([2003, np.inf]), lags=-1)
    with pytest.raises(BadDesign, match="No event time lies within"):
        sun_abraham(small([2003, np.inf, np.inf]), leads=1, lags=-5)


def test_outcomes_and_columns_that_cannot_be_used() -> None:
    data = staggered()
    empty = data.y.copy()
    empty[since(data)[:, :, None] == 2] = np.nan
    with pytest.raises(BadDesign, match="y0: no value at event time 2"):
        twfe(replace(data, y=empty))
    with pytest.raises(BadDesign, match="y0: no value at event time 2"):
        sun_abraham(replace(data, y=empty))
    no_reference = data.y.copy()
    no_reference[data.first == 2004, 2] = np.nan
    with pytest.raises(BadDesign, match="2004 has no value 1 year"):
        sun_abraham(replace(data, y=no_reference))
    with pytest.raises(BadDesign, match="control fixed"):
        twfe(data, controls={"fixed": np.repeat(data.covariates[:, [0]], 8, axis=1)})
    with pytest.raises(BadDesign, match="control short"):
        twfe(data, controls={"short": np.zeros((3, 3))})
    with pytest.raises(BadDesign, match="control c: 1 values are missing"):
        twfe(
            data, controls={"c": np.where(np.arange(960).reshape(120, 8) == 9, np.nan, data.y[:, :, 0] ** 2)}
        )
    with pytest.raises(BadDesign, match="Constant covariates: b"):
        twfe(replace(data, covariates=data.covariates * [1, 0] + 5), covariates_by_year=True)
    with pytest.raises(BadDesign, match="no covariates"):
        twfe(small([2003, np.inf]), covariates_by_year=True)


def test_too_few_clusters_for_an_error_or_a_test() -> None:
    with pytest.raises(BadDesign, match="1 clusters"):
        crv1(100, 5, 1)
    with pytest.raises(BadDesign, match="5 values for 5 parameters"):
        crv1(5, 5, 3)
    data = replace(staggered(), cluster=np.arange(120) % 3)
    study = twfe(data)
    with pytest.raises(BadDesign, match="cannot be tested together with 3 clusters"):
        all_zero(study.events, study.event_time < -1, data.cluster)
    with pytest.raises(BadDesign, match="0 coefficients"):
        all_zero(study.events, study.event_time > 99, data.cluster)


def test_exposure_that_stays_has_a_first_year_and_one_that_goes_is_refused() -> None:
    exposure = np.array([[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=bool)
    assert_array_equal(first_exposed(exposure, np.arange(2001, 2005)), [2003, np.inf, 2001])
    exposure[2, 3] = False
    with pytest.raises(BadDesign, match=r"switches off in 1 places \(positions 2\)"):
        first_exposed(exposure, np.arange(2001, 2005))
    with pytest.raises(BadDesign, match="true or false"):
        first_exposed(exposure.astype(float), np.arange(2001, 2005))  # type: ignore[arg-type]


def test_long_tables_that_cannot_be_used() -> None:
    rows = long(staggered())
    place, year, y, first, cluster = (rows[k] for k in ("id", "year", "y", "first", "cl"))

    def but(values: np.ndarray, at: int, value: float) -> np.ndarray:
        out = values.astype(float)
        out[at] = value
        return out

    with pytest.raises(BadDesign, match="1 rows repeat a place and year"):
        twfe_long(
            np.append(place, place[9]),
            np.append(year, year[9]),
            np.append(y, 3.0),
            np.append(first, first[9]),
        )
    with pytest.raises(BadDesign, match="1 values of the outcome are infinite"):
        twfe_long(place, year, but(y, 3, np.inf), first)
    with pytest.raises(BadDesign, match="first exposed year is missing in 1 rows, or"):
        twfe_long(place, year, y, but(first, 3, 2002))
    with pytest.raises(BadDesign, match="first exposed year is missing in 1 rows"):
        twfe_long(place, year, y, but(first, 3, np.nan))
    with pytest.raises(BadDesign, match="cluster is missing in 1 rows, or"):
        twfe_long(place, year, y, first, but(cluster, 3, 77))
    with pytest.raises(BadDesign, match="cluster is missing"):
        twfe_long(place, year, y, first, but(cluster, 3, np.nan))
    with pytest.raises(BadDesign, match="year must be a whole number"):
        twfe_long(place, but(year, 3, 2001.5), y, first)
    with pytest.raises(BadDesign, match="same number of rows"):
        twfe_long(place, year[:-1], y, first)
    with pytest.raises(BadDesign, match="The years run over 1"):
        twfe_long(place, np.full_like(year, 2001), y, first)
    with pytest.raises(BadDesign, match="far more cells than"):
        twfe_long(
            np.array([f"p{k}" for k in range(20_000)]),
            np.arange(20_000) % 3000,
            np.zeros(20_000),
            np.full(20_000, 9.0),
        )
