"""Sources bring the figures: each dataset is described in a folder, read as described, and checked."""

from vereda.sources.catalogue import Fetchable, chosen, fetchables
from vereda.sources.checks import check, fill, refuse_failed
from vereda.sources.description import SourceDescription, datasets, describe, load
from vereda.sources.editions import (
    READER,
    Sidecar,
    Verification,
    bring,
    card,
    fingerprint,
    read,
    read_sidecar,
    read_vintage,
    verify,
    vintage,
    waiting,
)
from vereda.sources.noticed import Notice, notices, otherwise, said
from vereda.sources.placelist import gazetteer, places, proper
from vereda.sources.polygons import polygon_signs
from vereda.sources.reading import stream
from vereda.sources.remainders import remainders
from vereda.sources.revision import LIST_KEYS, Revision, compare, compare_lists
from vereda.sources.shapes import adjacency, geometry
from vereda.sources.signs import inspect, revisions, span
from vereda.sources.unfinished import FILL_IN

__all__ = [
    "FILL_IN",
    "LIST_KEYS",
    "READER",
    "Fetchable",
    "Notice",
    "Revision",
    "Sidecar",
    "SourceDescription",
    "Verification",
    "adjacency",
    "bring",
    "card",
    "check",
    "chosen",
    "compare",
    "compare_lists",
    "datasets",
    "describe",
    "fetchables",
    "fill",
    "fingerprint",
    "gazetteer",
    "geometry",
    "inspect",
    "load",
    "notices",
    "otherwise",
    "places",
    "polygon_signs",
    "proper",
    "read",
    "read_sidecar",
    "read_vintage",
    "refuse_failed",
    "remainders",
    "revisions",
    "said",
    "span",
    "stream",
    "verify",
    "vintage",
    "waiting",
]
