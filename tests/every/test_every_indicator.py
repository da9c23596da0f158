"""Contracts that every indicator found must keep."""

import inspect

import numpy as np
import pytest

import vereda.indicators  # noqa: F401
from vereda.publication import text
from vereda.terms.indicator import REGISTRY, Indicator

ALL = pytest.mark.parametrize("rule", REGISTRY.values(), ids=REGISTRY)


@ALL
def test_says_what_it_is(rule: Indicator) -> None:
    assert rule.unit
    assert rule.better in ("", "down", "up")
    assert rule.over in ("place", "departments", "municipalities", "two years")
    assert rule.definition.endswith(".")
    assert rule.needs


@ALL
def test_is_said_in_spanish(rule: Indicator) -> None:
    assert text.known(rule.name, "es"), rule.name
    assert text.known(rule.definition, "es"), rule.definition


@ALL
def test_is_pure_and_takes_arrays(rule: Indicator) -> None:
    size = len(inspect.signature(rule.formula).parameters)
    inputs = [np.array([3.0, 0.0, 5.0]) + i for i in range(size)]
    before = [array.copy() for array in inputs]
    first, second = rule.formula(*inputs), rule.formula(*inputs)
    for array, kept in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(array, kept)
    np.testing.assert_equal(first, second)
    if rule.over == "place":
        assert first.shape == (3,)


@pytest.mark.parametrize("rule", [r for r in REGISTRY.values() if r.over == "place"], ids=lambda r: r.id)
def test_a_missing_input_makes_no_number(rule: Indicator) -> None:
    size = len(inspect.signature(rule.formula).parameters)
    for gap in range(size):
        inputs = [np.array([np.nan if i == gap else 2.0]) for i in range(size)]
        assert np.isnan(rule.formula(*inputs)).all()
