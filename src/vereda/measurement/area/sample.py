"""What was drawn and what was seen: points counted by stratum, map class and reference class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
LEAST = 2  # points in a stratum below which it has no variance
SUM_WITHIN = 1e-6  # of weights, which are often printed to six digits


@dataclass(frozen=True, slots=True)
class Strata:
    """H strata that share out the land: area (H,) in `unit`. units: (H,) pixels in each, where they are few enough
    for the finite population correction to matter, else None."""

    names: tuple[str, ...]
    area: Array
    unit: str = "ha"
    units: Array | None = None

    @property
    def total(self) -> float:
        """All land that the strata share, in the unit."""
        return float(self.area.sum())

    @property
    def weight(self) -> Array:
        """(H,) share of the land, W."""
        return np.asarray(self.area / self.area.sum())


@dataclass(frozen=True, slots=True)
class Sample:
    """counts (H, M, K): points in stratum h with map class m and reference class k.

    map_classes: empty names where the map is not known; then M = 1 and no accuracy can be told.
    """

    strata: Strata
    map_classes: tuple[str, ...]
    classes: tuple[str, ...]
    counts: Counts

    @property
    def n(self) -> Counts:
        """(H,) points in each stratum."""
        return np.asarray(self.counts.sum(axis=(1, 2)))

    @property
    def reference(self) -> Counts:
        """(H, K) points by stratum and reference class."""
        return np.asarray(self.counts.sum(axis=1))


def strata_of(
    names: Sequence[str], area: Sequence[float] | Array, unit: str = "ha", units: Array | None = None
) -> Strata:
    """Strata, refused where a name is there twice or an area is not above zero."""
    found = np.asarray(area, dtype=float)
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise BadDesign(f"Stratum {twice[0]!r} is there twice. Add its areas up, or give each its own name.")
    if len(names) != len(found) or not len(names):
        raise BadDesign(f"{len(names)} strata and {len(found)} areas: each stratum needs one area.")
    bad = [name for name, a in zip(names, found, strict=True) if not (np.isfinite(a) and a > 0)]
    if bad:
        raise BadDesign(
            f"Stratum {bad[0]!r} has no area above zero. A stratum without land is left out of the table."
        )
    return Strata(tuple(names), found, unit, units)


def from_weights(
    names: Sequence[str], weight: Sequence[float] | Array, total: float, unit: str = "ha"
) -> Strata:
    """Strata from shares of a total area. BadDesign where the shares do not sum to one."""
    found = np.asarray(weight, dtype=float)
    if not np.isfinite(total) or total <= 0:
        raise BadDesign(f"A total area of {total:g} {unit}: it must be above zero.")
    if abs(found.sum() - 1) > SUM_WITHIN:
        raise BadDesign(
            f"The weights of the strata sum to {found.sum():.8g}, not to 1. Weights are shares of all the land: "
            "look for a stratum that is missing or there twice, or give areas instead."
        )
    return strata_of(names, found * total, unit)


def from_counts(
    strata: Strata,
    classes: Sequence[str],
    counts: Sequence[Sequence[int]] | Counts,
    map_of: Sequence[str] | None = None,
) -> Sample:
    """A sample from an error matrix: counts (H, K). map_of: map class of each stratum, where each has only one."""
    table = np.asarray(counts)
    if table.shape != (len(strata.names), len(classes)):
        raise BadDesign(
            f"The table has {table.shape} counts; {len(strata.names)} strata by {len(classes)} classes are needed."
        )
    if (table < 0).any() or (table != np.round(table)).any():
        raise BadDesign("Counts are whole numbers of points, zero or more.")
    maps = tuple(dict.fromkeys(map_of)) if map_of is not None else ("",)
    full = np.zeros((len(strata.names), len(maps), len(classes)), dtype=np.int64)
    for h, row in enumerate(table):
        full[h, maps.index(map_of[h]) if map_of is not None else 0] = row
    return enough(Sample(strata, maps, tuple(classes), full))


def from_points(
    strata: Strata, stratum: Sequence[str], reference: Sequence[str], mapped: Sequence[str] | None = None
) -> Sample:
    """A sample from one entry a point; classes in the order of their names."""
    classes = tuple(sorted(set(reference)))
    maps = tuple(sorted(set(mapped))) if mapped is not None else ("",)
    at = [{name: i for i, name in enumerate(names)} for names in (strata.names, maps, classes)]
    unknown = sorted(set(stratum) - set(strata.names))
    if unknown:
        raise BadDesign(
            f"Points lie in stratum {unknown[0]!r}, whose area is not given. Strata with an area: "
            f"{', '.join(strata.names)}."
        )
    full = np.zeros((len(strata.names), len(maps), len(classes)), dtype=np.int64)
    seen = mapped if mapped is not None else [""] * len(stratum)
    rows = [[at[0][s], at[1][m], at[2][r]] for s, m, r in zip(stratum, seen, reference, strict=True)]
    np.add.at(full, tuple(np.array(rows, dtype=np.int64).reshape(-1, 3).T), 1)
    return enough(Sample(strata, maps, classes, full))


def enough(sample: Sample) -> Sample:
    """The sample, refused where a stratum has too few points for a variance."""
    thin = [
        f"{name} ({n})" for name, n in zip(sample.strata.names, sample.n.tolist(), strict=True) if n < LEAST
    ]
    if thin:
        raise BadDesign(
            f"Too few points in: {', '.join(thin)}. Each stratum needs at least {LEAST} to tell its variance; nothing is "
            "known about one without points. Draw more there, or merge it with a stratum like it."
        )
    return sample
