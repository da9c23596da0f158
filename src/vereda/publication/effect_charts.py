"""Charts of effects: one effect with its interval, effects by year, observed against expected. Drawn in pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from vereda.publication import text
from vereda.publication.charts import Chart
from vereda.publication.drawing import HALF, NARROW, Drawing, Frame, Word, draw
from vereda.publication.ground import Say, Speech, Tag
from vereda.publication.ground import tags as place_tags
from vereda.publication.scale import Scale, canvas, grid, years
from vereda.publication.words import N_
from vereda.terms.figure import Figure
from vereda.terms.finding import Point

FRAMES = (
    Frame(HALF, 290, left=4, right=14, top=22, bottom=26),
    Frame(NARROW, 250, left=4, right=10, top=22, bottom=26),
)
Paint = Callable[[Frame, Speech], Drawing]


@dataclass(frozen=True, slots=True)
class Row:
    """An effect on a line of its own: its name, whether the mark is filled, what other specifications found."""

    figure: Figure
    name: Say | None = None
    filled: bool = True
    others: tuple[float, ...] = ()


def painted(paint: Paint, frames: Sequence[Frame], label: Say) -> Chart:
    """Draw at every width; words are spoken when the page is written."""
    speech = Speech()
    made = [draw(paint(frame, speech), frame) for frame in frames]
    return Chart(made[0] if len(made) > 1 else "", made[-1], tuple(speech.words), (), label)


def rows_chart(rows: Sequence[Row], label: Say) -> Chart | None:
    """Effects of one unit with their intervals, one below the other, on one scale with zero."""
    shown = [row for row in rows if row.figure.value is not None]
    if not shown:
        return None
    names = 142 if any(row.name for row in shown) else 0  # pixels kept for the names, left of the scale
    tall = 30 if names else 28
    frame = Frame(NARROW - 20, 20 + tall * len(shown), left=8, right=8, top=4, bottom=20)

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing = canvas(frame)
        ends = [v for row in shown for v in (row.figure.value, row.figure.low, row.figure.high, *row.others)]
        across = _both_sides(Scale.over(ends, frame.plot[0] - names, 0.1, names))
        zero, top = across(0), frame.plot[1]
        drawing.rule((names, 0), (frame.plot[0], 0), "rule")
        drawing.rule((zero, 0), (zero, top), "axis", width=1.2)
        side = "left" if zero < names + 40 else "right" if zero > frame.plot[0] - 40 else "center"
        drawing.words.append(Word(zero, -11, speech(partial(text.translate, N_("no effect"))), side))
        for i, row in enumerate(shown):
            _across(drawing, across, row, top - tall * i - (14 if names else 11), speech)
        return drawing

    return painted(paint, (frame,), label)


def _both_sides(across: Scale) -> Scale:
    """With some room on the other side of zero, so that zero does not stand at the edge."""
    low, high = min(across.low, -0.1 * across.high), max(across.high, -0.1 * across.low)
    return Scale(low, high, across.size, across.start)


def _across(drawing: Drawing, across: Scale, row: Row, y: float, speech: Speech) -> None:
    figure = row.figure
    for other in row.others:
        drawing.rule((across(other), y - 11), (across(other), y - 4), "axis", width=1)
    if figure.low is not None and figure.high is not None:
        drawing.rule((across(figure.low), y), (across(figure.high), y), "coca", width=2.6)
        for end in (figure.low, figure.high):
            drawing.rule((across(end), y - 4), (across(end), y + 4), "coca", width=1.6)
    drawing.dot(across(figure.value or 0.0), y, "coca", row.filled, 72)
    if row.name:
        drawing.words.append(Word(0, y, speech(row.name), colour="ink"))


def event_chart(points: Sequence[Point], label: Say) -> Chart | None:
    """Effects by year since exposure: hollow before it, filled after; zero is no effect.

    Where only single years are held, they stand at their distance in time, each under its calendar year.
    """
    if len(points) < 2:
        return None
    shown = sorted(points, key=lambda point: point.at)

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        up = Scale.over([v for p in shown for v in (p.value, p.low, p.high)], height)
        first, last = shown[0].at, shown[-1].at
        along = Scale(first - 0.6, last + 0.6, width - 44, 44)
        grid(drawing, up, speech)
        if last - first == len(shown) - 1:
            years(drawing, speech, along, (first, last), sign=True)
        else:
            _labels(drawing, speech, along, shown)
        _moment(drawing, along(-0.5), height, speech, N_("exposure"))
        for point in shown:
            x, hue = along(point.at), "third" if point.at < 0 else "coca"
            if point.low is not None and point.high is not None:
                drawing.band([(x, up(point.low), up(point.high))], hue)
            drawing.dot(x, up(point.value), hue, filled=point.at >= 0, size=44)
        return drawing

    return painted(paint, FRAMES, label)


def _labels(drawing: Drawing, speech: Speech, along: Scale, shown: Sequence[Point]) -> None:
    """The calendar year under each point, as many as find room."""
    last = -100.0
    for point in shown:
        x = along(point.at)
        if x - last >= 34:
            said = point.label or str(point.at)
            drawing.words.append(Word(x, -13, speech(partial(_as_is, said)), "center"))
            last = x


def _as_is(said: str, lang: str) -> str:
    return said


def gap_chart(observed: Sequence[Point], expected: Sequence[Point], since: int, label: Say) -> Chart | None:
    """What was observed at the exposed places against what was to be expected without exposure."""
    if len(observed) < 2 or len(expected) < 2:
        return None
    seen = {p.at: p.value for p in observed}
    right = {HALF: 92, NARROW: 84}

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        lines = (("rival", expected, N_("expected"), 2.0), ("coca", observed, N_("observed"), 2.6))
        up = Scale.over(
            [v for _, line, _, _ in lines for p in line for v in (p.value, p.low, p.high)], height
        )
        first, last = min(seen), max(max(seen), max(p.at for p in expected))
        along = Scale(first, max(last, first + 1), width - 46, 46)
        grid(drawing, up, speech)
        years(drawing, speech, along, (first, last))
        if first < since <= last:
            _moment(drawing, along(since - 0.5), height, speech, N_("exposure"))
        for point in expected:
            if point.at >= since and point.at in seen:
                x = along(point.at)
                drawing.rule((x, up(point.value)), (x, up(seen[point.at])), "target", width=1.4)
        wanted: list[Tag] = []
        for hue, line, name, thick in lines:
            drawing.band(
                [(along(p.at), up(p.low), up(p.high)) for p in line if p.low is not None and p.high is not None], hue
            )  # fmt: skip
            dots = [(along(p.at), up(p.value)) for p in sorted(line, key=lambda p: p.at)]
            drawing.line(dots, hue, thick)
            drawing.dot(*dots[-1], hue, size=30)
            wanted.append((dots[-1][1], hue, (partial(text.translate, name),)))
        place_tags(drawing, frame, wanted, along(last), speech)
        return drawing

    frames = [Frame(f.width, f.height, f.left, right[f.width], f.top, f.bottom) for f in FRAMES]
    return painted(paint, frames, label)


def _moment(drawing: Drawing, x: float, height: float, speech: Speech, name: str) -> None:
    drawing.rule((x, 0), (x, height), "target", "dash")
    side, gap = ("right", -5) if x > 0.6 * drawing.x[1] else ("left", 5)
    token = speech(partial(text.translate, name))
    drawing.words.append(Word(x + gap, height + 10, token, side, "target", True))
