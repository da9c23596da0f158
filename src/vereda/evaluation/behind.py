"""How many places a number rests on, exposed and controls: the rule for who may have a standard error.

A standard error needs to see how places differ among themselves. A cohort of k places shows only (k - 1) / k of its
own variation, and a cohort of one shows nothing; the same goes for controls. So a number needs four exposed places
(or clusters) to a cohort, on average, of which cohorts of one may make up little, and four controls in every year it
compares.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.evaluation.asked import at
from vereda.evaluation.inference import FEW, MOST_UNSEEN
from vereda.evaluation.panel import Array, Codes, Panel

EXPOSED = (
    "{what} rests on {places} exposed places (or clusters) in {cohorts} cohorts: fewer than four to a cohort, so their "
    "own variation, which a standard error is made of, cannot be seen. Use scm, ascm or sdid with placebos."
)
UNSEEN = (
    "{share:.0%} of what the variation of {what_low} is made of belongs to cohorts of a single place (or cluster), whose "
    "own variation cannot be seen: more than a tenth. Estimate the larger cohorts by themselves, or use sdid with "
    "placebos."
)
CONTROLS = (
    "{what} rests on a comparison with {controls} controls (places, or clusters): fewer than four, so their own "
    "variation, which a standard error is made of as well, cannot be seen. Add places that are not exposed."
)


@dataclass(frozen=True, slots=True)
class Count:
    """Exposed places (or clusters) behind a number, summed over their cohorts, and the fewest controls in a year.

    unseen: the share of cohorts of one in its variance, if a place varies alike in all of them and in all years.
    """

    places: int
    cohorts: int
    controls: int
    pooled: bool = False
    unseen: float = 0.0

    def why(self, what: str = "The effect") -> str:
        """Why there can be no standard error; empty where there can."""
        if self.places < FEW * (1 if self.pooled else max(self.cohorts, 1)):
            return EXPOSED.format(what=what, places=self.places, cohorts=self.cohorts)
        if self.unseen > MOST_UNSEEN and not self.pooled:
            return UNSEEN.format(share=self.unseen, what_low=what[0].lower() + what[1:])
        return CONTROLS.format(what=what, controls=self.controls) if self.controls < FEW else ""


@dataclass(frozen=True, slots=True)
class Behind:
    """Cohorts (k,) first exposed within `years` (T,), their clusters and places (k,), and the controls (k, T) of each.

    pooled: cohorts share one coefficient, so that their sum counts and not their mean.
    """

    years: Array
    cohort: Array
    size: Codes
    places: Codes
    controls: Codes
    pooled: bool

    def of(self, label: str) -> Count:
        """What is behind "att", "e=2", "g=2004", "t=2007", or behind the ends of a study, "e<=-3" and "e>=4"."""
        g, t = self.cohort[:, None], np.broadcast_to(self.years, self.controls.shape)
        place, kind = at(label), label.rstrip("-0123456789")
        cells: NDArray[np.bool_] = np.asarray(t >= g)
        if place is not None:
            cells = {
                "g=": cells & (g == place),
                "t=": cells & (t == place),
                "e=": t - g == place,
                "e<=": t - g <= place,
                "e>=": t - g >= place,
            }[kind]
        used = cells.any(axis=1)
        fewest = int(self.controls[cells].min(initial=np.iinfo(np.int64).max)) if used.any() else 0
        weight = self.places * cells.sum(axis=1) ** 2.0  # a place's years vary together
        unseen = float(weight[self.size < 2].sum() / weight.sum()) if used.any() else 0.0
        return Count(int(self.size[used].sum()), int(used.sum()), fewest, self.pooled, unseen)


def behind(panel: Panel, control: str = "never", anticipation: int = 0) -> Behind:
    """What the numbers of a panel rest on, given whom its exposed places are compared with.

    control: "never" exposed places; "not-yet": those not exposed in the year (+ anticipation) either; "last": the
    cohort exposed last; "unexposed": as not-yet, for estimators that impute, which estimate the last cohort too;
    "pooled": one count for all years, of places that are compared with while others are exposed (twfe). A place
    counts in a year in which it has a value.
    """
    first, years = panel.first, panel.years
    never = first > years[-1] + anticipation
    cohort = np.unique(first[(first > years[0]) & (first <= years[-1])])
    if control in ("not-yet", "last") and not never.any() and len(cohort):
        # the last cohort only serves as control
        years = years[years < cohort[-1] - (anticipation if control == "not-yet" else 0)]
        cohort = cohort[:-1]
    size = np.array([_distinct(panel.cluster[first == g]) for g in cohort], dtype=np.int64)
    places = np.array([(first == g).sum() for g in cohort], dtype=np.int64)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(panel.y).all(axis=2))
    seen = known[:, : len(years)]
    free: NDArray[np.bool_] = first[:, None] > years + anticipation
    if control in ("never", "last"):
        mine = never if control == "never" else first == first.max()
        free = np.broadcast_to(mine[:, None], seen.shape)
    if control == "pooled":
        late = years >= cohort.min(initial=np.inf)
        count = _distinct(panel.cluster[(free & seen & late).any(axis=1)])
        return Behind(years, cohort, size, places, np.full((len(cohort), len(years)), count), True)
    controls = np.empty((len(cohort), len(years)), dtype=np.int64)
    for i, g in enumerate(cohort):
        if i and control in ("never", "last"):
            controls[i] = controls[0]
        else:
            own = first == g
            controls[i] = [_distinct(panel.cluster[c & ~own]) for c in (free & seen).T]
    return Behind(years, cohort, size, places, controls, False)


def _distinct(codes: Codes) -> int:
    return int((np.bincount(codes) > 0).sum()) if len(codes) else 0
