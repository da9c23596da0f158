"""What a finding says: checks and sentences in words, every number with its own way back.

Templates are msgids: their Spanish stands in the catalogue of the publication.
"""

import re
from math import isfinite

from vereda.evaluation import verdict
from vereda.evaluation.results import Check
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.finding import CheckAnswer, Grade, OutcomeFinding

Ways = dict[str, Step]
PER_DOSE = " per ha/ha"
#: Checks in words, by their name.
SAID = {
    "controls": "{count} places to compare with",
    "years": "{before} periods before exposure",
    "fit": "the gap before exposure is {share} of the level",
    "pre_trend": "joint test of effects before exposure: p = {p}",
    "pre_trend_power": "a straight trend that the test would miss half of the time would give {hidden}",
    "breakdown": "zero is inside from violations {value} times the largest before exposure",
    "calibrated_size": "the test rejects {size} of true nulls at 5 %, in {draws} panels without effect; {sets} other "
    "sets of places are compared, and the smallest p possible is {p_least}",
    "selection": "{apart} standard deviations apart before exposure; places drawn by lot would mostly be less than {lot} apart",
    "leave_one_out": "without one donor it falls to {worst}",
    "specification_spread": "{share} of the other specifications agree: same sign, not less than a third as large",
    "unique_weights": "equally good weights give {low} to {high}",
    "moran": "changes of neighbours, exposure allowed for: Moran's I = {i}, p = {p}",
    "multiplicity": "p = {p} alone, {joint} with all outcomes counted",
    "conformal": "90 % interval of a constant effect: {low} to {high}",
    "overlap": "for {alone} of the exposed places there is hardly any other like them: fitted probability of exposure above 0.9",
}
#: A check in other words, by what else is to be said of it.
VARIANTS = {
    "calibrated_size.cautious": "the test rejected none of {draws} panels without effect: so cautious a test can miss "
    "a true effect; {sets} other sets of places are compared, and the smallest p possible is {p_least}",
    "calibrated_size.never": "cannot tell: only {sets} other sets of places are compared, the smallest p possible is "
    "{p_least}, and so no effect, however large, could be told from chance",
}
#: What may be quoted: by what can be said of chance. `fragile` is added where the result is.
SENTENCES = {
    "none": "{outcome}: no estimate could be made.",
    "not_identified": "{outcome}: these data cannot tell what it did. The comparison does not hold, so the estimate, "
    "{effect}, must not be read as an effect.",
    "interval": "{outcome}: {effect} against what was to be expected without it (95 % interval {low} to {high}).",
    "interval_chance": "{outcome}: no change that can be told from chance, {effect} (95 % interval {low} to {high}).",
    "p": "{outcome}: {effect} against its synthetic counterpart; p = {p} by permutation of places.",
    "p_chance": "{outcome}: no change that can be told from chance, {effect} (p = {p} by permutation of places).",
    "untested": "{outcome}: {effect} against what was to be expected; how much chance would do was not computed.",
}
FRAGILE = {
    name: SENTENCES[name].removesuffix(".") + "; the result is fragile."
    for name in ("interval", "interval_chance", "p", "p_chance", "untested")
}
NOT_ADDED = "Exposed and neighbours together: not added up, because this outcome, measured so, has no sum over places."
UNCOMPUTED = "could not be computed"
SO_FEW = (
    "With so few exposed places a standard error would rest on variation that cannot be seen; chance is judged by "
    "letting other places play the exposed."
)
SHARES = {"share", "size", "alone"}
COUNTS = {"count", "before", "rank", "sets", "draws"}


def part(steps: Ways, effect: Figure, name: str, value: float, unit: str, how: str) -> Figure:
    """A number that belongs to an effect, with a way back of its own that leads to the effect's."""
    key = f"finding@{effect.trace.partition('@')[2].rpartition('~')[0] or effect.trace}~{name}"
    steps[key] = Step(
        "finding", name.replace(".", " · "), how, key, float(value), unit,
        inputs=(Step("effect", "the effect it belongs to", "", effect.trace, effect.value, effect.unit),),
    )  # fmt: skip
    return Figure(float(value), unit, key, status="computed")


def said(check: Check, effect: Figure, steps: Ways) -> CheckAnswer:
    """A check in words, with its numbers."""

    def number(name: str, value: float) -> Figure | int:
        if float(value).is_integer() and name in COUNTS:
            return int(value)
        shown, unit = (100 * value, "%") if name in SHARES else (value, "")
        unit = effect.unit if name in {"hidden", "worst", "low", "high"} else unit
        return part(steps, effect, f"{check.name}.{name}", shown, unit, f"check {check.name}: {check.state}")

    # A rank says itself what it is by, a size what it is worth.
    template = VARIANTS.get(check.detail, SAID.get(check.name, check.detail))
    holes = {name: number(name, value) for name, value in check.values.items() if isfinite(value)}
    if not {*re.findall(r"\{(\w+)\}", template)} <= {*holes}:
        template = UNCOMPUTED
    first = next((float(v) for v in check.values.values() if isfinite(v)), None)
    return CheckAnswer(check.name, check.state, Message(template, holes), first)


def sentence(told: OutcomeFinding, grade: Grade, steps: Ways) -> Message:
    """The sentence that may be quoted."""
    main = told.effects[0]
    effect = main.effect
    values: dict[str, Figure | str | int] = {"outcome": told.outcome, "effect": effect}
    if effect.value is None:
        return Message(SENTENCES["none"], values)
    for name, end in {"low": effect.low, "high": effect.high}.items():
        if end is not None:
            values[name] = part(steps, main.effect, name, end, effect.unit, "end of the 95 % interval")
    if main.p is not None:
        values["p"] = part(steps, main.effect, "p", main.p, "", f"p-value, {main.p_kind}")
    if grade == "not_identified":
        return Message(SENTENCES["not_identified"], values)
    chance = "" if main.p is not None and main.p < verdict.LEVEL else "_chance"
    kind = f"interval{chance}" if "low" in values else "untested" if main.p is None else f"p{chance}"
    return Message((FRAGILE if grade == "fragile" else SENTENCES)[kind], values)
