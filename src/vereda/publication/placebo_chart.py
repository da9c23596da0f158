"""The placebo distribution: the statistic of every place as columns, the exposed ones named over it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vereda.publication import text
from vereda.publication.charts import Chart
from vereda.publication.drawing import Drawing, Frame, Word
from vereda.publication.effect_charts import FRAMES, painted
from vereda.publication.ground import Say, Speech
from vereda.publication.scale import Scale, canvas
from vereda.publication.words import N_

COLUMNS = 31
NAMED = 4  # so many exposed places still find room for their names


@dataclass(frozen=True, slots=True)
class Bins:
    """Counts of placebos between low and high; what lies beyond stands in the outermost columns."""

    low: float
    high: float
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: Sequence[float], also: Sequence[float]) -> "Bins":
        """Around the middle of the placebos three times as far as their outer tenths, and to the exposed and zero."""
        ordered = sorted(values)
        tenth, middle = len(ordered) // 10, ordered[len(ordered) // 2]
        floor = max(ordered[0], middle - 3 * (middle - ordered[tenth]))
        roof = min(ordered[-1], middle + 3 * (ordered[-1 - tenth] - middle))
        low, high = min([floor, *also, 0.0]), max([roof, *also, 0.0])
        step = ((high - low) or 1.0) / COLUMNS
        counts = [0] * COLUMNS
        for value in ordered:
            counts[min(COLUMNS - 1, max(0, int((value - low) / step)))] += 1
        return cls(low, low + step * COLUMNS, tuple(counts))


def placebo_chart(
    placebos: Mapping[str, float], exposed: Collection[str], names: Mapping[str, str], label: Say
) -> Chart | None:
    """Columns: places that were not exposed. Lines: the exposed, by name where they are few."""
    others = [v for code, v in placebos.items() if code not in exposed]
    marked = sorted((v, code) for code, v in placebos.items() if code in exposed)
    if len(others) < 5:
        return None
    bins = Bins.of(others, [v for v, _ in marked])

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        along = Scale(bins.low, bins.high, width)
        few = len(marked) <= NAMED
        roof = height - (18 * len(marked) + 8 if few and marked else 12)
        step = width / COLUMNS
        for i, count in enumerate(bins.counts):
            if count:
                drawing.bar((i + 0.5) * step, step * 0.86, max(1.5, roof * count / max(bins.counts)), "zero")
        drawing.rule((0, 0), (width, 0), "axis")
        for value in along.ticks(4 if frame.width > 400 else 3):
            side = "left" if along(value) < 16 else "right" if along(value) > width - 16 else "center"
            drawing.words.append(Word(along(value), -13, speech(partial(along.say, value)), side))
        for i, (value, code) in enumerate(marked):
            x = along(value)
            if not few:
                drawing.rule((x, 0), (x, 11), "target", width=1.2)
                continue
            y = height + 6 - 18 * i
            drawing.rule((x, 0), (x, y - 8), "target", width=1.8)
            drawing.dot(x, y - 8, "target", size=24)
            side, gap = ("right", -7) if x > width * 0.6 else ("left", 7)
            token = speech(partial(_name, names.get(code, code)))
            drawing.words.append(Word(x + gap, y - 8, token, side, "target", True))
        if marked and not few:
            drawing.words.append(
                Word(
                    0,
                    height + 6,
                    speech(partial(text.translate, N_("marks below: the exposed"))),
                    "left",
                    "target",
                    True,
                )
            )
        return drawing

    return painted(paint, FRAMES, label)


def _name(name: str, lang: str) -> str:
    return name
