"""A class by zone: known truths, intervals that hold over many draws, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vereda.errors import BadDesign
from vereda.measurement.area.by_zone import by_zone

ZONES, PIXELS = 60, 2000


class Land:
    """A made-up country: truth, and a map whose errors differ from zone to zone."""

    def __init__(self, prevalence: float, shift: float, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.zone = np.repeat(np.arange(ZONES), PIXELS)
        often = rng.beta(0.6, 0.6 / prevalence - 0.6, ZONES)
        self.truth = rng.random(ZONES * PIXELS) < often[self.zone]
        score = np.where(self.truth, 2.2, -2.2) + rng.normal(0, 1.6, len(self.zone))
        score += rng.normal(0, shift, ZONES)[self.zone] + np.log(prevalence / (1 - prevalence)) / 2
        self.p = 1 / (1 + np.exp(-score))
        self.stratum = (self.p > 0.5).astype(np.int64) + (self.p > 0.15)
        cells = np.bincount(self.zone * 3 + self.stratum, minlength=ZONES * 3).reshape(ZONES, 3)
        self.land = cells / PIXELS
        self.share = np.bincount(self.zone, self.truth, ZONES) / PIXELS
        self.map_share = np.bincount(self.zone, self.p, ZONES) / PIXELS

    def drawn(self, n: int) -> np.ndarray:
        """Points: a third of n from each stratum, by lot."""
        return np.concatenate(
            [self.rng.choice(np.flatnonzero(self.stratum == h), n // 3, replace=False) for h in range(3)]
        )

    def estimated(self, at: np.ndarray):
        return by_zone(self.truth[at].astype(float), self.p[at], self.stratum[at], self.zone[at], self.land, self.map_share)  # fmt: skip


@pytest.mark.parametrize("prevalence", [0.3, 0.02])
@pytest.mark.parametrize(("n", "shift"), [(300, 0.4), (1500, 1.0)])
def test_intervals_hold_and_errors_are_no_larger_than_said(prevalence: float, n: int, shift: float) -> None:
    land = Land(prevalence, shift, 7)
    hits, errors, said = [], [], []
    for _ in range(60):
        found = land.estimated(land.drawn(n))
        seen = found.points >= 5
        off = (found.share - land.share)[seen]
        hits.append(np.abs(off) < 1.96 * found.se[seen])
        errors.append(off)
        said.append(found.se[seen])
    assert np.concatenate(hits).mean() >= 0.94
    # Where the map errs otherwise from zone to zone, one spread for all is too small for some and too large for most.
    assert np.sqrt(np.mean(np.concatenate(errors) ** 2)) <= 1.15 * np.sqrt(np.mean(np.concatenate(said) ** 2))
    assert abs(np.concatenate(errors).mean()) < 0.2 * np.concatenate(said).mean()


def test_a_survey_of_all_land_tells_the_truth() -> None:
    land = Land(0.1, 0.4, 1)
    found = land.estimated(np.arange(len(land.truth)))
    np.testing.assert_allclose(found.share, land.share, atol=1e-12)
    assert (found.borrowed == 0).all()


@given(st.integers(0, 2**32 - 1))
def test_points_change_only_their_zone_where_each_stratum_has_its_own(seed: int) -> None:
    """With a point of each stratum in each zone nothing is borrowed: another zone's labels do not move a zone's share."""
    rng = np.random.default_rng(seed)
    stratum, zone = np.tile(np.repeat([0, 1], 3), 4), np.repeat(np.arange(4), 6)
    land, p = np.tile([0.3, 0.7], (4, 1)), rng.random(24)
    y = rng.integers(0, 2, 24).astype(float)
    other = np.where(zone == 3, 1 - y, y)
    one, two = (by_zone(seen, p, stratum, zone, land, np.full(4, 0.5)) for seen in (y, other))
    np.testing.assert_array_equal(one.share[:3], two.share[:3])
    assert (one.points == 6).all()


def test_a_zone_without_points_has_no_figure_and_a_stratum_without_one_is_borrowed() -> None:
    stratum, zone = np.array([0, 0, 1, 1]), np.array([0, 0, 1, -1])
    land = np.array([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]])
    found = by_zone(np.array([1.0, 1, 0, 1]), np.zeros(4), stratum, zone, land, np.zeros(3))
    assert found.points.tolist() == [2, 1, 0]
    assert found.share[:2].tolist() == [0.5 * 1 + 0.5 * 0.5, 0.0]  # stratum 1 is half the class everywhere
    assert np.isnan(found.share[2]) and np.isnan(found.se[2])  # noqa: PT018
    assert found.borrowed.tolist() == [0.5, 0.0, 1.0]
    assert found.se[1] == pytest.approx(np.sqrt(0.5))  # one point, of a stratum with variance 1/2


def test_a_stratum_that_agrees_by_luck_is_not_taken_for_certain() -> None:
    stratum = np.zeros(10, dtype=np.int64)
    found = by_zone(np.zeros(10), np.zeros(10), stratum, stratum, np.ones((1, 1)), np.zeros(1))
    assert found.share[0] == 0
    assert found.se[0] == pytest.approx(np.sqrt(11 / 144 / 10))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"p": np.array([0.5, np.nan, 0.5, 0.5])}, "no probability"),
        ({"land": np.array([[0.5, 0.4]])}, "do not add up"),
        ({"stratum": np.array([0, 0, 0, 1])}, "fewer than two points"),
        ({"zone": np.zeros(3, dtype=np.int64)}, "Each point needs"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, np.ndarray], words: str) -> None:
    given = {
        "y": np.array([0.0, 1, 0, 1]), "p": np.full(4, 0.5), "stratum": np.array([0, 0, 1, 1]),
        "zone": np.zeros(4, dtype=np.int64), "land": np.array([[0.5, 0.5]]), "map_share": np.array([0.5]),
    }  # fmt: skip
    with pytest.raises(BadDesign, match=words):
        by_zone(**{**given, **change})
