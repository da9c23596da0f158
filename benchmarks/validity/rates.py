"""A share of simulated panels, its Monte-Carlo interval, and whether it is what was asked."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

SCALE = float(os.environ.get("VEREDA_VALIDITY_SCALE", "1"))  # of all numbers of draws; 0.1 for a quick look
COVER, REJECT = (0.93, 0.97), (0.035, 0.065)


def scaled(draws: int, least: int = 4) -> int:
    return max(least, round(draws * SCALE))


@dataclass(frozen=True)
class Rate:
    """share of draws with its 95 % interval; sets: how often the exposed places were drawn anew."""

    share: float
    low: float
    high: float
    draws: int
    sets: int

    def __str__(self) -> str:
        return f"{self.share:.1%} ({self.low:.1%}-{self.high:.1%})"


def rate(hits: Sequence[np.ndarray]) -> Rate:
    """hits: one row of true and false for each set of exposed places. Wilson (1927), on as many draws as they are worth.

    Draws that share their exposed places need not be independent: where sets differ by more than chance, the number
    of draws is divided by that much.
    """
    rows = [np.atleast_1d(np.asarray(h, dtype=float)) for h in hits]
    flat = np.concatenate(rows)
    n, share = flat.size, float(flat.mean())
    worth = float(n)
    if len(rows) < n and 0 < share < 1:
        between = np.var([r.mean() for r in rows], ddof=1) / len(rows)
        worth = min(worth, share * (1 - share) / max(float(between), 1e-12))
    z = 1.96
    middle = (share + z**2 / (2 * worth)) / (1 + z**2 / worth)
    half = z / (1 + z**2 / worth) * np.sqrt(share * (1 - share) / worth + z**2 / (4 * worth**2))
    return Rate(share, max(0.0, float(middle - half)), min(1.0, float(middle + half)), n, len(rows))


@dataclass(frozen=True)
class Row:
    """One estimator on one design. kind: `covers`, `rejects`, or `shows` for a share without a band of its own.

    bias: mean error over the standard deviation of the error, where it was computed. asked: what the row is to show.
    """

    table: str
    estimator: str
    design: str
    kind: str
    rate: Rate
    bias: float | None = None
    note: str = ""

    @property
    def band(self) -> tuple[float, float]:
        return COVER if self.kind == "covers" else REJECT

    @property
    def holds(self) -> bool:
        low, high = self.band
        return low <= self.rate.share <= high

    @property
    def verdict(self) -> str:
        low, high = self.band
        if self.kind == "shows":
            return self.note
        if self.holds:
            return "holds"
        noise = ", within noise of the limit" if self.rate.high >= low and self.rate.low <= high else ""
        if self.kind == "covers":
            said = "**too narrow**" if self.rate.share < low else "too wide"
        else:
            said = "**rejects too often**" if self.rate.share > high else "rejects too rarely"
        return said + noise

    @property
    def fails(self) -> bool:
        """Outside on the side that misleads, by more than the noise of the simulation or not."""
        if self.kind == "shows":
            return False
        low, high = self.band
        return self.rate.share < low if self.kind == "covers" else self.rate.share > high


def errors_of(values: Sequence[np.ndarray], truth: Sequence[float]) -> float:
    """Mean error in standard deviations of the error."""
    off = np.concatenate([np.ravel(v) - t for v, t in zip(values, truth, strict=True)])
    return float(off.mean() / off.std())


@dataclass(frozen=True)
class Task:
    """Something to simulate in a process of its own."""

    name: str
    run: Callable[..., list[Row]]
    arguments: tuple[object, ...] = ()


def timed(task: Task) -> tuple[list[Row], float]:
    """In a process of its own, which has to find this by name; with the seconds of processor time."""
    begun = time.process_time()
    return task.run(*task.arguments), time.process_time() - begun
