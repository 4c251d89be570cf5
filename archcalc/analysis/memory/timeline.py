"""A network's memory over time: a pass of inference or a step of training, layer by layer, and when most is alive.

A training step is the second one: the optimizer remembers what the first one left, and gradients were let go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from archcalc.analysis.memory.pool import Moment, Pass, Phase, Pool, Sort
from archcalc.analysis.memory.request import Dtype, Request, in_place_as
from archcalc.analysis.memory.simulation import Simulation
from archcalc.analysis.memory.step import state_sizes, step
from archcalc.collector import collector_at_rest
from archcalc.graph import Graph
from archcalc.layers.eager import INDEX
from archcalc.layers.tensors import Tensor

STEP: Final = "step"
"""The name of the optimizer's step among the layers."""


@dataclass(frozen=True)
class Timeline:
    """What is alive as a network runs, in bytes."""

    graph: Graph
    request: Request
    phases: tuple[Phase, ...]
    peak: Moment
    rounded: int
    """The peak where each storage takes whole blocks of a device."""
    saved: int
    """What the forward pass leaves for the backward pass, beside weights, inputs and gradients."""

    @property
    def is_exact(self) -> bool:
        """Whether torch runs such a network: of int8 it is an estimate."""
        return self.request.dtype is not Dtype.INT8


@collector_at_rest()
def timeline(graph: Graph, request: Request, sums_in_place: bool = True) -> Timeline:
    """Return what is alive, and when, as eager PyTorch runs a network.

    `sums_in_place` is false for a torch that is watched call by call: there gradients are added in a new map. Raises
    ArchError for what torch does not run.
    """
    graph = in_place_as(graph, request.in_place)
    run, saved = played(graph, request, sums_in_place)
    pool = run.first
    return Timeline(graph, request, tuple(pool.phases), pool.peak, pool.rounded_peak, saved)


def played(
    graph: Graph,
    request: Request,
    sums_in_place: bool = True,
    devices: Sequence[str] = ("",),
    pool: Callable[[], Pool] = Pool,
) -> tuple[Simulation, int]:
    """Play a pass of inference, or a step of training, on these devices; return it, and what its forward pass leaves.

    Each device has its own `pool`. Inputs and targets lie on the first device. Raises ArchError for what torch does not
    run.
    """
    run = Simulation(graph, request.batch, request.dtype.size, request.is_training, sums_in_place, devices, pool)
    run.pool = run.first
    run.sort(Sort.INPUTS)
    inputs = {name: run.kept(run.new(run.sized(shape))) for name, shape in graph.spec.inputs.items()}
    if request.is_training:
        targets = run.kept(run.new(_targets(graph, request.batch), item=INDEX))
        return run, _train(run, request, inputs, targets)
    run.forget_peaks()
    run.forward(inputs)
    return run, 0


def _targets(graph: Graph, batch: int) -> tuple[int, ...]:
    """Return the shape of the classes that the last output is compared with: one for each of its places."""
    last = graph.outputs[-1]
    shape = next(node.output_shape for node in graph.nodes if node.name == last)
    return (batch, *shape[1:])


def _train(run: Simulation, request: Request, inputs: dict[str, Tensor], targets: Tensor) -> int:
    """Run a step of training, and return what the forward pass leaves for the backward pass."""
    assert request.optimizer is not None
    run.forget_peaks()
    outputs = run.forward(inputs)
    for output in outputs[:-1]:
        run.release(output)
    loss = run.loss(outputs[-1], targets)
    run.release(outputs[-1])
    saved = sum(pool.by_sort[Sort.ACTIVATIONS] for pool in run.pools.values())
    run.backward(loss)
    trained = [parameter for parameter in run.in_order() if parameter.gradient]
    for pool in run.pools.values():
        there = [parameter for parameter in trained if parameter.tensor.storage.memory is pool]
        pool.add(Sort.OPTIMIZER, state_sizes(request.optimizer, there, with_counts=len(run.pools) == 1))
    run.begin(STEP, Pass.STEP)
    run.sort(Sort.TEMPORARIES)
    step(request.optimizer, trained)
    run.end()
    return saved
