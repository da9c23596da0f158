"""How far a factor estimate moves when places are left out or relabelled, its penalty or number of factors held.

Athey et al. (2021) and Xu (2017) leave inference to resampling; none of it accounts for the choice of the tuning.
"""

import numpy as np
from numpy.typing import ArrayLike

from vereda.errors import BadDesign
from vereda.evaluation import jackknife as again
from vereda.evaluation.factor import Completion, interactive, matrix_completion
from vereda.evaluation.jackknife import DRAWS, Mask, Spread
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.threads import one_blas_thread, side_by_side


def refit(y: Array, exposed: Mask, fitted: Completion) -> Completion:
    """The same estimator with the same tuning on other data."""
    if fitted.method == "completion":
        return matrix_completion(y, exposed, [fitted.tuning])
    return interactive(y, exposed, [int(fitted.tuning)], factors_from=fitted.method)


def jackknife(y: ArrayLike, fitted: Completion, groups: Codes | None = None) -> Spread:
    """Leave out a place, or a group such as a department, at a time. groups (n,): numbers from 0.

    Not defined for a single exposed place or a group that holds them all: se is None and says so.
    """
    values = np.asarray(y, dtype=float)
    needed = 2 if fitted.method == "controls" else 1
    return again.jackknife(
        lambda stay: refit(values[stay], fitted.exposed[stay], fitted).att,
        np.asarray(fitted.exposed.any(axis=1)),
        groups,
        needed,
    )


def placebo(y: ArrayLike, fitted: Completion, draws: int = DRAWS, seed: int = 1) -> Spread:
    """Never-exposed places play the exposed ones, with their cells hidden alike, and the exposed are set aside."""
    values, treated = np.asarray(y, dtype=float), np.asarray(fitted.exposed.any(axis=1))
    roles = fitted.exposed[treated]

    def played(rows: Codes, plays: Mask) -> float:
        cells = np.zeros((rows.size, values.shape[1]), dtype=bool)
        cells[plays] = roles
        return refit(values[rows], cells, fitted).att

    return again.placebo(played, treated, np.random.default_rng(seed), draws, needed=2)


def gaps_as_if_exposed(
    y: ArrayLike, fitted: Completion, pattern: ArrayLike | None = None, rows: Codes | None = None
) -> Array:
    """The gap path of every place (n, T), each with its own cells of the pattern hidden as if it had been exposed.

    What a permutation test compares: the gaps in `fitted` are out of sample for exposed places and in sample for
    donors, so that donors look better fitted than they are. pattern (T,): hidden years; without one, those of the
    exposed places, which must then all be the same. Exposed places keep their own gaps. rows (P,): only these places,
    (P, T). One fit a place.
    """
    values, treated = np.asarray(y, dtype=float), np.asarray(fitted.exposed.any(axis=1))
    hidden = _pattern(fitted.exposed[treated]) if pattern is None else np.asarray(pattern, dtype=bool)
    if hidden.shape != values.shape[1:] or not hidden.any() or hidden.all():
        raise BadDesign("The pattern must be (T,), hiding some of the years and not all.")

    def path(i: int) -> Array:
        if treated[i]:
            return np.asarray(fitted.gap[i])
        cells = fitted.exposed.copy()
        cells[i] = hidden
        return np.asarray(refit(values, cells, fitted).gap[i])

    with one_blas_thread():
        return np.stack(side_by_side(path, range(len(values)) if rows is None else rows.tolist()))


def _pattern(roles: Mask) -> Mask:
    if (roles != roles[0]).any():
        raise BadDesign(
            "Exposed places are exposed in different years; say which years to hide from the others with pattern=."
        )
    return np.asarray(roles[0])
