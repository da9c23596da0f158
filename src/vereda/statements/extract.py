"""Statement in, candidates out: every kind read by its rules, overlaps settled, every quote verified."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Generic, TypeVar

from vereda.statements.amounts import Amounts
from vereda.statements.blocks import Sentence, sentences
from vereda.statements.commitments import Commitments
from vereda.statements.dates import UNRESOLVED, Dates
from vereda.statements.language import Language, language
from vereda.statements.layer import fold
from vereda.statements.mention import Mention, Mentions, Taken, longest
from vereda.statements.names import Names
from vereda.statements.parties import Subjects
from vereda.statements.people import People
from vereda.statements.places import Places
from vereda.statements.verify import verified
from vereda.statements.vocabulary import Vocabulary
from vereda.terms.place import Gazetteer
from vereda.terms.statement import Candidate, Statement

#: what any extractor is: a function of a statement, the words of a case and its places
Extractor = Callable[[Statement, Vocabulary, Gazetteer], Sequence[Candidate]]
VERSION = "1"
T = TypeVar("T")


def extract(document: Statement, vocabulary: Vocabulary, gazetteer: Gazetteer) -> tuple[Candidate, ...]:
    """What the statement seems to say, by rules and gazetteers; only quotes that are found again are let through."""
    found = _rules(document, vocabulary, gazetteer)
    by = f"rules-{document.lang} {VERSION}"
    return tuple(
        verified(
            document,
            Candidate(
                m.kind,
                m.start,
                m.end,
                document.text[m.start : m.end],
                m.payload,
                m.links,
                m.score,
                by,
                m.review,
            ),
        )
        for m in found
    )


def _rules(document: Statement, vocabulary: Vocabulary, gazetteer: Gazetteer) -> list[Mention]:
    lang = language(document.lang)
    plain, folded = document.plain, fold(document.plain)
    own = list(sentences(plain, document.blocks, lang))
    named = _inside(_names(plain, folded, lang, vocabulary), own)
    people = [m for m in _inside(_people(lang.code).find(plain, folded), own) if not shouted(plain, m.start)]
    named = longest([*named, *people])
    places = _inside(places_of(gazetteer, vocabulary).find(plain, folded, _named_only(plain, named)), own)
    dates, amounts = _numbers(document, folded, own, lang)
    spoken_for = Taken(named)
    topics = [m for m in _topics(plain, folded, vocabulary) if spoken_for.free(m.start, m.end)]
    held = Mentions([*named, *places, *dates, *amounts, *_inside(topics, own)])
    subjects = Subjects(lang, vocabulary, plain, document.blocks, held)
    reader = Commitments(lang, subjects, held)
    promised = reader.find(plain, folded, own)
    accused = [(s.start, s.end) for s in own if reader.accused(folded, s)]
    kept = [m for m in held if not (m.kind == "person" and any(a <= m.start < b for a, b in accused))]
    return sorted([*kept, *promised], key=lambda m: (m.start, -m.end, m.kind))


def _named_only(plain: str, named: Sequence[Mention]) -> list[Mention]:
    """Mentions without the office before a person's name: the country in it is a place, the surname is none."""
    return [
        replace(m, start=plain.index(str(m.payload["name"]), m.start, m.end)) if m.kind == "person" else m
        for m in named
    ]


def shouted(plain: str, at: int) -> bool:
    """Whether a line is a headline in capitals: there a name cannot be told from other words."""
    start, end = plain.rfind("\n", 0, at) + 1, plain.find("\n", at)
    words = [w for w in plain[start : end if end >= 0 else len(plain)].split() if w[:1].isalpha()]
    return (
        len(words) > 4
        and sum(w[:1].isupper() for w in words) > 0.7 * len(words)
        and words[-1][-1:] not in ".:"
    )


@cache
def _people(code: str) -> People:
    return People(language(code))


def _names(plain: str, folded: str, lang: Language, vocabulary: Vocabulary) -> list[Mention]:
    return longest(_NAMES.of(Names, lang, vocabulary).find(plain, folded))


class _Kept(Generic[T]):
    """What is costly to make of an object, made once. The object is held, so that its identity stays its own."""

    def __init__(self, most: int = 8) -> None:
        self._held: dict[tuple[int, ...], tuple[tuple[object, ...], T]] = {}
        self._most = most

    def of(self, make: Callable[..., T], *objects: object) -> T:
        """The thing made of these objects."""
        key = tuple(map(id, objects))
        if key not in self._held:
            if len(self._held) >= self._most:
                self._held.pop(next(iter(self._held)))
            self._held[key] = objects, make(*objects)
        return self._held[key][1]


_NAMES: _Kept[Names] = _Kept()
_PLACES: _Kept[Places] = _Kept()


def places_of(gazetteer: Gazetteer, vocabulary: Vocabulary) -> Places:
    """The reader of places of a gazetteer and a case, made once."""
    return _PLACES.of(Places, gazetteer, vocabulary)


def _inside(mentions: Sequence[Mention], own: Sequence[Sentence]) -> list[Mention]:
    """Mentions that lie in one sentence of the statement: none of boilerplate, none across two sentences."""
    found: list[Mention] = []
    order = iter(own)
    sentence = next(order, None)
    for mention in sorted(mentions, key=lambda m: m.start):
        while sentence is not None and sentence.end <= mention.start:
            sentence = next(order, None)
        if sentence is None:
            break
        if sentence.start <= mention.start and mention.end <= sentence.end:
            found.append(mention)
    return found


def _numbers(
    document: Statement, folded: str, own: Sequence[Sentence], lang: Language
) -> tuple[list[Mention], list[Mention]]:
    dates, amounts = Dates(lang, document.date), Amounts(lang, folded)
    days: list[Mention] = []
    sums: list[Mention] = []
    for s in own:
        before = len(days)
        future = ahead(document.plain[s.start : s.end], lang)
        for d in dates.find(document.plain, folded, s.start, s.end, future):
            raw = document.text[d.start : d.end]
            review = d.how if d.value == UNRESOLVED else ""
            days.append(
                Mention(
                    "date", d.start, d.end, {"text": raw, "value": d.value, "how": d.how}, (), 0.9, review
                )
            )
        taken = Taken(days[before:])
        for a in amounts.find(folded, s.start, s.end):
            payload = {"value": a.value, "unit": a.unit} | ({"qualifier": a.qualifier} if a.qualifier else {})
            review = "" if a.unit else "which currency?"
            mention = Mention("amount", a.start, a.end, payload, (), 0.9 if a.unit else 0.5, review)
            if taken.free(a.start, a.end):
                sums.append(mention)
    return days, sums


@cache
def _future(code: str) -> Callable[[str], bool]:
    lang = language(code)
    said = [
        *lang["future"],
        *lang["commitments"]["intends"],
    ]  # what is planned is to come
    words = "|".join(re.escape(fold(w)).replace(r"\ ", r"\s+").replace(r"\*", r"\w*") for w in said)
    endings = lang.data.get("future_endings", "")[:-1]
    pattern = re.compile(rf"\b(?:{words})\b" + (rf"|\b\w{{3,}}{endings}\b" if endings else ""))
    told = re.compile(rf"(?<!\w)(?:{lang['backshift']})(?!\w)")
    return lambda text: bool(pattern.search(text) or pattern.search(fold(text)) or told.search(text))


def ahead(sentence: str, lang: Language) -> bool:
    """Whether a sentence speaks of what is to come: then "Thursday" is the next one."""
    return _future(lang.code)(sentence)


def _topics(plain: str, folded: str, vocabulary: Vocabulary) -> Iterator[Mention]:
    for kind, book in (("threat", vocabulary.threats), ("intervention", vocabulary.interventions)):
        for hit in book.find(folded, plain):
            yield Mention(kind, hit.start, hit.end, {"id": hit.entry}, (f"{kind}:{hit.entry}",), 0.8)
