"""How statements hang together: links between what they say, proposed with the words that show them; a person decides.

Five rules, none of which decides anything: words that say so (supersedes, fulfils), a promise renewed (reaffirms), a
count or a place inside an earlier one (narrows) or outside it (contradicts), and sums of the same thing that differ.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from vereda.statements.blocks import Sentence, sentences
from vereda.statements.language import language
from vereda.statements.layer import fold
from vereda.statements.phrases import Phrasebook
from vereda.terms.statement import Candidate, Statement

NAMED = ("instrument", "forum", "meeting")
#: Into the unit that figures are held in: factor and unit. International foot of 1959; the acre is 4,840 square yards of it.
TURNED: Mapping[str, tuple[float, str]] = {
    "mile": (1.609344, "km"), "acre": (0.40468564224, "ha"), "kg": (0.001, "t"),
}  # fmt: skip
WITHIN = 0.02  # sums nearer than this are one sum, printed twice
_STEM, _LONG = 5, 5  # letters of a stem; shorter words are not looked at
_WORD = re.compile(rf"[a-z]{{{_LONG},}}")


@dataclass(frozen=True, slots=True)
class Read:
    """A statement and what was found in it. ref: kind and id where the register has the text, else empty."""

    document: Statement
    candidates: tuple[Candidate, ...]
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A count that the register holds: its entry, what it is about in words by language, least and most, unit."""

    ref: str
    words: Mapping[str, str]
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of the register that a promise may be about: what it is called and says, by language, and since when."""

    ref: str
    name: Mapping[str, str]
    words: Mapping[str, str]
    since: str


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: an entry, or characters of the text with that number (of those compared)."""

    ref: str = ""
    text: int = -1
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Tie:
    """A link proposed. why: key of the reason; shared: what both have in common, or the two numbers."""

    relation: str
    newer: End
    older: End
    why: str
    shared: tuple[str, ...] = ()


def ties(texts: Sequence[Read], held: Sequence[Held] = (), known: Sequence[Known] = ()) -> tuple[Tie, ...]:
    """Every link proposed between these texts, and from each of them to the register, in the order of the texts."""
    found: dict[tuple[str, End, End], Tie] = {}
    for number, text in enumerate(texts):
        for tie in (
            *_said(number, text), *_renewed(number, text, texts, known), *_followed(number, text, known), *_narrowed(number, text, texts),
            *_counted(number, text, held), *_differing(number, text, texts),
        ):  # fmt: skip
            found.setdefault((tie.relation, tie.newer, tie.older), tie)
    return tuple(found.values())


# Words that say so -----------------------------------------------------------------------------------------------


def _said(number: int, text: Read) -> Iterator[Tie]:
    folded = fold(text.document.plain)
    named = [c for c in text.candidates if c.kind in NAMED and _entry(c)]
    for sentence in _sentences(text.document):
        here = [c for c in named if sentence.start <= c.start and c.end <= sentence.end]
        for hit in _cues(text.document.lang).find(text.document.plain, folded, sentence.start, sentence.end):
            before = [c for c in here if c.end <= hit.start]
            after = [c for c in here if c.start >= hit.end]
            relation, turned = hit.entry
            first = End(_entry(before[-1])) if before else End(text.ref, number, sentence.start, hit.start)
            if not after:
                continue
            second = End(_entry(after[0]))
            newer, older = (second, first) if turned else (first, second)
            if (newer.ref or newer.text) != (older.ref or older.text):
                yield Tie(relation, newer, older, "cue", (text.document.text[hit.start : hit.end],))


@cache
def _cues(code: str) -> Phrasebook[tuple[str, bool]]:
    said = language(code)["links"]
    return Phrasebook(
        [
            *((p, (r, False)) for r in ("supersedes", "fulfils") for p in said[r]),
            *((p, ("supersedes", True)) for p in said["passive"]),
        ]
    )


# Promises --------------------------------------------------------------------------------------------------------


def _renewed(number: int, text: Read, texts: Sequence[Read], known: Sequence[Known]) -> Iterator[Tie]:
    """What is reaffirmed: what the clause names; else the nearest promise of an older text by the same parties, and the
    older entry of the register that has most words in common with it."""
    for c in _promises(text):
        if c.payload["strength"] != "reaffirms":
            continue
        mine = End(text.ref, number, c.start, c.end)
        entries = [link.replace(":", "/", 1) for link in c.links if link.split(":")[0] in NAMED]
        for ref in entries:
            yield Tie("reaffirms", mine, End(ref), "named", (ref,))
        if not entries:
            yield from _nearest(mine, c, text, texts)
            older = [k for k in known if not text.document.date or k.since < text.document.date]
            yield from _alike("reaffirms", mine, c, text, [(k, k.words) for k in older])


def _nearest(mine: End, c: Candidate, text: Read, texts: Sequence[Read]) -> Iterator[Tie]:
    found = []
    for number, other in enumerate(texts):
        if other is text or not _older(other.document, text.document):
            continue
        for o in _promises(other):
            shared = _topics(c) & _topics(o)
            if shared and set(c.payload["parties"]) <= set(o.payload["parties"]):
                found.append((len(shared), other.document.date, number, o, shared))
    if found:
        _, _, number, o, shared = max(found, key=lambda f: (f[0], f[1], -f[3].start))
        yield Tie(
            "reaffirms",
            mine,
            End(texts[number].ref, number, o.start, o.end),
            "same_topic",
            tuple(sorted(shared)),
        )


def _followed(number: int, text: Read, known: Sequence[Known]) -> Iterator[Tie]:
    """What a promise of a dated text came to: an entry of the two years after it whose name has words in common with it."""
    day = text.document.date
    if not day:
        return
    until = f"{int(day[:4]) + 2}{day[4:]}"
    later = [(k, k.name) for k in known if day < k.since <= until]
    for c in _promises(text):
        if c.payload["strength"] in ("commits", "agrees", "binds", "intends", "discusses"):
            mine = End(text.ref, number, c.start, c.end)
            for tie in _alike("fulfils", mine, c, text, later):
                yield Tie(tie.relation, tie.older, tie.newer, tie.why, tie.shared)


def _alike(
    relation: str, mine: End, c: Candidate, text: Read, others: Sequence[tuple[Known, Mapping[str, str]]]
) -> Iterator[Tie]:
    """The entry with most stems in common with a promise, if it has two or more."""
    lang = text.document.lang
    words = stems(c.quote, lang, "")
    found = [
        (len(shared), k.since, k, shared)
        for k, said in others
        if len(shared := common(words, stems(said[lang], lang, ""))) >= 2
    ]
    if found:
        _, _, best, shared = max(found, key=lambda f: (f[0], f[1], f[2].ref))
        yield Tie(relation, mine, End(best.ref), "words", shared)


def _narrowed(number: int, text: Read, texts: Sequence[Read]) -> Iterator[Tie]:
    """A promise on the same topic whose places lie inside those of an older one."""
    for c in _promises(text):
        places = set(c.payload["places"])
        for n, other in enumerate(texts):
            if other is text or not _older(other.document, text.document) or not places:
                continue
            for o in _promises(other):
                wide, shared = set(o.payload["places"]), _topics(c) & _topics(o)
                if shared and wide and places != wide and all(_inside(p, wide) for p in places):
                    yield Tie(
                        "narrows", End(text.ref, number, c.start, c.end), End(other.ref, n, o.start, o.end), "places",
                        tuple(sorted(p.removeprefix("place:") for p in places)),
                    )  # fmt: skip


def _inside(place: str, wide: set[str]) -> bool:
    """By code: CO-52835 lies in CO-52, and that in CO."""
    return any(
        place == w or place.startswith(w + "-") or (w.count("-") == 1 and place.startswith(w)) for w in wide
    )


# Counts and sums -------------------------------------------------------------------------------------------------


def _counted(number: int, text: Read, held: Sequence[Held]) -> Iterator[Tie]:
    """A count beside one that the register holds of the same thing: inside its range it narrows, outside it contradicts."""
    for c in _amounts(text):
        value, unit = turned(c)
        sentence, lang = _around(text.document, c), text.document.lang
        for h in held:
            shared = common(stems(sentence, lang, unit), stems(h.words[lang], lang, unit))
            if unit != h.unit or not shared:
                continue
            low, high = h.low * (1 - WITHIN), h.high * (1 + WITHIN)
            if low <= value <= high and h.low == h.high:
                continue  # the same count, said again
            relation = "narrows" if value <= high and h.low != h.high else "contradicts"
            if relation == "contradicts" and len(shared) < 2:
                continue  # one word in common is no one thing
            wanted = f"{h.low:g}" if h.low == h.high else f"{h.low:g}–{h.high:g}"
            yield Tie(
                relation, End(text.ref, number, c.start, c.end), End(h.ref), "count", (f"{value:g} {unit}", f"{wanted} {h.unit}", *shared),
            )  # fmt: skip


def _differing(number: int, text: Read, texts: Sequence[Read]) -> Iterator[Tie]:
    """Sums of one unit about the same thing in two texts, of which one is not a rounding of the other."""
    for c in _amounts(text):
        value, unit = turned(c)
        mine = stems(_around(text.document, c), text.document.lang, unit)
        for n, other in enumerate(texts):
            if (
                n == number
                or not _older(other.document, text.document)
                or other.document.lang != text.document.lang
            ):
                continue
            for o in _amounts(other):
                theirs, theirs_unit = turned(o)
                shared = common(mine, stems(_around(other.document, o), other.document.lang, unit))
                if (
                    unit == theirs_unit
                    and len(shared) >= 3
                    and abs(value - theirs) > WITHIN * max(value, theirs)
                ):
                    yield Tie(
                        "contradicts", End(text.ref, number, c.start, c.end), End(other.ref, n, o.start, o.end), "sum",
                        (f"{value:g} {unit}", f"{theirs:g} {theirs_unit}", *shared),
                    )  # fmt: skip


def turned(c: Candidate) -> tuple[float, str]:
    """An amount in the unit that figures are held in."""
    factor, unit = TURNED.get(c.payload["unit"], (1.0, c.payload["unit"]))
    return c.payload["value"] * factor, unit


def stems(words: str, lang: str, unit: str) -> dict[str, str]:
    """First letters of the longer words, and the word; without small words and the unit's own name."""
    small = {
        *language(lang)["stop_words"],
        *(name for name, u in language(lang)["units"].items() if u == unit),
    }
    return {w[:_STEM]: w for w in _WORD.findall(fold(words)) if w not in small}


def common(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """Words whose first letters both have, as the first one says them."""
    return tuple(sorted(one[stem] for stem in one.keys() & other.keys()))


def trained(lang: str) -> str:
    """Words that a count of people trained goes by."""
    return " ".join(language(lang)["links"]["trained"])


def amounts(text: Read) -> Iterator[tuple[Candidate, str]]:
    """Sums with a unit, each with its sentence: to be held beside stored figures."""
    for c in _amounts(text):
        yield c, _around(text.document, c)


# Small parts -----------------------------------------------------------------------------------------------------


def _amounts(text: Read) -> Iterator[Candidate]:
    return (
        c
        for c in text.candidates
        if c.kind == "amount" and c.payload.get("unit") not in ("", "%", "pp", None)
    )


def _promises(text: Read) -> Iterator[Candidate]:
    return (c for c in text.candidates if c.kind == "commitment")


def _topics(c: Candidate) -> set[str]:
    return {link for link in c.links if not link.startswith("place:")}


def _entry(c: Candidate) -> str:
    """The register's entry a name is linked to."""
    return next((link.replace(":", "/", 1) for link in c.links if link.split(":")[0] in NAMED), "")


def _older(one: Statement, other: Statement) -> bool:
    """Whether one may be the older: an undated text is not ordered, and may be."""
    return not one.date or not other.date or one.date <= other.date


def _sentences(document: Statement) -> Iterator[Sentence]:
    return sentences(document.plain, document.blocks, language(document.lang))


def _around(document: Statement, c: Candidate) -> str:
    return next(
        (document.plain[s.start : s.end] for s in _sentences(document) if s.start <= c.start < s.end), ""
    )
