import csv
import io
import json
import re
from dataclasses import replace
from posixpath import dirname, join, normpath

import pytest

from vereda import publication
from vereda.publication.charts import line_chart
from vereda.publication.drawing import COLOURS
from vereda.publication.headline import headline
from vereda.publication.maps import Field, draw_map, legend, marks, polygons
from vereda.publication.series import lines_of

LINK = re.compile(r'href="([^"]+)"')
ID = re.compile(r'\bid="?([^"\s>]+)')


@pytest.fixture(scope="session")
def ids(site) -> dict[str, set[str]]:
    return {path: set(ID.findall(page)) for path, page in site.items() if path.endswith(".html")}


def test_both_languages_hold_the_same_pages(site) -> None:
    english = {path for path in site if path.endswith(".html") and not path.startswith("es/")}
    spanish = {path.removeprefix("es/") for path in site if path.startswith("es/")}
    assert english == spanish
    wanted = {
        "index",
        "agreed",
        "metrics",
        "done",
        "changed",
        "concentration",
        "sources",
        "conflicts",
        "methods",
        "data",
    }
    assert {f"{name}.html" for name in wanted} <= english
    assert {
        "commitments/C02.html",
        "places/CO-52835.html",
        "maps/2023.html",
        "indicators/coca_area.html",
    } <= english


def test_every_link_leads_to_a_page_and_a_place_on_it(site, ids) -> None:
    broken = set()
    for path, page in site.items():
        if not path.endswith(".html"):
            continue
        for href in LINK.findall(page):
            target, _, anchor = href.replace("&amp;", "&").partition("#")
            if target.startswith(("http", "data:")):
                continue
            where = normpath(join(dirname(path), target)) if target else path
            if where not in site or (anchor and anchor not in ids.get(where, ())):
                broken.add((path, href))
    assert not broken, sorted(broken)[:10]


def test_the_headline_is_what_the_reading_says(edition, site) -> None:
    found = headline(edition)
    assert found.reading is not None
    assert found.reading.change.value == pytest.approx(47.3, abs=0.05)
    heading = re.sub(r"<[^>]+>|\s+", " ", re.search(r"<h1>(.*?)</h1>", site["index.html"], re.DOTALL)[1])
    assert (
        " ".join(heading.replace("\u00a0", " ").split())
        == "Coca cultivation was to be halved by the end of 2023 . It grew by 47.3 % ."
    )


def test_without_a_judged_promise_nothing_is_claimed(edition, tracer) -> None:
    case = edition.register.case.model_copy(update={"headline": None})
    bare = replace(edition, register=edition.register.model_copy(update={"case": case}))
    assert (
        "<h1>What was agreed, what was done, what changed.</h1>"
        in publication.site(bare, tracer)["index.html"]
    )


def test_a_number_opens_its_own_line(site) -> None:
    page = site["trace/coca_area/CO-52835.html"]
    assert 'href="trace/coca_area/CO-52835.html#t2023"' in site["index.html"]
    row = re.search(r'<tr id="t2023">(.*?)(?=<tr|</tbody>)', page)[1]
    assert "22,999.6" in row
    assert "row 208, column 2020" in row
    assert "fila 208, columna 2020" in site["es/trace/coca_area/CO-52835.html"]


def test_a_sum_of_many_has_a_page_with_every_part(site) -> None:
    path = next(p for p in site if p.startswith("trace/coca_area/CO/2023"))
    assert "252,572.9" in site[path]
    assert site[path].count("<tr>") > 50


def test_zero_and_no_data_are_two_marks(edition) -> None:
    year = edition.changed.maps[-1]
    counts = marks(year)
    assert counts.found
    assert counts.zero
    assert counts.none
    svg = draw_map(year, Field.of(edition.changed.maps, edition.gazetteer), edition.gazetteer, "a map", {})
    zero, none = (
        re.search(r'class="zero" d="([^"]*)"', svg)[1],
        re.search(r'class="none" d="([^"]*)"', svg)[1],
    )
    assert zero.count("M") > 1
    assert none.count("M") >= 1
    assert set(zero.split("M")) & set(none.split("M")) == {""}


def test_circles_are_in_proportion_by_area(edition) -> None:
    field = Field.of(edition.changed.maps, edition.gazetteer)
    assert field.radius(field.largest) == pytest.approx(2 * field.radius(field.largest / 4), abs=0.1)
    assert all(value <= field.largest for value, _ in legend(field))


def test_true_polygons_lie_under_the_circles(edition, tracer) -> None:
    ring = [[-78.8, 1.2], [-78.0, 1.2], [-78.0, 2.2], [-78.8, 2.2], [-78.8, 1.2]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    geometry = json.dumps({"type": "FeatureCollection", "features": [shape]})
    made = publication.site(replace(edition, geometry=geometry), tracer, languages=("es",))
    assert re.search(r'<path d="M\d+ \d+l', made["ground.svg"])
    assert '<image href="../../ground.svg"' in made["es/maps/2023.html"]
    assert polygons(None, Field.of(edition.changed.maps, edition.gazetteer)) == ""


def test_a_chart_serves_both_schemes_and_both_languages(edition) -> None:
    lines = lines_of(edition.changed.indicators[0])
    chart = line_chart(lines, {name: lambda lang: lang for name in lines}, lambda lang: f"said in {lang}")
    english, spanish = chart.svg("en"), chart.svg("es")
    assert "var(--coca)" in english
    assert not any(sentinel in english for sentinel in COLOURS.values())
    assert english.count("<svg") == 2
    assert "200,000" in english
    assert "200.000" in spanish
    assert 'role="img" aria-label="said in es"' in spanish
    assert "§" not in english


def test_a_missing_year_breaks_the_line(edition) -> None:
    united_states = lines_of(edition.changed.indicators[0])["us-ondcp"]
    years = [int(f.period) for f in united_states]
    assert years != list(range(years[0], years[-1] + 1))
    chart = line_chart({"us-ondcp": united_states}, {}, lambda lang: "")
    assert chart.wide.count('stroke="var(--coca)" stroke-width="2.4"') > 1


def test_the_tables_are_described(site) -> None:
    package = json.loads(site["data/datapackage.json"])
    for resource in package["resources"]:
        rows = list(csv.DictReader(io.StringIO(site[f"data/{resource['path']}"])))
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert list(rows[0]) == names
        numbers = [field["name"] for field in resource["schema"]["fields"] if field["type"] == "number"]
        for row in rows:
            assert all(float(row[name]) is not None for name in numbers if row[name])
        keys = [tuple(row[name] for name in resource["schema"]["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(keys), resource["name"]
    assert {r["name"] for r in package["resources"]} == {
        "figures", "municipalities", "commitments", "production", "effects-priority-2021", "effects-status-2017",
    }  # fmt: skip


def test_the_hxl_variant_tags_every_column(site) -> None:
    head, tags, *_ = csv.reader(io.StringIO(site["data/figures.hxl.csv"]))
    assert len(head) == len(tags)
    assert all(tag.startswith("#") for tag in tags)


def test_codes_keep_their_zeros(site) -> None:
    assert "CO-05120" in site["data/municipalities.csv"]


def test_answers_are_plain_json_with_traces(edition) -> None:
    plain = json.loads(json.dumps(publication.as_json(edition.agreed)))
    reading = plain["promises"][0]["commitments"][1]["readings"][0]
    assert reading["actual"]["trace"].startswith("coca_area@CO:2023")


def test_one_page_has_a_script_of_its_own_and_nothing_is_from_outside(site) -> None:
    for path, page in site.items():
        if path.endswith((".html", ".css")):
            assert page.count("<script") == page.count("<script>") == path.endswith("production.html"), path
            assert not re.search(r'(?:src|url\(|@import)\s*[="\'(]+https?:', page), path
