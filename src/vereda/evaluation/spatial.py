"""Places are not strangers: standard errors that allow for it, and Moran's I that looks for it.

The graphs are those of `exposure`: csr (n, n), row i marks the neighbours of place i.
"""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from vereda.errors import BadDesign
from vereda.evaluation.exposure import EARTH_KM, Distances
from vereda.evaluation.influence import clustered
from vereda.evaluation.panel import Array, Codes

Seed = int | np.random.Generator
BLOCK = 64  # permutations held in memory at a time


@dataclass(frozen=True, slots=True)
class Moran:
    """Moran's I and what it would be without spatial order; `places` took part, `islands` have no neighbour.

    p_normal, p: two-sided, of the normal approximation and of the permutations.
    """

    i: float
    expected: float
    variance: float
    p_normal: float
    p: float
    places: int
    islands: int
    permutations: int

    @property
    def z(self) -> float:
        """Standard deviations away from the expectation."""
        return (self.i - self.expected) / sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class LocalMoran:
    """Local indicators of spatial association, one for each of n places; islands have nan and no quadrant.

    i (n,). quadrant (n,): own value, then that of the neighbours, against the mean: HH, LL (clusters), HL, LH
    (outliers). p (n,): two-sided, by conditional permutation. q (n,): p adjusted for n looks (false discovery rate).
    """

    i: Array
    quadrant: NDArray[np.str_]
    p: Array
    q: Array
    permutations: int


def cluster_covariance(influence: Array, cluster: Codes) -> Array:
    """(m, p, p) covariance of p parameters for m outcomes from influence (n, p, m), summed within clusters first.

    V = sum over clusters c of s_c s_c' / n^2, s_c the sum of the influence of its places. No correction for few
    clusters: with fewer than some 30 compare with t on (clusters - 1) degrees (Bester, Conley & Hansen 2011,
    Journal of Econometrics 165(2), 137-151), or use permutation.
    """
    sums = clustered(_influence(influence, len(cluster)), cluster)
    return _products(sums, sums) / float(len(cluster)) ** 2


def conley(influence: Array, distances: Distances, cutoff: float, kernel: str = "bartlett") -> Array:
    """(m, p, p) covariance that lets places closer than `cutoff` (km or steps) share their shocks.

    V = sum over i, j of K(d_ij) psi_i psi_j' / n^2; K = 1 - d / cutoff ("bartlett"), or 1 up to the cutoff
    ("uniform"). influence (n, p, m). Conley (1999), Journal of Econometrics 92(1), 1-45. In the plane neither kernel
    is positive semi-definite for certain; `standard_errors` refuses a variance below zero.
    """
    influence = _influence(influence, distances.places)
    if kernel not in ("bartlett", "uniform"):
        raise BadDesign(f"Kernel {kernel!r} is not known: bartlett or uniform.")
    if not 0 < cutoff <= distances.limit:
        raise BadDesign(
            f"A cutoff of {cutoff} needs all pairs up to it; the distances reach {distances.limit}."
        )
    near = distances.distance <= cutoff
    weight = 1 - distances.distance[near] / cutoff if kernel == "bartlett" else np.ones(int(near.sum()))
    n = distances.places
    upper = csr_array((weight, (distances.i[near], distances.j[near])), shape=(n, n))
    lagged = np.asarray(upper @ influence.reshape(n, -1)).reshape(influence.shape)
    across = _products(influence, lagged)
    return (_products(influence, influence) + across + across.transpose(0, 2, 1)) / float(n) ** 2


def standard_errors(covariance: Array) -> Array:
    """(p, m) from a covariance (m, p, p); BadDesign where a kernel made a variance negative. nan stays nan."""
    variance: Array = np.diagonal(covariance, axis1=1, axis2=2).T
    if (variance < 0).any():
        raise BadDesign(
            f"{int((variance < 0).sum())} of {variance.size} variances are below zero: with this kernel and cutoff the "
            "spatial covariance is not positive. Use the Bartlett kernel, another cutoff, or spatial clusters."
        )
    return np.sqrt(variance)


def blocks(coordinates: Array, km: float) -> Codes:
    """(n,) numbers of square blocks with sides of `km`, for spatial clusters; coordinates longitude, latitude."""
    if not 0 < km < np.inf or np.shape(coordinates)[1:] != (2,) or not np.isfinite(coordinates).all():
        raise BadDesign(
            "Blocks need a positive side in km, and one longitude and one latitude a place, none missing."
        )
    lon, lat = np.radians(np.asarray(coordinates, dtype=float)).T
    plane = EARTH_KM * np.column_stack([lon * np.cos(lat), lat])  # sinusoidal: equal areas
    cell = np.floor(plane / km).astype(np.int64)
    return np.unique(cell, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def moran(
    values: Array, graph: csr_array, seed: Seed, permutations: int = 999, row_standardised: bool = True
) -> Moran:
    """Moran's I of values (n,): near places alike (above its expectation), or unlike (below).

    I = n / S0 * z'Wz / z'z. Expectation -1 / (n - 1); variance under randomisation (Cliff & Ord 1981, p. 21); the
    permutations shuffle the values over the places. Islands leave first. Moran (1950), Biometrika 37, 17-23.
    """
    weights, part = _weights(graph, row_standardised)
    values = _checked(values, part)
    n = len(values)
    z = values - values.mean()
    constant = np.full((n, 1), n**-0.5)
    draws = _shuffled(z, constant, weights, seed, permutations)
    return _moran(z, weights, -1 / (n - 1), _randomised_variance(z, weights), draws, int((~part).sum()))


def moran_of_residuals(
    values: Array,
    design: Array,
    graph: csr_array,
    seed: Seed,
    permutations: int = 999,
    row_standardised: bool = True,
) -> Moran:
    """Moran's I of what a least-squares fit of values (n,) on design (n, k) leaves; give the constant yourself.

    Expectation and variance for normal errors allow for the fit (Cliff & Ord 1981, p. 203). Shuffled residuals are
    fitted again, since residuals add up to zero with every column and plain shuffles do not. Islands leave first.
    """
    weights, part = _weights(graph, row_standardised)
    values = _checked(values, part)
    basis = _basis(design, part)
    residual = values - basis @ (basis.T @ values)
    if np.abs(residual).max() <= 1e-10 * np.abs(values).max():
        raise BadDesign("The design fits every value: no residual is left. Remove columns.")
    draws = _shuffled(residual, basis, weights, seed, permutations)
    return _moran(residual, weights, *_fitted_moments(basis, weights), draws, int((~part).sum()))


def local_moran(
    values: Array, graph: csr_array, seed: Seed, permutations: int = 9_999, row_standardised: bool = True
) -> LocalMoran:
    """Local indicators: I_i = z_i / m2 * sum over j of w_ij z_j, m2 = mean of z squared; they add up to S0 * I.

    p: place i keeps its value, its neighbours are drawn from the other places without replacement (Anselin 1995,
    Geographical Analysis 27(2), 93-115); twice the smaller tail. q: Benjamini & Hochberg (1995). With B draws no p
    is below 2 / (B + 1): for n places take B well above n. A value at the mean counts as low.
    """
    weights, part = _weights(graph, row_standardised)
    kept = _checked(values, part)
    z = kept - kept.mean()
    lag = weights @ z
    sees = np.diff(weights.indptr) > 0  # where the graph is not symmetric, a place may be seen and see nobody
    seen = np.flatnonzero(part)[sees]
    i, p, q = (np.full(len(part), np.nan) for _ in range(3))
    i[seen] = (z * lag / (z @ z / len(z)))[sees]
    p[seen] = _conditional(z, lag, weights, seed, permutations)[sees]
    q[seen] = false_discovery(p[seen])
    quadrant = np.full(len(part), "", dtype="<U2")
    quadrant[seen] = np.char.add(np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L"))[sees]
    return LocalMoran(i, quadrant, p, q, permutations)


def false_discovery(p: Array) -> Array:
    """p-values adjusted so that of all below 0.05 at most 5 % are expected to be false (Benjamini & Hochberg 1995)."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def _moran(z: Array, weights: csr_array, mean: float, variance: float, draws: Array, islands: int) -> Moran:
    if variance <= 1e-12:
        raise BadDesign(
            "Every place neighbours every other: Moran's I is the same for any values. Use a sparser graph."
        )
    observed = float(len(z) / weights.sum() * (z @ (weights @ z)) / (z @ z))
    # draws that equal the observed value but for rounding are ties
    extreme = np.abs(draws - mean) >= np.abs(observed - mean) - 1e-10 * (1 + abs(observed))
    p_normal = erfc(abs(observed - mean) / sqrt(2 * variance))
    p = float((1 + extreme.sum()) / (1 + len(draws)))
    return Moran(observed, mean, variance, p_normal, p, len(z), islands, len(draws))


def _shuffled(z: Array, basis: Array, weights: csr_array, seed: Seed, permutations: int) -> Array:
    """Moran's I of shuffles of z, each made orthogonal to the basis again."""
    random, draws = np.random.default_rng(seed), []
    for start in range(0, _at_least_one(permutations), BLOCK):
        rows = min(BLOCK, permutations - start)
        draw = np.ascontiguousarray(random.permuted(np.tile(z, (rows, 1)), axis=1).T)
        draw -= basis @ (basis.T @ draw)
        draws.append((draw * (weights @ draw)).sum(axis=0) / (draw**2).sum(axis=0))
    return np.concatenate(draws) * (len(z) / weights.sum())


def _basis(design: Array, part: NDArray[np.bool_]) -> Array:
    """Orthonormal columns that span the design over the places that take part."""
    design = np.asarray(design, dtype=float)
    if design.ndim != 2 or len(design) != len(part) or not np.isfinite(design).all():
        raise BadDesign(
            f"A design has one finite row for each of the {len(part)} places, not {design.shape}."
        )
    left, size, _ = np.linalg.svd(design[part], full_matrices=False)
    n, k = design[part].shape
    if n - k < 3 or k == 0 or size.min() <= 1e-10 * size.max():
        raise BadDesign(
            f"A design of {k} columns over {n} places: some columns repeat each other, or too few places are left."
        )
    return np.asarray(left)


def _randomised_variance(z: Array, weights: csr_array) -> float:
    n = len(z)
    s0 = weights.sum()
    s1 = ((weights + weights.T).power(2)).sum() / 2
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    kurtosis = n * (z**4).sum() / (z @ z) ** 2
    square = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    square -= kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    return float(square / ((n - 1) * (n - 2) * (n - 3) * s0**2) - 1 / (n - 1) ** 2)


def _fitted_moments(basis: Array, weights: csr_array) -> tuple[float, float]:
    """Mean and variance of I of residuals, A = n / S0 * (W + W') / 2 seen through M = 1 - QQ' (normal errors)."""
    n, k = basis.shape
    a = (weights + weights.T) * (n / (2 * weights.sum()))
    through = a @ basis
    inner = basis.T @ through
    trace = a.diagonal().sum() - np.trace(inner)
    squares = a.power(2).sum() - 2 * (through**2).sum() + (inner**2).sum()
    mean = trace / (n - k)
    return float(mean), float((trace**2 + 2 * squares) / ((n - k) * (n - k + 2)) - mean**2)


def _conditional(z: Array, lag: Array, weights: csr_array, seed: Seed, permutations: int) -> Array:
    """Two-sided p of each place's lag; all places share the draws of neighbours, each place has its own weights."""
    n, random = len(z), np.random.default_rng(seed)
    widest = int(np.diff(weights.indptr).max())
    draws = range(_at_least_one(permutations))
    drawn = np.stack([random.choice(n - 1, widest, replace=False) for _ in draws])
    tolerance = 1e-10 * np.abs(z).max()
    p = np.ones(n)
    for i in range(n):
        row = weights.data[weights.indptr[i] : weights.indptr[i + 1]]
        others = drawn[:, : len(row)]
        lags = z[others + (others >= i)] @ row
        above, below = (lags >= lag[i] - tolerance).sum(), (lags <= lag[i] + tolerance).sum()
        p[i] = min(1.0, 2 * (1 + min(above, below)) / (1 + permutations))
    return p


def _weights(graph: csr_array, row_standardised: bool) -> tuple[csr_array, NDArray[np.bool_]]:
    """Weights among the places that have a neighbour or are one, and which places those are."""
    weights = csr_array(graph.astype(float))
    weights.eliminate_zeros()
    if (weights.data < 0).any() or not np.isfinite(weights.data).all() or weights.diagonal().any():
        raise BadDesign(
            "Weights between places are finite and not negative, and no place is its own neighbour."
        )
    part = (weights.sum(axis=1) > 0) | (weights.sum(axis=0) > 0)
    weights = csr_array(weights[part][:, part])
    if row_standardised:
        total = weights.sum(axis=1)
        weights = csr_array(diags_array(1 / np.where(total > 0, total, 1.0)) @ weights)
    return weights, part


def _checked(values: Array, part: NDArray[np.bool_]) -> Array:
    values = np.asarray(values, dtype=float)
    if values.shape != part.shape or not np.isfinite(values).all():
        raise BadDesign(
            f"One finite value is needed for each of the {len(part)} places of the graph; there are {values.shape}, "
            f"{int((~np.isfinite(values)).sum())} missing or infinite. Keep the places that have a value, in values "
            "and graph alike: values[ok], graph[ok][:, ok]."
        )
    kept = values[part]
    if len(kept) < 4 or np.ptp(kept) <= 1e-12 * np.abs(kept).max():
        raise BadDesign(
            f"{len(kept)} places with a neighbour, {len(np.unique(kept))} different values: at least four places "
            "and two values are needed to see an order in space."
        )
    return kept


def _influence(influence: Array, places: int) -> Array:
    influence = np.asarray(influence, dtype=float)
    if influence.ndim != 3 or len(influence) != places:
        raise BadDesign(
            f"Influence is (places, parameters, outcomes) for {places} places, not {influence.shape}."
        )
    return influence


def _products(left: Array, right: Array) -> Array:
    """(m, p, p) sums over places of left times right, both (places, p, m)."""
    return np.asarray(np.matmul(left.transpose(2, 1, 0), right.transpose(2, 0, 1)))


def _at_least_one(permutations: int) -> int:
    if permutations < 1:
        raise BadDesign(f"{permutations} permutations: at least one is needed, 999 are usual.")
    return permutations
