"""Do intervals of an area hold when the class is rare? Coverage by simulation, as lines of the page.

`lines()` is the section of docs/validity.md. VEREDA_VALIDITY_SCALE scales the number of samples.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from rates import COVER, scaled

from vereda.measurement.area.allocation import allocate
from vereda.measurement.area.intervals import Kind
from vereda.measurement.area.sample import Array
from vereda.measurement.area.simulation import Land, Trial, land, trial
from vereda.measurement.area.small_area import fay_herriot

DRAWS, SEED, MINIMUM = 4000, 20261122, 30
PREVALENCES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
SIZES = (500, 1000, 3000)
KINDS: tuple[Kind, ...] = ("beta", "wilson", "jeffreys", "wald")
USER, OMITTED, HOLDS = 0.8, 0.25, 0.9


def buffer(prevalence: float) -> float:
    """Share of the land in the buffer: fifteen times the class, thirty per cent at most."""
    return min(15 * prevalence, 0.3)


def lines() -> list[str]:
    """The section, Markdown."""
    told = ["## Area of a rare class", ""]
    for part in (_why, _prevalences, _elsewhere, _many, _small):
        told += [*part(), ""]
    return told


def _run(where: Land, n: Array, kinds: tuple[Kind, ...] = KINDS) -> Trial:
    return trial(where.weight, where.rate, n.astype(np.int64), kinds, scaled(DRAWS, 200), SEED)


def _cell(found: Trial, kind: Kind, width: bool = True) -> str:
    c = next(c for c in found.coverage if c.kind == kind)
    low, high = COVER
    text = f"{c.covers:.1%}"
    if c.covers < low:
        text = f"**{text}**"
    elif c.covers > high:
        text = f"{text} (wide)"
    return f"{text}, ± {c.half_width:.0%}" if width else text


def _why() -> list[str]:
    """The two-stratum design that is usual, and the same points with a buffer."""
    p = 0.002
    plain, helped = land(p, USER, OMITTED, 0, 0), land(p, USER, OMITTED, buffer(p), HOLDS)
    designs = [
        (plain, (300, 700)), (plain, (150, 850)), (helped, (300, 300, 400)), (helped, (900, 900, 1200)),
    ]  # fmt: skip
    told = [
        "### Why two strata are not enough",
        "",
        f"{scaled(DRAWS, 200):,} stratified samples a row, from a land with the class on 0.2 % of it. The map finds {1 - OMITTED:.0%} of it with "
        f"a user's accuracy of {USER:.0%}; the buffer, {buffer(p):.0%} of the land, holds {HOLDS:.0%} of what is missed. Without it a miss "
        "in the rest weighs more than all else, and most samples have none there: then Wald's interval knows nothing of it. Nominal 95 %; "
        f"bold: below {COVER[0]:.0%}; half-width over the truth.",
        "",
        "| strata | points | no hit in the rest | error, typical | Wald | beta | Wilson |",
        "|---|---|---|---|---|---|---|",
    ]
    for where, n in designs:
        found = _run(where, np.array(n))
        told.append(
            f"| {', '.join(where.names)} | {' / '.join(map(str, n))} | {found.no_hit[-1]:.0%} | {found.rmse:.0%} | "
            f"{_cell(found, 'wald')} | {_cell(found, 'beta')} | {_cell(found, 'wilson')} |"
        )
    return told


def _prevalences() -> list[str]:
    """The certified grid: least-variance allocation with a buffer, prevalences 0.1 % to 10 %."""
    told = [
        "### With the buffer, from 0.1 % to 10 % of the land",
        "",
        f"Same map; the buffer is fifteen times the class and at most 30 % of the land; points by least variance, at least {MINIMUM} a "
        "stratum. Certified for beta and Wilson at 1,000 points or more, with these three strata.",
        "",
        "| class on | points | by stratum | error, typical | " + " | ".join(KINDS) + " |",
        "|---|---|---|---|" + "---|" * len(KINDS),
    ]
    held = True
    for p in PREVALENCES:
        where = land(p, USER, OMITTED, buffer(p), HOLDS)
        for size in SIZES:
            n = allocate(where.weight, where.rate, size, "neyman", MINIMUM)
            found = _run(where, n)
            cells = " | ".join(_cell(found, kind) for kind in KINDS)
            told.append(f"| {p:.1%} | {size:,} | {' / '.join(map(str, n))} | {found.rmse:.0%} | {cells} |")
            if size >= 1000:
                held &= all(
                    COVER[0] <= c.covers <= COVER[1] for c in found.coverage if c.kind in ("beta", "wilson")
                )
    verdict = "every" if held else "**not every**"
    return [
        *told,
        "",
        f"At 1,000 points or more, {verdict} beta and Wilson interval covers {COVER[0]:.0%} to {COVER[1]:.0%}.",
    ]


def _elsewhere() -> list[str]:
    """Other truths than the design had in mind: it was made for the first row."""
    p, size = 0.002, 1000
    planned = land(p, USER, OMITTED, buffer(p), HOLDS)
    n = allocate(planned.weight, planned.rate, size, "neyman", MINIMUM)
    truths = [
        ("as planned", USER, OMITTED, HOLDS), ("a worse map: user's 60 %", 0.6, OMITTED, HOLDS),
        ("a better map: user's 95 %", 0.95, OMITTED, HOLDS), ("half the class missed", USER, 0.5, HOLDS),
        ("a tenth missed", USER, 0.1, HOLDS), ("the buffer holds 70 % of what is missed", USER, OMITTED, 0.7),
        ("the buffer holds 50 %", USER, OMITTED, 0.5), ("the buffer holds 99 %", USER, OMITTED, 0.99),
    ]  # fmt: skip
    told = [
        "### Where the plan was wrong",
        "",
        f"Class on 0.2 % of the land, {' / '.join(map(str, n))} points, planned for the first row.",
        "",
        "| the truth | error, typical | " + " | ".join(KINDS) + " |",
        "|---|---|" + "---|" * len(KINDS),
    ]
    for name, user, omitted, holds in truths:
        found = _run(land(p, user, omitted, buffer(p), holds), n)
        cells = " | ".join(_cell(found, kind) for kind in KINDS)
        told.append(f"| {name} | {found.rmse:.0%} | {cells} |")
    return told


def _many() -> list[str]:
    """Many strata with few hits each: another design than the certified one."""
    told = [
        "### Many strata",
        "",
        "Strata of equal size with equal points; the class alike in all, or in two of them only. Beta shares its third of a hit among the strata; "
        "Jeffreys' half in each, and Wilson's limits put together, do not know that the others are empty too.",
        "",
        "| strata | points each | class on | where | " + " | ".join(KINDS) + " |",
        "|---|---|---|---|" + "---|" * len(KINDS),
    ]
    for strata, points, p in (
        (5, 200, 0.005),
        (20, 50, 0.005),
        (20, 50, 0.02),
        (20, 150, 0.005),
        (40, 50, 0.01),
    ):
        two = np.where(np.arange(strata) < 2, p * strata / 2, 0.0)
        for name, rate in (("everywhere", np.full(strata, p)), ("in two", two)):
            where = Land(tuple(map(str, range(strata))), np.full(strata, 1 / strata), rate)
            found = _run(where, np.full(strata, points))
            cells = " | ".join(_cell(found, kind) for kind in KINDS)
            told.append(f"| {strata} | {points} | {p:.1%} | {name} | {cells} |")
    return told


def _small() -> list[str]:
    """Fay-Herriot: is the mean squared error that is printed the one that is made?"""
    told = [
        "### Small areas",
        "",
        "Fay-Herriot estimates of 60 places: values around a line in a map's figure with variance 1, sampling variances of 0.3 to 4. Mean "
        "squared error as printed (Prasad-Rao) over the one that was made, and how often ± 1.96 of its root covers.",
        "",
        "| method | printed over made | covers | direct estimate's error over ours |",
        "|---|---|---|---|",
    ]
    for method in ("reml", "ml", "moment"):
        printed, made, direct, covered = _places(method, scaled(1000, 50))
        told.append(f"| {method} | {printed / made:.2f} | {covered:.1%} | {direct / made:.2f} |")
    return told


def _places(method: str, draws: int) -> tuple[float, float, float, float]:
    rng = np.random.default_rng(SEED)
    x = np.column_stack([np.ones(60), rng.normal(size=60)])
    psi = np.geomspace(0.3, 4, 60)
    printed = made = direct = covered = 0.0
    for _ in range(draws):
        truth = x @ np.array([5.0, 2.0]) + rng.normal(size=60)
        y = truth + np.sqrt(psi) * rng.normal(size=60)
        found = fay_herriot(y, psi, x, method)  # type: ignore[arg-type]
        error = found.estimate - truth
        printed += found.mse.mean() / draws
        made += (error**2).mean() / draws
        direct += ((y - truth) ** 2).mean() / draws
        covered += (np.abs(error) <= 1.96 * np.sqrt(found.mse)).mean() / draws
    return printed, made, direct, covered


if __name__ == "__main__":
    print("\n".join(lines()))
