"""Which numbers an edition prints, the steps behind each, and the page where a reader finds them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from math import isclose
from typing import Any

from vereda.errors import NoTrace, VeredaError
from vereda.terms.answer import Edition
from vereda.terms.cooperation import Entry
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.place import Gazetteer

Tracer = Callable[[str], Step]
MANY = 40  # a step with more inputs gets a page of its own


def figures(thing: Any) -> Iterator[Figure]:
    """Every figure inside an answer, however deep."""
    if isinstance(thing, Figure):
        yield thing
    elif isinstance(thing, Entry | Gazetteer | str | int | float) or thing is None:
        return
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from figures(value)
    elif isinstance(thing, Message):
        yield from figures(thing.values)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from figures(getattr(thing, field.name))
    elif isinstance(thing, Iterable):
        for value in thing:
            yield from figures(value)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a trace is told: page (relative to the root of a language) and anchor."""

    page: str
    anchor: str

    def __str__(self) -> str:
        return f"{self.page}#{self.anchor}" if self.anchor else self.page


def printed(edition: Edition) -> Iterator[Figure]:
    """Every figure that a page prints as a number: a map shows its zeros as marks."""
    yield from figures(replace(edition, changed=replace(edition.changed, maps=())))
    for year in edition.changed.maps:
        yield from (figure for figure in year.figures if figure.value)


def split(key: str) -> tuple[str, str, str]:
    """Indicator, place and the rest of a trace key."""
    name, _, where = key.partition("@")
    place, _, tail = where.partition(":")
    return name, place, tail


def slug(text: str) -> str:
    """A text fit for a file name or an anchor."""
    return re.sub(r"[^A-Za-z0-9.~_-]+", "-", text).strip("-") or "all"


def told_in_place(step: Step) -> bool:
    """A cell with its place of print, the year of a panel, or the end of a way: told where it is used, unless it has a
    page already."""
    return (
        not step.key or step.kind == "year" or (step.kind in {"observation", "claim"} and bool(step.locator))
    )


class Ledger:
    """Every key that is printed, its step, and its address. Raises NoTrace for all that do not resolve, at once."""

    def __init__(self, wanted: Iterable[Figure], also: Iterable[str], tracer: Tracer) -> None:
        self.steps: dict[str, Step] = {}
        self.addresses: dict[str, Address] = {}
        self._tracer = tracer
        faults: list[str] = []
        refused: set[str] = set()
        for figure in wanted:
            if (figure.value is None and figure.low is None) or figure.trace in refused:
                continue
            if figure.trace not in self.steps:
                self._open(figure.trace, faults)
            if figure.trace in self.steps:
                self._same(figure, faults)
            else:
                refused.add(figure.trace)
        for key in also:
            if key not in self.steps:
                self._open(key, faults)
        queue = [child for step in self.steps.values() for child in step.inputs]
        while queue:
            child = queue.pop()
            if child.kind == "observation" and not child.inputs and child.key not in self.steps:
                continue  # a cell in a table of addends: its row says where it is printed
            if not told_in_place(child) and child.key not in self.steps:
                self._open(child.key, faults)
                queue.extend(self.steps[child.key].inputs if child.key in self.steps else ())
        if faults:
            shown = "\n".join(f"  {fault}" for fault in faults[:20])
            raise NoTrace(
                f"{len(faults)} number(s) have no way back, so nothing was published:\n{shown}\n"
                "Each number printed needs a trace that ends in a cell, file or document with the same value."
            )
        self._place()

    def _open(self, key: str, faults: list[str]) -> None:
        try:
            self.steps[key] = self._tracer(key)
        except VeredaError as error:
            faults.append(f"{key}: {error}")

    def _same(self, figure: Figure, faults: list[str]) -> None:
        key, value, step = figure.trace, figure.value, self.steps[figure.trace]
        if value is None:
            if step.value is not None or (step.low, step.high) != (figure.low, figure.high):
                faults.append(f"{key}: prints a range in place of a number, its trace says {step.value!r}")
        elif (
            step.value is not None
            and value != step.value
            and not isclose(value, step.value, rel_tol=1e-9, abs_tol=1e-9)
        ):
            faults.append(f"{key}: prints {value!r}, its trace says {step.value!r}")

    def _place(self) -> None:
        by_page: dict[str, list[str]] = defaultdict(list)
        for key in self.steps:
            name, place, _ = split(key)
            by_page[f"trace/{slug(name)}/{slug(place)}.html"].append(key)
        for page, keys in by_page.items():
            tails = {key: split(key)[2] for key in keys}
            short = [tail.partition("~")[0] for tail in tails.values()]
            alone = len(set(short)) == len(short)
            for key, tail in tails.items():
                anchor = slug(tail.partition("~")[0] if alone else tail)
                own = len(self.steps[key].inputs) > MANY
                where = f"{page[:-5]}/{anchor}.html" if own else page
                self.addresses[key] = Address(where, "step" if own else f"t{anchor}")

    def address(self, key: str) -> Address:
        """Where the trace of this key is told; NoTrace if it was never opened."""
        if key not in self.addresses:
            raise NoTrace(
                f"{key!r} is printed but was not traced. Print only figures that the edition holds."
            )
        return self.addresses[key]

    def pages(self) -> dict[str, list[str]]:
        """Keys by the page that lists them. A step on a page of its own is listed on its family's page as well."""
        found: dict[str, list[str]] = defaultdict(list)
        for key in self.steps:
            name, place, _ = split(key)
            found[f"trace/{slug(name)}/{slug(place)}.html"].append(key)
        return found
