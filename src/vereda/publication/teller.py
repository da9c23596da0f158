"""What a page is written with: every number, day, place and verdict passes through here into HTML."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup, escape

from vereda.publication import text, words
from vereda.publication.ledger import Ledger
from vereda.terms.answer import CommitmentAnswer, Edition, IndicatorAnswer
from vereda.terms.cooperation import Break, Document, Register, Text
from vereda.terms.figure import Figure, Message
from vereda.terms.indicator import REGISTRY

_ICONS = {
    "good": "M3 8.5l3.2 3.2L13 4.8",
    "bad": "M4 4l8 8M12 4l-8 8",
    "wait": "M8 4v4.2l2.8 1.8",
    "unk": "M4 8h8",
    "frail": "M2.5 8l2.6-4 2.9 8 2.8-8 2.7 4",
    "open": "M3.6 12.4l8.8-8.8",
}
_LITERAL = re.compile(
    r"(?<!&#)\b\d[\d.,]*(?:\s?%)?"
)  # digits of a template are its words, not a number found


@dataclass(frozen=True)
class Teller:
    """The voice of one page: its language, and the way from it to every other page."""

    edition: Edition
    ledger: Ledger
    lang: str
    path: str  # relative to the root of the language: commitments/C02.html

    # ---- ways --------------------------------------------------------------------------------------------

    @property
    def home(self) -> str:
        """From this page to the root of its language."""
        return "../" * self.path.count("/")

    @property
    def root(self) -> str:
        """From this page to the root of the site."""
        return self.home + ("../" if self.lang != "en" else "")

    @property
    def others(self) -> dict[str, str]:
        """Address of this page in every language, by language."""
        return {lang: f"{self.root}{'' if lang == 'en' else lang + '/'}{self.path}" for lang in text.LOCALES}

    def go(self, page: str) -> str:
        """From this page to another of the same language."""
        return self.home + page

    # ---- numbers -----------------------------------------------------------------------------------------

    def n(self, figure: Figure | None, unit: bool = True, sign: bool = False) -> Markup:
        """A figure as a link to its trace, or the reason why there is none."""
        if figure is None:
            return Markup('<span class="none">–</span>')
        said = escape(text.number(figure, self.lang, unit, sign))
        if figure.value is None and figure.low is None:
            return Markup('<span class="none">{}</span>').format(said)
        where = self.home + str(self.ledger.address(figure.trace))
        tip = self.status_mark(figure)
        return Markup('<a class="n" href="{}">{}</a>{}').format(where, said, tip)

    def status_mark(self, figure: Figure) -> Markup:
        """A quiet word after a number that is not simply measured."""
        if figure.status in {"measured", "computed", "stated", "few", ""}:
            return Markup("")
        return Markup(' <span class="st">{}</span>').format(text.status(figure, self.lang))

    def interval(self, figure: Figure) -> Markup:
        """The interval an estimator gives, linked like the number."""
        said = text.interval(figure, self.lang)
        if not said or figure.value is None:
            return Markup("")
        return Markup('<a class="n iv" href="{}">{}</a>').format(
            self.home + str(self.ledger.address(figure.trace)), said
        )

    def beside(self, figures: Iterable[Figure]) -> list[str]:
        """What has to be known of these figures: what a rate is divided by, and why there are ranges."""
        return [*text.divided(figures, self.lang, self.series), *text.ranges(figures, self.lang)]

    def count(self, many: int, href: str) -> Markup:
        """A count of entries, linked to the list that was counted."""
        return Markup('<a class="n" href="{}">{}</a>').format(href, text.digits(many, self.lang))

    # ---- words -------------------------------------------------------------------------------------------

    def words(self, said: Text | str | None) -> Markup:
        """Words of the register or of a publisher, as they stand; digits in them are theirs, marked as labels."""
        if said is None:
            return Markup("")
        plain = said.say(self.lang) if isinstance(said, Text) else said
        if re.search(r"\d", plain):
            return Markup('<span class="plain">{}</span>').format(plain)
        return escape(plain)

    def gloss(self, said: str) -> Markup:
        """An English text of the house or of a publisher, translated; marked as English where it cannot be."""
        if text.known(said, self.lang) or not re.search(r"[A-Za-z]{3}", said):
            return self.words(text.translate(said, self.lang))
        return Markup('<span class="plain" lang="en">{}</span>').format(said)

    def day(self, when: str | None) -> Markup:
        """A day or period."""
        if not when:
            return Markup('<span class="none">{}</span>').format(text.translate("none stated", self.lang))
        said = text.when(when, self.lang)
        if re.fullmatch(r"\d{4}(-\d{2}){0,2}", when):
            return Markup('<time datetime="{}">{}</time>').format(when, said)
        return Markup('<span class="plain">{}</span>').format(said)

    def chip(self, state: str) -> Markup:
        """A verdict: icon and word."""
        tone = words.TONES.get(state, "unk")
        ring = '<circle cx="8" cy="8" r="6.2"/>' if tone in {"wait", "open"} else ""
        icon = f'<svg viewBox="0 0 16 16" aria-hidden="true">{ring}<path d="{_ICONS[tone]}"/></svg>'
        return Markup('<span class="chip {}">{}{}</span>').format(
            tone, Markup(icon), text.state(state, self.lang)
        )

    def message(
        self, message: Message, show: Callable[[str, Figure | str | int], str] | None = None
    ) -> Markup:
        """A sentence of the engine with its figures linked. `show` renders each value as HTML."""
        form = show or self._value
        template = str(escape(text.translate(message.text, self.lang)))
        template = _LITERAL.sub(lambda found: f'<span class="plain">{found[0]}</span>', template)
        said = Markup(text.fill(template, {k: form(k, v) for k, v in message.values.items()}))
        if not text.known(message.text, self.lang) and re.search(r"[A-Za-z]{3}", message.text):
            return Markup('<span lang="en">{}</span>').format(said)
        return said

    def _value(self, name: str, value: Figure | str | int) -> str:
        if isinstance(value, Figure):
            absolute = replace(value, value=abs(value.value)) if name == "change" and value.value else value
            return str(self.n(absolute))
        if isinstance(value, int):
            return str(Markup('<span class="plain">{}</span>').format(text.digits(value, self.lang)))
        if value.startswith("series:"):
            return str(escape(self.series(value[7:])))
        if value in self.edition.register.case.estimators:
            return str(self.words(self.estimator(value)))
        if re.fullmatch(r"(?:FY)?\d{4}[\d/Q-]*", value):
            return str(self.day(value))
        return str(self.words(text.plain(value, self.lang)))

    def say(self, english: str) -> str:
        """A word of a closed list in the language of the page."""
        return text.translate(english, self.lang)

    def how(self, locator: str) -> str:
        """A locator or note in the language of the page."""
        return text.how(locator, self.lang)

    @cached_property
    def finest(self) -> str:
        """What the smallest places of the country are called: municipality, district."""
        return self.edition.finest

    def levelled(self, sentence: str) -> str:
        """A sentence about the country's smallest places, with what they are called: {one}, {many}, {Many}."""
        many = self.term("MANY", self.finest)
        said = {"one": self.term("LEVELS", self.finest), "many": many, "Many": many[:1].upper() + many[1:]}
        return text.fill(sentence, said)

    def beyond(self, code: str) -> bool:
        """Whether a place lies in another country than the case's."""
        return self.edition.gazetteer.country_of(code) != self.register.case.country

    def term(self, table: str, key: str) -> str:
        """A word from one of the closed lists: term("STAGES", "obligated")."""
        found: Mapping[str, str] = getattr(words, table)
        return text.translate(found.get(key, key.replace("_", " ")), self.lang)

    def word(self, name: str) -> str:
        """The case's name for a kind, measure or unit; else the house's."""
        found = self.register.case.words.get(name)
        return found.say(self.lang) if found else text.unit(name.replace("_", " "), self.lang)

    def check(self, name: str) -> Markup:
        """The name of a check: what it looked at, and how, in the language of the page."""
        what, colon, way = name.partition(": ")
        return (
            self.gloss(name)
            if not colon
            else Markup("{}: {}").format(self.words(what.replace("_", " ")), self.gloss(way))
        )

    def unit(self, name: str) -> Markup:
        """A unit on its own."""
        return self.words(text.unit(name, self.lang))

    # ---- names -------------------------------------------------------------------------------------------

    @property
    def register(self) -> Register:
        """The register of the edition."""
        return self.edition.register

    def place(self, code: str) -> str:
        """The name of a place; of an evaluation, where a trace has one in the place of a place."""
        found = self.edition.gazetteer.places.get(code)
        return found.name if found else self.plans.get(code, code)

    def place_link(self, code: str) -> Markup:
        """The name of a place, linked where it has a page."""
        if code in self.places:
            return Markup('<a href="{}">{}</a>').format(self.go(f"places/{code}.html"), self.place(code))
        return self.words(self.place(code))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Places with a page of their own."""
        country = self.register.case.country
        return tuple(dict.fromkeys(i.place for i in self.edition.changed.indicators if i.place != country))

    @cached_property
    def plans(self) -> dict[str, str]:
        """Titles of the evaluations, by plan."""
        return {found.plan.id: found.plan.title.say(self.lang) for found in self.edition.findings}

    def series(self, name: str) -> str:
        """The name of a series or indicator."""
        case = self.register.case
        if name in case.series:
            return case.series[name].say(self.lang)
        answer = next((i for i in self.edition.changed.indicators if i.id == name), None)
        rule = REGISTRY.get(name)
        known = answer.name if answer else rule.name if rule else name.replace("_", " ").replace(":", ": ")
        return text.translate(known, self.lang)

    def name(self, answer: IndicatorAnswer) -> str:
        """The name of an indicator."""
        return self.series(answer.id)

    def estimator(self, name: str) -> str:
        """The name of an estimator."""
        case = self.register.case
        return case.estimators[name].say(self.lang) if name in case.estimators else name.replace("-", " ")

    def party(self, name: str) -> str:
        """The name of a party."""
        found = next((p for p in self.register.parties if p.id == name), None)
        return found.name.say(self.lang) if found else name

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Documents by id."""
        return {d.id: d for d in self.register.documents}

    @cached_property
    def datasets(self) -> dict[str, str]:
        """Publishers of the datasets, by dataset."""
        return {card.dataset: card.publisher for card in self.edition.sources}

    def breaks(self, answer: IndicatorAnswer) -> list[Break]:
        """Where the method of this indicator changed, oldest first."""
        case = self.edition.register.case
        return sorted((b for b in case.breaks if b.series == answer.id), key=lambda b: b.since)

    def cites(self, ids: tuple[str, ...]) -> Markup:
        """Links to the documents or datasets an entry rests on."""
        links = []
        for name in ids:
            if name in self.documents:
                found = self.documents[name]
                link = Markup('<a class="plain" href="{}#doc-{}" title="{}">{}</a>')
                links.append(link.format(self.go("sources.html"), name, found.title, found.publisher))
            elif name in self.datasets:
                link = Markup('<a class="plain" href="{}#source-{}">{}</a>')
                links.append(link.format(self.go("sources.html"), name, self.datasets[name]))
            else:
                links.append(Markup("<code>{}</code>").format(name))
        return Markup("; ").join(dict.fromkeys(links))

    def due(self, answer: CommitmentAnswer) -> Markup:
        """When a promise falls due."""
        due = answer.entry.due
        if due == "yearly":
            return escape(text.translate("yearly", self.lang))
        return self.day(due)
