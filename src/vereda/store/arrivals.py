"""What is fetched from a publisher's server: kept page by page while it arrives, and whole once it has.

fetched/DATASET/2026-11-22T101500Z-1a2b3c4d/   an edition: the file, record.json, pages/ where it came in pages
fetched/DATASET/arriving/KEY/                  what has arrived so far; the next run goes on from there
fetched/DATASET/apart/STAMP/                   what arrived and did not add up; nothing reads it

An edition is never overwritten: it appears in one step, and the same bytes again make no second one.
"""

import gzip
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vereda.errors import BadStore
from vereda.store.documents import load_state, save_state
from vereda.store.lock import held
from vereda.store.snapshots import sha256_of, write_whole
from vereda.store.trouble import in_plain_words

RECORD, PLAN, PART, PAGES = "record.json", "plan.json", "part", "pages"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A folder in which one address is arriving."""

    folder: Path

    @property
    def plan(self) -> dict[str, Any]:
        """What the pieces here are pieces of; empty if nothing has arrived."""
        return load_state(self.folder / PLAN)

    def restart(self, plan: Mapping[str, Any]) -> None:
        """Drop what arrived, and begin with another plan."""
        with in_plain_words(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder / PAGES).mkdir(parents=True)
            save_state(self.folder / PLAN, plan)

    def pages(self) -> list[tuple[int, int]]:
        """First row and number of rows of every page held, in order."""
        names = sorted(path.name for path in (self.folder / PAGES).glob("*.json.gz"))
        return [(int(name[:9]), int(name[10:17])) for name in names]

    def add_page(self, first: int, rows: int, content: bytes) -> None:
        """Keep a page, whole or not at all."""
        with in_plain_words(self.folder):
            write_whole(self._page(first, rows), gzip.compress(content, mtime=0))

    def page(self, first: int, rows: int) -> bytes:
        """A page as it arrived."""
        return gzip.decompress(self._page(first, rows).read_bytes())

    @property
    def part(self) -> Path:
        """The file that is arriving."""
        return self.folder / PART

    @property
    def part_size(self) -> int:
        """Bytes of it that are here."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def append(self, chunks: Iterable[bytes]) -> None:
        """Add to the file what comes; what was written stays if the chunks break off."""
        with in_plain_words(self.folder), self.part.open("ab") as file:
            for chunk in chunks:
                file.write(chunk)

    def write(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Write the whole file anew; its sha256 and size."""
        with in_plain_words(self.folder):
            with self.part.open("wb") as file:
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
            return self.fingerprint()

    def fingerprint(self) -> tuple[str, int]:
        """sha256 and size of the file as it is here."""
        return sha256_of(self.part), self.part_size

    def drop(self) -> None:
        """Forget what arrived."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _page(self, first: int, rows: int) -> Path:
        return self.folder / PAGES / f"{first:09d}-{rows:07d}.json.gz"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The folder of one dataset among what was fetched."""

    folder: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else fetches this dataset meanwhile; BadStore names who does."""
        with in_plain_words(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with held(self.folder / ".lock", wait=1.0):
                yield

    def editions(self) -> list[Path]:
        """Every edition held, oldest first."""
        return sorted(path.parent for path in self.folder.glob(f"[0-9]*/{RECORD}"))

    def latest(self) -> dict[str, Any]:
        """The record of the newest edition whose file is still here; empty if there is none."""
        for edition in reversed(self.editions()):
            record = load_state(edition / RECORD)
            if record and (edition / str(record.get("file", ""))).is_file():
                return record
        return {}

    def file(self) -> Path | None:
        """The file of the newest edition."""
        record = self.latest()
        return self.folder / record["edition"] / record["file"] if record else None

    def arrival(self, key: str) -> Arrival:
        """Where an address arrives."""
        return Arrival(self.folder / "arriving" / key)

    def settle(self, arrival: Arrival, stamp: str, record: Mapping[str, Any]) -> Path:
        """What arrived becomes an edition in one step; the path of its file."""
        edition = self.folder / f"{stamp}-{str(record['sha256'])[:8]}"
        with in_plain_words(self.folder):
            if edition.exists():
                raise BadStore(f"{edition} is there already, and an edition is never overwritten. Run again.")
            arrival.part.rename(arrival.folder / str(record["file"]))
            (arrival.folder / PLAN).unlink(missing_ok=True)
            if not arrival.pages():
                shutil.rmtree(arrival.folder / PAGES, ignore_errors=True)
            save_state(arrival.folder / RECORD, {**record, "edition": edition.name})
            arrival.folder.rename(edition)
        return edition / str(record["file"])

    def set_apart(self, arrival: Arrival, stamp: str, why: str) -> Path | None:
        """Put what did not add up where nothing reads it, with the reason; None if nothing had arrived."""
        if not arrival.folder.is_dir():
            return None
        apart = self.folder / "apart" / stamp
        with in_plain_words(self.folder):
            apart.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(apart, ignore_errors=True)
            save_state(arrival.folder / "why.json", {"why": why})
            arrival.folder.rename(apart)
        return apart

    def note(self, stamp: str, said: Mapping[str, Any]) -> None:
        """Write down when it was last looked at, and what came of it."""
        with in_plain_words(self.folder):
            line = json.dumps({"at": stamp, **said}, ensure_ascii=False, sort_keys=True)
            with (self.folder / "history.jsonl").open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
