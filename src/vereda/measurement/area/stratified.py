"""Area by class from a stratified sample, and from a simple one that is stratified afterwards."""

from dataclasses import dataclass

import numpy as np

from vereda.measurement.area.sample import Array, Sample


@dataclass(frozen=True, slots=True)
class Areas:
    """share, se (K,): part of the land in each reference class and its standard error; times `total` is `unit`."""

    classes: tuple[str, ...]
    share: Array
    se: Array
    total: float
    unit: str

    @property
    def area(self) -> Array:
        """(K,) in the unit."""
        return self.share * self.total

    @property
    def area_se(self) -> Array:
        """(K,) in the unit."""
        return self.se * self.total


def areas(sample: Sample) -> Areas:
    """A_k = sum over h of W_h p_hk, with V = sum of W_h^2 p_hk (1 - p_hk) / (n_h - 1).

    Olofsson et al. (2014), Remote Sensing of Environment 148, equations 9-11; Cochran (1977), equation 5.57. The
    finite population correction is used where the pixels of each stratum are given.
    """
    w, n, p = sample.strata.weight, sample.n, _shares(sample)
    variance = (w**2 / (n - 1) * left(sample)) @ (p * (1 - p))
    return Areas(sample.classes, w @ p, np.sqrt(variance), sample.strata.total, sample.strata.unit)


def post_stratified(sample: Sample, conditional: bool = True) -> Areas:
    """The same areas after a simple random (or systematic) sample: points fell into strata by chance.

    conditional: error given how many points fell into each stratum (Holt & Smith 1979, JRSS A 142, 33-46), which is
    that of `areas`. Otherwise over all such samples, which is larger: Cochran (1977), equation 5A.42,
    V = sum of W_h s_h^2 / n + sum of (1 - W_h) s_h^2 / n^2. A systematic sample is taken as if it were random, which
    is usually on the safe side.
    """
    found = areas(sample)
    if conditional:
        return found
    w, n, p = sample.strata.weight, sample.n, _shares(sample)
    s2 = (n / (n - 1))[:, None] * p * (1 - p)
    variance = w @ s2 / n.sum() + (1 - w) @ s2 / n.sum() ** 2
    return Areas(found.classes, found.share, np.sqrt(variance), found.total, found.unit)


def left(sample: Sample) -> Array:
    """(H,) finite population correction 1 - n_h / N_h; one where the number of pixels is not given."""
    if sample.strata.units is None:
        return np.ones(len(sample.strata.names))
    return 1 - sample.n / sample.strata.units


def _shares(sample: Sample) -> Array:
    return sample.reference / sample.n[:, None]
