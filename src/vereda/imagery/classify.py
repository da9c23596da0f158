"""Random Forest, SVM and LightGBM behind one small interface: fit, predict_proba, meta.

A model is kept as what it was trained on and how, and is fitted again when it is opened: the file holds numbers and no
code, and the same bytes give the same model on the same releases of the packages. It holds no place.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign, BadRequest
from vereda.imagery.envelope import Envelope, envelope
from vereda.imagery.extra import package
from vereda.imagery.features import Recipe, features
from vereda.imagery.layout import Days, Layout, Season, agree
from vereda.imagery.samples import Samples
from vereda.imagery.trees import Forest, of_lightgbm, of_random_forest

Values = NDArray[np.float32]
KINDS = ("random-forest", "svm", "lightgbm")
#: Settings of each; a default to begin with, not a ranking (docs/methods/classification.md).
TREES, ROUNDS, SVM_COST = 300, 150, 10.0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a model knows: series (n, t, b), label (n,), number of the place (n,), days (t,) of the first series, season,
    and the SHA-256 of the samples with their places."""

    values: Values
    label: NDArray[np.str_]
    place: NDArray[np.int64]
    days: Days
    season: Season
    footprint: str


@dataclass(frozen=True, slots=True)
class Meta:
    """bands, days of the season, classes, footprint of training, and how it was fitted."""

    kind: str
    season: Season
    classes: tuple[str, ...]
    footprint: str
    recipe: Recipe
    seed: int
    trained: int
    left_out: int
    packages: tuple[str, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model. Made by `fit`. trees: its trees made ready, which give what the package gives, sooner; None where
    it has none."""

    learnt: Learnt
    kind: str
    recipe: Recipe
    seed: int
    classes: tuple[str, ...]
    left_out: int
    envelope: Envelope
    estimator: Any
    trees: Forest | None = None

    def predict_proba(self, x: Values, given: Layout, what: str = "The cube") -> Values:
        """(n, k) probability of each class for series x (n, t, b); nan where a gap is too long.

        BadDesign where bands or dates are not those the model was trained on.
        """
        agree(self.learnt.season, given, what)
        return self.of_features(self.features(x, given))

    def features(self, x: Values, given: Layout) -> Values:
        """(n, f) what the model reads of series x."""
        days = np.array(given.dates, dtype="datetime64[D]")
        return features(x, days, self.recipe).values

    def of_features(self, made: Values) -> Values:
        """The same, from features (n, f)."""
        whole = np.isfinite(made).all(axis=1)
        found = np.full((len(made), len(self.classes)), np.nan, dtype=np.float32)
        if whole.any():
            x = made if whole.all() else made[whole]
            found[whole] = (
                _of_trees(self.trees, x, self.kind, self.estimator)
                if self.trees
                else _probabilities(self.estimator, x, self.kind)
            )
        return found

    def meta(self) -> Meta:
        """What has to be said of it."""
        return Meta(
            self.kind, self.learnt.season, self.classes, self.learnt.footprint, self.recipe, self.seed,
            len(self.learnt.label) - self.left_out, self.left_out, _packages(self.kind),
            sha256(f"{self.learnt.footprint}|{self.kind}|{self.recipe}|{self.seed}".encode()).hexdigest(),
        )  # fmt: skip


def learnt(samples: Samples) -> Learnt:
    """What a model may keep of samples: no coordinates."""
    return Learnt(
        samples.values, samples.label, samples.place, samples.dates[0], samples.season, samples.footprint
    )


def fit(known: Learnt, kind: str, recipe: Recipe, seed: int = 0) -> Model:
    """A model from labelled series. BadRequest for a kind there is not; BadDesign where gaps leave a class empty."""
    made = features(known.values, known.days, recipe)
    classes = tuple(sorted({str(c) for c in known.label}))
    left = set(classes) - {str(c) for c in known.label[made.whole]}
    if left:
        raise BadDesign(
            f"No series of {', '.join(sorted(left))} is left: all have gaps longer than {recipe.gap} steps. Allow longer gaps, "
            "or use fewer, longer steps."
        )
    x, y = made.values[made.whole], known.label[made.whole]
    estimator = trained(kind, x, y, seed)
    return Model(
        known, kind, recipe, seed, classes, int((~made.whole).sum()), envelope(x, known.place[made.whole], seed), estimator,
        _trees(kind, estimator, len(classes)),
    )  # fmt: skip


def trained(kind: str, x: Values, y: NDArray[np.str_], seed: int) -> Any:
    """A fitted estimator of scikit-learn's interface, on one thread: many threads belong to whoever calls."""
    if kind not in KINDS:
        raise BadRequest(f"No classifier {kind!r}. There are: {', '.join(KINDS)}.")
    if kind == "random-forest":
        made = package("sklearn.ensemble").RandomForestClassifier(TREES, random_state=seed, n_jobs=1)
    elif kind == "lightgbm":
        made = package("lightgbm").LGBMClassifier(
            n_estimators=ROUNDS, random_state=seed, n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1
        )  # fmt: skip
    else:
        made = _svm(int(np.unique(y, return_counts=True)[1].min()))
    return made.fit(x, y)


def _svm(least: int) -> Any:
    """Radial kernel on standardised features; probabilities by a sigmoid fitted across folds (Platt 1999)."""
    scaled = package("sklearn.pipeline").make_pipeline(
        package("sklearn.preprocessing").StandardScaler(), package("sklearn.svm").SVC(C=SVM_COST)
    )
    if least < 2:
        raise BadDesign(
            "SVM needs two series of each class for its probabilities; take another classifier here."
        )
    return package("sklearn.calibration").CalibratedClassifierCV(scaled, ensemble=False, cv=min(5, least))


def _probabilities(estimator: Any, x: Values, kind: str) -> Values:
    if kind == "lightgbm":  # its scikit-learn face warns of names that a plain array has not
        found = estimator.booster_.predict(x, num_threads=1)
        return np.asarray(
            np.column_stack([1 - found, found]) if np.ndim(found) == 1 else found, dtype=np.float32
        )
    return np.asarray(estimator.predict_proba(x), dtype=np.float32)


def _trees(kind: str, estimator: Any, classes: int) -> Forest | None:
    if kind == "random-forest":
        return of_random_forest(estimator)
    made = of_lightgbm(estimator.booster_) if kind == "lightgbm" else None
    return made if made and made.columns == (1 if classes == 2 else classes) else None


def _of_trees(trees: Forest, x: Values, kind: str, estimator: Any) -> Values:
    """Probabilities from sums over trees: their mean, or the logistic of a score, or of several (softmax)."""
    sums = trees.sums(x)
    if kind == "random-forest":
        return np.asarray(sums / len(estimator.estimators_), dtype=np.float32)
    if trees.columns == 1:
        one = 1 / (1 + np.exp(-sums[:, 0]))
        return np.asarray(np.column_stack([1 - one, one]), dtype=np.float32)
    np.exp(sums - sums.max(axis=1, keepdims=True), out=sums)
    return np.asarray(sums / sums.sum(axis=1, keepdims=True), dtype=np.float32)


def _packages(kind: str) -> tuple[str, ...]:
    names = ("sklearn", "lightgbm") if kind == "lightgbm" else ("sklearn",)
    return tuple(f"{name} {package(name).__version__}" for name in names)
