"""An evaluation as it is written down before it is run: question, exposure, outcomes, estimators, checks."""

from typing import Literal

from pydantic import Field

from vereda.terms.entry import Entry, Id, Text

Transform = Literal["level", "asinh", "per_1000"]
EstimatorName = Literal["did", "imputation", "twfe", "scm", "ascm", "sdid", "mc", "ife", "dose"]


class Exposure(Entry):
    """Which places were exposed to the intervention, since when, and how much.

    With `scope`: the places of that scope, in its version of the year `since`; exposed or not.
    With `series`: a dose, the sum of the series over `during`; divided by the mean of `per` over `per_during`, years
    before exposure, where that is given. A place without any dose was not exposed.
    """

    since: str  # first exposed year
    scope: Id | None = None
    series: Id | None = None
    during: str | None = None  # 1994-2014
    per: Id | None = None
    per_during: str | None = None


class Sample(Entry):
    """Only places whose mean of a series over some years is above a number."""

    series: Id
    during: str
    above: float = 0.0


class Outcome(Entry):
    """A series or indicator, and how it is measured: the first transform counts, the others are variants.

    per_1000: per 1 000 residents. asinh: for series with zeros whose changes are relative.
    """

    series: Id
    transforms: tuple[Transform, ...] = ("level",)
    years: str | None = None  # where it is held for fewer years than the plan's


class Covariate(Entry):
    """The mean of a series over years before exposure."""

    series: Id
    during: str
    transform: Literal["level", "log", "asinh"] = "level"


class Plan(Entry):
    """One evaluation. The first of every list is the main specification; the others vary it one at a time.

    The main estimator is scm for one to three exposed places, did for more: its checks stand beside it. dose is the
    slope over doses, in the unit of the outcome per unit of dose.
    """

    id: Id
    title: Text
    question: Text
    intervention: Text  # what was done, in which unit, and what it is not
    caveats: tuple[Text, ...] = ()  # known before anything is run
    exposure: Exposure
    outcomes: tuple[Outcome, ...]
    years: str  # 2001-2023
    among: Sample | None = None
    covariates: tuple[Covariate, ...] = ()
    estimators: tuple[EstimatorName, ...]
    buffers: tuple[int, ...] = (1,)  # neighbours within so many steps are neither exposed nor compared with
    starts: tuple[int, ...] = ()  # other first years
    strata: Literal["none", "department"] = "none"  # placebos are drawn from the exposed places' own
    cluster: Literal["place", "department"] = (
        "department"  # errors are summed within; places near each other move alike
    )
    datasets: tuple[Id, ...] = ()  # without their vintages the plan waits for data
    draws: int = Field(default=999, ge=99)
    seed: int = 1
    cites: tuple[Id, ...] = ()
