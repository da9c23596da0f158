"""What statements name, how texts hang together, and what is meant to change what: entries of a case.

Of a text that is not ours only offsets in its text layer and hashes are kept; every sentence is our own.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from vereda.terms.entry import Entry, Id, Text

Ref = Annotated[str, Field(pattern=r"^[a-z_]+/[A-Za-z0-9][A-Za-z0-9._-]*$")]  # kind/id, "instrument/INS02"
Named = Literal["pillar", "area", "forum", "instrument", "intervention", "threat", "measure"]

#: Types of what one party does to another, after the types of PLOVER and in our own grouping.
COOPERATIVE = ("agree", "consult", "support", "cooperate", "aid", "yield", "request")
CONFLICTUAL = ("accuse", "reject", "threaten", "protest", "sanction", "mobilise", "coerce", "assault")
Type = Literal[
    "agree", "consult", "support", "cooperate", "aid", "yield", "request",
    "accuse", "reject", "threaten", "protest", "sanction", "mobilise", "coerce", "assault",
]  # fmt: skip


class Passage(Entry):
    """A place in a statement: characters of its text layer, and the first 16 digits of the quote's hash."""

    said_in: Id
    chars: tuple[int, int]
    quote: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class SourceText(Entry):
    """A statement that is read: hash of its file, characters of its text layer; date left out where it bears none."""

    id: Id
    title: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    length: int
    date: str | None = None
    cites: tuple[Id, ...]


class Mention(Entry):
    """Something a statement names, and what of the case holds it; else why nothing does."""

    id: Id
    names: Named
    gist: Text
    span: Passage
    entry: Ref | None = None
    vocabulary: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z0-9-]+$")] | None = None  # threats.terrorism
    left_out: Text | None = None
    area: Text | None = None  # of a threat: where the passage says that it is; left out where it does not say


class Link(Entry):
    """What a newer entry does to an older one, with the passages and documents that show it."""

    id: Id
    relation: Literal["reaffirms", "narrows", "supersedes", "fulfils", "contradicts"]
    newer: Ref
    older: Ref
    gist: Text
    spans: tuple[Passage, ...] = ()
    cites: tuple[Id, ...] = ()


class Side(Entry):
    """One side of a contrast, and where it stands: a passage, a document, an entry; none where nothing is held."""

    text: Text
    span: Passage | None = None
    cites: Id | None = None
    entry: Ref | None = None


class Contrast(Entry):
    """A claim of a statement beside another, or beside what is held of the same thing."""

    id: Id
    about: Text
    sides: tuple[Side, Side]
    handling: Text


class Act(Entry):
    """One point of the relation: who did what towards whom, by the passage that says so."""

    id: Id
    deed: Type
    actor: Id
    recipient: Id
    date: str | None = None
    gist: Text
    span: Passage


class Answered(Entry):
    """What became of a recommendation, as far as the material at hand says."""

    id: Id
    recommendation: Ref
    response: Literal["accepted", "partly_accepted", "rejected", "none_found", "not_checked"]
    gist: Text
    cites: tuple[Id, ...]


class Node(Entry):
    """A step of the theory of change."""

    id: Id
    layer: Literal["intervention", "output", "outcome"]
    name: Text


class Tested(Entry):
    """An outcome of an evaluation plan that bears on an edge."""

    plan: Id
    outcome: Id


class Edge(Entry):
    """What is meant to follow from what, what must be so for it, and which evaluations ask; none: untested."""

    id: Id
    cause: Id
    effect: Id
    assumption: Text
    tested_by: tuple[Tested, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """Of one kind: how many are named, and what became of them; the last three add up to the first."""

    kind: str
    named: int
    in_register: int
    in_vocabulary: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """One statement: counts by kind in a fixed order, and everything it names in the order it is said."""

    statement: SourceText
    counts: tuple[Count, ...]
    mentions: tuple[Mention, ...]
