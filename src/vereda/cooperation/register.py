"""Reads the reviewed files of a case; everything that is wrong is said at once, with its line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from vereda.cooperation import meaning, related
from vereda.cooperation.marked import Key, Marked, load
from vereda.errors import BadCase, Fault
from vereda.terms import cooperation as terms
from vereda.terms import production, relation
from vereda.terms.cooperation import Entry, Register
from vereda.terms.place import Gazetteer
from vereda.terms.plan import Plan

#: file -> kind of its entries
FILES = {
    "case.yml": "case",
    "parties.yml": "party",
    "documents.yml": "document",
    "forums.yml": "forum",
    "meetings.yml": "meeting",
    "instruments.yml": "instrument",
    "metrics.yml": "metric",
    "commitments.yml": "commitment",
    "training.yml": "training",  # and memberships: the entries with a `country`
    "scopes.yml": "scope",
    "conflicts.yml": "conflict",
    "evaluations.yml": "plan",
    "statements.yml": "text",  # and what each names: the entries with `names`
    "relations.yml": "link",
    "theory.yml": "node",
    "production.yml": "factor",  # and who assesses, what is missing, what stands beside: see KEYED
}
#: kind -> model and field of the Register
KINDS: Mapping[str, tuple[type[Entry], str]] = {
    "case": (terms.Case, "case"),
    "party": (terms.Party, "parties"),
    "document": (terms.Document, "documents"),
    "forum": (terms.Forum, "forums"),
    "meeting": (terms.Meeting, "meetings"),
    "instrument": (terms.Instrument, "instruments"),
    "metric": (terms.Metric, "metrics"),
    "commitment": (terms.Commitment, "commitments"),
    "training": (terms.Training, "trainings"),
    "membership": (terms.Membership, "memberships"),
    "scope": (terms.Scope, "scopes"),
    "conflict": (terms.Conflict, "conflicts"),
    "plan": (Plan, "plans"),
    "assessment": (production.Assessment, "assessments"),
    "factor": (production.Factor, "factors"),
    "spread": (production.Spread, "spreads"),
    "gap": (production.Gap, "gaps"),
    "field_work": (production.FieldWork, "field_work"),
    "elsewhere": (production.Elsewhere, "elsewhere"),
    "beside": (production.Beside, "beside"),
    "text": (relation.SourceText, "texts"),
    "mention": (relation.Mention, "mentions"),
    "link": (relation.Link, "links"),
    "contrast": (relation.Contrast, "contrasts"),
    "act": (relation.Act, "acts"),
    "answered": (relation.Answered, "answered"),
    "node": (relation.Node, "nodes"),
    "edge": (relation.Edge, "edges"),
}
#: kind of a file -> key that only another kind of its entries has -> that kind
KEYED: Mapping[str, Mapping[str, str]] = {
    "factor": {
        "quantity": "factor",
        "chain": "assessment",
        "spread_of": "spread",
        "printed": "gap",
        "field_year": "field_work",
        "about": "elsewhere",
        "seized": "beside",
    },
    "text": {"names": "mention"},
    "link": {"sides": "contrast", "deed": "act", "recommendation": "answered"},
    "node": {"cause": "edge"},
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One entry as written, and where."""

    kind: str
    raw: dict[str, Any]
    at: Key  # its path in the file
    marked: Marked

    @property
    def id(self) -> str:
        return str(self.raw.get("id", ""))

    @property
    def where(self) -> str:
        return f"{self.marked.file}:{self.marked.line(self.at)}"

    def fault(self, path: Key, problem: str, remedy: str) -> Fault:
        name = f"{self.kind} {self.id}: " if self.id and self.kind != "case" else ""
        return Fault(self.marked.file, self.marked.line((*self.at, *path)), name + problem, remedy)


def read(
    folder: Path, gazetteer: Gazetteer | None = None, known_series: Collection[str] | None = None
) -> Register:
    """Read every file of a case; BadCase with all faults if there are any.

    gazetteer and known_series: place codes and series ids are checked against them when they are given.
    """
    faults: list[Fault] = []
    rows, unread = _rows(folder, faults)
    known = _known(rows, unread, gazetteer, known_series)
    entries: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    files: dict[str, str] = {}
    pairs: list[tuple[_Row, Entry]] = []
    for row in rows:
        _unique(row, files, faults)
        told = _pointing(row, known, faults)
        entry = _convert(row, told, faults)
        if entry is not None:
            entries[row.kind].append(entry)
            pairs.append((row, entry))
            faults.extend(row.fault(*complaint) for complaint in _sense(entry))
    faults.extend(_cycles(rows))
    faults.extend(related.faults(pairs, files, related.vocabulary(folder)))
    if faults:
        raise BadCase(sorted(faults, key=lambda fault: (fault.file, fault.line)))
    (case,) = entries.pop("case")
    content: dict[str, Any] = {KINDS[kind][1]: tuple(found) for kind, found in entries.items()}
    return Register.model_construct(case=case, files=files, **content)


def ordinal_gaps(register: Register) -> dict[str, tuple[int, ...]]:
    """Forum -> numbers its own count passes over: meetings that took place and are not held here."""
    gaps: dict[str, tuple[int, ...]] = {}
    for forum in register.forums:
        seen = {m.ordinal for m in register.meetings if m.forum == forum.id and m.ordinal is not None}
        missing = tuple(n for n in range(forum.first, max(seen, default=0)) if n not in seen)
        if missing:
            gaps[forum.id] = missing
    return gaps


def superseded(register: Register) -> dict[str, tuple[str, ...]]:
    """Instrument or metric -> what has replaced it, in the order of the register."""
    pairs = [(i.replaces, i.id) for i in register.instruments if i.replaces]
    pairs += [(old, metric.id) for metric in register.metrics for old in metric.replaces]
    found: dict[str, tuple[str, ...]] = {}
    for old, new in pairs:
        found[old] = (*found.get(old, ()), new)
    return found


def _rows(folder: Path, faults: list[Fault]) -> tuple[list[_Row], set[str]]:
    """Every entry of every file, and the kinds whose file could not be read."""
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        if path.name not in FILES:
            remedy = meaning.near(path.name, FILES) + " Nothing is left unread"
            faults.append(Fault(path.name, 1, "this is not a file of a case", remedy))
    if not (folder / "case.yml").is_file():
        faults.append(
            Fault("case.yml", 1, f"there is no case.yml in {folder}", "write it, or name another folder")
        )
    rows: list[_Row] = []
    unread: set[str] = set()
    for name, kind in FILES.items():
        if (folder / name).is_file():
            marked = load(folder / name, faults)
            found = None if marked is None else _entries(kind, marked, faults)
            rows += found or []
            unread |= {kind} if found is None else set()
    return rows, unread


def _entries(kind: str, marked: Marked, faults: list[Fault]) -> list[_Row] | None:
    if kind == "case":
        parts: list[tuple[Key, Any]] = [((), marked.value)]
    elif isinstance(marked.value, list):
        parts = [((n,), part) for n, part in enumerate(marked.value)]
    else:
        faults.append(
            Fault(marked.file, 1, "the file is not a list of entries", "begin each entry with '- id: '")
        )
        return None
    rows = []
    for at, part in parts:
        if isinstance(part, dict):
            member = kind == "training" and "country" in part and "measure" not in part
            rows.append(_Row("membership" if member else _kind(kind, part), part, at, marked))
        else:
            remedy = "write keys and values, one a line"
            faults.append(Fault(marked.file, marked.line(at), "this is not an entry with keys", remedy))
    return rows


def _kind(kind: str, part: Mapping[str, Any]) -> str:
    """The kind of an entry in a file that holds several: told by a key that only this kind has."""
    return next((found for key, found in KEYED.get(kind, {}).items() if key in part), kind)


def _known(
    rows: Sequence[_Row], unread: Collection[str], gazetteer: Gazetteer | None, series: Collection[str] | None
) -> meaning.Known:
    ids: dict[str, set[str]] = {kind: set() for kind in (*KINDS, "promise", "estimator")}
    country = ""
    for row in rows:
        ids[row.kind].add(row.id)
        if row.kind == "commitment":
            ids["promise"].add(str(row.raw.get("promise", "")))
        elif row.kind == "case":
            country = str(row.raw.get("country", ""))
            names = row.raw.get("estimators", {})
            ids["estimator"].update(names if isinstance(names, dict) else ())
    unread = {
        *unread,
        *({"promise"} if "commitment" in unread else ()),
        *({"estimator"} if "case" in unread else ()),
    }
    return meaning.Known({k: v for k, v in ids.items() if k not in unread}, country, gazetteer, series)


def _unique(row: _Row, files: dict[str, str], faults: list[Fault]) -> None:
    key = f"{row.kind}/{row.id}"
    if row.id and key in files:
        remedy = "give one of them another id"
        faults.append(row.fault(("id",), f"this id is taken by the entry at {files[key]}", remedy))
    files.setdefault(key, row.where)


def _pointing(row: _Row, known: meaning.Known, faults: list[Fault]) -> set[Key]:
    """Complain about every text that points nowhere; the paths complained about."""
    told: set[Key] = set()
    for path, key, text in meaning.scalars(row.raw):
        if row.kind == "case" and path[0] in {"estimators", "series", "words", "funding"}:
            key = "funding" if path[0] == "funding" else ""  # their keys are names of their own
        if complaint := known.complaint(row.kind, key, text):
            told.add(path)
            faults.append(row.fault(path, f"`{_last(path)}`: {complaint[0]}", complaint[1]))
    return told


def _last(path: Key) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "entry")


def _convert(row: _Row, told: set[Key], faults: list[Fault]) -> Entry | None:
    model = KINDS[row.kind][0]
    try:
        return model.model_validate(row.raw)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if item["loc"] not in told:
                faults.append(row.fault(item["loc"], *_plain_words(model, item)))
        return None


def _plain_words(model: type[Entry], item: Any) -> tuple[str, str]:
    """A complaint of pydantic in the words of the desk."""
    loc, given, kind = item["loc"], item["input"], item["type"]
    key = _last(loc)
    if kind == "missing":
        return f"`{key}` is missing", f"add `{key}:` to this entry"
    if kind == "extra_forbidden":
        return f"`{key}` is not a key here", meaning.near(key, _keys(model, loc[:-1]))
    if kind == "literal_error":
        allowed = item["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"`{key}`: {given!r} is not a value it takes", meaning.near(str(given), allowed)
    if kind == "tuple_type":
        return f"`{key}` is not a list", f"write [{given}]" if isinstance(
            given, str
        ) else "write a list: [a, b]"
    if kind == "model_type":
        return f"`{key}` is a bare text where keys are expected", f"write {_sample(model, loc)}"
    if kind == "string_type":
        return f"`{key}` is a list or has keys where one text is expected", "write one text"
    if kind == "string_pattern_mismatch":
        return (
            f"`{key}`: {given!r} is not an id",
            "use letters, digits, '.', '_' and '-' only, without spaces",
        )
    if kind.startswith(("int", "float")):
        return f"`{key}`: {given!r} is not a number", "write digits only"
    if kind.startswith("bool"):
        return f"`{key}`: {given!r} is neither true nor false", "write true or false"
    return f"`{key}`: {item['msg']}", "correct the value"


def _at(model: type[Entry], loc: Sequence[str | int]) -> type[Entry] | None:
    """The model that stands at `loc` inside `model`."""
    here: type[Entry] | None = model
    for part in loc:
        if isinstance(part, int) or here is None:
            continue
        field = here.model_fields.get(part)
        here = _inside(field.annotation) if field else here
    return here


def _inside(annotation: Any) -> type[Entry] | None:
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _inside(arg))), None)


def _keys(model: type[Entry], loc: Sequence[str | int]) -> list[str]:
    found = _at(model, loc)
    return list(found.model_fields) if found else []


def _sample(model: type[Entry], loc: Sequence[str | int]) -> str:
    found = _at(model, loc)
    keys = [name for name, field in found.model_fields.items() if field.is_required()] if found else []
    return "{" + ", ".join(f"{key}: ..." for key in keys) + "}"


def _sense(entry: Entry) -> list[tuple[Key, str, str]]:
    """What is well written and still makes no sense."""
    if isinstance(entry, terms.Commitment):
        return _target_sense(entry)
    if isinstance(entry, terms.Metric) and entry.state == "derivable" and not entry.series:
        return [
            (("state",), "it is `derivable`, and no series is named", "name the series, or write not_found")
        ]
    return []


def _target_sense(entry: terms.Commitment) -> list[tuple[Key, str, str]]:
    target = entry.target
    found: list[tuple[Key, str, str]] = []
    for name in {"between": ("low", "high"), "none": ()}.get(target.rule, ("value",)):
        if getattr(target, name) is None:
            problem = f"the target rule `{target.rule}` has no `{name}`"
            found.append((("target",), problem, f"add `{name}:`, or write `rule: none`"))
    if target.low is not None and target.high is not None and target.low > target.high:
        found.append((("target",), "`low` is above `high`", "exchange them"))
    if target.rule in {"times", "minus", "level"} and entry.better is None:
        found.append(
            (("target",), "`better` is missing: a target needs its good side", "add at_most or at_least")
        )
    return found


def _cycles(rows: Sequence[_Row]) -> list[Fault]:
    """Every entry that, followed along `replaces`, comes back to itself; one fault a ring."""
    olds: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        old = row.raw.get("replaces", []) if row.kind in {"instrument", "metric"} else []
        olds.setdefault((row.kind, row.id), []).extend([old] if isinstance(old, str) else map(str, old))
    faults, rings = [], set()
    for row in rows:
        ring = _ring(row.kind, row.id, olds)
        if ring and frozenset(ring) not in rings:
            rings.add(frozenset(ring))
            problem = f"`replaces` runs in a ring: {' -> '.join([*ring, ring[0]])}"
            faults.append(row.fault(("replaces",), problem, "the newer replaces the older; remove the other"))
    return faults


def _ring(kind: str, start: str, olds: Mapping[tuple[str, str], Sequence[str]]) -> list[str]:
    trails, seen = [[start]], set()
    while trails:
        trail = trails.pop()
        for old in olds.get((kind, trail[-1]), ()):
            if old == start:
                return trail
            if old not in seen:
                seen.add(old)
                trails.append([*trail, old])
    return []
