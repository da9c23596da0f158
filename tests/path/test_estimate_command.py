"""`vereda estimate` and `vereda.estimate`: any table in, effects out."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import vereda
from vereda.cli import main
from vereda.errors import BadDesign, BadRequest

KEYS = {
    "estimator", "outcome", "att", "se", "ci", "p", "p_kind", "size", "why_no_se", "effects", "weights", "certificate",
    "checks", "specification", "data", "seed", "seconds", "version",
}  # fmt: skip
COLUMNS = ["--place", "muni", "--year", "year", "--outcome", "deaths"]


def table(exposed: int = 6, places: int = 30) -> dict[str, list]:
    """Places 00..: the first `exposed` of them from 2007; the effect is 3."""
    rng = np.random.default_rng(5)
    out: dict[str, list] = {
        name: [] for name in ("muni", "year", "deaths", "theft", "since", "now", "pop", "dept")
    }
    for i in range(places):
        level, pop = rng.normal(), float(rng.uniform(1, 2))
        for year in range(2001, 2011):
            on = i < exposed and year >= 2007
            y = level + 0.1 * year + 3 * on + 0.3 * rng.normal()
            row = (f"0{i:02d}", year, y, 2 * y + 1, 2007 if i < exposed else 0, int(on), pop, f"d{i % 10}")
            for column, value in zip(out.values(), row, strict=True):
                column.append(value)
    return out


def text(columns: dict[str, list], delimiter: str = ",") -> str:
    lines = [delimiter.join(columns)]
    lines += [delimiter.join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "panel.csv"
    path.write_text(text(table()), encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["estimate", *map(str, arguments)])


def asked(file: Path, *more: object) -> dict:
    result = call(file, *COLUMNS, "--exposed-from", "since", *more, "--json")
    assert result.exit_code == 0, result.output
    found: dict = json.loads(result.output)
    return found


def test_json_has_every_field(file: Path) -> None:
    found = asked(
        file, "--estimator", "did", "--covariates", "pop", "--cluster", "dept", "--draws", 199, "--seed", 7
    )
    assert set(found) == KEYS
    assert found["att"] == pytest.approx(3, abs=0.3)
    assert found["ci"][0] < found["att"] < found["ci"][1]
    assert found["seed"] == 7
    assert found["specification"] == {
        "place": "muni", "year": "year", "exposed_from": "since", "cluster": "dept", "gaps": "refuse", "places": 30,
        "years": [2001, 2010], "covariates": ["pop"], "control": "never", "method": "dr", "aggregate": "simple",
        "anticipation": 0, "base": "varying", "draws": 199, "clusters": 10,
    }  # fmt: skip
    assert found["effects"][-1] == {
        "effect": "e=3", "at": 3.0, **{k: pytest.approx(found["effects"][-1][k]) for k in ("value", "se", "low", "high", "degrees", "wider")},
    }  # fmt: skip
    assert len(found["data"]) == 64
    again = asked(
        file, "--estimator", "did", "--covariates", "pop", "--cluster", "dept", "--draws", 199, "--seed", 7
    )
    assert again | {"seconds": 0} == found | {"seconds": 0}


@pytest.mark.parametrize(
    "estimator", ["did", "twfe", "sunab", "imputation", "scm", "ascm", "sdid", "mc", "ife"]
)
def test_every_estimator_from_the_shell(file: Path, estimator: str) -> None:
    found = asked(file, "--estimator", estimator)
    assert found["estimator"] == estimator
    assert found["att"] == pytest.approx(3, abs=0.5)
    assert (found["se"] is None) == bool(found["why_no_se"])
    if estimator in ("scm", "ascm", "sdid"):
        assert found["certificate"]["gap"] <= 1e-8
        assert sum(found["weights"].values()) == pytest.approx(1)


def test_placebos_from_the_shell(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(text(table(exposed=1)), encoding="utf-8")
    found = asked(path, "--estimator", "scm", "--placebos", "all", "--statistic", "mean")
    assert (found["se"], found["ci"]) == (None, None)
    assert found["p"] == pytest.approx(1 / 30)
    assert found["p_kind"] == "permutation"
    assert 0 <= found["size"] <= 1
    assert asked(path, "--estimator", "scm", "--placebos", 20, "--statistic", "mean")["p"] == pytest.approx(
        1 / 21
    )
    assert asked(path, "--estimator", "scm")["p"] is None


def test_several_outcomes_are_a_list(file: Path) -> None:
    result = call(file, "--place", "muni", "--year", "year", "--outcome", "deaths,theft", "--exposed", "now",
                  "--estimator", "did", "--json")  # fmt: skip
    one, two = json.loads(result.output)
    assert (one["outcome"], two["outcome"]) == ("deaths", "theft")
    assert two["att"] == pytest.approx(2 * one["att"])


def test_people_read_the_answer(file: Path) -> None:
    result = call(file, *COLUMNS, "--exposed-from", "since", "--estimator", "did")
    assert result.exit_code == 0
    assert "Effect on the exposed: 3" in result.output
    assert "e=-1" in result.output
    assert "pre trend" in result.output
    result = call(file, *COLUMNS, "--exposed-from", "since", "--estimator", "scm")
    assert "Weights: 0" in result.output


def test_every_kind_of_file_says_the_same(file: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(table()), tmp_path / "panel.parquet")
    (tmp_path / "semicolon.csv").write_text("\ufeff" + text(table(), ";"), encoding="utf-8")
    (tmp_path / "tabs.tsv").write_text(text(table(), "\t"), encoding="utf-8")
    (tmp_path / "panel.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    hashes = {
        asked(path, "--estimator", "twfe")["data"]
        for path in (
            file,
            *(tmp_path / n for n in ("panel.parquet", "semicolon.csv", "tabs.tsv", "panel.csv.gz")),
        )
    }
    assert len(hashes) == 1


def test_codes_keep_their_zeros(file: Path) -> None:
    assert all(name.startswith("0") for name in asked(file, "--estimator", "sdid")["weights"])


def bad(file: Path, *arguments: object) -> str:
    result = call(file, *arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output


def test_requests_that_cannot_be_met(file: Path, tmp_path: Path) -> None:
    did = ("--estimator", "did")
    since = (*COLUMNS, "--exposed-from", "since")
    assert "No column 'sinse' (nearest: since)" in bad(file, *COLUMNS, "--exposed-from", "sinse", *did)
    assert "Say when exposure begins" in bad(file, *COLUMNS, *did)
    assert "'ols' is no estimator here" in bad(file, *since, "--estimator", "ols")
    assert "did does not use placebos" in bad(file, *since, *did, "--placebos", "all")
    assert "scm makes no use of cluster" in bad(file, *since, "--estimator", "scm", "--cluster", "dept")
    assert "stratum is about placebos" in bad(file, *since, "--estimator", "scm", "--stratum", "dept")
    assert "placebos='some'" in bad(file, *since, "--estimator", "scm", "--placebos", "some")
    assert "Beside it: panel.csv" in bad(tmp_path / "pannel.csv", *since, *did)
    (tmp_path / "empty.csv").touch()
    assert "is empty" in bad(tmp_path / "empty.csv", *since, *did)
    (tmp_path / "ragged.csv").write_text(text(table()) + "one,cell,too,many,a,b,c,d,e\n", encoding="utf-8")
    assert "cannot be read" in bad(tmp_path / "ragged.csv", *since, *did)


def test_faults_of_a_file_carry_its_row_numbers(file: Path, tmp_path: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    cells = lines[4].split(",")
    (tmp_path / "text.csv").write_text(
        "\n".join([*lines[:4], ",".join([*cells[:2], "n.d.", *cells[3:]]), *lines[5:]]), encoding="utf-8"
    )
    since = (*COLUMNS, "--exposed-from", "since", "--estimator", "did")
    assert "deaths: 'n.d.' in row 5 is no number" in bad(tmp_path / "text.csv", *since)
    (tmp_path / "twice.csv").write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    assert f"000 in 2001: rows 2 and {len(lines) + 1}" in bad(tmp_path / "twice.csv", *since)
    (tmp_path / "gap.csv").write_text("\n".join([*lines[:7], *lines[8:]]), encoding="utf-8")
    assert "000: 2007 (no row)" in bad(tmp_path / "gap.csv", *since)
    assert call(tmp_path / "gap.csv", *since, "--gaps", "keep").exit_code == 0
    assert "29 places" in call(tmp_path / "gap.csv", *since, "--gaps", "drop").output


def test_a_stray_cell_far_down_a_large_file_is_found(tmp_path: Path) -> None:
    """Types are not guessed from the first rows."""
    rows = [f"p{i},{y},{i}.5,{2003 if i < 9 else 0}" for i in range(20_000) for y in range(2001, 2005)]
    rows[70_000] = rows[70_000].replace(".5", ".5 approx")
    path = tmp_path / "large.csv"
    path.write_text("place,year,y,g\n" + "\n".join(rows), encoding="utf-8")
    said = bad(
        path,
        "--place",
        "place",
        "--year",
        "year",
        "--outcome",
        "y",
        "--exposed-from",
        "g",
        "--estimator",
        "did",
    )
    assert "'17500.5 approx' in row 70002 is no number" in said


def test_five_lines_of_python() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for library in (pandas, polars):
        frame = library.DataFrame(table())
        answer = vereda.estimate(
            frame, place="muni", year="year", outcome="deaths", exposed_from="since", estimator="did"
        )
        assert answer.att == pytest.approx(3, abs=0.3)
        assert answer.ci == (answer.low, answer.high)
        effects = answer.frame()
        assert isinstance(effects, library.DataFrame)
        assert list(effects["effect"])[:2] == ["att", "e=-5"]
        assert answer.plot().to_dict()["vconcat"]
        assert set(answer.json) == KEYS
        assert "did on deaths: 3" in repr(answer)
    with pytest.raises(AttributeError, match="An answer has no effect"):
        _ = answer.effect


def test_several_outcomes_in_python(file: Path) -> None:
    answers = vereda.estimate(
        file, place="muni", year="year", outcome=["deaths", "theft"], exposed="now", estimator="did", draws=99
    )
    assert len(answers) == 2
    assert answers["theft"].att == pytest.approx(2 * answers[0].att)
    assert answers.att == {"deaths": answers[0].att, "theft": answers[1].att}
    assert set(answers.se) == set(answers.p) == {"deaths", "theft"}
    assert answers.frame().column("outcome").to_pylist().count("theft") == 1 + len(answers[1].effects)
    assert len(answers.plot().to_dict()["vconcat"]) == 2
    assert [a.outcome for a in answers[1:]] == ["theft"]
    with pytest.raises(KeyError):
        answers["rain"]


def test_errors_in_python_are_ours() -> None:
    columns = {"place": "muni", "year": "year", "outcome": "deaths", "exposed_from": "since"}
    pyarrow = pytest.importorskip("pyarrow")
    with pytest.raises(BadRequest, match="did does not use donor"):
        vereda.estimate(pyarrow.table(table()), **columns, estimator="did", donor=1)
    broken = table()
    broken["deaths"][7] = float("inf")
    with pytest.raises(BadDesign, match=r"infinite for 000 in 2008 \(row 7\)"):
        vereda.estimate(pyarrow.table(broken), **columns, estimator="did")


def test_importing_vereda_imports_nothing_else() -> None:
    code = "import sys, vereda; print(sorted(m for m in ('numpy', 'pyarrow', 'vereda.pipeline') if m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'estimates'"):
        _ = vereda.estimates
