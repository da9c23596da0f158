import io

import pytest
from rich.console import Console

from vereda import publication


def printed(parts) -> str:
    console = Console(width=110, record=True, file=io.StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


@pytest.mark.parametrize(("lang", "sentence"), [("en", "It grew by 47.3"), ("es", "Creció un 47,3")])
def test_the_scorecard_says_what_the_site_says(edition, lang: str, sentence: str) -> None:
    shown = printed(publication.scorecard_text(edition, lang))
    assert sentence in shown
    assert publication.text.number(edition.changed.indicators[0].current[-1], lang) in shown


def test_the_three_questions(edition) -> None:
    agreed = printed(publication.agreed_text(edition.agreed, "es"))
    assert "incumplida con" in agreed
    assert "derivable de datos abiertos" in agreed
    assert "Manual eradication" in printed(publication.done_text(edition.done, "en"))
    assert "ideam" not in printed(publication.changed_text(edition.changed, "en"))
    assert "2013–2018" in printed(publication.flow_text(edition.changed.concentration.flows[0], "en"))


def test_a_trace_is_a_tree_down_to_the_publisher(edition, tracer) -> None:
    shown = printed(
        publication.trace_text(tracer("coca_area@CO-52835:2023~unodc-simci~2026-02~odc-simci-coca"), "es")
    )
    assert "celda publicada" in shown
    assert "fila 208, columna 2020" in shown
    assert "datos.gov.co" in shown


def test_checks(edition) -> None:
    shown = printed(publication.checks_text(edition.sources, "en"))
    assert "known gap" in shown
    assert "waiting for data" in shown
