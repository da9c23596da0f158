"""How sure: draws of the whole chain from the distributions of its parameters, and the interval they give.

Draws are made, turned into values and computed block by block, so that memory holds the result and a few blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vereda.errors import BadDesign
from vereda.measurement import kernel
from vereda.measurement.marginals import Marginals
from vereda.measurement.plan import Plan
from vereda.measurement.points import BITS, Method, points
from vereda.measurement.threads import over_blocks

Array = NDArray[np.float64]
Model = Callable[[Array], Array]  # values of P parameters (P, D) -> T results (T, D); `plan.Plan` is one
LEVELS = (0.05, 0.5, 0.95)
AT_ONCE = 2**12  # draws of a plan between two looks of the interpreter
WORTH = 2**18  # draws from which one loop over everything is worth the seconds it takes to compile


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
    if isinstance(model, Plan) and method == "sobol" and not inputs.rows.size and n >= WORTH:
        return Draws(_planned(model, inputs, n, seed), seed, method)
    made = points(len(inputs.name), n, seed, method)
    out = np.empty((_results(model, inputs), n))

    def fill(b: int, room: Array) -> None:
        found = model(inputs.values(made.block(b, room)))
        _finite(float(found.sum()))
        out[:, b * made.size : (b + 1) * made.size] = found

    over_blocks(fill, made.blocks, (made.dimensions, made.size))
    return Draws(out, seed, method)


def _planned(plan: Plan, inputs: Marginals, n: int, seed: int) -> Array:
    """The same draws of a plan, to the bit: points, values and model of a block are done before the next, in one loop."""
    made = points(len(inputs.name), n, seed)
    out, at_once = np.empty((len(plan.years), n)), AT_ONCE // made.size
    whole = n // made.size  # blocks; what is left of the last one follows

    def fill(i: int, room: Array) -> None:
        first = i * at_once
        table = (made.pattern, made.order, made.directions, BITS, *inputs.tables, *plan.tables)
        _finite(kernel.run(*table, first, min(at_once, whole - first), room, out))

    over_blocks(fill, -(-whole // at_once), (made.dimensions, made.size))
    if whole < made.blocks:
        rest = inputs.values(made.block(whole))
        _finite(kernel.tonnes(rest, *plan.tables, out, whole * made.size))
    return out


def _finite(total: float) -> None:
    if not np.isfinite(total):
        raise BadDesign("Some draws are not numbers: a distribution reaches where the model is not defined.")


def quantiles(values: Array, levels: tuple[float, ...] = LEVELS) -> Array:
    """(T, levels) quantiles of (T, n) values without sorting them all."""
    if not all(0 <= level <= 1 for level in levels):
        raise BadDesign(f"Levels {levels} are no probabilities between 0 and 1; 5 % is 0.05.")
    out = np.empty((values.shape[0], len(levels)))
    at = np.array(levels) * (values.shape[1] - 1)

    def one(t: int, _: Array) -> None:
        kernel.select(np.ascontiguousarray(values[t]), at, out[t])

    over_blocks(one, values.shape[0])
    return out


def _results(model: Model, inputs: Marginals) -> int:
    """How many results the model gives, from one draw in the middle."""
    return middle(model, inputs).size


def middle(model: Model, inputs: Marginals) -> Array:
    """(T,) what the model gives with every parameter at its median, one at a time."""
    return model(inputs.values(np.full((len(inputs.name), 1), 0.5)))[:, 0]
