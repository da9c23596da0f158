"""The specifications of one outcome: the main one, and the main one with one choice made otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from vereda.pipeline.effect_inputs import Inputs
from vereda.pipeline.panels import Design, Sample, Values, sample
from vereda.pipeline.telling import PER_DOSE
from vereda.terms.indicator import REGISTRY
from vereda.terms.plan import Outcome, Plan

Clock = Callable[[], float]
FEW = 4  # exposed places below which an estimate is judged by permutation alone
WITH_COVARIATES = {"did", "imputation", "twfe"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One specification of an outcome: the main one, or the main one with one choice made otherwise."""

    estimator: str
    transform: str
    buffer: int
    start: int | None = None
    covariates: bool = True
    degree: int = 3  # of the spline, for dose
    varied: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One outcome of a plan laid out, and what is needed to estimate on it."""

    design: Design
    outcome: Outcome
    values: Values
    clock: Clock
    inputs: Inputs

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.design.plan

    @property
    def main(self) -> Choice:
        """The main specification."""
        plan = self.plan
        return Choice(plan.estimators[0], self.outcome.transforms[0], plan.buffers[0])

    def choices(self) -> Iterator[Choice]:
        """The main specification first, then every estimator in every variation of one choice."""
        plan, main = self.plan, self.main
        scales = [replace(main, transform=t, varied=f"transform={t}") for t in self.outcome.transforms[1:]]
        varied = [main, *scales]
        varied += [replace(main, buffer=b, varied=f"buffer={b}") for b in plan.buffers[1:]]
        varied += [replace(main, start=s, varied=f"start={s}") for s in plan.starts]
        if plan.covariates:
            varied.append(replace(main, covariates=False, varied="covariates=none"))
        for name in plan.estimators:
            if name == "dose":  # a slope among the exposed: neighbours and years before do not enter it
                slopes = [replace(main, varied=f"degree={d}", degree=d) for d in (1, 2)]
                yield from (replace(c, estimator=name) for c in (main, *scales, *slopes))
            else:
                # Weights of places make no use of covariates, and one cohort's did none of the first years.
                yield from (
                    replace(c, estimator=name)
                    for c in varied
                    if (c.covariates or name in WITH_COVARIATES) and not (c.start and name == "did")
                )

    def taken(self, choice: Choice, buffer: int | None = None) -> Sample:
        """The panel of a specification; buffer: another than its own."""
        used = choice.covariates and choice.estimator in WITH_COVARIATES
        return sample(
            self.design, self.outcome, choice.transform, self.values, choice.buffer if buffer is None else buffer,
            choice.start, used,
        )  # fmt: skip

    def unit(self, transform: str, estimator: str = "") -> str:
        """The unit of an effect."""
        rule = REGISTRY.get(self.outcome.series)
        plain = rule.unit if rule else next(
            (f.unit for f in self.values.desk.current(self.outcome.series, self.values.desk.register.case.country)), ""
        )  # fmt: skip
        by = PER_DOSE if estimator == "dose" else ""
        return {"level": plain, "asinh": f"asinh {plain}", "per_1000": f"{plain}/1 000"}[transform] + by
