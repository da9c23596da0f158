"""Spans in the forms of others: Web Annotation and doccano, out and in."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "statements"))
from review_case import at, review

from vereda.errors import VeredaError
from vereda.exchange import annotations, doccano
from vereda.pipeline import exporting, review_elsewhere
from vereda.pipeline.reviewing import Review
from vereda.terms.review import key
from vereda.terms.statement import KINDS, Candidate


def everything(folder: Path, by: str = "ana", text: str | None = None) -> Review:
    more = {} if text is None else {"text": text}
    return review(folder, by, kinds=KINDS, **more)


def back(held: Review, folder: Path, line: dict[str, object]) -> tuple[int, int]:
    file = folder / "labelled.jsonl"
    file.write_text(json.dumps(line), encoding="utf-8")
    return review_elsewhere.apply(held, file)


# ---- Web Annotation -----------------------------------------------------------------------------------------


def test_every_selector_selects_the_quote(tmp_path: Path) -> None:
    held = everything(tmp_path)
    page = json.loads(exporting.to_annotations(held, ours=True))
    assert page["type"] == "AnnotationPage"
    assert page["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert len(page["items"]) == len(held.queue())
    text = held.document.text
    for one in page["items"]:
        position, quote = one["target"]["selector"]
        assert (position["type"], quote["type"]) == ("TextPositionSelector", "TextQuoteSelector")
        assert text[position["start"] : position["end"]] == quote["exact"]
        assert quote["prefix"] + quote["exact"] + quote["suffix"] in text


def test_words_that_are_not_ours_do_not_leave(tmp_path: Path) -> None:
    held = everything(tmp_path)
    held.decide(at(held, "will publish"), "accept", why="clear")
    told = exporting.to_annotations(held, ours=False)
    assert "TextQuoteSelector" not in told
    for words in ("training centre", "publish the results", "Robles", "High-Level"):
        assert words not in told
    assert all(len(one["target"]["vereda:quote_sha256"]) == 16 for one in json.loads(told)["items"])


def test_a_decision_names_its_reviewer_and_a_rejected_one_is_left_out(tmp_path: Path) -> None:
    held = everything(tmp_path)
    held.decide(at(held, "will publish"), "accept")
    held.decide(at(held, "discussed"), "reject")
    items = {
        one["id"].rpartition(":")[2]: one
        for one in json.loads(exporting.to_annotations(held, ours=False))["items"]
    }
    assert items["commitment@184-219"]["creator"] == {"type": "Person", "nickname": "ana"}
    assert items["commitment@184-219"]["target"]["vereda:state"] == "reviewed"
    assert not any("389-409" in name for name in items)


@pytest.mark.published("RFC 6920, section 8.1: the hash of 'Hello World!'")
def test_a_document_is_named_by_its_hash() -> None:
    from hashlib import sha256

    named = annotations.document(sha256(b"Hello World!").hexdigest())
    assert named == "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"


# ---- doccano ------------------------------------------------------------------------------------------------


def test_what_is_left_alone_comes_back_as_accepted(tmp_path: Path) -> None:
    held = everything(tmp_path)
    line = json.loads(exporting.to_doccano(held))
    text = line["text"]
    assert {text[a:b] for a, b, _ in line["label"]} == {i.candidate.quote for i in held.queue()}
    assert back(held, tmp_path, line) == (len(held.queue()), 0)
    assert {d.verdict for d in held.decisions} == {"accept", "link"}
    assert json.loads(exporting.to_doccano(everything(tmp_path)))["label"] == line["label"]
    assert back(held, tmp_path, line) == (0, len(line["label"]))  # twice is once


def test_deleted_changed_moved_and_added_labels_are_decisions(tmp_path: Path) -> None:
    held = everything(tmp_path)
    line = json.loads(exporting.to_doccano(held))
    publish, train, talk = (key(at(held, quote)) for quote in ("will publish", "will train", "discussed"))
    border = held.document.text.index("the border")
    labels = []
    for start, end, name in line["label"]:
        span = f"commitment@{start}-{end}"
        if span == talk:
            continue
        if span == publish:
            name = "commitment:binds"
        if span == train:
            end -= len(" officers")
        labels.append([start, end, name])
    labels.append([border, border + len("the border"), "threat"])
    back(held, tmp_path, {**line, "label": labels})
    said = {d.candidate: d for d in held.decisions}
    assert said[talk].verdict == "reject"
    assert (said[publish].verdict, said[publish].said["strength"]) == ("edit", "binds")
    assert said[train].verdict == "edit"
    assert held.document.text[said[train].start : said[train].end] == "will train 1,200 police"
    assert said[f"threat@{border}-{border + 10}"].extractor == "doccano"


@pytest.mark.parametrize("form", ["labels", "entities", "meta"])
def test_other_ways_to_write_the_labels_are_read(tmp_path: Path, form: str) -> None:
    held = everything(tmp_path)
    line = json.loads(exporting.to_doccano(held))
    labels = line.pop("label")
    if form == "entities":
        line["entities"] = [
            {"id": n, "label": x, "start_offset": a, "end_offset": b} for n, (a, b, x) in enumerate(labels)
        ]
    elif form == "meta":
        line = {
            "text": line["text"],
            "label": labels,
            "meta": {"document": line["document"], "candidates": line["candidates"]},
        }
    else:
        line["labels"] = labels
    assert back(held, tmp_path, line)[0] == len(labels)


def test_a_file_that_does_not_say_what_was_shown_rejects_nothing(tmp_path: Path) -> None:
    held = everything(tmp_path)
    line = json.loads(exporting.to_doccano(held))
    back(held, tmp_path, {"text": line["text"], "label": line["label"][:3]})
    assert [d.verdict for d in held.decisions] == ["accept"] * 3


def test_a_text_that_was_tidied_on_the_way_is_found_again(tmp_path: Path) -> None:
    """A label on a copy with other spaces at the front still finds its words."""
    held = everything(tmp_path)
    line = json.loads(exporting.to_doccano(held))
    shifted = [[a + 2, b + 2, name] for a, b, name in line["label"]]
    back(held, tmp_path, {**line, "text": "  " + line["text"], "label": shifted})
    assert {d.verdict for d in held.decisions} == {"accept", "link"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": [[0, 4, "colour"]]}, "no kind"),
        ({"label": [[0, 99999, "place"]]}, "outside"),
        ({"label": [[5, 5, "place"]]}, "outside"),
        ({"document": "00"}, "other bytes"),
        ({"text": "Another text altogether", "label": [[0, 7, "place"]], "document": ""}, "does not hold it"),
        ({"label": [[0]]}, "line 1"),
        ({"label": [["a", "b", "place"]]}, "line 1"),
    ],
)
def test_what_was_not_labelled_on_this_text_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    held = everything(tmp_path)
    line = json.loads(exporting.to_doccano(held))
    with pytest.raises(VeredaError, match=message):
        back(held, tmp_path, {**line, **change})
    assert held.decisions == []


@given(st.text(max_size=80), st.data())
def test_offsets_are_code_points_whatever_the_text(words: str, data: st.DataObject) -> None:
    text = words + "ñ𝒜👩🏽‍🌾x"
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    candidate = Candidate("place", start, end, text[start:end])
    raw = json.loads(json.dumps({"text": text, "label": [[start, end, doccano.label(candidate)]]}))
    (mark,) = doccano.marks(raw)
    assert (mark.start, mark.end, mark.quote, mark.kind) == (start, end, candidate.quote, "place")
