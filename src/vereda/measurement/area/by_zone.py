"""How much of a class lies in each zone: the probabilities of a map, put right by the points of a survey, zone by zone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.area.sample import Array, Counts


@dataclass(frozen=True, slots=True)
class ByZone:
    """Of z zones: points (z,); share (z,) of the class and its standard error (z,), nan where a zone has no point; map_share
    (z,): what the probabilities alone would say. borrowed (z,): share of the land of a zone in strata without a point there."""

    points: Counts
    share: Array
    se: Array
    map_share: Array
    borrowed: Array


def by_zone(
    y: Array, p: Array, stratum: NDArray[np.int64], zone: NDArray[np.int64], land: Array, map_share: Array,
    names: Sequence[str] | None = None,
) -> ByZone:  # fmt: skip
    """Share of a class in each zone.

    y (n,) 1 where the class was seen at a point, 0 elsewhere; p (n,) what the map says there, 0 where it was not asked;
    stratum (n,) of h and zone (n,) of z, -1 for a point in none; land (z, h) share of the land of a zone in each stratum,
    rows that add up to 1; map_share (z,) mean of p over all land of the zone; names (h,) of the strata, for what is
    refused. BadDesign where they do not fit.

    The difference estimator of a domain, post-stratified (Särndal, Swensson & Wretman 1992, Model Assisted Survey
    Sampling, sections 7.6 and 10.5): map_share plus, stratum by stratum, the mean of y - p over the points of the zone.
    Where a stratum of a zone has no point, the mean of the stratum everywhere stands in, with the variance of a single
    point. The variance of y - p is that of the stratum everywhere, and at least that of one point in n + 2 which the map
    got wrong: a stratum whose few points all agree by luck is not taken for certain.
    """
    z, h = land.shape
    if not len(y) == len(p) == len(stratum) == len(zone) or len(map_share) != z:
        raise BadDesign("Each point needs what was seen, a probability, a stratum and a zone.")
    if not (np.isfinite(p).all() and np.allclose(land.sum(axis=1), 1)):
        raise BadDesign("A point has no probability, or the strata of a zone do not add up to its land.")
    n = np.bincount(stratum, minlength=h)
    thin = np.flatnonzero((n < 2) & (land.sum(axis=0) > 0))
    if len(thin):
        which = ", ".join(str(k) if names is None else names[k] for k in thin.tolist())
        raise BadDesign(
            f"A stratum has fewer than two points ({which}), so nothing tells how far off the map is there. Draw more."
        )
    d = y - p
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(stratum, d, h) / n
        spread = np.bincount(stratum, (d - mean[stratum]) ** 2, h) / (n - 1)
    mean, spread = np.nan_to_num(mean), np.nan_to_num(spread)
    spread = np.maximum(spread, (n + 1) / (n + 2) ** 2)
    here = zone >= 0
    cell = zone[here] * h + stratum[here]
    points = np.bincount(cell, minlength=z * h).reshape(z, h)
    total = np.bincount(cell, d[here], z * h).reshape(z, h)
    own = np.where(points > 0, total / np.maximum(points, 1), mean)
    none = points.sum(axis=1) == 0
    share = map_share + (land * own).sum(axis=1)
    se = np.sqrt((land**2 * spread / np.maximum(points, 1)).sum(axis=1))
    return ByZone(
        points.sum(axis=1), np.where(none, np.nan, share), np.where(none, np.nan, se), map_share,
        np.where(points == 0, land, 0.0).sum(axis=1),
    )  # fmt: skip
