"""Two editions of one dataset: each number keeps the edition and the file it was read from."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vereda.cli import main


def vereda(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def case(tmp_path: Path) -> Path:
    vereda("init", "two", "--into", str(tmp_path))
    return tmp_path / "two"


def edition(case: Path, vintage: str, south: str) -> Path:
    """The made-up table with ten hectares moved between two places: the totals do not change."""
    table = (case / "files" / "plots.csv").read_text(encoding="utf-8")
    file = case.parent / f"plots-{vintage}.csv"
    file.write_text(
        table.replace("011,North Field,60.0", "011,North Field,50.0").replace(
            "021,South Field,10.0", f"021,South Field,{south}"
        )
    )
    vereda("keep", "made-up-plots", str(file), "--vintage", vintage, "--case", str(case))
    return file


def step(case: Path, *more: str) -> tuple[float, str, str]:
    told = json.loads(
        vereda(
            "trace",
            "plot_area@XA-021:2019",
            "--case",
            str(case),
            "--build",
            str(case.parent / "build"),
            "--json",
            *more,
        )
    )
    vintage = next(s for s in told["inputs"] if s["kind"] == "vintage")
    return told["value"], vintage["name"], vintage["inputs"][0]["name"]


def test_a_number_names_the_edition_it_was_read_from(case: Path) -> None:
    edition(case, "2025-06", "20.0")
    assert step(case) == (20.0, "made-up-plots 2025-06", "plots-2025-06.csv")
    # The older edition is still there, and answers as of its day.
    assert step(case, "--as-of", "2025-03-31") == (10.0, "made-up-plots 2025-01-01", "plots.csv")


def test_an_edition_that_left_the_case_leaves_the_workspace(case: Path) -> None:
    edition(case, "2025-06", "20.0")
    assert step(case)[0] == 20.0
    for file in (case / "vintages" / "made-up-plots").glob("2025-06.*"):
        file.unlink()
    assert step(case) == (10.0, "made-up-plots 2025-01-01", "plots.csv")


def test_verify_says_what_was_not_compared(case: Path) -> None:
    right = CliRunner().invoke(main, ["verify", "--files", str(case / "files"), "--case", str(case)])
    assert right.exit_code == 0
    assert right.output.count("agrees") == 2
    empty = case.parent / "empty"
    empty.mkdir()
    nothing = CliRunner().invoke(main, ["verify", "--files", str(empty), "--case", str(case)])
    assert nothing.exit_code == 1
    assert "not here" in nothing.output


def test_what_a_case_does_not_read_is_said_when_it_is_kept(case: Path) -> None:
    plots = str(case / "files" / "plots.csv")
    other = case / "sources" / "other-plots"
    other.mkdir()
    told = (case / "sources" / "made-up-plots" / "source.yml").read_text(encoding="utf-8")
    (other / "source.yml").write_text(told.replace("plot_area", "other_area"))
    read = vereda("keep", "made-up-plots", plots, "--vintage", "2025-06", "--case", str(case))
    unread = vereda("keep", "other-plots", plots, "--vintage", "2025-06", "--case", str(case))
    assert "does not read it" not in read
    assert "does not read it yet: add other-plots to optional_datasets in" in " ".join(unread.split())


@pytest.mark.parametrize(
    ("option", "value"),
    [("--vintage", "garbage"), ("--vintage", "2025-01/2025-06"), ("--read-on", "tomorrow")],
)
def test_a_vintage_is_named_after_a_date(case: Path, option: str, value: str) -> None:
    words = [
        "keep",
        "made-up-plots",
        str(case / "files" / "plots.csv"),
        "--vintage",
        "2025-02",
        option,
        value,
    ]
    result = CliRunner().invoke(main, [*words, "--case", str(case)])
    assert result.exit_code == 1
    assert "not" in result.output or "none" in result.output
    vereda("check", "--case", str(case))  # the case still reads


def test_a_damaged_site_is_built_again(case: Path) -> None:
    build = case.parent / "build"
    vereda("run", str(case), "--build", str(build))
    (build / "two" / "site" / "agreed.html").unlink()
    assert "Nothing changed" not in vereda("run", str(case), "--build", str(build))
    assert (build / "two" / "site" / "agreed.html").is_file()


def test_a_case_without_a_required_vintage_waits_for_data(case: Path) -> None:
    for file in (case / "vintages" / "made-up-plots").glob("*"):
        file.unlink()
    result = CliRunner().invoke(main, ["check", "--case", str(case)])
    assert result.exit_code == 1
    asked = CliRunner().invoke(main, ["run", str(case), "--build", str(case.parent / "build")])
    assert asked.exit_code == 1
    assert "Waiting for data: made-up-plots" in asked.output


def test_the_edition_a_trace_names_lies_in_the_workspace_as_a_snapshot(case: Path) -> None:
    build = case.parent / "build"
    told = json.loads(
        vereda("trace", "plot_area@XA-021:2019", "--case", str(case), "--build", str(build), "--json")
    )
    named = next(s for s in told["inputs"] if s["kind"] == "vintage")["locator"].removeprefix("sha256 ")
    kept = build / "two" / "snapshots" / named[:2] / named
    original = case / "vintages" / "made-up-plots" / "2025-01-01.parquet"
    assert kept.read_bytes() == original.read_bytes()
