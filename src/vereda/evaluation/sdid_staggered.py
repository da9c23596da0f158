"""Synthetic difference-in-differences when places are exposed in different years.

Each cohort against places that are never exposed, then averaged: Clarke, Pailanir, Athey & Imbens (2023),
arXiv:2301.11859, Algorithm 1 and 2; by event time as in Ciccia (2024), arXiv:2407.09565, equations 3 and 6.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from vereda.errors import BadDesign
from vereda.evaluation import jackknife as again
from vereda.evaluation.jackknife import DRAWS, Mask, Spread
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.synthetic_did import SyntheticDifference, fit


@dataclass(frozen=True, slots=True)
class StaggeredDifference:
    """The effect of each cohort, their mean by exposed cells, and the mean gap by event time.

    att in the unit of the outcome. cohort (c,) first exposed years; fits (c,), of which donors and exposed are
    numbers of the panel's places; weight (c,), share of exposed cells. event (e,): years since first exposure,
    0 the first exposed one; event_att (e,), mean over cohorts that reach it, by exposed places; event_places (e,).
    """

    att: float
    cohort: Array
    fits: tuple[SyntheticDifference, ...]
    weight: Array
    event: Codes
    event_att: Array
    event_places: Array


def staggered(
    y: ArrayLike,
    years: ArrayLike,
    first: ArrayLike,
    variant: str = "sdid",
    path: str = "exact",
    gaps: str = "refuse",
) -> StaggeredDifference:
    """Estimate each cohort's effect against never-exposed places, and average by exposed cells.

    y (n, T); years (T,); first (n,) first exposed year, inf for never. A place first exposed after the last year is
    a donor. One cohort gives what `fit` gives. Other arguments and errors as there.
    """
    values, when, start = _checked(y, years, first)
    never, cohorts = start > when[-1], np.unique(start[start <= when[-1]])
    fits = tuple(_cohort(values, when, start, never, g, variant, path, gaps) for g in cohorts)
    cells = np.array([f.exposed.size * (~f.pre).sum() for f in fits], dtype=float)
    weight = cells / cells.sum()
    att = float(weight @ np.array([f.att for f in fits]))
    return StaggeredDifference(att, cohorts, fits, weight, *_by_event(fits))


def placebo(
    y: ArrayLike,
    years: ArrayLike,
    first: ArrayLike,
    fitted: StaggeredDifference,
    draws: int = DRAWS,
    seed: int = 1,
) -> Spread:
    """Never-exposed places play all cohorts at once, each with its own first year (Clarke et al. 2023, Algorithm 4).

    As there, ridges are set again in every draw.
    """
    values, when, start, again_att = _refit(y, years, first, fitted)
    exposed = start <= when[-1]
    dates = start[exposed]

    def played(rows: Codes, plays: Mask) -> float:
        roles = np.full(rows.size, np.inf)
        roles[plays] = dates
        return again_att(values[rows], roles)

    return again.placebo(played, exposed, np.random.default_rng(seed), draws, needed=2)


def bootstrap(
    y: ArrayLike,
    years: ArrayLike,
    first: ArrayLike,
    fitted: StaggeredDifference,
    draws: int = DRAWS,
    seed: int = 1,
) -> Spread:
    """Places drawn with replacement; a cohort that is not drawn has no weight in that draw (Algorithm 2)."""
    values, when, start, again_att = _refit(y, years, first, fitted)
    alone = [f"{g:.0f}" for g, f in zip(fitted.cohort, fitted.fits, strict=True) if f.exposed.size < 2]
    if alone:
        return again.undefined(
            "bootstrap", f"cohorts {', '.join(alone)} are one place, which draws can only repeat"
        )

    def drawn(rows: Codes) -> float:
        return again_att(values[rows], start[rows])

    return again.bootstrap(drawn, start <= when[-1], np.random.default_rng(seed), draws, needed=2)


def jackknife(
    y: ArrayLike,
    years: ArrayLike,
    first: ArrayLike,
    fitted: StaggeredDifference,
    cluster: Codes | None = None,
) -> Spread:
    """Leave out each place, weights held and scaled to one again (Algorithm 3); every cohort needs two places.

    cluster (n,): each is then left out as a whole, and every cohort needs two of them.
    """
    values, when, start = _checked(y, years, first)
    group = np.arange(start.size) if cluster is None else cluster
    each = list(zip(fitted.cohort, fitted.fits, strict=True))
    alone = [f"{g:.0f}" for g, f in each if len(np.unique(group[f.exposed])) < 2]
    if alone:
        return again.undefined(
            "jackknife", f"cohorts {', '.join(alone)} are one place (or cluster): leaving it out empties them"
        )
    if any(len(np.unique(group[f.donors[f.omega != 0]])) == 1 for f in fitted.fits):
        return again.undefined(
            "jackknife",
            "one donor (or cluster) has all the weight of a cohort, and leaving it out leaves none",
        )

    used = np.setdiff1d(np.arange(start.size), _left_out(fitted))

    def without(stay: Mask) -> float:
        stays = np.ones(start.size, dtype=bool)
        stays[used] = stay
        effects, cells = zip(*(_held(values, f, stays) for f in fitted.fits), strict=True)
        return float(np.average(effects, weights=cells))

    return again.jackknife(without, (start <= when[-1])[used], group[used])


def _left_out(fitted: StaggeredDifference) -> Codes:
    """Donors with gaps: every cohort leaves out the same."""
    return fitted.fits[0].left_out


def _held(values: Array, f: SyntheticDifference, stay: Mask) -> tuple[float, float]:
    """One cohort's effect with its weights kept, and its exposed cells, when only some places stay."""
    kept = f.omega * stay[f.donors]
    treated = f.exposed[stay[f.exposed]]
    gap = values[treated].mean(axis=0) - kept / kept.sum() @ values[f.donors]
    return float(gap[~f.pre].mean() - f.lam @ gap[f.pre]), float(treated.size * (~f.pre).sum())


def _cohort(
    values: Array, when: Array, start: Array, never: Mask, g: float, variant: str, path: str, gaps: str
) -> SyntheticDifference:
    """`fit` on one cohort and the never-exposed, numbered as in the whole panel."""
    used = np.flatnonzero(never | (start == g))
    try:
        f = fit(values[used], start[used] == g, when < g, variant, path, gaps)
    except BadDesign as fault:
        raise BadDesign(f"The cohort first exposed in {g:.0f}: {fault}") from fault
    return replace(f, donors=used[f.donors], exposed=used[f.exposed], left_out=used[f.left_out])


def _by_event(fits: tuple[SyntheticDifference, ...]) -> tuple[Codes, Array, Array]:
    """Mean gap at each distance from first exposure, over the cohorts that have it, by places."""
    events = [np.arange(f.pre.size) - int(f.pre.sum()) for f in fits]
    grid = np.unique(np.concatenate(events))
    total, places = np.zeros(grid.size), np.zeros(grid.size)
    for f, event in zip(fits, events, strict=True):
        at = np.searchsorted(grid, event)
        total[at] += f.exposed.size * f.gap
        places[at] += f.exposed.size
    return grid.astype(np.int64), total / places, places


def _refit(
    y: ArrayLike, years: ArrayLike, first: ArrayLike, fitted: StaggeredDifference
) -> tuple[Array, Array, Array, Callable[[Array, Array], float]]:
    """The data without the places `fitted` left out, and the estimator it used, of values and first years."""
    values, when, start = _checked(y, years, first)
    stay = ~np.isin(np.arange(start.size), _left_out(fitted))
    variant, path = fitted.fits[0].variant, fitted.fits[0].path

    def att(drawn: Array, roles: Array) -> float:
        return staggered(drawn, when, roles, variant, path).att

    return values[stay], when, start[stay], att


def _checked(y: ArrayLike, years: ArrayLike, first: ArrayLike) -> tuple[Array, Array, Array]:
    values, when, start = (np.asarray(a, dtype=float) for a in (y, years, first))
    if values.ndim != 2 or start.shape != values.shape[:1] or when.shape != values.shape[1:]:
        raise BadDesign(
            f"y must be (n, T), years (T,), first (n,): {values.shape}, {when.shape}, {start.shape}."
        )
    if np.isnan(start).any() or (np.diff(when) <= 0).any():
        raise BadDesign("First exposed years must be numbers (inf for never), and the years must increase.")
    early = np.flatnonzero(start <= when[0])
    if early.size:
        raise BadDesign(
            f"{early.size} places are exposed in the first year or before, such as number {early[0]}: they have no "
            "year before exposure. Leave them out, or start the panel earlier."
        )
    if not (start <= when[-1]).any():
        raise BadDesign("No place is exposed within the years of the panel.")
    return values, when, start
