"""A chat endpoint of the widespread form (POST .../chat/completions): one question sent, one answer's text back.

The key travels in one header of the requests to the host that was named, and is in nothing that is raised or returned:
what a server says of a refusal is not repeated, since it may repeat the key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vereda.errors import NotFetched
from vereda.fetching.door import Answer, Door, parsed
from vereda.fetching.patience import Patience
from vereda.fetching.unpacking import must_be_type
from vereda.fetching.words import refusal, refuse
from vereda.terms.fetching import sound

MOST_BYTES = 2_000_000  # of one reply, unpacked
MOST_SECONDS = 900.0  # for all the parts of a document
_PATH = "/chat/completions"
_OURS = frozenset(
    {"url", "status", "seconds", "most", "tries", "format"}
)  # parts of a refusal that no server writes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked, under which name. The key is not shown where the endpoint is printed."""

    url: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """Host and port: where the text goes."""
        return urlsplit(self.url).netloc


def endpoint(url: str, model: str, key: str) -> Endpoint:
    """The endpoint at `url`, its base or its full address.

    ValueError names what is wrong (address, name, key, key_shown) and repeats none of it.
    """
    if key and (key in url or key in model):
        raise ValueError("key_shown")
    if not _sendable(url.strip()):
        raise ValueError("address")
    if not model.strip() or not model.isprintable():
        raise ValueError("name")
    if key and (not key.isascii() or not key.isprintable() or " " in key):
        raise ValueError("key")
    base = url.strip().rstrip("/")
    return Endpoint(base if base.endswith(_PATH) else base + _PATH, model.strip(), key)


def _sendable(url: str) -> bool:
    """Whether an address is one a text may be sent to."""
    try:
        parts = urlsplit(sound(url))
        plain = parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        return False
    return plain and url.isprintable() and " " not in url


class Chat:
    """A conversation with one endpoint: each question stands alone, the limits hold for all of them."""

    def __init__(
        self,
        at: Endpoint,
        patience: Patience,
        most_seconds: float = MOST_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.at = at
        self._door = Door(patience, most_seconds, most_bytes)

    def __enter__(self) -> "Chat":
        return self

    def __exit__(self, *_: object) -> None:
        self._door.__exit__(None, None, None)

    def ask(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Text of the answer to these messages; NotFetched says why none came."""
        said = {"model": self.at.model, "messages": list(messages), "temperature": 0, "stream": False}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.at.key:
            headers["Authorization"] = f"Bearer {self.at.key}"
        content = json.dumps(said, ensure_ascii=False).encode()
        try:
            return self._door.send(self.at.url, content, self._text, headers)
        except NotFetched as fault:
            raise _in_our_words(fault) from None

    def _text(self, answer: Answer) -> str:
        if answer.status != 200:
            refuse("odd_status", url=self.at.url, status=answer.status)
        must_be_type(answer.headers.get("content-type", ""), "json", self.at.url)
        text = _content(parsed(b"".join(answer.chunks)))
        if text is None:
            refuse("not_a_page", url=self.at.url, said="no choices[0].message.content")
        return text


def _in_our_words(fault: NotFetched) -> NotFetched:
    """The refusal without a word of the server's, which may hold the key it was sent."""
    values = {name: value if name in _OURS else "?" for name, value in fault.values.items()}
    if fault.why == "unreachable":
        values["said"] = fault.values["said"]  # how the connection failed: said by us
    return refusal(fault.why, **{**values, "token": ""} if fault.why == "refused" else values)


def _content(document: Any) -> str | None:
    """choices[0].message.content of a reply; None where it is built otherwise."""
    try:
        text = document["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return None
    return text if isinstance(text, str) else None
