"""Trees of a fitted model as flat arrays, and the sums their own package would give, many pixels at a time.

Decisions are exact. Only the order of a value among the thresholds of its feature matters to a tree: x <= threshold j
if and only if no more than j of the sorted thresholds are below x. So a value becomes that number once, in one or two
bytes, and a node compares small whole numbers. Trees of up to 32 leaves (LightGBM here) are answered by masks of the
leaves that a failed test rules out, without a branch (QuickScorer: Lucchese et al. 2015, SIGIR, 73-82; over many pixels
at once: Ye et al. 2018, KDD, 941-950). Larger ones (forests) are walked, level by level. Sums are taken in double
precision, tree after tree, as the packages take them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
LEAVES = 32  # of a tree that a mask of bits holds
#: 32-bit de Bruijn sequence: times a single bit, its top five bits number the bit (Leiserson, Prokop & Randall 1998).
BRUIJN = 0x077CB531
#: LightGBM reads a value no farther from zero than this as zero (its kZeroThreshold, in single precision).
_ZERO = float(np.float32(1e-35))
_MOST = 65535  # thresholds of a feature, and features, that two bytes number


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree. feature (m,), -1 at a leaf; threshold (m,): left where x <= it; left, right (m,); value (m, c)."""

    feature: Whole
    threshold: Array
    left: Whole
    right: Whole
    value: Array


@dataclass(frozen=True, slots=True)
class Masks:
    """Trees of few leaves. first (trees + 1,): where nodes of each begin; rank, feature, mask by node; value (trees, 32)
    of each leaf, in the order of BRUIJN; column (trees,): the sum that a tree belongs to."""

    first: Whole
    feature: Whole
    rank: NDArray[Any]
    mask: NDArray[np.uint32]
    value: Array
    column: Whole


@dataclass(frozen=True, slots=True)
class Walks:
    """Trees of any size. first (trees,): the root of each; depth (trees,); node: left child, feature and rank in one
    number, a leaf its own left child; value (nodes, c)."""

    first: Whole
    depth: Whole
    node: Whole
    value: Array


@dataclass(frozen=True, slots=True)
class Forest:
    """start (f + 1,), cut: sorted thresholds of each feature; what answers; columns: sums asked for; single: values are
    read in single precision, as forests of scikit-learn do."""

    start: Whole
    cut: Array
    answer: Masks | Walks
    columns: int
    single: bool

    def sums(self, x: NDArray[Any]) -> Array:
        """(n, c) sums over trees of what they say of features x (n, f), all finite."""
        from vereda.imagery import tree_kernels as kernels  # compiled when first needed

        given = np.ascontiguousarray(
            x, dtype=np.float32 if self.single or x.dtype == np.float32 else np.float64
        )
        out, a = np.empty((len(given), self.columns)), self.answer
        if isinstance(a, Masks):
            kernels.by_masks(
                given, self.start, self.cut, a.first, a.feature, a.rank, a.mask, a.value, a.column, out
            )
        else:
            kernels.by_walks(given, self.start, self.cut, a.first, a.depth, a.node, a.value, out)
        return out


def forest(trees: Sequence[Tree], features: int, columns: int, single: bool) -> Forest | None:
    """Trees made ready. A value of one column belongs to sum (number of the tree) mod `columns`. None where there are
    more thresholds than two bytes number."""
    cuts = _cuts(trees, features)
    if max((len(c) for c in cuts), default=0) > _MOST or features > _MOST:
        return None
    start = np.cumsum([0, *(len(c) for c in cuts)])
    cut = np.concatenate([*cuts, np.zeros(0)])
    if columns == 1 or all(t.value.shape[1] == 1 for t in trees):
        few = all((t.feature < 0).sum() <= LEAVES for t in trees)
        if few:
            return Forest(start, cut, _masks(trees, cuts, columns), columns, single)
        trees = [_spread(t, i % columns, columns) for i, t in enumerate(trees)]
    return Forest(start, cut, _walks(trees, cuts), columns, single)


def _cuts(trees: Sequence[Tree], features: int) -> list[Array]:
    feature = np.concatenate([t.feature for t in trees])
    threshold = np.concatenate([t.threshold for t in trees])
    return [np.unique(threshold[feature == f]) for f in range(features)]


def _ranks(tree: Tree, cuts: Sequence[Array]) -> Whole:
    """(m,) number of each node's threshold among those of its feature; 0 at a leaf."""
    return np.array(
        [
            np.searchsorted(cuts[f], t) if f >= 0 else 0
            for f, t in zip(tree.feature, tree.threshold, strict=True)
        ],
        dtype=np.int64,
    )


def _masks(trees: Sequence[Tree], cuts: Sequence[Array], columns: int) -> Masks:
    small = max(len(c) for c in cuts) < 256  # ranks up to 255 beside numbers of thresholds below
    feature, rank, mask, first = [], [], [], [0]
    value = np.zeros((len(trees), LEAVES))
    for i, tree in enumerate(trees):
        under, leaves = _leaves(tree)
        value[i, _place(len(leaves))] = tree.value[leaves, 0]
        ranks = _ranks(tree, cuts)
        for node in np.flatnonzero(tree.feature >= 0):
            low, high = under[int(tree.left[node])]
            feature.append(int(tree.feature[node]))
            rank.append(int(ranks[node]))
            mask.append(0xFFFFFFFF & ~(((1 << (high - low)) - 1) << low))
        first.append(len(feature))
    return Masks(
        np.array(first), np.array(feature, dtype=np.int64), np.array(rank, dtype=np.uint8 if small else np.uint16),
        np.array(mask, dtype=np.uint32), value, np.arange(len(trees)) % columns,
    )  # fmt: skip


def _leaves(tree: Tree) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """For each node the leaves below it, first and past-last, from left to right; and the leaves in that order."""
    under: dict[int, tuple[int, int]] = {}
    order: list[int] = []
    stack = [(0, -1)]
    while stack:
        node, began = stack.pop()
        if began >= 0:
            under[node] = (began, len(order))
        elif tree.feature[node] < 0:
            under[node] = (len(order), len(order) + 1)
            order.append(node)
        else:
            stack += [(node, len(order)), (int(tree.right[node]), -1), (int(tree.left[node]), -1)]
    return under, order


def _place(n: int) -> Whole:
    """(n,) where the value of leaf i stands: the number that BRUIJN gives to bit i."""
    return np.array([((BRUIJN << i) & 0xFFFFFFFF) >> 27 for i in range(n)], dtype=np.int64)


def _walks(trees: Sequence[Tree], cuts: Sequence[Array]) -> Walks:
    first, depth, node, value = [], [], [], []
    begin = 0
    for tree in trees:
        order, deep = _by_level(tree)
        new = np.empty(len(order), dtype=np.int64)
        new[order] = np.arange(len(order)) + begin
        leaf = tree.feature[order] < 0
        child = np.where(leaf, new[order], new[np.where(leaf, 0, tree.left[order])])
        rank = np.where(leaf, _MOST, _ranks(tree, cuts)[order])
        node.append(child << 32 | np.where(leaf, 0, tree.feature[order]) << 16 | rank)
        value.append(tree.value[order])
        first.append(begin)
        depth.append(deep)
        begin += len(order)
    return Walks(np.array(first), np.array(depth), np.concatenate(node), np.concatenate(value))


def _by_level(tree: Tree) -> tuple[Whole, int]:
    """Nodes level by level, a right child after its left one; and how many levels lie below the root."""
    order, level, deep = [0], [0], -1
    while level:
        deep += 1
        level = [int(c) for n in level if tree.feature[n] >= 0 for c in (tree.left[n], tree.right[n])]
        order += level
    return np.array(order), deep


def _spread(tree: Tree, column: int, columns: int) -> Tree:
    value = np.zeros((len(tree.value), columns))
    value[:, column] = tree.value[:, 0]
    return Tree(tree.feature, tree.threshold, tree.left, tree.right, value)


# From the packages ------------------------------------------------------------------------------------------------


def of_random_forest(estimator: Any) -> Forest | None:
    """Of scikit-learn's RandomForestClassifier, one outcome: sums of the trees' probabilities. None where values are
    routed as missing, which series without gaps never are."""
    trees = []
    for one in estimator.estimators_:
        t = one.tree_
        if t.value.shape[1] != 1:
            return None
        feature = np.where(t.children_left < 0, -1, t.feature).astype(np.int64)
        trees.append(
            Tree(
                feature,
                t.threshold,
                t.children_left.astype(np.int64),
                t.children_right.astype(np.int64),
                t.value[:, 0, :],
            )
        )
    return forest(trees, int(estimator.n_features_in_), len(estimator.classes_), single=True)


def of_lightgbm(booster: Any) -> Forest | None:
    """Of a Booster: raw scores. None where it has categories, linear leaves, or its own way with missing values."""
    told = booster.dump_model()
    if told.get("average_output"):
        return None
    trees = [_dumped(t["tree_structure"]) for t in told["tree_info"]]
    if any(t is None for t in trees):
        return None
    made = [t for t in trees if t is not None]
    return forest(made, int(told["max_feature_idx"]) + 1, int(told["num_tree_per_iteration"]), single=False)


def _dumped(root: dict[str, Any]) -> Tree | None:
    """A tree from LightGBM's description of it."""
    nodes = [root]
    left: list[int] = []
    right: list[int] = []
    for node in nodes:  # grows on the way
        leaf = "split_feature" not in node
        left.append(-1 if leaf else len(nodes))
        right.append(-1 if leaf else len(nodes) + 1)
        if leaf:
            continue
        if node["decision_type"] != "<=" or node["missing_type"] != "None":
            return None
        nodes += [node["left_child"], node["right_child"]]
    if any("leaf_coeff" in node for node in nodes):
        return None
    return Tree(
        np.array([n.get("split_feature", -1) for n in nodes]), np.array([_past_zero(float(n.get("threshold", 0))) for n in nodes]),
        np.array(left), np.array(right), np.array([[float(n.get("leaf_value", 0))] for n in nodes]),
    )  # fmt: skip


def _past_zero(threshold: float) -> float:
    """A threshold that decides as this one does when values next to zero are zero."""
    if 0 <= threshold < _ZERO:
        return _ZERO
    return float(np.nextafter(-_ZERO, -np.inf)) if -_ZERO <= threshold < 0 else threshold
