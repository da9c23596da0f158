"""A book of phrases and where they stand in a text: longest first, at word boundaries."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from vereda.statements.layer import fold, plain

T = TypeVar("T")
_KEY = 3
_STARTS = re.compile(r"(?<!\w)\w")
ACRONYM = 6  # capitals up to this length are read in capitals only


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """One occurrence of a phrase."""

    start: int
    end: int
    entry: T


@dataclass(frozen=True, slots=True)
class _Phrase(Generic[T]):
    words: str  # folded; for a phrase with wildcards its fixed beginning
    entry: T
    pattern: re.Pattern[str] | None
    capital: bool
    exact: str  # an acronym as it must be written, else ""


class Phrasebook(Generic[T]):
    """Phrases with what they stand for. A phrase that begins with a capital is only read with one."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._held: dict[str, list[_Phrase[T]]] = {}
        for phrase, entry in entries:
            one = _phrase(plain(phrase).strip(), entry)
            if one.words:
                self._held.setdefault(one.words[:_KEY], []).append(one)
        for held in self._held.values():
            held.sort(key=lambda p: -len(p.words))

    def find(self, folded: str, view: str, start: int = 0, end: int | None = None) -> Iterator[Hit[T]]:
        """Hits from left to right; none begins inside another. folded and view: the same text, `fold`-ed and plain."""
        stop = len(folded) if end is None else end
        after = start
        for word in _STARTS.finditer(folded, start, stop):
            at = word.start()
            if at < after:
                continue
            hit = self._at(folded, view, at, stop)
            if hit is not None:
                after = hit.end
                yield hit

    def all_at(self, folded: str, view: str, at: int) -> list[Hit[T]]:
        """Every phrase that stands at this place, longest first."""
        found = (_match(p, folded, view, at, len(folded)) for p in self._candidates(folded, at))
        return [hit for hit in found if hit is not None]

    def _at(self, folded: str, view: str, at: int, stop: int) -> Hit[T] | None:
        found = (_match(p, folded, view, at, stop) for p in self._candidates(folded, at))
        return next((hit for hit in found if hit is not None), None)

    def _candidates(self, folded: str, at: int) -> Iterator[_Phrase[T]]:
        for size in range(_KEY, 0, -1):
            yield from self._held.get(folded[at : at + size], ())


def _phrase(phrase: str, entry: T) -> _Phrase[T]:
    wild = re.search(r"[*?]", phrase)
    pattern = None
    if wild:
        source = "".join(r"\w*" if c == "*" else r"\w" if c == "?" else re.escape(c) for c in fold(phrase))
        pattern = re.compile(source)
    letters = [c for c in phrase if c.isalpha()]
    acronym = len(letters) <= ACRONYM and all(c.isupper() for c in letters) and len(letters) > 1
    fixed = fold(phrase[: wild.start()] if wild else phrase)
    return _Phrase(fixed, entry, pattern, phrase[:1].isupper(), phrase if acronym else "")


def _match(phrase: _Phrase[T], folded: str, view: str, at: int, stop: int) -> Hit[T] | None:
    if phrase.pattern:
        found = phrase.pattern.match(folded, at, stop)
        end = found.end() if found else -1
    else:
        end = at + len(phrase.words) if folded.startswith(phrase.words, at) else -1
    if end < 0 or end > stop or (folded[end - 1].isalnum() and folded[end : end + 1].isalnum()):
        return None
    if phrase.exact and (view[at:end] != phrase.exact or view[end : end + 1] == "/"):
        return None  # "OEA/Ser.E" is the number of a document
    if phrase.capital and not view[at].isupper():
        return None
    return Hit(at, end, phrase.entry)


def either(words: Iterable[str]) -> str:
    """A pattern for any of these words, longest first, in the folded text; a `*` ends a stem, a space is any space."""
    return as_written(fold(str(word)) for word in words).replace(r"\*", r"\w*")


def as_written(words: Iterable[str]) -> str:
    """A pattern for any of these words as they are written, longest first; a space is any space."""
    return "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in sorted(words, key=len, reverse=True))
