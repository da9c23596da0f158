"""Cocaine seized: kilograms at the portal, tonnes in every published total. From the server to the figure of a place."""

import shutil
from pathlib import Path

import pytest
from portal import Portal, Table

from vereda import pipeline, sources
from vereda.fetching import Patience
from vereda.pipeline.fetching import Fetching, Outcome
from vereda.sources.description import LIVE

VINTAGES = Path(__file__).resolve().parents[2] / "cases" / "us-colombia" / "vintages"
COLUMNS = ["fecha_hecho", "cod_depto", "departamento", "cod_muni", "municipio", "cantidad"]
DAY = "2022-05-02T00:00:00.000"
ROWS = [
    [DAY, "52", "NARIÑO", "52835", "SAN ANDRES DE TUMACO", "80000"],
    [DAY, "52", "NARIÑO", "52835", "SAN ANDRES DE TUMACO", "12.5"],
    [DAY, "13", "BOLÍVAR", "13001", "CARTAGENA DE INDIAS", "48700"],
    [DAY, "218", "ECUADOR", "218001", "ECUADOR", "300000"],
]


@pytest.fixture
def case(tmp_path: Path, server: Portal) -> Path:
    """The starter case with the gazetteer and the published figures of a real one, and the live table at this computer."""
    folder = pipeline.init("aland-beland", tmp_path / "cases")
    for dataset in ("dane-divipola", "published-figures"):
        shutil.copytree(VINTAGES / dataset, folder / "vintages" / dataset)
    stated = (folder / "case.yml").read_text(encoding="utf-8")
    named = "made-up-plots, dane-divipola, published-figures]\noptional_datasets: [mindefensa-cocaine]"
    (folder / "case.yml").write_text(stated.replace("made-up-plots]", named), encoding="utf-8")
    describe(folder, server)
    rows = [{":id": f"row-{n}", **dict(zip(COLUMNS, row, strict=True))} for n, row in enumerate(ROWS)]
    server.tables["26zg-9p9r"] = Table(COLUMNS, rows)
    return folder


def describe(folder: Path, server: Portal, *other: tuple[str, str]) -> None:
    """The description as it comes with the program, its address on this computer; `other`: what is said otherwise."""
    said = (LIVE / "mindefensa_cocaine" / "source.yml").read_text(encoding="utf-8")
    least = [("147699", "1"), ("www.datos.gov.co\n", f"{server.base}\n")]
    for before, after in (*least, *other):
        assert before in said
        said = said.replace(before, after)
    where = folder / "sources" / "mindefensa-cocaine"
    where.mkdir(parents=True, exist_ok=True)
    (where / "source.yml").write_text(said, encoding="utf-8")


def fetch(case: Path, tmp_path: Path) -> Outcome:
    asked = Fetching(case, tmp_path / "build", patience=Patience(sleep=lambda _: None, tries=2))
    return asked.one(asked.all["mindefensa-cocaine"])


def test_kilograms_of_the_portal_are_tonnes_of_the_case(case: Path, tmp_path: Path) -> None:
    found = fetch(case, tmp_path)
    assert (found.state, found.figures, found.why) == ("fetched", "kept", "")
    assert found.sums == {"cantidad": ("428712.5", "428712.5")}  # as the server adds up: kilograms
    table = pipeline.Study(case).editions["mindefensa-cocaine"][-1].observations
    held = {row["place"]: (row["value"], row["unit"]) for row in table.to_pylist()}
    assert held == {"CO-52835": (80.0125, "t"), "CO-13001": (48.7, "t"), "XX-ABROAD": (300.0, "t")}


def test_a_case_that_holds_both_is_built_and_keeps_them_apart(case: Path, tmp_path: Path) -> None:
    """The country's sum is what was seized in it; the published national total, abroad included, stays what it was."""
    fetch(case, tmp_path)
    reply = pipeline.answer(
        "trace", case, tmp_path / "build", key="cocaine_seized_by_place@CO:2022", as_of="2026-12-31"
    )
    told = str(reply.json)
    assert "128.7125" in told
    assert "sum of 2 municipalities" in told
    assert (
        "printed in kilograms, here in tonnes"
        in sources.describe("mindefensa-cocaine", case / "sources").definitions["cocaine_seized_by_place"]
    )
    published = str(
        pipeline.answer(
            "trace", case, tmp_path / "build", key="cocaine_seized@CO:2022", as_of="2026-12-31"
        ).json
    )
    assert "671.0" in published or "659.1" in published
    assert "128.7" not in published


def test_another_unit_is_refused_before_it_is_kept(case: Path, tmp_path: Path, server: Portal) -> None:
    """As the description was: kilograms under the name of a series in tonnes. The case must not be the worse for it."""
    series = "cocaine_seized_by_place"
    describe(case, server, (f"{series}, times: 0.001", f"{series}"), (series, "cocaine_seized"), ("unit: t\n", "unit: kg\n"),
             ("most: 1000\n", "most: 1000000\n"))  # fmt: skip
    found = fetch(case, tmp_path)
    assert (found.state, found.figures) == ("fetched", "refused")
    assert "has cocaine_seized in 'kg', and published-figures of this case has it in 't'" in found.why
    assert not (case / "vintages" / "mindefensa-cocaine").exists()
    assert pipeline.answer(
        "trace", case, tmp_path / "build", key="cocaine_seized@CO:2022", as_of="2026-12-31"
    ).json
