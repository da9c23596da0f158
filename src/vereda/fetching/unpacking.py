"""Bytes from the wire, unpacked no further than the limit; and archives looked into before they are kept."""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from vereda.fetching.patience import Again
from vereda.fetching.words import refuse
from vereda.terms.fetching import Format

_STEP = 1 << 20  # bytes unpacked at a time
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}

#: Content types under which portals send each format; a page of HTML never is one.
TYPES: dict[Format, tuple[str, ...]] = {
    "csv": ("text/csv", "text/plain", "application/csv", "application/vnd.ms-excel", "application/octet-stream"),
    "json": ("application/json", "text/json", "text/plain", "application/octet-stream"),
    "geojson": ("application/geo+json", "application/vnd.geo+json", "application/json", "text/plain", "application/octet-stream"),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel", "application/zip",
        "application/octet-stream", "binary/octet-stream",
    ),
    "zip": ("application/zip", "application/x-zip-compressed", "application/octet-stream", "binary/octet-stream"),
    "gz": ("application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream"),
    "xml": ("application/xml", "text/xml", "text/plain", "application/octet-stream"),
}  # fmt: skip
_BEGIN: dict[Format, tuple[bytes, ...]] = {
    "json": (b"{", b"["), "geojson": (b"{",), "xlsx": (b"PK\x03\x04",), "zip": (b"PK\x03\x04",), "gz": (b"\x1f\x8b",), "xml": (b"<",),
}  # fmt: skip


def unpacked(
    raw: Iterable[bytes], encoding: str, url: str, room: int, check: Callable[[], None]
) -> Iterator[bytes]:
    """The body, unpacked step by step; refused once it is larger than `room` bytes."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from _counted(raw, url, room, check)
        return
    if encoding not in _WINDOWS:
        refuse("encoding", url=url, said=encoding)
    unpack = zlib.decompressobj(_WINDOWS[encoding])
    yield from _counted(_inflated(raw, unpack), url, room, check)
    if not unpack.eof:
        raise Again("the connection was cut")


def _inflated(raw: Iterable[bytes], unpack: "zlib._Decompress") -> Iterator[bytes]:
    for chunk in raw:
        left = chunk
        while left and not unpack.eof:
            try:
                yield unpack.decompress(left, _STEP)
            except zlib.error as fault:
                raise Again(f"what arrived cannot be unpacked ({fault})") from None
            left = unpack.unconsumed_tail
        if unpack.unused_data:
            raise Again("what arrived goes on after its end")


def _counted(chunks: Iterable[bytes], url: str, room: int, check: Callable[[], None]) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        check()
        seen += len(chunk)
        if seen > room:
            refuse("too_big", url=url, most=megabytes(room))
        yield chunk


def megabytes(size: int) -> str:
    """A size as people write it."""
    return f"{size / 1e6:,.0f} MB" if size >= 10**6 else f"{size:,} bytes"


def must_be_type(kind: str, wanted: Format, url: str) -> None:
    """Refuse a content type that is not one of the format's."""
    kind = kind.partition(";")[0].strip().lower()
    if kind and kind not in TYPES[wanted]:
        refuse("wrong_type", url=url, said=kind, format=wanted)


def must_be(path: Path, wanted: Format, url: str, most: int) -> None:
    """Refuse a file that does not begin as its format does, or unpacks to more than `most` bytes."""
    with path.open("rb") as file:
        head = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    page = head[:200].lower().startswith((b"<!doctype html", b"<html"))
    if page or not head or (wanted == "csv" and head[:1] in b"<{"):
        refuse("wrong_type", url=url, said="a web page" if page else "no table", format=wanted)
    if wanted in _BEGIN and not head.startswith(_BEGIN[wanted]):
        refuse("wrong_type", url=url, said="something else", format=wanted)
    if wanted in ("xlsx", "zip"):
        _sound_zip(path, url, most)
    elif wanted == "gz":
        _sound_gzip(path, url, most)


def _sound_zip(path: Path, url: str, most: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
    except zipfile.BadZipFile as fault:
        refuse("bad_archive", url=url, said=f"cut or damaged ({fault})")
    if any(member.flag_bits & 1 for member in inside):
        refuse("bad_archive", url=url, said="it is locked with a password")
    for member in inside:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            refuse("bad_archive", url=url, said=f"{member.filename!r} climbs out of it")
    if sum(member.file_size for member in inside) > most:
        refuse("too_big", url=url, most=megabytes(most))


def _sound_gzip(path: Path, url: str, most: int) -> None:
    seen = 0
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_STEP):
                seen += len(chunk)
                if seen > most:
                    refuse("too_big", url=url, most=megabytes(most))
    except (EOFError, OSError, zlib.error) as fault:
        refuse("bad_archive", url=url, said=f"cut or damaged ({fault})")
