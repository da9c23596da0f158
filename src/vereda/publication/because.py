"""What the pages about causes are given: each evaluation as a card, and a page of its own with its charts."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from vereda.publication import effect_text, effect_words, text
from vereda.publication.charts import Chart
from vereda.publication.curve_chart import curve_chart
from vereda.publication.effect_charts import Row, event_chart, gap_chart, rows_chart
from vereda.publication.effect_map import effect_map
from vereda.publication.effect_voice import Voice
from vereda.publication.ground import Say
from vereda.publication.maps import Field
from vereda.publication.placebo_chart import placebo_chart
from vereda.publication.teller import Teller
from vereda.publication.words import N_
from vereda.terms.answer import Edition
from vereda.terms.finding import EffectAnswer, Finding, OutcomeFinding, Point

LARGEST = 12  # donors told in the table; the rest stand in the download


class Because:
    """The evaluations of an edition; charts are drawn when first asked for, once for both languages."""

    def __init__(self, edition: Edition, field: Field | None, series: Callable[[str], Say]) -> None:
        self.edition, self.field, self.series = edition, field, series
        self._charts: dict[str, Chart | None] = {}

    def index(self, t: Teller) -> dict[str, Any]:
        """Every question, its grade, its sentences."""
        held: Counter[str] = Counter(finding.grade for finding in self.edition.findings)
        grades = [(grade, held[grade]) for grade in effect_words.GRADES]
        cards = [
            SimpleNamespace(finding=f, outcomes=[self._short(f, o) for o in f.outcomes])
            for f in self.edition.findings
        ]
        return {"e": Voice(t), "cards": cards, "grades": grades}

    def page(self, finding: Finding) -> Callable[[Teller], dict[str, Any]]:
        """One evaluation."""

        def tell(t: Teller) -> dict[str, Any]:
            voice = Voice(t)
            return {
                "e": voice,
                "f": finding,
                "who": self._who(finding, voice),
                "outcomes": [self._outcome(finding, o, voice) for o in finding.outcomes],
                "files": files(finding),
                "strata": t.say(effect_words.STRATA[finding.plan.strata]),
            }

        return tell

    # ---- one outcome -------------------------------------------------------------------------------------

    def _short(self, finding: Finding, outcome: OutcomeFinding) -> SimpleNamespace:
        lead = effect_text.main(outcome)
        return SimpleNamespace(
            found=outcome, lead=lead, row=self._draw(finding, outcome, "row") if lead else None
        )

    def _outcome(self, finding: Finding, outcome: OutcomeFinding, voice: Voice) -> SimpleNamespace:
        short = self._short(finding, outcome)
        drawn = {kind: self._draw(finding, outcome, kind) for kind in ("event", "gap", "placebo", "parts")}
        weights = sorted(outcome.weights.items(), key=lambda pair: -pair[1])
        return SimpleNamespace(
            **vars(short), **drawn,
            curves=[
                SimpleNamespace(unit=unit, chart=self._draw(finding, outcome, f"curve {unit}"))
                for unit, held in by_unit(outcome).items() if len(held) > 1
            ],
            exposed=[(code, outcome.placebos[code]) for code in finding.exposed if code in outcome.placebos],
            donors=weights[:LARGEST], more=len(weights) - LARGEST,
            sparse=is_sparse(outcome.event),
            map=self._weights(finding, outcome, voice) if weights else "",
            years=years(outcome),
        )  # fmt: skip

    def _draw(self, finding: Finding, outcome: OutcomeFinding, kind: str) -> Chart | None:
        key = f"{finding.plan.id} {outcome.outcome} {outcome.transform} {kind}"
        if key not in self._charts:
            self._charts[key] = self._drawn(finding, outcome, kind)
        return self._charts[key]

    def _drawn(self, finding: Finding, outcome: OutcomeFinding, kind: str) -> Chart | None:
        lead, label = effect_text.main(outcome), self._label(outcome, kind)
        if kind == "event":
            return event_chart(outcome.event, label)
        if kind == "gap":
            return gap_chart(outcome.observed, outcome.expected, finding.since, label)
        if kind == "placebo":
            places = self.edition.gazetteer.places
            names = {code: places[code].name for code in finding.exposed if code in places}
            return placebo_chart(outcome.placebos, set(finding.exposed), names, label, outcome.together)
        if kind == "parts":
            named = [(f, partial(effect_text.part, f, i)) for i, f in enumerate(outcome.displaced[:2])]
            return (
                rows_chart([Row(figure, name) for figure, name in named], label)
                if len(outcome.displaced) > 1
                else None
            )
        if lead is None:
            return None
        if kind == "row":
            return rows_chart(
                [Row(lead.effect, filled=outcome.grade == "credible", others=_others(outcome))], label
            )
        return curve_chart(by_unit(outcome)[kind.partition(" ")[2]], lead.id, label)

    def _label(self, outcome: OutcomeFinding, kind: str) -> Say:
        """What a chart says to those who do not see it."""
        name, lead = self.series(outcome.outcome), effect_text.main(outcome)

        def say(lang: str) -> str:
            values = {"outcome": name(lang)}
            if kind == "event":
                values |= _ends(outcome.event, "before", "after", lang)
            elif kind == "gap":
                seen, due = outcome.observed[-1], outcome.expected[-1]
                values |= {
                    "year": str(seen.at),
                    "seen": text.loose(seen.value, lang),
                    "due": text.loose(due.value, lang),
                }
            elif kind == "placebo":
                values["count"] = text.digits(len(outcome.placebos), lang)
                if outcome.together is not None:
                    told = text.fill(text.translate(_LABELS[kind], lang), values)
                    return f"{told} {effect_text.rank(outcome.together, lang)}"
            elif kind == "parts":
                values["parts"] = "; ".join(
                    f"{effect_text.part(f, i, lang)}: {text.number(f, lang, sign=True)}"
                    for i, f in enumerate(outcome.displaced)
                )
            elif lead:
                values["effect"] = text.number(lead.effect, lang, sign=True)
                held = by_unit(outcome).get(kind.partition(" ")[2], [])
                values["count"] = text.digits(len(held), lang)
                between = text.interval(lead.effect, lang)
                values["interval"] = between or text.translate(N_("not given"), lang)
            return text.fill(text.translate(_LABELS[kind.partition(" ")[0]], lang), values)

        return say

    # ---- maps --------------------------------------------------------------------------------------------

    def _who(self, finding: Finding, voice: Voice) -> str:
        """Exposed places and their neighbours."""
        if self.field is None or not finding.exposed:
            return ""
        t = voice.t
        said = text.fill(t.say("{title}: {count} exposed places and {ring} neighbours on a map."), {
            "title": finding.plan.title.say(t.lang), "count": text.digits(len(finding.exposed), t.lang),
            "ring": text.digits(len(finding.ring), t.lang)})  # fmt: skip
        return effect_map(
            self.field, self.edition.gazetteer, finding.exposed, finding.ring, {}, said, self._ground(t)
        )

    def _weights(self, finding: Finding, outcome: OutcomeFinding, voice: Voice) -> str:
        """Donors by weight, and the exposed they stand for."""
        if self.field is None:
            return ""
        t = voice.t
        weights = {code: (w, text.percent(w, t.lang)) for code, w in outcome.weights.items()}
        top = max(weights, key=lambda code: weights[code][0])
        said = text.fill(t.say("{outcome}: weights of {count} donors on a map; the largest is {place}."), {
            "outcome": voice.title(outcome), "count": text.digits(len(weights), t.lang), "place": t.place(top)})  # fmt: skip
        return effect_map(
            self.field, self.edition.gazetteer, finding.exposed, (), weights, said, self._ground(t)
        )

    def _ground(self, t: Teller) -> str:
        return f"{t.root}ground.svg" if self.edition.geometry else ""


_LABELS = {
    "row": N_("{outcome}: effect {effect}, interval {interval}."),
    "event": N_(
        "{outcome}: effects by year since exposure; {first} in year {before}, {last} in year {after}."
    ),
    "gap": N_("{outcome}: in {year}, observed {seen}, expected {due}."),
    "placebo": N_("{outcome}: the statistic of {count} places, the exposed marked."),
    "curve": N_("{outcome}: {count} specifications in order; the main one finds {effect}."),
    "parts": N_("{outcome}: {parts}."),
}


def by_unit(outcome: OutcomeFinding) -> dict[str, list[EffectAnswer]]:
    """Effects that can stand on one scale: those of the main specification's unit first."""
    found: dict[str, list[EffectAnswer]] = defaultdict(list)
    for effect in outcome.effects:
        if effect.effect.value is not None:
            found[effect.effect.unit].append(effect)
    return dict(found)


def years(outcome: OutcomeFinding) -> list[SimpleNamespace]:
    """Observed and expected, a year a row."""
    due = {p.at: p for p in outcome.expected}
    return [SimpleNamespace(year=str(p.at), seen=p, due=due.get(p.at)) for p in outcome.observed]


def is_sparse(points: Sequence[Point]) -> bool:
    """Whether an outcome is held for single years only, so that the years since exposure leap."""
    at = sorted(p.at for p in points)
    return bool(at) and at[-1] - at[0] != len(at) - 1


def files(finding: Finding) -> list[str]:
    """Paths of the downloads of one evaluation."""
    return [f"data/effects-{finding.plan.id}{end}" for end in (".csv", ".hxl.csv", ".json")]


def _others(outcome: OutcomeFinding) -> tuple[float, ...]:
    """Effects of the other specifications in the unit of the main one."""
    unit = outcome.effects[0].effect.unit
    found = (e.effect for e in outcome.effects[1:])
    return tuple(f.value for f in found if f.value is not None and f.unit == unit)


def _ends(points: Any, before: str, after: str, lang: str) -> dict[str, str]:
    ordered = sorted(points, key=lambda p: p.at)
    first, last = ordered[0], ordered[-1]
    return {
        "first": text.loose(first.value, lang), "last": text.loose(last.value, lang),
        before: first.label or text.digits(first.at, lang), after: last.label or text.digits(last.at, lang),
    }  # fmt: skip
