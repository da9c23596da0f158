"""The way back of a verdict: readings, baselines, rule, target, actual, and where each was read."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from vereda.cooperation.held import scope_figures, training_figures
from vereda.cooperation.progress import Actuals, judge
from vereda.terms.answer import CommitmentAnswer, Reading
from vereda.terms.cooperation import Commitment, Register
from vereda.terms.figure import Figure, Step

Walk = Callable[[Figure], Step]


def leaf(figure: Figure) -> Step:
    """A figure of the store as the end of the way; the pipeline hands in a walk that goes on from here."""
    made = " ".join(filter(None, (figure.estimator, figure.vintage, figure.source)))
    return Step("observation", figure.trace, made, figure.trace, figure.value, figure.unit, figure.note)


def verdict(
    entry: Commitment,
    baselines: Sequence[Sequence[Figure]],
    actuals: Actuals,
    as_of: date,
    register: Register | None = None,
    walk: Walk = leaf,
) -> Step:
    """The way back of a verdict, from the same inputs as `progress.judge`."""
    return steps(judge(entry, baselines, actuals, as_of), register, walk)


def steps(found: CommitmentAnswer, register: Register | None = None, walk: Walk = leaf) -> Step:
    """The way back of a verdict already given."""
    entry = found.entry
    claim = _claim(entry, register)
    walk = _own(register, walk)
    inputs = [
        step
        for n, reading in enumerate(found.readings, 1)
        for step in _reading(entry, n, reading, claim, walk)
    ]
    if found.arithmetic is not None:
        inputs += _sum(entry, claim)
    if not any(reading.target for reading in found.readings):
        inputs.append(claim)
    return Step("verdict", found.trace, claim.locator, found.trace, note=found.state, inputs=tuple(inputs))


def find(root: Step, key: str) -> Step | None:
    """The step with this trace key, anywhere on the way."""
    return next((step for step in _all(root) if step.key == key), None)


def own_step(register: Register, key: str) -> Step | None:
    """The way back of a figure the register itself holds: ``scope@ID:SINCE``, ``training@ID``."""
    what, _, rest = key.partition("@")
    ident = rest.partition(":")[0]
    figures = scope_figures(register, f"scope.{ident}") if what == "scope" else training_figures(register)
    for figure in figures:
        if figure.trace == key:
            at = register.files.get(f"{what}/{ident}", "")
            ends = _documents((figure.source,), register)
            return Step("claim", ident, at, key, figure.value, figure.unit, inputs=ends)
    return None


def _own(register: Register | None, walk: Walk) -> Walk:
    def step(figure: Figure) -> Step:
        if register is not None and figure.trace.startswith("scope@"):
            return own_step(register, figure.trace) or leaf(figure)
        return walk(figure)

    return step


def _reading(entry: Commitment, n: int, reading: Reading, claim: Step, walk: Walk) -> Iterator[Step]:
    baseline = (walk(reading.baseline),) if reading.baseline else ()
    actual = (walk(reading.actual),) if reading.actual else ()
    target: tuple[Step, ...] = ()
    if reading.target:
        target = (_made(reading.target, _formula(entry), (*baseline, claim)),)
    if reading.gap:
        yield _made(reading.gap, "actual - target", (*actual, *target))
    else:
        yield from target or (*baseline, *actual)
    if reading.change:
        yield _made(reading.change, "100 x (actual / baseline - 1)", (*actual, *baseline))


def _made(figure: Figure, how: str, inputs: tuple[Step, ...]) -> Step:
    return Step("finding", figure.trace, how, figure.trace, figure.value, figure.unit, inputs=inputs)


def _formula(entry: Commitment) -> str:
    target = entry.target
    number = "" if target.value is None else f"{target.value:,.12g}"
    return {
        "times": f"{number} x baseline",
        "minus": f"baseline - {number} {target.unit}",
        "level": f"{number} {target.unit}, as stated",
        "between": f"{target.low:,.12g} to {target.high:,.12g} {target.unit}, as stated"
        if target.low is not None and target.high is not None
        else "",
        "none": "none stated",
    }[target.rule]


def _claim(entry: Commitment, register: Register | None) -> Step:
    at = register.files.get(f"commitment/{entry.id}", "") if register else ""
    # The first document cited is the one the promise was read from; the others tell what came of it.
    return Step("claim", entry.id, at, note=_formula(entry), inputs=_documents(entry.cites[:1], register))


def _sum(entry: Commitment, claim: Step) -> tuple[Step, Step]:
    unit = entry.target.unit
    parts = tuple(
        Step(
            "claim",
            part.name.en,
            claim.locator,
            f"part@{entry.id}:{n}",
            part.value,
            unit,
            inputs=claim.inputs,
        )
        for n, part in enumerate(entry.parts, 1)
    )
    total, stated = f"sum@{entry.id}", f"stated@{entry.id}"
    how = f"sum of {len(parts)} stated parts"
    added = Step("sum", total, how, total, sum(part.value for part in entry.parts), unit, inputs=parts)
    return added, Step("claim", stated, claim.locator, stated, entry.target.value, unit, inputs=claim.inputs)


def _documents(cites: Sequence[str], register: Register | None) -> tuple[Step, ...]:
    known = {document.id: document for document in register.documents} if register else {}
    return tuple(
        Step("publisher", f"{known[c].publisher}: {known[c].title}", known[c].address, note=known[c].date)
        for c in cites
        if c in known
    )


def _all(root: Step) -> Iterator[Step]:
    yield root
    for step in root.inputs:
        yield from _all(step)
