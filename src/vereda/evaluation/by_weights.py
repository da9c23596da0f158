"""Estimators that weigh donors: scm, ascm, sdid. Their p-values come from places that played the exposed.

Several places exposed in the same year each get a counterpart of their own (scm, ascm); effect, gap and weights are
their means, so that the placebos, which are single places too, are fitted exactly as they are.
"""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import (
    Asked,
    Found,
    Mask,
    begun_later,
    first_five,
    named_weights,
    players,
    same_start,
    small,
)
from vereda.evaluation.behind import behind
from vereda.evaluation.by_influence import missing
from vereda.evaluation.certificate import Certificate
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.placebos import Gaps, by_places, by_sets
from vereda.evaluation.results import Check, Effect, SyntheticFit

if TYPE_CHECKING:
    from vereda.evaluation.jackknife import Spread
    from vereda.evaluation.sdid_staggered import StaggeredDifference

FEW = "{places} exposed place(s): a standard error would rest on variation that cannot be seen. "
OWN = "Synthetic control has no standard error of its own. "
ASK = "Ask for placebos ('all', or a number) to get a permutation p-value."
RANKED = "The p-value comes from permutation over places."


def scm(asked: Asked) -> Found:
    """Abadie, Diamond & Hainmueller (2010); on predictors with searched importance where covariates are chosen."""
    from vereda.evaluation import synthetic_control

    if asked.panel.covariates.shape[1]:
        return _on_predictors(asked)
    rows, donors, pre = _setting(asked, "scm")
    fits = [
        synthetic_control.fit(asked.y, int(r), _allowed(asked, donors, r), pre, asked.panel.places)
        for r in rows
    ]

    def gaps(y: Array, wanted: Codes) -> Array:
        found = synthetic_control.placebos(
            y, pre, donors, wanted, asked.forbidden, asked.panel.places, settle=False
        )
        return _spread(len(y), found.places, found.gap)

    return _synthetic(asked, fits, rows, donors, pre, gaps, budget=300_000)


def ascm(asked: Asked) -> Found:
    """Ben-Michael, Feller & Rothstein (2021): ridge-augmented; (2022), partially pooled, where years differ."""
    from vereda.evaluation import augmented

    if len(np.unique(asked.panel.first[asked.exposed])) > 1:
        return _pooled(asked)
    rows, donors, pre = _setting(asked, "ascm")

    def one(y: Array, row: int) -> SyntheticFit:
        return augmented.ridge(y, row, _allowed(asked, donors, row), pre, names=asked.panel.places).fit

    def gaps(y: Array, wanted: Codes) -> Array:
        return _spread(
            len(y),
            wanted,
            augmented.ridge_gaps(y, pre, donors & ~np.isnan(y).any(axis=1), wanted, asked.forbidden),
        )

    return _synthetic(asked, [one(asked.y, int(r)) for r in rows], rows, donors, pre, gaps, budget=2_400)


def sdid(asked: Asked) -> Found:
    """Arkhangelsky et al. (2021); each cohort against places never exposed, averaged by exposed cells."""
    from vereda.evaluation.sdid_staggered import staggered

    begun_later(asked, "there is no year before to compare with")
    panel, o = asked.panel, asked.options
    use = _taking_part(asked)
    y, first = asked.y[use], panel.first[use]
    if holes := [
        panel.places[i] for i in np.flatnonzero(use & asked.exposed & np.isnan(asked.y).any(axis=1))
    ]:
        raise BadDesign(
            f"Exposed places with gaps: {first_five(holes)}. Fill them, leave them out, or cut the years."
        )
    gaps = "places" if np.isnan(y).any() else "refuse"
    found = staggered(y, panel.years, first, o["variant"], o["path"], gaps)
    places = [panel.places[i] for i in np.flatnonzero(use)]
    weights: dict[str, float] = {}
    for share, fit in zip(found.weight, found.fits, strict=True):
        for donor, omega in zip(fit.donors, fit.omega, strict=True):
            if omega:
                weights[places[donor]] = weights.get(places[donor], 0.0) + float(share * omega)
    proofs = [c for f in found.fits for c in (f.omega_certificate, f.lam_certificate) if c is not None]
    listed = tuple(Effect(f"e={e}", float(v)) for e, v in zip(found.event, found.event_att, strict=True))
    left = sorted({places[i] for f in found.fits for i in f.left_out})
    checks = _lacking(left, len(places))
    told = _spreads(asked, found, y, first)
    return Found(
        found.att, listed, weights=dict(sorted(weights.items(), key=lambda w: -w[1])),
        certificate=_worst(proofs), **told | {"checks": checks + told["checks"]},
    )  # fmt: skip


# What takes part ----------------------------------------------------------------------------------------------


def _setting(asked: Asked, name: str) -> tuple[Codes, Mask, Mask]:
    """Rows of the exposed places, the donors, and the years before exposure."""
    start = same_start(asked, name)
    donors = ~asked.exposed if asked.donors is None else ~asked.exposed & asked.donors
    if not donors.any():
        raise BadDesign(
            "No donors: every place is exposed, or the donor mask leaves none. Add places never exposed."
        )
    return np.flatnonzero(asked.exposed), donors, asked.panel.years < start


def _taking_part(asked: Asked) -> Mask:
    """Exposed places and donors (n,); a buffer in a staggered design is the donor mask's work."""
    if asked.forbidden is not None:
        raise BadRequest(
            "sdid takes a buffer as donors (a mask over places), not as pairs of places (forbidden)."
        )
    keep: Mask = asked.exposed if asked.donors is None else asked.exposed | asked.donors
    return np.ones(len(keep), dtype=bool) if asked.donors is None else keep


def _allowed(asked: Asked, donors: Mask, row: int) -> Mask:
    """Donors of one place."""
    if asked.forbidden is None:
        return donors
    barred = asked.forbidden[[row]]
    barred = barred.toarray() if hasattr(barred, "toarray") else np.asarray(barred)
    left: Mask = donors & ~barred.astype(bool).ravel()
    return left


def _spread(n: int, rows: Codes, gap: Array) -> Array:
    out = np.full((n, gap.shape[1]), np.nan)
    out[rows] = gap
    return out


def _lacking(names: Sequence[str], among: int) -> tuple[Check, ...]:
    if not names:
        return ()
    said = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    detail = f"{len(names)} of {among} places lack a year and take no part: {said}"
    return (Check("donors_with_gaps", "informational", detail, {"left_out": float(len(names))}),)


def _worst(proofs: Sequence[Certificate]) -> Certificate | None:
    """One certificate that holds for all."""
    if not proofs:
        return None
    unique = None if any(c.unique is None for c in proofs) else all(bool(c.unique) for c in proofs)
    solver = ", ".join(dict.fromkeys(c.solver for c in proofs))
    gap, broken = max(c.gap for c in proofs), max(c.infeasibility for c in proofs)
    return Certificate(solver, gap, broken, sum(c.iterations for c in proofs), unique)


# Synthetic control --------------------------------------------------------------------------------------------


def _synthetic(
    asked: Asked, fits: Sequence[SyntheticFit], rows: Codes, donors: Mask, pre: Mask, gaps: Gaps, budget: int,
    more: tuple[Check, ...] = (),
) -> Found:  # fmt: skip
    """Mean gap and weights of the exposed places, and their rank among placebos."""
    panel = asked.panel
    gap = np.mean([f.gap for f in fits], axis=0)
    weights = np.zeros(len(panel.places))
    for f in fits:
        weights[f.donors] += f.weights / len(fits)
    started = int(pre.sum())
    listed = tuple(Effect(f"e={t - started}", float(v)) for t, v in enumerate(gap))
    lost = [panel.places[i] for i in np.flatnonzero(donors & np.isnan(asked.y).any(axis=1))]
    before, after = (float(np.sqrt((gap[s] ** 2).mean())) for s in (pre, ~pre))
    level = float(np.abs(asked.y[rows][:, pre]).mean())
    words = f"root mean squared gap {before:.4g} before exposure and {after:.4g} after; mean level before {level:.4g}"
    numbers = {"before": before, "after": after, "level": level}
    checks = (*_lacking(lost, int(donors.sum())), Check("fit", "informational", words, numbers), *more)
    p, size, told = by_places(asked, rows, donors, pre, gaps, budget, asked.options["statistic"])
    why = (FEW if len(rows) < 4 else OWN) + (ASK if p is None else RANKED)
    return Found(
        float(gap[~pre].mean()), listed, p=p, p_kind="" if p is None else "permutation", size=size,
        why_no_se=why.format(places=len(rows)), weights=named_weights(panel, range(len(weights)), weights),
        certificate=_worst([f.certificate for f in fits]), checks=checks + told,
    )  # fmt: skip


def _on_predictors(asked: Asked) -> Found:
    """Every covariate is a predictor; their importance is searched for, in each placebo as well."""
    from vereda.evaluation import predictors

    rows, donors, pre = _setting(asked, "scm with covariates")

    def one(y: Array, row: int) -> predictors.PredictorFit:
        allowed = _allowed(asked, donors, row)
        return predictors.fit(
            asked.panel.covariates, y, row, allowed, pre, seed=asked.seed, names=asked.panel.places
        )

    def gaps(y: Array, wanted: Codes) -> Array:
        return _spread(len(y), wanted, np.array([one(y, int(r)).fit.gap for r in wanted]))

    found = [one(asked.y, int(r)) for r in rows]
    told = tuple(
        Check(
            "predictors", "informational",
            f"{asked.panel.places[r]}: {len(f.optima)} weight vectors reach the best loss {f.loss:.4g} (bound "
            f"{f.bound:.4g}); importance "
            + ", ".join(f"{n} {v:.3f}" for n, v in zip(asked.panel.covariate_names, f.v, strict=True)),
            {"optima": float(len(f.optima)), "loss": f.loss, "bound": f.bound, "unique": float(f.unique)},
        )
        for r, f in zip(rows, found, strict=True)
    )  # fmt: skip
    return _synthetic(asked, [f.fit for f in found], rows, donors, pre, gaps, 0, told)


def _pooled(asked: Asked) -> Found:
    from vereda.evaluation import augmented

    panel = asked.panel
    if asked.options["placebos"] is not None or asked.forbidden is not None:
        raise BadRequest(
            "ascm with places exposed in different years has no placebos and no pairs of places (forbidden) here: "
            "estimate the cohorts one by one, or use sdid."
        )
    begun_later(asked, "there is no year before to compare with")
    f = augmented.staggered(asked.y, panel.years, panel.first, donors=asked.donors, names=panel.places)
    start = np.searchsorted(panel.years, f.first)
    times = np.arange(-int(start.max()), len(f.event_time))
    listed = []
    for e in times:
        here = [k for k, s in enumerate(start) if 0 <= s + e < len(panel.years)]
        value = np.average([f.gap[k, start[k] + e] for k in here], weights=f.places[here])
        listed.append(Effect(f"e={e}", float(value)))
    weights = np.average(f.weights, axis=0, weights=f.places)
    words = f"partially pooled (nu = {f.nu:.3f}); imbalance of the average {f.imbalance[0]:.4g}, of cohorts {f.imbalance[1]:.4g}"
    numbers = {"nu": f.nu, "average": f.imbalance[0], "cohorts": f.imbalance[1]}
    checks = (
        *_lacking([panel.places[i] for i in f.left_out], len(panel.places)),
        Check("fit", "informational", words, numbers),
    )
    return Found(
        f.att, tuple(listed), weights=named_weights(panel, range(len(weights)), weights), certificate=f.certificate,
        why_no_se="ascm with places exposed in different years has no standard error here. Use sdid or did for one.",
        checks=checks,
    )  # fmt: skip


# Errors of synthetic difference-in-differences -------------------------------------------------------------------


def _spreads(asked: Asked, found: "StaggeredDifference", y: Array, first: Array) -> dict[str, Any]:
    """Standard error, p-value and why, of synthetic difference-in-differences."""
    o, places = asked.options, int(sum(len(f.exposed) for f in found.fits))
    told: dict[str, Any] = {"checks": ()}
    rests = behind(asked.panel.only(_taking_part(asked))).of("att")
    if rests.why() and rests.controls < 4 <= places:
        told["why_no_se"] = rests.why()
    elif rests.why():
        if o["draws"]:
            raise BadRequest(
                f"{places} exposed place(s) cannot be bootstrapped: ask for placebos and not for draws."
            )
        told["why_no_se"] = (FEW + (ASK if o["placebos"] is None else RANKED)).format(places=places)
    elif (spread := _resampled(asked, found, y, first)).se is None:
        told["why_no_se"] = f"no {spread.method} error: {spread.why}"
    elif why := missing(asked, spread.se):
        told["why_no_se"] = why
    else:
        half = spread.half
        told |= {"se": spread.se, "low": found.att - half, "high": found.att + half}
        told |= {"p": spread.p(found.att), "p_kind": spread.method}
        if isfinite(spread.degrees):
            told["checks"] = (small(spread.degrees),)
    if o["placebos"] is not None:
        played = _played(asked, found, places)
        told |= played | {"checks": told["checks"] + played["checks"]}
    return told


def _resampled(asked: Asked, found: "StaggeredDifference", y: Array, first: Array) -> "Spread":
    """Bootstrap where draws are asked for, jackknife (over clusters) otherwise."""
    from vereda.evaluation import sdid_staggered, synthetic_did

    draws, one, years = asked.options["draws"], found.fits[0], asked.panel.years
    cluster = asked.panel.cluster[_taking_part(asked)]
    if draws and len(np.unique(cluster)) < len(cluster):
        raise BadRequest(
            "sdid draws places and not clusters: leave draws out, and the jackknife leaves out clusters."
        )
    if len(found.fits) == 1:
        return (
            synthetic_did.bootstrap(one, draws, asked.seed)
            if draws
            else synthetic_did.jackknife(one, cluster)
        )
    if draws:
        return sdid_staggered.bootstrap(y, years, first, found, draws, asked.seed)
    return sdid_staggered.jackknife(y, years, first, found, cluster)


def _played(asked: Asked, found: "StaggeredDifference", places: int) -> dict[str, Any]:
    """p-value of synthetic difference-in-differences from donors that play the exposed."""
    from vereda.evaluation import synthetic_did

    o, wish = asked.options, asked.options["placebos"]
    if places > 1 and wish == "all":
        raise BadRequest(
            f"All sets of {places} places are too many for sdid: ask for a number of placebos, such as 200."
        )
    draws = 200 if wish == "all" else int(wish)
    if places > 1:
        p, size, told = by_sets(asked, _sets_played, draws, 4_400)
        return {"p": p, "p_kind": "permutation", "size": size, "checks": told}
    spread = synthetic_did.placebo(found.fits[0], draws, asked.seed)
    if spread.se is None:
        raise BadDesign(f"No placebos: {spread.why}.")
    words = f"standard deviation of {draws} placebo effects: {spread.se:.4g} (Arkhangelsky et al. 2021, algorithm 4)"
    values = {"sd": float(spread.se), "draws": float(draws)}
    rows, donors, pre = _setting(asked, "sdid")

    def gaps(values: Array, wanted: Codes) -> Array:
        return _spread(
            len(values), wanted, np.array([_in_turn(values, int(r), donors, pre, o) for r in wanted])
        )

    ranked, size, more = by_places(asked, rows, donors, pre, gaps, 30_000, "rmspe_ratio")
    checks = (Check("placebo_spread", "informational", words, values), *more)
    return {"p": ranked, "p_kind": "permutation", "size": size, "checks": checks}


def _sets_played(asked: Asked, draws: int) -> tuple[float, Array]:
    """The effect, and the effects of other places that play the exposed, each in its stratum."""
    from vereda.evaluation import sdid_staggered, synthetic_did

    use, panel, o = _taking_part(asked), asked.panel, asked.options
    y, first = asked.y[use], panel.first[use]
    gaps = "places" if np.isnan(y).any() else "refuse"
    if len(np.unique(panel.stratum)) == 1 and len(np.unique(first[asked.exposed[use]])) == 1:
        start = first[asked.exposed[use]][0]
        one = synthetic_did.fit(y, asked.exposed[use], panel.years < start, o["variant"], o["path"], gaps)
        att, spread = one.att, synthetic_did.placebo(one, draws, asked.seed)
    else:
        found = sdid_staggered.staggered(y, panel.years, first, o["variant"], o["path"], gaps)
        att = found.att
        if len(np.unique(panel.stratum)) > 1:
            return att, _within_strata(asked, draws)
        spread = sdid_staggered.placebo(y, panel.years, first, found, draws, asked.seed)
    if spread.se is None:
        raise BadDesign(f"No placebos: {spread.why}.")
    return att, spread.draws


def _within_strata(asked: Asked, draws: int) -> Array:
    """Each exposed place is played by one of its stratum, the exposed set aside; ridges set again in every draw."""
    from vereda.evaluation.sdid_staggered import staggered

    use, panel, o = _taking_part(asked) & ~np.isnan(asked.y).any(axis=1), asked.panel, asked.options
    never, dates = np.flatnonzero(use & ~asked.exposed), panel.first[use & asked.exposed]
    effects = []
    for rows in players(asked, use, draws):
        roles = np.full(len(panel.places), np.inf)
        roles[rows] = dates
        effects.append(staggered(asked.y[never], panel.years, roles[never], o["variant"], o["path"]).att)
    return np.array(effects)


def _in_turn(values: Array, row: int, donors: Mask, pre: Mask, options: Any) -> Array:
    """The gap of one place against all donors but itself."""
    from vereda.evaluation import synthetic_did

    pool = donors & ~np.isnan(values).any(axis=1)
    pool[row] = False
    use = np.append(np.flatnonzero(pool), row)
    exposed = np.arange(len(use)) == len(use) - 1
    return synthetic_did.fit(values[use], exposed, pre, options["variant"], options["path"]).gap
