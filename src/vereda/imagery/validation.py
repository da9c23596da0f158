"""How well labels are told where a classifier has not been: four ways of leaving out, side by side.

Model selection, not map accuracy: labelled series are not a probability sample of the land, so no number here says
how right a map is (Wadoux et al. 2021, Ecological Modelling 457, 109692). What does is `vereda area estimate`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.imagery.classify import _probabilities, trained
from vereda.imagery.features import Recipe, features
from vereda.imagery.samples import Samples

Values = NDArray[np.float32]
Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
WAYS = ("random", "place", "block", "year")


@dataclass(frozen=True, slots=True)
class Score:
    """Of one way of leaving out. overall, macro_f1, kappa (s,) for each seed; groups and folds that were left out.

    unseen: held-out series whose class had no series left to learn from, a mean over seeds: they cannot be told, and
    the score is then none of transfer. by_class: share of a class that is found, and share that is right when it is said.
    proba (n, k): held-out probabilities of the first seed; rows: the series behind them, gaps not too long.
    """

    way: str
    folds: int
    groups: int
    overall: Array
    macro_f1: Array
    kappa: Array
    unseen: float
    by_class: dict[str, tuple[float, float]]
    counts: dict[str, int]
    proba: Values
    rows: NDArray[np.bool_]


def validate(
    samples: Samples,
    kind: str,
    recipe: Recipe,
    side: float,
    folds: int = 5,
    seeds: Sequence[int] = (0,),
    ways: Sequence[str] = WAYS,
) -> dict[str, Score | str]:
    """A score for each way, or a sentence on why there is none. side: of a block, in the unit of x and y."""
    wrong = [way for way in ways if way not in WAYS]
    if wrong:
        raise BadRequest(f"No way {wrong[0]!r} of leaving out. There are: {', '.join(WAYS)}.")
    if folds < 2 or not side > 0:
        raise BadRequest("Two folds or more are needed, and blocks with a side above zero.")
    made = _features(samples, recipe)
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(made).all(axis=1))
    kept = samples.take(whole)
    if len(kept.classes) < 2:
        raise BadDesign(
            f"Gaps longer than {recipe.gap} steps leave fewer than two classes. Allow longer gaps, or use longer steps."
        )
    found: dict[str, Score | str] = {}
    for way in ways:
        group = groups(kept, way, side)
        if group is not None and len(np.unique(group)) < 2:
            found[way] = f"one_{way}"
            continue
        found[way] = _score(kept, made[whole], kind, way, group, folds, seeds, whole)
    return found


def groups(samples: Samples, way: str, side: float) -> Numbers | None:
    """(n,) number of what is left out together; None where each series stands alone."""
    if way == "random":
        return None
    if way == "place":
        return samples.place
    if way == "year":
        return samples.year
    corner = np.floor(np.column_stack([samples.x, samples.y]) / side).astype(np.int64)
    return np.unique(corner, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def deal(label: NDArray[np.str_], group: Numbers | None, folds: int, seed: int) -> Numbers:
    """(n,) the fold of each: classes dealt out evenly, or groups in random order, each to the fold with fewest series."""
    rng = np.random.default_rng(seed)
    fold = np.zeros(len(label), dtype=np.int64)
    if group is None:
        start = 0
        for c in np.unique(label):
            rows = rng.permutation(np.flatnonzero(label == c))
            fold[rows] = (start + np.arange(len(rows))) % folds
            start += len(rows)
        return fold
    names, counts = np.unique(group, return_counts=True)
    held = np.zeros(min(folds, len(names)))
    for i in rng.permutation(len(names)):
        to = int(held.argmin())
        fold[group == names[i]] = to
        held[to] += counts[i]
    return fold


def _features(samples: Samples, recipe: Recipe) -> Values:
    """Features of each series, in the days of its own."""
    days, which = np.unique(samples.dates - samples.dates[:, :1], axis=0, return_inverse=True)
    made = [
        features(samples.values[which.ravel() == i], samples.dates[which.ravel() == i][0], recipe).values
        for i in range(len(days))
    ]
    out = np.empty((len(samples.label), made[0].shape[1]), dtype=np.float32)
    for i, part in enumerate(made):
        out[which.ravel() == i] = part
    return out


def _score(
    samples: Samples,
    x: Values,
    kind: str,
    way: str,
    group: Numbers | None,
    folds: int,
    seeds: Sequence[int],
    whole: NDArray[np.bool_],
) -> Score:
    classes = samples.classes
    truth = np.searchsorted(classes, samples.label)
    runs = []
    for seed in seeds:
        fold = deal(samples.label, group, folds, seed)
        runs.append(held_out(x, samples.label, classes, fold, kind, seed))
    matrices = [_matrix(truth, proba.argmax(axis=1), len(classes)) for proba, _ in runs]
    mean = np.mean(matrices, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = np.diag(mean) / mean.sum(axis=1), np.diag(mean) / mean.sum(axis=0)
    return Score(
        way, int(fold.max()) + 1, len(truth) if group is None else len(np.unique(group)),
        np.array([np.trace(m) / m.sum() for m in matrices]), np.array([_macro_f1(m) for m in matrices]),
        np.array([_kappa(m) for m in matrices]), float(np.mean([unseen for _, unseen in runs])),
        {c: (float(recall[k]), float(precision[k])) for k, c in enumerate(classes)},
        {c: int((samples.label == c).sum()) for c in classes}, runs[0][0], whole,
    )  # fmt: skip


def held_out(
    x: Values, label: NDArray[np.str_], classes: Sequence[str], fold: Numbers, kind: str, seed: int
) -> tuple[Values, int]:
    """(n, k) probabilities of each series by a model that has not seen its fold, and how many had no class to be told by."""
    proba = np.zeros((len(label), len(classes)), dtype=np.float32)
    unseen = 0
    for f in np.unique(fold):
        out = fold == f
        there = sorted({str(c) for c in label[~out]})
        unseen += int((~np.isin(label[out], there)).sum())
        columns = np.searchsorted(classes, there)
        if len(there) == 1:
            proba[np.ix_(out, columns)] = 1.0
            continue
        estimator = trained(kind, x[~out], label[~out], seed)
        proba[np.ix_(out, columns)] = _probabilities(estimator, x[out], kind)
    return proba, unseen


def _matrix(truth: Numbers, said: Numbers, k: int) -> Array:
    made = np.zeros((k, k))
    np.add.at(made, (truth, said), 1)
    return made


def _macro_f1(m: Array) -> float:
    """Mean over classes of 2 TP / (2 TP + FP + FN); a class nobody has and nobody says counts as none."""
    both = m.sum(axis=0) + m.sum(axis=1)
    return float((2 * np.diag(m)[both > 0] / both[both > 0]).mean())


def _kappa(m: Array) -> float:
    n = m.sum()
    chance = float(m.sum(axis=0) @ m.sum(axis=1)) / n**2
    return float((np.trace(m) / n - chance) / (1 - chance)) if chance < 1 else float("nan")
