"""A small edition from real figures, copied here so that the tests need nothing else."""

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from publication_case import register
from publication_findings import findings
from publication_production import production

from vereda.errors import NoTrace
from vereda.terms.answer import (
    Agreed,
    Changed,
    CommitmentAnswer,
    Concentration,
    Done,
    Edition,
    FlowsAnswer,
    FundingAnswer,
    IndicatorAnswer,
    MapYear,
    MetricAnswer,
    OutputAnswer,
    PromiseAnswer,
    Reading,
)  # fmt: skip
from vereda.terms.cooperation import Text
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.place import Gazetteer, Place
from vereda.terms.source import Check, SourceCard, Vintage

HERE = Path(__file__).parent / "extract"
YEARS = [str(year) for year in range(2001, 2024)]
PRIORITY = ("CO-52835", "CO-05120", "CO-54720")


def table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))


class Desk:
    """Figures of the fixture and the steps behind them."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        publisher = Step(
            "publisher", "Ministerio de Justicia: Coca cultivation", "https://www.datos.gov.co/d/acs4-3wgp"
        )
        file = Step(
            "file", "coca.csv", "sha256 0262aa, 63210 bytes", note="read on 2026-11-22", inputs=(publisher,)
        )
        self.vintage = Step(
            "vintage", "odc-simci-coca 2026-02", "sha256 8810bb", note="7337 rows", inputs=(file,)
        )

    def figure(
        self, series, place, period, value, unit, estimator="", vintage="", source="", *, inputs=(), **rest
    ) -> Figure:
        tail = [estimator, vintage, source]
        while tail and not tail[-1]:
            tail.pop()
        key = "~".join([f"{series}@{place}:{period}", *tail])
        kind = "sum" if inputs else "observation"
        where = f"sum of {len(inputs)} municipalities" if inputs else "row 208, column 2020"
        ends = tuple(inputs) or (self.vintage,)
        self.steps[key] = Step(kind, f"{series} · {place} · {period}", where, key, value, unit, "", ends)
        return Figure(
            value,
            unit,
            key,
            place=place,
            period=period,
            estimator=estimator,
            vintage=vintage,
            source=source,
            **rest,
        )

    def leaf(self, key: str) -> Step:
        step = self.steps[key]
        return Step(step.kind, step.name, step.locator, key, step.value, step.unit)

    def __call__(self, key: str) -> Step:
        if key not in self.steps:
            raise NoTrace(f"no figure answers {key!r}")
        return self.steps[key]


@pytest.fixture(scope="session")
def told() -> tuple[Edition, Callable[[str], Step]]:
    """The edition and its tracer."""
    return build()


@pytest.fixture(scope="session")
def edition(told):
    return told[0]


@pytest.fixture(scope="session")
def tracer(told):
    return told[1]


@pytest.fixture(scope="session")
def site(told):
    from vereda import publication

    return publication.site(*told)


def build() -> tuple[Edition, Desk]:
    desk = Desk()
    rows = table("municipalities.csv")
    places = [Place("CO", "Colombia", "country")]
    names = {f"CO-{r['dept']}": r["dept_name"] for r in rows}
    places += [Place(code, name, "department", "CO") for code, name in names.items()]
    places += [
        Place(
            f"CO-{r['code']}",
            r["name"],
            "municipality",
            f"CO-{r['dept']}",
            lon=float(r["lon"]),
            lat=float(r["lat"]),
        )
        for r in rows
    ]
    maps, by_place = [], defaultdict(list)
    for year in YEARS:
        figures = []
        for i, r in enumerate(rows):
            code = f"CO-{r['code']}"
            value = float(r[year] or 0)
            if not r[year] and i % 5 == 0:
                figure = Figure(
                    None, "ha", f"coca_area@{code}:{year}", status="not_collected", place=code, period=year
                )
            else:
                figure = desk.figure(
                    "coca_area", code, year, value, "ha", "unodc-simci", "2026-02", "odc-simci-coca"
                )
            figures.append(figure)
            by_place[code].append(figure)
        maps.append(MapYear(year, tuple(figures)))
    national = defaultdict(list)
    for r in table("national.csv"):
        held = {name: float(r[name]) if r[name] else None for name in ("value", "low", "high")}
        national[r["series"], r["estimator"]].append(
            desk.figure(
                r["series"],
                r["place"],
                r["period"],
                held["value"],
                r["unit"],
                r["estimator"],
                r["vintage"],
                r["source"],
                low=held["low"],
                high=held["high"],
                note=r["note"],
            )
        )
    totals = published_totals(desk, maps)
    violence = rates(desk)
    pledge = promise(desk, totals, national)
    indicators = [
        IndicatorAnswer(
            "coca_area", "CO", "Coca cultivation",
            "Hectares of coca standing on 31 December. Countries and departments are the sum of their municipalities.",
            "ha", "down", "2001-2023", tuple(totals),
            {e: tuple(v) for (s, e), v in national.items() if s == "coca_area"},
            {"2001": "5.5 % below the published total", "2009": "7.0 % below"},
        ),
        IndicatorAnswer(
            "potential_cocaine_hcl", "CO", "Potential cocaine production",
            "Tonnes of cocaine hydrochloride the year's leaf could have made, as each estimator published it. Potential, not actual; purity bases differ between vintages.",
            "t", "down", "2004-2023", newest(national["potential_cocaine_hcl", "unodc-simci"]),
            {e: tuple(v) for (s, e), v in national.items() if s == "potential_cocaine_hcl"}, {},
        ),
        IndicatorAnswer("forest_loss", "CO", "Forest loss", "Hectares of forest lost.", "ha", "down", "", (), {}, {},
                        "ideam-forest"),
    ]  # fmt: skip
    for code in PRIORITY:
        indicators.append(IndicatorAnswer("coca_area", code, "Coca cultivation", "Hectares of coca standing on 31 December.",
                                          "ha", "down", "2001-2023", tuple(by_place[code]), {}, {}))  # fmt: skip
        for series, name in (("homicide_rate", "Homicide rate"), ("extortion", "Extortion")):
            indicators.append(IndicatorAnswer(series, code, name, name, violence[series, code][0].unit, "down", "",
                                              tuple(violence[series, code]), {}, {}))  # fmt: skip
    manual = national["manual_eradication", "gov-co"]
    metrics = tuple(
        MetricAnswer(m, (manual[-2],) if m.state == "derivable" else ()) for m in register().metrics
    )
    done = Done(
        (OutputAnswer("manual_eradication", Text(en="Manual eradication", es="Erradicación manual"), "ha", tuple(manual),
                      tuple(national["eradication_target", "gov-co"]), tuple(totals)),),
        (FundingAnswer("appropriated", tuple(national["us_assistance:INCLE", "wola-compilation-of-appropriations-documents"])),
         FundingAnswer("requested", ())),
        tuple(desk.figure(t.measure, "US", t.period, t.value, t.unit, source=t.cites[0]) for t in register().trainings),
    )  # fmt: skip
    hhi = tuple(desk.figure("coca_hhi", "CO", y, v, "index") for y, v in zip(YEARS, HHI, strict=True))
    top = tuple(desk.figure("coca_top10", "CO", y, 30 + i * 0.65, "%") for i, y in enumerate(YEARS))
    shares = {
        c: tuple(desk.figure("coca_share", c, y, 5.0 + i + j, "%") for i, y in enumerate(YEARS))
        for j, c in enumerate(("CO-52", "CO-54", "CO-19"))
    }
    flows = tuple(
        FlowsAnswer(a, b, "department", *(desk.figure(f"coca_{k}", "CO", f"{a}-{b}", v, u) for k, v, u in parts))
        for a, b, parts in (("2013", "2018", (("rises", 124000.0, "ha"), ("falls", 3200.0, "ha"), ("net", 120800.0, "ha"),
                                              ("offset", 0.0258, "ratio"))),)
    )  # fmt: skip
    changed = Changed(tuple(indicators), Concentration(hhi, top, shares, flows), tuple(maps))
    gazetteer = Gazetteer.of(places)
    edition = Edition(
        register(), "2026-11-22", gazetteer, Agreed(pledge, metrics), done, changed, cards(),
        findings=findings(desk, gazetteer), production=production(desk),
    )  # fmt: skip
    return edition, desk


HHI = [0.11, 0.12, 0.1, 0.09, 0.09, 0.1, 0.1, 0.11, 0.12, 0.12, 0.13, 0.12, 0.15, 0.14, 0.16, 0.17, 0.16, 0.16, 0.17, 0.18,
       0.18, 0.18, 0.19]  # fmt: skip
TOTALS = [136919.1, 102071, 86332.6, 80348.2, 85750.4, 77870, 98899, 80953, 68027, 61811, 63765, 47788, 48189, 69132, 96085.6,
          146141.6, 171494.7, 169018.6, 154474.6, 142784.7, 204257.8, 230028.8, 252572.9]  # fmt: skip


def published_totals(desk, maps):
    found = []
    for value, year in zip(TOTALS, maps, strict=True):
        parts = tuple(desk.leaf(f.trace) for f in year.figures if f.value)
        found.append(desk.figure("coca_area", "CO", year.period, value, "ha", "unodc-simci", "2026-02", "odc-simci-coca",
                                 inputs=(*parts, desk.vintage), status="computed"))  # fmt: skip
    return found


def newest(figures):
    return tuple({f.period: f for f in sorted(figures, key=lambda f: (f.period, f.vintage))}.values())


def rates(desk):
    found = defaultdict(list)
    for r in table("violence.csv"):
        code = f"CO-{r['place']}"
        if r["series"] == "homicides":
            value = 1e5 * int(r["count"]) / int(r["population"])
            found["homicide_rate", code].append(
                desk.figure("homicide_rate", code, r["period"], value, "deaths/100 000 people/year", status="computed"))  # fmt: skip
        else:
            found["extortion", code].append(
                desk.figure("extortion", code, r["period"], float(r["count"]), "cases", "ponal")
            )
    return {key: sorted(v, key=lambda f: f.period) for key, v in found.items()}


def promise(desk, totals, national):
    by_year = {f.period: f for f in totals}
    us = {f.period: f for f in national["coca_area", "us-ondcp"]}
    answers: dict[str, list[CommitmentAnswer]] = defaultdict(list)
    for entry in register().commitments:
        made: list[Reading] = []
        state, why, latest, beside = "not_measured", (Message("Nothing held measures it."),), (), ()
        if entry.id == "C02":
            base, actual = by_year["2017"], by_year["2023"]
            target = _derived(desk, "target", base.value / 2, "ha")
            made = [Reading("missed", base, target, actual, _derived(desk, "change", 100 * (actual.value / base.value - 1), "%"),
                            _derived(desk, "gap", actual.value - target.value, "ha"))]  # fmt: skip
            state, latest = "missed_on_every_baseline", (actual,)
            why = (Message("{actual} in {period} is above the target {target}.",
                           {"actual": actual, "period": "2023", "target": target}),)  # fmt: skip
        elif entry.id == "C01":
            base = us["2017"]
            made = [
                Reading(
                    "not_measured", base, desk.figure("target", "C01", "0", 104500.0, "ha"), None, None, None
                )
            ]
            latest = (us["2021"],)
        elif entry.id == "C13":
            manual = {f.period: f for f in national["manual_eradication", "gov-co"]}
            target = desk.figure("target", "C13", "0", 80000.0, "ha")
            made = [
                Reading(
                    "met",
                    None,
                    target,
                    manual["2019"],
                    None,
                    desk.figure("gap", "C13", "0", manual["2019"].value - 80000, "ha"),
                )
            ]
            state, latest, beside = "met", (manual["2019"],), (by_year["2019"], us["2019"])
            why = (Message("{actual} in {period} is at or above the target {target}.",
                           {"actual": manual["2019"], "period": "2019", "target": target}),)  # fmt: skip
        elif entry.release_duty:
            state, why = "not_published", (Message("No release was found."),)
        desk.steps[f"verdict@{entry.id}"] = Step("verdict", entry.gist.en, "", f"verdict@{entry.id}", note=state,
                                                 inputs=tuple(desk.leaf(f.trace) for f in latest))  # fmt: skip
        answers[entry.promise].append(
            CommitmentAnswer(entry, state, why, tuple(made), latest, beside,
                             Message("The stated parts add up to {sum}, not {total}.", {"sum": 92000, "total": 90000})
                             if entry.parts else None, f"verdict@{entry.id}"))  # fmt: skip
    return tuple(
        PromiseAnswer(p, c[0].state if len(c) == 1 else c[-1].state, c[-1].why, tuple(c))
        for p, c in answers.items()
    )


def _derived(desk, name, value, unit):
    return desk.figure(name, "C02", "0", value, unit)


def cards():
    vintage = Vintage(
        "odc-simci-coca", "2026-02", "coca.csv", "0262" * 16, 63210, "2026-11-22", "0.1", 7337, "8810" * 16
    )
    checks = (Check("coca_area 2020: sum of municipalities", "passed", 142784.7, 142784, 2, "ha"),
              Check("coca_area 2001: sum of municipalities", "known gap", 136919.1, 144807, 2, "ha", "5.5 % below"))  # fmt: skip
    return (
        SourceCard("odc-simci-coca", "Coca cultivation by municipality, Colombia", "Ministerio de Justicia",
                   "https://www.datos.gov.co/d/acs4-3wgp", "CC BY 4.0", "open", "none seen: zero",
                   {"2001": "5.5 % below the published total"}, {"coca_area": "ha"}, vintage, checks),
        SourceCard("ideam-forest", "Forest loss by municipality", "IDEAM", "https://www.ideam.gov.co", "not stated",
                   "not stated", "not measured", {}, {"forest_loss": "ha"}, None),
    )  # fmt: skip
