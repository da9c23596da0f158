"""vereda fetch: ask the publishers, keep what arrives whole, and hand it to the same readers as a local file."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from vereda import cooperation, fetching, sources
from vereda.errors import BadRequest, NotFetched, VeredaError
from vereda.fetching import Patience
from vereda.pipeline import intake
from vereda.pipeline.fetch_words import why_not, word
from vereda.pipeline.study import Study
from vereda.sources import Fetchable, SourceDescription
from vereda.store import Arrivals
from vereda.terms.fetching import Arrived
from vereda.terms.place import Gazetteer

TOKEN = "VEREDA_SOCRATA_TOKEN"
FOLDER = "fetched"
#: After these, what arrived is whole in itself and contradicts the server: it is put where nothing reads it.
APART = {"same_page", "endless", "short", "twice", "sums", "not_number", "bad_archive", "too_big"}


@dataclass(slots=True)
class Outcome:
    """What came of one source."""

    dataset: str
    state: str  # fetched, unchanged, failed
    figures: str = "no_reader"  # kept, already, reconciled, no_reader, raw, refused
    vintage: str = ""
    rows: int | None = None
    size: int = 0
    sums: dict[str, tuple[str, str]] = field(default_factory=dict)
    path: Path | None = None
    sha256: str = ""
    url: str = ""
    why: str = ""  # in the reader's language; empty if all went well
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """Whether somebody has to look at it."""
        return self.state == "failed" or self.figures == "refused"


class Fetching:
    """One run over the sources of a case: who was asked, with what patience, in which language."""

    def __init__(
        self,
        folder: Path,
        build: Path,
        lang: str = "en",
        patience: Patience | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        raw: bool = False,
        fresh: bool = False,
    ) -> None:
        self.folder, self.lang, self.now, self.raw, self.fresh = folder, lang, now, raw, fresh
        self.patience = patience or Patience()
        self.case = cooperation.read(folder).case
        self.where = build / self.case.id / FOLDER
        self.named = (*self.case.datasets, *self.case.optional_datasets)

    @cached_property
    def all(self) -> dict[str, Fetchable]:
        """Every source of the case and of the catalogue."""
        return sources.fetchables(self.named, self.folder / "sources")

    @cached_property
    def gazetteer(self) -> Gazetteer | None:
        """The places of the case; none while its gazetteer is not held."""
        return Study(self.folder).gazetteer if self.case.gazetteer else None

    def arrivals(self, dataset: str) -> Arrivals:
        """What was fetched of a dataset so far."""
        return Arrivals(self.where / dataset)

    def run(self, asked: Sequence[Fetchable]) -> list[Outcome]:
        """Fetch each source in turn; one that fails stops no other."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        found = []
        with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
            for one in asked:
                task = bar.add_task(word("asking", self.lang, dataset=one.dataset), total=None)

                def progress(done: int, total: int | None, task: Any = task) -> None:
                    bar.update(task, completed=done, total=total)

                found.append(self.one(one, progress))
                bar.remove_task(task)
        return found

    def one(self, one: Fetchable, progress: fetching.Progress = lambda done, total: None) -> Outcome:
        """Fetch one source, keep its bytes, and read them if it has a reader."""
        held = self.arrivals(one.dataset)
        stamp = f"{self.now():%Y-%m-%dT%H%M%SZ}"
        try:
            with held.alone():
                outcome = self._arrived(one, held, stamp, progress)
        except VeredaError as fault:
            return Outcome(one.dataset, "failed", "never", url=_shown(one), why=why_not(fault, self.lang))
        if outcome.state != "failed":
            self._read(one, outcome)
        return outcome

    # ---- the bytes --------------------------------------------------------------------------------------

    def _arrived(self, one: Fetchable, held: Arrivals, stamp: str, progress: fetching.Progress) -> Outcome:
        assert one.address is not None
        latest = {} if self.fresh else held.latest()
        try:
            got, key = fetching.fetch(
                one.address, held.arrival, latest, progress, self.patience, _token(os.environ.get(TOKEN, ""))
            )
        except NotFetched as fault:
            return self._failed(one, held, stamp, fault)
        record = held.latest()
        if got.state == "unchanged" or got.sha256 == record.get("sha256"):
            held.arrival(key).drop()
            held.note(stamp, {"state": "unchanged", "edition": record.get("edition", "")})
            return self._outcome(one, "unchanged", record, held.file())
        record = _record(one, got, stamp)
        path = held.settle(held.arrival(key), stamp, record)
        held.note(stamp, {"state": "fetched", "edition": path.parent.name})
        return self._outcome(one, "fetched", record, path)

    def _failed(self, one: Fetchable, held: Arrivals, stamp: str, fault: NotFetched) -> Outcome:
        outcome = Outcome(one.dataset, "failed", "never", url=_shown(one), why=why_not(fault, self.lang))
        held.note(stamp, {"state": "failed", "why": fault.why or str(fault)})
        if fault.why in APART:
            apart = held.set_apart(held.arrival(fetching.key_of(_shown(one))), stamp, str(fault))
            if apart is not None:
                outcome.notes.append(word("apart", self.lang, dataset=one.dataset, where=apart))
        return outcome

    def _outcome(self, one: Fetchable, state: str, record: dict[str, Any], path: Path | None) -> Outcome:
        sums = {name: (str(pair[0]), str(pair[1])) for name, pair in record.get("sums", {}).items()}
        outcome = Outcome(
            one.dataset, state, vintage=_edition(record),
            rows=record.get("rows"), size=int(record.get("size", 0)), sums=sums, path=path,
            sha256=str(record.get("sha256", "")), url=str(record.get("asked", "")),
        )  # fmt: skip
        if record.get("copy"):
            outcome.notes.append(word("from_copy", self.lang, dataset=one.dataset, copy=record["copy"]))
        if record.get("not_asked"):
            names = ", ".join(record["not_asked"])
            outcome.notes.append(word("not_asked", self.lang, dataset=one.dataset, names=names))
        return outcome

    # ---- the figures ------------------------------------------------------------------------------------

    def _read(self, one: Fetchable, outcome: Outcome) -> None:
        if one.description is None:
            why = one.listed.no_reader.say(self.lang) if one.listed else ""
            outcome.notes.append(word("why_no_reader", self.lang, dataset=one.dataset, why=why))
            return
        if self.raw or outcome.path is None:
            outcome.figures = "raw"
            return
        if not outcome.vintage:
            outcome.figures = "undated"
            return
        described = _expecting(one.description, outcome.rows)
        try:
            if one.dataset in self.named:
                self._keep(described, outcome)
            else:
                sources.bring(described, outcome.path, self.gazetteer, outcome.vintage)
                outcome.figures = "reconciled"
                outcome.notes.append(word("not_in_case", self.lang, dataset=one.dataset))
        except VeredaError as fault:
            outcome.figures, outcome.why = "refused", str(fault).removeprefix(f"{one.dataset} ")

    def _keep(self, described: SourceDescription, outcome: Outcome) -> None:
        assert outcome.path is not None
        where = self.folder / ("vintages" if described.terms == "open" else "local") / outcome.dataset
        held = (
            sources.read_sidecar(side)
            for side in sorted(where.glob("*.yml"))
            if side.with_suffix(".parquet").is_file()
        )
        if same := next((side for side in held if side.sha256 == outcome.sha256), None):
            outcome.figures, outcome.vintage = "already", same.vintage
            return
        if (where / f"{outcome.vintage}.yml").exists():
            outcome.figures = "refused"
            outcome.why = word(
                "other_bytes",
                self.lang,
                dataset=outcome.dataset,
                vintage=outcome.vintage,
                where=outcome.path,
            )
            return
        intake.keep(self.folder, outcome.dataset, outcome.path, outcome.vintage, None, described)
        outcome.figures = "kept"


def _expecting(d: SourceDescription, rows: int | None) -> SourceDescription:
    """An edition fetched has the rows that its server counted; where it counts none, no fewer than the one described."""
    least = max(d.expect.rows_at_least, d.expect.rows or 1)
    expect = d.expect.model_copy(update={"rows": rows, "rows_at_least": least})
    return d.model_copy(update={"expect": expect})


def _record(one: Fetchable, got: Arrived, stamp: str) -> dict[str, Any]:
    """What stands beside the bytes of an edition."""
    return {
        "dataset": one.dataset,
        "title": one.title,
        "publisher": one.publisher,
        "licence": one.licence,
        "asked": got.url,
        "fetched_at": stamp,
        "published": got.published,
        "file": got.file,
        "sha256": got.sha256,
        "size": got.size,
        "rows": got.rows,
        "sums": {name: [*pair] for name, pair in got.sums.items()},
        "validators": dict(got.validators),
        "copy": got.copy,
        "not_asked": [*got.not_asked],
        "adds_up": one.listed.adds_up if one.listed else "",
        "quirks": [*one.listed.quirks] if one.listed else [],
    }


def _edition(record: dict[str, Any]) -> str:
    """The day the publisher last changed it, else the day it was surely public; empty for a copy of no stated edition."""
    if record.get("copy"):
        return str(record.get("published", ""))
    return str(record.get("published") or str(record.get("fetched_at", ""))[:10])


def _shown(one: Fetchable) -> str:
    return one.address.shown if one.address else one.by_hand


def _token(text: str) -> str:
    """The token from the environment; never shown, not even where it is wrong."""
    if text and not re.fullmatch(r"[\x21-\x7e]{1,200}", text.strip()):
        raise BadRequest(
            f"{TOKEN} holds something that is no token (a line break, a blank, an accent). Set it again."
        )
    return text.strip()
