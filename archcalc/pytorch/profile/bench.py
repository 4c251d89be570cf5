"""What every measurement takes: a network, what is asked of it, a clock of its device, and whom to tell."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from archcalc.analysis.profile.batches import smaller
from archcalc.analysis.profile.config import Config
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.accelerator import Clock
from archcalc.pytorch.profile.device import resolve, set_up
from archcalc.pytorch.profile.memory import Shortage
from archcalc.pytorch.profile.precision import dtype_of

Report = Callable[[str], None]
"""Is told what is being measured."""


class Bench(NamedTuple):
    """A network on a device that is set up; `config` has the batch that memory is enough for, and the threads."""

    graph: Graph
    config: Config
    clock: Clock
    report: Report

    @classmethod
    def ready(cls, graph: Graph, config: Config, report: Report) -> "Bench":
        """One whose device is set up. Raises MissingError where there is none."""
        device = resolve(config.device)
        return cls(graph, config._replace(threads=set_up(config, device)), Clock(device), report)

    @property
    def device(self) -> torch.device:
        return self.clock.device

    @property
    def batch(self) -> int:
        return self.config.batch

    @property
    def threads(self) -> int:
        return self.config.threads or torch.get_num_threads()

    def module(self, kind: type[Built] = Built) -> Built:
        """The network, in the precision and layout asked for, with weights of its own."""
        module = kind(self.graph, [self.device]).to(dtype_of(self.config.precision))
        for parameter in module.parameters():
            parameter.data = self._laid_out(parameter.data)
        return module

    def input(self, batch: int | None = None) -> Tensor:
        """A batch that the network reads: normal numbers, since zeros would be computed faster."""
        return self.random((batch or self.batch, *self.graph.spec.input_shape))

    def random(self, shape: tuple[int, ...]) -> Tensor:
        """Normal numbers, in the precision and layout asked for."""
        return self._laid_out(torch.randn(shape, device=self.device).to(dtype_of(self.config.precision)))

    def _laid_out(self, x: Tensor) -> Tensor:
        """With channels last, where that is asked for and means anything."""
        return x.to(memory_format=torch.channels_last) if self.config.channels_last and x.dim() == 4 else x

    def with_less(self, shortage: Shortage) -> "Bench":
        """The same with the next smaller batch. Raises ArchError where there is none."""
        self.report(f"out of memory at batch {self.batch} ({shortage.words})")
        batch = smaller(self.batch)
        if batch is None:
            raise ArchError(f"{self.graph.spec.name}: {self.device} has not memory enough for one example")
        return self._replace(config=self.config._replace(batch=batch))
