"""Because of what: a plan of the case, run over every estimator, specification and outcome, and graded.

One outcome: the main specification with everything that must stand beside it (`evaluation.assessment`), and every
estimator in every variation of one choice at a time. An estimate that cannot be made is listed with the reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation import assessment, verdict
from vereda.evaluation.estimate import estimate
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.results import Check, Effect, Estimate
from vereda.pipeline.desk import Desk
from vereda.pipeline.panels import Design, Sample, Values, design, sample
from vereda.pipeline.telling import PER_DOSE, SO_FEW, Ways, said, sentence
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.finding import EffectAnswer, Finding, Grade, OutcomeFinding, Point
from vereda.terms.indicator import REGISTRY
from vereda.terms.plan import Outcome, Plan

Clock = Callable[[], float]
FEW = 4  # exposed places below which an estimate is judged by permutation alone
SIMULATED = 200  # panels without effect behind a calibrated size
SETS = 2_000  # sets of places behind a joint p-value of placebos


@dataclass(frozen=True, slots=True)
class Choice:
    """One specification of an outcome: the main one, or the main one with one choice made otherwise."""

    estimator: str
    transform: str
    buffer: int
    start: int | None = None
    covariates: bool = True
    degree: int = 3  # of the spline, for dose
    varied: str = ""


def evaluate(
    plan: Plan, desk: Desk, values: Values, pairs: Sequence[tuple[str, str]], clock: Clock,
    progress: Callable[[str], None] = lambda words: None,
) -> tuple[Finding, dict[str, Step]]:  # fmt: skip
    """A plan, run: its finding, and the way back of every number in it."""
    begun = clock()
    if waiting := tuple(
        n for n in plan.datasets if (card := desk.cards.get(n)) is None or card.vintage is None
    ):
        return Finding(plan, "waiting_for_data", waiting), {}
    laid = design(plan, values, pairs)
    _main_is_its_own(plan, int(laid.exposed.sum()))
    told: list[OutcomeFinding] = []
    steps: Ways = {}
    for outcome in plan.outcomes:
        progress(f"{plan.id}: {outcome.series}")
        told.append(_outcome(_Run(laid, outcome, values, clock), steps))
    told = _jointly(laid, told, values, steps)
    ring = [
        p for p, s, inside in zip(laid.places, laid.ring.steps, laid.inside, strict=True) if s == 1 and inside
    ]
    exposed = [p for p, e in zip(laid.places, laid.exposed, strict=True) if e]
    worst = min((f.grade for f in told), key=_WORST.index)
    compared = max(int(c.value or 0) for f in told for c in f.checks if c.name == "controls")
    return Finding(
        plan, worst, (), tuple(told), tuple(exposed), tuple(ring), compared, laid.since, clock() - begun
    ), steps  # fmt: skip


def _main_is_its_own(plan: Plan, exposed: int) -> None:
    """p, joint p and checks are those of one estimator: a plan with another one in front would borrow them."""
    wanted = "scm" if exposed < FEW else "did"
    if plan.estimators[0] != wanted:
        raise BadDesign(
            f"Plan {plan.id}: {exposed} places are exposed, so the first of `estimators` must be {wanted}, whose test and "
            f"checks stand beside the effect; it is {plan.estimators[0]}. Put {wanted} first in evaluations.yml."
        )


_WORST: list[Grade] = ["not_identified", "fragile", "credible", "waiting_for_data"]


@dataclass(frozen=True, slots=True)
class _Run:
    design: Design
    outcome: Outcome
    values: Values
    clock: Clock

    @property
    def plan(self) -> Plan:
        return self.design.plan

    @property
    def main(self) -> Choice:
        plan = self.plan
        return Choice(plan.estimators[0], self.outcome.transforms[0], plan.buffers[0])

    def choices(self) -> Iterator[Choice]:
        """The main specification first, then every estimator in every variation of one choice."""
        plan, main = self.plan, self.main
        scales = [replace(main, transform=t, varied=f"transform={t}") for t in self.outcome.transforms[1:]]
        varied = [main, *scales]
        varied += [replace(main, buffer=b, varied=f"buffer={b}") for b in plan.buffers[1:]]
        varied += [replace(main, start=s, varied=f"start={s}") for s in plan.starts]
        if plan.covariates:
            varied.append(replace(main, covariates=False, varied="covariates=none"))
        for name in plan.estimators:
            if name == "dose":  # a slope among the exposed: neighbours and years before do not enter it
                slopes = [replace(main, varied=f"degree={d}", degree=d) for d in (1, 2)]
                yield from (replace(c, estimator=name) for c in (main, *scales, *slopes))
            else:
                # Weights of places make no use of covariates, and one cohort's did none of the first years.
                yield from (
                    replace(c, estimator=name)
                    for c in varied
                    if (c.covariates or name in _WITH_COVARIATES) and not (c.start and name == "did")
                )

    def taken(self, choice: Choice, buffer: int | None = None) -> Sample:
        used = choice.covariates and choice.estimator in _WITH_COVARIATES
        return sample(
            self.design, self.outcome, choice.transform, self.values, choice.buffer if buffer is None else buffer,
            choice.start, used,
        )  # fmt: skip

    def unit(self, transform: str, estimator: str = "") -> str:
        rule = REGISTRY.get(self.outcome.series)
        plain = rule.unit if rule else next(
            (f.unit for f in self.values.desk.current(self.outcome.series, self.values.desk.register.case.country)), ""
        )  # fmt: skip
        by = PER_DOSE if estimator == "dose" else ""
        return {"level": plain, "asinh": f"asinh {plain}", "per_1000": f"{plain}/1 000"}[transform] + by


_WITH_COVARIATES = {"did", "imputation", "twfe"}


def _outcome(run: _Run, steps: Ways) -> OutcomeFinding:
    """Every specification of one outcome, and what stands beside the main one."""
    effects = []
    for choice in run.choices():
        answer, step = _effect(run, choice)
        effects.append(answer)
        steps[answer.effect.trace] = step
    main, rest = effects[0], effects[1:]
    whole = run.taken(run.main)
    beside = _beside(run, whole, main)
    if beside.p is not None:
        main = replace(main, p=beside.p, p_kind="permutation", size=beside.size)
        effects[0] = main
    apart = main.p is not None and main.p < verdict.LEVEL
    checks = verdict.only_of_effects([*beside.checks, _spread(main, rest)], apart)
    displaced = _displaced(run, main, steps)
    years = whole.labels

    def points(row: NDArray[np.float64]) -> tuple[Point, ...]:
        return tuple(Point(y, float(v)) for y, v in zip(years, row, strict=True) if isfinite(v))

    rule = REGISTRY.get(run.outcome.series)
    told = OutcomeFinding(
        run.outcome.series, run.unit(run.main.transform), run.main.transform, rule.better if rule else "", "credible",
        (), Message(""), tuple(effects), tuple(_points(beside.event)), points(beside.observed), points(beside.expected),
        dict(beside.placebos), dict(beside.weights), displaced,
        tuple(said(check, main.effect, steps) for check in checks),
    )  # fmt: skip
    return _graded(told, steps)


def _points(event: Sequence[Effect]) -> Iterator[Point]:
    for e in event:
        yield Point(int(e.label.removeprefix("e=")), e.value, e.low, e.high)


def _beside(run: _Run, taken: Sample, main: EffectAnswer) -> assessment.Assessment:
    one, graph = taken.panel, run.design.graph[taken.rows][:, taken.rows]
    value = main.effect.value or 0.0
    if np.isfinite(one.first).sum() < FEW:
        return assessment.few(one, graph if run.main.buffer else None, SIMULATED, run.plan.seed)
    return assessment.many(one, value, main.p, run.plan.seed, graph)


def _displaced(run: _Run, main: EffectAnswer, steps: Ways) -> tuple[Figure, ...]:
    """Direct, displaced and net effect, where neighbours are a cohort of their own."""
    taken = run.taken(replace(run.main, covariates=False), buffer=0)
    graph = run.design.graph[taken.rows][:, taken.rows]
    figures = []
    countable = run.main.transform == "level" and "/" not in run.unit("level")
    for effect in assessment.displaced(taken.panel, graph, max(run.main.buffer, 1)):
        if effect.label.startswith("net") and not countable:
            continue  # rates and logarithms of several places do not add up
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
        steps[key] = Step(
            "effect", f"{effect.label} · {run.plan.id} · {run.outcome.series}", how, key, effect.value, "",
            f"panel sha256 {taken.panel.hash}", (Step("indicator", "the same plan", "", main.effect.trace),),
        )  # fmt: skip
    return tuple(figures)


# ---- one number -------------------------------------------------------------------------------------------------


def _effect(run: _Run, choice: Choice) -> tuple[EffectAnswer, Step]:
    key = f"effect@{run.plan.id}:{run.outcome.series}~{choice.estimator}"
    key += f"~{choice.varied}" if choice.varied else ""
    begun = run.clock()
    try:
        taken = run.taken(choice)
        found = _estimated(run, choice, taken)
    except (BadDesign, BadRequest) as fault:
        figure = Figure(
            None, run.unit(choice.transform, choice.estimator), key, status="not_estimated", note=str(fault)
        )
        answer = EffectAnswer(
            key, choice.estimator, choice.varied, figure, None, None, "", None, None, str(fault), {}, "", run.plan.seed,
            None, run.clock() - begun,
        )  # fmt: skip
        return answer, Step("effect", key, "not estimated", key, None, "", str(fault))
    figure = Figure(
        found.att, run.unit(choice.transform, choice.estimator), key, found.low, found.high, "computed"
    )
    gap = found.certificate.gap if found.certificate else None
    few = int(np.isfinite(taken.panel.first).sum()) < FEW
    answer = EffectAnswer(
        key, choice.estimator, choice.varied, figure, found.se, found.p, found.p_kind, found.size, None, SO_FEW if few and found.se is None else found.why_no_se,
        dict(found.specification), found.data, found.seed, gap, run.clock() - begun,
    )  # fmt: skip
    return answer, _step(run, choice, taken, found, key)


def _estimated(run: _Run, choice: Choice, taken: Sample) -> Estimate:
    one, plan, name = taken.panel, run.plan, choice.estimator
    if choice.estimator == "dose":
        return _dose(run, choice, taken)
    exposed = int(np.isfinite(one.first).sum())
    options: dict[str, Any] = {"seed": plan.seed, "clock": run.clock, "data": one.hash}
    if name in _WITH_COVARIATES:
        options["covariates"] = one.covariate_names
    if name == "did":
        options["draws"] = plan.draws
    if exposed < FEW and name in {"scm", "ascm"} and choice.buffer:
        options["forbidden"] = run.design.graph[taken.rows][:, taken.rows]
    return estimate(one, run.outcome.series, name, **options)


def _dose(run: _Run, choice: Choice, taken: Sample) -> Estimate:
    if taken.dose is None:
        raise BadRequest(f"Plan {run.plan.id}: the estimator dose needs an exposure with a series.")
    value, se, half, p = assessment.dose_slope(taken.panel, taken.dose, choice.degree)
    return Estimate(
        "dose", run.outcome.series, value, se, value - half, value + half, p, (), {}, None, (),
        {"measure": "average causal response", "degree": choice.degree}, taken.panel.hash, run.plan.seed, 0.0, p_kind="asymptotic",
    )  # fmt: skip


def _step(run: _Run, choice: Choice, taken: Sample, found: Estimate, key: str) -> Step:
    """The way back of an estimate: specification, panel, and the editions its cells are from."""
    one, desk = taken.panel, run.values.desk
    exposed = int(np.isfinite(one.first).sum())
    said = f"{choice.estimator}, {choice.varied or 'main specification'}; seed {run.plan.seed}"
    cells = f"{len(one.places)} places, {exposed} exposed, {taken.labels[0]}-{taken.labels[-1]}, {choice.transform}"
    some = ", ".join(taken.left_out[:8]) + (", ..." if len(taken.left_out) > 8 else "")
    left = (
        f"; {len(taken.left_out)} left out, without a value in every year and covariate: {some}"
        if some
        else ""
    )
    ends = []
    rule = REGISTRY.get(run.outcome.series)
    for series in rule.needs if rule else (run.outcome.series,):
        country = desk.register.case.country
        last = desk.best(series, country, str(taken.labels[-1]))
        if last is not None:
            ends.append(
                Step(
                    "sum", f"{series} · {country} · {taken.labels[-1]}", "", last.trace, last.value, last.unit
                )
            )
    example = f"{run.outcome.series}@{one.places[int(np.argmin(one.first))]}:{taken.labels[-1]}"
    grid = Step(
        "panel", cells + left, f"sha256 {one.hash}", "", None, "",
        f"every cell is traced by its own key, such as {example}", tuple(ends),
    )  # fmt: skip
    proof = (
        f"duality gap {found.certificate.gap:.1e}, {found.certificate.solver}" if found.certificate else ""
    )
    return Step(
        "effect", f"{run.plan.id} · {run.outcome.series}", said, key, found.att, run.unit(choice.transform, choice.estimator), proof,
        (grid,),
    )  # fmt: skip


# ---- checks and grade -------------------------------------------------------------------------------------------


def _spread(main: EffectAnswer, rest: Sequence[EffectAnswer]) -> Check:
    found = [(e.effect.unit, e.effect.value) for e in rest if e.effect.value is not None]
    same = [v for unit, v in found if unit == main.effect.unit]
    other = [v for unit, v in found if unit != main.effect.unit]
    return verdict.specification_spread(main.effect.value or 0.0, same, other)


def _graded(told: OutcomeFinding, steps: Ways) -> OutcomeFinding:
    found = verdict.grade([Check(c.name, c.state, "") for c in told.checks])
    why = tuple(c.detail for c in told.checks if c.name in found.because)
    return replace(told, grade=found.grade, why=why, sentence=sentence(told, found.grade, steps))


def _jointly(
    laid: Design, told: Sequence[OutcomeFinding], values: Values, steps: Ways
) -> list[OutcomeFinding]:
    """p-values adjusted for every outcome of the plan, over the places that all outcomes have."""
    p = _joint(laid, told, values)
    if p is None:
        return list(told)
    out = []
    for finding, joint in zip(told, p, strict=True):
        main = replace(finding.effects[0], p_joint=float(joint))
        changed = replace(finding, effects=(main, *finding.effects[1:]))
        if main.p is not None and main.p < verdict.LEVEL:
            check = said(verdict.multiplicity(main.p, float(joint)), main.effect, steps)
            changed = _graded(replace(changed, checks=(*changed.checks, check)), steps)
        out.append(changed)
    return out


def _joint(laid: Design, told: Sequence[OutcomeFinding], values: Values) -> NDArray[np.float64] | None:
    plan = laid.plan
    if len(told) < 2 or any(f.effects[0].p is None for f in told):
        return None
    exposed = [p for p, e in zip(laid.places, laid.exposed, strict=True) if e]
    if len(exposed) < FEW:
        return assessment.joint_placebo_p([f.placebos for f in told], exposed, SETS, plan.seed)
    taken = [sample(laid, o, o.transforms[0], values, plan.buffers[0]) for o in plan.outcomes]
    if len({s.labels for s in taken}) > 1:
        return None
    return assessment.joint_p(_together([s.panel for s in taken]), plan.draws, plan.seed)


def _together(panels: Sequence[Panel]) -> Panel:
    """All outcomes over the places that each of them has."""
    common = sorted(set.intersection(*({*one.places} for one in panels)))
    rows = [[{p: i for i, p in enumerate(one.places)}[place] for place in common] for one in panels]
    first = panels[0]
    return panel(
        common, first.years, {one.outcomes[0]: one.y[r, :, 0] for one, r in zip(panels, rows, strict=True)},
        first.first[rows[0]], dict(zip(first.covariate_names, first.covariates[rows[0]].T, strict=True)),
        cluster=first.cluster[rows[0]].tolist(),
    )  # fmt: skip
