"""Gold annotations: made-up statements marked in place, and spans with hashes for texts that are not ours.

Marked texts hold `[[kind:label|quote]]`, nested where one lies in another. A `?` before the kind makes the annotation
optional: it counts neither for nor against an extractor. The label is a code, an ISO date (`?`: must stay unresolved),
an amount with its unit, or for a commitment `strength;parties;reported`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vereda.errors import BadStatement
from vereda.statements.language import yaml_text
from vereda.statements.verify import digest

_MARK = re.compile(r"\[\[(\??)([a-z]+):([^|\]]*)\||\]\]")


@dataclass(frozen=True, slots=True)
class Gold:
    """One annotation; label as annotated, "" where only the span is claimed."""

    kind: str
    start: int
    end: int
    label: str = ""
    optional: bool = False
    quote_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A statement with its annotations; text empty where it is not ours to hold."""

    name: str
    lang: str
    gold: tuple[Gold, ...]
    text: str = ""
    sha256: str = ""


def marked(name: str, source: str, lang: str) -> Annotated:
    """Text and annotations of a statement marked in place."""
    parts: list[str] = []
    found: list[Gold] = []
    held: list[tuple[int, str, str, bool]] = []
    at = length = 0
    for mark in _MARK.finditer(source):
        piece = source[at : mark.start()]
        parts.append(piece)
        length += len(piece)
        at = mark.end()
        if mark[2]:
            held.append((length, mark[2], mark[3], mark[1] == "?"))
        elif held:
            start, kind, label, optional = held.pop()
            found.append(Gold(kind, start, length, label, optional))
        else:
            raise BadStatement(f"{name}: a mark closes that was not opened, at character {mark.start()}.")
    if held:
        raise BadStatement(f"{name}: the mark `[[{held[-1][1]}` is not closed.")
    parts.append(source[at:])
    return Annotated(name, lang, tuple(sorted(found, key=lambda g: (g.start, -g.end))), "".join(parts))


def folder(path: Path) -> Iterator[Annotated]:
    """Every marked statement of a folder: `SET-LANG-NAME.gold.txt`."""
    for file in sorted(path.glob("*.gold.txt")):
        lang = file.name.split("-")[1]
        yield marked(file.name.removesuffix(".gold.txt"), file.read_text(encoding="utf-8"), lang)


def spans(path: Path) -> list[Annotated]:
    """Annotations of texts that are not here: offsets, labels and hashes."""
    return [
        Annotated(d["name"], d["lang"], tuple(map(_span, d["gold"])), "", d["sha256"])
        for d in yaml_text(path)["documents"]
    ]


def _span(raw: Mapping[str, Any]) -> Gold:
    label = raw.get("value") or raw.get("link", "")
    if raw["kind"] == "commitment":
        label = f"{raw['strength']};{','.join(raw['parties'])}" + (";reported" if raw.get("reported") else "")
    return Gold(
        raw["kind"],
        int(raw["start"]),
        int(raw["end"]),
        label,
        raw.get("optional") == "true",
        raw["quote_sha256"],
    )


def moved(annotated: Annotated, text: str) -> Sequence[Gold]:
    """Annotations whose quotes the text does not hold; none, where the text is the one that was annotated."""
    return [g for g in annotated.gold if g.quote_sha256 and digest(text[g.start : g.end]) != g.quote_sha256]
