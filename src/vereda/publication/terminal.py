"""The same answers in the terminal: the words, numbers and verdicts of the site, for people at a desk."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Line
from rich.tree import Tree

from vereda.publication import text, words
from vereda.publication.headline import headline
from vereda.terms.answer import Agreed, Changed, CommitmentAnswer, Done, Edition, FlowsAnswer
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.source import SourceCard

Names = Mapping[str, str]  # what people call an estimator, a place, a figure of the register, by its id
NONE: Names = {}
BY_KEY = {"panel", "year"}  # steps of a trace that are listed and not opened: their key leads on
PLAIN = {"measured", "computed", "stated"}  # statuses that need no word beside the number
COLOURS = {"good": "green", "bad": "red", "wait": "blue", "unk": "yellow", "frail": "yellow", "open": "red"}
ICONS = {"good": "✓", "bad": "✗", "wait": "◷", "unk": "–", "frail": "≈", "open": "⊘"}


def chip(state: str, lang: str) -> Line:
    """A verdict: icon and word, coloured where the terminal has colours."""
    tone = words.TONES.get(state, "unk")
    return Line(f"{ICONS[tone]} {text.state(state, lang)}", style=COLOURS[tone])


def scorecard_text(edition: Edition, lang: str) -> list[RenderableType]:
    """The first page, in the terminal."""
    case, found = edition.register.case, headline(edition)
    answers = edition.agreed.commitments
    sentence = _sentence(found.message, edition, lang)
    shown: list[RenderableType] = [
        Line(sentence, style="bold"),
        Line(f"{case.title.say(lang)} · {text.when(edition.as_of, lang)}", style="dim"),
    ]
    if found.reading and found.reading.baseline and found.reading.actual:
        base, actual = found.reading.baseline, found.reading.actual
        shown.append(
            Line(f"{text.number(base, lang)} ({base.period}) → {text.number(actual, lang)} ({actual.period})")
        )
    shown.append(Line())
    shown.append(commitments_table(answers, lang))
    return shown


def commitments_table(answers: Sequence[CommitmentAnswer], lang: str) -> Table:
    """Promises with target, latest value and verdict."""
    table = _table(("Promise", "Due", "Target", "Value", "Verdict"), lang, right=(2, 3))
    for answer in answers:
        targets = {text.number(r.target, lang): None for r in answer.readings if r.target is not None}
        latest = "\n".join(told(f, lang) for f in decided(answer))
        due = (
            _t("yearly", lang)
            if answer.entry.due == "yearly"
            else text.when(answer.entry.due, lang)
            if answer.entry.due
            else "–"
        )
        gist = Line.assemble((f"{answer.entry.id} ", "dim"), answer.entry.gist.say(lang))
        table.add_row(gist, due, "\n".join(targets) or "–", latest or "–", chip(answer.state, lang))
    return table


def told(figure: Figure, lang: str) -> str:
    """A number with its period, and how it came about where that is not plain."""
    mark = "" if figure.status in PLAIN or figure.value is None else f", {text.status(figure, lang)}"
    return f"{text.number(figure, lang)} ({text.when(figure.period, lang)}{mark})"


def decided(answer: CommitmentAnswer) -> tuple[Figure, ...]:
    """The values that decided the readings; the newest held where none did."""
    actual = {r.actual.trace: r.actual for r in answer.readings if r.actual is not None}
    return tuple(actual.values()) or answer.latest


def agreed_text(agreed: Agreed, lang: str, names: Names = NONE) -> list[RenderableType]:
    """What was agreed: promises with verdicts and why; the agreed metrics."""
    shown: list[RenderableType] = [
        _head("What was agreed", lang),
        commitments_table(agreed.commitments, lang),
    ]
    for answer in agreed.commitments:
        for message in answer.why:
            line = Line.assemble((f"{answer.entry.id} ", "dim"), text.say(message, lang, _shown(lang, names)))
            shown.append(Padding(line, (0, 0, 0, 1)))
    if agreed.metrics:
        table = _table(("Metric", "State", "Newest open figure"), lang)
        for metric in agreed.metrics:
            name = Line.assemble((f"{metric.entry.id} ", "dim"), metric.entry.name.say(lang))
            figures = "\n".join(told(f, lang) for f in metric.figures)
            table.add_row(name, chip(metric.entry.state, lang), figures or "–")
        shown += [_head("Agreed metrics", lang), table]
    return shown


def done_text(done: Done, lang: str, names: Names = NONE) -> list[RenderableType]:
    """What was done: outputs, money by stage, training."""
    shown: list[RenderableType] = []
    for output in done.outputs:
        shown.append(Rule(output.name.say(lang), align="left", style="dim"))
        if output.waiting:
            shown.append(Line(f"{_t('Waiting for data:', lang)} {output.waiting}", style="yellow"))
        if output.figures:
            shown.append(figures_table(output.figures, lang, names))
        elif not output.waiting:
            shown.append(Line(_t("Nothing held.", lang), style="dim"))
        if output.targets:
            shown.append(Line(_t("Announced targets", lang), style="dim"))
            shown.append(figures_table(output.targets, lang, names))
        if output.outcomes and output.figures:
            shown.append(Line(_t("What it was meant to move", lang), style="dim"))
            shown.append(figures_table(_same_years(output.outcomes, output.figures), lang, names))
    for money in done.funding:
        stage = text.translate(words.STAGES.get(money.stage, money.stage), lang)
        shown += [
            Rule(f"{_t('Money', lang)}: {stage}", align="left", style="dim"),
            figures_table(money.figures, lang, names),
        ]
    if done.training:
        shown += [_head("Training", lang), figures_table(done.training, lang, names)]
    return shown or [Line(_t("Nothing held.", lang))]


def changed_text(changed: Changed, lang: str, names: Names = NONE) -> list[RenderableType]:
    """What changed: the newest whole year of each indicator and the years held, and the concentration.

    First and newest are not set side by side: series have breaks, and two ends would read as a trend.
    """
    table = _table(("Indicator", "Place", "Newest", "Years held", "Direction"), lang, right=(2,))
    for answer in changed.indicators:
        lacking = _t("waiting for data", lang) if answer.waiting else _t("Nothing held.", lang)
        lacking = _t("has no sum: ask for a place", lang) if answer.without_sum else lacking
        newest = told(answer.current[-1], lang) if answer.current else lacking
        direction = text.translate(words.DIRECTIONS[answer.direction], lang)
        name = names.get(answer.id) or text.translate(answer.name, lang)
        place = names.get(answer.place, answer.place)
        table.add_row(name, place, newest, answer.coverage or "–", direction)
    shown: list[RenderableType] = [_head("What changed", lang), table]
    newest_ones = [answer.current[-1] for answer in changed.indicators if answer.current]
    notes = (
        *text.divided(newest_ones, lang, lambda name: names.get(name, name)),
        *text.ranges(newest_ones, lang),
    )
    shown += [Line(note, style="dim") for note in notes]
    for answer in changed.indicators:
        if answer.command:
            name = names.get(answer.id) or text.translate(answer.name, lang)
            command = answer.command.replace("FILE", _t("FILE", lang))
            shown.append(Line(f"{name}: {_t('This brings it:', lang)} {command}", style="yellow"))
    if changed.concentration:
        held = changed.concentration
        rows = [f[-1] for f in (held.hhi, held.top) if f]
        shown += [_head("Concentration", lang), figures_table(rows, lang, names)]
        for flow in held.flows:
            shown += flow_text(flow, lang)
    return shown


def flow_text(flow: FlowsAnswer, lang: str) -> list[RenderableType]:
    """Gross rises and falls between two years."""
    table = _table(("Years", "Rises", "Falls", "Net", "Offset"), lang, right=(1, 2, 3, 4))
    parts = (flow.rises, flow.falls, flow.net, flow.offset)
    table.add_row(f"{flow.start}–{flow.end}", *(text.number(f, lang, sign=f is flow.net) for f in parts))
    if flow.net.status == "incomplete":
        note = _t("One of the two years is incomplete in the table of places.", lang)
        return [table, Line(note, style="yellow")]
    return [table]


def trace_text(step: Step, lang: str) -> list[RenderableType]:
    """The way back as a tree."""
    tree = Tree(_step(step, lang), guide_style="dim")
    _grow(tree, step.inputs, lang)
    return [tree]


def checks_text(cards: Iterable[SourceCard], lang: str) -> list[RenderableType]:
    """What every source says against what was published."""
    table = _table(("Dataset", "Check", "Found", "Published", "Result"), lang, right=(2, 3))
    for card in cards:
        if card.vintage is None:
            table.add_row(card.dataset, _t("waiting for data", lang), "", "", "")
        for check in card.checks:
            cells = [
                "" if v is None else text.digits(v, lang, text.decimals(v, check.unit))
                for v in (check.found, check.expected)
            ]
            name = f"{text.translate(check.name, lang)}{f' ({check.note})' if check.note and check.state != 'passed' else ''}"
            table.add_row(card.dataset, name, *cells, chip(check.state, lang))
    return [table]


def figures_table(figures: Sequence[Figure], lang: str, names: Names = NONE) -> Table:
    """Figures by period with who estimated them and the key of the trace."""
    table = _table(("Period", "Value", "Estimator", "Trace"), lang, right=(1,))
    for figure in figures:
        extra = (
            f" {text.status(figure, lang)}" if figure.status not in PLAIN and figure.value is not None else ""
        )
        table.add_row(
            text.when(figure.period, lang),
            text.number(figure, lang) + extra,
            names.get(figure.trace) or names.get(figure.estimator, figure.estimator),
            Line(figure.trace, style="dim"),
        )
    return table


def _same_years(outcomes: Sequence[Figure], outputs: Sequence[Figure]) -> tuple[Figure, ...]:
    """Outcomes of the periods in which there was an output, one an estimator and period."""
    years = {figure.period for figure in outputs}
    first = {(f.estimator, f.period): f for f in reversed(outcomes) if f.period in years}
    return tuple(sorted(first.values(), key=lambda f: (f.period, f.estimator)))


def _shown(lang: str, names: Names) -> Callable[[str, Figure | str | int], str]:
    def show(_: str, value: Figure | str | int) -> str:
        return names[value] if isinstance(value, str) and value in names else text.plain(value, lang)

    return show


def _table(heads: Sequence[str], lang: str, right: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for i, head in enumerate(heads):
        table.add_column(_t(head, lang), justify="right" if i in right else "left", overflow="fold")
    return table


def _head(words: str, lang: str) -> Rule:
    return Rule(_t(words, lang), align="left", style="dim")


def _t(english: str, lang: str) -> str:
    return text.translate(english, lang)


def _sentence(message: Message, edition: Edition, lang: str) -> str:
    def show(name: str, value: Figure | str | int) -> str:
        if isinstance(value, Figure):
            whole = (
                Figure(abs(value.value), value.unit, value.trace)
                if name == "change" and value.value
                else value
            )
            return text.number(whole, lang)
        if isinstance(value, str) and value.startswith("series:"):
            names = edition.register.case.series
            return (
                names[value[7:]].say(lang)
                if value[7:] in names
                else text.translate(value[7:].replace("_", " "), lang)
            )
        return text.plain(value, lang)

    return text.say(message, lang, show)


def _step(step: Step, lang: str) -> Line:
    line = Line(text.translate(words.KINDS.get(step.kind, step.kind), lang), style="dim")
    line.append(f"  {step.name}", style="default")
    if step.value is not None or step.low is not None:
        figure = Figure(step.value, step.unit, step.key, step.low, step.high)
        line.append(f"  {text.number(figure, lang)}", style="bold")
    if step.locator:
        line.append(f"  {text.how(step.locator, lang)}", style="cyan")
    if step.note:
        line.append(f"  {text.how(step.note, lang)}", style="dim")
    if step.key and step.kind in BY_KEY:
        line.append(f"  vereda trace {step.key}", style="dim")
    return line


def _grow(tree: Tree, inputs: Sequence[Step], lang: str) -> None:
    for step in inputs:
        _grow(tree.add(_step(step, lang)), step.inputs, lang)
