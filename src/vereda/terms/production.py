"""What a case knows about potential production: who assesses it, with which factors, and what nobody printed.

A factor is data with its interval and its source. A published number is named where it stands in the store, never
typed again; only what the store does not hold is stated, with the document it was read from.
"""

from typing import Literal

from pydantic import Field

from vereda.terms.entry import Confidence, Entry, Id, ObservationRef, PlaceCode, Text

Basis = Literal["published", "computed", "assumed"]


class Printed(ObservationRef):
    """An observation, and to what it was rounded when it was printed: 5.6 to 0.1 stands for 5.55 to 5.65."""

    rounded_to: float | None = None


class Over(Entry):
    """One printed amount over another, in their units: tonnes of product over tonnes of leaf."""

    of: Printed
    over: Printed


class Assessment(Entry):
    """One estimator's way to potential production: its chain, its area, and what it published.

    forms, areas: the ways the chain may be computed, the first that has all its parameters is taken. regions: the parts
    that are summed where every one of them has its parameters; else the place is taken as a whole. life: years for which
    the field work behind a factor is held to be good. pledges: promises about this estimator's figures.
    """

    id: Id
    name: Text
    method: Text
    chain: Literal["harvest", "alkaloid"]
    place: PlaceCode
    area: ObservationRef
    published: Printed
    leaf: Printed | None = None
    forms: tuple[Literal["routes", "leaf", "hectare", "re-expressed", "alkaloid"], ...]
    areas: tuple[Literal["added", "ratio", "mean"], ...] = ("mean",)
    regions: tuple[PlaceCode, ...] = ()
    life: dict[str, int] = Field(default_factory=dict)
    caveats: tuple[Text, ...] = ()
    cites: tuple[Id, ...] = ()


class Factor(Entry):
    """A parameter: a printed observation, a ratio of two of them, or a stated value. Exactly one of the three.

    quantity: one of `measurement.quantities`, or of the companions. year: first year for which it was used. low, high:
    of a stated value; of an observation they are its printed interval or its rounding. surveyed: year of the field work,
    left out where none is known. vintage: when it became known; that of an observation is its own.
    """

    id: Id
    quantity: Id
    place: PlaceCode
    year: int
    unit: str
    observed: Printed | None = None
    ratio: Over | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    distribution: Literal["fixed", "uniform", "triangular", "normal", "lognormal"]
    surveyed: int | None = None
    vintage: str | None = None
    basis: Basis = "published"
    page: str = ""
    confidence: Confidence
    note: Text | None = None
    cites: tuple[Id, ...]


class Spread(Entry):
    """The one interval that was printed for a quantity in some year, carried over to factors that print none.

    spread_of: an observation with low and high. onto: the quantities whose relative interval it becomes in a second
    reading, beside that of the printed values alone.
    """

    id: Id
    spread_of: ObservationRef
    onto: tuple[Id, ...]
    distribution: Literal["uniform", "triangular", "normal", "lognormal"]
    note: Text
    cites: tuple[Id, ...]


class Gap(Entry):
    """Parameters that are printed somewhere we have not read; printed: where."""

    id: Id
    quantities: tuple[Id, ...]
    printed: Text
    cites: tuple[Id, ...]


class FieldWork(Entry):
    """A survey in the field, as reported: the region it went to, or that nobody went. assessment: whose factors it served."""

    id: Id
    field_year: int
    assessment: Id
    where: Text
    region: PlaceCode | None = None
    went: bool = True
    cites: tuple[Id, ...]


class Elsewhere(Entry):
    """A range printed for another place or time: to be seen beside, never to be used."""

    id: Id
    about: Text
    value: float
    low: float | None = None
    high: float | None = None
    unit: str
    confidence: Confidence
    cites: tuple[Id, ...]


class Beside(Entry):
    """What is read beside potential production: seizures of product and of base, eradication, pledges on it."""

    id: Id
    seized: ObservationRef
    base_seized: ObservationRef
    eradicated: ObservationRef
    pledges: tuple[Id, ...] = ()
