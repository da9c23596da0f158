"""Which chart an answer gets: one idea each, labels at the lines, the estimator's interval where it gives one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from vereda.errors import BadPeriod
from vereda.publication import text
from vereda.publication.drawing import HALF, NARROW, WIDE, Drawing, Frame, Word, draw, speak
from vereda.terms.answer import IndicatorAnswer, OutputAnswer, Reading
from vereda.terms.figure import Figure
from vereda.terms.period import period

Say = Callable[[str], str]  # language -> words
HUES = ("coca", "rival", "third", "soft")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart and the figures in it; `words` are spoken when the page is written."""

    wide: str
    narrow: str
    words: tuple[Say, ...]
    points: tuple[Figure, ...]
    label: Say

    def svg(self, lang: str) -> str:
        """Both widths; the page shows one."""
        said = [word(lang) for word in self.words]
        shown = [(self.wide, "wide"), (self.narrow, "narrow")] if self.wide else [(self.narrow, "small")]
        return "".join(speak(svg, said, self.label(lang), kind) for svg, kind in shown if svg)


class Speech:
    """Collects words and hands out their tokens."""

    def __init__(self) -> None:
        self.words: list[Say] = []

    def __call__(self, word: Say) -> int:
        """The token of a word."""
        self.words.append(word)
        return len(self.words) - 1


def yearly(figures: Sequence[Figure]) -> list[Figure]:
    """One figure a calendar year with a value, the newest vintage; spans and parts of years are left out."""
    found: dict[int, Figure] = {}
    for figure in figures:
        try:
            span = period(figure.period)
        except BadPeriod:
            continue
        if figure.value is None or (span.end - span.start).days not in (364, 365):
            continue
        held = found.get(span.year)
        if held is None or (figure.status != "leaked" and figure.vintage >= held.vintage):
            found[span.year] = figure
    return [found[year] for year in sorted(found)]


def year(figure: Figure) -> int:
    """The calendar year of a figure."""
    return period(figure.period).year


def at(figure: Figure) -> tuple[float, float]:
    """Where a figure stands on a chart."""
    return float(year(figure)), float(figure.value or 0.0)


def lines_of(answer: IndicatorAnswer) -> dict[str, list[Figure]]:
    """A line for each estimator: the one shown first leads, rivals follow, one vintage a year."""
    lead = answer.current[-1].estimator if answer.current else ""
    more = [f for f in answer.rivals.get(lead, ()) if f.status not in {"incomplete", "leaked"}]
    found = {lead: yearly([*more, *answer.current])} if answer.current else {}
    if found:
        shown = {year(f): f for f in yearly(answer.current)}
        found[lead] = sorted([*shown.values(), *(f for f in found[lead] if year(f) not in shown)], key=year)
    for name, figures in answer.rivals.items():
        if name != lead and (line := yearly(figures)):
            found[name] = line
    return {name: line for name, line in found.items() if line}


def line_chart(
    lines: Mapping[str, Sequence[Figure]],
    names: Mapping[str, Say],
    label: Say,
    targets: Sequence[tuple[int, Reading]] = (),
    moment: tuple[float, Say] | None = None,
    small: bool = False,
    narrow: bool = False,
    half: bool = False,
) -> Chart | None:
    """Lines with their names at the end; targets as dashes from the day made to the day due."""
    points = [f for line in lines.values() for f in line]
    if len(points) < 2:
        return None
    speech = Speech()
    made = []
    frames = (Frame(300, 150, right=66, bottom=20, top=20),) if small else _frames(half)[1:] if narrow else _frames(half)
    for frame in frames:
        made.append(draw(_lines(frame, lines, names, targets, moment, speech, small), frame))
    wide = made[0] if len(made) > 1 else ""
    extra = [f for _, r in targets for f in (r.baseline, r.target, r.actual) if f is not None and f.value is not None]
    unique = tuple({f.trace: f for f in (*points, *extra)}.values())
    return Chart(wide, made[-1], tuple(speech.words), unique, label)


def _frames(half: bool) -> tuple[Frame, ...]:
    return Frame(HALF, 300, right=112, top=24) if half else Frame(WIDE, 340, right=132, top=24), Frame(NARROW, 300, right=104, top=24)


def _lines(
    frame: Frame,
    lines: Mapping[str, Sequence[Figure]],
    names: Mapping[str, Say],
    targets: Sequence[tuple[int, Reading]],
    moment: tuple[float, Say] | None,
    speech: Speech,
    small: bool,
) -> Drawing:
    years = [year(f) for line in lines.values() for f in line]
    ends = [end for line in lines.values() for f in line for end in (f.value, f.low, f.high) if end is not None]
    ends += [r.target.value for _, r in targets if r.target is not None and r.target.value is not None]
    top, (first, last) = max([*ends, 0.0]) * 1.06 or 1.0, (min(years), max(years))
    drawing = Drawing((first, max(last, first + 1)), (min([*ends, 0.0]), top))
    _ground(drawing, frame, (first, last), top, speech, bare=small)
    tags: list[tuple[float, str, tuple[Say, ...]]] = []
    for (name, line), hue in reversed(list(zip(lines.items(), HUES * 3, strict=False))):
        drawing.band([(year(f), f.low, f.high) for f in line if f.low is not None and f.high is not None], hue)
        for run in _runs(line):
            drawing.line([at(f) for f in run], hue, 2.4 if hue == HUES[0] else 1.7)
            if len(run) == 1:
                drawing.dot(*at(run[0]), hue, size=16)
        x, y = at(line[-1])
        leaked = line[-1].status == "leaked"
        drawing.dot(x, y, hue, filled=not leaked, size=26 if small else 36)
        rows: tuple[Say, ...] = () if len(lines) < 2 or name not in names else _rows(names[name], line[-1] if x < last else None, frame)
        if leaked and not small:
            rows = (*rows, lambda lang: text.translate("leaked", lang))
        tags.append((y, hue, (_number(line[-1]), *rows)))
    for made, reading in targets:
        _target(drawing, made, reading, last, tags)
    _tags(drawing, frame, tags, last, speech)
    if moment is not None and first <= moment[0] <= last:
        drawing.rule((moment[0], 0), (moment[0], top), "target", "dash")
        if not small:
            side = "right" if moment[0] > (first + last) / 2 else "left"
            gap = (last - first) * (-0.01 if side == "right" else 0.01)
            drawing.words.append(Word(moment[0] + gap, top, speech(moment[1]), side, "target", True))
    return drawing


def _runs(line: Sequence[Figure]) -> list[list[Figure]]:
    """Stretches without a missing year: a gap in the data is a gap in the line."""
    runs: list[list[Figure]] = []
    for figure in line:
        if runs and year(figure) - year(runs[-1][-1]) == 1:
            runs[-1].append(figure)
        else:
            runs.append([figure])
    return runs


def _ground(
    drawing: Drawing, frame: Frame, span: tuple[int, int], top: float, speech: Speech, bare: bool = False
) -> None:
    """Grid and year labels, drawn as marks so that their words can be translated."""
    (first, last), (left, right), low = span, drawing.x, drawing.y[0]
    columns = right > last + 0.1  # years stand in the middle of columns, not at the ends of a line
    if not bare:
        for value in _ticks(top):
            drawing.rule((left, value), (right, value), "rule")
            lift = value + top * 9 / frame.plot[1]
            drawing.words.append(Word(left, lift, speech(lambda lang, v=value: _round(v, lang)), colour="soft"))  # type: ignore[misc]
    drawing.rule((left, max(0.0, low)), (right, max(0.0, low)), "axis")
    under = -top * 13 / frame.plot[1]
    step = next(s for s in (1, 2, 5, 10, 20, 50) if (last - first) / s <= frame.plot[0] / 58)
    middle = [] if bare else [y for y in range(first, last + 1) if y % step == 0 and min(y - first, last - y) >= step * 0.6]
    ends = ("center", "center") if columns else ("left", "right")
    for when, align in [(first, ends[0]), *((y, "center") for y in middle), (last, ends[1])]:
        if when == last and last - first < 2 and bare:
            continue
        drawing.words.append(Word(when, under, speech(lambda _, y=when: str(y)), align))  # type: ignore[misc]


def _ticks(top: float) -> list[float]:
    size = 10.0 ** len(str(int(top))) / 10 if top >= 1 else 0.1
    step = next(size * k for k in (0.1, 0.2, 0.25, 0.5, 1, 2, 5) if top / (size * k) <= 4.6)
    return [step * i for i in range(1, int(top / step) + 1)]


def _round(value: float, lang: str) -> str:
    return text.digits(value, lang, 0 if value == round(value) else 2)


def _number(figure: Figure) -> Say:
    return lambda lang: text.number(figure, lang, with_unit=figure.unit == "%")


def _rows(name: Say, early: Figure | None, frame: Frame) -> tuple[Say, ...]:
    """A name, and the year where the line ends early, broken to fit the margin."""
    room = int((frame.right - 12) / 6.6)

    def rows(lang: str) -> list[str]:
        return wrap(name(lang) + (f" ({early.period})" if early is not None else ""), room)

    most = max(len(rows(lang)) for lang in text.LOCALES)
    return tuple(lambda lang, i=i: (rows(lang) + [""] * most)[i] for i in range(most))


def _target(drawing: Drawing, made: int, reading: Reading, last: int, tags: list[tuple[float, str, tuple[Say, ...]]]) -> None:
    if reading.target is None or reading.target.value is None:
        return
    level = reading.target.value
    drawing.rule((max(made, drawing.x[0]), level), (last, level), "target", "dash", 1.6)
    if reading.baseline is not None and reading.baseline.value is not None:
        drawing.dot(*at(reading.baseline), "target", filled=False, size=44)
    tags.append((level, "target", (_number(reading.target), lambda lang: text.translate("target", lang))))


def _tags(
    drawing: Drawing, frame: Frame, tags: list[tuple[float, str, tuple[Say, ...]]], last: float, speech: Speech
) -> None:
    """Labels right of the last point, pushed apart until none covers another."""
    per_pixel = (drawing.y[1] - drawing.y[0]) / frame.plot[1]
    gap = (drawing.x[1] - drawing.x[0]) * 9 / frame.plot[0]
    room = [(y / per_pixel, hue, said) for y, hue, said in sorted(tags, key=lambda tag: tag[0])]
    placed: list[tuple[float, str, tuple[Say, ...]]] = []
    for y, hue, said in room:
        tall = 16.0 * len(said)
        floor = placed[-1][0] + 8.0 * len(placed[-1][2]) + tall / 2 + 1 if placed else y
        placed.append((max(y, floor), hue, said))
    over = max(0.0, placed[-1][0] + 8.0 * len(placed[-1][2]) - frame.plot[1] - frame.top) if placed else 0.0
    for i in range(len(placed) - 1, -1, -1):
        y, hue, said = placed[i]
        most = y - over if i == len(placed) - 1 else placed[i + 1][0] - 8.0 * (len(said) + len(placed[i + 1][2]))
        placed[i] = (min(y, most), hue, said)
    for y, hue, said in placed:
        for row, word in enumerate(said):
            height = (y + (7.5 * (len(said) - 1)) - 15 * row) * per_pixel
            drawing.words.append(Word(last + gap, height, speech(word), colour=hue, bold=row == 0))


def output_chart(answer: OutputAnswer, label: Say) -> Chart | None:
    """What was done by year as columns, with the announced target of the year as a dash across."""
    done = yearly(answer.figures)
    if len(done) < 2:
        return None
    goals = yearly(answer.targets)
    top = max(f.value or 0.0 for f in (*done, *goals)) * 1.1
    first, last = min(year(f) for f in done), max(year(f) for f in (*done, *goals))
    speech, made = Speech(), []
    for frame in (Frame(HALF, 300, right=86, top=24), Frame(NARROW, 230, right=78, top=20)):
        pad = (last - first + 1) * 56 / (frame.plot[0] - 56)  # room for the labels of the grid, left of the columns
        drawing = Drawing((first - 0.5 - pad, last + 0.5), (0.0, top))
        _ground(drawing, frame, (first, last), top, speech)
        for figure in done:
            drawing.bar(year(figure), 0.62, figure.value or 0.0, "third")
        for goal in goals:
            x, y = at(goal)
            drawing.rule((x - 0.45, y), (x + 0.45, y), "target", width=2.6)
        tags: list[tuple[float, str, tuple[Say, ...]]] = [(at(done[-1])[1], "third", (_number(done[-1]), lambda _: done[-1].period))]
        if goals:
            tags.append((at(goals[-1])[1], "target", (_number(goals[-1]), lambda lang: text.translate("target", lang))))
        _tags(drawing, frame, tags, last + 0.5, speech)
        made.append(draw(drawing, frame))
    return Chart(made[0], made[1], tuple(speech.words), (*done, *goals), label)
