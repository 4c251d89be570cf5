"""Constraints of each layer of a spec on the input's height and width.

The layers are walked with sizes that are functions of the input's, so that one walk stands for all inputs. Height and
width never meet before a flatten, and are asked for apart.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from archcalc.analysis.solve.functions import Along, Asked, Compared, settled, sizes_in
from archcalc.analysis.solve.sizes import Condition, Divides, Function, Nowhere, UnsolvedError
from archcalc.errors import ArchError, listing
from archcalc.graph import AnyNode, Numbers, propagate
from archcalc.layers import Shape
from archcalc.layers.fields import Sides
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import dims, names_of_axes
from archcalc.layers.window import Sliding, span
from archcalc.spec.inputs import alone
from archcalc.spec.model import Entry, Spec


class Constraint(NamedTuple):
    """A condition of a layer on the input along an axis: to pass, or else to divide exactly."""

    entry: Entry
    axis: int
    condition: Condition
    to_pass: bool


class Walked(NamedTuple):
    """Every layer by its name, with shapes in which sizes are functions of the input's, and what all layers ask."""

    nodes: dict[str, AnyNode[Any]]
    entries: dict[str, Entry]
    constraints: tuple[Constraint, ...]

    def sizes_of_weights(self, name: str) -> frozenset[Along]:
        """Return the sizes that decide the shapes of a layer's weights."""
        layer, reads = self.nodes[name].layer, self.nodes[name].device_inputs
        weights = layer.param_shapes(*reads) | layer.buffer_shapes(*reads)
        return sizes_in(chain.from_iterable(weights.values()))


class _Functions(Numbers[Any]):
    """Functions of the input's size: what layers require of them becomes constraints."""

    def __init__(self) -> None:
        self.constraints: list[Constraint] = []
        self.read: tuple[tuple[Any, ...], ...] = ()

    def reads(self, entry: Entry, shapes: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
        self.read = shapes
        return shapes

    def require(self, entry: Entry, requirement: Requirement) -> None:
        match requirement.holds:
            case True:
                return
            case Asked(axis, condition):
                self._ask(entry, axis, condition)
            case Compared() as compared:
                self._ask(entry, *compared.asked)
            case _:
                raise ArchError(requirement.fault())

    def _ask(self, entry: Entry, axis: int, condition: Condition | None) -> None:
        if condition is None:
            shapes = " and ".join(map(dims, self.read))
            what = f"asks of {shapes} what would tie height to width"
            raise UnsolvedError(f"{what}; solve can only look at each of them alone")
        self.constraints.append(Constraint(entry, axis, condition, True))

    def fault(
        self, entry: Entry, error: ArchError, nodes: Mapping[str, AnyNode[Any]], given: Mapping[str, tuple[Any, ...]]
    ) -> ArchError:
        found = super().fault(entry, error, nodes, given)
        if not isinstance(error, UnsolvedError):
            return found
        rank = len(next(iter(given.values())))
        return ArchError(*(fault._replace(what=fault.what + _by_search(rank)) for fault in found.faults))

    def makes(self, entry: Entry, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        window = entry.layer.slides()
        if window is not None:
            self.constraints += _exactly(entry, window, self.read[0])
        return tuple(map(settled, shape))


def _by_search(rank: int) -> str:
    """Return the command that finds by search what has no closed form."""
    side = names_of_axes(rank)[1] if rank > 1 else names_of_axes(rank)[0]
    command = f"archcalc sweep SPEC --input 1..512 --top 1 --by input.{side}"
    return f"; {command} finds the smallest input that passes"


def only_input(spec: Spec) -> Shape:
    """Return the shape of the input. Raises ArchError for several, which are sizes that must go together."""
    shape = alone(spec.input_shape)
    if shape is None:
        raise ArchError(f"{spec.name} has the inputs {listing([*spec.inputs], 'and')}: solve looks for one input only")
    if len(shape) not in (1, 3):
        raise ArchError(
            f"{spec.name} reads {dims(shape)}: solve looks for height and width only" + _by_search(len(shape))
        )
    return shape


def walk(spec: Spec) -> Walked:
    """Walk over the layers. Raises ArchError if no input passes at all, and for what ties height to width."""
    given: tuple[Any, ...] = only_input(spec)
    if len(given) == 3:
        given = (given[0], Along(0, Function()), Along(1, Function()))
    numbers = _Functions()
    nodes = propagate(spec, dict.fromkeys(spec.inputs, given), numbers)
    return Walked(nodes, {entry.name: entry for entry in spec.layers}, tuple(numbers.constraints))


def _exactly(entry: Entry, window: Sliding, reads: tuple[Any, ...]) -> Iterator[Constraint]:
    """Yield the constraint that every division of a window is exact; for a size that never changes, it is known."""
    for axis, size in enumerate(reads[1:]):
        remainder, stride = exact_remainder(window, axis), window.stride[axis]
        if isinstance(size, Along):
            if stride > 1:
                yield Constraint(entry, axis, Divides(size.size, remainder, stride), False)
        elif size % stride != remainder:
            yield Constraint(entry, axis, Nowhere(), False)


def padding_along(layer: Sliding, axis: int) -> tuple[int, int] | None:
    """Return the padding before and after an axis; None where it is SAME, which the size decides."""
    if not isinstance(layer.padding, Sides):
        return None
    return layer.padding.along_axes[axis]


def exact_remainder(layer: Sliding, axis: int) -> int:
    """Return the remainder of a size by the stride where the window's steps divide exactly.

    The last window then ends where the padded input does: (size + padding - span) % stride is 0. SAME makes
    ceil(size / stride) places, so there the size itself is what is divided.
    """
    padding = padding_along(layer, axis)
    if padding is None:
        return 0
    return (span(layer.kernel_size[axis], layer.dilation[axis]) - sum(padding)) % layer.stride[axis]
