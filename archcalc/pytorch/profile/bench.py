"""The bench of a measurement: a network, a request, the clock of a device, and where progress is reported."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from archcalc.analysis.profile.batches import smaller
from archcalc.analysis.profile.request import Request
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.accelerator import Clock
from archcalc.pytorch.profile.device import resolve, set_up
from archcalc.pytorch.profile.memory import Shortage
from archcalc.pytorch.profile.precision import dtype_of

Report = Callable[[str], None]
"""Called with what is being measured."""


class Bench(NamedTuple):
    """A network on a device that is set up; the request has the batch that fits, and the threads that are used."""

    graph: Graph
    request: Request
    clock: Clock
    report: Report

    @classmethod
    def ready(cls, graph: Graph, request: Request, report: Report) -> "Bench":
        """Set up the device of a request. Raises MissingError where there is none."""
        device = resolve(request.device)
        return cls(graph, replace(request, threads=set_up(request, device)), Clock(device), report)

    @property
    def device(self) -> torch.device:
        return self.clock.device

    @property
    def batch(self) -> int:
        return self.request.batch

    @property
    def threads(self) -> int:
        return self.request.threads or torch.get_num_threads()

    def module(self, kind: type[Built] = Built) -> Built:
        """Return the network, in the precision and layout of the request, with new weights."""
        module = kind(self.graph, [self.device]).to(dtype_of(self.request.precision))
        for parameter in module.parameters():
            parameter.data = self._laid_out(parameter.data)
        return module

    def inputs(self, batch: int | None = None) -> tuple[Tensor, ...]:
        """Return a batch for each input of the network: normal numbers, since devices compute zeros faster."""
        return tuple(self.random((batch or self.batch, *shape)) for shape in self.graph.spec.inputs.values())

    def random(self, shape: tuple[int, ...]) -> Tensor:
        """Return normal numbers, in the precision and layout of the request."""
        return self._laid_out(torch.randn(shape, device=self.device).to(dtype_of(self.request.precision)))

    def _laid_out(self, x: Tensor) -> Tensor:
        """Lay out a tensor with channels last, if it is a batch of maps and the request says so."""
        return x.to(memory_format=torch.channels_last) if self.request.channels_last and x.dim() == 4 else x

    def with_less(self, shortage: Shortage) -> "Bench":
        """Return the bench with the next smaller batch. Raises ArchError where there is none."""
        self.report(f"out of memory at batch {self.batch} ({shortage.words})")
        batch = smaller(self.batch)
        if batch is None:
            raise ArchError(f"{self.graph.spec.name}: not enough memory on {self.device} for one example")
        return self._replace(request=replace(self.request, batch=batch))
