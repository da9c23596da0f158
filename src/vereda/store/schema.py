"""The layout of `store.duckdb`, and its version.

Texts are written once, in small tables; an observation holds numbers only, so that a series of ten million
rows is a scan of a few packed columns. `line` is what stands before place and period in the key:
(series, estimator, source, vintage). `observations` is the same with texts.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from vereda.errors import BadStore
from vereda.store.asking import ask, first

VERSION = 1

#: From version -> the statements that lead to the next. A version that is not here cannot be brought forward.
MIGRATIONS: Mapping[int, tuple[str, ...]] = {}

#: An observation `o` with its numbers turned back into texts; the first 17 columns are terms.OBSERVATIONS.
TEXTS = """
    l.series, p.text AS place, t.text AS period, l.estimator, l.source, l.vintage,
    o.value, o.low, o.high, l.unit, s.text AS status, (['high', 'medium', 'low'])[o.confidence] AS confidence,
    h.text AS sheet, o.row, c.text AS col, o.page, o.note, b.dataset, b.sha256 AS file_sha256
"""
JOINS = """
    JOIN line l ON l.id = o.line JOIN place p ON p.id = o.place JOIN period t ON t.id = o.period
    JOIN status s ON s.id = o.status JOIN batch b ON b.id = o.batch
    LEFT JOIN label h ON h.id = o.sheet LEFT JOIN label c ON c.id = o.col
"""

_TABLES = f"""
CREATE TABLE about (version INTEGER NOT NULL);
INSERT INTO about VALUES ({VERSION});
CREATE TABLE place (id INTEGER NOT NULL, text VARCHAR NOT NULL);
CREATE TABLE period (id INTEGER NOT NULL, text VARCHAR NOT NULL);
CREATE TABLE status (id INTEGER NOT NULL, text VARCHAR NOT NULL);
CREATE TABLE label (id INTEGER NOT NULL, text VARCHAR NOT NULL);
CREATE TABLE line (
    id INTEGER NOT NULL, series VARCHAR NOT NULL, unit VARCHAR NOT NULL,
    estimator VARCHAR NOT NULL, source VARCHAR NOT NULL, vintage VARCHAR NOT NULL
);
CREATE TABLE batch (
    id INTEGER NOT NULL, dataset VARCHAR NOT NULL, name VARCHAR NOT NULL, file VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL, size BIGINT NOT NULL, read_on VARCHAR NOT NULL, reader VARCHAR NOT NULL,
    rows BIGINT NOT NULL, content VARCHAR NOT NULL
);
-- which lines a batch brought, how many rows of each, and the day from which they were known
CREATE TABLE edition (
    batch INTEGER NOT NULL, line INTEGER NOT NULL, rows BIGINT NOT NULL, known_on DATE NOT NULL
);
-- lines of which two batches hold some equal rows; reading shows such a row once
CREATE TABLE overlap (line INTEGER NOT NULL, batch INTEGER NOT NULL, other INTEGER NOT NULL);
CREATE TABLE observation (
    line INTEGER NOT NULL, place INTEGER NOT NULL, period INTEGER NOT NULL,
    value DOUBLE, low DOUBLE, high DOUBLE, status INTEGER NOT NULL, confidence INTEGER,
    sheet INTEGER, row INTEGER, col INTEGER, page VARCHAR, note VARCHAR, batch INTEGER NOT NULL
);
CREATE VIEW observations AS SELECT {TEXTS}, e.known_on FROM observation o {JOINS}
    JOIN edition e ON e.batch = o.batch AND e.line = o.line;
"""


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay out an empty store, all or nothing."""
    ask(connection, f"BEGIN; {_TABLES} COMMIT;")


def version(connection: duckdb.DuckDBPyConnection, where: Path) -> int:
    """The version written in the file; BadStore if it is no store."""
    tables = {name for (name,) in ask(connection, "SELECT table_name FROM duckdb_tables()")}
    found = first(connection, "SELECT version FROM about") if "about" in tables else None
    if found is None:
        raise BadStore(
            f"{where} is a DuckDB file, but not a store of vereda. "
            "Choose another workspace folder, or move it away."
        )
    return int(found)


def bring_forward(connection: duckdb.DuckDBPyConnection, where: Path, *, read_only: bool) -> None:
    """Migrate or refuse, so that afterwards the file has the layout of VERSION."""
    found = version(connection, where)
    if found == VERSION:
        return
    if found > VERSION:
        raise BadStore(
            f"{where} has {_age(found)}: a newer vereda wrote it, and this one would misread it. "
            "Upgrade vereda, or delete the workspace folder and run again: it is rebuilt from the case."
        )
    if read_only:
        raise BadStore(f"{where} has {_age(found)}. Run the command that builds it once, then read again.")
    _migrate(connection, where, found)


def _migrate(connection: duckdb.DuckDBPyConnection, where: Path, found: int) -> None:
    if any(step not in MIGRATIONS for step in range(found, VERSION)):
        raise BadStore(
            f"{where} has {_age(found)}, which this vereda can no longer read. "
            "Delete the workspace folder and run again: it is rebuilt from the case."
        )
    statements = [text for step in range(found, VERSION) for text in MIGRATIONS[step]]
    ask(connection, "; ".join(["BEGIN", *statements, f"UPDATE about SET version = {VERSION}", "COMMIT"]))


def _age(found: int) -> str:
    return f"layout {found} (this vereda writes layout {VERSION})"
