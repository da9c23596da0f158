"""A stream of observations checked and turned into numbers, never more than a chunk in memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from vereda.errors import BadSource
from vereda.store import checks
from vereda.store.asking import ask
from vereda.store.coding import (
    CODED,
    GRADES,
    LINE,
    Codebook,
    Numbers,
    Words,
    combined,
    nullable,
    spread,
    words,
)
from vereda.terms.observation import OBSERVATIONS

CHUNK = 4 * 122_880  # rows: four row groups of DuckDB
BOOKS = ("place", "period", "status", "label")
_TEXTS = tuple(c.name for c in OBSERVATIONS if c.type == pa.string() and c.name not in ("page", "note"))


@dataclass(slots=True)
class Encoder:
    """Codebooks of the store, and what a batch adds to them."""

    books: dict[str, Codebook]
    lines: dict[tuple[str, ...], int]  # (series, unit, estimator, source, vintage) -> number
    units: dict[str, str]  # series -> unit
    next_line: int
    rows: Counter[int] = field(default_factory=Counter)  # line -> rows brought
    fault: Exception | None = None
    fresh_lines: list[tuple[str, ...]] = field(default_factory=list)

    @classmethod
    def open(cls, connection: duckdb.DuckDBPyConnection) -> "Encoder":
        """Read the codebooks of a store."""
        books = {name: Codebook.of(ask(connection, f"SELECT id, text FROM {name}")) for name in BOOKS}
        found = ask(connection, f"SELECT id, {', '.join(LINE)} FROM line")
        lines = {tuple(texts): number for number, *texts in found}
        units = {series: unit for series, unit, *_ in lines}
        return cls(books, lines, units, max(lines.values(), default=-1) + 1)

    def stream(self, observations: pa.Table | pa.RecordBatchReader) -> pa.RecordBatchReader:
        """The observations in numbers. A fault ends the stream and is left in `fault`."""
        checks.columns(observations.schema)
        return pa.RecordBatchReader.from_batches(CODED, self._coded(observations))

    def _coded(self, observations: pa.Table | pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        start = 0
        try:
            for chunk in chunks(observations):
                yield self.code(chunk, start)
                start += chunk.num_rows
        except Exception as fault:
            self.fault = fault
            raise

    def code(self, chunk: pa.RecordBatch, start: int) -> pa.RecordBatch:
        """Check one chunk and turn it into numbers, its rows grouped by line if lines are mixed."""
        texts = {name: words(chunk.column(name)) for name in _TEXTS}
        checks.rows(chunk, texts, start)
        checks.periods(chunk, texts["period"], start)
        line = self._line(chunk, texts, start)
        grades = [GRADES.get(text or "", -1) for text in texts["confidence"].texts]
        coded = pa.RecordBatch.from_arrays(
            [
                pa.array(line),
                pa.array(self.books["place"].code(texts["place"])),
                pa.array(self.books["period"].code(texts["period"])),
                *(chunk.column(name) for name in ("value", "low", "high")),
                pa.array(self.books["status"].code(texts["status"])),
                nullable(spread(grades, texts["confidence"].which)),
                nullable(self.books["label"].code(texts["sheet"])),
                chunk.column("row"),
                nullable(self.books["label"].code(texts["col"])),
                *(_plain(chunk.column(name)) for name in ("page", "note")),
            ],
            schema=CODED,
        )
        mixed = bool((np.diff(line) < 0).any())
        return coded.take(pa.array(np.argsort(line, kind="stable"))) if mixed else coded

    def _line(self, chunk: pa.RecordBatch, texts: dict[str, Words], start: int) -> Numbers:
        found, which = combined({name: texts[name] for name in LINE})
        numbers = []
        for position, line in enumerate(found):
            key = tuple(str(line[name]) for name in LINE)
            if key not in self.lines:
                self._must_be_its_unit(key, chunk, int(np.argmax(which == position)), start)
                self.lines[key] = self.next_line
                self.fresh_lines.append(key)
                self.next_line += 1
            numbers.append(self.lines[key])
        for position, rows in enumerate(np.bincount(which, minlength=len(numbers))):
            self.rows[numbers[position]] += int(rows)
        return spread(numbers, which)

    def _must_be_its_unit(self, key: tuple[str, ...], chunk: pa.RecordBatch, index: int, start: int) -> None:
        series, unit = key[:2]
        if self.units.setdefault(series, unit) != unit:
            raise BadSource(
                f"Nothing was stored. {checks.where(chunk, index, start)}: unit {unit!r}, "
                f"but {series} is stored in {self.units[series]!r}. "
                "One series has one unit: convert it in the reader, or name another series."
            )


def chunks(observations: pa.Table | pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The rows in order, CHUNK at a time, however the giver cut them."""
    reader = observations.to_reader() if isinstance(observations, pa.Table) else observations
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for given in reader:
        for start in range(0, given.num_rows, CHUNK):
            waiting.append(given.slice(start, CHUNK))
            rows += waiting[-1].num_rows
            if rows >= CHUNK:
                yield _one(waiting)
                waiting, rows = [], 0
    if rows:
        yield _one(waiting)


def _one(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    whole = pa.concat_batches([part.select(OBSERVATIONS.names) for part in parts])
    return pa.RecordBatch.from_arrays(
        [
            whole.column(c.name)
            if pa.types.is_dictionary(whole.column(c.name).type)
            else whole.column(c.name).cast(c.type)
            for c in OBSERVATIONS
        ],
        names=OBSERVATIONS.names,
    )


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(pa.string())
