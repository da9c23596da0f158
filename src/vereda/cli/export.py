"""vereda export: what is held, in the forms that others read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vereda.cli import friendly


def into(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every form."""
    command = click.option("--case", "-c", default="us-colombia", show_default=True)(command)
    command = click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write to a file instead of the terminal.",
    )(command)
    return friendly(command)


def of_statements(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of the forms that speak of spans."""
    command = click.option("--date", metavar="DAY", help="Day of a text that bears none.")(command)
    command = click.option(
        "--text-lang", metavar="CODE", help="Language of the text, where it is not detected."
    )(command)
    command = click.option(
        "--reviews",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Where decisions are kept [CASE/reviews].",
    )(command)
    return into(command)


@click.group(context_settings={"max_content_width": 100})
def export() -> None:
    """Hand on what is held: spans, commitments, ways back, in the forms that others read.

    \b
    vereda export annotations communique.pdf        W3C Web Annotation: spans by position and hash
    vereda export doccano communique.pdf            for labelling in doccano; back in with `vereda review --decisions`
    vereda export iati --org XM-EXAMPLE-1 --org-name "Example office" --org-type 10
    vereda export prov coca_area@CO:2022            PROV-JSON of a number, or of an entry: commitment/C01
    vereda export ftm                               followthemoney: parties, forums, meetings, office holders
    """


@export.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--ours", is_flag=True, help="The text is ours to give away: quote the words too.")
@of_statements
def annotations(
    file: Path,
    ours: bool,
    case: str,
    out: Path | None,
    reviews: Path | None,
    text_lang: str | None,
    date: str | None,
) -> None:
    """Spans of a statement as W3C Web Annotations. Words are quoted only with --ours.

    Example: vereda export annotations communique.pdf --out communique.jsonld
    """
    from vereda.pipeline import exporting

    held = exporting.opened(file, exporting.find_case(case), reviews, text_lang, date)
    _give(exporting.to_annotations(held, ours), out)


@export.command()
@click.argument("file", type=click.Path(path_type=Path))
@of_statements
def doccano(
    file: Path, case: str, out: Path | None, reviews: Path | None, text_lang: str | None, date: str | None
) -> None:
    """A statement and its candidates as a line for doccano (sequence labelling). The line holds the whole text.

    Example: vereda export doccano communique.pdf --out communique.jsonl
    """
    from vereda.pipeline import exporting

    held = exporting.opened(file, exporting.find_case(case), reviews, text_lang, date)
    _give(exporting.to_doccano(held), out)


@export.command()
@click.option("--org", required=True, metavar="REF", help="IATI identifier of who publishes the file.")
@click.option("--org-name", required=True, metavar="NAME", help="Its name.")
@click.option(
    "--org-type", required=True, metavar="CODE", help="Its type: 10 government, 40 multilateral, 80 academic."
)
@click.option(
    "--sector", default="", metavar="CODE", help="DAC sector of the activities, 16063 is narcotics control."
)
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--as-of", metavar="DATE", help="As the data stood on this day.")
@into
def iati(
    org: str,
    org_name: str,
    org_type: str,
    sector: str,
    build: Path,
    as_of: str | None,
    case: str,
    out: Path | None,
) -> None:
    """Instruments as IATI 2.03 activities, commitments with figures as results. What is left out is named.

    Example: vereda export iati --org XM-EXAMPLE-1 --org-name "Example office" --org-type 10 --out case.xml
    """
    from vereda.pipeline import exporting

    reporter = {"ref": org, "name": org_name, "type": org_type, "sector": sector}
    content, left_out = exporting.to_iati(exporting.find_case(case), build, reporter, as_of)
    if left_out:
        said = "without an instrument or a number, so not in the file"
        click.echo(f"{len(left_out)} commitment(s) {said}: {', '.join(left_out)}", err=True)
    _give(content, out)


@export.command()
@click.argument("name", metavar="NUMBER|KIND/ID")
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--as-of", metavar="DATE", help="As the data stood on this day.")
@into
def prov(name: str, build: Path, as_of: str | None, case: str, out: Path | None) -> None:
    """The way back of a number or of an entry of the register as PROV-JSON.

    \b
    vereda export prov coca_area@CO-52835:2022
    vereda export prov verdict@C02
    vereda export prov instrument/INS02
    """
    from vereda.pipeline import exporting

    _give(exporting.to_prov(exporting.find_case(case), build, name, as_of), out)


@export.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@of_statements
def ftm(
    files: tuple[Path, ...],
    case: str,
    out: Path | None,
    reviews: Path | None,
    text_lang: str | None,
    date: str | None,
) -> None:
    """Parties, forums and meetings as followthemoney entities, one a line; with FILE the office holders accepted there.

    Example: vereda export ftm --out entities.ftm.json
    """
    from vereda.pipeline import exporting

    folder = exporting.find_case(case)
    held = [exporting.opened(file, folder, reviews, text_lang, date) for file in files]
    _give(exporting.to_ftm(folder, held), out)


def _give(content: str | bytes, out: Path | None) -> None:
    from vereda.pipeline import exporting

    if out is not None:
        exporting.save(out, content)
        click.echo(f"Wrote {out}.", err=True)
    else:
        click.echo(content, nl=False, file=sys.stdout)
