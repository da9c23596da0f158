"""No test of this folder reaches any computer but this one."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from portal import Portal, WentOut, portal

HERE = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def only_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in HERE:
            raise WentOut(f"a test tried to reach {address}")
        connect(self, address)

    def asked(host: Any, *more: Any, **named: Any) -> Any:
        if host not in HERE:
            raise WentOut(f"a test tried to look up {host}")
        return look_up(host, *more, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("VEREDA_SOCRATA_TOKEN", raising=False)


@pytest.fixture
def server() -> Iterator[Portal]:
    with portal() as held:
        yield held
