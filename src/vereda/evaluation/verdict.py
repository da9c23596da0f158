"""The grade of a finding, by stated rules.

Each rule is a check of the main specification: passed, failed, or informational where it does not apply. A failed
check of the first list means that the comparison itself does not hold: *not identified*. A failed check of the
second list means that the number depends on choices nobody can defend against others: *fragile*. With neither, the
finding is *credible*, also when it says that no effect can be told from chance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vereda.evaluation.panel import Array
from vereda.evaluation.results import Check

IDENTIFYING = ("controls", "fit", "overlap", "pre_trend", "years")
SUPPORTING = (
    "pre_trend_power", "breakdown", "calibrated_size", "leave_one_out", "unique_weights", "specification_spread",
    "multiplicity", "selection",
)  # fmt: skip

OF_EFFECTS = (
    "breakdown", "pre_trend_power", "leave_one_out", "unique_weights", "specification_spread", "multiplicity",
)  # fmt: skip

FEWEST_CONTROLS = 10
WORST_FIT = 0.25  # root mean squared gap before exposure, in parts of the exposed places' own level
ALONE = 0.1  # share of exposed places without controls like them
PRE_TREND = 0.05  # p of the joint test that there is no effect before exposure
BREAKDOWN = 1.0  # violations after exposure as large as the largest before it (Rambachan & Roth 2023)
TOO_EASY = 0.10  # a nominal 5 % test that rejects true nulls more often than this
APART = 0.25  # standardised difference before exposure (Imbens & Rubin 2015, section 14.2)
SAME_SIGN = 0.9  # share of specifications that agree with the sign of the main one
LEVEL = 0.05
Z = 1.959963984540054


def controls(count: int) -> Check:
    """Enough places to compare with."""
    return _check("controls", count >= FEWEST_CONTROLS, "{count} places to compare with", count=count)


def years(before: int) -> Check:
    """At least three periods before exposure: with two, no trend before it can be examined."""
    return _check("years", before >= 3, "{before} periods before exposure", before=before)


def fit(rmspe: float, level: float) -> Check:
    """The synthetic counterpart follows the exposed places before exposure."""
    share = rmspe / level if level > 0 else float("inf")
    return _check("fit", share <= WORST_FIT, "the gap before exposure is {share} of the level", share=share)


def overlap(alone: float) -> Check:
    """Places like the exposed exist among the others; alone: share of them that were almost bound to be exposed.

    Almost: a fitted probability above 0.9, the rule of thumb of Crump, Hotz, Imbens & Mitnik (2009), Biometrika 96(1).
    """
    return _check(
        "overlap", alone <= ALONE, "{alone} of the exposed have hardly a place like them", alone=alone
    )


def pre_trend(p: float) -> Check:
    """No effect before exposure, tested jointly."""
    return _check("pre_trend", p >= PRE_TREND, "joint test of effects before exposure: p = {p}", p=p)


def pre_trend_power(hidden: float, effect: float) -> Check:
    """A straight trend that the pre-trend test would miss half of the time, carried on, is smaller than the effect.

    hidden: mean difference after exposure under that trend (Roth 2022, AER: Insights 4(3), 305-322).
    """
    return _check(
        "pre_trend_power", abs(hidden) < abs(effect),
        "a trend missed half of the time would give {hidden}", hidden=hidden,
    )  # fmt: skip


def breakdown(value: float) -> Check:
    """How large violations after exposure may be, in parts of the largest before it, until zero is inside."""
    return _check(
        "breakdown", value >= BREAKDOWN, "zero is inside from {value} times the largest before", value=value
    )


def calibrated_size(size: float) -> Check:
    """The permutation test rejects true nulls about as often as it says."""
    return _check("calibrated_size", size <= TOO_EASY, "rejects {size} of true nulls at 5 %", size=size)


def selection(exposed: Array, others: Array) -> Check:
    """How far the exposed stood from the others before exposure, in standard deviations.

    exposed (k,), others (n,): mean outcome of each place before exposure. lot: what exposed places drawn by lot from all
    of them would stay below 95 times in 100; a distance between the limit and that says nothing of how they were chosen.
    """
    if len(exposed) < 2 or len(others) < 2:
        return Check("selection", "informational", "too few places to compare", {})
    spread = np.sqrt((exposed.var(ddof=1) + others.var(ddof=1)) / 2)
    if spread == 0:
        return _check("selection", bool(exposed.mean() == others.mean()), "no spread", apart=np.inf, lot=0.0)
    apart = abs(float(exposed.mean() - others.mean())) / spread
    every = np.concatenate([exposed, others])
    lot = Z * float(every.std(ddof=1) * np.sqrt(1 / len(exposed) + 1 / len(others)) / spread)
    found = _check(
        "selection", apart <= max(APART, lot), "{apart} standard deviations apart", apart=apart, lot=lot
    )
    return replace(found, state="informational") if APART < apart <= lot else found


def leave_one_out(effect: float, without: Sequence[float]) -> Check:
    """No single donor carries the effect: without any one, it keeps its sign and more than half its size.

    Of an effect that cannot be told from chance it says nothing (`only_of_effects`).
    """
    worst = min((v * np.sign(effect) for v in without), default=abs(effect))
    return _check(
        "leave_one_out", worst > abs(effect) / 2, "without one donor it falls to {worst}",
        worst=float(worst * np.sign(effect)),
    )  # fmt: skip


def unique_weights(effect: float, low: float, high: float) -> Check:
    """All weights that fit the years before equally well give an effect of the same sign, not less than half as large.

    low, high: the ends of the effect over these weights.
    """
    worst = min(low * np.sign(effect), high * np.sign(effect))
    return _check(
        "unique_weights",
        worst > abs(effect) / 2,
        "equally good weights give {low} to {high}",
        low=low,
        high=high,
    )


def specification_spread(effect: float, same: Sequence[float], other: Sequence[float] = ()) -> Check:
    """Other reasonable specifications agree: the same sign, and in the same unit not less than a third as large.

    same: effects in the unit of the main one; other: in another, by sign alone. Copies of the main effect do not count:
    a choice that changes nothing is no other specification.
    """
    told = [v * np.sign(effect) > abs(effect) / 3 for v in same if v != effect]
    told += [v * np.sign(effect) > 0 for v in other]
    if not told:
        return Check("specification_spread", "informational", "no other specification", {})
    share = float(np.mean(told))
    return _check("specification_spread", share >= SAME_SIGN, "{share} agree", share=share)


def multiplicity(p: float, joint: float) -> Check:
    """Still below 5 % when every outcome of the plan is counted."""
    return _check(
        "multiplicity", joint < LEVEL, "{p} alone, {joint} with all outcomes counted", p=p, joint=joint
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade and the checks that decided it."""

    grade: Literal["credible", "fragile", "not_identified"]
    because: tuple[str, ...]  # names of the failed checks behind the grade


def only_of_effects(checks: Iterable[Check], told_apart: bool) -> tuple[Check, ...]:
    """Where no effect can be told from chance, rules about its size and sign do not apply: informational."""
    return tuple(
        replace(c, state="informational") if not told_apart and c.name in OF_EFFECTS else c for c in checks
    )


def grade(checks: Iterable[Check]) -> Verdict:
    """not_identified before fragile before credible."""
    failed = [check.name for check in checks if check.state == "failed"]
    if fatal := tuple(name for name in failed if name in IDENTIFYING):
        return Verdict("not_identified", fatal)
    if weak := tuple(name for name in failed if name in SUPPORTING):
        return Verdict("fragile", weak)
    return Verdict("credible", ())


def _check(name: str, passed: bool, words: str, **values: float) -> Check:
    return Check(name, "passed" if passed else "failed", words, {k: float(v) for k, v in values.items()})
