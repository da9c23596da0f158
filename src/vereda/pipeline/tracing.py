"""The way back: from a trace key to the cells, files and publishers behind the number."""

import re
from collections.abc import Sequence
from dataclasses import replace

from vereda.errors import NoTrace
from vereda.pipeline.desk import Desk
from vereda.pipeline.held import Division, Key, Row, Sum, Tally
from vereda.terms.figure import Figure, Step
from vereda.terms.indicator import REGISTRY
from vereda.terms.period import period
from vereda.terms.place import many
from vereda.terms.source import SourceCard, Vintage

_IN_SHEET = re.compile(r"(?P<letters>[A-Z]{1,3}) \((?P<header>.+)\)")  # how a column of a worksheet is named
FLOWS = ("rises", "falls", "net", "offset")


class Tracer:
    """Answers a trace key with the tree of steps behind it; NoTrace where there is no way back.

    A step that is itself computed carries its key and is not opened: ask again with that key, or use `whole`.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.register: dict[str, Step] = {}  # verdict@C02, change@C02:1, ... once the commitments are judged
        self._documents = {document.id: document for document in desk.register.documents}

    def __call__(self, key: str) -> Step:
        """The tree behind one key."""
        if key in self.register:
            return self.register[key]
        asked = Key.read(key)
        name = asked.indicator
        head, _, tail = name.rpartition("_")
        if tail in FLOWS and f"{head}_flows" in REGISTRY:
            return self._flow(asked, head)
        rule = REGISTRY.get(name)
        if rule is not None and rule.over in ("departments", "municipalities"):
            return self._set(asked)
        if rule is not None and rule.over == "place" and rule.needs != (name,):
            return self._indicator(asked)
        return self._series(asked)

    def whole(self, key: str) -> Step:
        """The tree with every computed step opened down to cells."""
        return self._open(self(key), frozenset({key}))

    def _open(self, step: Step, seen: frozenset[str]) -> Step:
        inputs = step.inputs
        if step.kind == "year":
            return step  # the years of a panel: thousands of cells, each year by its own key
        if not inputs and step.key and step.key not in seen:
            inputs = self(step.key).inputs
            seen = seen | {step.key}
        # The addends of a sum share its vintage, told once beside them.
        told = any(child.kind == "vintage" for child in inputs)
        opened = (
            child if told and child.kind == "observation" else self._open(child, seen) for child in inputs
        )
        return replace(step, inputs=tuple(opened))

    # ---- one kind of number each ------------------------------------------------------------------------

    def _series(self, asked: Key) -> Step:
        figure = self._pick(asked)
        total = self.desk.sum(asked.indicator, asked.place, asked.period)
        if total is not None and str(Key.read(figure.trace)) == self._sum_key(asked, total):
            return self._sum(asked, figure, total)
        rows = [r for r in self.desk.rows(asked.indicator, asked.place, asked.period) if _is(r, figure)]
        return self._observation(rows[0], open_up=True) if rows else self._zero(asked, figure)

    def _sum_key(self, asked: Key, total: Sum) -> str:
        lead = total.tally
        return str(Key(asked.indicator, asked.place, asked.period, lead.estimator, lead.vintage, lead.source))

    def _pick(self, asked: Key) -> Figure:
        found = [
            figure
            for figure in self.desk.candidates(asked.indicator, asked.place, asked.period)
            if (asked.estimator in ("", figure.estimator))
            and (asked.vintage in ("", figure.vintage))
            and (asked.source in ("", figure.source))
        ]
        if not found:
            raise NoTrace(self._nothing(asked))
        return found[0]

    def _nothing(self, asked: Key) -> str:
        desk = self.desk
        desk.gazetteer.get(asked.place, "trace")
        desk.known(asked.indicator)
        held = desk.periods(asked.indicator, asked.place)
        if (unit := desk.without_sum(asked.indicator, asked.place)) is not None:
            return (
                f"{asked.indicator} is in {unit}, which has no sum over places: {desk.place_name(asked.place)} has no "
                "figure of its own. Ask for a municipality."
            )
        span = (
            f"Held there: {held[0]} to {held[-1]} ({len(held)} periods)."
            if held
            else "Nothing is held there."
        )
        return f"No figure answers {str(asked)!r} as of {desk.as_of}. {span}"

    def _sum(self, asked: Key, figure: Figure, total: Sum) -> Step:
        rows = self.desk.addends(asked.indicator, asked.period, total)
        placed = [row for row in rows if self.desk.is_finest(row.place)]
        how = f"sum of {len(placed)} {self._finest(placed)}" if placed else "sum of"
        if total.partial:
            how += f"; not all places: {len(placed)}/{total.partial}"
        if len(placed) < len(rows):
            how += f"; {len(rows) - len(placed)} more in none of them, known by department or country alone"
        if total.uncollected:
            how += f"; {total.uncollected} are not covered by the publisher and are in no total"
        addends = tuple(self._observation(row) for row in rows)
        return _banded(
            Step(
                "sum", self._title(asked), how, figure.trace, figure.value, figure.unit, figure.status,
                (*addends, self._vintage(total.tally, asked)),
            ), figure,
        )  # fmt: skip

    def _finest(self, rows: Sequence[Row]) -> str:
        """What the addends of a sum are called: municipalities, districts."""
        return many(self.desk.gazetteer.get(rows[0].place).level)

    def _observation(self, row: Row, open_up: bool = False) -> Step:
        figure = self.desk.cell(row)
        ends: tuple[Step, ...] = ()
        if open_up:
            ends = (*self._claims(row.source), self._vintage(row, Key(row.series, row.place, row.period)))
        title = f"{row.series} · {self.desk.place_name(row.place)} · {row.period}"
        note = "; ".join(
            part
            for part in (figure.status, row.confidence and f"{row.confidence} confidence", figure.note)
            if part
        )
        return _banded(
            Step("observation", title, where(row), figure.trace, figure.value, row.unit, note, ends), figure
        )

    def _zero(self, asked: Key, figure: Figure) -> Step:
        table = self.desk.table(asked.indicator, asked.place, asked.period)
        if table is None:
            raise NoTrace(self._nothing(asked))
        edition = self._vintage(table, asked)
        return Step(
            "observation", self._title(asked), "no row: declared in the dataset's description", figure.trace,
            figure.value, figure.unit, figure.note, (edition,),
        )  # fmt: skip

    def _indicator(self, asked: Key) -> Step:
        figure = self.desk.best(asked.indicator, asked.place, asked.period)
        if figure is None:
            raise NoTrace(self._nothing(asked))
        rule = REGISTRY[asked.indicator]
        inputs = tuple(self._input(need, asked.place, asked.period) for need in rule.needs)
        return _banded(
            Step(
                "indicator", self._title(asked), rule.definition, figure.trace, figure.value, figure.unit,
                figure.note or figure.status, inputs,
            ), figure,
        )  # fmt: skip

    def _input(self, series: str, place: str, when: str) -> Step:
        """A figure a computed one was made from: its cell if it is one, else a step to ask for again."""
        figure = self.desk.best(series, place, when)
        if figure is None:
            return Step("observation", f"{series} · {self.desk.place_name(place)} · {when}", "not held")
        rows = [r for r in self.desk.rows(series, place, when) if _is(r, figure)]
        total = self.desk.sum(series, place, when)
        asked = Key.read(figure.trace)
        if total is not None and str(asked) == self._sum_key(asked, total):
            step = Step("sum", self._title(asked), "", figure.trace, figure.value, figure.unit, figure.status)
            return _banded(step, figure)
        return self._observation(rows[0], open_up=True) if rows else self._zero(asked, figure)

    def _set(self, asked: Key) -> Step:
        rule, desk = REGISTRY[asked.indicator], self.desk
        series, country = rule.needs[0], desk.register.case.country
        division = desk.division(series)
        if division is None or not (division.summed or rule.over == "departments"):
            raise NoTrace(self._nothing(asked))
        codes = desk.municipalities() if rule.over == "municipalities" else division.places
        area = desk.values(series, codes, asked.period, division.estimator)
        if not (area >= 0).any():
            raise NoTrace(self._nothing(asked))
        held = [(code, float(v)) for code, v in zip(codes, area, strict=True) if v >= 0]
        result = rule.formula(area[area >= 0])
        if rule.role == "share":
            value = dict(zip((c for c, _ in held), result, strict=True)).get(asked.place)
            if value is None:
                raise NoTrace(self._nothing(asked))
            result, held = value, [pair for pair in held if pair[0] in (asked.place,)]
            own = self._input(series, asked.place, asked.period)
            inputs: tuple[Step, ...] = (own, *self._national(division, series, asked.period))
        elif rule.role == "top":
            top = sorted(held, key=lambda pair: -pair[1])[:10]
            inputs = (
                *(self._input(series, code, asked.period) for code, _ in top),
                self._sum_input(series, country, asked.period),
            )
        else:
            inputs = tuple(self._input(series, code, asked.period) for code, v in held if v > 0)
        return Step(
            "indicator", self._title(asked), rule.definition, str(asked), float(result), rule.unit, "", inputs
        )

    def _national(self, division: Division, series: str, when: str) -> tuple[Step, ...]:
        """What a share is a share of: the country's sum, or the parts as they are printed."""
        if division.summed:
            return (self._input(series, self.desk.register.case.country, when),)
        return tuple(self._input(series, code, when) for code in division.places)

    def _sum_input(self, series: str, place: str, when: str) -> Step:
        total = self.desk.sum(series, place, when)
        if total is None:
            return self._input(series, place, when)
        lead = total.tally
        key = Key(series, place, when, lead.estimator, lead.vintage, lead.source)
        return Step("sum", self._title(key), "", str(key), total.value, lead.unit)

    def _flow(self, asked: Key, head: str) -> Step:
        desk, series = self.desk, REGISTRY[f"{head}_flows"].needs[0]
        span = period(asked.period)
        start, end = str(span.start.year), str(span.end.year)
        codes = desk.gazetteer.parts(asked.place)
        before, after = desk.values(series, codes, start), desk.values(series, codes, end)
        both = (before >= 0) & (after >= 0)
        if not both.any():
            raise NoTrace(self._nothing(asked))
        flows = REGISTRY[f"{head}_flows"].formula(before[both], after[both])
        part = asked.indicator.rpartition("_")[2]
        unit = "ratio" if part == "offset" else REGISTRY[f"{head}_flows"].unit
        inputs = tuple(
            self._input(series, code, year)
            for code, moved, held in zip(codes, after - before, both, strict=True)
            if held and moved != 0
            for year in (start, end)
        )
        rule = REGISTRY[f"{head}_flows"].definition
        return Step("indicator", self._title(asked), rule, str(asked), getattr(flows, part), unit, "", inputs)

    # ---- the ends of the way ------------------------------------------------------------------------------

    def _claims(self, source: str) -> tuple[Step, ...]:
        document = self._documents.get(source)
        if document is None:
            return ()
        title = f"{document.publisher}: {document.title} ({document.date})"
        return (Step("claim", title, document.address, note=document.kind),)

    def _vintage(self, row: Row | Tally, asked: Key) -> Step:
        """The edition a number is of, the file it was read from, and who published it."""
        card, v = self.desk.cards.get(row.dataset), self.desk.vintages.get((row.dataset, row.file_sha256))
        if card is None or v is None:
            raise NoTrace(f"The edition behind {asked} is not held; run `vereda run` again.")
        return held_edition(card, v)

    def _title(self, key: Key) -> str:
        return f"{key.indicator} · {self.desk.place_name(key.place)} · {key.period}"


def held_edition(card: SourceCard, v: Vintage) -> Step:
    """An edition, the file it was read from, and who published it."""
    publisher = Step(
        "publisher", f"{card.publisher}: {card.title}", card.address, note=f"licence: {card.licence}"
    )
    file = Step(
        "file",
        v.file,
        f"sha256 {v.sha256}, {v.size} bytes",
        note=f"read on {v.read_on} by {v.reader}",
        inputs=(publisher, *(Step("made_from", what, which) for what, which in card.made_from.items())),
    )
    census = card.census.get(v.name)
    note = f"{v.rows} rows" + (f"; census of {census}" if census else "")
    return Step("vintage", f"{card.dataset} {v.name}", f"sha256 {v.content}", note=note, inputs=(file,))


def where(row: Row) -> str:
    """Where an observation is printed: cell of a worksheet, row and column of another file, or page."""
    cell = _IN_SHEET.fullmatch(row.col or "")
    if cell and row.sheet and row.row is not None:
        return f"{row.sheet}!{cell['letters']}{row.row} ({cell['header']})"
    parts = [
        row.sheet and f"sheet {row.sheet}",
        row.row is not None and f"row {row.row}",
        row.col and f"column {row.col}",
        row.page,
    ]
    return ", ".join(str(part) for part in parts if part)


def _banded(step: Step, figure: Figure) -> Step:
    """A step whose number is not printed, with the band of its figure."""
    return step if figure.value is not None else replace(step, low=figure.low, high=figure.high)


def _is(row: Row, figure: Figure) -> bool:
    return (row.estimator, row.vintage, row.source) == (figure.estimator, figure.vintage, figure.source)
