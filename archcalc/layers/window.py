"""The one rule by which a window slides, shared by convolutions and pools.

`ceil_mode` says what happens to a last window that only partly fits:

- `False`: it is left out.
- `True`: it counts, unless it would start past the input and its leading padding.
- `"caffe"`: the same, but it is dropped only where there is padding at all.
- `"unclipped"`: it always counts.

`ROUNDERS` says whose each is, and where that can be read.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from archcalc.layers.fields import SAME, SAME_LOWER, Sides
from archcalc.layers.reach import Reach, whole
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, bare, called, dims, positive
from archcalc.layers.twin import Twin

ROUNDERS: Final[dict[bool | str, tuple[str, str]]] = {
    False: (
        "PyTorch, Caffe's convolutions and TensorFlow VALID round down",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html",
    ),
    True: (
        "PyTorch's pools and ONNX round up",
        "https://github.com/pytorch/pytorch/blob/v2.9.0/aten/src/ATen/native/Pool.h",
    ),
    "caffe": (
        "Caffe's pools round up",
        "https://github.com/BVLC/caffe/blob/master/src/caffe/layers/pooling_layer.cpp",
    ),
    "unclipped": (
        "cuda-convnet rounds up",
        "https://github.com/akrizhevsky/cuda-convnet2/blob/master/layer.py",
    ),
}
"""Who rounds so, by `ceil_mode`, and the source that says it."""


SAME_SOURCES: Final = {
    SAME: (
        "padding same is TensorFlow's",
        "https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2",
    ),
    SAME_LOWER: ("padding same_lower is ONNX's", "https://onnx.ai/onnx/operators/onnx__Conv.html"),
}
"""Whose each padding is that the input's size decides, and the source that says it."""


class Window(NamedTuple):
    """A window that slides over the axes after channels, with a number for each; padding is what is really applied."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides
    dilation: tuple[int, ...]


class Sliding(Protocol):
    """The fields of a layer with a window."""

    @property
    def kernel_size(self) -> tuple[int, ...]: ...
    @property
    def stride(self) -> tuple[int, ...]: ...
    @property
    def padding(self) -> Sides | str: ...
    @property
    def dilation(self) -> tuple[int, ...]: ...
    @property
    def ceil_mode(self) -> bool | str: ...


class _Rounded(NamedTuple):
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides | str
    dilation: tuple[int, ...]
    ceil_mode: bool | str


def span(kernel: int, dilation: int = 1) -> int:
    """Return how many elements a window covers along an axis, from its first to its last.

    >>> span(3, dilation=2)
    5
    """
    return (kernel - 1) * dilation + 1


def slide(
    size: S,
    kernel: int,
    stride: int,
    before: int = 0,
    after: int = 0,
    dilation: int = 1,
    ceil_mode: bool | str = False,
    padded: Any = None,
) -> S:
    """Return how many places a window of `kernel` takes along an axis of `size`.

    `padded` says whether any side of any axis has padding, which is what Caffe asks.

    >>> slide(224, kernel=7, stride=2, before=3, after=3)
    112
    >>> slide(224, kernel=11, stride=4), slide(224, kernel=11, stride=4, ceil_mode="unclipped")
    (54, 55)
    """
    room = size + before + after - span(kernel, dilation)
    if ceil_mode is False:
        return room // stride + 1
    places = called("places", -(-room // stride) + 1)
    starts_past_input: S = (places - 1) * stride >= size + before
    if ceil_mode is True:
        return places - starts_past_input
    if ceil_mode == "caffe":
        if padded is None:
            padded = before + after > 0
        has_padding: S = padded
        return places - starts_past_input * has_padding
    return places


def same_padding(size: S, kernel: int, stride: int, dilation: int = 1, word: str = SAME) -> tuple[S, S]:
    """Return TensorFlow's SAME: as much padding as makes ceil(size / stride) places, the odd element after.

    ONNX has it too, and SAME_LOWER, where the odd element is before.

    >>> same_padding(224, kernel=11, stride=4), same_padding(224, kernel=11, stride=4, word="same_lower")
    ((3, 4), (4, 3))
    """
    places = called("places", -(-size // stride))
    total = called("padding", positive((places - 1) * stride + span(kernel, dilation) - size))
    if word == SAME_LOWER:
        after = called("after", total // 2)
        return called("before", total - after), after
    before = called("before", total // 2)
    return before, called("after", total - before)


def places(layer: Sliding, x: Sizes[S]) -> tuple[S, ...]:
    """Return the sizes of what a layer with a window makes of `x`, (channels, height, width) or other axes."""
    return tuple(_along(layer, x, axis)[0] for axis in range(len(x) - 1))


def applied(layer: Sliding, x: Shape) -> Window:
    """Return the window with the padding that it really reads: `same` resolved, and what rounding up reads past it."""
    sides = (side for axis in range(len(x) - 1) for side in _along(layer, x, axis)[1:3])
    return Window(layer.kernel_size, layer.stride, Sides(*sides), layer.dilation)


def reaches(layer: Sliding, x: Sizes[Any]) -> tuple[Reach, ...]:
    """Return what a window reads along each axis of `x`; all channels, or those of its group."""
    of_places = (_reach(layer, x, axis) for axis in range(len(x) - 1))
    return (whole(x[0]), *of_places)


def _reach(layer: Sliding, x: Sizes[Any], axis: int) -> Reach:
    before = _along(layer, x, axis)[1]
    return Reach(1 + axis, ((-before, span(layer.kernel_size[axis], layer.dilation[axis])),), layer.stride[axis])


def _along(layer: Sliding, x: Sizes[S], axis: int) -> tuple[S, Any, Any, S]:
    """Return, along one of the axes after channels, places, padding before and after, and how far past it is read."""
    before: Any
    after: Any
    size, kernel, stride, dilation = x[1 + axis], layer.kernel_size[axis], layer.stride[axis], layer.dilation[axis]
    if isinstance(layer.padding, Sides):
        before, after = layer.padding[2 * axis : 2 * axis + 2]
        padded = sum(map(bare, layer.padding)) > 0
    else:
        before, after = same_padding(size, kernel, stride, dilation, layer.padding)
        padded = True
    count = slide(size, kernel, stride, before, after, dilation, layer.ceil_mode, padded)
    past = (count - 1) * stride + span(kernel, dilation) - (size + before)
    return count, before, after + positive(past - after), past


def twin_padding(layer: Sliding, x: Shape) -> tuple[tuple[int, ...], Twin | None]:
    """Return the padding that torch's convolution takes itself, along each axis, or a padding of its own before it."""
    sides = _sides(layer, x)
    if layer.ceil_mode is False and sides.before == sides.after:
        return sides.before, None
    return (0,) * len(sides.before), _constant_pad(layer, x, fill=0.0)


def twin_pool_padding(
    layer: Sliding, x: Shape, fill: float, takes_padding: bool = True
) -> tuple[tuple[int, ...], bool, Twin | None]:
    """Return the same for pools, which round up in one way: padding, `ceil_mode`, and a padding before it."""
    sides = _sides(layer, x)
    torch_takes_it = takes_padding and all(
        side <= kernel // 2 for side, kernel in zip(sides.before, layer.kernel_size, strict=True)
    )
    is_symmetric = sides.before == sides.after
    if torch_takes_it and is_symmetric and places(layer, x) == places(_as_torch_rounds(layer), x):
        return sides.before, bool(layer.ceil_mode), None
    return (0,) * len(sides.before), False, _constant_pad(layer, x, fill)


def _sides(layer: Sliding, x: Shape) -> Sides:
    """Return the padding asked for, with `same` resolved."""
    return layer.padding if isinstance(layer.padding, Sides) else applied(layer, x).padding


def _as_torch_rounds(layer: Sliding) -> Sliding:
    return _Rounded(layer.kernel_size, layer.stride, layer.padding, layer.dilation, bool(layer.ceil_mode))


def _constant_pad(layer: Sliding, x: Shape, fill: float) -> Twin | None:
    """Return padding up to where the last window ends, after which rounding down makes the same places."""
    axes = [_along(layer, x, axis) for axis in range(len(x) - 1)]
    padding = last_axis_first(Sides(*(side for _, before, _, past in axes for side in (before, max(past, 0)))))
    if not any(padding):
        return None
    return Twin(f"nn.ConstantPad{len(axes)}d", {"padding": padding, "value": fill}, positional=("padding", "value"))


def last_axis_first(sides: Sides) -> tuple[int, ...]:
    """Return padding in the order of torch's layers.

    >>> last_axis_first(Sides(1, 2, 3, 4))
    (3, 4, 1, 2)
    """
    return tuple(side for pair in reversed(sides.along_axes) for side in pair)


def fits(layer: Sliding, x: Sizes[S]) -> Iterator[Requirement]:
    """Require that the window fits at least once along every axis."""
    fixed = isinstance(layer.padding, Sides) or layer.ceil_mode is False
    yield Requirement(fixed, lambda: f"padding {layer.padding} fixes the output size, so ceil_mode must be false")
    for count in places(layer, x):
        yield Requirement(count >= 1, lambda: _does_not_fit(layer, x))


def _does_not_fit(layer: Sliding, x: Sizes[Any]) -> str:
    stride = f" at stride {_each(layer.stride)}" if any(stride != 1 for stride in layer.stride) else ""
    spans = tuple(map(span, layer.kernel_size, layer.dilation))
    dilated = f" (spanning {dims(spans)} with its dilation)" if spans != layer.kernel_size else ""
    padded = _padded(layer.padding, x)
    return f"a {dims(layer.kernel_size)} window{dilated}{stride} does not fit {dims(x[1:])}{padded}"


def fits_exactly(layer: Sliding, x: Shape) -> bool:
    """Return whether no window reads past the padded input, as only rounding up makes it do."""
    return isinstance(layer.padding, str) or applied(layer, x).padding == layer.padding


def pads_less_than_windows(layer: Sliding) -> Iterator[Requirement]:
    """Require that a pool pads less than its window, or another window might see no input.

    Where it rounds as torch does, it may pad half its window at most, as torch asks. Caffe asks for less than a window:
    src/caffe/layers/pooling_layer.cpp, LayerSetUp.
    """
    if isinstance(layer.padding, Sides):
        is_torch = isinstance(layer.ceil_mode, bool)
        for sides, kernel in zip(layer.padding.along_axes, layer.kernel_size, strict=True):
            for side in sides:
                most = kernel // 2 if is_torch else kernel - 1
                yield Requirement(side <= most, partial(_over_half if is_torch else _over_window, sides, kernel))


def _over_half(sides: tuple[int, int], kernel: int) -> str:
    return f"padding {max(sides)} is more than half its window: {kernel} // 2 = {kernel // 2}"


def _over_window(sides: tuple[int, int], kernel: int) -> str:
    return f"padding {max(sides)} is not less than its window, which is {kernel}"


def _padded(padding: Sides | str, x: Shape) -> str:
    if isinstance(padding, str) or not any(padding):
        return ""
    sizes = (before + size + after for (before, after), size in zip(padding.along_axes, x[1:], strict=True))
    return f" padded to {dims(sizes)}"


def _each(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if all(size == sizes[0] for size in sizes) else dims(sizes)
