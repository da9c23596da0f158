"""An event study as sensitivity analysis needs it: estimates, their covariance, and the effect asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array


@dataclass(frozen=True, slots=True)
class Study:
    """beta (k,): in order of time, relative to a reference period that is left out. sigma (k, k): its covariance.

    pre: how many of them lie before the reference. l_vec (k - pre,): theta = l'tau. Symmetric, positive definite.
    """

    beta: Array
    sigma: Array
    pre: int
    l_vec: Array

    @property
    def weights(self) -> Array:
        """(k,) l over all coefficients."""
        return np.concatenate([np.zeros(self.pre), self.l_vec])

    @property
    def estimate(self) -> float:
        """l'beta, the effect when trends are parallel."""
        return float(self.weights @ self.beta)

    @property
    def se(self) -> float:
        """Its standard error."""
        return float(np.sqrt(self.weights @ self.sigma @ self.weights))


def checked(
    beta: ArrayLike, sigma: ArrayLike, pre: int, l_vec: ArrayLike | None, level: float, m: ArrayLike = 0.0
) -> Study:
    """The study, if it can be examined; BadDesign lists everything that is wrong. m: the bounds asked for."""
    b, s = np.asarray(beta, dtype=float), np.asarray(sigma, dtype=float)
    k = b.size
    weights = np.eye(max(k - pre, 1))[0] if l_vec is None else np.asarray(l_vec, dtype=float).ravel()
    faults = []
    if b.ndim != 1 or not np.isfinite(b).all() or not 1 <= pre < k:
        faults.append(
            f"beta: {b.shape} with {pre} before exposure; one finite row, at least one coefficient on either side"
        )
    if weights.shape != (k - pre,) or not np.isfinite(weights).all() or not weights.any():
        faults.append(
            f"l_vec: {weights.shape}, not all zero, one weight for each of the {k - pre} years after"
        )
    if (
        s.shape != (k, k)
        or not np.isfinite(s).all()
        or not np.allclose(s, s.T, rtol=1e-8, atol=1e-10 * np.abs(s).max(initial=0))
    ):
        faults.append(f"sigma: shape {s.shape}; a finite symmetric {k} x {k} matrix is needed")
    elif (spectrum := np.linalg.eigvalsh(_correlation(s)))[0] <= 1e-10:
        faults.append(
            f"sigma is singular (smallest eigenvalue of its correlations {spectrum[0]:.1e}): fewer clusters "
            "than event years, or a coefficient without variance. Ask for fewer event years"
        )
    if not 0.5 < level < 1:
        faults.append(f"level {level}: between 0.5 and 1")
    if not np.isfinite(m).all() or np.any(np.asarray(m) < 0) or np.ndim(m) > 1:
        faults.append("m: a row of finite numbers, none negative")
    if faults:
        raise BadDesign("The sensitivity of this event study cannot be examined:\n  " + "\n  ".join(faults))
    return Study(b, (s + s.T) / 2, pre, weights)


def _correlation(sigma: Array) -> Array:
    sd = np.sqrt(np.maximum(np.diag(sigma), 0))
    return np.zeros_like(sigma) if not sd.all() else sigma / np.outer(sd, sd)


def normal_quantile(p: float) -> float:
    """The standard normal quantile."""
    from scipy.special import ndtri

    return float(ndtri(p))
