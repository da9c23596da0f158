"""From a series to what a classifier reads: gaps filled, smoothed, as it is or in few numbers; indices of bands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.imagery.layout import Days

Values = NDArray[np.float32]
Array = NDArray[np.float64]
KINDS = ("raw", "percentiles", "harmonics")
YEAR = 365.25

#: name -> the bands it takes and how, with its source.
INDICES: dict[str, tuple[tuple[str, ...], Callable[..., Values]]] = {
    "ndvi": (("nir", "red"), lambda n, r: (n - r) / (n + r)),  # Tucker 1979, RSE 8, 127-150
    "evi": (("nir", "red", "blue"), lambda n, r, b: 2.5 * (n - r) / (n + 6 * r - 7.5 * b + 1)),  # Huete 2002, RSE 83, 195-213
    "evi2": (("nir", "red"), lambda n, r: 2.5 * (n - r) / (n + 2.4 * r + 1)),  # Jiang 2008, RSE 112, 3833-3845
    "ndwi": (("green", "nir"), lambda g, n: (g - n) / (g + n)),  # McFeeters 1996, IJRS 17, 1425-1432
    "ndmi": (("nir", "swir1"), lambda n, s: (n - s) / (n + s)),  # Gao 1996, RSE 58, 257-266
    "nbr": (("nir", "swir2"), lambda n, s: (n - s) / (n + s)),  # Key & Benson 2006, RMRS-GTR-164
    "savi": (("nir", "red"), lambda n, r: 1.5 * (n - r) / (n + r + 0.5)),  # Huete 1988, RSE 25, 295-309, L = 0.5
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """kind: raw, percentiles or harmonics. smooth: weight of Whittaker's smoother, 0 for none. gap: the longest run of
    steps without a clear look that is filled; a pixel with a longer one is not classified."""

    kind: str = "raw"
    smooth: float = 0.0
    gap: int = 4
    at: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 0.9)
    waves: int = 2

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadRequest(f"No features {self.kind!r}. There are: {', '.join(KINDS)}.")
        if not self.smooth >= 0 or self.gap < 0:
            raise BadRequest("Smoothing and the longest gap are zero or more.")


@dataclass(frozen=True, slots=True)
class Features:
    """values (n, f), nan in rows that have too long a gap; whole (n,): which rows have none."""

    values: Values
    whole: NDArray[np.bool_]


def features(x: Values, days: Days, recipe: Recipe) -> Features:
    """x (n, t, b) series, nan where nothing clear was seen; days (t,). x itself stays as it is."""
    from vereda.imagery import kernels  # compiled when first needed

    n, t, b = x.shape
    if recipe.kind == "harmonics" and t < 2 * recipe.waves + 1:
        raise BadDesign(f"{recipe.waves} harmonics need {2 * recipe.waves + 1} dates; the series has {t}.")
    filled = np.array(x, dtype=np.float32, order="C")
    day = (days - days[0]).astype(float)
    gap = kernels.fill(filled, day)
    whole = (gap <= min(recipe.gap, t - 1)) & np.isfinite(filled).all(axis=(1, 2))
    kernels.smooth(filled, recipe.smooth)
    if recipe.kind == "raw":
        made = filled.reshape(n, t * b)
    elif recipe.kind == "percentiles":
        made = np.empty((n, b * len(recipe.at)), dtype=np.float32)
        kernels.percentiles(filled, np.array(recipe.at), made)
    else:
        matrix = harmonics(day, recipe.waves)
        made = np.empty((n, b * len(matrix)), dtype=np.float32)
        kernels.combine(filled, matrix, made)
    made[~whole] = np.nan
    return Features(made, whole)


def harmonics(day: Array, waves: int) -> Array:
    """(2 waves + 1, t): the matrix that gives mean, cosines and sines of a year by least squares."""
    turn = 2 * np.pi * day / YEAR
    columns = [np.ones_like(turn)]
    for k in range(1, waves + 1):
        columns += [np.cos(k * turn), np.sin(k * turn)]
    return np.ascontiguousarray(np.linalg.pinv(np.column_stack(columns)))


def index(name: str, bands: Sequence[str], x: Values) -> Values:
    """An index (n, t) from bands of x (n, t, b) by their role (nir, red, ...). BadRequest where a band is not there."""
    if name not in INDICES:
        raise BadRequest(f"No index {name!r}. There are: {', '.join(INDICES)}.")
    needs, formula = INDICES[name]
    missing = [band for band in needs if band not in bands]
    if missing:
        raise BadRequest(
            f"The index {name} needs the bands {', '.join(needs)}; not there: {', '.join(missing)}."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        made = np.asarray(formula(*(x[..., list(bands).index(band)] for band in needs)), dtype=np.float32)
    made[~np.isfinite(made)] = np.nan
    return made
