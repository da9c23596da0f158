"""What happens to a source before a case runs: checked, verified, kept; and how a new case begins."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from vereda import cooperation, publication, sources
from vereda.errors import BadPeriod, BadRequest, BadSource, WaitingForData
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import PACKAGE, Study, day_of
from vereda.store import write_files
from vereda.terms.period import known_on
from vereda.terms.source import Vintage


def check(folder: Path, lang: str = "en", every: bool = False) -> tuple[Reply, bool]:
    """Every source against what was published; True if one failed, or has no vintage and must.

    every: one line a source, and what the stated rules found in its table.
    """
    study = Study(folder)
    cards = tuple((study.inspected if every else study.cards).values())
    absent = {*study.register.case.datasets} - {*study.editions}
    names = {code: place.name for code, place in study.gazetteer.places.items()}
    names |= {series: name.say(lang) for series, name in study.register.case.series.items()}
    shown = publication.inspected_text(cards, lang, names) if every else publication.checks_text(cards, lang)
    reply = Reply(tuple(shown), publication.as_json(cards))
    return reply, bool(study.failed() or absent)


def verify(folder: Path, files: Path, dataset: str | None = None) -> tuple[Reply, bool]:
    """Read the publishers' files again and compare each with its vintage; True if one differs or is not there."""
    study = Study(folder)
    if dataset is not None and dataset not in study.descriptions:
        raise BadRequest(
            f"{dataset!r} is no dataset of this case. There are: {', '.join(study.descriptions)}."
        )
    if not files.is_dir():
        raise BadRequest(f"{files} is not a folder. Name the folder that holds the publishers' files.")
    lines: list[str] = []
    bad = False
    for name in [dataset] if dataset else list(study.batches):
        batch = study.batches.get(name)
        if batch is None:
            raise WaitingForData(f"{name} has no vintage yet; `vereda keep {name} FILE` makes one.")
        found = sorted(files.rglob(Path(batch.vintage.file).name))
        right = next((p for p in found if sha256(p.read_bytes()).hexdigest() == batch.vintage.sha256), None)
        path = right or (found[0] if found else None)
        if path is None:
            lines.append(f"[yellow]not here[/]  {name}: no {batch.vintage.file} under {files}")
            bad = True  # what was not compared was not verified
            continue
        report = sources.verify(study.descriptions[name], path, batch, study.gazetteer)
        bad |= not report.agrees
        bytes_say = "same bytes" if report.same_bytes else "other bytes than the vintage was made from"
        lines.append(
            f"{'[green]agrees[/]' if report.agrees else '[red]differs[/]'}    {name}: {bytes_say}; {report.cells:,} cells compared"
        )
        lines.extend(f"             {difference}" for difference in report.differences)
    return Reply(tuple(lines)), bad


def keep(
    folder: Path,
    dataset: str,
    file: Path,
    vintage: str,
    read_on: str | None = None,
    described: sources.SourceDescription | None = None,
) -> str:
    """Read a publisher's file, reconcile it and write it as a vintage of the case; says what was done.

    described: where an edition was fetched, the description with the number of rows that the server counted.
    """
    bare = cooperation.read(folder).case
    description = described or sources.describe(dataset, folder / "sources")
    gazetteer = None
    if description.kind != "places":
        gazetteer = Study(folder).gazetteer if bare.gazetteer else None
    if not file.is_file():
        raise BadRequest(f"{file} is not a file. Name the publisher's file ({description.file}).")
    _one_unit(folder, description, (*bare.datasets, *bare.optional_datasets))
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", vintage):
        raise BadPeriod(f"--vintage takes a year, month or day (2026, 2026-02, 2026-02-20), not {vintage!r}.")
    known_on(vintage)
    day = day_of(read_on, "--read-on").isoformat() if read_on else datetime.now(UTC).date().isoformat()
    if PACKAGE in folder.resolve().parents:
        raise BadRequest(
            f"{folder} came with the program and is not written to. Copy the case, and name the copy."
        )
    where = folder / ("vintages" if description.terms == "open" else "local") / dataset
    note = (
        ""
        if description.terms == "open"
        else " Its terms are not stated: keep it out of what you publish as files."
    )
    unread = (
        ""
        if dataset in (*bare.datasets, *bare.optional_datasets)
        else f" This case does not read it yet: add {dataset} to optional_datasets in {folder / 'case.yml'}."
    )
    if description.terms != "open":
        write_files(folder / "local", {".gitignore": "*\n"})
    if description.kind == "geometry":
        polygons = sources.geometry(description, file, gazetteer)
        sha, size = sources.fingerprint(file)
        said = Vintage(
            dataset, vintage, file.name, sha, size, day, sources.READER, polygons.count('"Feature"'),
            sha256(polygons.encode()).hexdigest(),
        )  # fmt: skip
        documents = {f"{vintage}.geojson": polygons, f"{vintage}.json": json.dumps(asdict(said), indent=1)}
        write_files(where, documents)
        return f"Kept {dataset} {vintage} in {where}; maps are drawn with it.{note}{unread}"
    # The edition described may hold figures of several vintages, each named in its row; another edition is one vintage.
    named = "" if vintage == description.name_of_vintage else vintage
    table, _ = sources.bring(description, file, gazetteer, named)
    content, sidecar = sources.vintage(description, table, file, day, vintage)
    write_files(where, {f"{vintage}.parquet": content, f"{vintage}.yml": sidecar})
    return f"Kept {dataset} {vintage}: {table.num_rows:,} rows in {where}.{note}{unread}"


def _one_unit(folder: Path, described: sources.SourceDescription, datasets: tuple[str, ...]) -> None:
    """A series that another dataset of the case has in another unit is refused here, and not when the case is built."""
    for name in datasets:
        other = sources.describe(name, folder / "sources")
        for series in sorted({*described.series} & {*other.series} if name != described.dataset else ()):
            units = described.series[series].unit, other.series[series].unit
            if units[0] != units[1]:
                raise BadSource(
                    f"{described.dataset} has {series} in {units[0]!r}, and {name} of this case has it in {units[1]!r}. One "
                    "series has one unit: convert it in the description (`values: {column: {series: ..., times: 0.001}}`), "
                    "or name another series if it is another measure."
                )


def init(name: str, into: Path) -> Path:
    """Another case, with made-up places and figures, that runs at once."""
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise BadRequest(f"{name!r} cannot name a case. Use letters, digits and hyphens: eu-peru.")
    folder = into / name
    if folder.exists():
        raise BadRequest(f"{folder} is there already; choose another name or move it away.")
    starter = PACKAGE / "starter"
    write_files(
        folder,
        {
            str(path.relative_to(starter)): path.read_text(encoding="utf-8").replace("NAME", name)
            for path in sorted(starter.rglob("*"))
            if path.suffix in {".yml", ".csv"}
        },
    )
    for dataset, file in (("made-up-places", "places.csv"), ("made-up-plots", "plots.csv")):
        keep(folder, dataset, folder / "files" / file, "2025-01-01", "2025-01-01")
    return folder
