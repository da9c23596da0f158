"""One source, two ways to run it: the interpreter and the compiler give the same bits."""

import subprocess
import sys

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


@pytest.fixture(params=["interpreted", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every kernel run in this way, whatever the work."""

    def of(self: Kernel, work: float) -> kernels.Loops:
        return self.interpreted if request.param == "interpreted" else self.compiled()

    monkeypatch.setattr(Kernel, "of", of)
    return str(request.param)


FOUND: dict[tuple[str, int], bytes] = {}


def same_in_both(name: str, seed: int, *arrays: Array) -> None:
    """What the first way found is what the second finds, bit by bit."""
    bits = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
    assert FOUND.setdefault((name, seed), bits) == bits


@pytest.mark.parametrize("seed", range(4))
def test_weights_of_synthetic_control_are_the_same_bits(way: str, seed: int) -> None:
    y = walks(12 + 10 * seed, seed)
    found = simplex.nearest_many(y[:, :10].copy(), np.ascontiguousarray(y[:, :10].T) + 1e-9, carry=y)
    same_in_both("scm", seed, found.column, found.weight, found.fitted, found.gap, found.iterations)


@pytest.mark.parametrize("path", ["exact", "R"])
@pytest.mark.parametrize("seed", range(3))
def test_weights_of_synthetic_difference_are_the_same_bits(way: str, seed: int, path: str) -> None:
    y = walks(14 + 5 * seed, seed)
    found = synthetic_did.fit(y, np.arange(len(y)) < 2, np.arange(15) < 10, path=path)
    same_in_both(path, seed, found.omega, found.lam, np.array(found.att))


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


def test_placebos_are_certified_either_way(way: str) -> None:
    y = walks(15, 7)
    found = synthetic_control.placebos(y, np.arange(15) < 10, np.arange(15) > 0)
    same_in_both("placebos", 7, found.gap)
    assert np.isfinite(found.gap).all()
