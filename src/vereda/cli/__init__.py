"""The door: parse, call the pipeline, print."""

import gc
import json
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from vereda import __version__, pipeline
from vereda.errors import BadRequest, VeredaError
from vereda.pipeline.reply import Reply, show

WIDTH = {"max_content_width": 100}


def friendly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print what a person can mend as one plain message and exit with 1; never a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except VeredaError as error:
            click.secho(f"vereda: {error}", fg="red", err=True)
            sys.exit(1)
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            click.secho(
                f"vereda: {error.strerror or error}{where}. Nothing was lost; mend it and run again.",
                fg="red",
                err=True,
            )
            sys.exit(1)

    return run


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of the three questions and of a trace."""
    for option in reversed(
        [
            click.option("--case", "-c", default="us-colombia", show_default=True, help="Case folder, or the name of one that comes with vereda."),
            click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True, help="Where workspaces are kept."),
            click.option("--as-of", metavar="DATE", help="Answer as the data stood on this day, for example 2018-12-31."),
            click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True),
            click.option("--json", "as_json", is_flag=True, help="Print JSON; every number carries its trace key."),
        ]
    ):  # fmt: skip
        command = option(command)
    return friendly(command)


@click.group(context_settings=WIDTH)
@click.version_option(__version__, prog_name="vereda")
def main() -> None:
    """What governments agreed, what was done, and what changed; every number walks back to its cell.

    Start with `vereda demo`, then `vereda trace coca_area@CO-52835:2022`.
    """


@main.command()
@click.argument("case")
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--fresh", is_flag=True, help="Build again even if nothing changed.")
@friendly
def run(case: str, build: Path, lang: str, fresh: bool) -> None:
    """Read the vintages, reconcile them, judge the commitments, write the site.

    Example: vereda run cases/us-colombia
    """
    pipeline.show(pipeline.run(pipeline.find_case(case), build, lang=lang, fresh=fresh))


@main.command()
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@friendly
def demo(build: Path, lang: str) -> None:
    """Build the United States-Colombia case that comes with vereda and print its scorecard."""
    pipeline.show(pipeline.run(pipeline.find_case("us-colombia"), build, lang=lang))


@main.command()
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path), default=Path("cases"), show_default=True)
@friendly
def init(name: str, into: Path) -> None:
    """Start another bilateral case, with a made-up source, that runs at once.

    Example: vereda init eu-peru
    """
    folder = pipeline.init(name, into)
    click.echo(f"Wrote {folder}. Run it:  vereda run {folder}")


@main.command()
@click.option("--place", help="Code of a place, for example CO-52835.")
@shared
def agreed(case: str, build: Path, place: str | None, as_of: str | None, lang: str, as_json: bool) -> None:
    """Each commitment with target, due date, every candidate baseline, latest value and verdict."""
    _answer("agreed", case, build, place, as_of, lang, as_json)


@main.command()
@click.option("--place", help="Code of a place, for example CO-52835.")
@shared
def done(case: str, build: Path, place: str | None, as_of: str | None, lang: str, as_json: bool) -> None:
    """Outputs beside the outcomes they were meant to move; money by stage; training."""
    _answer("done", case, build, place, as_of, lang, as_json)


@main.command()
@click.argument("indicator", required=False)
@click.option(
    "--between",
    metavar="YEAR-YEAR",
    help="Gross rises and falls between any two years, for example 2001-2009.",
)
@click.option("--place", help="Code of a place, for example CO-52835.")
@shared
def changed(
    case: str,
    build: Path,
    place: str | None,
    as_of: str | None,
    lang: str,
    as_json: bool,
    between: str | None,
    indicator: str | None,
) -> None:
    """Indicators with unit, definition, direction, coverage; shares, concentration, gross rises and falls.

    With INDICATOR that one alone, or any published series. Example: vereda changed coca_area --place CO-52835
    """
    _answer("changed", case, build, place, as_of, lang, as_json, between=between, indicator=indicator)


@main.command()
@click.argument("plan", required=False)
@shared
def evaluate(
    case: str, build: Path, as_of: str | None, lang: str, as_json: bool, plan: str | None
) -> None:  # fmt: skip
    """Because of what: the evaluation plans of the case, or PLAN alone: effects, checks, and a graded finding.

    Example: vereda evaluate priority-municipalities-2021
    """
    _print(pipeline.evaluate(pipeline.find_case(case), build, plan, as_of, lang), as_json)


def _answer(
    question: str,
    case: str,
    build: Path,
    place: str | None,
    as_of: str | None,
    lang: str,
    as_json: bool,
    **more: Any,
) -> None:
    reply = pipeline.answer(
        question, pipeline.find_case(case), build, place=place, as_of=as_of, lang=lang, **more
    )
    _print(reply, as_json)


def _print(reply: Reply, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(reply.json, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show(reply)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--case", "-c", default="us-colombia", show_default=True, help="Whose vocabulary and places.")
@click.option(
    "--lang", type=click.Choice(["en", "es"]), default="en", show_default=True, help="Of what is printed."
)
@click.option("--text-lang", metavar="CODE", help="Language of the text (en, es), where it is not detected.")
@click.option("--date", metavar="DAY", help="Day of a text that bears none, for example 2021-09-30.")
@click.option(
    "--pipeline",
    "spacy_pipeline",
    metavar="NAME_OR_PATH",
    help="Also ask this spaCy pipeline, which is already on this machine; none is downloaded.",
)
@click.option(
    "--model", metavar="NAME", help="Also ask this model; with --endpoint. The text leaves the machine."
)
@click.option(
    "--endpoint",
    metavar="URL",
    help="Where --model is asked: any OpenAI-compatible chat endpoint. Its key: VEREDA_MODEL_KEY.",
)
@click.option("--yes", is_flag=True, help="Send the text to --endpoint without being asked.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every candidate with span, links, score.")
@friendly
def read(
    file: Path,
    case: str,
    lang: str,
    text_lang: str | None,
    date: str | None,
    spacy_pipeline: str | None,
    model: str | None,
    endpoint: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Read a statement (text, HTML, PDF, DOCX) and propose what it says, each with its words. Offline.

    Commitments with parties and strength, instruments, forums, offices, places, dates, sums. A person decides.
    Only with --model and --endpoint do words of the text leave the machine, and you are asked before.

    \b
    vereda read communique.pdf --date 2021-09-30
    vereda read communique.pdf --pipeline ./my-pipeline
    vereda read communique.pdf --model NAME --endpoint http://localhost:8080/v1
    """
    gc.set_threshold(200_000)  # looking for garbage while patterns are made costs a tenth of the start
    from vereda.pipeline import reading
    from vereda.pipeline.folders import find_case

    others: list[reading.Other] = []
    if spacy_pipeline is not None:
        from vereda.pipeline.other_extractors import of_spacy

        others.append(of_spacy(spacy_pipeline, lang))
    if model is not None or endpoint is not None:
        from vereda.pipeline.other_extractors import of_model

        others.append(of_model(model, endpoint, lang, _agreed if not yes else _told))
    _print(reading.reply(file, find_case(case), lang, text_lang, date, others), as_json)


def _told(sentence: str, *_: object) -> bool:
    """Say what is about to happen; the answer was given with --yes."""
    click.secho(sentence, fg="yellow", err=True)
    return True


def _agreed(sentence: str, question: str, yes: Sequence[str]) -> bool:
    """Say what is about to happen and ask; whoever says nothing has not agreed."""
    click.secho(sentence, fg="yellow", err=True)
    try:
        answer = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
    except click.Abort:
        return False
    return str(answer).strip().lower() in yes


@main.command()
@click.argument("number", metavar="INDICATOR@PLACE:PERIOD")
@shared
def trace(number: str, case: str, build: Path, as_of: str | None, lang: str, as_json: bool) -> None:
    """Walk back from a number to publisher, vintage, file and cell.

    \b
    vereda trace coca_area@CO-52835:2022        one cell
    vereda trace coca_area@CO:2023              a sum, every addend
    vereda trace verdict@C02                    a verdict
    """
    _answer("trace", case, build, None, as_of, lang, as_json, key=number)


@main.command()
@click.option("--case", "-c", default="us-colombia", show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--all", "every", is_flag=True, help="One line a source, and what stated rules found in its table."
)
@friendly
def check(case: str, lang: str, as_json: bool, every: bool) -> None:
    """Compare every source with what was published: passed, known gap, failed. Exits with 1 on a failure."""
    reply, failed = pipeline.check(pipeline.find_case(case), lang, every)
    if as_json:
        click.echo(json.dumps(reply.json, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show(reply)
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("dataset", required=False)
@click.option(
    "--files", type=click.Path(path_type=Path), required=True, help="Folder that holds the publishers' files."
)
@click.option("--case", "-c", default="us-colombia", show_default=True)
@friendly
def verify(dataset: str | None, files: Path, case: str) -> None:
    """Read a publisher's file again and show, cell by cell, that the vintage is what it says.

    Example: vereda verify odc-simci-coca --files ~/downloads
    """
    reply, failed = pipeline.verify(pipeline.find_case(case), files, dataset)
    pipeline.show(reply)
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("dataset")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vintage", required=True, help="When these figures were published: 2026-02.")
@click.option("--read-on", metavar="DATE", help="Day of reading; today if left out.")
@click.option("--case", "-c", default="us-colombia", show_default=True)
@friendly
def keep(dataset: str, file: Path, vintage: str, read_on: str | None, case: str) -> None:
    """Read a publisher's file, reconcile it, and keep it as a vintage of the case.

    Figures whose terms are not stated are kept in the case's `local/` folder, which is not committed.

    Example: vereda keep cede-eradication eradication_municipality_year_method.csv --vintage 2022
    """
    click.echo(pipeline.keep(pipeline.find_case(case), dataset, file, vintage, read_on))


@main.command()
@click.option("--case", "-c", default="us-colombia", show_default=True)
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option(
    "--expect",
    type=click.Path(path_type=Path),
    help="JSON file of expected values; exits with 1 if they differ.",
)
@friendly
def headline(case: str, build: Path, expect: Path | None) -> None:
    """Print the values the first page opens with, as JSON; compare them with a committed expectation."""
    found = pipeline.headline(pipeline.find_case(case), build)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False))
    if expect is not None:
        try:
            expected = json.loads(expect.read_text(encoding="utf-8"))
        except ValueError as fault:
            raise BadRequest(
                f"{expect} is not JSON ({fault}). Name a file that `vereda headline` printed."
            ) from None
        wrong = pipeline.differences(found, expected)
        for line in wrong:
            click.secho(f"vereda: {line}", fg="red", err=True)
        sys.exit(1 if wrong else 0)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--place", required=True, metavar="COL", help="Code of the place.")
@click.option("--year", required=True, metavar="COL", help="Year, or any period numbered in order.")
@click.option("--outcome", required=True, metavar="COL[,COL...]", help="What may have changed.")
@click.option("--exposed-from", metavar="COL", help="First exposed year; 0, empty or inf: never.")
@click.option("--exposed", metavar="COL", help="Instead: 0 or 1 in each row.")
@click.option(
    "--estimator",
    required=True,
    metavar="NAME",
    help="did, twfe, sunab, imputation, scm, ascm, sdid, mc or ife.",
)
@click.option("--control", metavar="WHO", help="did: never or not-yet exposed. sunab: never or last.")
@click.option("--covariates", metavar="COL[,COL...]", default="", help="did, twfe, sunab, imputation, scm.")
@click.option("--method", metavar="HOW", help="did: dr, ipw or reg.")
@click.option("--aggregate", metavar="HOW", help="did: simple, dynamic, group or calendar.")
@click.option(
    "--anticipation", type=int, metavar="YEARS", help="did, imputation: effects may begin so early."
)
@click.option("--cluster", metavar="COL", help="Errors are summed within it; each place alone without.")
@click.option("--stratum", metavar="COL", help="scm, ascm, sdid: placebos come from the same stratum.")
@click.option("--draws", type=int, metavar="N", help="did: multiplier bootstrap. sdid: bootstrap.")
@click.option("--placebos", metavar="all|N", help="scm, ascm, sdid, mc, ife: permutation p-value.")
@click.option("--statistic", metavar="NAME", help="scm, ascm: rmspe_ratio, studentised, mean or own_spread.")
@click.option(
    "--gaps",
    type=click.Choice(["refuse", "keep", "drop"]),
    default="refuse",
    show_default=True,
    help="Places without a row or value in some year.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of every draw.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; a list for several outcomes.")
@friendly
def estimate(file: Path, outcome: str, as_json: bool, **asked: Any) -> None:
    """Effect of an exposure, from any CSV or Parquet FILE with one row a place and year.

    Example: vereda estimate mpdta.csv --place countyreal --year year --outcome lemp --exposed-from first.treat
    --estimator did --covariates lpop
    """
    from vereda.pipeline import estimating

    _print(estimating.reply(file, outcome, asked), as_json)


from vereda.cli.area import area  # noqa: E402  they use what is defined above
from vereda.cli.change import alerts  # noqa: E402
from vereda.cli.classify import classify  # noqa: E402
from vereda.cli.coverage import coverage  # noqa: E402
from vereda.cli.diff import diff  # noqa: E402
from vereda.cli.draft import sources  # noqa: E402
from vereda.cli.export import export  # noqa: E402
from vereda.cli.fetch import fetch  # noqa: E402
from vereda.cli.places import places  # noqa: E402
from vereda.cli.production import production  # noqa: E402
from vereda.cli.relate import relate  # noqa: E402
from vereda.cli.review import review  # noqa: E402
from vereda.cli.scenes import scenes  # noqa: E402

main.add_command(alerts)
main.add_command(area)
main.add_command(classify)
main.add_command(coverage)
main.add_command(diff)
main.add_command(export)
main.add_command(fetch)
main.add_command(places)
main.add_command(production)
main.add_command(sources)
main.add_command(relate)
main.add_command(review)
main.add_command(scenes)


if __name__ == "__main__":
    main()
