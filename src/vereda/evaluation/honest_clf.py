"""The C-LF interval under bounded relative magnitudes, without a linear programme.

Andrews, Roth & Pakes (2023), Inference for Linear Conditional Moment Inequalities, Review of Economic Studies 90(6),
2763-2791: a least-favourable first stage of size alpha / 10, then a test conditional on the moments that bind.

For a given largest step v before exposure, theta is compatible with steps x after it when effects d exist with
|x_t - d_t| <= M v and w'd = theta. The multipliers of these inequalities that cancel d form a cone whose extreme rays
are known: equal weight on both signs of one step, or weights in proportion to w or to -w. Scaled to sum of standard
deviations one, they are the vertices over which the programme maximises; the test becomes one of a few linear forms.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.honest_study import Study, normal_quantile
from vereda.evaluation.panel import Array

KAPPA = 0.1  # share of alpha the least-favourable first stage spends: the choice of Andrews, Roth & Pakes
DRAWS = 256  # behind the least-favourable critical value, for each vertex
GRID = 200  # values of theta at which a test is first looked at
TIE = 1e-10


def reach(study: Study) -> float:
    """How far the estimated identified set reaches to either side of l'beta at M = 1: largest step x sum of |w|."""
    largest = float(np.abs(_steps(study)[: study.pre] @ study.beta).max())
    if largest == 0.0:
        raise BadDesign(
            "Every step before exposure is exactly zero, so a multiple of the largest says nothing. These are no "
            "estimates of pre-trends; pass the coefficients of the years before exposure, or use smoothness()."
        )
    return largest * float(np.abs(_step_weights(study)).sum())


def draws_of(study: Study, seed: int) -> tuple[Array, Array]:
    """(k, D) draws of N(0, sigma) and (D,) evenly spread uniforms: the same for every M, so that M alone moves.

    Each draw comes with its mirror image, so that turning the outcome round turns the interval round.
    """
    half = np.random.default_rng(seed).standard_normal((study.beta.size, DRAWS // 2))
    spread = (np.arange(DRAWS // 2) + 0.5) / (DRAWS // 2)
    normal = np.asarray(np.linalg.cholesky(study.sigma) @ np.hstack([half, -half]), dtype=float)
    return normal, np.tile(spread, 2)


def hull(study: Study, m: float, alpha: float, draws: tuple[Array, Array]) -> tuple[float, float]:
    """Hull of the C-LF sets over which step before exposure is the largest, and its sign."""
    low, high = np.inf, -np.inf
    for s in range(study.pre):
        for sign in (1.0, -1.0):
            vertices, slope = vertices_of(study, m, s, sign)
            ends = _branch(study, vertices, slope, alpha, draws, (low, high))
            low, high = min(low, ends[0]), max(high, ends[1])
    if low > high:
        raise BadDesign(
            f"The C-LF interval is empty at M = {m:g}: no pattern of trends fits these estimates. Check sigma."
        )
    return low, high


def vertices_of(study: Study, m: float, s: int, sign: float) -> tuple[Array, Array]:
    """Dual vertices G (K, k) and slopes h (K,): theta is in the set when the mean of G beta - h theta is <= 0.

    Moments are +-(step after exposure - its effect) - m v <= 0 with v the largest step before. Multipliers that
    cancel the unknown effects put equal weight on both signs of one step, or are proportional to w or -w.
    """
    steps, w = _steps(study), _step_weights(study)
    v, after = sign * steps[s], steps[study.pre :]
    up, down = after - m * v, -after - m * v
    sd_up, sd_down = _sd(up, study), _sd(down, study)
    plus, minus = np.maximum(w, 0), np.maximum(-w, 0)
    scale = 1 / (plus @ sd_up + minus @ sd_down), 1 / (minus @ sd_up + plus @ sd_down)
    rays = [scale[0] * (plus @ up + minus @ down), scale[1] * (minus @ up + plus @ down)]
    if w.size > 1:
        rest = (up + down) / (sd_up + sd_down)[:, None]
    else:
        before = np.vstack([steps[: study.pre] - v, -steps[: study.pre] - v])
        before = before[np.abs(before).max(axis=1) > 0]  # v - v <= 0 says nothing
        rest = before / _sd(before, study)[:, None]
    slope = np.zeros(2 + len(rest))
    slope[:2] = scale[0], -scale[1]
    return np.vstack([*rays, rest]), slope


def _sd(rows: Array, study: Study) -> Array:
    return np.asarray(np.sqrt(np.einsum("ij,jk,ik->i", rows, study.sigma, rows)))


def _branch(
    study: Study,
    g: Array,
    h: Array,
    alpha: float,
    draws: tuple[Array, Array],
    covered: tuple[float, float],
) -> tuple[float, float]:
    """Ends of one C-LF set, (inf, -inf) when empty; a set inside what is already `covered` is not looked at."""
    kappa = KAPPA * alpha
    z, omega = g @ study.beta, g @ study.sigma @ g.T
    most = np.sqrt(np.diag(omega)).max() * normal_quantile(
        1 - kappa / len(z)
    )  # Bonferroni: not below the cut
    widest = (z[0] - most) / h[0], (z[1] - most) / h[1]  # outside, one of the rays alone rejects
    if covered[0] <= widest[0] and widest[1] <= covered[1]:
        return np.inf, -np.inf
    cut = _least_favourable(g @ draws[0], omega, draws[1], kappa)
    low, high = (z[0] - cut) / h[0], (z[1] - cut) / h[1]
    if low > high or z[2:].max(initial=-np.inf) > cut:
        return np.inf, -np.inf

    def accepted(theta: Array) -> NDArray[np.bool_]:
        return _accepts(z - np.outer(theta, h), omega, cut, (alpha - kappa) / (1 - kappa))

    theta = np.linspace(low, high, GRID)
    inside = np.flatnonzero(accepted(theta))
    if not inside.size:
        return np.inf, -np.inf
    first, last = inside[0], inside[-1]
    return (
        _edge(accepted, theta[max(first - 1, 0)], theta[first]),
        _edge(accepted, theta[min(last + 1, GRID - 1)], theta[last]),
    )


def _edge(accepted: Callable[[Array], NDArray[np.bool_]], outside: float, inside: float) -> float:
    """The accepted value nearest to `outside`, by cutting the stretch into 32 four times."""
    for _ in range(4):
        theta = np.linspace(outside, inside, 33)
        k = int(np.argmax(accepted(theta)))
        outside, inside = theta[max(k - 1, 0)], theta[k]
    return float(inside)


def _least_favourable(z: Array, omega: Array, uniform: Array, kappa: float) -> float:
    """1 - kappa quantile of max Z, Z ~ N(0, omega), from draws z (K, D).

    P(max Z > cut) is the sum over k of P(Z_k > cut) E[1 / number above the cut | Z_k > cut]: only the second factor is
    drawn (Adler, Blanchet & Liu 2012, Annals of Applied Probability 22(3), 1167-1214), so the tail costs few draws.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    moving = (
        np.diag(omega) > TIE * omega.max()
    )  # at M = 0 both signs of a step cancel and never exceed anything
    z, omega = z[moving], omega[np.ix_(moving, moving)]
    sd = np.sqrt(np.diag(omega))
    b = omega / sd**2  # column k: how the others move with Z_k
    rest = z[:, None, :] - b[:, :, None] * z[None, :, :]

    def excess(cut: float) -> float:
        tail = ndtr(-cut / sd)
        beyond = -sd[:, None] * ndtri(uniform * tail[:, None])
        above = (rest + b[:, :, None] * beyond > cut).sum(axis=0)
        return float(tail @ (1 / np.maximum(above, 1)).mean(axis=1) - kappa)

    low, high = sd.max() * normal_quantile(1 - kappa), sd.max() * normal_quantile(1 - kappa / len(sd))
    return float(brentq(excess, 0.5 * low, 1.01 * high, xtol=1e-6 * low))


def _accepts(z: Array, omega: Array, cut: float, alpha: float) -> NDArray[np.bool_]:
    """The hybrid test for rows z (n, K) of statistics: below the cut, and not extreme given which vertex is largest.

    Along its own direction the largest stays the largest between v_low and v_up; there it is a truncated normal.
    """
    from scipy.special import ndtr

    rows = np.arange(len(z))
    top = z.argmax(axis=1)
    eta = z[rows, top]
    variance = omega[top, top]
    with np.errstate(divide="ignore", invalid="ignore"):
        b = omega[:, top].T / variance[:, None]
        bound = (z - b * eta[:, None]) / (1 - b)
        v_low = np.where(b < 1 - TIE, bound, -np.inf).max(axis=1)
        v_up = np.minimum(np.where(b > 1 + TIE, bound, np.inf).min(axis=1), cut)
        sd = np.sqrt(variance)
        above = ndtr(-eta / sd) - ndtr(-v_up / sd)
        p = above / (ndtr(-v_low / sd) - ndtr(-v_up / sd))
    return np.asarray((eta <= 0) | ((eta <= cut) & (p >= alpha)))


def _steps(study: Study) -> Array:
    """(k, k) first differences as rows over beta, with the reference period as a zero between."""
    k = study.beta.size
    levels = np.insert(np.eye(k), study.pre, 0.0, axis=0)
    return np.diff(levels, axis=0)


def _step_weights(study: Study) -> Array:
    """w with l'delta = w'(steps of delta after exposure)."""
    return np.asarray(np.cumsum(study.l_vec[::-1])[::-1])
