"""What another extractor found, beside the rules: agreement, contradiction, what only it says, and what was refused."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vereda.pipeline.candidates import meaning, short
from vereda.pipeline.reading import candidate
from vereda.statements.admission import Proposed, Refused, reasons
from vereda.statements.beside import Beside, beside
from vereda.statements.language import language
from vereda.terms.statement import KINDS, Candidate, Statement

RELATIONS = ("agrees", "conflicts", "within", "alone")
_STYLE = {"agrees": "green", "conflicts": "red", "within": "dim", "alone": "cyan"}


def shown(told: Sequence[Proposed], rules: Sequence[Candidate], lang: str) -> Iterator[RenderableType]:
    """A section an extractor."""
    say: Mapping[str, Any] = language(lang)["printed"]
    for one in told:
        yield Text(f"\n{say['others']['heading'].format(name=short(one.extractor, 120))}", style="bold")
        yield from _maker(one, say["others"])
        compared = beside(one.candidates, rules)
        yield _sums(one, compared, say["others"])
        for kind in KINDS:
            of_kind = [b for b in compared if b.candidate.kind == kind]
            if of_kind:
                yield Text(f"{say['kinds'][kind]} ({len(of_kind)})", style="bold")
                yield _table(of_kind, say)
        yield from _refused(one.refused, say)


def _maker(one: Proposed, say: Mapping[str, Any]) -> Iterator[Text]:
    if one.version:
        made = say["maker"].format(licence=one.licence or "?", version=one.version)
        yield Text(short(made), style="dim")
        if not one.licence:
            yield Text(say["no_licence"], style="yellow")
    for note in one.notes:
        yield Text(say["notes"][note], style="yellow")


def _sums(one: Proposed, compared: Sequence[Beside], say: Mapping[str, Any]) -> Text:
    count = Counter(b.relation for b in compared)
    sums = {relation: count[relation] for relation in RELATIONS}
    return Text(say["sums"].format(found=len(compared), refused=len(one.refused), **sums))


def _table(found: Sequence[Beside], say: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 1))
    for b in found:
        c, others = b.candidate, say["others"]
        table.add_row(
            Text(others["relations"][b.relation], style=_STYLE[b.relation]),
            Text(short(c.quote, 160)),
            Text(meaning(c, say)),
            Text(f"[{c.start}]", style="dim"),
            Text(" · ".join(_notes(b, say)), style="yellow"),
        )
    return table


def _notes(b: Beside, say: Mapping[str, Any]) -> Iterator[str]:
    """What the rules say of the same words where it contradicts, and why to look twice."""
    if b.relation == "conflicts" and b.other is not None:
        r = b.other
        told = {"kind": say["kinds"][r.kind], "quote": short(r.quote, 80), "meaning": meaning(r, say)}
        yield say["others"]["rules_say"].format(**told)
    if b.candidate.review:
        yield say["reviews"].get(b.candidate.review, b.candidate.review)


def _refused(refused: Sequence[Refused], say: Mapping[str, Any]) -> Iterator[RenderableType]:
    for why, held in reasons(refused):
        sentence = say["others"]["refused"].format(count=len(held), why=say["others"]["why"][why])
        yield Text(sentence, style="yellow")
        for quote in dict.fromkeys(r.quote for r in held if r.quote):
            yield Padding(Text(f"“{short(quote, 120)}”", style="dim"), (0, 0, 0, 2))


def as_json(
    said: dict[str, Any], document: Statement, told: Sequence[Proposed], rules: Sequence[Candidate]
) -> dict[str, Any]:
    """The JSON of the rules, with every other extractor's candidates beside them, none merged."""
    more = [
        {**candidate(document, b.candidate), "beside": _beside(b)}
        for one in told
        for b in beside(one.candidates, rules)
    ]
    return {
        **said,
        "candidates": [*said["candidates"], *more],
        "extractors": [_extractor(one) for one in told],
    }


def _beside(b: Beside) -> dict[str, Any]:
    r = b.other
    rules = None if r is None else {"kind": r.kind, "start": r.start, "end": r.end, "extractor": r.extractor}
    return {"relation": b.relation, "rules": rules}


def _extractor(one: Proposed) -> dict[str, Any]:
    return {
        "extractor": one.extractor,
        "licence": one.licence or None,
        "version": one.version or None,
        "notes": list(one.notes),
        "candidates": len(one.candidates),
        "refused": [{"why": r.why, "kind": r.kind or None, "quote": r.quote or None} for r in one.refused],
        "asked": [dict(a) for a in one.asked],
    }
