"""Score the extractors on annotated statements: `python benchmarks/score --out docs/statements.md`; see the Makefile.

Four sets: the founding statements (tuned on; their texts are not in the repository, so their rows are only written where
they are at hand), made-up statements for development (tuned on), held-out ones by the authors of the rules, and unseen
ones by writers who did not know the rules.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vereda import statements
from vereda.pipeline.reading import gazetteer
from vereda.statements.gold import Annotated, folder, moved, spans
from vereda.statements.score import NONE, Score, Share, parties, score
from vereda.terms.statement import KINDS, Statement

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "cases" / "us-colombia"
MADE_UP = ROOT / "tests" / "data" / "statements"
FOUNDING = ROOT.parent / "shared" / "statements"
BEGIN, END = "<!-- scores: written by `make score` -->", "<!-- end of scores -->"
SETS = {
    "unseen": "**Unseen**: made-up statements by writers who knew the annotation guide and not the rules; never tuned on.",
    "heldout": "**Held out**: made-up statements by the authors of the rules; never tuned on.",
    "development": "**Development**: made-up statements the rules were tuned on.",
}
Scores = dict[tuple[str, str], Score]  # by kind and language


def founding(texts: Path = FOUNDING) -> Iterator[tuple[Annotated, Statement]]:
    """The founding statements with their annotations, those that are at hand and unchanged."""
    for annotated in spans(MADE_UP / "gold.yml"):
        if (texts / annotated.name).is_file():
            document = statements.read(annotated.name, (texts / annotated.name).read_bytes())
            if document.sha256 != annotated.sha256 or moved(annotated, document.text):
                sys.exit(f"{annotated.name} is not the text that was annotated; its spans are void.")
            yield annotated, document


def made_up(kind: str) -> Iterator[tuple[Annotated, Statement]]:
    """Made-up statements: "development", "heldout" or "unseen"."""
    for annotated in folder(MADE_UP):
        if annotated.name.startswith(kind):
            yield annotated, statements.read(f"{annotated.name}.txt", annotated.text.encode())


def scored(
    items: Iterator[tuple[Annotated, Statement]], extractor: statements.Extractor = statements.extract
) -> Scores:
    """Every statement through an extractor, by kind and language; a quote that does not stand is no candidate."""
    words, places = statements.vocabulary(CASE), gazetteer(CASE)
    found: Scores = {}
    for annotated, document in items:
        candidates, _ = statements.sift(document, extractor(document, words, places))
        for kind in KINDS:
            key = kind, annotated.lang
            found[key] = found.get(key, NONE) + score(candidates, annotated.gold, kind)
    return found


def bound(items: Iterator[tuple[Annotated, Statement]]) -> str:
    """Who is bound, in a sentence: how many of the named are right."""
    words, places, told_of = statements.vocabulary(CASE), gazetteer(CASE), Share(0, 0)
    for annotated, document in items:
        told_of += parties(statements.extract(document, words, places), annotated.gold)
    return f"Of the commitments found, {told_of.of} name who is bound; {told_of.right} of these as the annotation does."


def table(found: Scores) -> list[str]:
    """Markdown: recall and precision with their intervals, and how many of those found bear the right label."""
    lines = ["| kind | language | recall | precision | label |", "|---|---|---|---|---|"]
    for kind in KINDS:
        for lang in sorted({code for _, code in found}):
            one = found.get((kind, lang), NONE)
            if one.recall.of or one.precision.of:
                lines.append(
                    f"| {kind} | {lang} | {told(one.recall)} | {told(one.precision)} | {told(one.label)} |"
                )
    return lines


def told(share: Share) -> str:
    """0.94 (0.81-0.98; 33 of 35)."""
    if share.value is None or share.interval is None:
        return "–"
    low, high = share.interval
    return f"{share.value:.2f} ({low:.2f}–{high:.2f}; {share.right} of {share.of})"


def beside(name: str) -> str:
    """The scores of a spaCy pipeline, on the statements of its language; printed, never written to the page."""
    from vereda.statements.spacy_entities import KINDS_OF, load

    extractor, looked_for = load(name), set(KINDS_OF.values())
    parts = [f"**{extractor.extractor}**, licence: {extractor.licence or 'none stated'}.", ""]
    for kind, told in (("unseen", "Unseen"), ("heldout", "Held out"), ("development", "Development")):
        own = (item for item in made_up(kind) if extractor.reads(item[1].lang))
        found = {key: one for key, one in scored(own, extractor).items() if key[0] in looked_for}
        parts += [f"**{told}**", "", *table(found), ""]
    return "\n".join(parts)


def section() -> str:
    """The scores of the page."""
    five = scored(founding())
    parts = []
    for kind, told in SETS.items():
        parts += [told, "", *table(scored(made_up(kind))), "", bound(made_up(kind)), ""]
    if five:
        parts += [
            "**Founding statements**: the five texts the case began with, tuned on.",
            "",
            *table(five),
            "",
            bound(founding()),
            "",
        ]
    return "\n".join(parts)


def main() -> None:
    """Print the scores, or write them between the marks of a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="page whose scores are replaced")
    parser.add_argument(
        "--pipeline", help="score this spaCy pipeline instead, a name or a folder; only printed"
    )
    asked = parser.parse_args()
    if asked.pipeline:
        print(beside(asked.pipeline))
        return
    out: Path | None = asked.out
    text = section()
    if out is None:
        print(text)
        return
    if "Founding statements" not in text:
        sys.exit(
            f"The texts of the founding statements are not at hand; {out} keeps the scores it has.\n\n{text}"
        )
    page = out.read_text(encoding="utf-8")
    found = re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n\n{text}\n{END}", page, flags=re.S
    )
    out.write_text(found, encoding="utf-8")
    print(f"Wrote the scores of {out}.")


if __name__ == "__main__":
    main()
