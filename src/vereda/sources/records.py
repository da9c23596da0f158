"""A JSON list of records, or the rows of a flat XML file, as columns of text: every figure as it is printed.

The locator of a value is the number of its record or row, the first being 1. What is nested has no cell to go to and is
refused. A key that a record leaves out is an empty cell.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from lxml import etree

from vereda.errors import BadSource

UNPACKED = 1 << 29  # bytes; a JSON file is held whole
_BLOCK = 20_000
_DEEP = 3  # how far below the top a list of records is looked for


@dataclass(frozen=True, slots=True)
class Records:
    """Records of text under their keys, in the order of first appearance."""

    header: list[str]
    rows: list[dict[str, str]]

    def blocks(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Blocks of the records as columns of text, each with the number of its first."""
        for begin in range(0, len(self.rows), _BLOCK):
            some = self.rows[begin : begin + _BLOCK]
            columns = [pa.array([row.get(name, "") for row in some], pa.string()) for name in self.header]
            yield begin + 1, pa.RecordBatch.from_arrays(columns, names=self.header)


def parts(kind: str, path: Path) -> dict[str, int]:
    """Where lists of records stand in a file, and how many each holds."""
    if kind == "json":
        return {at: len(rows) for at, rows in _lists(_json(path))}
    return dict(_tags(path))


def read(kind: str, path: Path, rows_at: str | None) -> Records:
    """The records that stand at `rows_at`: keys parted by dots in JSON, names of elements parted by a stroke in XML."""
    return _of_json(path, rows_at or "") if kind == "json" else _of_xml(path, rows_at or "")


def _of_json(path: Path, rows_at: str) -> Records:
    found = dict(_lists(_json(path)))
    if rows_at not in found:
        raise BadSource(f"{path.name} has no list of records {rows_at or 'at its top'!r}. {_choose(found)}")
    rows = [
        {key: _scalar(value, path.name, number, key) for key, value in row.items()}
        for number, row in enumerate(found[rows_at], start=1)
    ]
    return Records(_header(rows), rows)


def _of_xml(path: Path, tag: str) -> Records:
    rows = [_row(element, path.name) for name, element in _elements(path) if name == tag]
    if not rows:
        raise BadSource(f"{path.name} has no rows called {tag!r}. {_choose(_tags(path))}")
    return Records(_header(rows), rows)


def _row(element: Any, file: str) -> dict[str, str]:
    row = {f"@{name}": text for name, text in element.attrib.items()}
    for child in element:
        name = _local(child)
        if len(child) or name in row:
            what = "holds further elements" if len(child) else "is there twice"
            raise BadSource(
                f"{file}:{child.sourceline}: {name!r} {what}, so the row is no line of a table. Such a file needs a "
                "read.py of its own, or the publisher's table."
            )
        row[name] = (child.text or "").strip()
    return row


def _scalar(value: Any, file: str, number: int, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    raise BadSource(
        f"{file}, record {number}: {key!r} holds a list or a record of its own, and no cell can. Such a file needs a "
        "read.py of its own, or the publisher's table."
    )


def _header(rows: Sequence[Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _lists(content: Any, at: str = "", depth: int = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        yield at, content
    elif isinstance(content, dict) and depth < _DEEP:
        for key, value in content.items():
            yield from _lists(value, f"{at}.{key}" if at else key, depth + 1)


def _json(path: Path) -> Any:
    content = _bytes(path)
    try:
        # Numbers stay as printed: a figure must not lose a digit before its column is understood.
        return json.loads(
            content.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str,
            object_pairs_hook=lambda pairs: _once(pairs, path.name),
        )  # fmt: skip
    except json.JSONDecodeError as fault:
        raise BadSource(
            f"{path.name}:{fault.lineno}: the file is not JSON from here on ({fault.msg}). It is cut or damaged: fetch "
            "it again."
        ) from None
    except UnicodeDecodeError as fault:
        raise BadSource(
            f"{path.name}: byte {fault.start} is not UTF-8, as JSON must be. Fetch it again."
        ) from None
    except RecursionError:
        raise BadSource(f"{path.name} is nested too deeply to hold a table. It is not read.") from None


def _once(pairs: list[tuple[str, Any]], file: str) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise BadSource(f"{file}: a record says {twice!r} twice. Ask the publisher which one holds.")
    return said


def _tags(path: Path) -> Counter[str]:
    """Elements below the root that could be rows: no part of one holds further elements."""
    return Counter(
        name
        for name, element in _elements(path)
        if (len(element) or element.attrib) and not any(len(child) for child in element)
    )


def _elements(path: Path) -> Iterator[tuple[str, Any]]:
    """Elements one or two steps below the root, each whole when it is given, with the names that lead to it."""
    try:
        with _open(path) as handle:
            parser = etree.iterparse(
                _Bounded(handle, path.name), events=("start", "end"), resolve_entities=False, no_network=True,
                load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
            depth = 0
            for event, element in parser:
                if event == "start":
                    if depth == 0:
                        _no_doctype(element, path.name)
                    depth += 1
                    continue
                depth -= 1
                if depth in (1, 2):
                    above = f"{_local(element.getparent())}/" if depth == 2 else ""
                    yield above + _local(element), element
                if depth == 1:
                    element.clear()
                    while element.getprevious() is not None:  # what was read is let go
                        del element.getparent()[0]
    except etree.XMLSyntaxError as fault:
        raise BadSource(
            f"{path.name}: the file is not XML from line {fault.lineno} on ({str(fault.msg)[:100]}). It is cut or "
            "damaged: fetch it again."
        ) from None
    except (EOFError, gzip.BadGzipFile) as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None


def _no_doctype(element: Any, file: str) -> None:
    if element.getroottree().docinfo.doctype:
        raise BadSource(
            f"{file} declares a document type, which can name other files or make a small file grow without end. No "
            "table needs one: it is not read."
        )


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)


def _choose(found: Mapping[str, Any]) -> str:
    listed = ", ".join(repr(name) for name in list(found)[:12])
    return f"It has: {listed}. State one as `rows_at`." if listed else "It has none: it is no table."


class _Bounded:
    """Stops a stream that unpacks to more than a table needs."""

    def __init__(self, handle: IO[bytes], file: str) -> None:
        self.handle, self.file, self.left = handle, file, UNPACKED

    def read(self, size: int = -1) -> bytes:
        chunk = self.handle.read(min(size, 1 << 16) if size > 0 else 1 << 16)
        self.left -= len(chunk)
        if self.left < 0:
            raise BadSource(
                f"{self.file} unpacks to more than {UNPACKED >> 20} MB: a bomb, or the wrong file."
            )
        return chunk


def _bytes(path: Path) -> bytes:
    found: list[bytes] = []
    try:
        with _open(path) as handle:
            bounded = _Bounded(handle, path.name)
            while chunk := bounded.read():
                found.append(chunk)
    except (EOFError, gzip.BadGzipFile) as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None
    return b"".join(found)


def _open(path: Path) -> IO[bytes]:
    if not path.is_file():
        raise BadSource(f"{path.name} is not in {path.parent.name or 'this folder'}. Check the name.")
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
