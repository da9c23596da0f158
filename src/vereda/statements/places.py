"""Places, linked to codes with the help of the words beside them.

A country and a municipality may share a name, and ten municipalities may: the department that follows decides
("Florida, Valle del Cauca"), then a word such as "municipality of", then a department named elsewhere in the text.
Where nothing decides, the candidate keeps every choice and links to none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from vereda.statements.layer import fold
from vereda.statements.mention import Mention, Taken
from vereda.statements.phrases import Hit, Phrasebook
from vereda.statements.vocabulary import Region, Vocabulary, countries
from vereda.terms.place import Gazetteer, Place

_CUE = re.compile(
    r"\b(?:municipalit(?:y|ies)|town|district|department|municipios?|departamentos?|corregimiento|vereda)\s+(?:of|de|del)\s+$"
)
_BESIDE = re.compile(
    r"\b(?:in|at|from|to|near|of|around|en|desde|hacia|hasta|de|del|para|a|y|and|e|,)\s+(?:el\s+|la\s+|the\s+)?$|[,:(]\s*$"
)
_LINK = re.compile(
    r"\s*(?:,|\(|(?:,\s*)?\b(?:in|en|de|del)\b)\s*(?:\b(?:the\s+department\s+of|el\s+departamento\s+de|el|la|the|department\s+of)\b\s*)?"
)
_NEXT = re.compile(r"\s*(?:,|\by\b|\band\b|\be\b)\s*(?:\by\b\s*|\band\b\s*)?(?:en\s+|in\s+)?")
#: "the Republic of Colombia", "la República Oriental del Uruguay": the name of the state
_STATE = re.compile(
    r"(?<!\w)(?:republica|estado plurinacional|reino|republic|kingdom|commonwealth|plurinational state)(?:\s+(?:federativa|oriental|"
    r"bolivariana|cooperativa|popular|federative|bolivarian))?\s+(?:de la|del|de|of the|of)\s+$"
)
_ADJECTIVE_OF = re.compile(
    r"\s+[A-Z]|-[A-Z]|\s+(?!(?:and|or|is|was|has|had|have|will|would|to|in|on|of|for|with|by|from|as|that|who|which|at|against|remains|designates|y|e|o|en|de|con|por|para|ha|es|fue|al|a)\b)[a-z]"
)


@dataclass(frozen=True, slots=True)
class Sense:
    """One thing a place name may mean."""

    code: str
    level: str  # country, capital, department, municipality, region, wide
    parent: str = ""


@dataclass
class Places:
    """The names of a case's gazetteer, the countries, and what the vocabulary adds, in one book."""

    gazetteer: Gazetteer
    vocabulary: Vocabulary
    book: Phrasebook[tuple[Sense, ...]] = field(init=False)

    def __post_init__(self) -> None:
        senses: dict[str, dict[Sense, None]] = {}
        for name, sense in self._names():
            senses.setdefault(name, {})[sense] = None
        merged: dict[str, dict[Sense, None]] = {}
        spelled: dict[str, str] = {}
        for name, held in senses.items():
            merged.setdefault(fold(name), {}).update(held)
            if name not in {"US", "USA", "UK"}:
                spelled.setdefault(fold(name), name)
        entries = [(spelled.get(key, key.upper()), tuple(held)) for key, held in merged.items()]
        self.book = Phrasebook(entries)
        adjectives = "|".join(re.escape(word) for word in countries().adjectives)
        self._with_adjective = re.compile(rf"\s+(?:and|y|e)\s+(?:{adjectives})\b")
        self.doubtful = {fold(name) for name in self.vocabulary.doubtful}

    def _names(self) -> Iterator[tuple[str, Sense]]:
        known = countries()
        for name, code in known.names.items():
            yield name, Sense(code, "country")
        for name, code in known.capitals.items():
            yield name, Sense(code, "capital")
        for place in self.gazetteer.places.values():
            for name in _spellings(place):
                yield name, Sense(place.code, place.level, place.parent or "")
        for name, code in self.vocabulary.aliases.items():
            if code in self.gazetteer:
                place = self.gazetteer.places[code]
                yield name, Sense(place.code, place.level, place.parent or "")
        for name, region in self.vocabulary.regions.items():
            level = "state" if region.over_place else "region"
            yield name, Sense(region.code, level, region.part_of)
        for name in self.vocabulary.wide:
            yield name, Sense("", "wide")

    def find(self, plain: str, folded: str, taken: Sequence[Mention] = ()) -> list[Mention]:
        """Every place between the mentions already taken."""
        hits = [hit for hit in self.book.find(folded, plain) if self._stands(plain, folded, hit)]
        spoken_for = Taken(taken)
        free = [h for h in hits if spoken_for.free(h.start, h.end)]
        said = {s.code for h in free for s in h.entry if s.level == "department"}
        return [self._mention(plain, folded, hit, said) for hit in free]

    def _stands(self, plain: str, folded: str, hit: Hit[tuple[Sense, ...]]) -> bool:
        """Whether a name is used as a place here: no part of a person's name, no adjective."""
        if all(s.level == "country" for s in hit.entry):
            bare = plain[hit.start : hit.end]
            if bare in countries().adjectives:  # "the U.S. government"; "EE.UU. anunció" is the country
                beside = _ADJECTIVE_OF.match(plain, hit.end) or self._with_adjective.match(plain, hit.end)
                money = plain[hit.end : hit.end + 1] == "$"
                return not (beside or money) and plain[hit.start - 1 : hit.start] != "-"
            return not re.match(r"-[A-Z]", plain[hit.end : hit.end + 2])
        doubtful = fold(plain[hit.start : hit.end]) in self.doubtful
        upper = {s.level for s in hit.entry} & {"country", "capital", "department", "region", "state", "wide"}
        if upper and not (doubtful and upper == {"department"}):
            return bool(upper & {"country", "capital"}) or not re.match(
                r"\s+de\s+[A-Z]", plain[hit.end : hit.end + 6]
            )
        before, after = plain[max(0, hit.start - 40) : hit.start], plain[hit.end : hit.end + 30]
        if re.search(r"[A-ZÁÉÍÓÚÑ][\w'.]+ $", before) and not re.search(
            r"(?:^|[.!?:]\s+|\n)[A-ZÁÉÍÓÚÑ]\w+ $", before
        ):
            return False
        if re.search(r"(?:^|[.!?:]\s+|\n)([A-ZÁÉÍÓÚÑ]\w+) $", before) and not _BESIDE.search(fold(before)):
            return False
        if re.match(r"\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]", after):
            return False
        return not doubtful or bool(_BESIDE.search(fold(before)) or self._parent_after(plain, folded, hit))

    def _mention(self, plain: str, folded: str, hit: Hit[tuple[Sense, ...]], said: set[str]) -> Mention:
        senses, how = self._meant(plain, folded, hit, said)
        if len(senses) == 1 and senses[0].level == "country":
            whole = _STATE.search(folded, max(0, hit.start - 40), hit.start)
            hit = replace(hit, start=whole.start()) if whole else hit
        payload = {"name": plain[hit.start : hit.end], "how": how}
        if len(senses) == 1:
            one = senses[0]
            link = one.code or one.parent
            payload |= {"code": one.code, "level": one.level} | (
                {"part_of": one.parent} if one.parent else {}
            )
            review = "the name is also a word or a surname" if how == "beside a word of place" else ""
            return Mention(
                "place", hit.start, hit.end, payload, (f"place:{link}",) if link else (), 0.9, review
            )
        payload["choices"] = ", ".join(sorted(s.code for s in senses))
        return Mention("place", hit.start, hit.end, payload, (), 0.4, "several places bear this name")

    def _meant(
        self, plain: str, folded: str, hit: Hit[tuple[Sense, ...]], said: set[str]
    ) -> tuple[list[Sense], str]:
        """The senses that remain, and what decided."""
        inner = [s for s in hit.entry if s.level == "municipality"]
        parent = self._parent_after(plain, folded, hit)
        if parent and any(s.parent == parent for s in inner):
            return [s for s in inner if s.parent == parent], "its department follows"
        if _CUE.search(folded, max(0, hit.start - 40), hit.start) and inner:
            cue = [s for s in inner if s.parent in said] or inner
            return cue, "the text calls it a municipality"
        if len(inner) == 1 and any(s.code == inner[0].parent for s in hit.entry):
            return inner, "a department of one municipality"
        here = [s for s in inner if s.parent in said]
        far = {s.code for s in hit.entry if s.level == "country"} - set(countries().adjectives.values())
        if here and far:  # a country nobody there deals with
            return here, "its department is named in the text"  # "Argelia", in a text on Cauca
        for level in ("country", "state", "department", "capital", "region", "wide"):
            upper = [s for s in hit.entry if s.level == level]
            if upper:
                return upper, f"{level} before municipality" if inner else "the only place of the name"
        named = [s for s in inner if s.parent in said]
        if len(inner) > 1 and len(named) == 1:
            return named, "its department is named in the text"
        if fold(plain[hit.start : hit.end]) in self.doubtful:
            return inner, "beside a word of place"
        return inner, "the only place of the name" if len(inner) == 1 else "several of the name"

    def _parent_after(self, plain: str, folded: str, hit: Hit[tuple[Sense, ...]]) -> str:
        """Code of the department that follows the name, past other names of a list."""
        at = hit.end
        for _ in range(8):
            link = _LINK.match(folded, at)
            if link:
                for found in self.book.all_at(folded, plain, link.end()):
                    above = [s.code for s in found.entry if s.level == "department"]
                    if above and any(s.parent in above for s in hit.entry):
                        return above[0]
            step = _NEXT.match(folded, at)
            if not step:
                return ""
            listed = self.book.all_at(folded, plain, step.end())
            if not listed:
                return ""
            at = listed[0].end
        return ""


def _spellings(place: Place) -> Iterator[str]:
    """Names of a place as a text writes them: "Bogotá, D.C." is also Bogotá."""
    yield from (place.name, *place.aliases)
    short, comma, _ = place.name.partition(",")
    if comma:
        yield short


__all__ = ["Places", "Region", "Sense"]
