"""The cube every estimator works on: places x years x outcomes, with nan for a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
LARGEST = 1e100  # the square of a value must be a number
NEVER = np.inf  # first year of exposure of a place that is never exposed


@dataclass(frozen=True, slots=True)
class Panel:
    """Outcomes of n places over T consecutive periods, and when each place was first exposed.

    y (n, T, m): outcomes, nan where there is no value. years (T,): increasing, in steps of one.
    first (n,): first exposed year, inf for never. covariates (n, p): of the place, not changing, complete.
    cluster (n,), stratum (n,): numbers from 0; without any, every place is its own cluster, and all one stratum.
    """

    places: tuple[str, ...]
    years: Array
    outcomes: tuple[str, ...]
    y: Array
    first: Array
    covariates: Array
    covariate_names: tuple[str, ...]
    cluster: Codes
    stratum: Codes

    @property
    def hash(self) -> str:
        """sha256 of everything the panel holds: the same data give the same hash."""
        digest = sha256("\0".join((*self.places, "", *self.outcomes, "", *self.covariate_names)).encode())
        for array in (self.years, self.y, self.first, self.covariates, self.cluster, self.stratum):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def only(self, keep: NDArray[np.bool_]) -> "Panel":
        """The panel of some of the places."""
        return replace(
            self,
            places=tuple(p for p, k in zip(self.places, keep, strict=True) if k),
            y=self.y[keep],
            first=self.first[keep],
            covariates=self.covariates[keep],
            cluster=self.cluster[keep],
            stratum=self.stratum[keep],
        )

    def outcome(self, name: str) -> Array:
        """One outcome, (n, T)."""
        return self.y[:, :, self.outcomes.index(name)]


def panel(
    places: Sequence[str],
    years: Array,
    outcomes: Mapping[str, Array],
    first: Array,
    covariates: Mapping[str, Array] | None = None,
    cluster: Sequence[Any] | None = None,
    stratum: Sequence[Any] | None = None,
) -> Panel:
    """A panel from arrays that are already places x years; BadDesign lists everything that is wrong at once.

    outcomes: (n, T) each. covariates: (n,) each. cluster, stratum: any labels.
    """
    n, span = len(places), len(years)
    years, first = np.asarray(years, dtype=float), np.asarray(first, dtype=float)
    extra = dict(covariates or {})
    faults = []
    if not outcomes:
        faults.append("no outcome is named")
    if len(set(places)) < n:
        twice = sorted({p for p in places if list(places).count(p) > 1})[:5]
        faults.append(f"places that come twice: {', '.join(twice)}")
    if span < 2 or not np.array_equal(np.diff(years), np.ones(max(span - 1, 0))):
        faults.append("the years must increase in steps of one, and be at least two")
    for name, values in outcomes.items():
        if np.shape(values) != (n, span):
            faults.append(f"outcome {name}: shape {np.shape(values)}, not {(n, span)}")
        elif np.isinf(values).any():
            faults.append(f"outcome {name}: {int(np.isinf(values).sum())} values are infinite")
        elif (far := np.abs(np.nan_to_num(np.asarray(values, dtype=float))) > LARGEST).any():
            where = f"{places[int(far.any(axis=1).argmax())]}"
            faults.append(
                f"outcome {name}: {int(far.sum())} values beyond {LARGEST:g}, such as of {where}: rescale it"
            )
    if first.shape != (n,) or np.isnan(first).any():
        faults.append(f"first exposed year: one number for each of the {n} places, inf for never")
    for name, values in extra.items():
        if np.shape(values) != (n,) or not (np.abs(values) <= LARGEST).all():
            faults.append(
                f"covariate {name}: one finite number, at most {LARGEST:g}, for each of the {n} places"
            )
    if faults:
        raise BadDesign("The panel cannot be used:\n  " + "\n  ".join(faults))
    return Panel(
        tuple(places),
        years,
        tuple(outcomes),
        np.stack([np.asarray(v, dtype=float) for v in outcomes.values()], axis=-1),
        first,
        np.column_stack([np.asarray(v, dtype=float) for v in extra.values()]) if extra else np.empty((n, 0)),
        tuple(extra),
        _numbered(cluster, n),
        _numbered(stratum, n) if stratum is not None else np.zeros(n, dtype=np.int64),
    )


def _numbered(labels: Sequence[Any] | None, n: int) -> Codes:
    if labels is None:
        return np.arange(n, dtype=np.int64)
    return np.unique(np.asarray(labels).astype(str), return_inverse=True)[1].astype(np.int64)
