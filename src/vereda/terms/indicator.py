"""Our defined measures: a pure function with its unit, direction and definition."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A measure we define: unit, formula, which direction is good, and the series it needs.

    over: what one call takes: "place" (a value for each place and period), "departments" or "municipalities"
    (all of them in one period), "two years" (all departments in two).
    """

    id: str
    name: str
    unit: str
    needs: tuple[str, ...]
    better: str  # "down", "up" or ""
    over: str
    formula: Callable[..., Any]
    role: str = ""  # of an indicator over a set: share, concentration, top, count, flows
    per: str = ""  # of a rate: the series among `needs` that it is divided by

    @property
    def definition(self) -> str:
        """First paragraph of the formula's docstring: one text, two uses."""
        return " ".join((self.formula.__doc__ or "").split("\n\n")[0].split())


REGISTRY: dict[str, Indicator] = {}


def indicator(
    id: str,
    name: str,
    unit: str,
    needs: tuple[str, ...],
    better: str = "",
    over: str = "place",
    role: str = "",
    per: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a pure function on arrays as an indicator."""

    def register(formula: Callable[..., Any]) -> Callable[..., Any]:
        if id in REGISTRY:
            raise ValueError(f"indicator {id!r} is defined twice")
        if per and per not in needs:
            raise ValueError(f"indicator {id!r} is divided by {per!r}, which it does not need")
        REGISTRY[id] = Indicator(id, name, unit, needs, better, over, formula, role, per)
        return formula

    return register


def playing(role: str, series: str) -> Indicator | None:
    """The indicator that plays a role (share, concentration, ...) for a series; None where none is defined."""
    return next((rule for rule in REGISTRY.values() if rule.role == role and rule.needs == (series,)), None)
