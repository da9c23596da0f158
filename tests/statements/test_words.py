"""Languages and vocabulary are data: the two languages say the same, and what they link to exists."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from statements_case import CASE, LETTER, words

from vereda import cooperation, statements
from vereda.cli import main
from vereda.errors import BadCase
from vereda.statements.extract import VERSION
from vereda.statements.language import language
from vereda.terms.statement import KINDS

OPTIONAL = {"future_endings", "future_not"}  # grammar that one of the languages does not have


def _printed(data: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for key, value in data.items():
        yield from _printed(value, f"{at}{key}.") if isinstance(value, dict) else [at + key]


def test_both_languages_have_the_same_lists() -> None:
    one, other = language("en").data, language("es").data
    assert set(one) - OPTIONAL == set(other) - OPTIONAL
    for key in ("commitments", "nouns", "offices", "parties", "dates", "instruments", "boilerplate"):
        assert set(one[key]) == set(other[key]), key


def test_what_is_printed_is_said_in_both_languages() -> None:
    one, other = (list(_printed(language(code)["printed"])) for code in ("en", "es"))
    assert one == other
    assert set(language("en")["printed"]["kinds"]) == set(KINDS)


def test_the_register_holds_what_the_vocabulary_links_to() -> None:
    register = cooperation.read(CASE)
    held = {e.id for e in (*register.instruments, *register.forums)}
    said = {e["register"] for e in words().entries["instruments.yml"] if "register" in e}
    assert said <= held, said - held
    parties = {e["party"] for e in words().entries["organisations.yml"] if "party" in e}
    assert parties <= {p.id for p in register.parties}


def test_a_name_stands_for_one_thing() -> None:
    for file, key in (
        ("organisations.yml", "names"),
        ("instruments.yml", "names"),
        ("threats.yml", "phrases"),
    ):
        names = [name for e in words().entries[file] for name in e[key]]
        assert len(names) == len(set(names)), file


def test_a_case_without_a_vocabulary_finds_what_any_text_says(tmp_path: Path) -> None:
    bare = statements.vocabulary(tmp_path)
    assert bare.parties == ()


def test_an_entry_without_a_name_is_a_fault_of_the_case(tmp_path: Path) -> None:
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "threats.yml").write_text("- {id: mining}\n", encoding="utf-8")
    with pytest.raises(BadCase, match="entry 1 has no `phrases`"):
        statements.vocabulary(tmp_path)


def vereda(*said: str) -> Result:
    result = CliRunner().invoke(main, ["read", *said])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def letter(tmp_path: Path) -> str:
    file = tmp_path / "letter.txt"
    file.write_text(LETTER, encoding="utf-8")
    return str(file)


def test_a_newcomer_reads_who_does_what_by_when(letter: str) -> None:
    said = vereda(letter, "--case", str(CASE)).output
    assert "Joint statement of the two governments" in said
    assert "agrees  CO, PE" in said
    assert "deadline: June 2023 → 2023-06" in said
    assert "Nothing below is decided" in said
    spanish = vereda(letter, "--case", str(CASE), "--lang", "es").output
    assert "acuerda  CO, PE" in spanish
    assert "Nada de lo que sigue está decidido" in spanish


def test_json_bears_span_payload_links_score_and_extractor(letter: str) -> None:
    told = json.loads(vereda(letter, "--case", str(CASE), "--json").output)
    assert told["document"]["date"] == "2022-05-03"
    first = next(c for c in told["candidates"] if c["kind"] == "commitment")
    assert LETTER[first["span"]["start"] : first["span"]["end"]] == first["text"]
    assert first["payload"]["parties"] == ["CO", "PE"]
    assert first["extractor"] == f"rules-en {VERSION}"
    assert set(first) == {
        "kind",
        "span",
        "text",
        "origin",
        "payload",
        "links",
        "score",
        "extractor",
        "review",
    }


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (("nowhere.txt",), "is not a file"),
        (("LETTER", "--date", "May"), "--date takes a day"),
        (("LETTER", "--text-lang", "pt"), "is no language we read"),
        (("LETTER", "--case", "nowhere"), "There is no case"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(letter: str, said: tuple[str, ...], message: str) -> None:
    result = vereda(*(letter if word == "LETTER" else word for word in said))
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output
