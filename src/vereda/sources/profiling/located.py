"""Where the place of a row stands, and what of it joins to the gazetteer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from vereda.sources.profiling.note import Note, Proposed
from vereda.terms.place import Gazetteer


@dataclass(frozen=True, slots=True)
class Located:
    """The proposal for `place`, and what does not join.

    texts: each text of the place column, and the code of the place it joins to; None where it joins to none.
    known_as: code -> names in the file that the gazetteer does not know. above: columns that only repeat the beginning
    of the code, or the name of what lies above.
    """

    said: dict[str, Proposed]
    column: str | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    by_name: bool = False
    known_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    above: Mapping[str, str] = field(default_factory=dict)  # column -> the column that says it already
    empty: int = 0
    lines_unjoined: Mapping[str, int] = field(default_factory=dict)  # text -> rows
    confirm: bool = False  # names were looked for in the whole gazetteer: each is to be confirmed
    doubtful: tuple[Note, ...] = ()  # of columns that say the place too, and not as the gazetteer does


def above(code: str, gazetteer: Gazetteer) -> list[str]:
    """Codes of what lies above a place, the nearest first."""
    found = []
    parent = gazetteer.get(code).parent
    while parent is not None and parent in gazetteer and parent not in found:
        found.append(parent)
        parent = gazetteer.get(parent).parent
    return found


def wordy(cells: Mapping[str, int]) -> bool:
    """Whether a column holds words."""
    some = [text for text in list(cells)[:50] if text.strip()]
    return bool(some) and sum(1 for text in some if re.search(r"[^\W\d_]{2}", text)) > 0.8 * len(some)


def pairs_of(text: pa.Table, a: str, b: str) -> list[tuple[str, str]]:
    """Different pairs of two columns."""
    both = pa.table({"a": text[a], "b": text[b]}).group_by(["a", "b"]).aggregate([])
    return list(zip(both["a"].to_pylist(), both["b"].to_pylist(), strict=True))
