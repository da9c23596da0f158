"""The path: vintages in, answers and pages out. Read this first; every room meets here and nowhere else.

run      read the case, reconcile its vintages, keep them, judge, publish
answer   one of the three questions, or a trace
check    every source against what was published
verify   a publisher's file against the vintage made from it
keep     a publisher's file becomes a vintage
init     another case
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vereda import __version__, cooperation, publication, sources
from vereda.errors import BadPeriod, BadRequest, NotReconciled, WaitingForData
from vereda.pipeline import questions
from vereda.pipeline.desk import Desk
from vereda.pipeline.tracing import Tracer
from vereda.store import Store, load_state, save_state, write_files, write_outputs
from vereda.terms.answer import Edition
from vereda.terms.cooperation import Register
from vereda.terms.indicator import REGISTRY
from vereda.terms.period import known_on
from vereda.terms.place import Gazetteer
from vereda.terms.source import Batch, Check, SourceCard, Vintage

PACKAGE = Path(__file__).resolve().parents[1]
STATE = "state.json"


@dataclass(frozen=True)
class Reply:
    """What a command prints: for people, and as JSON."""

    shown: tuple[RenderableType, ...]
    json: Any = None


def show(reply: Reply) -> None:
    """Print for people."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)  # a file or a pipe has no width of its own
    for part in reply.shown:
        console.print(part)


# ---- the case ---------------------------------------------------------------------------------------------


def find_case(name: str) -> Path:
    """The folder of a case: a path, or the name of a case in `cases/` or one that comes with vereda."""
    places = [Path(name), Path("cases") / name, PACKAGE / "cases" / name, PACKAGE.parents[1] / "cases" / name]
    for folder in places:
        if (folder / "case.yml").is_file():
            return folder
    raise BadRequest(
        f"There is no case {name!r}: looked for case.yml in {', '.join(str(p) for p in places[:2])} and in vereda itself. "
        "Name the folder of a case, or start one with `vereda init NAME`."
    )


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
        """Places of the case: its gazetteer's, and those that single datasets declare."""
        lists = [
            self.batches[n] for n, d in self.descriptions.items() if d.kind == "places" and n in self.batches
        ]
        if not lists:
            return Gazetteer()
        return sources.gazetteer(lists[0], *self.descriptions.values())

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


# ---- run --------------------------------------------------------------------------------------------------


def run(folder: Path, build: Path, lang: str = "en", fresh: bool = False) -> Reply:
    """Build a case: reconcile, keep, judge, publish. Nothing that fails a check is stored or published."""
    stamp = _stamp(folder)
    workspace = build / _case_id(folder)
    state = load_state(workspace / STATE)
    site = workspace / "site" / "index.html"
    whole = state.get("site") == _sizes(workspace / "site")
    if not fresh and state.get("stamp") == stamp and whole and f"scorecard_{lang}" in state:
        return Reply((state[f"scorecard_{lang}"], f"Nothing changed since the last run. The site: {site}"))
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
        task = bar.add_task("reading the case", total=100)

        def step(words: str, done: float) -> None:
            bar.update(task, description=words, completed=done)

        study = _reconciled(folder)
        step("keeping the vintages", 15)
        with Store.open(workspace) as store:
            _ingest(study, store)
            step("judging the commitments", 30)
            told, tracer = edition(study, store, study.register.case.as_of)
            step("drawing the pages", 45)
            pages = publication.site(
                told, tracer, progress=lambda words, i, n: step(words, 45 + 50 * i / max(n, 1))
            )
            write_outputs(workspace / "site", pages)
            cards = {f"scorecard_{lg}": _plain(publication.scorecard_text(told, lg)) for lg in ("en", "es")}
            save_state(
                workspace / STATE,
                {"stamp": stamp, "site": _sizes(workspace / "site"), "headline": _headline(told), **cards},
            )
    shown = publication.scorecard_text(told, lang)
    return Reply((*shown, f"{len(pages)} pages and files. Open {site}"))


def _plain(shown: list[RenderableType]) -> str:
    console = Console(width=100, record=True, file=StringIO())
    for part in shown:
        console.print(part)
    return console.export_text()


def _case_id(folder: Path) -> str:
    return cooperation.read(folder).case.id


def _sizes(site: Path) -> str:
    """A hash of the names and sizes of the published files, to notice one that was lost or cut."""
    found = sorted(f"{p.relative_to(site)} {p.stat().st_size}" for p in site.rglob("*") if p.is_file())
    return sha256("\n".join(found).encode()).hexdigest()


def _stamp(folder: Path) -> str:
    """A hash of everything a build depends on: the case's files and our own code."""
    digest = sha256(__version__.encode())
    for root, patterns in (
        (folder, ("*",)),
        (PACKAGE, ("*.py", "*.yml", "*.po", "*.html", "*.css", "*.xml")),
    ):
        paths = sorted({p for pattern in patterns for p in root.rglob(pattern) if p.is_file()})
        for path in paths:
            if "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(root)).encode())
                digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _reconciled(folder: Path) -> Study:
    study = Study(folder)
    study.missing()
    wrong = study.failed()
    if wrong:
        raise NotReconciled("These figures do not reconcile; nothing was stored:\n  " + "\n  ".join(wrong))
    return study


def _ingest(study: Study, store: Store) -> None:
    """Make the store hold the editions of the case, all of them and no others."""
    wanted = {
        batch.vintage.content: batch
        for name, held in study.editions.items()
        for batch in held
        if study.descriptions[name].kind == "observations"
    }
    for vintage in store.vintages():
        if vintage.content not in wanted:
            store.retract(vintage)
    for batch in wanted.values():
        store.append(batch)


def _edition(table: Path) -> date:
    try:
        return known_on(table.stem)
    except BadPeriod:
        raise BadPeriod(
            f"{table} is named after no date. Name a vintage by year, month or day: {table.parent / '2026-02.parquet'}."
        ) from None


def edition(study: Study, store: Store, as_of: str) -> tuple[Edition, Tracer]:
    """Everything one publication tells, as the data stood on a day."""
    desk = _desk(study, store, as_of)
    tracer = Tracer(desk)
    agreed = questions.agreed(desk)
    tracer.register = questions.register_steps(desk, agreed, tracer)
    told = Edition(
        study.register, as_of, study.gazetteer, agreed, questions.done(desk), questions.changed(desk, tracer),
        tuple(study.cards.values()), _geometry(study),
        {code: questions.done(desk, code) for code in questions.priority_places(desk)},
    )  # fmt: skip
    return told, tracer


def _desk(study: Study, store: Store, as_of: str) -> Desk:
    day = _day(as_of)
    named = {*study.register.case.series, *(need for rule in REGISTRY.values() for need in rule.needs)}
    wanted = [series for series in store.series() if series in named]  # the rest is kept, not shown
    vintages = {(v.dataset, v.sha256): v for v in store.vintages()}
    absences = {
        series: description.absent
        for name, description in study.descriptions.items()
        if name in study.batches and description.covers.level == "municipality"
        for series in description.series
        if description.absent.means == "zero"
    }
    return Desk(
        study.register, study.gazetteer, store.read(wanted, as_of=day), study.cards, vintages, as_of, absences
    )


def _geometry(study: Study) -> str | None:
    for name, description in study.descriptions.items():
        if description.kind == "geometry":
            for path in sorted((study.folder / "local" / name).glob("*.geojson"), reverse=True):
                return path.read_text(encoding="utf-8")
    return None


def _day(text: str, option: str = "--as-of") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(f"{option} takes a day like 2018-12-31, and {text!r} is none.") from None


# ---- the questions ----------------------------------------------------------------------------------------


def answer(
    question: str, folder: Path, build: Path, *, place: str | None = None, as_of: str | None = None,
    lang: str = "en", between: str | None = None, key: str = "",
) -> Reply:  # fmt: skip
    """One of the three questions, or a trace. The workspace is filled first where it is not."""
    study = _reconciled(folder)
    day = as_of or study.register.case.as_of
    with Store.open(build / study.register.case.id) as store:
        _ingest(study, store)
        desk = _desk(study, store, day)
    tracer, names = Tracer(desk), _names(study, lang)
    if question == "agreed":
        found: Any = questions.agreed(desk, place)
        return Reply(tuple(publication.agreed_text(found, lang, names)), publication.as_json(found))
    if question == "done":
        found = questions.done(desk, place)
        return Reply(tuple(publication.done_text(found, lang, names)), publication.as_json(found))
    if question == "changed":
        if between is not None:
            start, dash, end = between.partition("-")
            if not (dash and start.isdigit() and end.isdigit() and start < end):
                raise BadRequest(f"--between takes two years, the earlier first: 2001-2009, not {between!r}.")
            found = questions.flow(desk, tracer, start, end, place)
            return Reply(tuple(publication.flow_text(found, lang)), publication.as_json(found))
        found = questions.changed(desk, tracer, place)
        return Reply(
            tuple(publication.changed_text(found, lang, names)), publication.as_json(replace(found, maps=()))
        )
    tracer.register = questions.register_steps(desk, questions.agreed(desk), tracer)
    step = tracer.whole(key)
    return Reply(tuple(publication.trace_text(step, lang)), publication.as_json(step))


def _names(study: Study, lang: str) -> dict[str, str]:
    """What people call an estimator, a place, or a training figure, by its id or key."""
    case = study.register.case
    found = {code: place.name for code, place in study.gazetteer.places.items()}
    found |= {name: said.say(lang) for name, said in case.estimators.items()}
    for entry in study.register.trainings:
        measure = case.words[entry.measure].say(lang) if entry.measure in case.words else entry.measure
        parts = (measure, entry.group.say(lang), entry.qualifier and entry.qualifier.say(lang))
        found[f"training@{entry.id}"] = ", ".join(part for part in parts if part)
    return found


# ---- sources ----------------------------------------------------------------------------------------------


def check(folder: Path, lang: str = "en") -> tuple[Reply, bool]:
    """Every source against what was published; True if one failed, or has no vintage and must."""
    study = Study(folder)
    cards = tuple(study.cards.values())
    absent = {*study.register.case.datasets} - {*study.editions}
    reply = Reply(tuple(publication.checks_text(cards, lang)), publication.as_json(cards))
    return reply, bool(study.failed() or absent)


def verify(folder: Path, files: Path, dataset: str | None = None) -> tuple[Reply, bool]:
    """Read the publishers' files again and compare each with its vintage; True if one differs or is not there."""
    study = Study(folder)
    if dataset is not None and dataset not in study.descriptions:
        raise BadRequest(
            f"{dataset!r} is no dataset of this case. There are: {', '.join(study.descriptions)}."
        )
    if not files.is_dir():
        raise BadRequest(f"{files} is not a folder. Name the folder that holds the publishers' files.")
    lines: list[str] = []
    bad = False
    for name in [dataset] if dataset else list(study.batches):
        batch = study.batches.get(name)
        if batch is None:
            raise WaitingForData(f"{name} has no vintage yet; `vereda keep {name} FILE` makes one.")
        found = sorted(files.rglob(Path(batch.vintage.file).name))
        right = next((p for p in found if sha256(p.read_bytes()).hexdigest() == batch.vintage.sha256), None)
        path = right or (found[0] if found else None)
        if path is None:
            lines.append(f"[yellow]not here[/]  {name}: no {batch.vintage.file} under {files}")
            bad = True  # what was not compared was not verified
            continue
        report = sources.verify(study.descriptions[name], path, batch, study.gazetteer)
        bad |= not report.agrees
        bytes_say = "same bytes" if report.same_bytes else "other bytes than the vintage was made from"
        lines.append(
            f"{'[green]agrees[/]' if report.agrees else '[red]differs[/]'}    {name}: {bytes_say}; {report.cells:,} cells compared"
        )
        lines.extend(f"             {difference}" for difference in report.differences)
    return Reply(tuple(lines)), bad


def keep(folder: Path, dataset: str, file: Path, vintage: str, read_on: str | None = None) -> str:
    """Read a publisher's file, reconcile it and write it as a vintage of the case; says what was done."""
    bare = cooperation.read(folder).case
    description = sources.describe(dataset, folder / "sources")
    gazetteer = None
    if description.kind != "places":
        gazetteer = Study(folder).gazetteer if bare.gazetteer else None
    if not file.is_file():
        raise BadRequest(f"{file} is not a file. Name the publisher's file ({description.file}).")
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", vintage):
        raise BadPeriod(f"--vintage takes a year, month or day (2026, 2026-02, 2026-02-20), not {vintage!r}.")
    known_on(vintage)
    day = _day(read_on, "--read-on").isoformat() if read_on else datetime.now(UTC).date().isoformat()
    if PACKAGE in folder.resolve().parents:
        raise BadRequest(
            f"{folder} came with the program and is not written to. Copy the case, and name the copy."
        )
    where = folder / ("vintages" if description.terms == "open" else "local") / dataset
    note = (
        ""
        if description.terms == "open"
        else " Its terms are not stated: keep it out of what you publish as files."
    )
    if description.terms != "open":
        write_files(folder / "local", {".gitignore": "*\n"})
    if description.kind == "geometry":
        polygons = sources.geometry(description, file, gazetteer)
        sha, size = sources.fingerprint(file)
        said = Vintage(
            dataset, vintage, file.name, sha, size, day, sources.READER, polygons.count('"Feature"'),
            sha256(polygons.encode()).hexdigest(),
        )  # fmt: skip
        documents = {f"{vintage}.geojson": polygons, f"{vintage}.json": json.dumps(asdict(said), indent=1)}
        write_files(where, documents)
        return f"Kept {dataset} {vintage} in {where}; maps are now drawn with it.{note}"
    table, _ = sources.bring(description, file, gazetteer, vintage)
    content, sidecar = sources.vintage(description, table, file, day, vintage)
    write_files(where, {f"{vintage}.parquet": content, f"{vintage}.yml": sidecar})
    return f"Kept {dataset} {vintage}: {table.num_rows:,} rows in {where}.{note}"


def init(name: str, into: Path) -> Path:
    """Another case, with made-up places and figures, that runs at once."""
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise BadRequest(f"{name!r} cannot name a case. Use letters, digits and hyphens: eu-peru.")
    folder = into / name
    if folder.exists():
        raise BadRequest(f"{folder} is there already; choose another name or move it away.")
    starter = PACKAGE / "starter"
    write_files(
        folder,
        {
            str(path.relative_to(starter)): path.read_text(encoding="utf-8").replace("NAME", name)
            for path in sorted(starter.rglob("*"))
            if path.suffix in {".yml", ".csv"}
        },
    )
    for dataset, file in (("made-up-places", "places.csv"), ("made-up-plots", "plots.csv")):
        keep(folder, dataset, folder / "files" / file, "2025-01-01", "2025-01-01")
    return folder


# ---- the headline -----------------------------------------------------------------------------------------


def headline(folder: Path, build: Path) -> dict[str, Any]:
    """The values the first page opens with, as the last run stored them."""
    state = load_state(build / _case_id(folder) / STATE)
    if "headline" not in state:
        raise BadRequest(f"{folder} has not been run yet: vereda run {folder}")
    return dict(state["headline"])


def _headline(told: Edition) -> dict[str, Any]:
    by_promise = {
        p.id: {
            "state": p.state,
            "readings": [
                {
                    "commitment": c.entry.id,
                    "baseline": r.baseline and r.baseline.value,
                    "target": r.target and r.target.value,
                    "actual": r.actual and r.actual.value,
                    "change_percent": None
                    if r.change is None or r.change.value is None
                    else round(r.change.value, 1),
                    "state": r.state,
                }
                for c in p.commitments
                for r in c.readings
            ],
        }
        for p in told.agreed.promises
    }
    newest = {
        f"{answer.id}@{answer.place}": [answer.current[-1].period, answer.current[-1].value]
        for answer in told.changed.indicators
        if answer.current
    }
    return {"as_of": told.as_of, "promises": by_promise, "newest": newest}


def differences(found: Mapping[str, Any], expected: Mapping[str, Any], at: str = "") -> list[str]:
    """Where two nested values differ, in words; numbers may differ by one part in a thousand million."""
    lines: list[str] = []
    for key in sorted({*found, *expected}):
        one, other, where = found.get(key), expected.get(key), f"{at}{key}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            lines.extend(differences(one, other, f"{where}."))
        elif not _same(one, other):
            lines.append(f"{where} is {json.dumps(one)}, expected {json.dumps(other)}")
    return lines


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and not isinstance(one, bool):
        return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return not differences(one, other)
    return bool(one == other)
