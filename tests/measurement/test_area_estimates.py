"""Areas and accuracies: published examples to the printed digits, closed forms, laws, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.errors import BadDesign
from vereda.measurement.area.accuracy import accuracy, ends
from vereda.measurement.area.assisted import difference, ratio
from vereda.measurement.area.intervals import z
from vereda.measurement.area.sample import (
    Sample,
    Strata,
    from_counts,
    from_points,
    from_weights,
    strata_of,
)
from vereda.measurement.area.stratified import areas, post_stratified

Z = 1.96
FOUR = ("deforestation", "gain", "forest", "other")
OLOFSSON = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
TINIGUA = ("1", "2", "5"), (145078.56, 5703.75, 64029.69)
REFERENCE = "AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB"
MAPPED = "AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD"
STRATUM = "1" * 10 + "2" * 10 + "3" * 10 + "4" * 10


def olofsson_2014() -> Sample:
    pixels = np.array([200_000, 150_000, 3_200_000, 6_450_000])
    return from_counts(strata_of(FOUR, pixels * 0.09), FOUR, OLOFSSON, FOUR)  # 30 m: 0.09 ha


def stehman_2014(weight: tuple[int, ...] = (40_000, 30_000, 20_000, 10_000)) -> Sample:
    return from_points(strata_of(tuple("1234"), np.array(weight), "px"), STRATUM, REFERENCE, MAPPED)


def tinigua(counts: list[list[int]]) -> Sample:
    names, area = TINIGUA
    return from_counts(strata_of(names, area), names, counts, names)


@pytest.mark.published("Olofsson et al. (2013) example 1, by way of the manual of R mapaccuracy")
def test_olofsson_2013() -> None:
    names = ("1", "2", "3")
    sample = from_counts(
        strata_of(names, [22353, 1122543, 610228], "px"), names, [[97, 0, 3], [3, 279, 18], [2, 1, 97]], names
    )
    found = areas(sample)
    assert found.area[0] == pytest.approx(45_112, abs=0.5)
    assert z(0.95) * found.area_se[0] == pytest.approx(21_072, abs=0.5)  # not 1.96: 21,072.75
    assert accuracy(sample).overall == pytest.approx(0.944, abs=5e-4)


@pytest.mark.published("Olofsson et al. (2014), Remote Sensing of Environment 148, table 8 and section 5")
@pytest.mark.parametrize(
    ("k", "area", "half"),
    [(0, 21_158, 6_158), (1, 11_686, 3_756), (2, 285_770, 15_510), (3, 581_386, 16_281)],
)
def test_olofsson_2014_areas(k: int, area: float, half: float) -> None:
    found = areas(olofsson_2014())
    assert found.area[k] == pytest.approx(area, abs=0.5)
    assert Z * found.area_se[k] == pytest.approx(half, abs=1)


@pytest.mark.published("Olofsson et al. (2014), section 5")
def test_olofsson_2014_accuracies() -> None:
    found = accuracy(olofsson_2014())
    assert found.overall == pytest.approx(0.947, abs=5e-4)
    assert Z * found.overall_se == pytest.approx(0.018, abs=5e-4)
    assert (found.user[0], Z * found.user_se[0]) == pytest.approx((0.88, 0.07), abs=5e-3)
    assert (found.producer[0], Z * found.producer_se[0]) == pytest.approx((0.75, 0.21), abs=5e-3)


def test_counting_pixels_is_no_estimate() -> None:
    assert 18_000 / areas(olofsson_2014()).area[0] - 1 == pytest.approx(-0.149, abs=5e-4)


@pytest.mark.published("Stehman (2014) by way of the manual of R mapac, aa_stratified: seven digits")
def test_stehman_2014() -> None:
    sample = stehman_2014()
    found, good = areas(sample), accuracy(sample)
    assert (found.share[0], found.se[0]) == pytest.approx((0.350, 0.082), abs=5e-4)
    assert (found.share[2], found.se[2]) == pytest.approx((0.200, 0.064), abs=5e-4)
    assert (good.overall, good.overall_se) == pytest.approx((0.630, 0.085), abs=5e-4)
    assert good.user == pytest.approx([0.7419355, 0.5744681, 0.5, 0.7], abs=5e-8)
    assert good.user_se[:3] == pytest.approx([0.1645627, 0.1248023, 0.2151657], abs=5.5e-8)
    assert good.producer[:3] == pytest.approx([0.6571429, 0.7941176, 0.3], abs=5e-8)
    assert good.producer_se[:3] == pytest.approx([0.1477318, 0.1165671, 0.1504438], abs=5.5e-8)
    printed = [[0.23, 0.04, 0.04, 0], [0.12, 0.27, 0.08, 0], [0, 0.02, 0.06, 0.04], [0, 0.01, 0.02, 0.07]]
    assert good.matrix == pytest.approx(np.array(printed), abs=1e-12)


def test_the_same_by_the_package_samplics() -> None:
    """Taylor linearisation of samplics 0.6.1 (a mean and a ratio by stratum), computed once on these points."""
    sample = stehman_2014()
    assert areas(sample).se[0] == pytest.approx(0.08225975119502045, abs=1e-15)
    assert accuracy(sample).user_se[1] == pytest.approx(0.12480227691663678, abs=1e-15)


@pytest.mark.published(
    "AcATaMa's test of the stratified estimator, Tinigua national park 2019-2020, five digits"
)
def test_tinigua_stratified() -> None:
    sample = tinigua([[287, 1, 25], [3, 43, 4], [11, 1, 127]])
    found, good = areas(sample), accuracy(sample)
    assert found.area == pytest.approx([138436.62858, 5829.38003, 70545.99139], abs=1e-5)
    assert found.area_se == pytest.approx([2709.37784, 712.02037, 2711.10722], abs=1e-5)
    assert (good.overall, good.overall_se) == pytest.approx((0.91445, 0.0128), abs=6e-6)
    assert good.user == pytest.approx([0.91693, 0.86, 0.91367], abs=6e-6)
    assert good.user_se == pytest.approx([0.01562, 0.04957, 0.02391], abs=6e-6)
    assert good.producer == pytest.approx([0.96093, 0.84147, 0.82927], abs=6e-6)


@pytest.mark.published(
    "AcATaMa's test of the simple post-stratified estimator: area shares and their errors, table 4"
)
def test_tinigua_post_stratified() -> None:
    found = post_stratified(tinigua([[325, 0, 15], [0, 17, 0], [7, 1, 135]]))
    assert found.area == pytest.approx([141812.35578, 6151.51007, 66848.13415], abs=1e-5)
    assert found.share == pytest.approx([0.66017, 0.02864, 0.31119], abs=6e-6)
    assert found.se == pytest.approx([0.00927, 0.00208, 0.00948], abs=6e-6)


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(
        st.lists(st.integers(0, 40), min_size=3, max_size=3).filter(lambda r: sum(r) > 2),
        min_size=3,
        max_size=3,
    ),
    area=st.lists(st.floats(1, 1e6), min_size=3, max_size=3),
)
def test_strata_that_are_map_classes_give_olofssons_closed_form(
    counts: list[list[int]], area: list[float]
) -> None:
    """Equation 7 of Olofsson et al. (2014) is the ratio estimator's error in that case."""
    names = ("a", "b", "c")
    found = accuracy(from_counts(strata_of(names, area), names, counts, names))
    n = np.array(counts, dtype=float)
    total = n.sum(axis=1)
    w = np.array(area)
    seen = (w / total) @ n
    for j in range(3):
        if seen[j] == 0:
            assert np.isnan(found.producer[j])
            continue
        u, p = n[j, j] / total[j], w[j] / total[j] * n[j, j] / seen[j]
        others = [i for i in range(3) if i != j]
        inner = sum(
            w[i] ** 2 * n[i, j] / total[i] * (1 - n[i, j] / total[i]) / (total[i] - 1) for i in others
        )
        variance = (w[j] ** 2 * (1 - p) ** 2 * u * (1 - u) / (total[j] - 1) + p**2 * inner) / seen[j] ** 2
        assert found.producer[j] == pytest.approx(p, rel=1e-9)
        assert found.producer_se[j] == pytest.approx(np.sqrt(variance), rel=1e-6, abs=1e-9)


def test_splitting_a_class_by_a_buffer_needs_no_other_formula() -> None:
    """Two strata of one map class: user's accuracy is weighted by land, not by points."""
    strata = strata_of(("crop", "buffer", "rest"), [10.0, 90.0, 900.0])
    sample = from_counts(strata, ("crop", "not"), [[8, 2], [5, 45], [0, 50]], ("crop", "not", "not"))
    found = accuracy(sample)
    assert found.classes == ("crop", "not")
    assert found.user[1] == pytest.approx((90 * 0.9 + 900) / 990)
    assert found.producer[0] == pytest.approx(8 / (8 + 9))


def test_a_class_only_on_the_map_has_user_but_no_producer() -> None:
    strata = strata_of(("a", "b"), [1.0, 1.0])
    found = accuracy(from_points(strata, list("aabb"), ["x", "x", "x", "y"], ["x", "z", "y", "y"]))
    z = found.classes.index("z")
    assert found.user[z] == 0
    assert np.isnan(found.producer[z])


def test_intervals_of_accuracy_hold_the_estimate_and_stay_between_zero_and_one() -> None:
    sample = olofsson_2014()
    found, limits = accuracy(sample), ends(sample, 0.95, 1)
    for side, value in ((0, found.user), (1, found.producer)):
        assert (limits.low[:, side] < value).all()
        assert (value < limits.high[:, side]).all()
        assert (limits.low[:, side] > 0).all()
        assert (limits.high[:, side] < 1).all()


def test_finite_population_correction() -> None:
    """Every pixel seen: nothing is uncertain."""
    names = ("a", "b")
    strata = Strata(names, np.array([4.0, 6.0]), "ha", np.array([4.0, 6.0]))
    found = areas(from_counts(strata, ("x", "y"), [[1, 3], [2, 4]]))
    assert found.share[0] == pytest.approx(0.3)
    assert found.se == pytest.approx([0, 0])


def test_post_stratified_over_all_samples_is_wider_and_right() -> None:
    """Cochran's unconditional variance against 4,000 simple samples of a known land."""
    rng = np.random.default_rng(1)
    w, p, n = np.array([0.2, 0.8]), np.array([0.6, 0.1]), 100
    strata = strata_of(("a", "b"), w)
    told, estimates = [], []
    for _ in range(4000):
        first = rng.binomial(n, w[0])
        hits = rng.binomial([first, n - first], p)
        counts = np.column_stack([hits, [first, n - first] - hits])
        sample = from_counts(strata, ("x", "y"), counts)
        estimates.append(areas(sample).share[0])
        told.append(
            [post_stratified(sample).se[0] ** 2, post_stratified(sample, conditional=False).se[0] ** 2]
        )
    given_n, over_all = np.mean(told, axis=0)
    assert over_all > given_n * 0.99
    assert np.var(estimates) == pytest.approx(over_all, rel=0.06)


# Map-assisted ------------------------------------------------------------------------------------------------


def _population() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    f = rng.uniform(0, 1, 20_000) ** 3
    y = (rng.uniform(size=20_000) < np.clip(f * 0.9 + 0.02, 0, 1)).astype(float)
    return y, f, np.zeros(400, dtype=int)


@pytest.mark.parametrize(
    ("power", "mean", "se"), [(1.0, 0.21999205, 0.01781244), (0.5, 0.21874603, 0.01803107)]
)
def test_difference_is_prediction_powered_inference(power: float, mean: float, se: float) -> None:
    """ppi-python 0.2.3 on the same 400 points. It takes f's mean for a sample of 20,000 and divides by n, so its
    variance is ours times (n - 1) / n plus lambda^2 var(f) / N."""
    y, f, stratum = _population()
    found = difference(y[:400], f[:400], np.array([f.mean()]), np.array([1.0]), stratum, power)
    assert found.mean == pytest.approx(mean, abs=5e-9)
    theirs = found.se**2 * 399 / 400 + power**2 * f.var() / 20_000
    assert np.sqrt(theirs) == pytest.approx(se, abs=5e-9)


def test_tuning_never_loses_and_the_map_alone_is_biased() -> None:
    y, f, stratum = _population()
    found = difference(y[:400], f[:400], np.array([f.mean()]), np.array([1.0]), stratum)
    fixed = [
        difference(y[:400], f[:400], np.array([f.mean()]), np.array([1.0]), stratum, lam)
        for lam in (0.0, 0.5, 1.0)
    ]
    assert found.se <= min(x.se for x in fixed)
    assert fixed[0].se == fixed[0].alone_se
    assert found.worth > 1.3
    assert found.map_alone / y.mean() - 1 > 0.04
    assert abs(found.mean - y.mean()) < 2 * found.se


def test_assisted_intervals_cover() -> None:
    y, f, _ = _population()
    rng = np.random.default_rng(4)
    truth, mean_f, covered = y.mean(), np.array([f.mean()]), {"difference": 0, "ratio": 0}
    for _ in range(600):
        at = rng.choice(len(y), 400, replace=False)
        one = np.zeros(400, dtype=int)
        for name, found in (
            ("difference", difference(y[at], f[at], mean_f, np.ones(1), one)),
            ("ratio", ratio(y[at], f[at], mean_f, np.ones(1), one)),
        ):
            covered[name] += abs(found.mean - truth) <= Z * found.se
    assert all(0.92 < c / 600 < 0.98 for c in covered.values()), covered


def test_a_map_of_strata_adds_nothing_to_stratification() -> None:
    """f constant within strata: difference and stratified estimate are one."""
    y = np.array([1.0, 0, 1, 0, 0, 0, 1, 0])
    stratum = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    f = np.array([0.9, 0.1])[stratum]
    found = difference(y, f, np.array([0.9, 0.1]), np.array([1.0, 3.0]), stratum)
    assert found.mean == pytest.approx(found.alone)
    assert found.se == pytest.approx(found.alone_se)


# Bad input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: strata_of(("a", "a"), [1, 1]), "'a' is there twice"),
        (lambda: strata_of(("a", "b"), [1, 0]), "'b' has no area above zero"),
        (lambda: strata_of(("a",), [1, 2]), "each stratum needs one area"),
        (lambda: from_weights(("a", "b"), [0.5, 0.4], 100), "sum to 0.9, not to 1"),
        (lambda: from_weights(("a", "b"), [0.5, 0.5], 0), "must be above zero"),
        (lambda: from_counts(strata_of(("a", "b"), [1, 1]), ("x", "y"), [[5, 1], [0, 1]]), "Too few points in: b (1)"),
        (lambda: from_counts(strata_of(("a",), [1]), ("x", "y"), [[5, -1]]), "whole numbers"),
        (lambda: from_counts(strata_of(("a",), [1]), ("x", "y"), [[5.5, 1]]), "whole numbers"),
        (lambda: from_counts(strata_of(("a",), [1]), ("x", "y"), [[5, 1, 1]]), "2 classes are needed"),
        (lambda: from_points(strata_of(("a",), [1]), ["a", "q"], ["x", "y"]), "stratum 'q', whose area is not given"),
        (lambda: accuracy(from_counts(strata_of(("a",), [1]), ("x", "y"), [[5, 1]])), "no map class is given"),
        (lambda: difference(np.ones(3), np.ones(2), np.ones(1), np.ones(1), np.zeros(3)), "a prediction and a stratum"),
        (lambda: difference(np.array([1, np.nan]), np.ones(2), np.ones(1), np.ones(1), np.zeros(2)), "is missing"),
        (lambda: difference(np.ones(2), np.ones(2), np.ones(2), np.ones(2), np.zeros(2)), "fewer than two points"),
        (lambda: ratio(np.ones(2), np.zeros(2), np.ones(1), np.ones(1), np.zeros(2)), "the sample holds none"),
    ],
)  # fmt: skip
def test_refusals(make, says: str) -> None:
    with pytest.raises(BadDesign, match=says.replace("(", r"\(").replace(")", r"\)")):
        make()
