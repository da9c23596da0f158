"""One edition of a dataset as two small files: a parquet table, and a sidecar that says what it is."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import Field, ValidationError

from vereda.errors import BadSource
from vereda.sources import checks as _checks
from vereda.sources.description import Said, SourceDescription
from vereda.sources.placelist import PLACES, places
from vereda.sources.reading import table as read_table
from vereda.sources.revision import LIST_KEYS
from vereda.sources.shapes import ADJACENCY, adjacency
from vereda.sources.told import told
from vereda.terms.observation import KEY, OBSERVATIONS
from vereda.terms.period import known_on
from vereda.terms.place import Gazetteer
from vereda.terms.source import Batch, Check, SourceCard, Vintage

READER = "sources 1"

SCHEMAS = {"observations": OBSERVATIONS, "places": PLACES, "adjacency": ADJACENCY}
_ORDER = {"observations": KEY, **LIST_KEYS}


class Sidecar(Said):
    """What stands beside the table of a vintage."""

    dataset: str
    vintage: str
    vintage_note: str = ""
    kind: Literal["observations", "places", "adjacency"]
    title: str
    publisher: str
    address: str
    licence: str
    terms: Literal["open", "not stated"]
    obtained: str
    file: str
    sha256: str
    size: int
    read_on: str
    reader: str
    rows: int
    content: str
    absent: str
    known_gaps: dict[str, str] = Field(default_factory=dict)
    definitions: dict[str, str] = Field(default_factory=dict)  # series -> what it counts, as it was read


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of reading the publisher's file again."""

    same_bytes: bool  # sha256 and size of the file are those of the sidecar
    cells: int  # cells compared
    differences: tuple[str, ...]  # each difference, in words; the first twenty

    @property
    def agrees(self) -> bool:
        """Same file, same cells."""
        return self.same_bytes and not self.differences


def read(
    description: SourceDescription, path: Path, gazetteer: Gazetteer | None = None, vintage: str = ""
) -> pa.Table:
    """A publisher's file as a table, whatever it holds: observations, places or neighbours."""
    if description.kind == "places":
        return places(description, path)
    if description.kind == "adjacency":
        return adjacency(description, path, gazetteer)
    return read_table(description, path, gazetteer, vintage)


def vintage(
    description: SourceDescription, table: pa.Table, path: Path, read_on: str, name: str = ""
) -> tuple[bytes, str]:
    """The two files of an edition, as bytes and text; who calls writes them. Same input, same bytes."""
    table = table.sort_by([(key, "ascending") for key in _ORDER[description.kind]])
    content = _parquet(table)
    sha256, size = fingerprint(path)
    sidecar = Sidecar(
        **_shared(description),
        vintage=name or description.name_of_vintage,
        vintage_note=description.vintage_note,
        kind=description.kind,  # type: ignore[arg-type]
        file=path.name,
        sha256=sha256,
        size=size,
        read_on=read_on,
        reader=READER,
        rows=table.num_rows,
        content=hashlib.sha256(content).hexdigest(),
        absent=description.absence,
        known_gaps=description.known_gaps,
        definitions=description.definitions,
    )
    return content, _yaml(sidecar.model_dump())


def waiting(description: SourceDescription, path: Path) -> str:
    """For a dataset whose terms are not stated: what file it is, and how its holder builds the vintage."""
    sha256, size = fingerprint(path)
    said = {
        **_shared(description),
        "state": "waiting for data",
        "file": path.name,
        "sha256": sha256,
        "size": size,
    }
    said["build"] = (
        f"Obtain {path.name} from the publisher or from where the copy was found, and check its sha256; "
        f"then run: vereda keep {description.dataset} FILE --vintage {description.name_of_vintage}. "
        "The table it gives stays on your computer."
    )
    return _yaml(said)


def read_sidecar(path: Path) -> Sidecar:
    """The sidecar of a vintage."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        return Sidecar.model_validate(content)
    except FileNotFoundError:
        raise BadSource(f"{path.name} is not beside its table. Restore it from the repository.") from None
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as fault:
        said = str(fault).splitlines()[0]
        raise BadSource(f"{path.name} is not the sidecar of a vintage ({said}). Restore it.") from None


def read_vintage(parquet: Path, sidecar: Path) -> Batch:
    """A vintage as a batch for the store; damaged bytes are refused before anything is read from them."""
    said = read_sidecar(sidecar)
    try:
        content = parquet.read_bytes()
    except FileNotFoundError:
        raise BadSource(
            f"{parquet.name} is not there, and its sidecar is. Restore it from the repository."
        ) from None
    if hashlib.sha256(content).hexdigest() != said.content:
        raise BadSource(
            f"{parquet.name} of {said.dataset} is damaged or cut short: its content is not what the "
            "sidecar states. Restore it from the repository, or build it again from the publisher's file."
        )
    table = pq.read_table(io.BytesIO(content)).cast(SCHEMAS[said.kind])
    if table.num_rows != said.rows:
        raise BadSource(
            f"{parquet.name} has {table.num_rows} rows and its sidecar states {said.rows}. Restore both."
        )
    edition = Vintage(
        said.dataset,
        said.vintage,
        said.file,
        said.sha256,
        said.size,
        said.read_on,
        said.reader,
        said.rows,
        said.content,
    )
    return Batch(edition, table, known_on(said.vintage), parquet)


def verify(
    description: SourceDescription, path: Path, held: Batch, gazetteer: Gazetteer | None = None
) -> Verification:
    """Read the publisher's file again and compare it with a vintage, cell by cell."""
    bytes_agree = fingerprint(path) == (held.vintage.sha256, held.vintage.size)
    order = [(key, "ascending") for key in _ORDER[description.kind]]
    again = read(description, path, gazetteer).sort_by(order).combine_chunks()
    kept = held.observations if isinstance(held.observations, pa.Table) else held.observations.read_all()
    kept = kept.sort_by(order).combine_chunks()
    if again.num_rows != kept.num_rows:
        return Verification(
            bytes_agree, 0, (f"the file gives {again.num_rows} rows, the vintage {kept.num_rows}",)
        )
    differences: list[str] = []
    for name in kept.column_names:
        if not again[name].equals(kept[name]):
            pairs = zip(again[name].to_pylist(), kept[name].to_pylist(), strict=True)
            rows = kept["row"].to_pylist()
            differences += [
                f"row {rows[i]}, {name}: {a!r} in the file, {b!r} held"
                for i, (a, b) in enumerate(pairs)
                if a != b
            ]
    return Verification(bytes_agree, kept.num_rows * kept.num_columns, tuple(differences[:20]))


def card(description: SourceDescription, held: Vintage | None, checks: Sequence[Check] = ()) -> SourceCard:
    """What a page about the dataset prints."""
    return SourceCard(
        dataset=description.dataset,
        title=description.title,
        publisher=description.publisher,
        address=description.address,
        licence=description.licence,
        terms=description.terms,
        absent=description.absence,
        known_gaps=dict(description.known_gaps),
        series={name: series.unit for name, series in description.series.items()},
        vintage=held,
        checks=tuple(checks),
        definitions=description.definitions,
        reading=told(description),
        census=description.census,
        made_from=description.made_from,
        command=_command(description),
    )


def _command(d: SourceDescription) -> str:
    if d.fetch is not None:
        return f"vereda fetch {d.dataset}"
    return f"vereda keep {d.dataset} FILE --vintage {d.name_of_vintage or 'YYYY-MM'}"


def bring(
    description: SourceDescription, path: Path, gazetteer: Gazetteer | None = None, vintage: str = ""
) -> tuple[pa.Table, tuple[Check, ...]]:
    """Read a publisher's file and refuse it unless it adds up to what was published."""
    table = read(description, path, gazetteer, vintage)
    found = _checks.check(description, table, gazetteer)
    _checks.refuse_failed(description, found)
    return table, found


def fingerprint(path: Path) -> tuple[str, int]:
    """sha256 and size of a publisher's file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest(), path.stat().st_size


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    texts = [f.name for f in table.schema if pa.types.is_string(f.type)]
    encoded = {"row": "DELTA_BINARY_PACKED"} if "row" in table.column_names else None
    pq.write_table(
        table.combine_chunks(),
        sink,
        compression="zstd",
        compression_level=19,
        use_dictionary=[*texts, *(n for n in ("value", "low", "high") if n in table.column_names)],
        column_encoding=encoded,
        row_group_size=1 << 20,
        write_statistics=False,
    )
    return sink.getvalue()


def _shared(d: SourceDescription) -> dict[str, Any]:
    return {
        name: getattr(d, name)
        for name in ("dataset", "title", "publisher", "address", "licence", "terms", "obtained")
    }


def _yaml(said: dict[str, object]) -> str:
    kept = {key: value for key, value in said.items() if value not in ("", {}, None)}
    return yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=110)
