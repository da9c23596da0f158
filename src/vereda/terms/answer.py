"""What the three questions answer: the meeting point of the rooms that find and the room that tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vereda.terms.assessed import Assessed
from vereda.terms.cooperation import Commitment, Metric, Register, Text
from vereda.terms.figure import Figure, Message
from vereda.terms.finding import Finding
from vereda.terms.place import Gazetteer
from vereda.terms.relation import Coverage
from vereda.terms.source import SourceCard

State = Literal[
    "met",
    "missed",
    "missed_on_every_baseline",
    "not_yet_due",
    "not_measured",
    "not_published",
    "cannot_be_judged",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a promise: a candidate baseline, the target it gives, and what came of it.

    change: percent of the baseline (actual / baseline - 1); gap: actual - target, in the unit of the target.
    """

    state: State
    baseline: Figure | None
    target: Figure | None
    actual: Figure | None
    change: Figure | None
    gap: Figure | None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class CommitmentAnswer:
    """A commitment with every reading, the latest value, the verdict and why."""

    entry: Commitment
    state: State
    why: tuple[Message, ...]
    readings: tuple[Reading, ...]
    latest: tuple[Figure, ...]  # newest value held, one per estimator judged on
    beside: tuple[Figure, ...]  # outcome in the due year, one per estimator
    arithmetic: Message | None  # set when the stated parts do not add up
    trace: str  # verdict@ID


@dataclass(frozen=True, slots=True)
class PromiseAnswer:
    """A promise over all the entries that read it."""

    id: str
    state: State
    why: tuple[Message, ...]
    commitments: tuple[CommitmentAnswer, ...]


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """An agreed metric and the newest open figures that would feed it."""

    entry: Metric
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed."""

    promises: tuple[PromiseAnswer, ...]
    metrics: tuple[MetricAnswer, ...]

    @property
    def commitments(self) -> tuple[CommitmentAnswer, ...]:
        """Every commitment, in the order of the register."""
        return tuple(c for p in self.promises for c in p.commitments)


@dataclass(frozen=True, slots=True)
class OutputAnswer:
    """An output series by year, with the outcome it was meant to move beside it."""

    series: str
    name: Text
    unit: str
    figures: tuple[Figure, ...]  # every period, estimator and vintage held, oldest first
    targets: tuple[Figure, ...]  # announced targets by year
    outcomes: tuple[Figure, ...]  # the outcome over the same years, current vintages
    waiting: str = ""  # dataset that would answer, when it is not held


@dataclass(frozen=True, slots=True)
class FundingAnswer:
    """Money at one stage; stages are never added to each other."""

    stage: str  # requested, appropriated, allocated, obligated, disbursed
    figures: tuple[Figure, ...]  # by fiscal year


@dataclass(frozen=True, slots=True)
class Done:
    """What was done."""

    outputs: tuple[OutputAnswer, ...]
    funding: tuple[FundingAnswer, ...]
    training: tuple[Figure, ...]  # in the order of register.trainings


@dataclass(frozen=True, slots=True)
class IndicatorAnswer:
    """An indicator at one place: definition, coverage and every figure held.

    current: one figure per period, the preferred estimator's newest vintage; rivals: everything else held,
    by estimator; direction: which way is better ("down", "up", or "" where neither is).
    """

    id: str
    place: str
    name: str  # English msgid, translated by publication
    definition: str  # English msgid
    unit: str
    direction: str
    coverage: str
    current: tuple[Figure, ...]
    rivals: Mapping[str, tuple[Figure, ...]]
    gaps: Mapping[str, str]  # period -> what is known to be wrong
    waiting: str = ""  # the dataset that would answer, where nothing is held
    command: str = ""  # and the command that would bring it
    without_sum: str = ""  # the unit of what its places have, where that has no sum


@dataclass(frozen=True, slots=True)
class FlowsAnswer:
    """Gross rises and falls of areas between two years, over departments or municipalities.

    offset: rises / |falls| when the total fell (share of the fall made up elsewhere), falls / rises when it rose.
    """

    start: str
    end: str
    level: str
    rises: Figure
    falls: Figure
    net: Figure
    offset: Figure


@dataclass(frozen=True, slots=True)
class Concentration:
    """How concentrated a series is, by year."""

    hhi: tuple[Figure, ...]  # Herfindahl-Hirschman index over departments
    top: tuple[
        Figure, ...
    ]  # share of the ten largest municipalities, percent; none where only larger parts are held
    shares: Mapping[str, tuple[Figure, ...]]  # department code -> share by year, percent
    flows: tuple[FlowsAnswer, ...]
    level: str = "department"  # what the parts are called


@dataclass(frozen=True, slots=True)
class MapYear:
    """Every municipality in one year: its figure, or a figure without a value and the reason."""

    period: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed."""

    indicators: tuple[IndicatorAnswer, ...]  # for every place asked
    concentration: Concentration | None
    maps: tuple[MapYear, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything one publication tells. It computes nothing and prints only Figures."""

    register: Register
    as_of: str
    gazetteer: Gazetteer
    agreed: Agreed
    done: Done
    changed: Changed
    sources: tuple[SourceCard, ...]
    geometry: str | None = None  # GeoJSON of municipalities, where the workspace has it
    done_at: Mapping[str, Done] = field(default_factory=dict)  # what was done at each priority place
    findings: tuple[Finding, ...] = ()  # because of what
    production: tuple[Assessed, ...] = ()  # how much cocaine could it make, one entry an estimator
    coverage: tuple[Coverage, ...] = ()  # what the statements name, and what the register holds of it

    @property
    def finest(self) -> str:
        """What the country's smallest places are called: municipality, district."""
        held = self.gazetteer.municipalities(self.register.case.country)
        return self.gazetteer.get(held[0]).level if held else "municipality"
