"""Potential production: cocaine hydrochloride at 100 % purity if all leaf of a year's coca were processed.

Potential is not actual output. Two chains, never mixed, each with its own area and factors:

    harvest   area by census -> productive area -> fresh leaf -> what growers sell -> base -> hydrochloride
    alkaloid  area by sample of images -> dry leaf -> cocaine in it -> what a laboratory gets out

The first is that of UNODC and national censuses, the second that of ONDCP and DEA (World Drug Report 2010, methodology).
Every function is a formula on arrays that broadcast over region, year and draw, in that order: (R, T, D), (R, T), a
number. Nothing is rounded, clipped or assumed. `draws` and `kernel` run the same formulas fast and are tested against these.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign

Array = NDArray[np.float64]
KG_IN_T = 1000.0


@dataclass(frozen=True, slots=True)
class Harvest:
    """The steps of the harvest chain, each (R, T) or (R, T, D); hydrochloride is pure.

    mean_area, productive_area: ha. leaf: t fresh/yr. sold: t fresh/yr by route, (K, R, T..). base: kg/yr, not pure.
    hydrochloride: t/yr.
    """

    mean_area: Array
    productive_area: Array
    leaf: Array
    sold: Array
    base: Array
    hydrochloride: Array


@dataclass(frozen=True, slots=True)
class Alkaloid:
    """The steps of the alkaloid chain, each (R, T) or (R, T, D). dry_leaf, alkaloid, hydrochloride: t/yr."""

    dry_leaf: Array
    alkaloid: Array
    hydrochloride: Array


def mean_area(before: Array, now: Array) -> Array:
    """Mean of the areas standing on two 31 Decembers, ha."""
    return (before + now) / 2


def productive_area(mean: Array, added: Array) -> Array:
    """Mean area and what was eradicated in the year, weighted by the part of it in which it produced; all ha.

    The form is inferred: the publisher prints areas and totals, not this step.
    """
    return mean + added


def productive_area_by_ratio(mean: Array, ratio: Array) -> Array:
    """Mean area times productive over mean area (1), where what was eradicated is not published; ha."""
    return mean * ratio


def fresh_leaf(area: Array, per_hectare: Array) -> Array:
    """Fresh leaf, t/yr, of a productive area (ha) at a yield (t/ha/yr)."""
    return area * per_hectare


def routes(leaf: Array, shares: Array, tolerance: float = 1e-9) -> Array:
    """Fresh leaf by what growers sell: (K, ...) t/yr from shares (K, ...), which must sum to one."""
    shares = np.asarray(shares, dtype=float)
    off = float(np.abs(shares.sum(axis=0) - 1).max())
    if off > tolerance or (shares < 0).any():
        raise BadDesign(
            f"The shares of what growers sell miss a sum of one by {off:.3g}, or one is below zero. All leaf goes "
            "somewhere: give every route its share, and none twice."
        )
    return shares * leaf


def base(sold: Array, per_tonne: Array) -> Array:
    """Cocaine base, kg/yr: leaf by route (K, ...) t/yr times base of a tonne by route (K, ...) kg/t, over routes."""
    made: Array = (sold * per_tonne).sum(axis=0)
    return made


def hydrochloride(base_kg: Array, purity: Array, per_base: Array) -> Array:
    """Pure hydrochloride, t/yr, of base (kg/yr) with a purity (1) and kg of hydrochloride from a kg of pure base."""
    return base_kg * purity * per_base / KG_IN_T


def from_leaf(leaf: Array, per_tonne: Array) -> Array:
    """Pure hydrochloride, t/yr, by the aggregate factor g (kg/t fresh leaf): H = AP y g."""
    return leaf * per_tonne / KG_IN_T


def from_area(area: Array, per_hectare: Array) -> Array:
    """Pure hydrochloride, t/yr, by the aggregate factor z (kg/ha/yr), which is y g: H = AP z."""
    return area * per_hectare / KG_IN_T


def re_expressed(amount: Array, step: Array) -> Array:
    """An amount stated at a former purity, stated as pure. step: pure over former, in (0, 1].

    A step of method, not of the field: `change` counts it apart.
    """
    if not ((np.asarray(step) > 0) & (np.asarray(step) <= 1)).all():
        raise BadDesign(
            "Pure over formerly stated lies above 0 and not above 1: pure cocaine cannot weigh more than the product."
        )
    return amount * step


def harvest_chain(
    before: Array, now: Array, added: Array, per_hectare: Array, shares: Array, per_tonne: Array, purity: Array,
    per_base: Array,
) -> Harvest:  # fmt: skip
    """The harvest chain, step by step; units as in the functions above; shares and per_tonne (K, R, T..)."""
    mean = mean_area(before, now)
    area = productive_area(mean, added)
    leaf = fresh_leaf(area, per_hectare)
    sold = routes(leaf, shares)
    made = base(sold, per_tonne)
    return Harvest(mean, area, leaf, sold, made, hydrochloride(made, purity, per_base))


def alkaloid_chain(area: Array, dry: Array, content: Array, efficiency: Array) -> Alkaloid:
    """The alkaloid chain: sampled area (ha), dry leaf (t/ha/yr), cocaine in dry leaf (1), laboratory efficiency (1).

    The area counts only coca with usable leaf in the season of the images; there is no mean of two years.
    """
    leaf = area * dry
    inside = leaf * content
    return Alkaloid(leaf, inside, inside * efficiency)


def national(by_region: Array) -> Array:
    """The sum over regions, the first axis."""
    total: Array = by_region.sum(axis=0)
    return total
