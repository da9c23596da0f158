"""What an evaluation found: effects with their error, checks, a grade, and the sentence that may be quoted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vereda.terms.figure import Figure, Message
from vereda.terms.plan import Plan

Grade = Literal["credible", "fragile", "not_identified", "waiting_for_data"]


@dataclass(frozen=True, slots=True)
class EffectAnswer:
    """The effect by one estimator in one specification.

    effect: with its 95 % interval, where there is one. p rests on `p_kind` (asymptotic, permutation, conformal);
    size: how often that test rejects a true null at the nominal 5 %, by simulation of size_draws panels; p_joint:
    adjusted for every outcome of the plan. why_no_se: why no standard error is given.
    """

    id: str
    estimator: str
    varied: (
        str  # what differs from the main specification: "", "buffer=0", "transform=asinh", "start=2010", ...
    )
    effect: Figure
    se: float | None
    p: float | None
    p_kind: str
    size: float | None
    p_joint: float | None
    why_no_se: str
    specification: Mapping[str, Any]
    data: str  # sha256 of the panel
    seed: int
    gap: float | None  # duality gap of the fitted weights; None where nothing is fitted
    seconds: float
    size_draws: int = 0


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """A diagnostic of the main specification: passed, failed or informational."""

    name: str
    state: str
    detail: Message
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval at a year, or at a number of years since exposure (0: the first exposed year).

    label: the calendar year, also where an outcome is held for single years only and `at` leaps.
    """

    at: int
    value: float
    low: float | None = None
    high: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Together:
    """The placebo statistic of all exposed places together, among those of other sets of as many places.

    statistic: mean over the exposed. rank: 1 is the most extreme, of `sets` sets, their own among them. spread: the
    percentiles 0 to 100 of the other sets' statistic.
    """

    statistic: float
    rank: int
    sets: int
    spread: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OutcomeFinding:
    """What an intervention did to one outcome.

    effects: the main specification first, then every other: the specification curve. event: effects by year since
    exposure. observed and expected: the exposed places and what they are compared with, by year. placebos: the
    test statistic of every place, by code; together: that of the exposed as a set. weights: of donors, by code.
    displaced: direct, displaced and net effect; not_added: why there is no net effect.
    """

    outcome: str
    unit: str
    transform: str
    better: str
    grade: Grade
    why: tuple[Message, ...]
    sentence: Message
    effects: tuple[EffectAnswer, ...]
    event: tuple[Point, ...] = ()
    observed: tuple[Point, ...] = ()
    expected: tuple[Point, ...] = ()
    placebos: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    displaced: tuple[Figure, ...] = ()
    checks: tuple[CheckAnswer, ...] = ()
    together: Together | None = None
    not_added: Message | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One plan, run. waiting: the datasets that are missing; then nothing else is told.

    exposed, ring: codes of exposed places and of their neighbours; compared: how many places they are compared with.
    """

    plan: Plan
    grade: Grade
    waiting: tuple[str, ...] = ()
    outcomes: tuple[OutcomeFinding, ...] = ()
    exposed: tuple[str, ...] = ()
    ring: tuple[str, ...] = ()
    compared: int = 0
    since: int = 0
    seconds: float = 0.0
