"""What optimizers remember, and make for a moment in their step, as torch's loops over single tensors do.

These are the CPU's default. Each makes its temporaries for one parameter after the other; what is local to the loop
lives until the loop makes it again.
"""

from collections.abc import Sequence
from typing import Final

from archcalc.analysis.memory.autograd import Parameter
from archcalc.analysis.memory.pool import Pool, Sort
from archcalc.analysis.memory.request import Optimizer
from archcalc.layers.tensors import Storage

_COUNT: Final = 4
"""The bytes of a number of steps: torch counts them in fp32."""


def state_sizes(optimizer: Optimizer, parameters: Sequence[Parameter]) -> list[int]:
    """Return the bytes of each tensor that the first step leaves, for parameters that have gradients."""
    steps = [_COUNT] if optimizer.counts_steps else []
    return [size for one in parameters for size in (*steps, *[one.tensor.size] * optimizer.states)]


def step(pool: Pool, optimizer: Optimizer, parameters: Sequence[Parameter]) -> None:
    """Run the loop over the parameters that have gradients, in their order."""
    pool.sort = Sort.TEMPORARIES
    decayed: list[Storage] = []
    roots: list[Storage] = []
    for parameter in parameters:
        size = parameter.tensor.size
        _free(pool, decayed)
        if optimizer.adds_decay:
            decayed.append(pool.make(size))
        if optimizer.counts_steps:
            root = pool.make(size)
            divided = pool.make(size)
            pool.release(root)
            _free(pool, roots)
            roots.append(divided)
    _free(pool, decayed)
    _free(pool, roots)


def _free(pool: Pool, storages: list[Storage]) -> None:
    while storages:
        pool.release(storages.pop())
