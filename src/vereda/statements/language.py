"""The words of a language, and which language a text is in; both are data in `words/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import findall
from typing import Any

import yaml

from vereda.errors import BadRequest, BadStatement
from vereda.statements.layer import fold

WORDS = Path(__file__).parent / "words"
_LOADER: Any = getattr(
    yaml, "CBaseLoader", yaml.BaseLoader
)  # every value is text: `no` and `on` are words here
FEW = 8  # common words below which a text is too short for its language to be told


@dataclass(frozen=True)
class Language:
    """One language: its code and the content of its file."""

    code: str
    data: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]


def yaml_text(path: Path) -> Any:
    """A YAML file with every value as text."""
    return yaml.load(path.read_bytes(), Loader=_LOADER)


@cache
def language(code: str) -> Language:
    """The words of a language we read."""
    path = WORDS / f"{code}.yml"
    if code not in codes():
        raise BadRequest(f"{code!r} is no language we read. There are: {', '.join(codes())}.")
    return Language(code, yaml_text(path))


@cache
def codes() -> tuple[str, ...]:
    """Languages that have a file."""
    return tuple(sorted(p.stem for p in WORDS.glob("??.yml")))


@cache
def _common() -> dict[str, frozenset[str]]:
    ours = {code: frozenset(map(fold, language(code)["stop_words"])) for code in codes()}
    others = yaml_text(WORDS / "others.yml")
    return ours | {name: frozenset(words) for name, words in others.items()}


def detect(plain: str, name: str) -> str:
    """Code of the language by its commonest words; BadStatement where it is one we do not read, or none."""
    words = findall(r"[^\W\d_]+", fold(plain[:200_000]))
    held = {code: sum(word in common for word in words) for code, common in _common().items()}
    best = max(held, key=lambda code: held[code])
    if held[best] < min(FEW, 1 + len(words) // 8) or not words:
        raise BadStatement(
            f"{name}: the language cannot be told from its {len(words)} word(s). "
            f"Say it with --text-lang ({', '.join(codes())})."
            + ("" if not words or words[0].isascii() else " Other scripts than the Latin are not read.")
        )
    if best not in codes():
        raise BadStatement(
            f"{name} seems to be in {best}. Statements are read in {_names()}; a translation by its publisher "
            "can be read, and --text-lang reads it all the same. docs/statements.md says how a language is added."
        )
    return best


def _names() -> str:
    return " and ".join(str(language(code)["name"]) for code in codes())
