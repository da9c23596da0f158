"""vereda coverage: what the statements name, and what of it the register holds."""

import click

from vereda.cli import _print, friendly


@click.command()
@click.option(
    "--case", "-c", default="us-colombia", show_default=True, help="Case folder, or the name of one."
)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the span of everything named.")
@friendly
def coverage(case: str, lang: str, as_json: bool) -> None:
    """What each statement names: in the register, in the vocabulary, or left out with the reason.

    Example: vereda coverage --lang es
    """
    from vereda.pipeline.covering import covered  # loaded by nobody else's command
    from vereda.pipeline.folders import find_case

    _print(covered(find_case(case), lang), as_json)
