"""Cubes of imagery on disk: zarr, all dates of a block together, each block whole or not there, builds that go on.

A cube is built in a hidden folder beside its place and takes its name when it is whole. The list of blocks that are
done is written after each; whoever is killed on the way goes on from there.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadRequest, BadStore, NeedsExtra
from vereda.store.trouble import in_plain_words

Values = NDArray[np.float32]
SIDE = 256  # pixels of a block
NOTHING = -32768  # no clear look, in a cube of whole numbers
_NAME, _DONE, _LAYOUT = "values", "blocks.jsonl", "cube.json"


@dataclass(frozen=True, slots=True)
class Done:
    """A block that is done. clear: pixels with a clear look, by step; low, high: of the numbers, by band, None where
    there is none; sha256 of the numbers as they are kept."""

    clear: list[int]
    low: list[float | None]
    high: list[float | None]
    sha256: str


@dataclass(frozen=True, slots=True)
class Cube:
    """A cube on disk. told: what it was described as (bands, dates, crs, transform, rows, columns, scale, scenes ...)."""

    path: Path
    told: Mapping[str, Any]
    array: Any

    def blocks(self) -> list[tuple[int, int]]:
        """Numbers of its blocks: down, right."""
        return _blocks(self.told)

    def read(self, block: tuple[int, int]) -> Values:
        """(t, b, rows, columns) of one block, nan where nothing clear was seen. BadStore where it is damaged."""
        top, bottom, left, right = edges(self.told, block)
        if not (self.path / _NAME / "c" / "0" / "0" / str(block[0]) / str(block[1])).is_file():
            raise BadStore(f"{self.path}: block {block[0]}, {block[1]} is missing. Build the cube again.")
        try:
            raw = self.array[:, :, top:bottom, left:right]
        except Exception as fault:  # decoders raise errors of their own
            raise BadStore(
                f"{self.path}: block {block[0]}, {block[1]} is damaged ({fault}). Build the cube again."
            ) from None
        return _floats(np.asarray(raw), self.told["scale"])


@dataclass(slots=True)
class Building:
    """A cube being built. seen: clear pixels by step, of the blocks that are done."""

    target: Path
    folder: Path
    told: Mapping[str, Any]
    array: Any
    done: dict[tuple[int, int], Done] = field(default_factory=dict)

    def left(self) -> Iterator[tuple[int, int]]:
        """Blocks that are not done."""
        return iter([b for b in _blocks(self.told) if b not in self.done])

    def write(self, block: tuple[int, int], values: Values) -> None:
        """Write a block (t, b, rows, columns) and put it on the list."""
        top, bottom, left, right = edges(self.told, block)
        kept = _stored(values, self.told["scale"], self.target)
        with in_plain_words(self.target):
            self.array[:, :, top:bottom, left:right] = kept
            one = _seen(values, kept)
            with (self.folder / _DONE).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"block": block, **asdict(one)}) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self.done[block] = one

    def seen(self) -> list[int]:
        """Pixels with a clear look, by step."""
        return _summed(self.done)

    def finish(self) -> Cube:
        """Give the cube its name."""
        if list(self.left()):
            raise BadStore(f"{self.target} is not whole; run the same command again to go on.")
        with in_plain_words(self.target):
            os.replace(self.folder, self.target)  # noqa: PTH105  (one system call)
        return opened(self.target)


def building(target: Path, told: Mapping[str, Any]) -> Building:
    """Begin a cube, or go on with one that was described alike; another is begun anew."""
    zarr = _zarr()
    if target.exists():
        raise BadRequest(f"{target} is there already. Remove it, or give the cube another name.")
    folder = target.with_name(f".{target.name}.part")
    with in_plain_words(target):
        if _described(folder) != json.loads(json.dumps(told)):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _create(zarr, folder, told)
            (folder / _LAYOUT).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        return Building(target, folder, told, zarr.open_array(str(folder / _NAME), mode="r+"), _done(folder))


def opened(path: Path) -> Cube:
    """A whole cube. BadRequest where there is none, BadStore where it is not whole."""
    zarr = _zarr()
    if path.with_name(f".{path.name}.part").exists() and not path.exists():
        raise BadRequest(
            f"{path} is not whole: its build was interrupted. Run the same `vereda scenes build` again to go on."
        )
    told = _described(path)
    if told is None and (path / _LAYOUT).exists():
        raise BadStore(
            f"{path / _LAYOUT} is damaged: what the cube holds cannot be read. Build the cube again."
        )
    if told is None:
        raise BadRequest(f"There is no cube {path}. Build one with: vereda scenes build")
    try:
        array = zarr.open_array(str(path / _NAME), mode="r")
    except Exception as fault:
        raise BadStore(f"{path} is damaged ({fault}). Build the cube again.") from None
    return Cube(path, told, array)


def seen(cube: Cube) -> list[int]:
    """Pixels with a clear look, by step, as its build counted them."""
    return _summed(_done(cube.path))


def ranges(cube: Cube) -> dict[str, tuple[float, float] | None]:
    """Lowest and highest number of each band; None where nothing was seen."""
    done = list(_done(cube.path).values())
    found: dict[str, tuple[float, float] | None] = {}
    for i, band in enumerate(cube.told["bands"]):
        low = [v for one in done if (v := one.low[i]) is not None]
        high = [v for one in done if (v := one.high[i]) is not None]
        found[band] = (min(low), max(high)) if low else None
    return found


def digest(cube: Cube) -> str:
    """SHA-256 of what a cube is described as and of the numbers it was built with, block by block."""
    made = sha256(json.dumps(cube.told, sort_keys=True).encode())
    for block, one in sorted(_done(cube.path).items()):
        made.update(f"{block[0]},{block[1]}:{one.sha256}\n".encode())
    return made.hexdigest()


def edges(told: Mapping[str, Any], block: tuple[int, int]) -> tuple[int, int, int, int]:
    """First and past-last row, first and past-last column of a block."""
    side = int(told["side"])
    top, left = block[0] * side, block[1] * side
    return top, min(top + side, told["rows"]), left, min(left + side, told["columns"])


def _blocks(told: Mapping[str, Any]) -> list[tuple[int, int]]:
    side = int(told["side"])
    return [(r, c) for r in range(-(-told["rows"] // side)) for c in range(-(-told["columns"] // side))]


def _create(zarr: Any, folder: Path, told: Mapping[str, Any]) -> None:
    t, b, side = len(told["dates"]), len(told["bands"]), int(told["side"])
    whole = told["scale"] is not None
    zarr.create_array(
        store=str(folder / _NAME), shape=(t, b, told["rows"], told["columns"]), chunks=(t, b, side, side),
        dtype="int16" if whole else "float32", fill_value=NOTHING if whole else float("nan"),
        compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
        dimension_names=("date", "band", "y", "x"), config={"write_empty_chunks": True},
    )  # fmt: skip


def _stored(values: Values, scale: float | None, target: Path) -> NDArray[Any]:
    if scale is None:
        return values
    numbers = np.round(values / scale)
    if np.nanmax(np.abs(numbers), initial=0) > 32767:
        raise BadRequest(
            f"{target}: a value is {float(np.nanmax(np.abs(values))):g}, too large for a cube of whole numbers with scale {scale:g}. "
            "Say another --store-scale, or 0 to keep decimals as they are."
        )
    return np.where(np.isfinite(numbers), numbers, NOTHING).astype(np.int16)


def _floats(raw: NDArray[Any], scale: float | None) -> Values:
    if scale is None:
        return raw.astype(np.float32)
    values = raw.astype(np.float32) * np.float32(scale)
    values[raw == NOTHING] = np.nan
    return values


def _described(folder: Path) -> Any:
    try:
        return json.loads((folder / _LAYOUT).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _done(folder: Path) -> dict[tuple[int, int], Done]:
    """Blocks on the list; a last line that was cut short does not count."""
    found: dict[tuple[int, int], Done] = {}
    if (folder / _DONE).exists():
        for line in (folder / _DONE).read_text(encoding="utf-8").splitlines():
            try:
                one = json.loads(line)
                row, column = one.pop("block")
                found[row, column] = Done(**one)
            except (ValueError, TypeError, AttributeError, KeyError):
                continue
    return found


def _seen(values: Values, kept: NDArray[Any]) -> Done:
    """What is written down of a block: values (t, b, rows, columns), and as they are kept."""
    finite = np.isfinite(values)
    ends: tuple[list[float | None], list[float | None]] = ([], [])
    for band in range(values.shape[1]):
        held = values[:, band][finite[:, band]]
        for side, end in zip(ends, (np.min, np.max), strict=True):
            side.append(float(end(held)) if held.size else None)
    return Done(finite.all(axis=1).sum(axis=(1, 2)).tolist(), *ends, sha256(kept.tobytes()).hexdigest())


def _summed(done: Mapping[tuple[int, int], Done]) -> list[int]:
    return [sum(counts) for counts in zip(*(one.clear for one in done.values()), strict=True)]


def _zarr() -> Any:
    try:
        return import_module("zarr")
    except ModuleNotFoundError as fault:
        raise NeedsExtra(fault.name or "zarr", "imagery") from None
