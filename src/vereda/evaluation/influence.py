"""Clustered errors and joint tests of coefficients, from the influence of each place on them."""

from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Codes, Mask
from vereda.evaluation.results import Estimates


@dataclass(frozen=True, slots=True)
class Joint:
    """Test that several coefficients are all zero: F statistic (m,), degrees of freedom, p (m,)."""

    statistic: Array
    numerator: int
    denominator: int
    p: Array


def crv1(observations: int, parameters: int, clusters: int) -> float:
    """Small-sample factor of the clustered variance, as in fixest, pyfixest and Stata's reghdfe.

    (N - 1) / (N - k) * G / (G - 1); k leaves out place effects, which are nested in the clusters.
    """
    if clusters < 2 or observations <= parameters:
        raise BadDesign(
            f"{clusters} clusters and {observations} values for {parameters} parameters: no clustered error exists."
        )
    return (observations - 1) / (observations - parameters) * clusters / (clusters - 1)


def standard_errors(estimates: Estimates, cluster: Codes, factor: float = 1.0) -> Array:
    """Clustered standard errors (p, m) from the influence; `factor` multiplies the variance."""
    summed = clustered(estimates.influence, cluster)
    errors: Array = np.sqrt(factor * (summed**2).sum(axis=0)) / len(estimates.influence)
    return errors


def clustered(influence: Array, cluster: Codes) -> Array:
    """Influence (n, ...) summed within clusters: (clusters, ...), clusters numbered from 0."""
    if len(cluster) != len(influence):
        raise BadDesign(f"{len(cluster)} cluster codes for {len(influence)} places.")
    if np.array_equal(cluster, np.arange(len(cluster))):
        return influence
    order = np.argsort(cluster, kind="stable")
    codes, starts = np.unique(cluster[order], return_index=True)
    sums = np.zeros((int(codes[-1]) + 1, *influence.shape[1:]))
    sums[codes] = np.add.reduceat(influence[order], starts, axis=0)
    return sums


def all_zero(estimates: Estimates, which: Mask, cluster: Codes) -> Joint:
    """Test that the chosen coefficients are all zero, F(q, G - 1) with the clustered covariance; which (p,).

    With the leads of an event study this is the test of parallel trends before exposure. Raises BadDesign when
    nothing is chosen, or the clusters are too few for that many coefficients.
    """
    q, n = int(which.sum()), len(estimates.influence)
    summed = clustered(estimates.influence[:, which], cluster)
    if q == 0 or len(summed) <= q:
        raise BadDesign(f"{q} coefficients cannot be tested together with {len(summed)} clusters.")
    statistic = np.empty(estimates.value.shape[1])
    for j in range(len(statistic)):
        covariance, value = summed[:, :, j].T @ summed[:, :, j] / n**2, estimates.value[which, j]
        if np.linalg.matrix_rank(covariance, hermitian=True) < q:
            raise BadDesign(
                f"The covariance of the {q} coefficients is singular: too few clusters carry them. Test fewer."
            )
        statistic[j] = value @ np.linalg.solve(covariance, value) / q
    from scipy.special import fdtrc

    return Joint(statistic, q, len(summed) - 1, np.asarray(fdtrc(q, len(summed) - 1, statistic)))
