"""Distributions of the parameters, and how they move together.

Each of P parameters has a distribution on its own; a Gaussian copula joins them: correlated standard normals, turned
into probabilities, turned into values. The correlation asked for is that of the normals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from vereda.errors import BadDesign
from vereda.measurement import kernel
from vereda.measurement.parameters import DISTRIBUTIONS, Parameter, converted

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marginals:
    """P distributions by kind (P,), the place in `DISTRIBUTIONS`, and four numbers each (P,), in the quantity's unit.

    fixed: a. uniform: from a to b. triangular: from a to b, mode c. normal: mean a, sd b, cut to probabilities c to
    c + e. lognormal: the same for the logarithm. rows (k,), lower (k, k): the correlated ones and the Cholesky factor of
    their correlation; pairs: those asked for.
    """

    name: tuple[str, ...]
    kind: Index
    a: Array
    b: Array
    c: Array
    e: Array
    rows: Index
    lower: Array
    pairs: tuple[Pair, ...]

    def values(self, u: Array) -> Array:
        """(P, D) values of uniform numbers u (P, D) between 0 and 1, which are overwritten."""
        if self.rows.size:
            kernel.correlate(u, self.rows, self.lower)
        kernel.quantiles(u, *self.tables)
        return u

    @property
    def tables(self) -> tuple[Index, Array, Array, Array, Array]:
        """What the compiled loops take of them, in their order."""
        return self.kind, self.a, self.b, self.c, self.e


def marginals(columns: Sequence[Parameter], correlation: Mapping[Pair, float] | None = None) -> Marginals:
    """Distributions of parameters as stated; correlation: {(i, j): rho} between columns, 0 where not given."""
    rows = [_coefficients(p) for p in columns]
    names = tuple(p.label for p in columns)
    return joined(names, [p.distribution for p in columns], np.array(rows).reshape(-1, 4), correlation)


def uniform(low: Sequence[float], high: Sequence[float]) -> Marginals:
    """Independent uniform distributions, named x0, x1, ..., for models that are not production."""
    names = tuple(f"x{i}" for i in range(len(low)))
    table = np.column_stack([low, high, np.zeros(len(low)), np.zeros(len(low))])
    return joined(names, ["uniform"] * len(low), table)


def joined(
    names: tuple[str, ...], kinds: Sequence[str], table: Array, correlation: Mapping[Pair, float] | None = None
) -> Marginals:  # fmt: skip
    """Distributions by kind and coefficients (P, 4), joined by a copula."""
    kind = np.array([DISTRIBUTIONS.index(k) for k in kinds], dtype=np.int32)
    asked = {pair: rho for pair, rho in (correlation or {}).items() if rho}
    rows, lower = _copula(asked, names, kind)
    a, b, c, e = np.ascontiguousarray(np.asarray(table, dtype=float).T)
    return Marginals(names, kind, a, b, c, e, rows, lower, tuple(asked))


def _coefficients(p: Parameter) -> tuple[float, float, float, float]:
    value, low, high = converted(p)
    match p.distribution:
        case "fixed":
            return value, value, 0.0, 0.0
        case "uniform":
            return low, high, 0.0, 0.0
        case "triangular":
            return low, high, value, 0.0
    top = 1.0 if p.quantity.share else np.inf
    log = p.distribution == "lognormal"
    with np.errstate(divide="ignore"):
        ends = np.array([value, low, high, 0.0, top])
        value, low, high, bottom, top = np.log(ends) if log else ends
    sd = float((high - low) / (2 * ndtri((1 + p.coverage) / 2)))
    start, end = ndtr((bottom - value) / sd), ndtr((top - value) / sd)
    return float(value), sd, float(start), float(end - start)


def _copula(asked: Mapping[Pair, float], names: Sequence[str], kind: Index) -> tuple[Index, Array]:
    rows = np.array(sorted({i for pair in asked for i in pair}), dtype=np.int32)
    if any(not 0 <= i < len(names) for i in rows):
        raise BadDesign(f"A correlation names column {rows.max()}; there are {len(names)}, from 0.")
    if still := [names[i] for i in rows if kind[i] == kernel.FIXED]:
        raise BadDesign(f"What is fixed cannot move with anything: {', '.join(still)}.")
    matrix = np.eye(len(rows))
    at = {int(row): i for i, row in enumerate(rows)}
    for (i, j), rho in asked.items():
        if i == j or not -1 <= rho <= 1 or (j, i) in asked:
            raise BadDesign(
                f"A correlation of {rho} between columns {i} and {j}: each pair once, in -1 to 1."
            )
        matrix[at[i], at[j]] = matrix[at[j], at[i]] = rho
    try:
        return rows, np.linalg.cholesky(matrix).astype(np.float64)
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(matrix).min())
        raise BadDesign(
            f"These correlations cannot all hold at once (least eigenvalue {least:.3g}): if one moves with two others, "
            "those two move together. Lower some of them, or state the pairs that are left out; a pair that is "
            "to move as one is one parameter."
        ) from None
