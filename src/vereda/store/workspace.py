"""The store of one workspace folder: one DuckDB file and the publishers' bytes."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa

from vereda.errors import BadRequest, BadStore
from vereda.store import observations, reading, schema, snapshots
from vereda.store.asking import ask
from vereda.store.lock import held
from vereda.store.observations import Appended
from vereda.store.reading import Question
from vereda.store.trouble import in_plain_words
from vereda.terms.source import Batch, Vintage

FILE, LOCK, SNAPSHOTS, SPILL = "store.duckdb", "store.lock", "snapshots", "spill"
MEMORY = "600MB"  # what DuckDB may hold; more is spilled to the workspace
THREADS = 2


class Store:
    """Observations, vintages and snapshots of a workspace. Open with `Store.open`; `with` closes."""

    def __init__(
        self, folder: Path, connection: duckdb.DuckDBPyConnection, closing: ExitStack, read_only: bool
    ) -> None:
        self.folder, self.read_only = folder, read_only
        self._connection, self._closing = connection, closing

    @classmethod
    def open(cls, folder: Path | str, read_only: bool = False, wait: float = 30.0) -> "Store":
        """Open, or create, the store of a workspace folder.

        One process writes at a time and none reads meanwhile; others wait up to `wait` seconds, then BadStore
        names the process. BadStore too if the file is damaged, of another layout, or the disk refuses.
        """
        folder = Path(folder)
        file = folder / FILE
        with in_plain_words(file), ExitStack() as opening:
            if not read_only:
                folder.mkdir(parents=True, exist_ok=True)
            elif not file.exists():
                raise BadStore(f"{folder} holds no store yet. Run the command that builds it first.")
            opening.enter_context(held(folder / LOCK, shared=read_only, wait=wait))
            if not read_only:
                snapshots.sweep(folder / SNAPSHOTS, folder / SPILL)
                _create_if_missing(file)
            connection = opening.enter_context(_connected(file, read_only))
            schema.bring_forward(connection, file, read_only=read_only)
            return cls(folder, connection, opening.pop_all(), read_only)

    def close(self) -> None:
        """Write out what is pending and let the next process in."""
        with in_plain_words(self.folder / FILE):
            self._closing.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except BadStore:
            if error is None:
                raise

    # ---- writing ----------------------------------------------------------------------------------------

    def keep(self, given: Path | str | bytes) -> str:
        """Keep the bytes of a publisher's file, and return their sha256."""
        self._must_write()
        with in_plain_words(self.folder / SNAPSHOTS):
            return snapshots.keep(self.folder / SNAPSHOTS, given if isinstance(given, bytes) else Path(given))

    def append(self, batch: Batch, replace: bool = False) -> Appended:
        """Store a batch: all of it or nothing; the same content twice is stored once.

        replace: take out what was stored of the same dataset and vintage, in the same transaction.
        """
        self._must_write()
        with in_plain_words(self.folder / FILE):
            return observations.append(self._connection, batch, replace=replace)

    def retract(self, vintage: Vintage) -> None:
        """Take out a batch that the case no longer holds."""
        self._must_write()
        with in_plain_words(self.folder / FILE):
            observations.retract(self._connection, vintage)

    # ---- reading ----------------------------------------------------------------------------------------

    def read(
        self,
        series: Sequence[str],
        places: Sequence[str] | None = None,
        periods: Sequence[str] | None = None,
        estimator: str | None = None,
        as_of: date | None = None,
    ) -> pa.Table:
        """Every rival row, ordered by key, in the columns of `reading.READ`.

        as_of: only what was public on that day, by the date of each row's vintage.
        """
        asked = _question(series, places, periods, estimator, as_of)
        with in_plain_words(self.folder / FILE):
            return reading.table(self._connection, reading.rivals(self._connection, asked))

    def tallies(
        self,
        series: Sequence[str],
        places: Sequence[str] | None = None,
        periods: Sequence[str] | None = None,
        estimator: str | None = None,
        as_of: date | None = None,
    ) -> pa.Table:
        """Sums by edition and period, apart by status and confidence, in the columns of `reading.TALLIES`.

        Every edition is added up by itself: which of them is shown first is not the store's to say. Name the
        places of one level: a department and its municipalities together count twice.
        """
        asked = _question(series, places, periods, estimator, as_of)
        with in_plain_words(self.folder / FILE):
            return reading.tallies(self._connection, reading.rivals(self._connection, asked))

    def rows(self, series: str) -> int:
        """How many observations of a series are held."""
        return int(
            self._ask(
                "SELECT coalesce(sum(rows), 0) FROM edition WHERE line IN (SELECT id FROM line WHERE series = ?)",
                series,
            )[0][0]
        )

    def series(self) -> dict[str, str]:
        """Every series held, and its unit."""
        return dict(self._ask("SELECT DISTINCT series, unit FROM line ORDER BY ALL"))

    def vintages(self) -> tuple[Vintage, ...]:
        """Every batch held, by dataset, name and content; `rows` as they were counted on the way in."""
        return tuple(Vintage(*row) for row in self._ask(f"{_VINTAGES} ORDER BY dataset, name, content"))

    def batch(self, content: str) -> Vintage | None:
        """The batch with this content, if it is held."""
        found = self._ask(f"{_VINTAGES} WHERE content = ?", content)
        return Vintage(*found[0]) if found else None

    def snapshot(self, sha256: str) -> Path:
        """The kept file with this sha256; BadRequest if there is none."""
        if not (path := snapshots.path_of(self.folder / SNAPSHOTS, sha256)).is_file():
            raise BadRequest(f"No snapshot {sha256} in {self.folder}. Bring the publisher's file in again.")
        return path

    # ---- inside -----------------------------------------------------------------------------------------

    def _ask(self, question: str, *given: str) -> list[tuple[Any, ...]]:
        with in_plain_words(self.folder / FILE):
            return ask(self._connection, question, given)

    def _must_write(self) -> None:
        if self.read_only:
            raise BadStore(f"{self.folder} was opened to read only. Open it to write.")


_VINTAGES = "SELECT dataset, name, file, sha256, size, read_on, reader, rows, content FROM batch"


def _question(
    series: Sequence[str],
    places: Sequence[str] | None,
    periods: Sequence[str] | None,
    estimator: str | None,
    as_of: date | None,
) -> Question:
    for name, given in (("series", series), ("places", places), ("periods", periods)):
        if isinstance(given, str):
            raise BadRequest(f"{name}: give a list, such as [{given!r}], not one text.")
    return Question(
        tuple(series),
        None if places is None else tuple(places),
        None if periods is None else tuple(periods),
        estimator,
        as_of,
    )


def _create_if_missing(file: Path) -> None:
    """An empty store appears complete or not at all, so that no process killed here leaves half a file."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.new")
    for left in (draft, Path(f"{draft}.wal"), Path(f"{file}.wal")):
        left.unlink(missing_ok=True)
    with _connected(draft, read_only=False) as connection:
        schema.create(connection)
    draft.rename(file)


def _connected(file: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": str(file.parent / SPILL),
    }
    return duckdb.connect(str(file), read_only=read_only, config=settings)
