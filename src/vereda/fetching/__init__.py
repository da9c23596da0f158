"""Fetching asks publishers' servers: what arrives is whole and adds up, or it is refused and the reason said.

door       the only file that opens the network: one address, its redirects, retries, limits
socrata, plain, ckan   the three kinds of address
chat       a model at an endpoint: one question sent, one answer back; only for a person who said yes
table      rows counted and added up; unpacking: no bomb, no page of HTML
words      why not, in English and Spanish
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from vereda.errors import NotFetched
from vereda.fetching import ckan, plain, socrata
from vereda.fetching.door import AGENT, Door
from vereda.fetching.patience import Patience
from vereda.fetching.shelf import Arrival, Progress
from vereda.fetching.words import ELSEWHERE, SAYS, say
from vereda.terms.fetching import Address, Arrived, Copy

__all__ = ["AGENT", "ELSEWHERE", "SAYS", "Patience", "Progress", "fetch", "key_of", "say"]


def key_of(url: str) -> str:
    """Name of the folder in which an address arrives."""
    return sha256(url.encode()).hexdigest()[:12]


def fetch(
    address: Address,
    arrival: Callable[[str], Arrival],
    latest: Mapping[str, Any],
    progress: Progress,
    patience: Patience,
    token: str = "",
) -> tuple[Arrived, str]:
    """What the address gives now, or one of its copies; and the key under which it arrived.

    latest: the record of the edition held, empty to fetch whatever it is. NotFetched says why nothing came.
    """
    key = key_of(address.shown)
    try:
        return _first(address, arrival(key), latest, progress, patience, token), key
    except NotFetched as fault:
        of_publisher = latest and not latest.get("copy")  # what we hold is not older than any copy of it
        if fault.why not in ELSEWHERE or of_publisher:
            raise
        for copy in address.fallbacks:
            key = key_of(copy.url)
            try:
                got = _first(_as_file(address, copy), arrival(key), latest, progress, patience, "")
            except NotFetched:
                continue
            return replace(got, copy=copy.note or copy.url, published=copy.vintage), key
        raise


def _as_file(address: Address, copy: Copy) -> Address:
    form = copy.format or address.format
    return address.model_copy(update={"kind": "file", "url": copy.url, "format": form, "vintage": ""})


def _first(
    address: Address,
    arrival: Arrival,
    latest: Mapping[str, Any],
    progress: Progress,
    patience: Patience,
    token: str,
) -> Arrived:
    host = urlsplit(address.base).netloc if address.kind == "socrata" else ""
    with Door(patience, address.most_seconds, address.most_bytes, token if host else "", host) as door:
        if address.kind == "socrata":
            return socrata.fetch(address, door, arrival, latest, progress)
        if address.kind == "ckan":
            return ckan.fetch(address, door, arrival, latest, progress)
        got = plain.fetch(address.url, address.format, door, arrival, latest, progress)
        return replace(got, published=address.vintage or got.published)
