"""Estimators whose error comes from the influence of each place: did, twfe, sunab, imputation.

A standard error needs to see how exposed places differ among themselves. Where a number rests on fewer than four
exposed places (or clusters) to a cohort, on average, it has none: a cohort of k places shows only (k - 1) / k of its
own variation, and a cohort of one shows nothing.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.asked import Asked, Found, Z, at, effects, normal_p
from vereda.evaluation.panel import Panel
from vereda.evaluation.results import Check, CohortEffects, Effect, Estimates

if TYPE_CHECKING:
    from vereda.evaluation.event_study import EventStudy, Joint

FEW = 4
WHY = (
    "{what} rests on {places} exposed places (or clusters) in {cohorts} cohorts: fewer than four to a cohort, so their "
    "own variation, which a standard error is made of, cannot be seen. Use scm, ascm or sdid with placebos."
)
CONTROLS = "Too few controls, or too few exposed places with values in both years: their own variation cannot be seen."


def did(asked: Asked) -> Found:
    """Callaway & Sant'Anna (2021), summed up as `aggregate` says; effects by event time with "simple"."""
    from vereda.evaluation import inference
    from vereda.evaluation.did import att_gt, overlap

    panel, o = asked.panel, asked.options
    found = att_gt(panel, o["control"], o["method"], o["anticipation"], o["base"])
    overall, shown = _summed(found, o["aggregate"])
    checks = _left_out(panel, found)
    if panel.covariates.shape[1] and o["method"] != "reg":
        checks += overlap(panel, o["control"], o["anticipation"])
    checks += inference.pre_trend(found, panel.cluster, o["anticipation"])
    if o["draws"]:
        return _drawn(asked, overall, shown, checks)
    return _analytic(asked, overall, shown, checks)


def twfe(asked: Asked) -> Found:
    """Least squares with place and year effects; its event times mix cohorts where effects differ."""
    from vereda.evaluation import event_study

    o, used = asked.options, bool(asked.panel.covariates.shape[1])
    study = event_study.twfe(asked.panel, o["leads"], o["lags"], covariates_by_year=used)
    return _regression(asked, study, pooled=True)


def sunab(asked: Asked) -> Found:
    """Sun & Abraham (2021)."""
    from vereda.evaluation import event_study

    o, used = asked.options, bool(asked.panel.covariates.shape[1])
    study = event_study.sun_abraham(
        asked.panel, o["leads"], o["lags"], control=o["control"], covariates_by_year=used
    )
    return _regression(asked, study, pooled=False)


def imputation(asked: Asked) -> Found:
    """Borusyak, Jaravel & Spiess (2024), with their test of trends on unexposed cells."""
    from vereda.evaluation import imputation as module

    panel, used = asked.panel, bool(asked.panel.covariates.shape[1])
    early = asked.options["anticipation"]
    study = module.impute(panel, anticipation=early, covariates_by_year=used).study
    before: tuple[Effect, ...] = ()
    leads = int(min(3, panel.first[asked.exposed].min() - early - panel.years[0] - 1))
    try:
        trend = module.pre_trend(panel, leads, anticipation=early, covariates_by_year=used)
    except BadDesign as fault:
        checks: tuple[Check, ...] = (Check("pre_trend", "informational", f"not tested: {fault}"),)
    else:
        before = _events(asked, trend.leads, 1.0, Z, pooled=False)
        checks = (_tested(asked, _f_test(trend.test), pooled=False),)
    listed = before + _events(asked, study.events, 1.0, Z, pooled=False)
    att, se = _one(asked, study.overall, 1.0)
    return _whole(asked, att, se, Z, None, listed, checks)


# Standard errors ----------------------------------------------------------------------------------------------


def enough(panel: Panel, label: str, pooled: bool = False) -> tuple[bool, int, int]:
    """Whether a number may have a standard error, the exposed places (or clusters) behind it, and their cohorts.

    label: "att", "e=2", "g=2004", "t=2007" (or "e=2", "e<=-3", "e>=4"). pooled: cohorts share one coefficient, so
    that their sum counts and not their mean.
    """
    first, end = panel.first, panel.years[-1]
    inside = (first <= end) & (first > panel.years[0])
    place = at(label)
    if place is not None and label[0] == "g":
        inside &= first == place
    elif place is not None and label[0] == "t":
        inside &= first <= place
    elif place is not None and label[1] == "=":
        inside &= (first + place <= end) & (first + place >= panel.years[0])
    groups = np.unique(first[inside])
    seen = sum(len(np.unique(panel.cluster[inside & (first == g)])) for g in groups)
    return seen >= FEW * (1 if pooled else max(len(groups), 1)), int(seen), len(groups)


def compared(panel: Panel) -> int:
    """Places (or clusters) that stay unexposed when the first cohort begins: those it can be compared with."""
    later = panel.first > panel.first.min()
    return len(np.unique(panel.cluster[later]))


def _tested(asked: Asked, told: Check, pooled: bool) -> Check:
    """A joint test of leads, where exposed places and controls are enough to see how they vary; informational else."""
    if enough(asked.panel, "att", pooled)[0] and compared(asked.panel) >= FEW:
        return told
    return Check(told.name, "informational", "not tested: too few exposed places, or too few to compare with")


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


def _analytic(asked: Asked, overall: Estimates, shown: Estimates, checks: tuple[Check, ...]) -> Found:
    from vereda.evaluation.inference import standard_error

    cluster = asked.panel.cluster
    se = standard_error(shown, cluster)[:, 0]
    value = shown.value[:, 0]
    listed = _allowed(asked.panel, effects(shown.label, value, se, value - Z * se, value + Z * se))
    att, error = float(overall.value[0, 0]), float(standard_error(overall, cluster)[0, 0])
    return _whole(asked, att, error, Z, None, listed, checks)


def _drawn(asked: Asked, overall: Estimates, shown: Estimates, checks: tuple[Check, ...]) -> Found:
    """One set of signs for a seed: intervals of the effects hold all at once, the one of the att by itself."""
    from vereda.evaluation import inference

    cluster = asked.panel.cluster
    signs = inference.signs(int(cluster.max()) + 1, asked.options["draws"], asked.seed)
    one, many = inference.bootstrap(overall, cluster, signs), inference.bootstrap(shown, cluster, signs)
    band, alone = inference.uniform_band(many), inference.uniform_band(one)
    columns = (band.value[:, 0], band.se[:, 0], band.low[:, 0], band.high[:, 0])
    listed = _allowed(asked.panel, effects(shown.label, *columns))
    extreme = int((np.abs(one.draws[:, 0, 0]) >= abs(one.t[0, 0])).sum())
    p = (1 + extreme) / (1 + len(one.draws))
    att, error = float(one.value[0, 0]), float(one.se[0, 0])
    return _whole(asked, att, error, float(alone.critical[0]), p, listed, checks)


def _allowed(panel: Panel, listed: tuple[Effect, ...], pooled: bool = False) -> tuple[Effect, ...]:
    few = compared(panel) < FEW
    return tuple(
        Effect(e.label, e.value) if few or not enough(panel, e.label, pooled)[0] else e for e in listed
    )


def _whole(
    asked: Asked, att: float, se: float, critical: float, p: float | None, listed: tuple[Effect, ...],
    checks: tuple[Check, ...], pooled: bool = False, kind: str = "",
) -> Found:  # fmt: skip
    may, places, cohorts = enough(asked.panel, "att", pooled)
    bare = [e.label for e in listed if e.se is None]
    if bare:
        checks += (Check("no_se", "informational", f"no standard error: {', '.join(bare)}; too few places"),)
    if not may or not isfinite(se) or compared(asked.panel) < FEW:
        why = CONTROLS if may else WHY.format(what="The effect", places=places, cohorts=cohorts)
        return Found(att, listed, why_no_se=why, checks=checks)
    kind = kind or ("asymptotic" if p is None else "multiplier bootstrap")
    p = normal_p(att, se) if p is None else p
    low, high = att - critical * se, att + critical * se
    return Found(att, listed, se, low, high, p, kind, checks=checks)


# Regressions --------------------------------------------------------------------------------------------------


def _regression(asked: Asked, study: "EventStudy", pooled: bool) -> Found:
    """Errors as fixest gives them: clustered, with its small-sample factor, and t with clusters - 1 degrees."""
    from scipy.special import stdtr, stdtrit

    from vereda.evaluation.event_study import crv1

    clusters = len(np.unique(asked.panel.cluster))
    count = int(study.observations[0])
    critical = float(stdtrit(clusters - 1, 0.975)) if clusters > 1 else Z
    listed = _events(asked, study.events, crv1(count, int(study.parameters[0]), clusters), critical, pooled)
    att, se = _one(asked, study.overall, crv1(count, int(study.overall_parameters[0]), clusters))
    p = 2 * float(stdtr(clusters - 1, -abs(att / se))) if se > 0 else None
    checks = (_tested(asked, _no_trend(asked, study), pooled),)
    return _whole(asked, att, se, critical, p, listed, checks, pooled, "asymptotic")


def _no_trend(asked: Asked, study: "EventStudy") -> Check:
    from vereda.evaluation.event_study import all_zero

    try:
        return _f_test(all_zero(study.events, study.event_time < -1, asked.panel.cluster))
    except BadDesign as fault:
        return Check("pre_trend", "informational", f"not tested: {fault}")


def _f_test(test: "Joint") -> Check:
    f, p = float(test.statistic[0]), float(test.p[0])
    detail = f"F({test.numerator}, {test.denominator}) = {f:.2f} that all leads are zero, p = {p:.4f}"
    values = {"f": f, "df": float(test.numerator), "p": p}
    return Check("pre_trend", "failed" if p < 0.05 else "passed", detail, values)


def _events(
    asked: Asked, found: Estimates, factor: float, critical: float, pooled: bool
) -> tuple[Effect, ...]:
    from vereda.evaluation.event_study import standard_errors

    se = standard_errors(found, asked.panel.cluster, factor)[:, 0]
    value = found.value[:, 0]
    labels = [f"e{'' if label[0] in '<>' else '='}{label}" for label in found.label]
    return _allowed(
        asked.panel, effects(labels, value, se, value - critical * se, value + critical * se), pooled
    )


def _one(asked: Asked, found: Estimates, factor: float) -> tuple[float, float]:
    from vereda.evaluation.event_study import standard_errors

    return float(found.value[0, 0]), float(standard_errors(found, asked.panel.cluster, factor)[0, 0])


def _left_out(panel: Panel, found: CohortEffects) -> tuple[Check, ...]:
    gone = np.flatnonzero(np.isnan(found.first))
    if not len(gone):
        return ()
    names = ", ".join(panel.places[i] for i in gone[:5]) + (", ..." if len(gone) > 5 else "")
    detail = (
        f"{len(gone)} places exposed from the first year on have no year before and are left out: {names}"
    )
    return (Check("left_out", "informational", detail, {"places": float(len(gone))}),)
