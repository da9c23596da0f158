from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vereda.errors import BadPeriod
from vereda.terms.period import known_on, period


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2014-Q1", date(2014, 1, 1), date(2014, 3, 31)),
        ("2019-02", date(2019, 2, 1), date(2019, 2, 28)),
        ("2018-01-31", date(2018, 1, 31), date(2018, 1, 31)),
        ("FY2004", date(2003, 10, 1), date(2004, 9, 30)),
        ("FY1989-FY1999", date(1988, 10, 1), date(1999, 9, 30)),
        ("2000-2006", date(2000, 1, 1), date(2006, 12, 31)),
        ("2025-01/2025-08-10", date(2025, 1, 1), date(2025, 8, 10)),
    ],
)
def test_spans(text: str, start: date, end: date) -> None:
    assert (period(text).start, period(text).end) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "23", "2023-13", "2023-02-30", "2018-mid", "2006-2000", "a/b/c", "2025/"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod, match="is not a period"):
        period(text)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_day_is_known_on_that_day_and_a_month_by_its_end(day: date) -> None:
    assert known_on(day.isoformat()) == day
    assert known_on(day.strftime("%Y-%m")) >= day
    assert known_on(str(day.year)) >= known_on(day.strftime("%Y-%m"))
