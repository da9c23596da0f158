"""The simulated panels are what their formulas say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation import aggregate, did
from vereda.evaluation.exposure import by_km, by_steps
from vereda.evaluation.simulate import FACTOR_RHO, RHO, SHARED, Simulated, panel_of

YEARS = np.arange(2011.0, 2021)


def noise(errors: str, replications: int = 400) -> np.ndarray:
    """What is left of y (n, T, m) after its place and year means, scaled up for the means taken."""
    y = panel_of(120, YEARS, {2016: 5}, errors=errors, replications=replications, seed=1).panel.y
    return y - y.mean(axis=1, keepdims=True) - y.mean(axis=0, keepdims=True) + y.mean(axis=(0, 1))


def bias(simulated: Simulated, method: str = "dr") -> float:
    found = aggregate.simple(did.att_gt(simulated.panel, method=method))
    return float(found.value.mean() - simulated.att)


@pytest.mark.parametrize("exposed", [5, 20, 170])
def test_designs_of_the_coverage_study(exposed: int) -> None:
    simulated = panel_of(1122, YEARS, {2016: exposed}, seed=1)
    assert np.isfinite(simulated.panel.first).sum() == exposed
    assert simulated.panel.y.shape == (1122, 10, 1)
    assert simulated.graph.nnz == 2 * (33 * 34 * 2 - 33 - 34)  # a full rectangle


@pytest.mark.parametrize("n", [6, 50, 57])
def test_the_grid_and_the_coordinates_tell_the_same_neighbours(n: int) -> None:
    simulated = panel_of(n, YEARS, {2016: 2}, seed=1)
    steps, km = by_steps(simulated.graph, 1), by_km(simulated.coordinates, 11.5)
    assert_array_equal(np.column_stack([km.i, km.j]), np.column_stack([steps.i, steps.j]))


def test_the_same_seed_is_the_same_panel() -> None:
    def of(seed: int) -> str:
        return panel_of(80, YEARS, {2016: 5}, errors="factor", effect="heterogeneous", seed=seed).panel.hash

    assert of(3) == of(3)
    assert of(3) != of(4)


@pytest.mark.parametrize("errors", ["iid", "ar1", "factor", "spatial"])
def test_errors_have_variance_one(errors: str) -> None:
    """Changes over nine years: 2 (1 - correlation), with the year means out of the way."""
    y = panel_of(120, YEARS, {2016: 5}, errors=errors, replications=3_000, seed=2).panel.y
    change = y[:, -1] - y[:, 0]
    between = (change - change.mean(axis=0)).var(axis=0, ddof=1).mean()
    correlation = {"ar1": RHO**9, "factor": FACTOR_RHO**9 / 2}.get(errors, 0)
    lost = 0.07 if errors == "spatial" else 0  # neighbours move the mean of 120 places as well
    assert between == pytest.approx(2 * (1 - correlation) * (1 - lost), rel=0.04)


def test_ar1_errors_forget_by_rho() -> None:
    y = panel_of(400, YEARS, {2016: 5}, errors="ar1", replications=300, seed=2).panel.y
    y = y - y.mean(axis=0)
    two, one = ((y[:, 4 + lag] - y[:, 4]).var() / 2 for lag in (2, 1))
    assert one == pytest.approx(1 - RHO, rel=0.02)
    assert two == pytest.approx(1 - RHO**2, rel=0.02)


def test_factor_errors_move_places_together() -> None:
    """Two factors carry half of the variance; of unrelated errors the two largest roots carry a fraction."""

    def share(errors: str) -> float:
        roots = np.linalg.svd(np.moveaxis(noise(errors, 60), 2, 0), compute_uv=False) ** 2
        return float((roots[:, :2].sum(axis=1) / roots.sum(axis=1)).mean())

    assert share("factor") > share("iid") + 0.15


def test_spatial_errors_are_shared_near_and_not_far() -> None:
    simulated = panel_of(400, [2001.0, 2002], {2002: 5}, errors="spatial", replications=800, seed=2)
    change = simulated.panel.y[:, 1] - simulated.panel.y[:, 0]
    change = change - change.mean(axis=0)
    pairs = by_steps(simulated.graph, 2 * SHARED + 2)
    product = (change[pairs.i] * change[pairs.j]).mean(axis=1) / change.var()
    near, far = product[pairs.distance == 1].mean(), product[pairs.distance > 2 * SHARED].mean()
    assert near == pytest.approx(
        8 / 13, abs=0.06
    )  # inside, two places side by side share 8 of their 13 shocks
    assert abs(far) < 0.05


@pytest.mark.parametrize(
    ("effect", "expected"),
    [("none", [0, 0, 0]), ("constant", [2, 2, 2]), ("dynamic", [1, 1.5, 1.75]), ("heterogeneous", [1.5, 2.25, 2.625])],
)  # fmt: skip
def test_effects_follow_their_formula(effect: str, expected: list[float]) -> None:
    simulated = panel_of(200, YEARS, {2014: 10, 2018: 10}, effect=effect, size=2.0, seed=3, replications=2)
    assert_allclose([simulated.att_gt(2014, t) for t in (2014, 2015, 2016)], expected)
    assert_array_equal(simulated.expected[:, :3], 0)
    assert_array_equal(simulated.effect[np.isinf(simulated.panel.first)], 0)
    after = simulated.panel.first[:, None] <= YEARS
    assert simulated.att == pytest.approx(simulated.expected[after].mean())
    if effect == "heterogeneous":  # the last cohort gains a third as much, places differ, and draws differ
        assert simulated.att_gt(2018, 2018) == pytest.approx(0.5)
        assert simulated.effect[after][:, 0].std() > 0.3
        assert (simulated.effect[after][:, 0] != simulated.effect[after][:, 1]).all()


def test_displacement_lies_on_the_rings_and_nowhere_else() -> None:
    simulated = panel_of(400, YEARS, {2014: 4, 2017: 4}, effect="constant", spillover=(0.5, 0.25), seed=4)
    steps, since = simulated.rings.steps, simulated.rings.since
    assert_array_equal(simulated.displaced[(steps == 0) | (steps == 3)], 0)
    for order, strength in ((1, 0.5), (2, 0.25)):
        ring = steps == order
        assert_array_equal(simulated.displaced[ring], np.where(since[ring, None] <= YEARS, strength, 0))
        assert simulated.ring(order) == pytest.approx(strength)
    counts = np.bincount(steps)
    assert simulated.net == pytest.approx(counts[0] + 0.5 * counts[1] + 0.25 * counts[2])
    same = panel_of(400, YEARS, {2014: 4, 2017: 4}, effect="constant", seed=4)
    assert_allclose((simulated.panel.y - same.panel.y)[:, :, 0], simulated.displaced, atol=1e-12)


@pytest.mark.parametrize("selection", ["none", "level", "patch"])
def test_selection_that_differences_remove(selection: str) -> None:
    found = [
        bias(
            panel_of(
                400, YEARS, {2016: 40}, effect="dynamic", selection=selection, replications=50, seed=seed
            )
        )
        for seed in range(8)
    ]
    assert abs(np.mean(found)) < 0.03


def test_selection_is_on_what_it_says() -> None:
    def gap(selection: str, of, errors: str = "iid") -> float:
        simulated = panel_of(1122, YEARS, {2016: 170}, selection=selection, errors=errors, seed=5)
        score, exposed = of(simulated), np.isfinite(simulated.panel.first)
        return float((score[exposed].mean() - score[~exposed].mean()) / score.std())

    def level(s: Simulated) -> np.ndarray:
        return s.panel.y[:, :5, 0].mean(axis=1)

    def last_before(s: Simulated) -> np.ndarray:
        return s.panel.y[:, 4, 0] - s.panel.y[:, :4, 0].mean(axis=1)

    def slope(s: Simulated) -> np.ndarray:
        return np.polynomial.polynomial.polyfit(YEARS - 2015, s.panel.y[:, :, 0].T, 1)[1]

    assert gap("level", level) > 0.8
    assert gap("outcome", last_before) > 0.5
    assert gap("trend", slope) > 0.6
    assert gap("covariate", lambda s: s.panel.covariates[:, 0]) > 0.8
    for of in (level, last_before, slope):
        assert abs(gap("none", of)) < 0.25
    near = panel_of(1122, YEARS, {2016: 170}, selection="patch", seed=5)
    touching = by_steps(near.graph, 1)
    exposed = np.isfinite(near.panel.first)
    assert (exposed[touching.i] & exposed[touching.j]).sum() > 2 * (170 / 1122) ** 2 * len(touching.i)


def test_selection_on_the_outcome_reverts_and_biases_changes() -> None:
    """Places chosen for a bad year come back by themselves: with iid errors nearly all of the dip."""
    found = [
        bias(panel_of(1122, YEARS, {2016: 170}, selection="outcome", seed=seed), "reg") for seed in range(6)
    ]
    assert np.mean(found) < -0.4


def test_an_unseen_trend_biases_and_a_seen_one_can_be_taken_out() -> None:
    def study(selection: str) -> list[Simulated]:
        return [panel_of(1122, YEARS, {2016: 170}, selection=selection, replications=20, seed=s) for s in range(4)]  # fmt: skip

    assert np.mean([bias(s) for s in study("trend")]) > 0.2
    seen = study("covariate")
    assert seen[0].panel.covariate_names == ("x",)
    assert abs(np.mean([bias(s) for s in seen])) < 0.04
    unseen = [bias(panel_of(1122, YEARS, {2016: 170}, selection="trend", replications=20, seed=9))]
    assert np.mean(unseen) > 0.2


def test_loadings_that_differ_break_parallel_paths() -> None:
    """Over draws of the factor the bias averages out, but each draw is further off than its standard error."""
    miss = []
    for seed in range(5):
        simulated = panel_of(
            600, YEARS, {2016: 100}, errors="factor", selection="loading", replications=60, seed=seed
        )
        found = aggregate.simple(did.att_gt(simulated.panel))
        se = np.sqrt((found.influence**2).sum(axis=0)) / 600
        miss.append(np.abs(found.value) > 1.96 * se)
    assert np.mean(miss) > 0.3


@pytest.mark.parametrize(
    "wrong",
    [
        {"errors": "normal"},
        {"effect": "big"},
        {"selection": "luck"},
        {"cohorts": {2011: 5}},
        {"cohorts": {2030: 5}},
        {"cohorts": {}},
        {"cohorts": {2015: 0}},
        {"cohorts": {2015: 40, 2016: 40}},
        {"replications": 0},
        {"selection": "outcome", "replications": 2},
        {"selection": "loading"},
    ],
)
def test_bad_input(wrong: dict) -> None:
    with pytest.raises(BadDesign, match="cannot be drawn"):
        panel_of(**({"n": 80, "years": YEARS, "cohorts": {2016: 5}, "seed": 1} | wrong))
