"""Synthetic control with predictors: the Basque Country, where packages have published different optima."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vereda.errors import BadDesign
from vereda.evaluation import predictors, simplex

YEARS = np.arange(1955.0, 1998)
PRE, WINDOW = YEARS < 1970, (YEARS >= 1960) & (YEARS < 1970)
SCHOOL = ["school.illit", "school.prim", "school.med", "school.high", "school.post.high"]
SECTORS = ["agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa"]
BASQUE, SPAIN = "Basque Country (Pais Vasco)", "Spain (Espana)"


class Basque:
    """The table as places x years, and the two specifications in use."""

    def __init__(self, table: dict[str, np.ndarray]) -> None:
        self.names = sorted(set(table["regionname"]))
        place = np.array([self.names.index(name) for name in table["regionname"]])
        year = table["year"].astype(int) - 1955
        self.wide = {}
        for name in table:
            if name not in ("regionno", "regionname", "year"):
                self.wide[name] = np.full((len(self.names), len(YEARS)), np.nan)
                self.wide[name][place, year] = table[name]
        self.y, self.row = self.wide["gdpcap"], self.names.index(BASQUE)
        self.donors = np.array([name not in (BASQUE, SPAIN) for name in self.names])

    def mean(self, values: np.ndarray, first: int, last: int) -> np.ndarray:
        return np.nanmean(values[:, first - 1955 : last - 1954], axis=1)

    def x(self, shares: bool) -> np.ndarray:
        """Schooling as shares with the two highest levels joined (the article, MSCMT), or as counts (pysyncon)."""
        school = [self.wide[name] for name in SCHOOL]
        if shares:
            total = np.nansum(sum(school), axis=1)[:, None]
            school = [600 * s / total for s in (*school[:3], school[3] + school[4])]
        columns = [self.mean(s, 1964, 1969) for s in (*school, self.wide["invest"])]
        columns.append(self.mean(self.y, 1960, 1969))
        columns += [self.mean(self.wide[f"sec.{name}"], 1961, 1969) for name in SECTORS]
        columns.append(self.mean(self.wide["popdens"], 1969, 1969))
        return np.column_stack(columns)

    def weights(self, **given: float) -> np.ndarray:
        w = np.zeros(len(self.names))
        for name, value in given.items():
            w[next(i for i, n in enumerate(self.names) if n.startswith(name))] = value
        return w


@pytest.fixture(scope="module")
def regions(basque) -> Basque:
    return Basque(basque)


@pytest.fixture(scope="module")
def found(regions: Basque) -> predictors.PredictorFit:
    return predictors.fit(regions.x(True), regions.y, regions.row, regions.donors, PRE, WINDOW)


MSCMT = {"Cataluna": 0.632794, "Baleares": 0.219305, "Madrid": 0.147901}
SYNTH = {"Cataluna": 0.850816, "Madrid": 0.149184}


@pytest.mark.shared
@pytest.mark.published(
    "MSCMT 1.4.4 for R, outer.optim = DEoptim, as pinned in mlsynth (mscmt_basque/reference.json)"
)
def test_basque_reaches_the_global_optimum_of_mscmt(regions: Basque, found) -> None:
    theirs = regions.y[regions.row] - regions.weights(**MSCMT) @ regions.y
    assert theirs[15:36].mean() == pytest.approx(-0.770963, abs=5e-7)  # their weights on our data: 1970-1990
    assert found.loss <= (theirs[WINDOW] ** 2).mean()
    ours = np.zeros(len(regions.names))
    ours[found.fit.donors] = found.fit.weights
    assert_allclose(
        ours, regions.weights(**MSCMT), atol=5e-5
    )  # theirs is a ten-millionth of the loss above ours
    assert found.fit.gap[15:36].mean() == pytest.approx(-0.770963, abs=5e-5)
    assert found.unique
    assert not found.proven  # nobody has a proof here: the outcome alone would fit better


@pytest.mark.shared
@pytest.mark.published("Synth for R, as pinned in pysyncon tests/test_synth_basque.py: Cataluna, Madrid")
@pytest.mark.parametrize("shares", [True, False])
def test_basque_ends_in_the_local_optimum_of_synth_too(regions: Basque, shares: bool) -> None:
    """Spain among the donors, schooling as counts: where Synth stops, some of our searches stop as well."""
    donors = regions.donors if shares else regions.donors | (np.array(regions.names) == SPAIN)
    f = predictors.fit(regions.x(shares), regions.y, regions.row, donors, PRE, WINDOW)
    published = regions.weights(**SYNTH)[f.fit.donors]
    near = [o for o in f.found if np.abs(o.weights - published).max() < 1e-5]
    assert len(near) == 1
    assert near[0].loss == pytest.approx(0.008864545, abs=1e-8)
    assert f.loss < near[0].loss / 2
    assert near[0] not in f.optima


@pytest.mark.shared
def test_basque_with_counts_is_proven_global(regions: Basque) -> None:
    """With 14 predictors some v makes the outcome-only weights optimal; then no v can do better."""
    donors = regions.donors | (np.array(regions.names) == SPAIN)
    f = predictors.fit(regions.x(False), regions.y, regions.row, donors, PRE, WINDOW)
    alone, _ = simplex.nearest(regions.y[regions.row, WINDOW], regions.y[f.fit.donors][:, WINDOW].T)
    assert f.proven
    assert_allclose(f.fit.weights, alone, atol=1e-6)
    assert not f.v_identified  # and many v do


@pytest.mark.shared
def test_basque_does_not_depend_on_the_seed(regions: Basque, found) -> None:
    for seed in (1, 2):
        f = predictors.fit(regions.x(True), regions.y, regions.row, regions.donors, PRE, WINDOW, seed=seed)
        assert f.loss == pytest.approx(found.loss, rel=1e-9)
        assert_allclose(f.fit.weights, found.fit.weights, atol=1e-5)


# On made-up data


def places(seed: int = 0, k: int = 5, n: int = 15) -> tuple[np.ndarray, ...]:
    """Predictors (n, k), outcome (n, 12) driven by the first two of them, donors, years before."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k))
    y = x[:, :2] @ rng.normal(size=(2, 12)) + 0.3 * rng.normal(size=(n, 12))
    return x, y, np.arange(n) > 0, np.arange(12) < 8


@pytest.mark.parametrize("seed", range(4))
def test_the_gradient_of_the_search_is_that_of_the_loss(seed: int) -> None:
    x, y, *_ = places(seed)
    away, measured = (x[1:] - x[0]).T, (y[1:] - y[0])[:, :8].T
    slope = predictors._slope(away, measured)
    theta = np.random.default_rng(seed).uniform(-3, 0, 5)
    theta[seed] = 0.0
    step = 1e-6 * np.eye(5)
    rise = [(slope(theta + s)[0] - slope(theta - s)[0]) / 2e-6 for s in step]
    top = int(theta.argmax())  # the importance the others are measured by: raising it lowers them
    rise[top] = -sum(r for i, r in enumerate(rise) if i != top)
    gradient = slope(theta)[1]
    gradient[top] = -sum(g for i, g in enumerate(gradient) if i != top)
    assert_allclose(gradient, rise, atol=1e-6)


def test_fixed_importances_are_not_searched() -> None:
    x, y, donors, pre = places()
    v = np.array([3.0, 1, 0, 0, 2])
    f = predictors.fit(x, y, 0, donors, pre, v=v)
    spread = x.std(axis=0, ddof=1)
    expected, _ = simplex.nearest(np.sqrt(v) * x[0] / spread, (np.sqrt(v) * x[1:] / spread).T)
    assert_allclose(f.fit.weights, expected, atol=1e-9)
    assert_allclose(f.v, v / v.sum(), atol=1e-12)
    assert len(f.found) == 1
    assert_allclose(f.fit.gap, y[0] - expected @ y[1:], atol=1e-9)
    assert f.loss == pytest.approx((f.fit.gap[pre] ** 2).mean())


@given(st.integers(0, 2**31))
@settings(max_examples=8, deadline=None)
def test_the_search_beats_equal_importance_and_not_the_bound(seed: int) -> None:
    x, y, donors, pre = places(seed)
    f = predictors.fit(x, y, 0, donors, pre, draws=200, starts=8)
    equal = predictors.fit(x, y, 0, donors, pre, v=np.ones(5))
    assert f.bound * (1 - 1e-9) <= f.loss <= equal.loss * (1 + 1e-9)
    assert [o.loss for o in f.found] == sorted(o.loss for o in f.found)
    assert f.fit.certificate.gap <= 1e-8
    assert (f.v_range[:, 0] <= f.v + 1e-9).all()
    assert (f.v <= f.v_range[:, 1] + 1e-9).all()
    again = predictors.fit(x, y, 0, donors, pre, draws=200, starts=8)
    assert np.array_equal(f.fit.weights, again.fit.weights)


def test_predictors_that_are_the_outcome_itself_reach_the_bound() -> None:
    """All years as predictors: equal importance of raw values is among the v, so the bound can be reached."""
    _, y, donors, pre = places()
    f = predictors.fit(y[:, pre], y, 0, donors, pre)
    assert f.proven
    assert f.unique


def test_two_equally_good_synthetic_places_are_both_reported() -> None:
    """Mirror images: predictor 0 asks for donors 1 and 2, predictor 1 for donors 3 and 4, with the same outcome."""
    x = np.array([[0.0, 0], [1, 4], [-1, 4], [4, 1], [4, -1]])
    y = np.array([[0.0, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1], [0, 1, 0, 1]])
    f = predictors.fit(x, y, 0, np.arange(5) > 0, np.array([True, True, False, False]))
    assert len(f.optima) >= 2
    assert not f.unique
    assert max(abs(o.loss - f.loss) for o in f.optima) <= 1e-6 * f.loss + 1e-300


def test_a_donor_without_a_predictor_or_a_year_takes_no_part() -> None:
    x, y, donors, pre = places()
    x[3, 1] = y[7, 2] = np.nan
    f = predictors.fit(x, y, 0, donors, pre, draws=50, starts=3)
    assert f.left_out.tolist() == [3, 7]
    assert not np.isin([0, 3, 7], f.fit.donors).any()


def test_one_predictor_needs_no_search() -> None:
    x, y, donors, pre = places()
    f = predictors.fit(x[:, :1], y, 0, donors, pre)
    assert f.v.tolist() == [1.0]
    assert f.fit.certificate.unique is False  # fifteen places on a line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda a: a["x"].__setitem__((slice(None), 2), 4.0),
            r"Predictors \[2\] are the same in every place",
        ),
        (lambda a: a["x"].__setitem__((0, 1), np.nan), r"exposed place lacks predictors \[1\]"),
        (
            lambda a: a["x"].__setitem__((slice(1, None), 1), np.nan),
            "No donor has every year and every predictor",
        ),
        (lambda a: a.update(x=np.ones((3, 2))), "one row for each of the 15 places"),
        (lambda a: a.update(window=np.zeros(12, dtype=bool)), "holds years before exposure"),
        (lambda a: a.update(window=np.ones(12, dtype=bool)), "holds years before exposure"),
        (lambda a: a.update(v=np.zeros(5)), "not all nought"),
        (lambda a: a.update(v=-np.ones(5)), "none negative"),
        (lambda a: a.update(v=np.ones(4)), "each of the 5 predictors"),
        (lambda a: a["y"].__setitem__((0, 1), np.nan), "lack values"),
    ],
)
def test_bad_input(change, said: str) -> None:
    x, y, donors, pre = places()
    arguments = {"x": x, "y": y, "exposed": 0, "donors": donors, "pre": pre}
    change(arguments)
    with pytest.raises(BadDesign, match=said):
        predictors.fit(**arguments)
