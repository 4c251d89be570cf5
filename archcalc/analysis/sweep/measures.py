"""Columns that other commands compute of a whole network: memory, receptive fields, times, and claims.

Each is the very code of its command. It decides by `if` on sizes, so that it runs on the ways of `ways`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final, Protocol

from archcalc.analysis.audit.claims import judge
from archcalc.analysis.memory.gauge import Gauge
from archcalc.analysis.memory.request import Request
from archcalc.analysis.memory.timeline import played
from archcalc.analysis.predict.calibration import Calibration
from archcalc.analysis.predict.load import load_of, moved_since
from archcalc.analysis.predict.rates import seconds_of
from archcalc.analysis.receptive_field import last_with_places, sizes_of
from archcalc.analysis.roofline.loads import loads_of
from archcalc.analysis.roofline.roofs import Roofs
from archcalc.analysis.seconds import added
from archcalc.analysis.sweep.several import maximum
from archcalc.analysis.work import traffic
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.spec.model import Spec
from archcalc.table import measure

_MILLI: Final = 1e3


class Joining(Protocol):
    """Where code runs: for several variants at once, or for one."""

    def joined(self, function: Callable[[], Any]) -> Any:
        """Return a number that a function makes, after which the variants that parted in it go on together."""

    def linked(self, spec: Spec) -> Graph:
        """Return the graph of a spec. Raises ArchError where a layer does not fit."""


class Alone:
    """One variant."""

    def joined(self, function: Callable[[], Any]) -> Any:
        return function()

    def linked(self, spec: Spec) -> Graph:
        return link(spec)


@dataclass(frozen=True, kw_only=True)
class Measure(ABC):
    """A column of a whole network, or of one of its layers."""

    name: str
    layer: str = ""
    is_time: ClassVar[bool] = False
    """Whether it is a float, and not an integer."""

    @abstractmethod
    def of(self, graph: Graph, batch: Any, way: Joining) -> Any:
        """Return it of a network. Raises ArchError where the network does not have it."""


@dataclass(frozen=True, kw_only=True)
class Memory(Measure):
    """The most bytes that are alive at once, as eager PyTorch runs the network."""

    request: Request

    def of(self, graph: Graph, batch: Any, way: Joining) -> Any:
        run, _ = played(graph, replace(self.request, batch=batch), pool=partial(Gauge, maximum))
        gauge = run.first
        assert isinstance(gauge, Gauge)
        return gauge.highest


@dataclass(frozen=True, kw_only=True)
class Field(Measure):
    """The receptive field of a layer, or of the network; of several sizes along its axes the smallest."""

    def of(self, graph: Graph, batch: Any, way: Joining) -> Any:
        if not self.layer:
            node = last_with_places(graph)
        else:
            node = next(node for node in graph.nodes if node.name == self.layer)
        if node is None:
            raise ArchError("no layer has more than one place: name the layer, as in conv1.rf")
        return min(sizes_of(graph, node))


@dataclass(frozen=True, kw_only=True)
class Roof(Measure):
    """The milliseconds that a batch takes at least on a device."""

    roofs: Roofs
    is_time = True

    def of(self, graph: Graph, batch: Any, way: Joining) -> Any:
        loads = loads_of(graph, traffic(graph), self.roofs)
        return _MILLI * added(way.joined(partial(load.seconds, batch)) for load in loads)


@dataclass(frozen=True, kw_only=True)
class Predicted(Measure):
    """The milliseconds that a batch is predicted to take on a calibrated machine."""

    calibration: Calibration
    is_time = True

    def of(self, graph: Graph, batch: Any, way: Joining) -> Any:
        def seconds(place: int) -> Any:
            load = load_of(graph.nodes[place], moves[place], batch, since[place])
            return seconds_of(self.calibration.rates, load)

        moves = traffic(graph)
        since = moved_since(graph, moves, batch)
        return _MILLI * added(way.joined(partial(seconds, place)) for place in range(len(moves)))


@dataclass(frozen=True, kw_only=True)
class Claims(Measure):
    """How many claims of the spec hold, or whether one of them does, as 1 or 0."""

    place: int | None = None
    """The place of the one; None for all."""

    def of(self, graph: Graph, batch: Any, way: Joining) -> Any:
        def holds(place: int) -> Any:
            (verdict,) = judge(graph, table, [graph.spec.claims[place]], way.linked)
            return verdict.holds

        table = measure(graph)
        places = range(len(graph.spec.claims)) if self.place is None else (self.place,)
        return sum(1 * way.joined(partial(holds, place)) for place in places)


ALONE: Final = Alone()
