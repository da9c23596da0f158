"""Synthetic control on outcomes: one place, the mean of a cohort, or every place in turn.

Abadie, Diamond & Hainmueller (2010), Journal of the American Statistical Association 105(490), 493-505, with the
outcome of every year before exposure as a predictor and the same importance for each:

    w = argmin |y_exposed,pre - sum_j w_j y_j,pre|^2   over w >= 0, sum w = 1;   gap_t = y_exposed,t - sum_j w_j y_jt

Every weight vector is the exact optimum and carries its proof (`simplex`).

Gaps: a donor without a value in any year of the panel takes no part, and `donors_with_gaps` names it. An exposed
place with such a gap raises: shorten the panel, or choose another outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation import simplex
from vereda.evaluation.certificate import Certificate
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.results import Check, SyntheticFit
from vereda.evaluation.threads import one_blas_thread

Mask = NDArray[np.bool_]
EXACT = 1e-10  # a root mean squared gap this small beside the level of the series is none: rounding


@dataclass(frozen=True, slots=True)
class Placebos:
    """P places, each fitted as if it had been the exposed one.

    places (P,): their index in the panel. gap (P, T) in the unit of the outcome. rmspe (P, 2): root mean squared gap
    before and after. level (P,): largest absolute value of the place. donor (P, K): index in the panel of the donors
    with weight, -1 where there is none; weight (P, K). certificate_gap, infeasibility, iterations, unique (P,): as in
    `Certificate`. left_out: places not run, and not used as donors, because a year is missing.
    """

    places: Codes
    pre: Mask
    gap: Array
    rmspe: Array
    level: Array
    donor: Codes
    weight: Array
    certificate_gap: Array
    infeasibility: Array
    iterations: Codes
    unique: Mask
    left_out: Codes

    @property
    def att(self) -> Array:
        """(P,) mean gap after exposure."""
        mean: Array = self.gap[:, ~self.pre].mean(axis=1)
        return mean

    @property
    def ratio(self) -> Array:
        """(P,) root mean squared gap after over before; inf where the fit before is exact, 1 where it stays exact."""
        before, after = (np.where(r <= EXACT * self.level, 0.0, r) for r in self.rmspe.T)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((before == 0) & (after == 0), 1.0, after / before)

    def certificate(self, i: int) -> Certificate:
        """The proof of the i-th weight vector."""
        return Certificate(
            simplex.SOLVER,
            float(self.certificate_gap[i]),
            float(self.infeasibility[i]),
            int(self.iterations[i]),
            bool(self.unique[i]),
        )


def fit(
    y: Array, exposed: int | Sequence[int], donors: Mask, pre: Mask, names: Sequence[str] | None = None
) -> SyntheticFit:
    """The synthetic counterpart of one exposed place, or of the mean of several.

    y (n, T) outcome. exposed: row, or rows whose mean is matched. donors (n,): rows that may get weight; an exposed
    row never does. pre (T,): years before exposure, to match on; all others are after. names (n,): for messages.
    The result lists every donor that took part, with its weight. Raises BadDesign, NotCertified.
    """
    y, donors, pre = checked(y, donors, pre)
    rows = exposed_rows(y, exposed, names)
    pool = donors & complete(y)
    pool[rows] = False
    index = np.flatnonzero(pool)
    target = y[rows].mean(axis=0)
    what = f"Synthetic control of {', '.join(_name(names, r) for r in rows[:5])}"
    weights, certificate = simplex.nearest(target[pre], y[index][:, pre].T, what)
    return SyntheticFit(index, weights, target - weights @ y[index], pre, certificate)


def placebos(
    y: Array,
    pre: Mask,
    donors: Mask,
    places: Codes | None = None,
    forbidden: Any = None,
    names: Sequence[str] | None = None,
    workers: int | None = None,
    settle: bool = True,
) -> Placebos:
    """Every place in turn as if exposed, from the same donors; none ever gives to itself.

    y (n, T), pre (T,), donors (n,) as in `fit`. places: rows to run, all complete ones when not given; a row asked for
    that has a gap raises. forbidden (n, n): row i marks the donors that place i may not use, such as its neighbours;
    dense or scipy.sparse. settle: as in `simplex.nearest_many`. Raises BadDesign where a place is left with no donor, NotCertified.
    """
    y, donors, pre = checked(y, donors, pre)
    whole = complete(y)
    rows = np.flatnonzero(whole) if places is None else exposed_rows(y, places, names)
    index = np.flatnonzero(donors & whole)
    bars = barred(rows, index, len(y), forbidden)
    lonely = [r for r, n in zip(rows, np.diff(bars[0]), strict=True) if n >= len(index)]
    if lonely:
        raise BadDesign(
            f"{len(lonely)} places are left without a donor, first {_name(names, int(lonely[0]))}: the buffer covers all "
            f"{len(index)} of them. Narrow the buffer, or leave those places out."
        )
    with one_blas_thread():
        found = simplex.nearest_many(y[rows][:, pre], y[index][:, pre].T, y[index], bars, workers, settle)
    simplex.all_certified(found, lambda i: f"Synthetic control of {_name(names, int(rows[i]))}")
    gap = y[rows] - found.fitted
    rmspe = np.sqrt(np.column_stack([(gap[:, s] ** 2).mean(axis=1) for s in (pre, ~pre)]))
    donor = np.where(found.column >= 0, index[found.column], -1)
    return Placebos(
        rows, pre, gap, rmspe, np.abs(y[rows]).max(axis=1), donor, found.weight, found.gap, found.infeasibility,
        found.iterations, found.unique, np.flatnonzero(~whole),
    )  # fmt: skip


def donors_with_gaps(y: Array, donors: Mask, years: Array, names: Sequence[str]) -> Check:
    """Which of the donors took no part because a year is missing, and the first year each of them lacks."""
    out = np.flatnonzero(np.asarray(donors, dtype=bool) & ~complete(np.asarray(y, dtype=float)))
    first = [f"{names[int(i)]} ({years[np.isnan(y[i])][0]:.0f})" for i in out]
    said = f"{len(out)} of {int(np.sum(donors))} donors lack a year and take no part"
    return Check(
        "donors_with_gaps",
        "informational",
        f"{said}: {', '.join(first)}." if first else "Every donor has a value in every year.",
        {"left_out": float(len(out)), "donors": float(np.sum(donors))},
    )


def complete(y: Array) -> Mask:
    """(n,) rows with a value in every year."""
    whole: Mask = np.logical_not(np.isnan(y).any(axis=1))
    return whole


def checked(y: Array, donors: Mask, pre: Mask) -> tuple[Array, Mask, Mask]:
    """The arrays, if they fit each other: years on both sides of exposure, and a donor with every year."""
    y, donors, pre = np.asarray(y, dtype=float), np.asarray(donors), np.asarray(pre)
    faults = []
    if y.ndim != 2 or donors.shape != y.shape[:1] or pre.shape != y.shape[1:]:
        raise BadDesign(
            f"Shapes do not fit: outcome {y.shape}, donors {donors.shape}, years before {pre.shape}."
        )
    if donors.dtype != bool or pre.dtype != bool:
        faults.append("donors and years before exposure are masks: true or false for each place and year")
    elif not pre.any() or pre.all():
        faults.append(f"{int(pre.sum())} of {len(pre)} years are before exposure: some must be, and some not")
    elif not (donors & complete(y)).any():
        faults.append(f"none of the {int(donors.sum())} donors has a value in every year")
    if np.isinf(y).any():
        faults.append(f"{int(np.isinf(y).sum())} values are infinite")
    if faults:
        raise BadDesign("No synthetic control: " + "; ".join(faults) + ".")
    return y, donors.copy(), pre.copy()


def exposed_rows(y: Array, exposed: int | Sequence[int] | Codes, names: Sequence[str] | None) -> Codes:
    """The rows asked for, each once and each complete."""
    rows = np.atleast_1d(np.asarray(exposed))
    if rows.ndim != 1 or not len(rows) or rows.dtype.kind not in "iu" or len(np.unique(rows)) < len(rows):
        raise BadDesign("Exposed places are given as row numbers of the panel, at least one and each once.")
    if rows.min() < 0 or rows.max() >= len(y):
        raise BadDesign(
            f"Exposed places are rows 0 to {len(y) - 1} of the panel; asked for {rows.tolist()[:10]}."
        )
    lacking = rows[~complete(y[rows])]
    if len(lacking):
        said = ", ".join(f"{_name(names, r)} ({int(np.isnan(y[r]).sum())} years)" for r in lacking[:5])
        raise BadDesign(
            f"{len(lacking)} exposed places lack values: {said}. A gap in an exposed place has no counterpart: "
            "shorten the panel to the years that are there, or leave the place out."
        )
    return rows.astype(np.int64)


def _name(names: Sequence[str] | None, row: Any) -> str:
    return names[row] if names is not None else f"row {row}"


def barred(rows: Codes, index: Codes, n: int, forbidden: Any) -> tuple[Codes, Codes]:
    """For each row, the positions in index of the donors it may not use, itself among them: (start, position)."""
    from scipy.sparse import coo_array, csr_array

    position = np.full(n, -1, dtype=np.int64)
    position[index] = np.arange(len(index))
    pairs = coo_array((np.ones(len(rows), dtype=bool), (np.arange(len(rows)), rows)), shape=(len(rows), n))
    if forbidden is not None:
        if forbidden.shape != (n, n):
            raise BadDesign(
                f"Forbidden donors are marked for {n} x {n} places; the matrix is {forbidden.shape}."
            )
        pairs = (pairs.tocsr() + csr_array(forbidden).astype(bool)[rows]).tocoo()
    keep = position[pairs.col] >= 0
    order = np.argsort(pairs.row[keep], kind="stable")
    start = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(np.bincount(pairs.row[keep], minlength=len(rows)), out=start[1:])
    return start, position[pairs.col[keep]][order]
