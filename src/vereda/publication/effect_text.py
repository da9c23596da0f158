"""The words of an evaluation, the same on the pages and in the terminal."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from vereda.publication import effect_words, text
from vereda.publication.curve_chart import parts
from vereda.publication.words import N_
from vereda.terms.figure import Figure, Message
from vereda.terms.finding import EffectAnswer, OutcomeFinding, Together

Named = Callable[[str], str | None]  # place code or series -> what people call it


def estimator(name: str, lang: str) -> str:
    """The name of an estimator."""
    return text.translate(effect_words.ESTIMATORS.get(name, name.replace("_", " ")), lang)


def transform(name: str, lang: str) -> str:
    """How an outcome is measured."""
    return text.translate(effect_words.TRANSFORMS.get(name, name.replace("_", " ")), lang)


def test(name: str, lang: str) -> str:
    """What a check looks at."""
    return text.translate(effect_words.TESTS.get(name, name.replace("_", " ")), lang)


def varied(effect: EffectAnswer, lang: str) -> str:
    """What differs from the main specification, in words; "" where nothing does."""
    return choices(effect.varied, lang)


def choices(varied: str, lang: str) -> str:
    """Choices such as buffer=0 in words."""
    said = []
    for key, value in parts(varied):
        before = text.translate(effect_words.VARIED.get(key, key.replace("_", " ")), lang)
        name = transform(value, lang) if key == "transform" else effect_words.VALUES.get(value, value)
        said.append(f"{before} {text.translate(name.replace('_', ' '), lang)}".strip())
    return "; ".join(said)


def value(name: str, held: str | int | float, lang: str, named: Named) -> str:
    """What fills a hole of a sentence, figures apart: names of places, outcomes and estimators; p-values; shares."""
    if isinstance(held, int | float):
        if isinstance(held, int):
            return text.digits(held, lang)
        if is_p(name):
            return text.p_value(held, lang)
        if name in {"share", "size"} or name.endswith("_share"):
            return text.percent(held, lang)
        return text.loose(held, lang)
    bare = held.removeprefix("series:")
    for table in (effect_words.ESTIMATORS, effect_words.TESTS, effect_words.TRANSFORMS, effect_words.P_KINDS):
        if bare in table:
            return text.translate(table[bare], lang)
    return named(bare) or text.plain(held, lang)


def figure(name: str, held: Figure, lang: str, beside: Mapping[str, Figure | str | int]) -> str:
    """A figure in a sentence: {effect} with its sign, {change} without, {interval} its interval alone.

    {low} and {high} are written as finely as the {effect} beside them, without its unit.
    """
    effect = beside.get("effect")
    if held.value is None or name == "interval":
        return text.interval(held, lang) if name == "interval" else text.status(held, lang)
    if name == "change":
        return text.number(unsigned(held), lang)
    if name in {"low", "high"} and isinstance(effect, Figure):
        return text.digits(held.value, lang, text.fine(effect))
    if text.is_effect(held):
        return text.number(held, lang, sign=True)
    if not held.trace.startswith("finding@"):
        return text.number(held, lang)
    if is_p(name):
        return text.p_value(held.value, lang)
    if held.unit == "%":
        return text.percent(held.value / 100, lang)
    after = text.unit(held.unit, lang)
    return text.loose(held.value, lang) + (f"\u00a0{after}" if after else "")


def is_p(name: str) -> bool:
    """Whether a hole of a sentence holds a p-value."""
    return name in {"p", "joint"} or name.startswith("p_")


def unsigned(held: Figure) -> Figure:
    """The size of a change without its direction, printed as finely as the change."""
    return replace(held, value=abs(held.value or 0.0))


def say(message: Message, lang: str, named: Named) -> str:
    """A sentence of an evaluation as plain text."""

    def show(name: str, held: Figure | str | int) -> str:
        return (
            figure(name, held, lang, message.values)
            if isinstance(held, Figure)
            else value(name, held, lang, named)
        )

    return text.say(message, lang, show)


def rank(together: Together, lang: str) -> str:
    """Where the exposed stand as one set among other sets."""
    said = N_("Together, the exposed are number {rank} of {sets} sets of as many places.")
    values = {"rank": text.digits(together.rank, lang), "sets": text.digits(together.sets, lang)}
    return text.fill(text.translate(said, lang), values)


def part(figure: Figure, index: int, lang: str) -> str:
    """The name of a direct, displaced or net effect: by its note, else by its place in the row."""
    known = list(effect_words.PARTS.values())
    name = effect_words.PARTS.get(figure.note) or figure.note or (known[index] if index < 3 else "")
    return text.translate(name, lang)


def main(outcome: OutcomeFinding) -> EffectAnswer | None:
    """The effect in the main specification."""
    return outcome.effects[0] if outcome.effects else None
