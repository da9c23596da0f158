"""Coverage of 95 % intervals and size of 5 % tests: estimators whose error comes from influence or a jackknife."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from rates import Row, Task, errors_of, rate, scaled

from vereda.evaluation import (
    aggregate,
    event_study,
    honest,
    honest_clf,
    honest_flci,
    honest_study,
    imputation,
    inference,
    simulate,
    small_sample,
    spatial,
    spillover,
    synthetic_did,
)
from vereda.evaluation.assessment import classes
from vereda.evaluation.did import att_gt
from vereda.evaluation.estimate import estimate
from vereda.evaluation.exposure import by_km
from vereda.evaluation.panel import Array, Codes, Panel
from vereda.evaluation.results import Estimates
from vereda.pipeline.panels import ENOUGH

N, YEARS = 1122, np.arange(2010.0, 2022)
COHORTS: Mapping[int, Mapping[float, int]] = {
    5: {2016: 5},
    20: {2015: 10, 2018: 10},
    170: {2014: 57, 2016: 57, 2018: 56},
}
UNEVEN: Mapping[int, Mapping[float, int]] = {
    21: {2014: 1, 2016: 20}
}  # a cohort that shows nothing of its variation
PER_SET = 25  # panels that share their exposed places
Z = 1.959963984540054
Answer = tuple[Array, Array]  # estimate (m,), half of its interval (m,)


def bare(one: Panel) -> Panel:
    return replace(one, covariates=np.empty((len(one.places), 0)), covariate_names=())


def answer(one: Panel, found: Estimates, cluster: Codes | None = None, factor: float = 1.0) -> Answer:
    """As `estimate` has it: clustered, with what is known of small samples; factor: of the variance, as a package has it."""
    cluster = one.cluster if cluster is None else cluster
    known = inference.errors(found, cluster, small_sample.sides(one.first, cluster))
    wider = np.maximum(known.wider / factor**0.5, 1.0)
    return found.value[0], replace(known, se=known.se * factor**0.5, wider=wider).half()[0]


def did(one: Panel, method: str = "reg") -> Answer:
    return answer(one, aggregate.simple(att_gt(one, method=method)))


def imputed(one: Panel) -> Answer:
    return answer(one, imputation.impute(one, covariates_by_year=bool(one.covariates.shape[1])).study.overall)


def _regression(one: Panel, study: event_study.EventStudy) -> Answer:
    clusters = len(np.unique(one.cluster))
    factor = event_study.crv1(int(study.observations[0]), int(study.overall_parameters[0]), clusters)
    return answer(one, study.overall, factor=factor)


def twfe(one: Panel) -> Answer:
    return _regression(one, event_study.twfe(one))


def sunab(one: Panel) -> Answer:
    return _regression(one, event_study.sun_abraham(one))


def sdid(one: Panel) -> Answer:
    """Jackknife, outcome by outcome; one cohort."""
    exposed = np.isfinite(one.first)
    pre = one.years < one.first[exposed].min()
    value, half = [], []
    for j in range(len(one.outcomes)):
        fitted = synthetic_did.fit(one.y[:, :, j], exposed, pre)
        spread = synthetic_did.jackknife(fitted)
        value.append(fitted.att)
        half.append(np.nan if spread.se is None else spread.half)
    return np.array(value), np.array(half)


ALL = {"did": did, "imputation": imputed, "twfe": twfe, "sunab": sunab}
SAID = {
    "did": "did (regression, no covariates)",
    "imputation": "imputation",
    "twfe": "twfe, static",
    "sunab": "sunab",
}


def same_as_the_door(one: Panel, name: str, answer: Answer) -> None:
    """What is simulated is what `estimate` answers: the first panel of every design is asked both ways."""
    found = estimate(one, one.outcomes[0], name, covariates=one.covariate_names)
    value, half = answer
    ours = [value[0], value[0] - half[0], value[0] + half[0]]
    assert found.se is not None
    np.testing.assert_allclose(ours, [found.att, found.low, found.high], rtol=1e-8)


def covered(answer: Answer, truth: float) -> np.ndarray:
    value, half = answer
    return np.asarray(np.abs(value - truth) <= half)


# ---- parallel trends hold ----------------------------------------------------------------------------------------


def plain(exposed: int, errors: str) -> list[Row]:
    """did, imputation, twfe and sunab: no effect (tests), then effects that differ (intervals)."""
    rows = []
    for effect, kind in (("none", "rejects"), ("heterogeneous", "covers")):
        hits: dict[str, list[np.ndarray]] = {name: [] for name in ALL}
        values: dict[str, list[np.ndarray]] = {name: [] for name in ALL}
        truth = []
        for seed in range(scaled(40)):
            drawn = simulate.panel_of(
                N,
                YEARS,
                (COHORTS | UNEVEN)[exposed],
                errors=errors,
                effect=effect,
                replications=PER_SET,
                seed=1_000 + seed,
            )
            truth.append(drawn.att)
            for name, ask in ALL.items():
                answer = ask(drawn.panel)
                if seed == 0:
                    same_as_the_door(drawn.panel, name, answer)
                inside = covered(answer, drawn.att)
                hits[name].append(inside if kind == "covers" else ~inside)
                values[name].append(answer[0])
        split = f" ({' and '.join(map(str, UNEVEN[exposed].values()))})" if exposed in UNEVEN else ""
        said = f"{exposed} exposed{split}, {errors} errors, {'no effect' if effect == 'none' else 'effects differ'}"
        for name in ALL:
            rows.append(
                Row("plain", SAID[name], said, kind, rate(hits[name]), errors_of(values[name], truth))
            )
    return rows


def one_cohort(exposed: int, errors: str, draws: int = 300) -> list[Row]:
    """sdid with the jackknife, all exposed in one year."""
    rows = []
    for effect, kind in (("none", "rejects"), ("heterogeneous", "covers")):
        hits, values, truth = [], [], []
        for seed in range(scaled(draws) // 5):
            drawn = simulate.panel_of(
                N, YEARS, {2016: exposed}, errors=errors, effect=effect, replications=5, seed=2_000 + seed
            )
            answer = sdid(drawn.panel)
            if seed == 0:
                same_as_the_door(drawn.panel, "sdid", answer)
            inside = covered(answer, drawn.att)
            hits.append(inside if kind == "covers" else ~inside)
            values.append(answer[0])
            truth.append(drawn.att)
        said = f"{exposed} exposed, {errors} errors, {'no effect' if effect == 'none' else 'effects differ'}"
        rows.append(Row("plain", "sdid, jackknife", said, kind, rate(hits), errors_of(values, truth)))
    return rows


def before_exposure(exposed: int, errors: str) -> list[Row]:
    """The joint test that nothing moved before exposure, on panels in which nothing did; six years before."""
    places, blocks = "joint test of did", "joint test of did, by department"
    hits: dict[str, list[np.ndarray]] = {places: [], blocks: []}
    limit: dict[str, list[np.ndarray]] = {places: [], blocks: []}
    for seed in range(scaled(40)):
        drawn = simulate.panel_of(
            N, YEARS, {2016: exposed}, errors=errors, replications=PER_SET, seed=1_500 + seed
        )
        one, effects = drawn.panel, att_gt(drawn.panel)
        for name, cluster in ((places, one.cluster), (blocks, spatial.blocks(drawn.coordinates, 60))):
            if len(np.unique(cluster[np.isfinite(one.first)])) >= (1 if name == places else ENOUGH):
                told = [c.values for c in inference.pre_trend(effects, cluster)]
                hits[name].append(np.array([v["p"] < 0.05 for v in told]))
                limit[name].append(np.array([v["wald_p"] < 0.05 for v in told if "wald_p" in v]))
    said = f"{exposed} exposed, {errors} errors, parallel trends"
    rows = [Row("pre-trend", name, said, "rejects", rate(found)) for name, found in hits.items() if found]
    return rows + [
        Row("limit", f"{name}: Wald, in the limit of many", said, "rejects", rate(found))
        for name, found in limit.items()
        if found
    ]


def few(exposed: int, errors: str, by: str) -> list[Row]:
    """Intervals where exposed places, or their departments, are few: as they are, and as in the limit of many."""
    inside: dict[str, list[np.ndarray]] = {"did": [], "did, in the limit of many": []}
    for seed in range(scaled(40)):
        drawn = simulate.panel_of(
            N,
            YEARS,
            {2016: exposed},
            errors=errors,
            effect="heterogeneous",
            replications=PER_SET,
            seed=1_800 + seed,
        )
        one = drawn.panel
        cluster = one.cluster if by == "place" else spatial.blocks(drawn.coordinates, 60)
        found = aggregate.simple(att_gt(one))
        se = inference.standard_error(found, cluster)[0]
        inside["did"].append(covered(answer(one, found, cluster), drawn.att))
        inside["did, in the limit of many"].append(covered((found.value[0], Z * se), drawn.att))
    said = f"{exposed} exposed, by {by}, {errors} errors, effects differ"
    return [
        Row("limit" if "limit" in name else "few", name, said, "covers", rate(hits))
        for name, hits in inside.items()
    ]


# ---- places chosen for something ---------------------------------------------------------------------------------


def chosen_by_covariate(exposed: int) -> list[Row]:
    """A seen characteristic decides who is exposed and how fast outcomes rise."""
    methods: dict[str, Callable[[Panel], Answer]] = {
        "did, doubly robust, with x": lambda one: did(one, "dr"),
        "did, weighting, with x": lambda one: did(one, "ipw"),
        "did, regression, with x": lambda one: did(one, "reg"),
        "imputation, x by year": imputed,
        "did without x": lambda one: did(bare(one)),
        "imputation without x": lambda one: imputed(bare(one)),
    }
    return _chosen(methods, exposed, "ar1", "covariate", "chosen by a seen x with its own trend")


def chosen(exposed: int, errors: str, selection: str, words: str) -> list[Row]:
    """What the outcome hides decides who is exposed."""
    methods: dict[str, Callable[[Panel], Answer]] = {"did": did, "imputation": imputed}
    if selection in ("loading", "trend", "outcome"):
        methods["sdid, jackknife"] = sdid
    return _chosen(methods, exposed, errors, selection, words)


def _chosen(
    methods: Mapping[str, Callable[[Panel], Answer]], exposed: int, errors: str, selection: str, words: str
) -> list[Row]:
    many = PER_SET if selection != "outcome" else 1
    slow = "sdid, jackknife" in methods
    sets = scaled(40 if many > 1 else 600)
    hits: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    values: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    for seed in range(sets):
        drawn = simulate.panel_of(
            N,
            YEARS,
            {2016: exposed},
            errors=errors,
            selection=selection,
            replications=many,
            seed=3_000 + seed,
        )
        for name, ask in methods.items():
            one = drawn.panel
            if slow and name.startswith("sdid"):
                if many == 1 and seed % 3:
                    continue
                one = replace(one, outcomes=one.outcomes[:5], y=one.y[:, :, :5])
            answer = ask(one)
            hits[name].append(~covered(answer, 0.0))
            values[name].append(answer[0])
    said = f"{exposed} exposed, {errors} errors, {words}"
    return [
        Row(
            "chosen",
            name,
            said,
            "rejects",
            rate(hits[name]),
            errors_of(values[name], [0.0] * len(values[name])),
        )
        for name in methods
    ]


# ---- space -------------------------------------------------------------------------------------------------------


def patches(selection: str) -> list[Row]:
    """Shocks that places within two steps share: errors by place, Conley, blocks; 170 exposed, strewn or in patches."""
    ways = ("by place", "Conley, 60 km", "Conley, 120 km", "blocks of 60 km", "blocks of 120 km")
    hits: dict[str, list[np.ndarray]] = {way: [] for way in ways}
    for seed in range(scaled(60)):
        drawn = simulate.panel_of(
            N,
            YEARS,
            {2016: 170},
            errors="spatial",
            selection=selection,
            replications=PER_SET,
            seed=4_000 + seed,
        )
        found = aggregate.simple(att_gt(drawn.panel))
        near = by_km(drawn.coordinates, 120)
        influence = found.influence
        answers = {"by place": answer(drawn.panel, found)}
        for side in (60, 120):
            se = spatial.standard_errors(spatial.conley(influence, near, side))[0]
            answers[f"Conley, {side} km"] = (found.value[0], Z * se)
            answers[f"blocks of {side} km"] = answer(
                drawn.panel, found, spatial.blocks(drawn.coordinates, side)
            )
        for way in ways:
            hits[way].append(~covered(answers[way], 0.0))
    where = "lie in patches" if selection == "patch" else "are strewn"
    said = f"170 exposed that {where}, spatial errors, no effect"
    return [Row("space", f"did, errors {way}", said, "rejects", rate(hits[way])) for way in ways]


def displaced(exposed: int, errors: str) -> list[Row]:
    """Direct, displaced and net effect with one ring; the effect on neighbours is half of that on the exposed."""
    hits: dict[str, list[np.ndarray]] = {
        name: [] for name in ("direct", "displaced", "net per exposed place")
    }
    naive: list[np.ndarray] = []
    for seed in range(scaled(40)):
        drawn = simulate.panel_of(
            N, YEARS, {2016: exposed}, errors=errors, effect="heterogeneous", spillover=(0.5,),
            replications=PER_SET, seed=5_000 + seed,
        )  # fmt: skip
        found = spillover.decomposition(
            drawn.panel, drawn.graph, 1, lambda part: aggregate.simple(att_gt(part))
        )
        truth = {
            "direct": drawn.att,
            "displaced": drawn.ring(1),
            "net per exposed place": drawn.net / exposed,
        }
        cluster = drawn.panel.cluster
        known = inference.errors(found.effects, cluster, small_sample.sides(classes(found.rings), cluster))
        for name in hits:
            k = found.effects.label.index(name)
            hits[name].append(covered((found.effects.value[k], known.half()[k]), truth[name]))
        naive.append(covered(did(drawn.panel), drawn.att))
    said = f"{exposed} exposed, ring of neighbours, {errors} errors"
    rows = [Row("space", f"displacement: {name}", said, "covers", rate(hits[name])) for name in hits]
    said += ", neighbours taken as controls"
    return [*rows, Row("space", "did, direct effect", said, "covers", rate(naive))]


# ---- sensitivity -------------------------------------------------------------------------------------------------


def honestly(selection: str) -> list[Row]:
    """Mean effect over six years after exposure, 170 exposed, AR(1) errors; parallel, or with an unseen trend."""
    parallel = selection == "none"
    ways = ["usual interval", "relative magnitudes, M = 0", "smoothness, M = 0"]
    ways += [] if parallel else ["relative magnitudes, M = 1"]
    hits: dict[str, list[np.ndarray]] = {way: [] for way in ways}
    for seed in range(scaled(40)):
        drawn = simulate.panel_of(
            N, YEARS, {2016: 170}, errors="ar1", selection=selection, replications=PER_SET, seed=6_000 + seed
        )
        study = aggregate.dynamic(att_gt(drawn.panel, base="universal"))
        times = np.array([int(x.removeprefix("e=")) if x.startswith("e=") else -1 for x in study.label])
        used = np.flatnonzero(times != -1)
        pre = int((times[used] < -1).sum())
        mean = np.ones(len(used) - pre) / (len(used) - pre)
        inside: dict[str, list[bool]] = {way: [] for way in ways}
        for j in range(PER_SET):
            influence = study.influence[:, used, j]
            beta, sigma = study.value[used, j], influence.T @ influence / N**2
            ends = {ways[0]: honest.original_interval(beta, sigma, pre, mean)}
            asked = honest_study.checked(beta, sigma, pre, mean, 0.95)
            normal = honest_clf.draws_of(asked, seed)
            for bound in [0.0] if parallel else [0.0, 1.0]:
                # as relative_magnitudes, without its search for the breakdown value
                ends[f"relative magnitudes, M = {bound:.0f}"] = honest_clf.hull(asked, bound, 0.05, normal)
            line = honest_flci.Line.of(asked)
            ends[ways[2]] = honest_flci.shortest(asked, line, honest_flci.path_of(line), 0.0, 0.05)
            for way in ways:
                low, high = ends[way]
                inside[way].append(bool(low <= 0 <= high))
        for way in ways:
            hits[way].append(np.array(inside[way]))
    said = "170 exposed, ar1 errors, " + ("parallel trends" if parallel else "an unseen straight trend")
    return [Row("honest", way, said, "covers", rate(hits[way])) for way in ways]


TASKS = (
    *(Task(f"plain {k} {e}", plain, (k, e)) for k in (*COHORTS, *UNEVEN) for e in ("ar1", "factor", "spatial")),
    *(Task(f"sdid {k} {e}", one_cohort, (k, e)) for k in COHORTS for e in ("ar1", "factor")),
    *(Task(f"pre-trend {k} {e}", before_exposure, (k, e)) for k in (5, 10, 20, 40, 170) for e in ("ar1", "factor")),
    *(Task(f"few {k} {e}", few, (k, e, "place")) for k in (4, 5, 10, 20) for e in ("ar1", "factor")),
    *(Task(f"few {k} by department", few, (k, "ar1", "department")) for k in (20, 40, 170)),
    *(Task(f"covariate {k}", chosen_by_covariate, (k,)) for k in (20, 170)),
    *(Task(f"level {k}", chosen, (k, "ar1", "level", "chosen by their lasting level")) for k in (20, 170)),
    *(Task(f"trend {k}", chosen, (k, "ar1", "trend", "chosen by an unseen trend")) for k in (5, 20, 170)),
    *(Task(f"loading {k}", chosen, (k, "factor", "loading", "chosen by their loading on a factor")) for k in (20, 170)),
    *(Task(f"outcome {k}", chosen, (k, "ar1", "outcome", "chosen by last year's outcome")) for k in (20, 170)),
    *(Task(f"patches {s}", patches, (s,)) for s in ("none", "patch")),
    *(Task(f"displaced {k} {e}", displaced, (k, e)) for k, e in ((20, "ar1"), (170, "ar1"), (170, "spatial"))),
    *(Task(f"honest {s}", honestly, (s,)) for s in ("none", "trend")),
)  # fmt: skip
