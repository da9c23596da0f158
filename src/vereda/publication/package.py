"""Downloads: tables with a Table Schema, a variant with a row of HXL tags, and JSON. The same for every language."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from vereda.publication import effect_files, production_files, text
from vereda.publication.ledger import Ledger, figures, split
from vereda.publication.words import N_
from vereda.terms.answer import Edition
from vereda.terms.figure import Figure
from vereda.terms.finding import Finding
from vereda.terms.place import many

#: Column -> type of the Table Schema, HXL tag, and what it holds.
FIGURES = {
    "indicator": ("string", "#indicator+code", "series, indicator or entry of the register"),
    "place": ("string", "#adm+code", "code of the place; text, leading zeros kept"),
    "place_name": ("string", "#adm+name", "name of the place"),
    "period": ("string", "#date", "year, month, day, fiscal year or span"),
    "estimator": ("string", "#meta+estimator", "who estimated"),
    "vintage": ("string", "#meta+vintage", "when that number was published"),
    "source": ("string", "#meta+source", "dataset or document it was read from"),
    "value": ("number", "#value", "the number; empty where there is none"),
    "low": ("number", "#value+low", "low end of the estimator's interval"),
    "high": ("number", "#value+high", "high end of the estimator's interval"),
    "unit": ("string", "#value+unit", "unit of the number"),
    "status": ("string", "#status", "how the number came about, or why there is none"),
    "trace": ("string", "#meta+trace", "key of the way back: vereda trace KEY"),
    "denominator": (
        "string",
        "#meta+denominator",
        "of a rate: trace key of what it is divided by, with its edition",
    ),
    "census": ("year", "#meta+census", "of a rate: census on which that edition of the population rests"),
}
PLACES = {
    "place": ("string", "#adm2+code", "code of the place; text, leading zeros kept"),
    "period": ("year", "#date+year", "year"),
    "value": ("number", "#value", "the number; empty where there is none"),
    "status": ("string", "#status", "measured, or why there is no number; zero is a number"),
    "trace": ("string", "#meta+trace", "key of the way back: vereda trace KEY"),
}
COMMITMENTS = {
    "id": ("string", "", "entry of the register"),
    "promise": ("string", "", "promise the entry reads"),
    "gist_en": ("string", "", "our words, English"),
    "gist_es": ("string", "", "our words, Spanish"),
    "made_on": ("string", "", "day it was said"),
    "due": ("string", "", "day it falls due; empty where none is stated"),
    "state": ("string", "", "verdict"),
    "trace": ("string", "", "key of the way back"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file to download."""

    path: str
    title: str
    content: str | bytes

    def shown(self, lang: str) -> SimpleNamespace:
        """What the page of downloads prints about it."""
        size = len(self.content if isinstance(self.content, bytes) else self.content.encode())
        return SimpleNamespace(
            path=self.path, title=self.title, size=f"{text.digits(max(1, round(size / 1000)), lang)} kB"
        )


def downloads(edition: Edition, ledger: Ledger) -> list[File]:
    """Every file, the descriptor of the package last."""
    mapped = {f.trace for year in edition.changed.maps for f in year.figures}
    told = {
        f.trace: f
        for f in figures(
            (edition.agreed, edition.done, edition.changed.indicators, edition.changed.concentration)
        )
    }
    rows = [_row(f, edition) for f in told.values()]
    places = [
        (f.place, f.period, _number(f.value), f.status, f.trace.partition("~")[0])
        for year in edition.changed.maps
        for f in year.figures
    ]
    entries = [
        (
            c.entry.id,
            c.entry.promise,
            c.entry.gist.en,
            c.entry.gist.es,
            c.entry.made_on,
            c.entry.due or "",
            c.state,
            c.trace,
        )
        for c in edition.agreed.commitments
    ]
    made = [
        File(
            "data/figures.csv",
            N_("Every figure on the pages outside the maps, one a row"),
            _csv(FIGURES, rows),
        ),
        File(
            "data/figures.hxl.csv",
            N_("The same, with a row of HXL tags under the header"),
            _csv(FIGURES, rows, hxl=True),
        ),
        File(
            "data/figures.json",
            N_("The same as JSON"),
            _json([dict(zip(FIGURES, row, strict=True)) for row in rows]),
        ),
        File("data/commitments.csv", N_("Every commitment with its verdict"), _csv(COMMITMENTS, entries)),
    ]
    if mapped:
        name = many(edition.finest)
        made[3:3] = [
            File(
                f"data/{name}.csv",
                N_("The figures of the maps: every place and year"),
                _csv(PLACES, places),
            ),
            File(
                f"data/{name}.hxl.csv",
                N_("The same, with a row of HXL tags under the header"),
                _csv(PLACES, places, hxl=True),
            ),
        ]
    for finding in edition.findings:
        if finding.outcomes:
            made += _effects(finding)
    if edition.production:
        made += _production(edition)
    made.append(
        File(
            "data/datapackage.json",
            N_("Description of the tables: Table Schema in a Data Package"),
            _descriptor(edition, made),
        )
    )
    return made


def _effects(finding: Finding) -> list[File]:
    """An evaluation as a table, with tags, and as JSON."""
    table, rows = effect_files.columns(finding), effect_files.rows(finding)
    where = f"data/effects-{finding.plan.id}"
    return [
        File(f"{where}.csv", N_("Every effect of an evaluation with its specification"), _csv(table, rows)),
        File(
            f"{where}.hxl.csv",
            N_("The same, with a row of HXL tags under the header"),
            _csv(table, rows, hxl=True),
        ),
        File(
            f"{where}.json",
            N_("All of the evaluation: plan, effects, years, placebos, weights and checks"),
            _json(effect_files.whole(finding)),
        ),
    ]


def _production(edition: Edition) -> list[File]:
    """Every figure of the page about production as a table, with tags, and all of it as JSON."""
    held = [_row(f, edition) for f in production_files.rows(edition.production)]
    return [
        File(
            "data/production.csv",
            N_("Every figure of the page about production, one a row"),
            _csv(FIGURES, held),
        ),
        File(
            "data/production.hxl.csv",
            N_("The same, with a row of HXL tags under the header"),
            _csv(FIGURES, held, hxl=True),
        ),
        File(
            "data/production.json",
            N_("All of production: chain, years, changes, shares, grid, factors and companions"),
            _json(production_files.whole(edition.production)),
        ),
    ]


def _row(figure: Figure, edition: Edition) -> tuple[Any, ...]:
    name, place, tail = split(figure.trace)
    place = figure.place or place
    known, below = edition.gazetteer.places.get(place), figure.denominator
    return (
        name, place, known.name if known else "", figure.period or tail.partition("~")[0], figure.estimator, figure.vintage,
        figure.source, _number(figure.value), _number(figure.low), _number(figure.high), figure.unit, figure.status, figure.trace,
        below.trace if below else "", str(below.census or "") if below else "",
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _csv(columns: dict[str, tuple[str, str, str]], rows: Iterable[Sequence[Any]], hxl: bool = False) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    if hxl:
        writer.writerow([tag for _, tag, _ in columns.values()])
    writer.writerows(rows)
    return out.getvalue()


def _json(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False, separators=(",", ":"))


def _descriptor(edition: Edition, files: Sequence[File]) -> str:
    schemas = {
        "data/figures.csv": (FIGURES, ["trace"]),
        f"data/{many(edition.finest)}.csv": (PLACES, ["place", "period"]),
        "data/commitments.csv": (COMMITMENTS, ["id"]),
        "data/production.csv": (FIGURES, ["trace"]),
        **{f"data/effects-{f.plan.id}.csv": (effect_files.columns(f), ["id"]) for f in edition.findings},
    }
    resources = []
    for file in files:
        if file.path not in schemas:
            continue
        columns, key = schemas[file.path]
        fields = [
            {"name": name, "type": kind, "description": what} for name, (kind, _, what) in columns.items()
        ]
        resources.append(
            {
                "name": file.path.split("/")[-1].removesuffix(".csv"),
                "path": file.path.split("/")[-1],
                "title": file.title,
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "schema": {"fields": fields, "primaryKey": key, "missingValues": [""]},
            }
        )
    case = edition.register.case
    package = {
        "name": case.id,
        "title": case.title.en,
        "profile": "tabular-data-package",
        "version": edition.as_of,
        "sources": [{"title": s.title, "path": s.address} for s in edition.sources],
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=1)
