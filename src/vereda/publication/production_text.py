"""Potential production in the terminal: the number and how sure it is, where it comes from, what stands beside it."""

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log10

from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Line

from vereda.publication import production_words as said
from vereda.publication import text
from vereda.publication.terminal import NONE, Names
from vereda.terms.figure import Figure, Message
from vereda.terms.potential import (
    Companions,
    ConsistencyAnswer,
    Explained,
    FormAnswer,
    MissingAnswer,
    Potential,
    RevisionAnswer,
    StageAnswer,
    Survey,
)

RANGES = {"expected"}  # holes of a sentence that take the interval of their figure


def production_text(told: Potential, lang: str, names: Names = NONE) -> list[RenderableType]:
    """The answer for one year. names: of places and estimators, by their id."""
    place = names.get(told.asked.place, told.asked.place)
    shown: list[RenderableType] = [
        Rule(
            f"{_t('How much cocaine could it make?', lang)} {place}, {told.asked.year}",
            align="left",
            style="dim",
        ),
        Line(told.name.say(lang), style="bold"),
        Line(told.method.say(lang), style="dim"),
        Line(),
    ]
    for reading in told.readings[:1]:
        shown.append(
            Line(
                f"{_t('Computed', lang)}: {number(reading.figure, lang)} {_ends(reading.figure, lang)}",
                style="bold",
            )
        )
    for i, figure in enumerate(told.published):
        name = _t("Also printed", lang) if i else _t("Published", lang)
        shown.append(Line(f"{name}: {_published(figure, lang)}", style="dim" if i else "bold"))
    shown += [Line(say(m, lang)) for m in told.says]
    shown += [Line(caveat.say(lang), style="dim") for caveat in told.caveats]
    if told.stages:
        shown += [_head("Step by step", lang), _stages(told.stages, lang)]
        shown += [_head("Factors in use", lang), _inputs(told, lang, names), *_notes(told, lang)]
        shown += [_head("What would narrow it most", lang), *_readings(told, lang, names)]
    if told.consistency:
        shown += [
            _head("Area in production that published figures imply", lang),
            *_consistency(told.consistency, lang),
        ]
    if told.other_forms:
        shown += [
            _head("Other ways through the same chain, never averaged", lang),
            _forms(told.other_forms, lang),
        ]
    if lacking := (*told.missing, *told.companions.missing):
        shown += [
            _head("What is missing, and where it is printed", lang),
            _missing(lacking, lang, names),
        ]
    if told.elsewhere:
        shown += [_head("Printed for other places and times, not used", lang), *_elsewhere(told, lang)]
    if told.explained:
        shown.append(_head("What changed since the year published before", lang))
        shown += [Line(say(m, lang)) for m in told.explained.says[1:]]
    if told.rivals:
        shown += [_head("Other estimators, side by side", lang), *_rivals(told, lang)]
    if told.revisions:
        shown += [_head("As first published and as revised", lang), _revisions(told.revisions, lang)]
    return [*shown, *_beside(told.companions, lang)]


def explained_text(told: Explained, lang: str, names: Names = NONE) -> list[RenderableType]:
    """What a change is made of."""
    place = names.get(told.place, told.place)
    both = f"{text.when(told.before.period, lang)} → {text.when(told.after.period, lang)}"
    head = f"{_t('What the change is made of', lang)}: {place}, {both}"
    shown: list[RenderableType] = [
        Rule(head, align="left", style="dim"),
        Line(told.name.say(lang), style="bold"),
    ]
    shown += [Line(say(m, lang)) for m in told.says]
    table = _table(
        ("Factor", "Before", "After", "Times", "Part", "Share", "Share (log)", "Read as"),
        lang,
        (1, 2, 3, 4, 5, 6),
    )
    for part in told.parts:
        cells = (
            part.before,
            part.after,
            part.ratio,
            part.shapley,
            part.shapley_share,
            part.logarithmic_share,
        )
        signed = [number(f, lang, sign=f is part.shapley) for f in cells]
        table.add_row(_t(part.meaning, lang), *signed, _t(said.CALLED[part.reading], lang))
    whole = (told.before, told.after, told.ratio, told.change)
    table.add_row(
        _t("all together", lang),
        *(number(f, lang, sign=f is told.change) for f in whole),
        "",
        "",
        "",
        style="bold",
    )
    shown += [Line(), table]
    if told.frozen:
        f = told.frozen
        line = _t(
            "The factor printed before, on the new area: {printed} as printed, {expected} with its rounding.",
            lang,
        )
        values = {"printed": _range(f.as_printed, lang), "expected": _range(f.expected, lang)}
        shown += [
            Line(),
            Line(f"{text.fill(line, values)} {_flag(f.flag, lang)}: {number(f.beyond, lang, sign=True)}."),
        ]
    shown += [Line(_survey(w, lang), style="dim") for w in told.field_work]
    if told.revisions:
        shown += [_head("As first published and as revised", lang), _revisions(told.revisions, lang)]
    return shown


# ---- numbers ----------------------------------------------------------------------------------------------------


def places(value: float, unit: str) -> int:
    """Decimals that print four digits of a computed number; one of a percentage, two below one percent."""
    if unit == "%" and abs(value) >= 1:
        return 1
    if unit == "%":
        return 2
    return min(4, max(0, 3 - floor(log10(abs(value))))) if value else 0


def digits(value: float, unit: str, lang: str) -> str:
    """Four digits at most, no zeros at the end; percentages with one decimal."""
    at = places(value, unit)
    if unit != "%" or abs(value) < 1:
        at = len(f"{value:.{at}f}".rstrip("0").partition(".")[2]) if at else 0
    return text.digits(value, lang, at)


def number(figure: Figure, lang: str, sign: bool = False) -> str:
    """A figure with its unit, or why there is none."""
    if figure.value is None:
        return (
            _t(said.STATUSES[figure.status], lang)
            if figure.status in said.STATUSES
            else text.status(figure, lang)
        )
    plus = "+" if sign and figure.value > 0 else ""
    unit = text.unit(figure.unit, lang)
    return f"{plus}{digits(figure.value, figure.unit, lang)}" + (f"\u00a0{unit}" if unit else "")


def _range(figure: Figure, lang: str) -> str:
    if figure.low is None or figure.high is None:
        return number(figure, lang)
    unit = text.unit(figure.unit, lang)
    low, high = (digits(end, figure.unit, lang) for end in (figure.low, figure.high))
    return f"{low}–{high}" + (f"\u00a0{unit}" if unit else "")


def _ends(figure: Figure, lang: str) -> str:
    return f"(5–95 %: {_range(figure, lang)})" if figure.low is not None else ""


def say(message: Message, lang: str) -> str:
    """A sentence of the engine with its numbers."""

    def show(name: str, value: Figure | str | int) -> str:
        if isinstance(value, Figure):
            if name in RANGES:
                return _range(value, lang)
            return (
                _of(value, lang)
                if name in {"before", "after"}
                else number(value, lang, sign=name in {"change", "part"})
            )
        return str(value) if isinstance(value, str) else text.digits(value, lang)

    return text.say(message, lang, show)


# ---- parts ------------------------------------------------------------------------------------------------------


def _published(figure: Figure, lang: str) -> str:
    status = "" if figure.status in {"measured", "computed"} else f", {text.status(figure, lang)}"
    return f"{number(figure, lang)} ({text.when(figure.vintage, lang)}{status}; {figure.source})"


def _stages(stages: Sequence[StageAnswer], lang: str) -> Table:
    table = _table(("Step", "Middle", "5–95 %", "How"), lang, (1, 2))
    for stage in stages:
        lacking = f"{_t('missing:', lang)} {', '.join(stage.missing)}" if stage.missing else stage.formula
        table.add_row(
            _t(stage.name, lang),
            number(stage.figure, lang),
            _width(stage.figure, lang),
            Line(lacking, style="dim"),
        )
    return table


def _width(figure: Figure, lang: str) -> str:
    return "" if figure.low is None else _range(figure, lang)


def _of_place(meaning: str, place: str, told: Potential, lang: str, names: Names) -> str:
    """What is measured, and where unless it is the place asked about."""
    return (
        _t(meaning, lang) if place == told.asked.place else f"{_t(meaning, lang)} · {names.get(place, place)}"
    )


def _inputs(told: Potential, lang: str, names: Names) -> Table:
    table = _table(("Factor", "Value", "Interval", "Year", "Printed", "Note"), lang, (1, 2))
    for u in told.inputs:
        warning = say(u.warning, lang) if u.warning else ""
        printed = text.when(u.figure.vintage, lang) if u.basis != "given" else "–"
        basis = "" if u.basis == "published" else f"{_t(said.BASES[u.basis], lang)}; "
        table.add_row(
            Line.assemble((f"{u.quantity} ", "dim"), _of_place(u.meaning, u.figure.place, told, lang, names)), number(u.figure, lang), _width(u.figure, lang),
            u.figure.period, printed, Line(f"{basis}{warning}".strip("; "), style="yellow" if warning else "dim"),
        )  # fmt: skip
    return table


def _notes(told: Potential, lang: str) -> Iterator[RenderableType]:
    for u in told.inputs:
        if u.note:
            yield Padding(Line(f"{u.quantity}: {u.note.say(lang)} ({u.at})", style="dim"), (0, 0, 0, 1))
    for work in told.field_work:
        yield Padding(Line(_survey(work, lang), style="dim"), (0, 0, 0, 1))


def _survey(work: Survey, lang: str) -> str:
    went = _t("Field work in {year}: {where}.", lang)
    return text.fill(went, {"year": str(work.year), "where": work.where.say(lang)})


def _readings(told: Potential, lang: str, names: Names) -> Iterator[RenderableType]:
    for reading in told.readings:
        name = reading.note.say(lang) if reading.note else f"{_t(said.READINGS[reading.id], lang)}:"
        yield Line(f"{name} {_ends(reading.figure, lang)} {_flag(reading.flag, lang)}.")
        for head, shares in (("Measurement", reading.shares), ("A survey of one region", reading.regions)):
            table = _table(
                (head, "Share of the variance", "With others", "If known, narrower by"), lang, (1, 2, 3)
            )
            for s in shares:
                meaning = _of_place(s.meaning, s.place, told, lang, names)
                table.add_row(meaning, *(number(f, lang) for f in (s.first, s.total, s.narrowing)))
            if shares:
                yield Padding(table, (0, 0, 0, 1))


def _flag(flag: str, lang: str) -> str:
    words = _t(said.FLAGS[flag], lang)
    return words[:1].upper() + words[1:]


def _forms(forms: Sequence[FormAnswer], lang: str) -> Table:
    table = _table(("Form", "Middle", "5–95 %", "Missing"), lang, (1, 2))
    for form in forms:
        table.add_row(
            _t(said.FORMS[form.form], lang), number(form.figure, lang), _width(form.figure, lang),
            Line(_lacking(form, lang), style="dim"),
        )  # fmt: skip
    return table


def _lacking(form: FormAnswer, lang: str) -> str:
    either = f" {_t('or', lang)} ".join(form.one_of)
    return ", ".join((*form.missing, *((either,) if either else ())))


def _missing(missing: Sequence[MissingAnswer], lang: str, names: Names) -> Table:
    table = _table(("Factor", "Unit", "Where", "Printed in"), lang)
    for m in missing:
        printed = m.printed.say(lang) if m.printed else _t("where it is printed is not known", lang)
        where = names.get(m.places[0], m.places[0]) if len(m.places) == 1 else text.fill(
            _t("{count} places", lang), {"count": str(len(m.places))})  # fmt: skip
        table.add_row(
            Line.assemble((f"{m.quantity} ", "dim"), _t(m.meaning, lang)),
            text.unit(m.unit, lang),
            where,
            printed,
        )
    return table


def _consistency(c: ConsistencyAnswer, lang: str) -> Iterator[RenderableType]:
    for figure in c.implied:
        name = _t(said.IMPLIED[figure.trace.rpartition(".")[2]], lang)
        yield _under("{name}: {area}", {"name": name, "area": _range(figure, lang)})
    if c.joint.value is None:
        gap = number(c.gap, lang)
        yield _under(_t("They do not meet: {gap} are missing.", lang), {"gap": gap})
        return
    values = {"joint": _range(c.joint, lang), "ratio": _range(c.ratio, lang)}
    yield _under(_t("Together: {joint}; over the mean area of the two Decembers: {ratio}", lang), values)


def _elsewhere(told: Potential, lang: str) -> Iterator[RenderableType]:
    for e in told.elsewhere:
        yield Padding(
            Line(f"{e.about.say(lang)}: {number(e.figure, lang)} {_brackets(e.figure, lang)}", style="dim"),
            (0, 0, 0, 1),
        )


def _brackets(figure: Figure, lang: str) -> str:
    return "" if figure.low is None else f"({_range(figure, lang)})"


def _rivals(told: Potential, lang: str) -> Iterator[RenderableType]:
    for rival in told.rivals:
        yield Line(
            f"{rival.name.say(lang)}: {number(rival.figure, lang)} ({text.when(rival.figure.vintage, lang)})"
        )


def _revisions(revisions: Sequence[RevisionAnswer], lang: str) -> Table:
    table = _table(("Year", "Editions, oldest first", "Newest over first"), lang, (2,))
    for r in revisions:
        told = " → ".join(f"{number(f, lang)} ({text.when(f.vintage, lang)})" for f in r.editions)
        table.add_row(str(r.year), told, number(r.percent, lang, sign=True))
    return table


def _beside(c: Companions, lang: str) -> Iterator[RenderableType]:
    yield _head("Beside it", lang)
    yield Line(_line("Seized, as seized", c.seized, lang))
    for i, over in enumerate(c.over):
        if over.ratio.value is not None:
            yield _under(
                _t("{as_seized} of {potential}; {ratio} at an assumed purity of {purity}; left: {left}", lang),
                {
                    "as_seized": number(over.as_seized, lang), "potential": _of(over.potential, lang),
                    "ratio": _range(over.ratio, lang), "purity": _range(c.purity, lang), "left": _range(c.available[i].left, lang),
                },
            )  # fmt: skip
            if warning := said.SIGNS.get(c.available[i].sign, ""):
                yield Padding(Line(_t(warning, lang), style="red"), (0, 0, 0, 3))
    if c.base_seized.value is not None:
        yield Line(_line("Base and paste seized, apart", c.base_seized, lang))
    if c.chemical.value is not None and c.need:
        note = c.chemical_note.say(lang) if c.chemical_note else ""
        yield Line(f"{_t('Chemical that much would need, at most', lang)}: {_range(c.need[0], lang)}. {note}")
    if c.balance and c.balance.over:
        yield _under(_t("{over} of the {lawful} that lawfully came in", lang), {
            "over": _range(c.balance.over[0], lang), "lawful": _range(c.balance.lawful, lang)})  # fmt: skip
    if c.balance and c.balance.seized.value is not None:
        yield _under(_t("seized of it: {seized}", lang), {"seized": _range(c.balance.seized, lang)})
    if c.eradicated:
        yield Line(_line("Eradicated", c.eradicated[0], lang))
        for net in c.net:
            note = net.note.say(lang) if net.note else ""
            yield _under(_t("{net} stayed without coca at {rate} replanted. {note}", lang), {
                "net": _range(net.net, lang), "rate": _percent(net.rate, lang), "note": note})  # fmt: skip
    for message in c.assumed:
        yield Line(say(message, lang), style="dim")
    for pledge in c.pledges:
        verdict = _t(said.VERDICTS[pledge.verdict], lang)
        yield Line(f"{pledge.commitment} {pledge.gist.say(lang)}: {verdict}", style="bold")
        newest = pledge.readings[0].actual if pledge.readings else None
        for row in (r for r in pledge.readings if r.actual == newest):
            if row.met is None:
                yield _under(_t("from {baseline}: target {target}", lang), {
                    "baseline": _of(row.baseline, lang), "target": number(row.target, lang)})  # fmt: skip
                continue
            yield _under(_t("from {baseline}: target {target}; came {actual}, {change}", lang), {
                "baseline": _of(row.baseline, lang), "target": number(row.target, lang), "actual": _of(row.actual, lang),
                "change": number(row.change, lang, sign=True)})  # fmt: skip
        if others := [f for f in dict.fromkeys(r.actual for r in pledge.readings) if f != newest]:
            editions = "; ".join(_of(f, lang) for f in others)
            yield _under(_t("Other editions of what came, read in the verdict as well: {editions}", lang), {
                "editions": editions})  # fmt: skip


def _percent(figure: Figure, lang: str) -> str:
    """A share between 0 and 1 in percent, with its ends."""
    ends = [figure.value] if figure.low is None else [figure.low, figure.high]
    return "–".join(digits(100 * end, "%", lang) for end in ends if end is not None) + "\u00a0%"


def _of(figure: Figure, lang: str) -> str:
    if figure.trace.startswith("production@"):
        return f"{number(figure, lang)} ({_t('computed', lang)}, {text.when(figure.period, lang)})"
    return f"{number(figure, lang)} ({text.when(figure.period, lang)}; {text.when(figure.vintage, lang)})"


def _line(name: str, figure: Figure, lang: str) -> str:
    return f"{_t(name, lang)}: {number(figure, lang)}" + (f" ({figure.source})" if figure.source else "")


def _under(template: str, values: Mapping[str, str]) -> Padding:
    return Padding(Line(text.fill(template, values)), (0, 0, 0, 3))


def _table(heads: Sequence[str], lang: str, right: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for i, head in enumerate(heads):
        table.add_column(_t(head, lang), justify="right" if i in right else "left", overflow="fold")
    return table


def _head(words: str, lang: str) -> Rule:
    return Rule(_t(words, lang), align="left", style="dim")


def _t(english: str, lang: str) -> str:
    return text.translate(english, lang)
