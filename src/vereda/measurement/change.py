"""What a change is made of: area, yield, conversion, method; and what it may be called.

H is a sum over regions of products, so a change of it has a part for every factor. Two divisions, both adding up to the
change: Shapley's value (the mean over all orders in which the factors could have changed) and logarithmic shares
(Ang 2004, Energy Policy 32, 1131-1139, LMDI I). Neither says why a factor changed. `reading` says what may be said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.parameters import Parameter
from vereda.measurement.ranged import Ranged

Array = NDArray[np.float64]
Reading = Literal["same", "growth", "re-measurement", "method"]
MOST = 12  # factors: 2^12 products


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A change by factor; in the unit of the product, summed over regions, (F, ...) over draws where there are any.

    change (...): after less before. shapley, logarithmic (F, ...): parts; each sums to the change. ratio (F, ...): after
    over before where there is one region, else nan.
    """

    factor: tuple[str, ...]
    change: Array
    shapley: Array
    logarithmic: Array
    ratio: Array

    @property
    def shapley_share(self) -> Array:
        """(F, ...) parts over the change; nan where nothing changed."""
        return _over(self.shapley, self.change)

    @property
    def logarithmic_share(self) -> Array:
        """(F, ...) the same for logarithmic parts."""
        return _over(self.logarithmic, self.change)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A published amount against what the factors in use before would give on the new area, t.

    flag: "inside" or "outside"; beyond: t above the interval, or below it with a minus; 0 inside.
    """

    expected: Ranged
    published: float
    flag: Literal["inside", "outside"]
    beyond: float


def decompose(before: Mapping[str, Array | float], after: Mapping[str, Array | float]) -> Decomposition:
    """A change of sum over r of product over factors; factors (R, ...) or numbers, the same names on both sides.

    A step of method (a purity re-expression) is one more factor: 1 before, or after.
    """
    names = tuple(before)
    if set(names) != set(after) or not 1 <= len(names) <= MOST:
        raise BadDesign(
            f"A decomposition needs the same 1 to {MOST} factors at both ends; here {', '.join(names)} and "
            f"{', '.join(after)}. A factor that one end lacks, such as a purity step, is 1 there."
        )
    a, b = _stacked(names, before), _stacked(names, after)
    if a.shape != b.shape or not (
        np.isfinite(a).all() and np.isfinite(b).all() and (a > 0).all() and (b > 0).all()
    ):
        raise BadDesign(
            "Every factor must be above zero at both ends, for the same regions; logarithms have no zero."
        )
    change = (b.prod(axis=0) - a.prod(axis=0)).sum(axis=0)
    ratio = (b / a)[:, 0] if a.shape[1] == 1 else np.full_like(a[:, 0], np.nan)
    return Decomposition(names, change, _shapley(a, b).sum(axis=1), _logarithmic(a, b).sum(axis=1), ratio)


def reading(
    name: str, before: Parameter, after: Parameter, years: tuple[int, int], method: bool = False
) -> Reading:
    """What a changed factor may be called between two years.

    "growth" needs field work in both years themselves. A value that was carried forward, or changed without field
    work, is a "re-measurement": when the change happened is not known. method: the factor is a step of method.
    """
    if before.name != name or after.name != name:
        raise BadDesign(f"A reading of {name} needs it at both ends, not {before.name} and {after.name}.")
    if (before.value, before.unit) == (after.value, after.unit):
        return "same"
    if method:
        return "method"
    measured = before.survey_year == years[0] and after.survey_year == years[1]
    return "growth" if measured else "re-measurement"


def frozen(area: Ranged, per_hectare: Ranged, published: float) -> Frozen:
    """Whether a published total (t) is what the new productive area (ha) gives at the old factor (kg/ha/yr).

    The interval is not widened to reach the published value: outside means that the factor changed, or an area did.
    """
    kilograms = area * per_hectare
    expected = Ranged(*(x / 1000 for x in (kilograms.value, kilograms.low, kilograms.high)))
    beyond = max(published - expected.high, 0.0) + min(published - expected.low, 0.0)
    return Frozen(expected, published, "outside" if beyond else "inside", beyond)


def _stacked(names: tuple[str, ...], factors: Mapping[str, Array | float]) -> Array:
    """(F, R, ...), with one region where factors are numbers."""
    parts = np.broadcast_arrays(*(np.atleast_1d(np.asarray(factors[n], dtype=float)) for n in names))
    return np.stack(parts)


def _shapley(a: Array, b: Array) -> Array:
    """(F, R, ...): for every factor the mean over orders of what its change adds."""
    count = len(a)
    parts = np.zeros_like(a)
    for i in range(count):
        others = [j for j in range(count) if j != i]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for changed in combinations(others, size):
                product = np.ones_like(a[0])
                for j in others:
                    product *= b[j] if j in changed else a[j]
                parts[i] += weight * (b[i] - a[i]) * product
    return parts


def _logarithmic(a: Array, b: Array) -> Array:
    """(F, R, ...): the logarithmic mean of both products times the logarithm of each factor's ratio."""
    whole = np.log(b / a).sum(axis=0)
    start, end = a.prod(axis=0), b.prod(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(np.abs(whole) > 1e-8, (end - start) / whole, (start + end) / 2)
    parts: Array = mean * np.log(b / a)
    return parts


def _over(parts: Array, change: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(change != 0, parts / change, np.nan)
