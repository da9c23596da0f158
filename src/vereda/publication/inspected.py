"""What stated rules found in the tables of the sources, in words; the site and the terminal print the same."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, NamedTuple

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from vereda.publication import text, words
from vereda.publication.teller import Teller
from vereda.publication.terminal import NONE, Names, _table
from vereda.publication.words import N_
from vereda.terms import few
from vereda.terms.place import many
from vereda.terms.source import Remainder, Seen, Sign, SourceCard

LEFTOVERS = N_("Printed wholes against the sum of their parts")
WHOLE = N_("{when}: {whole} {unit} printed, {parts} in {places} {level}; left over {left} ({share} %)")
NOWHERE_TOO = N_(
    "{when}: {whole} {unit} printed, {parts} in {places} {level}, {unplaced} in none of them; left over {left} ({share} %)"
)
NOWHERE = N_("{when}: {parts} {unit} in {places} {level}, {unplaced} in none of them ({share} %)")

Name = Callable[[str], str | None]  # code or id -> what people call it
STATES = ("passed", "known gap", "failed")


class Widest(NamedTuple):
    """One series against one whole: how many periods, and the one where most is left over."""

    dataset: str
    series: str
    whole_of: str
    periods: int
    most: Remainder


def inspected_text(cards: Iterable[SourceCard], lang: str, names: Names = NONE) -> list[RenderableType]:
    """One table over every dataset held; below it what the rules found, and how each rule reads."""
    cards = tuple(cards)
    held = [card for card in cards if card.vintage is not None]
    table = _table(
        ("Dataset", "Vintage", "Read on", "Rows", "Years", "Checks", "Worth a look"), lang, right=(3,)
    )
    table.columns[0].no_wrap = True
    for card in held:
        assert card.vintage is not None
        table.add_row(
            card.dataset, card.vintage.name, card.vintage.read_on, text.digits(card.vintage.rows, lang),
            card.years.replace("-", "–") or "–", reconciled(card, lang), to_look_at(card, lang, "\n") or "–",
            style="red" if any(c.state == "failed" for c in card.checks) else "",
        )  # fmt: skip
    shown: list[RenderableType] = [table, Line()]
    for card in held:
        for sign in card.signs:
            if sign.state == "found":
                shown += _found(card, sign, lang, names)
    shown += _leftovers(held, lang, names)
    shown.append(Line())
    for rule, sentence in words.SIGN_RULES.items():
        name = text.translate(words.SIGNS[rule], lang)
        shown.append(Padding(Line(f"{name}: {text.translate(sentence, lang)}", style="dim"), (0, 0, 0, 1)))
    waiting = [card.dataset for card in cards if card.vintage is None]
    if waiting:
        shown.append(
            Line(f"{text.translate('Waiting for data:', lang)} {', '.join(waiting)}", style="yellow")
        )
    return shown


def _leftovers(held: Iterable[SourceCard], lang: str, names: Names) -> list[RenderableType]:
    """The printed wholes against the sums of their parts, one line a series and whole."""
    table = _table(("Dataset", "Series", "Whole printed by", "Periods", "Where most is left over"), lang)
    table.columns[0].no_wrap = True
    for one in (one for card in held for one in widest(card)):
        table.add_row(
            one.dataset, names.get(one.series) or one.series.replace("_", " "), one.whole_of or "–",
            text.digits(one.periods, lang), left_over(one.most, lang),
        )  # fmt: skip
    return [Line(), Line(text.translate(LEFTOVERS, lang), style="bold"), table] if table.row_count else []


def widest(card: SourceCard) -> list["Widest"]:
    """For each series and whole: in how many periods they were compared, and where most is left over."""
    found: dict[tuple[str, str, str], list[Remainder]] = {}
    for one in card.remainders:
        found.setdefault((one.series, one.place, one.whole_of), []).append(one)
    return [
        Widest(card.dataset, series, who, len(each), max(each, key=lambda r: abs(_share(r))))
        for (series, _, who), each in found.items()
    ]


def left_over(one: Remainder, lang: str) -> str:
    """2009: 73,139 printed, 68,027.6 in 319 municipalities; left over 5,111.4 ha (7.0 %)."""
    sentence = NOWHERE if one.whole is None else NOWHERE_TOO if one.unplaced else WHOLE
    said = {
        name: text.digits(value, lang, text.decimals(value, one.unit)) if value is not None else ""
        for name, value in (
            ("whole", one.whole),
            ("parts", one.parts),
            ("unplaced", one.unplaced),
            ("left", one.left),
        )
    }
    level = text.translate(many(one.level), lang)
    said |= {"when": text.when(one.period, lang), "unit": text.unit(one.unit, lang), "level": level}
    said |= {"places": text.digits(one.places, lang), "share": text.digits(100 * _share(one), lang, 2)}
    return text.translate(sentence, lang).format(**said)


def _share(one: Remainder) -> float:
    """What is left over of the printed whole; where none is printed, what is placed nowhere of all there is."""
    if one.whole is None or one.left is None:
        return one.unplaced / (one.parts + one.unplaced) if one.parts + one.unplaced else 0.0
    return one.left / one.whole if one.whole else 0.0


def _found(card: SourceCard, sign: Sign, lang: str, names: Names) -> list[RenderableType]:
    rule = text.translate(words.SIGNS[sign.rule], lang)
    head = Line.assemble((f"{card.dataset} ", "dim"), f"{rule} ({text.digits(sign.many, lang)})")
    said = [told(seen, lang, names.get, names.get) for seen in sign.seen]
    return [head, *(Padding(Line(one), (0, 0, 0, 3)) for one in said)]


def reconciled(card: SourceCard, lang: str) -> str:
    """How many checks passed, are known gaps, failed: passed 23, known gap 2."""
    counts = Counter[str](check.state for check in card.checks)
    parts = [f"{text.state(s, lang)} {text.digits(counts[s], lang)}" for s in STATES if counts[s]]
    return ", ".join(parts) or text.translate("nothing to compare with", lang)


def to_look_at(card: SourceCard, lang: str, mark: str = "; ") -> str:
    """The rules that found something, and how often: jumps (2); breaks of level (1)."""
    found = [sign for sign in card.signs if sign.state == "found"]
    return mark.join(
        f"{text.translate(words.SIGNS[s.rule], lang)} ({text.digits(s.many, lang)})" for s in found
    )


def told(seen: Seen, lang: str, place: Name, series: Name) -> str:
    """One thing that a rule pointed at: Coca cultivation, Argelia, 2014: 121 → 1,328 ha."""
    what = series(seen.series) or text.translate(seen.series.replace("_", " "), lang)
    where = place(seen.place) or seen.place
    when = text.when(seen.period, lang) if seen.period else ""
    at = ", ".join(part for part in (what, where, when) if part)
    found = [v for v in (seen.before, seen.value) if v is not None]
    figures = " → ".join(_number(v, seen.unit, lang) for v in found)
    said = f"{figures} {text.unit(seen.unit, lang)}".strip() if found else ""
    return ": ".join(part for part in (at, said) if part)


def _number(value: float, unit: str, lang: str) -> str:
    """A number, or the range of a few people."""
    if unit in few.PEOPLE and few.few(value):
        return "–".join(text.digits(end, lang) for end in few.band(value))
    return text.digits(value, lang, text.decimals(value, unit))


def alone(card: SourceCard) -> Callable[[Teller], dict[str, Any]]:
    """What the page of one source is told with."""
    lines = [
        (about, [line for _, line in group]) for about, group in groupby(card.reading, lambda one: one[0])
    ]
    return lambda t: {**page(t), "s": card, "alone": True, "reading": lines}


def page(t: Teller) -> dict[str, Any]:
    """What the page of sources is told with."""
    return {
        "alone": False,
        "held": [card for card in t.edition.sources if card.vintage is not None],
        "reconciled": lambda card: reconciled(card, t.lang),
        "to_look_at": lambda card: to_look_at(card, t.lang),
        "leftovers": [one for card in t.edition.sources for one in widest(card)],
        "left_over": lambda one: left_over(one, t.lang),
        "seen": lambda seen: told(seen, t.lang, t.place, t.series),
        "rules": [(text.translate(words.SIGNS[r], t.lang), text.translate(s, t.lang)) for r, s in words.SIGN_RULES.items()],
    }  # fmt: skip
