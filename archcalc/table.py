"""Graph -> Table: one row per layer, exact Python integers, totals that are the sums of their columns.

MACs are the multiply-accumulates of convolutions and linear layers, without bias; FLOPs are 2 * MACs. Parameters are
the elements of learnable tensors; buffers (running statistics) are counted apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError
from archcalc.graph import AnyNode, Graph, Node, reads_own_part
from archcalc.layers import Shape, Window
from archcalc.layers.fields import Sides, is_integer, spell
from archcalc.layers.sizes import called
from archcalc.spec.inputs import Inputs
from archcalc.spec.model import Spec

if TYPE_CHECKING:
    pass


class Row(NamedTuple):
    """One layer. Counts are of all its devices together and of `batch` examples, except params, buffers and units."""

    name: str
    op: str
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    kernel_size: tuple[int, ...] | None
    stride: tuple[int, ...] | None
    padding: Sides | None
    """Before and after each axis, as applied: `same` resolved, with what rounding up reads past the end."""
    dilation: tuple[int, ...] | None
    groups: int | None
    params: int
    buffers: int
    macs: int
    flops: int
    activations: int
    units: int
    devices: tuple[str, ...] = ()
    gather: bool = False
    weights_of: str | None = None
    """The layer before it whose params and buffers it has, where they are counted."""
    received: int | None = None
    """Elements that a device reads from other devices; only where towers are unfolded."""


class Totals(NamedTuple):
    """The sums of the columns."""

    params: int
    buffers: int
    macs: int
    flops: int
    activations: int
    units: int


class Moves(NamedTuple):
    """The bytes that a layer moves at least in inference, for a batch; buffers are among its weights."""

    weight_bytes: int
    input_bytes: int
    output_bytes: int


@dataclass(frozen=True, repr=False)
class Table:
    """A network's layers and what they cost."""

    name: str
    title: str
    input_shape: Inputs
    batch: int
    rows: tuple[Row, ...]
    outputs: tuple[str, ...]
    """The names of the layers that the network hands on, in order."""
    output_shapes: tuple[Shape, ...]
    """Their shapes, those of all devices together."""
    per_device: bool = False
    complete: bool = True
    """False where a layer does not fit: the rows are those before it."""
    moves: tuple[Moves, ...] = ()
    """What each row moves, where it was asked for."""
    dtype: str = ""
    """The number format that these bytes are of."""
    spec: Spec = field(kw_only=True, compare=False, repr=False)

    @property
    def totals(self) -> Totals:
        return add_up(self.rows)


@collector_at_rest()
def measure(graph: Graph, batch: int = 1, per_device: bool = False) -> Table:
    """Make the table of a graph; `per_device` gives each device a row of its own, if there are towers.

    Raises ArchError unless `batch` is an integer >= 1.
    """
    if not is_integer(batch) or batch < 1:
        raise ArchError(f"batch must be an integer >= 1, got {spell(batch)}")
    spec, unfold = graph.spec, per_device and any(node.tower for node in graph.nodes)
    rows = _per_device_rows(graph, batch) if unfold else (row_of(node, batch) for node in graph.nodes)
    complete = graph.is_whole
    shapes = {node.name: node.output_shape for node in graph.nodes}
    return Table(
        spec.name,
        spec.title,
        spec.input_shape,
        batch,
        tuple(rows),
        graph.outputs,
        tuple(shapes[name] for name in graph.outputs),
        unfold,
        complete,
        spec=spec,
    )


def add_up(rows: Iterable[Row]) -> Totals:
    """
    >>> add_up([])
    Totals(params=0, buffers=0, macs=0, flops=0, activations=0, units=0)
    """
    columns = [[getattr(row, name) for name in Totals._fields] for row in rows]
    return Totals(*(sum(column) for column in zip(*columns, strict=True))) if columns else Totals(0, 0, 0, 0, 0, 0)


def row_of(node: Node, batch: int = 1) -> Row:
    """Return a layer as a whole: what one device has, times its devices."""
    one = _on_one_device(node, batch)
    copies = node.copies
    counts = {name: getattr(one, name) * copies for name in Totals._fields}
    return one._replace(input_shapes=node.input_shapes, output_shape=node.output_shape, **counts)


def params_of(node: AnyNode[Any]) -> Any:
    """Return the params that one device has of a layer."""
    return _elements(node.own_params)


def buffers_of(node: AnyNode[Any]) -> Any:
    """Return the elements of tensors that one device stores for a layer, and that are not learnt."""
    return _elements(node.own_buffers)


def macs_of(node: AnyNode[Any]) -> Any:
    """Return the multiply-accumulates of a layer on one device, for one example."""
    return node.layer.macs(*node.device_inputs, node.device_output)


def activations_of(node: AnyNode[Any]) -> Any:
    """Return the elements that one device makes of one example."""
    return prod(node.device_output)


def units_of(node: AnyNode[Any]) -> Any:
    """Return the neurons of a layer on one device."""
    return node.layer.units(node.device_output)


def _on_one_device(node: Node, batch: int) -> Row:
    layer, reads, makes = node.layer, node.device_inputs, node.device_output
    window: Window | None = layer.window(*reads)
    macs = macs_of(node) * batch
    return Row(
        name=node.name,
        op=layer.op,
        inputs=node.inputs,
        input_shapes=reads,
        output_shape=makes,
        kernel_size=window.kernel_size if window else None,
        stride=window.stride if window else None,
        padding=window.padding if window else None,
        dilation=window.dilation if window else None,
        groups=getattr(layer, "groups", None),
        params=params_of(node),
        buffers=buffers_of(node),
        macs=macs,
        flops=2 * macs,
        activations=activations_of(node) * batch,
        units=units_of(node),
        devices=node.devices,
        gather=node.gather,
        weights_of=node.weights_of,
    )


def _elements(tensors: dict[str, Any]) -> Any:
    return sum(called(name, prod(shape)) for name, shape in tensors.items())


def _per_device_rows(graph: Graph, batch: int) -> Iterable[Row]:
    """Yield a row for each device that holds a layer; layers outside towers run on the first device of all."""
    nodes = {node.name: node for node in graph.nodes}
    first = next(node.devices[0] for node in graph.nodes if node.tower)
    for node in graph.nodes:
        one = _on_one_device(node, batch)
        for device in node.devices or (first,):
            sources = (nodes.get(name) for name in dict.fromkeys(node.inputs))
            received = sum(_crossing(source, node, device, first) for source in sources) * batch
            yield one._replace(devices=(device,), received=received)


def _crossing(source: Node | None, reader: Node, device: str, first: str) -> int:
    """Return the elements of `source` that reach `device` from others; the input comes from outside, not from one."""
    if source is None:
        return 0
    if source.tower is None:
        return 0 if device == first else prod(source.device_output)
    if reads_own_part(reader, source):
        return 0
    held = prod(source.device_output) if device in source.devices else 0
    return prod(source.device_output) * source.copies - held
