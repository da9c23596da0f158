"""A statement on the table: read, extracted with the words of a case, printed. Imports little, so that it starts fast."""

from collections.abc import Callable, Sequence
from datetime import date as day
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from vereda import statements
from vereda.errors import BadPeriod, BadRequest, BadSource
from vereda.terms.place import Gazetteer, Place
from vereda.terms.statement import Candidate, Statement

if TYPE_CHECKING:
    from vereda.pipeline.reply import Reply
    from vereda.statements.admission import Proposed
    from vereda.statements.vocabulary import Vocabulary

    Other = Callable[[Statement, Vocabulary, Gazetteer], Proposed]  # an extractor beside the rules

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def propose(
    file: Path, case: Path, text_lang: str | None = None, date: str | None = None
) -> tuple[Statement, tuple[Candidate, ...]]:
    """What a statement seems to say, with the vocabulary and the gazetteer of a case."""
    document = opened(file, text_lang, date)
    return document, statements.extract(document, statements.vocabulary(case), gazetteer(case))


def opened(file: Path, text_lang: str | None = None, date: str | None = None) -> Statement:
    """A statement as read."""
    if not file.is_file():
        raise BadRequest(f"{file} is not a file. Name the file of a statement: text, HTML, PDF or DOCX.")
    if date is not None:
        try:
            day.fromisoformat(date)
        except ValueError:
            raise BadPeriod(f"--date takes a day like 2021-09-30, and {date!r} is none.") from None
    return statements.read(file.name, file.read_bytes(), text_lang, date)


def reply(
    file: Path,
    case: Path,
    lang: str = "en",
    text_lang: str | None = None,
    date: str | None = None,
    others: "Sequence[Other]" = (),
) -> "Reply":
    """What `vereda read` prints: what the rules found, and what each of `others` found beside them."""
    from vereda.pipeline.candidates import shown
    from vereda.pipeline.reply import Reply

    document = opened(file, text_lang, date)
    words, places = statements.vocabulary(case), gazetteer(case)
    found = statements.extract(document, words, places)
    told = [other(document, words, places) for other in others]
    if not told:
        return Reply(tuple(shown(document, found, lang)), as_json(document, found))
    from vereda.pipeline import beside_shown

    parts = (*shown(document, found, lang), *beside_shown.shown(told, found, lang))
    return Reply(parts, beside_shown.as_json(as_json(document, found), document, told, found))


def gazetteer(case: Path) -> Gazetteer:
    """The places of a case's newest list; none where the case names no gazetteer or holds no vintage of it."""
    said = yaml.load((case / "case.yml").read_bytes(), Loader=_LOADER) or {}
    name = said.get("gazetteer", "")
    tables = sorted((case / "vintages" / name).glob("*.parquet")) if name else []
    return _places(tables[-1]) if tables else Gazetteer()


def _places(table: Path) -> Gazetteer:
    from pyarrow import parquet

    content = table.read_bytes()
    stated = yaml.load(table.with_suffix(".yml").read_bytes(), Loader=_LOADER)["content"]
    if sha256(content).hexdigest() != stated:
        raise BadSource(f"{table} is damaged: its content is not what its sidecar states. Restore it.")
    rows = parquet.ParquetFile(BytesIO(content)).read().drop_columns(["row"]).to_pylist()
    return Gazetteer.of(
        Place(**{**row, "aliases": tuple(row["aliases"]), "predecessors": tuple(row["predecessors"])})
        for row in rows
    )


def as_json(document: Statement, found: tuple[Candidate, ...]) -> dict[str, Any]:
    """The document's head and every candidate, with the place of its first character in the file."""
    head = {
        "name": document.name, "sha256": document.sha256, "form": document.form, "lang": document.lang,
        "title": document.title or None, "publisher": document.publisher or None, "date": document.date or None,
        "date_by": document.date_by or None, "characters": len(document.text), "notes": list(document.notes),
        "boilerplate": [{"start": b.start, "end": b.end, "why": b.boilerplate} for b in document.blocks if b.boilerplate],
    }  # fmt: skip
    return {"document": head, "candidates": [candidate(document, c) for c in found]}


def candidate(document: Statement, c: Candidate) -> dict[str, Any]:
    """One candidate as JSON."""
    origin = document.origin(c.start)
    span = statements.span(document, c)
    return {
        "kind": c.kind,
        "span": {
            "start": c.start,
            "end": c.end,
            "document": span.document,
            "quote_sha256": span.quote_sha256,
        },
        "text": c.quote,
        "origin": {"part": origin.part, "offset": origin.offset},
        "payload": dict(c.payload),
        "links": list(c.links),
        "score": c.score,
        "extractor": c.extractor,
        "review": c.review or None,
    }
