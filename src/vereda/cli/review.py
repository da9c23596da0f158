"""vereda review: decide what a statement says, at the keyboard or from a file of decisions."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vereda.cli import _print, friendly
from vereda.errors import BadRequest

if TYPE_CHECKING:
    from vereda.pipeline.reviewing import Review


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--by", default="", metavar="NAME", help="Who decides: a short name or initials.")
@click.option(
    "--case", "-c", default="us-colombia", show_default=True, help="Whose vocabulary, places and register."
)
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND",
    help="Only these kinds; 'all' for every kind. Without it: those that can become entries.",
)  # fmt: skip
@click.option("--text-lang", metavar="CODE", help="Language of the text (en, es), where it is not detected.")
@click.option("--date", metavar="DAY", help="Day of a text that bears none, for example 2021-09-30.")
@click.option(
    "--decisions", type=click.Path(path_type=Path), metavar="JSONL",
    help="Record the decisions of this file, ours or doccano's, instead of asking.",
)  # fmt: skip
@click.option("--carry", is_flag=True, help="Take over your decisions on an earlier version of the text.")
@click.option("--state", "state_only", is_flag=True, help="Only show where the review stands, and agreement.")
@click.option(
    "--write", "writing", is_flag=True, help="Add what is accepted and complete to the files of the case."
)
@click.option("--document", metavar="ID", help="Entry of documents.yml that the new entries cite.")
@click.option(
    "--address", default="", help="For a document that is not in documents.yml yet: where it is found,"
)
@click.option("--title", default="", help="its title, where the text does not say,")
@click.option("--publisher", default="", help="and its publisher.")
@click.option(
    "--reviews",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where decisions are kept [CASE/reviews].",
)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@friendly
def review(
    files: tuple[Path, ...],
    by: str,
    case: str,
    kinds: tuple[str, ...],
    text_lang: str | None,
    date: str | None,
    decisions: Path | None,
    carry: bool,
    state_only: bool,
    writing: bool,
    document: str | None,
    address: str,
    title: str,
    publisher: str,
    reviews: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Decide what statements say: accept, edit, reject, split or link each candidate, the surest first.

    Every decision is kept with who, when and why, and can be taken back; quit at any time and go on later. Spans are
    kept as offsets and hashes, gists in your own words. What is accepted becomes an entry of the case with --write.

    \b
    vereda review communique.pdf --by ana
    vereda review communique.pdf --by ana --decisions decided.jsonl
    vereda review communique.pdf --state
    vereda review communique.pdf --by ana --document CNWG_2021 --write
    """
    from vereda.pipeline import review_elsewhere, review_entries, review_shown, reviewing
    from vereda.pipeline.folders import find_case
    from vereda.pipeline.reply import Reply
    from vereda.pipeline.review_words import word

    folder = find_case(case)
    source = review_entries.Source(document, address, title, publisher) if document else None
    if writing and source is None:
        raise BadRequest(
            "An entry cites the document it was read from: --document ID, an entry of documents.yml."
        )
    if writing and len(files) > 1:
        raise BadRequest("--write takes one file at a time: its entries cite one --document.")
    for file in files:
        held = reviewing.Review.open(file, folder, by, reviews, kinds, text_lang, date)
        told: list[str] = []
        if carry:
            told.append(word("applied", lang, n=held.carry()))
        if decisions is not None:
            new, same = review_elsewhere.apply(held, decisions)
            told.append(word("applied", lang, n=new))
            told += [word("same", lang, n=same)] if same else []
        asking = not (carry or state_only or source or as_json) and decisions is None
        if asking and not _asked(held, lang):
            return
        found = review_entries.draft(held, source) if source else None
        if writing and found is not None:
            review_entries.write(held, found)
        shown = [*review_shown.state(held, lang), *told]
        if found is not None:
            shown += [*(review_shown.added(found, writing, str(folder), lang))]
        _print(Reply(tuple(shown), review_shown.as_json(held, found)), as_json)


def _asked(held: "Review", lang: str) -> bool:
    """Open the queue in the terminal; False where the reviewer wants no further file."""
    from vereda.pipeline.review_words import word

    if not held.by:
        raise BadRequest("Say who decides: --by NAME. To only look: --state.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadRequest(word("how", lang))
    try:
        from vereda.cli.review_screen import Queue
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] != "textual":
            raise
        raise BadRequest(
            "The keyboard queue needs the package textual: pip install 'vereda[review]'. "
            "Without it, decisions made elsewhere are applied with --decisions FILE."
        ) from None
    Queue(held, lang).run()
    return True
