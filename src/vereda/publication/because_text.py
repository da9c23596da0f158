"""Evaluations in the terminal: question, comparison, effect, neighbours, checks, caveats, grade, and the sentence to quote."""

from collections.abc import Mapping, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Line

from vereda.publication import effect_text, effect_words, text
from vereda.publication.effect_text import Named
from vereda.publication.terminal import NONE, Names, chip
from vereda.publication.words import N_
from vereda.terms.finding import EffectAnswer, Finding, OutcomeFinding
from vereda.terms.indicator import REGISTRY
from vereda.terms.source import SourceCard

FEW = 12  # so many exposed places are named
ORDER = ("failed", "passed", "informational")
Cards = Mapping[str, SourceCard]


def evaluate_text(
    findings: Sequence[Finding], lang: str, names: Names = NONE, cards: Cards | None = None
) -> list[RenderableType]:
    """Every plan, told so that nothing else need be opened. names: of places and series, by their id; cards: of datasets."""
    shown: list[RenderableType] = []
    for finding in findings:
        plan = finding.plan
        shown += [
            Rule(plan.title.say(lang), align="left", style="dim"),
            Line(plan.question.say(lang), style="bold"),
            Line.assemble(chip(finding.grade, lang), f"  {_t(effect_words.RULES[finding.grade], lang)}"),
            _labelled(N_("What was done"), plan.intervention.say(lang), lang),
        ]
        if finding.exposed:
            shown.append(_labelled(N_("Compared"), _compared(finding, lang, names), lang))
        if finding.waiting:
            shown += _waiting(finding, lang, cards or {})
        if plan.caveats:
            shown.append(Line(_t("Known before anything was run", lang), style="bold"))
            shown += [_indented(f"· {caveat.say(lang)}") for caveat in plan.caveats]
        for outcome in finding.outcomes:
            shown += _outcome(outcome, lang, names)
        shown.append(Line())
    return shown or [Line(_t("No evaluation is planned in this case.", lang))]


def _waiting(finding: Finding, lang: str, cards: Cards) -> list[RenderableType]:
    """What is missing, where it is published, and the command that brings it in."""
    shown: list[RenderableType] = [
        Line(f"{_t('Waiting for data:', lang)} {', '.join(finding.waiting)}", style="yellow")
    ]
    for name in finding.waiting:
        card = cards.get(name)
        if card is not None:
            shown.append(_indented(f"{card.title}, {card.publisher}: {card.address}"))
        shown.append(_indented(f"vereda keep {name} {_t('FILE', lang)}", style="cyan"))
    return shown


def _outcome(outcome: OutcomeFinding, lang: str, names: Names) -> list[RenderableType]:
    def named(name: str) -> str | None:
        if name not in names and name in REGISTRY:
            return _t(REGISTRY[name].name, lang)
        return names.get(name, outcome.outcome.replace("_", " ") if name == outcome.outcome else None)

    title = named(outcome.outcome) or outcome.outcome
    shown: list[RenderableType] = [
        Line(),
        Line.assemble((title + "  ", "bold"), chip(outcome.grade, lang)),
        _labelled(N_("May be quoted"), effect_text.say(outcome.sentence, lang, named), lang),
    ]
    shown += [_indented(f"· {effect_text.say(why, lang, named)}", style="dim") for why in outcome.why]
    lead = effect_text.main(outcome)
    if lead is not None:
        shown.append(_labelled(N_("Effect"), _effect(lead, lang), lang))
    if chance := _chance(outcome, lang):
        shown.append(_labelled(N_("Could it be chance?"), chance, lang))
    shown += _next_door(outcome, lang)
    if outcome.event and lead is not None:
        shown.append(_labelled(N_("Year by year"), _years(outcome, lang), lang))
    if outcome.effects:
        shown.append(_effects(outcome.effects, lang))
        if any(effect.p is None or effect.size is None for effect in outcome.effects):
            shown.append(Line(_t("–: not given; --json says why (why_no_se, checks)", lang), style="dim"))
    shown += _checks(outcome, lang, named)
    if lead is not None:
        shown.append(_labelled(N_("The way back"), f"vereda trace {lead.effect.trace}", lang))
    return shown


def _effect(lead: EffectAnswer, lang: str) -> str:
    """The effect and its interval in a sentence, or why there is none."""
    values = {
        "effect": text.number(lead.effect, lang, sign=True),
        "interval": text.interval(lead.effect, lang),
    }
    values["method"] = effect_text.estimator(lead.estimator, lang)
    if lead.effect.value is None:
        return text.fill(_t(N_("{effect}, by {method}."), lang), values)
    said = N_("{effect} on an exposed place, by {method}; 95 % interval {interval}.")
    if not values["interval"]:
        said = N_("{effect} on an exposed place, by {method}; no interval.")
    why = f" {_t(lead.why_no_se, lang)}" if lead.why_no_se else ""
    return text.fill(_t(said, lang), values) + why


def _chance(outcome: OutcomeFinding, lang: str) -> str:
    """p, with every outcome counted, what the test is worth, and the rank of the exposed together."""
    lead = effect_text.main(outcome)
    if lead is None or lead.p is None:
        return ""
    kind = _t(effect_words.P_KINDS.get(lead.p_kind, lead.p_kind), lang)
    said = [text.fill(_t("p = {p}, {kind}.", lang), {"p": text.p_value(lead.p, lang), "kind": kind})]
    if lead.p_joint is not None:
        joint = {"joint": text.p_value(lead.p_joint, lang)}
        said.append(text.fill(_t("With every outcome of the plan counted: {joint}.", lang), joint))
    if outcome.together is not None:
        said.append(effect_text.rank(outcome.together, lang))
    return " ".join(said)


def _next_door(outcome: OutcomeFinding, lang: str) -> list[RenderableType]:
    """Direct, displaced and net effect, a line each."""
    if not outcome.displaced:
        return []
    shown: list[RenderableType] = [Line(_t("Did it move next door?", lang), style="bold")]
    for i, figure in enumerate(outcome.displaced):
        between = text.interval(figure, lang)
        said = f"{effect_text.part(figure, i, lang)}: {text.number(figure, lang, sign=True)}"
        shown.append(_indented(said + (f" ({between})" if between else "")))
    if outcome.not_added is not None:
        shown.append(_indented(_t(outcome.not_added.text, lang)))
    return shown


def _years(outcome: OutcomeFinding, lang: str) -> str:
    """The effect in each year, by its calendar year."""
    fine = text.fine(outcome.effects[0].effect)
    return "; ".join(
        f"{p.label or text.digits(p.at, lang)}: {'+' if p.value > 0 else ''}{text.digits(p.value, lang, fine)}"
        for p in sorted(outcome.event, key=lambda p: p.at)
    )


def _checks(outcome: OutcomeFinding, lang: str, named: Named) -> list[RenderableType]:
    """Every check: those that failed, those that passed, and those for information."""
    shown: list[RenderableType] = []
    for check in sorted(outcome.checks, key=lambda c: ORDER.index(c.state)):
        told = f"  {effect_text.test(check.name, lang)}: {effect_text.say(check.detail, lang, named)}"
        shown.append(Line.assemble(chip(check.state, lang), told))
    return shown


def _labelled(label: str, said: str, lang: str) -> Line:
    return Line.assemble((f"{_t(label, lang)}  ", "dim"), said)


def _indented(said: str, style: str = "") -> Padding:
    return Padding(Line(said, style=style), (0, 0, 0, 2))


def _effects(effects: Sequence[EffectAnswer], lang: str) -> Table:
    """The main specification and every other."""
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    heads = (_t("Method", lang), _t("Effect", lang), _t("Interval", lang), "p", _t("Errs", lang))
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left", overflow="fold")
    for i, effect in enumerate(effects):
        differs = effect_text.varied(effect, lang)
        name = Line.assemble(
            effect_text.estimator(effect.estimator, lang), (f" · {differs}" if differs else "", "dim")
        )
        table.add_row(
            name,
            text.number(effect.effect, lang, sign=True),
            text.interval(effect.effect, lang) or "–",
            "–" if effect.p is None else text.p_value(effect.p, lang),
            _errs(effect, lang),
            style="" if i == 0 else "dim",
        )
    return table


def _errs(effect: EffectAnswer, lang: str) -> str:
    """How often the test errs where nothing happened, and in how many panels that was tried."""
    if effect.size is None:
        return "–"
    of = f" / {text.digits(effect.size_draws, lang)}" if effect.size_draws else ""
    return text.percent(effect.size, lang) + of


def _compared(finding: Finding, lang: str, names: Names) -> str:
    said = _t("{exposed} places exposed since {since}, compared with {compared}", lang)
    values = {
        "exposed": text.digits(len(finding.exposed), lang),
        "since": str(finding.since),
        "compared": text.digits(finding.compared, lang),
    }
    told = text.fill(said, values)
    if finding.ring:
        count = {"count": text.digits(len(finding.ring), lang)}
        told += "; " + text.fill(_t(N_("{count} neighbours set apart"), lang), count)
    if len(finding.exposed) <= FEW:
        told += ": " + ", ".join(names.get(code, code) for code in finding.exposed)
    return told + "."


def _t(english: str, lang: str) -> str:
    return text.translate(english, lang)
