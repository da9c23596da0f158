"""What is answered about potential production: one year with its uncertainty, or what a change between two is made of.

Every number is a Figure with a key: that of an observation, `parameter@ID` of a factor, or `production@PLACE:YEAR~
ESTIMATOR~WHAT` of what was computed. An interval of a computed figure runs from its 5 % to its 95 % quantile where it
comes from draws, and from end to end where `ends` says so.
"""

from dataclasses import dataclass
from typing import Literal

from vereda.terms.entry import Text
from vereda.terms.figure import Figure, Message

Flag = Literal["inside", "outside", "not_published", "not_computed", "other_purity"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, so that the answer can be had again: the same words give the same bytes."""

    place: str
    year: int
    estimator: str
    as_of: str
    draws: int
    seed: int
    given: tuple[str, ...]  # --set, as typed


@dataclass(frozen=True, slots=True)
class Used:
    """A parameter in use. surveyed: year of its field work, None where none is known; carried: years since its own.

    basis: published, computed (from two published figures), assumed, given (by whoever asked). at: file and line.
    """

    quantity: str
    meaning: str
    figure: Figure
    distribution: str
    basis: str
    surveyed: int | None
    carried: int
    at: str
    cites: tuple[str, ...]
    note: Text | None
    warning: Message | None


@dataclass(frozen=True, slots=True)
class StageAnswer:
    """One step of the chain: 5, 50 and 95 % of its draws; no value where a parameter of it is missing."""

    id: str
    name: str
    formula: str
    figure: Figure
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShareAnswer:
    """A measurement's part in the uncertainty: shares of the variance, and what knowing it exactly would narrow, %."""

    group: str
    quantity: str
    meaning: str
    place: str
    first: Figure
    total: Figure
    narrowing: Figure


@dataclass(frozen=True, slots=True)
class ReadingAnswer:
    """Potential production under one reading of the uncertainty: as printed, or with the one printed interval of leaf.

    shares: by quantity and region. regions: everything measured in one region together, as one survey of it would; empty
    where the place is taken as a whole.
    """

    id: str
    note: Text | None
    figure: Figure
    flag: Flag
    shares: tuple[ShareAnswer, ...]
    regions: tuple[ShareAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """Another way through the same chain, side by side: its result, or the quantities that are missing for it.

    one_of: of these it lacks, one would do.
    """

    form: str
    regional: bool
    figure: Figure
    missing: tuple[str, ...]
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrozenAnswer:
    """What the factor in use gives on this area, end to end, against what was published; never widened.

    as_printed: the factor at its printed value. expected: within its rounding. beyond: t outside `expected`, 0 inside.
    """

    factor: Figure
    as_printed: Figure
    expected: Figure
    published: Figure
    flag: Flag
    beyond: Figure
    beyond_as_printed: Figure


@dataclass(frozen=True, slots=True)
class ConsistencyAnswer:
    """Productive area that published amounts imply; joint: without a value where no area fits them all."""

    implied: tuple[Figure, ...]
    joint: Figure
    ratio: Figure
    gap: Figure


@dataclass(frozen=True, slots=True)
class MissingAnswer:
    """A parameter that is needed and not held; printed: where it can be found."""

    quantity: str
    meaning: str
    unit: str
    places: tuple[str, ...]
    years: tuple[int, ...]
    printed: Text | None
    cites: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Field work as reported."""

    year: int
    where: Text
    went: bool
    at: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RatioAnswer:
    """Seizures over one potential: as usually quoted, and with purity and double counting as ranges."""

    potential: Figure
    as_seized: Figure
    ratio: Figure
    above: bool


@dataclass(frozen=True, slots=True)
class AvailableAnswer:
    """What is left of one potential after seizures; sign: positive, reaches_below_zero, negative; never clipped."""

    potential: Figure
    left: Figure
    sign: str


@dataclass(frozen=True, slots=True)
class ChemicalBalance:
    """A chemical over one year: what lawfully came in, what was seized of it, without a value where it is not held.

    over: the need of each potential over the lawful supply, %; in the order of the potentials, empty without a supply.
    """

    lawful: Figure
    seized: Figure
    over: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class NetAnswer:
    """Eradicated hectares that stayed without coca, under one published rate of replanting."""

    rate: Figure
    note: Text | None
    net: Figure


@dataclass(frozen=True, slots=True)
class PledgeRow:
    """One baseline against one value of the due year; without a value where none is held, and then met is not known."""

    baseline: Figure
    target: Figure
    actual: Figure
    change: Figure
    missed_by: Figure
    met: bool | None


@dataclass(frozen=True, slots=True)
class PledgeAnswer:
    """A pledge on this estimator's figures under every baseline and every edition of what came."""

    promise: str
    commitment: str
    gist: Text
    due: str
    verdict: str
    readings: tuple[PledgeRow, ...]


@dataclass(frozen=True, slots=True)
class Companions:
    """What is read beside production. assumed: what a figure quietly supposes, said aloud; missing: what it lacks."""

    seized: Figure
    purity: Figure
    over: tuple[RatioAnswer, ...]
    base_seized: Figure
    base_over: tuple[RatioAnswer, ...]
    available: tuple[AvailableAnswer, ...]
    chemical: Figure
    chemical_note: Text | None
    need: tuple[Figure, ...]
    eradicated: tuple[Figure, ...]
    net: tuple[NetAnswer, ...]
    pledges: tuple[PledgeAnswer, ...]
    definitions: dict[str, str]
    assumed: tuple[Message, ...]
    balance: ChemicalBalance | None = None
    missing: tuple[MissingAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionAnswer:
    """A year's editions, oldest first, and how far the newest lies from the first, %."""

    year: int
    editions: tuple[Figure, ...]
    percent: Figure


@dataclass(frozen=True, slots=True)
class Rival:
    """Another estimator's figure of the same year; shown beside, never averaged."""

    estimator: str
    name: Text
    figure: Figure


@dataclass(frozen=True, slots=True)
class ElsewhereAnswer:
    """A range printed for another place or time; not used."""

    about: Text
    figure: Figure
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One factor's part of a change. reading: area, growth, re-measurement, method, same."""

    factor: str
    meaning: str
    before: Figure
    after: Figure
    ratio: Figure
    shapley: Figure
    shapley_share: Figure
    logarithmic: Figure
    logarithmic_share: Figure
    reading: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What a change of the published figure is made of."""

    estimator: str
    name: Text
    place: str
    as_of: str
    before: Figure
    after: Figure
    change: Figure
    ratio: Figure
    parts: tuple[Part, ...]
    says: tuple[Message, ...]
    field_work: tuple[Survey, ...]
    frozen: FrozenAnswer | None
    revisions: tuple[RevisionAnswer, ...]


@dataclass(frozen=True, slots=True)
class Potential:
    """Potential production of one year by one estimator. readings, stages: empty where it cannot be computed.

    explained: the change from the year published before, where there is one.
    """

    asked: Asked
    name: Text
    method: Text
    caveats: tuple[Text, ...]
    computed: bool
    form: str
    regional: bool
    says: tuple[Message, ...]
    published: tuple[Figure, ...]
    readings: tuple[ReadingAnswer, ...]
    frozen: FrozenAnswer | None
    stages: tuple[StageAnswer, ...]
    inputs: tuple[Used, ...]
    other_forms: tuple[FormAnswer, ...]
    missing: tuple[MissingAnswer, ...]
    field_work: tuple[Survey, ...]
    apparent: Figure
    consistency: ConsistencyAnswer | None
    rivals: tuple[Rival, ...]
    revisions: tuple[RevisionAnswer, ...]
    companions: Companions
    elsewhere: tuple[ElsewhereAnswer, ...]
    explained: Explained | None
