"""Where a dataset is fetched from, and what came of fetching it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from vereda.terms.entry import Entry

Format = Literal["csv", "xlsx", "json", "geojson", "zip", "xml", "gz"]
State = Literal["fetched", "unchanged", "failed"]

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def size(text: str) -> int:
    """Bytes of `200 MB`; ValueError if it is written otherwise."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?B)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is no size. Write it like 200 MB.")
    return int(float(found[1]) * _SIZES[found[2]])


def sound(url: str) -> str:
    """The address if it is one we ask: https, or http on this computer; ValueError if not."""
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ValueError(f"{parts.hostname}: an address carries no user and no password")
    if parts.hostname and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    ):
        return url
    raise ValueError(f"{url!r} is no address to fetch from. It begins with https://")


class Copy(Entry):
    """The same publication elsewhere, for the day on which the publisher does not answer."""

    url: str
    format: Format | None = None  # where it differs from the publisher's
    note: str = ""  # who keeps it, and what is different in it
    vintage: str = ""  # of which edition it is a copy; without it the bytes are kept and no figures

    _address = field_validator("url")(sound)


class Address(Entry):
    """The `fetch:` block of a description: where the file is, and what must be true of what arrives."""

    kind: Literal["socrata", "file", "ckan"]
    domain: str = ""  # of a Socrata or CKAN portal: www.datos.gov.co
    id: str = ""  # of the dataset in the portal
    url: str = ""  # of a plain file
    resource: str = ""  # ckan: text that the name or the address of the resource contains
    format: Format = "csv"  # of the file that is kept
    how: Literal["pages", "export"] = "pages"  # socrata: page by page, or the file that the portal makes
    columns: tuple[str, ...] = ()  # socrata: asked for by name; every column if none is named
    other_columns: Literal["told", "refused"] = "told"  # columns that the server has and we do not ask for
    sums: tuple[str, ...] = ()  # columns added up by the server and by us; `::number` after one kept as text
    order: str = ":id"
    page: int = Field(default=50_000, ge=1)
    most_bytes: int = 500_000_000  # unpacked
    most_seconds: float = Field(default=1800, gt=0)
    rows_at_least: int = 1
    vintage: str = ""  # of a file that never changes, such as one named with its commit
    fallbacks: tuple[Copy, ...] = ()
    licence: str = ""  # of this address, where it differs from the description's
    note: str = ""

    @field_validator("most_bytes", mode="before")
    @classmethod
    def _bytes(cls, said: object) -> object:
        return size(said) if isinstance(said, str) and not said.isdigit() else said

    @model_validator(mode="after")
    def _whole(self) -> "Address":
        if self.kind == "file":
            sound(self.url)
        elif not (self.domain and self.id):
            raise ValueError(f"kind {self.kind} states a domain and an id")
        else:
            sound(self.base)
        if self.kind == "socrata" and not re.fullmatch(r"[a-z0-9]{4}-[a-z0-9]{4}", self.id):
            raise ValueError(f"{self.id!r} is no Socrata id; they look like acs4-3wgp")
        return self

    @property
    def base(self) -> str:
        """Scheme and host of the portal."""
        return self.domain if "://" in self.domain else f"https://{self.domain}"

    @property
    def shown(self) -> str:
        """The address a person opens."""
        if self.kind == "socrata":
            return f"{self.base}/d/{self.id}"
        return f"{self.base}/dataset/{self.id}" if self.kind == "ckan" else self.url


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a server gave: the file, and what is known about it.

    sha256, size: of the file kept (bytes). rows: None where the file is no table that we count.
    sums: column -> (the server's sum, ours). published: day on which the publisher last changed it.
    """

    state: State
    url: str
    file: str = ""
    sha256: str = ""
    size: int = 0
    rows: int | None = None
    sums: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    published: str = ""
    validators: Mapping[str, str] = field(default_factory=dict)  # what to ask with next time
    copy: str = ""  # note of the fallback copy it came from
    not_asked: tuple[str, ...] = ()  # columns of the server that were left there
