"""A network at the roofs of a device, layer by layer."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

from archcalc.analysis.precision import NumberFormat
from archcalc.analysis.roofline.loads import Load, loads_of, network_turns
from archcalc.analysis.roofline.published import Published, published_for
from archcalc.analysis.roofline.roofs import Roofs
from archcalc.analysis.seconds import added
from archcalc.analysis.work import Traffic, traffic
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.spec.model import Spec

Bound = Literal["compute", "memory"]


@dataclass(frozen=True, kw_only=True)
class Work:
    """FLOPs, and the bytes that are moved at least."""

    flops: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int

    @classmethod
    def of_all(cls, parts: "Iterable[Work]") -> "Work":
        """Return the sum of the work of layers."""
        parts = list(parts)
        return Work(**{field.name: sum(getattr(one, field.name) for one in parts) for field in fields(Work)})

    @property
    def bytes(self) -> int:
        return self.weight_bytes + self.input_bytes + self.output_bytes

    @property
    def intensity(self) -> float | None:
        """FLOPs for each byte; None where nothing is moved."""
        return self.flops / self.bytes if self.bytes else None


@dataclass(frozen=True, kw_only=True)
class LayerRoof(Work):
    """A layer at its roof, for a batch."""

    name: str
    op: str
    computed_in: NumberFormat | None
    """The number format of its products; None for a layer without FLOPs."""
    bound: Bound | None
    """None for a layer that moves nothing."""
    seconds: float
    turning_batch: int | None
    """The smallest batch at which it is compute-bound; None for never."""


@dataclass(frozen=True, repr=False)
class Roofline:
    """A network at the roofs of a device, in inference."""

    spec: Spec
    batch: int
    roofs: Roofs
    layers: tuple[LayerRoof, ...]
    turning_batch: int | None
    """The smallest batch at which compute-bound layers take at least half of the time; None for never."""
    published: tuple[Published, ...]
    """Times that others published of this network on this device."""

    @property
    def totals(self) -> Work:
        """The sums of the layers."""
        return Work.of_all(self.layers)

    @property
    def seconds(self) -> float:
        """The time of a batch at the roof: the sum of its layers'."""
        return float(added(layer.seconds for layer in self.layers))

    @property
    def memory_seconds(self) -> float:
        """The time in layers that are memory-bound."""
        return float(added(layer.seconds for layer in self.layers if layer.bound == "memory"))


def roofline(graph: Graph, roofs: Roofs, batch: int = 1) -> Roofline:
    """Return a network at the roofs of a device, as eager PyTorch runs it, layer by layer.

    Raises ArchError unless `batch` is an integer >= 1.
    """
    if not is_integer(batch) or batch < 1:
        raise ArchError(f"batch must be an integer >= 1, got {spell(batch)}")
    if batch > LARGEST:
        raise ArchError(f"batch must have at most {len(str(LARGEST))} digits, got {len(str(batch))}")
    moves = traffic(graph)
    loads = loads_of(graph, moves, roofs)
    layers = (
        _layer(node, one, load, batch, roofs.element_bytes)
        for node, one, load in zip(graph.nodes, moves, loads, strict=True)
    )
    return Roofline(
        graph.spec, batch, roofs, tuple(layers), network_turns(loads), published_for(graph, moves, roofs.device)
    )


def _layer(node: Node, moves: Traffic, load: Load, batch: int, element_bytes: int) -> LayerRoof:
    turning = load.turning
    bound: Bound = "compute" if turning is not None and turning <= batch else "memory"
    return LayerRoof(
        name=node.name,
        op=node.layer.op,
        flops=batch * load.flops,
        weight_bytes=load.weights,
        input_bytes=batch * moves.inputs * element_bytes,
        output_bytes=batch * moves.output * element_bytes,
        computed_in=load.roof.number_format if load.flops else None,
        bound=bound if load.bytes(batch) else None,
        seconds=load.seconds(batch),
        turning_batch=turning,
    )
