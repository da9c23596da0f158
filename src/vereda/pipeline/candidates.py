"""Candidates for people: commitments first, each with its words; then names, places, dates and sums, counted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vereda.statements.language import language
from vereda.terms.statement import KINDS, Candidate, Statement

_LONGEST = 300  # characters of a quote that are printed


def shown(document: Statement, found: Sequence[Candidate], lang: str) -> Iterator[RenderableType]:
    """What `vereda read` prints, in the language of the reader."""
    say: Mapping[str, Any] = language(lang)["printed"]
    yield from _head(document, found, say, lang)
    for kind in KINDS:
        of_kind = [c for c in found if c.kind == kind]
        if of_kind:
            yield Text(f"\n{say['kinds'][kind]} ({len(of_kind)})", style="bold")
            yield from _commitments(of_kind, say) if kind == "commitment" else [_names(of_kind, say)]
    yield Text(f"\n{say['next']}", style="dim")


def _head(
    document: Statement, found: Sequence[Candidate], say: Mapping[str, Any], lang: str
) -> Iterator[Text]:
    yield Text(document.title or document.name, style="bold")
    unknown = say["unknown"]
    by = f" ({say['date_by'][document.date_by]})" if document.date_by else ""
    facts = (
        f"{document.name} · {document.form} · {say['languages'][document.lang]} · "
        f"{say['date']}: {document.date or unknown}{by} · {say['publisher']}: {document.publisher or unknown}"
    )
    yield Text(facts, style="dim")
    aside = sum(bool(b.boilerplate) for b in document.blocks)
    if aside:
        yield Text(say["aside"].format(count=aside), style="dim")
    for note in document.notes:
        yield Text(f"{say['note']}: {note}", style="yellow")
    if not document.date and any(c.payload.get("value") == "?" for c in found):
        yield Text(say["undated"], style="yellow")
    yield Text(say["decide"] if found else say["nothing"])


def _commitments(found: Sequence[Candidate], say: Mapping[str, Any]) -> Iterator[RenderableType]:
    for c in found:
        said = c.payload
        who = ", ".join(said["parties"]) or f"{say['unclear']} ({said['party_words']})"
        line = Text.assemble((f"{say['strength'][said['strength']]}  ", "cyan"), (f"{who}  ", "bold"))
        line.append(f"“{short(c.quote)}”")
        line.append(f"  [{c.start}-{c.end}]", style="dim")
        yield Padding(line, (0, 0, 0, 2))
        more = list(_more(c, say))
        if more:
            yield Padding(Text(" · ".join(more), style="dim"), (0, 0, 0, 6))


def _more(c: Candidate, say: Mapping[str, Any]) -> Iterator[str]:
    said = c.payload
    if said["deadline_raw"]:
        day = said["deadline"] if said["deadline"] != "?" else say["open"]
        yield f"{say['deadline']}: {said['deadline_raw']} → {day}"
    if said["target"]:
        yield f"{say['target']}: {said['target']['value']:,.12g} {said['target']['unit'] or '?'}"
    if said["places"]:
        yield f"{say['places']}: {', '.join(p.removeprefix('place:') for p in said['places'])}"
    if said["hedged"]:
        yield f"{say['hedged']}: {said['hedge']}"
    if said["reported"]:
        yield say["reported"] + (f": {said['speaker']}" if said.get("speaker") else "")
    if c.review:
        yield f"{say['look']}: {say['reviews'].get(c.review, c.review)}"


def _names(found: Sequence[Candidate], say: Mapping[str, Any]) -> Table:
    """Candidates that mean the same on one line, with how often and where first."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for c in found:
        groups.setdefault((meaning(c, say), c.review), []).append(c)
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 1))
    for (meant, review), held in groups.items():
        quotes = dict.fromkeys(short(c.quote, 70) for c in held)
        note = Text(say["reviews"].get(review, review), style="yellow")
        count = f"×{len(held)}" if len(held) > 1 else ""
        table.add_row(
            Text(" / ".join(list(quotes)[:3])),
            Text(meant),
            count,
            Text(f"[{held[0].start}]", style="dim"),
            note,
        )
    return table


def meaning(c: Candidate, say: Mapping[str, Any]) -> str:
    """What a candidate was taken to mean, on one line."""
    said = c.payload
    if c.kind == "commitment":
        who = ", ".join(said["parties"]) or f"{say['unclear']} ({said['party_words']})"
        return f"→ {say['strength'][said['strength']]}  {who}"
    if c.kind == "date":
        return f"→ {say['open'] if said['value'] == '?' else said['value']}"
    if c.kind == "amount":
        return f"→ {said['value']:,.12g} {said['unit'] or '?'}"
    if c.kind == "person":
        return f"→ {said['office']}" + (f" ({said['party']})" if said.get("party") else "")
    if c.kind == "place" and not c.links:
        return f"→ {said.get('choices') or say['no_code']}"
    link = c.links[0].partition(":")[2] if c.links else said.get("id", "")
    return f"→ {link}" if link else f"→ {say['new']}"


def short(quote: str, longest: int = _LONGEST) -> str:
    """A quote on one line, without control characters, cut in the middle where it is long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in quote).split())
    return line if len(line) <= longest else f"{line[: longest * 2 // 3]} ... {line[-longest // 3 :]}"
