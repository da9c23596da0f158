"""Line and bar charts: one grammar written in Altair, filled per chart, drawn by vl-convert, coloured by the page.

Words in a chart are tokens until the page is written, so one drawing serves every language; colours are sentinels that
become CSS variables, so one drawing serves light and dark.
"""

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

import altair as alt
import vl_convert

#: CSS variable -> the colour that stands for it inside the drawing.
COLOURS = {
    "ink": "#010101", "soft": "#020202", "rule": "#030303", "paper": "#040404", "coca": "#050505",
    "rival": "#060606", "target": "#070707", "third": "#080808", "axis": "#090909",
    "zero": "#0a0a0a",
}  # fmt: skip
WIDE, HALF, NARROW = 680, 520, 340
FONT = "system-ui, sans-serif"
_TOKEN = re.compile(r">§(\d+)§<")
_NOISE = re.compile(r' (?:aria-[a-z]+|role|class|stroke-miterlimit|font-family)="[^"]*"')


@dataclass(frozen=True, slots=True)
class Word:
    """Text at a point of the chart, in data units; `token` is the index of its words."""

    x: float
    y: float
    token: int
    align: str = "left"
    colour: str = "soft"
    bold: bool = False


@dataclass(slots=True)
class Drawing:
    """The marks of one chart, in data units."""

    x: tuple[float, float]
    y: tuple[float, float]
    lines: list[dict[str, Any]] = field(default_factory=list)
    bands: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    dots: list[dict[str, Any]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 2.0) -> None:
        """A line through points, and a hollow dot where it is only one."""
        name = str(len(self.lines))
        self.lines += [{"x": x, "y": y, "s": name, "c": COLOURS[colour], "w": width} for x, y in points]

    def band(self, points: Sequence[tuple[float, float, float]], colour: str) -> None:
        """The interval an estimator gives around its values."""
        self.bands += [{"x": x, "y": low, "y2": high, "c": COLOURS[colour]} for x, low, high in points]

    def rule(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str,
        dash: str = "",
        width: float = 1,
    ) -> None:
        """A straight line: grid, axis, target, moment. dash: "" or "dash"."""
        place = {"x": start[0], "y": start[1], "x2": end[0], "y2": end[1]}
        self.rules.append({**place, "c": COLOURS[colour], "d": dash, "w": width})

    def bar(self, x: float, width: float, top: float, colour: str) -> None:
        """A column from zero."""
        self.bars.append({"x": x - width / 2, "x2": x + width / 2, "y": 0, "y2": top, "c": COLOURS[colour]})

    def dot(self, x: float, y: float, colour: str, filled: bool = True, size: float = 40) -> None:
        """A point; a hollow one is on paper colour."""
        self.dots.append(
            {"x": x, "y": y, "c": COLOURS[colour], "f": COLOURS[colour if filled else "paper"], "s": size}
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """Size of the drawing and the margins kept free for words, in pixels."""

    width: int
    height: int
    left: int = 2
    right: int = 110
    top: int = 14
    bottom: int = 22

    @property
    def plot(self) -> tuple[int, int]:
        """Width and height of the area of the marks."""
        return self.width - self.left - self.right, self.height - self.top - self.bottom


@lru_cache
def grammar() -> str:
    """The one Altair chart behind every line and bar chart, as JSON with empty data."""
    x, y = alt.X("x:Q", axis=None, scale=alt.Scale()), alt.Y("y:Q", axis=None, scale=alt.Scale())
    colour = alt.Color("c:N", scale=None)
    band = (
        alt.Chart(alt.NamedData("bands"))
        .mark_rule(strokeWidth=7, opacity=0.28)
        .encode(x, y, alt.Y2("y2:Q"), color=colour)
    )
    rules = [
        alt.Chart(alt.NamedData(name)).mark_rule(strokeDash=dash).encode(
            x, y, alt.X2("x2:Q"), alt.Y2("y2:Q"), color=colour, strokeWidth=alt.StrokeWidth("w:Q", scale=None)
        )
        for name, dash in (("rules", []), ("dashes", [5, 4]))
    ]  # fmt: skip
    bars = (
        alt.Chart(alt.NamedData("bars"))
        .mark_rect()
        .encode(x, y, alt.X2("x2:Q"), alt.Y2("y2:Q"), color=colour)
    )
    lines = alt.Chart(alt.NamedData("lines")).mark_line(strokeJoin="round").encode(
        x, y, detail="s:N", color=colour, strokeWidth=alt.StrokeWidth("w:Q", scale=None)
    )  # fmt: skip
    dots = alt.Chart(alt.NamedData("dots")).mark_point(opacity=1, strokeWidth=1.6).encode(
        x, y, stroke=alt.Stroke("c:N", scale=None), fill=alt.Fill("f:N", scale=None), size=alt.Size("s:Q", scale=None)
    )  # fmt: skip
    texts = [
        alt.Chart(alt.NamedData(f"{align}{weight}")).mark_text(align=align, baseline="middle", fontWeight=weight, fontSize=12.5).encode(
            x, y, text="t:N", color=colour
        )
        for align in ("left", "center", "right") for weight in (400, 600)
    ]  # fmt: skip
    chart = alt.layer(bars, band, *rules, lines, dots, *texts).properties(width=100, height=100)
    chart = chart.configure(
        font=FONT, aria=False, background="transparent", autosize=alt.AutoSizeParams(type="none")
    ).configure_view(stroke=None)
    return json.dumps(chart.to_dict())


@lru_cache(maxsize=1024)
def _svg(spec: str) -> str:
    return str(vl_convert.vegalite_to_svg(spec))


def draw(drawing: Drawing, frame: Frame) -> str:
    """The drawing as SVG with tokens for words and CSS variables for colours."""
    spec = deepcopy(json.loads(grammar()))
    width, height = frame.plot
    spec |= {"width": width, "height": height}
    spec["padding"] = {"left": frame.left, "right": frame.right, "top": frame.top, "bottom": frame.bottom}
    for layer in spec["layer"]:
        for channel, domain in (("x", drawing.x), ("y", drawing.y)):
            layer["encoding"][channel]["scale"] = {"domain": list(domain), "zero": False, "nice": False}
    data: dict[str, list[dict[str, Any]]] = {
        "bands": drawing.bands,
        "bars": drawing.bars,
        "lines": drawing.lines,
        "dots": drawing.dots,
        "rules": [r for r in drawing.rules if not r["d"]],
        "dashes": [r for r in drawing.rules if r["d"]],
    }
    for align in ("left", "center", "right"):
        for weight in (400, 600):
            data[f"{align}{weight}"] = [
                {"x": w.x, "y": w.y, "t": f"§{w.token}§", "c": COLOURS[w.colour]}
                for w in drawing.words
                if w.align == align and w.bold == (weight == 600)
            ]
    spec["layer"] = [layer for layer in spec["layer"] if data[layer["data"]["name"]]]
    spec["datasets"] = {layer["data"]["name"]: data[layer["data"]["name"]] for layer in spec["layer"]}
    return tidy(_svg(json.dumps(spec)))


def tidy(svg: str) -> str:
    """Without roles, classes and fonts of the drawing tool; with the page's colours."""
    svg = _NOISE.sub("", svg)
    svg = re.sub(r"<path aria-hidden[^>]*/>|<path d=\"M0,0h[^\"]*Z\"/>|<rect [^>]*fill=\"white\"/>", "", svg)
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"', "")
    svg = re.sub(r"(\d+\.\d)\d+", r"\1", svg)
    for name, sentinel in COLOURS.items():
        svg = svg.replace(sentinel, f"var(--{name})")
    return re.sub(r"<g>(?:\s*</g>)|<g transform=\"translate\(0,0\)\"></g>", "", svg)


def speak(svg: str, texts: Sequence[str], label: str, kind: str) -> str:
    """Put the words of a language into a drawing and name it for those who do not see it."""
    filled = _TOKEN.sub(lambda found: f">{escape(texts[int(found[1])])}<", svg)
    opening = f'<svg class="chart {kind}" role="img" aria-label="{escape(label, quote=True)}"'
    return filled.replace("<svg", opening, 1)
