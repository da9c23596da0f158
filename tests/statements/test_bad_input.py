"""What arrives at a desk: broken, locked, huge, hostile, or in another language."""

import tracemalloc
import zipfile
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from review_case import TEXT, at, case_copy, review
from rich.console import Console
from statements_case import LETTER, docx, found, pdf, places, read, words

from vereda import cooperation, statements
from vereda.cli import main
from vereda.errors import BadStatement
from vereda.pipeline import review_entries, review_shown
from vereda.pipeline.candidates import shown

SPANISH = "Las partes acordaron la creación de un centro de capacitación en Tibú para la región y los países vecinos.\n"


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"<html><script>let a = 1</script></html>"])
def test_an_empty_file_is_said_to_be_empty(data: bytes) -> None:
    with pytest.raises(BadStatement, match=r"empty|no text"):
        statements.read("nothing.html", data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    document = statements.read("text.txt", (SPANISH * 3).encode(encoding))
    assert "creación de un centro de capacitación en Tibú" in document.text
    assert document.lang == "es"
    assert bool(document.notes) == (encoding == "cp1252")


def test_mixed_encodings_are_read_line_by_line_and_said() -> None:
    document = statements.read("mixed.txt", SPANISH.encode() + SPANISH.encode("cp1252") + SPANISH.encode())
    assert document.text == SPANISH * 3
    assert document.notes == ("1 line(s) are not UTF-8 and were read as Windows-1252",)


def test_text_encoded_twice_is_mended_and_said() -> None:
    twice = (SPANISH * 2).encode().decode("cp1252").encode()
    document = statements.read("twice.txt", twice)
    assert document.text == SPANISH * 2
    assert "encoded twice" in document.notes[0]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadStatement, match="zero bytes"):
        statements.read("picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")


def test_a_scan_is_told_from_a_text() -> None:
    with pytest.raises(BadStatement, match="it is a scan"):
        statements.read("scan.pdf", pdf(["", "", ""]))


def test_a_page_without_text_among_others_is_said() -> None:
    document = statements.read("partly.pdf", pdf([LETTER, "", LETTER]))
    assert document.notes == ("no text on 1 of 3 pages (2): scans?",)


def test_a_locked_pdf_is_refused() -> None:
    with pytest.raises(BadStatement, match="locked with a password"):
        statements.read("locked.pdf", pdf([LETTER], encrypted="secret"))


@pytest.mark.parametrize("name", ["cut.pdf", "not.pdf"])
def test_a_damaged_pdf_is_refused(name: str) -> None:
    data = pdf([LETTER])[:200] if name == "cut.pdf" else b"no PDF at all"
    with pytest.raises(BadStatement, match=r"damaged|not what its name says"):
        statements.read(name, data)


def test_a_pdf_of_five_hundred_pages_is_read_whole() -> None:
    pages = [
        f"Page {n}. The governments of Colombia and Peru agreed to meet in Leticia for the plan."
        for n in range(500)
    ]
    document = statements.read("long.pdf", pdf(pages))
    candidates = statements.extract(document, words(), places())
    assert sum(c.kind == "commitment" for c in candidates) == 500
    assert document.origin(candidates[-1].start).part == "page 500"
    assert all(statements.stands(document, c) for c in candidates)


def test_memory_does_not_grow_faster_than_the_text() -> None:
    text = "The governments of Colombia and Peru agreed to meet in Leticia for the plan.\n\n"

    def peak(times: int) -> int:
        document = read(text * times)
        tracemalloc.start()
        statements.extract(document, words(), places())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)
    assert peak(800) < 5 * peak(200)


def test_a_zip_bomb_is_not_unpacked() -> None:
    body = "<w:document>" + " " * 30_000_000
    with pytest.raises(BadStatement, match="zip bomb"):
        statements.read("bomb.docx", docx([], body))


def test_entities_of_its_own_are_refused() -> None:
    body = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'
    with pytest.raises(BadStatement, match="declares entities"):
        statements.read("laughs.docx", docx([], body))


def test_a_zip_that_is_no_document_is_refused() -> None:
    data = docx(["text"]).replace(b"word/document.xml", b"word/somewhere.xm")
    with pytest.raises(BadStatement, match="cannot be unpacked"):
        statements.read("other.docx", data)
    with pytest.raises(BadStatement, match="cannot be unpacked"):
        statements.read("cut.docx", docx(["text"], packed=zipfile.ZIP_STORED)[:60])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Os ministros da defesa dos dois países decidiram que não há uma solução para a região e para o povo.",
            "Portuguese",
        ),
        (
            "Les ministres des deux pays ont décidé que la région est une priorité pour le peuple et pour les forces.",
            "French",
        ),
        (
            "Die Minister der beiden Länder haben sich auf den Plan geeinigt, und das ist nicht für alle gut.",
            "German",
        ),
    ],
)
def test_a_third_language_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(BadStatement, match=name):
        read(text * 2)


def test_another_script_is_refused() -> None:
    with pytest.raises(BadStatement, match="Other scripts"):
        read("Министры обороны двух стран договорились о сотрудничестве в области безопасности границы.")


def test_hostile_markup_stays_text() -> None:
    text = (
        "The governments of Colombia and Peru agreed to <script>alert(1)</script> open [red]an office[/red] "
        "in Leticia\x1b[31m for the plan of the region."
    )
    document = read(text, name="hostile.txt")
    (one,) = [c for c in statements.extract(document, words(), places()) if c.kind == "commitment"]
    assert "<script>" in one.quote
    out = StringIO()
    console = Console(file=out, width=200)
    for part in shown(document, [one], "en"):
        console.print(part)
    assert "[red]an office[/red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_scripts_of_a_page_are_no_text_but_their_names_in_entities_are() -> None:
    page = (
        "<p>The two governments agreed to ban &lt;script&gt; in the region.</p><script>agreed to pay</script>"
    )
    document = statements.read("a.html", page.encode(), "en")
    assert "<script>" in document.text
    assert "pay" not in document.text


def test_a_changed_document_is_noticed_and_its_spans_are_found_again_or_lost() -> None:
    document = read(LETTER)
    spans = [statements.span(document, c) for c in statements.extract(document, words(), places())]
    assert statements.same(document, spans)
    assert {c.state for c in statements.check(document, spans)} == {"verified"}
    changed = read("Corrected version.\n\n" + LETTER.replace("June 2023", "July 2023"))
    assert not statements.same(changed, spans)
    after = statements.check(changed, spans)
    assert {c.state for c in after} == {"moved", "lost"}
    for one in after:
        if one.start is not None and one.end is not None:
            assert statements.digest(changed.text[one.start : one.end]) == one.span.quote_sha256


def test_nothing_is_made_of_nothing() -> None:
    assert found("It rains. The road is long and the night is dark.", "commitment") == []


# ---- and then it is kept, compared and printed ----------------------------------------------------------------


@pytest.mark.parametrize("part", ["word/document.xml", "docProps/core.xml"])
def test_a_bomb_in_any_part_is_not_unpacked(part: str) -> None:
    """A part that says it is small and is not: the size in the directory of the archive is not believed."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, b"<a>" + b" " * 5_000_000)
        if part != "word/document.xml":
            archive.writestr("word/document.xml", "<w:document/>")
    tracemalloc.start()
    with pytest.raises(BadStatement, match="zip bomb"):
        statements.read("bomb.docx", out.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_bomb_in_a_part_that_is_not_read_does_no_harm() -> None:
    data = BytesIO(docx([LETTER]))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.png", b"\0" * 9_000_000)
    assert "training centre" in statements.read("letter.docx", data.getvalue()).text


def test_nested_tags_do_not_exhaust_the_reader() -> None:
    page = "<div>" * 20_000 + LETTER + "</div>" * 20_000
    assert "training centre" in statements.read("deep.html", page.encode()).text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_with_a_mark_are_read(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff", "utf-32": b""}[encoding]
    document = statements.read("wide.txt", mark + (SPANISH * 2).encode(encoding))
    assert document.text == SPANISH * 2


def test_an_encoding_that_a_page_claims_wrongly_does_not_spoil_it() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>' + SPANISH * 3 + "</p></body></html>"
    document = statements.read("claims.html", page.encode())
    assert "creación de un centro de capacitación en Tibú" in document.text


def test_hostile_markup_reaches_no_page_or_file_as_markup(tmp_path: Path) -> None:
    """What a reviewer types is printed on pages: it is kept as text, and no entry of a case can be broken by it."""
    held = review(tmp_path, case=case_copy(tmp_path))
    evil = '<script>alert(1)</script>\n- id: C99\n  promise: "x'
    held.decide(at(held, "agreed to open"), "accept", said={"gist.en": evil, "gist.es": evil}, why=evil)
    review_entries.write(held, review_entries.draft(held, review_entries.Source("HLD9_DECL")))
    case = cooperation.read(held.case)
    assert case.commitments[-1].id == "C18"
    assert case.commitments[-1].gist.en == " ".join(evil.split())
    console = Console(file=(out := StringIO()), width=300)
    for part in review_shown.state(held, "en"):
        console.print(part)
    assert "\x1b" not in out.getvalue()


def test_a_document_that_changed_after_its_spans_were_stored_is_noticed_by_the_command(
    tmp_path: Path,
) -> None:
    file = tmp_path / "made-up.txt"
    file.write_text(TEXT, encoding="utf-8")
    asked = ["review", str(file), "--by", "ana", "--reviews", str(tmp_path / "reviews"), "--lang", "en"]
    decided = tmp_path / "d.jsonl"
    decided.write_text('{"candidate": "commitment@110-165", "verdict": "reject"}\n', encoding="utf-8")
    assert CliRunner().invoke(main, [*asked, "--decisions", str(decided)]).exit_code == 0
    file.write_text("Corrected.\n\n" + TEXT, encoding="utf-8")
    told = CliRunner().invoke(main, [*asked, "--state"]).output
    assert "earlier version" in told
    assert "0 stand where they stood, 1 have moved, 0 are no longer" in " ".join(told.split())
    assert "1 decisions recorded" in CliRunner().invoke(main, [*asked, "--carry"]).output
