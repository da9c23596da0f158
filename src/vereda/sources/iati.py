"""An IATI 2 file as columns of text: one row a transaction, with what its activity says about it.

The locator of a value is the line of the file on which the transaction begins. A file that declares a document type is
refused: entities can point elsewhere or grow without end, and no IATI file needs them.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from lxml import etree

from vereda.errors import BadSource

COLUMNS = ("activity", "donor", "country", "sector", "type", "date", "currency", "value", "row")
UNPACKED = 1 << 30  # bytes
_BLOCK = 20_000
_VERSIONS = ("2.01", "2.02", "2.03")


def blocks(path: Path) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Blocks of transactions as text. A part that is not there is empty; several donors are parted by `;`."""
    rows: list[tuple[str, ...]] = []
    for activity in _activities(path):
        rows += _transactions(activity)
        activity.clear()
        if len(rows) >= _BLOCK:
            yield 1, _batch(rows)
            rows = []
    if rows:
        yield 1, _batch(rows)


def _transactions(activity: Any) -> list[tuple[str, ...]]:
    donors = [_narrative(org) for org in activity.iterfind("participating-org[@role='1']")]
    about = (
        (activity.findtext("iati-identifier") or "").strip(),
        ";".join(dict.fromkeys(name for name in donors if name)),
        ";".join(_codes(activity, "recipient-country")),
        ";".join(_codes(activity, "sector")),
    )
    currency = activity.get("default-currency", "")
    return [(*about, *_money(one, currency), str(one.sourceline)) for one in activity.iterfind("transaction")]


def _money(transaction: Any, currency: str) -> tuple[str, str, str, str]:
    value = transaction.find("value")
    amount = "" if value is None else (value.text or "").strip()
    said = currency if value is None else value.get("currency", currency)
    kind, day = transaction.find("transaction-type"), transaction.find("transaction-date")
    return (_of(kind, "code"), _of(day, "iso-date"), said, amount)


def _activities(path: Path) -> Iterator[Any]:
    try:
        with _open(path) as handle:
            parser = etree.iterparse(
                _Bounded(handle, path.name), events=("start", "end"), tag=("iati-activities", "iati-activity"),
                resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
            )  # fmt: skip
            root = None
            for event, element in parser:
                if root is None:
                    root = _root(element, path.name)
                elif event == "end" and element.tag == "iati-activity":
                    yield element
                    while element.getprevious() is not None:  # what was read is let go
                        del element.getparent()[0]
            if root is None:
                raise BadSource(f"{path.name} holds no IATI activities. Fetch it again.")
    except etree.XMLSyntaxError as fault:
        raise BadSource(
            f"{path.name}: the file is not XML from line {fault.lineno} on ({str(fault.msg)[:100]}). It is cut or damaged: "
            "fetch it again."
        ) from None
    except FileNotFoundError:
        raise BadSource(
            f"{path.name} is not in {path.parent.name or 'this folder'}. Check the name."
        ) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise BadSource(f"{path.name}: the archive is cut or damaged ({fault}). Fetch it again.") from None


def _root(element: Any, file: str) -> Any:
    if element.getroottree().docinfo.doctype:
        raise BadSource(
            f"{file} declares a document type, which can name other files or make a small file grow without end. No IATI "
            "file needs one: it is not read."
        )
    if element.tag != "iati-activities" or element.get("version") not in _VERSIONS:
        said = element.get("version")
        raise BadSource(
            f"{file}: IATI {said or 'of no version'} ({element.tag}) is not read, only activities of {', '.join(_VERSIONS)}. "
            "Ask the publisher for one of them."
        )
    return element


class _Bounded:
    """Stops a stream that unpacks to more than a list of activities needs."""

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


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _narrative(element: Any) -> str:
    return " ".join((element.findtext("narrative") or "").split())


def _codes(activity: Any, name: str) -> list[str]:
    return [code for one in activity.iterfind(name) if (code := one.get("code", ""))]


def _of(element: Any, name: str) -> str:
    return "" if element is None else str(element.get(name, ""))


def _batch(rows: list[tuple[str, ...]]) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=list(COLUMNS))
