"""`vereda scenes build` and `info`: scenes of a catalogue, or files of a table, into a cube on disk."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from vereda import __version__
from vereda.errors import BadDesign, BadRequest, BadSource
from vereda.imagery import catalogue, reading
from vereda.pipeline import area_files
from vereda.pipeline.imagery_words import Language, Voice
from vereda.pipeline.reply import Reply
from vereda.store import cubes

Source = reading.Files | reading.Scenes


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda scenes build` was asked; names as its options."""

    source: str
    out: Path
    sensor: str | None = None
    collection: str | None = None
    bands: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    every: int | None = None
    bbox: str | None = None
    crs: str | None = None
    resolution: float | None = None
    scale: float = 1.0
    nodata: float | None = None
    valid: str | None = None
    outside: str = "refuse"
    store_scale: float = 0.0
    gaps: str = "refuse"
    lang: Language = "en"


def build(asked: Asked, get: Callable[[str], Any] | None = None) -> Reply:
    """Build a cube, or go on with it. `get` asks an address of the network for JSON; the door of the house by default."""
    if asked.out.exists():
        raise BadRequest(f"{asked.out} is there already. Remove it, or give the cube another name.")
    source, marks = _source(asked, get)
    told = _described(asked, source, marks)
    if not asked.out.with_name(f".{asked.out.name}.part").exists():
        _try_first(source, told)
    made = cubes.building(asked.out, told)
    before = len(made.done)
    for block in made.left():
        made.write(block, source.block(reading.Window(*cubes.edges(told, block))))
    empty = [d for d, n in zip(told["dates"], made.seen(), strict=True) if n == 0]
    if empty and asked.gaps == "refuse":
        raise BadDesign(
            f"Not one clear pixel on {', '.join(empty[:6])}{' ...' if len(empty) > 6 else ''}: clouds, or no data. Take longer "
            "steps (--every), leave the date out, or keep it empty with --gaps keep: what was read is not read again."
        )
    if len(empty) == len(told["dates"]):
        raise BadDesign(
            "Not one clear pixel on any date. Look at --bbox, --nodata and the cloud mask of --sensor."
        )
    return _reply(made.finish(), made.seen(), asked.lang, before)


def info(path: Path, lang: Language = "en") -> Reply:
    """What a cube holds, and how much of each date was seen."""
    cube = cubes.opened(path)
    return _reply(cube, cubes.seen(cube), lang, None)


def _reply(cube: cubes.Cube, seen: list[int], lang: Language, before: int | None) -> Reply:
    told = dict(cube.told)
    pixels = told["rows"] * told["columns"]
    told |= {
        "path": str(cube.path), "blocks": len(cube.blocks()), "resumed": before, "clear": [n / pixels for n in seen],
        "data": cubes.digest(cube), "values": {b: list(r) if r else None for b, r in cubes.ranges(cube).items()},
    }  # fmt: skip
    return Reply(tuple(_shown(told, Voice(lang))), told)


def _shown(told: Mapping[str, Any], say: Voice) -> list[Any]:
    size = f"{abs(told['transform'][1]):g} m"
    lines: list[Any] = [
        Text(say("built", path=told["path"], rows=told["rows"], columns=told["columns"], size=size, t=len(told["dates"]), b=len(told["bands"])), style="bold"),
        Text(say("bands", bands=", ".join(told["bands"]))),
        Text(say("scenes", n=len(told["scenes"]), how=say(told["composite"]))),
    ]  # fmt: skip
    held = [
        say("value", band=b, low=say.number(r[0], 4), high=say.number(r[1], 4))
        if r
        else say("no_value", band=b)
        for b, r in told["values"].items()
    ]
    lines.append(Text(say("values", values="; ".join(held))))
    if told["resumed"]:
        lines.append(Text(say("resumed", done=told["resumed"], all=told["blocks"])))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, name in enumerate(("step", "date", "clear")):
        table.add_column(say(name), justify="right" if i != 1 else "left")
    for i, (d, share) in enumerate(zip(told["dates"], told["clear"], strict=True)):
        table.add_row(str(i + 1), d, say.percent(share) if share else say("never"))
    lines += [table, Text(say("trail", data=told["data"][:12], version=told["version"]), style="dim")]
    return lines


# Sources ---------------------------------------------------------------------------------------------------------


def _source(asked: Asked, get: Callable[[str], Any] | None) -> tuple[Source, dict[str, str]]:
    """What to read, and a hash of each file or item by name."""
    if asked.source.endswith(".csv"):
        return _files(asked)
    if Path(asked.source).exists():
        return _scenes(asked, catalogue.local_items(Path(asked.source), asked.collection), asked.sensor)
    known = catalogue.endpoints()
    if asked.source not in known and not asked.source.startswith("https://"):
        raise BadRequest(
            f"{asked.source!r} is no table of files (.csv), no catalogue on this machine and no endpoint. Endpoints: "
            f"{', '.join(known)}; or an address that begins with https://."
        )
    told = known.get(asked.source, {"url": asked.source, "collections": {}})
    if asked.collection is None or asked.bbox is None or asked.first is None or asked.last is None:
        raise BadRequest("A remote catalogue needs --collection, --bbox, --from and --to.")
    if asked.crs is None or asked.resolution is None:
        raise BadRequest("A remote catalogue needs the grid of the cube: --crs and --resolution.")
    sensor = asked.sensor or told["collections"].get(asked.collection)
    items = catalogue.search(
        get or _door, told["url"], asked.collection, _bbox(asked.bbox), _day(asked.first), _day(asked.last), told.get("sign")
    )  # fmt: skip
    return _scenes(asked, items, sensor)


def _files(asked: Asked) -> tuple[Source, dict[str, str]]:
    path = Path(asked.source)
    table = area_files.rows(path)
    known = {"file", "band", "date", "layer", "variable"}
    strange = [c for c in table.head if c not in known]
    if strange:
        raise BadRequest(
            f"{path} has a column {strange[0]!r}. A table of files has: file, band, date and, if needed, layer, variable."
        )
    layers = []
    for (line, row), file, band, day in zip(
        table.rows, table.column("file"), table.column("band"), table.column("date"), strict=True
    ):
        number = row.get("layer") or "1"
        if not number.isdigit() or int(number) < 1:
            raise BadDesign(f"{path}, line {line}: layer is {number!r}. Layers count from 1.")
        if (not asked.bands or band in asked.bands) and _within(asked, _day(day, f"{path}, line {line}")):
            layers.append(
                reading.Layer(path.parent / file, band, day, int(number), row.get("variable") or None)
            )
    if not layers:
        raise BadRequest(f"{path} has no file of these bands between these dates.")
    valid = _pair(asked.valid)
    found = reading.of_layers(layers, asked.scale, asked.nodata, valid, asked.outside)
    paths = sorted({layer.file for layer in layers})
    return found, {p.name: sha256(p.read_bytes()).hexdigest() for p in paths}


def _scenes(asked: Asked, items: list[Any], sensor: str | None) -> tuple[Source, dict[str, str]]:
    if sensor is None:
        raise BadRequest(f"Say whose scenes these are with --sensor: {', '.join(catalogue.sensors())}.")
    if asked.every is None or asked.first is None or asked.last is None or not asked.bands:
        raise BadRequest("Scenes need --bands, --from, --to and --every (days of a step).")
    known = catalogue.sensor(sensor)
    wrong = [band for band in asked.bands if band not in known.bands]
    if wrong:
        raise BadRequest(f"{known.name} has no band {wrong[0]!r}. It has: {', '.join(known.bands)}.")
    items = [i for i in items if _within(asked, catalogue.day_of(i))]
    if not items:
        raise BadDesign(f"No scene of {asked.source} between {asked.first} and {asked.last}.")
    grid = _grid(asked, items, known)
    found = reading.of_items(
        items, known, asked.bands, catalogue.steps(_day(asked.first), _day(asked.last), asked.every), grid
    )
    used = {i.id: i for step in found.items for i in step}
    return found, {
        name: sha256(json.dumps(_kept(i), sort_keys=True).encode()).hexdigest()
        for name, i in sorted(used.items())
    }


def _grid(asked: Asked, items: list[Any], known: catalogue.Sensor) -> reading.Grid:
    if asked.crs is None or asked.resolution is None:
        crs, size = reading.footprint(items, known, asked.bands)
        crs, size = asked.crs or crs, (asked.resolution, asked.resolution) if asked.resolution else size
    else:
        reading.each_has_crs(items, known, asked.bands)
        crs, size = asked.crs, (asked.resolution, asked.resolution)
    boxes = [i.bbox for i in items if i.bbox]
    if asked.bbox is None and not boxes:
        raise BadRequest("The scenes do not say where they lie: give --bbox.")
    bbox = (
        _bbox(asked.bbox)
        if asked.bbox
        else [f(b[k] for b in boxes) for k, f in enumerate((min, min, max, max))]
    )
    return reading.grid_of(crs, size, bbox)


def _kept(item: Any) -> dict[str, Any]:
    """An item without the tokens of its addresses, which change by the hour."""
    return {"id": item.id, "assets": {k: a.href.partition("?")[0] for k, a in sorted(item.assets.items())}}


def _described(asked: Asked, source: Source, marks: Mapping[str, str]) -> dict[str, Any]:
    grid = asdict(source.grid) | {"transform": list(source.grid.transform)}
    return {
        **grid, "bands": list(source.layout.bands), "dates": list(source.layout.dates), "side": cubes.SIDE,
        "scale": asked.store_scale or None, "composite": "as_read" if isinstance(source, reading.Files) else "median",
        "sensor": source.sensor.name if isinstance(source, reading.Scenes) else None, "every": asked.every,
        "read": {"scale": asked.scale, "nodata": asked.nodata, "valid": asked.valid, "outside": asked.outside}, "scenes": dict(marks),
        "version": __version__,
    }  # fmt: skip


def _try_first(source: Source, told: Mapping[str, Any]) -> None:
    """Read a block before anything is written, so that a file that cannot be read leaves nothing behind."""
    source.block(reading.Window(*cubes.edges(told, (0, 0))))


def _door(url: str) -> Any:
    """JSON of an address with numbers as numbers and texts as texts: a version such as "04.00" is a text."""
    from vereda.fetching.door import Answer, Door
    from vereda.fetching.patience import Patience

    def take(answer: Answer) -> Any:
        try:
            return json.loads(b"".join(answer.chunks))
        except ValueError:
            raise BadSource(f"{url} did not answer with JSON, or the answer was cut short.") from None

    with Door(Patience(), most_seconds=600, most_bytes=200_000_000) as door:
        return door.ask(url, take)


# Options ---------------------------------------------------------------------------------------------------------


def _within(asked: Asked, day: date) -> bool:
    first, last = asked.first and _day(asked.first), asked.last and _day(asked.last)
    return (not first or day >= first) and (not last or day <= last)


def _day(text: str, where: str = "") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{where + ': ' if where else ''}{text!r} is no date. Write 2018-01-31.") from None


def _bbox(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != 4:
        raise BadRequest(f"--bbox {text!r}: write west,south,east,north in degrees.")
    return found


def _pair(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise BadRequest(f"--valid {text!r}: write low,high, as -0.3,1.") from None
    return low, high
