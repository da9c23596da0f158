"""Places with few points: a direct estimate borrows from a map through a model of all places.

Model-based: what is said here is as good as the model, and is published only with its mean squared error.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vereda.errors import BadDesign, NotCertified
from vereda.measurement.area.sample import Array, Counts

Method = Literal["reml", "ml", "moment"]
ROUNDS, WITHIN = 200, 1e-10


@dataclass(frozen=True, slots=True)
class SmallAreas:
    """m places: estimate (m,) and mse (m,) in the unit of y and its square; gamma (m,) weight of the direct estimate.

    beta, beta_se (p,). model_variance: of places around the model, A; 0 means that the model explains all that the
    sampling errors leave. synthetic (m,): True where the place had no sample and its estimate is the model alone.
    """

    estimate: Array
    mse: Array
    gamma: Array
    beta: Array
    beta_se: Array
    model_variance: float
    synthetic: np.ndarray
    method: Method


def fay_herriot(y: Array, variance: Array, x: Array, method: Method = "reml") -> SmallAreas:
    """Fay & Herriot (1979, JASA 74, 269-277): y_i = x_i beta + v_i + e_i, v ~ (0, A), e ~ (0, psi_i), psi known.

    y, variance (m,), nan in both where a place has no sample; x (m, p) with its column of ones. The mean squared
    error is that of Prasad & Rao (1990, JASA 85, 163-171), g1 + g2 + 2 g3, for REML (Datta & Lahiri 2000, Statistica
    Sinica 10, 613-627); for ML and for Fay and Herriot's moments less the bias of A times (1 - gamma)^2 (ibid.;
    Datta, Rao & Smith 2005, Biometrika 92, 183-196). Values: R package sae.
    """
    seen = _checked(y, variance, x)
    a = _variance(y[seen], variance[seen], x[seen], method)
    psi = variance[seen]
    v = a + psi
    covariance = np.linalg.inv((x[seen] / v[:, None]).T @ x[seen])
    beta = covariance @ (x[seen] / v[:, None]).T @ y[seen]
    gamma = np.zeros(len(y))
    gamma[seen] = a / v
    model = x @ beta
    estimate = model.copy()
    estimate[seen] += gamma[seen] * (y[seen] - model[seen])
    g2 = (1 - gamma) ** 2 * ((x @ covariance) * x).sum(axis=1)
    mse = np.where(seen, 0.0, a) + g2
    spread, bias = _moments(v, covariance, x[seen], method)
    mse[seen] += gamma[seen] * psi + 2 * psi**2 / v**3 * spread - bias * (1 - gamma[seen]) ** 2
    return SmallAreas(estimate, mse, gamma, beta, np.sqrt(np.diag(covariance)), a, ~seen, method)


def pooled_variance(hits: Counts, n: Counts) -> Array:
    """(m,) p (1 - p) / n_i with the share p of all places: usable where a place has no hit and its own variance is 0.

    It takes the share to be alike everywhere, which is an assumption. nan where a place has no points.
    """
    p = hits.sum() / n.sum()
    if not 0 < p < 1:
        raise BadDesign("No place has a hit, or all points are hits: there is no variance to pool.")
    return np.where(n > 0, p * (1 - p) / np.maximum(n, 1), np.nan)


def _checked(y: Array, variance: Array, x: Array) -> np.ndarray:
    if not (len(y) == len(variance) == len(x)) or x.ndim != 2:
        raise BadDesign("Each place needs a direct estimate, its variance and one row of x.")
    if not np.isfinite(x).all():
        raise BadDesign(
            "x is missing for a place: the model needs it everywhere, also where there is no sample."
        )
    seen = np.isfinite(y) & np.isfinite(variance)
    if (np.isfinite(y) != np.isfinite(variance)).any():
        raise BadDesign("A place has an estimate without variance, or a variance without estimate.")
    if (variance[seen] <= 0).any():
        place = int(np.flatnonzero(seen & ~(variance > 0))[0])
        raise BadDesign(
            f"Place number {place} has a sampling variance of zero, as a place without hits does; it would be taken for "
            "certain. Use a variance pooled over places (pooled_variance), and say so."
        )
    if seen.sum() < x.shape[1] + 2 or np.linalg.matrix_rank(x[seen]) < x.shape[1]:
        raise BadDesign(
            f"{int(seen.sum())} places with a sample cannot carry a model with {x.shape[1]} columns of x: take fewer, or "
            "columns that do not repeat each other."
        )
    return seen


def _variance(y: Array, psi: Array, x: Array, method: Method) -> float:
    """A by Fisher scoring (REML, ML) or by Fay and Herriot's moments; never below zero."""
    if method not in ("reml", "ml", "moment"):
        raise BadDesign(f"No method {method!r}. There are: reml, ml, moment.")
    a = float(np.median(psi))
    for _ in range(ROUNDS):
        v = 1 / (a + psi)
        projected = np.diag(v) - (x * v[:, None]) @ np.linalg.inv((x * v[:, None]).T @ x) @ (x * v[:, None]).T
        py = projected @ y
        if method == "reml":
            step = (py @ py - np.trace(projected)) / np.sum(projected * projected)
        elif method == "ml":
            step = (py @ py - v.sum()) / (v @ v)
        else:
            step = (y @ py - (len(y) - x.shape[1])) / (py @ py)
        new = max(0.0, a + float(step))
        if abs(new - a) <= WITHIN * (float(np.median(psi)) + a):
            return new
        a = new
    raise NotCertified(
        f"The variance between places did not settle in {ROUNDS} rounds ({method}); nothing is reported. Try another method."
    )


def _moments(v: Array, covariance: Array, x: Array, method: Method) -> tuple[float, float]:
    """Asymptotic variance of A, and its bias."""
    one, two = float((1 / v).sum()), float((1 / v**2).sum())
    if method == "moment":
        return 2 * len(v) / one**2, 2 * (len(v) * two - one**2) / one**3
    if method == "reml":
        return 2 / two, 0.0
    return 2 / two, -float(np.trace(covariance @ ((x / v[:, None] ** 2).T @ x))) / two
