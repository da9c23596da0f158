"""Sequence labelling in doccano: one document a line out, and what came of it back in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vereda.errors import BadRequest
from vereda.terms.review import key
from vereda.terms.statement import KINDS, Candidate, Statement


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled stretch of a text as doccano gives it back."""

    kind: str
    start: int
    end: int
    quote: str
    strength: str = ""  # of a commitment


def line(document: Statement, candidates: Iterable[Candidate]) -> dict[str, Any]:
    """One line for doccano, text included: it has to be seen to be labelled. Keep the file as you keep the text.

    `candidates` names what was shown, so that what is deleted there is known to be rejected.
    """
    shown = list(candidates)
    return {
        "text": document.text,
        "label": [[c.start, c.end, label(c)] for c in shown],
        "name": document.name,
        "document": document.sha256,
        "candidates": [key(c) for c in shown],
    }


def label(candidate: Candidate) -> str:
    """The kind; for a commitment with its strength."""
    strength = candidate.payload.get("strength", "") if candidate.kind == "commitment" else ""
    return f"{candidate.kind}:{strength}" if strength else candidate.kind


def marks(raw: Mapping[str, Any]) -> list[Mark]:
    """Labels of one line: `label` or `labels` as triples, or `entities` as doccano writes them with relations."""
    text = raw["text"]
    triples: Sequence[Sequence[Any]] = raw.get("label", raw.get("labels")) or ()
    triples = triples or [(e["start_offset"], e["end_offset"], e["label"]) for e in raw.get("entities", ())]
    found: list[Mark] = []
    for start, end, name in triples:
        kind, _, strength = str(name).partition(":")
        if kind not in KINDS:
            raise BadRequest(f"The label {name!r} is no kind of candidate. There are: {', '.join(KINDS)}.")
        if not 0 <= start < end <= len(text):
            raise BadRequest(
                f"The label {name!r} at {start}-{end} lies outside its text of {len(text)} characters."
            )
        found.append(Mark(kind, start, end, text[start:end], strength))
    return found


def shown(raw: Mapping[str, Any]) -> list[str]:
    """Keys of the candidates that were sent; empty where the file does not say. doccano may put them under `meta`."""
    held = raw.get("candidates", raw.get("meta", {}).get("candidates", ()))
    return [str(name) for name in held]


def sha256(raw: Mapping[str, Any]) -> str:
    """Hash of the document that was sent; empty where the file does not say."""
    return str(raw.get("document", raw.get("meta", {}).get("document", "")))
