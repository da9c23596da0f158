"""How many points, and where: for a stated precision or a budget, and what more would buy."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from vereda.errors import BadDesign, BadRequest
from vereda.measurement.area.sample import Array, Counts

Rule = Literal["neyman", "proportional", "power", "equal"]
RULES: tuple[Rule, ...] = ("neyman", "proportional", "power", "equal")
HALF = float(stats.norm.ppf(0.975))  # standard errors in half a 95 % interval
MOST = 10_000_000  # points; a precision that needs more is refused


@dataclass(frozen=True, slots=True)
class Plan:
    """Points n (H,) and what to expect of them if the class is as frequent in each stratum as assumed.

    share, se: of the land. no_hit (H,): probability that a stratum's points hold no hit at all. part (H,): how much of
    the class lies in each stratum. A plan is as good as `expected`; a simulation shows what happens where it is wrong.
    """

    n: Counts
    expected: Array
    share: float
    se: float
    no_hit: Array
    part: Array

    @property
    def relative(self) -> float:
        """Half of a 95 % Wald interval over the estimate."""
        return HALF * self.se / self.share


def plan(weight: Array, expected: Array, n: Counts) -> Plan:
    """What to expect of n points: V = sum W^2 p (1 - p) / (n - 1), with the share p that is expected."""
    _check(weight, expected)
    share = float(weight @ expected)
    if share <= 0:
        raise BadDesign(
            "The class is expected nowhere. State above zero where it may be: nothing is certain to hold none."
        )
    variance = float((weight**2 * expected * (1 - expected) / np.maximum(n - 1, 1)).sum())
    return Plan(n, expected, share, variance**0.5, (1 - expected) ** n, weight * expected / share)


def allocate(
    weight: Array,
    expected: Array,
    total: int,
    rule: Rule,
    minimum: int,
    power: float = 0.5,
    units: Array | None = None,
) -> Counts:
    """(H,) points that sum to total.

    neyman: in proportion to W S with S = sqrt(p (1 - p)), least variance for the total (Neyman 1934, JRSS 97; Cochran
    1977, equation 5.26). power: to (W S)^power (Bankier 1988, The American Statistician 42, 174-177), between that and
    equal. proportional: to W. Strata that would fall below the minimum get it; the others share the rest. A stratum
    never gets more points than it has pixels.
    """
    _check(weight, expected)
    if rule not in RULES:
        raise BadRequest(f"No rule {rule!r} of allocation. There are: {', '.join(RULES)}.")
    if minimum < 2 or minimum * len(weight) > total:
        raise BadDesign(
            f"{total} points cannot give each of {len(weight)} strata at least {minimum} (and never fewer than 2): that "
            f"needs {max(minimum, 2) * len(weight)}."
        )
    spread = weight * np.sqrt(expected * (1 - expected))
    size = {"neyman": spread, "power": spread**power, "proportional": weight, "equal": np.ones(len(weight))}[
        rule
    ]
    if not size.any():
        raise BadDesign(
            "No stratum is expected to vary: with every share 0 or 1 there is nothing to allocate by."
        )
    most = np.full(len(weight), np.inf) if units is None else units
    if most.sum() < total:
        raise BadDesign(f"{total} points, and the map has only {int(most.sum())} pixels.")
    return _rounded(_within(size, total, np.minimum(float(minimum), most), most), total)


def needed(
    weight: Array,
    expected: Array,
    relative: float,
    rule: Rule,
    minimum: int,
    power: float = 0.5,
    units: Array | None = None,
) -> Counts:
    """The fewest points whose expected 95 % Wald interval has half-width `relative` (0.1 is 10 %) of the estimate."""
    if not 0 < relative < 1:
        raise BadRequest(
            f"A precision of {relative:g}: state the half-width over the estimate, as 0.1 for 10 %."
        )

    def wide(total: int) -> bool:
        return (
            plan(weight, expected, allocate(weight, expected, total, rule, minimum, power, units)).relative
            > relative
        )

    low = high = max(minimum, 2) * len(weight)
    while wide(high):
        low, high = high, high * 2
        if high > MOST:
            raise BadDesign(
                f"A half-width of {relative:.0%} needs more than {MOST:,} points. Ask for less, or for better strata."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    return allocate(weight, expected, high, rule, minimum, power, units)


def for_overall(weight: Array, user: Array, se: float) -> float:
    """Points for a standard error of overall accuracy: n = (sum W_i S_i / S(O))^2, S_i = sqrt(U_i (1 - U_i)).

    Olofsson et al. (2014), Remote Sensing of Environment 148, equation 13 (Cochran 1977, equation 5.25), without the
    finite population correction. Overall accuracy says little about a rare class: `needed` plans for its area.
    """
    _check(weight, user)
    return float((weight @ np.sqrt(user * (1 - user)) / se) ** 2)


def _within(size: Array, total: int, least: Array, most: Array) -> Array:
    """Shares of the total in proportion to size, between least and most: the multiplier that makes them sum."""

    def given(scale: float) -> Array:
        return np.asarray(np.clip(size * scale, least, most))

    low, high = 0.0, 1.0
    while given(high).sum() < total:
        high *= 2
        if high > 1e30:  # what varies is full: the rest goes where there is room
            return given(high) + _room(total - given(high).sum(), most - given(high))
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if given(middle).sum() < total else (low, middle)
    return given(high)


def _room(rest: float, room: Array) -> Array:
    open_ = np.where(np.isinf(room), 1.0, np.maximum(room, 0.0))
    return np.asarray(rest * open_ / open_.sum())


def _rounded(wanted: Array, total: int) -> Counts:
    """Whole numbers by largest remainder."""
    down = np.floor(wanted + 1e-9).astype(np.int64)
    for h in np.argsort(-(wanted - down), kind="stable")[: total - int(down.sum())]:
        down[h] += 1
    return down


def _check(weight: Array, expected: Array) -> None:
    if len(weight) != len(expected) or not ((expected >= 0) & (expected <= 1)).all():
        raise BadDesign("Each stratum needs an expected share of the class between 0 and 1.")
