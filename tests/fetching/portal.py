"""A portal on this computer that behaves like the real ones at their worst: a real HTTP server on loopback."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class WentOut(AssertionError):
    """A test tried to reach another computer."""


DEFAULT_LIMIT = 1000  # rows that a Socrata portal gives to who does not ask for more

Row = dict[str, Any]
Fault = Callable[["Handler"], None]  # answers instead of the portal


@dataclass
class Table:
    """A dataset of the portal. `cap`: rows it gives at most, whatever is asked; `steady`: it heeds the offset."""

    columns: list[str]
    rows: list[Row]
    updated: int = 1_790_000_000
    cap: int = 50_000
    steady: bool = True
    endless: bool = False
    counted: int | None = None  # what it says it counts, where that is wrong
    added: dict[str, str] = field(default_factory=dict)  # sums it states, where they are wrong
    shuffled: bool = False  # order not stable: the second page repeats a row of the first


@dataclass
class File:
    """A plain file. `headers` go with it; `ranges`: it can be asked for in parts."""

    content: bytes
    kind: str = "text/csv"
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Portal:
    """What the server holds, what goes wrong next, and what it was asked."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.files: dict[str, File] = {}
        self.documents: dict[str, Any] = {}
        self.faults: list[tuple[str, Fault]] = []
        self.asked: list[Asked] = []
        self.base = ""

    def goes_wrong(self, path: str, *faults: Fault) -> None:
        """The next requests whose path contains this get these answers, one each."""
        self.faults += [(path, fault) for fault in faults]

    def pages(self) -> list[Asked]:
        """Requests for rows."""
        return [a for a in self.asked if "$offset" in a.query]


class Quiet(ThreadingHTTPServer):
    """Says nothing when a caller hangs up, as a caller does who refuses what comes."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing is printed."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    portal: Portal

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        """Answer, or go wrong as agreed."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.portal.asked.append(Asked(parts.path, query, headers))
        for i, (path, fault) in enumerate(self.portal.faults):
            if path in parts.path or path in query.get("$select", ""):
                del self.portal.faults[i]
                fault(self)
                return
        if "vereda/" not in headers.get("user-agent", ""):
            self.give(403, b"anonymous agents are not served", "text/plain")
        else:
            self._serve(parts.path, query, headers)

    def _serve(self, path: str, query: dict[str, str], headers: dict[str, str]) -> None:
        name = path.rpartition("/")[2].partition(".")[0]
        if path.startswith("/api/views/") and path.endswith("rows.csv"):
            self._export(path.split("/")[3])
        elif path.startswith("/api/views/") and name in self.portal.tables:
            table = self.portal.tables[name]
            columns = [{"fieldName": c, "name": c} for c in table.columns]
            self.document({"id": name, "columns": columns, "rowsUpdatedAt": table.updated})
        elif path.startswith("/resource/") and name in self.portal.tables:
            self._rows(self.portal.tables[name], query)
        elif path in self.portal.files:
            self._file(self.portal.files[path], headers)
        elif path in self.portal.documents:
            self.document(self.portal.documents[path])
        else:
            self.document({"error": True, "message": "Cannot find it"}, 404)

    def _rows(self, table: Table, query: dict[str, str]) -> None:
        select = query.get("$select", "")
        if select.startswith("count("):
            self.document([_tally(table, select)])
            return
        names = [name.strip() for name in select.split(",")]
        if any(name not in (":id", *table.columns) for name in names):
            self.document({"message": "No such column"}, 400)
            return
        at, most = int(query.get("$offset", 0)), min(int(query.get("$limit", DEFAULT_LIMIT)), table.cap)
        at = at if table.steady else 0
        found = table.rows[at : at + most]
        if table.shuffled and at and found:
            found = [table.rows[0], *found[1:]]
        if table.endless and len(found) < most:
            extra = [{":id": f"row-x{at + i}", **table.rows[0]} for i in range(most - len(found))]
            found = [*found, *extra]
        self.document([{n: row[n] for n in names if row.get(n) is not None} for row in found])

    def _export(self, name: str) -> None:
        table = self.portal.tables[name]
        lines = [",".join(table.columns)]
        lines += [",".join(str(row.get(c, "")) for c in table.columns) for row in table.rows]
        self.give(200, ("\n".join(lines) + "\n").encode(), "text/csv; charset=utf-8")

    def _file(self, file: File, headers: dict[str, str]) -> None:
        etag, since = file.headers.get("ETag"), file.headers.get("Last-Modified")
        held = headers.get("if-none-match") == etag if etag else headers.get("if-modified-since") == since
        if (etag or since) and held and ("if-none-match" in headers or "if-modified-since" in headers):
            self.give(304, b"", file.kind, file.headers)
            return
        asked = headers.get("range", "")
        if asked and file.ranges and headers.get("if-range") in (etag, since):
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            about = {"Content-Range": f"bytes {first}-{len(file.content) - 1}/{len(file.content)}"}
            self.give(206, file.content[first:], file.kind, {**file.headers, **about})
            return
        self.give(200, file.content, file.kind, file.headers)

    def document(self, said: Any, status: int = 200) -> None:
        """JSON, packed where the caller can unpack it."""
        content = json.dumps(said).encode()
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        about = {"Content-Encoding": "gzip"} if packed else {}
        self.give(status, gzip.compress(content) if packed else content, "application/json", about)

    def give(
        self,
        status: int,
        content: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        """An answer; `cut` bytes of it and then nothing, where the connection breaks."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None:
            self.close_connection = True


def _tally(table: Table, select: str) -> Row:
    found: Row = {"n": str(len(table.rows) if table.counted is None else table.counted)}
    for part in select.split(",")[1:]:
        column, name = part.split("(")[1].partition(")")[0], part.rpartition(" ")[2]
        column = column.partition("::")[0]
        whole = sum((Decimal(str(row[column])) for row in table.rows if row.get(column)), Decimal(0))
        found[name] = table.added.get(column, str(whole))
    return found


# ---- what goes wrong ------------------------------------------------------------------------------------


def status(code: int, **headers: str) -> Fault:
    """Answers with this status."""
    about = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.give(code, b"not now", "text/plain", about)


def page(text: str = "<!DOCTYPE html><p>Sorry", kind: str = "text/html") -> Fault:
    """A page for people where a table was meant."""
    return lambda handler: handler.give(200, text.encode(), kind)


def cut(content: bytes, after: int, kind: str = "text/csv", **headers: str) -> Fault:
    """Breaks off after so many bytes."""
    return lambda handler: handler.give(200, content, kind, headers, cut=after)


def silence(seconds: float) -> Fault:
    """Says nothing, then hangs up."""

    def answer(handler: Handler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return answer


def drip(seconds: float, every: float = 0.02) -> Fault:
    """A byte at a time for so long."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/csv")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                handler.wfile.write(b"a")
                handler.wfile.flush()
            except OSError:
                break
            time.sleep(every)
        handler.close_connection = True

    return answer


def sent_to(address: str) -> Fault:
    """Sends the caller elsewhere."""
    return lambda handler: handler.give(302, b"", "text/plain", {"Location": address})


def bomb(size: int, kind: str = "application/json") -> Fault:
    """A small answer that unpacks to `size` bytes."""
    content = gzip.compress(b"[" + b" " * size + b"]")
    return lambda handler: handler.give(200, content, kind, {"Content-Encoding": "gzip"})


@contextmanager
def portal() -> Iterator[Portal]:
    """A portal that listens on a free port of this computer."""
    held = Portal()
    bound = type("Bound", (Handler,), {"portal": held})
    server = Quiet(("127.0.0.1", 0), bound)
    held.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
