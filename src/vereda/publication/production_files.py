"""Downloads of production: every figure of its page as a table, and the whole answer as JSON."""

from collections.abc import Iterator
from typing import Any

from vereda.publication.ledger import figures
from vereda.publication.plain import as_json
from vereda.terms.assessed import Assessed
from vereda.terms.figure import Figure


def rows(told: tuple[Assessed, ...]) -> Iterator[Figure]:
    """Every figure of the page, each once, by its trace."""
    yield from {f.trace: f for f in figures(told) if f.trace}.values()


def whole(told: tuple[Assessed, ...]) -> Any:
    """Everything the page is told with, as plain JSON."""
    return as_json(told)
