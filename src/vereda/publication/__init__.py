"""Publication: findings in, documents out. It prints only figures with a trace, in English and Spanish, and saves nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vereda.publication import text
from vereda.publication.because_text import evaluate_text
from vereda.publication.coverage_text import coverage_text
from vereda.publication.inspected import inspected_text
from vereda.publication.plain import as_json
from vereda.publication.production_text import explained_text, production_text
from vereda.publication.terminal import (
    agreed_text,
    changed_text,
    checks_text,
    done_text,
    flow_text,
    scorecard_text,
    trace_text,
)
from vereda.terms.answer import Edition

if TYPE_CHECKING:
    from vereda.terms.figure import Step


def site(
    edition: Edition,
    tracer: "Callable[[str], Step]",
    languages: tuple[str, ...] = ("en", "es"),
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, str | bytes]:
    """Every page and file of the site, by relative path: English at the root, the others in their folder."""
    from vereda.publication import (
        website,  # drawing tools take a moment to load; the terminal does not need them
    )

    return website.site(edition, tracer, languages, progress)


__all__ = [
    "agreed_text",
    "as_json",
    "changed_text",
    "checks_text",
    "coverage_text",
    "done_text",
    "evaluate_text",
    "explained_text",
    "flow_text",
    "inspected_text",
    "production_text",
    "scorecard_text",
    "site",
    "text",
    "trace_text",
]
