"""What other commands compute of whole networks, for the variants of a block: each on the way that it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from archcalc.analysis.sweep.several import Several
from archcalc.analysis.sweep.walks import put
from archcalc.analysis.sweep.ways import Way, WideError
from archcalc.errors import ArchError
from archcalc.graph import AnyNode, Graph, Numbers, propagate
from archcalc.layers.fields import LARGEST
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import Sizes
from archcalc.spec.model import Entry, Spec

if TYPE_CHECKING:
    from archcalc.analysis.sweep.measures import Measure

_FEW: Final = 8
"""Of how many cells at most one is left where those that are left are taken out of the grid."""

_NUMBERS: Final = 2**21
_LEAST: Final = 256
"""About how many numbers a network has of all variants that are taken out of the grid, and of how many it is at least.
"""


class Measured(NamedTuple):
    """A column of some variants, and the masks of those that do not have it, with the layer that it is about."""

    column: Any
    refused: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Networks:
    """The variants of a block, as a network whose numbers are arrays that are broadcast to one shape."""

    spec: Spec
    nodes: Mapping[str, AnyNode[Any]]
    varying: Mapping[str, tuple[str, ...]]
    """The fields of layers that are arrays, by the names of the layers."""
    inputs: Mapping[str, tuple[Any, ...]]
    batch: Any
    shape: tuple[int, ...]
    is_wide: bool

    def measured(self, measure: "Measure", wanted: Any) -> Measured:
        """Return a column of the variants of a mask; of the others it means nothing."""
        import numpy as np

        with np.errstate(all="ignore"):  # what is not legal is made of nonsense
            try:
                return self._measured(measure, wanted, self.is_wide)
            except WideError:
                return self._measured(measure, wanted, True)

    def _measured(self, measure: "Measure", wanted: Any, is_wide: bool) -> Measured:
        import numpy as np

        refused: list[tuple[str, Any]] = []
        kept: list[tuple[Any, Any]] = []
        rest = np.broadcast_to(wanted, self.shape).copy()
        most = max(_LEAST, _NUMBERS // len(self.nodes))
        while left := int(np.count_nonzero(rest)):
            apart = is_wide or left * _FEW < rest.size or (len(self.shape) == 1 and left > most)
            taken = _Taken(np.flatnonzero(rest)[:most], self.shape, is_wide) if apart else None
            way = taken or Deciding(self.shape, rest)
            made = self._run(measure, way)
            mask = taken.spread(taken.active) if taken else way.active
            rest &= ~mask
            if isinstance(made, ArchError):
                refused.append((made.faults[0].within.removeprefix("layer "), mask))
            elif not (taken or kept or refused or rest.any()):
                return Measured(made, ())
            else:
                kept.append((mask, np.broadcast_to(made, way.shape)[way.active]))
        return Measured(self._together(kept), tuple(refused))

    def _together(self, kept: list[tuple[Any, Any]]) -> Any:
        """Return one array of what the variants of masks come to."""
        import numpy as np

        if not kept:
            return 0
        column = np.zeros(self.shape, dtype=np.result_type(*(made.dtype for _, made in kept)))
        for mask, made in kept:
            column[mask] = made
        return column

    def _run(self, measure: "Measure", way: "Deciding") -> Any:
        try:
            made = measure.of(self._graph(way.number), way.number(self.batch), way)
        except ArchError as error:
            return error
        return made.array if isinstance(made, Several) else made

    def _graph(self, number: Callable[[Any], Any]) -> Graph:
        """Return the network with what stands for its numbers on a way."""
        known: dict[int, Any] = {}

        def one(value: Any) -> Any:
            if id(value) not in known:
                known[id(value)] = number(value)
            return known[id(value)]

        def sizes(shape: Sizes[Any]) -> Sizes[Any]:
            return tuple(map(one, shape))

        nodes = tuple(
            node._replace(
                layer=self._layer(node, one),
                input_shapes=tuple(map(sizes, node.input_shapes)),
                output_shape=sizes(node.output_shape),
                device_inputs=tuple(map(sizes, node.device_inputs)),
                device_output=sizes(node.device_output),
            )
            for node in self.nodes.values()
        )
        layers = tuple(entry._replace(layer=node.layer) for entry, node in zip(self.spec.layers, nodes, strict=True))
        inputs: Any = {name: sizes(shape) for name, shape in self.inputs.items()}
        if not isinstance(self.spec.input_shape, Mapping):
            (inputs,) = inputs.values()
        return Graph(replace(self.spec, layers=layers, input_shape=inputs), nodes)

    def _layer(self, node: AnyNode[Any], number: Callable[[Any], Any]) -> Any:
        names = self.varying.get(node.name, ())
        return node.layer.with_stand_ins(**{name: put(vars(node.layer)[name], number) for name in names})


class Deciding(Way):
    """A way on which networks are linked: their requirements decide who goes it."""

    def linked(self, spec: Spec) -> Graph:
        nodes = propagate(spec, spec.inputs, _Decided())
        return Graph(spec, tuple(nodes.values()))


class _Taken(Deciding):
    """A way of variants that were taken out of their grid: their arrays have one dimension."""

    def __init__(self, cells: Any, grid: tuple[int, ...], is_wide: bool) -> None:
        super().__init__((len(cells),), True, is_wide)
        self.cells, self.grid = cells, grid

    def number(self, array: Any) -> Any:
        import numpy as np

        if not hasattr(array, "dtype"):
            return array
        return super().number(np.broadcast_to(array, self.grid).reshape(-1)[self.cells])

    def spread(self, mask: Any) -> Any:
        """Return a mask of its variants as one of the grid."""
        import numpy as np

        made = np.zeros(self.grid, dtype=bool)
        made.reshape(-1)[self.cells] = mask
        return made


class _Decided(Numbers[Any]):
    """Numbers of variants, of which those go on that meet what a layer requires."""

    def makes(self, entry: Entry, shape: Sizes[Any]) -> Sizes[Any]:
        for size in shape:
            self.require(entry, Requirement(size <= LARGEST, lambda: f"makes sizes of over {len(str(LARGEST))} digits"))
        return shape

    def require(self, entry: Entry, requirement: Requirement) -> None:
        if not requirement.holds:
            raise ArchError(f"layer {entry.name} does not fit")
