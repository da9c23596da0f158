"""The system of a regression on place and year effects, without the matrix of rows x columns.

Every regressor is a function of cohort and year (times one number of the place): place effects are eliminated exactly,
place by place, which leaves a small system in the years and the coefficients (the Schur complement). Places without
gaps enter it through their cohort alone.
"""

from dataclasses import dataclass

import numpy as np

from vereda.evaluation.kernels import Kernel
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.regression_design import Design
from vereda.evaluation.threads import side_by_side

COLLINEAR = 1e-10  # an eigenvalue of the scaled system below this is a direction the data say nothing about
CHUNKS = 4  # of places or rows; fixed, so that sums come in the same order on any machine


@dataclass(frozen=True, slots=True)
class Moments:
    """What the places of each cohort say about the years.

    gram[g, k, l] = sum over places of x_k x_l (diag(w) - w w' / sum(w)), w marking the years with a value: what is
    left of the years when place effects are eliminated, (C, q, q, T, T). right (C, q, T): sum of x_k times outcomes
    less their mean. seen (C, T): values in each cell. places, values: those that inform, of places with two or more.
    """

    gram: Array
    right: Array
    seen: Array
    places: int
    values: int


def moments(y: Array, design: Design) -> Moments:
    """One pass over the places, y (n, T) with nan for gaps."""
    edges = cuts(len(y), CHUNKS if y.size > 1e6 else 1)
    q, (c, span) = design.x.shape[1], design.column.shape

    add = _adding.of(y.size * (1.0 + q * q + q))

    def part(k: int) -> tuple[Array, ...]:
        some = slice(edges[k], edges[k + 1])
        out = (
            np.zeros((c, q, q, span, span)),
            np.zeros((c, q, span)),
            np.zeros((c, span)),
            np.zeros((c, q, q)),
        )
        informs = np.zeros(2)
        add(y[some], design.cohort[some], design.until, design.x[some], *out, informs)
        return *out, informs

    parts = side_by_side(part, range(len(edges) - 1))
    gram, right, seen, whole, informs = (np.sum([p[k] for p in parts], axis=0) for k in range(5))
    for g, until in enumerate(design.until):
        centring = np.eye(until) - 1.0 / max(until, 1)
        gram[g, :, :, :until, :until] += whole[g][:, :, None, None] * centring
    return Moments(gram, right, seen, int(informs[0]), int(informs[1]))


def cuts(size: int, parts: int) -> Codes:
    """Where to cut `size` rows into parts, (parts + 1,)."""
    return np.linspace(0, size, parts + 1).astype(np.int64)


def _add(y, cohort, until, x, gram, right, seen, whole, informs):  # type: ignore[no-untyped-def]
    """Add the places to `Moments`; those with a value in every year of their cohort only to whole (C, q, q)."""
    n, span = y.shape
    q = x.shape[1]
    at = np.empty(span, np.int64)
    for i in range(n):
        g, values, total = cohort[i], 0, 0.0
        for t in range(until[g]):
            v = y[i, t]
            if v == v:
                at[values] = t
                values += 1
                total += v
                seen[g, t] += 1.0
        if values < 2:
            continue
        informs[0] += 1.0
        informs[1] += values
        mean = total / values
        for k in range(q):
            for s in range(values):
                right[g, k, at[s]] += x[i, k] * (y[i, at[s]] - mean)
            for m in range(q):
                xx = x[i, k] * x[i, m]
                if values == until[g]:
                    whole[g, k, m] += xx
                    continue
                for s in range(values):
                    gram[g, k, m, at[s], at[s]] += xx
                    for r in range(values):
                        gram[g, k, m, at[s], at[r]] -= xx / values


_adding = Kernel(_add)


def assembled(found: Moments, design: Design) -> tuple[Array, Array]:
    """The system (Q, Q) and its right side (Q,) in the P coefficients, then the effects by year."""
    gram, right, p, k, c = found.gram, found.right, len(design.label), design.by_year, design.carrier
    span = design.column.shape[1]
    system, side = np.zeros((p + k * span,) * 2), np.zeros(p + k * span)
    years = gram[:, :k, :k].sum(axis=0)
    system[p:, p:] = years.transpose(0, 2, 1, 3).reshape(k * span, k * span)
    side[p:] = right[:, :k].sum(axis=0).ravel()
    for g in range(len(design.start)):
        at = np.flatnonzero(design.column[g] >= 0)
        to = design.column[g, at]
        np.add.at(system, (to[:, None], to[None, :]), gram[g, c, c][np.ix_(at, at)])
        np.add.at(side, to, right[g, c, at])
        np.add.at(system[:p, p:], to, gram[g, c, :k][:, at].transpose(1, 0, 2).reshape(len(at), k * span))
    system[p:, :p] = system[:p, p:].T
    return system, side


def generalised_inverse(system: Array) -> tuple[Array, Array]:
    """An inverse of a positive semidefinite system where it has one, and the directions (Q, d) where it has none.

    Scaled to unit diagonal first, so that what counts as zero does not depend on units.
    """
    size = np.diag(system)
    scale = np.where(size > 0, 1.0 / np.sqrt(np.where(size > 0, size, 1.0)), 0.0)
    values, vectors = np.linalg.eigh(system * scale[:, None] * scale)
    kept = values > COLLINEAR
    half = scale[:, None] * vectors[:, kept] / np.sqrt(values[kept])
    null = np.where(size > 0, scale, 1.0)[:, None] * vectors[:, ~kept]
    return half @ half.T, null / np.maximum(np.abs(null).max(axis=0, initial=0.0), 1e-300)
