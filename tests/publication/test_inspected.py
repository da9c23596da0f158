"""The table over every source: the terminal and the site print the same findings in the same words."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from vereda import publication
from vereda.publication import inspected, text, words
from vereda.publication.refuse import bare_numbers
from vereda.sources import polygons, signs
from vereda.terms.source import Seen, Sign

SIGNS = (
    Sign("bounds", "nothing", note="some of its series have no bounds"),
    Sign("codes", "not asked", note="the table holds no figures"),
    Sign("jumps", "found", 7, (Seen("coca_area", "CO-52835", "2020", 1328.0, 121.0, "ha"),)),
    Sign("breaks", "found", 1, (Seen("coca_area", "", "2017", 840.0, 400.0, "places"),)),
)


@pytest.fixture(scope="module")
def cards(edition):
    found = [replace(c, years="2001-2023", signs=SIGNS) if c.vintage else c for c in edition.sources]
    assert any(c.vintage is None for c in found)
    return tuple(found)


@pytest.fixture(scope="module")
def pages(edition, tracer, cards):
    site = publication.site(replace(edition, sources=cards), tracer)
    return {lang: site[path] for lang, path in (("en", "sources.html"), ("es", "es/sources.html"))}


def printed(parts) -> str:
    console = Console(width=150, record=True, file=io.StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


def test_every_rule_has_its_name_and_its_sentence() -> None:
    rules = {*signs.RULES, *polygons.RULES, "revisions"}
    assert {*words.SIGNS} == {*words.SIGN_RULES} == rules
    for said in (*words.SIGNS.values(), *words.SIGN_RULES.values()):
        assert text.known(said, "es")
    for rule in signs.RULES:
        assert text.known(f"no sign of {rule}", "es")


@pytest.mark.parametrize(("lang", "line"), [("en", "121 → 1,328 ha"), ("es", "121 → 1.328 ha")])
def test_a_finding_is_told_with_both_figures(lang: str, line: str, cards, pages) -> None:
    assert line in printed(publication.inspected_text(cards, lang))
    assert line in pages[lang].replace("\u00a0", " ")
    assert inspected.told(SIGNS[2].seen[0], lang, {"CO-52835": "Tumaco"}.get, {}.get).endswith(
        f"Tumaco, 2020: {line}"
    )
    assert "Tumaco" in pages[lang]


def test_a_number_without_a_unit_or_a_place() -> None:
    assert inspected.told(Seen(value=1000.0, unit="rows"), "en", str, str) == "1,000 rows"
    assert inspected.told(Seen(value=1000.0, unit="rows"), "es", str, str) == "1.000 filas"
    assert inspected.told(Seen(place="CO-52835"), "en", str, str) == "CO-52835"


def test_the_table_of_the_site_has_a_row_a_source_held(cards, pages) -> None:
    for lang, page in pages.items():
        table = re.search(r'<section id="every">(.*?)</section>', page, re.DOTALL)[1]
        held = [c.dataset for c in cards if c.vintage]
        assert re.findall(r'<th scope="row"><a href="#source-([^"]+)"', table) == held
        assert f"{text.digits(cards[0].vintage.rows, lang)}</td>" in table
        for sentence in words.SIGN_RULES.values():
            assert str(text.translate(sentence, lang)) in table.replace("&#39;", "'")
        assert bare_numbers(page) == []


def test_what_was_not_asked_says_why(pages) -> None:
    assert "not asked" in pages["en"]
    assert "la tabla no contiene cifras" in pages["es"]
    assert "y 6 más" in pages["es"]


def test_a_failure_is_counted_with_the_checks(cards) -> None:
    card = cards[0]
    failed = replace(card, checks=(*card.checks, replace(card.checks[0], state="failed")))
    assert inspected.reconciled(failed, "en").endswith("failed 1")
    assert inspected.reconciled(replace(card, checks=()), "en") == "nothing to compare with"
    assert inspected.to_look_at(card, "en") == "jumps (7); breaks of level (1)"
