"""Appending a batch: everything of it is stored, or nothing."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from vereda.errors import BadPeriod, BadSource, DuplicateKey
from vereda.store.asking import ask, first, insert, table
from vereda.store.checks import key_text, locator
from vereda.store.coding import CODED, LINE
from vereda.store.encoding import BOOKS, Encoder
from vereda.store.schema import JOINS, TEXTS
from vereda.terms.period import known_on
from vereda.terms.source import Batch, Vintage


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append changed: observations not held before, and whether the batch itself was new."""

    rows: int
    new: bool


def append(connection: duckdb.DuckDBPyConnection, batch: Batch, *, replace: bool) -> Appended:
    """Store a batch in one transaction. A content that is held already changes nothing."""
    vintage = batch.vintage
    if not vintage.content:
        raise BadSource(
            f"{vintage.dataset} {vintage.name}: a batch is known by the sha256 of its content; it is empty."
        )
    if ask(connection, "SELECT 1 FROM batch WHERE content = ?", [vintage.content]):
        return Appended(0, new=False)
    ask(connection, "BEGIN")
    try:
        if replace:
            _retract(connection, vintage)
        rows = _write(connection, batch)
        ask(connection, "COMMIT")
    except BaseException:
        with suppress(duckdb.Error):
            ask(connection, "ROLLBACK")
        raise
    return Appended(rows, new=True)


def _write(connection: duckdb.DuckDBPyConnection, batch: Batch) -> int:
    """Write the rows of a batch; the number of keys that were not held before."""
    encoder = Encoder.open(connection)
    number = int(first(connection, "SELECT coalesce(max(id), -1) + 1 FROM batch"))
    _pour(connection, encoder, batch.observations, number)
    rows = sum(encoder.rows.values())
    if batch.vintage.rows and batch.vintage.rows != rows:
        raise BadSource(
            f"{batch.vintage.dataset} {batch.vintage.name}: {batch.vintage.rows} rows were announced "
            f"and {rows} came. Nothing was stored. "
            "Read the file again; if it comes out so again, the reader loses rows."
        )
    _write_books(connection, encoder)
    _write_batch(connection, encoder, batch, number, rows)
    _refuse_duplicates(connection, number)
    return rows - _overlap(connection, number)


def _pour(
    connection: duckdb.DuckDBPyConnection,
    encoder: Encoder,
    observations: pa.Table | pa.RecordBatchReader,
    number: int,
) -> None:
    connection.register("coded", encoder.stream(observations))
    try:
        ask(connection, f"INSERT INTO observation SELECT {', '.join(CODED.names)}, {number} FROM coded")
    except duckdb.Error:
        if encoder.fault:
            raise encoder.fault from None
        raise
    connection.unregister("coded")


def _write_books(connection: duckdb.DuckDBPyConnection, encoder: Encoder) -> None:
    for name in BOOKS:
        fresh = encoder.books[name].fresh
        insert(connection, name, {"id": pa.array(fresh.values(), pa.int32()), "text": list(fresh)})
    columns = {name: [key[i] for key in encoder.fresh_lines] for i, name in enumerate(LINE)}
    numbers = pa.array([encoder.lines[key] for key in encoder.fresh_lines], pa.int32())
    insert(connection, "line", {"id": numbers, **columns})


def _write_batch(
    connection: duckdb.DuckDBPyConnection, encoder: Encoder, batch: Batch, number: int, rows: int
) -> None:
    v = batch.vintage
    given = [number, v.dataset, v.name, v.file, v.sha256, v.size, v.read_on, v.reader, rows, v.content]
    ask(connection, "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", given)
    vintages = {
        line: key[LINE.index("vintage")] for key, line in encoder.lines.items() if line in encoder.rows
    }
    known = {line: _known_on(batch, vintage) for line, vintage in vintages.items()}
    columns = {
        "batch": pa.array([number] * len(known), pa.int32()),
        "line": pa.array(known, pa.int32()),
        "rows": pa.array([encoder.rows[line] for line in known], pa.int64()),
        "known_on": pa.array(known.values(), pa.date32()),
    }
    insert(connection, "edition", columns)


def _known_on(batch: Batch, vintage: str) -> date:
    """The day stated with the batch for its own vintage, else the day that the vintage's name states."""
    if batch.known_on and vintage == batch.vintage.name:
        return batch.known_on
    try:
        return known_on(vintage)
    except BadPeriod:
        raise BadPeriod(
            f"{batch.vintage.dataset}: vintage {vintage!r} does not say when it was published. "
            "Write a year, month or day (2018, 2018-09, 2018-06-25). Nothing was stored."
        ) from None


def _refuse_duplicates(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """DuplicateKey if the batch holds a key twice.

    One bit per period, 64 periods to a group: the bits set equal the rows counted unless a key repeats.
    """
    twice = ask(
        connection,
        f"""SELECT line, place, period // 64 FROM observation WHERE batch = {number} GROUP BY ALL
        HAVING count(*) <> bit_count(bit_or(1::UBIGINT << (period % 64)::UBIGINT)) LIMIT 1""",
    )
    if not twice:
        return
    line, place, block = twice[0]
    found = _rows(
        connection,
        f"""SELECT o.* FROM observation o WHERE batch = {number} AND line = {line} AND place = {place}
        AND period // 64 = {block} QUALIFY count(*) OVER (PARTITION BY period) > 1""",
    )
    same = sorted((row for row in found if key_text(row) == key_text(found[0])), key=_print_order)
    where = "; ".join(f"{locator(row) or 'no locator'} = {row['value']}" for row in same[:10])
    raise DuplicateKey(
        f"{key_text(same[0])} is claimed by {len(same)} rows: {where}. Nothing was stored. "
        "Find out which row is meant, or what tells them apart, and say so in the reader."
    )


def _overlap(connection: duckdb.DuckDBPyConnection, number: int) -> int:
    """Keys of the batch that another batch holds with the same value; BadSource if the value differs."""
    shared = ask(
        connection,
        f"SELECT line FROM edition GROUP BY line HAVING count(*) > 1 AND bool_or(batch = {number})",
    )
    if not shared:
        return 0
    lines = ", ".join(str(line) for (line,) in shared)
    both = f"""FROM observation n JOIN observation o USING (line, place, period)
        WHERE n.batch = {number} AND o.batch <> {number} AND n.line IN ({lines}) AND o.line IN ({lines})"""
    _refuse_revisions(connection, both)
    ask(connection, f"INSERT INTO overlap SELECT DISTINCT line, n.batch, o.batch {both}")
    return int(first(connection, f"SELECT count(*) FROM (SELECT DISTINCT line, place, period {both})"))


def _refuse_revisions(connection: duckdb.DuckDBPyConnection, both: str) -> None:
    new, old = (
        _rows(connection, f"SELECT {side}.* {both} AND n.value IS DISTINCT FROM o.value ORDER BY ALL LIMIT 1")
        for side in ("n", "o")
    )
    if new and old:
        raise BadSource(
            f"{key_text(new[0])} [{locator(new[0]) or 'no locator'}] is {new[0]['value']}, "
            f"but {old[0]['value']} is stored from {old[0]['dataset']} "
            f"[{locator(old[0]) or 'no locator'}]. Nothing was stored. "
            "A revision is a new vintage: give it the date on which the publisher changed the figure."
        )


def retract(connection: duckdb.DuckDBPyConnection, vintage: Vintage) -> None:
    """Take out a dataset's vintage in one transaction."""
    ask(connection, "BEGIN")
    try:
        _retract(connection, vintage)
        ask(connection, "COMMIT")
    except BaseException:
        with suppress(duckdb.Error):
            ask(connection, "ROLLBACK")
        raise


def _retract(connection: duckdb.DuckDBPyConnection, vintage: Vintage) -> None:
    """Take out what was stored of the same dataset and vintage, with lines that nothing else uses."""
    found = ask(
        connection, "SELECT id FROM batch WHERE dataset = ? AND name = ?", [vintage.dataset, vintage.name]
    )
    for (number,) in found:
        for name in ("observation", "edition", "overlap"):
            ask(connection, f"DELETE FROM {name} WHERE batch = {number}")
        ask(connection, f"DELETE FROM overlap WHERE other = {number}")
        ask(connection, f"DELETE FROM batch WHERE id = {number}")
    ask(connection, "DELETE FROM line WHERE id NOT IN (SELECT line FROM edition)")


def _print_order(row: dict[str, Any]) -> tuple[Any, ...]:
    return str(row["sheet"]), row["row"] or 0, str(row["col"]), str(row["page"])


def _rows(connection: duckdb.DuckDBPyConnection, chosen: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table(connection, f"SELECT {TEXTS} FROM ({chosen}) o {JOINS}").to_pylist()
    return rows
