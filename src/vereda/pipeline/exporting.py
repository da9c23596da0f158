"""What leaves in other people's forms: a statement's candidates, a case's register, the way back of a number."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vereda import statements
from vereda.errors import NoTrace
from vereda.exchange import annotations, doccano, ftm, prov
from vereda.pipeline import reviewing
from vereda.pipeline.folders import find_case
from vereda.pipeline.reviewing import FOLDER, Review
from vereda.pipeline.study import Study, reconciled
from vereda.statements import decisions as review
from vereda.store import write_files
from vereda.terms.cooperation import Entry, Register
from vereda.terms.figure import Step
from vereda.terms.review import Decision, key
from vereda.terms.statement import KINDS

__all__ = ["find_case", "opened", "save", "to_annotations", "to_doccano", "to_ftm", "to_iati", "to_prov"]


def lines(entries: Iterable[Any]) -> str:
    """JSON, one a line."""
    return "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entries)


def save(out: Path, content: str | bytes) -> None:
    """Write a file whole or not at all."""
    write_files(out.parent, {out.name: content})


# ---- statements ---------------------------------------------------------------------------------------------


def to_doccano(held: Review) -> str:
    """One line with the text and every candidate that is open or was kept."""
    kept = [s.candidate for s in held.settled() if s.state in {"open", "kept", "disputed"}]
    return lines([doccano.line(held.document, kept)])


def to_annotations(held: Review, ours: bool) -> str:
    """Web Annotations of what was decided, and of what is open."""
    decided = {key(s.candidate): s.decision for s in held.settled() if s.decision is not None}
    shown = [s.candidate for s in held.settled() if s.state in {"open", "kept"}]
    pairs = [(c, statements.span(held.document, c)) for c in shown]
    page = annotations.page(held.document, pairs, decided, ours)
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


# ---- a case -------------------------------------------------------------------------------------------------


def to_ftm(folder: Path, held: Iterable[Review] = ()) -> str:
    """Entities of a register, and the office holders accepted in the review of statements."""
    register = _register(folder)
    found = list(ftm.entities(register))
    for one in held:
        people = [s.candidate for s in one.settled() if s.state == "kept"]
        found += ftm.office_holders(register.case.id, one.document.sha256, people)
    return lines(found)


def to_iati(
    folder: Path, build: Path, reporter: Mapping[str, str], as_of: str | None
) -> tuple[bytes, list[str]]:
    """IATI 2.03 activities with results, and the commitments that could not be results."""
    from vereda.exchange import iati
    from vereda.pipeline import path, questions
    from vereda.store import Store

    study = reconciled(folder)
    day = as_of or study.register.case.as_of
    with Store.open(build / study.register.case.id) as store:
        path._ingest(study, store)
        agreed = questions.agreed(path._desk(study, store, day))
    return iati.document(study.register, agreed, iati.Reporter(**reporter), day)


def to_prov(folder: Path, build: Path, name: str, as_of: str | None) -> str:
    """The way back of a number, or where an entry of the register was read, as PROV-JSON."""
    if "@" in name:
        from vereda.pipeline import path

        told = path.answer("trace", folder, build, key=name, as_of=as_of).json
        return json.dumps(prov.document(_step(told)), ensure_ascii=False, indent=1) + "\n"
    register = _register(folder)
    return (
        json.dumps(prov.document(_entry(register, name), _behind(folder, name)), ensure_ascii=False, indent=1)
        + "\n"
    )


def _step(told: Mapping[str, Any]) -> Step:
    """A step of a way back, from the form in which `vereda trace --json` prints it."""
    return Step(**{**told, "inputs": tuple(map(_step, told.get("inputs", ())))})


def _register(folder: Path) -> Register:
    return Study(folder).register


def _entry(register: Register, name: str) -> Step:
    """An entry, where it stands in the case, and the documents it cites."""
    if name not in register.files:
        kind = name.partition("/")[0]
        known = sorted(k for k in register.files if k.startswith(f"{kind}/")) or sorted(register.files)
        raise NoTrace(
            f"{name!r} is neither a number (INDICATOR@PLACE:PERIOD) nor an entry (KIND/ID). Like it: {', '.join(known[:6])}."
        )
    kind, _, ident = name.partition("/")
    found = next((e for e in _entries(register) if _is(e, kind, ident)), None)
    documents = {d.id: d for d in register.documents}
    cites = [c for c in getattr(found, "cites", ()) if c in documents]
    ends = tuple(
        Step(
            "publisher",
            f"{documents[c].publisher}: {documents[c].title}",
            documents[c].address,
            note=documents[c].date,
        )
        for c in cites
    )
    return Step("claim", ident, register.files[name], name, inputs=ends)


def _entries(register: Register) -> list[Entry]:
    groups = [
        getattr(register, field) for field in type(register).model_fields if field not in {"case", "files"}
    ]
    return [entry for group in groups for entry in group]


def _is(entry: Entry, kind: str, ident: str) -> bool:
    return getattr(entry, "id", "") == ident and type(entry).__name__.lower() == kind.replace("_", "")


def _behind(folder: Path, name: str) -> list[Decision]:
    """The decisions that an entry came out of."""
    held = [d for file in sorted((folder / FOLDER).glob("*.jsonl")) for d in reviewing.read(file)]
    made = {d.candidate: d.document for d in held if d.verdict == "written" and d.said.get("entry") == name}
    per_document = {doc: [d for d in held if d.document == doc] for doc in set(made.values())}
    return [
        one
        for candidate, doc in made.items()
        for one in review.standing(per_document[doc]).get(candidate, {}).values()
    ]


def opened(
    file: Path, folder: Path, reviews: Path | None, text_lang: str | None = None, date: str | None = None
) -> Review:
    """A statement with every kind of candidate, and the decisions taken on them."""
    return Review.open(file, folder, "", reviews, KINDS, text_lang, date)
