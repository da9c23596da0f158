"""What `vereda diff` prints: counts, what the cells have in common, sums, and the cells that differ most."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from vereda.pipeline.reply import Reply
from vereda.pipeline.revision_words import word
from vereda.publication.text import decimals, digits, exact, translate, unit, when
from vereda.publication.words import LEVELS
from vereda.sources import Notice, Revision
from vereda.terms.source import Check

SHOWN = 20
_WHATS = ("same", "changed", "rounded", "restated", "appeared", "gone")


def revision(
    dataset: str,
    earlier: str,
    later: str,
    found: Revision,
    noticed: Sequence[Notice],
    failed: Sequence[tuple[str, Check]],
    names: Mapping[str, str],
    lang: str,
) -> Reply:
    """A comparison of observations, for people and as JSON with every cell."""
    counts = {what: found.same if what == "same" else found.many(what) for what in _WHATS}
    parts: list[RenderableType] = [_head(dataset, earlier, later)]
    parts.append(_counted("counted", counts, lang) if found.cells.num_rows else Text(word("nothing", lang)))
    lines = [_failed(name, check, lang) for name, check in failed] + [
        _sentence(n, names, lang) for n in noticed
    ]
    if lines:
        parts.append(Rule(word("noticed", lang), align="left", style="dim"))
        parts += [Padding(Text(line), (0, 0, 0, 1)) for line in lines[:SHOWN]]
        parts += _more(len(lines), lang)
    if found.cells.num_rows:
        parts += [Rule(word("sums", lang), align="left", style="dim"), _sums(found.sums, lang)]
        parts += _more(found.sums.num_rows, lang)
        parts += [Rule(word("largest", lang), align="left", style="dim"), _cells(found, names, lang)]
        parts += _more(found.cells.num_rows, lang)
    return Reply(
        tuple(parts),
        {
            "dataset": dataset, "earlier": earlier, "later": later, "cells": counts,
            "noticed": [{"kind": n.kind, **n.values} for n in noticed],
            "failed": [{"edition": name, "check": c.name, "found": c.found, "expected": c.expected} for name, c in failed],
            "sums": found.sums.to_pylist(), "differences": found.cells.to_pylist(),
        },
    )  # fmt: skip


def lists(dataset: str, earlier: str, later: str, entries: pa.Table, lang: str) -> Reply:
    """A comparison of two lists of places or neighbours."""
    rows = entries.to_pylist()
    counts = {what: sum(row["what"] == what for row in rows) for what in ("appeared", "gone", "changed")}
    parts: list[RenderableType] = [_head(dataset, earlier, later)]
    parts.append(_counted("entries", counts, lang) if rows else Text(word("nothing", lang)))
    if rows:
        table = _table(("entry", "what", "column", "before", "after"), lang)
        for row in rows[:SHOWN]:
            column = word(row["column"], lang) if row["column"] else ""
            table.add_row(row["entry"], word(f"one_{row['what']}", lang), column, row["before"], row["after"])
        parts += [table, *_more(len(rows), lang)]
    said_of = {"dataset": dataset, "earlier": earlier, "later": later}
    return Reply(tuple(parts), {**said_of, "entries": counts, "differences": rows})


def _head(dataset: str, earlier: str, later: str) -> Text:
    return Text.assemble((dataset, "bold"), f"  {earlier} → {later}")


def _counted(of: str, counts: Mapping[str, int], lang: str) -> Text:
    held = {what: many for what, many in counts.items() if many}
    said = "; ".join(word(f"many_{what}", lang, many=digits(many, lang)) for what, many in held.items())
    return Text(word(of, lang, counts=said))


def _more(many: int, lang: str) -> list[RenderableType]:
    return [Text(word("more", lang, many=digits(many - SHOWN, lang)), style="dim")] if many > SHOWN else []


def _failed(name: str, check: Check, lang: str) -> str:
    found, expected = ("–" if v is None else exact(v, lang) for v in (check.found, check.expected))
    what, colon, way = check.name.partition(": ")  # what was looked at, and how
    said = f"{what}{colon}{translate(way, lang)}" if colon else translate(check.name, lang)
    return word("failed", lang, edition=name, check=said, found=found, expected=expected)


def _sentence(notice: Notice, names: Mapping[str, str], lang: str) -> str:
    """A notice in words: its numbers in the form of the language, its names as people know them."""
    said = {name: v if isinstance(v, str) else exact(float(v), lang) for name, v in notice.values.items()}
    if "unit" in said:
        said["unit"] = unit(said["unit"], lang)
    if "period" in said:
        said["period"] = when(said["period"], lang)
    if said.get("level"):
        said["level"] = f" ({translate(LEVELS.get(said['level'], said['level']), lang)})"
    if notice.kind == "unsaid":
        said["edition"] = word("earlier" if said["edition"] == "before" else "later", lang)
    if notice.kind == "renamed":
        said |= {side: _named(said[side], names) for side in ("before", "after")}
        said["what"] = word(said["what"], lang)
    elif notice.kind.startswith("said"):
        said |= {side: translate(said[side], lang) or word("silent", lang) for side in ("before", "after")}
        said["what"] = _statement(said["what"], lang)
    return word(notice.kind, lang, **said)


def _statement(name: str, lang: str) -> str:
    """Which of the words of an edition: its title, what absence means, a known gap, the definition of a series."""
    for head, said in (("series ", "definition"), ("known gap ", "known gap")):
        if name.startswith(head):
            return f"{word(said, lang)} {name.removeprefix(head)}"
    return word(name, lang)


def _named(code: str, names: Mapping[str, str]) -> str:
    return f"{names[code]} ({code})" if code in names else code


def _sums(sums: pa.Table, lang: str) -> Table:
    heads = (
        "series",
        "period",
        "level",
        "cells",
        "before",
        "after",
        "difference",
        "appeared",
        "gone",
        "changed",
    )
    table = _table(heads, lang, right=(3, 4, 5, 6, 7, 8, 9))
    for row in sums.slice(0, SHOWN).to_pylist():
        cells = f"{digits(row['cells_before'], lang)} → {digits(row['cells_after'], lang)}"
        level = translate(LEVELS.get(row["level"], row["level"]), lang)
        counts = (digits(row[what], lang) for what in ("appeared", "gone", "changed"))
        table.add_row(row["series"], when(row["period"], lang), level, cells, *_added(row, lang), *counts)
    return table


def _added(row: Mapping[str, Any], lang: str) -> tuple[str, str, str]:
    """Sum before, sum after and their difference; the reason where there is none."""
    before, after = row["sum_before"], row["sum_after"]
    if row["moved"] is None:
        return "", "", word("not_added", lang)
    told = ["–" if v is None else digits(v, lang, decimals(v, row["unit"])) for v in (before, after)]
    if before is None or after is None:
        return told[0], told[1], "–"
    change = round(after - before, 6)
    return told[0], told[1], ("+" if change > 0 else "") + digits(change, lang, decimals(change, row["unit"]))


def _cells(found: Revision, names: Mapping[str, str], lang: str) -> Table:
    table = _table(("place", "series", "period", "what", "before", "after", "printed"), lang, right=(4, 5))
    rows = found.cells.to_pylist()
    rows.sort(key=lambda r: -abs((r["after"] or 0.0) - (r["before"] or 0.0)))
    for row in rows[:SHOWN]:
        before, after = (_value(row, side, lang) for side in ("before", "after"))
        printed = " → ".join(_where(row, side, lang) or "–" for side in ("before", "after"))
        what = word(f"one_{row['what']}", lang)
        period = when(row["period"], lang)
        table.add_row(_named(row["place"], names), row["series"], period, what, before, after, printed)
    return table


def _value(row: Mapping[str, Any], side: str, lang: str) -> str:
    value, of = row[side], row[f"unit_{side}"]
    if value is not None:
        return f"{exact(value, lang)} {unit(of, lang)}".strip()
    status = row[f"status_{side}"]
    if status == "few":
        return f"{digits(row[f'low_{side}'], lang)}–{digits(row[f'high_{side}'], lang)} {unit(of, lang)}"
    return translate(status.replace("_", " "), lang) if status else "–"


def _where(row: Mapping[str, Any], side: str, lang: str) -> str:
    line, column = row[f"row_{side}"], row[f"col_{side}"]
    parts = [
        row[f"sheet_{side}"],
        line is not None and f"{word('row', lang)} {line}",
        column,
        row[f"page_{side}"],
    ]
    return ", ".join(str(part) for part in parts if part)


def _table(heads: Sequence[str], lang: str, right: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for i, head in enumerate(heads):
        table.add_column(word(head, lang), justify="right" if i in right else "left", overflow="fold")
    return table
