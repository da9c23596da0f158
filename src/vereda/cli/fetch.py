"""vereda fetch: what the publishers have today."""

import sys
from pathlib import Path

import click

from vereda import pipeline
from vereda.cli import _print, friendly
from vereda.errors import BadRequest


@click.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every source that has an address.")
@click.option("--list", "listed", is_flag=True, help="Only list the sources: address, held, reader, licence.")
@click.option("--raw", is_flag=True, help="Keep the bytes and do not read them.")
@click.option("--fresh", is_flag=True, help="Fetch even what is said not to have changed.")
@click.option("--case", "-c", default="us-colombia", show_default=True)
@click.option("--build", type=click.Path(path_type=Path), default=Path("build"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@friendly
def fetch(
    names: tuple[str, ...],
    every: bool,
    listed: bool,
    raw: bool,
    fresh: bool,
    case: str,
    build: Path,
    lang: str,
    as_json: bool,
) -> None:
    """Fetch publications from their publishers: whole, counted, added up, kept with time and sha256.

    What a reader knows is reconciled like a local file and kept as a vintage of the case. What arrived stays in
    BUILD/CASE/fetched; run again to go on after a break. A token for Socrata portals is taken from
    VEREDA_SOCRATA_TOKEN. Exits with 1 if something failed.

    \b
    vereda fetch --list
    vereda fetch odc-simci-coca mindefensa-eradication
    vereda fetch --all
    """
    # The network client is loaded here, not by commands that need none.
    from vereda.pipeline import fetch_shown

    if names and every:
        raise BadRequest("Name sources or say --all, not both.")
    folder = pipeline.find_case(case)
    if listed:
        _print(fetch_shown.listing(folder, build, lang), as_json)
        return
    reply, bad = fetch_shown.fetch(folder, build, names, every, lang, raw, fresh)
    _print(reply, as_json)
    sys.exit(1 if bad else 0)
