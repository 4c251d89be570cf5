"""The memory that a training needs on each device: the peak of a step, and whether the device has so much.

A network with towers has its layers on their devices. Where there are more devices than a network takes, each network
has its share of the batch, all alike. A batch has no more images than there are.
"""

from dataclasses import dataclass

from archcalc.analysis.datasheets import Device
from archcalc.analysis.devices import memory_of
from archcalc.analysis.memory.pool import Moment
from archcalc.analysis.memory.request import Optimizer, Request, requested
from archcalc.analysis.memory.split import split
from archcalc.analysis.memory.timeline import timeline
from archcalc.analysis.training.request import Plan
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.spec.model import Training as Block


@dataclass(frozen=True)
class OnDevice:
    """What a device has alive at its peak, in bytes."""

    name: str
    """As the spec's towers call it; empty where it has the whole network."""
    peak: Moment
    rounded: int
    """The peak where each storage takes whole blocks of a device."""


@dataclass(frozen=True)
class Need:
    """The memory of a step of training."""

    request: Request
    """What one network is trained with, of which there may be several."""
    networks: int
    """How many networks there are, each on its share of the batch."""
    parts: tuple[OnDevice, ...]
    """The devices of one network."""
    alone: int | None
    """The peak if one device had all of a network that has towers; None for one that is on one device."""
    device: Device | None

    @property
    def total(self) -> int:
        """The sum of the peaks of all devices."""
        return self.networks * sum(part.peak.total for part in self.parts)

    @property
    def room(self) -> int | None:
        """The bytes of one device."""
        return None if self.device is None else memory_of(self.device)

    @property
    def fits(self) -> bool | None:
        """Whether it fits in every device; None where it is not known how much they have."""
        return None if self.room is None else all(part.rounded <= self.room for part in self.parts)


def need(graph: Graph, plan: Plan) -> Need:
    """Return the memory of a step. Raises ArchError where it is not known, with the reason."""
    on_one = not graph.devices or plan.devices == 1
    each = 1 if on_one else len(graph.devices)
    networks, rest = divmod(plan.devices, each)
    if rest:
        raise ArchError(f"{plan.devices} devices are no multiple of the {each} of its towers")
    dtype = {"tf32": "fp32"}.get(plan.precision, str(plan.precision))
    batch = min(plan.batch, plan.images)
    share, left = divmod(batch, networks)
    if left:
        raise ArchError(f"a batch of {batch:,} has no equal shares for {networks:,} networks")
    request = requested("train", share, dtype, optimizer_of(graph.spec.training))
    if on_one:
        found = timeline(graph, request)
        return Need(request, networks, (OnDevice("", found.peak, found.rounded),), None, plan.device)
    parts = tuple(OnDevice(part.device, part.peak, part.rounded) for part in split(graph, request).parts)
    return Need(request, networks, parts, timeline(graph, request).peak.total, plan.device)


def optimizer_of(block: Block | None) -> str:
    """Return what trains a network by the spec's block: momentum, if it does not say. Raises ArchError for another."""
    if block is None or block.optimizer is None:
        return Optimizer.MOMENTUM
    word = block.optimizer.lower()
    if word == Optimizer.SGD and block.momentum:
        return Optimizer.MOMENTUM
    if word not in [*Optimizer]:
        raise ArchError(f"archcalc does not know what the optimizer {block.optimizer} remembers")
    return word
