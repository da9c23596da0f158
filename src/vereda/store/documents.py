"""Published documents and the state of the last run: a reader finds the last good ones, whole."""

import ctypes
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from vereda.errors import BadRequest, BadStore
from vereda.store.lock import held
from vereda.store.snapshots import write_whole
from vereda.store.trouble import in_plain_words

MARK = ".vereda"  # stands in every folder that we published, so that no other folder is ever replaced
_EXCHANGE, _HERE = 2, -100  # RENAME_EXCHANGE, AT_FDCWD


def write_outputs(folder: Path | str, documents: Mapping[str, str | bytes], wait: float = 30.0) -> None:
    """Publish documents: afterwards the folder holds these and nothing else.

    They are written beside the folder, which is then exchanged in one step: who is killed on the way, or runs
    out of disk, leaves the last good site. Keys are relative paths with '/'.
    """
    target = Path(folder).resolve()
    paths = {_safe(name): content for name, content in documents.items()}
    with in_plain_words(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with held(target.parent / f".{target.name}.lock", wait=wait):
            _publish(target, paths)


def write_files(folder: Path | str, documents: Mapping[str, str | bytes]) -> None:
    """Write files into a folder beside what is there already, each whole or not at all."""
    target = Path(folder)
    with in_plain_words(target):
        for name, content in documents.items():
            write_whole(target / _safe(name), content.encode() if isinstance(content, str) else content)


def save_state(file: Path | str, state: Mapping[str, Any]) -> None:
    """Write down what the last run saw (a small JSON object), whole or not at all."""
    content = json.dumps(state, ensure_ascii=False, indent=1, sort_keys=True)
    with in_plain_words(Path(file)):
        write_whole(Path(file), content.encode())


def load_state(file: Path | str) -> dict[str, Any]:
    """What the last run saw; empty if there was none or it cannot be read: then everything is run again."""
    with in_plain_words(Path(file)):
        try:
            state = json.loads(Path(file).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
    return state if isinstance(state, dict) else {}


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    if not path.name or path.is_absolute() or ".." in path.parts or path.parts[0] == MARK or "\0" in name:
        raise BadRequest(
            f"{name!r} is no path inside the output folder. Use relative paths such as 'coca/index.html'."
        )
    return str(path)


def _publish(target: Path, documents: Mapping[str, str | bytes]) -> None:
    new, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    if old.exists() and not target.exists():  # killed between the two moves of `_exchange`
        old.rename(target)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    _must_be_ours(target)
    try:
        _write(new, documents)
        _exchange(new, target, old)
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def _must_be_ours(target: Path) -> None:
    if target.is_dir() and not (target / MARK).exists() and any(target.iterdir()):
        raise BadStore(
            f"{target} holds files that vereda did not publish; publishing would delete them. "
            "Choose an empty or a new folder."
        )


def _write(folder: Path, documents: Mapping[str, str | bytes]) -> None:
    for parent in sorted({(folder / name).parent for name in documents} | {folder}):
        parent.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_bytes(b"")
    for name, content in documents.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    _flush(folder)


def _exchange(new: Path, target: Path, old: Path) -> None:
    """Put `new` in the place of `target`: one step where the system can, else two moves."""
    if not target.exists():
        new.rename(target)
    elif not _exchanged(new, target):
        target.rename(old)
        new.rename(target)


def _exchanged(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def _flush(folder: Path) -> None:
    """Bytes of the whole file system to the disk, once, so that a power cut finds whole files."""
    flush = getattr(ctypes.CDLL(None), "syncfs", None)
    if flush is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)
