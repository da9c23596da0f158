"""What a draft says of a file whose description is known: right, left open, or otherwise, key by key.

right: the draft says what the description says, or reads every cell of a column alike. open: it says FILL-IN, or reads a
column that a person chose not to. more: it compares a name that the description ignores. otherwise: anything else.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from vereda.sources import SourceDescription, tabular
from vereda.sources.profiling import Profile, Proposed, number_format, profile
from vereda.terms.place import Gazetteer

Said = tuple[str, str, str]  # key, state, what differs


def measured(known: SourceDescription, path: Path, gazetteer: Gazetteer) -> list[Said]:
    """Every key that both could say."""
    found = profile(path, gazetteer)
    return [
        *_written(known, found), *_place(known, found), *_period(known, found), *_series(known, found),
        *_figures(known, found), *_left(known, found),
    ]  # fmt: skip


def _same(key: str, known: object, proposed: Proposed | None, default: object = None) -> Said:
    if proposed is not None and not proposed.decided:
        return key, "open", ""
    said = default if proposed is None else proposed.value
    return (key, "right", "") if str(said) == str(known) else (key, "otherwise", f"{known!r} is {said!r}")


def _written(known: SourceDescription, found: Profile) -> Iterator[Said]:
    said = found.opened.said
    yield _same("table", known.table, said.get("table"), "text")
    if known.table == "text":
        yield _same("encoding", known.encoding, said.get("encoding"))
        yield _same("delimiter", known.delimiter, said.get("delimiter"))
    if known.table in ("text", "workbook"):
        yield _same("header_line", known.header_line, said.get("header_line"), 1)
    if known.table == "workbook":
        yield _same("sheet", known.sheet, said.get("sheet"))
    yield _same("layout", known.layout, found.layout.layout)
    if known.expect.rows is not None:
        yield _same("expect.rows", known.expect.rows, Proposed(found.opened.rows))


def _place(known: SourceDescription, found: Profile) -> Iterator[Said]:
    said, place = found.place.said, known.place
    yield _same("place.column", place.column or f"fixed {place.fixed}", said["column"])
    if place.column is None or said["column"].value != place.column:
        return
    if place.prefix:
        yield _same("place.prefix", place.prefix, said.get("prefix"))
    if place.width:
        yield _same("place.width", place.width, said.get("width"))
    short = "lost_zeros" in said
    yield (
        "place.lost_zeros",
        ("open" if short else "right") if short == bool(place.lost_zeros) else "otherwise",
        "",
    )
    for key, column in (("name", place.name), ("parent", place.parent)):
        if column:
            yield _same(f"place.{key}", column, said.get(key))
        elif key in said:
            yield f"place.{key}", "more", str(said[key].value)


def _period(known: SourceDescription, found: Profile) -> Iterator[Said]:
    said, period = found.period.said, known.period
    if any(not said[key].decided for key in ("columns", "column", "fixed") if key in said):
        yield "period", "open", ""
        yield "covers.years", "open", ""
        return
    column = next(said[key] for key in ("columns", "column") if key in said)
    yield _same("period", period.columns or period.column or f"fixed {period.fixed}", column)
    if period.prefix:
        yield _same("period.prefix", period.prefix, said.get("prefix"))
    if period.dates:
        yield _same("period.dates", list(period.dates), said.get("dates"))
    yield _same("covers.years", known.covers.span, Proposed((found.period.first, found.period.last)))


def _series(known: SourceDescription, found: Profile) -> Iterator[Said]:
    apart = found.layout.series_from
    if known.series_from is not None:
        yield _same("series_from", known.series_from.column, apart or Proposed())
    elif apart is not None and apart.decided:
        yield "series_from", "otherwise", str(apart.value)


def _figures(known: SourceDescription, found: Profile) -> Iterator[Said]:
    columns = {column.name: column for column in found.columns}
    for name in [*known.values, *known.year_columns()]:
        column = columns[name]
        yield "column of figures", "right" if column.role in ("value", "year") else "open", name
        if column.figures is None:
            continue
        if not column.figures.decimal.decided:
            yield "decimal and thousands", "open", name
            continue
        text = found.opened.text[name].combine_chunks()
        described = known.number_format(name).model_copy(update={"empty": "absent"})
        (ours, _), (theirs, bad) = (
            tabular.number(text, f) for f in (number_format(column.figures), described)
        )
        arrays = [np.asarray(a.to_numpy(zero_copy_only=False)) for a in (ours, theirs)]
        alike = np.array_equal(*arrays, equal_nan=True) and not pc.any(bad).as_py()
        yield "decimal and thousands", "right" if alike else "otherwise", name
        if column.figures.empty:
            yield "empty", "open", name
    yield from _units(known, found)


def _units(known: SourceDescription, found: Profile) -> Iterator[Said]:
    columns = {column.name: column for column in found.columns}
    for name, value in known.values.items():
        coded = known.series_from.codes.values() if known.series_from else ()
        units = {
            known.series[key].unit
            for key in (value.series, *(c + value.suffix for c in coded))
            if key in known.series
        }
        yield _same("unit", ", ".join(sorted(units)), columns[name].unit)
    if known.layout == "wide":
        yield _same("unit", next(iter(known.series.values())).unit, found.of("year")[0].unit)


def _left(known: SourceDescription, found: Profile) -> Iterator[Said]:
    state = {"again": "right", "one_text": "right", "row_number": "right", "open": "open", "value": "open"}
    state |= {"name": "more", "parent": "more", "unit": "more"}
    for column in found.columns:
        if column.name in known.ignore:
            yield "column not read", state.get(column.role, "otherwise"), f"{column.name}: {column.role}"
