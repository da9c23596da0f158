"""Everything a reader must see beside one effect: its path, its placebos, its neighbours, and the checks.

Two kinds of comparison. *Few*: one to three exposed places, against a weighted mean of others; what chance does is
seen by letting every other place play the exposed. *Many*: cohorts of four or more, against places never exposed;
what chance does is seen from the spread among places.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation import (
    aggregate,
    conformal,
    did,
    honest,
    inference,
    permutation,
    spatial,
    spillover,
    synthetic_control,
    verdict,
)
from vereda.evaluation.dose import dose_response
from vereda.evaluation.exposure import Rings
from vereda.evaluation.influence import clustered
from vereda.evaluation.panel import Array, Codes, Panel
from vereda.evaluation.results import Check, Effect, Estimates
from vereda.evaluation.small_sample import missed_half, of, sides, widened

Mask = NDArray[np.bool_]
SHOWN = ("direct", "displaced", "net per exposed place")
#: What the rank is by; the template is the msgid of the publication.
RANKED = {
    "rmspe_ratio": "rank {rank} of {sets} sets of places, by the gap after exposure over the gap before",
    "mean": "rank {rank} of {sets} sets of places, by the gap after exposure over the spread of a place's own changes "
    "before",
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """What stands beside the main effect of one outcome.

    event: effects by years since exposure, with intervals where there are any. observed, expected (T,): mean of the
    exposed places, and what they are compared with. placebos: the test statistic of every place. weights: of donors.
    displaced: direct, displaced and net effect."""

    checks: tuple[Check, ...]
    event: tuple[Effect, ...]
    observed: Array
    expected: Array
    placebos: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    p: float | None = None
    size: float | None = None


def few(panel: Panel, near: csr_array | None, draws: int, seed: int) -> Assessment:
    """Synthetic control of each exposed place. near: pairs of places that may not serve each other as donors.

    The placebo test ranks places by the root mean squared gap after exposure over that before. Where an exposed place
    is fitted exactly before, as happens with many donors and few years, that ratio has no meaning: then by the mean
    gap after exposure, over the spread of the place's own changes from year to year before it. draws: simulated
    panels behind the calibrated size.
    """
    y, exposed = panel.y[:, :, 0], np.flatnonzero(np.isfinite(panel.first))
    pre, donors = panel.years < panel.first[exposed].min(), np.isinf(panel.first)
    found = synthetic_control.placebos(y, pre, donors, np.arange(len(y)), near, panel.places)
    scaled = bool(
        np.isinf(found.ratio[exposed]).any() or (found.rmspe[exposed, 0] <= 1e-9 * found.level[exposed]).any()
    )
    statistic = "mean" if scaled else "rmspe_ratio"

    def gaps(drawn: Array) -> Array:
        gap = synthetic_control.placebos(drawn, pre, donors, np.arange(len(drawn)), near, settle=False).gap
        return _by_own_spread(gap, drawn, pre) if scaled else gap

    own = _by_own_spread(found.gap, y, pre) if scaled else found.gap
    test = permutation.placebo_test(own, pre, exposed, panel.stratum, statistic, seed=seed)
    size = permutation.calibrated_size(
        gaps, y, pre, donors, exposed, panel.stratum, draws=draws, seed=seed, statistic=statistic
    ).rate
    gap, observed = found.gap[exposed].mean(axis=0), y[exposed].mean(axis=0)
    weights = np.zeros(len(y))
    for i in exposed:
        used = found.donor[i] >= 0
        weights[found.donor[i][used]] += found.weight[i][used] / len(exposed)
    checks = [
        verdict.controls(int(donors.sum())),
        verdict.years(int(pre.sum())),
        verdict.fit(float(np.sqrt((gap[pre] ** 2).mean())), float(np.abs(observed[pre]).mean())),
        verdict.leave_one_out(float(gap[~pre].mean()), _without(y, exposed, donors, pre, weights)),
        *_equally_good(y, exposed, donors, pre, near, found),
        verdict.selection(y[exposed][:, pre].mean(axis=1), y[donors][:, pre].mean(axis=1)),
        verdict.calibrated_size(size),
        _rank(test),
        _conformal(observed, y[donors], pre),
    ]
    started = int(pre.sum())
    return Assessment(
        tuple(checks),
        tuple(Effect(f"e={t - started}", float(v)) for t, v in enumerate(gap)),
        observed,
        observed - gap,
        {panel.places[i]: float(v) for i, v in enumerate(test.statistic) if np.isfinite(v)},
        {panel.places[i]: float(weights[i]) for i in np.argsort(-weights) if weights[i] > 1e-6},
        p=test.p,
        size=size,
    )


def _by_own_spread(gap: Array, y: Array, pre: Mask) -> Array:
    """Gaps over the standard deviation of each place's changes before exposure; nan where it never changed."""
    spread = np.diff(y[:, pre], axis=1).std(axis=1, ddof=1)
    return np.where(spread[:, None] > 0, gap / np.where(spread > 0, spread, 1.0)[:, None], np.nan)


def _equally_good(
    y: Array,
    exposed: Codes,
    donors: Mask,
    pre: Mask,
    near: csr_array | None,
    found: synthetic_control.Placebos,
) -> list[Check]:
    """The range of the mean effect over all weights that fit the years before exactly as well; () if there is one.

    The fitted years are the same for every optimum, the weights are not: the effect is then a set, whose ends are two
    linear programmes a place.
    """
    if bool(found.unique[exposed].all()):
        return []
    try:
        ends = np.array([_ends(y, int(i), donors, pre, near, found) for i in exposed]).mean(axis=0)
    except NotCertified as fault:  # how far they lie apart is not known: that is no pass
        return [Check("unique_weights", "failed", str(fault))]
    return [verdict.unique_weights(float(found.gap[exposed][:, ~pre].mean()), float(ends[0]), float(ends[1]))]


def _ends(
    y: Array, i: int, donors: Mask, pre: Mask, near: csr_array | None, found: synthetic_control.Placebos
) -> tuple[float, float]:
    """Smallest and largest mean effect on place i over the weights that fit as well."""
    from scipy.optimize import linprog

    if found.unique[i]:
        return float(found.gap[i, ~pre].mean()), float(found.gap[i, ~pre].mean())
    pool = donors.copy()
    pool[i] = False
    if near is not None:
        pool &= ~np.asarray(near[[i]].toarray(), dtype=bool).ravel()
    rows, scale = y[pool], float(np.abs(y[pool]).max()) or 1.0
    fitted = (y[i] - found.gap[i])[pre]
    equal = np.vstack([rows[:, pre].T / scale, np.ones(len(rows))])
    after = rows[:, ~pre].mean(axis=1)
    own, values = float(y[i, ~pre].mean()), []
    for sign in (1.0, -1.0):
        solved = linprog(
            sign * after / scale,
            A_eq=equal,
            b_eq=np.r_[fitted / scale, 1.0],
            bounds=(0, None),
            method="highs",
        )
        if solved.status != 0:
            raise NotCertified(f"The range of equally good weights could not be found: {solved.message}")
        values.append(own - sign * float(solved.fun or 0.0) * scale)
    return min(values), max(values)


def _rank(test: permutation.PlaceboTest) -> Check:
    said = RANKED[test.name]
    return Check(
        "placebo_rank", "informational", said, {"rank": float(test.rank), "sets": float(test.compared + 1)}
    )


def _conformal(observed: Array, donors: Array, pre: Mask) -> Check:
    """90 % conformal interval of an effect that is the same in every year: what the years alone would allow.

    Moving blocks keep what one year says of the next; with T years no p is below 1 / T, so that 95 % is out of reach.
    """
    try:
        found = conformal.interval_constant(observed, pre, conformal.synthetic_proxy(donors), level=0.9)
    except (BadDesign, NotCertified) as fault:
        return Check("conformal", "informational", str(fault), {})
    return Check("conformal", "informational", "{low} to {high}", {"low": found.low, "high": found.high})


def _without(y: Array, exposed: Codes, donors: Mask, pre: Mask, weights: Array) -> list[float]:
    """The mean effect when one donor with at least 5 % of the weight may not be used, for each of them."""
    found = []
    for donor in np.flatnonzero(weights >= 0.05):
        others = donors.copy()
        others[donor] = False
        fits = [synthetic_control.fit(y, int(i), others, pre) for i in exposed]
        found.append(float(np.mean([fit.att for fit in fits])))
    return found


def many(
    panel: Panel, effect: float, p: float | None, seed: int, near: csr_array | None = None
) -> Assessment:
    """Cohorts against places never exposed, with their covariates; doubly robust. near: who touches whom."""
    y, ever = panel.y[:, :, 0], np.isfinite(panel.first)
    study = aggregate.dynamic(did.att_gt(panel, base="universal"))
    event = _events(study, panel)
    pre = panel.years < panel.first[ever].min()
    checks = [
        verdict.controls(int((~ever).sum())),
        verdict.years(int(pre.sum())),
        verdict.selection(y[ever][:, pre].mean(axis=1), y[~ever][:, pre].mean(axis=1)),
        _trend(panel),
    ]
    if panel.covariates.shape[1]:
        checks.extend(_support(panel))
    if near is not None:
        checks.append(_moran(y, ever, pre, near, seed))
    if p is not None and p < verdict.LEVEL:
        checks.extend(_sensitivity(study, panel, effect, seed))
    observed = y[ever].mean(axis=0)
    path = np.array([e.value for e in event])
    return Assessment(tuple(checks), event, observed, _expected(observed, path, event, panel))


def _expected(observed: Array, path: Array, event: Sequence[Effect], panel: Panel) -> Array:
    """Observed less the effect by calendar year, where all are exposed in one year; nan otherwise."""
    starts = np.unique(panel.first[np.isfinite(panel.first)])
    expected = np.full(len(panel.years), np.nan)
    if len(starts) == 1:
        at = {int(e.label.removeprefix("e=")): v for e, v in zip(event, path, strict=True)}
        for t, year in enumerate(panel.years):
            expected[t] = observed[t] - at.get(int(year - starts[0]), np.nan)
    return expected


def _events(study: Estimates, panel: Panel) -> tuple[Effect, ...]:
    half = inference.errors(study, panel.cluster, of(panel)).half()[:, 0]
    rows = []
    for label, value, wide in zip(study.label, study.value[:, 0], half, strict=True):
        if label.startswith("e="):
            ends = (value - wide, value + wide) if np.isfinite(wide) else (None, None)
            rows.append(Effect(label, float(value), None, *ends))
    return tuple(rows)


def _trend(panel: Panel) -> Check:
    """Joint test that nothing moved before exposure, in steps from year to year."""
    told = inference.pre_trend(did.att_gt(panel), panel.cluster)[0]
    p = told.values.get("p")
    if p is None:
        return Check("pre_trend", "informational", told.detail, {})
    return verdict.pre_trend(float(p))


def _moran(y: Array, ever: Mask, pre: Mask, near: csr_array, seed: int) -> Check:
    """Whether neighbours changed alike beyond what exposure explains: then places are fewer than they seem."""
    change = y[:, ~pre].mean(axis=1) - y[:, pre].mean(axis=1)
    design = np.column_stack([np.ones(len(y)), ever.astype(float)])
    linked = np.asarray(near.sum(axis=1)).ravel() > 0
    try:
        found = spatial.moran_of_residuals(change[linked], design[linked], near[linked][:, linked], seed)
    except BadDesign as fault:
        return Check("moran", "informational", str(fault), {})
    return Check("moran", "informational", "", {"i": found.i, "p": found.p})


def _support(panel: Panel) -> list[Check]:
    """Whether places like the exposed exist among the others, by the fitted probability of exposure."""
    return [verdict.overlap(told.values["alone"]) for told in did.overlap(panel)]


def _sensitivity(study: Estimates, panel: Panel, effect: float, seed: int) -> list[Check]:
    """Breakdown value of Rambachan & Roth (2023), and the trend that a pre-trend test would miss (Roth 2022)."""
    times = np.array([int(x.removeprefix("e=")) if x.startswith("e=") else 99 for x in study.label])
    used = np.flatnonzero((times != -1) & (times != 99))
    both = of(panel)
    wide = widened(study.influence[:, used, 0], both)
    sums = clustered(wide, panel.cluster)
    sigma = sums.T @ sums / len(panel.places) ** 2
    beta, when = study.value[used, 0], times[used]
    pre = int((when < 0).sum())
    if pre == 0:
        return [Check("breakdown", "informational", "no year before exposure to compare with", {})]
    l_vec = np.full(len(when) - pre, 1.0 / (len(when) - pre))
    try:
        found = honest.relative_magnitudes(beta, sigma, pre, m=(0.5, 1.0), l_vec=l_vec, seed=seed)
    except BadDesign as fault:
        return [Check("breakdown", "informational", str(fault), {})]
    slope = missed_half(when[:pre] + 1.0, study.influence[:, used[:pre], 0], panel.cluster, both)
    hidden = slope * float((when[when >= 0] + 1).mean())
    return [verdict.breakdown(found.breakdown), verdict.pre_trend_power(hidden, effect)]


def dose_slope(panel: Panel, amount: Array, degree: int) -> tuple[float, float, float, float]:
    """Mean effect of one more unit of dose over the doses that exposed places had (ACRT): value, error, half, p.

    A slope among exposed places: those without dose do not enter it. degree 1 is a straight line.
    """
    found = dose_response(panel, amount, degree=degree).overall
    known = inference.errors(found, panel.cluster, of(panel))
    columns = (found.value, known.se, known.half(), known.p(found.value))
    value, se, half, p = (float(column[1, 0]) for column in columns)
    return value, se, half, p


def displaced(panel: Panel, near: csr_array, buffer: int) -> tuple[Effect, ...]:
    """Direct, displaced and net effect, each ring compared with far places only; () where no ring can be told apart.

    panel: with the neighbours in it. near: who touches whom, over its places.
    """
    bare = Panel(
        panel.places, panel.years, panel.outcomes, panel.y, panel.first, np.empty((len(panel.places), 0)), (),
        panel.cluster, panel.stratum,
    )  # fmt: skip
    try:
        found = spillover.decomposition(bare, near, buffer, lambda part: aggregate.simple(did.att_gt(part)))
    except BadDesign:
        return ()
    rows = []
    known = inference.errors(
        found.effects, panel.cluster, sides(classes(found.rings), panel.cluster, found.rings.steps)
    )
    half, values = known.half()[:, 0], found.effects.value[:, 0]
    for label, value, se, wide in zip(found.effects.label, values, found.se[:, 0], half, strict=True):
        if label in SHOWN:
            ends = (float(value - wide), float(value + wide)) if np.isfinite(wide) else (None, None)
            rows.append(Effect(label, float(value), float(se) if np.isfinite(se) else None, *ends))
    return tuple(rows)


def classes(ring: Rings) -> Array:
    """(n,) the side each place is on: by its steps from an exposed place and the year it was first touched or exposed."""
    year = np.where(np.isfinite(ring.since), ring.since, 0.0)
    return np.asarray(np.where(ring.steps > ring.buffer, np.inf, ring.steps * 10_000 + year))


def joint_p(panel: Panel, draws: int, seed: int) -> Array:
    """(m,) p of each outcome's overall effect, adjusted for all of them: Romano-Wolf with shared signs.

    panel: all outcomes over the same places.
    """
    overall = aggregate.simple(did.att_gt(panel))
    signs = inference.signs(int(panel.cluster.max()) + 1, draws, seed)
    drawn = inference.bootstrap(overall, panel.cluster, signs, of(panel))
    adjusted: Array = inference.romano_wolf(drawn.t, drawn.draws).reshape(-1)
    return adjusted


def joint_placebo_p(
    statistics: Sequence[Mapping[str, float]],
    exposed: Sequence[str],
    sets: int,
    seed: int,
    stratum: Mapping[str, str] | None = None,
) -> Array:
    """(m,) p of each outcome's placebo test, adjusted for all: Westfall-Young over the same sets of places.

    statistics: by place, one mapping an outcome; places without one in every outcome take no part. stratum: by place;
    an exposed place is then played by one of its own stratum.
    """
    places = sorted(set.intersection(*({*one} for one in statistics)) - {*exposed})
    table = np.array([[one[p] for one in statistics] for p in places])
    of = stratum or dict.fromkeys([*places, *exposed], "")
    rng = np.random.default_rng(seed)
    parts = []
    for name, count in sorted(Counter(of[p] for p in exposed).items()):
        pool = np.flatnonzero([of[p] == name for p in places])
        if len(pool) < count:
            raise BadDesign(
                f"Stratum {name}: {len(pool)} places cannot play {count} exposed ones. Use wider strata."
            )
        parts.append([rng.choice(pool, count, replace=False) for _ in range(sets)])
    rows = np.concatenate(parts, axis=1)
    observed = np.array([np.mean([one[p] for p in exposed]) for one in statistics])
    adjusted: Array = inference.westfall_young(observed, table[rows].mean(axis=1).astype(np.float32))
    return adjusted
