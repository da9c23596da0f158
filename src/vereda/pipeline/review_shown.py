"""Where a review stands, for people and as JSON: every candidate, agreement, and what would be added to the case."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vereda.errors import BadDesign
from vereda.pipeline.review_entries import Draft
from vereda.pipeline.review_words import word
from vereda.pipeline.reviewing import Review
from vereda.statements import decisions as review
from vereda.statements import entries
from vereda.terms.review import key

_COLOURS = {"kept": "green", "rejected": "dim", "disputed": "red", "split": "cyan", "open": "yellow"}


def one_line(quote: str, longest: int = 90) -> str:
    """A quote on one line without control characters, cut where it is long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in quote).split())
    return line if len(line) <= longest else f"{line[: longest - 4]} ..."


def state(held: Review, lang: str) -> Iterator[RenderableType]:
    """Every candidate in the order of the text, with what was decided."""
    yield Text(held.document.title or held.document.name, style="bold")
    done, total = held.progress()
    if held.by:
        yield Text(word("progress", lang, done=done, all=total, by=held.by, left=total - done))
    yield from earlier(held, lang)
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 1))
    into = review.written(held.decisions)
    for one in held.settled():
        table.add_row(
            Text(word(one.state, lang), style=_COLOURS[one.state]),
            one.candidate.kind,
            Text(one_line(one.candidate.quote)),
            Text(_more(one, into, lang), style="dim"),
        )
    yield table if table.row_count else Text(word("nothing_here", lang), style="dim")
    yield from _agreement(held, lang)


def _more(one: review.Settled, into: dict[str, str], lang: str) -> str:
    if key(one.candidate) in into:
        return word("written", lang, entry=into[key(one.candidate)])
    if one.state != "kept" or one.decision is None:
        return ""
    if one.decision.verdict == "link":
        return f"{word('link', lang)}: {', '.join(one.decision.links)}"
    if one.candidate.kind not in entries.HOMES:
        return word("mark", lang)
    missing = entries.lacking(one.decision)
    return word("lacks", lang, fields=", ".join(missing)) if missing else ""


def earlier(held: Review, lang: str) -> Iterator[Text]:
    """What became of decisions on an earlier version of the text."""
    for sha, standing, checked in held.earlier():
        states = [c.state for c in checked]
        counts = {name: states.count(name) for name in ("verified", "moved", "lost")}
        yield Text(word("earlier", lang, n=len(standing), sha=sha[:12], **counts), style="yellow")


# ---- agreement ----------------------------------------------------------------------------------------------


def agreement(held: Review) -> list[dict[str, Any]]:
    """Cohen's kappa of every two reviewers, Krippendorff's alpha of all: on keep, reject and split."""
    from vereda.measurement.area.agreement import cohen
    from vereda.statements.agreement import alpha

    rows = _labels(held)
    names = sorted({by for row in rows for by in row})
    found: list[dict[str, Any]] = []
    for a, b in combinations(names, 2):
        both = [(row[a], row[b]) for row in rows if a in row and b in row]
        if not both:
            continue
        told: dict[str, Any] = {"measure": "kappa", "reviewers": [a, b], "n": len(both)}
        told["same"] = sum(x == y for x, y in both)
        try:
            k = cohen([x for x, _ in both], [y for _, y in both], (a, b))
            told |= {"value": k.value, "low": k.low, "high": k.high}
        except BadDesign:
            told |= {"value": None, "low": None, "high": None}
        found.append(told)
    if len(names) > 1 and found:
        told = {"measure": "alpha", "reviewers": names}
        try:
            k2 = alpha([[row.get(name) for name in names] for row in rows])
            told |= {"value": k2.value, "low": k2.low, "high": k2.high, "n": k2.units}
        except BadDesign:
            told |= {"value": None, "low": None, "high": None, "n": sum(len(row) > 1 for row in rows)}
        found.append(told)
    return found


def _labels(held: Review) -> list[dict[str, str]]:
    """For every candidate, what each reviewer said of it."""
    per = review.standing(held.decisions)
    wanted = {key(one.candidate) for one in held.settled()}
    return [
        {by: review.label(one) for by, one in said.items()} for name, said in per.items() if name in wanted
    ]


def _agreement(held: Review, lang: str) -> Iterator[Text]:
    found = agreement(held)
    if not found:
        yield Text(word("one_reviewer", lang), style="dim")
    for one in found:
        names = ", ".join(one["reviewers"])
        if one["value"] is None:
            if one["measure"] == "kappa":
                yield Text(word("no_kappa", lang, names=names, n=one["n"]))
            continue
        values = {k: _number(one[k], lang) for k in ("value", "low", "high")}
        yield Text(word(one["measure"], lang, names=names, n=one["n"], same=one.get("same", ""), **values))


def _number(value: float, lang: str) -> str:
    text = f"{value:.2f}".replace("-", "−")
    return text.replace(".", ",") if lang == "es" else text


# ---- what would be added ------------------------------------------------------------------------------------


def added(found: Draft, wrote: bool, folder: str, lang: str) -> Iterator[RenderableType]:
    """The lines that are added to the case, or would be."""
    for line in found.diff():
        style = "green" if line.startswith("+") else "dim"
        yield Text(line, style=style)
    if not found.made:
        yield Text(word("nothing", lang), style="dim")
    elif wrote:
        yield Text(word("wrote", lang, n=len(found.made), folder=folder))
    else:
        yield Text(word("would", lang), style="dim")


def as_json(held: Review, found: Draft | None = None) -> dict[str, Any]:
    """Where the review stands; quotes are in no decision, and not here either."""
    done, total = held.progress()
    into = review.written(held.decisions)
    rows: Sequence[dict[str, Any]] = [
        {
            "candidate": key(one.candidate),
            "kind": one.candidate.kind,
            "state": one.state,
            "entry": into.get(key(one.candidate)),
            "decision": asdict(one.decision) if one.decision else None,
        }
        for one in held.settled()
    ]
    return {
        "document": held.document.sha256,
        "name": held.document.name,
        "by": held.by or None,
        "decided": done,
        "candidates": total,
        "items": rows,
        "agreement": agreement(held),
        "added": [name for _, name in found.made] if found else [],
    }
