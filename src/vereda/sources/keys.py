"""No two rows may claim the same place, period and series."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vereda.errors import BadSource, DuplicateKey

_BITS = {"place": 22, "period": 16, "series": 9, "edition": 16}  # 63 in all: a key is one whole number


@dataclass(slots=True)
class Keys:
    """The keys of all rows seen, twelve bytes a row; `close` refuses the first key claimed twice."""

    file: str
    codes: dict[str, dict[str, int]] = field(default_factory=lambda: {part: {} for part in _BITS})
    keys: list[NDArray[np.int64]] = field(default_factory=list)
    lines: list[NDArray[np.int32]] = field(default_factory=list)

    def add(self, columns: dict[str, pa.Array], lines: pa.Array) -> None:
        """Remember the keys of a block."""
        edition = pc.binary_join_element_wise(
            columns["estimator"], columns["source"], columns["vintage"], " "
        )
        parts = {
            "place": columns["place"],
            "period": columns["period"],
            "series": columns["series"],
            "edition": edition,
        }
        key = np.zeros(len(lines), dtype=np.int64)
        for part, bits in _BITS.items():
            key = (key << bits) | self._encode(part, parts[part])
        self.keys.append(key)
        self.lines.append(lines.to_numpy())

    def close(self) -> None:
        """Raise DuplicateKey if a key came twice."""
        if not self.keys:
            return
        keys, lines = np.concatenate(self.keys), np.concatenate(self.lines)
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero(np.diff(keys[order]) == 0)
        if len(same):
            first, second = lines[order[same[0]]], lines[order[same[0] + 1]]
            raise DuplicateKey(
                f"{self.file}: lines {first} and {second} both claim {self._name(int(keys[order[same[0]]]))} "
                f"({len(same)} such pairs). Adding them up or taking one would be a guess: ask the "
                "publisher, or correct the code in `source.yml` with the reason."
            )

    def _encode(self, part: str, column: pa.Array) -> NDArray[np.int64]:
        coded, known = column.dictionary_encode(), self.codes[part]
        numbers = [known.setdefault(text, len(known)) for text in coded.dictionary.to_pylist()]
        if len(known) >> _BITS[part]:
            raise BadSource(
                f"{self.file} has more than {1 << _BITS[part]} different values of {part}. Split the file."
            )
        found: NDArray[np.int64] = np.array(numbers, dtype=np.int64)[coded.indices.to_numpy()]
        return found

    def _name(self, key: int) -> str:
        words = []
        for part, bits in reversed(_BITS.items()):
            words.append(list(self.codes[part])[key & ((1 << bits) - 1)])
            key >>= bits
        edition, series, period, place = words
        return " ".join(word for word in (place, period, series, f"({edition})") if word)
