"""The page of a source says what its description says."""

import pytest

from vereda import sources
from vereda.publication import text, words
from vereda.sources.description import LIVE
from vereda.sources.told import ABOUT, told

ALL = (*sources.datasets(), *(n for n in sources.datasets(LIVE) if (LIVE / n.replace("-", "_")).is_dir()))


def test_what_a_line_is_about_has_its_words_in_both_languages() -> None:
    assert {*ABOUT} == {*words.READING}
    assert all(text.known(said, "es") for said in words.READING.values())


@pytest.mark.parametrize("dataset", ALL)
def test_every_column_left_out_and_every_correction_is_told(dataset: str) -> None:
    d = sources.describe(dataset)
    lines = told(d)
    assert [about for about, _ in lines] == sorted((about for about, _ in lines), key=ABOUT.index)
    said = "\n".join(line for _, line in lines)
    for why in (*d.ignore.values(), *(right.reason for right in d.place.corrections.values())):
        assert why in said
    assert d.covers.places in said
    assert d.obtained.strip() in said


def test_the_locale_of_the_odd_column_is_told() -> None:
    numbers = [line for about, line in told(sources.describe("odc-simci-coca")) if about == "numbers"]
    assert numbers == ["'1,273.9'", "2020: '1.273,9'"]


@pytest.mark.parametrize(
    ("dataset", "command"),
    [
        ("mindefensa-cocaine", "vereda fetch mindefensa-cocaine"),
        ("cede-conflict-panel", "vereda keep cede-conflict-panel FILE --vintage"),
    ],
)
def test_a_card_says_what_would_bring_it(dataset: str, command: str) -> None:
    assert sources.card(sources.describe(dataset), None).command.startswith(command)
