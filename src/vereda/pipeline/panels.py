"""From the desk to the cube: which places, years, outcomes and exposure an evaluation plan asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation.exposure import Rings, adjacency, rings
from vereda.evaluation.panel import NEVER, Panel, panel
from vereda.pipeline.desk import Desk
from vereda.terms.indicator import REGISTRY
from vereda.terms.period import period
from vereda.terms.plan import Covariate, Exposure, Outcome, Plan

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


ENOUGH = (
    10  # departments with exposed places; with fewer, sums by department say too little of their own spread
)


@dataclass(slots=True)
class Values:
    """Figures of all municipalities by series and year, each looked up once."""

    desk: Desk
    places: tuple[str, ...]
    _held: dict[tuple[str, str], Array] = field(default_factory=dict)

    def year(self, series: str, year: str) -> Array:
        """(places,) the first figure of each place, nan where there is none or the year is known to be incomplete."""
        if (series, year) not in self._held:
            figures = [self.desk.exact(series, place, year) for place in self.places]
            self._held[series, year] = np.array(
                [
                    np.nan if f is None or f.value is None or f.status == "incomplete" else f.value
                    for f in figures
                ]
            )
        return self._held[series, year]

    def one_edition(self, series: str, years: Sequence[str], why: str) -> None:
        """BadDesign where the figures of these years are of several editions, between which a series jumps."""
        country = self.desk.register.case.country
        held = {y: self.desk.table(series, country, y) for y in years}
        found = {y: f"{t.source} {t.vintage}" for y, t in held.items() if t is not None}
        if len({*found.values()}) > 1:
            told = "; ".join(
                f"{edition} in {min(y for y in found if found[y] == edition)}"
                for edition in dict.fromkeys(found.values())
            )
            raise BadDesign(
                f"{why} divides by {series}, which comes from several editions ({told}): the jump between them would be read "
                "as an effect. Take years of one edition, or keep an edition that covers them all."
            )

    def years(self, series: str, span: str) -> tuple[int, ...]:
        """Whole years within the span in which the series, or everything an indicator needs, is held."""
        first, last = years_of(span)
        country = self.desk.register.case.country
        held = [{*self.desk.periods_inside(need, country)} for need in needed(series)]
        return tuple(y for y in range(first, last + 1) if all(str(y) in one for one in held))

    def mean(self, series: str, span: str) -> Array:
        """(places,) mean over the years held in the span; nan where no year has a figure."""
        table = np.array([self.year(series, str(y)) for y in self.years(series, span)])
        if not table.size:
            raise BadDesign(f"No year of {series} is held between {span.replace('-', ' and ')}.")
        count = (~np.isnan(table)).sum(axis=0)
        return np.where(count > 0, np.nansum(table, axis=0) / np.maximum(count, 1), np.nan)

    def total(self, series: str, span: str) -> Array:
        """(places,) sum over the span; nan where a year has no figure."""
        total: Array = np.array([self.year(series, str(y)) for y in self.years(series, span)]).sum(axis=0)
        return total


@dataclass(frozen=True, slots=True)
class Design:
    """A plan laid out over all municipalities of the country, before any outcome is looked at.

    inside (n,): places the plan speaks of. first (n,): first exposed year, inf for never. dose (n,): amount, 0 for
    none; None where exposure has no amount. covariates (n, p). ring: who stands next to whom.
    """

    plan: Plan
    places: tuple[str, ...]
    inside: Mask
    first: Array
    dose: Array | None
    covariates: dict[str, Array]
    graph: csr_array
    ring: Rings
    department: tuple[str, ...]

    @property
    def exposed(self) -> Mask:
        """(n,) places inside that are ever exposed."""
        both: Mask = self.inside & np.isfinite(self.first)
        return both

    @property
    def since(self) -> int:
        """First exposed year of the plan."""
        return period(self.plan.exposure.since).year


def needed(series: str) -> tuple[str, ...]:
    """The series that an indicator of a place is computed from; a series needs itself alone."""
    rule = REGISTRY.get(series)
    return rule.needs if rule is not None and rule.over == "place" else (series,)


def members(desk: Desk, series: str) -> str:
    """The period in which a series says who is a member: the newest that is held."""
    return desk.periods_inside(series, desk.register.case.country)[-1]


def years_of(span: str) -> tuple[int, int]:
    """First and last year of a span such as 2010-2023."""
    return period(span).start.year, period(span).end.year


def design(plan: Plan, values: Values, pairs: Sequence[tuple[str, str]]) -> Design:
    """Lay a plan out; BadDesign where its exposure cannot be read from what is held."""
    desk, places = values.desk, values.places
    since = period(plan.exposure.since).year
    total, dose = _dose(plan.exposure, values)
    # A place with some of it and no divisor has no dose and is left out; its neighbours are neighbours all the same.
    who = total > 0 if total is not None else _members(desk, plan.exposure, places)
    first = np.where(who, float(since), NEVER)
    inside = np.ones(len(places), dtype=bool) if dose is None else ~np.isnan(dose)
    if plan.among is not None:
        inside &= np.nan_to_num(values.mean(plan.among.series, plan.among.during)) > plan.among.above
    if not (inside & who).any():
        raise BadDesign(
            f"Plan {plan.id}: no place is exposed. Look at `exposure` and `among` in evaluations.yml."
        )
    known = [pair for pair in pairs if pair[0] in desk.gazetteer and pair[1] in desk.gazetteer]
    graph = adjacency(places, known)
    return Design(
        plan, places, inside, first, dose, _covariates(plan.covariates, values), graph,
        rings(graph, first, max(plan.buffers)), tuple(desk.gazetteer.places[p].parent or "" for p in places),
    )  # fmt: skip


def _members(desk: Desk, exposure: Exposure, places: Sequence[str]) -> Mask:
    """Places of the scope in its version of the year: listed, or members by a series."""
    scope = next(s for s in desk.register.scopes if s.id == exposure.scope)
    year = period(exposure.since).year
    version = next((v for v in scope.versions if period(v.since).year == year), None)
    if version is None:
        raise BadDesign(
            f"Scope {scope.id} has no version of {year}; write one in scopes.yml, or another `since`."
        )
    if scope.series is not None:
        held = members(desk, scope.series)
        return np.array(
            [(f := desk.best(scope.series, p, held)) is not None and f.value == 1 for p in places]
        )
    return np.isin(places, version.places or ())


def _dose(exposure: Exposure, values: Values) -> tuple[Array, Array] | tuple[None, None]:
    """Sum of the series, and the same by unit of `per` where that is given; nan where the divisor is zero."""
    if exposure.series is None or exposure.during is None:
        return None, None
    total = values.total(exposure.series, exposure.during)
    if exposure.per is None:
        return total, total
    by = values.mean(exposure.per, exposure.per_during or exposure.during)
    return total, np.where((by > 0) | (total == 0), total / np.where(by > 0, by, 1.0), np.nan)


def _covariates(asked: Sequence[Covariate], values: Values) -> dict[str, Array]:
    change: dict[str, Any] = {"level": lambda x: x, "log": np.log, "asinh": np.arcsinh}
    return {f"{c.transform}({c.series})": change[c.transform](values.mean(c.series, c.during)) for c in asked}


@dataclass(frozen=True, slots=True)
class Sample:
    """One outcome of a design, ready for an estimator. labels (T,): the calendar year of each period of the panel.

    rows (n,): where each place of the panel stands among all municipalities. Where the outcome is held in single
    years only, the panel counts editions, not years, and `labels` says which.
    """

    panel: Panel
    rows: NDArray[np.int64]
    labels: tuple[int, ...]
    dose: Array | None
    left_out: tuple[str, ...]  # places of the design without a complete series or covariate

    @property
    def consecutive(self) -> bool:
        """Whether the outcome is held in every year."""
        return self.labels[-1] - self.labels[0] == len(self.labels) - 1


def sample(
    design: Design, outcome: Outcome, transform: str, values: Values, buffer: int, start: int | None = None,
    covariates: bool = True,
) -> Sample:  # fmt: skip
    """The panel of one outcome: exposed places, and places further than `buffer` steps from any of them.

    A place with a gap in any year, or without a covariate of the plan, is left out and named, whether the estimator
    uses the covariate or not: every estimator of a plan then speaks of the same places.
    """
    labels = tuple(
        y for y in values.years(outcome.series, outcome.years or design.plan.years) if y >= (start or 0)
    )
    if sum(y < design.since for y in labels) < 2 or not any(y >= design.since for y in labels):
        raise BadDesign(
            f"Plan {design.plan.id}: {outcome.series} is held for {', '.join(map(str, labels)) or 'no year'}; at least two "
            f"years before {design.since} and one from then on are needed."
        )
    if below := divides_by(outcome.series, transform):
        values.one_edition(below, [str(year) for year in labels], f"Plan {design.plan.id}: {outcome.series}")
    y = np.column_stack([_measured(outcome.series, transform, str(year), values) for year in labels])
    far = np.isinf(design.first) & (design.ring.steps > buffer)
    asked = design.inside & (far | np.isfinite(design.first))
    whole = ~np.isnan(np.column_stack([y, *design.covariates.values()])).any(axis=1)
    extra = design.covariates if covariates else {}
    rows = np.flatnonzero(asked & whole)
    years = np.array(labels, dtype=float)
    first = design.first[rows]
    if (
        labels[-1] - labels[0] != len(labels) - 1
    ):  # editions: the first one from `since` on is the first exposed
        years = np.arange(len(labels), dtype=float)
        first = np.where(np.isfinite(first), float(np.searchsorted(labels, design.since)), NEVER)
    made = panel(
        [design.places[r] for r in rows], years, {outcome.series: y[rows]}, first,
        {name: x[rows] for name, x in extra.items()},
        cluster=[design.department[r] for r in rows] if _clustered(design, rows) else None,
        stratum=[design.department[r] for r in rows] if design.plan.strata == "department" else None,
    )  # fmt: skip
    return Sample(
        made, rows, labels, None if design.dose is None else design.dose[rows],
        tuple(design.places[i] for i in np.flatnonzero(asked & ~whole)),
    )  # fmt: skip


def _clustered(design: Design, rows: NDArray[np.int64]) -> bool:
    """By department, where the exposed are in enough of them to see how departments differ."""
    exposed = {design.department[r] for r in rows if np.isfinite(design.first[r])}
    return design.plan.cluster == "department" and len(exposed) >= ENOUGH


def divides_by(series: str, transform: str) -> str:
    """The series that an outcome is divided by; "" where it is no rate."""
    rule = REGISTRY.get(series)
    return "population" if transform == "per_1000" else rule.per if rule is not None else ""


def _measured(series: str, transform: str, year: str, values: Values) -> Array:
    held = values.year(series, year)
    if transform == "asinh":
        return np.arcsinh(held)
    if transform == "per_1000":
        people = values.year(divides_by(series, transform), year)
        return 1e3 * held / np.where(people > 0, people, np.nan)
    return held
