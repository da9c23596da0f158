"""Pages, downloads and terminal of evaluations: what is printed, where it leads, and what is not made up."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from publication_findings import FELL, NOTHING, SPANISH
from rich.console import Console

from vereda import publication
from vereda.errors import NoTrace
from vereda.publication import effect_words, text
from vereda.publication.because import by_unit, is_sparse
from vereda.publication.curve_chart import choice, chosen, parts, rows
from vereda.publication.effect_charts import event_chart
from vereda.publication.placebo_chart import COLUMNS, Bins, placebo_chart
from vereda.publication.refuse import bare_numbers
from vereda.publication.scale import Scale
from vereda.terms.figure import Figure, Message
from vereda.terms.finding import Point

PAGE = "evaluations/priority-2021.html"


def words(html: str) -> str:
    plain = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL).replace("\u00a0", " ")
    return " ".join(plain.split())


@pytest.fixture
def translated(monkeypatch) -> None:
    """A catalogue with the made-up sentences in it."""
    held = text.catalogue("es")
    monkeypatch.setattr(text, "catalogue", lambda lang: {} if lang == "en" else {**held, **SPANISH})


def test_every_plan_has_its_card_and_its_page(edition, site) -> None:
    for finding in edition.findings:
        assert f'id="plan-{finding.plan.id}"' in site["because.html"]
        for lang in ("", "es/"):
            assert f"{lang}evaluations/{finding.plan.id}.html" in site
    for state in ("credible", "fragile", "not identified", "waiting for data"):
        assert state in words(site["because.html"])
    assert 'aria-current="page">Because of</a>' in site["because.html"]


def test_without_findings_nothing_is_said_of_causes(edition, tracer) -> None:
    made = publication.site(replace(edition, findings=()), tracer, languages=("en",))
    assert "because.html" not in made
    assert "because.html" not in made["index.html"]
    assert "Nothing here says what caused a change." in made["index.html"]
    assert "What caused a change is said only on" not in made["index.html"]


def test_the_sentence_stands_as_the_engine_gave_it(site) -> None:
    said = words(site[PAGE])
    assert "Coca cultivation fell by 812 ha ( −1,137 to −487 ) in San Andrés de Tumaco" in said
    assert "p = <0.001" in said.replace("&lt;", "<")
    assert "+11 deaths per 100,000 people a year ( −8 to 31 )" in said


def test_a_sentence_is_translated_where_the_catalogue_has_it(edition, tracer, site, translated) -> None:
    before, after = site[f"es/{PAGE}"], publication.site(edition, tracer, languages=("es",))[f"es/{PAGE}"]
    assert '<span lang="en">' in before
    assert "Cultivo de coca bajó 812 ha ( −1.137 a −487 ) en San Andrés de Tumaco" in words(after)
    assert "al 5 % nominal" in words(after)
    assert '<span lang="en">A sentence that nobody has translated' in after


def test_every_number_of_a_page_opens_the_trace_of_its_effect(site) -> None:
    page = site[PAGE]
    assert bare_numbers(page) == []
    found = re.findall(
        r'<a class="n[^"]*" href="([^"]+)">([^<]*)</a>', page.partition('id="homicide_rate"')[0]
    )
    led = {said.replace("\u00a0", " "): href for href, said in found}
    assert led["&lt;0.001"].startswith("../trace/effect/priority-2021.html#")
    assert (
        led["27.4 %"] == led["31.0 %"] == led["its trace"]
    )  # share in a reason, weight of a donor, line of a chart
    for kind in ("figure", "table"):
        assert f"<{kind}" in page


def test_an_effect_without_a_trace_stops_the_publication(edition, tracer) -> None:
    first = edition.findings[0]
    outcome = first.outcomes[0]
    lost = replace(outcome.effects[0], effect=Figure(1.0, "ha", "effect@nobody:coca_area~scm", 0.0, 2.0))
    broken = replace(first, outcomes=(replace(outcome, effects=(lost, *outcome.effects[1:])),))
    with pytest.raises(NoTrace, match="effect@nobody"):
        publication.site(replace(edition, findings=(broken,)), tracer)


def test_a_plan_that_waits_names_its_datasets_and_where_they_are(site) -> None:
    for page in ("because.html", "evaluations/spraying-2015.html"):
        assert "Forest loss by municipality" in words(site[page])
        assert "https://www.ideam.gov.co" in site[page]
        assert "vereda keep nobody-knows FILE" in site[page]
    assert "vereda keep nobody-knows ARCHIVO" in site["es/because.html"]
    assert "data/effects-spraying-2015.csv" not in site


def test_what_is_absent_leaves_no_empty_heading(site) -> None:
    bare, rich = words(site["evaluations/status-2017.html"]), words(site[PAGE])
    for heading in ("Year by year", "Could it be chance?", "Other ways to ask", "Did it move next door?", "What was checked"):  # fmt: skip
        assert heading in rich
        assert heading not in bare
    assert "No standard error: One place alone." in bare
    assert "not measured" in bare


def test_grades_differ_in_shape_and_word(site) -> None:
    chips = re.findall(r'<span class="chip \w+"><svg[^>]*>(.*?)</svg>([^<]+)</span>', site["because.html"])
    assert {word for _, word in chips} == set(effect_words.GRADES.values())
    assert len({shape for shape, _ in chips}) == 4


def test_a_mark_is_hollow_unless_the_effect_is_credible(site) -> None:
    cards = site["because.html"].split('class="answer"')[1:]
    hollow = ['fill="var(--paper)"' in card for card in cards[:2]]
    assert hollow == [False, True]


def test_charts_speak_both_languages_and_both_schemes(site) -> None:
    for prefix, said, number in (("", "observed", "−1,000"), ("es/", "observado", "−1.000")):
        page = site[prefix + PAGE]
        assert f">{said}<" in page
        assert f">{number}<" in page
        assert "§" not in page
        assert not re.search(r'="#0[0-9a-f]0', page)


def test_the_weights_are_on_the_map_and_in_the_table(site) -> None:
    page = site[PAGE]
    drawn = re.search(r'<svg class="map who"[^>]*aria-label="Coca cultivation: weights of.*?</svg>', page)[0]
    assert drawn.count("<circle") >= 4
    assert drawn.count('<path d="M') == 3  # a diamond for each exposed place
    assert "Medellín: 31.0\u00a0%" in drawn


def test_the_downloads_hold_every_effect_and_its_specification(edition, site) -> None:
    finding = edition.findings[0]
    table = list(csv.DictReader(io.StringIO(site["data/effects-priority-2021.csv"])))
    assert len(table) == sum(len(o.effects) for o in finding.outcomes)
    assert [row["main"] for row in table].count("true") == len(finding.outcomes)
    assert {row["spec_starts"] for row in table} == {"2012 2014"}
    assert {row["spec_covariates"] for row in table} == {""}
    head, tags, *_ = csv.reader(io.StringIO(site["data/effects-priority-2021.hxl.csv"]))
    assert len(head) == len(tags)
    assert all(tag.startswith("#") for tag in tags)
    held = json.loads(site["data/effects-priority-2021.json"])
    assert len(held["outcomes"][0]["placebos"]) == len(finding.outcomes[0].placebos)
    first = finding.outcomes[0].event[0]
    assert held["outcomes"][0]["event"][0] == {
        name: getattr(first, name) for name in ("at", "value", "low", "high", "label")
    }
    assert "effects-priority-2021.csv" in site["data.html"]


def test_a_trace_names_plan_outcome_and_choice(site) -> None:
    page = words(site["es/trace/effect/priority-2021.html"])
    assert "Efecto · Los municipios escogidos en 2021" in page
    assert "control sintético, vecinos excluidos hasta el grado: 0" in page
    assert "En un vecino" in words(site["es/trace/displaced/priority-2021.html"])


# ---- parts ---------------------------------------------------------------------------------------------------


def test_effects_on_another_scale_stand_apart(edition) -> None:
    held = by_unit(edition.findings[0].outcomes[0])
    assert list(held) == ["ha", "asinh ha"]
    assert {e.effect.unit for e in held["ha"]} == {"ha"}


def test_choices_below_the_curve(edition) -> None:
    effects = by_unit(edition.findings[0].outcomes[0])["ha"]
    choices = rows(effects)
    assert choices[:3] == [("estimator", "scm"), ("estimator", "sdid"), ("estimator", "ascm")]
    assert ("buffer", "0") in choices
    two = next(e for e in effects if e.varied == "buffer=0" and e.estimator == "sdid")
    assert [choices[i] for i in chosen(two, choices)] == [("estimator", "sdid"), ("buffer", "0")]
    assert (
        parts("buffer=0, start=2010") == parts("buffer=0;start=2010") == [("buffer", "0"), ("start", "2010")]
    )
    assert (choice(("start", "2010"), "en"), choice(("start", "2010"), "es")) == ("from 2010", "desde 2010")


def test_placebos_far_out_are_not_lost() -> None:
    values = [k / 100 for k in range(1000)] + [1e6]
    bins = Bins.of(values, [-3.0])
    assert sum(bins.counts) == 1001
    assert len(bins.counts) == COLUMNS
    assert bins.low == -3.0
    assert bins.high < 18
    assert sum(Bins.of([0.0] * 9, []).counts) == 9


@pytest.mark.parametrize("values", [(-3.0, 12.0), (0.0002, 0.0009), (-1e6, -4e5), (5.0, 5.0), (0.0, 0.0)])
def test_a_scale_holds_zero_and_has_round_ticks(values) -> None:
    scale = Scale.over(values, 200)
    assert 0 <= scale(0) <= 200
    assert 2 <= len(scale.ticks()) <= 6
    assert 0 in scale.ticks()
    assert len({scale.say(tick, "en") for tick in scale.ticks()}) == len(scale.ticks())


def test_unbounded_intervals_do_not_break_a_scale() -> None:
    assert Scale.over([1.0, float("inf"), None], 100).high < 2


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "said", "between"),
    [
        (-812.4, -2216.0, 592.0, "ha", "−812 ha", "−2.216 a 592"),
        (0.0312, 0.001, 0.0614, "asinh ha", "+0,031 asinh(ha)", "0,001 a 0,061"),
        (-0.004, -0.9, 0.9, "ha", "0,00 ha", "−0,90 a 0,90"),
        (4.25, None, None, "ha", "+4,25 ha", ""),
        (3.0, float("-inf"), 9.0, "ha", "+3,00 ha", "−∞ a 9,00"),
    ],
)
def test_an_effect_is_printed_as_finely_as_its_interval_bears(value, low, high, unit, said, between) -> None:
    figure = Figure(value, unit, "effect@p:o~scm", low, high)
    assert text.number(figure, "es", sign=True).replace("\u00a0", " ") == said
    assert text.interval(figure, "es") == between


def test_p_values_and_shares() -> None:
    assert [text.p_value(p, "en") for p in (0.04996, 0.0503, 0.05, 0.0508)] == [
        "0.04996",
        "0.0503",
        "0.050",
        "0.051",
    ]
    assert [text.p_value(p, "es") for p in (0.0002, 0.034, 0.0996, 0.2149, 1.0)] == ["<0,001", "0,034", "0,10", "0,21", "1,00"]  # fmt: skip
    assert text.percent(0.0613, "es") == "6,1\u00a0%"
    assert [text.loose(v, "en") for v in (0.27431, 1234.5, 3.0, float("nan"))] == ["0.274", "1,234", "3", "?"]


@pytest.mark.parametrize("grade", effect_words.GRADES)
def test_grades_have_their_words(grade: str) -> None:
    assert text.state(grade, "es") != text.state(grade, "en")
    assert text.known(effect_words.RULES[grade], "es")


# ---- terminal ------------------------------------------------------------------------------------------------


def printed(shown) -> str:
    console = Console(width=110, record=True, file=io.StringIO())
    for part in shown:
        console.print(part)
    return console.export_text().replace("\u00a0", " ")


def test_the_terminal_says_the_same(edition, translated) -> None:
    names = {"coca_area": "Cultivo de coca", "CO-52835": "Tumaco"}
    shown = printed(publication.evaluate_text(edition.findings, "es", names))
    assert "≈ frágil" in shown
    assert "⊘ no identificado" in shown
    assert "A la espera de datos: ideam-forest, nobody-knows" in shown
    assert "Cultivo de coca bajó 812 ha (−1.137 a −487) en Tumaco más que donde no se hizo nada: p = <0,001" in " ".join(shown.split())  # fmt: skip
    assert "vecinos excluidos hasta el grado: 2" in shown
    assert "✗ fallida" in shown
    assert "6,1 %" in shown
    assert "3 lugares expuestos desde 2021, comparados con 897" in shown


def test_a_newcomer_reads_everything_in_the_text(edition) -> None:
    """Question, comparison, effect with its interval, neighbours, every check, caveats, grade, quote, trace."""
    cards = {card.dataset: card for card in edition.sources}
    shown = printed(publication.evaluate_text(edition.findings, "en", {"CO-52835": "Tumaco"}, cards))
    plain = " ".join(shown.split())
    assert "Did coca change in Tumaco after it was chosen in 2021?" in plain
    assert "Being named in 2021. What was then done is not published." in plain
    assert "compared with 897; 9 neighbours set apart: Tumaco, CO-05120, CO-54720" in plain
    assert "· They were chosen at a peak." in plain
    assert "−812 ha on an exposed place, by synthetic control; 95 % interval −1,137 to −487." in plain
    assert "May be quoted Coca cultivation fell by 812 ha" in plain
    assert "On a neighbour: +244 ha (97 to 390)" in plain
    assert "Exposed and neighbours together: not added up" in plain
    assert "Together, the exposed are number 68 of 10,001 sets of as many places." in plain
    assert "2020: +" in plain
    assert "6.1 % / 200" in plain
    states = [word for word in re.findall(r"^[✗✓–] (\w+)", shown, re.MULTILINE) if word != "not"]
    assert states[:3] == ["failed", "passed", "for"]
    assert "vereda trace effect@priority-2021:coca_area~scm" in plain
    assert "Forest loss by municipality, IDEAM: https://www.ideam.gov.co" in plain
    assert "vereda keep ideam-forest FILE" in plain
    assert "vereda keep nobody-knows FILE" in plain
    spanish = " ".join(printed(publication.evaluate_text(edition.findings, "es", {}, cards)).split())
    assert "Puede citarse" in spanish
    assert "Juntos, los expuestos son el número 68 de 10.001" in spanish
    assert "vereda keep ideam-forest ARCHIVO" in spanish


def test_the_exposed_together_are_drawn_among_sets(edition, site) -> None:
    page = site[PAGE]
    assert page.count(">all of them together<") >= 2  # both outcomes
    assert "Together, the exposed are number 68 of 10,001 sets of as many places." in words(page)
    one = edition.findings[0].outcomes[0]
    alone = placebo_chart(one.placebos, {"CO-52835"}, {}, str, one.together)
    assert "together" not in alone.svg("en")


def test_sets_fill_the_columns_once() -> None:
    bins = Bins.of([k / 100 for k in range(1000)], [-3.0])
    assert sum(bins.share([k / 50 for k in range(101)])) == pytest.approx(1.0)
    assert sum(bins.share([-50.0] * 40 + [0.0] * 21 + [90.0] * 40)) == pytest.approx(1.0)


def test_single_years_stand_under_their_own_year() -> None:
    points = [Point(-13, 43.0, label="2002"), Point(-7, 15.0, label="2008"), Point(-2, 0.0, label="2013"), Point(7, 3.0, label="2022")]  # fmt: skip
    drawn = event_chart(points, str).svg("en")
    for year in ("2002", "2008", "2013", "2022"):
        assert f">{year}<" in drawn
    assert ">−13<" not in drawn
    assert is_sparse(points)
    assert not is_sparse([Point(k, 0.0) for k in range(-3, 2)])


def test_the_size_says_in_how_many_panels_it_was_tried(site) -> None:
    assert "6.1 % of 200" in words(site[PAGE])
    table = list(csv.DictReader(io.StringIO(site["data/effects-priority-2021.csv"])))
    assert {row["size_draws"] for row in table} == {"200"}


def test_why_nothing_is_added_up_stands_beside_the_neighbours(site) -> None:
    assert words(site[PAGE]).count("not added up, because this outcome") == 1
    assert "no se suma, porque este resultado" in words(site[f"es/{PAGE}"])


def test_no_plan_is_said() -> None:
    assert "No evaluation is planned" in printed(publication.evaluate_text((), "en"))


@pytest.mark.parametrize("template", [FELL, NOTHING])
def test_holes_survive_translation(template: str) -> None:
    assert sorted(re.findall(r"\{\w+\}", template)) == sorted(re.findall(r"\{\w+\}", SPANISH[template]))


def test_a_message_never_prints_a_bare_number(edition, tracer) -> None:
    first = edition.findings[0]
    odd = Message("{few} of 12 places, {share}, and {word}.", {"few": 3, "share": 0.5, "word": "in 2014"})
    outcomes = tuple(replace(o, why=(odd,)) for o in first.outcomes)
    made = publication.site(replace(edition, findings=(replace(first, outcomes=outcomes),)), tracer)
    assert "3 of 12 places, 50.0 %, and in 2014." in re.sub(" ([,.])", r"\1", words(made[PAGE]))
