"""What the page about potential production is given: its charts, its change, its grid, its factors, its companions."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from vereda.publication import production_words, text
from vereda.publication.chain_chart import chain_chart
from vereda.publication.charts import Chart
from vereda.publication.ground import Say
from vereda.publication.production_charts import HUES, changes_chart, shares_chart, years_chart
from vereda.publication.production_text import number
from vereda.publication.production_voice import ProductionVoice
from vereda.publication.teller import Teller
from vereda.publication.words import N_
from vereda.terms.answer import Edition
from vereda.terms.assessed import Assessed, WhatIf
from vereda.terms.figure import Figure
from vereda.terms.potential import Explained, MissingAnswer, PledgeAnswer, Used

FILES = ("data/production.csv", "data/production.hxl.csv", "data/production.json")
YEARS = N_("Potential production as published, by estimator. {parts}")
YEAR = N_("{who}: {first} in {start}, {last} in {end}; outside what printed factors give: {outside}.")
CHANGES = N_("{who}, what each change is made of. {parts}")
CHANGE = N_("{span}: {change}, of which {parts}.")
SHARES = N_("Shares of the variance. {parts}")


class Production:
    """The page about production; charts are drawn when first asked for, once for both languages."""

    def __init__(self, edition: Edition) -> None:
        self.edition, self.told = edition, edition.production
        self._charts: dict[str, Chart | None] = {}

    def page(self, t: Teller) -> dict[str, Any]:
        """Everything the page tells."""
        voice = ProductionVoice(t)
        first = next((a for a in self.told if a.lead.computed), self.told[0])
        return {
            "e": voice, "first": first, "told": [self._one(a, i, t.lang) for i, a in enumerate(self.told)],
            "change": change_of(first), "years": self._draw("years", lambda: years_chart(self.told, self._years)),
            "readings": self._readings(first), "files": FILES, "series": self._series(),
            "sliders": sliders(first.what_if, first.lead.inputs) if first.what_if else [], "marks": text.marks(t.lang),
        }  # fmt: skip

    def _one(self, a: Assessed, i: int, lang: str) -> SimpleNamespace:
        chart = self._draw(
            f"changes {a.id}", lambda: changes_chart(a.changes, lambda lg: self._changes(a, lg))
        )
        return SimpleNamespace(
            a=a, hue=HUES[i % len(HUES)], flow=chain_chart(a, lang, HUES[i % len(HUES)]), changes=chart,
            revised={r.year: r.percent for r in a.lead.revisions}, years=list(reversed(a.years)), beside=[y for y in reversed(a.years) if y.over],
            pledges=[SimpleNamespace(p=p, rows=newest(p), others=others(p)) for p in a.lead.companions.pledges],
            consistent=[y for y in a.years if y.consistency],
            factors=[u for u in a.lead.inputs if not u.figure.trace.startswith("coca")],
            left=list(zip(a.lead.companions.over, a.lead.companions.available, strict=True)),
            base=[r for r in a.lead.companions.base_over if r.as_seized.value is not None],
            need=list(zip((r.potential for r in a.lead.companions.over), a.lead.companions.need, strict=True)),
            missing=missing((*a.lead.missing, *a.lead.companions.missing)),
            definitions=[(SHORT[k], v) for k, v in a.lead.companions.definitions.items() if k in SHORT],
        )  # fmt: skip

    def _series(self) -> list[str]:
        """Series of the published figures that have a page of their own."""
        held = {
            i.id for i in self.edition.changed.indicators if i.place == self.edition.register.case.country
        }
        told = {f.trace.partition("@")[0] for a in self.told for y in a.years for f in y.editions}
        return sorted(told & held)

    def _readings(self, a: Assessed) -> list[SimpleNamespace]:
        made = []
        for i, reading in enumerate(a.lead.readings):
            names = {s.group: _meaning(s.meaning) for s in reading.shares}
            chart = self._draw(
                f"shares {a.id} {reading.id}",
                lambda r=reading, n=names: shares_chart(r.shares, n, lambda lg: self._shares(r, lg)),  # type: ignore[misc]
            )
            best = max(reading.shares, key=lambda s: s.narrowing.value or 0.0, default=None)
            made.append(SimpleNamespace(i=i, reading=reading, chart=chart, best=best))
        return made

    def _draw(self, key: str, make: Callable[[], Chart | None]) -> Chart | None:
        if key not in self._charts:
            self._charts[key] = make()
        return self._charts[key]

    # ---- what the charts say to those who do not see them --------------------------------------------------------

    def _years(self, lang: str) -> str:
        parts = []
        for a in self.told:
            told = [f for y in a.years for f in y.editions[-1:]]
            outside = [str(y.year) for y in a.years if y.flag == "outside"]
            values = {
                "who": a.lead.name.say(lang), "first": number(told[0], lang), "start": told[0].period,
                "last": number(told[-1], lang), "end": told[-1].period,
                "outside": ", ".join(outside) or text.translate(N_("none"), lang),
            }  # fmt: skip
            parts.append(text.fill(text.translate(YEAR, lang), values))
        return text.fill(text.translate(YEARS, lang), {"parts": " ".join(parts)})

    def _changes(self, a: Assessed, lang: str) -> str:
        said = []
        for change in a.changes:
            parts = [
                f"{text.translate(production_words.CALLED[p.reading], lang)} {number(p.shapley, lang, sign=True)}"
                for p in change.parts
            ]
            values = {
                "span": f"{change.before.period}–{change.after.period}", "parts": ", ".join(parts),
                "change": number(change.change, lang, sign=True),
            }  # fmt: skip
            said.append(text.fill(text.translate(CHANGE, lang), values))
        values = {"who": a.lead.name.say(lang), "parts": " ".join(said)}
        return text.fill(text.translate(CHANGES, lang), values)

    def _shares(self, reading: Any, lang: str) -> str:
        parts = [f"{text.translate(s.meaning, lang)}: {number(s.first, lang)}" for s in reading.shares]
        return text.fill(text.translate(SHARES, lang), {"parts": "; ".join(parts) + "."})


def brief(edition: Edition, t: Teller) -> SimpleNamespace | None:
    """What the first page says of production; None where the case assesses none."""
    if not edition.production:
        return None
    lead = next((a.lead for a in edition.production if a.lead.computed), edition.production[0].lead)
    return SimpleNamespace(e=ProductionVoice(t), lead=lead)


#: Companions by their key -> their name.
SHORT = {
    "seized_over": N_("Seized over potential"),
    "base_over": N_("Base over potential"),
    "available": N_("What is left"),
    "need": N_("Chemical needed"),
    "net": N_("Net eradication"),
    "pledge": N_("The pledge"),
}


def change_of(a: Assessed) -> Explained | None:
    """The change that ends in the latest year told."""
    year = str(a.lead.asked.year)
    return next((c for c in reversed(a.changes) if c.after.period == year), None)


def missing(lacking: Sequence[MissingAnswer]) -> list[SimpleNamespace]:
    """What is missing, by where it is printed and for which places."""
    found: dict[Any, list[MissingAnswer]] = defaultdict(list)
    for m in lacking:
        found[m.printed.en if m.printed else "", m.places].append(m)
    return [
        SimpleNamespace(factors=group, places=group[0].places, printed=group[0].printed, cites=group[0].cites)
        for group in found.values()
    ]


def newest(pledge: PledgeAnswer) -> list[Any]:
    """Every baseline against the value shown first."""
    first = pledge.readings[0].actual if pledge.readings else None
    return [row for row in pledge.readings if row.actual == first]


def others(pledge: PledgeAnswer) -> list[Figure]:
    """Other editions of the value of the due year, read in the verdict as well."""
    first = pledge.readings[0].actual if pledge.readings else None
    return [f for f in dict.fromkeys(row.actual for row in pledge.readings) if f != first]


def slider(figures: tuple[Figure, ...]) -> tuple[float, float]:
    """The ends of what was printed: a slider goes no further."""
    ends = [v for f in figures for v in (f.value, f.low, f.high) if v is not None]
    return min(ends), max(ends)


def sliders(grid: WhatIf, used: tuple[Used, ...]) -> list[SimpleNamespace]:
    """The three sliders of the formula and the one of purity: ends, and where they start."""
    rate = next((u.figure for u in used if u.quantity == "hcl_per_ha"), grid.columns[0])
    area = next(f for f in grid.rows if f.period == str(grid.year))
    wanted = [
        ("area", N_("Mean area of coca"), grid.rows, area, "ha"),
        ("ratio", N_("Part of it in production, over the mean area"), (grid.ratio,), grid.ratio, ""),
        ("factor", N_("Pure cocaine of a productive hectare"), grid.columns, rate, "kg/ha/yr"),
        ("purity", N_("Purity of the seizures, assumed"), (grid.purity,), grid.purity, ""),
    ]
    return [
        SimpleNamespace(
            id=name, label=label, low=slider(figures)[0], high=slider(figures)[1], start=start, unit=unit
        )
        for name, label, figures, start, unit in wanted
        if start.value is not None
    ]


def _meaning(english: str) -> Say:
    return lambda lang: text.translate(english, lang)
