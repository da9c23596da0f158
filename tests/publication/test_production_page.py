"""The page about production: what stands on it, that every number walks back, and that nothing is widened or made up."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from vereda import publication
from vereda.errors import NoTrace
from vereda.publication import text
from vereda.publication.chain_chart import THICK, chain_chart, stops
from vereda.publication.ledger import figures
from vereda.publication.production_charts import changes_chart, shares_chart, years_chart
from vereda.publication.production_page import newest, slider, sliders
from vereda.publication.refuse import bare_numbers
from vereda.terms.figure import Figure

PAGES = {"en": "production.html", "es": "es/production.html"}


def words(html: str) -> str:
    plain = re.sub(r"<svg.*?</svg>|<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(plain.replace("\u00a0", " ").split())


@pytest.fixture
def unodc(edition):
    return edition.production[0]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_page_stands_in_both_languages_and_is_led_to(site, lang: str) -> None:
    prefix = "" if lang == "en" else "es/"
    assert "<h1>" in site[PAGES[lang]]
    for page in ("index.html", "changed.html", "agreed.html"):
        assert 'href="production.html"' in site[prefix + page]
    assert 'href="production.html" aria-current="page"' in site[PAGES[lang]]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_number_is_a_link_to_its_way_back(site, lang: str) -> None:
    page = site[PAGES[lang]]
    assert bare_numbers(page) == []
    links = re.findall(r'<a class="n[^"]*" href="([^"#]+)#([^"]+)"', page)
    assert len(links) > 90
    prefix = "" if lang == "en" else "es/"
    for path, anchor in set(links):
        assert re.search(rf'id="?{re.escape(anchor)}[">]', site[prefix + path]), (path, anchor)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("Potential, not actual", "not what was made, sold, seized or used", "re-measurement, not growth", "+647.6 t", "1.391")),
        ("es", ("Potencial, no real", "No es lo que se fabricó", "nueva medición, no crecimiento", "+647,6 t", "1,391")),
    ],
)  # fmt: skip
def test_the_number_is_told_for_what_it_is(site, lang: str, said: tuple[str, ...]) -> None:
    page = words(site[PAGES[lang]])
    for part in said:
        assert part in page, part


def test_what_lies_outside_is_flagged_and_the_interval_stays(site) -> None:
    page = words(site["production.html"])
    assert "1,894–2,028 t" in page
    assert "outside what printed factors give" in page
    assert "inside what printed factors give" in page
    assert "+636.3 t" in page
    assert "2,664" not in re.findall(r"between ([\d,–]+) t", page)[0]


def test_what_is_missing_is_named_with_where_it_is_printed(site) -> None:
    page = words(site["production.html"])
    assert "base_from_leaf" in page
    assert "annex 3" in page
    assert "where it is printed is not known" in page
    assert "anexo 3" in words(site["es/production.html"])


def test_a_remainder_below_zero_is_said(site) -> None:
    assert "its lower end is below zero" in words(site["production.html"])


def test_without_production_there_is_no_page_and_no_link(edition, tracer) -> None:
    made = publication.site(replace(edition, production=()), tracer, languages=("en",))
    assert "production.html" not in made
    assert "data/production.csv" not in made
    assert "production.html" not in made["index.html"] + made["changed.html"]
    assert "data/production.csv" not in made["data/datapackage.json"] + made["data.html"]


def test_a_computed_number_without_a_way_back_stops_the_publication(edition, tracer, unodc) -> None:
    lost = Figure(1.0, "t", "production@CO:1066~unodc~nothing")
    broken = replace(unodc, lead=replace(unodc.lead, apparent=lost))
    with pytest.raises(NoTrace, match="CO:1066"):
        publication.site(replace(edition, production=(broken,)), tracer, languages=("en",))


def test_the_downloads_hold_every_figure_of_the_page(edition, site) -> None:
    rows = {row["trace"]: row for row in csv.DictReader(io.StringIO(site["data/production.csv"]))}
    told = {f.trace: f for f in figures(edition.production) if f.trace}
    assert set(rows) == set(told)
    for key, figure in told.items():
        assert rows[key]["value"] == ("" if figure.value is None else f"{figure.value:.10g}")
    whole = json.loads(site["data/production.json"])
    assert [a["id"] for a in whole] == [a.id for a in edition.production]
    assert whole[0]["what_if"]["cells"][0][0]["value"] == edition.production[0].what_if.cells[0][0].value
    assert 'href="data/production.csv"' in site["production.html"]
    assert 'href="../data/production.csv"' in site["es/production.html"]


# ---- the chain --------------------------------------------------------------------------------------------------


def test_thickness_is_to_scale_within_a_stage(unodc) -> None:
    *_, base, last = stops(unodc, "en")
    low, high = last.ends()
    assert (low / THICK, high / THICK) == pytest.approx((1910.39 / 1960.57, 2011.01 / 1960.57))
    assert last.mark() / THICK == pytest.approx(2664 / 1960.57)
    assert last.widest()[1] > high
    assert base.figure.value is None
    assert base.mark() is None


def test_the_chain_says_what_is_not_computed(edition, unodc) -> None:
    for lang, said in (("en", "not computed"), ("es", "sin calcular")):
        drawn = chain_chart(unodc, lang, "coca")
        assert drawn.count("<svg") == 2
        assert said in drawn
        assert "2,664" in drawn or "2.664" in drawn
        assert 'class="gap"' in drawn
    assert "published: 2,664" in chain_chart(unodc, "en", "coca").replace("\u00a0", " ")
    assert "publicado: 2.664" in chain_chart(unodc, "es", "coca").replace("\u00a0", " ")
    other = chain_chart(edition.production[1], "en", "rival")
    assert "234,000" in other
    assert "972" in other
    assert 'class="full"' not in other  # nothing flows where nothing is computed


# ---- charts -----------------------------------------------------------------------------------------------------


def test_the_years_chart_rings_only_what_lies_outside(edition) -> None:
    inside = [replace(a, years=tuple(replace(y, flag="inside") for y in a.years)) for a in edition.production]
    rings = [
        years_chart(told, str).wide.count('stroke="var(--target)"') for told in (edition.production, inside)
    ]
    assert rings[0] - rings[1] == 1
    assert rings[1] == 0


def test_parts_of_a_change_are_told_apart_by_colour_and_by_word(unodc, site) -> None:
    chart = changes_chart(unodc.changes, str)
    assert 'fill="var(--coca)"' in chart.wide
    assert 'fill="var(--target)"' in chart.wide
    for reading in ("area", "growth", "re-measurement", "method"):
        assert f'class="tone {reading}"' in site["production.html"]
    assert changes_chart((), str) is None
    assert shares_chart((), {}, str) is None


def test_charts_are_spoken_in_both_languages(site) -> None:
    for lang, said in (
        ("en", "outside what printed factors give: 2023"),
        ("es", "fuera de lo que dan los factores impresos: 2023"),
    ):
        assert said in re.sub(r"\s+", " ", site[PAGES[lang]])
        assert "§" not in site[PAGES[lang]]


# ---- what if ----------------------------------------------------------------------------------------------------


def test_sliders_go_no_further_than_what_was_printed(unodc) -> None:
    grid = unodc.what_if
    made = {s.id: s for s in sliders(grid, unodc.lead.inputs)}
    assert (made["factor"].low, made["factor"].high) == (6.25, grid.columns[-1].value)
    assert (made["ratio"].low, made["ratio"].high) == (grid.ratio.low, grid.ratio.high)
    assert made["area"].start.period == "2023"
    assert made["factor"].start.value == 7.9
    assert slider((Figure(3.0, "ha", "a"), Figure(2.0, "ha", "b", 1.0, 5.0))) == (1.0, 5.0)


def test_a_grid_without_seizures_leaves_purity_out(edition, tracer, unodc) -> None:
    none = Figure(None, "", "", status="not_held")
    bare = replace(unodc, what_if=replace(unodc.what_if, seized=none, purity=none))
    page = publication.site(replace(edition, production=(bare,)), tracer, languages=("en",))[
        "production.html"
    ]
    assert 'id="w-area"' in page
    assert 'id="w-purity"' not in page
    assert 'id="w-over"' not in page.partition("<script>")[0]


def test_without_a_factor_of_a_hectare_there_is_no_grid(edition, tracer, unodc) -> None:
    bare = replace(unodc, what_if=None)
    page = publication.site(replace(edition, production=(bare,)), tracer, languages=("en",))[
        "production.html"
    ]
    assert "<script" not in page
    assert 'id="what-if"' not in page


def test_the_grid_carries_every_digit_for_the_sliders(site, unodc) -> None:
    held = [float(v) for v in re.findall(r'data-value="([^"]+)"', site["production.html"])]
    grid = unodc.what_if
    assert held == [f.value for f in (*grid.columns, *grid.rows)]


def test_the_pledge_is_read_against_the_value_shown_first(unodc) -> None:
    pledge = unodc.lead.companions.pledges[0]
    other = replace(pledge.readings[0], actual=Figure(1.0, "t", "x"))
    assert newest(replace(pledge, readings=(*pledge.readings, other))) == list(pledge.readings)


# ---- traces -----------------------------------------------------------------------------------------------------


def test_how_a_number_was_made_is_told_in_spanish() -> None:
    told = text.how("area times factor, from end to end, with its rounding; 1894.21 to 2027.69", "es")
    assert told == "área por factor, de extremo a extremo, con su redondeo; 1.894,21 a 2.027,69"
    assert (
        text.how("5, 50 and 95 % of 65536 draws, seed 1", "es") == "5, 50 y 95 % de 65536 sorteos, semilla 1"
    )


def test_a_trace_of_production_names_its_estimator(site) -> None:
    page = words(site["es/trace/production/CO.html"])
    assert "Producción potencial · Colombia" in page
    assert (
        "UNODC y el país (SIMCI), stage.mean area" in page
        or "UNODC y el país (SIMCI), stage.mean_area" in page
    )
