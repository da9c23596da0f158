"""How much an estimate moves when places are left out, relabelled or drawn again.

For estimators without an influence function: synthetic difference-in-differences, matrix completion, interactive
fixed effects. Arkhangelsky et al. (2021), American Economic Review 111(12), 4088-4118, Algorithms 2 to 4.
An estimator comes in as a function of which places take part; nothing here knows what it computes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.inference import Z
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.small_sample import as_student, degrees, sides

Mask = NDArray[np.bool_]
DRAWS = 200  # as in R synthdid
ATTEMPTS = 100  # draws tried for each one kept, before a bootstrap is given up


@dataclass(frozen=True, slots=True)
class Spread:
    """Estimates of the same thing on altered panels, and the standard error they give.

    method: jackknife, placebo or bootstrap. draws (B,) in the unit of the outcome; se None where it is not defined,
    and why says what is missing. degrees: of freedom of se; with few exposed places it is made of few numbers.
    """

    method: str
    se: float | None
    draws: Array
    why: str = ""
    degrees: float = inf

    @property
    def half(self) -> float:
        """Half of the 95 % interval: Student's t."""
        assert self.se is not None
        return float(as_student(Z, np.array(self.degrees))) * self.se

    def p(self, value: float) -> float:
        """Two-sided p-value of no effect: Student's t."""
        from scipy.special import stdtr

        assert self.se is not None
        return float(2 * stdtr(self.degrees, -abs(value / self.se)))


def undefined(method: str, why: str) -> Spread:
    """No standard error, and the reason."""
    return Spread(method, None, np.empty(0), why)


def spread(method: str, draws: Array) -> Spread:
    """The standard deviation of placebo or bootstrap draws, divided by their number as in R synthdid."""
    if not np.isfinite(draws).all():
        raise BadDesign(
            f"{method}: {int((~np.isfinite(draws)).sum())} of {draws.size} draws have no estimate."
        )
    return Spread(method, float(draws.std()), draws)


def jackknife(
    estimate: Callable[[Mask], float], exposed: Mask, groups: Codes | None = None, needed: int = 1
) -> Spread:
    """Leave out one place, or one group of places, at a time.

    estimate: of a mask (n,) of the places that stay. exposed (n,). groups (n,): numbers from 0, without any every
    place is its own. se^2 = (G - 1) / G * sum of squared deviations from the mean of the G estimates (Algorithm 3;
    R synthdid's `jackknife_se`). degrees: Satterthwaite's, exposed places and donors apart (`small_sample`). Not defined when a left-out group takes every exposed place, or leaves fewer than
    `needed` donors, with it.
    """
    groups = np.arange(exposed.size, dtype=np.int64) if groups is None else groups
    stays = [groups != g for g in np.unique(groups)]
    if len(stays) < 2:
        return undefined("jackknife", "all places are in one group; leaving it out leaves nothing")
    if any(not exposed[stay].any() for stay in stays):
        what = "one place is" if exposed.sum() == 1 else "all exposed places are in one group that is"
        return undefined("jackknife", f"{what} exposed, and leaving it out leaves no effect to estimate")
    if any((~exposed[stay]).sum() < needed for stay in stays):
        return undefined("jackknife", f"leaving one out leaves fewer than {needed} donors")
    draws = np.array([estimate(stay) for stay in stays])
    if not np.isfinite(draws).all():
        raise BadDesign(
            f"jackknife: {int((~np.isfinite(draws)).sum())} of {draws.size} estimates do not exist."
        )
    squares = float(((draws - draws.mean()) ** 2).sum())
    side = np.array([exposed[~stay].any() for stay in stays], dtype=float)
    free = degrees((draws - draws.mean())[:, None], sides(side, np.arange(draws.size)))
    se = float(np.sqrt((draws.size - 1) / draws.size * squares))
    return Spread("jackknife", se, draws, degrees=float(free[0]) if se > 0 else inf)


def permuted(donors: int, draws: int, rng: np.random.Generator) -> Codes:
    """Orders of the donors (draws, donors): in each, the last ones play the exposed places."""
    return np.stack([rng.permutation(donors) for _ in range(draws)]).astype(np.int64)


def resampled(exposed: Mask, draws: int, rng: np.random.Generator, needed: int = 1) -> Codes:
    """Places drawn with replacement (draws, n), in order; a draw without exposed places or donors is drawn again."""
    kept: list[Codes] = []
    for _ in range(ATTEMPTS * draws):
        rows = np.sort(rng.integers(0, exposed.size, size=exposed.size))
        if 0 < exposed[rows].sum() <= exposed.size - needed:
            kept.append(rows)
        if len(kept) == draws:
            return np.stack(kept).astype(np.int64)
    raise BadDesign(
        f"The bootstrap found {len(kept)} of {draws} draws that hold both exposed places and donors. "
        "Use the placebo variance, or more places."
    )


def placebo(
    estimate: Callable[[Codes, Mask], float],
    exposed: Mask,
    rng: np.random.Generator,
    draws: int = DRAWS,
    needed: int = 1,
) -> Spread:
    """Give the exposure to donors picked at random, the exposed places set aside (Algorithm 4).

    estimate: of places by number (J,), and a mask (J,) of those that play the exposed; needed: donors it cannot do
    without. It rests on the noise of exposed places and donors being alike; with few donors the draws repeat.
    """
    donors, count = np.flatnonzero(~exposed), int(exposed.sum())
    if donors.size < count + needed:
        return too_few(donors.size, count, needed)
    plays = np.arange(donors.size) >= donors.size - count
    orders = permuted(donors.size, draws, rng)
    return spread("placebo", np.array([estimate(donors[order], plays) for order in orders]))


def too_few(donors: int, exposed: int, needed: int) -> Spread:
    """Why a placebo variance is not defined."""
    return undefined(
        "placebo", f"{donors} donors cannot play {exposed} exposed places and leave {needed} to compare with"
    )


def bootstrap(
    estimate: Callable[[Codes], float],
    exposed: Mask,
    rng: np.random.Generator,
    draws: int = DRAWS,
    needed: int = 1,
) -> Spread:
    """Draw places with replacement and estimate again (Algorithm 2); for many exposed places.

    estimate: of places by number (n,), some of them more than once.
    """
    if exposed.sum() < 2:
        return undefined("bootstrap", "one place is exposed; every draw would repeat it")
    return spread("bootstrap", np.array([estimate(rows) for rows in resampled(exposed, draws, rng, needed)]))
