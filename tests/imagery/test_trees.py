"""Trees as flat arrays say what the packages that fitted them say: on values, on thresholds, beside them, and far away."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sklearn", reason="needs the extra: pip install 'vereda[imagery]'")
lightgbm = pytest.importorskip("lightgbm", reason="needs the extra: pip install 'vereda[imagery]'")
from sklearn.ensemble import RandomForestClassifier  # noqa: E402

from vereda.imagery import classify, trees  # noqa: E402
from vereda.imagery.features import Recipe  # noqa: E402
from vereda.imagery.layout import season  # noqa: E402


def series(n: int, f: int, seed: int, decimals: int = 2) -> np.ndarray:
    """(n, f) rounded, so that ties are many."""
    return np.random.default_rng(seed).normal(0, 1, (n, f)).round(decimals).astype("f4")


def fitted(
    kind: str, classes: int, features: int = 6, seed: int = 0, **settings: Any
) -> tuple[Any, trees.Forest]:
    x = series(400, features, seed)
    y = (np.argsort(np.argsort(x[:, 0] + x[:, 1] * x[:, 2])) * classes // 400 + (x[:, 3] > 1.5)) % classes
    if kind == "forest":
        one = RandomForestClassifier(30, random_state=seed, **settings).fit(x, y)
        made = trees.of_random_forest(one)
    else:
        one = (
            lightgbm.LGBMClassifier(n_estimators=25, verbose=-1, n_jobs=1, random_state=seed, **settings)
            .fit(x, y)
            .booster_
        )
        made = trees.of_lightgbm(one)
    assert made is not None
    return one, made


def said(one: Any, x: np.ndarray) -> np.ndarray:
    if hasattr(one, "estimators_"):
        return np.asarray(one.predict_proba(x)) * len(one.estimators_)
    raw = one.predict(x, raw_score=True, num_threads=1)
    return np.asarray(raw.reshape(len(x), -1))


def on_thresholds(made: trees.Forest, features: int, kind: type) -> np.ndarray:
    """Every threshold of every feature, and the numbers next to it on both sides, others at zero."""
    rows = []
    for f in range(features):
        cut = made.cut[made.start[f] : made.start[f + 1]].astype(kind)
        for value in (*cut, *np.nextafter(cut, kind(np.inf)), *np.nextafter(cut, kind(-np.inf))):
            row = np.zeros(features, dtype=kind)
            row[f] = value
            rows.append(row)
    return np.array(rows)


MODELS = [("forest", 2, {}), ("forest", 5, {}), ("forest", 3, {"max_depth": 3}), ("lightgbm", 2, {}), ("lightgbm", 4, {}),
          ("lightgbm", 3, {"num_leaves": 7}), ("lightgbm", 3, {"num_leaves": 60, "min_child_samples": 2}), ("lightgbm", 2, {"max_bin": 1000})]  # fmt: skip


@pytest.mark.parametrize(("kind", "classes", "settings"), MODELS)
def test_sums_are_those_of_the_package(kind: str, classes: int, settings: dict[str, Any]) -> None:
    one, made = fitted(kind, classes, **settings)
    x = np.concatenate(
        [series(3000, 6, 1), series(3000, 6, 2, decimals=6) * 3, series(1, 6, 3) * np.float32(1e30)]
    )
    assert isinstance(made.answer, trees.Masks) == (
        kind == "lightgbm" and settings.get("num_leaves", 31) <= trees.LEAVES
    )
    np.testing.assert_allclose(made.sums(x), said(one, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kind", "classes", "settings"), MODELS)
@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_on_a_threshold_and_next_to_it_the_decision_is_the_packages(
    kind: str, classes: int, settings: dict[str, Any], number: type
) -> None:
    one, made = fitted(kind, classes, **settings)
    x = on_thresholds(made, 6, number)
    assert len(x) > 100
    np.testing.assert_allclose(made.sums(x), said(one, x), rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=6, max_size=6),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_any_finite_numbers(rows: list[list[float]]) -> None:
    x = np.array(rows, dtype="f4")
    for kind, classes in (("forest", 3), ("lightgbm", 3)):
        one, made = KNOWN[kind, classes]
        np.testing.assert_allclose(made.sums(x), said(one, x), rtol=1e-12, atol=1e-12)


KNOWN = {(kind, 3): fitted(kind, 3) for kind in ("forest", "lightgbm")}


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1025, 2049])
def test_a_pixel_is_told_the_same_in_any_company(n: int) -> None:
    _, made = KNOWN["lightgbm", 3]
    _, walked = KNOWN["forest", 3]
    x = series(2049, 6, 5)
    for each in (made, walked):
        assert each.sums(x[:n]).tobytes() == each.sums(x)[:n].tobytes()


def test_more_thresholds_than_a_byte_holds() -> None:
    """Thresholds of one feature are numbered by two bytes where 255 do not do."""
    x = np.arange(1200, dtype="f4")[:, None]
    y = np.random.default_rng(0).integers(0, 2, 1200)
    one = (
        lightgbm.LGBMClassifier(
            n_estimators=150, max_bin=2000, min_data_in_bin=1, min_child_samples=1, verbose=-1, n_jobs=1
        )
        .fit(x, y)
        .booster_
    )
    made = trees.of_lightgbm(one)
    assert made is not None
    assert isinstance(made.answer, trees.Masks)
    assert made.answer.rank.dtype == np.uint16
    asked = np.concatenate([x, x + 0.5, x - 0.25])
    np.testing.assert_allclose(made.sums(asked), said(one, asked), rtol=1e-12, atol=1e-12)


def test_models_with_ways_of_their_own_are_left_to_their_package() -> None:
    """Missing values at training, and categories, are decided by rules that masks do not have."""
    x = series(400, 3, 0)
    y = (x[:, 0] > 0).astype(int)
    gaps = x.copy()
    gaps[::7, 0] = np.nan
    missing = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(gaps, y).booster_
    assert trees.of_lightgbm(missing) is None
    sorts = np.column_stack([np.arange(400) % 5, x[:, 1]])
    kinds = (
        lightgbm.LGBMClassifier(n_estimators=5, verbose=-1)
        .fit(sorts, np.arange(400) % 5 % 2, categorical_feature=[0])
        .booster_
    )
    assert trees.of_lightgbm(kinds) is None


def test_a_forest_that_knows_gaps_answers_finite_values_alike() -> None:
    x = series(400, 3, 0)
    gaps = x.copy()
    gaps[::7, 0] = np.nan
    one = RandomForestClassifier(5, random_state=0).fit(gaps, (x[:, 0] > 0).astype(int))
    made = trees.of_random_forest(one)
    assert made is not None
    np.testing.assert_allclose(made.sums(x), said(one, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", classify.KINDS)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_tells_what_its_package_tells_and_nothing_where_a_value_is_missing(
    kind: str, classes: int
) -> None:
    x, days = series(90, 8, 0).reshape(90, 4, 2), np.datetime64("2020-01-01") + 16 * np.arange(4)
    label = np.array([f"c{i}" for i in np.arange(90) % classes])
    known = classify.Learnt(
        x, label, np.arange(90), days, season(("a", "b"), np.tile(days, (90, 1))), "made-up"
    )
    made = classify.fit(known, kind, Recipe())
    assert (made.trees is None) == (kind == "svm")
    asked = series(500, 8, 1)
    asked[::5, 3] = np.nan
    asked[1::5, 0] = np.inf
    whole = np.isfinite(asked).all(axis=1)
    found = made.of_features(asked)
    assert np.isnan(found[~whole]).all()
    theirs = classify._probabilities(made.estimator, asked[whole], kind)
    np.testing.assert_allclose(found[whole], theirs, rtol=2e-7)


def test_a_tree_that_is_one_leaf() -> None:
    """Two series of each class are too few to split: every tree is its first leaf."""
    x, y = series(8, 2, 0), np.arange(8) % 2
    one = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(x, y).booster_
    made = trees.of_lightgbm(one)
    assert made is not None
    np.testing.assert_allclose(made.sums(x), said(one, x), rtol=1e-12, atol=1e-12)
