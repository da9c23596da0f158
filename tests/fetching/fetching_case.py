"""What the tests of fetching ask for, and how they ask."""

import csv
from pathlib import Path
from typing import Any

from portal import Portal, Row, Table

from vereda import fetching
from vereda.fetching import Patience
from vereda.store import Arrivals
from vereda.terms.fetching import Address, Arrived

ID = "abcd-1234"
COLUMNS = ["fecha_hecho", "cod_muni", "cantidad"]
TABLE = f"/resource/{ID}"


def events(n: int) -> list[Row]:
    """Rows as a Socrata portal has them: everything text, a key of its own, an empty cell left out."""
    return [
        {
            ":id": f"row-{i:06d}",
            "fecha_hecho": f"20{10 + i % 10}-01-31T00:00:00.000",
            "cod_muni": f"{5001 + i % 7:05d}",
            "cantidad": f"{i % 13}.25" if i % 5 else None,
        }
        for i in range(n)
    ]


def held(server: Portal, n: int = 2500, **said: Any) -> Table:
    """Puts a table of n events into the portal."""
    server.tables[ID] = Table(COLUMNS, events(n), **said)
    return server.tables[ID]


def socrata(server: Portal, **said: Any) -> Address:
    """The `fetch:` block of that table."""
    base: dict[str, Any] = {
        "kind": "socrata",
        "domain": server.base,
        "id": ID,
        "columns": COLUMNS,
        "sums": ["cantidad"],
    }
    return Address.model_validate({**base, **said})


def file(server: Portal, path: str = "/data/table.csv", **said: Any) -> Address:
    """The `fetch:` block of a plain file."""
    return Address.model_validate({"kind": "file", "url": server.base + path, **said})


class Waited:
    """Patience that never sleeps and remembers how long it would have."""

    def __init__(self, **said: Any) -> None:
        self.pauses: list[float] = []
        self.patience = Patience(sleep=self.pauses.append, **{"silence": 5.0, **said})


def bring(
    address: Address,
    shelf: Arrivals,
    latest: dict[str, Any] | None = None,
    waited: Waited | None = None,
    token: str = "",
) -> tuple[Arrived, Path]:
    """Fetch an address; what arrived and where the file is."""
    patience = (waited or Waited()).patience
    got, key = fetching.fetch(address, shelf.arrival, latest or {}, lambda done, total: None, patience, token)
    return got, shelf.arrival(key).part


def settled(shelf: Arrivals, got: Arrived, path: Path, stamp: str = "2026-11-22T101500Z") -> dict[str, Any]:
    """Make what arrived an edition, as the pipeline does; its record."""
    record = {"file": got.file, "sha256": got.sha256, "asked": got.url, "validators": dict(got.validators)}
    arrival = next(a for a in [shelf.arrival(path.parent.name)])
    shelf.settle(arrival, stamp, record)
    return shelf.latest()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
