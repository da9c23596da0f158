"""The specification curve: every effect in order, and below it the choices that gave it."""

from collections.abc import Sequence
from functools import partial

from vereda.publication import effect_words, text
from vereda.publication.charts import Chart
from vereda.publication.drawing import HALF, NARROW, Drawing, Frame, Word
from vereda.publication.effect_charts import painted
from vereda.publication.ground import Say, Speech
from vereda.publication.scale import Scale, canvas, grid
from vereda.terms.finding import EffectAnswer

LINE = 17  # pixels of a row of choices
GUTTER = 44  # pixels kept for the numbers of the grid


def curve_chart(effects: Sequence[EffectAnswer], main: str, label: Say) -> Chart | None:
    """effects: of one unit; main: id of the main specification, drawn apart."""
    shown = sorted((e for e in effects if e.effect.value is not None), key=lambda e: e.effect.value or 0.0)
    if len(shown) < 2:
        return None
    choices = rows(effects)
    below = LINE * len(choices) + 14

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        ends = [v for e in shown for v in (e.effect.value, e.effect.low, e.effect.high)]
        up = Scale.over(ends, height - below, start=below)
        along = Scale(-0.5, len(shown) - 0.5, width - GUTTER, GUTTER)
        grid(drawing, up, speech)
        for i, row in enumerate(choices):
            y = below - 14 - LINE * i
            drawing.rule((0, y), (width, y), "rule", width=0.7)
            drawing.words.append(Word(width + 8, y, speech(partial(choice, row)), colour="soft"))
        for i, effect in enumerate(shown):
            _column(
                drawing,
                (along(i), along(1) - along(0)),
                up,
                effect,
                effect.id == main,
                [below - 14 - LINE * k for k in chosen(effect, choices)],
            )
        return drawing

    frames = (
        Frame(HALF, 190 + below, left=4, right=136, top=20, bottom=10),
        Frame(NARROW, 170 + below, left=4, right=132, top=20, bottom=10),
    )
    return painted(paint, frames, label)


def rows(effects: Sequence[EffectAnswer]) -> list[tuple[str, str]]:
    """The choices that differ between the effects: estimators first, then what was varied."""
    estimators = dict.fromkeys(e.estimator for e in effects)
    varied = dict.fromkeys(part for e in effects for part in parts(e.varied))
    return [("estimator", name) for name in estimators] + list(varied)


def parts(varied: str) -> list[tuple[str, str]]:
    """Key and value of each choice in `varied`; the estimator is told by itself."""
    found = [part.partition("=") for part in varied.replace(";", ",").split(",") if part.strip()]
    return [(k.strip(), v.strip()) for k, _, v in found if k.strip() != "estimator"]


def chosen(effect: EffectAnswer, choices: Sequence[tuple[str, str]]) -> list[int]:
    """Rows that carry a dot for this effect."""
    own = {("estimator", effect.estimator), *parts(effect.varied)}
    return [i for i, row in enumerate(choices) if row in own]


def choice(row: tuple[str, str], lang: str) -> str:
    """A choice in the few words a margin bears."""
    key, value = row
    if key == "estimator":
        return text.translate(effect_words.SHORT.get(value, value), lang)
    word = effect_words.SHORT_VARIED.get(key, key.replace("_", " "))
    before = text.translate(word, lang) if word else ""
    said = text.translate(effect_words.VALUES.get(value, value.replace("_", " ")), lang)
    return f"{before} {said}".strip()


def _column(
    drawing: Drawing,
    place: tuple[float, float],
    up: Scale,
    effect: EffectAnswer,
    main: bool,
    marks: Sequence[float],
) -> None:
    """place: middle of the column and its width, in pixels; many columns get thin marks."""
    (x, room), hue, figure = place, "coca" if main else "third", effect.effect
    if figure.low is not None and figure.high is not None:
        low, high = up(figure.low), up(figure.high)
        if room < 10:
            drawing.rule((x, low), (x, high), hue if main else "zero", width=min(2.4, room / 2))
        else:
            drawing.band([(x, low, high)], hue)
    size = 34 if room >= 10 else max(4.0, (room * 0.7) ** 2)
    drawing.dot(x, up(figure.value or 0.0), hue, filled=main or room < 10, size=64 if main else size)
    for y in marks:
        drawing.dot(x, y, hue, size=min(22, size))
