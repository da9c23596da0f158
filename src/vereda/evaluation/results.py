"""What estimators give back. Frozen; shapes and units are stated; nothing is rounded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vereda.evaluation.certificate import Certificate
from vereda.evaluation.panel import Array, Codes


@dataclass(frozen=True, slots=True)
class Estimates:
    """p parameters for m outcomes, and the influence every place has on them.

    value (p, m), in the unit of the outcome. influence (n, p, m): estimate - truth is about the mean over the
    n places of influence, so that the standard error is sqrt(sum over clusters of (sum of influence)^2) / n.
    """

    label: tuple[str, ...]
    value: Array
    influence: Array


@dataclass(frozen=True, slots=True)
class CohortEffects:
    """ATT(g, t): mean effect in year t on the places first exposed in year g, for m outcomes.

    cohort (k,), year (k,), places (k,): number of exposed places behind the cell. att (k, m) in the unit of the
    outcome. influence (n, k, m) as in `Estimates`. first (n,): the cohort of each place, inf for never.
    """

    cohort: Array
    year: Array
    places: Array
    att: Array
    influence: Array
    first: Array


@dataclass(frozen=True, slots=True)
class SyntheticFit:
    """One exposed place (or the mean of a cohort) and its synthetic counterpart.

    weights (J,) over donors, by their index (J,) in the panel; gap (T,): observed minus synthetic, in the unit of
    the outcome; pre (T,) true before exposure; intercept: what augmented or differenced variants add.
    """

    donors: Codes
    weights: Array
    gap: Array
    pre: Any
    certificate: Certificate
    intercept: float = 0.0

    @property
    def att(self) -> float:
        """Mean gap after exposure."""
        return float(self.gap[~self.pre].mean())

    @property
    def rmspe(self) -> tuple[float, float]:
        """Root mean squared gap before and after exposure."""
        before, after = self.gap[self.pre], self.gap[~self.pre]
        return float((before**2).mean() ** 0.5), float((after**2).mean() ** 0.5)


@dataclass(frozen=True, slots=True)
class Check:
    """A diagnostic: passed, failed or informational, with the numbers behind it.

    name: such as pre_trend, placebo_rank, leave_one_out. detail: one plain sentence.
    """

    name: str
    state: str
    detail: str
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect inside an estimate: of an event time, a cohort, a year or a whole.

    degrees of freedom of its interval, and by how much its error is wider than se (`small_sample`).
    """

    label: str
    value: float
    se: float | None = None
    low: float | None = None
    high: float | None = None
    degrees: float | None = None
    wider: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer of one estimator for one outcome, with everything needed to make it again.

    att in the unit of the outcome; se, low, high, p: None where no honest one exists, and `why_no_se` says why.
    effects: by event time or as asked. specification: every argument. data: hash of the panel. seed: of the draws.
    """

    estimator: str
    outcome: str
    att: float
    se: float | None
    low: float | None
    high: float | None
    p: float | None
    effects: tuple[Effect, ...]
    weights: Mapping[str, float]
    certificate: Certificate | None
    checks: tuple[Check, ...]
    specification: Mapping[str, Any]
    data: str
    seed: int
    seconds: float
    why_no_se: str = ""
    p_kind: str = ""  # asymptotic, permutation, conformal: what the p-value rests on
    size: float | None = None  # calibrated size of that test at the nominal 5 %, by simulation
