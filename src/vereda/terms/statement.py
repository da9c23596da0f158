"""A statement as read: its text layer with the way back to the file, and what it seems to say."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Lang = Literal["en", "es"]
Strength = Literal["binds", "commits", "agrees", "intends", "discusses", "endorses", "reaffirms", "offers"]
#: kinds of candidate, in the order a reader is shown them
KINDS = (
    "commitment", "instrument", "forum", "meeting", "organisation", "person", "place", "date", "amount",
    "threat", "intervention",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a character of the text layer stands in the file.

    part: "" for the file itself, "page 3" of a PDF, "word/document.xml" inside a DOCX.
    offset: characters of the decoded file or of the page's text; bytes inside a part of a DOCX.
    """

    part: str
    offset: int


@dataclass(frozen=True, slots=True)
class Run:
    """From text offset `at` on, the layer runs beside the original from `origin` (step 1), or stands still (0)."""

    at: int
    origin: Origin
    step: Literal[0, 1] = 1


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """The way back from the text layer to the file: runs in the order of the layer."""

    runs: tuple[Run, ...]

    def origin(self, offset: int) -> Origin:
        """Place in the file of the character at `offset` of the text layer."""
        run = self.runs[max(0, bisect_right(self.runs, offset, key=lambda r: r.at) - 1)]
        return Origin(run.origin.part, run.origin.offset + run.step * (offset - run.at))


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or list item; `boilerplate` says why it is no part of the statement, else empty."""

    start: int
    end: int
    boilerplate: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One document as read: text layer, same-length view for matching, blocks, and what its head says.

    text: what is quoted. plain: as long as `text`, with one kind of quote, hyphen and space, for matching only.
    date: ISO day, empty where the text bears none and nobody has said; date_by: "text" or "person".
    """

    name: str
    sha256: str  # of the file's bytes
    form: Literal["text", "html", "pdf", "docx"]
    text: str
    plain: str
    offsets: OffsetMap
    blocks: tuple[Block, ...]
    lang: Lang
    title: str = ""
    publisher: str = ""
    date: str = ""
    date_by: str = ""
    notes: tuple[str, ...] = ()  # what was mended or left out on the way in

    def origin(self, offset: int) -> Origin:
        """Where in the file the character at `offset` stands."""
        return self.offsets.origin(offset)


@dataclass(frozen=True, slots=True)
class Span:
    """What is kept of a quote: where it stands in which bytes, and the hash of its text. No text."""

    document: str  # sha256 of the file
    start: int
    end: int
    quote_sha256: str  # first 16 hexadecimal digits


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something a statement seems to say, with the span it was read from; a person decides.

    payload: normalised content by kind. links: ids, "place:CO-52835", "instrument:INS02".
    score: rank for the review, 0 to 1; not a probability. review: why a person should look twice.
    """

    kind: str
    start: int
    end: int
    quote: str
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    links: tuple[str, ...] = ()
    score: float = 0.5
    extractor: str = ""
    review: str = ""
