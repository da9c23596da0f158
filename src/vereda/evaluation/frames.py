"""A long table of any dataframe library, one row a place and year, becomes a panel; effects go back as such a table.

Every fault of the table is found here, with place, year and rows, before anything is estimated. The rules are in
docs/estimate.md, with what R and Stata do in the same case.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import at
from vereda.evaluation.cells import SHOWN, Faults, Grid, first_exposed, grid_of, more, someone
from vereda.evaluation.panel import Array, Panel, panel
from vereda.evaluation.results import Check, Estimate

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
    grid = grid_of(table, columns.place, columns.year, counted_from)
    faults = Faults()
    outcomes = {name: faults.values(grid, table, name) for name in columns.outcome}
    first = first_exposed(faults, grid, table, columns.exposed_from, columns.exposed)
    labels = [
        faults.label(grid, table, name) if name else None for name in (columns.cluster, columns.stratum)
    ]
    changing = {name: faults.values(grid, table, name) for name in columns.covariates}
    faults.all_raised()
    assert first is not None
    someone(first, grid)
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


# Gaps and covariates ------------------------------------------------------------------------------------------


def _gaps(grid: Grid, outcomes: dict[str, Array], first: Array, gaps: str) -> tuple[Mask, tuple[Check, ...]]:
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


def _said_gaps(grid: Grid, missing: Mask, gone: Mask) -> list[str]:
    said = []
    for i in np.flatnonzero(gone)[:SHOWN]:
        kinds = [
            f"{grid.years[t]:.0f} ({'no row' if grid.row[i, t] < 0 else 'empty in ' + grid.where(int(grid.row[i, t]))})"
            for t in np.flatnonzero(missing[i])[:SHOWN]
        ]
        said.append(f"{grid.places[i]}: {', '.join([*kinds, *more(int(missing[i].sum()))])}")
    return [*said, *more(int(gone.sum()))]


def _covariates(
    grid: Grid, changing: dict[str, Array], kept: Mask, before: float
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
                f"{name}: missing in {when} for {', '.join([names, *more(len(lost))])}. Fill it in, or leave it out."
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
