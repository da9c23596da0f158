"""A grid of cells with a column a year: the cells added up, so that no cell leaves this file."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vereda.errors import BadSource, UnknownColumn

YEAR = re.compile(r"(?:area)?coca_?(\d{4})_?")


def table(path: Path) -> pa.Table:
    """One row a year, as text: area of all cells, and how many have any. A cell without a value adds nothing.

    Read block by block: memory does not grow with the grid.
    """
    text = pacsv.ConvertOptions(default_column_type=pa.string())
    with pacsv.open_csv(path, convert_options=text) as blocks:
        years = _years(blocks.schema.names, path.name)
        totals = {name: [0.0, 0.0] for name in years}
        line = 2
        for block in blocks:
            for name in years:
                area, cells = _added(block[name], path.name, name, line)
                totals[name][0] += area
                totals[name][1] += cells
            line += block.num_rows
    order = sorted(years, key=lambda name: years[name])
    return pa.table(
        {
            "year": [years[name] for name in order],
            "area": [f"{totals[name][0]:.15g}" for name in order],
            "cells": [f"{totals[name][1]:.0f}" for name in order],
            "row": ["1"] * len(order),  # the header: what is told is of a whole column
        }
    )


def _years(names: list[str], file: str) -> dict[str, str]:
    """Year of each column; UnknownColumn where one is of no year, or of a year that is there already."""
    years = {name: found[1] for name in names if (found := YEAR.fullmatch(name))}
    odd = [name for name in names if name not in years]
    if odd or len(set(years.values())) < len(years):
        raise UnknownColumn(
            f"{file}: {', '.join(odd)} is no column of a year. Only the columns of years are read: fetch the table as it is described."
            if odd
            else f"{file}: a year is there in two columns ({', '.join(names)}). Say in coca_grid/read.py which one counts."
        )
    return years


def _added(column: pa.Array, file: str, name: str, line: int) -> tuple[float, int]:
    filled = pc.filter(column, pc.not_equal(column, ""))
    try:
        area = pc.cast(filled, pa.float64())
    except pa.ArrowInvalid as fault:
        raise BadSource(
            f"{file}, column {name}, from line {line} on: a cell is no number ({fault}). Fetch the table again."
        ) from None
    if area.null_count < len(area) and (pc.min(area).as_py() < 0 or pc.max(area).as_py() > 100):
        raise BadSource(
            f"{file}, column {name}, from line {line} on: a cell of a square kilometre has between 0 and 100 ha; here one has "
            f"{pc.min(area).as_py():g} or {pc.max(area).as_py():g}. The decimal mark may have slipped."
        )
    return float(pc.sum(area).as_py() or 0.0), int(pc.sum(pc.greater(area, 0)).as_py() or 0)
