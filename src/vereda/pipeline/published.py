"""What an estimator published of each year: editions as they came out, and how far the newest lies from the first."""

from datetime import date

from vereda.measurement.vintages import Published, revisions
from vereda.pipeline import factors
from vereda.pipeline.desk import Desk
from vereda.pipeline.production_words import Ways
from vereda.terms.figure import Figure
from vereda.terms.period import known_on, period
from vereda.terms.potential import RevisionAnswer
from vereda.terms.production import Assessment


def years(a: Assessment, desk: Desk) -> tuple[int, ...]:
    """Years of which the estimator published production by the desk's day."""
    spans = (period(text) for text in desk.periods(a.published.series, a.place))
    found = sorted({span.year for span in spans if span.is_year})
    return tuple(y for y in found if editions(a, desk, y))


def editions(a: Assessment, desk: Desk, year: int) -> tuple[Figure, ...]:
    """One figure an edition, oldest first; where an edition was read twice, the better graded source."""
    found = factors.editions(desk, a.published.series, a.place, year, a.published.estimator)
    best = {figure.vintage: figure for figure in reversed(found)}  # the first of each vintage stays
    return tuple(sorted(best.values(), key=lambda f: known_on(f.vintage)))


def as_published(a: Assessment, desk: Desk) -> dict[Published, Figure]:
    """Every edition of every year, as the room of measurement takes it."""
    return {
        Published(year, f.value or 0.0, f.vintage, f.source): f
        for year in years(a, desk)
        for f in editions(a, desk, year)
    }


def revised(desk: Desk, a: Assessment, book: Ways, day: date) -> tuple[RevisionAnswer, ...]:
    """Years that were published more than once."""
    figures = as_published(a, desk)
    told = []
    for revision in revisions(figures, day):
        if len(revision.editions) > 1:
            told_of = tuple(figures[e] for e in revision.editions)
            how = "100 x (newest edition / first edition - 1)"
            percent = book.figure(f"revision.{revision.year}", revision.percent, "%", how, told_of)
            told.append(RevisionAnswer(revision.year, told_of, percent))
    return tuple(told)
