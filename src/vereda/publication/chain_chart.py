"""The chain from area to cocaine as a flow: each stage on a scale of its own unit, pale edges where it is not sure.

Areas and tonnes have no common scale. So the middle of every computed stage is as thick as that of the next, and what is
read is how far the edges part, and how far a published figure lies from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from textwrap import wrap

from vereda.publication import text
from vereda.publication.production_text import number
from vereda.publication.production_voice import ends
from vereda.publication.words import N_
from vereda.terms.assessed import Assessed
from vereda.terms.figure import Figure

WIDE, NARROW = 1060, 340
THICK = 76.0  # pixels of the middle of a stage
STEP = 104  # pixels between stages, one below the other
BAR = 12


@dataclass(frozen=True, slots=True)
class Stop:
    """A stage: its name, its figure, and a published figure of the same thing.

    hollow: printed elsewhere, not computed. wider: the same stage under a wider reading of the uncertainty.
    """

    name: str
    figure: Figure
    published: Figure | None = None
    hollow: bool = False
    wider: Figure | None = None

    def ends(self) -> tuple[float, float]:
        """Thickness of the 5 % and of the 95 %, pixels."""
        return _thick(self.figure, self.figure.value)

    def widest(self) -> tuple[float, float]:
        """The same under the wider reading, on the same scale."""
        return _thick(self.wider, self.figure.value) if self.wider else self.ends()

    def mark(self) -> float | None:
        """Thickness of the published figure, pixels; None where there is none beside a computed one."""
        if self.published is None or not self.published.value or not self.figure.value:
            return None
        return THICK * self.published.value / self.figure.value


def _thick(figure: Figure, middle: float | None) -> tuple[float, float]:
    if not figure.value or not middle:
        return THICK, THICK
    low, high = (figure.value if end is None else end for end in (figure.low, figure.high))
    return THICK * low / middle, THICK * high / middle


def stops(told: Assessed, lang: str) -> list[Stop]:
    """The stages of the latest year; where none could be computed, those that would be needed."""
    lead = told.lead
    published = lead.published[0] if lead.published else None
    if lead.stages:
        last = lead.stages[-1]
        wider = lead.readings[-1].figure if len(lead.readings) > 1 else None
        return [
            Stop(text.translate(s.name, lang), s.figure, *((published, False, wider) if s is last else ()))
            for s in lead.stages
        ]
    names = [text.translate(m.meaning, lang) for m in lead.missing]
    area = [Stop(text.translate(N_("coca, as counted"), lang), f, hollow=True) for f in told.areas[-1:]]
    nothing = Figure(None, "", "", status="not_computed")
    end = [Stop(text.translate(N_("cocaine hydrochloride, as published"), lang), published, hollow=True)] if published else []  # fmt: skip
    return [*area, *(Stop(name, nothing) for name in names), *end]


def chain_chart(told: Assessed, lang: str, hue: str) -> str:
    """The flow at both widths; the page shows one. hue: CSS variable of the estimator."""
    found = stops(told, lang)
    if len(found) < 2:
        return ""
    label = _label(told, found, lang)
    return _wide(found, lang, hue, label) + _narrow(found, lang, hue, label)


def _label(told: Assessed, found: Sequence[Stop], lang: str) -> str:
    parts = [f"{told.lead.name.say(lang)}, {told.lead.asked.year}"]
    parts += [f"{stop.name}: {_said(stop.figure, lang)}" for stop in found]
    if found[-1].published is not None:
        parts.append(f"{text.translate('Published', lang)}: {number(found[-1].published, lang)}")
    return ". ".join(parts) + "."


def _said(figure: Figure, lang: str) -> str:
    between = ends(figure, lang)
    return number(figure, lang) + (f" ({between})" if between else "")


# ---- one beside the other -------------------------------------------------------------------------------------


def _wide(found: Sequence[Stop], lang: str, hue: str, label: str) -> str:
    room = (WIDE - 170) / (len(found) - 1)
    at = [4 + room * i for i in range(len(found))]
    tallest = max([THICK, *(stop.widest()[1] for stop in found), *(stop.mark() or 0.0 for stop in found)])
    middle, height = 58 + tallest / 2, round(58 + tallest + 74)
    shapes = [_link(a, b, x + BAR, y, middle, False) for (a, x), (b, y) in _pairs(found, at)]
    for stop, x in zip(found, at, strict=True):
        shapes.append(_node(stop, x, middle, False))
        rows = wrap(stop.name, int(min(room, 166) / 7.3))[:3]
        top = middle - tallest / 2 - 14 - 15 * (len(rows) - 1)
        shapes += [_text(x, top + 15 * i, row, "soft") for i, row in enumerate(rows)]
        shapes += _numbers(stop, x, middle + tallest / 2 + 22, lang)
    return _svg(WIDE, height, "wide", hue, label, shapes)


def _numbers(stop: Stop, x: float, y: float, lang: str) -> list[str]:
    shapes = [_text(x, y, number(stop.figure, lang), "ink", True)]
    if between := ends(stop.figure, lang):
        shapes.append(_text(x, y + 17, between, "soft"))
    if stop.published is not None:
        before = text.translate(N_("published:"), lang)
        said = f"{before} {number(stop.published, lang)}"
        shapes.append(_text(x, y + (36 if between else 19), said, "target", True))
    return shapes


# ---- one below the other --------------------------------------------------------------------------------------


def _narrow(found: Sequence[Stop], lang: str, hue: str, label: str) -> str:
    widest = max([THICK, *(stop.widest()[1] for stop in found), *(stop.mark() or 0.0 for stop in found)])
    middle, at = 4 + widest / 2, [10 + STEP * i for i in range(len(found))]
    shapes = [_link(a, b, y + BAR, z, middle, True) for (a, y), (b, z) in _pairs(found, at)]
    left = widest + 18
    for stop, y in zip(found, at, strict=True):
        shapes.append(_node(stop, y, middle, True))
        rows = wrap(stop.name, int((NARROW - left) / 6.9))[:2]
        shapes += [_text(left, y + 9 + 15 * i, row, "soft") for i, row in enumerate(rows)]
        shapes += _numbers(stop, left, y + 10 + 16 * len(rows) + 2, lang)
    return _svg(NARROW, at[-1] + STEP, "narrow", hue, label, shapes)


# ---- shapes -----------------------------------------------------------------------------------------------------


def _pairs(found: Sequence[Stop], at: Sequence[float]) -> list[tuple[tuple[Stop, float], tuple[Stop, float]]]:
    placed = list(zip(found, at, strict=True))
    return list(pairwise(placed))


def _link(a: Stop, b: Stop, start: float, end: float, middle: float, down: bool) -> str:
    """From one stage to the next: full within the lower ends, pale to the upper; dashed where one is not computed."""
    if a.hollow or b.hollow or a.figure.value is None or b.figure.value is None:
        edges = [
            _points([(start, middle + side), (end, middle + side)], down) for side in (-THICK / 2, THICK / 2)
        ]
        return "".join(f'<polyline class="gap" points="{edge}"/>' for edge in edges)
    (low, high), (low_next, high_next) = a.ends(), b.ends()
    return _ribbon(start, end, middle, high, high_next, "pale", down) + _ribbon(
        start, end, middle, low, low_next, "full", down
    )


def _ribbon(start: float, end: float, middle: float, one: float, two: float, kind: str, down: bool) -> str:
    corners = [
        (start, middle - one / 2),
        (end, middle - two / 2),
        (end, middle + two / 2),
        (start, middle + one / 2),
    ]
    return f'<polygon class="{kind}" points="{_points(corners, down)}"/>'


def _node(stop: Stop, at: float, middle: float, down: bool) -> str:
    kind = "node" if stop.figure.value is not None else "node gap"
    shapes = "" if stop.figure.value is None else _box(at, middle, stop.widest()[1], "pale", down)
    shapes += _box(at, middle, stop.ends()[1] if stop.figure.value else THICK, kind, down)
    mark = stop.mark()
    if mark is not None:
        shapes += _box(at - 3, middle, mark, "mark", down, BAR + 6)
    return shapes


def _box(at: float, middle: float, thick: float, kind: str, down: bool, size: float = BAR) -> str:
    x, y, w, h = (middle - thick / 2, at, thick, size) if down else (at, middle - thick / 2, size, thick)
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"/>'


def _points(corners: Sequence[tuple[float, float]], down: bool) -> str:
    return " ".join(f"{y:.1f},{x:.1f}" if down else f"{x:.1f},{y:.1f}" for x, y in corners)


def _text(x: float, y: float, said: str, colour: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" fill="var(--{colour})"{weight}>{escape(said)}</text>'
    )


def _svg(width: int, height: float, kind: str, hue: str, label: str, shapes: Sequence[str]) -> str:
    return (
        f'<svg class="flow {kind}" style="--flow:var(--{hue})" role="img" aria-label="{escape(label, quote=True)}" '
        f'width="{width}" height="{height:.0f}" viewBox="0 0 {width} {height:.0f}">{"".join(shapes)}</svg>'
    )
