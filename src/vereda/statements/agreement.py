"""Do reviewers agree: Krippendorff's alpha of any number of them, who need not all decide everything."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Alpha:
    """Agreement beyond chance on nominal labels; 1 perfect, 0 chance. units: decided by two or more."""

    value: float
    low: float
    high: float
    units: int
    observed: float  # disagreement seen
    expected: float  # disagreement by chance


def alpha(labels: Sequence[Sequence[str | None]], level: float = 0.95, seed: int = 0) -> Alpha:
    """Krippendorff's alpha for nominal data; labels: a row a unit, a column a reviewer, None where there is no label.

    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sections B and C. The interval is the percentile
    bootstrap over units: draws in which one label alone was seen have no alpha and are left out.
    """
    counts = [Counter(label for label in row if label is not None) for row in labels]
    counts = [c for c in counts if c.total() > 1]
    names = sorted({label for c in counts for label in c})
    if len(names) < 2:
        raise BadDesign("One label only was given where two decided: agreement beyond chance cannot be told.")
    table = np.array([[c[name] for name in names] for c in counts], dtype=float)
    value, observed, expected = _alpha(table)
    draws = np.random.default_rng(seed).integers(len(table), size=(DRAWS, len(table)))
    found = np.array([a for draw in draws if np.isfinite(a := _alpha(table[draw])[0])])
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Alpha(value, float(low), float(high), len(table), observed, expected)


def _alpha(table: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Alpha, and disagreement seen and expected, from counts of labels (units, labels)."""
    per, total = table.sum(axis=1), table.sum(axis=0)
    n = per.sum()
    observed = float(((per**2 - (table**2).sum(axis=1)) / (per - 1)).sum() / n)
    expected = float((n**2 - (total**2).sum()) / (n * (n - 1)))
    return (1 - observed / expected if expected > 0 else float("nan")), observed, expected
