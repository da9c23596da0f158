"""Amounts as written: number, scale, currency or unit; in the locale of the language."""

import re
from dataclasses import dataclass

from vereda.statements.language import Language
from vereda.statements.layer import fold
from vereda.statements.phrases import either

_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_SIGNS = {
    "$": "",
    "us$": "USD",
    "usd": "USD",
    "cop": "COP",
    "cop$": "COP",
    "eur": "EUR",
    "€": "EUR",
    "£": "GBP",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity in a text: value in `unit`; unit empty where the text leaves the currency open."""

    start: int
    end: int
    value: float
    unit: str
    qualifier: str = ""


class Amounts:
    """Reads amounts of one language."""

    def __init__(self, lang: Language, text: str = "") -> None:
        self.lang = lang
        self.decimal, self.sure = _marks(text, str(lang["decimal"]))
        self.units = {fold(name): unit for name, unit in lang["units"].items()}
        self.money = {fold(name): unit for name, unit in lang["currencies"].items()}
        self.numbers = {name: int(n) for name, n in lang["numbers"].items()}
        self.scales = {name: int(n) for name, n in lang["scales"].items()}
        self._pattern = _pattern(lang)
        self._coreferent = re.compile(r"\b(?:the|los|las|both)\s$")

    def find(self, folded: str, start: int, end: int) -> list[Amount]:
        """Every amount between `start` and `end`; a number without currency or known unit is none."""
        found = []
        for m in self._pattern.finditer(folded, start, end):
            one = self._amount(m)
            if one is not None:
                found.append(one)
        return found

    def _amount(self, m: re.Match[str]) -> Amount | None:
        sign, word, unit = m["sign"], m["money"], m["unit"]
        if not (sign or word or unit):
            return None
        if (
            unit
            and not m["scale"]
            and m["number"] in self.numbers
            and self._coreferent.search(m.string[: m.start()][-6:])
        ):
            return None  # "the two countries" counts nothing
        value = self._value(m["number"])
        if value is None or self._cut(m):
            return None
        for scale in re.findall(r"[a-z]+", m["scale"] or ""):
            value *= self.scales[scale]
        if word:
            name = self.money[" ".join(word.split())]
        elif sign:
            name = _SIGNS[sign.strip()] or str(self.lang["bare_dollar"])
        else:
            name = self.units[" ".join(unit.split())]
        start = m.start("q") if m["q"] else m.start("sign") if sign else m.start("number")
        return Amount(start, m.end(), value, name, " ".join((m["q"] or "").split()))

    def _cut(self, m: re.Match[str]) -> bool:
        """Whether a number in words goes on before what was read: "dos mil quinientos millones" is no 500 million."""
        lead = re.search(
            r"(\w+)(?:\s+y|\s+and)?[\s-]+$", m.string[max(0, m.start("number") - 24) : m.start("number")]
        )
        words = m["number"][0].isalpha()
        return words and lead is not None and (lead[1] in self.numbers or lead[1] in self.scales)

    def _value(self, written: str) -> float | None:
        parts = re.findall(r"[a-z]+", written) if written[0].isalpha() else []
        said = [self.numbers[p] for p in parts if p in self.numbers]
        if written in self.numbers:
            return float(self.numbers[written])
        if said:  # "sesenta y cuatro", "sixty-four"
            return float(sum(said))
        decimal, thousand = self.decimal, "," if self.decimal == "." else "."
        if not self.sure and re.fullmatch(rf"[1-9]\d{{0,2}}\{decimal}\d{{3}}", written):
            return None  # "3,200" in a Spanish text may be 3.2 or, as in Mexico, three thousand two hundred
        if re.fullmatch(rf"\d{{1,3}}(?:\{thousand}\d{{3}})+(?:\{decimal}\d+)?", written):
            written = written.replace(thousand, "")
        elif thousand in written:
            return None  # neither grouping nor decimals of this language: no number rather than a wrong one
        return float(written.replace(decimal, "."))


def _marks(text: str, usual: str) -> tuple[str, bool]:
    """The decimal mark of a text, and whether its own numbers show it; where they show both or neither, the usual one
    of its language."""
    held = {mark: bool(_shows(mark).search(text)) for mark in ".,"}
    if held["."] == held[","]:
        return usual, False
    return ("." if held["."] else ","), True


def _shows(decimal: str) -> re.Pattern[str]:
    """Numbers that can only be read with this decimal mark: "3.2", "1,234,567", "1,234.5"."""
    thousand = "," if decimal == "." else "."
    return re.compile(
        rf"(?<![\w.,])(?:\d+\{decimal}\d{{1,2}}|\d{{1,3}}(?:\{thousand}\d{{3}}){{2,}}|0\{decimal}\d+)(?![\w.,]*\d)"
    )


_KEPT: dict[str, re.Pattern[str]] = {}


def _pattern(lang: Language) -> re.Pattern[str]:
    if lang.code in _KEPT:
        return _KEPT[lang.code]
    words = [w for w in lang["units"] if re.match(r"\w", w)]
    tens = [w for w, n in lang["numbers"].items() if int(n) in range(20, 100, 10)]
    ones = [w for w, n in lang["numbers"].items() if int(n) in range(1, 10)]
    both = rf"(?:{either(tens)})(?:\s+y\s+|-|\s+)(?:{either(ones)})"
    signs = "|".join(re.escape(s) for s in sorted(_SIGNS, key=len, reverse=True))
    _KEPT[lang.code] = re.compile(
        rf"(?:\b(?P<q>{either(lang['qualifiers'])})\s+)?(?:(?<!\w)(?P<sign>{signs})\s*)?"
        rf"(?<![\w.,/-])(?P<number>{_NUMBER}|\b(?:{both}|{either(lang['numbers'])})\b)(?![\d/])"
        rf"(?P<scale>(?:\s*\b(?:{either(lang['scales'])})\b)+)?"
        rf"(?:\s*(?:\bde\s+)?(?P<money>\b(?:{either(lang['currencies'])})\b)"
        rf"|(?:\s+(?:{either(lang['unit_adjectives'])})\b)*\s*(?:\bde\s+)?(?P<unit>%|-mile|\b(?:{either(words)})\b))?"
    )
    return _KEPT[lang.code]
