"""Neighbours and polygons: which places touch, and the file that draws them."""

import json
import struct
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vereda.errors import BadSource, DuplicateKey
from vereda.sources import drawn, tabular
from vereda.sources.description import SourceDescription
from vereda.sources.polygons import polygon_signs
from vereda.terms.place import Gazetteer

#: What a damaged file of polygons ends in.
FAULTS = (OSError, EOFError, zlib.error, struct.error, pa.ArrowException, ValueError, LookupError, TypeError, AttributeError, RecursionError)  # fmt: skip
#: The columns of a table of neighbours: each pair once, `a` before `b`.
ADJACENCY = pa.schema(
    [
        pa.field("a", pa.string(), nullable=False),
        pa.field("b", pa.string(), nullable=False),
        pa.field("contact", pa.string(), nullable=False),  # rook: a shared border; point: a corner only
        pa.field("row", pa.int32()),
    ]
)


def adjacency(description: SourceDescription, path: Path, places: Gazetteer | None = None) -> pa.Table:
    """Pairs of neighbouring places."""
    pairs = description.pairs
    if pairs is None:
        raise BadSource(f"{description.dataset} is not described as a list of neighbours.")
    found = []
    for line, text in tabular.batches(description, path):
        a = pc.binary_join_element_wise(pairs.prefix, text[pairs.a], "")
        b = pc.binary_join_element_wise(pairs.prefix, text[pairs.b], "")
        first, second = pc.min_element_wise(a, b), pc.max_element_wise(a, b)
        lines = pa.array(range(line, line + text.num_rows), pa.int32())
        found.append(
            pa.RecordBatch.from_arrays([first, second, text[pairs.contact], lines], schema=ADJACENCY)
        )
    table = pa.Table.from_batches(found, ADJACENCY).sort_by([("a", "ascending"), ("b", "ascending")])
    _refuse_odd_pairs(table, path.name, places)
    return table


def geometry(description: SourceDescription, path: Path, places: Gazetteer | None = None) -> str:
    """The polygons of the file as GeoJSON text, once each is known to carry the code of a place.

    A sign that the description declares a failure, such as an area far from the official one, refuses the file.
    """
    stated = description.geometry
    if stated is None:
        raise BadSource(f"{description.dataset} is not described as a file of polygons.")
    try:
        features = drawn.features(path, stated.layer)
        codes = [stated.prefix + feature["properties"][stated.code] for feature in features]
    except FAULTS as fault:
        raise BadSource(
            f"{path.name} is not the file of polygons described ({type(fault).__name__}: {str(fault)[:120]}). It may be "
            "GeoJSON, TopoJSON or GeoParquet: fetch it again, or change `geometry` in the description."
        ) from None
    if len(codes) != stated.features or len(set(codes)) != stated.features:
        raise BadSource(
            f"{path.name} has {len(codes)} polygons with {len(set(codes))} codes and {stated.features} are "
            "described: the file is cut short or another edition. Fetch it again."
        )
    if places is not None:
        for code in codes:
            places.get(code, path.name)
    text = json.dumps(
        {"type": "FeatureCollection", "features": features}, separators=(",", ":"), ensure_ascii=False
    )
    _refuse_odd_polygons(description, text, path.name, places or Gazetteer())
    return text


def _refuse_odd_polygons(d: SourceDescription, text: str, file: str, places: Gazetteer) -> None:
    try:
        found = [
            s for s in polygon_signs(d, text, places) if s.state == "found" and s.rule in d.expect.failing
        ]
    except (ValueError, KeyError, TypeError, IndexError) as fault:
        raise BadSource(
            f"{file}: a polygon is not as GeoJSON has it ({type(fault).__name__}: {str(fault)[:80]}). Fetch it again."
        ) from None
    for sign in found:
        said = "; ".join(
            f"{s.place} {s.value} {s.unit}, printed {s.before}" if s.unit else s.place for s in sign.seen
        )
        raise BadSource(
            f"{file}: {sign.many} polygon(s) are not what they are printed to be ({sign.rule}): {said}. Another copy of "
            "the file may be whole; the share that is allowed stands in `geometry.area_within` of the description."
        )


def _refuse_odd_pairs(table: pa.Table, file: str, places: Gazetteer | None) -> None:
    alone = table.filter(pc.equal(table["a"], table["b"]))
    if alone.num_rows:
        raise BadSource(
            f"{file}:{alone['row'][0]}: {alone['a'][0]} is listed as its own neighbour. Ask the publisher."
        )
    counts = table.group_by(["a", "b"]).aggregate([("row", "count")])
    twice = counts.filter(pc.greater(counts["row_count"], 1))
    if twice.num_rows:
        raise DuplicateKey(f"{file}: the pair {twice['a'][0]}, {twice['b'][0]} is listed twice. Keep one.")
    if places is not None:
        for code in pc.unique(pa.chunked_array([*table["a"].chunks, *table["b"].chunks])).to_pylist():
            places.get(code, file)
