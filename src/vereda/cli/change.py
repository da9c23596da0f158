"""vereda scenes breaks, vereda alerts: change in near real time, by cell of 1 km or more and week."""

from typing import Any

import click

from vereda.cli import _print, friendly
from vereda.cli.scenes import JSON, LANG, PATH, scenes

OUT = click.option("--out", type=PATH, required=True, help="Folder for the table of cells and weeks.")
CELL = click.option(
    "--cell",
    type=float,
    default=1000.0,
    show_default=True,
    metavar="M",
    help="Side of the cells; 1000 is the least.",
)


@scenes.command()
@click.argument("cube", type=PATH)
@click.option(
    "--band", required=True, metavar="NAME", help="A band of the cube, or an index: ndvi, nbr, ndmi, ..."
)
@click.option("--history", required=True, metavar="FROM..TO", help="When the land was stable: two days.")
@click.option("--monitor", required=True, metavar="FROM..TO", help="What is watched: two days after it.")
@click.option(
    "--false-alarms",
    type=float,
    default=0.05,
    show_default=True,
    metavar="RATE",
    help="Of a pixel in a year, by each detector.",
)
@click.option("--waves", type=int, default=2, show_default=True, help="Of the season, in a year.")
@click.option(
    "--slack", type=float, default=0.5, show_default=True, help="k of CUSUM, in standard deviations."
)
@click.option("--weight", type=float, default=0.1, show_default=True, help="Of the newest look in EWMA.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the simulated land.")
@OUT
@CELL
@LANG
@JSON
@friendly
def breaks(as_json: bool, **asked: Any) -> None:
    """Breaks after a stable history, by CUSUM and EWMA, with their expected false alarms and lag.

    Example: vereda scenes breaks ndvi.zarr --band ndvi --history 2016-01-01..2019-12-31 --monitor 2020-01-01..2020-12-31 --out breaks
    """
    from vereda.pipeline import watching

    _print(watching.run(watching.Asked(**asked)), as_json)  # fmt: skip


@click.command()
@click.argument("file", type=PATH)
@click.option(
    "--feed",
    type=click.Choice(["integrated", "radd", "glad-l", "glad-s2"]),
    help="Whose alerts; a table says it by its columns.",
)
@click.option("--as-of", metavar="DATE", help="A later day in the file is refused; today if left out.")
@click.option("--from", "first", metavar="DATE", help="First day to sum.")
@click.option("--to", "last", metavar="DATE", help="And the last.")
@click.option(
    "--pixel",
    type=float,
    metavar="DEGREES",
    help="Of a table: side of a pixel, where it is not the feed's own.",
)
@OUT
@CELL
@LANG
@JSON
@friendly
def alerts(as_json: bool, **asked: Any) -> None:
    """Public alerts of forest disturbance by cell and week, each confidence apart, without coordinates.

    \b
    FILE is a GeoTIFF (one band: 2, 3 or 4 and the days since 2014-12-31; two bands: alert and YYDOY),
    or a table with latitude, longitude, and date and confidence as the data API of Global Forest Watch calls them.

    Example: vereda alerts alerts.tif --feed integrated --from 2024-01-01 --out alerts
    """
    from vereda.pipeline import alerting

    _print(alerting.run(alerting.Asked(**asked)), as_json)  # fmt: skip
