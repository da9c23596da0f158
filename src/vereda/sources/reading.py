"""A described file as observations, streamed: each value with its place, period and where it is printed."""

import reprlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vereda.errors import BadPeriod, BadRequest, BadSource
from vereda.sources import dates, events, tabular
from vereda.sources.description import FromColumn, SourceDescription, ValueColumn
from vereda.sources.keys import Keys
from vereda.sources.placing import Placing
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.period import period
from vereda.terms.place import Gazetteer

_NO_TEXT = pa.scalar(None, pa.string())
_LISTED = 12  # texts named in a refusal; of more, the nearest


def stream(
    description: SourceDescription, path: Path, gazetteer: Gazetteer | None = None, vintage: str = ""
) -> pa.RecordBatchReader:
    """Observations of a file, block by block; the first thing that is not as described raises.

    `vintage` names the edition when it is not the one described.
    """
    if description.kind != "observations":
        raise BadRequest(f"{description.dataset} holds {description.kind}, not observations.")
    return pa.RecordBatchReader.from_batches(
        OBSERVATIONS, _observations(description, path, gazetteer, vintage)
    )


def table(
    description: SourceDescription, path: Path, gazetteer: Gazetteer | None = None, vintage: str = ""
) -> pa.Table:
    """All observations of a file at once."""
    return stream(description, path, gazetteer, vintage).read_all()


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the rows of a block stand in the file."""

    numbers: pa.Array

    def __add__(self, row: int) -> int:
        """Line of a row of the block, the first being 0."""
        line: int = self.numbers[row].as_py()
        return line


@dataclass(slots=True)
class Words:
    """Translates the texts of a column, each different text once."""

    file: str
    column: str
    translate: Callable[[str], str]
    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, texts: pa.Array, line: Lines) -> pa.Array:
        """The translated column; a text that cannot be translated raises with its line."""
        coded = texts.dictionary_encode()
        out = []
        for text in coded.dictionary.to_pylist():
            if text not in self.known:
                try:
                    self.known[text] = self.translate(text)
                except (LookupError, BadPeriod) as fault:
                    at = line + pc.index(texts, text).as_py()
                    kind = BadPeriod if isinstance(fault, BadPeriod) else BadSource
                    raise kind(f"{self.file}:{at}: column {self.column!r}: {fault.args[0]}") from None
            out.append(self.known[text])
        return pa.array(out, pa.string()).take(coded.indices)


class _Reader:
    """What is fixed for a whole file; one call of `rows` per block of text."""

    def __init__(self, d: SourceDescription, path: Path, gazetteer: Gazetteer | None, vintage: str) -> None:
        file = path.name
        self.d, self.file, self.sheet = d, file, d.sheet or tabular.member(d, path)
        self.placing = Placing(d, file, gazetteer)
        self.keys = Keys(file)
        self.said = {
            "estimator": self._word(d.estimator),
            "source": self._word(d.source or d.dataset),
            "vintage": self._word(vintage or d.vintage),
            "series": self._word(d.series_from),
            "period": self._period(vintage),
        }
        self.by_period = Words(file, "period", lambda p: d.statuses.get(p, d.status))
        self.by_note = Words(file, d.note or "", self._noted)
        self.unit = (
            Words(file, d.unit_column.column, partial(_listed, d.unit_column.codes))
            if d.unit_column
            else None
        )
        self.incomplete = {s: x.incomplete for s, x in d.series.items() if x.incomplete}
        self.bounds = {s: (x.least, x.most) for s, x in d.series.items() if (x.least, x.most) != (None, None)}

    def rows(self, first: int, text: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        line, text = self._kept(first, text)
        n = text.num_rows
        fixed = {name: self._column(said, text, line) for name, said in self.said.items()}
        fixed["place"] = self.placing(text, line)
        lines = fixed["row"] = line.numbers
        if self.d.layout != "events":  # several of one place and year are what a list of events is made of
            self.keys.add(fixed, lines)
        for name in ("confidence", "note", "page"):
            column = getattr(self.d, name)
            fixed[name] = _blank_is_null(text[column]) if column else _same(_NO_TEXT, n)
        for name in ("low", "high"):
            column = getattr(self.d, name)
            fixed[name] = self._numbers(text, column, line) if column else pa.nulls(n, pa.float64())
        for column, value, when in self._columns():
            yield from self._cells(text, line, column, value, when, fixed)

    def _kept(self, first: int, text: pa.RecordBatch) -> tuple[Lines, pa.RecordBatch]:
        """The rows that the description does not leave out, and the line of each."""
        stands = pa.array(range(first, first + text.num_rows), pa.int32())
        numbers = stands if self.d.row is None else self._printed(text)
        for column, wanted in self.d.only.items():
            mine = pc.is_in(text[column], value_set=pa.array(wanted))
            numbers, text = numbers.filter(mine), text.filter(mine)
        for column, texts in self.d.leave_out.items():
            keep = pc.invert(pc.is_in(text[column], value_set=pa.array([*texts])))
            numbers, text = numbers.filter(keep), text.filter(keep)
        return Lines(numbers), text

    def _columns(self) -> Iterator[tuple[str, ValueColumn, str | None]]:
        d = self.d
        for column, when in d.year_columns().items():
            yield column, ValueColumn(series=None if d.series_from else next(iter(d.series))), when
        for column, value in d.values.items():
            yield column, value, None
            if d.whole:  # every event counts towards the whole, and towards its own series
                yield column, value.model_copy(update={"series": d.whole}), None
        if d.each_row:
            yield "", ValueColumn(series=d.each_row.series), None

    def _cells(
        self,
        text: pa.RecordBatch,
        line: Lines,
        column: str,
        value: ValueColumn,
        when: str | None,
        fixed: dict[str, pa.Array],
    ) -> Iterator[pa.RecordBatch]:
        n, d = text.num_rows, self.d
        if column:
            values = self._numbers(text, column, line)
            values = values if value.times == 1 else pc.multiply(values, value.times)
        else:
            assert d.each_row is not None
            values, column = _same(d.each_row.value, n), d.place.column or ""
        keep = pc.is_valid(values) if values.null_count else None
        out = dict(fixed)
        if when is not None:
            out["period"] = _same(when, n)
        out["series"] = _same(value.series, n) if value.series else out["series"]
        if value.suffix:
            out["series"] = pc.binary_join_element_wise(out["series"], pa.scalar(value.suffix), "")
        out["status"] = self._status(out, when, line)
        if d.undefined_when:
            u = d.undefined_when
            hit = pc.is_in(text[u.column], value_set=pa.array(u.equals))
            if u.series:
                hit = pc.and_(hit, pc.is_in(out["series"], value_set=pa.array(u.series)))
            values = pc.if_else(hit, pa.scalar(None, pa.float64()), values)
            out["status"] = pc.if_else(hit, u.status, out["status"])
            out["note"] = pc.if_else(hit, u.note, out["note"])
        out["unit"] = self._units(text, out["series"], value, line)
        self._bounded(values, out["series"], column, line)
        out["value"], out["col"], out["sheet"] = (
            values,
            _same(tabular.printed(text, column), n),
            _same(self.sheet, n),
        )
        batch = pa.RecordBatch.from_arrays([out[f.name] for f in OBSERVATIONS], schema=OBSERVATIONS)
        yield batch if keep is None else batch.filter(keep)

    def _numbers(self, text: pa.RecordBatch, column: str, line: Lines) -> pa.Array:
        written = self.d.number_format(column)
        if column in (self.d.low, self.d.high):
            written = written.model_copy(update={"empty": "absent"})
        values, bad = tabular.number(text[column], written)
        if pc.any(bad).as_py():
            first = pc.index(bad, True).as_py()
            cell = text[column][first].as_py()
            raise tabular.no_number(self.file, line + first, column, cell, written, pc.sum(bad).as_py())
        return values

    def _bounded(self, values: pa.Array, series: pa.Array, column: str, line: Lines) -> None:
        for name, (least, most) in self.bounds.items():
            low, high = pc.min_max(values).as_py().values()
            if (low is None) or ((least is None or low >= least) and (most is None or high <= most)):
                continue  # no value of the block is out of these bounds, whatever its series
            mine = pc.equal(series, name)
            under = pc.less(values, least) if least is not None else pa.array([False] * len(values))
            over = pc.greater(values, most) if most is not None else pa.array([False] * len(values))
            wrong = pc.fill_null(pc.and_(mine, pc.or_(under, over)), False)
            if pc.any(wrong).as_py():
                at = pc.index(wrong, True).as_py()
                raise BadSource(
                    f"{self.file}:{line + at}: column {column!r}: {values[at].as_py():g} "
                    f"{self.d.series[name].unit} is outside the bounds of {name} ({least} to {most}). "
                    "A wrong unit or locale does this; if the value is real, widen the bounds and say why."
                )

    def _units(self, text: pa.RecordBatch, series: pa.Array, value: ValueColumn, line: Lines) -> pa.Array:
        coded = series.dictionary_encode()
        names = coded.dictionary.to_pylist()
        strange = [s for s in names if s not in self.d.series]
        if strange:
            raise BadSource(
                f"{self.file}:{line + pc.index(series, strange[0]).as_py()}: series {strange[0]!r} is not described. "
                "State it with its unit."
            )
        units = pa.array([self.d.series[s].unit for s in names], pa.string()).take(coded.indices)
        if self.unit is not None and self.d.unit_column is not None:
            printed = self.unit(text[self.d.unit_column.column], line)
            differ = pc.not_equal(printed, units)
            if pc.any(differ).as_py():
                at = pc.index(differ, True).as_py()
                raise BadSource(
                    f"{self.file}:{line + at}: column {self.d.unit_column.column!r}: the unit is "
                    f"{printed[at].as_py()!r} and {series[at].as_py()} is described in "
                    f"{units[at].as_py()!r}. "
                    "Convert nothing by hand: describe a second series, or ask the publisher."
                )
        return units

    def _printed(self, text: pa.RecordBatch) -> pa.Array:
        """The row of the publisher's file that read.py names."""
        return pc.cast(text[self.d.row], pa.int32())

    def _status(self, out: dict[str, pa.Array], when: str | None, line: Lines) -> pa.Array:
        status = self._said(out, when, line)
        for name, years in self.incomplete.items():
            mine = pc.equal(out["series"], name)
            hit = pc.and_(mine, pc.is_in(out["period"], value_set=pa.array(years)))
            status = pc.if_else(hit, "incomplete", status)
        return status

    def _said(self, out: dict[str, pa.Array], when: str | None, line: Lines) -> pa.Array:
        if self.d.status_rules:
            return self.by_note(pc.fill_null(out["note"], ""), line)
        if when is not None:
            return _same(self.d.statuses.get(when, self.d.status), len(out["row"]))
        return (
            self.by_period(out["period"], line) if self.d.statuses else _same(self.d.status, len(out["row"]))
        )

    def _noted(self, note: str) -> str:
        fits = (r.status for r in self.d.status_rules if pc.match_substring_regex(note, r.match).as_py())
        return next(fits, self.d.status)

    def _word(self, said: str | FromColumn | None) -> "Words | str":
        if not isinstance(said, FromColumn):
            return said or ""
        return Words(self.file, said.column, partial(_listed, said.codes))

    def _period(self, vintage: str) -> "Words | str":
        p = self.d.period
        if p.edition is not None:
            return self._covered(vintage or self.d.name_of_vintage)
        if p.column is None:
            return p.fixed or ""
        return Words(self.file, p.column, self._covered)

    def _covered(self, text: str) -> str:
        p = self.d.period
        name = p.codes.get(text) or p.prefix + self._named(text)
        span = period(name)
        first, last = self.d.covers.span
        if span.start.year < first - bool(p.prefix) or span.end.year > last:
            raise BadPeriod(
                f"{name} is outside the years described ({self.d.covers.years}). "
                "If the edition is new, widen `covers.years` and look for changes of format first."
            )
        return name

    def _named(self, text: str) -> str:
        p = self.d.period
        if not p.dates:
            return text.strip()
        day = dates.day(text, p.dates)
        return str(day.year) if p.every == "year" else f"{day:%Y-%m}"

    def _column(self, said: "Words | str", text: pa.RecordBatch, line: Lines) -> pa.Array:
        return _same(said, text.num_rows) if isinstance(said, str) else said(text[said.column], line)


def _observations(
    d: SourceDescription, path: Path, gazetteer: Gazetteer | None, vintage: str
) -> Iterator[pa.RecordBatch]:
    reader = _Reader(d, path, gazetteer, vintage)
    rows = (row for line, text in tabular.batches(d, path) for row in reader.rows(line, text))
    if d.layout == "events":
        try:
            yield events.added(rows)
        except pa.ArrowInvalid as fault:
            raise BadSource(
                f"{path.name}: a column holds a number with more digits than can be added up ({str(fault)[:80]}). State the "
                "most that is possible (`series: {...: {most: ...}}`), and the refusal names the row."
            ) from None
        return
    yield from rows
    reader.keys.close()


def _listed(codes: dict[str, str], text: str) -> str:
    if not codes:
        if not text.strip():
            raise LookupError("the cell is empty, and the row cannot be read without it. Ask the publisher.")
        return text.strip()
    if text not in codes:
        shown = sorted(codes) if len(codes) <= _LISTED else get_close_matches(text, codes, n=3)
        many = f"{len(codes)} texts described, the nearest" if len(codes) > _LISTED else "texts described"
        raise LookupError(
            f"{reprlib.repr(text)} is not among the {many} ({', '.join(shown) or 'none is near'}). "
            "Add it to `codes` of the column once you know what it means."
        )
    return codes[text]


def _blank_is_null(text: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(text, ""), _NO_TEXT, text)


def _same(value: str | float | pa.Scalar | None, n: int) -> pa.Array:
    return pa.repeat(value if value is not None else _NO_TEXT, n)
