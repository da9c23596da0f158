"""One client for every Socrata portal: rows counted and added up by the server, and again in what arrived."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from vereda.fetching import plain
from vereda.fetching.door import Answer, Door, parsed
from vereda.fetching.patience import Again
from vereda.fetching.shelf import Arrival, Progress
from vereda.fetching.table import Tally, as_csv, counted, must_agree
from vereda.fetching.unpacking import must_be_type
from vereda.fetching.words import refuse
from vereda.terms.fetching import Address, Arrived

_ID = ":id"


@dataclass(frozen=True, slots=True)
class Known:
    """What the portal says of a dataset before anything is fetched."""

    columns: tuple[str, ...]  # those asked for
    not_asked: tuple[str, ...]
    updated: str  # seconds since 1970 at which the rows last changed; empty if not said
    tally: Tally

    @property
    def published(self) -> str:
        """Day of the last change."""
        return datetime.fromtimestamp(int(self.updated), UTC).date().isoformat() if self.updated else ""

    @property
    def validators(self) -> dict[str, str]:
        """What to compare with next time."""
        return {"updated": self.updated, "columns": ",".join(self.columns), **self.tally.marks}


def fetch(
    address: Address, door: Door, arrival: Arrival, latest: Mapping[str, Any], progress: Progress
) -> Arrived:
    """All rows of a dataset as one file, refused unless they are as many, and add up, as the server says."""
    known = _known(address, door)
    held = latest.get("validators", {})
    if held and _same(held, known):
        return Arrived("unchanged", address.shown)
    if known.tally.rows < address.rows_at_least:
        refuse("too_few", url=address.shown, rows=known.tally.rows, least=address.rows_at_least)
    if address.how == "export":
        return _exported(address, door, arrival, known, progress)
    return _paged(address, door, arrival, known, progress)


def _same(held: Mapping[str, str], known: Known) -> bool:
    """A portal that does not say when its rows changed is never taken at its word that they did not."""
    return bool(known.updated) and dict(held) == known.validators


def _known(address: Address, door: Door) -> Known:
    about = f"{address.base}/api/views/{address.id}.json"
    said, _ = door.json(about)
    listed = said.get("columns") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not listed:
        refuse("no_columns", url=about)
    there = tuple(str(c.get("fieldName", "")) for c in listed if isinstance(c, dict))
    there = tuple(name for name in there if name and not name.startswith(":"))
    asked = address.columns or there
    gone = [name for name in asked if name not in there]
    if gone:
        refuse("columns_gone", url=address.shown, names=", ".join(gone), there=", ".join(there))
    new = tuple(name for name in there if name not in asked)
    if new and address.other_columns == "refused":
        refuse("columns_new", url=address.shown, names=", ".join(new))
    updated = str(said.get("rowsUpdatedAt") or "")
    return Known(asked, new, updated if updated.isdigit() else "", _tally(address, door))


def _tally(address: Address, door: Door) -> Tally:
    """Rows and sums as the server has them, of the whole table."""
    asked = ["count(*) AS n", *(f"sum({column}) AS s{i}" for i, column in enumerate(address.sums))]
    url = _query(address, {"$select": ", ".join(asked)})
    said, _ = door.json(url)
    row = said[0] if isinstance(said, list) and said and isinstance(said[0], dict) else {}
    if not str(row.get("n", "")).isdigit():
        refuse("not_a_page", url=url, said="no count")
    sums = {column.partition("::")[0]: str(row.get(f"s{i}", "0")) for i, column in enumerate(address.sums)}
    return Tally(int(row["n"]), sums)


def _paged(address: Address, door: Door, arrival: Arrival, known: Known, progress: Progress) -> Arrived:
    plan = {"id": address.id, "order": address.order, **known.validators}
    if arrival.plan != plan:
        arrival.restart(plan)
    _pages(address, door, arrival, known, progress)
    if _tally(address, door).marks != known.tally.marks:
        arrival.drop()
        refuse("changed_meanwhile", url=address.shown)
    found = Tally(0, dict.fromkeys(known.tally.sums, "0"))
    rows = _rows(arrival, found, known.columns, address.shown)
    sha256, size = arrival.write(as_csv(known.columns, rows))
    sums = must_agree(known.tally, found, address.shown)
    return _arrived(address, known, sha256, size, found.rows, sums)


def _pages(address: Address, door: Door, arrival: Arrival, known: Known, progress: Progress) -> None:
    """Fetch the pages that are not here yet. A server may give fewer rows than asked: the next begins where they end."""
    counted_there = known.tally.rows
    held = arrival.pages()
    at = sum(rows for _, rows in held)
    before = arrival.page(*held[-1]) if held else b""
    while True:
        content, rows = _page(address, door, known, at)
        if not rows:
            break
        if content == before:
            refuse("same_page", url=address.shown, rows=at)
        if at + rows > counted_there:
            refuse("endless", url=address.shown, counted=counted_there, rows=at + rows)
        arrival.add_page(at, rows, content)
        at, before = at + rows, content
        progress(at, counted_there)


def _page(address: Address, door: Door, known: Known, at: int) -> tuple[bytes, int]:
    asked = {"$select": ",".join((_ID, *known.columns)), "$order": address.order}
    url = _query(address, {**asked, "$limit": str(address.page), "$offset": str(at)})

    def take(answer: Answer) -> tuple[bytes, int]:
        must_be_type(answer.headers.get("content-type", ""), "json", answer.url)
        content = b"".join(answer.chunks)
        rows = parsed(content)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Again("the answer is no list of rows")
        return content, len(rows)

    return door.ask(url, take)


def _rows(arrival: Arrival, found: Tally, columns: tuple[str, ...], url: str) -> Iterator[dict[str, Any]]:
    """Every row of the pages held; `found` is their tally once all were read."""
    seen: set[str] = set()
    for page in arrival.pages():
        for row in parsed(arrival.page(*page)):
            found.add(row, url)
            seen.add(str(row.get(_ID, found.rows)))
            yield row
    if len(seen) != found.rows:
        refuse("twice", url=url, rows=found.rows - len(seen))


def _exported(address: Address, door: Door, arrival: Arrival, known: Known, progress: Progress) -> Arrived:
    form = "rows.csv?accessType=DOWNLOAD"
    url = f"{address.base}/api/views/{address.id}/{form}"
    if address.format == "geojson":
        url = f"{address.base}/api/geospatial/{address.id}?method=export&format=GeoJSON"
    got = plain.fetch(url, address.format, door, arrival, {}, progress)
    rows = counted(arrival.part, address.format, url)
    if rows != known.tally.rows:
        refuse("short", url=url, counted=known.tally.rows, rows=rows)
    return _arrived(address, known, got.sha256, got.size, rows, {})


def _arrived(
    address: Address, known: Known, sha256: str, size: int, rows: int, sums: Mapping[str, tuple[str, str]]
) -> Arrived:
    return Arrived(
        "fetched",
        address.shown,
        file=f"{address.id}.{address.format}",
        sha256=sha256,
        size=size,
        rows=rows,
        sums=sums,
        published=known.published,
        validators=known.validators,
        not_asked=known.not_asked,
    )


def _query(address: Address, said: Mapping[str, str]) -> str:
    return f"{address.base}/resource/{address.id}.json?{urlencode(said)}"
