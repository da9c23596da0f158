"""The store keeps: observations, snapshots, published documents. The only room that writes to disk."""

from vereda.store.arrivals import Arrival, Arrivals
from vereda.store.decisions import add_records, records
from vereda.store.documents import load_state, save_state, write_files, write_outputs
from vereda.store.observations import Appended
from vereda.store.reading import READ, TALLIES
from vereda.store.workspace import Store

__all__ = [
    "READ", "TALLIES", "Appended", "Arrival", "Arrivals", "Store", "add_records", "load_state", "records", "save_state",
    "write_files", "write_outputs",
]  # fmt: skip
