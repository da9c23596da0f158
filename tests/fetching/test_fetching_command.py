"""`vereda fetch` from the door to the vintage: what is kept, what is told, what is never overwritten."""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fetching_case import COLUMNS, ID, held
from portal import File, Portal, status

from vereda import pipeline
from vereda.cli import main
from vereda.fetching import SAYS, Patience
from vereda.fetching.words import TOKEN
from vereda.pipeline import fetch_shown
from vereda.pipeline.fetch_words import WORDS
from vereda.pipeline.fetching import Fetching, Outcome

PLOTS = b"code,name,2019,2020,2021,2022,2023\n011,North Field,60.0,55.4,40.0,30.0,20.0\n012,North Hill,30.0,30.0,28.0,20.0,15.0\n021,South Field,10.0,8.0,6.0,6.0,5.0\n"
OLD = {"Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT", "ETag": '"one"'}


@pytest.fixture
def case(tmp_path: Path, server: Portal) -> Path:
    """The starter case, with addresses on this computer."""
    folder = pipeline.init("aland-beland", tmp_path / "cases")
    described = folder / "sources" / "made-up-plots" / "source.yml"
    said = described.read_text(encoding="utf-8")
    described.write_text(f"{said}fetch:\n  kind: file\n  url: {server.base}/plots.csv\n", encoding="utf-8")
    server.files["/plots.csv"] = File(PLOTS, headers=OLD)
    return folder


def events(case: Path, server: Portal, name: str = "made-up-events") -> None:
    """A source of the case that is a Socrata table of events."""
    folder = case / "sources" / name
    folder.mkdir(parents=True)
    (folder / "source.yml").write_text(
        f"""title: Events
publisher: an office
address: {server.base}/d/{ID}
licence: none stated
terms: open
obtained: fetched
file: events.csv
vintage: 2026-09
layout: events
estimator: made-up-agency
place: {{column: cod_muni, like: {{'05.*': XA-011}}}}
period: {{column: fecha_hecho, dates: [iso]}}
series: {{events: {{unit: cases, least: 0}}}}
values: {{cantidad: {{series: events}}}}
numbers: {{default: {{decimal: ".", empty: zero}}}}
covers: {{places: all, years: 2010-2019}}
absent: {{means: zero, why: a register}}
fetch:
  kind: socrata
  domain: {server.base}
  id: {ID}
  columns: [{", ".join(COLUMNS)}]
  sums: [cantidad]
""",
        encoding="utf-8",
    )
    stated = (case / "case.yml").read_text(encoding="utf-8")
    with_events = stated.replace("made-up-plots]", f"made-up-plots]\noptional_datasets: [{name}]")
    (case / "case.yml").write_text(with_events, encoding="utf-8")


def run(case: Path, tmp_path: Path, *names: str, **said: object) -> list[Outcome]:
    """The command without its door, with patience that does not sleep."""
    asked = Fetching(case, tmp_path / "build", patience=Patience(sleep=lambda _: None, tries=2), **said)  # type: ignore[arg-type]
    return [asked.one(asked.all[name]) for name in names]


def typed(*words: str) -> Result:
    result = CliRunner().invoke(main, ["fetch", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def test_what_arrives_is_kept_like_a_local_file(case: Path, tmp_path: Path) -> None:
    (found,) = run(case, tmp_path, "made-up-plots")
    assert (found.state, found.figures, found.vintage) == ("fetched", "kept", "2026-11-20")
    assert found.path is not None
    assert found.path.read_bytes() == PLOTS
    record = json.loads((found.path.parent / "record.json").read_text(encoding="utf-8"))
    assert record["sha256"] == found.sha256
    assert record["asked"].endswith("/plots.csv")
    assert record["validators"]["etag"] == '"one"'
    assert record["fetched_at"]
    edition = pipeline.Study(case).editions["made-up-plots"][-1]
    assert (edition.vintage.name, edition.vintage.sha256) == ("2026-11-20", found.sha256)


def test_a_second_run_asks_and_fetches_nothing(case: Path, tmp_path: Path, server: Portal) -> None:
    run(case, tmp_path, "made-up-plots")
    (again,) = run(case, tmp_path, "made-up-plots")
    assert (again.state, again.figures) == ("unchanged", "already")
    assert "if-none-match" in server.asked[-1].headers
    (fresh,) = run(case, tmp_path, "made-up-plots", fresh=True)
    assert "if-none-match" not in server.asked[-1].headers
    assert fresh.state == "unchanged"  # the same bytes make no second edition
    assert len([*(tmp_path / "build").rglob("record.json")]) == 1


def test_bytes_that_are_held_make_no_new_edition(case: Path, tmp_path: Path, server: Portal) -> None:
    local = (case / "files" / "plots.csv").read_bytes()
    server.files["/plots.csv"] = File(local, headers=OLD)
    (found,) = run(case, tmp_path, "made-up-plots")
    assert (found.state, found.figures, found.vintage) == ("fetched", "already", "2025-01-01")


def test_an_older_edition_is_never_overwritten(case: Path, tmp_path: Path, server: Portal) -> None:
    (first,) = run(case, tmp_path, "made-up-plots")
    table = case / "vintages" / "made-up-plots" / "2026-11-20.parquet"
    before = table.read_bytes()
    newer = PLOTS.replace(b"55.4", b"55.6")
    server.files["/plots.csv"] = File(newer, headers={**OLD, "ETag": '"two"'})  # another file of the same day
    (second,) = run(case, tmp_path, "made-up-plots")
    assert (second.state, second.figures) == ("fetched", "refused")
    assert "never overwritten" in second.why
    assert table.read_bytes() == before
    assert first.path is not None
    assert first.path.read_bytes() == PLOTS
    assert second.path is not None
    assert second.path.read_bytes() == newer


def test_figures_that_do_not_reconcile_are_not_kept(case: Path, tmp_path: Path, server: Portal) -> None:
    server.files["/plots.csv"] = File(PLOTS.replace(b"60.0", b"6.0"), headers=OLD)
    (found,) = run(case, tmp_path, "made-up-plots")
    assert (found.state, found.figures, found.bad) == ("fetched", "refused", True)
    assert "plot_area 2019" in found.why
    assert found.path is not None
    assert found.path.is_file()  # the bytes stay, so that somebody can look at them
    assert not (case / "vintages" / "made-up-plots" / "2026-11-20.parquet").exists()


def test_a_table_of_a_portal_becomes_figures(case: Path, tmp_path: Path, server: Portal) -> None:
    events(case, server)
    held(server, 1500)
    (found,) = run(case, tmp_path, "made-up-events")
    assert (found.state, found.figures, found.why) == ("fetched", "kept", "")
    assert found.rows == 1500
    batch = pipeline.Study(case).editions["made-up-events"][-1]
    assert sum(batch.observations["value"].to_pylist()) == pytest.approx(float(found.sums["cantidad"][0]))


def test_what_contradicts_the_server_is_put_apart(case: Path, tmp_path: Path, server: Portal) -> None:
    events(case, server)
    held(server, 1500, counted=1600)
    (found,) = run(case, tmp_path, "made-up-events")
    assert (found.state, found.figures) == ("failed", "never")
    (apart,) = (tmp_path / "build").rglob("apart/*")
    assert [*apart.glob("pages/*.gz")]
    assert str(apart) in found.notes[0]
    assert not [*(tmp_path / "build").rglob("record.json")]
    assert not (case / "vintages" / "made-up-events").exists()


def test_one_that_fails_stops_no_other(case: Path, tmp_path: Path, server: Portal) -> None:
    events(case, server)  # no such table in the portal: its id is gone
    asked = Fetching(case, tmp_path / "build", patience=Patience(sleep=lambda _: None))
    found = asked.run([asked.all["made-up-events"], asked.all["made-up-plots"]])
    assert [o.state for o in found] == ["failed", "fetched"]
    assert "not there any more" in found[0].why


def test_an_edition_that_arrives_twice_at_once_is_refused(case: Path, tmp_path: Path) -> None:
    asked = Fetching(case, tmp_path / "build")
    with asked.arrivals("made-up-plots").alone():
        (found,) = run(case, tmp_path, "made-up-plots")
    assert found.state == "failed"
    assert "in use by process" in found.why


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_command_says_what_came(case: Path, tmp_path: Path, server: Portal, lang: str) -> None:
    words = ("--case", str(case), "--build", str(tmp_path / "build"), "--lang", lang)
    result = typed("made-up-plots", *words)
    assert result.exit_code == 0, result.output
    assert WORDS["fetched"][lang == "es"] in result.output
    del server.files["/plots.csv"]
    result = typed("made-up-plots", *words)
    assert result.exit_code == 1
    assert ("rotan" if lang == "es" else "rotate") in result.output
    (said,) = json.loads(typed("made-up-plots", *words, "--json").stdout)
    assert (said["dataset"], said["state"]) == ("made-up-plots", "failed")


def test_the_list_needs_no_network(case: Path, tmp_path: Path, server: Portal) -> None:
    words = ("--list", "--case", str(case), "--build", str(tmp_path / "build"))
    result = typed(*words)
    assert result.exit_code == 0, result.output
    for name in ("made-up-plots", "mindefensa-eradication", "coca-grid", "uariv-facts"):
        assert name in result.output
    listed = {one["dataset"]: one for one in json.loads(typed(*words, "--json").stdout)}
    assert listed["made-up-plots"]["held"] == "2025-01-01"
    assert listed["coca-grid"]["licence"] == "CC BY-SA 4.0"
    assert listed["coca-grid"]["reader"]
    assert not listed["uariv-facts"]["reader"]
    assert listed["made-up-places"]["address"] is None
    assert not server.asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--all"),
        (("made-up-plots", "--all"), "not both"),
        (("no-such-dataset",), "vereda fetch --list"),
        (("made-up-places",), "vereda keep made-up-places FILE"),
    ],
)
def test_what_cannot_be_asked(case: Path, words: tuple[str, ...], said: str) -> None:
    result = typed(*words, "--case", str(case))
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


def test_a_token_that_is_none_is_not_shown(
    case: Path, tmp_path: Path, server: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEREDA_SOCRATA_TOKEN", "hidden\nvalue")
    (found,) = run(case, tmp_path, "made-up-plots")
    assert found.state == "failed"
    assert "hidden" not in found.why
    assert not server.asked


def test_the_token_of_the_environment_is_used_and_kept_nowhere(
    case: Path, tmp_path: Path, server: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    events(case, server)
    held(server, 20)
    monkeypatch.setenv("VEREDA_SOCRATA_TOKEN", "hidden-value")
    server.goes_wrong("/api/views", status(500))
    (found,) = run(case, tmp_path, "made-up-events")
    assert found.state == "fetched"
    assert {a.headers.get("x-app-token") for a in server.asked} == {"hidden-value"}
    gc.collect()
    for path in [*(tmp_path / "build").rglob("*"), *case.rglob("*")]:
        assert not path.is_file() or b"hidden-value" not in path.read_bytes()


def test_no_other_command_loads_the_network() -> None:
    code = "import sys, vereda.cli; print([m for m in ('httpx', 'tenacity', 'vereda.fetching') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_every_reason_has_both_languages_and_the_same_holes() -> None:
    holes = lambda text: sorted(part.partition("}")[0] for part in text.split("{")[1:])  # noqa: E731
    for english, spanish in [*SAYS.values(), *WORDS.values(), *TOKEN.values()]:
        assert holes(english) == holes(spanish)
        assert bool(english) == bool(spanish)


def test_a_listing_in_spanish(case: Path, tmp_path: Path) -> None:
    reply = fetch_shown.listing(case, tmp_path / "build", "es")
    assert [column.header for column in reply.shown[0].columns] == [
        "Conjunto",
        "Se tiene",
        "Lector",
        "Licencia",
        "Dirección",
    ]  # type: ignore[union-attr]


def test_a_copy_is_of_its_own_edition_and_never_of_today(case: Path, tmp_path: Path, server: Portal) -> None:
    described = case / "sources" / "made-up-plots" / "source.yml"
    said = described.read_text(encoding="utf-8")
    copies = f"  fallbacks:\n    - {{url: '{server.base}/copy.csv', note: a copy, vintage: 2025-06}}\n"
    described.write_text(said + copies, encoding="utf-8")
    server.files["/copy.csv"] = server.files.pop("/plots.csv")
    (found,) = run(case, tmp_path, "made-up-plots")
    assert (found.state, found.figures, found.vintage) == ("fetched", "kept", "2025-06")
    assert "from a copy, a copy" in found.notes[0]
    described.write_text(said + copies.replace(", vintage: 2025-06", ""), encoding="utf-8")
    (again,) = run(case, tmp_path / "other", "made-up-plots")
    assert (again.figures, again.vintage) == ("undated", "")


def test_a_copy_does_not_replace_what_came_from_the_publisher(
    case: Path, tmp_path: Path, server: Portal
) -> None:
    described = case / "sources" / "made-up-plots" / "source.yml"
    said = described.read_text(encoding="utf-8")
    copies = f"  fallbacks:\n    - {{url: '{server.base}/copy.csv', vintage: 2025-06}}\n"
    described.write_text(said + copies, encoding="utf-8")
    assert run(case, tmp_path, "made-up-plots")[0].state == "fetched"
    server.files["/copy.csv"] = File(PLOTS.replace(b"55.4", b"11.1"))
    del server.files["/plots.csv"]
    assert run(case, tmp_path, "made-up-plots")[0].state == "failed"
    assert len([*(tmp_path / "build").rglob("record.json")]) == 1
