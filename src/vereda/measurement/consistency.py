"""Do published figures agree with each other: what productive area do leaf and hydrochloride jointly imply?

Each published amount over its published factor implies an area, as wide as rounding leaves it. Figures of one year
that share one area overlap; where they do not, that is the finding, and nothing is clipped to hide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vereda.errors import BadDesign
from vereda.measurement.production import KG_IN_T
from vereda.measurement.ranged import Ranged


@dataclass(frozen=True, slots=True)
class Consistency:
    """Productive area (ha) by what implies it, and their intersection.

    joint: None where there is no area that fits all. gap: ha missing for the two ends farthest apart to meet, 0 where
    they do. apart: the names of those two, empty where they do.
    """

    implied: Mapping[str, Ranged]
    joint: Ranged | None
    gap: float
    apart: tuple[str, ...] = ()

    def over(self, mean_area: float) -> Ranged | None:
        """Productive over mean area of the two Decembers (1), where there is a joint interval."""
        if mean_area <= 0:
            raise BadDesign(f"A mean area of {mean_area:g} ha: a ratio to it needs an area above zero.")
        if self.joint is None:
            return None
        return Ranged(*(x / mean_area for x in (self.joint.value, self.joint.low, self.joint.high)))


def area_from_leaf(leaf: Ranged, per_hectare: Ranged) -> Ranged:
    """Productive area, ha, that fresh leaf (t/yr) implies at a yield (t/ha/yr)."""
    return leaf / per_hectare


def area_from_hydrochloride(amount: Ranged, per_hectare: Ranged) -> Ranged:
    """Productive area, ha, that pure hydrochloride (t/yr) implies at a yield (kg/ha/yr)."""
    kilograms = Ranged(*(x * KG_IN_T for x in (amount.value, amount.low, amount.high)))
    return kilograms / per_hectare


def joint_area(implied: Mapping[str, Ranged]) -> Consistency:
    """The intersection of the areas (ha) implied by several figures, or how far they are from having one."""
    if not implied:
        raise BadDesign("Nothing implies an area: give at least one published amount with its factor.")
    bottom = max(implied, key=lambda name: implied[name].low)
    top = min(implied, key=lambda name: implied[name].high)
    low, high = implied[bottom].low, implied[top].high
    if low > high:
        return Consistency(dict(implied), None, low - high, (top, bottom))
    return Consistency(dict(implied), Ranged((low + high) / 2, low, high), 0.0)


def factor_per_tonne(per_hectare_kg: Ranged, per_hectare_leaf: Ranged) -> Ranged:
    """g = z / y, kg of pure hydrochloride from a tonne of fresh leaf, of z (kg/ha/yr) and y (t/ha/yr)."""
    return per_hectare_kg / per_hectare_leaf


def apparent_yield(amount: float, areas: Sequence[float]) -> float:
    """Hydrochloride (t/yr) over the mean of two December areas (ha), as kg/ha/yr: what the total says by itself."""
    before, now = areas
    return amount * KG_IN_T / ((before + now) / 2)
