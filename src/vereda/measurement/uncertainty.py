"""How sure: draws of the whole chain from the distributions of its parameters, and the interval they give.

Draws are made, turned into values and computed block by block, so that memory holds the result and a few blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement.kernel import select
from vereda.measurement.marginals import Marginals
from vereda.measurement.points import Method, points
from vereda.measurement.threads import over_blocks

Array = NDArray[np.float64]
Model = Callable[[Array], Array]  # values of P parameters (P, D) -> T results (T, D); `plan.Plan` is one
LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Draws:
    """n draws of T results, (T, n), in the unit of the model; the same seed, method and n give the same bits.

    The first m draws are those that n = m would give (quasi-random draws; random ones too).
    """

    values: Array
    seed: int
    method: Method

    def interval(self, levels: tuple[float, ...] = LEVELS) -> Array:
        """(T, levels): quantiles, linear between neighbours in order as numpy's; 5, 50 and 95 % unless told."""
        return quantiles(self.values, levels)


def draw(model: Model, inputs: Marginals, n: int, seed: int, method: Method = "sobol") -> Draws:
    """n draws of what the model gives, each from one draw of all its parameters."""
    made = points(len(inputs.name), n, seed, method)
    results = _results(model, inputs)
    out = np.empty((results, n))

    def fill(b: int, room: Array) -> None:
        found = model(inputs.values(made.block(b, room)))
        if not np.isfinite(found.sum()):
            raise BadDesign(
                "Some draws are not numbers: a distribution reaches where the model is not defined."
            )
        out[:, b * made.size : (b + 1) * made.size] = found

    over_blocks(fill, made.blocks, (made.dimensions, made.size))
    return Draws(out, seed, method)


def quantiles(values: Array, levels: tuple[float, ...] = LEVELS) -> Array:
    """(T, levels) quantiles of (T, n) values without sorting them all."""
    if not all(0 <= level <= 1 for level in levels):
        raise BadDesign(f"Levels {levels} are no probabilities between 0 and 1; 5 % is 0.05.")
    out = np.empty((values.shape[0], len(levels)))
    at = np.array(levels) * (values.shape[1] - 1)

    def one(t: int, _: Array) -> None:
        select(np.ascontiguousarray(values[t]), at, out[t])

    over_blocks(one, values.shape[0])
    return out


def _results(model: Model, inputs: Marginals) -> int:
    """How many results the model gives, from one draw in the middle."""
    return middle(model, inputs).size


def middle(model: Model, inputs: Marginals) -> Array:
    """(T,) what the model gives with every parameter at its median, one at a time."""
    return model(inputs.values(np.full((len(inputs.name), 1), 0.5)))[:, 0]
