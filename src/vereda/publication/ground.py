"""The ground of a chart: grid, years, and labels at the lines that never cover one another."""

from collections.abc import Callable
from functools import partial

from vereda.publication import text
from vereda.publication.drawing import Drawing, Frame, Word

Say = Callable[[str], str]  # language -> words
Tag = tuple[float, str, tuple[Say, ...]]  # height in data units, colour, rows of words


class Speech:
    """Collects words and hands out their tokens."""

    def __init__(self) -> None:
        self.words: list[Say] = []

    def __call__(self, word: Say) -> int:
        """The token of a word."""
        self.words.append(word)
        return len(self.words) - 1


def ground(
    drawing: Drawing, frame: Frame, span: tuple[int, int], top: float, speech: Speech, bare: bool = False
) -> None:
    """Grid and year labels, drawn as marks so that their words can be translated."""
    (first, last), (left, right), low = span, drawing.x, drawing.y[0]
    columns = right > last + 0.1  # years stand in the middle of columns, not at the ends of a line
    if not bare:
        for value in _ticks(top):
            drawing.rule((left, value), (right, value), "rule")
            lift = value + top * 9 / frame.plot[1]
            drawing.words.append(Word(left, lift, speech(partial(_round, value)), colour="soft"))
    drawing.rule((left, max(0.0, low)), (right, max(0.0, low)), "axis")
    under = -top * 13 / frame.plot[1]
    step = next(s for s in (1, 2, 5, 10, 20, 50) if (last - first) / s <= frame.plot[0] / 58)
    # years: two labels this near would touch; at the ends of a line they stand inwards, with their whole width
    apart = (42 if columns else 54) * (right - left) / frame.plot[0]
    middle = (
        []
        if bare
        else [y for y in range(first, last + 1) if y % step == 0 and min(y - first, last - y) >= apart]
    )
    ends = ("center", "center") if columns else ("left", "right")
    for when, align in [(first, ends[0]), *((y, "center") for y in middle), (last, ends[1])]:
        if when == last and last - first < 2 and bare:
            continue
        drawing.words.append(Word(when, under, speech(partial(_year, when)), align))


def _ticks(top: float) -> list[float]:
    size = 10.0 ** len(str(int(top))) / 10 if top >= 1 else 0.1
    step = next(size * k for k in (0.1, 0.2, 0.25, 0.5, 1, 2, 5) if top / (size * k) <= 4.6)
    return [step * i for i in range(1, int(top / step) + 1)]


def _year(when: int, lang: str) -> str:
    return str(when)


def _round(value: float, lang: str) -> str:
    return text.digits(value, lang, 0 if value == round(value) else 2)


def tags(
    drawing: Drawing,
    frame: Frame,
    wanted: list[Tag],
    last: float,
    speech: Speech,
) -> None:
    """Labels right of the last point, pushed apart until none covers another."""
    per_pixel = (drawing.y[1] - drawing.y[0]) / frame.plot[1]
    gap = (drawing.x[1] - drawing.x[0]) * 9 / frame.plot[0]
    room = [(y / per_pixel, hue, said) for y, hue, said in sorted(wanted, key=lambda tag: tag[0])]
    placed: list[Tag] = []
    for y, hue, said in room:
        tall = 16.0 * len(said)
        floor = placed[-1][0] + 8.0 * len(placed[-1][2]) + tall / 2 + 1 if placed else y
        placed.append((max(y, floor), hue, said))
    over = max(0.0, placed[-1][0] + 8.0 * len(placed[-1][2]) - frame.plot[1] - frame.top) if placed else 0.0
    for i in range(len(placed) - 1, -1, -1):
        y, hue, said = placed[i]
        most = (
            y - over if i == len(placed) - 1 else placed[i + 1][0] - 8.0 * (len(said) + len(placed[i + 1][2]))
        )
        placed[i] = (min(y, most), hue, said)
    for y, hue, said in placed:
        for row, word in enumerate(said):
            height = (y + (7.5 * (len(said) - 1)) - 15 * row) * per_pixel
            drawing.words.append(Word(last + gap, height, speech(word), colour=hue, bold=row == 0))
