"""Which measurement would narrow the answer most: shares of the variance, and what a new survey is worth.

First-order share: Var(E[H | group]) / Var(H), what is gone when the group is known. Total share: E[Var(H | all others)] /
Var(H), what is left when all others are known. Estimators: Saltelli et al. (2010), Computer Physics Communications 181,
259-270, for the first; Jansen (1999), Computer Physics Communications 117, 35-43, for the second. A group may hold
several parameters, which may move together; across groups they must not, else shares have no one meaning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.kernel import select
from vereda.measurement.marginals import Marginals
from vereda.measurement.points import fitting, points
from vereda.measurement.threads import over_blocks
from vereda.measurement.uncertainty import Model, middle

Array = NDArray[np.float64]
Groups = Mapping[str, Sequence[int]]
BLOCKS = 32  # at least: the standard error is that of leaving out one of them


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the variance of T results by G groups; share 1 is all of it. Estimates may fall below zero by chance.

    first, total, first_se, total_se: (G, T). mean, variance: (T,), in the unit of the result and its square. The errors
    are those of leaving out one block of samples; quasi-random blocks do better than that, so they are on the safe side.
    """

    group: tuple[str, ...]
    first: Array
    total: Array
    first_se: Array
    total_se: Array
    mean: Array
    variance: Array
    base: int


@dataclass(frozen=True, slots=True)
class Resurvey:
    """What it would be worth to know a group exactly: an upper bound on what any new survey of it can do.

    width (T,): 95 % less 5 % quantile now. known (G, T): the same, expected if the group were known. narrowing (G, T):
    1 - known / width, nan where there is no width.
    """

    group: tuple[str, ...]
    width: Array
    known: Array

    @property
    def narrowing(self) -> Array:
        """(G, T) part of the interval that would go."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.width > 0, 1 - self.known / self.width, np.nan)


def estimated(fa: Array, fb: Array, fab: Array) -> tuple[Array, Array]:
    """First-order and total shares (G, ...) from f(A), f(B), (n, ...), and f(A with the group's columns of B) (n, G, ...)."""
    fa, fb = fa[:, None], fb[:, None]
    both = np.concatenate([fa, fb])
    variance = both.var(axis=0)
    first = ((fb - both.mean(axis=0)) * (fab - fa)).mean(axis=0) / variance
    total = ((fa - fab) ** 2).mean(axis=0) / (2 * variance)
    return first, total


def shares(model: Model, inputs: Marginals, groups: Groups, base: int, seed: int) -> Shares:
    """Shares of every group from `base` (a power of two) pairs of quasi-random samples: base * (G + 2) computations."""
    rows = _apart(groups, inputs)
    if base < 2 * BLOCKS or base & (base - 1):
        raise BadDesign(
            f"{base} base samples: give a power of two, at least {2 * BLOCKS}; others are not balanced."
        )
    p = len(inputs.name)
    made = points(2 * p, base, seed, size=min(fitting(2 * p), base // BLOCKS))
    centre = middle(model, inputs)

    def sums(b: int, room: Array) -> Array:
        u = made.block(b, room)
        return _sums(model, inputs.values(u[:p]), inputs.values(u[p:]), rows, centre)

    moments = np.stack(over_blocks(sums, made.blocks, (2 * p, made.size))) / made.size
    whole = moments.mean(axis=0)
    first, total = _shares(whole)
    others = [_shares((whole * made.blocks - m) / (made.blocks - 1)) for m in moments]
    first_se, total_se = (_jackknife(np.stack(part)) for part in zip(*others, strict=True))
    m, v = _mean_variance(whole)
    return Shares(tuple(groups), first, total, first_se, total_se, m + centre, v, base)


def resurvey(
    model: Model, inputs: Marginals, groups: Groups, seed: int, outer: int = 128, inner: int = 4096
) -> Resurvey:
    """Expected width of the 5-95 % interval if each group were known exactly.

    `outer` draws of what the group might turn out to be, and for each of them `inner` draws of all else (the same ones,
    so that differences are the group's doing).
    """
    rows = _whole(groups, inputs)
    p, n = len(inputs.name), max(outer, inner)
    u = points(2 * p, n, seed, size=1 << (n - 1).bit_length()).block(0)
    x = inputs.values(np.ascontiguousarray(u[:p, :inner]))
    known = inputs.values(np.ascontiguousarray(u[p:, :outer]))

    def one(k: int, held: Array) -> Array:
        np.copyto(held, x)
        widths = np.empty((outer, len(now)))
        for j in range(outer):
            held[rows[k]] = known[rows[k], j][:, None]
            widths[j] = _width(model(held))
        mean: Array = widths.mean(axis=0)
        return mean

    now = _width(model(x))
    return Resurvey(tuple(groups), now, np.stack(over_blocks(one, len(rows), x.shape)))


def _width(values: Array) -> Array:
    """(T,) 95 % less 5 % quantile."""
    at, ends = np.array([0.05, 0.95]) * (values.shape[1] - 1), np.empty((len(values), 2))
    for t, row in enumerate(values):
        select(row, at, ends[t])
    return ends[:, 1] - ends[:, 0]


def _sums(model: Model, xa: Array, xb: Array, rows: list[NDArray[np.intp]], centre: Array) -> Array:
    """(2 + 3 G, T) sums over a block of samples: of f and f^2, and by group of three products; f less a centre."""
    fa, fb = model(xa) - centre[:, None], model(xb) - centre[:, None]
    out = [(fa + fb).sum(axis=1) / 2, (fa * fa + fb * fb).sum(axis=1) / 2]
    for group in rows:
        kept = xa[group]
        xa[group] = xb[group]
        step = model(xa) - centre[:, None] - fa
        xa[group] = kept
        out += [np.einsum("td,td->t", fb, step), step.sum(axis=1), np.einsum("td,td->t", step, step)]
    return np.stack(out)


def _mean_variance(moments: Array) -> tuple[Array, Array]:
    mean, square = moments[0], moments[1]
    variance: Array = square - mean * mean
    return mean, variance


def _shares(moments: Array) -> tuple[Array, Array]:
    mean, variance = _mean_variance(moments)
    product, step, square = (moments[2 + i :: 3] for i in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (product - mean * step) / variance, square / (2 * variance)


def _jackknife(without: Array) -> Array:
    n = len(without)
    error: Array = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    return error


def _apart(groups: Groups, inputs: Marginals) -> list[NDArray[np.intp]]:
    """The rows of groups that together divide the variance: no column is in two of them."""
    owner: dict[int, str] = {}
    for name, columns in groups.items():
        for i in columns:
            if owner.setdefault(i, name) != name:
                raise BadDesign(
                    f"{inputs.name[i]} is in {owner[i]} and in {name}: its share would count twice."
                )
    return _whole(groups, inputs)


def _whole(groups: Groups, inputs: Marginals) -> list[NDArray[np.intp]]:
    """The rows of each group; what moves with a member of a group is in it, too."""
    if not groups:
        raise BadDesign("There is no group to look at: every parameter is fixed.")
    for name, columns in groups.items():
        if any(not 0 <= i < len(inputs.name) for i in columns):
            raise BadDesign(f"{name} names a column that is none of {len(inputs.name)}.")
        if cut := [pair for pair in inputs.pairs if (pair[0] in columns) != (pair[1] in columns)]:
            i, j = cut[0]
            raise BadDesign(
                f"{inputs.name[i]} moves with {inputs.name[j]}, and only one of them is in {name}: to know one is to "
                "know of the other. Put them in one group, or leave the correlation out."
            )
    return [np.array(tuple(columns), dtype=np.intp) for columns in groups.values()]
