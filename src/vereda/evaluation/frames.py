"""A long table of any dataframe library, one row a place and year, becomes a panel; effects go back as such a table.

Every fault of the table is found here, with place, year and rows, before anything is estimated. The rules are in
docs/estimate.md, with what R and Stata do in the same case.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import at
from vereda.evaluation.panel import NEVER, Array, Codes, Panel, panel
from vereda.evaluation.results import Check, Estimate

SHOWN = 5  # faults of one kind that are written out; the others are counted
GAPS = ("refuse", "keep", "drop")
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what. One of exposed_from (first exposed year; 0, empty or inf: never) and exposed (0 or 1)."""

    place: str
    year: str
    outcome: tuple[str, ...]
    exposed_from: str | None = None
    exposed: str | None = None
    covariates: tuple[str, ...] = ()
    cluster: str | None = None
    stratum: str | None = None

    def named(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        single = (self.place, self.year, self.exposed_from, self.exposed, self.cluster, self.stratum)
        return tuple(dict.fromkeys(n for n in (*single, *self.outcome, *self.covariates) if n is not None))


@dataclass(frozen=True, slots=True)
class Framed:
    """A panel made of a table, and the rules that were applied on the way."""

    panel: Panel
    checks: tuple[Check, ...]


def framed(
    frame: Any, columns: Columns, gaps: str = "refuse", anticipation: int = 0, counted_from: int = 0
) -> Framed:
    """The panel in a table (pandas, polars, Arrow, DuckDB, ...; eager or lazy), places in the order of their codes.

    gaps: what becomes of a place without a row or value in some year. "refuse" raises, "keep" leaves the gap in the
    panel, "drop" leaves the place out and says which. A covariate that changes over time enters with its value in
    the last year in which no place is exposed (less `anticipation`), for all places the same year.
    counted_from: number of the first row in messages. BadRequest: a column that is not there; BadDesign: all else.
    """
    if gaps not in GAPS:
        raise BadRequest(f"gaps={gaps!r}: one of {', '.join(GAPS)}.")
    table = _table(frame, columns)
    grid = _grid(table, columns, counted_from)
    faults = _Faults()
    outcomes = {name: faults.values(grid, table, name) for name in columns.outcome}
    first = _first(faults, grid, table, columns)
    labels = [
        faults.each(grid, name, _text(table, name)) if name else None
        for name in (columns.cluster, columns.stratum)
    ]
    changing = {name: faults.values(grid, table, name) for name in columns.covariates}
    faults.all_raised()
    assert first is not None
    _someone(first, grid)
    kept, checks = _gaps(grid, outcomes, first, gaps)
    before = max(float(first[kept].min()) - 1 - anticipation, float(grid.years[0]))
    covariates, told = _covariates(grid, changing, kept, before)
    made = panel(
        [grid.places[i] for i in np.flatnonzero(kept)],
        grid.years,
        {name: values[kept] for name, values in outcomes.items()},
        first[kept],
        covariates,
        *(None if found is None else found[kept].tolist() for found in labels),
    )
    return Framed(made, (*checks, *told))


def effects_frame(estimates: Sequence[Estimate], like: Any = None) -> Any:
    """One row an effect, in the dataframe library of `like` (Arrow without one).

    Columns: estimator, outcome, effect (its label), at (event time, cohort or year; missing for a whole), value, se,
    low, high. The first row of an estimate is its att.
    """
    rows = [row for estimate in estimates for row in _rows(estimate)]
    names = ("estimator", "outcome", "effect", "at", "value", "se", "low", "high")
    types = [pa.string()] * 3 + [pa.float64()] * 5
    arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
    table = pa.Table.from_arrays(arrays, names=names)
    if like is None or isinstance(like, pa.Table):
        return table
    import narwhals as nw

    backend = nw.from_native(like).implementation
    eager = nw.from_native(table, eager_only=True)
    if backend.is_pandas_like():
        return eager.to_pandas()
    return eager.to_polars() if backend.is_polars() else table


def _rows(estimate: Estimate) -> Iterator[tuple[Any, ...]]:
    name, outcome = estimate.estimator, estimate.outcome
    yield name, outcome, "att", None, estimate.att, estimate.se, estimate.low, estimate.high
    for e in estimate.effects:
        yield name, outcome, e.label, at(e.label), e.value, e.se, e.low, e.high


# What the table holds -----------------------------------------------------------------------------------------


def nearest(names: Sequence[str], known: Sequence[str], what: str) -> str:
    """One sentence for names that are not known, with those that look like them."""
    said = []
    for name in names:
        close = get_close_matches(name, known, n=3, cutoff=0.5) or get_close_matches(
            name.lower(), [k.lower() for k in known], n=3, cutoff=0.5
        )
        said.append(f"{name!r}" + (f" (nearest: {', '.join(close)})" if close else ""))
    return f"No {what} {', '.join(said)}. There are: {', '.join(known[:40])}."


def _table(frame: Any, columns: Columns) -> pa.Table:
    """The named columns as an Arrow table."""
    if (columns.exposed_from is None) == (columns.exposed is None):
        raise BadRequest(
            "Say when exposure begins with one of: exposed-from (a column with the first exposed year; 0, empty or "
            "inf for never) and exposed (a column that is 0 or 1 in each row)."
        )
    _one_role(columns)
    if isinstance(frame, pa.Table):
        _known(columns, frame.column_names)
        return frame.select(list(columns.named()))
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    try:
        native = nw.from_native(frame)
    except TypeError:
        raise BadRequest(
            f"A {type(frame).__name__} is not a table. Give a pandas, polars or Arrow table, or the path of a CSV or "
            "Parquet file."
        ) from None
    except DuplicateError as fault:
        raise BadDesign(f"Two columns of the table have the same name: {fault}. Rename one.") from None
    _known(columns, native.collect_schema().names())
    chosen = native.select(*columns.named())
    eager = chosen.collect(backend="pyarrow") if isinstance(chosen, nw.LazyFrame) else chosen
    return pa.table({name: _arrow(eager.get_column(name), name) for name in columns.named()})


def _one_role(columns: Columns) -> None:
    roles = [columns.place, columns.year, columns.exposed_from or columns.exposed]
    roles += [*columns.outcome, *columns.covariates]
    twice = sorted({str(name) for name in roles if roles.count(name) > 1})
    if not columns.outcome:
        raise BadRequest("No outcome is named. Name one column or more.")
    if twice:
        raise BadRequest(
            f"Named for two things at once: {', '.join(twice)}. Each column has one part to play."
        )


def _known(columns: Columns, names: Sequence[str]) -> None:
    twice = [name for name in columns.named() if list(names).count(name) > 1]
    if twice:
        raise BadDesign(f"Two columns of the table have the name {', '.join(twice)}. Rename one.")
    missing = [name for name in columns.named() if name not in names]
    if missing:
        raise BadRequest(nearest(missing, names, "column"))


def _arrow(series: Any, name: str) -> Any:
    try:
        return series.to_arrow()
    except (pa.ArrowException, TypeError):  # an object column of pandas with values of several kinds
        return pa.array([None if v is None or v != v else str(v) for v in series.to_list()], pa.string())


def _numbers(table: pa.Table, name: str) -> Array | str:
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
    numbers: Array = np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=float)
    return numbers


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


def _text(table: pa.Table, name: str) -> list[str | None]:
    """A column as labels; None where it is empty. Whole numbers lose their decimals: 5120.0 is 5120."""
    column = table.column(name)
    if pa.types.is_floating(column.type):
        numbers = np.asarray(column.to_numpy(), dtype=float)
        return [None if np.isnan(v) else f"{v:.0f}" if v == np.round(v) else repr(float(v)) for v in numbers]
    return [value or None for value in pc.cast(column, pa.string()).to_pylist()]


# Rows into cells ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Grid:
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


def _grid(table: pa.Table, columns: Columns, counted_from: int) -> _Grid:
    if not len(table):
        raise BadDesign("The table has no rows.")
    faults = _Faults(counted_from)
    codes, places = _places(table, columns.place, faults)
    years = _years(table, columns.year, faults)
    faults.all_raised()
    assert years is not None
    span = np.arange(years.min(), years.max() + 1)
    if len(span) > 10 * len(np.unique(years)) + 10 or len(span) * len(places) > 2**31:
        raise BadDesign(
            f"{columns.year} runs from {span[0]:.0f} to {span[-1]:.0f} and holds {len(np.unique(years))} different "
            "values. Number the periods 1, 2, 3 and so on, and the first exposed periods with them."
        )
    cell = codes * len(span) + (years - span[0]).astype(np.int64)
    _no_twins(cell, places, span, counted_from)
    seen = np.isin(span, years)
    if not seen.all():
        gone = ", ".join(f"{y:.0f}" for y in span[~seen][:SHOWN])
        raise BadDesign(
            f"No row has {columns.year} {gone}; years must follow each other. Were the years between left out, or is "
            "the data collected every few years? Then number the periods 1, 2, 3 and so on, first exposed periods too."
        )
    if len(span) < 2:
        raise BadDesign(f"All rows have {columns.year} {span[0]:.0f}: two years or more are needed.")
    row = np.full(len(places) * len(span), -1, dtype=np.int64)
    row[cell] = np.arange(len(cell))
    return _Grid(places, span, codes, cell, row.reshape(len(places), -1), counted_from)


def _places(table: pa.Table, name: str, faults: "_Faults") -> tuple[Codes, tuple[str, ...]]:
    """Code of each row's place, and the places in the order of their text, so that the order of rows is no matter."""
    labels = _text(table, name) if pa.types.is_floating(table.column(name).type) else None
    column = pa.array(labels, pa.string()) if labels is not None else pc.cast(table.column(name), pa.string())
    empty = pc.fill_null(pc.equal(column, ""), True).to_numpy(zero_copy_only=False)
    if empty.any():
        faults.rows(f"{name}: no place in", np.flatnonzero(empty), "Fill it in, or delete the row.")
        return np.zeros(0, dtype=np.int64), ()
    encoded = pc.dictionary_encode(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    found = encoded.dictionary.to_pylist()
    order = sorted(range(len(found)), key=found.__getitem__)
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    return rank[encoded.indices.to_numpy()], tuple(found[i] for i in order)


def _years(table: pa.Table, name: str, faults: "_Faults") -> Array | None:
    years = _numbers(table, name)
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
            + "\n  ".join([*said, *_more(len(again))])
            + "\nKeep one row of each, or add them up if they are parts of a whole."
        )


def _more(count: int) -> list[str]:
    return [f"and {count - SHOWN} more"] if count > SHOWN else []


@dataclass
class _Faults:
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

    def values(self, grid: _Grid, table: pa.Table, name: str) -> Array:
        """A column of numbers as (n, T), nan for none; text and infinite values are faults."""
        self.counted_from = grid.counted_from
        numbers = _numbers(table, name)
        if isinstance(numbers, str):
            self.add(name, numbers)
            return np.empty(0)
        bad = np.flatnonzero(np.isinf(numbers))
        if len(bad):
            span = len(grid.years)
            said = [
                f"{grid.who(*divmod(int(grid.cell[r]), span))} ({grid.where(int(r))})" for r in bad[:SHOWN]
            ]
            self.found.append(
                f"{name}: infinite for {', '.join([*said, *_more(len(bad))])}. A logarithm of zero? Correct the "
                "value, or leave the cell empty where there is none."
            )
        return grid.spread(numbers)

    def each(self, grid: _Grid, name: str, labels: Sequence[Any]) -> NDArray[Any]:
        """What a column says of each place (n,); a place with two answers, or none, is a fault."""
        self.counted_from = grid.counted_from
        values = np.array(labels, dtype=object)
        top = np.full(len(grid.places), -1, dtype=np.int64)
        top[grid.place[::-1]] = np.arange(len(values))[::-1]  # the first row of each place
        empty = np.array([v is None for v in values])
        if empty.any():
            self.rows(f"{name}: empty in", np.flatnonzero(empty), "Fill it in for every row.")
        changed = np.flatnonzero(values != values[top[grid.place]])
        said = [
            f"{grid.places[grid.place[r]]} has {_say(values[top[grid.place[r]]])} in "
            f"{grid.where(int(top[grid.place[r]]))} and {_say(values[r])} in {grid.where(int(r))}"
            for r in changed[:SHOWN]
        ]
        if said:
            self.found.append(
                f"{name} changes within a place: {'; '.join([*said, *_more(len(changed))])}. Give each place one value."
            )
        return values[top]

    def all_raised(self) -> None:
        """BadDesign with all faults, if there are any."""
        if self.found:
            count = "rows are counted from " + str(self.counted_from)
            raise BadDesign("The table cannot be used:\n  " + "\n  ".join(self.found) + f"\n({count}.)")


def _say(value: Any) -> str:
    if isinstance(value, float):
        return "never" if np.isinf(value) else f"{value:g}"
    return repr(value)


# Exposure -----------------------------------------------------------------------------------------------------


def _first(faults: _Faults, grid: _Grid, table: pa.Table, columns: Columns) -> Array | None:
    """First exposed year of each place (n,), inf for never."""
    name = columns.exposed_from or columns.exposed
    assert name is not None
    faults.counted_from = grid.counted_from
    numbers = _numbers(table, name)
    if isinstance(numbers, str):
        faults.add(name, numbers)
        return None
    return _switch(faults, grid, numbers, name) if columns.exposed else _from(faults, grid, numbers, name)


def _from(faults: _Faults, grid: _Grid, numbers: Array, name: str) -> Array | None:
    years = np.where(np.isnan(numbers) | (numbers == 0) | np.isposinf(numbers), NEVER, numbers)
    wrong = (years < 1) | (np.isfinite(years) & (years != np.round(years)))
    if wrong.any():
        faults.rows(
            f"{name}: no year in",
            np.flatnonzero(wrong),
            "It is the first exposed year, a whole number; 0, empty or inf for a place never exposed.",
        )
        return None
    if set(np.unique(years)) <= {1.0, NEVER} and grid.years[0] > 1:
        faults.add(
            name, "holds only 0 and 1. If it says whether a place is exposed in a year, name it as exposed"
        )
        return None
    found: Array = faults.each(grid, name, years.tolist()).astype(float)
    return found


def _switch(faults: _Faults, grid: _Grid, numbers: Array, name: str) -> Array | None:
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
            f"{name} switches off: {', '.join([*said, *_more(len(place))])}. The estimators compare before with ever "
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


def _someone(first: Array, grid: _Grid) -> None:
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


# Gaps and covariates ------------------------------------------------------------------------------------------


def _gaps(grid: _Grid, outcomes: dict[str, Array], first: Array, gaps: str) -> tuple[Mask, tuple[Check, ...]]:
    """The places that are kept (n,), and what is to be told about it."""
    missing = np.any([np.isnan(values) for values in outcomes.values()], axis=0)
    gone = missing.any(axis=1)
    everyone = np.ones(len(gone), dtype=bool)
    if not gone.any():
        return everyone, ()
    empty = [name for name, values in outcomes.items() if np.isnan(values).all()]
    if empty:
        raise BadDesign(f"Without a single value: {', '.join(empty)}.")
    said = _said_gaps(grid, missing, gone)
    if gaps == "refuse":
        raise BadDesign(
            f"{int(missing.sum())} gaps in {int(gone.sum())} of {len(gone)} places:\n  "
            + "\n  ".join(said)
            + "\nFill them in; or leave these places out (gaps drop); or keep the gaps (gaps keep), where the estimator "
            "can work with them. R did and Stata sdid differ on this, so it is never decided for you."
        )
    names = ", ".join(grid.places[i] for i in np.flatnonzero(gone)[:SHOWN])
    numbers = {"gaps": float(missing.sum()), "places": float(gone.sum())}
    if gaps == "keep":
        detail = f"{int(missing.sum())} gaps in {int(gone.sum())} of {len(gone)} places are kept: {names}"
        return everyone, (Check("gaps", "informational", detail, numbers),)
    emptied = [
        f"{g:.0f}" if np.isfinite(g) else "never exposed" for g in np.unique(first) if gone[first == g].all()
    ]
    if emptied:
        raise BadDesign(
            f"Leaving out places with gaps leaves nobody in cohort {', '.join(emptied)}:\n  "
            + "\n  ".join(said)
            + "\nFill the gaps, cut the years, or leave the cohort out of the table."
        )
    more = ", ..." if gone.sum() > SHOWN else ""
    detail = f"{int(gone.sum())} of {len(gone)} places have gaps and are left out: {names}{more}"
    return ~gone, (Check("gaps", "informational", detail, numbers),)


def _said_gaps(grid: _Grid, missing: Mask, gone: Mask) -> list[str]:
    said = []
    for i in np.flatnonzero(gone)[:SHOWN]:
        kinds = [
            f"{grid.years[t]:.0f} ({'no row' if grid.row[i, t] < 0 else 'empty in ' + grid.where(int(grid.row[i, t]))})"
            for t in np.flatnonzero(missing[i])[:SHOWN]
        ]
        said.append(f"{grid.places[i]}: {', '.join([*kinds, *_more(int(missing[i].sum()))])}")
    return [*said, *_more(int(gone.sum()))]


def _covariates(
    grid: _Grid, changing: dict[str, Array], kept: Mask, before: float
) -> tuple[dict[str, Array], tuple[Check, ...]]:
    """One value for each kept place: what never changes, or else the value in the year `before`."""
    found: dict[str, Array] = {}
    checks = []
    faults = []
    t = int(before - grid.years[0])
    for name, whole in changing.items():
        values = whole[kept]
        known = ~np.isnan(values)
        low = np.where(known, values, np.inf).min(axis=1)
        high = np.where(known, values, -np.inf).max(axis=1)
        steady = np.array_equal(low, high)
        found[name] = low if steady else values[:, t]
        lost = np.flatnonzero(~np.isfinite(found[name]))
        if len(lost):
            when = "every year" if steady or not known[lost[0]].any() else f"{before:.0f}"
            names = ", ".join(grid.places[np.flatnonzero(kept)[i]] for i in lost[:SHOWN])
            faults.append(
                f"{name}: missing in {when} for {', '.join([names, *_more(len(lost))])}. Fill it in, or leave it out."
            )
        elif (found[name] == found[name][0]).all():
            faults.append(
                f"{name}: {found[name][0]:g} in every place, so it tells no place from another. Leave it out."
            )
        elif not steady:
            detail = f"{name} changes over time; its value of {before:.0f}, before anyone is exposed, is used"
            checks.append(Check("covariate", "informational", detail, {"year": before}))
    if faults:
        raise BadDesign("Covariates cannot be used:\n  " + "\n  ".join(faults))
    return found, tuple(checks)
