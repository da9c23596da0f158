"""What every extractor of a kind hands over, before it becomes a candidate."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Mention:
    """A span with what it means."""

    kind: str
    start: int
    end: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    score: float = 0.5
    review: str = ""


def overlap(one: Mention, other: Mention) -> bool:
    """Whether the two share a character."""
    return one.start < other.end and other.start < one.end


def longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Mentions in the order of the text; of two that overlap the longer stays, and of equals the surer."""
    kept, taken = [], Taken()
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, -m.score, m.start)):
        if taken.free(mention.start, mention.end):
            taken.add(mention.start, mention.end)
            kept.append(mention)
    return sorted(kept, key=lambda m: (m.start, m.end))


class Taken:
    """Stretches of a text that are spoken for; none overlaps another."""

    def __init__(self, mentions: Iterable[Mention] = ()) -> None:
        self._spans = sorted((m.start, m.end) for m in mentions)

    def free(self, start: int, end: int) -> bool:
        """Whether no stretch shares a character with this one."""
        at = bisect_left(self._spans, (start, start))
        after = at < len(self._spans) and self._spans[at][0] < end
        before = at > 0 and self._spans[at - 1][1] > start
        return not (after or before)

    def add(self, start: int, end: int) -> None:
        """Take a free stretch."""
        insort(self._spans, (start, end))


class Mentions(Sequence[Mention]):
    """Mentions in the order of the text, with those of a stretch at hand."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self._all = sorted(mentions, key=lambda m: (m.start, m.end))
        self._starts = [m.start for m in self._all]

    def __getitem__(self, at: Any) -> Any:
        return self._all[at]

    def __len__(self) -> int:
        return len(self._all)

    def within(self, start: int, end: int) -> list[Mention]:
        """Those that begin and end between two offsets."""
        a, b = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return [m for m in self._all[a:b] if m.end <= end]

    def last_before(self, kind: str, end: int) -> Mention | None:
        """The last of a kind that ends before an offset."""
        for m in reversed(self._all[: bisect_left(self._starts, end)]):
            if m.kind == kind and m.end <= end:
                return m
        return None
