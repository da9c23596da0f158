"""Shared ground: the case of the repository, run once a session into a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from vereda import pipeline
from vereda.pipeline.desk import Desk
from vereda.pipeline.tracing import Tracer
from vereda.store import Store
from vereda.terms.answer import Edition

settings.register_profile("vereda", deadline=None)  # nothing passes or fails by the clock
settings.load_profile("vereda")

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "cases" / "us-colombia"


@pytest.fixture(scope="session")
def study() -> pipeline.Study:
    return pipeline.Study(CASE)


@pytest.fixture(scope="session")
def workspace(study: pipeline.Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("workspace")) as store:
        pipeline._ingest(study, store)
        yield store


@pytest.fixture(scope="session")
def told(study: pipeline.Study, workspace: Store) -> tuple[Edition, Tracer]:
    return pipeline.edition(study, workspace, study.register.case.as_of)


@pytest.fixture(scope="session")
def edition(told: tuple[Edition, Tracer]) -> Edition:
    return told[0]


@pytest.fixture(scope="session")
def tracer(told: tuple[Edition, Tracer]) -> Tracer:
    return told[1]


@pytest.fixture(scope="session")
def desk(tracer: Tracer) -> Desk:
    return tracer.desk
