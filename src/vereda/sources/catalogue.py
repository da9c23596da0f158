"""Everything that can be fetched: datasets described here, those described to be fetched, and those kept as they arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from vereda.errors import BadRequest, BadSource
from vereda.sources.description import LIVE, Said, SourceDescription, datasets, describe
from vereda.terms.entry import Text
from vereda.terms.fetching import Address

CATALOGUE = LIVE / "catalogue.yml"


class Listed(Said):
    """A dataset of which the address and the quirks are known, and no reader is written."""

    title: str
    publisher: str
    licence: str
    row_is: str
    unit: str
    adds_up: Literal["sum", "rows", "never"]  # what may be done with its quantities
    quirks: tuple[str, ...] = ()
    no_reader: Text  # why
    fetch: Address


@dataclass(frozen=True, slots=True)
class Fetchable:
    """One line of the catalogue: a dataset, where it is fetched, and whether we read it."""

    dataset: str
    title: str
    publisher: str
    licence: str
    address: Address | None  # None: no live address is known, and the file is had by hand
    by_hand: str = ""  # where a person finds it
    description: SourceDescription | None = None
    listed: Listed | None = None

    @property
    def read(self) -> bool:
        """Whether what arrives has a reader."""
        return self.description is not None


def fetchables(names: tuple[str, ...], extra_folder: Path | None = None) -> dict[str, Fetchable]:
    """The datasets named (of a case), then those described to be fetched, then those kept as they arrive."""
    described = [*names, *(name for name in datasets(LIVE) if (LIVE / _folder(name)).is_dir())]
    found = {name: _of(describe(name, extra_folder)) for name in dict.fromkeys(described)}
    for name, entry in catalogue().items():
        licence = entry.fetch.licence or entry.licence
        found.setdefault(
            name, Fetchable(name, entry.title, entry.publisher, licence, entry.fetch, listed=entry)
        )
    return found


def chosen(names: tuple[str, ...], among: Mapping[str, Fetchable]) -> list[Fetchable]:
    """Those asked for by name; BadRequest for a name that is not there, and for one that is had by hand."""
    strange = [name for name in names if name not in among]
    if strange:
        raise BadRequest(
            f"No dataset to fetch is called {', '.join(map(repr, strange))}. List them: vereda fetch --list"
        )
    for one in (among[name] for name in names):
        if one.address is None:
            raise BadRequest(
                f"{one.dataset} has no address that a program can fetch. Get its file from {one.by_hand} and run: "
                f"vereda keep {one.dataset} FILE --vintage YYYY-MM"
            )
    return [among[name] for name in dict.fromkeys(names)]


def catalogue(path: Path = CATALOGUE) -> dict[str, Listed]:
    """The list of datasets without a reader, each entry checked."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        return TypeAdapter(dict[str, Listed]).validate_python(content)
    except (yaml.YAMLError, ValidationError) as fault:
        raise BadSource(f"{path.name} cannot be read: {str(fault)[:500]}") from None


def _of(d: SourceDescription) -> Fetchable:
    licence = (d.fetch.licence if d.fetch else "") or d.licence
    return Fetchable(d.dataset, d.title, d.publisher, licence, d.fetch, d.address, d)


def _folder(name: str) -> str:
    return name.replace("-", "_")
