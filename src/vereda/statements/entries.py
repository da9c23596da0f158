"""Accepted candidates as entries of a case: what is proposed, what only a person can say, and YAML in canonical order."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, get_args

from vereda.terms import cooperation as terms
from vereda.terms.cooperation import Entry
from vereda.terms.review import Decision
from vereda.terms.statement import Candidate, Statement

#: kind -> file of the case, model, prefix of its ids; forums are named, not numbered
HOMES: Mapping[str, tuple[str, type[Entry], str]] = {
    "commitment": ("commitments.yml", terms.Commitment, "C"),
    "instrument": ("instruments.yml", terms.Instrument, "INS"),
    "forum": ("forums.yml", terms.Forum, ""),
    "meeting": ("meetings.yml", terms.Meeting, "M"),
}
#: kind -> fields that a reviewer fills in, in the order of the form
FIELDS: Mapping[str, tuple[str, ...]] = {
    "commitment": (
        "gist.en", "gist.es", "strength", "parties", "made_on", "due", "places", "target.rule", "target.value",
        "target.unit", "better", "promise", "instrument",
    ),
    "instrument": ("name.en", "name.es", "kind", "parties", "start", "end", "content.en", "content.es", "confidence"),
    "forum": ("id", "name.en", "name.es", "parties"),
    "meeting": ("forum", "ordinal", "date", "where.en", "where.es", "confidence"),
}  # fmt: skip
#: kind -> fields without which there is no entry
NEEDED: Mapping[str, tuple[str, ...]] = {
    "commitment": ("gist.en", "gist.es", "strength", "parties", "made_on"),
    "instrument": (
        "name.en",
        "name.es",
        "kind",
        "parties",
        "start",
        "content.en",
        "content.es",
        "confidence",
    ),
    "forum": ("id", "name.en", "name.es", "parties"),
    "meeting": ("forum", "date", "confidence"),
}
_LISTS = {"parties", "places"}
_NO_TARGET = {"target.rule": "none", "target.unit": "none stated"}
STRENGTHS = frozenset(get_args(terms.Commitment.model_fields["strength"].annotation))
WIDTH = 116  # columns, where a longer text is folded


def proposal(document: Statement, candidate: Candidate) -> dict[str, str]:
    """What the extractor can say of the fields; never a sentence, and nothing where it does not know."""
    said = candidate.payload
    if candidate.kind == "commitment" and "strength" in said and "deadline" in said:
        due = str(said["deadline"]).replace("?", "")
        places = [place.partition(":")[2] for place in said.get("places", ())]
        found = {
            "strength": said["strength"], "parties": ", ".join(said["parties"]), "made_on": document.date, "due": due,
            "places": ", ".join(places),
        }  # fmt: skip
        return {k: str(v) for k, v in found.items() if v}
    if candidate.kind == "meeting":
        found = {"ordinal": said.get("ordinal"), "forum": _linked(candidate, "forum"), "date": document.date}
        return {k: str(v) for k, v in found.items() if v}
    known = FIELDS.get(candidate.kind, ())
    return {k: str(v) for k, v in said.items() if k in known and k != "id" and isinstance(v, str) and v}


def _linked(candidate: Candidate, kind: str) -> str:
    return next((i.partition(":")[2] for i in candidate.links if i.startswith(f"{kind}:")), "")


def lacking(one: Decision) -> list[str]:
    """Fields that are still empty, or that the case has no word for."""
    found = [name for name in NEEDED[one.kind] if not one.said.get(name)]
    if one.kind == "commitment" and "strength" not in found and one.said["strength"] not in STRENGTHS:
        found.append(f"strength ({one.said['strength']} is no promise: {', '.join(sorted(STRENGTHS))})")
    return found


def entry(one: Decision, ident: str, cites: Sequence[str]) -> dict[str, Any]:
    """The entry of a case that an accepted candidate becomes, with the keys in the order of its model."""
    said = dict(one.said)
    if one.kind == "commitment":
        said.setdefault("promise", ident.lower())
        if "target.rule" not in said:
            said |= _NO_TARGET
    nested: dict[str, Any] = {"id": said.get("id") or ident, "cites": list(cites)}
    for name in FIELDS[one.kind]:
        value = said.get(name, "")
        if not value:
            continue
        head, _, tail = name.partition(".")
        if tail:
            nested.setdefault(head, {})[tail] = value
        else:
            nested[head] = listed(value) if name in _LISTS else value
    return ordered(HOMES[one.kind][1], nested)


def listed(text: str) -> list[str]:
    """ "US, CO" as a list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def ordered(model: type[Entry], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Keys in the order of the model; one it does not know stays at the end, for the check to name."""
    order = list(model.model_fields)
    return {k: raw[k] for k in sorted(raw, key=lambda k: order.index(k) if k in order else len(order))}


def next_id(prefix: str, taken: Collection[str]) -> str:
    """The number after the highest: C17 -> C18, INS09 -> INS10."""
    numbers = [int(m[1]) for name in taken if (m := re.fullmatch(rf"{prefix}(\d+)", name))]
    return f"{prefix}{max(numbers, default=0) + 1:02d}"


def added(text: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """A file of a case with entries at its end, set off by a blank line where the file does so."""
    gap = "\n" if not text.strip() or "\n\n- id:" in text else ""
    blocks = [rendered(e) for e in entries]
    start = text.rstrip("\n") + "\n" if text.strip() else ""
    return start + "".join((gap if start or n else "") + block for n, block in enumerate(blocks))


def rendered(raw: Mapping[str, Any]) -> str:
    """One entry as YAML in the one form that a diff is read in."""
    lines = [line for name, value in raw.items() for line in _lines(name, value)]
    return "".join(f"{'- ' if n == 0 else '  '}{line}\n" for n, line in enumerate(lines))


def _lines(name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping) and set(value) <= {"en", "es"}:
        return [f"{name}:", *(line for lang in value for line in _sentence(lang, value[lang]))]
    if isinstance(value, Mapping):
        return [f"{name}: {{{', '.join(f'{k}: {scalar(str(v))}' for k, v in value.items())}}}"]
    if isinstance(value, list):
        return [f"{name}: [{', '.join(scalar(str(v)) for v in value)}]"]
    return [f"{name}: {scalar(str(value), flow=False)}"]


def _sentence(lang: str, text: str) -> list[str]:
    text = " ".join(text.split())
    line = f"  {lang}: {scalar(text, flow=False)}"
    if len(line) <= WIDTH - 2:
        return [line]
    rows, row = [f"  {lang}: >-"], ""
    for word in text.split():
        if row and len(row) + len(word) + 7 > WIDTH:
            rows, row = [*rows, f"    {row}"], ""
        row = f"{row} {word}".strip()
    return [*rows, f"    {row}"]


_PLAIN = re.compile(r"[\w(¿¡](?:[^:#\n]|:(?=\S)|(?<=\S)#)*")
_FLOW = re.compile(r"\w[\w ./()+-]*")
_WORDS = re.compile(r"(?i)null|true|false|yes|no|on|off|~")


def scalar(text: str, flow: bool = True) -> str:
    """A text as YAML: bare where nothing in it means anything to YAML, else in double quotes; flow: inside [] or {}."""
    pattern = _FLOW if flow else _PLAIN
    if pattern.fullmatch(text) and text == text.strip() and text.isprintable() and not _WORDS.fullmatch(text):
        return text
    return '"' + "".join(_ESCAPES.get(c, c) for c in text if c.isprintable() or c in _ESCAPES) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
