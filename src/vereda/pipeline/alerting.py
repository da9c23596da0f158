"""`vereda alerts`: public alerts of forest disturbance by cell and week, each confidence apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.imagery import alert_raster, alerts
from vereda.imagery.cells import LEAST
from vereda.measurement.area import drawing
from vereda.pipeline import area_files
from vereda.pipeline.change_shown import alerted, counted
from vereda.pipeline.change_words import Voice
from vereda.pipeline.imagery_words import Language
from vereda.pipeline.measuring_area import plain
from vereda.pipeline.reply import Reply
from vereda.store import write_files

TABLES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda alerts` was asked; names as its options."""

    file: Path
    out: Path
    feed: str | None = None
    as_of: str | None = None
    first: str | None = None
    last: str | None = None
    pixel: float | None = None
    cell: float = LEAST
    lang: Language = "en"


def run(asked: Asked) -> Reply:
    """Alerts by cell and week into alerts.csv, and what has to be said of them."""
    if asked.cell < LEAST:
        raise BadRequest(f"Cells of {asked.cell:g} m are too small to be shown: {LEAST:g} m is the least.")
    until = _day(asked.as_of, "--as-of") or datetime.now(UTC).date()
    table = asked.file.suffix.lower() in TABLES
    name, grid, found = _table(asked, until) if table else _raster(asked, until)
    feed = alerts.FEEDS[name]
    weeks, days = _summed(grid, feed, found, asked)
    rows = weeks.rows(alerts.CONFIDENCE)
    head = ("week", "cell", "confidence", "pixels", "hectares")
    say = Voice(asked.lang)
    written = [[r.week, r.cell, r.kind, *counted(r, say)] for r in rows]
    write_files(asked.out, {"alerts.csv": drawing.table(head, written)})
    told = {
        "feed": name, "title": feed.title, "until": until.isoformat(), "days": days, "few": alerts.FEW, "cell": grid.side,
        "classes": [c for k in range(feed.classes) if (c := _class(weeks, rows, feed, k))],
        "found_published": list(feed.found), "lag_published": None, "source": feed.source,
        "data": _digest(asked.file), "file": str(asked.out / "alerts.csv"), "rows": len(rows), "version": __version__,
    }  # fmt: skip
    return Reply(tuple(alerted(told, say)), plain(told))


def _summed(
    grid: alerts.Grid, feed: alerts.Feed, found: Iterable[alerts.Alerts], asked: Asked
) -> tuple[alerts.Weeks, list[str] | None]:
    """And the first and last day that was summed."""
    first, last = _day(asked.first, "--from"), _day(asked.last, "--to")
    weeks, days = alerts.Weeks(grid, feed.classes), []
    for some in found:
        keep = np.ones(len(some.day), dtype=bool)
        if first:
            keep &= some.day >= np.datetime64(first)
        if last:
            keep &= some.day <= np.datetime64(last)
        if keep.any():
            weeks.add(some.row[keep], some.column[keep], some.day[keep], some.confidence[keep])
            days += [some.day[keep].min(), some.day[keep].max()]
    return weeks, [str(min(days)), str(max(days))] if days else None


def _class(
    weeks: alerts.Weeks, rows: list[alerts.Row], feed: alerts.Feed, kind: int
) -> dict[str, Any] | None:
    mine = [r for r in rows if r.kind == alerts.CONFIDENCE[kind]]
    if not mine:
        return None
    pixels = weeks.pixels(kind)
    hectares = sum(ha for k, (_, ha) in weeks.found.items() if k[3] == kind)
    return {
        "confidence": alerts.CONFIDENCE[kind], "pixels": pixels, "hectares": None if pixels is None else hectares,
        "cell_weeks": len(mine), "masked": sum(r.pixels is None for r in mine),
        "false_published": dict(feed.false).get(alerts.CONFIDENCE[kind]),
    }  # fmt: skip


# Files -----------------------------------------------------------------------------------------------------------

Found = tuple[str, alerts.Grid, Iterable[alerts.Alerts]]


def _raster(asked: Asked, until: date) -> Found:
    if asked.feed is None:
        raise BadRequest(f"Say whose alerts {asked.file} has with --feed: {', '.join(alerts.FEEDS)}.")
    made = alert_raster.opened(asked.file, asked.cell)
    return asked.feed, made.grid, made.read(alerts.FEEDS[asked.feed], until)


def _table(asked: Asked, until: date) -> Found:
    table = area_files.rows(asked.file)
    name, day, confidence = _columns(table, asked.feed)
    feed = alerts.FEEDS[name]
    lines = [line for line, _ in table.rows]
    days = _days(table, day, feed, until)
    classes = np.array(
        [_called(table.path, n, text, feed) for n, text in zip(lines, table.column(confidence), strict=True)]
    )
    side = asked.pixel or feed.side
    if side <= 0:
        raise BadRequest("--pixel is the side of a pixel in degrees, above 0.")
    found, top, rows, columns = alerts.of_points(
        table.numbers("latitude"), table.numbers("longitude"), days, classes, side, str(asked.file), lines
    )
    return name, alerts.degree_grid(rows, columns, top, side, side, asked.cell), [found]


def _columns(table: area_files.Rows, asked: str | None) -> tuple[str, str, str]:
    """The feed of a table, and its columns of day and confidence."""
    there = [n for n, f in alerts.FEEDS.items() if f"{f.column}__date" in table.head and asked in (None, n)]
    if len(there) == 1:
        begin = alerts.FEEDS[there[0]].column
        return there[0], f"{begin}__date", f"{begin}__confidence"
    if asked and not there and {"date", "confidence"} <= set(table.head):
        return asked, "date", "confidence"
    wanted = ", ".join(f"{f.column}__date ({n})" for n, f in alerts.FEEDS.items())
    raise BadDesign(
        f"{table.path} has the alerts of {len(there)} feeds. A table has latitude, longitude, and the day and confidence of one: "
        f"{wanted}, and the same with __confidence; or date and confidence, and --feed."
    )


def _days(table: area_files.Rows, name: str, feed: alerts.Feed, until: date) -> NDArray[np.datetime64]:
    made = []
    for (line, _), text in zip(table.rows, table.column(name), strict=True):
        day = _day(text, f"{table.path}, line {line}: {name}")
        assert day is not None
        if not date.fromisoformat(feed.first) <= day <= until:
            raise BadDesign(
                f"{table.path}, line {line}: {day} lies outside {feed.first}, when {feed.title} began, and {until}. Say up to which "
                "day with --as-of; nothing was summed."
            )
        made.append(day)
    return np.array(made, dtype="datetime64[D]")


def _called(path: Path, line: int, text: str, feed: alerts.Feed) -> int:
    kind = alerts.CALLED.get(text.lower(), int(text) - 2 if text in ("2", "3", "4") else -1)
    if not 0 <= kind < feed.classes:
        raise BadDesign(
            f"{path}, line {line}: {feed.title} has no confidence {text!r}. It has: "
            f"{', '.join(alerts.CONFIDENCE[: feed.classes])} (low is also called nominal)."
        )
    return kind


def _digest(path: Path) -> str:
    made = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            made.update(chunk)
    return made.hexdigest()


def _day(text: str | None, where: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{where}: {text!r} is no date. Write 2018-01-31.") from None
