"""Shared ground of the review tests: a made-up statement, a copy of the case, a clock that ticks."""

import shutil
from pathlib import Path

from statements_case import CASE, places, words

from vereda import statements
from vereda.pipeline.reviewing import Review
from vereda.terms.statement import Candidate

TEXT = """Joint statement of the two governments

Bogotá, 3 May 2022

The governments of Colombia and the United States agreed to open a training centre in Tumaco by June 2023. Both governments
will publish the results every year and will train 1,200 police officers. The Minister of Defense, Ana Robles, thanked the
hosts of the meeting.

The High-Level Dialogue met for the ninth time. Both sides discussed the border.
"""
OPENED = {"gist.en": "A school for trainers in Tumaco", "gist.es": "Una escuela de formadores en Tumaco"}
TRAINED = {
    "gist.en": "Train police", "gist.es": "Capacitar policías", "target.rule": "level", "target.value": "1200",
    "target.unit": "people", "better": "at_least",
}  # fmt: skip


class Clock:
    """A minute a tick."""

    def __init__(self, hour: int = 10) -> None:
        self.hour, self.minute = hour, 0

    def __call__(self) -> str:
        self.minute += 1
        return f"2026-01-02T{self.hour:02d}:{self.minute:02d}:00+00:00"


def case_copy(folder: Path) -> Path:
    """The case with its reviewed files and its list of places, to write into."""
    return Path(shutil.copytree(CASE, folder / "case"))


def review(
    folder: Path,
    by: str = "ana",
    text: str = TEXT,
    case: Path | None = None,
    kinds: tuple[str, ...] = (),
    hour: int = 10,
) -> Review:
    """A review of the made-up statement, decisions kept in `folder`."""
    document = statements.read("made-up.txt", text.encode())
    proposed = statements.extract(document, words(), places())
    return Review(document, proposed, case or CASE, by, folder / "reviews", kinds, Clock(hour))


def at(held: Review, quote: str, kind: str = "commitment") -> Candidate:
    """The candidate in the queue whose quote begins so."""
    (found,) = [
        i.candidate for i in held.queue() if i.candidate.kind == kind and i.candidate.quote.startswith(quote)
    ]
    return found
