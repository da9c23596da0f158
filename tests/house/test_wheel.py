"""The wheel holds what a case needs; its local editions stay where they are."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("case", ["us-colombia", "us-peru"])
def test_every_file_of_a_case_is_in_the_wheel_but_its_local_editions(case: str) -> None:
    made = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(made["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"])
    held = {f"cases/{case}/{path.name}" for path in (ROOT / "cases" / case).iterdir() if path.name != "local"}
    assert held - {name for name in listed if name.startswith(f"cases/{case}/")} == set()
    assert f"cases/{case}/local" not in listed
