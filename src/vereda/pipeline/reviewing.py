"""A review: candidates of a statement, the decisions taken on them, and the entries of the case they become."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import vereda.indicators  # noqa: F401  fills the registry that a case is checked against
from vereda import statements
from vereda.errors import BadRequest
from vereda.pipeline.folders import PACKAGE
from vereda.pipeline.reading import propose
from vereda.pipeline.study import Study
from vereda.statements import decisions as review
from vereda.statements import entries
from vereda.statements.decisions import Item, Settled
from vereda.store import add_records, records, write_files
from vereda.terms.review import Decision, Verdict
from vereda.terms.statement import KINDS, Candidate, Span, Statement

__all__ = ["Item", "Review", "read", "sensed"]

FOLDER = "reviews"  # of a case
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def now() -> str:
    """UTC, to the microsecond, so that decisions are ordered by their time."""
    return datetime.now(UTC).isoformat()


class Review:
    """One statement under review by one person; every decision is on the disk before the next is asked for."""

    def __init__(
        self,
        document: Statement,
        proposed: Sequence[Candidate],
        case: Path,
        by: str,
        folder: Path | None = None,
        kinds: Sequence[str] = (),
        clock: Callable[[], str] = now,
    ) -> None:
        if by and not _NAME.fullmatch(by):
            raise BadRequest(
                f"--by takes a short name or initials (letters, digits, '.', '-', '_'), not {by!r}."
            )
        kinds = KINDS if "all" in kinds else kinds or review.ENTRIES
        if wrong := sorted({*kinds} - {*KINDS}):
            raise BadRequest(f"{wrong[0]!r} is no kind of candidate. There are: {', '.join(KINDS)}.")
        self.document, self.proposed, self.case, self.by = document, tuple(proposed), case, by
        self.folder, self.kinds, self.clock = folder or case / FOLDER, tuple(kinds), clock
        self.decisions = [d for file in self.files() for d in read(file)]

    @classmethod
    def open(
        cls,
        file: Path,
        case: Path,
        by: str,
        folder: Path | None = None,
        kinds: Sequence[str] = (),
        text_lang: str | None = None,
        date: str | None = None,
    ) -> "Review":
        """Read and extract a file, and take up what was decided before."""
        return cls(*propose(file, case, text_lang, date), case, by, folder, kinds)

    # ---- files --------------------------------------------------------------------------------------------

    def files(self) -> list[Path]:
        """Files of decisions on exactly these bytes, by whomever."""
        return sorted(self.folder.glob(f"*-{self.document.sha256[:12]}.*.jsonl"))

    @property
    def file(self) -> Path:
        """Where this reviewer's decisions are added."""
        stem = (
            re.sub(r"[^A-Za-z0-9]+", "-", Path(self.document.name).stem).strip("-").lower()[:40]
            or "statement"
        )
        return self.folder / f"{stem}-{self.document.sha256[:12]}.{self.by}.jsonl"

    def must_be_ours(self, folder: Path | None = None) -> None:
        """BadRequest where the folder came with the program."""
        if PACKAGE in (folder or self.case).resolve().parents:
            raise BadRequest(
                f"{self.case} came with the program and is not written to. Copy the case and name the copy (--case), "
                "or name a folder for the decisions alone (--reviews)."
            )

    def record(self, found: Sequence[Decision]) -> None:
        """Add decisions to this reviewer's file."""
        if not self.by:
            raise BadRequest("Say who decides: --by NAME.")
        self.must_be_ours(self.folder)
        if not (self.folder / ".gitignore").exists():
            write_files(self.folder, {".gitignore": ".*.lock\n"})
        add_records(self.file, [asdict(one) for one in found])
        self.decisions += found

    # ---- deciding -----------------------------------------------------------------------------------------

    def queue(self) -> list[Item]:
        """Candidates for this reviewer, the surest first."""
        return review.queue(self.document, self.proposed, self.decisions, self.by, self.kinds)

    def decide(
        self,
        candidate: Candidate,
        verdict: Verdict,
        why: str = "",
        said: Mapping[str, str] | None = None,
        links: Sequence[str] | None = None,
        span: tuple[int, int] | None = None,
    ) -> Decision:
        """Record one decision; BadRequest, and nothing recorded, where it cannot stand."""
        said = dict(said or {})
        for link in links or ():
            self._must_be_held(link)
        verdict, links = sensed(candidate, verdict), candidate.links if links is None else links
        if verdict in {"accept", "edit"} and candidate.kind in entries.FIELDS:
            said = {**entries.proposal(self.document, candidate), **said}
        if verdict == "link" and not links:
            raise BadRequest("A link names what it is linked to: instrument:INS02, place:CO-52835.")
        if verdict == "split":
            review.parts(self.document, candidate, int(said["at"]))
        one = review.decision(
            self.document, candidate, verdict, self.by, self.clock(), why, said, links, span
        )  # fmt: skip
        self.record([one])
        return one

    def split(self, candidate: Candidate, words: str, why: str = "") -> Decision:
        """Split a candidate where these words of its quote begin."""
        at = review.place_of(self.document, candidate, words)
        return self.decide(candidate, "split", why, {"at": str(at)})

    def undo(self) -> Decision | None:
        """Take back this reviewer's last decision that stands; None where there is none."""
        held = review.standing(self.decisions)
        own = [one for per in held.values() for by, one in per.items() if by == self.by]
        if not own:
            return None
        last = max(own, key=lambda one: one.at)
        if entry := review.written(self.decisions).get(last.candidate):
            raise BadRequest(
                f"{last.candidate} is in the case as {entry}. Take it out there; the decision stays."
            )
        self.record([replace(last, verdict="undo", at=self.clock(), why="")])
        return last

    def progress(self) -> tuple[int, int]:
        """How many of the queue this reviewer decided, and how many there are."""
        items = self.queue()
        return sum(i.decision is not None for i in items), len(items)

    def settled(self) -> list[Settled]:
        """Every candidate of the kinds asked for, with what all reviewers say together."""
        found = review.settle(self.document, self.proposed, self.decisions)
        return [s for s in found if s.candidate.kind in self.kinds]

    # ---- what the links point to --------------------------------------------------------------------------

    @cached_property
    def study(self) -> Study:
        """The case with its register and its places."""
        return Study(self.case)

    def _must_be_held(self, link: str) -> None:
        kind, _, ident = link.partition(":")
        if kind == "place":
            if ident not in self.study.gazetteer and not re.fullmatch(r"[A-Z]{2}", ident):
                self.study.gazetteer.get(ident, link)
        elif f"{kind}/{ident}" not in self.study.register.files:
            known = sorted(k.partition("/")[2] for k in self.study.register.files if k.startswith(f"{kind}/"))
            there = (
                f"There are: {', '.join(known[:12])}."
                if known
                else "Kinds: instrument, forum, meeting, commitment, place."
            )
            raise BadRequest(f"{link!r} names nothing in the register of {self.case.name}. {there}")

    # ---- an earlier version of the text -------------------------------------------------------------------

    def earlier(self) -> Iterator[tuple[str, list[Decision], list[statements.Checked]]]:
        """Decisions on other bytes of a file of this name: hash, those that stand, and their spans in this text."""
        found: dict[str, list[Decision]] = {}
        for file in sorted(self.folder.glob("*.jsonl")):
            for one in read(file):
                if one.name == self.document.name and one.document != self.document.sha256:
                    found.setdefault(one.document, []).append(one)
        for sha, held in found.items():
            standing = [one for per in review.standing(held).values() for one in per.values()]
            spans = [Span(d.document, d.start, d.end, d.quote_sha256) for d in standing]
            yield sha, standing, statements.check(self.document, spans)

    def carry(self) -> int:
        """Take over this reviewer's decisions on earlier versions whose words still stand, at their place of today."""
        decided = {d.candidate for d in self.decisions}
        fresh: list[Decision] = []
        for sha, standing, checked in self.earlier():
            for one, now_at in zip(standing, checked, strict=True):
                if one.by != self.by or now_at.start is None or now_at.end is None or one.verdict == "split":
                    continue
                name = f"{one.kind}@{now_at.start}-{now_at.end}"
                if name not in decided:
                    why = one.why or f"carried over from {sha[:12]}"
                    fresh.append(
                        replace(
                            one, document=self.document.sha256, candidate=name, start=now_at.start, end=now_at.end,
                            at=self.clock(), why=why,
                        )
                    )  # fmt: skip
                    decided.add(name)
        if fresh:
            self.record(fresh)
        return len(fresh)


def sensed(candidate: Candidate, verdict: Verdict) -> Verdict:
    """To accept the name of something that the register holds is to link it: it needs no entry of its own."""
    named = candidate.kind in entries.HOMES and any(
        i.startswith(f"{candidate.kind}:") for i in candidate.links
    )
    return "link" if verdict == "accept" and named else verdict


def read(file: Path) -> list[Decision]:
    """The decisions of one file, oldest first."""
    try:
        return [Decision(**{**raw, "links": tuple(raw["links"])}) for raw in records(file)]
    except (TypeError, KeyError) as fault:
        raise BadRequest(f"{file} holds a record that is no decision ({fault}). Restore the file.") from None
