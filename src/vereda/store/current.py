"""Of rival observations the one that counts today: chosen by a rule, never averaged."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from vereda.store.reading import Edition, Question, chosen, editions

#: Which rows a newer edition also has is kept as bits, 64 periods to a number; no row is compared with another.
_BY_EDITION = """
    WITH held AS (SELECT batch, line, place, period // 64 AS block,
            bit_or(1::UBIGINT << (period % 64)::UBIGINT) AS bits FROM ({rows}) GROUP BY ALL),
    hidden AS (SELECT o.batch, o.line, place, block, bit_or(bits) OVER (PARTITION BY r.rival, place, block
            ORDER BY r.age ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
        FROM held o JOIN {ranks} ON r.batch = o.batch AND r.line = o.line)
    SELECT o.* FROM ({rows}) o LEFT JOIN (FROM hidden WHERE newer IS NOT NULL) h
        ON h.batch = o.batch AND h.line = o.line AND h.place = o.place AND h.block = o.period // 64
    WHERE newer IS NULL OR (newer >> (o.period % 64)::UBIGINT) & 1 = 0"""

#: Editions of one day: row by row.
_BY_ROW = """
    SELECT o.* FROM ({rows}) o JOIN {ranks} ON r.batch = o.batch AND r.line = o.line
    QUALIFY row_number() OVER (PARTITION BY r.rival, o.place, o.period
        ORDER BY r.age, coalesce(o.confidence, 4), r.name) = 1"""


@dataclass(frozen=True, slots=True)
class Rank:
    """Where an edition stands among its rivals; lower comes first."""

    rival: int  # which series and estimator
    age: int  # 0 for the newest day among all that are asked for
    name: int  # by source, vintage, content


def newest(connection: duckdb.DuckDBPyConnection, question: Question) -> str:
    """SQL for one observation per (series, place, period, estimator).

    Newest vintage first, then confidence high, medium, low, not graded; then the name of the source.
    """
    found = editions(connection, question)
    rows = chosen(connection, question, found)
    ranks = _ranks(found)
    if _most_alike(rank.rival for rank in ranks.values()) <= 1:
        return rows
    by_day = _most_alike((rank.rival, rank.age) for rank in ranks.values()) <= 1
    return (_BY_EDITION if by_day else _BY_ROW).format(rows=rows, ranks=_as_table(ranks))


def _most_alike(ranks: Iterable[Hashable]) -> int:
    """How often the most frequent one occurs; 0 if there is none."""
    return max(Counter(ranks).values(), default=0)


def _ranks(found: Sequence[Edition]) -> dict[Edition, Rank]:
    rivals = sorted({(e.series, e.estimator) for e in found})
    days = sorted({e.known_on for e in found}, reverse=True)
    names = sorted({(e.source, e.vintage, e.content) for e in found})
    rival = {key: i for i, key in enumerate(rivals)}
    age = {key: i for i, key in enumerate(days)}
    name = {key: i for i, key in enumerate(names)}
    return {
        e: Rank(rival[e.series, e.estimator], age[e.known_on], name[e.source, e.vintage, e.content])
        for e in found
    }


def _as_table(ranks: Mapping[Edition, Rank]) -> str:
    listed = ", ".join(f"({e.batch}, {e.line}, {r.rival}, {r.age}, {r.name})" for e, r in ranks.items())
    return f"(VALUES {listed}) r(batch, line, rival, age, name)"
