"""Difference in differences by cohort and year: Callaway & Sant'Anna (2021).

Journal of Econometrics 225(2), 200-230; the doubly robust influence function is that of Sant'Anna & Zhao (2020),
Journal of Econometrics 219(1), 101-122, as the R packages did and DRDID compute it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.inference import FEW
from vereda.evaluation.panel import Array, Codes, Panel
from vereda.evaluation.results import Check, CohortEffects
from vereda.evaluation.threads import one_blas_thread

Mask = NDArray[np.bool_]
TRIM = 0.995  # controls likelier than this to be exposed get no weight (DRDID)
OVERLAP = 0.999  # a fitted probability above this is no overlap (R did gives NA, we raise)
STEPS = 30  # a logit that has a maximum is there after five to ten


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
                x, turned_on = _orthonormal(panel, sample), sample.control
            contrast = _contrast(x, sample, method)
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

    informational; the controls are those of the first exposed year, and gaps do not count. Raises as att_gt does.
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
        sample = _Sample(g, cohort == g, controls, np.empty(0, dtype=np.int64))
        p = _propensity(_orthonormal(panel, sample), sample)
        trimmed = int((controls & (p >= TRIM)).sum())
        top = float(p[sample.exposed | controls].max())
        detail = f"cohort {g:.0f}: the largest fitted probability of exposure is {top:.3f}; {trimmed} controls trimmed"
        checks.append(Check("overlap", "informational", detail, {"largest": top, "trimmed": trimmed}))
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


@dataclass(frozen=True, slots=True)
class _Sample:
    """Exposed and control places (n,) that some columns (of cells x outcomes, flat) have in common."""

    cohort: float
    exposed: Mask
    control: Mask
    columns: Codes

    @property
    def name(self) -> str:
        return (
            f"Cohort {self.cohort:.0f} ({int(self.exposed.sum())} places, {int(self.control.sum())} controls)"
        )


def _controls(cohort: Array, g: float, latest: float, control: str, anticipation: int) -> Mask:
    waiting: Mask = (cohort > latest + anticipation) & (cohort != g)
    return waiting if control == "not-yet" else np.isinf(cohort)


def _samples(
    panel: Panel, cohort: Array, g: Array, t: Codes, b: Codes, control: str, anticipation: int
) -> Iterator[_Sample]:
    """One for each cohort, set of controls and pattern of gaps; all that are empty are named at once."""
    latest = panel.years[np.maximum(t, b)]
    groups = np.unique(cohort[np.isfinite(cohort)])
    passed = np.searchsorted(groups, latest + anticipation, "right") * (control == "not-yet")
    samples = []
    for key in np.unique(np.column_stack([g, passed]), axis=0):
        cells = np.flatnonzero((g == key[0]) & (passed == key[1]))
        controls = _controls(cohort, key[0], latest[cells[0]], control, anticipation)
        samples += _by_gaps(panel.y, _Sample(key[0], cohort == key[0], controls, cells), t[cells], b[cells])
    faults = [_empty(panel, s, t) for s in samples if not (s.exposed.any() and s.control.any())]
    if faults:
        raise BadDesign(
            "Cells without places observed in both of their years:\n  "
            + "\n  ".join(faults[:20])
            + "\nCut the years, or estimate the outcome by itself over the years it has."
        )
    yield from samples


def _empty(panel: Panel, sample: _Sample, t: Codes) -> str:
    cell, outcome = divmod(int(sample.columns[0]), len(panel.outcomes))
    missing = "no exposed place" if not sample.exposed.any() else "no control"
    more = f" (and {len(sample.columns) - 1} more)" if len(sample.columns) > 1 else ""
    return f"{sample.name}: {missing} for {panel.outcomes[outcome]} in {panel.years[t[cell]]:.0f}{more}"


def _run(columns: Codes) -> slice | Codes:
    """The same columns as a slice, which is quicker to write to, where they follow each other."""
    first, last = int(columns[0]), int(columns[-1])
    return slice(first, last + 1) if last - first + 1 == len(columns) else columns


def _by_gaps(y: Array, sample: _Sample, t: Codes, b: Codes) -> list[_Sample]:
    """The sample with its cells turned into columns, split where different places are observed."""
    m = y.shape[2]
    columns = (sample.columns[:, None] * m + np.arange(m)).ravel()
    inside = sample.exposed | sample.control
    seen = ~np.isnan(y[inside])
    if seen.all():
        return [_Sample(sample.cohort, sample.exposed, sample.control, columns)]
    both = (seen[:, t] & seen[:, b]).reshape(int(inside.sum()), -1)
    patterns, which = np.unique(np.packbits(both, axis=0), axis=1, return_inverse=True)
    parts = []
    for pattern in range(patterns.shape[1]):
        mine = np.flatnonzero(which.ravel() == pattern)
        observed = inside.copy()
        observed[inside] = both[:, mine[0]]
        parts.append(
            _Sample(sample.cohort, sample.exposed & observed, sample.control & observed, columns[mine])
        )
    return parts


@dataclass(frozen=True, slots=True)
class _Contrast:
    """What the covariates say about one sample, ready for any number of outcomes.

    With residuals r = change - x beta: att = mean of r over the exposed - mean of r with weights over the controls.
    moments (n, 1 + 2k): sums of change they give. gain (n,), spread (n, 2 + 2k): influence = gain change + spread M.
    """

    moments: Array
    gain: Array
    spread: Array
    x_exposed: Array  # (k,) mean of x over the exposed
    x_control: Array  # (k,) weighted mean over the controls, 0 for "reg"
    xx_control: Array  # (k, k) weighted second moment over the controls
    inverse: Array  # (k, k) of the logit's information, 0 without one
    adjust: bool  # regression in it
    known: bool  # at least four controls

    def apply(self, change: Array) -> Array:
        """att (q,) of changes (n, q); the changes become their influence (n, q) in place."""
        k = len(self.x_exposed)
        sums = self.moments.T @ change
        beta = sums[1 : k + 1] * self.adjust
        exposed = sums[0] - self.x_exposed @ beta
        control = sums[k + 1] - self.x_control @ beta  # x[:, 0] is the intercept
        score = sums[k + 1 :] - self.xx_control @ beta - np.outer(self.x_control, control)
        change *= self.gain[:, None]
        change += self.spread @ np.vstack([exposed, control, beta, self.inverse @ score])
        if not self.known:
            change[:] = np.nan
        att: Array = exposed - control
        return att


def _contrast(x: Array, sample: _Sample, method: str) -> _Contrast:
    """Weights and influence of one sample: reg_did_panel, std_ipw_did_panel and drdid_panel of DRDID in one form."""
    n, k = x.shape
    exposed, control = sample.exposed / sample.exposed.sum(), sample.control / sample.control.sum()
    weight, surprise = np.zeros(n), np.zeros(n)
    inverse = np.zeros((k, k))
    adjust = method != "ipw" or k == 1  # with the intercept alone, the three methods are one
    if method != "reg" and k > 1:
        p = _propensity(x, sample)
        inside = sample.exposed | sample.control
        weight = _odds(p, sample)
        surprise = np.where(inside, sample.exposed - p, 0.0)
        inverse[:] = np.linalg.inv((x * np.where(inside, p * (1 - p), 0.0)[:, None]).T @ x)
    x_exposed, x_control = exposed @ x, weight @ x
    leverage = control * (x @ (x_exposed - x_control)) * adjust
    gain = n * (exposed - weight - leverage)
    spread = np.column_stack(
        [-n * exposed, n * weight, -gain[:, None] * x * adjust, -n * surprise[:, None] * x]
    )
    moments = np.column_stack([exposed, control[:, None] * x, weight[:, None] * x])
    xx = (weight[:, None] * x).T @ x
    return _Contrast(
        moments, gain, spread, x_exposed, x_control, xx, inverse, adjust, bool(sample.control.sum() >= FEW)
    )


def _odds(p: Array, sample: _Sample) -> Array:
    """Weights (n,) of the controls that make them look like the exposed, with sum one; trimmed as DRDID does."""
    kept = sample.control & (p < TRIM)
    if not kept.any():
        raise _separated(sample, f"every control has a fitted probability of exposure of {TRIM} or more")
    odds = np.divide(p, 1 - p, out=np.zeros(len(p)), where=kept)
    odds /= odds.sum()
    return odds


def _orthonormal(panel: Panel, sample: _Sample) -> Array:
    """1 and the covariates (n, k), turned so that x'x over the controls is their number times the identity.

    Every estimate is the same for any such turn; least squares becomes a product, and the logit well conditioned.
    """
    x, controls = panel.covariates, int(sample.control.sum())
    if not x.shape[1]:
        return np.ones((len(x), 1))
    if controls < x.shape[1] + 2:
        raise BadDesign(
            f"{sample.name}: too few controls for {x.shape[1]} covariates. Leave covariates out, or use "
            "control='not-yet'."
        )
    centre, spread = x[sample.control].mean(axis=0), x[sample.control].std(axis=0)
    flat = spread <= 1e-12 * np.abs(x[sample.control]).max(axis=0)
    scaled = np.column_stack([np.ones(len(x)), (x - centre) / np.where(flat, 1.0, spread)])
    turn = np.linalg.qr(scaled[sample.control], mode="r") / np.sqrt(controls)
    bad = flat | (np.abs(np.diag(turn)[1:]) < 1e-7)
    if bad.any():
        faults = [
            f"{name} is {'constant' if f else 'a combination of those before it'}"
            for name, f, wrong in zip(panel.covariate_names, flat, bad, strict=True)
            if wrong
        ]
        raise BadDesign(
            f"{sample.name}: among the controls, {'; '.join(faults)}. Leave these covariates out, or recode them."
        )
    turned: Array = scaled @ np.linalg.inv(turn / turn[0, 0])
    return turned  # the intercept is 1, whatever sign the factorisation chose


def _propensity(x: Array, sample: _Sample) -> Array:
    """Fitted probability of exposure (n,), by Newton's method on the logit; separation raises."""
    inside = sample.exposed | sample.control
    d, z = sample.exposed[inside].astype(float), x[inside]
    share = d.mean()
    coefficients = np.zeros(x.shape[1])
    coefficients[0] = np.log(share / (1 - share))
    _climb(coefficients, z, d, sample)
    p: Array = 1 / (1 + np.exp(-np.clip(x @ coefficients, -700, 700)))
    if p[inside].max() >= OVERLAP:
        raise _separated(sample, f"some places have a fitted probability of exposure of {OVERLAP} or more")
    return p


def _climb(coefficients: Array, z: Array, d: Array, sample: _Sample) -> None:
    """Newton steps, in place. Under separation every step moves some fitted log odds by one, for ever."""
    reached = -np.inf
    for _ in range(STEPS):
        index = np.clip(z @ coefficients, -700, 700)
        p = 1 / (1 + np.exp(-index))
        information = (z * (p * (1 - p))[:, None]).T @ z
        try:
            step = np.linalg.solve(information, z.T @ (d - p))
        except np.linalg.LinAlgError:
            break
        while (likelihood := _likelihood(z @ (coefficients + step), d)) < reached - 1e-10 * abs(reached):
            step *= 0.5
        coefficients += step
        reached = likelihood
        if np.abs(z @ step).max() < 1e-8:
            return
    raise _separated(sample, "the logit has no maximum")


def _likelihood(index: Array, d: Array) -> float:
    return float(d @ index - np.logaddexp(0.0, index).sum())


def _separated(sample: _Sample, what: str) -> BadDesign:
    return BadDesign(
        f"{sample.name}: {what}; the covariates tell exposed from control places (nearly) without error, so there is "
        "nothing to compare. Use fewer or coarser covariates, other controls, or method='reg' if extrapolation is "
        "meant."
    )
