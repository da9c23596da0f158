"""Spanish of equal quality begins with Spanish of equal completeness."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract

import vereda.indicators  # registers every indicator  # noqa: F401
from vereda.cooperation import MESSAGES
from vereda.evaluation import assessment, verdict
from vereda.pipeline import telling
from vereda.publication import effect_words, text
from vereda.terms.indicator import REGISTRY

ROOM = Path(text.__file__).parent
MARKS = {"_": None, "N_": None, "_t": None, "_say": None, "_head": None, "translate": None, "say": None}
HOLE = re.compile(r"\{\w+\}")


def said() -> set[str]:
    found: set[str] = set()
    for file in sorted(ROOM.rglob("*.html")):
        with file.open("rb") as source:
            found |= {text for _, text, _, _ in extract("jinja2.ext:babel_extract", source)}
    for file in sorted(ROOM.glob("*.py")):
        with file.open("rb") as source:
            for _, words, _, _ in extract("python", source, keywords=MARKS):
                found.add(words[0] if isinstance(words, tuple) else words)
    return {words for words in found if words}


def test_every_word_of_the_site_has_its_spanish() -> None:
    missing = sorted(said() - set(text.catalogue("es")))
    assert not missing, f"not in vereda.po: {missing}"


@pytest.mark.parametrize("sentence", sorted(MESSAGES.values()))
def test_every_sentence_of_a_verdict_has_its_spanish(sentence: str) -> None:
    assert sentence in text.catalogue("es")


@pytest.mark.parametrize(
    "sentence",
    sorted(
        {
            *telling.SAID.values(),
            *telling.VARIANTS.values(),
            *telling.SENTENCES.values(),
            *telling.FRAGILE.values(),
            telling.SO_FEW,
            telling.NOT_ADDED,
            telling.UNCOMPUTED,
            *assessment.RANKED.values(),
        }
    ),
)
def test_every_sentence_of_a_finding_has_its_spanish(sentence: str) -> None:
    assert sentence in text.catalogue("es")


def test_every_check_has_its_words_and_its_name() -> None:
    rules = {*verdict.IDENTIFYING, *verdict.SUPPORTING}
    assert rules <= {*telling.SAID}
    assert {*telling.SAID, "placebo_rank"} <= {*effect_words.TESTS}


@pytest.mark.parametrize("rule", REGISTRY.values(), ids=lambda rule: rule.id)
def test_every_indicator_has_its_spanish(rule) -> None:
    assert {rule.name, rule.definition} <= set(text.catalogue("es"))


def test_a_translation_keeps_the_holes() -> None:
    for english, spanish in text.catalogue("es").items():
        assert sorted(HOLE.findall(english)) == sorted(HOLE.findall(spanish)), english


def test_every_known_gap_of_the_case_has_its_spanish() -> None:
    """A reader in Spanish is told what is wrong with a figure in Spanish, on its own page and its source's."""
    from vereda import sources
    from vereda.cooperation import read

    case = read(Path(__file__).resolve().parents[2] / "cases" / "us-colombia").case
    told = {
        g for d in (*case.datasets, *case.optional_datasets) for g in sources.describe(d).known_gaps.values()
    }
    assert sorted(g for g in told if not text.known(g, "es")) == []
