"""How much of what the statements name the case holds."""

from pathlib import Path

from vereda import cooperation, publication
from vereda.pipeline.reply import Reply


def covered(folder: Path, lang: str = "en") -> Reply:
    """The table of every statement; nothing but the case's own files is read."""
    found = cooperation.coverage(cooperation.read(folder))
    return Reply(tuple(publication.coverage_text(found, lang)), publication.as_json(found))
