"""How a page tells potential production: four digits of a number, its interval, its age, each linked to its way back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from vereda.publication import production_words, text
from vereda.publication.production_text import digits, number
from vereda.publication.teller import Teller
from vereda.publication.words import N_
from vereda.terms.assessed import Assessed
from vereda.terms.cooperation import Text
from vereda.terms.figure import Figure, Message
from vereda.terms.potential import StageAnswer, Used

RANGES = {"expected"}  # holes of a sentence that take the interval of their figure
SIGNED = {"change", "part"}


@dataclass(frozen=True)
class ProductionVoice:
    """The voice of the page about production."""

    t: Teller

    # ---- numbers -----------------------------------------------------------------------------------------

    def n(self, figure: Figure | None, sign: bool = False, mark: bool = True, unit: bool = True) -> Markup:
        """A figure as a link to its trace, or why there is none."""
        if figure is None:
            return Markup('<span class="none">–</span>')
        said = number(figure if unit else replace(figure, unit=""), self.t.lang, sign)
        if figure.value is None:
            return Markup('<span class="none">{}</span>').format(said)
        return self._link(figure, said) + (self.status(figure) if mark else Markup(""))

    def status(self, figure: Figure) -> Markup:
        """A quiet word after a number that is not simply measured."""
        said = production_words.STATUSES.get(figure.status)
        if said:
            return Markup(' <span class="st">{}</span>').format(self.t.say(said))
        return self.t.status_mark(figure)

    def ends(self, figure: Figure) -> Markup:
        """The interval alone; "" where there is none."""
        said = ends(figure, self.t.lang)
        return self._link(figure, said, "n iv") if said and figure.value is not None else Markup("")

    def range(self, figure: Figure) -> Markup:
        """The interval with its unit, or the number where it has none."""
        if figure.value is None or figure.low is None:
            return self.n(figure, mark=False)
        unit = text.unit(figure.unit, self.t.lang)
        return self._link(
            figure, f"{ends(figure, self.t.lang)}\u00a0{unit}" if unit else ends(figure, self.t.lang)
        )

    def percent(self, figure: Figure) -> Markup:
        """A share between nought and one, in percent."""
        hundred = [None if v is None else 100 * v for v in (figure.value, figure.low, figure.high)]
        return self.range(replace(figure, value=hundred[0], low=hundred[1], high=hundred[2], unit="%"))

    def _link(self, figure: Figure, said: str, kind: str = "n") -> Markup:
        where = self.t.home + str(self.t.ledger.address(figure.trace))
        return Markup('<a class="{}" href="{}">{}</a>').format(kind, where, said)

    def bare(self, value: float, unit: str) -> Markup:
        """A number of the machine's own, such as an age in years, marked as a label."""
        return Markup('<span class="plain">{}</span>').format(digits(value, unit, self.t.lang))

    # ---- sentences ---------------------------------------------------------------------------------------

    def message(self, message: Message) -> Markup:
        """A sentence of the engine."""
        return self.t.message(message, self._value)

    def _value(self, name: str, value: Figure | str | int) -> str:
        if isinstance(value, Figure):
            if name in RANGES:
                return str(self.range(value))
            said = self.n(value, name in SIGNED, mark=name in {"before", "after"})
            return str(said + self.dated(value)) if name in {"before", "after"} else str(said)
        return str(self.t.words(value if isinstance(value, str) else text.digits(value, self.t.lang)))

    def dated(self, figure: Figure) -> Markup:
        """The year of a figure, and when it was published."""
        return Markup(" ({}; {})").format(self.t.day(figure.period), self.t.day(figure.vintage))

    def where(self, figure: Figure) -> Markup:
        """Who printed a figure, and when; of a computed one, that it was computed."""
        if figure.trace.startswith("production@"):
            return escape(self.t.say(N_("computed here")))
        source = self.t.cites((figure.source,)) if figure.source else Markup("")
        when = self.t.day(figure.vintage) if figure.vintage else Markup("")
        return Markup(", ").join(part for part in (when, source) if part)

    def ninety(self) -> Markup:
        """What the ends of an interval are."""
        return self.t.words(
            self.t.say(N_("Of a hundred draws, 5 lie below the lower end and 5 above the upper one."))
        )

    # ---- words -------------------------------------------------------------------------------------------

    def flag(self, flag: str) -> Markup:
        """Whether a published figure lies within what printed factors give."""
        return self.t.chip(flag)

    def called(self, reading: str) -> str:
        """What a part of a change may be called."""
        return self.t.say(production_words.CALLED[reading])

    def implied(self, figure: Figure) -> str:
        """Which published amount implies an area."""
        return self.t.say(production_words.IMPLIED[figure.trace.rpartition(".")[2]])

    def basis(self, used: Used) -> str:
        """Published, computed, assumed."""
        return self.t.say(production_words.BASES[used.basis])

    def form(self, form: str) -> str:
        """A way through the chain."""
        return self.t.say(production_words.FORMS[form])

    def sign(self, sign: str) -> str:
        """What is to be said of a remainder that reaches below zero."""
        said = production_words.SIGNS.get(sign, "")
        return self.t.say(said) if said else ""

    def verdict(self, verdict: str) -> str:
        """A pledge over all its readings."""
        return self.t.say(production_words.VERDICTS[verdict])

    def reading(self, told: Assessed, i: int) -> Markup:
        """What a reading of the uncertainty supposes."""
        note: Text | None = told.lead.readings[i].note
        plain = production_words.READINGS.get(told.lead.readings[i].id, "")
        return self.t.words(self.t.say(plain) if note is None else note)

    def places(self, codes: Sequence[str]) -> Markup:
        """One place by its name; more by their count, with the names to open."""
        if len(codes) == 1:
            return self.t.words(self.t.place(codes[0]))
        names = ", ".join(self.t.place(code) for code in codes)
        said = text.fill(self.t.say(N_("{count} places")), {"count": str(len(codes))})
        return Markup('<span class="plain" title="{}">{}</span>').format(names, said)

    def lacking(self, stage: StageAnswer) -> Markup:
        """The parameters a stage lacks."""
        return Markup(", ").join(Markup("<code>{}</code>").format(name) for name in stage.missing)


def ends(figure: Figure, lang: str) -> str:
    """Low–high; "" where there is no interval."""
    if figure.low is None or figure.high is None:
        return ""
    return "–".join(digits(end, figure.unit, lang) for end in (figure.low, figure.high))
