"""Which pages there are, and what each is given. Charts and maps are drawn once and told in every language."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

from vereda.publication import inspected, relation_page, text, words
from vereda.publication.because import Because
from vereda.publication.charts import output_chart
from vereda.publication.drawn import Drawn
from vereda.publication.ledger import split
from vereda.publication.maps import marks
from vereda.publication.package import File
from vereda.publication.production_page import Production, brief
from vereda.publication.series import year, yearly, yearly_all
from vereda.publication.teller import Teller
from vereda.terms.answer import CommitmentAnswer, Edition, IndicatorAnswer, MapYear, OutputAnswer

Tell = Callable[[Teller], dict[str, Any]]


@dataclass(frozen=True)
class Page:
    """A page: where, by which template, and what it is told with."""

    path: str
    template: str
    tell: Tell


def plan(edition: Edition, files: list[File]) -> list[Page]:
    """Every page of the site that is not a trace."""
    desk = Told(edition)
    because = Because(edition, desk.field, desk.name)
    same: dict[str, Any] = {"instruments": {i.id: i for i in edition.register.instruments}}

    def page(path: str, template: str, tell: Tell | None = None) -> Page:
        def told(t: Teller) -> dict[str, Any]:
            return same | desk.common(t) | (tell(t) if tell else {})

        return Page(path, template, told)

    return [
        page("index.html", "index.html", desk.index),
        page("agreed.html", "agreed.html", desk.agreed),
        *(
            page(f"commitments/{c.entry.id}.html", "commitment.html", desk.commitment(c))
            for c in edition.agreed.commitments
        ),
        page("metrics.html", "metrics.html", desk.metrics),
        page("done.html", "done.html", desk.done),
        page("changed.html", "changed.html"),
        *(
            [page("production.html", "production.html", Production(edition).page)]
            if edition.production
            else []
        ),
        *([page("because.html", "because.html", because.index)] if edition.findings else []),
        *(
            page(f"evaluations/{f.plan.id}.html", "evaluation.html", because.page(f))
            for f in edition.findings
        ),
        *(page(f"indicators/{i.id}.html", "indicator.html", desk.indicator(i)) for i in desk.national),
        page("places/index.html", "places.html"),
        *(page(f"places/{code}.html", "place.html", desk.place(code)) for code in desk.codes),
        *(page(f"maps/{m.period}.html", "map.html", desk.map(m)) for m in edition.changed.maps),
        page("concentration.html", "concentration.html", desk.concentration),
        page("sources.html", "sources.html", inspected.page),
        *(page(f"sources/{s.dataset}.html", "source.html", inspected.alone(s)) for s in edition.sources),
        page("relations.html", "relations.html", relation_page.page),
        page("conflicts.html", "conflicts.html"),
        page(
            "methods.html",
            "methods.html",
            lambda t: {"rules": [(s, t.say(r)) for s, r in words.RULES.items()], "few": words.FEW},
        ),
        page("data.html", "data.html", lambda t: {"files": [f.shown(t.lang) for f in files]}),
    ]


class Told(Drawn):
    """What each page is given."""

    def index(self, t: Teller) -> dict[str, Any]:
        """The scorecard."""
        answers = self.edition.agreed.commitments
        order = list(words.STATES)
        states = sorted(Counter(c.state for c in answers).items(), key=lambda pair: order.index(pair[0]))
        pledge_series = (
            self.head.commitment.entry.judged_on[0].series
            if self.head.commitment and self.head.commitment.entry.judged_on
            else self.mapped
        )
        answer = next((i for i in self.national if i.id == pledge_series), None)
        promised = self.head.promise.commitments if self.head.promise else ()
        newest = self.edition.changed.maps[-1] if self.edition.changed.maps else None
        drawn = None
        if newest and self.field:
            drawn = SimpleNamespace(period=newest.period, svg=self.draw(newest, t, self.codes))
        top = self.edition.changed.concentration.top if self.edition.changed.concentration else ()
        return {
            "head": self.head,
            "states": states,
            "published": sum(m.entry.state == "published" for m in self.edition.agreed.metrics),
            "work": self.work(),
            "made": brief(self.edition, t),
            "newest": drawn and newest and max(newest.figures, key=lambda f: f.value or 0.0),
            "pledge": self.chart(answer, promised) if answer else None,
            "pledge_name": t.series(pledge_series) if pledge_series else "",
            "latest": answer.current[-1] if answer and answer.current else None,
            "map": drawn,
            "top_share": next((f for f in top if newest and f.period == newest.period), None),
        }

    def work(self) -> SimpleNamespace | None:
        """The newest year for which an output has both a target and a figure; else the newest figure."""
        for output in self.edition.done.outputs:
            done = {year(f): f for f in yearly(output.figures)}
            goals = {year(f): f for f in yearly(output.targets)}
            both = sorted(set(done) & set(goals)) or sorted(done)
            if both:
                when = both[-1]
                beside = {f.estimator: f for f in yearly_all(output.outcomes) if year(f) == when}
                return SimpleNamespace(
                    name=output.name,
                    figure=done[when],
                    target=goals.get(when),
                    outcomes=list(beside.values()),
                )
        return None

    def agreed(self, t: Teller) -> dict[str, Any]:
        """Promises, instruments, forums with their gaps."""
        forums = []
        for forum in self.edition.register.forums:
            held = [m for m in self.edition.register.meetings if m.forum == forum.id]
            numbers = {m.ordinal for m in held if m.ordinal}
            missing = set(range(forum.first, max(numbers, default=0))) - numbers
            rows = sorted(held, key=lambda m: m.date)
            shown: list[SimpleNamespace] = []
            reached = forum.first - 1
            for meeting in rows:
                if meeting.ordinal:
                    gaps = sorted(n for n in missing if reached < n < meeting.ordinal)
                    shown += [SimpleNamespace(missing=n, meeting=None) for n in gaps]
                    missing -= set(gaps)
                    reached = max(reached, meeting.ordinal)
                shown.append(SimpleNamespace(missing=None, meeting=meeting))
            forums.append(SimpleNamespace(forum=forum, rows=shown))
        titles = {
            p.id: _shared([c.entry.gist.say(t.lang) for c in p.commitments])
            for p in self.edition.agreed.promises
        }
        single = [p.commitments[0] for p in self.edition.agreed.promises if len(p.commitments) == 1]
        return {"forums": forums, "single": single, "titles": titles}

    def commitment(self, answer: CommitmentAnswer) -> Tell:
        """One promise."""

        def tell(t: Teller) -> dict[str, Any]:
            entry = answer.entry
            promise = next(p for p in self.edition.agreed.promises if answer in p.commitments)
            series = entry.judged_on[0].series if entry.judged_on else ""
            where = entry.judged_on[0].place if entry.judged_on else ""
            held = next(
                (i for i in self.edition.changed.indicators if i.id == series and i.place == where), None
            )
            conflicts = [x for x in self.edition.register.conflicts if entry.id in x.commitments]
            return {
                "c": answer,
                "rule": words.RULES[answer.state],
                "verdict": str(t.ledger.address(answer.trace)),
                "chart": self.chart(held, (answer,)) if held else None,
                "chart_name": t.series(series) if series else "",
                "siblings": [c for c in promise.commitments if c is not answer],
                "conflicts": conflicts,
                "trail": relation_page.trail(entry, t),
                "called": lambda ref: relation_page.called(ref, t),
                "relations": relation_page.RELATIONS,
                "responses": relation_page.RESPONSES,
            }

        return tell

    def metrics(self, t: Teller) -> dict[str, Any]:
        """The ledgers of metrics, version beside version."""
        versions: dict[str, list[Any]] = defaultdict(list)
        for metric in sorted(self.edition.agreed.metrics, key=lambda m: (m.entry.version, m.entry.position)):
            versions[metric.entry.version].append(metric)
        tally: Counter[str] = Counter(m.entry.state for m in self.edition.agreed.metrics)
        names = {m.entry.id: m.entry.name for m in self.edition.agreed.metrics}
        return {
            "versions": list(versions.items()),
            "tally": [(s, tally[s]) for s in words.METRICS],
            "names": names | text.NAMES,
        }

    def done(self, t: Teller) -> dict[str, Any]:
        """Outputs with the outcome beside each."""
        outputs = [self._output(o) for o in self.edition.done.outputs]
        pairs = zip(self.edition.register.trainings, self.edition.done.training, strict=False)
        return {"outputs": outputs, "trainings": list(pairs)}

    def _output(self, output: OutputAnswer) -> SimpleNamespace:
        key = f"output {output.series}"
        if key not in self._charts:
            lines = {"": yearly(output.figures)} if output.figures else {}
            lines = {k: v for k, v in lines.items() if v}
            self._charts[key] = output_chart(output, self.label(output.series, self.case.country, lines))
        series = output.outcomes[0].trace.partition("@")[0] if output.outcomes else ""
        outcome = self.series_chart(
            f"outcomes {'+'.join(sorted({f.estimator for f in output.outcomes}))} {series}",
            series,
            output.outcomes,
        )
        return SimpleNamespace(answer=output, chart=self._charts[key], outcome=outcome, series=series)

    def indicator(self, answer: IndicatorAnswer) -> Tell:
        """One national indicator."""
        return lambda t: {"i": answer, "chart": self.chart(answer)}

    def place(self, code: str) -> Tell:
        """One priority place."""

        def tell(t: Teller) -> dict[str, Any]:
            gazetteer = self.edition.gazetteer.places
            above = gazetteer[code].parent if code in gazetteer else None
            promised = [
                c
                for c in self.edition.agreed.commitments
                if code in c.entry.places or any(ref.place == code for ref in c.entry.judged_on)
            ]
            scopes = [(s, v) for s in self.edition.register.scopes for v in s.versions if code in v.places]
            held = [a for a in self.local[code] if a.current or a.rivals or a.waiting]
            charts = [SimpleNamespace(answer=a, chart=self.chart(a, narrow=True)) for a in held]
            return {
                "code": code,
                "parent": t.place(above) if above else "",
                "promised": promised,
                "outputs": self.edition.done_at[code].outputs if code in self.edition.done_at else (),
                "scopes": scopes,
                "charts": charts,
            }

        return tell

    def map(self, year: MapYear) -> Tell:
        """One year's map with its table."""

        def tell(t: Teller) -> dict[str, Any]:
            rows = sorted((f for f in year.figures if f.value), key=lambda f: -(f.value or 0.0))
            named = tuple(dict.fromkeys((*self.codes, *(f.place for f in rows[:4]))))
            return {
                "year": year,
                "marks": marks(year),
                "rows": rows,
                "svg": self.draw(year, t, self.codes or named),
            }

        return tell

    def concentration(self, t: Teller) -> dict[str, Any]:
        """Index, shares and flows, and what stands across the border."""
        return {"breaks": [b for b in self.case.breaks if b.series == self.mapped], **self._concentration()}

    def _concentration(self) -> dict[str, Any]:
        found = self.edition.changed.concentration
        if found is None:
            return {
                "c": None,
                "hhi": None,
                "top": None,
                "shares": [],
                "share_years": [],
                "beyond": self.beyond(),
            }
        years = [f.period for f in found.hhi]
        shown = list(dict.fromkeys((years[0], years[len(years) // 2], years[-1]))) if years else []
        rows = [
            (code, [next((f for f in figures if f.period == y), None) for y in shown])
            for code, figures in found.shares.items()
        ]
        rows.sort(key=lambda row: -((row[1][-1].value if row[1] and row[1][-1] else 0.0) or 0.0))
        return {
            "c": found,
            "hhi": self.series_chart("hhi", split(found.hhi[0].trace)[0], found.hhi),
            "top": self.series_chart("top", split(found.top[0].trace)[0], found.top) if found.top else None,
            "shares": rows,
            "share_years": shown,
            "beyond": self.beyond(),
        }

    def beyond(self) -> list[SimpleNamespace]:
        """What is held of the places across the border: the first and the newest whole year, and who counts what."""
        found = []
        cards = {card.dataset: card for card in self.edition.sources}
        for code in self.case.across:
            for answer in self.local.get(code, ()):
                if len(line := yearly(answer.current)) < 2:
                    continue
                card = cards.get(line[-1].source)
                what = card.definitions.get(answer.id, "") if card else ""
                counted = f"{answer.id}~{line[-1].estimator}"
                ends = {"first": line[0], "last": line[-1], "what": what, "counted": counted}
                found.append(SimpleNamespace(answer=answer, code=code, **ends))
        return found


def _shared(gists: list[str]) -> str:
    """What the readings of one promise say alike: their common beginning, to the last comma."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*gists, strict=False))
    alike = "".join(letters[0] for letters in same)
    return alike.rpartition(",")[0] if "," in alike else gists[0]
