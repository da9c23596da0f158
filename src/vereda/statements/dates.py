"""Dates and periods as written; resolved to the calendar only where the year or an anchor is known."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from vereda.statements.language import Language, language
from vereda.statements.layer import fold

UNRESOLVED = "?"
_DAY = r"(?P<{0}>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|º|o|ro)?"
_YEAR = r"(?P<{0}>(?:19|20)\d{{2}})"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in a text: ISO day, month, year, or `first/last` of a period; UNRESOLVED without an anchor."""

    start: int
    end: int
    value: str
    how: str = "written"  # written in full, nearest to the anchor, relative to it, vague


class Dates:
    """Reads dates of one language, beside an anchor: the ISO day of the text, or empty."""

    def __init__(self, lang: Language, anchor: str) -> None:
        self.words = lang["dates"]
        self.anchor = date.fromisoformat(anchor) if anchor else None
        self.months = {name: int(number) for name, number in lang["months"].items()}
        self.weekdays = {name: int(number) for name, number in lang["weekdays"].items()}
        self.halves = {name: [int(n) for n in pair] for name, pair in lang["halves"].items()}
        self.numbers = {name: int(number) for name, number in lang["numbers"].items()}
        self.lang = lang
        self._patterns = _patterns(lang)
        self._reporting = _reporting(lang.code)

    def find(self, plain: str, folded: str, start: int, end: int, ahead: bool = False) -> list[Dated]:
        """Every date between `start` and `end`, none inside another. ahead: the sentence speaks of the future."""
        found: list[Dated] = []
        taken: list[tuple[int, int]] = []
        for kind, pattern in self._patterns:
            for match in pattern.finditer(folded, start, end):
                a, b = match.span("all") if "all" in match.groupdict() else match.span()
                if any(a < d and c < b for c, d in taken):
                    continue
                value = getattr(self, f"_{kind}")(match, plain, ahead)
                if value is not None:
                    taken.append((a, b))
                    found.append(Dated(a, b, *value))
        return sorted(found, key=lambda d: d.start)

    def _iso(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        return _whole(int(m["y"]), int(m["m"]), int(m["d"]))

    def _slashed(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        """Month first in English, day first in Spanish; where both could be, it stays unresolved."""
        one, two, year = int(m["a"]), int(m["b"]), int(m["y"])
        if one <= 12 and two <= 12 and one != two:
            return UNRESOLVED, "day and month cannot be told apart"
        return _whole(year, min(one, two), max(one, two)) if min(one, two) <= 12 else None

    def _range(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        year = self._year(m)
        first = _whole(year, self.months[m["m"]], int(m["d1"])) if year else (UNRESOLVED, "no year")
        last = _whole(year, self.months[m["m"]], int(m["d2"])) if year else (UNRESOLVED, "no year")
        if first is None or last is None:
            return None
        return first if not year else (f"{first[0]}/{last[0]}", "written")

    def _day(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        month, day = self.months[m["m"]], int(m["d"])
        if m["y"]:
            return _whole(int(m["y"]), month, day)
        if self.anchor is None:
            return UNRESOLVED, "no year"
        years = [y for y in range(self.anchor.year - 1, self.anchor.year + 2) if _whole(y, month, day)]
        near = min(years, key=lambda y: abs(date(y, month, day) - self.anchor), default=None)  # type: ignore[operator]
        return (
            None if near is None else (date(near, month, day).isoformat(), "nearest to the date of the text")
        )

    def _months(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        one, two = (f"{m['y']}-{self.months[m[k]]:02}" for k in ("m1", "m2"))
        return f"{one}/{two}", "written"

    def _month(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        return f"{m['y']}-{self.months[m['m']]:02}", "written"

    def _bare_month(self, m: re.Match[str], plain: str, ahead: bool) -> tuple[str, str] | None:
        if self.lang["capital_months"] == "true" and not plain[m.start("m")].isupper():
            return None
        if self.anchor is None:
            return UNRESOLVED, "no year"
        month, year = self.months[m["m"]], self.anchor.year
        if m["past"]:
            year -= month >= self.anchor.month
        elif ahead:
            year += month < self.anchor.month
        else:
            year -= month > self.anchor.month
        return f"{year}-{month:02}", "relative to the date of the text"

    def _half(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        first, last = self.halves[m["h"]]
        if not m["y"]:
            return UNRESOLVED, "no year"
        return f"{m['y']}-{first:02}/{m['y']}-{last:02}", "written"

    def _years(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        one, two = int(m["y1"]), int(m["y2"])
        return (f"{one}/{two}", "written") if 0 < two - one <= 30 else None

    def _fiscal(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        year = int(m["y"])
        return str(year if year > 99 else 2000 + year), "fiscal year"

    def _lone_year(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        return m["y"], "written"

    def _relative(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        unit, _, step = self.words["relative"][" ".join(m["r"].split())].partition(" ")
        if self.anchor is None:
            return UNRESOLVED, "relative, and the text bears no date"
        return _moved(self.anchor, unit, int(step)), "relative to the date of the text"

    def _weekday(self, m: re.Match[str], plain: str, ahead: bool) -> tuple[str, str] | None:
        if self.lang["capital_months"] == "true" and not plain[m.start("w")].isupper():
            return None
        if self.anchor is None:
            return UNRESOLVED, "relative, and the text bears no date"
        ahead = ahead and not self._reporting.search(m.string[max(0, m.start() - 24) : m.start()])
        back = (self.anchor.weekday() - self.weekdays[m["w"]]) % 7
        day = self.anchor + timedelta((7 - back) % 7) if ahead else self.anchor - timedelta(back)
        return day.isoformat(), "next of that name" if ahead else "last of that name"

    def _within(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        count = int(m["n"]) if m["n"].isdigit() else self.numbers[m["n"]]
        if self.anchor is None:
            return UNRESOLVED, "relative, and the text bears no date"
        day = _later(self.anchor, count, self.words["spans"][m["u"]])
        return day.isoformat(), "counted from the date of the text"

    def _after(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        return UNRESOLVED, "counted from what the text does not date"

    def _week_of(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        return UNRESOLVED, "a week of a month"

    def _vague(self, *_: object) -> tuple[str, str]:
        return UNRESOLVED, "vague"

    def _year(self, m: re.Match[str]) -> int | None:
        return int(m["y"]) if m["y"] else None


@cache
def _reporting(code: str) -> re.Pattern[str]:
    told = "|".join(re.escape(fold(w)).replace(r"\*", r"\w*") for w in language(code)["reporting"])
    return re.compile(rf"(?<!\w)(?:{told})(?:\s+(?:on|el|este|this))?\s+$")


def _whole(year: int, month: int, day: int) -> tuple[str, str] | None:
    try:
        return date(year, month, day).isoformat(), "written"
    except ValueError:
        return None


def _later(anchor: date, count: int, unit: str) -> date:
    """So many days, weeks, months or years later; the last day of a month that is too short for the day."""
    if unit in {"day", "week"}:
        return anchor + timedelta(count * (7 if unit == "week" else 1))
    number = anchor.year * 12 + anchor.month - 1 + count * (12 if unit == "year" else 1)
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def _moved(anchor: date, unit: str, step: int) -> str:
    if unit == "day":
        return (anchor + timedelta(step)).isoformat()
    if unit == "week":
        monday = anchor + timedelta(7 * step - anchor.weekday())
        return f"{monday.isoformat()}/{(monday + timedelta(6)).isoformat()}"
    if unit == "month":
        number = anchor.year * 12 + anchor.month - 1 + step
        return f"{number // 12}-{number % 12 + 1:02}"
    if unit == "quarter":
        number = anchor.year * 4 + (anchor.month - 1) // 3 + step
        year, first = number // 4, number % 4 * 3 + 1
        return f"{year}-{first:02}/{year}-{first + 2:02}"
    if unit == "endmonth":
        number = anchor.year * 12 + anchor.month - 1 + step
        year, month = number // 12, number % 12 + 1
        return date(year, month, monthrange(year, month)[1]).isoformat()
    if unit == "endyear":
        return f"{anchor.year + step}-12-31"
    return str(anchor.year + step)


def _either(words: Iterable[str]) -> str:
    return "|".join(
        re.escape(str(w)).replace(r"\ ", r"\s+") for w in sorted(map(fold, words), key=len, reverse=True)
    )


_KEPT: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


def _patterns(lang: Language) -> list[tuple[str, re.Pattern[str]]]:
    """Patterns of a language, the fullest first; compiled once."""
    if lang.code not in _KEPT:
        _KEPT[lang.code] = [(kind, re.compile(source)) for kind, source in _sources(lang)]
    return _KEPT[lang.code]


def _sources(lang: Language) -> Iterator[tuple[str, str]]:
    said = lang["dates"]
    full = [name for name in lang["months"] if len(name) > 3]
    month = rf"(?P<m>{_either(lang['months'])})\.?"
    both, to = _either(said["and"]), _either(said["from_to"])
    join, year = rf"\s*(?:-|\b(?:{both}|{to})\b)\s*", _YEAR.format("y")
    d, d1, d2 = (_DAY.format(n) for n in ("d", "d1", "d2"))
    of = r"\s+(?:de\s+|of\s+)?"
    to_year = r"(?:(?:,\s*|\s+(?:de|del|of)\s+|\s+)" + year + r")"
    yield "iso", r"\b(?P<y>(?:19|20)\d\d)-(?P<m>[01]\d)-(?P<d>[0-3]\d)\b"
    yield "slashed", rf"\b(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/{year}\b"
    yield "range", rf"\b{month}\s+{d1}{join}{d2}\b{to_year}?\b"
    yield "range", rf"\b{d1}{join}(?:el\s+|the\s+)?{d2}{of}{month}\b{to_year}?\b"
    yield "day", rf"\b{month}\s+{d}\b{to_year}?(?!\d)"
    yield "day", rf"\b{d}{of}{month}(?:\b|(?<=\.)){to_year}?"
    yield (
        "months",
        rf"\b(?P<m1>{_either(full)}){join}(?P<m2>{_either(full)}){to_year}\b",
    )
    yield "month", rf"\b(?P<m>{_either(lang['months'])})\.?(?:,?\s+|\s+(?:de|del|of)\s+){year}\b"
    yield "half", rf"\b(?P<h>{_either(lang['halves'])})(?:{to_year}\b|\b)"
    yield "fiscal", rf"\b(?:{_either(said['fiscal'])})\s*(?P<y>(?:19|20)\d\d|\d\d)\b"
    yield "years", rf"\b{_YEAR.format('y1')}(?:\s*[-/]\s*|\s+(?:{both})\s+){_YEAR.format('y2')}\b"
    yield "vague", rf"\b(?P<all>{_either(said['vague'])})\b"
    yield "relative", rf"\b(?P<r>{_either(said['relative'])})\b"
    number = rf"(?P<n>\d{{1,3}}|{_either(lang['numbers'])})"
    yield (
        "within",
        rf"\b(?:{_either(said['within'])})\s+(?P<all>{number}\s+(?P<u>{_either(said['spans'])}))\b",
    )
    yield (
        "after",
        rf"\b(?P<all>{number}\s+(?:{_either(said['spans'])})\s+(?:{_either(said['after'])})(?:\s+(?:its|their|the|su|la|el))?\s+\w+)\b",
    )
    yield "after", rf"\b(?P<all>(?:{_either(said['stretch'])})\s+{number}\s+(?:{_either(said['spans'])}))\b"
    yield "after", rf"\b(?P<all>{number}\s+(?:{_either(said['stretch'])})\s+(?:{_either(said['spans'])}))\b"
    if said["part_of"]:
        yield "lone_year", rf"\b(?P<all>(?:{_either(said['part_of'])})-{year})\b"
    if said["weeks"]:
        yield (
            "week_of",
            rf"\b(?:{_either(lang['ordinals'])}|ultima)\s+(?:{_either(said['weeks'])})\s+(?:of|de)\s+{month}(?:{to_year}\b|\b)",
        )
    yield "weekday", rf"\b(?P<w>{_either(lang['weekdays'])})\b"
    past = rf"(?:\s+(?P<past>{_either(said['past_after'])}))?" if said["past_after"] else "(?P<past>$)?"
    cue = "in|since|until|by|before|of|early|late|last|en|desde|hasta|antes de|para|a finales de"
    yield "bare_month", rf"\b(?:{cue})\s+(?P<all>(?P<m>{_either(full)}){past})\b(?!\s+\d)"
    yield (
        "lone_year",
        rf"(?:\b(?:{_either(said['year_cues'])})\s+|\()(?P<all>{year})\b(?!\s*(?:ha|km|t)\b|[.,]\d|-\w)",
    )
