"""The columns of a sweep: totals as a table has them, and what single layers have."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError, did_you_mean
from archcalc.graph import AnyNode
from archcalc.layers.sizes import names_of_axes
from archcalc.table import activations_of, buffers_of, macs_of, params_of, units_of

FLOPS: Final = "flops"

_OF_LAYERS: Final[Mapping[str, Callable[[AnyNode[Any]], Any]]] = {
    "params": params_of,
    "buffers": buffers_of,
    "macs": macs_of,
    FLOPS: macs_of,
    "activations": activations_of,
    "units": units_of,
}
_GROWS: Final = frozenset(("macs", FLOPS, "activations"))
"""What is counted for all examples of a batch."""

TOTALS: Final = tuple(_OF_LAYERS)
DEFAULT: Final = ("params", "macs", "activations")

Nodes = Mapping[str, AnyNode[Any]]


class Quantity(NamedTuple):
    """A column: a total of all layers, or what one layer has."""

    name: str
    what: str
    layer: str = ""

    def of(self, nodes: Nodes, batch: Any) -> Any:
        """Return it, as a number of the sort that the nodes have."""
        self.expect_in(nodes)
        if self.layer and self.what not in TOTALS:
            shape = nodes[self.layer].output_shape
            return shape[names_of_axes(len(shape)).index(self.what)]
        rule = _OF_LAYERS[self.what]
        chosen: Iterable[AnyNode[Any]] = [nodes[self.layer]] if self.layer else nodes.values()
        total = add_up(rule(node) * node.copies for node in chosen)
        if self.what in _GROWS:
            total = total * batch
        return 2 * total if self.what == FLOPS else total

    def expect_in(self, nodes: Nodes) -> None:
        """Raise ArchError where a network does not have it."""
        expect_layer(self.name, self.layer, nodes)
        if self.layer and self.what not in TOTALS:
            axes = names_of_axes(len(nodes[self.layer].output_shape))
            if self.what not in axes:
                known = [*TOTALS, *axes]
                hint = did_you_mean(self.what, known) or f" (there is {', '.join(known)})"
                raise ArchError(f"{self.name}: a layer has no '{self.what}'{hint}")


def expect_layer(name: str, layer: str, known: Collection[str]) -> None:
    """Raise ArchError where a network does not have the layer of a column."""
    if layer and layer not in known:
        raise ArchError(f"{name}: there is no layer '{layer}'{did_you_mean(layer, known)}")


def add_up(numbers: Iterable[Any]) -> Any:
    """Return the sum of numbers, arrays of which are added to their like first, so that few large ones are made."""
    plain = 0
    sums: dict[tuple[int, ...] | None, Any] = {}
    for number in numbers:
        shape = getattr(number, "shape", None)
        if isinstance(number, int):
            plain += number
        else:
            sums[shape] = sums[shape] + number if shape in sums else number
    total: Any = plain
    for _, number in sorted(sums.items(), key=lambda item: _cells(item[0])):
        total = total + number
    return total


def _cells(shape: tuple[int, ...] | None) -> int:
    cells = 1
    for size in shape or ():
        cells *= size
    return cells
