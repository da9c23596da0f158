"""Clusters, draws, bands and family-wise error: against plain loops, by simulation, and at the edges."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation import aggregate, inference
from vereda.evaluation.did import att_gt
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.results import CohortEffects, Estimates


def estimates(seed: int, n: int = 200, p: int = 5, m: int = 3, shared: float = 0.5) -> Estimates:
    """Means of correlated noise whose truth is zero: influence is the noise."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n, p, m)) + shared * rng.normal(size=(n, 1, 1))
    value = noise.mean(axis=0)
    return Estimates(tuple(f"b{i}" for i in range(p)), value, noise - value)


def own(n: int) -> np.ndarray:
    return np.arange(n)


# ---- clusters and standard errors


@settings(max_examples=30, deadline=None)
@given(codes=st.lists(st.integers(0, 9), min_size=20, max_size=60))
def test_sums_by_cluster_are_those_of_a_loop(codes: list[int]) -> None:
    cluster, influence = np.array(codes), np.random.default_rng(len(codes)).normal(size=(len(codes), 2, 3))
    sums = inference.clustered(influence, cluster)
    assert len(sums) == max(codes) + 1
    for c in range(len(sums)):
        assert_allclose(sums[c], influence[cluster == c].sum(axis=0), atol=1e-12)


def test_standard_error_of_a_mean() -> None:
    found = estimates(1)
    se = inference.standard_error(found, own(200))
    assert_allclose(se, found.influence.std(axis=0) / np.sqrt(200))
    twice = Estimates(found.label, found.value, np.repeat(found.influence, 2, axis=0))  # every place copied
    assert_allclose(inference.standard_error(twice, np.repeat(own(200), 2)), se)
    assert_allclose(inference.standard_error(twice, own(400)), se / np.sqrt(2))


def test_one_cluster_or_codes_of_another_panel_raise() -> None:
    with pytest.raises(BadDesign, match="one cluster"):
        inference.standard_error(estimates(1), np.zeros(200, dtype=int))
    with pytest.raises(BadDesign, match="10 cluster codes for 200 places"):
        inference.standard_error(estimates(1), own(10))


def test_a_reference_without_influence_has_no_standard_error() -> None:
    found = estimates(1)
    influence = found.influence.copy()
    influence[:, 0] = 0
    influence[:, 1] *= 1e-18
    value = found.value + 5
    se = inference.standard_error(Estimates(found.label, value, influence), own(200))
    assert np.isnan(se[:2]).all()
    assert np.isfinite(se[2:]).all()


def test_normal_p() -> None:
    assert_allclose(
        inference.normal_p(np.array([0.0, 1.959963984540054, -2.5758293035489004])), [1, 0.05, 0.01]
    )


# ---- few places


def cohorts(sizes: dict[float, int], never: int = 40) -> Panel:
    rng = np.random.default_rng(0)
    first = np.repeat([*sizes, np.inf], [*sizes.values(), never])
    names, years = [str(i) for i in range(len(first))], np.arange(2001.0, 2009)
    return panel(names, years, {"y": rng.normal(size=(len(first), 8))}, first)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_cohorts_of_one_to_three_places_never_get_a_standard_error(size: int) -> None:
    data = cohorts({2004: size})
    effects = att_gt(data)
    assert inference.few(effects).all() == (size < 4)
    for summary in (
        aggregate.cells,
        aggregate.simple,
        aggregate.dynamic,
        aggregate.group,
        aggregate.calendar,
    ):
        found = summary(effects)
        se = inference.standard_error(found, data.cluster)
        drawn = inference.bootstrap(found, data.cluster, inference.signs(len(data.places), 199, 1))
        band = inference.uniform_band(drawn)
        adjusted = inference.romano_wolf(drawn.t, drawn.draws)
        reasons = inference.why_no_se(found)
        assert np.isfinite(found.value).all()
        for numbers in (se, drawn.draws, band.low, band.critical, adjusted):
            assert np.isnan(numbers).all() == (size < 4)
        assert set(reasons) == (set(found.label) if size < 4 else set())
        assert all("fewer than four" in why for why in reasons.values())
    assert inference.pre_trend(effects, data.cluster)[0].state == ("informational" if size < 4 else "passed")


def test_small_cohorts_together_are_enough_but_an_average_with_a_part_on_few_is_not() -> None:
    data = cohorts({2003: 3, 2006: 5})
    effects = att_gt(data)
    assert np.isfinite(inference.standard_error(aggregate.simple(effects), data.cluster)).all()
    dynamic = aggregate.dynamic(effects)
    with_se = np.isfinite(inference.standard_error(dynamic, data.cluster)[:, 0])
    assert {label for label, ok in zip(dynamic.label, with_se, strict=True) if not ok} == {
        "overall",
        "e=3",
        "e=4",
        "e=5",
    }
    short = aggregate.dynamic(effects, last=2)
    assert np.isfinite(inference.standard_error(short, data.cluster)).all()
    together = aggregate.together({"all": dynamic, "short": short})
    adjusted = inference.bootstrap(together, data.cluster, inference.signs(48, 199, 1))
    p = inference.romano_wolf(adjusted.t, adjusted.draws)
    assert_array_equal(np.isnan(p), np.isnan(adjusted.se))
    assert together.label[0] == "all: overall"


def test_cohorts_of_one_place_each_are_few_however_many() -> None:
    """Seven cohorts of one place: the formula treats each as known exactly."""
    data = cohorts({2002.0 + i: 1 for i in range(7)})
    effects = att_gt(data)
    for summary in (aggregate.simple, aggregate.dynamic, aggregate.group, aggregate.calendar):
        assert np.isnan(inference.standard_error(summary(effects), data.cluster)).all()
    assert np.isfinite(
        inference.standard_error(
            aggregate.simple(att_gt(cohorts({2003: 3, 2006: 5}))), cohorts({2003: 3, 2006: 5}).cluster
        )
    ).all()


def test_clusters_are_counted_cohort_by_cohort() -> None:
    data = cohorts({2003: 8, 2006: 8})
    effects = att_gt(data)
    four, three = (np.r_[np.arange(16) % k, 16 + np.arange(40)] for k in (4, 3))
    assert np.isfinite(inference.standard_error(aggregate.simple(effects, four), four)).all()
    assert np.isnan(inference.standard_error(aggregate.simple(effects, three), three)).all()
    assert inference.pre_trend(effects, three)[0].state == "informational"


def test_places_in_few_clusters_are_few() -> None:
    data = cohorts({2004: 8})
    effects = att_gt(data)
    cluster = np.concatenate([np.arange(8) % 3, 3 + np.arange(40)])
    assert inference.few(effects, cluster).all()
    assert not inference.few(effects).any()
    assert np.isnan(inference.standard_error(aggregate.simple(effects, cluster), cluster)).all()
    assert np.isfinite(inference.standard_error(aggregate.simple(effects), cluster)).all()


# ---- signs and draws


def test_the_same_seed_gives_the_same_bits_and_more_draws_begin_with_those_of_fewer() -> None:
    for kind in ("rademacher", "mammen"):
        one, two = inference.signs(77, 40, 5, kind), inference.signs(77, 90, 5, kind)
        assert one.bits is not None
        assert two.bits is not None
        assert_array_equal(one.bits, two.bits[:40])
        assert (one.bits != inference.signs(77, 40, 6, kind).bits).any()


@pytest.mark.parametrize(("kind", "third"), [("rademacher", 0.0), ("mammen", 1.0)])
def test_multipliers_have_the_moments_they_claim(kind: str, third: float) -> None:
    low, high = inference.LIMITS[kind]
    bits = inference.signs(1000, 1000, 1, kind).block(slice(0, 1000), slice(0, 1000)).astype(float)
    values = low + (high - low) * bits
    assert_allclose([values.mean(), (values**2).mean(), (values**3).mean()], [0, 1, third], atol=0.01)
    assert (
        np.abs(np.corrcoef(values[:, :50].T) - np.eye(50)).max() < 0.2
    )  # clusters draw apart from each other


@pytest.mark.parametrize("kind", ["rademacher", "mammen"])
def test_draws_are_those_of_the_textbook(kind: str) -> None:
    found, cluster = estimates(2), np.random.default_rng(1).integers(0, 61, 200)
    cluster[:61] = own(61)
    signs = inference.signs(61, 520, 3, kind)
    low, high = inference.LIMITS[kind]
    multipliers = low + (high - low) * signs.block(slice(0, 520), slice(0, 61)).astype(float)
    drawn = inference.bootstrap(found, cluster, signs)
    expected = np.einsum("bc,cpm->bpm", multipliers, inference.clustered(found.influence, cluster)) / 200
    assert_allclose(drawn.draws, expected / drawn.se, atol=2e-6)
    assert_allclose(drawn.t, found.value / drawn.se)


def test_draws_are_shared_by_everything_asked_and_do_not_depend_on_the_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = estimates(3), estimates(4)
    signs = inference.signs(200, 600, 9)
    joint = inference.bootstrap(aggregate.together({"one": one, "two": two}), own(200), signs)
    apart = [inference.bootstrap(e, own(200), signs).draws for e in (one, two)]
    assert_allclose(joint.draws, np.concatenate(apart, axis=1), atol=1e-5)
    monkeypatch.setattr(inference, "WORTH_SHARING", 0)
    for cores in (1, 3):
        monkeypatch.setattr("vereda.evaluation.threads.cpu_count", lambda n=cores: n)
        again = inference.bootstrap(aggregate.together({"one": one, "two": two}), own(200), signs)
        assert_array_equal(again.draws, joint.draws)


def test_more_clusters_than_are_unpacked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found, signs = estimates(5), inference.signs(200, 300, 2)
    whole = inference.bootstrap(found, own(200), signs).draws
    monkeypatch.setattr(inference, "COLUMNS", 48)
    assert_allclose(inference.bootstrap(found, own(200), signs).draws, whole, atol=2e-6)


def test_very_many_clusters_draw_from_the_normal_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MANY", 100)
    found = estimates(6)
    influence = found.influence.copy()
    influence[:, 1] = influence[:, 0]  # not of full rank
    influence[:, 2, 0] = np.nan
    found = Estimates(found.label, found.value, influence)
    signs = inference.signs(200, 20_000, 1)
    assert signs.bits is None
    drawn = inference.bootstrap(found, own(200), signs)
    assert_array_equal(drawn.draws, inference.bootstrap(found, own(200), signs).draws)
    flat, known = drawn.draws.reshape(20_000, -1), np.isfinite(drawn.se).ravel()
    expected = np.corrcoef(influence.reshape(200, -1)[:, known].T)
    assert_allclose(np.corrcoef(flat[:, known].T), expected, atol=0.05)
    assert_allclose(flat[:, known].std(axis=0), 1, atol=0.03)
    assert np.isnan(flat[:, ~known]).all()


def test_signs_for_other_clusters_raise() -> None:
    with pytest.raises(BadDesign, match="for 50 clusters, the estimates have 200"):
        inference.bootstrap(estimates(1), own(200), inference.signs(50, 99, 1))
    with pytest.raises(BadDesign, match="rademacher or mammen"):
        inference.signs(50, 99, 1, "normal")


# ---- bands


def test_a_uniform_band_is_wider_than_one_interval_and_narrower_than_bonferroni() -> None:
    drawn = inference.bootstrap(estimates(7), own(200), inference.signs(200, 4999, 1))
    band, whole = inference.uniform_band(drawn), inference.uniform_band(drawn, over="everything")
    assert ((band.critical > 1.96) & (band.critical < 2.66)).all()  # normal quantile at 1 - 0.05 / 10: 2.576
    assert (whole.critical > band.critical).all()
    assert len(set(whole.critical)) == 1
    assert_allclose(band.high - band.value, band.critical * drawn.se)
    size = np.sort(np.abs(drawn.draws).max(axis=1), axis=0)
    assert_allclose(band.critical, size[4750 - 1])  # ceil(0.95 x 5000)


def test_too_few_draws_for_the_level_raise() -> None:
    drawn = inference.bootstrap(estimates(7), own(200), inference.signs(200, 18, 1))
    with pytest.raises(BadDesign, match="19 draws are needed"):
        inference.uniform_band(drawn)
    with pytest.raises(BadDesign, match="'all'"):
        inference.uniform_band(drawn, 0.5, "all")


def test_bands_cover_and_families_err_as_often_as_they_say() -> None:
    """500 worlds without effects: a 95 % band misses some of 15 parameters, and tests reject some, in about 5 %."""
    signs = inference.signs(200, 399, 1)
    missed, rejected, rejected_p = 0, 0, 0
    for seed in range(500):
        drawn = inference.bootstrap(estimates(seed), own(200), signs)
        band = inference.uniform_band(drawn, over="everything")
        missed += bool((np.abs(drawn.value) > band.high - band.value).any())
        rejected += bool((inference.romano_wolf(drawn.t, drawn.draws) <= 0.05).any())
        rejected_p += bool((inference.westfall_young(drawn.t, drawn.draws) <= 0.05).any())
    for count in (missed, rejected, rejected_p):
        assert 0.02 <= count / 500 <= 0.085


# ---- stepdown


def slow_maxt(t: np.ndarray, draws: np.ndarray) -> np.ndarray:
    order, adjusted, last = np.argsort(-np.abs(t)), np.empty(len(t)), 0.0
    for step, j in enumerate(order):
        largest = [max(abs(d[i]) for i in order[step:]) for d in draws]
        last = max(last, (1 + sum(v >= abs(t[j]) for v in largest)) / (len(draws) + 1))
        adjusted[j] = last
    return adjusted


def slow_minp(t: np.ndarray, draws: np.ndarray) -> np.ndarray:
    pool = np.abs(np.vstack([t, draws]))
    p = np.array([[(pool[:, j] >= v).mean() for j, v in enumerate(row)] for row in pool])
    order, adjusted, last = np.lexsort((-np.abs(t), p[0])), np.empty(len(t)), 0.0
    for step, j in enumerate(order):
        last = max(last, float(np.mean([row[order[step:]].min() <= p[0, j] + 1e-12 for row in p])))
        adjusted[j] = last
    return adjusted


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), h=st.integers(1, 4))
def test_stepdowns_are_those_of_plain_loops(seed: int, h: int) -> None:
    rng = np.random.default_rng(seed)
    t, draws = rng.normal(size=h) * 2, rng.normal(size=(199, h)).astype(np.float32)
    draws[:, 0] = rng.standard_t(2, size=199)
    assert_allclose(inference.romano_wolf(t, draws), slow_maxt(t, draws))
    assert_allclose(inference.westfall_young(t, draws), slow_minp(t, draws))


def test_adjusted_values_are_ordered_and_no_smaller_than_one_at_a_time() -> None:
    found = estimates(8)
    found = Estimates(found.label, found.value + np.linspace(0, 0.6, 5)[:, None], found.influence)
    drawn = inference.bootstrap(found, own(200), inference.signs(200, 4999, 1))
    alone = (1 + (np.abs(drawn.draws) >= np.abs(drawn.t)).sum(axis=0)) / 5000
    for adjust in (inference.romano_wolf, inference.westfall_young):
        p = adjust(drawn.t, drawn.draws)
        assert p.shape == drawn.t.shape
        assert (p >= alone).all()
        assert (p <= np.minimum(1, alone * 15 + 0.01)).all()  # never worse than Bonferroni, but for the draws
        order = np.argsort(-np.abs(drawn.t).ravel())
        assert (np.diff(p.ravel()[order]) >= (0 if adjust is inference.romano_wolf else -0.01)).all()
    assert (inference.romano_wolf(drawn.t, drawn.draws) <= 0.05).sum() >= 6


def test_minp_of_too_many_parameters_raises_and_says_how_many_draws() -> None:
    drawn = inference.bootstrap(estimates(9, p=40), own(200), inference.signs(200, 999, 1))
    with pytest.raises(BadDesign, match=r"999 draws cannot tell 120 parameters apart.*2420 times"):
        inference.westfall_young(drawn.t, drawn.draws)
    assert (inference.romano_wolf(drawn.t, drawn.draws) > 0.05).all()


def test_an_empty_family_and_draws_of_another_shape() -> None:
    t = np.array([np.nan, np.nan])
    draws = np.full((99, 2), np.nan, dtype=np.float32)
    assert np.isnan(inference.romano_wolf(t, draws)).all()
    assert np.isnan(inference.westfall_young(t, draws)).all()
    with pytest.raises(BadDesign, match="shape"):
        inference.romano_wolf(t[:1], draws)


# ---- pre-trends


def test_pre_trend_finds_one_and_says_when_it_cannot() -> None:
    data = cohorts({2005: 30})
    assert inference.pre_trend(att_gt(data), data.cluster)[0].state == "passed"
    y = data.y + (data.first == 2005)[:, None, None] * np.arange(8)[:, None]
    (failed,) = inference.pre_trend(att_gt(replace(data, y=y)), data.cluster)
    assert failed.state == "failed"
    assert failed.values["p"] < 1e-6
    (none,) = inference.pre_trend(att_gt(cohorts({2002: 30})), data.cluster)
    assert (none.state, none.values) == ("informational", {})
    (crowded,) = inference.pre_trend(att_gt(cohorts({2007: 30})), np.arange(70) % 4)
    assert "Bonferroni" in crowded.detail  # five cells, four clusters: no covariance of five can be seen
    assert "wald" not in crowded.values


def test_pre_trend_leaves_out_anticipation_and_cells_on_few_places() -> None:
    data = cohorts({2003: 3, 2005: 30})
    (check,) = inference.pre_trend(att_gt(data), data.cluster)
    assert check.values["df"] == 3  # 2002 to 2004 of cohort 2005
    assert "1 cells" in check.detail
    (narrow,) = inference.pre_trend(att_gt(data, anticipation=1), data.cluster, anticipation=1)
    assert narrow.values["df"] == 2


def test_pre_trend_does_not_depend_on_the_unit_of_the_outcome() -> None:
    data = cohorts({2005: 30})
    effects = att_gt(data)
    tiny: CohortEffects = att_gt(replace(data, y=data.y * 1e-9))
    p = [inference.pre_trend(e, data.cluster)[0].values["p"] for e in (effects, tiny)]
    assert p[0] == pytest.approx(p[1], rel=1e-8)
