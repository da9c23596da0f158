"""A chat endpoint on this computer: a real HTTP server on loopback that answers as told, well or badly."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from portal import Quiet

Answer = Callable[["Handler"], None]


@dataclass
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def lines(self) -> str:
        """The numbered sentences that were sent."""
        return str(self.body["messages"][1]["content"])


@dataclass
class ChatServer:
    """Answers in turn; the last one again and again."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    base: str = ""

    @property
    def host(self) -> str:
        return self.base.removeprefix("http://")

    def says(self, *answers: Answer) -> None:
        self.answers = list(answers)


class Handler(BaseHTTPRequestHandler):
    """Answers one question."""

    protocol_version = "HTTP/1.1"
    chat: ChatServer

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        """Nobody should come this way."""
        self.chat.asked.append(Asked(self.path, dict(self.headers), {}))
        self.give(200, b"{}")

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.chat.asked.append(Asked(self.path, headers, json.loads(content)))
        answer = self.chat.answers.pop(0) if len(self.chat.answers) > 1 else self.chat.answers[0]
        answer(self)

    def give(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def document(content: str) -> bytes:
    """A whole reply around the text of an answer."""
    return json.dumps(
        {"id": "1", "choices": [{"message": {"role": "assistant", "content": content}}]}
    ).encode()


def text(content: str) -> Answer:
    """The model answers with this text."""
    return lambda handler: handler.give(200, document(content))


def candidates(*found: dict[str, Any]) -> Answer:
    """The model answers with these candidates."""
    return text(json.dumps({"candidates": list(found)}, ensure_ascii=False))


def status(code: int, said: bytes = b"{}", **headers: str) -> Answer:
    """Another status, with a body and headers."""
    return lambda handler: handler.give(code, said, {n.replace("_", "-"): v for n, v in headers.items()})


def echo(code: int) -> Answer:
    """An error that repeats the key it was sent."""

    def answer(handler: Handler) -> None:
        said = json.dumps({"error": {"message": f"Incorrect key: {handler.headers['Authorization']}"}})
        handler.give(code, said.encode(), {"X-Echo": handler.headers["Authorization"]})

    return answer


def packed(content: bytes) -> Answer:
    """A reply in gzip."""
    return lambda handler: handler.give(200, gzip.compress(content), {"Content-Encoding": "gzip"})


def endless(every: float = 0.0, piece: bytes = b" " * 65_536, most: float = 20.0) -> Answer:
    """A reply that does not end, a piece at a time."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        end = time.monotonic() + most
        try:
            while time.monotonic() < end:
                handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                handler.wfile.flush()
                time.sleep(every)
        except OSError:
            pass
        handler.close_connection = True

    return answer


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """An endpoint that listens on a free port of this computer."""
    held = ChatServer([candidates()])
    bound = type("Bound", (Handler,), {"chat": held})
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
