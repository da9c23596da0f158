"""How a page tells an evaluation: every number linked to the trace of the effect it belongs to."""

from dataclasses import dataclass
from types import SimpleNamespace

from markupsafe import Markup, escape

from vereda.publication import effect_text, effect_words, text
from vereda.publication.teller import Teller
from vereda.publication.words import N_
from vereda.terms.figure import Figure, Message
from vereda.terms.finding import EffectAnswer, Finding, OutcomeFinding
from vereda.terms.source import SourceCard

FEW = 12  # so many exposed places are named in the text; more in a list that opens


@dataclass(frozen=True)
class Voice:
    """The voice of one page about evaluations."""

    t: Teller

    # ---- numbers -----------------------------------------------------------------------------------------

    def link(self, figure: Figure, said: str) -> Markup:
        """Words about an effect, linked to its trace; as a label where the effect has no value."""
        if figure.value is None:
            return Markup('<span class="plain">{}</span>').format(said)
        where = self.t.home + str(self.t.ledger.address(figure.trace))
        return Markup('<a class="n" href="{}">{}</a>').format(where, said)

    def p(self, effect: EffectAnswer) -> Markup:
        """The p-value."""
        return self._maybe(effect, None if effect.p is None else text.p_value(effect.p, self.t.lang))

    def joint(self, effect: EffectAnswer) -> Markup:
        """The p-value with every outcome of the plan counted."""
        return self._maybe(
            effect, None if effect.p_joint is None else text.p_value(effect.p_joint, self.t.lang)
        )

    def size(self, effect: EffectAnswer) -> Markup:
        """How often the test rejects a true null at the nominal level."""
        said = None if effect.size is None else text.percent(effect.size, self.t.lang)
        return self._maybe(effect, said)

    def draws(self, effect: EffectAnswer) -> Markup:
        """In how many panels without effect that was tried; "" where it was not, or is not told."""
        if effect.size is None or not effect.size_draws:
            return Markup("")
        said = text.fill(
            text.translate(N_("of {count}"), self.t.lang),
            {"count": text.digits(effect.size_draws, self.t.lang)},
        )
        return Markup("<small>{}</small>").format(self.link(effect.effect, said))

    def se(self, effect: EffectAnswer) -> Markup:
        """The standard error."""
        return self.point(effect.effect, effect.se) or Markup("–")

    def statistic(self, effect: EffectAnswer | None, value: float) -> Markup:
        """The statistic of a place."""
        return self.link(effect.effect, text.loose(value, self.t.lang)) if effect else Markup("–")

    def point(self, figure: Figure, value: float | None, sign: bool = False) -> Markup:
        """A value of a chart, as finely printed as the effect it belongs to."""
        if value is None:
            return Markup("")
        said = text.digits(value, self.t.lang, text.fine(figure) if text.is_effect(figure) else 2)
        return self.link(figure, f"+{said}" if sign and value > 0 else said)

    def span(self, figure: Figure, low: float | None, high: float | None) -> Markup:
        """The interval of a point."""
        if low is None or high is None:
            return Markup("")
        places = text.fine(figure) if text.is_effect(figure) else 2
        ends = {"low": text.digits(low, self.t.lang, places), "high": text.digits(high, self.t.lang, places)}
        return self.link(figure, text.fill(text.translate(N_("{low} to {high}"), self.t.lang), ends))

    def weight(self, figure: Figure, share: float) -> Markup:
        """A donor's weight."""
        return self.link(figure, text.percent(share, self.t.lang))

    def _maybe(self, effect: EffectAnswer, said: str | None) -> Markup:
        return Markup("–") if said is None else self.link(effect.effect, said)

    # ---- sentences ---------------------------------------------------------------------------------------

    def message(self, message: Message, outcome: OutcomeFinding | None = None) -> Markup:
        """A sentence of the engine; bare numbers in it are linked to the main effect of the outcome."""
        lead = effect_text.main(outcome) if outcome else None

        def show(name: str, value: Figure | str | int) -> str:
            if isinstance(value, Figure):
                return str(self.link(value, effect_text.figure(name, value, self.t.lang, message.values)))
            said = effect_text.value(name, value, self.t.lang, self.named)
            if isinstance(value, int | float) and lead:
                return str(self.link(lead.effect, said))
            return str(
                Markup('<span class="plain">{}</span>').format(said)
                if isinstance(value, int | float)
                else self.t.words(said)
            )

        return self.t.message(message, show)

    def named(self, name: str) -> str | None:
        """A place or a series by its name; None for anything else."""
        if name in self.t.edition.gazetteer:
            return self.t.place(name)
        known = name in self.t.register.case.series or any(
            o.outcome == name for f in self.t.edition.findings for o in f.outcomes
        )
        return self.t.series(name) if known else None

    def chance(self, outcome: OutcomeFinding) -> Markup:
        """The p-value and what it is worth, in words."""
        effect = effect_text.main(outcome)
        if effect is None or effect.p is None:
            return Markup(escape(text.translate(N_("No p-value is given."), self.t.lang)))
        values = {"p": self.p(effect), "kind": escape(text.translate(effect_words.P_KINDS.get(effect.p_kind, effect.p_kind), self.t.lang)),
                  "size": self.size(effect), "joint": self.joint(effect)}  # fmt: skip
        said = [N_("p = {p}, {kind}.")]
        if effect.p_joint is not None:
            said.append(N_("With every outcome of the plan counted: {joint}."))
        if effect.size is not None:
            said.append(
                N_(
                    "Where nothing happened, this test still finds something {size} of the time; it should be 5 %."
                )
            )
        if (together := outcome.together) is not None:
            said.append(N_("Together, the exposed are number {rank} of {sets} sets of as many places."))
            values["rank"] = self.link(effect.effect, text.digits(together.rank, self.t.lang))
            values["sets"] = self.link(effect.effect, text.digits(together.sets, self.t.lang))
        return Markup(" ").join(self._filled(sentence, values) for sentence in said)

    def about(self, outcome: OutcomeFinding) -> Markup:
        """What the effect is, and what stands in the brackets."""
        effect = effect_text.main(outcome)
        dose = effect is not None and effect.estimator == "dose"
        said = [
            N_("The effect after exposure.")
            if dose
            else N_("Mean effect on an exposed place, after exposure.")
        ]
        if outcome.transform != "level":
            said.append(N_("Measured as: {how}."))
        if effect is not None:
            said.append(N_("Method: {method}."))
        if effect is not None and effect.effect.low is not None:
            said.append(N_("In brackets: the 95 % interval."))
        values = {
            "how": escape(self.transform(outcome.transform)),
            "method": escape(self.estimator(effect.estimator) if effect else ""),
        }
        return Markup(" ").join(self._filled(sentence, values) for sentence in said)

    def _filled(self, sentence: str, values: dict[str, Markup]) -> Markup:
        return self.t.message(Message(sentence, dict.fromkeys(values, "")), lambda name, _: str(values[name]))

    # ---- words -------------------------------------------------------------------------------------------

    def rule(self, grade: str) -> str:
        """What a grade means."""
        return text.translate(effect_words.RULES[grade], self.t.lang)

    def estimator(self, name: str) -> str:
        """The name of an estimator."""
        return effect_text.estimator(name, self.t.lang)

    def transform(self, name: str) -> str:
        """How an outcome is measured."""
        return effect_text.transform(name, self.t.lang)

    def varied(self, effect: EffectAnswer, main: bool = False) -> Markup:
        """What differs from the main specification."""
        said = effect_text.varied(effect, self.t.lang)
        if main and not said:
            return escape(text.translate(N_("main specification"), self.t.lang))
        return self.t.words(said)

    def test(self, name: str) -> str:
        """What a check looks at."""
        return effect_text.test(name, self.t.lang)

    def title(self, outcome: OutcomeFinding) -> str:
        """The name of an outcome."""
        return self.t.series(outcome.outcome)

    def parts(self, outcome: OutcomeFinding) -> list[tuple[str, Figure]]:
        """Direct, displaced and net effects with their names."""
        return [
            (effect_text.part(figure, i, self.t.lang), figure) for i, figure in enumerate(outcome.displaced)
        ]

    def missing(self, finding: Finding) -> list[SimpleNamespace]:
        """The datasets a plan waits for, with their cards where there are any."""
        cards: dict[str, SourceCard] = {card.dataset: card for card in self.t.edition.sources}
        return [SimpleNamespace(dataset=name, card=cards.get(name)) for name in finding.waiting]

    def few(self, codes: tuple[str, ...]) -> bool:
        """Whether so many places can be named in a sentence."""
        return len(codes) <= FEW
