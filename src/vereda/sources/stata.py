"""A Stata file as columns of text. The locator of a value is its observation, the first being 1, and its variable."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyreadstat

from vereda.errors import BadSource
from vereda.sources.description import SourceDescription
from vereda.sources.workbook import text

UNPACKED = 1 << 30  # bytes; a panel of every municipality and 331 variables has a twentieth of it
_BLOCK = 50_000


def header(path: Path) -> list[str]:
    """Names of the variables, in order."""
    names: list[str] = _read(path, _unpacked(path), metadataonly=True)[1].column_names
    return names


def blocks(
    description: SourceDescription, path: Path, wanted: list[str]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Blocks of the wanted variables as text, each with the number of its first observation.

    The system's missing value is an empty cell. A missing value with a letter keeps it (`.a`): what it means is the
    publisher's to say, so it is no number until the description names it.
    """
    values, about = _read(path, _unpacked(path), usecols=wanted, user_missing=True, output_format="dict")
    lettered = {name: set(about.missing_user_values.get(name, ())) for name in wanted}
    marks = {name: description.number_format(name).decimal for name in wanted}
    rows = len(values[wanted[0]]) if wanted else 0
    for start in range(0, rows, _BLOCK):
        columns = [
            pa.array(
                [_text(cell, lettered[n], marks[n]) for cell in values[n][start : start + _BLOCK]],
                pa.string(),
            )
            for n in wanted
        ]
        yield start + 1, pa.RecordBatch.from_arrays(columns, names=wanted)


def _text(cell: Any, lettered: set[str], mark: str) -> str:
    if cell is None or cell != cell:
        return ""
    return f".{cell}" if isinstance(cell, str) and cell in lettered else text(cell, mark)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
            content: bytes = handle.read(UNPACKED + 1)
    except FileNotFoundError:
        raise BadSource(
            f"{path.name} is not in {path.parent.name or 'this folder'}. Check the name."
        ) from None
    except (EOFError, gzip.BadGzipFile, OSError, zlib.error) as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None
    if len(content) > UNPACKED:
        raise BadSource(f"{path.name} unpacks to more than {UNPACKED >> 20} MB: a bomb, or the wrong file.")
    return content


def _read(path: Path, content: bytes, **how: Any) -> tuple[Any, Any]:
    try:
        found: tuple[Any, Any] = pyreadstat.read_dta(io.BytesIO(content), **how)
    except Exception as fault:  # pyreadstat raises errors of its own and of Python
        raise BadSource(
            f"{path.name} cannot be read as a Stata file ({str(fault).splitlines()[0][:120]}). It is cut, damaged or of "
            "another format: fetch it again."
        ) from None
    return found
