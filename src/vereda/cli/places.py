"""vereda places: boundaries in time, and neighbours."""

from pathlib import Path

import click

from vereda import pipeline
from vereda.cli import _print, friendly
from vereda.errors import BadRequest


@click.command()
@click.option("--between", metavar="YEAR-YEAR", help="Codes created, abolished, merged or split.")
@click.option(
    "--series", metavar="ID", help="With --between: add this series up over what changed, in both years."
)
@click.option("--near", metavar="PLACE", help="Who touches a place, and whose seats are nearest.")
@click.option("-k", default=5, show_default=True, help="How many of the nearest.")
@click.option("--case", "-c", default="us-colombia", show_default=True)
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True)
@friendly
def places(
    between: str | None,
    series: str | None,
    near: str | None,
    k: int,
    case: str,
    build: Path,
    lang: str,
    as_json: bool,
) -> None:
    """Which codes changed between two years, or who is near a place, with the edition of the boundaries.

    \b
    vereda places --between 2005-2024
    vereda places --between 2005-2022 --series population
    vereda places --near CO-52835 -k 5
    """
    from vereda.pipeline import boundaries

    if (between is None) == (near is None):
        raise BadRequest("Ask for one of the two: --between 2005-2024, or --near CO-52835.")
    folder = pipeline.find_case(case)
    if series is not None and between is None:
        raise BadRequest("--series goes with --between: two years, and what changed from one to the other.")
    if between is not None and series is not None:
        _print(boundaries.summed(folder, build, between, series, lang), as_json)
    elif between is not None:
        _print(boundaries.between(folder, between, lang), as_json)
    else:
        _print(boundaries.around(folder, near or "", k, lang), as_json)
