"""One statement at a time, run to its end: DuckDB lets no other begin while a result is unfinished."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa


def ask(
    connection: duckdb.DuckDBPyConnection, statement: str, given: Sequence[Any] | dict[str, Any] = ()
) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows."""
    return connection.execute(statement, given).fetchall()


def first(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    """The first value of the first row; None if there is no row."""
    found = ask(connection, statement)
    return found[0][0] if found else None


def table(connection: duckdb.DuckDBPyConnection, statement: str) -> pa.Table:
    """Run a statement and return its rows as an Arrow table."""
    return connection.sql(statement).to_arrow_table()


def insert(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, Any]) -> None:
    """Add rows, given as columns, to a table."""
    connection.register("fresh", pa.table(columns))
    ask(connection, f"INSERT INTO {name} BY NAME SELECT * FROM fresh")
    connection.unregister("fresh")
