"""The place of each row: its code, checked against the gazetteer and the name beside it."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from vereda.errors import BadSource, UnknownPlace
from vereda.sources.description import SourceDescription
from vereda.terms.place import Gazetteer, fold


class Located(Protocol):
    """Tells the line of a row of a block."""

    def __add__(self, row: int, /) -> int:
        """The line."""


_SEPARATOR = "\x1f"
_SHOWN = 12


class Placing:
    """Turns the columns of a block that say where into codes of places; names every wrong code at once."""

    def __init__(self, description: SourceDescription, file: str, gazetteer: Gazetteer | None) -> None:
        self.place, self.own = description.place, description.places
        self.file, self.gazetteer = file, gazetteer
        empty = self.place.when_empty
        self.columns = [
            self.place.column or "",
            self.place.name,
            self.place.parent,
            empty.column if empty else None,
            self.place.elsewhere.column if self.place.elsewhere else None,
        ]
        self.known: dict[str, str] = {}
        self.inside = self._inside() if self.place.by_name else {}

    def __call__(self, text: pa.RecordBatch, line: Located) -> pa.Array:
        """Codes of places for a block of rows that starts at `line`."""
        if self.place.column is None:
            return pa.repeat(self.place.fixed, text.num_rows)
        parts = [text[name] if name else pa.repeat("", text.num_rows) for name in self.columns]
        joined = parts[0] if not any(self.columns[1:]) else pc.binary_join_element_wise(*parts, _SEPARATOR)
        coded = joined.dictionary_encode()
        faults: list[tuple[str, str]] = []
        for words in coded.dictionary.to_pylist():
            if words not in self.known:
                self._learn(words, faults)
        if faults:
            raise self._refuse(faults, joined, line)
        codes = [self.known[words] for words in coded.dictionary.to_pylist()]
        return pa.array(codes, pa.string()).take(coded.indices)

    def _learn(self, words: str, faults: list[tuple[str, str]]) -> None:
        printed, name, parent, instead, away = [*words.split(_SEPARATOR), "", "", "", ""][:5]
        printed = printed.strip()
        if outside := self.place.elsewhere and _like(self.place.elsewhere.codes, away):
            code = outside
        elif not printed:
            code = self.place.when_empty.codes.get(instead, "") if self.place.when_empty else ""
        elif printed in self.place.codes:
            code = self.place.codes[printed]
        elif remainder := _like(self.place.like, printed):
            code = remainder
        elif self._short(printed) and self.place.lost_zeros:
            printed = f"0{printed}"
            code = self.place.prefix + self._corrected(printed)
        elif self._short(printed):
            faults.append((words, f"lost zero:{printed} -> 0{printed}"))
            return
        elif self.place.by_name:
            found = self.inside.get(_plain(parent), {}).get(_plain(printed), ())
            if len(found) != 1:
                faults.append((words, f"unknown:{self._unnamed(printed, parent, found)}"))
                return
            code = found[0]
        else:
            code = self.place.prefix + self._corrected(printed)
        problem = self._problem(code, printed, name, parent)
        if problem:
            faults.append((words, problem))
        self.known[words] = code

    def _inside(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Codes by plain name, inside each parent by each of its plain names."""
        if self.gazetteer is None:
            raise BadSource(
                f"{self.file}: places are known by their names, so a gazetteer is needed. Read it with the case's list of places."
            )
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for code, place in self.gazetteer.places.items():
            if (
                place.level not in self.gazetteer.finest
                or not place.parent
                or place.parent not in self.gazetteer
            ):
                continue
            above = self.gazetteer.places[place.parent]
            names = {_plain(n) for n in (place.name, *place.aliases, *self.place.known_as.get(code, ()))}
            for parent in {
                _plain(n) for n in (above.name, *above.aliases, *self.place.known_as.get(above.code, ()))
            }:
                for name in names:
                    held = found.setdefault(parent, {})
                    held[name] = (*held.get(name, ()), code)
        return found

    def _unnamed(self, name: str, parent: str, found: Sequence[str]) -> str:
        """Why a name is not one place: none has it there, or several."""
        if found:
            return f"{_whose(name, parent)}: several places there have that name ({', '.join(found)})"
        held = self.inside.get(_plain(parent))
        if held is None:
            return f"{_whose(name, parent)}: no such {parent or 'parent'} in the gazetteer"
        near = get_close_matches(_plain(name), held, n=2, cutoff=0.6)
        also = f"; nearest there: {', '.join(f'{n} {held[n][0]}' for n in near)}" if near else ""
        return f"{_whose(name, parent)}: no place there has that name{also}"

    def _short(self, printed: str) -> bool:
        """A digit is missing, as when a spreadsheet takes a code for a number."""
        return bool(self.place.width) and len(printed) == (self.place.width or 0) - 1 and printed.isdigit()

    def _corrected(self, printed: str) -> str:
        right = self.place.corrections.get(printed)
        return right.to if right else printed

    def _problem(self, code: str, printed: str, name: str, parent: str) -> str:
        if not code:
            return "unknown: (the cell is empty)"
        if code in self.own:
            return ""
        if self.gazetteer is None:
            short = self.place.width and printed not in self.place.codes and len(printed) != self.place.width
            return f"unknown:{code} (not {self.place.width} characters long)" if short and printed else ""
        if code not in self.gazetteer:
            who = f", {_whose(name, parent)}" if name else ""
            return f"unknown:{code or printed}{who}" + self._better(name, parent)
        if not name or self._agrees(code, name, parent):
            return ""
        place = self.gazetteer.get(code)
        return f"name:{code} is {place.name}, and the file calls it {_whose(name, parent)}" + self._better(
            name, parent
        )

    def _agrees(self, code: str, name: str, parent: str) -> bool:
        assert self.gazetteer is not None
        place = self.gazetteer.get(code)
        names = (place.name, *place.aliases, *self.place.known_as.get(code, ()))
        if _plain(name) not in {_plain(n) for n in names}:
            return False
        if not parent or place.parent is None or place.parent not in self.gazetteer:
            return True
        above = self.gazetteer.get(place.parent)
        return _plain(parent) in {_plain(n) for n in (above.name, *above.aliases)}

    def _better(self, name: str, parent: str) -> str:
        if not name or self.gazetteer is None:
            return ""
        found = [
            c
            for c in self.gazetteer.named(_bare(name))
            if self.gazetteer.get(c).level in self.gazetteer.finest
        ]
        inside = [c for c in found if parent and self._agrees(c, name, parent)]
        codes = inside or found
        return f" (that name is {' or '.join(codes)})" if codes else " (no place has that name)"

    def _refuse(self, faults: Sequence[tuple[str, str]], joined: pa.Array, line: Located) -> Exception:
        where = f"{self.file}:{line + pc.index(joined, faults[0][0]).as_py()}: column {self.place.column!r}"
        lost = [p.removeprefix("lost zero:") for _, p in faults if p.startswith("lost zero:")]
        if lost:
            return BadSource(
                f"{where}: codes lost leading zeros: {_list(lost)}. A spreadsheet took the codes for "
                "numbers: fetch the publisher's own file, or read the column as text when you save it."
            )
        problems = [p.split(":", 1) for _, p in faults]
        if len(problems) == 1 and problems[0][0] == "unknown" and "(" not in problems[0][1]:
            code = problems[0][1]
            near = get_close_matches(code, list(self.gazetteer.places), n=3) if self.gazetteer else ()
            return UnknownPlace(code, where, near)
        said = [
            f"{line + pc.index(joined, words).as_py()}: "
            + (f"no place {rest}" if kind == "unknown" else rest)
            for (words, _), (kind, rest) in zip(faults, problems, strict=True)
        ]
        return BadSource(
            f"{where}: {len(said)} {'name' if self.place.by_name else 'code'}(s) do not agree with the gazetteer, by line: {_list(said, '; ')}. "
            + (
                "A name that only this publisher uses goes into `known_as`, under its code; a row without a place into `codes`."
                if self.place.by_name
                else "A renamed or new place is an alias or a change in the gazetteer's source; a wrong code is a "
                "correction in this source, with its reason."
            )
        )


def _like(patterns: Mapping[str, str], text: str) -> str:
    """The code of the first pattern that the whole text fits; empty if none does."""
    return next((code for pattern, code in patterns.items() if re.fullmatch(pattern, text.strip())), "")


def _bare(name: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", name).strip()


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", " ", fold(_bare(name))).strip()


def _whose(name: str, parent: str) -> str:
    return f"{name} ({parent})" if parent else name


def _list(items: Sequence[str], mark: str = ", ") -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return mark.join(items[:_SHOWN]) + more
