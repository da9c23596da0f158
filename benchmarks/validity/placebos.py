"""Tests that rank places or years: their true size, and whether the calibrated size tells it."""

import numpy as np
from rates import Rate, Row, Task, rate, scaled

from vereda.errors import BadDesign
from vereda.evaluation import conformal, permutation, simulate, synthetic_control, synthetic_did
from vereda.evaluation.panel import Array

LEVEL = 0.05


def gaps_of(y: Array, pre: np.ndarray, donors: np.ndarray) -> Array:
    return synthetic_control.placebos(y, pre, donors).gap


def ranked(y: Array, pre: np.ndarray, exposed: np.ndarray, statistic: str, seed: int) -> float:
    """p-value of a placebo test; a panel in which the exposed cannot be ranked is told by nan."""
    donors = np.ones(len(y), dtype=bool)
    donors[exposed] = False
    gap = gaps_of(y, pre, donors)
    if statistic == "own spread":
        spread = np.diff(y[:, pre], axis=1).std(axis=1, ddof=1)
        gap, statistic = gap / spread[:, None], "mean"
    try:
        return permutation.placebo_test(gap, pre, exposed, statistic=statistic, sets=2_000, seed=seed).p
    except BadDesign:
        return float("nan")


def scm(
    n: int, exposed: int, before: int, errors: str, selection: str, statistic: str, draws: int
) -> list[Row]:
    """Synthetic control ranked among all places; the exposed drawn anew for every panel; five years after."""
    years = np.arange(2020.0 - before, 2025)
    p = []
    for seed in range(scaled(draws, 20)):
        drawn = simulate.panel_of(
            n, years, {2020: exposed}, errors=errors, selection=selection, seed=7_000 + seed
        )
        one = drawn.panel
        rows = np.flatnonzero(np.isfinite(one.first))
        p.append(ranked(one.y[:, :, 0], years < 2020, rows, statistic, seed))
    found = np.array(p)
    told = found[np.isfinite(found)]
    gone = f"{len(found) - len(told)} panels could not be ranked" if len(told) < len(found) else ""
    how = {
        "none": "drawn by lot",
        "level": "chosen by lasting level",
        "outcome": "chosen by last year's outcome",
    }
    how |= {"loading": "chosen by loading", "trend": "chosen by an unseen trend"}
    said = f"{exposed} of {n}, {before} years before, {errors} errors, {how[selection]}"
    name = {
        "rmspe_ratio": "RMSPE ratio",
        "own spread": "mean gap over own spread",
        "studentised": "studentised",
    }
    return [
        Row(
            "placebo",
            f"scm, {name[statistic]}",
            said,
            "rejects",
            rate(list((told <= LEVEL)[:, None])),
            note=gone,
        )
    ]


def sdid(n: int, exposed: int, errors: str, draws: int) -> list[Row]:
    """Synthetic difference-in-differences against 99 sets of donors that play the exposed."""
    years = np.arange(2010.0, 2022)
    hits = []
    for seed in range(scaled(draws, 20)):
        one = simulate.panel_of(n, years, {2016: exposed}, errors=errors, seed=8_000 + seed).panel
        fitted = synthetic_did.fit(one.y[:, :, 0], np.isfinite(one.first), years < 2016)
        played = synthetic_did.placebo(fitted, 99, seed).draws
        hits.append((1 + (np.abs(played) >= abs(fitted.att)).sum()) / 100 <= LEVEL)
    said = f"{exposed} of {n}, 6 years before, {errors} errors, drawn by lot"
    return [Row("placebo", "sdid, 99 placebos", said, "rejects", rate(list(np.array(hits)[:, None])))]


def over_time(errors: str) -> list[Row]:
    """Conformal test of one place with 20 donors, 24 years, four of them after; the truth is no effect."""
    years = np.arange(2001.0, 2025)
    pre = years < 2021
    ways = (
        "synthetic control, moving blocks",
        "synthetic control, permutations",
        "mean of donors, moving blocks",
    )
    hits: dict[str, list[bool]] = {way: [] for way in (*ways, "cross-fitted t")}
    for seed in range(scaled(1_000, 20)):
        one = simulate.panel_of(21, years, {2021: 1}, errors=errors, seed=9_000 + seed).panel
        y, exposed = one.y[:, :, 0], np.isfinite(one.first)
        own, donors = y[exposed][0], y[~exposed]
        near, mean = conformal.synthetic_proxy(donors), conformal.mean_proxy(donors)
        hits[ways[0]].append(conformal.p_value(own, pre, near) <= LEVEL)
        hits[ways[1]].append(conformal.p_value(own, pre, near, scheme="iid", draws=499, seed=seed) <= LEVEL)
        hits[ways[2]].append(conformal.p_value(own, pre, mean) <= LEVEL)

        def learned(use: np.ndarray, y: Array = y, exposed: np.ndarray = exposed) -> Array:
            row = int(np.flatnonzero(exposed)[0])
            fit = synthetic_control.fit(y, row, ~exposed, use)
            return np.asarray(y[row] - fit.gap)

        hits["cross-fitted t"].append(conformal.t_test(own, pre, learned, level=0.95).p <= LEVEL)
    said = f"1 place, 20 donors, 20 years before and 4 after, {errors} errors"
    return [
        Row("placebo", f"conformal, {way}", said, "rejects", rate(list(np.array(hits[way])[:, None])))
        for way in hits
    ]


# ---- the calibrated size against the truth -----------------------------------------------------------------------


def calibrated(errors: str, selection: str, exposed: int) -> list[Row]:
    """60 places, 10 years before and 5 after: how often the test rejects, and what `calibrated_size` says of one panel.

    Its own question is how the exposed came to be so: it is asked as `estimate` asks (by level), and as it was.
    """
    years = np.arange(2010.0, 2025)
    pre = years < 2020
    asked = {"as estimate asks: by level": "level"}
    right = {"outcome": "last", "none": "none", "level": "level"}[selection]
    if right != "level":
        asked[f"told how they were chosen: {'by last year' if right == 'last' else 'by lot'}"] = right
    p: list[float] = []
    told: dict[str, list[float]] = {way: [] for way in asked}
    panels = scaled(24, 4)
    for seed in range(scaled(1_500, 40)):
        one = simulate.panel_of(
            60, years, {2020: exposed}, errors=errors, selection=selection, seed=10_000 + seed
        ).panel
        y, rows = one.y[:, :, 0], np.flatnonzero(np.isfinite(one.first))
        p.append(ranked(y, pre, rows, "rmspe_ratio", seed))
        if seed < panels:
            donors = ~np.isfinite(one.first)
            for way, how in asked.items():
                told[way].append(
                    permutation.calibrated_size(
                        lambda drawn, donors=donors: gaps_of(drawn, pre, donors), y, pre, donors, rows, draws=100,
                        seed=seed, selection=how,
                    ).rate
                )  # fmt: skip
    found = np.array(p)
    truth = rate(list((found[np.isfinite(found)] <= LEVEL)[:, None]))
    how = {
        "none": "drawn by lot",
        "level": "chosen by lasting level",
        "outcome": "chosen by last year's outcome",
    }
    said = f"{exposed} of 60, {errors} errors, {how[selection]}"
    rows_ = [Row("size", "true size", said, "rejects", truth)]
    for way, rates in told.items():
        mean, error = float(np.mean(rates)), float(np.std(rates, ddof=1) / np.sqrt(len(rates)))
        given = Rate(mean, max(0.0, mean - 1.96 * error), mean + 1.96 * error, 100 * len(rates), len(rates))
        near = given.low <= truth.high and given.high >= truth.low
        off = "too low" if mean < truth.share else "too high"
        apart = f"{off}, by {abs(mean - truth.share):.1%}"
        rows_.append(
            Row("size", f"calibrated, {way}", said, "shows", given, note="agrees" if near else apart)
        )
    return rows_


TASKS = (
    *(Task(f"scm 1 of 40 {e}", scm, (40, 1, 20, e, "none", "rmspe_ratio", 2_000)) for e in ("iid", "ar1", "factor")),
    *(Task(f"scm 3 of 40 {e}", scm, (40, 3, 20, e, "none", "rmspe_ratio", 2_000)) for e in ("ar1", "factor")),
    *(Task(f"scm 3 of 1122 {e}", scm, (1122, 3, 10, e, "none", "own spread", 500)) for e in ("ar1", "factor")),
    *(Task(f"scm {k} of 40 {s}", scm, (40, k, 20, "ar1", s, "rmspe_ratio", 2_000)) for k in (1, 3) for s in ("level", "outcome")),
    *(Task(f"scm {k} of 300 {s}", scm, (300, k, 10, "ar1", s, "own spread", 1_000)) for k in (3,) for s in ("none", "level", "outcome", "trend")),
    Task("scm loading", scm, (40, 3, 20, "factor", "loading", "rmspe_ratio", 2_000)),
    *(Task(f"sdid {k} {e}", sdid, (300, k, e, 1_000)) for k in (1, 3) for e in ("ar1", "factor")),
    *(Task(f"conformal {e}", over_time, (e,)) for e in ("iid", "ar1", "factor")),
    *(Task(f"calibrated {e} {s} {k}", calibrated, (e, s, k)) for e in ("iid", "ar1", "factor") for s in ("none", "level", "outcome") for k in (1, 3)),
)  # fmt: skip
