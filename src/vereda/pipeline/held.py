"""What a desk hands about: an observation, an edition's total, a key taken apart, a country's parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum
from typing import Any, NamedTuple

import pyarrow as pa

from vereda.errors import NoTrace

GRADES = {"high": 3, "medium": 2, "low": 1, None: 0}


class Row(NamedTuple):
    """One observation as the store gives it, with the dataset and the publisher's file it came from."""

    series: str
    place: str
    period: str
    estimator: str
    source: str
    vintage: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    status: str
    confidence: str | None
    sheet: str | None
    row: int | None
    col: str | None
    page: str | None
    note: str | None
    dataset: str
    file_sha256: str

    @property
    def complete(self) -> bool:
        """It has a value, and is not marked incomplete."""
        return self.status != "incomplete" and self.value is not None


class Tally(NamedTuple):
    """What one estimator's edition has for the municipalities of a place in one period: how much, how complete."""

    estimator: str
    source: str
    vintage: str
    unit: str
    status: str  # of the rows that rank first
    confidence: str | None
    complete: bool  # it has a value that is not marked incomplete
    total: float
    values: int
    statuses: frozenset[str]  # of the rows with a value
    dataset: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The total of a series over the municipalities of a place, in one edition."""

    place: str
    value: float
    tally: Tally
    uncollected: int  # municipalities the publisher does not cover; they are in no total
    partial: int = (
        0  # of how many municipalities, where no row means that nothing is known and some have none; else 0
    )

    @property
    def status(self) -> str:
        """incomplete or preliminary if any of the addends is, else computed."""
        return next((s for s in ("incomplete", "preliminary") if s in self.tally.statuses), "computed")


@dataclass(frozen=True, slots=True)
class Key:
    """A trace key taken apart: INDICATOR@PLACE:PERIOD~ESTIMATOR~VINTAGE~SOURCE, the last three optional."""

    indicator: str
    place: str
    period: str
    estimator: str = ""
    vintage: str = ""
    source: str = ""

    @classmethod
    def read(cls, text: str) -> "Key":
        """Take a key apart; NoTrace if it is not one."""
        head, *rest = text.split("~")
        name, at, where = head.partition("@")
        place, colon, when = where.partition(":")
        if not (name and at and place and colon and when) or len(rest) > 3:
            raise NoTrace(
                f"{text!r} is not a trace key. Write INDICATOR@PLACE:PERIOD, for example coca_area@CO-52835:2022; "
                "add ~ESTIMATOR~VINTAGE~SOURCE to name one of several rival figures."
            )
        return cls(name, place, when, *rest)

    def __str__(self) -> str:
        tail = [self.estimator, self.vintage, self.source]
        while tail and not tail[-1]:
            tail.pop()
        return "~".join([f"{self.indicator}@{self.place}:{self.period}", *tail])


@dataclass(frozen=True, slots=True)
class Division:
    """A country's figures of one series as its parts have them: whose they are, of which parts, in which years.

    summed: the parts are sums of the finest places; else printed by the estimator himself, all parts in every year.
    """

    estimator: str
    places: tuple[str, ...]
    years: tuple[str, ...]
    summed: bool


def as_rows(table: pa.Table) -> Iterable[Row]:
    """Rows of a table of the store."""
    columns = [table.column(name).to_pylist() for name in Row._fields]
    return map(Row._make, zip(*columns, strict=True))


def tally(parts: list[dict[str, Any]]) -> Tally:
    """One edition from its sums by status and confidence."""

    def rank(part: dict[str, Any]) -> tuple[bool, int]:
        return part["values"] > 0 and part["status"] != "incomplete", GRADES[part["confidence"]]

    lead = max(parts, key=rank)
    return Tally(
        lead["estimator"], lead["source"], lead["vintage"], lead["unit"], lead["status"], lead["confidence"], rank(lead)[0],
        # Fifteen digits are what a sum of decimals carries; the last bits depend on the order of adding.
        float(f"{fsum(part['total'] or 0.0 for part in parts):.15g}"),
        sum(part["values"] for part in parts),
        frozenset(part["status"] for part in parts if part["values"]),
        lead["dataset"], lead["file_sha256"],
    )  # fmt: skip
