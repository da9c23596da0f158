"""Texts to numbers, a chunk of rows at a time: what the store writes in place of the same few words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers: TypeAlias = npt.NDArray[np.int32]
Many: TypeAlias = npt.NDArray[np.int64]

LINE = ("series", "unit", "estimator", "source", "vintage")

#: Observations in numbers, as the table `observation` holds them, without the batch.
CODED = pa.schema(
    [
        ("line", pa.int32()),
        ("place", pa.int32()),
        ("period", pa.int32()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("status", pa.int32()),
        ("confidence", pa.int32()),
        ("sheet", pa.int32()),
        ("row", pa.int32()),
        ("col", pa.int32()),
        ("page", pa.string()),
        ("note", pa.string()),
    ]
)
GRADES = {"high": 1, "medium": 2, "low": 3}


@dataclass(frozen=True, slots=True)
class Words:
    """One text column taken apart: the distinct texts and, per row, which one (-1 where null)."""

    texts: tuple[str | None, ...]
    which: Numbers  # (n,) index into texts

    def first(self, text: str | None) -> int:
        """The first row with this text."""
        return int(np.argmax(self.which == self.texts.index(text)))


def words(column: Any) -> Words:
    """Take a text column apart. Runs of one text are compared with their neighbour, not hashed one by one."""
    if pa.types.is_dictionary(column.type):
        return _of_dictionary(column)
    runs = pc.run_end_encode(column, run_end_type=pa.int32())
    if len(runs.values) * 4 > len(column):
        return _of_dictionary(column.dictionary_encode())
    heads = _of_dictionary(runs.values.dictionary_encode())
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=np.int32(0))
    return Words(heads.texts, np.repeat(heads.which, lengths))


def _of_dictionary(column: Any) -> Words:
    which = column.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(tuple(column.dictionary.to_pylist()), which)


@dataclass(slots=True)
class Codebook:
    """Texts and their numbers. `fresh` are those met since the book was opened, still to be written."""

    known: dict[str, int]
    next: int
    fresh: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, str]]) -> "Codebook":
        """The book of (number, text) already in the store."""
        known = {text: number for number, text in rows}
        return cls(known, max(known.values(), default=-1) + 1)

    def number(self, text: str) -> int:
        """The number of a text, a new one if it has none."""
        if (found := self.known.get(text)) is not None:
            return found
        self.known[text] = self.fresh[text] = number = self.next
        self.next += 1
        return number

    def code(self, found: Words) -> Numbers:
        """The number of each row; -1 where the text is null."""
        return spread([-1 if text is None else self.number(text) for text in found.texts], found.which)


def spread(numbers: list[int], which: Numbers) -> Numbers:
    """Number of each distinct text -> number of each row; -1 stays -1."""
    return np.array([*numbers, -1], dtype=np.int32)[which]


def nullable(codes: Numbers) -> Any:
    """Codes as an Arrow column, null where the code is -1."""
    missing = codes < 0
    return pa.array(codes, mask=missing) if missing.any() else pa.array(codes)


def combined(columns: Mapping[str, Words]) -> tuple[list[dict[str, str | None]], Numbers]:
    """The distinct combinations of several text columns, and which one each row has."""
    total: Many = np.zeros(len(next(iter(columns.values())).which), dtype=np.int64)
    for column in columns.values():
        total = total * (len(column.texts) + 1) + (column.which + 1)
    found = words_of_integers(total)
    return [_apart(int(code), columns) for code in found[0]], found[1]


def words_of_integers(total: Many) -> tuple[Many, Numbers]:
    """Distinct integers in order of appearance, and which one each row has."""
    if len(total) and (total == total[0]).all():
        return total[:1], np.zeros(len(total), dtype=np.int32)
    encoded = pa.array(total).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy()


def _apart(code: int, columns: Mapping[str, Words]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in reversed(list(columns)):
        column = columns[name]
        code, which = divmod(code, len(column.texts) + 1)
        found[name] = column.texts[which - 1] if which else None
    return found
