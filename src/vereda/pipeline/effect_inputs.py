"""What an effect was made from, as steps of the way back: every series over its years and places, scope, neighbours.

A panel has thousands of cells. Its step says how many, which places and years they are of, and how the key of each
is written; the sum of every year leads to all cells of that year by `vereda trace` with the key beside it.
"""

from collections.abc import Sequence

import numpy as np

from vereda.pipeline.held import Key
from vereda.pipeline.panels import Array, Design, Sample, Values, divides_by, members, needed, years_of
from vereda.pipeline.telling import Ways
from vereda.terms.cooperation import Document
from vereda.terms.figure import Step
from vereda.terms.period import period

Borders = tuple[Step, ...]  # editions of the lists of neighbours
LEFT_OUT = "without a value in every year and covariate"


class Inputs:
    """The steps behind the effects of one plan; those that several effects share are made once."""

    def __init__(self, design: Design, values: Values, borders: Borders, ways: Ways) -> None:
        self.design, self.values, self.borders, self.ways = design, values, borders, ways
        self.desk = values.desk
        self._years: dict[tuple[str, str], Step] = {}
        self._plan: tuple[Step, ...] | None = None

    def behind(self, series: str, transform: str, taken: Sample) -> tuple[Step, ...]:
        """Panel first; then who was exposed, by whom it is said, and who touches whom."""
        return (self._panel(series, transform, taken), *self._design())

    def _panel(self, series: str, transform: str, taken: Sample) -> Step:
        one, plan = taken.panel, self.design.plan
        key = f"panel@{plan.id}:{series}~{one.hash[:12]}"
        if key not in self.ways:
            exposed = [p for p, f in zip(one.places, one.first, strict=True) if np.isfinite(f)]
            others = [p for p, f in zip(one.places, one.first, strict=True) if np.isinf(f)]
            told = (
                *self._outcome(series, transform, taken),
                *self._covariates(one.covariate_names),
                Step("exposed", str(len(exposed)), ", ".join(exposed)),
                Step("compared", str(len(others)), ", ".join(others)),
            )
            if taken.left_out:
                told += (
                    Step("left_out", str(len(taken.left_out)), ", ".join(taken.left_out), note=LEFT_OUT),
                )
            held = f"{len(one.places)} places in the panel, {len(exposed)} of them exposed, {_span(taken.labels)}, {transform}"
            how = f"{held}; {one.y.size} cells in all"
            self.ways[key] = Step(
                "panel", f"{plan.id} · {series}", how, key, None, "", f"sha256 {one.hash}", told
            )
        return self.ways[key]

    def _outcome(self, series: str, transform: str, taken: Sample) -> tuple[Step, ...]:
        below = divides_by(series, transform)
        used = dict.fromkeys((*needed(series), *((below,) if below else ())))
        example = taken.panel.places[int(np.argmin(taken.panel.first))]
        return tuple(self._series(name, taken.labels, len(taken.panel.places), example) for name in used)

    def _series(self, name: str, years: Sequence[int], places: int, example: str) -> Step:
        how = f"{places} places in the panel by {len(years)} years of it: {places * len(years)} cells in all"
        cell = f"the key of a cell: {name}@{example}:{years[-1]}, with any of these places and years"
        listed = tuple(self._year(name, str(year)) for year in years)
        return Step("series", f"{name} · {_span(years)}", how, "", None, "", cell, listed)

    def _year(self, name: str, year: str) -> Step:
        """The sum of all municipalities; it is not opened here, its key leads to every cell."""
        if (name, year) not in self._years:
            country = self.desk.register.case.country
            total = self.desk.sum(name, country, year)
            figure = self.desk.best(name, country, year)
            title = f"{name} · {year}"
            if total is not None:
                lead = total.tally
                key = str(Key(name, country, year, lead.estimator, lead.vintage, lead.source))
                step = Step(
                    "year", title, f"sum of the country, edition {lead.vintage}", key, total.value, lead.unit
                )
            elif figure is not None:
                step = Step(
                    "year", title, f"edition {figure.vintage}", figure.trace, figure.value, figure.unit
                )
            else:
                step = Step("year", title, "no sum of the country is held")
            self._years[name, year] = step
        return self._years[name, year]

    def _over(self, series: str, span: str, why: str) -> Step:
        """A series over the years of a span, as a covariate, a dose or a condition uses it."""
        first, last = years_of(span)
        held = {
            y
            for need in needed(series)
            for y in self.desk.periods_inside(need, self.desk.register.case.country)
        }
        years = [y for y in range(first, last + 1) if str(y) in held]
        listed = tuple(self._year(need, str(y)) for need in needed(series) for y in years)
        return Step("series", f"{series} · {span}", why, inputs=listed)

    def _covariates(self, names: Sequence[str]) -> tuple[Step, ...]:
        asked = {f"{c.transform}({c.series})": c for c in self.design.plan.covariates}
        return tuple(
            self._over(c.series, c.during, f"covariate {name}: mean of these years, by place")
            for name in names
            if (c := asked.get(name)) is not None
        )

    def residents(self) -> Array:
        """(n,) residents of all municipalities, mean over the years of the plan before exposure."""
        return self.values.mean("population", self._before())

    def people(self) -> Step:
        """Whose effects are added: residents before exposure."""
        return self._over(
            "population", self._before(), "effects counted by residents: mean of these years, by place"
        )

    def _before(self) -> str:
        return f"{years_of(self.design.plan.years)[0]}-{self.design.since - 1}"

    # ---- the design -------------------------------------------------------------------------------------------

    def _design(self) -> tuple[Step, ...]:
        if self._plan is None:
            self._plan = (*self._exposure(), *self._among(), *self._neighbours())
        return self._plan

    def _exposure(self) -> tuple[Step, ...]:
        """The dose by series and years, or the scope with the documents that name its places."""
        asked = self.design.plan.exposure
        if asked.series is not None and asked.during is not None:
            steps = [self._over(asked.series, asked.during, "dose: sum of these years, by place")]
            if asked.per is not None:
                steps.append(self._over(asked.per, asked.per_during or asked.during, "dose: divided by the mean of these years, by place"))  # fmt: skip
            return tuple(steps)
        register = self.desk.register
        scope = next(s for s in register.scopes if s.id == asked.scope)
        version = next(v for v in scope.versions if period(v.since).year == period(asked.since).year)
        documents = {d.id: d for d in register.documents}
        claims = tuple(_claim(documents[name]) for name in version.cites if name in documents)
        exposed = int(self.design.exposed.sum())
        if scope.series is not None:
            held = members(self.desk, scope.series)
            listed = self._year(scope.series, held)
            first = self.design.places[int(np.argmax(self.design.exposed))]
            cell = f"the key of a cell: {scope.series}@{first}:{held}, with any place"
            claims = (
                Step("series", f"{scope.series} · {held}", "1: member", note=cell, inputs=(listed,)),
                *claims,
            )
        note = f"{exposed} places of it are exposed in the plan"
        return (Step("scope", f"{scope.id} {version.since}", "scopes.yml", note=note, inputs=claims),)

    def _among(self) -> tuple[Step, ...]:
        among = self.design.plan.among
        if among is None:
            return ()
        return (
            self._over(
                among.series, among.during, f"only places with a mean of these years above {among.above:g}"
            ),
        )

    def _neighbours(self) -> tuple[Step, ...]:
        if not self.borders:
            return ()
        pairs = self.design.graph.nnz // 2
        return (Step("neighbours", str(pairs), "pairs of municipalities that touch", inputs=self.borders),)


def _claim(document: Document) -> Step:
    title = f"{document.publisher}: {document.title} ({document.date})"
    return Step("claim", title, document.address, note=document.kind)


def _span(years: Sequence[int]) -> str:
    """2010-2023, or every year where some are missing between."""
    whole = years[-1] - years[0] == len(years) - 1
    return f"{years[0]}-{years[-1]}" if whole else " ".join(map(str, years))
