"""What a description says of how its file is read, as lines for a page: nothing that is not in `source.yml`."""

from collections.abc import Iterator

from vereda.sources.description import NumberFormat, SourceDescription
from vereda.sources.tabular import say

#: What a line can be about, in the order of the page.
ABOUT = (
    "covers", "obtained", "file", "edition", "by_name", "numbers", "zero", "corrected", "lost_zeros", "apart", "left_out", "ignored",
    "incomplete", "total",
)  # fmt: skip

Line = tuple[str, str]


def told(d: SourceDescription) -> tuple[Line, ...]:
    """Every line, each with what it is about."""
    found = [*_file(d), *_numbers(d), *_places(d), *_rows(d), *_sums(d)]
    return tuple(sorted(found, key=lambda line: ABOUT.index(line[0])))


def _file(d: SourceDescription) -> Iterator[Line]:
    yield "covers", f"{d.covers.places}; {d.covers.years}"
    yield "obtained", d.obtained.strip()
    yield "file", f"{d.file} ({d.sheet})" if d.sheet else d.file
    if d.period.edition:
        yield "edition", d.period.edition
    if d.vintage_note:
        yield "edition", d.vintage_note


def _numbers(d: SourceDescription) -> Iterator[Line]:
    if d.kind != "observations":
        return
    for column, written in d.numbers.items():
        yield "numbers", _like(written) if column == "default" else f"{column}: {_like(written)}"
        if written.zero:
            yield "zero", f"{column}: {', '.join(written.zero)}"


def _like(written: NumberFormat) -> str:
    return say(written).removeprefix("like ")


def _places(d: SourceDescription) -> Iterator[Line]:
    if d.place.by_name:
        yield "by_name", d.place.by_name
        for code, names in d.place.known_as.items():
            yield "by_name", f"{', '.join(names)} → {code}"
    for printed, right in d.place.corrections.items():
        yield "corrected", f"{printed} → {right.to}: {right.reason}"
    if d.place.lost_zeros:
        yield "lost_zeros", d.place.lost_zeros
    for code, place in d.places.items():
        yield "apart", f"{code} {place.name}" + (f": {place.note}" if place.note else "")


def _rows(d: SourceDescription) -> Iterator[Line]:
    for texts in d.leave_out.values():
        for text, why in texts.items():
            yield "left_out", f"{text}: {why}"
    for column, why in d.ignore.items():
        yield "ignored", f"{column}: {why}"
    for name, series in d.series.items():
        for when in series.incomplete:
            yield "incomplete", f"{name} {when}"


def _sums(d: SourceDescription) -> Iterator[Line]:
    for name, totals in d.expect.totals.items():
        yield "total", f"{name}: {totals.printed}"
