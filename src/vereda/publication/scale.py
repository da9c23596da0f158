"""A scale that may go below zero: from values to pixels, with round values for the grid."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import ceil, floor, isfinite, log10

from vereda.publication import text
from vereda.publication.drawing import Drawing, Frame, Word
from vereda.publication.ground import Speech


@dataclass(frozen=True, slots=True)
class Scale:
    """low to high over `size` pixels."""

    low: float
    high: float
    size: float
    start: float = 0.0

    @classmethod
    def over(
        cls, values: Iterable[float | None], size: float, pad: float = 0.07, start: float = 0.0
    ) -> "Scale":
        """The scale that holds zero and every finite value, with a little air."""
        held = [v for v in values if v is not None and isfinite(v)]
        low, high = min([0.0, *held]), max([0.0, *held])
        air = pad * ((high - low) or 1.0)
        return cls(low - (air if low < 0 else 0.0), high + (air if high > 0 else 0.0) or 1.0, size, start)

    def __call__(self, value: float) -> float:
        """Where a value lies; beyond the ends, at the end."""
        within = min(max(value, self.low), self.high)
        return round(self.start + self.size * (within - self.low) / (self.high - self.low), 2)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values inside the scale, at most about `most`."""
        span = self.high - self.low
        size = 10.0 ** floor(log10(span / most))
        step = next(size * k for k in (1, 2, 2.5, 5, 10) if span / (size * k) <= most)
        first, last = ceil(self.low / step), floor(self.high / step)
        return [round(step * i, 10) for i in range(first, last + 1)]

    def say(self, value: float, lang: str) -> str:
        """A round value in words, with the decimals that tell it from the next."""
        if value == 0:
            return "0"
        found = self.ticks()
        step = found[1] - found[0] if len(found) > 1 else abs(value) or 1.0
        places = next((p for p in range(5) if abs(round(step, p) - step) < step * 1e-6), 5)
        return text.digits(value, lang, places)


def canvas(frame: Frame) -> Drawing:
    """A drawing in pixels, its origin below left."""
    width, height = frame.plot
    return Drawing((0.0, float(width)), (0.0, float(height)))


def grid(drawing: Drawing, scale: Scale, speech: Speech) -> None:
    """Horizontal lines at round values, the one at zero strong; their numbers stand on them at the left."""
    right = drawing.x[1]
    for value in scale.ticks():
        y = scale(value)
        drawing.rule((0, y), (right, y), "axis" if value == 0 else "rule", width=1.2 if value == 0 else 1)
        drawing.words.append(Word(0, y + 9, speech(partial(scale.say, value)), colour="soft"))


def years(
    drawing: Drawing,
    speech: Speech,
    at: Scale,
    span: tuple[int, int],
    under: float = -13.0,
    sign: bool = False,
) -> None:
    """Numbers of years under the marks, as many as find room."""
    first, last = span
    room = (at(last) - at(first)) / max(1, last - first)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if s * room >= 44 or s == 100)
    for when in range(first, last + 1):
        if when % step == 0:
            said = text.digits(when, "en") if sign else str(when)
            drawing.words.append(Word(at(when), under, speech(partial(_as_is, said)), "center"))


def _as_is(said: str, lang: str) -> str:
    return said
