"""The extractors beside the rules, each off unless it is named on the run: a spaCy pipeline, a model at an endpoint.

A model is the one way in which words of a statement leave the machine, so a person is told and asked before.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vereda.errors import BadRequest, NotFetched
from vereda.statements.admission import Proposed
from vereda.statements.language import language
from vereda.statements.vocabulary import Vocabulary
from vereda.terms.place import Gazetteer
from vereda.terms.statement import Statement

if TYPE_CHECKING:
    from vereda.fetching import Patience
    from vereda.fetching.chat import Endpoint
    from vereda.pipeline.reading import Other

KEY = "VEREDA_MODEL_KEY"
#: told a sentence and asked a question: whether the answer is one of those that mean yes
Agree = Callable[[str, str, Sequence[str]], bool]


def of_spacy(name: str, lang: str) -> "Other":
    """A spaCy pipeline on this machine, by the name of its package or by its folder."""
    from vereda.statements.spacy_entities import load

    return load(name, lang).proposed


def of_model(
    model: str | None, url: str | None, lang: str, agree: Agree, patience: "Patience | None" = None
) -> "Other":
    """A model at a chat endpoint. What is sent where is told before, and nothing is sent unless `agree` says yes."""
    say: Mapping[str, Any] = language(lang)["printed"]["others"]["model"]
    at = _endpoint(model, url, say)

    def other(document: Statement, vocabulary: Vocabulary, gazetteer: Gazetteer) -> Proposed:
        from vereda.fetching import Patience
        from vereda.fetching.chat import Chat
        from vereda.statements.model import ModelExtractor, parts

        asked = parts(document, vocabulary)
        if not asked:
            raise BadRequest(say["nothing"])
        leaves = say["leaves"].format(
            characters=f"{sum(p.characters for p in asked):,}",
            host=at.host,
            model=at.model,
            requests=len(asked),
        )
        if not agree(leaves, say["ask"], say["yes"]):
            raise BadRequest(say["not_sent"])
        try:
            with Chat(at, patience or Patience()) as chat:
                extractor = ModelExtractor(chat.ask, at.model, at.host)
                return _without(at.key, extractor.proposed(document, vocabulary, gazetteer))
        except NotFetched as fault:
            raise NotFetched(_why_not(fault, at, say), fault.why, fault.values) from None

    return other


def _endpoint(model: str | None, url: str | None, say: Mapping[str, Any]) -> "Endpoint":
    from vereda.fetching.chat import endpoint

    if model is None or url is None:
        raise BadRequest(say["both"])
    try:
        return endpoint(url, model, os.environ.get(KEY, "").strip())
    except ValueError as fault:
        raise BadRequest(say[str(fault)]) from None


def _why_not(fault: NotFetched, at: "Endpoint", say: Mapping[str, Any]) -> str:
    """Why no answer came, in the reader's language."""
    said = fault.values.get("said", "")
    how = next((words for begin, words in say["how"].items() if said.startswith(begin)), "?")
    values = {**fault.values, "host": at.host, "said": how + said[4:] if said.startswith("HTTP") else how}
    sentence = str(say["failed"].get(fault.why, say["failed"]["other"])).format_map(values)
    return f"{sentence} {say['kept']}"


def _without(key: str, told: Proposed) -> Proposed:
    """What was proposed, without a refused quote that holds the key: a server may say it back."""
    if not key:
        return told
    return replace(told, refused=tuple(replace(r, quote="") if key in r.quote else r for r in told.refused))
