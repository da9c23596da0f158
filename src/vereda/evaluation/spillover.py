"""The balloon: effect on the exposed, effect displaced to their neighbours, and what is left of it in all.

Butts (2023), Difference-in-differences with spatial spillovers, arXiv:2105.03737, sections 2 and 5; Clarke (2017),
Estimating difference-in-differences in the presence of spillovers, MPRA 81604. Places near an exposure are no
controls: each ring is compared, as the exposed are, with far places only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation.exposure import Rings, rings
from vereda.evaluation.inference import FEW, errors, why_no_se
from vereda.evaluation.panel import NEVER, Array, Panel
from vereda.evaluation.results import Effect, Estimates
from vereda.evaluation.small_sample import sides
from vereda.evaluation.spatial import cluster_covariance

Mask = NDArray[np.bool_]
OVER_PEOPLE = "net over people"
Estimator = Callable[[Panel], Estimates]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Direct, displaced and net effect of one exposure on m outcomes.

    effects: labels "direct" (mean effect on an exposed place), "ring 1", ... (on a place of that ring), "displaced"
    (on a place of any ring), "net" (sum of places times effect: all exposed and ring places together) and "net per
    exposed place"; where the estimator gives several effects, each as "direct: 0", "direct: 1", ... influence (n, p,
    m) over all n places of the panel, nan where a class is too small to show its own variation, and `why_no_se` gives
    the reason by label. covariance (m, p, p): joint, summed within clusters. places: exposed, ring 1, ..., far that
    took part. left_out: places without a clean year before, used neither as exposed nor as controls.
    """

    effects: Estimates
    covariance: Array
    places: tuple[int, ...]
    left_out: tuple[str, ...]
    rings: Rings
    why_no_se: Mapping[str, str]

    @property
    def se(self) -> Array:
        """(p, m) standard errors; nan where `why_no_se` says."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2).T))


def decomposition(
    panel: Panel, graph: csr_array, buffer: int, estimator: Estimator, since: str | None = None
) -> Decomposition:
    """Estimate the exposed and every ring against far places, and add them up with their joint covariance.

    estimator: panel of one class and the far places, `first` = when the class began, inf for far -> Estimates (such
    as a "simple" aggregation of att_gt). Far: never exposed and more than `buffer` steps from any exposed place.

    since: what begins for a place that stood beside an exposed place before its own year: "own" counts from its own
    year (the direct effect then starts from a year already touched), "touched" from the year it was first touched
    (the effect of the whole programme on it, with a clean year before). Without an answer such places raise
    BadDesign. Exposed after the last year is not exposed here. The numbers of places are taken as given, not drawn.
    """
    ring = rings(graph, np.where(panel.first > panel.years[-1], NEVER, panel.first), buffer)
    onset = _onset(panel, ring, since)
    late = onset <= panel.years[0]
    classes = [(ring.steps == order) & ~late for order in range(buffer + 1)]
    far = ring.steps > buffer
    _enough(classes, far, buffer)
    runs = [_run(panel, onset, members, far, estimator) for members in classes]
    if len({run.label for run in runs}) > 1:
        raise BadDesign(
            "The exposed and their rings do not have the same effects:\n  "
            + "\n  ".join(", ".join(run.label) for run in runs)
            + "\nUse an aggregation that all of them have, such as one mean effect."
        )
    count = [int(c.sum()) for c in (*classes, far)]
    effects = _added(runs, count[:-1])
    covariance = cluster_covariance(effects.influence, panel.cluster)
    left_out = tuple(panel.places[i] for i in np.flatnonzero(late))
    return Decomposition(effects, covariance, tuple(count), left_out, ring, why_no_se(effects))


def over_people(panel: Panel, graph: csr_array, buffer: int, people: Array) -> Effect:
    """The net effect on a rate: the mean over all residents of exposed and ring places, in the unit of the rate.

    A rate does not add up over places, but it does over the people it is counted on. people (n,): residents before
    exposure, above zero. Each class's effect is the mean of its places' changes weighted by their people, against the
    same mean change of far places as everywhere else here; classes are then weighted by their people. Places begin
    in the same year; all of them have all years.
    """
    starts = np.unique(panel.first[panel.first <= panel.years[-1]])
    if len(starts) != 1 or np.isnan(panel.y).any():
        raise BadDesign("Effects over people need places that begin in the same year, without gaps.")
    weighed = replace(panel, covariates=np.asarray(people, dtype=float)[:, None], covariate_names=("people",))
    found = decomposition(weighed, graph, buffer, _weighted_change)
    members = [found.rings.steps == order for order in range(buffer + 1)]
    share = np.array([people[m].sum() for m in members]) / sum(people[m].sum() for m in members)
    value, influence = found.effects.value[: buffer + 1], found.effects.influence[:, : buffer + 1]
    net = Estimates((OVER_PEOPLE,), share[None] @ value, np.einsum("c,ncm->nm", share, influence)[:, None])
    known = errors(net, panel.cluster, sides(_classes(found.rings), panel.cluster, found.rings.steps))
    total, se, half = float(net.value[0, 0]), float(known.se[0, 0]), float(known.half()[0, 0])
    if not np.isfinite(half):
        return Effect(OVER_PEOPLE, total)
    return Effect(OVER_PEOPLE, total, se, total - half, total + half)


def _weighted_change(part: Panel) -> Estimates:
    """Mean change from the last year before to all years after, weighted by people, less that of never exposed places."""
    exposed, people = np.isfinite(part.first), part.covariates[:, 0]
    after = part.years >= part.first.min()
    change = part.y[:, after].mean(axis=1) - part.y[:, np.flatnonzero(~after)[-1]]  # (n, m)
    weight = np.where(exposed, people / people[exposed].sum(), 0.0)[:, None]
    ours, others = (weight * change).sum(axis=0), change[~exposed].mean(axis=0)
    own = np.where(exposed[:, None], weight * (change - ours), -(change - others) / (~exposed).sum())
    return Estimates(("change",), (ours - others)[None], (len(own) * own)[:, None])


def _classes(ring: Rings) -> Array:
    """(n,) the side each place is on: by its steps from an exposed place; inf for far ones."""
    return np.where(ring.steps > ring.buffer, np.inf, ring.steps.astype(float))


def donors(first: Array, ring: Rings, buffer: int) -> Mask:
    """(n,) places that may serve as controls or donors: never exposed, more than `buffer` steps from any exposed.

    A smaller buffer than that of the rings may be asked for, not a larger one: beyond it the steps were not counted.
    """
    if not 0 <= buffer <= ring.buffer or np.shape(first) != ring.steps.shape:
        raise BadDesign(
            f"A buffer of {buffer} steps over {np.shape(first)} places: the rings know {ring.buffer} steps of "
            f"{len(ring.steps)} places. Make the rings with the larger buffer."
        )
    kept: Mask = np.isinf(first) & (ring.steps > buffer)
    if not kept.any():
        raise BadDesign(f"No place is further than {buffer} steps from the exposed ones: no donor is left.")
    return kept


def _onset(panel: Panel, ring: Rings, since: str | None) -> Array:
    if since not in (None, "own", "touched"):
        raise BadDesign(f"since={since!r}: own or touched.")
    touched = ring.touched
    if touched.any() and since is None:
        names = ", ".join(panel.places[i] for i in np.flatnonzero(touched)[:5])
        raise BadDesign(
            f"{int(touched.sum())} exposed places stood beside an exposed place before their own year, such as {names}. "
            'Count their effect from their own year (since="own") or from the year they were first touched '
            '(since="touched").'
        )
    return np.where(touched, ring.near, ring.since) if since == "touched" else ring.since


def _enough(classes: list[Mask], far: Mask, buffer: int) -> None:
    empty = [
        "exposed" if order == 0 else f"in ring {order}" for order, c in enumerate(classes) if not c.any()
    ]
    if empty:
        raise BadDesign(
            f"No place with a clean year before is {' or '.join(empty)}. Use a smaller buffer, or begin the panel "
            "earlier; islands have no ring at all."
        )
    if far.sum() < FEW:
        raise BadDesign(
            f"{int(far.sum())} places are further than {buffer} steps from the exposed ones; at least {FEW} are needed "
            "as controls. Use a smaller buffer, or a graph with fewer neighbours."
        )


def _run(panel: Panel, onset: Array, members: Mask, far: Mask, estimator: Estimator) -> Estimates:
    """The estimate of one class, its influence put back among all places.

    The mean over k places of the part equals the mean over all n places of n / k times as much, zero elsewhere.
    """
    part = members | far
    found = estimator(replace(panel, first=np.where(members, onset, NEVER)).only(part))
    k, shape = int(part.sum()), np.shape(found.value)
    if found.influence.shape != (k, *shape) or shape != (len(found.label), len(panel.outcomes)):
        raise BadDesign(
            f"The estimator gave influence {found.influence.shape} for {len(found.label)} effects, {k} places and "
            f"{len(panel.outcomes)} outcomes. Its influence is (places, effects, outcomes)."
        )
    if not np.isfinite(found.value).all():
        raise BadDesign(
            "The estimator gave no number for some effect of a class. Check its gaps and cohorts."
        )
    influence = np.zeros((len(part), *shape))
    influence[part] = found.influence * (len(part) / k)
    if min(members.sum(), len(np.unique(panel.cluster[members]))) < FEW:
        influence[:] = np.nan
    return Estimates(found.label, found.value, influence)


def _added(runs: list[Estimates], count: list[int]) -> Estimates:
    """Every sum of the classes, label by label; what rests on a class without influence has none."""
    labels, combine = _combinations(count)
    inner, m = runs[0].label, runs[0].value.shape[1]
    label = labels if len(inner) == 1 else tuple(f"{a}: {b}" for a in labels for b in inner)
    value = np.tensordot(combine, np.stack([run.value for run in runs]), axes=1)
    parts = np.stack([run.influence for run in runs])  # (classes, n, effects, m)
    gone: Array = np.isnan(parts).any(axis=1).astype(float)
    missing: Array = np.tensordot((combine != 0).astype(float), gone, axes=1)
    influence = np.tensordot(combine, np.where(gone[:, None] > 0, 0.0, parts), axes=1)
    influence = np.moveaxis(np.where(missing[:, None] > 0, np.nan, influence), 0, 1)
    return Estimates(label, value.reshape(-1, m), influence.reshape(len(influence), -1, m))


def _combinations(count: list[int]) -> tuple[tuple[str, ...], Array]:
    """Labels, and how each is a sum of the direct effect and those of the rings."""
    weights = np.array(count, dtype=float)
    outside = np.where(np.arange(len(count)) > 0, weights, 0.0)
    ringed = [f"ring {order}" for order in range(1, len(count))]
    return (
        ("direct", *ringed, "displaced", "net", "net per exposed place"),
        np.vstack([np.eye(len(count)), outside / outside.sum(), weights, weights / weights[0]]),
    )
