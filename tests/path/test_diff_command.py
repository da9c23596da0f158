"""vereda diff and vereda check --all: what a person types, and what they read."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from vereda.cli import main
from vereda.pipeline.revising import few_as_ranges
from vereda.pipeline.revision_words import WORDS
from vereda.sources.editions import SCHEMAS
from vereda.sources.noticed import KINDS
from vereda.sources.revision import LIST_KEYS

CASE = str(Path(__file__).resolve().parents[2] / "cases" / "us-colombia")


def vereda(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def case(tmp_path: Path) -> Path:
    assert vereda("init", "two", "--into", str(tmp_path)).exit_code == 0
    return tmp_path / "two"


def edition(case: Path, name: str, *changes: tuple[str, str]) -> Path:
    """The made-up table with some of its lines written otherwise."""
    text = (case / "files" / "plots.csv").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = case.parent / name
    file.write_text(text, encoding="utf-8")
    return file


MOVED = (("011,North Field,60.0", "011,North Field,50.0"), ("021,South Field,10.0", "021,South Field,20.0"))


def test_few_people_are_a_range_in_both_editions() -> None:
    """One or two dead in a municipality are 1-4 here as everywhere; a larger count, and hectares, are told."""
    unit = ["deaths", "deaths", "ha", "deaths"]
    cells = {
        "place": ["XA-1", "XA-1", "XA-1", "XA"],
        "before": [2.0, 7.0, 2.0, 2.0],
        "after": [3.0, 4.0, 3.0, 3.0],
    }
    for side in ("before", "after"):
        cells |= {f"unit_{side}": unit, f"low_{side}": [None] * 4, f"high_{side}": [None] * 4, f"status_{side}": ["observed"] * 4}  # fmt: skip
    made = {
        k: pa.array(v, pa.float64()) if k.startswith(("low", "high")) else pa.array(v)
        for k, v in cells.items()
    }
    told = few_as_ranges(pa.table(made), ["XA-1"])
    assert told["before"].to_pylist() == [None, 7.0, 2.0, 2.0]
    assert told["after"].to_pylist() == [None, None, 3.0, 3.0]
    assert [told[f"{end}_after"].to_pylist() for end in ("low", "high")] == [
        [1.0, 1.0, None, None],
        [4.0, 4.0, None, None],
    ]
    assert told["status_after"].to_pylist() == ["few", "few", "observed", "observed"]


@pytest.mark.parametrize(("lang", "words"), [("en", "A reallocation"), ("es", "Una reasignación")])
def test_two_vintages_with_one_total(case: Path, lang: str, words: str) -> None:
    file = edition(case, "newer.csv", *MOVED)
    assert (
        vereda("keep", "made-up-plots", str(file), "--vintage", "2025-06", "--case", str(case)).exit_code == 0
    )
    told = vereda(
        "diff", "made-up-plots", "2025-01-01", "2025-06", "--case", str(case), "--lang", lang
    ).output
    assert words in told
    assert "North Field (XA-011)" in told
    said = json.loads(
        vereda("diff", "made-up-plots", "2025-01-01", "2025-06", "--case", str(case), "--json").output
    )
    assert {k: v for k, v in said["cells"].items() if v and k != "same"} == {"changed": 2}
    (notice,) = said["noticed"]
    assert (notice["kind"], notice["moved"], notice["cells"]) == ("reallocated", 10.0, 2)
    assert {(c["place"], c["before"], c["after"]) for c in said["differences"]} == {
        ("XA-011", 60.0, 50.0),
        ("XA-021", 10.0, 20.0),
    }
    assert all(c["row_before"] and c["col_after"] for c in said["differences"])


def test_a_vintage_against_a_file_that_does_not_reconcile(case: Path) -> None:
    """It can be compared before it is kept; what does not add up is said first."""
    file = edition(case, "wrong.csv", ("021,South Field,10.0", "021,South Field,99.0"))
    told = vereda("diff", "made-up-plots", "2025-01-01", str(file), "--case", str(case))
    assert told.exit_code == 0
    assert "wrong.csv does not reconcile" in told.output
    assert "10 ha" in told.output
    assert "99 ha" in told.output
    spanish = vereda(
        "diff", "made-up-plots", "2025-01-01", str(file), "--case", str(case), "--lang", "es"
    ).output
    assert "wrong.csv no concilia" in spanish
    assert "suma de los lugares" in spanish


def test_an_edition_against_itself(case: Path) -> None:
    told = vereda(
        "diff", "made-up-plots", "2025-01-01", str(case / "files" / "plots.csv"), "--case", str(case)
    ).output
    assert "No cell differs." in told
    places = vereda(
        "diff", "made-up-places", "2025-01-01", "2025-01-01", "--case", str(case), "--lang", "es"
    ).output
    assert "Ninguna celda difiere." in places


def test_a_list_of_places_against_a_file(case: Path) -> None:
    text = (case / "files" / "places.csv").read_text(encoding="utf-8")
    file = case.parent / "places.csv"
    file.write_text(text.replace("North Field", "Northern Field"), encoding="utf-8")
    told = json.loads(
        vereda("diff", "made-up-places", "2025-01-01", str(file), "--case", str(case), "--json").output
    )
    assert told["entries"] == {"appeared": 0, "gone": 0, "changed": 1}
    assert (told["differences"][0]["column"], told["differences"][0]["after"]) == ("name", "Northern Field")
    shown = vereda(
        "diff", "made-up-places", "2025-01-01", str(file), "--case", str(case), "--lang", "es"
    ).output
    assert "nombre" in shown


def test_a_definition_that_changed_alone(case: Path) -> None:
    sidecar = case / "vintages" / "made-up-plots" / "2025-01-01.yml"
    text = sidecar.read_text(encoding="utf-8")
    assert "title: " in text
    old = "\n".join(
        "title: Plots as counted before" if line.startswith("title: ") else line for line in text.split("\n")
    )
    sidecar.write_text(old, encoding="utf-8")
    told = vereda(
        "diff", "made-up-plots", "2025-01-01", str(case / "files" / "plots.csv"), "--case", str(case)
    ).output
    assert "“Plots as counted before” became" in told
    assert "while no figure in both" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("made-up-plots", "2025-01-01", "2019"),
            "neither a vintage of made-up-plots nor a file. Vintages held: 2025-01-01",
        ),
        (("no-such-thing", "2019", "2020"), "is no dataset of this case"),
    ],
)
def test_what_cannot_be_compared(case: Path, words: tuple[str, ...], said: str) -> None:
    result = vereda("diff", *words, "--case", str(case))
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


def test_polygons_and_what_is_not_held() -> None:
    polygons = vereda("diff", "dane-mgn-geometry", "2018", "2019", "--case", CASE)
    assert (polygons.exit_code, "polygons" in polygons.output) == (1, True)
    waiting = vereda("diff", "cede-eradication", "2020", "2022", "--case", CASE)
    assert (waiting.exit_code, "has no vintage yet" in waiting.output) == (1, True)


def test_every_column_of_a_list_has_its_word() -> None:
    columns = {
        name for kind, key in LIST_KEYS.items() for name in SCHEMAS[kind].names if name not in (*key, "row")
    }
    assert columns <= {*WORDS}


def test_every_kind_of_notice_has_its_sentence_in_both_languages() -> None:
    assert {*KINDS} <= {*WORDS}
    for english, spanish in WORDS.values():
        assert sorted(part.split("}")[0] for part in english.split("{")[1:]) == sorted(
            part.split("}")[0] for part in spanish.split("{")[1:]
        )
        assert english
        assert spanish


# ---- check --all ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "words"), [("en", "signs of a cut"), ("es", "señales de un corte")])
def test_one_line_a_source(lang: str, words: str) -> None:
    result = vereda("check", "--all", "--case", CASE, "--lang", lang)
    assert result.exit_code == 0, result.output
    assert words in result.output
    for dataset in ("odc-simci-coca", "dane-divipola", "us-cbj-accounts"):
        assert sum(line.startswith(f"{dataset} ") for line in result.output.splitlines()) >= 1
    assert "cede-eradication" in result.output  # waiting
    assert "2001–2023" in result.output


def test_the_same_as_json_with_what_the_rules_found() -> None:
    cards = {
        card["dataset"]: card
        for card in json.loads(vereda("check", "--all", "--case", CASE, "--json").output)
    }
    coca = cards["odc-simci-coca"]
    assert (coca["vintage"]["rows"], coca["years"]) == (7337, "2001-2023")
    assert [sign["rule"] for sign in coca["signs"]] == [
        "bounds", "codes", "names", "jumps", "breaks", "truncation", "revisions"]  # fmt: skip
    (jumps,) = [s for s in coca["signs"] if s["rule"] == "jumps"]
    assert (jumps["many"], jumps["seen"][0]["place"], jumps["seen"][0]["before"]) == (2, "CO-19050", 121.0)
    assert cards["cede-eradication"]["signs"] == []
    plain = json.loads(vereda("check", "--case", CASE, "--json").output)
    assert all(card["signs"] == [] for card in plain), "the short check asks no rule"


def test_a_revision_shows_in_the_table(case: Path) -> None:
    file = edition(case, "newer.csv", *MOVED)
    vereda("keep", "made-up-plots", str(file), "--vintage", "2025-06", "--case", str(case))
    cards = {
        card["dataset"]: card
        for card in json.loads(vereda("check", "--all", "--case", str(case), "--json").output)
    }
    (revised,) = [s for s in cards["made-up-plots"]["signs"] if s["rule"] == "revisions"]
    assert (revised["state"], revised["many"]) == ("found", 2)


def test_a_sign_declared_a_failure_keeps_an_edition_out(case: Path) -> None:
    """Without the declaration the same file is kept, and the jump is information."""
    file = edition(case, "jumped.csv", ("60.0,55.5,40.0", "60.0,0.5,40.0"))
    keep = ("keep", "made-up-plots", str(file), "--vintage", "2025-06", "--case", str(case))
    described = case / "sources" / "made-up-plots" / "source.yml"
    text = described.read_text(encoding="utf-8")
    assert "expect:\n" in text
    described.write_text(text.replace("expect:\n", "expect:\n  failing: [jumps]\n"), encoding="utf-8")
    refused = vereda(*keep)
    assert (refused.exit_code, "no sign of jumps: found 2.0, expected 0.0" in refused.output) == (1, True)
    described.write_text(text, encoding="utf-8")
    assert vereda(*keep).exit_code == 0
    told = vereda("check", "--all", "--case", str(case))
    assert (told.exit_code, "North Field, 2020: 60 → 0.50 ha" in told.output) == (0, True)
