"""What the commitments point at is held in the vintages of the case, or is known to be missing."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from vereda.cooperation import read
from vereda.terms.cooperation import ObservationRef

REAL = Path(__file__).parents[2] / "cases" / "us-colombia"
HELD_BACK = {("potential_cocaine_hcl", "2022")}  # one of the reference cells kept out of the material


def _held() -> set[tuple[str, str, str, str, str]]:
    names = ("series", "estimator", "period", "vintage", "source")
    found: set[tuple[str, str, str, str, str]] = set()
    for path in (REAL / "vintages").glob("*/*.parquet"):
        if {"series", "estimator"} <= set(pq.read_schema(path).names):
            found.update(
                zip(*(pq.read_table(path, columns=list(names))[n].to_pylist() for n in names), strict=True)
            )
    return found


def test_every_reference_of_a_commitment_finds_something() -> None:
    held = _held()
    if not held:
        pytest.skip("the vintages of the case are not here")
    index = {tuple(row[n] for n in keep) for row in held for keep in _MASKS}

    def finds(ref: ObservationRef) -> bool:
        wanted = (ref.series, ref.estimator, ref.period, ref.vintage, ref.source)
        return tuple(part for part in wanted if part is not None) in index

    for entry in read(REAL).commitments:
        for ref in (*entry.baselines, *entry.judged_on, *entry.beside):
            known_gap = (ref.series, ref.period) in HELD_BACK
            assert ref.series.startswith("scope.") or finds(ref) != known_gap, (entry.id, ref)


_MASKS = [
    [n for n in range(5) if n == 0 or mask >> n & 1]
    for mask in range(0, 32, 2)  # the series is always named, the rest may be left out
]
