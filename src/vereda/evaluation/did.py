"""Difference in differences by cohort and year: Callaway & Sant'Anna (2021).

Journal of Econometrics 225(2), 200-230; the doubly robust influence function is that of Sant'Anna & Zhao (2020),
Journal of Econometrics 219(1), 101-122, as the R packages did and DRDID compute it.
"""

from collections.abc import Iterator

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.did_contrast import COMPARABLE, TRIM, Sample, contrast_of, orthonormal, propensity
from vereda.evaluation.panel import Array, Codes, Mask, Panel
from vereda.evaluation.results import Check, CohortEffects
from vereda.evaluation.threads import one_blas_thread


def att_gt(
    panel: Panel,
    control: str = "never",
    method: str = "dr",
    anticipation: int = 0,
    base: str = "varying",
    always: str = "leave out",
) -> CohortEffects:
    """ATT(g, t) of every cohort, year and outcome at once, with the influence of every place (theorem 1).

    control: "never" exposed places only, or also those "not-yet" exposed by t + anticipation. method: "dr" doubly
    robust, "ipw" weighting, "reg" regression; without covariates the three are one. base: before exposure, compare
    t with t - 1 ("varying") or with g - 1 - anticipation ("universal", whose own cell is 0 with no error).

    Rules. Places first exposed by the first year + anticipation have no year before: they are left out, and `first`
    of the result is nan for them (always="refuse" raises instead). Places first exposed after the last year +
    anticipation are never exposed here. With "not-yet" and nobody never exposed, the last cohort only serves as
    control, and years from its anticipation on are not estimated, as in R did. Gaps: a cell of an outcome uses the
    places observed in both of its years; `places` is the fewest over the outcomes. A cell with fewer than four
    controls keeps its effect, and its influence is nan: no standard error. Controls whose probability of exposure is
    0.995 or more get no weight (`overlap` tells how many). Everything else that cannot be estimated raises BadDesign.
    """
    _options(control, method, anticipation, base, always)
    cohort = _cohorts(panel, anticipation, always)
    g, t, b = _cells(panel.years, cohort, control, anticipation, base)
    n, m = len(cohort), len(panel.outcomes)
    att, influence = np.zeros((len(g), m)), np.zeros((n, len(g), m))
    places = np.zeros((len(g), m))
    y = np.where(np.isnan(panel.y), 0.0, panel.y).reshape(n, -1)  # a gap meets only weights of zero
    with one_blas_thread():
        x, turned_on = np.empty((0, 0)), np.empty(0, dtype=bool)
        for sample in _samples(panel, cohort, g, t, b, control, anticipation):
            if not np.array_equal(turned_on, sample.control):  # never exposed controls: once for all cohorts
                x, turned_on = orthonormal(panel, sample), sample.control
            contrast = contrast_of(x, sample, method)
            cell, outcome = np.divmod(sample.columns, m)
            change = np.take(y, t[cell] * m + outcome, axis=1)
            change -= np.take(y, b[cell] * m + outcome, axis=1)
            columns = _run(sample.columns)
            att.reshape(-1)[columns] = contrast.apply(change)
            influence.reshape(n, -1)[:, columns] = change
            places.reshape(-1)[columns] = sample.exposed.sum()
    return CohortEffects(g, panel.years[t], places.min(axis=1), att, influence, cohort)


def overlap(panel: Panel, control: str = "never", anticipation: int = 0) -> tuple[Check, ...]:
    """How likely the covariates make exposure, cohort by cohort: the largest fitted probability, controls trimmed.

    alone: share of the exposed whose fitted probability is above 0.9, the rule of thumb of Crump, Hotz, Imbens & Mitnik
    (2009), Dealing with limited overlap in estimation of average treatment effects, Biometrika 96(1), 187-199: such
    places have hardly any control like them. informational; the controls are those of the first exposed year, and gaps do not count. Raises as att_gt does.
    Empty without covariates.
    """
    if not panel.covariates.shape[1]:
        return ()
    _options(control, "dr", anticipation, "varying", "leave out")
    cohort, checks = _cohorts(panel, anticipation, "leave out"), []
    groups = _cells(panel.years, cohort, control, anticipation, "varying")[0]
    for g in np.unique(groups):
        controls = _controls(cohort, g, g, control, anticipation)
        if not controls.any():
            raise BadDesign(f"Cohort {g:.0f}: no place is unexposed in its first year. Cut the years.")
        sample = Sample(g, cohort == g, controls, np.empty(0, dtype=np.int64))
        p = propensity(orthonormal(panel, sample), sample)
        trimmed = int((controls & (p >= TRIM)).sum())
        top = float(p[sample.exposed | controls].max())
        alone = float((p[sample.exposed] > COMPARABLE).mean())
        detail = (
            f"cohort {g:.0f}: the largest fitted probability of exposure is {top:.3f}, above {COMPARABLE} for {alone:.0%} "
            f"of the exposed; {trimmed} controls trimmed"
        )
        values = {"largest": top, "alone": alone, "trimmed": trimmed}
        checks.append(Check("overlap", "informational", detail, values))
    return tuple(checks)


def _options(control: str, method: str, anticipation: int, base: str, always: str) -> None:
    known = {
        "control": (control, ("never", "not-yet")),
        "method": (method, ("dr", "ipw", "reg")),
        "base": (base, ("varying", "universal")),
        "always": (always, ("leave out", "refuse")),
    }
    faults = [f"{name}={got!r}: one of {', '.join(ok)}" for name, (got, ok) in known.items() if got not in ok]
    if anticipation < 0 or anticipation != int(anticipation):
        faults.append(f"anticipation={anticipation}: a number of years, 0 or more")
    if faults:
        raise BadDesign("The estimator cannot be used like this:\n  " + "\n  ".join(faults))


def _cohorts(panel: Panel, anticipation: int, always: str) -> Array:
    """First exposed year as used: inf for never (here), nan for left out."""
    cohort = np.where(panel.first > panel.years[-1] + anticipation, np.inf, panel.first)
    already = cohort <= panel.years[0] + anticipation
    if already.any() and always == "refuse":
        names = ", ".join(panel.places[i] for i in np.flatnonzero(already)[:5])
        raise BadDesign(
            f"{int(already.sum())} places are exposed by {panel.years[0] + anticipation:.0f} and have no year before: "
            f"{names}. Begin the panel earlier, or leave them out."
        )
    cohort[already] = np.nan
    finite = np.unique(cohort[np.isfinite(cohort)])
    between = finite[finite % 1 != panel.years[0] % 1]
    if len(between):
        raise BadDesign(f"First exposed years that are no year of the panel: {between[:5]}.")
    return cohort


def _cells(
    years: Array, cohort: Array, control: str, anticipation: int, base: str
) -> tuple[Array, Codes, Codes]:
    """Cohort, and the index of the year and of the year it is compared with, of every cell."""
    groups = np.unique(cohort[np.isfinite(cohort)])
    last = len(years)
    if not len(groups):
        raise BadDesign(
            "No place is first exposed after the first year: there is nothing to compare before and after."
        )
    if not np.isinf(cohort).any():
        if control == "never":
            raise BadDesign("No place is never exposed, so there are no controls. Use control='not-yet'.")
        last, groups = int((years < groups[-1] - anticipation).sum()), groups[:-1]
        if not len(groups):
            raise BadDesign("All places are exposed at once: no cohort is left to serve as control.")
    start = years[0]
    cells = []
    for g in groups:
        before = int(g - 1 - anticipation - start)
        for t in range(base == "varying", last):
            cells.append((g, t, t - 1 if base == "varying" and t <= before else before))
    columns = np.array(cells, dtype=float).reshape(-1, 3).T
    return columns[0], columns[1].astype(np.int64), columns[2].astype(np.int64)


def _controls(cohort: Array, g: float, latest: float, control: str, anticipation: int) -> Mask:
    waiting: Mask = (cohort > latest + anticipation) & (cohort != g)
    return waiting if control == "not-yet" else np.isinf(cohort)


def _samples(
    panel: Panel, cohort: Array, g: Array, t: Codes, b: Codes, control: str, anticipation: int
) -> Iterator[Sample]:
    """One for each cohort, set of controls and pattern of gaps; all that are empty are named at once."""
    latest = panel.years[np.maximum(t, b)]
    groups = np.unique(cohort[np.isfinite(cohort)])
    passed = np.searchsorted(groups, latest + anticipation, "right") * (control == "not-yet")
    samples = []
    for key in np.unique(np.column_stack([g, passed]), axis=0):
        cells = np.flatnonzero((g == key[0]) & (passed == key[1]))
        controls = _controls(cohort, key[0], latest[cells[0]], control, anticipation)
        samples += _by_gaps(panel.y, Sample(key[0], cohort == key[0], controls, cells), t[cells], b[cells])
    faults = [_empty(panel, s, t) for s in samples if not (s.exposed.any() and s.control.any())]
    if faults:
        raise BadDesign(
            "Cells without places observed in both of their years:\n  "
            + "\n  ".join(faults[:20])
            + "\nCut the years, or estimate the outcome by itself over the years it has."
        )
    yield from samples


def _empty(panel: Panel, sample: Sample, t: Codes) -> str:
    cell, outcome = divmod(int(sample.columns[0]), len(panel.outcomes))
    missing = "no exposed place" if not sample.exposed.any() else "no control"
    more = f" (and {len(sample.columns) - 1} more)" if len(sample.columns) > 1 else ""
    return f"{sample.name}: {missing} for {panel.outcomes[outcome]} in {panel.years[t[cell]]:.0f}{more}"


def _run(columns: Codes) -> slice | Codes:
    """The same columns as a slice, which is quicker to write to, where they follow each other."""
    first, last = int(columns[0]), int(columns[-1])
    return slice(first, last + 1) if last - first + 1 == len(columns) else columns


def _by_gaps(y: Array, sample: Sample, t: Codes, b: Codes) -> list[Sample]:
    """The sample with its cells turned into columns, split where different places are observed."""
    m = y.shape[2]
    columns = (sample.columns[:, None] * m + np.arange(m)).ravel()
    inside = sample.exposed | sample.control
    seen = ~np.isnan(y[inside])
    if seen.all():
        return [Sample(sample.cohort, sample.exposed, sample.control, columns)]
    both = (seen[:, t] & seen[:, b]).reshape(int(inside.sum()), -1)
    patterns, which = np.unique(np.packbits(both, axis=0), axis=1, return_inverse=True)
    parts = []
    for pattern in range(patterns.shape[1]):
        mine = np.flatnonzero(which.ravel() == pattern)
        observed = inside.copy()
        observed[inside] = both[:, mine[0]]
        parts.append(
            Sample(sample.cohort, sample.exposed & observed, sample.control & observed, columns[mine])
        )
    return parts
