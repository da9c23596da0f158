"""What a command prints."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console, RenderableType


@dataclass(frozen=True)
class Reply:
    """What a command prints: for people, and as JSON."""

    shown: tuple[RenderableType, ...]
    json: Any = None


def show(reply: Reply) -> None:
    """Print for people."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)  # a file or a pipe has no width of its own
    for part in reply.shown:
        console.print(part)
