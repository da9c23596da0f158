"""Least squares on a design of place effects, year effects and cells, with the influence of each place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vereda.errors import BadDesign
from vereda.evaluation.panel import Array, Mask, Panel
from vereda.evaluation.regression_design import Design
from vereda.evaluation.regression_moments import assembled, generalised_inverse, moments
from vereda.evaluation.results import Estimates


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients (P,), the influence (n, P) of each place, and what the small-sample factor needs."""

    value: Array
    influence: Array
    observations: int
    parameters: int


def fits(panel: Panel, design: Design, controls: Mapping[str, Array]) -> list[Fit]:
    """One fit for each outcome."""
    return [
        fit(np.ascontiguousarray(panel.y[:, :, j]), design, controls, panel.outcomes[j])
        for j in range(len(panel.outcomes))
    ]


def fit(y: Array, design: Design, controls: Mapping[str, Array] | None = None, name: str = "") -> Fit:
    """Least squares of y (n, T), nan for gaps, on the design; influence as in `Estimates`.

    influence_i = n * (S^-1 z_i' e_i), where S is the system after place effects are eliminated.
    """
    found = moments(y, design)
    has_values(found.seen, design, name)
    system, side = assembled(found, design)
    used = used_cells(y, design)
    v = _within(controls or {}, used, name)
    centred = np.where(used, y - _mean(y, used), 0.0)
    if v.shape[2]:
        system, side = _with_controls(system, side, v, centred, design, used)
    inverse, null = generalised_inverse(system)
    identified(null, design, controls or {}, name)
    solution = inverse @ side
    parameters = len(side) - null.shape[1] + 1  # and the level that place and year effects share
    effect, shared, slopes = _parts(solution[:, None], design)
    fitted = np.einsum("nk,ktp->nt", design.x[:, : design.by_year], shared)
    fitted += design.x[:, [design.carrier]] * np.append(effect[:, 0], 0.0)[design.column[design.cohort]]
    fitted += v @ slopes[:, 0]
    residual = np.where(used, centred - fitted + _mean(fitted, used), 0.0)
    p = len(design.label)
    influence = len(y) * _scores(residual, inverse[:, :p], v, design)
    return Fit(solution[:p], influence, found.values, parameters)


def used_cells(y: Array, design: Design) -> Mask:
    """The cells (n, T) with a value, before the years in which their cohort is not used."""
    before: Mask = np.arange(y.shape[1]) < design.until[design.cohort][:, None]
    used: Mask = before & np.isfinite(y)
    return used


def _mean(values: Array, used: Mask) -> Array:
    """Mean over the used years of each place (n, 1); zero where there is none."""
    total: Array = np.where(used, values, 0.0).sum(axis=1, keepdims=True)
    mean: Array = total / np.maximum(used.sum(axis=1, keepdims=True), 1)
    return mean


def _parts(columns: Array, design: Design) -> tuple[Array, Array, Array]:
    """Split (Q, r) into effects (P, r), effects by year (by_year, T, r) and slopes of controls (v, r)."""
    p, span = len(design.label), design.column.shape[1]
    end = p + design.by_year * span
    return columns[:p], columns[p:end].reshape(design.by_year, span, -1), columns[end:]


def _scores(residual: Array, inverse: Array, v: Array, design: Design) -> Array:
    """Inverse times the scores of each place, (n, P): sums over years of residual x regressor."""
    effect, shared, slopes = _parts(inverse, design)
    padded = np.vstack([effect, np.zeros((1, effect.shape[1]))])  # column -1 carries nothing
    out: Array = np.einsum("ntv,nt->nv", v, residual) @ slopes
    for k in range(design.by_year):
        out += (design.x[:, [k]] * residual) @ shared[k]
    for g in range(len(design.start)):
        of_cohort = design.cohort == g
        out[of_cohort] += design.x[of_cohort, design.carrier, None] * (
            residual[of_cohort] @ padded[design.column[g]]
        )
    return out


def _with_controls(
    system: Array, side: Array, v: Array, centred: Array, design: Design, used: Mask
) -> tuple[Array, Array]:
    """Add rows and columns for controls v (n, T, v), already less their place means."""
    p, q = len(design.label), len(side)
    cross = np.zeros((q, v.shape[2]))
    for k in range(design.by_year):
        cross[p + k * v.shape[1] : p + (k + 1) * v.shape[1]] = np.einsum("n,ntv->tv", design.x[:, k], v)
    place, year = np.nonzero((design.column[design.cohort] >= 0) & used)
    to = design.column[design.cohort[place], year]
    np.add.at(cross, to, design.x[place, [design.carrier]][:, None] * v[place, year])
    flat = v.reshape(-1, v.shape[2])
    return np.block([[system, cross], [cross.T, flat.T @ flat]]), np.append(side, flat.T @ centred.ravel())


def _within(controls: Mapping[str, Array], used: Mask, name: str) -> Array:
    """Controls (n, T, v) less their place means over the used cells, zero elsewhere."""
    out = np.zeros((*used.shape, len(controls)))
    for k, (control, values) in enumerate(controls.items()):
        if (missing := used & np.isnan(values)).any():
            raise BadDesign(
                f"control {control}: {int(missing.sum())} values are missing where outcome {name} is observed. "
                "Fill them, or leave those cells out of the outcome as well."
            )
        out[:, :, k] = np.where(used, values - _mean(values, used), 0.0)
    return out


def has_values(seen: Array, design: Design, name: str) -> None:
    """BadDesign where no cell that carries a coefficient has a value."""
    empty = [label for k, label in enumerate(design.label) if seen[design.column == k].sum() == 0]
    if empty:
        raise BadDesign(
            f"outcome {name}: no value at event time {', '.join(empty)}. Ask for fewer leads or lags, or evaluate this "
            "outcome by itself over the years it has."
        )


def identified(null: Array, design: Design, controls: Mapping[str, Array], name: str) -> None:
    """BadDesign where a coefficient moves along a direction (Q, d) the data say nothing about."""
    p, end = len(design.label), len(null) - len(controls)
    stuck = np.abs(null).max(axis=1, initial=0.0) > 1e-6
    words = [f"event time {label}" for label, s in zip(design.label, stuck[:p], strict=True) if s]
    words += [f"control {label}" for label, s in zip(controls, stuck[end:], strict=True) if s]
    if words:
        some = ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")
        raise BadDesign(
            f"outcome {name}: {some} cannot be told from place and year effects. Causes seen: all places exposed at "
            "once; no never-exposed places and every lead and lag kept (bin them: leads, lags); no value in the year "
            "compared with; covariates that tell exposed places from the rest, or do not change within places."
        )


def estimates_of(label: tuple[str, ...], per_outcome: list[Fit]) -> Estimates:
    """The fits of m outcomes side by side."""
    return Estimates(
        label,
        np.stack([f.value for f in per_outcome], axis=-1),
        np.stack([f.influence for f in per_outcome], axis=-1),
    )
