"""How a file is written: encoding, delimiter, the line of its header; of a workbook, the sheet and its header rows."""

import codecs
import csv
import gzip
import io
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from vereda.errors import BadRequest, BadSource
from vereda.sources.profiling.note import Proposed, note
from vereda.sources.workbook import text
from vereda.sources.workbook_refused import AGAIN, safe, sheets

UNPACKED = 1 << 28  # bytes that any table of text may unpack to
TIMES = 200  # and how many times its own size a larger one may; text of figures packs to a tenth
_HEAD = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_LINES = 400  # lines that decide the delimiter and the header
_FIGURE = re.compile(r"\s*[+-]?[\d.,\s]*\d[\d.,]*\s*%?\s*")
_YEAR = re.compile(r"\D{0,20}(?:19|20)\d\d\D{0,20}")


@dataclass(frozen=True, slots=True)
class Written:
    """How a table is written: its header, and what a description says of it."""

    header: list[str]
    said: dict[str, Proposed]


def head(path: Path, member: str | None = None) -> bytes:
    """The first bytes of a file, unpacked."""
    try:
        with _opened(path, member) as handle:
            return handle.read(_HEAD)
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None


def sniff(path: Path, member: str | None) -> Written:
    """Encoding, delimiter and header of a table of text; BadSource if it is none."""
    encoding = _encoding(path, member)
    start = codecs.getincrementaldecoder(str(encoding.value))(errors="replace").decode(head(path, member))
    lines = list(islice(io.StringIO(start.removeprefix("\ufeff")), _LINES))
    if len(lines) == 1 and len(lines[0]) >= _HEAD // 2:
        raise BadSource(
            f"{path.name}: the first line does not end within a megabyte, so it is no table of text."
        )
    delimiter = _delimiter(lines, path.name)
    rows = _parted(lines, str(delimiter.value), path.name)
    if len(lines) == _LINES:
        rows = rows[:-1]
    line = _header_line(rows, path.name)
    said = {"encoding": encoding, "delimiter": delimiter, "header_line": line}
    if not _ends(path, member):
        said["final_newline"] = Proposed("false", (note("no_newline"),))
    return Written(rows[_row_of(line)], said)


def _ends(path: Path, member: str | None) -> bool:
    """Whether the last line of the file ends."""
    last = b"\n"
    with _opened(path, member) as handle:
        while chunk := handle.read(_HEAD):
            last = chunk[-1:]
    return last == b"\n"


def sheet(path: Path, wanted: str | None) -> Written:
    """Sheet and header of a workbook; BadRequest if several sheets hold something and none is named."""
    names = sheets(path)
    if wanted is not None and wanted not in names:
        raise BadRequest(f"{path.name} has no sheet {wanted!r}. It has: {', '.join(map(repr, names))}.")
    content = safe(path, wanted or names[0])
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            full = [n for n in names if wanted in (None, n) and book.get_sheet_by_name(n).height]
            if len(full) != 1:
                listed = ", ".join(map(repr, full or names))
                raise BadRequest(
                    f"{path.name} has {len(full)} sheets with cells: {listed}. Name one of them: --part NAME"
                )
            safe(path, full[0])
            return _of_sheet(path.name, full[0], len(names), book.get_sheet_by_name(full[0]))
    except CalamineError as fault:
        raise BadSource(f"{path.name} cannot be read as a workbook ({str(fault)[:120]}). {AGAIN}") from None


def _of_sheet(file: str, name: str, of: int, opened: CalamineSheet) -> Written:
    rows = [[text(cell).strip() for cell in row] for row in islice(opened.iter_rows(), 60)]
    line = _header_line(rows, file)
    at = _row_of(line)
    merged = [(a, b) for a, b in opened.merged_cell_ranges or [] if a[0] <= at <= b[0] + 1]
    first = min([at, *(a[0] for a, b in merged if b[1] > a[1] or b[0] >= at)])
    last = max([at, *(b[0] for a, b in merged)])
    said = {
        "table": Proposed("workbook", (note("kind", kind="workbook"),)),
        "sheet": Proposed(name, (note("sheet", name=name, of=of),)),
        "header_line": Proposed(first + 1, line.because),
    }
    if last > first:
        said["header_rows"] = Proposed(last - first + 1, (note("merged_header", rows=last - first + 1),))
    return Written(_names(opened, first, last), said)


def _names(opened: CalamineSheet, first: int, last: int) -> list[str]:
    """The header as the reader of workbooks joins it: merged groups repeated, lines parted by a stroke."""
    from vereda.sources.workbook import _joined

    offset = opened.start[1] if opened.start else 0
    above = [[text(cell) for cell in row] for row in islice(opened.iter_rows(), last + 1)]
    for (top, left), (bottom, right) in opened.merged_cell_ranges or []:
        for row in range(top, min(bottom, last) + 1):
            for column in range(left, right + 1):
                above[row][column - offset] = above[top][left - offset]
    return [name for name in (_joined(parts) for parts in zip(*above[first:], strict=True)) if name]


def _row_of(line: Proposed) -> int:
    assert isinstance(line.value, int)
    return line.value - 1


def _header_line(rows: Sequence[Sequence[str]], file: str) -> Proposed:
    """The first line as wide as the table whose cells are names: different, and no figures but years."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if not any(filled):
        raise BadSource(f"{file} holds no cell with a text. Fetch it again.")
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    wide = max(widths, key=lambda width: (widths[width], width))
    for number, row in enumerate(rows, start=1):
        names = [cell.strip() for cell in row if cell.strip()]
        if len(row) != wide or len(names) < max(1, min(0.8 * max(filled), max(filled) - 1)):
            continue
        figures = [name for name in names if _FIGURE.fullmatch(name) and not _YEAR.fullmatch(name)]
        if figures or len(set(names)) < len(names) or all(_YEAR.fullmatch(name) for name in names):
            what = figures[0] if figures else next((n for n in names if names.count(n) > 1), names[0])
            raise BadSource(
                f"{file}:{number}: the first line as wide as the table is no header: {what!r} is a figure, or stands twice. "
                "A description names its columns: put a header above them in a copy, and say in `obtained` that you did."
            )
        above = number - 1
        return Proposed(number, (note("header", line=number, columns=len(names), above=above),))
    raise BadSource(
        f"{file}: no line of the first {len(rows)} is as wide as the table, so no header was found."
    )


def _delimiter(lines: Sequence[str], file: str) -> Proposed:
    """The mark that parts every line into the same number of cells, the header too."""
    fit: dict[str, int] = {}
    for mark in _DELIMITERS:
        rows = _parted(lines[:-1] if len(lines) == _LINES else lines, mark, file)
        widths = [len(row) for row in rows if row]
        common, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if common > 1 and count >= max(1, 0.8 * len(widths)):
            fit[mark] = common
    if not fit:
        raise BadSource(
            f"{file}: no mark ({', '.join(map(repr, _DELIMITERS))}) parts its lines into the same number of cells. It is "
            "no table of text, or has one column: name another file."
        )
    if len(fit) > 1:
        listed = ", ".join(f"{mark!r} ({width} cells)" for mark, width in fit.items())
        header = [mark for mark in fit if mark in lines[0]]
        if len(header) != 1:
            raise BadSource(
                f"{file}: several marks part every line alike: {listed}. Save the table with one that no cell holds."
            )
        fit = {header[0]: fit[header[0]]}
    mark, cells = next(iter(fit.items()))
    return Proposed(mark, (note("delimiter", mark=mark, cells=cells, lines=len(lines)),))


def _parted(lines: Sequence[str], mark: str, file: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO("".join(lines)), delimiter=mark))
    except csv.Error as fault:
        raise BadSource(
            f"{file}: its first lines are no table of text ({fault}). Save it again with plain line ends, or name another file."
        ) from None


def _encoding(path: Path, member: str | None) -> Proposed:
    """UTF-8 if every byte of the file is; otherwise what its other bytes say."""
    start = head(path, member)
    if not start:
        raise BadSource(f"{path.name} is empty. Fetch the file again.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Proposed("utf-16", (note("encoding_mark", encoding="utf-16"),))
    if b"\0" in start:
        raise BadSource(
            f"{path.name} holds bytes that no text has: it is no table of text, JSON, XML, Stata or .xlsx. Check the name."
        )
    strict, size, other = codecs.getincrementaldecoder("utf-8")(), 0, Counter[int]()
    utf8, accents = True, False
    with _opened(path, member) as handle:
        while chunk := handle.read(_HEAD):
            size += len(chunk)
            if size > max(UNPACKED, TIMES * path.stat().st_size):
                raise BadSource(
                    f"{path.name} unpacks to more than {size >> 20} MB, {TIMES} times its size: a bomb, or the wrong file."
                )
            high = not chunk.isascii()
            accents |= high
            if high:
                other.update(byte for byte in chunk if byte > 127)
            if utf8:
                try:
                    strict.decode(chunk)
                except UnicodeDecodeError:
                    utf8 = False
    if utf8:
        return Proposed("utf-8", (note("encoding_utf8" if accents else "encoding_plain", bytes=size),))
    return _eight_bits(path, member, other)


def _eight_bits(path: Path, member: str | None, other: Counter[int]) -> Proposed:
    """One of the encodings of western Europe, if every byte that it alone explains is a letter or a typographer's mark."""
    for encoding in ("latin-1", "cp1252"):
        said = {byte: bytes([byte]).decode(encoding, errors="replace") for byte in other}
        if all(_likely(mark) for mark in said.values()):
            seen = "".join(sorted(said.values()))
            sample = _accented(head(path, member).decode(encoding, errors="replace"))
            return Proposed(encoding, (note("encoding_bytes", encoding=encoding, marks=seen, sample=sample),))
    raise BadSource(
        f"{path.name} is neither UTF-8 nor one of the encodings of western Europe (its bytes above 127: "
        f"{', '.join(hex(byte) for byte in sorted(other)[:8])}). Save it as UTF-8 in a copy, and say in `obtained` that you did."
    )


def _likely(mark: str) -> bool:
    return unicodedata.category(mark)[0] == "L" or mark in "°ºª–—‘’“”•…€§«»¿¡·±²³´½¼¾®©\u00a0"


def _accented(text: str) -> str:
    """A few words with letters that are not ASCII."""
    words = re.findall(r"\w*[^\x00-\x7f]\w*", text)
    return ", ".join(dict.fromkeys(words[:200]).keys())[:80]


def _opened(path: Path, member: str | None) -> IO[bytes]:
    if member is not None:
        return zipfile.ZipFile(path).open(member)
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
