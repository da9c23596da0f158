"""Production, asked from the door: a case, a year, an estimator; or what a change is made of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from vereda import publication
from vereda.errors import BadRequest, NoTrace
from vereda.measurement.parameters import converted
from vereda.measurement.quantities import QUANTITIES
from vereda.pipeline.assessing import what_if
from vereda.pipeline.desk import Desk
from vereda.pipeline.explaining import explain
from vereda.pipeline.factors import Held, held
from vereda.pipeline.path import _desk, _ingest, _names
from vereda.pipeline.producing import DRAWS, SEED, produce
from vereda.pipeline.production_bench import assessment_of, bench, elsewhere_step, latest_year, parameter_step
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import Study, reconciled
from vereda.store import Store
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure, Step
from vereda.terms.potential import Asked, Explained, Potential

MOST = 2**22  # draws; more say nothing more, and memory is not endless


def production(
    folder: Path, build: Path, year: int | None = None, estimator: str | None = None, as_of: str | None = None,
    draws: int = DRAWS, seed: int = SEED, given: Sequence[str] = (), lang: str = "en",
) -> Reply:  # fmt: skip
    """Potential production of one year by one estimator; the latest that can be computed where none is named."""
    if not 1 <= draws <= MOST:
        raise BadRequest(f"--draws takes 1 to {MOST:,}; {draws:,} is outside.")
    if seed < 0:
        raise BadRequest(f"--seed takes a number that is not negative, not {seed}.")
    with _table(folder, build, as_of) as (study, desk, factors):
        told, _ = answer(study.register, desk, factors, year, estimator, draws, seed, given)
        shown = publication.production_text(told, lang, _names(study, lang))
    return Reply(tuple(shown), publication.as_json(told))


def explained(
    folder: Path, build: Path, before: str, after: str, estimator: str | None = None, as_of: str | None = None,
    lang: str = "en",
) -> Reply:  # fmt: skip
    """What the change of the published figure between two years, or editions, is made of."""
    with _table(folder, build, as_of) as (study, desk, factors):
        assessment = assessment_of(study.register, estimator)
        told: Explained = explain(study.register, desk, factors, assessment, before, after)[0]
        shown = publication.explained_text(told, lang, _names(study, lang))
    return Reply(tuple(shown), publication.as_json(told))


def answer(
    register: Register, desk: Desk, factors: Held, year: int | None = None, estimator: str | None = None,
    draws: int = DRAWS, seed: int = SEED, given: Sequence[str] = (),
) -> tuple[Potential, dict[str, Step]]:  # fmt: skip
    """The answer and the way back of its numbers."""
    assessment = assessment_of(register, estimator)
    when = year if year is not None else latest_year(register, desk, factors, assessment, given)
    asked = Asked(assessment.place, when, assessment.id, desk.as_of, draws, seed, tuple(given))
    return produce(bench(register, desk, factors, asked, assessment))


def ways(study: Study, store: Store, day: str, key: str) -> dict[str, Step]:
    """The way back of a number of production, by its key; as answered with the draws and the seed of the house."""
    desk, factors = desks(study, store, day)
    register, (head, _, rest) = study.register, key.partition("@")
    parts = rest.split("~")
    when = parts[0].partition(":")[2]
    found: dict[str, Step] = {}
    if head in {"parameter", "elsewhere"}:
        found = _entries(register, factors)
    elif head == "production" and len(parts) == 3 and when.isdigit() and parts[2].startswith("what_if."):
        grid = what_if(register, desk, factors, assessment_of(register, parts[1]), int(when))
        found = grid[1] if grid else {}
    elif head == "production" and len(parts) == 3 and when.isdigit():
        found = answer(register, desk, factors, int(when), parts[1])[1]
    elif head == "production" and len(parts) == 3 and (ends := _ends(when)):
        found = explain(register, desk, factors, assessment_of(register, parts[1]), *ends)[1]
    if key in found:
        return found
    near = get_close_matches(key, list(found), n=3, cutoff=0.3)
    raise NoTrace(
        f"No number of production answers {key!r}. Write production@PLACE:YEAR~ESTIMATOR~WHAT or parameter@ID, as "
        f"`vereda production --json` prints them. Keys like it: {', '.join(near) or 'none'}. What was given by hand is "
        "in the answer to it and nowhere else."
    )


def _entries(register: Register, factors: Held) -> dict[str, Step]:
    """The way back of every factor and range of the case."""
    found = {}
    for p in (*factors.chain, *factors.beside):
        value, unit = (converted(p)[0], p.quantity.unit) if p.name in QUANTITIES else (p.value, p.unit)
        figure = Figure(value, unit, f"parameter@{factors.entry[p.locator].id}")
        found[figure.trace] = parameter_step(register, factors, p, figure)
    for e in register.elsewhere:
        figure = Figure(e.value, e.unit, f"elsewhere@{e.id}")
        found[figure.trace] = elsewhere_step(register, e, figure)
    return found


def _ends(when: str) -> tuple[str, str] | None:
    """2021-2023, or 2017@2018-09-2017@2019-08: the two ends of a change."""
    for i, letter in enumerate(when):
        if letter == "-" and when[i + 1 : i + 5].isdigit() and (len(when) == i + 5 or when[i + 5] == "@"):
            return when[:i], when[i + 1 :]
    return None


@contextmanager
def _table(folder: Path, build: Path, as_of: str | None) -> Iterator[tuple[Study, Desk, Held]]:
    """A case on the table as of a day, with its factors."""
    study = reconciled(folder)
    with Store.open(build / study.register.case.id) as store:
        _ingest(study, store)
        yield study, *desks(study, store, as_of or study.register.case.as_of)


def desks(study: Study, store: Store, day: str) -> tuple[Desk, Held]:
    """The desk of a day, and every factor of the case; factors know themselves when they were printed."""
    desk = _desk(study, store, day)
    reviewed = study.register.case.as_of
    everything = desk if day >= reviewed else _desk(study, store, reviewed)
    return desk, held(study.register, everything)
