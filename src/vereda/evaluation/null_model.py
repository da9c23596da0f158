"""Panels in which nothing happened: place and year effects, factors, and errors that last, fitted to the unexposed.

The idea is that of the placebo studies of Arkhangelsky et al. (2021), American Economic Review 111(12), 4088-4118:
keep what is systematic in the observed outcomes, draw the rest anew, and see what a method says. Here it tells how
often a placebo test rejects a true null (`permutation.calibrated_size`).
"""

from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Codes


@dataclass(frozen=True, slots=True)
class NullModel:
    """y[i, t] = year[t] + loading[i]' basis[:, t] + sd[i] e[i, t], e a stationary AR(1) of unit variance.

    year (T,). basis (1 + r, T): orthonormal, the first row constant, so that its loading is the place effect. loading
    (n, 1 + r), sd (n,): in the unit of the outcome. persistence: correlation of e in consecutive years.
    """

    year: Array
    basis: Array
    loading: Array
    sd: Array
    persistence: float

    def draw(self, rows: Codes, rng: np.random.Generator) -> Array:
        """A panel (len(rows), T) of places with the parameters of `rows`, and errors of its own."""
        noise = rng.standard_normal((len(rows), self.year.size)) @ _ar1_root(self.persistence, self.year.size)
        return np.asarray(self.year + self.loading[rows] @ self.basis + self.sd[rows, None] * noise)


def null_model(y: Array, factors: int = 2, seed: int = 0) -> NullModel:
    """Fit the null to places that were never exposed, y (n, T), complete; at most `factors` and T - 4 factors.

    Four things would make simulated places return to their mean unlike real ones, and are mended. A factor is kept
    only if it is stronger than any in 20 panels of persistent noise (Horn 1965, Psychometrika 30, 179-185).
    Persistence is the value whose projected errors correlate as the residuals do: residuals alone understate it in
    short panels. Variances of places are pulled together by the sampling error in them, or the place that only
    seems most variable would be chosen most often. Loadings are shrunk, place by place, by the noise in them. seed:
    of the noise the comparisons are made with.
    """
    y = np.asarray(y, dtype=float)
    if y.ndim != 2 or y.shape[0] < 8 or y.shape[1] < 5 or factors < 0:
        raise BadDesign(
            f"A null model needs eight never-exposed places, five years and no negative number of factors; the table is "
            f"{y.shape}, factors {factors}. Report the placebo p-value as uncalibrated."
        )
    if not np.isfinite(y).all():
        missing = np.flatnonzero(~np.isfinite(y).all(axis=1))
        raise BadDesign(
            f"{len(missing)} never-exposed places have gaps (rows {', '.join(map(str, missing[:5]))}...): the null is "
            "fitted to complete places. Leave them out of donors."
        )
    span, rng = y.shape[1], np.random.default_rng(seed)
    year = y.mean(axis=0) - y.mean()
    centred = y - year
    constant = np.full((1, span), span**-0.5)
    basis = np.vstack([constant, _factors(_unit(_left(centred, constant)), min(factors, span - 4), rng)])
    loading = centred @ basis.T
    residual = _left(centred, basis)
    persistence = _persistence(_unit(residual), basis, rng)
    noise = _ar1(persistence, span)
    sd = _sizes(residual, basis, persistence, rng)
    spread = np.einsum("kt,ts,ks->k", basis, noise, basis)
    return NullModel(year, basis, _shrunk(loading, np.outer(sd**2, spread)), sd, persistence)


def _left(rows: Array, basis: Array) -> Array:
    """What the basis leaves of every row."""
    return np.asarray(rows - rows @ basis.T @ basis)


def _unit(rows: Array) -> Array:
    """Rows of length one, without those that never change: no place outweighs the others by its size."""
    length = np.sqrt((rows**2).sum(axis=1))
    live = length > 1e-10 * max(float(length.max()), 1e-300)
    return np.asarray(rows[live] / length[live, None])


def _factors(unit: Array, most: int, rng: np.random.Generator) -> Array:
    """(r, T) the leading directions of the rows that exceed those of noise as persistent, in unbroken order."""
    span = unit.shape[1]
    if most < 1 or not len(unit):
        return np.empty((0, span))
    constant = np.full((1, span), span**-0.5)
    root = _ar1_root(_persistence(unit, constant, rng), span)
    noise = np.empty((20, most))
    for k in range(20):
        drawn = _unit(_left(rng.standard_normal(unit.shape) @ root, constant))
        noise[k] = np.linalg.eigvalsh(drawn.T @ drawn)[::-1][:most]
    strength, direction = np.linalg.eigh(unit.T @ unit)
    above = strength[::-1][:most] > noise.max(axis=0)
    return np.asarray(direction.T[::-1][: int(np.cumprod(above).sum())])


def _ar1(rho: float, span: int) -> Array:
    lag = np.abs(np.subtract.outer(np.arange(span), np.arange(span)))
    return np.asarray(rho**lag, dtype=float)


def _ar1_root(rho: float, span: int) -> Array:
    return np.asarray(np.linalg.cholesky(_ar1(rho, span)).T, dtype=float)


def _persistence(unit: Array, basis: Array, rng: np.random.Generator) -> float:
    """The AR(1) parameter whose errors, projected and scaled as the residuals were, have their lag correlation."""
    from scipy.optimize import brentq

    if not len(unit):
        return 0.0
    seen = float((unit[:, 1:] * unit[:, :-1]).sum() / len(unit))
    normal = rng.standard_normal((4_000, unit.shape[1]))

    def excess(rho: float) -> float:
        like = _unit(_left(normal @ _ar1_root(rho, unit.shape[1]), basis))
        return float((like[:, 1:] * like[:, :-1]).sum() / len(like) - seen)

    low, high = -0.9, 0.98
    if excess(low) >= 0:
        return low
    return high if excess(high) <= 0 else float(brentq(excess, low, high, xtol=1e-4))


def _sizes(residual: Array, basis: Array, rho: float, rng: np.random.Generator) -> Array:
    """(n,) standard deviation of the errors; on the log scale, sampling error is taken out of their spread."""
    total = (residual**2).sum(axis=1)
    live = total > 1e-20 * max(float(total.max()), 1e-300)
    sd = np.zeros(len(total))
    if not live.any():
        return sd
    like = _left(rng.standard_normal((4_000, residual.shape[1])) @ _ar1_root(rho, residual.shape[1]), basis)
    drawn, seen = np.log((like**2).sum(axis=1)), np.log(total[live])
    share = max(0.0, 1 - float(drawn.var()) / float(seen.var())) if seen.var() > 0 else 0.0
    sd[live] = np.exp((seen.mean() - drawn.mean() + np.sqrt(share) * (seen - seen.mean())) / 2)
    return sd


def _shrunk(loading: Array, noise: Array) -> Array:
    """Loadings pulled to their mean so that their spread is that of the places and not of the error in them."""
    centre = loading.mean(axis=0)
    signal = np.maximum(((loading - centre) ** 2).mean(axis=0) - noise.mean(axis=0), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(signal + noise > 0, signal / (signal + noise), 0.0)
    return np.asarray(centre + np.sqrt(share) * (loading - centre))
