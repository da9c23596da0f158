"""Placebo inference: how extreme is an exposed place among places that might have been exposed instead?

Abadie, Diamond & Hainmueller (2010), Journal of the American Statistical Association 105(490), 493-505: fit every
place as if it were the exposed one and rank a statistic of its gap. The p-value is exact when exposure was as good as
drawn by lot within strata. Where places were chosen for their outcome it is not: they return to their mean, and a
nominal 5 % test rejects 16-50 % of true nulls (Illenberger, Small & Shaw 2020, Epidemiology 31(6), 815-822). So
`calibrated_size` plays the same test on panels without any effect, exposed places chosen as they were in reality.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vereda.errors import BadDesign
from vereda.evaluation.null_model import NullModel, null_model
from vereda.evaluation.panel import Array, Codes

Mask = NDArray[np.bool_]
Fit = Callable[[Array], Array]
Test = Callable[[Array], tuple[float, int] | None]
STATISTICS = ("rmspe_ratio", "studentised", "mean")
SIDES = ("two", "greater", "less")
EXACT_FIT = 1e-9  # a gap this small beside the usual gap after exposure is a perfect fit, not a small error
TIE = 1e-12  # statistics this close, relatively, are ties, and a tie counts against the effect


@dataclass(frozen=True, slots=True)
class PlaceboTest:
    """Where the exposed places stand among all sets of places of the same size in the same strata.

    statistic (P,): of every place, nan where left out. observed: mean over the exposed places. reference (compared,):
    means over the sets compared with. rank: 1 is the most extreme, ties counted before it. p = rank / (1 + compared).
    exhaustive: all sets were compared, otherwise that many seeded draws. left_out: place and reason.
    """

    name: str
    sides: str
    exposed: Codes
    statistic: Array
    observed: float
    reference: Array
    rank: int
    p: float
    exhaustive: bool
    left_out: tuple[tuple[int, str], ...]

    @property
    def compared(self) -> int:
        """Number of sets compared with, without the exposed one itself."""
        return int(self.reference.size)

    @property
    def smallest_p(self) -> float:
        """The p-value of the most extreme rank: no effect, however large, gives less."""
        return 1 / (1 + self.compared)


def placebo_test(
    gap: Array,
    pre: ArrayLike,
    exposed: ArrayLike,
    stratum: ArrayLike | None = None,
    statistic: str = "rmspe_ratio",
    sides: str = "two",
    fit_limit: float | None = None,
    sets: int = 10_000,
    seed: int = 0,
) -> PlaceboTest:
    """Rank the gap of the exposed places among those of all places, within strata.

    gap (P, T): outcome minus counterfactual, for every place fitted as if exposed; a row with nan was not fitted and
    is left out. pre (T,): true before exposure. exposed: their rows. stratum (P,): places are exchanged only inside
    one. statistic: `rmspe_ratio` (root mean squared gap after over before; one-sided, only gaps of that sign count
    after), `studentised` (change of the mean gap over its standard error from the years before) or `mean` (gap after).
    sides: `two`, `greater`, `less`. fit_limit: leave out places whose RMSPE before exceeds that many times the largest
    of the exposed. Sets of several places are all compared when at most `sets`, otherwise drawn with `seed`.

    A place fitted exactly before but not after counts as more extreme than any; fitted exactly throughout, it is left
    out. Raises BadDesign for an exposed place that cannot be ranked, or when nothing is left to compare with.
    """
    gap, before, rows, group = _checked(gap, pre, exposed, stratum, statistic, sides)
    values, reasons = _statistics(gap, before, statistic, sides)
    if fit_limit is not None:
        _limit(values, reasons, gap, before, rows, fit_limit)
    return _ranked(values, reasons, rows, group, statistic, sides, sets, seed)


def rank_of(
    statistic: Array,
    exposed: Codes,
    stratum: ArrayLike | None = None,
    name: str = "mean",
    sides: str = "two",
    sets: int = 10_000,
    seed: int = 0,
) -> PlaceboTest:
    """`placebo_test` from the statistic of every place (P,), where that is known already; nan: takes no part."""
    values = np.asarray(statistic, dtype=float)
    group = np.zeros(len(values), dtype=np.int64) if stratum is None else np.asarray(stratum)
    codes = np.unique(group, return_inverse=True)[1].astype(np.int64)
    return _ranked(values, {}, np.asarray(exposed, dtype=np.int64), codes, name, sides, sets, seed)


def _checked(
    gap: Array, pre: ArrayLike, exposed: ArrayLike, stratum: ArrayLike | None, statistic: str, sides: str
) -> tuple[Array, Mask, Codes, Codes]:
    gap, before = np.asarray(gap, dtype=float), np.asarray(pre)
    rows = np.atleast_1d(np.asarray(exposed))
    group = np.zeros(len(gap), dtype=np.int64) if stratum is None else np.asarray(stratum)
    faults = []
    if gap.ndim != 2 or before.dtype != bool or before.shape != gap.shape[1:]:
        faults.append(f"gap {gap.shape} must be places x years and pre {before.shape} one truth value a year")
    elif before.all() or not before.any():
        faults.append("pre: at least one year before and one after exposure")
    elif statistic == "studentised" and before.sum() < 2:
        faults.append("studentised: two years before exposure are needed; use statistic='mean'")
    if not rows.size or rows.dtype.kind not in "iu" or len(np.unique(rows)) < rows.size:
        faults.append("exposed: row numbers, at least one, none twice")
    elif rows.min() < 0 or rows.max() >= len(gap):
        faults.append(f"exposed: rows between 0 and {len(gap) - 1}")
    if group.shape != gap.shape[:1]:
        faults.append(f"stratum: one label for each of the {len(gap)} places")
    if statistic not in STATISTICS or sides not in SIDES:
        faults.append(f"statistic is one of {STATISTICS}, sides one of {SIDES}")
    if faults:
        raise BadDesign("The placebo test cannot be made:\n  " + "\n  ".join(faults))
    codes = np.unique(group, return_inverse=True)[1].astype(np.int64)
    return gap, before.astype(bool), rows.astype(np.int64), codes


def _statistics(gap: Array, pre: Mask, statistic: str, sides: str) -> tuple[Array, dict[int, str]]:
    """The statistic of every place; nan and a reason where there is none."""
    finite = np.isfinite(gap).all(axis=1)
    reasons = {int(i): "not fitted: its gap has no value in some year" for i in np.flatnonzero(~finite)}
    before, after = gap[:, pre], gap[:, ~pre]
    if statistic == "mean":
        return np.where(finite, after.mean(axis=1), np.nan), reasons
    signed = {"two": after, "greater": np.maximum(after, 0), "less": np.maximum(-after, 0)}[sides]
    if statistic == "rmspe_ratio":
        top, bottom = _rms(signed), _rms(before)
    else:
        top = after.mean(axis=1) - before.mean(axis=1)
        bottom = before.std(axis=1, ddof=1) * np.sqrt(1 / before.shape[1] + 1 / after.shape[1])
    size = _rms(after)
    usual = EXACT_FIT * (np.median(size[finite]) if finite.any() else 0.0)
    exact = bottom <= usual
    same = finite & exact & (np.abs(top) <= usual)
    reasons |= {int(i): "fitted exactly before and after: nothing to rank" for i in np.flatnonzero(same)}
    values = np.divide(top, bottom, out=np.copysign(np.inf, top), where=~exact)
    return np.where(finite & ~same, values, np.nan), reasons


def over_own_spread(gap: Array, y: Array, pre: Mask) -> Array:
    """Gaps (P, T) over the standard deviation of each place's changes in y before exposure; nan where it never changed.

    With statistic `mean`: for places fitted exactly before exposure, whose ratio to that fit has no meaning.
    """
    spread = np.diff(y[:, pre], axis=1).std(axis=1, ddof=1)
    return np.where(spread[:, None] > 0, gap / np.where(spread > 0, spread, 1.0)[:, None], np.nan)


def _rms(x: Array) -> Array:
    return np.asarray(np.sqrt(np.mean(x**2, axis=1)))


def _limit(
    values: Array, reasons: dict[int, str], gap: Array, pre: Mask, exposed: Codes, limit: float
) -> None:
    """Places fitted much worse before exposure than the exposed ones are no placebos for them."""
    fit = _rms(gap[:, pre])
    worse = fit > limit * fit[exposed].max()
    worse[exposed] = False
    for i in np.flatnonzero(worse & np.isfinite(fit)):
        values[i] = np.nan
        reasons.setdefault(int(i), f"RMSPE before exposure above {limit:g} times that of the exposed")


def _ranked(
    values: Array,
    reasons: dict[int, str],
    exposed: Codes,
    group: Codes,
    statistic: str,
    sides: str,
    sets: int,
    seed: int,
) -> PlaceboTest:
    for i in exposed:
        if not np.isfinite(values[i]):
            why = reasons.get(int(i), "fitted exactly before exposure, so that the ratio has no meaning")
            raise BadDesign(
                f"Exposed place in row {i} cannot be ranked by {statistic}: {why}. "
                "Use statistic='mean', a longer pre-period, or fewer donors."
            )
    pools = [np.flatnonzero((group == g) & ~np.isnan(values)) for g in np.unique(group[exposed])]
    sizes = [int(np.isin(exposed, pool).sum()) for pool in pools]
    members, exhaustive = _sets(pools, sizes, exposed, sets, seed)
    if not len(members):
        raise BadDesign(
            "No other place is left in the stratum of the exposed ones: there is nothing to compare with. "
            "Merge strata, or relax fit_limit."
        )
    sign = -1.0 if sides == "less" and statistic != "rmspe_ratio" else 1.0
    observed = sign * values[exposed].mean()
    with np.errstate(invalid="ignore"):  # places beyond any size on both sides: no mean, counted as extreme
        reference = sign * values[members].mean(axis=1)
    if sides == "two":
        observed, reference = abs(observed), np.abs(reference)
    extreme = int((~(reference < observed - TIE * abs(observed))).sum())
    p = (1 + extreme) / (1 + len(members))
    return PlaceboTest(
        statistic,
        sides,
        exposed,
        values,
        float(values[exposed].mean()),
        reference,
        1 + extreme,
        p,
        exhaustive,
        tuple(sorted(reasons.items())),
    )


def _sets(
    pools: Sequence[Codes], sizes: Sequence[int], exposed: Codes, most: int, seed: int
) -> tuple[Codes, bool]:
    """Sets that take as many places from each stratum as the exposed set does: all others, or `most` draws."""
    if len(exposed) == 1:
        return np.setdiff1d(pools[0], exposed)[:, None], True
    total = prod(comb(len(pool), k) for pool, k in zip(pools, sizes, strict=True))
    if total - 1 <= most:
        each = [combinations(pool.tolist(), k) for pool, k in zip(pools, sizes, strict=True)]
        own = set(exposed.tolist())
        chosen = [flat for parts in product(*each) if set(flat := sum(parts, ())) != own]
        return np.array(chosen, dtype=np.int64).reshape(-1, len(exposed)), True
    rng = np.random.default_rng(seed)
    drawn = [pool[_draw(rng, len(pool), k, most)] for pool, k in zip(pools, sizes, strict=True)]
    return np.hstack(drawn), False


def _draw(rng: np.random.Generator, n: int, k: int, times: int) -> Codes:
    """(times, k) samples without replacement: rows with a repetition are drawn again while those are few."""
    if k * k > n:
        return np.array([rng.choice(n, k, replace=False, shuffle=False) for _ in range(times)])
    rows = rng.integers(n, size=(times, k))
    while (again := (np.diff(np.sort(rows, axis=1), axis=1) == 0).any(axis=1)).any():
        rows[again] = rng.integers(n, size=(int(again.sum()), k))
    return rows


# The size of the test


@dataclass(frozen=True, slots=True)
class CalibratedSize:
    """How often the test rejects at `level` when nothing happened.

    rate, with its 95 % Clopper-Pearson interval low to high over the simulated panels. attainable: what an exact test
    of as many places would reject (at most level). p (draws,): simulated p-values. refused: further panels in which
    the exposed places could not be ranked, drawn again, as the observed ones could. factors, persistence: of the null.
    """

    level: float
    rate: float
    low: float
    high: float
    attainable: float
    p: Array
    refused: int
    selection: str
    factors: int
    persistence: float

    def adjusted(self, p: float) -> float:
        """The share of panels without effect whose p-value is as small as p."""
        return float((1 + (self.p <= p).sum()) / (1 + self.p.size))


def calibrated_size(
    fit: Fit,
    y: Array,
    pre: ArrayLike,
    donors: ArrayLike,
    exposed: ArrayLike,
    stratum: ArrayLike | None = None,
    level: float = 0.05,
    draws: int = 300,
    seed: int = 0,
    selection: str | Callable[[Array], Array] = "level",
    factors: int = 2,
    statistic: str = "rmspe_ratio",
    sides: str = "two",
    fit_limit: float | None = None,
    sets: int = 2_000,
) -> CalibratedSize:
    """Rejection rate of `placebo_test` on simulated panels in which no place was exposed to anything.

    fit: from a panel (n, T) to the gaps (n, T) of all its places; rows it does not fit may be nan. y (n, T): observed.
    donors (n,): true for never-exposed places, to which the null model is fitted; rows of other places are simulated
    with the parameters of a donor drawn at random. exposed: rows of the exposed. selection: how they came to be so,
    `level` (rank of the mean outcome before), `last` (rank in the last year before), `none` (by lot), or a function
    from a panel (n, T) to scores (n,) that may use years before exposure only: the simulated places that hold the
    ranks the exposed hold in y take their rows. Other arguments as in `placebo_test`.

    Raises BadDesign for gaps among donors, for fewer than eight donors, and as `placebo_test` does.
    """
    y, before, rows, group = _checked(y, pre, exposed, stratum, statistic, sides)

    def test(panel: Array) -> tuple[float, int] | None:
        gap = np.asarray(fit(panel), dtype=float)
        if gap.shape != y.shape:
            raise BadDesign(f"fit gave gaps of shape {gap.shape} for a panel of shape {y.shape}.")
        values, reasons = _statistics(gap, before, statistic, sides)
        if not np.isfinite(values[rows]).all():
            return None
        if fit_limit is not None:
            _limit(values, reasons, gap, before, rows, fit_limit)
        found = _ranked(values, reasons, rows, group, statistic, sides, sets, seed)
        return found.p, found.compared

    return size_of(test, y, before, donors, rows, group, level, draws, seed, selection, factors)


def size_of(
    test: Test,
    y: Array,
    pre: ArrayLike,
    donors: ArrayLike,
    exposed: ArrayLike,
    stratum: ArrayLike | None = None,
    level: float = 0.05,
    draws: int = 300,
    seed: int = 0,
    selection: str | Callable[[Array], Array] = "level",
    factors: int = 2,
) -> CalibratedSize:
    """How often any permutation test rejects where nothing happened; arguments as in `calibrated_size`.

    test: from a simulated panel (n, T) to its p-value and the number of sets compared with, or None where the exposed
    places could not be ranked. For tests whose sets are fitted together, which no gap of a single place can tell.
    """
    y, before, rows, group = _checked(y, pre, exposed, stratum, "mean", "two")
    if not 0 < level < 1 or draws < 1:
        raise BadDesign(f"level {level} must lie between 0 and 1, and draws {draws} be at least 1.")
    if np.shape(donors) != y.shape[:1] or np.asarray(donors, dtype=bool)[rows].any():
        raise BadDesign("donors: one truth value for each place, false for the exposed ones.")
    null = null_model(y[np.asarray(donors, dtype=bool)], factors, seed)
    p: list[float] = []
    attainable: list[float] = []
    refused = 0
    panels = _panels(null, y, before, np.asarray(donors, dtype=bool), rows, group, seed, selection)
    while len(p) < draws:
        found = test(next(panels))
        if found is None:
            refused += 1
            _some_ranked(refused, len(p), draws)
            continue
        p.append(found[0])
        attainable.append(np.floor(level * (1 + found[1]) + TIE) / (1 + found[1]))
    hits = int(np.sum(np.array(p) <= level))
    low, high = _clopper_pearson(hits, draws)
    name = selection if isinstance(selection, str) else "own score"
    used = null.basis.shape[0] - 1
    return CalibratedSize(
        level, hits / draws, low, high, float(np.mean(attainable)), np.array(p), refused, name, used, null.persistence,
    )  # fmt: skip


def _panels(
    null: NullModel,
    y: Array,
    pre: Mask,
    donors: Mask,
    rows: Codes,
    group: Codes,
    seed: int,
    selection: str | Callable[[Array], Array],
) -> Iterator[Array]:
    """Panels (n, T) without any effect, one after the other; whoever was chosen as the exposed were takes their rows."""
    rng, score = np.random.default_rng(seed), _scores(selection, pre)
    want = None if score is None else _places_in_order(_score_of(score, y, pre), group, rows)
    pool = np.flatnonzero(donors)
    own = np.zeros(len(y), dtype=np.int64)
    own[pool] = np.arange(len(pool))
    others = np.setdiff1d(np.arange(len(y)), pool)
    while True:
        own[others] = rng.integers(len(pool), size=len(others))
        panel = null.draw(own, rng)
        yield panel[_seats(panel, score, want, group, rows, rng)]


def _some_ranked(refused: int, ranked: int, draws: int) -> None:
    if refused > draws + ranked:
        raise BadDesign(
            f"In {refused} of {refused + ranked} panels without effect the exposed places are fitted exactly before "
            "exposure, where a ratio to that fit has no meaning: the size of this test cannot be found. "
            "Use statistic='mean', or fewer donors."
        )


def _clopper_pearson(hits: int, draws: int) -> tuple[float, float]:
    from scipy.special import betaincinv

    low = float(betaincinv(hits, draws - hits + 1, 0.025)) if hits else 0.0
    high = float(betaincinv(hits + 1, draws - hits, 0.975)) if hits < draws else 1.0
    return low, high


def _scores(selection: str | Callable[[Array], Array], pre: Mask) -> Callable[[Array], Array] | None:
    if callable(selection):
        return selection
    last = int(np.flatnonzero(pre)[-1])
    named: dict[str, Callable[[Array], Array] | None] = {
        "level": lambda panel: panel[:, pre].mean(axis=1),
        "last": lambda panel: panel[:, last],
        "none": None,
    }
    if selection not in named:
        raise BadDesign(f"selection {selection!r}: one of {', '.join(named)}, or a function of the panel.")
    return named[selection]


def _score_of(score: Callable[[Array], Array], y: Array, pre: Mask) -> Array:
    values = np.asarray(score(np.where(pre, y, 0.0)), dtype=float)
    if values.shape != y.shape[:1] or not np.isfinite(values).all():
        raise BadDesign(
            "Places cannot be ranked as they were chosen: the score of the observed panel is not one finite number "
            "a place. Fill or leave out places with gaps before exposure, or use selection='none'."
        )
    return values


def _places_in_order(score: Array, group: Codes, rows: Codes) -> Codes:
    """(k,) rank of each exposed place among its stratum, 0 the lowest."""
    order = np.lexsort((score, group))
    rank = np.empty(len(score), dtype=np.int64)
    rank[order] = np.arange(len(score))
    return rank[rows]


def _seats(
    panel: Array,
    score: Callable[[Array], Array] | None,
    want: Codes | None,
    group: Codes,
    rows: Codes,
    rng: np.random.Generator,
) -> Codes:
    """An order of the simulated rows in which the chosen ones sit where `fit` expects the exposed places."""
    value = rng.random(len(panel)) if score is None else np.asarray(score(panel), dtype=float)
    if want is None:
        want = _places_in_order(
            np.arange(len(panel), dtype=float), group, rows
        )  # any ranks: the value is a lot
    chosen = np.lexsort((value, group))[want]
    seats = np.arange(len(panel))
    seats[np.setdiff1d(chosen, rows)] = np.setdiff1d(rows, chosen)
    seats[rows] = chosen
    return seats
