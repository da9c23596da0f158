"""DOCX to a text layer: the paragraphs of word/document.xml, each character with its byte there."""

import re
import zipfile
from io import BytesIO
from xml.parsers import expat

from vereda.errors import BadStatement
from vereda.statements.layer import Layer

PART = "word/document.xml"
MOST = 60_000_000  # bytes of one part, unpacked: a statement of ten thousand pages
RATIO = 300  # unpacked to packed; text packs to a tenth, a bomb to a thousandth
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_PIECES = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]")
_FOREIGN = "http://purl.oclc.org/ooxml/wordprocessingml/main "  # strict form of the standard


def read(data: bytes, name: str) -> tuple[Layer, dict[str, str]]:
    """Text layer and what the file says of itself (title, created)."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            body = _unpacked(archive, PART, name)
            facts = (
                _facts(_unpacked(archive, "docProps/core.xml", name))
                if "docProps/core.xml" in archive.namelist()
                else {}
            )
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as fault:
        raise BadStatement(
            f"{name} cannot be unpacked as a DOCX file ({fault}). Open it in a word processor and save it again."
        ) from None
    return _paragraphs(body, name), facts


def _unpacked(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    """One part, refused where it is larger than any statement: the size that is declared is not believed."""
    packed = archive.getinfo(part).compress_size
    with archive.open(part) as stream:
        content = stream.read(MOST + 1)
    if len(content) > MOST or len(content) > max(1_000_000, RATIO * packed):
        raise BadStatement(
            f"{name}: {part} unpacks to more than {RATIO} times its size or {MOST:,} bytes, as a zip bomb does. "
            "It was not read. Save the text as a plain file."
        )
    return content


def _paragraphs(body: bytes, name: str) -> Layer:
    layer = Layer()
    parser = expat.ParserCreate(namespace_separator=" ")
    inside = {"text": False, "deleted": 0}

    def begin(tag: str, _: dict[str, str]) -> None:
        word = _bare(tag)
        inside["text"] = word == "t"
        inside["deleted"] += word in {"del", "moveFrom"}
        if word == "tab":
            layer.add(" ", PART, parser.CurrentByteIndex, 0)
        elif word in {"br", "cr"}:
            layer.add("\n", PART, parser.CurrentByteIndex, 0)

    def end(tag: str) -> None:
        word = _bare(tag)
        inside["deleted"] -= word in {"del", "moveFrom"}
        if word == "p" and layer.length and not layer.ends_with("\n\n"):
            layer.add("\n\n", PART, parser.CurrentByteIndex, 0)
        inside["text"] &= word != "t"

    def characters(text: str) -> None:
        if inside["text"] and not inside["deleted"]:
            at = parser.CurrentByteIndex
            for piece in _PIECES.findall(text):  # bytes and characters part ways at the first accent
                layer.add(piece, PART, at, 1 if piece.isascii() else 0)
                at += len(piece.encode())

    def refuse(*_: object) -> None:
        raise BadStatement(
            f"{name} declares entities of its own, which no word processor writes. It was not read."
        )

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as fault:
        raise BadStatement(f"{name}: {PART} is damaged ({fault}). Save the document again.") from None
    return layer


def _bare(tag: str) -> str:
    for space in (_SPACE, _FOREIGN):
        if tag.startswith(space):
            return tag[len(space) :]
    return ""


def _facts(core: bytes) -> dict[str, str]:
    """Title and day of creation, as the file's properties say."""
    found: dict[str, str] = {}
    here: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda tag, _: here.append(tag.rpartition(" ")[2])
    parser.EndElementHandler = lambda _: here.pop()

    def characters(text: str) -> None:
        if here:
            found[here[-1]] = found.get(here[-1], "") + text

    parser.CharacterDataHandler = characters
    try:
        parser.Parse(core, True)
    except expat.ExpatError:
        return {}
    return found
