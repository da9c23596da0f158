"""vereda diff: what a publisher revised."""

import click

from vereda import pipeline
from vereda.cli import _print, friendly


@click.command()
@click.argument("source")
@click.argument("earlier", metavar="VINTAGE")
@click.argument("later", metavar="VINTAGE")
@click.option("--case", "-c", default="us-colombia", show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: every cell that differs, with where it is printed."
)
@friendly
def diff(source: str, earlier: str, later: str, case: str, lang: str, as_json: bool) -> None:
    """Compare two editions of one publication, cell by cell: what appeared, what is gone, what changed.

    A VINTAGE is the name of an edition that the case holds, or a publisher's file. Totals are shown before and after;
    a reallocation that no total shows is said, and so is a unit, a name or a definition that changed alone.

    \b
    vereda diff odc-simci-coca 2026-02 2026-08
    vereda diff odc-simci-coca 2026-02 ~/downloads/acs4-3wgp.csv
    """
    from vereda.pipeline import revising

    _print(revising.diff(pipeline.find_case(case), source, earlier, later, lang), as_json)
