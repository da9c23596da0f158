"""Synthetic difference-in-differences: donors weighted by place and by year, so that the rest is parallel.

Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), American Economic Review 111(12), 4088-4118; synthetic control
and difference-in-differences are the same estimate with other weights (their equations 1 to 3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vereda.errors import BadDesign
from vereda.evaluation import jackknife as again
from vereda.evaluation.certificate import Certificate, certified
from vereda.evaluation.jackknife import DRAWS, Mask, Spread
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.threads import side_by_side
from vereda.evaluation.two_way import TwoWay

VARIANTS = ("sdid", "sc", "did")
PATHS = ("exact", "R")
SOLVERS = (
    "Newton on the dual",
    "active set of points",
    "Frank-Wolfe of R synthdid 0.0.9, stopped where it stops; not the optimum",
)
CHUNK = 50  # draws a thread takes at a time
MOST_DONORS = 5000  # of the R path, which keeps a table of donors x donors


@dataclass(frozen=True, slots=True)
class SyntheticDifference:
    """The effect on the exposed places, their weighted donors, and the path of the gap between them.

    att in the unit of the outcome. donors (J,), exposed (k,): places by number in the panel; omega (J,) weights of
    donors, lam (P,) weights of the P pre-years. gap (T,): exposed less weighted donors, less what lam says of that
    difference before exposure; its mean after exposure is att. pre (T,). zeta (3,): ridge of places and of years,
    decrease at which the R path stops. left_out: places not used because of gaps. collapsed (J + k, P + 1): donors,
    then exposed places; their pre-years and their mean after, which the variances need again.
    """

    att: float
    donors: Codes
    exposed: Codes
    omega: Array
    lam: Array
    gap: Array
    pre: Mask
    variant: str
    path: str
    zeta: Array
    omega_certificate: Certificate | None
    lam_certificate: Certificate | None
    left_out: Codes
    collapsed: Array


def fit(
    y: ArrayLike,
    exposed: ArrayLike,
    pre: ArrayLike,
    variant: str = "sdid",
    path: str = "exact",
    gaps: str = "refuse",
) -> SyntheticDifference:
    """Estimate the effect on places that are all exposed from the same year.

    y (n, T) outcome; exposed (n,); pre (T,) true for the years before exposure, which come first. variant: sdid, or
    sc and did, synthetic control and difference-in-differences as R synthdid 0.0.9 computes them. path: exact solves
    both weight problems to a duality gap of 1e-8 or raises NotCertified; R takes the steps of the R package, which
    stop short of the optimum (its certificate says by how much). gaps: refuse a panel with missing values, or
    leave out the donors ("places") that have any; a missing value of an exposed place is refused always.
    BadDesign names every fault of the design at once.
    """
    values, treated, before, left_out = _design(y, exposed, pre, variant, path, gaps)
    donors, k = np.setdiff1d(np.flatnonzero(~treated), left_out), int(treated.sum())
    order = np.concatenate([donors, np.flatnonzero(treated)])
    span = int(before.sum())
    collapsed = np.column_stack([values[order, :span], values[order, span:].mean(axis=1)])
    zeta = _ridges(collapsed[: donors.size, :span], k * (before.size - span), variant)
    rows = np.arange(order.size, dtype=np.int64)[None]
    start = np.concatenate([np.full(donors.size, 1 / donors.size), np.full(span, 1 / span)])
    omega, lam, tau, report = _blocks(collapsed, rows, donors.size, variant, path, zeta, start)
    difference = values[treated].mean(axis=0) - omega[0] @ values[donors]
    return SyntheticDifference(
        float(tau[0]),
        donors.astype(np.int64),
        np.flatnonzero(treated).astype(np.int64),
        omega[0],
        lam[0],
        difference - lam[0] @ difference[:span],
        before,
        variant,
        path,
        zeta,
        _certificate(report[0, 0], omega[0], zeta[0], "place weights") if variant != "did" else None,
        _certificate(report[0, 1], lam[0], zeta[1], "year weights") if variant == "sdid" else None,
        left_out,
        collapsed,
    )


def placebo(fitted: SyntheticDifference, draws: int = DRAWS, seed: int = 1) -> Spread:
    """Standard error from donors that play the exposed places, their weights solved again (Algorithm 4).

    The one that works for a single exposed place. Ridges stay those of the estimate, as in R synthdid.
    """
    donors, k = fitted.donors.size, fitted.exposed.size
    if donors < k + 2:
        return again.too_few(donors, k, 2)
    orders = again.permuted(donors, draws, np.random.default_rng(seed))
    return again.spread("placebo", _refit(fitted, orders, np.full(draws, donors - k)))


def bootstrap(fitted: SyntheticDifference, draws: int = DRAWS, seed: int = 1) -> Spread:
    """Standard error from places drawn with replacement, weights solved again (Algorithm 2); for many exposed."""
    donors, k = fitted.donors.size, fitted.exposed.size
    if k < 2:
        return again.undefined("bootstrap", "one place is exposed; every draw would repeat it")
    treated = np.arange(donors + k) >= donors
    rows = again.resampled(treated, draws, np.random.default_rng(seed))
    return again.spread("bootstrap", _refit(fitted, rows, (rows < donors).sum(axis=1)))


def jackknife(fitted: SyntheticDifference, cluster: Codes | None = None) -> Spread:
    """Standard error from leaving out each place, weights held and scaled to one again (Algorithm 3).

    cluster (n,): of the places of the panel; each is then left out as a whole.
    """
    donors = fitted.donors.size
    treated = np.arange(fitted.collapsed.shape[0]) >= donors
    if np.count_nonzero(fitted.omega) == 1:
        return again.undefined("jackknife", "one donor has all the weight, and leaving it out leaves none")
    contrast = np.append(-fitted.lam, 1.0)

    def without(stay: Mask) -> float:
        kept = fitted.omega * stay[:donors]
        kept = kept / kept.sum() if kept.sum() > 0 else stay[:donors] / stay[:donors].sum()
        mean = fitted.collapsed[donors:][stay[donors:]].mean(axis=0)
        return float((mean - kept @ fitted.collapsed[:donors]) @ contrast)

    groups = None if cluster is None else cluster[np.r_[fitted.donors, fitted.exposed]]
    return again.jackknife(without, treated, groups)


def residualised(y: ArrayLike, covariates: ArrayLike, exposed: ArrayLike) -> Array:
    """Outcomes less what covariates that change over time explain of them.

    y (n, T); covariates (n, T, p), complete; exposed (n, T) cells. The coefficients come from the cells not exposed,
    by least squares with place and year effects (Arkhangelsky et al. 2021, footnote 4, leave the regression open;
    without exposed cells the effect itself cannot leak into them, Kranz 2022). Standard errors take them as known.
    """
    values, x, cells = (
        np.asarray(y, dtype=float),
        np.asarray(covariates, dtype=float),
        np.asarray(exposed, dtype=bool),
    )
    if x.ndim != 3 or x.shape[:2] != values.shape or cells.shape != values.shape or not np.isfinite(x).all():
        raise BadDesign(
            "Covariates must be finite, (n, T, p), and exposed cells (n, T), like the outcome (n, T)."
        )
    seen = ~cells & ~np.isnan(values)
    effects = TwoWay(seen)
    within = np.stack([effects.residual(x[:, :, p]) for p in range(x.shape[2])], axis=-1)[seen]
    sizes = np.sqrt((within**2).sum(axis=0))
    spreads = np.sqrt(((x - x.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1)))
    flat = np.flatnonzero(sizes <= 1e-9 * spreads)
    if flat.size or np.linalg.matrix_rank(within / sizes, tol=1e-9) < x.shape[2]:
        raise BadDesign(
            f"Covariates {flat.tolist() or 'all together'} (by number) are explained by place and year effects or by "
            "each other; a covariate of the place that does not change cannot be used here. Leave it out."
        )
    beta = np.linalg.lstsq(within, effects.residual(values)[seen], rcond=None)[0]
    return np.asarray(values - x @ beta)


def _design(
    y: ArrayLike, exposed: ArrayLike, pre: ArrayLike, variant: str, path: str, gaps: str
) -> tuple[Array, Mask, Mask, Codes]:
    values, treated, before = np.asarray(y, dtype=float), np.asarray(exposed), np.asarray(pre)
    if values.ndim != 2 or treated.shape != values.shape[:1] or before.shape != values.shape[1:]:
        raise BadDesign(
            f"y must be (n, T), exposed (n,), pre (T,): {values.shape}, {treated.shape}, {before.shape}."
        )
    faults = []
    if not all(mask.dtype == bool or np.isin(mask, (0, 1)).all() for mask in (treated, before)):
        faults.append("exposed and pre are true or false for each place and year, nothing else")
    treated, before = treated.astype(bool), before.astype(bool)
    if variant not in VARIANTS or path not in PATHS or gaps not in ("refuse", "places"):
        faults.append(
            f"variant {variant!r} is one of {VARIANTS}, path {path!r} of {PATHS}, gaps refuse or places"
        )
    span = int(before.sum())
    if not before[:span].all():
        faults.append(
            "the years before exposure must come first, all of them; exposure that ends is not handled"
        )
    if span < (1 if variant == "did" else 2) or span == before.size:
        faults.append(
            f"{span} years before exposure and {before.size - span} after: weights need two before and one after"
        )
    if np.isinf(values).any():
        faults.append(f"{int(np.isinf(values).sum())} outcomes are infinite")
    missing = np.isnan(values).any(axis=1)
    if missing[treated].any():
        faults.append(
            f"exposed places {np.flatnonzero(missing & treated)[:5].tolist()} (by number) have gaps"
        )
    if missing[~treated].any() and gaps == "refuse":
        faults.append(
            f"{int(missing[~treated].sum())} donors have gaps; fill them, or leave those places out with gaps='places'"
        )
    left_out = np.flatnonzero(missing & ~treated).astype(np.int64)
    donors = int((~treated).sum()) - left_out.size
    if not treated.any():
        faults.append("no place is exposed")
    if donors < 2:
        faults.append(f"{donors} donors without gaps; at least two are needed")
    if path == "R" and donors > MOST_DONORS:
        faults.append(
            f"{donors} donors; path='R' is for comparison and takes {MOST_DONORS}; use path='exact'"
        )
    if faults:
        raise BadDesign("Synthetic difference-in-differences cannot be estimated:\n  " + "\n  ".join(faults))
    return values, treated, before, left_out


def _ridges(before: Array, exposed_cells: int, variant: str) -> Array:
    """Ridge of places and of years, and the R path's stop: multiples of the noise, as in the paper's section I.A."""
    if variant == "did":
        return np.zeros(3)
    noise = float(np.diff(before, axis=1).std(ddof=1))
    return noise * np.array([exposed_cells**0.25 if variant == "sdid" else 1e-6, 1e-6, 1e-5])


def _certificate(report: Array, weights: Array, zeta: float, what: str) -> Certificate:
    infeasibility = max(abs(float(weights.sum()) - 1.0), -float(weights.min()), 0.0)
    optimal = report[2] < 2
    unique = True if optimal and zeta > 0 else None
    certificate = Certificate(
        SOLVERS[int(report[2])], float(report[0]), infeasibility, int(report[1]), unique
    )
    return certified(certificate, what) if optimal else certificate


def _refit(fitted: SyntheticDifference, index: Codes, donors: Codes) -> Array:
    """att of other draws of the same places, in chunks side by side."""
    start = np.concatenate([fitted.omega, fitted.lam])

    def chunk(first: int) -> tuple[Array, Array, Array, Array]:
        rows = slice(first, first + CHUNK)
        return _blocks(
            fitted.collapsed, index[rows], donors[rows], fitted.variant, fitted.path, fitted.zeta, start
        )

    parts = side_by_side(chunk, range(0, len(index), CHUNK))
    if fitted.path == "exact":
        gap = max(float(report[:, :, 0].max()) for _, _, _, report in parts)
        broken = max(max(float(np.abs(w.sum(axis=1) - 1).max()), -float(w.min())) for w, _, _, _ in parts)
        certified(
            Certificate("worst of the draws", gap, broken, len(index)),
            "weights of placebo or bootstrap draws",
        )
    return np.concatenate([tau for _, _, tau, _ in parts])


def _blocks(
    collapsed: Array, index: Codes, donors: Codes | int, variant: str, path: str, zeta: Array, start: Array
) -> tuple[Array, Array, Array, Array]:
    """Place weights (B, J), year weights (B, P), estimates (B,) and solver reports (B, 2, 3) of B draws."""
    from vereda.evaluation.sdid_solver import PASSES, blocks

    count = np.broadcast_to(np.asarray(donors, dtype=np.int64), len(index)).copy()
    omega, lam = np.zeros((len(index), int(count.max()))), np.zeros((len(index), collapsed.shape[1] - 1))
    tau, report = np.zeros(len(index)), np.zeros((len(index), 2, 3))
    if path == "R" and variant != "did":
        for b, rows in enumerate(index):
            _published(collapsed, rows, variant, zeta, start, omega[b, : count[b]], lam[b], report[b])
            mean = (
                collapsed[rows[count[b] :]].mean(axis=0) - omega[b, : count[b]] @ collapsed[rows[: count[b]]]
            )
            tau[b] = mean[-1] - lam[b] @ mean[:-1]
    else:
        work = PASSES * collapsed.shape[1] * index.size
        blocks.of(work)(collapsed, index, count, VARIANTS.index(variant), zeta, omega, lam, tau, report)
    return omega, lam, tau, report


def _published(
    collapsed: Array,
    rows: Codes,
    variant: str,
    zeta: Array,
    start: Array,
    omega: Array,
    lam: Array,
    report: Array,
) -> None:
    """The weights of R synthdid 0.0.9, into omega and lam, from where the estimate itself ended."""
    from vereda.evaluation.sdid_solver import R_STEPS, frank_wolfe

    span, n, differenced = lam.size, omega.size, variant == "sdid"
    control, exposed = collapsed[rows[:n]], collapsed[rows[n:]].mean(axis=0)
    first = start[rows[:n]]
    steps = frank_wolfe.of(R_STEPS * (n + span))
    omega[:] = first / first.sum() if first.sum() > 0 else 1 / n
    p = np.vstack([control[:, :span], exposed[:span]])
    if differenced:
        p -= p.mean(axis=1, keepdims=True)
        years = np.ascontiguousarray((control - control.mean(axis=0)).T)
        lam[:] = start[-span:]
        steps(years[:span], years[span], n * zeta[1] ** 2, zeta[2] ** 2, lam, report[1])
    steps(p[:n], p[n], span * zeta[0] ** 2, zeta[2] ** 2, omega, report[0])
