"""What the changed cells of two editions have in common: one factor, another name, another unit, a total that stays."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vereda.sources.description import SourceDescription
from vereda.sources.editions import Sidecar
from vereda.sources.revision import Revision, unmoved

_AT_LEAST = 3  # figures that are not zero, before a factor or a new name is believed
KINDS = (
    "scaled", "scaled_with_unit", "unit", "unit_and_values", "renamed", "reallocated", "rounded", "zeros_appeared",
    "zeros_gone", "said", "said_and_values", "unsaid",
)  # fmt: skip
_NAMES = ("series", "place", "estimator", "source")

Values = Mapping[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing said of two editions; `values` fills the sentence of this kind."""

    kind: str  # one of KINDS
    values: Values = field(default_factory=dict)


def notices(revision: Revision) -> tuple[Notice, ...]:
    """Everything the cells of a revision have in common, the weightiest first."""
    found = (_scaled, _units, _renamed, _reallocated, _roundings, _zeros)
    return tuple(notice for rule in found for notice in rule(revision))


def said(edition: Sidecar | SourceDescription) -> dict[str, str]:
    """What an edition says about itself, beside its figures: the words whose change is a change of meaning."""
    absent = edition.absent if isinstance(edition, Sidecar) else edition.absence
    words = {"title": edition.title, "publisher": edition.publisher, "absent": absent}
    words |= {f"known gap {when}": why for when, why in edition.known_gaps.items()}
    return words | {f"series {name}": what for name, what in edition.definitions.items()}


def otherwise(before: Mapping[str, str], after: Mapping[str, str], revision: Revision) -> Iterator[Notice]:
    """Where two editions say something else of themselves, and whether figures changed with it."""
    told = [any(name.startswith("series ") for name in one) for one in (before, after)]
    if told[0] != told[1]:
        yield Notice("unsaid", {"edition": "after" if told[0] else "before"})
    for name in sorted({*before, *after}, key=lambda n: (n not in before, n)):
        one, other = before.get(name, ""), after.get(name, "")
        if one == other or (name.startswith("series ") and not all(told)):
            continue
        series = name.removeprefix("series ") if name.startswith("series ") else ""
        many = _changed(revision, series)
        values: Values = {"what": name, "before": one, "after": other, "cells": many}
        yield Notice("said_and_values" if many else "said", values)


def _changed(revision: Revision, series: str) -> int:
    cells = revision.cells.filter(pc.equal(revision.cells["what"], "changed"))
    mine: pa.Table = cells.filter(pc.equal(cells["series"], series)) if series else cells
    return int(mine.num_rows)


def _reallocated(revision: Revision) -> Iterator[Notice]:
    for row in unmoved(revision.sums).to_pylist():
        yield Notice(
            "reallocated",
            {
                "series": row["series"], "period": row["period"], "level": row["level"], "sum": row["sum_after"], "moved": row["moved"],
                "unit": row["unit"], "cells": row["appeared"] + row["gone"] + row["changed"],
            },
        )  # fmt: skip


def _scaled(revision: Revision) -> Iterator[Notice]:
    """All figures of a series multiplied by one number: a unit that changed, whether the unit says so or not."""
    cells = revision.cells.filter(pc.equal(revision.cells["what"], "changed"))
    for series in pc.unique(cells["series"]).to_pylist():
        mine = cells.filter(pc.equal(cells["series"], series))
        before, after = (
            pc.fill_null(mine[side], 0.0).to_numpy(zero_copy_only=False) for side in ("before", "after")
        )
        if len(before) < _AT_LEAST or (before == 0).any() or len(before) < revision.figures.get(series, 0):
            continue  # one that stayed is enough: no unit changed
        factor = after / before
        if np.ptp(factor) <= 1e-9 * abs(factor[0]) and factor[0] != 0:
            units = {side: mine[f"unit_{side}"][0].as_py() for side in ("before", "after")}
            values: Values = {"series": series, "factor": float(factor[0]), "cells": len(factor), **units}
            yield Notice("scaled" if units["before"] == units["after"] else "scaled_with_unit", values)


def _units(revision: Revision) -> Iterator[Notice]:
    """Units written otherwise: with the same figures, or with others."""
    cells = revision.cells
    both = pc.and_(pc.is_valid(cells["unit_before"]), pc.is_valid(cells["unit_after"]))
    cells = cells.filter(
        pc.fill_null(pc.and_(both, pc.not_equal(cells["unit_before"], cells["unit_after"])), False)
    )
    kinds = cells.group_by(["series", "unit_before", "unit_after", "what"]).aggregate([([], "count_all")])
    tally: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for row in kinds.to_pylist():
        tally[row["series"], row["unit_before"], row["unit_after"]][row["what"]] = row["count_all"]
    for (series, before, after), whats in sorted(tally.items()):
        same, other = whats.get("restated", 0), sum(whats.values()) - whats.get("restated", 0)
        values: Values = {"series": series, "before": before, "after": after, "same": same, "changed": other}
        yield Notice("unit_and_values" if other else "unit", values)


def _renamed(revision: Revision) -> Iterator[Notice]:
    """A name that is gone and one that appeared, with the same figures: the name changed and not what it names.

    Believed of at least three figures that are not zero, all of them the same, and where no other name has them.
    """
    for column in _NAMES:
        gone, new = (
            _figures(revision, column, what, side)
            for what, side in (("gone", "before"), ("appeared", "after"))
        )
        by_figures = {side: _alone(names) for side, names in (("before", gone), ("after", new))}
        for figures, before in by_figures["before"].items():
            after = by_figures["after"].get(figures)
            if after is not None:
                values: Values = {"what": column, "before": before, "after": after, "cells": len(figures)}
                yield Notice("renamed", values)


def _figures(revision: Revision, column: str, what: str, side: str) -> dict[str, frozenset[str]]:
    """For each name of which every cell is gone (or new): its figures, with where they belong but without the name."""
    cells = revision.cells
    rest = [name for name in revision.key if name != column]
    whole = pa.array([*revision.names[column][side == "after"]], pa.string())
    mine = cells.filter(pc.and_(pc.equal(cells["what"], what), pc.is_in(cells[column], value_set=whole)))
    values = pc.cast(mine[side], pa.string())
    marks = pc.binary_join_element_wise(*(mine[name] for name in rest), pc.fill_null(values, ""), "\x1f")
    found: dict[str, set[str]] = defaultdict(set)
    solid: dict[str, int] = defaultdict(int)
    for name, mark, value in zip(
        mine[column].to_pylist(), marks.to_pylist(), mine[side].to_pylist(), strict=True
    ):
        found[name].add(mark)
        solid[name] += bool(value)
    return {name: frozenset(marks) for name, marks in found.items() if solid[name] >= _AT_LEAST}


def _alone(names: Mapping[str, frozenset[str]]) -> dict[frozenset[str], str]:
    """Figures -> the one name that has them; figures that several names share say nothing."""
    owners: dict[frozenset[str], list[str]] = defaultdict(list)
    for name, figures in names.items():
        owners[figures].append(name)
    return {figures: who[0] for figures, who in owners.items() if len(who) == 1}


def _roundings(revision: Revision) -> Iterator[Notice]:
    if many := revision.many("rounded"):
        yield Notice("rounded", {"cells": many})


def _zeros(revision: Revision) -> Iterator[Notice]:
    """Cells that appeared or are gone with a zero: no figure where absence means zero, news where it does not."""
    for what, side in (("appeared", "after"), ("gone", "before")):
        zero = pc.and_(pc.equal(revision.cells["what"], what), pc.equal(revision.cells[side], 0.0))
        if many := pc.sum(pc.fill_null(zero, False)).as_py():
            yield Notice(f"zeros_{what}", {"cells": many})
