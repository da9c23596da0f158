"""`vereda area estimate`: areas with their errors, accuracies and agreement, for people and as JSON."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.measurement.area import accuracy, agreement, assisted, intervals, stratified
from vereda.measurement.area.sample import Sample
from vereda.pipeline import area_files as files
from vereda.pipeline.area_seen import Asked, MapSays, Seen, of_counts, of_points
from vereda.pipeline.area_shown import shown
from vereda.pipeline.area_words import Voice
from vereda.pipeline.reply import Reply

DESIGNS = ("stratified", "simple")


def estimate(asked: Asked) -> Reply:
    """Areas, accuracies and agreement, for people and as JSON; see docs/methods/area.md."""
    if asked.design not in DESIGNS:
        raise BadRequest(f"No design {asked.design!r}. There are: {', '.join(DESIGNS)}.")
    if asked.interval not in intervals.KINDS:
        raise BadRequest(f"No interval {asked.interval!r}. There are: {', '.join(intervals.KINDS)}.")
    table = files.rows(asked.file)
    seen = of_counts(table, asked) if asked.strata is None else of_points(table, asked)
    told = _told(seen, asked)
    return Reply(tuple(shown(told, Voice(asked.lang))), told)


def _told(seen: Seen, asked: Asked) -> dict[str, Any]:
    one = seen.sample or next(iter(seen.by_interpreter.values()))
    strata = one.strata
    told = {
        "estimator": "stratified" if asked.design == "stratified" else "post_stratified",
        "design": asked.design,
        "definition": asked.definition,
        "unit": strata.unit,
        "total": strata.total,
        "level": asked.level,
        "z": intervals.z(asked.level),
        "interval": asked.interval,
        "strata": [
            {"stratum": name, "area": a, "weight": w, "points": n}
            for name, a, w, n in zip(
                strata.names, strata.area.tolist(), strata.weight.tolist(), one.n.tolist(), strict=True
            )
        ],
        "areas": _areas(seen.sample, seen.map_of, asked) if seen.sample else [],
        "helped": _helped(seen.sample, seen.map_says, asked) if seen.sample and seen.map_says else [],
        "accuracy": _accuracy(seen.sample, asked),
        "same_map": seen.same_map,
        "agreement": _agreement(list(seen.by_interpreter), seen.labels, asked.level),
        "by_interpreter": {n: _areas(s, {}, asked) for n, s in seen.by_interpreter.items()},
        "undecided": seen.undecided,
        "points": int(one.n.sum()),
        "data": seen.data,
        "seed": asked.seed,
        "version": __version__,
    }
    cleaned: dict[str, Any] = plain(told)
    return cleaned


def _areas(made: Sample, map_of: Mapping[str, str], asked: Asked) -> list[dict[str, Any]]:
    found = stratified.areas(made) if asked.design == "stratified" else stratified.post_stratified(made)
    over = None if asked.design == "stratified" else stratified.post_stratified(made, conditional=False)
    if asked.cls is not None and asked.cls not in made.classes:
        raise BadRequest(f"No class {asked.cls!r} in the sample. There are: {', '.join(made.classes)}.")
    chosen = [k for k, name in enumerate(made.classes) if asked.cls in (None, name)]
    told = [_area(made, found, k, map_of, asked) for k in chosen]
    if over is not None:
        told = [t | {"se_unconditional": float(over.area_se[k])} for t, k in zip(told, chosen, strict=True)]
    return told


def _helped(made: Sample, says: MapSays, asked: Asked) -> list[dict[str, Any]]:
    """Areas with the help of the map's probabilities: the difference estimator, lambda by least variance, Wald's interval."""
    total, z = made.strata.total, intervals.z(asked.level)
    told = []
    for k, name in enumerate(says.classes):
        if asked.cls not in (None, name):
            continue
        y = np.array([float(label == name) for label in says.label])
        found = assisted.difference(y, says.at[:, k], says.mean[:, k], made.strata.weight, says.stratum)
        hits = np.bincount(says.stratum[y > 0], minlength=len(made.n))
        few = intervals.few(made.strata.names, made.strata.weight, hits, made.n, asked.level)
        ends = (max(0.0, found.mean - z * found.se) * total, min(1.0, found.mean + z * found.se) * total)
        told.append({
            "class": name, "area": found.mean * total, "se": found.se * total, "power": found.power,
            # Where hits or misses are few a Wald interval does not hold, and none is given.
            "low": None if few else ends[0], "high": None if few else ends[1],
            "worth": found.worth if found.se > 0 else None, "map_alone": found.map_alone * total,
        })  # fmt: skip
    return told


def _area(
    made: Sample, found: stratified.Areas, k: int, map_of: Mapping[str, str], asked: Asked
) -> dict[str, Any]:
    strata, hits = made.strata, made.reference[:, k]
    limits = {
        kind: intervals.limits(kind, strata.weight, hits, made.n, asked.level, asked.seed)
        for kind in intervals.KINDS
    }
    few = intervals.few(strata.names, strata.weight, hits, made.n, asked.level)
    chosen = limits[asked.interval]  # type: ignore[index]
    mapped = [
        a
        for name, a in zip(strata.names, strata.area.tolist(), strict=True)
        if map_of.get(name) == found.classes[k]
    ]
    return {
        "class": found.classes[k],
        "area": float(found.area[k]),
        "se": float(found.area_se[k]),
        "low": chosen.low * found.total,
        "high": chosen.high * found.total,
        "share": float(found.share[k]),
        "mapped": sum(mapped) if mapped else None,
        "intervals": {kind: [x.low * found.total, x.high * found.total] for kind, x in limits.items()},
        "few": [
            {
                "stratum": f.stratum,
                "hits": f.hits,
                "points": f.n,
                "side": f.side,
                "hides": f.hides * found.total,
            }
            for f in few
        ],
    }


def _accuracy(made: Sample | None, asked: Asked) -> dict[str, Any] | None:
    if made is None or made.map_classes == ("",):
        return None
    found = accuracy.accuracy(made)
    ends = accuracy.ends(made, asked.level, asked.seed)
    return {
        "overall": found.overall,
        "overall_se": found.overall_se,
        "classes": [
            {
                "class": name, "user": found.user[k], "user_se": found.user_se[k], "producer": found.producer[k],
                "producer_se": found.producer_se[k], "user_low": ends.low[k, 0], "user_high": ends.high[k, 0],
                "producer_low": ends.low[k, 1], "producer_high": ends.high[k, 1],
            }
            for k, name in enumerate(found.classes)
        ],
        "matrix": found.matrix.tolist(),
    }  # fmt: skip


def _agreement(names: list[str], labels: Sequence[Sequence[str]], level: float) -> list[dict[str, Any]]:
    """Each pair, and all together where there are more than two."""
    pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    told = []
    for i, j in pairs:
        first, second = [row[i] for row in labels], [row[j] for row in labels]
        told.append(
            _kappa(
                (names[i], names[j]),
                lambda a=first, b=second, n=(names[i], names[j]): agreement.cohen(a, b, n, level),
            )
        )
    if len(names) > 2:
        told.append(_kappa(tuple(names), lambda: agreement.fleiss(labels, tuple(names), level)))
    return told


def _kappa(names: tuple[str, ...], compute: Any) -> dict[str, Any]:
    try:
        k: agreement.Kappa = compute()
    except BadDesign as fault:
        return {"interpreters": list(names), "kappa": None, "why_not": str(fault)}
    return {
        "interpreters": list(names), "kappa": k.value, "se": k.se, "low": k.low, "high": k.high,
        "observed": k.observed, "chance": k.chance, "points": k.n,
    }  # fmt: skip


def plain(value: Any) -> Any:
    """Only what JSON knows; a number that is not finite is null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value
