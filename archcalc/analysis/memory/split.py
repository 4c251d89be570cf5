"""A network's memory on several devices: each tower's layers on its own, all else on the first.

A device holds the weights of its layers, with their gradients and what the optimizer remembers, and what they make.
What they read that lies on another device is copied to theirs, part by part, and joined there, for each layer that
reads it; the gradients of such copies go back. It is the module that archcalc builds on several devices, to the byte.
"""

from dataclasses import dataclass

from archcalc.analysis.memory.pool import Moment, Sort
from archcalc.analysis.memory.request import Request, in_place_as
from archcalc.analysis.memory.timeline import played
from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError
from archcalc.graph import Graph


@dataclass(frozen=True)
class Part:
    """What is alive on one device at its peak."""

    device: str
    peak: Moment
    rounded: int
    """The peak where each storage takes whole blocks of a device."""
    weights: int
    """The bytes of the parameters that it holds."""


@dataclass(frozen=True)
class Split:
    """A network's memory on each of several devices, in bytes."""

    graph: Graph
    request: Request
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """The sum of the peaks, which need not be at one moment."""
        return sum(part.peak.total for part in self.parts)

    @property
    def rounded(self) -> int:
        """The same where each storage takes whole blocks of a device."""
        return sum(part.rounded for part in self.parts)

    @property
    def largest(self) -> int:
        """The peak in blocks of the device that needs most."""
        return max(part.rounded for part in self.parts)


@collector_at_rest()
def split(graph: Graph, request: Request, sums_in_place: bool = True) -> Split:
    """Return the peak on each device of a network with towers; the backward pass is that of one thread.

    Raises ArchError for a network without towers, and for what torch does not run.
    """
    if not graph.devices:
        raise ArchError(f"{graph.spec.name} has no towers: all of it is on one device")
    graph = in_place_as(graph, request.in_place)
    run, _ = played(graph, request, sums_in_place, graph.devices)
    parts = tuple(
        Part(device, pool.peak, pool.rounded_peak, pool.by_sort[Sort.WEIGHTS]) for device, pool in run.pools.items()
    )
    return Split(graph, request, parts)
