"""A number fit to print: value, unit, and the key of the way back."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Denominator:
    """What a rate was divided by: a series, the edition its number was taken from, and the census that edition rests on.

    Two editions of a population are two series: rates over one and over the other must not stand in one row.
    """

    series: str  # population
    trace: str
    vintage: str
    source: str
    census: int | None = None  # None: the source does not rest on one, or does not say


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit and the key under which its trace is found.

    trace: ``INDICATOR@PLACE:PERIOD``, optionally ``~ESTIMATOR``, ``~VINTAGE``, ``~SOURCE`` in that order;
    what a register entry yields is ``verdict@C02`` and the like.
    value None means there is no number: `status` says why (not_measured, not_published, not_held, ...). With status
    "few" it is a count of people too small to be printed for one place, or a rate of it: low and high are its band.
    """

    value: float | None
    unit: str
    trace: str
    low: float | None = None
    high: float | None = None
    status: str = "measured"
    place: str = ""
    period: str = ""
    estimator: str = ""
    vintage: str = ""
    source: str = ""
    note: str = ""
    breaks: bool = False  # not comparable with earlier figures of the same series and estimator
    denominator: Denominator | None = None  # of a rate


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the engine, to be translated: an English template and what fills it.

    Example: Message("{actual} in {period} is above the target {target}", {"actual": figure, ...}).
    """

    text: str
    values: Mapping[str, Figure | str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way back; `inputs` are the steps it was made from.

    kind: verdict, finding, indicator, sum, observation, vintage, file, publisher, claim.
    key: the trace key of this step, "" for the ends of the way (vintage, file, publisher).
    locator: where it is printed or how it is made ("row 208, column 2020"; "sum of 319 municipalities").
    value: the number at this step, None where the step is not a number.
    """

    kind: str
    name: str
    locator: str = ""
    key: str = ""
    value: float | None = None
    unit: str = ""
    note: str = ""
    inputs: tuple["Step", ...] = ()
    low: float | None = None  # band of a number that is not printed, as of the figure
    high: float | None = None
