"""Two editions of one publication compared cell by cell: what appeared, what is gone, what was changed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vereda.terms.observation import KEY
from vereda.terms.unit import adds_up

WHATS = ("appeared", "gone", "changed", "rounded", "restated")
LIST_KEYS = {"places": ("code",), "adjacency": ("a", "b")}  # what names an entry of a list
_SAID = ("unit", "status", "confidence", "low", "high")  # what may be restated while the value stays
_WHERE = ("sheet", "row", "col", "page")
_FINEST = 6  # decimals looked for
_SAME_SUM = 1e-9  # two sums of the same addends in another order differ by this share at most


@dataclass(frozen=True, slots=True)
class Revision:
    """What one edition says otherwise than an earlier one.

    key: the columns that name a cell; the vintage is among them only where one edition holds several.
    cells: one row a cell that is not the same: key, what (see WHATS), before, after, and for each of them unit, status,
        confidence, low, high, sheet, row, col, page, ending in _before and _after.
        changed: the value is another; rounded: it differs by no more than the decimals of the coarser edition;
        restated: the value stays, and its unit, status, confidence or interval does not.
    sums: one row a series, period and level (and estimator, source) in which a cell is not the same: cells_before,
        cells_after, sum_before, sum_after (null where the unit does not add up), appeared, gone, changed, rounded,
        restated, moved (half of what the cells changed by, without sign: what went from one place to another where
        the sum stayed).
    same: cells that are the same in both; both: cells in both, the same or not.
    names: column of the key -> its texts that only the earlier edition has, and those that only the later has.
    figures: series -> cells in both editions that were not zero before.
    """

    key: tuple[str, ...]
    cells: pa.Table
    sums: pa.Table
    same: int
    both: int
    names: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    figures: Mapping[str, int]

    def many(self, what: str) -> int:
        """Cells of this kind."""
        return int(pc.sum(pc.equal(self.cells["what"], what)).as_py() or 0)


def compare(earlier: pa.Table, later: pa.Table, levels: Mapping[str, str] | None = None) -> Revision:
    """Compare two tables of observations. levels: place -> level, so that a country is not added to its parts."""
    key = _key(earlier, later)
    joined = _side(earlier, key, "_before").join(
        _side(later, key, "_after"), [*key], join_type="full outer", use_threads=False
    )
    joined = joined.sort_by([(name, "ascending") for name in key]).combine_chunks()
    plain = {"value_before": "before", "value_after": "after"}
    joined = joined.rename_columns([plain.get(name, name) for name in joined.column_names])
    what = _what(joined)
    joined = joined.append_column("what", pa.array(np.array(["", *WHATS])[what], pa.string()))
    both = int((_true(joined["held_before"]) & _true(joined["held_after"])).sum())
    sums = _sums(joined, key, levels or {})
    cells = joined.filter(pa.array(what > 0)).drop_columns(["held_before", "held_after"])
    figures = joined.filter(_figure(joined))["series"].value_counts().to_pylist()
    return Revision(
        key, cells, sums, int((what == 0).sum()), both, _names(earlier, later, key),
        {row["values"]: row["counts"] for row in figures},
    )  # fmt: skip


def _figure(joined: pa.Table) -> pa.ChunkedArray:
    """Cells in both editions with a value that was not zero."""
    both = pc.and_(joined["held_before"], joined["held_after"])
    return pc.fill_null(pc.and_(both, pc.not_equal(joined["before"], 0.0)), False)


def _names(
    earlier: pa.Table, later: pa.Table, key: tuple[str, ...]
) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    held = {name: [frozenset(pc.unique(one[name]).to_pylist()) for one in (earlier, later)] for name in key}
    return {name: (before - after, after - before) for name, (before, after) in held.items()}


def _key(*tables: pa.Table) -> tuple[str, ...]:
    """What names a cell in both editions. A table of several vintages tells them apart; else the vintage is the edition."""
    several = any(pc.count_distinct(table["vintage"]).as_py() > 1 for table in tables)
    return KEY if several else tuple(name for name in KEY if name != "vintage")


def _side(table: pa.Table, key: tuple[str, ...], suffix: str) -> pa.Table:
    """The columns compared, and a mark that the cell is in this edition."""
    told = ("value", *_SAID, *_WHERE)
    columns = {name: table[name] for name in key} | {f"{name}{suffix}": table[name] for name in told}
    return pa.table({**columns, f"held{suffix}": pa.repeat(True, table.num_rows)})


def _what(joined: pa.Table) -> NDArray[np.int64]:
    """For each cell 0 where it is the same, else 1 + its place in WHATS."""
    held = {side: _true(joined[f"held_{side}"]) for side in ("before", "after")}
    differs = ~_equal(joined["before"], joined["after"])
    restated = np.zeros(joined.num_rows, dtype=bool)
    for name in _SAID:
        restated |= ~_equal(joined[f"{name}_before"], joined[f"{name}_after"])
    cases = [~held["before"], ~held["after"], differs & ~_rounded(joined), differs, restated]
    return np.select(cases, [1, 2, 3, 4, 5], 0)


def _rounded(joined: pa.Table) -> NDArray[np.bool_]:
    """Whether a difference is what writing the figure with fewer decimals makes.

    The decimals of a series and period are the most that any of its figures needs; where the editions differ in
    them, half a unit of the last digit of the coarser is no revision.
    """
    group = _codes(joined, ("series", "period"))
    before, after = (_floats(joined[side]) for side in ("before", "after"))
    fine = [_decimals(values, group) for values in (before, after)]
    coarser = np.minimum(*fine)
    half = 0.5 * 10.0**-coarser
    with np.errstate(invalid="ignore"):
        near = np.abs(after - before) <= half * (1 + 1e-9) + 1e-12
    close: NDArray[np.bool_] = near & (fine[0] != fine[1])
    return close


def _decimals(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each cell, the decimals its series and period is printed with."""
    need = np.zeros(len(values), dtype=np.int64)
    held = np.isfinite(values)
    for places in range(_FINEST):
        scaled = values * 10.0**places
        with np.errstate(invalid="ignore"):
            more = held & (np.abs(scaled - np.round(scaled)) > 1e-6 * np.maximum(1.0, np.abs(scaled) * 1e-6))
        need[more] = places + 1
    most = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(most, group, need)
    return most[group]


def _sums(joined: pa.Table, key: tuple[str, ...], levels: Mapping[str, str]) -> pa.Table:
    """What a reader of totals alone would see, beside what the cells did."""
    places = joined["place"].combine_chunks().dictionary_encode()
    level = pa.array([levels.get(p, "") for p in places.dictionary.to_pylist()], pa.string())
    by = {name: joined[name] for name in key if name != "place"} | {"level": level.take(places.indices)}
    units = pc.coalesce(joined["unit_after"], joined["unit_before"])
    before, after = _floats(joined["before"]), _floats(joined["after"])
    columns = {
        **by,
        "unit": units,
        "sum_before": pc.if_else(joined["held_before"], joined["before"], None),
        "sum_after": pc.if_else(joined["held_after"], joined["after"], None),
        "cells_before": pc.cast(pc.fill_null(joined["held_before"], False), pa.int64()),
        "cells_after": pc.cast(pc.fill_null(joined["held_after"], False), pa.int64()),
        "moved": pa.array(np.abs(np.nan_to_num(after) - np.nan_to_num(before)) / 2),
        **{what: pc.cast(pc.equal(joined["what"], what), pa.int64()) for what in WHATS},
    }
    added = [name for name in columns if name not in (*by, "unit")]
    sums = pa.table(columns).group_by([*by, "unit"], use_threads=False).aggregate([(n, "sum") for n in added])
    sums = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
    touched = np.sum([sums[what].to_numpy() for what in WHATS], axis=0) > 0
    sums = sums.filter(pa.array(touched)).sort_by([(name, "ascending") for name in by])
    may = pa.array([adds_up(unit) for unit in sums["unit"].to_pylist()], pa.bool_())
    for name in ("sum_before", "sum_after", "moved"):
        at = sums.column_names.index(name)
        exact = pc.round(sums[name], 8)  # a sum of decimals as its addends are written
        sums = sums.set_column(at, name, pc.if_else(may, exact, None))
    return sums


def unmoved(sums: pa.Table) -> pa.Table:
    """The rows of `sums` in which figures changed and their total did not: a reallocation that no total shows."""
    before, after, moved = (_floats(sums[name]) for name in ("sum_before", "sum_after", "moved"))
    with np.errstate(invalid="ignore"):
        same = np.abs(after - before) <= _SAME_SUM * np.maximum(np.abs(before), np.abs(after))
        real = moved > _SAME_SUM * np.maximum(np.abs(before), np.abs(after))
    touched = (pc.add(pc.add(sums["appeared"], sums["gone"]), sums["changed"])).to_numpy() > 0
    return sums.filter(pa.array(same & real & touched))


def _equal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Equal, two absent values being equal."""
    same = pc.or_kleene(pc.equal(one, other), pc.and_(pc.is_null(one), pc.is_null(other)))
    return _true(same)


def _true(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return found


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    found: NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return found


def _codes(table: pa.Table, names: tuple[str, ...]) -> NDArray[np.int64]:
    """One number for each combination of these columns."""
    joined = pc.binary_join_element_wise(*(table[name] for name in names), "\x1f").combine_chunks()
    found: NDArray[np.int64] = joined.dictionary_encode().indices.to_numpy().astype(np.int64)
    return found


def compare_lists(earlier: pa.Table, later: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Compare two lists of places, or of neighbours, entry by entry.

    One row an entry that appeared or is gone, and one a column of an entry that changed: entry (the key, joined by a
    space), column, what, before, after as text. The row of the file is no content and is left out.
    """
    columns = [name for name in earlier.column_names if name not in (*key, "row")]
    sides = [{tuple(row[k] for k in key): row for row in one.to_pylist()} for one in (earlier, later)]
    found: list[dict[str, str]] = []
    for entry in sorted({*sides[0], *sides[1]}):
        one, other = (side.get(entry) for side in sides)
        said = {"entry": " ".join(entry), "column": "", "before": _text(one), "after": _text(other)}
        if one is None or other is None:
            found.append({**said, "what": "appeared" if one is None else "gone"})
            continue
        found += [
            {
                **said,
                "column": name,
                "what": "changed",
                "before": _text(one[name]),
                "after": _text(other[name]),
            }
            for name in columns
            if one[name] != other[name]
        ]
    names = ("entry", "column", "what", "before", "after")
    return pa.Table.from_pylist(found, schema=pa.schema([(name, pa.string()) for name in names]))


def _text(said: object) -> str:
    """A value of a list as text: a row by its name, a list by its items, nothing where there is none."""
    if isinstance(said, dict):
        return str(said.get("name", ""))
    return ", ".join(map(str, said)) if isinstance(said, list) else "" if said is None else str(said)
