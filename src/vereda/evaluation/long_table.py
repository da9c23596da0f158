"""The two-way event study from the rows of a long table, in any order; made for millions of rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.influence import crv1
from vereda.evaluation.kernels import Kernel
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.regression import has_values, identified
from vereda.evaluation.regression_design import Design, cohorts, event_columns, static_column
from vereda.evaluation.regression_moments import CHUNKS, assembled, cuts, generalised_inverse, moments
from vereda.evaluation.threads import one_blas_thread, side_by_side


@dataclass(frozen=True, slots=True)
class LongEventStudy:
    """One outcome from a long table: coefficients (p,) and their covariance (p, p) without small-sample factor."""

    label: tuple[str, ...]
    event_time: Codes
    value: Array
    covariance: Array
    observations: int
    parameters: int
    places: int
    clusters: int

    def se(self, small_sample: bool = True) -> Array:
        """Standard errors (p,); with the factor of `crv1` unless told otherwise."""
        factor = crv1(self.observations, self.parameters, self.clusters) if small_sample else 1.0
        return np.sqrt(factor * np.diag(self.covariance))


def twfe_long(
    place: NDArray[Any],
    year: NDArray[Any],
    y: Array,
    first: Array,
    cluster: NDArray[Any] | None = None,
    *,
    leads: int | None = None,
    lags: int | None = None,
    reference: int = -1,
    events: bool = True,
) -> LongEventStudy:
    """The same regression as `twfe`, from N rows of a long table in any order; made for millions of rows.

    place (N,): whole numbers without wide gaps are used as they are, anything else is numbered first (slower).
    year (N,): whole numbers. y (N,): nan is a gap. first (N,): first exposed year, inf for never. cluster (N,):
    any labels, one per place; without it every place is its own. events=False gives the static coefficient.
    Memory beside the arguments: one number for each place and year, and little else.

    Raises BadDesign for a place and year that has two values (a row without a value is a gap, wherever it stands),
    infinite values, a `first` or `cluster` that is missing or changes within a place, a table so sparse that places x
    years is 50 times its rows, and where `twfe` does.
    """
    place, count = _numbered(place, "place")
    year, y = _whole(year, "year"), np.ascontiguousarray(y, dtype=float)
    if not len(place) == len(year) == len(y) == len(first) or len(y) == 0:
        raise BadDesign("place, year, y and first must have the same number of rows, and at least one.")
    origin, span = int(year.min()), int(year.max() - year.min()) + 1
    if span < 2 or span > 4000:
        raise BadDesign(f"The years run over {span}; this needs two at least, and four thousand at the most.")
    if count * span > 50 * len(y) + 10_000_000:
        raise BadDesign(
            f"{count} places x {span} years are far more cells than the {len(y)} rows. Number the places without gaps, "
            "or leave out the years that few places have."
        )
    cube, rows = _cube(place, year, y, count, origin, span)
    begins = _of_place(place, np.ascontiguousarray(first, dtype=float), count, "first exposed year")
    begins[np.isnan(begins)] = np.inf  # numbers that no row has; their place has no value either
    start, cohort = cohorts(begins, np.arange(origin, origin + span, dtype=float))
    if events:
        column, label, times = event_columns(start, span, leads, lags, reference)
    else:
        column, label, times = static_column(start, span), ("exposed",), np.zeros(1, dtype=np.int64)
    design = Design(start, cohort, np.full(len(start), span), column, label, np.ones((count, 1)))
    own = cluster is None or np.array_equal(cluster, place)  # each place its own: less to add up
    groups = None if own else _cluster_of(place, np.asarray(cluster), count)
    with one_blas_thread():
        return _solve_cube(cube, rows, design, times, groups)


def _cube(place: Codes, year: Codes, y: Array, count: int, origin: int, span: int) -> tuple[Array, int]:
    """Rows into places x years, and how many rows have a value; refuses infinite values."""
    cube = np.full((count, span), np.nan)
    edges = cuts(len(y), CHUNKS)

    scatter = _scattering.of(len(y))

    def part(k: int) -> tuple[int, int]:
        some = slice(edges[k], edges[k + 1])
        values, infinite = scatter(place[some], year[some], y[some], origin, cube)
        return values, infinite

    found = side_by_side(part, range(CHUNKS))
    if infinite := sum(f[1] for f in found):
        raise BadDesign(f"{infinite} values of the outcome are infinite.")
    return cube, sum(f[0] for f in found)


def _scatter(place, year, y, origin, cube):  # type: ignore[no-untyped-def]
    values, infinite = 0, 0
    for r in range(len(y)):
        v = y[r]
        if v == v:
            values += 1
            if np.isinf(v):
                infinite += 1
            cube[place[r], year[r] - origin] = v
    return values, infinite


def _of_place(place: Codes, values: Array, count: int, what: str) -> Array:
    """One number per place (count,), nan where it has no row; BadDesign where a place has two."""
    edges = cuts(len(values), CHUNKS)

    attribute = _attributing.of(len(values))

    def part(k: int) -> tuple[Array, int]:
        out = np.full(count, np.nan)
        return out, int(attribute(place[edges[k] : edges[k + 1]], values[edges[k] : edges[k + 1]], out))

    parts = side_by_side(part, range(CHUNKS))
    out, wrong = parts[0][0], sum(p[1] for p in parts)
    for other, _ in parts[1:]:
        wrong += int(((out != other) & ~np.isnan(out) & ~np.isnan(other)).sum())
        out = np.where(np.isnan(out), other, out)
    if wrong:
        raise BadDesign(f"The {what} is missing in {wrong} rows, or is not the same in all rows of a place.")
    return out


def _attribute(place, values, out):  # type: ignore[no-untyped-def]
    wrong = 0
    for r in range(len(values)):
        v, i = values[r], place[r]
        if v != v:
            wrong += 1
        elif out[i] != out[i]:
            out[i] = v
        elif out[i] != v:
            wrong += 1
    return wrong


def _cluster_of(place: Codes, cluster: NDArray[Any], count: int) -> Codes:
    if len(cluster) != len(place):
        raise BadDesign(f"cluster has {len(cluster)} rows, and place {len(place)}.")
    code, _ = _numbered(cluster, "cluster")
    found = _of_place(place, code.astype(float), count, "cluster")
    return np.where(np.isnan(found), 0, found).astype(np.int64)  # a number without rows has no score to add


def _numbered(labels: NDArray[Any], what: str) -> tuple[Codes, int]:
    """Numbers from 0, and how many: by subtraction where whole numbers lie close together, else by sorting."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) == 0:
        raise BadDesign(f"{what} must be one value a row, and at least one row.")
    if np.issubdtype(labels.dtype, np.integer):
        low, high = int(labels.min()), int(labels.max())
        if high - low <= len(labels) // 2 + 1000:
            codes = labels.astype(np.int64, copy=False)
            return np.ascontiguousarray(codes if low == 0 else codes - low), high - low + 1
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise BadDesign(f"{what} is missing in {int(np.isnan(labels).sum())} rows.")
    names, code = np.unique(labels, return_inverse=True)
    return code.astype(np.int64), len(names)


def _whole(values: NDArray[Any], what: str) -> Codes:
    values = np.asarray(values)
    if not np.issubdtype(values.dtype, np.integer) and (
        values.dtype.kind != "f" or not np.isfinite(values).all() or (values != np.floor(values)).any()
    ):
        raise BadDesign(f"{what} must be a whole number in every row.")
    return np.ascontiguousarray(values.astype(np.int64, copy=False))


def _solve_cube(cube: Array, rows: int, design: Design, times: Codes, groups: Codes | None) -> LongEventStudy:
    """Coefficients and clustered covariance from the cube (n, T), which is overwritten by residuals."""
    found = moments(cube, design)
    if (twice := rows - int(found.seen.sum())) > 0:
        raise BadDesign(
            f"{twice} rows repeat a place and year that another row has. Each place and year may come once."
        )
    has_values(found.seen, design, "y")
    system, side = assembled(found, design)
    inverse, null = generalised_inverse(system)
    identified(null, design, {}, "y")
    clusters = found.places if groups is None else len(np.unique(groups[np.isfinite(cube).sum(axis=1) > 1]))
    solution, p = inverse @ side, len(design.label)
    fitted = solution[p:] + np.append(solution[:p], 0.0)[design.column]
    meat = _meat(cube, fitted, design, groups)
    return LongEventStudy(
        design.label,
        times,
        solution[:p],
        inverse[:p] @ meat @ inverse[:, :p],
        found.values,
        len(side) - null.shape[1] + 1,
        found.places,
        clusters,
    )


def _meat(cube: Array, fitted: Array, design: Design, groups: Codes | None) -> Array:
    """Sum over clusters of score x score', (Q, Q): from residual products by cohort, or from sums by cluster."""
    p, (c, span) = len(design.label), design.column.shape
    edges = cuts(len(cube), CHUNKS)

    residuals, into_clusters = (kernel.of(cube.size * (span + 1)) for kernel in (_subtracting, _summing))

    def part(k: int) -> Array:
        some = slice(edges[k], edges[k + 1])
        products = np.zeros((c, span, span) if groups is None else (0, span, span))
        residuals(cube[some], design.cohort[some], fitted, products)
        return products

    products = np.sum(side_by_side(part, range(CHUNKS)), axis=0)
    if groups is None:
        return _by_regressor(products, design)
    scores = np.zeros((int(groups.max()) + 1, p + span))
    into_clusters(cube, design.cohort, groups, design.column, p, scores)
    product: Array = scores.T @ scores
    return product


def _residuals(y, cohort, fitted, products):  # type: ignore[no-untyped-def]
    """y becomes residuals, zero in gaps; their products by pair of years are added to products (C, T, T)."""
    n, span = y.shape
    e = np.empty(span)
    for i in range(n):
        g, values, total = cohort[i], 0, 0.0
        for t in range(span):
            e[t] = y[i, t] - fitted[g, t]
            if e[t] == e[t]:
                values += 1
                total += e[t]
        mean = total / max(values, 1)
        for t in range(span):
            e[t] = e[t] - mean if e[t] == e[t] else 0.0
            y[i, t] = e[t]
        if len(products) > 0:
            for s in range(span):
                es = e[s]
                for t in range(span):
                    products[g, s, t] += es * e[t]


def _cluster_scores(residual, cohort, group, column, p, scores):  # type: ignore[no-untyped-def]
    n, span = residual.shape
    for i in range(n):
        g, c = cohort[i], group[i]
        for t in range(span):
            scores[c, p + t] += residual[i, t]
            if column[g, t] >= 0:
                scores[c, column[g, t]] += residual[i, t]


_scattering, _attributing = Kernel(_scatter), Kernel(_attribute)
_subtracting, _summing = Kernel(_residuals), Kernel(_cluster_scores)


def _by_regressor(products: Array, design: Design) -> Array:
    """Products of residuals by cohort and pair of years (C, T, T), summed over what each year carries (Q, Q)."""
    p, span = len(design.label), design.column.shape[1]
    total = np.zeros((p + span, p + span))
    for column, product in zip(design.column, products, strict=True):
        carries = np.hstack([np.zeros((span, p)), np.eye(span)])
        at = np.flatnonzero(column >= 0)
        carries[at, column[at]] = 1.0
        total += carries.T @ product @ carries
    return total
