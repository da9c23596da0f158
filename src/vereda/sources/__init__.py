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
from vereda.sources.placelist import gazetteer, places, proper
from vereda.sources.reading import stream
from vereda.sources.shapes import adjacency, geometry

__all__ = [
    "READER",
    "Fetchable",
    "Sidecar",
    "SourceDescription",
    "Verification",
    "adjacency",
    "bring",
    "card",
    "check",
    "chosen",
    "datasets",
    "describe",
    "fetchables",
    "fill",
    "fingerprint",
    "gazetteer",
    "geometry",
    "load",
    "places",
    "proper",
    "read",
    "read_sidecar",
    "read_vintage",
    "refuse_failed",
    "stream",
    "verify",
    "vintage",
    "waiting",
]
