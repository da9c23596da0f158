"""Places that play the exposed: the p-value of an estimator, and how often that test errs where nothing happened.

Two kinds. *By places*: every place is fitted as if exposed, a set of places has the mean of their statistics
(synthetic control and its kin). *By sets*: other places play all of the exposed at once, and the effect on them is
estimated anew (synthetic difference-in-differences and completed matrices of several exposed places).

The size comes from the same test on panels without any effect, exposed places chosen by level as the real ones were.
Where an estimator is slow, fewer places or sets play in each of these panels, or fewer panels are drawn: the check
says how many.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation.asked import Asked, Mask
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.permutation import (
    CalibratedSize,
    calibrated_size,
    over_own_spread,
    placebo_test,
    size_of,
)
from vereda.evaluation.results import Check

Gaps = Callable[[Array, Codes], Array]  # outcome (n, T), rows wanted -> gaps (n, T), nan elsewhere
Played = Callable[
    [Asked, int], tuple[float, Array]
]  # question, draws -> effect, effects of sets that play (draws,)
Told = tuple[
    float | None, float | None, tuple[Check, ...]
]  # p-value, its size, and what is to be told of both
SETS = 10_000  # sets of several places that are compared when all are asked for and there are more
SIZE_SETS = 1_000  # in each simulated panel, at most
USUAL = 200  # simulated panels unless others are asked for: who plays does not hang on how many are drawn
PLAYERS = 39  # in each simulated panel at least, where so many are there: an exact test of 39 rejects 5 %
LEAST_PLAYERS = 19  # the fewest with which a test can reject at 5 %, where 39 would take too long
FEWEST = 25  # simulated panels; with fewer, no size is given


def by_places(
    asked: Asked, rows: Codes, donors: Mask, pre: Mask, gaps: Gaps, budget: int, statistic: str
) -> Told:
    """Rank of the exposed rows among all places, or as many as asked for; None for all without a wish for placebos.

    budget: fits of a place that may go into the size.
    """
    wish = asked.options["placebos"]
    if wish is None:
        return None, None, ()
    group, name = asked.panel.stratum, "mean" if statistic == "own_spread" else statistic
    others = np.flatnonzero(~asked.exposed & ~np.isnan(asked.y).any(axis=1) & np.isin(group, group[rows]))
    sets, whole = SETS, True
    if wish != "all" and len(rows) > 1:
        sets, whole = int(wish), False
    elif wish != "all" and wish < len(others):
        whole = False
        others = np.sort(np.random.default_rng(asked.seed).choice(others, int(wish), replace=False))
    wanted = np.sort(np.concatenate([rows, others]))
    test = placebo_test(
        _scaled(gaps, pre, statistic)(asked.y, wanted), pre, rows, group, name, sets=sets, seed=asked.seed
    )
    words = (
        f"rank {test.rank} of {test.compared + 1} by {statistic.replace('_', ' ')}, "
        f"{'all' if test.exhaustive and whole else 'drawn'} sets of {len(rows)}; no p below {test.smallest_p:.4f}"
    )
    numbers = {"rank": float(test.rank), "compared": float(test.compared), "statistic": test.observed}
    told = (Check("placebo_rank", "informational", words, numbers),)
    size, more = _size_by_places(asked, rows, donors, others, pre, gaps, statistic, sets, budget)
    return test.p, size, told + more


def _scaled(gaps: Gaps, pre: Mask, statistic: str) -> Gaps:
    if statistic != "own_spread":
        return gaps
    return lambda y, wanted: over_own_spread(gaps(y, wanted), y, pre)


def _size_by_places(
    asked: Asked, rows: Codes, donors: Mask, others: Codes, pre: Mask, gaps: Gaps, statistic: str, sets: int, budget: int,
) -> tuple[float | None, tuple[Check, ...]]:  # fmt: skip
    """Every donor is drawn anew, also those that do not play."""
    draws = int(asked.options["size_draws"])
    if not draws:
        return None, ()
    players = min(len(others), _players(budget // USUAL - len(rows), len(others)))
    draws = min(draws, budget // (players + len(rows)))
    if draws < FEWEST:
        return None, (_unknown(f"{players + len(rows)} places would have to be fitted again in each of {FEWEST} panels or more"),)  # fmt: skip
    if players < len(others):
        others = _some(asked, rows, others, players)
    wanted = np.sort(np.concatenate([rows, others]))
    whole = ~np.isnan(asked.y).any(axis=1)
    drawn_anew = np.union1d(wanted, np.flatnonzero(donors & whole))
    again = _scaled(gaps, pre, statistic)

    def fit(drawn: Array) -> Array:
        values = np.full(asked.y.shape, np.nan)
        values[drawn_anew] = drawn
        found: Array = again(values, wanted)[drawn_anew]
        return found

    never, inside = ~asked.exposed[drawn_anew], np.searchsorted(drawn_anew, rows)
    name = "mean" if statistic == "own_spread" else statistic
    return _told(
        lambda: calibrated_size(
            fit, asked.y[drawn_anew], pre, never, inside, asked.panel.stratum[drawn_anew], draws=draws, seed=asked.seed,
            statistic=name, sets=min(sets, SIZE_SETS),
        ),
        f"{len(others)} other places playing in each",
        len(others),
    )  # fmt: skip


def _players(affordable: int, most: int) -> int:
    """How many play in each simulated panel: all, or else a number with which an exact test rejects 5 %."""
    return most if affordable >= most else PLAYERS if affordable >= PLAYERS else LEAST_PLAYERS


def _some(asked: Asked, rows: Codes, others: Codes, players: int) -> Codes:
    """Some of the other places, drawn from each stratum in proportion, never fewer than twice the exposed ones there."""
    rng, group = np.random.default_rng(asked.seed), asked.panel.stratum
    chosen = []
    for g in np.unique(group[rows]):
        pool = others[group[others] == g]
        least = 2 * int((group[rows] == g).sum())
        count = min(len(pool), max(least, round(players * len(pool) / len(others))))
        chosen.append(rng.choice(pool, count, replace=False))
    return np.sort(np.concatenate(chosen))


def by_sets(
    asked: Asked, played: Played, draws: int, budget: int
) -> tuple[float, float | None, tuple[Check, ...]]:
    """Rank of the effect among those of drawn sets of places, by its size; two-sided.

    budget: fits of a set that may go into the size; the sets' own tuning stays as `played` holds it.
    """
    att, effects = played(asked, draws)
    p = _p(att, effects)
    rank = round(p * (1 + len(effects)))
    words = f"rank {rank} of {len(effects) + 1} by the size of the effect, drawn sets; no p below {1 / (1 + len(effects)):.4f}"
    numbers = {"rank": float(rank), "compared": float(len(effects)), "statistic": att}
    size, more = _size_by_sets(asked, played, draws, budget)
    return p, size, (Check("placebo_rank", "informational", words, numbers), *more)


def _p(att: float, effects: Array) -> float:
    return (1 + int((np.abs(effects) >= abs(att)).sum())) / (1 + len(effects))


def _size_by_sets(
    asked: Asked, played: Played, sets: int, budget: int
) -> tuple[float | None, tuple[Check, ...]]:
    draws = int(asked.options["size_draws"])
    if not draws:
        return None, ()
    sets = min(sets, _players(min(PLAYERS, budget // USUAL - 1), PLAYERS))
    draws = min(draws, budget // (1 + sets))
    if draws < FEWEST:
        return None, (
            _unknown(f"{1 + sets} sets would have to be fitted again in each of {FEWEST} panels or more"),
        )
    part = asked.exposed if asked.donors is None else asked.exposed | asked.donors
    part = (np.ones_like(asked.exposed) if asked.donors is None else part) & ~np.isnan(asked.y).any(axis=1)
    small = replace(
        asked, panel=asked.panel.only(part), donors=None if asked.donors is None else asked.donors[part]
    )
    rows = np.flatnonzero(small.exposed)
    pre = small.panel.years < small.panel.first[rows].min(initial=np.inf)

    def test(drawn: Array) -> tuple[float, int]:
        att, effects = played(replace(small, panel=replace(small.panel, y=drawn[:, :, None])), sets)
        return _p(att, effects), len(effects)

    return _told(
        lambda: size_of(
            test, small.y, pre, ~small.exposed, rows, small.panel.stratum, draws=draws, seed=asked.seed
        ),
        f"{sets} other sets playing in each",
        sets,
    )


def _told(
    work: Callable[[], CalibratedSize], who: str, players: int
) -> tuple[float | None, tuple[Check, ...]]:
    try:
        found = work()
    except (BadDesign, NotCertified) as fault:
        return None, (_unknown(str(fault)),)
    draws = len(found.p)
    words = (
        f"a nominal 5 % test rejects {found.rate:.1%} of {draws} simulated panels without any effect, {who} "
        f"(95 % interval {found.low:.1%} to {found.high:.1%}); an exact one {found.attainable:.1%}"
    )
    values: dict[str, Any] = {
        "rate": found.rate,
        "low": found.low,
        "high": found.high,
        "attainable": found.attainable,
    }
    values |= {"draws": float(draws), "players": float(players)}
    return found.rate, (Check("calibrated_size", "informational", words, values),)


def _unknown(why: str) -> Check:
    return Check("calibrated_size", "informational", f"not calibrated: {why}")
