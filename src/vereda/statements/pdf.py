"""PDF to a text layer, page by page; a scan or a locked file is told from a text."""

import logging
import re
from io import BytesIO
from typing import Any

from vereda.errors import BadStatement
from vereda.statements.layer import Layer

_BROKEN = re.compile(r"(?<=[a-záéíóúñü])-\n(?=[a-záéíóúñü])")


def read(data: bytes, name: str) -> tuple[Layer, dict[str, str], tuple[str, ...]]:
    """Text layer, what the file says of itself, and notes; each character's place is a page and an offset in it."""
    reader = _opened(data, name)
    layer = Layer()
    empty: list[int] = []
    try:
        for number, page in enumerate(reader.pages, 1):
            text = page.extract_text() or ""
            if not text.strip():
                empty.append(number)
            _page(layer, text, f"page {number}")
            reader.resolved_objects.clear()  # memory stays that of one page
        facts = {key.lstrip("/").lower(): str(value) for key, value in (reader.metadata or {}).items()}
    except Exception as fault:  # the reader fails in many ways on damaged files
        raise BadStatement(
            f"{name} is damaged or not a PDF that can be read ({type(fault).__name__}: {fault}). "
            "Open it, print it to a new PDF, or copy its text into a plain file."
        ) from None
    pages = len(reader.pages)
    if len(empty) == pages:
        raise BadStatement(
            f"{name} has {pages} page(s) and no text: it is a scan. Run it through text recognition first."
        )
    notes = (f"no text on {len(empty)} of {pages} pages ({_first(empty)}): scans?",) if empty else ()
    return layer, facts, notes


def _opened(data: bytes, name: str) -> Any:
    try:
        from pypdf import PdfReader
        from pypdf.errors import DependencyError
    except ModuleNotFoundError:
        raise BadStatement(f"{name} is a PDF, which needs the package pypdf: pip install pypdf.") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it mends is not the reader's concern
    locked = BadStatement(
        f"{name} is locked with a password. Save a copy without it, where you may, or ask the publisher for one."
    )
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise locked
        len(reader.pages)
    except BadStatement:
        raise
    except DependencyError:
        raise locked from None
    except Exception as fault:
        raise BadStatement(
            f"{name} is damaged or not a PDF that can be read ({type(fault).__name__}: {fault}). "
            "Open it, print it to a new PDF, or copy its text into a plain file."
        ) from None
    return reader


def _page(layer: Layer, text: str, part: str) -> None:
    """A page's text with words that a line break cut put together again."""
    if layer.length and not layer.ends_with("\n"):
        layer.add("\n", part, 0, 0)
    start = 0
    for cut in _BROKEN.finditer(text):
        layer.add(text[start : cut.start()], part, start)
        start = cut.end()
    layer.add(text[start:], part, start)


def _first(pages: list[int]) -> str:
    return ", ".join(map(str, pages[:5])) + (" ..." if len(pages) > 5 else "")
