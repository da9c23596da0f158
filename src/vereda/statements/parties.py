"""Who stands before a verb: states, both sides, office holders, and whoever speaks."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from vereda.statements.language import Language, language
from vereda.statements.layer import fold
from vereda.statements.mention import Mention, Mentions
from vereda.statements.people import surnames
from vereda.statements.phrases import either
from vereda.statements.vocabulary import Vocabulary, countries
from vereda.terms.statement import Block

_CLAUSE = re.compile(
    r"[;:]\s|,\s+(?:while|but|mientras|pero|although|aunque)\s|\.\s|,?\s+(?:said|dijo|told)\s+(?:that\s+)?"
)
_BY = re.compile(r"\b(?:by|of|between|among|to|for|with|de|del|por|entre|para|con)\s+(?:the\s+)?$")
_JOIN = re.compile(
    r"(?:,|,?\s+(?:and|y|e))\s+(?:(?:the|de|del|los|la|el)\s+)*(?:[Rr]ep[uú]blica?\s+(?:of|de|del)\s+)?"
)
#: somebody whose code is not known: "the United States and CARICOM will"
_AND_OTHERS = re.compile(
    r"\s+(?:and|y|e)\s+(?:the\s+|la\s+|el\s+|los\s+)?[A-ZÁÉÍÓÚÑ][\w.-]+(?:\s+[\w.-]+){0,2}\s*$"
)
_SPEECH = re.compile(r"^([A-ZÁÉÍÓÚÑ][\w.]*(?:[ ,][\w.'’,áéíóúñÁÉÍÓÚÑ-]+){0,14}?):\s")
#: whoever speaks for a state: what follows "of" is a party
_HEADS = (
    "(?:government|gobierno|republic|republica|people|state|authoritie|president|presidenta|presidente|minister|ministro|delegation|"
    "official|funcionario|representante|representative|leader|lider|mandatario|gobernante|force|fuerza|army|ejercito|armada|policia|"
    "navie|ministerio|ministrie|embajada|embassie|delegado|delegate)s?|police|navy|armies|ministry|embassy|autoridad(?:es)?|"
    "canciller(?:es)?|delegacion(?:es)?"
)
_GOVERNMENT = re.compile(
    r"^\s*(?:'s\s+)?(?:government|administration|delegation|ministry|minister|president|authorities|officials|police|army|military|forces|side|defense|foreign|ambassador|gobierno|delegacion|ministerio|autoridades)"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is bound: codes of states where they can be told, the words, and who speaks where it is not the subject."""

    parties: tuple[str, ...]
    words: str
    start: int
    speaker: str = ""


class Subjects:
    """The parties of one statement, and how to find them before a verb."""

    def __init__(
        self,
        lang: Language,
        vocabulary: Vocabulary,
        plain: str,
        blocks: Sequence[Block],
        mentions: Mentions,
    ) -> None:
        self.lang, self.vocabulary, self.mentions = lang, vocabulary, mentions
        self.all_words, self.own_words, self.spoken, self.two = _word_lists(lang.code)
        self.office = {surnames(m): str(m.payload.get("party", "")) for m in mentions if m.kind == "person"}
        self.names, self.states = _states()
        self.often = self._often(plain)
        self.parties = self._parties(plain, blocks)
        self.turns = self._turns(plain, blocks)
        self.main = next((p for p in self.office.values() if p), "")

    def _parties(self, plain: str, blocks: Sequence[Block]) -> tuple[str, ...]:
        """Countries that a first sentence names together; else the case's own, where the text names them all."""
        own = [b for b in blocks if not b.boilerplate]
        head = re.split(
            r"(?<=[.!?])\s+(?=[A-ZÁÉÍÓÚÑ])|\n", "\n".join(plain[b.start : b.end] for b in own[:5])[:2000]
        )
        for sentence in head:
            found = dict.fromkeys(self.names[m] for m in self.states.findall(sentence))
            if 2 <= len(found) <= 6:
                return tuple(sorted(found))
        return ()  # one alone is not all

    def _often(self, plain: str) -> list[str]:
        """Countries by how often the text names them; none where the last of two is no more frequent than the third."""
        held = Counter(self.names[m] for m in self.states.findall(plain)).most_common()
        return [] if len(held) > 2 and held[1][1] == held[2][1] else [code for code, _ in held]

    def _turns(self, plain: str, blocks: Sequence[Block]) -> list[tuple[int, int, str, str]]:
        """Who speaks in which block of an interview: start, end, name, party."""
        found: list[tuple[int, int, str, str]] = []
        for block in blocks:
            text = plain[block.start : block.end]
            label = _SPEECH.match(text)
            if label:
                who = next((s for s in self.office if re.search(rf"\b{re.escape(s)}\b", label[1])), "")
                found.append((block.start, block.end, label[1], self.office.get(who, "")))
            elif found and len(found) > 2:
                found.append((block.start, block.end, *found[-1][2:]))
        return found if len(found) > 2 else []

    def speaking(self, plain: str, at: int) -> Subject | None:
        """Who speaks at a place, as subject: "we will finish" binds the speaker's side."""
        name, parties = self._speaker(plain, 0, at)
        return Subject(parties, name, at, name) if name else None

    def everybody(self) -> Subject:
        """All parties of the statement."""
        return Subject(self.parties, "", 0)

    def all_of(self, words: str) -> tuple[str, ...]:
        """Parties that words like "both governments" mean; where they are two and the statement has more, the two it names most."""
        if len(self.parties) == 2 or not self.two.search(words):
            return self.parties
        return tuple(sorted(self.often[:2])) if len(self.often) >= 2 else ()

    def quoted(self, plain: str, at: int) -> bool:
        """Whether a place stands in quotation marks of its paragraph."""
        start = plain.rfind("\n", 0, at) + 1
        return plain[start:at].count('"') % 2 == 1

    def first(self, plain: str, folded: str, start: int, end: int) -> Subject | None:
        """The party a sentence begins with, for the pronouns of the next."""
        return self.before(plain, folded, start, min(end, start + 120), nearest=False)

    def start_before(self, plain: str, folded: str, since: int, verb: int) -> int | None:
        """Where the subject of a verb begins, if a new one stands between `since` and it."""
        found = self.before(plain, folded, since, verb)
        if found is None:
            return None
        article = re.search(
            r"(?:\b(?:the|el|la|los|las)\s+(?:[Gg]overnments?\s+of\s+(?:the\s+)?|[Gg]obiernos?\s+de\s+(?:los\s+)?)?)$",
            plain[since : found.start],
        )
        return since + article.start() if article else found.start

    def before(self, plain: str, folded: str, start: int, verb: int, nearest: bool = True) -> Subject | None:
        """The party that stands as subject between `start` and the verb."""
        cuts = [m.end() for m in _CLAUSE.finditer(plain, start, verb)] if nearest else []
        since = cuts[-1] if cuts and verb - cuts[-1] > 3 else start
        speaker = self._speaker(plain, start, verb)
        for window in ((since, verb), (start, verb)):
            found = self._in(plain, folded, *window)
            if found is not None:
                # "the government" is the speaker's; "the European Union" is not
                own = self.own_words.fullmatch(fold(found.words)) or self.spoken.fullmatch(fold(found.words))
                return Subject(
                    found.parties or (speaker[1] if own else ()), found.words, found.start, speaker[0]
                )
        return None

    def _in(self, plain: str, folded: str, start: int, verb: int) -> Subject | None:
        text, low = plain[start:verb], folded[start:verb]
        if len(text) > 260:
            start, text, low = verb - 260, plain[verb - 260 : verb], folded[verb - 260 : verb]
        every = [m for m in self.all_words.finditer(low) if not _BY.search(low[: m.start()])]
        states = [m for m in self.states.finditer(text) if self._is_subject(text, low, m)]
        if every and (not states or every[-1].start() > states[-1].start()):
            last = every[-1]
            turn = self._turn(start)
            if self.spoken.fullmatch(last[0]):
                parties = (turn[3],) if turn and turn[3] else ()
                return Subject(parties, last[0], start + last.start())
            return Subject(
                self.all_of(low[last.start() :]),
                plain[start + last.start() : start + last.end()],
                start + last.start(),
            )
        people = [m for m in self.mentions.within(start, verb) if m.kind == "person"]
        if together := self._together(people):
            return together  # "the presidents of Mexico, A, and of Guatemala, B"
        if people and states and people[0].start >= start + states[-1].end():
            states = []  # "Guatemala and Honduras, Vice President Harris announced": who stands next to the verb
        if states:
            states = self._joined(text, states)
            if _AND_OTHERS.match(text, states[-1].end()):
                return Subject((), text[states[0].start() :].strip(), start + states[0].start())
            codes = tuple(sorted(dict.fromkeys(self.names[m[0]] for m in states)))
            first = states[0]
            return Subject(codes, text[first.start() : states[-1].end()], start + first.start())
        for mention in self.mentions.within(start, verb):
            if mention.kind in {"person", "organisation", "forum"}:
                party = str(mention.payload.get("party", ""))
                return Subject((party,) if party else (), plain[mention.start : mention.end], mention.start)
        for name, party in self.office.items():
            if m := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                return Subject((party,) if party else (), m[0], start + m.start())
        own = list(self.own_words.finditer(low))
        if own:
            speaker = self._speaker(plain, 0, verb)
            return Subject(speaker[1], own[-1][0], start + own[-1].start())
        turn = self._turn(start)
        if turn and self.spoken.search(low):
            return Subject((turn[3],) if turn[3] else (), turn[2], verb)
        if turn and self.lang["first_person"] and re.search(r"^\W*(?:\w+\W+){0,4}$", low):
            return Subject((turn[3],) if turn[3] else (), turn[2], verb)
        return None

    def _together(self, people: Sequence[Mention]) -> Subject | None:
        """Several office holders as one subject, where the side of each is known."""
        parties = [str(m.payload.get("party", "")) for m in people]
        if len(people) < 2 or not all(parties):
            return None
        names = " / ".join(str(m.payload["name"]) for m in people)
        return Subject(tuple(sorted(set(parties))), names, people[0].start)

    def _joined(self, text: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
        """States with those that "and" joins to the first: "the forces of Ecuador and Colombia"."""
        earlier = list(self.states.finditer(text, 0, found[0].start()))
        while earlier and _JOIN.fullmatch(text, earlier[-1].end(), found[0].start()):
            found = [earlier.pop(), *found]
        return found

    def _is_subject(self, text: str, low: str, m: re.Match[str]) -> bool:
        """A country's name is a subject unless a preposition puts it elsewhere; an adjective only before a body of state."""
        if m[0] in countries().adjectives and m[0] not in countries().names:
            return bool(_GOVERNMENT.match(low, m.end())) or bool(
                re.match(r"\s+[A-Z]|\s+and\s", text[m.end() :])
            )
        if m[0] in {"U.S.", "US"} and re.match(r"\s+\w", text[m.end() :]):
            return bool(_GOVERNMENT.match(low, m.end())) or bool(re.match(r"\s+and\s|\s*$", text[m.end() :]))
        lead = low[: m.start()]
        if re.search(
            rf"(?:{_HEADS})\s+(?:of|de|de la|del)\s+(?:the\s+|los\s+|la\s+)?$",
            lead,
        ):
            return True
        if re.search(
            rf"(?i:{_HEADS})\s+(?:of|de)\s+(?:(?:the\s+|los\s+|la\s+)?[A-Z][\w ]*,?\s*(?:and\s+|y\s+)?)+$",
            text[: m.start()],
        ):
            return True
        return not re.search(
            r"\b(?:in|to|from|with|for|at|near|into|across|about|between|against|through|visit|visited|en|a|desde|hacia|con|para|por|sobre|entre|contra|ante|al)\s+(?:the\s+|los\s+|la\s+|el\s+)?$|\b(?:of|de|del)\s+(?:the\s+|los\s+)?$",
            lead,
        )

    def _turn(self, at: int) -> tuple[int, int, str, str] | None:
        return next((t for t in self.turns if t[0] <= at < t[1]), None)

    def _speaker(self, plain: str, start: int, verb: int) -> tuple[str, tuple[str, ...]]:
        """Who speaks last before the verb: an office holder of the same or an earlier sentence."""
        turn = self._turn(verb)
        if turn:
            return turn[2], (turn[3],) if turn[3] else ()
        last = self.mentions.last_before("person", verb)
        if last is None:
            return "", ()
        party = str(last.payload.get("party", ""))
        return str(last.payload["office"]), (party,) if party else ()


@cache
def _word_lists(code: str) -> tuple[re.Pattern[str], ...]:
    """Words for all parties, for the speaker's own side, of somebody who speaks, and that say that parties are two."""
    lang = language(code)
    lists = (lang["parties"]["all"], lang["parties"]["own"], lang["spoken"], lang["two"])
    return tuple(re.compile(rf"(?<!\w)(?:{either(words)})(?!\w)") for words in lists)


@cache
def _states() -> tuple[dict[str, str], re.Pattern[str]]:
    """Names and adjectives of countries with their codes, and the pattern that finds them."""
    names = {**countries().names, **countries().adjectives}
    return names, _either_cased(names)


def _either_cased(names: dict[str, str]) -> re.Pattern[str]:
    kept = [name for name in names if len(name) > 1]
    return re.compile(
        "(?<![\\w.])(?:" + "|".join(re.escape(n) for n in sorted(kept, key=len, reverse=True)) + r")(?!\w)"
    )


__all__ = ["Subject", "Subjects"]
