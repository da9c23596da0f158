"""vereda sources draft: a description proposed for an unknown file."""

from pathlib import Path

import click

from vereda import pipeline
from vereda.cli import _print, friendly


@click.group()
def sources() -> None:
    """Descriptions of publishers' files."""


@sources.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="What to call the dataset; after the file if left out.")
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write FOLDER/NAME/source.yml; nothing is written without it.",
)
@click.option(
    "--part",
    metavar="NAME",
    help="Sheet, list of JSON, element of XML or file of a .zip, where there are several.",
)
@click.option(
    "--case", "-c", default="us-colombia", show_default=True, help="Whose places the file is joined to."
)
@click.option(
    "--lang", type=click.Choice(["en", "es"]), default="en", show_default=True, help="Of report and comments."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: proposals, evidence, what does not join, the draft."
)
@friendly
def draft(
    file: Path, name: str | None, out: Path | None, part: str | None, case: str, lang: str, as_json: bool
) -> None:  # fmt: skip
    """Profile an unknown CSV, XLSX, JSON, XML or Stata FILE and propose its description, with the evidence.

    What the file does not decide is left to fill in, and no description with such a line is read.

    \b
    vereda sources draft ~/downloads/table.csv
    vereda sources draft ~/downloads/table.csv --name road-density --out cases/us-colombia/sources
    """
    from vereda.pipeline import drafting

    _print(drafting.draft(file, pipeline.find_case(case), name, out, part, lang), as_json)
