"""How long we wait, and how often we ask again."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import AttemptManager, RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt


class Again(Exception):
    """Something that may go better next time. `after`: seconds the server asks us to wait."""

    def __init__(self, said: str, after: float | None = None) -> None:
        super().__init__(said)
        self.said, self.after = said, after


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries, and the pauses between them in seconds: `first`, doubled each time, `most` at most."""

    tries: int = 5
    first: float = 1.0
    most: float = 60.0
    silence: float = 150.0  # a server that says nothing for so long is given up
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    today: Callable[[], datetime] = lambda: datetime.now(UTC)

    def attempts(self) -> Iterator[AttemptManager]:
        """Attempts, each to be entered; the last Again is raised as it is."""
        return iter(
            Retrying(
                retry=retry_if_exception_type(Again),
                stop=stop_after_attempt(self.tries),
                wait=self._pause,
                sleep=self.sleep,
                reraise=True,
            )
        )

    def _pause(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.after if isinstance(fault, Again) else None
        ours = min(self.most, self.first * 2 ** (state.attempt_number - 1))
        return float(max(ours, asked or 0.0))  # never sooner than the server asks

    def retry_after(self, header: str) -> float | None:
        """Seconds of a Retry-After header, which is a number or a day and time; None if it says neither."""
        if header.strip().isdigit():
            return float(header)
        try:
            return max(0.0, (parsedate_to_datetime(header) - self.today()).total_seconds())
        except (TypeError, ValueError):
            return None
