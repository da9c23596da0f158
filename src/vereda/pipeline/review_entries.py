"""Accepted candidates into the files of a case: checked as a whole first, so that the case is never left with a fault."""

import difflib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vereda import cooperation
from vereda.errors import BadRequest
from vereda.pipeline.reviewing import Review
from vereda.statements import decisions as review
from vereda.statements import entries
from vereda.store import write_files
from vereda.terms.cooperation import Document
from vereda.terms.review import Decision, key


@dataclass(frozen=True, slots=True)
class Source:
    """What the entries cite: an entry of documents.yml, or with an address what makes a new one."""

    id: str
    address: str = ""
    title: str = ""
    publisher: str = ""
    kind: str = "statement"


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be added to a case: files whole, and the decision behind each entry."""

    files: Mapping[str, str]  # name -> new content
    before: Mapping[str, str]
    made: tuple[tuple[Decision, str], ...]  # decision, "commitment/C18"
    lacking: tuple[tuple[Decision, tuple[str, ...]], ...]

    def diff(self) -> Iterator[str]:
        """Lines as a reader of changes sees them."""
        for name, text in self.files.items():
            old = self.before[name].splitlines()
            yield from difflib.unified_diff(
                old, text.splitlines(), f"a/{name}", f"b/{name}", n=2, lineterm=""
            )


def draft(held: Review, source: Source) -> Draft:
    """Entries of everything that is accepted, complete, undisputed and not in the case yet; nothing is written."""
    done = review.written(held.decisions)
    ready: list[Decision] = []
    lacking: list[tuple[Decision, tuple[str, ...]]] = []
    for one in held.settled():
        if one.state != "kept" or one.decision is None or key(one.candidate) in done:
            continue
        if one.decision.verdict == "link" or one.candidate.kind not in entries.HOMES:
            continue
        missing = entries.lacking(one.decision)
        if missing:
            lacking.append((one.decision, tuple(missing)))
        else:
            ready.append(one.decision)
    return _drafted(held, source, ready, tuple(lacking))


def _drafted(
    held: Review,
    source: Source,
    ready: list[Decision],
    lacking: tuple[tuple[Decision, tuple[str, ...]], ...],
) -> Draft:
    if not ready:
        return Draft({}, {}, (), lacking)
    new: dict[str, list[dict[str, Any]]] = {}
    made: list[tuple[Decision, str]] = []
    taken = {name.partition("/")[2] for name in held.study.register.files}
    if f"document/{source.id}" not in held.study.register.files:
        new["documents.yml"] = [_document(held, source)]
    for one in ready:
        file, _, prefix = entries.HOMES[one.kind]
        raw = entries.entry(one, entries.next_id(prefix, taken) if prefix else "", [source.id])
        taken.add(raw["id"])
        new.setdefault(file, []).append(raw)
        made.append((one, f"{one.kind}/{raw['id']}"))
    before = {name: _text(held.case / name) for name in new}
    files = {name: entries.added(before[name], found) for name, found in new.items()}
    _must_check(held, files)
    return Draft(files, before, tuple(made), lacking)


def _document(held: Review, source: Source) -> dict[str, Any]:
    document = held.document
    raw = {
        "id": source.id, "publisher": source.publisher or document.publisher, "title": source.title or document.title,
        "date": document.date, "address": source.address, "kind": source.kind,
    }  # fmt: skip
    missing = [name for name in ("publisher", "title", "address") if not raw[name]]
    if missing:
        said = ", ".join(f"--{name}" for name in missing)
        raise BadRequest(f"{source.id} is not in documents.yml, and a new entry needs more: give {said}.")
    return entries.ordered(Document, {k: v for k, v in raw.items() if v})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _must_check(held: Review, files: Mapping[str, str]) -> None:
    """Read the case as it would be; BadCase with every fault where it would not stand."""
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(held.case.glob("*.yml")):
            shutil.copy(path, folder)
        if (words := held.case / "vocabulary").is_dir():
            shutil.copytree(words, Path(folder) / words.name)
        write_files(folder, files)
        cooperation.read(Path(folder), held.study.gazetteer)


def write(held: Review, found: Draft) -> None:
    """Add the entries to the case, and record which decision became which entry."""
    if not found.made:
        return
    changed = [name for name, text in found.before.items() if _text(held.case / name) != text]
    if changed:
        raise BadRequest(f"{changed[0]} was changed meanwhile. Nothing was written; run again.")
    at = held.clock()
    held.must_be_ours()
    write_files(held.case, found.files)
    held.record(
        [
            replace(d, verdict="written", by=held.by, at=at, why="", said={"entry": name})
            for d, name in found.made
        ]
    )
