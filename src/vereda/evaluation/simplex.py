"""Weights that are not negative and sum to one, as near to a target as weights can come: exact, with proof.

    minimise |a - B w|^2   over   w >= 0, 1'w = 1            (a: target, B: one column for each donor)

Wolfe (1976), Finding the nearest point in a polytope, Mathematical Programming 11, 128-149: a corral of affinely
independent donors grows by the donor that promises most and shrinks when a weight would turn negative; it stops at
the optimum itself, after finitely many steps. The corral is kept as Q R of its points lifted by one coordinate, so
that conditioning is that of the data and not its square.

The certificate does not trust the path. With x = B w - a and m = min_j x'(b_j - a), every feasible point is at least
max(0, m) / |x| from the target, so |x|^2 - max(0, m)^2 / |x|^2 bounds what is left to gain. It is stated over the
squared distance of the best single donor. Where donors lie so far apart that 16 digits cannot show a gap below 1e-8
(small weights on donors millions of times farther than the fit), the bound is worked out again in exact fractions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation.certificate import TOLERANCE, Certificate, certified
from vereda.evaluation.panel import Array, Codes, Mask
from vereda.evaluation.simplex_solver import NEGLIGIBLE, NOTHING, PASSES, solve_range
from vereda.evaluation.threads import side_by_side

SOLVER = "Wolfe active set"
WORTH_SHARING = 1e7  # steps of the solver; below some milliseconds a second thread costs more than it gives
BATCH = (
    32  # places a thread takes at a time: few enough to share work evenly, enough to hide the handing over
)


@dataclass(frozen=True, slots=True)
class Solutions:
    """P weight vectors in sparse form, each with what proves it.

    column (P, K): columns of the donors with weight, -1 where there is none. weight (P, K): zero there.
    fitted (P, T): the weights applied to what was carried along. gap (P,), infeasibility (P,), iterations (P,),
    unique (P,): as in `Certificate`.
    """

    column: Codes
    weight: Array
    fitted: Array
    gap: Array
    infeasibility: Array
    iterations: Codes
    unique: Mask

    def certificate(self, i: int) -> Certificate:
        """The certificate of one of them."""
        return Certificate(
            SOLVER,
            float(self.gap[i]),
            float(self.infeasibility[i]),
            int(self.iterations[i]),
            bool(self.unique[i]),
        )


def nearest(target: Array, points: Array, what: str = "Weights") -> tuple[Array, Certificate]:
    """Weights (J,) on the columns of points (d, J) that come nearest to target (d,), and their certificate.

    Where several vectors are as near (`unique` is False), one with at most d + 1 donors is given. Raises BadDesign
    for values that are not finite or no donor at all, NotCertified where the duality gap stays above 1e-8.
    """
    target, points = np.asarray(target, dtype=float), np.asarray(points, dtype=float)
    one = nearest_many(target[None], points)
    weights = np.zeros(points.shape[1])
    used = one.column[0] >= 0
    weights[one.column[0][used]] = one.weight[0][used]
    return weights, certified(one.certificate(0), what)


def under(away: Array) -> Callable[[Array], tuple[Codes, Array]]:
    """For a search that asks for the same weights under thousands of importances of the d values.

    away (d, J): donors minus target. The function given back takes factors (d,) > 0 of the rows and returns columns
    and weights of the optimum, without proof: what the search settles on is solved again by `nearest`.
    """
    away = np.ascontiguousarray(away, dtype=float)
    none, nothing, zero = np.zeros(2, dtype=np.int64), np.empty((away.shape[1], 0)), np.zeros((1, len(away)))
    width = min(away.shape[1], len(away) + 1)
    columns, weights, fitted = np.empty((1, width), dtype=np.int64), np.empty((1, width)), np.empty((1, 0))
    gap, infeasibility = np.empty(1), np.empty(1)
    iterations, others = np.empty(1, dtype=np.int64), np.empty(1, dtype=np.int64)

    solved = solve_range.compiled()

    def solve(factors: Array) -> tuple[Codes, Array]:
        columns.fill(-1)
        solved(
            away * factors[:, None], zero, nothing, none, none, 0, 1,
            columns, weights, fitted, gap, infeasibility, iterations, others,
        )  # fmt: skip
        used = columns[0] >= 0
        return columns[0, used], weights[0, used]

    return solve


def nearest_many(
    targets: Array,
    points: Array,
    carry: Array | None = None,
    barred: tuple[Codes, Codes] | None = None,
    workers: int | None = None,
    settle: bool = True,
) -> Solutions:
    """The same for P targets (P, d) at once, places side by side; nothing is certified yet: see `all_certified`.

    carry (J, T): what to apply each weight vector to (`fitted`). barred: (start, column), columns
    column[start[i]:start[i + 1]] take no part for target i. settle: work out `unique` where the solver leaves it open;
    without, it is False there, which spares the time where nobody asks. Raises BadDesign where a target is left
    without donor.
    """
    targets, points = _ready(targets, points)
    start, column = barred or (np.zeros(len(targets) + 1, dtype=np.int64), np.empty(0, dtype=np.int64))
    _some_donor(points.shape[1], start, column)
    carried = np.empty((points.shape[1], 0)) if carry is None else np.ascontiguousarray(carry, dtype=float)
    found, others = _solve(targets, points, carried, start, column, workers)
    found.unique[others > 1] = False
    for i in np.flatnonzero(others > 1) if settle else ():
        rest = np.setdiff1d(np.arange(points.shape[1]), column[start[i] : start[i + 1]])
        used = found.column[i] >= 0
        found.unique[i] = _no_other(targets[i], points, rest, found.column[i, used], found.weight[i, used])
    for i in np.flatnonzero(found.gap > TOLERANCE / 10):
        rest = np.setdiff1d(np.arange(points.shape[1]), column[start[i] : start[i + 1]])
        used = found.column[i] >= 0
        bound = _exact_gap(targets[i], points, rest, found.column[i, used], found.weight[i, used])
        found.gap[i] = min(found.gap[i], bound)
    return found


def _solve(
    targets: Array, points: Array, carried: Array, start: Codes, column: Codes, workers: int | None = None
) -> tuple[Solutions, Codes]:
    """The solutions, and how many donors touch each optimal face: `unique` is settled where they are fewer than two."""
    count, width = len(targets), min(points.shape[1], points.shape[0] + 1)
    columns, weights = np.full((count, width), -1, dtype=np.int64), np.zeros((count, width))
    fitted, gap, infeasibility = np.empty((count, carried.shape[1])), np.empty(count), np.empty(count)
    iterations, others = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)

    work = PASSES * points.size * count
    solved = solve_range.of(work)

    def run(first: int) -> None:
        solved(
            points, targets, carried, start, column, first, min(first + BATCH, count),
            columns, weights, fitted, gap, infeasibility, iterations, others,
        )  # fmt: skip

    side_by_side(run, range(0, count, BATCH), workers if work > WORTH_SHARING else 1)
    return Solutions(columns, weights, fitted, gap, infeasibility, iterations, others >= 0), others


def _no_other(target: Array, points: Array, rest: Codes, corral: Codes, weight: Array) -> bool:
    """Whether no mix of the donors that touch the optimal face could replace some of the corral.

    It could if it lay in the span of the corral: if nought were in the hull of what sticks out of it, which is the
    same kind of problem again.
    """
    away = points - target[:, None]
    x = away[:, corral] @ weight
    corral = corral[
        weight > NOTHING
    ]  # a weight that is only rounding cannot give way: it counts as one outside
    far = np.einsum("tj,tj->j", away, away)
    exact = x @ x <= NEGLIGIBLE**2 * far[rest].max()
    room = 1e-9 * np.sqrt(x @ x) * (np.sqrt(far) + np.sqrt(x @ x))
    touches = rest[(exact | (x @ away - x @ x <= room)[rest]) & ~np.isin(rest, corral)]
    lifted = np.vstack([np.full(points.shape[1], np.sqrt(far[rest].min()) or 1.0), away])
    basis = np.linalg.qr(lifted[:, corral])[0]
    sticks = lifted[:, touches] - basis @ (basis.T @ lifted[:, touches])
    length = np.linalg.norm(sticks, axis=0)
    if (length <= 1e-9 * np.linalg.norm(lifted[:, touches], axis=0)).any():
        return False
    if len(touches) < 2:
        return True
    sticks /= length
    none = np.zeros(2, dtype=np.int64)
    mix = _solve(np.zeros((1, len(sticks))), sticks, np.ascontiguousarray(sticks.T), none, none)[0].fitted[0]
    return bool(mix @ mix > 1e-16)


def _exact_gap(target: Array, points: Array, rest: Codes, corral: Codes, weight: Array) -> float:
    """The relative duality gap without rounding.

    Any direction v bounds the distance from below by min_j v'(b_j - a) / |v|. The residual rounded to 16 digits is a
    poor v where donors are far, so v is moved, in fractions, until all donors of the corral are level along it.
    """
    away = points - target[:, None]
    far = np.einsum("tj,tj->j", away, away)
    length = np.sqrt(far[corral])
    exact = {int(j): [Fraction(float(value)) for value in away[:, j]] for j in corral}
    shares = [Fraction(float(w)) for w in weight]
    x = [
        sum((w * exact[int(j)][t] for w, j in zip(shares, corral, strict=True)), Fraction(0))
        for t in range(len(away))
    ]
    square, v = _dot(x, x), x
    rows = np.column_stack([away[:, corral].T / length[:, None], -np.sqrt(float(square)) / length])
    for _ in range(3):
        along = [_dot(v, exact[int(j)]) for j in corral]
        short = [float(square - one) for one in along]
        move = np.linalg.lstsq(rows, np.array(short) / length)[0]
        v = [old + Fraction(float(step)) for old, step in zip(v, move[:-1], strict=True)]
    near = np.array([float(t) for t in v]) @ away - float(square)
    doubtful = rest[near[rest] <= 1e-12 * np.sqrt(float(square) * far[rest])]
    low = min(_dot(v, [Fraction(float(value)) for value in away[:, j]]) for j in doubtful)
    left = square - max(low, Fraction(0)) ** 2 / _dot(v, v)
    return max(0.0, float(left)) / float(max(far[rest].min(), NEGLIGIBLE**2 * far[rest].max()))


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(a, b, strict=True)), Fraction(0))


def all_certified(found: Solutions, what: Callable[[int], str]) -> Solutions:
    """The solutions, if each of them holds its certificate; NotCertified names the first that does not."""
    bad = np.flatnonzero(~((found.gap <= TOLERANCE) & (found.infeasibility <= TOLERANCE)))
    if not len(bad):
        return found
    try:
        certified(found.certificate(int(bad[0])), what(int(bad[0])))
    except NotCertified as first:
        raise NotCertified(f"{len(bad)} of {len(found.gap)} weight vectors have no proof. {first}") from None
    return found


def _ready(targets: Array, points: Array) -> tuple[Array, Array]:
    """Around the donors' mean and between -1 and 1: levels cancel, because weights sum to one."""
    if targets.ndim != 2 or points.ndim != 2 or points.shape[0] != targets.shape[1] or points.shape[0] == 0:
        raise BadDesign(
            f"Weights need targets (P, d) and donors (d, J) over the same d > 0 values; they came as {targets.shape} "
            f"and {points.shape}."
        )
    if not (np.isfinite(targets).all() and np.isfinite(points).all()):
        raise BadDesign(
            "Weights cannot be fitted to values that are missing or infinite: leave those places out."
        )
    if not points.shape[1]:
        raise BadDesign("No donor is left: without a place to compare with there is no synthetic control.")
    largest = max(float(np.abs(points).max()), float(np.abs(targets).max()))
    unit = 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 1.0  # a power of two: exact
    points, targets = points / unit, targets / unit
    centre = points.mean(axis=1)
    return np.ascontiguousarray(targets - centre), np.ascontiguousarray(points - centre[:, None])


def _some_donor(donors: int, start: Codes, column: Codes) -> None:
    for i in np.flatnonzero(np.diff(start) >= donors):
        if len(np.unique(column[start[i] : start[i + 1]])) >= donors:
            raise BadDesign(f"Target {i}: every donor is barred. Narrow the buffer, or ask for fewer places.")
