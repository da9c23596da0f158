"""An unknown table, profiled: what each key of a description could say, and what in the file says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vereda.sources import tabular
from vereda.sources.description import NumberFormat
from vereda.sources.profiling import headers, layout, locales, located, periods, placed, sums
from vereda.sources.profiling.locales import Figures
from vereda.sources.profiling.note import Note, Proposed, note
from vereda.sources.profiling.opening import Opened, open_file
from vereda.terms.place import Gazetteer


@dataclass(frozen=True, slots=True)
class Column:
    """What a column seems to be for.

    role: place, name, parent, period, year, value, series, unit; `again` where it repeats what another says, `one_text`,
    `row_number`; `open` where only a person can say.
    """

    name: str
    role: str
    different: int
    figures: Figures | None = None
    unit: Proposed = field(default_factory=Proposed)
    never_summed: bool = False
    seen: tuple[Note, ...] = ()
    texts: tuple[str, ...] = ()  # of a column of units


@dataclass(frozen=True, slots=True)
class Profile:
    """A file profiled: keys with their proposals, columns with their roles, and what adds up to what."""

    opened: Opened
    period: periods.Period
    place: located.Located
    layout: layout.Layout
    columns: tuple[Column, ...]
    texts: tuple[str, ...] = ()  # of the column that names the series
    seen: tuple[Note, ...] = ()

    def of(self, *roles: str) -> tuple[Column, ...]:
        """The columns with one of these roles, in the order of the file."""
        return tuple(column for column in self.columns if column.role in roles)


def profile(path: Path, gazetteer: Gazetteer, part: str | None = None) -> Profile:
    """What a file shows of itself; BadSource if it is no table that can be described."""
    opened = open_file(path, part)
    cells = {name: _cells(opened.text[name]) for name in opened.text.column_names}
    period = periods.find(cells)
    taken = [*period.columns, *([period.column] if period.column else [])]
    place = placed.find(opened.text, cells, gazetteer, taken)
    roles = _told(period, place)
    numbers = {name: locales.figures(name, found) for name, found in cells.items()}
    spoken = {*roles, *(str(one.values["column"]) for one in place.doubtful)}
    words = {
        n: c for n, c in cells.items() if n not in spoken and numbers[n] is None and not headers.is_unit(n)
    }
    sure = place.column if place.said["column"].decided else None
    found = layout.find(opened.text, sure, period, words, opened.whole)
    if found.series_from is not None and found.series_from.decided:
        roles[str(found.series_from.value)] = "series"
    columns = tuple(_column(name, cells[name], roles, numbers[name], place, opened) for name in cells)
    found = _of_sums(found, columns)
    series = next((c.name for c in columns if c.role == "series"), None)
    texts = tuple(cells[series]) if series else ()
    return Profile(
        opened, period, place, found, columns, texts, _sums(opened, columns, place, period, series)
    )


def _of_sums(found: layout.Layout, columns: tuple[Column, ...]) -> layout.Layout:
    """The layout, left open where events would add up shares or rates."""
    named = ", ".join(c.name for c in columns if c.never_summed)
    if found.layout.value != "events" or not named:
        return found
    why = (*found.layout.because, note("events_of_shares", columns=named))
    return layout.Layout(Proposed(None, why), found.series_from)


def _cells(column: pa.ChunkedArray) -> dict[str, int]:
    """Different texts of a column, and how many cells hold each."""
    counted = pc.value_counts(column.combine_chunks())
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def _told(period: periods.Period, place: located.Located) -> dict[str, str]:
    """Roles that period and place settle."""
    roles = dict.fromkeys(period.columns, "year")
    if period.column:
        roles[period.column] = "period"
    if place.column:
        roles[place.column] = "place"
    for key in ("name", "parent"):
        if key in place.said:
            roles[str(place.said[key].value)] = key
    return {**dict.fromkeys(place.above, "again"), **roles}


def _column(
    name: str, cells: Mapping[str, int], roles: Mapping[str, str], figures: Figures | None, place: located.Located, opened: Opened
) -> Column:  # fmt: skip
    role = roles.get(name, "")
    seen: tuple[Note, ...] = ()
    if role == "again":
        seen = (note("again", column=name, by=place.above[name]),)
    doubt = next((one for one in place.doubtful if one.values["column"] == name), None)
    if doubt is not None:
        role, seen = "open", (doubt,)
    if not role:
        role, seen = _role(name, cells, figures, opened)
    if role == "unit":
        return Column(name, role, len(cells), None, _units(cells), False, seen, tuple(cells))
    if role not in ("value", "year"):
        return Column(name, role, len(cells), figures if role == "open" else None, Proposed(), False, seen)
    unit = _unit(name, figures)
    return Column(name, role, len(cells), figures, unit, headers.is_share(name) or unit.value == "%", seen)


def _unit(name: str, figures: Figures | None) -> Proposed:
    """The unit that the header states, unless the figures speak against it."""
    said = headers.unit(name)
    if said is None:
        return Proposed(None, (note("unit_not_said"),))
    if said == "%" and figures is not None and figures.most is not None and figures.most <= 1:
        return Proposed(None, (note("percent_below_one", column=name, most=figures.most),))
    return Proposed(said, (note("unit_named", column=name, unit=said),))


def _role(
    name: str, cells: Mapping[str, int], figures: Figures | None, opened: Opened
) -> tuple[str, tuple[Note, ...]]:
    if headers.is_unit(name) and figures is None:
        return "unit", ()
    if len(cells) == 1 and figures is None:
        only = next(iter(cells))
        kind = "one_text" if only.strip() else "no_text"
        return "one_text", (note(kind, column=name, text=only, rows=opened.rows),)
    if figures is None:
        return "open", (note("words", different=len(cells), examples=", ".join(map(repr, list(cells)[:3]))),)
    if _counts_rows(cells, figures, opened):
        return "row_number", (note("row_number", column=name),)
    for what, named in (
        ("identifier", headers.is_identifier), ("coordinate", headers.is_coordinate), ("calendar", headers.is_calendar),
    ):  # fmt: skip
        if named(name):
            return "open", (note(what, column=name),)
    if figures.whole and _zeros_before(cells):
        return "open", (
            note(
                "code_like", column=name, example=next(t for t in cells if t.startswith("0") and len(t) > 1)
            ),
        )
    return "value", ()


def _counts_rows(cells: Mapping[str, int], figures: Figures, opened: Opened) -> bool:
    """Whether a column numbers the rows: whole, each once, from 0 or 1 without a gap."""
    n = len(cells)
    return (
        opened.whole and n == opened.rows > 3 and figures.whole and not figures.empty and not figures.odd
        and figures.least in (0.0, 1.0) and figures.most == figures.least + n - 1
    )  # fmt: skip


def _zeros_before(cells: Mapping[str, int]) -> bool:
    texts = [text for text in cells if text.strip().isdigit()]
    return any(len(text) > 1 and text.startswith("0") for text in texts) and len({len(t) for t in texts}) == 1


def _units(cells: Mapping[str, int]) -> Proposed:
    """The unit that a column of units prints in every row."""
    texts = [text for text in cells if text.strip()]
    meant = {headers.unit_word(text) for text in texts}
    if len(texts) == 1 and len(cells) == 1 and None not in meant:
        return Proposed(meant.pop(), (note("unit_column", text=texts[0]),))
    return Proposed(None, (note("unit_texts", different=len(texts), texts=", ".join(map(repr, texts[:8]))),))


def _sums(
    opened: Opened, columns: tuple[Column, ...], place: located.Located, period: periods.Period, series: str | None
) -> tuple[Note, ...]:  # fmt: skip
    """Columns, rows and series that add up others. Of a sample nothing is said about rows."""
    values: dict[str, sums.Column] = {}
    for one in columns:
        figures = _values(opened.text[one.name], one.figures) if one.role in ("value", "year") else None
        if figures is not None:
            values[one.name] = figures
    found = sums.of_years(values, list(period.columns)) if period.columns else sums.of_columns(values)
    if not opened.whole or not values:
        return tuple(found)
    if series and place.column and not period.days:
        years = opened.text[period.column].to_pylist() if period.column else [""] * opened.rows
        groups = [f"{a}|{b}" for a, b in zip(opened.text[place.column].to_pylist(), years, strict=True)]
        found += sums.of_texts(opened.text[series].to_pylist(), groups, next(iter(values.values())))
    elif place.column and not period.days:
        found += _whole_beside_parts(opened, place, period, values)
    return tuple(found)


def _whole_beside_parts(
    opened: Opened, place: located.Located, period: periods.Period, values: Mapping[str, sums.Column]
) -> list[Note]:
    """Rows of a total: their place, or the name beside an empty one, adds up all the others of each year."""
    codes = opened.text[str(place.column)].to_pylist()
    name = place.said.get("name")
    if name is not None:
        beside = opened.text[str(name.value)].to_pylist()
        codes = [code if code.strip() else other for code, other in zip(codes, beside, strict=True)]
    if period.columns:
        wide = [column for column in period.columns if column in values]
        texts = codes * len(wide)
        years = [column for column in wide for _ in codes]
        return sums.of_texts(
            texts, years, np.concatenate([values[column] for column in wide] or [np.zeros(0)])
        )
    years = opened.text[period.column].to_pylist() if period.column else [""] * opened.rows
    return sums.of_texts(codes, years, next(iter(values.values())))


def number_format(figures: Figures) -> NumberFormat:
    """How a reader would be told to read a column; texts that are no number and empty cells count as no figure."""
    return NumberFormat(
        decimal="," if figures.decimal.value == "," else ".",
        thousands={",": ",", ".": ".", " ": " "}.get(figures.thousands, ""),  # type: ignore[arg-type]
        zero=figures.zero, none=(*figures.odd, *figures.sentinels), empty="absent", exponent=figures.exponent,
    )  # fmt: skip


def _values(column: pa.ChunkedArray, figures: Figures | None) -> sums.Column | None:
    if figures is None or not figures.decimal.decided:
        return None
    values, bad = tabular.number(column.combine_chunks(), number_format(figures))
    if pc.any(bad).as_py():
        return None
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
