"""vereda production: how much cocaine could it make, and how sure is that."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from vereda import pipeline
from vereda.cli import _print, shared
from vereda.errors import BadRequest

ESTIMATOR = click.option(
    "--estimator",
    metavar="NAME",
    help="Whose chain, for example unodc or us; the first of the case if left out.",
)


@click.group(invoke_without_command=True)
@click.option("--year", type=int, help="The latest that can be computed if left out.")
@ESTIMATOR
@click.option("--draws", type=int, default=65536, show_default=True, help="Of the Monte Carlo.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same answer.")
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Suppose a value, hcl_per_ha=7.2, or a range, hcl_per_ha=6.5..8. May be given again.",
)
@shared
@click.pass_context
def production(
    context: click.Context,
    /,
    case: str,
    build: Path,
    as_of: str | None,
    lang: str,
    as_json: bool,
    **asked: Any,
) -> None:
    """Potential cocaine production with its uncertainty: potential, not actual.

    \b
    vereda production --year 2023
    vereda production --year 2021 --estimator us
    vereda production --year 2023 --set hcl_per_ha=10..12
    vereda production explain 2021 2023
    """
    if context.invoked_subcommand is not None:
        told = [p for p in context.params if context.get_parameter_source(p) == ParameterSource.COMMANDLINE]
        if told:
            raise BadRequest(
                f"Write options after {context.invoked_subcommand!r}: vereda production explain 2021 2023 --lang es. "
                f"Before it stand: {', '.join(told)}."
            )
        return
    from vereda.pipeline import production_reply  # numba is loaded here, not by commands that need none

    _print(
        production_reply.production(pipeline.find_case(case), build, as_of=as_of, lang=lang, **asked), as_json
    )


@production.command()
@click.argument("before", metavar="YEAR")
@click.argument("after", metavar="YEAR")
@ESTIMATOR
@shared
def explain(
    before: str,
    after: str,
    case: str,
    build: Path,
    as_of: str | None,
    lang: str,
    as_json: bool,
    estimator: str | None,
) -> None:
    """What a change of the published figure is made of: area, yield, conversion, method.

    Two years, or two editions of one.

    \b
    vereda production explain 2021 2023
    vereda production explain 2017@2018-09 2017@2019-08
    """
    from vereda.pipeline import production_reply

    folder = pipeline.find_case(case)
    _print(production_reply.explained(folder, build, before, after, estimator, as_of, lang), as_json)
