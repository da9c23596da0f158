"""Candidates beside gold: precision and recall by kind, with Wilson's interval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from vereda.statements.gold import Gold
from vereda.terms.statement import Candidate

HALF = 0.5  # least share of characters in common for two spans to be the same
BEGIN = 30
Z = 1.959963984540054
_HOLDING = frozenset({"organisation", "instrument", "forum", "meeting", "person"})


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases with Wilson's 95 % interval; None where there is no case."""

    right: int
    of: int

    @property
    def value(self) -> float | None:
        """Right over all."""
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson (1927), Journal of the American Statistical Association 22(158), 209-212."""
        if not self.of:
            return None
        n, p = self.of, self.right / self.of
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __add__(self, other: "Share") -> "Share":
        return Share(self.right + other.right, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Score:
    """How one kind did: found of gold, right of proposed, and of those found with a label, how many bear it."""

    recall: Share
    precision: Share
    label: Share

    def __add__(self, other: "Score") -> "Score":
        return Score(self.recall + other.recall, self.precision + other.precision, self.label + other.label)


NONE = Score(Share(0, 0), Share(0, 0), Share(0, 0))


def score(candidates: Iterable[Candidate], gold: Sequence[Gold], kind: str) -> Score:
    """One statement, one kind. A candidate that matches no gold is wrong, unless it touches an optional one or lies in
    a longer name (a country inside the name of an organisation counts neither way)."""
    wanted = [g for g in gold if g.kind == kind and not g.optional]
    proposed = [c for c in candidates if c.kind == kind]
    pairs = _pairs(proposed, wanted)
    wrong = _wrong(proposed, pairs, gold)
    named = [(c, g) for c, g in pairs if g.label]
    agreeing = sum(agrees(c, g) for c, g in named)
    found = len(pairs)
    return Score(Share(found, len(wanted)), Share(found, found + len(wrong)), Share(agreeing, len(named)))


def misses(
    candidates: Iterable[Candidate], gold: Sequence[Gold], kind: str
) -> tuple[list[Gold], list[Candidate]]:
    """Gold not found and candidates that match nothing: what to look at."""
    wanted = [g for g in gold if g.kind == kind and not g.optional]
    proposed = [c for c in candidates if c.kind == kind]
    pairs = _pairs(proposed, wanted)
    found = {id(g) for _, g in pairs}
    return [g for g in wanted if id(g) not in found], _wrong(proposed, pairs, gold)


def parties(candidates: Iterable[Candidate], gold: Sequence[Gold]) -> Share:
    """Of the commitments found whose parties are named, those whose parties are the gold's. A statement that names none
    asks a person; one that names another is worse."""
    pairs = _pairs(
        [c for c in candidates if c.kind == "commitment"],
        [g for g in gold if g.kind == "commitment" and not g.optional],
    )
    named = [(c, g) for c, g in pairs if c.payload["parties"]]
    return Share(sum(parties_agree(c, g) for c, g in named), len(named))


def _wrong(
    proposed: Sequence[Candidate], pairs: Sequence[tuple[Candidate, Gold]], gold: Sequence[Gold]
) -> list[Candidate]:
    """Candidates that match nothing; a person named again by the surname is annotated once and no error after."""
    matched = {id(c) for c, _ in pairs}
    known = {str(c.payload["name"]).split()[-1] for c, _ in pairs if c.kind == "person"}
    return [
        c
        for c in proposed
        if id(c) not in matched
        and not _neutral(c, gold)
        and not (c.kind == "person" and str(c.payload["name"]).split()[-1] in known)
    ]


def _pairs(proposed: Sequence[Candidate], wanted: Sequence[Gold]) -> list[tuple[Candidate, Gold]]:
    """One to one, the best overlap first."""
    both = sorted(
        (
            (_shared(c, g), i, j)
            for i, c in enumerate(proposed)
            for j, g in enumerate(wanted)
            if _shared(c, g) >= HALF
        ),
        key=lambda t: (-t[0], t[1], t[2]),
    )
    left: set[int] = set()
    right: set[int] = set()
    pairs = []
    for _, i, j in both:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((proposed[i], wanted[j]))
    return pairs


def _shared(c: Candidate, g: Gold) -> float:
    """Characters in common over characters in either; for a commitment, whose verb says which it is and whose end is a
    matter of taste, over those of the shorter, where both begin within `BEGIN` characters."""
    common = min(c.end, g.end) - max(c.start, g.start)
    if common <= 0:
        return 0.0
    if g.kind == "commitment":
        return common / min(c.end - c.start, g.end - g.start) if abs(c.start - g.start) <= BEGIN else 0.0
    return common / (max(c.end, g.end) - min(c.start, g.start))


def _neutral(c: Candidate, gold: Sequence[Gold]) -> bool:
    touching = [g for g in gold if g.start < c.end and c.start < g.end]
    if any(g.optional and g.kind == c.kind for g in touching):
        return True
    return any(
        g.kind in _HOLDING and g.kind != c.kind and g.start <= c.start and c.end <= g.end for g in touching
    )


def agrees(c: Candidate, g: Gold) -> bool:
    """Whether a candidate bears the label of the gold it matches."""
    said = c.payload
    if c.kind == "commitment":
        return str(said["strength"]) == g.label.partition(";")[0]
    if c.kind == "date":
        return str(said["value"]) == g.label
    if c.kind == "place":
        return f"place:{g.label}" in c.links
    if c.kind == "amount":
        return _amount(str(said["value"]), str(said["unit"])) == _amount(*_parts(g.label))
    return str(said.get("id", "")) == g.label or f"{c.kind}:{g.label}" in c.links


def _parts(label: str) -> tuple[str, str]:
    """ "4500000 USD", "48000 million COP", "18 %" as value and unit."""
    words = label.split()
    value = float(words[0]) * (1e6 if "million" in words else 1)
    return str(value), words[-1]


def _amount(value: str, unit: str) -> tuple[float, str]:
    return round(float(value), 6), unit


def parties_agree(c: Candidate, g: Gold) -> bool:
    """Whether the parties of a commitment are those of its gold."""
    said = g.label.split(";")
    wanted = sorted(filter(None, said[1].split(","))) if len(said) > 1 else []
    return sorted(c.payload["parties"]) == wanted
