"""Estimators that complete the matrix of what would have been: mc, ife. Their errors come from leaving places out."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import Asked, Found, Mask, Z, normal_p, players
from vereda.evaluation.behind import behind
from vereda.evaluation.by_influence import missing
from vereda.evaluation.panel import Array
from vereda.evaluation.results import Check, Effect

if TYPE_CHECKING:
    from vereda.evaluation.factor import Completion
    from vereda.evaluation.jackknife import Spread

MOST_LEFT_OUT = 2_000  # fits of a jackknife that are made without being asked for


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
    panel = asked.panel
    early = np.flatnonzero(panel.first <= panel.years[0])
    if len(early):
        names = ", ".join(panel.places[i] for i in early[:5])
        raise BadDesign(
            f"{len(early)} places are exposed from the first year on ({names}): nothing is known of them without "
            "exposure. Leave them out, or begin the table earlier."
        )
    if not asked.exposed.any():
        raise BadDesign(f"No place is exposed by {panel.years[-1]:.0f}: there is nothing to evaluate.")


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
            half = Z * spread.se
            told |= {"se": spread.se, "low": fitted.att - half, "high": fitted.att + half}
            told |= {"p": normal_p(fitted.att, spread.se), "p_kind": "jackknife"}
    return told | (_played(asked, fitted) if asked.options["placebos"] is not None else {})


def _played(asked: Asked, fitted: "Completion") -> dict[str, Any]:
    from vereda.evaluation import factor_inference

    wish, places = asked.options["placebos"], int(asked.exposed.sum())
    if wish == "all" and places > 1:
        raise BadRequest(
            f"All sets of {places} places are too many here: ask for a number of placebos, such as 200."
        )
    if wish == "all":
        return _in_turn(asked, fitted)
    if len(np.unique(asked.panel.stratum)) > 1:
        spread = _within_strata(asked, fitted, int(wish))
    else:
        spread = factor_inference.placebo(asked.y, fitted, int(wish), asked.seed)
    if spread.se is None:
        raise BadDesign(f"No placebos: {spread.why}.")
    p = (1 + int((np.abs(spread.draws) >= abs(fitted.att)).sum())) / (1 + int(wish))
    words = f"standard deviation of {wish} placebo effects: {spread.se:.4g}; the size of this test is not calibrated"
    check = Check("placebo_spread", "informational", words, {"sd": spread.se, "draws": float(wish)})
    return {"p": p, "p_kind": "permutation", "checks": (check,)}


def _within_strata(asked: Asked, fitted: "Completion", draws: int) -> "Spread":
    """Each exposed place is played by one of its stratum, with its years hidden and the exposed set aside."""
    from vereda.evaluation import jackknife
    from vereda.evaluation.factor_inference import refit

    never, roles = np.flatnonzero(~asked.exposed), _cells(asked)[asked.exposed]
    effects = []
    for rows in players(asked, np.ones(len(asked.exposed), dtype=bool), draws):
        cells = np.zeros(asked.y.shape, dtype=bool)
        cells[rows] = roles
        effects.append(refit(asked.y[never], cells[never], fitted).att)
    return jackknife.spread("placebo", np.array(effects))


def _in_turn(asked: Asked, fitted: "Completion") -> dict[str, Any]:
    """Every place with the same years hidden."""
    from vereda.evaluation import factor_inference
    from vereda.evaluation.permutation import placebo_test

    gap = factor_inference.gaps_as_if_exposed(asked.y, fitted)
    pre = ~_cells(asked)[asked.exposed][0]
    test = placebo_test(gap, pre, np.flatnonzero(asked.exposed), asked.panel.stratum, seed=asked.seed)
    words = f"rank {test.rank} of {test.compared + 1} by root mean squared gap after over before; its size is not calibrated"
    values = {"rank": float(test.rank), "compared": float(test.compared), "statistic": test.observed}
    return {
        "p": test.p,
        "p_kind": "permutation",
        "checks": (Check("placebo_rank", "informational", words, values),),
    }
