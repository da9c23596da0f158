"""Decisions of reviewers: lines are added and never changed; each holds the hash of the one before it."""

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from vereda.errors import BadStore
from vereda.store.lock import held
from vereda.store.trouble import in_plain_words

AFTER = "after"  # first 16 hexadecimal digits of the sha256 of the line before


def add_records(file: Path, records: Sequence[Mapping[str, Any]], wait: float = 30.0) -> None:
    """Add records to a file of JSON lines, on the disk when this returns; the file is checked first."""
    with in_plain_words(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with held(file.with_name(f".{file.name}.lock"), wait=wait):
            lines = _lines(file)
            _chained(file, lines)
            last = lines[-1] if lines else b""
            added = b""
            for record in records:
                last = _line(record, last)
                added += last + b"\n"
            _append(file, added)


def records(file: Path) -> list[dict[str, Any]]:
    """Every record, oldest first; BadStore where a line was changed, taken out or put in."""
    with in_plain_words(file):
        return _chained(file, _lines(file))


def _line(record: Mapping[str, Any], before: bytes) -> bytes:
    return json.dumps({**record, AFTER: _mark(before)}, ensure_ascii=False, sort_keys=True).encode()


def _mark(line: bytes) -> str:
    return sha256(line).hexdigest()[:16] if line else ""


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines() if file.is_file() else []


def _chained(file: Path, lines: Sequence[bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = b""
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            mark = record.pop(AFTER)
        except (ValueError, KeyError, AttributeError, TypeError):
            raise _broken(file, number, "is no record of a decision") from None
        if mark != _mark(before):
            raise _broken(file, number, "does not follow the line before it")
        found.append(record)
        before = line
    return found


def _broken(file: Path, number: int, how: str) -> BadStore:
    return BadStore(
        f"{file}, line {number}, {how}: the file was edited, or cut short. Decisions are only ever added. "
        "Restore the file from version control; nothing was changed now."
    )


def _append(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
