"""A map known everywhere helps a sample: ratio and difference estimators of a mean.

The map's predictions f must not have been fitted to the sample itself: then the sample flatters them and the error is
too small. Probabilities (0 to 1) serve as well as classes.
"""

from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Array


@dataclass(frozen=True, slots=True)
class Assisted:
    """mean of y over the land with its standard error. power: lambda of a difference, R of a ratio. alone, alone_se:
    what the sample says without the map. map_alone: mean of f, which is no estimate: it carries the map's bias."""

    mean: float
    se: float
    power: float
    alone: float
    alone_se: float
    map_alone: float

    @property
    def worth(self) -> float:
        """How many times the points a sample without the map would need for the same error."""
        return (self.alone_se / self.se) ** 2


def difference(
    y: Array, f: Array, mean_f: Array, weight: Array, stratum: np.ndarray, power: float | None = None
) -> Assisted:
    """sum W_h (mean_h(y) + lambda (F_h - mean_h(f))), V = sum W_h^2 s_h^2(y - lambda f) / n_h.

    y, f (n,) reference and prediction at each point; stratum (n,) 0..H-1; weight, mean_f (H,) share of the land and
    mean of f over all of it. power: lambda; None takes the one that minimises the variance, sum W^2 cov / sum W^2 var.
    Särndal, Swensson & Wretman (1992), section 6.3; with one stratum it is prediction-powered inference, Angelopoulos
    et al. (2023), Science 382, 669-674, and its tuned form (2023), arXiv 2311.01453, with the map known everywhere.
    """
    w, n, groups = _grouped(y, f, mean_f, weight, stratum)
    c = w**2 / n
    varied = float(sum(ch * np.var(f[g], ddof=1) for ch, g in zip(c, groups, strict=True)))
    if power is None:
        shared = float(sum(ch * np.cov(y[g], f[g])[0, 1] for ch, g in zip(c, groups, strict=True)))
        power = shared / varied if varied > 0 else 0.0
    lam = float(power)
    value = sum(
        wh * (y[g].mean() + lam * (fh - f[g].mean())) for wh, fh, g in zip(w, mean_f, groups, strict=True)
    )
    return _told(y, lam * f, float(value), lam, w, mean_f, n, groups)


def ratio(y: Array, f: Array, mean_f: Array, weight: Array, stratum: np.ndarray) -> Assisted:
    """The combined ratio R F with R = sum W mean_h(y) / sum W mean_h(f): Cochran (1977), section 6.11.

    Nearly unbiased where the sample is large; BadDesign where the sample holds nothing of f.
    """
    w, n, groups = _grouped(y, f, mean_f, weight, stratum)
    bottom = sum(wh * f[g].mean() for wh, g in zip(w, groups, strict=True))
    if bottom <= 0:
        raise BadDesign(
            "The ratio needs points where the map's prediction is above zero; the sample holds none."
        )
    r = float(sum(wh * y[g].mean() for wh, g in zip(w, groups, strict=True)) / bottom)
    whole = float(w @ mean_f)
    found = _told(y, r * f, r * whole, r, w, mean_f, n, groups)
    scale = whole / float(bottom)
    return Assisted(found.mean, found.se * scale, r, found.alone, found.alone_se, found.map_alone)


def _grouped(
    y: Array, f: Array, mean_f: Array, weight: Array, stratum: np.ndarray
) -> tuple[Array, Array, list[np.ndarray]]:
    if not (len(y) == len(f) == len(stratum)) or len(weight) != len(mean_f):
        raise BadDesign(
            "Each point needs a reference, a prediction and a stratum; each stratum a weight and a mean."
        )
    if not (np.isfinite(y).all() and np.isfinite(f).all() and np.isfinite(mean_f).all()):
        raise BadDesign(
            "A reference or prediction is missing. A point without one is not dropped quietly: decide first."
        )
    groups = [np.flatnonzero(stratum == h) for h in range(len(weight))]
    thin = [h for h, g in enumerate(groups) if len(g) < 2]
    if thin:
        raise BadDesign(f"Stratum number {thin[0]} has fewer than two points; it has no variance.")
    return weight / weight.sum(), np.array([float(len(g)) for g in groups]), groups


def _told(
    y: Array,
    helped: Array,
    value: float,
    power: float,
    w: Array,
    mean_f: Array,
    n: Array,
    groups: list[np.ndarray],
) -> Assisted:
    spread = [np.var((y - helped)[g], ddof=1) for g in groups]
    plain = [np.var(y[g], ddof=1) for g in groups]
    alone = sum(wh * y[g].mean() for wh, g in zip(w, groups, strict=True))
    return Assisted(
        value, float(np.sqrt((w**2 / n) @ np.array(spread))), power,
        float(alone), float(np.sqrt((w**2 / n) @ np.array(plain))), float(w @ mean_f),
    )  # fmt: skip
