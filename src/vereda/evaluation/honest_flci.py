"""The shortest fixed-length interval when a difference in trends bends by at most M a year.

Rambachan & Roth (2023), section 4.1, after Donoho (1994) and Armstrong & Kolesar (2018): among the linear estimators
that no straight line in delta moves, the one whose interval, estimate +- sd cv(bias / sd), is shortest; cv(x) is the
1 - alpha quantile of |N(x, 1)|.

Written in how much of each kink before the reference reaches the estimate, c, the worst bias is M (bias + |c|_1) and
the variance is quadratic. Whatever M is, the best c then lies on one path, straight between knots, and is found on it
to rounding; the duality gap of its quadratic programme is the proof.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.certificate import Certificate, certified
from vereda.evaluation.honest_study import Study, normal_quantile
from vereda.evaluation.panel import Array

Mask = NDArray[np.bool_]
TIE = 1e-10  # of the largest slope: closer than this, weights start together


@dataclass(frozen=True, slots=True)
class Line:
    """Estimators start + turn c that a straight line in delta does not move; their bias is M (bias + |c|_1)."""

    start: Array  # (k,)
    turn: Array  # (k, pre - 1)
    bias: float
    q: Array  # quadratic part of half the variance in c
    linear: Array

    @classmethod
    def of(cls, study: Study) -> "Line":
        """c_j is how much of a kink j years before the reference reaches the estimate; years count from there."""
        p, after = study.pre, np.arange(1, study.l_vec.size + 1)
        kinks = np.maximum(after[None, :] - np.arange(after.size)[:, None], 0) @ study.l_vec  # kinks[0] = l't
        back = np.arange(1, p + 1)
        inverse = np.linalg.inv(np.maximum(back[None, :] - np.arange(p)[:, None], 0).astype(float))[::-1]
        start = np.concatenate([inverse[:, 0] * kinks[0], study.l_vec])
        turn = np.vstack([inverse[:, 1:], np.zeros((after.size, p - 1))])
        return cls(
            start,
            turn,
            float(np.abs(kinks).sum()),
            turn.T @ study.sigma @ turn,
            turn.T @ study.sigma @ start,
        )

    def weights(self, c: Array) -> Array:
        """(k,) weights on beta."""
        return self.start + self.turn @ c


def path_of(line: Line) -> list[Array]:
    """Knots of argmin c'Qc/2 + q'c + mu |c|_1 as mu falls from infinity to 0: straight in between.

    The shortest interval trades variance against |c|_1, so it lies on this path. As in least-angle regression (Efron
    et al. 2004), but several weights may start at the same mu, as they do when sigma is regular.
    """
    q, linear = line.q, line.linear
    c, knots = np.zeros(linear.size), [np.zeros(linear.size)]
    start = mu = float(np.abs(linear).max(initial=0))
    for _ in range(50 * linear.size):
        if mu <= TIE * start:
            break
        gradient = q @ c + linear
        move = _direction(q, gradient, c, (c != 0) | (np.abs(gradient) >= mu - TIE * start))
        drift, still = q @ move, move == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            leave = np.where(c * move < 0, -c / move, np.inf)
            join = np.where(still, [(mu + gradient) / (1 - drift), (mu - gradient) / (1 + drift)], np.inf)
        join[~(join > TIE * start)] = np.inf  # at its bound now, and turned away from it
        step = min(float(leave.min()), float(join.min()), mu)
        c = np.where(leave <= step * (1 + TIE), 0.0, c + step * move)
        mu -= step
        knots.append(c)
    else:
        if linear.size:
            raise BadDesign(
                "The path of fixed-length intervals does not end: sigma is too close to singular."
            )
    return [*knots, np.asarray(np.linalg.solve(q, -linear), dtype=float)] if start else knots


def _direction(q: Array, gradient: Array, c: Array, near: Mask) -> Array:
    """dc / d(-mu): the weights in use move freely, those at their bound only off zero and if that pays."""
    from scipy.optimize import lsq_linear

    sign = np.where(c != 0, np.sign(c), -np.sign(gradient))[near]
    root = np.linalg.cholesky(q[np.ix_(near, near)]).T
    bound = np.where(c[near] != 0, -np.inf, 0.0)
    answer = lsq_linear(root * sign, np.linalg.solve(root.T, sign), (bound, np.inf), method="bvls", tol=1e-14)
    move = np.zeros(c.size)
    move[near] = sign * answer.x
    return move


def shortest(study: Study, line: Line, knots: list[Array], m: float, alpha: float) -> tuple[float, float]:
    """The interval of the point on the path with the least half-length; the path is followed while it shortens."""
    from scipy.optimize import brentq

    c = knots[-1]
    for here, there in pairwise(knots):
        if _growth(line, here, there, 0.0, study, m, alpha) >= 0:
            c = here
            break
        if _growth(line, here, there, 1.0, study, m, alpha) > 0:
            root = brentq(
                lambda t, a=here, b=there: _growth(line, a, b, t, study, m, alpha), 0.0, 1.0, xtol=1e-15
            )
            c = here + root * (there - here)
            break
    _certify(line, c, study)
    weights = line.weights(c)
    sd = float(np.sqrt(weights @ study.sigma @ weights))
    half = sd * _folded_quantile(m * (line.bias + np.abs(c).sum()) / sd, alpha)
    centre = float(weights @ study.beta)
    return centre - half, centre + half


def _growth(line: Line, here: Array, there: Array, t: float, study: Study, m: float, alpha: float) -> float:
    """Derivative of the half-length sd cv(bias / sd) along a straight stretch; cv'(x) = tanh(x cv(x))."""
    c, move = here + t * (there - here), there - here
    weights = line.weights(c)
    sd = float(np.sqrt(weights @ study.sigma @ weights))
    x = m * (line.bias + np.abs(c).sum()) / sd
    cv = _folded_quantile(x, alpha)
    slope = np.tanh(x * cv)
    wider = float((line.q @ c + line.linear) @ move) / sd
    more_bias = m * float(np.abs(there).sum() - np.abs(here).sum())
    return float((cv - x * slope) * wider + slope * more_bias)


def _certify(line: Line, c: Array, study: Study) -> None:
    """The duality gap of the point on the path, relative to the variance of the estimator that starts it."""
    if not c.size:
        return
    gradient = line.q @ c + line.linear
    on = np.abs(c) > 0
    mu = float(np.abs(gradient[on]).min()) if on.any() else float(np.abs(gradient).max())
    scale = float(line.start @ study.sigma @ line.start)
    gap = abs(mu * np.abs(c).sum() + c @ gradient) / scale
    broken = max(float(np.abs(gradient).max()) - mu, 0.0) / max(float(np.abs(line.linear).max()), 1e-300)
    certified(
        Certificate("least-angle path", float(gap), broken, c.size), "Weights of the fixed-length interval"
    )


def _folded_quantile(shift: float, alpha: float) -> float:
    """1 - alpha quantile of |N(shift, 1)|, by Newton's steps from above, where the distribution is concave."""
    from scipy.special import ndtr

    x = shift + normal_quantile(1 - alpha / 2)
    for _ in range(60):
        density = np.exp(-((x - shift) ** 2) / 2) + np.exp(-((x + shift) ** 2) / 2)
        step = (ndtr(x - shift) - ndtr(-x - shift) - (1 - alpha)) * np.sqrt(2 * np.pi) / density
        x -= step
        if abs(step) < 1e-14 * x:
            break
    return float(x)
