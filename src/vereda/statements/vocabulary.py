"""The words of a case: organisations, instruments, places beside the gazetteer, threats and interventions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vereda.errors import BadCase, Fault
from vereda.statements.language import WORDS, yaml_text
from vereda.statements.phrases import Phrasebook

FOLDER = "vocabulary"
#: file of a case's `vocabulary/` -> keys that each entry must have
FILES: Mapping[str, tuple[str, ...]] = {
    "organisations.yml": ("id", "names"),
    "instruments.yml": ("id", "kind", "names"),
    "threats.yml": ("id", "phrases"),
    "interventions.yml": ("id", "phrases"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: id in the vocabulary, kind, the party it belongs to, id in the register."""

    id: str
    kind: str
    party: str = ""
    register: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A place that the gazetteer does not hold."""

    code: str = ""
    part_of: str = ""
    over_place: bool = False  # read before a municipality of the same name


@dataclass(frozen=True)
class Vocabulary:
    """Everything a case names, as books of phrases."""

    parties: tuple[str, ...]
    organisations: Phrasebook[Named]
    instruments: Phrasebook[Named]
    threats: Phrasebook[str]
    interventions: Phrasebook[str]
    regions: Mapping[str, Region]
    wide: tuple[str, ...]
    doubtful: tuple[str, ...]
    aliases: Mapping[str, str]  # name in use -> code of the gazetteer
    entries: Mapping[str, tuple[Mapping[str, Any], ...]]  # as written, by file: for coverage and for tests


@dataclass(frozen=True)
class Countries:
    """Names, capitals and adjectives of the countries of the world, by ISO 3166-1 code."""

    names: Mapping[str, str]  # name -> code
    capitals: Mapping[str, str]
    adjectives: Mapping[str, str]


@cache
def countries() -> Countries:
    """Read once from `words/countries.yml`."""
    data = yaml_text(WORDS / "countries.yml")

    def by(key: str) -> dict[str, str]:
        return {name: code for code, said in data.items() for name in said.get(key, ())}

    return Countries(by("names"), by("capitals"), by("adjectives"))


def read(folder: Path) -> Vocabulary:
    """The vocabulary of a case; one without the folder has none, and only what any text says is found."""
    found = {name: tuple(_entries(folder / FOLDER / name, needed)) for name, needed in FILES.items()}
    places = _file(folder / FOLDER / "places.yml", {})
    states = [p for p in _file(folder / "parties.yml", []) if p.get("kind") == "state"]
    return Vocabulary(
        tuple(p["id"] for p in states),
        Phrasebook(_named(found["organisations.yml"], "organisation")),
        Phrasebook(_named(found["instruments.yml"], "instrument")),
        Phrasebook((phrase, e["id"]) for e in found["threats.yml"] for phrase in e["phrases"]),
        Phrasebook((phrase, e["id"]) for e in found["interventions.yml"] for phrase in e["phrases"]),
        {name: _region(e) for e in places.get("regions", ()) for name in e["names"]},
        tuple(places.get("wide", ())),
        tuple(places.get("doubtful", ())),
        {name: code for code, names in places.get("aliases", {}).items() for name in names},
        found,
    )


def _file(path: Path, empty: Any) -> Any:
    return (yaml_text(path) or empty) if path.is_file() else empty


def _entries(path: Path, needed: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for number, entry in enumerate(_file(path, []), 1):
        missing = [key for key in needed if not isinstance(entry, dict) or not entry.get(key)]
        if missing:
            where = f"{FOLDER}/{path.name}"
            raise BadCase([Fault(where, 1, f"entry {number} has no `{missing[0]}`", f"add `{missing[0]}:`")])
        yield entry


def _named(entries: Sequence[Mapping[str, Any]], kind: str) -> Iterator[tuple[str, Named]]:
    for e in entries:
        named = Named(e["id"], e.get("kind", kind), e.get("party", ""), e.get("register", ""))
        yield from ((name, named) for name in e["names"])


def _region(entry: Mapping[str, Any]) -> Region:
    return Region(entry.get("code", ""), entry.get("part_of", ""), entry.get("over_place") == "true")
