"""The same estimand from other packages, at least two of them where two compute it: equal to 1e-6 relative.

Other files compare more deeply with one package each (gaps, clusters, options, draws). This is the list that
`make validity` prints into docs/validity.md: estimand by package, with the largest relative difference.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vereda.evaluation import (  # fmt: skip
    aggregate,
    augmented,
    conformal,
    event_study,
    factor,
    honest,
    imputation,
    inference,
    permutation,
    synthetic_control,
    synthetic_did,
)
from vereda.evaluation.did import att_gt
from vereda.evaluation.panel import Panel, panel

TOLERANCE = 1e-6
DRAWS = 20  # of placebos; test_synthetic_did.py has 200 with diff-diff

_spec = spec_from_file_location("panels", Path(__file__).with_name("conftest.py"))
assert _spec is not None
assert _spec.loader is not None
_panels = module_from_spec(_spec)
_spec.loader.exec_module(_panels)


@dataclass(frozen=True)
class Pair:
    """One estimand and one package. ours, theirs: the same numbers in the same order.

    scale: what differences are relative to, where single numbers are near zero; by default each number itself.
    """

    estimand: str
    package: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    scale: str = "each"

    @property
    def difference(self) -> float:
        """The largest relative difference."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours, theirs = (np.asarray(f(), dtype=float).ravel() for f in (self.ours, self.theirs))
        assert ours.shape == theirs.shape
        assert np.isfinite(theirs).all()
        size = np.abs(theirs) if self.scale == "each" else np.abs(theirs).max()
        return float((np.abs(ours - theirs) / size).max())


# ---- panels ------------------------------------------------------------------------------------------------------


@cache
def mpdta(covariates: bool) -> Panel:
    whole = _panels.mpdta.__wrapped__()
    return whole if covariates else replace(whole, covariates=np.empty((500, 0)), covariate_names=())


@cache
def counties() -> Any:
    """mpdta as the packages want it."""
    import pandas as pd

    one = mpdta(True)
    n, span = one.y.shape[:2]
    first = np.where(np.isinf(one.first), 0, one.first).astype(int)
    table = {"u": np.repeat(np.arange(n), span), "t": np.tile(one.years.astype(int), n)}
    table |= {"y": one.y[:, :, 0].ravel(), "g": np.repeat(first, span)}
    return pd.DataFrame(table | {"x": np.repeat(one.covariates[:, 0], span)})


@cache
def prop99() -> Panel:
    found: Panel = _panels.prop99.__wrapped__()
    return found


@cache
def states() -> Any:
    import pandas as pd

    one = prop99()
    n, span = one.y.shape[:2]
    table = pd.DataFrame({"place": np.repeat(one.places, span), "year": np.tile(one.years.astype(int), n)})
    table["packs"] = one.y[:, :, 0].ravel()
    table["ever"] = (table["place"] == "California").astype(int)
    table["on"] = table["ever"] * (table["year"] >= 1989)
    return table


@cache
def one_cohort() -> tuple[Panel, Any]:
    """120 places, 8 years, 40 exposed from the fifth."""
    import pandas as pd

    rng = np.random.default_rng(5)
    years, first = np.arange(2001.0, 2009), np.where(np.arange(120) < 40, 2005.0, np.inf)
    y = rng.normal(size=(120, 1)) + rng.normal(size=(120, 8)) + 0.5 * (first[:, None] <= years)
    cube = panel([str(i) for i in range(120)], years, {"y": y}, first)
    table = {"u": np.repeat(np.arange(120), 8), "t": np.tile(years.astype(int), 120), "y": y.ravel()}
    table |= {"ever": np.repeat(np.arange(120) < 40, 8).astype(int)}
    frame = pd.DataFrame(table)
    frame["post"] = (frame["t"] >= 2005).astype(int)
    return cube, frame.assign(on=frame["ever"] * frame["post"])


# ---- cohorts and years -------------------------------------------------------------------------------------------


@cache
def cohort_effects(covariates: bool, control: str) -> Any:
    return att_gt(mpdta(covariates), control)


def summed(covariates: bool, control: str) -> list[float]:
    """simple, dynamic, group and calendar: estimate and standard error."""
    out = []
    for how in (aggregate.simple, aggregate.dynamic, aggregate.group, aggregate.calendar):
        found = how(cohort_effects(covariates, control))
        out += [found.value[0, 0], inference.standard_error(found, mpdta(covariates).cluster)[0, 0]]
    return out


def by_cell(covariates: bool, control: str) -> np.ndarray:
    effects = cohort_effects(covariates, control)
    se = inference.standard_error(aggregate.cells(effects), mpdta(covariates).cluster)
    return np.column_stack([effects.att[:, 0], se[:, 0]])


FORMULA = {False: "~ 1", True: "~ x"}
GROUP = {"never": "nevertreated", "not-yet": "notyettreated"}


@cache
def csdid(covariates: bool, control: str) -> Any:
    module = importlib.import_module("csdid.att_gt")
    asked = module.ATTgt(
        yname="y", tname="t", idname="u", gname="g", data=counties(), xformla="y " + FORMULA[covariates].replace("~", "~"),
        control_group=[GROUP[control]],
    )  # fmt: skip
    return asked.fit(est_method="dr", base_period="varying", bstrap=False)


def csdid_cells(covariates: bool, control: str) -> np.ndarray:
    found = csdid(covariates, control).results
    return np.column_stack([np.asarray(found["att"], dtype=float), np.asarray(found["se"], dtype=float)])


def csdid_summed(covariates: bool, control: str) -> list[float]:
    out = []
    for how in ("simple", "dynamic", "group", "calendar"):
        found = csdid(covariates, control).aggte(typec=how, bstrap=False, cband=False).atte
        out += [float(found["overall_att"]), float(np.ravel(found["overall_se"])[0])]
    return out


@cache
def moderndid(covariates: bool, control: str) -> Any:
    return importlib.import_module("moderndid").att_gt(
        counties(), yname="y", tname="t", idname="u", gname="g", xformla=FORMULA[covariates], est_method="dr",
        control_group=GROUP[control],
    )  # fmt: skip


def moderndid_cells(covariates: bool, control: str) -> np.ndarray:
    found = moderndid(covariates, control)
    return np.column_stack([found.att_gt, found.se_gt])


def moderndid_summed(covariates: bool, control: str) -> list[float]:
    aggte = importlib.import_module("moderndid").aggte
    out = []
    for how in ("simple", "dynamic", "group", "calendar"):
        found = aggte(moderndid(covariates, control), type=how)
        out += [float(found.overall_att), float(found.overall_se)]
    return out


@cache
def diff_diff_cells() -> Any:
    peer = importlib.import_module("diff_diff").CallawaySantAnna()
    return peer.fit(counties(), outcome="y", unit="u", time="t", first_treat="g")


def of_cohorts() -> Iterator[Pair]:
    for covariates, control in ((False, "never"), (True, "never"), (True, "not-yet")):
        asked = (covariates, control)
        said = f"{'doubly robust with lpop' if covariates else 'no covariates'}, {control}"
        for package, cells, sums in (
            ("csdid", csdid_cells, csdid_summed),
            ("moderndid", moderndid_cells, moderndid_summed),
        ):
            yield Pair(
                f"ATT(g,t) and se, mpdta, {said}",
                package,
                lambda a=asked: by_cell(*a),
                lambda a=asked, f=cells: f(*a),
            )
            yield Pair(
                f"four aggregations and se, mpdta, {said}",
                package,
                lambda a=asked: summed(*a),
                lambda a=asked, f=sums: f(*a),
            )

    def theirs() -> list[float]:
        found = diff_diff_cells().group_time_effects
        effects = cohort_effects(False, "never")
        return [
            found[g, t][k]
            for g, t in zip(effects.cohort, effects.year, strict=True)
            for k in ("effect", "se")
        ]

    yield Pair(
        "ATT(g,t) and se, mpdta, no covariates, never", "diff-diff", lambda: by_cell(False, "never"), theirs
    )


# ---- regressions and imputation ----------------------------------------------------------------------------------


def static() -> list[float]:
    one, _ = one_cohort()
    study = event_study.twfe(one)
    factor_ = event_study.crv1(int(study.observations[0]), int(study.overall_parameters[0]), 120)
    se = event_study.standard_errors(study.overall, one.cluster, factor_)
    return [study.overall.value[0, 0], se[0, 0]]


def static_pyfixest() -> list[float]:
    pf = importlib.import_module("pyfixest")
    found = pf.feols(
        "y ~ on | u + t",
        one_cohort()[1],
        vcov={"CRV1": "u"},
        ssc=pf.ssc(k_fixef="nonnested"),
        fixef_tol=1e-12,
    )
    return [float(found.coef().iloc[0]), float(found.se().iloc[0])]


def static_diff_diff() -> float:
    found = importlib.import_module("diff_diff").TwoWayFixedEffects(cluster="u")
    fitted = found.fit(one_cohort()[1], outcome="y", treatment="ever", post="post", unit="u")
    return float(fitted.att)


def leads_and_lags() -> list[float]:
    study = event_study.sun_abraham(mpdta(False))
    return study.events.value[:, 0].tolist()


def saturated_pyfixest() -> Any:
    module = importlib.import_module("pyfixest.did.estimation")
    found = module.event_study(counties(), "y", "u", "t", "g", estimator="saturated", cluster="u")
    return found.aggregate().astype(float)["Estimate"]


def saturated_diff_diff() -> list[float]:
    peer = importlib.import_module("diff_diff").SunAbraham()
    found = peer.fit(counties(), outcome="y", unit="u", time="t", first_treat="g").event_study_effects
    return [found[k]["effect"] for k in event_study.sun_abraham(mpdta(False)).event_time]


def imputed() -> list[float]:
    found = imputation.impute(mpdta(False)).study.overall
    return [found.value[0, 0], event_study.standard_errors(found, mpdta(False).cluster)[0, 0]]


def imputed_diff_diff(name: str) -> list[float]:
    peer = getattr(importlib.import_module("diff_diff"), name)()
    found = peer.fit(counties(), outcome="y", unit="u", time="t", first_treat="g")
    return [float(found.overall_att), float(found.overall_se)]


def imputed_pyfixest() -> list[float]:
    """An exposed cell with a coefficient of its own takes no part in the place and year effects: theorem 2."""
    pf = importlib.import_module("pyfixest")
    table = counties()
    on = (table["g"] > 0) & (table["t"] >= table["g"])
    cell = np.where(on, 1 + np.cumsum(on), 0)
    fitted = pf.feols("y ~ i(cell, ref=0) | u + t", table.assign(cell=cell), fixef_tol=1e-12)
    return [float(fitted.coef().mean())]


def of_regressions() -> Iterator[Pair]:
    what = "two-way fixed effects, one cohort of 120 places"
    yield Pair(f"{what}: estimate and se", "pyfixest", static, static_pyfixest)
    yield Pair(f"{what}: estimate", "diff-diff", lambda: static()[0], static_diff_diff)
    what = "Sun & Abraham by event time, mpdta"
    yield Pair(what, "pyfixest", leads_and_lags, saturated_pyfixest)
    yield Pair(what, "diff-diff", leads_and_lags, saturated_diff_diff)
    what = "imputation, mpdta"
    yield Pair(f"{what}: estimate and se", "diff-diff", imputed, lambda: imputed_diff_diff("ImputationDiD"))
    yield Pair(f"{what}: estimate", "pyfixest", lambda: imputed()[:1], imputed_pyfixest)


# ---- weights -----------------------------------------------------------------------------------------------------


def california() -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
    one = prop99()
    row = one.places.index("California")
    return one.outcome("packs"), row, np.arange(39) != row, one.years < 1989


@cache
def sdid(path: str = "exact") -> Any:
    y, row, _, pre = california()
    return synthetic_did.fit(y, np.arange(39) == row, pre, path=path)


@cache
def scm() -> Any:
    return synthetic_control.fit(*california())


def mlsynth(estimator: str, **more: Any) -> Any:
    asked = {"df": states(), "outcome": "packs", "treat": "on", "unitid": "place", "time": "year"}
    peer = getattr(importlib.import_module("mlsynth"), estimator)
    return peer(asked | {"display_graphs": False} | more).fit()


def scm_mlsynth() -> list[float]:
    found = mlsynth("VanillaSC", backend="outcome-only")
    return [found.effects.att, found.inference.p_value]


def scm_ours() -> list[float]:
    y, row, donors, pre = california()
    gap = synthetic_control.placebos(y, pre, donors).gap
    return [scm().att, permutation.placebo_test(gap, pre, row).p]


@cache
def scm_diff_diff() -> Any:
    years = list(range(1970, 1989))
    peer = importlib.import_module("diff_diff").SyntheticControl(
        v_method="custom",
        custom_v=np.ones(19),
        standardize="none",
        inner_max_iter=500_000,
        inner_min_decrease=1e-14,
    )
    return peer.fit(
        states(), outcome="packs", treatment="on", unit="place", time="year", pre_period_outcomes=years,
        post_periods=list(range(1989, 2001)),
    )  # fmt: skip


def sdid_diff_diff() -> list[float]:
    peer = importlib.import_module("diff_diff").SyntheticDiD(
        variance_method="placebo", n_bootstrap=DRAWS, seed=1
    )
    found = peer.fit(states(), "packs", "ever", "place", "year", post_periods=list(range(1989, 2001)))
    return [found.att, found.se]


def sdid_synthdid() -> list[float]:
    peer = importlib.import_module("synthdid")
    y, row, donors, pre = california()
    found = peer.synthdid_estimate(np.vstack([y[donors], y[[row]]]), 38, int(pre.sum()))
    return [float(found), float(found.se(method="placebo", replications=DRAWS, random_state=1))]


def sdid_ours() -> list[float]:
    fitted = sdid("R")
    return [fitted.att, float(synthetic_did.placebo(fitted, DRAWS, 1).se or np.nan)]


def ridge() -> list[float]:
    found = augmented.ridge(*california())
    return [found.fit.att]


def completed_by_mlsynth() -> tuple[float, float]:
    """Ours and theirs at one penalty: their cross-validation draws other folds."""
    completion = importlib.import_module("mlsynth.utils.mcnnm_helpers.completion")
    y, row, _, pre = california()
    cells = (np.arange(39) == row)[:, None] & ~pre
    theirs = completion.mcnnm_fit(y, (~cells).astype(float), 30.0, max_iter=4000, tol=1e-10)["completed"]
    ours = factor.matrix_completion(y, cells, [60.0 / (~cells).sum()]).att
    return ours, float((y - theirs)[cells].mean())


def of_weights() -> Iterator[Pair]:
    what = "synthetic control, outcomes only, Prop 99: "
    yield Pair(what + "effect and placebo p", "mlsynth", scm_ours, scm_mlsynth)
    yield Pair(what + "effect", "diff-diff", lambda: scm().att, lambda: scm_diff_diff().att)
    yield Pair("ridge-augmented synthetic control, Prop 99", "mlsynth", ridge, lambda: mlsynth("VanillaSC", backend="outcome-only", augment="ridge").effects.att)  # fmt: skip
    what = f"synthetic difference-in-differences as R, Prop 99: effect and placebo se of {DRAWS} draws"
    yield Pair(what, "diff-diff", sdid_ours, sdid_diff_diff)
    yield Pair(what, "synthdid-py", sdid_ours, sdid_synthdid)
    yield Pair(
        "synthetic difference-in-differences, exact, Prop 99",
        "mlsynth",
        lambda: sdid().att,
        lambda: mlsynth("SDID").effects.att,
    )
    yield Pair(
        "matrix completion at one penalty, Prop 99",
        "mlsynth",
        lambda: completed_by_mlsynth()[0],
        lambda: completed_by_mlsynth()[1],
    )


# ---- intervals ---------------------------------------------------------------------------------------------------


@cache
def event_numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Four coefficients before and three after, their covariance, and the mean after."""
    rng = np.random.default_rng(8)
    root = rng.normal(size=(7, 7))
    sigma = (root @ root.T / 7 + 0.3 * np.eye(7)) * 0.01
    return rng.multivariate_normal(np.repeat([0, 0.5], [4, 3]), sigma), sigma, np.ones(3) / 3


def smooth() -> list[float]:
    beta, sigma, mean = event_numbers()
    found = honest.smoothness(beta, sigma, 4, [0.0, 0.05], mean)
    return (found.high - found.low).tolist()


def smooth_diff_diff() -> list[float]:
    module = importlib.import_module("diff_diff.honest_did")
    beta, sigma, mean = event_numbers()
    ends = [module._compute_optimal_flci(beta[:4], beta[4:], sigma, mean, 4, 3, m, 0.05) for m in (0.0, 0.05)]
    return [high - low for low, high in ends]


def conformal_p() -> list[float]:
    y, row, donors, pre = california()
    proxy = conformal.synthetic_proxy(y[donors])
    return [conformal.p_value(y[row], pre, proxy, effect) for effect in (-25.0, -15.0, 0.0)]


def conformal_diff_diff() -> list[float]:
    module = importlib.import_module("diff_diff.conformal")
    y, row, donors, pre = california()
    moved = module._moving_block_perms(31)
    after = int((~pre).sum())
    return [
        module._single_null_pvalue(y[row], y[donors].T, ~pre, np.full(after, effect), moved, 1)["p_value"]
        for effect in (-25.0, -15.0, 0.0)
    ]


def of_intervals() -> Iterator[Pair]:
    yield Pair("honest intervals, smoothness: lengths", "diff-diff", smooth, smooth_diff_diff)
    yield Pair("conformal p-values of three effects, Prop 99", "diff-diff", conformal_p, conformal_diff_diff)


PAIRS = (*of_cohorts(), *of_regressions(), *of_weights(), *of_intervals())

# Compared with one package only, in tests of their own (gaps, options, draws): where, and with whom.
ELSEWHERE = (
    ("dose-response and its derivative", "diff-diff; the straight line: pyfixest", "test_dose.py"),
    ("displacement in rings", "diff-diff", "test_spillover.py"),
    ("Conley errors", "diff-diff", "test_spatial.py"),
    (
        "staggered synthetic difference-in-differences, jackknife, bootstrap",
        "synthdid-py",
        "test_synthetic_did.py",
    ),
    ("the conditional test behind relative magnitudes", "moderndid", "test_honest.py"),
    ("cohorts with gaps, clusters, anticipation, universal base", "csdid and diff-diff", "test_did.py"),
)


@pytest.mark.parity
@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p.package}: {p.estimand}")
def test_the_same_number(pair: Pair) -> None:
    pytest.importorskip({"diff-diff": "diff_diff", "synthdid-py": "synthdid"}.get(pair.package, pair.package))
    assert pair.difference < TOLERANCE
