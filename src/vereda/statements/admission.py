"""What another extractor proposes is let in under the guards of the rules, or refused with the reason.

Whoever proposes says only which words are what. The content is ours: dates, sums, places, names and offices are read by
the same readers as the rules use, so that the payload means the same whoever found the words. Private persons,
accusations and what stands outside the statement's own sentences are refused here, for every extractor alike.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, get_args

from vereda.statements.amounts import Amounts
from vereda.statements.blocks import Sentence, sentences
from vereda.statements.dates import UNRESOLVED, Dates
from vereda.statements.extract import ahead, places_of, shouted
from vereda.statements.grammar import grammar
from vereda.statements.language import language
from vereda.statements.layer import fold
from vereda.statements.mention import Mention
from vereda.statements.names import known_name
from vereda.statements.offices import Offices
from vereda.statements.vocabulary import Vocabulary, countries
from vereda.terms.place import Gazetteer
from vereda.terms.statement import KINDS, Candidate, Statement, Strength

NAMES = frozenset({"organisation", "instrument", "forum", "meeting"})
_TOPICS = frozenset({"threat", "intervention"})
_STRENGTHS = frozenset(get_args(Strength))
_EDGES = " \t\r\n\"'.,;:"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another extractor's word: these characters of the text are of this kind.

    payload: what it says of them, believed only where it is checked. trail: hashes of what it was asked and answered.
    """

    kind: str
    start: int
    end: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    trail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A proposal that was not let in. why: key of the sentence; quote: empty where it may not be shown."""

    why: str
    kind: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of one extractor: who it is, under which licence, what was let in, what was not."""

    extractor: str
    licence: str  # as its maker states it; empty where none is stated
    version: str
    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()  # keys of sentences
    asked: tuple[Mapping[str, Any], ...] = ()  # of a model: hash of each prompt and reply


class Admission:
    """Lets proposals for one statement in."""

    def __init__(self, document: Statement, vocabulary: Vocabulary, gazetteer: Gazetteer, by: str) -> None:
        self.document, self.vocabulary, self.by = document, vocabulary, by
        self.lang = language(document.lang)
        self.plain, self.folded = document.plain, fold(document.plain)
        self.own = list(sentences(self.plain, document.blocks, self.lang))
        self._starts = [s.start for s in self.own]
        self.offices = Offices(document.lang, self.plain, self.folded)
        self.places = {
            (m.start, m.end): m for m in places_of(gazetteer, vocabulary).find(self.plain, self.folded)
        }
        self._accusing = grammar(document.lang).accusing

    def let_in(self, proposals: Iterable[Proposal]) -> tuple[list[Candidate], list[Refused]]:
        """Candidates in the order of the text, and what was refused. One candidate for the same words and kind."""
        judged = [(p, self._judged(p)) for p in map(self._trimmed, proposals)]
        private = {fold(self._words(p)) for p, said in judged if said == "private"}
        kept: dict[tuple[str, int, int], Mention] = {}
        refused: list[Refused] = []
        for proposal, said in judged:
            if isinstance(said, Mention) and self._names_private(said, private):
                said = "private"
            if isinstance(said, str):
                refused.append(Refused(said, proposal.kind if proposal.kind in KINDS else ""))
            else:
                if proposal.trail:
                    said = replace(said, payload={**said.payload, "asked": dict(proposal.trail)})
                kept.setdefault((said.kind, said.start, said.end), said)
        found = sorted(kept.values(), key=lambda m: (m.start, -m.end, m.kind))
        return [self._candidate(m) for m in found], refused

    def sentence(self, start: int, end: int) -> Sentence | None:
        """The statement's own sentence that holds these characters; None in page furniture or across two."""
        at = bisect_right(self._starts, start) - 1
        return self.own[at] if at >= 0 and start < end <= self.own[at].end else None

    def _words(self, p: Proposal) -> str:
        return self.document.text[p.start : p.end]

    def _trimmed(self, p: Proposal) -> Proposal:
        """Without spaces and stops at its edges, which extractors take along as they like."""
        words = self._words(p)
        start = p.start + len(words) - len(words.lstrip(_EDGES))
        end = p.end - (len(words) - len(words.rstrip(_EDGES if p.kind in NAMES | {"person"} else " \t\r\n")))
        return replace(p, start=min(start, p.end), end=max(end, min(start, p.end)))

    def _judged(self, p: Proposal) -> Mention | str:
        """What the proposal becomes, or the key of the reason why not."""
        if p.kind not in KINDS:
            return "kind"
        sentence = self.sentence(p.start, p.end)
        if sentence is None or p.end - p.start < 2:
            return "outside"
        made = self._made(p, sentence)
        if isinstance(made, Mention) and self._accused(sentence) and not self._harmless(made):
            return "accused"
        return made

    def _made(self, p: Proposal, s: Sentence) -> Mention | str:
        if p.kind == "person":
            return self._person(p, s)
        if p.kind == "date":
            return self._date(p, s)
        if p.kind == "amount":
            return self._amount(p)
        if p.kind == "place":
            return self._place(p)
        if p.kind in NAMES:
            return self._name(p)
        if p.kind in _TOPICS:
            return self._topic(p)
        return self._commitment(p, s)

    def _accused(self, s: Sentence) -> bool:
        return bool(self._accusing.search(self.folded, s.start, s.end))

    def _harmless(self, m: Mention) -> bool:
        """What may be taken from a sentence that accuses somebody: nothing that could be a person's name."""
        return m.kind in {"date", "amount", *_TOPICS} or bool(m.links) or "id" in m.payload

    def _names_private(self, m: Mention, private: set[str]) -> bool:
        """Whether the words name somebody refused as a private person: under another kind, or in a promise."""
        if (m.links and m.kind != "commitment") or "id" in m.payload:
            return False
        words = self.folded[m.start : m.end]
        if m.kind == "commitment":
            return any(_whole(name).search(words) for name in private if name)
        named = m.kind in NAMES | {"place"}
        return named and any(words == name or words == name.split()[-1] for name in private if name)

    def _person(self, p: Proposal, s: Sentence) -> Mention | str:
        person = self.offices.of(p.start, p.end, s.start, s.end)
        return "private" if person is None or shouted(self.plain, p.start) else person

    def _date(self, p: Proposal, s: Sentence) -> Mention:
        """On the calendar as the rules would put it; open where they cannot tell."""
        future = ahead(self.plain[s.start : s.end], self.lang)
        read = Dates(self.lang, self.document.date).find(self.plain, self.folded, p.start, p.end, future)
        value, how = (
            (read[0].value, read[0].how) if len(read) == 1 else (UNRESOLVED, "the day cannot be read")
        )
        payload = {"text": self._words(p), "value": value, "how": how}
        return Mention("date", p.start, p.end, payload, (), 0.6, how if value == UNRESOLVED else "")

    def _amount(self, p: Proposal) -> Mention | str:
        read = Amounts(self.lang, self.folded).find(self.folded, p.start, p.end)
        if len(read) != 1:
            return "no_number"
        one = read[0]
        payload = {"value": one.value, "unit": one.unit} | (
            {"qualifier": one.qualifier} if one.qualifier else {}
        )
        return Mention("amount", p.start, p.end, payload, (), 0.6, "" if one.unit else "which currency?")

    def _place(self, p: Proposal) -> Mention:
        known = self.places.get((p.start, p.end))
        if known is not None:
            return Mention("place", p.start, p.end, known.payload, known.links, 0.6, known.review)
        return Mention(
            "place", p.start, p.end, {"name": self._words(p), "how": "not in the gazetteer"}, (), 0.4
        )

    def _name(self, p: Proposal) -> Mention:
        known = known_name(self.vocabulary, self.plain, self.folded, p.start, p.end)
        if known is not None and known.kind == p.kind:
            return Mention(p.kind, p.start, p.end, known.payload, known.links, 0.6)
        return Mention(p.kind, p.start, p.end, {"name": self._words(p)}, (), 0.5)

    def _topic(self, p: Proposal) -> Mention | str:
        book = self.vocabulary.entries["threats.yml" if p.kind == "threat" else "interventions.yml"]
        said = p.payload.get("id")
        if not isinstance(said, str) or said not in {e["id"] for e in book}:
            return "not_followed"
        return Mention(p.kind, p.start, p.end, {"id": said}, (f"{p.kind}:{said}",), 0.5)

    def _commitment(self, p: Proposal, s: Sentence) -> Mention | str:
        """A promise: its strength and parties as proposed and checked; the rest is read from its own words."""
        strength, parties = p.payload.get("strength"), p.payload.get("parties", [])
        if not isinstance(strength, str) or strength not in _STRENGTHS or not isinstance(parties, list):
            return "fields"
        if any(not isinstance(code, str) or code not in self.states for code in parties):
            return "party"
        words, said = self.folded[p.start : p.end], grammar(self.document.lang)
        hedge = said.hedges.search(words)
        reported = (
            bool(said.reporting.search(self.folded, s.start, s.end)) or p.payload.get("reported") is True
        )
        places = [
            link for (a, b), m in self.places.items() if p.start <= a and b <= p.end for link in m.links
        ]
        payload = {
            "strength": strength,
            "parties": list(dict.fromkeys(parties)),
            "party_words": "",
            "verb": "",
            "object": self._words(p),
            "places": places,
            **self._deadline(p, s),
            **self._target(p),
            "hedged": bool(hedge) or p.payload.get("hedged") is True,
            "reported": reported,
        }
        if payload["hedged"]:
            payload["hedge"] = hedge[0] if hedge else ""
        review = "" if parties else "who is bound is not clear"
        return Mention("commitment", p.start, p.end, payload, tuple(dict.fromkeys(places)), 0.4, review)

    def _deadline(self, p: Proposal, s: Sentence) -> dict[str, str]:
        future = ahead(self.plain[s.start : s.end], self.lang)
        cue = grammar(self.document.lang).deadlines
        for d in Dates(self.lang, self.document.date).find(self.plain, self.folded, p.start, p.end, future):
            if cue.search(self.folded[max(0, d.start - 28) : d.start]):
                return {"deadline_raw": self.document.text[d.start : d.end], "deadline": d.value}
        return {"deadline_raw": "", "deadline": ""}

    def _target(self, p: Proposal) -> dict[str, Any]:
        read = Amounts(self.lang, self.folded).find(self.folded, p.start, p.end)
        return {"target": {"value": read[0].value, "unit": read[0].unit} if read else None}

    @cached_property
    def states(self) -> frozenset[str]:
        """Codes that a promise may bind: the parties of the case, and the countries that the text names."""
        known, words = countries(), f" {self.plain} "
        named = {
            code
            for name, code in (*known.names.items(), *known.adjectives.items())
            if name in words and _whole(name).search(words)
        }
        return frozenset({*self.vocabulary.parties, *named})

    def _candidate(self, m: Mention) -> Candidate:
        quote = self.document.text[m.start : m.end]
        return Candidate(m.kind, m.start, m.end, quote, m.payload, m.links, m.score, self.by, m.review)


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def reasons(refused: Iterable[Refused]) -> Iterator[tuple[str, list[Refused]]]:
    """Refusals by reason, the commonest first."""
    by: dict[str, list[Refused]] = {}
    for one in refused:
        by.setdefault(one.why, []).append(one)
    yield from sorted(by.items(), key=lambda pair: -len(pair[1]))
