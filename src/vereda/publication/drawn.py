"""The charts and maps of an edition, each drawn when first asked for and told in every language."""

from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from vereda.publication import text
from vereda.publication.charts import Chart, line_chart
from vereda.publication.headline import headline
from vereda.publication.maps import Field, draw_map, legend, marks
from vereda.publication.series import lines_of, yearly
from vereda.publication.teller import Teller
from vereda.terms.answer import CommitmentAnswer, Edition, IndicatorAnswer, MapYear
from vereda.terms.cooperation import Scope
from vereda.terms.figure import Figure


class Drawn:
    """The charts and maps of an edition, each drawn when first asked for."""

    def __init__(self, edition: Edition) -> None:
        self.edition, self.case = edition, edition.register.case
        self.national = [i for i in edition.changed.indicators if i.place == self.case.country]
        self.local: dict[str, list[IndicatorAnswer]] = defaultdict(list)
        for answer in edition.changed.indicators:
            if answer.place != self.case.country:
                self.local[answer.place].append(answer)
        self.codes = tuple(self.local)
        self.head = headline(edition)
        self.field = Field.of(edition.changed.maps, edition.gazetteer)
        self.sizes = legend(self.field) if self.field else []
        self.mapped = self.case.mapped or ""
        self._charts: dict[str, Chart | None] = {}

    # ---- what every page is told -------------------------------------------------------------------------

    def common(self, t: Teller) -> dict[str, Any]:
        """Names of the mapped series and the years, wanted on many pages."""
        unit = next((f.unit for m in self.edition.changed.maps for f in m.figures if f.unit), "")
        return {
            "map_name": t.series(self.mapped) if self.mapped else "",
            "map_unit": unit,
            "sizes": self.sizes,
            "maps": [m.period for m in self.edition.changed.maps],
            "national": self.national,
            "scope": self.scope,
            "others": [code for code in self.codes if code not in {p.code for p in self.small()}],
            "places": self.small(),
        }

    @property
    def scope(self) -> Scope | None:
        """The scope whose places have pages."""
        return next((s for s in self.edition.register.scopes if s.id == self.case.priority_scope), None)

    def name(self, series: str) -> Callable[[str], str]:
        """A series' name by language, for charts."""
        return lambda lang: Teller(self.edition, _NO_LEDGER, lang, "").series(series)

    def estimator(self, name: str) -> Callable[[str], str]:
        """An estimator's name by language, for charts."""
        return lambda lang: (
            self.case.estimators[name].say(lang) if name in self.case.estimators else name.replace("-", " ")
        )

    # ---- charts ------------------------------------------------------------------------------------------

    def chart(
        self, answer: IndicatorAnswer, promised: tuple[CommitmentAnswer, ...] = (), narrow: bool = False
    ) -> Chart | None:
        """An indicator's lines, with the targets of a promise over them."""
        key = f"{answer.id}@{answer.place}+{'+'.join(c.entry.id for c in promised)}"
        if key not in self._charts:
            lines = lines_of(answer)
            if promised:
                wanted = {r.estimator for c in promised for r in c.entry.judged_on if r.series == answer.id}
                lines = {n: line for n, line in lines.items() if n in wanted or None in wanted} or lines
            told = [r for c in promised for r in (c.readings if len(promised) == 1 else c.readings[:1])]
            made = int(promised[0].entry.made_on[:4]) if promised else 0
            goals = [(made, r) for r in told if r.target is not None]
            seen = {r.target.value: (made, r) for made, r in reversed(goals) if r.target is not None}
            self._charts[key] = line_chart(
                lines,
                {n: self.estimator(n) for n in lines},
                self.label(answer.id, answer.place, lines),
                tuple(seen.values())[:3],
                self.moment(answer.place),
                narrow=narrow,
            )
        return self._charts[key]

    def moment(self, place: str) -> tuple[float, Callable[[str], str]] | None:
        """When a place entered the priority scope, as a fraction of years; none where no instrument chose it."""
        for version in self.scope.versions if self.scope and self.scope.instrument else ():
            if place in version.places:
                since = version.since
                month = int(since[5:7]) if len(since) >= 7 else 1
                return int(since[:4]) + (month - 1) / 12, lambda lang: text.translate("chosen", lang)
        return None

    def label(self, series: str, place: str, lines: dict[str, list[Figure]]) -> Callable[[str], str]:
        """What a chart says to those who do not see it, computed from its first and last points."""
        name = self.name(series)
        where = self.edition.gazetteer.places[place].name if place in self.edition.gazetteer else place

        def say(lang: str) -> str:
            parts = [f"{name(lang)}, {where}."]
            for who, line in lines.items():
                first, last, peak = line[0], line[-1], max(line, key=lambda f: f.value or f.high or 0.0)
                sentence = text.translate(
                    "{who}: {first} in {start}, {last} in {end}; highest {peak} in {top}.", lang
                )
                values = {
                    "who": self.estimator(who)(lang) or name(lang),
                    "start": first.period,
                    "end": last.period,
                    "top": peak.period,
                }
                shown = {
                    "first": text.number(first, lang),
                    "last": text.number(last, lang),
                    "peak": text.number(peak, lang),
                }
                parts.append(text.fill(sentence, values | shown))
            return " ".join(parts)

        return say

    def small(self) -> list[SimpleNamespace]:
        """Small multiples of the mapped series at the priority places."""
        found = []
        for code, answers in self.local.items():
            if code in self.case.across:
                continue
            answer = next((a for a in answers if a.id == self.mapped and a.current), None)
            if answer is None:
                continue
            key = f"small {code}"
            if key not in self._charts:
                line = yearly(answer.current)
                lines = {line[-1].estimator: line} if line else {}
                self._charts[key] = line_chart(
                    lines, {}, self.label(answer.id, code, lines), moment=self.moment(code), small=True
                )
            if chart := self._charts[key]:
                found.append(SimpleNamespace(code=code, chart=chart, last=answer.current[-1]))
        return found

    def series_chart(self, key: str, series: str, figures: tuple[Figure, ...]) -> Chart | None:
        """One figure a year as a single chart of its estimators."""
        if key not in self._charts:
            by: dict[str, list[Figure]] = defaultdict(list)
            for figure in figures:
                by[figure.estimator].append(figure)
            lines = {name: line for name, held in by.items() if (line := yearly(held))}
            names = {n: self.estimator(n) for n in lines if n}
            self._charts[key] = line_chart(
                lines, names, self.label(series, self.case.country, lines), half=True
            )
        return self._charts[key]

    def draw(self, year: MapYear, t: Teller, named: tuple[str, ...]) -> str:
        """The map of a year in the language of the page."""
        if self.field is None:
            return ""
        ground = f"{t.root}ground.svg" if self.edition.geometry else ""
        found = marks(year)
        numbers = {f.trace: text.number(f, t.lang) for f in year.figures if f.value}
        top = max(year.figures, key=lambda f: f.value or 0.0)
        sentence = t.say(
            "{name}, {year}: {found} places with it, {zero} with none, {none} without data. Most in {place}."
        )
        counts = {"found": found.found, "zero": found.zero, "none": found.none}
        values = {k: text.digits(v, t.lang) for k, v in counts.items()} | {
            "name": t.series(self.mapped),
            "year": year.period,
            "place": t.place(top.place),
        }
        return draw_map(
            year, self.field, self.edition.gazetteer, text.fill(sentence, values), numbers, named, ground
        )


_NO_LEDGER: Any = None
