"""Callaway & Sant'Anna (2021): minimum wages and teen employment, as the R package did prints it."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vereda.evaluation import aggregate, inference
from vereda.evaluation.did import att_gt
from vereda.evaluation.panel import Panel

_spec = importlib.util.spec_from_file_location(
    "panels", Path(__file__).parents[1] / "evaluation" / "conftest.py"
)
assert _spec is not None
assert _spec.loader is not None
_panels = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_panels)
mpdta = _panels.mpdta
REFERENCE = _panels.SHARED / "mpdta" / "reference.json"


def chosen(mpdta: Panel, covariates: bool) -> Panel:
    return mpdta if covariates else replace(mpdta, covariates=np.empty((500, 0)), covariate_names=())


@pytest.mark.published("R did 2.5.1, articles/did-basics: ATT(g,t), printed to 4 decimals")
@pytest.mark.parametrize(
    ("covariates", "control", "printed"),
    [
        (False, "never", [-0.0105, -0.0704, -0.1373, -0.1008, 0.0065, -0.0028, -0.0046, -0.0412, 0.0305, -0.0027, -0.0311, -0.0261]),
        (True, "never", [-0.0145, -0.0764, -0.1404, -0.1069, -0.0005, -0.0062, 0.0010, -0.0413, 0.0267, -0.0046, -0.0284, -0.0288]),
        (True, "not-yet", [-0.0212, -0.0816, -0.1382, -0.1069, -0.0075, -0.0046, 0.0087, -0.0413, 0.0269, -0.0042, -0.0284, -0.0288]),
    ],
)  # fmt: skip
def test_group_time_effects(mpdta: Panel, covariates: bool, control: str, printed: list[float]) -> None:
    effects = att_gt(chosen(mpdta, covariates), control)
    assert list(effects.cohort) == [2004] * 4 + [2006] * 4 + [2007] * 4
    assert list(effects.year) == [2004, 2005, 2006, 2007] * 3
    assert_allclose(effects.att[:, 0], printed, atol=5.01e-5)


@pytest.mark.published("R did 2.5.1, articles/did-basics: event study, printed to 4 decimals")
def test_event_study(mpdta: Panel) -> None:
    found = aggregate.dynamic(att_gt(chosen(mpdta, False)))
    assert found.label == ("overall", "e=-3", "e=-2", "e=-1", "e=0", "e=1", "e=2", "e=3")
    printed = [0.0305, -0.0006, -0.0245, -0.0199, -0.0510, -0.1373, -0.1008]
    assert_allclose(found.value[1:, 0], printed, atol=5.01e-5)


@pytest.mark.published("R did 2.5.1, articles/did-basics: p-value for pre-test of parallel trends")
@pytest.mark.parametrize(
    ("covariates", "control", "p"),
    [(False, "never", 0.16812), (True, "never", 0.23267), (True, "not-yet", 0.23326)],
)
def test_pre_test(mpdta: Panel, covariates: bool, control: str, p: float) -> None:
    (check,) = inference.pre_trend(att_gt(chosen(mpdta, covariates), control), mpdta.cluster)
    assert check.values["wald_p"] == pytest.approx(p, abs=5.01e-6)
    assert check.state == "passed"
    assert check.values["df"] == 5


# simple, dynamic, group, calendar: estimate and analytic standard error
OVERALL = {
    (False, "never"): [-0.03995128, 0.01203401, -0.07723982, 0.01996499, -0.03101828, 0.01244606, -0.04170043, 0.01597185],
    (True, "never"): [-0.04175177, 0.01150284, -0.08035395, 0.01895756, -0.03281960, 0.01189818, -0.04417736, 0.01503814],
    (False, "not-yet"): [-0.03976363, 0.01205243, -0.07739931, 0.01956018, -0.03046223, 0.01257512, -0.04426708, 0.01557090],
    (True, "not-yet"): [-0.04135163, 0.01142784, -0.07999262, 0.01849400, -0.03226404, 0.01198341, -0.04566463, 0.01469826],
}  # fmt: skip


@pytest.mark.published(
    "csdid 0.4.3 = differences = moderndid, analytic standard errors, 8 decimals; point values of R did"
)
@pytest.mark.parametrize(("covariates", "control"), OVERALL)
def test_four_aggregations(mpdta: Panel, covariates: bool, control: str) -> None:
    panel = chosen(mpdta, covariates)
    effects = att_gt(panel, control)
    parts = [f(effects) for f in (aggregate.simple, aggregate.dynamic, aggregate.group, aggregate.calendar)]
    found = [(e.value[0, 0], inference.standard_error(e, panel.cluster)[0, 0]) for e in parts]
    assert_allclose(np.ravel(found), OVERALL[covariates, control], atol=5.01e-8)


@pytest.mark.shared
@pytest.mark.published(
    "reference.json: runs of csdid 0.4.3, 8 significant digits, every event time, cohort and year"
)
@pytest.mark.parametrize(("covariates", "control"), OVERALL)
def test_every_part_of_the_reference(mpdta: Panel, covariates: bool, control: str) -> None:
    if not REFERENCE.exists():
        pytest.skip("reference.json lies beside the project, not in it.")
    name = f"CS {control.replace('-', '')}treated {'cov' if covariates else 'nocov'} | csdid"
    reference = json.loads(REFERENCE.read_text())[name]
    panel = chosen(mpdta, covariates)
    effects = att_gt(panel, control)
    for key, letter in (("dynamic", "e"), ("group", "g"), ("calendar", "t")):
        found = getattr(aggregate, key)(effects)
        se = inference.standard_error(found, panel.cluster)
        for label, (value, error) in reference[f"{key}_by"].items():
            at = found.label.index(f"{letter}={label}")
            assert_allclose([found.value[at, 0], se[at, 0]], [value, error], rtol=2e-7)
