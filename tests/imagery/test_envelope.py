"""Inside or outside what a model was trained on: the same answers as the distance itself gives, also where rounding decides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.imagery.envelope import Envelope, envelope


def made(n: int, f: int, seed: int, repeats: int = 1) -> tuple[Envelope, np.ndarray]:
    """Training in clumps, and pixels in them, between them, and far from all."""
    rng = np.random.default_rng(seed)
    clumps = rng.normal(0, 3, (4, f))
    x = (clumps[rng.integers(0, 4, n)] + rng.normal(0, 1, (n, f))).astype("f4")
    x[:, -1] = 2  # a feature that never changes
    pixels = np.concatenate([
        clumps[rng.integers(0, 4, 700)] + rng.normal(0, s, (700, f)) for s in (0.5, 1.5, 2.5, 50)
    ]).astype("f4")  # fmt: skip
    return envelope(x, np.arange(n) // repeats, seed), pixels


def by_distance(known: Envelope, x: np.ndarray) -> np.ndarray:
    return np.asarray(known.dissimilarity(x) <= known.threshold)


@pytest.mark.parametrize(("n", "f"), [(5, 2), (40, 3), (300, 20), (2500, 7), (200, 93)])
def test_inside_is_what_the_distance_says(n: int, f: int) -> None:
    known, x = made(n, f, seed=n)
    found = known.inside(x)
    np.testing.assert_array_equal(found, by_distance(known, x))
    assert 0 < found.mean() < 1


def test_on_the_very_threshold_the_distance_decides() -> None:
    """Pixels put at the threshold's distance from a series, and a last digit to both sides of it."""
    known, _ = made(60, 4, seed=1)
    reach = known.threshold * known.typical
    out = np.asarray(known.tree.data)[np.argmax(np.asarray(known.tree.data)[:, 0])]
    rows = []
    for step in np.linspace(-3e-7, 3e-7, 401):
        z = out.copy()
        z[0] += reach * (1 + step)
        rows.append(z * known.scale + known.centre)
    x = np.array(rows, dtype="f4")
    found = known.inside(x)
    np.testing.assert_array_equal(found, by_distance(known, x))
    assert 0 < found.mean() < 1


def test_values_that_are_missing_or_without_bound_are_outside() -> None:
    known, x = made(100, 5, seed=2)
    x = x[:600].copy()
    x[::3, 1] = np.nan
    x[1::3, 2] = [np.inf, -np.inf, 3e38, 1e30] * 50
    found = known.inside(x)
    assert not found[::3].any()
    assert not found[1::3].any()
    np.testing.assert_array_equal(found[2::3], by_distance(known, x[2::3]))


def test_training_that_is_all_the_same_knows_only_itself() -> None:
    known = envelope(np.ones((6, 3), dtype="f4"), np.arange(6))
    x = np.array([[1, 1, 1], [1, 1, 1 + 1e-6], [2, 1, 1]], dtype="f4")
    np.testing.assert_array_equal(known.inside(x), [True, False, False])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 9), st.sampled_from([1e-6, 1.0, 1e6]))
def test_any_training_and_any_pixels(seed: int, n: int, f: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.normal(0, size, (n, f)).round(int(rng.integers(0, 8)))).astype("f4")
    known = envelope(x, rng.integers(0, 5, n), seed)
    pixels = np.concatenate([x, x + rng.normal(0, size, x.shape).astype("f4"), x * np.float32(1 + 1e-6)])
    np.testing.assert_array_equal(known.inside(pixels), by_distance(known, pixels))
