"""Few people of one place are shown as a range: which counts, which range, and what else would give them away.

What this protects and what not: docs/decisions/0010-few-people.md.
"""

from collections.abc import Mapping, Sequence
from math import floor

FEWEST = 5  # people of one place from which on their number is printed
#: Units that count people, or what was done to one person at a time.
PEOPLE = frozenset({"persons", "deaths", "victims", "cases", "families", "households"})
Band = tuple[float, float]


def few(value: float) -> bool:
    """Somebody, and fewer than are printed. No one is printed as none: nobody can be found behind it."""
    return 0 < value < FEWEST


def band(value: float) -> Band:
    """Least and most that is said of a few: 1 to 4."""
    return float(min(1, floor(value))), float(FEWEST - 1)


def beside(counts: Mapping[str, float]) -> tuple[str, Band] | None:
    """The part that is shown as a range because the whole less all others would give the few away.

    counts: by part of one whole. The smallest of the larger parts is taken, and its range is what is left of it and the
    few together for every number that these may be: it then says no more of them than their own ranges do. None where
    nobody can tell by subtracting, and where no other part has as many: see `whole`.
    """
    small, large = _parted(counts)
    if not large or not _telling(small):
        return None
    value, part = large[0]
    both = value + sum(small)
    return part, (max(1.0, both - (FEWEST - 1) * len(small)), both - len(small))


def whole(counts: Mapping[str, float]) -> Band | None:
    """Least and most of a whole that consists of few alone, and would give them away; None where it would not."""
    small, large = _parted(counts)
    return None if large or not _telling(small) else (float(len(small)), float((FEWEST - 1) * len(small)))


def _parted(counts: Mapping[str, float]) -> tuple[list[float], list[tuple[float, str]]]:
    small = [value for value in counts.values() if few(value)]
    return small, sorted((value, part) for part, value in counts.items() if value >= FEWEST)


def _telling(small: Sequence[float]) -> bool:
    """Whether the sum of the few leaves less for each than 1 to 4: one alone, or nearly all of them the least or the most."""
    room, k, total = FEWEST - 2, len(small), sum(small)
    return k > 0 and not k + room <= total <= (FEWEST - 1) * k - room
