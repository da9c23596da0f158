"""vereda area: how much land is it, from a sample of points."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vereda.cli import _print, friendly
from vereda.errors import BadRequest

PATH = click.Path(path_type=Path)


def _options(*options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def put(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return friendly(command)

    return put


def _names(given: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


COMMON = (
    click.option("--total", type=float, metavar="AREA", help="All land, where the strata have weights."),
    click.option("--unit", default="ha", show_default=True, help="Of the areas given."),
    click.option("--seed", type=int, default=0, show_default=True, help="Of every draw."),
    click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)
LEVEL = click.option("--level", type=float, default=0.95, show_default=True, help="Of every interval.")
PLANNED = (
    click.argument("file", type=PATH, required=False),
    click.option(
        "--map",
        type=PATH,
        help="Instead of FILE: .asc, .npy, or .tif with the imagery extra. With the strata.csv of classify predict as FILE: its --survey map.",
    ),
    click.option("--target", metavar="VALUE", help="Of the class on the map."),
    click.option(
        "--last-year", type=PATH, help="The same map a year before: what came and went gets strata."
    ),
    click.option("--buffer", type=float, metavar="M", help="Metres around the class; 0 for none."),
    click.option("--pixel", type=float, metavar="M", help="Side of a pixel of a .npy map."),
    click.option("--expected", metavar="NAME=SHARE,...", help="Expected share of the class in each stratum."),
    click.option("--points", type=int, metavar="N", help="How many points,"),
    click.option("--half-width", type=float, metavar="SHARE", help="or how wide: 0.1 is 10 % of the area,"),
    click.option("--budget", type=float, metavar="MONEY", help="or how much money,"),
    click.option("--cost", type=float, metavar="MONEY", help="and what a point costs."),
    click.option(
        "--rule",
        type=click.Choice(["neyman", "proportional", "power", "equal"]),
        default="neyman",
        show_default=True,
    ),
    click.option("--power", type=float, default=0.5, show_default=True, help="Of --rule power."),
    click.option("--minimum", type=int, default=30, show_default=True, help="Points in each stratum."),
)


@click.group()
def area() -> None:
    """How much land is it: design a sample, estimate areas with their errors, see whether intervals hold."""


@area.command()
@click.argument("file", type=PATH)
@_options(
    click.option("--strata", type=PATH, help="Areas of strata; FILE then has one row a point."),
    click.option(
        "--reference", metavar="COL[,COL...]", default="reference", show_default=True,
        help="Class seen at each point; several columns for several interpreters.",
    ),
    click.option("--decided", metavar="COL", help="Class agreed on, where interpreters differ."),
    click.option("--labels", type=PATH, multiple=True, help="Filled-in forms, AcATaMa .yml, Collect Earth CSV."),
    click.option("--question", help="Of a Collect Earth CSV: the one that asks for the class."),
    click.option("--class", "cls", metavar="NAME", help="Show this class alone."),
    click.option(
        "--design", type=click.Choice(["stratified", "simple"]), default="stratified", show_default=True,
        help="How points were drawn.",
    ),
    click.option(
        "--interval", type=click.Choice(["beta", "jeffreys", "wilson", "bootstrap", "wald"]), default="beta", show_default=True,
    ),
    click.option("--probabilities", type=PATH, help="What a map says at each point (point, p_CLASS): helps, if it did not learn from them."),
    click.option("--definition", metavar="TEXT", help="What was counted, for example 'standing on 31 December'."),
    LEVEL,
    *COMMON,
)  # fmt: skip
def estimate(file: Path, as_json: bool, reference: str, **asked: Any) -> None:
    """Areas by class, accuracy of the map and agreement of interpreters, from CSV FILE.

    \b
    FILE is either counts: stratum, area (or weight), one column for each class seen;
    or points, with --strata: stratum, reference, and, if known, map.

    Example: vereda area estimate counts.csv --class deforestation
    """
    from vereda.pipeline import area_seen, measuring_area

    made = area_seen.Asked(file=file, reference=_names(reference), **asked)
    _print(measuring_area.estimate(made), as_json)


@area.command()
@_options(
    *PLANNED,
    click.option("--more", metavar="N[,N...]", default="500", show_default=True, help="What would so many more points buy?"),
    click.option("--out", type=PATH, help="Folder for strata and, with a map, points, key and forms."),
    click.option("--interpreters", metavar="NAME,...", help="A blind form for each."),
    click.option("--classes", metavar="NAME,...", help="Buttons of an AcATaMa session."),
    *COMMON,
)  # fmt: skip
def design(as_json: bool, more: str, interpreters: str | None, classes: str | None, **asked: Any) -> None:
    """Points by stratum for a precision or a budget, from CSV FILE (stratum, area, expected) or a map.

    Example: vereda area design strata.csv --points 1000 --more 500
    """
    from vereda.pipeline import designing_area

    wrong = [step for step in _names(more) if not step.isdigit() or int(step) == 0]
    if wrong:
        raise BadRequest(
            f"--more {wrong[0]!r}: write whole numbers of points with commas between, as 500,2000."
        )
    steps = [int(step) for step in _names(more)]
    made = designing_area.Asked(
        more=steps, interpreters=_names(interpreters), classes=_names(classes), **asked
    )
    _print(designing_area.design(made), as_json)


@area.command()
@_options(
    *PLANNED,
    click.option("--draws", type=int, default=4000, show_default=True, help="Samples drawn."),
    LEVEL,
    *COMMON,
)
def simulate(as_json: bool, **asked: Any) -> None:
    """Does the interval hold: draw many samples by a design from a land whose truth is known.

    FILE: stratum, area, expected and, if the design is made, points.

    Example: vereda area simulate strata.csv --points 1000
    """
    from vereda.pipeline import designing_area

    _print(designing_area.simulate(designing_area.Asked(**asked)), as_json)
