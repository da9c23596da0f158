"""What a `source.yml` may say about a published dataset, and how it is read.

Every value is read as text (codes keep their zeros, `NO` stays a word) and then given its type here.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from vereda.errors import BadRequest, BadSource
from vereda.sources.unfinished import refusals
from vereda.terms.fetching import Address
from vereda.terms.observation import STATUSES

HERE = Path(__file__).parent
LIVE = HERE / "live"  # described, fetched by whoever wants them; no edition comes with the program

Absence = Literal["zero", "not_collected", "missing"]
_LISTED = 20  # places named in a sentence; more are counted


class Said(BaseModel):
    """Base of everything a description says: frozen, and no key is let through unread."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class NumberFormat(Said):
    """How the numbers of one column are written."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " "] = ""
    zero: tuple[str, ...] = ()  # texts that mean zero, such as "- 0"
    none: tuple[str, ...] = ()  # texts that mean that there is no figure, such as "n.d." or "9999"
    empty: Literal["refuse", "absent", "zero"] = "refuse"
    exponent: bool = False  # a program wrote the file, and small numbers look like 2e-05

    @model_validator(mode="after")
    def _marks_differ(self) -> "NumberFormat":
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands cannot be the same mark")
        return self


class FromColumn(Said):
    """A word read from a column; with `codes`, a text that is not listed is refused."""

    column: str
    codes: dict[str, str] = Field(default_factory=dict)


class Correction(Said):
    """A code the publisher prints wrong, what it should be, and why we say so."""

    to: str
    reason: str


class PlaceColumn(Said):
    """Where the place of a row is written."""

    column: str | None = None
    fixed: str | None = None  # one place for the whole file
    prefix: str = ""
    width: int | None = None  # characters of a code, so that a lost leading zero is seen
    codes: dict[str, str] = Field(default_factory=dict)  # text -> full code, before anything else
    like: dict[str, str] = Field(default_factory=dict)  # pattern of pseudo-codes -> full code, after `codes`
    elsewhere: FromColumn | None = (
        None  # column whose text, or pattern of it, says that the row is not in the country
    )
    corrections: dict[str, Correction] = Field(default_factory=dict)
    lost_zeros: str | None = (
        None  # why codes a digit short get their leading zero back; refused if not stated
    )
    when_empty: FromColumn | None = None  # where to look when the code is empty
    name: str | None = None  # column with the name, compared with the gazetteer
    parent: str | None = None  # column with the name of the parent
    known_as: dict[str, tuple[str, ...]] = Field(
        default_factory=dict
    )  # full code -> names only this publisher uses
    by_name: str = (
        ""  # why `column` holds names: a place is then known by its name inside `parent`, and only so
    )

    @model_validator(mode="after")
    def _name_inside(self) -> "PlaceColumn":
        if self.by_name and (not self.column or not self.parent or self.name):
            raise ValueError(
                "by_name needs `column` (the name) and `parent` (what it lies in), and no `name`"
            )
        return self


class PeriodColumn(Said):
    """Where the period of a value is written."""

    columns: str | None = None  # wide: header of a year's column, "{}" standing for the year
    named_otherwise: dict[str, str] = Field(
        default_factory=dict
    )  # wide: year -> header that is not of this form
    column: str | None = None  # long
    fixed: str | None = None  # one period for the whole file
    edition: str | None = (
        None  # why the file is of the day of its edition: a list as it stood, that says no period
    )
    prefix: str = ""  # "FY" for fiscal years
    codes: dict[str, str] = Field(default_factory=dict)  # odd texts -> period
    dates: tuple[
        Literal["iso", "dmy", "mdy", "serial"], ...
    ] = ()  # the column names days, written in these forms
    every: Literal["year", "month"] = "year"  # the period a day belongs to

    @model_validator(mode="after")
    def _one_order(self) -> "PeriodColumn":
        if {"dmy", "mdy"} <= {*self.dates}:
            raise ValueError("dates cannot be both dmy and mdy: 03/04/2020 would be two days")
        return self


class Series(Said):
    """A publisher's variable: its unit and the bounds outside which a value cannot be right."""

    unit: str
    name: str = ""
    least: float | None = None
    most: float | None = None
    years: str | None = None  # where the file covers fewer years of this series than of the others
    incomplete: tuple[str, ...] = ()  # periods in which this series alone is known to be incomplete
    outside: str = ""  # why nothing was collected outside `years`: the programme stopped reporting, say
    absent: Absence | None = None  # where an empty cell of this series alone means something else
    adds_up: bool | None = (
        None  # whether places have a sum, where its unit (terms.unit) does not say so rightly
    )


class ValueColumn(Said):
    """A column of numbers in a long file: a series of its own, or a suffix to the row's series."""

    series: str | None = None
    suffix: str = ""
    times: float = 1  # the column is printed in thousands, say; the series' `name` tells the reader


class EachRow(Said):
    """A list has no numbers: each row counts as this value."""

    series: str
    value: float = 1


class StatusRule(Said):
    """A note that matches the pattern gives the row this status."""

    match: str
    status: str


class Undefined(Said):
    """Rows whose value has no meaning: where `column` reads `equals` (a text, or one of several), it is null."""

    column: str
    equals: tuple[str, ...]
    status: str
    note: str
    series: tuple[str, ...] = ()  # these alone; every series of the row if none is named

    @field_validator("equals", mode="before")
    @classmethod
    def _several(cls, said: object) -> object:
        return (said,) if isinstance(said, str) else said


def years_of(text: str) -> tuple[int, int]:
    """First and last year of `2001-2023`, or of one year alone."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


class Covers(Said):
    """What the publisher covers."""

    places: str
    years: str  # 2001-2023
    level: str = "municipality"

    @property
    def span(self) -> tuple[int, int]:
        """First and last year."""
        return years_of(self.years)


class Absent(Said):
    """What it means that a place is not in the file."""

    means: Absence
    why: str
    but: dict[str, str] = Field(default_factory=dict)  # places for which it means not collected: reason
    not_in: tuple[str, ...] = ()  # periods in which the file is incomplete: absence says nothing
    not_collected: dict[str, str] = Field(
        default_factory=dict
    )  # periods in which nobody collected it: reason


class Totals(Said):
    """Published control totals of one series."""

    printed: str
    within: float = 0.5
    within_share: float = 0.0
    values: dict[str, float]
    gaps: dict[str, float] = Field(default_factory=dict)  # known gaps: what the file adds up to instead


class Expect(Said):
    """What a right file must show."""

    rows: int | None = None
    rows_at_least: int = 1
    final_newline: bool = True
    totals: dict[str, Totals] = Field(default_factory=dict)
    distinct: dict[str, int] = Field(default_factory=dict)  # column of observations -> different values
    failing: tuple[
        Literal["bounds", "codes", "names", "jumps", "breaks", "truncation", "areas", "seats"], ...
    ] = ()  # signs that are a failure here, and not information


class DeclaredPlace(Said):
    """A place that only this dataset knows: a region, a remainder without municipality."""

    name: str
    level: str
    parent: str | None = None
    note: str = ""


class Change(Said):
    """What the gazetteer's file does not say about one code."""

    name: str | None = None
    level: str | None = None
    parent: str | None = None
    since: int | None = None
    until: int | None = None
    aliases: tuple[str, ...] = ()
    predecessors: tuple[str, ...] = ()
    note: str = ""


class GazetteerColumns(Said):
    """Columns of a list of places (kind: places)."""

    code: str
    name: str
    parent_code: str | None = None
    parent_digits: int | None = Field(default=None, ge=1)  # or the parent's code is how a code begins
    parent_name: str
    lon: str | None = None  # a list without coordinates gives no map
    lat: str | None = None
    level: str = "municipality"  # what its places are called
    parent_level: str = "department"
    prefix: str = ""
    width: int | None = None
    country: str
    country_name: str
    lower_case: tuple[str, ...] = ()  # words printed in lower case inside a name
    changes: dict[str, Change] = Field(default_factory=dict)
    parents: dict[str, Change] = Field(default_factory=dict)
    repeated: bool = (
        False  # a place may stand in several rows, of several years say, that all call it the same
    )

    @model_validator(mode="after")
    def _one_parent(self) -> "GazetteerColumns":
        if (self.parent_code is None) == (self.parent_digits is None):
            raise ValueError("a list of places states parent_code or parent_digits, one of them")
        return self


class PairColumns(Said):
    """Columns of a list of neighbours (kind: adjacency)."""

    a: str
    b: str
    contact: str
    prefix: str = ""


class GeometryFile(Said):
    """A GeoJSON file kept locally (kind: geometry)."""

    code: str  # property with the code
    prefix: str = ""
    features: int
    layer: str | None = None  # name of the object, in a TopoJSON file of several
    newer: dict[str, str] = Field(default_factory=dict)  # codes without a polygon: reason
    area: str | None = None  # property with the official area, km2
    area_within: float = 0.02  # how far a polygon's area may be from it, as a share


class SourceDescription(Said):
    """A published dataset: who publishes it, how its file is written, what it must add up to."""

    dataset: str
    kind: Literal["observations", "places", "adjacency", "geometry"] = "observations"
    title: str
    publisher: str
    address: str
    licence: str
    terms: Literal["open", "not stated"]
    obtained: str
    file: str
    member: str | None = None  # file inside a .zip
    vintage: str | FromColumn  # edition of the file described; another may be named when reading
    edition: str = ""  # name of the file's own edition when the rows carry several vintages
    vintage_note: str = ""
    read_by: Literal["read.py"] | None = None  # the file is no table of text: our read.py makes it one
    table: Literal["text", "workbook", "stata", "parquet", "iati", "json", "xml"] = (
        "text"  # what kind of file
    )
    sheet: str | None = None  # name of the worksheet
    rows_at: str | None = (
        None  # where the rows stand: keys of JSON parted by dots, elements of XML by strokes
    )
    header_rows: int = Field(
        default=1, ge=1
    )  # rows of the header; of a workbook alone, where groups are merged
    layout: Literal["wide", "long", "events"] = "long"  # events: one row each, added up by place and period
    whole: str | None = None  # the series that every event counts towards, beside its own
    encoding: str = "utf-8"
    delimiter: str = ","
    header_line: int = 1
    source: str | FromColumn = ""
    estimator: str | FromColumn = ""
    place: PlaceColumn = PlaceColumn()
    period: PeriodColumn = PeriodColumn()
    series: dict[str, Series] = Field(default_factory=dict)
    series_from: FromColumn | None = None
    values: dict[str, ValueColumn] = Field(default_factory=dict)
    each_row: EachRow | None = None
    low: str | None = None
    high: str | None = None
    unit_column: FromColumn | None = None
    confidence: str | None = None
    note: str | None = None
    page: str | None = None
    row: str | None = None  # column with the row of the publisher's file, where read.py adds rows up
    numbers: dict[str, NumberFormat] = Field(default_factory=lambda: {"default": NumberFormat()})
    ignore: dict[str, str] = Field(default_factory=dict)
    leave_out: dict[str, dict[str, str]] = Field(
        default_factory=dict
    )  # column -> text of rows not read: reason
    only: dict[str, tuple[str, ...]] = Field(
        default_factory=dict
    )  # column -> texts of the rows that are read, where a file holds much else: one country of the world's
    status: str = "measured"
    statuses: dict[str, str] = Field(default_factory=dict)  # period -> status
    status_rules: tuple[StatusRule, ...] = ()  # on the note
    undefined_when: Undefined | None = None
    covers: Covers
    absent: Absent
    expect: Expect = Expect()
    known_gaps: dict[str, str] = Field(default_factory=dict)
    census: dict[str, int] = Field(
        default_factory=dict
    )  # of a population: edition -> year of the census it is projected from; an edition not listed does not say
    made_from: dict[str, str] = Field(
        default_factory=dict
    )  # of a table that was computed: what it rests on -> which (sample, model, scenes)
    places: dict[str, DeclaredPlace] = Field(default_factory=dict)
    gazetteer: GazetteerColumns | None = None
    pairs: PairColumns | None = None
    geometry: GeometryFile | None = None
    fetch: Address | None = None  # where the file can be fetched as it is described here

    @property
    def name_of_vintage(self) -> str:
        """Name of the edition described."""
        return self.edition or (self.vintage if isinstance(self.vintage, str) else "")

    @property
    def absence(self) -> str:
        """What an absent place means, in a sentence."""
        listed = ", ".join(self.absent.but)
        if len(self.absent.but) > _LISTED:
            listed = f"{len(self.absent.but)} places that the description names"
        but = f" Not collected in {listed}." if listed else ""
        gaps = f" In {', '.join(self.absent.not_in)} absence says nothing." if self.absent.not_in else ""
        alone = "".join(
            f" In {', '.join(s.incomplete)} absence of {name} says nothing."
            for name, s in self.series.items()
            if s.incomplete
        )
        apart = "".join(
            f" {name}: {s.absent.replace('_', ' ')} where absent."
            for name, s in self.series.items()
            if s.absent
        )
        apart += "".join(
            f" {name} outside {s.years}: {s.outside}." for name, s in self.series.items() if s.outside
        )
        left: dict[str, list[str]] = {}
        for text, why in (pair for texts in self.leave_out.values() for pair in texts.items()):
            left.setdefault(why, []).append(text)
        rows = "; ".join(f"{', '.join(texts)} ({why})" for why, texts in left.items())
        apart += f" Rows left out: {rows}." if rows else ""
        apart += "".join(
            f" Of {column} only {', '.join(texts)} is read." for column, texts in self.only.items()
        )
        return f"{self.absent.means.replace('_', ' ')}: {self.absent.why}.{but}{gaps}{alone}{apart}"

    @property
    def definitions(self) -> dict[str, str]:
        """What each series counts, where the description says more than its id."""
        return {name: series.name for name, series in self.series.items() if series.name}

    def absent_for(self, series: str) -> Absent:
        """What an absent row of one series means: years it is not covered in, or not completely, say nothing."""
        said, (first, last) = self.series[series], self.covers.span
        begin, end = years_of(said.years) if said.years else (first, last)
        outside = [str(y) for y in range(first, last + 1) if not begin <= y <= end]
        silent = dict.fromkeys([*self.absent.not_in, *said.incomplete, *outside])
        why = dict.fromkeys(outside, said.outside) if said.outside else {}
        return self.absent.model_copy(
            update={
                "means": said.absent or self.absent.means,
                "not_in": tuple(sorted(silent)),
                "not_collected": {**self.absent.not_collected, **why},
            }
        )

    def number_format(self, column: str) -> NumberFormat:
        """How the numbers of this column are written."""
        return self.numbers.get(column) or self.numbers.get("default") or NumberFormat()

    def year_columns(self) -> dict[str, str]:
        """Wide files: header of each period's column, and the period."""
        if self.period.columns is None:
            return {}
        first, last = self.covers.span
        return {
            self.period.named_otherwise.get(
                str(y), self.period.columns.replace("{}", str(y))
            ): f"{self.period.prefix}{y}"
            for y in range(first, last + 1)
        }

    @model_validator(mode="after")
    def _complete(self) -> "SourceDescription":
        problems = _problems(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _problems(d: SourceDescription) -> list[str]:
    found = [
        f"status {s!r} is none of {', '.join(sorted(STATUSES))}" for s in _statuses(d) if s not in STATUSES
    ]
    needs = {"places": d.gazetteer, "adjacency": d.pairs, "geometry": d.geometry}
    if d.kind != "observations":
        return found if needs[d.kind] else [*found, f"kind {d.kind} needs its section ({d.kind} columns)"]
    if not d.series:
        found.append("no series is stated")
    if not d.estimator:
        found.append("no estimator is stated")
    if (d.place.column is None) == (d.place.fixed is None):
        found.append("place needs either a column or one fixed place")
    stated = (d.period.columns, d.period.column, d.period.fixed, d.period.edition)
    if sum(x is not None for x in stated) != 1:
        found.append("period needs one of columns (wide), column (long), fixed or edition")
    if d.period.edition is not None and not isinstance(d.vintage, str):
        found.append("period.edition needs one edition for the whole file, and vintage names a column")
    if (d.layout == "wide") != (d.period.columns is not None):
        found.append("a wide file states period.columns, a long one does not")
    if d.layout == "wide" and d.series_from is None and len(d.series) != 1:
        found.append("a wide file holds one series, or names it in series_from")
    if (d.table == "workbook") != (d.sheet is not None):
        found.append("a workbook states its sheet, and nothing else has one")
    if d.rows_at is not None and d.table not in ("json", "xml"):
        found.append("rows_at says where the rows of a JSON or XML file stand, and nothing else has it")
    if d.layout == "events" and (d.note or (d.each_row and (d.low or d.high))):
        found.append("events are added up: they have no note of their own, and a count has no low or high")
    if d.whole and d.layout != "events":
        found.append("only events count towards a whole")
    if d.row and not (d.read_by or d.table == "iati"):
        found.append("row names a column that read.py gives; the line of the file is known otherwise")
    if d.layout != "wide" and not d.values and d.each_row is None:
        found.append("a long file or a list of events states its value columns, or each_row")
    named = {v.series for v in d.values.values() if v.series} | ({d.each_row.series} if d.each_row else set())
    named |= set(d.undefined_when.series) if d.undefined_when else set()
    named |= {d.whole} if d.whole else set()
    found += [
        f"series {s!r} is used but not described"
        for s in sorted((named | set(d.expect.totals)) - set(d.series))
    ]
    return found


def _statuses(d: SourceDescription) -> list[str]:
    undefined = [d.undefined_when.status] if d.undefined_when else []
    return [d.status, *d.statuses.values(), *(r.status for r in d.status_rules), *undefined]


def datasets(extra_folder: Path | None = None) -> tuple[str, ...]:
    """Every dataset described here, and in the case's own folder if there is one."""
    return tuple(sorted(_folders(extra_folder)))


def describe(dataset: str, extra_folder: Path | None = None) -> SourceDescription:
    """What `source.yml` says about a dataset; a case's own description wins over ours."""
    folders = _folders(LIVE) | _folders(extra_folder)
    if dataset not in folders:
        near = get_close_matches(dataset, folders, n=3) or sorted(folders)
        raise BadRequest(f"no dataset is called {dataset!r}. Described datasets: {', '.join(near)}.")
    return load(folders[dataset])


def load(path: Path) -> SourceDescription:
    """Read one `source.yml`; every fault is named with its line."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        content = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise BadSource(
            f"{path.name}:{line}: not YAML ({fault.problem}). Check quotes and indentation."
        ) from None
    except UnicodeDecodeError as fault:
        raise BadSource(f"{path.name}: byte {fault.start} is not UTF-8. Save the file as UTF-8.") from None
    except (yaml.YAMLError, RecursionError) as fault:
        raise BadSource(
            f"{path.name}: not YAML ({str(fault).splitlines()[0][:100]}). Save it as plain text in UTF-8."
        ) from None
    if not isinstance(content, dict):
        raise BadSource(f"{path.name}:1: a description is a list of `key: value`, and this is not.")
    where = f"{path.parent.name}/{path.name}"
    repeated = _repeated(node)
    if repeated:
        raise BadSource(
            "\n".join(f"{where}:{line}: {key!r} is stated twice. Keep one." for key, line in repeated)
        )
    unfinished = refusals(node, where)
    if unfinished:
        raise BadSource("\n".join(unfinished))
    try:
        return SourceDescription.model_validate({"dataset": path.parent.name.replace("_", "-"), **content})
    except ValidationError as fault:
        lines = [f"{where}:{_line(node, e['loc'])}: {_say(e)}" for e in fault.errors()]
        raise BadSource("\n".join(lines)) from None


def _folders(extra_folder: Path | None) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in (HERE, extra_folder):
        if folder is not None and folder.is_dir():
            found |= {p.parent.name.replace("_", "-"): p for p in sorted(folder.glob("*/source.yml"))}
    return found


def _say(error: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key!r} is not a key of a description. Check the spelling."
    if error["type"] == "missing":
        return f"{key!r} is missing. Every description states it."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{key}: {message}" if key else f"{message}."


def _line(node: yaml.Node | None, keys: Sequence[str | int]) -> int:
    line = 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(key)]
            if found:
                line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return line


def _repeated(node: yaml.Node | None) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.value, key.start_mark.line + 1))
            seen.add(key.value)
            found += _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += _repeated(item)
    return found
