"""What the head of a statement says of it: title, publisher and date, found or left unknown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vereda.statements.dates import Dates
from vereda.statements.language import Language
from vereda.statements.layer import fold
from vereda.terms.statement import Block

_LINES = 12  # of the statement's own blocks in which a date line may stand
_AFTER = re.compile(r"^[\s.,:;()|–—-]*(?:\(|[-–—]{1,2}|$|\b[A-ZÁÉÍÓÚÑ])")
_HOUR = re.compile(
    r"[\s|,–—-]*(?:at\s+|a las\s+)?\d{1,2}(?:[:.h]\d{2})?\s*(?:[ap]\.?\s?m\.?)?\s*(?:[A-Z]{2,4}|h|hrs?|horas)?[\s.|]*",
    re.I,
)
_ORIGIN = re.compile(r"\b(?:By|Por)\s+[^/\n]{3,60}/([A-ZÁÉÍÓÚÑ][^\n/]{2,40})$")


@dataclass(frozen=True, slots=True)
class Head:
    """Empty where the text does not say."""

    title: str = ""
    publisher: str = ""
    date: str = ""


def find(plain: str, text: str, blocks: Sequence[Block], lang: Language, facts: Mapping[str, str]) -> Head:
    """Title: as the file says, else the first line that is a heading. Date: a date line, never one in a sentence."""
    own = [b for b in blocks if not b.boilerplate]
    title = facts.get("og:title") or facts.get("title") or _heading(text, own)
    return Head(title.strip(), _publisher(plain, own, facts), _declared(facts) or _date(plain, own, lang))


def _heading(text: str, own: Sequence[Block]) -> str:
    for block in own[:3]:
        line = text[block.start : block.end]
        if 8 <= len(line) <= 250 and not re.search(r"[.;,]$", line):
            return " ".join(line.split())
    return ""


def _publisher(plain: str, own: Sequence[Block], facts: Mapping[str, str]) -> str:
    for key in ("og:site_name", "dc.publisher", "publisher", "application-name"):
        if facts.get(key):
            return facts[key]
    for block in own[:5]:
        if found := _ORIGIN.search(plain[block.start : block.end].split("\n")[0]):
            return found[1].split(" January ")[0].strip()
        if found := re.match(r"(?:By|Por)\s+[^/\n]{3,60}/([A-ZÁÉÍÓÚÑ]\w+)", plain[block.start : block.end]):
            return found[1]
    return ""


def _declared(facts: Mapping[str, str]) -> str:
    """A day the file states in a field made for it; the day a PDF or DOCX was saved is no date of a statement."""
    for key in ("article:published_time", "datepublished", "date", "dc.date", "dcterms.date", "time"):
        if found := re.match(r"\d{4}-\d{2}-\d{2}", facts.get(key, "")):
            return found[0]
    return ""


def _date(plain: str, own: Sequence[Block], lang: Language) -> str:
    """The day of a date line: nothing but a date (and an hour or a place), a byline that ends in one, or a dateline that
    begins a paragraph."""
    dates = Dates(lang, "")
    for line in _lines(plain, own):
        found = [
            m
            for m in dates.find(line[:200], fold(line[:200]), 0, len(line[:200]))
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", m.value)
        ]
        if not found:
            continue
        first = found[0]
        before, after = line[: first.start].strip(" .,") + " ", line[first.end :]
        before = before.rpartition(". ")[2]  # "Boletín n.º 12. Bogotá, 7 de ..."
        alone = len(after.strip(" .,|")) == 0 or bool(_HOUR.fullmatch(after))
        alone = alone or (not before.strip() and len(after) <= 45 and _place_only(after, lang))
        named = _place_only(before, lang) or re.match(lang["dateline"], fold(before.strip()))
        byline = alone and len(before) <= 80 and bool(named or not before.strip())
        dateline = len(before) <= 45 and _place_only(before, lang) and bool(_AFTER.match(after))
        if byline or dateline:
            return first.value
    return ""


def _lines(plain: str, own: Sequence[Block]) -> list[str]:
    """The lines of the first blocks: a byline may stand above its date in one block."""
    return [line for b in own[:_LINES] for line in plain[b.start : b.end].split("\n") if line.strip()]


def _place_only(before: str, lang: Language) -> bool:
    """Whether what stands before a date is a place name and nothing that makes a sentence."""
    words = [w for w in re.findall(r"[^\W\d_]+", before) if fold(w) not in {"de", "del", "d", "c", "la"}]
    return bool(words) and all(w[:1].isupper() for w in words) and fold(words[0]) not in lang["stop_words"]
