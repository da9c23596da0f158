"""Sensors, cloud masks and endpoints as data; items of a STAC catalogue; steps of time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import numpy as np
import yaml
from numpy.typing import NDArray

from vereda.errors import BadRequest, BadSource
from vereda.imagery.extra import package

MOST_PAGES = 200
Item = Any  # pystac.Item


@dataclass(frozen=True, slots=True)
class Field:
    """`width` bits from `bit` on; values of it that mean the land was not seen."""

    bit: int
    width: int
    bad: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sensor:
    """bands: role -> name of the asset. A number n is n * scale + offset; nodata is none."""

    name: str
    bands: Mapping[str, str]
    also: Mapping[str, str]
    scale: float
    offset: float
    nodata: float | None
    quality: str | None
    fields: tuple[Field, ...]
    offset_if: Mapping[str, Any]

    def asset(self, role: str, there: Sequence[str], what: str) -> str:
        """The asset of a band's role in an item; BadSource where it has none."""
        first = self.quality if role == "quality" else self.bands.get(role)
        for name in (first, self.also.get(role)):
            if name is not None and name in there:
                return name
        raise BadSource(
            f"{what} has no asset for {role} ({first}). It has: {', '.join(sorted(there))}. Is {self.name} its sensor?"
        )

    def clear(self, quality: NDArray[Any]) -> NDArray[np.bool_]:
        """Where the quality band says that the land was seen."""
        found: NDArray[np.bool_] = np.isfinite(quality)
        bits = np.where(found, quality, 0).astype(np.int64)
        for field in self.fields:
            found &= ~np.isin((bits >> field.bit) & ((1 << field.width) - 1), field.bad)
        return found

    def shift(self, properties: Mapping[str, Any]) -> float:
        """The offset of one scene, which for some products depends on when it was processed."""
        asked = self.offset_if
        if not asked or properties.get(asked["unless"]) is True:
            return self.offset
        version = properties.get(asked["property"])
        if version is None:
            raise BadSource(
                f"A scene does not say {asked['property']}, and its numbers depend on it ({self.name}). Take a catalogue "
                "that says it."
            )
        return float(asked["offset"]) if str(version) >= str(asked["at_least"]) else self.offset


def sensors() -> dict[str, Sensor]:
    """Those we know, by name."""
    return {name: _sensor(name, told) for name, told in _known("sensors").items()}


def endpoints() -> dict[str, dict[str, Any]]:
    """Public STAC endpoints by name."""
    return _known("endpoints")


def sensor(name: str) -> Sensor:
    """One of them. BadRequest names the others."""
    known = sensors()
    if name not in known:
        raise BadRequest(f"No sensor {name!r}. There are: {', '.join(known)}.")
    return known[name]


def local_items(path: Path, collection: str | None = None) -> list[Item]:
    """Items of a catalogue on this machine: catalog.json or its folder. BadSource where it cannot be read."""
    file = path / "catalog.json" if path.is_dir() else path
    if not file.is_file():
        raise BadRequest(f"There is no catalogue {file}.")
    pystac = package("pystac")
    try:
        root = pystac.read_file(str(file))
        found = [root] if isinstance(root, pystac.Item) else list(root.get_items(recursive=True))
        for item in found:
            item.make_asset_hrefs_absolute()
    except (OSError, ValueError, KeyError, pystac.STACError) as fault:
        raise BadSource(
            f"{file} is no STAC catalogue, or a file of it is missing or cut short: {fault}."
        ) from None
    return [i for i in found if collection is None or i.collection_id == collection]


def search(
    get: Callable[[str], Any],
    url: str,
    collection: str,
    bbox: Sequence[float],
    first: date,
    last: date,
    sign: str | None = None,
) -> list[Item]:
    """Items of a remote catalogue by its search, page by page. `get` asks an address and returns its JSON."""
    asked = {
        "collections": collection, "bbox": ",".join(map(str, bbox)), "limit": 100,
        "datetime": f"{first}T00:00:00Z/{last}T23:59:59Z",
    }  # fmt: skip
    at: str | None = f"{url.rstrip('/')}/search?{urlencode(asked)}"
    token = get(sign.format(collection=collection)).get("token", "") if sign else ""
    found: list[Item] = []
    for _ in range(MOST_PAGES):
        if at is None:
            return [_signed(item, token) for item in found]
        page = get(at)
        if not isinstance(page, Mapping) or not isinstance(page.get("features"), list):
            raise BadSource(f"{at} did not answer with items of STAC.")
        found += [package("pystac").Item.from_dict(told) for told in page["features"]]
        following = [link for link in page.get("links", []) if link.get("rel") == "next"]
        if following and following[0].get("method", "GET").upper() != "GET":
            raise BadSource(f"{url} pages by POST, which is not supported. Ask for fewer scenes at a time.")
        at = urljoin(at, following[0]["href"]) if following else None
    raise BadSource(
        f"{url} has more than {MOST_PAGES} pages of scenes. Ask for a smaller area or a shorter time."
    )


def steps(first: date, last: date, every: int) -> list[tuple[date, date]]:
    """Regular steps of so many days, each its first and last day; a remainder shorter than a step is left out."""
    if every < 1 or last < first:
        raise BadRequest("Steps need --every of one day or more, and --to not before --from.")
    count = ((last - first).days + 1) // every
    if count == 0:
        raise BadRequest(f"From {first} to {last} there is no whole step of {every} days.")
    starts = [first + timedelta(days=every * i) for i in range(count)]
    return [(s, s + timedelta(days=every - 1)) for s in starts]


def day_of(item: Item) -> date:
    """The day of a scene. BadSource where it has none."""
    when = item.datetime or item.common_metadata.start_datetime
    if when is None:
        raise BadSource(f"The scene {item.id} has no date.")
    found: date = when.date()
    return found


def _signed(item: Item, token: str) -> Item:
    if token:
        for asset in item.assets.values():
            asset.href = f"{asset.href}?{token}"
    return item


def _known(name: str) -> dict[str, dict[str, Any]]:
    text = (files("vereda.imagery") / "known" / f"{name}.yml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return found


def _sensor(name: str, told: Mapping[str, Any]) -> Sensor:
    quality = told.get("quality") or {}
    fields = tuple(Field(f["bit"], f["width"], tuple(f["bad"])) for f in quality.get("fields", ()))
    return Sensor(
        name, told["bands"], told.get("also", {}), float(told.get("scale", 1)), float(told.get("offset", 0)),
        told.get("nodata"), quality.get("band"), fields, told.get("offset_if", {}),
    )  # fmt: skip
