"""Bands and dates that a cube has and a model asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign

Days = NDArray[np.datetime64]
LEAP = 1  # day by which the same day of a season moves in a leap year


@dataclass(frozen=True, slots=True)
class Layout:
    """bands in order; dates as YYYY-MM-DD in order. Of a cube."""

    bands: tuple[str, ...]
    dates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Season:
    """What a model was trained on: bands in order; for each step the earliest and latest day of the year seen (1-366).

    after (t,): days since the first step, least and most, so that a step of next year is not taken for this year's.
    """

    bands: tuple[str, ...]
    day: tuple[tuple[int, int], ...]
    after: tuple[tuple[int, int], ...]


def season(bands: Sequence[str], dates: Days) -> Season:
    """The season of labelled series: dates (n, t). BadDesign where a step is spread over so much that it is none."""
    first = int(_day_of_year(dates[:1, 0])[0])
    turned = (_day_of_year(dates) - first + 183) % 366 - 183 if dates.size else np.zeros((0, 0), dtype=int)
    after = (dates - dates[:, :1]).astype(int)
    anchor = turned[:, 0]
    if len(anchor) and int(np.ptp(anchor)) > LEAP + 1:
        raise BadDesign(
            f"The labelled series begin on days of the year that lie {int(np.ptp(anchor))} days apart. One model knows one "
            "season: give each season its own samples, or cut all series to the same one."
        )
    days = tuple((int(_day_of_year(c).min()), int(_day_of_year(c).max())) for c in dates.T)
    return Season(tuple(bands), days, tuple((int(c.min()), int(c.max())) for c in after.T))


def agree(asked: Season, given: Layout, what: str) -> None:
    """BadDesign where the bands of a cube, or the days of its dates, are not those the model was trained on."""
    if tuple(given.bands) != asked.bands:
        raise BadDesign(
            f"{what} has the bands {', '.join(given.bands)}; the model was trained on {', '.join(asked.bands)}, in this order. "
            "Build the cube with these bands, or fit a model for what there is."
        )
    if len(given.dates) != len(asked.day):
        raise BadDesign(
            f"{what} has {len(given.dates)} dates; the model was trained on {len(asked.day)}. Build the cube with the same "
            "steps, or cut it with --from and --to."
        )
    days = np.array([np.datetime64(d) for d in given.dates], dtype="datetime64[D]")
    after = (days - days[0]).astype(int)
    for i, (d, n) in enumerate(zip(given.dates, after.tolist(), strict=True)):
        day = date.fromisoformat(d).timetuple().tm_yday
        low, high = asked.day[i]
        off = max(low - day, day - high, 0)
        off = min(off, 366 - off)
        if off > LEAP or not asked.after[i][0] - LEAP <= n <= asked.after[i][1] + LEAP:
            raise BadDesign(
                f"{what}: step {i + 1} is {d}, day {day} of the year and {n} days after the first; the model was trained on day "
                f"{low}{'' if low == high else f' to {high}'}, {asked.after[i][0]} to {asked.after[i][1]} days after the first. "
                "A model reads each step as the same moment of the season: build the cube with its steps."
            )


def _day_of_year(days: Days) -> NDArray[np.int64]:
    return np.asarray((days - days.astype("datetime64[Y]")).astype(np.int64) + 1)
