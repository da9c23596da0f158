"""The sentence a page may open with: computed from a judged promise, or not printed."""

from dataclasses import dataclass

from vereda.terms.answer import CommitmentAnswer, Edition, PromiseAnswer, Reading
from vereda.terms.figure import Figure, Message


def N_(text: str) -> str:
    """Mark for the catalogue."""
    return text


SENTENCES = {
    "halve_rose": N_("{measure} was to be halved by the end of {year}. It grew by {change}."),
    "halve_short": N_(
        "{measure} was to be halved by the end of {year}. It fell by {change}, short of the target."
    ),
    "halve_met": N_(
        "{measure} was to be halved by the end of {year}. It fell by {change}: the target was met."
    ),
    "met": N_("{measure}: the target of {target} was met, at {actual}."),
    "missed": N_("{measure}: the target was {target}, the value is {actual}."),
    "none": N_("What was agreed, what was done, what changed."),
}


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence, the promise and the reading that justify it."""

    message: Message
    promise: PromiseAnswer | None = None
    commitment: CommitmentAnswer | None = None
    reading: Reading | None = None


def headline(edition: Edition) -> Headline:
    """The sentence of the case's headline promise, under its best known estimator."""
    promise = next((p for p in edition.agreed.promises if p.id == edition.register.case.headline), None)
    found = _judged(edition, promise)
    if promise is None or found is None:
        return Headline(Message(SENTENCES["none"]), promise)
    commitment, reading = found
    entry = commitment.entry
    measure = entry.judged_on[0].series if entry.judged_on else promise.id
    values: dict[str, Figure | str | int] = {"measure": f"series:{measure}", "year": (entry.due or "")[:4]}
    if (
        entry.target.rule == "times"
        and entry.target.value == 0.5
        and reading.change
        and reading.change.value is not None
    ):
        values["change"] = reading.change
        kind = (
            "halve_rose"
            if reading.change.value > 0
            else "halve_met"
            if reading.state == "met"
            else "halve_short"
        )
    else:
        if reading.target is None or reading.actual is None:
            return Headline(Message(SENTENCES["none"]), promise)
        values |= {"target": reading.target, "actual": reading.actual}
        kind = "met" if reading.state == "met" else "missed"
    return Headline(Message(SENTENCES[kind], values), promise, commitment, reading)


def _judged(edition: Edition, promise: PromiseAnswer | None) -> tuple[CommitmentAnswer, Reading] | None:
    order = list(edition.register.case.estimators)
    mapped = edition.register.case.mapped

    def rank(pair: tuple[CommitmentAnswer, Reading]) -> tuple[bool, int]:
        series = {ref.series for ref in pair[0].entry.judged_on}
        name = pair[1].actual.estimator if pair[1].actual else ""
        return mapped not in series, order.index(name) if name in order else len(order)

    pairs = [
        (answer, reading)
        for answer in (promise.commitments if promise else ())
        for reading in answer.readings
        if reading.actual is not None and reading.actual.value is not None and reading.target is not None
    ]
    return min(pairs, key=rank, default=None)
