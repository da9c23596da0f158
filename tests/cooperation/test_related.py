"""Statements, relations and theory: spans stand in the texts, and what points nowhere is refused with its line."""

from hashlib import sha256
from pathlib import Path

import pytest

from vereda.cooperation import coverage, read
from vereda.errors import BadCase
from vereda.statements import digest
from vereda.statements import read as read_statement
from vereda.terms.entry import Entry
from vereda.terms.relation import Act, Passage

ROOT = Path(__file__).parents[2]
REAL = ROOT / "cases" / "us-colombia"
FOUNDING = ROOT.parent / "shared" / "statements"

CASE = {
    "case.yml": "{id: a-b, title: {en: T, es: T}, lead: {en: L, es: L}, country: XA, as_of: 2025-06-30, datasets: []}",
    "parties.yml": "- {id: XA, name: {en: A, es: A}, kind: state}",
    "documents.yml": '- {id: D1, publisher: P, title: T, date: "2019", address: "https://example.org", kind: official}',
    "statements.yml": """\
- {id: s1, title: {en: T, es: T}, sha256: HASH, length: 100, cites: [D1]}
- {id: s1.01, names: threat, gist: {en: G, es: G}, span: {said_in: s1, chars: [5, 9], quote: "0123456789abcdef"}, left_out: {en: R, es: R}}
""".replace("HASH", "0" * 64),
    "theory.yml": """\
- {id: one, layer: intervention, name: {en: N, es: N}}
- {id: two, layer: output, name: {en: N, es: N}}
- {id: three, layer: outcome, name: {en: N, es: N}}
- {id: four, layer: outcome, name: {en: N, es: N}}
- {id: e1, cause: one, effect: two, assumption: {en: A, es: A}}
""",
    "relations.yml": """\
- {id: l1, relation: supersedes, newer: node/one, older: node/two, gist: {en: G, es: G}}
""",
}


def written(folder: Path, **changed: str) -> Path:
    files = CASE | {f"{name}.yml": text for name, text in changed.items()}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_small_case_is_read(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    assert [c.counts[0].left_out for c in coverage(found)] == [1]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("statements", "[5, 9]", "[5, 101]", "statements.yml:2: mention s1.01: `chars`: 5 to 101"),
        ("statements", "[5, 9]", "[9, 9]", "statements.yml:2"),
        ("statements", "said_in: s1,", "said_in: s2,", "statements.yml:2: mention s1.01: `said_in`: text 's2'"),
        ("statements", "left_out: {en: R, es: R}", "vocabulary: threats.none", "'threats.none' is not in the vocabulary"),
        ("statements", "left_out: {en: R, es: R}", "entry: forum/none", "'forum/none' is no entry of this case"),
        ("statements", ", left_out: {en: R, es: R}", "", "exactly one of"),
        ("theory", "effect: two", "effect: nowhere", "theory.yml:5: edge e1: `effect`: node 'nowhere' is not known"),
        ("theory", "effect: two", "effect: three", "theory.yml:5: edge e1: the edge runs from intervention to outcome"),
        ("relations", "older: node/two", "older: node/none", "relations.yml:1: link l1: `older`"),
        ("relations", "supersedes", "replaces", "relations.yml:1"),
    ],
)  # fmt: skip
def test_what_points_nowhere_is_refused_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    assert old in CASE[f"{file}.yml"]
    with pytest.raises(BadCase) as error:
        read(written(tmp_path, **{file: CASE[f"{file}.yml"].replace(old, new)}))
    assert said in str(error.value)


def test_a_succession_in_a_ring_is_refused(tmp_path: Path) -> None:
    back = "- {id: l2, relation: supersedes, newer: node/two, older: node/one, gist: {en: G, es: G}}\n"
    with pytest.raises(BadCase, match=r"relations.yml:2: link l2: this closes a ring"):
        read(written(tmp_path, relations=CASE["relations.yml"] + back))


def test_causes_in_a_ring_are_refused(tmp_path: Path) -> None:
    ring = "".join(
        f"- {{id: r{a}, cause: {a}, effect: {b}, assumption: {{en: A, es: A}}}}\n"
        for a, b in (("three", "four"), ("four", "three"))
    )
    with pytest.raises(BadCase, match=r"theory.yml:7: edge rfour: this closes a ring"):
        read(written(tmp_path, theory=CASE["theory.yml"] + ring))


def test_the_table_is_complete() -> None:
    register = read(REAL)
    found = coverage(register)
    assert len(found) == 5
    assert sum(c.named for one in found for c in one.counts) == len(register.mentions) > 90
    for count in (c for one in found for c in one.counts):
        assert count.in_register + count.in_vocabulary + count.left_out == count.named
    assert {m.names for m in register.mentions} >= {
        "pillar",
        "area",
        "forum",
        "instrument",
        "threat",
        "measure",
    }


def passages(entry: object) -> list[Passage]:
    if isinstance(entry, Passage):
        return [entry]
    if isinstance(entry, tuple):
        return [p for part in entry for p in passages(part)]
    return [p for name in type(entry).model_fields for p in passages(getattr(entry, name))] if isinstance(entry, Entry) else []  # fmt: skip


@pytest.mark.shared
def test_every_passage_stands_in_its_statement() -> None:
    if not FOUNDING.is_dir():
        pytest.skip("the founding statements are not here, so their passages cannot be looked up")
    register = read(REAL)
    files = {sha256(p.read_bytes()).hexdigest(): p for p in FOUNDING.glob("*.txt")}
    texts = {
        s.id: read_statement(files[s.sha256].name, files[s.sha256].read_bytes()).text for s in register.texts
    }
    assert all(len(texts[s.id]) == s.length for s in register.texts)
    found = passages((register.mentions, register.links, register.contrasts, register.acts))
    assert len(found) > 110
    wrong = [p for p in found if digest(texts[p.said_in][slice(*p.chars)]) != p.quote]
    assert not wrong


def test_no_point_of_the_timeline_lies_after_the_day_of_the_case() -> None:
    register = read(REAL)
    assert all((a.date or "") <= register.case.as_of for a in register.acts)
    assert isinstance(register.acts[0], Act)
