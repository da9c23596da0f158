"""A second case by configuration alone: its descriptions and register, and the engine that names neither country."""

import html
import json
import re
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest
from click.testing import CliRunner, Result

from vereda import sources
from vereda.cli import main
from vereda.errors import DuplicateKey
from vereda.pipeline import Study

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "cases" / "us-peru"
DISTRICTS = ROOT.parent / "shared/data/peru/coca-district-year/district_year_2001_2020.csv.gz"


def vereda(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case as committed, without what somebody built locally."""
    folder = tmp_path_factory.mktemp("cases") / "us-peru"
    shutil.copytree(CASE, folder, ignore=shutil.ignore_patterns("local"))
    return folder


@pytest.fixture(scope="module")
def build(case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, by the command that builds the first case."""
    folder = tmp_path_factory.mktemp("build")
    result = vereda("run", str(case), "--build", str(folder))
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def study(case: Path) -> Study:
    return Study(case)


def read(build: Path, page: str) -> str:
    """The words of a page, as a reader sees them."""
    text = (build / "us-peru" / "site" / page).read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_it_is_small_and_made_of_descriptions() -> None:
    files = [p for p in CASE.rglob("*") if p.is_file() and "local" not in p.parts]
    assert sum(p.stat().st_size for p in files) < 3_000_000
    assert {p.suffix for p in files} <= {".yml", ".parquet"}


def test_what_is_committed_is_open(study: Study) -> None:
    for name, described in study.descriptions.items():
        if (CASE / "vintages" / name).is_dir():
            assert described.terms == "open", name
    assert study.descriptions["cgiar-coca-districts"].terms == "not stated"
    assert not (CASE / "vintages" / "cgiar-coca-districts").exists()


PUBLISHED = {2018: 54134, 2019: 54655, 2020: 61777, 2021: 80681, 2022: 95008, 2023: 92784, 2024: 89755}


@pytest.mark.parametrize(("dataset", "places"), [("devida-coca-departments", 13), ("devida-coca-zones", 24)])
def test_departments_and_zones_add_up_to_what_was_published(study: Study, dataset: str, places: int) -> None:
    """DEVIDA's yearly totals; both tables are within two hectares of them."""
    table = study.batches[dataset].observations
    assert pc.count_distinct(table["place"]).as_py() == places
    sums = table.group_by("period").aggregate([("value", "sum")]).to_pylist()
    found = {int(row["period"]): row["value_sum"] for row in sums}
    assert all(abs(found[year] - total) <= 2 for year, total in PUBLISHED.items())
    assert not [c for c in study.checks[dataset] if c.state == "failed"]


def test_more_zones_every_year_are_no_rise_of_the_same_place(study: Study) -> None:
    """14 zones to 2020 and 19 in 2021, as DEVIDA says itself; a zone without a figure is not zero."""
    table = study.batches["devida-coca-zones"].observations
    zones = {
        r["period"]: r["place_count"]
        for r in table.group_by("period").aggregate([("place", "count")]).to_pylist()
    }
    assert [zones[str(year)] for year in range(2018, 2025)] == [14, 14, 14, 19, 20, 21, 24]
    assert study.descriptions["devida-coca-zones"].absent.means == "missing"
    assert any(b.since == "2021" and b.estimator == "devida-pe" for b in study.register.case.breaks)


def test_what_does_not_reconcile_is_listed_with_its_reason(study: Study) -> None:
    gaps = {(n, c.name) for n, checks in study.checks.items() for c in checks if c.state == "known gap"}
    assert gaps == {
        ("devida-coca-departments", "coca_area 2017: sum over places"),
        ("ec-homicides", "homicides 2023: sum over places"),
        ("ec-homicides", "homicides 2024: sum over places"),
    }


def test_the_site_speaks_of_districts_and_departments(build: Path) -> None:
    for page in ("index", "concentration", "places/index", "done", "changed", "indicators/coca_area"):
        assert "municip" not in read(build, f"{page}.html").lower(), page
        assert "municip" not in read(build, f"es/{page}.html").lower(), page
    assert "Share of the ten largest districts" in read(build, "concentration.html")
    assert "diez distritos mayores" in read(build, "es/concentration.html")


def test_what_the_case_lacks_is_said_and_not_shown_empty(build: Path) -> None:
    for page in ("index.html", "agreed.html"):
        assert "No agreement has been entered for this case yet, so nothing is judged." in read(build, page)
    assert "todavía no se ha registrado ningún acuerdo" in read(build, "es/agreed.html")
    assert "No agreed metric has been entered" in read(build, "metrics.html")
    assert "What was promised, and what came of it" not in read(build, "index.html")
    site = build / "us-peru" / "site"
    assert not (site / "because.html").exists()
    assert not (site / "production.html").exists()
    assert "neither map nor table by district" in read(build, "places/index.html")
    assert "dashed line" not in read(build, "index.html")  # nobody chose these places


def test_shares_come_from_one_estimator_and_add_up(build: Path) -> None:
    """Thirteen departments in every year; the district table, of another estimator, is in none of them."""
    told = json.loads(vereda("changed", "--case", str(CASE), "--build", str(build), "--json").output)[
        "concentration"
    ]
    assert len(told["shares"]) == 13
    assert [f["period"] for f in told["hhi"]] == [str(year) for year in range(2017, 2025)]
    for at in range(8):
        assert sum(line[at]["value"] for line in told["shares"].values()) == pytest.approx(100)
    assert told["top"] == []
    assert [f["breaks"] for f in told["hhi"]] == [False] * 4 + [True] + [False] * 3


def test_a_share_walks_back_to_its_cells(build: Path) -> None:
    """Loreto 2024: 12,409 of 89,754 hectares, row 65 of the publisher's table."""
    key = "coca_share@PE-16:2024"
    step = json.loads(vereda("trace", key, "--case", str(CASE), "--build", str(build), "--json").output)
    assert step["value"] == pytest.approx(100 * 12409 / 89754)
    first, *parts = step["inputs"]
    assert (first["kind"], first["value"], first["locator"]) == (
        "observation",
        12409.0,
        "row 65, column coca_ha",
    )
    assert len(parts) == 13
    assert sum(part["value"] for part in parts) == 89754
    assert (build / "us-peru/site/places/PE-16.html").is_file()


def test_a_sum_names_its_districts(build: Path) -> None:
    """Forest lost in 2020: 203,269 ha in 411 districts; MINAM printed 203,272."""
    trace = ["trace", "forest_loss@PE:2020", "--case", str(CASE), "--build", str(build)]
    step = json.loads(vereda(*trace, "--json").output)
    assert (
        step["locator"] == "sum of 411 districts; not all places: 411/412"
    )  # Santillana is not in the table
    assert step["value"] == pytest.approx(203269.23)
    assert "411 distritos" in vereda(*trace, "--lang", "es").output


def test_across_the_border_stands_beside_and_in_no_sum(build: Path) -> None:
    page = read(build, "concentration.html")
    assert "They are in no sum and no share above" in page
    assert "Colombia Coca cultivation" in page
    assert "In another country: counted by others" in read(build, "places/EC-07.html")
    assert "En otro país: lo cuentan otros" in read(build, "es/places/EC-07.html")
    step = json.loads(
        vereda("trace", "homicides@EC-07:2023", "--case", str(CASE), "--build", str(build), "--json").output
    )
    assert step["value"] == 566
    assert "cantons" in step["locator"]
    flows = json.loads(
        vereda("trace", "coca_net@PE:2023-2024", "--case", str(CASE), "--build", str(build), "--json").output
    )
    assert flows["value"] == 89754 - 92784


def test_a_victim_without_a_canton_is_in_no_sum(study: Study) -> None:
    table = study.batches["ec-homicides"].observations
    nowhere = table.filter(pc.equal(table["place"], "EC-NN"))
    assert pc.sum(nowhere["value"]).as_py() == 21
    assert study.gazetteer.get("EC-NN").level == "unassigned"
    assert "EC-NN" not in study.gazetteer.municipalities("EC")


def test_its_headline_values_are_as_expected(build: Path) -> None:
    expected = ROOT / "tests" / "expected" / "us-peru.json"
    result = vereda("headline", "--case", str(CASE), "--build", str(build), "--expect", str(expected))
    assert result.exit_code == 0, result.output


def test_every_question_answers(build: Path) -> None:
    for words in (["agreed"], ["done"], ["changed", "--place", "PE-16"], ["evaluate"], ["check", "--all"]):
        where = ["--case", str(CASE)] + ([] if words[0] == "check" else ["--build", str(build)])
        for lang in ("en", "es"):
            result = vereda(*words, *where, "--lang", lang)
            assert result.exit_code == 0, result.output


def test_a_figure_keeps_the_vintage_it_was_printed_in(study: Study) -> None:
    """An edition that names the vintage of each row is kept with these, not with its own name for all."""
    table = study.batches["peru-published-figures"].observations
    mine = table.filter((pc.field("period") == "2009") & (pc.field("estimator") == "unodc-devida"))
    assert mine["vintage"].to_pylist() == ["2011"]
    assert pc.count_distinct(table["vintage"]).as_py() > 5


def test_every_edition_is_what_the_publishers_files_say(case: Path) -> None:
    if not DISTRICTS.exists():
        pytest.skip("the publishers' files are not beside the repository")
    result = vereda("verify", "--case", str(case), "--files", str(ROOT.parent / "shared" / "data"))
    assert result.exit_code == 0, result.output
    assert result.output.count("agrees") == len(list((CASE / "vintages").iterdir()))


# ---- with the district table, whose terms are not stated -------------------------------------------------------


@pytest.fixture(scope="module")
def local(case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case of somebody who has the file."""
    if not DISTRICTS.exists():
        pytest.skip(f"the publisher's file {DISTRICTS.name} is not beside the repository")
    folder = tmp_path_factory.mktemp("local") / "us-peru"
    shutil.copytree(case, folder)
    words = ["keep", "cgiar-coca-districts", str(DISTRICTS), "--vintage", "2022", "--read-on", "2026-11-22"]
    result = vereda(*words, "--case", str(folder))
    assert result.exit_code == 0, result.output
    return folder


def test_the_districts_stay_apart_from_the_country(local: Path, tmp_path: Path) -> None:
    """60,328 of 61,777 ha in 2020: the difference is listed, and the printed total stays the country's figure."""
    study = Study(local)
    checks = {c.name: c for c in study.checks["cgiar-coca-districts"]}
    last = checks["coca_area 2020: sum over places"]
    assert (last.state, round(last.found or 0, 1), last.expected) == ("known gap", 60328.3, 61777)
    where = ["--case", str(local), "--build", str(tmp_path), "--json"]
    country = json.loads(vereda("trace", "coca_area@PE:2020", *where).output)
    assert (country["value"], "devida-pe" in country["key"]) == (61777.0, True)
    cell = json.loads(vereda("trace", "coca_area@PE-120604:2020", *where).output)
    assert (cell["kind"], cell["locator"]) == ("observation", "row 3861, column coca_ha")
    shares = json.loads(vereda("changed", *where).output)["concentration"]
    assert len(shares["shares"]) == 13
    assert shares["top"] == []


def test_a_district_without_coordinates_has_a_table_and_no_map(local: Path, tmp_path: Path) -> None:
    assert vereda("run", str(local), "--build", str(tmp_path)).exit_code == 0
    page = read(tmp_path, "maps/2020.html")
    assert "Districts with it: 107" in page
    assert "so there is no map. The table has every figure." in page
    assert "Llochegua 4,136.1" in page
    assert "Distritos con presencia: 107" in read(tmp_path, "es/maps/2020.html")
    assert (tmp_path / "us-peru/site/data/districts.csv").is_file()
    assert "municip" not in page.lower()


# ---- what a description may say because of it ---------------------------------------------------------------------


def test_a_list_with_a_place_in_many_rows_is_read_once(tmp_path: Path) -> None:
    described = sources.describe("ec-cantons", CASE / "sources")
    head = "canton_code,province,canton,year,homicides,firearm,female_victims,murder_or_contract\n"
    rows = "0101,AZUAY,CUENCA,2014,26,5,8,17\n0101,AZUAY,CUENCA,2015,15,4,4,13\nSIN_DATO,COTOPAXI,LA MANA,2023,13,5,0,13\n"
    file = tmp_path / "cantons.csv"
    file.write_text(head + rows, encoding="utf-8")
    loose = described.model_copy(update={"expect": described.expect.model_copy(update={"rows": None})})
    assert sources.places(loose, file)["code"].to_pylist() == ["EC", "EC-01", "EC-0101"]
    file.write_text(head + rows.replace("CUENCA,2015", "GIRON,2015"), encoding="utf-8")
    with pytest.raises(DuplicateKey, match="both describe EC-0101"):
        sources.places(loose, file)


def test_only_the_rows_asked_for_are_read(study: Study) -> None:
    described = study.descriptions["us-foreign-assistance-peru"]
    assert described.only == {"Country Name": ("Peru",)}
    assert pc.unique(study.batches["us-foreign-assistance-peru"].observations["place"]).to_pylist() == ["PE"]
    assert "Of Country Name only Peru is read." in described.absence
