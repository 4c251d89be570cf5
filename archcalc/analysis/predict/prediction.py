"""The time of a network on a calibrated machine, layer by layer."""

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Final, NamedTuple

from archcalc.analysis.predict.calibration import Calibration
from archcalc.analysis.predict.load import loads
from archcalc.analysis.predict.rates import estimate
from archcalc.analysis.seconds import added
from archcalc.graph import Graph
from archcalc.spec.model import Spec

MUCH: Final = 0.1
"""The share of a time that may be a guess before nothing is said of how far it may be off."""


class LayerTime(NamedTuple):
    """The time of a layer, the layers by whose rates it is known, and what sets it apart from all of them."""

    name: str
    op: str
    like: str
    seconds: float
    unlike: str | None


@dataclass(frozen=True, repr=False)
class Prediction:
    """The time of a forward pass of `batch` examples: the sum of the layers'."""

    spec: Spec
    batch: int
    calibration: Calibration
    layers: tuple[LayerTime, ...]

    @property
    def seconds(self) -> float:
        return float(added(layer.seconds for layer in self.layers))

    @cached_property
    def within(self) -> float:
        """The share by which nine of ten networks were off at most that were held out and take about as long."""
        return self.calibration.within_about(self.seconds) if self.seconds else 1.0

    @property
    def least(self) -> float:
        """The seconds from which on the time lies, if it is off by no more than that."""
        return self.seconds / (1 + self.within)

    @property
    def most(self) -> float:
        """The seconds up to which it lies then; infinite where predictions were no use."""
        return self.seconds / (1 - self.within) if self.within < 1 else inf

    @property
    def outside(self) -> tuple[LayerTime, ...]:
        """The layers unlike those that were measured."""
        return tuple(layer for layer in self.layers if layer.unlike)

    @property
    def guessed(self) -> float:
        """The share of the time that is that of such layers."""
        return float(added(layer.seconds for layer in self.outside)) / self.seconds if self.seconds else 0.0

    @property
    def has_interval(self) -> bool:
        """Whether what was held out says how far off it may be: not of a time that is largely a guess."""
        return self.guessed <= MUCH and self.most < inf

    @property
    def images_per_second(self) -> float:
        return self.batch / self.seconds if self.seconds else 0.0


def predict(graph: Graph, calibration: Calibration, batch: int = 1) -> Prediction:
    """Return the time of inference in fp32, as eager PyTorch runs it."""
    times = []
    for node, load in zip(graph.nodes, loads(graph, batch), strict=True):
        seconds, like, unlike = estimate(calibration.rates, load)
        times.append(LayerTime(node.name, node.layer.op, like, seconds, unlike))
    return Prediction(graph.spec, batch, calibration, tuple(times))
