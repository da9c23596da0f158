"""Where the place of a row stands: a column of codes, or of names, joined to the gazetteer; what does not join is listed."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from vereda.sources.placing import _plain
from vereda.sources.profiling import headers
from vereda.sources.profiling.located import Located, above, pairs_of, wordy
from vereda.sources.profiling.named import by_name
from vereda.sources.profiling.note import Note, Proposed, note
from vereda.terms.place import Gazetteer

_MOST = 0.8  # share of a column's different codes that must be codes of places
_NAMED = 0.75  # share of the places whose name must stand in a column of names
_CODE = re.compile(r"[0-9A-Z]{1,12}")


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column whose texts are codes of the gazetteer, once the prefix is put before them."""

    column: str
    prefix: str
    width: int | None
    joined: Mapping[str, str | None]
    lost: tuple[str, ...]
    rows: Mapping[str, int]

    @property
    def share(self) -> float:
        return sum(1 for code in self.joined.values() if code) / len(self.joined)

    @property
    def places(self) -> int:
        return len({code for code in self.joined.values() if code})


def find(
    text: pa.Table, cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer, taken: Sequence[str]
) -> Located:
    """The places of a table. `taken` columns (years) are not looked at."""
    free = {name: found for name, found in cells.items() if name not in taken}
    coded = sorted(_coded(free, gazetteer), key=lambda c: (-_depth(c, gazetteer), -c.share, -c.places))
    if coded:
        return _by_code(text, coded, free, gazetteer)
    return by_name(text, free, gazetteer, _longer(free, gazetteer))


def _longer(cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer) -> tuple[Note, ...]:
    """Columns of codes with zeros after them: a seat's code, say, of which the place's is the beginning."""
    found = []
    for name, texts in cells.items():
        some = [text.strip() for text in texts if text.strip()]
        if some and all(text.isdigit() and text.endswith("000") and len(text) > 4 for text in some):
            cut = {name: {text.strip()[:-3]: count for text, count in texts.items() if text.strip()}}
            if next(_coded(cut, gazetteer), None) is not None:
                found.append(note("code_and_zeros", column=name, example=some[0], code=some[0][:-3]))
    return tuple(found)


def _coded(cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer) -> Iterator[_Coded]:
    prefixes = Counter(re.sub(r"[0-9A-Z]+$", "", code) for code in gazetteer.places)
    lengths = _lengths(gazetteer)
    for name, found in cells.items():
        rows: Counter[str] = Counter()
        for text, count in found.items():
            rows[text.strip()] += count
        texts = [text for text in rows if text]
        if not texts or not all(_CODE.fullmatch(t) for t in texts[:50]):
            continue
        for prefix in prefixes:
            one = _joined(name, prefix, texts, rows, lengths, gazetteer)
            if one is not None and one.share >= _MOST and not _by_chance(one):
                yield one


def _by_chance(coded: _Coded) -> bool:
    """Whether so few codes joined that counts could: short codes are small numbers, and a header says nothing of codes."""
    few = 8 if max(map(len, coded.joined)) <= 2 else 3
    return coded.places < few and not headers.is_code(coded.column)


def _joined(
    name: str, prefix: str, texts: Sequence[str], rows: Mapping[str, int], lengths: Mapping[str, set[int]], gazetteer: Gazetteer
) -> _Coded | None:  # fmt: skip
    joined: dict[str, str | None] = {}
    lost = []
    width = max(lengths[prefix], key=lambda n: sum(1 for t in texts if n - 1 <= len(t) <= n), default=None)
    if width is None:
        return None
    for text in texts:
        code = prefix + text
        if len(text) == width - 1 and text.isdigit() and f"{prefix}0{text}" in gazetteer:
            code = f"{prefix}0{text}"
            lost.append(text)
        joined[text] = code if code in gazetteer and len(code) == len(prefix) + width else None
    digits = all(text.isdigit() for text in texts)
    return _Coded(name, prefix, width if digits else None, joined, tuple(lost), rows)


def _lengths(gazetteer: Gazetteer) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for code in gazetteer.places:
        tail = re.search(r"[0-9A-Z]+$", code)
        if tail:
            found[code[: tail.start()]].add(len(tail[0]))
    return found


def _depth(coded: _Coded, gazetteer: Gazetteer) -> int:
    """How many places lie above those of the column."""
    some = [code for code in coded.joined.values() if code][:50]
    return round(sum(len(above(code, gazetteer)) for code in some) / len(some))


def _by_code(
    text: pa.Table, coded: Sequence[_Coded], cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer
) -> Located:
    best = coded[0]
    rivals = [c.column for c in coded[1:] if _depth(c, gazetteer) == _depth(best, gazetteer) and c.places > 1]
    good = len(best.joined) - sum(1 for code in best.joined.values() if code is None)
    why = [note("joined", column=best.column, joined=good, of=len(best.joined), prefix=best.prefix)]
    if rivals:
        why.append(note("rival_codes", columns=", ".join(rivals)))
    said = {"column": Proposed(None if rivals else best.column, tuple(why))}
    said["prefix"] = Proposed(best.prefix, (note("prefix", prefix=best.prefix),))
    if best.width:
        said["width"] = Proposed(best.width, (note("width", width=best.width),))
    if best.lost:
        rows = sum(best.rows[code] for code in best.lost)
        said["lost_zeros"] = Proposed(
            None, (note("lost_zeros", codes=len(best.lost), rows=rows, examples=", ".join(best.lost[:5])),)
        )
    names, above, known_as, doubtful = _names(text, best, cells, gazetteer)
    said |= names
    return Located(
        said, best.column, best.joined, False, known_as, above | _prefixes(text, best, coded), best.rows.get("", 0),
        {t: best.rows[t] for t, code in best.joined.items() if code is None}, doubtful=doubtful,
    )  # fmt: skip


def _prefixes(text: pa.Table, best: _Coded, coded: Sequence[_Coded]) -> dict[str, str]:
    """Columns that print what the code begins with, in every row."""
    found = {}
    for other in coded[1:]:
        pairs = pairs_of(text, best.column, other.column)
        same = [
            (best.joined.get(a.strip()) or "").startswith(other.joined.get(b.strip()) or "\0")
            for a, b in pairs
            if a.strip() and b.strip() and best.joined.get(a.strip())
        ]
        if same and all(same):
            found[other.column] = best.column
    return found


def _names(
    text: pa.Table, best: _Coded, cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer
) -> tuple[dict[str, Proposed], dict[str, str], dict[str, tuple[str, ...]], tuple[Note, ...]]:
    """Columns with the name of the place and of what lies above it, compared as the reader compares them."""
    said: dict[str, Proposed] = {}
    above: dict[str, str] = {}
    known_as: dict[str, tuple[str, ...]] = {}
    doubtful: tuple[Note, ...] = ()
    for key in ("name", "parent"):
        found = _agreeing(
            text, best, key, [c for c in cells if c not in (best.column, *_values(said))], cells, gazetteer
        )
        if found is None:
            continue
        column, pairs, wrong = found
        why = note(f"{key}_agrees", column=column, right=len(pairs) - len(wrong), of=len(pairs))
        if key == "name":
            said["name"] = Proposed(column, (why,))
            for code, name in wrong:
                known_as[code] = (*known_as.get(code, ()), name)
        elif wrong:
            doubtful = (
                note(
                    "parent_differs",
                    column=column,
                    right=len(pairs) - len(wrong),
                    of=len(pairs),
                    names=_some(wrong),
                ),
            )
        elif "name" in said:
            said["parent"] = Proposed(column, (why,))
        else:
            above[column] = best.column
    return said, above, known_as, doubtful


def _values(said: Mapping[str, Proposed]) -> list[str]:
    return [str(proposed.value) for proposed in said.values()]


def _agreeing(
    text: pa.Table, best: _Coded, key: str, columns: Sequence[str], cells: Mapping[str, Mapping[str, int]], gazetteer: Gazetteer
) -> tuple[str, list[tuple[str, str]], list[tuple[str, str]]] | None:  # fmt: skip
    """The column that names most places (or what lies above) rightly, its pairs of code and name, and the wrong ones."""
    ranked = []
    for column in columns:
        if not wordy(cells[column]):
            continue
        pairs = [
            (code, b) for a, b in pairs_of(text, best.column, column) if (code := best.joined.get(a.strip()))
        ]
        wrong = [(code, b) for code, b in pairs if _plain(b) not in _called(code, key, gazetteer)]
        if pairs and len(wrong) <= (1 - _NAMED) * len(pairs):
            ranked.append((len(wrong) / len(pairs), column, pairs, wrong))
    return min(ranked)[1:] if ranked else None


def _some(wrong: Sequence[tuple[str, str]]) -> str:
    return ", ".join(dict.fromkeys(name for _, name in wrong[:200]).keys())[:160]


def _called(code: str, key: str, gazetteer: Gazetteer) -> set[str]:
    place = gazetteer.get(code)
    if key == "parent":
        if place.parent is None or place.parent not in gazetteer:
            return set()
        place = gazetteer.get(place.parent)
    return {_plain(name) for name in (place.name, *place.aliases)}
