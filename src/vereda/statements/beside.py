"""Two extractors beside each other: where they agree, where they contradict, what only one of them says. Never merged."""

from collections.abc import Sequence
from dataclasses import dataclass

from vereda.statements.score import HALF
from vereda.terms.statement import Candidate

#: kinds that claim the same words: two of a family about one stretch are compared
_FAMILIES = (
    frozenset({"commitment"}),
    frozenset({"instrument", "forum", "meeting", "organisation", "person", "place"}),
    frozenset({"date", "amount"}),
    frozenset({"threat", "intervention"}),
)


@dataclass(frozen=True, slots=True)
class Beside:
    """One candidate beside those of the rules.

    relation: agrees; conflicts (same words, another kind, meaning or extent); within (a name in a longer name, which
    counts neither way); alone. other: the candidate of the rules that it was compared with.
    """

    candidate: Candidate
    relation: str
    other: Candidate | None = None


def beside(found: Sequence[Candidate], rules: Sequence[Candidate]) -> list[Beside]:
    """Each of `found` with the candidate of the rules that says most about the same words."""
    return [_one(c, [r for r in rules if _touch(c, r) and _family(c.kind) == _family(r.kind)]) for c in found]


def _one(c: Candidate, touching: Sequence[Candidate]) -> Beside:
    if not touching:
        return Beside(c, "alone")
    judged = [Beside(c, _relation(c, r), r) for r in touching]
    return min(judged, key=lambda b: (_RANK.index(b.relation), -_shared(c, b.other or c)))


_RANK = ("agrees", "conflicts", "within")


def _relation(c: Candidate, r: Candidate) -> str:
    same = _shared(c, r) >= HALF
    if c.kind == r.kind:
        return "agrees" if same and _mean_the_same(c, r) else "conflicts"
    nested = (r.start <= c.start and c.end <= r.end) or (c.start <= r.start and r.end <= c.end)
    return "within" if nested and not same else "conflicts"


def _mean_the_same(c: Candidate, r: Candidate) -> bool:
    """Whether the contents contradict: what one of them leaves open contradicts nothing."""
    if c.kind == "commitment":
        return str(c.payload["strength"]) == str(r.payload["strength"])
    keys = {"date": ("value",), "amount": ("value", "unit"), "person": ("party",)}.get(c.kind, ("id",))
    told = [(c.payload.get(k), r.payload.get(k)) for k in keys]
    if any(one and other and one != other and "?" not in (one, other) for one, other in told):
        return False
    return not (c.links and r.links and set(c.links) != set(r.links))


def _shared(c: Candidate, r: Candidate) -> float:
    """Characters in common over characters in either; of two commitments, whose end is a matter of taste, over those
    of the shorter."""
    common = min(c.end, r.end) - max(c.start, r.start)
    if c.kind == r.kind == "commitment":
        return common / min(c.end - c.start, r.end - r.start)
    return common / (max(c.end, r.end) - min(c.start, r.start))


def _touch(c: Candidate, r: Candidate) -> bool:
    return c.start < r.end and r.start < c.end


def _family(kind: str) -> int:
    return next(i for i, family in enumerate(_FAMILIES) if kind in family)
