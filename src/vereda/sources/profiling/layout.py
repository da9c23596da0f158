"""What one row is: a place and year of its own, one of several by a text beside it, or an event among others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vereda.sources.profiling.note import Proposed, note
from vereda.sources.profiling.periods import Period

_TEXTS = 60  # different texts that a column of series may hold


@dataclass(frozen=True, slots=True)
class Layout:
    """The proposal for `layout`, and the column that names the series of a row where one does."""

    layout: Proposed
    series_from: Proposed | None = None


def find(
    text: pa.Table, place: str | None, period: Period, words: Mapping[str, Mapping[str, int]], whole: bool
) -> Layout:
    """What makes a row the only one of its kind.

    place: the column of places, where it is decided. words: columns of text that could name a series. whole: every row
    was profiled.
    """
    if period.columns and "columns" in period.said and period.said["columns"].decided:
        return _wide(text, place, words)
    if "column" in period.said and not period.said["column"].decided:
        return Layout(Proposed(None, (note("layout_unknown"),)))
    key = [name for name in (place, period.column) if name]
    if not key:
        return Layout(Proposed(None, (note("layout_unknown"),)))
    if place:  # a row without a place is told by something else
        text = text.filter(pc.not_equal(pc.utf8_trim_whitespace(text[place]), ""))
    twice = _twice(text, key)
    if period.days:
        # What is measured on a day, as a stock is, must not be added up to years; what happens twice in a day is an event.
        what = "layout_days" if twice else "layout_days_once"
        why = note(what, key=_and(key), rows=text.num_rows, twice=twice)
        return Layout(Proposed("events" if twice else None, (why,)))
    if not twice:
        what = "layout_once" if whole else "layout_sample"
        return Layout(Proposed("long" if whole else None, (note(what, key=_and(key), rows=text.num_rows),)))
    apart = [name for name in _candidates(words, key) if not _twice(text, [*key, name])] if whole else []
    if len(apart) == 1 and place:
        return Layout(
            Proposed("long", (note("layout_once", key=_and([*key, apart[0]]), rows=text.num_rows),)),
            Proposed(apart[0], (note("series_from", column=apart[0], key=_and(key), twice=twice),)),
        )
    if apart:
        why = note("several_series", columns=", ".join(apart), key=_and(key), twice=twice)
        return Layout(Proposed("long", (why,)), Proposed(None, (why,)))
    return Layout(Proposed(None, (note("layout_twice", key=_and(key), twice=twice, rows=text.num_rows),)))


def _wide(text: pa.Table, place: str | None, words: Mapping[str, Mapping[str, int]]) -> Layout:
    why = Proposed("wide", (note("layout_wide"),))
    if place is None or not (twice := _twice(text, [place])):
        return Layout(why)
    apart = [name for name in _candidates(words, [place]) if not _twice(text, [place, name])]
    seen = note("several_series", columns=", ".join(apart) or "-", key=place, twice=twice)
    return Layout(why, Proposed(apart[0] if len(apart) == 1 else None, (seen,)))


def _candidates(words: Mapping[str, Mapping[str, int]], key: Sequence[str]) -> list[str]:
    return [name for name, texts in words.items() if name not in key and 1 < len(texts) <= _TEXTS]


def _twice(text: pa.Table, key: Sequence[str]) -> int:
    """Rows whose key another row has too."""
    if not key:
        return text.num_rows if text.num_rows > 1 else 0
    held = pa.table({str(i): pc.utf8_trim_whitespace(text[name]) for i, name in enumerate(key)})
    sizes = held.group_by(held.column_names).aggregate([([], "count_all")])["count_all"]
    return int(pc.sum(sizes.filter(pc.greater(sizes, 1))).as_py() or 0)


def _and(names: Sequence[str]) -> str:
    return " + ".join(names)
