"""Coca cultivation: area, share, concentration, and gross rises and falls."""

from dataclasses import dataclass

import numpy as np

from vereda.terms.indicator import Array, indicator


@indicator("coca_area", "Coca cultivation", "ha", needs=("coca_area",), better="down")
def coca_area(area: Array) -> Array:
    """Hectares of coca standing at the end of the year, 31 December where the estimator names a day. A larger place is the sum of its smallest places where the estimator has these, else as printed.

    area (n,) ha. Whether a place that is not listed has none, or was not looked at, its source declares.
    """
    return area


@indicator(
    "coca_share", "Share of national coca area", "%", needs=("coca_area",), over="departments", role="share"
)
def coca_share(area: Array) -> Array:
    """Percent of the national coca area that stands in the place.

    area (n,) ha, all places of one level in one year. No area at all is no share.
    """
    total = area.sum()
    return 100 * area / total if total > 0 else np.full(area.shape, np.nan)


@indicator(
    "coca_hhi",
    "Concentration of coca area between departments",
    "index",
    needs=("coca_area",),
    over="departments",
    role="concentration",
)
def coca_hhi(area: Array) -> float:
    """Herfindahl-Hirschman index of departmental shares: 1/n when spread evenly, 1 when all in one department.

    area (n,) ha. Published as a share of one, not of 10 000.
    """
    return float(np.sum((coca_share(area) / 100) ** 2))


@indicator(
    "coca_top10",
    "Share held by the ten largest municipalities",
    "%",
    needs=("coca_area",),
    over="municipalities",
    role="top",
)
def coca_top10(area: Array) -> float:
    """Percent of the national coca area that stands in the ten municipalities with most of it.

    area (n,) ha, all municipalities in one year.
    """
    return float(np.sort(coca_share(area))[::-1][:10].sum())


@indicator(
    "coca_places",
    "Municipalities with coca",
    "municipalities",
    needs=("coca_area",),
    better="down",
    over="municipalities",
    role="count",
)
def coca_places(area: Array) -> float:
    """Number of municipalities where the census found coca.

    area (n,) ha, all municipalities in one year.
    """
    return float(np.count_nonzero(area > 0))


@dataclass(frozen=True, slots=True)
class Flows:
    """Gross rises and falls between two years, in the unit of the input.

    rises, falls >= 0; net = rises - falls; offset: the smaller over the larger of the two, the part of the
    movement that was made up elsewhere. Descriptive: it does not say that one place's fall caused another's rise.
    """

    rises: float
    falls: float
    net: float
    offset: float


@indicator("coca_flows", "Gross rises and falls", "ha", needs=("coca_area",), over="two years", role="flows")
def coca_flows(before: Array, after: Array) -> Flows:
    """Sum of the rises and sum of the falls of all places between two years; the offset is the smaller over the larger.

    before, after (n,) ha, the same places in the same order.
    """
    change = after - before
    rises, falls = float(change[change > 0].sum()), float(abs(change[change < 0]).sum())
    larger = max(rises, falls)
    return Flows(rises, falls, rises - falls, min(rises, falls) / larger if larger > 0 else float("nan"))
