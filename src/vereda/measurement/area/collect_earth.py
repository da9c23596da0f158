"""Collect Earth Online's CSV files: plots to upload, and the samples it gives back.

Columns are those of its source (generators/external_file.clj, and db/projects.clj of its download): LON, LAT, PLOTID
go in; plotid (formerly plot_id), sampleid, email, flagged and one column for each survey question come out. The
e-mail address is a person's: here it becomes interpreter 1, 2, ... and goes no further.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.area.drawing import Points, table

OURS = {
    "plotid", "plot_id", "sampleid", "sample_id", "sample_internal_id", "lon", "lat", "email", "flagged", "analyses",
    "collection_time", "analysis_duration", "used_geodash", "used_kml", "imagery_title", "imagery_attributions",
    "sample_geom", "confidence", "confidence_comment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answers:
    """labels: interpreter -> plot -> class. flagged: plots that somebody gave up on, without an answer from them."""

    question: str
    labels: Mapping[str, Mapping[str, str]]
    flagged: tuple[str, ...]


def plots(points: Points, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> str:
    """The CSV to upload as plots, one point each; degrees on WGS 84. Strata are left out: interpreters must not see them."""
    if not (np.abs(lon) <= 180).all() or not (np.abs(lat) <= 90).all():
        raise BadDesign(
            "Collect Earth Online takes degrees of longitude and latitude, and these coordinates are metres. Turn the map "
            "into EPSG:4326, or take the forms, which take any coordinates."
        )
    return table(
        ("LON", "LAT", "PLOTID"),
        [(f"{x:.8f}", f"{y:.8f}", int(i)) for x, y, i in zip(lon, lat, points.id, strict=True)],
    )


def read(text: str, name: str, question: str | None = None) -> Answers:
    """The downloaded sample data. question: whose answer is the class; may be left out where there is only one."""
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    head = list(rows[0]) if rows else []
    plot = next((c for c in ("plotid", "plot_id") if c in head), None)
    if plot is None or "email" not in head:
        raise BadDesign(
            f"{name} is no sample data of Collect Earth Online: it needs plotid and email. Download 'Sample data', not "
            "'Plot data', which holds shares and no interpreters."
        )
    asked = _question(head, name, question)
    people = {
        mail: f"interpreter {k}" for k, mail in enumerate(sorted({r["email"] for r in rows if r["email"]}), 1)
    }
    labels: dict[str, dict[str, str]] = {person: {} for person in people.values()}
    flagged: list[str] = []
    for line, row in enumerate(rows, 2):
        if (row.get("flagged") or "").lower() == "true":
            flagged.append(row[plot])
        elif row["email"]:
            _take(labels[people[row["email"]]], row[plot], row[asked], f"{name}, line {line}", asked)
    return Answers(asked, labels, tuple(flagged))


def _question(head: list[str], name: str, question: str | None) -> str:
    open_ = [c for c in head if c not in OURS and not c.startswith(("pl_", "smpl_"))]
    if question is None and len(open_) == 1:
        return open_[0]
    if question not in open_:
        what = "more than one question" if question is None else f"no question {question!r}"
        raise BadDesign(f"{name} has {what}. Name one of: {', '.join(open_) or 'none there'}.")
    return question


def _take(labels: dict[str, str], plot: str, answer: str, where: str, question: str) -> None:
    if not answer:
        raise BadDesign(f"{where}: plot {plot} has no answer to {question!r}. Answer it, or flag the plot.")
    if labels.get(plot, answer) != answer:
        raise BadDesign(
            f"{where}: plot {plot} has two answers from one interpreter, {labels[plot]!r} and {answer!r}. One point a plot "
            "is needed: a plot of several samples is a share, not a class."
        )
    labels[plot] = answer
