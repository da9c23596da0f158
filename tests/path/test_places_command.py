"""vereda places: what a person types, and what they read."""

import json

import pytest
from click.testing import CliRunner

from vereda.cli import main
from vereda.pipeline.boundaries import WORDS


def typed(*words: str) -> str:
    result = CliRunner().invoke(main, ["places", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


@pytest.mark.parametrize(
    ("lang", "split", "rest"), [("en", "split", "1111 other"), ("es", "dividido", "Otros 1111")]
)
def test_codes_between_two_years(lang: str, split: str, rest: str) -> None:
    said = " ".join(typed("--between", "2005-2024", "--lang", lang).split())
    assert f"{split} CO-27615 Riosucio CO-27493" in said
    assert rest in said
    assert "dane-divipola 2024" in said


def test_who_is_near_with_the_edition_of_the_boundaries() -> None:
    told = json.loads(typed("--near", "CO-54720", "--json"))
    assert len(told["touching"]) == 9  # Sardinata
    assert (told["touching_on"], told["nearest_on"]) == ("2018", "2024")
    assert len(told["nearest"]) == 5
    assert "ninguno" in typed("--near", "CO-88564", "-k", "1", "--lang", "es")  # an island


def test_a_place_that_is_not_drawn_is_no_island() -> None:
    """CO-27493 was created after the boundaries of 2018; a department is not on boundaries of municipalities."""
    for code in ("CO-27493", "CO-52"):
        assert json.loads(typed("--near", code, "--json"))["touching"] is None
    assert "not on these boundaries" in typed("--near", "CO-27493")
    without_seat = json.loads(typed("--near", "CO-94663", "--json"))
    assert len(without_seat["touching"]) == 4
    assert without_seat["nearest"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "one of the two"), (("--between", "2005"), "two years"), (("--near", "CO-99999"), "CO-99999"),
     (("--near", "CO-52835", "--between", "2005-2024"), "one of the two")],
)  # fmt: skip
def test_what_cannot_be_asked(words: tuple[str, ...], said: str) -> None:
    assert said in " ".join(typed(*words).split())


def test_every_word_in_both_languages() -> None:
    for english, spanish in WORDS.values():
        assert english
        assert english.count("{") == spanish.count("{")
