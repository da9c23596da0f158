"""People in office, by the title beside the name. A name without an office is a private person and is never read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from vereda.statements.language import Language
from vereda.statements.layer import fold
from vereda.statements.mention import Mention
from vereda.statements.phrases import as_written
from vereda.statements.vocabulary import countries

_ARTICLE = r"(?:(?:the|an?|el|la|los|las|una?)\s+)?"
_WORD = r"[A-ZÁÉÍÓÚÑ][a-záéíóúñü'’]+(?:-[A-ZÁÉÍÓÚÑ][a-záéíóúñü]+)?"


class People:
    """Reads office holders of one language."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang
        self.said: Mapping[str, list[str]] = lang["offices"]

    def find(self, plain: str, folded: str) -> list[Mention]:
        """Office holders as "title name" or "name, title"; who left office is left out."""
        found = [m for pattern in self._patterns for m in self._read(pattern, plain, folded)]
        return [*found, *self._named_first(plain, folded)]

    def _named_first(self, plain: str, folded: str) -> Iterator[Mention]:
        """ "Ann Other, a spokeswoman for the Department of State": the name, with the office that follows."""
        for m in self._before_post.finditer(plain):
            office = self._post.match(plain, m.end())
            if office and not self.left(folded[max(0, m.start() - 28) : m.start()], folded, m.start()):
                party = self.party(plain, m.start(), m.start()) or self.party_in(plain, m.end(), office.end())
                payload = {"name": m["name"], "office": " ".join(office[0].split())}
                payload |= {"party": party} if party else {}
                yield Mention("person", m.start(), m.end("name"), payload, (), 0.6)

    def _read(self, pattern: re.Pattern[str], plain: str, folded: str) -> Iterator[Mention]:
        for m in pattern.finditer(plain):
            title = " ".join(filter(None, (m.groupdict().get("rank"), m["title"].lstrip(", "))))
            before = folded[max(0, m.start() - 28) : m.start()]
            if self.left(before, folded, m.start()):
                continue
            start = m.start("rank") if m.groupdict().get("rank") else m.start()
            payload = {"name": m["name"], "office": " ".join(title.split())}
            party = self.party(plain, m.start(), m.start("name")) or self.party_in(
                plain, m.end("name"), m.end()
            )
            several = self._several.match(m["title"])
            if several and len(set(self._countries[1].findall(m["title"]))) > 1:
                party = ""  # "the presidents of Mexico and El Salvador, A": of which, the order may say
            payload |= {"party": party} if party else {}
            end = max(m.end("name"), m.end("title") if m.start("title") < m.start("name") else 0)
            yield Mention("person", start, end, payload, (), 0.7 if party else 0.6)
            if several:
                yield from self._others(plain, end, several[0])

    def _others(self, plain: str, at: int, office: str) -> Iterator[Mention]:
        """Further names after an office in the plural: "Presidents A and B", "los ministros de Perú, A, y de Chile, B". None
        after an "and" without a country: the next name may be a private person's."""
        while more := self._next.match(plain, at):
            party = self.party(plain, at, more.start("name"))
            payload = {"name": more["name"], "office": office} | ({"party": party} if party else {})
            yield Mention("person", more.start("name"), more.end("name"), payload, (), 0.6)
            at = more.end("name")
            if not more["whose"]:
                return

    @cached_property
    def _next(self) -> re.Pattern[str]:
        whose = r"(?:of|de|del)\s+(?:la\s+|el\s+|los\s+|the\s+)?[A-ZÁÉÍÓÚÑ]\w+(?:\s+[A-ZÁÉÍÓÚÑ]\w+)?,\s+"
        return re.compile(
            rf"(?:,?\s+(?:and|y|e)\s+(?P<whose>{whose})?|,\s+(?={whose}))(?:{whose})?{self._name}"
        )

    @cached_property
    def _several(self) -> re.Pattern[str]:
        """An office in the plural."""
        return re.compile(_low(as_written(self.said["titles"])) + r"(?:s|es)(?!\w)")

    def left(self, before: str, folded: str, start: int) -> bool:
        """Whether the words before a title, or the title itself, say that the office was left."""
        return bool(self._left.search(before) or self._left.match(folded, start))

    def party(self, plain: str, start: int, end: int) -> str:
        """Code of the country whose adjective or name stands in or just before the title."""
        lead = re.search(r"[^.,;:\n]*$", plain[max(0, start - 24) : start])
        return self.party_in(plain, start - len(lead[0]) if lead else start, end)

    def party_in(self, plain: str, start: int, end: int) -> str:
        """Code of the first country named there; of a surname ("Montenegro") nothing is asked."""
        found = self._countries[1].search(plain, start, end)
        return self._countries[0][fold(found[0])] if found else ""

    @cached_property
    def _countries(self) -> tuple[dict[str, str], re.Pattern[str]]:
        known = countries()
        codes = {fold(word): code for word, code in (*known.names.items(), *known.adjectives.items())}
        long = [word for word in (*known.names, *known.adjectives) if len(word) > 4]
        short = [word for word in (*known.names, *known.adjectives) if len(word) <= 4]
        return codes, re.compile(rf"(?<!\w)(?:(?i:{as_written(long)})|{as_written(short)})(?!\w)")

    @cached_property
    def _left(self) -> re.Pattern[str]:
        """Words that say the office was left, or is not held: "former", "retired", "ex-"."""
        said = "|".join(re.escape(fold(w)) for w in self.said["former"])
        return re.compile(rf"(?<!\w)(?:{said})(?:[\s-]+[\w.]+)?[\s-]+$|(?:{said})\b")

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        sources = self._head_last() if self.lang["order"] == "head last" else self._head_first()
        return [re.compile(source) for source in sources]

    @cached_property
    def _before_post(self) -> re.Pattern[str]:
        """A name with a title near after it; whether it is an office is asked of `post`, which is costly to make."""
        titles = _low(as_written(self.said["titles"]))
        return re.compile(rf"(?<![\w-]){self._name},\s+{_ARTICLE}(?=(?:[\w'.-]+\s+){{0,4}}?{titles}(?!\w))")

    @cached_property
    def _post(self) -> re.Pattern[str]:
        return re.compile(self.post)

    @cached_property
    def _name(self) -> str:
        small = "|".join(self.lang["particles"])
        return rf"(?P<name>{_WORD}(?:\s+(?:(?:{small})\s+)*(?:[A-Z]\.\s+)?{_WORD}){{1,4}})"

    @cached_property
    def _rank(self) -> str:
        """A rank between the office and the name, where somebody retired from the one holds the other."""
        ranks, left = _low(as_written(self.said["ranks"])), as_written(self.said["retired"])
        return rf"(?:{ranks}\s+(?:(?:{left})\s+)?)?"

    @cached_property
    def post(self) -> str:
        """An office that follows a name. It must say of what: anybody may be a director of something."""
        known, bodies = countries(), self.lang["organisations"]
        titles, topics, links = (as_written(self.said[key]) for key in ("titles", "topics", "linking"))
        states = rf"(?:{as_written([*known.names, *known.adjectives])})(?:'s)?"
        run = rf"(?:\s+(?:(?:of|for|and|de|del|la|las|los|y)\s+)*{_WORD})*"
        body = rf"(?:{as_written(bodies['before'])}){run}|(?:{_WORD}\s+){{0,4}}(?:{as_written(bodies['after'])})(?!\w)"
        if not bodies["after"]:
            body = rf"(?:{as_written([*bodies['before'], *bodies['alone']])})(?!\w){run}"
        of_what = rf"\s+(?:{links})\s+{_ARTICLE}(?:{topics}|{states}|{body})"
        return rf"(?:{states}\s+(?:(?:{topics})\s+)?(?i:{titles})|(?:{topics})\s+(?i:{titles})|(?i:{titles}){of_what})"

    def _short(self, more: Iterable[str]) -> str:
        """A surname alone, right after a title; words that go on with an office are none."""
        bodies = as_written([*self.said["topics"], *self.said["titles"], *self.said["no_surnames"], *more])
        return rf"(?P<name>(?!(?:{bodies})\b){_WORD})"

    def _head_last(self) -> Iterator[str]:
        """ "U.S. Defense Secretary Ann Other", "General Ann Other, director of the Police"."""
        ranks, forces = (as_written(self.said[key]) for key in ("ranks", "forces"))
        titles = rf"(?:{as_written(self.said['titles'])})(?:s|es)?"
        topics, links = as_written(self.said["topics"]), as_written(self.said["linking"])
        whose = r"(?:(?:U\.S\.|US|[A-Z]\w+'s|[A-Z][a-z]{4,})\s+)?"
        office = rf"(?:(?:{topics})\s+)?(?:{titles})"
        office += rf"(?:\s+(?:{links})\s+(?:the\s+)?(?:{topics})(?:\s+and\s+(?:{topics}))*)?"
        of_what = rf"(?:\s+(?:of|to|for)\s+(?:the\s+)?{_WORD}(?:\s+(?:(?:of|and|the)\s+)*{_WORD})*)?"
        short = self._short(self.lang["organisations"]["after"])
        yield rf"{whose}(?<!\w)(?:(?P<title>{office}),?\s+){self._rank}{self._name}"
        yield rf"{whose}(?<!\w)(?P<title>{office})\s+{short}(?!\s+(?:of|for|[A-Z]))"
        post = rf"(?:,\s+(?:the\s+)?{whose}(?:{_low(office)}){of_what})?"
        yield rf"(?P<rank>{whose}(?:(?:{forces})\s+)?(?:{ranks})\s+){self._name}(?P<title>{post})"

    def _head_first(self) -> Iterator[str]:
        """ "ministra de Defensa, Ana Otra", "coronela Ana Otra, directora de la Policía"."""
        titles = _low(rf"(?:{as_written(self.said['titles'])})(?:s|es)?")
        ranks = _low(as_written(self.said["ranks"]))
        topics, links = as_written(self.said["topics"]), as_written(self.said["linking"])
        whose = as_written(w for w in countries().adjectives if w[0].islower())
        small, bodies = "de|del|la|las|los|el|y|e|en|para|ante|a|contra|al", as_written(self.said["bodies"])
        also = "adjunt[oa]|encargad[oa]|general|ejecutiv[oa]|nacional|regional|interin[oa]"
        office = rf"{titles}(?:\s+(?:{also}))?(?:\s+(?:{whose}))?(?:\s+(?:{links})\s+(?i:{topics}))*"
        office += r"(?:\s+(?:adjunt[oa]|encargad[oa]))?"
        office += r"(?:\s+de\s+(?:los\s+)?[A-ZÁÉÍÓÚÑ]\w+(?:\s+[A-ZÁÉÍÓÚÑ]\w+)?(?=,))?"
        of_what = (
            r"(?:\s+(?:de|del|la|las|los|para)\b)*(?:\s+(?:(?:de|del|la|las|los|y|para)\s+)*[A-ZÁÉÍÓÚÑ]\w+)*"
        )
        yield rf"(?<!\w)(?P<title>{office}),?\s+{self._rank}{self._name}"
        far = rf"(?:\s+(?:{also}))?(?:\s+(?:{small}|[A-ZÁÉÍÓÚÑ]\w+|\([A-ZÁÉÍÓÚÑ-]\w+\)|{whose}|{bodies})){{2,12}}"
        yield rf"(?<!\w)(?P<title>{titles}{far}),\s+{self._name}"
        yield rf"(?<!\w)(?P<title>{titles})\s+{self._short(())}(?!\s+[A-ZÁÉÍÓÚÑ])"
        post = rf"(?:,\s+(?:la\s+|el\s+)?{titles}{of_what})?"
        yield rf"(?<!\w)(?P<rank>{ranks}\s+){self._name}(?P<title>{post})"


def _low(source: str) -> str:
    """A pattern whose words may begin with a small or a capital letter."""
    return rf"(?i:{source})"


def surnames(mention: Mention) -> str:
    """Last word of a person's name, for later mentions without the title."""
    return str(mention.payload["name"]).split()[-1]
