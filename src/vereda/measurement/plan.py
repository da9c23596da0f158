"""From checked parameters to a model: which column of a draw stands where in the sum over regions.

Every chain is a sum of products, and so are its aggregate forms:

    H[t] = scale * sum over r of AP[r, t] * rate[r, t]
    AP   = (area[r, t-1] + area[r, t]) / 2 * ratio[r, t] + added[r, t]
    rate = product of factors * (sum over routes of share * base from a tonne) / (sum of shares)

A factor surveyed once and carried forward is one column, however many years use it: its error is shared by them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement import kernel
from vereda.measurement.parameters import Missing, Parameter, ParameterSet
from vereda.measurement.production import KG_IN_T, Array
from vereda.measurement.quantities import ROUTES

Form = Literal["routes", "leaf", "hectare", "re-expressed"]
Area = Literal["added", "ratio", "mean"]
Index = NDArray[np.int32]
NONE = -1
#: the factors of each form, besides routes; each beside its formula in `production`
FACTORS = {
    "routes": ("fresh_leaf_yield", "base_purity", "hcl_per_base"),
    "leaf": ("fresh_leaf_yield", "hcl_per_leaf"),
    "hectare": ("hcl_per_ha",),
    "re-expressed": ("fresh_leaf_yield", "stated_per_leaf", "purity_step"),
    "alkaloid": ("dry_leaf_yield", "alkaloid_content", "laboratory_efficiency"),
}
SHARES, FROM = tuple(f"share_{k}" for k in ROUTES), tuple(f"base_from_{k}" for k in ROUTES)


@dataclass(frozen=True, slots=True)
class Plan:
    """A chain ready to be computed on draws of its columns.

    columns: the P parameters that are drawn. years (T,), regions (R). before, now, ratio, added, rate: (R, T) columns,
    and rows of `factors` (M, F), `shares` and `made` (M, K); NONE where there is none. scale: to tonnes.
    """

    columns: tuple[Parameter, ...]
    regions: tuple[str, ...]
    years: tuple[int, ...]
    before: Index
    now: Index
    ratio: Index
    added: Index
    rate: Index
    factors: Index
    shares: Index
    made: Index
    scale: float

    def __call__(self, x: Array) -> Array:
        """Pure hydrochloride by year, (T, D) t, of draws of the columns, (P, D) in the quantities' own units."""
        out = np.empty((len(self.years), x.shape[1]))
        kernel.tonnes(x, *self.tables, out, 0)
        return out

    @property
    def tables(self) -> tuple[Index, Index, Index, Index, Index, Index, Index, Index, float]:
        """What the compiled loops take of it, in their order."""
        areas = (self.before, self.now, self.ratio, self.added)
        return (*areas, self.rate, self.factors, self.shares, self.made, self.scale)

    def of(self, region: str) -> "Plan":
        """The same columns, summed over one region only."""
        if region not in self.regions:
            raise BadDesign(f"{region!r} is none of the regions of this plan: {', '.join(self.regions)}.")
        row = [self.regions.index(region)]
        areas = {key: getattr(self, key)[row] for key in ("before", "now", "ratio", "added", "rate")}
        return replace(self, regions=(region,), **areas)

    def groups(self, by: Literal["parameter", "quantity", "region", "survey"]) -> dict[str, tuple[int, ...]]:
        """Columns gathered for shares of uncertainty; "survey" is one quantity in one region, over all years."""
        found: dict[str, list[int]] = {}
        for i, p in enumerate(self.columns):
            if p.distribution != "fixed":
                keys = {"parameter": p.label, "quantity": p.name, "region": p.region}
                found.setdefault(keys.get(by, f"{p.name}@{p.region}"), []).append(i)
        return {key: tuple(columns) for key, columns in found.items()}


class _Book:
    """Columns in the order of their first use."""

    def __init__(self, held: ParameterSet) -> None:
        self.held = held
        self.columns: dict[Parameter, int] = {}

    def column(self, name: str, region: str, year: int) -> int:
        found = self.held.find(name, region, year)
        return NONE if found is None else self.columns.setdefault(found, len(self.columns))

    def table(self, name: str, years: Iterable[int]) -> Index:
        years = tuple(years)
        rows = [[self.column(name, r, t) for t in years] for r in self.held.regions]
        return np.array(rows, dtype=np.int32)


def harvest_plan(
    held: ParameterSet, years: Sequence[int], form: Form, area: Area, re_express: bool = False
) -> Plan:
    """The harvest chain for these years. Needs the area of the year before each, too.

    form: "routes" is the whole chain; "leaf" and "hectare" use the aggregate factors g and z; "re-expressed" is leaf with
    a factor at the purity formerly stated, times `purity_step`, without which it is not pure. area: "added" is the mean of
    two Decembers and the eradicated part, "ratio" multiplies the mean, "mean" is the mean alone. re_express multiplies any
    other form by `purity_step`. BadDesign with the list of what is missing: nothing is filled in.
    """
    _complete(harvest_needs(held, years, form, area, re_express))
    names, routed = _factors(form, re_express), form == "routes"
    book = _Book(held)
    before, now = book.table("census_area", (t - 1 for t in years)), book.table("census_area", years)
    none = np.full(now.shape, NONE, dtype=np.int32)
    ratio = book.table("productive_ratio", years) if area == "ratio" else none
    added = book.table("added_area", years) if area == "added" else none
    return _plan(book, years, (before, now, ratio, added), names, routed, 1 / KG_IN_T)


def harvest_needs(
    held: ParameterSet, years: Sequence[int], form: Form, area: Area, re_express: bool = False
) -> tuple[Missing, ...]:
    """What `harvest_plan` would miss; empty where it can be made."""
    _chain(held, "harvest")
    if form not in ("routes", "leaf", "hectare", "re-expressed") or area not in ("added", "ratio", "mean"):
        raise BadDesign(
            f"Form {form!r} with area {area!r} is not known: routes, leaf, hectare, re-expressed; added, ratio, mean."
        )
    extra = {"added": ("added_area",), "ratio": ("productive_ratio",), "mean": ()}[area]
    routed = SHARES if form == "routes" else ()
    return (
        held.need(("census_area",), sorted({*years, *(t - 1 for t in years)}))
        + held.need((*extra, *_factors(form, re_express), *routed), years)
        + (_made(held, years) if routed else ())
    )


def alkaloid_needs(held: ParameterSet, years: Sequence[int]) -> tuple[Missing, ...]:
    """What `alkaloid_plan` would miss; empty where it can be made."""
    _chain(held, "alkaloid")
    return held.need(("sampled_area", *FACTORS["alkaloid"]), years)


def _factors(form: Form, re_express: bool) -> tuple[str, ...]:
    step = ("purity_step",) if re_express and form != "re-expressed" else ()  # once is enough
    return FACTORS[form] + step


def alkaloid_plan(held: ParameterSet, years: Sequence[int]) -> Plan:
    """The alkaloid chain for these years; BadDesign with the list of what is missing."""
    _complete(alkaloid_needs(held, years))
    names = FACTORS["alkaloid"]
    book = _Book(held)
    now = book.table("sampled_area", years)
    none = np.full(now.shape, NONE, dtype=np.int32)
    return _plan(book, years, (now, now, none, none), names, False, 1.0)


def _plan(
    book: _Book, years: Sequence[int], areas: tuple[Index, Index, Index, Index], names: tuple[str, ...], routed: bool, scale: float
) -> Plan:  # fmt: skip
    """Cells that use the same factors share one rate."""
    used = names + (SHARES + FROM if routed else ())
    cells = np.stack([book.table(name, years) for name in used], axis=-1)
    rates, rate = np.unique(cells.reshape(-1, len(used)), axis=0, return_inverse=True)
    f, k = len(names), len(SHARES) if routed else 0
    factors, shares, made = (
        np.ascontiguousarray(rates[:, a:b]) for a, b in ((0, f), (f, f + k), (f + k, f + 2 * k))
    )
    before, now, ratio, added = areas
    cells_rate: Index = rate.astype(np.int32).reshape(now.shape)
    return Plan(
        tuple(book.columns), book.held.regions, tuple(years), before, now, ratio, added, cells_rate, factors, shares,
        made, scale,
    )  # fmt: skip


def _made(held: ParameterSet, years: Sequence[int]) -> tuple[Missing, ...]:
    """Base from a tonne is needed for the routes that anybody takes."""
    found: list[Missing] = []
    for share, made in zip(SHARES, FROM, strict=True):
        taken = [t for t in years if any(_taken(held.find(share, r, t)) for r in held.regions)]
        found += held.need((made,), taken) if taken else ()
    return tuple(found)


def _taken(share: Parameter | None) -> bool:
    return share is not None and share.high > 0


def _chain(held: ParameterSet, chain: str) -> None:
    if held.chain != chain:
        raise BadDesign(
            f"These are parameters of the {held.chain} chain; the {chain} chain has its own area and factors. "
            "The two are never mixed: compute both and show them side by side."
        )


def _complete(missing: Sequence[Missing]) -> None:
    if missing:
        lines = "\n".join(f"  {m}" for m in missing)
        raise BadDesign(
            f"{len(missing)} parameter(s) are missing; none has a default, and nothing was computed:\n{lines}"
        )
