"""Mentions by municipality, year and kind of actor: the organisations of one kind added up."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vereda.errors import UnknownColumn

COLUMNS = ["code", "year", "actor_main", "actor_sub", "mentions", "days"]


def table(path: Path) -> pa.Table:
    """One row a municipality, year and kind, as text; `row` is the line of the first organisation added."""
    types = {"code": pa.string(), "year": pa.string(), "mentions": pa.int64()}
    rows = pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(column_types=types))
    if rows.column_names != COLUMNS:
        raise UnknownColumn(
            f"{path.name}: the columns are {', '.join(rows.column_names)} and not those described. "
            "Change sources/vipaa_armed_actors if the publisher changed the file."
        )
    line = pa.array(range(2, rows.num_rows + 2), pa.int32())  # line 1 is the header
    sums = (
        rows.append_column("row", line)
        .group_by(["code", "year", "actor_main"], use_threads=False)
        .aggregate([("mentions", "sum"), ("row", "min")])
    )
    return pa.table(
        {
            "code": sums["code"],
            "year": sums["year"],
            "actor_main": sums["actor_main"],
            "mentions": pc.cast(sums["mentions_sum"], pa.string()),
            "row": pc.cast(sums["row_min"], pa.string()),
        }
    )
