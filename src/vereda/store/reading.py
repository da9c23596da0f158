"""Questions to the store: which observations are asked for, every rival row of them, their texts, their sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from vereda.errors import BadRequest
from vereda.store import asking
from vereda.store.asking import ask
from vereda.store.schema import JOINS, TEXTS
from vereda.terms.observation import OBSERVATIONS

#: OBSERVATIONS, then the dataset a row came in and the sha256 of the publisher's file.
READ = pa.schema([*OBSERVATIONS, pa.field("dataset", pa.string()), pa.field("file_sha256", pa.string())])
TOTALS = pa.schema(
    [
        ("series", pa.string()),
        ("estimator", pa.string()),
        ("period", pa.string()),
        ("total", pa.float64()),
        ("rows", pa.int64()),
    ]
)
_FEW = 1_000  # ids written into the statement; more go as a parameter


@dataclass(frozen=True, slots=True)
class Edition:
    """A line as one batch brought it."""

    batch: int
    line: int
    series: str
    estimator: str
    source: str
    vintage: str
    known_on: date
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """Which observations are asked for; None: no restriction."""

    series: tuple[str, ...]
    places: tuple[str, ...] | None = None
    periods: tuple[str, ...] | None = None
    estimator: str | None = None
    as_of: date | None = None


def rivals(connection: duckdb.DuckDBPyConnection, question: Question) -> str:
    """SQL for the observations asked for, one per key; editions not yet known on the day are left out."""
    found = editions(connection, question)
    asked = chosen(connection, question, found)
    if _overlapping(connection, found):
        asked += """ QUALIFY row_number() OVER (PARTITION BY o.line, o.place, o.period
            ORDER BY (SELECT content FROM batch WHERE id = o.batch)) = 1"""
    return asked


def table(
    connection: duckdb.DuckDBPyConnection, chosen: str, columns: Sequence[str] | None = None
) -> pa.Table:
    """The chosen observations with their texts, ordered by key; `columns` names some of READ."""
    names = list(columns or READ.names)
    if unknown := sorted(set(names) - set(READ.names)):
        raise BadRequest(f"No column {', '.join(unknown)}. There are: {', '.join(READ.names)}.")
    found = asking.table(
        connection,
        f"""SELECT {", ".join(names)} FROM (SELECT {TEXTS} FROM ({chosen}) o {JOINS})
        ORDER BY {"ALL" if columns else "series, place, period, estimator, source, vintage"}""",
    )
    return found.cast(pa.schema([READ.field(name) for name in names]))


def totals(connection: duckdb.DuckDBPyConnection, chosen: str) -> pa.Table:
    """Sum and count of the chosen values by series, estimator and period, in the unit of the series."""
    found = asking.table(
        connection,
        f"""WITH by_line AS (
            SELECT line, period, fsum(value) AS total, count(value) AS rows FROM ({chosen}) GROUP BY ALL)
        SELECT l.series, l.estimator, t.text AS period, fsum(b.total) AS total, sum(b.rows)::BIGINT AS rows
        FROM by_line b JOIN line l ON l.id = b.line JOIN period t ON t.id = b.period
        GROUP BY ALL ORDER BY ALL""",
    )
    return found.cast(TOTALS)


def editions(connection: duckdb.DuckDBPyConnection, question: Question) -> list[Edition]:
    """Every edition of the series that was known on the day."""
    found = ask(
        connection,
        """SELECT e.batch, e.line, l.series, l.estimator, l.source, l.vintage, e.known_on, b.content
        FROM edition e JOIN line l ON l.id = e.line JOIN batch b ON b.id = e.batch
        WHERE list_contains($series, l.series) AND ($estimator IS NULL OR l.estimator = $estimator)
        AND ($as_of IS NULL OR e.known_on <= $as_of) ORDER BY ALL""",
        {"series": list(question.series), "estimator": question.estimator, "as_of": question.as_of},
    )
    return [Edition(*row) for row in found]


def chosen(connection: duckdb.DuckDBPyConnection, question: Question, editions: Sequence[Edition]) -> str:
    """SQL for the observations of these editions that are asked for; a row two batches share comes twice."""
    conditions = [_among("o.line", sorted({e.line for e in editions}))]
    if question.as_of and editions:
        pairs = ", ".join(f"({e.batch}, {e.line})" for e in editions)
        conditions.append(_among("o.batch", sorted({e.batch for e in editions})))
        conditions.append(f"(o.batch, o.line) IN (VALUES {pairs})")
    for book, texts in (("place", question.places), ("period", question.periods)):
        if texts is not None:
            conditions.append(_among(f"o.{book}", _ids(connection, book, texts)))
    return f"SELECT o.* FROM observation o WHERE {' AND '.join(conditions)}"


def _ids(connection: duckdb.DuckDBPyConnection, book: str, texts: Sequence[str]) -> list[int]:
    found = ask(
        connection,
        f"SELECT id FROM {book} WHERE text IN (SELECT unnest($texts)) ORDER BY id",
        {"texts": list(texts)},
    )
    return [number for (number,) in found]


def _among(column: str, ids: Sequence[int]) -> str:
    """A condition on numbers; many are given as a list, which is read faster than as many terms."""
    if not ids:
        return "false"
    listed = ", ".join(map(str, ids))
    return f"{column} IN ({listed})" if len(ids) <= _FEW else f"{column} IN (SELECT unnest([{listed}]))"


def _overlapping(connection: duckdb.DuckDBPyConnection, editions: Sequence[Edition]) -> bool:
    lines = ", ".join(str(e.line) for e in editions)
    return bool(editions) and bool(ask(connection, f"SELECT 1 FROM overlap WHERE line IN ({lines}) LIMIT 1"))
