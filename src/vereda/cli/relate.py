"""vereda relate: how statements hang together."""

from pathlib import Path

import click

from vereda.cli import _print, friendly
from vereda.errors import BadRequest


@click.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--case", "-c", default="us-colombia", show_default=True, help="Whose register they are held against."
)
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--date", "dates", multiple=True, metavar="NAME=DAY", help="Day of a text that bears none.")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print entries for relations.yml.")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@friendly
def relate(
    files: tuple[Path, ...],
    case: str,
    build: Path,
    dates: tuple[str, ...],
    as_yaml: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Links between statements, and from them to the register, each with the words that show it; sums beside figures.

    Reaffirms, narrows, supersedes, fulfils, contradicts. Proposals: a person decides.

    Example: vereda relate first.pdf second.pdf --date first.pdf=2019-10-09
    """
    from vereda.pipeline import relating
    from vereda.pipeline.folders import find_case

    said = dict(pair.split("=", 1) for pair in dates if "=" in pair)
    if len(said) < len(dates):
        raise BadRequest("--date takes the name of a file and a day: --date first.pdf=2019-10-09.")
    _print(relating.relate(files, find_case(case), build, said, lang, as_yaml), as_json)
