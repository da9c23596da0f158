"""What `vereda fetch` prints: the list of sources, and the summary at the end."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vereda import sources
from vereda.errors import BadRequest
from vereda.fetching import Patience
from vereda.pipeline.fetch_words import WORDS, word
from vereda.pipeline.fetching import Fetching, Outcome
from vereda.pipeline.reply import Reply
from vereda.publication.text import digits
from vereda.sources import Fetchable
from vereda.terms.period import known_on

_COLOURS = {"fetched": "green", "unchanged": "", "failed": "red"}


def fetch(
    folder: Path,
    build: Path,
    names: tuple[str, ...],
    every: bool = False,
    lang: str = "en",
    raw: bool = False,
    fresh: bool = False,
    patience: Patience | None = None,
) -> tuple[Reply, bool]:
    """Fetch the sources named, or every one that has an address; True if somebody has to look at one."""
    run = Fetching(folder, build, lang, patience, raw=raw, fresh=fresh)
    if not names and not every:
        raise BadRequest("Name the sources to fetch, or say --all. They are listed by: vereda fetch --list")
    asked = (
        sources.chosen(names, run.all)
        if names
        else [one for one in run.all.values() if one.address is not None]
    )
    outcomes = run.run(asked)
    shown = [_summary(outcomes, lang), *_told(outcomes, lang), Text(_counted(outcomes, lang))]
    shown.append(Text(word("where", lang, where=run.where), style="dim"))
    return Reply(tuple(shown), [_as_json(o) for o in outcomes]), any(o.bad for o in outcomes)


def listing(folder: Path, build: Path, lang: str = "en") -> Reply:
    """Every source: its address, what is held of it, whether it has a reader, its licence."""
    run = Fetching(folder, build, lang)
    table = _table(("dataset", "held", "reader", "licence", "address"), lang)
    rows = []
    for one in run.all.values():
        said = {"held": _held(run, one), "fetched": run.arrivals(one.dataset).latest().get("fetched_at", "")}
        table.add_row(
            one.dataset,
            _have(said, lang),
            word("yes" if one.read else "no", lang),
            word(one.licence, lang) if one.licence in WORDS else one.licence,
            one.address.shown if one.address else word("by_hand", lang, where=one.by_hand),
        )
        address = one.address.shown if one.address else None
        rows.append(
            {"dataset": one.dataset, "title": one.title, "publisher": one.publisher, "address": address, "by_hand": one.by_hand,
             "reader": one.read, "licence": one.licence, **said}
        )  # fmt: skip
    return Reply((table,), rows)


def _held(run: Fetching, one: Fetchable) -> str:
    """Name of the newest edition in the case; empty if there is none."""
    folders = (run.folder / where / one.dataset for where in ("vintages", "local"))
    stems = [path.stem for folder in folders for path in folder.glob("*.parquet")]
    return max(stems, key=lambda stem: known_on(stem) or date.min, default="")


def _have(said: dict[str, str], lang: str) -> str:
    parts = [word("edition", lang, vintage=said["held"])] if said["held"] else []
    parts += [word("bytes", lang, day=said["fetched"][:10])] if said["fetched"] else []
    return "; ".join(parts) or word("never", lang)


def _summary(outcomes: Sequence[Outcome], lang: str) -> Table:
    table = _table(("dataset", "state", "rows", "size", "sums", "figures"), lang, right=(2, 3))
    for o in outcomes:
        rows = digits(o.rows, lang) if o.rows is not None else word("never", lang)
        size = f"{digits(o.size / 1e6, lang, 1)} MB" if o.size else word("never", lang)
        sums = ", ".join(f"{name} {digits(float(pair[1]), lang, 1)} ✓" for name, pair in o.sums.items())
        state = Text(word(o.state, lang), style=_COLOURS[o.state])
        table.add_row(o.dataset, state, rows, size, sums, _figures(o, lang))
    return table


def _figures(o: Outcome, lang: str) -> Text:
    style = "red" if o.figures == "refused" else ""
    return Text(word(o.figures, lang, vintage=o.vintage), style=style)


def _told(outcomes: Sequence[Outcome], lang: str) -> list[RenderableType]:
    said: list[RenderableType] = [Text()]
    for o in outcomes:
        if o.why:
            said.append(Text.assemble((f"{o.dataset}: ", "bold red"), o.why))
    said += [Text(note, style="dim") for o in outcomes for note in o.notes]
    return said


def _counted(outcomes: Sequence[Outcome], lang: str) -> str:
    counts = {state: sum(o.state == state for o in outcomes) for state in _COLOURS}
    return word("summary", lang, refused=sum(o.figures == "refused" for o in outcomes), **counts)


def _as_json(o: Outcome) -> dict[str, Any]:
    return {
        "dataset": o.dataset, "state": o.state, "figures": o.figures, "vintage": o.vintage, "rows": o.rows, "size": o.size,
        "sums": {name: {"server": there, "arrived": here} for name, (there, here) in o.sums.items()},
        "file": str(o.path) if o.path else None, "sha256": o.sha256, "address": o.url, "why": o.why, "notes": o.notes,
    }  # fmt: skip


def _table(heads: Sequence[str], lang: str, right: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for i, head in enumerate(heads):
        table.add_column(
            word(head, lang), justify="right" if i in right else "left", overflow="fold", no_wrap=i == 0
        )
    return table
