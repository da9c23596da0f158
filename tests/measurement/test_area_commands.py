"""`vereda area estimate`, `design` and `simulate`: what they print, write and refuse."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
from click.testing import CliRunner, Result

from vereda.cli import main
from vereda.pipeline.area_words import WORDS

COUNTS = """stratum,area,deforestation,gain,forest,other
deforestation,18000,66,0,5,4
gain,13500,0,55,8,12
forest,288000,1,0,153,11
other,580500,2,1,9,313
"""
STRATA = "stratum,area,expected\nmapped,1875,0.8\nbuffer,30000,0.015\nrest,968125,0.0000516\n"
AREAS = "stratum,area\nmapped,100\nrest,900\n"
SEEN = "point,stratum,map,ana,luis\n" + "".join(
    f"{i},{'mapped' if i <= 10 else 'rest'},{'crop' if i <= 10 else 'not'},{a},{b}\n"
    for i, (a, b) in enumerate(
        [("crop", "crop")] * 7 + [("crop", "not")] + [("not", "not")] * 2 + [("crop", "crop")] + [("not", "not")] * 29, 1
    )
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name, text in {
        "counts.csv": COUNTS,
        "strata.csv": STRATA,
        "areas.csv": AREAS,
        "seen.csv": SEEN,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["area", *map(str, arguments)])


def told(*arguments: object) -> dict:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict = json.loads(result.output)
    return found


def refused(says: str, *arguments: object) -> None:
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert re.search(says, " ".join(result.output.split())), result.output
    assert "Traceback" not in result.output


# estimate -----------------------------------------------------------------------------------------------------


@pytest.mark.published("Olofsson et al. (2014), section 5")
def test_an_error_matrix_in_json(here: Path) -> None:
    found = told("estimate", here / "counts.csv")
    first = found["areas"][0]
    assert (first["class"], round(first["area"]), round(1.96 * first["se"])) == (
        "deforestation",
        21_158,
        6_158,
    )
    assert first["mapped"] == 18_000
    assert set(first["intervals"]) == {"beta", "jeffreys", "wilson", "bootstrap", "wald"}
    assert [first["low"], first["high"]] == first["intervals"]["beta"]
    assert [(f["stratum"], f["hits"]) for f in first["few"]] == [("other", 2), ("forest", 1), ("gain", 0)]
    assert found["accuracy"]["overall"] == pytest.approx(0.947, abs=5e-4)
    assert found["same_map"] is True
    assert found["total"] == 900_000
    assert len(found["data"]) == 64


def test_the_page_for_people_has_the_same_numbers_in_both_languages(here: Path) -> None:
    english = call("estimate", here / "counts.csv", "--class", "deforestation").output
    assert "21,158" in english
    assert "15,000 to 27,315" in english
    assert "0.75 ± 0.21" in english
    assert "−14.9" in english
    assert "few hits or misses in other (2 of 325 points" in " ".join(english.split())
    spanish = call("estimate", here / "counts.csv", "--class", "deforestation", "--lang", "es").output
    assert "21.158" in spanish
    assert "15.000 a 27.315" in spanish
    assert "No se dice qué se contó" in " ".join(spanish.split())


def test_every_sentence_is_there_twice_with_the_same_numbers() -> None:
    for word, (english, spanish) in WORDS.items():
        fields = [{f for _, f, _, _ in Formatter().parse(s) if f} for s in (english, spanish)]
        assert fields[0] == fields[1], word
        assert english
        assert spanish


def test_weights_and_a_total_are_areas(here: Path) -> None:
    lines = COUNTS.replace("area", "weight").replace("18000", "0.02").replace("13500", "0.015")
    (here / "w.csv").write_text(lines.replace("288000", "0.32").replace("580500", "0.645"), encoding="utf-8")
    found = told("estimate", here / "w.csv", "--total", 900000)
    assert found["areas"][0]["area"] == pytest.approx(
        told("estimate", here / "counts.csv")["areas"][0]["area"]
    )


def test_a_simple_sample_has_an_error_over_all_samples_too(here: Path) -> None:
    found = told("estimate", here / "counts.csv", "--design", "simple")
    assert found["estimator"] == "post_stratified"
    assert found["areas"][0]["se_unconditional"] > 0


def test_interpreters_who_differ_get_no_estimate_until_it_is_decided(here: Path) -> None:
    asked = ["estimate", here / "seen.csv", "--strata", here / "areas.csv", "--reference", "ana,luis"]
    found = told(*asked)
    assert found["undecided"] == 1
    assert found["areas"] == []
    own = {
        name: next(a["area"] for a in rows if a["class"] == "crop")
        for name, rows in found["by_interpreter"].items()
    }
    assert own == pytest.approx({"ana": 80 + 30, "luis": 70 + 30})
    (kappa,) = found["agreement"]
    assert kappa["observed"] == pytest.approx(39 / 40)
    assert "1 of 40 points are undecided" in " ".join(call(*asked).output.split())
    (here / "seen.csv").write_text(
        "\n".join(f"{line},{'decided' if i == 0 else 'crop' if i == 8 else ''}" for i, line in enumerate(SEEN.splitlines())),
        encoding="utf-8",
    )  # fmt: skip
    found = told(*asked, "--decided", "decided")
    assert found["undecided"] == 0
    assert next(a["area"] for a in found["areas"] if a["class"] == "crop") == pytest.approx(110)
    assert found["accuracy"]["overall"] == pytest.approx(0.1 * 0.8 + 0.9 * 29 / 30)


def test_nothing_printed_says_where(here: Path) -> None:
    """Points with coordinates in; no coordinate, no point out."""
    lines = SEEN.splitlines()
    located = [
        f"{lines[0]},x,y",
        *(f"{line},-72.{i:05d},8.{i:05d}" for i, line in enumerate(lines[1:], 10_000)),
    ]
    (here / "located.csv").write_text("\n".join(located) + "\n", encoding="utf-8")
    asked = ["estimate", here / "located.csv", "--strata", here / "areas.csv", "--reference", "ana"]
    for output in (call(*asked).output, call(*asked, "--json").output):
        assert "-72." not in output
        assert "8.1000" not in output
        assert '"point"' not in output


REFUSED = [
    ("counts.csv", "stratum,area", "stratum,hectares", "has neither area nor weight"),
    ("counts.csv", ",66,", ",6.5,", "line 2: deforestation is 6.5. Counts are whole"),
    ("counts.csv", ",66,", ",many,", "line 2: deforestation is 'many', which is no number"),
    ("counts.csv", "18000", "18,000", "line 2: 7 cells under 6 columns"),
    ("counts.csv", "66,0,5,4", "0,0,1,0", "line 2: stratum 'deforestation' has 1 points"),
    ("counts.csv", "gain,13500", "forest,13500", "line 4: stratum 'forest' is already on line 3"),
    ("counts.csv", "13500", "-1", "'gain' has no area above zero"),
    ("counts.csv", ",gain,", ",deforestation,", "column 'deforestation' is there twice"),
    ("counts.csv", "13500", "", "line 3: area is empty"),
]


@pytest.mark.parametrize(("file", "old", "new", "says"), REFUSED)
def test_a_wrong_table_names_its_row(here: Path, file: str, old: str, new: str, says: str) -> None:
    (here / file).write_text(COUNTS.replace(old, new, 1), encoding="utf-8")
    refused(says, "estimate", here / file)


def test_weights_that_do_not_sum(here: Path) -> None:
    (here / "w.csv").write_text("stratum,weight,a,b\nx,0.5,3,4\ny,0.4,2,8\n", encoding="utf-8")
    refused(
        r"w\.csv: The weights of the strata sum to 0\.9, not to 1", "estimate", here / "w.csv", "--total", 10
    )
    refused("say the total with --total", "estimate", here / "w.csv")


def test_points_and_strata_that_do_not_fit(here: Path) -> None:
    asked = ("estimate", here / "seen.csv", "--reference", "ana", "--strata", here / "areas.csv")
    refused("one row a point", "estimate", here / "seen.csv")
    (here / "areas.csv").write_text(AREAS + "hills,5\n", encoding="utf-8")
    refused("no point lies in hills", *asked)
    (here / "areas.csv").write_text("stratum,area\nmapped,100\n", encoding="utf-8")
    refused("line 12: stratum 'rest' has no area", *asked)


def test_labels_that_are_missing_or_misspelt(here: Path) -> None:
    asked = ("estimate", here / "seen.csv", "--strata", here / "areas.csv", "--reference", "ana,luis")
    lines = SEEN.splitlines()
    (here / "seen.csv").write_text(
        "\n".join([*lines[:5], lines[5].rsplit(",", 1)[0] + ",", *lines[6:]]), encoding="utf-8"
    )
    refused("line 6: luis is empty", *asked)
    (here / "seen.csv").write_text(SEEN.replace("crop,crop,crop", "crop,Crop,crop", 1), encoding="utf-8")
    refused("line 2: ana says 'Crop'; elsewhere it is 'crop'", *asked)
    refused(
        "no column 'eva'. It has",
        "estimate",
        here / "seen.csv",
        "--strata",
        here / "areas.csv",
        "--reference",
        "eva",
    )


def test_there_is_no_such_file_or_class(here: Path) -> None:
    refused(r"There is no file .*count\.csv\. Beside it: .*counts\.csv", "estimate", here / "count.csv")
    refused("No class 'coca' in the sample", "estimate", here / "counts.csv", "--class", "coca")
    (here / "empty.csv").write_text("", encoding="utf-8")
    refused("is empty", "estimate", here / "empty.csv")
    (here / "latin.csv").write_bytes("stratum,area,sí\n".encode("latin-1"))
    refused("not text in UTF-8", "estimate", here / "latin.csv")


# labels from the tools of interpreters ------------------------------------------------------------------------


def test_forms_sessions_and_tables_of_interpreters_are_joined_by_point(here: Path) -> None:
    rows = list(csv.DictReader(SEEN.splitlines()))
    (here / "key.csv").write_text(
        "\n".join(["point,stratum", *(f"{r['point']},{r['stratum']}" for r in rows)]), encoding="utf-8"
    )
    (here / "ana.csv").write_text(
        "\n".join(["point,class", *(f"{r['point']},{r['ana']}" for r in reversed(rows))]), encoding="utf-8"
    )
    buttons = {"crop": 1, "not": 2}
    session = "labeling_buttons: {1: {name: crop}, 2: {name: not}}\nsamples:\n" + "".join(
        f"  {i}: {{label_id: {buttons[r['luis']]}, sample_id: {r['point']}}}\n" for i, r in enumerate(rows)
    )
    (here / "luis.yml").write_text(session, encoding="utf-8")
    ceo = "plotid,email,flagged,Crop?\n" + "".join(
        f"{r['point']},eva@example.org,false,{r['ana']}\n" for r in rows
    )
    (here / "ceo.csv").write_text(ceo, encoding="utf-8")
    files = [x for f in ("ana.csv", "luis.yml", "ceo.csv") for x in ("--labels", here / f)]
    found = told("estimate", here / "key.csv", "--strata", here / "areas.csv", *files)
    assert list(found["by_interpreter"]) == ["ana", "luis", "interpreter 1"]
    assert found["undecided"] == 0  # two of three
    assert len(found["agreement"]) == 4  # each pair, and all
    assert next(a["area"] for a in found["areas"] if a["class"] == "crop") == pytest.approx(110)
    assert found["accuracy"] is None
    assert "example.org" not in json.dumps(found)
    (here / "luis.yml").write_text(
        session.replace("  3: {label_id: 1, sample_id: 4}\n", ""), encoding="utf-8"
    )
    refused("luis has no label for 1 of 40 points of .*key.csv, the first is point 4", "estimate", here / "key.csv",
            "--strata", here / "areas.csv", *files)  # fmt: skip


# design and simulate ------------------------------------------------------------------------------------------


def test_what_five_hundred_more_points_buy(here: Path) -> None:
    found = told("design", here / "strata.csv", "--points", 1000, "--more", "500,2000")
    assert [s["points"] for s in found["strata"]] == [66, 321, 613]
    assert [w["more"] for w in found["worth"]] == [500, 2000]
    assert found["worth"][1]["half_width"] < found["worth"][0]["half_width"] < found["half_width"]
    more = told("design", here / "strata.csv", "--points", 1500)
    assert more["half_width"] == pytest.approx(found["worth"][0]["half_width"])
    shown = " ".join(call("design", here / "strata.csv", "--points", 1000).output.split())
    assert "500 more points: ±" in shown
    assert "rest holds 2.5 % of the class and will have no hit at all with probability 97 %" in shown.replace(
        "\xa0", " "
    )


def test_a_budget_and_a_precision(here: Path) -> None:
    found = told("design", here / "strata.csv", "--budget", 10_000, "--cost", 12)
    assert (found["points"], found["cost"], found["left"]) == (833, 9_996, 4)
    found = told("design", here / "strata.csv", "--half-width", 0.3)
    assert found["relative"] <= 0.3


def test_a_map_gives_points_forms_and_sessions(here: Path) -> None:
    target = np.zeros((60, 80))
    target[20:30, 20:30] = 1
    np.save(here / "map.npy", target)
    asked = ("design", "--map", here / "map.npy", "--pixel", 30, "--target", 1, "--buffer", 90, "--points", 200,
             "--expected", "mapped=0.8,buffer=0.05,rest=0.001", "--out", here / "survey", "--interpreters", "ana,luis",
             "--classes", "crop,not", "--seed", 4)  # fmt: skip
    found = told(*asked)
    assert found["files"] == [
        "acatama.yml",
        "form-ana.csv",
        "form-luis.csv",
        "key.csv",
        "points.csv",
        "strata.csv",
    ]
    assert found["strata"][0]["area"] == pytest.approx(100 * 0.09)
    forms = [(here / "survey" / f).read_text(encoding="utf-8") for f in found["files"]]
    assert sum(s["points"] for s in found["strata"]) == 200
    assert len(forms[1].splitlines()) == 201
    again = told(*asked)
    assert again == found
    assert [(here / "survey" / f).read_text(encoding="utf-8") for f in found["files"]] == forms
    filled = here / "survey" / "form-ana.csv"
    rows = list(csv.DictReader(filled.read_text(encoding="utf-8").splitlines()))
    filled.write_text("point,class\n" + "".join(f"{r['point']},not\n" for r in rows), encoding="utf-8")
    found = told(
        "estimate",
        here / "survey" / "key.csv",
        "--strata",
        here / "survey" / "strata.csv",
        "--labels",
        filled,
    )
    assert found["areas"][0]["area"] == pytest.approx(60 * 80 * 0.09)


def test_an_ascii_grid_with_its_nodata(here: Path) -> None:
    grid = "ncols 4\nnrows 3\nxllcorner 500000\nyllcorner 200000\ncellsize 100\nNODATA_value -9999\n"
    (here / "map.asc").write_text(grid + "1 1 0 0\n1 0 0 0\n0 0 0 -9999\n", encoding="utf-8")
    asked = ("design", "--map", here / "map.asc", "--target", 1, "--buffer", 0, "--expected", "mapped=0.8,rest=0.1",
             "--points", 6, "--minimum", 2)  # fmt: skip
    assert [s["area"] for s in told(*asked)["strata"]] == [3, 8]
    (here / "map.asc").write_text(grid + "1 1 0 0\n1 0 0 0\n0 0 0\n", encoding="utf-8")
    refused("11 cells, and the header says 3 rows by 4 columns", *asked)
    (here / "map.asc").write_text(grid.replace("100\n", "0.001\n") + "1 " * 12, encoding="utf-8")
    refused("looks like degrees", *asked)


def test_a_geotiff_without_the_extra_says_how_to_get_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "map.tif").write_bytes(b"II*\0")
    monkeypatch.setattr("vereda.pipeline.area_files.find_spec", lambda name: None)
    refused(r"pip install 'vereda\[imagery\]'", "design", "--map", here / "map.tif", "--target", 1, "--buffer", 0,
            "--expected", "mapped=1", "--points", 9)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--points", 50), "that needs 90"),
        ((), "in one way"),
        (("--points", 500, "--half-width", 0.1), "in one way"),
        (("--budget", 500), "needs --cost"),
        (("--points", 500, "--more", "lots"), "--more 'lots'"),
        (("--points", 500, "--interpreters", "ana"), "say where they go with --out"),
        (("--points", 500, "--expected", "mapped=0.8"), "Missing: buffer, rest"),
        (("--points", 500, "--expected", "mapped=80%"), "write stratum=share"),
    ],
)
def test_refused_designs(here: Path, asked: tuple[object, ...], says: str) -> None:
    refused(says, "design", here / "strata.csv", *asked)


def test_refused_strata(here: Path) -> None:
    refused("or a map with --map", "design", "--points", 500)
    (here / "strata.csv").write_text(STRATA.replace("0.8", "80"), encoding="utf-8")
    refused("line 2: expected is 80.* 2 % is 0.02", "design", here / "strata.csv", "--points", 500)


def test_a_simulation_says_which_interval_holds(here: Path) -> None:
    found = told("simulate", here / "strata.csv", "--points", 1000, "--draws", 1000)
    covers = {c["interval"]: c["covers"] for c in found["coverage"]}
    assert 0.92 < covers["beta"] < 0.98
    assert covers["wald"] < 0.93
    assert found["share"] == pytest.approx(0.002, rel=1e-3)
    assert told("simulate", here / "strata.csv", "--points", 1000, "--draws", 1000) == found
    (here / "made.csv").write_text(
        "stratum,area,expected,points\nmapped,1875,0.8,300\nrest,998125,0.0005,700\n", encoding="utf-8"
    )
    shown = call("simulate", here / "made.csv", "--draws", 1000).output
    assert "too narrow" in shown
    assert "rest: no hit in" in shown
    refused("tell nothing about coverage", "simulate", here / "made.csv", "--draws", 10)


def test_other_commands_do_not_load_it() -> None:
    code = "import sys, vereda.cli; print([m for m in sys.modules if 'measurement' in m or m.startswith('scipy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_point_that_is_there_twice_is_refused(here: Path) -> None:
    """Counted twice it would weigh twice."""
    again = here / "again.csv"
    again.write_text(SEEN + SEEN.splitlines()[1] + "\n", encoding="utf-8")
    refused(
        "line 42: point 1 is already on line 2",
        "estimate",
        again,
        "--strata",
        here / "areas.csv",
        "--reference",
        "ana",
    )


def test_the_ends_of_a_beta_interval_do_not_wander_with_the_seed(here: Path) -> None:
    """Olofsson et al. (2014), table 8: half a percent between seeds before; the exact ends are about 16,897 and 29,500."""
    found = [
        next(
            a
            for a in told("estimate", here / "counts.csv", "--seed", seed)["areas"]
            if a["class"] == "deforestation"
        )
        for seed in range(6)
    ]
    assert np.ptp([a["high"] for a in found]) < 0.003 * found[0]["high"]
    assert found[0]["low"] == pytest.approx(16_897, rel=0.002)
    assert found[0]["high"] == pytest.approx(29_500, rel=0.002)
