"""Names found by a spaCy pipeline stand beside the rules'; private persons and accusations never come in this way."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from statements_case import CASE, places, read, words

from vereda.cli import main
from vereda.errors import BadRequest
from vereda.statements.admission import Admission, Proposal
from vereda.statements.beside import beside
from vereda.statements.extract import extract
from vereda.terms.statement import Candidate

spacy = pytest.importorskip("spacy", reason="spaCy is not installed; it comes with the extra `language`")

from vereda.statements.spacy_entities import SpacyEntities, load  # noqa: E402

TEXT = """Joint statement on security

Bogotá, 3 May 2022

The Minister of Defense, Ana Robles, and the fisherman Luis Quiñones visited Tumaco and Puerto Nuevo on May 4, 2022.
Under the Border Accord of Ipiales the governments of Colombia and Peru will spend $7 billion with the Harbour Office.
The auditors met at the Lima Week in June 2023. Carmen Rojas thanked the guests of the Harbour Office.
"""
TEXTO = """Declaración conjunta sobre seguridad

Bogotá, 3 de mayo de 2022

La ministra de Defensa, Ana Robles, y el pescador Luis Quiñones visitaron Tumaco y Puerto Nuevo el 4 de mayo de 2022.
Los gobiernos de Colombia y Perú gastarán 48.000 millones de pesos con la Casa del Puerto en la Semana de Lima.
"""
ENGLISH = {
    "PERSON": ["Ana Robles", "Luis Quiñones", "Carmen Rojas"],
    "ORG": ["Harbour Office"],
    "GPE": ["Tumaco", "Colombia", "Peru"],
    "LOC": ["Puerto Nuevo"],
    "DATE": ["May 4, 2022", "June 2023"],
    "MONEY": ["$7 billion"],
    "EVENT": ["Lima Week"],
    "LAW": ["Border Accord of Ipiales"],
    "NORP": ["auditors"],
}
SPANISH = {
    "PER": ["Ana Robles", "Luis Quiñones"],
    "ORG": ["Casa del Puerto"],
    "LOC": ["Tumaco", "Puerto Nuevo", "Colombia", "Perú"],
    "DATE": ["4 de mayo de 2022"],
    "MONEY": ["48.000 millones de pesos"],
    "EVENT": ["Semana de Lima"],
}


def made(
    lang: str, names: dict[str, list[str]], licence: str = "CC0-1.0", spacy_version: str | None = None
) -> Any:
    """A pipeline that knows just these names."""
    nlp = spacy.blank(lang)
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": n} for label, held in names.items() for n in held])
    nlp.meta["name"], nlp.meta["version"], nlp.meta["license"] = "made_up", "1.2.3", licence
    if spacy_version:
        nlp.meta["spacy_version"] = spacy_version
    return nlp


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines") / "en"
    made("en", ENGLISH).to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def spanish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines") / "es"
    made("es", SPANISH).to_disk(folder)
    return folder


def said_of(text: str, names: dict[str, list[str]], lang: str = "en") -> tuple[list[Candidate], list[str]]:
    """What a pipeline that knows these names finds in a text, and why the rest was refused."""
    document = read(text, lang=lang)
    told = SpacyEntities(made(lang, names)).proposed(document, words(), places())
    return list(told.candidates), [r.why for r in told.refused]


def test_entities_become_candidates_of_the_kinds_we_have(english: Path) -> None:
    told = load(str(english)).proposed(read(TEXT), words(), places())
    found = {(c.kind, c.quote) for c in told.candidates}
    assert found == {
        ("person", "Minister of Defense, Ana Robles"),
        ("organisation", "Harbour Office"),
        ("place", "Tumaco"),
        ("place", "Puerto Nuevo"),
        ("place", "Colombia"),
        ("place", "Peru"),
        ("date", "May 4, 2022"),
        ("date", "June 2023"),
        ("amount", "$7 billion"),
        ("meeting", "Lima Week"),
        ("instrument", "Border Accord of Ipiales"),
    }
    assert {c.extractor for c in told.candidates} == {"spacy:en_made_up-1.2.3"}
    assert (told.licence, told.version, told.notes) == ("CC0-1.0", "1.2.3", ())


def test_what_it_names_is_read_by_our_own_readers(english: Path, spanish: Path) -> None:
    by = {c.quote: c for c in load(str(english)).proposed(read(TEXT), words(), places()).candidates}
    assert by["May 4, 2022"].payload["value"] == "2022-05-04"
    assert (by["$7 billion"].payload["value"], by["$7 billion"].payload["unit"]) == (7e9, "USD")
    assert by["Tumaco"].links == ("place:CO-52835",)
    assert by["Puerto Nuevo"].links == ()
    assert by["Minister of Defense, Ana Robles"].payload["office"] == "Minister of Defense"
    es = {c.quote: c for c in load(str(spanish)).proposed(read(TEXTO), words(), places()).candidates}
    assert es["4 de mayo de 2022"].payload["value"] == "2022-05-04"
    assert (
        es["48.000 millones de pesos"].payload["value"],
        es["48.000 millones de pesos"].payload["unit"],
    ) == (
        48e9,
        "COP",
    )
    assert es["ministra de Defensa, Ana Robles"].kind == "person"


def test_every_quote_is_the_text_at_its_offsets(english: Path) -> None:
    document = read(TEXT)
    for c in load(str(english)).proposed(document, words(), places()).candidates:
        assert document.text[c.start : c.end] == c.quote


@pytest.mark.parametrize(
    "text",
    [
        "The fisherman, Luis Quiñones, met the ministers of the two countries.",
        "Minister Ana Robles and Luis Quiñones met the press of the two countries.",
        "They thanked Luis Quiñones, Minister Ana Robles and all of the others.",
        "Luis Quiñones, director of a fish shop in the city, met the press.",
        "Former President Luis Quiñones met the press of the two countries.",
        "In general Luis Quiñones met the press of the two countries.",
        "The President thanked Luis Quiñones for the work of the two countries.",
        "They met the Secretary General and Luis Quiñones of the two countries.",
        "The President of Santa Marta and Luis Quiñones met the press of the country.",
    ],
)
def test_a_name_without_an_office_never_comes_in(text: str) -> None:
    found, refused = said_of(text, {"PERSON": ["Luis Quiñones"]})
    assert found == []
    assert refused == ["private"]


@pytest.mark.parametrize(
    ("text", "name", "lang", "office"),
    [
        ("They met the Prime Minister of Peru, Li McDonald, at noon.", "Li McDonald", "en", "Prime Minister of Peru"),
        ("They met Prime Minister Li McDonald at noon.", "Prime Minister Li McDonald", "en", "Prime Minister"),
        ("They met ANA ROBLES, Minister of Defense, at noon.", "ANA ROBLES", "en", "Minister of Defense"),
        ("They met J. D. Robles, Peruvian Defense Minister, there.", "J. D. Robles", "en", "Peruvian Defense Minister"),
        ("Hablaron con el canciller de Perú, Li McDonald, ayer.", "Li McDonald", "es", "canciller de Perú"),
        ("Hablaron con Li McDonald, ministra de Defensa, ayer.", "Li McDonald", "es", "ministra de Defensa"),
    ],
)  # fmt: skip
def test_an_office_is_found_beside_names_that_the_rules_do_not_know(
    text: str, name: str, lang: str, office: str
) -> None:
    found, _ = said_of(text, {"PERSON": [name]}, lang)
    assert [(c.kind, c.payload["office"]) for c in found] == [("person", office)]
    assert name.endswith(found[0].payload["name"])


@pytest.mark.parametrize("between", [" and ", ", ", " y ", " with the fisherman "])
def test_an_office_beside_two_names_makes_neither_its_holder(between: str) -> None:
    both = f"Ana ROBLES{between}Luis Quiñones"
    found, refused = said_of(f"They met Minister {both} in the town.", {"PERSON": [both]})
    assert (found, refused) == ([], ["private"])


def test_a_private_person_does_not_come_in_as_a_place_or_an_organisation() -> None:
    text = "Luis Quiñones spoke first, and then Quiñones met the press of the two countries."
    found, refused = said_of(text, {"PERSON": ["Luis Quiñones"], "ORG": ["Quiñones"]})
    assert (found, refused) == ([], ["private", "private"])


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("President Juan Pérez, accused of fraud by Casa Blanca Ltd, denies it.", "en"),
        ("El presidente Juan Pérez, acusado de fraude por Casa Blanca Ltd, lo niega.", "es"),
    ],
)
def test_an_accusation_yields_no_names(text: str, lang: str) -> None:
    found, refused = said_of(text, {"PERSON": ["Juan Pérez"], "ORG": ["Casa Blanca Ltd"]}, lang)
    assert (found, refused) == ([], ["accused", "accused"])


def test_a_sum_that_is_no_number_with_a_unit_is_refused() -> None:
    found, refused = said_of("They will spend several millions on the road.", {"MONEY": ["several millions"]})
    assert (found, refused) == ([], ["no_number"])


def test_page_furniture_is_not_read() -> None:
    text = "Share this page of Puerto Nuevo\n\nThe parties met in Puerto Nuevo in the month of May."
    document = read(text, lang="en")
    assert document.blocks[0].boilerplate
    told = SpacyEntities(made("en", {"LOC": ["Puerto Nuevo"]})).proposed(document, words(), places())
    assert [c.start for c in told.candidates] == [text.rindex("Puerto")]


def test_agreement_and_contradiction_are_told_apart() -> None:
    text = "They met in Tumaco with the Minister of Defense, Ana Robles, of Puerto Nuevo, on May 4, 2022."
    document = read(text, lang="en")
    names = {"GPE": ["Tumaco"], "PERSON": ["Ana Robles"], "LOC": ["Puerto Nuevo"], "LAW": ["May 4, 2022"]}
    told = SpacyEntities(made("en", names)).proposed(document, words(), places())
    rules = extract(document, words(), places())
    by = {b.candidate.quote: b.relation for b in beside(told.candidates, rules)}
    assert by["Tumaco"] == "agrees"
    assert by["Minister of Defense, Ana Robles"] == "agrees"
    assert by["Puerto Nuevo"] == "alone"


def test_another_kind_extent_or_link_contradicts_and_a_name_in_a_name_does_not() -> None:
    def one(kind: str, start: int, end: int, links: tuple[str, ...] = (), **said: str) -> Candidate:
        return Candidate(kind, start, end, "x" * (end - start), said, links)

    place = one("place", 10, 20, ("place:CO-1",))
    pairs = [
        (one("place", 10, 20, ("place:CO-1",)), "agrees"),
        (one("place", 10, 20, ("place:CO-2",)), "conflicts"),
        (one("place", 10, 20), "agrees"),
        (one("person", 10, 20), "conflicts"),
        (one("place", 18, 40), "conflicts"),
        (one("organisation", 0, 40), "within"),
        (one("date", 10, 20, value="2022"), "alone"),
        (one("place", 20, 30), "alone"),
    ]
    for candidate, relation in pairs:
        assert beside([candidate], [place])[0].relation == relation, candidate
    assert (
        beside([one("date", 0, 9, value="2022-05")], [one("date", 0, 9, value="2022-06")])[0].relation
        == "conflicts"
    )


def test_an_extractor_cannot_invent_a_kind_or_reach_out_of_the_text() -> None:
    document = read("The parties met in Tumaco in the month of May. They agreed on nothing.", lang="en")
    admission = Admission(document, words(), places(), "made-up")
    wrong = [
        Proposal("verdict", 0, 11), Proposal("place", -5, 4), Proposal("place", 60, 9_999), Proposal("place", 9, 9),
        Proposal("place", 40, 60), Proposal("threat", 0, 11, {"id": "nothing-we-follow"}),
    ]  # fmt: skip
    found, refused = admission.let_in(wrong)
    assert found == []
    assert [r.why for r in refused] == ["kind", "outside", "outside", "outside", "outside", "not_followed"]


def vereda(*said: str) -> Result:
    result = CliRunner().invoke(main, ["read", *said, "--case", str(CASE)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def letter(tmp_path: Path) -> str:
    file = tmp_path / "letter.txt"
    file.write_text(TEXT, encoding="utf-8")
    return str(file)


def test_a_newcomer_sees_who_says_what_in_both_languages(letter: str, english: Path) -> None:
    said = vereda(letter, "--pipeline", str(english)).output
    assert "spacy:en_made_up-1.2.3 beside the rules" in said
    assert "Licence: CC0-1.0; version 1.2.3." in said
    assert "Refused, 2: a name without an office beside it" in said
    assert "Quiñones" not in said.partition("beside the rules")[2]
    spanish = vereda(letter, "--pipeline", str(english), "--lang", "es").output
    assert "spacy:en_made_up-1.2.3 junto a las reglas" in spanish
    assert "Rechazados, 2: un nombre sin cargo al lado" in spanish


def test_json_bears_licence_relation_and_refusals(letter: str, english: Path) -> None:
    told = json.loads(vereda(letter, "--pipeline", str(english), "--json").output)
    (one,) = told["extractors"]
    assert (one["extractor"], one["licence"], one["version"]) == (
        "spacy:en_made_up-1.2.3",
        "CC0-1.0",
        "1.2.3",
    )
    assert [r["why"] for r in one["refused"]] == ["private", "private"]
    assert all(r["quote"] is None for r in one["refused"])
    ours = [c for c in told["candidates"] if c["extractor"].startswith("rules-")]
    theirs = [c for c in told["candidates"] if c["extractor"] == one["extractor"]]
    assert all("beside" not in c for c in ours)
    tumaco = next(c for c in theirs if c["text"] == "Tumaco")
    assert tumaco["beside"]["relation"] == "agrees"
    assert tumaco["beside"]["rules"]["kind"] == "place"
    without = json.loads(vereda(letter, "--json").output)
    assert without["candidates"] == ours
    assert "extractors" not in without


def test_a_pipeline_without_a_licence_says_so(letter: str, tmp_path: Path) -> None:
    made("en", ENGLISH, licence="", spacy_version=">=2.0.0,<2.1.0").to_disk(tmp_path / "bare")
    said = vereda(letter, "--pipeline", str(tmp_path / "bare")).output
    assert "It states no licence" in said
    assert "made for another version of spaCy" in said


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_missing_pipeline_is_said_and_never_downloaded(
    letter: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", nowhere)
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    result = vereda(letter, "--pipeline", "xx_no_such_pipeline", "--lang", lang)
    assert result.exit_code == 1
    assert {"en": "vereda downloads none", "es": "vereda no descarga ninguna"}[lang] in result.output
    assert {"en": "licence", "es": "licencia"}[lang] in result.output


def test_without_spacy_the_extra_is_named(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    result = vereda(letter, "--pipeline", "en_made_up")
    assert result.exit_code == 1
    assert "pip install 'vereda[language]'" in result.output
    assert vereda(letter).exit_code == 0


def test_a_contradiction_is_printed_with_what_the_rules_say(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text(
        "The parties met in the month of May at the Ministry of Harbour Affairs, and that was all.\n"
    )
    made("en", {"LOC": ["Ministry of Harbour Affairs"]}).to_disk(tmp_path / "wrong")
    said = " ".join(vereda(str(file), "--pipeline", str(tmp_path / "wrong")).output.split())
    assert "1 contradict them" in said
    assert "≠ rules Ministry of Harbour Affairs → no code" in said
    assert "rules: Organisations “Ministry of Harbour Affairs”" in said


def test_what_is_no_pipeline_is_refused_in_plain_words(letter: str, english: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (
        "cannot be loaded as a spaCy pipeline" in vereda(letter, "--pipeline", str(tmp_path / "empty")).output
    )
    spacy.blank("en").to_disk(tmp_path / "blank")
    assert "finds no named entities" in vereda(letter, "--pipeline", str(tmp_path / "blank")).output
    with pytest.raises(BadRequest, match="reads 'en', and the text is in 'es'"):
        load(str(english)).proposed(read(TEXTO), words(), places())


def test_a_paragraph_longer_than_the_pipeline_takes_is_read_in_pieces() -> None:
    nlp = made("en", {"LOC": ["Puerto Nuevo"]})
    nlp.max_length = 100
    text = "The parties met in Puerto Nuevo, as they do. " * 9
    told = SpacyEntities(nlp).proposed(read(text, lang="en"), words(), places())
    assert len(told.candidates) == 9
    assert {c.quote for c in told.candidates} == {"Puerto Nuevo"}
