"""vereda scenes: satellite scenes into a cube, dates of a place together."""

from pathlib import Path
from typing import Any

import click

from vereda.cli import _print, friendly

PATH = click.Path(path_type=Path)
LANG = click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def scenes() -> None:
    """Satellite scenes into a cube: clear looks, regular steps, one grid. Needs vereda[imagery]."""


@scenes.command()
@click.argument("source")
@click.option("--out", type=PATH, required=True, help="The cube, a folder that ends in .zarr.")
@click.option(
    "--sensor", metavar="NAME", help="Whose bands and cloud mask: landsat-c2-l2, sentinel-2-l2a, ..."
)
@click.option("--collection", metavar="NAME", help="Of the catalogue.")
@click.option(
    "--bands", metavar="BAND,...", default="", help="By role: red,nir,swir1; of a table, its own names."
)
@click.option("--from", "first", metavar="DATE", help="First day.")
@click.option("--to", "last", metavar="DATE", help="Last day.")
@click.option(
    "--every", type=int, metavar="DAYS", help="Length of a step; each is the median of its clear looks."
)
@click.option("--bbox", metavar="W,S,E,N", help="In degrees.")
@click.option("--crs", metavar="EPSG:N", help="Of the cube, in metres.")
@click.option("--resolution", type=float, metavar="M", help="Side of its pixels.")
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help="Of a table: what a number is times."
)
@click.option("--nodata", type=float, help="Of a table: a number that means none, beside what files declare.")
@click.option("--valid", metavar="LOW,HIGH", help="Of a table: what a value may be after scale.")
@click.option(
    "--outside",
    type=click.Choice(["refuse", "empty"]),
    default="refuse",
    show_default=True,
    help="Values outside it: refused, or taken for none.",
)
@click.option(
    "--store-scale", type=float, default=0.0, help="Keep whole numbers of this size, as 0.0001; 0: decimals."
)
@click.option(
    "--gaps",
    type=click.Choice(["refuse", "keep"]),
    default="refuse",
    show_default=True,
    help="Dates without a clear look.",
)
@LANG
@JSON
@friendly
def build(as_json: bool, bands: str, **asked: Any) -> None:
    """Build a cube from SOURCE; interrupted, the same command goes on.

    \b
    SOURCE is a STAC catalogue on this machine (catalog.json or its folder), an endpoint by name or https://,
    or a CSV of GeoTIFF and NetCDF files on one grid: file, band, date and, if needed, layer, variable.

    Example: vereda scenes build files.csv --scale 0.0001 --valid -0.3,1.2 --out ndvi.zarr
    """
    from vereda.pipeline import building_scenes

    names = tuple(name.strip() for name in bands.split(",") if name.strip())
    _print(building_scenes.build(building_scenes.Asked(bands=names, **asked)), as_json)


@scenes.command()
@click.argument("cube", type=PATH)
@LANG
@JSON
@friendly
def info(cube: Path, lang: Any, as_json: bool) -> None:
    """Grid, bands and dates of a cube, and how much of each date was seen.

    Example: vereda scenes info ndvi.zarr
    """
    from vereda.pipeline import building_scenes

    _print(building_scenes.info(cube, lang), as_json)
