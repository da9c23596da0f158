"""What is well written in statements, relations and theory and still points nowhere, out of range, or in a ring."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from vereda.cooperation import meaning
from vereda.cooperation.marked import Key, load
from vereda.errors import Fault
from vereda.terms import relation as terms
from vereda.terms.entry import Entry
from vereda.terms.plan import Plan

LAYERS = ("intervention", "output", "outcome")
REFS = ("entry", "newer", "older", "recommendation")


class Row(Protocol):
    """An entry as written."""

    @property
    def raw(self) -> dict[str, Any]: ...  # noqa: D102

    def fault(self, path: Key, problem: str, remedy: str) -> Fault: ...  # noqa: D102


def faults(
    found: Sequence[tuple[Row, Entry]], ids: Collection[str], words: Collection[str]
) -> Iterator[Fault]:
    """Every fault; ids: entries as kind/id; words: ids of the vocabulary as file.id."""
    lengths = {e.id: e.length for _, e in found if isinstance(e, terms.SourceText)}
    layers = {e.id: e.layer for _, e in found if isinstance(e, terms.Node)}
    outcomes = {e.id: {o.series for o in e.outcomes} for _, e in found if isinstance(e, Plan)}
    for row, entry in found:
        if type(entry).__module__ == terms.__name__:
            yield from _pointing(row, ids)
            yield from _passages(row, lengths)
        if isinstance(entry, terms.Mention):
            yield from _held(row, entry, words)
        if isinstance(entry, terms.Edge):
            yield from _edge(row, entry, layers, outcomes)
    yield from _rings(found)


def vocabulary(folder: Path) -> set[str]:
    """Every id of the vocabulary of a case, as file.id; a file that cannot be read is complained of elsewhere."""
    found: set[str] = set()
    for path in sorted((folder / "vocabulary").glob("*.yml")):
        marked = load(path, [])
        rows = marked.value if marked is not None and isinstance(marked.value, list) else []
        found |= {f"{path.stem}.{row['id']}" for row in rows if isinstance(row, dict) and "id" in row}
    return found


def _pointing(row: Row, ids: Collection[str]) -> Iterator[Fault]:
    for path, key, text in meaning.scalars(row.raw):
        if key in REFS and text not in ids:
            yield row.fault(path, f"`{key}`: {text!r} is no entry of this case", meaning.near(text, ids))


def _passages(row: Row, lengths: Mapping[str, int]) -> Iterator[Fault]:
    for path, said_in, chars in _spans(row.raw, ()):
        start, end = map(int, chars)
        if said_in in lengths and not 0 <= start < end <= lengths[said_in]:
            problem = f"`chars`: {start} to {end} is no stretch of {said_in}, which has {lengths[said_in]} characters"
            yield row.fault(path, problem, "write [first character, one after the last]")


def _spans(value: Any, path: Key) -> Iterator[tuple[Key, str, list[str]]]:
    if isinstance(value, dict):
        if "chars" in value:
            yield (*path, "chars"), value["said_in"], value["chars"]
        for key, content in value.items():
            yield from _spans(content, (*path, key))
    elif isinstance(value, list):
        for n, content in enumerate(value):
            yield from _spans(content, (*path, n))


def _held(row: Row, entry: terms.Mention, words: Collection[str]) -> Iterator[Fault]:
    if sum(x is not None for x in (entry.entry, entry.vocabulary, entry.left_out)) != 1:
        problem = "exactly one of `entry`, `vocabulary` and `left_out` says what became of it"
        yield row.fault((), problem, "keep one of them; `left_out` gives the reason")
    if entry.vocabulary is not None and entry.vocabulary not in words:
        problem = f"`vocabulary`: {entry.vocabulary!r} is not in the vocabulary of the case"
        yield row.fault(("vocabulary",), problem, meaning.near(entry.vocabulary, words))


def _edge(
    row: Row, entry: terms.Edge, layers: Mapping[str, str], outcomes: Mapping[str, Collection[str]]
) -> Iterator[Fault]:
    ends = [LAYERS.index(layers[node]) for node in (entry.cause, entry.effect) if node in layers]
    if len(ends) == 2 and not (ends[1] == ends[0] + 1 or ends == [2, 2]):
        problem = f"the edge runs from {layers[entry.cause]} to {layers[entry.effect]}"
        yield row.fault(
            ("effect",), problem, "go from intervention to output, to outcome, or between outcomes"
        )
    for n, test in enumerate(entry.tested_by):
        if test.plan in outcomes and test.outcome not in outcomes[test.plan]:
            problem = f"`outcome`: {test.outcome!r} is no outcome of the plan {test.plan}"
            yield row.fault(
                ("tested_by", n, "outcome"), problem, meaning.near(test.outcome, outcomes[test.plan])
            )


def _rings(found: Sequence[tuple[Row, Entry]]) -> Iterator[Fault]:
    """One fault for each ring of successions, or of causes."""
    for kind in ("supersedes", "causes"):
        arrows = [(row, *pair) for row, entry in found if (pair := _arrow(entry, kind))]
        onward: dict[str, set[str]] = {}
        for row, start, end in arrows:
            if start in _reached(end, onward):
                problem = f"this closes a ring: {start} {kind} {end}, and {end} leads back to {start}"
                yield row.fault((), problem, "remove one link of the ring")
            onward.setdefault(start, set()).add(end)


def _arrow(entry: Entry, kind: str) -> tuple[str, str] | None:
    if kind == "supersedes" and isinstance(entry, terms.Link) and entry.relation == "supersedes":
        return entry.newer, entry.older
    if kind == "causes" and isinstance(entry, terms.Edge):
        return entry.cause, entry.effect
    return None


def _reached(start: str, onward: Mapping[str, Collection[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        new = set(onward.get(waiting.pop(), ())) - seen
        seen |= new
        waiting += sorted(new)
    return seen
