"""How much of what the statements name the case holds, statement by statement and kind by kind."""

from typing import get_args

from vereda.terms.cooperation import Register
from vereda.terms.relation import Count, Coverage, Mention, Named, SourceText

KINDS: tuple[str, ...] = get_args(Named)


def coverage(register: Register) -> tuple[Coverage, ...]:
    """Every statement of the case with what it names."""
    return tuple(_of(text, register.mentions) for text in register.texts)


def _of(text: SourceText, mentions: tuple[Mention, ...]) -> Coverage:
    own = sorted((m for m in mentions if m.span.said_in == text.id), key=lambda m: m.span.chars)
    counts = (_count(kind, [m for m in own if m.names == kind]) for kind in KINDS)
    return Coverage(text, tuple(c for c in counts if c.named), tuple(own))


def _count(kind: str, found: list[Mention]) -> Count:
    held = sum(m.entry is not None for m in found)
    known = sum(m.vocabulary is not None for m in found)
    return Count(kind, len(found), held, known, sum(m.left_out is not None for m in found))
