"""One source, two ways to run it: the interpreter and the compiler give the same bits."""

import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from vereda.evaluation import kernels, simplex, synthetic_control, synthetic_did
from vereda.evaluation.kernels import Kernel
from vereda.evaluation.panel import Array

SMALL = """
import sys
import numpy as np
from vereda.evaluation import synthetic_control, synthetic_did
y = np.random.default_rng(0).normal(size=(20, 15)).cumsum(axis=1)
pre = np.arange(15) < 10
synthetic_control.fit(y, 0, np.arange(20) > 0, pre)
synthetic_did.fit(y, np.arange(20) == 0, pre)
assert "numba" not in sys.modules
"""


def walks(n: int, seed: int) -> Array:
    return np.random.default_rng(seed).normal(size=(n, 15)).cumsum(axis=1) + 50


def same_bits(monkeypatch: pytest.MonkeyPatch, compute: Callable[[], Sequence[Array]]) -> list[Array]:
    """What compute gives with every kernel interpreted, whatever the work; compiled it gives the same, bit by bit."""
    found = []
    for way in (lambda kernel, work: kernel.interpreted, lambda kernel, work: kernel.compiled()):
        monkeypatch.setattr(Kernel, "of", way)
        found.append([np.ascontiguousarray(a) for a in compute()])
    assert [a.tobytes() for a in found[0]] == [a.tobytes() for a in found[1]]
    return found[0]


@pytest.mark.parametrize("seed", range(4))
def test_weights_of_synthetic_control_are_the_same_bits(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    y = walks(12 + 10 * seed, seed)

    def compute() -> tuple[Array, ...]:
        found = simplex.nearest_many(y[:, :10].copy(), np.ascontiguousarray(y[:, :10].T) + 1e-9, carry=y)
        return found.column, found.weight, found.fitted, found.gap, found.iterations

    same_bits(monkeypatch, compute)


@pytest.mark.parametrize("path", ["exact", "R"])
@pytest.mark.parametrize("seed", range(3))
def test_weights_of_synthetic_difference_are_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, seed: int, path: str
) -> None:
    y = walks(14 + 5 * seed, seed)

    def compute() -> tuple[Array, ...]:
        found = synthetic_did.fit(y, np.arange(len(y)) < 2, np.arange(15) < 10, path=path)
        return found.omega, found.lam, np.array(found.att)

    same_bits(monkeypatch, compute)


def test_small_work_does_not_wait_for_a_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", SMALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_small_calls_add_up_until_compiling_is_worth_it() -> None:
    def double(x: Array) -> None:
        for i in range(x.size):
            x[i] *= 2.0

    kernel = Kernel(double)
    assert kernel.of(kernels.WORTH / 2) == kernel.interpreted
    assert kernel.of(kernels.WORTH / 4) == kernel.interpreted
    assert kernel.of(kernels.WORTH / 2) is kernel.compiled()
    assert kernel.of(1) is kernel.compiled()


def test_placebos_are_certified_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    y = walks(15, 7)

    def compute() -> tuple[Array, ...]:
        return (synthetic_control.placebos(y, np.arange(15) < 10, np.arange(15) > 0).gap,)

    assert np.isfinite(same_bits(monkeypatch, compute)[0]).all()
