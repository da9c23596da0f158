"""Spatial covariance against dense formulas and diff-diff; Moran's I against spdep, esda and every permutation."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation import aggregate, did
from vereda.evaluation.exposure import EARTH_KM, adjacency, by_km, by_steps, nearest
from vereda.evaluation.inference import standard_error
from vereda.evaluation.results import Estimates
from vereda.evaluation.simulate import panel_of
from vereda.evaluation.spatial import (
    blocks,
    cluster_covariance,
    conley,
    false_discovery,
    local_moran,
    moran,
    moran_of_residuals,
    standard_errors,
)

# Columbus, Ohio, 49 neighbourhoods in 1980 (Anselin 1988, Spatial Econometrics, table 12.1); neighbours share a border
# or a corner (spData::columbus, col.gal). Crime per 1 000 households; house value and income in 1 000 dollars.
CRIME = np.array([15.72598, 18.801754, 30.626781, 32.38776, 50.73151, 26.066658, 0.178269, 38.425858, 30.515917,
    34.000835, 62.275448, 56.705669, 46.716129, 57.066132, 48.585487, 54.838711, 36.868774, 43.962486, 54.521965,
    0.223797, 40.074074, 33.705048, 20.048504, 38.297871, 61.299175, 40.969742, 52.79443, 56.919785, 60.750446,
    68.892044, 17.677214, 19.145592, 41.968163, 23.974028, 39.175053, 14.305556, 42.445076, 53.710938, 19.100863,
    16.241299, 18.905146, 16.49189, 36.663612, 25.962263, 29.028488, 16.530533, 27.822861, 26.645266, 22.541491])  # fmt: skip
HOVAL = np.array([80.467003, 44.567001, 26.35, 33.200001, 23.225, 28.75, 75.0, 37.125, 52.599998, 96.400002, 19.700001,
    19.9, 41.700001, 42.900002, 18.0, 18.799999, 41.75, 60.0, 30.6, 81.266998, 19.975, 30.450001, 47.733002, 53.200001,
    17.9, 20.299999, 34.099998, 22.85, 32.5, 22.5, 31.799999, 40.299999, 23.6, 28.450001, 27.0, 36.299999, 43.299999,
    22.700001, 39.599998, 61.950001, 42.099998, 44.333, 25.700001, 33.5, 27.733, 76.099998, 42.5, 26.799999, 35.799999])  # fmt: skip
INC = np.array([19.531, 21.232, 15.956, 4.477, 11.252, 16.028999, 8.438, 11.337, 17.586, 13.598, 7.467, 10.048, 9.549,
    9.963, 9.873, 7.625, 9.798, 13.185, 11.618, 31.07, 10.655, 11.709, 21.155001, 14.236, 8.461, 8.085, 10.822, 7.856,
    8.681, 13.906, 16.940001, 18.941999, 9.918, 14.948, 12.814, 18.739, 17.017, 11.107, 18.476999, 29.833, 22.207001,
    25.872999, 13.38, 16.961, 14.135, 18.323999, 18.950001, 11.813, 18.796])  # fmt: skip
BORDERS = """0-1 0-2 1-3 1-2 2-4 2-3 3-7 3-4 4-15 4-14 4-10 4-7 4-8 4-5 5-8 6-13 6-12 6-11 6-7 7-12 7-11 7-10 8-25 8-24
8-21 8-19 8-14 8-9 9-21 9-19 9-16 10-15 10-14 10-11 11-15 11-13 11-12 12-13 13-18 13-15 13-17 14-24 14-15 14-25 15-24
15-23 15-17 16-22 16-19 17-23 17-18 18-23 19-34 19-32 19-26 19-21 19-22 19-31 19-39 20-33 20-23 20-29 21-27 21-26 21-25
22-31 23-29 23-28 23-24 24-29 24-28 24-25 24-27 25-28 25-27 26-32 26-27 27-37 27-36 27-28 27-32 27-34 28-36 28-29 28-37
29-36 30-38 30-35 30-33 31-40 31-39 32-34 33-41 33-35 34-43 34-42 34-37 34-39 35-45 35-38 35-41 36-44 36-37 36-42 37-42
37-43 38-45 39-46 39-40 40-46 42-47 42-44 42-43 43-48 43-47 44-47 44-48 47-48"""
COLUMBUS = adjacency([str(i) for i in range(49)], [tuple(b.split("-")) for b in BORDERS.split()])
# de Smith, Goodchild & Longley, Geospatial Analysis, figure 5-31: ten places, as in the documentation of PySAL
TEN = np.array([2.24, 3.10, 4.55, -5.15, -4.39, 0.46, 5.54, 9.02, -2.09, -3.06])
TEN_BORDERS = ["0-1", "0-3", "1-4", "2-3", "2-6", "3-4", "3-7", "4-5", "4-8", "5-9", "6-7", "7-8", "8-9"]


def numbered(n: int, borders: list[str]) -> csr_array:
    return adjacency([str(i) for i in range(n)], [tuple(b.split("-")) for b in borders])


# ---- Moran's I -------------------------------------------------------------------------------------------------


@pytest.mark.published("spdep moran.test(columbus$CRIME), randomisation, style W; PySAL prints the same I")
def test_crime_in_columbus() -> None:
    found = moran(CRIME, COLUMBUS, seed=1)
    assert found.i == pytest.approx(0.500188557, abs=5e-10)
    assert found.expected == pytest.approx(-0.020833333, abs=5e-10)
    assert found.variance == pytest.approx(0.008689289, abs=5e-10)
    assert found.z == pytest.approx(5.5894, abs=5e-5)
    assert found.p_normal / 2 == pytest.approx(1.139e-08, rel=5e-4)  # printed one-sided
    assert found.p == 1 / 1000  # as far out as 999 draws can tell


@pytest.mark.published("spdep lm.morantest(lm(CRIME ~ INC + HOVAL, columbus)), style W")
def test_residuals_of_crime_in_columbus() -> None:
    design = np.column_stack([np.ones(49), INC, HOVAL])
    found = moran_of_residuals(CRIME, design, COLUMBUS, seed=1, permutations=9_999)
    assert found.i == pytest.approx(0.222109407, abs=5e-10)
    assert found.expected == pytest.approx(-0.033418335, abs=5e-10)
    assert found.variance == pytest.approx(0.008099305, abs=5e-10)
    assert found.z == pytest.approx(2.8393, abs=5e-5)
    assert found.p_normal / 2 == pytest.approx(0.00226, abs=5e-6)
    assert found.p == pytest.approx(found.p_normal, abs=0.004)


def test_binary_weights_agree_with_esda() -> None:
    """esda 2.9.0: Moran(CRIME, columbus.gal, transformation="B")."""
    found = moran(CRIME, COLUMBUS, seed=1, permutations=9, row_standardised=False)
    assert found.i == pytest.approx(0.515461436886279, rel=1e-12)
    assert found.variance == pytest.approx(0.0074543943427878515, rel=1e-12)


def test_mean_and_variance_are_those_of_all_permutations() -> None:
    """Seven places, 5 040 orders: the analytic moments under randomisation are exact, also for one-way graphs."""
    values = np.array([1.0, 4, 2, 8, 5, 7, 20])
    for graph in (
        numbered(7, ["0-1", "1-2", "2-3", "3-4", "4-5", "5-6", "0-6", "2-5"]),
        nearest(np.c_[values, values % 3], 2),
    ):
        w = graph.toarray() / graph.sum(axis=1)[:, None]
        z = np.array(list(permutations(values - values.mean())))
        every = 7 / w.sum() * np.einsum("bi,ij,bj->b", z, w, z) / (z[0] @ z[0])
        found = moran(values, graph, seed=2, permutations=4_999)
        assert found.expected == pytest.approx(every.mean(), rel=1e-10)
        assert found.variance == pytest.approx(every.var(), rel=1e-10)
        exact = (np.abs(every - every.mean()) >= abs(found.i - every.mean()) - 1e-10).mean()
        assert found.p == pytest.approx(exact, abs=0.03)


def test_without_order_the_permutation_test_rejects_one_in_twenty() -> None:
    rng = np.random.default_rng(3)
    p = [moran(rng.exponential(size=49), COLUMBUS, rng, permutations=99).p for _ in range(600)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_residuals_without_order_are_rejected_one_time_in_twenty() -> None:
    """With columns that are ordered in space themselves, so that the mean is far from -1 / (n - 1)."""
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(49), INC, HOVAL, CRIME, np.arange(49) > 20])
    p = [moran_of_residuals(rng.normal(size=49), design, COLUMBUS, rng, 99).p for _ in range(600)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_islands_take_no_part() -> None:
    wide = csr_array(
        (COLUMBUS.data, COLUMBUS.indices, np.r_[COLUMBUS.indptr, [COLUMBUS.nnz] * 2]), shape=(51, 51)
    )
    found, without = moran(np.r_[CRIME, 1e6, -3], wide, seed=1), moran(CRIME, COLUMBUS, seed=1)
    assert (found.i, found.variance, found.p) == (without.i, without.variance, without.p)
    assert (found.places, found.islands) == (49, 2)


@settings(max_examples=25)
@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3), seed=st.integers(0, 99))
def test_units_do_not_matter(scale: float, shift: float, seed: int) -> None:
    here, there = moran(CRIME, COLUMBUS, seed, 49), moran(scale * (CRIME + shift), COLUMBUS, seed, 49)
    assert there.i == pytest.approx(here.i, rel=1e-6)
    assert there.p == here.p


# ---- local indicators --------------------------------------------------------------------------------------------


@pytest.mark.published("PySAL documentation, esda.Moran_Local on desmith: lm.q")
def test_quadrants_of_ten_places() -> None:
    """[4, 4, 4, 2, 3, 3, 1, 4, 3, 3], where 1 is HH, 2 LH, 3 LL, 4 HL."""
    printed = dict(enumerate(["HH", "LH", "LL", "HL"], start=1))
    found = local_moran(TEN, numbered(10, TEN_BORDERS), seed=1, permutations=99)
    assert list(found.quadrant) == [printed[q] for q in (4, 4, 4, 2, 3, 3, 1, 4, 3, 3)]


def test_local_indicators_agree_with_esda() -> None:
    """esda 2.9.0, 99 999 draws, its p is one tail and its m2 divides by n - 1; here places 7, 16, 24, 32, 36, 43."""
    some = np.array([6, 15, 23, 31, 35, 42])
    found = local_moran(CRIME, COLUMBUS, seed=2, permutations=19_999)
    esda = np.array([-1.8226162, 1.21349074, 0.22386323, 1.21455187, 1.21787023, 0.0056595])
    assert_allclose(found.i[some], esda * 49 / 48, atol=2e-8)
    one_tail = np.array([0.03711, 0.00036, 0.00015, 0.00218, 0.00679, 0.43308])
    assert (np.abs(found.p[some] / 2 - one_tail) < 4 * np.sqrt(one_tail / 20_000) + 1e-4).all()


def test_local_indicators_add_up_to_the_global_one() -> None:
    """Bivand, Spatial data analysis with R and Python: sum of localmoran Ii over S0 is Moran's I, 0.5001886."""
    found = local_moran(CRIME, COLUMBUS, seed=2, permutations=9)
    assert found.i.sum() / 49 == pytest.approx(moran(CRIME, COLUMBUS, 1, 9).i, rel=1e-12)


def test_local_p_is_the_share_of_all_draws() -> None:
    """Place 0 has two neighbours: 72 ordered pairs can be drawn from the nine others."""
    graph = numbered(10, TEN_BORDERS)
    found = local_moran(TEN, graph, seed=5, permutations=19_999)
    every = np.array([np.mean(pair) for pair in permutations(TEN[1:], 2)])
    mine = np.mean(TEN[graph.indices[graph.indptr[0] : graph.indptr[1]]])
    tail = min((every >= mine - 1e-9).mean(), (every <= mine + 1e-9).mean())
    assert found.p[0] == pytest.approx(min(1, 2 * tail), abs=0.02)


def test_a_cold_spot_is_found_and_noise_is_not() -> None:
    """Without order, adjusted p-values below 0.05 are rare anywhere on the map; a planted spot is seen."""
    rng = np.random.default_rng(6)
    field = panel_of(400, [2001.0, 2002], {2002: 1}, seed=1)
    false = [(local_moran(rng.normal(size=400), field.graph, rng, 1_999).q < 0.05).any() for _ in range(25)]
    assert np.mean(false) <= 0.2
    values = rng.normal(size=400)
    spot = np.r_[0:4, 20:24, 40:44, 60:64]
    values[spot] -= 3
    found = local_moran(values, field.graph, 1, 9_999)
    assert (found.q[spot] < 0.05).sum() >= 6
    assert set(found.quadrant[found.q < 0.05]) == {"LL"}


def test_false_discovery_agrees_with_scipy() -> None:
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(7).beta(0.4, 2, 60).round(2)  # with ties
    assert_allclose(false_discovery(p), false_discovery_control(p), rtol=1e-12)


def test_a_place_that_is_seen_but_sees_nobody() -> None:
    graph = csr_array(np.array([[0, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0] * 5]))
    found = local_moran(np.array([1.0, 5, 2, 9, 4]), graph, seed=1, permutations=99)
    assert_array_equal(np.isnan(found.i), [False, False, True, False, True])
    assert_array_equal(found.quadrant == "", np.isnan(found.p))
    assert_array_equal(np.isnan(found.q), np.isnan(found.p))


@pytest.mark.parametrize(
    ("values", "graph", "says"),
    [
        (np.full(49, 3.0), COLUMBUS, "1 different values"),
        (np.where(CRIME > 60, np.nan, CRIME), COLUMBUS, "4 missing"),
        (CRIME[:48], COLUMBUS, "each of the 49 places"),
        (CRIME, COLUMBUS * -1.0, "not negative"),
        (CRIME[:3], numbered(3, ["0-1", "1-2"]), "at least four"),
        (CRIME[:6], csr_array(1.0 - np.eye(6)), "every other"),
        (CRIME[:6], csr_array(np.eye(6)), "own neighbour"),
    ],
)
def test_bad_input(values: np.ndarray, graph: csr_array, says: str) -> None:
    with pytest.raises(BadDesign, match=says):
        moran(values, graph, seed=1)


def test_bad_designs_and_draws() -> None:
    with pytest.raises(BadDesign, match="repeat each other"):
        moran_of_residuals(CRIME, np.column_stack([np.ones(49), INC, 2 * INC + 1]), COLUMBUS, 1)
    with pytest.raises(BadDesign, match="no residual"):
        moran_of_residuals(CRIME, np.column_stack([np.ones(49), CRIME]), COLUMBUS, 1)
    with pytest.raises(BadDesign, match="0 permutations"):
        local_moran(CRIME, COLUMBUS, 1, permutations=0)


# ---- covariance ----------------------------------------------------------------------------------------------


def scattered(n: int = 120, p: int = 3, m: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Influence, coordinates, and all distances from the law of cosines."""
    rng = np.random.default_rng(8)
    spots = np.column_stack([rng.uniform(-76, -74, n), rng.uniform(3, 5, n)])
    lon, lat = np.radians(spots).T
    cosine = np.sin(lat)[:, None] * np.sin(lat) + np.cos(lat)[:, None] * np.cos(lat) * np.cos(
        lon[:, None] - lon
    )
    return rng.normal(size=(n, p, m)), spots, EARTH_KM * np.arccos(np.clip(cosine, -1, 1))


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_conley_is_the_dense_double_sum(kernel: str) -> None:
    influence, spots, apart = scattered()
    weight = np.where(apart <= 40, 1 - apart / 40 if kernel == "bartlett" else 1.0, 0.0)
    np.fill_diagonal(weight, 1)
    dense = np.einsum("ipm,ij,jqm->mpq", influence, weight, influence) / 120**2
    found = conley(influence, by_km(spots, 100), 40, kernel)
    assert_allclose(found, dense, rtol=1e-6, atol=1e-9)
    assert_allclose(found, found.transpose(0, 2, 1), rtol=1e-12)


def test_with_no_other_place_in_reach_conley_is_the_ordinary_one() -> None:
    influence, spots, _ = scattered()
    alone = cluster_covariance(influence, np.arange(120))
    assert_allclose(conley(influence, by_km(spots, 100), 1e-6), alone, rtol=1e-12)
    assert_allclose(standard_errors(alone), np.sqrt((influence**2).sum(axis=0)) / 120, rtol=1e-12)


def test_uniform_conley_on_separate_islands_is_clustering() -> None:
    """Two laws meet: within reach exactly those of the same cluster."""
    rng = np.random.default_rng(9)
    influence, group = rng.normal(size=(60, 2, 1)), np.repeat(np.arange(12), 5)
    spots = np.column_stack([group * 1.0, rng.uniform(0, 0.05, 60)])
    assert_allclose(
        conley(influence, by_km(spots, 50), 50, "uniform"), cluster_covariance(influence, group), rtol=1e-12
    )
    assert len(np.unique(blocks(spots + 0.01, 55.0))) == 12


def test_steps_serve_as_distance() -> None:
    influence = np.random.default_rng(10).normal(size=(49, 1, 1))
    near = COLUMBUS.toarray()
    two = (near @ near > 0) & ~near & ~np.eye(49, dtype=bool)
    weight = np.eye(49) + near * 2 / 3 + two / 3
    dense = influence[:, 0, 0] @ weight @ influence[:, 0, 0] / 49**2
    assert conley(influence, by_steps(COLUMBUS, 3), 3)[0, 0, 0] == pytest.approx(dense, rel=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_conley_agrees_with_diff_diff(kernel: str) -> None:
    """A regression of changes on exposure: its influence is (X'X / n)^-1 x e."""
    linalg = pytest.importorskip("diff_diff.linalg")
    _, spots, _ = scattered()
    rng = np.random.default_rng(11)
    x = np.column_stack([np.ones(120), rng.integers(0, 2, 120)])
    y = rng.normal(size=120)
    residual = y - x @ np.linalg.lstsq(x, y)[0]
    influence = (x * residual[:, None]) @ np.linalg.inv(x.T @ x / 120)
    theirs = linalg.compute_robust_vcov(
        x, residual, vcov_type="conley", conley_coords=spots[:, ::-1], conley_cutoff_km=40 * 6371.01 / EARTH_KM,
        conley_metric="haversine", conley_kernel=kernel,
    )  # fmt: skip
    assert_allclose(conley(influence[:, :, None], by_km(spots, 60), 40, kernel)[0], theirs, rtol=1e-6)


def test_the_diagonal_is_the_standard_error_of_inference() -> None:
    influence, _, _ = scattered()
    cluster = np.arange(120) // 7
    plain = standard_error(Estimates(("a", "b", "c"), np.ones((3, 2)), influence), cluster)
    assert_allclose(standard_errors(cluster_covariance(influence, cluster)), plain, rtol=1e-12)


def test_a_patch_of_exposed_places_with_shared_shocks() -> None:
    """Places taken as strangers: intervals far too short. Conley's repair most of it; the truth is known."""
    miss = []
    for seed in range(6):
        drawn = panel_of(
            900, [2001.0, 2002], {2002: 120}, errors="spatial", selection="patch", replications=60, seed=seed
        )
        found = aggregate.simple(did.att_gt(drawn.panel))
        plain = standard_errors(cluster_covariance(found.influence, drawn.panel.cluster))
        spatial = standard_errors(conley(found.influence, by_steps(drawn.graph, 8), 8))
        miss.append(np.abs(found.value) > 1.96 * np.stack([plain, spatial]))
    plain, spatial = np.concatenate(miss, axis=-1).mean(axis=(1, 2))
    assert plain > 0.2
    assert spatial < 0.15


def test_a_negative_variance_is_refused() -> None:
    pair = np.array([1.0, -1, 1, -1])[:, None, None]
    line = numbered(4, ["0-1", "1-2", "2-3"])
    with pytest.raises(BadDesign, match="below zero"):
        standard_errors(conley(pair, by_steps(line, 1), 1, "uniform"))


@pytest.mark.parametrize(
    "call",
    [
        lambda i, s: conley(i, by_km(s, 10), 20),
        lambda i, s: conley(i, by_km(s, 10), 10, "gauss"),
        lambda i, s: conley(i[:, :, 0], by_km(s, 10), 10),
        lambda i, s: conley(i[1:], by_km(s, 10), 10),
        lambda i, s: cluster_covariance(i, np.zeros(3, dtype=int)),
        lambda i, s: blocks(s, 0.0),
    ],
)
def test_bad_covariance_input(call) -> None:
    influence, spots, _ = scattered()
    with pytest.raises(BadDesign):
        call(influence, spots)
