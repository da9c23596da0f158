"""Every step of a chain on the same draws: areas, leaf, base and hydrochloride of one year, summed over regions.

The last step is the plan itself, so that what is shown step by step is what is answered.
"""

from dataclasses import dataclass, replace

import numpy as np

from vereda.measurement import production as p
from vereda.measurement.parameters import ParameterSet
from vereda.measurement.plan import NONE, Index, Plan
from vereda.measurement.production import Array

HARVEST = ("mean_area", "productive_area", "fresh_leaf", "base", "hydrochloride")
STATED = "stated"  # a step only of the form that re-expresses an amount as pure
ALKALOID = ("sampled_area", "dry_leaf", "alkaloid", "hydrochloride")
#: stage -> what it is, how it is made, unit
STAGES: dict[str, tuple[str, str, str]] = {
    "mean_area": ("coca on average over the year", "(A[t-1] + A[t]) / 2", "ha"),
    "productive_area": ("area that produced in the year", "AP = A_mean + E | A_mean k", "ha"),
    "fresh_leaf": ("fresh leaf harvested", "L = AP y", "t"),
    "base": ("cocaine base", "B = Σ L s c", "kg"),
    "sampled_area": ("coca with usable leaf", "A", "ha"),
    "dry_leaf": ("dry leaf", "A y", "t"),
    "alkaloid": ("cocaine in the leaf", "A y a", "t"),
    STATED: ("cocaine hydrochloride, at the purity formerly stated", "L g", "t"),
    "hydrochloride": ("cocaine hydrochloride, pure", "H", "t"),
}
#: quantities without which a stage has no value
NEEDS = {"fresh_leaf": ("fresh_leaf_yield",), "base": ("base_from_leaf", "base_from_paste", "base_from_base")}


@dataclass(frozen=True, slots=True)
class Staged:
    """A plan of one year that also gives the steps before its result; a model for `uncertainty.draw`.

    names (S,): the stages it gives. leaf, step (R, 1): columns of fresh leaf yield and of the purity step, NONE where
    there is none.
    """

    plan: Plan
    names: tuple[str, ...]
    leaf: Index
    step: Index

    def __call__(self, x: Array) -> Array:
        """(S, D) stages, in their units, of draws of the columns (P, D)."""
        found = self._alkaloid(x) if self.names[0] == "sampled_area" else self._harvest(x)
        return np.stack([found[name] for name in self.names])

    def _harvest(self, x: Array) -> dict[str, Array]:
        plan = self.plan
        mean = p.mean_area(x[plan.before[:, 0]], x[plan.now[:, 0]])
        area = p.productive_area(_times(mean, x, plan.ratio), _at(x, plan.added))
        found = {
            "mean_area": p.national(mean),
            "productive_area": p.national(area),
            "hydrochloride": plan(x)[0],
        }
        if (self.leaf != NONE).all():
            leaf = p.fresh_leaf(area, x[self.leaf[:, 0]])
            found["fresh_leaf"] = p.national(leaf)
            if plan.shares.shape[1]:
                rows = plan.rate[:, 0]
                shares = np.stack([_at(x, plan.shares[rows][:, [k]]) for k in range(plan.shares.shape[1])])
                made = np.stack([_at(x, plan.made[rows][:, [k]]) for k in range(plan.made.shape[1])])
                found["base"] = p.national(p.base(leaf * shares / shares.sum(axis=0), made))
        if STATED in self.names:
            parts = np.stack([plan.of(r)(x)[0] for r in plan.regions])
            found[STATED] = p.national(parts / x[self.step[:, 0]])
        return found

    def _alkaloid(self, x: Array) -> dict[str, Array]:
        plan = self.plan
        dry, content, efficiency = (x[plan.factors[plan.rate[:, 0], f]] for f in range(3))
        area = x[plan.now[:, 0]]
        chain = p.alkaloid_chain(area, dry, content, efficiency)
        return {
            "sampled_area": p.national(area), "dry_leaf": p.national(chain.dry_leaf),
            "alkaloid": p.national(chain.alkaloid), "hydrochloride": plan(x)[0],
        }  # fmt: skip


def staged(plan: Plan, held: ParameterSet) -> Staged:
    """The stages that can be had of a plan of one year; leaf, where its yield is known beside an aggregate factor."""
    (year,) = plan.years
    if held.chain == "alkaloid":
        none = np.full((len(plan.regions), 1), NONE, dtype=np.int32)
        return Staged(plan, ALKALOID, none, none)
    columns = {column: i for i, column in enumerate(plan.columns)}
    yields = [held.find("fresh_leaf_yield", region, year) for region in plan.regions]
    known = all(yields)
    leaf = [columns.setdefault(y, len(columns)) if known and y else NONE for y in yields]
    step = [columns.get(s, NONE) if (s := held.find("purity_step", r, year)) else NONE for r in plan.regions]
    stated = any(c.name == "stated_per_leaf" for c in plan.columns)
    names = ["mean_area", "productive_area", *(["fresh_leaf"] if known else [])]
    names += ["base"] if known and plan.shares.shape[1] else []
    names += [STATED] if stated else []
    wide = replace(plan, columns=tuple(columns))
    leaves, steps = (np.array(found, dtype=np.int32).reshape(-1, 1) for found in (leaf, step))
    return Staged(wide, (*names, "hydrochloride"), leaves, steps)


def _at(x: Array, column: Index) -> Array:
    """(R, D) values of (R, 1) columns, zero where there is none."""
    rows = column[:, 0]
    return np.where((rows != NONE)[:, None], x[np.maximum(rows, 0)], 0.0)


def _times(mean: Array, x: Array, column: Index) -> Array:
    """The mean area times the ratio of those regions that have one."""
    rows = column[:, 0]
    return mean * np.where((rows != NONE)[:, None], x[np.maximum(rows, 0)], 1.0)
