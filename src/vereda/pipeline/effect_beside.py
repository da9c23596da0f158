"""What stands beside the main effect of an outcome: its checks, its years, the exposed as a set, and the neighbours."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation import assessment, permutation, spillover, synthetic_control, verdict
from vereda.evaluation.results import Check, Effect
from vereda.pipeline.panels import Sample
from vereda.pipeline.specifications import FEW, Run
from vereda.pipeline.telling import NOT_ADDED, Ways
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.finding import EffectAnswer, Point, Together

SIMULATED = 200  # panels without effect behind a calibrated size


def points(event: Sequence[Effect], taken: Sample, since: int) -> Iterator[Point]:
    """Effects by calendar year: a panel of single editions counts editions, its labels say which years they are of."""
    begun = sum(year < since for year in taken.labels)
    for e in event:
        year = taken.labels[begun + int(e.label.removeprefix("e="))]
        yield Point(year - since, e.value, e.low, e.high, str(year))


def statistic(beside: assessment.Assessment) -> str:
    """By what the places were ranked: the other estimators are then ranked by the same."""
    said = next((c.detail for c in beside.checks if c.name == "placebo_rank"), "")
    return "own_spread" if said == assessment.RANKED["mean"] else "rmspe_ratio"


def worth(checks: Sequence[Check]) -> Iterator[Check]:
    """The calibrated size with what the test can say at all: how many sets it compares, and the smallest p of that."""
    sets = next((c.values["sets"] - 1 for c in checks if c.name == "placebo_rank"), 0.0)
    for check in checks:
        if check.name != "calibrated_size" or not sets:
            yield check
            continue
        least = 1 / (sets + 1)
        values = {**check.values, "draws": SIMULATED, "sets": sets, "p_least": least}
        if least > verdict.LEVEL:
            yield Check(check.name, "failed", "calibrated_size.never", values)
        else:
            cautious = "calibrated_size.cautious" if not check.values["size"] else check.detail
            yield Check(check.name, check.state, cautious, values)


def together(run: Run, taken: Sample, beside: assessment.Assessment) -> Together | None:
    """The exposed as a set among other sets, ranked again as the check ranks them; None where no check does."""
    told = next((c.values for c in beside.checks if c.name == "placebo_rank"), None)
    if told is None:
        return None
    one, seed = taken.panel, run.plan.seed
    y, exposed = one.y[:, :, 0], np.flatnonzero(np.isfinite(one.first))
    pre = one.years < one.first[exposed].min()
    near = run.design.graph[taken.rows][:, taken.rows] if run.main.buffer else None
    gap = synthetic_control.placebos(
        y, pre, np.isinf(one.first), np.arange(len(y)), near, one.places, settle=False
    ).gap
    name = statistic(beside)
    if name == "own_spread":
        gap, name = permutation.over_own_spread(gap, y, pre), "mean"
    test = permutation.placebo_test(gap, pre, exposed, one.stratum, name, seed=seed)
    if (test.rank, test.compared + 1) != (told["rank"], told["sets"]):
        raise BadDesign(
            f"Plan {run.plan.id}: rank {test.rank} of the exposed together, {told['rank']:.0f} in its check."
        )
    signed = permutation.rank_of(test.statistic, exposed, one.stratum, sides="greater", seed=seed)
    most = signed.reference[np.isfinite(signed.reference)].max(initial=signed.observed)
    spread = np.percentile(np.minimum(signed.reference, most), np.arange(101))
    return Together(signed.observed, test.rank, test.compared + 1, tuple(float(v) for v in spread))


def beside(run: Run, taken: Sample, main: EffectAnswer) -> assessment.Assessment:
    """Checks, path, placebos and weights of the main specification: of few exposed places, or of many."""
    one, graph = taken.panel, run.design.graph[taken.rows][:, taken.rows]
    value = main.effect.value or 0.0
    if np.isfinite(one.first).sum() < FEW:
        return assessment.few(one, graph if run.main.buffer else None, SIMULATED, run.plan.seed)
    return assessment.many(one, value, main.p, run.plan.seed, graph)


def displaced(run: Run, main: EffectAnswer, steps: Ways) -> tuple[tuple[Figure, ...], Message | None]:
    """Direct, displaced and net effect, where neighbours are a cohort of their own; why there is no net effect."""
    taken = run.taken(replace(run.main, covariates=False), buffer=0)
    graph = run.design.graph[taken.rows][:, taken.rows]
    figures = []
    unit, buffer = run.unit("level"), max(run.main.buffer, 1)
    found = assessment.displaced(taken.panel, graph, buffer)
    if run.main.transform != "level" or "/" in unit:  # rates and logarithms of several places do not add up
        found = tuple(effect for effect in found if not effect.label.startswith("net"))
        if found and run.main.transform == "level" and "people" in unit:
            found += _over_people(run, taken, graph, buffer)
    for effect in found:
        name = effect.label.replace(" ", "-")
        key = f"displaced@{run.plan.id}:{run.outcome.series}~{name}"
        figures.append(
            Figure(
                effect.value,
                run.unit(run.main.transform),
                key,
                effect.low,
                effect.high,
                "computed",
                note=effect.label,
            )
        )
        how = f"each ring of neighbours against places further away; {len(taken.rows)} places"
        behind = run.inputs.behind(run.outcome.series, run.main.transform, taken)
        if effect.label == spillover.OVER_PEOPLE:
            behind = (*behind, run.inputs.people())
        steps[key] = Step(
            "effect", f"{effect.label} · {run.plan.id} · {run.outcome.series}", how, key, effect.value, run.unit(run.main.transform),
            f"panel sha256 {taken.panel.hash}", behind,
        )  # fmt: skip
    net = any(effect.label.startswith("net") for effect in found)
    return tuple(figures), Message(NOT_ADDED) if found and not net else None


def _over_people(run: Run, taken: Sample, graph: csr_array, buffer: int) -> tuple[Effect, ...]:
    """The net effect on a rate, for each resident of exposed and neighbouring places; () where it cannot be had."""
    people = run.inputs.residents()[taken.rows]
    if not (people > 0).all():
        return ()
    try:
        return (spillover.over_people(taken.panel, graph, buffer, people),)
    except BadDesign:
        return ()
