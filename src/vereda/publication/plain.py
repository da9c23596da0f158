"""Answers as plain JSON: each figure with its unit and its trace."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel


def as_json(answer: Any) -> Any:
    """Dataclasses and register entries as dictionaries, lists, text and numbers."""
    if answer is None or isinstance(answer, str | int | float | bool):
        return answer
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json")
    if is_dataclass(answer) and not isinstance(answer, type):
        return {field.name: as_json(getattr(answer, field.name)) for field in fields(answer)}
    if isinstance(answer, Mapping):
        return {str(key): as_json(value) for key, value in answer.items()}
    if isinstance(answer, Iterable):
        return [as_json(value) for value in answer]
    return str(answer)
