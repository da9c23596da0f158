"""Paragraphs and sentences of a text layer, and which paragraphs are the page's and not the statement's."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vereda.statements.language import Language
from vereda.statements.layer import fold, plain
from vereda.terms.statement import Block

_ITEM = re.compile(r"\s*(?:[•·▪●*–-]\s|\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[.)]\s)")
_ENDS = re.compile(r"[.!?:;][\"')\]]*\s*$")
_STOP = re.compile(r"[.!?]+[\"')\]]*(?=\s+[\"'(\[¿¡]*[A-ZÁÉÍÓÚÑÜ0-9•])|;(?=\s*$)")
_INNER = re.compile(r"(?<=[:;])\s+(?=[\"']?(?:(?:and|y|e)\s+)?\(\d{1,2}\)\s)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a block that is no boilerplate."""

    start: int
    end: int
    block: int  # index of its block


def split(view: str) -> list[tuple[int, int]]:
    """Paragraphs as offsets: blank lines part them, and lines that were not cut by the width of the page."""
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", view) if m[0].strip()]
    widths = sorted(end - start for start, end in lines)
    wide = widths[int(0.9 * (len(widths) - 1))] if widths else 0
    found: list[tuple[int, int]] = []
    for start, end in lines:
        if found and _goes_on(view, found[-1], start, wide):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return [_trimmed(view, *pair) for pair in found]


def _goes_on(view: str, last: tuple[int, int], start: int, wide: int) -> bool:
    """Whether the line at `start` carries on the paragraph `last`."""
    between = view[last[1] : start]
    line = view[start : start + 80]
    if between.count("\n") > 1 and not (view[last[1] - 1 : last[1]] in ",;" and line[:1].islower()):
        return False
    if _ITEM.match(line):
        return False
    before = view[view.rfind("\n", 0, last[1]) + 1 : last[1]]
    if not _ENDS.search(before) and line[:1].islower():
        return True
    return (
        wide <= 110 and len(before) >= 0.7 * wide and not (_ENDS.search(before) and len(before) < 0.85 * wide)
    )


def _trimmed(view: str, start: int, end: int) -> tuple[int, int]:
    while start < end and view[start].isspace():
        start += 1
    while end > start and view[end - 1].isspace():
        end -= 1
    return start, end


def flag(
    text: str,
    paragraphs: Sequence[tuple[int, int]],
    lang: Language,
    furniture: Sequence[tuple[int, int, str]] = (),
) -> tuple[Block, ...]:
    """Blocks of a text layer with the reason why one is the page's own, if it is."""
    return tuple(
        Block(a, b, _why(text, (a, b), n, paragraphs, lang, furniture)) for n, (a, b) in enumerate(paragraphs)
    )


def _why(
    text: str,
    at: tuple[int, int],
    number: int,
    paragraphs: Sequence[tuple[int, int]],
    lang: Language,
    furniture: Sequence[tuple[int, int, str]],
) -> str:
    start, end = at
    for a, b, why in furniture:
        if a <= start and end <= b:
            return why
    words, said = fold(plain(text[start:end])), lang["boilerplate"]
    if any(_says(words, fold(mark)) for mark in said["contains"]):
        return "page furniture"
    if len(words) < 200 and re.search(said["caption"], words):
        return "caption"
    if _navigation(text, number, paragraphs):
        return "navigation"
    last = len(paragraphs) - 1
    if number == last and number > 3 and 2 < len(words.split()) <= 8 and not _ENDS.search(words):
        return "left over at the end"
    if len(words) > 25 and any(
        text[start:end] == text[a:b] for a, b in paragraphs[max(0, number - 5) : number]
    ):
        return "repeated"
    return ""


def _says(words: str, mark: str) -> bool:
    """Whether a paragraph bears a mark of furniture. One word alone says so in a short line only: two countries that
    "comparten una frontera" are no button to share."""
    return len(words) < (600 if " " in mark else 80) and bool(
        re.search(rf"(?<!\w){re.escape(mark)}(?!\w)", words)
    )


def _navigation(text: str, number: int, paragraphs: Sequence[tuple[int, int]]) -> bool:
    """A trail of links at the top: 'Home » News', or one step of it."""
    start, end = paragraphs[number]
    line = text[start:end]
    if number > 4 or end - start > 160:
        return False
    if re.search(r"\S\s*[»>]\s*$", line) or re.fullmatch(
        r"[^.!?]{2,40}(?:\s+[>»|/]+\s+[^.!?>»|]{2,60})+", line
    ):
        return True
    before = text[paragraphs[number - 1][0] : paragraphs[number - 1][1]] if number else ""
    return line[:1] in "•·*" and before[:1] in "•·*" and before[-1:] in "»>"


def unbroken(view: str, blocks: Sequence[Block]) -> str:
    """The view for matching with the line breaks inside a block as spaces."""
    parts, at = [], 0
    for block in blocks:
        parts += [view[at : block.start], view[block.start : block.end].replace("\n", " ")]
        at = block.end
    return "".join([*parts, view[at:]])


def sentences(view: str, blocks: Sequence[Block], lang: Language) -> Iterator[Sentence]:
    """Sentences of the blocks that belong to the statement; list items inside a paragraph stand alone."""
    short = tuple(lang["abbreviations"])
    for number, block in enumerate(blocks):
        if block.boilerplate:
            continue
        start = block.start
        for stop in _STOP.finditer(view, block.start, block.end):
            if view[stop.start()] == "." and _abbreviated(view, start, stop.end(), short):
                continue
            yield from _pieces(view, start, stop.end(), number)
            start = stop.end()
        if start < block.end:
            yield from _pieces(view, start, block.end, number)


def _abbreviated(view: str, start: int, end: int, short: tuple[str, ...]) -> bool:
    before = view[start:end]
    word = before.rsplit(None, 1)[-1].lstrip("(\"'[")
    if re.fullmatch(r"\(?\d{1,2}\.", word):
        return before.strip() == word  # "1." opens an item; "on March 1." ends a sentence
    return word in short or before.endswith(short) or bool(re.fullmatch(r"(?:[A-Z]\.)+|[a-z]\.", word))


def _pieces(view: str, start: int, end: int, number: int) -> Iterator[Sentence]:
    cuts = [start, *(m.end() for m in _INNER.finditer(view, start, end)), end]
    for a, b in pairwise(cuts):
        a, b = _trimmed(view, a, b)
        if a < b:
            yield Sentence(a, b, number)
