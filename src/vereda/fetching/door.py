"""The only file that opens the network: one address asked at a time, as often as patience allows."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from vereda import __version__
from vereda.fetching.patience import Again, Patience
from vereda.fetching.unpacking import must_be_type, unpacked
from vereda.fetching.words import refuse
from vereda.terms.fetching import sound

AGENT = f"vereda/{__version__} (reads public data for monitoring; one request at a time)"
MOST_REDIRECTS = 5
_LATER = {202, 408, 425, 429, 500, 502, 503, 504}
_TAKEN = {200, 206, 304, 416}
_PACKED = "gzip, deflate"
_EXCERPT = 2000  # bytes read of a refusal, to say why

T = TypeVar("T")
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer: status, headers in lower case, and the body, unpacked as it comes."""

    url: str
    status: int
    headers: Headers
    chunks: Iterator[bytes]


def _none() -> Headers:
    return {}


class Door:
    """Asks servers on behalf of one source: its limits of time and size are counted here."""

    def __init__(
        self, patience: Patience, most_seconds: float, most_bytes: int, token: str = "", token_host: str = ""
    ) -> None:
        self.patience, self.most_bytes, self.most_seconds = patience, most_bytes, most_seconds
        self._token, self._token_host = token, token_host
        self._end = patience.clock() + most_seconds
        limits = httpx.Timeout(patience.silence, connect=min(20.0, patience.silence))
        self._client = httpx.Client(timeout=limits, headers={"User-Agent": AGENT})

    def __enter__(self) -> "Door":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, url: str, take: Callable[[Answer], T], headers: Callable[[], Headers] = _none) -> T:
        """Ask until `take` has what it wants. `headers` is called before each try, so that a try goes on from the last."""
        return self._patiently(url, lambda: self._once(url, take, headers()))

    def send(self, url: str, content: bytes, take: Callable[[Answer], T], headers: Headers) -> T:
        """Post bytes to this address and to no other: a redirect is refused, since a text goes where its reader said."""
        return self._patiently(url, lambda: self._once(url, take, headers, content))

    def _patiently(self, url: str, once: Callable[[], T]) -> T:
        try:
            for attempt in self.patience.attempts():
                with attempt:
                    self._in_time(url)
                    return once()
        except Again as fault:
            refuse("unreachable", url=url, said=fault.said, tries=self.patience.tries)
        raise AssertionError("tenacity gives the last fault")

    def json(self, url: str, headers: Headers | None = None) -> tuple[Any, Answer]:
        """A small document as JSON, numbers as the texts they are; None with the answer where nothing changed (304)."""

        def take(answer: Answer) -> tuple[Any, Answer]:
            if answer.status == 304:
                return None, answer
            must_be_type(answer.headers.get("content-type", ""), "json", answer.url)
            return parsed(b"".join(answer.chunks)), answer

        return self.ask(url, take, lambda: headers or {})

    def _once(
        self, url: str, take: Callable[[Answer], T], headers: Headers, content: bytes | None = None
    ) -> T:
        here, method = url, "GET" if content is None else "POST"
        try:
            for _ in range(MOST_REDIRECTS + 1):
                with self._client.stream(
                    method, here, headers=self._said(here, headers), content=content
                ) as response:
                    if not response.has_redirect_location:
                        return self._taken(response, here, take)
                    if content is not None:
                        refuse("other_scheme", url=url, other=str(response.headers["location"])[:200])
                    here = _onward(here, response.headers["location"])
        except httpx.TimeoutException:
            raise Again(f"no word for {self.patience.silence:g} seconds") from None
        except httpx.TransportError as fault:
            raise Again(_cut(fault)) from None
        except httpx.InvalidURL:
            refuse("bad_address", url=url, other=here)
        refuse("redirects", url=url, most=MOST_REDIRECTS)

    def _said(self, url: str, headers: Headers) -> dict[str, str]:
        said = {"Accept-Encoding": _PACKED, **headers}
        if self._token and urlsplit(url).netloc == self._token_host:  # a redirect elsewhere does not get it
            said["X-App-Token"] = self._token
        return said

    def _taken(self, response: httpx.Response, url: str, take: Callable[[Answer], T]) -> T:
        status = response.status_code
        if status in _LATER:
            raise Again(f"HTTP {status}", self._asked_to_wait(url, response.headers.get("retry-after", "")))
        if status not in _TAKEN:
            self._turned_away(response, url)
        found = {name.lower(): value for name, value in response.headers.items()}
        body = unpacked(
            response.iter_raw(), found.get("content-encoding", ""), url, self.most_bytes, lambda: self._in_time(url)
        )  # fmt: skip
        return take(Answer(url, status, found, body))

    def _turned_away(self, response: httpx.Response, url: str) -> None:
        status = response.status_code
        if status in (404, 410):
            refuse("gone", url=url, status=status)
        if status in (401, 403):
            asks = urlsplit(url).netloc == self._token_host
            refuse(
                "refused", url=url, status=status, token=("given" if self._token else "none") if asks else ""
            )
        if 400 <= status < 500:
            refuse("asked_wrong", url=url, status=status, said=_excerpt(response))
        refuse("odd_status", url=url, status=status)

    def _asked_to_wait(self, url: str, header: str) -> float | None:
        after = self.patience.retry_after(header)
        if after and self.patience.clock() + after > self._end:
            refuse("asks_to_wait", url=url, seconds=f"{after:.0f}")
        return after

    def _in_time(self, url: str) -> None:
        if self.patience.clock() > self._end:
            refuse("slow", url=url, seconds=f"{self.most_seconds:g}")


def parsed(content: bytes) -> Any:
    """JSON with its numbers as texts, so that no digit is lost; a document cut short is asked for again."""
    try:
        return json.loads(content, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Again("the answer is no whole JSON document") from None


def _onward(here: str, location: str) -> str:
    there = urljoin(here, location)
    try:
        safe = urlsplit(there).scheme == urlsplit(here).scheme and bool(sound(there))
    except ValueError:
        safe = False
    if not safe:
        refuse("other_scheme", url=here, other=there[:200])
    return there


def _excerpt(response: httpx.Response) -> str:
    seen = b""
    for chunk in response.iter_raw():
        seen += chunk
        if len(seen) > _EXCERPT:
            break
    text = " ".join(seen[:_EXCERPT].decode("utf-8", "replace").split())
    return text[:200].replace("{", "(").replace("}", ")")


def _cut(fault: httpx.TransportError) -> str:
    if isinstance(fault, httpx.ConnectError):
        return f"no connection ({fault})"
    return "the connection was cut"
