"""What the tests of sources stand on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sources_case import held

from vereda import sources
from vereda.terms.place import Gazetteer


@pytest.fixture(scope="session")
def colombia() -> Gazetteer:
    """Every place of the committed gazetteer, and the places that datasets declare."""
    return sources.gazetteer(held("dane-divipola"), *(sources.describe(name) for name in sources.datasets()))


@pytest.fixture
def described(tmp_path: Path) -> Callable[..., sources.SourceDescription]:
    """Writes a small description of a dataset of the case's own, and reads it back."""

    def write(**said: str) -> sources.SourceDescription:
        base = {
            "title": "A table",
            "publisher": "An office",
            "address": "https://example.org",
            "licence": "none stated",
            "terms": "open",
            "obtained": "made for a test",
            "file": '"*.csv"',
            "vintage": '"2024"',
            "estimator": "office",
            "layout": "wide",
            "place": "{column: code, prefix: CO-, width: 5}",
            "period": '{columns: "{}"}',
            "series": "{coca_area: {unit: ha, least: 0}}",
            "covers": "{places: some, years: 2019-2020}",
            "absent": "{means: zero, why: a census}",
        }
        folder = tmp_path / "sources" / "made_up"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{key}: {text}" for key, text in {**base, **said}.items() if text]
        (folder / "source.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return sources.describe("made-up", tmp_path / "sources")

    return write


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes the text of a publisher's file."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write
