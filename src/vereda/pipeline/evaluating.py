"""Because of what: a plan of the case, run over every estimator, specification and outcome, and graded.

One outcome: the main specification with everything that must stand beside it (`evaluation.assessment`), and every
estimator in every variation of one choice at a time. An estimate that cannot be made is listed with the reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest, NotCertified
from vereda.evaluation import assessment, verdict
from vereda.evaluation.estimate import estimate
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.results import Check, Estimate
from vereda.pipeline import effect_beside
from vereda.pipeline.desk import Desk
from vereda.pipeline.effect_beside import SIMULATED
from vereda.pipeline.effect_inputs import Borders, Inputs
from vereda.pipeline.panels import Design, Sample, Values, design, sample
from vereda.pipeline.specifications import FEW, WITH_COVARIATES, Choice, Clock, Run
from vereda.pipeline.telling import SO_FEW, Ways, said, sentence
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.finding import EffectAnswer, Finding, Grade, OutcomeFinding, Point
from vereda.terms.indicator import REGISTRY
from vereda.terms.plan import Plan

SIMULATED_VARIANT = 25  # the same, behind that of a variation
SETS = 2_000  # sets of places behind a joint p-value of placebos
PLAYED = 199  # sets that play the exposed where each takes a fit of its own
BY_SETS = ("sdid", "mc", "ife")


def evaluate(
    plan: Plan, desk: Desk, values: Values, pairs: Sequence[tuple[str, str]], clock: Clock,
    progress: Callable[[str], None] = lambda words: None, borders: Borders = (),
) -> tuple[Finding, dict[str, Step]]:  # fmt: skip
    """A plan, run: its finding, and the way back of every number in it. borders: editions of the lists of neighbours."""
    begun = clock()
    if waiting := tuple(
        n for n in plan.datasets if (card := desk.cards.get(n)) is None or card.vintage is None
    ):
        return Finding(plan, "waiting_for_data", waiting), {}
    laid = design(plan, values, pairs)
    _main_is_its_own(plan, int(laid.exposed.sum()))
    told: list[OutcomeFinding] = []
    steps: Ways = {}
    inputs = Inputs(laid, values, borders, steps)
    for outcome in plan.outcomes:
        progress(f"{plan.id}: {outcome.series}")
        told.append(_outcome(Run(laid, outcome, values, clock, inputs), steps))
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


def _outcome(run: Run, steps: Ways) -> OutcomeFinding:
    """Every specification of one outcome, and what stands beside the main one."""
    first, *choices = run.choices()
    main, steps_of_main = _effect(run, first)
    steps[main.effect.trace] = steps_of_main
    whole = run.taken(run.main)
    held = effect_beside.beside(run, whole, main)
    if held.p is not None:
        main = replace(main, p=held.p, p_kind="permutation", size=held.size, size_draws=SIMULATED)
    rest = []
    for choice in choices:
        answer, step = _effect(run, choice, effect_beside.statistic(held))
        rest.append(answer)
        steps[answer.effect.trace] = step
    apart = main.p is not None and main.p < verdict.LEVEL
    checks = verdict.only_of_effects([*effect_beside.worth(held.checks), _spread(main, rest)], apart)
    displaced, not_added = effect_beside.displaced(run, main, steps)
    years = whole.labels

    def points(row: NDArray[np.float64]) -> tuple[Point, ...]:
        return tuple(Point(y, float(v), label=str(y)) for y, v in zip(years, row, strict=True) if isfinite(v))

    rule = REGISTRY.get(run.outcome.series)
    told = OutcomeFinding(
        run.outcome.series, run.unit(run.main.transform), run.main.transform, rule.better if rule else "", "credible",
        (), Message(""), (main, *rest), tuple(effect_beside.points(held.event, whole, run.design.since)), points(held.observed), points(held.expected),
        dict(held.placebos), dict(held.weights), displaced,
        tuple(said(check, main.effect, steps) for check in checks), effect_beside.together(run, whole, held), not_added,
    )  # fmt: skip
    return _graded(told, steps)


# ---- one number -------------------------------------------------------------------------------------------------


def _effect(run: Run, choice: Choice, statistic: str = "") -> tuple[EffectAnswer, Step]:
    """statistic: by what places are ranked that play the exposed; without any, none do."""
    key = f"effect@{run.plan.id}:{run.outcome.series}~{choice.estimator}"
    key += f"~{choice.varied}" if choice.varied else ""
    begun = run.clock()
    try:
        taken = run.taken(choice)
        found = _estimated(run, choice, taken, statistic)
    except (BadDesign, BadRequest, NotCertified) as fault:
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
        next((int(c.values.get("draws", 0)) for c in found.checks if c.name == "calibrated_size"), 0),
    )  # fmt: skip
    return answer, _step(run, choice, taken, found, key)


def _estimated(run: Run, choice: Choice, taken: Sample, statistic: str) -> Estimate:
    one, plan, name = taken.panel, run.plan, choice.estimator
    if choice.estimator == "dose":
        return _dose(run, choice, taken)
    exposed = int(np.isfinite(one.first).sum())
    options: dict[str, Any] = {"seed": plan.seed, "clock": run.clock, "data": one.hash}
    if name in WITH_COVARIATES:
        options["covariates"] = one.covariate_names
    if name == "did":
        options["draws"] = plan.draws
    if exposed < FEW and name in {"scm", "ascm"} and choice.buffer:
        options["forbidden"] = run.design.graph[taken.rows][:, taken.rows]
    if exposed >= FEW or not statistic:
        return estimate(one, run.outcome.series, name, **options)
    return _ranked(one, run.outcome.series, name, options, statistic, bool(choice.varied))


def _ranked(
    one: Panel, outcome: str, name: str, options: dict[str, Any], statistic: str, varied: bool
) -> Estimate:
    """An estimate with its rank among places that play the exposed, and the size of that test; with both or neither.

    Where an exposed place is fitted exactly before exposure, here or in panels without effect, its ratio to that fit
    has no meaning: then by the spread of its own changes.
    """
    options = options | {"size_draws": SIMULATED_VARIANT if varied else SIMULATED}
    if name in BY_SETS:
        tries: list[dict[str, Any]] = [{"placebos": PLAYED}]
    else:
        tries = [{"placebos": "all", "statistic": s} for s in dict.fromkeys((statistic, "own_spread"))]
    for tried in tries:
        try:
            found = estimate(one, outcome, name, **options, **tried)
        except (BadDesign, NotCertified):
            continue
        if found.size is not None:
            return found
    return estimate(one, outcome, name, **options)


def _dose(run: Run, choice: Choice, taken: Sample) -> Estimate:
    if taken.dose is None:
        raise BadRequest(f"Plan {run.plan.id}: the estimator dose needs an exposure with a series.")
    value, se, half, p = assessment.dose_slope(taken.panel, taken.dose, choice.degree)
    return Estimate(
        "dose", run.outcome.series, value, se, value - half, value + half, p, (), {}, None, (),
        {"measure": "average causal response", "degree": choice.degree}, taken.panel.hash, run.plan.seed, 0.0, p_kind="asymptotic",
    )  # fmt: skip


def _step(run: Run, choice: Choice, taken: Sample, found: Estimate, key: str) -> Step:
    """The way back of an estimate: specification, and everything it was made from."""
    said = f"{choice.estimator}, {choice.varied or 'main specification'}; seed {run.plan.seed}"
    proof = (
        f"duality gap {found.certificate.gap:.1e}, {found.certificate.solver}" if found.certificate else ""
    )
    return Step(
        "effect", f"{run.plan.id} · {run.outcome.series}", said, key, found.att, run.unit(choice.transform, choice.estimator),
        proof, run.inputs.behind(run.outcome.series, choice.transform, taken),
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
        alone = finding.effects[0].p
        # Both come from draws: counting more outcomes cannot make an effect more surprising, noise in the draws can.
        joint = max(float(joint), alone) if alone is not None else float(joint)
        main = replace(finding.effects[0], p_joint=joint)
        changed = replace(finding, effects=(main, *finding.effects[1:]))
        if main.p is not None and main.p < verdict.LEVEL:
            check = said(verdict.multiplicity(main.p, joint), main.effect, steps)
            changed = _graded(replace(changed, checks=(*changed.checks, check)), steps)
        out.append(changed)
    return out


def _joint(laid: Design, told: Sequence[OutcomeFinding], values: Values) -> NDArray[np.float64] | None:
    plan = laid.plan
    if len(told) < 2 or any(f.effects[0].p is None for f in told):
        return None
    exposed = [p for p, e in zip(laid.places, laid.exposed, strict=True) if e]
    if len(exposed) < FEW:
        strata = dict(zip(laid.places, laid.department, strict=True)) if plan.strata == "department" else None
        return assessment.joint_placebo_p([f.placebos for f in told], exposed, SETS, plan.seed, strata)
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
