"""What a person decided about a candidate: who, when, why, and where the words stand. No text that is not ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from vereda.terms.statement import Candidate

#: accept: as proposed. edit: with corrections. link: it names what the register holds already. reject: it says no such
#: thing. split: two in one. undo: the reviewer's last decision on the candidate is taken back. written: in the case now.
Verdict = Literal["accept", "edit", "link", "reject", "split", "undo", "written"]
KEPT = frozenset({"accept", "edit", "link"})


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision on one candidate of one document. Its quote is kept as offsets and a hash.

    candidate: "commitment@120-180", of the span as proposed; start, end: of the span as decided.
    said: the content by field, normalised or in the reviewer's own words ("gist.en", "strength", "due").
    at: UTC time, ISO 8601. score and extractor: of the proposal, so that extractors can be judged by decisions.
    """

    document: str  # sha256 of the file
    name: str
    candidate: str
    kind: str
    start: int
    end: int
    quote_sha256: str  # first 16 hexadecimal digits
    verdict: Verdict
    by: str
    at: str
    why: str = ""
    said: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    links: tuple[str, ...] = ()
    score: float = 0.0
    extractor: str = ""


def key(candidate: Candidate) -> str:
    """What a candidate is called within its document."""
    return f"{candidate.kind}@{candidate.start}-{candidate.end}"
