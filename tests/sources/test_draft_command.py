"""vereda sources draft: the draft is refused until a person has finished it, and then read like any description."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from draft_measured import measured
from sources_case import FILES, publishers

from vereda import pipeline, sources
from vereda.cli import main
from vereda.errors import BadRequest, BadSource
from vereda.pipeline import drafting, drafting_words, drafting_yaml
from vereda.sources import records
from vereda.sources.profiling import profile
from vereda.terms.place import Gazetteer

#: Lists of places and polygons are no observations; two files are read by code, and the Stata panel takes ten seconds.
LEFT_OUT = {
    "dane-divipola",
    "dane-adjacency",
    "dane-mgn-geometry",
    "dane-mgn-departments",
    "upra-eva-crops",
    "vipaa-armed-actors",
    "cede-conflict-panel",
}
#: Where a draft says otherwise than the description, and why that is no error.
EXPLAINED = {
    ("us-foreign-assistance", "place.column"): "the name of the country where the description reads its code",
    ("us-foreign-assistance", "column not read"): "the same",
    (
        "ponal-crime-departments",
        "covers.years",
    ): "the file holds part of 2026, whose rows the description leaves out",
    ("ponal-crime-national", "covers.years"): "the same",
    ("cede-context-panel", "covers.years"): "the same, of 2015",
    (
        "aiddata-aims-projects",
        "place.column",
    ): "a column that says Colombia in every row, where the description says it once",
    ("aiddata-aims-projects", "column not read"): "the same",
}
PLOTS = "code,name,year,hectares,share\n" + "".join(
    f"{code},{name},{year},{value},n.d.\n".replace("n.d.", "n.d." if year == 2022 else f"{value / 10:.2f}")
    for code, name, at in (
        ("011", "North Field", 60.5),
        ("012", "North Hill", 30.25),
        ("021", "South Field", 10.5),
    )
    for year, value in ((2021, at), (2022, at + 1))
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of made-up places."""
    return pipeline.init("made-up", tmp_path_factory.mktemp("cases"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plots 2022.csv"
    path.write_text(PLOTS, encoding="utf-8")
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["sources", "draft", *words])


def finished(draft: str, **answers: str) -> str:
    """A draft whose marks are replaced as a person would."""
    answers = {
        "title": "Plots", "publisher": "An office", "address": "https://example.org", "licence": "none stated",
        "terms": "open", "obtained": "made for a test", "vintage": "2023", "estimator": "made-up-agency",
        "unit": "ha", "name": "Plots standing", "places": "all", "means": "missing", "why": "a list", **answers,
    }  # fmt: skip
    for key, said in answers.items():
        draft = re.sub(rf"(?m)^(\s*){key}: FILL-IN$", rf"\g<1>{key}: {said}", draft)
    return draft.replace("FILL-IN: [", "none: [")


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_finished_draft_is_kept(case: Path, file: Path, tmp_path: Path, lang: str) -> None:
    """Drafted, refused with file and line, finished, kept: the figures are those of the file."""
    name = f"plots-{lang}"
    done = run(str(file), "--case", str(case), "--out", str(case / "sources"), "--name", name, "--lang", lang)
    assert done.exit_code == 0, done.output
    written = case / "sources" / name.replace("-", "_") / "source.yml"
    line = written.read_text(encoding="utf-8").splitlines().index("title: FILL-IN") + 1
    with pytest.raises(BadSource, match=rf"plots_{lang}/source.yml:{line}: 'title' is left to fill in"):
        pipeline.keep(case, name, file, "2023")
    text = finished(written.read_text(encoding="utf-8"))
    assert "FILL-IN" not in "\n".join(row for row in text.splitlines() if not row.lstrip().startswith("#"))
    written.write_text(text.replace("series: hectares", "series: plots_b").replace("  hectares:", "  plots_b:", 2)
                       .replace("plots_b: {series", "hectares: {series"), encoding="utf-8")  # fmt: skip
    assert "9 rows" in pipeline.keep(case, name, file, "2023", "2023-05-01")
    table = sources.read(sources.describe(name, case / "sources"), file, pipeline.Study(case).gazetteer)
    hectares = table.filter([s == "plots_b" for s in table["series"].to_pylist()])
    assert sum(hectares["value"].to_pylist()) == 2 * (60.5 + 30.25 + 10.5) + 3
    assert table["place"].to_pylist()[0] == "XA-011"


def test_the_finished_draft_of_the_coca_table_adds_up_to_the_published_total(
    tmp_path: Path, colombia: Gazetteer
) -> None:
    """142,784 ha in 2020 (UNODC, Monitoreo 2024); read cell by cell the same file gives 123,170."""
    file = publishers("odc-simci-coca")
    path = tmp_path / "coca" / "source.yml"
    path.parent.mkdir()
    text = drafting_yaml.draft(profile(file, colombia), file.name, "0" * 64)
    path.write_text(finished(text.replace("  FILL-IN:", "  plots:")), encoding="utf-8")
    table = sources.read(sources.load(path), file, colombia)
    of_2020 = table.filter([period == "2020" for period in table["period"].to_pylist()])
    assert sum(of_2020["value"].to_pylist()) == pytest.approx(142_784, abs=1)


def test_the_wrong_codes_of_a_list_stand_out(colombia: Gazetteer) -> None:
    """The list as found has five codes of other municipalities (SOURCE.md of the corrected one); two fell on one code."""
    file = publishers("pdet").with_name("pdet_list_as_found_with_5_code_errors.csv")
    found = profile(file, colombia)
    assert {name for names in found.place.known_as.values() for name in names} == {
        "Buenos Aires", "Murindó", "Vigía del Fuerte", "Algeciras", "Puerto Libertador"
    }  # fmt: skip


def test_every_line_left_is_named_at_once(case: Path, file: Path, tmp_path: Path) -> None:
    drafting.draft(file, case, "plots", tmp_path)
    text = (tmp_path / "plots" / "source.yml").read_text(encoding="utf-8")
    left, always = drafting.open_lines(text)
    with pytest.raises(BadSource) as refused:
        sources.load(tmp_path / "plots" / "source.yml")
    assert str(refused.value).count("is left to fill in") == left
    assert always == len(drafting.ALWAYS)


def test_a_marked_key_is_refused_as_a_marked_value_is(tmp_path: Path) -> None:
    path = tmp_path / "made" / "source.yml"
    path.parent.mkdir()
    path.write_text(
        'numbers:\n  default: {decimal: ".", FILL-IN: ["-"]}\nignore:\n  a: &rest FILL-IN\n  b: *rest\n',
        encoding="utf-8",
    )
    with pytest.raises(BadSource) as refused:
        sources.load(path)
    assert "made/source.yml:2: 'numbers.default.FILL-IN' is left to fill in." in str(refused.value)
    assert str(refused.value).count("is left to fill in") == 2  # an alias is its anchor's line


def test_nothing_is_written_without_out_and_nothing_overwritten(
    case: Path, file: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert "Nothing was written" in run(str(file), "--case", str(case)).output
    assert sorted(tmp_path.rglob("*")) == before
    drafting.draft(file, case, "plots", tmp_path)
    with pytest.raises(BadRequest, match="is not overwritten"):
        drafting.draft(file, case, "plots", tmp_path)


def test_a_name_that_names_no_dataset_is_refused(case: Path, file: Path) -> None:
    for name in ("../../etc", "Plots", "a_b", ""):
        with pytest.raises(BadRequest, match="cannot name a dataset"):
            drafting.draft(file, case, name)


def test_json_holds_proposals_evidence_and_draft(case: Path, file: Path) -> None:
    said = json.loads(run(str(file), "--case", str(case), "--json").output)
    assert said["dataset"] == "plots-2022"
    assert said["proposed"]["place.column"]["value"] == "code"
    assert said["proposed"]["place.column"]["because"][0].startswith("3 of 3 different codes")
    assert said["rows"] == said["profiled"] == 6
    assert said["draft"].startswith("# Drafted by")


def test_the_report_is_in_both_languages(case: Path, file: Path) -> None:
    english, spanish = (run(str(file), "--case", str(case), "--lang", lang).output for lang in ("en", "es"))
    assert "What the file decides" in english
    assert "Lo que decide el archivo" in spanish
    assert "FILL-IN" not in spanish.split("Quedan")[0].split("Columnas")[1]


def test_every_sentence_is_there_in_both_languages_with_the_same_holes() -> None:
    for name, (english, spanish) in {**drafting_words.SEEN, **drafting_words.WORDS}.items():
        holes = [set(re.findall(r"(?<!\{)\{(\w+)", said)) for said in (english, spanish)]
        assert holes[0] == holes[1], name


def test_every_note_of_the_profiler_has_its_sentence() -> None:
    room = Path(sources.__file__).parent / "profiling"
    said = {
        name
        for path in room.glob("*.py")
        for name in re.findall(r'\bnote\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert said
    assert said - set(drafting_words.SEEN) == set()


def test_json_and_xml_are_read_with_their_record(described, csv_file) -> None:  # type: ignore[no-untyped-def]
    said = {
        "layout": "long",
        "period": "{column: year}",
        "values": "{n: {series: coca_area}}",
        "numbers": '{default: {decimal: ",", none: ["9999"]}}',
    }
    d = described(table="json", rows_at="data", **said)
    path = csv_file(
        '{"data": [{"code": "05001", "year": 2019, "n": "1,5"}, {"code": "05002", "year": 2020, "n": 9999}]}'
    )
    table = sources.read(d, path)
    assert table.select(["place", "period", "value", "row"]).to_pylist() == [
        {"place": "CO-05001", "period": "2019", "value": 1.5, "row": 1}
    ]
    d = described(table="xml", rows_at="r", **said)
    path = csv_file(
        "<a><r><code>05001</code><year>2019</year><n>2,5</n></r><r><code>05002</code><year>2020</year><n>0</n></r></a>"
    )
    assert sources.read(d, path)["value"].to_pylist() == [2.5, 0.0]
    with pytest.raises(BadSource, match="has no rows called 'row'"):
        records.read("xml", path, "row")
    with pytest.raises(BadSource, match="rows_at says where the rows of a JSON or XML file stand"):
        described(rows_at="data")


@pytest.mark.parametrize("dataset", sorted(set(FILES) - LEFT_OUT))
def test_a_draft_says_nothing_else_than_the_description(dataset: str, colombia: Gazetteer) -> None:
    """Key by key: what a draft decides is what a person decided, but for the differences that are explained."""
    said = measured(sources.describe(dataset), publishers(dataset), colombia)
    otherwise = {(dataset, key): what for key, state, what in said if state == "otherwise"}
    assert set(otherwise) == {key for key in EXPLAINED if key[0] == dataset}, otherwise
    assert sum(1 for _, state, _ in said if state == "right") >= 7
