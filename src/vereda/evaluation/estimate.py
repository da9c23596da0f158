"""One question, one answer: from the name of an estimator and its options to an `Estimate`, the same for all.

`METHODS` is the list: what each is called, which options it has, and what else it uses. An option that an estimator
does not use is refused, never passed over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np

from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import Asked, Found, Mask
from vereda.evaluation.panel import Panel
from vereda.evaluation.results import Estimate

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Option:
    """What may be asked: words to choose from, or a whole number from `least` on; words and `least`, either.

    default None: not asked for.
    """

    default: Any
    words: tuple[str, ...] = ()
    least: int | None = None

    def read(self, name: str, value: Any) -> Any:
        """The value, if it is one of those; BadRequest otherwise."""
        if value is None or (isinstance(value, str) and value in self.words):
            return self.default if value is None else value
        number = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if self.least is not None and number and value >= self.least:
            return int(value)
        least = [f"a whole number from {self.least}"] if self.least is not None else []
        raise BadRequest(f"{name}={value!r}: one of {', '.join([*self.words, *least])}.")


@dataclass(frozen=True, slots=True)
class Method:
    """An estimator: title, where its function is, its options, and which of covariates, cluster, stratum, gaps it uses."""

    title: str
    where: str
    options: Mapping[str, Option]
    uses: frozenset[str] = field(default_factory=frozenset)

    def run(self, asked: Asked) -> Found:
        """Ask it; only then is it imported, with all it needs."""
        module, _, name = self.where.partition(":")
        function: Callable[[Asked], Found] = getattr(import_module(f"vereda.evaluation.{module}"), name)
        return function(asked)


_AGGREGATE = Option("simple", ("simple", "dynamic", "group", "calendar"))
_ANTICIPATION = Option(0, least=0)
_DRAWS = Option(0, least=0)
_PLACEBOS = Option(None, ("all",), least=19)
_STATISTIC = Option("rmspe_ratio", ("rmspe_ratio", "studentised", "mean", "own_spread"))
_SIZE_DRAWS = Option(200, least=0)  # simulated panels behind the size of a placebo test; 0 for none
_BINS = {"leads": Option(None, least=1), "lags": Option(None, least=0)}
_INFLUENCE = frozenset({"covariates", "cluster", "gaps"})

METHODS: Mapping[str, Method] = {
    "did": Method(
        "Difference in differences by cohort and year (Callaway & Sant'Anna 2021)",
        "by_influence:did",
        {
            "control": Option("never", ("never", "not-yet")),
            "method": Option("dr", ("dr", "ipw", "reg")),
            "aggregate": _AGGREGATE,
            "anticipation": _ANTICIPATION,
            "base": Option("varying", ("varying", "universal")),
            "draws": _DRAWS,
        },
        _INFLUENCE,
    ),
    "twfe": Method("Two-way fixed effects", "by_influence:twfe", _BINS, _INFLUENCE),
    "sunab": Method(
        "Interaction-weighted event study (Sun & Abraham 2021)",
        "by_influence:sunab",
        {"control": Option("never", ("never", "last")), **_BINS},
        _INFLUENCE,
    ),
    "imputation": Method(
        "Imputation (Borusyak, Jaravel & Spiess 2024)",
        "by_influence:imputation",
        {"anticipation": _ANTICIPATION},
        _INFLUENCE,
    ),
    "scm": Method(
        "Synthetic control (Abadie, Diamond & Hainmueller 2010)",
        "by_weights:scm",
        {"placebos": _PLACEBOS, "statistic": _STATISTIC, "size_draws": _SIZE_DRAWS},
        frozenset({"covariates", "stratum", "gaps", "donors"}),
    ),
    "ascm": Method(
        "Ridge-augmented synthetic control (Ben-Michael, Feller & Rothstein 2021, 2022)",
        "by_weights:ascm",
        {"placebos": _PLACEBOS, "statistic": _STATISTIC, "size_draws": _SIZE_DRAWS},
        frozenset({"stratum", "gaps", "donors"}),
    ),
    "sdid": Method(
        "Synthetic difference-in-differences (Arkhangelsky et al. 2021)",
        "by_weights:sdid",
        {
            "placebos": _PLACEBOS,
            "size_draws": _SIZE_DRAWS,
            "draws": _DRAWS,
            "variant": Option("sdid", ("sdid", "sc", "did")),
            "path": Option("exact", ("exact", "R")),
        },
        frozenset({"cluster", "stratum", "gaps", "donors"}),
    ),
    "mc": Method(
        "Matrix completion (Athey et al. 2021)",
        "by_factors:mc",
        {"placebos": _PLACEBOS, "size_draws": _SIZE_DRAWS},
        frozenset({"cluster", "stratum", "gaps"}),
    ),
    "ife": Method(
        "Interactive fixed effects, generalised synthetic control (Bai 2009, Xu 2017)",
        "by_factors:ife",
        {
            "placebos": _PLACEBOS,
            "size_draws": _SIZE_DRAWS,
            "factors_from": Option("controls", ("controls", "all")),
        },
        frozenset({"cluster", "stratum", "gaps"}),
    ),
}


def method(estimator: str) -> Method:
    """The estimator of a name."""
    if estimator not in METHODS:
        raise BadRequest(f"{estimator!r} is no estimator here. There are: {', '.join(METHODS)}.")
    return METHODS[estimator]


def asked_options(estimator: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of an estimator, with what was given; BadRequest for one it does not use. None is not given."""
    known = method(estimator).options
    strange = [name for name, value in given.items() if value is not None and name not in known]
    if strange:
        users = {n: [e for e, m in METHODS.items() if n in m.options] for n in strange}
        said = "; ".join(
            f"{n} is used by {', '.join(u)}" if u else f"there is no {n}" for n, u in users.items()
        )
        raise BadRequest(
            f"{estimator} does not use {', '.join(strange)} ({said}). Its options: {', '.join(known) or 'none'}."
        )
    return {name: option.read(name, given.get(name)) for name, option in known.items()}


def refuse_unused(estimator: str, given: Mapping[str, Any]) -> None:
    """BadRequest for columns an estimator makes no use of. given: covariates, cluster, stratum, gaps, donors."""
    unused = [name for name, value in given.items() if value and name not in method(estimator).uses]
    if unused:
        users = {n: [e for e, m in METHODS.items() if n in m.uses] for n in unused}
        said = "; ".join(f"{n}: {', '.join(u)}" for n, u in users.items())
        raise BadRequest(f"{estimator} makes no use of {', '.join(unused)}. Used by {said}.")


def estimate(
    panel: Panel,
    outcome: str,
    estimator: str,
    *,
    covariates: Sequence[str] = (),
    seed: int = 0,
    donors: Mask | None = None,
    forbidden: Any = None,
    data: str | None = None,
    clock: Clock | None = None,
    **options: Any,
) -> Estimate:
    """One outcome of a panel by one estimator.

    covariates: names of those of the panel that are used; none unless named. options: as in `METHODS`; None is as if
    not given. donors (n,), forbidden (n, n): for scm, ascm and sdid, places that may get weight, and pairs (place,
    donor) that may not, such as neighbours. data: hash of the panel, where it is known already. clock: tells the
    seconds. Raises BadRequest for what does not exist or is not used, BadDesign where the panel cannot answer.
    """
    full = asked_options(estimator, options)
    refuse_unused(
        estimator, {"covariates": covariates, "donors": donors is not None or forbidden is not None}
    )
    begun = clock() if clock else 0.0
    one = _one(panel, outcome, covariates)
    _changes(one)
    _tell_apart(one)
    found = METHODS[estimator].run(Asked(one, full, seed, donors, forbidden))
    if not np.isfinite(found.att):
        raise BadDesign(
            f"{estimator} has no finite effect on {outcome}. Look at the checks of the panel: gaps, scale."
        )
    specification = {"covariates": tuple(covariates), **full}
    if "cluster" in METHODS[estimator].uses:
        specification["clusters"] = len(np.unique(panel.cluster))
    if donors is not None:
        specification["donors"] = int(donors.sum())
    return Estimate(
        estimator, outcome, found.att, found.se, found.low, found.high, found.p, found.effects, found.weights,
        found.certificate, found.checks, specification, data or panel.hash, seed, (clock() - begun) if clock else 0.0,
        found.why_no_se, found.p_kind, found.size,
    )  # fmt: skip


def estimate_all(
    panel: Panel, estimator: str, outcomes: Sequence[str] | None = None, **specification: Any
) -> tuple[Estimate, ...]:
    """`estimate` for each outcome, all of them unless named. The same seed gives them the same draws."""
    specification.setdefault("data", panel.hash)
    return tuple(estimate(panel, name, estimator, **specification) for name in outcomes or panel.outcomes)


def _tell_apart(panel: Panel) -> None:
    """BadDesign for a covariate that the others and a constant make up: there is no telling what is whose."""
    x = np.column_stack([np.ones(len(panel.places)), panel.covariates])
    x = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    for k in range(1, x.shape[1]):
        left = x[:, k] - x[:, :k] @ np.linalg.lstsq(x[:, :k], x[:, k], rcond=None)[0]
        if np.abs(left).max() <= 1e-9:
            others = ", ".join(panel.covariate_names[: k - 1])
            what = (
                f"a combination of {others} and a constant"
                if others and np.ptp(x[:, k]) > 1e-9
                else "constant"
            )
            raise BadDesign(
                f"Covariate {panel.covariate_names[k - 1]} is {what} over the places: it adds nothing. Leave it out."
            )


def _changes(panel: Panel) -> None:
    """BadDesign for an outcome that stays the same in every place: there is no change to compare."""
    y = panel.y[:, :, 0]
    known = ~np.isnan(y)
    low, high = np.where(known, y, np.inf).min(axis=1), np.where(known, y, -np.inf).max(axis=1)
    some = known.any(axis=1)
    largest = float(np.abs(y[known]).max(initial=0.0))
    if some.any() and (high[some] - low[some]).max() <= 1e-14 * largest:
        value = float(low[some][0])
        what = (
            f"{value:g} in every place and year"
            if np.ptp(low[some]) <= 1e-14 * largest
            else "the same in all years of every place"
        )
        raise BadDesign(
            f"{panel.outcomes[0]} never changes: it is {what}, so there is no change to compare. Leave it out, or "
            "look at how it was made."
        )


def _one(panel: Panel, outcome: str, covariates: Sequence[str]) -> Panel:
    """The panel with one outcome and the chosen covariates."""
    if outcome not in panel.outcomes:
        raise BadRequest(f"No outcome {outcome!r}. There are: {', '.join(panel.outcomes)}.")
    strange = [name for name in covariates if name not in panel.covariate_names]
    if strange:
        raise BadRequest(
            f"No covariate {', '.join(strange)}. There are: {', '.join(panel.covariate_names) or 'none'}."
        )
    j = panel.outcomes.index(outcome)
    columns = [panel.covariate_names.index(name) for name in covariates]
    return replace(
        panel,
        outcomes=(outcome,),
        y=panel.y[:, :, [j]],
        covariates=panel.covariates[:, columns],
        covariate_names=tuple(covariates),
    )
