"""Small batches of observations for the tests of this room."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from vereda.terms.observation import OBSERVATIONS
from vereda.terms.source import Batch, Vintage

PLAIN: Mapping[str, Any] = {
    "series": "coca_area",
    "place": "CO-52835",
    "period": "2022",
    "estimator": "unodc-simci",
    "source": "odc-simci-coca",
    "vintage": "2023-09",
    "value": 10.0,
    "low": None,
    "high": None,
    "unit": "ha",
    "status": "measured",
    "confidence": None,
    "sheet": None,
    "row": None,
    "col": None,
    "page": None,
    "note": None,
}


def row(**given: Any) -> dict[str, Any]:
    assert not set(given) - set(PLAIN)
    return {**PLAIN, **given}


def batch(
    rows: Iterable[Mapping[str, Any]],
    content: str | None = None,
    *,
    dataset: str = "odc-simci-coca",
    name: str = "2023-09",
    known_on: date | None = None,
) -> Batch:
    table = pa.Table.from_pylist([dict(r) for r in rows], schema=OBSERVATIONS)
    content = content or hashlib.sha256(repr((dataset, name, table.to_pylist())).encode()).hexdigest()
    sha = hashlib.sha256(content.encode()).hexdigest()
    vintage = Vintage(dataset, name, "coca.csv", sha, 123, "2026-01-02", "1", table.num_rows, content)
    return Batch(vintage, table, known_on)


def values(table: pa.Table) -> list[float | None]:
    found: list[float | None] = table.column("value").to_pylist()
    return found


def plain(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows as tuples of the 17 columns, in a fixed order."""
    return sorted((tuple(r.values()) for r in table.select(OBSERVATIONS.names).to_pylist()), key=repr)
