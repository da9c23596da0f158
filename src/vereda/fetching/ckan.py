"""A CKAN portal such as HDX: which of a dataset's resources is meant, and when it was last changed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from vereda.fetching import plain
from vereda.fetching.door import Door
from vereda.fetching.shelf import Arrival, Progress
from vereda.fetching.words import refuse
from vereda.terms.fetching import Address, Arrived, sound


def fetch(
    address: Address, door: Door, arrival: Arrival, latest: Mapping[str, Any], progress: Progress
) -> Arrived:
    """The resource of the dataset that the description means; refused if none or several fit."""
    asked = f"{address.base}/api/3/action/package_show?{urlencode({'id': address.id})}"
    said, _ = door.json(asked)
    resource = _chosen(address, said, asked)
    url = str(resource.get("url", ""))
    try:
        sound(url)
    except ValueError:
        refuse("bad_address", url=asked, other=url[:200])
    arrived = plain.fetch(url, address.format, door, arrival, latest, progress)
    changed = str(resource.get("last_modified") or resource.get("created") or "")[:10]
    return replace(arrived, published=changed or arrived.published)


def _chosen(address: Address, said: Any, asked: str) -> dict[str, Any]:
    result = said.get("result", {}) if isinstance(said, dict) else {}
    listed = [r for r in result.get("resources", []) if isinstance(r, dict)]
    fits = [r for r in listed if address.resource in f"{r.get('name', '')} {r.get('url', '')}"]
    if len(fits) != 1:
        there = ", ".join(str(r.get("name") or r.get("url")) for r in listed)[:500] or "none"
        refuse("which_resource", url=asked, n=len(fits), wanted=repr(address.resource), there=there)
    return fits[0]
