"""vereda diff: two editions of one publication, held by the case or in a file, compared cell by cell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vereda import sources
from vereda.errors import BadRequest, WaitingForData
from vereda.pipeline import revision_shown as shown
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import Study
from vereda.terms.few import FEWEST, PEOPLE
from vereda.terms.source import Batch, Check


@dataclass(frozen=True, slots=True)
class Edition:
    """One side of a comparison: what it is called, its table, what it says of itself, and what did not reconcile."""

    name: str
    table: pa.Table
    said: dict[str, str]
    failed: tuple[Check, ...] = ()


def diff(folder: Path, dataset: str, earlier: str, later: str, lang: str = "en") -> Reply:
    """What the later of two editions says otherwise. Each is the name of a vintage held, or a publisher's file."""
    study = Study(folder)
    if dataset not in study.descriptions:
        raise BadRequest(
            f"{dataset!r} is no dataset of this case. There are: {', '.join(study.descriptions)}."
        )
    described = study.descriptions[dataset]
    if described.kind == "geometry":
        raise BadRequest(f"{dataset} holds polygons, which have no cells to compare.")
    one, other = (_edition(study, dataset, asked) for asked in (earlier, later))
    names = {code: place.name for code, place in study.gazetteer.places.items()}
    if described.kind != "observations":
        entries = sources.compare_lists(one.table, other.table, sources.LIST_KEYS[described.kind])
        return shown.lists(dataset, one.name, other.name, entries, lang)
    levels = {code: place.level for code, place in study.gazetteer.places.items()}
    exact = sources.compare(one.table, other.table, levels)
    noticed = (*sources.notices(exact), *sources.otherwise(one.said, other.said, exact))
    finest = [c for c, place in study.gazetteer.places.items() if place.level in study.gazetteer.finest]
    revision = replace(exact, cells=few_as_ranges(exact.cells, finest))
    failed = [(edition.name, check) for edition in (one, other) for check in edition.failed]
    return shown.revision(dataset, one.name, other.name, revision, noticed, failed, names, lang)


def few_as_ranges(cells: pa.Table, finest: Sequence[str]) -> pa.Table:
    """Cells of a revision in which few people of one of the finest places are a range, as everywhere (decision 10)."""
    place = pc.is_in(cells["place"], pa.array(finest, pa.string()))
    for side in ("before", "after"):
        value = cells[side]
        people = pc.is_in(cells[f"unit_{side}"], pa.array(sorted(PEOPLE), pa.string()))
        some = pc.and_(pc.greater(value, 0), pc.less(value, FEWEST))
        hidden = pc.fill_null(pc.and_(pc.and_(place, people), some), False)
        for name, told in (
            (side, None),
            (f"low_{side}", 1.0),
            (f"high_{side}", FEWEST - 1.0),
            (f"status_{side}", "few"),
        ):
            at, column = cells.schema.get_field_index(name), cells[name]
            cells = cells.set_column(at, name, pc.if_else(hidden, pa.scalar(told, column.type), column))
    return cells


def _edition(study: Study, dataset: str, asked: str) -> Edition:
    held = {batch.vintage.name: batch for batch in study.editions.get(dataset, ())}
    if asked in held:
        return _held(held[asked])
    path = Path(asked)
    if path.is_file():
        return _read(study, dataset, path)
    if not held:
        raise WaitingForData(
            f"{dataset} has no vintage yet; name two files of the publisher, or make a vintage: vereda keep {dataset} FILE "
            "--vintage YYYY-MM"
        )
    raise BadRequest(
        f"{asked!r} is neither a vintage of {dataset} nor a file. Vintages held: {', '.join(held)}. "
        f"Another is made by: vereda keep {dataset} FILE --vintage YYYY-MM"
    )


def _held(batch: Batch) -> Edition:
    table = batch.observations
    assert batch.path is not None
    assert isinstance(table, pa.Table)
    return Edition(
        batch.vintage.name, table, sources.said(sources.read_sidecar(batch.path.with_suffix(".yml")))
    )


def _read(study: Study, dataset: str, path: Path) -> Edition:
    """A file as its description reads it. Another edition may have other rows, and need not add up to be compared."""
    described = study.descriptions[dataset]
    any_rows = described.model_copy(update={"expect": described.expect.model_copy(update={"rows": None})})
    gazetteer = None if described.kind == "places" else study.gazetteer
    table = sources.read(any_rows, path, gazetteer)
    failed = tuple(c for c in sources.check(described, table, gazetteer) if c.state == "failed")
    return Edition(path.name, table, sources.said(described), failed)
