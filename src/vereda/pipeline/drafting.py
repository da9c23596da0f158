"""vereda sources draft: an unknown file profiled, a description proposed, and written where the person says."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from vereda.errors import BadRequest
from vereda.pipeline.drafting_words import say, word
from vereda.pipeline.drafting_yaml import draft as written
from vereda.pipeline.drafting_yaml import read
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import Study
from vereda.sources import FILL_IN
from vereda.sources.profiling import Column, Profile, Proposed, profile
from vereda.sources.profiling.headers import slug
from vereda.store import write_files

ALWAYS = (
    "title",
    "publisher",
    "address",
    "licence",
    "terms",
    "obtained",
    "vintage",
    "estimator",
    "places",
    "means",
    "why",
)
_SHOWN = 30  # columns and unjoined texts in the report; the draft and the JSON list all


def draft(
    file: Path, case: Path, name: str | None = None, out: Path | None = None, part: str | None = None, lang: str = "en"
) -> Reply:  # fmt: skip
    """What a file shows of how it should be described; with `out`, the draft written to OUT/NAME/source.yml."""
    called = _called(file, name)
    found = profile(file, Study(case).gazetteer, part)
    text = written(found, file.name, _fingerprint(file), lang)
    path = _write(out, called, text) if out is not None else None
    shown = [*_report(found, text, lang), *_end(called, path, lang)]
    return Reply(tuple(shown), _json(found, called, text, path, lang))


def _called(file: Path, name: str | None) -> str:
    if name is None:
        return slug(file.name.split(".")[0]).replace("_", "-")
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        raise BadRequest(
            f"{name!r} cannot name a dataset. Use small letters, digits and hyphens: road-density."
        )
    return name


def _fingerprint(file: Path) -> str:
    with file.open("rb") as handle:
        found = sha256()
        while chunk := handle.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def _write(out: Path, name: str, text: str) -> Path:
    folder = out / name.replace("-", "_")
    if (folder / "source.yml").exists():
        raise BadRequest(
            f"{folder / 'source.yml'} is there already and is not overwritten. Choose another --name or --out."
        )
    write_files(folder, {"source.yml": text})
    return folder / "source.yml"


def _proposals(found: Profile) -> list[tuple[str, Proposed]]:
    """Every key that the file could decide, by its path in the description."""
    said = [(key, proposed) for key, proposed in found.opened.said.items()]
    said += [("layout", found.layout.layout)]
    said += [(f"place.{key}", p) for key, p in found.place.said.items() if p.value != ""]
    said += [(f"period.{key}", p) for key, p in found.period.said.items()]
    said += [("series_from.column", found.layout.series_from)] if found.layout.series_from else []
    return [*said, *(("unit_column", c.unit) for c in found.of("unit"))]


def _report(found: Profile, text: str, lang: str) -> list[RenderableType]:
    extent = word("read_all" if found.opened.whole else "read_sample", lang, **read(found))
    shown: list[RenderableType] = [
        Rule(word("title", lang, file=found.opened.file), align="left"),
        Text(extent),
    ]
    proposals = _proposals(found)
    for title, decided in (("decided_title", True), ("open_title", False)):
        chosen = [(key, p) for key, p in proposals if p.decided is decided]
        if chosen:
            shown += [Text(), Text(word(title, lang), style="bold"), _keys(chosen, lang)]
    shown += [Text(), Text(word("columns_title", lang), style="bold"), _columns(found, lang)]
    if found.seen:
        shown += [
            Text(),
            Text(word("seen_title", lang), style="bold"),
            *(Text(f"  {say(one, lang)}") for one in found.seen),
        ]
    if found.place.lines_unjoined or found.place.known_as:
        shown += [Text(), Text(word("places_title", lang), style="bold"), Text(_unjoined(found, lang))]
    left, always = open_lines(text)
    return [*shown, Text(), Text(word("left", lang, count=left, always=always))]


def open_lines(text: str) -> tuple[int, int]:
    """Lines of a draft that are left to fill in, and how many of them every draft has."""
    lines = [line for line in text.splitlines() if FILL_IN in line and not line.lstrip().startswith("#")]
    return len(lines), sum(1 for line in lines if line.strip().split(":")[0] in ALWAYS)


def _keys(chosen: list[tuple[str, Proposed]], lang: str) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for key, proposed in chosen:
        value = repr(proposed.value) if proposed.decided else FILL_IN
        table.add_row(key, Text(value), Text(" ".join(say(one, lang) for one in proposed.because)))
    return table


def _columns(found: Profile, lang: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2))
    for head in ("column", "role", "different", "said_of"):
        table.add_column(word(head, lang), overflow="fold")
    for column in found.columns[:_SHOWN]:
        seen = " · ".join(_seen(column, lang))
        table.add_row(
            Text(column.name), word(f"role_{column.role}", lang), f"{column.different:,}", Text(seen)
        )
    if len(found.columns) > _SHOWN:
        table.add_row(word("more", lang, count=len(found.columns) - _SHOWN), "", "", "")
    return table


def _seen(column: Column, lang: str) -> list[str]:
    unit = column.unit.because if column.role in ("value", "unit") else ()
    said = [say(one, lang) for one in (*column.seen, *unit)]
    figures = column.figures
    if figures is not None and column.role in ("value", "year"):
        said += [say(one, lang) for one in figures.decimal.because]
        said += [word("empties", lang, cells=f"{figures.empty:,}")] if figures.empty else []
        said += [word("no_numbers", lang, texts=", ".join(map(repr, figures.odd)))] if figures.odd else []
        said += (
            [word("may_be_none", lang, texts=", ".join(map(repr, figures.sentinels)))]
            if figures.sentinels
            else []
        )
        said += [word("never_short", lang)] if column.never_summed else []
    return said


def _unjoined(found: Profile, lang: str) -> str:
    lines = [
        f"  {text}: {word('rows', lang, rows=rows)}" for text, rows in found.place.lines_unjoined.items()
    ]
    lines += [
        "  " + word("called", lang, code=code, names="; ".join(names))
        for code, names in found.place.known_as.items()
    ]
    more = [f"  {word('more', lang, count=len(lines) - _SHOWN)}"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])


def _end(name: str, path: Path | None, lang: str) -> list[RenderableType]:
    if path is None:
        return [Text(word("not_written", lang))]
    return [Text(word("written", lang, path=path)), Text(word("then", lang, name=name))]


def _json(found: Profile, name: str, text: str, path: Path | None, lang: str) -> dict[str, Any]:
    left, always = open_lines(text)
    return {
        "dataset": name, "file": found.opened.file, "rows": found.opened.rows, "profiled": found.opened.text.num_rows,
        "proposed": {
            key: {"value": p.value, "decided": p.decided, "because": [say(one, lang) for one in p.because]}
            for key, p in _proposals(found)
        },
        "columns": [
            {"name": c.name, "for": c.role, "different": c.different, "unit": c.unit.value, "seen": _seen(c, lang)}
            for c in found.columns
        ],
        "adds_up": [say(one, lang) for one in found.seen],
        "unjoined": dict(found.place.lines_unjoined),
        "known_as": {code: list(names) for code, names in found.place.known_as.items()},
        "to_fill_in": left, "to_fill_in_always": always, "written": str(path) if path else None, "draft": text,
    }  # fmt: skip
