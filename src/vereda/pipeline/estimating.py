"""Any panel, not only ours: a table in, effects out, from the shell and from Python.

import vereda
answer = vereda.estimate(frame, place="county", year="year", outcome="lemp", exposed_from="first.treat", estimator="did")
answer.att, answer.ci, answer.frame(), answer.plot()
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, overload

from vereda import __version__
from vereda.errors import BadDesign, BadRequest
from vereda.evaluation.asked import at
from vereda.evaluation.results import Estimate

if TYPE_CHECKING:
    import altair as alt
    import pyarrow as pa

    from vereda.evaluation.frames import Columns
    from vereda.pipeline.reply import Reply

DELIMITERS = ",;\t|"
EMPTY = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", ".")  # "." as Stata writes it
DRAWN = 8  # heaviest donors that are printed


@dataclass(frozen=True)
class Answer:
    """One estimate: every field of `Estimate` (att, se, low, high, p, effects, ...), and ways to show it."""

    estimate: Estimate
    like: Any = None

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS:
            return getattr(self.estimate, name)
        raise AttributeError(
            f"An answer has no {name}. It has: {', '.join(sorted(_FIELDS))}, ci, json, frame, plot."
        )

    @property
    def ci(self) -> tuple[float, float] | None:
        """95 % interval, None where there is no standard error; `why_no_se` says why."""
        low, high = self.estimate.low, self.estimate.high
        return None if low is None or high is None else (low, high)

    @property
    def json(self) -> dict[str, Any]:
        """What `vereda estimate --json` prints."""
        return as_json(self.estimate)

    def frame(self) -> Any:
        """Effects, one a row, in the dataframe library that came in; Arrow for a file."""
        from vereda.evaluation.frames import effects_frame

        return effects_frame([self.estimate], self.like)

    def plot(self) -> "alt.VConcatChart":
        """Effects with their intervals by event time, or the path of the gap."""
        from vereda.evaluation.plot import chart

        return chart([self.estimate])

    def __repr__(self) -> str:
        from vereda.evaluation.plot import sentence

        return f"<{self.estimate.estimator} on {self.estimate.outcome}: {sentence(self.estimate)}>"


_FIELDS = {field.name for field in fields(Estimate)}


@dataclass(frozen=True)
class Answers(Sequence[Answer]):
    """One answer for each outcome, in order; also by name: answers["deaths"]. att, se, p by outcome."""

    answers: tuple[Answer, ...]
    like: Any = None

    @overload
    def __getitem__(self, key: int | str) -> Answer: ...
    @overload
    def __getitem__(self, key: slice) -> "Answers": ...
    def __getitem__(self, key: int | str | slice) -> "Answer | Answers":
        if isinstance(key, str):
            found = [a for a in self.answers if a.estimate.outcome == key]
            if not found:
                raise KeyError(key)
            return found[0]
        return Answers(self.answers[key], self.like) if isinstance(key, slice) else self.answers[key]

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    @property
    def att(self) -> dict[str, float]:
        """Effect on each outcome."""
        return {a.estimate.outcome: a.estimate.att for a in self.answers}

    @property
    def se(self) -> dict[str, float | None]:
        """Standard error of each, None where there is none."""
        return {a.estimate.outcome: a.estimate.se for a in self.answers}

    @property
    def p(self) -> dict[str, float | None]:
        """p-value of each, not corrected for their number."""
        return {a.estimate.outcome: a.estimate.p for a in self.answers}

    def frame(self) -> Any:
        """Effects of all outcomes, one a row."""
        from vereda.evaluation.frames import effects_frame

        return effects_frame([a.estimate for a in self.answers], self.like)

    def plot(self) -> "alt.VConcatChart":
        """One panel for each outcome."""
        from vereda.evaluation.plot import chart

        return chart([a.estimate for a in self.answers])


@overload
def estimate(table: Any, *, place: str, year: str, outcome: str, estimator: str, exposed_from: str | None = None, exposed: str | None = None, covariates: Sequence[str] = (), cluster: str | None = None, stratum: str | None = None, gaps: str = "refuse", seed: int = 0, **options: Any) -> Answer: ...  # fmt: skip
@overload
def estimate(table: Any, *, place: str, year: str, outcome: Sequence[str], estimator: str, exposed_from: str | None = None, exposed: str | None = None, covariates: Sequence[str] = (), cluster: str | None = None, stratum: str | None = None, gaps: str = "refuse", seed: int = 0, **options: Any) -> Answers: ...  # fmt: skip
def estimate(
    table: Any,
    *,
    place: str,
    year: str,
    outcome: str | Sequence[str],
    estimator: str,
    exposed_from: str | None = None,
    exposed: str | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    stratum: str | None = None,
    gaps: str = "refuse",
    seed: int = 0,
    **options: Any,
) -> Answer | Answers:
    """The effect of an exposure on one outcome (`Answer`) or several (`Answers`), from a long table.

    table: pandas, polars, Arrow, DuckDB, or the path of a CSV or Parquet file; one row a place and year. The other
    names are columns: exposed_from holds the first exposed year of the place (0, empty or inf: never), or exposed is
    0 or 1 in each row. gaps: refuse, keep or drop. options: those of the estimator (docs/estimate.md); one it does
    not use is refused. Raises BadRequest for what does not exist, BadDesign where the table cannot answer.
    """
    from vereda.evaluation.estimate import asked_options, estimate_all, refuse_unused
    from vereda.evaluation.frames import Columns, framed

    asked_options(estimator, options)
    used = {"covariates": covariates, "cluster": cluster, "stratum": stratum, "gaps": gaps == "keep"}
    refuse_unused(estimator, used)
    for name, value in {"stratum": stratum, "statistic": options.get("statistic")}.items():
        if value is not None and options.get("placebos") is None:
            raise BadRequest(
                f"{name} is about placebos, and none are asked for: say placebos 'all', or a number."
            )
    wanted = (outcome,) if isinstance(outcome, str) else tuple(outcome)
    columns = Columns(
        place, year, wanted, exposed_from, exposed, _names(covariates), cluster, stratum
    )  # fmt: skip
    path = Path(table) if isinstance(table, str | Path) else None
    begun = perf_counter()
    frame = _read(path, columns) if path else table
    counted_from = 2 if path and not _parquet(path) else 1 if path else 0
    made = framed(frame, columns, gaps, int(options.get("anticipation") or 0), counted_from)
    reading = perf_counter() - begun
    found = estimate_all(
        made.panel, estimator, covariates=columns.covariates, seed=seed, clock=perf_counter, **options
    )
    named = _specified(columns, gaps) | {"places": len(made.panel.places), "years": _span(made.panel.years)}
    done = [
        replace(
            e, checks=(*made.checks, *e.checks), specification=named | dict(e.specification),
            seconds=e.seconds + reading / len(found),
        )
        for e in found
    ]  # fmt: skip
    like = None if path else table
    answers = tuple(Answer(e, like) for e in done)
    return answers[0] if isinstance(outcome, str) else Answers(answers, like)


def _names(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _span(years: Any) -> tuple[int, int]:
    return int(years[0]), int(years[-1])


def _specified(columns: "Columns", gaps: str) -> dict[str, Any]:
    named = {
        n: getattr(columns, n) for n in ("place", "year", "exposed_from", "exposed", "cluster", "stratum")
    }
    return {name: value for name, value in named.items() if value is not None} | {"gaps": gaps}


# Files --------------------------------------------------------------------------------------------------------


def _parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read(path: Path, columns: "Columns") -> "pa.Table":
    """The named columns of a file. Codes are text, so that 05120 keeps its zero; the rest is numbers."""
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*") if p.suffix in (".csv", ".parquet"))[:8]
        also = f" Beside it: {', '.join(near)}." if near else ""
        raise BadRequest(f"There is no file {path}.{also}")
    if not path.stat().st_size:
        raise BadDesign(f"{path} is empty.")
    import pyarrow as pa

    try:
        return _read_parquet(path, columns) if _parquet(path) else _read_csv(path, columns)
    except pa.ArrowException as fault:
        raise BadDesign(
            f"{path} cannot be read: {fault}. It must be Parquet, or CSV in UTF-8 with a header and as many cells in "
            "each row; .csv.gz is fine."
        ) from None


def _read_parquet(path: Path, columns: "Columns") -> "pa.Table":
    from pyarrow import parquet

    from vereda.evaluation.frames import nearest

    names = parquet.read_schema(path).names
    missing = [name for name in columns.named() if name not in names]
    if missing:
        raise BadRequest(nearest(missing, names, "column"))
    return parquet.read_table(path, columns=list(columns.named()))


def _read_csv(path: Path, columns: "Columns") -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    from vereda.evaluation.frames import nearest

    with pa.input_stream(str(path), compression="detect") as stream:
        head = stream.read(1 << 16).decode("utf-8-sig", errors="replace").splitlines()[0]
    delimiter = max(DELIMITERS, key=head.count)
    parse = csv.ParseOptions(delimiter=delimiter)
    with csv.open_csv(pa.input_stream(str(path), compression="detect"), parse_options=parse) as reader:
        names = reader.schema.names
    missing = [name for name in columns.named() if name not in names]
    if missing:
        raise BadRequest(f"{path}: {nearest(missing, names, 'column')}")
    codes = [n for n in (columns.place, columns.cluster, columns.stratum) if n is not None]
    text = dict.fromkeys(codes, pa.string())
    numbers = {n: pa.float64() for n in columns.named() if n not in text}

    def read(types: Mapping[str, Any], block: int) -> "pa.Table":
        return csv.read_csv(
            pa.input_stream(str(path), compression="detect"),
            csv.ReadOptions(block_size=block),
            parse,
            csv.ConvertOptions(
                column_types=types,
                include_columns=list(columns.named()),
                null_values=EMPTY,
                strings_can_be_null=False,
            ),
        )

    try:
        return read(text | numbers, 1 << 24)
    except pa.ArrowInvalid:  # a cell is no number: read it as it is, and let the panel say which
        return read(text, max(1 << 24, 20 * path.stat().st_size))


# What is said -------------------------------------------------------------------------------------------------


def reply(path: Path, outcome: str, asked: Mapping[str, Any]) -> "Reply":
    """What the command prints: for people, and as JSON; a list of objects for several outcomes.

    outcome and asked["covariates"] are names with commas between, asked["placebos"] "all" or a number.
    """
    from vereda.pipeline.reply import Reply

    arguments = dict(asked) | {"covariates": _listed(asked.get("covariates") or "")}
    if str(asked.get("placebos")).isdigit():
        arguments["placebos"] = int(asked["placebos"])
    answers = estimate(path, outcome=_listed(outcome), **arguments)
    told = [answer.json for answer in answers]
    shown = [part for answer in answers for part in _shown(answer.estimate)]
    return Reply(tuple(shown), told[0] if len(told) == 1 else told)


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def as_json(found: Estimate) -> dict[str, Any]:
    """Every field of an estimate; ci is its 95 % interval, at the number in an effect's label."""
    proof = found.certificate
    whole = {
        "estimator": found.estimator,
        "outcome": found.outcome,
        "att": found.att,
        "se": found.se,
        "ci": None if found.low is None else [found.low, found.high],
        "p": found.p,
        "p_kind": found.p_kind or None,
        "size": found.size,
        "why_no_se": found.why_no_se or None,
        "effects": [
            {"effect": e.label, "at": at(e.label)} | {f.name: getattr(e, f.name) for f in fields(e)[1:]}
            for e in found.effects
        ],
        "weights": dict(found.weights),
        "certificate": None if proof is None else {f.name: getattr(proof, f.name) for f in fields(proof)},
        "checks": [
            {"name": c.name, "state": c.state, "detail": c.detail, "values": dict(c.values)}
            for c in found.checks
        ],
        "specification": dict(found.specification),
        "data": found.data,
        "seed": found.seed,
        "seconds": round(found.seconds, 6),
        "version": __version__,
    }
    cleaned: dict[str, Any] = _plain(whole)
    return cleaned


def _plain(value: Any) -> Any:
    """Only what JSON knows; a number that is not finite is null."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value


def _shown(found: Estimate) -> Iterator[Any]:
    """An estimate in the terminal."""
    from rich.table import Table
    from rich.text import Text

    from vereda.evaluation.estimate import METHODS
    from vereda.evaluation.plot import sentence

    yield Text(f"{found.outcome}: {METHODS[found.estimator].title}", style="bold")
    yield Text(f"Effect on the exposed: {sentence(found)}")
    if found.why_no_se:
        yield Text(f"No standard error: {found.why_no_se}", style="yellow")
    if found.effects:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("effect", "value", "std. error", "95 % interval"):
            table.add_column(column, justify="left" if column == "effect" else "right")
        for e in found.effects:
            interval = "" if e.low is None or e.high is None else f"{e.low:.4g} to {e.high:.4g}"
            table.add_row(e.label, f"{e.value:.4g}", "" if e.se is None else f"{e.se:.4g}", interval)
        yield table
    if found.weights:
        heavy = [f"{name} {weight:.3f}" for name, weight in list(found.weights.items())[:DRAWN]]
        more = f" and {len(found.weights) - DRAWN} more" if len(found.weights) > DRAWN else ""
        yield Text(f"Weights: {', '.join(heavy)}{more}")
    if found.certificate and found.certificate.unique is False:
        yield Text(
            "Other weights fit the years before as well: these are one choice among many.", style="yellow"
        )
    for check in found.checks:
        colour = {"passed": "green", "failed": "red"}.get(check.state, "")
        yield Text(f"{check.name.replace('_', ' ')}, {check.state}: {check.detail}", style=colour)
    s = found.specification
    yield Text(
        f"{s['places']} places, {s['years'][0]}-{s['years'][1]}; data {found.data[:12]}, seed {found.seed}, "
        f"{found.seconds:.2f} s\n",
        style="dim",
    )
