"""A review as its screen shows it: the quote in its context, what is proposed, the form of an edit."""

import re
from collections.abc import Iterator

from vereda.pipeline.review_words import word
from vereda.pipeline.reviewing import Review
from vereda.statements import decisions as review
from vereda.statements import entries
from vereda.statements.decisions import Item
from vereda.terms.review import key
from vereda.terms.statement import Candidate

__all__ = ["Item", "Review", "around", "details", "fields", "span_by_words"]

CONTEXT = 600  # characters on either side of a quote


def around(held: Review, candidate: Candidate) -> tuple[str, str, str]:
    """Text before the quote, the quote, and text after it, as far as the paragraphs next to it."""
    text = held.document.text
    start = max(text.rfind("\n\n", 0, max(0, candidate.start - 1)) + 1, candidate.start - CONTEXT, 0)
    end = text.find("\n\n", candidate.end)
    end = min(len(text) if end < 0 else end, candidate.end + CONTEXT)
    pieces = (text[start : candidate.start], text[candidate.start : candidate.end], text[candidate.end : end])
    before, quote, after = (
        "".join(c if c.isprintable() or c == "\n" else " " for c in piece) for piece in pieces
    )
    return _flowing(before.lstrip("\n")), _flowing(quote), _flowing(after)


def _flowing(text: str) -> str:
    """Lines that only the width of a page parted, put together."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)


def details(held: Review, item: Item, lang: str) -> Iterator[tuple[str, str]]:
    """What is proposed or was decided, by name."""
    c, one = item.candidate, item.decision
    yield c.kind, f"{key(c)} · {word('score', lang)} {c.score:g} · {c.extractor}"
    said = dict(one.said) if one and one.said else entries.proposal(held.document, c)
    if not said:
        said = {k: str(v) for k, v in c.payload.items() if v not in ("", None, [])}
    yield from said.items()
    links = one.links if one else c.links
    if links:
        yield "links", ", ".join(links)
    if c.review:
        yield word("look", lang), c.review
    if one:
        yield word(one.verdict, lang), f"{one.by}, {one.at[:16]}" + (f": {one.why}" if one.why else "")


def fields(held: Review, item: Item) -> dict[str, str]:
    """The form of an edit: fields of the entry as proposed or decided, the span by its words, and why."""
    given = entries.proposal(held.document, item.candidate) | dict(
        item.decision.said if item.decision else {}
    )
    named = {name: given.get(name, "") for name in entries.FIELDS.get(item.candidate.kind, ())}
    return named | {"begins": "", "ends": "", "why": item.decision.why if item.decision else ""}


def span_by_words(held: Review, candidate: Candidate, first: str, last: str) -> tuple[int, int] | None:
    """The span from these words of the quote to those; None where neither is given."""
    if not first.strip() and not last.strip():
        return None
    start = review.place_of(held.document, candidate, first) if first.strip() else candidate.start
    end = (
        review.place_of(held.document, candidate, last) + len(last.strip()) if last.strip() else candidate.end
    )
    return start, end
