"""Layers that lay the same elements out in another shape, without computing on them."""

from collections.abc import Iterable, Iterator
from functools import partial
from math import prod
from typing import Annotated, Any

from archcalc.layers import reach
from archcalc.layers.base import Pointwise, Role, Weightless, Windowless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Axis, Dim, NewSizes, SomeAxes
from archcalc.layers.reach import Reading
from archcalc.layers.requirement import Requirement, is_axis
from archcalc.layers.sizes import S, Shape, Sizes, dims, divisible, equal, parted, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin, Work

FirstAxis = Annotated[int, Axis(1)]
LastAxis = Annotated[int, Axis(-1)]
New = Annotated[tuple[int, ...], NewSizes()]


def laid_out(before: Shape, after: Shape) -> Work:
    """Return the call by which a shape made of another is compared, however it is made: a flatten, or a reshape.

    >>> laid_out((64, 7, 7), (64, 49)).keywords, laid_out((64, 7, 7), (7, 64, 7)).call
    ({'start_dim': 2, 'end_dim': 3}, 'torch.reshape')
    """
    merged = len(before) - len(after) + 1
    for start in range(len(after)) if merged > 1 else ():
        end = start + merged
        if (*before[:start], prod(before[start:end]), *before[end:]) == after:
            return Work(Flatten.torch_call, {"start_dim": start + 1, "end_dim": end}, after)
    return Work(Reshape.torch_call, {}, after)


class LaidOut(Weightless, Windowless):
    """Kinds whose output has the elements of their input, in the same order."""

    role = Role.RESHAPE
    idle = True
    mixes_channels = False
    torch_ignored = ()

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(reach.laid_out(x, self.output_shape(x)))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.reshape(x, eager.sized(self.output_shape(x.sizes)))


@kind("flatten")
class Flatten(LaidOut):
    """Axes `start_dim` to `end_dim` as one, as torch counts axes: the batch is 0, the last is -1."""

    torch_call = "nn.Flatten"
    torch_functions = {"flatten": ("start_dim", "end_dim")}

    start_dim: FirstAxis = 1
    end_dim: LastAxis = -1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        start, end = self._axes(x)
        words = f"start_dim {self.start_dim} to end_dim {self.end_dim} is not a range of axes of batch x"
        yield Requirement(0 <= start < end <= len(x), lambda: f"{words} {dims(x)}")

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        start, end = self._axes(x)
        return (*x[:start], product(x[start:end]), *x[end:])

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a view, or nothing where it is one axis that becomes one."""
        start, end = self._axes(x.sizes)
        return super().runs(eager, x) if end - start > 1 else x

    def twin(self, x: Shape) -> Twin:
        keywords = {"start_dim": self.start_dim, "end_dim": self.end_dim}
        return Twin(self.torch_call, keywords, defaults={"start_dim": 1, "end_dim": -1})

    def _axes(self, x: Sizes[S]) -> tuple[int, int]:
        """Return the range of `x`, which has no batch axis, that becomes one."""
        return self.start_dim - 1, len(x) if self.end_dim == -1 else self.end_dim


def _filled(sizes: tuple[int, ...], whole: Any) -> tuple[Any, ...]:
    """Return sizes with what is left of the whole in the place of -1."""
    known = prod(size for size in sizes if size != -1)
    return tuple(parted(whole, known) if size == -1 else size for size in sizes)


def _fill(sizes: tuple[int, ...], whole: Any, what: str) -> Iterator[Requirement]:
    """Require that sizes hold the whole, of which `what` is in words."""
    known = prod(size for size in sizes if size != -1)
    product_of = " * ".join(str(size) for size in sizes if size != -1)
    made = f"{product_of} = {known}" if " " in product_of else product_of
    if -1 in sizes:
        left = f"{what} cannot be laid out as {list(sizes)}"
        yield Requirement(
            divisible(whole, known), lambda: f"{left}: {whole} = {whole // known} * {known} + {whole % known}"
        )
    else:
        yield Requirement(equal(whole, known), lambda: f"{what} cannot be laid out as {list(sizes)}, which has {made}")


@kind("unflatten")
class Unflatten(LaidOut):
    """Axis `dim` as several, of the `sizes` given, where -1 is what is left; as torch counts axes: 1 is channels."""

    torch_call = "torch.unflatten"
    torch_functions = {"unflatten": ("dim", "sizes")}

    dim: Dim = 1
    sizes: New

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from is_axis(self.dim, x)
        size = x[self.dim - 1]
        yield from _fill(self.sizes, size, f"dim {self.dim} of {size}")

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return (*x[: self.dim - 1], *_filled(self.sizes, x[self.dim - 1]), *x[self.dim :])

    def twin(self, x: Shape) -> Twin:
        keywords = {"dim": self.dim, "sizes": [*_filled(self.sizes, x[self.dim - 1])]}
        same_work = (laid_out(x, self.output_shape(x)),)
        return Twin(self.torch_call, keywords, positional=("dim", "sizes"), same_work=same_work)


@kind("reshape")
class Reshape(LaidOut):
    """The same elements in another `shape`, which has no batch; -1 is what is left."""

    torch_call = "torch.reshape"
    torch_functions = {"reshape": ("shape",)}
    also_called = ("view",)

    shape: New

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from _fill(self.shape, product(x), _elements(x))

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return _filled(self.shape, product(x))

    def twin(self, x: Shape) -> Twin:
        out = self.output_shape(x)
        return Twin(self.torch_call, {"shape": (-1, *out)}, positional=("shape",), same_work=(laid_out(x, out),))


def _elements(x: Sizes[S]) -> str:
    """
    >>> _elements((4, 6, 6)), _elements((10,))
    ('4x6x6, 4 * 6 * 6 = 144 elements,', '10 features')
    """
    if len(x) == 1:
        return f"{x[0]} features"
    return f"{dims(x)}, {' * '.join(map(str, x))} = {product(x)} elements,"


@kind("squeeze")
class Squeeze(LaidOut):
    """The same elements without the axes `dim`, whose size is 1; as torch counts axes: 1 is channels or features."""

    torch_call = "torch.squeeze"
    torch_functions = {"squeeze": ("dim",)}

    dim: Annotated[tuple[int, ...], SomeAxes()]

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        for axis in self.dim:
            yield from is_axis(axis, x)
        yield Requirement(len(self.dim) < len(x), lambda: f"leaves no axis of batch x {dims(x)} but the batch")
        for axis in self.dim:
            size = x[axis - 1]
            yield Requirement(equal(size, 1), partial("drops axes of size 1, and dim {} has {}".format, axis, size))

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return tuple(size for axis, size in enumerate(x, start=1) if axis not in self.dim)

    def twin(self, x: Shape) -> Twin:
        dim = self.dim[0] if len(self.dim) == 1 else self.dim
        same_work = (laid_out(x, self.output_shape(x)),)
        return Twin(self.torch_call, {"dim": dim}, positional=("dim",), same_work=same_work)


@kind("unsqueeze")
class Unsqueeze(LaidOut):
    """The same elements with one more axis, of size 1, as axis `dim`; as torch counts axes: the batch is 0."""

    torch_call = "torch.unsqueeze"
    torch_functions = {"unsqueeze": ("dim",)}

    dim: Dim

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        words = f"dim {self.dim} is past the end of batch x {dims(x)}, after which a new axis would be {len(x) + 1}"
        yield Requirement(self.dim <= len(x) + 1, lambda: words)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (*x[: self.dim - 1], 1, *x[self.dim - 1 :])

    def twin(self, x: Shape) -> Twin:
        same_work = (laid_out(x, self.output_shape(x)),)
        return Twin(self.torch_call, {"dim": self.dim}, positional=("dim",), same_work=same_work)


@kind("identity")
class Identity(Weightless, Pointwise):
    """Its input, unchanged: a name for a place."""

    role = Role.IDENTITY
    idle = True
    torch_call = "nn.Identity"
    torch_functions = {}
    torch_ignored = ()

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return x

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})
