"""Bytes to text: a byte order mark, a declared encoding, UTF-8, else Windows-1252 line by line; what was mended is said."""

import codecs
import re

from vereda.errors import BadStatement

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_DECLARED = re.compile(
    rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{3,40})|encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{3,40})"
)
#: UTF-8 read as Windows-1252: "Ã³" for "ó", "â€™" for a quote
TWICE = re.compile(r"[\u00c2\u00c3][\u0080-\u00bf\u0152-\u0178\u02c6-\u2122]|\u00e2\u20ac.")


def decode(data: bytes, name: str, markup: bool = False) -> tuple[str, tuple[str, ...]]:
    """Text of a file and what a reader should know about its encoding."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name), ()
    if b"\x00" in data[:4096]:
        raise BadStatement(
            f"{name} holds zero bytes: it is no text, HTML, PDF or DOCX file. Name the file of a statement."
        )
    notes: tuple[str, ...] = ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text, notes = _not_utf8(data, markup)
    if len(TWICE.findall(text)) >= 3:
        text, mended = _undo(text)
        notes = (*notes, f"{mended} line(s) were encoded twice ('Ã³' for 'ó') and were mended")
    return text, notes


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise BadStatement(
            f"{name} begins as {encoding}, and byte {fault.start} is not. Save it again as UTF-8."
        ) from None


def _not_utf8(data: bytes, markup: bool) -> tuple[str, tuple[str, ...]]:
    declared = _DECLARED.search(data[:2048]) if markup else None
    if declared:
        encoding = (declared[1] or declared[2]).decode("ascii")
        try:
            return data.decode(encoding), (f"read as {encoding}, as the page declares",)
        except (LookupError, UnicodeDecodeError):
            pass
    lines, other = [], 0
    for line in data.splitlines(keepends=True):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", errors="replace"))
            other += 1
    return "".join(lines), (f"{other} line(s) are not UTF-8 and were read as Windows-1252",)


def _undo(text: str) -> tuple[str, int]:
    """Lines that were encoded twice, encoded once; a line that cannot be is left as it is."""
    lines, mended = [], 0
    for line in text.splitlines(keepends=True):
        if TWICE.search(line):
            try:
                line = line.encode("cp1252").decode("utf-8")
                mended += 1
            except UnicodeError:
                pass
        lines.append(line)
    return "".join(lines), mended
