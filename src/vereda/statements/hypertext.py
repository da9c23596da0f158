"""HTML to a text layer: what a reader sees, every character with its place in the page."""

import html
import re
from html.parser import HTMLParser

from vereda.statements.layer import Layer


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCKS = _tags(
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 "
    "h5 h6 head header hr html legend li main nav ol p pre section summary table tbody td tfoot th thead title tr ul"
)
_UNREAD = _tags("script style noscript template svg math iframe object select button textarea")
_FURNITURE = {
    "nav": "navigation",
    "footer": "footer",
    "aside": "side column",
    "form": "form",
    "figcaption": "caption",
}
_EMPTY = _tags("area base br col embed hr img input link meta param source track wbr")


class Page(HTMLParser):
    """Reads a page; `layer` is its text, `furniture` the stretches that its own tags call no part of the text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.layer = Layer()
        self.title = ""
        self.meta: dict[str, str] = {}
        self.furniture: list[tuple[int, int, str]] = []
        self._lines = [0, *(m.end() for m in re.finditer("\n", source))]
        self._unread = 0
        self._open: list[tuple[str, int, str]] = []  # furniture that has begun
        self._in_title = False
        self._space = True
        self.feed(source)
        self.close()
        while self._open:
            _, start, why = self._open.pop()
            self.furniture.append((start, self.layer.length, why))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins: a block, something unread, furniture, or a fact of the head."""
        said = {key: value or "" for key, value in attrs}
        if tag in _UNREAD:
            self._unread += tag not in _EMPTY
        elif tag == "meta":
            name = (said.get("property") or said.get("name") or "").lower()
            self.meta.setdefault(name, said.get("content", ""))
        elif tag == "time" and "datetime" in said:
            self.meta.setdefault("time", said["datetime"])
        elif tag == "html" and "lang" in said:
            self.meta.setdefault("lang", said["lang"])
        self._in_title |= tag == "title"
        if tag in _BLOCKS:
            self._break()
        if tag in _FURNITURE:
            self._open.append((tag, self.layer.length, _FURNITURE[tag]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>`: as a tag that holds nothing."""
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """A tag ends."""
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        self._in_title &= tag != "title"
        if tag in _BLOCKS:
            self._break()
        if self._open and self._open[-1][0] == tag:
            _, start, why = self._open.pop()
            self.furniture.append((start, self.layer.length, why))

    def handle_data(self, data: str) -> None:
        """Characters as they stand; runs of white space are one space, as in a browser."""
        offset = self._offset()
        if self._in_title:
            self.title += data
        elif not self._unread:
            for piece in re.finditer(r"\s+|\S+", data):
                if piece[0].isspace():
                    self._gap(offset + piece.start())
                else:
                    self._word(piece[0], offset + piece.start(), 1)

    def handle_entityref(self, name: str) -> None:
        """`&eacute;`: one character that stands where the entity stands."""
        self._entity(html.unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        """`&#233;`: the same, by number."""
        self._entity(html.unescape(f"&#{name};"))

    def _entity(self, char: str) -> None:
        if self._in_title:
            self.title += char
        elif not self._unread:
            self._word(char, self._offset(), 0)

    def _word(self, text: str, offset: int, step: int) -> None:
        self.layer.add(text, "", offset, step)
        self._space = False

    def _gap(self, offset: int) -> None:
        if not self._space:
            self.layer.add(" ", "", offset, 0)
            self._space = True

    def _break(self) -> None:
        if self.layer.length and not self.layer.ends_with("\n\n"):
            self.layer.add("\n\n", "", self._offset(), 0)
        self._space = True

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def looks_like(text: str) -> bool:
    """Whether a file without a telling name is a page."""
    return bool(re.search(r"(?i)<(?:!doctype html|html|head|body|div|p|article)\b", text[:4000]))
