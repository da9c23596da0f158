"""A publisher's table as columns of text, and text as numbers in the locale of its column.

Everything is text first. Columns are handled whole; no loop runs over cells.
"""

import codecs
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vereda.errors import BadNumber, BadSource, UnknownColumn
from vereda.sources.description import LIVE, NumberFormat, SourceDescription

UNPACKED = 16 << 30  # bytes; no table we know of is a tenth of it, and an archive can be made to be
BLOCK = 4 << 20  # bytes of text handled at a time; memory stays near this whatever the file's size
_LOCALES = {
    "1,273.9": NumberFormat(decimal=".", thousands=","),
    "1.273,9": NumberFormat(decimal=",", thousands="."),
    "1 273,9": NumberFormat(decimal=",", thousands=" "),
}


def number(text: pa.Array, written: NumberFormat) -> tuple[pa.Array, pa.Array]:
    """Numbers of a column of text (float64, null where empty), and which cells are no number as written."""
    text = pc.ascii_trim_whitespace(text)
    fits = pc.match_substring_regex(text, pattern(written))
    none = pc.is_in(text, value_set=pa.array(written.none, pa.string()))
    if written.none:
        fits = pc.and_not(fits, none)
    elif pc.all(fits).as_py() is not False:
        values = _cast(text, written)
        return values, pc.or_(pc.invert(fits), _endless(values))
    zero = pc.is_in(text, value_set=pa.array(written.zero, pa.string()))
    empty = pc.equal(text, "")
    if written.empty == "zero":
        zero = pc.or_(zero, empty)
    values = _cast(pc.if_else(fits, text, pa.scalar(None, pa.string())), written)
    values = pc.if_else(zero, 0.0, values)
    known = pc.or_(pc.or_(fits, zero), none)
    if written.empty == "absent":
        known = pc.or_(known, empty)
    return values, pc.or_(pc.invert(known), _endless(values))


def written_as(value: float, written: NumberFormat, digits: int = 1) -> str:
    """A number as its column would print it; the inverse of `number`."""
    plain = f"{value:,.{digits}f}"
    swap = {",": written.thousands, ".": written.decimal}
    return "".join(swap.get(c, c) for c in plain)


def pattern(written: NumberFormat) -> str:
    """Regular expression of a number: thousands in groups of three if marked at all, no mark too many."""
    whole = r"\d+"
    if written.thousands:
        whole = rf"(?:\d{{1,3}}(?:{re.escape(written.thousands)}\d{{3}})+|\d+)"
    power = r"(?:[eE][+-]?\d{1,2})?" if written.exponent else ""
    return rf"^[+-]?{whole}(?:{re.escape(written.decimal)}\d+)?{power}$"


def say(written: NumberFormat) -> str:
    """The declared format, as an example to look at."""
    return f"like {written_as(1273.9, written)!r}"


def no_number(file: str, line: int, column: str, cell: str, written: NumberFormat, count: int) -> BadNumber:
    """The error for a cell that does not fit its column, naming the locale it does fit."""
    more = f" ({count} such cells in the lines around it)" if count > 1 else ""
    other = [ex for ex, fmt in _LOCALES.items() if re.match(pattern(fmt), cell.strip())]
    if not cell.strip():
        remedy = "If an empty cell has a meaning here, state `empty: absent` or `empty: zero` for the column."
    elif other:
        remedy = (
            f"It reads as a number written like {other[0]!r}: the locale of this column differs. "
            "Decide by column, never by cell, and state it under `numbers`; a published total confirms it."
        )
    else:
        remedy = "If this text means zero or no figure, add it to `zero` or `none` of the column; otherwise ask the publisher."
    return BadNumber(
        f"{file}:{line}: column {column!r}: {cell!r} is not a number written {say(written)}{more}. {remedy}"
    )


def batches(description: SourceDescription, path: Path) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Blocks of the file as columns of text, each with the line on which it starts."""
    if description.read_by:
        yield 1, _made(description, path)
        return
    if description.table != "text":
        yield from _stored(description, path)
        return
    header = inspect(description, path)
    line = description.header_line + 1
    ragged: list[pacsv.InvalidRow] = []

    def stop(row: pacsv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    options = {
        "read_options": pacsv.ReadOptions(
            use_threads=False,
            block_size=BLOCK,
            column_names=header,
            skip_rows=description.header_line,
            encoding=description.encoding,
        ),
        "parse_options": pacsv.ParseOptions(
            delimiter=description.delimiter,
            ignore_empty_lines=False,
            invalid_row_handler=stop,
        ),
        "convert_options": pacsv.ConvertOptions(
            column_types={name: pa.string() for name in header}, strings_can_be_null=False
        ),
    }
    with _open(description, path) as handle:
        try:
            for batch in pacsv.open_csv(pa.PythonFile(handle, "r"), **options):
                yield line, batch
                line += batch.num_rows
        except pa.ArrowInvalid as fault:
            if ragged:
                raise _ragged(description, path.name, ragged[0]) from None
            raise BadSource(
                f"{path.name}: after line {line - 1} the file is not a table ({_short(fault)}). "
                "A cut download or an open quotation mark does this: fetch the file again."
            ) from None
    check_rows(description, path.name, line - 1 - description.header_line)


def _stored(description: SourceDescription, path: Path) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Blocks of a worksheet, a Stata, Parquet, IATI, JSON or XML file, as text like any other."""
    rows = 0
    if description.table == "workbook":
        workbook = import_module("vereda.sources.workbook")
        sheet = workbook.open_sheet(description, path)
        _columns(description, sheet.file, [name for name in sheet.header if name])
        found = workbook.blocks(description, sheet)
    elif description.table == "iati":
        iati = import_module("vereda.sources.iati")
        _columns(description, path.name, list(iati.COLUMNS))
        found = iati.blocks(path)
    elif description.table in ("json", "xml"):
        records = import_module("vereda.sources.records")
        held = records.read(description.table, path, description.rows_at)
        _columns(description, path.name, held.header)
        found = held.blocks()
    else:  # stata, parquet: columns by name
        room = import_module(f"vereda.sources.{description.table}")
        _columns(description, path.name, room.header(path))
        found = room.blocks(description, path, used_columns(description))
    for line, batch in found:
        yield line, batch
        rows += batch.num_rows
    check_rows(description, path.name, rows)


def printed(text: pa.RecordBatch, column: str) -> str:
    """How a locator names a column: its header, and in a worksheet its letter."""
    about = text.schema.field(column).metadata if column else None
    return about[b"cell"].decode() if about and b"cell" in about else column


def _made(description: SourceDescription, path: Path) -> pa.RecordBatch:
    """The table of text that the source's own read.py makes of a file which is none; described like any other."""
    folder = description.dataset.replace("-", "_")
    try:
        room = "vereda.sources.live" if (LIVE / folder).is_dir() else "vereda.sources"
        made = import_module(f"{room}.{folder}.read").table(path)
    except ModuleNotFoundError:
        raise BadSource(
            f"{description.dataset} says `read_by: read.py`, and vereda has no sources/{folder}/read.py. "
            "A case brings descriptions, not programs: save the file as CSV and describe that."
        ) from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
        raise BadSource(
            f"{path.name} cannot be opened ({_short(fault)}). It is cut, damaged or of another format: "
            "fetch it again."
        ) from None
    _columns(description, path.name, made.column_names)
    check_rows(description, path.name, made.num_rows)
    batch: pa.RecordBatch = made.combine_chunks().to_batches()[0]
    return batch


def inspect(description: SourceDescription, path: Path) -> list[str]:
    """Read every byte once: encoding, last line and header must be as described. Returns the header."""
    last, size = b"", 0
    decoder = codecs.getincrementaldecoder(description.encoding)()
    head = b""
    try:
        with _open(description, path) as handle:
            while chunk := handle.read(BLOCK):
                if len(head) < BLOCK:
                    head += chunk
                pending = len(decoder.getstate()[0])
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as fault:
                    raise _not_text(path.name, description.encoding, size - pending + fault.start) from None
                size += len(chunk)
                last = chunk[-1:]
                if size > UNPACKED:
                    raise BadSource(
                        f"{path.name} unpacks to more than {UNPACKED >> 30} GB: a bomb, or the wrong file."
                    )
    except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, NotImplementedError) as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None
    if size == 0:
        raise BadSource(f"{path.name} is empty. Fetch the file again.")
    if description.expect.final_newline and last != b"\n":
        raise BadSource(
            f"{path.name}: the last line does not end, so the file may be cut short. Fetch it again; "
            "if the publisher always writes it so, state `final_newline: false` under `expect`."
        )
    header = _header(description, path.name, head)
    _columns(description, path.name, header)
    return header


def check_rows(description: SourceDescription, file: str, rows: int) -> None:
    """Refuse a file with fewer rows than described."""
    expect = description.expect
    if rows < expect.rows_at_least or (expect.rows is not None and rows != expect.rows):
        wanted = expect.rows if expect.rows is not None else f"at least {expect.rows_at_least}"
        raise BadSource(
            f"{file} has {rows} rows and {wanted} are described: the file is cut short, filtered, or another "
            "edition. Fetch it whole; if the edition is new, change `expect.rows` with its reason."
        )


def used_columns(description: SourceDescription) -> list[str]:
    """Every column the description reads, in no order."""
    d = description
    said: list[str | None] = [d.place.column, d.place.name, d.place.parent, d.period.column]
    said += [d.low, d.high, d.confidence, d.note, d.page, d.row, *d.values, *d.year_columns()]
    said += [*d.leave_out, *d.only]
    words = (d.source, d.estimator, d.vintage, d.series_from, d.unit_column, d.place.when_empty)
    said += [word.column for word in words if not isinstance(word, str) and word is not None]
    if d.undefined_when:
        said.append(d.undefined_when.column)
    if d.gazetteer:
        g = d.gazetteer
        said += [g.code, g.name, g.parent_code, g.parent_name, g.lon, g.lat]
    if d.pairs:
        said += [d.pairs.a, d.pairs.b, d.pairs.contact]
    return list(dict.fromkeys(name for name in said if name))


def _columns(description: SourceDescription, file: str, header: list[str]) -> None:
    line = description.header_line
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UnknownColumn(
            f"{file}:{line}: two columns are called {', '.join(map(repr, twice))}. Ask the publisher."
        )
    wanted = {*used_columns(description), *description.ignore}
    missing = sorted(wanted - set(header))
    new = [name for name in header if name not in wanted]
    faults = []
    if missing:
        faults.append(f"missing: {', '.join(map(repr, missing))}")
    if new:
        faults.append(f"new: {', '.join(map(repr, new))}")
    if faults:
        raise UnknownColumn(
            f"{file}:{line}: the columns are not those described; {'; '.join(faults)}. Every column is used "
            f"or ignored with a reason: change `source.yml` of {description.dataset} if the publisher "
            "changed the file."
        )


def _header(description: SourceDescription, file: str, head: bytes) -> list[str]:
    text = codecs.getincrementaldecoder(description.encoding)().decode(head).removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text), delimiter=description.delimiter)
    try:
        for position, row in enumerate(rows, start=1):
            if position == description.header_line:
                return row
    except csv.Error as fault:
        raise BadSource(
            f"{file}:{rows.line_num}: the header cannot be read ({fault}). Lines end in two ways, or a name is cut: fetch "
            "the file again."
        ) from None
    raise BadSource(f"{file} has no line {description.header_line}, where its header should be.")


def member(description: SourceDescription, path: Path) -> str | None:
    """Name of the file inside a .zip; None for a plain or .gz file."""
    if not path.is_file():
        raise BadSource(f"{path.name} is not in {path.parent.name or 'this folder'}. Check the name.")
    if path.suffix != ".zip":
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            found = [name for name in archive.namelist() if fnmatch(name, description.member or "*")]
    except zipfile.BadZipFile as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None
    if len(found) != 1:
        wanted = description.member or "any name"
        raise BadSource(f"{path.name} holds {len(found)} files for {wanted}; state one as `member`.")
    return found[0]


def _open(description: SourceDescription, path: Path) -> IO[bytes]:
    inside = member(description, path)
    if inside is not None:
        return zipfile.ZipFile(path).open(inside)
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _ragged(description: SourceDescription, file: str, row: pacsv.InvalidRow) -> BadSource:
    return BadSource(
        f"{file}:{row.number}: this line has {row.actual_columns} cells and the header "
        f"{row.expected_columns} ({row.text[:60]!r}). The file is cut short, or a cell holds the delimiter "
        f"{description.delimiter!r} without quotation marks: fetch it again."
    )


def _endless(values: pa.Array) -> pa.Array:
    """Digits without end are no number: four hundred nines overflow to infinity, and would be added up as such."""
    return pc.fill_null(pc.invert(pc.is_finite(values)), False)


def _cast(text: pa.Array, written: NumberFormat) -> pa.Array:
    if written.thousands:
        text = pc.replace_substring(text, written.thousands, "")
    if written.decimal != ".":
        text = pc.replace_substring(text, written.decimal, ".")
    return pc.add(pc.cast(text, pa.float64()), 0.0)  # no minus zero


def _not_text(file: str, encoding: str, offset: int) -> BadSource:
    return BadSource(
        f"{file}: byte {offset} is not {encoding.upper()}. The file was saved in another encoding: "
        "fetch it again, or state its `encoding` (often latin-1 or cp1252)."
    )


def _short(fault: Exception) -> str:
    return str(fault).splitlines()[0][:120]
