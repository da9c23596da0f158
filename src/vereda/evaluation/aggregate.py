"""From ATT(g, t) to fewer numbers: Callaway & Sant'Anna (2021), section 3, with the error of estimated weights."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.inference import FEW, MOST_UNSEEN, few
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.results import CohortEffects, Estimates
from vereda.evaluation.threads import one_blas_thread

# A result whose weights rest on fewer than FEW exposed places (or, with `cluster`, clusters) to a cohort, on average, has
# an influence of nan, so that no standard error can be computed from it by any road; an average with such a part has
# none either.


def cells(effects: CohortEffects, cluster: Codes | None = None) -> Estimates:
    """Every ATT(g, t) as it stands, k of them: value (k, m), influence (n, k, m), nan where places are few."""
    labels = tuple(f"g={g:.0f} t={t:.0f}" for g, t in zip(effects.cohort, effects.year, strict=True))
    influence, gone = effects.influence, few(effects, cluster)
    if gone.any():
        influence = np.where(gone[:, None], np.nan, influence)
    return Estimates(labels, effects.att, influence)


def simple(effects: CohortEffects, cluster: Codes | None = None) -> Estimates:
    """One number: the mean over all cells after exposure, by size of the cohort (theta_W)."""
    return _weighted(effects, ["overall"], _after(effects)[:, None].astype(float), cluster)


def dynamic(
    effects: CohortEffects, balance: int | None = None, last: int | None = None, cluster: Codes | None = None
) -> Estimates:
    """By years since exposure, e = t - g (theta_es): "overall", the mean over e >= 0, then "e=-3" and so on.

    balance: only cohorts seen at least so many years after exposure, and e up to that, so that the mix of
    cohorts is the same at every e >= 0. last: no e after this.
    """
    e = effects.year - effects.cohort
    kept = np.ones(len(e), dtype=bool) if last is None else e <= last
    if balance is not None:
        longest = np.array([e[effects.cohort == g].max() for g in effects.cohort])
        kept &= (longest >= balance) & (e <= balance)
    times = np.unique(e[kept])
    if not (times >= 0).any():
        raise BadDesign("No cohort is seen that long after exposure. Ask for fewer years (balance, last).")
    shares = ((e[:, None] == times) & kept[:, None]).astype(float)
    return _with_mean(_weighted(effects, [f"e={t:.0f}" for t in times], shares, cluster), times >= 0)


def group(effects: CohortEffects, cluster: Codes | None = None) -> Estimates:
    """By cohort, the mean over its years after exposure (theta_sel): "overall", then "g=2004" and so on.

    overall weighs cohorts by size: the mean effect over the places ever exposed.
    """
    after = _after(effects)
    groups = np.unique(effects.cohort[after])
    each = ((effects.cohort[:, None] == groups) & after[:, None]).astype(float)
    each /= each.sum(axis=0)
    labels = ["overall", *(f"g={g:.0f}" for g in groups)]
    return _weighted(effects, labels, np.column_stack([each.sum(axis=1), each]), cluster)


def calendar(effects: CohortEffects, cluster: Codes | None = None) -> Estimates:
    """By year, the mean over cohorts exposed by then (theta_c): "overall", the mean over years, then "t=2004"..."""
    after = _after(effects)
    years = np.unique(effects.year[after])
    shares = ((effects.year[:, None] == years) & after[:, None]).astype(float)
    found = _weighted(effects, [f"t={t:.0f}" for t in years], shares, cluster)
    return _with_mean(found, np.ones(len(years), dtype=bool))


def together(parts: Mapping[str, Estimates]) -> Estimates:
    """Several results for the same places and outcomes as one family, labelled "name: label"."""
    shapes = {(e.influence.shape[0], e.influence.shape[2]) for e in parts.values()}
    if len(shapes) != 1:
        raise BadDesign(
            f"Only results of the same places and outcomes can be joined; these have {sorted(shapes)}."
        )
    return Estimates(
        tuple(f"{name}: {label}" for name, e in parts.items() for label in e.label),
        np.concatenate([e.value for e in parts.values()]),
        np.concatenate([e.influence for e in parts.values()], axis=1),
    )


def _after(effects: CohortEffects) -> NDArray[np.bool_]:
    after = effects.year >= effects.cohort
    if not after.any():
        raise BadDesign("No cell lies after exposure: there is no effect to aggregate.")
    return after


def _weighted(
    effects: CohortEffects, labels: Sequence[str], shares: Array, cluster: Codes | None
) -> Estimates:
    """Means of cells by shares (k, p) per exposed place; that cohort sizes are estimated is part of the influence.

    theta = sum u n_g att / sum u n_g, so a place of cohort g adds n sum_{cells of g} u (att - theta) / sum u n_g.
    """
    n = len(effects.first)
    groups, of_cell = np.unique(effects.cohort, return_inverse=True)
    row = np.minimum(np.searchsorted(groups, effects.first), len(groups) - 1)
    row[effects.first != groups[row]] = len(groups)  # places in no cohort
    size = np.bincount(row, minlength=len(groups) + 1)[of_cell]
    total = size @ shares
    weights = shares * size[:, None] / total
    value = weights.T @ effects.att
    surplus = n * shares[:, :, None] / total[:, None] * (effects.att[:, None] - value)  # (k, p, m)
    drift = np.zeros((len(groups) + 1, *value.shape))
    np.add.at(drift, of_cell, surplus)
    unknown = np.isnan(effects.influence[:1]).any(
        axis=0
    )  # (k, m), of cells with few controls: nan for every place
    known = np.where(unknown, 0.0, effects.influence) if unknown.any() else effects.influence
    with one_blas_thread():
        if effects.att.shape[1] == 1:  # one product rather than one for each place
            influence = (known[..., 0] @ weights)[..., None]
        else:
            influence = np.matmul(np.ascontiguousarray(weights.T), known)
    influence += drift[row]
    influence[:, (weights != 0).T @ unknown] = np.nan  # only what has weight on such a cell
    influence[:, _few_behind(effects, shares, cluster)] = np.nan
    return Estimates(tuple(labels), value, influence)


def _few_behind(effects: CohortEffects, shares: Array, cluster: Codes | None) -> NDArray[np.bool_]:
    """True (p,) where cohorts with weight have fewer than FEW places (or clusters) each, on average, or one too often.

    Cohorts of one may hold MOST_UNSEEN of the variance, by the squared weight of their places.
    """
    total, cohorts = np.zeros(shares.shape[1]), np.zeros(shares.shape[1])
    unseen, whole = np.zeros(shares.shape[1]), np.zeros(shares.shape[1])
    for g in np.unique(effects.cohort):
        mine = effects.cohort == g
        places = np.where(shares[mine] > 0, effects.places[mine, None], np.inf).min(axis=0)
        weight = (effects.first == g).sum() * shares[mine].sum(axis=0) ** 2
        if cluster is not None:
            clusters = len(np.unique(cluster[effects.first == g]))
            places = np.where(np.isfinite(places), np.minimum(places, clusters), places)
        total += np.where(np.isfinite(places), places, 0)
        cohorts += np.isfinite(places)
        whole += weight
        unseen += weight * (places < 2)
    few_behind: NDArray[np.bool_] = (total < FEW * np.maximum(cohorts, 1)) | (unseen > MOST_UNSEEN * whole)
    return few_behind


def _with_mean(found: Estimates, over: NDArray[np.bool_]) -> Estimates:
    """The same with "overall", the plain mean of some, in front."""
    return Estimates(
        ("overall", *found.label),
        np.concatenate([found.value[over].mean(axis=0, keepdims=True), found.value]),
        np.concatenate([found.influence[:, over].mean(axis=1, keepdims=True), found.influence], axis=1),
    )
