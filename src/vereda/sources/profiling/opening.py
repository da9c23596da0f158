"""An unknown file as columns of text: what kind of table it is, and where its header stands.

The rows are read by the readers that will read the described file, so what they refuse is refused here.
"""

import zipfile
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from vereda.errors import BadRequest, BadSource
from vereda.sources import records, tabular
from vereda.sources.description import SourceDescription
from vereda.sources.profiling import sniffing
from vereda.sources.profiling.note import Note, Proposed, note

ROWS = 200_000  # rows profiled one by one; of a longer file these and every STEPth after them
STEP = 50


@dataclass(frozen=True, slots=True)
class Opened:
    """A file on the table: its text under its header, and how it is written.

    said: the keys of a description that say how the file is written. rows: of the whole file.
    """

    file: str
    text: pa.Table
    at: pa.ChunkedArray  # line or row of the file on which each row of `text` stands
    rows: int
    said: dict[str, Proposed]
    seen: tuple[Note, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Whether every row was profiled, and not a sample."""
        return bool(self.text.num_rows == self.rows)


def open_file(path: Path, part: str | None = None) -> Opened:
    """The table in a file. `part` names the sheet, list or element where there are several; BadSource if it is none."""
    if not path.is_file():
        raise BadRequest(
            f"{path} is not a file. Name a publisher's file: CSV, XLSX, JSON, XML, Stata or Parquet."
        )
    kind = _kind(path)
    if kind == "workbook":
        return _sheet(path, part)
    if kind in ("json", "xml"):
        return _records(path, kind, part)
    if kind in ("stata", "parquet", "iati"):
        room = import_module(f"vereda.sources.{kind}")
        names = list(room.COLUMNS) if kind == "iati" else room.header(path)
        said = {"table": Proposed(kind, (note("kind", kind=kind),))}
        return _read(path, names, said)
    return _text(path, part)


def _kind(path: Path) -> str:
    """What the first bytes say; the name of a file is not asked."""
    head = sniffing.head(path)
    start = head[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise BadSource(f"{path.name} is empty. Fetch the file again.")
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
        return "workbook"  # refused there by what it is: encrypted, or of before 2007
    if head[:4] == b"PK\x03\x04" and path.suffix.lower() != ".zip":
        return "workbook"
    if head[:11] == b"<stata_dta>" or (path.suffix == ".dta" or path.name.endswith(".dta.gz")):
        return "stata"
    if start[:1] in (b"[", b"{"):
        return "json"
    if start[:1] == b"<":
        if start[:14].lower().startswith((b"<!doctype html", b"<html")):
            raise BadSource(
                f"{path.name} is a web page, not a table: an error page saved as a file. Fetch it again."
            )
        return "iati" if b"<iati-activities" in head else "xml"
    return "text"


def _text(path: Path, part: str | None) -> Opened:
    said: dict[str, Proposed] = {}
    if path.suffix.lower() == ".zip":
        said["member"] = _member(path, part)
    found = sniffing.sniff(path, str(said["member"].value) if "member" in said else None)
    said |= found.said
    return _read(path, found.header, said)


def _member(path: Path, part: str | None) -> Proposed:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
    except zipfile.BadZipFile as fault:
        raise BadSource(
            f"{path.name}: the archive is cut or damaged ({fault}). Fetch the file again."
        ) from None
    wanted = [name for name in names if part in (None, name)]
    if len(wanted) != 1:
        raise BadRequest(
            f"{path.name} holds {', '.join(map(repr, names[:20]))}. Name one of them: --part NAME"
        )
    return Proposed(wanted[0], (note("member", name=wanted[0], of=len(names)),))


def _records(path: Path, kind: str, part: str | None) -> Opened:
    found = {name: count for name, count in records.parts(kind, path).items() if part in (None, name)}
    if kind == "xml" and part is None and len(found) > 1:  # one element repeats, the others stand once
        found = {name: count for name, count in found.items() if count > 1} or found
    if not found:
        raise BadSource(
            f"{path.name} holds no list of records, one under the other, so it is no table"
            + (f" at {part!r}." if part else ".")
        )
    if len(found) > 1:
        raise BadRequest(
            f"{path.name} holds several tables: {', '.join(map(repr, found))}. Name one of them: --part NAME"
        )
    at = next(iter(found))
    said = {"table": Proposed(kind, (note("kind", kind=kind),))}
    if at:
        said["rows_at"] = Proposed(at, (note("rows_at", at=at, rows=found[at]),))
    header = records.read(kind, path, at).header
    if not header:
        raise BadSource(f"{path.name} holds records without a single key, so it is no table.")
    return _read(path, header, said)


def _sheet(path: Path, part: str | None) -> Opened:
    where = sniffing.sheet(path, part)
    return _read(path, where.header, where.said)


def _read(path: Path, header: list[str], said: dict[str, Proposed]) -> Opened:
    """The rows under the header, as the reader of described files gives them."""
    described = provisional(
        header, {key: found.value for key, found in said.items() if key != "final_newline"}
    )
    kept: list[pa.RecordBatch] = []
    at: list[pa.Array] = []
    rows = 0
    for line, batch in tabular.batches(described, path):
        wanted = [i for i in range(batch.num_rows) if rows + i < ROWS or (rows + i) % STEP == 0]
        rows += batch.num_rows
        kept.append(batch if len(wanted) == batch.num_rows else batch.take(pa.array(wanted, pa.int64())))
        at.append(pa.array([line + i for i in wanted], pa.int64()))
    text = (
        pa.Table.from_batches(kept)
        if kept
        else pa.table({name: pa.array([], pa.string()) for name in header})
    )
    if not text.num_rows:
        raise BadSource(f"{path.name} has a header and no rows below it. Fetch it again.")
    return Opened(path.name, text, pa.chunked_array(at, pa.int64()), rows, said)


def provisional(header: list[str], said: dict[str, object]) -> SourceDescription:
    """A description that reads every column and uses none, to open a file with."""
    return SourceDescription.model_validate(
        {
            "dataset": "draft", "title": "-", "publisher": "-", "address": "-", "licence": "-", "terms": "not stated",
            "obtained": "-", "file": "-", "vintage": "0", "estimator": "-", "place": {"fixed": "-"},
            "period": {"fixed": "2000"}, "series": {"rows": {"unit": "rows"}},
            "covers": {"places": "-", "years": "2000"}, "absent": {"means": "missing", "why": "-"},
            "values": {name: {"series": "rows"} for name in header if name}, "ignore": {"": "-"} if "" in header else {},
            "each_row": {"series": "rows"}, "expect": {"final_newline": False}, **said,
        }
    )  # fmt: skip
