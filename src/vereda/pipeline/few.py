"""What of a desk's figures may be printed as it is, and what as a range: the rule of terms.few over what is held."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vereda.terms.few import FEWEST, PEOPLE, Band, band, beside, few, whole
from vereda.terms.figure import Figure
from vereda.terms.indicator import REGISTRY, Indicator

if TYPE_CHECKING:
    from vereda.pipeline.desk import Desk


class Few:
    """What of a desk's figures may be printed as it is, and what as a band."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._others: dict[tuple[str, ...], tuple[str, Band] | None] = {}

    def shown(self, figure: Figure) -> Figure:
        """The figure as it may be printed: few people of one place as a band, and a rate of them likewise.

        A year known to be incomplete stays marked as such.
        """
        ends = self._ends(figure)
        if ends is None:
            return figure
        # How many rows were added is as good as the number.
        kept = (part for part in figure.note.split("; ") if not part.startswith("rows added"))
        note = "; ".join(part for part in (*kept, figure.status == "preliminary" and figure.status) if part)
        status = figure.status if figure.status == "incomplete" else "few"
        return replace(figure, value=None, low=ends[0], high=ends[1], status=status, note=note)

    def _ends(self, figure: Figure) -> Band | None:
        if figure.value is None or figure.place not in self._desk.gazetteer:
            return None
        rule = REGISTRY.get(figure.trace.partition("@")[0])
        if rule is not None and rule.over == "place" and rule.needs != (rule.id,):
            return self._computed(rule, figure)
        return self._counted(figure)

    def _computed(self, rule: Indicator, figure: Figure) -> Band | None:
        """Least and most of a figure computed from parts of which one is shown as a band."""
        held = [f for n in rule.needs if (f := self._desk.exact(n, figure.place, figure.period)) is not None]
        bands = [self._counted(f) for f in held]
        if not any(bands):
            return None
        parts = [b or (f.value or 0.0, f.value or 0.0) for b, f in zip(bands, held, strict=True)]
        low, high = (float(rule.formula(*(np.array([part[i]]) for part in parts))[0]) for i in (0, 1))
        return min(low, high), max(low, high)

    def _counted(self, figure: Figure) -> Band | None:
        if figure.value is None or figure.unit not in PEOPLE:
            return None
        if self._desk.is_finest(figure.place):
            if few(figure.value):
                return band(figure.value)
            other = self._beside(figure)
            return other[1] if other and other[0] == figure.place else None
        return self._whole(figure)

    def _whole(self, figure: Figure) -> Band | None:
        """Of a larger place whose people are the few of its municipalities alone."""
        inside, series = self._desk.municipalities(figure.place), figure.trace.partition("@")[0]
        if figure.value is None:
            return None
        counts: dict[str, float] = {}
        for code in inside:
            held = self._desk.exact(series, code, figure.period)
            counts[code] = (held.value or 0.0) if held is not None else 0.0
            if counts[code] >= FEWEST:
                return None
        ends, unplaced = whole(counts), figure.value - sum(counts.values())
        return ends and (ends[0] + unplaced, ends[1] + unplaced)

    def _beside(self, figure: Figure) -> tuple[str, Band] | None:
        """Which other place of the department has to be a band too, in the figure's own edition."""
        above, series = self._desk.gazetteer.places[figure.place].parent or "", figure.trace.partition("@")[0]
        edition = (figure.estimator, figure.source, figure.vintage)
        key = (series, above, figure.period, *edition)
        if key not in self._others:
            rows = (
                r for c in self._desk.municipalities(above) for r in self._desk.rows(series, c, figure.period)
            )
            counts = {r.place: r.value for r in rows if r.value is not None and r[3:6] == edition}
            self._others[key] = beside(counts)
        return self._others[key]
