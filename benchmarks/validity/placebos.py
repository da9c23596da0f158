"""Tests that rank places or years: their true size, and whether the calibrated size tells it."""

import numpy as np
from rates import Rate, Row, Task, rate, scaled

from vereda.errors import BadDesign
from vereda.evaluation import conformal, permutation, simulate, synthetic_control, synthetic_did
from vereda.evaluation.panel import Array

LEVEL = 0.05
START = 2020
HOW = {
    "none": "drawn by lot",
    "level": "chosen by lasting level",
    "outcome": "chosen by last year's outcome, with chance",
    "top": "the highest of last year",
    "loading": "chosen by loading",
    "trend": "chosen by an unseen trend",
}
STATISTICS = {
    "rmspe_ratio": "RMSPE ratio",
    "assessed": "RMSPE ratio, or mean gap where a fit is exact",
    "mean": "mean gap over own spread, by choice",
}


def without_effect(
    n: int, years: Array, exposed: int, errors: str, selection: str, seed: int
) -> tuple[Array, np.ndarray]:
    """A panel (n, T) in which nothing happened, and the rows that count as exposed."""
    by = "none" if selection == "top" else selection
    one = simulate.panel_of(n, years, {START: exposed}, errors=errors, selection=by, seed=seed).panel
    y = one.y[:, :, 0]
    if selection == "top":
        return y, np.sort(np.argsort(-y[:, int((years < START).sum()) - 1])[:exposed])
    return y, np.flatnonzero(np.isfinite(one.first))


def gaps_of(y: Array, pre: np.ndarray, donors: np.ndarray, statistic: str) -> Array:
    """mean: over the spread of the place's own changes, as the assessment of a few places has it."""
    gap = synthetic_control.placebos(y, pre, donors).gap
    return gap / np.diff(y[:, pre], axis=1).std(axis=1, ddof=1)[:, None] if statistic == "mean" else gap


def chosen_statistic(y: Array, pre: np.ndarray, exposed: np.ndarray, statistic: str) -> str:
    """assessed: the RMSPE ratio, or the mean gap where an exposed place is fitted exactly; as `assessment.few`."""
    if statistic != "assessed":
        return statistic
    found = synthetic_control.placebos(y, pre, ~np.isin(np.arange(len(y)), exposed))
    exact = np.isinf(found.ratio[exposed]) | (found.rmspe[exposed, 0] <= 1e-9 * found.level[exposed])
    return "mean" if exact.any() else "rmspe_ratio"


def ranked(y: Array, pre: np.ndarray, exposed: np.ndarray, statistic: str, seed: int) -> float:
    """p-value of a placebo test; nan where the exposed are fitted exactly and cannot be ranked."""
    gap = gaps_of(y, pre, ~np.isin(np.arange(len(y)), exposed), statistic)
    try:
        return permutation.placebo_test(gap, pre, exposed, statistic=statistic, sets=2_000, seed=seed).p
    except BadDesign:
        return float("nan")


def rejected(p: list[float]) -> tuple[Rate, str]:
    """Share of the panels that could be ranked, and how many could not."""
    found = np.array(p)
    told = found[np.isfinite(found)]
    gone = len(found) - len(told)
    return rate(
        list((told <= LEVEL)[:, None])
    ), f"{gone} of {len(found)} fitted exactly, not ranked" if gone else ""


def scm(
    n: int, exposed: int, before: int, errors: str, selection: str, statistic: str, draws: int
) -> list[Row]:
    """Synthetic control ranked among all places; the exposed drawn anew for every panel; five years after."""
    years = np.arange(START - float(before), START + 5)
    p = []
    for seed in range(scaled(draws, 20)):
        y, rows = without_effect(n, years, exposed, errors, selection, 7_000 + seed)
        how = chosen_statistic(y, years < START, rows, statistic)
        p.append(ranked(y, years < START, rows, how, seed))
    share, gone = rejected(p)
    said = f"{exposed} of {n}, {before} years before, {errors} errors, {HOW[selection]}"
    return [Row("placebo", f"scm, {STATISTICS[statistic]}", said, "rejects", share, note=gone)]


def sdid(n: int, exposed: int, errors: str, draws: int) -> list[Row]:
    """Synthetic difference-in-differences against 99 sets of donors that play the exposed."""
    years = np.arange(START - 6.0, START + 6)
    p = []
    for seed in range(scaled(draws, 20)):
        y, rows = without_effect(n, years, exposed, errors, "none", 8_000 + seed)
        fitted = synthetic_did.fit(y, np.isin(np.arange(n), rows), years < START)
        played = synthetic_did.placebo(fitted, 99, seed).draws
        p.append(float((1 + (np.abs(played) >= abs(fitted.att)).sum()) / 100))
    said = f"{exposed} of {n}, 6 years before, {errors} errors, drawn by lot"
    return [Row("placebo", "sdid, 99 placebos", said, "rejects", rejected(p)[0])]


def over_time(errors: str) -> list[Row]:
    """Conformal test of one place with 20 donors, 24 years, four of them after; the truth is no effect."""
    years = np.arange(START - 20.0, START + 4)
    pre = years < START
    ways = (
        "synthetic control, moving blocks",
        "synthetic control, permutations",
        "mean of donors, moving blocks",
    )
    p: dict[str, list[float]] = {way: [] for way in (*ways, "cross-fitted t")}
    for seed in range(scaled(2_000, 20)):
        y, rows = without_effect(21, years, 1, errors, "none", 9_000 + seed)
        donors = ~np.isin(np.arange(21), rows)
        own, near = y[rows[0]], conformal.synthetic_proxy(y[donors])
        p[ways[0]].append(conformal.p_value(own, pre, near))
        p[ways[1]].append(conformal.p_value(own, pre, near, scheme="iid", draws=499, seed=seed))
        p[ways[2]].append(conformal.p_value(own, pre, conformal.mean_proxy(y[donors])))

        def learned(
            use: np.ndarray, y: Array = y, row: int = int(rows[0]), donors: np.ndarray = donors
        ) -> Array:
            kept = np.flatnonzero(use)
            after = np.flatnonzero(~pre)
            columns = np.concatenate([kept, after])
            fit = synthetic_control.fit(y[:, columns], row, donors, np.arange(len(columns)) < len(kept))
            return np.asarray(fit.weights @ y[fit.donors])

        p["cross-fitted t"].append(conformal.t_test(own, pre, learned, level=0.95).p)
    said = f"1 place, 20 donors, 20 years before and 4 after, {errors} errors"
    return [Row("placebo", f"conformal, {way}", said, "rejects", rejected(p[way])[0]) for way in p]


def calibrated(errors: str, selection: str, n: int, exposed: int, before: int, statistic: str) -> list[Row]:
    """How often the test rejects in truth, and what `calibrated_size` says of it from one panel.

    `estimate` asks it as if places had been chosen by level; where they were not, it is also told how they were.
    """
    years = np.arange(START - float(before), START + 5)
    pre, panels = years < START, scaled(20, 4)
    asked = {"asked as `estimate` asks, by level": "level"}
    if selection != "level":
        asked[f"told that they were {HOW[selection]}"] = {"top": "last", "none": "none"}[selection]
    p: list[float] = []
    told: dict[str, list[float]] = {way: [] for way in asked}
    refused = dict.fromkeys(asked, 0)
    for seed in range(scaled(1_500, 40)):
        y, rows = without_effect(n, years, exposed, errors, selection, 10_000 + seed)
        name = chosen_statistic(y, pre, rows, statistic)
        p.append(ranked(y, pre, rows, name, seed))
        if seed >= panels or not np.isfinite(p[-1]):
            continue
        donors = ~np.isin(np.arange(n), rows)
        for way, how in asked.items():
            try:
                found = permutation.calibrated_size(
                    lambda drawn, donors=donors, name=name: gaps_of(drawn, pre, donors, name), y, pre, donors, rows,
                    draws=100, seed=seed, selection=how, statistic=name,
                )  # fmt: skip
            except BadDesign:  # most simulated panels fit exactly, where the ratio has no meaning
                refused[way] += 1
                continue
            told[way].append(found.rate)
    truth, gone = rejected(p)
    said = (
        f"{STATISTICS[statistic]}; {exposed} of {n}, {before} years before, {errors} errors, {HOW[selection]}"
    )
    out = [Row("size", "true size", said, "rejects", truth, note=gone)]
    for way, rates in told.items():
        if len(rates) < 2:
            continue
        mean, error = float(np.mean(rates)), float(np.std(rates, ddof=1) / np.sqrt(len(rates)))
        given = Rate(mean, max(0.0, mean - 1.96 * error), mean + 1.96 * error, 100 * len(rates), len(rates))
        near = given.low <= truth.high and given.high >= truth.low
        without = f"; {refused[way]} of {panels} panels refused an answer" if refused[way] else ""
        apart = f"too {'low' if mean < truth.share else 'high'} by {abs(mean - truth.share):.1%}"
        out.append(
            Row(
                "size",
                f"calibrated, {way}",
                said,
                "shows",
                given,
                note=("agrees" if near else apart) + without,
            )
        )
    return out


KINDS = ("iid", "ar1", "factor")
TASKS = (
    *(Task(f"scm 1 of 40 {e}", scm, (40, 1, 20, e, "none", "rmspe_ratio", 2_000)) for e in KINDS),
    *(Task(f"scm 3 of 40 {e}", scm, (40, 3, 20, e, "none", "rmspe_ratio", 2_000)) for e in KINDS),
    *(Task(f"scm 3 of 1122 {e}", scm, (1122, 3, 8, e, "none", "assessed", 500)) for e in ("ar1", "factor")),
    *(
        Task(f"scm {k} of 40 {s}", scm, (40, k, 20, "ar1", s, "rmspe_ratio", 2_000))
        for k in (1, 3)
        for s in ("level", "outcome", "top")
    ),
    *(
        Task(f"scm 1 of 40 short {s}", scm, (40, 1, 8, "ar1", s, "rmspe_ratio", 2_000))
        for s in ("none", "top")
    ),
    *(
        Task(f"scm 3 of 300 {s}", scm, (300, 3, 8, "ar1", s, "assessed", 1_000))
        for s in ("none", "level", "outcome", "top", "trend")
    ),
    Task("scm loading", scm, (40, 3, 20, "factor", "loading", "rmspe_ratio", 2_000)),
    *(Task(f"sdid placebos {k} {e}", sdid, (300, k, e, 1_000)) for k in (1, 3) for e in ("ar1", "factor")),
    *(Task(f"conformal {e}", over_time, (e,)) for e in KINDS),
    *(
        Task(f"calibrated {e} {s} {k}", calibrated, (e, s, n, k, before, how))
        for e in KINDS
        for s in ("none", "level", "top")
        for n, k, before, how in ((60, 1, 10, "rmspe_ratio"), (150, 3, 7, "assessed"))
    ),
    *(
        Task(f"calibrated mean {s}", calibrated, ("ar1", s, 60, 1, 8, "mean"))
        for s in ("none", "level", "top")
    ),
)
