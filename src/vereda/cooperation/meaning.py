"""What the words in a case file must point to: documents, parties, places, series, days, numbers.

Everything is checked on the text as written, so one bad field does not hide the next.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from vereda.cooperation.marked import Key
from vereda.errors import BadPeriod
from vereda.terms.period import period
from vereda.terms.place import Gazetteer

Complaint = tuple[str, str]  # problem, remedy

#: Which kind of entry a key names. What is not listed names nothing.
NAMES = {
    "cites": "document",
    "parties": "party",
    "forum": "forum",
    "continues": "forum",
    "instrument": "instrument",
    "commitments": "commitment",
    "priority_scope": "scope",
    "headline": "promise",
    "pledges": "promise",
    "estimator": "estimator",
    "said_in": "text",
    "cause": "node",
    "effect": "node",
    "actor": "party",
    "recipient": "party",
}
PERIODS = frozenset(
    {
        "period",
        "date",
        "start",
        "end",
        "made_on",
        "due",
        "since",
        "as_of",
        "vintage",
        "flows",
        "during",
        "per_during",
        "years",
    }
)
PLACES = frozenset({"place", "places", "country", "region", "regions"})
SERIES = frozenset({"series", "targets", "mapped", "funding", "per"})
NUMBERS = frozenset({"value", "low", "high", "rounded_to"})


@dataclass(slots=True)
class Known:
    """Everything an entry may point to; a kind whose file could not be read is left out of `ids`."""

    ids: Mapping[str, Collection[str]]
    country: str = ""
    gazetteer: Gazetteer | None = None
    series: Collection[str] | None = None
    _told: dict[tuple[str, str], Complaint | None] = field(default_factory=dict)

    def complaint(self, kind: str, key: str, text: str) -> Complaint | None:
        """What is wrong with `text` under `key` of an entry of `kind`, or None."""
        what = kind if key == "replaces" else NAMES.get(key, key)
        if (what, text) not in self._told:
            self._told[what, text] = self._look(what, text)
        return self._told[what, text]

    def _look(self, what: str, text: str) -> Complaint | None:
        if not text.strip():
            return (
                "there is no text here",
                "write a value or remove the key; text with a comma needs quotes in { }",
            )
        if what in PERIODS:
            return None if (what, text) == ("due", "yearly") else _span(text)
        if what in NUMBERS or what == "stated_count":
            return _number(text)
        if what in PLACES:
            return self._place(text)
        if what in SERIES:
            return self._series(text)
        if what in self.ids and not (what == "estimator" and not self.ids[what]):
            return _id(what, text, self.ids[what])
        return None

    def _series(self, text: str) -> Complaint | None:
        if text.startswith("scope."):
            return (
                _id("scope", text.removeprefix("scope."), self.ids["scope"]) if "scope" in self.ids else None
            )
        if self.series is None:
            return None
        return _id("series", text, self.series)

    def _place(self, text: str) -> Complaint | None:
        gazetteer = self.gazetteer
        lost = "Codes are text and keep their leading zeros"
        if text.isdigit():
            problem = f"{text!r} is not a place code: the country is missing"
            if len(text) == 4 and (gazetteer is None or f"{self.country}-0{text}" in gazetteer):
                return f"{problem} and a leading zero is lost", f"write {self.country}-0{text}. {lost}"
            return problem, f"write {self.country}-{text}"
        if not re.fullmatch(r"[A-Z]{2,3}(-[A-Z0-9]+)?", text):
            named = gazetteer.named(text) if gazetteer else ()
            remedy = f"write {' or '.join(named)}" if named else f"write a code such as {self.country}-05120"
            return f"{text!r} is not a place code", remedy
        if gazetteer is None or text in gazetteer:
            return None
        head, _, digits = text.partition("-")
        if f"{head}-0{digits}" in gazetteer:
            return f"{text!r} is not a place: a leading zero is lost", f"write {head}-0{digits}. {lost}"
        near = get_close_matches(text, list(gazetteer.places), n=3)
        remedy = f"nearest codes: {', '.join(near)}" if near else "look the code up in the gazetteer"
        return f"{text!r} is not a place in the gazetteer", remedy


def scalars(value: Any, path: Key = ()) -> Iterator[tuple[Key, str, str]]:
    """Every text of an entry with its path and the key it stands under."""
    if isinstance(value, dict):
        for name, content in value.items():
            yield from scalars(content, (*path, name))
    elif isinstance(value, list):
        for n, content in enumerate(value):
            yield from scalars(content, (*path, n))
    else:
        names = [part for part in path if isinstance(part, str)]
        yield path, names[-1] if names else "", value


def near(word: str, words: Collection[str]) -> str:
    """``did you mean ...?`` or what there is to choose from."""
    close = get_close_matches(word, list(words), n=2)
    if close:
        return f"did you mean {' or '.join(repr(c) for c in close)}?"
    if 0 < len(words) <= 16:
        return f"choose from {', '.join(sorted(words))}"
    return "add it to its file, or correct the name"


def _id(what: str, text: str, known: Collection[str]) -> Complaint | None:
    return None if text in known else (f"{what} {text!r} is not known", near(text, known))


def _span(text: str) -> Complaint | None:
    try:
        period(text)
    except BadPeriod as error:
        problem, _, remedy = str(error).partition(". ")
        return problem, remedy[:1].lower() + remedy[1:]
    return None


def _number(text: str) -> Complaint | None:
    if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text) and math.isfinite(float(text)):
        return None
    bare = text.replace(",", "").replace(" ", "").replace("_", "")
    advice = (
        f"write {bare}"
        if re.fullmatch(r"[+-]?\d+(\.\d+)?", bare)
        else "write digits, with a point for decimals"
    )
    return f"{text!r} is not a number", advice
