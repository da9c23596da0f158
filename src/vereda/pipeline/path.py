"""The path: vintages in, answers and pages out.

run      read the case, reconcile its vintages, keep them, judge, evaluate, publish
answer   one of the three questions, or a trace
evaluate because of what: the evaluation plans of a case
check    every source against what was published
verify   a publisher's file against the vintage made from it
keep     a publisher's file becomes a vintage
init     another case
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from hashlib import sha256
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vereda import __version__, cooperation, publication
from vereda.errors import BadRequest, NoTrace
from vereda.pipeline import questions
from vereda.pipeline.desk import Desk
from vereda.pipeline.intake import check, init, keep, verify
from vereda.pipeline.opening import differences, headline, values
from vereda.pipeline.reply import Reply, show
from vereda.pipeline.study import PACKAGE, STATE, Study, case_id, day_of, find_case, reconciled
from vereda.pipeline.tracing import Tracer, held_edition
from vereda.store import Store, load_state, save_state, write_outputs
from vereda.terms.answer import Edition
from vereda.terms.assessed import Assessed
from vereda.terms.figure import Step
from vereda.terms.finding import Finding
from vereda.terms.plan import Plan

__all__ = [
    "Reply", "Study", "answer", "check", "differences", "edition", "evaluate", "find_case", "headline", "init", "keep", "run",
    "show", "verify",
]  # fmt: skip


def run(folder: Path, build: Path, lang: str = "en", fresh: bool = False) -> Reply:
    """Build a case: reconcile, keep, judge, publish. Nothing that fails a check is stored or published."""
    stamp = _stamp(folder)
    workspace = build / case_id(folder)
    state = load_state(workspace / STATE)
    site = workspace / "site" / "index.html"
    whole = state.get("site") == _sizes(workspace / "site")
    if not fresh and state.get("stamp") == stamp and whole and f"scorecard_{lang}" in state:
        return Reply((state[f"scorecard_{lang}"], f"Nothing changed since the last run. The site: {site}"))
    with _bar() as bar:
        task = bar.add_task("reading the case", total=100)

        def step(words: str, done: float) -> None:
            bar.update(task, description=words, completed=done)

        study = reconciled(folder)
        step("keeping the vintages", 15)
        with Store.open(workspace) as store:
            _ingest(study, store)
            step("judging the commitments", 25)
            told, tracer = edition(study, store, study.register.case.as_of, lambda words: step(words, 35))
            step("drawing the pages", 60)
            pages = publication.site(
                told, tracer, progress=lambda words, i, n: step(words, 60 + 38 * i / max(n, 1))
            )
            write_outputs(workspace / "site", pages)
            cards = {f"scorecard_{lg}": _plain(publication.scorecard_text(told, lg)) for lg in ("en", "es")}
            save_state(
                workspace / STATE,
                {"stamp": stamp, "site": _sizes(workspace / "site"), "headline": values(told), **cards},
            )
    shown = publication.scorecard_text(told, lang)
    return Reply((*shown, f"{len(pages)} pages and files. Open {site}"))


def _bar() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    return Progress(*columns, transient=True, console=Console(stderr=True))


def _plain(shown: list[RenderableType]) -> str:
    console = Console(width=100, record=True, file=StringIO())
    for part in shown:
        console.print(part)
    return console.export_text()


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
        # The snapshot is named by the sha256 that a trace prints for the edition.
        if store.append(batch).new and batch.path is not None:
            store.keep(batch.path)


def edition(
    study: Study, store: Store, as_of: str, progress: Callable[[str], None] = lambda words: None
) -> tuple[Edition, Tracer]:
    """Everything one publication tells, as the data stood on a day."""
    desk = _desk(study, store, as_of)
    tracer = Tracer(desk)
    agreed = questions.agreed(desk)
    findings, steps = _evaluated(study, desk, study.register.plans, progress)
    assessed, ways = _assessed(study, store, as_of, progress)
    tracer.register = {**questions.register_steps(desk, agreed, tracer), **steps, **ways}
    told = Edition(
        study.register, as_of, study.gazetteer, agreed, questions.done(desk), questions.changed(desk, tracer),
        tuple(study.inspected.values()), _geometry(study),
        {code: questions.done(desk, code) for code in questions.priority_places(desk)}, findings,
        assessed, cooperation.coverage(study.register),
    )  # fmt: skip
    return told, tracer


def evaluate(
    folder: Path, build: Path, plan: str | None = None, as_of: str | None = None, lang: str = "en"
) -> Reply:
    """Because of what: one evaluation plan of the case, or all of them."""
    study = reconciled(folder)
    plans = study.register.plans
    if plan is not None:
        plans = tuple(p for p in plans if p.id == plan)
        if not plans:
            ids = ", ".join(p.id for p in study.register.plans) or "none"
            raise BadRequest(f"{plan!r} is no evaluation plan of this case. There are: {ids}.")
    day = as_of or study.register.case.as_of
    with Store.open(build / study.register.case.id) as store, _bar() as bar:
        task = bar.add_task("reading the case", total=None)
        _ingest(study, store)
        desk = _desk(study, store, day)
        findings, _ = _evaluated(study, desk, plans, lambda words: bar.update(task, description=words))
    shown = publication.evaluate_text(findings, lang, _names(study, lang), study.cards)
    return Reply(tuple(shown), publication.as_json(findings))


def _evaluated(
    study: Study, desk: Desk, plans: Sequence[Plan], progress: Callable[[str], None]
) -> tuple[tuple[Finding, ...], dict[str, Step]]:
    """Each plan's finding, and the way back of every number in them. A plan that cannot be laid out is an error."""
    findings: list[Finding] = []
    steps: dict[str, Step] = {}
    if plans:
        # Numba and SciPy are loaded here, not by the questions that need neither.
        from vereda.pipeline.evaluating import evaluate
        from vereda.pipeline.panels import Values

        values, pairs = Values(desk, desk.municipalities()), study.neighbours
        borders = tuple(
            held_edition(study.cards[name], study.batches[name].vintage)
            for name, d in study.descriptions.items()
            if d.kind == "adjacency" and name in study.batches
        )
        for plan in plans:
            found, ways = evaluate(plan, desk, values, pairs, perf_counter, progress, borders)
            findings.append(found)
            steps |= ways
    return tuple(findings), steps


def _assessed(
    study: Study, store: Store, as_of: str, progress: Callable[[str], None]
) -> tuple[tuple[Assessed, ...], dict[str, Step]]:
    """How much cocaine could it make: every estimator of the case, and the way back of every number."""
    if not study.register.assessments:
        return (), {}
    # Numba is loaded here; and the second module asks this one for its desk.
    from vereda.pipeline import assessing, production_reply

    progress("computing what could be produced")
    return assessing.assessed(study.register, *production_reply.desks(study, store, as_of))


def _desk(study: Study, store: Store, as_of: str) -> Desk:
    """The observations as of a day."""
    day_of(as_of)
    vintages = {(v.dataset, v.sha256): v for v in store.vintages()}
    absences = {
        series: description.absent_for(series)
        for name, description in study.descriptions.items()
        if name in study.batches and description.covers.level in study.gazetteer.finest
        for series in description.series
        if description.absent_for(series).means == "zero"
    }
    adds = {
        name: series.adds_up
        for description in study.descriptions.values()
        for name, series in description.series.items()
        if series.adds_up is not None
    }
    return Desk(study.register, study.gazetteer, store, study.cards, vintages, as_of, absences, adds)


def _geometry(study: Study) -> str | None:
    for name, description in study.descriptions.items():
        if description.kind == "geometry":
            for path in sorted((study.folder / "local" / name).glob("*.geojson"), reverse=True):
                return path.read_text(encoding="utf-8")
    return None


def answer(
    question: str, folder: Path, build: Path, *, place: str | None = None, as_of: str | None = None,
    lang: str = "en", between: str | None = None, key: str = "", indicator: str | None = None,
) -> Reply:  # fmt: skip
    """One of the three questions, or a trace. The workspace is filled first where it is not."""
    study = reconciled(folder)
    day = as_of or study.register.case.as_of
    with Store.open(build / study.register.case.id) as store:
        _ingest(study, store)
        tracer, names = Tracer(_desk(study, store, day)), _names(study, lang)
        if question == "agreed":
            told: Any = questions.agreed(tracer.desk, place)
            return Reply(tuple(publication.agreed_text(told, lang, names)), publication.as_json(told))
        if question == "done":
            told = questions.done(tracer.desk, place)
            return Reply(tuple(publication.done_text(told, lang, names)), publication.as_json(told))
        if question == "changed":
            if between is not None:
                told = questions.flow(tracer.desk, tracer, *_years(between), place)
                return Reply(tuple(publication.flow_text(told, lang)), publication.as_json(told))
            told = questions.changed(tracer.desk, tracer, place, indicator)
            return Reply(
                tuple(publication.changed_text(told, lang, names)),
                publication.as_json(replace(told, maps=())),
            )
        tracer.register = questions.register_steps(tracer.desk, questions.agreed(tracer.desk), tracer)
        if key.partition("@")[0] in {"effect", "displaced", "finding", "panel"}:
            plans = [p for p in study.register.plans if key.partition("@")[2].startswith(f"{p.id}:")]
            ways = _evaluated(study, tracer.desk, plans, lambda words: None)[1]
            if key not in ways:
                near = get_close_matches(key, list(ways), n=3, cutoff=0.3) or sorted(ways)[:3]
                plans_held = ", ".join(p.id for p in study.register.plans) or "none"
                raise NoTrace(
                    f"No effect answers {key!r}. Plans: {plans_held}. Keys like it: {', '.join(near) or 'none'}."
                )
            tracer.register |= ways
        if key.partition("@")[0] in {"production", "parameter", "elsewhere"}:
            from vereda.pipeline import production_reply  # it asks this module for its desk

            tracer.register |= production_reply.ways(study, store, day, key)
        step = tracer.whole(key)
        return Reply(tuple(publication.trace_text(step, lang)), publication.as_json(step))


def _years(between: str) -> tuple[str, str]:
    start, dash, end = between.partition("-")
    if not (dash and start.isdigit() and end.isdigit() and start < end):
        raise BadRequest(f"--between takes two years, the earlier first: 2001-2009, not {between!r}.")
    return start, end


def _names(study: Study, lang: str) -> dict[str, str]:
    """What people call an estimator, a place, or a training figure, by its id or key."""
    case = study.register.case
    found = {code: place.name for code, place in study.gazetteer.places.items()}
    found |= {name: said.say(lang) for name, said in {**case.series, **case.estimators}.items()}
    for entry in study.register.trainings:
        measure = case.words[entry.measure].say(lang) if entry.measure in case.words else entry.measure
        parts = (measure, entry.group.say(lang), entry.qualifier and entry.qualifier.say(lang))
        found[f"training@{entry.id}"] = ", ".join(part for part in parts if part)
    return found
