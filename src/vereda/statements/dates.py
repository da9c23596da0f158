"""Dates and periods as written; resolved to the calendar only where the year or an anchor is known."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from vereda.statements.date_patterns import patterns
from vereda.statements.language import Language, language
from vereda.statements.layer import fold
from vereda.statements.phrases import either

UNRESOLVED = "?"
RELATIVE = "relative, and the text bears no date"
COUNTED = "relative to the date of the text"


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
        self._patterns = patterns(lang)
        self._reporting, self._dated = _reporting(lang.code), _dated(lang.code)

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
        first, last = (self._on(m, int(m[name])) for name in ("d1", "d2"))
        if first is None or last is None or first[0] == UNRESOLVED:
            return first
        return f"{first[0]}/{last[0]}", first[1]

    def _day(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        return self._on(m, int(m["d"]))

    def _on(self, m: re.Match[str], day: int) -> tuple[str, str] | None:
        """A day of the month that is named: of the year that is named, else of the nearest."""
        month, (year, how) = self.months[m["m"]], self._year(m)
        if year:
            return _whole(year, month, day, how)
        if self.anchor is None:
            return UNRESOLVED, how
        years = [y for y in range(self.anchor.year - 1, self.anchor.year + 2) if _whole(y, month, day)]
        near = min(years, key=lambda y: abs(date(y, month, day) - self.anchor), default=None)  # type: ignore[operator]
        return None if near is None else _whole(near, month, day, "nearest to the date of the text")

    def _this_month(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        """Days of a month that is named by its distance: "27 y 28 de este mes"."""
        if self.anchor is None:
            return UNRESOLVED, RELATIVE
        year, month = map(int, _moved(self.anchor, *self._step(m["r"])).split("-"))
        days = [_whole(year, month, int(d), COUNTED) for d in (m["d1"], m["d2"]) if d]
        if None in days:
            return None
        return "/".join(day[0] for day in days if day), COUNTED

    def _months(self, m: re.Match[str], _: str, ahead: bool) -> tuple[str, str]:
        first, last = (self.months[m[k]] for k in ("m1", "m2"))
        year, how = self._year(m)
        if not year:
            if self.anchor is None:
                return UNRESOLVED, how
            year, how = self._near(first, last, ahead), COUNTED
        return f"{year - (first > last)}-{first:02}/{year}-{last:02}", how

    def _near(self, first: int, last: int, ahead: bool) -> int:
        """Year of the last of the months `first` to `last`: of the next time they are not over, or the last they began."""
        anchor = self.anchor
        assert anchor is not None
        over = first > last  # they run over the turn of the year
        return anchor.year + (last < anchor.month if ahead else over - (first > anchor.month))

    def _month(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        year, how = self._year(m)
        return (f"{year}-{self.months[m['m']]:02}", how) if year else (UNRESOLVED, how)

    def _end_month(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        month, (year, how) = self.months[m["m"]], self._year(m)
        return _whole(year, month, monthrange(year, month)[1], how) if year else (UNRESOLVED, how)

    def _end_year(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        return f"{m['y']}-12-31", "written"

    def _decade(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        year = int(m["y"]) if int(m["y"]) > 99 else 1900 + int(m["y"])
        return f"{year}/{year + 9}", "written"

    def _ago(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        count, unit = self._count(m["n"]), self.words["spans"][m["u"]]
        if self.anchor is None:
            return UNRESOLVED, RELATIVE
        return (UNRESOLVED, "vague") if unit == "week" else (_moved(self.anchor, unit, -count), COUNTED)

    def _bare_month(self, m: re.Match[str], plain: str, ahead: bool) -> tuple[str, str] | None:
        if self.lang["capital_months"] == "true" and not plain[m.start("m")].isupper():
            return None
        if self.anchor is None:
            return UNRESOLVED, "no year"
        month = self.months[m["m"]]
        year = self._near(month, month, ahead)
        if m["past"]:
            year = self.anchor.year - (month >= self.anchor.month)
        return f"{year}-{month:02}", COUNTED

    def _half(self, m: re.Match[str], _: str, ahead: bool) -> tuple[str, str]:
        (first, last), (year, how) = self.halves[m["h"]], self._year(m)
        if not year:
            if self.anchor is None:
                return UNRESOLVED, how
            year, how = self._near(first, last, ahead), COUNTED
        return f"{year}-{first:02}/{year}-{last:02}", how

    def _years(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        one, two = int(m["y1"]), int(m["y2"])
        return (f"{one}/{two}", "written") if 0 < two - one <= 30 else None

    def _fiscal(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        year = int(m["y"])
        return str(year if year > 99 else 2000 + year), "fiscal year"

    def _lone_year(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        return m["y"], "written"

    def _relative(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        if self.anchor is None:
            return UNRESOLVED, RELATIVE
        return _moved(self.anchor, *self._step(m["r"])), COUNTED

    def _step(self, words: str) -> tuple[str, int]:
        """Unit and number of steps of words like "next month"."""
        unit, _, step = self.words["relative"][" ".join(words.split())].partition(" ")
        return unit, int(step)

    def _count(self, words: str) -> int:
        return int(words) if words.isdigit() else self.numbers[words]

    def _weekday(self, m: re.Match[str], plain: str, ahead: bool) -> tuple[str, str] | None:
        if self.lang["capital_months"] == "true" and not plain[m.start("w")].isupper():
            return None
        if self._dated.match(m.string, m.end()):
            return None  # "Thursday, 6 November": the day is read by itself
        if self.anchor is None:
            return UNRESOLVED, RELATIVE
        ahead = (ahead or bool(m["coming"] or m["coming2"])) and not (m["gone"] or m["gone2"])
        ahead = ahead and not self._reporting.search(m.string[max(0, m.start() - 24) : m.start()])
        back = (self.anchor.weekday() - self.weekdays[m["w"]]) % 7
        day = self.anchor + timedelta((7 - back) % 7) if ahead else self.anchor - timedelta(back)
        return day.isoformat(), "next of that name" if ahead else "last of that name"

    def _within(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        if self.anchor is None:
            return UNRESOLVED, RELATIVE
        day = _later(self.anchor, self._count(m["n"]), self.words["spans"][m["u"]])
        return day.isoformat(), "counted from the date of the text"

    def _after(self, m: re.Match[str], *_: object) -> tuple[str, str] | None:
        return UNRESOLVED, "counted from what the text does not date"

    def _week_of(self, m: re.Match[str], *_: object) -> tuple[str, str]:
        return UNRESOLVED, "a week of a month"

    def _vague(self, *_: object) -> tuple[str, str]:
        return UNRESOLVED, "vague"

    def _year(self, m: re.Match[str]) -> tuple[int, str]:
        """The year beside a month or a quarter, written or by its distance ("of next year"); 0 without one."""
        if m["y"]:
            return int(m["y"]), "written"
        if m["ry"]:
            return (int(_moved(self.anchor, *self._step(m["ry"]))), COUNTED) if self.anchor else (0, RELATIVE)
        return 0, "no year"


@cache
def _reporting(code: str) -> re.Pattern[str]:
    told = "|".join(re.escape(fold(w)).replace(r"\*", r"\w*") for w in language(code)["reporting"])
    return re.compile(rf"(?<!\w)(?:{told})(?:\s+(?:on|el|este|this))?\s+$")


@cache
def _dated(code: str) -> re.Pattern[str]:
    """A day of a month, right after a weekday."""
    months = either(language(code)["months"])
    return re.compile(rf"(?:\s*,)?\s+(?:\d{{1,2}}\b|(?:{months})\.?\s+\d)")


def _whole(year: int, month: int, day: int, how: str = "written") -> tuple[str, str] | None:
    try:
        return date(year, month, day).isoformat(), how
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
