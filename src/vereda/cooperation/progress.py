"""Judges commitments: what was promised against what is held. Pure; figures come in, verdicts go out.

Three rules hold everywhere. Estimators are never compared with each other. A promise whose baseline is not
named is read from every candidate. Where a value is missing the answer is "cannot be judged", and why.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from vereda.cooperation.held import scope_figures
from vereda.cooperation.sentences import say
from vereda.cooperation.target import (
    arithmetic,
    change_of,
    due_day,
    gap_of,
    in_due_year,
    is_year,
    meets,
    newest,
    order,
    same,
    target_figure,
    target_value,
    target_words,
)
from vereda.terms.answer import CommitmentAnswer, PromiseAnswer, Reading, State
from vereda.terms.cooperation import Commitment, ObservationRef, Register
from vereda.terms.figure import Figure, Message
from vereda.terms.period import Period, period

Actuals = Mapping[str, Sequence[Figure]]  # estimator -> its figures, current vintages, any order

DECIDED: frozenset[State] = frozenset({"met", "missed", "missed_on_every_baseline"})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A baseline to read the promise from, or the lack of one."""

    estimator: str
    baseline: Figure | None = None
    ref: ObservationRef | None = None


def answer(
    entry: Commitment,
    register: Register,
    find: Callable[[ObservationRef], Sequence[Figure]],
    as_of: date,
) -> CommitmentAnswer:
    """Judge one commitment; `find` gives the figures of the store that a reference names."""

    def held(ref: ObservationRef) -> Sequence[Figure]:
        if not ref.series.startswith("scope."):
            return find(ref)
        return [
            figure
            for figure in scope_figures(register, ref.series)
            if ref.period in (None, figure.period) and period(figure.period).start <= as_of
        ]

    baselines = [held(ref) for ref in entry.baselines]
    beside = [figure for ref in entry.beside for figure in held(ref)]
    return judge(entry, baselines, gather(entry.judged_on, held), as_of, beside)


def gather(
    refs: Sequence[ObservationRef], find: Callable[[ObservationRef], Sequence[Figure]]
) -> dict[str, tuple[Figure, ...]]:
    """Figures by estimator; a later reference only fills periods the earlier ones leave empty."""
    found: dict[str, dict[str, Figure]] = {}
    for ref in refs:
        new: dict[tuple[str, str], Figure] = {}
        if ref.estimator:
            found.setdefault(ref.estimator, {})
        for figure in find(ref):
            if figure.value is not None:
                new.setdefault((figure.estimator or ref.estimator or "", figure.period), figure)
        for (estimator, when), figure in new.items():
            found.setdefault(estimator, {}).setdefault(when, figure)
    return {estimator: tuple(by_period.values()) for estimator, by_period in found.items()}


def judge(
    entry: Commitment,
    baselines: Sequence[Sequence[Figure]],
    actuals: Actuals,
    as_of: date,
    beside: Sequence[Figure] = (),
) -> CommitmentAnswer:
    """Read a commitment from every candidate baseline and give the verdict, with why.

    baselines: for each of `entry.baselines`, in that order, the figures it names; actuals: by estimator.
    beside: figures of the outcome; those of the due year are kept.
    """
    found = _candidates(entry, baselines, actuals)
    told = [_read(entry, n, one, actuals.get(one.estimator, ()), as_of) for n, one in enumerate(found, 1)]
    readings = tuple(reading for reading, _ in told)
    state = _verdict(entry, readings, as_of)
    why = _once(message for _, messages in told for message in messages)
    latest = tuple(
        figure for figures in actuals.values() if (figure := newest(figures, whole=not entry.cumulative))
    )
    return CommitmentAnswer(
        entry=entry,
        state=state,
        why=_why(entry, state, readings, why, as_of),
        readings=readings,
        latest=latest,
        beside=in_due_year(entry, beside),
        arithmetic=arithmetic(entry),
        trace=f"verdict@{entry.id}",
    )


def promise(commitments: Sequence[CommitmentAnswer]) -> PromiseAnswer:
    """The verdict over all entries that read one promise, each by an estimator of its own."""
    states = {c.state for c in commitments if c.state in DECIDED}
    undecided = [c for c in commitments if c.state not in DECIDED]
    why: list[Message] = []
    if len(commitments) == 1 or not states:
        state = _first_state(commitments)
        why = [message for c in commitments for message in c.why]
    else:
        decided = [c for c in commitments if c.state in DECIDED]
        state = _agree([c.state for c in decided])
        why = [say("disagree")] if state == "cannot_be_judged" else []
        for c in decided:
            why += [say("judged_on", estimator=name) for name in _estimators(c.entry)] + list(c.why)
        for c in undecided:
            why += [say("not_judged_on", estimator=name) for name in _estimators(c.entry)] + list(c.why)
    return PromiseAnswer(commitments[0].entry.promise, state, _once(why), tuple(commitments))


def promises(commitments: Sequence[CommitmentAnswer]) -> tuple[PromiseAnswer, ...]:
    """Every promise, in the order in which the register first names it."""
    groups: dict[str, list[CommitmentAnswer]] = {}
    for commitment in commitments:
        groups.setdefault(commitment.entry.promise, []).append(commitment)
    return tuple(promise(group) for group in groups.values())


def _candidates(
    entry: Commitment, baselines: Sequence[Sequence[Figure]], actuals: Actuals
) -> list[_Candidate]:
    judged = _estimators(entry) or tuple(actuals) or ("",)
    found: list[_Candidate] = []
    for ref, figures in zip(entry.baselines, baselines, strict=True):
        values = [figure for figure in figures if figure.value is not None]
        named = ref.estimator or (judged[0] if len(judged) == 1 else "")
        found += [_Candidate(f.estimator or named, f, ref) for f in values] or [_Candidate(named, None, ref)]
    covered = {one.estimator for one in found}
    return found + [_Candidate(name) for name in judged if name not in covered]


def _read(
    entry: Commitment, n: int, one: _Candidate, figures: Sequence[Figure], as_of: date
) -> tuple[Reading, list[Message]]:
    """One reading: the target this baseline gives, and what came of it."""
    bounds = target_value(entry.target, one.baseline.value if one.baseline else None)
    target = target_figure(entry, n, one.estimator, one.baseline, bounds)
    actual, state, why = _outcome(entry, one, figures, bounds, target, as_of)
    reading = Reading(
        state=state,
        baseline=one.baseline,
        target=target,
        actual=actual,
        change=change_of(entry, n, one.baseline, actual),
        gap=gap_of(entry, n, bounds, actual),
        note=one.ref.note if one.ref else None,
    )
    if reading.actual and target and reading.gap and state not in DECIDED:
        why.append(
            say(
                "distance",
                actual=reading.actual,
                period=reading.actual.period,
                target=target,
                gap=reading.gap,
            )
        )
    return reading, why


def _outcome(
    entry: Commitment,
    one: _Candidate,
    figures: Sequence[Figure],
    bounds: tuple[float, float] | None,
    target: Figure | None,
    as_of: date,
) -> tuple[Figure | None, State, list[Message]]:
    """The value that decides, the state, and what is missing."""
    if not entry.judged_on:
        return None, "not_published" if entry.release_duty else "not_measured", []
    due = due_day(entry)
    open_state: State = "not_yet_due" if due and due.end > as_of else "cannot_be_judged"
    lacking = _lacking(entry, one, bounds)
    if due is None or due.end > as_of:
        latest = newest(figures, whole=not entry.cumulative)
        if latest is None:
            lacking.append(_no_value(one.estimator))
        return latest, open_state, lacking
    actual, why = _decisive(entry, one.estimator, figures, due, bounds)
    if actual is None or bounds is None or target is None:
        return actual, "cannot_be_judged", lacking + why
    met = meets(entry, actual, bounds)
    return actual, "met" if met else "missed", _verdict_words(entry, one, actual, target, met, due)


def _lacking(entry: Commitment, one: _Candidate, bounds: tuple[float, float] | None) -> list[Message]:
    if entry.target.rule == "none":
        return [say("no_target")]
    if bounds is not None:
        return []
    if one.ref is not None:
        return [say("no_baseline", period=one.ref.period or "")]
    return [say("baseline_unknown", estimator=one.estimator)]


def _decisive(
    entry: Commitment,
    estimator: str,
    figures: Sequence[Figure],
    due: Period,
    bounds: tuple[float, float] | None,
) -> tuple[Figure | None, list[Message]]:
    """The figure that decides on the due day, or why there is none."""
    ordered = sorted(figures, key=order)
    if entry.cumulative and bounds is not None:
        before = [f for f in ordered if order(f)[0] <= due.end]
        after = [f for f in ordered if order(f)[0] > due.end]
        if before and (meets(entry, before[-1], bounds) or order(before[-1])[0] == due.end):
            return before[-1], []
        if after and not meets(entry, after[0], bounds):
            return after[0], []
        if after:
            return None, [say("reached_late", target=target_words(entry, bounds), period=after[0].period)]
    else:
        for figure in ordered:
            if figure.period == entry.due or is_year(figure, due.year):
                return figure, []
    if not ordered:
        return None, [_no_value(estimator)]
    latest, sought = (
        newest(ordered, whole=not entry.cumulative) or ordered[-1],
        due.text if entry.cumulative else str(due.year),
    )
    return None, [say("no_year", estimator=estimator, year=sought, latest=latest, period=latest.period)]


def _verdict_words(
    entry: Commitment, one: _Candidate, actual: Figure, target: Figure, met: bool, due: Period
) -> list[Message]:
    words: dict[str, Figure | str | int] = {"actual": actual, "period": actual.period, "target": target}
    if one.baseline is not None:
        key = "met_from" if met else "missed_from"
        words |= {"baseline": one.baseline, "year": one.baseline.period}
    elif entry.cumulative and not met and order(actual)[0] > due.end:
        key = "still_short"
    else:
        key = "met" if met else "missed"
    exact = target.value is not None and same(actual.value, target.value)
    rounded = actual.status == "rounded" or "rounded" in actual.note
    return [say(key, **words)] + ([say("rounded", actual=actual)] if met and exact and rounded else [])


def _verdict(entry: Commitment, readings: Sequence[Reading], as_of: date) -> State:
    due = due_day(entry)
    if not entry.judged_on:
        return "not_published" if entry.release_duty else "not_measured"
    if due is not None and due.end > as_of:
        return "not_yet_due"
    if entry.release_duty and not any(reading.actual for reading in readings):
        return "not_published"
    return _agree([reading.state for reading in readings if reading.state in DECIDED])


def _agree(states: Sequence[State]) -> State:
    """One verdict from readings that were all decided."""
    if not states or ("met" in states and set(states) != {"met"}):
        return "cannot_be_judged"
    if "met" in states:
        return "met"
    return "missed_on_every_baseline" if len(states) > 1 else states[0]


def _first_state(commitments: Sequence[CommitmentAnswer]) -> State:
    """The state of entries of which none was decided: the one that says most."""
    order: tuple[State, ...] = ("not_yet_due", "cannot_be_judged", "not_published", "not_measured")
    states = [c.state for c in commitments]
    return states[0] if len(states) == 1 else next(state for state in order if state in states)


def _why(
    entry: Commitment, state: State, readings: Sequence[Reading], why: Sequence[Message], as_of: date
) -> tuple[Message, ...]:
    first: list[Message] = []
    due = due_day(entry)
    if state in {"not_measured", "not_published"}:
        first.append(say(state))
    if due is not None and due.end > as_of:
        first.append(say("not_due", due=entry.due or ""))
    elif due is None and state == "cannot_be_judged":
        first.append(say("no_due"))
    if {"met", "missed"} <= {reading.state for reading in readings}:
        first.append(say("disagree"))
    return _once([*first, *why])


def _no_value(estimator: str) -> Message:
    return say("no_value", estimator=estimator) if estimator else say("no_figure")


def _estimators(entry: Commitment) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ref.estimator for ref in entry.judged_on if ref.estimator))


def _once(messages: Iterable[Message]) -> tuple[Message, ...]:
    found: list[Message] = []
    for message in messages:
        if message not in found:
            found.append(message)
    return tuple(found)
