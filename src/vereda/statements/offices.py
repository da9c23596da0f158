"""Whether an office stands beside a name that another extractor found. Without one the name is a private person's."""

import re
from functools import cache

from vereda.statements.language import language
from vereda.statements.mention import Mention
from vereda.statements.people import People, surnames
from vereda.statements.phrases import as_written
from vereda.statements.vocabulary import countries

_ARTICLE = r"(?:(?:the|el|la|los|las)\s+)?"
_CAPITAL = r"[A-ZÁÉÍÓÚÑÜ][\w.'’-]*"
_IDLE = re.compile(r"(?<!\w)(?:in|en|por lo|lo)\s+$")  # "en general" is no rank


class Offices:
    """Office holders of one text, by the titles of its language."""

    def __init__(self, code: str, plain: str, folded: str) -> None:
        self.plain, self.folded = plain, folded
        self.people = _people(code)
        self.name, self.leading, self.before, self.after = _patterns(code)
        self.read = self.people.find(plain, folded)
        self.surnames = {surnames(m) for m in self.read}

    def of(self, start: int, end: int, first: int, last: int) -> Mention | None:
        """The person named from `start` to `end` with the office beside the name, within the sentence `first`-`last`."""
        inside = [m for m in self.read if m.start <= start and end <= m.end and self._names(m, start, end)]
        if inside:
            return inside[0]
        within = self.leading.match(self.plain, start, end)
        if within and not self._idle(start) and self._one_name(within.end(), end):
            return self._mention(start, end, within["title"], within.end(), end)
        if not self._one_name(start, end):
            return None
        before = self.before.search(self.plain, first, start)
        if before and not self._idle(before.start("title")):
            return self._mention(before.start("title"), end, before["title"], start, end)
        after = self.after.match(self.plain, end, last)
        return self._mention(start, after.end("title"), after["title"], start, end) if after else None

    def _names(self, person: Mention, start: int, end: int) -> bool:
        """Whether these words are the person's name, not a part of the title ("President of Santa Ana")."""
        return str(person.payload["name"]).split()[-1] in self.plain[start:end].split()

    def _one_name(self, start: int, end: int) -> bool:
        """Whether the words are the name of one person: an office beside two does not make both its holders."""
        return self.name.fullmatch(self.plain, start, end) is not None

    def _idle(self, title: int) -> bool:
        lead = self.folded[max(0, title - 28) : title]
        return bool(_IDLE.search(lead) or self.people.left(lead, self.folded, title))

    def _mention(self, start: int, end: int, title: str, first: int, last: int) -> Mention:
        party = self.people.party(self.plain, start, end)
        payload = {"name": self.plain[first:last], "office": " ".join(title.split())}
        return Mention("person", start, end, payload | ({"party": party} if party else {}), (), 0.5)


@cache
def _people(code: str) -> People:
    return People(language(code))


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], ...]:
    """A name; a title at the head of the words ("Minister Li McDonald"), before them ("ministro de Defensa, "), and after them
    (", Minister of Defense")."""
    lang = language(code)
    said = lang["offices"]
    known = countries()
    ranks, titles, topics, links = (as_written(said[k]) for k in ("ranks", "titles", "topics", "linking"))
    states = rf"(?:{as_written([*known.names, *known.adjectives])})(?:'s)?"
    if lang["order"] != "head last":
        ranks, titles = f"(?i:{ranks})", f"(?i:{titles})"
    of_what = rf"\s+(?:{links})\s+{_ARTICLE}(?:{topics}|{states})"
    office = rf"(?:(?:{topics})\s+)?(?:{titles}|{ranks})(?:{of_what})*"
    small = "|".join(lang["particles"])
    return (
        re.compile(rf"{_CAPITAL}(?:\s+(?:(?:{small})\s+)*{_CAPITAL}){{0,4}}"),
        re.compile(rf"(?P<title>{office}),?\s+(?={_CAPITAL}\s+[A-ZÁÉÍÓÚÑ])"),
        re.compile(rf"(?<![\w-])(?P<title>{office}),?\s+$"),
        re.compile(rf",\s+{_ARTICLE}(?P<title>{_people(code).post})(?!\w)(?!\s+[A-ZÁÉÍÓÚÑ])"),
    )
