"""What is read beside potential production: seizures, what is left, precursors, replanting, a pledge.

Every figure has an interval from the ends of its parts and a definition in words. Amounts of different purity are not
added: hydrochloride and base stay apart, base is converted by its purity and its yield. Nothing is clipped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vereda.errors import BadDesign
from vereda.measurement.ranged import Ranged, exactly, rest

Verdict = Literal["met on every reading", "missed on every reading", "depends on the reading"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Seizures over potential, 1. as_seized: without any correction, as it is usually quoted.

    ratio: S (1 - d) p / H. above: the upper end is more than one: the parts cannot all be right.
    """

    as_seized: float
    ratio: Ranged
    above: bool
    definition: str


@dataclass(frozen=True, slots=True)
class Available:
    """Cocaine left for the market, t pure. sign: "negative" or "reaches below zero" where it does; never clipped."""

    left: Ranged
    sign: Literal["positive", "reaches below zero", "negative"]
    definition: str


@dataclass(frozen=True, slots=True)
class Precursor:
    """A chemical needed for the potential, t/yr, against what lawfully entered and what was seized, t/yr.

    lawful_part: need over lawful supply, None where none is known. An upper bound: other chemicals can replace it.
    """

    need: Ranged
    lawful: Ranged | None
    seized: Ranged | None
    lawful_part: Ranged | None
    definition: str


@dataclass(frozen=True, slots=True)
class PledgeReading:
    """One baseline against one actual value, in their unit. change: actual over baseline less 1; missed_by: actual less
    target, below zero where it was met."""

    baseline_name: str
    baseline: float
    target: float
    actual_name: str
    actual: float
    change: float
    missed_by: float

    @property
    def met(self) -> bool:
        """Whether the actual value is at or below the target."""
        return self.missed_by <= 0


@dataclass(frozen=True, slots=True)
class Pledge:
    """A pledged cut under every baseline and every edition of what came."""

    readings: tuple[PledgeReading, ...]
    verdict: Verdict


def seizure_ratio(seized: Ranged, potential: Ranged, purity: Ranged, counted_twice: Ranged) -> Ratio:
    """Hydrochloride seized (t as seized) over potential (t pure) of one estimator.

    purity: pure over as seized (1). counted_twice: part of the seizures that two services report (1).
    """
    rest(purity)  # a share: refuses what is none
    ratio = seized * rest(counted_twice) * purity / potential
    return Ratio(
        seized.value / potential.value, ratio, ratio.high > 1, "S (1 - d) p / H: seized, less double counts, pure, over potential"
    )  # fmt: skip


def base_as_hydrochloride(base: Ranged, purity: Ranged, per_base: Ranged) -> Ranged:
    """Base (t as seized) as the pure hydrochloride (t) it would have given: times purity q and yield h (kg/kg)."""
    rest(purity)
    return base * purity * per_base


def base_ratio(
    base: Ranged, potential: Ranged, purity: Ranged, per_base: Ranged, counted_twice: Ranged
) -> Ratio:
    """Base seized (t), converted by q h, over potential (t pure). Shown beside the ratio of hydrochloride, not in it.

    as_seized is the unconverted ratio, of unlike things.
    """
    ratio = base_as_hydrochloride(base, purity, per_base) * rest(counted_twice) / potential
    return Ratio(
        base.value / potential.value, ratio, ratio.high > 1, "B q h (1 - d) / H: base as hydrochloride, over potential"
    )  # fmt: skip


def available(potential: Ranged, seized_at_home: Ranged, purity: Ranged, losses: Ranged) -> Available:
    """Potential (t pure) less what was seized within the country (t as seized, times purity) and losses (t pure)."""
    rest(purity)
    left = potential - seized_at_home * purity - losses
    sign: Literal["positive", "reaches below zero", "negative"] = (
        "positive" if left.low >= 0 else "negative" if left.value < 0 else "reaches below zero"
    )
    return Available(left, sign, "H - S p - losses: potential less domestic seizures, pure, less losses")


def precursor(potential: Ranged, per_kg: Ranged, lawful: Ranged | None, seized: Ranged | None) -> Precursor:
    """Need (t/yr) of a chemical: potential (t pure) times kg of it for a kg of cocaine."""
    need = potential * per_kg
    part = need / lawful if lawful is not None else None
    return Precursor(
        need, lawful, seized, part, "H k: an upper bound, because other chemicals can replace it"
    )


def net_eradication(eradicated: Ranged, replanted: Mapping[str, Ranged]) -> dict[str, Ranged]:
    """Hectares eradicated that stayed without coca, E (1 - r), under each published rate of replanting, side by side.

    The publishers of the rates have an interest in them; no rate is preferred, and they are not averaged.
    """
    if not replanted:
        raise BadDesign(
            "No rate of replanting is given. Without one, gross hectares are all that can be said."
        )
    return {name: eradicated * rest(rate) for name, rate in replanted.items()}


def target(baseline: float, cut: float) -> float:
    """What a pledge to cut by a share leaves of a baseline, in its unit."""
    if not 0 < cut < 1 or baseline <= 0:
        raise BadDesign("A pledge needs a cut between 0 and 1, and a baseline above zero.")
    return baseline * (1 - cut)


def pledge(
    baselines: Sequence[tuple[str, float]], cut: float, actuals: Sequence[tuple[str, float]]
) -> Pledge:
    """A pledge to cut by a share, read with every baseline and every actual value; names say whose and which edition."""
    if not 0 < cut < 1 or not baselines or not actuals or min(v for _, v in (*baselines, *actuals)) <= 0:
        raise BadDesign("A pledge needs a cut between 0 and 1, and baselines and actual values above zero.")
    readings = tuple(
        PledgeReading(b_name, b, b * (1 - cut), a_name, a, a / b - 1, a - b * (1 - cut))
        for b_name, b in baselines
        for a_name, a in actuals
    )
    met = {r.met for r in readings}
    verdict: Verdict = "depends on the reading" if len(met) > 1 else "met on every reading" if met == {True} else (
        "missed on every reading"
    )  # fmt: skip
    return Pledge(readings, verdict)


def without_correction() -> tuple[Ranged, Ranged]:
    """Purity one and no double counting: what "as seized" quietly assumes."""
    return exactly(1.0), exactly(0.0)
