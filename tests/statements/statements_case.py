"""Shared ground of the statement tests: the case's words and places, made-up statements, small files of every kind."""

import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path

from vereda import statements
from vereda.pipeline.reading import gazetteer
from vereda.statements.gold import Annotated, folder
from vereda.terms.place import Gazetteer
from vereda.terms.statement import Candidate, Statement

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "cases" / "us-colombia"
MADE_UP = ROOT / "tests" / "data" / "statements"
FOUNDING = ROOT.parent / "shared" / "statements"

LETTER = """Joint statement of the two governments

Lima, 3 May 2022

The governments of Colombia and Peru agreed to open a training centre in Leticia by June 2023. Both governments
will publish the results every year. The Minister of Defense, Ana Robles, thanked the hosts of the meeting.
"""


@cache
def words() -> statements.Vocabulary:
    return statements.vocabulary(CASE)


@cache
def places() -> Gazetteer:
    return gazetteer(CASE)


def read(text: str, name: str = "made-up.txt", lang: str | None = None, date: str | None = None) -> Statement:
    return statements.read(name, text.encode(), lang, date)


def found(text: str, kind: str, lang: str = "en", date: str | None = None) -> list[Candidate]:
    """Candidates of a kind in a few made-up words."""
    document = read(text, lang=lang, date=date)
    return [c for c in statements.extract(document, words(), places()) if c.kind == kind]


def made_up() -> list[Annotated]:
    return list(folder(MADE_UP))


def pdf(pages: list[str], encrypted: str = "") -> bytes:
    """A PDF with lines of Helvetica, one string a page, written by hand; locked if a password is given."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]  # fmt: skip
    kids = []
    for text in pages:
        lines = [
            line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.splitlines()
        ]
        drawn = "BT /F1 10 Tf 12 TL 50 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        stream = drawn.encode("latin-1") if text else b""
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        resources = b"<< /Font << /F1 3 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources %s >>"
            % (len(objects), resources)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, at = BytesIO(b""), []
    out.write(b"%PDF-1.4\n")
    for number, content in enumerate(objects, 1):
        at.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in at:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return _locked(out.getvalue(), encrypted) if encrypted else out.getvalue()


def _locked(plain: bytes, password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(plain)))
    writer.encrypt(password, algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def docx(paragraphs: list[str], body: str = "", packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A DOCX with these paragraphs; `body` instead of them where it is given."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    written = "".join(
        f"<w:p><w:r><w:t>{p.replace('&', '&amp;').replace('<', '&lt;')}</w:t></w:r></w:p>" for p in paragraphs
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            body
            or f'<?xml version="1.0" encoding="UTF-8"?><w:document {space}><w:body>{written}</w:body></w:document>',
        )
    return out.getvalue()
