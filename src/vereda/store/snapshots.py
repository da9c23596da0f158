"""Publishers' bytes, kept under their own sha256, so that the same bytes are kept once and never change."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_BLOCK = 1 << 20  # bytes read at a time


def sha256_of(given: Path | bytes) -> str:
    """The sha256 of a file or of bytes, as 64 hexadecimal digits."""
    if isinstance(given, bytes):
        return hashlib.sha256(given).hexdigest()
    with given.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def path_of(folder: Path, sha256: str) -> Path:
    """Where the bytes with this sha256 stand, whether or not they are kept."""
    return folder / sha256[:2] / sha256


def keep(folder: Path, given: Path | bytes) -> str:
    """Write the bytes under their sha256 and return it; a kept snapshot that is whole is left alone.

    A snapshot appears complete or not at all. A file that changes while it is read is kept as it was read:
    the sha256 is of the bytes written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _temporary(folder) as (file, temporary):
        digest = _copy(given, file)
        target = path_of(folder, digest)
        if not (target.exists() and target.stat().st_size == file.tell() and sha256_of(target) == digest):
            _settle(file, temporary, target)
    return digest


def write_whole(target: Path, content: bytes) -> None:
    """Write a small file so that a reader sees the old content or the new, never half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _temporary(target.parent) as (file, temporary):
        file.write(content)
        _settle(file, temporary, target)


@contextmanager
def _temporary(folder: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file in the folder, removed at the end unless it has been moved into place."""
    descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file, Path(name)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _copy(given: Path | bytes, file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for block in _blocks(given):
        digest.update(block)
        file.write(block)
    return digest.hexdigest()


def _blocks(given: Path | bytes) -> Iterator[bytes]:
    if isinstance(given, bytes):
        yield given
        return
    with given.open("rb") as source:
        while block := source.read(_BLOCK):
            yield block


def _settle(file: IO[bytes], temporary: Path, target: Path) -> None:
    """Bytes to the disk, then the name: a killed process or a power cut leaves no half file."""
    file.flush()
    os.fsync(file.fileno())
    temporary.chmod(0o644)
    target.parent.mkdir(exist_ok=True)
    os.replace(temporary, target)  # noqa: PTH105  (the point is that it is one system call)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, spill: Path) -> None:
    """Remove what a killed process was still writing. Only for the holder of the lock."""
    for left in folder.rglob(".writing-*"):
        left.unlink(missing_ok=True)
    shutil.rmtree(spill, ignore_errors=True)
