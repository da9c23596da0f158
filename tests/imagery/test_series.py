"""Gaps, smoothing, percentiles, harmonics and indices: against NumPy, and laws they keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.errors import BadDesign, BadRequest
from vereda.imagery import kernels
from vereda.imagery.features import Recipe, features, harmonics, index
from vereda.imagery.layout import Layout, agree, season

DAY = np.arange(0, 23 * 16, 16).astype(float)
DAYS = np.datetime64("2020-01-01") + DAY.astype(int)


@pytest.mark.parametrize("t", [3, 4, 5, 12, 23])
def test_smoothing_solves_the_equations_of_eilers(t: int) -> None:
    x = np.random.default_rng(t).normal(size=(6, t, 2)).astype("f4")
    d = np.diff(np.eye(t), 2, axis=0)
    exact = np.einsum("ij,njb->nib", np.linalg.inv(np.eye(t) + 2.5 * d.T @ d), x)
    kernels.smooth(x, 2.5)
    np.testing.assert_allclose(x, exact, atol=1e-5)


@given(st.floats(-1, 1), st.floats(-0.01, 0.01), st.sets(st.integers(0, 22), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_straight_line_is_filled_exactly_between_clear_looks(a: float, b: float, gaps: set[int]) -> None:
    line = (a + b * DAY).astype("f4")[None, :, None]
    inner = [g for g in gaps if min(set(range(23)) - gaps) < g < max(set(range(23)) - gaps)]
    x = line.copy()
    x[0, inner] = np.nan
    kernels.fill(x, DAY)
    np.testing.assert_allclose(x, line, atol=1e-5)


def test_the_longest_gap_is_counted_and_ends_take_the_nearest_look() -> None:
    x = np.array([[np.nan, np.nan, 0.3, np.nan, 0.5], [0.1] * 5, [np.nan] * 5], dtype="f4")[..., None]
    assert kernels.fill(x, DAY[:5]).tolist() == [2, 0, 5]
    np.testing.assert_allclose(x[0, :, 0], [0.3, 0.3, 0.3, 0.4, 0.5], atol=1e-6)
    assert np.isnan(x[2]).all()


def test_percentiles_and_harmonics_are_those_of_numpy() -> None:
    x = np.random.default_rng(0).normal(size=(9, 23, 2)).astype("f4")
    made = features(x, DAYS, Recipe("percentiles")).values.reshape(9, 2, 5)
    np.testing.assert_allclose(
        made, np.quantile(x, [0.1, 0.25, 0.5, 0.75, 0.9], axis=1).transpose(1, 2, 0), atol=1e-5
    )
    wave = 0.4 + 0.2 * np.cos(2 * np.pi * DAY / 365.25) - 0.1 * np.sin(4 * np.pi * DAY / 365.25)
    found = features(wave.astype("f4")[None, :, None], DAYS, Recipe("harmonics")).values
    np.testing.assert_allclose(found[0], [0.4, 0.2, 0, 0, -0.1], atol=1e-5)
    assert harmonics(DAY, 2).shape == (5, 23)


def test_a_gap_too_long_leaves_the_pixel_out_and_the_series_untouched() -> None:
    x = np.ones((2, 23, 1), dtype="f4")
    x[1, 3:9] = np.nan
    before = x.copy()
    found = features(x, DAYS, Recipe(gap=4))
    assert found.whole.tolist() == [True, False]
    assert np.isnan(found.values[1]).all()
    np.testing.assert_array_equal(x, before)


def test_indices_by_role_of_bands() -> None:
    x = np.array([[[0.1, 0.5], [0.0, 0.0]]], dtype="f4")
    np.testing.assert_allclose(index("ndvi", ("red", "nir"), x)[0], [0.4 / 0.6, np.nan], atol=1e-6)
    with pytest.raises(BadRequest, match="blue"):
        index("evi", ("red", "nir"), x)


def _season(bands: tuple[str, ...] = ("ndvi",)) -> object:
    days = np.array(
        [[f"{y}-09-14", f"{y}-10-16", f"{y + 1}-01-17"] for y in (2013, 2014)], dtype="datetime64[D]"
    )
    return season(bands, days)


@pytest.mark.parametrize(
    ("bands", "dates", "says"),
    [
        (("evi",), ("2013-09-14", "2013-10-16", "2014-01-17"), "bands evi"),
        (("ndvi", "evi"), ("2013-09-14", "2013-10-16", "2014-01-17"), "ndvi, evi"),
        (("ndvi",), ("2013-09-14", "2013-10-16"), "2 dates"),
        (("ndvi",), ("2013-09-14", "2013-10-20", "2014-01-17"), "step 2 is 2013-10-20"),
        (("ndvi",), ("2013-09-14", "2013-10-16", "2015-01-17"), "490 days"),
    ],
)  # fmt: skip
def test_a_cube_with_other_bands_or_dates_is_refused(
    bands: tuple[str, ...], dates: tuple[str, ...], says: str
) -> None:
    with pytest.raises(BadDesign, match=says):
        agree(_season(), Layout(bands, dates), "The cube")  # type: ignore[arg-type]


def test_the_same_days_of_another_year_are_accepted_leap_or_not() -> None:
    agree(_season(), Layout(("ndvi",), ("2019-09-14", "2019-10-16", "2020-01-17")), "it")  # type: ignore[arg-type]
    agree(_season(), Layout(("ndvi",), ("2020-09-13", "2020-10-15", "2021-01-17")), "it")  # type: ignore[arg-type]


def test_series_of_two_seasons_are_no_season() -> None:
    days = np.array([["2013-09-14", "2013-10-16"], ["2014-03-01", "2014-04-02"]], dtype="datetime64[D]")
    with pytest.raises(BadDesign, match="One model"):
        season(("ndvi",), days)
