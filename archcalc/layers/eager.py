"""What eager PyTorch runs for a layer, call by call: what each makes, what it keeps for the backward pass.

A kind plays its calls on an `Eager` in `runs`, as its module has them in `forward`. Who lets them run counts what is
alive: all that a kind is not handed is made by `new`, and freed where it is let go, or where the layer ends.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Final

from archcalc.errors import ArchError
from archcalc.layers import gradients
from archcalc.layers.gradients import Backward
from archcalc.layers.sizes import Shape
from archcalc.layers.tensors import Seen, Tensor, broadcast, channels_last, contiguous, ordered, viewed

INDEX: Final = 8
"""How many bytes an index has: torch's are 64-bit integers, whatever the numbers are."""

FLOAT: Final = 4
"""How many bytes a number has that torch draws, whatever the network's numbers are."""

FLAG: Final = 1
"""How many bytes a truth value has."""


class Eager(ABC):
    """Eager PyTorch, in the pass in which a layer runs."""

    batch: int
    is_training: bool
    keeps: bool
    """Whether gradients are computed, so that what is needed for them is kept."""
    indexes: bool
    """Whether max pools make the places of their maxima, as torch's do, or maxima alone."""
    overwrites: bool
    """Whether the layer that runs works in place."""
    params: Mapping[str, Tensor]
    """Parameters and buffers of the layer that runs, by their names; a parameter alone needs a gradient."""

    @abstractmethod
    def new(self, shape: Shape, strides: Shape | None = None, item: int | None = None) -> Tensor:
        """Allocate a tensor, in order if no strides are given, of the network's numbers if no bytes are."""

    @abstractmethod
    def alias(self, x: Tensor, shape: Shape, strides: Shape) -> Tensor:
        """Return a tensor in the same storage, of which no call knows yet."""

    @abstractmethod
    def let_go(self, *tensors: Tensor | None) -> None:
        """Give up tensors, before the layer ends."""

    @abstractmethod
    def record(self, made: Tensor, reads: Sequence[Tensor], keeps: Sequence[Tensor], backward: Backward) -> None:
        """Put a call in the graph of gradients, where one that it read needs a gradient."""

    def call(
        self,
        shape: Shape,
        reads: Sequence[Tensor],
        keeps: Sequence[Tensor] = (),
        extra: Sequence[tuple[Shape, int | None]] = (),
        strides: Shape | None = None,
        keeps_output: bool = False,
        backward: Backward | None = None,
    ) -> Tensor:
        """Run a call that makes one output, and `extra` tensors that are kept beside it: shapes, and bytes of each."""
        made = self.new(shape, strides)
        beside = [self.new(size, item=item) for size, item in extra]
        kept = [*keeps, *beside, *([made] if keeps_output else [])]
        self.record(made, reads, kept, backward or gradients.one_for_each(reads))
        self.let_go(*beside)
        return made

    def pointwise(self, *reads: Tensor, keeps: Sequence[Tensor] = (), keeps_output: bool = False) -> Tensor:
        """Run a call on the elements at each place, of tensors of one shape, in whose order they are."""
        first = reads[0]
        return self.call(first.shape, reads, keeps, strides=ordered(first), keeps_output=keeps_output)

    def overwrite(
        self, x: Tensor, keeps: Sequence[Tensor] = (), keeps_result: bool = False, clones: bool = False
    ) -> Tensor:
        """Run a call on the elements at each place that writes over its input, and keeps the result, or a clone.

        Where that is a view, it is what is seen that is written over. Raises ArchError for one of several parts.
        """
        needs = self.keeps and x.node is not None
        clone = [self.new(x.shape, ordered(x))] if clones and needs else []
        kept = [*keeps, *([x] if keeps_result else []), *clone]
        if x.seen is None or not needs:
            made = self.alias(x, x.shape, x.strides)
            self.record(made, [x], kept, gradients.one_for_each([x]))
        else:
            made = self._overwrite_what_is_seen(x, x.seen, kept)
        self.let_go(*clone)
        return made

    def _overwrite_what_is_seen(self, x: Tensor, seen: Seen, kept: Sequence[Tensor]) -> Tensor:
        if seen.is_one_of_several:
            raise ArchError("torch cannot write over one of several parts in training: leave it out of place")
        before = Tensor(seen.shape, seen.strides, x.storage, x.item, seen.node)
        made = self.alias(before, seen.shape, seen.strides)
        self.record(made, [before], kept, partial(gradients.written_into, x.shape))
        for shape, strides, back in seen.ways:
            made = self.view(made, shape, strides, back)
        return made

    def view(self, x: Tensor, shape: Shape, strides: Shape, back: Backward, is_one_of_several: bool = False) -> Tensor:
        """See the elements of a storage in another way."""
        made = self.alias(x, shape, strides)
        self.record(made, [x], [], back)
        base = x.seen or Seen(x.shape, x.strides, x.node, (), False)
        ways = (*base.ways, (shape, strides, back))
        made.seen = base._replace(ways=ways, is_one_of_several=base.is_one_of_several or is_one_of_several)
        return made

    def laid_out(self, x: Tensor, shape: Shape) -> Tensor:
        """Lay elements out in another shape; torch takes what it makes so for a tensor of its own."""
        made = self.reshape(x, shape)
        made.seen = None
        return made

    def permute(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """Put axes in another order."""
        shape, strides = (tuple(numbers[axis] for axis in order) for numbers in (x.shape, x.strides))
        inverse = [order.index(axis) for axis in range(len(order))]
        return self.view(x, shape, strides, partial(gradients.permuted, inverse))

    def reshape(self, x: Tensor, shape: Shape) -> Tensor:
        """Lay elements out in another shape: a view where their order allows, else a view of a copy."""
        strides = viewed(x.shape, x.strides, shape)
        if strides is not None:
            return self.view(x, shape, strides, partial(gradients.reshaped, x.shape))
        copy = self.call(x.shape, [x], strides=contiguous(x.shape), backward=gradients.passed_on)
        made = self.laid_out(copy, shape)
        self.let_go(copy)
        return made

    def part(self, x: Tensor, axis: int, length: int) -> Tensor:
        """See a part along an axis, whose gradient is put into zeros."""
        shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
        return self.view(x, shape, x.strides, gradients.one_for_each([x], in_order=True))

    def multiply(self, one: Tensor, other: Tensor) -> Tensor:
        """Multiply elements, where sizes of 1 stand for all along their axis."""
        shape = broadcast(one.shape, other.shape)
        keeps = [factor for factor, beside in ((other, one), (one, other)) if beside.node is not None]
        back = partial(gradients.multiplied, one, other)
        return self.call(shape, [one, other], keeps, strides=_in_order_of(shape, one, other), backward=back)

    def add(self, one: Tensor, other: Tensor) -> Tensor:
        """Add elements, where sizes of 1 stand for all along their axis."""
        shape = broadcast(one.shape, other.shape)
        back = partial(gradients.added, one, other)
        return self.call(shape, [one, other], strides=_in_order_of(shape, one, other), backward=back)

    def join(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        """Put tensors one after the other along an axis; each gradient is then a part of that of the whole."""
        first = parts[0].shape
        shape = (*first[:axis], sum(x.shape[axis] for x in parts), *first[axis + 1 :])
        strides = channels_last(shape) if all(x.has_channels_last for x in parts) else contiguous(shape)
        back = partial(gradients.taken_apart, [x.shape for x in parts])
        return self.call(shape, parts, strides=strides, backward=back)

    def reduce(self, x: Tensor, axes: Iterable[int], keepdim: bool, is_mean: bool) -> Tensor:
        """Make one number of all along some axes; a mean's gradient is divided, where a sum's is only seen as large."""
        gone = set(axes)
        kept = tuple(1 if axis in gone else size for axis, size in enumerate(x.shape))
        shape = kept if keepdim else tuple(size for axis, size in enumerate(x.shape) if axis not in gone)
        back = gradients.averaged if is_mean else gradients.expanded
        return self.call(shape, [x], strides=self.of_maps(shape, x), backward=partial(back, kept, x.shape))

    def expand(self, x: Tensor, shape: Shape) -> Tensor:
        """See sizes of 1 as many; their gradients are added up."""
        strides = tuple(
            0 if size != new else stride for size, new, stride in zip(x.shape, shape, x.strides, strict=True)
        )
        return self.view(x, shape, strides, partial(gradients.added_to, x))

    def matrix_product(self, one: Tensor, other: Tensor) -> Tensor:
        """Multiply matrices in a row, as many of both."""
        reads = [one, other]
        back = gradients.one_for_each(reads, in_order=True)
        return self.call((*one.shape[:2], other.shape[2]), reads, reads, backward=back)

    def divide(self, one: Tensor, other: Tensor) -> Tensor:
        """Divide elements, where sizes of 1 stand for all along their axis."""
        shape = broadcast(one.shape, other.shape)
        back = partial(gradients.divided, one, other)
        return self.call(shape, [one, other], [one, other], strides=_in_order_of(shape, one, other), backward=back)

    def times(self, x: Tensor) -> Tensor:
        """Multiply by a number, or divide by one, which keeps nothing."""
        return self.pointwise(x)

    def plus(self, x: Tensor) -> Tensor:
        """Add a number."""
        return self.call(x.shape, [x], strides=ordered(x), backward=gradients.passed_on)

    def of_maps(self, shape: Shape, *like: Tensor) -> Shape:
        """Return the strides of what is made of maps: with channels last where they have."""
        return channels_last(shape) if any(x.has_channels_last for x in like) else contiguous(shape)

    def sized(self, sizes: Shape) -> Shape:
        """Return a shape with the batch."""
        return (self.batch, *sizes)


def _in_order_of(shape: Shape, *reads: Tensor) -> Shape:
    """Return the order of the first that has the whole shape; torch's iterator decides so for what is in one piece."""
    return next((ordered(x) for x in reads if x.shape == shape), contiguous(shape))


def raised(eager: Eager, x: Tensor) -> Tensor:
    """Run a power by a number, which keeps what is raised."""
    return eager.call(x.shape, [x], [x], strides=ordered(x), backward=gradients.lowered)


def convolved(
    eager: Eager, x: Tensor, weight: Tensor, shape: Shape, takes_bias: bool = True, is_plain: bool = False
) -> Tensor:
    """Run a convolution, or a transposed one: gradients of weights lie as the maps do.

    `is_plain` is true for one that torch never gives to oneDNN.
    """
    bias = [eager.params["bias"]] if takes_bias and "bias" in eager.params else []
    reads = [x, weight, *bias]
    if is_plain or _is_for_torch_alone(x, weight, shape):
        strides, back = contiguous(shape), partial(gradients.convolved_back, reads, contiguous)
    else:
        is_last = x.has_channels_last or weight.has_channels_last
        strides, lie = eager.of_maps(shape, x, weight), channels_last if is_last else None
        back = partial(gradients.convolved_back, reads, lie)
    return eager.call(shape, reads, [x, weight], strides=strides, backward=back)


_FEW: Final = 20_480


def _is_for_torch_alone(x: Tensor, weight: Tensor, shape: Shape) -> bool:
    """Return whether torch runs a convolution of volumes on a CPU itself, which never puts channels last.

    It gives to oneDNN what has several examples, groups, a large kernel or a large input: `use_mkldnn` of
    https://github.com/pytorch/pytorch/blob/v2.9.0/aten/src/ATen/native/Convolution.cpp
    """
    return (
        (len(x.shape), x.shape[0], x.item) == (5, 1, FLOAT)
        and prod(weight.shape[:2]) == x.shape[1] * shape[1]
        and min(weight.shape[-2:]) <= 3
        and prod(x.shape[:4]) <= _FEW
    )


def normalized(eager: Eager, x: Tensor, axes: int) -> Tensor:
    """Run a layer norm over the last axes, which makes two statistics of each row beside its output."""
    learnt = list(eager.params.values())
    each = (*x.shape[:-axes], *(1 for _ in range(axes)))
    return eager.call(x.shape, [x, *learnt], [x, *learnt], [(each, None)] * 2)
