"""A dataset someone keeps publishing, one edition of it, and what its checks said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Vintage:
    """One edition of a dataset: the publisher's file it came from, and what is known about it.

    sha256, size: of the publisher's file (bytes), which stays with who holds it.
    """

    dataset: str
    name: str  # 2026-02
    file: str  # name of the publisher's file
    sha256: str
    size: int
    read_on: str  # day the reader ran
    reader: str  # version of the reader
    rows: int
    content: str  # sha256 of the vintage's own table


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of figures with what was published or must hold."""

    name: str  # coca_area 2020: sum of municipalities
    state: Literal["passed", "known gap", "failed"]
    found: float | None = None
    expected: float | None = None
    within: float | None = None  # allowed absolute difference, in the unit of the series
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing a rule pointed at: a figure, and what it was before where that is the point."""

    series: str = ""
    place: str = ""
    period: str = ""
    value: float | None = None
    before: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a stated rule found in a table: for whoever looks, and no verdict unless the description declares it one."""

    rule: str  # bounds, codes, names, jumps, breaks, truncation, revisions; of polygons: areas, seats
    state: Literal["nothing", "found", "not asked"]
    many: int = 0
    seen: tuple[Seen, ...] = ()  # the first few, the largest first
    note: str = ""  # why the rule was not asked, or what else there is to know; English msgid


@dataclass(frozen=True, slots=True)
class Remainder:
    """A whole as printed against the sum of its parts in one period, in the unit of the series.

    whole = parts + unplaced + left. unplaced: what the table places in the whole and in none of its parts. whole, left:
    None where nobody prints the whole.
    """

    dataset: str  # whose parts they are
    series: str
    place: str
    period: str
    unit: str
    level: str  # of the parts: municipality, department, district
    places: int  # how many parts have a figure
    parts: float
    unplaced: float
    whole_of: str  # the dataset that prints the whole; empty if none
    whole: float | None
    left: float | None


@dataclass(frozen=True, slots=True)
class SourceCard:
    """What a page about a dataset prints."""

    dataset: str
    title: str
    publisher: str
    address: str
    licence: str
    terms: Literal["open", "not stated"]  # open: figures are committed; not stated: built locally
    absent: str  # what an absent place means
    known_gaps: dict[str, str]
    series: dict[str, str]  # series id -> unit
    vintage: Vintage | None  # None: waiting for data
    checks: tuple[Check, ...] = ()
    years: str = ""  # first and last year of the vintage held, 2001-2023
    signs: tuple[Sign, ...] = ()  # where they were asked for
    remainders: tuple[Remainder, ...] = ()  # as the signs
    definitions: dict[str, str] = field(
        default_factory=dict
    )  # series id -> what it counts, where its id does not say it
    reading: tuple[tuple[str, str], ...] = ()  # how its file is read: what a line is about, and the line
    census: Mapping[str, int] = field(default_factory=dict)  # edition -> census that its population rests on
    made_from: Mapping[str, str] = field(
        default_factory=dict
    )  # of a computed table: what it rests on -> which
    command: str = ""  # what brings its figures here: vereda fetch DATASET, or vereda keep DATASET FILE


@dataclass(frozen=True, slots=True)
class Batch:
    """What is handed to the store at once: a table of observations and the vintage they are of."""

    vintage: Vintage
    observations: "pa.Table | pa.RecordBatchReader"
    known_on: date | None = None
    path: Path | None = None
