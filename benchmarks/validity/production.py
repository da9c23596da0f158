"""The predictive check of production: a section of docs/validity.md, as Markdown lines."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vereda.measurement.vintages import Coverage, Foresight
from vereda.pipeline import production_reply
from vereda.pipeline.foreseeing import Foreseen, foresee
from vereda.pipeline.path import _desk, _ingest
from vereda.pipeline.study import reconciled
from vereda.store import Store

CASE = Path(__file__).resolve().parents[2] / "cases" / "us-colombia"
READINGS = {"printed": "printed factors alone"}
HEAD = """\
## Production: did what was printed before hold what came?

For every edition of potential production: the 5-95 % interval of the factors printed before its day, on the area that came
out with it, and whether it held the published figure. A figure its owner did not publish is left out. *Printed factors
alone* holds rounding and the area in production; the other reading gives the yields the width of the one interval of leaf
that was printed whole (2015). Factors carried forward do not foresee the next survey, and with so few publications the
rate itself is hardly known.
"""


def foreseen(case: Path = CASE) -> dict[str, tuple[Foreseen, ...]]:
    """The check of every estimator of a case that can be computed, by estimator."""
    study = reconciled(case)
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        _ingest(study, store)
        _, held = production_reply.desks(study, store, study.register.case.as_of)
        return {
            a.id: foresee(study.register, lambda day: _desk(study, store, day), held, a)
            for a in study.register.assessments
        }


def section(case: Path = CASE) -> list[str]:
    """The lines of the section."""
    lines = HEAD.splitlines()
    for estimator, readings in foreseen(case).items():
        lines += ["", *_of(estimator, readings)]
    return lines


def _of(estimator: str, readings: Sequence[Foreseen]) -> list[str]:
    if not any(r.coverage.judged for r in readings):
        editions = len(readings[0].coverage.years)
        return [f"**{estimator}**: {editions} editions, none judged: {_why(readings[0].coverage)}."]
    heads = [READINGS.get(r.reading, r.reading) for r in readings]
    lines = [
        f"**{estimator}**",
        "",
        f"| year | edition | published, t | {' | '.join(heads)} |",
        "|---|---|---|" + "---|" * len(heads),
    ]
    for years in zip(*(r.coverage.years for r in readings), strict=True):
        told = years[0].published
        lines.append(
            f"| {told.year} | {told.vintage} | {told.value:,.0f} | {' | '.join(map(_cell, years))} |"
        )
    rates = " | ".join(_rate(r.coverage) for r in readings)
    return [*lines, f"| **held** | | | {rates} |"]


def _cell(year: Foresight) -> str:
    if year.expected is None:
        return year.why.partition("\n")[0] if year.why.startswith("not printed") else "no area or factor yet"
    return f"{year.expected.low:,.0f}-{year.expected.high:,.0f}: {'inside' if year.inside else '**outside**'}"


def _rate(found: Coverage) -> str:
    if found.rate is None:
        return "none judged"
    return f"{found.hits} of {found.judged} ({found.rate.value:.2f}; 95 %: {found.rate.low:.2f}-{found.rate.high:.2f})"


def _why(found: Coverage) -> str:
    return next(
        (y.why for y in found.years if y.why.startswith("not printed")), "no factor of its chain is printed"
    )


if __name__ == "__main__":
    print("\n".join(section()))
