"""A list of events added up by place and period: what each sum was made of, and where its first event stands."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from vereda.terms.observation import OBSERVATIONS

_ADDED = ("value", "low", "high")
_KEPT = [f.name for f in OBSERVATIONS if f.name not in (*_ADDED, "row", "note")]
_EXACT = pa.decimal128(38, 8)  # eight places, so that a sum of decimals prints as its addends do
_ALL = pc.ScalarAggregateOptions(skip_nulls=False)  # a sum with a missing addend is missing


def added(batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """One row a place, period and series. `row` is the first event's; the note says how many were added."""
    sums: pa.Table | None = None
    for batch in batches:
        one = {name: batch[name] for name in (*_KEPT, "row")}
        one |= {name: pc.cast(batch[name], _EXACT) for name in _ADDED}
        one["events"] = pa.repeat(pa.scalar(1, pa.int64()), batch.num_rows)
        part = pa.table(one)
        sums = _sum(part if sums is None else pa.concat_tables([sums, part]))
    if sums is None or not sums.num_rows:
        return pa.RecordBatch.from_pylist([], schema=OBSERVATIONS)
    columns = {name: sums[name] for name in (*_KEPT, "row")}
    columns |= {name: pc.cast(sums[name], pa.float64()) for name in _ADDED}
    columns["note"] = pc.binary_join_element_wise("rows added:", pc.cast(sums["events"], pa.string()), " ")
    table = pa.table([columns[f.name] for f in OBSERVATIONS], schema=OBSERVATIONS).combine_chunks()
    whole: pa.RecordBatch = table.to_batches()[0]
    return whole


def _sum(rows: pa.Table) -> pa.Table:
    """The same columns, one row for each of what is kept."""
    aims = [*((name, "sum", _ALL) for name in _ADDED), ("row", "min"), ("events", "sum")]
    sums = rows.group_by(_KEPT, use_threads=False).aggregate(aims)
    plain = {f"{name}_sum": name for name in (*_ADDED, "events")} | {"row_min": "row"}
    sums = sums.rename_columns([plain.get(name, name) for name in sums.column_names])
    return pa.table({name: pc.cast(sums[name], rows.schema.field(name).type) for name in rows.column_names})
