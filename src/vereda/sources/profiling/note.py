"""What the profiler says: a proposal, what the file shows for it, or that the file does not decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """One thing seen in a file: the name of a sentence, and what fills it."""

    what: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A value for one key of a description; None where the file does not decide, with what was seen either way."""

    value: object = None
    because: tuple[Note, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether the file decides it."""
        return self.value is not None


def note(what: str, /, **values: object) -> Note:
    """A note, its values by name."""
    return Note(what, values)
