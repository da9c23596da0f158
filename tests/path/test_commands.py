"""The door: what a person types, and what they read when something is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vereda.cli import main

CASE = str(Path(__file__).resolve().parents[2] / "cases" / "us-colombia")


def vereda(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second, tiny case: another country, sources of its own."""
    into = tmp_path_factory.mktemp("cases")
    result = vereda("init", "aland-beland", "--into", str(into))
    assert result.exit_code == 0, result.output
    return into / "aland-beland"


def test_another_case_runs_at_once(other: Path, built: Path) -> None:
    result = vereda("run", str(other), "--build", str(built))
    assert result.exit_code == 0, result.output
    site = built / "aland-beland" / "site"
    assert (site / "index.html").is_file()
    assert (site / "es" / "index.html").is_file()
    assert "Colombia" not in (site / "index.html").read_text(encoding="utf-8")
    again = vereda("run", str(other), "--build", str(built))
    assert "Nothing changed" in again.output


def test_another_case_is_judged_and_traced(other: Path, built: Path) -> None:
    told = json.loads(vereda("agreed", "--case", str(other), "--build", str(built), "--json").output)
    assert told["promises"][0]["state"] == "met"
    reading = told["promises"][0]["commitments"][0]["readings"][0]
    assert (reading["baseline"]["value"], reading["target"]["value"], reading["actual"]["value"]) == (
        100,
        50,
        40,
    )
    step = json.loads(
        vereda("trace", "plot_area@XA:2023", "--case", str(other), "--build", str(built), "--json").output
    )
    assert step["value"] == 40.0
    assert len([s for s in step["inputs"] if s["kind"] == "observation"]) == 3


@pytest.mark.parametrize("question", ["agreed", "done", "changed"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_three_questions(question: str, lang: str, built: Path) -> None:
    result = vereda(question, "--case", CASE, "--build", str(built), "--lang", lang)
    assert result.exit_code == 0, result.output
    told = json.loads(
        vereda(question, "--case", CASE, "--build", str(built), "--json", "--place", "CO-52835").output
    )
    assert told


def test_as_of_and_between(built: Path) -> None:
    then = json.loads(
        vereda("agreed", "--case", CASE, "--build", str(built), "--as-of", "2018-12-31", "--json").output
    )
    made = {c["entry"]["id"]: c["state"] for p in then["promises"] for c in p["commitments"]}
    assert set(made) == {"C01", "C02", "C03", "C04", "C12", "C15", "C16"}  # the others were not made yet
    assert made["C02"] == "not_yet_due"
    assert then["metrics"] == []
    told = json.loads(
        vereda("changed", "--case", CASE, "--build", str(built), "--between", "2001-2009", "--json").output
    )
    assert told["rises"]["value"] == pytest.approx(18670, abs=0.5)
    assert "trace" in told["rises"]


def test_trace_prints_every_addend(built: Path) -> None:
    out = vereda("trace", "coca_area@CO:2023", "--case", CASE, "--build", str(built)).output
    assert out.count("published cell") == 319
    assert " ".join(out.split()).count("row ") >= 319
    assert "sha256" in out
    assert vereda("trace", "verdict@C02", "--case", CASE, "--build", str(built)).exit_code == 0


def test_check_says_passed_known_gap_and_exits_with_zero() -> None:
    result = vereda("check", "--case", CASE)
    assert result.exit_code == 0
    assert "known gap" in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "nowhere"], "There is no case"),
        (["trace", "coca_area", "--case", CASE], "is not a trace key"),
        (["trace", "coca_area@CO-5120:2020", "--case", CASE], "leading zeros"),
        (["trace", "coca_area@CO-05120:1990", "--case", CASE], "Held there"),
        (["trace", "cocoa_area@CO:2020", "--case", CASE], "neither an indicator nor a series"),
        (["changed", "--place", "CO-99999", "--case", CASE], "is not a place"),
        (["changed", "--between", "1990-2009", "--case", CASE], "Years held"),
        (["agreed", "--as-of", "yesterday", "--case", CASE], "takes a day like"),
        (["verify", "--files", "/nonexistent", "--case", CASE], "is not a folder"),
        (
            ["keep", "odc-simci-coca", "/nonexistent.csv", "--vintage", "2026-02", "--case", CASE],
            "is not a file",
        ),
        (["init", "no/slash"], "cannot name a case"),
    ],
)
def test_what_is_asked_wrong_is_answered_plainly(words: list[str], says: str, built: Path) -> None:
    more = ["--build", str(built)] if words[0] in {"trace", "changed", "agreed"} else []
    result = vereda(*words, *more)
    assert result.exit_code == 1
    assert says in " ".join(result.output.split())


def test_a_typo_in_a_case_is_named_with_its_line_and_nothing_is_lost(other: Path, built: Path) -> None:
    vereda("run", str(other), "--build", str(built))
    page = built / "aland-beland" / "site" / "index.html"
    before = page.read_bytes()
    file = other / "commitments.yml"
    right = file.read_text(encoding="utf-8")
    file.write_text(
        right.replace("promise:", "promse:").replace("period: 2019", "period: twenty"), encoding="utf-8"
    )
    result = vereda("run", str(other), "--build", str(built))
    file.write_text(right, encoding="utf-8")
    assert result.exit_code == 1
    assert "commitments.yml:" in result.output
    assert page.read_bytes() == before


def test_a_damaged_vintage_is_refused(other: Path, built: Path) -> None:
    table = next((other / "vintages" / "made-up-plots").glob("*.parquet"))
    right = table.read_bytes()
    table.write_bytes(right[: len(right) // 2])
    result = vereda("run", str(other), "--build", str(built))
    table.write_bytes(right)
    assert result.exit_code == 1
    assert vereda("run", str(other), "--build", str(built)).exit_code == 0
