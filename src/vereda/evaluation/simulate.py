"""Panels whose true effects are known: the one place of truth for tests, coverage and power.

    y = a_i + l_t + u_it + effect_it + displaced_it          for each of m replications, one outcome each

a_i ~ N(0, 1); l_t a random walk with N(0, 0.2^2) steps; the variance of u_it is 1 for every kind of errors, so that
`size` reads in standard deviations. Places stand on a grid of squares 0.1 degrees wide and touch left, right, above and below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from vereda.errors import BadDesign
from vereda.evaluation.exposure import Rings, adjacency, reach, rings
from vereda.evaluation.panel import NEVER, Array, Panel, panel

RHO = 0.6  # errors="ar1": u_t = RHO u_t-1 + sqrt(1 - RHO^2) e_t
FACTORS, FACTOR_RHO = (
    2,
    0.8,
)  # errors="factor": u = sqrt(1/2) (loading'factor + e), factors AR(1) of variance 1
SHARED = 2  # errors="spatial": places within SHARED steps draw on each other's shocks
SPREAD = 0.5  # effect="heterogeneous": standard deviation of the effect between places, in sizes
TREND = 0.1  # selection="trend" and "covariate": slope a year, for one standard deviation
PULL = 1.5  # selection: log odds of being chosen, for one standard deviation
STEP_DEGREES = 0.1  # between neighbours on the grid, some 11 km

ERRORS = ("iid", "ar1", "factor", "spatial")
EFFECTS = ("none", "constant", "dynamic", "heterogeneous")
SELECTIONS = ("none", "level", "outcome", "trend", "loading", "patch", "covariate")


@dataclass(frozen=True, slots=True)
class Simulated:
    """A panel of n places, T years and m replications, and the truth behind it.

    expected (n, T): effect on an exposed place of its cohort in that year, before differences between places; 0
    where there is none. effect (n, T, m): the effect drawn. displaced (n, T): effect on places of the rings.
    rings: by the true reach of the displacement (ring 1 where there is none). coordinates (n, 2): lon, lat.
    """

    panel: Panel
    expected: Array
    effect: Array
    displaced: Array
    graph: csr_array
    coordinates: Array
    rings: Rings

    @property
    def att(self) -> float:
        """Mean effect over all exposed places and years: what the aggregation "simple" estimates."""
        return float(self.expected[self.panel.first[:, None] <= self.panel.years].mean())

    def att_gt(self, cohort: float, year: float) -> float:
        """Mean effect on the places first exposed in `cohort`, in `year`."""
        return float(self.expected[self.panel.first == cohort][:, self.panel.years == year].mean())

    def ring(self, order: int) -> float:
        """Mean effect on the places of ring `order`, over the years since they stand there."""
        since = np.where(self.rings.steps == order, self.rings.since, NEVER)
        return float(self.displaced[since[:, None] <= self.panel.years].mean())

    @property
    def net(self) -> float:
        """Effect a year on all exposed and ring places together: sum of places times mean effect."""
        orders = range(1, self.rings.buffer + 1)
        count = [int((self.rings.steps == order).sum()) for order in (0, *orders)]
        return count[0] * self.att + sum(
            c * self.ring(order) for c, order in zip(count[1:], orders, strict=True) if c
        )


def panel_of(
    n: int,
    years: Sequence[float] | Array,
    cohorts: Mapping[float, int],
    *,
    errors: str = "iid",
    effect: str = "none",
    selection: str = "none",
    size: float = 1.0,
    spillover: Sequence[float] = (),
    replications: int = 1,
    seed: int | np.random.Generator,
) -> Simulated:
    """One exposure of n places and `replications` draws of everything else, each an outcome of the panel.

    cohorts: {first exposed year: number of places}. An estimator that takes m outcomes at once answers all
    replications in one call; draws are conditional on who is exposed, so vary the seed as well.

    errors. "iid": N(0, 1). "ar1", "factor": see the constants above. "spatial": u_it = sum of e_jt over the places j
    within SHARED steps, / sqrt(their number); independent over years; no correlation beyond 2 SHARED steps.
    effect, e = years since first exposed. "none": 0. "constant": size. "dynamic": size (1 - 2^-(e+1)).
    "heterogeneous": that times c_g + SPREAD z_i, c_g from 1.5 in the first cohort to 0.5 in the last, z_i ~ N(0, 1).
    spillover: effect on the never exposed places of ring 1, 2, ... from the year an exposure is within reach.
    selection: places are drawn with log odds PULL times a score. "none": 0. "level": a_i. "outcome": y of the year
    before exposure, then mean reversion biases comparisons of changes (one replication only). "trend": a slope b_i of
    TREND a year that stays unseen. "loading": loading on the first factor. "covariate": x_i with its own TREND,
    given in the panel as covariate x. "patch": a smooth field, without chance, so that exposed places lie together.
    """
    years = np.asarray(years, dtype=float)
    _faults(n, years, cohorts, errors, effect, selection, replications)
    random = np.random.default_rng(seed)
    graph, coordinates, places = _grid(n)
    shared = (
        1 if selection in ("level", "outcome") else replications
    )  # the score must be the same in all of them
    level = random.standard_normal((n, 1, shared))
    loading = random.standard_normal((n, FACTORS, 1 if selection == "loading" else replications))
    walk = 0.2 * random.standard_normal((1, len(years), replications)).cumsum(axis=1)
    score = random.standard_normal(n)
    untreated = level + walk + _errors(random, errors, graph, len(years), replications, loading)
    if selection in ("trend", "covariate"):
        untreated += TREND * (score[:, None] * (years - years[0]))[:, :, None]
    known = {"level": level[:, 0, 0], "loading": loading[:, 0, 0], "trend": score, "covariate": score}
    if selection == "patch":
        known["patch"] = _smooth(graph, score)
    first = _chosen(random, years, cohorts, selection, known.get(selection, np.zeros(n)), untreated[:, :, 0])
    where = rings(graph, first, max(len(spillover), 1))
    expected, drawn = _effects(random, first, years, effect, size, replications)
    strength = np.array([0.0, *spillover, *([0.0] * 2)])[where.steps]
    displaced = np.where(where.since[:, None] <= years, strength[:, None], 0.0)
    y = untreated + drawn + displaced[:, :, None]
    names = ["y"] if replications == 1 else [f"y{r}" for r in range(replications)]
    covariates = {"x": score} if selection == "covariate" else None
    cube = panel(places, years, {name: y[:, :, r] for r, name in enumerate(names)}, first, covariates)
    return Simulated(cube, expected, drawn, displaced, graph, coordinates, where)


def _grid(n: int) -> tuple[csr_array, Array, list[str]]:
    columns = int(np.ceil(np.sqrt(n)))
    row, column = np.divmod(np.arange(n), columns)
    places = [f"P{i:05d}" for i in range(n)]
    beside = [(places[i], places[i + 1]) for i in range(n - 1) if column[i + 1]]
    below = [(places[i], places[i + columns]) for i in range(n - columns)]
    centred = (
        np.column_stack([column, row]) - (columns - 1) / 2
    )  # about the equator, where degrees are square
    return adjacency(places, beside + below), STEP_DEGREES * centred, places


def _errors(
    random: np.random.Generator, kind: str, graph: csr_array, span: int, replications: int, loading: Array
) -> Array:
    noise = random.standard_normal((graph.shape[0], span, replications))
    if kind == "ar1":
        return _autoregressive(noise, RHO)
    if kind == "factor":
        factor = _autoregressive(random.standard_normal((FACTORS, span, replications)), FACTOR_RHO)
        common = np.einsum(
            "ifr,ftr->itr", np.broadcast_to(loading, (*loading.shape[:2], replications)), factor
        )
        return np.asarray(np.sqrt(0.5) * (common / np.sqrt(FACTORS) + noise))
    if kind == "spatial":
        return _smooth(graph, noise)
    return noise


def _autoregressive(noise: Array, rho: float) -> Array:
    """Stationary AR(1) with variance 1 along axis 1."""
    u = noise.copy()
    for t in range(1, u.shape[1]):
        u[:, t] = rho * u[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    return u


def _smooth(graph: csr_array, noise: Array) -> Array:
    """Sums over a place and those within SHARED steps, over the root of their number: the variance stays."""
    near = reach(graph, SHARED).astype(float)
    flat = noise.reshape(len(noise), -1)
    sums = np.asarray(near @ flat) + flat
    return (sums / np.sqrt(1 + near.sum(axis=1))[:, None]).reshape(noise.shape)


def _chosen(
    random: np.random.Generator,
    years: Array,
    cohorts: Mapping[float, int],
    selection: str,
    score: Array,
    untreated: Array,
) -> Array:
    """First exposed years: drawn without replacement, odds by the score (the largest of score plus Gumbel noise)."""
    first = np.full(len(score), NEVER)
    for year in sorted(cohorts):
        if selection == "outcome":
            last = untreated[:, np.flatnonzero(years == year)[0] - 1]
            score = (last - last.mean()) / last.std()
        chance = np.zeros(len(score)) if selection == "patch" else random.gumbel(size=len(score))
        key = np.where(np.isinf(first), PULL * score + chance, -np.inf)
        first[np.argsort(-key, kind="stable")[: cohorts[year]]] = year
    return first


def _effects(
    random: np.random.Generator, first: Array, years: Array, kind: str, size: float, replications: int
) -> tuple[Array, Array]:
    """Expected (n, T) and drawn (n, T, m) effects on exposed places."""
    since = years - first[:, None]  # -inf for never
    exposed = since >= 0
    path = np.where(exposed, 1 - 2.0 ** -(np.where(exposed, since, 0.0) + 1), 0.0)
    if kind == "none":
        path = np.zeros_like(path)
    elif kind == "constant":
        path = exposed.astype(float)
    scale, luck = np.ones(len(first)), np.zeros((len(first), 1, replications))
    if kind == "heterogeneous":
        groups = np.unique(first[np.isfinite(first)])
        factor = np.linspace(1.5, 0.5, len(groups)) if len(groups) > 1 else np.ones(1)
        scale[np.isfinite(first)] = factor[np.searchsorted(groups, first[np.isfinite(first)])]
        luck = SPREAD * random.standard_normal((len(first), 1, replications))
    expected = size * scale[:, None] * path
    return expected, expected[:, :, None] + size * luck * path[:, :, None]


def _faults(
    n: int,
    years: Array,
    cohorts: Mapping[float, int],
    errors: str,
    effect: str,
    selection: str,
    replications: int,
) -> None:
    known = {"errors": (errors, ERRORS), "effect": (effect, EFFECTS), "selection": (selection, SELECTIONS)}
    faults = [f"{name}={got!r}: one of {', '.join(ok)}" for name, (got, ok) in known.items() if got not in ok]
    if not set(cohorts) <= set(years[1:]):
        faults.append("every cohort starts in a year of the panel after the first")
    if not cohorts or min(cohorts.values()) < 1 or sum(cohorts.values()) >= n:
        faults.append(f"cohorts need at least one place each, and fewer than {n} in all")
    if replications < 1 or (selection == "outcome" and replications > 1):
        faults.append("at least one replication; exactly one when the outcome decides who is exposed")
    if selection == "loading" and errors != "factor":
        faults.append('selection="loading" needs errors="factor"')
    if faults:
        raise BadDesign("The simulation cannot be drawn:\n  " + "\n  ".join(faults))
