"""The placebo distribution: every place as a column, sets of places as a line over them, the exposed marked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import inf

from vereda.publication import text
from vereda.publication.charts import Chart
from vereda.publication.drawing import Drawing, Frame, Word
from vereda.publication.effect_charts import FRAMES, painted
from vereda.publication.ground import Say, Speech
from vereda.publication.scale import Scale, canvas
from vereda.publication.words import N_
from vereda.terms.finding import Together

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

    def share(self, spread: Sequence[float]) -> list[float]:
        """Of percentiles 0 to 100, the share in each column; what lies beyond, in the outermost."""
        step = (self.high - self.low) / COLUMNS
        edges = [-inf, *(self.low + step * (i + 1) for i in range(COLUMNS - 1)), inf]
        shares = [0.0] * COLUMNS
        for left, right in pairwise(spread):
            for i, (low, high) in enumerate(pairwise(edges)):
                if right > left:
                    shares[i] += 0.01 * max(0.0, min(right, high) - max(left, low)) / (right - left)
                else:
                    shares[i] += 0.01 * (low <= left < high)
        return shares


def placebo_chart(
    placebos: Mapping[str, float],
    exposed: Collection[str],
    names: Mapping[str, str],
    label: Say,
    together: Together | None = None,
) -> Chart | None:
    """Columns: places that were not exposed; lines: the exposed, by name where they are few.

    together: what is ranked where several are exposed: the dashed line over the columns shows other sets of as many
    places, the strong mark the exposed as a set.
    """
    if len(exposed) < 2:
        together = None  # the place itself is the set
    others = [v for code, v in placebos.items() if code not in exposed]
    marked = sorted((v, code) for code, v in placebos.items() if code in exposed)
    if len(others) < 5:
        return None
    bins = Bins.of(others, [v for v, _ in marked] + ([together.statistic] if together else []))
    sets = bins.share(together.spread) if together else []
    above = together is not None

    def paint(frame: Frame, speech: Speech) -> Drawing:
        drawing, (width, height) = canvas(frame), frame.plot
        along = Scale(bins.low, bins.high, width)
        few = len(marked) <= NAMED
        lines = len(marked) + above if few else above
        roof = height - (18 * lines + 8 if lines else 12)
        step = width / COLUMNS
        for i, count in enumerate(bins.counts):
            if count:
                drawing.bar((i + 0.5) * step, step * 0.86, max(1.5, roof * count / max(bins.counts)), "zero")
        if sets:
            tops = [roof * share / max(sets) for share in sets]
            path = [(0.0, 0.0)]
            for i, top in enumerate(tops):
                path += [(i * step, top), ((i + 1) * step, top)]
            drawing.line([*path, (width, 0.0)], "rival", 1.4)
        drawing.rule((0, 0), (width, 0), "axis")
        for value in along.ticks(4 if frame.width > 400 else 3):
            side = "left" if along(value) < 16 else "right" if along(value) > width - 16 else "center"
            drawing.words.append(Word(along(value), -13, speech(partial(along.say, value)), side))
        if together:
            said = speech(partial(text.translate, N_("all of them together")))
            _mark(drawing, (along(together.statistic), height - 2), width, said, "coca")
        for i, (value, code) in enumerate(marked):
            x = along(value)
            if not few:
                drawing.rule((x, 0), (x, 11), "target", width=1.2)
                continue
            token = speech(partial(_name, names.get(code, code)))
            _mark(drawing, (x, height - 2 - 18 * (i + above)), width, token, "target")
        if marked and not few:
            drawing.words.append(
                Word(
                    0,
                    height + 6 - 18 * above,
                    speech(partial(text.translate, N_("marks below: the exposed"))),
                    "left",
                    "target",
                    True,
                )
            )
        return drawing

    return painted(paint, FRAMES, label)


def _mark(drawing: Drawing, top: tuple[float, float], width: float, token: int, hue: str) -> None:
    """A line from the scale up to a dot, with a name beside it."""
    x, y = top
    drawing.rule((x, 0), (x, y), hue, width=2.6 if hue == "coca" else 1.8)
    drawing.dot(x, y, hue, size=44 if hue == "coca" else 24)
    side, gap = ("right", -7) if x > width * 0.6 else ("left", 7)
    drawing.words.append(Word(x + gap, y, token, side, hue, True))


def _name(name: str, lang: str) -> str:
    return name
