"""Organisations, instruments, forums and meetings: names the case knows first, then names by their head noun."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vereda.statements.language import Language
from vereda.statements.layer import fold
from vereda.statements.mention import Mention, overlap
from vereda.statements.phrases import as_written
from vereda.statements.vocabulary import Named, Vocabulary

_CAP = r"(?:(?:[A-Z]\.){2,}(?:-[A-Z]\w+)?|[A-ZÁÉÍÓÚÑ][\w'&-]*|\[[A-Z]\w+\]|\d{4}(?:-\d{4})?)"
_SHORT = re.compile(r"\s*\(([A-Z][A-Za-z]{1,9}s?)\)")
_ARTICLE = re.compile(
    r"(?:The|A|An|El|La|Los|Las|This|That|In|On|At|Our|Its|Under|According|Both|Este|Esta|En|Según|Con|Por|Para)\s+"
)


class Names:
    """Reads the names of one language and one case."""

    def __init__(self, lang: Language, vocabulary: Vocabulary) -> None:
        self.lang, self.vocabulary = lang, vocabulary
        ordinal = rf"(?<![\w.-])(?P<n>{as_written(map(fold, lang['ordinals']))}|[ivx]{{1,5}}|\d{{1,2}}(?:st|nd|rd|th|a|º|ª))"
        heads = as_written(map(fold, lang["meetings"]["heads"]))
        joined = as_written(lang["meetings"]["joining"])
        self._number = re.compile(rf"{ordinal}\s+$")
        self._numbered = re.compile(rf"{ordinal}\s+(?:[a-z-]+\s+){{0,4}}?(?:{heads})\b")
        self._named_after = re.compile(rf"(?:\s+(?:{joined})){{1,2}}(?:\s+(?:(?:{joined})\s+)?{_CAP})+")
        self._rules = [(kind, score, re.compile(source)) for kind, score, source in _rules(lang)]

    def find(self, plain: str, folded: str) -> list[Mention]:
        """Every mention; a known name may lie inside a longer one found by its head."""
        known = list(self._known(plain, folded))
        guessed = [_of_known(m, known) for m in self._by_head(plain, folded)]
        found = [_with_short(plain, m) for m in (*known, *(m for m in guessed if m is not None))]
        return [*found, *_by_short(plain, found), *self._meetings(plain, folded, known)]

    def _meetings(self, plain: str, folded: str, known: Sequence[Mention]) -> Iterator[Mention]:
        """A meeting by its number: "third session of the Council", and a known one with its number before it."""
        for m in self._numbered.finditer(folded):
            tail = self._named_after.match(plain, m.end())
            forum = next(
                (k for k in known if tail and k.kind == "forum" and overlap(k, _at(m.end(), tail.end()))),
                None,
            )
            end = m.end() if forum or not tail else tail.end()
            payload = {"name": plain[m.start() : end], "number": m["n"]}
            payload |= {"forum": forum.payload["id"]} if forum else {}
            yield Mention("meeting", m.start(), end, payload, forum.links if forum else (), 0.7)
        for k in known:
            before = self._number.search(folded, max(0, k.start - 14), k.start)
            if k.kind == "meeting" and before:
                payload = {**k.payload, "name": plain[before.start() : k.end], "number": before["n"]}
                yield Mention("meeting", before.start(), k.end, payload, k.links, 0.9)

    def _known(self, plain: str, folded: str) -> Iterator[Mention]:
        for book in (self.vocabulary.organisations, self.vocabulary.instruments):
            for hit in book.find(folded, plain):
                yield _mention(hit.start, hit.end, plain, hit.entry, book is self.vocabulary.organisations)

    def _by_head(self, plain: str, folded: str) -> Iterator[Mention]:
        for kind, score, rule in self._rules:
            text = folded if "lower" in rule.groupindex else plain
            for m in rule.finditer(text):
                start, end = m.span("lower" if "lower" in rule.groupindex else 0)
                if "lower" in rule.groupindex and plain[start].isupper():
                    continue  # a name with a capital is read as a name
                article = _ARTICLE.match(plain, start, end)
                start = article.end() if article else start
                end -= len(plain[start:end]) - len(plain[start:end].rstrip(" .,'"))
                if (end - start > 3 and " " in plain[start:end]) or "alone" in rule.groupindex:
                    yield Mention(kind, start, end, {"name": plain[start:end]}, (), score)


def known_name(vocabulary: Vocabulary, plain: str, folded: str, start: int, end: int) -> Mention | None:
    """What the case knows under exactly these words; None where it knows nothing of the name."""
    for book in (vocabulary.organisations, vocabulary.instruments):
        for hit in book.all_at(folded, plain, start):
            if hit.end == end:
                return _mention(start, end, plain, hit.entry, book is vocabulary.organisations)
    return None


def _of_known(guess: Mention, known: Sequence[Mention]) -> Mention | None:
    """A guess around a known name of its kind gives way to it; before one of another it ends ("the work plan of the
    Binational Commission")."""
    inside = [k for k in known if guess.start <= k.start and k.end <= guess.end]
    if any(k.kind == guess.kind for k in inside):
        return None
    forum = next((k for k in inside if k.kind == "forum" and k.start > guess.start), None)
    if forum is None:
        return guess
    name = re.sub(
        r"(?:\s+(?:of|de|del|the|la|el))+\s*$", "", str(guess.payload["name"])[: forum.start - guess.start]
    )
    return replace(guess, end=guess.start + len(name), payload={"name": name}) if " " in name else None


def _at(start: int, end: int) -> Mention:
    return Mention("", start, end)


def _mention(start: int, end: int, plain: str, named: Named, organisation: bool) -> Mention:
    kind = "organisation" if organisation else named.kind
    payload = {"name": plain[start:end], "id": named.id}
    payload |= {"what": named.kind} if organisation else {}
    payload |= {"party": named.party} if named.party else {}
    links = (f"{kind}:{named.register}",) if named.register else ()
    return Mention(kind, start, end, payload, links, 0.9)


def _with_short(plain: str, mention: Mention) -> Mention:
    """A name with the short form that follows it in brackets."""
    found = _SHORT.match(plain, mention.end)
    if not found or mention.kind not in {"organisation", "instrument", "forum"}:
        return mention
    payload = {**mention.payload, "short": found[1]}
    return Mention(mention.kind, mention.start, found.end(), payload, mention.links, mention.score)


def _by_short(plain: str, found: Sequence[Mention]) -> Iterator[Mention]:
    """Later mentions by the short form that stood in brackets: "the ESC", after "(ESC)"."""
    shorts = {str(m.payload["short"]): m for m in found if m.payload.get("short", "").isupper()}
    if shorts:
        for hit in re.finditer(rf"(?<![\w(])(?:{as_written(shorts)})(?![\w)])", plain):
            first = shorts[hit[0]]
            if hit.start() >= first.end:
                yield Mention(first.kind, hit.start(), hit.end(), first.payload, first.links, first.score)


def _rules(lang: Language) -> Iterator[tuple[str, float, str]]:
    org, ins, forum = (lang[key] for key in ("organisations", "instruments", "forums"))
    yield from _organisations(org, lang)
    small = as_written(ins["joining"])
    run = rf"(?:\s+(?!(?:and|y|e)\s+(?:the|el|la|los|las)\b)(?:(?:{small})\s+){{0,3}}{_CAP})"
    heads = as_written(ins["heads"])
    if lang["order"] == "head last":
        yield "instrument", 0.7, rf"(?<![\w-])(?:{_CAP}\s+){{1,6}}(?:{heads})\b(?:{run})*"
        yield "instrument", 0.6, rf"(?<![\w-])(?:{heads})(?:{run})+"
        noun = as_written(ins["after_noun"])
        yield (
            "instrument",
            0.5,
            rf"(?<![\w-])(?:[A-Z][\w'-]+\s+){{2,5}}(?:[a-z]+\s+(?:and\s+)?){{1,4}}(?:{noun})\b",
        )
    else:
        yield "instrument", 0.7, rf"(?<![\w-])(?:{heads})(?:\s+[A-ZÁÉÍÓÚÑ]\w+)?(?:{run})+"
    yield "instrument", 0.6, _generic(ins["lower"])
    verbs, articles = (as_written(map(fold, ins["signed"][key])) for key in ("verbs", "articles"))
    papers = as_written(map(fold, ins["described"]["heads"]))
    yield (
        "instrument",
        0.5,
        rf"(?<!\w)(?:{verbs})\s+(?:[\w,]+\s+){{0,9}}?(?:{articles})\s+(?P<lower>(?P<alone>{papers}))(?!\w)",
    )
    yield (
        "instrument",
        0.8,
        rf"(?<![\w-])(?:{as_written(ins['numbered'])})\s+(?:[Nn][.º°o]*\s*)?\d[\d.-]*\d(?:\s+(?:of|de)\s+(?:19|20)\d\d)?",
    )
    for kind, pairs in (("instrument", ins["described"]), ("forum", forum["described"])):
        yield kind, 0.55, _described(pairs, lang["order"] == "head last")
    for kind, said in (("instrument", ins["topic_before"]), ("forum", forum["topic_before"])):
        if said:
            yield kind, 0.5, _topic_first(said)
    yield "forum", 0.75, _forum(lang, forum["heads"], run)
    yield "forum", 0.5, _generic(forum["lower"])
    capital = "|".join(re.escape(w.capitalize()) for w in lang["meetings"]["heads"])
    yield (
        "meeting",
        0.6,
        rf"(?<![\w-])(?:{_CAP}\s+){{1,5}}(?:{capital})\b(?:\s+(?:(?:{as_written(lang['meetings']['joining'])})\s+){{1,2}}{_CAP}(?:\s+{_CAP})*)?",
    )


#: words before "agreement" that say nothing of what it is about
_PLAIN = "new|existing|bilateral|joint|final|previous|current|recent|own|formal|written|first|second|third|draft|same|said|such|any|this|that|present|possible|future|old|latest|two|three|last|next|and|of|in|by|under|with|for|to|rule|mother|common|general|comprehensive|important|historic|landmark|broad"
_TO = "on|for|against|of|to|sobre|de|del|para|por|contra|en"
_STOPS = r"(?!\w{3,}(?:ara|aran|ira|iran|aron|ieron)\b)(?!(?:that|which|with|con|later|next|last|this|before|after|when|que|cual|cuales|signed|by|in|en|entre|firmado|firmada|suscrito|suscrita|proximo|proxima|antes|cuando|este|esta|presidente|presidenta|ministro|ministra|president|minister|gobierno|government)\b)"
_NO_VERB = r"(?!\w+(?:ar|er|ir)\b)"  # "plan de accion para combatir": what it is for is no part of its name
_TOPIC = rf"(?:(?:the|la|el|los|las)\s+)?{_STOPS}[a-z]{{3,}}(?:(?:\s+(?:{_TO}|and|y|the|la|el|los|las))*\s+{_STOPS}[a-z]{{4,}}){{0,2}}"


def _generic(phrases: Sequence[str]) -> str:
    """Small letters that say what sort of text or body it is, and after "on" or "sobre" what about, in few words."""
    open_: list[str] = []
    closed: list[str] = []
    for phrase in map(fold, phrases):
        (open_ if re.search(rf"\s(?:{_TO})$", phrase) else closed).append(phrase)
    either = [rf"(?:{as_written(open_)})\s+{_TOPIC}"] if open_ else []
    either += [rf"(?:{as_written(closed)})(?:\s+(?!to\b)(?:{_TO})\s+{_NO_VERB}{_TOPIC})?"] if closed else []
    return rf"\b(?P<lower>{'|'.join(either)})"


def _described(said: Mapping[str, Sequence[str]], head_last: bool) -> str:
    """Small letters, one or two words that say of what sort, and the head: "joint technical committee", "acuerdo
    bilateral"; and after "on" or "sobre" what about, in few words."""
    sort, heads = as_written(map(fold, said["sorts"])), as_written(map(fold, said["heads"]))
    about = rf"(?:\s+(?:{as_written(map(fold, said['about']))})\s+{_NO_VERB}{_TOPIC})?"
    pair = (
        rf"(?:(?:{sort})(?:\s+and)?\s+){{1,3}}(?:{heads})"
        if head_last
        else rf"(?:{heads})(?:\s+(?:y\s+)?(?:{sort})){{1,3}}"
    )
    return rf"(?<![\w-])(?P<lower>{pair}(?!\w){about})"


def _topic_first(heads: Sequence[str]) -> str:
    """ "the land registry agreement": an article, up to three words that say what about, and the head."""
    topic = rf"(?:(?!(?:{_PLAIN})\b)[a-z][a-z-]{{2,}}\s+)"
    return rf"\b(?:the|an?|our|its|their)\s+(?:(?:new|bilateral|joint)\s+)?(?P<lower>{topic}{{1,3}}(?:{as_written(heads)}))\b"


def _forum(lang: Language, said: Sequence[str], run: str) -> str:
    """A head of two words is a name by itself; one of one word needs another before it, or after it."""
    heads, whole = as_written(said), as_written([h for h in said if " " in h])
    if lang["order"] == "head last":
        name = rf"(?:{_CAP}\s+(?:(?:(?:and|on|for)\s+)?{_CAP}\s+){{0,5}}(?:{heads})|(?:{whole}))"
        return (
            rf"(?<![\w-]){name}\b(?:\s+(?:on|for|of|against)\s+(?:the\s+)?{_CAP}(?:\s+(?:and\s+)?{_CAP})*)?"
        )
    return rf"(?<![\w-])(?:{heads})(?:\s+[A-ZÁÉÍÓÚÑ]\w+)*(?:{run})*"


def _organisations(org: dict[str, list[str]], lang: Language) -> Iterator[tuple[str, float, str]]:
    small = as_written(org["joining"])
    run = rf"(?:\s+(?!(?:and|y)\s+(?:the|el|la|los)\b)(?:(?:{small})\s+){{0,2}}{_CAP})"
    yield (
        "organisation",
        0.7,
        rf"(?<![\w-])(?:{_CAP}\s+)?(?:{as_written(org['before'])})(?:\s+(?:la|el|los|las|the))?(?:\s+{_CAP})(?:{run})*",
    )
    if org["after"]:
        yield (
            "organisation",
            0.6,
            rf"(?<![\w-])(?:{_CAP}\s+(?:(?:of|for|and)\s+)?){{1,5}}(?:{as_written(org['after'])})\b(?!\s+(?:Minister|Secretary|General|Plan))",
        )
    if org.get("alone"):
        yield (
            "organisation",
            0.6,
            rf"(?<![\w-])(?P<alone>{as_written(org['alone'])})\b(?:\s+(?:de|del)(?:\s+la)?\s+[A-ZÁÉÍÓÚÑ]\w+)?",
        )
