"""Do interpreters agree, and what do they say together? Disagreement is shown, never averaged away."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Array

UNDECIDED = ""


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance. observed, chance: shares of agreement; n points; interpreters compared."""

    value: float
    se: float
    low: float
    high: float
    observed: float
    chance: float
    n: int
    interpreters: tuple[str, ...]


def cohen(first: Sequence[str], second: Sequence[str], names: tuple[str, str], level: float = 0.95) -> Kappa:
    """Cohen's (1960) kappa of two interpreters; standard error of Fleiss, Cohen & Everitt (1969), Psychological Bulletin
    72, 323-327, equation 13. Points count alike: in a stratified sample this is agreement on the points, not on the land."""
    classes = sorted({*first, *second})
    table = np.zeros((len(classes), len(classes)))
    for a, b in zip(first, second, strict=True):
        table[classes.index(a), classes.index(b)] += 1
    n = int(table.sum())
    p = table / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(row @ column)
    if chance >= 1:
        raise BadDesign(
            f"{names[0]} and {names[1]} saw one class only: agreement beyond chance cannot be told."
        )
    kappa = (observed - chance) / (1 - chance)
    diagonal = (np.diag(p) * (1 - (row + column) * (1 - kappa)) ** 2).sum()
    both = (column[:, None] + row[None, :]) ** 2
    off = (1 - kappa) ** 2 * ((p * both).sum() - (np.diag(p) * np.diag(both)).sum())
    variance = (diagonal + off - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    return _kappa(kappa, float(np.sqrt(max(variance, 0.0))), observed, chance, n, names, level)


def fleiss(labels: Sequence[Sequence[str]], names: tuple[str, ...], level: float = 0.95) -> Kappa:
    """Fleiss' (1971, Psychological Bulletin 76, 378-382) kappa of all interpreters; labels: one row a point.

    The standard error leaves out one point at a time (jackknife), since Fleiss' own holds only under no agreement.
    """
    classes = sorted({label for row in labels for label in row})
    counts = np.array([[row.count(c) for c in classes] for row in map(list, labels)], dtype=float)
    n = len(counts)
    if n < 2 or len(classes) < 2:
        raise BadDesign(
            "All interpreters saw one class only, or one point: agreement beyond chance cannot be told."
        )
    total, within = counts.sum(axis=0), _within(counts)
    kappa, observed, chance = _fleiss(total, float(within.sum()), n, len(names))
    left = _fleiss(total - counts, within.sum() - within, n - 1, len(names))[0]
    se = float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()))
    return _kappa(float(kappa), se, float(observed), float(chance), n, names, level)


def together(labels: Sequence[Sequence[str]]) -> list[str]:
    """What more than half of the interpreters say of each point; "" where no class has more than half."""
    found = []
    for row in labels:
        best = max(set(row), key=list(row).count)
        found.append(best if 2 * list(row).count(best) > len(row) else UNDECIDED)
    return found


def _within(counts: Array) -> Array:
    raters = counts.sum(axis=1)
    return np.asarray(((counts**2).sum(axis=1) - raters) / (raters * (raters - 1)))


def _fleiss(
    total: Array, within: NDArray[np.float64] | float, n: int, raters: int
) -> tuple[Array, Array, Array]:
    chance = ((total / (n * raters)) ** 2).sum(axis=-1)
    observed = np.asarray(within / n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((observed - chance) / (1 - chance)), observed, np.asarray(chance)


def _kappa(
    value: float, se: float, observed: float, chance: float, n: int, names: tuple[str, ...], level: float
) -> Kappa:
    half = float(stats.norm.ppf((1 + level) / 2)) * se
    return Kappa(value, se, max(-1.0, value - half), min(1.0, value + half), observed, chance, n, names)
