"""Rows into cells: which row of a long table holds which place and year, and everything that can be wrong with it.

All faults of a step are said at once, with place, year and the rows to look at. The rules are in docs/estimate.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.panel import LARGEST, NEVER, Array, Codes

SHOWN = 5  # faults of one kind that are written out; the others are counted


def numbers(table: pa.Table, name: str) -> Array | str:
    """A column as numbers, nan where it is empty; or, in words, why it is none."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.uint8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return _no_number(column)
    found: Array = np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=float)
    return found


def _no_number(column: pa.ChunkedArray) -> str:
    if not (
        pa.types.is_string(column.type)
        or pa.types.is_large_string(column.type)
        or pa.types.is_string_view(column.type)
    ):
        return f"holds {column.type}, and numbers are needed. Convert it first"
    for row, value in enumerate(column.to_pylist()):
        try:
            float(value or "nan")
        except ValueError:
            return f"{value!r} in row {{row:{row}}} is no number. Correct it, or leave the cell empty where the value is missing"
    return "holds numbers written as text. Convert it to numbers first"


def labels(column: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """Code of each row, -1 where it is empty, and the labels in the order of their text: the order of rows is no matter.

    Whole numbers lose their decimals: 5120.0 is 5120.
    """
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        if pc.all(pc.equal(column, pc.round(column))).as_py() and not pc.any(pc.is_inf(column)).as_py():
            column = pc.cast(column, pa.int64())
    encoded = pc.dictionary_encode(pc.cast(column, pa.string()))
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    found = encoded.dictionary.to_pylist()
    order = sorted((i for i in range(len(found)) if found[i]), key=found.__getitem__)
    rank = np.full(len(found) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    codes = encoded.indices.fill_null(len(found)).to_numpy()
    return rank[codes], [found[i] for i in order]


# Rows into cells ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """Which row holds which cell. place, cell: of each row; row (n, T): of each cell, -1 without one."""

    places: tuple[str, ...]
    years: Array
    place: Codes
    cell: Codes
    row: Codes
    counted_from: int

    def spread(self, values: Array) -> Array:
        """A value of each row as (n, T), nan where there is no row."""
        grid = np.full(self.row.size, np.nan)
        grid[self.cell] = values
        return grid.reshape(self.row.shape)

    def where(self, row: int) -> str:
        """A row in words."""
        return f"row {row + self.counted_from}"

    def who(self, place: int, year: int) -> str:
        """A cell in words."""
        return f"{self.places[place]} in {self.years[year]:.0f}"


def grid_of(table: pa.Table, place: str, year: str, counted_from: int) -> Grid:
    """The grid behind the columns of places and years; BadDesign for rows without either, twins and missing years."""
    if not len(table):
        raise BadDesign("The table has no rows.")
    faults = Faults(counted_from)
    codes, places = _places(table, place, faults)
    years = _years(table, year, faults)
    faults.all_raised()
    assert years is not None
    span = np.arange(years.min(), years.max() + 1)
    if len(span) > 10 * len(np.unique(years)) + 10 or len(span) * len(places) > 2**31:
        raise BadDesign(
            f"{year} runs from {span[0]:.0f} to {span[-1]:.0f} and holds {len(np.unique(years))} different "
            "values. Number the periods 1, 2, 3 and so on, and the first exposed periods with them."
        )
    cell = codes * len(span) + (years - span[0]).astype(np.int64)
    _no_twins(cell, places, span, counted_from)
    seen = np.isin(span, years)
    if not seen.all():
        gone = ", ".join(f"{y:.0f}" for y in span[~seen][:SHOWN])
        raise BadDesign(
            f"No row has {year} {gone}; years must follow each other. Were the years between left out, or is "
            "the data collected every few years? Then number the periods 1, 2, 3 and so on, first exposed periods too."
        )
    if len(span) < 2:
        raise BadDesign(f"All rows have {year} {span[0]:.0f}: two years or more are needed.")
    row = np.full(len(places) * len(span), -1, dtype=np.int64)
    row[cell] = np.arange(len(cell))
    return Grid(places, span, codes, cell, row.reshape(len(places), -1), counted_from)


def _places(table: pa.Table, name: str, faults: "Faults") -> tuple[Codes, tuple[str, ...]]:
    codes, names = labels(table.column(name))
    if (codes < 0).any():
        faults.rows(f"{name}: no place in", np.flatnonzero(codes < 0), "Fill it in, or delete the row.")
    return codes, tuple(names)


def _years(table: pa.Table, name: str, faults: "Faults") -> Array | None:
    years = numbers(table, name)
    if isinstance(years, str):
        faults.add(name, years)
        return None
    wrong = ~np.isfinite(years) | (years != np.round(years))
    if wrong.any():
        faults.rows(f"{name}: no whole number in", np.flatnonzero(wrong), "Give every row its year.")
    elif (years < 1).any():
        faults.rows(
            f"{name}: below 1 in",
            np.flatnonzero(years < 1),
            "0 stands for never exposed, so years count from 1: add the same number to all years and first exposed years.",
        )
    return years


def _no_twins(cell: Codes, places: Sequence[str], years: Array, counted_from: int) -> None:
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(np.diff(cell[order]) == 0)
    if len(again):
        said = [
            f"{places[c // len(years)]} in {years[c % len(years)]:.0f}: rows {a + counted_from} and {b + counted_from}"
            for c, a, b in zip(
                cell[order][again][:SHOWN], order[again][:SHOWN], order[again + 1][:SHOWN], strict=True
            )
        ]
        raise BadDesign(
            "A place has two rows for one year:\n  "
            + "\n  ".join([*said, *more(len(again))])
            + "\nKeep one row of each, or add them up if they are parts of a whole."
        )


def more(count: int) -> list[str]:
    """How many faults are not written out."""
    return [f"and {count - SHOWN} more"] if count > SHOWN else []


@dataclass
class Faults:
    """Everything that is wrong with a table, raised at once."""

    counted_from: int = 0
    found: list[str] = field(default_factory=list)

    def add(self, name: str, words: str) -> None:
        """One fault; {row:7} in the words stands for the eighth row."""
        head, mark, tail = words.partition("{row:")
        if mark:
            number, _, rest = tail.partition("}")
            words = f"{head}{int(number) + self.counted_from}{rest}"
        self.found.append(f"{name}: {words}.")

    def rows(self, words: str, rows: Codes, remedy: str) -> None:
        """A fault of some rows."""
        numbers = ", ".join(str(r + self.counted_from) for r in rows[:SHOWN])
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        self.found.append(f"{words} row{'s' if len(rows) > 1 else ''} {numbers}{more}. {remedy}")

    def values(self, grid: Grid, table: pa.Table, name: str) -> Array:
        """A column of numbers as (n, T), nan for none; text, infinite and huge values are faults."""
        self.counted_from = grid.counted_from
        found = numbers(table, name)
        if isinstance(found, str):
            self.add(name, found)
            return np.empty(0)
        self._cells(
            grid,
            f"{name}: infinite",
            np.isinf(found),
            "A logarithm of zero? Correct the value, or leave the cell empty where there is none.",
        )
        self._cells(
            grid,
            f"{name}: beyond {LARGEST:.0e} in size",
            np.isfinite(found) & (np.abs(found) > LARGEST),
            "Correct the value, or use a larger unit.",
        )
        return grid.spread(found)

    def _cells(self, grid: Grid, words: str, bad: NDArray[np.bool_], remedy: str) -> None:
        rows, span = np.flatnonzero(bad), len(grid.years)
        said = [f"{grid.who(*divmod(int(grid.cell[r]), span))} ({grid.where(int(r))})" for r in rows[:SHOWN]]
        if said:
            self.found.append(f"{words} for {', '.join([*said, *more(len(rows))])}. {remedy}")

    def each(self, grid: Grid, name: str, values: Array, say: Callable[[float], str]) -> Array:
        """What a column says of each place (n,); a place with two answers, or none (nan), is a fault."""
        self.counted_from = grid.counted_from
        top = np.full(len(grid.places), -1, dtype=np.int64)
        top[grid.place[::-1]] = np.arange(len(values))[::-1]  # the first row of each place
        empty = np.flatnonzero(np.isnan(values))
        if len(empty):
            self.rows(f"{name}: empty in", empty, "Fill it in for every row.")
        changed = np.flatnonzero((values != values[top[grid.place]]) & ~np.isnan(values))
        said = [
            f"{grid.places[grid.place[r]]} has {say(values[top[grid.place[r]]])} in "
            f"{grid.where(int(top[grid.place[r]]))} and {say(values[r])} in {grid.where(int(r))}"
            for r in changed[:SHOWN]
        ]
        if said:
            self.found.append(
                f"{name} changes within a place: {'; '.join([*said, *more(len(changed))])}. Give each place one value."
            )
        return values[top]

    def label(self, grid: Grid, table: pa.Table, name: str) -> Codes:
        """A column of labels, one for each place (n,), as numbers from 0."""
        codes, names = labels(table.column(name))
        values = np.where(codes < 0, np.nan, codes)
        found = self.each(grid, name, values, lambda v: "nothing" if np.isnan(v) else repr(names[int(v)]))
        return np.nan_to_num(found).astype(np.int64)

    def all_raised(self) -> None:
        """BadDesign with all faults, if there are any."""
        if self.found:
            count = "rows are counted from " + str(self.counted_from)
            raise BadDesign("The table cannot be used:\n  " + "\n  ".join(self.found) + f"\n({count}.)")


def year_or_never(value: float) -> str:
    """A first exposed year in words."""
    return "never" if np.isinf(value) else f"{value:.0f}"


# Exposure -----------------------------------------------------------------------------------------------------


def first_exposed(
    faults: Faults, grid: Grid, table: pa.Table, exposed_from: str | None, exposed: str | None
) -> Array | None:
    """First exposed year of each place (n,), inf for never."""
    name = exposed_from or exposed
    assert name is not None
    faults.counted_from = grid.counted_from
    values = numbers(table, name)
    if isinstance(values, str):
        faults.add(name, values)
        return None
    return _switch(faults, grid, values, name) if exposed else _from(faults, grid, values, name)


def _from(faults: Faults, grid: Grid, numbers: Array, name: str) -> Array | None:
    years = np.where(np.isnan(numbers) | (numbers == 0) | np.isposinf(numbers), NEVER, numbers)
    wrong = (years < 1) | (np.isfinite(years) & (years != np.round(years)))
    if wrong.any():
        faults.rows(
            f"{name}: no year in",
            np.flatnonzero(wrong),
            "It is the first exposed year, a whole number; 0, empty or inf for a place never exposed.",
        )
        return None
    if 1.0 in years and set(np.unique(years)) <= {1.0, NEVER} and grid.years[0] > 1:
        faults.add(
            name, "holds only 0 and 1. If it says whether a place is exposed in a year, name it as exposed"
        )
        return None
    found: Array = faults.each(grid, name, years, year_or_never)
    return found


def _switch(faults: Faults, grid: Grid, numbers: Array, name: str) -> Array | None:
    """From 0 and 1 by year. What was exposed stays so: the estimators here have no meaning otherwise."""
    if not np.isin(numbers, (0.0, 1.0)).all():
        rows = np.flatnonzero(~np.isin(numbers, (0.0, 1.0)))
        faults.rows(
            f"{name}: neither 0 nor 1 in", rows, "A year on which nothing is known has no row at all."
        )
        return None
    on = grid.spread(numbers)
    since = np.maximum.accumulate(np.nan_to_num(on), axis=1) == 1
    place, year = np.nonzero(since & (on == 0))
    if len(place):
        said = [
            f"{grid.who(i, t)} ({grid.where(int(grid.row[i, t]))})"
            for i, t in zip(place[:SHOWN], year[:SHOWN], strict=True)
        ]
        faults.found.append(
            f"{name} switches off: {', '.join([*said, *more(len(place))])}. The estimators compare before with ever "
            "after. Keep it at 1 to ask for the effect of having been exposed, or cut the years before it goes off."
        )
        return None
    column = since.argmax(axis=1)
    ever = since.any(axis=1)
    unknown = ever & (column > 0) & np.isnan(on[np.arange(len(on)), np.maximum(column - 1, 0)])
    if unknown.any():
        i = int(np.flatnonzero(unknown)[0])
        faults.found.append(
            f"{name}: {grid.who(i, int(column[i]))} is exposed, and there is no row for the year before, so when it "
            "began is not known. Add the row, or name the first exposed year in a column (exposed-from)."
        )
        return None
    first: Array = np.where(ever, grid.years[column], NEVER)
    return first


def someone(first: Array, grid: Grid) -> None:
    """Someone is exposed within the years, someone is seen before, and not all at once."""
    begin, end = f"{grid.years[0]:.0f}", f"{grid.years[-1]:.0f}"
    if (first > grid.years[-1]).all():
        raise BadDesign(
            f"No place is exposed in any year from {begin} to {end}: there is no effect to estimate."
        )
    if ((first <= grid.years[0]) | (first > grid.years[-1])).all():
        raise BadDesign(
            f"Every exposed place is exposed from the first year, {begin}, or before: there is no year to compare "
            "with. Begin the table earlier."
        )
    if (first == first[0]).all():
        raise BadDesign(
            f"All {len(first)} places are exposed at once, from {first[0]:.0f}: there are no controls. Add places that "
            "are exposed later or never."
        )
