"""Rows that arrived: written as they were printed, counted, and added up to the last digit."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from vereda.fetching.words import refuse
from vereda.terms.fetching import Format

_EXACT = Decimal("1e-9")  # servers add up binary fractions: a share of the sum that rounding can reach
_BLOCK = 2000  # rows written at a time


@dataclass(slots=True)
class Tally:
    """Rows, and the sum of each column asked for, as text."""

    rows: int
    sums: dict[str, str] = field(default_factory=dict)

    @property
    def marks(self) -> dict[str, str]:
        """The same as texts, to be compared with an earlier tally."""
        return {"rows": str(self.rows), **{f"sum of {name}": text for name, text in self.sums.items()}}

    def add(self, row: Mapping[str, Any], url: str) -> None:
        """One more row; an empty cell adds nothing, a text that is no number is refused."""
        self.rows += 1
        for name, text in self.sums.items():
            cell = row.get(name)
            if cell is None or str(cell).strip() == "":
                continue
            try:
                self.sums[name] = str(Decimal(text) + Decimal(str(cell).strip()))
            except InvalidOperation:
                refuse("not_number", url=url, row=self.rows, column=name, said=repr(str(cell)[:60]))


def must_agree(theirs: Tally, ours: Tally, url: str) -> dict[str, tuple[str, str]]:
    """Both sums of each column; refused if rows or a sum differ by more than rounding."""
    if theirs.rows != ours.rows:
        refuse("short", url=url, counted=theirs.rows, rows=ours.rows)
    found = {}
    for name, text in theirs.sums.items():
        there, here = Decimal(text), Decimal(ours.sums[name])
        if abs(there - here) > _EXACT * max(abs(there), Decimal(1)):
            refuse("sums", url=url, column=name, theirs=text, ours=str(here))
        found[name] = (text, str(here))
    return found


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8, every cell as the server printed it, empty where it gave none."""
    names = [*columns]
    out = io.StringIO()
    pen = csv.writer(out, lineterminator="\n")
    pen.writerow(names)
    for number, row in enumerate(rows, start=1):
        pen.writerow([_cell(row.get(name)) for name in names])
        if number % _BLOCK == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _cell(said: Any) -> str:
    if said is None:
        return ""
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def counted(path: Path, form: Format, url: str) -> int:
    """Rows of a table in CSV, or features of a GeoJSON file; a file cut inside is refused."""
    if form == "geojson":
        try:
            return len(json.loads(path.read_bytes())["features"])
        except (ValueError, KeyError, TypeError):
            refuse("not_a_page", url=url, said="no whole GeoJSON")
    with path.open(encoding="utf-8-sig", newline="") as text:
        return max(0, sum(1 for row in csv.reader(text) if row) - 1)
