"""What a page tells of one estimator's production: its latest year in full, every year beside it, every change, what if."""

from dataclasses import dataclass

from vereda.terms.figure import Figure
from vereda.terms.potential import (
    AvailableAnswer,
    ConsistencyAnswer,
    Explained,
    Flag,
    NetAnswer,
    Potential,
    RatioAnswer,
)


@dataclass(frozen=True, slots=True)
class YearAnswer:
    """One year: what was published of it, oldest edition first, and what the factors printed by then give on its area.

    computed: 5, 50 and 95 % of the draws, one for each reading of the uncertainty; empty where a parameter is missing.
    expected: the same factors from end to end, without a value where there is none; flag: of the newest edition against it.
    over, available: seizures of the year over each potential, and what is left of it. consistency: the area that leaf and
    production published of the year imply, None where neither was published with its yield.
    """

    year: int
    editions: tuple[Figure, ...]
    computed: tuple[Figure, ...]
    expected: Figure
    flag: Flag
    seized: Figure
    over: tuple[RatioAnswer, ...]
    available: tuple[AvailableAnswer, ...]
    consistency: ConsistencyAnswer | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Potential = mean area x ratio x factor / 1000, t, for areas and factors that were printed or follow from print.

    rows (R,): mean areas of two Decembers, ha. columns (C,): pure cocaine of a productive hectare, kg/ha/yr; the last one
    is what the published figure implies. cells (R, C), t. purity: of the seizures, assumed.
    """

    year: int
    rows: tuple[Figure, ...]
    columns: tuple[Figure, ...]
    ratio: Figure
    cells: tuple[tuple[Figure, ...], ...]
    published: Figure
    seized: Figure
    purity: Figure


@dataclass(frozen=True, slots=True)
class Assessed:
    """One estimator. areas: its areas of the latest year. gross, net: the latest year with eradication and its replanting.

    changes: between years that were published one after the other. behind: every cell something here was made from.
    """

    id: str
    place: str
    lead: Potential
    areas: tuple[Figure, ...]
    years: tuple[YearAnswer, ...]
    changes: tuple[Explained, ...]
    gross: tuple[Figure, ...]
    net: tuple[NetAnswer, ...]
    what_if: WhatIf | None
    behind: tuple[Figure, ...]
