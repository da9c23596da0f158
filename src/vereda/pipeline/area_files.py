"""Files that `vereda area` reads: tables of strata, counts and points, labels from interpreters, maps."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from vereda.errors import BadDesign, BadRequest
from vereda.measurement.area import acatama, collect_earth
from vereda.measurement.area.drawing import Grid
from vereda.measurement.area.sample import Array, Strata, from_weights, strata_of
from vereda.measurement.area.strata import Mask

DELIMITERS = ",;\t|"
AREA, WEIGHT, STRATUM, MAP, EXPECTED, POINTS = "area", "weight", "stratum", "map", "expected", "points"
DEGREES = 0.5  # a pixel smaller than this is no metres


@dataclass(frozen=True, slots=True)
class Rows:
    """A CSV: head, and its rows with the line that each begins on."""

    path: Path
    head: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    sha256: str

    def column(self, name: str) -> list[str]:
        """The cells of a column; BadDesign by line where one is empty."""
        self.must_have(name)
        for line, row in self.rows:
            if not row[name]:
                raise BadDesign(
                    f"{self.path}, line {line}: {name} is empty. Fill it in, or leave the row out."
                )
        return [row[name] for _, row in self.rows]

    def numbers(self, name: str) -> Array:
        """The same as numbers; BadDesign by line where a cell is none."""
        self.column(name)
        return np.array([_number(self.path, line, name, row[name]) for line, row in self.rows])

    def must_have(self, name: str) -> None:
        """BadRequest naming the columns that look like it."""
        if name not in self.head:
            near = get_close_matches(name, self.head, n=3, cutoff=0.5)
            hint = f" Nearest: {', '.join(near)}." if near else ""
            raise BadRequest(f"{self.path} has no column {name!r}.{hint} It has: {', '.join(self.head)}.")


def rows(path: Path) -> Rows:
    """A CSV in UTF-8 with a header; comma, semicolon, tab or bar between cells."""
    text = _text(path)
    first = text.splitlines()[0]
    reader = csv.reader(StringIO(text), delimiter=max(DELIMITERS, key=first.count))
    head = [cell.strip() for cell in next(reader)]
    twice = [c for c in head if head.count(c) > 1 or not c]
    if twice:
        raise BadDesign(
            f"{path}: column {twice[0]!r} is there twice or has no name. Each column needs its own name."
        )
    found = []
    for cells in reader:
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(head):
            raise BadDesign(
                f"{path}, line {reader.line_num}: {len(cells)} cells under {len(head)} columns. Mend the row."
            )
        found.append((reader.line_num, dict(zip(head, [c.strip() for c in cells], strict=True))))
    if not found:
        raise BadDesign(f"{path} has a header and no rows.")
    return Rows(path, tuple(head), tuple(found), sha256(text.encode()).hexdigest())


def strata(table: Rows, total: float | None, unit: str) -> Strata:
    """Strata of a table with area, or with weight and a total."""
    names = table.column(STRATUM)
    lines = {name: line for line, row in reversed(table.rows) if (name := row[STRATUM])}
    for line, row in table.rows:
        if lines[row[STRATUM]] != line:
            raise BadDesign(
                f"{table.path}, line {line}: stratum {row[STRATUM]!r} is already on line {lines[row[STRATUM]]}."
            )
    try:
        if AREA in table.head:
            return strata_of(names, table.numbers(AREA), unit)
        if WEIGHT in table.head:
            if total is None:
                raise BadRequest(
                    f"{table.path} has weights and no areas: say the total with --total, in {unit}."
                )
            return from_weights(names, table.numbers(WEIGHT), total, unit)
    except BadDesign as fault:
        raise _at(table.path, fault) from None
    raise BadRequest(f"{table.path} has neither {AREA} nor {WEIGHT}. It has: {', '.join(table.head)}.")


def labels(path: Path, question: str | None) -> dict[str, dict[str, str]]:
    """Interpreter -> point -> class: a session of AcATaMa, sample data of Collect Earth Online, or a filled-in form."""
    if path.suffix.lower() in (".yml", ".yaml"):
        session = acatama.read(_text(path), str(path))
        if session.missing:
            raise BadDesign(
                f"{path}: {len(session.missing)} points have no label, the first is {session.missing[0]}. Label them "
                "all: points left out by choice are no longer a sample by lot."
            )
        return {path.stem: {str(point): label for point, label in session.labels.items()}}
    table = rows(path)
    if "email" in table.head:
        answers = collect_earth.read(_text(path), str(path), question)
        if answers.flagged:
            raise BadDesign(
                f"{path}: {len(answers.flagged)} plots are flagged and have no answer, the first is {answers.flagged[0]}. "
                "Have them seen again: points left out by choice are no longer a sample by lot."
            )
        return {person: dict(given) for person, given in answers.labels.items()}
    return {path.stem: dict(zip(once(table), table.column("class"), strict=True))}


def joined(key: Rows, given: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    """Labels of each point of the key, one row a point, interpreters in order; a point without one stops it."""
    points = once(key)
    for name, said in given.items():
        missing = [p for p in points if p not in said]
        if missing:
            raise BadDesign(
                f"{name} has no label for {len(missing)} of {len(points)} points of {key.path}, the first is point "
                f"{missing[0]}. Every interpreter sees every point."
            )
        extra = sorted(set(said) - set(points))
        if extra:
            raise BadDesign(
                f"{name} labels point {extra[0]}, which is not in {key.path}. Are both of one survey?"
            )
    return [[said[p] for said in given.values()] for p in points]


def once(table: Rows) -> list[str]:
    """The points of a table; BadDesign by line where one is there twice."""
    seen: dict[str, int] = {}
    for (line, _), point in zip(table.rows, table.column("point"), strict=True):
        if point in seen:
            raise BadDesign(
                f"{table.path}, line {line}: point {point} is already on line {seen[point]}. Keep one."
            )
        seen[point] = line
    return list(seen)


def read_map(path: Path, pixel: float | None) -> tuple[np.ndarray, Mask, Grid]:
    """Classes of a map, which pixels have one, and where they are: .asc, .npy with --pixel, or GeoTIFF with the extra."""
    if path.suffix.lower() in (".tif", ".tiff"):
        return _geotiff(path)
    if path.suffix.lower() == ".npy":
        if pixel is None or pixel <= 0:
            raise BadRequest(f"{path} does not say how large a pixel is: say it with --pixel, in metres.")
        _must_be_there(path)
        try:
            values = np.load(path, allow_pickle=False)
        except ValueError as fault:
            raise BadDesign(f"{path} is no array that NumPy saved, or is cut short: {fault}.") from None
        if values.ndim != 2:
            raise BadDesign(f"{path} has {values.ndim} dimensions; a map has rows and columns.")
        inside: Mask = np.isfinite(values.astype(float))
        return values, inside, Grid(0.0, values.shape[0] * pixel, pixel, -pixel)
    if path.suffix.lower() == ".asc":
        return _ascii(path)
    raise BadRequest(f"{path}: a map is .asc (ESRI ASCII grid), .npy, or .tif.")


def _ascii(path: Path) -> tuple[np.ndarray, Mask, Grid]:
    lines = _text(path).splitlines()
    head: dict[str, float] = {}
    while lines and lines[len(head)].split()[0][0].isalpha():
        word, _, value = lines[len(head)].strip().partition(" ")
        head[word.lower()] = _number(path, len(head) + 1, word, value.strip())
        if len(head) == len(lines):
            break
    missing = [word for word in ("ncols", "nrows", "xllcorner", "yllcorner", "cellsize") if word not in head]
    if missing:
        raise BadDesign(
            f"{path}: the header does not say {', '.join(missing)}. It is no ESRI ASCII grid, or is cut short."
        )
    cells = " ".join(lines[len(head) :]).split()
    shape = int(head["nrows"]), int(head["ncols"])
    if len(cells) != shape[0] * shape[1]:
        raise BadDesign(
            f"{path}: {len(cells)} cells, and the header says {shape[0]} rows by {shape[1]} columns."
        )
    try:
        values = np.array(cells, dtype=float).reshape(shape)
    except ValueError as fault:
        raise BadDesign(f"{path}: a cell is no number: {fault}.") from None
    side = _metres(path, head["cellsize"])
    inside = np.isfinite(values) & (values != head.get("nodata_value", -9999))
    return values, inside, Grid(head["xllcorner"], head["yllcorner"] + shape[0] * side, side, -side)


def _geotiff(path: Path) -> tuple[np.ndarray, Mask, Grid]:
    if find_spec("rasterio") is None:
        raise BadRequest(
            f"{path} is a GeoTIFF, which needs the imagery extra: pip install 'vereda[imagery]'. Or turn it into an ESRI "
            "ASCII grid, which needs nothing: gdal_translate -of AAIGrid."
        )
    _must_be_there(path)
    rasterio: Any = import_module("rasterio")
    try:
        with rasterio.open(path) as file:
            if file.crs is None or not file.crs.is_projected:
                raise BadDesign(
                    f"{path} is not in metres ({file.crs}): project it, so that pixels have an area."
                )
            values, inside, at = file.read(1), file.read_masks(1) > 0, file.transform
    except rasterio.errors.RasterioIOError as fault:
        raise BadDesign(f"{path} cannot be read: {fault}.") from None
    if at.b or at.d:
        raise BadDesign(f"{path} is rotated. Bring it to rows from north to south first.")
    return values, inside, Grid(at.c, at.f, at.a, at.e)


def expected(given: str, names: Sequence[str]) -> Array:
    """Expected shares from 'mapped=0.8,buffer=0.015,...'; every stratum needs one, since none is invented."""
    said: dict[str, float] = {}
    for part in given.split(","):
        name, _, value = part.partition("=")
        try:
            said[name.strip()] = float(value)
        except ValueError:
            raise BadRequest(f"--expected {part!r}: write stratum=share, as buffer=0.015.") from None
    missing, extra = [n for n in names if n not in said], [n for n in said if n not in names]
    if missing or extra:
        raise BadRequest(
            f"--expected needs a share for each stratum: {', '.join(names)}. "
            + (f"Missing: {', '.join(missing)}. " if missing else "")
            + (f"Not a stratum: {', '.join(extra)}." if extra else "")
        )
    return np.array([said[n] for n in names])


def _metres(path: Path, side: float) -> float:
    if side < DEGREES:
        raise BadDesign(
            f"{path}: a cell of {side:g} looks like degrees, which have no area. Project the map to metres."
        )
    return side


def _number(path: Path, line: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        comma = " Decimals take a point, and thousands nothing between them." if "," in cell else ""
        raise BadDesign(f"{path}, line {line}: {name} is {cell!r}, which is no number.{comma}") from None
    if not np.isfinite(value):
        raise BadDesign(f"{path}, line {line}: {name} is {cell!r}. Give the number, or leave the row out.")
    return value


def _text(path: Path) -> str:
    _must_be_there(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadDesign(f"{path} is not text in UTF-8. Save it as CSV in UTF-8.") from None
    if not text.strip():
        raise BadDesign(f"{path} is empty.")
    return text


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*") if p.suffix == path.suffix)[:8]
        also = f" Beside it: {', '.join(near)}." if near else ""
        raise BadRequest(f"There is no file {path}.{also}")


def _at(path: Path, fault: BadDesign) -> BadDesign:
    return BadDesign(f"{path}: {fault}")
