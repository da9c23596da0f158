"""What `vereda classify zones` prints for people."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from vereda.pipeline.imagery_words import Language
from vereda.publication.text import digits

MOST = 30  # rows on the screen; the file has all
WORDS: dict[str, tuple[str, str]] = {
    "head": ("{cls}, {definition}, {period}: {n} of {all} zones", "{cls}, {definition}, {period}: {n} de {all} zonas"),
    "zone": ("zone", "zona"),
    "hectares": ("hectares", "hectáreas"),
    "interval": ("{level} interval", "intervalo de {level}"),
    "points": ("points", "puntos"),
    "total": ("all zones with an estimate", "todas las zonas con estimación"),
    "no_total": ("No total is printed: it would give a zone away.", "No se imprime total: delataría una zona."),
    "more": ("{n} more in {file}.", "{n} más en {file}."),
    "closed": (
        "{n} zones are not shown: under {least} ha or {points} points, or beside one that is, so that no subtraction finds it.",
        "{n} zonas no se muestran: menos de {least} ha o de {points} puntos, o junto a una así, para que ninguna resta la halle.",
    ),
    "none": ("{n} zones have no point of the survey, or lie partly outside the cube: not measured.", "{n} zonas no tienen punto de la muestra, o están en parte fuera del cubo: no medidas."),
    "outside": ("{n} of {all} points lie in none of these zones; they help to tell how far off the map is.", "{n} de {all} puntos no están en ninguna zona; ayudan a saber cuánto yerra el mapa."),
    "beside": (
        "Beside them, as published, for reference only (another definition; neither added nor compared): {series}",
        "Al lado, según lo publicado, solo como referencia (otra definición; ni se suma ni se compara): {series}",
    ),
    "nothing_beside": ("Nothing published is held of {series} for these zones and this year.", "No hay cifras publicadas de {series} para estas zonas y este año."),
    "published": ("{source}, edition {vintage}, by {estimator}", "{source}, edición {vintage}, de {estimator}"),
    "what": (
        "By zone the interval rests on few points and on strata borrowed from the other zones; it is wide, and meant to hold.",
        "Por zona el intervalo descansa en pocos puntos y en estratos prestados de otras zonas; es ancho, y pensado para valer.",
    ),
    "keep": (
        "To keep it in a case: put source.yml into its sources/{folder}/, then vereda keep {dataset} {file} --vintage {period}.",
        "Para guardarlo en un caso: ponga source.yml en su sources/{folder}/, y luego vereda keep {dataset} {file} --vintage {period}.",
    ),
    "trail": ("sample {sample}, model {model}, cube {cube}, {scenes} scenes, version {version}", "muestra {sample}, modelo {model}, cubo {cube}, {scenes} escenas, versión {version}"),
}  # fmt: skip


def _beside(told: Mapping[str, Any], say: Callable[..., str], lang: Language) -> Iterator[Any]:
    if not told["figures"]:
        yield Text(say("nothing_beside", series=told["series"]))
        return
    yield Text(say("beside", series=told["series"]))
    for source, text in told["definitions"].items():
        yield Text(f"  {source}: {text}", style="dim")
    table = Table(box=None, pad_edge=False, show_header=False)
    for f in told["figures"][:MOST]:
        table.add_row(f["zone"], f"{digits(f['value'], lang)} {f['unit']}", say("published", **{k: f[k] for k in ("source", "vintage", "estimator")}))  # fmt: skip
    yield table


def shown(told: Mapping[str, Any], lang: Language) -> Iterator[Any]:
    """Zones with an estimate, largest first, and what is not shown."""

    def say(word: str, **values: object) -> str:
        return WORDS[word][lang == "es"].format(**values)

    rows = sorted((r for r in told["rows"] if r["status"] == "measured"), key=lambda r: -r["hectares"])
    yield Text(say("head", cls=told["class"], definition=told["definition"], period=told["period"], n=len(rows), all=len(told["rows"])), style="bold")  # fmt: skip
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, name in enumerate(("zone", "hectares", "interval", "points")):
        table.add_column(say(name, level=f"{told['level']:.0%}"), justify="right" if i else "left")
    for r in rows[:MOST]:
        table.add_row(r["zone"], digits(r["hectares"], lang), f"{digits(r['low'], lang)}–{digits(r['high'], lang)}", digits(r["points"], lang))  # fmt: skip
    if told["total"] is not None:
        table.add_row(say("total"), digits(told["total"], lang), "", "", style="bold")
    yield table
    file = f"{told['folder']}/areas.csv"
    if len(rows) > MOST:
        yield Text(say("more", n=len(rows) - MOST, file=file))
    if told["total"] is None:
        yield Text(say("no_total"), style="yellow")
    if told["not_shown"]:
        yield Text(
            say("closed", n=told["not_shown"], least=digits(told["least"], lang), points=told["least_points"])
        )
    other = len(told["rows"]) - len(rows) - told["not_shown"]
    if other:
        yield Text(say("none", n=other))
    if told["outside"]:
        yield Text(say("outside", n=told["outside"], all=told["points"]))
    yield Text(say("what"), style="yellow")
    if "beside" in told:
        yield from _beside(told["beside"], say, lang)
    if told["dataset"]:
        yield Text(say("keep", dataset=told["dataset"], folder=told["dataset"].replace("-", "_"), file=file, period=told["period"]))  # fmt: skip
    yield Text(say("trail", sample=told["sample"][:12], model=told["model"][:12], cube=told["cube"][:12], scenes=len(told["scenes"]), version=told["version"]), style="dim")  # fmt: skip
