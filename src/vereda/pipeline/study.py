"""A case on the table: its folder, register, sources, editions and checks."""

import json
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from vereda import cooperation, sources
from vereda.errors import BadPeriod, NotReconciled, WaitingForData
from vereda.pipeline.folders import PACKAGE, find_case
from vereda.terms.cooperation import Register
from vereda.terms.indicator import REGISTRY
from vereda.terms.period import known_on
from vereda.terms.place import Gazetteer
from vereda.terms.source import Batch, Check, SourceCard, Vintage

STATE = "state.json"
__all__ = ["PACKAGE", "STATE", "Study", "case_id", "day_of", "find_case", "reconciled"]


class Study:
    """A case on the table: its register, its sources and their vintages, read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.register: Register = self._register()

    def _register(self) -> Register:
        bare = cooperation.read(self.folder).case  # who the sources are; places and series are checked below
        names = (*bare.datasets, *bare.optional_datasets)
        self.descriptions = {name: sources.describe(name, self.folder / "sources") for name in names}
        known = {series for description in self.descriptions.values() for series in description.series}
        known |= {row for name in bare.datasets for row in self._series_held(name)}
        return cooperation.read(self.folder, self.gazetteer, known | set(REGISTRY))

    def _series_held(self, dataset: str) -> set[str]:
        batch = self.batches.get(dataset)
        if batch is None or self.descriptions[dataset].kind != "observations":
            return set()
        return set(batch.observations.column("series").unique().to_pylist())

    @property
    def batches(self) -> dict[str, Batch]:
        """The newest vintage of every dataset that has one."""
        return {name: held[-1] for name, held in self.editions.items()}

    @cached_property
    def editions(self) -> dict[str, list[Batch]]:
        """Every vintage held, oldest first; each is checked against its sidecar's hash."""
        found: dict[str, list[Batch]] = {}
        for name in self.descriptions:
            tables = [
                t for where in ("vintages", "local") for t in (self.folder / where / name).glob("*.parquet")
            ]
            tables.sort(key=lambda table: (_edition(table), table.stem))
            if tables:
                found[name] = [sources.read_vintage(table, table.with_suffix(".yml")) for table in tables]
        return found

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """Places of the case: those of every list held, and those that single datasets declare."""
        lists = [
            self.batches[n] for n, d in self.descriptions.items() if d.kind == "places" and n in self.batches
        ]
        if not lists:
            return Gazetteer()
        return sources.gazetteer(
            pa.concat_tables([b.observations for b in lists]), *self.descriptions.values()
        )

    @property
    def neighbours(self) -> list[tuple[str, str]]:
        """Pairs of municipalities that touch, from every list of them that is held."""
        lists = [
            self.batches[n].observations
            for n, d in self.descriptions.items()
            if d.kind == "adjacency" and n in self.batches
        ]
        return [
            pair
            for one in lists
            for pair in zip(one.column("a").to_pylist(), one.column("b").to_pylist(), strict=True)
        ]

    @cached_property
    def checks(self) -> dict[str, tuple[Check, ...]]:
        """What every vintage held says against what was published; older editions are named."""
        return {
            name: tuple(
                check if batch is held[-1] else replace(check, name=f"{check.name} ({batch.vintage.name})")
                for batch in held
                for check in sources.check(self.descriptions[name], batch.observations, self.gazetteer)
            )
            for name, held in self.editions.items()
        }

    @property
    def cards(self) -> dict[str, SourceCard]:
        """What is printed about each dataset; those without a vintage wait for data."""
        return {
            name: sources.card(
                description,
                self.batches[name].vintage if name in self.batches else self._polygons(name),
                self.checks.get(name, ()),
            )
            for name, description in self.descriptions.items()
        }

    @cached_property
    def inspected(self) -> dict[str, SourceCard]:
        """The cards, and for each dataset held its years and what the stated rules found in its newest vintage."""
        found = self.cards
        for name, held in self.editions.items():
            d, each = self.descriptions[name], [batch.observations for batch in held]
            signs = (*sources.inspect(d, each[-1], self.gazetteer), sources.revisions(d, each))
            found[name] = replace(found[name], years=sources.span(each[-1]), signs=signs)
        tables = [(self.descriptions[name], held[-1].observations) for name, held in self.editions.items()]
        for name, rest in groupby(sources.remainders(tables, self.gazetteer), key=lambda r: r.dataset):
            found[name] = replace(found[name], remainders=tuple(rest))
        for name, d in self.descriptions.items():
            if d.kind == "geometry" and (text := self.polygons(name)):
                found[name] = replace(found[name], signs=sources.polygon_signs(d, text, self.gazetteer))
        return found

    def polygons(self, dataset: str) -> str | None:
        """The GeoJSON text of the newest edition kept locally, if there is one."""
        held = sorted((self.folder / "local" / dataset).glob("*.geojson"))
        return held[-1].read_text(encoding="utf-8") if held else None

    def _polygons(self, dataset: str) -> Vintage | None:
        """The edition of a geometry kept locally, if there is one."""
        held = sorted((self.folder / "local" / dataset).glob("*.json"))
        return Vintage(**json.loads(held[-1].read_text(encoding="utf-8"))) if held else None

    def missing(self) -> None:
        """WaitingForData if a dataset the case cannot do without has no vintage."""
        for name in sorted({*self.descriptions} - {*self.batches}):
            if name in self.register.case.datasets:
                d = self.descriptions[name]
                raise WaitingForData(
                    f"Waiting for data: {name} ({d.publisher}, {d.title}). Get the publisher's file ({d.file}) from "
                    f"{d.address} and run: vereda keep {name} FILE --vintage {d.name_of_vintage or 'YYYY-MM'} --case {self.folder}"
                )

    def failed(self) -> list[str]:
        """Every check that failed, in words."""
        return [
            f"{name}: {check.name}: found {check.found:,.1f}, published {check.expected:,.1f} {check.unit}. {check.note}"
            if check.found is not None and check.expected is not None
            else f"{name}: {check.name}. {check.note}"
            for name, checks in self.checks.items()
            for check in checks
            if check.state == "failed"
        ]


def case_id(folder: Path) -> str:
    """The id of the case in a folder; workspaces are named after it."""
    return cooperation.read(folder).case.id


def reconciled(folder: Path) -> Study:
    """A case whose every required vintage is held and adds up; WaitingForData or NotReconciled otherwise."""
    study = Study(folder)
    study.missing()
    wrong = study.failed()
    if wrong:
        raise NotReconciled("These figures do not reconcile; nothing was stored:\n  " + "\n  ".join(wrong))
    return study


def _edition(table: Path) -> date:
    try:
        return known_on(table.stem)
    except BadPeriod:
        raise BadPeriod(
            f"{table} is named after no date. Name a vintage by year, month or day: {table.parent / '2026-02.parquet'}."
        ) from None


def day_of(text: str, option: str = "--as-of") -> date:
    """A day typed by a person; BadPeriod names the option it was typed for."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(f"{option} takes a day like 2018-12-31, and {text!r} is none.") from None
