"""vereda places: boundaries in time, and neighbours."""

import click

from vereda import pipeline
from vereda.cli import _print, friendly
from vereda.errors import BadRequest


@click.command()
@click.option("--between", metavar="YEAR-YEAR", help="Codes created, abolished, merged or split.")
@click.option("--near", metavar="PLACE", help="Who touches a place, and whose seats are nearest.")
@click.option("-k", default=5, show_default=True, help="How many of the nearest.")
@click.option("--case", "-c", default="us-colombia", show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True)
@friendly
def places(between: str | None, near: str | None, k: int, case: str, lang: str, as_json: bool) -> None:
    """Which codes changed between two years, or who is near a place, with the edition of the boundaries.

    \b
    vereda places --between 2005-2024
    vereda places --near CO-52835 -k 5
    """
    from vereda.pipeline import boundaries

    if (between is None) == (near is None):
        raise BadRequest("Ask for one of the two: --between 2005-2024, or --near CO-52835.")
    folder = pipeline.find_case(case)
    if between is not None:
        _print(boundaries.between(folder, between, lang), as_json)
    else:
        _print(boundaries.around(folder, near or "", k, lang), as_json)
