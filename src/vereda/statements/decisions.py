"""From decisions to what stands: undone ones out, split candidates in two, and one queue for each reviewer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vereda.errors import BadRequest
from vereda.statements.layer import fold, plain
from vereda.statements.verify import digest
from vereda.terms.review import KEPT, Decision, Verdict, key
from vereda.terms.statement import Candidate, Statement

#: kinds whose acceptance can become an entry of the case; the others are accepted as marks on the text
ENTRIES = ("commitment", "instrument", "forum", "meeting")
RUN = 8  # words in a row that the text holds too: then they are the text's words and not the reviewer's


@dataclass(frozen=True, slots=True)
class Item:
    """A candidate in the queue of one reviewer, with that reviewer's own decision where there is one."""

    candidate: Candidate
    decision: Decision | None = None

    @property
    def name(self) -> str:
        """What the candidate is called within its document."""
        return key(self.candidate)


def decision(
    document: Statement,
    candidate: Candidate,
    verdict: Verdict,
    by: str,
    at: str,
    why: str = "",
    said: Mapping[str, str] | None = None,
    links: Iterable[str] | None = None,
    span: tuple[int, int] | None = None,
) -> Decision:
    """A decision on a candidate of the document; BadRequest where it would carry the text's words off."""
    start, end = span or (candidate.start, candidate.end)
    if not 0 <= start < end <= len(document.text):
        raise BadRequest(
            f"{start}-{end} is no span of {document.name}. Give a start before the end, within the text."
        )
    said = {k: v.strip() for k, v in (said or {}).items() if v.strip()}
    for name, words in {**said, "why": why}.items():
        if copied := borrowed(document, words):
            raise BadRequest(
                f"{name} repeats the text ({copied[:60]!r}...). Say it in your own words: the text is not kept."
            )
    return Decision(
        document.sha256, document.name, key(candidate), candidate.kind, start, end, digest(document.text[start:end]),
        verdict, by, at, why, said, tuple(candidate.links if links is None else links), candidate.score,
        candidate.extractor,
    )  # fmt: skip


def borrowed(document: Statement, words: str) -> str:
    """The first `RUN` words in a row that stand in the document too; empty where there are none."""
    own = _words(words)
    if len(own) < RUN:
        return ""
    held = " " + " ".join(_words(document.text)) + " "
    runs = (" ".join(own[n : n + RUN]) for n in range(len(own) - RUN + 1))
    return next((run for run in runs if f" {run} " in held), "")


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in fold(plain(text))).split()


def standing(decisions: Iterable[Decision]) -> dict[str, dict[str, Decision]]:
    """Candidate -> reviewer -> the decision that stands; what was undone is as if it had not been said."""
    held: dict[tuple[str, str], list[Decision]] = {}
    for one in decisions:
        said = held.setdefault((one.candidate, one.by), [])
        if one.verdict == "undo":
            del said[-1:]
        elif one.verdict != "written":
            said.append(one)
    found: dict[str, dict[str, Decision]] = {}
    for (candidate, by), said in held.items():
        if said:
            found.setdefault(candidate, {})[by] = said[-1]
    return found


def written(decisions: Iterable[Decision]) -> dict[str, str]:
    """Candidate -> the entry of the case it became."""
    return {d.candidate: d.said.get("entry", "") for d in decisions if d.verdict == "written"}


def queue(
    document: Statement,
    proposed: Sequence[Candidate],
    decisions: Sequence[Decision],
    by: str,
    kinds: Iterable[str] = ENTRIES,
) -> list[Item]:
    """Candidates for one reviewer, the surest first; those that were split are replaced by their parts."""
    held, wanted = standing(decisions), frozenset(kinds)
    found: list[Item] = []
    for candidate in everything(document, proposed, decisions):
        own = held.get(key(candidate), {}).get(by)
        if own is not None and own.verdict == "split":
            continue
        if not wanted or candidate.kind in wanted:
            found.append(Item(candidate, own))
    return sorted(found, key=lambda i: (-i.candidate.score, i.candidate.start, -i.candidate.end))


def everything(
    document: Statement, proposed: Sequence[Candidate], decisions: Sequence[Decision]
) -> list[Candidate]:
    """What was proposed, the parts of what was split, and what a reviewer marked without a proposal."""
    found = {key(c): c for c in proposed}
    for per in standing(decisions).values():
        for one in per.values():
            base = found.get(one.candidate) or marked(document, one)
            found.setdefault(one.candidate, base)
            if one.verdict == "split":
                found |= {key(part): part for part in parts(document, base, int(one.said["at"]))}
    return list(found.values())


def marked(document: Statement, one: Decision) -> Candidate:
    """The candidate that a decision speaks of, where no extractor proposes it."""
    start, _, end = one.candidate.rpartition("@")[2].partition("-")
    a, b = int(start), int(end)
    return Candidate(one.kind, a, b, document.text[a:b], dict(one.said), one.links, one.score, one.extractor)


def parts(document: Statement, candidate: Candidate, at: int) -> tuple[Candidate, Candidate]:
    """The two candidates that a split at a character of the text makes; spaces and joining marks belong to neither."""
    if not candidate.start < at < candidate.end:
        raise BadRequest(
            f"A split at {at} is not inside {candidate.start}-{candidate.end}. Name words inside the quote."
        )
    text, stop = document.text, at
    while stop > candidate.start + 1 and not text[stop - 1].isalnum() and text[stop - 1] not in ")]\"'”’%":
        stop -= 1
    first = replace(candidate, end=stop, quote=text[candidate.start : stop])
    second = replace(candidate, start=at, quote=text[at : candidate.end])
    return first, second


def place_of(document: Statement, candidate: Candidate, words: str) -> int:
    """Where in the quote these words begin; BadRequest where they do not stand there, or more than once."""
    wanted = fold(plain(words)).strip()
    held = fold(document.plain)[candidate.start : candidate.end]
    at = held.find(wanted) if wanted else -1
    if at < 0 or held.find(wanted, at + 1) >= 0:
        often = "more than once" if at >= 0 else "not"
        raise BadRequest(
            f"{words!r} stands {often} in the quote. Type the words as they stand, some more of them."
        )
    return candidate.start + at


@dataclass(frozen=True, slots=True)
class Settled:
    """One candidate over all reviewers: kept, rejected, open, or in dispute; the decision that counts where kept."""

    candidate: Candidate
    state: str
    decision: Decision | None = None


def settle(
    document: Statement, proposed: Sequence[Candidate], decisions: Sequence[Decision]
) -> list[Settled]:
    """Every candidate with what its reviewers say together, in the order of the text. Disputes are shown, not voted on."""
    held = standing(decisions)
    found = [_settled(c, held.get(key(c), {})) for c in everything(document, proposed, decisions)]
    return sorted(found, key=lambda s: (s.candidate.start, -s.candidate.end))


def _settled(candidate: Candidate, per: Mapping[str, Decision]) -> Settled:
    if not per:
        return Settled(candidate, "open")
    said = {label(one) for one in per.values()}
    contents = {_content(one) for one in per.values() if one.verdict in KEPT}
    if len(said) > 1 or len(contents) > 1:
        return Settled(candidate, "disputed")
    last = max(per.values(), key=lambda one: one.at)
    return Settled(candidate, {"keep": "kept", "reject": "rejected", "split": "split"}[said.pop()], last)


def label(one: Decision) -> str:
    """What two reviewers are compared on: keep, reject or split."""
    return "keep" if one.verdict in KEPT else one.verdict


def _content(one: Decision) -> tuple[Any, ...]:
    """What an entry would say: two who word a gist otherwise do not disagree."""
    facts = {k: v for k, v in one.said.items() if not k.startswith(("gist.", "content.", "name.", "where."))}
    return one.start, one.end, tuple(sorted(facts.items())), tuple(sorted(one.links))
