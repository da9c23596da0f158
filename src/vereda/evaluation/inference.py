"""Standard errors, joint draws and corrections for many questions, from influence functions.

One set of signs per seed serves every outcome, intervention and aggregation of the same places, so everything
drawn from it is joint: uniform bands and family-wise error rates need no further draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.influence import clustered
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.results import Check, CohortEffects, Estimates
from vereda.evaluation.small_sample import (
    AllZero,
    Sides,
    all_zero,
    as_normal,
    as_student,
    degrees,
    sides,
    widened,
)  # fmt: skip
from vereda.evaluation.threads import one_blas_thread, side_by_side

Z = 1.959963984540054
FEW = 4  # fewer exposed (or control) places than this never get an asymptotic standard error
MOST_UNSEEN = 0.1  # of a number's variance that cohorts of one place may hold, which show none of it
WHY_FEW = (
    "It rests on fewer than four exposed places (or clusters) to a cohort, or much on cohorts of one, or on fewer than "
    "four controls; their own variation, which the standard error is made of, cannot be seen. Use permutation over "
    "places instead."
)
LEAST_FOR_SIGNS = 20  # degrees of freedom
MANY = 100_000  # clusters; beyond, draws come from the estimated normal limit
ROWS, COLUMNS = (
    250,
    8_192,
)  # of signs that are unpacked at once; fixed, so that results do not depend on the cores
EXACT = (
    2.0**40
)  # sums of up to MANY scaled influences stay below 2^13: with 40 bits behind the point they fit a double
WORTH_SHARING = 5e8  # products; a second core that is busy costs more than it gives below ten milliseconds
LIMITS = {"rademacher": (-1.0, 1.0), "mammen": ((1 - sqrt(5)) / 2, (1 + sqrt(5)) / 2)}
Draw = NDArray[np.float32]


def standard_error(estimates: Estimates, cluster: Codes) -> Array:
    """Analytic standard error (p, m): sqrt(sum over clusters of (summed influence)^2) / n, without a correction.

    nan where the influence is nan (`WHY_FEW`), and where it is zero but for rounding: a reference, not an estimate.
    """
    if len(np.unique(cluster)) < 2:
        raise BadDesign("All places are in one cluster: there is nothing to compute a standard error from.")
    sums = clustered(estimates.influence, cluster)
    se: Array = np.sqrt(np.einsum("cpm,cpm->pm", sums, sums)) / len(estimates.influence)
    se[se <= 1e-13 * np.abs(estimates.value)] = np.nan
    se[se == 0] = np.nan
    return se


@dataclass(frozen=True, slots=True)
class Errors:
    """se (p, m): the usual standard error; wider (p, m): by how much the right one is larger, with its degrees (p, m).

    Without `sides` nothing is widened and degrees are infinite: the limit of many.
    """

    se: Array
    wider: Array
    degrees: Array

    def t(self, value: Array) -> Array:
        """(p, m): the normal quantile as unlikely as value over its error under Student's t."""
        plain = value / (self.wider * self.se)
        return plain if np.isinf(self.degrees).all() else as_normal(plain, self.degrees)

    def half(self, critical: Array | float = Z) -> Array:
        """Half of the interval (p, m) that a critical value of the normal scale stands for; 95 % without one."""
        return np.asarray(as_student(critical, self.degrees) * self.wider * self.se)

    def p(self, value: Array) -> Array:
        """Two-sided p-value (p, m), one question at a time."""
        return normal_p(self.t(value))


def errors(estimates: Estimates, cluster: Codes, sides: Sides | None = None) -> Errors:
    """Standard errors and what is known of small samples; sides: `small_sample.sides` of the same clusters."""
    se = standard_error(estimates, cluster)
    if sides is None:
        return Errors(se, np.ones_like(se), np.full_like(se, np.inf))
    wide = Estimates(estimates.label, estimates.value, widened(estimates.influence, sides))
    return Errors(se, standard_error(wide, cluster) / se, degrees(estimates.influence, sides))


def few(effects: CohortEffects, cluster: Codes | None = None) -> NDArray[np.bool_]:
    """True (k,) for the cells that must not get an asymptotic standard error: fewer than four exposed places.

    With `cluster`, also where the exposed places lie in fewer than four clusters.
    """
    count = effects.places.copy()
    if cluster is not None:
        inside = {g: len(np.unique(cluster[effects.first == g])) for g in np.unique(effects.cohort)}
        count = np.minimum(count, [inside[g] for g in effects.cohort])
    return count < FEW


def why_no_se(estimates: Estimates) -> dict[str, str]:
    """The reason for every label that has no standard error because places are few."""
    gone = np.flatnonzero(np.isnan(estimates.influence).any(axis=(0, 2)))
    return {estimates.label[i]: WHY_FEW for i in gone}


def normal_p(t: Array) -> Array:
    """Two-sided p-value of t (any shape) under the normal limit, one question at a time."""
    from scipy.special import ndtr

    p: Array = 2 * ndtr(-np.abs(t))
    return p


@dataclass(frozen=True, slots=True)
class Signs:
    """Random multipliers with mean 0 and variance 1, draws x clusters, one bit each; None: the normal limit."""

    clusters: int
    draws: int
    seed: int
    kind: str
    bits: NDArray[np.uint8] | None

    def block(self, rows: slice, columns: slice) -> Array:
        """The bits of some draws and clusters as 0.0 and 1.0; columns start at a multiple of eight."""
        assert self.bits is not None
        packed = self.bits[rows, columns.start // 8 : -(-columns.stop // 8)]
        return np.unpackbits(packed, axis=1, count=columns.stop - columns.start).astype(float)


def signs(clusters: int, draws: int, seed: int, kind: str = "rademacher") -> Signs:
    """Multipliers for the bootstrap: "rademacher" (-1 or 1 evenly) or "mammen" (1993, third moment 1 as well).

    The same seed gives the same bits, and more draws begin with those of fewer. Above 100 000 clusters none are
    made: `bootstrap` then draws from the normal limit with the estimated covariance.
    """
    if kind not in LIMITS or clusters < 2 or draws < 1:
        raise BadDesign(
            f"{clusters} clusters, {draws} draws, {kind!r}: 2 or more, 1 or more, {' or '.join(LIMITS)}."
        )
    if clusters > MANY:
        return Signs(clusters, draws, seed, kind, None)
    generator = np.random.Generator(np.random.PCG64(seed))
    width = -(-clusters // 8)
    if kind == "rademacher":
        return Signs(clusters, draws, seed, kind, generator.integers(0, 256, (draws, width), dtype=np.uint8))
    high = (sqrt(5) - 1) / (2 * sqrt(5))  # probability of the larger value
    rows = [np.packbits(generator.random(clusters) < high) for _ in range(draws)]
    return Signs(clusters, draws, seed, kind, np.stack(rows))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Estimates with B joint draws of their studentised error.

    value (p, m). t (p, m): `Errors.t`. draws (B, p, m): what t looks like by chance, in float32 (its rounding is far
    below the noise of any number of draws). nan throughout where there is no standard error.
    """

    label: tuple[str, ...]
    value: Array
    errors: Errors
    t: Array
    draws: Draw

    @property
    def se(self) -> Array:
        """The usual standard error (p, m)."""
        return self.errors.se


def bootstrap(estimates: Estimates, cluster: Codes, signs: Signs, sides: Sides | None = None) -> Drawn:
    """Multiplier bootstrap of all p x m parameters at once: Callaway & Sant'Anna (2021), algorithm 1.

    draw = sum over clusters of sign x summed influence / n, over the analytic standard error, which is the standard
    deviation of the draw given the data. (R did divides by the interquartile range of the draws instead: the same in
    the limit.) With `sides`, what is known of small samples goes into t and the intervals, see `small_sample`; without,
    everything is as in the limit. Above 100 000 clusters, and with `sides` where some error has fewer than twenty degrees
    of freedom (a handful of signs takes a handful of values): normal draws with the correlation of the influence; such
    draws are joint within this call only, so put everything asked into one (`aggregate.together`).
    """
    known = errors(estimates, cluster, sides)
    se = known.se
    sums = clustered(estimates.influence, cluster).reshape(-1, se.size)
    if len(sums) != signs.clusters:
        raise BadDesign(f"The signs are for {signs.clusters} clusters, the estimates have {len(sums)}.")
    scale = 1 / (len(estimates.influence) * se.ravel())
    smooth = signs.bits is None or bool((known.degrees < LEAST_FOR_SIGNS).any())
    with one_blas_thread(), np.errstate(invalid="ignore"):
        draws = (_normal if smooth else _multiplied)(sums, scale, signs)
    t = known.t(estimates.value)
    return Drawn(estimates.label, estimates.value, known, t, draws.reshape(-1, *se.shape))


def _multiplied(sums: Array, scale: Array, signs: Signs) -> Draw:
    low, high = LIMITS[signs.kind]
    # Multiples of one small number add up without rounding, in any order, on any machine: draws are the same to the bit.
    scaled = np.rint(sums * ((high - low) * scale) * EXACT) / EXACT
    level = low * scale * sums.sum(axis=0)  # sign = low + (high - low) bit

    draws = np.empty((signs.draws, len(scale)), dtype=np.float32)

    def chunk(start: int) -> None:
        rows = slice(start, min(start + ROWS, signs.draws))
        total = np.zeros((rows.stop - rows.start, len(scale)))
        for left in range(0, signs.clusters, COLUMNS):
            columns = slice(left, min(left + COLUMNS, signs.clusters))
            total += signs.block(rows, columns) @ scaled[columns]
        draws[rows] = total + level

    workers = 1 if signs.draws * sums.size < WORTH_SHARING else None
    side_by_side(chunk, range(0, signs.draws, ROWS), workers)
    return draws


def _normal(sums: Array, scale: Array, signs: Signs) -> Draw:
    """Draws of N(0, correlation), by the eigenvectors: the correlation need not have full rank."""
    known = np.isfinite(scale)
    scaled = sums[:, known] * scale[known]
    roots, vectors = np.linalg.eigh(scaled.T @ scaled)
    generator = np.random.Generator(np.random.PCG64(signs.seed))
    normal = generator.standard_normal((signs.draws, len(roots)))
    draws = np.full((signs.draws, len(scale)), np.nan, dtype=np.float32)
    draws[:, known] = normal @ (vectors * np.sqrt(np.maximum(roots, 0))).T
    return draws


@dataclass(frozen=True, slots=True)
class Band:
    """Simultaneous interval: low, high (p, m) = value -+ critical (m,) x se, by `Errors.half`; nan without se."""

    label: tuple[str, ...]
    value: Array
    se: Array
    low: Array
    high: Array
    critical: Array
    level: float


def uniform_band(drawn: Drawn, level: float = 0.95, over: str = "outcome") -> Band:
    """A band that holds all parameters of one outcome with probability `level` (over="outcome"), or all at once.

    critical: the ceil(level (B + 1))-th smallest of the B maxima of |draw|; algorithm 1. BadDesign
    where B is too small for that level.
    """
    rank = ceil(level * (len(drawn.draws) + 1) - 1e-9)
    if over not in ("outcome", "everything") or not 0 < level < 1 or rank > len(drawn.draws):
        raise BadDesign(
            f"A band at level {level} over {over!r} from {len(drawn.draws)} draws: level lies between 0 and 1, over is "
            f"'outcome' or 'everything', and {ceil(1 / (1 - level)) - 1 if 0 < level < 1 else 'many'} draws are needed."
        )
    size = np.where(np.isnan(drawn.se), -np.inf, np.abs(drawn.draws))
    most = (
        size.max(axis=1)
        if over == "outcome"
        else np.repeat(size.max(axis=(1, 2))[:, None], drawn.se.shape[1], 1)
    )
    critical = np.sort(most, axis=0)[rank - 1].astype(float)
    critical[np.isneginf(critical)] = np.nan
    half = drawn.errors.half(critical)
    return Band(drawn.label, drawn.value, drawn.se, drawn.value - half, drawn.value + half, critical, level)


def romano_wolf(t: Array, draws: Draw) -> Array:
    """Stepdown maxT p-values, adjusted over every t given: Romano & Wolf (2005; 2016).

    t of any shape, draws (B, *that shape) of t under the null, as in `Drawn`; the probability of one false rejection
    or more is at most the level, under any dependence. (1 + number of draws as large) / (B + 1), never decreasing
    down the steps. nan t are not in the family and stay nan.
    """
    size, largest, back = _family(t, draws)
    remaining = np.maximum.accumulate(largest[:, ::-1], axis=1)[
        :, ::-1
    ]  # max over this step and those after it
    return back(_stepped((1 + (remaining >= size).sum(axis=0)) / (len(draws) + 1)))


def westfall_young(t: Array, draws: Draw) -> Array:
    """Free stepdown minP p-values: Westfall & Young (1993), algorithm 2.8, each parameter by its own distribution.

    Unlike maxT, a parameter with heavier tails does not decide for all: |t| and each draw first become p-values, by
    rank among |t| and the B draws of that parameter. With h parameters the smallest rank is reached by some
    parameter in about h of B draws, so adjusted p-values have a floor near min(1, h / B); BadDesign where it is
    above 0.05. For many parameters use `romano_wolf`, or many more draws. Shapes and nan as in `romano_wolf`.
    """
    size, largest, back = _family(t, draws)
    count, h = largest.shape
    raw = 1 + (largest >= size).sum(axis=0)
    ranks = np.empty((count, h), dtype=np.int64)  # how many of |t| and the draws are as large as this draw
    for j in range(h):
        ranks[:, j] = count - np.searchsorted(np.sort(largest[:, j]), largest[:, j], "left")
    ranks += size >= largest
    floor = (1 + (ranks.min(axis=1, initial=count) <= 1).sum()) / (count + 1)
    if floor > 0.05:
        raise BadDesign(
            f"{count} draws cannot tell {h} parameters apart by minP: no adjusted p-value could be below {floor:.2f}. "
            f"Draw about {20 * (h + 1)} times or more, or use romano_wolf."
        )
    order = np.argsort(raw, kind="stable")  # ties keep the order of |t|
    least = np.minimum.accumulate(ranks[:, order][:, ::-1], axis=1)[:, ::-1]
    adjusted = np.empty(h)
    adjusted[order] = _stepped((1 + (least <= raw[order]).sum(axis=0)) / (count + 1))
    return back(adjusted)


def _family(t: Array, draws: Draw) -> tuple[Array, Draw, Callable[[Array], Array]]:
    """|t| (h,) from the largest down, |draws| (B, h) in the same order, and the way back to the shape of t."""
    if draws.shape[1:] != np.shape(t):
        raise BadDesign(f"Draws of shape {draws.shape[1:]} for statistics of shape {np.shape(t)}.")
    size, flat = np.abs(np.ravel(t)), draws.reshape(len(draws), -1)
    order = np.argsort(-size, kind="stable")[: int((~np.isnan(size)).sum())]  # nan come last

    def back(p: Array) -> Array:
        out = np.full(size.shape, np.nan)
        out[order] = p
        return out.reshape(np.shape(t))

    return size[order], np.abs(flat[:, order]), back


def _stepped(p: Array) -> Array:
    """A step is rejected only if those before it are."""
    steps: Array = np.maximum.accumulate(p)
    return steps


def pre_trend(effects: CohortEffects, cluster: Codes, anticipation: int = 0) -> tuple[Check, ...]:
    """Joint test, for each outcome, that all cells with t < g - anticipation are zero: `small_sample.all_zero`.

    failed: p < 0.05. values: p, and wald and wald_p as R did prints them, W = b' V^-1 b under its chi-squared limit,
    which rejects far too often where exposed places or clusters are few. informational, with the reason, where there
    is nothing to test. Passing shows little where power is low (Roth 2022).
    """
    outcomes = range(effects.att.shape[1])
    both = sides(effects.first, cluster, effects.first)
    return tuple(
        _tested(effects, effects.influence[..., j], cluster, both, anticipation, j) for j in outcomes
    )


def _tested(
    effects: CohortEffects, influence: Array, cluster: Codes, both: Sides, anticipation: int, j: int
) -> Check:
    before = effects.year < effects.cohort - anticipation
    usable = (
        before & ~few(effects, cluster) & np.isfinite(influence).all(axis=0) & (influence != 0).any(axis=0)
    )
    left = int(before.sum() - usable.sum())
    note = (
        f"; {left} cells without a standard error or on fewer than four places are not in it" if left else ""
    )
    count = int(usable.sum())
    if not count:
        return Check("pre_trend", "informational", f"no cell before exposure can be tested{note}")
    block = np.unique(effects.cohort[usable], return_inverse=True)[1]
    found = all_zero(effects.att[usable, j], influence[:, usable], cluster, both, block)
    return Check("pre_trend", "failed" if found.p < 0.05 else "passed", said(found) + note, values(found))


def said(found: AllZero) -> str:
    """A joint test in words."""
    if found.kind == "F":
        test = f"F({found.numerator}, {found.denominator:.1f}) = {found.statistic:.2f}"
    else:
        test = f"largest t({found.denominator:.1f}) = {found.statistic:.2f}, Bonferroni"
    return f"{test} on {found.numerator} effects before exposure, p = {found.p:.4f}"


def values(found: AllZero) -> dict[str, float]:
    """The numbers of a joint test; the Wald statistic only where it exists."""
    told = {
        "statistic": found.statistic,
        "df": float(found.numerator),
        "df2": found.denominator,
        "p": found.p,
    }
    return told | ({"wald": found.wald, "wald_p": found.wald_p} if np.isfinite(found.wald) else {})
