"""The same bits from here, from other sizes of chunks, and from two worker processes of dask.distributed."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation import aggregate, cluster, inference, synthetic_control
from vereda.evaluation.did import att_gt
from vereda.evaluation.exposure import adjacency
from vereda.evaluation.panel import Panel, panel
from vereda.evaluation.permutation import placebo_test

PRE = np.arange(12) < 8


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two worker processes on this machine; ended with the tests of this file."""
    distributed = pytest.importorskip(
        "distributed", reason="dask.distributed is not installed: pip install 'vereda[cluster]'."
    )
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            silence_logs=50,
        ) as two,
        distributed.Client(two) as connected,
    ):  # fmt: skip
        yield connected


def outcomes(n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(3)
    y = 100 + rng.normal(size=(n, 3)) @ rng.normal(size=(3, 12)) + rng.normal(size=(n, 12))
    y[7, 4] = np.nan  # a place with a gap takes no part
    return y


def cohorts(n: int = 200, m: int = 3) -> Panel:
    rng = np.random.default_rng(4)
    first = rng.choice([2005.0, 2008, np.inf], size=n)
    y = {f"y{j}": rng.normal(size=(n, 10)) for j in range(m)}
    places = [f"p{i}" for i in range(n)]
    return panel(places, np.arange(2001.0, 2011), y, first, cluster=np.arange(n) // 2)


def same(one: Any, other: Any) -> None:
    """Every array of two results, bit by bit."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            assert a.shape == b.shape
            assert a.tobytes() == b.tobytes(), field.name
        elif is_dataclass(a):
            same(a, b)
        else:
            assert a == b, field.name


def shuffled(y: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Mean gaps of `count` random places: what a permutation draws."""
    rows = rng.integers(len(y), size=(count, 2))
    return np.asarray(y[rows].mean(axis=(1, 2)))


# ---- the same bits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 17, 256, 10_000])
def test_chunks_of_places_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    y = outcomes()
    monkeypatch.setattr(cluster, "PLACES", size)
    found = cluster.placebos(y, PRE, np.arange(300) >= 40)
    same(found, synthetic_control.placebos(y, PRE, np.arange(300) >= 40))


def test_chunks_of_draws_do_not_change_a_bit() -> None:
    """What is added up are whole multiples of 2^-40, so that no order of adding, and no machine, rounds."""
    one = cohorts()
    family = aggregate.dynamic(att_gt(one))
    signs = inference.signs(100, 2_345, seed=5)  # two whole chunks, a third that ends within a block
    apart, whole = (
        cluster.bootstrap(family, one.cluster, signs),
        inference.bootstrap(family, one.cluster, signs),
    )
    same(apart, whole)


def test_more_replications_begin_with_those_of_fewer() -> None:
    y = outcomes()[8:]
    few, many = (cluster.replicated(shuffled, y, draws, seed=9) for draws in (100, 320))
    assert few.tobytes() == many[:100].tobytes()
    assert len({many[at : at + 50].tobytes() for at in range(0, 300, 50)}) == 6  # no chunk repeats another's
    assert not (cluster.replicated(shuffled, y, 100, seed=10) == few).any()


def test_two_workers_fit_the_same_placebos(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    y, donors = outcomes(), np.arange(300) >= 40
    monkeypatch.setattr(cluster, "PLACES", 64)
    places = [f"p{i}" for i in range(300)]
    beside = adjacency(places, list(pairwise(places)))
    asked = {"forbidden": beside, "names": places}
    there = cluster.placebos(y, PRE, donors, **asked, client=client)
    same(there, cluster.placebos(y, PRE, donors, **asked))
    same(there, synthetic_control.placebos(y, PRE, donors, **asked))
    assert len(client.scheduler_info()["workers"]) == 2
    ranked = placebo_test(there.gap, PRE, 3)
    assert ranked.p == placebo_test(synthetic_control.placebos(y, PRE, donors, **asked).gap, PRE, 3).p


@pytest.mark.parametrize("kind", ["rademacher", "mammen"])
def test_two_workers_draw_the_same_bootstrap(client: Any, kind: str) -> None:
    one = cohorts()
    effects = att_gt(one)
    family = aggregate.together({"simple": aggregate.simple(effects), "dynamic": aggregate.dynamic(effects)})
    signs = inference.signs(100, 3_456, seed=5, kind=kind)
    there = cluster.bootstrap(family, one.cluster, signs, client)
    here = inference.bootstrap(family, one.cluster, signs)
    same(there, here)
    bands = [inference.uniform_band(drawn, over="everything").critical for drawn in (there, here)]
    assert bands[0].tobytes() == bands[1].tobytes()


def test_draws_from_the_normal_limit_are_made_here(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MANY", 99)
    one = cohorts()
    family = aggregate.simple(att_gt(one))
    signs = inference.signs(100, 500, seed=5)
    assert signs.bits is None
    same(
        cluster.bootstrap(family, one.cluster, signs, client),
        inference.bootstrap(family, one.cluster, signs),
    )


def test_two_workers_draw_the_same_replications(client: Any) -> None:
    y = outcomes()[8:]
    there = cluster.replicated(shuffled, y, 320, 9, client)
    assert there.tobytes() == cluster.replicated(shuffled, y, 320, 9).tobytes()


def test_work_is_spread_over_both_workers_and_comes_back_in_order(client: Any) -> None:
    def who(shared: float, chunk: int) -> tuple[int, int]:
        import os
        import time

        time.sleep(shared)
        return chunk, os.getpid()

    found = cluster.mapped(who, 0.05, range(12), client)
    assert [chunk for chunk, _ in found] == list(range(12))
    assert len({pid for _, pid in found}) == 2


# ---- what goes wrong --------------------------------------------------------------------------------------------


def test_an_error_of_a_worker_is_the_error_of_the_call(client: Any) -> None:
    y, donors = outcomes(), np.arange(300) >= 40
    lonely = np.zeros((300, 300), dtype=bool)
    lonely[290] = True  # the second chunk's: no donor is left to it
    with pytest.raises(BadDesign, match=r"first p290: the buffer covers all"):
        cluster.placebos(y, PRE, donors, None, lonely, [f"p{i}" for i in range(300)], client)


def test_a_weight_without_proof_is_refused_from_there_too(client: Any) -> None:
    def refuse(shared: str, chunk: int) -> int:
        raise NotCertified(f"{shared} {chunk}")

    with pytest.raises(NotCertified, match="chunk 0"):
        cluster.mapped(refuse, "chunk", [0], client)


def test_places_asked_for_twice_in_different_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PLACES", 2)
    with pytest.raises(BadDesign, match="each once"):
        cluster.placebos(outcomes(), PRE, np.ones(300, dtype=bool), np.array([1, 2, 3, 1]))


def test_a_panel_without_any_complete_place() -> None:
    y = outcomes()
    y[:, 3] = np.nan
    with pytest.raises(BadDesign, match="none of the 300 donors"):
        cluster.placebos(y, PRE, np.ones(300, dtype=bool))


def test_replications_that_are_none_or_not_as_many() -> None:
    with pytest.raises(BadDesign, match="0 draws"):
        cluster.replicated(shuffled, outcomes(), 0, 1)
    with pytest.raises(BadDesign, match="the work made"):
        cluster.replicated(lambda shared, rng, count: rng.random(count - 1), None, 60, 1)
