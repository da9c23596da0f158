"""Estimators whose error comes from the influence of each place: did, twfe, sunab, imputation.

Where a number rests on fewer than four exposed places (or clusters) to a cohort, on average, or on fewer than four
controls, it has no standard error, and no test is made of it: `behind` has the rule.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.asked import Asked, Found, Z, effects, normal_p
from vereda.evaluation.behind import Behind, behind
from vereda.evaluation.panel import Array, Panel
from vereda.evaluation.results import Check, CohortEffects, Effect, Estimates

if TYPE_CHECKING:
    from vereda.evaluation.event_study import EventStudy

GAPS = "Too few controls, or too few exposed places, with values in both years: their own variation cannot be seen."
ALIKE = (
    "All places move alike but for rounding: there is no variation that a standard error could be made of."
)
ROUNDING = 1e-14  # of the largest value: a standard error below is made of rounding


def did(asked: Asked) -> Found:
    """Callaway & Sant'Anna (2021), summed up as `aggregate` says; effects by event time with "simple"."""
    from vereda.evaluation.did import att_gt, overlap

    panel, o = asked.panel, asked.options
    found = att_gt(panel, o["control"], o["method"], o["anticipation"], o["base"])
    overall, shown = _summed(found, o["aggregate"])
    checks = _left_out(panel, found)
    if panel.covariates.shape[1] and o["method"] != "reg":
        checks += overlap(panel, o["control"], o["anticipation"])
    rests = behind(panel, o["control"], o["anticipation"])
    checks += _own_trend(asked, found, rests)
    if o["draws"]:
        return _drawn(asked, rests, overall, shown, checks)
    return _analytic(asked, rests, overall, shown, checks)


def twfe(asked: Asked) -> Found:
    """Least squares with place and year effects; its event times mix cohorts where effects differ."""
    from vereda.evaluation import event_study

    o, used = asked.options, bool(asked.panel.covariates.shape[1])
    study = event_study.twfe(asked.panel, o["leads"], o["lags"], covariates_by_year=used)
    return _regression(asked, study, behind(asked.panel, "pooled"))


def sunab(asked: Asked) -> Found:
    """Sun & Abraham (2021)."""
    from vereda.evaluation import event_study

    o, used = asked.options, bool(asked.panel.covariates.shape[1])
    study = event_study.sun_abraham(
        asked.panel, o["leads"], o["lags"], control=o["control"], covariates_by_year=used
    )
    return _regression(asked, study, behind(asked.panel, o["control"]))


def imputation(asked: Asked) -> Found:
    """Borusyak, Jaravel & Spiess (2024), with their test of trends on unexposed cells."""
    from vereda.evaluation import imputation as module

    panel, used = asked.panel, bool(asked.panel.covariates.shape[1])
    early = asked.options["anticipation"]
    study = module.impute(panel, anticipation=early, covariates_by_year=used).study
    rests = behind(panel, "unexposed", early)
    before: tuple[Effect, ...] = ()
    leads = int(min(3, panel.first[asked.exposed].min() - early - panel.years[0] - 1))
    try:
        trend = module.pre_trend(panel, leads, anticipation=early, covariates_by_year=used)
    except BadDesign as fault:
        checks: tuple[Check, ...] = (Check("pre_trend", "informational", f"not tested: {fault}"),)
    else:
        before = _events(asked, trend.leads, 1.0, Z, rests)
        checks = (_f_test(asked, trend.leads, np.ones(leads, dtype=bool), rests),)
    listed = before + _events(asked, study.events, 1.0, Z, rests)
    att, se = _one(asked, study.overall, 1.0)
    return _whole(asked, rests, att, se, Z, None, listed, checks)


# Standard errors ----------------------------------------------------------------------------------------------


def _summed(found: CohortEffects, how: str) -> tuple[Estimates, Estimates]:
    """The overall number and the effects to show."""
    from vereda.evaluation import aggregate

    makers: dict[str, Callable[[CohortEffects], Estimates]] = {
        "simple": aggregate.dynamic,
        "dynamic": aggregate.dynamic,
        "group": aggregate.group,
        "calendar": aggregate.calendar,
    }
    shown = makers[how](found)
    overall = aggregate.simple(found) if how == "simple" else _part(shown, [0])
    return overall, _part(shown, range(1, len(shown.label)))


def _part(found: Estimates, rows: Sequence[int]) -> Estimates:
    keep = list(rows)
    return Estimates(tuple(found.label[i] for i in keep), found.value[keep], found.influence[:, keep])


def _analytic(
    asked: Asked, rests: Behind, overall: Estimates, shown: Estimates, checks: tuple[Check, ...]
) -> Found:
    from vereda.evaluation.inference import standard_error

    cluster = asked.panel.cluster
    se = standard_error(shown, cluster)[:, 0]
    value = shown.value[:, 0]
    listed = _allowed(rests, effects(shown.label, value, se, value - Z * se, value + Z * se))
    att, error = float(overall.value[0, 0]), float(standard_error(overall, cluster)[0, 0])
    return _whole(asked, rests, att, error, Z, None, listed, checks)


def _drawn(
    asked: Asked, rests: Behind, overall: Estimates, shown: Estimates, checks: tuple[Check, ...]
) -> Found:
    """One set of signs for a seed: intervals of the effects hold all at once, the one of the att by itself."""
    from vereda.evaluation import inference

    cluster = asked.panel.cluster
    signs = inference.signs(int(cluster.max()) + 1, asked.options["draws"], asked.seed)
    one, many = inference.bootstrap(overall, cluster, signs), inference.bootstrap(shown, cluster, signs)
    band, alone = inference.uniform_band(many), inference.uniform_band(one)
    columns = (band.value[:, 0], band.se[:, 0], band.low[:, 0], band.high[:, 0])
    listed = _allowed(rests, effects(shown.label, *columns))
    extreme = int((np.abs(one.draws[:, 0, 0]) >= abs(one.t[0, 0])).sum())
    p = (1 + extreme) / (1 + len(one.draws))
    att, error = float(one.value[0, 0]), float(one.se[0, 0])
    return _whole(asked, rests, att, error, float(alone.critical[0]), p, listed, checks)


def _allowed(rests: Behind, listed: tuple[Effect, ...]) -> tuple[Effect, ...]:
    return tuple(Effect(e.label, e.value) if rests.of(e.label).why() else e for e in listed)


def _whole(
    asked: Asked, rests: Behind, att: float, se: float, critical: float, p: float | None,
    listed: tuple[Effect, ...], checks: tuple[Check, ...], kind: str = "",
) -> Found:  # fmt: skip
    why = rests.of("att").why() or missing(asked, se)
    if why == ALIKE:
        listed = tuple(Effect(e.label, e.value) for e in listed)
    bare = [e.label for e in listed if e.se is None]
    if bare:
        words = f"no standard error: {', '.join(bare)}; {'no variation' if why == ALIKE else 'too few places or controls'}"
        checks += (Check("no_se", "informational", words),)
    if why:
        return Found(att, listed, why_no_se=why, checks=checks)
    kind = kind or ("asymptotic" if p is None else "multiplier bootstrap")
    p = normal_p(att, se) if p is None else p
    low, high = att - critical * se, att + critical * se
    return Found(att, listed, se, low, high, p, kind, checks=checks)


def missing(asked: Asked, se: float) -> str:
    """Why a standard error that was computed is none; empty where it is one."""
    if not isfinite(se):
        return GAPS
    return ALIKE if se <= ROUNDING * float(np.nanmax(np.abs(asked.y))) else ""


# Regressions --------------------------------------------------------------------------------------------------


def _regression(asked: Asked, study: "EventStudy", rests: Behind) -> Found:
    """Errors as fixest gives them: clustered, with its small-sample factor, and t with clusters - 1 degrees."""
    from scipy.special import stdtr, stdtrit

    from vereda.evaluation.event_study import crv1

    clusters = len(np.unique(asked.panel.cluster))
    count = int(study.observations[0])
    critical = float(stdtrit(clusters - 1, 0.975)) if clusters > 1 else Z
    listed = _events(asked, study.events, crv1(count, int(study.parameters[0]), clusters), critical, rests)
    att, se = _one(asked, study.overall, crv1(count, int(study.overall_parameters[0]), clusters))
    p = 2 * float(stdtr(clusters - 1, -abs(att / se))) if se > 0 else None
    checks = (_f_test(asked, study.events, study.event_time < -1, rests),)
    return _whole(asked, rests, att, se, critical, p, listed, checks, "asymptotic")


def _own_trend(asked: Asked, found: CohortEffects, rests: Behind) -> tuple[Check, ...]:
    """The Wald test of did, where the cells before exposure have controls enough."""
    from vereda.evaluation import inference

    cells = zip(found.cohort, found.year, strict=True)
    events = sorted({int(t - g) for g, t in cells if t < g - asked.options["anticipation"]})
    few = [count for e in events if (count := rests.of(f"e={e}")).controls < inference.FEW and count.cohorts]
    if few:
        return (Check("pre_trend", "informational", f"not tested: {few[0].why('A lead')}"),)
    return inference.pre_trend(found, asked.panel.cluster, asked.options["anticipation"])


def _f_test(asked: Asked, found: Estimates, leads: NDArray[np.bool_], rests: Behind) -> Check:
    """F test that the leads (p,) are zero: those that may have a standard error."""
    from vereda.evaluation.event_study import all_zero

    whys = {i: why for i in np.flatnonzero(leads) if (why := rests.of(_label(found.label[i])).why("A lead"))}
    usable = leads.copy()
    usable[list(whys)] = False
    if whys and not usable.any():
        return Check("pre_trend", "informational", f"not tested: {next(iter(whys.values()))}")
    scale = ROUNDING * float(np.nanmax(np.abs(asked.y)))
    if usable.any() and (_errors(asked, found)[usable] <= scale).any():
        return Check("pre_trend", "informational", f"not tested: {ALIKE}")
    try:
        test = all_zero(found, usable, asked.panel.cluster)
    except BadDesign as fault:
        return Check("pre_trend", "informational", f"not tested: {fault}")
    f, p = float(test.statistic[0]), float(test.p[0])
    which = (
        "all leads are zero" if not whys else f"leads are zero ({len(whys)} on too few places are not in it)"
    )
    detail = f"F({test.numerator}, {test.denominator}) = {f:.2f} that {which}, p = {p:.4f}"
    values = {"f": f, "df": float(test.numerator), "p": p}
    return Check("pre_trend", "failed" if p < 0.05 else "passed", detail, values)


def _label(name: str) -> str:
    """ "e=-3" for "-3", "e<=-3" for "<=-3"."""
    return f"e{'' if name[0] in '<>' else '='}{name}"


def _errors(asked: Asked, found: Estimates, factor: float = 1.0) -> Array:
    from vereda.evaluation.event_study import standard_errors

    se: Array = standard_errors(found, asked.panel.cluster, factor)[:, 0]
    return se


def _events(
    asked: Asked, found: Estimates, factor: float, critical: float, rests: Behind
) -> tuple[Effect, ...]:
    se, value = _errors(asked, found, factor), found.value[:, 0]
    labels = [_label(name) for name in found.label]
    return _allowed(rests, effects(labels, value, se, value - critical * se, value + critical * se))


def _one(asked: Asked, found: Estimates, factor: float) -> tuple[float, float]:
    return float(found.value[0, 0]), float(_errors(asked, found, factor)[0])


def _left_out(panel: Panel, found: CohortEffects) -> tuple[Check, ...]:
    gone = np.flatnonzero(np.isnan(found.first))
    if not len(gone):
        return ()
    names = ", ".join(panel.places[i] for i in gone[:5]) + (", ..." if len(gone) > 5 else "")
    detail = (
        f"{len(gone)} places exposed from the first year on have no year before and are left out: {names}"
    )
    return (Check("left_out", "informational", detail, {"places": float(len(gone))}),)
