"""Where the period stands: one column a year, a column of years or of days, or nowhere."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from vereda.errors import BadPeriod
from vereda.sources import dates
from vereda.sources.profiling import headers
from vereda.sources.profiling.note import Proposed, note

_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_MONTH = re.compile(r"(?:1[89]|20)\d\d-(?:0[1-9]|1[0-2])")
_ODD_YEAR = re.compile(r"([12])[.,]?(\d{3})(?:\.0)?")
_HEADER = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_PARTS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}")


@dataclass(frozen=True, slots=True)
class Period:
    """The proposal for `period`, and what else could be one.

    columns: of a wide file, the year of each column by its header. days: the column names days.
    """

    said: dict[str, Proposed]
    columns: Mapping[str, str] = field(default_factory=dict)
    column: str | None = None
    days: bool = False
    first: int | None = None
    last: int | None = None
    codes: Mapping[str, str | None] = field(default_factory=dict)  # odd texts -> period, None where unknown


def find(cells: Mapping[str, Mapping[str, int]]) -> Period:
    """The period of a table, from the different texts of each column."""
    wide = _wide(list(cells))
    if wide is not None:
        return wide
    years = {name: found for name in cells if (found := _years(cells[name])) is not None}
    named = [name for name in years if headers.is_period(name)]
    if len(named) == 1:
        return _long(named[0], cells[named[0]], years[named[0]])
    days = {name: forms for name in cells if (forms := _days(name, cells[name]))}
    if not named and len(days) == 1:
        return _daily(*next(iter(days.items())), cells)
    candidates = named or list(days) or list(years)
    if not candidates:
        return Period({"fixed": Proposed(None, (note("no_period"),))})
    why = note("several_periods", columns=", ".join(candidates)) if len(candidates) > 1 else note(
        "unnamed_period", column=candidates[0]
    )  # fmt: skip
    return Period({"column": Proposed(None, (why,))})


def _wide(names: Sequence[str]) -> Period | None:
    """Headers that differ in a year alone."""
    shapes: dict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        years = _HEADER.findall(name)
        if len(years) == 1:
            shapes[_HEADER.sub("{}", name, count=1)][name] = years[0]
    full = {shape: found for shape, found in shapes.items() if len(found) > 1}
    if not full:
        return None
    if len(full) > 1:
        listed = "; ".join(f"{shape} ({len(found)})" for shape, found in full.items())
        return Period({"columns": Proposed(None, (note("several_shapes", shapes=listed),))})
    shape, found = next(iter(full.items()))
    years = sorted(map(int, found.values()))
    gaps = [y for y in range(years[0], years[-1] + 1) if y not in years]
    because = [note("wide", shape=shape, count=len(found), first=years[0], last=years[-1])]
    if gaps:
        because.append(note("wide_gaps", years=", ".join(map(str, gaps))))
    said = {"columns": Proposed(shape, tuple(because))}
    return Period(said, columns=found, first=years[0], last=years[-1])


def _years(cells: Mapping[str, int]) -> dict[str, str | None] | None:
    """Odd texts of a column of years or months and what they mean; None if it is no such column."""
    texts = [text.strip() for text in cells if text.strip()]
    plain = [text for text in texts if _YEAR.fullmatch(text) or _MONTH.fullmatch(text)]
    odd = {text: _meant(text) for text in texts if text not in set(plain)}
    known = len(plain) + sum(1 for meant in odd.values() if meant)
    return odd if texts and known >= max(1, 0.9 * len(texts)) else None


def _meant(text: str) -> str | None:
    """The year that a text with a stray mark names: `2.020`, `2007.0`."""
    found = _ODD_YEAR.fullmatch(text)
    year = found[1] + found[2] if found else ""
    return year if _YEAR.fullmatch(year) else None


def _long(name: str, cells: Mapping[str, int], odd: Mapping[str, str | None]) -> Period:
    years = sorted(
        int((odd.get(t.strip()) or t.strip())[:4]) for t in cells if t.strip() and odd.get(t.strip(), "x")
    )
    because = [note("years", column=name, first=years[0], last=years[-1], different=len(set(years)))]
    if any(not text.strip() for text in cells):
        because.append(note("period_empty", count=sum(c for t, c in cells.items() if not t.strip())))
    said = {"column": Proposed(name, tuple(because))}
    if headers.is_fiscal(name):
        said["prefix"] = Proposed("FY", (note("fiscal", column=name),))
    return Period(said, column=name, first=years[0], last=years[-1], codes=dict(odd))


def _days(name: str, cells: Mapping[str, int]) -> tuple[str, ...]:
    """Forms of a column of days, `dmy` and `mdy` both where the cells do not decide; empty if it is none."""
    texts = [text.strip() for text in cells if text.strip()]
    if not texts or not any(
        _is_day(text, form) for text in texts[:20] for form in ("iso", "dmy", "mdy", "serial")
    ):
        return ()
    forms = []
    rest = texts
    for form in ("iso", "dmy", "mdy", *(("serial",) if headers.is_period(name) else ())):
        fits = [text for text in texts if _is_day(text, form)]
        if fits and (form in ("dmy", "mdy") or set(fits) & set(rest)):
            forms.append(form)
            rest = [text for text in rest if text not in set(fits)]
    if rest:
        return ()
    if {"dmy", "mdy"} <= {*forms}:
        slashed = [text for text in texts if _PARTS.fullmatch(text)]
        wrong = {form for form in ("dmy", "mdy") if not all(_is_day(text, form) for text in slashed)}
        if len(wrong) == 2:
            return ()
        forms = [form for form in forms if form not in wrong]
    return tuple(forms)


def _is_day(text: str, form: str) -> bool:
    try:
        return date(1800, 1, 1) <= dates.day(text, (form,)) <= date(2100, 12, 31)
    except (BadPeriod, ValueError, OverflowError):
        return False


def _daily(name: str, forms: tuple[str, ...], cells: Mapping[str, Mapping[str, int]]) -> Period:
    sure = not {"dmy", "mdy"} <= {*forms}
    known = [form for form in forms if sure or form not in ("dmy", "mdy")]
    texts = [text.strip() for text in cells[name] if text.strip()]
    # Which of day and month comes first does not change the year.
    years = sorted({dates.day(text, tuple(f for f in forms if f != "mdy")).year for text in texts if any(
        _is_day(text, f) for f in forms if f != "mdy")}) or [0]  # fmt: skip
    because = (note("days", column=name, first=years[0], last=years[-1], example=texts[0]),)
    said = {"column": Proposed(name, because)}
    decides = next(
        (t for t in texts if sure and (p := _PARTS.fullmatch(t)) and max(int(p[1]), int(p[2])) > 12), texts[0]
    )
    if sure:
        said["dates"] = Proposed(known, (note("date_form", forms=", ".join(forms), example=decides),))
    else:
        either = next(t for t in texts if _is_day(t, "dmy") and _is_day(t, "mdy"))
        others = (note("date_others", forms=", ".join(known)),) if known else ()
        said["dates"] = Proposed(None, (note("date_undecided", example=either), *others))
    return Period(said, column=name, days=True, first=years[0], last=years[-1])
