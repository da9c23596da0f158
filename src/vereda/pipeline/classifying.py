"""`vereda classify`: a model from labelled series, how well it tells them apart, and strata of a cube."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.imagery import blocks, cells, classify, layout, masking, predict, quality, validation
from vereda.imagery.features import Recipe
from vereda.imagery.samples import Samples
from vereda.measurement.area import drawing
from vereda.pipeline import area_files
from vereda.pipeline import training_files as files
from vereda.pipeline.classify_shown import fitted, predicted, step_words, validated
from vereda.pipeline.imagery_words import Language, Voice
from vereda.pipeline.measuring_area import plain
from vereda.pipeline.reply import Reply
from vereda.publication.land_map import land_map
from vereda.store import cubes, maps, write_files

HECTARE = 10_000.0  # m2
METRES = 0.5  # a pixel smaller than this is in degrees


@dataclass(frozen=True, slots=True)
class Asked:
    """What `vereda classify` was asked; names as its options."""

    file: Path
    cube: Path | None = None
    fitted: Path | None = None
    bands: tuple[str, ...] = ()
    model: str = "random-forest"
    features: str = "raw"
    smooth: float = 0.0
    gap: int = 4
    seed: int = 0
    seeds: int = 1
    folds: int = 5
    side: float | None = None
    steps: int | None = None
    out: Path | None = None
    mask: str | None = None
    first: str | None = None
    last: str | None = None
    cell: float = cells.LEAST
    survey: Path | None = None
    points: Path | None = None
    workers: int = 1
    cluster: str | None = None
    lang: Language = "en"


def fit(asked: Asked) -> Reply:
    """Fit a model and write it."""
    assert asked.out is not None
    if asked.out.exists():
        raise BadRequest(f"{asked.out} is there already. Remove it, or give the model another name.")
    known = files.labelled(asked.file, asked.cube, asked.bands, asked.steps)
    made = classify.fit(classify.learnt(known), asked.model, _recipe(asked), asked.seed)
    write_files(asked.out.parent, {asked.out.name: files.model_bytes(made)})
    told = model_told(made) | {"path": str(asked.out), "series": len(known.label), "version": __version__}
    return Reply(tuple(fitted(told, Voice(asked.lang))), plain(told))


def model_told(made: classify.Model) -> dict[str, Any]:
    """What has to be said of a model."""
    meta = made.meta()
    return {
        "kind": meta.kind, "bands": list(meta.season.bands), "days": [list(d) for d in meta.season.day],
        "classes": list(meta.classes), "footprint": meta.footprint, "features": meta.recipe.kind,
        "smooth": meta.recipe.smooth, "gap": meta.recipe.gap, "seed": meta.seed, "trained": meta.trained,
        "left_out": meta.left_out, "packages": list(meta.packages), "model": meta.hash,
    }  # fmt: skip


def validate(asked: Asked) -> Reply:
    """Four ways of leaving out, side by side, and the faults of the labelled series."""
    known = files.labelled(asked.file, asked.cube, asked.bands, asked.steps)
    told = validation_told(known, asked)
    return Reply(tuple(validated(told, Voice(asked.lang))), told)


def validation_told(known: Samples, asked: Asked) -> dict[str, Any]:
    """The same as JSON."""
    if asked.side is None:
        raise BadRequest(
            "Say how large a block is with --block, in the unit of the coordinates: 1 is a degree."
        )
    if asked.seeds < 1:
        raise BadRequest("One seed or more is needed.")
    seeds = range(asked.seed, asked.seed + asked.seeds)
    scores = validation.validate(known, asked.model, _recipe(asked), asked.side, asked.folds, seeds)
    by_place = scores["place"]
    faults = None
    whole = np.asarray([True] * len(known.label)) if isinstance(by_place, str) else by_place.rows
    if not isinstance(by_place, str):
        kept = known.take(whole)
        block = validation.groups(kept, "block", asked.side)
        assert block is not None
        faults = _quality(quality.quality(kept, block, by_place.proba), np.flatnonzero(whole) + 1)
    told = {
        "kind": asked.model, "label": "model selection, not map accuracy", "series": len(known.label),
        "left_out": int((~whole).sum()), "gap": asked.gap, "classes": list(known.classes), "side": asked.side,
        "seeds": list(seeds), "scores": {way: s if isinstance(s, str) else _told(s) for way, s in scores.items()},
        "quality": faults, "footprint": known.footprint, "version": __version__,
    }  # fmt: skip
    cleaned: dict[str, Any] = plain(told)
    return cleaned


def _told(s: validation.Score) -> dict[str, Any]:
    return {
        "folds": s.folds, "groups": s.groups, "overall": float(s.overall.mean()), "overall_by_seed": s.overall.tolist(),
        "macro_f1": float(s.macro_f1.mean()), "kappa": float(s.kappa.mean()), "unseen": s.unseen,
        "classes": [{"class": c, "series": s.counts[c], "found": r, "right": p} for c, (r, p) in s.by_class.items()],
    }  # fmt: skip


def _quality(q: quality.Quality, row: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "series": q.series, "places": q.places, "most_at_a_place": q.most_at_a_place,
        "conflicts": [int(row[i - 1]) for i in q.conflicts], "twins": [int(row[i - 1]) for i in q.twins],
        "suspects": [{"series": int(row[i - 1]), "looks_like": c} for i, c in q.suspects],
        "one_year": q.one_year, "one_block": list(q.one_block),
    }  # fmt: skip


# Prediction ------------------------------------------------------------------------------------------------------


def run(asked: Asked) -> Reply:
    """Strata of a cube, a picture of shares by cell; a map of pixels only for the survey."""
    assert asked.out is not None
    assert asked.fitted is not None
    made, then = files.model_of(asked.fitted)
    cube = cubes.opened(asked.file)
    rule = masking.rule(asked.mask) if asked.mask else None
    at = _points(asked.points, cube, len(made.classes)) if asked.points else None
    told, share = of_cube(made, cube, rule, asked, at)
    told["packages_then"] = then
    say = Voice(asked.lang)
    written = documents(told, share, say)
    if at is not None:
        written["probabilities.csv"] = at.table(made.classes)
        other = at.elsewhere(predict.names(made.classes))
        told["points"] = {"all": len(at.id), "elsewhere": len(other)}
    write_files(asked.out, written)
    told |= {"files": sorted(written), "folder": str(asked.out)}
    return Reply(tuple(predicted(told, say)), plain(told))


def of_cube(
    made: classify.Model, cube: cubes.Cube, rule: masking.Rule | None, asked: Asked, at: "_At | None" = None
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """What is mapped, by stratum, and shares by cell, of each class and of land the model does not know. Two blocks a worker in memory."""
    given, steps = window(cube, asked)
    layout.agree(made.learnt.season, given, str(cube.path))
    pixel = abs(cube.told["transform"][1])
    if pixel < METRES:
        raise BadDesign(
            f"{cube.path} is in degrees, and its pixels have no area. Build it with --crs in metres."
        )
    tally, names = predict.Tally(made.classes), predict.names(made.classes)
    grid = cells.cells(cube.told["rows"], cube.told["columns"], pixel, len(names), asked.cell)
    parts = _blocks(_Work(made, cube, given, steps, rule), asked, tally, grid, at)
    if asked.survey is not None:
        maps.write_map(asked.survey, cube.told, parts)
    else:
        for _ in parts:
            pass
    area = pixel * abs(cube.told["transform"][5]) / HECTARE
    shares = grid.share[..., : len(made.classes) + 1]
    omitted = _omitted(rule, made) if rule else {}
    return {
        "cube": cubes.digest(cube), "scenes": dict(cube.told["scenes"]), "dates": list(given.dates),
        "pixels": int(tally.pixels.sum()), "pixel_area": area, "cell": grid.side, "mask": asked.mask, "omitted": omitted,
        "survey": str(asked.survey) if asked.survey else None, "version": __version__,
        "strata": [
            {"stratum": n, "pixels": int(tally.pixels[i]), "area": float(tally.pixels[i] * area),
             "share": float(tally.pixels[i] / tally.pixels.sum()),
             "probability": dict(zip(made.classes, (tally.total[i] / max(1, tally.known[i])).tolist(), strict=True)) if tally.known[i] else None}
            for i, n in enumerate(names) if tally.pixels[i]
        ],
        **model_told(made),
    }, shares  # fmt: skip


def window(cube: cubes.Cube, asked: Asked) -> tuple[layout.Layout, list[int]]:
    """The dates of a cube between --from and --to (not including)."""
    dates = cube.told["dates"]
    low, high = (_day(d) for d in (asked.first, asked.last))
    steps = [i for i, d in enumerate(dates) if (low is None or d >= low) and (high is None or d < high)]
    if not steps:
        raise BadRequest(
            f"{cube.path} has no date between {low} and {high}; it has {dates[0]} to {dates[-1]}."
        )
    return layout.Layout(tuple(cube.told["bands"]), tuple(dates[i] for i in steps)), steps


def _blocks(
    work: "_Work", asked: Asked, tally: predict.Tally, grid: cells.Cells, at: "_At | None"
) -> Iterator[tuple[tuple[int, int, int, int], NDArray[np.int8]]]:
    told, every = work.cube.told, work.cube.blocks()
    with ExitStack() as until:
        if asked.cluster is None:
            parts = blocks.in_order(_found, work, every, asked.workers)
        else:
            client = until.enter_context(blocks.cluster(asked.cluster, asked.workers))
            parts = blocks.on_workers(_found, work, every, client)
        for block, found in zip(every, until.enter_context(closing(parts)), strict=True):
            top, bottom, left, right = cubes.edges(told, block)
            tally.add(found)
            grid.add(found.stratum, top, left)
            if at is not None:
                at.add(found, top, left)
            yield (top, bottom, left, right), found.stratum


@dataclass(frozen=True, slots=True)
class _Work:
    """What a worker needs for any block."""

    made: classify.Model
    cube: cubes.Cube
    given: layout.Layout
    steps: Sequence[int]
    rule: masking.Rule | None


def _found(work: _Work, block: tuple[int, int]) -> predict.Block:
    """One block, whoever works on it."""
    values = work.cube.read(block)
    if len(work.steps) < len(values):
        values = values[list(work.steps)]
    return predict.predict(work.made, values, work.given, work.rule)


@dataclass(slots=True)
class _At:
    """Points of a survey: id (n,), row and column (n,) on the cube, the stratum that the survey gives each, and what the model
    says there, proba (n, k) and its own stratum, mapped (n,), -1 before the block is read."""

    id: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    stratum: Sequence[str]
    proba: NDArray[np.float64]
    mapped: NDArray[np.int64]

    def add(self, found: predict.Block, top: int, left: int) -> None:
        """Take the points of a block."""
        row, column = self.row - top, self.column - left
        rows, columns = found.stratum.shape
        here = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        self.proba[here] = found.proba[row[here], column[here]]
        self.mapped[here] = found.stratum[row[here], column[here]]

    def elsewhere(self, names: Sequence[str]) -> list[int]:
        """Points, by their place in the table, whose survey names a stratum of this map that the map does not have there."""
        return [
            i
            for i, (s, n) in enumerate(zip(self.stratum, self.mapped, strict=True))
            if s in names and names[n] != s
        ]

    def table(self, classes: Sequence[str]) -> str:
        """Point and probability of each class, for `vereda area estimate --probabilities`; empty where it was not asked."""
        rows = [
            [int(i), *("" if np.isnan(v) else round(float(v), 6) for v in told)]
            for i, told in zip(self.id, self.proba, strict=True)
        ]
        return drawing.table(("point", *(f"p_{c}" for c in classes)), rows)


def _points(path: Path, cube: cubes.Cube, classes: int) -> _At:
    """The points of a survey whose map was drawn on this cube: their numbers say where they are on it."""
    table = area_files.rows(path)
    number = table.numbers("point")
    area_files.once(table)
    rows, columns = cube.told["rows"], cube.told["columns"]
    for (line, row), n in zip(table.rows, number, strict=True):
        if n != round(n) or not 1 <= n <= rows * columns:
            raise BadDesign(
                f"{path}, line {line}: point {row['point']} is not on {cube.path}, which has {rows * columns} pixels. Points are "
                "numbered by `vereda area design` on the map of --survey."
            )
    where = number.astype(np.int64) - 1
    said = table.column("stratum") if "stratum" in table.head else [""] * len(where)
    unread = np.full((len(where), classes), np.nan), np.full(len(where), -1, dtype=np.int64)
    return _At(where + 1, where // columns, where % columns, said, *unread)


def _omitted(rule: masking.Rule, made: classify.Model) -> dict[str, list[int]]:
    known = made.learnt
    out = rule.leaves_out(known.values, known.season.bands)
    return {c: [int((out & (known.label == c)).sum()), int((known.label == c).sum())] for c in made.classes}


def documents(told: Mapping[str, Any], share: NDArray[np.float64], say: Voice) -> dict[str, str]:
    """strata.csv for `vereda area design`, and a picture."""
    classes = told["classes"]
    head = ("stratum", "area", "pixels", *(f"mean_{c}" for c in classes))
    rows = [
        [s["stratum"], round(s["area"], 4), s["pixels"], *([round(s["probability"][c], 6) for c in classes] if s["probability"] else [""] * len(classes))]
        for s in told["strata"]
    ]  # fmt: skip
    title = say("legend", cell=say.number(told["cell"]))
    return {
        "strata.csv": drawing.table(head, rows),
        "shares.svg": land_map(share, [*classes, say("unlike")], title, say("blank"), step_words(say)),
    }


def _recipe(asked: Asked) -> Recipe:
    return Recipe(asked.features, asked.smooth, asked.gap)


def _day(text: str | None) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadRequest(f"{text!r} is no date. Write 2018-01-31.") from None
