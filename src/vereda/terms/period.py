"""A calendar span, and the day from which a vintage was known."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from vereda.errors import BadPeriod

_ONE = re.compile(r"(?P<fy>FY)?(?P<y>\d{4})(?:-(?:Q(?P<q>[1-4])|(?P<m>\d{2})(?:-(?P<d>\d{2}))?))?")
_YEARS = re.compile(r"(?P<a>\d{4})-(?P<b>\d{4})")
_FISCAL_YEARS = re.compile(r"(?P<a>FY\d{4})-(?P<b>FY\d{4})")


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar span as printed, with its first and last day.

    Written ``2023``, ``2014-Q1``, ``2019-04``, ``2018-01-31``, ``FY2004`` (the United States
    fiscal year, 1 October to 30 September), or a span ``2025-01/2025-08-10``, ``2000-2006``.
    """

    text: str
    start: date
    end: date

    @property
    def is_year(self) -> bool:
        """Whether it is one whole year, calendar or fiscal."""
        return self.start.replace(year=self.start.year + 1) == self.end + timedelta(days=1)

    @property
    def year(self) -> int:
        """The calendar year in which the period ends."""
        return self.end.year


@lru_cache(maxsize=4096)
def period(text: str) -> Period:
    """Read a period; BadPeriod if it is none of the forms named in `Period`."""
    span = text.split("/") if "/" in text else None
    for pattern in (_YEARS, _FISCAL_YEARS):
        if found := pattern.fullmatch(text):
            span = [found["a"], found["b"]]
    if span is None:
        start, end = _one(text, text)
    elif len(span) == 2:
        start, end = _one(span[0], text)[0], _one(span[1], text)[1]
    else:
        raise _bad(text)
    if start > end:
        raise _bad(text)
    return Period(text, start, end)


def known_on(vintage: str) -> date:
    """The day by which a vintage was surely public: the last day of what its name states.

    ``2018`` -> 2018-12-31, ``2018-09`` -> 2018-09-30, ``2018-06-25`` -> that day.
    """
    return period(vintage).end


def _one(text: str, whole: str) -> tuple[date, date]:
    found = _ONE.fullmatch(text.strip())
    if not found:
        raise _bad(whole)
    year = int(found["y"])
    try:
        if found["fy"]:
            return date(year - 1, 10, 1), date(year, 9, 30)
        if found["q"]:
            last = int(found["q"]) * 3
            return date(year, last - 2, 1), date(year, last, monthrange(year, last)[1])
        if found["d"]:
            day = date(year, int(found["m"]), int(found["d"]))
            return day, day
        if found["m"]:
            month = int(found["m"])
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        raise _bad(whole) from None


def _bad(text: str) -> BadPeriod:
    return BadPeriod(
        f"{text!r} is not a period. Write a year (2023), quarter (2014-Q1), month (2019-04), "
        "day (2018-01-31), US fiscal year (FY2004) or a span (2025-01/2025-08-10)."
    )
