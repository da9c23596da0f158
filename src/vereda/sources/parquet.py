"""A Parquet file as columns of text. The locator of a value is its row, the first being 1, and its column."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vereda.errors import BadSource
from vereda.sources.description import SourceDescription

_BLOCK = 50_000


def header(path: Path) -> list[str]:
    """Names of the columns, in order."""
    return list(_opened(path).schema_arrow.names)


def blocks(
    description: SourceDescription, path: Path, wanted: list[str]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Blocks of the wanted columns as text, each with the number of its first row; null and nan are empty cells."""
    marks = {name: description.number_format(name).decimal for name in wanted}
    row = 1
    try:
        for batch in _opened(path).iter_batches(batch_size=_BLOCK, columns=wanted):
            batch.validate(full=True)  # a damaged page may hold bytes that are no text
            columns = [_text(path, name, batch.column(name), marks[name]) for name in wanted]
            yield row, pa.RecordBatch.from_arrays(columns, names=wanted)
            row += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
        raise _damaged(path, fault) from None


def _text(path: Path, name: str, column: pa.Array, mark: str) -> pa.Array:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise BadSource(
            f"{path.name}: column {name!r} holds {kind}, which is no text and no number. Leave it out with a reason "
            "under `ignore`, or save it as columns of its own."
        )
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    text = pc.fill_null(pc.cast(column, pa.string()), "")
    return pc.replace_substring(text, ".", mark) if pa.types.is_floating(kind) and mark != "." else text


def _opened(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise BadSource(f"{path.name} is not in {path.parent.name or 'this folder'}. Check the name.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
        raise _damaged(path, fault) from None


def _damaged(path: Path, fault: Exception) -> BadSource:
    return BadSource(
        f"{path.name} cannot be read as a Parquet file ({str(fault).splitlines()[0][:120]}). It is cut, damaged or of "
        "another format: fetch it again."
    )
