"""What the reviewed files of a case hold: parties, forums, instruments, commitments, metrics.

Every entry names the documents it rests on in `cites`. Sentences are ours, in every language of the case.
"""

from typing import Literal

from pydantic import Field

from vereda.terms import relation
from vereda.terms.entry import Confidence, Entry, Id, ObservationRef, PlaceCode, Text
from vereda.terms.plan import Plan
from vereda.terms.production import Assessment, Beside, Elsewhere, Factor, FieldWork, Gap, Spread

__all__ = ["Confidence", "Entry", "Id", "ObservationRef", "PlaceCode", "Text"]


class Break(Entry):
    """From this period on, a series by one estimator is not comparable with its earlier values."""

    series: Id
    estimator: Id
    since: str
    why: Text
    cites: tuple[Id, ...] = ()


class OutputPlan(Entry):
    """An output series to show beside the outcome it was meant to move."""

    series: Id
    place: PlaceCode
    targets: Id | None = None  # series of announced targets
    outcomes: tuple[ObservationRef, ...] = ()
    dataset: Id | None = None  # the dataset that answers for single places, where another does
    local_series: Id | None = None  # its name for the same output


class Case(Entry):
    """One bilateral relation: who, since when reviewed, and which datasets and indicators it uses."""

    id: Id
    title: Text
    lead: Text
    country: PlaceCode  # the place whose municipalities are followed
    as_of: str  # day to which the register was reviewed, the default of --as-of
    datasets: tuple[Id, ...]  # folders of sources, in order of ingestion
    optional_datasets: tuple[Id, ...] = ()  # described; built locally by who holds the file
    gazetteer: Id | None = None  # the dataset that names the places
    priority_scope: Id | None = None  # the scope whose places get pages of their own
    across: tuple[
        PlaceCode, ...
    ] = ()  # places of other countries with pages of their own, beside and never added
    headline: Id | None = None  # the promise the first page opens with
    estimators: dict[str, Text] = Field(default_factory=dict)  # names to print
    series: dict[str, Text] = Field(default_factory=dict)  # names to print, by series id
    words: dict[str, Text] = Field(default_factory=dict)  # names to print of kinds, measures and units
    unknowns: tuple[Text, ...] = ()  # what nobody knows, for the first page
    # indicators and published series that get a page; empty: all that have data
    indicators: tuple[Id, ...] = ()
    place_indicators: tuple[Id, ...] = ()  # indicators of the pages of places
    outputs: tuple[OutputPlan, ...] = ()
    funding: dict[str, Id] = Field(default_factory=dict)  # stage -> series; stages are never added
    mapped: Id | None = None  # series of the map and of concentration
    breaks: tuple[Break, ...] = ()  # lines are not drawn across them
    flows: tuple[str, ...] = ()  # pairs of years for gross rises and falls: "2001-2009"


class Party(Entry):
    """A state or organisation that signs."""

    id: Id
    name: Text
    kind: Literal["state", "organisation"]


class Document(Entry):
    """A text or page a claim was read from."""

    id: Id
    publisher: str
    title: str
    date: str = ""  # as known: 2018-03-01, 2013/2014; left out where the text bears none
    address: str
    kind: str


class Forum(Entry):
    """Where the parties meet, and the number its count of meetings begins with.

    continues: the forum whose numbering this one carries on (then `first` is not 1).
    """

    id: Id
    name: Text
    parties: tuple[Id, ...]
    first: int = 1
    continues: Id | None = None
    note: Text | None = None
    cites: tuple[Id, ...]


class Meeting(Entry):
    """One meeting; ordinal None where the forum does not count it or the number was not seen."""

    id: Id
    forum: Id
    ordinal: int | None = None
    date: str  # as known: 2018-03-01, 2013/2014, 2010-10
    where: Text | None = None
    outcome: Text | None = None
    cites: tuple[Id, ...]
    confidence: Confidence


class Instrument(Entry):
    """A text the parties made: agreement, plan, statement, pledge."""

    id: Id
    name: Text
    kind: str
    parties: tuple[Id, ...]
    start: str
    end: str | None = None
    status: Text | None = None
    content: Text
    pillars: tuple[Text, ...] = ()
    replaces: Id | None = None
    cites: tuple[Id, ...]
    confidence: Confidence


class Metric(Entry):
    """A measure the parties named, in one version."""

    id: Id
    instrument: Id
    version: str
    position: int
    name: Text
    unit: str | None = None
    level: tuple[Literal["national", "municipal"], ...] = ()
    pillar: Text | None = None
    publication_duty: Text | None = None
    state: Literal["published", "derivable", "not_found", "not_seen"]
    series: tuple[Id, ...] = ()  # our series that would feed it, where derivable
    state_note: Text
    replaces: tuple[Id, ...] = ()
    cites: tuple[Id, ...]
    confidence: Confidence


class Target(Entry):
    """What was promised, as a rule on the baseline or a level of its own.

    times: baseline x value; minus: baseline - value; level: value; between: low to high; none: none stated.
    """

    rule: Literal["times", "minus", "level", "between", "none"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str


class Part(Entry):
    """One part of a stated sum."""

    name: Text
    value: float


class Commitment(Entry):
    """A promise, the ways to read its baseline, and what it is judged on.

    promise: entries that read one promise differently share it (the 2018 pledge by estimator).
    better: which direction fulfils it: at_most the target, or at_least.
    cumulative: the measure only grows, so the first value after the due day that is still short decides.
    """

    id: Id
    promise: Id
    instrument: Id | None = None
    parties: tuple[Id, ...]
    strength: Literal["binds", "commits", "agrees", "intends", "recommends"]
    gist: Text
    made_on: str
    due: str | None = None  # a day, "yearly", or none stated
    places: tuple[PlaceCode, ...] = ()
    target: Target
    better: Literal["at_most", "at_least"] | None = None
    cumulative: bool = False
    baselines: tuple[ObservationRef, ...] = ()
    # period left out: the due year is sought, and the latest shown; a later entry only fills periods
    # that the earlier ones of its estimator leave empty
    judged_on: tuple[ObservationRef, ...] = ()
    beside: tuple[ObservationRef, ...] = ()  # the outcome an output was meant to move
    parts: tuple[Part, ...] = ()  # stated parts of the target; they must add up, or the difference is shown
    release_duty: bool = False  # the promise is to publish
    ambiguity: Text | None = None
    cites: tuple[Id, ...]


class Training(Entry):
    """A figure on training third countries."""

    id: Id
    measure: Id
    group: Text
    period: str
    value: float
    unit: str
    qualifier: Text | None = None  # more than, about
    note: Text | None = None
    cites: tuple[Id, ...]
    confidence: Confidence


class Membership(Entry):
    """Who was a member of a programme, since when, by whose word."""

    id: Id
    country: Text
    since: str
    cites: tuple[Id, ...]
    confidence: Confidence
    note: Text | None = None


class ScopeVersion(Entry):
    """Which places a scope held from a date on."""

    since: str
    places: tuple[PlaceCode, ...] = ()
    stated_count: int | None = None  # what the source says, where the list is not held
    note: Text | None = None
    cites: tuple[Id, ...]


class Scope(Entry):
    """A set of places named by an instrument, by version; `series` where a dataset lists the members."""

    id: Id
    name: Text
    instrument: Id | None = None
    series: Id | None = None
    versions: tuple[ScopeVersion, ...]


class Claim(Entry):
    """What one source says."""

    text: Text
    cites: Id


class Conflict(Entry):
    """Two claims that do not agree, kept as a pair."""

    id: Id
    subject: Text
    first: Claim
    second: Claim
    handling: Text
    commitments: tuple[Id, ...] = ()
    series: tuple[Id, ...] = ()


class Register(Entry):
    """Everything the reviewed files of one case say."""

    case: Case
    parties: tuple[Party, ...] = ()
    documents: tuple[Document, ...] = ()
    forums: tuple[Forum, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    metrics: tuple[Metric, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    trainings: tuple[Training, ...] = ()
    memberships: tuple[Membership, ...] = ()
    scopes: tuple[Scope, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    plans: tuple[Plan, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    factors: tuple[Factor, ...] = ()
    spreads: tuple[Spread, ...] = ()
    gaps: tuple[Gap, ...] = ()
    field_work: tuple[FieldWork, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    beside: tuple[Beside, ...] = ()
    texts: tuple[relation.SourceText, ...] = ()
    mentions: tuple[relation.Mention, ...] = ()
    links: tuple[relation.Link, ...] = ()
    contrasts: tuple[relation.Contrast, ...] = ()
    acts: tuple[relation.Act, ...] = ()
    answered: tuple[relation.Answered, ...] = ()
    nodes: tuple[relation.Node, ...] = ()
    edges: tuple[relation.Edge, ...] = ()
    # where each entry stands: "commitment/C02" -> "commitments.yml:40"
    files: dict[str, str] = Field(default_factory=dict)
