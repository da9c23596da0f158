"""Packages of the extra `imagery`, imported when they are used."""

from importlib import import_module
from typing import Any

from vereda.errors import NeedsExtra

NAME = "imagery"


def package(name: str) -> Any:
    """A package of the extra; NeedsExtra says how to get it where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as fault:
        raise NeedsExtra(fault.name or name, NAME) from None
