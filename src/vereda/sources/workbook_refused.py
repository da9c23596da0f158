"""What a workbook must be before a cell of it is read.

One that would run a program, asks for a password, unpacks to more than a table needs, or shows numbers that were
never worked out is refused in plain words.
"""

import io
import posixpath
import re
import zipfile
import zlib
from copy import copy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from vereda.errors import BadSource

UNPACKED = 1 << 29  # bytes a workbook may unpack to; the largest official one we know has a tenth of it
PARTS = 5_000  # files a workbook may hold
CELLS = 10_000_000  # cells of the rectangle a sheet may span
AGAIN = "Open it in a spreadsheet program, save it as a plain .xlsx, and say in `obtained` that you did."
_CHUNK = 1 << 20
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")  # an Office file of before 2007, or an encrypted one
_OPENS = b"PK\x03\x04"
_DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, RuntimeError, ValueError)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def safe(path: Path, sheet: str) -> bytes:
    """The bytes of a plain .xlsx whose described sheet can be read; anything else is refused by what it is."""
    content = _plain(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _bounded(archive, path.name)
            _worked_out(archive, path.name, sheet)
    except _DAMAGE as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({str(fault)[:120]}). Fetch the file again."
        ) from None
    return content


def sheets(path: Path) -> list[str]:
    """Names of the worksheets of a plain .xlsx, in order."""
    content = _plain(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _bounded(archive, path.name)
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    except (*_DAMAGE, ElementTree.ParseError) as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({str(fault)[:120]}). Fetch the file again."
        ) from None
    return [tag.get("name", "") for tag in book.iter() if tag.tag.endswith("}sheet")]


def letters(column: int) -> str:
    """Name of a column, the first being 0: A, Z, AA."""
    name = ""
    while column >= 0:
        name, column = chr(65 + column % 26) + name, column // 26 - 1
    return name


def _plain(path: Path) -> bytes:
    """The bytes of a file that begins as a .xlsx does; anything else is refused by what it is."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadSource(
            f"{path.name} is not in {path.parent.name or 'this folder'}. Check the name."
        ) from None
    if content.startswith(_COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise BadSource(
                f"{path.name} is encrypted and asks for a password. Open it with the password, save it without one, "
                "and say in `obtained` that you did."
            )
        raise BadSource(f"{path.name} is a workbook of before 2007 (.xls). {AGAIN}")
    if not content.startswith(_OPENS):
        raise BadSource(
            f"{path.name} is not a workbook (.xlsx). An error page saved as a file does this: fetch it again."
        )
    return content


def _bounded(archive: zipfile.ZipFile, file: str) -> None:
    """Every part unpacked once, to its true end, whatever size the archive claims for it."""
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if "xl/workbook.xml" not in names:
        what = "a macro workbook or binary workbook" if "xl/workbook.bin" in names else "no workbook"
        raise BadSource(f"{file} is {what}, not a plain .xlsx. {AGAIN}")
    macros = [name for name in names if name.lower().endswith(("vbaproject.bin", "macrosheets/sheet1.xml"))]
    if macros:
        raise BadSource(f"{file} carries a program (macros, in {macros[0]}) and is not opened. {AGAIN}")
    if len(parts) > PARTS or len(set(names)) < len(names):
        raise BadSource(
            f"{file} holds {len(parts)} parts, some twice or too many to be a table. Ask the publisher."
        )
    total = 0
    for part in parts:
        whole = copy(part)
        whole.file_size = UNPACKED + 1
        tail = b""
        with archive.open(whole) as handle:
            while chunk := handle.read(_CHUNK):
                total += len(chunk)
                if total > UNPACKED:
                    raise BadSource(
                        f"{file} unpacks to more than {UNPACKED >> 20} MB, far more than a table of its size: a zip "
                        "bomb, or the wrong file. It is not opened."
                    )
                if b"<!DOCTYPE" in tail + chunk:
                    raise BadSource(
                        f"{file}: {part.filename} declares a document type, which no workbook does and which can make a "
                        "small file grow without end. It is not opened."
                    )
                tail = chunk[-16:]


def _worked_out(archive: zipfile.ZipFile, file: str, wanted: str) -> None:
    """Refuse a sheet that spans too much, shows an error, or has formulas nobody worked out."""
    part = _part_of(archive, file, wanted)
    most_row, most_column, doubtful = 0, "A", False
    with archive.open(part) as handle:
        tail = b""
        while chunk := handle.read(_CHUNK):
            piece = tail + chunk
            for column, row in _CELL.findall(piece):
                most_row = max(most_row, int(row))
                most_column = max(most_column, column.decode(), key=lambda name: (len(name), name))
            doubtful = doubtful or any(mark in piece for mark in (b"<f", b":f>", b":f ", b't="e"'))
            tail = piece[-200:]
    if most_row * _number(most_column) > CELLS:
        raise BadSource(
            f"{file}, sheet {wanted!r} spans A1:{most_column}{most_row}, more cells than are read at once ({CELLS:,}). "
            "A stray cell far away does this: delete it in a copy, and say in `obtained` that you did."
        )
    if doubtful:
        with archive.open(part) as handle:
            faults = _doubtful(handle.read())
        if faults:
            more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
            raise BadSource(
                f"{file}, sheet {wanted!r}: no value is stored in {', '.join(faults[:5])}{more}. A formula that was never "
                "worked out or ended in an error reads as an empty cell: open the file in a spreadsheet program, mend "
                "or recalculate it, and save a copy."
            )


def _doubtful(sheet: bytes) -> list[str]:
    """Cells that hold an error, or a formula without the value it gave."""
    found: list[str] = []
    cell: dict[str, Any] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            cell.clear()
            cell.update(at=attributes.get("r", "a cell"), error=attributes.get("t") == "e")
            cell["v"] = attributes.get("t") == "str"  # the empty text is a value
        cell["in"] = tag
        cell["f"] = cell.get("f") or tag == "f"

    def within(said: str) -> None:
        cell["v"] = cell.get("v") or cell.get("in") == "v"

    def end(name: str) -> None:
        if name.rpartition(":")[2] == "c" and cell.get("error"):
            found.append(f"{cell['at']} (error)")
        elif name.rpartition(":")[2] == "c" and cell.get("f") and not cell.get("v"):
            found.append(f"{cell['at']} (formula)")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, within
    parser.Parse(sheet, True)
    return found


def _part_of(archive: zipfile.ZipFile, file: str, wanted: str) -> str:
    """Name of the part that holds a worksheet."""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        ties = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        sheets = {
            tag.get("name", ""): tag.get(_RELATION, "") for tag in book.iter() if tag.tag.endswith("}sheet")
        }
        if wanted not in sheets:
            listed = ", ".join(map(repr, sheets))
            raise BadSource(f"{file} has no sheet {wanted!r}. It has: {listed}. State one as `sheet`.")
        targets = {tie.get("Id", ""): tie.get("Target", "") for tie in ties}
        part = posixpath.normpath(posixpath.join("/xl", targets[sheets[wanted]])).lstrip("/")
        archive.getinfo(part)
    except (KeyError, ElementTree.ParseError) as fault:
        raise BadSource(
            f"{file}: the list of its sheets is damaged ({str(fault)[:80]}). Fetch it again."
        ) from None
    return part


def _number(name: str) -> int:
    column = 0
    for letter in name:
        column = column * 26 + ord(letter) - 64
    return column
