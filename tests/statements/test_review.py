"""Decisions: recorded with who, when and why; taken back; compared between reviewers; entries of the case in the end."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from review_case import OPENED, TEXT, TRAINED, at, case_copy, review
from statements_case import CASE

from vereda import cooperation, statements
from vereda.cli import main
from vereda.errors import BadCase, BadDesign, BadRequest, BadStore, VeredaError
from vereda.pipeline import review_elsewhere, review_entries, review_shown
from vereda.pipeline.review_words import WORDS
from vereda.pipeline.reviewing import Review, read
from vereda.statements import decisions, entries
from vereda.statements.agreement import alpha
from vereda.store import add_records, records
from vereda.terms.review import key

SOURCE = review_entries.Source("HLD9_DECL")


def names(held: Review) -> dict[str, str]:
    return {
        s.candidate.quote.split()[0] + " " + s.candidate.quote.split()[1]: s.state for s in held.settled()
    }


# ---- decisions ----------------------------------------------------------------------------------------------


def test_the_queue_begins_with_the_surest(tmp_path: Path) -> None:
    scores = [i.candidate.score for i in review(tmp_path).queue()]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 5


def test_a_decision_says_who_when_why_and_holds_no_text(tmp_path: Path) -> None:
    held = review(tmp_path)
    held.decide(at(held, "discussed"), "reject", why="only talk")
    held.decide(at(held, "agreed to open"), "accept", said=OPENED)
    (file,) = held.files()
    written = file.read_text(encoding="utf-8")
    first = json.loads(written.splitlines()[0])
    assert (first["by"], first["at"], first["why"]) == ("ana", "2026-01-02T10:01:00+00:00", "only talk")
    assert first["document"] == held.document.sha256
    sentences = [line for line in TEXT.splitlines() if len(line.split()) > 3]
    assert not any(sentence[:40] in written for sentence in sentences)
    assert "training centre" not in written
    assert "Ana Robles" not in written


def test_a_review_is_gone_on_with_where_it_was_left(tmp_path: Path) -> None:
    held = review(tmp_path)
    held.decide(at(held, "discussed"), "reject")
    again = review(tmp_path)
    assert again.progress() == (1, 5)
    assert read(again.file) == held.decisions


def test_the_last_decision_is_taken_back_and_nothing_is_erased(tmp_path: Path) -> None:
    held = review(tmp_path)
    held.decide(at(held, "discussed"), "reject")
    held.decide(at(held, "agreed to open"), "accept")
    assert held.undo() is not None
    assert held.progress() == (1, 5)
    assert held.undo() is not None
    assert held.undo() is None
    assert held.progress() == (0, 5)
    assert [d.verdict for d in read(held.file)] == ["reject", "accept", "undo", "undo"]


@given(st.lists(st.sampled_from(["accept", "reject", "undo"]), max_size=12))
def test_undo_is_the_inverse_of_deciding(said: list[str]) -> None:
    """Whatever was said, taking everything back leaves nothing; and the last that was not taken back stands."""
    document = statements.read("a.txt", TEXT.encode())
    candidate = statements.extract(document, *_ground())[0]
    found, expected = [], []
    for n, verdict in enumerate(said):
        found.append(decisions.decision(document, candidate, verdict, "ana", f"{n:02d}"))  # type: ignore[arg-type]
        expected = expected[:-1] if verdict == "undo" else [*expected, verdict]
    held = decisions.standing(found).get(key(candidate), {})
    assert ([held["ana"].verdict] if held else []) == expected[-1:]


def _ground() -> tuple[statements.Vocabulary, object]:
    from statements_case import places, words

    return words(), places()


def test_a_split_puts_two_candidates_in_the_place_of_one(tmp_path: Path) -> None:
    held = review(tmp_path)
    one = at(held, "agreed to open")
    held.split(one, "in Tumaco")
    quotes = [i.candidate.quote for i in held.queue()]
    assert one.quote not in quotes
    assert {"agreed to open a training centre", "in Tumaco by June 2023"} <= set(quotes)
    assert all(statements.stands(held.document, i.candidate) for i in held.queue())
    held.undo()
    assert one.quote in [i.candidate.quote for i in held.queue()]


def test_words_that_are_not_in_the_quote_split_nothing(tmp_path: Path) -> None:
    held = review(tmp_path)
    for words in ("in Leticia", "agreed to", "e", ""):
        with pytest.raises(BadRequest, match="quote"):
            held.split(at(held, "agreed to open"), words)
    assert held.decisions == []


def test_a_link_names_what_is_held(tmp_path: Path) -> None:
    held = review(tmp_path)
    forum = at(held, "High-Level", "forum")
    for wrong in ([], ["forum:nowhere"], ["place:CO-99999"], ["colour:red"]):
        with pytest.raises(VeredaError, match=r"link|register|gazetteer"):
            held.decide(forum, "link", links=wrong)
    held.decide(forum, "link", links=["forum:hld", "place:CO-52835"])
    assert held.decisions[-1].links == ("forum:hld", "place:CO-52835")


def test_to_accept_the_name_of_what_the_register_holds_is_to_link_it(tmp_path: Path) -> None:
    held = review(tmp_path)
    one = held.decide(at(held, "High-Level", "forum"), "accept")
    assert (one.verdict, one.links) == ("link", ("forum:hld",))
    new = held.decide(at(held, "will publish"), "accept")
    assert new.verdict == "accept"


def test_the_words_of_the_text_are_not_a_gist(tmp_path: Path) -> None:
    held = review(tmp_path)
    copied = "They agreed to open a training centre in Tumaco by June of the next year"
    with pytest.raises(BadRequest, match="your own words"):
        held.decide(at(held, "agreed to open"), "accept", said={"gist.en": copied})
    with pytest.raises(BadRequest, match="your own words"):
        held.decide(at(held, "discussed"), "reject", why=copied)
    assert held.files() == []


@pytest.mark.parametrize("by", ["../ana", "a b", "x" * 41])
def test_who_decides_has_a_short_name(tmp_path: Path, by: str) -> None:
    with pytest.raises(BadRequest, match="--by"):
        review(tmp_path, by)


def test_nobody_decides_nothing(tmp_path: Path) -> None:
    held = review(tmp_path, by="")
    with pytest.raises(BadRequest, match="--by"):
        held.decide(at(held, "discussed"), "reject")


# ---- the file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["changed", "taken out", "put in", "cut short", "no record"])
def test_a_file_that_was_edited_is_noticed(tmp_path: Path, how: str) -> None:
    file = tmp_path / "a.jsonl"
    add_records(file, [{"n": n} for n in range(4)])
    assert [r["n"] for r in records(file)] == [0, 1, 2, 3]
    lines = file.read_text(encoding="utf-8").splitlines()
    if how == "changed":
        lines[1] = lines[1].replace('"n": 1', '"n": 7')
    elif how == "taken out":
        del lines[1]
    elif how == "put in":
        lines.insert(2, lines[1])
    elif how == "cut short":
        lines[3] = lines[3][:10]
    else:
        lines[3] = "[]"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    before = file.read_bytes()
    with pytest.raises(BadStore, match=r"line \d"):
        add_records(file, [{"n": 5}])
    assert file.read_bytes() == before


# ---- decisions made elsewhere -------------------------------------------------------------------------------


def applied(held: Review, tmp_path: Path, rows: list[dict[str, object]]) -> tuple[int, int]:
    file = tmp_path / "elsewhere.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return review_elsewhere.apply(held, file)


def test_decisions_of_a_file_are_recorded_once(tmp_path: Path) -> None:
    held = review(tmp_path)
    rows: list[dict[str, object]] = [
        {"candidate": key(at(held, "agreed to open")), "verdict": "accept", "said": OPENED},
        {"candidate": key(at(held, "discussed")), "verdict": "reject", "why": "talk"},
        {"candidate": "place@146-152", "verdict": "accept"},
    ]
    assert applied(held, tmp_path, rows) == (3, 0)
    assert applied(held, tmp_path, rows) == (0, 3)
    assert len(read(held.file)) == 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1"),
        ("[1]", "line 1"),
        ('{"verdict": "accept"}', "line 1"),
        ('{"candidate": "commitment@x-y", "verdict": "accept"}', "line 1"),
        ('{"candidate": "commitment@1-9999", "verdict": "accept"}', "no span"),
        ('{"candidate": "commitment@1-9", "verdict": "maybe"}', "no decision"),
        ('{"candidate": "commitment@1-9", "verdict": "accept", "document": "00"}', "other bytes"),
    ],
)
def test_a_file_that_holds_no_decisions_is_refused(tmp_path: Path, line: str, message: str) -> None:
    held = review(tmp_path)
    file = tmp_path / "bad.jsonl"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(VeredaError, match=message):
        review_elsewhere.apply(held, file)
    assert held.decisions == []


# ---- two reviewers ------------------------------------------------------------------------------------------


def two(tmp_path: Path) -> Review:
    ana = review(tmp_path, "ana")
    ana.decide(at(ana, "agreed to open"), "accept", said=OPENED)
    ana.decide(at(ana, "will publish"), "accept")
    ana.decide(at(ana, "discussed"), "reject")
    ben = review(tmp_path, "ben", hour=11)
    ben.decide(at(ben, "agreed to open"), "accept", said=OPENED | {"gist.en": "A centre that trains"})
    ben.decide(at(ben, "will publish"), "reject")
    ben.decide(at(ben, "discussed"), "reject")
    return review(tmp_path, "ana", hour=12)


def test_a_dispute_is_shown_and_never_becomes_an_entry(tmp_path: Path) -> None:
    held = two(tmp_path)
    assert names(held)["will publish"] == "disputed"
    assert names(held)["agreed to"] == "kept"  # they word the gist otherwise: no dispute
    made = review_entries.draft(held, SOURCE).made
    assert [d.said["gist.en"] for d, _ in made] == ["A centre that trains"]  # the later word


def test_two_who_accept_another_content_are_in_dispute(tmp_path: Path) -> None:
    ana, ben = review(tmp_path, "ana"), review(tmp_path, "ben", hour=11)
    ana.decide(at(ana, "agreed to open"), "accept", said=OPENED)
    ben.decide(at(ben, "agreed to open"), "edit", said=OPENED | {"due": "2024"})
    assert names(review(tmp_path))["agreed to"] == "disputed"


def test_agreement_of_two_reviewers(tmp_path: Path) -> None:
    told = review_shown.agreement(two(tmp_path))
    kappa, krippendorff = told
    assert (kappa["n"], kappa["same"]) == (3, 2)
    assert kappa["value"] == pytest.approx(
        (2 / 3 - 4 / 9) / (1 - 4 / 9)
    )  # by hand: 2 x 1/3 and 1 x 2/3 by chance
    assert krippendorff["value"] == pytest.approx(1 - (2 / 6) / (18 / 30))
    assert kappa["low"] <= kappa["value"] <= kappa["high"]


def _columns(*rows: str) -> list[list[str | None]]:
    return [
        [None if cell == "." else cell for cell in column]
        for column in zip(*map(str.split, rows), strict=True)
    ]


@pytest.mark.published("Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section A")
def test_two_observers_binary_data() -> None:
    found = alpha(_columns("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"))
    assert found.value == pytest.approx(0.095, abs=5e-4)
    assert found.low < 0 < found.high


@pytest.mark.published("Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C, nominal")
def test_four_observers_with_labels_missing() -> None:
    found = alpha(
        _columns(
            "1 2 3 3 2 1 4 1 2 . . .",
            "1 2 3 3 2 2 4 1 2 5 . 3",
            ". 3 3 3 2 3 4 2 2 5 1 .",
            "1 2 3 3 2 4 4 1 2 5 1 .",
        )
    )
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert found.units == 11  # the unit that one alone labelled says nothing about agreement


def test_one_label_alone_has_no_agreement_beyond_chance() -> None:
    with pytest.raises(BadDesign, match="cannot be told"):
        alpha([["keep", "keep"], ["keep", "keep"]])


# ---- entries of the case ------------------------------------------------------------------------------------


def test_what_is_accepted_becomes_an_entry_that_the_case_reads(tmp_path: Path) -> None:
    held = review(tmp_path, case=case_copy(tmp_path))
    held.decide(at(held, "agreed to open"), "accept", said=OPENED)
    held.decide(at(held, "will train"), "edit", said=TRAINED)
    held.decide(at(held, "will publish"), "accept")
    before = (held.case / "commitments.yml").read_text(encoding="utf-8")
    found = review_entries.draft(held, SOURCE)
    assert (held.case / "commitments.yml").read_text(encoding="utf-8") == before  # a draft writes nothing
    assert [lacks for _, lacks in found.lacking] == [("gist.en", "gist.es")]
    review_entries.write(held, found)
    after = (held.case / "commitments.yml").read_text(encoding="utf-8")
    assert after.startswith(before)
    assert after.removeprefix(before) == EXPECTED
    new = {c.id: c for c in cooperation.read(held.case).commitments}
    assert new["C18"].places == ("CO-52835",)
    assert new["C19"].target.value == 1200
    again = review(tmp_path, case=held.case)
    assert review_entries.draft(again, SOURCE).made == ()  # once


EXPECTED = """
- id: C18
  promise: c18
  parties: [CO, US]
  strength: agrees
  gist:
    en: A school for trainers in Tumaco
    es: Una escuela de formadores en Tumaco
  made_on: 2022-05-03
  due: 2023-06
  places: [CO-52835]
  target: {rule: none, unit: none stated}
  cites: [HLD9_DECL]

- id: C19
  promise: c19
  parties: [CO, US]
  strength: commits
  gist:
    en: Train police
    es: Capacitar policías
  made_on: 2022-05-03
  target: {rule: level, value: 1200, unit: people}
  better: at_least
  cites: [HLD9_DECL]
"""


def test_a_case_is_never_left_with_a_fault(tmp_path: Path) -> None:
    held = review(tmp_path, case=case_copy(tmp_path))
    held.decide(at(held, "agreed to open"), "accept", said=OPENED | {"places": "CO-1", "instrument": "INS99"})
    before = {file: file.read_bytes() for file in held.case.glob("*.yml")}
    with pytest.raises(BadCase, match="INS99"):
        review_entries.draft(held, SOURCE)
    assert {file: file.read_bytes() for file in held.case.glob("*.yml")} == before


def test_what_is_in_the_case_is_not_taken_back(tmp_path: Path) -> None:
    held = review(tmp_path, case=case_copy(tmp_path))
    held.decide(at(held, "agreed to open"), "accept", said=OPENED)
    review_entries.write(held, review_entries.draft(held, SOURCE))
    with pytest.raises(BadRequest, match="commitment/C18"):
        held.undo()


def test_what_is_no_promise_to_the_case_is_said(tmp_path: Path) -> None:
    held = review(tmp_path)
    held.decide(at(held, "discussed"), "accept", said=OPENED)
    one = held.decisions[-1]
    if one.said["strength"] in entries.STRENGTHS:
        pytest.skip("the case has a word for it now")
    assert "is no promise" in entries.lacking(one)[-1]


def test_a_new_document_needs_what_the_text_does_not_say(tmp_path: Path) -> None:
    held = review(tmp_path, case=case_copy(tmp_path))
    held.decide(at(held, "agreed to open"), "accept", said=OPENED)
    with pytest.raises(BadRequest, match="--publisher, --address"):
        review_entries.draft(held, review_entries.Source("NEW_2022"))
    source = review_entries.Source("NEW_2022", "https://example.org/a", publisher="Both governments")
    found = review_entries.draft(held, source)
    assert "- id: NEW_2022\n  publisher: Both governments\n" in found.files["documents.yml"]


def test_an_instrument_and_a_meeting_become_entries(tmp_path: Path) -> None:
    held = review(tmp_path, case=case_copy(tmp_path))
    plan = {
        "name.en": "Port plan", "name.es": "Plan de puertos", "kind": "action-plan", "parties": "US, CO", "start": "2022",
        "content.en": "Ports: watched", "content.es": "Puertos vigilados", "confidence": "low",
    }  # fmt: skip
    met = {
        "forum": "hld",
        "date": "2022-05-03",
        "confidence": "medium",
        "where.en": "Bogotá",
        "where.es": "Bogotá",
    }
    span = f"{held.document.text.index('High-Level')}-{held.document.text.index(' met for')}"
    rows: list[dict[str, object]] = [
        {"candidate": f"instrument@{span}", "verdict": "accept", "said": plan},
        {"candidate": f"meeting@{span}", "verdict": "accept", "said": met},
    ]
    applied(held, tmp_path, rows)
    review_entries.write(held, review_entries.draft(held, SOURCE))
    case = cooperation.read(held.case)
    assert case.instruments[-1].content.en == "Ports: watched"
    assert case.meetings[-1].id == "M22"
    assert case.meetings[-1].forum == "hld"


@settings(max_examples=400, deadline=None)
@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60
    )
)
def test_any_words_come_back_from_yaml_as_they_were(words: str) -> None:
    import yaml

    words = " ".join("".join(c for c in words if c.isprintable()).split())
    if not words:
        return
    raw = {
        "id": "X",
        "gist": {"en": words, "es": words * 3},
        "parties": [words],
        "target": {"unit": words},
        "kind": words,
    }
    (back,) = yaml.load(entries.rendered(raw), Loader=yaml.BaseLoader)
    assert back == {**raw, "gist": {"en": words, "es": words * 3}}


# ---- a document that changed --------------------------------------------------------------------------------


def test_decisions_on_an_earlier_version_are_found_again_or_flagged(tmp_path: Path) -> None:
    held = review(tmp_path)
    held.decide(at(held, "agreed to open"), "accept", said=OPENED)
    held.decide(at(held, "discussed"), "reject")
    changed = "Corrected version of the text\n\n" + TEXT.replace(
        "discussed the border", "discussed the river"
    )
    after = review(tmp_path, text=changed)
    assert after.decisions == []  # nothing counts for other bytes
    ((sha, standing, checked),) = after.earlier()
    assert sha == held.document.sha256
    states = {d.verdict: c.state for d, c in zip(standing, checked, strict=True)}
    assert states == {"accept": "moved", "reject": "lost"}
    assert after.carry() == 1
    assert after.carry() == 0
    one = after.decisions[-1]
    assert (
        after.document.text[one.start : one.end] == "agreed to open a training centre in Tumaco by June 2023"
    )
    assert one.why == f"carried over from {held.document.sha256[:12]}"


def test_the_case_that_came_with_the_program_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vereda.pipeline.reviewing.PACKAGE", tmp_path)
    held = review(tmp_path)
    with pytest.raises(BadRequest, match="Copy the case"):
        held.decide(at(held, "discussed"), "reject")
    assert CASE.is_dir()


def test_a_record_is_a_decision(tmp_path: Path) -> None:
    held = review(tmp_path)
    one = held.decide(at(held, "discussed"), "reject")
    (record,) = records(held.file)
    assert record == json.loads(json.dumps(asdict(one)))


# ---- the command --------------------------------------------------------------------------------------------


def asked(tmp_path: Path, *said: str) -> Result:
    file = tmp_path / "made-up.txt"
    file.write_text(TEXT, encoding="utf-8")
    return CliRunner().invoke(main, ["review", str(file), "--reviews", str(tmp_path / "reviews"), *said])


def test_where_a_review_stands_is_printed_in_both_languages(tmp_path: Path) -> None:
    assert "Agreement: not measured" in asked(tmp_path, "--state").output
    assert "Acuerdo: no medido" in asked(tmp_path, "--state", "--lang", "es").output
    told = json.loads(asked(tmp_path, "--json").output)
    assert (told["decided"], told["candidates"], told["agreement"]) == (0, 5, [])
    assert "training centre" not in json.dumps(told)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ((), "--by NAME"),
        (("--by", "ana"), "No terminal here"),
        (("--by", "ana", "--write"), "--document ID"),
        (("--by", "ana", "--kind", "colour"), "no kind of candidate"),
        (("--by", "ana", "--decisions", "nowhere.jsonl"), "not a file"),
        (("--by", "../x", "--state"), "short name"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(tmp_path: Path, said: tuple[str, ...], message: str) -> None:
    result = asked(tmp_path, *said)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_every_sentence_is_there_in_both_languages_with_the_same_holes() -> None:
    for english, spanish in WORDS.values():
        assert english.strip()
        assert spanish.strip()
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", spanish))
