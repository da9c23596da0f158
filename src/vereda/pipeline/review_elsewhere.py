"""Decisions made elsewhere: our own records, and what came back from doccano. Checked like those of the keyboard."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vereda import statements
from vereda.errors import BadRequest, BadStatement
from vereda.exchange import doccano
from vereda.pipeline.reviewing import Review, sensed
from vereda.statements import decisions as review
from vereda.terms.review import Verdict, key
from vereda.terms.statement import KINDS, Candidate

_VERDICTS = ("accept", "edit", "link", "reject", "split")


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision as it arrives."""

    candidate: Candidate
    verdict: Verdict
    why: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[str] | None = None
    span: tuple[int, int] | None = None


def apply(held: Review, file: Path) -> tuple[int, int]:
    """Record the decisions of a file of JSON lines: how many were new, how many held already."""
    if not file.is_file():
        raise BadRequest(f"{file} is not a file. Name a file of decisions, one JSON object a line.")
    new = same = 0
    for number, raw in _lines(file):
        try:
            found = list(_labelled(held, raw) if "verdict" not in raw else _ours(held, raw))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise _unreadable(file, number, repr(fault)) from None
        for one in found:
            fresh = _record(held, one)
            new, same = new + fresh, same + (not fresh)
    return new, same


def _lines(file: Path) -> list[tuple[int, dict[str, Any]]]:
    """Every line read before the first is acted on."""
    found = []
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest(f"{file.name} is not UTF-8 text. Export it again.") from None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError) as fault:
            raise _unreadable(file, number, str(fault)) from None
        if not isinstance(raw, dict):
            raise _unreadable(file, number, "it is no object with keys")
        found.append((number, raw))
    return found


def _unreadable(file: Path, number: int, why: str) -> BadRequest:
    return BadRequest(
        f"{file.name}, line {number}: no decision can be read here ({why}). The form is in docs/review.md."
    )


def _ours(held: Review, raw: Mapping[str, Any]) -> Iterator[Asked]:
    if raw["verdict"] not in _VERDICTS:
        raise BadRequest(f"{raw['verdict']!r} is no decision. Write {', '.join(_VERDICTS)}.")
    if raw.get("document", held.document.sha256) != held.document.sha256:
        raise BadStatement(
            f"A decision is on other bytes ({str(raw['document'])[:12]}) than {held.document.name} holds now. Name the file it "
            "was taken on, or carry over what still stands: --carry."
        )
    said = {str(name): str(words) for name, words in raw.get("said", {}).items()}
    links = [str(link) for link in raw["links"]] if "links" in raw else None
    span = (int(raw["start"]), int(raw["end"])) if "start" in raw else None
    yield Asked(
        _named(held, str(raw["candidate"])), raw["verdict"], str(raw.get("why", "")), said, links, span
    )


def _named(held: Review, name: str) -> Candidate:
    """The candidate of this name; one that nobody proposed is taken from the text at its span."""
    found = {key(c): c for c in review.everything(held.document, held.proposed, held.decisions)}
    if name in found:
        return found[name]
    kind, _, span = name.partition("@")
    start, end = (int(part) for part in span.split("-"))
    if kind not in KINDS or not 0 <= start < end <= len(held.document.text):
        raise BadRequest(f"{name} is no span of {held.document.name}. Write KIND@START-END.")
    return Candidate(kind, start, end, held.document.text[start:end], extractor="reviewer")


def _record(held: Review, one: Asked) -> bool:
    """Whether it was new: the same decision by the same reviewer is recorded once."""
    own = review.standing(held.decisions).get(key(one.candidate), {}).get(held.by)
    span = one.span or (one.candidate.start, one.candidate.end)
    if own is not None and own.verdict == sensed(one.candidate, one.verdict) and (own.start, own.end) == span:
        content = {name: words for name, words in one.said.items() if words}
        if content.items() <= own.said.items() and (one.links is None or tuple(one.links) == own.links):
            return False
    held.decide(one.candidate, one.verdict, one.why, one.said, one.links, one.span)
    return True


def _labelled(held: Review, raw: Mapping[str, Any]) -> Iterator[Asked]:
    """What somebody left, changed, added and deleted in doccano, as decisions."""
    if doccano.sha256(raw) not in {"", held.document.sha256}:
        raise BadStatement(
            f"This line was labelled on other bytes than {held.document.name} holds now. Export it again."
        )
    known = {key(c): c for c in review.everything(held.document, held.proposed, held.decisions)}
    left = {name: known[name] for name in doccano.shown(raw) if name in known}
    marks = [(mark, _found(held, mark)) for mark in doccano.marks(raw)]
    for mark, found in sorted(
        marks, key=lambda pair: key(pair[1]) not in left
    ):  # those left as they were come first
        base = left.pop(key(found), None) or _nearest(found, left.values()) or known.get(key(found)) or found
        left.pop(key(base), None)
        yield _corrected(base, found, mark.strength)
    yield from (Asked(candidate, "reject") for candidate in left.values())


def _found(held: Review, mark: doccano.Mark) -> Candidate:
    payload = {"strength": mark.strength} if mark.strength else {}
    candidate = Candidate(mark.kind, mark.start, mark.end, mark.quote, payload, extractor="doccano")
    return statements.verified(held.document, candidate)


def _nearest(found: Candidate, among: Iterable[Candidate]) -> Candidate | None:
    """The candidate of the same kind that shares most characters; None where none shares any."""
    shared = [(min(c.end, found.end) - max(c.start, found.start), c) for c in among if c.kind == found.kind]
    common, best = max(shared, key=lambda pair: pair[0], default=(0, None))
    return best if common > 0 else None


def _corrected(base: Candidate, found: Candidate, strength: str) -> Asked:
    """Accept, or edit where the span or the strength was changed."""
    span = (found.start, found.end)
    other = {"strength": strength} if strength and strength != base.payload.get("strength", "") else {}
    if span == (base.start, base.end) and not other:
        return Asked(base, "accept")
    return Asked(base, "edit", said=other, span=span)
