"""Direct, displaced and net effect: algebra, a known truth, coverage, and an independent package."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from vereda.errors import BadDesign
from vereda.evaluation import aggregate, did
from vereda.evaluation.exposure import adjacency, rings, within
from vereda.evaluation.inference import WHY_FEW, standard_error
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.results import Estimates
from vereda.evaluation.simulate import Simulated, panel_of
from vereda.evaluation.spillover import Decomposition, decomposition, donors

LABELS = ("direct", "ring 1", "displaced", "net", "net per exposed place")


def mean_effect(part: Panel) -> Estimates:
    return aggregate.simple(did.att_gt(part))


def two_periods(part: Panel) -> Estimates:
    """The plainest estimator there is: mean change of the exposed minus that of the others."""
    change, exposed = part.y[:, -1] - part.y[:, 0], np.isfinite(part.first)[:, None]
    n, k = len(change), exposed.sum()
    inside, outside = change[exposed[:, 0]].mean(axis=0), change[~exposed[:, 0]].mean(axis=0)
    influence = n / k * exposed * (change - inside) - n / (n - k) * ~exposed * (change - outside)
    return Estimates(("overall",), (inside - outside)[None], influence[:, None])


def drawn(replications: int = 1, seed: int = 0, exposed: int = 24) -> Simulated:
    settled = {"errors": "ar1", "effect": "heterogeneous", "spillover": (0.5,)}
    return panel_of(
        400, np.arange(2011.0, 2017), {2014: exposed}, replications=replications, seed=seed, **settled
    )


def truth(simulated: Simulated, found: Decomposition) -> np.ndarray:
    ring = simulated.ring(1)
    return np.array([simulated.att, ring, ring, simulated.net, simulated.net / found.places[0]])


# ---- algebra ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clusters", [400, 57])
def test_joint_covariance_is_that_of_one_regression(clusters: int) -> None:
    """Changes on a constant, exposed, ring 1, ring 2: least squares with errors clustered (no correction).

    Each run saw only its own part of the places; put back among all n, the pieces give the whole covariance.
    """
    simulated = panel_of(400, [2001.0, 2002], {2002: 20}, spillover=(0.5, 0.2), seed=3)
    cluster = np.arange(400) % clusters
    cube = replace(simulated.panel, cluster=cluster)
    found = decomposition(cube, simulated.graph, 2, mean_effect)
    steps = simulated.rings.steps
    x = np.column_stack([np.ones(400), *(steps == order for order in range(3))])
    change = cube.y[:, 1, 0] - cube.y[:, 0, 0]
    beta = np.linalg.lstsq(x, change)[0]
    score = np.stack([(x * (change - x @ beta)[:, None])[cluster == c].sum(axis=0) for c in range(clusters)])
    bread = np.linalg.inv(x.T @ x)
    covariance = (bread @ score.T @ score @ bread)[1:, 1:]
    assert found.effects.label == ("direct", "ring 1", "ring 2", "displaced", "net", "net per exposed place")
    assert_allclose(found.effects.value[:3, 0], beta[1:], rtol=1e-10)
    assert_allclose(found.covariance[0, :3, :3], covariance, rtol=1e-10)
    assert covariance[0, 1] > 0  # the far places are shared
    count = np.array(found.places[:3], dtype=float)
    assert found.effects.value[4, 0] == pytest.approx(count @ beta[1:], rel=1e-10)
    assert found.se[4, 0] == pytest.approx(np.sqrt(count @ covariance @ count), rel=1e-10)
    assert found.se[5, 0] == pytest.approx(found.se[4, 0] / count[0], rel=1e-10)
    assert_allclose(found.se, standard_error(found.effects, cluster), rtol=1e-10)


def test_any_estimator_with_influence_will_do() -> None:
    simulated = panel_of(200, [2001.0, 2002], {2002: 9}, spillover=(0.5,), replications=3, seed=4)
    plain = decomposition(simulated.panel, simulated.graph, 1, two_periods)
    here = decomposition(simulated.panel, simulated.graph, 1, mean_effect)
    assert_allclose(plain.effects.value, here.effects.value, rtol=1e-10)
    assert_allclose(plain.covariance, here.covariance, rtol=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shock=st.lists(st.floats(-50, 50), min_size=6, max_size=6))
def test_order_of_places_and_common_shocks_do_not_matter(seed: int, shock: list[float]) -> None:
    simulated = drawn(seed=7)
    base = decomposition(simulated.panel, simulated.graph, 1, mean_effect)
    order = np.random.default_rng(seed).permutation(400)
    cube = simulated.panel
    moved = replace(
        cube,
        places=tuple(cube.places[i] for i in order),
        y=cube.y[order] + np.array(shock)[:, None],
        first=cube.first[order],
        covariates=cube.covariates[order],
        cluster=cube.cluster[order],
        stratum=cube.stratum[order],
    )
    found = decomposition(moved, simulated.graph[order][:, order], 1, mean_effect)
    assert_allclose(found.effects.value, base.effects.value, atol=1e-9)
    assert_allclose(found.covariance, base.covariance, atol=1e-9)
    assert found.places == base.places


@pytest.mark.parity
def test_agrees_with_the_rings_of_diff_diff() -> None:
    """Butts' two-stage regression; with two periods its estimates are these differences of means."""
    diff_diff = pytest.importorskip("diff_diff")
    pandas = pytest.importorskip("pandas")
    simulated = panel_of(300, [2001.0, 2002], {2002: 12}, spillover=(0.5,), effect="constant", seed=3)
    cube, spots = simulated.panel, np.repeat(simulated.coordinates, 2, axis=0)
    found = decomposition(cube, within(simulated.coordinates, 12.0), 1, mean_effect)
    year, exposed = np.tile([2001, 2002], 300), np.repeat(np.isfinite(cube.first), 2)
    table = pandas.DataFrame(
        {"place": np.repeat(np.arange(300), 2), "year": year, "y": cube.y.reshape(-1), "lat": spots[:, 1],
         "lon": spots[:, 0], "d": (exposed & (year == 2002)).astype(int)}
    )  # fmt: skip
    theirs = diff_diff.SpilloverDiD(rings=[0.0, 12.0], conley_coords=("lat", "lon"), cluster="place").fit(
        table, outcome="y", unit="place", time="year", treatment="d"
    )
    ring = theirs.spillover_effects
    assert_allclose(found.effects.value[:2, 0], [theirs.att, ring["coef"].iloc[0]], rtol=1e-8)
    assert_allclose(found.se[:2, 0], [theirs.se, ring["se"].iloc[0]], rtol=0.01)  # theirs corrects for n


# ---- a known truth -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> dict[str, np.ndarray]:
    """2 000 draws with 45 exposed and some 135 neighbours of 400 places, AR(1) errors, effects that differ.

    error, se (5, draws) of every label; apart: the error of the net effect as if direct and ring were independent;
    naive: error of the direct effect where all places that are not exposed serve as controls; share: of the ring in
    those. One seed decides who is exposed in 100 draws.
    """
    rows = []
    for seed in range(20):
        simulated = drawn(replications=100, seed=seed, exposed=45)
        found = decomposition(simulated.panel, simulated.graph, 1, mean_effect)
        exposed, ring, far = found.places
        rows.append({
            "error": found.effects.value - truth(simulated, found)[:, None],
            "se": found.se,
            "apart": np.hypot(exposed * found.se[0], ring * found.se[1]),
            "naive": mean_effect(simulated.panel).value[0] - simulated.att,
            "share": np.full(100, ring / (ring + far)),
        })  # fmt: skip
    return {key: np.concatenate([row[key] for row in rows], axis=-1) for key in rows[0]}


def test_intervals_cover_the_truth(study) -> None:
    cover = (np.abs(study["error"]) <= 1.96 * study["se"]).mean(axis=1)
    assert_allclose(cover, 0.95, atol=0.02)
    assert_allclose(study["error"].mean(axis=1) / study["error"].std(axis=1), 0, atol=0.1)


def test_the_standard_error_of_the_net_effect_needs_the_covariance(study) -> None:
    """Direct and ring effects share their controls: errors add up instead of averaging out."""
    t = study["error"][3] / np.stack([study["se"][3], study["apart"]])
    assert t[0].std() == pytest.approx(1, abs=0.05)
    assert t[1].std() > 1.07


def test_neighbours_as_controls_hide_part_of_the_effect(study) -> None:
    """A rise next door looks like a smaller rise here: two fifths of the controls carry half a standard deviation."""
    assert study["naive"].mean() == pytest.approx(-0.5 * study["share"].mean(), abs=0.02)
    assert study["naive"].mean() < -0.15
    assert abs(study["error"][0].mean()) < 0.02


def test_without_noise_every_number_is_exact() -> None:
    """Own exposure adds 1, an exposed neighbour 0.5. Places 0 (2012) and 1 (2014) touch, so do 1 and 2; 3.. are far.

    Own year: 0 shows 1, 1, 1.5, 1.5 and 1 shows 1, 1 (it stood 0.5 higher before): 7 / 6. Since touched: 1 shows 0.5,
    0.5, 1.5, 1.5 from 2012 on: 9 / 8. Place 2 carries 0.5 since 2014.
    """
    years = np.arange(2010.0, 2016)
    y = np.zeros((9, 6))
    y[0] = [0, 0, 1, 1, 1.5, 1.5]
    y[1] = [0, 0, 0.5, 0.5, 1.5, 1.5]
    y[2] = [0, 0, 0, 0, 0.5, 0.5]
    places = list("abcdefghi")
    cube = panel(places, years, {"y": y + years}, np.array([2012, 2014, *[np.inf] * 7]))
    graph = adjacency(places, [("a", "b"), ("b", "c"), ("e", "f")])
    own = decomposition(cube, graph, 1, mean_effect, since="own")
    assert_allclose(own.effects.value[:, 0], [7 / 6, 0.5, 0.5, 7 / 3 + 0.5, 7 / 6 + 0.25], rtol=1e-12)
    touched = decomposition(cube, graph, 1, mean_effect, since="touched")
    assert_allclose(touched.effects.value[:3, 0], [9 / 8, 0.5, 0.5], rtol=1e-12)
    with pytest.raises(
        BadDesign, match="1 exposed places stood beside an exposed place before their own year, such as b"
    ):
        decomposition(cube, graph, 1, mean_effect)


# ---- rules -----------------------------------------------------------------------------------------------------


def test_effects_by_event_time() -> None:
    simulated = drawn(seed=2)
    found = decomposition(simulated.panel, simulated.graph, 1, lambda p: aggregate.dynamic(did.att_gt(p)))
    assert found.effects.label[:3] == ("direct: overall", "direct: e=-2", "direct: e=-1")
    assert len(found.effects.label) == 5 * 6
    value = dict(zip(found.effects.label, found.effects.value[:, 0], strict=True))
    assert value["net: e=1"] == pytest.approx(
        found.places[0] * value["direct: e=1"] + found.places[1] * value["ring 1: e=1"]
    )
    assert value["net: overall"] == pytest.approx(np.mean([value[f"net: e={e}"] for e in range(3)]))


def test_three_exposed_places_have_no_standard_error_but_their_ring_has() -> None:
    simulated = drawn(seed=5)
    few = np.flatnonzero(np.isfinite(simulated.panel.first))[:3]
    cube = replace(simulated.panel, first=np.where(np.isin(np.arange(400), few), 2014, np.inf))
    found = decomposition(cube, simulated.graph, 1, mean_effect)
    assert_array_equal(np.isnan(found.se[:, 0]), [True, False, False, True, True])
    assert found.why_no_se == dict.fromkeys(("direct", "net", "net per exposed place"), WHY_FEW)
    assert np.isfinite(found.effects.value).all()
    assert found.covariance[0, 1, 1] > 0
    assert np.isnan(found.covariance[0, 0, 1])


def test_places_in_one_cluster_count_once() -> None:
    simulated = drawn(seed=5)
    one = np.where(np.isfinite(simulated.panel.first), 0, np.arange(400))
    found = decomposition(replace(simulated.panel, cluster=one), simulated.graph, 1, mean_effect)
    assert "direct" in found.why_no_se
    assert "ring 1" not in found.why_no_se


def test_places_without_a_clean_year_are_named_and_serve_nowhere() -> None:
    simulated = drawn(seed=6)
    first = simulated.panel.first.copy()
    corner = 399
    assert np.isinf(first[[corner, corner - 1, corner - 20]]).all()
    first[corner] = 2011  # exposed from the first year on: its neighbours were never clean
    cube = replace(simulated.panel, first=first)
    found = decomposition(cube, simulated.graph, 1, mean_effect)
    beside = [corner - 20, corner - 1, corner]
    assert found.left_out == tuple(cube.places[i] for i in beside)
    assert sum(found.places) == 400 - 3
    assert_array_equal(found.effects.influence[beside], 0)


def test_exposed_after_the_last_year_is_not_exposed_here() -> None:
    simulated = drawn(seed=6)
    late = simulated.panel.first.copy()
    late[399] = 2030
    found = decomposition(replace(simulated.panel, first=late), simulated.graph, 1, mean_effect)
    here = decomposition(simulated.panel, simulated.graph, 1, mean_effect)
    assert_array_equal(found.effects.value, here.effects.value)


def test_donors_stand_behind_the_buffer() -> None:
    simulated = drawn(seed=6)
    first, steps = simulated.panel.first, simulated.rings.steps
    wide = rings(simulated.graph, first, 3)
    assert_array_equal(donors(first, wide, 0), np.isinf(first))
    assert_array_equal(donors(first, wide, 1), steps == 2)
    assert donors(first, wide, 3).sum() < donors(first, wide, 2).sum()
    with pytest.raises(BadDesign, match="know 3 steps"):
        donors(first, wide, 4)
    with pytest.raises(BadDesign, match="no donor"):
        donors(np.full(400, 2014.0), rings(simulated.graph, np.full(400, 2014.0), 1), 1)


def test_bad_input() -> None:
    simulated = drawn(seed=6)
    cube, graph = simulated.panel, simulated.graph
    alone = graph[:, :].tolil()
    alone[:, :] = False
    cases = [
        (cube, graph, 40, mean_effect, "0 places are further than 40|in ring"),
        (replace(cube, first=np.full(400, np.inf)), graph, 1, mean_effect, "exposed or in ring 1"),
        (cube, alone.tocsr(), 1, mean_effect, "in ring 1"),
        (cube, graph[:5, :5], 1, mean_effect, "one first exposed year for each"),
        (
            cube,
            graph,
            1,
            lambda p: replace(mean_effect(p), influence=np.zeros((400, 1, 1))),
            "gave influence",
        ),
        (cube, graph, 1, lambda p: replace(mean_effect(p), value=np.full((1, 1), np.nan)), "gave no number"),
        (
            cube,
            graph,
            1,
            lambda p: replace(mean_effect(p), label=(str(np.isfinite(p.first).sum()),)),
            "do not have the same effects",
        ),
    ]
    for panel_, graph_, buffer, estimator, says in cases:
        with pytest.raises(BadDesign, match=says):
            decomposition(panel_, graph_, buffer, estimator)
    with pytest.raises(BadDesign, match="own or touched"):
        decomposition(cube, graph, 1, mean_effect, since="then")
