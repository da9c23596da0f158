"""The text layer under construction: characters in, each with the place in the file it came from."""

import unicodedata
from collections.abc import Iterable, Iterator

from vereda.terms.statement import OffsetMap, Origin, Run

#: characters that print as one thing and are typed as another, one for one
_SAME = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u2032": "'", "\u00b4": "'", "\u201b": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u2009": " ", "\u200a": " ", "\u3000": " ", "\t": " ",
}  # fmt: skip
_PLAIN = str.maketrans(_SAME)
#: characters nobody sees: soft hyphen, zero-width marks, byte order mark, direction marks
UNSEEN = frozenset(
    "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def _folded(code: int) -> str:
    """Lower case without accents, always one character."""
    char = chr(code)
    base = unicodedata.normalize("NFKD", char)[0].lower()
    return base if len(base) == 1 else char


_FOLD = str.maketrans({chr(code): _folded(code) for code in range(0x41, 0x250)})


def plain(text: str) -> str:
    """The view for matching: as long as `text`, one kind of quote, hyphen and space."""
    return text.translate(_PLAIN)


def fold(text: str) -> str:
    """Lower case without accents, as long as `text`."""
    return text.translate(_FOLD)


class Layer:
    """Collects text with its origins; runs that follow on from one another are joined."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._runs: list[Run] = []
        self.length = 0

    def add(self, text: str, part: str, offset: int, step: int = 1) -> None:
        """Add characters that stand in `part` from `offset` on; step 0: all of them at that one place."""
        for piece, start in _composed(text) if step else ((text, 0),):
            if piece:
                self._run(piece, part, offset + start, step)

    def _run(self, text: str, part: str, offset: int, step: int) -> None:
        last = self._runs[-1] if self._runs else None
        follows = (
            last is not None
            and last.origin.part == part
            and last.step == step == 1
            and last.origin.offset + self.length - last.at == offset
        )
        if not follows:
            self._runs.append(Run(self.length, Origin(part, offset), 1 if step else 0))
        self._parts.append(text)
        self.length += len(text)

    def ends_with(self, mark: str) -> bool:
        """Whether the text so far ends with `mark`; an empty layer does not."""
        return bool(self._parts) and self._parts[-1].endswith(mark)

    def text(self) -> str:
        """All that was added."""
        return "".join(self._parts)

    def map(self) -> OffsetMap:
        """The way back."""
        return OffsetMap(tuple(self._runs) or (Run(0, Origin("", 0)),))


def _composed(text: str) -> Iterator[tuple[str, int]]:
    """Pieces of `text` with letter and accent joined, unseen marks and carriage returns left out."""
    if not any(char in UNSEEN or char == "\r" or unicodedata.combining(char) for char in _odd(text)):
        yield text, 0
        return
    start = at = 0
    while at < len(text):
        stop = at + 1
        while stop < len(text) and unicodedata.combining(text[stop]):
            stop += 1
        odd = stop > at + 1 or text[at] in UNSEEN or text[at] == "\r"
        if odd:
            yield text[start:at], start
            if text[at] == "\r":
                yield ("" if text[at + 1 : at + 2] == "\n" else "\n"), at
            elif text[at] not in UNSEEN:
                whole = unicodedata.normalize("NFC", text[at:stop])
                yield whole[0], at
                yield whole[1:], stop - len(whole) + 1  # accents that no letter joins stand at the end
            start = stop
        at = stop
    yield text[start:], start


def _odd(text: str) -> Iterable[str]:
    """Characters that might need work: a text of plain Latin letters has next to none."""
    return {char for char in text if char == "\r" or char == "\u00ad" or char > "\u02ff"}
