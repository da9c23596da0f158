"""Named entities of a spaCy pipeline that is already on this machine, as candidates. Nothing is ever downloaded.

A pipeline is trained by others, under a licence of its own, which its meta.json states and vereda prints.
"""

import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vereda.errors import BadRequest, NeedsExtra
from vereda.statements.admission import Admission, Proposal, Proposed
from vereda.statements.language import language
from vereda.statements.vocabulary import Vocabulary
from vereda.terms.place import Gazetteer
from vereda.terms.statement import Candidate, Statement

#: entity labels of OntoNotes and of WikiNER (PER, LOC), and what they are here; other labels are left alone
KINDS_OF = {
    "PERSON": "person", "PER": "person", "ORG": "organisation", "GPE": "place", "LOC": "place", "DATE": "date",
    "MONEY": "amount", "EVENT": "meeting", "LAW": "instrument",
}  # fmt: skip
_ANY = "xx"  # spaCy's code of a pipeline for several languages


class SpacyEntities:
    """An extractor made of one spaCy pipeline; `proposed` says besides what was refused."""

    def __init__(self, pipeline: Any, lang: str = "en") -> None:
        meta = pipeline.meta
        self._nlp, self._lang = pipeline, lang
        self.name = f"{meta['lang']}_{meta['name']}"
        self.version, self.licence = str(meta.get("version", "")), str(meta.get("license") or "").strip()
        self.extractor = f"spacy:{self.name}-{self.version}"

    def __call__(
        self, document: Statement, vocabulary: Vocabulary, gazetteer: Gazetteer
    ) -> tuple[Candidate, ...]:
        """What was let in (`statements.Extractor`)."""
        return self.proposed(document, vocabulary, gazetteer).candidates

    def reads(self, lang: str) -> bool:
        """Whether the pipeline is for texts in this language."""
        return self._nlp.lang in (lang, _ANY)

    def proposed(self, document: Statement, vocabulary: Vocabulary, gazetteer: Gazetteer) -> Proposed:
        """Entities of the statement's own paragraphs, let in or refused."""
        if not self.reads(document.lang):
            raise BadRequest(
                _say("other_language", self._lang, name=self.name, reads=self._nlp.lang, text=document.lang)
            )
        admission = Admission(document, vocabulary, gazetteer, self.extractor)
        found, refused = admission.let_in(self._entities(document))
        notes = () if _made_for_this(self._nlp.meta) else ("other_spacy",)
        return Proposed(self.extractor, self.licence, self.version, tuple(found), tuple(refused), notes)

    def _entities(self, document: Statement) -> Iterator[Proposal]:
        pieces = [(document.plain[a:b], a) for a, b in _stretches(document, int(self._nlp.max_length))]
        for read, start in self._nlp.pipe(pieces, as_tuples=True):
            for entity in read.ents:
                kind = KINDS_OF.get(entity.label_)
                if kind:
                    yield Proposal(kind, start + entity.start_char, start + entity.end_char)


def load(name: str, lang: str = "en") -> SpacyEntities:
    """The pipeline of an installed package or a folder; an error in `lang` says how to come by one that is missing."""
    try:
        import spacy
    except ImportError:
        raise NeedsExtra("spaCy", "language") from None
    folder = Path(name)
    if not folder.is_dir() and not spacy.util.is_package(name):
        raise BadRequest(_say("no_pipeline", lang, name=name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ, which we say ourselves
            pipeline = spacy.load(folder if folder.is_dir() else name)
    except Exception as fault:  # a folder that is no pipeline fails in as many ways as spaCy has files
        raise BadRequest(_say("bad_pipeline", lang, name=name, said=_first_line(fault))) from None
    if not any("doc.ents" in pipeline.get_pipe_meta(part).assigns for part in pipeline.pipe_names):
        raise BadRequest(_say("no_entities", lang, name=name))
    return SpacyEntities(pipeline, lang)


def _stretches(document: Statement, most: int) -> Iterator[tuple[int, int]]:
    """Paragraphs of the statement, without the page's furniture; one longer than the pipeline takes comes in pieces."""
    for block in document.blocks:
        start = block.end if block.boilerplate else block.start
        while start < block.end:
            end = min(block.end, start + most)
            if end < block.end:  # after a full stop, else between two words
                cuts = (document.plain.rfind(mark, start + 1, end) for mark in (". ", " "))
                end = next((cut + 1 for cut in cuts if cut > 0), end)
            yield start, end
            start = end


def _made_for_this(meta: Any) -> bool:
    from spacy.util import is_compatible_version

    wanted = meta.get("spacy_version")
    return not wanted or is_compatible_version(version("spacy"), wanted) is not False


def _first_line(fault: Exception) -> str:
    return " ".join((str(fault).splitlines() or [type(fault).__name__])[0].split())[:200]


def _say(key: str, lang: str, **values: str) -> str:
    return str(language(lang)["printed"]["others"]["spacy"][key]).format(**values)
