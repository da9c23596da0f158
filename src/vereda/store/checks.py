"""What a chunk of observations must satisfy before it is stored; every fault names its row."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vereda.errors import BadNumber, BadPeriod, BadSource, UnknownColumn
from vereda.store.coding import GRADES, Words
from vereda.terms.observation import KEY, OBSERVATIONS, STATUSES
from vereda.terms.period import period

#: Statuses that say why there is no value; every other status needs one.
WITHOUT_VALUE = frozenset({"not_collected", "not_published"})
REQUIRED = tuple(column.name for column in OBSERVATIONS if not column.nullable)


def columns(schema: pa.Schema) -> None:
    """UnknownColumn unless the columns are those of OBSERVATIONS, in any order; texts may be dictionaries."""
    expected, found = set(OBSERVATIONS.names), set(schema.names)
    if expected != found or len(schema.names) != len(found):
        raise UnknownColumn(
            f"These are not observations: missing {sorted(expected - found) or 'nothing'}, "
            f"unknown {sorted(found - expected) or 'nothing'}. "
            "Build the table with terms.observation.OBSERVATIONS."
        )


def rows(chunk: pa.RecordBatch, texts: Mapping[str, Words], start: int) -> None:
    """BadSource (or BadNumber) naming the first row of each kind of fault and how many rows share it.

    start: rows of the batch before this chunk.
    """
    faults = [
        (kind, f"{where(chunk, _first(wrong), start)}: {what} ({pc.sum(wrong).as_py()} row(s) like this)")
        for kind, what, wrong in _wrong(chunk, texts)
        if pc.any(wrong).as_py()
    ]
    if faults:
        listed = "\n".join(f"  {text}" for _, text in faults)
        raise faults[0][0](f"Nothing was stored. Correct the reader or the file:\n{listed}")


def periods(chunk: pa.RecordBatch, found: Words, start: int) -> None:
    """BadPeriod, naming the row, if a period cannot be read."""
    for text in found.texts:
        if text is not None:
            try:
                period(text)
            except BadPeriod as cause:
                raise BadPeriod(f"{where(chunk, found.first(text), start)}: {cause}") from None


def where(chunk: pa.RecordBatch, index: int, start: int = 0) -> str:
    """The key of a row, and where it is printed (else its number in the batch, from 1)."""
    row = {name: chunk.column(name)[index].as_py() for name in chunk.schema.names}
    return f"{key_text(row)} [{locator(row) or f'row {start + index + 1} of the batch'}]"


def key_text(row: Mapping[str, Any]) -> str:
    """The six parts of a key in one line."""
    return " ".join(str(row[name]) for name in KEY)


def locator(row: Mapping[str, Any]) -> str:
    """Where a row is printed: sheet, row, column, page; empty if the reader did not say."""
    parts = (("sheet", "sheet"), ("row", "row"), ("column", "col"), ("page", "page"))
    return ", ".join(f"{word} {row[name]}" for word, name in parts if row[name] is not None)


def _first(wrong: Any) -> int:
    return int(pc.index(wrong, pa.scalar(True)).as_py())


def _wrong(chunk: pa.RecordBatch, texts: Mapping[str, Words]) -> Iterator[tuple[type[BadSource], str, Any]]:
    """(error, words, mask of the rows at fault), for every kind of fault that may be present."""
    for name in REQUIRED:
        if chunk.column(name).null_count:
            yield BadSource, f"no {name}", chunk.column(name).is_null()
    value, low, high = chunk.column("value"), chunk.column("low"), chunk.column("high")
    for name, column in (("value", value), ("low", low), ("high", high)):
        if column.null_count < len(column):
            yield BadNumber, f"{name} is not a finite number", _true(pc.invert(pc.is_finite(column)))
    for small, large, what in ((low, value, "low above value"), (value, high, "value above high")):
        if small.null_count < len(small) and large.null_count < len(large):
            yield BadNumber, what, _true(pc.greater(small, large))
    if low.null_count < len(low) and high.null_count < len(high):
        yield BadNumber, "low above high", _true(pc.greater(low, high))
    yield from _wrong_status(value, texts)


def _wrong_status(value: Any, texts: Mapping[str, Words]) -> Iterator[tuple[type[BadSource], str, Any]]:
    status, grade = texts["status"], texts["confidence"]
    for text in {text for text in status.texts if text is not None} - STATUSES:
        yield BadSource, f"status {text!r} is none of {', '.join(sorted(STATUSES))}", _rows_of(status, text)
    for text in {text for text in grade.texts if text is not None} - set(GRADES):
        yield BadSource, f"confidence {text!r} is none of {', '.join(GRADES)}", _rows_of(grade, text)
    for text in (text for text in status.texts if text in STATUSES):
        rows_of = _rows_of(status, text)
        if text in WITHOUT_VALUE:
            what = f"a value, yet its status is {text}"
            yield BadSource, what, pc.and_(rows_of, value.is_valid())
        elif value.null_count:
            what = f"no value, yet its status is {text}; say not_collected or not_published"
            yield BadSource, what, pc.and_(rows_of, value.is_null())


def _rows_of(column: Words, text: str | None) -> Any:
    return pa.array(column.which == column.texts.index(text))


def _true(mask: Any) -> Any:
    return mask.fill_null(False)
