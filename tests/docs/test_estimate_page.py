"""What docs/estimate.md shows is what comes out."""

import gzip
import importlib.util
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vereda.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "estimate.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def frame() -> Any:
    """mpdta, one row a county and year, as a dataframe."""
    found = importlib.util.find_spec("moderndid")
    if found is None or not found.submodule_search_locations:
        pytest.skip("moderndid is not installed; it ships mpdta.")
    with gzip.open(Path(found.submodule_search_locations[0]) / "core/datasets/mpdta_long.pkl.gz") as file:
        return pickle.load(file)


def test_the_command_prints_what_the_page_shows(
    frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame.to_csv(tmp_path / "mpdta.csv", index=False)
    monkeypatch.chdir(tmp_path)
    command, shown = (
        block.strip() for block in re.findall(r"```(?:sh)?\n(.*?)```", PAGE, flags=re.DOTALL)[:2]
    )
    words = command.replace("\\\n", " ").split()
    assert words.pop(0) == "vereda"
    printed = CliRunner().invoke(main, words)
    assert printed.exit_code == 0, printed.output
    output = " ".join(printed.output.split())  # however wide the terminal is
    wanted = [" ".join(line.split()) for line in shown.splitlines() if line != "..."]
    assert len(wanted) > 4
    assert [line for line in wanted if line not in output] == []


def test_the_code_gives_what_the_command_prints(frame: Any) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names: dict[str, Any] = {"frame": frame}
    exec(compile(code, "docs/estimate.md", "exec"), names)
    answer = names["answer"]
    low, high = answer.ci
    assert f"Effect on the exposed: {answer.att:.4g}, 95 % interval {low:.4g} to {high:.4g}" in PAGE
    assert len(answer.frame()) > 4
