"""Areas with a code and years of validity."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from vereda.errors import UnknownPlace


@dataclass(frozen=True, slots=True)
class Place:
    """An area with a code; `since` and `until` are the first and last year in which the code is valid.

    lon, lat: seat of the area, degrees, WGS 84; None where the gazetteer has none.
    """

    code: str
    name: str
    level: str  # country, department, municipality: as the list of places calls it
    parent: str | None = None
    since: int | None = None
    until: int | None = None
    lon: float | None = None
    lat: float | None = None
    aliases: tuple[str, ...] = ()
    predecessors: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All places of a case by code.

    finest: the levels that larger places are summed from, as the lists of places say: municipality, district.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    finest: frozenset[str] = frozenset({"municipality"})

    @classmethod
    def of(cls, places: Iterable[Place], finest: Iterable[str] = ("municipality",)) -> "Gazetteer":
        """Gather places; the later of two with one code wins."""
        return cls(MappingProxyType({place.code: place for place in places}), frozenset(finest))

    def __contains__(self, code: str) -> bool:
        return code in self.places

    def get(self, code: str, where: str = "") -> Place:
        """The place with this code; UnknownPlace with the nearest codes if there is none."""
        if code in self.places:
            return self.places[code]
        raise UnknownPlace(code, where, get_close_matches(code, list(self.places), n=3))

    def children(self, code: str) -> tuple[str, ...]:
        """Codes of the places directly inside `code`, in code order."""
        return tuple(sorted(p.code for p in self.places.values() if p.parent == code))

    def country_of(self, code: str) -> str:
        """The place in which `code` lies that lies in no other; itself if it lies in none."""
        while code in self.places and (parent := self.places[code].parent):
            code = parent
        return code

    def parts(self, code: str) -> tuple[str, ...]:
        """Codes of the places that `code` is divided into: those that hold finest places, or are such; in code order.

        Zones that cross them, and figures that stand in no place, are no parts.
        """
        return tuple(child for child in self.children(code) if self.municipalities(child))

    def municipalities(self, code: str) -> tuple[str, ...]:
        """Codes of every municipality (or what the finest places are called) inside `code`, in code order."""
        if self.get(code).level in self.finest:
            return (code,)
        found: list[str] = []
        for child in self.children(code):
            found.extend(self.municipalities(child))
        return tuple(found)

    def named(self, name: str, parent: str | None = None) -> tuple[str, ...]:
        """Codes of places with this name or alias, accents and case ignored; within `parent` if given."""
        wanted = fold(name)
        return tuple(
            sorted(
                p.code
                for p in self.places.values()
                if (parent is None or p.parent == parent)
                and wanted in {fold(n) for n in (p.name, *p.aliases)}
            )
        )


def many(level: str) -> str:
    """The English plural of a level: districts, municipalities."""
    return f"{level[:-1]}ies" if level.endswith("y") else f"{level}s"


def fold(name: str) -> str:
    """A name without accents, case and doubled spaces, for comparison only."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
