"""Evaluations in the terminal: question, grade, the sentence that may be quoted, effects, and the checks that failed."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Line

from vereda.publication import effect_text, text
from vereda.publication.terminal import NONE, Names, chip
from vereda.terms.finding import EffectAnswer, Finding, OutcomeFinding
from vereda.terms.indicator import REGISTRY


def evaluate_text(findings: Sequence[Finding], lang: str, names: Names = NONE) -> list[RenderableType]:
    """Every plan: question, grade, and what was found on each outcome. names: of places and series, by their id."""
    shown: list[RenderableType] = []
    for finding in findings:
        shown += [
            Rule(finding.plan.title.say(lang), align="left", style="dim"),
            Line(finding.plan.question.say(lang), style="bold"),
            Line.assemble(chip(finding.grade, lang), ("  " + _compared(finding, lang), "dim")),
        ]
        if finding.waiting:
            missing = ", ".join(finding.waiting)
            shown.append(Line(f"{_t('Waiting for data:', lang)} {missing}", style="yellow"))
        for outcome in finding.outcomes:
            shown += _outcome(outcome, lang, names)
        shown.append(Line())
    return shown or [Line(_t("No evaluation is planned in this case.", lang))]


def _outcome(outcome: OutcomeFinding, lang: str, names: Names) -> list[RenderableType]:
    def named(name: str) -> str | None:
        if name not in names and name in REGISTRY:
            return _t(REGISTRY[name].name, lang)
        return names.get(name, outcome.outcome.replace("_", " ") if name == outcome.outcome else None)

    title = named(outcome.outcome) or outcome.outcome
    shown: list[RenderableType] = [
        Line(),
        Line.assemble((title + "  ", "bold"), chip(outcome.grade, lang)),
        Line(effect_text.say(outcome.sentence, lang, named)),
    ]
    shown += [
        Padding(Line(effect_text.say(why, lang, named), style="dim"), (0, 0, 0, 2)) for why in outcome.why
    ]
    if outcome.effects:
        shown.append(_effects(outcome.effects, lang))
    for check in outcome.checks:
        if check.state == "failed":
            told = f"  {effect_text.test(check.name, lang)}: {effect_text.say(check.detail, lang, named)}"
            shown.append(Line.assemble(chip("failed", lang), told))
    return shown


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
            "–" if effect.size is None else text.percent(effect.size, lang),
            style="" if i == 0 else "dim",
        )
    return table


def _compared(finding: Finding, lang: str) -> str:
    if not finding.exposed:
        return ""
    said = _t("{exposed} places exposed since {since}, compared with {compared}", lang)
    values = {
        "exposed": text.digits(len(finding.exposed), lang),
        "since": str(finding.since),
        "compared": text.digits(finding.compared, lang),
    }
    return text.fill(said, values)


def _t(english: str, lang: str) -> str:
    return text.translate(english, lang)
