"""Which chart an answer gets: one idea each, labels at the lines, the estimator's interval where it gives one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from vereda.publication import text
from vereda.publication.drawing import HALF, NARROW, WIDE, Drawing, Frame, Word, draw, speak
from vereda.publication.ground import Say, Speech, Tag, ground
from vereda.publication.ground import tags as place_tags
from vereda.publication.series import at, runs, year, yearly
from vereda.terms.answer import OutputAnswer, Reading
from vereda.terms.figure import Figure

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
    frames = (
        (Frame(300, 150, right=66, bottom=20, top=20),)
        if small
        else _frames(half)[1:]
        if narrow
        else _frames(half)
    )
    for frame in frames:
        made.append(draw(_lines(frame, lines, names, targets, moment, speech, small), frame))
    wide = made[0] if len(made) > 1 else ""
    extra = [
        f
        for _, r in targets
        for f in (r.baseline, r.target, r.actual)
        if f is not None and f.value is not None
    ]
    unique = tuple({f.trace: f for f in (*points, *extra)}.values())
    return Chart(wide, made[-1], tuple(speech.words), unique, label)


def _frames(half: bool) -> tuple[Frame, ...]:
    return Frame(HALF, 300, right=112, top=24) if half else Frame(WIDE, 340, right=132, top=24), Frame(
        NARROW, 300, right=104, top=24
    )


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
    ends = [
        end for line in lines.values() for f in line for end in (f.value, f.low, f.high) if end is not None
    ]
    ends += [r.target.value for _, r in targets if r.target is not None and r.target.value is not None]
    top, (first, last) = max([*ends, 0.0]) * 1.06 or 1.0, (min(years), max(years))
    drawing = Drawing((first, max(last, first + 1)), (min([*ends, 0.0]), top))
    ground(drawing, frame, (first, last), top, speech, bare=small)
    tags: list[Tag] = []
    for (name, line), hue in reversed(list(zip(lines.items(), HUES * 3, strict=False))):
        drawing.band(
            [(year(f), f.low, f.high) for f in line if f.low is not None and f.high is not None], hue
        )
        for run in runs(line):
            drawing.line([at(f) for f in run], hue, 2.4 if hue == HUES[0] else 1.7)
            if len(run) == 1:
                drawing.dot(*at(run[0]), hue, size=16)
        x, y = at(line[-1])
        leaked = line[-1].status == "leaked"
        if line[-1].value is not None:  # a range in place of a number is a bar and no point
            drawing.dot(x, y, hue, filled=not leaked, size=26 if small else 36)
        rows: tuple[Say, ...] = (
            ()
            if len(lines) < 2 or name not in names
            else _rows(names[name], line[-1] if x < last else None, frame)
        )
        if leaked and not small:
            rows = (*rows, lambda lang: text.translate("leaked", lang))
        tags.append((y, hue, (_number(line[-1]), *rows)))
    for made, reading in targets:
        _target(drawing, made, reading, last, tags)
    place_tags(drawing, frame, tags, last, speech)
    if moment is not None and first <= moment[0] <= last:
        drawing.rule((moment[0], 0), (moment[0], top), "target", "dash")
        if not small:
            side = "right" if moment[0] > (first + last) / 2 else "left"
            gap = (last - first) * (-0.01 if side == "right" else 0.01)
            drawing.words.append(Word(moment[0] + gap, top, speech(moment[1]), side, "target", True))
    return drawing


def _number(figure: Figure) -> Say:
    return lambda lang: text.number(figure, lang, with_unit=figure.unit == "%")


def _rows(name: Say, early: Figure | None, frame: Frame) -> tuple[Say, ...]:
    """A name, and the year where the line ends early, broken to fit the margin."""

    def rows(lang: str) -> list[str]:
        said = name(lang) + (f" ({early.period})" if early is not None else "")
        capitals = sum(c.isupper() for c in said) / max(1, len(said))  # half again as wide as other letters
        return wrap(said, int((frame.right - 12) / (6.6 * (1 + capitals / 2))))

    most = max(len(rows(lang)) for lang in text.LOCALES)
    return tuple(lambda lang, i=i: (rows(lang) + [""] * most)[i] for i in range(most))


def _target(drawing: Drawing, made: int, reading: Reading, last: int, tags: list[Tag]) -> None:
    if reading.target is None or reading.target.value is None:
        return
    level = reading.target.value
    drawing.rule((max(made, drawing.x[0]), level), (last, level), "target", "dash", 1.6)
    if reading.baseline is not None and reading.baseline.value is not None:
        drawing.dot(*at(reading.baseline), "target", filled=False, size=44)
    tags.append((level, "target", (_number(reading.target), lambda lang: text.translate("target", lang))))


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
        pad = (
            (last - first + 1) * 56 / (frame.plot[0] - 56)
        )  # room for the labels of the grid, left of the columns
        drawing = Drawing((first - 0.5 - pad, last + 0.5), (0.0, top))
        ground(drawing, frame, (first, last), top, speech)
        for figure in done:
            drawing.bar(year(figure), 0.62, figure.value or 0.0, "third")
        for goal in goals:
            x, y = at(goal)
            drawing.rule((x - 0.45, y), (x + 0.45, y), "target", width=2.6)
        tags: list[Tag] = [(at(done[-1])[1], "third", (_number(done[-1]), lambda _: done[-1].period))]
        if goals:
            tags.append(
                (
                    at(goals[-1])[1],
                    "target",
                    (_number(goals[-1]), lambda lang: text.translate("target", lang)),
                )
            )
        place_tags(drawing, frame, tags, last + 0.5, speech)
        made.append(draw(drawing, frame))
    return Chart(made[0], made[1], tuple(speech.words), (*done, *goals), label)
