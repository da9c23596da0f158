"""Dose-response: another package, brute force, a known truth, the leave-one-out law of influence, and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation.dose import binned_dose, dose_response, linear_dose
from vereda.evaluation.event_study import crv1, standard_errors
from vereda.evaluation.panel import Array, Panel, panel

YEARS = np.arange(2001.0, 2008.0)


def sprayed(
    seed: int = 3, n: int = 240, cohorts: tuple[float, ...] = (2004,), gaps: float = 0.0, noise: float = 0.3
) -> tuple[Panel, Array]:
    """Places with a dose d have 2 d - 0.2 d^2 more from exposure on; half have none; 40 clusters."""
    rng = np.random.default_rng(seed)
    first = np.where(rng.random(n) < 0.5, rng.choice(cohorts, n), np.inf)
    dose = np.where(np.isfinite(first), rng.uniform(0.2, 5, n), 0.0)
    effect = (first[:, None] <= YEARS) * (2 * dose - 0.2 * dose**2)[:, None]
    y = rng.normal(size=(n, 1)) * 5 + YEARS * 0.1 + effect + noise * rng.normal(size=(n, 7))
    y = np.where(rng.random((n, 7)) < gaps, np.nan, y)
    cluster = list(rng.integers(0, 40, n))
    return panel(
        [f"p{i}" for i in range(n)], YEARS, {"y": y}, first, {"a": rng.normal(size=n)}, cluster=cluster
    ), dose


def long(data: Panel, dose: Array):  # type: ignore[no-untyped-def]
    pd = pytest.importorskip("pandas")
    n, span = data.y.shape[:2]
    first = np.where(np.isinf(data.first), 0, data.first).astype(int)
    table = {"id": np.repeat(np.arange(n), span), "year": np.tile(data.years.astype(int), n)}
    table |= {"y": data.y[:, :, 0].ravel(), "first": np.repeat(first, span), "dose": np.repeat(dose, span)}
    return pd.DataFrame(table | {"cl": np.repeat(data.cluster, span)}).dropna(subset=["y"])


# ---- independent packages


@pytest.mark.parity
@pytest.mark.parametrize("knots", [0, 2])
@pytest.mark.parametrize("cohorts", [(2004,), (2003, 2005)])
@pytest.mark.parametrize("control", ["never", "not-yet"])
def test_curves_agree_with_diff_diff(knots: int, cohorts: tuple[float, ...], control: str) -> None:
    peer = pytest.importorskip("diff_diff").ContinuousDiD
    data, dose = sprayed(cohorts=cohorts)
    data = replace(data, cluster=np.arange(240))
    grid = np.quantile(dose[dose > 0], [0.1, 0.3, 0.5, 0.7, 0.9])
    group = {"never": "never_treated", "not-yet": "not_yet_treated"}[control]
    theirs = peer(degree=3, num_knots=knots, dvals=grid, control_group=group).fit(
        long(data, dose), outcome="y", unit="id", time="year", first_treat="first", dose="dose"
    )
    found = dose_response(data, dose, grid=grid, knots=knots, control=control)
    assert_allclose(found.att.value[:, 0], theirs.dose_response_att.effects, rtol=1e-6)
    assert_allclose(found.acrt.value[:, 0], theirs.dose_response_acrt.effects, rtol=1e-6, atol=1e-8)
    assert_allclose(found.overall.value[:, 0], [theirs.overall_att, theirs.overall_acrt], rtol=1e-6)
    if len(cohorts) == 1:  # with more, ours also carries the error of the cohorts' shares
        assert_allclose(
            standard_errors(found.att, data.cluster)[:, 0], theirs.dose_response_att.se, rtol=1e-6
        )
        assert_allclose(
            standard_errors(found.acrt, data.cluster)[:, 0], theirs.dose_response_acrt.se, rtol=1e-6
        )
        assert standard_errors(found.overall, data.cluster)[0, 0] == pytest.approx(
            theirs.overall_att_se, rel=1e-6
        )


@pytest.mark.parity
@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_linear_agrees_with_pyfixest(gaps: float) -> None:
    pf = pytest.importorskip("pyfixest")
    data, dose = sprayed(cohorts=(2003, 2005), gaps=gaps)
    table = long(data, dose)
    table["since"] = np.where(table["first"] > 0, table["year"] - table["first"], -1)
    table["on"] = table["dose"] * ((table["first"] > 0) & (table["year"] >= table["first"]))
    study = linear_dose(data, dose)
    for formula, found in (
        ("y ~ i(since, dose, ref=-1) | id + year", study.events),
        ("y ~ on | id + year", study.overall),
    ):
        full = pf.ssc(k_fixef="full")
        theirs = pf.feols(formula, table, vcov={"CRV1": "cl"}, ssc=full, fixef_tol=1e-12)
        count = study.parameters if found is study.events else study.overall_parameters
        factor = crv1(len(table), int(count[0]) + 239, 40)
        assert_allclose(found.value[:, 0], theirs.coef(), rtol=1e-6)
        assert_allclose(standard_errors(found, data.cluster, factor)[:, 0], theirs.se(), rtol=1e-6)


# ---- brute force and a known truth


def test_a_quadratic_effect_is_found_exactly_without_noise() -> None:
    data, dose = sprayed(cohorts=(2003, 2005), noise=0.0)
    grid = np.linspace(0.5, 4.5, 9)
    for knots in (0, 3):
        found = dose_response(data, dose, grid=grid, knots=knots)
        assert_allclose(found.att.value[:, 0], 2 * grid - 0.2 * grid**2, atol=1e-9)
        assert_allclose(found.acrt.value[:, 0], 2 - 0.4 * grid, atol=1e-8)
    had = dose[dose > 0]
    assert_allclose(
        found.overall.value[:, 0], [(2 * had - 0.2 * had**2).mean(), (2 - 0.4 * had).mean()], atol=1e-8
    )
    assert found.places.sum() == len(had)
    assert_array_equal(found.cohort, [2003, 2005])


def test_before_exposure_the_curve_is_flat() -> None:
    data, dose = sprayed(noise=0.0)
    found = dose_response(data, dose, horizons=[-3, -2])
    assert_allclose(found.att.value, 0, atol=1e-9)
    assert_allclose(found.acrt.value, 0, atol=1e-9)
    assert len(found.grid) == 19


def test_gaps_leave_out_places_year_by_year() -> None:
    data, dose = sprayed(gaps=0.2)
    found = dose_response(data, dose, grid=np.array([1.0, 4.0]), degree=2, horizons=[0, 2])
    by_year = []
    for t in (3, 5):
        change = data.y[:, t, 0] - data.y[:, 2, 0]
        seen = np.isfinite(change)
        fit = np.polynomial.Polynomial.fit(dose[seen & (dose > 0)], change[seen & (dose > 0)], 2)
        by_year.append([fit(1.0), fit(4.0)] - change[seen & (dose == 0)].mean())
    assert_allclose(found.att.value[:, 0], np.mean(by_year, axis=0), rtol=1e-9)


@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("control", ["never", "not-yet"])
def test_influence_is_what_leaving_a_place_out_changes(gaps: float, control: str) -> None:
    """Spline, controls, doses and shares of cohorts together: the jackknife knows nothing of the formula."""
    data, dose = sprayed(n=400, cohorts=(2003, 2005), gaps=gaps, noise=1.0)
    grid = np.array([1.0, 2.5, 4.0])

    def values(keep: Array) -> Array:
        some, d = data.only(keep), dose[keep]
        curve = dose_response(some, d, grid=grid, degree=2, control=control)
        bins = binned_dose(some, d, np.array([0.0, 2.0, 6.0]), control=control)
        line = linear_dose(some, d, leads=2, lags=1)
        parts = (curve.att, curve.acrt, curve.overall, bins.effects, line.events, line.overall)
        return np.concatenate([p.value[:, 0] for p in parts])

    everyone = np.arange(400) >= 0
    curve = dose_response(data, dose, grid=grid, degree=2, control=control)
    bins = binned_dose(data, dose, np.array([0.0, 2.0, 6.0]), control=control)
    line = linear_dose(data, dose, leads=2, lags=1)
    parts = (curve.att, curve.acrt, curve.overall, bins.effects, line.events, line.overall)
    influence = np.concatenate([p.influence[:, :, 0] for p in parts], axis=1)
    chosen = np.random.default_rng(0).choice(400, 25, replace=False)
    inside = (dose == 0) | ((dose > 0.4) & (dose < 4.8))  # knots move when an end is left out
    whole = values(everyone)
    for i in chosen[inside[chosen]]:
        change = 399 * (whole - values(np.arange(400) != i))
        assert (np.abs(change - influence[i]) < 0.06 * np.abs(influence).max(axis=0)).all()
    assert_allclose(influence.sum(axis=0), 0, atol=1e-8)


def test_bins_are_differences_of_means() -> None:
    data, dose = sprayed(cohorts=(2003, 2005))
    found = binned_dose(data, dose, 3)
    change = np.zeros(240)
    for i in range(240):
        at = int(data.first[i] - 2001) if dose[i] else 0
        if dose[i]:
            control = data.y[dose == 0, :, 0]
            moved = data.y[i, at:, 0] - data.y[i, at - 1, 0]
            change[i] = (moved - (control[:, at:] - control[:, [at - 1]]).mean(axis=0)).mean()
    number = np.searchsorted(found.edges[1:-1], dose, side="right")
    expected = [change[(dose > 0) & (number == k)].mean() for k in range(3)]
    assert_allclose(found.effects.value[:, 0], expected, rtol=1e-10)
    assert found.places.sum() == (dose > 0).sum()
    assert found.effects.label[0].endswith(")")
    assert found.effects.label[-1].endswith("]")
    one = binned_dose(data, dose, 1)
    assert one.effects.value[0, 0] == pytest.approx(dose_response(data, dose).overall.value[0, 0])
    assert_allclose(one.effects.influence[:, 0], dose_response(data, dose).overall.influence[:, 0], atol=1e-9)


def test_a_straight_line_is_found_by_all_three() -> None:
    rng = np.random.default_rng(4)
    data, dose = sprayed(noise=0.0)
    y = rng.normal(size=(240, 1, 1)) + 1.5 * (dose[:, None] * (data.first[:, None] <= YEARS))[:, :, None]
    data = replace(data, y=np.broadcast_to(y, (240, 7, 1)) + YEARS[:, None])
    assert_allclose(dose_response(data, dose).acrt.value, 1.5, atol=1e-8)
    line = linear_dose(data, dose)
    assert_allclose(line.overall.value, 1.5, atol=1e-9)
    assert_allclose(line.events.value[line.event_time < 0], 0, atol=1e-9)
    bins = binned_dose(data, dose, 4)
    assert_allclose(bins.effects.value[:, 0], 1.5 * bins.mean_dose, atol=1e-9)


def test_covariates_by_year_enter_the_straight_line() -> None:
    data, dose = sprayed()
    trend = replace(data, y=data.y + (data.covariates * np.sin(YEARS) * 9)[:, :, None])
    with_a, before = (
        linear_dose(trend, dose, covariates_by_year=True),
        linear_dose(data, dose, covariates_by_year=True),
    )
    assert_allclose(with_a.events.value, before.events.value, atol=1e-8)
    assert np.abs(linear_dose(trend, dose).events.value - with_a.events.value).max() > 0.01


def test_the_error_of_the_mean_slope_is_right_in_a_simulation() -> None:
    """It includes that other places could have had other doses, which diff-diff leaves out."""
    draws, errors = [], []
    for seed in range(150):
        data, dose = sprayed(seed, n=200)
        found = dose_response(data, dose, degree=2).overall
        draws.append(found.value[1, 0])
        errors.append(standard_errors(found, np.arange(200))[1, 0])
    assert np.mean(errors) == pytest.approx(np.std(draws), rel=0.2)


# ---- laws


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), unit=st.floats(0.01, 100), scale=st.floats(0.01, 100))
def test_units_of_dose_and_outcome(seed: int, unit: float, scale: float) -> None:
    data, dose = sprayed(seed, cohorts=(2003, 2005), n=120)
    grid = np.array([1.0, 2.0, 3.0])
    one = dose_response(data, dose, grid=grid, knots=1)
    other = dose_response(replace(data, y=data.y * scale), dose * unit, grid=grid * unit, knots=1)
    assert_allclose(other.att.value, one.att.value * scale, rtol=1e-6, atol=1e-6 * scale)
    assert_allclose(other.acrt.value, one.acrt.value * scale / unit, rtol=1e-6, atol=1e-6 * scale / unit)
    line, moved = linear_dose(data, dose), linear_dose(replace(data, y=data.y * scale), dose * unit)
    assert_allclose(moved.events.value, line.events.value * scale / unit, rtol=1e-6, atol=1e-8 * scale / unit)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_levels_and_common_shocks_do_not_matter(seed: int) -> None:
    data, dose = sprayed(seed, gaps=0.05, n=150)
    rng = np.random.default_rng(seed)
    moved = replace(data, y=data.y + rng.normal(size=(150, 1, 1)) * 9 + rng.normal(size=(1, 7, 1)) * 9)
    grid = np.array([1.0, 2.0, 3.0])
    one, other = (
        dose_response(data, dose, grid=grid, degree=2),
        dose_response(moved, dose, grid=grid, degree=2),
    )
    # a place's own level cancels; the shock of a year moves exposed and controls alike
    assert_allclose(other.att.value, one.att.value, atol=1e-8)
    assert_allclose(
        binned_dose(moved, dose, 2).effects.value, binned_dose(data, dose, 2).effects.value, atol=1e-8
    )


def test_outcomes_are_done_together_as_alone() -> None:
    data, dose = sprayed(gaps=0.1)
    two = replace(data, outcomes=("y", "z"), y=np.concatenate([data.y, data.y**2], axis=2))
    both = dose_response(two, dose, degree=2)
    alone = dose_response(replace(two, outcomes=("z",), y=two.y[:, :, 1:]), dose, degree=2)
    assert_allclose(both.att.influence[:, :, 1], alone.att.influence[:, :, 0])
    assert both.att.value.shape == (19, 2)
    assert both.overall.influence.shape == (240, 2, 2)


# ---- bad input


def test_doses_that_contradict_the_exposure_are_named() -> None:
    data, dose = sprayed()
    at = int(np.flatnonzero(dose == 0)[0])
    for wrong in (np.where(np.arange(240) == at, 2.0, dose), np.where(dose > 0, 0.0, dose)):
        with pytest.raises(BadDesign, match="contradict each other in"):
            dose_response(data, wrong)
    with pytest.raises(BadDesign, match=rf"1 places \(p{at}\)"):
        linear_dose(data, np.where(np.arange(240) == at, 2.0, dose))
    for wrong in (-dose, dose[:-1], np.where(np.arange(240) == at, np.nan, dose)):
        with pytest.raises(BadDesign, match="zero or more for each of the 240"):
            binned_dose(data, wrong)


def test_designs_that_cannot_answer() -> None:
    data, dose = sprayed(cohorts=(2003, 2005))
    exposed = dose > 0
    with pytest.raises(BadDesign, match="without places at zero"):
        dose_response(data.only(exposed), dose[exposed])
    early = replace(data, first=np.where(data.first == 2003, 2001, data.first))
    with pytest.raises(BadDesign, match="exposed from the first year on"):
        dose_response(early, dose)
    with pytest.raises(BadDesign, match="No place is exposed"):
        dose_response(data.only(~exposed), dose[~exposed])
    # once the last cohort is exposed no one is left to compare with
    with pytest.raises(BadDesign, match=r"in 2005 the cohort of 2003 has \d+ places and 0 controls"):
        dose_response(data.only(exposed), dose[exposed], control="not-yet")
    single = np.where(exposed, 2.0, 0.0)
    with pytest.raises(BadDesign, match="single dose"):
        dose_response(data, single)
    with pytest.raises(BadDesign, match="too few different doses"):
        dose_response(data, np.where(exposed, 1.0 + (np.arange(240) % 3), 0.0))  # three doses, four terms
    with pytest.raises(BadDesign, match="too few different ones for 4 knots"):
        dose_response(data, np.where(exposed, 1.0 + (np.arange(240) % 3), 0.0), degree=1, knots=4)
    empty = data.y.copy()
    empty[data.first == 2005, 3] = np.nan
    with pytest.raises(BadDesign, match="the cohort of 2005 has 0 places"):
        dose_response(replace(data, y=empty), dose)


def test_arguments_that_cannot_be_used() -> None:
    data, dose = sprayed()
    with pytest.raises(BadDesign, match="'never' or 'not-yet'"):
        dose_response(data, dose, control="all")
    with pytest.raises(BadDesign, match="degree 1 or more"):
        dose_response(data, dose, degree=0)
    with pytest.raises(BadDesign, match="within the doses seen"):
        dose_response(data, dose, grid=np.array([0.0, 9.0]))
    with pytest.raises(BadDesign, match="not -1"):
        dose_response(data, dose, horizons=[-1, 0])
    with pytest.raises(BadDesign, match=r"No exposed cohort reaches the horizons \[9\]"):
        dose_response(data, dose, horizons=[9])
    with pytest.raises(BadDesign, match="hold all positive doses"):
        binned_dose(data, dose, np.array([1.0, 2.0]))
    with pytest.raises(BadDesign, match="No exposed place has a dose in"):
        binned_dose(data, dose, np.array([0.0, 5.0, 6.0, 7.0]))
    with pytest.raises(BadDesign, match="bins is 0"):
        binned_dose(data, dose, 0)
    with pytest.raises(BadDesign, match="Many equal doses"):
        binned_dose(data, np.where(dose > 0, 1.0 + (dose > 4.5), 0.0), 4)
    with pytest.raises(BadDesign, match="no covariates"):
        linear_dose(
            replace(data, covariates=np.empty((240, 0)), covariate_names=()), dose, covariates_by_year=True
        )
