"""Land not worth a classifier, by one cheap rule: water, bare rock, forest that never thins.

What the rule leaves out is not zero: it is a stratum of its own, with points of its own, so that what it misses is
in the estimate and in its error.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadRequest
from vereda.imagery.samples import Samples

Values = NDArray[np.float32]
_RULE = re.compile(r"\s*(\w+)\s*:\s*(min|max|mean|range)\s*([<>])\s*(-?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Rule:
    """Leave out pixels whose statistic of a band over the steps is below, or above, a value."""

    band: str
    statistic: str
    below: bool
    value: float

    def leaves_out(self, x: Values, bands: tuple[str, ...]) -> NDArray[np.bool_]:
        """(n,) of series x (n, t, b); a pixel without a clear look is not left out by it."""
        if self.band not in bands:
            raise BadRequest(f"The mask asks for the band {self.band!r}. There are: {', '.join(bands)}.")
        series = x[..., bands.index(self.band)]
        seen = np.isfinite(series).any(axis=1)
        found = np.full(len(series), np.nan)
        if seen.any():
            some = series[seen]
            least, most = np.nanmin(some, axis=1), np.nanmax(some, axis=1)
            by = {"min": least, "max": most, "mean": np.nanmean(some, axis=1), "range": most - least}
            found[seen] = by[self.statistic]
        with np.errstate(invalid="ignore"):
            return np.asarray(found < self.value if self.below else found > self.value)


def rule(text: str) -> Rule:
    """Of 'ndvi:max<0.3'."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise BadRequest(
            f"--mask {text!r}: write band:statistic<value or >value, as ndvi:max<0.3. Statistics: min, max, mean, range."
        )
    band, statistic, sign, value = found.groups()
    return Rule(band, statistic, sign == "<", float(value))


def omitted(made: Rule, samples: Samples) -> dict[str, tuple[int, int]]:
    """Class -> labelled series that the rule would leave out, of how many. Of the samples, not of the land."""
    out = made.leaves_out(samples.values, samples.bands)
    return {
        c: (int((out & (samples.label == c)).sum()), int((samples.label == c).sum())) for c in samples.classes
    }
