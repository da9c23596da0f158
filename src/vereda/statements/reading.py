"""One file of a statement, read: text layer, language, boilerplate, and what its head says."""

from hashlib import sha256
from pathlib import PurePath

from vereda.errors import BadRequest, BadStatement
from vereda.statements import blocks, hypertext, pdf, word
from vereda.statements.decoding import decode
from vereda.statements.head import find
from vereda.statements.language import codes, detect, language
from vereda.statements.layer import Layer, plain
from vereda.terms.statement import Statement

MOST = 200_000_000  # bytes of a file


def read(name: str, data: bytes, lang: str | None = None, date: str | None = None) -> Statement:
    """The statement in the bytes of a file.

    lang: said by a person, else detected. date: ISO day said by a person; without it, and without one at the head of
    the text, the statement stays undated and relative dates stay unresolved.
    """
    name = PurePath(name).name
    if not data.strip():
        raise BadStatement(f"{name} is empty. Name the file of a statement.")
    if len(data) > MOST:
        raise BadStatement(f"{name} holds {len(data):,} bytes; at most {MOST:,} are read. Cut it into parts.")
    if lang is not None and lang not in codes():
        raise BadRequest(f"{lang!r} is no language we read. There are: {', '.join(codes())}.")
    form, layer, facts, furniture, notes = _layer(name, data)
    text = layer.text()
    if not text.strip():
        raise BadStatement(
            f"{name} holds no text to read, only markup. Name the file that holds the statement."
        )
    view = plain(text)
    code = lang or detect(view, name)
    words = language(code)
    found = blocks.flag(text, blocks.split(view), words, furniture)
    view = blocks.unbroken(view, found)
    head = find(view, text, found, words, facts)
    return Statement(
        name, sha256(data).hexdigest(), form, text, view, layer.map(), found, code,  # type: ignore[arg-type]
        head.title, head.publisher, date or head.date, "person" if date else "text" if head.date else "", notes,
    )  # fmt: skip


_Read = tuple[str, Layer, dict[str, str], list[tuple[int, int, str]], tuple[str, ...]]


def _layer(name: str, data: bytes) -> _Read:
    """The text layer by the kind of file, which its first bytes tell before its name does."""
    ending = PurePath(name).suffix.lower()
    if data[:1024].lstrip().startswith(b"%PDF-"):
        layer, facts, notes = pdf.read(data, name)
        return "pdf", layer, facts, [], notes
    if data.startswith(b"PK"):
        layer, facts = word.read(data, name)
        return "docx", layer, facts, [], ()
    if ending in {".pdf", ".docx", ".doc"} or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadStatement(
            f"{name} is not what its name says, or a kind we do not read (old .doc). Save it as DOCX, PDF or text."
        )
    text, notes = decode(data, name, markup=ending in {".html", ".htm", ".xhtml"} or b"<" in data[:200])
    if ending in {".html", ".htm", ".xhtml"} or hypertext.looks_like(text):
        page = hypertext.Page(text)
        return "html", page.layer, {"title": page.title.strip(), **page.meta}, page.furniture, notes
    layer = Layer()
    layer.add(text, "", 0)
    return "text", layer, {}, [], notes
