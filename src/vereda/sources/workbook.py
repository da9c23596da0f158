"""A worksheet as columns of text: the cells as they are stored, each under its header, with its row."""

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from vereda.errors import BadSource, UnknownColumn
from vereda.sources.description import SourceDescription
from vereda.sources.workbook_refused import AGAIN, letters, safe

ROWS = 50_000  # rows handled at a time


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet opened: its header, and its cells below."""

    file: str
    header: list[str]
    letters: list[str]  # of each column of the header
    rows: Iterator[list[Any]]
    first: int  # row of the sheet on which the cells begin


def blocks(description: SourceDescription, sheet: Sheet) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Blocks of the sheet as columns of text, each with the row on which it starts; empty rows at the end are none.

    The letter of each column stands in the metadata of its field.
    """
    marks = [description.number_format(name).decimal for name in sheet.header]
    named = [i for i, name in enumerate(sheet.header) if name]
    fields = [
        pa.field(sheet.header[i], pa.string(), metadata={"cell": f"{sheet.letters[i]} ({sheet.header[i]})"})
        for i in named
    ]
    schema, line, pending = pa.schema(fields), sheet.first, 0
    while block := list(islice(sheet.rows, ROWS)):
        texts = [[text(cell, mark) for cell, mark in zip(row, marks, strict=True)] for row in block]
        _no_header(sheet, texts, line)
        full = max((i + 1 for i, row in enumerate(texts) if any(row)), default=0)
        if full:
            whole = [[""] * len(marks)] * pending + texts[:full]
            columns = [pa.array([row[i] for row in whole], pa.string()) for i in named]
            yield line - pending, pa.RecordBatch.from_arrays(columns, schema=schema)
        pending = len(texts) - full + (0 if full else pending)
        line += len(texts)


def open_sheet(description: SourceDescription, path: Path) -> Sheet:
    """The described worksheet, once the workbook is known to be one that can be trusted to open."""
    wanted = description.sheet or ""
    content = safe(path, wanted)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            opened = book.get_sheet_by_name(wanted)
            return _below_header(description, path.name, opened)
    except CalamineError as fault:
        raise BadSource(f"{path.name} cannot be read as a workbook ({str(fault)[:120]}). {AGAIN}") from None


def text(cell: Any, decimal: str = ".") -> str:
    """What a cell holds, as text: a number in the locale of its column, a date as 2003-01-31."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return _plain(float(cell)).replace(".", decimal)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else str(cell)


def _plain(number: float) -> str:
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    short = repr(number)
    return format(Decimal(short), "f") if "e" in short else short


def _below_header(description: SourceDescription, file: str, opened: CalamineSheet) -> Sheet:
    """The header as one line of names, and what stands below it."""
    last = description.header_line + description.header_rows - 1
    offset = opened.start[1] if opened.start else 0
    merged = [(a, b) for a, b in opened.merged_cell_ranges or []]
    below = next(((a, b) for a, b in merged if b[0] >= last), None)
    if below:
        (top, left), (bottom, right) = below
        raise BadSource(
            f"{file}, sheet {description.sheet!r}: cells {letters(left)}{top + 1}:{letters(right)}{bottom + 1} are "
            "merged below the header, so all but the first look empty. Split them in a copy, fill them, and say in "
            "`obtained` that you did."
        )
    rows = iter(opened.iter_rows())
    above = [[text(cell) for cell in row] for row in islice(rows, last)]
    if len(above) < last or not above:
        raise BadSource(
            f"{file}, sheet {description.sheet!r} has {len(above)} rows, and its header should be on row {last}."
        )
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom, last - 1) + 1):
            for column in range(left, right + 1):
                above[row][column - offset] = above[top][left - offset]
    header = [_joined(parts) for parts in zip(*above[description.header_line - 1 :], strict=True)]
    names = [letters(offset + i) for i in range(len(header))]
    return Sheet(f"{file}, sheet {description.sheet!r}", header, names, rows, last + 1)


def _joined(parts: tuple[str, ...]) -> str:
    """One name from the lines of a header: blanks at the ends dropped, a line that repeats the last left out."""
    kept: list[str] = []
    for part in (" ".join(part.split()) for part in parts):
        if part and part not in kept[-1:]:
            kept.append(part)
    return " / ".join(kept)


def _no_header(sheet: Sheet, texts: list[list[str]], line: int) -> None:
    for column, name in enumerate(sheet.header):
        if name:
            continue
        at = next((i for i, row in enumerate(texts) if row[column]), None)
        if at is not None:
            raise UnknownColumn(
                f"{sheet.file}: cell {sheet.letters[column]}{line + at} is {texts[at][column]!r} and its column has "
                "no header. State the line and the rows of the header, or ask the publisher."
            )
