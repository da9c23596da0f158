"""What holds for every dataset described, ours or one that is added later."""

import re

import pyarrow as pa
import pytest
import yaml
from sources_case import EXTRACTS, VINTAGES, held, publishers

from vereda import sources
from vereda.sources.description import Expect
from vereda.sources.editions import SCHEMAS
from vereda.terms.observation import OBSERVATIONS, STATUSES
from vereda.terms.period import known_on, period
from vereda.terms.place import Gazetteer

ALL = sources.datasets()
TABLES = [name for name in ALL if sources.describe(name).kind != "geometry"]
HELD = [name for name in TABLES if sources.describe(name).terms == "open"]


def small(dataset: str) -> sources.SourceDescription:
    """The description, without the count of rows that only the whole file has."""
    return sources.describe(dataset).model_copy(update={"expect": Expect()})


@pytest.mark.parametrize("dataset", ALL)
def test_the_description_is_complete(dataset: str) -> None:
    described = sources.describe(dataset)
    for said in (
        described.title,
        described.publisher,
        described.address,
        described.licence,
        described.obtained,
    ):
        assert said.strip()
    assert described.absence
    assert described.covers.places
    assert known_on(described.name_of_vintage)
    assert re.fullmatch(r"[a-z0-9-]+", described.dataset)
    assert all(reason.strip() for reason in described.ignore.values()), "a column is ignored with a reason"
    card = sources.card(described, None)
    assert card.series == {name: s.unit for name, s in described.series.items()}


@pytest.mark.parametrize("dataset", TABLES)
def test_the_reader_runs_on_its_extract(dataset: str, colombia: Gazetteer) -> None:
    (path,) = (EXTRACTS / dataset).glob("*")
    table = sources.read(small(dataset), path, colombia)
    assert table.num_rows > 0
    assert table.schema.equals(SCHEMAS[sources.describe(dataset).kind])
    assert all(c.state == "passed" for c in sources.check(small(dataset), table, colombia))


@pytest.mark.parametrize("dataset", HELD)
def test_the_vintage_reads_back_and_adds_up(dataset: str, colombia: Gazetteer) -> None:
    described, batch = sources.describe(dataset), held(dataset)
    table = batch.observations
    assert isinstance(table, pa.Table)
    assert batch.vintage.dataset == dataset
    assert batch.vintage.rows == table.num_rows
    checks = sources.check(described, table, colombia)
    assert not [c for c in checks if c.state == "failed"]
    assert sources.card(described, batch.vintage, checks).vintage == batch.vintage
    if described.kind == "observations":
        assert table.schema.equals(OBSERVATIONS)
        assert set(table["status"].to_pylist()) <= STATUSES
        for text in set(table["period"].to_pylist()) | set(table["vintage"].to_pylist()):
            period(text)
        assert table["row"].null_count == 0
        assert table["col"].null_count == 0


@pytest.mark.shared
@pytest.mark.parametrize("dataset", HELD)
def test_the_vintage_is_the_publishers_file_cell_by_cell(dataset: str, colombia: Gazetteer) -> None:
    path, described, batch = publishers(dataset), sources.describe(dataset), held(dataset)
    report = sources.verify(described, path, batch, colombia)
    assert report.agrees, report.differences
    assert report.cells == batch.vintage.rows * len(SCHEMAS[described.kind])


@pytest.mark.shared
@pytest.mark.parametrize("dataset", HELD)
def test_the_same_file_gives_the_same_bytes(dataset: str, colombia: Gazetteer) -> None:
    path, described, batch = publishers(dataset), sources.describe(dataset), held(dataset)
    assert batch.path is not None
    table = sources.read(described, path, colombia)
    parquet, sidecar = sources.vintage(described, table, path, batch.vintage.read_on)
    assert parquet == batch.path.read_bytes()
    assert sidecar == batch.path.with_suffix(".yml").read_text(encoding="utf-8")


@pytest.mark.shared
@pytest.mark.parametrize("dataset", [n for n in TABLES if n not in HELD])
def test_the_file_of_a_dataset_built_locally_adds_up(dataset: str, colombia: Gazetteer) -> None:
    table, checks = sources.bring(sources.describe(dataset), publishers(dataset), colombia)
    assert table.num_rows > 0
    assert checks


@pytest.mark.parametrize("dataset", sorted(set(ALL) - set(HELD)))
def test_what_is_not_held_says_how_to_build_it(dataset: str) -> None:
    folder = VINTAGES / dataset
    assert not list(folder.glob("*.parquet")), "terms are not stated: no figure is committed"
    said = yaml.safe_load((folder / "waiting.yml").read_text(encoding="utf-8"))
    assert len(said["sha256"]) == 64
    assert f"vereda keep {dataset} FILE" in said["build"]


def test_all_vintages_together_stay_small() -> None:
    assert sum(p.stat().st_size for p in VINTAGES.rglob("*") if p.is_file()) < 2_000_000
