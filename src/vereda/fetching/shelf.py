"""What this room asks of whoever keeps what arrives; it writes nothing itself."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

Progress = Callable[[int, int | None], None]  # so far, and of how many; rows of a table, bytes of a file


class Arrival(Protocol):
    """Where one address arrives, piece by piece."""

    @property
    def plan(self) -> dict[str, Any]:
        """What the pieces here are pieces of; empty if nothing has arrived."""

    @property
    def part(self) -> Path:
        """The file that is arriving."""

    @property
    def part_size(self) -> int:
        """Bytes of it that are here."""

    def restart(self, plan: Mapping[str, Any]) -> None:
        """Drop what arrived, and begin with another plan."""

    def pages(self) -> list[tuple[int, int]]:
        """First row and number of rows of every page held."""

    def add_page(self, first: int, rows: int, content: bytes) -> None:
        """Keep a page, whole or not at all."""

    def page(self, first: int, rows: int) -> bytes:
        """A page as it arrived."""

    def append(self, chunks: Iterable[bytes]) -> None:
        """Add to the file what comes."""

    def write(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Write the whole file anew; its sha256 and size."""

    def fingerprint(self) -> tuple[str, int]:
        """sha256 and size of the file as it is here."""

    def drop(self) -> None:
        """Forget what arrived."""
