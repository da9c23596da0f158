"""What `vereda area estimate` was asked, and the sample that its files hold: counts, or points with labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.measurement.area import agreement, sample
from vereda.measurement.area.sample import LEAST, Array, Sample
from vereda.pipeline import area_files as files
from vereda.pipeline.area_words import Language


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda area estimate` was asked; names as its options."""

    file: Path
    strata: Path | None = None
    reference: Sequence[str] = ("reference",)
    decided: str | None = None
    labels: Sequence[Path] = ()
    question: str | None = None
    total: float | None = None
    unit: str = "ha"
    cls: str | None = None
    design: str = "stratified"
    interval: str = "beta"
    level: float = 0.95
    definition: str | None = None
    probabilities: Path | None = None
    seed: int = 0
    lang: Language = "en"


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample; what interpreters said of each point, where there were several; and which points are undecided."""

    sample: Sample | None
    by_interpreter: Mapping[str, Sample]
    labels: Sequence[Sequence[str]]
    undecided: int
    same_map: bool
    map_of: Mapping[str, str]
    data: str
    map_says: "MapSays | None" = None


@dataclass(frozen=True, slots=True)
class MapSays:
    """Probabilities of a map at the points and over the land. classes: those it tells; stratum (n,), label (n,) of the
    points; at (n, k); mean (H, k) over all of each stratum."""

    classes: tuple[str, ...]
    stratum: NDArray[np.int64]
    label: tuple[str, ...]
    at: Array
    mean: Array


def of_counts(table: files.Rows, asked: Asked) -> Seen:
    """An error matrix: one row a stratum, one column a class."""
    if asked.probabilities is not None:
        raise BadRequest("--probabilities is about points: give the strata with --strata FILE.")
    if asked.labels or asked.decided or list(asked.reference) != ["reference"]:
        raise BadRequest(
            "--labels, --decided and --reference are about points: give the strata with --strata FILE."
        )
    if "reference" in table.head or "point" in table.head:
        raise BadRequest(
            f"{table.path} has one row a point. The areas of the strata are in another file: name it with --strata."
        )
    strata = files.strata(table, asked.total, asked.unit)
    other = (files.STRATUM, files.AREA, files.WEIGHT, files.MAP, files.EXPECTED, files.POINTS)
    classes = [c for c in table.head if c not in other]
    if len(classes) < 2:
        raise BadDesign(
            f"{table.path} has {len(classes)} columns of counts ({', '.join(classes) or 'none'}). One for each reference class is "
            "needed, also for what is not of the class."
        )
    counts = np.column_stack([table.numbers(c) for c in classes])
    for (line, row), numbers in zip(table.rows, counts, strict=True):
        for name, number in zip(classes, numbers, strict=True):
            if number < 0 or number != round(number):
                raise BadDesign(
                    f"{table.path}, line {line}: {name} is {row[name]}. Counts are whole points, zero or more."
                )
        if numbers.sum() < LEAST:
            raise BadDesign(
                f"{table.path}, line {line}: stratum {row[files.STRATUM]!r} has {int(numbers.sum())} points. Each needs at least "
                f"{LEAST}: draw more there, or merge it with a stratum like it."
            )
    same = files.MAP not in table.head and set(strata.names) == set(classes)
    map_of = list(strata.names) if same else table.column(files.MAP) if files.MAP in table.head else None
    made = sample.from_counts(strata, classes, counts.astype(np.int64), map_of)
    nested = dict(zip(strata.names, map_of, strict=True)) if map_of else {}
    return Seen(made, {}, (), 0, same, nested, table.sha256)


def of_points(table: files.Rows, asked: Asked) -> Seen:
    """One row a point, with labels in its own columns or in the files of interpreters."""
    assert asked.strata is not None
    if "point" in table.head:
        files.once(table)  # a point counted twice is no sample
    areas = files.rows(asked.strata)
    strata = files.strata(areas, asked.total, asked.unit)
    stratum = table.column(files.STRATUM)
    known = set(strata.names)
    for line, row in table.rows:
        if row[files.STRATUM] not in known:
            raise BadDesign(
                f"{table.path}, line {line}: stratum {row[files.STRATUM]!r} has no area in {asked.strata}. There are: "
                f"{', '.join(strata.names)}."
            )
    empty = [name for name in strata.names if name not in set(stratum)]
    if empty:
        raise BadDesign(
            f"{table.path}: no point lies in {', '.join(empty)}. Nothing is known there: draw points in it, or merge it with a "
            f"stratum like it in {asked.strata}."
        )
    names, labels, data = _labels(table, asked)
    _one_spelling(table, labels, names)
    mapped = table.column(files.MAP) if files.MAP in table.head else None
    final = _decided(table, asked, labels)
    undecided = sum(not label for label in final)

    def make(said: Sequence[str]) -> Sample:
        try:
            return sample.from_points(strata, stratum, said, mapped)
        except BadDesign as fault:
            raise BadDesign(f"{table.path}: {fault}") from None

    alone = {name: make([row[i] for row in labels]) for i, name in enumerate(names)} if len(names) > 1 else {}
    digest = sha256("".join((table.sha256, areas.sha256, *data)).encode()).hexdigest()
    says = (
        _map_says(table, areas, stratum, final, strata.names, asked)
        if asked.probabilities and not undecided
        else None
    )
    return Seen(
        None if undecided else make(final), alone, labels if alone else (), undecided, False, {}, digest, says
    )


def _map_says(
    table: files.Rows,
    areas: files.Rows,
    stratum: Sequence[str],
    final: Sequence[str],
    names: Sequence[str],
    asked: Asked,
) -> MapSays:
    """Probabilities joined to the points by number. A stratum the model was not asked in (no mean) counts as told nothing: 0."""
    assert asked.probabilities is not None
    given = files.rows(asked.probabilities)
    classes = tuple(c.removeprefix("p_") for c in given.head if c.startswith("p_"))
    lacking = [c for c in classes if f"mean_{c}" not in areas.head]
    if not classes or lacking:
        raise BadRequest(
            f"{asked.probabilities} needs a column p_CLASS for each class of the map, and {asked.strata} its mean over the land, "
            f"mean_CLASS. {'Missing there: mean_' + lacking[0] + '.' if lacking else 'It has: ' + ', '.join(given.head) + '.'} "
            "`vereda classify predict --points` writes the one, and strata.csv is the other."
        )
    held = {point: row for point, (_, row) in zip(files.once(given), given.rows, strict=True)}
    points = files.once(table)
    missing = [p for p in points if p not in held]
    if missing:
        raise BadDesign(
            f"{asked.probabilities} says nothing of {len(missing)} of {len(points)} points, the first is {missing[0]}."
        )
    mean = np.array([[_share(areas, line, row, f"mean_{c}") for c in classes] for line, row in areas.rows])
    at = np.array([[_share(given, 0, held[p], f"p_{c}") for c in classes] for p in points])
    order = {name: h for h, name in enumerate(names)}
    index = np.array([order[s] for s in stratum])
    for h, name in enumerate(names):  # both told, or both not
        told, silent = np.isfinite(at[index == h]).all(), np.isnan(at[index == h]).all()
        if not (told and np.isfinite(mean[h]).all()) and not (silent and np.isnan(mean[h]).all()):
            raise BadDesign(
                f"Stratum {name}: the map has a probability for some of its points or of its land and not for others. The help of a "
                "map must be known for all of a stratum: estimate without --probabilities."
            )
    return MapSays(classes, index, tuple(final), np.nan_to_num(at), np.nan_to_num(mean))


def _share(table: files.Rows, line: int, row: Mapping[str, str], name: str) -> float:
    """A probability; nan where the cell is empty."""
    if not row[name]:
        return float("nan")
    try:
        value = float(row[name])
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        where = f", line {line}" if line else f", point {row.get('point', '?')}"
        raise BadDesign(f"{table.path}{where}: {name} is {row[name]!r}. A probability is between 0 and 1.")
    return value


def _labels(table: files.Rows, asked: Asked) -> tuple[list[str], list[list[str]], list[str]]:
    """Interpreters, their labels (one row a point), and hashes of the files they are from."""
    if asked.labels and list(asked.reference) != ["reference"]:
        raise BadRequest(
            "Labels are either in columns (--reference) or in files (--labels); say one of the two."
        )
    if asked.question is not None and not asked.labels:
        raise BadRequest("--question is about a file of Collect Earth: name it with --labels.")
    if not asked.labels:
        columns = [table.column(name) for name in asked.reference]
        return list(asked.reference), [list(row) for row in zip(*columns, strict=True)], []
    given: dict[str, dict[str, str]] = {}
    for path in asked.labels:
        for name, said in files.labels(path, asked.question).items():
            if name in given:
                raise BadRequest(
                    f"Two files of labels are from {name!r}. Give each interpreter's file its own name."
                )
            given[name] = said
    digests = [sha256(path.read_bytes()).hexdigest() for path in asked.labels]
    return list(given), files.joined(table, given), digests


def _one_spelling(table: files.Rows, labels: list[list[str]], names: list[str]) -> None:
    """Two classes that differ by capitals alone are a slip of the pen, and would split an area in two."""
    mapped = table.column(files.MAP) if files.MAP in table.head else []
    first: dict[str, str] = {label.casefold(): label for label in reversed(mapped)}
    for (line, _), row in zip(table.rows, labels, strict=True):
        for name, label in zip(names, row, strict=True):
            if first.setdefault(label.casefold(), label) != label:
                raise BadDesign(
                    f"{table.path}, line {line}: {name} says {label!r}; elsewhere it is {first[label.casefold()]!r}. Write a class one "
                    "way."
                )


def _decided(table: files.Rows, asked: Asked, labels: list[list[str]]) -> list[str]:
    """The label of each point: the column of decisions first, else what more than half say, else ""."""
    found = agreement.together(labels)
    if asked.decided is None:
        return found
    table.must_have(asked.decided)
    return [row[asked.decided] or said for (_, row), said in zip(table.rows, found, strict=True)]
