"""Spans as W3C Web Annotations: position and hash always; the words only where the text is ours to give away.

Web Annotation Data Model, W3C Recommendation of 23 February 2017, sections 4.2.4 (TextQuoteSelector) and 4.2.5
(TextPositionSelector, counted in code points). The document is named by its hash, RFC 6920.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from vereda.terms.review import KEPT, Decision, key
from vereda.terms.statement import Candidate, Span, Statement

AROUND = 32  # characters of prefix and suffix, as the recommendation's own examples are of that order
_CONTEXT = ["http://www.w3.org/ns/anno.jsonld", {"vereda": "urn:vereda:"}]


def document(sha256: str) -> str:
    """The name of bytes by their hash: ni:///sha-256;..."""
    return "ni:///sha-256;" + urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def page(
    statement: Statement,
    candidates: Iterable[tuple[Candidate, Span]],
    decided: Mapping[str, Decision],
    ours: bool = False,
) -> dict[str, Any]:
    """One page of annotations; rejected candidates are left out. ours: the words are quoted too."""
    items = [
        _annotation(statement, candidate, span, decided.get(key(candidate)), ours)
        for candidate, span in candidates
        if key(candidate) not in decided or decided[key(candidate)].verdict in KEPT
    ]
    return {
        "@context": _CONTEXT,
        "id": f"urn:vereda:annotations:{statement.sha256}",
        "type": "AnnotationPage",
        "items": items,
    }


def _annotation(
    statement: Statement, c: Candidate, span: Span, decision: Decision | None, ours: bool
) -> dict[str, Any]:
    start, end = (decision.start, decision.end) if decision else (c.start, c.end)
    links = decision.links if decision else c.links
    found: dict[str, Any] = {
        "id": f"urn:vereda:{statement.sha256[:16]}:{key(c)}",
        "type": "Annotation",
        "motivation": "classifying",
        "body": [
            {"type": "TextualBody", "purpose": "classifying", "value": c.kind, "format": "text/plain"},
            *(
                {"type": "SpecificResource", "purpose": "linking", "source": f"urn:vereda:{link}"}
                for link in links
            ),
        ],
        "target": {
            "source": document(statement.sha256),
            "selector": list(_selectors(statement, start, end, ours)),
            "vereda:quote_sha256": decision.quote_sha256 if decision else span.quote_sha256,
            "vereda:state": "reviewed" if decision else "proposed",
        },
    }
    if c.extractor:
        found["generator"] = {"type": "Software", "name": f"vereda, {c.extractor}"}
    if decision:
        found |= {"creator": {"type": "Person", "nickname": decision.by}, "created": decision.at}
    return found


def _selectors(statement: Statement, start: int, end: int, ours: bool) -> Iterable[dict[str, Any]]:
    yield {"type": "TextPositionSelector", "start": start, "end": end}
    if ours:
        text = statement.text
        yield {
            "type": "TextQuoteSelector",
            "exact": text[start:end],
            "prefix": text[max(0, start - AROUND) : start],
            "suffix": text[end : end + AROUND],
        }
