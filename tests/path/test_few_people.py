"""Few people are a range wherever they are printed, and a rate says what it was divided by."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pytest

from vereda.errors import BadDesign
from vereda.pipeline import Study
from vereda.pipeline.desk import Desk
from vereda.pipeline.panels import Values
from vereda.pipeline.tracing import Tracer
from vereda.publication import text
from vereda.publication.ledger import Ledger
from vereda.store import Store
from vereda.terms.figure import Figure
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.source import Batch, Vintage

A, B, C = "CO-52835", "CO-52001", "CO-52019"  # of one department, CO-52
Held = Callable[..., Desk]


def row(
    series: str, place: str, value: float, year: str, source: str, vintage: str, unit: str
) -> dict[str, Any]:
    told = dict.fromkeys(OBSERVATIONS.names)
    return told | {
        "series": series, "place": place, "period": year, "estimator": source.partition("-")[0], "source": source,
        "vintage": vintage, "value": value, "unit": unit, "status": "measured", "row": 2, "col": "n",
    }  # fmt: skip


def deaths(place: str, value: float, year: str = "2020") -> dict[str, Any]:
    return row("homicides", place, value, year, "ponal-homicides", "2026-03", "deaths")


def people(
    place: str, value: float, year: str = "2020", source: str = "dane-population", vintage: str = "2023"
) -> dict[str, Any]:
    return row("population", place, value, year, source, vintage, "persons")


@pytest.fixture
def held(study: Study, tmp_path: Path) -> Iterator[Held]:
    """A desk over a few rows, in the places and with the sources of the case."""
    with Store.open(tmp_path) as store:

        def desk(*rows: dict[str, Any]) -> Desk:
            known = {}
            for name in sorted({(r["source"], r["vintage"]) for r in rows}):
                own = [r for r in rows if (r["source"], r["vintage"]) == name]
                digest = f"{len(store.vintages()):064x}"
                v = Vintage(*name, "f.csv", digest, 1, "2026-11-01", "1", len(own), digest)
                store.append(Batch(v, pa.Table.from_pylist(own, schema=OBSERVATIONS)))
                known[v.dataset, v.sha256] = v
            return Desk(study.register, study.gazetteer, store, study.cards, known, "2026-11-22", {})

        yield desk


def shown(figure: Figure | None) -> tuple[float | None, float | None, float | None, str]:
    assert figure is not None
    return figure.value, figure.low, figure.high, figure.status


def test_a_few_and_what_is_made_of_them(held: Held) -> None:
    desk = held(
        deaths(A, 3), deaths(B, 1), deaths(C, 200), people(A, 20_000), people(B, 10_000), people(C, 400_000)
    )
    assert shown(desk.best("homicides", A, "2020")) == (None, 1, 4, "few")
    assert shown(desk.best("homicide_rate", A, "2020")) == (None, 5, 20, "few")
    assert desk.best("homicides", "CO-52", "2020").value == 204  # type: ignore[union-attr]
    assert desk.exact("homicides", A, "2020").value == 3  # type: ignore[union-attr]
    assert list(desk.values("homicides", (A, B), "2020")) == [3, 1]
    assert [f.value for f in desk.candidates("homicides", A, "2020")] == [None]
    assert [f.value for f in desk.all("homicides", A)] == [None]
    assert [f.value for f in desk.current("homicide_rate", A)] == [None]
    rate = desk.best("homicide_rate", A, "2020")
    assert rate is not None
    assert text.number(rate, "es") == "5–20\u00a0muertes por 100.000 personas al año"


def test_the_next_larger_place_is_a_range_where_one_could_subtract(held: Held) -> None:
    desk = held(deaths(A, 3), deaths(B, 12), deaths(C, 200))
    assert shown(desk.best("homicides", A, "2020")) == (None, 1, 4, "few")
    assert shown(desk.best("homicides", B, "2020")) == (None, 11, 14, "few")
    assert desk.best("homicides", C, "2020").value == 200  # type: ignore[union-attr]
    assert desk.best("homicides", "CO-52", "2020").value == 215  # type: ignore[union-attr]


def test_a_total_of_few_alone_is_a_range(held: Held) -> None:
    desk = held(deaths(A, 1), deaths(B, 1), deaths(C, 0))
    assert shown(desk.best("homicides", "CO-52", "2020")) == (None, 2, 8, "few")
    assert desk.best("homicides", C, "2020").value == 0  # type: ignore[union-attr]


def test_the_trace_walks_to_the_cell_and_does_not_say_its_number(held: Held) -> None:
    desk = held(
        deaths(A, 3), deaths(B, 12), deaths(C, 200), people(A, 20_000), people(B, 9e4), people(C, 4e5)
    )
    tracer = Tracer(desk)
    cell = tracer("homicides@CO-52835:2020")
    assert (cell.value, cell.low, cell.high) == (None, 1, 4)
    assert cell.locator == "row 2, column n"
    rate = tracer.whole("homicide_rate@CO-52835:2020")
    assert (rate.value, rate.low, rate.high) == (None, 5, 20)
    total = tracer.whole("homicides@CO-52:2020")
    assert total.value == 215
    assert [(s.value, s.low) for s in total.inputs if s.kind == "observation"] == [
        (None, 11),
        (200, None),
        (None, 1),
    ]
    assert "census of 2018" in str(rate)
    # The publisher refuses a page whose trace tells what the page does not.
    few = desk.best("homicides", A, "2020")
    assert few is not None
    Ledger([few], [], tracer)
    with pytest.raises(Exception, match="prints a range"):
        Ledger([few], [], lambda key: replace(tracer(key), value=3.0))


def test_a_rate_names_its_denominator_and_breaks_where_it_changes(held: Held) -> None:
    old = [people(A, 36_000, year, "old-population", "2011") for year in ("2011", "2012")]
    new = [people(A, 27_000, year) for year in ("2012", "2013")]
    desk = held(*(deaths(A, 9, y) for y in ("2011", "2012", "2013")), *old, *new)
    rates = desk.current("homicide_rate", A)
    below = [f.denominator for f in rates]
    assert [(d.source, d.vintage, d.census) for d in below if d] == [
        ("old-population", "2011", None), ("dane-population", "2023", 2018), ("dane-population", "2023", 2018),
    ]  # fmt: skip
    assert [f.breaks for f in rates] == [False, True, False]
    lines = text.divided(rates, "en", lambda _: "Population")
    assert lines == [
        "Divided by: Population, old-population, edition 2011 (it does not say of which census).",
        "Divided by: Population, dane-population, edition 2023 (census of 2018).",
    ]
    values = Values(desk, (A,))
    values.one_edition("population", ["2012", "2013"], "Plan p: homicide_rate")
    with pytest.raises(
        BadDesign, match=r"several editions .old-population 2011 in 2011; dane-population 2023 in 2012"
    ):
        values.one_edition("population", ["2011", "2012", "2013"], "Plan p: homicide_rate")


def test_as_of_a_day_the_denominator_is_what_was_known_then(held: Held, study: Study) -> None:
    now = held(deaths(A, 90), people(A, 250_000, source="old-population", vintage="2021"), people(A, 265_599))
    assert now.best("homicide_rate", A, "2020").denominator.vintage == "2023"  # type: ignore[union-attr]
    then = Desk(
        study.register, study.gazetteer, now._store, MappingProxyType({}), now.vintages, "2022-12-31", {}
    )
    assert then.best("population", A, "2020").vintage == "2021"  # type: ignore[union-attr]


def test_the_case_prints_no_few(study: Study, edition: Any) -> None:
    """Every figure of the edition that counts people in a municipality is none, five or more, or a range."""
    from vereda.publication.ledger import figures
    from vereda.terms.few import PEOPLE

    told = [f for f in figures(edition) if f.unit in PEOPLE and f.place in study.gazetteer]
    local = [f for f in told if study.gazetteer.places[f.place].level == "municipality"]
    assert sum(f.status == "few" for f in local) > 50
    assert not [f for f in local if f.value is not None and 0 < f.value < 5]


def test_every_rate_of_the_case_has_one_denominator(edition: Any) -> None:
    rates = [
        f for a in edition.changed.indicators for f in a.current if f.unit.endswith("/100 000 people/year")
    ]
    assert len(rates) > 100
    assert {(f.denominator.source, f.denominator.census) for f in rates if f.denominator} == {
        ("dane-population", 2018)
    }
    assert all(f.denominator for f in rates)
