"""What the disk and the database say, in the words of the person at the desk."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from vereda.errors import BadStore

#: Words of DuckDB or the system (lower case) -> what happened and what to do; the first that fits is used.
_MEANINGS = (
    (
        ("no space left", "disk full", "max_temp_directory_size", "quota exceeded", "not enough space"),
        "the disk is full. Nothing of the last step was kept; what was stored before is intact. "
        "Free some space (or choose a workspace on another disk) and run again.",
    ),
    (
        ("read-only file system", "permission denied", "read-only mode", "operation not permitted"),
        "the folder cannot be written. Choose a workspace folder that you may write to.",
    ),
    (
        ("could not set lock", "conflicting lock"),
        "another program has the file open. Close it, then run again.",
    ),
    (
        ("different version of duckdb", "database file with version number", "storage version"),
        "it was written by another release of DuckDB than the one installed. Install the release of vereda "
        "that wrote it, or delete the workspace folder and run again: it is rebuilt from the case.",
    ),
    (
        ("out of memory", "failed to allocate", "could not allocate"),
        "this step needs more memory than the store may use. Ask for fewer series or places at a time.",
    ),
)
_DAMAGED = (
    "the file is damaged (a broken disk, a copy cut short, or an edit by another program). "
    "Delete the workspace folder and run again: it is rebuilt from the case."
)
#: DuckDB errors that the disk can cause, as can one of no class (a checksum that does not fit).
#: Any other is a fault of ours, and is shown as it is.
_THE_DISK = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.OutOfMemoryException,
    duckdb.SerializationException,
    duckdb.TransactionException,
    duckdb.ConnectionException,
)
_SYSTEM = {
    errno.ENOSPC: 0,
    errno.EDQUOT: 0,
    errno.EROFS: 1,
    errno.EACCES: 1,
    errno.EPERM: 1,
}


@contextmanager
def in_plain_words(where: Path) -> Iterator[None]:
    """Turn an OSError or a DuckDB error raised inside into BadStore; everything else passes."""
    try:
        yield
    except OSError as cause:
        raise BadStore(f"{where}: {_of_the_system(cause)}") from cause
    except duckdb.Error as cause:
        if type(cause) is not duckdb.Error and not isinstance(cause, _THE_DISK):
            raise
        raise BadStore(f"{where}: {_of_duckdb(cause)}") from cause


def _of_the_system(cause: OSError) -> str:
    if isinstance(cause, NotADirectoryError | FileExistsError | IsADirectoryError):
        return "a file stands where a folder is needed (or the reverse). Move it or choose another workspace."
    if cause.errno in _SYSTEM:
        return _MEANINGS[_SYSTEM[cause.errno]][1]
    return f"the system refused ({cause.strerror or cause}). Check the disk and the folder, then run again."


def _of_duckdb(cause: duckdb.Error) -> str:
    said = str(cause)
    for words, meaning in _MEANINGS:
        if any(word in said.casefold() for word in words):
            return meaning
    return f"{_DAMAGED} (DuckDB said: {said.splitlines()[0][:200]})"
