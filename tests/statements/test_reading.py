"""Files in, text layer out, and every character finds its way back."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from statements_case import LETTER, docx, pdf, read

from vereda import statements
from vereda.statements.layer import Layer, fold, plain

LETTERS = st.text(
    st.sampled_from("abz ÁéñüßÇ“”’‑–\u00a0\u00ad\u200b\r\n\te\u0301n\u0303.,()\U0001f600漢"), max_size=60
)


@example("a\u0301\u0303b")  # a second accent joins no letter
@given(LETTERS)
def test_every_character_finds_its_way_back(source: str) -> None:
    layer = Layer()
    layer.add(source, "", 0)
    text, way = layer.text(), layer.map()
    for at, char in enumerate(text):
        origin = way.origin(at).offset
        here = source[origin : origin + 4]
        forms = {unicodedata.normalize("NFC", here[:n]) for n in range(1, 5)}
        assert char in forms or (char == "\n" and here[0] == "\r")


@given(LETTERS)
def test_the_views_for_matching_are_as_long_as_the_text(source: str) -> None:
    assert len(plain(source)) == len(fold(source)) == len(source)


def test_plain_text_is_quoted_as_it_stands() -> None:
    document = read("The U.S.‑Colombia “plan” of the two countries is for the security of the region.")
    assert "U.S.‑Colombia “plan”" in document.text
    assert 'U.S.-Colombia "plan"' in document.plain


def test_html_is_what_a_reader_sees() -> None:
    source = (
        "<html lang=en><head><title>A statement</title><script>var coca = 'Tumaco';</script>"
        "<style>p{color:red}</style><meta property='og:site_name' content='The Ministry'>"
        "<meta property='article:published_time' content='2022-05-03T10:00'></head><body><nav><ul><li>Home</li></ul></nav>"
        "<h1>Joint statement</h1><p>The governments of Colombia &amp; Per&uacute; agreed to open\n an office in <b>Leti</b>cia "
        "for the security of the border.</p><footer>All of it</footer></body></html>"
    )
    document = statements.read("page.html", source.encode())
    assert "var coca" not in document.text
    assert "color:red" not in document.text
    assert "Colombia & Perú agreed to open an office in Leticia" in document.text
    assert (document.title, document.publisher, document.date) == (
        "A statement",
        "The Ministry",
        "2022-05-03",
    )
    aside = {document.text[b.start : b.end]: b.boilerplate for b in document.blocks if b.boilerplate}
    assert aside == {"Home": "navigation", "All of it": "footer"}
    for word in ("governments", "Leti", "border"):
        origin = document.origin(document.text.index(word))
        assert source[origin.offset : origin.offset + len(word)] == word
    at = document.origin(document.text.index("ú")).offset
    assert source[at:].startswith("&uacute;")


def test_pdf_tells_the_page_and_mends_broken_words() -> None:
    document = statements.read(
        "two.pdf", pdf([LETTER, "The govern-\nments of Colombia and Peru will meet again for this."])
    )
    assert "The governments of Colombia and Peru will meet again" in document.text
    assert document.origin(document.text.index("Colombia and Peru agreed")).part == "page 1"
    origin = document.origin(document.text.index("again"))
    assert (origin.part, origin.offset) == (
        "page 2",
        "The govern-\nments of Colombia and Peru will meet again".index("again"),
    )


def test_a_character_of_a_docx_is_a_byte_of_its_part() -> None:
    data = docx(
        [
            "Declaración conjunta de los ministros",
            "Las partes acordaron la creación de un centro en Tibú para la región.",
        ]
    )
    document = statements.read("letter.docx", data)
    assert document.form == "docx"
    origin = document.origin(document.text.index("centro"))
    assert origin.part == "word/document.xml"
    import zipfile
    from io import BytesIO

    part = zipfile.ZipFile(BytesIO(data)).read(origin.part)
    assert part[origin.offset :].startswith(b"centro")


def test_text_a_reader_deleted_in_a_docx_is_not_read() -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = (
        f"<w:document {space}><w:body><w:p><w:r><w:t>The two governments agreed to meet in the capital. </w:t></w:r>"
        "<w:del><w:r><w:t>They will pay for it.</w:t></w:r></w:del></w:p></w:body></w:document>"
    )
    assert "pay" not in statements.read("a.docx", docx([], body), "en").text


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("3 May 2022", "2022-05-03"),
        ("By Ann Other/Gazette\nMay 3, 2022", "2022-05-03"),
        ("BOGOTA, May 3, 2022 -- The parties met in the city.", "2022-05-03"),
        ("Bogotá, 3 de mayo de 2022. Las partes se reunieron.", "2022-05-03"),
        ("On May 3, 2022, the parties met in the city and said so.", ""),
        ("The parties met in the city on May 3, 2022.", ""),
        ("The parties met in the city.", ""),
    ],
)
def test_a_date_is_found_in_a_date_line_and_never_in_a_sentence(line: str, date: str) -> None:
    lang = "es" if "mayo" in line else "en"
    document = read(
        f"Statement of the two parties\n\n{line}\n\nThe parties agreed on the plan for the region.", lang=lang
    )
    assert document.date == date
    assert document.date_by == ("text" if date else "")


def test_an_undated_text_stays_undated_until_a_person_says() -> None:
    text = "The parties will meet on February 23 in the capital of the country, and in the coming months."
    assert read(text).date == ""
    said = read(text, date="2012-04-15")
    assert (said.date, said.date_by) == ("2012-04-15", "person")


def test_boilerplate_is_flagged_and_stays_in_the_text() -> None:
    text = "Home » News\n\nStatement of the parties\n\nThe parties agreed on the plan.\n\nThe end is near.\n\nShare this page | Print\n"
    document = read(text, lang="en")
    aside = [document.text[b.start : b.end] for b in document.blocks if b.boilerplate]
    assert aside == ["Home » News", "Share this page | Print"]


def test_a_line_cut_by_the_width_of_the_page_goes_on() -> None:
    document = read(LETTER)
    blocks = [document.text[b.start : b.end] for b in document.blocks]
    assert len(blocks) == 3
    assert "Both governments\nwill publish" in blocks[2]
    assert "Both governments will publish" in document.plain


@pytest.mark.parametrize(
    ("line", "lang", "day"),
    [
        ("Nov 7, 2023 10:32 EST", "en", "2023-11-07"),
        ("7 November 2023, Bogotá.", "en", "2023-11-07"),
        ("By Jane Roe\nNovember 7, 2023", "en", "2023-11-07"),
        ("7 de noviembre de 2023 - Pasto.", "es", "2023-11-07"),
        ("Tumaco, 7 nov. 2023.", "es", "2023-11-07"),
        ("Mocoa, Putumayo. 7 de noviembre de 2023.", "es", "2023-11-07"),
        ("Boletín n.º 12. Bogotá, 7 de noviembre de 2023", "es", "2023-11-07"),
        ("On November 7, 2023 they met in Bogotá.", "en", ""),
        ("El 7 de noviembre de 2023 se reunieron en Bogotá.", "es", ""),
        ("Publicada el martes 7 de noviembre de 2023", "es", "2023-11-07"),
        ("07/11/2023", "es", ""),  # day or month first: not said
    ],
)
def test_lines_that_date_a_statement(line: str, lang: str, day: str) -> None:
    body = {
        "en": "The two governments agreed to open an office in Tumaco.",
        "es": "Los dos gobiernos acordaron abrir una oficina en Tumaco.",
    }[lang]
    assert read(f"A title of it\n\n{line}\n\n{body}\n", lang=lang).date == day
