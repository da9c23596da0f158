"""Charts of production: what was published over the years, what a change is made of, which measurement weighs most."""

from collections.abc import Mapping, Sequence
from functools import partial
from textwrap import wrap

from vereda.publication import text
from vereda.publication.charts import Chart
from vereda.publication.drawing import COLOURS, HALF, NARROW, WIDE, Drawing, Frame, Word
from vereda.publication.effect_charts import painted
from vereda.publication.ground import Say, Speech, Tag
from vereda.publication.ground import tags as place_tags
from vereda.publication.production_text import number
from vereda.publication.scale import Scale, canvas, grid, years
from vereda.terms.assessed import Assessed, YearAnswer
from vereda.terms.figure import Figure
from vereda.terms.potential import Explained, ShareAnswer

HUES = ("coca", "rival", "third")
#: what a part of a change may be called -> its colour
PARTS = {"area": "coca", "growth": "rival", "re-measurement": "target", "method": "third", "same": "third"}
ROW = 24


# ---- over the years ---------------------------------------------------------------------------------------------


def years_chart(told: Sequence[Assessed], label: Say) -> Chart | None:
    """Every edition of every year by estimator, with the interval that printed factors give; rings mark what lies outside."""
    figures = [f for a in told for y in a.years for f in y.editions]
    if len(figures) < 2:
        return None
    first, last = (end(y.year for a in told for y in a.years) for end in (min, max))

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        tops = [
            v for a in told for y in a.years for f in (*y.editions, *y.computed) for v in (f.value, f.high)
        ]
        up, along = Scale.over(tops, height), Scale(first, last, width - 52, 46)
        grid(drawing, up, speech)
        years(drawing, speech, along, (first, last))
        tags: list[Tag] = []
        for i, a in reversed(list(enumerate(told))):
            hue = HUES[i % len(HUES)]
            for y in a.years:
                _year(drawing, along(y.year) + 2.5 * i, up, y, hue)
            newest = next(f for y in reversed(a.years) for f in y.editions[-1:])
            rows = _rows(a, newest, int((frame.right - 12) / 7.8))
            tags.append((up(newest.value or 0.0), hue, rows))
        place_tags(drawing, frame, tags, width, speech)
        return drawing

    frames = (Frame(WIDE, 400, left=4, right=132, top=20, bottom=26), Frame(NARROW, 340, left=4, right=104, top=20, bottom=26))  # fmt: skip
    return painted(paint, frames, label)


def _year(drawing: Drawing, x: float, up: Scale, y: YearAnswer, hue: str) -> None:
    for i, computed in enumerate(reversed(y.computed)):
        if computed.low is not None and computed.high is not None:
            ends = up(computed.low), up(computed.high)
            if i < len(y.computed) - 1:
                drawing.band([(x, *ends)], hue)
            else:
                drawing.rule((x, ends[0]), (x, ends[1]), hue, width=7)
    told = [(up(f.value or 0.0), f) for f in y.editions]
    if len(told) > 1:
        drawing.rule((x, min(h for h, _ in told)), (x, max(h for h, _ in told)), hue, width=1)
    for i, (height, figure) in enumerate(told):
        newest = i == len(told) - 1
        if newest and y.flag == "outside":
            drawing.dot(x, height, "target", filled=False, size=190)
        drawing.dot(x, height, hue, filled=newest and figure.status != "leaked", size=34)


def _rows(a: Assessed, newest: Figure, room: int) -> tuple[Say, ...]:
    """A name without its brackets, broken to fit the margin, and the newest figure under it."""

    def rows(lang: str) -> list[str]:
        return [*wrap(a.lead.name.say(lang).partition(" (")[0], room), _dated(newest, lang)]

    most = max(len(rows(lang)) for lang in text.LOCALES)
    return tuple(lambda lang, i=i: (rows(lang) + [""] * most)[i] for i in range(most))


def _dated(figure: Figure, lang: str) -> str:
    return f"{number(figure, lang)} ({figure.period})"


# ---- what a change is made of -----------------------------------------------------------------------------------


def changes_chart(changes: Sequence[Explained], label: Say) -> Chart | None:
    """A row for each change: its parts to the left where they take away, to the right where they add; a mark for all."""
    if not changes:
        return None
    shown = list(reversed(changes))
    reach = [sum(v for v in _tonnes(c) if v * sign > 0) for c in shown for sign in (1, -1)]

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        across = Scale.over(reach, width - 88, 0.05, 84)
        for tick in across.ticks(5 if width > 400 else 3):
            drawing.rule((across(tick), 0), (across(tick), height), "axis" if tick == 0 else "rule")
            drawing.words.append(Word(across(tick), -12, speech(partial(text.digits, tick)), "center"))
        for i, change in enumerate(shown):
            y = height - ROW * (i + 0.5)
            drawing.words.append(Word(0, y, speech(partial(_span, change)), colour="ink"))
            _parts(drawing, across, change, y)
        return drawing

    tall = 40 + ROW * len(shown)
    frames = (Frame(HALF, tall, left=4, right=10, top=6, bottom=24), Frame(NARROW, tall, left=4, right=8, top=6, bottom=24))  # fmt: skip
    return painted(paint, frames, label)


def _tonnes(change: Explained) -> list[float]:
    return [part.shapley.value or 0.0 for part in change.parts]


def _span(change: Explained, lang: str) -> str:
    return f"{change.before.period} → {change.after.period}"


def _parts(drawing: Drawing, across: Scale, change: Explained, y: float) -> None:
    ends = {True: 0.0, False: 0.0}
    for part in change.parts:
        tonnes = part.shapley.value or 0.0
        start = ends[tonnes >= 0]
        ends[tonnes >= 0] = start + tonnes
        block(drawing, (across(start), across(start + tonnes)), (y - 6, y + 6), PARTS[part.reading])
    whole = across(change.change.value or 0.0)
    drawing.rule((whole, y - 10), (whole, y + 10), "ink", width=2.4)


def block(drawing: Drawing, x: tuple[float, float], y: tuple[float, float], colour: str) -> None:
    """A rectangle, in pixels."""
    drawing.bars.append({"x": x[0], "x2": x[1], "y": y[0], "y2": y[1], "c": COLOURS[colour]})


# ---- which measurement weighs most ------------------------------------------------------------------------------


def shares_chart(shares: Sequence[ShareAnswer], names: Mapping[str, Say], label: Say) -> Chart | None:
    """First-order share as a bar, total share as a mark at its end, percent of the variance."""
    if not shares:
        return None
    tall = 58

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        across = Scale(0, 100, width - 64, 0)
        drawing.rule((0, 0), (0, height), "axis")
        for i, share in enumerate(shares):
            y = height - tall * i - 44
            for row, word in enumerate(_broken(names[share.group], int(width / 7.2))):
                drawing.words.append(Word(4, y + 31 - 15 * row, speech(word), colour="ink"))
            block(drawing, (0, across(share.first.value or 0.0)), (y - 6, y + 6), "coca")
            total = across(share.total.value or 0.0)
            drawing.rule((total, y - 9), (total, y + 9), "target", width=2.4)
            drawing.words.append(Word(total + 8, y, speech(partial(number, share.first)), bold=True))
        return drawing

    high = 6 + tall * len(shares)
    frames = [Frame(wide, high, left=2, right=4, top=2, bottom=4) for wide in (HALF - 20, NARROW)]
    return painted(paint, frames, label)


def _broken(name: Say, room: int) -> tuple[Say, Say]:
    """A name on two lines, the upper one empty where one is enough."""

    def rows(lang: str) -> list[str]:
        return ["", "", *wrap(name(lang), room)[:2]][-2:]

    return (lambda lang: rows(lang)[0]), (lambda lang: rows(lang)[1])
