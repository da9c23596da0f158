"""The day a cell names, in one of the forms its column is declared to use; never guessed between two of them."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from vereda.errors import BadPeriod

#: Form -> pattern; the groups named y, m and d are the date.
_FORMS = {
    "iso": re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:[T ]\d{2}:\d{2}.*)?"),
    "dmy": re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4})"),
}
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_SAMPLES = {"iso": "2003-01-31", "dmy": "31/01/2003", "mdy": "01/31/2003", "serial": "37652"}
_DAY_ZERO = date(
    1899, 12, 30
)  # of a workbook's serial numbers, after its leap day that never was (29 February 1900)


def day(text: str, forms: Sequence[str]) -> date:
    """The day, or BadPeriod if the text is written in none of the forms or names no day of the calendar."""
    text = text.strip()
    if "serial" in forms and _SERIAL.fullmatch(text):
        return _DAY_ZERO + timedelta(days=int(re.split("[.,]", text)[0]))
    for form in forms:
        found = _FORMS[form].fullmatch(text) if form in _FORMS else None
        if found:
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                raise BadPeriod(f"{text!r} names no day of the calendar.") from None
    like = ", ".join(_SAMPLES[form] for form in forms)
    raise BadPeriod(
        f"{text!r} is no date written like {like}. State every form of the column under `period.dates`, once you know "
        "which of day and month comes first."
    )
