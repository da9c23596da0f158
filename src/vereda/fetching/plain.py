"""A plain file by its address: not fetched again where nothing changed, gone on with where it broke off."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from vereda.fetching.door import Answer, Door
from vereda.fetching.patience import Again
from vereda.fetching.shelf import Arrival, Progress
from vereda.fetching.unpacking import must_be, must_be_type
from vereda.terms.fetching import Arrived, Format


def fetch(
    url: str, wanted: Format, door: Door, arrival: Arrival, latest: Mapping[str, Any], progress: Progress
) -> Arrived:
    """The file at an address. latest: the record of the edition held, {} to fetch whatever it is."""
    answer = door.ask(url, _Taking(wanted, arrival, progress), lambda: _headers(url, arrival, latest))
    if answer.status == 304:
        arrival.drop()
        return Arrived("unchanged", url)
    must_be(arrival.part, wanted, url, door.most_bytes)
    sha256, size = arrival.fingerprint()
    validators = _validators(arrival.plan)
    return Arrived(
        "unchanged" if sha256 == latest.get("sha256") else "fetched",
        url,
        file=name_of(url, wanted),
        sha256=sha256,
        size=size,
        published=day(validators.get("last-modified", "")),
        validators=validators,
    )


def name_of(url: str, wanted: Format) -> str:
    """The file's own name, made safe for a disk."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    safe = "".join(c if c.isalnum() or c in "._- " else "_" for c in name).strip(". ")[:120]
    return safe if "." in safe else f"{safe or 'file'}.{wanted}"


def day(header: str) -> str:
    """The day of a Last-Modified header, as 2026-11-22; empty if it says none."""
    try:
        return parsedate_to_datetime(header).date().isoformat()
    except (TypeError, ValueError):
        return ""


class _Taking:
    """Takes an answer into the arrival; what is there already is gone on with only if it is of the same edition."""

    def __init__(self, wanted: Format, arrival: Arrival, progress: Progress) -> None:
        self.wanted, self.arrival, self.progress = wanted, arrival, progress

    def __call__(self, answer: Answer) -> Answer:
        if answer.status == 304:
            return answer
        if answer.status == 416 or (answer.status == 206 and not self._goes_on(answer)):
            self.arrival.drop()
            raise Again("the server does not go on where it broke off")
        if answer.status == 200:
            must_be_type(answer.headers.get("content-type", ""), self.wanted, answer.url)
            self.arrival.restart(_plan(answer))
        self.arrival.append(self._watched(answer))
        whole = answer.headers.get("content-range", "").rpartition("/")[2]
        if whole.isdigit() and int(whole) != self.arrival.part_size:
            raise Again("the connection was cut")
        return answer

    def _goes_on(self, answer: Answer) -> bool:
        held = self.arrival.part_size
        begins = answer.headers.get("content-range", "").startswith(f"bytes {held}-")
        packed = answer.headers.get("content-encoding", "identity") != "identity"
        return bool(held) and begins and not packed

    def _watched(self, answer: Answer) -> Any:
        total = answer.headers.get("content-length", "")
        seen = self.arrival.part_size
        whole = seen + int(total) if total.isdigit() else None
        for chunk in answer.chunks:
            seen += len(chunk)
            self.progress(seen, whole)
            yield chunk


def _plan(answer: Answer) -> dict[str, str]:
    said = {name: answer.headers.get(name, "") for name in ("etag", "last-modified", "content-encoding")}
    return {"url": answer.url, **said}


def _validators(plan: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(plan[name]) for name in ("etag", "last-modified") if plan.get(name)}


def _headers(url: str, arrival: Arrival, latest: Mapping[str, Any]) -> dict[str, str]:
    """Go on with what is here, if a strong mark of its edition is known; else ask whether anything changed."""
    plan, asked = arrival.plan, {"Accept-Encoding": "identity"}
    mark = str(plan.get("etag") or plan.get("last-modified") or "")
    whole = plan.get("content-encoding") in ("", "identity")
    if arrival.part_size and whole and mark and not mark.startswith("W/"):
        return {**asked, "Range": f"bytes={arrival.part_size}-", "If-Range": mark}
    held = latest.get("validators", {}) if latest.get("asked") == url else {}
    if held.get("etag"):
        asked["If-None-Match"] = held["etag"]
    if held.get("last-modified"):
        asked["If-Modified-Since"] = held["last-modified"]
    return asked
