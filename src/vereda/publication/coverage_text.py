"""The coverage of the statements in the terminal: a table a statement, and what is left out with the reason."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Line

from vereda.publication import text
from vereda.publication.relation_page import KINDS
from vereda.publication.words import N_
from vereda.terms.relation import Coverage

HEADS = (N_("Kind"), N_("named"), N_("in the register"), N_("in the vocabulary"), N_("left out"))


def coverage_text(found: Sequence[Coverage], lang: str) -> list[RenderableType]:
    """Every statement of the case, in words."""
    if not found:
        return [Line(text.translate(N_("There is nothing yet."), lang))]
    return [part for one in found for part in _shown(one, lang)]


def _shown(one: Coverage, lang: str) -> list[RenderableType]:
    table = Table(title=one.statement.title.say(lang), title_justify="left", title_style="bold")
    for n, head in enumerate(HEADS):
        table.add_column(text.translate(head, lang), justify="right" if n else "left")
    for c in one.counts:
        numbers = (c.named, c.in_register, c.in_vocabulary, c.left_out)
        table.add_row(text.translate(KINDS[c.kind], lang), *map(str, numbers))
    left = [m for m in one.mentions if m.left_out is not None]
    return [table, *(Line(f"  {m.gist.say(lang)}: {m.left_out.say(lang)}") for m in left if m.left_out)]
