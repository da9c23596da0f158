"""Questions to the store: which observations are asked for, every rival row of them, their texts, their sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vereda.store import asking
from vereda.store.asking import ask
from vereda.store.schema import JOINS, TEXTS
from vereda.terms.observation import OBSERVATIONS

#: OBSERVATIONS, then the dataset a row came in and the sha256 of the publisher's file.
READ = pa.schema([*OBSERVATIONS, pa.field("dataset", pa.string()), pa.field("file_sha256", pa.string())])
#: Sums of one edition in one period, apart by status and confidence; `values` is how many numbers were added.
TALLIES = pa.schema(
    [
        *(
            READ.field(name)
            for name in ("series", "period", "estimator", "source", "vintage", "unit", "status", "confidence")
        ),
        pa.field("total", pa.float64()),
        pa.field("values", pa.int64()),
        *(READ.field(name) for name in ("dataset", "file_sha256")),
    ]
)
_FEW = 1_000  # runs of ids written into the statement; more go as a list


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


def table(connection: duckdb.DuckDBPyConnection, chosen: str) -> pa.Table:
    """The chosen observations with their texts (READ), ordered by key."""
    found = asking.table(
        connection,
        f"""SELECT {", ".join(READ.names)} FROM (SELECT {TEXTS} FROM ({chosen}) o {JOINS})
        ORDER BY series, place, period, estimator, source, vintage""",
    )
    return found.cast(READ)


def tallies(connection: duckdb.DuckDBPyConnection, chosen: str) -> pa.Table:
    """Sums and counts of the chosen observations, by edition, period, status and confidence (TALLIES)."""
    found = asking.table(
        connection,
        # Status and confidence as one number: a column less to group ten million rows by.
        f"""WITH o AS (SELECT batch, line, period, status * 8 + coalesce(confidence, 0) AS both,
            fsum(value) AS total, count(value) AS values FROM ({chosen}) GROUP BY ALL)
        SELECT l.series, t.text AS period, l.estimator, l.source, l.vintage, l.unit, s.text AS status,
            (['high', 'medium', 'low'])[nullif(o.both % 8, 0)] AS confidence, o.total, o.values, b.dataset,
            b.sha256 AS file_sha256
        FROM o JOIN line l ON l.id = o.line JOIN period t ON t.id = o.period
        JOIN status s ON s.id = o.both // 8 JOIN batch b ON b.id = o.batch ORDER BY ALL""",
    )
    return found.cast(TALLIES)


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
    lines: dict[int, list[int]] = {}
    for edition in sorted(editions, key=lambda e: (e.batch, e.line)):
        lines.setdefault(edition.batch, []).append(edition.line)
    held = [f"(o.batch = {batch} AND {_among('o.line', ids)})" for batch, ids in lines.items()]
    conditions = [f"({' OR '.join(held)})" if held else "false"]
    for book, texts in (("place", question.places), ("period", question.periods)):
        if texts is not None:
            conditions.append(_among(f"o.{book}", _ids(connection, book, texts)))
    return f"SELECT o.* FROM observation o WHERE {' AND '.join(conditions)}"


def _ids(connection: duckdb.DuckDBPyConnection, book: str, texts: Sequence[str]) -> NDArray[np.int64]:
    connection.register("asked", pa.table({"text": pa.array(texts, pa.string())}))
    found = connection.sql(f"SELECT id FROM {book} SEMI JOIN asked USING (text) ORDER BY id").fetchnumpy()
    connection.unregister("asked")
    return np.asarray(found["id"], dtype=np.int64)


def _among(column: str, ids: Sequence[int] | NDArray[np.int64]) -> str:
    """A condition on numbers. Runs of them are compared at their ends, which reads least; many runs are a list."""
    if not len(ids):
        return "false"
    number = np.asarray(ids)
    ends = np.flatnonzero(np.diff(number) > 1)
    runs = [*zip(number[np.r_[0, ends + 1]].tolist(), number[np.r_[ends, -1]].tolist(), strict=True)]
    if len(runs) > _FEW:
        return f"{column} IN (SELECT unnest([{', '.join(map(str, ids))}]))"
    terms = [f"{column} BETWEEN {first} AND {last}" for first, last in runs if first < last]
    if alone := ", ".join(str(first) for first, last in runs if first == last):
        terms.append(f"{column} IN ({alone})")
    return f"({' OR '.join(terms)})"


def _overlapping(connection: duckdb.DuckDBPyConnection, editions: Sequence[Edition]) -> bool:
    lines = ", ".join(str(e.line) for e in editions)
    return bool(editions) and bool(ask(connection, f"SELECT 1 FROM overlap WHERE line IN ({lines}) LIMIT 1"))
