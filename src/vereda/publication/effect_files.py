"""Downloads of an evaluation: its effects with their specification as a table, and all of it as JSON."""

from collections.abc import Iterator
from typing import Any

from vereda.publication.plain import as_json
from vereda.terms.finding import EffectAnswer, Finding, OutcomeFinding

Columns = dict[str, tuple[str, str, str]]

#: Column -> type of the Table Schema, HXL tag, and what it holds.
EFFECTS: Columns = {
    "id": ("string", "#meta+id", "id of the effect"),
    "plan": ("string", "#meta+plan", "evaluation plan"),
    "outcome": ("string", "#indicator+code", "series or indicator"),
    "transform": ("string", "#indicator+transform", "how the main specification measures it"),
    "grade": ("string", "#status+grade", "credible, fragile or not_identified"),
    "main": ("boolean", "#meta+main", "whether this is the main specification"),
    "estimator": ("string", "#meta+estimator", "procedure"),
    "varied": ("string", "#meta+varied", "what differs from the main specification"),
    "effect": ("number", "#value+effect", "the effect; empty where there is none"),
    "low": ("number", "#value+low", "low end of the 95 % interval"),
    "high": ("number", "#value+high", "high end of the 95 % interval"),
    "unit": ("string", "#value+unit", "unit of the effect"),
    "se": ("number", "#value+se", "standard error; empty where none is given"),
    "why_no_se": ("string", "#meta+why", "why no standard error is given"),
    "p": ("number", "#value+p", "p-value of no effect"),
    "p_kind": ("string", "#meta+p", "what the p-value rests on"),
    "size": ("number", "#value+size", "how often the test rejects a true null at 5 %, by simulation"),
    "size_draws": (
        "integer",
        "#meta+size+draws",
        "panels without effect behind that size; 0 where none were drawn",
    ),
    "p_joint": ("number", "#value+p+joint", "p-value adjusted for every outcome of the plan"),
    "gap": ("number", "#meta+gap", "duality gap of the fitted weights"),
    "seed": ("integer", "#meta+seed", "seed of all draws"),
    "data": ("string", "#meta+sha256", "sha256 of the panel"),
    "trace": ("string", "#meta+trace", "key of the way back: vereda trace KEY"),
}


def columns(finding: Finding) -> Columns:
    """The columns of a plan's table: those of every plan, then its specification."""
    keys = dict.fromkeys(key for _, effect in effects(finding) for key in effect.specification)
    more = {
        f"spec_{key}": ("string", f"#meta+spec+{key.replace('_', '')}", f"specification: {key}")
        for key in keys
    }
    return EFFECTS | more


def rows(finding: Finding) -> list[tuple[Any, ...]]:
    """One effect a row."""
    specified = [name.removeprefix("spec_") for name in columns(finding) if name.startswith("spec_")]
    return [
        (*_row(finding, o, e), *(_plain(e.specification.get(key)) for key in specified))
        for o, e in effects(finding)
    ]


def effects(finding: Finding) -> Iterator[tuple[OutcomeFinding, EffectAnswer]]:
    """Every effect with the outcome it is on."""
    for outcome in finding.outcomes:
        for effect in outcome.effects:
            yield outcome, effect


def whole(finding: Finding) -> Any:
    """Everything a finding holds, as plain JSON."""
    return as_json(finding)


def _row(finding: Finding, outcome: OutcomeFinding, e: EffectAnswer) -> tuple[Any, ...]:
    main = "true" if e is outcome.effects[0] else "false"
    f = e.effect
    return (
        e.id, finding.plan.id, outcome.outcome, outcome.transform, outcome.grade, main, e.estimator, e.varied, _number(f.value),
        _number(f.low), _number(f.high), f.unit, _number(e.se), e.why_no_se, _number(e.p), e.p_kind, _number(e.size), e.size_draws,
        _number(e.p_joint), _number(e.gap), e.seed, e.data, f.trace,
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return str(value)
