"""What optimizers remember, and make for a moment in their step, as torch's loops over single tensors do.

These are the CPU's default. Each makes its temporaries for one parameter after the other; what is local to the loop
lives until the loop makes it again.
"""

from collections.abc import Sequence
from typing import Final

from archcalc.analysis.memory.autograd import Parameter
from archcalc.analysis.memory.request import Optimizer
from archcalc.layers.tensors import Storage

_COUNT: Final = 4
"""The bytes of a number of steps: torch counts them in fp32."""


def state_sizes(optimizer: Optimizer, parameters: Sequence[Parameter], with_counts: bool = True) -> list[int]:
    """Return the bytes of each tensor that the first step leaves, for parameters that have gradients.

    The counts of steps lie in the host's memory, wherever parameters lie.
    """
    steps = [_COUNT] if optimizer.counts_steps and with_counts else []
    return [size for one in parameters for size in (*steps, *[one.tensor.size] * optimizer.states)]


def step(optimizer: Optimizer, parameters: Sequence[Parameter]) -> None:
    """Run the loop over the parameters that have gradients, in their order, each where it lies."""
    decayed: list[Storage] = []
    roots: list[Storage] = []
    for parameter in parameters:
        size, pool = parameter.tensor.size, parameter.tensor.storage.memory
        _free(decayed)
        if optimizer.adds_decay:
            decayed.append(pool.make(size))
        if optimizer.counts_steps:
            root = pool.make(size)
            divided = pool.make(size)
            root.release()
            _free(roots)
            roots.append(divided)
    _free(decayed)
    _free(roots)


def _free(storages: list[Storage]) -> None:
    while storages:
        storages.pop().release()
