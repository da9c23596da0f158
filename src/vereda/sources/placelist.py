"""Lists of places: the gazetteer's file as a table, and the table as a gazetteer."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from vereda.errors import BadSource, DuplicateKey
from vereda.sources import tabular
from vereda.sources.description import Change, GazetteerColumns, NumberFormat, SourceDescription
from vereda.terms.place import Gazetteer, Place
from vereda.terms.source import Batch

#: The columns of a table of places, in this order.
PLACES = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("level", pa.string(), nullable=False),
        pa.field("parent", pa.string()),
        pa.field("since", pa.int32()),
        pa.field("until", pa.int32()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
        pa.field("aliases", pa.list_(pa.string()), nullable=False),
        pa.field("predecessors", pa.list_(pa.string()), nullable=False),
        pa.field("note", pa.string(), nullable=False),
        pa.field(
            "row", pa.int32()
        ),  # line of the publisher's file; null where our description adds the place
    ]
)


def places(description: SourceDescription, path: Path) -> pa.Table:
    """The publisher's list with what our description adds: changes of code, aliases, names to print."""
    columns = description.gazetteer
    if columns is None:
        raise BadSource(f"{description.dataset} is not described as a list of places.")
    rows: dict[str, dict[str, object]] = {}
    for row in _rows(description, columns, path):
        _once(rows, row, path.name, columns.repeated)
    return pa.Table.from_pylist([rows[code] for code in sorted(rows)], schema=PLACES)


def gazetteer(batch: Batch | pa.Table, *descriptions: SourceDescription) -> Gazetteer:
    """The places of a table, and the places that the descriptions given declare of their own.

    The levels of the lists described are the finest; municipality where none is described.
    """
    content = batch.observations if isinstance(batch, Batch) else batch
    table = content if isinstance(content, pa.Table) else content.read_all()
    lists = [d.gazetteer for d in descriptions if d.gazetteer]
    countries = {g.country: {"level": "country"} for g in lists}
    listed = [
        Place(
            **{**row, "aliases": tuple(row["aliases"]), "predecessors": tuple(row["predecessors"])}
            | countries.get(row["code"], {})
        )
        for row in table.drop_columns(["row"]).to_pylist()
    ]
    own = [
        Place(code=code, name=p.name, level=p.level, parent=p.parent, note=p.note)
        for d in descriptions
        for code, p in d.places.items()
    ]
    return Gazetteer.of([*own, *listed], {g.level for g in lists} or ("municipality",))


def proper(name: str, lower_case: Iterable[str] = ()) -> str:
    """A name in capitals as a sentence writes it: 'SAN ANDRÉS DE TUMACO' -> San Andrés de Tumaco."""
    small = {word.casefold() for word in lower_case}
    words = [word.lower() if word.casefold() in small else _capital(word) for word in name.split()]
    return " ".join([_capital(words[0]), *words[1:]]) if words else ""


def _capital(word: str) -> str:
    return word.upper() if "." in word else word[:1].upper() + word[1:].lower()  # D.C. keeps its capitals


def _rows(description: SourceDescription, g: GazetteerColumns, path: Path) -> Iterator[dict[str, object]]:
    # A table marks the country like its parts, by the level above the finest; `gazetteer` knows better.
    yield {**_empty(), "code": g.country, "name": g.country_name, "level": g.parent_level}
    seen: set[str] = set()
    used: set[str] = set()
    for line, text in tabular.batches(description, path):
        lon = _degrees(description, path, g.lon, line, text)
        lat = _degrees(description, path, g.lat, line, text)
        for at, row in enumerate(text.to_pylist()):
            if any(row[column] in texts for column, texts in description.leave_out.items()):
                continue
            parent = row[g.code][: g.parent_digits] if g.parent_code is None else row[g.parent_code]
            for printed in (row[g.code], parent):
                _whole(printed, g, path, line + at)
            above, code = g.prefix + parent, g.prefix + row[g.code]
            if above not in seen:
                seen.add(above)
                name = proper(row[g.parent_name], g.lower_case)
                yield _changed(
                    g.parents.get(above),
                    {**_empty(), "code": above, "name": name, "level": g.parent_level, "parent": g.country},
                )
            used.add(code)
            name = proper(row[g.name], g.lower_case)
            place = {**_empty(), "code": code, "name": name, "level": g.level, "parent": above}
            place |= {"lon": lon[at], "lat": lat[at], "row": line + at}
            yield _changed(g.changes.get(code), place)
    for code, change in g.changes.items():
        if code not in used and change.name:
            yield _changed(change, {**_empty(), "code": code, "name": change.name, "level": g.level})


def _degrees(
    d: SourceDescription, path: Path, column: str | None, line: int, text: pa.RecordBatch
) -> Sequence[float | None]:
    if column is None:
        return [None] * text.num_rows
    written: NumberFormat = d.number_format(column)
    values, bad = tabular.number(text[column], written)
    wrong = bad.to_pylist()
    if any(wrong):
        at = wrong.index(True)
        raise tabular.no_number(path.name, line + at, column, text[column][at].as_py(), written, sum(wrong))
    found: list[float] = values.to_pylist()
    if max(map(abs, found)) > 180:
        raise BadSource(
            f"{path.name}: column {column!r} holds {max(found, key=abs)}, which is no degree of the Earth."
        )
    return found


def _whole(code: str, g: GazetteerColumns, path: Path, line: int) -> None:
    """Codes of the two levels are `width` and two digits long; a shorter one lost its zero."""
    if g.width and len(code) in (g.width - 1, 1):
        raise BadSource(
            f"{path.name}:{line}: codes lost leading zeros: {code} -> 0{code}. A spreadsheet took them for "
            "numbers: fetch the publisher's own file."
        )


def _empty() -> dict[str, object]:
    return {"aliases": [], "predecessors": [], "note": "", "parent": None, "row": None}


def _changed(change: Change | None, row: dict[str, object]) -> dict[str, object]:
    if change is None:
        return row
    said = change.model_dump(exclude_unset=True)
    return {**row, **{k: list(v) if isinstance(v, tuple) else v for k, v in said.items()}}


def _once(rows: dict[str, dict[str, object]], row: dict[str, object], file: str, repeated: bool) -> None:
    code = str(row["code"])
    if repeated and code in rows and {**rows[code], "row": None} == {**row, "row": None}:
        return
    if code in rows:
        raise DuplicateKey(
            f"{file}: lines {rows[code]['row']} and {row['row']} both describe {code}. Keep one."
        )
    rows[code] = row
