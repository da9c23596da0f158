"""What an estimator is asked, and what it finds, in the same words for all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.evaluation.certificate import Certificate
from vereda.evaluation.inference import Errors
from vereda.evaluation.panel import Array, Panel
from vereda.evaluation.results import Check, Effect

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """One outcome of a panel (m = 1, covariates as chosen), the options in full, and the seed of all draws.

    donors (n,): places that may get weight. forbidden (n, n): row i marks donors that place i may not use. Both None
    without a wish.
    """

    panel: Panel
    options: Mapping[str, Any]
    seed: int
    donors: Mask | None = None
    forbidden: Any = None

    @property
    def y(self) -> Array:
        """The outcome (n, T)."""
        return self.panel.y[:, :, 0]

    @property
    def exposed(self) -> Mask:
        """(n,) places exposed within the years of the panel."""
        within: Mask = self.panel.first <= self.panel.years[-1]
        return within


@dataclass(frozen=True, slots=True)
class Found:
    """What an estimator found; the parts of an `Estimate` that are its own."""

    att: float
    effects: tuple[Effect, ...]
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_kind: str = ""
    size: float | None = None
    why_no_se: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    certificate: Certificate | None = None
    checks: tuple[Check, ...] = ()


def effects(labels: Sequence[str], value: Array, known: Errors, half: Array) -> tuple[Effect, ...]:
    """Effects from columns (p,), their errors (p, 1) and half of their intervals (p,); None for what is nan."""
    columns = (value - half, value + half, known.degrees[:, 0], known.wider[:, 0])
    rows = zip(labels, value, known.se[:, 0], *columns, strict=True)
    return tuple(
        Effect(name, float(v), *number([se]))
        if isnan(half)
        else Effect(name, float(v), *number([se, half, *rest]))
        for name, v, se, half, *rest in rows
    )


def small(degrees: float, wider: float = 1.0) -> Check:
    """What the interval and p make of a small sample; degrees of freedom, and by how much the error is wider."""
    words = f"interval and p by Student's t with {degrees:.1f} degrees of freedom, error {wider:.3f} times the usual one"
    return Check("small_sample", "informational", words, {"degrees": degrees, "wider": wider})


def number(values: Sequence[float]) -> tuple[float | None, ...]:
    """None for what is no number."""
    return tuple(float(v) if isfinite(v) else None for v in values)


def at(label: str) -> float | None:
    """The number in a label: -3 in "e=-3" or "e<=-3", 2004 in "g=2004"; None where there is none, or several."""
    found = re.fullmatch(r"[egt](?:=|<=|>=)(-?\d+)", label)
    return float(found[1]) if found else None


def since(panel: Panel, place: int) -> NDArray[np.int64]:
    """(T,) years since a place was first exposed."""
    return np.asarray(panel.years - panel.first[place], dtype=np.int64)


def named_weights(panel: Panel, donors: Sequence[int], weights: Array) -> dict[str, float]:
    """Donors with weight by name, heaviest first."""
    order = np.argsort(-np.asarray(weights), kind="stable")
    return {panel.places[donors[i]]: float(weights[i]) for i in order if weights[i] != 0}


def players(asked: Asked, among: Mask, draws: int) -> NDArray[np.int64]:
    """Rows (draws, k) of never-exposed places that play the k exposed ones, each in the stratum of the one it plays."""
    exposed, group = np.flatnonzero(asked.exposed & among), asked.panel.stratum
    rng, out = np.random.default_rng(asked.seed), np.empty((draws, len(exposed)), dtype=np.int64)
    for g in np.unique(group[exposed]):
        part, pool = group[exposed] == g, np.flatnonzero(among & ~asked.exposed & (group == g))
        if len(pool) <= part.sum():
            raise BadDesign(
                f"The stratum of {asked.panel.places[exposed[part][0]]} has {len(pool)} places that were never exposed, "
                f"too few to play {int(part.sum())} exposed one(s). Use wider strata."
            )
        for d in range(draws):
            out[d, part] = rng.choice(pool, int(part.sum()), replace=False)
    return out


def begun_later(asked: Asked, why: str) -> None:
    """BadDesign where a place is exposed from the first year on. why: what cannot be done with it."""
    early = [asked.panel.places[i] for i in np.flatnonzero(asked.panel.first <= asked.panel.years[0])]
    if early:
        raise BadDesign(
            f"{len(early)} place(s) are exposed from the first year on ({first_five(early)}): {why}. Leave them out, or "
            "begin the table earlier."
        )


def first_five(names: Sequence[str]) -> str:
    """The first five names."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def same_start(asked: Asked, what: str) -> float:
    """The one year in which exposure begins; BadDesign where there are several."""
    starts = np.unique(asked.panel.first[asked.exposed])
    if len(starts) > 1:
        raise BadDesign(
            f"{what} needs all exposed places to begin in the same year; here they begin in "
            f"{', '.join(f'{s:.0f}' for s in starts[:8])}. Estimate each cohort by itself, or use did, sdid or ascm."
        )
    return float(starts[0])
