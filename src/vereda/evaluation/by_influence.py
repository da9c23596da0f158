"""Estimators whose error comes from the influence of each place: did, twfe, sunab, imputation.

Where a number rests on fewer than four exposed places (or clusters) to a cohort, on average, or on fewer than four
controls, it has no standard error, and no test is made of it: `behind` has the rule.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation import inference
from vereda.evaluation.asked import Asked, Found, begun_later, effects, small
from vereda.evaluation.behind import Behind, behind
from vereda.evaluation.inference import Errors, Z, errors
from vereda.evaluation.panel import Panel
from vereda.evaluation.results import Check, CohortEffects, Effect, Estimates
from vereda.evaluation.small_sample import Sides, all_zero, of

if TYPE_CHECKING:
    from vereda.evaluation.event_study import EventStudy

GAPS = "Too few controls, or too few exposed places, with values in both years: their own variation cannot be seen."
ALIKE = (
    "All places move alike but for rounding: there is no variation that a standard error could be made of."
)
NO_LEAD = "not tested: no year before exposure but the one compared with"
LINE = "the regression goes beyond the places there are along a straight line"
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

    _regressed(
        asked, "there is no year before to compare with, and as controls they would pass on their own effect"
    )
    o, used = asked.options, bool(asked.panel.covariates.shape[1])
    study = event_study.twfe(asked.panel, o["leads"], o["lags"], covariates_by_year=used)
    return _regression(asked, study, behind(asked.panel, "pooled"))


def sunab(asked: Asked) -> Found:
    """Sun & Abraham (2021)."""
    from vereda.evaluation import event_study

    _regressed(asked, "there is no year before to compare with")
    o, used = asked.options, bool(asked.panel.covariates.shape[1])
    study = event_study.sun_abraham(
        asked.panel, o["leads"], o["lags"], control=o["control"], covariates_by_year=used
    )
    return _regression(asked, study, behind(asked.panel, o["control"]))


def imputation(asked: Asked) -> Found:
    """Borusyak, Jaravel & Spiess (2024), with their test of trends on unexposed cells."""
    from vereda.evaluation import imputation as module

    _regressed(asked, "nothing is known of them without exposure")
    panel, used = asked.panel, bool(asked.panel.covariates.shape[1])
    early = asked.options["anticipation"]
    study = module.impute(panel, anticipation=early, covariates_by_year=used).study
    rests = behind(panel, "unexposed", early)
    before: tuple[Effect, ...] = ()
    leads = int(min(3, panel.first[asked.exposed].min() - early - panel.years[0] - 1))
    checks: tuple[Check, ...] = (Check("pre_trend", "informational", NO_LEAD),)
    try:
        trend = (
            module.pre_trend(panel, leads, anticipation=early, covariates_by_year=used) if leads > 0 else None
        )
    except BadDesign as fault:
        trend, checks = None, (Check("pre_trend", "informational", f"not tested: {fault}"),)
    if trend is not None:
        before = _events(asked, trend.leads, rests)
        checks = (_f_test(asked, trend.leads, np.ones(leads, dtype=bool), rests),)
    listed = before + _events(asked, study.events, rests)
    return _whole(asked, rests, study.overall, listed, checks + _overlap(asked))


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
    listed = _events(asked, shown, rests)
    return _whole(asked, rests, overall, listed, checks)


def _drawn(
    asked: Asked, rests: Behind, overall: Estimates, shown: Estimates, checks: tuple[Check, ...]
) -> Found:
    """One set of signs for a seed: intervals of the effects hold all at once, the one of the att by itself."""
    cluster = asked.panel.cluster
    signs = inference.signs(int(cluster.max()) + 1, asked.options["draws"], asked.seed)
    one, many = (inference.bootstrap(e, cluster, signs, _sides(asked, e)) for e in (overall, shown))
    band, alone = inference.uniform_band(many), inference.uniform_band(one)
    half = (band.high - band.value)[:, 0]
    listed = _allowed(rests, effects(shown.label, band.value[:, 0], many.errors, half))
    extreme = int((np.abs(one.draws[:, 0, 0]) >= abs(one.t[0, 0])).sum())
    p = (1 + extreme) / (1 + len(one.draws))
    return _whole(
        asked, rests, overall, listed, checks, "multiplier bootstrap", (p, float(alone.critical[0]))
    )


def _allowed(rests: Behind, listed: tuple[Effect, ...]) -> tuple[Effect, ...]:
    return tuple(Effect(e.label, e.value) if rests.of(e.label).why() else e for e in listed)


def _whole(
    asked: Asked, rests: Behind, overall: Estimates, listed: tuple[Effect, ...], checks: tuple[Check, ...],
    kind: str = "asymptotic", drawn: tuple[float, float] | None = None, factor: float = 1.0,
) -> Found:  # fmt: skip
    """The answer; drawn: p and the critical value on the normal scale, where they come from draws."""
    known = _known(asked, overall, factor)
    att, se = float(overall.value[0, 0]), float(known.se[0, 0])
    why = rests.of("att").why() or missing(asked, se)
    if why == ALIKE:
        listed = tuple(Effect(e.label, e.value) for e in listed)
    bare = [e.label for e in listed if e.se is None]
    if bare:
        words = f"no standard error: {', '.join(bare)}; {'no variation' if why == ALIKE else 'too few places or controls'}"
        checks += (Check("no_se", "informational", words),)
    if why:
        return Found(att, listed, why_no_se=why, checks=checks)
    p, critical = drawn or (float(known.p(overall.value)[0, 0]), Z)
    half = float(known.half(critical)[0, 0])
    checks += (small(float(known.degrees[0, 0]), float(known.wider[0, 0])),)
    return Found(att, listed, se, att - half, att + half, p, kind, checks=checks)


def _sides(asked: Asked, found: Estimates) -> Sides:
    return of(asked.panel, each=all(label.startswith("g=") for label in found.label))


def _known(asked: Asked, found: Estimates, factor: float = 1.0) -> Errors:
    """Errors (p, 1) with what is known of small samples; factor: of the variance, as a package has it."""
    usual = errors(found, asked.panel.cluster, _sides(asked, found))
    return replace(usual, se=usual.se * factor**0.5, wider=np.maximum(usual.wider / factor**0.5, 1.0))


def missing(asked: Asked, se: float) -> str:
    """Why a standard error that was computed is none; empty where it is one."""
    if not isfinite(se):
        return GAPS
    return ALIKE if se <= ROUNDING * float(np.nanmax(np.abs(asked.y))) else ""


# Regressions --------------------------------------------------------------------------------------------------


def _regression(asked: Asked, study: "EventStudy", rests: Behind) -> Found:
    """Errors as fixest gives them: clustered, with its small-sample factor."""
    from vereda.evaluation.event_study import crv1

    clusters, count = len(np.unique(asked.panel.cluster)), int(study.observations[0])
    listed = _events(asked, study.events, rests, crv1(count, int(study.parameters[0]), clusters))
    checks = (_f_test(asked, study.events, study.event_time < -1, rests), *_overlap(asked))
    factor = crv1(count, int(study.overall_parameters[0]), clusters)
    return _whole(asked, rests, study.overall, listed, checks, factor=factor)


def _regressed(asked: Asked, why: str) -> None:
    """BadDesign where a regression has nothing to compare: places exposed all along, or covariates that are the exposure."""
    begun_later(asked, why)
    x = np.column_stack([np.ones(len(asked.exposed)), asked.panel.covariates])
    x = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    exposed = asked.exposed.astype(float)
    if (
        x.shape[1] > 1
        and np.ptp(exposed)
        and np.abs(exposed - x @ np.linalg.lstsq(x, exposed, rcond=None)[0]).max() < 1e-9
    ):
        raise BadDesign(
            f"The covariates ({', '.join(asked.panel.covariate_names)}) tell exposed places from the rest exactly: whatever changes with "
            "exposure changes with them. Leave one out, or use coarser ones."
        )


def _overlap(asked: Asked) -> tuple[Check, ...]:
    """Whether the covariates of a regression tell exposed places from the rest: it then rests on a line beyond the data."""
    from vereda.evaluation.did import overlap

    exposed, panel = asked.exposed, asked.panel
    if not panel.covariates.shape[1] or exposed.all():
        return ()
    try:
        (found,) = overlap(replace(panel, first=np.where(exposed, panel.years[-1], np.inf)))
    except BadDesign as fault:
        return (Check("overlap", "failed", f"{LINE}: {str(fault).split(': ', 1)[-1]}"),)
    top, alone = found.values["largest"], found.values["alone"]
    words = (
        f"the largest fitted probability of exposure is {top:.3f}, above 0.9 for {alone:.0%} of the exposed"
    )
    return (replace(found, detail=words, values={"largest": top, "alone": alone}),)


def _own_trend(asked: Asked, found: CohortEffects, rests: Behind) -> tuple[Check, ...]:
    """The Wald test of did, where the cells before exposure have controls enough."""
    cells = zip(found.cohort, found.year, strict=True)
    events = sorted({int(t - g) for g, t in cells if t < g - asked.options["anticipation"]})
    few = [count for e in events if (count := rests.of(f"e={e}")).controls < inference.FEW and count.cohorts]
    if few:
        return (Check("pre_trend", "informational", f"not tested: {few[0].why('A lead')}"),)
    se = inference.standard_error(Estimates((), found.att, found.influence), asked.panel.cluster)
    if not (se[np.isfinite(se)] > ROUNDING * float(np.nanmax(np.abs(asked.y)))).all():
        return (Check("pre_trend", "informational", f"not tested: {ALIKE}"),)
    return inference.pre_trend(found, asked.panel.cluster, asked.options["anticipation"])


def _f_test(asked: Asked, found: Estimates, leads: NDArray[np.bool_], rests: Behind) -> Check:
    """F test that the leads (p,) are zero: those that may have a standard error."""
    whys = {i: why for i in np.flatnonzero(leads) if (why := rests.of(_label(found.label[i])).why("A lead"))}
    usable = leads.copy()
    usable[list(whys)] = False
    if whys and not usable.any():
        return Check("pre_trend", "informational", f"not tested: {next(iter(whys.values()))}")
    scale = ROUNDING * float(np.nanmax(np.abs(asked.y)))
    if usable.any() and not (_known(asked, _part(found, np.flatnonzero(usable).tolist())).se > scale).all():
        return Check("pre_trend", "informational", f"not tested: {ALIKE}")
    if not usable.any():
        return Check("pre_trend", "informational", NO_LEAD)
    one = np.zeros(int(usable.sum()), dtype=np.int64)
    test = all_zero(
        found.value[usable, 0], found.influence[:, usable, 0], asked.panel.cluster, of(asked.panel), one
    )
    note = f"; {len(whys)} on too few places are not in it" if whys else ""
    state = "failed" if test.p < 0.05 else "passed"
    return Check("pre_trend", state, inference.said(test) + note, inference.values(test))


def _label(name: str) -> str:
    """ "e=-3" for "-3", "e<=-3" for "<=-3"."""
    return f"e{'' if name[0] in '<>' else '='}{name}"


def _events(asked: Asked, found: Estimates, rests: Behind, factor: float = 1.0) -> tuple[Effect, ...]:
    known = _known(asked, found, factor)
    labels = [name if name[0] in "egt" else _label(name) for name in found.label]
    return _allowed(rests, effects(labels, found.value[:, 0], known, known.half()[:, 0]))


def _left_out(panel: Panel, found: CohortEffects) -> tuple[Check, ...]:
    gone = np.flatnonzero(np.isnan(found.first))
    if not len(gone):
        return ()
    names = ", ".join(panel.places[i] for i in gone[:5]) + (", ..." if len(gone) > 5 else "")
    detail = (
        f"{len(gone)} places exposed from the first year on have no year before and are left out: {names}"
    )
    return (Check("left_out", "informational", detail, {"places": float(len(gone))}),)
