"""Places found by their names, inside what lies above them where a column says it; never chosen between two."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from vereda.sources.placing import _bare, _plain
from vereda.sources.profiling.located import Located, above, pairs_of, wordy
from vereda.sources.profiling.note import Note, Proposed, note
from vereda.terms.place import Gazetteer

_MOST = 0.8  # share of a column's different names that must be names of places


def by_name(
    text: pa.Table, cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer, longer: tuple[Note, ...]
) -> Located:
    """A column of names whose places are found by name, inside what lies above them where a column says it."""
    called: dict[str, list[str]] = defaultdict(list)
    for place in gazetteer.places.values():
        for name in {_plain(n) for n in (place.name, *place.aliases)}:
            called[name].append(place.code)
    found = []
    for column, texts in cells.items():
        if not wordy(texts):
            continue
        known = [t for t in texts if t.strip() and _plain(_bare(t)) in called]
        filled = [t for t in texts if t.strip()]
        if len(known) >= _MOST * len(filled):
            found.append((column, len(known), len(filled)))
    if not found:
        like = _like_codes(cells)
        none = note("codes_of_none", columns=like) if like else note("no_place")
        return Located({"column": Proposed(None, (none, *longer))}, doubtful=longer)
    # The finest: of two columns of names, the one whose places lie inside those of the other; else the one with more texts.
    within = {
        inner: next(
            (o for o, _, _ in found if o != inner and _inside(text, inner, o, called, gazetteer)), None
        )
        for inner, _, _ in found
    }
    column, _, of = max(found, key=lambda f: (within[f[0]] is not None, f[1], f[0]))
    outer = within[column]
    joined, doubtful = _resolve(text, column, outer, called, gazetteer)
    why: list[Note] = [
        note("joined_by_name", column=column, joined=sum(1 for c in joined.values() if c), of=of)
    ]
    if outer:
        why.append(note("within", column=outer))
    deep = any(len(above(code, gazetteer)) > 1 for code in joined.values() if code)
    if deep and not outer:
        why.append(note("not_within"))
    if doubtful:
        why.append(
            note("same_name", names="; ".join(f"{t}: {', '.join(c)}" for t, c in list(doubtful.items())[:12]))
        )
    rows: Counter[str] = Counter(dict(cells[column]))
    beside = (note("within", column=outer),) if outer and not all(joined.values()) else ()
    return Located(
        {"column": Proposed(column, (*why, *longer))}, column, joined, True, {},
        {outer: column} if outer and all(joined.values()) else {}, sum(n for t, n in rows.items() if not t.strip()),
        {t: rows[t] for t, code in joined.items() if code is None}, deep and not outer, (*longer, *beside),
    )  # fmt: skip


def _inside(
    text: pa.Table, inner: str, outer: str, called: Mapping[str, list[str]], gazetteer: Gazetteer
) -> bool:
    """Whether most names of one column are places of what stands beside them in the other."""
    pairs = [(a, b) for a, b in pairs_of(text, inner, outer) if a.strip() and b.strip()]
    fits = 0
    for name, beside in pairs:
        above = called.get(_plain(_bare(beside)), ())
        fits += any(gazetteer.get(c).parent in above for c in called.get(_plain(_bare(name)), ()))
    return bool(pairs) and fits >= _MOST * len(pairs)


def _resolve(
    text: pa.Table, column: str, outer: str | None, called: Mapping[str, list[str]], gazetteer: Gazetteer
) -> tuple[dict[str, str | None], dict[str, list[str]]]:
    """The place of each text, and the texts that name several: never chosen between."""
    sides: dict[str, set[str]] = defaultdict(set)
    for a, b in (
        pairs_of(text, column, outer) if outer else [(t, "") for t in pc.unique(text[column]).to_pylist()]
    ):
        sides[a].add(_plain(_bare(b)))
    level = _level(sides, called, gazetteer)
    joined: dict[str, str | None] = {}
    doubtful: dict[str, list[str]] = {}
    for name, beside in sides.items():
        if not name.strip():
            continue
        codes = [c for c in called.get(_plain(_bare(name)), ()) if gazetteer.get(c).level == level]
        if outer:
            above = {code for side in beside for code in called.get(side, ())}
            codes = [c for c in codes if gazetteer.get(c).parent in above]
        joined[name] = codes[0] if len(codes) == 1 and (len(beside) == 1 or not outer) else None
        if len(codes) > 1 or (outer and len(beside) > 1):
            doubtful[name] = codes
    return joined, doubtful


def _level(names: Mapping[str, object], called: Mapping[str, list[str]], gazetteer: Gazetteer) -> str:
    """The level on which most names are places; of two alike, the one with fewer places, as departments are."""
    count: Counter[str] = Counter()
    for name in names:
        count.update({gazetteer.get(code).level for code in called.get(_plain(_bare(name)), ())})
    size = Counter(place.level for place in gazetteer.places.values())
    return max(count, key=lambda level: (count[level], -size[level]))


def _like_codes(cells: Mapping[str, Mapping[str, int]]) -> str:
    """Columns of digits of one length, some of which begin with 0, or of names: where a place may stand."""
    found = []
    for name, texts in cells.items():
        some = [text.strip() for text in texts if text.strip()]
        digits = bool(some) and all(text.isdigit() for text in some)
        if digits and len({len(text) for text in some}) == 1 and any(text.startswith("0") for text in some):
            found.append(name)
    return ", ".join(found)
