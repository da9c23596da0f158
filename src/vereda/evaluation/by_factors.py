"""Estimators that complete the matrix of what would have been: mc, ife. Their errors come from leaving places out."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import Asked, Found, Mask, begun_later, first_five, players, small
from vereda.evaluation.behind import behind
from vereda.evaluation.by_influence import missing
from vereda.evaluation.panel import Array, Codes
from vereda.evaluation.placebos import by_places, by_sets
from vereda.evaluation.results import Check, Effect

if TYPE_CHECKING:
    from vereda.evaluation.factor import Completion

MOST_LEFT_OUT = 2_000  # fits of a jackknife that are made without being asked for
CELLS = 5_000_000  # cells of all fits behind a calibrated size: some 1,400 fits of 250 places in 14 years


def mc(asked: Asked) -> Found:
    """Athey, Bayati, Doudchenko, Imbens & Khosravi (2021), the penalty by cross-validation."""
    from vereda.evaluation.factor import matrix_completion

    _usable(asked)
    return _found(asked, matrix_completion(asked.y, _cells(asked), seed=asked.seed))


def ife(asked: Asked) -> Found:
    """Xu (2017), the number of factors by cross-validation; factors_from="all": Bai (2009)."""
    from vereda.evaluation.factor import interactive

    _usable(asked)
    o = asked.options
    found = interactive(asked.y, _cells(asked), factors_from=o["factors_from"], seed=asked.seed)
    return _found(asked, found)


def _cells(asked: Asked) -> Mask:
    cells: Mask = asked.panel.years >= asked.panel.first[:, None]
    return cells


def _usable(asked: Asked) -> None:
    begun_later(asked, "nothing is known of them without exposure")
    panel = asked.panel
    if not asked.exposed.any():
        raise BadDesign(f"No place is exposed by {panel.years[-1]:.0f}: there is nothing to evaluate.")
    known: Mask = ~np.isnan(asked.y) & ~_cells(asked)
    if not known.any(axis=0).all():
        years = first_five([f"{t:.0f}" for t in panel.years[~known.any(axis=0)]])
        raise BadDesign(
            f"Every place with a value is exposed in {years}: nothing is known of those years without exposure. End the table before."
        )
    if not known.any(axis=1).all():
        names = first_five([panel.places[i] for i in np.flatnonzero(~known.any(axis=1))])
        raise BadDesign(f"No value without exposure in {names}: nothing is known of them. Leave them out.")


def _found(asked: Asked, fitted: "Completion") -> Found:
    compared = [float(v) for v in fitted.errors]
    words = (
        f"{'penalty' if fitted.method == 'completion' else 'factors'} {fitted.tuning:.4g}, rank {fitted.rank}"
    )
    chosen = Check("tuning", "informational", words, {"value": fitted.tuning, "rank": float(fitted.rank)})
    told = _error(asked, fitted)
    checks = (chosen, *told.pop("checks", ()))
    if compared:
        error = {"least": min(compared), "most": max(compared)}
        checks += (
            Check("cross_validation", "informational", f"mean squared error {min(compared):.4g}", error),
        )
    return Found(
        fitted.att, _by_event(asked, fitted.gap), certificate=fitted.certificate, checks=checks, **told
    )


def _by_event(asked: Asked, gap: Array) -> tuple[Effect, ...]:
    """Mean gap of the exposed places at each distance from first exposure; before exposure it is in sample."""
    rows = np.flatnonzero(asked.exposed)
    event = (asked.panel.years - asked.panel.first[rows, None]).astype(np.int64)
    here, values = ~np.isnan(gap[rows]), gap[rows]
    return tuple(
        Effect(f"e={e}", float(values[here & (event == e)].mean())) for e in np.unique(event[here]).tolist()
    )


def _error(asked: Asked, fitted: "Completion") -> dict[str, Any]:
    """Jackknife over clusters where it is defined; permutation where placebos are asked for."""
    from vereda.evaluation import factor_inference

    panel, told = asked.panel, dict[str, Any]()
    never = asked.options.get("factors_from") == "controls"
    why = behind(panel, "never" if never else "unexposed").of("att").why()
    groups = len(np.unique(panel.cluster))
    if why:
        told["why_no_se"] = why
    elif groups > MOST_LEFT_OUT:
        told["why_no_se"] = f"A jackknife would take {groups} fits. Name clusters, such as departments."
    else:
        spread = factor_inference.jackknife(asked.y, fitted, panel.cluster)
        if spread.se is None:
            told["why_no_se"] = f"no jackknife error: {spread.why}"
        elif why := missing(asked, spread.se):
            told["why_no_se"] = why
        else:
            half = spread.half
            told |= {"se": spread.se, "low": fitted.att - half, "high": fitted.att + half}
            told |= {"p": spread.p(fitted.att), "p_kind": "jackknife", "checks": (small(spread.degrees),)}
    if asked.options["placebos"] is None:
        return told
    played = _played(asked, fitted)
    return told | played | {"checks": told.get("checks", ()) + played.get("checks", ())}


def _played(asked: Asked, fitted: "Completion") -> dict[str, Any]:
    """p-value from places that play the exposed, their years hidden alike; the tuning is held throughout."""
    wish, places = asked.options["placebos"], int(asked.exposed.sum())
    if wish == "all" and places > 1:
        raise BadRequest(
            f"All sets of {places} places are too many here: ask for a number of placebos, such as 200."
        )
    if wish == "all":
        return _in_turn(asked, fitted)
    p, size, told = by_sets(asked, partial(_sets_played, fitted), int(wish), _affordable(asked))
    return {"p": p, "p_kind": "permutation", "size": size, "checks": told}


def _affordable(asked: Asked) -> int:
    """Fits that may go into a calibrated size: the work of a fit grows with the cells of the panel."""
    return CELLS // asked.y.size


def _sets_played(fitted: "Completion", asked: Asked, draws: int) -> tuple[float, Array]:
    from vereda.evaluation import factor_inference

    found = factor_inference.refit(asked.y, _cells(asked), fitted)
    if len(np.unique(asked.panel.stratum)) > 1:
        return found.att, _within_strata(asked, fitted, draws)
    spread = factor_inference.placebo(asked.y, found, draws, asked.seed)
    if spread.se is None:
        raise BadDesign(f"No placebos: {spread.why}.")
    return found.att, spread.draws


def _within_strata(asked: Asked, fitted: "Completion", draws: int) -> Array:
    """Each exposed place is played by one of its stratum, with its years hidden and the exposed set aside."""
    from vereda.evaluation.factor_inference import refit

    never, roles = np.flatnonzero(~asked.exposed), _cells(asked)[asked.exposed]
    effects = []
    for rows in players(asked, np.ones(len(asked.exposed), dtype=bool), draws):
        cells = np.zeros(asked.y.shape, dtype=bool)
        cells[rows] = roles
        effects.append(refit(asked.y[never], cells[never], fitted).att)
    return np.array(effects)


def _in_turn(asked: Asked, fitted: "Completion") -> dict[str, Any]:
    """Every place with the same years hidden."""
    from vereda.evaluation.factor_inference import gaps_as_if_exposed, refit

    rows, cells = np.flatnonzero(asked.exposed), _cells(asked)

    def gaps(y: Array, wanted: Codes) -> Array:
        held = ~np.isnan(y).all(axis=1)
        again = refit(y[held], cells[held], fitted)
        out = np.full(y.shape, np.nan)
        out[wanted] = gaps_as_if_exposed(y[held], again, rows=np.searchsorted(np.flatnonzero(held), wanted))
        return out

    p, size, told = by_places(
        asked, rows, ~asked.exposed, ~cells[rows[0]], gaps, _affordable(asked), "rmspe_ratio"
    )
    return {"p": p, "p_kind": "permutation", "size": size, "checks": told}
