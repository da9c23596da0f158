"""The three questions: agreed, done, changed. Each gathers figures from the desk; nothing is computed twice."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np

from vereda.cooperation import answer, own_step, promises, scope_figures, steps, training_figures
from vereda.errors import BadRequest
from vereda.pipeline.desk import Desk
from vereda.pipeline.held import Key
from vereda.pipeline.tracing import Tracer
from vereda.terms.answer import (
    Agreed,
    Changed,
    Concentration,
    Done,
    FlowsAnswer,
    FundingAnswer,
    IndicatorAnswer,
    MapYear,
    MetricAnswer,
    OutputAnswer,
)
from vereda.terms.cooperation import Commitment, OutputPlan, Text
from vereda.terms.figure import Figure, Step
from vereda.terms.indicator import REGISTRY, Indicator, playing
from vereda.terms.period import period
from vereda.terms.source import SourceCard


def agreed(desk: Desk, place: str | None = None) -> Agreed:
    """Every commitment judged as of the desk's day, and the agreed metrics; or only those that touch a place."""
    day = date.fromisoformat(desk.as_of)
    entries = tuple(e for e in desk.register.commitments if period(e.made_on).start <= day)
    if place is not None:
        desk.gazetteer.get(place, "--place")
        entries = tuple(e for e in entries if _touches(desk, e, place))
    found = [answer(entry, desk.register, desk.refer, day) for entry in entries]
    return Agreed(promises(found), metrics(desk) if place in (None, desk.register.case.country) else ())


def _touches(desk: Desk, entry: Commitment, place: str) -> bool:
    """Whether a commitment names the place, an area that holds it, or is measured there."""
    named = {*entry.places, *(ref.place for ref in (*entry.baselines, *entry.judged_on))}
    inside = {
        code for code in named if code in desk.gazetteer and place in desk.gazetteer.municipalities(code)
    }
    return place in named or bool(inside)


def register_steps(desk: Desk, found: Agreed, tracer: Callable[[str], Step]) -> dict[str, Step]:
    """The way back of everything the register yields: verdicts, targets, changes, gaps, counts, training."""
    register = desk.register
    known: dict[str, Step] = {}

    def index(step: Step) -> None:
        if step.key and step.key.partition("@")[0] in _OWN:
            known.setdefault(step.key, step)
        for child in step.inputs:
            index(child)

    for commitment in found.commitments:
        index(steps(commitment, register, lambda figure: tracer(figure.trace)))
    for key in [f.trace for f in training_figures(register)]:
        if (step := own_step(register, key)) is not None:
            index(step)
    for scope in register.scopes:
        for figure in scope_figures(register, f"scope.{scope.id}"):
            if (step := own_step(register, figure.trace)) is not None:
                index(step)
    for what in ("commitments", "metrics", "instruments", "meetings", "conflicts", "documents"):
        known[f"count@{what}"] = _count(desk, what)
    return known


_OWN = {"verdict", "target", "change", "gap", "sum", "stated", "part", "scope", "training"}


def _count(desk: Desk, what: str) -> Step:
    entries = getattr(desk.register, what)
    kind = what.removesuffix("s")
    listed = tuple(Step("claim", e.id, desk.register.files.get(f"{kind}/{e.id}", "")) for e in entries)
    return Step(
        "finding", f"{what} in the register", f"count of {len(listed)} entries", f"count@{what}", float(len(listed)),
        what, inputs=listed,
    )  # fmt: skip


def metrics(desk: Desk) -> tuple[MetricAnswer, ...]:
    """Each agreed metric with the newest open figure of every series that would feed it."""
    country, day = desk.register.case.country, date.fromisoformat(desk.as_of)
    since = {instrument.id: period(instrument.start).start for instrument in desk.register.instruments}
    found = []
    for metric in desk.register.metrics:
        if since[metric.instrument] > day:
            continue  # agreed after the day that is asked about
        newest = [desk.all(series, country) for series in metric.series]
        found.append(MetricAnswer(metric, tuple(_newest(figures) for figures in newest if figures)))
    return tuple(found)


def _newest(figures: Sequence[Figure]) -> Figure:
    """The first figure of the latest whole year; where no whole year is held, of the latest period."""
    years = [f for f in figures if period(f.period).is_year] or list(figures)
    last = max(period(f.period).end for f in years)
    return next(f for f in years if period(f.period).end == last)


def done(desk: Desk, place: str | None = None) -> Done:
    """Outputs beside the outcomes they were meant to move, money by stage, training."""
    case = desk.register.case
    outputs = tuple(_output(desk, plan, place or plan.place) for plan in case.outputs)
    if place and place != case.country:
        return Done(outputs, (), ())
    money = tuple(
        FundingAnswer(stage, figures)
        for stage, series in case.funding.items()
        if (figures := desk.current(series, case.country))
    )
    return Done(outputs, money, training_figures(desk.register))


def _output(desk: Desk, plan: OutputPlan, place: str) -> OutputAnswer:
    series = plan.local_series or plan.series if place != plan.place else plan.series
    figures = desk.all(series, place)
    targets = desk.all(plan.targets, place) if plan.targets and place == plan.place else ()
    outcomes: list[Figure] = []
    for ref in plan.outcomes:
        outcomes.extend(desk.refer(ref.model_copy(update={"place": place})))
    held = (
        plan.dataset is not None
        and (card := desk.cards.get(plan.dataset)) is not None
        and card.vintage is not None
    )
    waiting = plan.dataset or "" if plan.dataset and not held and place != plan.place else ""
    return OutputAnswer(
        series, name_of(desk, plan.series), figures[0].unit if figures else "", figures, targets,
        tuple(outcomes), waiting,
    )  # fmt: skip


def name_of(desk: Desk, series: str) -> Text:
    """The name to print for a series: the case's, else the indicator's, else its id."""
    if series in desk.register.case.series:
        return desk.register.case.series[series]
    plain = REGISTRY[series].name if series in REGISTRY else series.replace("_", " ")
    return Text(en=plain, es=plain)


def indicator(desk: Desk, name: str, place: str) -> IndicatorAnswer:
    """One indicator or published series at one place: what is shown first, and every rival."""
    desk.gazetteer.get(place, "changed")
    rule = REGISTRY.get(name)
    shown = desk.current(name, place)
    # Parts of a year, a year still running and figures their owner did not publish are listed as rivals:
    # beside whole years they would read as a fall or a rise.
    shown = tuple(f for f in shown if period(f.period).is_year and f.status != "leaked") or shown
    while shown and shown[-1].status in ("incomplete", "not_collected"):
        shown = shown[:-1]
    # A newer total under the same estimator goes on where the municipal table ends.
    everything = desk.all(name, place)
    first = {f.trace for f in shown}
    rivals: dict[str, tuple[Figure, ...]] = {}
    for figure in everything:
        if figure.trace not in first:
            rivals[figure.estimator] = (*rivals.get(figure.estimator, ()), figure)
    gaps: dict[str, str] = {}
    for need in rule.needs if rule else (name,):
        for card in desk.cards.values():
            if need in card.series and card.vintage is not None:
                gaps.update(card.known_gaps)
    span = f"{shown[0].period}-{shown[-1].period}" if shown else ""
    lacking = None if shown or everything else _waiting(desk, rule.needs if rule else (name,), place)
    return IndicatorAnswer(
        name, place, name_of(desk, name).en, rule.definition if rule else "",
        shown[0].unit if shown else (rule.unit if rule else ""), rule.better if rule else "", span, shown, rivals, gaps,
        lacking.dataset if lacking else "", lacking.command if lacking else "",
        "" if shown or everything or rule else desk.without_sum(name, place) or "",
    )  # fmt: skip


def _waiting(desk: Desk, needs: Sequence[str], place: str) -> SourceCard | None:
    """The described dataset that would answer, if one would: one that can be fetched before one that cannot.

    Nothing is awaited for a place in another country, nor while a second need is neither held nor described.
    """
    if desk.gazetteer.country_of(place) != desk.gazetteer.country_of(desk.register.case.country):
        return None
    awaited = {
        need: [card for card in desk.cards.values() if card.vintage is None and need in card.series]
        for need in needs
        if not desk.periods(need, place)
    }
    if not all(awaited.values()):
        return None
    found = [card for cards in awaited.values() for card in cards]
    return min(found, key=lambda card: not card.command.startswith("vereda fetch"), default=None)


def changed(desk: Desk, tracer: Tracer, place: str | None = None, name: str | None = None) -> Changed:
    """Indicators at the country and its priority places (or at one place), concentration, and the maps.

    name: this indicator or published series alone, at the place or the country.
    """
    case = desk.register.case
    if place is not None:
        desk.gazetteer.get(place, "--place")
    if name is not None:
        desk.known(name)
        return Changed((indicator(desk, name, place or case.country),), None, ())
    listed = case.indicators or tuple(
        name
        for name, rule in REGISTRY.items()
        if rule.over == "place" and all(desk.periods(need, case.country) for need in rule.needs)
    )
    if place is not None:
        names = listed if place == case.country else case.place_indicators or listed
        return Changed(tuple(indicator(desk, name, place) for name in names), None, ())
    found = [indicator(desk, name, case.country) for name in listed]
    for code in priority_places(desk):
        found.extend(indicator(desk, name, code) for name in case.place_indicators or listed)
    return Changed(tuple(found), concentration(desk, tracer), maps(desk))


def priority_places(desk: Desk) -> tuple[str, ...]:
    """Places of the case's priority scope, version by version; after them those across the border."""
    case = desk.register.case
    scope = next((s for s in desk.register.scopes if s.id == case.priority_scope), None)
    chosen = (code for version in scope.versions for code in version.places) if scope else ()
    return tuple(dict.fromkeys((*chosen, *case.across)))


def concentration(desk: Desk, tracer: Tracer) -> Concentration | None:
    """Shares, Herfindahl index and gross flows of the mapped series; None where the case maps none."""
    case = desk.register.case
    series = case.mapped
    division = desk.division(series) if series else None
    rules = [playing(role, series) for role in ("share", "concentration", "top")] if series else []
    if series is None or division is None or None in rules:
        return None
    years, departments = division.years, division.places
    shared, index, largest = (rule for rule in rules if rule is not None)
    country, lead = case.country, division.estimator

    def figures(rule: Indicator, place: str, values: Iterable[float]) -> tuple[Figure, ...]:
        return tuple(
            Figure(
                None if np.isnan(value) else float(value), rule.unit, str(Key(rule.id, place, year)), status=_completeness(desk, series, year),
                place=place, period=year, breaks=desk.broken(series, lead, year),
            )
            for year, value in zip(years, values, strict=True)
        )  # fmt: skip

    area = np.array(
        [desk.values(series, departments, year, lead) for year in years]
    )  # (years, departments) ha
    each = [desk.values(series, desk.municipalities(), year, lead) for year in years if division.summed]
    share = np.full_like(area, np.nan)
    share[area >= 0] = np.concatenate([shared.formula(row[row >= 0]) for row in area])
    shares = {code: figures(shared, code, share[:, i]) for i, code in enumerate(departments)}
    hhi = figures(index, country, [index.formula(row[row >= 0]) for row in area])
    top = figures(largest, country, [largest.formula(row[row >= 0]) for row in each]) if each else ()
    flows = tuple(flow(desk, tracer, *pair.split("-")) for pair in case.flows)
    level = desk.gazetteer.get(departments[0]).level
    return Concentration(hhi, top, shares, flows, level)


def _completeness(desk: Desk, series: str, year: str) -> str:
    total = desk.sum(series, desk.register.case.country, year)
    return "incomplete" if total and total.status == "incomplete" else "computed"


def flow(desk: Desk, tracer: Tracer, start: str, end: str, place: str | None = None) -> FlowsAnswer:
    """Gross rises and falls between any two years: of the country's departments, or of a place's parts."""
    division = desk.division(desk.register.case.mapped) if desk.register.case.mapped else None
    held = division.years if division else ()
    for year in (start, end):
        if year not in held:
            raise BadRequest(f"No departmental figures for {year}. Years held: {held[0]} to {held[-1]}." if held else
                             "The case has no mapped series with departmental figures.")  # fmt: skip
    whole, span = place or desk.register.case.country, f"{start}-{end}"
    parts = [desk.gazetteer.places[code].level for code in desk.gazetteer.parts(whole)]
    if not parts:
        raise BadRequest(f"{desk.place_name(whole)} has no parts whose rises and falls could be added.")
    series = desk.register.case.mapped or ""
    moved = playing("flows", series)
    if moved is None:
        raise BadRequest(f"No indicator of rises and falls is defined for {series or 'this case'}.")
    both = {_completeness(desk, series, year) for year in (start, end)}
    status = "incomplete" if "incomplete" in both else "computed"

    def part(name: str) -> Figure:
        step = tracer(str(Key(f"{moved.id.removesuffix('flows')}{name}", whole, span)))
        value = None if step.value is None or np.isnan(step.value) else step.value
        return Figure(value, step.unit, step.key, status=status, place=whole, period=span)

    return FlowsAnswer(start, end, parts[0], part("rises"), part("falls"), part("net"), part("offset"))


def _map_years(desk: Desk) -> tuple[str, ...]:
    """Years in which the mapped series is held by municipality."""
    case = desk.register.case
    if case.mapped is None:
        return ()
    return tuple(y for y in desk.periods(case.mapped, case.country) if desk.sum(case.mapped, case.country, y))


def maps(desk: Desk) -> tuple[MapYear, ...]:
    """Every municipality with its figure, or the reason it has none, for each year of the mapped series."""
    case = desk.register.case
    found = []
    for year in _map_years(desk):
        figures = []
        for code in desk.municipalities():
            figure = desk.best(case.mapped or "", code, year)
            figures.append(
                figure
                or Figure(
                    None,
                    "",
                    str(Key(case.mapped or "", code, year)),
                    status="not_held",
                    place=code,
                    period=year,
                )
            )
        found.append(MapYear(year, tuple(figures)))
    return tuple(found)
