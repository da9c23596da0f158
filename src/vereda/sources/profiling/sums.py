"""What is the sum of what: a column that adds up others, a row or a text that adds up the rest. Arithmetic, not names."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from vereda.sources.profiling.note import Note, note

Column = NDArray[np.float64]

_ADDENDS = 24  # columns among which pairs and triples are tried
_GROUPS = 3  # years in which a text must be the sum of the others, if there are so many
_ROWS = 20  # rows with figures that a sum of columns needs to be one


def of_columns(columns: Mapping[str, Column]) -> list[Note]:
    """Columns that equal the sum of others in every row, to the rounding of their digits, and quotients of two."""
    found: list[Note] = []
    names = list(columns)[:_ADDENDS]
    for name in names:
        others = [other for other in names if other != name]
        parts = next((p for p in _tried(others) if _adds_up(columns[name], [columns[o] for o in p])), None)
        if parts:
            found.append(
                note("sum_of_columns", column=name, parts=" + ".join(parts), rows=_rows(columns[name]))
            )
    found += _quotients(columns, names)
    return found


def of_years(columns: Mapping[str, Column], years: Sequence[str]) -> list[Note]:
    """Columns of a wide table that add up all its years."""
    parts = [columns[name] for name in years if name in columns]
    return [
        note("sum_of_columns", column=name, parts=f"{years[0]} + … + {years[-1]}", rows=_rows(column))
        for name, column in columns.items()
        if name not in years and len(parts) > 1 and _adds_up(column, parts)
    ]


def of_texts(texts: Sequence[str], groups: Sequence[str], values: Column) -> list[Note]:
    """Texts whose figure equals the sum of all other texts' in every group (a year): a whole beside its parts."""
    names, at = np.unique(np.asarray(texts, dtype=object).astype(str), return_inverse=True)
    if not 3 <= len(names) <= 5_000:
        return []
    kinds, where = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    table = np.zeros((len(names), len(kinds)))
    there = np.zeros((len(names), len(kinds)), dtype=bool)
    np.add.at(table, (at, where), np.nan_to_num(values))
    there[at, where] = True
    total = table.sum(axis=0)
    found = []
    for i, name in enumerate(names):
        mine = table[i]
        use = there[i] & (mine != 0)
        near = np.isclose(
            2 * mine, total, rtol=1e-4, atol=0.5 * _step(values[~np.isnan(values)]) * len(names)
        )
        enough = use.sum() >= min(_GROUPS, len(kinds)) and bool(np.all(there.sum(axis=0)[use] > 3))
        if enough and near[use].all():
            found.append(note("sum_of_texts", text=str(name), groups=int(use.sum())))
    return found


def _tried(others: Sequence[str]) -> list[tuple[str, ...]]:
    pairs = list(combinations(others, 2))
    triples = list(combinations(others, 3)) if len(others) <= 12 else []
    whole = [tuple(others)] if len(others) > 3 else []
    return [*pairs, *triples, *whole]


def _adds_up(total: Column, parts: Sequence[Column]) -> bool:
    known = ~np.isnan(total)
    for part in parts:
        known &= ~np.isnan(part)
    if known.sum() < min(_ROWS, len(total)) or known.sum() < 3:
        return False
    # A sum that nothing is added to would make a sum of every column of zeros.
    if any(np.count_nonzero(part[known]) < 2 for part in parts) or len(np.unique(total[known])) < 3:
        return False
    difference = np.abs(total[known] - np.sum([part[known] for part in parts], axis=0))
    return bool(
        np.all(difference <= 0.5 * _step(total[known]) * (len(parts) + 1) + 1e-6 * np.abs(total[known]))
    )


def _step(values: Column) -> float:
    """The last digit that a column prints: 1 for whole numbers, 0.1 for one decimal."""
    some = values[:2000]
    for digits in range(6):
        if np.allclose(some, np.round(some, digits), rtol=0, atol=1e-9):
            return float(10.0**-digits) if digits else 0.0
    return 1e-6


def _quotients(columns: Mapping[str, Column], names: Sequence[str]) -> list[Note]:
    found = []
    for name in names:
        if np.all(np.nan_to_num(columns[name]) == np.round(np.nan_to_num(columns[name]))):
            continue
        for a, b in combinations([n for n in names if n != name][:12], 2):
            for top, bottom in ((a, b), (b, a)):
                times = _factor(columns[name], columns[top], columns[bottom])
                if times:
                    found.append(note("quotient", column=name, top=top, bottom=bottom, times=times))
                    break
            else:
                continue
            break
    return found


def _factor(share: Column, top: Column, bottom: Column) -> float:
    known = ~np.isnan(share) & ~np.isnan(top) & ~np.isnan(bottom) & (bottom != 0) & (share != 0)
    if known.sum() < 3 or len(np.unique(share[known])) < 3 or len(np.unique(bottom[known])) < 2:
        return 0.0
    with np.errstate(all="ignore"):
        ratio = share[known] * bottom[known] / top[known]
    for times in (1.0, 100.0, 1_000.0, 100_000.0):
        if np.all(np.isclose(ratio, times, rtol=2e-3)):
            return times
    return 0.0


def _rows(column: Column) -> int:
    return int((~np.isnan(column)).sum())
