"""The reviewed files: every fault at once, with its line and what to do."""

import time
from pathlib import Path
from textwrap import dedent

import pytest

from vereda.cooperation import ordinal_gaps, read, scope_figures, superseded, training_figures
from vereda.errors import BadCase
from vereda.terms.cooperation import Register
from vereda.terms.place import Gazetteer, Place

REAL = Path(__file__).parents[2] / "cases" / "us-colombia"

SMALL = {
    "case.yml": """
        id: xa-xb
        title: {en: A and B, es: A y B}
        lead: {en: Two states, es: Dos Estados}
        country: XA
        as_of: 2025-06-30
        datasets: [plots]
        priority_scope: first
        headline: halve
        estimators: {agency: {en: Agency, es: Entidad}}
        """,
    "parties.yml": """
        - {id: XA, name: {en: A, es: A}, kind: state}
        - {id: "NO", name: {en: Norway, es: Noruega}, kind: state}
        """,
    "documents.yml": """
        - {id: D1, publisher: P, title: T, date: 2019/2020, address: "https://example.org", kind: official}
        """,
    "forums.yml": """
        - {id: talks, name: {en: Talks, es: Conversaciones}, parties: [XA, NO], cites: [D1]}
        """,
    "meetings.yml": """
        - {id: M1, forum: talks, ordinal: 1, date: 2019-01, cites: [D1], confidence: high}
        - {id: M4, forum: talks, ordinal: 4, date: 2022, cites: [D1], confidence: low}
        """,
    "instruments.yml": """
        - id: I1
          name: {en: Treaty, es: Tratado}
          kind: treaty
          parties: [XA, NO]
          start: 2019
          content: {en: A text, es: Un texto}
          cites: [D1]
          confidence: high
        - id: I2
          name: {en: Newer, es: Nuevo}
          kind: treaty
          parties: [XA, NO]
          start: 2020
          content: {en: A text, es: Un texto}
          replaces: I1
          cites: [D1]
          confidence: high
        """,
    "commitments.yml": """
        - id: K1
          promise: halve
          instrument: I2
          parties: [XA, NO]
          strength: agrees
          gist: {en: Halve it, es: Reducirlo a la mitad}
          made_on: 2020-01-01
          due: 2024-12-31
          places: [XA-0512]
          target: {rule: times, value: 0.5, unit: ha}
          better: at_most
          baselines: [{series: plots, place: XA, period: 2019, estimator: agency}]
          judged_on: [{series: plots, place: XA, estimator: agency}]
          cites: [D1]
        """,
    "scopes.yml": """
        - id: first
          name: {en: First places, es: Primeros lugares}
          versions: [{since: 2020, places: [XA-0512], cites: [D1]}]
        """,
}
GAZETTEER = Gazetteer.of(
    [
        Place("XA", "A", "country"),
        Place("XA-0512", "Alta Vía", "municipality", "XA"),
        Place("XA-05120", "Baja", "x"),
    ]
)


def write(folder: Path, **changed: str) -> Path:
    for name, text in {**SMALL, **{f"{k}.yml": v for k, v in changed.items()}}.items():
        (folder / name).write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def faults(folder: Path, **known: object) -> list[str]:
    with pytest.raises(BadCase) as caught:
        read(folder, **known)  # type: ignore[arg-type]
    return [str(fault) for fault in caught.value.faults]


def replaced(name: str, old: str, new: str) -> dict[str, str]:
    text = dedent(SMALL[f"{name}.yml"]).lstrip("\n")
    assert old in text
    return {name: text.replace(old, new)}


@pytest.fixture(scope="module")
def real() -> Register:
    return read(REAL)


def test_the_real_case_is_read_whole_and_fast() -> None:
    start = time.perf_counter()
    found = read(REAL)
    assert time.perf_counter() - start < 1
    assert len(found.parties) == 2
    assert len(found.documents) == 159
    assert len(found.meetings) == 21
    assert len(found.instruments) == 15
    assert len(found.metrics) == 20
    assert len(found.commitments) == 17
    assert len(found.trainings) + len(found.memberships) == 42
    assert len(found.memberships) == 8
    assert [scope.id for scope in found.scopes] == ["priority-municipalities", "zonas-futuro", "pdet"]
    assert [conflict.id for conflict in found.conflicts] == [f"X{n:02}" for n in range(1, 21)]


def test_what_is_missing_in_the_real_case_shows(real: Register) -> None:
    gaps = ordinal_gaps(real)
    assert gaps["hlpd"] == (3, 5)
    assert gaps["hlssd"] == (2, 3, 4)
    assert gaps["cnwg"] == (2,)
    assert "hld" not in gaps  # it carries on the count of the older dialogue
    newer = superseded(real)
    assert newer["INS10"] == ("INS12",)
    assert newer["INS01"] == ("INS03",)
    assert newer["MT22-1"] == ("MT24-3",)


def test_no_metric_of_the_real_case_is_published(real: Register) -> None:
    states = [metric.state for metric in real.metrics]
    assert "published" not in states
    assert states.count("not_seen") == 3
    assert states.count("derivable") == 5


def test_scopes_and_training_give_figures(real: Register) -> None:
    counts = {f.period: f.value for f in scope_figures(real, "scope.priority-municipalities")}
    assert counts == {"2021-09": 3, "2024-07": 5}
    assert [f.value for f in scope_figures(real, "scope.zonas-futuro")] == [44, 50]
    assert len(training_figures(real)) == 34


def test_no_sentence_of_the_real_case_is_left_in_one_language(real: Register) -> None:
    for entry in (*real.metrics, *real.commitments, *real.conflicts):
        for name in ("gist", "state_note", "handling"):
            text = getattr(entry, name, None)
            assert text is None or text.en != text.es


def test_a_second_case_of_another_country(tmp_path: Path) -> None:
    found = read(write(tmp_path), GAZETTEER, {"plots"})
    assert found.case.country == "XA"
    assert found.parties[1].id == "NO"  # not a truth value
    assert found.commitments[0].places == ("XA-0512",)
    assert found.commitments[0].target.value == 0.5
    assert found.files["commitment/K1"] == "commitments.yml:1"
    assert found.files["instrument/I2"] == "instruments.yml:9"
    assert ordinal_gaps(found) == {"talks": (2, 3)}
    assert superseded(found) == {"I1": ("I2",)}
    assert found.conflicts == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("parties", "kind: state}\n- ", "kind: state\n- ", "parties.yml:2: YAML cannot be read"),
        ("parties", "kind: state}\n", "kind: state, kind: state}\n", "key `kind` stands twice"),
        (
            "parties",
            'id: "NO"',
            "id: XA",
            "parties.yml:2: party XA: this id is taken by the entry at parties.yml:1",
        ),
        (
            "commitments",
            "promise: halve",
            "promisse: halve",
            "`promisse` is not a key here -> did you mean 'promise'",
        ),
        ("commitments", "promise: halve", "promisse: halve", "`promise` is missing -> add `promise:`"),
        ("commitments", "unit: ha", "units: ha", "`units` is not a key here -> did you mean 'unit'"),
        (
            "commitments",
            "agrees",
            "agree",
            "`strength`: 'agree' is not a value it takes -> did you mean 'agrees'",
        ),
        ("commitments", "cites: [D1]", "cites: D1", "`cites` is not a list -> write [D1]"),
        (
            "commitments",
            "cites: [D1]",
            "cites: [D2]",
            "commitments.yml:14: commitment K1: `cites`: document 'D2'",
        ),
        (
            "commitments",
            "gist: {en: Halve it, es: Reducirlo a la mitad}",
            "gist: Halve it",
            "write {en: ..., es: ...}",
        ),
        ("commitments", ", es: Reducirlo a la mitad", "", "`es` is missing"),
        ("commitments", "instrument: I2", "instrument: I3", "instrument 'I3' is not known"),
        ("commitments", "parties: [XA, NO]", "parties: [XA, SE]", "party 'SE' is not known"),
        ("meetings", "forum: talks", "forum: talk", "forum 'talk' is not known -> did you mean 'talks'"),
        ("meetings", "ordinal: 4", "ordinal: four", "`ordinal`: 'four' is not a number"),
        (
            "commitments",
            "[XA-0512]",
            "[05120]",
            "'05120' is not a place code: the country is missing -> write XA-05120",
        ),
        ("commitments", "[XA-0512]", "[5120]", "and a leading zero is lost -> write XA-05120"),
        ("commitments", "[XA-0512]", "[XA-5120]", "a leading zero is lost -> write XA-05120"),
        (
            "commitments",
            "[XA-0512]",
            "[XA-0521]",
            "'XA-0521' is not a place in the gazetteer -> nearest codes: XA-0512",
        ),
        ("commitments", "[XA-0512]", "[alta via]", "'alta via' is not a place code -> write XA-0512"),
        (
            "commitments",
            "series: plots, place: XA, period",
            "series: plot, place: XA, period",
            "series 'plot'",
        ),
        (
            "commitments",
            "estimator: agency}]\n  cites",
            "estimator: agenci}]\n  cites",
            "did you mean 'agency'",
        ),
        ("commitments", "period: 2019", "period: 2019ish", "'2019ish' is not a period"),
        ("commitments", "due: 2024-12-31", "due: 2024-02-30", "'2024-02-30' is not a period"),
        ("commitments", "value: 0.5, ", "", "the target rule `times` has no `value`"),
        ("commitments", "value: 0.5", "value: 90,000.5", "needs quotes"),
        ("commitments", "value: 0.5", "value: '90,000'", "'90,000' is not a number -> write 90000"),
        ("commitments", "value: 0.5", "value: nan", "'nan' is not a number"),
        ("commitments", "better: at_most\n", "better:\n", "there is no text here"),
        ("commitments", "  better: at_most\n", "", "a target needs its good side"),
        ("instruments", "replaces: I1", "replaces: I2", "`replaces` runs in a ring: I2 -> I2"),
        ("instruments", "replaces: I1", "replaces: I9", "instrument 'I9' is not known"),
        ("case", "headline: halve", "headline: half", "promise 'half' is not known"),
        (
            "case",
            "priority_scope: first",
            "priority_scope: fist",
            "scope 'fist' is not known -> did you mean 'first'",
        ),
        ("documents", "- {", "{", "documents.yml:1: the file is not a list of entries"),
    ],
)
def test_each_kind_of_fault(tmp_path: Path, name: str, old: str, new: str, said: str) -> None:
    write(tmp_path, **replaced(name, old, new))
    found = faults(tmp_path, gazetteer=GAZETTEER, known_series={"plots"})
    assert any(said in fault for fault in found), found


def test_everything_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        **replaced("commitments", "cites: [D1]", "cites: [D7]\n  colour: red"),
        **replaced("meetings", "date: 2022", "date: someday"),
        **replaced("parties", 'id: "NO"', "id: N O"),
        forums="",
        training="- just a sentence\n",
    )
    (tmp_path / "conflicts.yml").write_bytes("- id: X1\n  subject: año\n".encode("latin-1"))
    (tmp_path / "commitment.yml").write_text("[]", encoding="utf-8")
    found = faults(tmp_path)
    for said in (
        "commitment.yml:1: this is not a file of a case -> did you mean 'commitments.yml'",
        "commitments.yml:14: commitment K1: `cites`: document 'D7' is not known",
        "commitments.yml:15: commitment K1: `colour` is not a key here",
        "conflicts.yml:2: the file is not UTF-8",
        "forums.yml:1: the file is empty",
        "meetings.yml:2: meeting M4: `date`: 'someday' is not a period",
        "parties.yml:2: party N O: `id`: 'N O' is not an id",
        "training.yml:1: this is not an entry with keys",
    ):
        assert any(fault.startswith(said) for fault in found), (said, found)
    assert not any(
        "forum 'talks'" in fault for fault in found
    )  # what a broken file holds is not called unknown


def test_a_ring_of_replacements(tmp_path: Path) -> None:
    write(tmp_path, **replaced("instruments", "start: 2019\n", "start: 2019\n  replaces: I2\n"))
    (ring,) = faults(tmp_path)
    assert "I1 -> I2 -> I1" in ring


def test_an_alias_is_refused(tmp_path: Path) -> None:
    text = "- {id: XA, name: &n {en: A, es: A}, kind: state}\n- {id: 'NO', name: *n, kind: state}\n"
    write(tmp_path, parties=text)
    assert any("an anchor is used again" in fault for fault in faults(tmp_path))


def test_without_a_case_file(tmp_path: Path) -> None:
    assert any("there is no case.yml" in fault for fault in faults(tmp_path))
