"""How a layer comes to an output of a given size: which inputs of the network, and which windows in its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from archcalc.analysis.solve.constraints import Walked, exact_remainder, only_input, padding_along, walk
from archcalc.analysis.solve.functions import Along
from archcalc.analysis.solve.sizes import NEVER, AtLeastOne, narrowed, steps
from archcalc.errors import ArchError, did_you_mean
from archcalc.graph import Graph, Node, link, within
from archcalc.layers.fields import Sides
from archcalc.layers.sizes import dims
from archcalc.layers.window import Sliding
from archcalc.spec.model import Entry, Spec

MOST_TRIED: Final = 16
"""The largest stride and padding that a window is given, except its own."""

MOST_INPUTS: Final = 10**6
"""How many inputs are looked through where they are more than a run from one to another."""


class Way(NamedTuple):
    """A stride and a padding with which the layer's window makes the output, from these sizes that it reads."""

    stride: int
    padding: tuple[int, int] | None
    """Before and after; None for SAME."""
    reads: range
    exact: int | None
    """The one of these sizes for which the division is exact, where that is a size."""
    in_spec: bool


class AxisOutput(NamedTuple):
    """How a layer's height or width comes to be of a size."""

    output: int
    inputs: tuple[range, ...]
    """Heights or widths of the network's input that give it."""
    exact: tuple[range, ...]
    """Those of them for which every division up to there is exact."""
    passing: tuple[range, ...]
    """Those of them that pass the layers after it too."""
    reads_now: int | None
    """The size that the layer reads of the spec's own input; None where that does not get so far."""
    ways: tuple[Way, ...]
    """By stride, then padding; none for a layer without a window."""


@dataclass(frozen=True)
class LayerOutput:
    """How a layer makes an output, along (height, width)."""

    spec: Spec
    entry: Entry
    bounds: tuple[int | None, int | None]
    """Up to which input was looked, along each axis; None where all of them are known."""
    axes: tuple[AxisOutput, AxisOutput]

    @property
    def output(self) -> tuple[int, int]:
        return self.axes[0].output, self.axes[1].output


def layer_output(spec: Spec, layer: str, output: tuple[int, int] | None = None, up_to: int = 512) -> LayerOutput:
    """Find how `layer` makes `output`, (height, width), or else what it makes of the spec's own input.

    All inputs that do are found where windows alone decide, those up to `up_to` where sizes must also be equal. Raises
    ArchError for an unknown layer, for one that makes no height and width, and where there is no output to ask for.
    """
    walked = walk(spec)
    entry = _find(walked, spec.name, layer)
    made = walked.nodes[entry.name].output_shape
    if len(made) != 3 or len(only_input(spec)) != 3:
        raise ArchError(f"layer {entry.name} makes features, without height and width; name one that makes maps")
    node = _as_it_is(spec, entry.name)
    if output is None and node is None:
        own = dims(only_input(spec))
        raise ArchError(
            f"the spec's own {own} does not get as far as layer {entry.name}; give the output that it should make"
        )
    sizes = output or cast(Node, node).device_output[1:]
    bounds = _bound(walked, entry, 0, sizes[0], up_to), _bound(walked, entry, 1, sizes[1], up_to)
    height, width = (_axis_output(walked, entry, node, axis, sizes[axis], bounds[axis]) for axis in (0, 1))
    return LayerOutput(spec, entry, bounds, (height, width))


def _find(walked: Walked, network: str, name: str) -> Entry:
    """Return the layer of a name, or the last one of a structure."""
    if name in walked.entries:
        return walked.entries[name]
    found = within(walked.entries.values(), name)
    if not found:
        hint = did_you_mean(name, walked.entries)
        raise ArchError(f"{network} has no layer '{name}'{hint} (archcalc table lists its layers)")
    return found[-1]


def _as_it_is(spec: Spec, name: str) -> Node | None:
    """Return the layer with the shapes that the spec's own input gives it, if that gets so far."""
    try:
        graph = link(spec)
    except ArchError as error:
        if not isinstance(error.partial, Graph):
            raise
        graph = error.partial
    return next((node for node in graph.nodes if node.name == name), None)


def _span(made: Any, output: int) -> range:
    """Return the inputs for which a size, whether it depends on them or not, is `output`."""
    if isinstance(made, Along):
        return range(made.size.first(output), min(made.size.first(output + 1), NEVER))
    return range(1, NEVER if made == output else 1)


def _bound(walked: Walked, entry: Entry, axis: int, output: int, up_to: int) -> int | None:
    """Return up to which input to look; None for all, unless sizes must be equal or the inputs are too many."""
    span = _span(walked.nodes[entry.name].output_shape[1 + axis], output)
    asked = (constraint for constraint in walked.constraints if constraint.axis == axis and constraint.to_pass)
    by_windows = all(isinstance(constraint.condition, AtLeastOne) for constraint in asked)
    return None if by_windows and span.stop - span.start <= MOST_INPUTS else up_to


def _axis_output(
    walked: Walked, entry: Entry, node: Node | None, axis: int, output: int, bound: int | None
) -> AxisOutput:
    span = _span(walked.nodes[entry.name].output_shape[1 + axis], output)
    if bound is not None:
        span = range(span.start, min(span.stop, bound + 1))
    inputs: tuple[range, ...] = (span,) if span else ()
    exact, passing, above = inputs, inputs, _above(walked, entry)
    for constraint in walked.constraints:
        if constraint.axis == axis and constraint.entry.name in above:
            exact = narrowed(exact, constraint.condition)
            inputs = narrowed(inputs, constraint.condition) if constraint.to_pass else inputs
        if constraint.axis == axis and constraint.to_pass:
            passing = narrowed(passing, constraint.condition)
    ways = tuple(_ways(entry, axis, output))
    return AxisOutput(output, inputs, exact, passing, node.device_inputs[0][1 + axis] if node else None, ways)


def _above(walked: Walked, entry: Entry) -> set[str]:
    """Return the names of a layer and of all that it reads, directly or not."""
    above = {entry.name}
    for name in reversed(walked.entries):
        if name in above:
            above.update(walked.entries[name].inputs)
    return above


def _ways(entry: Entry, axis: int, output: int) -> Iterator[Way]:
    """Yield strides up to the kernel and paddings up to half of it, and the layer's own."""
    layer = entry.layer.slides()
    if layer is None:
        return
    kernel, own_stride, own = layer.kernel_size[axis], layer.stride[axis], padding_along(layer, axis)
    strides = {*range(1, min(kernel, MOST_TRIED) + 1), own_stride}
    paddings: dict[tuple[int, int] | None, Sides | str] = {
        (side, side): Sides(side, side, side, side) for side in range(min(kernel // 2, MOST_TRIED) + 1)
    }
    paddings[own] = layer.padding
    for stride in sorted(strides):
        for sides in sorted(paddings, key=lambda pair: pair or (NEVER, NEVER)):
            fields = vars(entry.layer) | {"stride": (stride, stride), "padding": paddings[sides]}
            window = cast(Sliding, type(entry.layer)(**fields))
            slide = steps(window, axis)
            reads = range(max(1, slide.first(output)), max(1, slide.first(output + 1)))
            if reads:
                exact = reads.start + (exact_remainder(window, axis) - reads.start) % stride
                is_own = stride == own_stride and sides == own
                yield Way(stride, sides, reads, exact if exact in reads else None, is_own)
