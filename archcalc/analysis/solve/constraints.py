"""What each layer of a spec asks of the input's height and width, whatever these are.

The layers are walked with sizes that are functions of the input's, so that one walk stands for all inputs. Height and
width never meet before a flatten, and are asked for apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple, Union, cast

from archcalc.analysis.solve.sizes import AtLeastOne, Condition, Divides, Equal, Exactly, Nowhere, Size, Steps, steps
from archcalc.errors import ArchError
from archcalc.graph import reads_own_part, side_by_side
from archcalc.layers import Shape
from archcalc.layers.base import dims
from archcalc.layers.fields import Sides
from archcalc.layers.merge import Concat
from archcalc.layers.window import Sliding, span
from archcalc.spec.model import Entry, Spec

AXES: Final = ("height", "width")


@dataclass(frozen=True)
class Along:
    """A size along height (0) or width (1), with the arithmetic that the layers' shape rules do on sizes."""

    axis: int
    size: Size

    def __add__(self, other: Union[int, "Along"]) -> "Along":
        if isinstance(other, Along):
            return Along(self.axis, self.size.joined(other.size))
        return Along(self.axis, self.size.through(Steps(other, 1)))

    __radd__ = __add__

    def __mul__(self, other: object) -> "Along | Flat":
        return self if other == 1 else Flat((self,)) * other

    __rmul__ = __mul__

    def __str__(self) -> str:
        return AXES[self.axis]


@dataclass(frozen=True)
class Flat:
    """A count that height and width make together: a product of sizes, or else something equal to itself alone."""

    factors: tuple[object, ...]

    def __mul__(self, other: object) -> "Flat":
        return Flat((*self.factors, *(other.factors if isinstance(other, Flat) else (other,))))

    __rmul__ = __mul__

    def __add__(self, other: object) -> "Flat":
        return Flat((Joined(hung_on((self, other))),))

    __radd__ = __add__

    def __str__(self) -> str:
        return "flattened"


@dataclass(frozen=True, eq=False)
class Joined:
    """Counts one after the other, which make something equal to itself alone; the sizes that they are made of."""

    sizes: frozenset[Along]


def hung_on(counts: Iterable[object]) -> frozenset[Along]:
    """The sizes that counts are made of. They grow together: the counts stay the same where all these sizes do."""
    sizes: set[Along] = set()
    for count in counts:
        match count:
            case Along():
                sizes.add(count)
            case Flat(factors):
                sizes |= hung_on(factors)
            case Joined():
                sizes |= count.sizes
    return frozenset(sizes)


class Demand(NamedTuple):
    """What a layer asks of the input along an axis: to pass, or else to divide exactly."""

    entry: Entry
    axis: int
    condition: Condition
    to_pass: bool


class Made(NamedTuple):
    """What a layer makes, on one device; sizes that hang on the input are `Along` or `Flat`."""

    entry: Entry
    shape: tuple[Any, ...]
    weights_hang_on: frozenset[Along]
    """The sizes that decide the shapes of its weights."""

    @property
    def whole(self) -> tuple[Any, ...]:
        """What all its devices make together."""
        return side_by_side(self.shape, len(self.entry.tower.devices)) if self.entry.tower else self.shape


class Walked(NamedTuple):
    """Every layer by its name, and what all of them ask, in order."""

    made: dict[str, Made]
    demands: tuple[Demand, ...]


def walk(spec: Spec) -> Walked:
    """Raises ArchError where no input passes at all, whatever its size, and for what ties height to width."""
    given: tuple[Any, ...] = spec.input_shape
    if len(given) == 3:
        given = (given[0], Along(0, Size()), Along(1, Size()))
    made: dict[str, Made] = {}
    demands: list[Demand] = []
    for entry in spec.layers:
        reads = [_read(entry, name, made, given) for name in entry.inputs]
        try:
            shape, asked = _merged(entry, reads) if entry.layer.merges else _made(entry, reads[0])
        except ArchError as error:
            raise error.at(entry.mark, f"layer {entry.name}") from None
        weights = entry.layer.param_shapes(*reads) | entry.layer.buffer_shapes(*reads)
        made[entry.name] = Made(entry, shape, hung_on(chain.from_iterable(weights.values())))
        demands += asked
    return Walked(made, tuple(demands))


def _read(entry: Entry, name: str, made: Mapping[str, Made], given: tuple[Any, ...]) -> tuple[Any, ...]:
    source = made.get(name)
    if source is None:
        return given
    return source.shape if reads_own_part(entry, source.entry) else source.whole


def is_sliding(entry: Entry) -> bool:
    """Whether the layer has a window that slides."""
    return "kernel_size" in entry.layer.fields


def _made(entry: Entry, reads: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Demand]]:
    """What a layer makes of one input, and what it asks for that."""
    if not is_sliding(entry):
        entry.layer.check(reads)
        return entry.layer.output_shape(reads), []
    layer = cast(Sliding, entry.layer)
    ample = _ample(layer, reads)
    entry.layer.check(ample)
    channels, sizes = entry.layer.output_shape(ample)[0], []
    demands: list[Demand] = []
    for axis in (0, 1):
        size, slide = reads[1 + axis], steps(layer, axis)
        sizes.append(_through(size, slide))
        demands += (Demand(entry, axis, *asked) for asked in _asked(size, slide, exact_remainder(layer, axis)))
    return (channels, *sizes), demands


def _ample(layer: Sliding, reads: tuple[Any, ...]) -> Shape:
    """The shape with sizes that any window fits, where they hang on the input."""
    enough = max(span(kernel, dilation) for kernel, dilation in zip(layer.kernel_size, layer.dilation, strict=True))
    return tuple(enough if isinstance(size, Along) else size for size in reads)


def _through(size: Any, slide: Steps) -> Any:
    return Along(size.axis, size.size.through(slide)) if isinstance(size, Along) else slide.places(size)


def _asked(size: Any, slide: Steps, remainder: int) -> Iterator[tuple[Condition, bool]]:
    """What a window asks along an axis; of a size that is always the same, all that is asked is known."""
    if isinstance(size, Along):
        yield AtLeastOne(size.size.through(slide)), True
        if slide.stride > 1:
            yield Divides(size.size, remainder, slide.stride), False
    elif size % slide.stride != remainder:
        yield Nowhere(), False


def padding_along(layer: Sliding, axis: int) -> tuple[int, int] | None:
    """The padding before and after an axis; None where it is SAME, which the size decides."""
    if not isinstance(layer.padding, Sides):
        return None
    before, after = layer.padding[2 * axis : 2 * axis + 2]
    return before, after


def exact_remainder(layer: Sliding, axis: int) -> int:
    """What a size leaves over the stride where the window's steps divide exactly.

    The last window then ends where the padded input does: (size + padding - span) % stride is 0. SAME makes
    ceil(size / stride) places, so there the size itself is what is divided.
    """
    padding = padding_along(layer, axis)
    if padding is None:
        return 0
    return (span(layer.kernel_size[axis], layer.dilation[axis]) - sum(padding)) % layer.stride[axis]


def _merged(entry: Entry, reads: list[tuple[Any, ...]]) -> tuple[tuple[Any, ...], list[Demand]]:
    """What a layer makes of several inputs, whose sizes must be equal but for where concat joins them."""
    joins = entry.layer.dim - 1 if isinstance(entry.layer, Concat) else None
    if len({len(shape) for shape in reads}) > 1 or (joins or 0) >= len(reads[0]):
        entry.layer.check(*reads)
    demands = []
    for place, sizes in enumerate(zip(*reads, strict=True)):
        if place == joins:
            continue
        for one, other in pairwise(dict.fromkeys(sizes)):
            axis, condition = _equality(entry, reads, one, other)
            demands.append(Demand(entry, axis, condition, True))
    return entry.layer.output_shape(*reads), demands


def _equality(entry: Entry, reads: Iterable[tuple[Any, ...]], one: Any, other: Any) -> tuple[int, Condition]:
    """What two sizes, not made alike, ask in order to be equal."""
    match one, other:
        case int(), int():
            entry.layer.check(*reads)
        case Along(axis, size), Along(other_axis, other_size) if axis == other_axis:
            return axis, Equal(size, other_size)
        case (Along(axis, size), int(value)) | (int(value), Along(axis, size)):
            return axis, Exactly(size, value)
    shapes = " and ".join(map(dims, reads))
    raise ArchError(f"needs equal sizes of {shapes}, which tie height to width; solve can only ask for each apart")
