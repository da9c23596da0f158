"""vereda classify: a map from labelled series, which helps a sample and is no area."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vereda.cli import _print, friendly

PATH = click.Path(path_type=Path)


def _options(*options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def put(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return friendly(command)

    return put


def _names(given: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",") if name.strip())


COMMON = (
    click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)
LABELLED = (
    click.argument("file", type=PATH),
    click.option("--cube", type=PATH, help="Where the series of labelled places are."),
    click.option("--bands", default="", metavar="BAND,...", help="All of the table or the cube, without."),
    click.option(
        "--model", type=click.Choice(["random-forest", "svm", "lightgbm"]), default="random-forest", show_default=True,
    ),
    click.option(
        "--features", type=click.Choice(["raw", "percentiles", "harmonics"]), default="raw", show_default=True,
        help="What of a series the model reads.",
    ),
    click.option("--smooth", type=float, default=0.0, show_default=True, help="Weight of Whittaker's smoother."),
    click.option("--gap", type=int, default=4, show_default=True, help="Longest run of steps without a clear look that is filled."),
    click.option("--steps", type=int, metavar="N", help="With --cube: the first N dates of each place alone."),
    click.option("--seed", type=int, default=0, show_default=True, help="Of every draw."),
)  # fmt: skip


@click.group()
def classify() -> None:
    """Classes from satellite series: fit, validate, predict. A map is a helper, no area. Needs vereda[imagery]."""


@classify.command()
@_options(
    click.argument("cube", type=PATH),
    click.option("--model", "fitted", type=PATH, required=True, help="File that fit wrote."),
    click.option("--zones", required=True, metavar="FILE|h3:N|Nkm", help="Polygons (GeoJSON, TopoJSON, GeoParquet), hexagons of H3 up to 7, or squares of 1 km or more."),
    click.option("--code", metavar="PROPERTY", help="Of the polygons: the code of each."),
    click.option("--prefix", default="", metavar="TEXT", help="Before each code, as CO-."),
    click.option("--parent", metavar="PROPERTY", help="What each lies in: small zones are protected in its sum too."),
    click.option("--layer", metavar="NAME", help="Of a TopoJSON file."),
    click.option("--points", type=PATH, required=True, metavar="CSV", help="Of the survey: point, stratum (those of the map), reference."),
    click.option("--reference", default="reference", show_default=True, metavar="COL", help="Class seen at each point."),
    click.option("--class", "cls", required=True, metavar="NAME", help="How much of what."),
    click.option("--definition", required=True, metavar="TEXT", help="What was counted, as 'standing on 31 December'."),
    click.option("--period", required=True, metavar="YEAR", help="When."),
    click.option("--least", type=float, default=100.0, show_default=True, metavar="HA", help="Smaller zones are not shown."),
    click.option("--least-points", type=int, default=5, show_default=True, metavar="N", help="Nor those with fewer points."),
    click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals."),
    click.option("--mask", metavar="RULE", help="As predict was told."),
    click.option("--from", "first", metavar="DATE", help="First date of the cube to read."),
    click.option("--to", "last", metavar="DATE", help="And up to, not including."),
    click.option("--beside", metavar="SERIES", help="Published figures of a case for the same zones, for reference, with their own definition."),
    click.option("--case", "-c", default="us-colombia", show_default=True, help="Whose."),
    click.option("--build", type=PATH, default=Path("build"), show_default=True, help="And its workspace."),
    click.option("--dataset", metavar="NAME", help="Also write the description with which a case can keep the table."),
    click.option("--out", type=PATH, required=True, help="Folder for areas.csv."),
    *COMMON,
)  # fmt: skip
def zones(as_json: bool, cube: Path, **asked: Any) -> None:
    """Areas by zone: probabilities of a map put right by the points of a survey; small zones are not shown.

    Example: vereda classify zones ndvi.zarr --model model.npz --points seen.csv --zones municipalities.geojson --code code
    --class soy --definition 'standing on 1 February' --period 2014 --out zones
    """
    from vereda.pipeline import zoning

    _print(zoning.run(zoning.Asked(file=cube, **asked)), as_json)


@classify.command()
@_options(
    *LABELLED,
    click.option("--out", type=PATH, required=True, help="The model, a file that ends in .npz."),
    *COMMON,
)
def fit(as_json: bool, bands: str, **asked: Any) -> None:
    """Fit a model to labelled series FILE.

    \b
    FILE (CSV or Parquet) has a row a date: sample_id, longitude, latitude, label, date, and a column for each band;
    or, with --cube, a row a place: longitude, latitude, label, start_date, end_date.

    Example: vereda classify fit samples.parquet --out model.npz
    """
    from vereda.pipeline import classifying

    _print(classifying.fit(classifying.Asked(bands=_names(bands), **asked)), as_json)


@classify.command()
@_options(
    *LABELLED,
    click.option(
        "--block",
        "side",
        type=float,
        required=True,
        metavar="SIDE",
        help="Of spatial blocks, in the unit of the coordinates.",
    ),
    click.option("--folds", type=int, default=5, show_default=True),
    click.option("--seeds", type=int, default=1, show_default=True, help="How often folds are dealt."),
    *COMMON,
)
def validate(as_json: bool, bands: str, **asked: Any) -> None:
    """How well labels of FILE are told where the model has not been; model selection, not map accuracy.

    Example: vereda classify validate samples.parquet --block 1
    """
    from vereda.pipeline import classifying

    _print(classifying.validate(classifying.Asked(bands=_names(bands), **asked)), as_json)


@classify.command()
@_options(
    click.argument("file", metavar="CUBE", type=PATH),
    click.option("--model", "fitted", type=PATH, required=True, help="File that fit wrote."),
    click.option("--out", type=PATH, required=True, help="Folder for strata.csv and a picture of shares by cell."),
    click.option("--from", "first", metavar="DATE", help="First date of the cube to read."),
    click.option("--to", "last", metavar="DATE", help="And up to, not including."),
    click.option("--mask", metavar="RULE", help="Land not worth a classifier, as 'ndvi:max<0.3'; a stratum of its own."),
    click.option("--cell", type=float, default=1000.0, show_default=True, metavar="M", help="Side of the cells shown; 1000 is the least."),
    click.option("--survey", type=PATH, metavar="FILE", help="Map of pixels to draw points from (.tif); never to be published."),
    click.option("--points", type=PATH, metavar="CSV", help="Points drawn on that map: what the model says there, for area estimate."),
    click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Blocks worked on side by side; the result is the same."),
    click.option("--cluster", metavar="ADDRESS", help="Of a dask.distributed scheduler whose workers see the cube; 'local' starts --workers processes here."),
    *COMMON,
)  # fmt: skip
def predict(as_json: bool, **asked: Any) -> None:
    """Strata of a CUBE: which class where the model knows, land it does not know, land not seen.

    Example: vereda classify predict ndvi.zarr --model model.npz --out strata
    """
    from vereda.pipeline import classifying

    _print(classifying.run(classifying.Asked(**asked)), as_json)


@classify.command()
@_options(
    click.argument("folder", type=PATH),
    click.option("--data", type=PATH, required=True, help="Folder of the publishers' files."),
    click.option("--out", type=PATH, required=True, help="Folder for results and pictures."),
    *COMMON,
)
def case(as_json: bool, folder: Path, data: Path, out: Path, lang: Any) -> None:
    """A worked case, from the publishers' files to a cited area with its interval and pictures.

    Example: vereda classify case cases/mato-grosso --data lucc_MT/data --out build/mato-grosso
    """
    from vereda.pipeline import land_cover

    _print(land_cover.work(folder, data, out, lang), as_json)
