"""The words of production: every quantity that a chain may use, its unit, and the units it may be given in.

A quantity says what a number means. Its value is always data (`parameters`): nothing here has a default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vereda.errors import BadDesign

Chain = Literal["harvest", "alkaloid"]
ROUTES = ("leaf", "paste", "base")  # what a grower sells


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a parameter measures.

    chain: the one estimator it belongs to. yearly: a state of one year, needed for that year itself; otherwise a
    factor, carried forward from one field survey to the next. regional: must be known in every region; otherwise
    one value for all regions will do. share: lies between 0 and 1.
    """

    name: str
    meaning: str
    unit: str
    chain: Chain
    yearly: bool = False
    regional: bool = True
    share: bool = False


def _by_route(stem: str, meaning: str, unit: str, share: bool = False) -> tuple[Quantity, ...]:
    return tuple(Quantity(f"{stem}_{k}", meaning.format(k), unit, "harvest", share=share) for k in ROUTES)


_HARVEST = (
    Quantity("census_area", "coca standing on 31 December, by census", "ha", "harvest", yearly=True),
    Quantity(
        "added_area",
        "eradicated area, weighted by the part of the year it produced",
        "ha",
        "harvest",
        yearly=True,
    ),
    Quantity("productive_ratio", "productive area over mean area of the two Decembers", "1", "harvest"),
    Quantity("fresh_leaf_yield", "fresh leaf of a productive hectare", "t/ha/yr", "harvest"),
    *_by_route("share", "part of the fresh leaf that growers sell as {}", "1", share=True),
    *_by_route("base_from", "cocaine base, or its equivalent, from leaf sold as {}", "kg/t"),
    Quantity("base_purity", "pure cocaine in cocaine base", "1", "harvest", regional=False, share=True),
    Quantity("hcl_per_base", "pure hydrochloride from pure base", "kg/kg", "harvest", regional=False),
    Quantity("hcl_per_leaf", "pure hydrochloride from fresh leaf", "kg/t", "harvest"),
    Quantity(
        "stated_per_leaf", "hydrochloride at the purity formerly stated, from fresh leaf", "kg/t", "harvest"
    ),
    Quantity("hcl_per_ha", "pure hydrochloride of a productive hectare", "kg/ha/yr", "harvest"),
    Quantity("purity_step", "pure over as formerly expressed", "1", "harvest", regional=False, share=True),
)
_ALKALOID = (
    Quantity("sampled_area", "coca with usable leaf, by sample of images", "ha", "alkaloid", yearly=True),
    Quantity("dry_leaf_yield", "dry leaf of a hectare", "t/ha/yr", "alkaloid"),
    Quantity("alkaloid_content", "cocaine in dry leaf, by weight", "1", "alkaloid", share=True),
    Quantity(
        "laboratory_efficiency",
        "part of the cocaine in the leaf that ends in the product",
        "1",
        "alkaloid",
        share=True,
    ),
)
QUANTITIES: Mapping[str, Quantity] = {q.name: q for q in _HARVEST + _ALKALOID}

#: unit -> the canonical unit of its kind, and how many of that one it is
UNITS: Mapping[str, tuple[str, float]] = {
    "1": ("1", 1.0),
    "ratio": ("1", 1.0),
    "share": ("1", 1.0),
    "%": ("1", 0.01),
    "ha": ("ha", 1.0),
    "km2": ("ha", 100.0),
    "t/ha/yr": ("t/ha/yr", 1.0),
    "kg/ha/yr": ("kg/ha/yr", 1.0),
    "kg/ha": ("kg/ha/yr", 1.0),  # of a year's harvest
    "g/ha/yr": ("kg/ha/yr", 1e-3),
    "t/km2/yr": ("t/ha/yr", 0.01),
    "kg/t": ("kg/t", 1.0),
    "g/kg": ("kg/t", 1.0),
    "kg/kg": ("kg/kg", 1.0),
    "t/t": ("kg/kg", 1.0),
}
#: the same kind of quantity under another canonical unit: yields are printed in kg, per-tonne factors as shares
_ACROSS = {("kg/ha/yr", "t/ha/yr"): 1e-3, ("t/ha/yr", "kg/ha/yr"): 1e3, ("1", "kg/kg"): 1.0, ("kg/kg", "1"): 1.0,
           ("kg/kg", "kg/t"): 1e3, ("1", "kg/t"): 1e3}  # fmt: skip


def multiple(name: str, unit: str) -> float:
    """How many of the quantity's own unit one of `unit` is; BadDesign where they do not measure the same."""
    wanted = quantity(name).unit
    kind, times = UNITS.get(unit, ("", 0.0))
    times *= 1.0 if kind == wanted else _ACROSS.get((kind, wanted), 0.0)
    if not times:
        raise BadDesign(
            f"{name} is measured in {wanted}, and {unit!r} cannot be turned into that. "
            f"Units that can: {', '.join(accepted(name))}."
        )
    return times


def accepted(name: str) -> tuple[str, ...]:
    """The units in which a quantity may be given."""
    wanted = quantity(name).unit
    return tuple(u for u, (kind, _) in UNITS.items() if kind == wanted or (kind, wanted) in _ACROSS)


def quantity(name: str) -> Quantity:
    """The quantity of that name; BadDesign naming those there are."""
    if name not in QUANTITIES:
        raise BadDesign(f"{name!r} is no quantity of production. There are: {', '.join(QUANTITIES)}.")
    return QUANTITIES[name]
