"""How the numbers of one column are written, decided by the cells that only one way of writing explains.

A cell such as `4.603` is a number in two locales and decides nothing; `191.8` and `12,5` are numbers in one. Cells
decide together, by column, never each for itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vereda.sources.profiling.note import Note, Proposed, note

_INTEGER = re.compile(r"[+-]?\d+")
_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}")
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[. \u00a0]\d{3})+|\d+),\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_POWER = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,2}")
_SPACED = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:,\d+)?")
_DASH_ZERO = re.compile(r"[-–—]\s*0")
_ABSENT = re.compile(r"[-–—.*]+|n\.?\s?[dar]\.?|n/[ad]|na|nan|null|none|s\.?\s?[di]\.?|s/[di]|\.\.\.?|no aplica|sin (?:dato|información|informacion)", re.I)  # fmt: skip
_SENTINELS = frozenset({"9999", "99999", "999", "999999", "-9", "-99", "-999", "-9999", "-1"})
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """A column whose cells are numbers, or texts that stand where one is not.

    zero: texts that print a zero. odd: texts that are no number, and how many cells hold each. sentinels: numbers that
    may say that there is no figure. empty: cells without text.
    """

    column: str
    decimal: Proposed
    thousands: str = ""
    exponent: bool = False
    zero: tuple[str, ...] = ()
    odd: Mapping[str, int] = field(default_factory=dict)
    sentinels: Mapping[str, int] = field(default_factory=dict)
    empty: int = 0
    least: float | None = None
    most: float | None = None
    whole: bool = True  # every figure is a whole number
    seen: tuple[Note, ...] = ()


def figures(column: str, cells: Mapping[str, int]) -> Figures | None:
    """How the numbers of a column are written, from its different texts and how often each stands; None if it holds words."""
    texts = {text.strip(): 0 for text in cells}
    for text, count in cells.items():
        texts[text.strip()] += count
    empty = texts.pop("", 0)
    sorts: dict[str, dict[str, int]] = {
        kind: {} for kind in ("integer", "either", "point", "comma", "power", "spaced", "zero", "odd")
    }
    for text, count in texts.items():
        sorts[_sort(text)][text] = count
    numbers = sum(len(sorts[k]) for k in ("integer", "either", "point", "comma", "power", "spaced"))
    odd = sorts["odd"]
    if not numbers or not _stand_in(odd, numbers):
        return None
    decimal, thousands, seen = _decide(sorts)
    values = _values(sorts, decimal.value)
    return Figures(
        column, decimal, thousands, bool(sorts["power"]), tuple(sorts["zero"]), odd, _sentinels(texts, values), empty,
        min(values.values(), default=None), max(values.values(), default=None),
        all(value.is_integer() for value in values.values()), seen,
    )  # fmt: skip


def _sort(text: str) -> str:
    """Which ways of writing explain a cell."""
    if _INTEGER.fullmatch(text):
        return "integer"
    if _EITHER.fullmatch(text):
        return "either"
    for kind, form in (
        ("point", _POINT), ("comma", _COMMA), ("power", _POWER), ("spaced", _SPACED), ("zero", _DASH_ZERO),
    ):  # fmt: skip
        if form.fullmatch(text):
            return kind
    return "odd"


def _stand_in(odd: Mapping[str, int], numbers: int) -> bool:
    """Whether texts can stand for missing figures: written like such, or few and short among many numbers."""
    words = [text for text in odd if not _ABSENT.fullmatch(text)]
    return len(odd) <= numbers and len(words) <= max(1, 0.05 * numbers) and all(len(w) <= 20 for w in words)


def _decide(sorts: Mapping[str, Mapping[str, int]]) -> tuple[Proposed, str, tuple[Note, ...]]:
    """Decimal mark and thousands mark of a column, with the cells that decide."""
    point, comma, either = (
        {**sorts["point"], **sorts["power"]},
        {**sorts["comma"], **sorts["spaced"]},
        sorts["either"],
    )
    seen = (
        note("ambiguous", count=sum(either.values()), different=len(either), cells=_some(either, 12)),
    ) if either else ()  # fmt: skip
    if point and comma:
        why = note(
            "both",
            point=_some(point),
            points=sum(point.values()),
            comma=_some(comma),
            commas=sum(comma.values()),
        )
        return Proposed(None, (why, *seen)), "", seen
    if point or comma:
        mark, cells = (".", point) if point else (",", comma)
        other = "," if mark == "." else "."
        grouped = any(other in text for text in [*cells, *either])
        spaced = mark == "," and any(" " in text for text in cells)
        why = note("decided", mark=mark, count=sum(cells.values()), different=len(cells), cells=_some(cells))
        return Proposed(mark, (why, *seen)), (" " if spaced else other if grouped else ""), seen
    if either:
        return Proposed(None, (note("undecided"), *seen)), "", seen
    return Proposed(".", (note("no_mark"),)), "", ()


def _values(sorts: Mapping[str, Mapping[str, int]], mark: object) -> dict[str, float]:
    """The figures, in the decided locale; of an undecided column only those that are the same in every one."""
    found = {text: float(text) for text in (*sorts["integer"], *sorts["power"])}
    if mark is None:
        return found
    other = "," if mark == "." else "."
    for text in (*sorts["point"], *sorts["comma"], *sorts["either"], *sorts["spaced"]):
        plain = text.replace(other, "").replace(" ", "").replace("\u00a0", "").replace(str(mark), ".")
        found[text] = float(plain)
    return found | dict.fromkeys(sorts["zero"], 0.0)


def _sentinels(texts: Mapping[str, int], values: Mapping[str, float]) -> dict[str, int]:
    """Numbers written where none is known: repeated, at an end of the column, far from all others."""
    found = {}
    rest = [value for text, value in values.items() if text.removesuffix(".0") not in _SENTINELS]
    if not rest:
        return {}
    for text in values:
        if text.removesuffix(".0") in _SENTINELS and texts.get(text, 0) > 1:
            value = values[text]
            if (value > 5 * max(0.0, *rest) and value > 0) or (value < 0 <= min(rest)):
                found[text] = texts[text]
    return found


def _some(cells: Mapping[str, int], shown: int = _SHOWN) -> str:
    more = ", …" if len(cells) > shown else ""
    return ", ".join(list(cells)[:shown]) + more
