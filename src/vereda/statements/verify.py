"""A quote is found again at its offsets, or re-found, or rejected; a changed document is noticed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from vereda.errors import BadStatement
from vereda.statements.layer import fold, plain
from vereda.terms.statement import Candidate, Span, Statement


def digest(quote: str) -> str:
    """First 16 hexadecimal digits of the hash of a quote."""
    return sha256(quote.encode()).hexdigest()[:16]


def span(document: Statement, candidate: Candidate) -> Span:
    """What is kept of a candidate's quote: offsets and hashes, no text."""
    return Span(document.sha256, candidate.start, candidate.end, digest(candidate.quote))


def stands(document: Statement, candidate: Candidate) -> bool:
    """Whether the quote is what the document holds at the offsets."""
    a, b = candidate.start, candidate.end
    return 0 <= a < b <= len(document.text) and document.text[a:b] == candidate.quote


def verified(document: Statement, candidate: Candidate) -> Candidate:
    """The candidate, at its own offsets or where its quote stands; BadStatement where it stands nowhere.

    Another extractor may count otherwise, or hand back straight quotes and plain hyphens: the quote is then sought by
    its plain form, nearest to where it was said to be, and the document's own characters are put in its place.
    """
    if stands(document, candidate):
        return candidate
    found = _sought(document, candidate)
    if found is None:
        raise BadStatement(
            f"{candidate.extractor or 'an extractor'} quotes {candidate.quote[:60]!r} from {document.name}, "
            f"which does not hold it (offset {candidate.start}). The candidate is rejected."
        )
    start, end = found
    return replace(candidate, start=start, end=end, quote=document.text[start:end])


def sift(document: Statement, candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates whose quotes stand in the document, and those rejected."""
    kept: list[Candidate] = []
    rejected: list[Candidate] = []
    for candidate in candidates:
        try:
            kept.append(verified(document, candidate))
        except BadStatement:
            rejected.append(candidate)
    return kept, rejected


def occurrences(
    document: Statement, quote: str, start: int = 0, end: int | None = None
) -> list[tuple[int, int]]:
    """Every place between two offsets where a quote stands whole, by its plain form; none where it is too short."""
    stop = len(document.text) if end is None else end
    view = fold(document.plain[start:stop]).replace("\n", " ")
    wanted = " ".join(fold(plain(quote)).split())
    if len(wanted) < 2:
        return []
    pattern = r"\s+".join(re.escape(word) for word in wanted.split(" "))
    before = r"(?<!\w)" if wanted[0].isalnum() else ""
    after = r"(?!\w)" if wanted[-1].isalnum() else ""
    return [(start + m.start(), start + m.end()) for m in re.finditer(before + pattern + after, view)]


def _sought(document: Statement, candidate: Candidate) -> tuple[int, int] | None:
    wanted = fold(plain(candidate.quote)).strip()
    if len(wanted) < 2:
        return None
    folded, places = fold(document.plain).replace("\n", " "), []
    at = folded.find(wanted)
    while at >= 0:
        places.append(at)
        at = folded.find(wanted, at + 1)
    if not places:
        return None
    nearest = min(places, key=lambda place: abs(place - candidate.start))
    return nearest, nearest + len(wanted)


@dataclass(frozen=True, slots=True)
class Checked:
    """A stored span beside the document as it is now."""

    span: Span
    state: str  # verified, moved, lost
    start: int | None
    end: int | None


def check(document: Statement, spans: Sequence[Span]) -> list[Checked]:
    """Every stored span against the document: verified, moved (re-found by its hash), or lost.

    The hash of a span is its only text here, so a span is re-found by trying places of its length: where the one before
    it has moved to, then from word to word, and in a text of at most `EVERYWHERE` characters from any character.
    """
    starts: list[int] = []
    found: list[Checked] = []
    shift = 0
    for one in spans:
        at = _stands_at(document, one, shift)
        if at is None:
            starts = starts or [m.start() for m in _BEGINS.finditer(document.text)]
            at = _re_found(document, one, starts)
        if at is None:
            found.append(Checked(one, "lost", None, None))
            continue
        shift = at - one.start
        found.append(Checked(one, "moved" if shift else "verified", at, at + one.end - one.start))
    return found


EVERYWHERE = 100_000
_BEGINS = re.compile(r"(?<!\w)\S")


def _is(document: Statement, one: Span, at: int) -> bool:
    return at >= 0 and digest(document.text[at : at + one.end - one.start]) == one.quote_sha256


def _stands_at(document: Statement, one: Span, shift: int) -> int | None:
    return next((at for at in (one.start, one.start + shift) if _is(document, one, at)), None)


def _re_found(document: Statement, one: Span, starts: Sequence[int]) -> int | None:
    """The nearest place where a quote of this hash stands."""
    text, size = document.text, one.end - one.start
    near = sorted(starts, key=lambda at: abs(at - one.start))
    whole = (
        at
        for at in near
        if not (text[at + size - 1 : at + size].isalnum() and text[at + size : at + size + 1].isalnum())
    )
    found = next((at for at in whole if _is(document, one, at)), None)
    if found is None and len(text) <= EVERYWHERE:
        anywhere = sorted(range(max(0, len(text) - size + 1)), key=lambda at: abs(at - one.start))
        found = next((at for at in anywhere if _is(document, one, at)), None)
    return found


def same(document: Statement, spans: Iterable[Span]) -> bool:
    """Whether the spans were taken from exactly these bytes."""
    return all(one.document == document.sha256 for one in spans)
