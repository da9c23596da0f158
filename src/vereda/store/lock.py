"""One writer at a time: a lock on a file beside what is written, freed by the system if its holder dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vereda.errors import BadStore

_PAUSE = 0.02  # seconds between two tries


@contextmanager
def held(file: Path, *, shared: bool = False, wait: float = 30.0) -> Iterator[None]:
    """Hold the lock while inside; many readers (shared) or one writer.

    Waits up to `wait` seconds, then BadStore names the process that holds it. Where the folder cannot be
    written and no lock file exists there is no writer either: a reader goes on without.
    """
    descriptor = _opened(file, shared)
    if descriptor is None:
        yield
        return
    try:
        _take(descriptor, file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, wait)
        if not shared:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _opened(file: Path, shared: bool) -> int | None:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:
        if not shared:
            raise
    except OSError:
        if not shared or not file.parent.is_dir():
            raise
    with suppress(FileNotFoundError):
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    return None


def _take(descriptor: int, file: Path, kind: int, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise BadStore(
                    f"{file.parent} is in use by {_holder(descriptor)}. Waited {wait:g} seconds. "
                    "Let it finish, or stop that process, and run again; nothing was changed."
                ) from None
            time.sleep(_PAUSE)


def _holder(descriptor: int) -> str:
    """The process that holds the lock: as Linux lists it, else the last writer's own note."""
    inode = f":{os.fstat(descriptor).st_ino}"
    found: list[str] = []
    with suppress(OSError):
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].endswith(inode):
                found.append(fields[4])
    with suppress(OSError):
        found = found or [os.pread(descriptor, 32, 0).decode()]
    return "process " + ", ".join(found) if any(found) else "another process"
