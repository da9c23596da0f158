"""A picture of shares of land by cell, one panel a class, in five steps; and areas with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEPS = (0.0, 0.1, 0.3, 0.5, 0.7)  # a share up to the first is white
SHADES = ("#ffffff", "#e3efdf", "#b9d8b0", "#84ba7c", "#4c9250", "#1f6431")
BLANK = "#e4e4e4"
_GAP, _HEAD, _WIDTH = 18, 20, 250


@dataclass(frozen=True, slots=True)
class Bar:
    """An area with its interval, what counting pixels gives, and the truth where an exercise knows it; words: the
    numbers as they are written."""

    name: str
    area: float
    low: float
    high: float
    counted: float
    truth: float | None
    words: str


def land_map(share: Array, classes: Sequence[str], title: str, blank: str, numbers: Sequence[str]) -> str:
    """SVG of share (rows, columns, k), nan where nothing is mapped. numbers: the steps as they are written.

    It has no axes and no coordinates: what it shows is how much, not where.
    """
    rows, columns, _ = share.shape
    size = _WIDTH / columns
    across = min(3, len(classes))
    width = across * (_WIDTH + _GAP)
    high = rows * size + _HEAD + _GAP
    parts = [_text(0, 15, title, 14)]
    for k, name in enumerate(classes):
        x, y = (k % across) * (_WIDTH + _GAP), 26 + (k // across) * high
        parts.append(_text(x, y + 13, name, 13))
        parts.append(f'<g transform="translate({x},{y + _HEAD})">{_panel(share[..., k], size)}</g>')
    foot = 26 + -(-len(classes) // across) * high
    for i, (shade, words) in enumerate(zip((*SHADES, BLANK), (*numbers, blank), strict=True)):
        start = i * (width / 7)
        parts.append(
            f'<rect x="{start:.1f}" y="{foot}" width="14" height="14" fill="{shade}" stroke="#888"/>'
        )
        parts.append(_text(start + 19, foot + 12, words, 12))
    return _svg(width, foot + 22, title, parts)


def areas(bars: Sequence[Bar], title: str, key: Sequence[str]) -> str:
    """SVG: a line a class with its interval; a square for counted pixels, a ring for the truth. key: three words."""
    most = max(max(b.high, b.counted, b.truth or 0) for b in bars) or 1.0
    left, scale = 150, 480 / most
    parts = [_text(0, 15, title, 14)]
    for i, b in enumerate(bars):
        y = 45 + 30 * i
        parts.append(_text(left + 495, y + 4, b.words, 12))
        x = [left + v * scale for v in (b.low, b.area, b.high, b.counted)]
        parts.append(_text(0, y + 4, b.name, 13))
        parts.append(
            f'<line x1="{x[0]:.1f}" x2="{x[2]:.1f}" y1="{y}" y2="{y}" stroke="#1f6431" stroke-width="3"/>'
        )
        parts.append(f'<circle cx="{x[1]:.1f}" cy="{y}" r="5" fill="#1f6431"/>')
        parts.append(
            f'<rect x="{x[3] - 4:.1f}" y="{y - 4}" width="8" height="8" fill="none" stroke="#8a4b00" stroke-width="2"/>'
        )
        if b.truth is not None:
            parts.append(
                f'<circle cx="{left + b.truth * scale:.1f}" cy="{y}" r="8" fill="none" stroke="#222" stroke-width="1.5"/>'
            )
    y = 45 + 30 * len(bars)
    marks = (
        '<circle cx="6" cy="{y}" r="5" fill="#1f6431"/>', '<rect x="202" y="{r}" width="8" height="8" fill="none" stroke="#8a4b00" stroke-width="2"/>',
        '<circle cx="406" cy="{y}" r="8" fill="none" stroke="#222" stroke-width="1.5"/>',
    )  # fmt: skip
    for i, (mark, words) in enumerate(zip(marks, key, strict=True)):
        parts += [mark.format(y=y, r=y - 4), _text(20 + 200 * i, y + 4, words, 12)]
    return _svg(left + 620, y + 20, title, parts)


def _panel(share: Array, size: float) -> str:
    rows, columns = share.shape
    step = np.where(np.isnan(share), -1, np.searchsorted(STEPS, share, side="left"))
    parts = []
    for r in range(rows):
        edges = [0, *(np.flatnonzero(np.diff(step[r])) + 1).tolist(), columns]
        for left, right in pairwise(edges):
            if (shade := int(step[r, left])) != 0:  # white is the ground
                parts.append(
                    f'<rect x="{left * size:.2f}" y="{r * size:.2f}" width="{(right - left) * size + 0.05:.2f}" '
                    f'height="{size + 0.05:.2f}" fill="{BLANK if shade < 0 else SHADES[shade]}"/>'
                )
    frame = f'<rect width="{columns * size:.1f}" height="{rows * size:.1f}" fill="none" stroke="#888"/>'
    return "".join(parts) + frame


def _text(x: float, y: float, words: str, size: int) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}">{escape(words)}</text>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -6 {width + 20:.0f} {height + 16:.0f}" role="img" '
        f'font-family="system-ui, sans-serif" fill="#222"><title>{escape(title)}</title>'
        f'<rect x="-10" y="-6" width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
