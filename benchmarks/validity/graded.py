"""The grade on panels whose truth is known: how often is something called a credible effect that is none?

One outcome of a plan, as the pipeline takes it: errors by department, the main estimator, what stands beside it (`assessment`), the sign of
the other estimators, and the rules (`verdict`).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from rates import Rate, Task, rate, scaled

from vereda.errors import BadDesign
from vereda.evaluation import assessment, simulate, spatial, verdict
from vereda.evaluation.estimate import estimate
from vereda.evaluation.panel import Codes, Panel
from vereda.pipeline.panels import ENOUGH

YEARS = np.arange(2010.0, 2024)
START = 2017.0
LEVEL = 10.0  # added to every outcome, so that the rule about the fit has a level to compare with


@dataclass(frozen=True)
class Graded:
    """Shares of panels by grade; effect: credible, and told apart from chance. truth: whether there is an effect."""

    design: str
    truth: bool
    apart: Rate
    effect: Rate
    none: Rate
    fragile: Rate
    not_identified: Rate
    reasons: tuple[tuple[str, int], ...]


def departments(drawn: simulate.Simulated) -> Codes:
    """Blocks of 60 km, some 31 places each as in a department of Colombia; places where the exposed lie in too few."""
    block = spatial.blocks(drawn.coordinates, 60)
    enough = len(np.unique(block[np.isfinite(drawn.panel.first)])) >= ENOUGH
    return block if enough else drawn.panel.cluster


def of_many(one: Panel, seed: int) -> tuple[verdict.Verdict, bool]:
    """did with 999 draws; imputation, sdid and twfe beside it."""
    names = one.covariate_names
    main = estimate(one, "y", "did", covariates=names, draws=999, seed=seed)
    plain = assessment.many(
        one, main.att, None, seed
    )  # without the sensitivity analysis, which takes the time
    if (told := verdict.grade(plain.checks)).grade == "not_identified":  # and cannot change this
        return told, main.p is not None and main.p < verdict.LEVEL
    others = [estimate(one, "y", name, covariates=names).att for name in ("imputation", "twfe")]
    others.append(_sdid(one))
    beside = assessment.many(one, main.att, main.p, seed)
    return _grade(beside.checks, main.att, others, main.p)


def of_few(one: Panel, seed: int) -> tuple[verdict.Verdict, bool]:
    """Synthetic control with its placebos and 200 simulated panels; sdid and augmented beside it."""
    beside = assessment.few(one, None, 200, seed)
    main = estimate(one, "y", "scm").att
    others = [estimate(one, "y", "ascm").att, _sdid(one)]
    return _grade(beside.checks, main, others, beside.p)


def _sdid(one: Panel) -> float:
    """The estimate alone: only its sign counts here, and the jackknife would take the time."""
    from vereda.evaluation.sdid_staggered import staggered

    return staggered(one.y[:, :, 0], one.years, one.first).att


def _grade(
    checks: tuple, effect: float, others: list[float], p: float | None
) -> tuple[verdict.Verdict, bool]:
    apart = p is not None and p < verdict.LEVEL
    spread = verdict.specification_spread(effect, others)
    return verdict.grade(verdict.only_of_effects([*checks, spread], apart)), apart


def graded(
    n: int,
    exposed: int,
    errors: str,
    selection: str,
    words: str,
    panels: int,
    effect: str,
    size: float,
    seen: bool,
) -> list[Graded]:
    """seen: the covariate of the panel is used, where it has one."""
    ask: Callable[[Panel, int], tuple[verdict.Verdict, bool]] = of_many if exposed >= 4 else of_few
    found: list[tuple[str, bool]] = []
    why: Counter[str] = Counter()
    for seed in range(scaled(panels, 5)):
        drawn = simulate.panel_of(
            n,
            YEARS,
            {START: exposed},
            errors=errors,
            effect=effect,
            selection=selection,
            size=size,
            seed=20_000 + seed,
        )
        one = replace(drawn.panel, y=drawn.panel.y + LEVEL, cluster=departments(drawn))
        if not seen:
            one = replace(one, covariates=np.empty((n, 0)), covariate_names=())
        try:
            answer, apart = ask(one, seed)
        except BadDesign as fault:
            found.append(("refused", False))
            why[str(fault).splitlines()[0][:60]] += 1
            continue
        found.append((answer.grade, apart))
        why.update(answer.because)

    def share(which: Callable[[str, bool], bool]) -> Rate:
        return rate([np.array([which(*f)]) for f in found])

    truth = effect != "none"
    said = f"{exposed} of {n}, {errors} errors, {words}" + (f", effect of {size:g} sd" if truth else "")
    return [
        Graded(
            said, truth, share(lambda g, a: a), share(lambda g, a: g == "credible" and a),
            share(lambda g, a: g == "credible" and not a), share(lambda g, a: g == "fragile"),
            share(lambda g, a: g == "not_identified"), tuple(why.most_common(3)),
        )
    ]  # fmt: skip


LOT, TREND = "drawn by lot", "chosen by an unseen trend"
MANY = (
    *((k, e, "none", LOT, "none", 0.0, True) for k in (5, 20, 170) for e in ("ar1", "factor")),
    (170, "spatial", "none", LOT, "none", 0.0, True),
    (170, "spatial", "patch", "in patches", "none", 0.0, True),
    *((k, "ar1", "trend", TREND, "none", 0.0, True) for k in (5, 20, 170)),
    *((k, "factor", "loading", "chosen by their loading on a factor", "none", 0.0, True) for k in (20, 170)),
    *((k, "ar1", "outcome", "chosen by last year's outcome", "none", 0.0, True) for k in (20, 170)),
    (170, "ar1", "level", "chosen by their lasting level", "none", 0.0, True),
    (170, "ar1", "covariate", "chosen by a seen x with its own trend, x used", "none", 0.0, True),
    (170, "ar1", "covariate", "chosen by a seen x with its own trend, x left out", "none", 0.0, False),
    *(
        (k, "ar1", "none", LOT, "constant", size, True)
        for k, size in ((20, 1.0), (170, 0.5), (170, 1.0), (170, 2.0))
    ),
)
FEW = (
    *((e, "none", LOT, "none", 0.0) for e in ("ar1", "factor")),
    ("ar1", "level", "chosen by their lasting level", "none", 0.0),
    ("ar1", "outcome", "chosen by last year's outcome", "none", 0.0),
    ("ar1", "trend", TREND, "none", 0.0),
    ("ar1", "none", LOT, "constant", 2.0),
)


def tasks() -> list:
    out = [
        Task(
            f"graded {k} {e} {s} {words[:20]}",
            graded,
            (1122, k, e, s, words, 300 if effect == "none" else 80, effect, size, seen),
        )
        for k, e, s, words, effect, size, seen in MANY
    ]
    return out + [
        Task(f"graded 3 {e} {s} {effect}", graded, (100, 3, e, s, words, 50, effect, size, True))
        for e, s, words, effect, size in FEW
    ]


TASKS = tasks()
