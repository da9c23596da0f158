"""The base of everything read from the reviewed files of a case."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Confidence = Literal["high", "medium", "low"]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PlaceCode = Annotated[str, Field(pattern=r"^[A-Z]{2,3}(-[A-Z0-9]+)?$")]


class Entry(BaseModel):
    """Base of everything read from a case file: frozen, and no key is let through unread."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Entry):
    """The same sentence in the languages of the site."""

    en: str
    es: str

    def say(self, lang: str) -> str:
        """The text in `lang` ("en" or "es")."""
        return self.es if lang == "es" else self.en


class ObservationRef(Entry):
    """Names observations of the store; estimator, vintage or source left out means any.

    series ``scope.ID`` counts the places of that scope, by version: the register holds it, not the store.
    """

    series: Id
    place: PlaceCode
    period: str | None = None
    estimator: Id | None = None
    vintage: str | None = None
    source: Id | None = None
    note: Text | None = None
