"""One comparison of difference in differences: exposed with control places, given what the covariates say of them.

Regression, weighting and both (Sant'Anna & Zhao 2020, Journal of Econometrics 219(1), 101-122) in one form, as the R
package DRDID computes them; the logit behind the weights raises where it has no answer.
"""

from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.inference import FEW
from vereda.evaluation.panel import Array, Codes, Mask, Panel

COMPARABLE = 0.9  # of exposed places likelier than this there are hardly any controls
TRIM = 0.995  # controls likelier than this to be exposed get no weight (DRDID)
OVERLAP = 0.999  # a fitted probability above this is no overlap (R did gives NA, we raise)
STEPS = 30  # a logit that has a maximum is there after five to ten


@dataclass(frozen=True, slots=True)
class Sample:
    """Exposed and control places (n,) that some columns (of cells x outcomes, flat) have in common."""

    cohort: float
    exposed: Mask
    control: Mask
    columns: Codes

    @property
    def name(self) -> str:
        """For a sentence: the cohort and how many places are behind it."""
        return (
            f"Cohort {self.cohort:.0f} ({int(self.exposed.sum())} places, {int(self.control.sum())} controls)"
        )


@dataclass(frozen=True, slots=True)
class Contrast:
    """What the covariates say about one sample, ready for any number of outcomes.

    With residuals r = change - x beta: att = mean of r over the exposed - mean of r with weights over the controls.
    moments (n, 1 + 2k): sums of change they give. gain (n,), spread (n, 2 + 2k): influence = gain change + spread M.
    """

    moments: Array
    gain: Array
    spread: Array
    x_exposed: Array  # (k,) mean of x over the exposed
    x_control: Array  # (k,) weighted mean over the controls, 0 for "reg"
    xx_control: Array  # (k, k) weighted second moment over the controls
    inverse: Array  # (k, k) of the logit's information, 0 without one
    adjust: bool  # regression in it
    known: bool  # at least four controls

    def apply(self, change: Array) -> Array:
        """att (q,) of changes (n, q); the changes become their influence (n, q) in place."""
        k = len(self.x_exposed)
        sums = self.moments.T @ change
        beta = sums[1 : k + 1] * self.adjust
        exposed = sums[0] - self.x_exposed @ beta
        control = sums[k + 1] - self.x_control @ beta  # x[:, 0] is the intercept
        score = sums[k + 1 :] - self.xx_control @ beta - np.outer(self.x_control, control)
        change *= self.gain[:, None]
        change += self.spread @ np.vstack([exposed, control, beta, self.inverse @ score])
        if not self.known:
            change[:] = np.nan
        att: Array = exposed - control
        return att


def contrast_of(x: Array, sample: Sample, method: str) -> Contrast:
    """Weights and influence of one sample: reg_did_panel, std_ipw_did_panel and drdid_panel of DRDID in one form."""
    n, k = x.shape
    exposed, control = sample.exposed / sample.exposed.sum(), sample.control / sample.control.sum()
    weight, surprise = np.zeros(n), np.zeros(n)
    inverse = np.zeros((k, k))
    adjust = method != "ipw" or k == 1  # with the intercept alone, the three methods are one
    if method != "reg" and k > 1:
        p = propensity(x, sample)
        inside = sample.exposed | sample.control
        weight = _odds(p, sample)
        surprise = np.where(inside, sample.exposed - p, 0.0)
        inverse[:] = np.linalg.inv((x * np.where(inside, p * (1 - p), 0.0)[:, None]).T @ x)
    x_exposed, x_control = exposed @ x, weight @ x
    leverage = control * (x @ (x_exposed - x_control)) * adjust
    gain = n * (exposed - weight - leverage)
    spread = np.column_stack(
        [-n * exposed, n * weight, -gain[:, None] * x * adjust, -n * surprise[:, None] * x]
    )
    moments = np.column_stack([exposed, control[:, None] * x, weight[:, None] * x])
    xx = (weight[:, None] * x).T @ x
    return Contrast(
        moments, gain, spread, x_exposed, x_control, xx, inverse, adjust, bool(sample.control.sum() >= FEW)
    )


def _odds(p: Array, sample: Sample) -> Array:
    """Weights (n,) of the controls that make them look like the exposed, with sum one; trimmed as DRDID does."""
    kept = sample.control & (p < TRIM)
    if not kept.any():
        raise _separated(sample, f"every control has a fitted probability of exposure of {TRIM} or more")
    odds = np.divide(p, 1 - p, out=np.zeros(len(p)), where=kept)
    odds /= odds.sum()
    return odds


def orthonormal(panel: Panel, sample: Sample) -> Array:
    """1 and the covariates (n, k), turned so that x'x over the controls is their number times the identity.

    Every estimate is the same for any such turn; least squares becomes a product, and the logit well conditioned.
    """
    x, controls = panel.covariates, int(sample.control.sum())
    if not x.shape[1]:
        return np.ones((len(x), 1))
    if controls < x.shape[1] + 2:
        raise BadDesign(
            f"{sample.name}: too few controls for {x.shape[1]} covariates. Leave covariates out, or use "
            "control='not-yet'."
        )
    centre, spread = x[sample.control].mean(axis=0), x[sample.control].std(axis=0)
    flat = spread <= 1e-12 * np.abs(x[sample.control]).max(axis=0)
    scaled = np.column_stack([np.ones(len(x)), (x - centre) / np.where(flat, 1.0, spread)])
    turn = np.linalg.qr(scaled[sample.control], mode="r") / np.sqrt(controls)
    bad = flat | (np.abs(np.diag(turn)[1:]) < 1e-7)
    if bad.any():
        faults = [
            f"{name} is {'constant' if f else 'a combination of those before it'}"
            for name, f, wrong in zip(panel.covariate_names, flat, bad, strict=True)
            if wrong
        ]
        raise BadDesign(
            f"{sample.name}: among the controls, {'; '.join(faults)}. Leave these covariates out, or recode them."
        )
    turned: Array = scaled @ np.linalg.inv(turn / turn[0, 0])
    return turned  # the intercept is 1, whatever sign the factorisation chose


def propensity(x: Array, sample: Sample) -> Array:
    """Fitted probability of exposure (n,), by Newton's method on the logit; separation raises."""
    inside = sample.exposed | sample.control
    d, z = sample.exposed[inside].astype(float), x[inside]
    share = d.mean()
    coefficients = np.zeros(x.shape[1])
    coefficients[0] = np.log(share / (1 - share))
    _climb(coefficients, z, d, sample)
    p: Array = 1 / (1 + np.exp(-np.clip(x @ coefficients, -700, 700)))
    if p[inside].max() >= OVERLAP:
        raise _separated(sample, f"some places have a fitted probability of exposure of {OVERLAP} or more")
    return p


def _climb(coefficients: Array, z: Array, d: Array, sample: Sample) -> None:
    """Newton steps, in place. Under separation every step moves some fitted log odds by one, for ever."""
    reached = -np.inf
    for _ in range(STEPS):
        index = np.clip(z @ coefficients, -700, 700)
        p = 1 / (1 + np.exp(-index))
        information = (z * (p * (1 - p))[:, None]).T @ z
        try:
            step = np.linalg.solve(information, z.T @ (d - p))
        except np.linalg.LinAlgError:
            break
        while (likelihood := _likelihood(z @ (coefficients + step), d)) < reached - 1e-10 * abs(reached):
            step *= 0.5
        coefficients += step
        reached = likelihood
        if np.abs(z @ step).max() < 1e-8:
            return
    raise _separated(sample, "the logit has no maximum")


def _likelihood(index: Array, d: Array) -> float:
    return float(d @ index - np.logaddexp(0.0, index).sum())


def _separated(sample: Sample, what: str) -> BadDesign:
    return BadDesign(
        f"{sample.name}: {what}; the covariates tell exposed from control places (nearly) without error, so there is "
        "nothing to compare. Use fewer or coarser covariates, other controls, or method='reg' if extrapolation is "
        "meant."
    )
