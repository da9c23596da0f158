"""The page for an auditor: docs/validity.md."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from graded import Graded
from rates import SCALE, Row

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "diff-diff",
    "csdid",
    "moderndid",
    "pyfixest",
    "mlsynth",
    "synthdid-py",
)
OPENING = """# Validity

What `make validity` checked, against whom, and what fails. The page is written by that command: nothing here is typed in by hand but
the sentences, and a number that stops agreeing fails the tests as well. Read *What fails* first.

{where}

## In short

- **{agree} of {values} printed reference values** are reached to their last digit; the other {others} are meant to differ and say why.
- **{pairs} comparisons with {packages} other packages** agree to 1e-6 relative or better (largest difference {worst}).
- **Simulation**: {rows} combinations of estimator and design, {draws:,} panels asked. With 170 exposed places, parallel trends and an
  estimator made for effects that differ, {plain_fail} of {plain} mislead (an interval below 93 %, a 5 % test above 6.5 %); with 5 exposed, {five_fail} of {five} do.
- **The grade**: over {null_designs} designs without any effect, at most {false_most} of panels were called a credible effect.

An interval should hold the truth in 93-97 % of panels, a 5 % test reject a true null in 3.5-6.5 %. *Too wide* and *rejects too rarely* cost
power; **too narrow** and **rejects too often** mislead. Brackets hold 95 % Monte-Carlo intervals: where a share is outside the limits
by less than its noise, the table says so.
"""
RULES = """
## What fails, and what the grade does about it

{failing}

What follows for a verdict (the rules are in `evaluation/verdict.py`, the floor of four places in `evaluation/behind.py`):

| where it fails | what guards against it | is that enough? |
|---|---|---|
| few exposed places, or few departments of them: the limit of many misleads | errors widened, Student's t, Hotelling's test (`small_sample`); under four to a cohort no standard error at all | yes where places vary by themselves: compare *few exposed places* with *in the limit* |
| places that were bound to be exposed | `overlap`: over 10 % of the exposed without a place like them make a finding *not identified* | yes, for what the covariates show |
| an unseen trend, or a factor the exposed load on | `pre_trend`, `breakdown`, `pre_trend_power` | yes in these designs: see *The grade* |
| places chosen for last year's outcome | `pre_trend`, `selection` | yes in these designs |
| a characteristic that was seen and left out | `pre_trend` | yes in these designs |
| exposed places in patches, neighbours sharing shocks | errors by department, Conley: they help and stay too short | **in part**: what protects is that `pre_trend` fails as well |
| displaced and net effects where neighbours share shocks | errors by department where a plan asks | **in part**: rings are patches by nature |
| static two-way fixed effects where effects differ by cohort or year | it is never the main estimator of a plan | yes, if plans keep to it |
| neighbours affected and used as controls | buffers, rings as cohorts of their own | yes where the ring is as wide as the effect |
| placebo tests of the mean gap where places were chosen for being high | `calibrated_size` above 10 % makes a finding fragile | in part: compare *calibrated size* with the true size |

A rule that is stricter than it sounds: `breakdown` asks that an effect survive violations as large as the largest step seen before, which noise in those steps alone makes
hard. It costs power and never credibility: see the designs with an effect below.
"""


def page(date: str, seconds: tuple[float, float], values: Sequence[Any], pairs: Sequence[Any], rows: Sequence[Row],
         grades: Sequence[Graded], missing: Sequence[tuple[str, str]], elsewhere: Sequence[tuple[str, str, str]],
         skipped: Sequence[str]) -> str:  # fmt: skip
    """Everything found, as Markdown. values, pairs: as `told_values` and `told_pairs` of `__main__` give them."""
    agree = [v for v in values if v["agrees"]]
    plain = [
        r for r in rows if r.table == "plain" and r.design.startswith("170") and "twfe" not in r.estimator
    ]
    five = [r for r in rows if r.table == "plain" and r.design.startswith("5 ") and "twfe" not in r.estimator]
    nulls = [g for g in grades if not g.truth]
    out = OPENING.format(
        where=_where(date, seconds),
        agree=len(agree),
        values=len(values),
        others=len(values) - len(agree),
        pairs=len(pairs),
        packages=len({p["package"] for p in pairs}),
        worst=f"{max((p['difference'] for p in pairs), default=np.nan):.0e}",
        rows=len(rows),
        draws=sum(r.rate.draws for r in rows),
        plain=len(plain),
        plain_fail=sum(r.fails for r in plain),
        five=len(five),
        five_fail=sum(r.fails for r in five),
        null_designs=len(nulls),
        false_most=f"{max((g.effect.share for g in nulls), default=np.nan):.1%}",
    )
    out += RULES.format(failing=_failing(rows))
    out += _grades(grades)
    out += _simulated(rows)
    out += _references(values, missing, skipped)
    out += _packages(pairs, elsewhere)
    return out


def _where(date: str, seconds: tuple[float, float]) -> str:
    said = []
    for name in PACKAGES:
        try:
            said.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            said.append(f"{name} (not installed)")
    scale = "" if SCALE == 1 else f" **A quick look: {SCALE:g} times the usual number of draws.**"
    return (
        f"Computed on {date}: {os.cpu_count()} processors {platform.machine()}, {platform.system()}, Python "
        f"{platform.python_version()}, vereda {version('vereda')}, {', '.join(said)}; {seconds[0] / 60:.0f} minutes, {seconds[1] / 60:.0f} of them "
        f"processor time of the simulations (on a quiet machine with two cores: half of that).{scale}"
    )


def _failing(rows: Iterable[Row]) -> str:
    """Rows that mislead by more than their noise: first where nothing that was assumed is wrong, then where it is."""
    told = [r for r in rows if r.fails and r.table not in ("size", "limit")]
    clear = [r for r in told if "noise" not in r.verdict]
    broken = [r for r in clear if _assumption_broken(r)]
    holding = [r for r in clear if r not in broken]
    out = "Although everything that was assumed holds: nothing, in none of the designs."
    if holding:
        out = "Although everything that was assumed holds:\n\n" + _listed(holding, True)
    out += "\n\nBecause something that was assumed does not hold, as the row says:\n\n" + _listed(
        broken, False
    )
    return (
        out
        + f"\n\n{len(told) - len(clear)} more are on the wrong side by less than the noise of the simulation."
    )


BROKEN = (
    "chosen by",
    "the highest of last year",
    "unseen",
    "lie in patches",
    "spatial errors",
    "taken as controls",
)


def _assumption_broken(r: Row) -> bool:
    known = (
        "with x" in r.estimator or "x by year" in r.estimator
    )  # what decided who is exposed is in the model
    strewn = r.table == "plain" and "spatial" in r.design  # by lot, so that shared shocks average out
    return (any(words in r.design for words in BROKEN) and not known and not strewn) or "twfe" in r.estimator


def _listed(rows: Sequence[Row], by_estimator: bool) -> str:
    """One line for rows that differ in their errors alone (and in the estimator, unless by_estimator)."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for r in rows:
        design = ", ".join(p for p in r.design.split(", ") if not p.endswith("errors"))
        key = (
            r.table,
            r.kind,
            design,
            r.estimator if by_estimator else "without x" * ("without" in r.estimator),
        )
        groups.setdefault(key, []).append(r)
    lines = ["| part | design (errors) | estimator | found |", "|---|---|---|---|"]
    for (table, kind, design, _), told in sorted(groups.items(), key=lambda g: ORDER.index(g[0][0])):
        shares = [r.rate.share for r in told]
        ends = (
            f"{min(shares):.1%}" if min(shares) == max(shares) else f"{min(shares):.1%} to {max(shares):.1%}"
        )
        parts = [p for r in told for p in r.design.split(", ") if p.endswith("errors")]
        errors = ", ".join(dict.fromkeys(p.removesuffix(" errors") for p in parts))
        names = "; ".join(dict.fromkeys(r.estimator for r in told))
        said = "covers" if kind == "covers" else "rejects"
        lines.append(f"| {TITLES[table][0]} | {design} ({errors}) | {names} | **{said} {ends}** |")
    return "\n".join(lines)


ORDER = ("plain", "pre-trend", "few", "limit", "chosen", "space", "honest", "placebo", "size")
TITLES = {
    "plain": ("parallel trends", "Trends are parallel, exposed places drawn by lot"),
    "pre-trend": ("test before exposure", "The joint test before exposure, where nothing happened before"),
    "few": ("few exposed", "Few exposed places or departments"),
    "limit": (
        "in the limit",
        "The same without what is known of small samples: as most packages have it, and not as `vereda estimate` does",
    ),
    "chosen": ("chosen places", "Places chosen for something; no effect"),
    "space": ("space", "Shocks shared between neighbours, and displacement"),
    "honest": ("sensitivity", "Sensitivity to trends (HonestDiD), mean effect over six years"),
    "placebo": ("placebos", "Tests that rank places or years; no effect"),
    "size": ("calibrated size", "The calibrated size of the placebo test against its true size"),
}
SAID = {
    "plain": "1,122 places, 12 years; 5 exposed in one year, 20 in two cohorts, 170 in three (sdid: one cohort). *Effects differ*: by "
    "cohort, by year since exposure, and between places (half of the effect is their standard deviation). *factor*: two common "
    "factors explain half of the variance; *spatial*: places within two steps share shocks. bias: mean error over its standard deviation.",
    "pre-trend": "One cohort, six years before exposure; departments are blocks of 60 km, used where the exposed lie in ten or more. A rejection here makes a finding *not identified*.",
    "few": "Errors widened by what the sum of few squares falls short, Student's t with Satterthwaite's degrees of freedom: `small_sample`.",
    "limit": "Usual clustered errors with the normal quantile 1.96, and the Wald statistic under its chi-squared limit.",
    "chosen": "1,122 places, six years before and after. Odds of exposure rise 4.5 times with each standard deviation of what is named. "
    "Where what decides is not seen and not constant, no estimator here is right; the table shows how wrong.",
    "space": "Grid of 0.1 degree; places within two steps share shocks, none beyond four.",
    "honest": "The usual interval and M = 0 under parallel trends should cover 93-97 %. Under a straight trend only smoothness M = 0 allows "
    "for it exactly; relative magnitudes M = 1 has to cover at least 95 %, and is wide.",
    "placebo": "A test over 40 or 60 places can reject exactly 5 %; moving blocks over 24 years 4.2 % at most.",
    "size": "The true size is the share of simulated panels with p at most 5 %. Calibrated: mean over 20 panels of what `calibrated_size` "
    "answers from that panel alone (100 simulated panels each).",
}


def _simulated(rows: Sequence[Row]) -> str:
    out = "\n## Coverage and size by simulation\n"
    for name in ORDER:
        mine = [r for r in rows if r.table == name]
        if not mine:
            continue
        out += f"\n### {TITLES[name][1]}\n\n{SAID[name]}\n\n"
        out += "| estimator | design | covers / rejects | panels | bias | |\n|---|---|---|---|---|---|\n"
        for r in mine:
            bias = "" if r.bias is None else f"{r.bias:+.2f}"
            what = {"covers": "covers ", "rejects": "rejects ", "shows": "says "}[r.kind]
            note = f"; {r.note}" if r.note and r.kind != "shows" else ""
            out += f"| {r.estimator} | {r.design} | {what}{r.rate} | {r.rate.draws:,} | {bias} | {r.verdict}{note} |\n"
    return out


def _grades(grades: Sequence[Graded]) -> str:
    out = "\n## The grade, on panels whose truth is known\n\n"
    out += (
        "One outcome, taken as the pipeline takes it: errors by department (blocks of 60 km) where the exposed lie in ten or more, `did` with 999 draws (synthetic control for three places), what stands beside it, the "
        "sign of the other estimators, and the rules. 14 years, exposure in the eighth. *Credible effect* where there is none is the "
        "mistake that must be rare; *not identified* where trends are parallel is the price. Reasons: the rules that failed, and in how many panels.\n\n"
    )
    out += "| design | told from chance | credible effect | credible, none told | fragile | not identified | reasons | panels |\n"
    out += "|---|---|---|---|---|---|---|---|\n"
    for g in sorted(grades, key=lambda g: g.truth):
        why = ", ".join(f"{name} {count}" for name, count in g.reasons)
        mark = "" if g.truth else "no effect: "
        effect = f"{g.effect}" if g.truth or g.effect.share <= 0.05 else f"**{g.effect}**"
        out += (
            f"| {mark}{g.design} | {g.apart.share:.0%} | {effect} | {g.none.share:.0%} | {g.fragile.share:.0%} | "
            f"{g.not_identified.share:.0%} | {why} | {g.apart.draws} |\n"
        )
    return out


def _references(values: Sequence[Any], missing: Sequence[tuple[str, str]], skipped: Sequence[str]) -> str:
    titles = {
        "mpdta": "Minimum wages and teen employment, 500 counties (mpdta; the table ships in moderndid)",
        "prop99": "Proposition 99, 39 states (ships in synthdid-py)",
        "basque": "Basque Country, 17 regions (read where the shared file lies beside the project)",
    }
    out = (
        "\n## Reference values, number by number\n\n"
        "*digits*: decimals printed, all of which agree unless the last column says otherwise (a difference of half a digit is rounding). Values "
        "of the paper on Proposition 99 are carried over as others quote them; the paper itself was not read again.\n"
    )
    for name, title in titles.items():
        mine = [v for v in values if v["panel"] == name]
        if not mine:
            continue
        out += f"\n### {title}\n\n| value | reference | ours | difference | digits | source | |\n|---|---|---|---|---|---|---|\n"
        for v in mine:
            shown = f"{v['ours']:.{v['decimals'] + 2}f}"
            digits = f"{v['decimals']}" if v["agrees"] else f"**{v['digits']} of {v['decimals']}**"
            out += f"| {v['what']} | {v['printed']} | {shown} | {v['difference']:+.1e} | {digits} | {v['where']} | {v['instead']} |\n"
    out += "\nNot available here:\n\n"
    out += "".join(f"- {what}: {why}.\n" for what, why in missing)
    out += "".join(f"- {said}\n" for said in skipped)
    return out


def _packages(pairs: Sequence[Any], elsewhere: Sequence[tuple[str, str, str]]) -> str:
    out = "\n## The same number from other packages\n\nLargest relative difference over all numbers of the estimand; 1e-6 is asked.\n\n"
    out += "| estimand | package | numbers | largest relative difference |\n|---|---|---|---|\n"
    for p in pairs:
        out += f"| {p['estimand']} | {p['package']} | {p['numbers']} | {p['difference']:.1e} |\n"
    out += "\nOne other package only, compared in tests of their own (gaps, clusters, options, draws):\n\n"
    out += "".join(f"- {what}: {who} (`tests/evaluation/{file}`)\n" for what, who, file in elsewhere)
    return out
